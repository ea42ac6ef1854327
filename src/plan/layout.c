/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of layout.h. */
#include "plan/layout.h"

#define FIELD(type, field, kind, ...)                                            \
	{                                                                        \
#field, LAYOUT_##kind, offsetof(struct type, field), __VA_ARGS__ \
	}
#define END                               \
	{                                 \
		NULL, LAYOUT_STR, 0, NULL \
	}

static const struct layout_field no_fields[] = {END};

static const struct layout_field state_dir_fields[] = {FIELD(plan_state_dir, id, NAME, NULL), END};

static const struct layout_field cgroup_create_fields[] = {
	FIELD(plan_cgroup_create, path, CLEAN, NULL),
	FIELD(plan_cgroup_create, mode, ENUM, plan_cgroup_mode_values),
	FIELD(plan_cgroup_create, controllers, STRS, NULL),
	FIELD(plan_cgroup_create, unified, STRS, NULL),
	FIELD(plan_cgroup_create, owner_uid, U32, NULL),
	FIELD(plan_cgroup_create, must_be_empty, BOOL, NULL),
	END,
};

static const struct layout_field cgroup_set_fields[] = {
	FIELD(plan_cgroup_set, controller, STR, NULL),
	FIELD(plan_cgroup_set, file, NAME, NULL),
	FIELD(plan_cgroup_set, value, TEXT, NULL),
	FIELD(plan_cgroup_set, flags, BITS, plan_cgroup_set_values),
	END,
};

static const struct layout_field cgroup_devices_fields[] = {
	FIELD(plan_cgroup_devices, rules, U32S, NULL), END};

static const struct layout_field unit_start_fields[] = {
	FIELD(plan_unit_start, name, NAME, NULL),
	FIELD(plan_unit_start, slice, NAME, NULL),
	FIELD(plan_unit_start, user, BOOL, NULL),
	FIELD(plan_unit_start, mode, ENUM, plan_cgroup_mode_values),
	FIELD(plan_unit_start, owner_uid, U32, NULL),
	FIELD(plan_unit_start, controllers, STRS, NULL),
	FIELD(plan_unit_start, properties, STRS, NULL),
	END,
};

static const struct layout_field ns_open_fields[] = {
	FIELD(plan_ns_open, type, ENUM, plan_ns_values),
	FIELD(plan_ns_open, path, ABS, NULL),
	FIELD(plan_ns_open, slot, U32, NULL),
	FIELD(plan_ns_open, owner, STR, NULL),
	FIELD(plan_ns_open, owner_words, STR, NULL),
	END,
};

static const struct layout_field rdt_fields[] = {
	FIELD(plan_rdt, root, TEXT, NULL),
	FIELD(plan_rdt, group, STR, NULL),
	FIELD(plan_rdt, monitor, STR, NULL),
	FIELD(plan_rdt, schemata, STR, NULL),
	FIELD(plan_rdt, flags, BITS, plan_rdt_values),
	END,
};

static const struct layout_field label_fields[] = {
	FIELD(plan_label, text, TEXT, NULL),
	FIELD(plan_label, file, ENUM, plan_label_values),
	END,
};

static const struct layout_field net_device_fields[] = {
	FIELD(plan_net_device, name, NAME, NULL),
	FIELD(plan_net_device, new_name, NAME, NULL),
	END,
};

static const struct layout_field hook_output_fields[] = {
	FIELD(plan_hook_output, path, ABS, NULL),
	FIELD(plan_hook_output, slot, U32, NULL),
	END,
};

static const struct layout_field seccomp_build_fields[] = {
	FIELD(plan_seccomp_build, default_action, ENUM, plan_action_values),
	FIELD(plan_seccomp_build, nrules, U32, NULL),
	FIELD(plan_seccomp_build, archs, STRS, NULL),
	FIELD(plan_seccomp_build, flags, BITS, plan_filter_values),
	END,
};

static const struct layout_field spawn_fields[] = {
	FIELD(plan_spawn, clone_flags, BITS64, plan_ns_values),
	FIELD(plan_spawn, into_cgroup, BOOL, NULL),
	END,
};

static const struct layout_field id_map_fields[] = {
	FIELD(plan_id_map, is_gid, BOOL, NULL),
	FIELD(plan_id_map, how, ENUM, plan_map_how_values),
	FIELD(plan_id_map, text, TEXT, NULL),
	FIELD(plan_id_map, deny_setgroups, BOOL, NULL),
	END,
};

static const struct layout_field oom_score_fields[] = {FIELD(plan_oom_score, value, I32, NULL),
						       END};

static const struct layout_field sync_fields[] = {FIELD(plan_sync, point, ENUM, plan_point_values),
						  END};

static const struct layout_field hooks_fields[] = {
	FIELD(plan_hooks, which, ENUM, plan_hook_values),
	FIELD(plan_hooks, head, TEXT, NULL),
	FIELD(plan_hooks, tail, TEXT, NULL),
	FIELD(plan_hooks, hooks, HOOKS, NULL),
	FIELD(plan_hooks, out, STR, NULL),
	FIELD(plan_hooks, err, STR, NULL),
	FIELD(plan_hooks, out_slot, U32, NULL),
	FIELD(plan_hooks, err_slot, U32, NULL),
	END,
};

const struct layout_field layout_hook_fields[] = {
	FIELD(plan_hook, path, ABS, NULL),
	FIELD(plan_hook, argv, STRS, NULL),
	FIELD(plan_hook, envp, ENV, NULL),
	FIELD(plan_hook, timeout, U32, NULL),
	FIELD(plan_hook, origin, STR, NULL),
	FIELD(plan_hook, inherits_env, BOOL, NULL),
	END,
};

static const struct layout_field rlimit_fields[] = {
	FIELD(plan_rlimit, resource, ENUM, plan_rlimit_values),
	FIELD(plan_rlimit, name, TEXT, NULL),
	FIELD(plan_rlimit, soft, U64, NULL),
	FIELD(plan_rlimit, hard, U64, NULL),
	END,
};

static const struct layout_field cgroup_enter_fields[] = {
	FIELD(plan_cgroup_enter, first_slot, U32, NULL),
	FIELD(plan_cgroup_enter, nslots, U32, NULL),
	END,
};

static const struct layout_field ns_join_fields[] = {
	FIELD(plan_ns_join, type, ENUM, plan_ns_values),
	FIELD(plan_ns_join, slot, U32, NULL),
	FIELD(plan_ns_join, path, ABS, NULL),
	FIELD(plan_ns_join, before_user, BOOL, NULL),
	END,
};

static const struct layout_field ns_enter_fields[] = {
	FIELD(plan_ns_enter, flags, BITS, plan_ns_values),
	FIELD(plan_ns_enter, slot, U32, NULL),
	END,
};

static const struct layout_field ns_unshare_fields[] = {
	FIELD(plan_ns_unshare, flags, BITS, plan_ns_values), END};

static const struct layout_field time_offset_fields[] = {
	FIELD(plan_time_offset, clock, TEXT, NULL),
	FIELD(plan_time_offset, nanosecs, U32, NULL),
	FIELD(plan_time_offset, secs, I64, NULL),
	END,
};

static const struct layout_field fork_fields[] = {
	FIELD(plan_fork, clone_flags, BITS64, plan_ns_values), END};

static const struct layout_field become_root_fields[] = {
	FIELD(plan_become_root, setgroups, BOOL, NULL), END};

static const struct layout_field text_fields[] = {FIELD(plan_text, text, TEXT, NULL),
						  FIELD(plan_text, flag, BOOL, NULL), END};

static const struct layout_field pid_file_fields[] = {FIELD(plan_text, text, STR, NULL),
						      FIELD(plan_text, flag, BOOL, NULL), END};

static const struct layout_field path_fields[] = {FIELD(plan_text, text, CLEAN, NULL),
						  FIELD(plan_text, flag, BOOL, NULL), END};

static const struct layout_field cwd_fields[] = {FIELD(plan_text, text, ABS, NULL),
						 FIELD(plan_text, flag, BOOL, NULL), END};

static const struct layout_field sysctl_fields[] = {
	FIELD(plan_sysctl, key, KEY, NULL),
	FIELD(plan_sysctl, value, TEXT, NULL),
	END,
};

static const struct layout_field propagation_fields[] = {
	FIELD(plan_root_propagation, flags, BITS64, plan_propagation_values),
	FIELD(plan_root_propagation, final, BOOL, NULL),
	END,
};

static const struct layout_field rootfs_fields[] = {
	FIELD(plan_rootfs, path, ABS, NULL),
	FIELD(plan_rootfs, parent_private, BOOL, NULL),
	FIELD(plan_rootfs, on_host, BOOL, NULL),
	END,
};

static const struct layout_field mount_fields[] = {
	FIELD(plan_mount, type, STR, NULL),
	FIELD(plan_mount, source, STR, NULL),
	FIELD(plan_mount, target, CLEAN, NULL),
	FIELD(plan_mount, flags, BITS, plan_mount_values),
	FIELD(plan_mount, data, STRS, NULL),
	FIELD(plan_mount, attr_set, BITS64, plan_attr_values),
	FIELD(plan_mount, attr_clr, BITS64, plan_attr_clear_values),
	FIELD(plan_mount, rec_set, BITS64, plan_attr_values),
	FIELD(plan_mount, rec_clr, BITS64, plan_attr_clear_values),
	FIELD(plan_mount, sb_flags, BITS64, plan_sb_values),
	FIELD(plan_mount, propagation, BITS64, plan_propagation_values),
	FIELD(plan_mount, uid_map, STR, NULL),
	FIELD(plan_mount, gid_map, STR, NULL),
	FIELD(plan_mount, label, STR, NULL),
	END,
};

static const struct layout_field mount_cgroup_fields[] = {
	FIELD(plan_mount_cgroup, target, CLEAN, NULL),
	FIELD(plan_mount_cgroup, mode, ENUM, plan_cgroup_mode_values),
	FIELD(plan_mount_cgroup, variant, ENUM, plan_cgroup_mount_values),
	FIELD(plan_mount_cgroup, attr_set, BITS64, plan_attr_values),
	FIELD(plan_mount_cgroup, attr_clr, BITS64, plan_attr_clear_values),
	FIELD(plan_mount_cgroup, propagation, BITS64, plan_propagation_values),
	FIELD(plan_mount_cgroup, names, STRS, NULL),
	FIELD(plan_mount_cgroup, options, STRS, NULL),
	FIELD(plan_mount_cgroup, links, STRS, NULL),
	FIELD(plan_mount_cgroup, path, STR, NULL),
	END,
};

static const struct layout_field device_fields[] = {
	FIELD(plan_device, path, CLEAN, NULL),
	FIELD(plan_device, type, ENUM, plan_node_values),
	FIELD(plan_device, mode, U32, NULL),
	FIELD(plan_device, major, U32, NULL),
	FIELD(plan_device, minor, U32, NULL),
	FIELD(plan_device, uid, U32, NULL),
	FIELD(plan_device, gid, U32, NULL),
	FIELD(plan_device, bind, BOOL, NULL),
	FIELD(plan_device, is_default, BOOL, NULL),
	END,
};

static const struct layout_field symlink_fields[] = {
	FIELD(plan_symlink, target, TEXT, NULL),
	FIELD(plan_symlink, path, CLEAN, NULL),
	END,
};

static const struct layout_field pivot_fields[] = {FIELD(plan_pivot, how, ENUM, plan_pivot_values),
						   END};

static const struct layout_field terminal_fields[] = {
	FIELD(plan_terminal, rows, U32, NULL),
	FIELD(plan_terminal, cols, U32, NULL),
	FIELD(plan_terminal, uid, U32, NULL),
	END,
};

static const struct layout_field umask_fields[] = {FIELD(plan_umask, mask, U32, NULL), END};

static const struct layout_field scheduler_fields[] = {
	FIELD(plan_scheduler, policy, ENUM, plan_sched_values),
	FIELD(plan_scheduler, nice, I32, NULL),
	FIELD(plan_scheduler, priority, U32, NULL),
	FIELD(plan_scheduler, flags, BITS64, plan_sched_flag_values),
	FIELD(plan_scheduler, runtime, U64, NULL),
	FIELD(plan_scheduler, deadline, U64, NULL),
	FIELD(plan_scheduler, period, U64, NULL),
	END,
};

static const struct layout_field io_priority_fields[] = {
	FIELD(plan_io_priority, class, ENUM, plan_io_class_values),
	FIELD(plan_io_priority, level, U32, NULL),
	END,
};

static const struct layout_field personality_fields[] = {
	FIELD(plan_personality, domain, ENUM, plan_personality_values), END};

static const struct layout_field cpu_affinity_fields[] = {
	FIELD(plan_cpu_affinity, final, BOOL, NULL),
	FIELD(plan_cpu_affinity, cpus, U32S, NULL),
	END,
};

static const struct layout_field memory_policy_fields[] = {
	FIELD(plan_memory_policy, mode, ENUM, plan_mpol_values),
	FIELD(plan_memory_policy, flags, BITS, plan_mpol_flag_values),
	FIELD(plan_memory_policy, nodes, U32S, NULL),
	END,
};

static const struct layout_field user_fields[] = {
	FIELD(plan_user, uid, U32, NULL),
	FIELD(plan_user, gid, U32, NULL),
	FIELD(plan_user, groups, U32S, NULL),
	FIELD(plan_user, setgroups, BOOL, NULL),
	END,
};

static const struct layout_field caps_fields[] = {
	FIELD(plan_caps, bounding, BITS64, plan_cap_values),
	FIELD(plan_caps, effective, BITS64, plan_cap_values),
	FIELD(plan_caps, permitted, BITS64, plan_cap_values),
	FIELD(plan_caps, inheritable, BITS64, plan_cap_values),
	FIELD(plan_caps, ambient, BITS64, plan_cap_values),
	FIELD(plan_caps, all, U64, NULL),
	FIELD(plan_caps, no_new_privs, BOOL, NULL),
	FIELD(plan_caps, late_seccomp, BOOL, NULL),
	END,
};

static const struct layout_field exec_fields[] = {
	FIELD(plan_exec, argv, STRS, NULL),
	FIELD(plan_exec, envp, ENV, NULL),
	FIELD(plan_exec, path, STR, NULL),
	FIELD(plan_exec, cwd, ABS, NULL),
	FIELD(plan_exec, need_home, BOOL, NULL),
	FIELD(plan_exec, uid, U32, NULL),
	END,
};

static const struct layout_field seccomp_load_fields[] = {
	FIELD(plan_seccomp_load, flags, BITS, plan_filter_values),
	FIELD(plan_seccomp_load, listener, STR, NULL),
	FIELD(plan_seccomp_load, metadata, STR, NULL),
	FIELD(plan_seccomp_load, dumpable, BOOL, NULL),
	END,
};

#define ROW(kind, name, type, actors, once, rank, fields)                                  \
	[PLAN_##kind] = {name,                                                             \
			 (sizeof(struct type) + PLAN_ALIGN - 1) / PLAN_ALIGN * PLAN_ALIGN, \
			 LAYOUT_##actors,                                                  \
			 once,                                                             \
			 RANK_##rank,                                                      \
			 fields}

static const struct layout layouts[PLAN_KIND_COUNT] = {
	ROW(STATE_DIR, "state directory", plan_state_dir, HOST, true, STATE_DIR, state_dir_fields),
	ROW(CGROUP_CREATE, "cgroup create", plan_cgroup_create, HOST, true, CGROUP_CREATE,
	    cgroup_create_fields),
	ROW(CGROUP_SET, "cgroup set", plan_cgroup_set, HOST, false, CGROUP_SET, cgroup_set_fields),
	ROW(CGROUP_DEVICES, "cgroup devices", plan_cgroup_devices, HOST, true, CGROUP_SET,
	    cgroup_devices_fields),
	ROW(NS_OPEN, "namespace open", plan_ns_open, HOST, false, NS_OPEN, ns_open_fields),
	ROW(HOOK_OUTPUT, "hook output", plan_hook_output, HOST, false, NS_OPEN, hook_output_fields),
	ROW(SECCOMP_BUILD, "seccomp build", plan_seccomp_build, HOST, true, SECCOMP_BUILD,
	    seccomp_build_fields),
	ROW(SPAWN, "spawn", plan_spawn, HOST, true, SPAWN, spawn_fields),
	ROW(ID_MAP, "id map", plan_id_map, HOST, false, ID_MAP, id_map_fields),
	ROW(OOM_SCORE, "oom score", plan_oom_score, HOST | LAYOUT_INIT, true, VARIES,
	    oom_score_fields),
	ROW(RECORD, "record", plan_record, HOST, true, RECORD, no_fields),
	ROW(PID_FILE, "pid file", plan_text, HOST, true, PID_FILE, pid_file_fields),
	ROW(SYNC, "sync", plan_sync, BOTH, false, VARIES, sync_fields),
	ROW(HOOKS, "hooks", plan_hooks, HOST | LAYOUT_INIT, false, VARIES, hooks_fields),
	ROW(RLIMIT, "rlimit", plan_rlimit, HOST | LAYOUT_INIT, false, VARIES, rlimit_fields),
	ROW(RLIMIT_RAISE, "rlimit raise", plan_rlimit, HOST | LAYOUT_INIT, false, VARIES,
	    rlimit_fields),
	ROW(CGROUP_ENTER, "cgroup enter", plan_cgroup_enter, INIT, true, CGROUP_ENTER,
	    cgroup_enter_fields),
	ROW(NS_JOIN, "namespace join", plan_ns_join, INIT, false, NS_JOIN, ns_join_fields),
	ROW(NS_ENTER, "namespaces enter", plan_ns_enter, INIT, true, NS_JOIN, ns_enter_fields),
	ROW(NS_UNSHARE, "namespace unshare", plan_ns_unshare, INIT, false, VARIES,
	    ns_unshare_fields),
	ROW(TIME_OFFSET, "time offset", plan_time_offset, INIT, false, VARIES, time_offset_fields),
	ROW(FORK, "fork", plan_fork, INIT, true, FORK, fork_fields),
	ROW(BECOME_ROOT, "become root", plan_become_root, INIT, true, BECOME_ROOT,
	    become_root_fields),
	ROW(KEYRING, "keyring", plan_text, INIT, true, IDENTITY, text_fields),
	ROW(HOSTNAME, "hostname", plan_text, INIT, true, IDENTITY, text_fields),
	ROW(DOMAINNAME, "domainname", plan_text, INIT, true, IDENTITY, text_fields),
	ROW(LOOPBACK_UP, "loopback", plan_bare, INIT, true, IDENTITY, no_fields),
	ROW(SYSCTL, "sysctl", plan_sysctl, INIT, false, SYSCTL, sysctl_fields),
	ROW(ROOT_PROPAGATION, "root propagation", plan_root_propagation, INIT, false, VARIES,
	    propagation_fields),
	ROW(ROOTFS, "rootfs", plan_rootfs, INIT, true, ROOTFS, rootfs_fields),
	ROW(MOUNT, "mount", plan_mount, INIT, false, VARIES, mount_fields),
	ROW(MOUNT_CGROUP, "mount cgroup", plan_mount_cgroup, INIT, false, MOUNT,
	    mount_cgroup_fields),
	ROW(DEVICE, "device", plan_device, INIT, false, DEVICE, device_fields),
	ROW(SYMLINK, "symlink", plan_symlink, INIT, false, DEVICE, symlink_fields),
	ROW(CONSOLE, "console", plan_bare, INIT, true, DEVICE, no_fields),
	ROW(READONLY_PATH, "readonly path", plan_text, INIT, false, PATHS, path_fields),
	ROW(MASK_PATH, "mask path", plan_text, INIT, false, PATHS, path_fields),
	ROW(PIVOT, "pivot", plan_pivot, INIT, true, PIVOT, pivot_fields),
	ROW(ROOT_READONLY, "readonly root", plan_bare, INIT, true, LIMITS, no_fields),
	ROW(TERMINAL, "terminal", plan_terminal, INIT, true, TERMINAL, terminal_fields),
	ROW(STDIO_OWNER, "stdio owner", plan_bare, INIT, true, TERMINAL, no_fields),
	ROW(CWD, "working directory", plan_text, INIT, true, LIMITS, cwd_fields),
	ROW(UMASK, "umask", plan_umask, INIT, true, LIMITS, umask_fields),
	ROW(NO_NEW_PRIVS, "no new privileges", plan_bare, INIT, true, LIMITS, no_fields),
	ROW(PERSONALITY, "personality", plan_personality, INIT, true, LIMITS, personality_fields),
	ROW(MEMORY_POLICY, "memory policy", plan_memory_policy, INIT, true, LIMITS,
	    memory_policy_fields),
	ROW(CPU_AFFINITY, "cpu affinity", plan_cpu_affinity, HOST, false, VARIES,
	    cpu_affinity_fields),
	ROW(IO_PRIORITY, "io priority", plan_io_priority, HOST | LAYOUT_INIT, true, VARIES,
	    io_priority_fields),
	ROW(SCHEDULER, "scheduler", plan_scheduler, HOST | LAYOUT_INIT, true, VARIES,
	    scheduler_fields),
	ROW(USER, "user", plan_user, INIT, true, USER, user_fields),
	ROW(CAPS, "capabilities", plan_caps, INIT, true, CAPS, caps_fields),
	ROW(EXEC_LOOKUP, "program look-up", plan_exec, INIT, true, EXEC_LOOKUP, exec_fields),
	ROW(START_WAIT, "wait for start", plan_bare, INIT, true, START_WAIT, no_fields),
	ROW(SECCOMP_LOAD, "seccomp load", plan_seccomp_load, INIT, true, SECCOMP_LOAD,
	    seccomp_load_fields),
	ROW(UNIT_START, "unit start", plan_unit_start, HOST, true, UNIT_START, unit_start_fields),
	ROW(NET_DEVICE, "network device", plan_net_device, HOST, false, NET_DEVICE,
	    net_device_fields),
	ROW(RDT, "resctrl", plan_rdt, HOST, true, RDT, rdt_fields),
	ROW(LABEL, "label", plan_label, INIT, false, VARIES, label_fields),
	ROW(EXEC, "exec", plan_exec, INIT, true, EXEC, exec_fields),
};

const struct layout *layout_of(unsigned kind)
{
	return kind < PLAN_KIND_COUNT && layouts[kind].name ? &layouts[kind] : NULL;
}
