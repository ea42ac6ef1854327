/* SPDX-License-Identifier: Apache-2.0 */
/* The worker, and the conversation with it. */
#include "runtime/criu.h"

#include "base/fd.h"
#include "sys/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define CRIU_MIN   31700 /* 3.17, of 2022 */
#define PACKET_MAX 40960

/* What goes wrong between the fork and the program. */
struct fault {
	int errnum;
	char call[16];
};

static void fail(int pipe, const char *call)
{
	struct fault f = {.errnum = errno};

	snprintf(f.call, sizeof(f.call), "%s", call);
	if (write(pipe, &f, sizeof(f)) < 0)
		_exit(126);
	_exit(127);
}

/* CRIU sets the flags of the first masked file and takes the others for the same mount: what they
 * are bound from has the flags of a mask (path_mask.c) already. */
static void bind_null(unsigned long flags, int pipe)
{
	if (!flags)
		return;
	if (mount("/dev/null", "/dev/null", NULL, MS_BIND, NULL)) {
		if (errno != ENOENT)
			fail(pipe, "mount");
		return;
	}
	if (mount(NULL, "/dev/null", NULL, MS_BIND | MS_REMOUNT | flags, NULL))
		fail(pipe, "mount");
}

static void enter_mounts(const struct criu_spawn *s, int pipe)
{
	/* what the host mounts later still arrives, what is mounted here does not leave */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) ||
	    mount(s->rootfs, s->rootfs, NULL, MS_BIND | MS_REC, NULL))
		fail(pipe, "mount");
	bind_null(s->null_flags, pipe);
}

/* In the child. */
static void run(const struct criu_spawn *s, const char *program, int sock, int pipe, pid_t parent)
{
	char number[12];
	char *argv[] = {(char *)"criu", (char *)"swrk", number, NULL};

	/* a runtime that is killed must not leave half a container */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || getppid() != parent)
		fail(pipe, "prctl");
	for (const int *t = s->tasks; t && *t >= 0; t++)
		if (write(*t, "0", 1) != 1)
			fail(pipe, "write");
	if (s->rootfs)
		enter_mounts(s, pipe);
	if (fcntl(sock, F_SETFD, 0))
		fail(pipe, "fcntl");
	for (int i = 0; s->stdio && i < 3; i++)
		if (s->stdio[i] >= 0 && dup2(s->stdio[i], i) < 0)
			fail(pipe, "dup2");
	for (const int *k = s->keep; k && *k >= 0; k++)
		if (fcntl(*k, F_SETFD, 0))
			fail(pipe, "fcntl");
	snprintf(number, sizeof(number), "%d", sock);
	if (s->mask)
		pthread_sigmask(SIG_SETMASK, s->mask, NULL); /* cannot fail with a valid mask */
	execv(program, argv);
	fail(pipe, "execve");
}

/* To be freed; NULL with @err. Engines call without PATH. */
static char *find_program(struct hz_error *err)
{
	const char *dirs = getenv("PATH");

	if (!dirs || !*dirs)
		dirs = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	for (size_t n; *dirs; dirs += n + (dirs[n] == ':')) {
		_cleanup_free_ char *path = NULL;

		n = strcspn(dirs, ":");
		if (asprintf(&path, "%.*s/criu", (int)n, dirs) < 0) {
			error_oom(err);
			return NULL;
		}
		if (!access(path, X_OK))
			return TAKE_PTR(path);
		if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) {
			error_sys(err, errno, "access", path, "look for criu");
			return NULL;
		}
	}
	error_set(err, HZ_E_UNSUPPORTED, "checkpoint and restore need criu, which is not in $PATH");
	error_hint(err, "install CRIU %d.%d or newer (criu.org; package criu)", CRIU_MIN / 10000,
		   CRIU_MIN / 100 % 100);
	return NULL;
}

static int spawn(struct criu *c, const struct criu_spawn *s, const char *program, const int pair[2],
		 struct hz_error *err)
{
	struct sys_clone_args args = {.exit_signal = SIGCHLD};
	_cleanup_fd_ int from = -1, to = -1;
	const pid_t self = getpid();
	struct fault f;
	int ends[2];
	long pid;

	if (pipe2(ends, O_CLOEXEC))
		return error_sys(err, errno, "pipe2", NULL, "start criu");
	from = ends[0];
	to = ends[1];
	if (s->rootfs)
		args.flags |= CLONE_NEWNS;
	if (s->cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)s->cgroup;
	}
	pid = sys_clone3_fork(&args);
	if (pid < 0)
		return error_sys(err, (int)-pid, "clone3", NULL, "start criu");
	if (!pid)
		run(s, program, pair[1], to, self);
	c->pid = (pid_t)pid;
	fd_close(TAKE_FD(to));
	for (int i = 0; s->stdio && i < 3; i++)
		if (s->stdio[i] >= 0)
			fd_close(TAKE_FD(s->stdio[i]));
	if (read(from, &f, sizeof(f)) == (ssize_t)sizeof(f))
		return error_sys(err, f.errnum, f.call, program, "start criu");
	return 0;
}

/* A whole criu_req. */
static int send_request(struct criu *c, struct buf *request, struct hz_error *err)
{
	_cleanup_buf_ struct buf b = *request;

	*request = (struct buf)BUF_INIT;
	if (b.failed)
		return error_oom(err);
	if (send(c->sock, b.data, b.len, MSG_NOSIGNAL) < 0)
		return error_sys(err, errno, "sendto", NULL, "talk to criu");
	return 0;
}

static void answer_done(struct criu_answer *a)
{
	if (a->fd >= 0)
		fd_close(TAKE_FD(a->fd));
}

/* A criu_notify. */
static int parse_notify(const struct pb_field *message, struct criu_answer *a)
{
	const char *at = message->data, *end;
	struct pb_field f;
	int r;

	if (!at)
		return -1;
	end = at + message->len;
	while ((r = pb_next(&at, end, &f)) > 0) {
		if (f.number == 1 && f.data)
			snprintf(a->script, sizeof(a->script), "%.*s", (int)f.len, f.data);
		else if (f.number == 2)
			a->pid = (pid_t)f.value;
	}
	return r;
}

/* A criu_version. */
static int parse_version(const struct pb_field *message, struct criu_answer *a)
{
	static const unsigned weights[] = {[1] = 10000, [2] = 100, [4] = 1};
	const char *at = message->data, *end;
	struct pb_field f;
	int r;

	if (!at)
		return -1;
	end = at + message->len;
	while ((r = pb_next(&at, end, &f)) > 0)
		if (f.number < ARRAY_SIZE(weights))
			a->version += weights[f.number] * (unsigned)f.value;
	return r;
}

int criu_parse_answer(const char *at, size_t len, struct criu_answer *a)
{
	const char *end = at + len;
	struct pb_field f;
	int r;

	while ((r = pb_next(&at, end, &f)) > 0) {
		switch (f.number) {
		case 1: a->type = (enum criu_type)f.value; break;
		case 2: a->success = f.value != 0; break;
		case 5: r = parse_notify(&f, a); break;
		case 7: a->errnum = (int)f.value; break;
		case 10: r = parse_version(&f, a); break;
		default: break;
		}
		if (r < 0)
			break;
	}
	return r;
}

static int receive(struct criu *c, struct criu_answer *a, struct hz_error *err)
{
	_cleanup_free_ char *packet = malloc(PACKET_MAX);
	struct iovec iov = {packet, PACKET_MAX};
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	ssize_t n;

	*a = (struct criu_answer){.fd = -1};
	if (!packet)
		return error_oom(err);
	do
		n = recvmsg(c->sock, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_sys(err, errno, "recvmsg", NULL, "listen to criu");
	if (!n) {
		error_set(err, HZ_E_SYSTEM, "criu ended before it had answered");
		return error_hint(err, "\"criu check\" tells whether it works on this kernel");
	}
	if (!fd_received(&m, &a->fd) && !(m.msg_flags & MSG_TRUNC) &&
	    !criu_parse_answer(packet, (size_t)n, a))
		return 0;
	answer_done(a);
	return error_set(err, HZ_E_SYSTEM, "criu's answer is not understood");
}

static int check_version(struct criu *c, struct hz_error *err)
{
	_cleanup_buf_ struct buf request = BUF_INIT;
	_cleanup_(answer_done) struct criu_answer a = {.fd = -1};

	pb_add_int(&request, 1, CRIU_VERSION);
	pb_add_int(&request, 4, 1); /* keep_open */
	if (send_request(c, &request, err) || receive(c, &a, err))
		return -1;
	if (a.success && a.version >= CRIU_MIN)
		return 0;
	error_set(err, HZ_E_UNSUPPORTED, "criu %u.%u.%u is too old", a.version / 10000,
		  a.version / 100 % 100, a.version % 100);
	return error_hint(err, "%d.%d or newer is needed", CRIU_MIN / 10000, CRIU_MIN / 100 % 100);
}

int criu_start(struct criu *c, const struct criu_spawn *s, struct hz_error *err)
{
	_cleanup_free_ char *program = NULL;
	int pair[2], r;

	*c = (struct criu){.sock = -1};
	program = find_program(err);
	if (!program)
		return -1;
	/* sequenced packets: one is one message */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return error_sys(err, errno, "socketpair", NULL, "start criu");
	c->sock = pair[0];
	r = spawn(c, s, program, pair, err);
	fd_close(pair[1]);
	if (r || check_version(c, err)) {
		criu_kill(c);
		return -1;
	}
	return 0;
}

static int failed(enum criu_type type, const struct criu_answer *a, struct hz_error *err)
{
	static const char *const names[] = {
		[CRIU_DUMP] = "dump", [CRIU_RESTORE] = "restore", [CRIU_PRE_DUMP] = "pre-dump"};

	if (a->errnum > 0)
		error_sys(err, a->errnum, NULL, NULL, "criu failed to %s", names[type]);
	else
		error_set(err, HZ_E_SYSTEM, "criu failed to %s", names[type]);
	return 1;
}

/* The descriptor of @a belongs to the event from here on. */
static int answer_event(struct criu *c, struct criu_answer *a, criu_on_event on_event, void *data,
			struct hz_error *err)
{
	struct criu_event e = {a->script, a->pid, TAKE_FD(a->fd)};
	_cleanup_buf_ struct buf reply = BUF_INIT;
	struct hz_error ignored = HZ_ERROR_INIT; /* the first error is the one to report */
	int r = on_event(data, &e, err);

	if (e.fd >= 0)
		fd_close(e.fd);
	pb_add_int(&reply, 1, CRIU_NOTIFY);
	pb_add_int(&reply, 3, !r);
	if (send_request(c, &reply, r ? &ignored : err))
		r = -1;
	hz_error_clear(&ignored);
	return r;
}

int criu_request(struct criu *c, enum criu_type type, struct buf *opts, criu_on_event on_event,
		 void *data, struct hz_error *err)
{
	_cleanup_buf_ struct buf request = BUF_INIT;
	_cleanup_(answer_done) struct criu_answer a = {.fd = -1};

	pb_add_int(&request, 1, type);
	pb_add_message(&request, 2, opts);
	if (send_request(c, &request, err))
		return -1;
	for (;;) {
		if (receive(c, &a, err))
			return -1;
		if (a.type != CRIU_NOTIFY || !a.success)
			break;
		if (answer_event(c, &a, on_event, data, err))
			return -1;
	}
	return a.success && a.type == type ? 0 : failed(type, &a, err);
}

static int reap(struct criu *c, int *ret_status)
{
	int r;

	if (c->sock >= 0)
		fd_close(TAKE_FD(c->sock));
	do
		r = waitpid(c->pid, ret_status, 0);
	while (r < 0 && errno == EINTR);
	c->pid = 0;
	return r < 0 ? -errno : 0;
}

int criu_wait(struct criu *c, struct hz_error *err)
{
	int status, r = reap(c, &status);

	/* somebody else may have reaped it: its answer counts */
	if (r && r != -ECHILD)
		return error_sys(err, -r, "wait4", NULL, "wait for the end of criu");
	return 0;
}

void criu_kill(struct criu *c)
{
	int status;

	if (c->sock >= 0)
		fd_close(TAKE_FD(c->sock));
	if (!c->pid)
		return;
	kill(c->pid, SIGKILL); /* not reaped yet, so it is still its pid */
	reap(c, &status);
}
