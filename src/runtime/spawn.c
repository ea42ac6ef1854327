/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making the first process of the box. The image of init is a freestanding program inside this
 * binary; it goes into a sealed memfd and is executed from there, so that /proc/self/exe in the box
 * is never a file of the host (CVE-2019-5736).
 *
 * The child shares our memory until it executes (CLONE_VM|CLONE_VFORK: no page tables are copied).
 * It makes only raw system calls.
 */
#include "runtime/runtime.h"

#include "base/image.h"
#include "config.h"
#include "sys/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define CPUS_MAX 8192 /* CONFIG_NR_CPUS at most */

struct child {
	int image, sock;
	unsigned first_fd;
	const char *dir; /* where the image may lie */
	uint64_t ignored;
	const unsigned char *cpus; /* CPUS_MAX bits, or NULL: stay where the caller is */
	const int *stdio;          /* what becomes 0, 1 and 2; -1: stays */
	char sock_text[12], first_text[12];
	int errnum;  /* set by the child when it could not execute */
	bool ran;    /* set by the child at once */
	bool killed; /* at birth, before it ran */
};

/* Signals that the caller ignored would stay ignored in the container: back to the default. */
static void reset_ignored(uint64_t ignored)
{
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		unsigned long mask;
	} dfl = {0};

	for (int sig = 1; sig <= 64; sig++)
		if (ignored & (1ull << (sig - 1)))
			sys_call(__NR_rt_sigaction, sig, &dfl, 0,
				 8); /* KILL and STOP are never ignored */
}

/* What both kinds of child do first. 0 or -errno. */
static long child_prepare(const struct child *c)
{
	reset_ignored(c->ignored);
	for (int fd = 0; fd < 3; fd++) {
		long r = c->stdio[fd] < 0 ? 0 : sys_call(__NR_dup3, c->stdio[fd], fd, 0);

		if (r < 0)
			return r;
	}
	/* the caller's CPU affinity is not the container's; refused in some sandboxes, where it is
	 * then kept */
	if (c->cpus)
		sys_call(__NR_sched_setaffinity, 0, CPUS_MAX / 8, c->cpus);
	return 0;
}

/* End and reap a process that is not to be the container's. */
static void spawn_discard(const struct sys_clone_args *args, long pid)
{
	int *pidfd = (int *)(uintptr_t)args->pidfd; /* NOLINT(performance-no-int-to-ptr) */

	kill((pid_t)pid, SIGKILL);
	while (waitpid((pid_t)pid, NULL, 0) < 0 && errno == EINTR)
		;
	fd_close(TAKE_FD(*pidfd));
}

#if HEZI_SEALED_INIT
extern const char init_image[], init_image_end[];

static void child_exec(void *arg)
{
	struct child *c = arg;
	const char *argv[] = {"hezi-init", c->sock_text, c->first_text, NULL};
	const char *envp[] = {NULL};
	long r;

	c->ran = true;
	r = child_prepare(c);
	if (!r)
		r = sys_call(__NR_fcntl, c->sock, F_SETFD, 0);
	if (!r)
		r = sys_call(__NR_execveat, c->image, "", argv, envp, AT_EMPTY_PATH);
	c->errnum = (int)-r;
	for (;;)
		sys_call(__NR_exit_group, 127);
}

static int open_init(const char *dir, struct hz_error *err)
{
	int fd = image_open("hezi-init", dir, init_image, (size_t)(init_image_end - init_image));

	if (fd >= 0)
		return fd;
	error_sys(err, -fd, "memfd_create", "hezi-init", "prepare the container's init");
	return image_explain(fd, err);
}

static long spawn_child(struct child *c, struct sys_clone_args *args, struct hz_error *err)
{
	_cleanup_fd_ int image = open_init(c->dir, err);
	long pid;

	if (image < 0)
		return -1;
	c->image = image;
	pid = sys_clone3_vfork(args, child_exec, c);
	if (pid < 0)
		return error_sys(err, (int)-pid, "clone3", NULL, "create the container's process");
	if (c->ran && !c->errnum)
		return pid;
	spawn_discard(args, pid); /* it exits at once */
	c->killed = !c->ran;
	if (c->killed) {
		error_set(err, HZ_E_SYSTEM,
			  "create the container's process: SIGKILL ended it before it ran");
		return error_hint(err, "another process ended its cgroup (cgroup.kill), or "
				       "something on this host kills new processes");
	}
	return error_sys(err, c->errnum, "execveat", "hezi-init", "start the container's init");
}
#else
/* No execve closes what hezi has opened in holes among the preserved descriptors. */
static void close_own(int sock, unsigned first_fd)
{
	for (int fd = 3; fd < (int)first_fd && fd < 1024; fd++) {
		long flags = sys_call(__NR_fcntl, fd, F_GETFD);

		if (fd != sock && flags >= 0 && (flags & FD_CLOEXEC))
			sys_call(__NR_close, fd);
	}
}

static long spawn_child(struct child *c, struct sys_clone_args *args, struct hz_error *err)
{
	long pid = sys_clone3_fork(args);

	if (pid < 0)
		return error_sys(err, (int)-pid, "clone3", NULL, "create the container's process");
	if (pid == 0) {
		if (child_prepare(c))
			_exit(127);
		close_own(c->sock, c->first_fd);
		init_main(c->sock, c->first_fd);
	}
	c->ran = true; /* its memory is not ours: its end shows later */
	return pid;
}
#endif

static int explain_clone(uint64_t flags, struct hz_error *err)
{
	bool cloning = err && !strcmp(err->syscall, "clone3");

	if (!cloning && (!err || strcmp(err->object, "cgroup.procs") != 0))
		return -1;
	if (err->errnum == EBUSY) {
		if (cloning)
			error_sys(err, EBUSY, "clone3", NULL,
				  "adding pid of the new process to cgroups of the container");
		error_hint(err, "the cgroup has sub-cgroups with controllers on: processes can "
				"only live in its leaves");
	} else if (err->errnum == EOPNOTSUPP)
		error_hint(err, "the cgroup can hold no processes (cgroup.type): one above it is "
				"threaded, or has processes of its own beside those below it; "
				"choose another linux.cgroupsPath");
	else if (cloning && !err->hint[0]) /* a filter blocks the call */
		hint_clone(flags, err->errnum, err);
	return -1;
}

/* A process can be born on other CPUs than those of the cgroup it is born into: ours. */
static long spawn_on(const struct creation *c, struct child *child, struct sys_clone_args *args,
		     struct hz_error *err)
{
	const struct plan_cpu_affinity *a = c->affinity;
	unsigned char old[CPUS_MAX / 8];
	long pid, n;
	int r;

	if (!a)
		return spawn_child(child, args, err);
	n = syscall(SYS_sched_getaffinity, 0, sizeof(old), old);
	if (n < 0 || syscall(SYS_sched_setaffinity, 0, a->cpus.n * sizeof(uint32_t),
			     plan_u32s(c->b->plan.h, a->cpus)) < 0) {
		r = errno;
		error_sys(err, r, "sched_setaffinity", NULL,
			  "set the CPUs on which the process is made");
		error_pointer(err, plan_text(c->b->plan.h, a->s.origin));
		return hint_cpus(r, err);
	}
	child->cpus = NULL;
	pid = spawn_child(child, args, err);
	/* where it fails now our own is the narrower one: nothing breaks by that */
	(void)syscall(SYS_sched_setaffinity, 0, (size_t)n, old);
	return pid;
}

/* The process does nothing yet but wait for its plan. */
static int enter_cgroup(int dir, long pid)
{
	_cleanup_fd_ int fd = openat(dir, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	return fd < 0 || dprintf(fd, "%ld", pid) < 0 ? -errno : 0;
}

/*
 * Linux 6.14 to 6.18 kill a child of CLONE_INTO_CGROUP at birth when its cgroup and its parent's
 * were not ended equally often by cgroup.kill (struct cgroup's kill_seq). So it is born where we
 * are and moved.
 */
static long spawn_and_move(const struct creation *c, struct child *child,
			   struct sys_clone_args *args, struct hz_error *err)
{
	int cgroup = (int)args->cgroup, r;
	long pid;

	args->flags &= ~(uint64_t)CLONE_INTO_CGROUP;
	args->cgroup = 0;
	hz_error_clear(err);
	pid = spawn_on(c, child, args, err);
	r = pid < 0 ? 0 : enter_cgroup(cgroup, pid);
	if (!r)
		return pid;
	spawn_discard(args, pid);
	return error_sys(err, -r, "write", "cgroup.procs",
			 "adding pid of the new process to cgroups of the container");
}

int spawn_init(struct creation *c, const struct plan_spawn *step, struct hz_error *err)
{
	unsigned char all[CPUS_MAX / 8];
	struct child child = {.sock = c->init_sock,
			      .cpus = memset(all, 0xff, sizeof(all)),
			      .first_fd = 3 + c->b->plan.h->preserve_fds,
			      .dir = c->rt->root,
			      .ignored = c->b->ignored_signals,
			      .stdio = c->its_stdio};
	int pidfd = -1, cgroup_fd = step->into_cgroup && c->cgroup ? cgroup_clone_fd(c->cgroup)
								   : c->join_cgroup;
	struct sys_clone_args args = {
		.flags = step->clone_flags | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid;

	if (cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup_fd;
	}
	snprintf(child.sock_text, sizeof(child.sock_text), "%d", child.sock);
	snprintf(child.first_text, sizeof(child.first_text), "%u", child.first_fd);
	stdio_give(c);
	pid = spawn_on(c, &child, &args, err);
	if (pid < 0 && child.killed && cgroup_fd >= 0)
		pid = spawn_and_move(c, &child, &args, err);
	if (pid < 0)
		return explain_clone(step->clone_flags, err);
	fd_close(TAKE_FD(c->init_sock));
	for (int i = 0; i < 3; i++)
		if (c->its_stdio[i] >= 0)
			fd_close(TAKE_FD(c->its_stdio[i]));
	if (c->b->plan.h->flags & PLAN_F_STUB) {
		c->stub = (pid_t)pid;
		fd_close(pidfd);
		return 0;
	}
	c->pid = (pid_t)pid;
	c->pidfd = pidfd;
	return 0;
}
