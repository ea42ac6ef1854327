/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of config.json: runtime-spec 1.3 (config.md, config-linux.md and the JSON schema), the
 * part for Linux. */
#include "tables.h"
#include "ocispec.h"
#include "text.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

/* clang-format off: tables are laid out by hand */

/* The offset of a member, and a compile error when it is not of the type that the decoder will
 * write there. */
#define OF_TYPE(s, m, type)                                                                 \
	(offsetof(struct s, m) +                                                            \
	 0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((struct s *)0)->m), type) \
				 ? 1                                                        \
				 : -1]))
#define KEY(key) .name = (key), .len = sizeof(key) - 1

#define SCALAR(s, key, m, ctype, k, ...)                                                 \
	{                                                                                \
		KEY(key), .kind = (k), .shape = OCI_ONE, .offset = OF_TYPE(s, m, ctype), \
			  __VA_ARGS__                                                    \
	}
#define STR(s, key, m, ...)  SCALAR(s, key, m, const char *, OCI_STR, __VA_ARGS__)
#define BOOL(s, key, m, ...) SCALAR(s, key, m, struct oci_bool, OCI_BOOL, __VA_ARGS__)
#define I32(s, key, m, ...)  SCALAR(s, key, m, struct oci_i32, OCI_I32, __VA_ARGS__)
#define I64(s, key, m, ...)  SCALAR(s, key, m, struct oci_i64, OCI_I64, __VA_ARGS__)
#define U16(s, key, m, ...)  SCALAR(s, key, m, struct oci_u16, OCI_U16, __VA_ARGS__)
#define U32(s, key, m, ...)  SCALAR(s, key, m, struct oci_u32, OCI_U32, __VA_ARGS__)
#define U64(s, key, m, ...)  SCALAR(s, key, m, struct oci_u64, OCI_U64, __VA_ARGS__)
#define ENUM(s, key, m, list, ...) \
	SCALAR(s, key, m, struct oci_enum, OCI_ENUM, .names = (list), __VA_ARGS__)
#define OBJECT(s, key, m, type, ...) \
	SCALAR(s, key, m, struct type *, OCI_OBJECT, .sub = &type##_table, __VA_ARGS__)

#define MANY(s, key, m, ctype, k, sh, ...)                                                    \
	{                                                                                     \
		KEY(key), .kind = (k), .shape = (sh),                                         \
			  .offset = OF_TYPE(s, m.items, ctype) + 0 * OF_TYPE(s, m.n, size_t), \
			  __VA_ARGS__                                                         \
	}
#define STRS(s, key, m, ...) MANY(s, key, m, const char **, OCI_STR, OCI_LIST, __VA_ARGS__)
#define U32S(s, key, m, ...) MANY(s, key, m, uint32_t *, OCI_U32, OCI_LIST, __VA_ARGS__)
#define ENUMS(s, key, m, list, ...) \
	MANY(s, key, m, int *, OCI_ENUM, OCI_LIST, .names = (list), __VA_ARGS__)
#define STRMAP(s, key, m, ...) MANY(s, key, m, struct oci_pair *, OCI_STR, OCI_MAP, __VA_ARGS__)
#define LIST(s, key, m, type, ...) \
	MANY(s, key, m, struct type *, OCI_OBJECT, OCI_LIST, .sub = &type##_table, __VA_ARGS__)
#define OBJMAP(s, key, m, type, ...) \
	MANY(s, key, m, struct type *, OCI_OBJECT, OCI_MAP, .sub = &type##_table, __VA_ARGS__)

#define REQ .required = true

#define TABLE_INIT(type)                                                                       \
	{                                                                                      \
		.rows = type##_rows, .n = ARRAY_SIZE(type##_rows), .size = sizeof(struct type) \
	}
#define TABLE(type) static const struct oci_table type##_table = TABLE_INIT(type)
#define ROWS(type)  static const struct oci_row type##_rows[]

/* ---- names ---- */

const char *const oci_ns_type_names[] = {
	[OCI_NS_MOUNT] = "mount",   [OCI_NS_PID] = "pid",   [OCI_NS_NETWORK] = "network",
	[OCI_NS_UTS] = "uts",       [OCI_NS_IPC] = "ipc",   [OCI_NS_USER] = "user",
	[OCI_NS_CGROUP] = "cgroup", [OCI_NS_TIME] = "time", [OCI_NS_COUNT] = NULL,
};

const char *const oci_propagation_names[] = {
	"private", "shared", "slave",       "unbindable", "rprivate",
	"rshared", "rslave", "runbindable", NULL,
};

const char *const oci_seccomp_action_names[] = {
	"SCMP_ACT_KILL",        "SCMP_ACT_KILL_PROCESS",
	"SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP",
	"SCMP_ACT_ERRNO",       "SCMP_ACT_TRACE",
	"SCMP_ACT_ALLOW",       "SCMP_ACT_LOG",
	"SCMP_ACT_NOTIFY",      NULL,
};

const char *const oci_seccomp_op_names[] = {
	"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",        "SCMP_CMP_EQ",
	"SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ", NULL,
};

const char *const oci_seccomp_flag_names[] = {
	"SECCOMP_FILTER_FLAG_TSYNC",
	"SECCOMP_FILTER_FLAG_LOG",
	"SECCOMP_FILTER_FLAG_SPEC_ALLOW",
	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
	NULL,
};

const char *const oci_seccomp_arch_names[] = {
	"SCMP_ARCH_X86",         "SCMP_ARCH_X86_64",      "SCMP_ARCH_X32",     "SCMP_ARCH_ARM",
	"SCMP_ARCH_AARCH64",     "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K",    "SCMP_ARCH_MIPS",
	"SCMP_ARCH_MIPS64",      "SCMP_ARCH_MIPS64N32",   "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64",
	"SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",         "SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",
	"SCMP_ARCH_S390",        "SCMP_ARCH_S390X",       "SCMP_ARCH_SH",      "SCMP_ARCH_SHEB",
	"SCMP_ARCH_PARISC",      "SCMP_ARCH_PARISC64",    "SCMP_ARCH_RISCV64", NULL,
};

static const char *const io_class_names[] = {"IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE",
					     "IOPRIO_CLASS_IDLE", NULL};

static const char *const sched_policy_names[] = {
	"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR",       "SCHED_BATCH",
	"SCHED_ISO",   "SCHED_IDLE", "SCHED_DEADLINE", NULL,
};

static const char *const sched_flag_names[] = {
	"SCHED_FLAG_RESET_ON_FORK",  "SCHED_FLAG_RECLAIM",
	"SCHED_FLAG_DL_OVERRUN",     "SCHED_FLAG_KEEP_POLICY",
	"SCHED_FLAG_KEEP_PARAMS",    "SCHED_FLAG_UTIL_CLAMP_MIN",
	"SCHED_FLAG_UTIL_CLAMP_MAX", NULL,
};

static const char *const mpol_names[] = {
	"MPOL_DEFAULT",   "MPOL_BIND",           "MPOL_INTERLEAVE", "MPOL_WEIGHTED_INTERLEAVE",
	"MPOL_PREFERRED", "MPOL_PREFERRED_MANY", "MPOL_LOCAL",      NULL,
};

static const char *const mpol_flag_names[] = {
	"MPOL_F_NUMA_BALANCING",
	"MPOL_F_RELATIVE_NODES",
	"MPOL_F_STATIC_NODES",
	NULL,
};

static const char *const personality_names[] = {"LINUX", "LINUX32", NULL};

/* ---- rules ---- */

static const struct oci_rule version_rule = {.check = text_check_version};
static const struct oci_rule rlimit_rule = {.check = text_check_rlimit};
static const struct oci_rule cpu_list_rule = {.check = text_check_cpu_list};
static const struct oci_rule device_type_rule = {.check = text_check_device_type};
static const struct oci_rule page_size_rule = {.check = text_check_page_size};
static const struct oci_rule mem_bw_rule = {.check = text_check_mem_bw};
static const struct oci_rule line_rule = {.check = text_check_line};
static const struct oci_rule timeout_rule = {
	.min = 1,
	.max = INT32_MAX,
	.too_small = "timeout must be at least 1 second",
};
/* The schema ends at 0777, but set-id and sticky bits are of use (and taken by all runtimes). */
/* podman writes the st_mode of the host's device, type bits included */
static const struct oci_rule file_mode_rule = {.max = 0177777};

/* ---- process ---- */

ROWS(oci_console_size) = {
	U64(oci_console_size, "height", height, REQ),
	U64(oci_console_size, "width", width, REQ),
};
TABLE(oci_console_size);

ROWS(oci_user) = {
	U32(oci_user, "uid", uid),           U32(oci_user, "gid", gid),
	U32(oci_user, "umask", umask),       U32S(oci_user, "additionalGids", additional_gids),
	STR(oci_user, "username", username),
};
TABLE(oci_user);

ROWS(oci_capabilities) = {
	STRS(oci_capabilities, "bounding", bounding),
	STRS(oci_capabilities, "effective", effective),
	STRS(oci_capabilities, "inheritable", inheritable),
	STRS(oci_capabilities, "permitted", permitted),
	STRS(oci_capabilities, "ambient", ambient),
};
TABLE(oci_capabilities);

ROWS(oci_rlimit) = {
	STR(oci_rlimit, "type", type, REQ, .rule = &rlimit_rule),
	U64(oci_rlimit, "hard", hard, REQ),
	U64(oci_rlimit, "soft", soft, REQ),
};
TABLE(oci_rlimit);

ROWS(oci_io_priority) = {
	ENUM(oci_io_priority, "class", class_, io_class_names, REQ),
	I32(oci_io_priority, "priority", priority),
};
TABLE(oci_io_priority);

ROWS(oci_scheduler) = {
	ENUM(oci_scheduler, "policy", policy, sched_policy_names, REQ),
	I32(oci_scheduler, "nice", nice),
	I32(oci_scheduler, "priority", priority),
	ENUMS(oci_scheduler, "flags", flags, sched_flag_names),
	U64(oci_scheduler, "runtime", runtime),
	U64(oci_scheduler, "deadline", deadline),
	U64(oci_scheduler, "period", period),
};
TABLE(oci_scheduler);

ROWS(oci_cpu_affinity) = {
	STR(oci_cpu_affinity, "initial", initial, .rule = &cpu_list_rule),
	STR(oci_cpu_affinity, "final", final, .rule = &cpu_list_rule),
};
TABLE(oci_cpu_affinity);

ROWS(oci_process) = {
	BOOL(oci_process, "terminal", terminal),
	OBJECT(oci_process, "consoleSize", console_size, oci_console_size),
	OBJECT(oci_process, "user", user, oci_user),
	STRS(oci_process, "args", args),
	STR(oci_process, "commandLine", command_line),
	STRS(oci_process, "env", env),
	STR(oci_process, "cwd", cwd, REQ),
	OBJECT(oci_process, "capabilities", capabilities, oci_capabilities),
	LIST(oci_process, "rlimits", rlimits, oci_rlimit),
	BOOL(oci_process, "noNewPrivileges", no_new_privileges),
	STR(oci_process, "apparmorProfile", apparmor_profile),
	I32(oci_process, "oomScoreAdj", oom_score_adj),
	OBJECT(oci_process, "scheduler", scheduler, oci_scheduler),
	STR(oci_process, "selinuxLabel", selinux_label),
	OBJECT(oci_process, "ioPriority", io_priority, oci_io_priority),
	OBJECT(oci_process, "execCPUAffinity", exec_cpu_affinity, oci_cpu_affinity),
};
const struct oci_table oci_process_table = TABLE_INIT(oci_process);

/* ---- root, mounts, hooks ---- */

ROWS(oci_root) = {
	STR(oci_root, "path", path, REQ),
	BOOL(oci_root, "readonly", readonly),
};
TABLE(oci_root);

ROWS(oci_id_map) = {
	U32(oci_id_map, "containerID", container_id, REQ),
	U32(oci_id_map, "hostID", host_id, REQ),
	U32(oci_id_map, "size", size, REQ),
};
TABLE(oci_id_map);

ROWS(oci_mount) = {
	STR(oci_mount, "destination", destination, REQ),
	STR(oci_mount, "type", type),
	STR(oci_mount, "source", source),
	STRS(oci_mount, "options", options),
	LIST(oci_mount, "uidMappings", uid_mappings, oci_id_map),
	LIST(oci_mount, "gidMappings", gid_mappings, oci_id_map),
};
TABLE(oci_mount);

ROWS(oci_hook) = {
	STR(oci_hook, "path", path, REQ),
	STRS(oci_hook, "args", args),
	STRS(oci_hook, "env", env),
	I32(oci_hook, "timeout", timeout, .rule = &timeout_rule),
};
TABLE(oci_hook);

ROWS(oci_hooks) = {
	LIST(oci_hooks, "prestart", prestart, oci_hook),
	LIST(oci_hooks, "createRuntime", create_runtime, oci_hook),
	LIST(oci_hooks, "createContainer", create_container, oci_hook),
	LIST(oci_hooks, "startContainer", start_container, oci_hook),
	LIST(oci_hooks, "poststart", poststart, oci_hook),
	LIST(oci_hooks, "poststop", poststop, oci_hook),
};
TABLE(oci_hooks);

/* ---- linux.resources ---- */

ROWS(oci_device_rule) = {
	BOOL(oci_device_rule, "allow", allow, REQ), STR(oci_device_rule, "type", type),
	I64(oci_device_rule, "major", major),       I64(oci_device_rule, "minor", minor),
	STR(oci_device_rule, "access", access),
};
TABLE(oci_device_rule);

ROWS(oci_memory) = {
	I64(oci_memory, "limit", limit),
	I64(oci_memory, "reservation", reservation),
	I64(oci_memory, "swap", swap),
	I64(oci_memory, "kernel", kernel),
	I64(oci_memory, "kernelTCP", kernel_tcp),
	U64(oci_memory, "swappiness", swappiness),
	BOOL(oci_memory, "disableOOMKiller", disable_oom_killer),
	BOOL(oci_memory, "useHierarchy", use_hierarchy),
	BOOL(oci_memory, "checkBeforeUpdate", check_before_update),
};
TABLE(oci_memory);

ROWS(oci_cpu) = {
	U64(oci_cpu, "shares", shares),
	I64(oci_cpu, "quota", quota),
	U64(oci_cpu, "burst", burst),
	U64(oci_cpu, "period", period),
	I64(oci_cpu, "realtimeRuntime", realtime_runtime),
	U64(oci_cpu, "realtimePeriod", realtime_period),
	STR(oci_cpu, "cpus", cpus),
	STR(oci_cpu, "mems", mems),
	I64(oci_cpu, "idle", idle),
};
TABLE(oci_cpu);

ROWS(oci_pids) = {
	I64(oci_pids, "limit", limit, REQ),
};
TABLE(oci_pids);

ROWS(oci_weight_device) = {
	I64(oci_weight_device, "major", major, REQ),
	I64(oci_weight_device, "minor", minor, REQ),
	U16(oci_weight_device, "weight", weight),
	U16(oci_weight_device, "leafWeight", leaf_weight),
};
TABLE(oci_weight_device);

ROWS(oci_throttle_device) = {
	I64(oci_throttle_device, "major", major, REQ),
	I64(oci_throttle_device, "minor", minor, REQ),
	U64(oci_throttle_device, "rate", rate),
};
TABLE(oci_throttle_device);

ROWS(oci_block_io) = {
	U16(oci_block_io, "weight", weight),
	U16(oci_block_io, "leafWeight", leaf_weight),
	LIST(oci_block_io, "weightDevice", weight_device, oci_weight_device),
	LIST(oci_block_io, "throttleReadBpsDevice", throttle_read_bps_device, oci_throttle_device),
	LIST(oci_block_io, "throttleWriteBpsDevice", throttle_write_bps_device,
	     oci_throttle_device),
	LIST(oci_block_io, "throttleReadIOPSDevice", throttle_read_iops_device,
	     oci_throttle_device),
	LIST(oci_block_io, "throttleWriteIOPSDevice", throttle_write_iops_device,
	     oci_throttle_device),
};
TABLE(oci_block_io);

ROWS(oci_hugepage_limit) = {
	STR(oci_hugepage_limit, "pageSize", page_size, REQ, .rule = &page_size_rule),
	U64(oci_hugepage_limit, "limit", limit, REQ),
};
TABLE(oci_hugepage_limit);

ROWS(oci_if_priority) = {
	STR(oci_if_priority, "name", name, REQ),
	U32(oci_if_priority, "priority", priority, REQ),
};
TABLE(oci_if_priority);

ROWS(oci_network) = {
	U32(oci_network, "classID", class_id),
	LIST(oci_network, "priorities", priorities, oci_if_priority),
};
TABLE(oci_network);

ROWS(oci_rdma) = {
	U32(oci_rdma, "hcaHandles", hca_handles),
	U32(oci_rdma, "hcaObjects", hca_objects),
};
static const struct oci_table oci_rdma_table = {
	.rows = oci_rdma_rows,
	.n = ARRAY_SIZE(oci_rdma_rows),
	.size = sizeof(struct oci_rdma),
	.key_offset = OF_TYPE(oci_rdma, device, const char *),
};

ROWS(oci_resources) = {
	LIST(oci_resources, "devices", devices, oci_device_rule),
	OBJECT(oci_resources, "memory", memory, oci_memory),
	OBJECT(oci_resources, "cpu", cpu, oci_cpu),
	OBJECT(oci_resources, "pids", pids, oci_pids),
	OBJECT(oci_resources, "blockIO", block_io, oci_block_io),
	LIST(oci_resources, "hugepageLimits", hugepage_limits, oci_hugepage_limit),
	OBJECT(oci_resources, "network", network, oci_network),
	OBJMAP(oci_resources, "rdma", rdma, oci_rdma),
	STRMAP(oci_resources, "unified", unified),
};
const struct oci_table oci_resources_table = TABLE_INIT(oci_resources);

/* ---- linux ---- */

ROWS(oci_namespace) = {
	ENUM(oci_namespace, "type", type, oci_ns_type_names, REQ),
	STR(oci_namespace, "path", path),
};
TABLE(oci_namespace);

ROWS(oci_device) = {
	STR(oci_device, "path", path, REQ),
	STR(oci_device, "type", type, REQ, .rule = &device_type_rule),
	I64(oci_device, "major", major),
	I64(oci_device, "minor", minor),
	U32(oci_device, "fileMode", file_mode, .rule = &file_mode_rule),
	U32(oci_device, "uid", uid),
	U32(oci_device, "gid", gid),
};
TABLE(oci_device);

ROWS(oci_net_device) = {
	STR(oci_net_device, "name", name),
};
static const struct oci_table oci_net_device_table = {
	.rows = oci_net_device_rows,
	.n = ARRAY_SIZE(oci_net_device_rows),
	.size = sizeof(struct oci_net_device),
	.key_offset = OF_TYPE(oci_net_device, host_name, const char *),
};

ROWS(oci_seccomp_arg) = {
	U32(oci_seccomp_arg, "index", index, REQ),
	U64(oci_seccomp_arg, "value", value, REQ),
	U64(oci_seccomp_arg, "valueTwo", value_two),
	ENUM(oci_seccomp_arg, "op", op, oci_seccomp_op_names, REQ),
};
TABLE(oci_seccomp_arg);

ROWS(oci_seccomp_rule) = {
	STRS(oci_seccomp_rule, "names", names, REQ, .not_empty = true),
	ENUM(oci_seccomp_rule, "action", action, oci_seccomp_action_names, REQ),
	U32(oci_seccomp_rule, "errnoRet", errno_ret),
	LIST(oci_seccomp_rule, "args", args, oci_seccomp_arg),
};
TABLE(oci_seccomp_rule);

ROWS(oci_seccomp) = {
	ENUM(oci_seccomp, "defaultAction", default_action, oci_seccomp_action_names, REQ),
	U32(oci_seccomp, "defaultErrnoRet", default_errno_ret),
	STRS(oci_seccomp, "architectures", architectures, .names = oci_seccomp_arch_names),
	ENUMS(oci_seccomp, "flags", flags, oci_seccomp_flag_names),
	STR(oci_seccomp, "listenerPath", listener_path),
	STR(oci_seccomp, "listenerMetadata", listener_metadata),
	LIST(oci_seccomp, "syscalls", syscalls, oci_seccomp_rule),
};
TABLE(oci_seccomp);

ROWS(oci_intel_rdt) = {
	STR(oci_intel_rdt, "closID", clos_id),
	STRS(oci_intel_rdt, "schemata", schemata, .rule = &line_rule),
	STR(oci_intel_rdt, "l3CacheSchema", l3_cache_schema),
	STR(oci_intel_rdt, "memBwSchema", mem_bw_schema, .rule = &mem_bw_rule),
	BOOL(oci_intel_rdt, "enableMonitoring", enable_monitoring),
};
TABLE(oci_intel_rdt);

ROWS(oci_memory_policy) = {
	ENUM(oci_memory_policy, "mode", mode, mpol_names),
	STR(oci_memory_policy, "nodes", nodes),
	ENUMS(oci_memory_policy, "flags", flags, mpol_flag_names),
};
TABLE(oci_memory_policy);

ROWS(oci_personality) = {
	ENUM(oci_personality, "domain", domain, personality_names),
	STRS(oci_personality, "flags", flags),
};
TABLE(oci_personality);

ROWS(oci_clock_offset) = {
	I64(oci_clock_offset, "secs", secs),
	U32(oci_clock_offset, "nanosecs", nanosecs),
};
static const struct oci_table oci_clock_offset_table = {
	.rows = oci_clock_offset_rows,
	.n = ARRAY_SIZE(oci_clock_offset_rows),
	.size = sizeof(struct oci_clock_offset),
	.key_offset = OF_TYPE(oci_clock_offset, clock, const char *),
};

ROWS(oci_linux) = {
	LIST(oci_linux, "uidMappings", uid_mappings, oci_id_map),
	LIST(oci_linux, "gidMappings", gid_mappings, oci_id_map),
	STRMAP(oci_linux, "sysctl", sysctl),
	OBJECT(oci_linux, "resources", resources, oci_resources),
	STR(oci_linux, "cgroupsPath", cgroups_path),
	LIST(oci_linux, "namespaces", namespaces, oci_namespace),
	LIST(oci_linux, "devices", devices, oci_device),
	OBJMAP(oci_linux, "netDevices", net_devices, oci_net_device),
	OBJECT(oci_linux, "seccomp", seccomp, oci_seccomp),
	ENUM(oci_linux, "rootfsPropagation", rootfs_propagation, oci_propagation_names),
	STRS(oci_linux, "maskedPaths", masked_paths),
	STRS(oci_linux, "readonlyPaths", readonly_paths),
	STR(oci_linux, "mountLabel", mount_label),
	OBJECT(oci_linux, "intelRdt", intel_rdt, oci_intel_rdt),
	OBJECT(oci_linux, "memoryPolicy", memory_policy, oci_memory_policy),
	OBJECT(oci_linux, "personality", personality, oci_personality),
	OBJMAP(oci_linux, "timeOffsets", time_offsets, oci_clock_offset),
};
TABLE(oci_linux);

ROWS(oci_config) = {
	STR(oci_config, "ociVersion", oci_version, REQ, .rule = &version_rule),
	OBJECT(oci_config, "process", process, oci_process),
	OBJECT(oci_config, "root", root, oci_root),
	STR(oci_config, "hostname", hostname),
	STR(oci_config, "domainname", domainname),
	LIST(oci_config, "mounts", mounts, oci_mount),
	OBJECT(oci_config, "hooks", hooks, oci_hooks),
	STRMAP(oci_config, "annotations", annotations),
	OBJECT(oci_config, "linux", linux_, oci_linux),
};
const struct oci_table oci_config_table = TABLE_INIT(oci_config);

/* clang-format on */

/* ---- looking at the tables ---- */

const char *oci_kind_name(enum oci_kind kind)
{
	static const char *const names[] = {
		[OCI_STR] = "string", [OCI_BOOL] = "bool",  [OCI_I32] = "int32",
		[OCI_I64] = "int64",  [OCI_U16] = "uint16", [OCI_U32] = "uint32",
		[OCI_U64] = "uint64", [OCI_ENUM] = "enum",  [OCI_OBJECT] = "object",
	};

	return names[kind];
}

struct walk {
	void (*fn)(void *ctx, const char *pointer, const struct oci_row *row, bool item);
	void *ctx;
	char pointer[512];
};

static void walk_table(struct walk *w, const struct oci_table *table, size_t len)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct oci_row *row = &table->rows[i];
		size_t end = len;

		end += (size_t)snprintf(w->pointer + end, sizeof(w->pointer) - end, "/%s",
					row->name);
		w->fn(w->ctx, w->pointer, row, false);
		if (row->shape != OCI_ONE) {
			end += (size_t)snprintf(w->pointer + end, sizeof(w->pointer) - end, "/*");
			w->fn(w->ctx, w->pointer, row, true);
		}
		if (row->kind == OCI_OBJECT)
			walk_table(w, row->sub, end);
	}
}

void oci_table_walk(const struct oci_table *table,
		    void (*fn)(void *ctx, const char *pointer, const struct oci_row *row,
			       bool item),
		    void *ctx)
{
	struct walk w = {.fn = fn, .ctx = ctx};

	walk_table(&w, table, 0);
}

static const char *name_at(const char *const *names, size_t n, int i)
{
	return i >= 0 && (size_t)i < n - 1 ? names[i] : NULL;
}

const char *oci_ns_type_name(int type)
{
	return name_at(oci_ns_type_names, ARRAY_SIZE(oci_ns_type_names), type);
}

const char *oci_seccomp_action_name(int action)
{
	return name_at(oci_seccomp_action_names, ARRAY_SIZE(oci_seccomp_action_names), action);
}

const char *oci_seccomp_op_name(int op)
{
	return name_at(oci_seccomp_op_names, ARRAY_SIZE(oci_seccomp_op_names), op);
}

const char *oci_seccomp_flag_name(int flag)
{
	return name_at(oci_seccomp_flag_names, ARRAY_SIZE(oci_seccomp_flag_names), flag);
}

const char *oci_propagation_name(int propagation)
{
	return name_at(oci_propagation_names, ARRAY_SIZE(oci_propagation_names), propagation);
}

const char *oci_mpol_mode_name(int mode)
{
	return name_at(mpol_names, ARRAY_SIZE(mpol_names), mode);
}

const char *oci_mpol_flag_name(int flag)
{
	return name_at(mpol_flag_names, ARRAY_SIZE(mpol_flag_names), flag);
}
