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

#define STEP_US  UINT64_C(1000000)
#define PAUSE_MS 50

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
	int r = open_address("/run/systemd/private", ret), second;

	if (r >= 0)
		return r;
	second = sd_bus_open_system(ret);
	return second < 0 && r == -ECONNREFUSED ? r : second; /* it was there, and will be again */
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

int64_t bus_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What sd-bus says when a connection ends, and what a bus says whose systemd is away. */
enum unit_stage bus_stage(int r, const sd_bus_error *e, enum unit_stage other)
{
	static const char *const names[] = {SD_BUS_ERROR_DISCONNECTED, SD_BUS_ERROR_NO_REPLY,
					    SD_BUS_ERROR_NAME_HAS_NO_OWNER,
					    SD_BUS_ERROR_SERVICE_UNKNOWN};

	if (r == -ENOTCONN || r == -ECONNRESET || r == -EPIPE || r == -ECONNREFUSED)
		return UNIT_STAGE_LOST;
	for (size_t i = 0; e && i < ARRAY_SIZE(names); i++)
		if (sd_bus_error_has_name(e, names[i]))
			return UNIT_STAGE_LOST;
	return other;
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
	return session_fail(s, s->again ? UNIT_STAGE_LOST : bus_stage(r, NULL, UNIT_STAGE_BUS), -r,
			    NULL, "connect to %s", user ? "the user's systemd" : "systemd");
}

bool bus_be_patient(struct session *s)
{
	struct pollfd hezi = {s->sock, POLLRDHUP, 0};

	s->again = true;
	s->bus = sd_bus_close_unref(s->bus);
	return bus_now_ms() - s->begun_ms < UNIT_PATIENCE_S * INT64_C(1000) &&
	       poll(&hezi, 1, PAUSE_MS) == 0;
}

int bus_call(struct session *s, sd_bus_message *m, sd_bus_error *e, sd_bus_message **ret_reply)
{
	int r = sd_bus_call(s->bus, m, UNIT_TIMEOUT_S * STEP_US, e, ret_reply);

	return r < 0 ? r : 0;
}

int bus_unit_string(struct session *s, const char *interface, const char *property,
		    const char **ret)
{
	_cleanup_error_ sd_bus_error e = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *path = NULL, *value = NULL;
	int r = sd_bus_path_encode(MANAGER_PATH "/unit", s->strings[0], &path);

	*ret = NULL;
	if (r >= 0)
		r = sd_bus_get_property_string(s->bus, MANAGER_NAME, path, interface, property, &e,
					       &value);
	if (r >= 0)
		*ret = arena_strdup(&s->a, value);
	if (bus_stage(r, &e, UNIT_STAGE_REFUSED) == UNIT_STAGE_LOST)
		return session_fail(s, UNIT_STAGE_LOST, -r, &e, "ask for %s of unit \"%s\"",
				    property, s->strings[0]);
	return 0;
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
	return r < 0 ? session_fail(s, bus_stage(r, NULL, UNIT_STAGE_BUS), -r, NULL,
				    "listen to systemd")
		     : 0;
}

/* Until something comes from systemd, hezi is gone (-ECANCELED), or the time is up (-ETIMEDOUT). */
static int wait_for_more(struct session *s, int64_t end)
{
	struct pollfd p[2] = {{sd_bus_get_fd(s->bus), 0, 0}, {s->sock, POLLRDHUP, 0}};
	int events = sd_bus_get_events(s->bus);
	int64_t left = end - bus_now_ms();

	if (events < 0)
		return events;
	if (left <= 0)
		return -ETIMEDOUT;
	p[0].events = (short)events;
	if (poll(p, 2, (int)left) < 0 && errno != EINTR)
		return -errno;
	return p[1].revents ? -ECANCELED : 0;
}

int bus_wait_job(struct session *s, const char *job)
{
	int64_t end = bus_now_ms() + UNIT_TIMEOUT_S * INT64_C(1000);
	const char *result;
	int r = 0;

	while (!(result = find_result(job)) && r >= 0) {
		r = sd_bus_process(s->bus, NULL);
		if (r == 0)
			r = wait_for_more(s, end);
	}
	if (!result && bus_stage(r, NULL, UNIT_STAGE_JOB) == UNIT_STAGE_LOST)
		return session_fail(s, UNIT_STAGE_LOST, -r, NULL,
				    "wait for the job of systemd for unit \"%s\"", s->strings[0]);
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
