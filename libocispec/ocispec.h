/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents of the OCI runtime-spec 1.3 as C structs: config.json (Linux part), process.json,
 * linux.resources, state.
 *
 * Everything lives in the arena given to the decoder. Absent is not zero: scalars are `oci_*`
 * pairs with `set`; strings, objects and arrays are NULL when absent (an empty array has items !=
 * NULL and n == 0). Enums hold the values below and are valid whenever `set`. The decoder has
 * checked types, ranges, required keys and enum names; what needs knowledge of Linux is the
 * compiler's (src/plan).
 */
#ifndef OCISPEC_H
#define OCISPEC_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OCI_VERSION_MIN "1.0.0"
#define OCI_VERSION_MAX "1.3.0"
#define OCI_CONFIG_MAX  (16u << 20) /* bytes of a document */
#define OCI_DEPTH_MAX   128

struct oci_bool {
	bool v, set;
};
struct oci_i32 {
	int32_t v;
	bool set;
};
struct oci_i64 {
	int64_t v;
	bool set;
};
struct oci_u16 {
	uint16_t v;
	bool set;
};
struct oci_u32 {
	uint32_t v;
	bool set;
};
struct oci_u64 {
	uint64_t v;
	bool set;
};
struct oci_enum {
	int v;
	bool set;
};

struct oci_strings {
	const char **items;
	size_t n;
};
struct oci_u32s {
	uint32_t *items;
	size_t n;
};
struct oci_enums {
	int *items;
	size_t n;
};

struct oci_pair {
	const char *key, *value;
};
struct oci_map {
	struct oci_pair *items;
	size_t n;
}; /* in the order of the document */

struct oci_id_map {
	struct oci_u32 container_id, host_id, size;
};
struct oci_id_maps {
	struct oci_id_map *items;
	size_t n;
};

struct oci_root {
	const char *path;
	struct oci_bool readonly;
};

struct oci_mount {
	const char *destination, *type, *source;
	struct oci_strings options;
	struct oci_id_maps uid_mappings, gid_mappings;
};
struct oci_mounts {
	struct oci_mount *items;
	size_t n;
};

struct oci_user {
	struct oci_u32 uid, gid, umask;
	struct oci_u32s additional_gids;
	const char *username;
};
struct oci_console_size {
	struct oci_u64 height, width;
};
struct oci_capabilities {
	struct oci_strings bounding, effective, inheritable, permitted, ambient;
};
struct oci_rlimit {
	const char *type;
	struct oci_u64 soft, hard;
};
struct oci_rlimits {
	struct oci_rlimit *items;
	size_t n;
};

enum oci_io_class {
	OCI_IOPRIO_RT,
	OCI_IOPRIO_BE,
	OCI_IOPRIO_IDLE
};
struct oci_io_priority {
	struct oci_enum class_;
	struct oci_i32 priority;
};

/* the order is that of the schema's lists, in all enums below */
enum oci_sched_policy {
	OCI_SCHED_OTHER,
	OCI_SCHED_FIFO,
	OCI_SCHED_RR,
	OCI_SCHED_BATCH,
	OCI_SCHED_ISO,
	OCI_SCHED_IDLE,
	OCI_SCHED_DEADLINE
};
struct oci_scheduler {
	struct oci_enum policy;
	struct oci_i32 nice, priority;
	/* index into SCHED_FLAG_ RESET_ON_FORK, RECLAIM, DL_OVERRUN, KEEP_POLICY, KEEP_PARAMS,
	 * UTIL_CLAMP_MIN, UTIL_CLAMP_MAX */
	struct oci_enums flags;
	struct oci_u64 runtime, deadline, period;
};
struct oci_cpu_affinity {
	const char *initial, *final;
};

/* A key that is ignored, but only differs in upper and lower case from one that is not. */
struct oci_odd_key {
	const char *pointer;
	const char *key, *known;
	struct oci_odd_key *next;
};

struct oci_process {
	struct oci_bool terminal;
	struct oci_console_size *console_size;
	struct oci_user *user;
	struct oci_strings args, env;
	const char *command_line; /* Windows only, kept to be ignored */
	const char *cwd;
	struct oci_capabilities *capabilities;
	struct oci_rlimits rlimits;
	struct oci_bool no_new_privileges;
	const char *apparmor_profile, *selinux_label;
	struct oci_i32 oom_score_adj;
	struct oci_io_priority *io_priority;
	struct oci_scheduler *scheduler;
	struct oci_cpu_affinity *exec_cpu_affinity;
	struct oci_odd_key *odd_keys; /* of a document of its own */
};

struct oci_hook {
	const char *path;
	struct oci_strings args, env;
	struct oci_i32 timeout; /* seconds */
};
struct oci_hook_list {
	struct oci_hook *items;
	size_t n;
};
struct oci_hooks {
	struct oci_hook_list prestart, create_runtime, create_container, start_container, poststart,
		poststop;
};

enum oci_ns_type {
	OCI_NS_MOUNT,
	OCI_NS_PID,
	OCI_NS_NETWORK,
	OCI_NS_UTS,
	OCI_NS_IPC,
	OCI_NS_USER,
	OCI_NS_CGROUP,
	OCI_NS_TIME,
	OCI_NS_COUNT
};
struct oci_namespace {
	struct oci_enum type;
	const char *path;
};
struct oci_namespaces {
	struct oci_namespace *items;
	size_t n;
};

struct oci_device {
	const char *type, *path; /* type: one of c b u p */
	struct oci_i64 major, minor;
	struct oci_u32 file_mode, uid, gid;
};
struct oci_devices {
	struct oci_device *items;
	size_t n;
};

struct oci_net_device {
	const char *host_name, *name;
};
struct oci_net_devices {
	struct oci_net_device *items;
	size_t n;
};

struct oci_device_rule {
	struct oci_bool allow;
	const char *type, *access;
	struct oci_i64 major, minor;
};
struct oci_device_rules {
	struct oci_device_rule *items;
	size_t n;
};

struct oci_memory {
	struct oci_i64 limit, reservation, swap, kernel, kernel_tcp;
	struct oci_u64 swappiness;
	struct oci_bool disable_oom_killer, use_hierarchy, check_before_update;
};
struct oci_cpu {
	struct oci_u64 shares, period, burst, realtime_period;
	struct oci_i64 quota, realtime_runtime, idle;
	const char *cpus, *mems;
};
struct oci_pids {
	struct oci_i64 limit;
};
struct oci_weight_device {
	struct oci_i64 major, minor;
	struct oci_u16 weight, leaf_weight;
};
struct oci_weight_devices {
	struct oci_weight_device *items;
	size_t n;
};
struct oci_throttle_device {
	struct oci_i64 major, minor;
	struct oci_u64 rate;
};
struct oci_throttle_devices {
	struct oci_throttle_device *items;
	size_t n;
};
struct oci_block_io {
	struct oci_u16 weight, leaf_weight;
	struct oci_weight_devices weight_device;
	struct oci_throttle_devices throttle_read_bps_device, throttle_write_bps_device,
		throttle_read_iops_device, throttle_write_iops_device;
};
struct oci_hugepage_limit {
	const char *page_size;
	struct oci_u64 limit;
};
struct oci_hugepage_limits {
	struct oci_hugepage_limit *items;
	size_t n;
};
struct oci_if_priority {
	const char *name;
	struct oci_u32 priority;
};
struct oci_if_priorities {
	struct oci_if_priority *items;
	size_t n;
};
struct oci_network {
	struct oci_u32 class_id;
	struct oci_if_priorities priorities;
};
struct oci_rdma {
	const char *device;
	struct oci_u32 hca_handles, hca_objects;
};
struct oci_rdmas {
	struct oci_rdma *items;
	size_t n;
};

struct oci_resources {
	struct oci_device_rules devices;
	struct oci_memory *memory;
	struct oci_cpu *cpu;
	struct oci_pids *pids;
	struct oci_block_io *block_io;
	struct oci_hugepage_limits hugepage_limits;
	struct oci_network *network;
	struct oci_rdmas rdma;
	struct oci_map unified;
};

/*
 * The recursive forms are not in the schema, but engines write them (dockerd: "rslave") and all
 * runtimes take them.
 */
enum oci_propagation {
	OCI_PROP_PRIVATE,
	OCI_PROP_SHARED,
	OCI_PROP_SLAVE,
	OCI_PROP_UNBINDABLE,
	OCI_PROP_RPRIVATE,
	OCI_PROP_RSHARED,
	OCI_PROP_RSLAVE,
	OCI_PROP_RUNBINDABLE
};

enum oci_seccomp_action {
	OCI_ACT_KILL,
	OCI_ACT_KILL_PROCESS,
	OCI_ACT_KILL_THREAD,
	OCI_ACT_TRAP,
	OCI_ACT_ERRNO,
	OCI_ACT_TRACE,
	OCI_ACT_ALLOW,
	OCI_ACT_LOG,
	OCI_ACT_NOTIFY
};
enum oci_seccomp_op {
	OCI_CMP_NE,
	OCI_CMP_LT,
	OCI_CMP_LE,
	OCI_CMP_EQ,
	OCI_CMP_GE,
	OCI_CMP_GT,
	OCI_CMP_MASKED_EQ
};
enum oci_seccomp_flag {
	OCI_FLAG_TSYNC,
	OCI_FLAG_LOG,
	OCI_FLAG_SPEC_ALLOW,
	OCI_FLAG_WAIT_KILLABLE_RECV
};
struct oci_seccomp_arg {
	struct oci_u32 index;
	struct oci_u64 value, value_two;
	struct oci_enum op;
};
struct oci_seccomp_args {
	struct oci_seccomp_arg *items;
	size_t n;
};
struct oci_seccomp_rule {
	struct oci_strings names;
	struct oci_enum action;
	struct oci_u32 errno_ret;
	struct oci_seccomp_args args;
};
struct oci_seccomp_rules {
	struct oci_seccomp_rule *items;
	size_t n;
};
struct oci_seccomp {
	struct oci_enum default_action;
	struct oci_u32 default_errno_ret;
	struct oci_strings architectures; /* checked names, see oci_seccomp_arch_names */
	struct oci_enums flags;
	const char *listener_path, *listener_metadata;
	struct oci_seccomp_rules syscalls;
};

struct oci_intel_rdt {
	const char *clos_id, *l3_cache_schema, *mem_bw_schema;
	struct oci_strings schemata;
	struct oci_bool enable_monitoring;
};
enum oci_mpol {
	OCI_MPOL_DEFAULT,
	OCI_MPOL_BIND,
	OCI_MPOL_INTERLEAVE,
	OCI_MPOL_WEIGHTED_INTERLEAVE,
	OCI_MPOL_PREFERRED,
	OCI_MPOL_PREFERRED_MANY,
	OCI_MPOL_LOCAL
};
struct oci_memory_policy {
	struct oci_enum mode;
	const char *nodes;
	struct oci_enums flags;
};
enum oci_persona {
	OCI_PER_LINUX,
	OCI_PER_LINUX32
};
struct oci_personality {
	struct oci_enum domain;
	struct oci_strings flags;
};
struct oci_time_offset {
	struct oci_i64 secs;
	struct oci_u32 nanosecs;
};
/*
 * clock names are checked by the compiler: unknown clocks are kept by name, so that they can be
 * refused
 */
struct oci_clock_offset {
	const char *clock;
	struct oci_i64 secs;
	struct oci_u32 nanosecs;
};
struct oci_clock_offsets {
	struct oci_clock_offset *items;
	size_t n;
};

struct oci_linux {
	struct oci_id_maps uid_mappings, gid_mappings;
	struct oci_map sysctl;
	struct oci_resources *resources;
	const char *cgroups_path;
	struct oci_namespaces namespaces;
	struct oci_devices devices;
	struct oci_net_devices net_devices;
	struct oci_seccomp *seccomp;
	struct oci_enum rootfs_propagation;
	struct oci_strings masked_paths, readonly_paths;
	const char *mount_label;
	struct oci_intel_rdt *intel_rdt;
	struct oci_memory_policy *memory_policy;
	struct oci_personality *personality;
	struct oci_clock_offsets time_offsets;
};

struct oci_config {
	const char *oci_version;
	struct oci_root *root;
	struct oci_process *process;
	const char *hostname, *domainname;
	struct oci_mounts mounts;
	struct oci_hooks *hooks;
	struct oci_map annotations;
	/* NULL when the document has no `linux` (the macro `linux` is 1 in gnu11) */
	struct oci_linux *linux_;
	struct oci_odd_key *odd_keys;
};

/*
 * The state document (runtime.md "State") with the fields of runc beside it. NULL/0 fields marked
 * so are left out.
 */
struct oci_state {
	const char *oci_version, *id, *status;
	int64_t pid; /* left out when < 0 */
	const char *bundle;
	const char *rootfs;         /* left out when NULL */
	const char *created;        /* RFC 3339, left out when NULL */
	const char *owner;          /* left out when NULL */
	struct oci_map annotations; /* left out when empty */
};

/**
 * Decode a document. @text need not be NUL-terminated; at most OCI_CONFIG_MAX bytes. All faults
 * are reported in one go: the first in the fields of @err, the others in err->more. @name is put
 * into err->file. Nothing of @text is referenced afterwards.
 */
int oci_config_decode(struct arena *a, const char *text, size_t len, const char *name,
		      struct oci_config **ret, struct hz_error *err);
int oci_process_decode(struct arena *a, const char *text, size_t len, const char *name,
		       struct oci_process **ret, struct hz_error *err);
int oci_resources_decode(struct arena *a, const char *text, size_t len, const char *name,
			 struct oci_resources **ret, struct hz_error *err);

/**
 * Where the value at JSON pointer @pointer stands (1-based). Returns false when it is not there
 * (nearest parent's place is given).
 */
bool oci_locate(const char *text, size_t len, const char *pointer, unsigned *ret_line,
		unsigned *ret_column);

/**
 * Append the document @base with the object @patch laid over what @path (names of members, NULL
 * ends it) leads to: objects are merged, all other values replaced, null changes nothing. The lists
 * of blockIO (by device), hugepageLimits (by size) and network.priorities (by interface) are merged
 * item by item. Both are texts that were decoded before, so that they are known to be good.
 */
int oci_json_merge(const char *base, const char *const *path, const char *patch, struct buf *ret,
		   struct hz_error *err);

/** Append @s as a JSON string with its quotes. */
void oci_json_string(struct buf *out, const char *s);

/* A small JSON writer on yajl_gen, for state, list, spec, features, explain, logs. */
struct oci_json;
/** @indent: "" for one line, else the indentation of a level. NULL when memory is out. */
struct oci_json *oci_json_new(const char *indent);
void oci_json_free(struct oci_json *j);
void oci_json_object(struct oci_json *j);
void oci_json_object_end(struct oci_json *j);
void oci_json_array(struct oci_json *j);
void oci_json_array_end(struct oci_json *j);
void oci_json_key(struct oci_json *j, const char *key);
void oci_json_str(struct oci_json *j, const char *v); /* NULL gives null */
void oci_json_i64(struct oci_json *j, int64_t v);
void oci_json_u64(struct oci_json *j, uint64_t v);
/** A number as the text @v, which is one. */
void oci_json_number(struct oci_json *j, const char *v);
void oci_json_bool(struct oci_json *j, bool v);
void oci_json_null(struct oci_json *j);
/**
 * Text so far; -1 when a step failed (memory, nesting). yajl ends a beautified document with a
 * newline: it is cut.
 */
int oci_json_text(struct oci_json *j, const char **ret_text, size_t *ret_len, struct hz_error *err);

/** Write @state as an object into @j, keys in runc's order. */
void oci_state_encode(struct oci_json *j, const struct oci_state *state);

/*
 * Small documents of our own (the state record): a flat object of strings, integers, booleans,
 * string arrays and string maps.
 */
enum oci_field_kind {
	OCI_FIELD_STR,
	OCI_FIELD_I64,
	OCI_FIELD_U64,
	OCI_FIELD_BOOL,
	OCI_FIELD_STRINGS,
	OCI_FIELD_MAP
};
struct oci_field {
	const char *name;
	enum oci_field_kind kind;
	bool required;
	/* of: const char *, or struct oci_ i64, u64, bool, strings, map */
	size_t offset;
};
struct oci_flat {
	const char *name; /* goes into err->file */
	const struct oci_field *fields;
	size_t n;
};
/** Decode into @ret_struct (zeroed by the caller) by @kind; as strict as the others. */
int oci_flat_decode(struct arena *a, const char *text, size_t len, const struct oci_flat *kind,
		    void *ret_struct, struct hz_error *err);
/** The same table the other way: absent fields are left out. */
void oci_flat_encode(struct oci_json *j, const struct oci_flat *kind, const void *from);

/* Names of enum values, as in the schema; NULL when out of range. */
const char *oci_ns_type_name(int type);
const char *oci_seccomp_action_name(int action);
const char *oci_seccomp_op_name(int op);
const char *oci_seccomp_flag_name(int flag);
const char *oci_propagation_name(int propagation);
const char *oci_mpol_mode_name(int mode);
const char *oci_mpol_flag_name(int flag);

/* The architectures that the decoder takes ("SCMP_ARCH_X86", ...), NULL at the end. */
extern const char *const oci_seccomp_arch_names[];

#endif
