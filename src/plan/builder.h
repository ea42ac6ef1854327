/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building a plan. Steps go to one buffer, strings and vectors to another; pool offsets are marked
 * by adding BUILDER_POOL, and builder_finish() joins the two and turns every marked offset into a
 * real one (it knows the fields of each kind from a table in builder.c). Memory failures are
 * remembered; check once at the end.
 */
#ifndef PLAN_BUILDER_H
#define PLAN_BUILDER_H

#include "plan/compile.h"

struct builder {
	struct buf steps;        /* of struct plan_step and its kin */
	struct buf pool;         /* strings and vectors */
	struct plan_header head; /* flags, nslots, strings: filled in by the compilers */
	const struct oci_config *config;
	const struct plan_facts *facts;
	const struct plan_options *opt;
	struct plan *plan; /* for warnings */
	struct hz_error *err;
	struct arena scratch; /* for the compilers' own needs */
	unsigned nfaults;     /* faults reported so far */
	/* slots of the files for the output of hooks that init runs, + 1; 0: none */
	uint32_t hook_slots[2];
	unsigned cgroup_slots; /* slots 0 … that compile_cgroup() took */
};

/* Added to the offsets of strings and vectors until builder_finish(); larger than any plan. */
#define BUILDER_POOL 0x40000000u

void builder_init(struct builder *b);
void builder_done(struct builder *b);

/**
 * Append a zeroed step of @size bytes (rounded up to a multiple of 8) and return it. The pointer is
 * good until the next builder_step(); strings and vectors may be added meanwhile. Never NULL: when
 * memory is out a static scratch step is returned and the builder fails at its end.
 */
void *builder_step(struct builder *b, enum plan_kind kind, enum plan_actor actor, size_t size,
		   const char *origin);
#define BUILDER_STEP(b, type, kind, actor, origin) \
	((type *)builder_step((b), (kind), (actor), sizeof(type), (origin)))

/** A string; NULL gives 0. Equal neighbours are not merged. */
plan_str builder_str(struct builder *b, const char *s);
plan_str builder_printf(struct builder *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** A vector of strings. */
struct plan_vec builder_strs(struct builder *b, const char *const *items, size_t n);
struct plan_vec builder_u32s(struct builder *b, const uint32_t *items, size_t n);
/** A vector of hooks (their plan_str fields hold marked offsets). */
struct plan_vec builder_hooks(struct builder *b, const struct plan_hook *items, size_t n);

/** A fault at @pointer (printf-style pointer in @b->scratch is the caller's business): error_fault
 * with HZ_E_CONFIG. Returns -1. */
int builder_fault(struct builder *b, const char *pointer, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** The same with HZ_E_UNSUPPORTED; the text becomes "<what> is not supported yet". */
int builder_unsupported(struct builder *b, const char *pointer, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** HZ_E_UNSUPPORTED with a text of its own: what this host or kernel can't do. Returns -1; 0 when
 * the options forgive it (explain). */
int builder_refuse(struct builder *b, const char *pointer, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void builder_warn(struct builder *b, const char *pointer, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** A pointer text that lives as long as the builder: builder_ptr(b, "/mounts/%zu/options/%zu", i,
 * k). Never NULL. */
const char *builder_ptr(struct builder *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** @parent/@key with the key escaped as JSON pointers want it (~0, ~1). Never NULL. */
const char *builder_key_ptr(struct builder *b, const char *parent, const char *key);

/** Join, relocate, number the steps, seal. -1 when faults were counted or memory is out. */
int builder_finish(struct builder *b, struct plan *ret);

/*
 * The compilers, in the order in which plan_compile() calls them. Each appends its steps and
 * reports its faults through the builder; they return nothing, because compilation goes on after a
 * fault to find them all.
 */
void compile_checks(struct builder *b);  /* checks.c: what is not supported yet; combinations that
					    make no sense */
void compile_prepare(struct builder *b); /* namespaces.c: STATE_DIR, then cgroup.c, then NS_OPEN */
void compile_cgroup(struct builder *b);  /* cgroup.c: CGROUP_CREATE, CGROUP_SET */
void compile_seccomp(struct builder *b); /* seccomp.c: SECCOMP_BUILD (checks the profile) */
void compile_enter(struct builder *b);   /* namespaces.c: SPAWN, CGROUP_ENTER, NS_JOIN, TIME_OFFSET,
					    FORK, maps, BECOME_ROOT, NS_UNSHARE */
void compile_net_devices(struct builder *b); /* net_devices.c: SYNC network, NET_DEVICE */
void compile_label_keys(struct builder *b);  /* labels.c: LABEL of keys */
void compile_labels(struct builder *b);      /* labels.c: LABEL of the program */
/** labels.c: context for new file systems, NULL where none is asked for or SELinux is off */
const char *plan_mount_label(const struct builder *b);
void check_labels(struct builder *b); /* labels.c */
void compile_rdt(struct builder *b);  /* rdt.c: RDT */
void compile_identity(
	struct builder *b); /* identity.c: KEYRING, HOSTNAME, DOMAINNAME, LOOPBACK_UP, SYSCTL */
void compile_rootfs(struct builder *b);        /* rootfs.c: ROOT_PROPAGATION, ROOTFS */
void compile_mounts(struct builder *b);        /* mounts.c: MOUNT, MOUNT_CGROUP */
void compile_devices(struct builder *b);       /* devices.c: DEVICE, SYMLINK, CONSOLE */
void compile_paths(struct builder *b);         /* paths.c: READONLY_PATH, MASK_PATH */
void compile_hooks_early(struct builder *b);   /* hooks.c: SYNC hooks: OOM_SCORE, HOOKS prestart,
						  createRuntime; then createContainer */
void compile_pivot(struct builder *b);         /* rootfs.c: PIVOT, ROOT_PROPAGATION final */
void compile_root_readonly(struct builder *b); /* rootfs.c: ROOT_READONLY */
void compile_process(struct builder *b);       /* process.c: TERMINAL … EXEC_LOOKUP */
void compile_ready(struct builder *b); /* process.c: SYNC ready, RLIMIT (host), RECORD, PID_FILE */
void compile_start(struct builder *b); /* process.c + hooks.c: START_WAIT, HOOKS startContainer,
					  SECCOMP_LOAD, EXEC, HOOKS poststart, poststop */

/** exec.c: SPAWN, CGROUP_ENTER, NS_ENTER, FORK, BECOME_ROOT, KEYRING of an exec */
void compile_exec_enter(struct builder *b);

/** Does the container's user namespace (new or joined, with maps in the config) know this id? true
 * when there are no maps. maps.c */
bool plan_uid_is_mapped(const struct oci_config *c, uint32_t uid);
bool plan_gid_is_mapped(const struct oci_config *c, uint32_t gid);
/** setgroups() is possible in the container: not where the gid map is one line written without
 * privilege. maps.c */
bool plan_may_setgroups(const struct builder *b);
void compile_maps(struct builder *b);      /* maps.c: ID_MAP */
void check_annotations(struct builder *b); /* annotations.c */
void check_maps(struct builder *b);        /* maps.c */
/** A helper process enters namespaces and clones init. namespaces.c */
bool plan_needs_stub(const struct builder *b);
void check_namespaces(struct builder *b); /* namespaces.c */
/** hooks.c: the files for the output of hooks that init runs. */
void compile_hook_outputs(struct builder *b);
/** Annotation run.oci.keep_original_groups: engines that map the caller's own groups ask for it.
 * annotations.c */
bool plan_keeps_groups(const struct oci_config *c);
/** PERSONALITY. scheduling.c */
void compile_personality(struct builder *b);
/** MEMORY_POLICY. scheduling.c */
void compile_memory_policy(struct builder *b);
/** IO_PRIORITY and SCHEDULER when they are this actor's. scheduling.c */
void compile_scheduling(struct builder *b, enum plan_actor actor);
/** execCPUAffinity. scheduling.c */
void check_affinity(struct builder *b);
/** CPU_AFFINITY of an exec, before the spawn or at the sync. scheduling.c */
void compile_affinity(struct builder *b, bool final);
/** A list of numbers as the kernel writes them, "0-3,7", none above @max: sets their bits in @words
 * (of max / 32 + 1 items, zeroed by the caller). False when it is none. scheduling.c */
bool plan_parse_list(const char *list, unsigned max, uint32_t *words);
/** CAPS. caps.c */
void compile_caps(struct builder *b);
/** SECCOMP_LOAD. seccomp.c */
void compile_seccomp_load(struct builder *b);
/** HOOKS of one kind, when there are any. hooks.c */
void compile_hooks(struct builder *b, enum plan_hook_kind which);
/** The first sysctl of a namespace: its JSON pointer, and its name in *ret_key; NULL when there is
 * none. sysctl.c */
const char *plan_sysctl_of(struct builder *b, int oci_ns_type, const char **ret_key);
/** SYSCTL. sysctl.c */
void compile_sysctl(struct builder *b);
/** May the host be unable to open init's files in /proc? compile.c */
bool plan_init_is_hidden(const struct builder *b);
/** OOM_SCORE when init sets its own. process.c */
void compile_own_oom_score(struct builder *b);
/** OOM_SCORE when it belongs to this sync point. process.c */
void compile_oom_score(struct builder *b, enum plan_point point);
/** Steps so far of a kind: the first one, or NULL. Good until the next builder_step(). builder.c */
const struct plan_step *builder_find(const struct builder *b, enum plan_kind kind);

/* Shared questions; each answered in the file named. */
bool plan_has_ns(const struct oci_config *c, int oci_ns_type);  /* listed at all; namespaces.c */
bool plan_new_ns(const struct oci_config *c, int oci_ns_type);  /* listed without path */
bool plan_join_ns(const struct oci_config *c, int oci_ns_type); /* listed with path */
/** Absolute lexically clean path: "/a//b/./../c" -> "/a/c"; relative ones start at "/". In
 * b->scratch; never NULL. paths.c */
const char *plan_clean_path(struct builder *b, const char *path);
/** @path as it is, or below the bundle if it is relative: lexically clean unless it has "..", which
 * may follow a link. In b->scratch; never NULL. paths.c */
const char *plan_bundle_path(struct builder *b, const char *path);
/** The kernel is at least @major.@minor. namespaces.c */
bool plan_kernel_is(const struct plan_facts *f, unsigned major, unsigned minor);
/** The root directory as an absolute path; the bundle is absolute. */
const char *plan_rootfs(struct builder *b);
/** A fault when @id is the one that no user and no group has. process.c */
void plan_check_id(struct builder *b, uint32_t id, const char *pointer);
/** Closest name to @s in a NULL-terminated list, or NULL when none is close: for "did you mean".
 * paths.c */
const char *plan_guess(const char *s, const char *const *names);

#endif
