/* SPDX-License-Identifier: Apache-2.0 */
/* The requests. */
#include "systemd/systemd.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#define BEGUN_TRIES    50
#define BEGUN_PAUSE_MS 20

#define ERROR_EXISTS  "org.freedesktop.systemd1.UnitExists"
#define ERROR_MISSING "org.freedesktop.systemd1.NoSuchUnit"
#define ERROR_LOAD    "org.freedesktop.systemd1.LoadFailed"

static int failed(struct session *s, int r, const sd_bus_error *e, const char *what)
{
	enum unit_stage other = r == -ETIMEDOUT ? UNIT_STAGE_BUS : UNIT_STAGE_REFUSED;

	return session_fail(s, bus_stage(r, e, other), -r, e, "%s unit \"%s\"", what,
			    s->strings[0]);
}

static int new_call(struct session *s, const char *method, sd_bus_message **ret)
{
	int r = sd_bus_message_new_method_call(s->bus, ret, MANAGER_NAME, MANAGER_PATH,
					       MANAGER_IFACE, method);

	return r < 0 ? session_fail(s, UNIT_STAGE_REQUEST, -r, NULL, "%s", method) : 0;
}

static void reset_failed(struct session *s)
{
	/* who has not failed, or is gone, has nothing to be reset */
	(void)sd_bus_call_method(s->bus, MANAGER_NAME, MANAGER_PATH, MANAGER_IFACE,
				 "ResetFailedUnit", NULL, NULL, "s", s->strings[0]);
}

/* --- properties with retries --- */

/* One that this systemd does not know is left out: 1, or 0 when none is to blame. */
static int leave_out(struct session *s, const char **properties, size_t n, const sd_bus_error *e)
{
	int i = property_blamed(properties, n, e);

	if (i < 0 || s->nout == ARRAY_SIZE(s->out))
		return 0;
	s->out[s->nout++] =
		arena_strndup(&s->a, properties[i] + 1, strcspn(properties[i] + 1, "="));
	properties[i] = "";
	return s->out[s->nout - 1] != NULL;
}

/* --- start --- */

static int append_own(struct session *s, sd_bus_message *m)
{
	uint32_t pid = (uint32_t)s->rq->pid;
	int r = sd_bus_message_append(m, "(sv)", "Slice", "s", s->strings[1]);

	if (r >= 0)
		r = sd_bus_message_append(m, "(sv)", "PIDs", "au", 1, pid);
	return r;
}

static int start_message(struct session *s, sd_bus_message **ret)
{
	int r = new_call(s, "StartTransientUnit", ret);

	if (r)
		return r;
	r = sd_bus_message_append(*ret, "ss", s->strings[0], "fail");
	if (r >= 0)
		r = sd_bus_message_open_container(*ret, 'a', "(sv)");
	if (r >= 0)
		r = append_own(s, *ret);
	if (r < 0)
		return failed(s, r, NULL, "describe");
	r = property_append(s, *ret, s->strings + 2, s->nstrings - 2);
	if (r)
		return r;
	r = sd_bus_message_close_container(*ret);
	if (r >= 0)
		r = sd_bus_message_append(*ret, "a(sa(sv))", 0);
	return r < 0 ? failed(s, r, NULL, "describe") : 0;
}

/* Is the process in the unit? */
static bool is_inside(struct session *s)
{
	_cleanup_message_ sd_bus_message *answer = NULL;
	_cleanup_free_ char *want = NULL;
	const char *path;

	return sd_bus_path_encode(MANAGER_PATH "/unit", s->strings[0], &want) >= 0 &&
	       sd_bus_call_method(s->bus, MANAGER_NAME, MANAGER_PATH, MANAGER_IFACE, "GetUnitByPID",
				  NULL, &answer, "u", (uint32_t)s->rq->pid) >= 0 &&
	       sd_bus_message_read(answer, "o", &path) >= 0 && !strcmp(path, want);
}

/* systemd has taken the request before the connection was lost, and may be at it still. */
static bool was_started(struct session *s)
{
	for (int i = 0; s->again && i < BEGUN_TRIES; i++) {
		if (is_inside(s))
			return true;
		poll(NULL, 0, BEGUN_PAUSE_MS);
	}
	return false;
}

/* 0: *ret_job (NULL: it is done); 1: try again; -errno */
static int start_once(struct session *s, bool *reset, const char **ret_job)
{
	_cleanup_message_ sd_bus_message *m = NULL, *answer = NULL;
	_cleanup_error_ sd_bus_error e = SD_BUS_ERROR_NULL;
	const char *job;
	int r = start_message(s, &m);

	if (r)
		return r;
	r = bus_call(s, m, &e, &answer);
	if (!r) {
		r = sd_bus_message_read(answer, "o", &job);
		*ret_job = r < 0 ? NULL : arena_strdup(&s->a, job);
		return *ret_job ? 0 : failed(s, r < 0 ? r : -ENOMEM, NULL, "start");
	}
	if (sd_bus_error_has_name(&e, ERROR_EXISTS)) {
		if (was_started(s))
			return 0;
		if (*reset)
			return session_fail(s, UNIT_STAGE_EXISTS, EEXIST, &e, "start unit \"%s\"",
					    s->strings[0]);
		*reset = true; /* it may have failed and only stand there still */
		reset_failed(s);
		return 1;
	}
	return leave_out(s, s->strings + 2, s->nstrings - 2, &e) ? 1 : failed(s, r, &e, "start");
}

/* The first string of the reply. */
static int put_control_group(struct session *s)
{
	const char *path;

	if (bus_unit_string(s, "org.freedesktop.systemd1.Scope", "ControlGroup", &path))
		return -EIO;
	if (!path || path[0] != '/' || s->nout == ARRAY_SIZE(s->out))
		return session_fail(s, UNIT_STAGE_JOB, ENOENT, NULL,
				    "systemd names no cgroup of unit \"%s\": its processes ended",
				    s->strings[0]);
	memmove(s->out + 1, s->out, s->nout * sizeof(*s->out));
	s->out[0] = path;
	s->nout++;
	return 0;
}

static int do_start(struct session *s)
{
	const char *job = NULL;
	bool reset = false;
	int r = bus_watch_jobs(s);

	if (r)
		return r;
	do
		r = start_once(s, &reset, &job);
	while (r > 0);
	if (!r && job)
		r = bus_wait_job(s, job);
	return r ? r : put_control_group(s);
}

/* --- stop --- */

static bool is_gone(const sd_bus_error *e)
{
	return sd_bus_error_has_name(e, ERROR_MISSING) || sd_bus_error_has_name(e, ERROR_LOAD);
}

/* A create that was killed early has written down a name that may be another's. */
static int is_ours(struct session *s, bool *ret)
{
	const char *text;
	int r = bus_unit_string(s, "org.freedesktop.systemd1.Unit", "Description", &text);

	*ret = text && !strcmp(text, s->strings[1]);
	return r;
}

static int do_stop(struct session *s)
{
	_cleanup_message_ sd_bus_message *answer = NULL;
	_cleanup_error_ sd_bus_error e = SD_BUS_ERROR_NULL;
	const char *job;
	bool ours;
	int r = is_ours(s, &ours);

	if (r || !ours)
		return r;
	r = bus_watch_jobs(s);
	if (r)
		return r;
	/* SIGTERM and a minute and a half of patience are not for what is being deleted */
	(void)sd_bus_call_method(s->bus, MANAGER_NAME, MANAGER_PATH, MANAGER_IFACE, "KillUnit",
				 NULL, NULL, "ssi", s->strings[0], "all", SIGKILL);
	r = sd_bus_call_method(s->bus, MANAGER_NAME, MANAGER_PATH, MANAGER_IFACE, "StopUnit", &e,
			       &answer, "ss", s->strings[0], "replace");
	if (r < 0)
		return is_gone(&e) ? 0 : failed(s, r, &e, "stop");
	r = sd_bus_message_read(answer, "o", &job);
	r = r < 0 ? failed(s, r, NULL, "stop") : bus_wait_job(s, job);
	reset_failed(s);
	return r;
}

/* --- set, attach --- */

static int set_once(struct session *s)
{
	_cleanup_message_ sd_bus_message *m = NULL;
	_cleanup_error_ sd_bus_error e = SD_BUS_ERROR_NULL;
	int r = new_call(s, "SetUnitProperties", &m);

	if (r)
		return r;
	r = sd_bus_message_append(m, "sb", s->strings[0], 1);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "(sv)");
	if (r < 0)
		return failed(s, r, NULL, "describe");
	r = property_append(s, m, s->strings + 1, s->nstrings - 1);
	if (r)
		return r;
	r = sd_bus_message_close_container(m);
	if (r >= 0)
		r = bus_call(s, m, &e, NULL);
	if (r >= 0)
		return 0;
	return leave_out(s, s->strings + 1, s->nstrings - 1, &e) ? 1 : failed(s, r, &e, "change");
}

static int do_set(struct session *s)
{
	int r;

	do
		r = set_once(s);
	while (r > 0);
	return r;
}

static int do_attach(struct session *s)
{
	_cleanup_error_ sd_bus_error e = SD_BUS_ERROR_NULL;
	uint32_t pid = (uint32_t)s->rq->pid;
	int r = sd_bus_call_method(s->bus, MANAGER_NAME, MANAGER_PATH, MANAGER_IFACE,
				   "AttachProcessesToUnit", &e, NULL, "ssau", s->strings[0], "", 1,
				   pid);

	return r < 0 ? failed(s, r, &e, "put a process into") : 0;
}

int unit_do(struct session *s)
{
	static const struct {
		int (*run)(struct session *s);
		size_t least;
	} ops[UNIT_OPS] = {
		[UNIT_START] = {do_start, 2},
		[UNIT_STOP] = {do_stop, 2},
		[UNIT_SET] = {do_set, 1},
		[UNIT_ATTACH] = {do_attach, 1},
	};
	int r;

	if (s->nstrings < ops[s->rq->op].least)
		return session_fail(s, UNIT_STAGE_REQUEST, EINVAL, NULL,
				    "the request is too short");
	s->begun_ms = bus_now_ms();
	do {
		r = bus_open(s);
		if (!r)
			r = ops[s->rq->op].run(s);
	} while (r && s->stage == UNIT_STAGE_LOST && bus_be_patient(s));
	return r;
}
