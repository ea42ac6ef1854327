/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the runtime layer share. */
#ifndef RUNTIME_RUNTIME_H
#define RUNTIME_RUNTIME_H

#include "base/cleanup.h"
#include "base/error.h"
#include "cgroup/cgroup.h"
#include "hezi/hezi.h"
#include "init/protocol.h"
#include "ocispec.h"
#include "plan/compile.h"
#include "runtime/record.h"

#include <signal.h>
#include <sys/types.h>

struct hz_runtime {
	char *root; /* absolute */
	int rootfd; /* -1 until first used */
	enum hz_cgroup_manager cgroup_manager;
	int rootless;
	void (*log)(void *data, enum hz_log_level level, const char *message);
	void *log_data;
	bool debug; /* tell what is done */
};

/** HZ_LOG_DEBUG is for who asked for it. */
void runtime_log(const hz_runtime *rt, enum hz_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Is what the caller may not do to cgroups forgiven: as --rootless says, else without privileges.
 */
bool runtime_is_rootless(const hz_runtime *rt, const struct plan_facts *f);

/* A config on its way to a container. Strings live in the arena. */
struct bundle {
	struct arena arena;
	const char *path; /* absolute */
	const char *file; /* what errors call the configuration; NULL: "config.json" */
	char *text;       /* it, as read, for places in errors; owned */
	size_t len;
	struct oci_config *config;
	struct plan_facts facts;
	struct plan_options options;
	struct plan plan;
	uint64_t ignored_signals; /* of the caller: bit N-1 is signal N */
};

/**
 * Read, decode, collect host facts, compile. Nothing outside is changed. @forgive_unsupported: for
 * explain, what hezi does not support yet is a warning.
 */
int bundle_load(const hz_runtime *rt, const struct hz_create_options *o, bool forgive_unsupported,
		struct bundle *b, struct hz_error *err);
void bundle_done(struct bundle *b);
/** Give @err the line and column of its pointer and the name of the file. */
void bundle_locate(const struct bundle *b, struct hz_error *err);
/** What the compiler left out of the configuration: told when the rest has succeeded, for engines
 * take the log after a failure as one error. */
void bundle_tell_warnings(hz_runtime *rt, const struct bundle *b);
/** Those of @plan below the JSON pointer @prefix, which is left out, that are not @known (or NULL).
 */
void warnings_tell(hz_runtime *rt, const struct plan *plan, const struct plan *known,
		   const char *file, const char *prefix);

/** How many descriptors can be preserved. Those that are not open stay so. */
int bundle_check_preserved(const struct plan_options *o, struct hz_error *err);

/** Facts of this host. @ret_ignored: the caller's ignored signals. */
int facts_collect(struct plan_facts *f, uint64_t *ret_ignored, struct arena *a,
		  struct hz_error *err);
/** Whether this process is in a user namespace other than the initial one. */
bool facts_in_userns(void);
/** What only some configs need to know of the host: its security modules, resctrl. */
void facts_ask_for(const struct oci_config *c, struct plan_facts *f, struct arena *a);

/* Everything that a create holds; a failed one is undone from it. */
struct creation {
	hz_runtime *rt;
	struct bundle *b;
	const struct hz_create_options *o;
	struct record record;
	struct arena arena;
	int dirfd;     /* the state directory, locked */
	int sock;      /* our end of the socket to init */
	int init_sock; /* init's end, until it is spawned */
	int listener;  /* the start socket; create only */
	int pidfd;     /* of the container's init */
	int stat;      /* its /proc/self/stat, where /proc may hide it from us; -1: not told */
	pid_t pid;
	pid_t stub;                     /* to be reaped, 0: none */
	int pty;                        /* master, -1: none yet */
	int its_stdio[3], our_stdio[3]; /* pipes in the place of our terminal; -1: it has ours, or a
					   terminal of its own */
	int notify; /* run: socket where the program says that it is ready; -1: nobody is to be told
		     */
	int slots[INIT_SLOTS_MAX];
	int join_cgroup;            /* exec: directory for CLONE_INTO_CGROUP, borrowed; -1: none */
	struct cgroup *cgroup;      /* NULL: none */
	struct buf switched;        /* controllers that were turned on for it */
	const struct plan_step *at; /* the host's place in the plan */
	uint32_t left;              /* steps from there on */
	bool attached;              /* run in the foreground: the pty stays here */
	bool unit_begun;            /* from here on the recorded unit may be there */
	bool cgroups_begun;         /* from here on some of the recorded cgroups may be there */
	bool pid_file_made;         /* and is to be removed after a failure */
	void *filter;               /* seccomp program, owned */
	size_t filter_len;
	unsigned rdt_made;   /* RDT_MADE_* */
	struct netdevs *net; /* devices that were moved; NULL: none. In the arena, with sockets */
	const struct plan_cpu_affinity *affinity; /* to spawn with; NULL: all CPUs */
	const struct plan_step *doing;            /* the host step being done, for errors */
};

/** Nothing is held yet. */
void creation_init(struct creation *c, hz_runtime *rt, const struct hz_create_options *o,
		   struct bundle *b);
/** Make the state directory and write down in it what will be made, before anything is made. After
 * a failure with the directory in @c: creation_undo(). */
int creation_begin(struct creation *c, struct hz_error *err);
int creation_open_sockets(struct creation *c, struct hz_error *err);
/** The first packet, with the plan in @plan_fd and the slots, which are closed here. */
int creation_send_boot(struct creation *c, int plan_fd, struct hz_error *err);
/** It exits right after it told us its child's pid. */
void creation_reap_stub(struct creation *c);
/** End the process that was made, and wait for it. */
void creation_kill(struct creation *c);
/** Everything up to and including sync "ready", whose GO is not given yet. On failure nothing is
 * left behind. */
int creation_make(struct creation *c, struct hz_error *err);
/** Attached: wait for the end of the program, then delete the container (unless it is to be kept).
 */
int creation_attend(struct creation *c, const struct hz_run_options *how, int *ret_status,
		    struct hz_error *err);
/** Undo all (after a failure, before the record says created). Keeps @err. */
void creation_undo(struct creation *c);
/** Close all but the state directory: where descriptors are few, the end needs some again. */
void creation_close_fds(struct creation *c);
void creation_done(struct creation *c);

/* spawn.c */
int spawn_init(struct creation *c, const struct plan_spawn *step, struct hz_error *err);
/* talk.c */
int talk_until_ready(struct creation *c, struct hz_error *err);
/** After GO_WAIT: 0 when init waits for `start`. */
int talk_until_waiting(int sock, int pidfd, const struct plan_header *plan, struct hz_error *err);
/** After GO_START, the next word: 1 init is about to execute (told once, @executing remembers it),
 * 0 it has closed the socket, -1 with the error that it reported. */
int talk_before_exec(int sock, const struct plan_header *plan, bool *executing,
		     struct hz_error *err);
/** -errno of a failed send, 0 when init is gone: every send is followed by a receive, which finds
 * init's last words. */
int talk_send_error(int errnum);
int talk_send(int sock, enum init_msg_type type, uint32_t value, const void *more, size_t len,
	      int fd);
/* launch.c */
struct launch {
	const hz_runtime *rt;
	int sock; /* to an init that waits for GO_START */
	const struct plan_header *plan;
	const struct record *record;
	const char *status; /* of the container, for the seccomp agent */
	int pidfd;          /* of the process; needed with a listener only */
	pid_t pid;
	bool is_stderr_ours; /* whoever calls us sees what the process writes there */
};
/**
 * GO_START, and all up to the moment when the program runs: 0. 1: the kernel does not execute it,
 * so the process exits with 255; the reason is on its stderr and in the log. -1 with the error that
 * init reported or that its end shows: the caller ends what is left of it.
 */
int launch_wait(const struct launch *l, struct hz_error *err);
/** Is there a socket where the plan wants a seccomp agent? Told before anything is made. */
int launch_check_agent(const struct plan_header *plan, struct hz_error *err);
/** Into the debug log: with which flags of seccomp(2) the filter of @plan is loaded, if it has one.
 */
void launch_tell_filter(const hz_runtime *rt, const struct plan_header *plan);
/** Has the plan a seccomp listener, so that launch_wait() needs the pidfd? */
bool launch_has_listener(const struct plan_header *plan);
/* hostmount.c */
/** Into the record: where the rootfs is, when @h mounts it on the host. */
int hostmount_intent(const struct plan_header *h, struct record *r, struct hz_error *err);
/** The same for a record that was lost, unless it could be read there. */
void hostmount_recover(const struct plan_header *h, struct record *r);
/** Unmount it; nothing to do is success. */
int hostmount_remove(const struct record *r, struct hz_error *err);
/* agent.c */
struct agent_message {
	const char *path;     /* of the socket, for messages */
	const char *metadata; /* NULL: none */
	const char *status;
	pid_t pid; /* of the process under the filter */
	const struct record *record;
};
int agent_connect(const char *path, int *ret_fd, struct hz_error *err);
int agent_send(int agent, int listener, const struct agent_message *m, struct hz_error *err);
/* fail.c */
int fail_from_init(const struct plan_header *plan, const struct init_error *raw,
		   struct hz_error *err);
/** What to do about a step that failed so, where there is more to say than the kernel does. -1. */
int fail_hint(unsigned kind, int errnum, struct hz_error *err);
/** Init closed its socket before @when, without a word. @pidfd: -1 or of a child of ours, which is
 * asked how it ended. -1. */
int fail_dead(int pidfd, const char *when, struct hz_error *err);
/** True, and that is the error: the kernel's OOM killer was in the cgroups of the container. */
bool fail_oom(const struct record *r, struct hz_error *err);
/** How a hook ended, of its wait status: "exit status 1", "signal 31 (bad system call)". */
void fail_ended(int status, char *ret, size_t size);
/* steps.c */
int step_before_boot(struct creation *c, struct hz_error *err);
/** One step of the host; the error tells which. */
int step_do(struct creation *c, const struct plan_step *s, struct hz_error *err);
int step_after_sync(struct creation *c, enum plan_point point, struct hz_error *err);
/* idmap.c */
int idmap_apply(struct creation *c, const struct plan_id_map *m, struct hz_error *err);
/* proc.c */
/** Write @text into the file of the process; also where /proc is mounted read-only. 0 or -errno. */
int proc_write(pid_t pid, const char *file, const char *text);
/* source.c: a detached tree for a bind mount, id-mapped when the step says so */
int source_open(struct creation *c, const struct plan_mount *m, int *ret_fd, struct hz_error *err);
/* source.c: map the ids of @tree, a new mount of init */
int source_map(struct creation *c, const struct plan_mount *m, int tree, struct hz_error *err);
/* netdev.c */
int netdev_move(struct creation *c, const struct plan_net_device *d, struct hz_error *err);
/** Give back to the host what was moved. Works without init too. */
void netdev_undo(struct creation *c);
/** They are the container's for good. */
void netdev_done(struct creation *c);
/* rdt_step.c */
/** Check the group that the plan wants, if any, and note what delete is to remove. */
int rdt_intent(const struct plan_header *h, struct arena *a, struct record *ret,
	       struct hz_error *err);
/** Only the second. */
int rdt_record(const struct plan_header *h, struct arena *a, struct record *ret,
	       struct hz_error *err);
int rdt_step(struct creation *c, const struct plan_rdt *s, struct hz_error *err);
/** Remove what a failed create made; the processes have ended. */
void rdt_undo(struct creation *c);
void rdt_destroy(const hz_runtime *rt, const struct record *r);
/** New lines for the schemata of the container with plan @h; NULL: as they are. */
int rdt_update(const struct plan_header *h, const char *l3, const char *mb, struct hz_error *err);
/* hooks.c: open the file that hooks append to; without a @path *ret_fd stays */
int hooks_open_output(const struct plan_header *plan, plan_str path, int *ret_fd,
		      struct hz_error *err);
/* hooks.c: @pid as the hooks should see it */
int hooks_run(const struct plan_header *plan, const struct plan_hooks *h, pid_t pid,
	      struct hz_error *err);
/** Poststop hooks of a plan; failures are logged as warnings only. */
void hooks_run_all(const hz_runtime *rt, const struct plan_header *plan, enum plan_hook_kind which,
		   pid_t pid);
/** poststart hooks; first failure is the error. */
int hooks_run_kind(const struct plan_header *plan, enum plan_hook_kind which, pid_t pid,
		   struct hz_error *err);
/* console.c */
int console_check(const struct oci_config *c, const struct hz_create_options *o, bool detached,
		  struct hz_error *err);
/** @what it is, for messages; @body goes with it. */
int console_send(const char *path, int passed, const char *what, const char *body,
		 struct hz_error *err);
/** Connect to a socket in the file system, however long its path. 0 or -errno. */
int socket_connect(int fd, const char *path);
/* attach.c: wait for the end of the container in the foreground */
/** Before the program runs: the pty gets the size of the user's terminal and leaves newlines alone.
 */
int attach_prepare(int pty, struct hz_error *err);
struct attach {
	const hz_runtime *rt;
	int pidfd;
	pid_t pid;
	int pty;    /* -1: none */
	int *stdio; /* our ends of its pipes, closed and set to -1 as they end; -1: not relayed */
	int notify; /* socket where the program says that it is ready; -1: nobody is to be told */
	bool reap_children; /* all that the caller has */
};
int attach_wait(const struct attach *a, int *ret_status, struct hz_error *err);
/** For a process in the foreground without a terminal: pipes in the place of terminals of ours.
 * On failure creation_close_fds(). */
int attach_open_stdio(struct creation *c, struct hz_error *err);
/** Blocks every signal of this thread until attach_unblock_signals(). */
int attach_block_signals(sigset_t *ret_old, struct hz_error *err);
void attach_unblock_signals(const sigset_t *old);
/* stdio.c */
/** Give stdin, stdout and stderr to the user of a new user namespace, which init may not. */
void stdio_give(const struct creation *c);
/** The device that our descriptor @n (0 to 2) is, opened through a read-only mount; -1: it stays.
 */
int stdio_protect(int n);
/* store.c */
int store_check_id(const char *id, struct hz_error *err);
int store_open_root(hz_runtime *rt, bool create, struct hz_error *err);
int store_create(hz_runtime *rt, const char *id, int *ret_dirfd, struct hz_error *err);
/** Open without a lock. */
int store_open(hz_runtime *rt, const char *id, int *ret_dirfd, struct hz_error *err);
/** How long an operation waits for another one: `state` says "created" before create has let go,
 * and engines send one update after the other. */
#define LOCK_WAIT_MS 10000
/** Open and take the lock; waits up to @timeout_ms for another operation (0: not at all), then
 * HZ_E_BUSY. */
int store_lock(hz_runtime *rt, const char *id, unsigned timeout_ms, int *ret_dirfd,
	       struct hz_error *err);
/** Give the lock back, which store_create() or store_lock() took, and close @dirfd. */
void store_unlock(int dirfd);
static inline void cleanup_lock(int *dirfd)
{
	if (*dirfd >= 0)
		store_unlock(*dirfd);
}
#define _cleanup_lock_ _cleanup_(cleanup_lock)
/** Is somebody at work on it? */
bool store_is_locked(int dirfd);
/** Rename it away and remove it. */
int store_remove(hz_runtime *rt, const char *id, int dirfd, struct hz_error *err);
/** Remove what a killed delete left of @id. */
int store_sweep(hz_runtime *rt, const char *id, struct hz_error *err);
/** Read a file of a state directory: 0, or -errno with @err set. What is not a regular file is a
 * damaged state (HZ_E_CONFIG). */
int store_read(int dirfd, const char *name, struct buf *ret, size_t max, struct hz_error *err);
/** Read and verify the plan in a state directory. -1 with HZ_E_NOT_FOUND when there is none,
 * HZ_E_UNSUPPORTED when it is one of another version of hezi. */
int store_read_plan(int dirfd, struct plan *ret, struct hz_error *err);

/* hints.c: what to do about @errnum, where the host tells. All return -1. */
int hint_rlimit(const struct plan_rlimit *l, int errnum, struct hz_error *err);
/** Of clone3(2) or unshare(2) with these CLONE_NEW* flags. */
int hint_clone(uint64_t flags, int errnum, struct hz_error *err);
/** Of sched_setattr(2). */
int hint_scheduler(const struct plan_scheduler *s, int errnum, struct hz_error *err);
/** Of execve(2). */
int hint_execve(const struct plan_header *h, int errnum, struct hz_error *err);
/** Of a write to /proc/PID/oom_score_adj. */
int hint_oom_score(int errnum, struct hz_error *err);
/** Of sched_setaffinity(2). */
int hint_cpus(int errnum, struct hz_error *err);
/** Of a step that init could not do. */
int hint_step(const struct plan_header *h, const struct plan_step *s, int errnum,
	      struct hz_error *err);
/* hint_place.c */
/** The same where the place that hezi runs in explains why the system call @call has failed. -1. */
int hint_place(const struct plan_header *h, const struct plan_step *s, long call, int errnum,
	       struct hz_error *err);

/* info.c */
/** record_read() of the container with this state directory. An error names the file. */
int container_record(hz_runtime *rt, const char *id, int dirfd, struct arena *a, struct record *ret,
		     struct hz_error *err);
/** The record of a container and what it is doing; strings live in the arena. */
int container_read(hz_runtime *rt, const char *id, struct arena *a, struct record *r,
		   enum hz_status *ret_status, struct hz_error *err);
/* recover.c */
/**
 * In the place of the record @r, which has the id alone and cannot be read because of @err: what
 * the plan, which the caller gets, says that delete has to remove. @err is then cleared, and what
 * is done is logged. -1 when the plan is of no help either: @err says so.
 */
int container_recover(hz_runtime *rt, int dirfd, struct plan *plan, struct arena *a,
		      struct record *r, struct hz_error *err);
/** The plan of the stored config.json, in the place of one that cannot be read: for its hooks. */
int container_recompile(hz_runtime *rt, int dirfd, const struct record *r, struct arena *a,
			struct plan *ret, struct hz_error *err);
/* status.c */
/** A pidfd of the process that has the recorded pid now; process_is_alive() tells whether it is the
 * recorded one. -ESRCH: no process has the pid; or -errno. */
int process_open(const struct record *r);
/** The recorded process: 1 and its pidfd, opened before it is told that it is the one; 0 gone; -1
 * error. */
int process_find(const struct record *r, int *ret_pidfd, struct hz_error *err);
/** The recorded process: 1 alive, 0 gone or dead, -1 error. */
int process_is_alive(const struct record *r, struct hz_error *err);
/** Wait for the recorded process, if it has ended and is a child of ours. */
void process_reap(const struct record *r);
/** What tells the process of @c from a later one with its pid: into the record. */
int process_identify(struct creation *c, struct hz_error *err);
int status_get(int dirfd, const struct record *r, enum hz_status *ret, struct hz_error *err);
/** Connect to the start socket: fd, or -errno (-ENOENT, -ECONNREFUSED: nobody waits). */
int start_connect(int dirfd);
/* unit.c */
/** Note the unit of a plan with systemd in the intent. */
void unit_record(const struct plan_header *h, struct record *r);
int unit_start(struct creation *c, const struct plan_unit_start *s, struct hz_error *err);
/** Warn of properties that this systemd does not have. */
void unit_tell_unknown(const hz_runtime *rt, const struct oci_strings *unknown);
/** Put the process that @c has spawned, which waits for its plan, into the recorded unit. */
int unit_attach(const struct record *r, const struct creation *c, struct hz_error *err);
/** Stop the recorded unit, if there is one, and all in it. What fails is only logged: the cgroup is
 * removed in any case, and systemd drops a unit whose cgroup is gone. */
void unit_stop(const hz_runtime *rt, const struct record *r);
/* delete.c: cgroups, poststop hooks (@plan may be NULL: none), state directory. @err is not NULL.
 */
int container_destroy(hz_runtime *rt, const char *id, int dirfd, const struct record *r,
		      const struct plan_header *plan, struct hz_error *err);
int container_kill_all(const struct record *r, int sig, struct hz_error *err);

#endif
