/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON reader under the decoder: one pass over a text in memory, one call per event. The only
 * door to yajl (sax.c).
 *
 * All calls return 1 to go on, 0 to stop. Strings and keys without escapes point into the text, all
 * others (and a number that is the whole document) into memory that is valid during the call only.
 * UTF-8, NUL and surrogates are not checked here.
 */
#ifndef OCISPEC_SAX_H
#define OCISPEC_SAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sax_calls {
	int (*null)(void *ctx);
	int (*boolean)(void *ctx, int v);
	int (*number)(void *ctx, const char *s, size_t len);
	int (*string)(void *ctx, const unsigned char *s, size_t len);
	int (*start_object)(void *ctx);
	int (*key)(void *ctx, const unsigned char *s, size_t len);
	int (*end_object)(void *ctx);
	int (*start_array)(void *ctx);
	int (*end_array)(void *ctx);
};

struct sax {
	void *handle;
	const char *text;
	size_t len;
	bool at_end; /* the text is used up: what comes now comes from its last token */
	/* After SAX_SYNTAX: what is wrong (NULL: the text is cut short, the caller knows what it is
	 * in the middle of), and where. */
	const char *words;
	size_t fault_at;
};

enum sax_result {
	SAX_OK,
	SAX_STOPPED,
	SAX_SYNTAX,
	SAX_NOMEM
};

/** Read @text. */
enum sax_result sax_run(struct sax *x, const struct sax_calls *calls, void *ctx, const char *text,
			size_t len);

/** The offset behind the token of the current call. */
size_t sax_offset(const struct sax *x);

/** Does @s point into the text (a string without escapes, a number)? */
static inline bool sax_inside(const struct sax *x, const void *s)
{
	return (uintptr_t)s - (uintptr_t)x->text < x->len;
}

/** The offset of the opening quote of the string or key of the current call. */
size_t sax_string_at(const struct sax *x, const void *s);

/* Line and column (in bytes), both from 1. */
struct sax_place {
	unsigned line, column;
	unsigned lines; /* line feeds before `at` */
	size_t at, start;
};

/** Move @p (zeroed at first) on to offset @at of @text, which is not before its last one. */
void sax_place(struct sax_place *p, const char *text, size_t len, size_t at);

#endif
