/* SPDX-License-Identifier: Apache-2.0 */
/* Where lines go. How they look: log_format.c. */
#include "cli/log.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>

static const char *const level_names[] = {
	[LOG_AT_ERROR] = "error",
	[LOG_AT_WARNING] = "warning",
	[LOG_AT_INFO] = "info",
	[LOG_AT_DEBUG] = "debug",
};

int log_open(struct log *l, const char *path, struct hz_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);

	if (fd < 0)
		return error_sys(err, errno, "open", path, "open the log file \"%s\"", path);
	l->fd = fd;
	return 0;
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
		(void)fd_write_all(fd, b->data, b->len);
}

static int target(const struct log *l)
{
	return l->fd >= 0 ? l->fd : STDERR_FILENO;
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
	else
		log_text_line(out, now.tv_sec, level_names[level], text);
}

void log_message(struct log *l, enum log_level level, const char *text)
{
	_cleanup_buf_ struct buf line = BUF_INIT;

	if (level > l->level)
		return;
	if (is_for_people(l)) {
		buf_printf(&line, "hezi: %s: ", level_names[level]);
		log_clean(&line, text);
		buf_addc(&line, '\n');
		write_lines(STDERR_FILENO, &line);
		return;
	}
	if (l->level <= LOG_AT_WARNING) {
		format_line(&l->waiting, l, level, text);
		return;
	}
	format_line(&line, l, level, text);
	write_lines(target(l), &line);
}

void log_flush(struct log *l)
{
	write_lines(target(l), &l->waiting);
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
	} else {
		log_error_line(&msg, what, err);
		log_text_line(&line, now.tv_sec, "error", msg.data ? msg.data : err->msg);
	}
	write_lines(target(l), &line);
}
