/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection to a manager.
 *
 *   the system's   its private socket, which root may use and which needs no bus daemon; else the
 *                  system bus
 *   a user's       the user's bus ($DBUS_SESSION_BUS_ADDRESS, $XDG_RUNTIME_DIR/bus); else the
 *                  private socket of the user's manager
 */
#include "systemd/systemd.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STEP_US UINT64_C(1000000)

static int open_address(const char *path, sd_bus **ret)
{
	char address[512];
	sd_bus *bus = NULL;
	int r;

	if ((size_t)snprintf(address, sizeof(address), "unix:path=%s", path) >= sizeof(address) ||
	    path[strcspn(path, ",;%:")])
		return -ENAMETOOLONG;
	r = sd_bus_new(&bus);
	if (r >= 0)
		r = sd_bus_set_address(bus, address);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r < 0) {
		sd_bus_unref(bus);
		return r;
	}
	*ret = bus;
	return 0;
}

static int open_system(sd_bus **ret)
{
	int r = open_address("/run/systemd/private", ret);

	return r < 0 ? sd_bus_open_system(ret) : r;
}

static int open_user(sd_bus **ret)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	int r = sd_bus_open_user(ret);
	char path[400];

	if (r >= 0 || !dir ||
	    (size_t)snprintf(path, sizeof(path), "%s/systemd/private", dir) >= sizeof(path))
		return r;
	return open_address(path, ret) < 0 ? r : 0;
}

int bus_open(struct session *s)
{
	bool user = s->rq->user;
	int r;

	if (s->bus && sd_bus_is_open(s->bus) > 0)
		return 0;
	sd_bus_unref(TAKE_PTR(s->bus));
	r = user ? open_user(&s->bus) : open_system(&s->bus);
	if (r >= 0)
		return 0;
	return session_fail(s, UNIT_STAGE_BUS, -r, NULL, "connect to %s",
			    user ? "the user's systemd" : "systemd");
}

int bus_call(struct session *s, sd_bus_message *m, sd_bus_error *e, sd_bus_message **ret_reply)
{
	int r = sd_bus_call(s->bus, m, UNIT_TIMEOUT_S * STEP_US, e, ret_reply);

	return r < 0 ? r : 0;
}

const char *bus_unit_string(struct session *s, const char *interface, const char *property)
{
	_cleanup_free_ char *path = NULL, *value = NULL;

	if (sd_bus_path_encode(MANAGER_PATH "/unit", s->strings[0], &path) < 0 ||
	    sd_bus_get_property_string(s->bus, MANAGER_NAME, path, interface, property, NULL,
				       &value) < 0)
		return NULL;
	return arena_strdup(&s->a, value);
}

/* --- jobs --- */

static struct {
	struct {
		char path[128], result[32];
	} ended[64]; /* the last ones: a job may end before we know its path */
	unsigned n;
} jobs;

static int on_removed(sd_bus_message *m, void *data, sd_bus_error *e)
{
	const char *path, *unit, *result;
	unsigned slot = jobs.n % ARRAY_SIZE(jobs.ended);
	uint32_t id;

	(void)data;
	(void)e;
	if (sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) < 0)
		return 0;
	snprintf(jobs.ended[slot].path, sizeof(jobs.ended[slot].path), "%s", path);
	snprintf(jobs.ended[slot].result, sizeof(jobs.ended[slot].result), "%s", result);
	jobs.n++;
	return 0;
}

static const char *find_result(const char *job)
{
	for (unsigned i = 0; i < jobs.n && i < ARRAY_SIZE(jobs.ended); i++)
		if (!strcmp(jobs.ended[i].path, job))
			return jobs.ended[i].result;
	return NULL;
}

int bus_watch_jobs(struct session *s)
{
	int r;

	jobs.n = 0;
	r = sd_bus_match_signal(s->bus, NULL, NULL, MANAGER_PATH, MANAGER_IFACE, "JobRemoved",
				on_removed, NULL);
	/* a manager may send signals to its subscribers only; who has subscribed is told so */
	if (r >= 0)
		(void)sd_bus_call_method(s->bus, MANAGER_NAME, MANAGER_PATH, MANAGER_IFACE,
					 "Subscribe", NULL, NULL, NULL);
	return r < 0 ? session_fail(s, UNIT_STAGE_BUS, -r, NULL, "listen to systemd") : 0;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until something comes from systemd, hezi is gone (-ECANCELED), or the time is up (-ETIMEDOUT). */
static int wait_for_more(struct session *s, int64_t end)
{
	struct pollfd p[2] = {{sd_bus_get_fd(s->bus), 0, 0}, {s->sock, POLLRDHUP, 0}};
	int events = sd_bus_get_events(s->bus);
	int64_t left = end - now_ms();

	if (events < 0)
		return events;
	if (left <= 0)
		return -ETIMEDOUT;
	p[0].events = (short)events;
	if (poll(p, 2, (int)left) < 0 && errno != EINTR)
		return -errno;
	return p[1].revents ? -ECANCELED : 0;
}

/* A manager that was started anew has forgotten who listened: then its units are asked. */
static int wait_state(struct session *s, int64_t end)
{
	while (now_ms() < end) {
		const char *state;

		if (bus_open(s))
			return -EIO;
		state = bus_unit_string(s, "org.freedesktop.systemd1.Unit", "ActiveState");
		if (state && !strcmp(state, s->rq->op == UNIT_START ? "active" : "inactive"))
			return 0;
		if (state && strcmp(state, "activating") != 0 && strcmp(state, "deactivating") != 0)
			return session_fail(s, UNIT_STAGE_JOB, EIO, NULL, "unit \"%s\" is %s",
					    s->strings[0], state);
		poll(NULL, 0, 50);
	}
	return session_fail(s, UNIT_STAGE_JOB, ETIMEDOUT, NULL,
			    "systemd did not answer for %d s about unit \"%s\"", UNIT_TIMEOUT_S,
			    s->strings[0]);
}

int bus_wait_job(struct session *s, const char *job)
{
	int64_t end = now_ms() + UNIT_TIMEOUT_S * INT64_C(1000);
	const char *result;
	int r = 0;

	while (!(result = find_result(job)) && r >= 0) {
		r = sd_bus_process(s->bus, NULL);
		if (r == 0)
			r = wait_for_more(s, end);
	}
	if (!result && (r == -ENOTCONN || r == -ECONNRESET))
		return wait_state(s, end);
	if (!result)
		return session_fail(s, UNIT_STAGE_JOB, -r, NULL,
				    "systemd did not do the job for unit \"%s\" within %d s",
				    s->strings[0], UNIT_TIMEOUT_S);
	if (!strcmp(result, "done"))
		return 0;
	return session_fail(s, UNIT_STAGE_JOB, EIO, NULL,
			    "the job of systemd for unit \"%s\" ended with \"%s\"", s->strings[0],
			    result);
}
