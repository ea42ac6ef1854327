/* SPDX-License-Identifier: Apache-2.0 */
/* Changing a document that is stored, as text to text: what hezi does not know of it stays. */
#include "ocispec.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_tree.h>

static yajl_val member(yajl_val object, const char *key)
{
	for (size_t i = 0; object && i < object->u.object.len; i++)
		if (strcmp(object->u.object.keys[i], key) == 0)
			return object->u.object.values[i];
	return NULL;
}

struct writer {
	yajl_gen g;
	bool no_memory;
};

static bool put_string(struct writer *w, const char *s)
{
	return yajl_gen_string(w->g, (const unsigned char *)s, strlen(s)) == yajl_gen_status_ok;
}

static bool put(struct writer *w, yajl_val base, yajl_val patch);

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
static const char *text_of(yajl_val v)
{
	return YAJL_IS_STRING(v) ? v->u.string : YAJL_IS_NUMBER(v) ? v->u.number.r : "";
}

/* The members of an object, or the items of a list by what tells them apart: sorted, so that large
 * ones are merged in time. */
struct entry {
	const char *keys[2];
	size_t at;
	yajl_val v;
};

struct index {
	struct entry *items;
	size_t n;
};

static void index_done(struct index *x)
{
	free(x->items);
}

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

static bool index_start(struct writer *w, struct index *x, size_t n)
{
	x->items = calloc(n + 1, sizeof(*x->items));
	if (!x->items)
		w->no_memory = true;
	return x->items;
}

static bool index_object(struct writer *w, yajl_val object, struct index *x)
{
	if (!index_start(w, x, object->u.object.len))
		return false;
	for (; x->n < object->u.object.len; x->n++)
		x->items[x->n] = (struct entry){
			{object->u.object.keys[x->n], ""}, x->n, object->u.object.values[x->n]};
	qsort(x->items, x->n, sizeof(*x->items), compare);
	return true;
}

static struct entry entry_of(const struct keyed_list *l, yajl_val v)
{
	struct entry e = {.keys = {"", ""}, .v = v};

	for (size_t i = 0; i < 2 && l->keys[i]; i++)
		e.keys[i] = text_of(member(v, l->keys[i]));
	return e;
}

/* What is no object is like nothing else. */
static bool index_list(struct writer *w, const struct keyed_list *l, yajl_val list, struct index *x)
{
	if (!index_start(w, x, list->u.array.len))
		return false;
	for (size_t i = 0; i < list->u.array.len; i++) {
		if (!YAJL_IS_OBJECT(list->u.array.values[i]))
			continue;
		x->items[x->n] = entry_of(l, list->u.array.values[i]);
		x->items[x->n++].at = i;
	}
	qsort(x->items, x->n, sizeof(*x->items), compare);
	return true;
}

/* Of several with the keys of @e the first or the last; NULL: none. */
static yajl_val find(const struct index *x, const struct entry *e, bool last)
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

static yajl_val find_member(const struct index *x, const char *key)
{
	return find(x, &(struct entry){.keys = {key, ""}}, false);
}

/* The last item that speaks of the same as @item, or NULL. */
static yajl_val find_same(const struct keyed_list *l, const struct index *x, yajl_val item)
{
	struct entry e;

	if (!YAJL_IS_OBJECT(item))
		return NULL;
	e = entry_of(l, item);
	return find(x, &e, true);
}

/* What @base has stays, as far as @patch does not speak of the same. */
static bool put_keyed_list(struct writer *w, const struct keyed_list *l, yajl_val base,
			   yajl_val patch)
{
	__attribute__((cleanup(index_done))) struct index old = {0}, new = {0};
	bool good = index_list(w, l, base, &old) && index_list(w, l, patch, &new) &&
		    yajl_gen_array_open(w->g) == yajl_gen_status_ok;

	for (size_t i = 0; good && i < base->u.array.len; i++) {
		yajl_val v = base->u.array.values[i];

		good = put(w, v, find_same(l, &new, v));
	}
	for (size_t i = 0; good && i < patch->u.array.len; i++) {
		yajl_val v = patch->u.array.values[i];

		if (!find_same(l, &old, v))
			good = put(w, v, NULL);
	}
	return good && yajl_gen_array_close(w->g) == yajl_gen_status_ok;
}

static bool put_member(struct writer *w, const char *key, yajl_val base, yajl_val patch)
{
	const struct keyed_list *l = find_keyed_list(key);

	if (!put_string(w, key))
		return false;
	return l && YAJL_IS_ARRAY(base) && YAJL_IS_ARRAY(patch) ? put_keyed_list(w, l, base, patch)
								: put(w, base, patch);
}

static bool put_array(struct writer *w, yajl_val v)
{
	bool good = yajl_gen_array_open(w->g) == yajl_gen_status_ok;

	for (size_t i = 0; good && i < v->u.array.len; i++)
		good = put(w, v->u.array.values[i], NULL);
	return good && yajl_gen_array_close(w->g) == yajl_gen_status_ok;
}

/* Either may be NULL. */
static bool put_object(struct writer *w, yajl_val base, yajl_val patch)
{
	__attribute__((cleanup(index_done))) struct index old = {0}, new = {0};
	bool good = (!base || !patch ||
		     (index_object(w, base, &old) && index_object(w, patch, &new))) &&
		    yajl_gen_map_open(w->g) == yajl_gen_status_ok;

	for (size_t i = 0; good && base && i < base->u.object.len; i++)
		good = put_member(w, base->u.object.keys[i], base->u.object.values[i],
				  find_member(&new, base->u.object.keys[i]));
	for (size_t i = 0; good && patch && i < patch->u.object.len; i++) {
		const char *key = patch->u.object.keys[i];

		if (find_member(&old, key) || YAJL_IS_NULL(patch->u.object.values[i]))
			continue;
		good = put_string(w, key) && put(w, NULL, patch->u.object.values[i]);
	}
	return good && yajl_gen_map_close(w->g) == yajl_gen_status_ok;
}

/* @base with @patch over it; not both are NULL. */
static bool put(struct writer *w, yajl_val base, yajl_val patch)
{
	yajl_val v = patch && !YAJL_IS_NULL(patch) ? patch : base;

	switch (v ? v->type : yajl_t_null) {
	case yajl_t_object:
		return put_object(w, YAJL_IS_OBJECT(base) ? base : NULL, v == base ? NULL : v);
	case yajl_t_array: return put_array(w, v);
	case yajl_t_string: return put_string(w, v->u.string);
	case yajl_t_number:
		return yajl_gen_number(w->g, v->u.number.r, strlen(v->u.number.r)) ==
		       yajl_gen_status_ok;
	case yajl_t_true:
	case yajl_t_false: return yajl_gen_bool(w->g, YAJL_IS_TRUE(v)) == yajl_gen_status_ok;
	default: return yajl_gen_null(w->g) == yajl_gen_status_ok;
	}
}

/* The same where @patch belongs to what @path leads to. */
static bool put_at(struct writer *w, yajl_val base, const char *const *path, yajl_val patch)
{
	bool good;

	if (!*path)
		return put(w, base, patch);
	if (!YAJL_IS_OBJECT(base))
		base = NULL;
	good = yajl_gen_map_open(w->g) == yajl_gen_status_ok;
	for (size_t i = 0; good && base && i < base->u.object.len; i++) {
		const char *key = base->u.object.keys[i];
		yajl_val v = base->u.object.values[i];

		good = put_string(w, key) &&
		       (strcmp(key, *path) == 0 ? put_at(w, v, path + 1, patch) : put(w, v, NULL));
	}
	if (good && !member(base, *path))
		good = put_string(w, *path) && put_at(w, NULL, path + 1, patch);
	return good && yajl_gen_map_close(w->g) == yajl_gen_status_ok;
}

static int parse(const char *text, const char *what, yajl_val *ret, struct hz_error *err)
{
	char words[256] = "";

	*ret = yajl_tree_parse(text, words, sizeof(words));
	if (*ret && YAJL_IS_OBJECT(*ret))
		return 0;
	words[strcspn(words, "\n")] = '\0';
	return error_set(err, HZ_E_JSON, "%s is no JSON object: %s", what, words);
}

static int write_merged(struct writer *w, yajl_val base, const char *const *path, yajl_val patch,
			struct buf *ret, struct hz_error *err)
{
	const unsigned char *text;
	size_t len;
	bool good;

	yajl_gen_config(w->g, yajl_gen_beautify, 1);
	yajl_gen_config(w->g, yajl_gen_indent_string, "\t");
	good = put_at(w, base, path, patch);
	if (!good && w->no_memory)
		return error_oom(err);
	if (!good || yajl_gen_get_buf(w->g, &text, &len) != yajl_gen_status_ok)
		return error_set(err, HZ_E_JSON, "the document is nested too deeply");
	buf_add(ret, (const char *)text, len);
	return ret->failed ? error_oom(err) : 0;
}

int oci_json_merge(const char *base, const char *const *path, const char *patch, struct buf *ret,
		   struct hz_error *err)
{
	yajl_val b = NULL, p = NULL;
	struct writer w = {0};
	int r = parse(base, "the stored configuration", &b, err);

	if (!r)
		r = parse(patch, "the change", &p, err);
	if (!r) {
		w.g = yajl_gen_alloc(NULL);
		r = w.g ? write_merged(&w, b, path, p, ret, err) : error_oom(err);
	}
	if (w.g)
		yajl_gen_free(w.g);
	yajl_tree_free(p);
	yajl_tree_free(b);
	return r;
}
