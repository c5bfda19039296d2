/* SPDX-License-Identifier: MIT */
/* The class objects that the program has registered. */
#ifndef GUISE_SRC_COM_CLASSTABLE_H
#define GUISE_SRC_COM_CLASSTABLE_H

#include <guise/com/combaseapi.h>

/* Finds the first registration of the class for one of these contexts, and queries its object.
 * REGDB_E_CLASSNOTREG: there is none. Otherwise the result of QueryInterface. *out is NULL on
 * failure. The object's methods run with no lock held. */
HRESULT guise__com_registered(const CLSID *clsid, DWORD context, const IID *riid, void **out);

/* Revokes the registrations of an apartment (guise__com_apartment) that its last thread is leaving. */
void guise__com_revoke_all(const void *apartment);

#endif
