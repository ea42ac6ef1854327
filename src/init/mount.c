/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts: new file systems, binds, changes of what is mounted. Every one is made detached, gets its
 * attributes, and is then moved onto a descriptor of its target (CVE-2021-30465: a path could lead
 * elsewhere by the time it is used).
 *
 *   new file system    target, fsopen, fsconfig…, fsmount, [copy up], move_mount, [recursive
 * attributes], [propagation] bind               open_tree or the host's tree, [attributes], target,
 * move_mount, [recursive attributes], [propagation] remount            target, mount_setattr
 */
#include "init/mount.h"

#include <linux/magic.h>

#define PROPAGATION (MS_SHARED | MS_SLAVE | MS_PRIVATE | MS_UNBINDABLE)

int init_mount_move(int tree, int target)
{
	init_target_forget();
	return (int)sys_move_mount(tree, "", target, "",
				   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int init_mount_clone(int fd, bool recursive)
{
	return (int)sys_open_tree(fd, "",
				  AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
					  (recursive ? AT_RECURSIVE : 0));
}

int init_mount_attr(int fd, unsigned flags, uint64_t set, uint64_t clr)
{
	struct mount_attr attr = {.attr_set = set, .attr_clr = clr};

	return (int)sys_mount_setattr(fd, "", AT_EMPTY_PATH | flags, &attr);
}

/* The flags that a less privileged mount namespace finds locked: can_change_locked_flags() of the
 * kernel. */
static const struct {
	uint32_t attr;
	char text[24];
} lockable[] = {
	{MOUNT_ATTR_RDONLY, "locked flag ro"},     {MOUNT_ATTR_NODEV, "locked flag nodev"},
	{MOUNT_ATTR_NOSUID, "locked flag nosuid"}, {MOUNT_ATTR_NOEXEC, "locked flag noexec"},
	{MOUNT_ATTR__ATIME, "locked flag atime"},
};

/* Which of them is it? Asked one by one; NULL: none. What can be cleared is cleared, but the mount
 * is given up anyway. */
static const char *find_locked(int fd, unsigned flags, uint64_t set, uint64_t clr)
{
	unsigned i;

	for (i = 0; i < sizeof(lockable) / sizeof(lockable[0]); i++) {
		uint64_t one = clr & lockable[i].attr;
		uint64_t keep = one == MOUNT_ATTR__ATIME ? set & MOUNT_ATTR__ATIME : 0;

		if (one && init_mount_attr(fd, flags, keep, one) == -EPERM)
			return lockable[i].text;
	}
	return NULL;
}

int init_mount_attr_step(struct init *init, const struct plan_step *step, int fd, unsigned flags,
			 uint64_t set, uint64_t clr)
{
	int r;

	if (!set && !clr)
		return 0;
	r = init_mount_attr(fd, flags, set, clr);
	if (!r)
		return 0;
	return init_fail(init, step, __NR_mount_setattr, r,
			 r == -EPERM ? find_locked(fd, flags, set, clr) : NULL);
}

int init_mount_propagation_step(struct init *init, const struct plan_step *step, int fd,
				uint64_t flags)
{
	struct mount_attr attr = {.propagation = flags & PROPAGATION};
	long r;

	if (!attr.propagation)
		return 0;
	r = sys_mount_setattr(fd, "", AT_EMPTY_PATH | (flags & MS_REC ? AT_RECURSIVE : 0), &attr);
	return r ? init_fail(init, step, __NR_mount_setattr, r, NULL) : 0;
}

/* The container's root as it is now; mask 0: not yet looked at. */
static struct statx root_stat;

void init_mount_new_root(void)
{
	root_stat.stx_mask = 0;
}

static bool is_same(const struct statx *a, const struct statx *b)
{
	return a->stx_mnt_id == b->stx_mnt_id && a->stx_ino == b->stx_ino &&
	       a->stx_dev_major == b->stx_dev_major && a->stx_dev_minor == b->stx_dev_minor;
}

int init_mount_check(struct init *init, const struct plan_step *step, int fd, const char *path,
		     bool *ret_in_rootfs)
{
	struct statx st = {0};
	int r = 0;

	if (!root_stat.stx_mask)
		r = init_stat(init->rootfd, NULL, &root_stat);
	if (!r)
		r = init_stat(fd, NULL, &st);
	if (r)
		return init_fail(init, step, __NR_statx, r, path);
	*ret_in_rootfs = st.stx_mnt_id == root_stat.stx_mnt_id;
	if (!init_streq(path, "/") && is_same(&st, &root_stat))
		return init_fail_why(init, step, INIT_WHY_ON_ROOT, 0, path);
	return 0;
}

/* A link of the image may lead a harmless looking target to procfs, where only the compiler's list
 * may be mounted over. */
static int check_target(struct init *init, const struct plan_step *step, int fd, const char *path)
{
	const char *rest = init_after(path, "/proc");
	bool in_rootfs;
	long magic;

	if (init_mount_check(init, step, fd, path, &in_rootfs))
		return -1;
	if (in_rootfs || (rest && (!*rest || *rest == '/')))
		return 0;
	magic = init_magic(fd);
	if (magic < 0)
		return init_fail(init, step, __NR_fstatfs, magic, path);
	return magic == PROC_SUPER_MAGIC ? init_fail_why(init, step, INIT_WHY_UNDER_PROC, 0, path)
					 : 0;
}

static int target_like(struct init *init, const struct plan_step *step, const char *path, int tree)
{
	int fd = init_target_find(init, path, 0, 0);
	struct statx st;
	int r;

	if (fd >= 0)
		return fd;
	if (fd != -ENOENT)
		return init_fail(init, step, __NR_openat2, fd, path);
	r = init_stat(tree, NULL, &st);
	if (r)
		return init_fail(init, step, __NR_statx, r, path);
	return init_target_open(init, step, path, S_ISDIR(st.stx_mode) ? TARGET_DIR : TARGET_FILE);
}

int init_mount_target(struct init *init, const struct plan_step *step, const char *path,
		      enum target_want want, int tree)
{
	INIT_CLOSE int fd = tree >= 0 && want != TARGET_REAL_DIR
				    ? target_like(init, step, path, tree)
				    : init_target_open(init, step, path, want);

	if (fd < 0 || check_target(init, step, fd, path))
		return -1;
	return init_take_fd(&fd);
}

/* move_mount(2) says EINVAL where mount(2) says ENOTDIR. */
static int explain_move(int r, int tree, int target)
{
	struct statx a, b;

	if (r != -EINVAL || init_stat(tree, NULL, &a) || init_stat(target, NULL, &b))
		return r;
	return S_ISDIR(a.stx_mode) == S_ISDIR(b.stx_mode) ? r : -ENOTDIR;
}

int init_mount_attach(struct init *init, const struct plan_step *step, int tree, int target,
		      const char *path)
{
	int fd, r = init_mount_move(tree, target);

	if (r)
		return init_fail(init, step, __NR_move_mount, explain_move(r, tree, target), path);
	if (!init_streq(path, "/"))
		return 0;
	/* All that follows belongs into the mount that now covers the root. */
	fd = (int)sys_call(__NR_fcntl, tree, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return init_fail(init, step, __NR_fcntl, fd, path);
	init_close(&init->rootfd);
	init->rootfd = fd;
	init_mount_new_root();
	return 0;
}

/* dest-nofollow: what is there is taken as it is, also a link. What is missing is made as ever. */
static int target_as_it_is(struct init *init, const struct plan_mount *m, const char *path)
{
	INIT_CLOSE int fd = init_target_find(init, path, O_NOFOLLOW, 0);

	if (fd == -ENOENT)
		return fd;
	if (fd < 0)
		return init_fail(init, &m->s, __NR_openat2, fd, path);
	return check_target(init, &m->s, fd, path) ? -1 : init_take_fd(&fd);
}

static int target_of(struct init *init, const struct plan_mount *m, int tree)
{
	enum target_want want = m->flags & PLAN_MOUNT_REAL_DIR ? TARGET_REAL_DIR : TARGET_DIR;
	const char *path = plan_text(init->plan, m->target);
	int fd = -ENOENT;

	if ((m->flags & PLAN_MOUNT_DEST_NOFOLLOW) && want == TARGET_DIR)
		fd = target_as_it_is(init, m, path);
	return fd == -ENOENT ? init_mount_target(init, &m->s, path, want, tree) : fd;
}

/* What only procfs may be: a mount on /proc, since later writes below it decide about security
 * (CVE-2019-16884, CVE-2025-52881). */
static int check_proc(struct init *init, const struct plan_mount *m, int fd)
{
	const char *path = plan_text(init->plan, m->target);
	long magic;

	if (!init_streq(path, "/proc"))
		return 0;
	magic = init_magic(fd);
	if (magic < 0)
		return init_fail(init, &m->s, __NR_fstatfs, magic, path);
	return magic == PROC_SUPER_MAGIC ? 0
					 : init_fail_why(init, &m->s, INIT_WHY_NOT_PROC, 0, path);
}

/* A process that shares the root file system may have moved the directory away while it was mounted
 * on: look again. */
static int check_proc_attached(struct init *init, const struct plan_mount *m)
{
	const char *path = plan_text(init->plan, m->target);
	INIT_CLOSE int fd = -1;

	if (!init_streq(path, "/proc"))
		return 0;
	fd = init_target_find(init, path, O_DIRECTORY, RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return init_fail(init, &m->s, __NR_openat2, fd, path);
	return check_proc(init, m, fd);
}

static int attach(struct init *init, const struct plan_mount *m, int tree, int target)
{
	if (check_proc(init, m, tree))
		return -1;
	if (init_mount_attach(init, &m->s, tree, target, plan_text(init->plan, m->target)))
		return -1;
	if (init_mount_attr_step(init, &m->s, tree, AT_RECURSIVE, m->rec_set, m->rec_clr))
		return -1;
	if (init_mount_propagation_step(init, &m->s, tree, m->propagation))
		return -1;
	return check_proc_attached(init, m);
}

/* A new sysfs needs a network namespace that the container owns; else the host's is shown,
 * read-only with all that is on it. */
static int bind_sysfs(struct init *init, const struct plan_mount *m)
{
	INIT_CLOSE int tree = (int)sys_open_tree(
		AT_FDCWD, "/sys", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	long magic;

	if (tree < 0)
		return init_fail(init, &m->s, __NR_open_tree, tree, "/sys");
	magic = init_magic(tree);
	if (magic != SYSFS_MAGIC)
		return init_fail(init, &m->s, __NR_fstatfs, magic < 0 ? magic : -ENODEV, "/sys");
	if (init_mount_attr_step(init, &m->s, tree, AT_RECURSIVE, m->attr_set | MOUNT_ATTR_RDONLY,
				 0))
		return -1;
	return init_take_fd(&tree);
}

static int make_tree(struct init *init, const struct plan_mount *m, const struct fs_new *fs)
{
	long call;
	int tree = init_fs_make(init, fs, &call);

	if (tree >= 0)
		return tree;
	if (tree == -EPERM && (m->flags & PLAN_MOUNT_SYSFS_BIND))
		return bind_sysfs(init, m);
	return init_fs_fail(init, &m->s, call, tree, NULL);
}

static bool has_mode(const struct init *init, const struct plan_mount *m)
{
	uint32_t i;

	for (i = 0; i < m->data.n; i++)
		if (init_after(plan_item(init->plan, m->data, i), "mode="))
			return true;
	return false;
}

/* A directory that is yet to be made has no mode to keep. */
static bool keeps_mode(struct init *init, const struct plan_mount *m)
{
	INIT_CLOSE int there = -1;

	if (!(m->flags & PLAN_MOUNT_KEEP_MODE) || has_mode(init, m))
		return false;
	there = init_target_find(init, plan_text(init->plan, m->target), O_DIRECTORY, 0);
	return there >= 0;
}

static int keep_mode(struct init *init, const struct plan_mount *m, int target, struct fs_new *fs)
{
	struct statx st;
	int r = init_stat(target, NULL, &st);

	if (r)
		return init_fail(init, &m->s, __NR_statx, r, plan_text(init->plan, m->target));
	fs->mode = st.stx_mode & 07777;
	return 0;
}

/* Ids are mapped by the host, which has the rights; the mount comes back. */
static int map_ids(struct init *init, const struct plan_mount *m, int *tree)
{
	int mapped;

	if (!(m->flags & PLAN_MOUNT_IDMAP))
		return 0;
	mapped = init_need_source(init, &m->s, *tree);
	if (mapped < 0)
		return -1;
	init_close(tree);
	*tree = mapped;
	return 0;
}

/* The copy must be written before the mount is read-only, so that is what it becomes last. */
static int mount_copied(struct init *init, const struct plan_mount *m, struct fs_new *fs,
			int target)
{
	bool readonly = (fs->sb_flags & MS_RDONLY) || (fs->attr & MOUNT_ATTR_RDONLY);
	INIT_CLOSE int tree = -1;

	fs->sb_flags &= ~(uint64_t)MS_RDONLY;
	fs->attr &= ~(unsigned)MOUNT_ATTR_RDONLY;
	tree = make_tree(init, m, fs);
	if (tree < 0 || init_copyup(init, &m->s, target, tree))
		return -1;
	if (readonly && init_mount_attr_step(init, &m->s, tree, 0, MOUNT_ATTR_RDONLY, 0))
		return -1;
	if (map_ids(init, m, &tree))
		return -1;
	return attach(init, m, tree, target);
}

static int mount_legacy(struct init *init, const struct plan_mount *m, const struct fs_new *fs,
			int target)
{
	const char *path = plan_text(init->plan, m->target);
	INIT_CLOSE int tree = -1;
	int r;

	if (m->flags & (PLAN_MOUNT_TMPCOPYUP | PLAN_MOUNT_IDMAP) || init_streq(path, "/") ||
	    init_streq(path, "/proc"))
		return init_fail(init, &m->s, __NR_fsconfig, -EINVAL, path);
	r = init_fs_mount_legacy(init, fs, target);
	if (r)
		return init_fail(init, &m->s, __NR_mount, r, path);
	tree = init_target_find(init, path, O_DIRECTORY, 0);
	if (tree < 0)
		return init_fail(init, &m->s, __NR_openat2, tree, path);
	if (init_mount_attr_step(init, &m->s, tree, AT_RECURSIVE, m->rec_set, m->rec_clr))
		return -1;
	return init_mount_propagation_step(init, &m->s, tree, m->propagation);
}

/* A new mount is only a path to the kernel: its root has to be opened for this. */
static int label_root(struct init *init, const struct plan_mount *m, int tree)
{
	const char *label = plan_text(init->plan, m->label);
	INIT_CLOSE int fd = -1;
	long r;

	if (!label)
		return 0;
	fd = (int)sys_call(__NR_openat, tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return init_fail(init, &m->s, __NR_openat, fd, NULL);
	r = sys_call(__NR_fsetxattr, fd, "security.selinux", label, strlen(label), 0);
	return r < 0 ? init_fail(init, &m->s, __NR_fsetxattr, r, label) : 0;
}

static int mount_new(struct init *init, const struct plan_mount *m)
{
	struct fs_new fs = {
		.type = plan_text(init->plan, m->type),
		.source = plan_text(init->plan, m->source),
		.data = m->data,
		.sb_flags = m->sb_flags,
		.attr = (unsigned)m->attr_set,
		.mode = -1,
	};
	bool keep = keeps_mode(init, m);
	INIT_CLOSE int target = target_of(init, m, -1);
	INIT_CLOSE int tree = -1;

	if (target < 0 || (keep && keep_mode(init, m, target, &fs)))
		return -1;
	if (init_fs_is_legacy(init, &fs))
		return mount_legacy(init, m, &fs, target);
	if (m->flags & PLAN_MOUNT_TMPCOPYUP)
		return mount_copied(init, m, &fs, target);
	tree = make_tree(init, m, &fs);
	if (tree < 0 || label_root(init, m, tree) || map_ids(init, m, &tree))
		return -1;
	return attach(init, m, tree, target);
}

/*
 * A tree of the host's own mount namespace is a peer of the host's mounts: what is mounted below it
 * in the box would appear on the host. It gets what the box's root got.
 */
static int detach_from_host(struct init *init, const struct plan_mount *m, int tree)
{
	uint64_t flags = init_root_propagation(init);

	if (flags & MS_SHARED)
		return 0;
	return init_mount_propagation_step(init, &m->s, tree,
					   (flags & MS_PRIVATE ? MS_PRIVATE : MS_SLAVE) | MS_REC);
}

/* A copy of what is in the container; its ids are mapped by the host. */
static int inner_source(struct init *init, const struct plan_mount *m)
{
	const char *source = plan_text(init->plan, m->source);
	const uint32_t nofollow = PLAN_MOUNT_SRC_NOFOLLOW | PLAN_MOUNT_COPY_SYMLINK;
	INIT_CLOSE int fd = init_target_find(init, source, m->flags & nofollow ? O_NOFOLLOW : 0, 0);
	INIT_CLOSE int tree = -1;

	if (fd < 0)
		return init_fail(init, &m->s, __NR_openat2, fd, source);
	tree = init_mount_clone(fd, m->flags & PLAN_MOUNT_REC);
	if (tree < 0)
		return init_fail(init, &m->s, __NR_open_tree, tree, source);
	if (m->flags & PLAN_MOUNT_HOST_SOURCE)
		return init_need_source(init, &m->s, tree);
	return init_take_fd(&tree);
}

static int bind_source(struct init *init, const struct plan_mount *m)
{
	const char *source = plan_text(init->plan, m->source);
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
			 (m->flags & PLAN_MOUNT_REC ? AT_RECURSIVE : 0) |
			 (m->flags & (PLAN_MOUNT_SRC_NOFOLLOW | PLAN_MOUNT_COPY_SYMLINK)
				  ? AT_SYMLINK_NOFOLLOW
				  : 0);
	INIT_CLOSE int tree = -1;

	if (m->flags & PLAN_MOUNT_SRC_INSIDE)
		return inner_source(init, m);
	if (!(m->flags & PLAN_MOUNT_HOST_SOURCE)) {
		tree = (int)sys_open_tree(AT_FDCWD, source, flags);
		if (tree < 0)
			return init_fail(init, &m->s, __NR_open_tree, tree, source);
		return init_take_fd(&tree);
	}
	tree = init_need_source(init, &m->s, -1);
	if (tree < 0 || detach_from_host(init, m, tree))
		return -1;
	return init_take_fd(&tree);
}

static bool is_link(int fd)
{
	struct statx st;

	return !init_stat(fd, NULL, &st) && S_ISLNK(st.stx_mode);
}

/* The link @link as one of the container; the same one may be there already. */
static int copy_link(struct init *init, const struct plan_mount *m, int link)
{
	static char text[INIT_PATH_MAX], there[INIT_PATH_MAX];
	const char *path = plan_text(init->plan, m->target), *name;
	int parent = init_target_parent(init, &m->s, path, &name);
	long n, r;

	if (parent < 0)
		return -1;
	n = sys_call(__NR_readlinkat, link, "", text, sizeof(text) - 1);
	if (n < 0)
		return init_fail(init, &m->s, __NR_readlinkat, n, plan_text(init->plan, m->source));
	text[n] = 0;
	r = sys_call(__NR_symlinkat, text, parent, name);
	if (r == -EEXIST && sys_call(__NR_readlinkat, parent, name, there, sizeof(there)) == n &&
	    !memcmp(text, there, (size_t)n))
		return 0;
	return r ? init_fail(init, &m->s, __NR_symlinkat, r, path) : 0;
}

static int mount_bind(struct init *init, const struct plan_mount *m)
{
	INIT_CLOSE int tree = bind_source(init, m);
	INIT_CLOSE int target = -1;

	if (tree < 0)
		return -1;
	if ((m->flags & PLAN_MOUNT_COPY_SYMLINK) && is_link(tree))
		return copy_link(init, m, tree);
	if (init_mount_attr_step(init, &m->s, tree, 0, m->attr_set, m->attr_clr))
		return -1;
	target = target_of(init, m, tree);
	return target < 0 ? -1 : attach(init, m, tree, target);
}

/*
 * Options of the file system are changed only where the plan has some. MS_RDONLY is not one of them
 * here: the mount becomes read-only, not the superblock, which the host may be using.
 */
static int mount_change(struct init *init, const struct plan_mount *m)
{
	const char *path = plan_text(init->plan, m->target);
	INIT_CLOSE int fd = init_target_find(
		init, path, m->flags & PLAN_MOUNT_DEST_NOFOLLOW ? O_NOFOLLOW : 0, 0);
	struct fs_new fs = {
		.data = m->data, .sb_flags = m->sb_flags & ~(uint64_t)MS_RDONLY, .mode = -1};
	long call;
	int r;

	if (fd < 0)
		return init_fail(init, &m->s, __NR_openat2, fd, path);
	if (fs.data.n || fs.sb_flags) {
		r = init_fs_change(init, fd, &fs, &call);
		if (r)
			return init_fs_fail(init, &m->s, call, r, path);
	}
	if (init_mount_attr_step(init, &m->s, fd, 0, m->attr_set, m->attr_clr))
		return -1;
	if (init_mount_attr_step(init, &m->s, fd, AT_RECURSIVE, m->rec_set, m->rec_clr))
		return -1;
	return init_mount_propagation_step(init, &m->s, fd, m->propagation);
}

int step_mount(struct init *init, const struct plan_step *step)
{
	const struct plan_mount *m = (const struct plan_mount *)step;

	if (m->flags & PLAN_MOUNT_REMOUNT)
		return mount_change(init, m);
	return m->flags & PLAN_MOUNT_BIND ? mount_bind(init, m) : mount_new(init, m);
}

/*
 * The last component is looked at as it is: a link there is refused (CVE-2025-52565,
 * CVE-2026-88264), anything else is mounted over without being opened.
 */
int init_bind_fd(struct init *init, const struct plan_step *step, int fd, const char *target)
{
	const char *name;
	int parent = init_target_parent(init, step, target, &name);
	INIT_CLOSE int file = -1, tree = -1;
	int r;

	if (parent < 0)
		return -1;
	file = init_target_file(parent, name);
	if (file < 0)
		return init_fail(init, step, __NR_openat2, file, target);
	tree = init_mount_clone(fd, false);
	if (tree < 0)
		return init_fail(init, step, __NR_open_tree, tree, target);
	r = init_mount_move(tree, file);
	return r ? init_fail(init, step, __NR_move_mount, r, target) : 0;
}
