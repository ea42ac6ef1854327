/* SPDX-License-Identifier: Apache-2.0 */
/* What may drive a terminal becomes an escape, everything else stays. */
#include "tap.h"

#include "base/error.h"
#include "base/text.h"

static const struct {
	const char *text, *want;
	unsigned flags;
	const char *what;
} cases[] = {
	{"plain \"text\" \\", "plain \"text\" \\", 0, "printable text"},
	{"a\"b\\", "a\\\"b\\\\", TEXT_QUOTED, "quotes and backslashes in quotes"},
	{"\x1b[31m\a\b\r", "\\x1b[31m\\x07\\x08\\x0d", 0, "C0"},
	{"a\nb\tc", "a\\nb\\tc", 0, "newline and tab"},
	{"a\nb\tc\r", "a\nb\tc\\x0d", TEXT_LINES, "newline and tab of several lines"},
	{"\x7f\xc2\x80\xc2\x9b\xc2\x9f", "\\u007f\\u0080\\u009b\\u009f", 0, "DEL and C1"},
	{"\xc2\xa0\xc3\xa4\xe4\xb8\xad\xf0\x9f\x90\xb3",
	 "\xc2\xa0\xc3\xa4\xe4\xb8\xad\xf0\x9f\x90\xb3", 0, "UTF-8 of two to four bytes"},
	{"\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c\xe2\x80\x8f",
	 "\\u2028\\u202e\\u2066\\u2069\\u061c\\u200f", 0, "separators and bidirectional controls"},
	{"\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xaa", "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xaa", 0,
	 "their neighbours"},
	{"\xff\x80\x9b", "\\xff\\x80\\x9b", 0, "bytes that are no UTF-8"},
	{"\xc0\xaf\xe0\x80\x80\xed\xa0\x80\xf4\x90\x80\x80",
	 "\\xc0\\xaf\\xe0\\x80\\x80\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80", 0,
	 "overlong forms, surrogates, beyond Unicode"},
	{"a\xe4\xb8", "a\\xe4\\xb8", 0, "a sequence that is cut"},
};

/* A long value in a hint, which is truncated. */
static void check_hint(const char *value, const char *end)
{
	struct hz_error err = HZ_ERROR_INIT;
	char longer[1024] = "";
	size_t len;

	while (strlen(longer) < sizeof(err.hint))
		strcat(longer, value);
	error_hint(&err, "see \"%s\"", longer);
	len = strlen(err.hint);
	ok(len < sizeof(err.hint) && len > sizeof(err.hint) / 2, "the hint keeps its size");
	is_str(err.hint + len - strlen(end), end, "a hint that is too long ends with \"%s\"", end);
	error_hint(&err, "see \"%s\"", value);
	ok(err.hint[strlen(err.hint) - 1] == '"', "a short one is whole");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *s = cases[i].text;
		_cleanup_buf_ struct buf out = BUF_INIT, again = BUF_INIT;

		text_clean(&out, s, strlen(s), cases[i].flags);
		is_str(out.data, cases[i].want, "%s", cases[i].what);
		ok(text_is_clean(s, strlen(s), cases[i].flags) == !strcmp(s, cases[i].want),
		   "%s: is it clean?", cases[i].what);
		text_clean(&again, out.data, out.len, cases[i].flags & TEXT_LINES);
		is_str(again.data, out.data, "%s: escapes stay", cases[i].what);
	}
	check_hint("word ", "word ...");
	check_hint("/directory", " ...");
	return done_testing();
}
