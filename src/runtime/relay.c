/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container in the foreground has no terminal of ours: one that it held could be typed into
 * (TIOCSTI). Pipes, sockets and files are its own to use, so nothing of them is copied.
 */
#include "runtime/relay.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>

static void pump_over(struct pump *p)
{
	p->ended = true;
	p->at = p->len = 0;
	if (p->end && *p->end >= 0)
		fd_close(TAKE_FD(*p->end));
}

/* EIO: the last slave of the pty was closed, or a terminal is read from the background. */
static bool is_loss(const struct pump *p, int errnum)
{
	return p->end && !p->lost && !(errnum == EIO && isatty(p->from));
}

static void pump_fill(struct pump *p)
{
	ssize_t n = read(p->from, p->data, sizeof(p->data));
	int e = errno;

	if (n > 0) {
		p->at = 0;
		p->len = (size_t)n;
	} else if (n == 0 || (e != EINTR && e != EAGAIN)) {
		if (n < 0 && is_loss(p, e))
			p->lost = e;
		pump_over(p);
	}
}

/* A pipe that poll() calls writable takes this much at once, so that it does not hold us. */
static void pump_drain(struct pump *p)
{
	ssize_t n = write(p->to, p->data + p->at, p->len < PIPE_BUF ? p->len : PIPE_BUF);

	if (n > 0) {
		p->at += (size_t)n;
		p->len -= (size_t)n;
	} else if (n < 0 && errno != EINTR && errno != EAGAIN) {
		if (p->end && errno != EPIPE && !p->lost)
			p->lost = errno;
		p->len = 0; /* dropped; but that nobody reads any more is for the program to know */
		if (p->end && errno == EPIPE)
			pump_over(p);
	}
}

static void pump_step(struct pump *p, short revents)
{
	if (!revents)
		return;
	if (p->len)
		pump_drain(p);
	else
		pump_fill(p);
}

void relay_poll(const struct relay *r, struct pollfd *ret)
{
	for (size_t i = 0; i < RELAY_POLLS; i++) {
		const struct pump *p = &r->pumps[i];

		if (p->len)
			ret[i] = (struct pollfd){p->to, POLLOUT, 0};
		else
			ret[i] = (struct pollfd){p->ended ? -1 : p->from, POLLIN, 0};
	}
}

void relay_step(struct relay *r, const struct pollfd *polls)
{
	for (size_t i = 0; i < RELAY_POLLS; i++)
		pump_step(&r->pumps[i], polls[i].revents);
}

static int find_tty(void)
{
	static const int order[] = {STDERR_FILENO, STDOUT_FILENO, STDIN_FILENO};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (isatty(order[i]))
			return fcntl(order[i], F_DUPFD_CLOEXEC, 3);
	return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static void copy_size(int tty, int pty)
{
	struct winsize ws;

	if (!ioctl(tty, TIOCGWINSZ, &ws))
		ioctl(pty, TIOCSWINSZ, &ws); /* best effort: the size is a courtesy */
}

void relay_resize(const struct relay *r)
{
	if (r->tty >= 0)
		copy_size(r->tty, r->pty);
}

int attach_prepare(int pty, struct hz_error *err)
{
	_cleanup_fd_ int tty = -1;
	struct termios t;

	if (pty < 0)
		return 0;
	tty = find_tty();
	if (tty < 0)
		return error_sys(err, errno, "open", "/dev/tty", "open /dev/tty");
	/* \n stays \n: the user's own terminal does the rest */
	if (!tcgetattr(pty, &t)) {
		t.c_oflag &= ~(tcflag_t)ONLCR;
		tcsetattr(pty, TCSANOW, &t);
	}
	copy_size(tty, pty);
	return 0;
}

static void set_pump(struct pump *p, int from, int to, int *end)
{
	p->from = from;
	p->to = to;
	p->end = end;
	p->ended = from < 0 || to < 0;
	p->at = p->len = 0;
	p->lost = 0;
}

static int start_terminal(struct relay *r, struct hz_error *err)
{
	struct termios t;

	r->tty = find_tty();
	if (r->tty < 0)
		return error_sys(err, errno, "open", "/dev/tty", "open /dev/tty");
	if (tcgetattr(r->tty, &r->saved))
		return error_sys(err, errno, "ioctl", "tty", "read the terminal's settings");
	t = r->saved;
	cfmakeraw(&t);
	t.c_oflag |= OPOST; /* the program's \n becomes \r\n here, as for every other program of the
			       user */
	if (tcsetattr(r->tty, TCSANOW, &t))
		return error_sys(err, errno, "ioctl", "tty", "set the terminal to raw mode");
	r->raw = true;
	return 0;
}

int relay_start(struct relay *r, int pty, int *pipes, struct hz_error *err)
{
	int *in = pipes, *out = pipes + 1, *errors = pipes + 2;

	r->pty = pty;
	r->tty = -1;
	r->raw = false;
	if (pty < 0) {
		set_pump(&r->pumps[0], STDIN_FILENO, *in, in);
		set_pump(&r->pumps[1], *out, STDOUT_FILENO, out);
		set_pump(&r->pumps[2], *errors, STDERR_FILENO, errors);
		return 0;
	}
	set_pump(&r->pumps[0], STDIN_FILENO, pty, NULL);
	set_pump(&r->pumps[1], pty, STDOUT_FILENO, NULL);
	set_pump(&r->pumps[2], -1, -1, NULL);
	return start_terminal(r, err);
}

void relay_end(struct relay *r, const hz_runtime *rt)
{
	static const char *const names[] = {"stdin", "stdout", "stderr"};

	for (size_t i = 0; i < RELAY_POLLS; i++)
		if (r->pumps[i].lost)
			runtime_log(rt, HZ_LOG_ERROR, "some of the program's %s is lost: %s (%s)",
				    names[i], error_strerror(r->pumps[i].lost),
				    error_errno_name(r->pumps[i].lost));
	if (r->raw)
		tcsetattr(r->tty, TCSANOW, &r->saved);
	if (r->tty >= 0)
		fd_close(TAKE_FD(r->tty));
}

/* Write out what was read. Returns false when the user does not want to wait. */
static bool empty_pump(struct pump *p, int sigfd, bool (*interrupted)(int sigfd))
{
	while (p->len) {
		struct pollfd polls[] = {{p->to, POLLOUT, 0}, {sigfd, POLLIN, 0}};

		if (poll(polls, ARRAY_SIZE(polls), -1) < 0 && errno != EINTR) {
			p->lost = p->lost ? p->lost : errno;
			return false;
		}
		if (polls[1].revents && interrupted(sigfd))
			return false;
		if (polls[0].revents)
			pump_drain(p);
	}
	return true;
}

/* What is there now: who else holds the pipe may write on for ever. A pty does not tell how much
 * that is, but its last writer hangs it up. */
static bool flush_one(struct pump *p, int sigfd, bool (*interrupted)(int sigfd))
{
	int left;

	if (!p->end || p->ended || ioctl(p->from, FIONREAD, &left))
		left = INT_MAX;
	while (empty_pump(p, sigfd, interrupted)) {
		if (p->ended || left <= 0)
			return true;
		pump_fill(p);
		if (!p->len)
			return true;
		left -= p->end ? (int)p->len : 0;
	}
	return false;
}

void relay_flush(struct relay *r, int sigfd, bool (*interrupted)(int sigfd))
{
	int flags = r->pty >= 0 ? fcntl(r->pty, F_GETFL) : 0;

	if (flags < 0 || (r->pty >= 0 && fcntl(r->pty, F_SETFL, flags | O_NONBLOCK)))
		return;
	for (size_t i = 1; i < RELAY_POLLS; i++)
		if (!flush_one(&r->pumps[i], sigfd, interrupted))
			return;
}
