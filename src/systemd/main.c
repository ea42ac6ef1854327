/* SPDX-License-Identifier: Apache-2.0 */
/* hezi-systemd: requests come in by the socket that is stderr, replies go out by it. */
#include "systemd/systemd.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

int session_fail(struct session *s, enum unit_stage stage, int errnum, const sd_bus_error *e,
		 const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->stage = stage;
	s->error_name = e && e->name ? arena_strdup(&s->a, e->name) : "";
	if (e && e->message)
		s->error_text = arena_printf(&s->a, "%s: %s", text, e->message);
	else
		s->error_text = arena_strdup(&s->a, text);
	return errnum ? -errnum : -EIO;
}

/* False at the end of the socket, in the middle of a message too. */
static bool read_all(int fd, void *to, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = recv(fd, (char *)to + at, len - at, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static bool send_all(int fd, const void *from, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = send(fd, (const char *)from + at, len - at, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static bool split_strings(struct session *s, char *text, size_t len)
{
	if (len && text[len - 1])
		return false;
	for (size_t i = 0; i < len; i++)
		s->nstrings += !text[i];
	s->strings = arena_calloc(&s->a, s->nstrings + 1, sizeof(*s->strings));
	if (!s->strings)
		return false;
	for (size_t i = 0, at = 0; i < s->nstrings; i++, at += strlen(text + at) + 1)
		s->strings[i] = text + at;
	return true;
}

static bool reply(struct session *s, int r)
{
	const char *failure[] = {s->error_name ? s->error_name : "",
				 s->error_text ? s->error_text : "out of memory"};
	const char *const *strings = r ? failure : s->out;
	size_t n = r ? ARRAY_SIZE(failure) : s->nout;
	struct unit_reply head = {UNIT_MAGIC, (uint32_t)-r, s->stage, 0};

	for (size_t i = 0; i < n; i++)
		head.len += (uint32_t)strlen(strings[i]) + 1;
	if (!send_all(s->sock, &head, sizeof(head)))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!send_all(s->sock, strings[i], strlen(strings[i]) + 1))
			return false;
	return true;
}

/* One request; false when there are no more. */
static bool serve(struct session *s)
{
	struct unit_request rq;
	char *text;
	bool more;

	if (!read_all(s->sock, &rq, sizeof(rq)) || rq.magic != UNIT_MAGIC || rq.op >= UNIT_OPS ||
	    rq.len > UNIT_MESSAGE_MAX)
		return false;
	text = arena_alloc(&s->a, rq.len + 1);
	if (!text || !read_all(s->sock, text, rq.len) || !split_strings(s, text, rq.len))
		return false;
	s->rq = &rq;
	more = reply(s, unit_do(s));
	s->rq = NULL;
	return more;
}

int main(void)
{
	struct session s = {.sock = STDERR_FILENO};
	bool more;

	do {
		more = serve(&s);
		arena_done(&s.a);
		s = (struct session){.sock = s.sock, .bus = s.bus};
	} while (more);
	sd_bus_unref(s.bus);
	return 0;
}
