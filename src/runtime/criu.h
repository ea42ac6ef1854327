/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRIU (criu.org), which writes processes to files and makes processes of them again. hezi starts
 * `criu swrk`, a worker for one request, and talks to it over a socket (criu(8); the messages are
 * those of CRIU's rpc.proto). Where a request has a choice, CRIU's own configuration files may
 * change it: /etc/criu/default.conf, and the one that is named in the request.
 */
#ifndef RUNTIME_CRIU_H
#define RUNTIME_CRIU_H

#include "base/protobuf.h"
#include "runtime/runtime.h"

/* criu_req_type */
enum criu_type {
	CRIU_DUMP = 1,
	CRIU_RESTORE = 2,
	CRIU_PRE_DUMP = 4,
	CRIU_NOTIFY = 6,
	CRIU_VERSION = 10,
};

/* Fields of criu_opts. */
enum criu_opt {
	CRIU_IMAGES_DIR_FD = 1,
	CRIU_PID = 2,
	CRIU_LEAVE_RUNNING = 3,
	CRIU_EXT_UNIX_SK = 4,
	CRIU_TCP_ESTABLISHED = 5,
	CRIU_EVASIVE_DEVICES = 6,
	CRIU_SHELL_JOB = 7,
	CRIU_FILE_LOCKS = 8,
	CRIU_LOG_LEVEL = 9,
	CRIU_LOG_FILE = 10,
	CRIU_PAGE_SERVER = 11, /* message: address 1, port 2 */
	CRIU_NOTIFY_SCRIPTS = 12,
	CRIU_ROOT = 13,
	CRIU_PARENT_IMG = 14,
	CRIU_TRACK_MEM = 15,
	CRIU_AUTO_DEDUP = 16,
	CRIU_WORK_DIR_FD = 17,
	CRIU_LINK_REMAP = 18,
	CRIU_EXT_MNT = 23, /* message: key 1, val 2 */
	CRIU_MANAGE_CGROUPS = 24,
	CRIU_CG_ROOT = 25, /* message: ctrl 1, path 2 */
	CRIU_RST_SIBLING = 26,
	CRIU_INHERIT_FD = 27, /* message: key 1, fd 2 */
	CRIU_EXT_SHARING = 29,
	CRIU_EXT_MASTERS = 30,
	CRIU_MANAGE_CGROUPS_MODE = 34,
	CRIU_EXTERNAL = 37,
	CRIU_EMPTY_NS = 38,
	CRIU_JOIN_NS = 39, /* message: ns 1, ns_file 2 */
	CRIU_FREEZE_CGROUP = 44,
	CRIU_TCP_SKIP_IN_FLIGHT = 46,
	CRIU_LAZY_PAGES = 48,
	CRIU_ORPHAN_PTS_MASTER = 50,
	CRIU_CONFIG_FILE = 51,
	CRIU_TCP_CLOSE = 52,
	CRIU_LSM_PROFILE = 53,
	CRIU_LSM_MOUNT_CONTEXT = 63,
	CRIU_NETWORK_LOCK = 64,
};

/* Names in the image of namespaces that an engine had made. */
#define CRIU_KEY_NET "extRootNetNS"
#define CRIU_KEY_PID "extRootPidNS"
/* In the image directory, a list: where stdin, stdout and stderr lead to. */
#define CRIU_DESCRIPTORS "descriptors.json"

/* How the worker is started. */
struct criu_spawn {
	/* To restore: the worker gets a mount namespace of its own, in which this directory is a
	 * mount (CRIU wants its root to be one). NULL: it stays in ours. */
	const char *rootfs;
	unsigned long null_flags; /* MS_* of /dev/null in that mount namespace; 0: as it is */
	int cgroup;               /* for CLONE_INTO_CGROUP; -1: none */
	const int *tasks;         /* v1: `tasks` files to enter; -1 ends them */
	int *stdio;               /* become 0, 1 and 2, and are closed here; -1: those stay ours */
	const int *keep;          /* descriptors that it inherits beside 0, 1 and 2; -1 ends them */
	const sigset_t *mask;     /* its blocked signals; NULL: ours */
};

struct criu {
	pid_t pid; /* 0: none */
	int sock;
};

/* A criu_resp. */
struct criu_answer {
	enum criu_type type;
	bool success;
	int errnum;
	char script[32];
	pid_t pid;
	unsigned version;
	int fd; /* that came along; -1: none */
};

/** Fill @a from a message; -1 when it is malformed. */
int criu_parse_answer(const char *at, size_t len, struct criu_answer *a);

/** Start the worker, and see that it is new enough. What it needs of a container is told by
 * criu_request(). */
int criu_start(struct criu *c, const struct criu_spawn *s, struct hz_error *err);

struct criu_event {
	const char *script; /* "post-restore", …: criu(8), --action-script */
	pid_t pid;          /* 0: none */
	int fd;             /* came with it, -1: none; TAKE_FD() it to keep it */
};
typedef int (*criu_on_event)(void *data, struct criu_event *e, struct hz_error *err);

/**
 * Have it done, with the fields @opts of criu_opts. @on_event is called at each stage; where it
 * fails CRIU gives up and puts back what it can. 0; 1 when CRIU has failed, and its log tells more
 * (criu_explain()); -1 for all else.
 */
int criu_request(struct criu *c, enum criu_type type, struct buf *opts, criu_on_event on_event,
		 void *data, struct hz_error *err);

/** Let it end, and wait for that. */
int criu_wait(struct criu *c, struct hz_error *err);
/** End it, whatever it does. */
void criu_kill(struct criu *c);

/* Files of a checkpoint, and what both directions say of it. */
struct criu_place {
	int images, work; /* directories, open; work may be -1: the images' */
	const char *log;  /* file in work: "dump.log" */
	const char *work_path;
};

/** Open the directories, made where they are missing and @make says so. criu_place_close() it. */
int criu_place_open(struct criu_place *p, const char *images, const char *work, bool make,
		    struct hz_error *err);
/** The same directories in the mount namespace of the worker @pid, which works in them and mounts
 * there. */
int criu_place_enter(const struct criu_place *p, pid_t pid, struct hz_error *err);
void criu_place_close(struct criu_place *p);
/** Fields that name the place, and CRIU's configuration file of the container with these
 * annotations. */
void criu_add_place(struct buf *opts, const struct criu_place *p,
		    const struct oci_map *annotations);
/** Fields for --manage-cgroups-mode and --network-lock; NULL: CRIU's defaults. */
int criu_add_modes(struct buf *opts, const char *cgroups, const char *network_lock,
		   struct hz_error *err);
/** A network device of the host cannot be saved, unless it stays in a namespace that was joined. */
int criu_check_net_devices(const struct plan_header *h, const char *verb, struct hz_error *err);
/** Add the error that made CRIU fail, from its log file, to @err. -1 */
int criu_explain(const struct criu_place *p, struct hz_error *err);

struct criu_flag {
	bool on;
	enum criu_opt opt;
};
/** Add the fields of the flags that are on. */
void criu_add_flags(struct buf *opts, const struct criu_flag *flags, size_t n);

/** Add field @opt with a message of one or two strings. */
void criu_add_pair(struct buf *opts, enum criu_opt opt, const char *first, const char *second);
void criu_add_inherited(struct buf *opts, const char *key, int fd);

/* criu_mounts.c */
/** The mounts of process @pid that CRIU is not to save, because they are the host's. */
int criu_add_saved_mounts(struct buf *opts, const struct plan_header *h, pid_t pid,
			  struct hz_error *err);
/** The same mounts of a container to be restored: from where they come now. */
int criu_add_restored_mounts(struct buf *opts, const struct plan_header *h, struct hz_error *err);
/** The host's path of the source of a bind, in PATH_MAX bytes; -errno. */
int criu_bind_source(const struct plan_header *h, const struct plan_mount *m, char *ret);
/** Make the places in the root file system where they are to be mounted, if they are missing. */
int criu_make_mount_points(const struct plan_header *h, struct hz_error *err);

#endif
