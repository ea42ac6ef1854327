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

/* Where --log goes. A journal and syslog take records, not lines: they know the time and the level
 * themselves. */
enum log_kind {
	LOG_TO_FILE,
	LOG_TO_JOURNAL,
	LOG_TO_SYSLOG
};

struct log {
	int fd; /* of --log; -1: there is none, lines go to stderr */
	enum log_kind kind;
	const char *id; /* of the records; borrowed */
	bool json;
	enum log_level level; /* lines above it are not written */
	struct buf waiting;   /* complete lines, each behind a byte with its level */
};

#define LOG_INIT                                  \
	{                                         \
		.fd = -1, .level = LOG_AT_WARNING \
	}

/**
 * What --log names: "PATH" or "file:PATH", which is appended to (created 0644); "journald:ID" or
 * "syslog:ID". @where is borrowed.
 */
int log_open(struct log *l, const char *where, struct hz_error *err);
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

/* log_record.c */
/** Connect to the service of @kind. */
int log_connect(enum log_kind kind, int *ret_fd, struct hz_error *err);
/** One line, with or without its newline, as a record of l->kind. */
void log_record(const struct log *l, enum log_level level, const char *line, size_t len);

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
