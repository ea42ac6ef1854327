/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls without libc: they return the result or -errno and need nothing from the C library,
 * so that the freestanding init can use them. New calls of Linux that glibc lacks are here for
 * everyone. Supported: x86_64, aarch64.
 */
#ifndef SYS_RAW_H
#define SYS_RAW_H

#include <asm/errno.h>
#include <asm/unistd.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdint.h>

#if defined(__x86_64__)

/* NOLINTNEXTLINE(readability-function-size): a number and the six arguments of a call */
static inline long sys_call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#elif defined(__aarch64__)

/* NOLINTNEXTLINE(readability-function-size): a number and the six arguments of a call */
static inline long sys_call6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

#else
#error "hezi runs on x86_64 and aarch64"
#endif

/* Any number of arguments up to six, each cast to long. */
#define SYS_ARG(x) ((long)(x))
#define SYS_6(nr, a, b, c, d, e, f, ...) \
	sys_call6(nr, SYS_ARG(a), SYS_ARG(b), SYS_ARG(c), SYS_ARG(d), SYS_ARG(e), SYS_ARG(f))
#define sys_call(nr, ...) SYS_6(nr, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)

/* struct clone_args of linux/sched.h, which older headers of libc clash with */
struct sys_clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
		set_tid_size, cgroup;
};

/* both are in the assembly of clone.S */
_Static_assert(sizeof(struct sys_clone_args) == 88, "size of struct clone_args");
_Static_assert(__NR_clone3 == 435, "number of clone3");

/** clone3(2) that behaves as fork: returns 0 in the child, which has a copy of the memory. */
static inline long sys_clone3_fork(struct sys_clone_args *args)
{
	return sys_call(__NR_clone3, args, sizeof(*args));
}

/**
 * clone3(2) for CLONE_VM: the child runs @fn(@arg) on the stack in @args and must not return from
 * it.
 */
long sys_clone3_call(struct sys_clone_args *args, void (*fn)(void *), void *arg);
/**
 * The same on a stack of its own with CLONE_VM and CLONE_VFORK: returns when the child has executed
 * a program or ended. It has no handlers of signals. child.c, no libc needed.
 */
long sys_clone3_vfork(struct sys_clone_args *args, void (*fn)(void *), void *arg);

/**
 * faccessat2(2) with AT_EACCESS, or where that is refused (ENOSYS before Linux 5.8 or by a filter;
 * the EPERM of filters that do not know it) faccessat(2). That one asks for the real ids, which are
 * the effective ones in hezi, and without the capabilities of one who is not root.
 */
static inline long sys_access(int dirfd, const char *path, int mode)
{
	long r = sys_call(__NR_faccessat2, dirfd, path, mode, 0x200 /* AT_EACCESS */);

	return r == -ENOSYS || r == -EPERM ? sys_call(__NR_faccessat, dirfd, path, mode) : r;
}

/**
 * openat2(2), or sys_openat2_walk() once the call has been refused: by a seccomp filter, whatever
 * errno that gives, or by a kernel before Linux 5.6. @mode is 0: no caller creates files with it.
 */
long sys_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
/**
 * The same walk with openat(2): all RESOLVE_* but RESOLVE_CACHED; magic links are never followed.
 * -EINVAL for flags that create files. openat2.c, no libc needed.
 */
long sys_openat2_walk(int dirfd, const char *path, uint64_t flags, uint64_t resolve);

static inline long sys_mount_setattr(int dirfd, const char *path, unsigned flags,
				     struct mount_attr *attr)
{
	return sys_call(__NR_mount_setattr, dirfd, path, flags, attr, sizeof(*attr));
}

static inline long sys_open_tree(int dirfd, const char *path, unsigned flags)
{
	return sys_call(__NR_open_tree, dirfd, path, flags);
}

static inline long sys_move_mount(int from, const char *from_path, int to, const char *to_path,
				  unsigned flags)
{
	return sys_call(__NR_move_mount, from, from_path, to, to_path, flags);
}

static inline long sys_fsopen(const char *type, unsigned flags)
{
	return sys_call(__NR_fsopen, type, flags);
}

static inline long sys_fsconfig(int fd, unsigned cmd, const char *key, const void *value, int aux)
{
	return sys_call(__NR_fsconfig, fd, cmd, key, value, aux);
}

static inline long sys_fsmount(int fd, unsigned flags, unsigned attrs)
{
	return sys_call(__NR_fsmount, fd, flags, attrs);
}

static inline long sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return sys_call(__NR_close_range, first, last, flags);
}

static inline long sys_pidfd_open(int pid, unsigned flags)
{
	return sys_call(__NR_pidfd_open, pid, flags);
}

static inline long sys_pidfd_send_signal(int pidfd, int sig)
{
	return sys_call(__NR_pidfd_send_signal, pidfd, sig, 0, 0);
}

/* struct sched_attr of linux/sched/types.h, which older headers of libc clash with */
struct sys_sched_attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

/** @pid 0: the caller. */
static inline long sys_sched_setattr(int pid, struct sys_sched_attr *attr)
{
	attr->size = sizeof(*attr);
	return sys_call(__NR_sched_setattr, pid, attr, 0);
}

/** Of one process; @pid 0: the caller. Class and level as IOPRIO_PRIO_VALUE() of linux/ioprio.h. */
static inline long sys_ioprio_set(int pid, unsigned io_class, unsigned level)
{
	return sys_call(__NR_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, pid, io_class << 13 | level);
}

/** @limit is a struct rlimit64, soft and hard: raised to these where it is lower. True when
 * something was. */
static inline int sys_rlimit_raise(uint64_t limit[2], uint64_t soft, uint64_t hard)
{
	int lower = limit[0] < soft || limit[1] < hard;

	limit[0] = limit[0] < soft ? soft : limit[0];
	limit[1] = limit[1] < hard ? hard : limit[1];
	return lower;
}

/** "mount_setattr" for its number on this architecture; NULL for numbers that hezi never uses.
 * names.c, no libc needed. */
const char *sys_call_name(long nr);
/** "mount", "pid" … for a CLONE_NEW* flag, as the runtime-spec spells them; NULL for others. */
const char *sys_ns_name(uint64_t clone_flag);
/** "mnt", "pid", "net" …: the name in /proc/PID/ns. */
const char *sys_ns_file(uint64_t clone_flag);

#endif
