/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/raw.h"

#include <linux/sched.h>
#include <stddef.h>

#define N(name)                    \
	{                          \
		__NR_##name, #name \
	}

/* The names stand in the table itself: without pointers nothing is relocated at the start. */
static const struct {
	unsigned short nr;
	char name[22];
} calls[] = {
	N(read),
	N(write),
	N(openat),
	N(openat2),
	N(close),
	N(close_range),
	N(fstat),
	N(statx),
	N(fstatfs),
	N(newfstatat),
	N(lseek),
	N(mmap),
	N(munmap),
	N(ioctl),
	N(fcntl),
	N(dup3),
	N(pipe2),
	N(ppoll),
	N(chdir),
	N(fchdir),
	N(chroot),
	N(getcwd),
	N(mkdirat),
	N(mknodat),
	N(symlinkat),
	N(readlinkat),
	N(unlinkat),
	N(linkat),
	N(renameat2),
	N(fchmod),
	N(fchmodat),
	N(fchown),
	N(fchownat),
	N(ftruncate),
	N(faccessat2),
	N(getdents64),
	N(copy_file_range),
	N(sendfile),
	N(fsetxattr),
	N(fgetxattr),
	N(flistxattr),
	N(utimensat),
	N(umask),
	N(mount),
	N(umount2),
	N(pivot_root),
	N(open_tree),
	N(move_mount),
	N(fsopen),
	N(fsconfig),
	N(fsmount),
	N(mount_setattr),
	N(setns),
	N(unshare),
	N(clone3),
	N(execve),
	N(execveat),
	N(wait4),
	N(waitid),
	N(kill),
	N(pidfd_open),
	N(pidfd_send_signal),
	N(prctl),
	N(prlimit64),
	N(setresuid),
	N(setresgid),
	N(setgroups),
	N(getresuid),
	N(getresgid),
	N(getgroups),
	N(capset),
	N(capget),
	N(seccomp),
	N(keyctl),
	N(sethostname),
	N(setdomainname),
	N(setsid),
	N(socket),
	N(accept4),
	N(sendmsg),
	N(recvmsg),
	N(sendto),
	N(recvfrom),
	N(rt_sigaction),
	N(rt_sigprocmask),
	N(sched_setaffinity),
	N(memfd_create),
	N(personality),
	N(set_mempolicy),
	N(ioprio_set),
	N(sched_setattr),
};

const char *sys_call_name(long nr)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr == nr)
			return calls[i].name;
	return 0;
}

const char *sys_ns_name(uint64_t flag)
{
	switch (flag) {
	case CLONE_NEWNS: return "mount";
	case CLONE_NEWPID: return "pid";
	case CLONE_NEWNET: return "network";
	case CLONE_NEWUTS: return "uts";
	case CLONE_NEWIPC: return "ipc";
	case CLONE_NEWUSER: return "user";
	case CLONE_NEWCGROUP: return "cgroup";
	case CLONE_NEWTIME: return "time";
	default: return 0;
	}
}

const char *sys_ns_file(uint64_t flag)
{
	switch (flag) {
	case CLONE_NEWNS: return "mnt";
	case CLONE_NEWNET: return "net";
	default: return sys_ns_name(flag);
	}
}
