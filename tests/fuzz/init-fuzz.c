/* SPDX-License-Identifier: Apache-2.0 */
/* Init's own receiver: any packet with any number of descriptors, and none that is left open. */
#include "init/init.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned nfds = size ? data[0] % 80 : 0, room = size > 1 ? data[1] % 5 : 0, got = 0;
	char control[CMSG_SPACE(sizeof(int) * 80)] __attribute__((aligned(8))) = {0}, more[64];
	struct iovec iov = {(void *)data, size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *c = (struct cmsghdr *)control;
	int pair[2], fds[5], lowest;
	struct init_msg m;
	long n;

	if (size > 4096 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return 0;
	if (nfds) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
		*c = (struct cmsghdr){CMSG_LEN(sizeof(int) * nfds), SOL_SOCKET, SCM_RIGHTS};
	}
	if (sendmsg(pair[0], &msg, MSG_NOSIGNAL) < 0)
		abort();
	close(pair[0]);
	n = init_recv(pair[1], &m, more, size > 2 ? data[2] % sizeof(more) : 0, fds, room, &got);
	if (n >= 0 && got > room)
		abort();
	for (unsigned i = 0; n >= 0 && i < got; i++)
		close(fds[i]);
	lowest = dup(pair[1]);
	if (lowest > pair[1] + 1)
		abort();
	close(lowest);
	close(pair[1]);
	return 0;
}
