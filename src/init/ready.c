/* SPDX-License-Identifier: Apache-2.0 */
/* Where init stops and the host goes on, and the long wait for `start`. */
#include "init/init.h"

#include <linux/fcntl.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/signal.h>
#include <linux/signalfd.h>
#include <linux/stat.h>

#define SOL_SOCKET_   1
#define SO_PEERCRED_  17
#define SOCK_CLOEXEC_ 02000000

struct init_ucred {
	int pid;
	uint32_t uid, gid;
};

/* Only a process whose files belong to its own user can be given maps by a runtime that is not
 * root. */
static int sync_maps(struct init *init, const struct plan_step *step)
{
	long r = sys_call(__NR_prctl, PR_SET_DUMPABLE, 1);

	if (r < 0)
		return init_fail(init, step, __NR_prctl, r, NULL);
	if (init_send(init, INIT_SYNC, PLAN_POINT_MAPS, -1) < 0)
		init_exit(1);
	if (init_expect(init, step, INIT_GO) < 0)
		return -1;
	return init_guard(init, step);
}

static int need_filter(struct init *init, const struct plan_step *step)
{
	struct init_msg m;
	long n;

	if (init_send(init, INIT_NEED_FILTER, 0, -1) < 0)
		init_exit(1);
	n = init_recv(init->sock, &m, init_keep.filter, sizeof(init_keep.filter), NULL, 0, NULL);
	if (n < 0)
		init_exit(1);
	if (m.type != INIT_FILTER || m.value != (uint32_t)n || n == 0 || n % 8)
		return init_fail_why(init, step, INIT_WHY_PROTOCOL, 0, "filter");
	init->filter_size = (uint32_t)n;
	return 0;
}

/* The host has recorded the container: from here on its life does not hang on the runtime's. */
static int sync_ready(struct init *init, const struct plan_step *step)
{
	const struct plan_step *load = init_find_step(init, PLAN_SECCOMP_LOAD);
	uint32_t point = PLAN_POINT_READY | (init->no_keyring ? INIT_NO_KEYRING : 0);
	struct init_msg m;
	int fd = -1;
	unsigned n = 0;
	long r;

	if (!init_find_step(init, PLAN_UMASK))
		sys_call(__NR_umask, init->caller_umask);
	if (load && need_filter(init, load) < 0)
		return -1;
	if (init_send(init, INIT_SYNC, point, -1) < 0 ||
	    init_recv(init->sock, &m, NULL, 0, &fd, 1, &n) < 0)
		init_exit(1);
	if (m.type == INIT_GO_WAIT && n)
		init->listener = fd;
	else if (m.type != INIT_GO_START || (n && !load))
		return init_fail_why(init, step, INIT_WHY_PROTOCOL, 0, NULL);
	else if (n && init_map_page(init, step, fd) < 0)
		return -1;
	r = sys_call(__NR_prctl, PR_SET_PDEATHSIG, 0);
	return r < 0 ? init_fail(init, step, __NR_prctl, r, NULL) : 0;
}

int step_sync(struct init *init, const struct plan_step *step)
{
	const struct plan_sync *s = (const struct plan_sync *)step;

	if (s->point == PLAN_POINT_MAPS)
		return sync_maps(init, step);
	if (s->point == PLAN_POINT_READY)
		return sync_ready(init, step);
	if (init_send(init, INIT_SYNC, s->point, -1) < 0)
		init_exit(1);
	return init_expect(init, step, INIT_GO);
}

static int peer(int sock, struct init_ucred *ret)
{
	int len = sizeof(*ret);

	return sys_call(__NR_getsockopt, sock, SOL_SOCKET_, SO_PEERCRED_, ret, &len) < 0 ? -1 : 0;
}

/*
 * The socket lies in a directory that only its owner and root may enter; this is the second lock.
 * The owner's uid is read from the listener, so that both are numbers of our user namespace. A pid
 * of 0 is a process outside our pid namespace: not the container's.
 */
static bool may_start(struct init *init, int conn)
{
	struct init_ucred owner, who;

	if (peer(init->listener, &owner) < 0 || peer(conn, &who) < 0)
		return false;
	return who.uid == owner.uid || who.uid == 0 ||
	       ((init->plan->flags & PLAN_F_NEW_PID) && who.pid == 0);
}

/* One visitor. True when it said start, with the page if one came along; one that goes without a
 * word only wanted to know whether we are here. */
static bool receive_start(struct init *init, int conn, int *ret_page)
{
	struct init_msg m;
	unsigned n = 0;

	*ret_page = -1;
	if (!may_start(init, conn) || init_recv(conn, &m, NULL, 0, ret_page, 1, &n) != 0)
		return false;
	if (m.type == INIT_GO_START)
		return true;
	init_close(ret_page);
	return false;
}

/* A host in trouble: nothing that the container would have to end for. EMFILE is not among them: a
 * limit of init's own does not pass, and `start` would wait forever. */
static bool is_passing(long r)
{
	return r == -ENOMEM || r == -ENOBUFS || r == -ENFILE;
}

static void pause_a_little(void)
{
	long ten_ms[] = {0, 10000000};

	sys_call(__NR_ppoll, 0, 0, ten_ms, 0, 0);
}

#define SIGNAL(sig) (1ull << ((sig)-1))

static void set_mask(uint64_t mask)
{
	sys_call(__NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof(mask));
}

/*
 * The kernel does not deliver a signal without a handler to the first process of a pid namespace,
 * so TERM would not end a container that waits for start. Those that end a process by default come
 * by a descriptor instead. -1: they are dropped as before (not the first process, or signalfd is
 * blocked).
 */
static int open_signals(const struct init *init)
{
	const uint64_t others = SIGNAL(SIGCHLD) | SIGNAL(SIGCONT) | SIGNAL(SIGTSTP) |
				SIGNAL(SIGTTIN) | SIGNAL(SIGTTOU) | SIGNAL(SIGURG) |
				SIGNAL(SIGWINCH);
	uint64_t mask = ~others;
	long fd;

	if (!(init->plan->flags & PLAN_F_NEW_PID))
		return -1;
	fd = sys_call(__NR_signalfd4, -1, &mask, sizeof(mask), SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd >= 0)
		set_mask(mask);
	return fd < 0 ? -1 : (int)fd;
}

/* Until somebody connects: 0, or -errno. A signal ends this process. */
static long wait_visitor(const struct init *init, int signals)
{
	struct pollfd p[] = {{.fd = init->listener, .events = POLLIN},
			     {.fd = signals, .events = POLLIN}};
	struct signalfd_siginfo info;
	long r = signals < 0 ? 0 : sys_call(__NR_ppoll, p, 2, 0, 0, 8);

	if (r > 0 && p[1].revents &&
	    sys_call(__NR_read, signals, &info, sizeof(info)) == sizeof(info))
		init_exit(128 + (int)info.ssi_signo);
	return r < 0 ? r : 0;
}

static long wait_start(struct init *init, int signals, int *ret_page)
{
	for (;;) {
		long conn = wait_visitor(init, signals);

		if (!conn)
			conn = sys_call(__NR_accept4, init->listener, 0, 0, SOCK_CLOEXEC_);
		if (conn == -EINTR || conn == -ECONNABORTED || conn == -EAGAIN)
			continue;
		if (is_passing(conn)) {
			pause_a_little();
			continue;
		}
		if (conn < 0 || receive_start(init, (int)conn, ret_page))
			return conn;
		sys_call(__NR_close, conn);
	}
}

int step_start_wait(struct init *init, const struct plan_step *step)
{
	INIT_CLOSE int signals = -1;
	int page = -1;
	long conn;

	if (init->listener < 0)
		return 0; /* `run`: the host said to start already */
	signals = open_signals(init);
	/* without this word create cannot tell an init that waits from one that was killed */
	if (init_send(init, INIT_WAITING, 0, -1) < 0)
		init_exit(1);
	init_close(&init->sock);
	init_shrink();
	if (init->plan->flags & PLAN_F_SEEN_WAITING)
		sys_call(__NR_prctl, PR_SET_DUMPABLE, 1); /* without it exec is refused */
	conn = wait_start(init, signals, &page);
	if (signals >= 0)
		set_mask(0);
	if (conn < 0)
		return init_fail(init, step, __NR_accept4, conn, NULL);
	init->sock = (int)conn;
	init_close(&init->listener);
	conn = init->plan->flags & PLAN_F_SEEN_WAITING ? sys_call(__NR_prctl, PR_SET_DUMPABLE, 0)
						       : 0;
	if (conn < 0)
		return init_fail(init, step, __NR_prctl, conn, NULL);
	return page < 0 ? 0 : init_map_page(init, step, page);
}
