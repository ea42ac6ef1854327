/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/runtime.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>

/* 1: sent; 0: the process is gone; -1: error */
static int signal_init(const struct record *r, int sig, struct hz_error *err)
{
	_cleanup_fd_ int pidfd = -1;
	int alive;

	if (!r->pid.set)
		return 0;
	alive = process_find(r, &pidfd, err);
	if (alive <= 0)
		return alive;
	if (!syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0))
		return 1;
	if (errno == ESRCH)
		return 0;
	return error_sys(err, errno, "pidfd_send_signal", NULL, "send signal %d to process %lld",
			 sig, (long long)r->pid.v);
}

int container_kill_all(const struct record *r, int sig, struct hz_error *err)
{
	if (signal_init(r, sig, err) < 0)
		return -1;
	return cgroup_kill(&r->cgroup_dirs, sig, err);
}

static int kill_container(hz_runtime *rt, const struct record *r, int sig, bool all,
			  struct hz_error *err)
{
	int sent, frozen;

	/* without a pid namespace of its own the end of init does not end the others */
	if (sig == SIGKILL && r->pid.set && r->own_pid_ns.set && !r->own_pid_ns.v)
		all = true;
	sent = signal_init(r, sig, err);
	if (sent < 0)
		return -1;
	runtime_log(rt, HZ_LOG_DEBUG, "signal %d to process %lld%s%s", sig, (long long)r->pid.v,
		    sent ? "" : ", which is gone", all ? ", and to all in its cgroup" : "");
	if (all && cgroup_kill(&r->cgroup_dirs, sig, err))
		return -1;
	if (!sent && !all)
		return error_set(err, HZ_E_STATE, "container not running");
	if (sig != SIGKILL)
		return 0;
	frozen = cgroup_is_frozen(&r->cgroup_dirs, err);
	return frozen > 0 ? cgroup_thaw(&r->cgroup_dirs, err) : frozen;
}

int hz_kill(hz_runtime *rt, const char *id, int sig, bool all, struct hz_error *err)
{
	_cleanup_fd_ int dirfd = -1;
	struct arena a = ARENA_INIT;
	struct record record;
	int r;

	if (sig < 0 || sig > SIGRTMAX)
		return error_set(err, HZ_E_USAGE, "unknown signal \"%d\"", sig);
	if (store_open(rt, id, &dirfd, err))
		return -1;
	r = container_record(rt, id, dirfd, &a, &record, err);
	if (!r)
		r = kill_container(rt, &record, sig, all, err);
	arena_done(&a);
	return r;
}
