/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <stdio.h>

static bool is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t text_utf8_len(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = s[0] < 0x80   ? 1
		   : s[0] < 0xc2 ? 0
		   : s[0] < 0xe0 ? 2
		   : s[0] < 0xf0 ? 3
		   : s[0] < 0xf5 ? 4
				 : 0;

	if (n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if (!is_tail(s[i]))
			return 0;
	/* overlong forms, surrogates, beyond U+10FFFF */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* The code point of a sequence of @n bytes; those of four need no escape. */
static unsigned code_point(const unsigned char *s, size_t n)
{
	switch (n) {
	case 1: return s[0];
	case 2: return (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu);
	case 3: return (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
	default: return 0x10000;
	}
}

/* Controls from DEL on, line separators, and what changes the order of the text around it. */
static bool is_control(unsigned c)
{
	return (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* The escape of the character at @s, or "" when it may stay; @ret_len: its bytes. */
static void escape(const char *s, size_t len, unsigned flags, char ret[8], size_t *ret_len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = text_utf8_len(s, len);
	unsigned c = n ? code_point(u, n) : 0;

	*ret_len = n ? n : 1;
	ret[0] = '\0';
	if (!n || (c < ' ' && c != '\n' && c != '\t'))
		snprintf(ret, 8, "\\x%02x", u[0]);
	else if (c < ' ')
		snprintf(ret, 8, "%s", flags & TEXT_LINES ? "" : c == '\n' ? "\\n" : "\\t");
	else if (is_control(c))
		snprintf(ret, 8, "\\u%04x", c & 0xffff);
	else if ((flags & TEXT_QUOTED) && (c == '"' || c == '\\'))
		snprintf(ret, 8, "\\%c", (int)c);
}

/* How much of @text is printable ASCII, of which most consists. */
static size_t plain_len(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] >= ' ' && text[n] < 0x7f && text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

void text_clean(struct buf *out, const char *text, size_t len, unsigned flags)
{
	for (size_t at = 0, n; at < len; at += n) {
		char instead[8] = "";

		n = plain_len(text + at, len - at);
		if (!n)
			escape(text + at, len - at, flags, instead, &n);
		if (instead[0])
			buf_adds(out, instead);
		else
			buf_add(out, text + at, n);
	}
}

bool text_is_clean(const char *text, size_t len, unsigned flags)
{
	char instead[8] = "";

	for (size_t at = 0, n; at < len && !instead[0]; at += n) {
		n = plain_len(text + at, len - at);
		if (!n)
			escape(text + at, len - at, flags, instead, &n);
	}
	return !instead[0];
}
