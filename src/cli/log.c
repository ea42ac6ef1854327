/* SPDX-License-Identifier: Apache-2.0 */
/* Where lines go. How they look: log_format.c. */
#include "cli/log.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/named.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define LOG_ID_MAX 255

static const char *const level_names[] = {
	[LOG_AT_ERROR] = "error",
	[LOG_AT_WARNING] = "warning",
	[LOG_AT_INFO] = "info",
	[LOG_AT_DEBUG] = "debug",
};

/* "name:" before all else, in letters: a path with a colon can be given as ./PATH or file:PATH. */
static size_t scheme(const char *where)
{
	size_t n = strspn(where, "abcdefghijklmnopqrstuvwxyz");

	return n && where[n] == ':' ? n : 0;
}

int log_open(struct log *l, const char *where, struct hz_error *err)
{
	static const char *const schemes[] = {
		[LOG_TO_FILE] = "file",
		[LOG_TO_JOURNAL] = "journald",
		[LOG_TO_SYSLOG] = "syslog",
	};
	size_t n = scheme(where);
	const char *rest = n ? where + n + 1 : where;
	unsigned kind = LOG_TO_FILE;

	while (n && kind < ARRAY_SIZE(schemes) &&
	       (strncmp(schemes[kind], where, n) != 0 || schemes[kind][n]))
		kind++;
	if (kind == ARRAY_SIZE(schemes)) {
		error_set(err, HZ_E_USAGE, "unknown kind of log: \"%.*s\"", (int)n, where);
		return error_hint(err, "--log takes PATH, file:PATH, journald:ID or syslog:ID");
	}
	if (!*rest)
		return error_set(err, HZ_E_USAGE, "--log %s: nothing behind the colon", where);
	if (kind == LOG_TO_FILE)
		return named_append(rest, 0644, false, "open the log file", &l->fd, err);
	if (strpbrk(rest, "\n\r") || strlen(rest) > LOG_ID_MAX)
		return error_set(err, HZ_E_USAGE,
				 "--log %.*s: the ID is one line of %d bytes at most", (int)n,
				 where, LOG_ID_MAX);
	l->kind = (enum log_kind)kind;
	l->id = rest;
	return log_connect(l->kind, &l->fd, err);
}

void log_done(struct log *l)
{
	if (l->fd >= 0)
		fd_close(l->fd);
	l->fd = -1;
	buf_done(&l->waiting);
}

/* A line that cannot be written cannot be reported either: the exit status still tells. */
static void write_lines(int fd, const struct buf *b)
{
	if (b->data)
		(void)named_write(fd, b->data, b->len);
}

/* One complete line. */
static void put(const struct log *l, enum log_level level, const char *line, size_t len)
{
	int fd = l->fd >= 0 ? l->fd : STDERR_FILENO;

	if (l->kind == LOG_TO_FILE)
		(void)named_write(fd, line, len); /* as above */
	else
		log_record(l, level, line, len);
}

static void put_buf(const struct log *l, enum log_level level, const struct buf *b)
{
	if (b->data)
		put(l, level, b->data, b->len);
}

/* Plain text on stderr may come at once: nobody takes it for a single object. */
static bool is_for_people(const struct log *l)
{
	return l->fd < 0 && !l->json;
}

static void format_line(struct buf *out, const struct log *l, enum log_level level,
			const char *text)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	if (l->json)
		(void)log_json_line(out, &now, level_names[level], text,
				    NULL); /* out of memory: no line */
	else if (l->kind != LOG_TO_FILE)
		log_clean(out, text);
	else
		log_text_line(out, now.tv_sec, level_names[level], text);
}

void log_message(struct log *l, enum log_level level, const char *text)
{
	_cleanup_buf_ struct buf line = BUF_INIT;

	if (level > l->level)
		return;
	format_line(&line, l, level, text);
	if (l->kind != LOG_TO_FILE && !l->json)
		buf_addc(&line, '\n');
	if (l->level > LOG_AT_WARNING || is_for_people(l)) {
		put_buf(l, level, &line);
	} else if (line.data && !line.failed) {
		buf_addc(&l->waiting, (char)('0' + level));
		buf_add(&l->waiting, line.data, line.len);
	}
}

void log_flush(struct log *l)
{
	const char *at = l->waiting.data, *end = at ? at + l->waiting.len : NULL, *stop;

	for (; at < end && (stop = memchr(at, '\n', (size_t)(end - at))); at = stop + 1)
		put(l, (enum log_level)(at[0] - '0'), at + 1, (size_t)(stop - at));
	buf_done(&l->waiting);
}

void log_error(struct log *l, const char *what, const struct hz_error *err)
{
	_cleanup_buf_ struct buf msg = BUF_INIT, line = BUF_INIT, people = BUF_INIT;
	struct timespec now = {0};

	log_error_people(&people, what, err);
	if (l->fd >= 0 || !l->json)
		write_lines(STDERR_FILENO, &people);
	if (is_for_people(l))
		return;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (l->json) {
		log_error_text(&msg, what, err);
		(void)log_json_line(&line, &now, "error", msg.data ? msg.data : err->msg, err);
	} else if (l->kind != LOG_TO_FILE) {
		log_error_line(&msg, what, err);
		log_clean(&line, msg.data ? msg.data : err->msg);
	} else {
		log_error_line(&msg, what, err);
		log_text_line(&line, now.tv_sec, "error", msg.data ? msg.data : err->msg);
	}
	put_buf(l, LOG_AT_ERROR, &line);
}
