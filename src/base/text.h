/* SPDX-License-Identifier: Apache-2.0 */
/* Text for terminals, logs and messages. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buf.h"

#include <stdbool.h>

enum {
	TEXT_LINES = 1,  /* of several lines: newlines and tabs stay */
	TEXT_QUOTED = 2, /* for double quotes: '"' and '\\' are escaped too */
};

/** Length of the valid UTF-8 sequence at @text (of @len bytes at least 1), 0 when there is none. */
size_t text_utf8_len(const char *text, size_t len);
/**
 * Add @text. What could drive a terminal, fake a line or show text in another order becomes an
 * escape: control characters (C0 as \\x1b, DEL and C1 as \\u009b), line separators and
 * bidirectional controls (\\u202e), and bytes that are not UTF-8 (\\xff). From 0x7f on these
 * escapes are those of JSON, so that JSON may pass through here as well.
 */
void text_clean(struct buf *out, const char *text, size_t len, unsigned flags);
/** Is there nothing to escape? */
bool text_is_clean(const char *text, size_t len, unsigned flags);

#endif
