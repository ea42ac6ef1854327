/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/raw.h"

#include <linux/sched.h>
#include <stdalign.h>

/* Raw calls need a few hundred bytes; a build without optimization or with a sanitizer needs more.
 */
#define STACK_SIZE 8192

/*
 * The stack is in the frame of the caller, who is halted until the child has executed or ended, so
 * that any number of threads can do this at a time. The child has no handlers of signals: they
 * would run on this stack and on the memory of both. To block signals meanwhile would do too, but
 * then SIGTERM could not end a caller whose child waits in a frozen cgroup.
 */
long sys_clone3_vfork(struct sys_clone_args *args, void (*fn)(void *), void *arg)
{
	alignas(16) char stack[STACK_SIZE];
	long pid;

	args->flags |= CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND;
	args->stack = (uint64_t)(uintptr_t)stack;
	args->stack_size = sizeof(stack);
	pid = sys_clone3_call(args, fn, arg);
	if (pid != -EINVAL)
		return pid;
	args->flags &= ~CLONE_CLEAR_SIGHAND; /* before Linux 5.5 */
	return sys_clone3_call(args, fn, arg);
}
