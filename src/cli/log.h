/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of one command: lines for programs in the two formats of runc (logrus), which engines
 *read.
 *
 *	text	time="2026-11-23T18:55:23Z" level=error msg="create failed: …"
 *	json	{"level":"error","msg":"create failed: …","time":"2026-11-23T18:55:24.123456789Z",
 *more fields}
 *
 * Podman takes the whole file for one JSON object after a failure. So warnings wait until the
 *command has succeeded and are dropped when it fails, unless somebody asked for all lines (--debug,
 *--log-level info).
 */
#ifndef CLI_LOG_H
#define CLI_LOG_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <time.h>

enum log_level {
	LOG_AT_ERROR,
	LOG_AT_WARNING,
	LOG_AT_INFO,
	LOG_AT_DEBUG
};

struct log {
	int fd; /* of --log; -1: there is none, lines go to stderr */
	bool json;
	enum log_level level; /* lines above it are not written */
	struct buf waiting;   /* complete lines */
};

#define LOG_INIT                                  \
	{                                         \
		.fd = -1, .level = LOG_AT_WARNING \
	}

/** Open (append to, create 0644) the file of --log. */
int log_open(struct log *l, const char *path, struct hz_error *err);
void log_done(struct log *l);

/** A line for which there is no more than a text. */
void log_message(struct log *l, enum log_level level, const char *text);
/** Write what waits. */
void log_flush(struct log *l);

/**
 * The error that ends a command: the one entry that the log gets. @what is put before its text
 * ("create failed"), or NULL. Without --log and in text format it goes to stderr as people read it;
 * with --log also there.
 */
void log_error(struct log *l, const char *what, const struct hz_error *err);

/* The renderings; each appends complete lines. */
void log_text_line(struct buf *out, time_t t, const char *level, const char *msg);
int log_json_line(struct buf *out, const struct timespec *t, const char *level, const char *msg,
		  const struct hz_error *err);
/** @text on one line: what is not printable or not UTF-8 is escaped. */
void log_clean(struct buf *out, const char *text);
/** The error on one line: what, place, text, errno's name. */
void log_error_text(struct buf *out, const char *what, const struct hz_error *err);
/** The same with the kernel's words, the hint and the number of further faults on that line. */
void log_error_line(struct buf *out, const char *what, const struct hz_error *err);
/** For people: "hezi: " and the line, then kernel, hint and further faults on lines of their own.
 */
void log_error_people(struct buf *out, const char *what, const struct hz_error *err);

#endif
