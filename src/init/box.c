/* SPDX-License-Identifier: Apache-2.0 */
/* Things of the host that steps of the box need: /proc as it is before the pivot, verified. */
#include "init/init.h"

#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>

/* What is mounted on /proc, when it is procfs; -errno, or -ENXIO: something else. */
static long open_mounted_proc(long *ret_call)
{
	long fd = sys_openat2(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0,
			      RESOLVE_NO_SYMLINKS);
	struct statx st;
	struct statfs fs;
	long r;

	*ret_call = __NR_openat2;
	if (fd < 0)
		return fd;
	*ret_call = __NR_fstatfs;
	r = sys_call(__NR_fstatfs, fd, &fs);
	if (!r) {
		*ret_call = __NR_statx;
		r = sys_call(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_INO, &st);
	}
	if (!r && fs.f_type == PROC_SUPER_MAGIC &&
	    st.stx_ino == 1) /* PROC_ROOT_INO: not some directory of a procfs */
		return fd;
	sys_call(__NR_close, fd);
	return r < 0 ? r : -ENXIO;
}

/*
 * A procfs of our own, mounted nowhere: nothing can be mounted on its files. The kernel refuses it
 * (EPERM) in a user namespace whose /proc is partly covered. It is never seen in the container:
 * init is not dumpable and closes it before the program runs.
 */
static long make_proc(void)
{
	INIT_CLOSE int fsfd = (int)sys_fsopen("proc", FSOPEN_CLOEXEC);
	long r;

	if (fsfd < 0)
		return fsfd;
	r = sys_fsconfig(fsfd, FSCONFIG_CMD_CREATE, 0, 0, 0);
	return r ? r
		 : sys_fsmount(fsfd, FSMOUNT_CLOEXEC,
			       MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

int init_open_proc(struct init *init, const struct plan_step *step)
{
	long call, own, fd = open_mounted_proc(&call);

	if (fd >= 0)
		return (int)fd;
	own = make_proc();
	if (own >= 0)
		return (int)own;
	return fd == -ENXIO ? init_fail_why(init, step, INIT_WHY_NOT_PROC, 0, "/proc")
			    : init_fail(init, step, call, fd, "/proc");
}

/* The permission to look is checked when it is opened, not when the host reads it. In a mount
 * namespace that was joined, /proc/self/stat may be anything, as a FIFO. */
void init_tell_stat(struct init *init)
{
	INIT_CLOSE int proc = -1, fd = -1;
	long call;

	if (!(init->plan->flags & PLAN_F_TELL_STAT))
		return;
	proc = (int)open_mounted_proc(&call);
	if (proc >= 0)
		fd = (int)sys_openat2(proc, "self/stat", O_RDONLY | O_CLOEXEC, 0,
				      RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
	if (fd >= 0 && init_send(init, INIT_STAT, 0, fd) < 0)
		init_exit(1);
	/* without it the host looks for itself, and says what is missing */
}

/* Does this error say that something is mounted at or above a file of procfs? */
static bool is_covered(long r)
{
	return r == -EXDEV || r == -EROFS || r == -ENOENT;
}

long init_proc_file(int *proc, const char *path, uint64_t resolve)
{
	long own, r;

	resolve |= RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
	r = sys_openat2(*proc, path, O_WRONLY | O_CLOEXEC, 0, resolve);
	if (!is_covered(r))
		return r;
	own = make_proc();
	if (own < 0)
		return r;
	init_close(proc);
	*proc = (int)own;
	return sys_openat2(*proc, path, O_WRONLY | O_CLOEXEC, 0, resolve);
}

int init_host_proc(struct init *init, const struct plan_step *step)
{
	if (init->proc_fd < 0)
		init->proc_fd = init_open_proc(init, step);
	return init->proc_fd;
}

int init_drop_host(struct init *init, const struct plan_step *step)
{
	const struct plan_hooks *h = (const struct plan_hooks *)init_find_step(init, PLAN_HOOKS);

	if (init->pty_master < 0) { /* nothing is open that we still want: two calls for all */
		init->proc_fd = init->rootfd = -1;
		return init_close_strangers(init, step);
	}
	init_close(&init->proc_fd);
	init_close(&init->rootfd);
	for (unsigned i = 0; i < INIT_SLOTS_MAX; i++)
		if (!h || (i + 1 != h->out_slot && i + 1 != h->err_slot))
			init_close(&init->slots[i]);
	return 0;
}
