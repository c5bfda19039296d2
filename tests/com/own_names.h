/* SPDX-License-Identifier: MIT */
#ifndef GUISE_TEST_COM_OWN_NAMES_H
#define GUISE_TEST_COM_OWN_NAMES_H

/* 42, by functions of the program's own. */
unsigned own_time(void);

#endif
