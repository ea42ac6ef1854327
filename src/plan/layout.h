/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the steps of a plan look like, as data: one table of fields per kind. The builder relocates
 * by it, the verifier checks by it and the JSON printer prints by it, so that a field that is added
 * in plan.h is added here once.
 */
#ifndef PLAN_LAYOUT_H
#define PLAN_LAYOUT_H

#include "plan/plan.h"

#include <stdbool.h>
#include <stddef.h>

/* A value or a bit (or a group of bits) and its name; a table of them ends with a NULL name. */
struct plan_value {
	uint64_t value;
	const char *name;
};

extern const struct plan_value plan_ns_values[]; /* CLONE_NEW*: "pid", "mount", … */
extern const struct plan_value plan_cgroup_mode_values[];
extern const struct plan_value plan_cgroup_mount_values[];
extern const struct plan_value plan_cgroup_set_values[];
extern const struct plan_value plan_map_how_values[];
extern const struct plan_value plan_point_values[];
extern const struct plan_value plan_rdt_values[];
extern const struct plan_value plan_label_values[];
extern const struct plan_value plan_hook_values[];
extern const struct plan_value plan_pivot_values[];
extern const struct plan_value plan_rlimit_values[];      /* "RLIMIT_CPU", … */
extern const struct plan_value plan_sched_values[];       /* SCHED_*: "SCHED_OTHER", … */
extern const struct plan_value plan_sched_flag_values[];  /* SCHED_FLAG_* */
extern const struct plan_value plan_io_class_values[];    /* IOPRIO_CLASS_* */
extern const struct plan_value plan_personality_values[]; /* PER_*: "LINUX", "LINUX32" */
extern const struct plan_value plan_mpol_values[];        /* MPOL_* */
extern const struct plan_value plan_mpol_flag_values[];   /* MPOL_F_* */
extern const struct plan_value plan_mount_values[];       /* PLAN_MOUNT_* */
extern const struct plan_value plan_attr_values[];        /* MOUNT_ATTR_* to set */
extern const struct plan_value plan_attr_clear_values[];  /* MOUNT_ATTR_* to clear */
extern const struct plan_value plan_sb_values[];          /* MS_* of the super block */
extern const struct plan_value plan_propagation_values[]; /* MS_SHARED … and MS_REC */
extern const struct plan_value plan_node_values[];        /* S_IFCHR, S_IFBLK, S_IFIFO */
extern const struct plan_value plan_filter_values[];      /* SECCOMP_FILTER_FLAG_* */
extern const struct plan_value plan_action_values[];      /* enum oci_seccomp_action */
extern const struct plan_value plan_cap_values[];         /* 1 << CAP_*: "CAP_CHOWN", … */

/** Name of @value in a table, or NULL. */
const char *plan_value_name(const struct plan_value *values, uint64_t value);
/** Value of @name; false when it is not in the table. */
bool plan_value_find(const struct plan_value *values, const char *name, uint64_t *ret);
/** The name in a table that @name was perhaps meant to be, or NULL. */
const char *plan_value_guess(const struct plan_value *values, const char *name);
/** All bits of a table. */
uint64_t plan_value_mask(const struct plan_value *values);

enum layout_type {
	LAYOUT_STR,   /* plan_str, may be 0 */
	LAYOUT_TEXT,  /* plan_str, not 0 */
	LAYOUT_ABS,   /* plan_str, an absolute path */
	LAYOUT_CLEAN, /* plan_str, an absolute path without "//", ".", "..", trailing "/" */
	LAYOUT_KEY,   /* plan_str, a relative path that is as clean */
	LAYOUT_NAME,  /* plan_str, a file name */
	LAYOUT_STRS,  /* plan_vec of plan_str */
	LAYOUT_ENV,   /* the same, "NAME=value" */
	LAYOUT_U32S,  /* plan_vec of uint32_t */
	LAYOUT_HOOKS, /* plan_vec of struct plan_hook */
	LAYOUT_U32,
	LAYOUT_BOOL, /* uint32_t, 0 or 1 */
	LAYOUT_I32,
	LAYOUT_I64,
	LAYOUT_U64,
	LAYOUT_ENUM,   /* uint32_t of `values` */
	LAYOUT_BITS,   /* uint32_t, bits of `values` */
	LAYOUT_BITS64, /* uint64_t, bits of `values` */
};

struct layout_field {
	const char *name;
	enum layout_type type;
	uint32_t offset;
	const struct plan_value *values;
};

#define LAYOUT_HOST (1u << PLAN_HOST)
#define LAYOUT_INIT (1u << PLAN_INIT)
#define LAYOUT_BOTH (1u << PLAN_BOTH)

struct layout {
	const char *name;
	uint32_t size;
	uint32_t actors; /* LAYOUT_*: who may do it */
	bool once;       /* at most one in a plan */
	uint8_t rank;    /* place in time: ranks never go down; 0: decided by the verifier */
	const struct layout_field *fields; /* ends with a NULL name */
};

/** NULL for no kind. */
const struct layout *layout_of(unsigned kind);
extern const struct layout_field layout_hook_fields[];

static inline bool layout_is_str(enum layout_type t)
{
	return t <= LAYOUT_NAME;
}

static inline bool layout_is_vec(enum layout_type t)
{
	return t >= LAYOUT_STRS && t <= LAYOUT_HOOKS;
}

/* Ranks of the kinds whose place depends on more than their kind are named here. */
enum layout_rank {
	RANK_VARIES,
	RANK_STATE_DIR,
	RANK_CGROUP_CREATE,
	RANK_CGROUP_SET,
	RANK_NS_OPEN,
	RANK_SECCOMP_BUILD,
	RANK_SPAWN,
	RANK_UNIT_START, /* and the CGROUP_SETs after it */
	RANK_CGROUP_ENTER,
	RANK_NS_JOIN,
	RANK_TIME_EARLY, /* NS_UNSHARE, TIME_OFFSET of a stub */
	RANK_FORK,
	RANK_SYNC_MAPS,
	RANK_ID_MAP,
	RANK_BECOME_ROOT,
	RANK_UNSHARE, /* NS_UNSHARE, TIME_OFFSET of the final init */
	RANK_SYNC_NETWORK,
	RANK_NET_DEVICE,
	RANK_IDENTITY,
	RANK_SYSCTL,
	RANK_PROPAGATION,
	RANK_ROOTFS,
	RANK_MOUNT,
	RANK_DEVICE,
	RANK_PATHS,
	RANK_SYNC_HOOKS,
	RANK_HOOKS_PRESTART,
	RANK_HOOKS_CREATE_RUNTIME,
	RANK_HOOKS_CREATE_CONTAINER,
	RANK_PIVOT,
	RANK_ROOT_FINAL,
	RANK_TERMINAL,
	RANK_LIMITS,
	RANK_USER,
	RANK_CAPS,
	RANK_EXEC_LOOKUP,
	RANK_SYNC_READY,
	RANK_RLIMIT_HOST,
	RANK_RDT,
	RANK_RECORD,
	RANK_PID_FILE,
	RANK_START_WAIT,
	RANK_HOOKS_START_CONTAINER,
	RANK_RLIMIT_LAST,
	RANK_SECCOMP_LOAD,
	RANK_EXEC,
	RANK_HOOKS_POSTSTART,
	RANK_HOOKS_POSTSTOP,
};

#endif
