/* SPDX-License-Identifier: Apache-2.0 */
/* EPERM of a filter and EPERM of the kernel are told apart, for root and for others. */
#include "base/blocked.h"
#include "tap.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *name;
	unsigned nr;
	bool root; /* the kernel asks for a capability first: only root can tell */
} calls[] = {
	{"openat2", SYS_openat2, false},
	{"clone3", SYS_clone3, false},
	{"close_range", SYS_close_range, false},
	{"faccessat2", SYS_faccessat2, false},
	{"statx", SYS_statx, false},
	{"memfd_create", SYS_memfd_create, false},
	{"pidfd_open", SYS_pidfd_open, false},
	{"pidfd_send_signal", SYS_pidfd_send_signal, false},
	{"setns", SYS_setns, false},
	{"unshare", SYS_unshare, false},
	{"mount", SYS_mount, false},
	{"umount2", SYS_umount2, false},
	{"open_tree", SYS_open_tree, false},
	{"fsconfig", SYS_fsconfig, false},
	{"fspick", SYS_fspick, true},
	{"mount_setattr", SYS_mount_setattr, false},
	{"fsopen", SYS_fsopen, true},
	{"fsmount", SYS_fsmount, true},
	{"move_mount", SYS_move_mount, true},
	{"pivot_root", SYS_pivot_root, true},
	{"chroot", SYS_chroot, false},
	{"sethostname", SYS_sethostname, true},
	{"setdomainname", SYS_setdomainname, true},
	{"keyctl", SYS_keyctl, false},
	{"seccomp", SYS_seccomp, false},
	{"bpf", SYS_bpf, true},
	{"personality", SYS_personality, false},
	{"sched_setattr", SYS_sched_setattr, false},
	{"set_mempolicy", SYS_set_mempolicy, false},
	{"mknodat", SYS_mknodat, false},
	{"setgroups", SYS_setgroups, true},
	{"socket", SYS_socket, false},
};

#define N (sizeof(calls) / sizeof(calls[0]))

static int deny(unsigned nr, int errnum)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)errnum),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof(code) / sizeof(code[0]), code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

/* 1: refused, with a hint that names the call; 0: not refused; else a fault. */
static int ask(const char *call, int errnum)
{
	char hint[512] = "";

	errno = 4242;
	if (!blocked_hint(call, errnum, hint, sizeof(hint)))
		return errno != 4242 || hint[0] ? 3 : 0;
	return errno == 4242 && !strncmp(hint, call, strlen(call)) && strstr(hint, "seccomp filter")
		       ? 1
		       : 2;
}

static int in_child(size_t i, unsigned nr, int errnum, bool user)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		if (user && (setgid(65534) || setuid(65534)))
			_exit(4);
		_exit(nr && deny(nr, errnum) ? 5 : ask(calls[i].name, errnum));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(void)
{
	static const int errors[] = {EPERM, EACCES, ENOSYS};
	bool root = geteuid() == 0;

	for (size_t i = 0; i < N; i++) {
		for (size_t k = 0; k < 3; k++)
			is_int(in_child(i, calls[i].nr, errors[k], false),
			       root || !calls[i].root || errors[k] == ENOSYS,
			       "%s is blocked with errno %d", calls[i].name, errors[k]);
		is_int(in_child(i, 0, EPERM, false), 0, "%s is not allowed", calls[i].name);
		/* another call is blocked */
		is_int(in_child(i, SYS_getpriority, EPERM, root), 0, "%s is not allowed to a user",
		       calls[i].name);
		is_int(in_child(i, 0, EINVAL, false), 0, "%s has a wrong argument", calls[i].name);
	}
	if (root)
		is_int(in_child(9, SYS_getpriority, EPERM, false), 1,
		       "unshare has failed under some filter, for root");
	is_int(ask("readdir", ENOSYS), 0, "a call that nobody knows");
	is_int(ask(NULL, ENOSYS), 0, "no call");
	return done_testing();
}
