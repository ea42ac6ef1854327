/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests that speak TAP, for one program in one file:
 *
 *	ok(n == 3, "three %s", what);
 *	is_str(got, "abc", "name");	(NULL is a value like others)
 *	is_int(got, 42, "name");
 *	return done_testing();
 *
 * Each one returns whether the test was good, so that what depends on it can be left out. On
 *failure the place and both values are told in comments.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failures;

/* On one line of ASCII, whatever the values are: readers of TAP are strict. */
__attribute__((format(printf, 1, 0))) static void tap_vprint(const char *fmt, va_list ap)
{
	char text[2048];

	vsnprintf(text, sizeof(text), fmt, ap);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p < ' ' || *p > '~')
			printf("\\x%02x", *p);
		else
			putchar(*p);
	}
	putchar('\n');
}

/* A comment of the test. */
__attribute__((format(printf, 1, 2), unused)) static void diag(const char *fmt, ...)
{
	va_list ap;

	fputs("# ", stdout);
	va_start(ap, fmt);
	tap_vprint(fmt, ap);
	va_end(ap);
}

__attribute__((format(printf, 4, 5), unused)) static bool tap_ok(bool good, const char *file,
								 int line, const char *fmt, ...)
{
	va_list ap;

	printf("%s %d - ", good ? "ok" : "not ok", ++tap_count);
	va_start(ap, fmt);
	tap_vprint(fmt, ap);
	va_end(ap);
	if (good)
		return true;
	tap_failures++;
	diag("failed at %s:%d", file, line);
	return false;
}

__attribute__((unused)) static bool tap_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

__attribute__((unused)) static bool tap_values(bool good, const char *got, const char *want)
{
	if (!good)
		diag("got  %s%s", got ? "" : "(null)", got ? got : "");
	if (!good)
		diag("want %s%s", want ? "" : "(null)", want ? want : "");
	return good;
}

#define ok(cond, ...) tap_ok((cond), __FILE__, __LINE__, __VA_ARGS__)

#define is_str(got, want, ...)                                                                     \
	({                                                                                         \
		const char *tap_got_ = (got), *tap_want_ = (want);                                 \
		tap_values(tap_ok(tap_same(tap_got_, tap_want_), __FILE__, __LINE__, __VA_ARGS__), \
			   tap_got_, tap_want_);                                                   \
	})

#define is_int(got, want, ...)                                                                   \
	({                                                                                       \
		long long tap_got_ = (long long)(got), tap_want_ = (long long)(want);            \
		bool tap_good_ = tap_ok(tap_got_ == tap_want_, __FILE__, __LINE__, __VA_ARGS__); \
		if (!tap_good_)                                                                  \
			diag("got %lld, want %lld", tap_got_, tap_want_);                        \
		tap_good_;                                                                       \
	})

/* A test that cannot be done here. */
#define skip(reason) printf("ok %d # SKIP %s\n", ++tap_count, (reason))

/* The plan, and the exit status of the program. */
__attribute__((unused)) static int done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failures ? 1 : 0;
}

#endif
