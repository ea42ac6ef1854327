/* SPDX-License-Identifier: Apache-2.0 */
/* Strings: is this UTF-8, which escapes are refused, how is it shown, what was meant by it. */
#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define GUESS_MAX 64 /* longer strings are not guessed at */

static bool is_tail(const char *s, size_t i)
{
	return ((unsigned char)s[i] & 0xc0) == 0x80;
}

size_t text_utf8(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;

	if (!len)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (u[0] >= 0xc2 && u[0] <= 0xdf)
		return len >= 2 && is_tail(s, 1) ? 2 : 0;
	if ((u[0] & 0xf0) == 0xe0) {
		if (len < 3 || !is_tail(s, 1) || !is_tail(s, 2))
			return 0;
		if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f))
			return 0;
		return 3;
	}
	if (u[0] < 0xf0 || u[0] > 0xf4 || len < 4 || !is_tail(s, 1) || !is_tail(s, 2) ||
	    !is_tail(s, 3))
		return 0;
	if ((u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return 4;
}

bool text_is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

bool text_is_wide(const char *s, size_t len)
{
	uint64_t word, all = 0;
	size_t i = 0;

	for (; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, s + i, sizeof(word));
		all |= word;
	}
	for (; i < len; i++)
		all |= (unsigned char)s[i];
	return all & 0x8080808080808080u;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value of the \uXXXX at @s, -1 when there is none. */
static int escape_value(const char *s, size_t len)
{
	int v = 0;

	if (len < 6 || s[0] != '\\' || s[1] != 'u')
		return -1;
	for (size_t i = 2; i < 6; i++) {
		int d = hex_digit(s[i]);

		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

/* The length of the escape at @s; 0: refused, with the reason in @ret_fault. */
static size_t escape_check(const char *s, size_t len, const char **ret_fault)
{
	int v = escape_value(s, len), low;

	if (v < 0)
		return len < 2 ? 1 : 2;
	if (v == 0) {
		*ret_fault = "a NUL character (\\u0000) cannot stand in a string";
		return 0;
	}
	if (v < 0xd800 || v > 0xdfff)
		return 6;
	low = v <= 0xdbff ? escape_value(s + 6, len - 6) : -1;
	if (low >= 0xdc00 && low <= 0xdfff)
		return 12;
	*ret_fault = "half of a surrogate pair (\\ud800 to \\udfff) is not a character";
	return 0;
}

const char *text_fault(const char *raw, size_t len)
{
	const char *fault = NULL;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		if (raw[i] == '\\') {
			n = escape_check(raw + i, len - i, &fault);
			if (!n)
				return fault;
			continue;
		}
		n = text_utf8(raw + i, len - i);
		if (!n)
			return "this string is not valid UTF-8";
	}
	return NULL;
}

void text_show(char *buf, size_t size, const char *s, size_t len, size_t max)
{
	static const char more[] = "…";
	size_t at = strlen(buf), n;
	bool cut = max && len > max;

	if (cut)
		len = max;
	for (size_t i = 0; i < len; i += n) {
		unsigned char c = (unsigned char)s[i];
		char one[8] = "";

		n = text_utf8(s + i, len - i);
		if (c < 0x20 || c == 0x7f)
			snprintf(one, sizeof(one), "\\u%04x", c);
		else if (n)
			memcpy(one, s + i, n);
		else if (!cut || len - i >= 4)
			snprintf(one, sizeof(one), "\\x%02x", c);
		if (!n)
			n = 1;
		if (at + strlen(one) + sizeof(more) > size) {
			cut = true;
			break;
		}
		at = (size_t)(stpcpy(buf + at, one) - buf);
	}
	if (cut && at + sizeof(more) <= size)
		memcpy(buf + at, more, sizeof(more));
}

static bool same_letter(char a, char b)
{
	if (a >= 'A' && a <= 'Z')
		a |= 0x20;
	if (b >= 'A' && b <= 'Z')
		b |= 0x20;
	return a == b || (a == '-' && b == '_') || (a == '_' && b == '-');
}

/* Letters to change, add or drop to make @name of @s; case does not count. */
static unsigned edit_distance(const char *s, size_t len, const char *name)
{
	unsigned row[GUESS_MAX + 1], corner, above;
	size_t n = strlen(name);

	if (n > GUESS_MAX)
		return GUESS_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; i < len; i++) {
		corner = row[0];
		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < n; j++) {
			above = row[j + 1];
			if (!same_letter(s[i], name[j]))
				corner++;
			if (corner > above + 1)
				corner = above + 1;
			if (corner > row[j] + 1)
				corner = row[j] + 1;
			row[j + 1] = corner;
			corner = above;
		}
	}
	return row[n];
}

/* Are the letters of @s all in @name, in their order ("net" in "network", "mnt" in "mount")? */
static bool is_short_for(const char *s, size_t len, const char *name)
{
	size_t i = 0;

	for (; i < len && *name; name++)
		if (same_letter(s[i], *name))
			i++;
	return i == len;
}

const char *text_guess(const char *s, size_t len, const char *const *names)
{
	unsigned best = len < 6 ? 2 : (unsigned)(len / 3), d;
	const char *guess = NULL, *shortened = NULL;
	size_t nshort = 0;

	if (!len || len > GUESS_MAX)
		return NULL;
	for (; *names; names++) {
		d = edit_distance(s, len, *names);
		if (d < best || (d == best && !guess && d < len)) {
			best = d;
			guess = *names;
		}
		if (len >= 3 && is_short_for(s, len, *names) &&
		    (!shortened || strlen(*names) < strlen(shortened))) {
			shortened = *names;
			nshort++;
		}
	}
	if (nshort && best > 0 && (!guess || best > 1))
		return shortened;
	return guess;
}

/* Digits without leading zeros. */
static size_t version_number(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] >= '0' && s[n] <= '9')
		n++;
	return n > 1 && s[0] == '0' ? 0 : n;
}

static bool is_name_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '-';
}

static bool is_number(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

/* Dot-separated names, none empty (SemVer 2.0.0, 9 and 10); those of a pre-release have no leading
 * zeros when numeric. */
static bool version_names(const char *s, size_t len, bool pre)
{
	size_t start = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && s[i] != '.') {
			if (!is_name_char(s[i]))
				return false;
			continue;
		}
		if (i == start)
			return false;
		if (pre && i - start > 1 && s[start] == '0' && is_number(s + start, i - start))
			return false;
		start = i + 1;
	}
	return true;
}

const char *text_check_version(const char *s, size_t len)
{
	static const char form[] = "a version MAJOR.MINOR.PATCH (SemVer 2.0.0)";
	const char *plus = memchr(s, '+', len);
	size_t core = plus ? (size_t)(plus - s) : len, at = 0, n;

	if (plus && !version_names(plus + 1, len - core - 1, false))
		return form;
	for (int part = 0; part < 3; part++) {
		n = version_number(s + at, core - at);
		if (!n)
			return form;
		at += n;
		if (part < 2 && (at == core || s[at++] != '.'))
			return form;
	}
	if (at < core && (s[at] != '-' || !version_names(s + at + 1, core - at - 1, true)))
		return form;
	/* 0.x is what the drafts of 1.0 called themselves; the specification's own example still
	 * does. */
	return (s[0] == '0' || s[0] == '1') && s[1] == '.'
		       ? NULL
		       : "a version 1.x.y (later ones are not supported)";
}

const char *text_check_page_size(const char *s, size_t len)
{
	size_t n = version_number(s, len);

	if (n && s[0] != '0' && len == n + 2 && text_is_one_of(s[n], "KMG") && s[n + 1] == 'B')
		return NULL;
	return "a page size such as \"2MB\"";
}

const char *text_check_rlimit(const char *s, size_t len)
{
	static const char prefix[] = "RLIMIT_", form[] = "a name such as \"RLIMIT_NOFILE\"";
	size_t n = sizeof(prefix) - 1;

	if (len <= n || memcmp(s, prefix, n) != 0)
		return form;
	for (; n < len; n++)
		if (s[n] < 'A' || s[n] > 'Z')
			return form;
	return NULL;
}

const char *text_check_device_type(const char *s, size_t len)
{
	return len == 1 && text_is_one_of(s[0], "cbup") ? NULL
							: "one of \"c\", \"b\", \"u\", \"p\"";
}

const char *text_check_line(const char *s, size_t len)
{
	return memchr(s, '\n', len) ? "a single line" : NULL;
}

const char *text_check_mem_bw(const char *s, size_t len)
{
	if (len < 3 || memcmp(s, "MB:", 3) != 0)
		return "a line that starts with \"MB:\"";
	return text_check_line(s, len);
}

const char *text_check_cpu_list(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!text_is_one_of(s[i], "0123456789, -"))
			return "a list of CPUs such as \"0-3,7\"";
	return NULL;
}
