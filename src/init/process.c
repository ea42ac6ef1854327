/* SPDX-License-Identifier: Apache-2.0 */
/* Limits, umask, working directory. */
#include "init/init.h"

#include <linux/fcntl.h>

static long set_rlimit(const struct plan_rlimit *l)
{
	uint64_t limit[2] = {l->soft, l->hard}; /* struct rlimit64 */

	return sys_call(__NR_prlimit64, 0, l->resource, limit, 0);
}

static int check_rlimit(struct init *init, const struct plan_rlimit *l, long r)
{
	return r < 0 ? init_fail(init, &l->s, __NR_prlimit64, r, plan_text(init->plan, l->name))
		     : 0;
}

/* All but RLIMIT_NPROC come when nothing is left to do but to load the filter and to execute. */
int step_rlimit(struct init *init, const struct plan_step *step)
{
	const struct plan_rlimit *l = (const struct plan_rlimit *)step;

	if (init->exec_path && init_say_executing(init, step) < 0)
		return -1;
	return check_rlimit(init, l, set_rlimit(l));
}

int step_rlimit_raise(struct init *init, const struct plan_step *step)
{
	const struct plan_rlimit *l = (const struct plan_rlimit *)step;
	uint64_t limit[2];
	long r = sys_call(__NR_prlimit64, 0, l->resource, 0, limit);

	if (r >= 0 && sys_rlimit_raise(limit, l->soft, l->hard))
		r = sys_call(__NR_prlimit64, 0, l->resource, limit, 0);
	return check_rlimit(init, l, r);
}

long init_set_rlimits(const struct init *init, const struct plan_step *after)
{
	const struct plan_step *s;
	uint32_t i;
	long r = 0;

	plan_foreach (init->plan, s, i) {
		if (s->kind == PLAN_RLIMIT && i > after->index && r >= 0)
			r = set_rlimit((const struct plan_rlimit *)s);
	}
	return r;
}

int step_umask(struct init *init, const struct plan_step *step)
{
	(void)init;
	sys_call(__NR_umask, ((const struct plan_umask *)step)->mask);
	return 0;
}

/* No magic links: with the host's /proc in the box a link of the image could name the root of a
 * process of the host, and directories would be made there. */
static long open_dir(int at, const char *path)
{
	return sys_openat2(at, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0, RESOLVE_NO_MAGICLINKS);
}

/* The directory @path with all that is missing on the way, or -errno. */
static long make_dirs(const char *path)
{
	INIT_CLOSE int dir = (int)open_dir(AT_FDCWD, "/");
	char name[256];

	while (dir >= 0) {
		size_t len = 0;
		long r;

		while (*path == '/')
			path++;
		while (path[len] && path[len] != '/')
			len++;
		if (!len)
			return init_take_fd(&dir);
		if (len >= sizeof(name))
			return -ENAMETOOLONG;
		memcpy(name, path, len);
		name[len] = 0;
		path += len;
		r = sys_call(__NR_mkdirat, dir, name, 0755);
		if (r && r != -EEXIST)
			return r;
		r = open_dir(dir, name);
		init_close(&dir);
		dir = (int)r;
	}
	return dir;
}

static long make_cwd(const char *path)
{
	long mask = sys_call(__NR_umask, 0), fd = make_dirs(path);

	sys_call(__NR_umask, mask);
	return fd;
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
	INIT_CLOSE int made = -1;

	/* only create makes it: for exec a wrong path is an error that engines report as 127 */
	if (r == -ENOENT && !(init->plan->flags & PLAN_F_EXEC)) {
		made = (int)make_cwd(cwd);
		r = made < 0 ? made : sys_call(__NR_fchdir, made);
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
