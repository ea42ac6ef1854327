/* SPDX-License-Identifier: Apache-2.0 */
/* What decode.c (objects, arrays, keys) and value.c (all other values) share. */
#ifndef OCISPEC_DECODER_H
#define OCISPEC_DECODER_H

#include "fault.h"
#include "ocispec.h"
#include "sax.h"
#include "tables.h"

enum frame_kind {
	FRAME_DOCUMENT, /* the outermost: holds the one value of the text */
	FRAME_OBJECT,   /* by a table */
	FRAME_LIST,
	FRAME_MAP,
	FRAME_UNKNOWN_OBJECT, /* not of interest, or of a wrong type: checked for being JSON only */
	FRAME_UNKNOWN_ARRAY,
};

/* One open object or array. */
struct frame {
	enum frame_kind kind;
	const struct oci_table *table; /* OBJECT */
	const struct oci_row *
		row; /* LIST, MAP: whose value this is; OBJECT: of the current key, NULL: unknown */
	char *base;  /* OBJECT: the struct; LIST, MAP: the { items, n } to be filled */
	uint64_t seen; /* OBJECT: a bit per row */
	size_t hint;   /* OBJECT: the row after the last one, where the next key most likely is */
	size_t at;     /* offset of the bracket */
	size_t values, nkeys; /* heights of those stacks when the frame was opened */
	size_t n;             /* values so far */
	const char *key;      /* the current one, NULL before the first */
	size_t key_len;
};

struct key {
	const char *s;
	size_t len, at;
};

struct decoder {
	struct sax sax;
	struct arena *arena;  /* of the result */
	struct arena scratch; /* freed when the document ends */
	char *copy;           /* of the document, in `arena` */
	bool wide;            /* has bytes beyond ASCII */
	bool oom;
	struct faults faults;
	char *values; /* stack of the items of the open lists */
	size_t nvalues, values_cap;
	struct key
		*keys; /* stack of the keys of open maps, and of unknown keys, to find duplicates */
	size_t nkeys, keys_cap;
	const char *prefix;
	struct oci_odd_key **odd_keys; /* where the next one goes; NULL: nowhere */
	unsigned nodd_keys;
	size_t depth; /* frames in use */
	struct frame frames[OCI_DEPTH_MAX + 1];
};

/* Where the value at hand goes. */
struct target {
	const struct oci_row *row; /* NULL: nowhere */
	char *dest;
	bool item; /* of a list or map: a bare value, without `set` */
};

static inline struct frame *decoder_top(struct decoder *d)
{
	return &d->frames[d->depth - 1];
}

/** A value begins: count it, and find where it goes. False when memory is out. */
bool decoder_target(struct decoder *d, struct target *t);

/** Check and keep a string of the current call; NULL: it is at fault (reported), or memory is out.
 */
const char *decoder_string(struct decoder *d, const char *s, size_t len);

/** The pointer of the current value, into a buffer of POINTER_MAX bytes. */
void decoder_pointer(const struct decoder *d, char *buf);

#define decoder_fault(d, code, at, ...)                                                      \
	do {                                                                                 \
		char pointer_[POINTER_MAX];                                                  \
		if (faults_full(&(d)->faults))                                               \
			break;                                                               \
		decoder_pointer((d), pointer_);                                              \
		fault_add(&(d)->faults, &(d)->scratch, (code), (at), pointer_, __VA_ARGS__); \
	} while (0)

/** "expected an array of strings, found ..." */
void decoder_fault_type(struct decoder *d, const struct target *t, size_t at, const char *found);

/* The calls of struct sax_calls for plain values. */
int value_null(void *ctx);
int value_boolean(void *ctx, int v);
int value_number(void *ctx, const char *s, size_t len);
int value_string(void *ctx, const unsigned char *s, size_t len);

#endif
