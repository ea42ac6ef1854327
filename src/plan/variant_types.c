/* SPDX-License-Identifier: Apache-2.0 */
/* The types of a value that was read (variant.c). */
#include "plan/variant_parser.h"

#include "base/cleanup.h"

#include <string.h>

const char variant_no_memory[] = "out of memory";

bool variant_bad(struct parser *p, const char *why)
{
	if (!p->why)
		p->why = why;
	return false;
}

void *variant_bad_null(struct parser *p, const char *why)
{
	variant_bad(p, why);
	return NULL;
}

/* Length of the first complete type of @s, 0 when it is none. */
size_t variant_type_length(const char *s, unsigned depth)
{
	size_t n = 1, one;

	if (depth > VARIANT_DEPTH_MAX || !*s)
		return 0;
	if (strchr("bynqiuxtdsogv", *s))
		return 1;
	if (*s == 'a') {
		if (s[1] == '{') { /* only an array has entries */
			size_t value = s[2] && strchr("bynqiuxtdsog", s[2])
					       ? variant_type_length(s + 3, depth + 1)
					       : 0;

			return value && s[3 + value] == '}' ? value + 4 : 0;
		}
		one = variant_type_length(s + 1, depth + 1);
		return one ? one + 1 : 0;
	}
	if (*s != '(' || s[1] == ')')
		return 0;
	while (s[n] != ')') {
		one = variant_type_length(s + n, depth + 1);
		if (!one)
			return 0;
		n += one;
	}
	return n + 1;
}

/* Something in it says its type. */
static bool is_firm(const struct variant *v)
{
	if (v->is_fixed || v->kind == VARIANT_BOOL || v->kind == VARIANT_BOXED)
		return true;
	for (size_t i = 0; i < v->n; i++)
		if (is_firm(v->items[i]))
			return true;
	return false;
}

/* One type for all: that of the first which says its own, else double if there is one, else that of
 * the first. @k: of entries, the key or the value. */
static const char *infer_common(struct parser *p, const struct variant *array, int k)
{
	const struct variant *best = NULL;

	for (size_t i = 0; i < array->n; i++) {
		const struct variant *item = array->items[i];

		if (k >= 0 && item->kind != VARIANT_ENTRY)
			return variant_bad_null(p, "the items of an array have different types");
		item = k >= 0 ? item->items[k] : item;
		if (is_firm(item))
			return variant_infer(p, item);
		if (!best || (best->kind == VARIANT_INT && item->kind == VARIANT_DOUBLE))
			best = item;
	}
	return best ? variant_infer(p, best)
		    : variant_bad_null(p, "an empty array needs its type before it (\"@as []\")");
}

static const char *join(struct parser *p, const char *a, const char *b, const char *c,
			const char *d)
{
	const char *s = arena_printf(p->a, "%s%s%s%s", a, b, c, d);

	return s ? s : variant_bad_null(p, variant_no_memory);
}

static const char *infer_array(struct parser *p, const struct variant *v)
{
	bool is_dict = v->n && v->items[0]->kind == VARIANT_ENTRY && !v->items[0]->is_fixed;
	const char *key = infer_common(p, v, is_dict ? 0 : -1), *value;

	if (!key || !is_dict)
		return key ? join(p, "a", key, "", "") : NULL;
	value = infer_common(p, v, 1);
	return value ? join(p, "a{", key, value, "}") : NULL;
}

static const char *infer_tuple(struct parser *p, const struct variant *v, const char *open,
			       const char *close)
{
	const char *all = "";

	if (!v->n)
		return variant_bad_null(p, "D-Bus has no empty tuple");
	for (size_t i = 0; i < v->n && all; i++) {
		const char *one = variant_infer(p, v->items[i]);

		all = one ? join(p, all, one, "", "") : NULL;
	}
	return all ? join(p, open, all, close, "") : NULL;
}

const char *variant_infer(struct parser *p, const struct variant *v)
{
	if (v->is_fixed)
		return v->signature;
	switch (v->kind) {
	case VARIANT_BOOL: return "b";
	case VARIANT_INT: return "i";
	case VARIANT_DOUBLE: return "d";
	case VARIANT_STRING: return "s";
	case VARIANT_BOXED: return "v";
	case VARIANT_ARRAY: return infer_array(p, v);
	case VARIANT_TUPLE: return infer_tuple(p, v, "(", ")");
	case VARIANT_ENTRY: return infer_tuple(p, v, "{", "}");
	}
	return NULL;
}

static bool settle_int(struct parser *p, struct variant *v, char type)
{
	static const struct {
		char type;
		uint64_t least, most; /* least: absolute value */
	} ranges[] = {
		{'y', 0, UINT8_MAX},  {'n', (uint64_t)INT16_MAX + 1, INT16_MAX},
		{'q', 0, UINT16_MAX}, {'i', (uint64_t)INT32_MAX + 1, INT32_MAX},
		{'u', 0, UINT32_MAX}, {'x', (uint64_t)INT64_MAX + 1, INT64_MAX},
		{'t', 0, UINT64_MAX},
	};

	if (type == 'd')
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (ranges[i].type == type)
			return v->u <= (v->negative ? ranges[i].least : ranges[i].most)
				       ? true
				       : variant_bad(p, "a number is out of the range of its type");
	return variant_bad(p, "a number where another type is wanted");
}

/* The items of a tuple or an entry against the types between the brackets. */
static bool settle_parts(struct parser *p, struct variant *v, const char *signature)
{
	const char *s = signature + 1;

	for (size_t i = 0; i < v->n; i++) {
		size_t n = variant_type_length(s, 0);
		const char *one = n ? arena_strndup(p->a, s, n) : NULL;

		if (n && !one)
			return variant_bad(p, variant_no_memory);
		if (!one || !variant_settle(p, v->items[i], one))
			return variant_bad(p, "a tuple has other items than its type");
		s += n;
	}
	return s[0] && !s[1] ? true : variant_bad(p, "a tuple has other items than its type");
}

static bool settle_array(struct parser *p, struct variant *v, const char *signature)
{
	for (size_t i = 0; i < v->n; i++)
		if (!variant_settle(p, v->items[i], signature + 1))
			return false;
	return true;
}

static bool settle_boxed(struct parser *p, struct variant *v)
{
	const char *inner = variant_infer(p, v->items[0]);

	return inner && variant_settle(p, v->items[0], inner);
}

static bool settle_kind(struct parser *p, struct variant *v, const char *signature)
{
	char type = signature[0];
	static const char *const fit[] = {
		[VARIANT_BOOL] = "b",     [VARIANT_INT] = "ynqiuxtd", [VARIANT_DOUBLE] = "d",
		[VARIANT_STRING] = "sog", [VARIANT_ARRAY] = "a",      [VARIANT_TUPLE] = "(",
		[VARIANT_ENTRY] = "{",    [VARIANT_BOXED] = "v",
	};

	if (!strchr(fit[v->kind], type))
		return variant_bad(p, "a value does not have the type that is wanted there");
	switch (v->kind) {
	case VARIANT_INT: return settle_int(p, v, type);
	case VARIANT_ARRAY: return settle_array(p, v, signature);
	case VARIANT_TUPLE:
	case VARIANT_ENTRY: return settle_parts(p, v, signature);
	case VARIANT_BOXED: return settle_boxed(p, v);
	default: return true;
	}
}

bool variant_settle(struct parser *p, struct variant *v, const char *signature)
{
	if (v->is_fixed && strcmp(v->signature, signature) != 0)
		return variant_bad(p, "a value does not have the type that is wanted there");
	v->signature = signature;
	return settle_kind(p, v, signature);
}
