/* SPDX-License-Identifier: Apache-2.0 */
/* The interpreter of the tables. */
#ifndef OCISPEC_DECODE_H
#define OCISPEC_DECODE_H

#include "ocispec.h"
#include "tables.h"

/**
 * Decode @text by @table into a new struct in @a, or, when @into is not NULL, into that one (zeroed
 * by the caller; what it points to is in @a). @name is for messages.
 */
int decode_document(struct arena *a, const char *text, size_t len, const char *name,
		    const struct oci_table *table, void *into, void **ret, struct hz_error *err);

#endif
