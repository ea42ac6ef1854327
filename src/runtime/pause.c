/* SPDX-License-Identifier: Apache-2.0 */
/* pause, resume, ps: what is done to a container through its cgroup alone. */
#include "runtime/runtime.h"

/* Each works on the record of a container and what the container is doing. */
typedef int (*on_container)(const struct record *r, enum hz_status status, void *data,
			    struct hz_error *err);

static int with_container(hz_runtime *rt, const char *id, bool lock, on_container f, void *data,
			  struct hz_error *err)
{
	_cleanup_fd_ int dirfd = -1;
	struct arena a = ARENA_INIT;
	enum hz_status status;
	struct record record;
	int r;

	if (lock ? store_lock(rt, id, 0, &dirfd, err) : store_open(rt, id, &dirfd, err))
		return -1;
	r = record_read(dirfd, &a, &record, err);
	/* a lock of ours must not look like that of a create at work */
	if (!r && !record.pid.set && lock)
		status = HZ_STOPPED;
	else if (!r)
		r = status_get(dirfd, &record, &status, err);
	if (!r)
		r = f(&record, status, data, err);
	arena_done(&a);
	return r;
}

static int pause_container(const struct record *r, enum hz_status status, void *data,
			   struct hz_error *err)
{
	(void)data;
	if (status == HZ_PAUSED)
		return error_set(err, HZ_E_STATE, "container already paused");
	if (status != HZ_CREATED && status != HZ_RUNNING)
		return error_set(err, HZ_E_STATE, "container not running");
	return cgroup_freeze(&r->cgroup_dirs, err);
}

static int resume_container(const struct record *r, enum hz_status status, void *data,
			    struct hz_error *err)
{
	int frozen;

	(void)data;
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

struct found {
	int **ret;
	size_t *ret_n;
};

static int find_pids(const struct record *r, enum hz_status status, void *data,
		     struct hz_error *err)
{
	struct found *found = data;

	_Static_assert(sizeof(pid_t) == sizeof(int), "pids are handed out as int");
	if (status == HZ_CREATING)
		return error_set(err, HZ_E_STATE, "container not running");
	return cgroup_procs(&r->cgroup_dirs, found->ret, found->ret_n, err);
}

int hz_pause(hz_runtime *rt, const char *id, struct hz_error *err)
{
	return with_container(rt, id, true, pause_container, NULL, err);
}

int hz_resume(hz_runtime *rt, const char *id, struct hz_error *err)
{
	return with_container(rt, id, true, resume_container, NULL, err);
}

int hz_pids(hz_runtime *rt, const char *id, int **ret, size_t *ret_n, struct hz_error *err)
{
	struct found found = {.ret = ret, .ret_n = ret_n};

	return with_container(rt, id, false, find_pids, &found, err);
}
