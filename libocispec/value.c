/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain values: null, booleans, numbers, strings and names of enums, by the row that describes
 * them.
 *
 * A string without escapes stays where it is in the decoder's copy of the document: its closing
 * quote becomes its NUL.
 */
#include "decoder.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 60 /* bytes of a value in a message */

static const char *expected(const struct target *t)
{
	static const char *const one[] = {
		[OCI_STR] = "a string",   [OCI_ENUM] = "a string",  [OCI_BOOL] = "true or false",
		[OCI_I32] = "an integer", [OCI_I64] = "an integer", [OCI_U16] = "an integer",
		[OCI_U32] = "an integer", [OCI_U64] = "an integer", [OCI_OBJECT] = "an object",
	};

	if (t->item || t->row->shape == OCI_ONE)
		return one[t->row->kind];
	if (t->row->shape == OCI_MAP)
		return t->row->kind == OCI_STR ? "an object of strings" : "an object of objects";
	if (t->row->kind == OCI_OBJECT)
		return "an array of objects";
	return t->row->kind == OCI_U32 ? "an array of integers" : "an array of strings";
}

void decoder_fault_type(struct decoder *d, const struct target *t, size_t at, const char *found)
{
	decoder_fault(d, HZ_E_CONFIG, at, "expected %s, found %s", expected(t), found);
}

static bool is_plain(const struct target *t)
{
	return t->item || t->row->shape == OCI_ONE;
}

int value_null(void *ctx)
{
	struct decoder *d = ctx;
	struct target t;

	if (!decoder_target(d, &t))
		return 0;
	if (!t.row)
		return 1;
	/* Encoders in Go write null for a slice, map or pointer that is not there. */
	if (!t.item && !t.row->required && (t.row->shape != OCI_ONE || t.row->kind == OCI_OBJECT))
		return 1;
	decoder_fault_type(d, &t, sax_offset(&d->sax) - 4, "null");
	return 1;
}

int value_boolean(void *ctx, int v)
{
	struct decoder *d = ctx;
	struct target t;

	if (!decoder_target(d, &t))
		return 0;
	if (!t.row)
		return 1;
	if (is_plain(&t) && t.row->kind == OCI_BOOL)
		*(struct oci_bool *)(void *)t.dest = (struct oci_bool){v, true};
	else
		decoder_fault_type(d, &t, sax_offset(&d->sax) - (v ? 4 : 5), v ? "true" : "false");
	return 1;
}

struct bounds {
	int64_t min;
	uint64_t max;
};

static struct bounds bounds_of(const struct oci_row *row)
{
	static const struct bounds of_kind[] = {
		[OCI_I32] = {INT32_MIN, INT32_MAX}, [OCI_I64] = {INT64_MIN, INT64_MAX},
		[OCI_U16] = {0, UINT16_MAX},        [OCI_U32] = {0, UINT32_MAX},
		[OCI_U64] = {0, UINT64_MAX},
	};

	if (row->rule)
		return (struct bounds){row->rule->min, row->rule->max};
	return of_kind[row->kind];
}

/* An integer of JSON: sign and magnitude. */
struct integer {
	bool minus, big; /* big: beyond 64 bits */
	uint64_t mag;
};

static bool integer_parse(const char *s, size_t len, struct integer *ret)
{
	*ret = (struct integer){.minus = s[0] == '-'};
	for (size_t i = ret->minus; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		if (__builtin_mul_overflow(ret->mag, 10u, &ret->mag) ||
		    __builtin_add_overflow(ret->mag, (unsigned)(s[i] - '0'), &ret->mag))
			ret->big = true;
	}
	if (!ret->big && !ret->mag)
		ret->minus = false;
	return true;
}

static bool is_below(const struct integer *v, const struct bounds *b)
{
	if (!v->minus)
		return !v->big && b->min > 0 && v->mag < (uint64_t)b->min;
	return v->big || b->min >= 0 || v->mag > (uint64_t)(-(b->min + 1)) + 1;
}

static bool is_above(const struct integer *v, const struct bounds *b)
{
	return !v->minus && (v->big || v->mag > b->max);
}

static void integer_store(const struct target *t, const struct integer *i)
{
	uint64_t v = i->minus ? 0 - i->mag : i->mag;
	void *p = t->dest;

	if (t->item) { /* lists of numbers are of uint32 */
		*(uint32_t *)p = (uint32_t)v;
		return;
	}
	switch (t->row->kind) {
	case OCI_I32: *(struct oci_i32 *)p = (struct oci_i32){(int32_t)v, true}; break;
	case OCI_I64: *(struct oci_i64 *)p = (struct oci_i64){(int64_t)v, true}; break;
	case OCI_U16: *(struct oci_u16 *)p = (struct oci_u16){(uint16_t)v, true}; break;
	case OCI_U32: *(struct oci_u32 *)p = (struct oci_u32){(uint32_t)v, true}; break;
	default: *(struct oci_u64 *)p = (struct oci_u64){v, true}; break;
	}
}

static void fault_number(struct decoder *d, const struct target *t, const char *s, size_t len)
{
	/* A number that is the whole document is not in the text of the call. */
	size_t at = sax_inside(&d->sax, s) ? (size_t)(s - d->copy) : 0;
	char shown[SHOWN_MAX + 8] = "", found[SHOWN_MAX + 32];
	struct integer v;
	struct bounds b;

	text_show(shown, sizeof(shown), s, len, SHOWN_MAX);
	if (!is_plain(t) || t->row->kind < OCI_I32 || t->row->kind > OCI_U64) {
		snprintf(found, sizeof(found), "a number (%s)", shown);
		decoder_fault_type(d, t, at, found);
		return;
	}
	if (!integer_parse(s, len, &v)) {
		decoder_fault_type(d, t, at, shown);
		return;
	}
	b = bounds_of(t->row);
	if (is_below(&v, &b) && t->row->rule && t->row->rule->too_small)
		decoder_fault(d, HZ_E_CONFIG, at, "%s, found %s", t->row->rule->too_small, shown);
	else
		decoder_fault(d, HZ_E_CONFIG, at,
			      "expected an integer from %" PRId64 " to %" PRIu64 ", found %s",
			      b.min, b.max, shown);
}

int value_number(void *ctx, const char *s, size_t len)
{
	struct decoder *d = ctx;
	struct integer v;
	struct bounds b;
	struct target t;

	if (!decoder_target(d, &t))
		return 0;
	if (!t.row)
		return 1;
	if (is_plain(&t) && t.row->kind >= OCI_I32 && t.row->kind <= OCI_U64 &&
	    integer_parse(s, len, &v)) {
		b = bounds_of(t.row);
		if (!is_below(&v, &b) && !is_above(&v, &b)) {
			integer_store(&t, &v);
			return 1;
		}
	}
	fault_number(d, &t, s, len);
	return 1;
}

/* Is the string as it stands in the document fit to be one? */
static bool string_check(struct decoder *d, const char *s, size_t len, bool inside)
{
	size_t at = sax_string_at(&d->sax, s);
	size_t end = inside ? at + 1 + len : sax_offset(&d->sax) - 1;
	const char *words = text_fault(d->copy + at + 1, end - at - 1);

	if (words)
		decoder_fault(d, HZ_E_JSON, at, "%s", words);
	return !words;
}

const char *decoder_string(struct decoder *d, const char *s, size_t len)
{
	bool inside = sax_inside(&d->sax, s);
	const char *kept;

	if ((!inside || d->wide) && !string_check(d, s, len, inside))
		return NULL;
	if (inside) {
		d->copy[(size_t)(s - d->copy) + len] = '\0';
		return s;
	}
	kept = arena_strndup(d->arena, s, len);
	if (!kept)
		d->oom = true;
	return kept;
}

/* `"a", "b", "c"` */
static void names_write(char *buf, size_t size, const char *const *names)
{
	size_t at = 0;

	for (size_t i = 0; names[i] && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s\"%s\"", i ? ", " : "", names[i]);
}

static void fault_name(struct decoder *d, const char *const *names, const char *s, size_t len,
		       size_t at)
{
	char shown[SHOWN_MAX + 8] = "", all[700];
	const char *guess;

	if (faults_full(&d->faults))
		return;
	guess = text_guess(s, len, names);
	text_show(shown, sizeof(shown), s, len, SHOWN_MAX);
	names_write(all, sizeof(all), names);
	decoder_fault(d, HZ_E_CONFIG, at, "expected one of %s, found \"%s\"%s%s%s", all, shown,
		      guess ? "; did you mean \"" : "", guess ? guess : "", guess ? "\"?" : "");
}

static int name_find(const char *const *names, const char *s, size_t len)
{
	for (int i = 0; names[i]; i++)
		if (!strncmp(names[i], s, len) && !names[i][len])
			return i;
	return -1;
}

/* @kept is the string @s of the call, to be pointed at by the result. */
static void string_store(struct decoder *d, const struct target *t, const char *kept, const char *s,
			 size_t len)
{
	const struct oci_row *row = t->row;
	const char *words = row->rule ? row->rule->check(kept, len) : NULL;
	int i = row->names ? name_find(row->names, kept, len) : 0;
	char shown[SHOWN_MAX + 8] = "";

	if (i < 0) {
		fault_name(d, row->names, kept, len, sax_string_at(&d->sax, s));
	} else if (words) {
		text_show(shown, sizeof(shown), kept, len, SHOWN_MAX);
		decoder_fault(d, HZ_E_CONFIG, sax_string_at(&d->sax, s),
			      "expected %s, found \"%s\"", words, shown);
	} else if (row->kind == OCI_STR) {
		memcpy(t->dest, &kept, sizeof(kept));
	} else if (t->item) {
		*(int *)(void *)t->dest = i;
	} else {
		*(struct oci_enum *)(void *)t->dest = (struct oci_enum){i, true};
	}
}

int value_string(void *ctx, const unsigned char *us, size_t len)
{
	struct decoder *d = ctx;
	const char *s = (const char *)us, *kept;
	char shown[SHOWN_MAX + 8] = "", found[SHOWN_MAX + 32];
	struct target t;

	if (!decoder_target(d, &t))
		return 0;
	kept = decoder_string(d, s, len);
	if (!kept)
		return !d->oom;
	if (!t.row)
		return 1;
	if (is_plain(&t) && (t.row->kind == OCI_STR || t.row->kind == OCI_ENUM)) {
		string_store(d, &t, kept, s, len);
		return 1;
	}
	text_show(shown, sizeof(shown), s, len, SHOWN_MAX);
	snprintf(found, sizeof(found), "a string (\"%s\")", shown);
	decoder_fault_type(d, &t, sax_string_at(&d->sax, s), found);
	return 1;
}
