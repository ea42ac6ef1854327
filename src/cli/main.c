/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
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

int main(int argc, char **argv)
{
	bool no_stdout = false;

	if (fill_stdio(&no_stdout))
		return 1;
	return cli_main(argc, argv, no_stdout);
}
