/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: everything that will be done for a container, in order, as one position-independent
 * buffer. Types only; this header is also read by the freestanding init, so it needs nothing but
 * stdint. It has more than 600 lines because a plan is one format: its steps are read side by side.
 *
 * A plan is a header, then steps of varying size (each a multiple of 8 bytes, starting with struct
 * plan_step), then strings and vectors. A plan_str or plan_vec is an offset from the start of the
 * buffer; 0 means none. Strings end with NUL.
 *
 * Each step has an actor: the host side (runtime), the init side (in the box), or both (the sync
 * points). The order in the buffer is the order in time with two exceptions that the protocol makes
 * good: host steps before PLAN_SPAWN happen before init exists, and host steps after it happen only
 * between a PLAN_SYNC (init stops and tells) and the next step of init (host lets it go on).
 *
 *   stage    actor  steps
 *   prepare  host   STATE_DIR, CGROUP_CREATE, CGROUP_DEVICES, CGROUP_SET…,
 *                   NS_OPEN…, HOOK_OUTPUT…, SECCOMP_BUILD
 *   spawn    host   SPAWN; with systemd UNIT_START, CGROUP_DEVICES, CGROUP_SET…
 *   enter    init   CGROUP_ENTER, NS_JOIN…, of a stub: NS_UNSHARE (time), TIME_OFFSET…, FORK
 *            both   SYNC maps (new user namespace); host: ID_MAP…, OOM_SCORE
 *            init   BECOME_ROOT, NS_UNSHARE (time, cgroup), TIME_OFFSET…
 *            both   SYNC network, with devices to move; host: NET_DEVICE…
 *   box      init   LABEL (of keys), KEYRING, HOSTNAME, DOMAINNAME, LOOPBACK_UP, SYSCTL…,
 *                   ROOT_PROPAGATION, ROOTFS, MOUNT…, DEVICE…, SYMLINK…, CONSOLE,
 *                   READONLY_PATH…, MASK_PATH…
 *            both   SYNC hooks, when there are; host: OOM_SCORE, HOOKS prestart, createRuntime
 *            init   HOOKS createContainer, LABEL…, PIVOT, ROOT_READONLY,
 *                   ROOT_PROPAGATION (final)
 *   process  init   TERMINAL or STDIO_OWNER, CWD, RLIMIT_RAISE…, UMASK, NO_NEW_PRIVS,
 *                   PERSONALITY, MEMORY_POLICY, IO_PRIORITY, SCHEDULER, USER, CAPS, EXEC_LOOKUP
 *   ready    both   SYNC ready; host: OOM_SCORE, with a user namespace RLIMIT_RAISE…,
 *                   IO_PRIORITY, SCHEDULER; RDT, RECORD, PID_FILE
 *   start    init   START_WAIT, HOOKS startContainer, RLIMIT…, SECCOMP_LOAD, EXEC
 *            host   HOOKS poststart
 *   delete   host   HOOKS poststop
 *
 * The plan of an exec (PLAN_F_EXEC) has SECCOMP_BUILD, SPAWN, CGROUP_ENTER, LABEL…, NS_ENTER,
 * FORK, BECOME_ROOT, KEYRING, the stage "process", SYNC ready with OOM_SCORE, RLIMIT_RAISE and
 * PID_FILE, RLIMIT, SECCOMP_LOAD, EXEC.
 *
 * The plan of an update (PLAN_F_UPDATE) has CGROUP_DEVICES and CGROUP_SETs alone; with systemd
 * UNIT_START before them, whose properties are to be set.
 *
 * OOM_SCORE stands after CGROUP_ENTER where init sets its own, else at the first sync that is
 * there, of those that list it. RLIMIT_NPROC takes the place of its RLIMIT_RAISE.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <stdint.h>

#define PLAN_MAGIC     0x7a68706eu /* "nphz" in memory */
#define PLAN_VERSION   2u
#define PLAN_ALIGN     8u
#define PLAN_MAX       (64u << 20) /* bytes */
#define PLAN_SLOTS_MAX 64u         /* INIT_SLOTS_MAX of the protocol */

typedef uint32_t plan_str;
struct plan_vec {
	uint32_t off; /* of the first item; items are plan_str unless the field says otherwise */
	uint32_t n;
};

struct plan_header {
	uint32_t magic, version;
	uint32_t size; /* bytes of the whole buffer */
	uint32_t nsteps;
	uint32_t first; /* offset of the first step */
	uint32_t flags; /* PLAN_F_* */
	/* descriptors that the host hands to init at boot: PLAN_NS_OPEN,
	 * PLAN_CGROUP_ENTER, PLAN_HOOK_OUTPUT */
	uint32_t nslots;
	uint32_t sum; /* of the buffer with this field 0 (plan_seal): finds cut and garbled files */
	plan_str id, bundle, rootfs; /* as given; bundle and rootfs absolute */
	uint32_t preserve_fds;       /* fds 3 … 3+n-1 go through to the container */
};

#define PLAN_F_TERMINAL (1u << 0) /* process.terminal */
/* the container has a pid namespace of its own: its init's death ends all of it */
#define PLAN_F_NEW_PID (1u << 1)
/* the spawned process forks (PLAN_FORK); the container's init is its sibling */
#define PLAN_F_STUB      (1u << 2)
#define PLAN_F_USERNS    (1u << 3) /* in a user namespace other than the runtime's */
#define PLAN_F_HAS_START (1u << 4) /* process is there, so `start` is possible */
/* bind sources are opened by the host on demand (PLAN_MOUNT_HOST_SOURCE) */
#define PLAN_F_SOURCES (1u << 5)
/* one more process for a container that is there (exec) */
#define PLAN_F_EXEC (1u << 6)
/* new limits for a container that is there */
#define PLAN_F_UPDATE (1u << 7)
/* While it waits for start, init may be looked at by processes with rights over its user namespace:
 * a runtime without privileges can enter the namespaces of no other process (exec in a created
 * container). What waits holds no descriptor but its socket. */
#define PLAN_F_SEEN_WAITING (1u << 8)
/* Init hands its own /proc/self/stat to the host, whose /proc may hide it (hidepid of proc(5)). */
#define PLAN_F_TELL_STAT (1u << 9)

enum plan_actor {
	PLAN_HOST,
	PLAN_INIT,
	PLAN_BOTH,
};

enum plan_kind {
	PLAN_NONE, /* never in a plan */
	/* host */
	PLAN_STATE_DIR,
	PLAN_CGROUP_CREATE,
	PLAN_CGROUP_SET,
	PLAN_NS_OPEN,
	PLAN_HOOK_OUTPUT,
	PLAN_SECCOMP_BUILD,
	PLAN_SPAWN,
	PLAN_ID_MAP,
	PLAN_OOM_SCORE,
	PLAN_RECORD,
	PLAN_PID_FILE,
	/* both */
	PLAN_SYNC,
	PLAN_HOOKS,  /* actor says whose */
	PLAN_RLIMIT, /* actor says whose */
	/* init: enter */
	PLAN_CGROUP_ENTER,
	PLAN_NS_JOIN,
	PLAN_NS_UNSHARE,
	PLAN_TIME_OFFSET,
	PLAN_FORK,
	PLAN_BECOME_ROOT,
	/* init: box */
	PLAN_KEYRING,
	PLAN_HOSTNAME,
	PLAN_DOMAINNAME,
	PLAN_LOOPBACK_UP,
	PLAN_SYSCTL,
	PLAN_ROOT_PROPAGATION,
	PLAN_ROOTFS,
	PLAN_MOUNT,
	PLAN_MOUNT_CGROUP,
	PLAN_DEVICE,
	PLAN_SYMLINK,
	PLAN_CONSOLE,
	PLAN_READONLY_PATH,
	PLAN_MASK_PATH,
	PLAN_PIVOT,
	PLAN_ROOT_READONLY,
	/* init: process */
	PLAN_TERMINAL,
	PLAN_STDIO_OWNER, /* device nodes of the host are replaced, pipes and files given */
	PLAN_CWD,
	PLAN_UMASK,
	PLAN_NO_NEW_PRIVS,
	PLAN_PERSONALITY,
	PLAN_MEMORY_POLICY,
	PLAN_IO_PRIORITY, /* actor says whose */
	PLAN_SCHEDULER,   /* actor says whose */
	PLAN_USER,
	PLAN_CAPS,
	PLAN_EXEC_LOOKUP,
	/* init: start */
	PLAN_START_WAIT,
	PLAN_SECCOMP_LOAD,
	PLAN_EXEC,
	/* init: enter, of an exec */
	PLAN_NS_ENTER,
	/* host, after the spawn */
	PLAN_UNIT_START,
	/* host, among the CGROUP_SETs */
	PLAN_CGROUP_DEVICES,
	/* host, at the sync "network" */
	PLAN_NET_DEVICE,
	/* init, while the host's procfs can be reached */
	PLAN_LABEL,
	/* host, of an exec: before the spawn, and at the sync "ready" */
	PLAN_CPU_AFFINITY,
	/* host, at the sync "ready" */
	PLAN_RDT,
	PLAN_RLIMIT_RAISE, /* actor says whose */
	PLAN_KIND_COUNT,
};

/* Every step begins so. */
struct plan_step {
	uint16_t kind; /* enum plan_kind */
	uint8_t actor; /* enum plan_actor */
	uint8_t pad;
	uint32_t size; /* bytes to the next step, a multiple of 8 */
	/* JSON pointer of the config value that asked for it; 0: a rule of the spec or of hezi */
	plan_str origin;
	uint32_t index; /* 0, 1, 2 … in the plan: names the step in messages of init */
} __attribute__((aligned(8)));

struct plan_state_dir {
	struct plan_step s;
	plan_str id;
};

#include "plan/cgroup_steps.h"

struct plan_ns_open {
	struct plan_step s;
	uint32_t type; /* CLONE_NEW* */
	plan_str path;
	uint32_t slot; /* where init finds the descriptor */
	/* It may not be the runtime's own: this value (a JSON pointer, and in words) would change
	 * the host. 0: it may. */
	plan_str owner, owner_words;
};

/* A device of the runtime's network namespace goes to the container's: with its addresses, and set
 * up there. */
struct plan_net_device {
	struct plan_step s;
	plan_str name;
	plan_str new_name; /* ends in "%d": the first free number */
};

/* A file that hooks append to, for those that init runs. */
struct plan_hook_output {
	struct plan_step s;
	plan_str path;
	uint32_t slot;
};

struct plan_seccomp_build {
	struct plan_step s;
	uint32_t default_action; /* enum oci_seccomp_action, for the printer */
	uint32_t nrules;         /* syscalls entries */
	struct plan_vec archs;
	uint32_t flags; /* SECCOMP_FILTER_FLAG_* */
	uint32_t pad;
};

struct plan_spawn {
	struct plan_step s;
	uint64_t clone_flags; /* CLONE_NEW* of the spawned process (a stub has none) */
	uint32_t into_cgroup; /* 1: clone3(CLONE_INTO_CGROUP) on the unified tree */
	uint32_t pad;
};

struct plan_id_map {
	struct plan_step s;
	uint32_t is_gid;
	uint32_t how;            /* enum plan_map_how */
	plan_str text;           /* "0 1000 1\n…" as uid_map takes it */
	uint32_t deny_setgroups; /* write "deny" to setgroups first */
};
enum plan_map_how {
	PLAN_MAP_WRITE,
	PLAN_MAP_HELPER, /* newuidmap(1)/newgidmap(1) */
};

struct plan_oom_score {
	struct plan_step s;
	int32_t value;
	uint32_t pad;
};

struct plan_record {
	struct plan_step s;
};

/* Init stops here, sends INIT_SYNC and waits for HOST_GO; the host does its steps up to the next
 * sync meanwhile. */
struct plan_sync {
	struct plan_step s;
	uint32_t point; /* enum plan_point */
	uint32_t pad;
};
enum plan_point {
	PLAN_POINT_MAPS, /* user namespace is there: write the maps */
	/* namespaces and mounts are made, root not yet changed: prestart, createRuntime hooks */
	PLAN_POINT_HOOKS,
	PLAN_POINT_READY, /* all is done but the start: record, pid file */
	/* init is in its network namespace: devices move in */
	PLAN_POINT_NETWORK,
	PLAN_POINT_COUNT,
};

enum plan_hook_kind {
	PLAN_HOOK_PRESTART,
	PLAN_HOOK_CREATE_RUNTIME,
	PLAN_HOOK_CREATE_CONTAINER,
	PLAN_HOOK_START_CONTAINER,
	PLAN_HOOK_POSTSTART,
	PLAN_HOOK_POSTSTOP,
	PLAN_HOOK_KINDS,
};
struct plan_hook {
	plan_str path;
	struct plan_vec argv; /* argv[0] included: from config, or the path */
	struct plan_vec envp;
	uint32_t timeout; /* seconds, 0: none given */
	plan_str origin;  /* /hooks/poststop/1 */
	/* 1: of the host, and config.json has no `env`: it gets the runtime's own environment */
	uint32_t inherits_env;
};
/* stdin of a hook is: head, the pid in decimal as the hook's place sees it, tail. */
struct plan_hooks {
	struct plan_step s;
	uint32_t which;        /* enum plan_hook_kind */
	plan_str head, tail;   /* {"ociVersion":…,"status":"creating","pid":  |  ,"bundle":…} */
	struct plan_vec hooks; /* of struct plan_hook */
	/* files for their output, or 0: it is kept for the error. Of the host's hooks the host
	 * opens them; those of init are in slots, + 1, or 0. */
	plan_str out, err;
	uint32_t out_slot, err_slot;
};

/* RLIMIT sets both values. RLIMIT_RAISE raises those that are lower and keeps the others: init
 * needs privilege for the first and has none left when it sets the limits of the program. */
struct plan_rlimit {
	struct plan_step s;
	uint32_t resource; /* RLIMIT_* */
	plan_str name;
	uint64_t soft, hard;
};

/* v1: write "0" to the `tasks` file in each of the slots; the unified tree was entered by clone3.
 */
struct plan_cgroup_enter {
	struct plan_step s;
	uint32_t first_slot, nslots;
};

struct plan_ns_join {
	struct plan_step s;
	uint32_t type; /* CLONE_NEW* */
	uint32_t slot;
	plan_str path;
	/* when the process is about to enter a user namespace: try first before it; EPERM is then
	 * no error and the join is tried again after it */
	uint32_t before_user;
};

/* setns(2) with the pidfd of the container's init */
struct plan_ns_enter {
	struct plan_step s;
	uint32_t flags; /* CLONE_NEW*, 0: all are shared */
	uint32_t slot;
};

struct plan_ns_unshare {
	struct plan_step s;
	uint32_t flags; /* CLONE_NEW* */
	uint32_t pad;
};

struct plan_time_offset {
	struct plan_step s;
	plan_str clock; /* "monotonic", "boottime" */
	uint32_t nanosecs;
	int64_t secs;
};

/* The stub makes the container's init: clone3(clone_flags | CLONE_PARENT); the stub then exits. */
struct plan_fork {
	struct plan_step s;
	uint64_t clone_flags;
};

/* setgroups([]), setresgid(0), setresuid(0) in the user namespace, where 0 is mapped */
struct plan_become_root {
	struct plan_step s;
	uint32_t setgroups; /* 0: denied there */
	uint32_t pad;
};

/* HOSTNAME, DOMAINNAME, KEYRING (name), CWD (path), READONLY_PATH, MASK_PATH, PID_FILE */
struct plan_text {
	struct plan_step s;
	plan_str text;
	uint32_t flag; /* READONLY_PATH, MASK_PATH: 1 = missing is fine */
};

enum plan_label_file {
	PLAN_LABEL_APPARMOR,    /* profile of the program: attr/apparmor/exec */
	PLAN_LABEL_SELINUX,     /* context of the program: attr/exec */
	PLAN_LABEL_SELINUX_KEY, /* context of the keyring: attr/keycreate; the execve resets it */
	PLAN_LABEL_COUNT,
};

/* What is written to a file in /proc/thread-self/attr (proc_pid_attr(5)). It lasts until the
 * program is executed, and goes to children, so it comes after all programs that are not the
 * container's. */
struct plan_label {
	struct plan_step s;
	plan_str text;
	uint32_t file; /* enum plan_label_file */
};

/* The container's class of service and monitoring group (resctrl). */
struct plan_rdt {
	struct plan_step s;
	plan_str root;    /* of the mounted resctrl */
	plan_str group;   /* directory below it; 0: the root group */
	plan_str monitor; /* directory in mon_groups of the group; 0: none */
	plan_str schemata;
	uint32_t flags; /* PLAN_RDT_* */
	uint32_t pad;
};
#define PLAN_RDT_OWN (1u << 0) /* the group is made for this container, and goes with it */
#define PLAN_RDT_MAKE \
	(1u << 1) /* made when it is missing; when it is there its schemata must be these */

struct plan_bare { /* LOOPBACK_UP, ROOT_READONLY, NO_NEW_PRIVS, STDIO_OWNER, CONSOLE … */
	struct plan_step s;
};

struct plan_sysctl {
	struct plan_step s;
	plan_str key; /* as a path below /proc/sys: "net/ipv4/ip_forward" */
	plan_str value;
};

struct plan_root_propagation {
	struct plan_step s;
	uint64_t flags; /* MS_SHARED|MS_SLAVE|MS_PRIVATE|MS_UNBINDABLE [|MS_REC] on "/" */
	uint32_t final; /* 0: before the rootfs is mounted; 1: on the new root after the pivot */
	uint32_t pad;
};

struct plan_rootfs {
	struct plan_step s;
	plan_str path; /* absolute, of the runtime's mount namespace */
	/* the mount below has to be made private first (shared root propagation) */
	uint32_t parent_private;
	/* there is no mount namespace: mounted, privately, where the host sees it; `delete` takes
	 * it away again */
	uint32_t on_host;
	uint32_t pad;
};

/*
 * One mount. Variants that init may choose among at apply time: whether a missing target becomes a
 * directory or an (empty) file (a file exactly when the source is not a directory); whether the
 * source comes from init or over the socket (HOST_SOURCE).
 */
struct plan_mount {
	struct plan_step s;
	plan_str type;               /* file system type; 0 for binds */
	plan_str source;             /* bind: absolute path; else the source string */
	plan_str target;             /* in the container, absolute and lexically clean */
	uint32_t flags;              /* PLAN_MOUNT_* */
	struct plan_vec data;        /* file system options, "key=value" or "key" */
	uint64_t attr_set, attr_clr; /* MOUNT_ATTR_* for the mount */
	uint64_t rec_set, rec_clr; /* MOUNT_ATTR_* for the mount and all below (rro, rnosuid …) */
	/* MS_SYNCHRONOUS, MS_DIRSYNC, MS_MANDLOCK, MS_LAZYTIME, MS_SILENT, MS_I_VERSION, MS_RDONLY
	 * for new file systems */
	uint64_t sb_flags;
	uint64_t propagation; /* MS_* [|MS_REC], 0: leave */
	/* idmap: text for uid_map; 0 with PLAN_MOUNT_IDMAP: those of the container's user namespace
	 */
	plan_str uid_map, gid_map;
	plan_str label; /* SELinux context of the new root directory, where the file system does not
			   take it as an option; 0: none */
	uint32_t pad;
};
#define PLAN_MOUNT_BIND      (1u << 0)
#define PLAN_MOUNT_REC       (1u << 1) /* rbind */
#define PLAN_MOUNT_TMPCOPYUP (1u << 2)
/* proc, sysfs: the target must be an ordinary directory, no link on the way (CVE-2019-19921) */
#define PLAN_MOUNT_REAL_DIR (1u << 3)
/* ask the host for the source: INIT_NEED_SOURCE, comes back as a detached tree. A mount that is no
 * bind, or one of the container, goes along with the question, and comes back with its ids mapped.
 */
#define PLAN_MOUNT_HOST_SOURCE (1u << 4)
#define PLAN_MOUNT_IDMAP       (1u << 5)
#define PLAN_MOUNT_RIDMAP      (1u << 6)
/* only change the attributes of what is mounted at the target */
#define PLAN_MOUNT_REMOUNT (1u << 7)
/* where a new sysfs is refused (EPERM, no network namespace of its own): bind the host's /sys,
 * recursively and read-only */
#define PLAN_MOUNT_SYSFS_BIND (1u << 8)
/* tmpfs without mode=: take the mode of the directory below, if it is there already */
#define PLAN_MOUNT_KEEP_MODE (1u << 9)
/* binds: a source that is a link is bound itself; is copied as a link, and nothing is mounted */
#define PLAN_MOUNT_SRC_NOFOLLOW (1u << 10)
#define PLAN_MOUNT_COPY_SYMLINK (1u << 11)
/* a link at the target is mounted over, not followed */
#define PLAN_MOUNT_DEST_NOFOLLOW (1u << 12)
/* a bind whose source is in the container, as it is at that moment */
#define PLAN_MOUNT_SRC_INSIDE (1u << 13)

/* /sys/fs/cgroup in the container. */
struct plan_mount_cgroup {
	struct plan_step s;
	plan_str target;
	uint32_t mode;    /* enum plan_cgroup_mode */
	uint32_t variant; /* enum plan_cgroup_mount */
	uint32_t pad;
	uint64_t attr_set, attr_clr;
	uint64_t propagation;
	/* v1: directory names below the target ("cpu,cpuacct", "systemd", "unified") */
	struct plan_vec names;
	/* v1, NEW: mount option of each ("cpu,cpuacct", "none,name=systemd", "" for cgroup2); BIND:
	 * host directory of each */
	struct plan_vec options;
	struct plan_vec links; /* v1: "name=target" symlinks ("cpu=cpu,cpuacct") */
	plan_str path;         /* v2 BIND: host directory */
	uint32_t pad2;
};
enum plan_cgroup_mount {
	PLAN_CGROUP_MOUNT_NEW, /* inside a new cgroup namespace */
	PLAN_CGROUP_MOUNT_BIND,
};

/* Variants: mknod; where that is refused (user namespace: bind = 1 from the start) the host's node
 * is bound onto an empty file. */
struct plan_device {
	struct plan_step s;
	plan_str path; /* in the container, absolute and lexically clean */
	uint32_t type; /* S_IFCHR, S_IFBLK, S_IFIFO */
	uint32_t mode; /* permission bits */
	uint32_t major, minor;
	uint32_t uid, gid;
	uint32_t bind;
	/* one of the spec's list: a fitting node that is there is left alone */
	uint32_t is_default;
};

struct plan_symlink {
	struct plan_step s;
	plan_str target, path; /* path is in the container; replaced when it is there and no such
				  link (only /dev/ptmx), else left alone */
};

struct plan_pivot {
	struct plan_step s;
	uint32_t how; /* enum plan_pivot_how */
	uint32_t pad;
};
enum plan_pivot_how {
	PLAN_PIVOT_ROOT,
	PLAN_PIVOT_MOVE,   /* --no-pivot: MS_MOVE + chroot */
	PLAN_PIVOT_CHROOT, /* no mount namespace of its own */
};

struct plan_terminal {
	struct plan_step s;
	uint32_t rows, cols; /* 0: leave */
	uint32_t uid, pad;   /* owner of the slave */
};

struct plan_umask {
	struct plan_step s;
	uint32_t mask, pad;
};

/* sched_setattr(2) */
struct plan_scheduler {
	struct plan_step s;
	uint32_t policy;   /* SCHED_* of the kernel */
	int32_t nice;      /* -20 … 19 */
	uint32_t priority; /* 1 … 99 with FIFO and RR */
	uint32_t pad;
	uint64_t flags;                     /* SCHED_FLAG_* */
	uint64_t runtime, deadline, period; /* nanoseconds, with DEADLINE */
};

/* ioprio_set(2) */
struct plan_io_priority {
	struct plan_step s;
	uint32_t class; /* IOPRIO_CLASS_* */
	uint32_t level; /* 0 … 7 */
};

struct plan_personality {
	struct plan_step s;
	uint32_t domain; /* PER_* */
	uint32_t pad;
};

#define PLAN_MPOL_WEIGHTED_INTERLEAVE 6 /* Linux 6.9; not in older headers */

/* set_mempolicy(2) */
struct plan_memory_policy {
	struct plan_step s;
	uint32_t mode;         /* MPOL_* */
	uint32_t flags;        /* MPOL_F_* */
	struct plan_vec nodes; /* of uint32_t, an even number: a mask, lowest nodes first */
};

/* sched_setaffinity(2). The first one is that of the runtime while it spawns, and so the process
 * has it on its way into the cgroup; where that has other CPUs, these are forced on it. */
struct plan_cpu_affinity {
	struct plan_step s;
	uint32_t final; /* of the process, in its cgroup */
	uint32_t pad;
	struct plan_vec cpus; /* of uint32_t, an even number: a mask, lowest CPUs first */
};

struct plan_user {
	struct plan_step s;
	uint32_t uid, gid;
	struct plan_vec groups; /* of uint32_t */
	uint32_t setgroups;     /* 0: do not call setgroups (denied, or keep the caller's) */
	uint32_t pad;
};

struct plan_caps {
	struct plan_step s;
	uint64_t bounding, effective, permitted, inheritable, ambient;
	uint64_t all;          /* mask of the capabilities that this kernel knows */
	uint32_t no_new_privs; /* 1: seccomp can be loaded without CAP_SYS_ADMIN */
	/* 1: a filter follows and needs CAP_SYS_ADMIN: keep it until it is loaded, then drop to the
	 * sets above */
	uint32_t late_seccomp;
};

/* The program is looked for at create time, as the container's user, in the PATH of its
 * environment. */
struct plan_exec {
	struct plan_step s;
	struct plan_vec argv, envp;
	plan_str path; /* PATH of the environment, or a default when it has none (as crun) */
	plan_str cwd;
	/* HOME is missing: look the uid up in /etc/passwd of the container ("/" when it is not
	 * there) */
	uint32_t need_home;
	uint32_t uid;
};
/* PLAN_EXEC_LOOKUP and PLAN_EXEC are both a struct plan_exec with the same content */

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* Linux 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* With SECCOMP_FILTER_FLAG_NEW_LISTENER init hands the listener to the host and executes nothing
 * before the host has given it to the agent at @listener. */
struct plan_seccomp_load {
	struct plan_step s;
	uint32_t flags;    /* SECCOMP_FILTER_FLAG_* */
	plan_str listener; /* path of the agent's socket, 0: no listener */
	plan_str metadata; /* for the agent, 0: none */
	/* 1: a host without privileges may take the listener (PR_SET_DUMPABLE); only where init is
	 * the first process of its pid namespace, so that nobody else is there who might */
	uint32_t dumpable;
};

#include "plan/access.h"

#endif
