/* SPDX-License-Identifier: Apache-2.0 */
/* The program: found at create time, as the container's user; executed at start. */
#include "init/init.h"

#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/stat.h>

/* 0: can be executed; -EISDIR, or what the kernel says. */
static long probe(const char *path)
{
	struct statx st;
	long s, r = sys_access(AT_FDCWD, path, 1 /* X_OK */);

	if (r < 0 && r != -EACCES)
		return r;
	s = sys_call(__NR_statx, AT_FDCWD, path, 0, STATX_TYPE, &st);
	if (s < 0)
		return r < 0 ? r : s;
	if ((st.stx_mode & S_IFMT) == S_IFDIR)
		return -EISDIR;
	return r < 0 || (st.stx_mode & S_IFMT) != S_IFREG ? -EACCES : 0;
}

static int lookup_path(struct init *init, const struct plan_step *step, const char *path)
{
	long r = probe(path);

	init->exec_path = path;
	switch (r) {
	case 0: return 0;
	case -EISDIR: return init_fail_why(init, step, INIT_WHY_IS_DIR, r, path);
	case -ENOENT:
	case -ENOTDIR:
	case -EACCES: return init_fail_why(init, step, INIT_WHY_NOT_EXEC, r, path);
	default: return init_fail(init, step, __NR_faccessat2, r, path);
	}
}

/* "dir" of "dir:…" joined with @name; an empty one is the working directory. */
static bool join_program(const char *dir, size_t len, const char *name)
{
	struct init_text t;

	init_text_start(&t, init_keep.program, sizeof(init_keep.program));
	init_text_mem(&t, dir, len);
	init_text_str(&t, len ? "/" : "./");
	init_text_str(&t, name);
	return !t.cut;
}

/* The program is not there, or not for us: the next directory may have it (execvp(3)). */
static bool is_absence(long r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -EACCES || r == -EISDIR || r == -ELOOP ||
	       r == -ENAMETOOLONG || r == -ESTALE || r == -ENODEV || r == -ETIMEDOUT;
}

static int search(struct init *init, const struct plan_step *step, const char *dirs,
		  const char *name)
{
	while (*name && dirs) {
		const char *end = init_strchr(dirs, ':');
		size_t len = end ? (size_t)(end - dirs) : strlen(dirs);

		long r = join_program(dirs, len, name) ? probe(init_keep.program) : -ENAMETOOLONG;

		if (r == 0) {
			init->exec_path = init_keep.program;
			return 0;
		}
		if (!is_absence(r))
			return init_fail(init, step, __NR_faccessat2, r, init_keep.program);
		dirs = end ? end + 1 : NULL;
	}
	return init_fail_why(init, step, INIT_WHY_NOT_FOUND, 0, name);
}

int step_exec_lookup(struct init *init, const struct plan_step *step)
{
	const struct plan_exec *e = (const struct plan_exec *)step;
	const char *name = plan_item(init->plan, e->argv, 0);

	if (init->chdir_late && init_enter_cwd(init, step, plan_text(init->plan, e->cwd)) < 0)
		return -1;
	if (e->need_home && (!init->home || init->home_late) &&
	    init_find_home(init, step, e->uid) < 0)
		return -1;
	if (init_strchr(name, '/'))
		return lookup_path(init, step, name);
	return search(init, step, plan_text(init->plan, e->path), name);
}

static char **fill(const struct init *init, struct plan_vec v, char **to)
{
	for (uint32_t i = 0; i < v.n; i++)
		*to++ = (char *)plan_item(init->plan, v, i);
	return to;
}

/* The vectors of execve, in memory that is not there while the container waits. */
static int make_vectors(struct init *init, const struct plan_exec *e)
{
	size_t size = ((size_t)e->argv.n + e->envp.n + 3) * sizeof(char *); /* two ends and HOME */
	long at = sys_call(__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	char **next;

	if (at < 0 && at > -4096)
		return init_fail(init, &e->s, __NR_mmap, at, NULL);
	init->argv = (char **)at;
	init->envp = fill(init, e->argv, init->argv) + 1;
	next = fill(init, e->envp, init->envp);
	if (init->home)
		*next = (char *)init->home;
	return 0;
}

/* The host knows success by the end of file after it. */
int init_say_executing(struct init *init, const struct plan_step *step)
{
	const struct plan_step *exec = init_find_step(init, PLAN_EXEC);

	if (init->argv)
		return 0;
	if (!exec || !init->exec_path)
		return init_fail_why(init, step, INIT_WHY_PROTOCOL, 0, "exec");
	if (make_vectors(init, (const struct plan_exec *)exec) < 0 ||
	    init_read_back(init, step) < 0)
		return -1;
	if (init_send(init, INIT_EXECING, 0, -1) < 0)
		init_exit(1);
	return 0;
}

/* Time without a system call. No x86 counts faster than 5 GHz: this is 6 s at least, and longer
 * than the host waits for an agent. */
#if defined(__x86_64__)
#define RELAX() __asm__ volatile("pause")
static int64_t ticks(void)
{
	return (int64_t)__builtin_ia32_rdtsc();
}
static int64_t patience(void)
{
	return 30000000000;
}
#elif defined(__aarch64__)
#define RELAX() __asm__ volatile("isb")
static int64_t ticks(void)
{
	int64_t n;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(n));
	return n;
}
static int64_t patience(void)
{
	int64_t hz;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
	return hz * 10;
}
#endif

/*
 * Out of here the listener has to go without a system call, for any of them may have to be answered
 * by the agent that does not have it yet: the host takes it (pidfd_getfd), gives it away and says
 * so. Until then the program must not run, and all that is left for waiting is to look.
 */
static void hand_over(struct init *init, int listener)
{
	struct init_page *page = init->page;
	int64_t from = ticks();

	page->listener = listener;
	__atomic_store_n(&page->state, INIT_PAGE_LISTENER, __ATOMIC_RELEASE);
	while (ticks() - from < patience()) {
		if (__atomic_load_n(&page->answer, __ATOMIC_ACQUIRE))
			return;
		RELAX();
	}
	init_exit(1); /* the host is dead */
}

int step_seccomp_load(struct init *init, const struct plan_step *step)
{
	const struct plan_seccomp_load *l = (const struct plan_seccomp_load *)step;
	struct sock_fprog prog = {
		.len = (unsigned short)(init->filter_size / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)init_keep.filter};
	long r;

	if (l->listener && !init->page)
		return init_fail_why(init, step, INIT_WHY_PROTOCOL, 0, "page");
	if (init_say_executing(init, step) < 0)
		return -1;
	if (l->dumpable)
		sys_call(__NR_prctl, PR_SET_DUMPABLE, 1); /* the host tells when it cannot */
	r = sys_call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, l->flags, &prog);
	if (r < 0)
		return init_fail(init, step, __NR_seccomp, r, NULL);
	init->filtered = true;
	if (l->listener)
		hand_over(init, (int)r);
	return 0;
}

/* What execve says, in the words of the host's messages. */
static const char *exec_words(long num)
{
	switch (num) {
	case EPERM: return "operation not permitted";
	case ENOENT: return "no such file or directory";
	case EIO: return "input/output error";
	case E2BIG: return "argument list too long";
	case ENOEXEC: return "exec format error";
	case EAGAIN: return "resource temporarily unavailable";
	case ENOMEM: return "cannot allocate memory";
	case EACCES: return "permission denied";
	case ENOTDIR: return "not a directory";
	case EISDIR: return "is a directory";
	case EINVAL: return "invalid argument";
	case ENFILE: return "too many open files in system";
	case EMFILE: return "too many open files";
	case ETXTBSY: return "text file busy";
	case ELOOP: return "too many levels of symbolic links";
	case ELIBBAD: return "accessing a corrupted shared library";
	default: return NULL;
	}
}

/*
 * The container has been started when the kernel rejects its program, so engines look for the
 * reason in the container's own output and for the end in its exit status, as runc and crun have
 * it. The host is told before: stderr may be full, or the filter may end us for writing to it.
 */
static _Noreturn void end_unexecuted(struct init *init, long num)
{
	static char line[INIT_PATH_MAX + 64]; /* RLIMIT_STACK may be the program's already */
	const char *words = exec_words(num);
	struct init_text t;

	init_send_failure(init);
	init_text_start(&t, line, sizeof(line) - 1);
	init_text_str(&t, "exec ");
	init_text_str(&t, init->exec_path);
	init_text_str(&t, words ? ": " : ": errno ");
	if (words)
		init_text_str(&t, words);
	else
		init_text_i64(&t, num);
	line[t.len] = '\n';
	if (!init_write_once(2, line, t.len + 1) && init->page)
		__atomic_store_n(&init->page->said, 1, __ATOMIC_RELEASE);
	init_exit(INIT_EXIT_UNEXECUTED);
}

int step_exec(struct init *init, const struct plan_step *step)
{
	long r;

	if (init_say_executing(init, step) < 0)
		return -1;
	r = sys_call(__NR_execve, init->exec_path, init->argv, init->envp);
	init_fail_why(init, step, INIT_WHY_EXEC, r, init->exec_path);
	end_unexecuted(init, -r);
}
