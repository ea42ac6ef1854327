/* SPDX-License-Identifier: Apache-2.0 */
/* The faults of a document: gathered as they are found, reported in the order of the document. */
#ifndef OCISPEC_FAULT_H
#define OCISPEC_FAULT_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define FAULTS_MAX  64   /* kept; all are counted */
#define POINTER_MAX 1024 /* of a pointer in a message; longer ones are cut */

struct fault {
	size_t at; /* byte offset */
	unsigned seq;
	enum hz_error_code code;
	const char *pointer, *text;
};

struct faults {
	struct fault kept[FAULTS_MAX];
	unsigned n;
};

/** Keep a fault; @pointer is copied. Text and pointer live in @a; what does not fit into memory is
 * counted only. */
void fault_add(struct faults *fs, struct arena *a, enum hz_error_code code, size_t at,
	       const char *pointer, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/** Only count this one: no more are kept. */
static inline bool faults_full(struct faults *fs)
{
	if (fs->n < FAULTS_MAX)
		return false;
	fs->n++;
	return true;
}

/** Fill @err by the faults (at least one), with lines and columns of @text; err->file becomes
 * @name. Returns -1. */
int fault_report(struct faults *fs, const char *text, size_t len, const char *name,
		 struct hz_error *err);

#endif
