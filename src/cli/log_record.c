/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records for journald (systemd.journal-fields(7), the native protocol) and for syslog (RFC 3164):
 * one datagram each. Neither the journal's nor the C library's code is needed for this, and unlike
 * theirs this tells at once that nobody listens.
 */
#include "cli/log.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

static const struct service {
	const char *name, *path;
} services[] = {
	[LOG_TO_JOURNAL] = {"journald", "/run/systemd/journal/socket"},
	[LOG_TO_SYSLOG] = {"syslog", "/dev/log"},
};

static const int priorities[] = {
	[LOG_AT_ERROR] = LOG_ERR,
	[LOG_AT_WARNING] = LOG_WARNING,
	[LOG_AT_INFO] = LOG_INFO,
	[LOG_AT_DEBUG] = LOG_DEBUG,
};

int log_connect(enum log_kind kind, int *ret_fd, struct hz_error *err)
{
	const struct service *s = &services[kind];
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(addr.sun_path, s->path, strlen(s->path) + 1);
	if (fd < 0)
		return error_sys(err, errno, "socket", NULL, "log to %s", s->name);
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)))
		return error_sys(err, errno, "connect", s->path, "log to %s", s->name);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* What cannot be sent cannot be reported either: the exit status still tells, and stderr. */
static void send_parts(const struct log *l, const struct buf *head, const char *line, size_t len)
{
	struct iovec parts[] = {{head->data, head->len}, {(void *)line, len}};
	const struct msghdr msg = {.msg_iov = parts, .msg_iovlen = ARRAY_SIZE(parts)};

	if (head->data && !head->failed)
		(void)sendmsg(l->fd, &msg, MSG_NOSIGNAL);
}

/* A line has no newline inside, so the simple form of the protocol will do. ID is what crun sends.
 */
static void journal_head(struct buf *out, const struct log *l, enum log_level level)
{
	buf_printf(out, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nID=%s\nSYSLOG_PID=%d\nMESSAGE=",
		   priorities[level], l->id, l->id, getpid());
}

static void syslog_head(struct buf *out, const struct log *l, enum log_level level)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = time(NULL);
	struct tm tm = {0};

	localtime_r(&now, &tm);
	buf_printf(out, "<%d>%.3s %2d %02d:%02d:%02d %s[%d]: ", LOG_USER | priorities[level],
		   months + 3 * (size_t)tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		   l->id, getpid());
}

void log_record(const struct log *l, enum log_level level, const char *line, size_t len)
{
	_cleanup_buf_ struct buf head = BUF_INIT;

	while (len && line[len - 1] == '\n')
		len--;
	if (l->kind == LOG_TO_JOURNAL)
		journal_head(&head, l, level);
	else
		syslog_head(&head, l, level);
	send_parts(l, &head, line, len);
}
