/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/netlink.h"

#include "sys/raw.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Texts beside errors, and errors without the whole request; kernels without them do without. */
static void ask_for_words(int fd)
{
	int on = 1;

	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
}

int netlink_open(struct netlink *nl)
{
	nl->seq = 0;
	nl->why[0] = '\0';
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (nl->fd < 0)
		return -errno;
	ask_for_words(nl->fd);
	return 0;
}

struct visit {
	int pidfd;
	long fd;
};

/* On the caller's memory and descriptors, in a process of its own that may change its namespace. */
static void visit(void *arg)
{
	struct visit *v = arg;

	v->fd = sys_call(__NR_setns, v->pidfd, CLONE_NEWNET);
	if (v->fd >= 0)
		v->fd = sys_call(__NR_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	for (;;)
		sys_call(__NR_exit, 0);
}

int netlink_open_in(struct netlink *nl, int pidfd)
{
	struct visit v = {pidfd, -EIO};
	struct sys_clone_args args = {.flags = CLONE_FILES, .exit_signal = SIGCHLD};
	long pid = sys_clone3_vfork(&args, visit, &v);

	nl->seq = 0;
	nl->why[0] = '\0';
	nl->fd = -1;
	if (pid < 0)
		return (int)pid;
	while (waitpid((pid_t)pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (v.fd < 0)
		return (int)v.fd;
	nl->fd = (int)v.fd;
	ask_for_words(nl->fd);
	return 0;
}

void netlink_begin(struct netlink *nl, uint16_t type, uint16_t flags, const void *body, size_t len)
{
	nl->buf.head = (struct nlmsghdr){.nlmsg_len = (uint32_t)NLMSG_LENGTH(len),
					 .nlmsg_type = type,
					 .nlmsg_flags = NLM_F_REQUEST | flags};
	memcpy(NLMSG_DATA(&nl->buf.head), body, len);
}

void netlink_add(struct netlink *nl, uint16_t type, const void *data, size_t len)
{
	size_t at = NLMSG_ALIGN(nl->buf.head.nlmsg_len);
	struct rtattr *a = (struct rtattr *)(nl->buf.bytes + at);

	a->rta_type = type;
	a->rta_len = (uint16_t)RTA_LENGTH(len);
	memcpy(RTA_DATA(a), data, len);
	nl->buf.head.nlmsg_len = (uint32_t)(at + RTA_ALIGN(a->rta_len));
}

static int send_request(struct netlink *nl)
{
	nl->buf.head.nlmsg_seq = ++nl->seq;
	nl->why[0] = '\0';
	return send(nl->fd, nl->buf.bytes, nl->buf.head.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* Bytes in the buffer, or -errno. Only the kernel is listened to. */
static long receive(struct netlink *nl)
{
	struct sockaddr_nl from;
	struct iovec iov = {nl->buf.bytes, sizeof(nl->buf.bytes)};
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	do
		n = recvmsg(nl->fd, &msg, 0);
	while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid != 0));
	if (n < 0)
		return -errno;
	return msg.msg_flags & MSG_TRUNC ? -EMSGSIZE : n;
}

static void note_why(struct netlink *nl, const struct nlmsghdr *msg)
{
	const struct rtattr *a;
	size_t len;

	if (!(msg->nlmsg_flags & NLM_F_ACK_TLVS) || !(msg->nlmsg_flags & NLM_F_CAPPED))
		return;
	a = netlink_find(msg, sizeof(struct nlmsgerr), NLMSGERR_ATTR_MSG);
	if (!a)
		return;
	len = strnlen(RTA_DATA(a), RTA_PAYLOAD(a));
	if (len >= sizeof(nl->why))
		len = sizeof(nl->why) - 1;
	memcpy(nl->why, RTA_DATA(a), len);
	nl->why[len] = '\0';
}

/* 0 for an acknowledgement, or -errno. */
static int result_of(struct netlink *nl, const struct nlmsghdr *msg)
{
	const struct nlmsgerr *e = NLMSG_DATA(msg);

	if (msg->nlmsg_len < NLMSG_LENGTH(sizeof(int)))
		return -EBADMSG;
	if (msg->nlmsg_type == NLMSG_ERROR && e->error)
		note_why(nl, msg);
	return e->error;
}

static int one_answer(struct netlink *nl)
{
	int r = send_request(nl);
	long n = r ? r : receive(nl);

	if (n < 0)
		return (int)n;
	if (!NLMSG_OK(&nl->buf.head, (unsigned long)n) || nl->buf.head.nlmsg_seq != nl->seq)
		return -EBADMSG;
	return nl->buf.head.nlmsg_type == NLMSG_ERROR ? result_of(nl, &nl->buf.head) : 1;
}

int netlink_do(struct netlink *nl)
{
	int r;

	nl->buf.head.nlmsg_flags |= NLM_F_ACK;
	r = one_answer(nl);
	return r > 0 ? -EBADMSG : r;
}

int netlink_get(struct netlink *nl)
{
	int r = one_answer(nl);

	return r > 0 ? 0 : r ? r : -EBADMSG;
}

/* 1: all seen, 0: more is to come, or -errno. What comes after @fn failed is only drained. */
static int walk(struct netlink *nl, long n, int (*fn)(void *, const struct nlmsghdr *), void *arg,
		int *failed)
{
	const struct nlmsghdr *m = &nl->buf.head;
	unsigned long left = (unsigned long)n;

	for (; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
		if (m->nlmsg_seq != nl->seq)
			continue;
		if (m->nlmsg_flags & NLM_F_DUMP_INTR)
			*failed = -EINTR;
		if (m->nlmsg_type == NLMSG_ERROR || m->nlmsg_type == NLMSG_DONE) {
			int r = result_of(nl, m);

			return r < 0 ? r : 1;
		}
		if (!*failed)
			*failed = fn(arg, m);
	}
	return 0;
}

int netlink_dump(struct netlink *nl, int (*fn)(void *arg, const struct nlmsghdr *msg), void *arg)
{
	int failed = 0, r;
	long n;

	nl->buf.head.nlmsg_flags |= NLM_F_DUMP;
	r = send_request(nl);
	while (!r) {
		n = receive(nl);
		r = n < 0 ? (int)n : walk(nl, n, fn, arg, &failed);
	}
	return r < 0 ? r : failed;
}

const struct rtattr *netlink_find(const struct nlmsghdr *msg, size_t body, uint16_t type)
{
	size_t head = NLMSG_LENGTH(NLMSG_ALIGN(body));
	const struct rtattr *a = (const struct rtattr *)((const char *)msg + head);
	size_t left = msg->nlmsg_len > head ? msg->nlmsg_len - head : 0;

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	}
	return NULL;
}
