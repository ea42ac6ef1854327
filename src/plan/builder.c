/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The building of a plan. A pool offset that is marked (>= BUILDER_POOL) is not yet real;
 * relocation skips what is not marked, so a vector that two steps share is relocated once.
 */
#include "plan/builder.h"
#include "plan/layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Larger than every step: stands in when memory is out. */
static union {
	struct plan_step s;
	char space[512];
} spare;

void builder_init(struct builder *b)
{
	memset(b, 0, sizeof(*b));
}

void builder_done(struct builder *b)
{
	buf_done(&b->steps);
	buf_done(&b->pool);
	arena_done(&b->scratch);
	memset(b, 0, sizeof(*b));
}

void *builder_step(struct builder *b, enum plan_kind kind, enum plan_actor actor, size_t size,
		   const char *origin)
{
	plan_str from = origin && *origin ? builder_str(b, origin) : 0;
	struct plan_step *s;

	size = (size + PLAN_ALIGN - 1) / PLAN_ALIGN * PLAN_ALIGN;
	s = buf_add(&b->steps, NULL, size);
	if (!s) {
		memset(&spare, 0, sizeof(spare));
		return &spare;
	}
	s->kind = (uint16_t)kind;
	s->actor = (uint8_t)actor;
	s->size = (uint32_t)size;
	s->origin = from;
	s->index = b->head.nsteps++;
	return s;
}

const struct plan_step *builder_find(const struct builder *b, enum plan_kind kind)
{
	const char *at = b->steps.data;

	for (uint32_t i = 0; i < b->head.nsteps && !b->steps.failed; i++) {
		const struct plan_step *s = (const struct plan_step *)(const void *)at;

		if (s->kind == kind)
			return s;
		at += s->size;
	}
	return NULL;
}

/* Where the next pool item goes, as a marked offset. */
static uint32_t pool_add(struct builder *b, const void *p, size_t len)
{
	static const char zeros[PLAN_ALIGN];
	size_t at = b->pool.len;

	if (len > PLAN_MAX || at > PLAN_MAX) {
		b->pool.failed = true;
		return 0;
	}
	buf_add(&b->pool, p, len);
	if (len % PLAN_ALIGN)
		buf_add(&b->pool, zeros, PLAN_ALIGN - len % PLAN_ALIGN);
	return b->pool.failed ? 0 : BUILDER_POOL + (uint32_t)at;
}

plan_str builder_str(struct builder *b, const char *s)
{
	return s ? pool_add(b, s, strlen(s) + 1) : 0;
}

plan_str builder_printf(struct builder *b, const char *fmt, ...)
{
	struct buf text = BUF_INIT;
	plan_str s = 0;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	if (text.failed)
		b->pool.failed = true;
	else
		s = builder_str(b, text.data ? text.data : "");
	buf_done(&text);
	return s;
}

struct plan_vec builder_strs(struct builder *b, const char *const *items, size_t n)
{
	struct plan_vec v = {0, 0};
	plan_str *offs;

	if (n == 0)
		return v;
	offs = arena_calloc(&b->scratch, n, sizeof(*offs));
	if (!offs || n > PLAN_MAX) {
		b->pool.failed = true;
		return v;
	}
	for (size_t i = 0; i < n; i++)
		offs[i] = builder_str(b, items[i] ? items[i] : "");
	v.off = pool_add(b, offs, n * sizeof(*offs));
	v.n = v.off ? (uint32_t)n : 0;
	return v;
}

struct plan_vec builder_u32s(struct builder *b, const uint32_t *items, size_t n)
{
	struct plan_vec v = {0, 0};

	if (n == 0)
		return v;
	v.off = n > PLAN_MAX ? 0 : pool_add(b, items, n * sizeof(*items));
	v.n = v.off ? (uint32_t)n : 0;
	b->pool.failed |= v.off == 0;
	return v;
}

struct plan_vec builder_hooks(struct builder *b, const struct plan_hook *items, size_t n)
{
	struct plan_vec v = {0, 0};

	if (n == 0)
		return v;
	v.off = n > PLAN_MAX ? 0 : pool_add(b, items, n * sizeof(*items));
	v.n = v.off ? (uint32_t)n : 0;
	b->pool.failed |= v.off == 0;
	return v;
}

int builder_fault(struct builder *b, const char *pointer, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	b->nfaults++;
	return error_fault(b->err, HZ_E_CONFIG, pointer, 0, 0, "%s", text);
}

int builder_refuse(struct builder *b, const char *pointer, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (b->opt->forgive_unsupported) {
		builder_warn(b, pointer, "create refuses it: %.200s", text);
		return 0;
	}
	b->nfaults++;
	return error_fault(b->err, HZ_E_UNSUPPORTED, pointer, 0, 0, "%s", text);
}

int builder_unsupported(struct builder *b, const char *pointer, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return builder_refuse(b, pointer, "%s is not supported yet", text);
}

void builder_warn(struct builder *b, const char *pointer, const char *fmt, ...)
{
	unsigned n = b->plan->nwarnings++;
	struct plan_warning *w;
	va_list ap;

	if (n >= PLAN_WARNINGS)
		return;
	w = &b->plan->warnings[n];
	w->quiet = false;
	snprintf(w->pointer, sizeof(w->pointer), "%s", pointer);
	va_start(ap, fmt);
	vsnprintf(w->text, sizeof(w->text), fmt, ap);
	va_end(ap);
}

/* The text that @text holds, in the scratch memory. */
static const char *keep_text(struct builder *b, struct buf *text)
{
	const char *s = text->failed ? NULL : arena_strndup(&b->scratch, text->data, text->len);

	buf_done(text);
	b->pool.failed |= !s;
	return s ? s : "";
}

const char *builder_ptr(struct builder *b, const char *fmt, ...)
{
	struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	return keep_text(b, &text);
}

const char *builder_key_ptr(struct builder *b, const char *parent, const char *key)
{
	struct buf text = BUF_INIT;

	buf_adds(&text, parent);
	buf_addc(&text, '/');
	for (; *key; key++) {
		if (*key == '~')
			buf_adds(&text, "~0");
		else if (*key == '/')
			buf_adds(&text, "~1");
		else
			buf_addc(&text, *key);
	}
	return keep_text(b, &text);
}

/* One plan_str: marked -> real. */
static void relocate_str(void *at, uint32_t base)
{
	plan_str s;

	memcpy(&s, at, sizeof(s));
	if (s < BUILDER_POOL)
		return;
	s = s - BUILDER_POOL + base;
	memcpy(at, &s, sizeof(s));
}

static void relocate_fields(char *buf, char *item, const struct layout_field *f, uint32_t base);

static void relocate_vec(char *buf, char *at, enum layout_type type, uint32_t base)
{
	struct plan_vec v;

	memcpy(&v, at, sizeof(v));
	if (v.off < BUILDER_POOL)
		return;
	v.off = v.off - BUILDER_POOL + base;
	memcpy(at, &v, sizeof(v));
	if (type == LAYOUT_U32S)
		return;
	for (uint32_t i = 0; i < v.n; i++) {
		if (type == LAYOUT_HOOKS)
			relocate_fields(buf, buf + v.off + i * sizeof(struct plan_hook),
					layout_hook_fields, base);
		else
			relocate_str(buf + v.off + i * sizeof(plan_str), base);
	}
}

static void relocate_fields(char *buf, char *item, const struct layout_field *f, uint32_t base)
{
	for (; f->name; f++) {
		if (layout_is_str(f->type))
			relocate_str(item + f->offset, base);
		else if (layout_is_vec(f->type))
			relocate_vec(buf, item + f->offset, f->type, base);
	}
}

static void relocate(struct plan_header *h, uint32_t base)
{
	char *buf = (char *)h, *at = buf + h->first;

	relocate_str(&h->id, base);
	relocate_str(&h->bundle, base);
	relocate_str(&h->rootfs, base);
	for (uint32_t i = 0; i < h->nsteps; i++) {
		struct plan_step *s = (struct plan_step *)at;
		const struct layout *l = layout_of(s->kind);

		relocate_str(&s->origin, base);
		if (l)
			relocate_fields(buf, at, l->fields, base);
		at += s->size;
	}
}

int builder_finish(struct builder *b, struct plan *ret)
{
	size_t steps = b->steps.len, pool = b->pool.len;
	uint32_t base = (uint32_t)(sizeof(struct plan_header) + steps);
	struct plan_header *h;

	if (b->steps.failed || b->pool.failed || steps + pool > PLAN_MAX - sizeof(*h)) {
		if (steps + pool > PLAN_MAX - sizeof(*h))
			return error_set(b->err, HZ_E_CONFIG, "the plan is larger than %u bytes",
					 PLAN_MAX);
		return error_oom(b->err);
	}
	if (b->nfaults)
		return -1;
	h = calloc(1, base + pool);
	if (!h)
		return error_oom(b->err);
	*h = b->head;
	h->magic = PLAN_MAGIC;
	h->version = PLAN_VERSION;
	h->size = (uint32_t)(base + pool);
	h->first = sizeof(*h);
	if (steps) /* an update that changes nothing has none */
		memcpy((char *)h + h->first, b->steps.data, steps);
	if (pool)
		memcpy((char *)h + base, b->pool.data, pool);
	relocate(h, base);
	plan_seal(h);
	if (plan_verify(h, h->size, b->err) < 0) {
		free(h);
		return -1;
	}
	ret->h = h;
	ret->size = h->size;
	return 0;
}
