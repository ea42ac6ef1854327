/* SPDX-License-Identifier: Apache-2.0 */
/* Names of signals. The real-time ones are the kernel's 32 … 64 less the two that the C library
 * keeps for its threads. */
#include "cli/signals.h"

#include "base/cleanup.h"
#include "cli/options.h"

#include <signal.h>
#include <string.h>
#include <strings.h>

#define KERNEL_SIGNALS 64
#define FIRST_RT       34

struct signal_name {
	const char *name;
	int number;
};

static const struct signal_name names[] = {
#define S(name)                  \
	{                        \
#name, SIG##name \
	}
	S(HUP),           S(INT),  S(QUIT),  S(ILL),  S(TRAP), S(ABRT), S(IOT),  S(BUS),    S(FPE),
	S(KILL),          S(USR1), S(SEGV),  S(USR2), S(PIPE), S(ALRM), S(TERM), S(STKFLT), S(CHLD),
	{"CLD", SIGCHLD}, S(CONT), S(STOP),  S(TSTP), S(TTIN), S(TTOU), S(URG),  S(XCPU),   S(XFSZ),
	S(VTALRM),        S(PROF), S(WINCH), S(IO),   S(POLL), S(PWR),  S(SYS),
#undef S
};

/* The whole of @s as a number of at most two digits, or -1. */
static int small_number(const char *s)
{
	size_t len = strspn(s, "0123456789");
	int n = 0;

	if (!len || len > 2 || s[len])
		return -1;
	while (*s)
		n = n * 10 + (*s++ - '0');
	return n;
}

/* "RTMIN", "RTMIN+3", "RTMAX-2", or -1. */
static int real_time(const char *s)
{
	int base, n = 0;

	if (!strncasecmp(s, "RTMIN", 5))
		base = FIRST_RT;
	else if (!strncasecmp(s, "RTMAX", 5))
		base = KERNEL_SIGNALS;
	else
		return -1;
	if (s[5])
		n = s[5] == (base == FIRST_RT ? '+' : '-') ? small_number(s + 6) : -1;
	if (n < 0 || n > KERNEL_SIGNALS - FIRST_RT)
		return -1;
	return base == FIRST_RT ? base + n : base - n;
}

int signal_parse(const char *word, int *ret, struct hz_error *err)
{
	const char *name = strncasecmp(word, "SIG", 3) ? word : word + 3;
	const char *guess;
	int n = name == word ? small_number(word) : -1;

	if (n > KERNEL_SIGNALS)
		n = -1;
	for (size_t i = 0; i < ARRAY_SIZE(names) && n < 0; i++)
		if (!strcasecmp(name, names[i].name))
			n = names[i].number;
	if (n < 0)
		n = real_time(name);
	if (n >= 0) {
		*ret = n;
		return 0;
	}
	error_set(err, HZ_E_USAGE, "unknown signal \"%.64s\"", word);
	guess = options_guess(name, &names[0].name, ARRAY_SIZE(names), sizeof(names[0]));
	return guess ? error_hint(err, "did you mean SIG%s?", guess) : -1;
}

void signals_keep_status(void)
{
	signal(SIGPIPE, SIG_IGN); /* cannot fail: the number is valid */
}
