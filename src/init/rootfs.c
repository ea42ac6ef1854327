/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's root: made a mount of its own, and changed to.
 *
 *   ROOTFS      a clone of the directory, with all that is mounted below it, on the directory
 * itself; init->rootfd PIVOT       pivot_root; or (--no-pivot) the mount is moved onto "/" and
 * chrooted to; or (no mount namespace) chroot alone
 */
#include "init/mount.h"

/* A path has at most this many directories above it. */
#define PARENTS_MAX (INIT_PATH_MAX / 2)

uint64_t init_root_propagation(const struct init *init)
{
	const struct plan_step *first = init_find_step(init, PLAN_ROOT_PROPAGATION);
	const struct plan_root_propagation *p = (const struct plan_root_propagation *)first;

	return p && !p->final ? p->flags : 0;
}

/* Without a mount namespace of the container's own there is no root to change. */
static bool is_chroot_only(const struct init *init)
{
	const struct plan_step *pivot = init_find_step(init, PLAN_PIVOT);

	return pivot && ((const struct plan_pivot *)pivot)->how == PLAN_PIVOT_CHROOT;
}

int step_root_propagation(struct init *init, const struct plan_step *step)
{
	const struct plan_root_propagation *p = (const struct plan_root_propagation *)step;
	long r = sys_call(__NR_mount, NULL, "/", NULL, p->flags, NULL);

	return r ? init_fail(init, step, __NR_mount, r, "/") : 0;
}

/*
 * pivot_root(2) refuses a new root whose parent mount is shared, and what is mounted on a shared
 * mount appears on its peers. From the directory upwards, the first that is the root of a mount is
 * the parent-to-be.
 */
static int make_parent_private(struct init *init, const struct plan_step *step, int dir)
{
	struct mount_attr attr = {.propagation = MS_PRIVATE};
	INIT_CLOSE int at = (int)sys_call(__NR_fcntl, dir, F_DUPFD_CLOEXEC, 3);
	unsigned i;
	long r;

	if (at < 0)
		return init_fail(init, step, __NR_fcntl, at, NULL);
	for (i = 0; i < PARENTS_MAX; i++) {
		r = sys_mount_setattr(at, "", AT_EMPTY_PATH, &attr);
		if (r != -EINVAL)
			return r ? init_fail(init, step, __NR_mount_setattr, r,
					     "the mount below the rootfs")
				 : 0;
		r = sys_call(__NR_openat, at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (r < 0)
			return init_fail(init, step, __NR_openat, r, "the mount below the rootfs");
		init_close(&at);
		at = (int)r;
	}
	return init_fail(init, step, __NR_mount_setattr, -EINVAL, "the mount below the rootfs");
}

int step_rootfs(struct init *init, const struct plan_step *step)
{
	const struct plan_rootfs *p = (const struct plan_rootfs *)step;
	const char *path = plan_text(init->plan, p->path);
	INIT_CLOSE int dir =
		(int)sys_call(__NR_openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	INIT_CLOSE int tree = -1;
	long r;

	init_mount_new_root();
	if (dir < 0)
		return init_fail(init, step, __NR_openat, dir, path);
	if (is_chroot_only(init) && !p->on_host) {
		init->rootfd = init_take_fd(&dir);
		return 0;
	}
	if (p->parent_private && make_parent_private(init, step, dir))
		return -1;
	tree = init_mount_clone(dir, true);
	if (tree < 0)
		return init_fail(init, step, __NR_open_tree, tree, path);
	if (p->on_host && init_mount_propagation_step(init, step, tree, MS_PRIVATE | MS_REC))
		return -1;
	r = init_mount_move(tree, dir);
	if (r)
		return init_fail(init, step, __NR_move_mount, r, path);
	init->rootfd = init_take_fd(&tree);
	return 0;
}

/* A step that is one call and takes the blame under the name of what it was done to. */
static int blame(struct init *init, const struct plan_step *step, long call, long r,
		 const char *object)
{
	return r < 0 ? init_fail(init, step, call, r, object) : 0;
}

/*
 * What is taken away at @path must not be lost to the host, so it is made a slave; unless all of it
 * was cut off from the host before the first mount.
 */
static int leave_host(struct init *init, const struct plan_step *step, const char *path)
{
	uint64_t flags = init_root_propagation(init);
	long r;

	if ((flags & (MS_PRIVATE | MS_SLAVE)) && (flags & MS_REC))
		return 0;
	r = sys_call(__NR_mount, NULL, path, NULL, MS_SLAVE | MS_REC, NULL);
	return blame(init, step, __NR_mount, r, "the old root");
}

/* The old root comes to lie on top of the new one and is taken away from there. */
static int pivot_to(struct init *init, const struct plan_step *step)
{
	INIT_CLOSE int old =
		(int)sys_call(__NR_openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (blame(init, step, __NR_openat, old, "/") ||
	    blame(init, step, __NR_fchdir, sys_call(__NR_fchdir, init->rootfd), "the rootfs") ||
	    blame(init, step, __NR_pivot_root, sys_call(__NR_pivot_root, ".", "."), "the rootfs") ||
	    blame(init, step, __NR_fchdir, sys_call(__NR_fchdir, old), "the old root") ||
	    leave_host(init, step, ".") ||
	    blame(init, step, __NR_umount2, sys_call(__NR_umount2, ".", 2 /* MNT_DETACH */),
		  "the old root"))
		return -1;
	return blame(init, step, __NR_chdir, sys_call(__NR_chdir, "/"), "/");
}

static int change_root(struct init *init, const struct plan_step *step)
{
	if (blame(init, step, __NR_fchdir, sys_call(__NR_fchdir, init->rootfd), "the rootfs") ||
	    blame(init, step, __NR_chroot, sys_call(__NR_chroot, "."), "the rootfs"))
		return -1;
	return blame(init, step, __NR_chdir, sys_call(__NR_chdir, "/"), "/");
}

static int move_root(struct init *init, const struct plan_step *step)
{
	long r;

	if (leave_host(init, step, "/") || init_hide_host(init, step))
		return -1;
	r = sys_move_mount(init->rootfd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
	if (r)
		return init_fail(init, step, __NR_move_mount, r, "the rootfs");
	return change_root(init, step);
}

int step_pivot(struct init *init, const struct plan_step *step)
{
	init_mask_done();
	init_target_forget();
	switch (((const struct plan_pivot *)step)->how) {
	case PLAN_PIVOT_ROOT: return pivot_to(init, step);
	case PLAN_PIVOT_MOVE: return move_root(init, step);
	default: return change_root(init, step);
	}
}

/* Only the root itself: what is mounted on it keeps what it got. */
int step_root_readonly(struct init *init, const struct plan_step *step)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	long r = sys_mount_setattr(AT_FDCWD, "/", 0, &attr);

	return r ? init_fail(init, step, __NR_mount_setattr, r, "/") : 0;
}
