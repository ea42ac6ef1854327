/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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

int main(int argc, char **argv)
{
	bool no_stdout = false;

	set_signals();
	if (fill_stdio(&no_stdout))
		return 1;
	return cli_main(argc, argv, no_stdout);
}
