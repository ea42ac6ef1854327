/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec: one more process in a container. It is made as a container's init is made (spawn.c, the
 * sealed image, a plan), from the configuration that was stored at create. No lock is held: many
 * may run at once, and one whose container ends meanwhile fails without a trace, because the kernel
 * ends it with the pid namespace and we end it with its socket.
 */
#include "runtime/exec.h"

#include "base/fd.h"
#include "base/named.h"
#include "runtime/filter.h"
#include "sys/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int stopped(struct hz_error *err)
{
	return error_set(err, HZ_E_STATE, "cannot exec in a stopped container");
}

/* The pidfd is there before the start time is compared: so it is the container's init for good. */
static int find_init(struct exec *x, const struct hz_exec_options *o, struct hz_error *err)
{
	int alive, frozen;

	if (!x->record.pid.set)
		return store_is_locked(x->dirfd)
			       ? error_set(err, HZ_E_STATE,
					   "cannot exec in a container in the creating state")
			       : stopped(err);
	x->pidfd = process_open(&x->record);
	if (x->pidfd < 0)
		return x->pidfd == -ESRCH ? stopped(err)
					  : error_sys(err, -x->pidfd, "pidfd_open", NULL,
						      "find the container's init");
	alive = process_is_alive(&x->record, err);
	if (alive <= 0)
		return alive < 0 ? -1 : stopped(err);
	frozen = o->ignore_paused ? 0 : cgroup_is_frozen(&x->record.cgroup_dirs, err);
	if (frozen <= 0)
		return frozen;
	return error_set(err, HZ_E_STATE,
			 "cannot exec in a paused container (use --ignore-paused to override)");
}

/* Has the container a session keyring of its own? A plan of another version of hezi cannot tell:
 * then yes, so that the caller's never gets into the container. */
static int find_keyring(struct exec *x, struct hz_error *err)
{
	const struct plan_step *s;
	struct plan plan;
	uint32_t i;

	if (store_read_plan(x->dirfd, &plan, err)) {
		if (err->code != HZ_E_UNSUPPORTED)
			return -1;
		hz_error_clear(err);
		return 0;
	}
	x->b.options.no_new_keyring = true;
	plan_foreach (plan.h, s, i)
		if (s->kind == PLAN_KEYRING)
			x->b.options.no_new_keyring = false;
	plan_done(&plan);
	return 0;
}

static int read_config(struct exec *x, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (store_read(x->dirfd, "config.json", &text, OCI_CONFIG_MAX, err) || find_keyring(x, err))
		return -1;
	x->b.path = x->record.bundle;
	x->b.len = text.len;
	x->b.text = TAKE_PTR(text.data);
	return oci_config_decode(&x->b.arena, x->b.text, x->b.len, "config.json", &x->b.config,
				 err);
}

/* Which namespaces of the container are not our own. */
static int compare_namespaces(struct exec *x, struct hz_error *err)
{
	static const unsigned flags[] = {CLONE_NEWUSER,   CLONE_NEWNS,  CLONE_NEWPID,
					 CLONE_NEWNET,    CLONE_NEWIPC, CLONE_NEWUTS,
					 CLONE_NEWCGROUP, CLONE_NEWTIME};
	char path[48];

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		const char *name = sys_ns_file(flags[i]);
		struct stat own, its;

		if (!(x->b.facts.ns_supported & flags[i]))
			continue;
		snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
		if (stat(path, &own))
			return error_sys(err, errno, "stat", path, "look at \"%s\"", path);
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)x->record.pid.v, name);
		if (stat(path, &its))
			return error_sys(err, errno, "stat", path, "look at \"%s\"", path);
		if (own.st_ino != its.st_ino || own.st_dev != its.st_dev)
			x->target.ns_flags |= flags[i];
	}
	return 0;
}

static bool denies_setgroups(pid_t pid)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
	return !file_read_at(AT_FDCWD, path, &text, 64) && !strncmp(text.data, "deny", 4);
}

/* Where somebody removed the container's cgroup while it runs, cgroup v2 has one place for init,
 * and that is the place for others too. */
static int open_cgroups(struct exec *x, const struct oci_strings *subs, struct hz_error *err)
{
	const struct plan_facts *f = &x->b.facts;
	int own;

	if (!cgroup_join_open(&x->record.cgroup_dirs, subs, f, x->b.options.rootless_cgroup_ok,
			      &x->cgroups, err))
		return 0;
	if (err->errnum != ENOENT || subs->n)
		return -1;
	own = f->cgroup_mode == PLAN_CGROUP_V2 ? cgroup_join_own((pid_t)x->record.pid.v, f) : -1;
	if (own < 0)
		return error_hint(err, "it was removed under the container");
	hz_error_clear(err);
	x->cgroups.unified = own;
	return 0;
}

static int find_target(const hz_runtime *rt, struct exec *x, const struct hz_exec_options *o,
		       struct hz_error *err)
{
	struct bundle *b = &x->b;
	const struct oci_strings subs = {(const char **)o->cgroups, o->ncgroups};

	if (compare_namespaces(x, err))
		return -1;
	if (x->target.ns_flags & CLONE_NEWUSER)
		x->target.no_setgroups = denies_setgroups((pid_t)x->record.pid.v);
	b->options.rootless_cgroup_ok = runtime_is_rootless(rt, &b->facts);
	if (open_cgroups(x, &subs, err))
		return -1;
	x->target.into_cgroup = x->cgroups.unified >= 0;
	x->target.cgroup_slots = x->cgroups.ntasks;
	return 0;
}

static int prepare(hz_runtime *rt, struct exec *x, const struct hz_exec_options *o,
		   struct hz_error *err)
{
	struct bundle *b = &x->b;

	if (store_open(rt, o->id, &x->dirfd, err) ||
	    container_record(rt, o->id, x->dirfd, &b->arena, &x->record, err) ||
	    record_check_version(&x->record, err) || find_init(x, o, err) || read_config(x, err) ||
	    exec_process_make(x, o, err) || console_check(b->config, x->c.o, o->detach, err) ||
	    facts_collect(&b->facts, &b->ignored_signals, &b->arena, err) ||
	    find_target(rt, x, o, err))
		return -1;
	facts_ask_for(b->config, &b->facts, &b->arena);
	b->options.id = o->id;
	b->options.bundle = b->path;
	b->options.preserve_fds = o->preserve_fds;
	b->options.pid_file = o->pid_file != NULL;
	b->options.exec = &x->target;
	if (bundle_check_preserved(&b->options, err))
		return -1;
	return plan_compile(b->config, &b->facts, &b->options, &b->plan, err);
}

static int plan_memory(const struct plan *plan, int *ret_fd, struct hz_error *err)
{
	_cleanup_fd_ int fd = fd_memory("plan");
	int r = fd < 0 ? fd : fd_write_all(fd, plan->h, plan->size);

	if (r)
		return error_sys(err, -r, "memfd_create", "plan",
				 "hand the plan to the new process");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/*
 * A cgroup of v2 takes no processes when it has sub-cgroups with controllers (systemd in the
 * container), or is gone: then the one where init is now. A runtime without rights there leaves the
 * process where it is, as a rootless create does; into a unit systemd puts it.
 */
static bool other_cgroup(struct exec *x, const struct hz_exec_options *o, int errnum)
{
	int own;

	if (x->c.join_cgroup < 0)
		return false;
	if ((errnum == EACCES || errnum == EPERM) &&
	    ((x->record.unit && !o->ncgroups) || x->b.options.rootless_cgroup_ok)) {
		x->c.join_cgroup = -1;
		return true;
	}
	if (o->ncgroups ||
	    (errnum != EBUSY && errnum != ENOENT && errnum != ENODEV && errnum != EOPNOTSUPP))
		return false;
	own = cgroup_join_own((pid_t)x->record.pid.v, &x->b.facts);
	if (own < 0)
		return false;
	fd_close(x->cgroups.unified);
	x->c.join_cgroup = x->cgroups.unified = own;
	return true;
}

static int spawn(struct exec *x, const struct hz_exec_options *o, struct hz_error *err)
{
	if (!step_before_boot(&x->c, err))
		return 0;
	if (!other_cgroup(x, o, err->errnum))
		return -1;
	hz_error_clear(err);
	if (step_before_boot(&x->c, err))
		return -1;
	/* systemd may where we may not: from a user's session into his manager's tree */
	return x->record.unit && x->c.join_cgroup < 0 ? unit_attach(&x->record, &x->c, err) : 0;
}

static int make(struct exec *x, const struct hz_exec_options *o, struct hz_error *err)
{
	struct creation *c = &x->c;
	_cleanup_fd_ int plan = -1;

	runtime_log(c->rt, HZ_LOG_DEBUG, "nsexec container setup of a process in \"%s\"", o->id);
	if (plan_memory(&x->b.plan, &plan, err) || creation_open_sockets(c, err))
		return -1;
	for (unsigned i = 0; i < x->cgroups.ntasks; i++)
		c->slots[i] = TAKE_FD(x->cgroups.tasks[i]);
	c->slots[x->cgroups.ntasks] = fcntl(x->pidfd, F_DUPFD_CLOEXEC, 3);
	if (c->slots[x->cgroups.ntasks] < 0)
		return error_sys(err, errno, "fcntl", NULL, "hand on the container's init");
	c->join_cgroup = x->cgroups.unified;
	if (spawn(x, o, err) || creation_send_boot(c, plan, err))
		return -1;
	if (filter_get(x->b.config, &c->filter, &c->filter_len, err))
		return -1;
	launch_tell_filter(c->rt, c->b->plan.h);
	if (talk_until_ready(c, err))
		return -1;
	creation_reap_stub(c);
	runtime_log(c->rt, HZ_LOG_DEBUG, "child process in init(): pid %d is ready", (int)c->pid);
	if (c->pty >= 0 && o->console_socket &&
	    console_send(o->console_socket, c->pty, "terminal", "/dev/ptmx", err))
		return -1;
	if (o->pidfd_socket && console_send(o->pidfd_socket, c->pidfd, "pidfd", "setns", err))
		return -1;
	return 0;
}

static int go(struct exec *x, const struct hz_exec_options *o, struct hz_error *err)
{
	enum hz_status status = HZ_RUNNING;
	struct launch l = {.rt = x->c.rt,
			   .sock = x->c.sock,
			   .plan = x->b.plan.h,
			   .record = &x->record,
			   .pidfd = x->c.pidfd,
			   .pid = x->c.pid,
			   .is_stderr_ours = true};

	if (!o->detach && attach_prepare(x->c.pty, err))
		return -1;
	if (launch_has_listener(l.plan) && status_get(x->dirfd, &x->record, &status, err))
		return -1;
	l.status = hz_status_name(status);
	runtime_log(x->c.rt, HZ_LOG_DEBUG, "setns_init: about to exec");
	return launch_wait(&l, err) < 0 ? -1 : 0;
}

/* What the end of the container did to us is not the news. */
static void explain_failure(const struct exec *x, struct hz_error *err)
{
	struct pollfd p = {x->pidfd, POLLIN, 0};

	if (x->pidfd >= 0 && err->code != HZ_E_STATE && poll(&p, 1, 0) == 1) {
		hz_error_clear(err);
		error_set(err, HZ_E_STATE,
			  "cannot exec in a stopped container: it has ended meanwhile");
	}
}

static int exec(struct exec *x, const struct hz_exec_options *o, int *ret_status,
		struct hz_error *err)
{
	bool blocked = false;
	sigset_t old;
	int r = o->detach ? 0 : attach_open_stdio(&x->c, err);

	if (!r)
		r = make(x, o, err);

	/* Until the program runs a signal ends us, and what we made with us: a paused container
	 * answers nothing for as long as it likes. */
	if (!r && !o->detach) {
		r = attach_block_signals(&old, err);
		blocked = !r;
	}
	if (!r)
		r = go(x, o, err);
	if (!r && !o->detach) {
		const struct attach a = {.rt = x->c.rt,
					 .pidfd = x->c.pidfd,
					 .pid = x->c.pid,
					 .pty = x->c.pty,
					 .stdio = x->c.our_stdio,
					 .notify = -1};

		r = attach_wait(&a, ret_status, err);
	}
	if (r) {
		creation_kill(&x->c);
		if (x->c.pid_file_made)
			named_remove(o->pid_file); /* engines tell a failed exec by its absence */
	}
	if (blocked)
		attach_unblock_signals(&old);
	return r;
}

/* What create has warned of is not told again: CRI-O takes stderr for the process's. Left are the
 * faults of this call. */
static void tell_warnings(hz_runtime *rt, struct exec *x, const struct hz_exec_options *o)
{
	struct hz_error ignored = HZ_ERROR_INIT;
	struct plan own = {0};

	if (!x->b.plan.nwarnings)
		return;
	x->b.config->process = x->own;
	if (x->own && plan_compile(x->b.config, &x->b.facts, &x->b.options, &own, &ignored))
		own.nwarnings = 0;
	warnings_tell(rt, &x->b.plan, &own, o->process ? o->process : "command line", "/process");
	plan_done(&own);
	hz_error_clear(&ignored);
}

int hz_exec(hz_runtime *rt, const struct hz_exec_options *o, int *ret_status, struct hz_error *err)
{
	const struct hz_create_options as_create = {.size = sizeof(as_create),
						    .id = o->id,
						    .console_socket = o->console_socket,
						    .pid_file = o->pid_file,
						    .preserve_fds = o->preserve_fds};
	struct hz_error local = HZ_ERROR_INIT;
	struct exec x = {.dirfd = -1, .pidfd = -1, .cgroups = {.unified = -1}};
	int r;

	if (!err)
		err = &local;
	*ret_status = 0;
	creation_init(&x.c, rt, &as_create, &x.b);
	r = prepare(rt, &x, o, err);
	if (!r) {
		x.c.at = plan_first(x.b.plan.h);
		x.c.left = x.b.plan.h->nsteps;
		r = exec(&x, o, ret_status, err);
	}
	if (r) {
		explain_failure(&x, err);
		exec_process_locate(&x, o, err);
	} else {
		tell_warnings(rt, &x, o);
	}
	cgroup_join_close(&x.cgroups);
	creation_done(&x.c);
	bundle_done(&x.b);
	buf_done(&x.document);
	if (x.dirfd >= 0)
		fd_close(x.dirfd);
	if (x.pidfd >= 0)
		fd_close(x.pidfd);
	hz_error_clear(&local);
	return r;
}
