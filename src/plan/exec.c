/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `exec`: one more process for a container that is there. All namespaces are entered by one
 * setns(2) with a pidfd of the container's init, which the kernel does wholly or not at all, with
 * the rights that the runtime has outside. A pid namespace takes in children only: then the entered
 * process is a stub that clones the real one, as with a joined pid namespace at create.
 *
 * The process itself is compiled as that of a create (process.c).
 */
#include "plan/builder.h"

#include <linux/sched.h>

static void compile_root(struct builder *b)
{
	struct plan_become_root *r;

	if (!plan_uid_is_mapped(b->config, 0) || !plan_gid_is_mapped(b->config, 0))
		return;
	r = BUILDER_STEP(b, struct plan_become_root, PLAN_BECOME_ROOT, PLAN_INIT, NULL);
	r->setgroups = plan_may_setgroups(b) && !plan_keeps_groups(b->config);
}

static void check(struct builder *b)
{
	if (!(b->opt->exec->ns_flags & CLONE_NEWNS))
		builder_unsupported(b, "/linux/namespaces",
				    "exec in a container without a mount namespace of its own");
}

void compile_exec_enter(struct builder *b)
{
	const struct plan_exec_target *t = b->opt->exec;
	struct plan_ns_enter *n;
	struct plan_spawn *s;

	check(b);
	compile_affinity(b, false);
	s = BUILDER_STEP(b, struct plan_spawn, PLAN_SPAWN, PLAN_HOST, NULL);
	s->into_cgroup = t->into_cgroup;
	if (t->cgroup_slots) {
		struct plan_cgroup_enter *e = BUILDER_STEP(b, struct plan_cgroup_enter,
							   PLAN_CGROUP_ENTER, PLAN_INIT, NULL);

		e->nslots = t->cgroup_slots;
	}
	compile_own_oom_score(b);
	compile_label_keys(b);
	compile_labels(b);
	n = BUILDER_STEP(b, struct plan_ns_enter, PLAN_NS_ENTER, PLAN_INIT, NULL);
	n->flags = t->ns_flags;
	n->slot = t->cgroup_slots;
	b->head.nslots = t->cgroup_slots + 1;
	if (t->ns_flags & CLONE_NEWPID) {
		BUILDER_STEP(b, struct plan_fork, PLAN_FORK, PLAN_INIT, NULL);
		b->head.flags |= PLAN_F_STUB;
	}
	if (t->ns_flags & CLONE_NEWUSER)
		compile_root(b);
	if (!b->opt->no_new_keyring) {
		struct plan_text *k =
			BUILDER_STEP(b, struct plan_text, PLAN_KEYRING, PLAN_INIT, NULL);

		k->text = builder_printf(b, "_ses.%s", b->opt->id);
	}
}
