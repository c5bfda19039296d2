/* SPDX-License-Identifier: MIT */
/* The sites of sites.def: a number for each, and its text. */
#ifndef GUISE_MODEL_SITES_H
#define GUISE_MODEL_SITES_H

#define SITE(name, file, function, fragment) name,
#define LISTED(file, function, fragment, reason)
enum site {
#include "sites.def"
    SITES
};
#undef SITE
#undef LISTED

#endif
