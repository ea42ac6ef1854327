/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bind sources that the box may not open itself: with a user namespace, its root has no rights on
 * the way to them; and id-mapped ones. The host clones the mount into a detached tree, maps it, and
 * hands it over.
 */
#include "runtime/runtime.h"

#include "base/fd.h"
#include "sys/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* A process that does nothing but hold a user namespace with the mount's own mappings. */
static pid_t holder_start(void)
{
	struct sys_clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	pid_t pid = (pid_t)sys_clone3_fork(&args);

	if (pid == 0) {
		sys_call(__NR_prctl, 1 /* PR_SET_PDEATHSIG */, SIGKILL, 0, 0, 0);
		for (;;)
			sys_call(__NR_ppoll, 0, 0, 0, 0, 0);
	}
	return pid;
}

/* Where a filter or a security module forbids the signal it ends with us (PDEATHSIG). */
static void holder_end(pid_t pid)
{
	if (kill(pid, SIGKILL))
		return;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int open_userns(pid_t pid, int *ret_fd, struct hz_error *err)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0
		       ? error_sys(err, errno, "open", path, "open the user namespace of a mount")
		       : 0;
}

static int mapped_userns(const char *uids, const char *gids, int *ret_fd, struct hz_error *err)
{
	pid_t pid = holder_start();
	int r, ret = -1;

	if (pid < 0)
		return error_sys(err, -pid, "clone3", NULL,
				 "make a user namespace for an id-mapped mount");
	r = proc_write(pid, "uid_map", uids);
	if (!r)
		r = proc_write(pid, "gid_map", gids);
	if (r)
		error_sys(err, -r, "write", NULL, "map the ids of a mount");
	else
		ret = open_userns(pid, ret_fd, err);
	holder_end(pid);
	return ret;
}

static int map_tree(struct creation *c, const struct plan_mount *m, int tree, struct hz_error *err)
{
	const struct plan_header *h = c->b->plan.h;
	unsigned flags = AT_EMPTY_PATH | (m->flags & PLAN_MOUNT_RIDMAP ? AT_RECURSIVE : 0);
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	_cleanup_fd_ int ns = -1;
	long r;

	if (m->uid_map ? mapped_userns(plan_text(h, m->uid_map), plan_text(h, m->gid_map), &ns, err)
		       : open_userns(c->pid, &ns, err))
		return -1;
	attr.userns_fd = (uint64_t)ns;
	r = sys_mount_setattr(tree, "", flags, &attr);
	if (!r)
		return 0;
	error_sys(err, (int)-r, "mount_setattr", plan_text(h, m->source),
		  "map the ids of the mount on \"%s\"", plan_text(h, m->target));
	if (r == -EINVAL)
		error_hint(err, "its file system does not support id-mapped mounts on this kernel");
	return -1;
}

static int failed(struct creation *c, const struct plan_mount *m, struct hz_error *err)
{
	error_pointer(err, plan_text(c->b->plan.h, m->s.origin));
	return error_step(err, plan_kind_name(PLAN_MOUNT));
}

int source_map(struct creation *c, const struct plan_mount *m, int tree, struct hz_error *err)
{
	return map_tree(c, m, tree, err) ? failed(c, m, err) : 0;
}

int source_open(struct creation *c, const struct plan_mount *m, int *ret_fd, struct hz_error *err)
{
	const char *source = plan_text(c->b->plan.h, m->source);
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
			 (m->flags & PLAN_MOUNT_REC ? AT_RECURSIVE : 0);
	const uint32_t nofollow = PLAN_MOUNT_SRC_NOFOLLOW | PLAN_MOUNT_COPY_SYMLINK;
	_cleanup_fd_ int tree = (int)sys_open_tree(
		AT_FDCWD, source, flags | (m->flags & nofollow ? AT_SYMLINK_NOFOLLOW : 0));

	if (tree < 0)
		error_sys(err, -tree, "open_tree", source, "mount \"%s\" on \"%s\"", source,
			  plan_text(c->b->plan.h, m->target));
	if (tree < 0 ||
	    ((m->flags & (PLAN_MOUNT_IDMAP | PLAN_MOUNT_RIDMAP)) && map_tree(c, m, tree, err)))
		return failed(c, m, err);
	*ret_fd = TAKE_FD(tree);
	return 0;
}
