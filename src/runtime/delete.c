/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delete, from the record alone, or with --force from the plan when the record is damaged:
 * processes, cgroups, mounts on the host, poststop hooks, state directory, in this order, so that a
 * killed delete can be done again. `delete --force` also removes what a killed create left: then
 * there is an intent record, or none at all.
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

struct removal {
	hz_runtime *rt;
	const char *id;
	int dirfd;
	bool force;
	struct arena arena;
	struct record record;
	struct plan plan;
};

static void removal_done(struct removal *d)
{
	if (d->dirfd >= 0)
		store_unlock(TAKE_FD(d->dirfd));
	plan_done(&d->plan);
	arena_done(&d->arena);
}

static void warn_of_newer(const struct removal *d)
{
	if (d->record.version.v > RECORD_VERSION)
		runtime_log(
			d->rt, HZ_LOG_WARNING,
			"container \"%s\" was created by a newer version of hezi (record version "
			"%lld, this version knows %d): what only that version creates is left",
			d->id, (long long)d->record.version.v, RECORD_VERSION);
}

/* Trouble of this process, not of the container's files: the next try may read them. */
static bool is_passing(const struct hz_error *e)
{
	return e->code == HZ_E_NOMEM ||
	       (e->code == HZ_E_SYSTEM && (e->errnum == EMFILE || e->errnum == ENFILE));
}

static int find_record(struct removal *d, struct hz_error *err)
{
	if (!container_record(d->rt, d->id, d->dirfd, &d->arena, &d->record, err))
		return 0;
	if (err->code == HZ_E_NOT_FOUND) {
		/* a create was killed before its intent: there is nothing but the directory */
		hz_error_clear(err);
		d->record = (struct record){.id = d->id};
		return 0;
	}
	if (!d->force || err->code == HZ_E_FOREIGN || is_passing(err))
		return -1;
	d->record.id = d->id;
	return container_recover(d->rt, d->dirfd, &d->plan, &d->arena, &d->record, err);
}

/* The hooks of a plan that cannot be read because of @why are lost, unless config.json, of which
 * the plan was made, has them. */
static int hooks_lost(struct removal *d, const struct hz_error *why, struct hz_error *err)
{
	struct hz_error ignored = HZ_ERROR_INIT; /* the first one is the one to report */
	int r = container_recompile(d->rt, d->dirfd, &d->record, &d->arena, &d->plan, &ignored);

	hz_error_clear(&ignored);
	if (!r && why->code == HZ_E_UNSUPPORTED)
		return 0; /* nothing is damaged: the plan is of another version of hezi */
	if (!r || d->force) {
		runtime_log(d->rt, HZ_LOG_WARNING,
			    r ? "%s: the poststop hooks of container \"%s\" are lost"
			      : "%s: container \"%s\" has the poststop hooks of its config.json",
			    why->msg, d->id);
		return 0;
	}
	error_set(err, HZ_E_STATE, "read the poststop hooks of container \"%s\": %s", d->id,
		  why->msg);
	return error_hint(err, "\"hezi delete --force\" removes the container without them");
}

static int find_hooks(struct removal *d, struct hz_error *err)
{
	struct hz_error why = HZ_ERROR_INIT;
	int r;

	if (d->plan.h || !store_read_plan(d->dirfd, &d->plan, &why))
		return 0;
	if (why.code == HZ_E_NOT_FOUND && !d->record.pid.set) {
		/* a create was killed before it had a plan, and has run no hooks either */
		hz_error_clear(&why);
		return 0;
	}
	if (is_passing(&why)) {
		hz_error_clear(err);
		*err = why;
		return -1;
	}
	r = hooks_lost(d, &why, err);
	hz_error_clear(&why);
	return r;
}

static int delete_locked(struct removal *d, struct hz_error *err)
{
	struct record *r = &d->record;

	if (find_record(d, err))
		return -1;
	if (!d->force && r->pid.set && check_state(d->dirfd, d->id, r, err))
		return -1;
	warn_of_newer(d);
	if (find_hooks(d, err) || end_init(r, err))
		return -1;
	return container_destroy(d->rt, d->id, d->dirfd, r, d->plan.h, err);
}

/* The holder of the lock may hang in a hook: end the processes it made, then it fails and lets go.
 */
static int lock_by_force(hz_runtime *rt, const char *id, int *ret_dirfd, struct hz_error *err)
{
	struct removal d = {.rt = rt, .id = id, .dirfd = -1, .force = true};

	if (!store_lock(rt, id, LOCK_GRACE_MS, ret_dirfd, err))
		return 0;
	if (err->code != HZ_E_BUSY)
		return -1;
	if (!store_open(rt, id, &d.dirfd, err) && !find_record(&d, err))
		container_kill_all(&d.record, SIGKILL,
				   err); /* if it cannot be killed, the wait below tells */
	removal_done(&d);
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
	struct removal d = {.rt = rt, .id = id, .dirfd = -1, .force = force};
	struct hz_error local = HZ_ERROR_INIT;
	int r;

	if (!err)
		err = &local; /* decisions below look at the code */
	r = force ? lock_by_force(rt, id, &d.dirfd, err)
		  : store_lock(rt, id, LOCK_WAIT_MS, &d.dirfd, err);
	if (!r)
		r = delete_locked(&d, err);
	else if (force && err->code == HZ_E_NOT_FOUND)
		r = delete_missing(rt, id, err);
	removal_done(&d);
	hz_error_clear(&local);
	return r;
}
