/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libhezi: the life of OCI containers as a library. Handles are opaque; option structs begin with
 * their size, so that fields can be added at their end without breaking older callers; documents go
 * in and out as text. The library never prints, never exits and keeps no global state. Functions
 * return 0, or -1 with @err filled in.
 *
 * A handle may be used by one thread at a time, any number of handles at a time. What the caller
 * has as a process stays as it is: signal mask and handlers, subreaper, directory, descriptors.
 *
 * A container's init is a child of the process that called hz_create, hz_run or hz_restore. The
 * library waits for its own children only: hz_delete, or the end of a foreground, for init. The
 * process of a detached hz_exec is the caller's to wait for.
 */
#ifndef HEZI_HEZI_H
#define HEZI_HEZI_H

#include "hezi/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)

typedef struct hz_runtime hz_runtime;

enum hz_log_level {
	HZ_LOG_DEBUG,
	HZ_LOG_INFO,
	HZ_LOG_WARNING,
	HZ_LOG_ERROR, /* the operation succeeded, but something is left to be cleaned up */
	HZ_LOG_QUIET  /* a warning for a log, not for who reads the stderr of the container */
};

/* Who makes the cgroup. */
enum hz_cgroup_manager {
	HZ_CGROUP_CGROUPFS,
	HZ_CGROUP_SYSTEMD,
	HZ_CGROUP_DISABLED
};

struct hz_runtime_options {
	size_t size;
	const char *root; /* directory of the containers' state; NULL: /run/hezi, or
			     $XDG_RUNTIME_DIR/hezi when not root */
	enum hz_cgroup_manager cgroup_manager;
	int rootless; /* cgroup permission errors are forgiven: 1 yes, 0 no, -1 when not root */
	void (*log)(void *data, enum hz_log_level level,
		    const char *message); /* NULL: nobody listens */
	void *log_data;
	bool debug; /* tell each step too, at HZ_LOG_DEBUG */
};

/** A handle. Nothing on disk is touched. */
int hz_runtime_new(const struct hz_runtime_options *options, hz_runtime **ret,
		   struct hz_error *err);
void hz_runtime_free(hz_runtime *rt);

struct hz_create_options {
	size_t size;
	const char *id;
	const char *bundle;         /* NULL: the working directory */
	const char *console_socket; /* path of a SOCK_STREAM socket that takes the pty's master */
	const char *pid_file;
	unsigned preserve_fds; /* fds 3 … 3+n-1 go to the container */
	bool no_pivot;
	bool no_new_keyring;
	const char *pidfd_socket; /* takes a pidfd of the container's init */
	const char *config;       /* NULL: config.json in the bundle */
};

/** create: everything up to, and not including, the program. */
int hz_create(hz_runtime *rt, const struct hz_create_options *options, struct hz_error *err);

struct hz_run_options {
	size_t size;
	bool detach;        /* return when the program runs */
	bool keep;          /* do not delete the container after it ended */
	bool reap_children; /* in the foreground: wait for every child of the caller that ends, as a
			       subreaper has to */
};

/**
 * run: create and start; unless detached also wait for the end with the signals that reach this
 * thread forwarded and the terminal relayed, then delete.
 * @ret_status: exit status of the program, 128+N when signal N ended it.
 */
int hz_run(hz_runtime *rt, const struct hz_create_options *options,
	   const struct hz_run_options *how, int *ret_status, struct hz_error *err);

int hz_start(hz_runtime *rt, const char *id, struct hz_error *err);

/** @all: every process of the container gets the signal, and a stopped container is no error. */
int hz_kill(hz_runtime *rt, const char *id, int signal, bool all, struct hz_error *err);

/** @force: kill it first; an unknown id is no error; what an interrupted create or delete left
 * behind is removed too. */
int hz_delete(hz_runtime *rt, const char *id, bool force, struct hz_error *err);

/**
 * Stop all processes of a created or running container with the freezer of its cgroup; returns when
 * they stand still. A container that is paused already is an error.
 */
int hz_pause(hz_runtime *rt, const char *id, struct hz_error *err);

/** Let a paused container go on. */
int hz_resume(hz_runtime *rt, const char *id, struct hz_error *err);

struct hz_update_options {
	size_t size;
	const char *id;
	const char *resources; /* what is to change: linux.resources as JSON; the rest stays */
	const char *name;      /* of the text, for errors; NULL: do not name a place in it */
	/* lines of the schemata of the container's resctrl group, L3 and MB; NULL: as they are */
	const char *l3_cache_schema, *mem_bw_schema;
};

/**
 * New limits for a container that is not stopped. They are stored too, so that the next update
 * starts from them. When one cannot be set, those before it are put back as far as they can be.
 */
int hz_update(hz_runtime *rt, const struct hz_update_options *options, struct hz_error *err);

/** What a container uses now. UINT64_MAX is "no limit"; what the host cannot tell is 0. */
struct hz_stats {
	size_t size;
	uint64_t cpu_ns;               /* since it was created */
	uint64_t memory, memory_limit; /* bytes */
	uint64_t pids, pids_limit;
	uint64_t io_read, io_written;                                /* bytes */
	char cpu_pressure[16], memory_pressure[16], io_pressure[16]; /* PSI "some avg10": percent of
				the last ten seconds, as the kernel writes it; "": not known */
};
int hz_stats_get(hz_runtime *rt, const char *id, struct hz_stats *ret, struct hz_error *err);

struct hz_events_options {
	size_t size;
	const char *id;
	bool once;            /* one "stats" now, and no more */
	unsigned interval_ms; /* between two "stats" */
	/* called with each event, a line of JSON in runc's form; what is not 0 ends hz_events with
	 * that */
	int (*on_event)(void *data, const char *json, struct hz_error *err);
	void *data;
};
/** Statistics in intervals, and each time when memory has run out ("oom"), until the container
 * ends. */
int hz_events(hz_runtime *rt, const struct hz_events_options *options, struct hz_error *err);

/** The host's pids of all processes in the container's cgroups, sorted; free() them. None for a
 * stopped container. */
int hz_pids(hz_runtime *rt, const char *id, int **ret, size_t *ret_n, struct hz_error *err);

struct hz_exec_options {
	size_t size;
	const char *id;
	/* a file with a whole process document (it may be a pipe), or NULL: the process of the
	 * container's configuration with args for its own and the changes below */
	const char *process;
	const char *const *args;
	size_t nargs;
	const char *const *env; /* "NAME=value", added */
	size_t nenv;
	const char *cwd;
	const char *user;                   /* "UID[:GID]" */
	const char *const *additional_gids; /* numbers, added */
	size_t nadditional_gids;
	const char *const *caps; /* "CAP_CHOWN", added; never inheritable */
	size_t ncaps;
	const char *process_label, *apparmor;
	bool tty;
	signed char no_new_privs; /* 1: set; -1: not set; 0: as the configuration has it */
	/* for both */
	const char *const
		*cgroups; /* "[controller[,controller]:]path" below the container's cgroup */
	size_t ncgroups;
	const char *console_socket, *pid_file, *pidfd_socket;
	unsigned preserve_fds;
	bool detach;
	bool ignore_paused;
};

/**
 * exec: one more process in a created or running container. Unless detached, wait for its end with
 * signals forwarded and the terminal relayed.
 * @ret_status: its exit status, 128+N when signal N ended it.
 */
int hz_exec(hz_runtime *rt, const struct hz_exec_options *options, int *ret_status,
	    struct hz_error *err);

struct hz_checkpoint_options {
	size_t size;
	const char *id;
	const char *image_path;  /* directory for the files, made if need be; NULL: "checkpoint" */
	const char *work_path;   /* directory for CRIU's log; NULL: the same */
	const char *parent_path; /* an earlier (pre-)checkpoint, relative to image_path, or NULL */
	const char *page_server; /* "ADDRESS:PORT" that takes the memory, or NULL */
	const char *manage_cgroups_mode; /* soft, full, strict, ignore; NULL: CRIU's default */
	const char *network_lock;        /* iptables, nftables, skip; NULL: CRIU's default */
	/* gets a NUL when pages can be fetched (lazy_pages), and is closed; 0 or less: none */
	int status_fd;
	bool leave_running, pre_dump; /* the container stays */
	bool tcp_established, tcp_skip_in_flight, link_remap, ext_unix_sk, shell_job, lazy_pages,
		file_locks, auto_dedup;
	bool empty_network; /* do not save the network namespace's devices and addresses */
};

/**
 * checkpoint: save the processes of a running or paused container with CRIU. Then the container is
 * deleted, unless it is to stay. For root.
 */
int hz_checkpoint(hz_runtime *rt, const struct hz_checkpoint_options *options,
		  struct hz_error *err);

struct hz_restore_options {
	size_t size;
	const char *id;
	const char *bundle;     /* NULL: the working directory */
	const char *image_path; /* NULL: "checkpoint" */
	const char *work_path, *console_socket, *pid_file, *manage_cgroups_mode, *network_lock;
	const char *lsm_profile;       /* "apparmor:NAME" or "selinux:CONTEXT" */
	const char *lsm_mount_context; /* SELinux context of all mounts */
	bool detach;
	bool reap_children; /* as in hz_run_options */
	bool no_pivot;      /* nothing: CRIU mounts as the checkpoint has it */
	bool no_new_keyring;
	bool tcp_established, tcp_close, ext_unix_sk, shell_job, file_locks, auto_dedup, lazy_pages;
	bool empty_network;
};

/**
 * restore: make a new container out of a bundle and the processes of a checkpoint. Unless detached
 * also wait for the end, as hz_run does. For root.
 */
int hz_restore(hz_runtime *rt, const struct hz_restore_options *options, int *ret_status,
	       struct hz_error *err);

enum hz_status {
	HZ_CREATING,
	HZ_CREATED,
	HZ_RUNNING,
	HZ_PAUSED,
	HZ_STOPPED
};

/** "creating", "created", "running", "paused", "stopped". */
const char *hz_status_name(enum hz_status status);

struct hz_info {
	size_t size;
	enum hz_status status;
	int pid;        /* 0 unless created, running or paused */
	uint32_t owner; /* uid that created it */
	char *id, *bundle, *rootfs, *created;
	char **annotations; /* key, value, key, value …, NULL */
};

int hz_info_get(hz_runtime *rt, const char *id, struct hz_info **ret, struct hz_error *err);
void hz_info_free(struct hz_info *info);

/** The state document of the runtime-spec (with runc's fields beside it) as indented JSON; free()
 * it. */
int hz_state_json(hz_runtime *rt, const char *id, char **ret_json, struct hz_error *err);

/** Ids, sorted; a NULL-terminated array to be freed with hz_ids_free. */
int hz_ids(hz_runtime *rt, char ***ret, size_t *ret_n, struct hz_error *err);
void hz_ids_free(char **ids);

/** What create would do, as text or JSON; free() it. Needs no privileges and changes nothing. */
int hz_explain(hz_runtime *rt, const struct hz_create_options *options, bool json, bool show_env,
	       char **ret_text, struct hz_error *err);

/** The features document of the runtime-spec as indented JSON; free() it. It tells of this build,
 * not of this host. */
int hz_features_json(char **ret_json, struct hz_error *err);

/** "0.1.0" */
const char *hz_version(void);

#pragma GCC visibility pop

#endif
