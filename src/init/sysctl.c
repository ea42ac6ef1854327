/* SPDX-License-Identifier: Apache-2.0 */
/* Sysctls, written through a verified /proc: no link and no other mount may lead the write
 * elsewhere (CVE-2025-52881). */
#include "init/init.h"

#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/sched.h>

static int write_value(struct init *init, const struct plan_step *step, int fd, const char *path,
		       const char *value)
{
	struct statfs fs;
	long r = sys_call(__NR_fstatfs, fd, &fs);

	if (r < 0)
		return init_fail(init, step, __NR_fstatfs, r, path);
	if (fs.f_type != PROC_SUPER_MAGIC)
		return init_fail_why(init, step, INIT_WHY_NOT_PROC, 0, path);
	r = init_write_once(fd, value, strlen(value));
	return r < 0 ? init_fail(init, step, __NR_write, r, path) : 0;
}

/* In a mount namespace that was joined, others decide what is mounted on /proc. */
static bool is_proc_of_host(const struct init *init)
{
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (init->plan, s, i)
		if (s->kind == PLAN_NS_JOIN &&
		    ((const struct plan_ns_join *)s)->type == CLONE_NEWNS)
			return false;
	return true;
}

/*
 * Without a procfs of our own, as in the user namespace of an LXC container, the mounts on the
 * host's /proc count: an outer container mounts /proc/sys read-only and /proc/sys/net writable on
 * top of it. They are trusted as the host is; write_value() still demands procfs.
 */
static long open_covered(int proc, const char *path)
{
	return sys_openat2(proc, path, O_WRONLY | O_CLOEXEC, 0,
			   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

int step_sysctl(struct init *init, const struct plan_step *step)
{
	const struct plan_sysctl *c = (const struct plan_sysctl *)step;
	char path[320] = "/proc/sys/";
	const char *below = path + sizeof("/proc/") - 1;
	INIT_CLOSE int fd = -1;
	struct init_text t = {.at = path, .size = sizeof(path), .len = 10};
	long r;

	if (init_host_proc(init, step) < 0)
		return -1;
	init_text_str(&t, plan_text(init->plan, c->key));
	if (t.cut)
		return init_fail(init, step, __NR_openat2, -ENAMETOOLONG, path);
	r = init_proc_file(&init->proc_fd, below, RESOLVE_NO_SYMLINKS);
	if (r == -EXDEV && is_proc_of_host(init))
		r = open_covered(init->proc_fd, below);
	if (r < 0)
		return init_fail(init, step, __NR_openat2, r, path);
	fd = (int)r;
	return write_value(init, step, fd, path, plan_text(init->plan, c->value));
}
