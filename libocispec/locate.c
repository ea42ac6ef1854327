/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a value stands in a document, by its JSON pointer. A second reading of the text: only done
 * when there is a fault to tell.
 *
 * The reader walks down the path: `on` containers of it are open. A value right below the innermost
 * of them is the next step if its key or index is the next token of the pointer.
 */
#include "ocispec.h"
#include "sax.h"

#include <stdlib.h>
#include <string.h>

struct locator {
	struct sax sax;
	const char *token; /* what is left of the pointer: "" or "/token..." */
	size_t depth, on;
	bool in_array; /* the innermost container of the path */
	bool key_hit;  /* its current key is the next token */
	size_t index;  /* of its next item */
	size_t at;     /* of the nearest value so far */
	bool found;
};

/* Length of the token at @p (behind its slash). */
static size_t token_len(const char *p)
{
	return strcspn(p, "/");
}

static bool token_is(const char *p, const char *key, size_t len)
{
	size_t n = token_len(p), i = 0;

	for (size_t k = 0; k < n; k++, i++) {
		char c = p[k];

		if (c == '~' && k + 1 < n && (p[k + 1] == '0' || p[k + 1] == '1'))
			c = p[++k] == '0' ? '~' : '/';
		if (i >= len || key[i] != c)
			return false;
	}
	return i == len;
}

static bool token_is_index(const char *p, size_t index)
{
	size_t v = 0, n = token_len(p);

	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9' || v > SIZE_MAX / 20)
			return false;
		v = v * 10 + (size_t)(p[i] - '0');
	}
	return n && v == index;
}

/* A value stands at @at. True when it is on the path. */
static bool step(struct locator *l, size_t at)
{
	bool hit;

	if (l->depth != l->on)
		return false;
	if (l->depth == 0) {
		hit = true;
	} else {
		hit = l->token[0] == '/' &&
		      (l->in_array ? token_is_index(l->token + 1, l->index) : l->key_hit);
		l->index++;
		if (hit)
			l->token += 1 + token_len(l->token + 1);
	}
	if (!hit)
		return false;
	l->at = at;
	l->found = !l->token[0];
	return true;
}

static int plain(struct locator *l, size_t at)
{
	return !step(l, at); /* found, or the pointer goes on below a plain value */
}

static int on_null(void *ctx)
{
	struct locator *l = ctx;

	return plain(l, sax_offset(&l->sax) - 4);
}

static int on_boolean(void *ctx, int v)
{
	struct locator *l = ctx;

	return plain(l, sax_offset(&l->sax) - (v ? 4 : 5));
}

static int on_number(void *ctx, const char *s, size_t len)
{
	struct locator *l = ctx;

	(void)len;
	return plain(l, sax_inside(&l->sax, s) ? (size_t)(s - l->sax.text) : 0);
}

static int on_string(void *ctx, const unsigned char *s, size_t len)
{
	struct locator *l = ctx;

	(void)len;
	return plain(l, sax_string_at(&l->sax, s));
}

static int on_key(void *ctx, const unsigned char *s, size_t len)
{
	struct locator *l = ctx;

	if (l->depth == l->on)
		l->key_hit = l->token[0] == '/' && token_is(l->token + 1, (const char *)s, len);
	return 1;
}

static int open_container(struct locator *l, bool array)
{
	if (step(l, sax_offset(&l->sax) - 1)) {
		if (l->found)
			return 0;
		l->on++;
		l->in_array = array;
		l->key_hit = false;
		l->index = 0;
	}
	l->depth++;
	return 1;
}

static int on_start_object(void *ctx)
{
	return open_container(ctx, false);
}

static int on_start_array(void *ctx)
{
	return open_container(ctx, true);
}

static int on_end(void *ctx)
{
	struct locator *l = ctx;

	return l->depth-- !=
	       l->on; /* the end of a container of the path: what was looked for is not in it */
}

bool oci_locate(const char *text, size_t len, const char *pointer, unsigned *ret_line,
		unsigned *ret_column)
{
	static const struct sax_calls calls = {
		.null = on_null,
		.boolean = on_boolean,
		.number = on_number,
		.string = on_string,
		.start_object = on_start_object,
		.key = on_key,
		.end_object = on_end,
		.start_array = on_start_array,
		.end_array = on_end,
	};
	struct locator l = {.token = pointer};
	struct sax_place place = {0};

	/* A fault of syntax or memory ends the search: the place is then that of the nearest
	 * parent. */
	(void)sax_run(&l.sax, &calls, &l, text, len);
	sax_place(&place, text, len, l.at);
	*ret_line = place.line;
	*ret_column = place.column;
	return l.found;
}
