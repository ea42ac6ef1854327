/* SPDX-License-Identifier: Apache-2.0 */
/* The interpreter of the tables. */
#ifndef OCISPEC_DECODE_H
#define OCISPEC_DECODE_H

#include "ocispec.h"
#include "tables.h"

struct document {
	const char *text;
	size_t len;
	const char *name; /* for messages */
	/* gets the odd keys, with @prefix before their pointers; NULL: they do not matter */
	struct oci_odd_key **ret_odd_keys;
	const char *prefix;
};

/**
 * Decode @doc by @table into a new struct in @a, or, when @into is not NULL, into that one (zeroed
 * by the caller; what it points to is in @a).
 */
int decode_document(struct arena *a, const struct document *doc, const struct oci_table *table,
		    void *into, void **ret, struct hz_error *err);

#endif
