/* SPDX-License-Identifier: Apache-2.0 */
/* events and stats: what a container uses, and when it runs out of memory. */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct events {
	const struct hz_events_options *o;
	struct arena arena;
	struct record record;
	struct cgroup_watch watch;
	int pidfd;
};

static int not_running(const char *id, struct hz_error *err)
{
	return error_set(err, HZ_E_STATE, "container with id %s is not running", id);
}

/* The record of a container that is not stopped. */
static int read_running(hz_runtime *rt, const char *id, struct arena *a, struct record *r,
			struct hz_error *err)
{
	enum hz_status status;

	if (container_read(rt, id, a, r, &status, err))
		return -1;
	return status == HZ_STOPPED || status == HZ_CREATING ? not_running(id, err) : 0;
}

static int open_init(struct events *e, struct hz_error *err)
{
	int alive;

	e->pidfd = process_open(&e->record);
	if (e->pidfd < 0)
		return e->pidfd == -ESRCH ? not_running(e->o->id, err)
					  : error_sys(err, -e->pidfd, "pidfd_open", NULL,
						      "watch container \"%s\"", e->o->id);
	/* the pid may be another process's since the status was asked */
	alive = process_is_alive(&e->record, err);
	return alive ? alive > 0 ? 0 : -1 : not_running(e->o->id, err);
}

static int send_event(struct events *e, const char *type, struct hz_error *err)
{
	struct oci_json *j = oci_json_new("");
	bool stats = !strcmp(type, "stats");
	const char *text;
	size_t len;
	int r = 0;

	if (!j)
		return error_oom(err);
	oci_json_object(j);
	oci_json_key(j, "type");
	oci_json_str(j, type);
	oci_json_key(j, "id");
	oci_json_str(j, e->record.id);
	if (stats) {
		oci_json_key(j, "data");
		r = cgroup_stats_encode(&e->record.cgroup_dirs, j, err);
	}
	oci_json_object_end(j);
	if (!r)
		r = oci_json_text(j, &text, &len, err);
	if (!r)
		r = e->o->on_event(e->o->data, text, err);
	oci_json_free(j);
	return r;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int watch(struct events *e, struct hz_error *err)
{
	int64_t next = now_ms() + e->o->interval_ms;
	bool ended = false;

	while (!ended) {
		struct pollfd p[] = {{e->pidfd, POLLIN, 0}, {e->watch.fd, POLLIN, 0}};
		int64_t left = next - now_ms();

		if (poll(p, 2, left > 0 ? (int)left : 0) < 0 && errno != EINTR)
			return error_sys(err, errno, "poll", NULL, "wait for events");
		ended = p[0].revents != 0;
		if (cgroup_watch_happened(&e->watch) && send_event(e, "oom", err))
			return -1;
		if (ended || now_ms() < next)
			continue;
		if (send_event(e, "stats", err)) {
			/* its cgroup may be removed as soon as it has ended */
			if (err->code != HZ_E_STATE || poll(p, 1, 0) <= 0)
				return -1;
			hz_error_clear(err);
			return 0;
		}
		next = now_ms() + e->o->interval_ms;
	}
	return 0;
}

static int run(hz_runtime *rt, struct events *e, struct hz_error *err)
{
	if (read_running(rt, e->o->id, &e->arena, &e->record, err))
		return -1;
	if (e->o->once)
		return send_event(e, "stats", err);
	if (open_init(e, err) || cgroup_watch_ooms(&e->record.cgroup_dirs, &e->watch, err))
		return -1;
	return watch(e, err);
}

int hz_events(hz_runtime *rt, const struct hz_events_options *options, struct hz_error *err)
{
	struct events e = {.o = options, .watch = {.fd = -1}, .pidfd = -1};
	struct hz_error local = HZ_ERROR_INIT;
	int r = run(rt, &e, err ? err : &local);

	if (e.watch.fd >= 0)
		fd_close(e.watch.fd);
	if (e.pidfd >= 0)
		fd_close(e.pidfd);
	arena_done(&e.arena);
	hz_error_clear(&local);
	return r;
}

int hz_stats_get(hz_runtime *rt, const char *id, struct hz_stats *ret, struct hz_error *err)
{
	struct arena a = ARENA_INIT;
	struct record record;
	int r = read_running(rt, id, &a, &record, err);

	if (!r)
		r = cgroup_stats_get(&record.cgroup_dirs, ret, err);
	arena_done(&a);
	return r;
}
