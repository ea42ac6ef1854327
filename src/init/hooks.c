/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hooks that run in the box. Each gets the state on its stdin, a memfd: so a hook that does not
 * read it harms nobody. What it prints is collected, and the end of it goes with the error. It
 * leads a session of its own, so that a time-out ends all of it. Only this process is waited for:
 * what the hook leaves behind may live on, and other children of a pid 1 are not ours to take here.
 */
#include "init/init.h"

#include <linux/close_range.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/signal.h>
#include <linux/time_types.h>

struct run {
	struct init *init;
	const struct plan_hooks *step;
	const struct plan_hook *hook;
	int cwd; /* a directory, or -1: init's own, which is the program's at startContainer */
	char **argv, **envp;
	uint32_t index;
	int state, output, output_w, report, report_w, pidfd;
	int pid;
	size_t tail_len;
	char tail[INIT_DETAIL_MAX - 1]; /* last bytes of the output */
};

static int fail_start(struct run *r, long call, long neg_errno)
{
	struct init_error *e = init_failure();

	init_fail_why(r->init, &r->step->s, INIT_WHY_HOOK_START, neg_errno,
		      plan_text(r->init->plan, r->hook->path));
	e->call = (uint32_t)call;
	init_fail_args(r->index, 0);
	return -1;
}

static int fail_run(struct run *r, enum init_why why, uint32_t arg2)
{
	init_fail_why(r->init, &r->step->s, why, 0, plan_text(r->init->plan, r->hook->path));
	init_fail_args(r->index, arg2);
	init_detail(r->tail, r->tail_len);
	return -1;
}

/* What a pipe holds is enough for a state without long annotations. */
static long open_pipe(struct run *r)
{
	int pipe[2];
	long n = sys_call(__NR_pipe2, pipe, O_CLOEXEC);

	if (n < 0)
		return n;
	r->state = pipe[0];
	n = sys_call(__NR_fcntl, pipe[1], F_SETFL, O_NONBLOCK);
	return n < 0 ? n : pipe[1];
}

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* To be written to; its reading end is r->state. Without MFD_NOEXEC_SEAL vm.memfd_noexec=2 forbids
 * it; before Linux 6.3 the flag is unknown. */
static long open_state(struct run *r)
{
	long n = sys_call(__NR_memfd_create, "state", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	if (n == -EINVAL)
		n = sys_call(__NR_memfd_create, "state", MFD_CLOEXEC);
	if (n == -ENOSYS || n == -EPERM || n == -EACCES)
		return open_pipe(r);
	r->state = (int)n;
	return n;
}

static int write_state(struct run *r)
{
	const struct plan_header *plan = r->init->plan;
	const char *parts[] = {plan_text(plan, r->step->head), NULL,
			       plan_text(plan, r->step->tail)};
	struct init_text t;
	char pid[24];
	long n, to;

	init_text_start(&t, pid, sizeof(pid));
	init_text_u64(&t, (uint64_t)sys_call(__NR_getpid));
	parts[1] = pid;
	to = open_state(r);
	if (to < 0)
		return fail_start(r, __NR_memfd_create, to);
	for (unsigned i = 0; i < 3; i++) {
		n = parts[i] ? init_write_once((int)to, parts[i], strlen(parts[i])) : 0;
		if (n < 0)
			return fail_start(r, __NR_write, n);
	}
	if (to != r->state) {
		sys_call(__NR_close, to);
		return 0;
	}
	n = sys_call(__NR_lseek, r->state, 0, 0);
	return n < 0 ? fail_start(r, __NR_lseek, n) : 0;
}

static int open_pipes(struct run *r)
{
	int out[2], report[2];
	long n = sys_call(__NR_pipe2, out, O_CLOEXEC);

	if (n < 0)
		return fail_start(r, __NR_pipe2, n);
	r->output = out[0];
	r->output_w = out[1];
	n = sys_call(__NR_pipe2, report, O_CLOEXEC);
	if (n < 0)
		return fail_start(r, __NR_pipe2, n);
	r->report = report[0];
	r->report_w = report[1];
	return 0;
}

static char **fill(const struct plan_header *plan, struct plan_vec v, char **to)
{
	for (uint32_t i = 0; i < v.n; i++)
		*to++ = (char *)plan_item(plan, v, i);
	*to = NULL;
	return to;
}

/* The program whose environment the hook gets: a startContainer hook without one of its own, as
 * with runc. NULL: its own. */
static const struct plan_exec *env_of(const struct init *init, const struct plan_hooks *step,
				      const struct plan_hook *hook)
{
	if (step->which != PLAN_HOOK_START_CONTAINER || hook->envp.n)
		return NULL;
	return (const struct plan_exec *)init_find_step(init, PLAN_EXEC);
}

/* argv and the environment, in @size bytes of new memory; -errno. */
static long make_vectors(struct run *r, size_t size, long *ret_at)
{
	const struct init *init = r->init;
	const struct plan_exec *program = env_of(init, r->step, r->hook);
	char **end;

	*ret_at = sys_call(__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	if (*ret_at <= 0)
		return *ret_at;
	r->argv = (char **)*ret_at;
	r->envp = fill(init->plan, r->hook->argv, r->argv) + 1;
	end = fill(init->plan, program ? program->envp : r->hook->envp, r->envp);
	if (program && init->home)
		end[0] = (char *)init->home, end[1] = NULL;
	return 0;
}

static int output_of(const struct run *r, uint32_t slot)
{
	return slot && slot <= INIT_SLOTS_MAX ? r->init->slots[slot - 1] : r->output_w;
}

/* What the child could not do, for its parent. */
struct refusal {
	uint32_t call;
	int32_t errnum;
};

/* In the child: everything of init is closed by execve but what is made 0, 1 and 2 here. */
static long child_setup(struct run *r, long *ret_call)
{
	uint64_t none = 0;
	long n;

	sys_call(__NR_prctl, PR_SET_PDEATHSIG,
		 SIGKILL);     /* a hook without its container is of no use */
	sys_call(__NR_setsid); /* a new process leads no group: cannot fail */
	*ret_call = __NR_dup3;
	n = sys_call(__NR_dup3, r->state, 0, 0);
	if (n >= 0)
		n = sys_call(__NR_dup3, output_of(r, r->step->out_slot), 1, 0);
	if (n >= 0)
		n = sys_call(__NR_dup3, output_of(r, r->step->err_slot), 2, 0);
	if (n < 0)
		return n;
	*ret_call = __NR_close_range;
	n = sys_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC); /* the preserved ones are the container's,
							     not the hook's */
	if (n < 0)
		return n;
	n = sys_call(__NR_rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof(none));
	*ret_call = n < 0 ? __NR_rt_sigprocmask : __NR_chdir;
	if (n >= 0 && r->cwd >= 0 && sys_call(__NR_fchdir, r->cwd) < 0)
		n = sys_call(__NR_chdir, "/");
	sys_call(__NR_umask, 022);
	return n;
}

/*
 * A hook that comes from the image is under the filter like the program that it prepares. The
 * listener is the program's: to the hook, what the agent would answer is a system call that is not
 * there.
 */
static long load_filter(const struct run *r)
{
	const struct init *init = r->init;
	const struct plan_step *load = init_find_step(init, PLAN_SECCOMP_LOAD);
	const uint32_t listeners =
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	struct sock_fprog prog = {
		.len = (unsigned short)(init->filter_size / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)init_keep.filter};

	if (r->step->which != PLAN_HOOK_START_CONTAINER || !load || !init->filter_size)
		return 0;
	return sys_call(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
			((const struct plan_seccomp_load *)load)->flags & ~listeners, &prog);
}

_Noreturn static void child(struct run *r)
{
	struct refusal why;
	long call, n = child_setup(r, &call);

	if (n >= 0 && r->step->which == PLAN_HOOK_START_CONTAINER) {
		call = __NR_prlimit64;
		n = init_set_rlimits(r->init, &r->step->s);
	}
	if (n >= 0) {
		call = __NR_seccomp;
		n = load_filter(r);
	}
	if (n >= 0) {
		call = __NR_execve;
		n = sys_call(__NR_execve, plan_text(r->init->plan, r->hook->path), r->argv,
			     r->envp);
	}
	why = (struct refusal){(uint32_t)call, (int32_t)-n};
	init_write_once(r->report_w, (const char *)&why, sizeof(why)); /* nobody else to tell */
	init_exit(127);
}

static int spawn(struct run *r)
{
	struct sys_clone_args args = {
		.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
		.pidfd = (uint64_t)(uintptr_t)&r->pidfd,
		.exit_signal = SIGCHLD,
	};
	struct refusal why;
	long n;

	n = sys_clone3_fork(&args);
	if (n < 0)
		return fail_start(r, __NR_clone3, n);
	if (n == 0)
		child(r);
	r->pid = (int)n;
	init_close(&r->report_w);
	init_close(&r->output_w);
	init_close(&r->state);
	do
		n = sys_call(__NR_read, r->report, &why, sizeof(why)); /* ends at the execve */
	while (n == -EINTR);
	return n == sizeof(why) ? fail_start(r, why.call, -why.errnum) : 0;
}

/* One read of what is there, appended to the tail; false at the end of file. */
static bool collect(struct run *r)
{
	char buf[512];
	size_t keep = sizeof(r->tail);
	long n;

	do
		n = sys_call(__NR_read, r->output, buf, sizeof(buf));
	while (n == -EINTR);
	if (n <= 0)
		return false;
	if (r->tail_len + (size_t)n > keep) {
		size_t drop = r->tail_len + (size_t)n - keep;

		memmove(r->tail, r->tail + drop, r->tail_len - drop);
		r->tail_len -= drop;
	}
	memcpy(r->tail + r->tail_len, buf, (size_t)n);
	r->tail_len += (size_t)n;
	return true;
}

static long poll_ms(struct pollfd *fds, unsigned n, int64_t ms)
{
	struct __kernel_timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	return sys_call(__NR_ppoll, fds, n, ms < 0 ? NULL : &t, 0, 8);
}

/* What is in the pipe when the hook has ended; a child of it may hold the pipe open and go on
 * writing. */
static void collect_rest(struct run *r)
{
	struct pollfd p = {.fd = r->output, .events = POLLIN};

	for (unsigned i = 0; i < 256; i++) { /* 2 times what a pipe holds */
		if (poll_ms(&p, 1, 0) != 1 || !collect(r))
			return;
	}
}

/* 0: it ended; 1: out of time; -errno. */
static long watch(struct run *r, int64_t deadline)
{
	struct pollfd p[] = {{.fd = r->pidfd, .events = POLLIN},
			     {.fd = r->output, .events = POLLIN}};

	for (;;) {
		int64_t left = deadline < 0 ? -1 : deadline - init_now_ms();
		long n;

		if (deadline >= 0 && left <= 0)
			return 1;
		n = poll_ms(p, 2, left);
		if (n == -EINTR)
			continue;
		if (n < 0)
			return n;
		if (p[0].revents)
			return 0;
		if (p[1].revents && !collect(r))
			p[1].fd = -1;
	}
}

static int reap(struct run *r)
{
	int status = -1;
	long n;

	do
		n = sys_call(__NR_wait4, r->pid, &status, 0, 0);
	while (n == -EINTR);
	return n == r->pid ? status : -1;
}

static int finish(struct run *r)
{
	uint32_t seconds = r->hook->timeout;
	long n = watch(r, seconds ? init_now_ms() + (int64_t)seconds * 1000 : -1);
	int status;

	if (n) {
		sys_call(__NR_kill, -r->pid, SIGKILL); /* its session may have no group left */
		sys_pidfd_send_signal(r->pidfd, SIGKILL);
	}
	status = reap(r);
	collect_rest(r);
	if (n < 0)
		return fail_start(r, __NR_ppoll, n);
	if (n > 0)
		return fail_run(r, INIT_WHY_HOOK_TIMEOUT, seconds);
	return status ? fail_run(r, INIT_WHY_HOOK_EXIT, (uint32_t)status) : 0;
}

static int run_hook(struct init *init, const struct plan_hooks *step, uint32_t index, int cwd)
{
	const struct plan_hook *hook = plan_hook_items(init->plan, step->hooks) + index;
	const struct plan_exec *program = env_of(init, step, hook);
	size_t size = ((size_t)hook->argv.n + hook->envp.n + (program ? program->envp.n : 0) + 3) *
		      sizeof(char *); /* two ends and HOME */
	static struct run run;
	struct run *r = &run;
	long at, error;
	int ret;

	*r = (struct run){.init = init,
			  .step = step,
			  .hook = hook,
			  .cwd = cwd,
			  .index = index,
			  .state = -1,
			  .output = -1,
			  .output_w = -1,
			  .report = -1,
			  .report_w = -1,
			  .pidfd = -1};
	error = make_vectors(r, size, &at);
	if (error)
		return fail_start(r, __NR_mmap, error);
	ret = write_state(r) < 0 || open_pipes(r) < 0 || spawn(r) < 0 ? -1 : 0;
	if (!ret)
		ret = finish(r);
	else if (r->pid)
		reap(r); /* it could not execute, and exits */
	init_close(&r->state);
	init_close(&r->output);
	init_close(&r->output_w);
	init_close(&r->report);
	init_close(&r->report_w);
	init_close(&r->pidfd);
	sys_call(__NR_munmap, at, size);
	return ret;
}

int step_hooks(struct init *init, const struct plan_step *step)
{
	const struct plan_hooks *h = (const struct plan_hooks *)step;
	int cwd = h->which == PLAN_HOOK_CREATE_CONTAINER ? init->rootfd : -1; /* as runc */

	for (uint32_t i = 0; i < h->hooks.n; i++) {
		if (run_hook(init, h, i, cwd) < 0)
			return -1;
	}
	return 0;
}
