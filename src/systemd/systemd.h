/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of hezi-systemd. Functions return 0 or -errno, with the failure noted. */
#ifndef SYSTEMD_SYSTEMD_H
#define SYSTEMD_SYSTEMD_H

#include "base/arena.h"
#include "base/cleanup.h"
#include "systemd/protocol.h"

#include <stdbool.h>
#include <systemd/sd-bus.h>

#define MANAGER_NAME  "org.freedesktop.systemd1"
#define MANAGER_PATH  "/org/freedesktop/systemd1"
#define MANAGER_IFACE "org.freedesktop.systemd1.Manager"

struct session {
	sd_bus *bus;
	int sock;
	struct arena a;                /* of one request */
	const struct unit_request *rq; /* the request … */
	const char **strings;          /* … and what follows it */
	size_t nstrings;
	int64_t begun_ms; /* on the clock of bus_now_ms() */
	bool again;       /* a connection was lost since */
	/* the reply */
	const char *out[64];
	size_t nout;
	enum unit_stage stage;
	const char *error_name, *error_text;
};

/** Note a failure; returns -@errnum. @e may be NULL or empty. */
int session_fail(struct session *s, enum unit_stage stage, int errnum, const sd_bus_error *e,
		 const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* bus.c */
/** The stage of what failed with @r and @e: the connection (then UNIT_STAGE_LOST), or @other. */
enum unit_stage bus_stage(int r, const sd_bus_error *e, enum unit_stage other);
int bus_open(struct session *s);
int64_t bus_now_ms(void);
/** After UNIT_STAGE_LOST: a pause before the next try. False: the request is too old for one, or
 * hezi is gone. */
bool bus_be_patient(struct session *s);
/** Call a method of the manager whose message is complete. @ret_reply may be NULL. */
int bus_call(struct session *s, sd_bus_message *m, sd_bus_error *e, sd_bus_message **ret_reply);
/** A property of the unit as a string in s->a, or NULL when there is none. */
int bus_unit_string(struct session *s, const char *interface, const char *property,
		    const char **ret);
/** A job of the manager is waited for: begin before it is asked for, then hand over its path. */
int bus_watch_jobs(struct session *s);
int bus_wait_job(struct session *s, const char *job);

/* property.c */
/** Append "(sv)" for each property that is not "" to an open array. -EINVAL when one cannot be
 * read. */
int property_append(struct session *s, sd_bus_message *m, const char *const *properties, size_t n);
/** The property without which systemd's error would perhaps not have come: its index, or -1. Only
 * those with "?". */
int property_blamed(const char *const *properties, size_t n, const sd_bus_error *e);

/* unit.c */
int unit_do(struct session *s);

static inline void cleanup_message(sd_bus_message **m)
{
	sd_bus_message_unref(*m);
}
#define _cleanup_message_ _cleanup_(cleanup_message)
#define _cleanup_error_   _cleanup_(sd_bus_error_free)

#endif
