/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/*
 * A caller may have closed 0, 1 or 2. Then the first files that hezi opens would take these
 * numbers, and the container would have them as its stdio. They stay open over execve, for they are
 * stdio.
 */
static int fill_stdio(bool *ret_no_stdout)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/* NOLINTNEXTLINE(android-cloexec-open): it is stdio */
		if (open("/dev/null", O_RDWR | O_NOCTTY) != fd)
			return -1;
		if (fd == STDOUT_FILENO)
			*ret_no_stdout = true;
	}
	return 0;
}

/*
 * Dispositions are inherited. With SIGCHLD ignored the kernel reaps our children for us, and nobody
 * learns how they ended; a SIGXFSZ would end us in the middle of a container, where EFBIG is an
 * error like any other. The container gets the defaults again.
 */
static void set_signals(void)
{
	signal(SIGCHLD, SIG_DFL); /* neither can fail: both numbers are valid */
	signal(SIGXFSZ, SIG_IGN);
}

#define STACK_LEAST ((size_t)128 << 10)

/* A stack that is too small is a SIGSEGV in the middle of a container. glibc has asked for the
 * limit at its start and keeps it as the size of a thread's stack: this makes no system call. */
static bool has_stack(void)
{
	pthread_attr_t attr;
	size_t size;

	if (pthread_getattr_default_np(&attr) || pthread_attr_getstacksize(&attr, &size) ||
	    size >= STACK_LEAST)
		return true;
	dprintf(STDERR_FILENO,
		"hezi: the caller's limit of %zu KiB of stack (RLIMIT_STACK, ulimit -s) is too "
		"low: %zu KiB are needed\n",
		size >> 10, STACK_LEAST >> 10);
	return false;
}

int main(int argc, char **argv)
{
	bool no_stdout = false;

	set_signals();
	if (fill_stdio(&no_stdout) || !has_stack())
		return 1;
	return cli_main(argc, argv, no_stdout);
}
