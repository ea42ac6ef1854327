/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stdin, stdout and stderr of the caller. What they are is given to the container's user, as far as
 * it may be. A device node is the host's: its owner, or the host's root, could change its mode,
 * owner and times through the descriptor. So it is replaced by the container's own node of the same
 * device, or by the host's through a read-only mount, which the runtime opens.
 */
#include "init/mount.h"

/* Which the specification gives to every container, and which can be opened again. */
static const struct {
	uint32_t minor;
	char path[16];
} nodes[] = {
	{3, "/dev/null"},   {5, "/dev/zero"},    {7, "/dev/full"},
	{8, "/dev/random"}, {9, "/dev/urandom"},
};

/* The container's own node that stdio descriptor @fd is now; -1: none was opened. */
struct own_node {
	int fd;
	struct statx st;
};

static bool is_same_device(const struct statx *a, const struct statx *b)
{
	return init_is_device(a, b->stx_mode & S_IFMT, b->stx_rdev_major, b->stx_rdev_minor);
}

/* @path in our root, if it is the device @st. No link is followed (CVE-2026-88265). */
static int open_node(const char *path, uint64_t flags, const struct statx *st)
{
	INIT_CLOSE int fd = (int)sys_openat2(AT_FDCWD, path, flags | O_NOFOLLOW | O_CLOEXEC, 0,
					     RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	struct statx own;

	if (fd < 0 || init_stat(fd, NULL, &own) || !is_same_device(&own, st))
		return -1;
	return init_take_fd(&fd);
}

/* Looked at before it is opened, as that may have effects, and after it, as it may have been
 * replaced meanwhile. */
static int open_own(const struct statx *st)
{
	INIT_CLOSE int look = -1;
	unsigned i;

	for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		if (init_is_device(st, S_IFCHR, 1, nodes[i].minor))
			break;
	if (i == sizeof(nodes) / sizeof(nodes[0]))
		return -1;
	look = open_node(nodes[i].path, O_PATH, st);
	return look < 0 ? -1 : open_node(nodes[i].path, O_RDWR | O_NOCTTY, st);
}

/* The host's node through a read-only mount; each descriptor keeps its own access mode there. */
static int open_host(struct init *init, int fd, const struct statx *st)
{
	INIT_CLOSE int by = init_need_stdio(init, fd);
	struct statx host;

	if (by < 0 || init_stat(by, NULL, &host) || !is_same_device(&host, st))
		return -1;
	return init_take_fd(&by);
}

/* What neither can open stays: a runtime without privileges is no owner of the host's nodes. */
static int replace(struct init *init, const struct plan_step *step, struct own_node *last, int fd,
		   const struct statx *st)
{
	INIT_CLOSE int opened = -1;
	int by = last->fd;
	long r;

	if (by < 0 || !is_same_device(&last->st, st)) {
		opened = open_own(st);
		if (opened >= 0)
			*last = (struct own_node){fd, *st};
		else
			opened = open_host(init, fd, st);
		by = opened;
	}
	r = by < 0 ? 0 : sys_call(__NR_dup3, by, fd, 0);
	return r < 0 ? init_fail(init, step, __NR_dup3, r, NULL) : 0;
}

/* A file that the caller opened for reading alone stays the caller's: its owner could write to it.
 */
static bool is_input(int fd)
{
	long flags = sys_call(__NR_fcntl, fd, F_GETFL);

	return flags < 0 || (flags & O_ACCMODE) == O_RDONLY;
}

/* Programs reopen /dev/stdout, which asks for permission anew: what the caller made would be closed
 * to the user. The group stays, as with runc. */
static int give(struct init *init, const struct plan_step *step, int fd, uint32_t uid)
{
	long r = sys_call(__NR_fchown, fd, uid, -1);

	/* in a user namespace the owner may not be mapped; a file may be of a read-only mount: then
	 * it stays as it is, as with runc */
	return r < 0 && r != -EPERM && r != -EINVAL && r != -EROFS
		       ? init_fail(init, step, __NR_fchown, r, NULL)
		       : 0;
}

static int own(struct init *init, const struct plan_step *step, struct own_node *last, int fd,
	       const struct plan_user *u)
{
	struct statx st;
	int r = init_stat(fd, NULL, &st);

	if (r == -EBADF)
		return 0; /* the caller had closed it */
	if (r < 0)
		return init_fail(init, step, __NR_statx, r, NULL);
	switch (st.stx_mode & S_IFMT) {
	case S_IFCHR:
	case S_IFBLK: return replace(init, step, last, fd, &st);
	case S_IFREG:
		if (st.stx_uid == u->uid || is_input(fd))
			return 0;
		return give(init, step, fd, u->uid);
	case S_IFIFO: return st.stx_uid == u->uid ? 0 : give(init, step, fd, u->uid);
	default: return 0;
	}
}

int step_stdio_owner(struct init *init, const struct plan_step *step)
{
	const struct plan_user *u = (const struct plan_user *)init_find_step(init, PLAN_USER);
	struct own_node last = {.fd = -1};

	for (int fd = 0; u && fd < 3; fd++)
		if (own(init, step, &last, fd, u))
			return -1;
	return 0;
}
