/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the user-mode kernel on processors whose register state is larger than it knows (AMX).
 * Preloaded.
 *
 * It saves and restores the registers of its processes by ptrace(2), with a buffer that ends with
 * the state of AVX-512. Linux gives as much as fits, but takes the whole only (EFAULT): the rest is
 * what the process has.
 */
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef long ptrace_fn(enum __ptrace_request, ...);

long ptrace(enum __ptrace_request request, ...)
{
	static ptrace_fn *next;
	static char whole[64 << 10];
	struct iovec all = {whole, sizeof(whole)};
	const struct iovec *some;
	va_list args;
	pid_t pid;
	void *addr, *data;

	va_start(args, request);
	pid = va_arg(args, pid_t);
	addr = va_arg(args, void *);
	data = va_arg(args, void *);
	va_end(args);
	if (!next)
		next = (ptrace_fn *)dlsym(RTLD_NEXT, "ptrace");
	if (request != PTRACE_SETREGSET || addr != (void *)NT_X86_XSTATE)
		return next(request, pid, addr, data);
	some = data;
	if (next(PTRACE_GETREGSET, pid, addr, &all) < 0)
		return -1;
	memcpy(whole, some->iov_base, some->iov_len < all.iov_len ? some->iov_len : all.iov_len);
	return next(PTRACE_SETREGSET, pid, addr, &all);
}
