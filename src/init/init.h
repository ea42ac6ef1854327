/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The box side: walks the plan and does the steps whose actor is init, one short function for each
 * kind. Freestanding: no libc, no allocation, no tables of pointers (the image is never relocated);
 * sources include this, linux/ and asm/ headers only.
 *
 * The same objects are linked into hezi and run in a fork of it where no image can be used; so
 * every symbol that is not static begins with init_ or step_, and the few functions that compilers
 * call on their own (mem.c) are in the image alone.
 *
 * Rules for a step: it returns 0, or -1 after one of the init_fail functions; it closes what it
 * opened (all of it O_CLOEXEC); it believes the plan (the host has verified it) and nothing that
 * lies in the container's root.
 */
#ifndef INIT_INIT_H
#define INIT_INIT_H

#include "init/protocol.h"
#include "plan/plan.h"
#include "sys/raw.h"

#include <asm/errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INIT_PATH_MAX 4096

struct init {
	const struct plan_header *plan;
	int sock;          /* to the host; -1 between GO_WAIT and the connection of `start` */
	int listener;      /* from GO_WAIT to the connection of `start`, else -1 */
	unsigned first_fd; /* 3 + preserved descriptors */
	int slots[INIT_SLOTS_MAX]; /* from BOOT; -1 once used */
	int rootfd; /* O_PATH directory: the root of the container, -1 before ROOTFS and after PIVOT
		     */
	int proc_fd;                  /* private to init_host_proc() */
	int pty_master, pty_slave;    /* from CONSOLE to TERMINAL, else -1 */
	uint32_t filter_size;         /* bytes in init_filter, 0: not there */
	const struct plan_caps *caps; /* the last step of its kind that was done, or NULL */
	const struct plan_user *user; /* the same */
	bool no_new_privs;            /* set by us */
	const char *exec_path;        /* found by EXEC_LOOKUP */
	const char *home;             /* "HOME=…" to add to the environment, or NULL */
	char **argv, **envp;          /* NULL until just before execve */
	struct init_page *page;       /* shared with the host from GO_START on, NULL: none came */
	bool filtered;                /* the filter is loaded: speak through the page only */
	uint32_t caller_umask; /* holds where the config gives none (config.md, user.umask) */
	bool chdir_late;       /* root may not enter the working directory: try again as the user */
	bool no_keyring;       /* there is no keyctl(2) */
	bool home_late;        /* root may not read /etc/passwd: the same */
};

/* fail.c: what went wrong goes into one static struct init_error, sent by main.c. The first failure
 * counts. */

/** The call @call_nr gave @neg_errno (-ENOENT …) for @object (NULL: the step says it). Returns -1.
 */
int init_fail(struct init *init, const struct plan_step *step, long call_nr, long neg_errno,
	      const char *object);
/** No call to blame: @why, with @neg_errno where it has one (else 0). Returns -1. */
int init_fail_why(struct init *init, const struct plan_step *step, enum init_why why,
		  long neg_errno, const char *object);
/** Two numbers that go with the `why` of a failure. */
void init_fail_args(uint32_t arg, uint32_t arg2);
/** The kernel's own words or a hook's, to go with the failure; cut to what fits, the end is kept.
 */
void init_detail(const char *text, size_t len);
struct init_error *init_failure(void);

/* proto.c */

/** Send a bare message; @fd (or -1) goes with it. -1 when the host is gone. */
int init_send(struct init *init, uint32_t type, uint32_t value, int fd);
/**
 * Receive one message: its head into @ret_msg, what follows into @more (at most @size bytes).
 * Returns the length of what follows, or -1: end of file, a short message or one that was cut. Up
 * to @nfds descriptors go to @fds, all of them O_CLOEXEC, and *@ret_nfds says how many; more than
 * that is -1.
 */
long init_recv(int sock, struct init_msg *ret_msg, void *more, size_t size, int *fds, unsigned nfds,
	       unsigned *ret_nfds);
/** Wait for the bare message @type, with no descriptor. -1 after a failure. */
int init_expect(struct init *init, const struct plan_step *step, uint32_t type);
/** Share the memory behind @fd with the host. Closes @fd. -1 after a failure. */
int init_map_page(struct init *init, const struct plan_step *step, int fd);
/** Tell the host what failed; the last thing init does. */
void init_send_failure(struct init *init);
/** INIT_NEED_SOURCE for @step (a PLAN_MOUNT) with @tree, a new mount, or -1: the detached tree that
 * the host sends, owned by the caller; -1 after a failure. */
int init_need_source(struct init *init, const struct plan_step *step, int tree);
/** INIT_NEED_STDIO: the device that stdio descriptor @fd is, through a read-only mount of the host;
 * owned by the caller. -1: the host cannot open it. */
int init_need_stdio(struct init *init, int fd);

/* box.c: things of the host that steps of the box need. They are good until the pivot, and opened
 * at the first call, which must come after the enter stage (else they would be of the wrong mount
 * namespace). Borrowed. */

/** O_PATH directory of /proc, verified to be the root of a procfs. -1 after a failure. */
int init_host_proc(struct init *init, const struct plan_step *step);
/** Close these and rootfd: nothing of the host stays open. Called after PIVOT. */
int init_drop_host(struct init *init, const struct plan_step *step);
/** The same for a moment that does not keep it: a new O_PATH descriptor of /proc, owned by the
 * caller. */
int init_open_proc(struct init *init, const struct plan_step *step);
/**
 * Open @path (relative to the root of procfs) below @*proc for writing, without following magic
 * links. Where something is mounted on the way, @*proc becomes a procfs that is mounted nowhere.
 * @resolve: RESOLVE_NO_SYMLINKS or 0. The descriptor or -errno.
 */
long init_proc_file(int *proc, const char *path, uint64_t resolve);

/** Hand /proc/self/stat to the host where the plan says so: before the root changes. */
void init_tell_stat(struct init *init);

/* lib.c: small things of libc under other names */

bool init_streq(const char *a, const char *b);
/** What follows @prefix in @s, or NULL. */
const char *init_after(const char *s, const char *prefix);
/** First @c in @s, or NULL. */
const char *init_strchr(const char *s, char c);
/** Closes it if it is one; for cleanup at every way out. */
void init_close(int *fd);
#define INIT_CLOSE __attribute__((cleanup(init_close)))
static inline int init_take_fd(int *fd)
{
	int ret = *fd;

	*fd = -1;
	return ret;
}

/** A bounded text: appending past the end sets @cut. Ends with NUL from init_text_start() on. */
struct init_text {
	char *at;
	size_t size, len;
	bool cut;
};
void init_text_str(struct init_text *t, const char *s);
void init_text_mem(struct init_text *t, const char *s, size_t n);
void init_text_u64(struct init_text *t, uint64_t v);
void init_text_i64(struct init_text *t, int64_t v);
static inline void init_text_start(struct init_text *t, char *at, size_t size)
{
	*t = (struct init_text){.at = at, .size = size};
	at[0] = 0;
}
/** Decimal, whole string; -1 when it is none or does not fit. */
int init_parse_u64(const char *s, uint64_t *ret);

_Noreturn void init_exit(int status);

/** Write it all in one write(2) call, as files below /proc and /sys want it. 0 or -errno. */
long init_write_once(int fd, const char *s, size_t len);

/** CLOCK_MONOTONIC in milliseconds. */
int64_t init_now_ms(void);

/* In the image: mem.c. In hezi: libc. */
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);

/* boot.c */
int init_boot(struct init *init);
/** Close everything but stdio, the preserved descriptors, the socket, and what hooks write to. */
int init_close_strangers(struct init *init, const struct plan_step *step);
/** Not dumpable, and dead when the runtime dies: at the start, and again after each change of
 * credentials, which resets both. */
int init_guard(struct init *init, const struct plan_step *step);

/* home.c */
/** init->home: "HOME=…" for @uid by the /etc/passwd below our root, which may be anything; "HOME=/"
 * where it does not say, or is denied to us (init->home_late). -1 after a failure of another kind.
 */
int init_find_home(struct init *init, const struct plan_step *step, uint32_t uid);

/*
 * What lasts from the create to the start. All other memory that begins as zero is given back while
 * init waits, so nothing outside of this may be counted on afterwards.
 */
struct init_keep {
	struct init init;
	char program[INIT_PATH_MAX];
	char home[INIT_PATH_MAX];
	unsigned char filter[INIT_FILTER_MAX] __attribute__((aligned(8)));
};
extern struct init_keep init_keep; /* memory.c */
/** Give back what the wait does not need. */
void init_shrink(void);

/* caps.c */
/** Compare credentials with what USER, CAPS and NO_NEW_PRIVS asked for. */
int init_read_back(struct init *init, const struct plan_step *step);

/* process.c */
/** Working directory: made where it is missing; must be in the container. */
int init_enter_cwd(struct init *init, const struct plan_step *step, const char *cwd);
/** Set the limits of the program, whose steps come after @after. 0 or -errno. */
long init_set_rlimits(const struct init *init, const struct plan_step *after);
/** The next step of @kind in the plan, from the first on; NULL when there is none. */
const struct plan_step *init_find_step(const struct init *init, enum plan_kind kind);

/* exec.c */
/** The last word to the host, with all that it takes to execute the program prepared: limits and
 * filter may forbid both later. Only the first call does it. -1 after a failure. */
int init_say_executing(struct init *init, const struct plan_step *step);

/* mount.c */
/** Bind the file behind @fd onto @target in the container's root: created as an empty file where it
 * is missing, no link followed. */
int init_bind_fd(struct init *init, const struct plan_step *step, int fd, const char *target);

/* The steps. main.c has the switch over them. enter.c: */
int step_cgroup_enter(struct init *init, const struct plan_step *step);
int step_ns_join(struct init *init, const struct plan_step *step);
int step_ns_enter(struct init *init, const struct plan_step *step);
int step_ns_unshare(struct init *init, const struct plan_step *step);
int step_oom_score(struct init *init, const struct plan_step *step);
int step_time_offset(struct init *init, const struct plan_step *step);
int step_fork(struct init *init, const struct plan_step *step);
int step_become_root(struct init *init, const struct plan_step *step);
/* identity.c, sysctl.c: */
int step_keyring(struct init *init, const struct plan_step *step);
int step_hostname(struct init *init, const struct plan_step *step);
int step_domainname(struct init *init, const struct plan_step *step);
int step_loopback_up(struct init *init, const struct plan_step *step);
int step_sysctl(struct init *init, const struct plan_step *step);
/* label.c: */
int step_label(struct init *init, const struct plan_step *step);
/* rootfs.c: */
int step_root_propagation(struct init *init, const struct plan_step *step);
int step_rootfs(struct init *init, const struct plan_step *step);
int step_pivot(struct init *init, const struct plan_step *step);
int step_root_readonly(struct init *init, const struct plan_step *step);
/* mount.c, cgroup_mount.c, device.c, path_mask.c: */
int step_mount(struct init *init, const struct plan_step *step);
int step_mount_cgroup(struct init *init, const struct plan_step *step);
int step_device(struct init *init, const struct plan_step *step);
int step_symlink(struct init *init, const struct plan_step *step);
int step_readonly_path(struct init *init, const struct plan_step *step);
int step_mask_path(struct init *init, const struct plan_step *step);
/* terminal.c: */
int step_console(struct init *init, const struct plan_step *step);
int step_terminal(struct init *init, const struct plan_step *step);
/* stdio.c: */
int step_stdio_owner(struct init *init, const struct plan_step *step);
/* hooks.c: */
int step_hooks(struct init *init, const struct plan_step *step);
/* process.c, caps.c: */
int step_rlimit(struct init *init, const struct plan_step *step);
int step_rlimit_raise(struct init *init, const struct plan_step *step);
int step_umask(struct init *init, const struct plan_step *step);
int step_cwd(struct init *init, const struct plan_step *step);
int step_no_new_privs(struct init *init, const struct plan_step *step);
int step_user(struct init *init, const struct plan_step *step);
int step_caps(struct init *init, const struct plan_step *step);
/* scheduling.c: */
int step_personality(struct init *init, const struct plan_step *step);
int step_memory_policy(struct init *init, const struct plan_step *step);
int step_io_priority(struct init *init, const struct plan_step *step);
int step_scheduler(struct init *init, const struct plan_step *step);
/* exec.c, ready.c: */
int step_exec_lookup(struct init *init, const struct plan_step *step);
int step_sync(struct init *init, const struct plan_step *step);
int step_start_wait(struct init *init, const struct plan_step *step);
int step_seccomp_load(struct init *init, const struct plan_step *step);
int step_exec(struct init *init, const struct plan_step *step);

#endif
