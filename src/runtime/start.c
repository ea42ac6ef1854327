/* SPDX-License-Identifier: Apache-2.0 */
/* start: knock at the socket where init waits, and stay until the program runs or the reason why
 * not has arrived. */
#include "runtime/notify.h"
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

static int wrong_state(enum hz_status status, struct hz_error *err)
{
	switch (status) {
	case HZ_STOPPED:
		return error_set(err, HZ_E_STATE, "cannot start a container that has stopped");
	case HZ_RUNNING:
		return error_set(err, HZ_E_STATE, "cannot start an already running container");
	default:
		return error_set(err, HZ_E_STATE, "cannot start a container in the %s state",
				 hz_status_name(status));
	}
}

static int knock(hz_runtime *rt, int dirfd, const struct record *r, const struct plan_header *plan,
		 struct hz_error *err)
{
	_cleanup_fd_ int sock = start_connect(dirfd), pidfd = -1;
	struct launch l = {.rt = rt,
			   .plan = plan,
			   .record = r,
			   .status = hz_status_name(HZ_CREATED),
			   .pid = (pid_t)r->pid.v};

	if (sock < 0)
		return error_sys(err, -sock, "connect", INIT_START_SOCKET,
				 "reach the container's init (process %lld)", (long long)r->pid.v);
	if (fcntl(sock, F_SETFL, 0))
		return error_sys(err, errno, "fcntl", NULL, "talk to the container's init");
	if (launch_has_listener(plan)) {
		/* it is the process of the record: init waits at its socket after this */
		pidfd = (int)syscall(SYS_pidfd_open, l.pid, 0);
		if (pidfd < 0)
			return error_sys(err, errno, "pidfd_open", NULL,
					 "find the container's init");
	}
	l.sock = sock;
	l.pidfd = pidfd;
	return launch_wait(&l, err);
}

/*
 * A start that fails leaves a stopped container, which is deleted as any other. After a failed hook
 * the lifecycle goes on with destroy and the poststop hooks (runtime.md, lifecycle 7, 9, 12, 13).
 */
static void end_container(hz_runtime *rt, int dirfd, const struct record *r,
			  const struct plan_header *plan, const struct hz_error *why)
{
	struct hz_error late = HZ_ERROR_INIT;
	int e = container_kill_all(r, SIGKILL, &late);

	if (!e && why->code == HZ_E_HOOK)
		e = container_destroy(rt, r->id, dirfd, r, plan, &late);
	if (e)
		runtime_log(rt, HZ_LOG_WARNING, "end the container: %s", late.msg);
	hz_error_clear(&late);
}

/* The way to the manager that waits for READY=1 of the program. */
struct notify {
	int sock; /* -1: nobody is to be told */
	int pidfd;
	pid_t pid;
};

/* Before the program runs. It is the process of the record: init waits at its socket. */
static int notify_begin(const hz_runtime *rt, int dirfd, const struct record *r, struct notify *n,
			struct hz_error *err)
{
	if (notify_listen(rt, dirfd, &n->sock, err))
		return -1;
	if (n->sock < 0)
		return 0;
	n->pid = (pid_t)r->pid.v;
	n->pidfd = (int)syscall(SYS_pidfd_open, n->pid, 0);
	return n->pidfd < 0 ? error_sys(err, errno, "pidfd_open", NULL, "find the container's init")
			    : 0;
}

static void notify_end(struct notify *n)
{
	if (n->sock >= 0)
		fd_close(TAKE_FD(n->sock));
	if (n->pidfd >= 0)
		fd_close(TAKE_FD(n->pidfd));
}

static int start(hz_runtime *rt, int dirfd, const struct record *r, struct plan *plan,
		 struct notify *n, struct hz_error *err)
{
	enum hz_status status;
	int unexecuted;

	if (record_check_version(r, err) || status_get(dirfd, r, &status, err))
		return -1;
	if (status != HZ_CREATED)
		return wrong_state(status, err);
	if (store_read_plan(dirfd, plan, err))
		return -1;
	if (!(plan->h->flags & PLAN_F_HAS_START))
		return error_set(err, HZ_E_STATE,
				 "cannot start a container without \"process\" in its config.json");
	if (notify_begin(rt, dirfd, r, n, err))
		return -1;
	unexecuted = knock(rt, dirfd, r, plan->h, err);
	if (unexecuted < 0) {
		end_container(rt, dirfd, r, plan->h, err);
		return -1;
	}
	/* status asks the socket itself; the name in the directory only saves it the question */
	unlinkat(dirfd, INIT_START_SOCKET, 0);
	if (!unexecuted && hooks_run_kind(plan->h, PLAN_HOOK_POSTSTART, (pid_t)r->pid.v, err)) {
		end_container(rt, dirfd, r, plan->h, err);
		return -1;
	}
	return 0;
}

int hz_start(hz_runtime *rt, const char *id, struct hz_error *err)
{
	struct hz_error local = HZ_ERROR_INIT;
	_cleanup_lock_ int dirfd = -1;
	struct arena a = ARENA_INIT;
	struct record record;
	struct notify n = {.sock = -1, .pidfd = -1};
	struct plan plan = {0};
	int r;

	if (!err)
		err = &local; /* its code decides what becomes of the container */
	if (store_lock(rt, id, LOCK_WAIT_MS, &dirfd, err))
		return -1;
	r = container_record(rt, id, dirfd, &a, &record, err);
	if (!r)
		r = start(rt, dirfd, &record, &plan, &n, err);
	if (!r && n.sock >= 0) {
		store_unlock(TAKE_FD(dirfd)); /* READY=1 may never come */
		notify_relay(rt, n.sock, n.pidfd, n.pid);
	}
	notify_end(&n);
	plan_done(&plan);
	arena_done(&a);
	hz_error_clear(&local);
	return r;
}
