/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /sys/fs/cgroup of the container.
 *
 *   v2           NEW: cgroup2, which shows the own cgroup namespace; BIND: the container's
 * directory of the host's tree v1, hybrid   a tmpfs with one directory for each hierarchy (NEW:
 * mounted, BIND: the host's directory), links for the names of joined controllers ("cpu" for
 * "cpu,cpuacct"), and last read-only when asked for
 */
#include "init/mount.h"

static const char *target_path(const struct init *init, const struct plan_mount_cgroup *c)
{
	return plan_text(init->plan, c->target);
}

/* Read-only and the like must hold, or there is no mount (CVE-2023-25809). */
static int open_bind(struct init *init, const struct plan_mount_cgroup *c, const char *path)
{
	INIT_CLOSE int tree = (int)sys_open_tree(
		AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (tree < 0)
		return init_fail(init, &c->s, __NR_open_tree, tree, path);
	if (init_mount_attr_step(init, &c->s, tree, AT_RECURSIVE, c->attr_set, c->attr_clr))
		return -1;
	return init_take_fd(&tree);
}

/* A second view of cgroup2 is refused where the first is partly covered (EPERM) or in use by v1
 * (EBUSY): then the host's directory. */
static int open_unified(struct init *init, const struct plan_mount_cgroup *c)
{
	const char *path = plan_text(init->plan, c->path);
	struct fs_new fs = {.attr = (unsigned)c->attr_set, .mode = -1};
	long call;
	int tree;

	if (c->variant == PLAN_CGROUP_MOUNT_BIND)
		return open_bind(init, c, path);
	fs.type = "cgroup2";
	fs.source = "cgroup";
	tree = init_fs_make(init, &fs, &call);
	if (tree >= 0)
		return tree;
	if ((tree == -EPERM || tree == -EBUSY) && path)
		return open_bind(init, c, path);
	return init_fs_fail(init, &c->s, call, tree, "cgroup2");
}

static int open_hierarchy(struct init *init, const struct plan_mount_cgroup *c, uint32_t i)
{
	const char *option = plan_item(init->plan, c->options, i);
	struct fs_new fs = {.attr = (unsigned)c->attr_set, .mode = -1};
	long call;
	int tree;

	if (c->variant == PLAN_CGROUP_MOUNT_BIND)
		return open_bind(init, c, option);
	fs.type = "cgroup";
	fs.source = "cgroup";
	fs.options = option;
	tree = init_fs_make(init, &fs, &call);
	return tree < 0 ? init_fs_fail(init, &c->s, call, tree, plan_item(init->plan, c->names, i))
			: tree;
}

static int add_hierarchy(struct init *init, const struct plan_mount_cgroup *c, int tmpfs,
			 uint32_t i)
{
	const char *name = plan_item(init->plan, c->names, i);
	INIT_CLOSE int tree = -1;
	INIT_CLOSE int dir = -1;
	long r;

	tree = open_hierarchy(init, c, i);
	if (tree < 0)
		return -1;
	r = sys_call(__NR_mkdirat, tmpfs, name, 0755);
	if (r)
		return init_fail(init, &c->s, __NR_mkdirat, r, name);
	dir = (int)sys_openat2(tmpfs, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0,
			       RESOLVE_BENEATH);
	if (dir < 0)
		return init_fail(init, &c->s, __NR_openat2, dir, name);
	r = init_mount_move(tree, dir);
	return r ? init_fail(init, &c->s, __NR_move_mount, r, name) : 0;
}

/* @link: "name=target" */
static int add_link(struct init *init, const struct plan_mount_cgroup *c, int tmpfs,
		    const char *link)
{
	char name[256];
	const char *eq = init_strchr(link, '=');
	long r;

	if (!eq || (size_t)(eq - link) >= sizeof(name))
		return init_fail(init, &c->s, __NR_symlinkat, -EINVAL, link);
	memcpy(name, link, (size_t)(eq - link));
	name[eq - link] = 0;
	r = sys_call(__NR_symlinkat, eq + 1, tmpfs, name);
	return r ? init_fail(init, &c->s, __NR_symlinkat, r, name) : 0;
}

static int open_tmpfs(struct init *init, const struct plan_mount_cgroup *c)
{
	struct fs_new fs = {.mode = 0755};
	long call;
	int tree;

	fs.type = "tmpfs";
	fs.source = "cgroup";
	fs.attr = (unsigned)c->attr_set & ~(unsigned)MOUNT_ATTR_RDONLY;
	tree = init_fs_make(init, &fs, &call);
	return tree < 0 ? init_fs_fail(init, &c->s, call, tree, "tmpfs") : tree;
}

/* Attached first: before 6.15 nothing can be mounted on what is not. */
static int mount_hierarchies(struct init *init, const struct plan_mount_cgroup *c, int target)
{
	INIT_CLOSE int tmpfs = open_tmpfs(init, c);
	uint32_t i;

	if (tmpfs < 0 || init_mount_attach(init, &c->s, tmpfs, target, target_path(init, c)))
		return -1;
	for (i = 0; i < c->names.n; i++)
		if (add_hierarchy(init, c, tmpfs, i))
			return -1;
	for (i = 0; i < c->links.n; i++)
		if (add_link(init, c, tmpfs, plan_item(init->plan, c->links, i)))
			return -1;
	if (init_mount_attr_step(init, &c->s, tmpfs, 0, c->attr_set & MOUNT_ATTR_RDONLY, 0))
		return -1;
	return init_mount_propagation_step(init, &c->s, tmpfs, c->propagation);
}

static int mount_unified(struct init *init, const struct plan_mount_cgroup *c, int target)
{
	INIT_CLOSE int tree = open_unified(init, c);

	if (tree < 0 || init_mount_attach(init, &c->s, tree, target, target_path(init, c)))
		return -1;
	return init_mount_propagation_step(init, &c->s, tree, c->propagation);
}

int step_mount_cgroup(struct init *init, const struct plan_step *step)
{
	const struct plan_mount_cgroup *c = (const struct plan_mount_cgroup *)step;
	INIT_CLOSE int target = init_mount_target(init, step, target_path(init, c), TARGET_DIR, -1);

	if (target < 0)
		return -1;
	if (c->mode == PLAN_CGROUP_V1 || c->mode == PLAN_CGROUP_HYBRID)
		return mount_hierarchies(init, c, target);
	return mount_unified(init, c, target);
}
