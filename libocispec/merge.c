/* SPDX-License-Identifier: Apache-2.0 */
/* Changing a document that is stored, as text to text: what hezi does not know of it stays. */
#include "ocispec.h"

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

static bool put_string(yajl_gen g, const char *s)
{
	return yajl_gen_string(g, (const unsigned char *)s, strlen(s)) == yajl_gen_status_ok;
}

static bool put(yajl_gen g, yajl_val base, yajl_val patch);

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

static bool is_same(const struct keyed_list *l, yajl_val a, yajl_val b)
{
	if (!YAJL_IS_OBJECT(a) || !YAJL_IS_OBJECT(b))
		return false;
	for (size_t i = 0; i < 2 && l->keys[i]; i++)
		if (strcmp(text_of(member(a, l->keys[i])), text_of(member(b, l->keys[i]))) != 0)
			return false;
	return true;
}

/* The last item of @list that speaks of the same as @item, or NULL. */
static yajl_val find_same(const struct keyed_list *l, yajl_val list, yajl_val item)
{
	for (size_t i = list->u.array.len; i > 0; i--)
		if (is_same(l, list->u.array.values[i - 1], item))
			return list->u.array.values[i - 1];
	return NULL;
}

/* What @base has stays, as far as @patch does not speak of the same. */
static bool put_keyed_list(yajl_gen g, const struct keyed_list *l, yajl_val base, yajl_val patch)
{
	bool good = yajl_gen_array_open(g) == yajl_gen_status_ok;

	for (size_t i = 0; good && i < base->u.array.len; i++) {
		yajl_val v = base->u.array.values[i];

		good = put(g, v, find_same(l, patch, v));
	}
	for (size_t i = 0; good && i < patch->u.array.len; i++) {
		yajl_val v = patch->u.array.values[i];

		if (!find_same(l, base, v))
			good = put(g, v, NULL);
	}
	return good && yajl_gen_array_close(g) == yajl_gen_status_ok;
}

static bool put_member(yajl_gen g, const char *key, yajl_val base, yajl_val patch)
{
	const struct keyed_list *l = find_keyed_list(key);

	if (!put_string(g, key))
		return false;
	return l && YAJL_IS_ARRAY(base) && YAJL_IS_ARRAY(patch) ? put_keyed_list(g, l, base, patch)
								: put(g, base, patch);
}

static bool put_array(yajl_gen g, yajl_val v)
{
	bool good = yajl_gen_array_open(g) == yajl_gen_status_ok;

	for (size_t i = 0; good && i < v->u.array.len; i++)
		good = put(g, v->u.array.values[i], NULL);
	return good && yajl_gen_array_close(g) == yajl_gen_status_ok;
}

/* Either may be NULL. */
static bool put_object(yajl_gen g, yajl_val base, yajl_val patch)
{
	bool good = yajl_gen_map_open(g) == yajl_gen_status_ok;

	for (size_t i = 0; good && base && i < base->u.object.len; i++)
		good = put_member(g, base->u.object.keys[i], base->u.object.values[i],
				  member(patch, base->u.object.keys[i]));
	for (size_t i = 0; good && patch && i < patch->u.object.len; i++) {
		const char *key = patch->u.object.keys[i];

		if (member(base, key) || YAJL_IS_NULL(patch->u.object.values[i]))
			continue;
		good = put_string(g, key) && put(g, NULL, patch->u.object.values[i]);
	}
	return good && yajl_gen_map_close(g) == yajl_gen_status_ok;
}

/* @base with @patch over it; not both are NULL. */
static bool put(yajl_gen g, yajl_val base, yajl_val patch)
{
	yajl_val v = patch && !YAJL_IS_NULL(patch) ? patch : base;

	switch (v ? v->type : yajl_t_null) {
	case yajl_t_object:
		return put_object(g, YAJL_IS_OBJECT(base) ? base : NULL, v == base ? NULL : v);
	case yajl_t_array: return put_array(g, v);
	case yajl_t_string: return put_string(g, v->u.string);
	case yajl_t_number:
		return yajl_gen_number(g, v->u.number.r, strlen(v->u.number.r)) ==
		       yajl_gen_status_ok;
	case yajl_t_true:
	case yajl_t_false: return yajl_gen_bool(g, YAJL_IS_TRUE(v)) == yajl_gen_status_ok;
	default: return yajl_gen_null(g) == yajl_gen_status_ok;
	}
}

/* The same where @patch belongs to what @path leads to. */
static bool put_at(yajl_gen g, yajl_val base, const char *const *path, yajl_val patch)
{
	bool good;

	if (!*path)
		return put(g, base, patch);
	if (!YAJL_IS_OBJECT(base))
		base = NULL;
	good = yajl_gen_map_open(g) == yajl_gen_status_ok;
	for (size_t i = 0; good && base && i < base->u.object.len; i++) {
		const char *key = base->u.object.keys[i];
		yajl_val v = base->u.object.values[i];

		good = put_string(g, key) &&
		       (strcmp(key, *path) == 0 ? put_at(g, v, path + 1, patch) : put(g, v, NULL));
	}
	if (good && !member(base, *path))
		good = put_string(g, *path) && put_at(g, NULL, path + 1, patch);
	return good && yajl_gen_map_close(g) == yajl_gen_status_ok;
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

static int write_merged(yajl_gen g, yajl_val base, const char *const *path, yajl_val patch,
			struct buf *ret, struct hz_error *err)
{
	const unsigned char *text;
	size_t len;

	yajl_gen_config(g, yajl_gen_beautify, 1);
	yajl_gen_config(g, yajl_gen_indent_string, "\t");
	if (!put_at(g, base, path, patch) || yajl_gen_get_buf(g, &text, &len) != yajl_gen_status_ok)
		return error_set(err, HZ_E_JSON, "the document is nested too deeply");
	buf_add(ret, (const char *)text, len);
	return ret->failed ? error_oom(err) : 0;
}

int oci_json_merge(const char *base, const char *const *path, const char *patch, struct buf *ret,
		   struct hz_error *err)
{
	yajl_val b = NULL, p = NULL;
	yajl_gen g = NULL;
	int r = parse(base, "the stored configuration", &b, err);

	if (!r)
		r = parse(patch, "the change", &p, err);
	if (!r) {
		g = yajl_gen_alloc(NULL);
		r = g ? write_merged(g, b, path, p, ret, err) : error_oom(err);
	}
	if (g)
		yajl_gen_free(g);
	yajl_tree_free(p);
	yajl_tree_free(b);
	return r;
}
