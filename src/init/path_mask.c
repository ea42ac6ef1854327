/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read-only paths and masked paths. A masked file becomes a read-only view of the host's /dev/null
 * (the container's, if the host has none), verified, and a masked directory one empty read-only
 * tmpfs that all of them share (CVE-2025-31133: the container's own /dev/null may be anything).
 * What is seen at the path afterwards is checked (CVE-2025-52881). Links are resolved below the
 * container's root.
 *
 * The node behind a masked file is the host's: the read-only mount keeps the container's root from
 * changing its mode, owner, times and extended attributes.
 */
#include "init/mount.h"

#define HARD_NODE (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)
#define HARD      (HARD_NODE | MOUNT_ATTR_NODEV)

/* The first masked file and the first masked directory; the others are clones of them. */
static int null_fd = -1, empty_fd = -1;
static struct statx empty_stat;

void init_mask_done(void)
{
	init_close(&null_fd);
	init_close(&empty_fd);
}

/* The target of a step, or -1: *ret_done says whether that is an end without failure. */
static int open_path(struct init *init, const struct plan_text *p, bool *ret_done)
{
	const char *path = plan_text(init->plan, p->text);
	int fd = init_target_find(init, path, 0, 0);

	*ret_done = p->flag && (fd == -ENOENT || fd == -ENOTDIR);
	if (fd < 0 && !*ret_done)
		init_fail(init, &p->s, __NR_openat2, fd, path);
	return fd;
}

int step_readonly_path(struct init *init, const struct plan_step *step)
{
	const struct plan_text *p = (const struct plan_text *)step;
	const char *path = plan_text(init->plan, p->text);
	bool done, in_rootfs;
	INIT_CLOSE int fd = open_path(init, p, &done);
	INIT_CLOSE int tree = -1;
	int r;

	if (fd < 0)
		return done ? 0 : -1;
	if (init_mount_check(init, step, fd, path, &in_rootfs))
		return -1;
	tree = init_mount_clone(fd, true);
	if (tree < 0)
		return init_fail(init, step, __NR_open_tree, tree, path);
	r = init_mount_attr(tree, AT_RECURSIVE, MOUNT_ATTR_RDONLY, 0);
	if (r)
		return init_fail(init, step, __NR_mount_setattr, r, path);
	return init_mount_attach(init, step, tree, fd, path);
}

static int mask_with(struct init *init, const struct plan_step *step, int tree, int target,
		     const char *path)
{
	int r = init_mount_move(tree, target);

	return r ? init_fail(init, step, __NR_move_mount, r, path) : 0;
}

/* @fd when it is character device 1:3, verified (CVE-2025-31133); else -errno, -ENODEV: another
 * node. */
static int check_null(int fd)
{
	struct statx st;
	int r = fd < 0 ? fd : init_stat(fd, NULL, &st);

	if (!r && init_is_device(&st, S_IFCHR, 1, 3))
		return fd;
	init_close(&fd);
	return r ? r : -ENODEV;
}

/* The host's; where that was lost or replaced, the container's. */
static int open_null(struct init *init, const struct plan_step *step)
{
	int host = check_null(
		(int)sys_call(__NR_openat, AT_FDCWD, "/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC));
	int own = host < 0 ? check_null(init_target_find(init, "/dev/null", O_NOFOLLOW, 0)) : -1;

	if (host >= 0 || own >= 0)
		return host >= 0 ? host : own;
	return host == -ENODEV ? init_fail_why(init, step, INIT_WHY_BAD_NODE, 0, "/dev/null")
			       : init_fail(init, step, __NR_openat, host, "/dev/null");
}

/* Not nodev: a masked file can be opened, and is empty. */
static int clone_null(struct init *init, const struct plan_step *step)
{
	INIT_CLOSE int null = open_null(init, step), tree = -1;
	int r;

	if (null < 0)
		return -1;
	tree = init_mount_clone(null, false);
	if (tree < 0)
		return init_fail(init, step, __NR_open_tree, tree, "/dev/null");
	r = init_mount_attr(tree, 0, HARD_NODE, 0);
	if (r)
		return init_fail(init, step, __NR_mount_setattr, r, "/dev/null");
	return init_take_fd(&tree);
}

/* Before 6.15 only a mount that is attached can be cloned, so the first path gets the original. */
static int mask_again(struct init *init, const struct plan_step *step, int first, int target,
		      const char *path)
{
	INIT_CLOSE int tree = init_mount_clone(first, false);

	if (tree < 0)
		return init_fail(init, step, __NR_open_tree, tree, "an earlier mask");
	return mask_with(init, step, tree, target, path);
}

static int mask_file(struct init *init, const struct plan_step *step, int target, const char *path)
{
	if (null_fd >= 0)
		return mask_again(init, step, null_fd, target, path);
	null_fd = clone_null(init, step);
	return null_fd < 0 ? -1 : mask_with(init, step, null_fd, target, path);
}

static int make_empty(struct init *init, const struct plan_step *step)
{
	struct fs_new fs = {.attr = HARD, .mode = 0555};
	long call;
	int r;

	fs.type = fs.source = "tmpfs";
	fs.options = "size=4k,nr_inodes=1";
	empty_fd = init_fs_make(init, &fs, &call);
	if (empty_fd < 0)
		return init_fs_fail(init, step, call, empty_fd, "an empty directory");
	r = init_stat(empty_fd, NULL, &empty_stat);
	return r ? init_fail(init, step, __NR_statx, r, "an empty directory") : 0;
}

static int mask_dir(struct init *init, const struct plan_step *step, int target, const char *path)
{
	if (empty_fd >= 0)
		return mask_again(init, step, empty_fd, target, path);
	return make_empty(init, step) ? -1 : mask_with(init, step, empty_fd, target, path);
}

static bool is_empty_dir(const struct statx *st)
{
	return st->stx_dev_major == empty_stat.stx_dev_major &&
	       st->stx_dev_minor == empty_stat.stx_dev_minor && st->stx_ino == empty_stat.stx_ino;
}

static int check_masked(struct init *init, const struct plan_step *step, const char *path,
			bool is_dir)
{
	INIT_CLOSE int fd = init_target_find(init, path, 0, 0);
	struct statx st;
	int r;

	if (fd < 0)
		return init_fail(init, step, __NR_openat2, fd, path);
	r = init_stat(fd, NULL, &st);
	if (r)
		return init_fail(init, step, __NR_statx, r, path);
	if (is_dir ? is_empty_dir(&st) : init_is_device(&st, S_IFCHR, 1, 3))
		return 0;
	return init_fail_why(init, step, INIT_WHY_READ_BACK, 0, path);
}

int step_mask_path(struct init *init, const struct plan_step *step)
{
	const struct plan_text *p = (const struct plan_text *)step;
	const char *path = plan_text(init->plan, p->text);
	bool done, is_dir;
	INIT_CLOSE int fd = open_path(init, p, &done);
	struct statx st;
	int r;

	if (fd < 0)
		return done ? 0 : -1;
	r = init_stat(fd, NULL, &st);
	if (r)
		return init_fail(init, step, __NR_statx, r, path);
	is_dir = S_ISDIR(st.stx_mode);
	if (is_dir ? mask_dir(init, step, fd, path) : mask_file(init, step, fd, path))
		return -1;
	return check_masked(init, step, path, is_dir);
}
