/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device nodes and the links of /dev. All is made in the descriptor of its directory, which was
 * resolved below the container's root: /dev itself may be a link of the image (CVE-2026-41579,
 * CVE-2026-47766).
 */
#include "init/mount.h"

static bool is_fitting(const struct plan_device *d, const struct statx *st)
{
	if (d->type == S_IFIFO)
		return S_ISFIFO(st->stx_mode);
	return init_is_device(st, d->type, d->major, d->minor);
}

/* What is there is another thing: of which type, or with which numbers, the host says. */
static int fail_other(struct init *init, const struct plan_device *d, const struct statx *st)
{
	bool type = d->type == S_IFIFO || (st->stx_mode & S_IFMT) != d->type;

	init_fail_why(init, &d->s, INIT_WHY_BAD_NODE, 0, plan_text(init->plan, d->path));
	if (!type)
		init_fail_args(st->stx_rdev_major, st->stx_rdev_minor + 1);
	return -1;
}

/* A change of the owner took the set-id bits away. fchmodat(2) would follow a link that was put
 * here meanwhile: the mode is changed by descriptor, and only of what is the node. */
static int set_mode(struct init *init, const struct plan_device *d, int parent, const char *name)
{
	const char *path = plan_text(init->plan, d->path);
	int proc = init_host_proc(init, &d->s);
	INIT_CLOSE int fd = -1;
	struct init_text t;
	char link[32];
	struct statx st;
	long r;

	if (proc < 0)
		return -1;
	fd = (int)sys_call(__NR_openat, parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return init_fail(init, &d->s, __NR_openat, fd, path);
	r = init_stat(fd, NULL, &st);
	if (r)
		return init_fail(init, &d->s, __NR_statx, r, path);
	if (!is_fitting(d, &st))
		return fail_other(init, d, &st);
	init_text_start(&t, link, sizeof(link));
	init_text_str(&t, "self/fd/");
	init_text_u64(&t, (uint64_t)fd);
	r = sys_call(__NR_fchmodat, proc, link, d->mode);
	return r ? init_fail(init, &d->s, __NR_fchmodat, r, path) : 0;
}

static int give_to_owner(struct init *init, const struct plan_device *d, int parent,
			 const char *name)
{
	long r;

	if (!d->uid && !d->gid)
		return 0;
	r = sys_call(__NR_fchownat, parent, name, d->uid, d->gid, AT_SYMLINK_NOFOLLOW);
	if (r)
		return init_fail(init, &d->s, __NR_fchownat, r, plan_text(init->plan, d->path));
	return d->mode & 06000 ? set_mode(init, d, parent, name) : 0;
}

/* The host's node of the same name, looked at before it is used. */
static int open_host_node(struct init *init, const struct plan_device *d)
{
	const char *path = plan_text(init->plan, d->path);
	INIT_CLOSE int fd =
		(int)sys_call(__NR_openat, AT_FDCWD, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct statx st;
	int r;

	if (fd < 0)
		return init_fail(init, &d->s, __NR_openat, fd, path);
	r = init_stat(fd, NULL, &st);
	if (r)
		return init_fail(init, &d->s, __NR_statx, r, path);
	if (!is_fitting(d, &st))
		return fail_other(init, d, &st);
	return init_take_fd(&fd);
}

/*
 * Onto a file: made here, or found; but not onto something that has a meaning of its own. The node
 * is the host's: the read-only mount keeps the container's root, who may be its owner, from
 * changing its mode, owner, times and extended attributes. The device can be written to all the
 * same.
 */
static int bind_node(struct init *init, const struct plan_device *d, int parent, const char *name)
{
	const char *path = plan_text(init->plan, d->path);
	INIT_CLOSE int node = open_host_node(init, d);
	INIT_CLOSE int file = -1, tree = -1;
	struct statx st;
	int r;

	if (node < 0)
		return -1;
	file = init_target_file(parent, name);
	if (file == -ELOOP || file == -EISDIR)
		return init_fail_why(init, &d->s, INIT_WHY_BAD_NODE, 0, path);
	if (file < 0)
		return init_fail(init, &d->s, __NR_openat2, file, path);
	r = init_stat(file, NULL, &st);
	if (r)
		return init_fail(init, &d->s, __NR_statx, r, path);
	if (!S_ISREG(st.stx_mode) && !is_fitting(d, &st))
		return fail_other(init, d, &st);
	tree = init_mount_clone(node, false);
	if (tree < 0)
		return init_fail(init, &d->s, __NR_open_tree, tree, path);
	r = init_mount_attr(tree, 0, MOUNT_ATTR_RDONLY, 0);
	if (r)
		return init_fail(init, &d->s, __NR_mount_setattr, r, path);
	r = init_mount_move(tree, file);
	return r ? init_fail(init, &d->s, __NR_move_mount, r, path) : 0;
}

static int make_node(struct init *init, const struct plan_device *d, int parent, const char *name)
{
	const char *path = plan_text(init->plan, d->path);
	struct statx st;
	long r;

	if (d->major > INIT_MAJOR_MAX || d->minor > INIT_MINOR_MAX)
		return init_fail(init, &d->s, __NR_mknodat, -EINVAL, path);
	/* the umask is 0 here */
	r = sys_call(__NR_mknodat, parent, name, d->type | d->mode,
		     init_device_number(d->major, d->minor));
	if (!r)
		return give_to_owner(init, d, parent, name);
	if (r == -EPERM && d->type != S_IFIFO) {
		r = bind_node(init, d, parent, name);
		if (r < 0 && init_failure()->why == INIT_WHY_SYSCALL)
			init_fail_args(1, 0); /* the host says why it was tried */
		return (int)r;
	}
	if (r != -EEXIST)
		return init_fail(init, &d->s, __NR_mknodat, r, path);
	r = init_stat(parent, name, &st);
	if (r)
		return init_fail(init, &d->s, __NR_statx, r, path);
	return is_fitting(d, &st) ? 0 : fail_other(init, d, &st);
}

int step_device(struct init *init, const struct plan_step *step)
{
	const struct plan_device *d = (const struct plan_device *)step;
	const char *name;
	int parent = init_target_parent(init, step, plan_text(init->plan, d->path), &name);

	if (parent < 0)
		return -1;
	if (d->bind && d->type != S_IFIFO)
		return bind_node(init, d, parent, name);
	return make_node(init, d, parent, name);
}

static bool is_link_to(int parent, const char *name, const char *target)
{
	char text[INIT_PATH_MAX];
	long n = sys_call(__NR_readlinkat, parent, name, text, sizeof(text) - 1);

	if (n < 0)
		return false;
	text[n] = 0;
	return init_streq(text, target);
}

/*
 * The host's /dev may be the container's too: bound, in a root that is "/", or as a devtmpfs. Then
 * its links and nodes are the host's, and stay as they are. Asked only once the first link, ptmx,
 * is there already: in a new tmpfs it is not.
 */
static bool is_host_dev(int dir)
{
	struct statx a, b;

	return !init_stat(dir, NULL, &a) && !init_stat(AT_FDCWD, "/dev", &b) &&
	       a.stx_ino == b.stx_ino && a.stx_dev_major == b.stx_dev_major &&
	       a.stx_dev_minor == b.stx_dev_minor;
}

int step_symlink(struct init *init, const struct plan_step *step)
{
	static bool host_dev;
	const struct plan_symlink *l = (const struct plan_symlink *)step;
	const char *path = plan_text(init->plan, l->path),
		   *target = plan_text(init->plan, l->target);
	const char *name;
	int parent = init_target_parent(init, step, path, &name);
	long r;

	if (parent < 0)
		return -1;
	if (host_dev)
		return 0;
	r = sys_call(__NR_symlinkat, target, parent, name);
	if (r == -EEXIST && (!init_streq(path, "/dev/ptmx") || is_link_to(parent, name, target)))
		return 0;
	if (r == -EEXIST) {
		host_dev = is_host_dev(parent);
		if (host_dev)
			return 0;
		/* a node of a devpts, or the image's own idea */
		r = sys_call(__NR_unlinkat, parent, name, 0);
		if (r)
			return init_fail(init, step, __NR_unlinkat, r, path);
		r = sys_call(__NR_symlinkat, target, parent, name);
	}
	return r ? init_fail(init, step, __NR_symlinkat, r, path) : 0;
}
