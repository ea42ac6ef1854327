/* SPDX-License-Identifier: Apache-2.0 */
/* Init and its host: what is said in good times, and what init makes of a host that dies or talks
 * nonsense. */
#include "init1.h"

static void test_run(void)
{
	struct i1_host *h;

	i1_start();
	I1_ADD(struct plan_sync, PLAN_SYNC, .point = PLAN_POINT_HOOKS);
	I1_ADD(struct plan_umask, PLAN_UMASK, .mask = 027);
	I1_ADD(struct plan_text, PLAN_CWD, .text = i1_str("/usr"));
	i1_end(I1_SH("umask; pwd; echo $X$Y; exit 7"), false, NULL, NULL);
	h = i1_run();
	is_str(h->said, "sync:1 sync:2 executing eof", "run: what is said");
	is_str(h->output, "0027\n/usr\n1\n", "run: the program ran as planned");
	is_int(WEXITSTATUS(h->status), 7, "run: in the process that was init");
}

static int connect_to(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)))
		exit(99);
	return fd;
}

static void test_create_start(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct i1_host h = {.go = INIT_GO_WAIT};
	int visitor;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "/tmp/hezi-init1.%d", (int)getpid());
	h.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (bind(h.listener, (struct sockaddr *)&addr, sizeof(addr)) || listen(h.listener, 4))
		exit(99);
	i1_start();
	i1_end(I1_SH("echo started; ls /proc/self/fd | wc -l"), false, NULL, NULL);
	i1_spawn(&h, 3);
	i1_boot(&h, NULL, 0);
	i1_talk(&h);
	is_str(h.said, "sync:2 waiting eof", "create: init lets go of the host");
	is_int(waitpid(h.pid, NULL, WNOHANG), 0, "create: init waits");
	close(connect_to(&addr));
	visitor = connect_to(&addr);
	i1_send(visitor, INIT_GO, 0, NULL, 0, NULL, 0);
	is_int(recv(visitor, &(char){0}, 1, 0), 0,
	       "create: a visitor that says something else is sent away");
	close(visitor);
	visitor = connect_to(&addr);
	send(visitor, "x", 1, MSG_NOSIGNAL);
	is_int(recv(visitor, &(char){0}, 1, 0), 0, "create: so is one that says too little");
	close(visitor);
	for (int n = 1; n <= 70; n += n == 2 ? 68 : 1) {
		int fds[70] = {0};

		visitor = connect_to(&addr);
		i1_send(visitor, n == 1 ? INIT_GO : INIT_GO_START, 0, NULL, 0, fds, (size_t)n);
		is_int(recv(visitor, &(char){0}, 1, 0), 0,
		       "create: so is one that brings %d descriptors", n);
		close(visitor);
	}
	is_int(waitpid(h.pid, NULL, WNOHANG), 0, "create: init still waits");
	h.sock = connect_to(&addr);
	h.said[0] = 0;
	i1_send(h.sock, INIT_GO_START, 0, NULL, 0, NULL, 0);
	i1_talk(&h);
	is_str(h.said, "executing eof", "start: the program is executed");
	i1_wait(&h);
	is_str(h.output, "started\n4\n",
	       "start: with nothing but stdio (and the directory that ls reads)");
	close(h.listener);
	unlink(addr.sun_path);
}

static int status_of(struct i1_host *h)
{
	i1_wait(h);
	return WIFEXITED(h->status) ? WEXITSTATUS(h->status) : -1;
}

/* Each of these ends init at once: there is nobody who would want more. */
static void test_host_dies(void)
{
	struct i1_host h = {0};

	i1_start();
	I1_ADD(struct plan_sync, PLAN_SYNC, .point = PLAN_POINT_HOOKS);
	i1_end(I1_SH("echo bad"), false, NULL, NULL);
	i1_spawn(&h, 3);
	close(h.sock);
	is_int(status_of(&h), 1, "no boot");
	h = (struct i1_host){0};
	i1_spawn(&h, 3);
	i1_boot(&h, NULL, 0);
	close(h.sock);
	is_int(status_of(&h), 1, "gone at the first sync");
	is_str(h.output, "", "nothing was executed");
}

static struct i1_host *boot_odd(uint32_t type, uint32_t value, bool with_plan)
{
	static struct i1_host h;
	int fd = i1_plan_fd();

	h = (struct i1_host){0};
	i1_spawn(&h, 3);
	i1_send(h.sock, type, value, NULL, 0, &fd, with_plan);
	close(fd);
	i1_talk(&h);
	i1_wait(&h);
	return &h;
}

static void test_bad_boot(void)
{
	i1_start();
	i1_end(I1_SH("echo bad"), false, NULL, NULL);
	i1_failed(boot_odd(INIT_GO, 0, true), INIT_WHY_PROTOCOL, 0, "no boot but go");
	i1_failed(boot_odd(INIT_BOOT, 1, true), INIT_WHY_PROTOCOL, 0, "a slot is missing");
	i1_failed(boot_odd(INIT_BOOT, UINT32_MAX, false), INIT_WHY_PROTOCOL, 0, "no plan");
	i1_plan.h.nslots = 1;
	i1_failed(boot_odd(INIT_BOOT, 0, true), INIT_WHY_PROTOCOL, 0, "the plan wants a slot");
	i1_plan.h.nslots = 0;
	i1_plan.h.magic++;
	i1_failed(boot_odd(INIT_BOOT, 0, true), INIT_WHY_PROTOCOL, 0, "bad magic");
	i1_plan.h.magic--;
	i1_plan.h.version++;
	i1_failed(boot_odd(INIT_BOOT, 0, true), INIT_WHY_PROTOCOL, 0, "bad version");
	i1_plan.h.version--;
	i1_plan.h.first = UINT32_MAX;
	i1_failed(boot_odd(INIT_BOOT, 0, true), INIT_WHY_PROTOCOL, 0, "bad first step");
}

static void test_bad_answers(void)
{
	struct plan_seccomp_load load = {.flags = 0};
	uint64_t filter = 0;
	struct i1_host h;

	i1_start();
	i1_end(I1_SH("echo bad"), false, NULL, NULL);
	h = (struct i1_host){.go = INIT_GO};
	i1_failed(i1_run_host(&h), INIT_WHY_PROTOCOL, 0, "go without saying where");
	h = (struct i1_host){.go = INIT_GO_WAIT};
	i1_failed(i1_run_host(&h), INIT_WHY_PROTOCOL, 0, "wait without a listener");
	h = (struct i1_host){.go = INIT_GO_START, .listener = 1};
	i1_failed(i1_run_host(&h), INIT_WHY_PROTOCOL, 0, "start with a listener");
	i1_start();
	i1_end(I1_SH("echo bad"), false, NULL, &load);
	h = (struct i1_host){.filter = &filter, .filter_len = 9};
	i1_failed(i1_run_host(&h), INIT_WHY_PROTOCOL, 0, "a filter of another size than said");
	h = (struct i1_host){.filter_len = 0};
	i1_failed(i1_run_host(&h), INIT_WHY_PROTOCOL, 0, "an empty filter");
	is_str(h.output, "", "nothing was executed");
}

static void test_descriptors(void)
{
	struct i1_host h = {0};
	int null = open("/dev/null", O_RDONLY);

	dup2(null, 9);
	dup2(null, 23);
	dup2(null, 60);
	if (null != 3)
		dup2(null, 3);
	i1_start();
	i1_end(I1_SH("for i in 0 1 2 3 4 5 9 23 40 60; do [ -e /proc/$$/fd/$i ] && echo $i; done; "
		     "true"),
	       false, NULL, NULL);
	i1_run_host(&h);
	is_str(h.output, "0\n1\n2\n", "what the caller left open is closed");
	h = (struct i1_host){0};
	i1_spawn(&h, 4);
	i1_boot(&h, NULL, 0);
	i1_talk(&h);
	i1_wait(&h);
	is_str(h.output, "0\n1\n2\n3\n", "but for what is to be preserved");
	close(9);
	close(23);
	close(60);
}

static void test_signals(void)
{
	struct i1_host h = {0};
	sigset_t all, old;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	i1_start();
	i1_end(I1_ARGV("grep", "-E", "SigBlk|SigIgn", "/proc/self/status"), false, NULL, NULL);
	i1_spawn(&h, 3);
	sigprocmask(SIG_SETMASK, &old, NULL);
	i1_boot(&h, NULL, 0);
	i1_talk(&h);
	i1_wait(&h);
	is_str(h.output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n",
	       "the caller's blocked signals stay behind");
}

int main(void)
{
	/* what the caller of the tests ignores is for the host side to reset (spawn.c), not for
	 * init */
	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL); /* KILL and STOP cannot be set, and need not */
	test_run();
	test_create_start();
	test_host_dies();
	test_bad_boot();
	test_bad_answers();
	test_descriptors();
	test_signals();
	return done_testing();
}
