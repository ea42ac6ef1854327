/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of a plan as untrusted bytes, in three passes: the frame (sizes, checksum), each step
 * by its table in layout.c, and the steps together (verify_order.c): order in time, sync points,
 * slots.
 */
#include "plan/verify.h"

#include <string.h>

#define SUM_WORD (offsetof(struct plan_header, sum) / sizeof(uint32_t))

/* Each word goes through a bijection of the sum, so a change within one word can't go unseen. */
static uint32_t plan_sum(const void *buf, size_t size)
{
	const uint32_t *words = buf;
	uint32_t sum = 0x811c9dc5u;

	for (size_t i = 0; i < size / sizeof(*words); i++) {
		sum ^= i == SUM_WORD ? 0 : words[i];
		sum = (sum << 5 | sum >> 27) * 0x01000193u;
	}
	return sum;
}

void plan_seal(struct plan_header *h)
{
	h->sum = plan_sum(h, h->size);
}

int verify_bad(struct verifier *v, const char *what)
{
	if (v->step && v->field)
		return error_set(v->err, HZ_E_INTERNAL, "bad plan: step %u (%s): %s: %s", v->index,
				 plan_kind_name(v->step->kind), v->field, what);
	if (v->step)
		return error_set(v->err, HZ_E_INTERNAL, "bad plan: step %u (%s): %s", v->index,
				 plan_kind_name(v->step->kind), what);
	return error_set(v->err, HZ_E_INTERNAL, "bad plan: %s", what);
}

/* NULL when @s is no string of the buffer. */
static const char *get_string(const struct verifier *v, plan_str s)
{
	const char *at = (const char *)v->h + s;

	if (s < v->data || s >= v->h->size || !memchr(at, '\0', v->h->size - s))
		return NULL;
	return at;
}

/* "/", "/a/b": no empty, "." or ".." parts; @s starts after the first slash. */
static bool parts_are_clean(const char *s)
{
	for (;;) {
		size_t len = strcspn(s, "/");

		if (len == 0 || (len == 1 && s[0] == '.') ||
		    (len == 2 && s[0] == '.' && s[1] == '.'))
			return false;
		if (!s[len])
			return true;
		s += len + 1;
	}
}

static bool text_is_fit(const char *s, enum layout_type type)
{
	switch (type) {
	case LAYOUT_ABS: return s[0] == '/';
	case LAYOUT_CLEAN: return s[0] == '/' && (!s[1] || parts_are_clean(s + 1));
	case LAYOUT_KEY: return parts_are_clean(s);
	case LAYOUT_NAME: return parts_are_clean(s) && !strchr(s, '/');
	default: return true;
	}
}

static int check_string(struct verifier *v, plan_str s, enum layout_type type)
{
	const char *text;

	if (s == 0)
		return type == LAYOUT_STR ? 0 : verify_bad(v, "a string is missing");
	text = get_string(v, s);
	if (!text)
		return verify_bad(v, "a string is outside of the plan");
	if (!text_is_fit(text, type))
		return verify_bad(v, "not a path of the kind that is wanted");
	return 0;
}

static int check_fields(struct verifier *v, const char *item, const struct layout_field *f);

static int check_vec(struct verifier *v, const void *at, enum layout_type type)
{
	size_t item = type == LAYOUT_HOOKS ? sizeof(struct plan_hook) : sizeof(uint32_t);
	const struct plan_vec *vec = at;
	const char *items = (const char *)v->h + vec->off;

	if (vec->n == 0)
		return vec->off ? verify_bad(v, "an empty list with a place") : 0;
	if (vec->off < v->data || vec->off % PLAN_ALIGN || vec->off >= v->h->size ||
	    vec->n > (v->h->size - vec->off) / item)
		return verify_bad(v, "a list is outside of the plan");
	if (type == LAYOUT_U32S)
		return 0;
	for (uint32_t i = 0; i < vec->n; i++) {
		const char *p = items + i * item;

		if (type == LAYOUT_HOOKS
			    ? check_fields(v, p, layout_hook_fields) < 0
			    : check_string(v, *(const plan_str *)(const void *)p, LAYOUT_TEXT) < 0)
			return -1;
	}
	return 0;
}

static int check_number(struct verifier *v, const void *at, const struct layout_field *f)
{
	uint64_t n = f->type == LAYOUT_BITS64 ? *(const uint64_t *)at : *(const uint32_t *)at;

	if (f->type == LAYOUT_BOOL && n > 1)
		return verify_bad(v, "neither 0 nor 1");
	if (f->type == LAYOUT_ENUM && !plan_value_name(f->values, n))
		return verify_bad(v, "no such value");
	if ((f->type == LAYOUT_BITS || f->type == LAYOUT_BITS64) &&
	    (n & ~plan_value_mask(f->values)))
		return verify_bad(v, "unknown bits");
	return 0;
}

static int check_fields(struct verifier *v, const char *item, const struct layout_field *f)
{
	for (; f->name; f++) {
		const void *at = item + f->offset;
		int r = 0;

		v->field = f->name;
		if (layout_is_str(f->type))
			r = check_string(v, *(const plan_str *)at, f->type);
		else if (layout_is_vec(f->type))
			r = check_vec(v, at, f->type);
		else if (f->type != LAYOUT_U32 && f->type != LAYOUT_I32 && f->type != LAYOUT_I64 &&
			 f->type != LAYOUT_U64)
			r = check_number(v, at, f);
		if (r < 0)
			return -1;
	}
	v->field = NULL;
	return 0;
}

static int check_frame(struct verifier *v, size_t size)
{
	const struct plan_header *h = v->h;

	if (size < sizeof(*h) || size > PLAN_MAX || (uintptr_t)h % PLAN_ALIGN)
		return verify_bad(v, "not a plan: its size");
	if (h->magic != PLAN_MAGIC || h->version != PLAN_VERSION)
		return verify_bad(v, "not a plan of this version");
	if (h->size != size || size % PLAN_ALIGN)
		return verify_bad(v, "it is cut");
	if (h->sum != plan_sum(h, size))
		return verify_bad(v, "the checksum is wrong");
	if (h->first != sizeof(*h) || (h->nsteps == 0 && !(h->flags & PLAN_F_UPDATE)))
		return verify_bad(v, "no steps");
	if (h->flags & ~VERIFY_FLAGS || h->nslots > PLAN_SLOTS_MAX)
		return verify_bad(v, "the header");
	return 0;
}

/* Sizes first: the strings come after the last step. */
static int check_sizes(struct verifier *v)
{
	const struct plan_header *h = v->h;
	uint32_t at = h->first;

	for (v->index = 0; v->index < h->nsteps; v->index++) {
		const struct plan_step *s =
			(const struct plan_step *)(const void *)((const char *)h + at);
		const struct layout *l;

		if (h->size - at < sizeof(*s))
			return verify_bad(v, "it is cut");
		v->step = s;
		l = layout_of(s->kind);
		if (!l || s->size != l->size || h->size - at < s->size)
			return verify_bad(v, "kind or size");
		if (s->index != v->index || s->pad || s->actor > PLAN_BOTH ||
		    !(l->actors & 1u << s->actor))
			return verify_bad(v, "index or actor");
		at += s->size;
	}
	v->step = NULL;
	v->data = at;
	return 0;
}

static int check_steps(struct verifier *v)
{
	const struct plan_step *s;
	uint32_t i;

	if (check_string(v, v->h->id, LAYOUT_NAME) < 0 ||
	    check_string(v, v->h->bundle, LAYOUT_ABS) < 0 ||
	    check_string(v, v->h->rootfs, LAYOUT_ABS) < 0)
		return -1;
	plan_foreach (v->h, s, i) {
		v->step = s;
		v->index = i;
		v->field = "origin";
		if (check_string(v, s->origin, LAYOUT_STR) < 0 ||
		    check_fields(v, (const char *)s, layout_of(s->kind)->fields) < 0)
			return -1;
	}
	v->step = NULL;
	return 0;
}

int plan_verify(const void *buf, size_t size, struct hz_error *err)
{
	struct verifier v = {.h = buf, .err = err};

	if (check_frame(&v, size) < 0 || check_sizes(&v) < 0 || check_steps(&v) < 0)
		return -1;
	return verify_order(&v);
}
