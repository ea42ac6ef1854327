/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the host and init say to each other: packets on a SOCK_SEQPACKET socket pair made for one
 * container; and, between `start` and an init that waits, on a SOCK_SEQPACKET connection to the
 * socket "start" in the state directory.
 *
 *   host                                  init
 *   BOOT {slots} + fds [plan, slots…] ──▶
 *                                     ◀── FORKED {pid}        only a stub; the pid outside
 *                                     ◀── STAT + fd           only with PLAN_F_TELL_STAT
 *                                     ◀── SYNC {point}        init waits
 *   (host steps)  GO ──────────────────▶
 *                                     ◀── NEED_SOURCE {step}  any number, between syncs; with an
 *                                         fd where the ids of a new mount are to be mapped
 *   SOURCE + fd [tree] ────────────────▶
 *                                     ◀── NEED_STDIO {fd}     a device of the host on stdio
 *   STDIO [+ fd] ──────────────────────▶
 *                                     ◀── NEED_FILTER         only with a seccomp profile
 *   FILTER {bpf…} ─────────────────────▶
 *                                     ◀── PTY + fd [master]   only with a terminal
 *                                     ◀── SYNC {ready}
 *   GO_START ─ run ────────────────────▶  goes on on this socket; with a seccomp profile a
 *                                         descriptor of struct init_page comes along
 *   GO_WAIT + fd [listener] ─ create ──▶
 *                                     ◀── WAITING             drops this socket, then:
 *                                         `start` connects, sends GO_START, is the host now
 *                                     ◀── EXECING             then end of file is success
 *   any time                          ◀── ERROR {…}           init exits after it; once its
 *                                         filter is loaded the error is in the page instead
 *
 * End of file on the socket means that the host is gone: init exits at once and with it the whole
 * container. While it waits in accept, a connection that closes without a word (a `state` that
 * asks) is ignored.
 */
#ifndef INIT_PROTOCOL_H
#define INIT_PROTOCOL_H

#include <stdint.h>

#define INIT_SLOTS_MAX    64      /* descriptors in BOOT beside the plan */
#define INIT_FILTER_MAX   65536   /* bytes of BPF: the kernel takes 4096 instructions */
#define INIT_START_SOCKET "start" /* name in the state directory */

enum init_msg_type {
	INIT_BOOT = 1,
	INIT_GO,
	INIT_GO_START,
	INIT_GO_WAIT,
	INIT_SOURCE,
	INIT_FILTER, /* followed by the program: struct sock_filter[] */
	INIT_FORKED,
	INIT_SYNC,
	INIT_NEED_SOURCE,
	INIT_NEED_FILTER,
	INIT_PTY,
	INIT_WAITING,
	INIT_EXECING,
	INIT_ERROR,
	INIT_HOOK_OUTPUT, /* unused by the host: the tail of a failed hook's output, before ERROR */
	INIT_STAT,        /* init's own /proc/self/stat */
	INIT_NEED_STDIO,
	INIT_STDIO, /* with a descriptor, or without one when the host cannot open the device */
};

#define INIT_OBJECT_MAX 1024
#define INIT_DETAIL_MAX 1024
#define INIT_NO_STEP    UINT32_MAX
#define INIT_NO_KEYRING (1u << 31) /* there is no keyctl(2): the keyring is the caller's */

/* Head of every packet. */
struct init_msg {
	uint32_t type;
	/* BOOT: number of slots; FORKED: pid; SYNC: point, "ready" perhaps with
	 * INIT_NO_KEYRING; NEED_SOURCE: step index; SOURCE: 0 or
	 * errno; NEED_STDIO: 0, 1 or 2; FILTER: bytes that follow */
	uint32_t value;
};

/* What went wrong in the box: numbers, no prose; the host makes the message from the plan's step
 * and this. */
struct init_error {
	struct init_msg m; /* type INIT_ERROR */
	uint32_t step;     /* index in the plan, or INIT_NO_STEP: before the first one */
	int32_t errnum;    /* > 0; 0 when `why` says it all */
	uint32_t call;     /* system call number of this architecture, or 0 */
	uint32_t why;      /* enum init_why */
	uint32_t arg;      /* of `why`: hook index, wait status of the hook, … */
	uint32_t arg2;
	char object[INIT_OBJECT_MAX]; /* what it was done to, "" when the step says it */
	char detail[INIT_DETAIL_MAX]; /* the kernel's own words, or the tail of a hook's output */
};

/*
 * Memory that host and init share from GO_START to the execve (a memory file of the host's). Under
 * its filter init may not be able to make any system call: what it has to say then is said here,
 * without one. Each side writes @state or @answer last, with release order.
 */
struct init_page {
	uint32_t state;   /* enum init_page_state, by init */
	uint32_t answer;  /* by the host: 1 when the agent has the listener */
	int32_t listener; /* its number among init's descriptors */
	uint32_t said;    /* 1: what failed is on stderr too; after the state */
	struct init_error error;
};

/* Of an init whose execve fails: as with runc, unlike all that fails before it (1). */
#define INIT_EXIT_UNEXECUTED 255

enum init_page_state {
	INIT_PAGE_EMPTY,
	INIT_PAGE_LISTENER, /* the filter is loaded, init spins until it has an answer */
	INIT_PAGE_FAILED,   /* error is filled in; init ends */
};

enum init_why {
	INIT_WHY_SYSCALL,  /* call + errnum */
	INIT_WHY_NOT_PROC, /* object: below /proc, not on procfs (CVE-2019-16884, CVE-2025-52881) */
	INIT_WHY_NOT_DIR,  /* proc, sysfs target is not an ordinary directory */
	INIT_WHY_BAD_NODE, /* object: a device node that is there and is another one; arg, arg2 - 1:
			    * its numbers when these differ */
	INIT_WHY_OUTSIDE,  /* the working directory is outside the container (CVE-2024-21626) */
	INIT_WHY_NOT_FOUND,    /* program not found in $PATH */
	INIT_WHY_IS_DIR,       /* the program is a directory */
	INIT_WHY_NOT_EXEC,     /* the program's path is missing or not executable */
	INIT_WHY_EXEC,         /* execve itself failed */
	INIT_WHY_HOOK_EXIT,    /* arg: index, arg2: wait status */
	INIT_WHY_HOOK_TIMEOUT, /* arg: index, arg2: seconds */
	INIT_WHY_HOOK_START,   /* arg: index; call + errnum */
	INIT_WHY_READ_BACK,    /* object: a security property that is not what was set */
	INIT_WHY_PROTOCOL,     /* the host said something unexpected */
	INIT_WHY_UNDER_PROC,   /* a mount target below /proc that is not allowed */
	INIT_WHY_ON_ROOT,      /* a link leads a mount target to the root directory itself */
	INIT_WHY_COUNT,
};

/**
 * Run the box side in this process. @sock: the socket; it, and everything above stdio and the
 * preserved fds, is closed by the execve. @first_fd: 3 + number of preserved fds. Never returns.
 */
_Noreturn void init_main(int sock, unsigned first_fd);

#endif
