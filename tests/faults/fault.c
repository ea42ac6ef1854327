/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault [-r REPORT] [-e ERRNO] PROCESS NUMBER fail|kill|list COMMAND [ARG...]
 *
 * Runs COMMAND under ptrace and makes one system call fail, or kills the process there: the
 * NUMBERth (from 1) of process PROCESS (0: COMMAND itself, 1: the first process made by it, ...).
 * "kill" ends the process with SIGKILL before the call is made, with NUMBER 0 before it runs at
 * all. A process is followed until it executes a program that is not a file in memory: init of a
 * container is, the container's program and hooks are not. The report is a line "PROCESS NUMBER
 * NAME ERRNO" for the call that was hit, or with "list" one for each call. Exits as COMMAND does;
 * what it leaves running is let go.
 */
#include "sys/raw.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX 64

enum mode {
	FAIL,
	KILL,
	LIST
};

struct tracee {
	pid_t pid;
	unsigned calls;
	bool counting, failing, gone;
	unsigned long long argument; /* to be put back after the call, 0: none */
};

static struct tracee tracees[MAX];
static unsigned ntracees;
static unsigned target_process, target_call;
static enum mode mode;
static int chosen_errno;
static FILE *report;

/* What these calls may well answer on a machine in trouble. */
static int usual_errno(long nr)
{
	static const struct {
		int nr, num;
	} usual[] = {
		{SYS_openat, EMFILE},   {SYS_socket, EMFILE},     {SYS_pipe2, EMFILE},
		{SYS_dup3, EMFILE},     {SYS_socketpair, EMFILE}, {SYS_read, EIO},
		{SYS_write, ENOSPC},    {SYS_mkdirat, ENOSPC},    {SYS_renameat, ENOSPC},
		{SYS_sendmsg, ENOBUFS}, {SYS_recvmsg, ENOMEM},    {SYS_unlinkat, EIO},
		{SYS_capset, EPERM},    {SYS_setresuid, EAGAIN},  {SYS_setresgid, EPERM},
		{SYS_setgroups, EPERM}, {SYS_prctl, EINVAL},      {SYS_flock, EINTR},
		{SYS_fchmod, EPERM},    {SYS_fchmodat, EPERM},    {SYS_fchownat, EPERM},
		{SYS_clone3, EAGAIN},   {SYS_setns, EPERM},       {SYS_unshare, ENOSPC},
		{SYS_wait4, EINTR},     {SYS_seccomp, EACCES},
	};

	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (usual[i].nr == nr)
			return usual[i].num;
	return ENOMEM;
}

static struct tracee *find(pid_t pid)
{
	for (unsigned i = 0; i < ntracees; i++)
		if (tracees[i].pid == pid && !tracees[i].gone)
			return &tracees[i];
	if (ntracees == MAX) {
		fprintf(stderr, "fault: too many processes\n");
		exit(125);
	}
	tracees[ntracees] = (struct tracee){.pid = pid, .counting = ntracees > 0};
	return &tracees[ntracees++];
}

#if defined(__x86_64__)
static void skip_call(pid_t pid)
{
	struct user_regs_struct r;

	ptrace(PTRACE_GETREGS, pid, NULL, &r);
	r.orig_rax = (unsigned long long)-1;
	ptrace(PTRACE_SETREGS, pid, NULL, &r);
}

/* The first argument; the caller counts on finding it again after the call. */
static unsigned long long swap_argument(pid_t pid, unsigned long long value)
{
	struct user_regs_struct r;
	unsigned long long old;

	ptrace(PTRACE_GETREGS, pid, NULL, &r);
	old = r.rdi;
	r.rdi = value;
	ptrace(PTRACE_SETREGS, pid, NULL, &r);
	return old;
}

static void set_result(pid_t pid, int num)
{
	struct user_regs_struct r;

	ptrace(PTRACE_GETREGS, pid, NULL, &r);
	r.rax = (unsigned long long)-num;
	ptrace(PTRACE_SETREGS, pid, NULL, &r);
}
#elif defined(__aarch64__)
static void skip_call(pid_t pid)
{
	int nr = -1;
	struct iovec v = {&nr, sizeof(nr)};

	ptrace(PTRACE_SETREGSET, pid, (void *)NT_ARM_SYSTEM_CALL, &v);
}

/* It is also the register of the result: nobody counts on finding it again. */
static unsigned long long swap_argument(pid_t pid, unsigned long long value)
{
	struct user_regs_struct r;
	struct iovec v = {&r, sizeof(r)};

	ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &v);
	if (!value)
		r.regs[0] = 0;
	ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &v);
	return 1;
}

static void set_result(pid_t pid, int num)
{
	struct user_regs_struct r;
	struct iovec v = {&r, sizeof(r)};

	ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &v);
	r.regs[0] = (unsigned long long)-num;
	ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &v);
}
#else
#error "which registers hold a system call's number and result here?"
#endif

static void tell(const struct tracee *t, long nr, int num)
{
	const char *name = sys_call_name(nr);

	if (!report)
		return;
	fprintf(report, "%u %u ", (unsigned)(t - tracees), t->calls);
	if (name)
		fprintf(report, "%s", name);
	else
		fprintf(report, "call-%ld", nr);
	fprintf(report, " %s\n", num ? strerrorname_np(num) : "-");
	fflush(report); /* we may be killed when COMMAND hangs */
}

static bool cannot_fail(long nr)
{
	return nr == SYS_exit_group || nr == SYS_exit || nr == SYS_rt_sigreturn ||
	       nr == SYS_rt_sigaction || nr == SYS_rt_sigprocmask || nr == SYS_umask ||
	       nr == SYS_getpid || nr == SYS_geteuid || nr == SYS_getegid || nr == SYS_getuid ||
	       nr == SYS_getgid || nr == SYS_getresuid || nr == SYS_getresgid;
}

static void on_entry(struct tracee *t, long nr)
{
	if (!t->counting)
		return;
	t->calls++;
	if (mode == LIST)
		tell(t, nr, usual_errno(nr));
	if (mode == LIST || (unsigned)(t - tracees) != target_process || t->calls != target_call)
		return;
	if (mode == KILL) {
		tell(t, nr, 0);
		kill(t->pid, SIGKILL);
		return;
	}
	if (cannot_fail(nr))
		return;
	if (!chosen_errno)
		chosen_errno = usual_errno(nr);
	tell(t, nr, chosen_errno);
	/* the kernel says no by leaving the break where it is */
	if (nr == SYS_brk) {
		t->argument = swap_argument(t->pid, 0);
		return;
	}
	/* a close that fails has closed all the same (close(2)) */
	if (nr != SYS_close)
		skip_call(t->pid);
	t->failing = true;
}

static void on_syscall(struct tracee *t)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) <= 0)
		return; /* killed meanwhile */
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		on_entry(t, (long)info.entry.nr);
	} else if (t->argument) {
		swap_argument(t->pid, t->argument);
		t->argument = 0;
	} else if (t->failing) {
		set_result(t->pid, chosen_errno);
		t->failing = false;
	}
}

static bool runs_from_memory(pid_t pid)
{
	char path[32], exe[32] = "";

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return readlink(path, exe, sizeof(exe) - 1) > 0 && !strncmp(exe, "/memfd:", 7);
}

/* The first stop of a process comes before its first instruction. */
static void on_birth(const struct tracee *t)
{
	if (mode != KILL || target_call || t->calls || (unsigned)(t - tracees) != target_process)
		return;
	tell(t, SYS_clone3, 0);
	kill(t->pid, SIGKILL);
}

/* One stop of one process. */
static void on_stop(pid_t pid, int status)
{
	struct tracee *t = find(pid);
	int event = status >> 16, sig = WSTOPSIG(status);

	on_birth(t);
	if (sig == (SIGTRAP | 0x80)) {
		on_syscall(t);
		sig = 0;
	} else if (event == PTRACE_EVENT_EXEC) {
		if (t->counting && !runs_from_memory(pid)) {
			t->gone = true;
			ptrace(PTRACE_DETACH, pid, NULL, NULL);
			return;
		}
		t->counting = true;
		sig = 0;
	} else if (event == PTRACE_EVENT_STOP && sig != SIGTRAP) {
		ptrace(PTRACE_LISTEN, pid, NULL, NULL); /* stopped by job control */
		return;
	} else if (event) {
		sig = 0;
	}
	ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)sig);
}

static bool anybody_left(void)
{
	for (unsigned i = 0; i < ntracees; i++)
		if (!tracees[i].gone)
			return true;
	return false;
}

/*
 * COMMAND has ended: whoever lives on does so without us. They are waited for in the order in which
 * they come: the first process of a pid namespace ends only after the others, whose ends are ours
 * to take.
 */
static void let_go(void)
{
	int status;
	pid_t pid;

	for (unsigned i = 0; i < ntracees; i++)
		if (!tracees[i].gone)
			ptrace(PTRACE_INTERRUPT, tracees[i].pid, NULL, NULL); /* fails if it ends */
	while (anybody_left() && (pid = waitpid(-1, &status, __WALL)) > 0) {
		struct tracee *t = find(pid);

		t->gone = true;
		if (!WIFSTOPPED(status))
			continue;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			on_syscall(t);
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
	}
}

static int follow(pid_t main_pid)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status)) {
			on_stop(pid, status);
			continue;
		}
		find(pid)->gone = true;
		if (pid == main_pid) {
			let_go();
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
	}
	return 125;
}

static pid_t start(char **argv)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		raise(SIGSTOP);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, WUNTRACED) < 0 ||
	    ptrace(PTRACE_SEIZE, pid, NULL,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
			   PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC)) {
		perror("fault: ptrace");
		exit(125);
	}
	find(pid);
	kill(pid, SIGCONT);
	return pid;
}

int main(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "+r:e:")) != -1) {
		if (opt == 'r') {
			report = fopen(optarg, "we");
		} else if (opt == 'e') {
			for (int e = 1; e < 134; e++)
				if (strerrorname_np(e) && !strcmp(strerrorname_np(e), optarg))
					chosen_errno = e;
		} else {
			return 125;
		}
	}
	if (argc - optind < 4)
		return 125;
	target_process = (unsigned)strtoul(argv[optind], NULL, 10);
	target_call = (unsigned)strtoul(argv[optind + 1], NULL, 10);
	mode = !strcmp(argv[optind + 2], "fail")   ? FAIL
	       : !strcmp(argv[optind + 2], "kill") ? KILL
						   : LIST;
	opt = follow(start(argv + optind + 3));
	if (report && fclose(report))
		return 125;
	return opt;
}
