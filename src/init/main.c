/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over the plan. */
#include "init/init.h"

/* A switch and not a table of pointers: the image is never relocated. */
static int run_box_step(struct init *init, const struct plan_step *s)
{
	switch ((enum plan_kind)s->kind) {
	case PLAN_KEYRING: return step_keyring(init, s);
	case PLAN_HOSTNAME: return step_hostname(init, s);
	case PLAN_DOMAINNAME: return step_domainname(init, s);
	case PLAN_LOOPBACK_UP: return step_loopback_up(init, s);
	case PLAN_SYSCTL: return step_sysctl(init, s);
	case PLAN_ROOT_PROPAGATION: return step_root_propagation(init, s);
	case PLAN_ROOTFS: return step_rootfs(init, s);
	case PLAN_MOUNT: return step_mount(init, s);
	case PLAN_MOUNT_CGROUP: return step_mount_cgroup(init, s);
	case PLAN_DEVICE: return step_device(init, s);
	case PLAN_SYMLINK: return step_symlink(init, s);
	case PLAN_CONSOLE: return step_console(init, s);
	case PLAN_READONLY_PATH: return step_readonly_path(init, s);
	case PLAN_MASK_PATH: return step_mask_path(init, s);
	case PLAN_ROOT_READONLY: return step_root_readonly(init, s);
	case PLAN_PIVOT: return step_pivot(init, s) < 0 ? -1 : init_drop_host(init, s);
	default: return init_fail_why(init, s, INIT_WHY_PROTOCOL, 0, "step");
	}
}

static int run_step(struct init *init, const struct plan_step *s)
{
	switch ((enum plan_kind)s->kind) {
	case PLAN_SYNC: return step_sync(init, s);
	case PLAN_HOOKS: return step_hooks(init, s);
	case PLAN_RLIMIT: return step_rlimit(init, s);
	case PLAN_RLIMIT_RAISE: return step_rlimit_raise(init, s);
	case PLAN_CGROUP_ENTER: return step_cgroup_enter(init, s);
	case PLAN_OOM_SCORE: return step_oom_score(init, s);
	case PLAN_NS_JOIN: return step_ns_join(init, s);
	case PLAN_NS_ENTER: return step_ns_enter(init, s);
	case PLAN_NS_UNSHARE: return step_ns_unshare(init, s);
	case PLAN_TIME_OFFSET: return step_time_offset(init, s);
	case PLAN_LABEL: return step_label(init, s);
	case PLAN_FORK: return step_fork(init, s);
	case PLAN_BECOME_ROOT: return step_become_root(init, s);
	case PLAN_TERMINAL: return step_terminal(init, s);
	case PLAN_STDIO_OWNER: return step_stdio_owner(init, s);
	case PLAN_CWD: return step_cwd(init, s);
	case PLAN_UMASK: return step_umask(init, s);
	case PLAN_NO_NEW_PRIVS: return step_no_new_privs(init, s);
	case PLAN_PERSONALITY: return step_personality(init, s);
	case PLAN_MEMORY_POLICY: return step_memory_policy(init, s);
	case PLAN_IO_PRIORITY: return step_io_priority(init, s);
	case PLAN_SCHEDULER: return step_scheduler(init, s);
	case PLAN_USER: return step_user(init, s);
	case PLAN_CAPS: return step_caps(init, s);
	case PLAN_EXEC_LOOKUP: return step_exec_lookup(init, s);
	case PLAN_START_WAIT: return step_start_wait(init, s);
	case PLAN_SECCOMP_LOAD: return step_seccomp_load(init, s);
	case PLAN_EXEC: return step_exec(init, s);
	default: return run_box_step(init, s);
	}
}

static int run(struct init *init)
{
	const struct plan_step *s;
	uint32_t i;

	if (init_boot(init) < 0)
		return -1;
	plan_foreach (init->plan, s, i) {
		if (s->actor != PLAN_HOST && run_step(init, s) < 0)
			return -1;
	}
	return 0;
}

const struct plan_step *init_find_step(const struct init *init, enum plan_kind kind)
{
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (init->plan, s, i) {
		if (s->kind == kind && s->actor != PLAN_HOST)
			return s;
	}
	return NULL;
}

void init_main(int sock, unsigned first_fd)
{
	struct init *init = &init_keep.init;

	*init = (struct init){
		.sock = sock,
		.first_fd = first_fd,
		.listener = -1,
		.rootfd = -1,
		.proc_fd = -1,
		.pty_master = -1,
		.pty_slave = -1,
	};
	for (unsigned i = 0; i < INIT_SLOTS_MAX; i++)
		init->slots[i] = -1;
	if (run(init) < 0)
		init_send_failure(init);
	init_exit(1);
}
