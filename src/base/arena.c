/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Chunks grow: a command that reads one record touches one page, a large config makes few calls. */
#define CHUNK_FIRST 2048
#define CHUNK_LAST  65536
#define ALIGN       16

struct arena_chunk {
	struct arena_chunk *next;
	_Alignas(ALIGN) char data[];
};

/* A chunk of its own for what is large, else the next one of the growing kind. */
static void *arena_grow(struct arena *a, size_t size)
{
	size_t next = a->chunk < CHUNK_FIRST ? CHUNK_FIRST : a->chunk,
	       want = size > next / 4 ? size : next;
	struct arena_chunk *c;

	if (want > SIZE_MAX - sizeof(*c))
		return NULL;
	c = malloc(sizeof(*c) + want);
	if (!c)
		return NULL;
	c->next = a->chunks;
	a->chunks = c;
	if (next < CHUNK_LAST)
		a->chunk = next * 2;
	if (want == size)
		return c->data;
	a->at = c->data + size;
	a->end = c->data + want;
	return c->data;
}

void *arena_alloc(struct arena *a, size_t size)
{
	void *p = a->at;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (!size)
		size = ALIGN;
	if ((size_t)(a->end - a->at) < size)
		p = arena_grow(a, size);
	else
		a->at += size;
	return p ? memset(p, 0, size) : NULL;
}

void *arena_calloc(struct arena *a, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		return NULL;
	return arena_alloc(a, total);
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *p;

	if (len == SIZE_MAX)
		return NULL;
	p = arena_alloc(a, len + 1);
	if (p && len)
		memcpy(p, s, len);
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return NULL;
	p = arena_alloc(a, (size_t)n + 1);
	if (!p)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

void arena_done(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *c = a->chunks;

		a->chunks = c->next;
		free(c);
	}
	*a = (struct arena)ARENA_INIT;
}
