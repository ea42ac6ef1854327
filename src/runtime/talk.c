/* SPDX-License-Identifier: Apache-2.0 */
/* The host's end of the conversation with init (src/init/protocol.h). */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

union packet {
	struct init_msg m;
	struct init_error e;
};

int talk_send_error(int errnum)
{
	return errnum == EPIPE || errnum == ECONNRESET ? 0 : -errnum;
}

int talk_send(int sock, enum init_msg_type type, uint32_t value, const void *more, size_t len,
	      int fd)
{
	struct init_msg m = {.type = type, .value = value};
	struct iovec iov[] = {{&m, sizeof(m)}, {(void *)more, len}};
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = len ? 2 : 1};
	ssize_t n;

	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int));
		control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
						.cmsg_type = SCM_RIGHTS,
						.cmsg_len = CMSG_LEN(sizeof(int))};
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
	}
	do
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? talk_send_error(errno) : 0;
}

/* One packet; 0 at the end of file. @ret_fd: a descriptor that came along, or -1. An init that ends
 * with our packets unread leaves ECONNRESET before the last words that it sent: that is told once,
 * then they can be read. */
static ssize_t receive(int sock, union packet *p, int *ret_fd)
{
	struct iovec iov = {p, sizeof(*p)};
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	bool reset = false;
	ssize_t n;
	int r;

	*ret_fd = -1;
	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
		if (n >= 0 || errno != ECONNRESET)
			continue;
		if (reset)
			return 0;
		reset = true;
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return -errno;
	r = fd_received(&msg, ret_fd);
	return r ? r : n;
}

static int odd(struct hz_error *err)
{
	return error_set(err, HZ_E_INTERNAL, "unexpected message from the container's init");
}

static int handle_forked(struct creation *c, uint32_t pid, struct hz_error *err)
{
	if (c->pid || !c->stub)
		return odd(err);
	c->pid = (pid_t)pid;
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd < 0)
		return error_sys(err, errno, "pidfd_open", NULL, "watch the container's init");
	return 0;
}

/* @tree: a new mount whose ids are to be mapped, or -1. */
static int handle_source(struct creation *c, uint32_t index, int *tree, struct hz_error *err)
{
	const struct plan_header *h = c->b->plan.h;
	const struct plan_mount *m;
	const struct plan_step *s;
	_cleanup_fd_ int fd = -1;
	uint32_t i;
	int r;

	plan_foreach (h, s, i) {
		if (i == index)
			break;
	}
	m = (const struct plan_mount *)s;
	if (i == h->nsteps || s->kind != PLAN_MOUNT || !(m->flags & PLAN_MOUNT_HOST_SOURCE) ||
	    (!(m->flags & PLAN_MOUNT_BIND) || (m->flags & PLAN_MOUNT_SRC_INSIDE)) != (*tree >= 0))
		return odd(err);
	if (*tree >= 0)
		fd = TAKE_FD(*tree);
	if (fd >= 0 ? source_map(c, m, fd, err) : source_open(c, m, &fd, err))
		return -1;
	r = talk_send(c->sock, INIT_SOURCE, 0, NULL, 0, fd);
	return r ? error_sys(err, -r, "sendmsg", NULL, "hand a mount to the container's init") : 0;
}

static int handle_stdio(struct creation *c, uint32_t n, struct hz_error *err)
{
	_cleanup_fd_ int fd = -1;
	int r;

	if (n > 2 || c->our_stdio[n] >= 0)
		return odd(err);
	fd = stdio_protect((int)n);
	r = talk_send(c->sock, INIT_STDIO, 0, NULL, 0, fd);
	return r ? error_sys(err, -r, "sendmsg", NULL, "hand a device to the container's init") : 0;
}

static int handle_filter(struct creation *c, struct hz_error *err)
{
	int r;

	if (!c->filter)
		return odd(err);
	r = talk_send(c->sock, INIT_FILTER, (uint32_t)c->filter_len, c->filter, c->filter_len, -1);
	return r ? error_sys(err, -r, "sendmsg", NULL,
			     "hand the seccomp filter to the container's init")
		 : 0;
}

/* As with crun; a kernel without keyrings has none to share. Told by create only: engines take what
 * exec logs for the output of the process. */
static void tell_shared_keyring(const struct creation *c)
{
	if (!(c->b->plan.h->flags & PLAN_F_EXEC) && !access("/proc/keys", F_OK))
		runtime_log(c->rt, HZ_LOG_WARNING,
			    "the container shares the session keyring of its caller: a seccomp "
			    "filter around hezi blocks keyctl (ENOSYS)");
}

static int handle_sync(struct creation *c, uint32_t point, struct hz_error *err)
{
	int r;

	if (point == (PLAN_POINT_READY | INIT_NO_KEYRING)) {
		tell_shared_keyring(c);
		point = PLAN_POINT_READY;
	}
	if (point >= PLAN_POINT_COUNT || !c->pid)
		return odd(err);
	if (step_after_sync(c, point, err))
		return -1;
	if (point == PLAN_POINT_READY)
		return 1;
	r = talk_send(c->sock, INIT_GO, 0, NULL, 0, -1);
	return r ? error_sys(err, -r, "sendmsg", NULL, "tell the container's init to go on") : 0;
}

/* 1: ready, 0: go on, -1: failed */
static int handle(struct creation *c, const union packet *p, ssize_t n, int *fd,
		  struct hz_error *err)
{
	switch (p->m.type) {
	case INIT_FORKED: return handle_forked(c, p->m.value, err);
	case INIT_SYNC: return handle_sync(c, p->m.value, err);
	case INIT_NEED_SOURCE: return handle_source(c, p->m.value, fd, err);
	case INIT_NEED_STDIO: return handle_stdio(c, p->m.value, err);
	case INIT_NEED_FILTER: return handle_filter(c, err);
	case INIT_STAT:
		if (*fd < 0 || c->stat >= 0 || !(c->b->plan.h->flags & PLAN_F_TELL_STAT))
			return odd(err);
		c->stat = TAKE_FD(*fd);
		return 0;
	case INIT_PTY:
		if (*fd < 0 || c->pty >= 0)
			return odd(err);
		c->pty = TAKE_FD(*fd);
		return 0;
	case INIT_ERROR:
		if ((size_t)n != sizeof(p->e))
			return odd(err);
		fail_from_init(c->b->plan.h, &p->e, err);
		return -1;
	default: return odd(err);
	}
}

int talk_until_ready(struct creation *c, struct hz_error *err)
{
	union packet p;

	for (;;) {
		_cleanup_fd_ int fd = -1;
		ssize_t n = receive(c->sock, &p, &fd);
		int r;

		if (n < 0)
			return error_sys(err, (int)-n, "recvmsg", NULL,
					 "listen to the container's init");
		if (n == 0)
			return fail_dead(c->pidfd, "the container was ready", err);
		if ((size_t)n < sizeof(p.m))
			return odd(err);
		r = handle(c, &p, n, &fd, err);
		if (r)
			return r < 0 ? -1 : 0;
	}
}

int talk_until_waiting(int sock, int pidfd, const struct plan_header *plan, struct hz_error *err)
{
	_cleanup_fd_ int fd = -1;
	union packet p;
	ssize_t n = receive(sock, &p, &fd);

	if (n < 0)
		return error_sys(err, (int)-n, "recvmsg", NULL, "listen to the container's init");
	if (n == 0)
		return fail_dead(pidfd, "the container was ready", err);
	if ((size_t)n == sizeof(p.e) && p.m.type == INIT_ERROR)
		return fail_from_init(plan, &p.e, err);
	return p.m.type == INIT_WAITING ? 0 : odd(err);
}

int talk_before_exec(int sock, const struct plan_header *plan, bool *executing,
		     struct hz_error *err)
{
	_cleanup_fd_ int fd = -1;
	union packet p;
	ssize_t n = receive(sock, &p, &fd);

	if (n < 0)
		return error_sys(err, (int)-n, "recvmsg", NULL, "listen to the container's init");
	if (n == 0)
		return 0;
	if ((size_t)n == sizeof(p.e) && p.m.type == INIT_ERROR)
		return fail_from_init(plan, &p.e, err);
	if (p.m.type != INIT_EXECING || *executing)
		return odd(err);
	*executing = true;
	return 1;
}
