/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is freed all at once. Not thread safe. All functions return NULL when memory is out
 * (or a size overflows). */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_chunk;
struct arena {
	struct arena_chunk *chunks;
	char *at, *end;
	size_t chunk; /* bytes of the next chunk */
};

#define ARENA_INIT \
	{          \
		0  \
	}

/** Zeroed memory, aligned to 16 bytes. */
void *arena_alloc(struct arena *a, size_t size);
/** Zeroed array of @n items. */
void *arena_calloc(struct arena *a, size_t n, size_t size);
/** A copy of @len bytes plus a NUL. */
char *arena_strndup(struct arena *a, const char *s, size_t len);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** Free everything; the arena is empty and usable again. */
void arena_done(struct arena *a);

#endif
