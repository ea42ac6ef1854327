/* SPDX-License-Identifier: Apache-2.0 */
/* The few things of libc that init needs, under names of their own. */
#include "init/init.h"

#include <linux/time.h>

bool init_streq(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

const char *init_after(const char *s, const char *prefix)
{
	for (; *prefix; s++, prefix++) {
		if (*s != *prefix)
			return NULL;
	}
	return s;
}

const char *init_strchr(const char *s, char c)
{
	for (; *s; s++) {
		if (*s == c)
			return s;
	}
	return NULL;
}

void init_close(int *fd)
{
	if (*fd >= 0)
		sys_call(__NR_close, *fd); /* never retried: the descriptor is gone in any case */
	*fd = -1;
}

void init_text_mem(struct init_text *t, const char *s, size_t n)
{
	size_t room = t->size - t->len - 1;

	if (n > room) {
		n = room;
		t->cut = true;
	}
	memcpy(t->at + t->len, s, n);
	t->len += n;
	t->at[t->len] = 0;
}

void init_text_str(struct init_text *t, const char *s)
{
	init_text_mem(t, s, strlen(s));
}

void init_text_u64(struct init_text *t, uint64_t v)
{
	char digits[20];
	size_t i = sizeof(digits);

	do
		digits[--i] = (char)('0' + v % 10);
	while (v /= 10);
	init_text_mem(t, digits + i, sizeof(digits) - i);
}

void init_text_i64(struct init_text *t, int64_t v)
{
	if (v < 0)
		init_text_str(t, "-");
	init_text_u64(t, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

int init_parse_u64(const char *s, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*s)
		return -1;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return -1;
	}
	*ret = v;
	return 0;
}

void init_exit(int status)
{
	for (;;) {
		sys_call(__NR_exit_group, status);
		__builtin_trap(); /* a seccomp filter forbids even that */
	}
}

long init_write_once(int fd, const char *s, size_t len)
{
	long n;

	do
		n = sys_call(__NR_write, fd, s, len);
	while (n == -EINTR);
	if (n < 0)
		return n;
	return (size_t)n == len ? 0 : -EIO;
}

int64_t init_now_ms(void)
{
	struct __kernel_timespec now = {0};

	sys_call(__NR_clock_gettime, CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
