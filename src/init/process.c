/* SPDX-License-Identifier: Apache-2.0 */
/* Limits, umask, working directory. */
#include "init/init.h"

#include <linux/fcntl.h>

int step_rlimit(struct init *init, const struct plan_step *step)
{
	const struct plan_rlimit *l = (const struct plan_rlimit *)step;
	uint64_t limit[2] = {l->soft, l->hard}; /* struct rlimit64 */
	long r = sys_call(__NR_prlimit64, 0, l->resource, limit, 0);

	return r < 0 ? init_fail(init, step, __NR_prlimit64, r, plan_text(init->plan, l->name)) : 0;
}

int step_umask(struct init *init, const struct plan_step *step)
{
	(void)init;
	sys_call(__NR_umask, ((const struct plan_umask *)step)->mask);
	return 0;
}

static int make_dirs(struct init *init, const struct plan_step *step, const char *path)
{
	char part[INIT_PATH_MAX];
	size_t len = strlen(path);
	long mask, r = 0;

	if (len >= sizeof(part))
		return init_fail(init, step, __NR_mkdirat, -ENAMETOOLONG, path);
	mask = sys_call(__NR_umask, 0);
	for (size_t i = 1; i <= len && (r >= 0 || r == -EEXIST); i++) {
		if (path[i] && path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = 0;
		r = sys_call(__NR_mkdirat, AT_FDCWD, part, 0755);
	}
	sys_call(__NR_umask, mask);
	return r < 0 && r != -EEXIST ? init_fail(init, step, __NR_mkdirat, r, path) : 0;
}

/* CVE-2024-21626: a directory that is held open from outside is not below our root, and the kernel
 * says so. */
static int check_cwd(struct init *init, const struct plan_step *step, const char *cwd)
{
	char where[INIT_PATH_MAX];
	long n = sys_call(__NR_getcwd, where, sizeof(where));

	if (n < 0)
		return init_fail(init, step, __NR_getcwd, n, cwd);
	return where[0] == '/' ? 0 : init_fail_why(init, step, INIT_WHY_OUTSIDE, 0, cwd);
}

int init_enter_cwd(struct init *init, const struct plan_step *step, const char *cwd)
{
	long r = sys_call(__NR_chdir, cwd);

	if (r == -ENOENT) {
		if (make_dirs(init, step, cwd) < 0)
			return -1;
		r = sys_call(__NR_chdir, cwd);
	}
	if (r == -EACCES && !init->chdir_late) {
		init->chdir_late = true; /* only the user may enter (a FUSE or NFS mount):
					    EXEC_LOOKUP tries again */
		return 0;
	}
	if (r < 0)
		return init_fail(init, step, __NR_chdir, r, cwd);
	init->chdir_late = false;
	return check_cwd(init, step, cwd);
}

int step_cwd(struct init *init, const struct plan_step *step)
{
	return init_enter_cwd(init, step,
			      plan_text(init->plan, ((const struct plan_text *)step)->text));
}
