/* SPDX-License-Identifier: Apache-2.0 */
/* What the program is and who it is: look-up, working directory, limits, credentials,
 * seccomp, namespaces. */
#include "init1.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static char dir[] = "/tmp/hezi-process.XXXXXX";

static const char *in_dir(const char *name)
{
	static char paths[4][128];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(paths[i], sizeof(paths[i]), "%s/%s", dir, name);
	return paths[i];
}

static void put(const char *name, const char *text, mode_t mode)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode))
		exit(99);
	close(fd);
}

static struct i1_host *run_argv(const char *const *argv)
{
	i1_start();
	i1_end(argv, false, NULL, NULL);
	return i1_run();
}

static void test_lookup(void)
{
	struct i1_host *h = run_argv(I1_ARGV("hezi-no-such-program", "x"));

	i1_failed(h, INIT_WHY_NOT_FOUND, 0, "not in PATH");
	is_str(h->error.object, "hezi-no-such-program", "its name");
	is_str(h->said, "error eof", "at create time");
	i1_failed(run_argv(I1_ARGV("")), INIT_WHY_NOT_FOUND, 0, "an empty name");
	i1_failed(run_argv(I1_ARGV("fstab.d")), INIT_WHY_NOT_FOUND, 0, "in PATH, no program");
	i1_failed(run_argv(I1_ARGV(".")), INIT_WHY_NOT_FOUND, 0, "a directory in PATH");
	h = run_argv(I1_ARGV("/nonexistent/program"));
	i1_failed(h, INIT_WHY_NOT_EXEC, ENOENT, "a path that is not there");
	is_str(h->error.object, "/nonexistent/program", "the path");
	i1_failed(run_argv(I1_ARGV("/etc/passwd/x")), INIT_WHY_NOT_EXEC, ENOTDIR,
		  "a path through a file");
	i1_failed(run_argv(I1_ARGV("/usr")), INIT_WHY_IS_DIR, EISDIR, "a directory");
	i1_failed(run_argv(I1_ARGV("/dev/null")), INIT_WHY_NOT_EXEC, EACCES, "a device");
	put("plain", "#!/bin/sh\n", 0644);
	i1_failed(run_argv(I1_ARGV(in_dir("plain"))), INIT_WHY_NOT_EXEC, EACCES,
		  "a file without x");
}

static void test_exec_fails(void)
{
	struct i1_host *h;

	put("nonsense", "no program\n", 0755);
	h = run_argv(I1_ARGV(in_dir("nonsense")));
	i1_failed(h, INIT_WHY_EXEC, ENOEXEC, "no format that the kernel knows");
	is_str(h->said, "sync:2 executing error eof", "told after executing");
	put("script", "#!/nonexistent/interpreter\n", 0755);
	h = run_argv(I1_ARGV(in_dir("script")));
	i1_failed(h, INIT_WHY_EXEC, ENOENT, "a missing interpreter");
	is_str(h->error.object, in_dir("script"), "the path");
	is_int(WEXITSTATUS(h->status), INIT_EXIT_UNEXECUTED, "the container's status");
}

static void test_cwd(void)
{
	struct i1_host *h;
	struct stat st;

	i1_start();
	I1_ADD(struct plan_text, PLAN_CWD, .text = i1_str(in_dir("new/deep/er")));
	i1_end(I1_ARGV("pwd"), false, NULL, NULL);
	h = i1_run();
	is_str(h->said, "sync:2 executing eof", "a missing working directory is made");
	ok(!stat(in_dir("new/deep"), &st) && (st.st_mode & 07777) == 0755, "with mode 0755");
	i1_start();
	I1_ADD(struct plan_text, PLAN_CWD, .text = i1_str("/etc/passwd/sub"));
	i1_end(I1_ARGV("pwd"), false, NULL, NULL);
	i1_failed(i1_run(), INIT_WHY_SYSCALL, ENOTDIR, "below a file");
}

static int outside(void)
{
	struct init init = {.rootfd = -1};

	if (chdir("/") || chroot(dir) || !init_enter_cwd(&init, NULL, "."))
		return 1;
	return init_failure()->why == INIT_WHY_OUTSIDE ? 0 : 2;
}

static void test_cwd_outside(void)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(outside());
	waitpid(pid, &status, 0);
	is_int(status, 0, "a directory outside the root is refused (CVE-2024-21626)");
}

static void test_limits(void)
{
	struct i1_host *h;

	i1_start();
	I1_ADD(struct plan_rlimit, PLAN_RLIMIT, .resource = RLIMIT_NOFILE,
	       .name = i1_str("RLIMIT_NOFILE"), .soft = 50, .hard = 60);
	i1_end(I1_SH("ulimit -Sn; ulimit -Hn"), false, NULL, NULL);
	is_str(i1_run()->output, "50\n60\n", "limits");
	i1_start();
	I1_ADD(struct plan_rlimit, PLAN_RLIMIT, .resource = RLIMIT_NOFILE,
	       .name = i1_str("RLIMIT_NOFILE"), .soft = 50, .hard = 70);
	I1_ADD(struct plan_rlimit, PLAN_RLIMIT_RAISE, .resource = RLIMIT_NOFILE,
	       .name = i1_str("RLIMIT_NOFILE"), .soft = 60, .hard = 65);
	i1_end(I1_SH("ulimit -Sn; ulimit -Hn"), false, NULL, NULL);
	is_str(i1_run()->output, "60\n70\n", "only the lower value is raised");
	i1_start();
	I1_ADD(struct plan_rlimit, PLAN_RLIMIT, .resource = RLIMIT_NOFILE,
	       .name = i1_str("RLIMIT_NOFILE"), .soft = 70, .hard = 60);
	i1_end(I1_SH("true"), false, NULL, NULL);
	h = i1_run();
	i1_failed(h, INIT_WHY_SYSCALL, EINVAL, "a soft limit above the hard one");
	is_str(h->error.object, "RLIMIT_NOFILE", "its name");
}

#define ALL    ((1ull << (CAP_LAST_CAP + 1)) - 1)
#define STATUS I1_ARGV("grep", "-E", "^(Uid|Gid|Groups|Cap|NoNew|Seccomp:)", "/proc/self/status")

static void add_user(uint32_t uid, const uint32_t *groups, size_t n)
{
	I1_ADD(struct plan_user, PLAN_USER, .uid = uid, .gid = uid ? 1001 : 0,
	       .groups = i1_bytes(groups, n, sizeof(*groups)), .setgroups = 1);
}

static void test_credentials(void)
{
	const uint32_t groups[] = {7, 8};
	uint64_t kill_cap = 1ull << CAP_KILL, bind = 1ull << CAP_NET_BIND_SERVICE;
	struct i1_host *h;

	i1_start();
	I1_ADD(struct plan_bare, PLAN_NO_NEW_PRIVS, .s = {0});
	add_user(1000, groups, 2);
	I1_ADD(struct plan_caps, PLAN_CAPS, .all = ALL, .bounding = kill_cap | bind,
	       .permitted = kill_cap | bind, .effective = kill_cap, .inheritable = bind,
	       .ambient = bind, .no_new_privs = 1);
	i1_end(STATUS, false, NULL, NULL);
	h = i1_run();
	is_str(h->output,
	       "Uid:\t1000\t1000\t1000\t1000\nGid:\t1001\t1001\t1001\t1001\nGroups:\t7 8 "
	       "\nCapInh:\t0000000000000400\n"
	       "CapPrm:\t0000000000000400\nCapEff:\t0000000000000400\nCapBnd:"
	       "\t0000000000000420\nCapAmb:\t0000000000000400\n"
	       "NoNewPrivs:\t1\nSeccomp:\t0\n",
	       "user, groups and capabilities as asked");
	i1_start();
	add_user(0, NULL, 0);
	I1_ADD(struct plan_caps, PLAN_CAPS, .all = ALL);
	i1_end(STATUS, false, NULL, NULL);
	h = i1_run();
	ok(strstr(h->output, "CapPrm:\t0000000000000000\n") && strstr(h->output, "Groups:\t \n"),
	   "root with nothing at all");
	i1_start();
	I1_ADD(struct plan_caps, PLAN_CAPS, .all = ALL, .bounding = ALL, .permitted = kill_cap,
	       .effective = kill_cap | bind);
	i1_end(STATUS, false, NULL, NULL);
	i1_failed(i1_run(), INIT_WHY_SYSCALL, EPERM, "effective without permitted");
}

static const struct sock_filter allow[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
/* Nothing can be said under this one: EPERM for sendto, sendmsg, write, exit_group. */
static const struct sock_filter silent[] = {
	{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
	{BPF_JMP | BPF_JEQ | BPF_K, 3, 0, __NR_sendto},
	{BPF_JMP | BPF_JEQ | BPF_K, 2, 0, __NR_write},
	{BPF_JMP | BPF_JEQ | BPF_K, 1, 0, __NR_exit_group},
	{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, __NR_sendmsg},
	{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
	{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
};

/* All has to be asked for but execve. */
static const struct sock_filter asking[] = {
	{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
	{BPF_JMP | BPF_JEQ | BPF_K, 1, 0, __NR_execve},
	{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF},
	{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
};

static struct plan_seccomp_load load;

static struct i1_host *run_filter(struct i1_host *h, bool late, const char *const *argv)
{
	uint64_t caps = 1ull << CAP_KILL;

	i1_start();
	if (!late)
		I1_ADD(struct plan_bare, PLAN_NO_NEW_PRIVS, .s = {0});
	add_user(1000, NULL, 0);
	I1_ADD(struct plan_caps, PLAN_CAPS, .all = ALL, .bounding = caps, .permitted = caps,
	       .effective = caps, .no_new_privs = !late, .late_seccomp = late);
	i1_end(argv, false, NULL, &load);
	return i1_run_host(h);
}

static void test_seccomp(void)
{
	struct i1_host h = {.filter = allow, .filter_len = sizeof(allow)};

	run_filter(&h, false, STATUS);
	is_str(h.said, "filter sync:2 executing eof", "the filter is asked for at create time");
	ok(strstr(h.output, "Seccomp:\t2\n"), "and is there when the program runs");
	h = (struct i1_host){.filter = allow, .filter_len = sizeof(allow)};
	run_filter(&h, true, STATUS);
	ok(strstr(h.output, "Seccomp:\t2\n") && strstr(h.output, "NoNewPrivs:\t0\n"),
	   "without no_new_privs");
	ok(strstr(h.output, "CapPrm:\t0000000000000000\n") &&
		   strstr(h.output, "CapBnd:\t0000000000000020\n"),
	   "nothing is left of the capability that it took");
	put("nonsense", "no program\n", 0755);
	h = (struct i1_host){.filter = silent, .filter_len = sizeof(silent)};
	i1_failed(run_filter(&h, false, I1_ARGV(in_dir("nonsense"))), INIT_WHY_EXEC, ENOEXEC,
		  "a filter that forbids to speak");
	h = (struct i1_host){.filter = silent, .filter_len = sizeof(silent)};
	is_str(run_filter(&h, false, I1_ARGV(in_dir("nonsense")))->said,
	       "filter sync:2 executing page eof", "the page has the reason");
	h = (struct i1_host){.filter = "\xff\xff\xff\xff\xff\xff\xff\xff", .filter_len = 8};
	i1_failed(run_filter(&h, false, STATUS), INIT_WHY_SYSCALL, EINVAL, "a filter that is none");
	is_int(h.error.call, __NR_seccomp, "the call");
}

/* The agent is the test: it lets the first call go, and closes the listener, so that all others
 * fail with ENOSYS. */
static int agent_saw;

static void be_agent(struct i1_host *h)
{
	int pidfd = (int)syscall(SYS_pidfd_open, h->pid, 0), listener;
	struct seccomp_notif_resp resp = {.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
	struct seccomp_notif req = {0};

	while (__atomic_load_n(&h->page->state, __ATOMIC_ACQUIRE) != INIT_PAGE_LISTENER)
		usleep(100);
	listener = (int)syscall(SYS_pidfd_getfd, pidfd, h->page->listener, 0);
	is_int(waitpid(h->pid, NULL, WNOHANG), 0, "init waits for the agent");
	__atomic_store_n(&h->page->answer, 1, __ATOMIC_RELEASE);
	if (!ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &req)) {
		agent_saw = req.data.nr;
		resp.id = req.id;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
	}
	close(listener);
	close(pidfd);
}

static void test_listener(void)
{
	struct i1_host h = {.filter = asking, .filter_len = sizeof(asking), .at_exec = be_agent};

	load.flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	load.listener = 1;
	run_filter(&h, false, STATUS);
	is_int(agent_saw, __NR_brk, "the agent is asked about the first call of the program");
	is_str(h.error.object, "", "and init has said nothing");
	load.flags = 0;
	load.listener = 0;
}

static void test_stub(void)
{
	struct i1_host *h;

	i1_start();
	i1_plan.h.flags = PLAN_F_STUB | PLAN_F_NEW_PID;
	I1_ADD(struct plan_fork, PLAN_FORK, .clone_flags = CLONE_NEWPID);
	i1_end(I1_SH("echo $$; exit 5"), false, NULL, NULL);
	h = i1_run();
	is_str(h->said, "forked sync:2 executing eof", "the stub is heard before init");
	is_str(h->output, "1\n", "pid 1 of a new namespace");
	is_int(WEXITSTATUS(h->status), 5, "a child of ours, not of the stub");
}

static void put_map(pid_t pid, const char *file, const char *text)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		diag("%s: %s", path, strerror(errno));
	close(fd);
}

static void write_maps(struct i1_host *h)
{
	put_map(h->forked, "uid_map", "0 100000 65536\n");
	put_map(h->forked, "gid_map", "0 100000 65536\n");
}

static void test_user_namespace(void)
{
	struct i1_host h = {.at_maps = write_maps};

	i1_start();
	i1_plan.h.flags = PLAN_F_STUB | PLAN_F_USERNS;
	I1_ADD(struct plan_fork, PLAN_FORK,
	       .clone_flags = CLONE_NEWUSER | CLONE_NEWUTS | CLONE_NEWNET);
	I1_ADD(struct plan_sync, PLAN_SYNC, .point = PLAN_POINT_MAPS);
	I1_ADD(struct plan_become_root, PLAN_BECOME_ROOT, .setgroups = 1);
	I1_ADD(struct plan_text, PLAN_HOSTNAME, .text = i1_str("in-the-box"));
	I1_ADD(struct plan_text, PLAN_DOMAINNAME, .text = i1_str("domain"));
	I1_ADD(struct plan_bare, PLAN_LOOPBACK_UP, .s = {0});
	I1_ADD(struct plan_sysctl, PLAN_SYSCTL, .key = i1_str("net/ipv4/ip_forward"),
	       .value = i1_str("1"));
	i1_end(I1_SH("id -u; uname -n; cat /proc/sys/kernel/domainname "
		     "/proc/sys/net/ipv4/ip_forward; grep -c '^ *lo:' /proc/net/dev; "
		     "ulimit -c >/dev/null; cat /proc/self/uid_map | tr -s ' '"),
	       false, NULL, NULL);
	i1_run_host(&h);
	is_str(h.said, "forked sync:0 sync:2 executing eof", "user namespace: what is said");
	is_str(h.output, "0\nin-the-box\ndomain\n1\n1\n 0 100000 65536\n",
	       "user namespace: root in it, with what was asked for");
	if (h.error.m.type)
		diag("why %u call %u errno %d %s step %u", h.error.why, h.error.call,
		     h.error.errnum, h.error.object, h.error.step);
}

static void test_join(void)
{
	struct i1_host h = {0};
	int slot;
	pid_t other;

	fflush(stdout);
	other = fork();
	if (other == 0) {
		if (sys_call(__NR_unshare, CLONE_NEWUTS) || sethostname("joined", 6))
			_exit(1);
		kill(getpid(), SIGSTOP);
		_exit(0);
	}
	waitpid(other, NULL, WUNTRACED);
	{
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/ns/uts", (int)other);
		slot = open(path, O_RDONLY | O_CLOEXEC);
	}
	i1_start();
	i1_plan.h.nslots = 1;
	I1_ADD(struct plan_ns_join, PLAN_NS_JOIN, .type = CLONE_NEWUTS, .slot = 0,
	       .path = i1_str("/x"));
	i1_end(I1_ARGV("uname", "-n"), false, NULL, NULL);
	i1_spawn(&h, 3);
	i1_boot(&h, &slot, 1);
	i1_talk(&h);
	i1_wait(&h);
	is_str(h.output, "joined\n", "a namespace is joined");
	close(slot);
	slot = open("/dev/null", O_RDONLY | O_CLOEXEC);
	h = (struct i1_host){0};
	i1_spawn(&h, 3);
	i1_boot(&h, &slot, 1);
	i1_talk(&h);
	i1_wait(&h);
	i1_failed(&h, INIT_WHY_SYSCALL, EINVAL, "what is no namespace");
	is_str(h.error.object, "/x", "its path");
	close(slot);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
}

static void test_sysctl(void)
{
	struct i1_host *h;

	i1_start();
	I1_ADD(struct plan_ns_unshare, PLAN_NS_UNSHARE, .flags = CLONE_NEWUTS | CLONE_NEWIPC);
	I1_ADD(struct plan_sysctl, PLAN_SYSCTL, .key = i1_str("kernel/shm_rmid_forced"),
	       .value = i1_str("nonsense"));
	i1_end(I1_SH("true"), false, NULL, NULL);
	h = i1_run();
	i1_failed(h, INIT_WHY_SYSCALL, EINVAL, "a value that the kernel refuses");
	is_str(h->error.object, "/proc/sys/kernel/shm_rmid_forced", "the file");
	i1_start();
	I1_ADD(struct plan_sysctl, PLAN_SYSCTL, .key = i1_str("net/ipv4/no_such"),
	       .value = i1_str("1"));
	i1_end(I1_SH("true"), false, NULL, NULL);
	i1_failed(i1_run(), INIT_WHY_SYSCALL, ENOENT, "a sysctl that is not there");
	i1_start();
	I1_ADD(struct plan_sysctl, PLAN_SYSCTL, .key = i1_str("../../etc/passwd"),
	       .value = i1_str("1"));
	i1_end(I1_SH("true"), false, NULL, NULL);
	i1_failed(i1_run(), INIT_WHY_SYSCALL, EXDEV, "a way out of /proc");
}

static void test_time_offset(void)
{
	struct i1_host *h;

	i1_start();
	i1_plan.h.flags = PLAN_F_STUB;
	I1_ADD(struct plan_ns_unshare, PLAN_NS_UNSHARE, .flags = CLONE_NEWTIME);
	I1_ADD(struct plan_time_offset, PLAN_TIME_OFFSET, .clock = i1_str("monotonic"),
	       .secs = 86400, .nanosecs = 5);
	I1_ADD(struct plan_time_offset, PLAN_TIME_OFFSET, .clock = i1_str("boottime"),
	       .secs = 172800);
	I1_ADD(struct plan_fork, PLAN_FORK, .clone_flags = 0);
	i1_end(I1_SH("tr -s ' ' </proc/self/timens_offsets"), false, NULL, NULL);
	h = i1_run();
	if (h->error.call == __NR_unshare)
		skip("no time namespaces");
	else
		is_str(h->output, "monotonic 86400 5\nboottime 172800 0\n", "time offsets");
}

/* A kernel without security modules takes the name of the file, but nothing that is written to it.
 */
static void test_label(void)
{
	static const struct {
		enum plan_label_file file;
		const char *path;
	} rows[] = {
		{PLAN_LABEL_APPARMOR, "thread-self/attr/exec"},
		{PLAN_LABEL_SELINUX, "thread-self/attr/exec"},
		{PLAN_LABEL_SELINUX_KEY, "thread-self/attr/keycreate"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct i1_host *h;

		if (access("/proc/self/attr/exec", F_OK) ||
		    !access("/sys/fs/selinux/enforce", F_OK) ||
		    !access("/proc/self/attr/apparmor/exec", F_OK)) {
			skip("no attr/exec, or one that is in use");
			continue;
		}
		i1_start();
		I1_ADD(struct plan_label, PLAN_LABEL, .text = i1_str("label"),
		       .file = rows[i].file);
		i1_end(I1_SH("true"), false, NULL, NULL);
		h = i1_run();
		i1_failed(h, INIT_WHY_SYSCALL, EINVAL, "a label without a security module");
		is_int((long)h->error.call, __NR_write, "it was written");
		is_str(h->error.object, rows[i].path, "to the file of the label");
	}
}

int main(void)
{
	if (geteuid()) {
		printf("1..0 # SKIP needs root\n");
		return 0;
	}
	if (!mkdtemp(dir) || chmod(dir, 0755))
		return 99;
	test_lookup();
	test_exec_fails();
	test_cwd();
	test_cwd_outside();
	test_limits();
	test_credentials();
	test_seccomp();
	test_listener();
	test_stub();
	test_user_namespace();
	test_join();
	test_sysctl();
	test_time_offset();
	test_label();
	return i1_remove(dir) || done_testing();
}
