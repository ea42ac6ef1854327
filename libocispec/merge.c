/* SPDX-License-Identifier: Apache-2.0 */
/* Changing a document that is stored, as text to text: what hezi does not know of it stays. */
#include "ocispec.h"
#include "sax.h"

#include "base/arena.h"
#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

enum kind {
	NONE,
	BOOLEAN,
	NUMBER,
	STRING,
	ARRAY,
	OBJECT
};

struct value {
	enum kind kind;
	bool is_true;
	const char *key;  /* in its object */
	const char *text; /* of a string or a number */
	size_t n;         /* members or items */
	struct value *first, *last, *next;
	struct value *parent;
};

static bool is(const struct value *v, enum kind kind)
{
	return v && v->kind == kind;
}

struct reader {
	struct sax sax;
	struct arena *arena;
	struct value *root, *parent;
	const char *key;
	size_t depth;
	bool no_memory, too_deep;
};

/* Append a value to the array or object that is open. */
static struct value *add(struct reader *r, enum kind kind)
{
	struct value *v = arena_alloc(r->arena, sizeof(*v)), *p = r->parent;

	if (!v) {
		r->no_memory = true;
		return NULL;
	}
	v->kind = kind;
	v->key = r->key;
	v->parent = p;
	r->key = NULL;
	if (!p) {
		r->root = v;
		return v;
	}
	if (p->last)
		p->last->next = v;
	else
		p->first = v;
	p->last = v;
	p->n++;
	return v;
}

static const char *copy(struct reader *r, const void *s, size_t len)
{
	const char *text = arena_strndup(r->arena, s, len);

	r->no_memory |= !text;
	return text;
}

static int add_text(struct reader *r, enum kind kind, const void *s, size_t len)
{
	struct value *v = add(r, kind);

	return v && (v->text = copy(r, s, len));
}

static int on_null(void *ctx)
{
	return add(ctx, NONE) != NULL;
}

static int on_boolean(void *ctx, int is_true)
{
	struct value *v = add(ctx, BOOLEAN);

	if (v)
		v->is_true = is_true;
	return v != NULL;
}

static int on_number(void *ctx, const char *s, size_t len)
{
	return add_text(ctx, NUMBER, s, len);
}

static int on_string(void *ctx, const unsigned char *s, size_t len)
{
	return add_text(ctx, STRING, s, len);
}

static int on_key(void *ctx, const unsigned char *s, size_t len)
{
	struct reader *r = ctx;

	r->key = copy(r, s, len);
	return r->key != NULL;
}

static int open_value(struct reader *r, enum kind kind)
{
	struct value *v;

	if (r->depth == OCI_DEPTH_MAX) {
		r->too_deep = true;
		return 0;
	}
	v = add(r, kind);
	if (!v)
		return 0;
	r->depth++;
	r->parent = v;
	return 1;
}

static int on_start_object(void *ctx)
{
	return open_value(ctx, OBJECT);
}

static int on_start_array(void *ctx)
{
	return open_value(ctx, ARRAY);
}

static int on_end(void *ctx)
{
	struct reader *r = ctx;

	r->depth--;
	r->parent = r->parent->parent;
	return 1;
}

static int too_deep(struct hz_error *err)
{
	return error_set(err, HZ_E_JSON, "the document is nested too deeply");
}

static int parse(struct arena *a, const char *text, const char *what, struct value **ret,
		 struct hz_error *err)
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
	struct reader r = {.arena = a};
	enum sax_result result = sax_run(&r.sax, &calls, &r, text, strlen(text));

	if (result == SAX_NOMEM || r.no_memory)
		return error_oom(err);
	if (r.too_deep)
		return too_deep(err);
	*ret = r.root;
	if (result == SAX_OK && is(r.root, OBJECT))
		return 0;
	return error_set(err, HZ_E_JSON, "%s is no JSON object: %s", what,
			 r.sax.words ? r.sax.words : "another value, or the text ends early");
}

static const struct value *member(const struct value *object, const char *key)
{
	for (const struct value *v = object ? object->first : NULL; v; v = v->next)
		if (v->key && strcmp(v->key, key) == 0)
			return v;
	return NULL;
}

/* ---- writing ---- */

struct writer {
	struct oci_json *j;
	struct arena *arena;
	bool no_memory;
};

static void put(struct writer *w, const struct value *base, const struct value *patch);

/* Lists in which each item is the limit of one thing, and what tells the things apart. */
struct keyed_list {
	const char *name, *keys[2];
};

static const struct keyed_list *find_keyed_list(const char *name)
{
	static const struct keyed_list lists[] = {
		{"weightDevice", {"major", "minor"}},
		{"throttleReadBpsDevice", {"major", "minor"}},
		{"throttleWriteBpsDevice", {"major", "minor"}},
		{"throttleReadIOPSDevice", {"major", "minor"}},
		{"throttleWriteIOPSDevice", {"major", "minor"}},
		{"hugepageLimits", {"pageSize", NULL}},
		{"priorities", {"name", NULL}},
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (strcmp(lists[i].name, name) == 0)
			return &lists[i];
	return NULL;
}

/* A number or a string as text. */
static const char *text_of(const struct value *v)
{
	return is(v, STRING) || is(v, NUMBER) ? v->text : "";
}

/* The members of an object, or the items of a list by what tells them apart: sorted, so that large
 * ones are merged in time. */
struct entry {
	const char *keys[2];
	size_t at;
	const struct value *v;
};

struct index {
	struct entry *items;
	size_t n;
};

static int compare_keys(const struct entry *a, const struct entry *b)
{
	int r = strcmp(a->keys[0], b->keys[0]);

	return r ? r : strcmp(a->keys[1], b->keys[1]);
}

static int compare(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int r = compare_keys(a, b);

	return r ? r : a->at < b->at ? -1 : a->at > b->at;
}

static struct entry entry_of(const struct keyed_list *l, const struct value *v)
{
	struct entry e = {.keys = {v->key, ""}, .v = v};

	for (size_t i = 0; l && i < 2; i++)
		e.keys[i] = l->keys[i] ? text_of(member(v, l->keys[i])) : "";
	return e;
}

/* Of an object (@l is NULL) or a keyed list, in which what is no object is like nothing else. */
static struct index index_of(struct writer *w, const struct keyed_list *l,
			     const struct value *parent)
{
	struct index x = {.items = arena_calloc(w->arena, parent->n, sizeof(*x.items))};

	if (!x.items) {
		w->no_memory = true;
		return x;
	}
	for (const struct value *v = parent->first; v; v = v->next) {
		if (l && !is(v, OBJECT))
			continue;
		x.items[x.n] = entry_of(l, v);
		x.items[x.n].at = x.n;
		x.n++;
	}
	qsort(x.items, x.n, sizeof(*x.items), compare);
	return x;
}

/* Of several with the keys of @e the first or the last; NULL: none. */
static const struct value *find(const struct index *x, const struct entry *e, bool last)
{
	size_t lo = 0, hi = x->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int r = compare_keys(&x->items[mid], e);

		if (r < 0 || (last && r == 0))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (last && lo > 0)
		lo--;
	return lo < x->n && !compare_keys(&x->items[lo], e) ? x->items[lo].v : NULL;
}

static const struct value *find_member(const struct index *x, const char *key)
{
	return find(x, &(struct entry){.keys = {key, ""}}, false);
}

/* The last item that speaks of the same as @item, or NULL. */
static const struct value *find_same(const struct keyed_list *l, const struct index *x,
				     const struct value *item)
{
	struct entry e;

	if (!is(item, OBJECT))
		return NULL;
	e = entry_of(l, item);
	return find(x, &e, true);
}

/* What @base has stays, as far as @patch does not speak of the same. */
static void put_keyed_list(struct writer *w, const struct keyed_list *l, const struct value *base,
			   const struct value *patch)
{
	struct index old = index_of(w, l, base), new = index_of(w, l, patch);

	oci_json_array(w->j);
	for (const struct value *v = base->first; v; v = v->next)
		put(w, v, find_same(l, &new, v));
	for (const struct value *v = patch->first; v; v = v->next)
		if (!find_same(l, &old, v))
			put(w, v, NULL);
	oci_json_array_end(w->j);
}

static void put_member(struct writer *w, const struct value *base, const struct value *patch)
{
	const struct keyed_list *l = find_keyed_list(base->key);

	oci_json_key(w->j, base->key);
	if (l && is(base, ARRAY) && is(patch, ARRAY))
		put_keyed_list(w, l, base, patch);
	else
		put(w, base, patch);
}

static void put_array(struct writer *w, const struct value *array)
{
	oci_json_array(w->j);
	for (const struct value *v = array->first; v; v = v->next)
		put(w, v, NULL);
	oci_json_array_end(w->j);
}

/* Either may be NULL. */
static void put_object(struct writer *w, const struct value *base, const struct value *patch)
{
	struct index old = {0}, new = {0};

	if (base && patch) {
		old = index_of(w, NULL, base);
		new = index_of(w, NULL, patch);
	}
	oci_json_object(w->j);
	for (const struct value *v = base ? base->first : NULL; v; v = v->next)
		put_member(w, v, find_member(&new, v->key));
	for (const struct value *v = patch ? patch->first : NULL; v; v = v->next) {
		if (find_member(&old, v->key) || is(v, NONE))
			continue;
		oci_json_key(w->j, v->key);
		put(w, NULL, v);
	}
	oci_json_object_end(w->j);
}

/* @base with @patch over it; not both are NULL. */
static void put(struct writer *w, const struct value *base, const struct value *patch)
{
	const struct value *v = patch && patch->kind != NONE ? patch : base;

	switch (v ? v->kind : NONE) {
	case OBJECT: put_object(w, is(base, OBJECT) ? base : NULL, v == base ? NULL : v); break;
	case ARRAY: put_array(w, v); break;
	case STRING: oci_json_str(w->j, v->text); break;
	case NUMBER: oci_json_number(w->j, v->text); break;
	case BOOLEAN: oci_json_bool(w->j, v->is_true); break;
	case NONE: oci_json_null(w->j); break;
	}
}

/* The same where @patch belongs to what @path leads to. */
static void put_at(struct writer *w, const struct value *base, const char *const *path,
		   const struct value *patch)
{
	if (!*path) {
		put(w, base, patch);
		return;
	}
	if (!is(base, OBJECT))
		base = NULL;
	oci_json_object(w->j);
	for (const struct value *v = base ? base->first : NULL; v; v = v->next) {
		oci_json_key(w->j, v->key);
		if (strcmp(v->key, *path) == 0)
			put_at(w, v, path + 1, patch);
		else
			put(w, v, NULL);
	}
	if (!member(base, *path)) {
		oci_json_key(w->j, *path);
		put_at(w, NULL, path + 1, patch);
	}
	oci_json_object_end(w->j);
}

static int write_merged(struct writer *w, struct buf *ret, struct hz_error *err)
{
	const char *text;
	size_t len;

	if (w->no_memory)
		return error_oom(err);
	if (oci_json_text(w->j, &text, &len, err)) /* the order is right: the depth is not */
		return err && err->code == HZ_E_NOMEM ? -1 : too_deep(err);
	buf_add(ret, text, len);
	return ret->failed ? error_oom(err) : 0;
}

int oci_json_merge(const char *base, const char *const *path, const char *patch, struct buf *ret,
		   struct hz_error *err)
{
	_cleanup_(arena_done) struct arena arena = ARENA_INIT;
	struct writer w = {.arena = &arena};
	struct value *b = NULL, *p = NULL;
	int r;

	if (parse(&arena, base, "the stored configuration", &b, err) ||
	    parse(&arena, patch, "the change", &p, err))
		return -1;
	w.j = oci_json_new("\t");
	if (!w.j)
		return error_oom(err);
	put_at(&w, b, path, p);
	r = write_merged(&w, ret, err);
	oci_json_free(w.j);
	return r;
}
