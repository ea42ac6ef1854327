/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host executor: walks the host's steps of the plan. Steps before PLAN_SPAWN are done before
 * init exists; those after it when init has stopped at the sync point before them. What undoes them
 * is in creation_undo() (create.c): the record names the cgroups, the descriptors close themselves,
 * init dies with the socket.
 */
#include "runtime/runtime.h"

#include "base/fd.h"
#include "base/named.h"
#include "sys/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* @fd is of a namespace that may not be the runtime's own. */
static int check_foreign(const struct plan_header *h, const struct plan_ns_open *n, int fd,
			 struct hz_error *err)
{
	const char *name = sys_ns_file(n->type);
	struct stat own, it;
	char path[48];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	if (fstat(fd, &it) || stat(path, &own))
		return error_sys(err, errno, "stat", path, "look at the %s namespace", name);
	if (it.st_dev != own.st_dev || it.st_ino != own.st_ino)
		return 0;
	error_set(err, HZ_E_CONFIG,
		  "%s would change the host: \"%s\" is the runtime's own %s namespace",
		  plan_text(h, n->owner_words), plan_text(h, n->path), name);
	return error_pointer(err, plan_text(h, n->owner));
}

static int do_ns_open(struct creation *c, const struct plan_ns_open *n, struct hz_error *err)
{
	const char *path = plan_text(c->b->plan.h, n->path);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return error_sys(err, errno, "open", path, "open namespace \"%s\"", path);
	c->slots[n->slot] = fd;
	return n->owner ? check_foreign(c->b->plan.h, n, fd, err) : 0;
}

static int do_hook_output(struct creation *c, const struct plan_hook_output *o,
			  struct hz_error *err)
{
	return hooks_open_output(c->b->plan.h, o->path, &c->slots[o->slot], err);
}

static int do_cgroup_create(struct creation *c, const struct plan_cgroup_create *s,
			    struct hz_error *err)
{
	const struct oci_linux *l = c->b->config->linux_;
	/* who asked for a place gets that place or an error, as with runc */
	bool asked = l && l->cgroups_path && *l->cgroups_path;
	const struct cgroup_request request = {
		.step = s,
		.plan = c->b->plan.h,
		.facts = &c->b->facts,
		.dirs = &c->record.cgroup_dirs,
		.forgive = c->b->options.rootless_cgroup_ok && !asked,
		.rootless = c->b->options.rootless_cgroup_ok,
		.switched = &c->switched,
	};

	c->cgroups_begun = true;
	return cgroup_prepare(&request, c->slots, &c->cgroup, err);
}

static int do_cgroup_set(struct creation *c, const struct plan_cgroup_set *s, struct hz_error *err)
{
	if (!c->cgroup)
		return error_set(err, HZ_E_UNSUPPORTED,
				 "cgroup limits need a cgroup, and this user may not make one: "
				 "rootless needs no limits + no cgrouppath when no permission is "
				 "granted for cgroups");
	return cgroup_set(c->cgroup, c->b->plan.h, s, err);
}

static int do_cgroup_devices(struct creation *c, const struct plan_cgroup_devices *s,
			     struct hz_error *err)
{
	if (!c->cgroup)
		return error_set(err, HZ_E_UNSUPPORTED,
				 "device rules need a cgroup, and this user may not make one");
	return cgroup_set_devices(c->cgroup, c->b->plan.h, s, err);
}

static int do_rlimit(struct creation *c, const struct plan_rlimit *l, struct hz_error *err)
{
	uint64_t lim[2] = {l->soft, l->hard}; /* struct rlimit64 */
	bool raise = l->s.kind == PLAN_RLIMIT_RAISE;
	long r = raise ? syscall(SYS_prlimit64, c->pid, l->resource, NULL, lim) : 0;

	if (!r && (!raise || sys_rlimit_raise(lim, l->soft, l->hard)))
		r = syscall(SYS_prlimit64, c->pid, l->resource, lim, NULL);
	if (!r)
		return 0;
	r = errno;
	error_sys(err, (int)r, "prlimit64", plan_text(c->b->plan.h, l->name), "%s %s: prlimit64",
		  raise ? "raise" : "set", plan_text(c->b->plan.h, l->name));
	return hint_rlimit(l, (int)r, err);
}

static int do_io_priority(struct creation *c, const struct plan_io_priority *p,
			  struct hz_error *err)
{
	long r = sys_ioprio_set(c->pid, p->class, p->level);

	if (!r)
		return 0;
	error_sys(err, (int)-r, "ioprio_set", NULL, "set the io priority");
	return fail_hint(PLAN_IO_PRIORITY, (int)-r, err);
}

static int do_scheduler(struct creation *c, const struct plan_scheduler *s, struct hz_error *err)
{
	struct sys_sched_attr attr = {.policy = s->policy,
				      .flags = s->flags,
				      .nice = s->nice,
				      .priority = s->priority,
				      .runtime = s->runtime,
				      .deadline = s->deadline,
				      .period = s->period};
	long r = sys_sched_setattr(c->pid, &attr);

	if (!r)
		return 0;
	error_sys(err, (int)-r, "sched_setattr", NULL, "set the scheduling policy");
	return hint_scheduler(s, (int)-r, err);
}

/* In the words of runc: the CPUs as one number. */
static void tell_affinity(const struct creation *c, const struct plan_cpu_affinity *a)
{
	const uint32_t *cpus = plan_u32s(c->b->plan.h, a->cpus);
	_cleanup_buf_ struct buf mask = BUF_INIT;
	uint32_t n = a->cpus.n;

	while (n > 1 && !cpus[n - 1])
		n--;
	buf_printf(&mask, "0x%x", cpus[n - 1]);
	while (--n)
		buf_printf(&mask, "%08x", cpus[n - 1]);
	if (mask.data)
		runtime_log(c->rt, HZ_LOG_DEBUG, "nsexec: affinity: %s", mask.data);
}

static int do_affinity(struct creation *c, const struct plan_cpu_affinity *a, struct hz_error *err)
{
	const struct plan_header *h = c->b->plan.h;
	int r;

	if (!a->final) {
		tell_affinity(c, a);
		c->affinity = a;
		return 0;
	}
	if (syscall(SYS_sched_setaffinity, c->pid, a->cpus.n * sizeof(uint32_t),
		    plan_u32s(h, a->cpus)) >= 0)
		return 0;
	r = errno;
	error_sys(err, r, "sched_setaffinity", NULL, "set the CPUs of the process");
	return hint_cpus(r, err);
}

static int do_oom_score(struct creation *c, const struct plan_oom_score *o, struct hz_error *err)
{
	char text[16];
	int r;

	snprintf(text, sizeof(text), "%d", o->value);
	r = proc_write(c->pid, "oom_score_adj", text);
	if (!r)
		return 0;
	error_sys(err, -r, "write", "oom_score_adj", "set oom_score_adj to %d", o->value);
	return hint_oom_score(-r, err);
}

static int do_record(struct creation *c, struct hz_error *err)
{
	if (process_identify(c, err))
		return -1;
	c->record.pid = (struct oci_i64){c->pid, true};
	return record_write(c->dirfd, &c->record, err);
}

/* Decimal, no newline, and complete from the moment it can be seen: engines read it as soon as it
 * is there. */
static int do_pid_file(struct creation *c, struct hz_error *err)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", c->pid);

	return named_put(c->o->pid_file, "write the pid file", text, (size_t)n, &c->pid_file_made,
			 err);
}

static int dispatch(struct creation *c, const struct plan_step *s, struct hz_error *err)
{
	const struct plan_header *h = c->b->plan.h;

	switch ((enum plan_kind)s->kind) {
	case PLAN_STATE_DIR:     /* made before the first step: it holds the intent and the lock */
	case PLAN_SECCOMP_BUILD: /* done after the spawn, while init mounts */
		return launch_check_agent(c->b->plan.h, err);
	case PLAN_CGROUP_CREATE:
		return do_cgroup_create(c, (const struct plan_cgroup_create *)s, err);
	case PLAN_UNIT_START: return unit_start(c, (const struct plan_unit_start *)s, err);
	case PLAN_CGROUP_SET: return do_cgroup_set(c, (const struct plan_cgroup_set *)s, err);
	case PLAN_CGROUP_DEVICES:
		return do_cgroup_devices(c, (const struct plan_cgroup_devices *)s, err);
	case PLAN_NS_OPEN: return do_ns_open(c, (const struct plan_ns_open *)s, err);
	case PLAN_NET_DEVICE: return netdev_move(c, (const struct plan_net_device *)s, err);
	case PLAN_HOOK_OUTPUT: return do_hook_output(c, (const struct plan_hook_output *)s, err);
	case PLAN_SPAWN: return spawn_init(c, (const struct plan_spawn *)s, err);
	case PLAN_ID_MAP: return idmap_apply(c, (const struct plan_id_map *)s, err);
	case PLAN_OOM_SCORE: return do_oom_score(c, (const struct plan_oom_score *)s, err);
	case PLAN_HOOKS: return hooks_run(h, (const struct plan_hooks *)s, c->pid, err);
	case PLAN_RLIMIT:
	case PLAN_RLIMIT_RAISE: return do_rlimit(c, (const struct plan_rlimit *)s, err);
	case PLAN_IO_PRIORITY: return do_io_priority(c, (const struct plan_io_priority *)s, err);
	case PLAN_SCHEDULER: return do_scheduler(c, (const struct plan_scheduler *)s, err);
	case PLAN_CPU_AFFINITY: return do_affinity(c, (const struct plan_cpu_affinity *)s, err);
	case PLAN_RDT: return rdt_step(c, (const struct plan_rdt *)s, err);
	case PLAN_RECORD: return do_record(c, err);
	case PLAN_PID_FILE: return do_pid_file(c, err);
	default:
		return error_set(err, HZ_E_INTERNAL, "the plan gives step \"%s\" to the host",
				 plan_kind_name(s->kind));
	}
}

static void tell(const struct creation *c, const struct plan_step *s)
{
	static const struct plan_print_options no_env = {0};
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (!c->rt->debug)
		return;
	plan_step_text(c->b->plan.h, s, &no_env, &text);
	runtime_log(c->rt, HZ_LOG_DEBUG, "%s", text.data ? text.data : plan_kind_name(s->kind));
}

int step_do(struct creation *c, const struct plan_step *s, struct hz_error *err)
{
	tell(c, s);
	if (!dispatch(c, s, err))
		return 0;
	if (err && !err->pointer[0])
		error_pointer(err, plan_text(c->b->plan.h, s->origin));
	if (err && !err->step[0])
		error_step(err, plan_kind_name(s->kind));
	return -1;
}

static const struct plan_step *advance(struct creation *c)
{
	c->left--;
	c->at = plan_next(c->at);
	return c->at;
}

/* After the spawn: what the host does to a process that waits for its plan. */
int step_before_boot(struct creation *c, struct hz_error *err)
{
	bool spawned = false;

	for (; c->left && (!spawned || c->at->actor == PLAN_HOST); advance(c)) {
		if (step_do(c, c->at, err))
			return -1;
		spawned |= c->at->kind == PLAN_SPAWN;
	}
	return spawned ? 0 : error_set(err, HZ_E_INTERNAL, "the plan starts no process");
}

int step_after_sync(struct creation *c, enum plan_point point, struct hz_error *err)
{
	for (; c->left; advance(c))
		if (c->at->kind == PLAN_SYNC)
			break;
	if (!c->left || ((const struct plan_sync *)c->at)->point != point)
		return error_set(err, HZ_E_INTERNAL,
				 "the container's init stopped at an unexpected place");
	for (advance(c); c->left && c->at->actor == PLAN_HOST; advance(c))
		if (step_do(c, c->at, err))
			return -1;
	return 0;
}
