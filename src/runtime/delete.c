/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delete, from the record alone: processes, cgroups, mounts on the host, poststop hooks, state
 * directory, in this order, so that a killed delete can be done again. `delete --force` also
 * removes what a killed create left: then there is an intent record, or none at all.
 */
#include "runtime/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define END_TIMEOUT_MS 10000 /* for init to end after SIGKILL, as runc waits */
#define END_SOON_MS    20    /* … by itself */
#define LOCK_GRACE_MS  100   /* --force: for another operation, before its processes are killed */

/* A passing trouble (no memory, no descriptors) is over at the second try; what is busy was waited
 * for already. */
static int destroy_cgroups(const struct record *r, struct hz_error *err)
{
	if (!cgroup_destroy(&r->cgroup_dirs, err))
		return 0;
	return err->errnum == EBUSY || err->code == HZ_E_BUSY
		       ? -1
		       : cgroup_destroy(&r->cgroup_dirs, err);
}

int container_destroy(hz_runtime *rt, const char *id, int dirfd, const struct record *r,
		      const struct plan_header *plan, struct hz_error *err)
{
	runtime_log(rt, HZ_LOG_DEBUG, "remove container \"%s\": %zu cgroup directories, state", id,
		    r->cgroup_dirs.n);
	unit_stop(rt, r);
	if (destroy_cgroups(r, err))
		return -1;
	process_reap(r);
	hz_error_clear(err);
	rdt_destroy(rt, r);
	if (hostmount_remove(r, err))
		return -1;
	if (plan)
		hooks_run_all(rt, plan, PLAN_HOOK_POSTSTOP, 0);
	if (store_remove(rt, id, dirfd, err)) {
		hz_error_clear(err);
		return store_remove(rt, id, dirfd, err);
	}
	return 0;
}

static int wait_for_end(int pidfd, int ms)
{
	struct pollfd p = {pidfd, POLLIN, 0};
	int n;

	do
		n = poll(&p, 1, ms);
	while (n < 0 && errno == EINTR);
	return n;
}

/*
 * An init that has been killed ends its pid namespace, but it needs the CPU for that. Among
 * hundreds of processes that do nothing but fork its turn comes late, and once for each of them.
 * Killed through their cgroup they all end when their own turn comes.
 */
static int wait_among_others(const struct record *r, int pidfd)
{
	struct hz_error ignored = HZ_ERROR_INIT; /* init may end all the same */
	int n = wait_for_end(pidfd, END_SOON_MS);

	if (n)
		return n;
	(void)cgroup_kill(&r->cgroup_dirs, SIGKILL, &ignored);
	hz_error_clear(&ignored);
	return wait_for_end(pidfd, END_TIMEOUT_MS);
}

/* SIGKILL and wait for the end. */
static int end_init(const struct record *r, struct hz_error *err)
{
	_cleanup_fd_ int pidfd = -1;
	int frozen, n;

	if (!r->pid.set)
		return 0;
	n = process_find(r, &pidfd, err);
	if (n <= 0)
		return n;
	if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) && errno != ESRCH)
		return error_sys(err, errno, "pidfd_send_signal", NULL, "kill process %lld",
				 (long long)r->pid.v);
	frozen = cgroup_is_frozen(&r->cgroup_dirs, err);
	if (frozen > 0) {
		if (cgroup_thaw(&r->cgroup_dirs, err))
			return -1;
		frozen = cgroup_is_frozen(&r->cgroup_dirs, err);
	}
	/* still: by a cgroup above, which holds what v1 has killed until it is moved */
	if (frozen < 0 || (frozen && cgroup_kill(&r->cgroup_dirs, SIGKILL, err)))
		return -1;
	n = wait_among_others(r, pidfd);
	if (n > 0)
		return 0;
	if (n < 0)
		return error_sys(err, errno, "poll", NULL, "wait for the end of process %lld",
				 (long long)r->pid.v);
	error_set(err, HZ_E_STATE, "container init still running");
	return error_hint(err,
			  "process %lld did not end within 10 s of SIGKILL: it hangs in the "
			  "kernel, often on a dead network file system",
			  (long long)r->pid.v);
}

static int check_state(int dirfd, const char *id, const struct record *r, struct hz_error *err)
{
	enum hz_status status;

	if (status_get(dirfd, r, &status, err))
		return -1;
	if (status == HZ_STOPPED || status == HZ_CREATED)
		return 0;
	error_set(err, HZ_E_STATE, "cannot delete container \"%s\" that is not stopped: %s", id,
		  hz_status_name(status));
	return error_hint(err, "kill it first, or use \"hezi delete --force\"");
}

/* The plan of another version of hezi is of no use, but the configuration that it was compiled from
 * is there: compile it again. */
static int compile_again(const hz_runtime *rt, const char *id, const struct record *r,
			 struct bundle *ret, struct hz_error *err)
{
	struct hz_create_options o = {.size = sizeof(o), .id = id, .bundle = r->bundle};
	_cleanup_free_ char *config = NULL;
	hz_runtime as = *rt;

	if (asprintf(&config, "%s/%s/config.json", rt->root, id) < 0) {
		config = NULL;
		return error_oom(err);
	}
	o.config = config;
	/* what the path of the cgroup in it means */
	if (r->unit)
		as.cgroup_manager = HZ_CGROUP_SYSTEMD;
	else
		as.cgroup_manager = r->cgroup_dirs.n ? HZ_CGROUP_CGROUPFS : HZ_CGROUP_DISABLED;
	return bundle_load(&as, &o, true, ret, err);
}

/* A create that was killed early left no plan, and has run no hooks either. */
static int destroy_with_hooks(hz_runtime *rt, const char *id, int dirfd, const struct record *r,
			      struct hz_error *err)
{
	struct hz_error why = HZ_ERROR_INIT;
	struct plan plan = {0};
	struct bundle b = {0};
	int ret = store_read_plan(dirfd, &plan, &why);

	if (ret && why.code == HZ_E_UNSUPPORTED && r->bundle) {
		hz_error_clear(&why);
		ret = compile_again(rt, id, r, &b, &why);
	}
	if (ret && why.code != HZ_E_NOT_FOUND)
		runtime_log(rt, HZ_LOG_WARNING, "poststop hooks of container \"%s\" are lost: %s",
			    id, why.msg);
	ret = container_destroy(rt, id, dirfd, r, plan.h ? plan.h : b.plan.h, err);
	plan_done(&plan);
	bundle_done(&b);
	hz_error_clear(&why);
	return ret;
}

static int delete_locked(hz_runtime *rt, const char *id, int dirfd, bool force, struct arena *a,
			 struct hz_error *err)
{
	struct record r = {0};

	if (container_record(rt, id, dirfd, a, &r, err)) {
		/* a create was killed before its intent: there is nothing but the directory. A
		 * damaged record needs --force. */
		if (err->code != HZ_E_NOT_FOUND && !force)
			return -1;
		if (err->code == HZ_E_SYSTEM || err->code == HZ_E_NOMEM ||
		    err->code == HZ_E_FOREIGN)
			return -1;
		hz_error_clear(err);
		r = (struct record){0};
	}
	if (!force && r.pid.set && check_state(dirfd, id, &r, err))
		return -1;
	if (r.version.v > RECORD_VERSION)
		runtime_log(
			rt, HZ_LOG_WARNING,
			"container \"%s\" was created by a newer version of hezi (record version "
			"%lld, this version knows %d): what only that version creates is left",
			id, (long long)r.version.v, RECORD_VERSION);
	return end_init(&r, err) ? -1 : destroy_with_hooks(rt, id, dirfd, &r, err);
}

/* The holder of the lock may hang in a hook: end the processes it made, then it fails and lets go.
 */
static int lock_by_force(hz_runtime *rt, const char *id, int *ret_dirfd, struct hz_error *err)
{
	_cleanup_fd_ int dirfd = -1;
	struct arena a = ARENA_INIT;
	struct record r;

	if (!store_lock(rt, id, LOCK_GRACE_MS, ret_dirfd, err))
		return 0;
	if (err->code != HZ_E_BUSY)
		return -1;
	if (!store_open(rt, id, &dirfd, err) && !container_record(rt, id, dirfd, &a, &r, err))
		container_kill_all(&r, SIGKILL,
				   err); /* if it cannot be killed, the wait below tells */
	arena_done(&a);
	return store_lock(rt, id, LOCK_WAIT_MS, ret_dirfd, err);
}

/* Nothing of that name: with --force that is what was asked for, once the rest of a killed delete
 * is gone too. */
static int delete_missing(hz_runtime *rt, const char *id, struct hz_error *err)
{
	hz_error_clear(err);
	if (store_open_root(rt, false, err)) {
		bool no_root = err->errnum == ENOENT;

		if (no_root)
			hz_error_clear(err);
		return no_root ? 0 : -1;
	}
	return store_sweep(rt, id, err);
}

int hz_delete(hz_runtime *rt, const char *id, bool force, struct hz_error *err)
{
	struct hz_error local = HZ_ERROR_INIT;
	_cleanup_lock_ int dirfd = -1;
	struct arena a = ARENA_INIT;
	int r;

	if (!err)
		err = &local; /* decisions below look at the code */
	r = force ? lock_by_force(rt, id, &dirfd, err)
		  : store_lock(rt, id, LOCK_WAIT_MS, &dirfd, err);
	if (!r)
		r = delete_locked(rt, id, dirfd, force, &a, err);
	else if (force && err->code == HZ_E_NOT_FOUND)
		r = delete_missing(rt, id, err);
	arena_done(&a);
	hz_error_clear(&local);
	return r;
}
