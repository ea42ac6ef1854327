/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The foreground of run and exec: signals go to the container's process, its terminal is relayed,
 * and the end of the process is our end.
 */
#include "runtime/notify.h"
#include "runtime/relay.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int open_pipe(bool in, int *ret_its, int *ret_ours, struct hz_error *err)
{
	int ends[2], ours;

	if (pipe2(ends, O_CLOEXEC))
		return error_sys(err, errno, "pipe2", NULL, "make the pipes of the process");
	*ret_its = ends[in ? 0 : 1];
	*ret_ours = ours = ends[in ? 1 : 0];
	if (fcntl(ours, F_SETFL, O_NONBLOCK | (in ? O_WRONLY : O_RDONLY)))
		return error_sys(err, errno, "fcntl", NULL, "make the pipes of the process");
	return 0;
}

int attach_open_stdio(struct creation *c, struct hz_error *err)
{
	if (c->b->config->process && c->b->config->process->terminal.v)
		return 0;
	for (int fd = 0; fd < 3; fd++)
		if (isatty(fd) && open_pipe(!fd, &c->its_stdio[fd], &c->our_stdio[fd], err))
			return -1;
	return 0;
}

int attach_block_signals(sigset_t *ret_old, struct hz_error *err)
{
	sigset_t all;
	int r;

	sigfillset(&all);
	r = pthread_sigmask(SIG_BLOCK, &all, ret_old);
	return r ? error_sys(err, r, "rt_sigprocmask", NULL, "block signals") : 0;
}

/* A copy to a reader that was gone left a SIGPIPE of our own, which would end us now. */
void attach_unblock_signals(const sigset_t *old)
{
	const struct timespec at_once = {0};
	sigset_t own;

	sigemptyset(&own);
	sigaddset(&own, SIGPIPE);
	while (sigtimedwait(&own, NULL, &at_once) == SIGPIPE)
		;
	pthread_sigmask(SIG_SETMASK, old, NULL); /* cannot fail with a valid mask */
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
	case SIGWINCH: relay_resize(r); break;
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
	/* others may have ended before we listened */
	int ended = a->reap_children ? reap(a->pid, ret_status) : 0, notify = a->notify;

	while (!ended) {
		struct pollfd p[3 + RELAY_POLLS] = {
			{sigfd, POLLIN, 0}, {a->pidfd, POLLIN, 0}, {notify, POLLIN, 0}};

		relay_poll(r, p + 3);
		if (poll(p, ARRAY_SIZE(p), -1) < 0) {
			if (errno == EINTR)
				continue;
			return error_sys(err, errno, "ppoll", NULL, "wait for the container");
		}
		if (p[0].revents)
			on_signal(sigfd, a->pidfd, r, a->pid, ret_status, &ended);
		relay_step(r, p + 3);
		if (p[2].revents && notify_step(a->rt, notify))
			notify = -1;
		if (p[1].revents && !ended)
			ended = reap_ended(a->pid, ret_status);
	}
	if (ended < 0)
		return error_sys(err, errno, "wait4", NULL,
				 "read the container's exit status: SIGCHLD is ignored, or its "
				 "process was reaped by somebody else");
	return 0;
}

/* The user has seen enough of what the program left in its terminal or pipes. */
static bool is_interrupted(int sigfd)
{
	struct signalfd_siginfo si;

	if (read(sigfd, &si, sizeof(si)) != sizeof(si))
		return false;
	return si.ssi_signo == SIGINT || si.ssi_signo == SIGTERM || si.ssi_signo == SIGHUP ||
	       si.ssi_signo == SIGQUIT;
}

int attach_wait(const struct attach *a, int *ret_status, struct hz_error *err)
{
	_cleanup_fd_ int sigfd = -1;
	struct relay relay;
	sigset_t all;
	int ret;

	sigfillset(&all);
	if (!a->reap_children) /* the pidfd tells; SIGCHLD is for whoever waits for the others */
		sigdelset(&all, SIGCHLD);
	sigfd = signalfd(-1, &all, SFD_CLOEXEC);
	if (sigfd < 0)
		return error_sys(err, errno, "signalfd4", NULL, "listen to signals");
	ret = relay_start(&relay, a->pty, a->stdio, err);
	if (!ret) {
		ret = loop(&relay, sigfd, a, ret_status, err);
		relay_flush(&relay, sigfd, is_interrupted);
	}
	relay_end(&relay, a->rt);
	return ret;
}
