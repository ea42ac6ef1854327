/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors that come along with messages: one that is expected is handed on, and none that is
 * not stays open, however many there are and whatever message brings them. */
#include "runtime/criu.h"
#include "tap.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FDS_MAX 253 /* SCM_MAX_FD */

static const unsigned counts[] = {0, 1, 2, 3, 4, 17, FDS_MAX};

static unsigned open_fds(void)
{
	_cleanup_dir_ DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (d && readdir(d))
		n++;
	return n;
}

static void send_with_fds(int sock, const void *data, size_t len, unsigned n)
{
	struct iovec iov = {(void *)data, len};
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} control = {0};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	int zero = 0;

	if (n) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int) * n);
	}
	for (unsigned i = 0; i < n; i++)
		memcpy(CMSG_DATA(&control.head) + i * sizeof(int), &zero, sizeof(int));
	if (sendmsg(sock, &msg, MSG_NOSIGNAL) < 0)
		exit(99);
}

static void make_pair(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		exit(99);
}

/* What a control buffer of @room descriptors makes of @n. */
static void take(unsigned n, unsigned room)
{
	char control[CMSG_SPACE(sizeof(int) * FDS_MAX)] __attribute__((aligned(8)));
	struct iovec iov = {&(char){0}, 1};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	unsigned before = open_fds();
	int pair[2], fd = -1, r;

	make_pair(pair);
	send_with_fds(pair[0], "x", 1, n);
	m.msg_control = control;
	m.msg_controllen = CMSG_SPACE(sizeof(int) * room);
	if (recvmsg(pair[1], &m, MSG_CMSG_CLOEXEC) != 1)
		exit(99);
	r = fd_received(&m, &fd);
	ok(n > 1 ? r == -EBADMSG && fd < 0 : !r && (fd >= 0) == (n == 1),
	   "%u descriptors, room for %u: %s", n, room, n > 1 ? "rejected" : "taken");
	if (fd >= 0)
		fd_close(fd);
	fd_close(pair[0]);
	fd_close(pair[1]);
	is_int(open_fds(), before, "%u descriptors, room for %u: none is left open", n, room);
}

enum receiver {
	UNTIL_READY,
	UNTIL_WAITING,
	BEFORE_EXEC,
	RECEIVERS
};

static void call(enum receiver which, int sock, struct hz_error *err)
{
	static struct plan_header none = {.magic = PLAN_MAGIC};
	struct bundle b = {.plan.h = &none};
	struct creation c;
	bool executing = false;

	switch (which) {
	case UNTIL_READY:
		creation_init(&c, NULL, NULL, &b);
		c.sock = sock;
		talk_until_ready(&c, err);
		if (c.pty >= 0)
			fd_close(c.pty);
		break;
	case UNTIL_WAITING: talk_until_waiting(sock, -1, &none, err); break;
	default: talk_before_exec(sock, &none, &executing, err);
	}
}

/* Any message of init, with @n descriptors and @len bytes. */
static void hear(enum receiver which, uint32_t type, unsigned n, size_t len)
{
	struct hz_error err = HZ_ERROR_INIT;
	struct init_error e = {.m.type = type};
	int pair[2];

	make_pair(pair);
	send_with_fds(pair[0], &e, len, n);
	fd_close(pair[0]);
	call(which, pair[1], &err);
	fd_close(pair[1]);
	hz_error_clear(&err);
}

static void test_init(void)
{
	const size_t sizes[] = {0, 1, sizeof(struct init_msg), sizeof(struct init_error)};
	unsigned before = open_fds(), messages = 0;

	for (unsigned which = 0; which < RECEIVERS; which++)
		for (uint32_t type = 0; type < 32; type++)
			for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
				for (size_t k = 0; k < ARRAY_SIZE(sizes); k++, messages++)
					hear((enum receiver)which, type, counts[i], sizes[k]);
	is_int(open_fds(), before, "%u messages of init leave no descriptor open", messages);
}

static int ignore(void *data, struct criu_event *e, struct hz_error *err)
{
	(void)data, (void)e, (void)err;
	return 0;
}

static void hear_criu(struct buf *answer, unsigned n)
{
	_cleanup_buf_ struct buf opts = BUF_INIT;
	struct hz_error err = HZ_ERROR_INIT;
	struct criu c = {.sock = -1};
	int pair[2];

	make_pair(pair);
	c.sock = pair[1];
	send_with_fds(pair[0], answer->data, answer->len, n);
	send_with_fds(pair[0], answer->data, answer->len, n);
	shutdown(pair[0], SHUT_WR); /* the end of CRIU, which still hears us */
	criu_request(&c, CRIU_RESTORE, &opts, ignore, NULL, &err);
	fd_close(pair[0]);
	fd_close(pair[1]);
	hz_error_clear(&err);
}

static void test_criu(void)
{
	static const int types[] = {CRIU_NOTIFY, CRIU_RESTORE, 77};
	unsigned before = open_fds();

	for (size_t i = 0; i < ARRAY_SIZE(types) * ARRAY_SIZE(counts); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT;

		pb_add_int(&b, 1, types[i / ARRAY_SIZE(counts)]);
		pb_add_int(&b, 2, 1);
		hear_criu(&b, counts[i % ARRAY_SIZE(counts)]);
		b.len--; /* cut */
		hear_criu(&b, counts[i % ARRAY_SIZE(counts)]);
	}
	is_int(open_fds(), before, "messages of CRIU leave no descriptor open");
}

static bool parses(struct buf *b)
{
	struct criu_answer a = {.fd = -1};

	return !criu_parse_answer(b->data, b->len, &a);
}

/* A message that is a number or a fixed-width field has no bytes to look at. */
static void test_criu_types(void)
{
	static const unsigned messages[] = {5, 10};

	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT;

		pb_add_int(&b, messages[i], 3);
		ok(!parses(&b), "field %u as a number is rejected", messages[i]);
		b.len = 0;
		buf_addc(&b, (char)(messages[i] << 3 | 5)); /* 32 bits */
		buf_add(&b, "\1\2\3\4", 4);
		ok(!parses(&b), "field %u as 32 bits is rejected", messages[i]);
		b.len = 0;
		pb_add_string(&b, messages[i], "\x0a\x05x");
		ok(!parses(&b), "field %u with a string that ends early is rejected", messages[i]);
		b.len = 0;
		pb_add_string(&b, messages[i], "");
		ok(parses(&b), "field %u may be empty", messages[i]);
	}
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		for (size_t k = 1; k < ARRAY_SIZE(counts); k++)
			take(counts[i], counts[k]);
	test_init();
	test_criu();
	test_criu_types();
	return done_testing();
}
