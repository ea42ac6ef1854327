/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks in the runtime's namespaces: prestart, createRuntime, poststart, poststop. (createContainer
 * and startContainer are run by init.) A hook gets the state on stdin, whether it reads it or not;
 * its output is kept for the error; past its time-out it is killed with its whole process group.
 * Its end is learnt from a pidfd, never from SIGCHLD, which may be lost.
 */
#include "runtime/runtime.h"

#include "base/named.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_KEPT 3072  /* the tail; it fits into an error with the words around it */
#define PIPE_HOLDS  65536 /* pipe(7) */

struct hook_run {
	int in;  /* our end of the hook's stdin, -1 when done */
	int out; /* our end of its stdout and stderr, -1 at its end */
	int pidfd;
	pid_t pid;
	const char *state;
	size_t state_left;
	char output[OUTPUT_KEPT + 1];
	size_t output_len;
	int status;
	int num; /* errno when it could not be started, told the state or waited for, else 0 */
	const char *doing; /* then what failed, with ": " at its end; NULL: the start or the wait */
	bool timed_out;
};

static void keep_output(struct hook_run *h, const char *data, size_t len)
{
	if (len > OUTPUT_KEPT) {
		data += len - OUTPUT_KEPT;
		len = OUTPUT_KEPT;
	}
	if (h->output_len + len > OUTPUT_KEPT) {
		size_t drop = h->output_len + len - OUTPUT_KEPT;

		memmove(h->output, h->output + drop, h->output_len - drop);
		h->output_len -= drop;
	}
	memcpy(h->output + h->output_len, data, len);
	h->output_len += len;
	h->output[h->output_len] = '\0';
}

/* At most what a pipe holds: one who writes without end must not keep us from the clock. */
static void read_output(struct hook_run *h)
{
	char chunk[4096];
	ssize_t n = 1;

	for (size_t left = PIPE_HOLDS; n > 0 && left; left -= sizeof(chunk)) {
		n = read(h->out, chunk, sizeof(chunk));
		if (n > 0)
			keep_output(h, chunk, (size_t)n);
	}
	if (n == 0)
		fd_close(TAKE_FD(h->out));
}

/* stdin is a socket and not a pipe, so that a hook that never reads cannot send us SIGPIPE. It may
 * close its end and do without the state; no other error may keep the state from it. */
static int write_state(struct hook_run *h)
{
	ssize_t n = send(h->in, h->state, h->state_left, MSG_NOSIGNAL | MSG_DONTWAIT);
	int e = n < 0 ? errno : 0;

	if (n > 0) {
		h->state += n;
		h->state_left -= (size_t)n;
	}
	if (e == EAGAIN || e == EINTR)
		return 0;
	if (e && e != EPIPE && e != ECONNRESET) {
		h->doing = "send its stdin: ";
		return e;
	}
	if (e || !h->state_left)
		fd_close(TAKE_FD(h->in));
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static int reap(struct hook_run *h)
{
	while (waitpid(h->pid, &h->status, 0) < 0)
		if (errno != EINTR)
			return errno; /* how it ended is lost */
	return 0;
}

static int kill_group(struct hook_run *h)
{
	kill(-h->pid, SIGKILL);
	kill(h->pid, SIGKILL);
	return reap(h);
}

static int give_up(struct hook_run *h, int e)
{
	kill_group(h);
	return e;
}

/* 0: it ended (status is set), or it was killed because its time is over; else an errno. */
static int wait_for(struct hook_run *h, unsigned timeout)
{
	int64_t end = timeout ? now_ms() + timeout * 1000LL : 0;

	for (;;) {
		struct pollfd p[] = {
			{h->pidfd, POLLIN, 0}, {h->in, POLLOUT, 0}, {h->out, POLLIN, 0}};
		int64_t left = end ? end - now_ms() : -1;
		int e;

		if (end && left <= 0)
			break;
		if (poll(p, ARRAY_SIZE(p), (int)(left > 3600000 ? 3600000 : left)) < 0) {
			if (errno == EINTR)
				continue;
			return give_up(h, errno);
		}
		e = p[1].revents ? write_state(h) : 0;
		if (e)
			return give_up(h, e);
		if (p[2].revents)
			read_output(h);
		if (p[0].revents) {
			if (h->out >= 0)
				read_output(h);
			return reap(h);
		}
	}
	h->timed_out = true;
	return kill_group(h);
}

/* The bundle, as with runc and crun. A poststop hook runs even where that is gone. */
static int add_directory(const struct plan_header *plan, posix_spawn_file_actions_t *actions)
{
	const char *bundle = plan_text(plan, plan->bundle);

	return posix_spawn_file_actions_addchdir_np(actions,
						    bundle && !access(bundle, X_OK) ? bundle : "/");
}

static int spawn_hook(const struct plan_header *plan, const struct plan_hook *hook,
		      struct hook_run *h, int in, int out, int errors)
{
	_cleanup_free_ char **argv = calloc(hook->argv.n + hook->envp.n + 2u, sizeof(char *));
	char **own = argv ? argv + hook->argv.n + 1 : NULL;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int r;

	if (!argv)
		return ENOMEM;
	for (uint32_t i = 0; i < hook->argv.n; i++)
		argv[i] = (char *)plan_item(plan, hook->argv, i);
	for (uint32_t i = 0; i < hook->envp.n; i++)
		own[i] = (char *)plan_item(plan, hook->envp, i);
	sigemptyset(&none);
	sigfillset(&all);
	r = posix_spawn_file_actions_init(&actions);
	if (r)
		return r;
	r = posix_spawnattr_init(&attr);
	if (!r) {
		r = posix_spawn_file_actions_adddup2(&actions, in, 0) ?: posix_spawn_file_actions_adddup2(&actions, out, 1) ?:
		    posix_spawn_file_actions_adddup2(&actions, errors, 2) ?: add_directory(plan, &actions) ?: posix_spawn_file_actions_addclosefrom_np(&actions, 3) ?: posix_spawnattr_setsigmask(&attr, &none) ?:
		    posix_spawnattr_setsigdefault(&attr, &all) ?: posix_spawnattr_setpgroup(&attr, 0) ?:
		    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP) ?:
		    posix_spawn(&h->pid, plan_text(plan, hook->path), &actions, &attr, argv,
				hook->inherits_env ? environ : own);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

/* @files: where stdout and stderr go, or -1 for the pipe. */
static int start_hook(const struct plan_header *plan, const struct plan_hook *hook,
		      const int files[2], struct hook_run *h)
{
	_cleanup_fd_ int child_in = -1, child_out = -1;
	int in[2], out[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in))
		return errno;
	h->in = in[0];
	child_in = in[1];
	shutdown(child_in, SHUT_WR); /* nothing comes back this way */
	if (pipe2(out, O_CLOEXEC))
		return errno;
	h->out = out[0];
	child_out = out[1];
	if (fcntl(h->out, F_SETFL, O_NONBLOCK))
		return errno;
	r = spawn_hook(plan, hook, h, child_in, files[0] < 0 ? child_out : files[0],
		       files[1] < 0 ? child_out : files[1]);
	if (r)
		return r;
	h->pidfd = (int)syscall(SYS_pidfd_open, h->pid, 0);
	if (h->pidfd < 0) {
		r = errno;
		kill(h->pid, SIGKILL);
		reap(h);
	}
	return r;
}

static int failed(const struct plan_header *plan, const struct plan_hooks *hs, uint32_t i,
		  struct hook_run *h, struct hz_error *err)
{
	const struct plan_hook *hook = &plan_hook_items(plan, hs->hooks)[i];
	const char *path = plan_text(plan, hook->path);
	char what[96];

	while (h->output_len && h->output[h->output_len - 1] == '\n')
		h->output[--h->output_len] = '\0';
	if (h->num)
		snprintf(what, sizeof(what), "%s%s", h->doing ?: "", error_strerror(h->num));
	else if (h->timed_out)
		snprintf(what, sizeof(what), "timed out after %u seconds", hook->timeout);
	else
		fail_ended(h->status, what, sizeof(what));
	error_set(err, HZ_E_HOOK, "error running %s hook #%u: %s: %s%s%s",
		  plan_hook_kind_name(hs->which), i, path, what, h->output_len ? ", output: " : "",
		  h->output);
	if (err) {
		err->errnum = h->num;
		snprintf(err->object, sizeof(err->object), "%s", path);
	}
	error_step(err, plan_kind_name(PLAN_HOOKS));
	return error_pointer(err, plan_text(plan, hook->origin));
}

int hooks_open_output(const struct plan_header *plan, plan_str path, int *ret_fd,
		      struct hz_error *err)
{
	const char *text = plan_text(plan, path);

	if (!text)
		return 0;
	return named_append(text, 0600, true, "open the file for the output of hooks", ret_fd, err);
}

static int run_one(const struct plan_header *plan, const struct plan_hooks *hs, uint32_t i,
		   const char *state, struct hz_error *err)
{
	struct hook_run h = {
		.in = -1, .out = -1, .pidfd = -1, .state = state, .state_left = strlen(state)};
	const struct plan_hook *hook = &plan_hook_items(plan, hs->hooks)[i];
	_cleanup_fd_ int out = -1, errors = -1;
	int r = 0;

	if (hooks_open_output(plan, hs->out, &out, err) ||
	    hooks_open_output(plan, hs->err, &errors, err))
		return -1;
	h.num = start_hook(plan, hook, (int[]){out, errors}, &h);
	if (!h.num)
		h.num = wait_for(&h, hook->timeout);
	if (h.num || h.timed_out || h.status)
		r = failed(plan, hs, i, &h, err);
	for (size_t k = 0; k < 3; k++) {
		int fd = k == 0 ? h.in : k == 1 ? h.out : h.pidfd;

		if (fd >= 0)
			fd_close(fd);
	}
	return r;
}

static char *state_text(const struct plan_header *plan, const struct plan_hooks *hs, pid_t pid)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "%s%d%s", plan_text(plan, hs->head), pid, plan_text(plan, hs->tail));
	if (b.failed)
		buf_done(&b);
	return b.data;
}

int hooks_run(const struct plan_header *plan, const struct plan_hooks *hs, pid_t pid,
	      struct hz_error *err)
{
	_cleanup_free_ char *state = state_text(plan, hs, pid);

	if (!state)
		return error_oom(err);
	for (uint32_t i = 0; i < hs->hooks.n; i++)
		if (run_one(plan, hs, i, state, err))
			return -1;
	return 0;
}

static const struct plan_hooks *find(const struct plan_header *plan, enum plan_hook_kind which)
{
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (plan, s, i) {
		if (s->kind == PLAN_HOOKS && ((const struct plan_hooks *)s)->which == which)
			return (const struct plan_hooks *)s;
	}
	return NULL;
}

int hooks_run_kind(const struct plan_header *plan, enum plan_hook_kind which, pid_t pid,
		   struct hz_error *err)
{
	const struct plan_hooks *hs = find(plan, which);

	return hs ? hooks_run(plan, hs, pid, err) : 0;
}

void hooks_run_all(const hz_runtime *rt, const struct plan_header *plan, enum plan_hook_kind which,
		   pid_t pid)
{
	const struct plan_hooks *hs = find(plan, which);
	_cleanup_free_ char *state = hs ? state_text(plan, hs, pid) : NULL;

	for (uint32_t i = 0; state && i < hs->hooks.n; i++) {
		struct hz_error err = HZ_ERROR_INIT;

		if (run_one(plan, hs, i, state, &err))
			runtime_log(rt, HZ_LOG_WARNING, "%s", err.msg);
		hz_error_clear(&err);
	}
}
