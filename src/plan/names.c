/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the numbers in a plan. */
#include "plan/builder.h"
#include "plan/layout.h"

#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/mount.h>
#include <linux/personality.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define END             \
	{               \
		0, NULL \
	}

const struct plan_value plan_ns_values[] = {
	{CLONE_NEWUSER, "user"}, {CLONE_NEWPID, "pid"},       {CLONE_NEWNET, "network"},
	{CLONE_NEWIPC, "ipc"},   {CLONE_NEWUTS, "uts"},       {CLONE_NEWNS, "mount"},
	{CLONE_NEWTIME, "time"}, {CLONE_NEWCGROUP, "cgroup"}, END,
};

const struct plan_value plan_cgroup_mode_values[] = {
	{PLAN_CGROUP_V1, "v1"},
	{PLAN_CGROUP_HYBRID, "hybrid"},
	{PLAN_CGROUP_V2, "v2"},
	{PLAN_CGROUP_NONE, "none"},
	END,
};

const struct plan_value plan_cgroup_mount_values[] = {
	{PLAN_CGROUP_MOUNT_NEW, "new"},
	{PLAN_CGROUP_MOUNT_BIND, "bind"},
	END,
};

const struct plan_value plan_cgroup_set_values[] = {
	{PLAN_CG_OPTIONAL, "optional"},
	{PLAN_CG_RETRY_ORDER, "retry-after-next"},
	{PLAN_CG_ELSE_NEXT, "else-next"},
	{PLAN_CG_CHECK_USE, "check-use"},
	END,
};

const struct plan_value plan_map_how_values[] = {
	{PLAN_MAP_WRITE, "write"},
	{PLAN_MAP_HELPER, "helper"},
	END,
};

const struct plan_value plan_point_values[] = {
	{PLAN_POINT_MAPS, "maps"},
	{PLAN_POINT_HOOKS, "hooks"},
	{PLAN_POINT_READY, "ready"},
	{PLAN_POINT_NETWORK, "network"},
	END,
};

const struct plan_value plan_rdt_values[] = {
	{PLAN_RDT_OWN, "own"},
	{PLAN_RDT_MAKE, "make"},
	END,
};

const struct plan_value plan_label_values[] = {
	{PLAN_LABEL_APPARMOR, "AppArmor profile"},
	{PLAN_LABEL_SELINUX, "SELinux context"},
	{PLAN_LABEL_SELINUX_KEY, "SELinux context of keys"},
	END,
};

const struct plan_value plan_hook_values[] = {
	{PLAN_HOOK_PRESTART, "prestart"},
	{PLAN_HOOK_CREATE_RUNTIME, "createRuntime"},
	{PLAN_HOOK_CREATE_CONTAINER, "createContainer"},
	{PLAN_HOOK_START_CONTAINER, "startContainer"},
	{PLAN_HOOK_POSTSTART, "poststart"},
	{PLAN_HOOK_POSTSTOP, "poststop"},
	END,
};

const struct plan_value plan_pivot_values[] = {
	{PLAN_PIVOT_ROOT, "pivot_root"},
	{PLAN_PIVOT_MOVE, "move"},
	{PLAN_PIVOT_CHROOT, "chroot"},
	END,
};

const struct plan_value plan_rlimit_values[] = {
#define R(name)                                \
	{                                      \
		RLIMIT_##name, "RLIMIT_" #name \
	}
	R(AS),      R(CORE),     R(CPU),        R(DATA),   R(FSIZE), R(LOCKS),
	R(MEMLOCK), R(MSGQUEUE), R(NICE),       R(NOFILE), R(NPROC), R(RSS),
	R(RTPRIO),  R(RTTIME),   R(SIGPENDING), R(STACK),  END,
#undef R
};

const struct plan_value plan_sched_values[] = {
#define S(name)                              \
	{                                    \
		SCHED_##name, "SCHED_" #name \
	}
	{SCHED_NORMAL, "SCHED_OTHER"}, S(FIFO), S(RR), S(BATCH), S(IDLE), S(DEADLINE), END,
};

const struct plan_value plan_sched_flag_values[] = {
	S(FLAG_RESET_ON_FORK), S(FLAG_RECLAIM),     S(FLAG_DL_OVERRUN),
	S(FLAG_KEEP_POLICY),   S(FLAG_KEEP_PARAMS), END,
#undef S
};

const struct plan_value plan_io_class_values[] = {
	{IOPRIO_CLASS_RT, "IOPRIO_CLASS_RT"},
	{IOPRIO_CLASS_BE, "IOPRIO_CLASS_BE"},
	{IOPRIO_CLASS_IDLE, "IOPRIO_CLASS_IDLE"},
	END,
};

const struct plan_value plan_personality_values[] = {
	{PER_LINUX, "LINUX"},
	{PER_LINUX32, "LINUX32"},
	END,
};

const struct plan_value plan_mpol_values[] = {
	{MPOL_DEFAULT, "MPOL_DEFAULT"},
	{MPOL_BIND, "MPOL_BIND"},
	{MPOL_INTERLEAVE, "MPOL_INTERLEAVE"},
	{PLAN_MPOL_WEIGHTED_INTERLEAVE, "MPOL_WEIGHTED_INTERLEAVE"},
	{MPOL_PREFERRED, "MPOL_PREFERRED"},
	{MPOL_PREFERRED_MANY, "MPOL_PREFERRED_MANY"},
	{MPOL_LOCAL, "MPOL_LOCAL"},
	END,
};

const struct plan_value plan_mpol_flag_values[] = {
	{MPOL_F_NUMA_BALANCING, "MPOL_F_NUMA_BALANCING"},
	{MPOL_F_RELATIVE_NODES, "MPOL_F_RELATIVE_NODES"},
	{MPOL_F_STATIC_NODES, "MPOL_F_STATIC_NODES"},
	END,
};

const struct plan_value plan_mount_values[] = {
	{PLAN_MOUNT_BIND, "bind"},
	{PLAN_MOUNT_REC, "recursive"},
	{PLAN_MOUNT_TMPCOPYUP, "tmpcopyup"},
	{PLAN_MOUNT_REAL_DIR, "real-directory"},
	{PLAN_MOUNT_HOST_SOURCE, "host-source"},
	{PLAN_MOUNT_IDMAP, "idmap"},
	{PLAN_MOUNT_RIDMAP, "ridmap"},
	{PLAN_MOUNT_REMOUNT, "remount"},
	{PLAN_MOUNT_SYSFS_BIND, "sysfs-may-be-bound"},
	{PLAN_MOUNT_KEEP_MODE, "keep-mode"},
	{PLAN_MOUNT_SRC_NOFOLLOW, "src-nofollow"},
	{PLAN_MOUNT_COPY_SYMLINK, "copy-symlink"},
	{PLAN_MOUNT_DEST_NOFOLLOW, "dest-nofollow"},
	{PLAN_MOUNT_SRC_INSIDE, "source-inside"},
	END,
};

const struct plan_value plan_attr_values[] = {
	{MOUNT_ATTR_RDONLY, "ro"},
	{MOUNT_ATTR_NOSUID, "nosuid"},
	{MOUNT_ATTR_NODEV, "nodev"},
	{MOUNT_ATTR_NOEXEC, "noexec"},
	{MOUNT_ATTR_NOATIME, "noatime"},
	{MOUNT_ATTR_STRICTATIME, "strictatime"},
	{MOUNT_ATTR_NODIRATIME, "nodiratime"},
	{MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow"},
	END,
};

/* The kinds of access times are one field: it can only be cleared as a whole. */
const struct plan_value plan_attr_clear_values[] = {
	{MOUNT_ATTR_RDONLY, "ro"},
	{MOUNT_ATTR_NOSUID, "nosuid"},
	{MOUNT_ATTR_NODEV, "nodev"},
	{MOUNT_ATTR_NOEXEC, "noexec"},
	{MOUNT_ATTR__ATIME, "atime"},
	{MOUNT_ATTR_NODIRATIME, "nodiratime"},
	{MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow"},
	END,
};

const struct plan_value plan_sb_values[] = {
	{MS_RDONLY, "ro"},         {MS_SYNCHRONOUS, "sync"},
	{MS_MANDLOCK, "mand"},     {MS_DIRSYNC, "dirsync"},
	{MS_SILENT, "silent"},     {MS_I_VERSION, "iversion"},
	{MS_LAZYTIME, "lazytime"}, END,
};

const struct plan_value plan_propagation_values[] = {
	{MS_REC, "recursive"}, {MS_UNBINDABLE, "unbindable"}, {MS_PRIVATE, "private"},
	{MS_SLAVE, "slave"},   {MS_SHARED, "shared"},         END,
};

const struct plan_value plan_node_values[] = {
	{S_IFCHR, "c"},
	{S_IFBLK, "b"},
	{S_IFIFO, "p"},
	END,
};

const struct plan_value plan_filter_values[] = {
	{SECCOMP_FILTER_FLAG_TSYNC, "SECCOMP_FILTER_FLAG_TSYNC"},
	{SECCOMP_FILTER_FLAG_LOG, "SECCOMP_FILTER_FLAG_LOG"},
	{SECCOMP_FILTER_FLAG_SPEC_ALLOW, "SECCOMP_FILTER_FLAG_SPEC_ALLOW"},
	{SECCOMP_FILTER_FLAG_NEW_LISTENER, "SECCOMP_FILTER_FLAG_NEW_LISTENER"},
	{SECCOMP_FILTER_FLAG_TSYNC_ESRCH, "SECCOMP_FILTER_FLAG_TSYNC_ESRCH"},
	{SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"},
	END,
};

const struct plan_value plan_action_values[] = {
	{OCI_ACT_KILL, "SCMP_ACT_KILL"},
	{OCI_ACT_KILL_PROCESS, "SCMP_ACT_KILL_PROCESS"},
	{OCI_ACT_KILL_THREAD, "SCMP_ACT_KILL_THREAD"},
	{OCI_ACT_TRAP, "SCMP_ACT_TRAP"},
	{OCI_ACT_ERRNO, "SCMP_ACT_ERRNO"},
	{OCI_ACT_TRACE, "SCMP_ACT_TRACE"},
	{OCI_ACT_ALLOW, "SCMP_ACT_ALLOW"},
	{OCI_ACT_LOG, "SCMP_ACT_LOG"},
	{OCI_ACT_NOTIFY, "SCMP_ACT_NOTIFY"},
	END,
};

const struct plan_value plan_cap_values[] = {
#define C(name)                                  \
	{                                        \
		1ull << CAP_##name, "CAP_" #name \
	}
	C(CHOWN),
	C(DAC_OVERRIDE),
	C(DAC_READ_SEARCH),
	C(FOWNER),
	C(FSETID),
	C(KILL),
	C(SETGID),
	C(SETUID),
	C(SETPCAP),
	C(LINUX_IMMUTABLE),
	C(NET_BIND_SERVICE),
	C(NET_BROADCAST),
	C(NET_ADMIN),
	C(NET_RAW),
	C(IPC_LOCK),
	C(IPC_OWNER),
	C(SYS_MODULE),
	C(SYS_RAWIO),
	C(SYS_CHROOT),
	C(SYS_PTRACE),
	C(SYS_PACCT),
	C(SYS_ADMIN),
	C(SYS_BOOT),
	C(SYS_NICE),
	C(SYS_RESOURCE),
	C(SYS_TIME),
	C(SYS_TTY_CONFIG),
	C(MKNOD),
	C(LEASE),
	C(AUDIT_WRITE),
	C(AUDIT_CONTROL),
	C(SETFCAP),
	C(MAC_OVERRIDE),
	C(MAC_ADMIN),
	C(SYSLOG),
	C(WAKE_ALARM),
	C(BLOCK_SUSPEND),
	C(AUDIT_READ),
	C(PERFMON),
	C(BPF),
	C(CHECKPOINT_RESTORE),
	END,
#undef C
};

const char *plan_value_name(const struct plan_value *values, uint64_t value)
{
	for (; values->name; values++) {
		if (values->value == value)
			return values->name;
	}
	return NULL;
}

bool plan_value_find(const struct plan_value *values, const char *name, uint64_t *ret)
{
	for (; values->name; values++) {
		if (strcmp(values->name, name) == 0) {
			*ret = values->value;
			return true;
		}
	}
	return false;
}

const char *plan_value_guess(const struct plan_value *values, const char *name)
{
	const char *names[65];
	size_t n = 0;

	for (; values->name && n < 64; values++)
		names[n++] = values->name;
	names[n] = NULL;
	return plan_guess(name, names);
}

uint64_t plan_value_mask(const struct plan_value *values)
{
	uint64_t mask = 0;

	for (; values->name; values++)
		mask |= values->value;
	return mask;
}

const char *plan_kind_name(unsigned kind)
{
	const struct layout *l = layout_of(kind);

	return l ? l->name : "unknown step";
}

const char *plan_hook_kind_name(unsigned which)
{
	const char *name = plan_value_name(plan_hook_values, which);

	return name ? name : "unknown";
}
