/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's root: made a mount of its own, and changed to.
 *
 *   ROOTFS      a clone of the directory, with all that is mounted below it, on the directory
 * itself; init->rootfd PIVOT       pivot_root; or (--no-pivot) the mount is moved onto "/" and
 * chrooted to; or (no mount namespace) chroot alone
 */
#include "init/mount.h"

#include <linux/magic.h>

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

/* In mountinfo space, tab, newline and backslash are \ooo. */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = 0;
}

/*
 * --no-pivot leaves the host's mounts where a process that undoes a chroot finds them: no procfs or
 * sysfs without its masks may be among them. What cannot be taken away (locked in a user namespace)
 * is covered.
 */
static int hide(struct init *init, const struct plan_step *step, const char *path)
{
	struct statfs st = {0};
	long r = sys_call(__NR_umount2, path, 2 /* MNT_DETACH */);

	if (!r)
		return 0;
	if (sys_call(__NR_statfs, path, &st) ||
	    (st.f_type != PROC_SUPER_MAGIC && st.f_type != SYSFS_MAGIC))
		return 0; /* went away with the mount that it was on */
	r = sys_call(__NR_mount, "tmpfs", path, "tmpfs",
		     MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k");
	return r ? init_fail(init, step, __NR_mount, r, path) : 0;
}

/* One line of mountinfo: id, parent, device, root, mount point, options, optional fields, "-",
 * type, source, options. */
static int hide_line(struct init *init, const struct plan_step *step, char *line,
		     const char *rootfs)
{
	const char *type;
	char *path = line, *end;
	unsigned i;

	for (i = 0; path && i < 4; i++) {
		path = (char *)init_strchr(path, ' ');
		path += path != NULL;
	}
	end = path ? (char *)init_strchr(path, ' ') : NULL;
	if (!end)
		return init_fail(init, step, __NR_read, -EINVAL, "/proc/self/mountinfo");
	*end = 0;
	for (type = end + 1; *type && !init_after(type, " - "); type++)
		;
	type = init_after(type, " - ");
	if (!type || (!init_after(type, "proc ") && !init_after(type, "sysfs ")))
		return 0;
	unescape(path);
	type = init_after(path, rootfs);
	if (type && (!*type || *type == '/'))
		return 0;
	return hide(init, step, path);
}

static int hide_lines(struct init *init, const struct plan_step *step, int fd, const char *rootfs)
{
	static char buffer[4 * INIT_PATH_MAX];
	size_t have = 0, at, end;
	long n;

	for (;;) {
		n = sys_call(__NR_read, fd, buffer + have, sizeof(buffer) - have);
		if (n <= 0)
			return n || have ? init_fail(init, step, __NR_read, n ? n : -E2BIG,
						     "/proc/self/mountinfo")
					 : 0;
		have += (size_t)n;
		for (at = 0, end = 0; end < have; end++) {
			if (buffer[end] != '\n')
				continue;
			buffer[end] = 0;
			if (hide_line(init, step, buffer + at, rootfs))
				return -1;
			at = end + 1;
		}
		memmove(buffer, buffer + at, have - at);
		have -= at;
	}
}

static int hide_host(struct init *init, const struct plan_step *step)
{
	static char rootfs[INIT_PATH_MAX];
	char link[32];
	struct init_text name;
	int proc = init_host_proc(init, step);
	INIT_CLOSE int fd = -1;
	long n;

	if (proc < 0)
		return -1;
	init_text_start(&name, link, sizeof(link));
	init_text_str(&name, "self/fd/");
	init_text_u64(&name, (uint64_t)init->rootfd);
	n = sys_call(__NR_readlinkat, proc, link, rootfs, sizeof(rootfs) - 1);
	if (n <= 1)
		return init_fail(init, step, __NR_readlinkat, n < 0 ? n : -EINVAL, "/proc/self/fd");
	rootfs[n] = 0;
	fd = (int)sys_call(__NR_openat, proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return init_fail(init, step, __NR_openat, fd, "/proc/self/mountinfo");
	return hide_lines(init, step, fd, rootfs);
}

static int move_root(struct init *init, const struct plan_step *step)
{
	long r;

	if (leave_host(init, step, "/") || hide_host(init, step))
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
