/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal: made from the container's own devpts before the pivot, handed to the host and made
 * stdio after it. No path of the container is trusted on the way (CVE-2025-52565): the slave comes
 * from the master by ioctl.
 */
#include "init/init.h"

#include <asm/ioctls.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

struct winsize_ { /* struct winsize; asm/termios.h is not for programs without libc */
	unsigned short rows, cols, x, y;
};

/* On a real devpts the node ptmx is the kernel's own; nothing may be mounted over it. */
static int open_ptmx(struct init *init, const struct plan_step *step)
{
	static const char dir[] = "/dev/pts", node[] = "/dev/pts/ptmx";
	INIT_CLOSE int pts = -1;
	struct statfs fs;
	long r = sys_openat2(init->rootfd, "dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC, 0,
			     RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);

	if (r < 0)
		return init_fail(init, step, __NR_openat2, r, dir);
	pts = (int)r;
	r = sys_call(__NR_fstatfs, pts, &fs);
	if (r < 0)
		return init_fail(init, step, __NR_fstatfs, r, dir);
	if (fs.f_type != DEVPTS_SUPER_MAGIC)
		return init_fail_why(init, step, INIT_WHY_BAD_NODE, 0, node);
	r = sys_openat2(pts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC, 0,
			RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	return r < 0 ? init_fail(init, step, __NR_openat2, r, node) : (int)r;
}

static int open_pty(struct init *init, const struct plan_step *step)
{
	int unlock = 0;
	long r;

	init->pty_master = open_ptmx(init, step);
	if (init->pty_master < 0)
		return -1;
	r = sys_call(__NR_ioctl, init->pty_master, TIOCSPTLCK, &unlock);
	if (!r)
		r = sys_call(__NR_ioctl, init->pty_master, TIOCGPTPEER,
			     O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (r < 0)
		return init_fail(init, step, __NR_ioctl, r, "/dev/pts/ptmx");
	init->pty_slave = (int)r;
	return 0;
}

int step_console(struct init *init, const struct plan_step *step)
{
	if (open_pty(init, step) < 0)
		return -1;
	return init_bind_fd(init, step, init->pty_slave, "/dev/console");
}

/* Of an exec, whose root is the container's already. */
static int open_pty_here(struct init *init, const struct plan_step *step)
{
	long fd = sys_call(__NR_openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return init_fail(init, step, __NR_openat, fd, "/");
	init->rootfd = (int)fd;
	r = open_pty(init, step);
	init_close(&init->rootfd);
	return r;
}

static int own_slave(struct init *init, const struct plan_step *step, const struct plan_terminal *t)
{
	struct winsize_ size = {.rows = (unsigned short)t->rows, .cols = (unsigned short)t->cols};
	long r = 0;

	if (t->rows || t->cols)
		r = sys_call(__NR_ioctl, init->pty_slave, TIOCSWINSZ, &size);
	if (!r)
		r = sys_call(__NR_ioctl, init->pty_slave, TIOCSCTTY, 0);
	if (r < 0)
		return init_fail(init, step, __NR_ioctl, r, "terminal");
	r = sys_call(__NR_fchown, init->pty_slave, t->uid,
		     -1); /* the group is the gid= of devpts */
	return r < 0 ? init_fail(init, step, __NR_fchown, r, "terminal") : 0;
}

int step_terminal(struct init *init, const struct plan_step *step)
{
	if ((init->plan->flags & PLAN_F_EXEC) && open_pty_here(init, step) < 0)
		return -1;
	if (init->pty_master < 0)
		return init_fail_why(init, step, INIT_WHY_PROTOCOL, 0, "terminal");
	if (own_slave(init, step, (const struct plan_terminal *)step) < 0)
		return -1;
	for (int fd = 0; fd < 3; fd++) {
		long r = sys_call(__NR_dup3, init->pty_slave, fd, 0);

		if (r < 0)
			return init_fail(init, step, __NR_dup3, r, "terminal");
	}
	if (init_send(init, INIT_PTY, 0, init->pty_master) < 0)
		init_exit(1);
	init_close(&init->pty_master);
	init_close(&init->pty_slave);
	return 0;
}
