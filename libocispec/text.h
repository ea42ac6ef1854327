/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at the bytes of strings: UTF-8, escapes, rules of the spec, rendering for messages. */
#ifndef OCISPEC_TEXT_H
#define OCISPEC_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/** Bytes of the UTF-8 character at @s (1 to 4), 0 when there is none (overlong, surrogate, beyond
 * U+10FFFF, cut short). */
size_t text_utf8(const char *s, size_t len);

/** Is @c one of the characters of @set (NUL never is)? */
bool text_is_one_of(char c, const char *set);

/** Has @s a byte beyond ASCII? */
bool text_is_wide(const char *s, size_t len);

/** What is wrong with the inside of a JSON string, @raw as it stands in the document (escapes
 * undone by nobody); NULL: nothing. */
const char *text_fault(const char *raw, size_t len);

/**
 * Append @s to the NUL-terminated text in @buf of @size bytes so that it can be shown on one line:
 * control characters and bytes that are not UTF-8 as escapes, cut with an ellipsis when there is
 * more than fits (or more than @max bytes of @s, 0: no limit).
 */
void text_show(char *buf, size_t size, const char *s, size_t len, size_t max);

/** The name of @names (NULL at its end) that was most likely meant by @s; NULL when none is near.
 */
const char *text_guess(const char *s, size_t len, const char *const *names);

/* Rules for strings: NULL when @s keeps the rule, else what is expected. */
const char *text_check_version(const char *s, size_t len);
const char *text_check_page_size(const char *s, size_t len);
const char *text_check_rlimit(const char *s, size_t len);
const char *text_check_device_type(const char *s, size_t len);
const char *text_check_mem_bw(const char *s, size_t len);
const char *text_check_line(const char *s, size_t len);
const char *text_check_cpu_list(const char *s, size_t len);

#endif
