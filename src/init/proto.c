/* SPDX-License-Identifier: Apache-2.0 */
/* Init's end of the conversation (protocol.h). No call here can raise SIGPIPE or be confused by a
 * signal. */
#include "init/init.h"

#include <linux/mman.h>
#include <linux/socket.h>
#include <linux/uio.h>

#define MSG_CTRUNC_       0x8
#define MSG_TRUNC_        0x20
#define MSG_NOSIGNAL_     0x4000
#define MSG_CMSG_CLOEXEC_ 0x40000000
#define SOL_SOCKET_       1
#define SCM_RIGHTS_       1

/* As the kernel has them (struct user_msghdr, struct cmsghdr); the names belong to libc. */
struct init_msghdr {
	void *name;
	int namelen;
	struct iovec *iov;
	uint64_t iovlen;
	void *control;
	uint64_t controllen;
	unsigned flags;
};

struct init_fds {
	uint64_t len;
	int level, type;
	int fds[INIT_SLOTS_MAX + 2];
};
#define FDS_LEN(n) (offsetof(struct init_fds, fds) + (n) * sizeof(int))

int init_send(struct init *init, uint32_t type, uint32_t value, int fd)
{
	struct init_msg m = {.type = type, .value = value};
	struct iovec iov = {&m, sizeof(m)};
	struct init_fds control;
	struct init_msghdr msg = {.iov = &iov, .iovlen = 1};
	long n;

	if (fd >= 0) {
		control.len = FDS_LEN(1);
		control.level = SOL_SOCKET_;
		control.type = SCM_RIGHTS_;
		control.fds[0] = fd;
		control.fds[1] = 0; /* padding of the message */
		msg.control = &control;
		msg.controllen = FDS_LEN(2);
	}
	do
		n = sys_call(__NR_sendmsg, init->sock, &msg, MSG_NOSIGNAL_);
	while (n == -EINTR);
	return n == sizeof(m) ? 0 : -1;
}

static void close_all(const int *fds, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		sys_call(__NR_close, fds[i]);
}

/* NOLINTNEXTLINE(readability-function-size): two buffers and the descriptors of one recvmsg */
long init_recv(int sock, struct init_msg *ret_msg, void *more, size_t size, int *fds, unsigned nfds,
	       unsigned *ret_nfds)
{
	struct iovec iov[] = {{ret_msg, sizeof(*ret_msg)}, {more, size}};
	struct init_fds control = {.len = 0};
	struct init_msghdr msg = {.iov = iov,
				  .iovlen = size ? 2 : 1,
				  .control = &control,
				  .controllen = sizeof(control)};
	unsigned got = 0;
	long n;

	do
		n = sys_call(__NR_recvmsg, sock, &msg, MSG_CMSG_CLOEXEC_);
	while (n == -EINTR);
	if (n < 0)
		return -1;
	if (msg.controllen >= FDS_LEN(1) && control.level == SOL_SOCKET_ &&
	    control.type == SCM_RIGHTS_)
		got = (unsigned)((control.len - FDS_LEN(0)) / sizeof(int));
	if ((size_t)n < sizeof(*ret_msg) || (msg.flags & (MSG_TRUNC_ | MSG_CTRUNC_)) ||
	    got > nfds) {
		close_all(control.fds, got);
		return -1;
	}
	for (unsigned i = 0; i < got; i++)
		fds[i] = control.fds[i];
	if (ret_nfds)
		*ret_nfds = got;
	return n - (long)sizeof(*ret_msg);
}

int init_expect(struct init *init, const struct plan_step *step, uint32_t type)
{
	struct init_msg m;

	if (init_recv(init->sock, &m, NULL, 0, NULL, 0, NULL) < 0)
		init_exit(1); /* the host is gone: nobody to tell */
	if (m.type != type)
		return init_fail_why(init, step, INIT_WHY_PROTOCOL, 0, NULL);
	return 0;
}

int init_need_source(struct init *init, const struct plan_step *step, int tree)
{
	struct init_msg m;
	unsigned n;
	int fd;

	if (init_send(init, INIT_NEED_SOURCE, step->index, tree) < 0 ||
	    init_recv(init->sock, &m, NULL, 0, &fd, 1, &n) < 0)
		init_exit(1);
	if (m.type == INIT_SOURCE && n == 1)
		return fd;
	if (n)
		init_close(&fd);
	if (m.type == INIT_SOURCE && m.value)
		return init_fail(init, step, __NR_open_tree, -(long)m.value, NULL);
	return init_fail_why(init, step, INIT_WHY_PROTOCOL, 0, NULL);
}

int init_need_stdio(struct init *init, int fd)
{
	struct init_msg m;
	unsigned n;
	int by = -1;

	if (init_send(init, INIT_NEED_STDIO, (uint32_t)fd, -1) < 0 ||
	    init_recv(init->sock, &m, NULL, 0, &by, 1, &n) < 0)
		init_exit(1);
	if (m.type != INIT_STDIO)
		init_close(&by);
	return by;
}

int init_map_page(struct init *init, const struct plan_step *step, int fd)
{
	long at = sys_call(__NR_mmap, 0, sizeof(*init->page), PROT_READ | PROT_WRITE, MAP_SHARED,
			   fd, 0);

	sys_call(__NR_close, fd);
	if (at < 0 && at > -4096)
		return init_fail(init, step, __NR_mmap, at, NULL);
	init->page = (struct init_page *)at;
	return 0;
}

void init_send_failure(struct init *init)
{
	struct init_error *e = init_failure();
	long n;

	if (init->filtered && init->page) {
		memcpy(&init->page->error, e, sizeof(*e));
		__atomic_store_n(&init->page->state, INIT_PAGE_FAILED, __ATOMIC_RELEASE);
		return;
	}
	if (init->sock < 0)
		return;
	do
		n = sys_call(__NR_sendto, init->sock, e, sizeof(*e), MSG_NOSIGNAL_);
	while (n == -EINTR); /* nothing is left to do when it fails */
}
