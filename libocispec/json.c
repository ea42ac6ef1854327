/* SPDX-License-Identifier: Apache-2.0 */
/* yajl, reading and writing: no other file knows it. */
#include "ocispec.h"
#include "sax.h"
#include "text.h"

#include "base/arena.h"
#include "base/cleanup.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>

/*
 * yajl does not check what its allocator returns. So its memory comes from an arena that is freed
 * as a whole, and when memory is out the allocator jumps out of yajl.
 */
struct sax_memory {
	struct arena arena;
	jmp_buf out;
};

struct sax_block {
	_Alignas(16) size_t size;
};

static void *sax_malloc(void *ctx, size_t size)
{
	struct sax_memory *m = ctx;
	struct sax_block *b = NULL;

	if (size <= SIZE_MAX - sizeof(*b))
		b = arena_alloc(&m->arena, sizeof(*b) + size);
	if (!b)
		longjmp(m->out, 1);
	b->size = size;
	return b + 1;
}

static void *sax_realloc(void *ctx, void *p, size_t size)
{
	void *q;

	if (p && ((struct sax_block *)p - 1)->size >= size)
		return p;
	q = sax_malloc(ctx, size);
	if (p)
		memcpy(q, p, ((struct sax_block *)p - 1)->size);
	return q;
}

static void sax_free(void *ctx, void *p)
{
	(void)ctx;
	(void)p;
}

/* What yajl says, what we say, and where yajl's offset stands. */
enum sax_where {
	AT_PLACE,
	BEHIND_TOKEN,
	IN_TOKEN
};
static const struct sentence {
	const char *yajl, *words;
	enum sax_where where;
} sentences[] = {
	{"unallowed token", "a value is expected here (a comma too many, or a value too few)",
	 BEHIND_TOKEN},
	{"invalid object key", "a key in double quotes is expected here (a comma too many?)",
	 BEHIND_TOKEN},
	{"separated by a colon", "a colon is expected between a key and its value", BEHIND_TOKEN},
	{"inside map, I expect", "a comma or a closing brace is expected here", IN_TOKEN},
	{"after array element", "a comma or a closing bracket is expected here", BEHIND_TOKEN},
	{"trailing garbage", "the document goes on after its end", BEHIND_TOKEN},
	{"before a character", "a backslash stands before a character that cannot be escaped",
	 AT_PLACE},
	{"invalid character inside",
	 "a control character stands in a string (write it as an escape)", AT_PLACE},
	{"non-hex", "four hexadecimal digits are expected after \\u", AT_PLACE},
	{"invalid char in json", "a character that JSON does not allow here", BEHIND_TOKEN},
	{"invalid string in json", "only the words true, false and null stand without quotes",
	 BEHIND_TOKEN},
	{"after the exponent", "a digit is expected in the exponent of a number", BEHIND_TOKEN},
	{"after the decimal point", "a digit is expected after the decimal point of a number",
	 BEHIND_TOKEN},
	{"after the minus sign", "a digit is expected after a minus sign", BEHIND_TOKEN},
	{"comment", "comments are not allowed in JSON", AT_PLACE},
};

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '+' || c == '-' || c == '.';
}

/* The end of the token at @i: a string, a word or number, or one character. */
static size_t token_end(const char *text, size_t len, size_t i)
{
	if (is_word(text[i])) {
		while (i < len && is_word(text[i]))
			i++;
		return i;
	}
	if (text[i] != '"')
		return i + 1;
	/* In the decoder's copy a NUL stands where the closing quote was. */
	for (i++; i < len && text[i] != '"' && text[i]; i++)
		if (text[i] == '\\')
			i++;
	return i < len ? i + 1 : len;
}

/* The beginning of the token that ends at @end or behind it. */
static size_t token_begin(const char *text, size_t len, size_t end)
{
	size_t i = 0, next;

	while (i < len) {
		next = token_end(text, len, i);
		if (next >= end && !text_is_one_of(text[i], " \t\r\n"))
			return i;
		i = next;
	}
	return len;
}

static const char *sax_words(struct sax *x)
{
	const char *yajl =
		(const char *)yajl_get_error(x->handle, 0, NULL, 0); /* lives in the arena */

	for (size_t i = 0; yajl && i < ARRAY_SIZE(sentences); i++) {
		const struct sentence *s = &sentences[i];

		if (!strstr(yajl, s->yajl))
			continue;
		if (s->where != AT_PLACE)
			x->fault_at =
				token_begin(x->text, x->len, x->fault_at + (s->where == IN_TOKEN));
		return s->words;
	}
	return "this is not JSON";
}

/* yajl takes these two for white space; no place of a document may hold them as they are. */
static const char *odd_space(const struct sax *x)
{
	const char *p = memchr(x->text, '\f', x->len);

	return p ? p : memchr(x->text, '\v', x->len);
}

static enum sax_result sax_feed(struct sax *x)
{
	const char *odd = odd_space(x);
	yajl_status st;

	if (odd) {
		x->fault_at = (size_t)(odd - x->text);
		x->words = "a control character stands here (form feed or vertical tab)";
		return SAX_SYNTAX;
	}
	st = yajl_parse(x->handle, (const unsigned char *)x->text, x->len);
	if (st == yajl_status_ok) {
		x->at_end = true;
		st = yajl_complete_parse(x->handle);
	}
	if (st == yajl_status_ok)
		return SAX_OK;
	if (st == yajl_status_client_canceled)
		return SAX_STOPPED;
	x->fault_at = sax_offset(x);
	x->words = x->at_end ? NULL : sax_words(x);
	return SAX_SYNTAX;
}

/* A function of its own: nothing here changes between setjmp and longjmp. */
static enum sax_result sax_guarded(struct sax *x, const yajl_callbacks *callbacks, void *ctx,
				   struct sax_memory *memory)
{
	yajl_alloc_funcs funcs = {sax_malloc, sax_realloc, sax_free, memory};

	if (setjmp(memory->out))
		return SAX_NOMEM;
	x->handle = yajl_alloc(callbacks, &funcs, ctx);
	/* The callers check UTF-8 themselves: yajl lets overlong forms and surrogates pass. */
	yajl_config(x->handle, yajl_dont_validate_strings, 1);
	return sax_feed(x);
}

enum sax_result sax_run(struct sax *x, const struct sax_calls *calls, void *ctx, const char *text,
			size_t len)
{
	const yajl_callbacks callbacks = {
		.yajl_null = calls->null,
		.yajl_boolean = calls->boolean,
		.yajl_number = calls->number,
		.yajl_string = calls->string,
		.yajl_start_map = calls->start_object,
		.yajl_map_key = calls->key,
		.yajl_end_map = calls->end_object,
		.yajl_start_array = calls->start_array,
		.yajl_end_array = calls->end_array,
	};
	struct sax_memory memory = {.arena = ARENA_INIT};
	enum sax_result res;

	*x = (struct sax){.text = text, .len = len};
	res = sax_guarded(x, &callbacks, ctx, &memory);
	x->handle = NULL;
	arena_done(&memory.arena);
	return res;
}

size_t sax_offset(const struct sax *x)
{
	return x->at_end ? x->len : yajl_get_bytes_consumed(x->handle);
}

size_t sax_string_at(const struct sax *x, const void *s)
{
	size_t at, slashes;

	if (sax_inside(x, s))
		return (size_t)((const char *)s - x->text) - 1;
	/* The opening quote is the nearest one before the closing quote that no backslash escapes.
	 */
	for (at = sax_offset(x) - 1; at > 0;) {
		if (x->text[--at] != '"')
			continue;
		for (slashes = 0; slashes < at && x->text[at - slashes - 1] == '\\'; slashes++)
			;
		if (slashes % 2 == 0)
			return at;
	}
	return 0;
}

void sax_place(struct sax_place *p, const char *text, size_t len, size_t at)
{
	if (at > len)
		at = len;
	for (; p->at < at; p->at++) {
		if (text[p->at] != '\n')
			continue;
		p->lines++;
		p->start = p->at + 1;
	}
	p->line = p->lines + 1;
	p->column = (unsigned)(at - p->start) + 1;
}

/* ---- writing ---- */

/*
 * yajl_gen prints into `text`, which remembers a failed allocation. What it allocates itself (a
 * handle of fixed size) comes from `pool`, since it does not check for NULL.
 */
struct oci_json {
	yajl_gen gen;
	struct buf text;
	bool failed;
	char opening; /* '{' or '[': begun, but not written before its first item (so that empty
			 ones are {} and []) */
	size_t used;
	_Alignas(16) char pool[4096];
};

static void *pool_malloc(void *ctx, size_t size)
{
	struct oci_json *j = ctx;
	void *p = j->pool + j->used;

	size = (size + 15) & ~(size_t)15;
	if (size > sizeof(j->pool) - j->used)
		return NULL;
	j->used += size;
	return p;
}

/* The print callback takes the place of the only buffer that yajl would grow. */
static void *pool_realloc(void *ctx, void *p, size_t size)
{
	(void)p;
	return pool_malloc(ctx, size);
}

static void json_print(void *ctx, const char *s, size_t len)
{
	buf_add(ctx, s, len);
}

struct oci_json *oci_json_new(const char *indent)
{
	struct oci_json *j = calloc(1, sizeof(*j));
	yajl_alloc_funcs funcs = {pool_malloc, pool_realloc, sax_free, j};

	if (!j)
		return NULL;
	j->gen = yajl_gen_alloc(&funcs);
	if (!j->gen) {
		free(j);
		return NULL;
	}
	yajl_gen_config(j->gen, yajl_gen_print_callback, json_print, &j->text);
	if (indent[0]) {
		yajl_gen_config(j->gen, yajl_gen_beautify, 1);
		yajl_gen_config(j->gen, yajl_gen_indent_string, indent);
	}
	return j;
}

void oci_json_free(struct oci_json *j)
{
	if (!j)
		return;
	yajl_gen_free(j->gen);
	buf_done(&j->text);
	free(j);
}

static void json_status(struct oci_json *j, yajl_gen_status st)
{
	if (st != yajl_gen_status_ok)
		j->failed = true;
}

/* Write the bracket that waits for its first item. */
static void json_flush(struct oci_json *j)
{
	char c = j->opening;

	j->opening = 0;
	if (c)
		json_status(j, c == '{' ? yajl_gen_map_open(j->gen) : yajl_gen_array_open(j->gen));
}

static void json_open(struct oci_json *j, char c)
{
	json_flush(j);
	j->opening = c;
}

static void json_close(struct oci_json *j, char c)
{
	if (j->opening) {
		if (j->opening != c)
			j->failed = true;
		j->opening = 0;
		json_status(j, yajl_gen_number(j->gen, c == '{' ? "{}" : "[]", 2));
		return;
	}
	json_status(j, c == '{' ? yajl_gen_map_close(j->gen) : yajl_gen_array_close(j->gen));
}

void oci_json_object(struct oci_json *j)
{
	json_open(j, '{');
}

void oci_json_object_end(struct oci_json *j)
{
	json_close(j, '{');
}

void oci_json_array(struct oci_json *j)
{
	json_open(j, '[');
}

void oci_json_array_end(struct oci_json *j)
{
	json_close(j, '[');
}

/* Bytes that are not UTF-8 become U+FFFD, as Go's encoder has it: a path may hold any byte, JSON
 * may not. */
static void text_mend(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0, n; i < len; i += n ? n : 1) {
		n = text_utf8(s + i, len - i);
		buf_add(out, n ? s + i : "\xef\xbf\xbd", n ? n : 3);
	}
}

void oci_json_str(struct oci_json *j, const char *v)
{
	_cleanup_buf_ struct buf mended = BUF_INIT;
	size_t len;

	if (!v) {
		oci_json_null(j);
		return;
	}
	len = strlen(v);
	if (text_is_wide(v, len)) {
		text_mend(&mended, v, len);
		if (mended.failed)
			j->text.failed = true;
		v = mended.data ? mended.data : "";
		len = mended.len;
	}
	json_flush(j);
	json_status(j, yajl_gen_string(j->gen, (const unsigned char *)v, len));
}

void oci_json_key(struct oci_json *j, const char *key)
{
	oci_json_str(j, key);
}

void oci_json_i64(struct oci_json *j, int64_t v)
{
	json_flush(j);
	json_status(j, yajl_gen_integer(j->gen, v));
}

void oci_json_u64(struct oci_json *j, uint64_t v)
{
	char s[24];
	int n = snprintf(s, sizeof(s), "%" PRIu64, v);

	json_flush(j);
	json_status(j, yajl_gen_number(j->gen, s, (size_t)n));
}

void oci_json_number(struct oci_json *j, const char *v)
{
	json_flush(j);
	json_status(j, yajl_gen_number(j->gen, v, strlen(v)));
}

void oci_json_bool(struct oci_json *j, bool v)
{
	json_flush(j);
	json_status(j, yajl_gen_bool(j->gen, v));
}

void oci_json_null(struct oci_json *j)
{
	json_flush(j);
	json_status(j, yajl_gen_null(j->gen));
}

int oci_json_text(struct oci_json *j, const char **ret_text, size_t *ret_len, struct hz_error *err)
{
	size_t len = j->text.len;

	if (j->text.failed)
		return error_oom(err);
	if (j->failed || j->opening)
		return error_set(err, HZ_E_INTERNAL,
				 "a JSON document was written in a wrong order");
	if (!len) {
		*ret_text = "";
		*ret_len = 0;
		return 0;
	}
	if (j->text.data[len - 1] == '\n')
		j->text.data[--len] = '\0';
	*ret_text = j->text.data;
	*ret_len = len;
	return 0;
}

void oci_json_string(struct buf *out, const char *s)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";

	buf_addc(out, '"');
	for (size_t len = strlen(s), i = 0, n; i < len; i += n ? n : 1) {
		const char *hit = memchr(plain, s[i], sizeof(plain) - 1);

		n = text_utf8(s + i, len - i);
		if (hit) {
			buf_addc(out, '\\');
			buf_addc(out, letters[hit - plain]);
		} else if ((unsigned char)s[i] < 0x20) {
			buf_printf(out, "\\u%04x", (unsigned char)s[i]);
		} else {
			buf_add(out, n ? s + i : "\xef\xbf\xbd", n ? n : 3);
		}
	}
	buf_addc(out, '"');
}
