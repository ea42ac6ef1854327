/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiler: config + options + host facts -> plan. Pure: no system call, no environment, no
 * clock, no locale. The same input gives the same bytes.
 */
#ifndef PLAN_COMPILE_H
#define PLAN_COMPILE_H

#include "base/buf.h"
#include "base/error.h"
#include "ocispec.h"
#include "plan/plan.h"

#include <stdbool.h>
#include <sys/types.h>

#define FACTS_HIERARCHIES 32

struct facts_hierarchy {
	const char *name; /* what /proc/self/cgroup calls it: "cpu,cpuacct", "name=systemd"; "" for
			     the unified one */
	const char *mountpoint; /* the best mount of it: "/sys/fs/cgroup/memory" */
	const char *own_path;   /* where the runtime itself is below it: "/user.slice" */
	/* what the mount shows of the hierarchy: "/", "/docker/ID" in a container; NULL: not looked
	 * up */
	const char *root;
};

/* What is so on this host. Collected by src/runtime/facts.c; golden tests write it by hand. Strings
 * are borrowed. */
struct plan_facts {
	uid_t euid;
	gid_t egid;
	bool in_userns;    /* the runtime itself runs in a user namespace */
	bool privileged;   /* CAP_SYS_ADMIN is effective, in the runtime's own user namespace */
	bool no_setgroups; /* setgroups(2) is denied there, and in all namespaces below it */
	bool in_time_ns;   /* … runs in a time namespace other than the initial one */
	unsigned kernel_major, kernel_minor;
	unsigned ns_supported; /* CLONE_NEW* that /proc/self/ns knows */
	unsigned cap_last;     /* highest capability of this kernel */
	uint64_t caps;         /* what the runtime may grant: its bounding set & permitted set */
	enum plan_cgroup_mode cgroup_mode;
	struct facts_hierarchy hierarchies[FACTS_HIERARCHIES];
	unsigned nhierarchies;           /* v2: one, named "" */
	const char *unified_controllers; /* of the root of the unified tree: "cpu io memory pids",
					    "" when none */
	bool selinux, apparmor;
	const char *resctrl; /* where it is mounted; NULL: nowhere */
};

/* The container that an exec goes into. */
struct plan_exec_target {
	uint32_t ns_flags;     /* CLONE_NEW*: its namespaces that are not the runtime's */
	uint32_t cgroup_slots; /* v1: `tasks` files, in slots 0 …; the pidfd of its init comes after
				*/
	bool into_cgroup;      /* there is a directory of the unified tree */
	bool no_setgroups;     /* denied in its user namespace */
};

/* What the command line asks for. */
struct plan_options {
	const char *id;
	const char *bundle;                  /* absolute */
	const struct plan_exec_target *exec; /* NULL: a container is created */
	bool no_pivot, no_new_keyring;
	bool systemd_cgroup;
	bool no_cgroup;          /* --cgroup-manager=disabled */
	bool rootless_cgroup_ok; /* rootless: cgroup permission errors are forgiven when nothing is
				    asked of it */
	bool pid_file; /* a PLAN_PID_FILE step is wanted (path is the runtime's business) */
	unsigned preserve_fds;
	unsigned listen_fds; /* LISTEN_FDS handed on: counted in preserve_fds, adds LISTEN_FDS and
				LISTEN_PID=1 to the environment */
	/* NULL, or a directory of the host that is bound to /run/notify, with NOTIFY_SOCKET in the
	 * environment: the socket notify.sock in it */
	const char *notify_dir;
	bool forgive_unsupported; /* explain: what is not supported yet becomes a warning, so that
				     the rest can be shown */
};

struct plan_warning {
	char pointer[128];
	char text[256];
	bool quiet; /* for a log (HZ_LOG_QUIET) */
};

#define PLAN_WARNINGS 32

struct plan {
	struct plan_header *h; /* owned, free() */
	size_t size;
	struct plan_warning warnings[PLAN_WARNINGS];
	unsigned nwarnings; /* may be larger than PLAN_WARNINGS: only the first are kept */
};

/**
 * Compile. All faults are reported in one go (error_fault) with their JSON pointers; what hezi does
 * not do yet is refused with HZ_E_UNSUPPORTED and "… is not supported yet". The result has been
 * verified.
 */
int plan_compile(const struct oci_config *c, const struct plan_facts *facts,
		 const struct plan_options *opt, struct plan *ret, struct hz_error *err);
/**
 * New limits for a container: the linux.resources of @c, all of them, as create would set them. @c
 * is the container's config with its resources changed; of @opt id, bundle and systemd_cgroup
 * count. The result is for cgroup_update(), and with systemd its first step, UNIT_START, has the
 * properties for cgroup_unit_set(). Faults and warnings are as of plan_compile().
 */
int plan_compile_update(const struct oci_config *c, const struct plan_facts *facts,
			const struct plan_options *opt, struct plan *ret, struct hz_error *err);
void plan_done(struct plan *p);

/**
 * Check a buffer as untrusted bytes: magic, version, size, checksum, every step inside, every
 * offset inside and NUL-terminated, enums in range, and that host and init agree: order of stages,
 * each sync once and in order, each slot opened before it is used, one spawn, one exec at the end.
 * After it succeeded the accessors of plan.h are safe.
 */
int plan_verify(const void *buf, size_t size, struct hz_error *err);

/** Fill in header.sum. */
void plan_seal(struct plan_header *h);

/** The value of an annotation, or NULL. annotations.c */
const char *plan_annotation(const struct oci_config *c, const char *key);

/** "mount", "cgroup set": the name of a step kind in messages and in explain. Never NULL. */
const char *plan_kind_name(unsigned kind);
/** "prestart", "createRuntime", … */
const char *plan_hook_kind_name(unsigned which);

struct plan_print_options {
	bool show_env; /* else the values of environment variables are shown as "***" */
};
/** `hezi explain`: the plan in order, who does each step, what it does in words, and which config
 * value asked for it. */
void plan_print_text(const struct plan_header *h, const struct plan_print_options *o,
		     struct buf *out);
int plan_print_json(const struct plan_header *h, const struct plan_print_options *o,
		    struct oci_json *j, struct hz_error *err);
/** One step in words ("mount proc on /proc (nosuid,nodev,noexec)"), for messages and explain. */
void plan_step_text(const struct plan_header *h, const struct plan_step *s,
		    const struct plan_print_options *o, struct buf *out);

#endif
