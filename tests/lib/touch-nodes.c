/* SPDX-License-Identifier: Apache-2.0 */
/*
 * touch-nodes PATH...: try to change mode, times, extended attributes and owner of what lies at
 * each path and of stdin, stdout and stderr, by path, by descriptor and through /proc/self/fd. What
 * is refused is not told: the test looks at the nodes. Then "done" goes to the file $DONE.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *const names[] = {"trusted.touched", "security.touched", "user.touched"};
static const struct timespec times[2] = {{1000000000, 0}, {1000000000, 0}};
static int failures; /* for the compiler alone */

static void by_fd(int fd)
{
	char c;

	failures += fchmod(fd, 0600) + futimens(fd, NULL) + futimens(fd, times);
	for (int i = 0; i < 3; i++)
		failures += fsetxattr(fd, names[i], "x", 1, 0);
	failures += fchown(fd, 1, 1) + fchown(fd, 1000, 1000);
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0)
		failures += (int)read(fd, &c, 1) + (int)write(fd, "x", 1);
}

static void by_path(const char *path)
{
	int fd;

	failures += chmod(path, 0600) + utimensat(AT_FDCWD, path, NULL, 0) +
		    utimensat(AT_FDCWD, path, times, 0);
	for (int i = 0; i < 3; i++)
		failures += setxattr(path, names[i], "x", 1, 0);
	failures += chown(path, 1, 1);
	fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_TRUNC);
	if (fd < 0)
		fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0)
		by_fd(fd);
}

int main(int argc, char **argv)
{
	FILE *done;

	for (int fd = 0; fd < 3; fd++) {
		char path[32];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		by_path(path);
		by_fd(fd);
	}
	for (int i = 1; i < argc; i++)
		by_path(argv[i]);
	done = getenv("DONE") ? fopen(getenv("DONE"), "w") : NULL;
	return done && fputs("done\n", done) >= 0 && !fclose(done) ? 0 : 1;
}
