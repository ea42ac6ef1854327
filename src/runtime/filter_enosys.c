/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls that are newer than a profile. Its author could neither allow nor forbid them, and
 * libraries try them first and fall back when the kernel does not know them, which they tell by
 * ENOSYS alone; any other errno, or a signal, breaks programs when libc or the kernel is updated.
 * So, as in runc, a few instructions go before the program of libseccomp: for each architecture of
 * the profile, a number above the highest one that it names gives ENOSYS.
 *
 * Not where the default action lets calls through, or gives ENOSYS anyway; and a tracer answers for
 * new calls by itself.
 */
#include "runtime/filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>

#define X32_BIT  0x40000000u
#define ARCH_MAX 32

struct last {
	uint32_t token; /* AUDIT_ARCH_* */
	uint32_t nr;    /* highest number, 0: none is named */
	uint32_t x32;   /* the same for the other ABI of x86_64 */
};

static bool is_wanted(const struct oci_seccomp *s)
{
	int action = s->default_action.v;

	if (action == OCI_ACT_ALLOW || action == OCI_ACT_LOG || action == OCI_ACT_TRACE)
		return false;
	return !(s->default_errno_ret.set && s->default_errno_ret.v == ENOSYS);
}

static uint32_t highest(const struct oci_seccomp *s, uint32_t arch)
{
	int max = 0;

	for (size_t i = 0; i < s->syscalls.n; i++)
		for (size_t k = 0; k < s->syscalls.items[i].names.n; k++) {
			int nr = seccomp_syscall_resolve_name_arch(
				arch, s->syscalls.items[i].names.items[k]);

			if (nr > max) /* below 0 are those that the architecture lacks */
				max = nr;
		}
	return (uint32_t)max;
}

static struct last *find(struct last *all, size_t *n, uint32_t token)
{
	for (size_t i = 0; i < *n; i++)
		if (all[i].token == token)
			return &all[i];
	if (*n == ARCH_MAX)
		return NULL;
	all[*n] = (struct last){.token = token};
	return &all[(*n)++];
}

static void note(struct last *all, size_t *n, const struct oci_seccomp *s, uint32_t arch)
{
	uint32_t nr = highest(s, arch);
	struct last *l = find(all, n, arch == SCMP_ARCH_X32 ? AUDIT_ARCH_X86_64 : arch);

	if (l && arch == SCMP_ARCH_X32)
		l->x32 = nr;
	else if (l)
		l->nr = nr;
}

static void put(struct buf *out, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	const struct sock_filter f = {code, jt, jf, k};

	buf_add(out, &f, sizeof(f));
}

/* A number above @nr is none of the profile's. */
static void put_limit(struct buf *out, uint32_t nr)
{
	if (!nr)
		return;
	put(out, BPF_JMP | BPF_JGT | BPF_K, 0, 1, nr);
	put(out, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS);
}

/* Jumps count the instructions that they pass over; each limit is two or none. */
static void put_block(struct buf *out, const struct last *l)
{
	bool both = l->token == AUDIT_ARCH_X86_64;
	uint8_t x32 = l->x32 ? 2 : 0, own = l->nr ? 2 : 0;

	put(out, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
	put(out, BPF_JMP | BPF_JEQ | BPF_K, 0, (uint8_t)(1 + (both ? 2 + x32 : 0) + own), l->token);
	put(out, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	if (both) {
		put(out, BPF_JMP | BPF_JGE | BPF_K, 0, (uint8_t)(x32 + 1), X32_BIT);
		put_limit(out, l->x32);
		put(out, BPF_JMP | BPF_JA, 0, 0, own);
	}
	put_limit(out, l->nr);
}

void filter_put_enosys(const struct oci_seccomp *s, const uint32_t *archs, size_t narchs,
		       struct buf *out)
{
	struct last all[ARCH_MAX];
	size_t n = 0;

	if (!is_wanted(s))
		return;
	for (size_t i = 0; i < narchs; i++)
		note(all, &n, s, archs[i]);
	for (size_t i = 0; i < n; i++)
		if (all[i].nr || all[i].x32)
			put_block(out, &all[i]);
}
