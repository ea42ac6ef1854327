/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"
#include "sax.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fault_add(struct faults *fs, struct arena *a, enum hz_error_code code, size_t at,
	       const char *pointer, const char *fmt, ...)
{
	char text[1024];
	struct fault *f;
	va_list ap;

	if (faults_full(fs))
		return;
	fs->n++;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	f = &fs->kept[fs->n - 1];
	*f = (struct fault){.at = at, .seq = fs->n, .code = code};
	f->pointer = arena_strdup(a, pointer);
	f->text = arena_strdup(a, text);
}

static int fault_order(const void *a, const void *b)
{
	const struct fault *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->seq < y->seq ? -1 : 1;
}

int fault_report(struct faults *fs, const char *text, size_t len, const char *name,
		 struct hz_error *err)
{
	unsigned kept = fs->n < FAULTS_MAX ? fs->n : FAULTS_MAX;
	struct sax_place place = {0};

	if (!err)
		return -1;
	hz_error_clear(err);
	snprintf(err->file, sizeof(err->file), "%s", name ? name : "");
	qsort(fs->kept, kept, sizeof(fs->kept[0]), fault_order);
	for (unsigned i = 0; i < kept; i++) {
		const struct fault *f = &fs->kept[i];

		sax_place(&place, text, len, f->at);
		error_fault(err, f->code, f->pointer ? f->pointer : "", place.line, place.column,
			    "%s", f->text ? f->text : "memory is out");
	}
	err->nfaults = fs->n;
	return -1;
}
