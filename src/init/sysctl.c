/* SPDX-License-Identifier: Apache-2.0 */
/* Sysctls, written through a verified /proc: no link and no other mount may lead the write
 * elsewhere (CVE-2025-52881). */
#include "init/init.h"

#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/magic.h>

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

int step_sysctl(struct init *init, const struct plan_step *step)
{
	const struct plan_sysctl *c = (const struct plan_sysctl *)step;
	char path[320] = "/proc/sys/";
	INIT_CLOSE int fd = -1;
	struct init_text t = {.at = path, .size = sizeof(path), .len = 10};
	int proc = init_host_proc(init, step);
	long r;

	if (proc < 0)
		return -1;
	init_text_str(&t, plan_text(init->plan, c->key));
	if (t.cut)
		return init_fail(init, step, __NR_openat2, -ENAMETOOLONG, path);
	r = sys_openat2(proc, path + sizeof("/proc/") - 1, O_WRONLY | O_CLOEXEC, 0,
			RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
				RESOLVE_NO_XDEV);
	if (r < 0)
		return init_fail(init, step, __NR_openat2, r, path);
	fd = (int)r;
	return write_value(init, step, fd, path, plan_text(init->plan, c->value));
}
