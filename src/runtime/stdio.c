/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stdin, stdout and stderr that are the caller's own. Pipes, sockets and files go to the container
 * as they are; a device node stays the host's, so the container gets it through a read-only mount.
 */
#include "runtime/runtime.h"

#include "base/fd.h"
#include "sys/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MEM_MAJOR 1 /* null, zero, full, random, urandom, kmsg … */

/* The host's id of the container's @id. */
static uid_t host_id(const struct oci_id_maps *m, uint32_t id)
{
	for (size_t i = 0; i < m->n; i++) {
		uint32_t first = m->items[i].container_id.v;

		if (id >= first && id - first < m->items[i].size.v)
			return m->items[i].host_id.v + (id - first);
	}
	return (uid_t)-1; /* to fchown(2): leave it as it is */
}

static bool is_writable(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

/* Only what belongs to the caller; and a file that was opened for reading alone is not made
 * writable. */
static void give(int fd, uid_t to)
{
	struct stat st;

	if (fstat(fd, &st) || st.st_uid == to || st.st_uid != geteuid())
		return;
	if (S_ISFIFO(st.st_mode) || (S_ISREG(st.st_mode) && is_writable(fd)))
		(void)!fchown(fd, to, (gid_t)-1); /* without the right to, it stays as it is */
}

void stdio_give(const struct creation *c)
{
	const struct oci_config *config = c->b->config;
	const struct oci_process *p = config->process;
	uid_t to;

	if (!config->linux_ || !config->linux_->uid_mappings.n || !p || p->terminal.v)
		return;
	to = host_id(&config->linux_->uid_mappings, p->user ? p->user->uid.v : 0);
	for (int fd = 0; to != (uid_t)-1 && fd < 3; fd++)
		give(c->its_stdio[fd] >= 0 ? c->its_stdio[fd] : fd, to);
}

/* Where a second open(2) gives the same thing. Of other devices (a tape, /dev/fuse, /dev/net/tun, a
 * pty's master) the state belongs to the open file. */
static bool can_reopen(int fd, const struct stat *st)
{
	if (S_ISBLK(st->st_mode))
		return true;
	if (!S_ISCHR(st->st_mode) || st->st_rdev == makedev(5, 2))
		return false;
	return major(st->st_rdev) == MEM_MAJOR || isatty(fd);
}

static int open_again(int n, int tree)
{
	int flags = fcntl(n, F_GETFL);
	char path[40];

	if (flags < 0 || (flags & O_PATH))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", tree);
	/* a serial line must not wait for its carrier */
	return open(path, (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static bool same_state(int n, int fd, const struct stat *st)
{
	int flags = fcntl(n, F_GETFL);
	off_t at = lseek(n, 0, SEEK_CUR);
	struct stat now;

	if (fstat(fd, &now) || now.st_rdev != st->st_rdev ||
	    (now.st_mode & S_IFMT) != (st->st_mode & S_IFMT))
		return false;
	if (at > 0 && lseek(fd, at, SEEK_SET) != at)
		return false;
	return !fcntl(fd, F_SETFL, flags);
}

int stdio_protect(int n)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	_cleanup_fd_ int tree = -1, fd = -1;
	struct stat st;

	if (fstat(n, &st) || !can_reopen(n, &st))
		return -1;
	/* the node that the descriptor is of, whatever is at its path now; needs CAP_SYS_ADMIN */
	tree = (int)sys_open_tree(n, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 || sys_mount_setattr(tree, "", AT_EMPTY_PATH, &attr))
		return -1;
	fd = open_again(n, tree);
	return fd >= 0 && same_state(n, fd, &st) ? TAKE_FD(fd) : -1;
}
