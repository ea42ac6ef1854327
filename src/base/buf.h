/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer. A failed allocation is remembered (`failed`), so that a chain of appends
 * is checked once at its end. `data` is NUL-terminated whenever it is not NULL.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len, cap;
	bool failed;
};

#define BUF_INIT  \
	{         \
		0 \
	}

/** Append @len bytes; returns their place (to be filled by the caller when @p is NULL), or NULL
 * when memory is out. */
void *buf_add(struct buf *b, const void *p, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void buf_done(struct buf *b);

#define _cleanup_buf_ __attribute__((cleanup(buf_done)))

#endif
