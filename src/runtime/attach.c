/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The foreground of run: signals go to the container's process, the terminal is relayed, and the
 * end of the process is our end. stdio without a terminal was inherited and needs nothing.
 */
#include "runtime/notify.h"
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>

/* One direction of the relay. */
struct pump {
	int from, to;
	char data[16384];
	size_t at, len;
	bool ended; /* nothing more comes from `from` */
};

struct relay {
	int pty, tty;
	struct termios saved;
	bool raw;
	struct pump in, out; /* the user's keys to the pty; the pty's output to stdout */
};

int attach_block_signals(sigset_t *ret_old, struct hz_error *err)
{
	sigset_t all;

	sigfillset(&all);
	if (sigprocmask(SIG_BLOCK, &all, ret_old))
		return error_sys(err, errno, "rt_sigprocmask", NULL, "block signals");
	return 0;
}

static void pump_fill(struct pump *p)
{
	ssize_t n = read(p->from, p->data, sizeof(p->data));

	if (n > 0) {
		p->at = 0;
		p->len = (size_t)n;
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
		p->ended = true; /* EIO: the last slave of the pty was closed */
	}
}

static void pump_drain(struct pump *p)
{
	ssize_t n = write(p->to, p->data + p->at, p->len - p->at);

	if (n > 0) {
		p->at += (size_t)n;
	} else if (n < 0 && errno != EINTR && errno != EAGAIN) {
		p->at = p->len; /* nobody reads: drop, but go on reading */
	}
	if (p->at == p->len)
		p->at = p->len = 0;
}

/* poll() wants to know: readable when there is room, else writable. */
static struct pollfd pump_poll(const struct pump *p)
{
	if (p->len)
		return (struct pollfd){p->to, POLLOUT, 0};
	return (struct pollfd){p->ended ? -1 : p->from, POLLIN, 0};
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

static int relay_start(struct relay *r, int pty, struct hz_error *err)
{
	struct termios t;

	*r = (struct relay){.pty = pty, .tty = -1};
	if (pty < 0)
		return 0;
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
	r->in = (struct pump){.from = STDIN_FILENO, .to = pty};
	r->out = (struct pump){.from = pty, .to = STDOUT_FILENO};
	return 0;
}

static void relay_end(struct relay *r)
{
	if (r->raw)
		tcsetattr(r->tty, TCSANOW, &r->saved);
	if (r->tty >= 0)
		fd_close(TAKE_FD(r->tty));
}

/* What the program wrote last is still in the pty when it has ended. */
static void relay_flush(struct relay *r)
{
	int flags = r->pty >= 0 ? fcntl(r->pty, F_GETFL) : -1;

	if (flags < 0 || fcntl(r->pty, F_SETFL, flags | O_NONBLOCK))
		return;
	for (;;) {
		while (r->out.len) {
			struct pollfd p = {STDOUT_FILENO, POLLOUT, 0};

			if (poll(&p, 1, 10000) <= 0)
				return; /* nobody has read for ten seconds */
			pump_drain(&r->out);
		}
		if (r->out.ended)
			return;
		pump_fill(&r->out);
		if (!r->out.len)
			return;
	}
}

static int exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The container's process has ended (its pidfd says so, even if no SIGCHLD does): 1, or -1 when
 * somebody else has reaped it. */
static int reap_ended(pid_t pid, int *ret_status)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	*ret_status = exit_status(status);
	return 1;
}

/* Reap everything that has ended: 1 when the container's process is among it, 0 when not, -1 when
 * somebody else has reaped it. */
static int reap(pid_t pid, int *ret_status)
{
	int ended = 0, status;
	pid_t p;

	while ((p = waitpid(-1, &status, WNOHANG)) > 0 || (p < 0 && errno == EINTR))
		if (p == pid) {
			*ret_status = exit_status(status);
			ended = 1;
		}
	return p < 0 && !ended ? -1 : ended;
}

static void on_signal(int sigfd, int pidfd, struct relay *r, pid_t pid, int *ret_status,
		      int *ret_ended)
{
	struct signalfd_siginfo si;

	if (read(sigfd, &si, sizeof(si)) != sizeof(si))
		return;
	switch (si.ssi_signo) {
	case SIGCHLD: *ret_ended = reap(pid, ret_status); break;
	case SIGWINCH:
		if (r->tty >= 0)
			copy_size(r->tty, r->pty);
		break;
	case SIGURG: break;
	default:
		if (si.ssi_signo == SIGPIPE && si.ssi_pid == (uint32_t)getpid())
			break; /* our own: nobody reads our stdout any more */
		syscall(SYS_pidfd_send_signal, pidfd, (int)si.ssi_signo, NULL,
			0); /* it may have ended: then SIGCHLD follows */
	}
}

static int loop(struct relay *r, int sigfd, const struct attach *a, int *ret_status,
		struct hz_error *err)
{
	/* it may have ended before we listened */
	int ended = reap(a->pid, ret_status), notify = a->notify;

	while (!ended) {
		struct pollfd p[] = {{sigfd, POLLIN, 0},
				     {-1, 0, 0},
				     {-1, 0, 0},
				     {a->pidfd, POLLIN, 0},
				     {notify, POLLIN, 0}};

		if (r->pty >= 0) {
			p[1] = pump_poll(&r->in);
			p[2] = pump_poll(&r->out);
		}
		if (poll(p, ARRAY_SIZE(p), -1) < 0) {
			if (errno == EINTR)
				continue;
			return error_sys(err, errno, "ppoll", NULL, "wait for the container");
		}
		if (p[0].revents)
			on_signal(sigfd, a->pidfd, r, a->pid, ret_status, &ended);
		pump_step(&r->in, p[1].revents);
		pump_step(&r->out, p[2].revents);
		if (p[4].revents && notify_step(a->rt, notify))
			notify = -1;
		if (p[3].revents && !ended)
			ended = reap_ended(a->pid, ret_status);
	}
	if (ended < 0)
		return error_sys(err, errno, "wait4", NULL,
				 "read the container's exit status: SIGCHLD is ignored, or its "
				 "process was reaped by somebody else");
	return 0;
}

int attach_wait(const struct attach *a, int *ret_status, struct hz_error *err)
{
	_cleanup_fd_ int sigfd = -1;
	struct relay relay;
	sigset_t all;
	int ret;

	sigfillset(&all);
	sigfd = signalfd(-1, &all, SFD_CLOEXEC);
	if (sigfd < 0)
		return error_sys(err, errno, "signalfd4", NULL, "listen to signals");
	ret = relay_start(&relay, a->pty, err);
	if (!ret) {
		ret = loop(&relay, sigfd, a, ret_status, err);
		relay_flush(&relay);
	}
	relay_end(&relay);
	return ret;
}
