/* SPDX-License-Identifier: Apache-2.0 */
/* pause, resume, ps: what is done to a container through its cgroup alone. */
#include "runtime/runtime.h"

/* Each works on the record of a container that nobody else works on, and on what it is doing. */
typedef int (*on_container)(const struct record *r, enum hz_status status, struct hz_error *err);

static int with_container(hz_runtime *rt, const char *id, on_container f, struct hz_error *err)
{
	enum hz_status status = HZ_STOPPED;
	_cleanup_lock_ int dirfd = -1;
	struct arena a = ARENA_INIT;
	struct record record;
	int r;

	if (store_lock(rt, id, LOCK_WAIT_MS, &dirfd, err))
		return -1;
	r = container_record(rt, id, dirfd, &a, &record, err);
	/* without a pid the lock, which is ours, would look like that of a create at work */
	if (!r && record.pid.set)
		r = status_get(dirfd, &record, &status, err);
	if (!r)
		r = f(&record, status, err);
	arena_done(&a);
	return r;
}

static int pause_container(const struct record *r, enum hz_status status, struct hz_error *err)
{
	if (status == HZ_PAUSED)
		return error_set(err, HZ_E_STATE, "container already paused");
	if (status != HZ_CREATED && status != HZ_RUNNING)
		return error_set(err, HZ_E_STATE, "container not running");
	return cgroup_freeze(&r->cgroup_dirs, err);
}

static int resume_container(const struct record *r, enum hz_status status, struct hz_error *err)
{
	int frozen;

	if (status != HZ_PAUSED)
		return error_set(err, HZ_E_STATE, "container not paused");
	if (cgroup_thaw(&r->cgroup_dirs, err))
		return -1;
	frozen = cgroup_is_frozen(&r->cgroup_dirs, err);
	if (frozen <= 0)
		return frozen;
	error_set(err, HZ_E_STATE, "the container's cgroup stays frozen");
	return error_hint(err, "a cgroup above it is frozen: thaw that one");
}

int hz_pause(hz_runtime *rt, const char *id, struct hz_error *err)
{
	return with_container(rt, id, pause_container, err);
}

int hz_resume(hz_runtime *rt, const char *id, struct hz_error *err)
{
	return with_container(rt, id, resume_container, err);
}

int hz_pids(hz_runtime *rt, const char *id, int **ret, size_t *ret_n, struct hz_error *err)
{
	struct arena a = ARENA_INIT;
	enum hz_status status;
	struct record record;
	int r = container_read(rt, id, &a, &record, &status, err);

	_Static_assert(sizeof(pid_t) == sizeof(int), "pids are handed out as int");
	if (!r && status == HZ_CREATING)
		r = error_set(err, HZ_E_STATE, "container not running");
	if (!r)
		r = cgroup_procs(&record.cgroup_dirs, ret, ret_n, err);
	arena_done(&a);
	return r;
}
