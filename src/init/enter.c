/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Into cgroups and namespaces. A namespace that belongs to another user namespace can be joined
 * only after that one, one of our own only before: so such joins are tried at both moments. The
 * stub exists because a process never moves into a pid or time namespace itself, only its children
 * are born there.
 */
#include "init/init.h"

#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>

/* At once, before a namespace is entered where a neighbour could look at them (CVE-2016-9962); in
 * few calls, as their numbers mostly follow each other. */
static void close_slots(struct init *init, uint32_t first, uint32_t end)
{
	while (first < end) {
		int from = init->slots[first], to = from;

		init->slots[first] = -1;
		for (first++; first < end && init->slots[first] == to + 1; first++, to++)
			init->slots[first] = -1;
		sys_close_range((unsigned)from, (unsigned)to, 0); /* open, so cannot fail */
	}
}

/* Which of the hierarchies it is, as the host's /proc names it; without one the step has to do. */
static int fail_to_enter(struct init *init, const struct plan_step *step, int fd, long r)
{
	static char path[INIT_OBJECT_MAX];
	struct init_text t;
	char link[32];
	long n;

	init_text_start(&t, link, sizeof(link));
	init_text_str(&t, "/proc/self/fd/");
	init_text_u64(&t, (uint64_t)fd);
	n = sys_call(__NR_readlinkat, AT_FDCWD, link, path, sizeof(path) - 1);
	return init_fail(init, step, __NR_write, r, n > 0 ? path : NULL);
}

int step_cgroup_enter(struct init *init, const struct plan_step *step)
{
	const struct plan_cgroup_enter *e = (const struct plan_cgroup_enter *)step;
	uint32_t end = e->first_slot + e->nslots;

	if (end > INIT_SLOTS_MAX)
		return init_fail_why(init, step, INIT_WHY_PROTOCOL, 0, "slots");
	for (uint32_t i = e->first_slot; i < end; i++) {
		long r = init_write_once(init->slots[i], "0", 1);

		if (r < 0)
			return fail_to_enter(init, step, init->slots[i], r);
	}
	close_slots(init, e->first_slot, end);
	return 0;
}

/*
 * A user namespace that is joined may deny setgroups(2) to all that are in it: the groups of the
 * caller are dropped before. Who may not do that here (EPERM) keeps them, as with every runtime.
 */
static void drop_groups(const struct init *init)
{
	const struct plan_step *root = init_find_step(init, PLAN_BECOME_ROOT);
	const struct plan_step *user = init_find_step(init, PLAN_USER);

	if ((root && ((const struct plan_become_root *)root)->setgroups) ||
	    (user && ((const struct plan_user *)user)->setgroups))
		sys_call(__NR_setgroups, 0, 0);
}

static int join(struct init *init, const struct plan_ns_join *j, bool may_wait)
{
	int *fd = &init->slots[j->slot];
	long r;

	if (*fd < 0)
		return 0; /* joined at the first try */
	r = sys_call(__NR_setns, *fd, j->type);
	if (r == -EPERM && may_wait)
		return 0;
	if (r < 0)
		return init_fail(init, &j->s, __NR_setns, r, plan_text(init->plan, j->path));
	init_close(fd);
	return 0;
}

/* In the user namespace now: what could not be joined before. */
static int join_rest(struct init *init, const struct plan_step *now)
{
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (init->plan, s, i) {
		const struct plan_ns_join *j = (const struct plan_ns_join *)s;

		if (s->index >= now->index)
			break;
		if (s->kind == PLAN_NS_JOIN && j->before_user && join(init, j, false) < 0)
			return -1;
	}
	return 0;
}

int step_ns_join(struct init *init, const struct plan_step *step)
{
	const struct plan_ns_join *j = (const struct plan_ns_join *)step;

	if (j->type == CLONE_NEWUSER)
		drop_groups(init);
	if (join(init, j, j->before_user) < 0)
		return -1;
	if (j->type != CLONE_NEWUSER)
		return 0;
	return init_guard(init, step) < 0 ? -1 : join_rest(init, step);
}

/* All at once or none, with the rights that we have outside. Root and working directory are the
 * container's root from here on, and nothing of the host is open. */
int step_ns_enter(struct init *init, const struct plan_step *step)
{
	const struct plan_ns_enter *n = (const struct plan_ns_enter *)step;
	int *fd = &init->slots[n->slot];
	long r;

	if (n->flags & CLONE_NEWUSER)
		drop_groups(init);
	r = n->flags ? sys_call(__NR_setns, *fd, n->flags) : 0;
	if (r < 0)
		return init_fail(init, step, __NR_setns, r, NULL);
	init_close(fd);
	return (n->flags & CLONE_NEWUSER) ? init_guard(init, step) : 0;
}

int step_ns_unshare(struct init *init, const struct plan_step *step)
{
	const struct plan_ns_unshare *u = (const struct plan_ns_unshare *)step;
	long r = sys_call(__NR_unshare, u->flags);

	if (r < 0)
		return init_fail(init, step, __NR_unshare, r, NULL);
	return (u->flags & CLONE_NEWUSER) ? init_guard(init, step) : 0;
}

/* @path is below /proc/self. */
static int write_self(struct init *init, const struct plan_step *step, const char *path,
		      const char *line, size_t len)
{
	INIT_CLOSE int fd = -1;
	INIT_CLOSE int proc = init_open_proc(init, step);
	const char *name = init_after(path, "/proc/");
	long r;

	if (proc < 0)
		return -1;
	r = init_proc_file(&proc, name, 0);
	if (r == -EACCES) { /* files of what is not dumpable belong to the host's root */
		sys_call(__NR_prctl, PR_SET_DUMPABLE, 1);
		r = init_proc_file(&proc, name, 0);
		if (init_guard(init, step) < 0)
			return -1;
	}
	if (r < 0)
		return init_fail(init, step, __NR_openat2, r, path);
	fd = (int)r;
	r = init_write_once(fd, line, len);
	return r < 0 ? init_fail(init, step, __NR_write, r, path) : 0;
}

int step_time_offset(struct init *init, const struct plan_step *step)
{
	const struct plan_time_offset *o = (const struct plan_time_offset *)step;
	struct init_text t;
	char line[80];

	init_text_start(&t, line, sizeof(line));
	init_text_str(&t, plan_text(init->plan, o->clock));
	init_text_str(&t, " ");
	init_text_i64(&t, o->secs);
	init_text_str(&t, " ");
	init_text_u64(&t, o->nanosecs);
	init_text_str(&t, "\n");
	return write_self(init, step, "/proc/self/timens_offsets", line, t.len);
}

int step_oom_score(struct init *init, const struct plan_step *step)
{
	struct init_text t;
	char line[16];

	init_text_start(&t, line, sizeof(line));
	init_text_i64(&t, ((const struct plan_oom_score *)step)->value);
	return write_self(init, step, "/proc/self/oom_score_adj", line, t.len);
}

/* The child must not speak before the host has heard of it. */
_Noreturn static void stub_exit(struct init *init, int gate, long pid)
{
	if (init_send(init, INIT_FORKED, (uint32_t)pid, -1) < 0 || init_write_once(gate, "", 1) < 0)
		init_exit(1);
	init_exit(0);
}

static int wait_for_gate(int gate)
{
	char c;
	long n;

	do
		n = sys_call(__NR_read, gate, &c, 1);
	while (n == -EINTR);
	return n == 1 ? 0 : -1;
}

int step_fork(struct init *init, const struct plan_step *step)
{
	const struct plan_fork *f = (const struct plan_fork *)step;
	struct sys_clone_args args = {
		.flags = f->clone_flags | CLONE_PARENT}; /* the exit signal is that of the stub */
	int gate[2];
	long r = sys_call(__NR_pipe2, gate, O_CLOEXEC);

	if (r < 0)
		return init_fail(init, step, __NR_pipe2, r, NULL);
	r = sys_clone3_fork(&args);
	if (r < 0)
		return init_fail(init, step, __NR_clone3, r, NULL);
	if (r > 0)
		stub_exit(init, gate[1], r);
	init_close(&gate[1]);
	if (wait_for_gate(gate[0]) < 0)
		init_exit(1);
	init_close(&gate[0]);
	r = sys_call(__NR_setsid);
	if (r < 0)
		return init_fail(init, step, __NR_setsid, r, NULL);
	init_tell_stat(init);
	return init_guard(init, step);
}

/* 0 need not be mapped: then we go on as who we are there. */
int step_become_root(struct init *init, const struct plan_step *step)
{
	const struct plan_become_root *b = (const struct plan_become_root *)step;
	long r = b->setgroups ? sys_call(__NR_setgroups, 0, 0) : 0;

	if (r < 0 && r != -EPERM) /* denied in a joined user namespace: drop_groups() */
		return init_fail(init, step, __NR_setgroups, r, NULL);
	r = sys_call(__NR_setresgid, 0, 0, 0);
	if (r < 0 && r != -EINVAL)
		return init_fail(init, step, __NR_setresgid, r, NULL);
	r = sys_call(__NR_setresuid, 0, 0, 0);
	if (r < 0 && r != -EINVAL)
		return init_fail(init, step, __NR_setresuid, r, NULL);
	return init_guard(init, step) < 0 ? -1 : join_rest(init, step);
}
