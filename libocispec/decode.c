/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interpreter of the tables: JSON events in, structs out, no tree between.
 *
 * The document is copied into the arena once and parsed there. One frame stands for each open
 * object or array. The items of lists gather on one stack (`values`: lists nest, so do their parts
 * of it) and move to the arena when the list ends. Everything that only a fault needs (places,
 * pointers, wording) is computed when a fault is found: a good document does not pay for it.
 */
#include "decode.h"
#include "decoder.h"
#include "text.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SHOWN_MAX 60 /* bytes of a key in a message */

/* What { items, n } of all item types have in common. */
struct any_list {
	void *items;
	size_t n;
};
_Static_assert(offsetof(struct oci_mounts, n) == offsetof(struct any_list, n), "lists differ");
_Static_assert(offsetof(struct oci_map, n) == offsetof(struct any_list, n), "lists differ");
_Static_assert(sizeof(int) == sizeof(uint32_t), "items of enum lists are stored like uint32");

#define ODD_KEYS_MAX 16 /* of a document; hostile ones must not grow the result */

/* ---- pointers ---- */

/* One reference token, with ~ and / escaped (RFC 6901, 3). */
static void token_write(char *buf, size_t size, const char *key, size_t len)
{
	size_t start = 0;

	text_show(buf, size, "/", 1, 0);
	for (size_t i = 0; i <= len; i++) {
		if (i < len && key[i] != '~' && key[i] != '/')
			continue;
		text_show(buf, size, key + start, i - start, 0);
		if (i < len)
			text_show(buf, size, key[i] == '~' ? "~0" : "~1", 2, 0);
		start = i + 1;
	}
}

void decoder_pointer(const struct decoder *d, char *buf)
{
	char index[24];

	buf[0] = '\0';
	for (size_t i = 1; i < d->depth; i++) {
		const struct frame *f = &d->frames[i];

		if (f->kind == FRAME_LIST || f->kind == FRAME_UNKNOWN_ARRAY) {
			if (!f->n)
				continue; /* still before its first value */
			snprintf(index, sizeof(index), "%zu", f->n - 1);
			token_write(buf, POINTER_MAX, index, strlen(index));
		} else if (f->key) {
			token_write(buf, POINTER_MAX, f->key, f->key_len);
		}
	}
}

/* ---- the stacks ---- */

static bool values_grow(struct decoder *d, size_t need)
{
	size_t cap = d->values_cap ? d->values_cap : 2048;
	char *p;

	while (cap < need)
		cap *= 2;
	p = arena_alloc(&d->scratch, cap);
	if (!p)
		return false;
	if (d->nvalues)
		memcpy(p, d->values, d->nvalues);
	/* Structs and lists being filled may lie in the part that moves. */
	for (size_t i = 0; i < d->depth; i++) {
		size_t off = (uintptr_t)d->frames[i].base - (uintptr_t)d->values;

		if (off < d->values_cap)
			d->frames[i].base = p + off;
	}
	d->values = p;
	d->values_cap = cap;
	return true;
}

static char *value_push(struct decoder *d, size_t size)
{
	char *p;

	if (d->values_cap - d->nvalues < size && !values_grow(d, d->nvalues + size)) {
		d->oom = true;
		return NULL;
	}
	p = d->values + d->nvalues;
	d->nvalues += size;
	memset(p, 0, size);
	return p;
}

static bool key_push(struct decoder *d, const char *s, size_t len, size_t at)
{
	size_t cap = d->keys_cap ? d->keys_cap * 2 : 32;
	struct key *p;

	if (d->nkeys == d->keys_cap) {
		p = arena_calloc(&d->scratch, cap, sizeof(*p));
		if (!p) {
			d->oom = true;
			return false;
		}
		if (d->nkeys)
			memcpy(p, d->keys, d->nkeys * sizeof(*p));
		d->keys = p;
		d->keys_cap = cap;
	}
	d->keys[d->nkeys++] = (struct key){s, len, at};
	return true;
}

static struct frame *frame_push(struct decoder *d, enum frame_kind kind)
{
	size_t at = sax_offset(&d->sax) - 1;
	struct frame *f;

	if (d->depth == ARRAY_SIZE(d->frames)) {
		decoder_fault(d, HZ_E_JSON, at,
			      "the document is nested too deeply (more than %d levels)",
			      OCI_DEPTH_MAX);
		return NULL;
	}
	/* Items may be as small as 4 bytes: what comes above them wants its alignment. */
	d->nvalues = (d->nvalues + 7) & ~(size_t)7;
	f = &d->frames[d->depth++];
	*f = (struct frame){.kind = kind, .at = at, .values = d->nvalues, .nkeys = d->nkeys};
	return f;
}

static size_t item_size(const struct oci_row *row)
{
	if (row->kind == OCI_OBJECT)
		return row->sub->size;
	if (row->shape == OCI_MAP)
		return sizeof(struct oci_pair);
	return row->kind == OCI_STR ? sizeof(const char *) : sizeof(uint32_t);
}

bool decoder_target(struct decoder *d, struct target *t)
{
	struct frame *f = decoder_top(d);

	f->n++;
	*t = (struct target){0};
	t->row = f->row;
	if (!t->row)
		return true;
	if (f->kind == FRAME_OBJECT || f->kind == FRAME_DOCUMENT) {
		t->dest = f->base + f->row->offset;
		return true;
	}
	t->item = true;
	if (d->faults.n) /* nothing will come of the items: do not gather them */
		d->nvalues = f->values;
	t->dest = value_push(d, item_size(f->row));
	if (!t->dest)
		return false;
	if (f->kind == FRAME_MAP && f->row->kind == OCI_STR) {
		memcpy(t->dest + offsetof(struct oci_pair, key), &f->key, sizeof(f->key));
		t->dest += offsetof(struct oci_pair, value);
	} else if (f->kind == FRAME_MAP) {
		memcpy(t->dest + f->row->sub->key_offset, &f->key, sizeof(f->key));
	}
	return true;
}

/* ---- keys ---- */

static int key_order(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int c;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	c = memcmp(x->s, y->s, x->len);
	if (c)
		return c;
	return x->at < y->at ? -1 : 1;
}

static void fault_duplicate(struct decoder *d, const char *key, size_t len, size_t at)
{
	char shown[SHOWN_MAX + 8] = "";

	text_show(shown, sizeof(shown), key, len, SHOWN_MAX);
	decoder_fault(d, HZ_E_CONFIG, at, "the key \"%s\" stands here a second time", shown);
}

/* The object of the top frame ends: were two of its keys that no table knows the same? */
static void keys_check(struct decoder *d)
{
	struct frame *f = decoder_top(d);
	struct key *k = d->keys + f->nkeys;
	size_t n = d->nkeys - f->nkeys;

	if (n > 1)
		qsort(k, n, sizeof(*k), key_order);
	for (size_t i = 1; i < n; i++) {
		if (k[i].len != k[i - 1].len || memcmp(k[i].s, k[i - 1].s, k[i].len) != 0)
			continue;
		f->key = k[i].s;
		f->key_len = k[i].len;
		fault_duplicate(d, k[i].s, k[i].len, k[i].at);
	}
}

/* Documents mostly follow the order of the tables: begin behind the last hit. */
static const struct oci_row *row_find(struct frame *f, const char *key, size_t len)
{
	const struct oci_table *table = f->table;
	size_t at = f->hint;

	for (size_t i = 0; i < table->n; i++, at++) {
		const struct oci_row *row;

		if (at >= table->n)
			at = 0;
		row = &table->rows[at];
		if (row->len == len && !memcmp(row->name, key, len)) {
			f->hint = at + 1;
			return row;
		}
	}
	return NULL;
}

/* The top frame's key is in no table. One that is there in other letters, which encoders written in
 * Go take for the same, must not be lost without a word. */
static bool odd_key_add(struct decoder *d)
{
	const struct frame *f = decoder_top(d);
	const struct oci_row *row = f->table->rows, *end = row + f->table->n;
	char pointer[POINTER_MAX];
	struct oci_odd_key *odd;

	while (row < end &&
	       (row->len != f->key_len || strncasecmp(row->name, f->key, row->len) != 0))
		row++;
	if (row == end || !d->odd_keys || d->nodd_keys == ODD_KEYS_MAX)
		return true;
	decoder_pointer(d, pointer);
	odd = arena_alloc(d->arena, sizeof(*odd));
	if (odd) {
		odd->pointer = arena_printf(d->arena, "%s%s", d->prefix, pointer);
		odd->key = arena_strndup(d->arena, f->key, f->key_len);
		odd->known = row->name;
	}
	if (!odd || !odd->pointer || !odd->key) {
		d->oom = true;
		return false;
	}
	*d->odd_keys = odd;
	d->odd_keys = &odd->next;
	d->nodd_keys++;
	return true;
}

static int on_key(void *ctx, const unsigned char *us, size_t len)
{
	struct decoder *d = ctx;
	struct frame *f = decoder_top(d);
	const char *s = (const char *)us;
	size_t at = 0;
	uint64_t bit;

	f->key = s;
	f->key_len = len;
	if (f->kind == FRAME_OBJECT)
		f->row = NULL; /* unknown until found */
	s = decoder_string(d, s, len);
	if (!s) { /* at fault: its value still wants a pointer */
		f->key = arena_strndup(&d->scratch, (const char *)us, len);
		d->oom = d->oom || !f->key;
		return !d->oom;
	}
	f->key = s;
	if (f->kind == FRAME_OBJECT)
		f->row = row_find(f, s, len);
	if (f->kind == FRAME_OBJECT && !f->row && !odd_key_add(d))
		return 0;
	if (f->kind != FRAME_OBJECT || !f->row)
		at = sax_string_at(&d->sax, us);
	if (f->kind == FRAME_MAP && !len)
		decoder_fault(d, HZ_E_CONFIG, at, "the key is empty");
	if (f->kind != FRAME_OBJECT || !f->row)
		return key_push(d, s, len, at);
	bit = UINT64_C(1) << (f->row - f->table->rows);
	if (f->seen & bit)
		fault_duplicate(d, s, len, sax_string_at(&d->sax, us));
	f->seen |= bit;
	return 1;
}

/* ---- objects and arrays ---- */

/* The struct that a key points to: the caller's own, that of a duplicate key, or a new one. */
static char *object_find(struct decoder *d, const struct target *t)
{
	char *base;

	memcpy(&base, t->dest, sizeof(base));
	if (base)
		return base;
	base = arena_alloc(d->arena, t->row->sub->size);
	if (base)
		memcpy(t->dest, &base, sizeof(base));
	else
		d->oom = true;
	return base;
}

static bool object_open(struct decoder *d, const struct target *t)
{
	char *base = t->item ? t->dest : object_find(d, t);
	struct frame *f = base ? frame_push(d, FRAME_OBJECT) : NULL;

	if (!f)
		return false;
	f->table = t->row->sub;
	f->base = base;
	return true;
}

static bool list_open(struct decoder *d, const struct target *t, enum frame_kind kind)
{
	struct frame *f = frame_push(d, kind);

	if (!f)
		return false;
	f->row = t->row;
	f->base = t->dest;
	return true;
}

static int on_start_object(void *ctx)
{
	struct decoder *d = ctx;
	struct target t;

	if (!decoder_target(d, &t))
		return 0;
	if (!t.row)
		return frame_push(d, FRAME_UNKNOWN_OBJECT) != NULL;
	if (!t.item && t.row->shape == OCI_MAP)
		return list_open(d, &t, FRAME_MAP);
	if (t.row->kind == OCI_OBJECT && (t.item || t.row->shape == OCI_ONE))
		return object_open(d, &t);
	decoder_fault_type(d, &t, sax_offset(&d->sax) - 1, "an object");
	return frame_push(d, FRAME_UNKNOWN_OBJECT) != NULL;
}

static int on_start_array(void *ctx)
{
	struct decoder *d = ctx;
	struct target t;

	if (!decoder_target(d, &t))
		return 0;
	if (!t.row)
		return frame_push(d, FRAME_UNKNOWN_ARRAY) != NULL;
	if (!t.item && t.row->shape == OCI_LIST)
		return list_open(d, &t, FRAME_LIST);
	decoder_fault_type(d, &t, sax_offset(&d->sax) - 1, "an array");
	return frame_push(d, FRAME_UNKNOWN_ARRAY) != NULL;
}

/* The items of a list or map go from the stack to the arena. */
static bool list_close(struct decoder *d, const struct frame *f)
{
	struct any_list list = {.n = f->n};
	size_t size = d->nvalues - f->values;

	list.items = arena_alloc(d->arena, size);
	if (!list.items) {
		d->oom = true;
		return false;
	}
	if (size)
		memcpy(list.items, d->values + f->values, size);
	memcpy(f->base, &list, sizeof(list));
	d->nvalues = f->values;
	return true;
}

/* A key of @f that no table knows, but that looks as if @name was meant. */
static const struct key *misspelt_find(const struct decoder *d, const struct frame *f,
				       const char *name)
{
	const char *const names[] = {name, NULL};

	for (size_t i = f->nkeys; i < d->nkeys && i < f->nkeys + 32; i++)
		if (text_guess(d->keys[i].s, d->keys[i].len, names))
			return &d->keys[i];
	return NULL;
}

/* The frame of the object is still known, but no longer on the stack: the fault is that of the
 * object. */
static void required_check(struct decoder *d, const struct frame *f)
{
	for (size_t i = 0; i < f->table->n; i++) {
		const struct oci_row *row = &f->table->rows[i];
		const struct key *like;
		char shown[SHOWN_MAX + 8] = "";

		if (!row->required || f->seen & UINT64_C(1) << i)
			continue;
		if (faults_full(&d->faults))
			continue;
		like = misspelt_find(d, f, row->name);
		if (like)
			text_show(shown, sizeof(shown), like->s, like->len, SHOWN_MAX);
		decoder_fault(d, HZ_E_CONFIG, f->at, "required key \"%s\" is missing%s%s%s",
			      row->name, like ? " (but there is \"" : "", shown, like ? "\")" : "");
	}
}

static int on_end_object(void *ctx)
{
	struct decoder *d = ctx;
	struct frame *f = decoder_top(d);

	if (d->nkeys - f->nkeys > 1)
		keys_check(d);
	d->depth--; /* *f stays as it is until the next push */
	if (f->kind == FRAME_OBJECT)
		required_check(d, f);
	d->nkeys = f->nkeys;
	return f->kind != FRAME_MAP || list_close(d, f);
}

static int on_end_array(void *ctx)
{
	struct decoder *d = ctx;
	struct frame *f = decoder_top(d);

	d->depth--;
	if (f->kind != FRAME_LIST)
		return 1;
	if (f->row->not_empty && !f->n)
		decoder_fault(d, HZ_E_CONFIG, f->at,
			      "expected at least one item, found an empty array");
	return list_close(d, f);
}

/* ---- documents ---- */

static const struct sax_calls calls = {
	.null = value_null,
	.boolean = value_boolean,
	.number = value_number,
	.string = value_string,
	.start_object = on_start_object,
	.key = on_key,
	.end_object = on_end_object,
	.start_array = on_start_array,
	.end_array = on_end_array,
};

static bool is_blank(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!text_is_one_of(s[i], " \t\r\n"))
			return false;
	return true;
}

/* The document is cut short: in a string, or between the tokens of an object or array? */
static const char *cut_words(const struct decoder *d, const char *text)
{
	enum frame_kind kind = d->frames[d->depth - 1].kind;
	bool quoted = false;

	for (size_t i = 0; i < d->sax.len; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
	}
	if (quoted)
		return "the document ends in the middle of a string";
	if (kind == FRAME_LIST || kind == FRAME_UNKNOWN_ARRAY)
		return "the document ends in the middle of an array";
	if (kind != FRAME_DOCUMENT)
		return "the document ends in the middle of an object";
	return is_blank(text, d->sax.len) ? "the document is empty (white space only)"
					  : "the document ends in the middle of a word";
}

/* What cannot be parsed at all. */
static const char *refuse(const char *text, size_t len)
{
	if (!len)
		return "the document is empty (0 bytes)";
	if (len > OCI_CONFIG_MAX)
		return "the document is too large (more than 16 MiB)";
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		return "the document begins with a byte order mark, which JSON does not allow";
	if (len >= 2 && (!memcmp(text, "\xff\xfe", 2) || !memcmp(text, "\xfe\xff", 2)))
		return "the document is UTF-16, JSON is UTF-8";
	return NULL;
}

static int document_parse(struct decoder *d, const struct document *doc, struct hz_error *err)
{
	d->copy = arena_alloc(d->arena, doc->len);
	if (!d->copy)
		return error_oom(err);
	memcpy(d->copy, doc->text, doc->len);
	d->wide = text_is_wide(doc->text, doc->len);
	switch (sax_run(&d->sax, &calls, d, d->copy, doc->len)) {
	case SAX_OK:
	case SAX_STOPPED: break; /* the latter for want of memory, or by a fault */
	case SAX_NOMEM: d->oom = true; break;
	case SAX_SYNTAX:
		decoder_fault(d, HZ_E_JSON, d->sax.fault_at, "%s",
			      d->sax.words ? d->sax.words : cut_words(d, doc->text));
		break;
	}
	if (d->oom)
		return error_oom(err);
	return d->faults.n ? fault_report(&d->faults, doc->text, doc->len, doc->name, err) : 0;
}

int decode_document(struct arena *a, const struct document *doc, const struct oci_table *table,
		    void *into, void **ret, struct hz_error *err)
{
	struct oci_row root = {
		.name = "", .kind = OCI_OBJECT, .shape = OCI_ONE, .required = true, .sub = table};
	const char *words = refuse(doc->text, doc->len);
	struct decoder d;
	int rc;

	/* Not the whole struct: most of it is frames that are never looked at. */
	memset(&d, 0, offsetof(struct decoder, frames));
	d.arena = a;
	d.odd_keys = doc->ret_odd_keys;
	d.prefix = doc->prefix;
	*ret = NULL;
	if (words) {
		fault_add(&d.faults, &d.scratch, HZ_E_JSON, 0, "", "%s", words);
		rc = fault_report(&d.faults, doc->text, doc->len, doc->name, err);
	} else {
		d.depth = 1;
		d.frames[0] =
			(struct frame){.kind = FRAME_DOCUMENT, .row = &root, .base = (char *)&into};
		rc = document_parse(&d, doc, err);
		*ret = rc ? NULL : into;
	}
	arena_done(&d.scratch);
	return rc;
}
