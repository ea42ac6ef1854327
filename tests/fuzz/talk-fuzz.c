/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile init: its packets, with descriptors, at each of the runtime's receivers. Each ends, and
 * none keeps a descriptor. Input: receiver, descriptors, type, value, and the rest of an error.
 */
#include "fuzz.h"
#include "runtime/runtime.h"

#include <errno.h>
#include <sys/socket.h>

static void send_packet(int sock, const void *data, size_t len, unsigned nfds)
{
	struct iovec iov = {(void *)data, len};
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int) * 8)];
	} control = {0};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (nfds) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int) * nfds); /* all of them 0 */
	}
	/* what the socket has no room for is not sent: nobody reads yet */
	if (sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
		abort();
}

static void receive(unsigned which, int sock, struct bundle *b, struct hz_error *err)
{
	struct creation c;
	bool executing = false;

	switch (which % 3) {
	case 0:
		creation_init(&c, NULL, NULL, b);
		c.sock = sock;
		talk_until_ready(&c, err);
		if (c.pty >= 0)
			close(c.pty);
		break;
	case 1: talk_until_waiting(sock, -1, b->plan.h, err); break;
	default:
		while (talk_before_exec(sock, b->plan.h, &executing, err) == 1)
			;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bundle b;
	struct hz_error err = HZ_ERROR_INIT;
	unsigned which = fuzz_byte(&data, &size), nfds;
	int pair[2], lowest;

	if (!b.plan.h)
		b.plan = fuzz_plan("docker-default");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		abort();
	while (size > 1) {
		size_t len = sizeof(struct init_error) + 8;

		nfds = fuzz_byte(&data, &size) % 8;
		if (nfds & 1) /* a short one */
			len = fuzz_byte(&data, &size) % len;
		if (len > size)
			len = size;
		send_packet(pair[0], data, len, nfds / 2);
		data += len;
		size -= len;
	}
	close(pair[0]);
	receive(which, pair[1], &b, &err);
	lowest = dup(pair[1]);
	if (lowest > pair[1] + 1) /* pair[0] is free, and no other number below was used */
		abort();
	close(lowest);
	close(pair[1]);
	hz_error_clear(&err);
	return 0;
}
