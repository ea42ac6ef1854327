/* SPDX-License-Identifier: Apache-2.0 */
/* The compiler's frame: which parts are compiled, in which order. The order of the calls is the
 * order of the steps. */
#include "base/cleanup.h"
#include "plan/builder.h"
#include "plan/cgroup_convert.h"
#include "plan/unit.h"

#include <linux/capability.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>

typedef void compile_fn(struct builder *b);

static compile_fn *const parts[] = {
	compile_checks,      compile_prepare, compile_seccomp, compile_enter,   compile_net_devices,
	compile_identity,    compile_rootfs,  compile_mounts,  compile_devices, compile_paths,
	compile_hooks_early, compile_pivot,   compile_process, compile_ready,   compile_start,
};

static compile_fn *const exec_parts[] = {
	compile_checks,  compile_seccomp, compile_exec_enter,
	compile_process, compile_ready,   compile_start,
};

/*
 * Init is not dumpable, so its files in /proc belong to root of the initial user namespace or of
 * the runtime's, and hidepid hides them from all that may not trace it (PTRACE_MODE_READ).
 */
bool plan_init_is_hidden(const struct builder *b)
{
	return b->facts->in_userns || !(b->facts->caps & 1ull << CAP_SYS_PTRACE);
}

static void compile_header(struct builder *b)
{
	const struct oci_process *p = b->config->process;

	b->head.id = builder_str(b, b->opt->id);
	b->head.bundle = builder_str(b, b->opt->bundle);
	b->head.rootfs = builder_str(b, plan_rootfs(b));
	b->head.preserve_fds = b->opt->preserve_fds;
	if (b->head.flags & PLAN_F_UPDATE)
		return;
	if (p)
		b->head.flags |= PLAN_F_HAS_START;
	if (p && p->terminal.v)
		b->head.flags |= PLAN_F_TERMINAL;
	if (b->opt->exec) {
		b->head.flags |= PLAN_F_EXEC;
		if (b->opt->exec->ns_flags & CLONE_NEWUSER)
			b->head.flags |= PLAN_F_USERNS;
		return;
	}
	if (plan_new_ns(b->config, OCI_NS_PID))
		b->head.flags |= PLAN_F_NEW_PID;
	if (plan_has_ns(b->config, OCI_NS_USER))
		b->head.flags |= PLAN_F_USERNS | (b->facts->privileged ? 0 : PLAN_F_SEEN_WAITING);
	if (plan_init_is_hidden(b))
		b->head.flags |= PLAN_F_TELL_STAT;
}

static compile_fn *const update_parts[] = {compile_limits};
static compile_fn *const unit_update_parts[] = {compile_unit_update};

static void warn_of_odd_keys(struct builder *b, const struct oci_odd_key *k)
{
	for (; k; k = k->next)
		builder_warn(b, k->pointer, "\"%s\" is ignored: the name of the key is \"%s\"",
			     k->key, k->known);
}

static int compile(struct builder *b, const struct plan_options *opt, struct plan *ret,
		   compile_fn *const *all, size_t n)
{
	int r;

	memset(ret, 0, sizeof(*ret));
	b->opt = opt;
	b->plan = ret;
	compile_header(b);
	warn_of_odd_keys(b, b->config->odd_keys);
	if (b->config->process)
		warn_of_odd_keys(b, b->config->process->odd_keys);
	for (size_t i = 0; i < n; i++)
		all[i](b);
	r = builder_finish(b, ret);
	builder_done(b);
	return r;
}

int plan_compile(const struct oci_config *c, const struct plan_facts *facts,
		 const struct plan_options *opt, struct plan *ret, struct hz_error *err)
{
	struct builder b;

	builder_init(&b);
	b.config = c;
	b.facts = facts;
	b.err = err;
	return opt->exec ? compile(&b, opt, ret, exec_parts, ARRAY_SIZE(exec_parts))
			 : compile(&b, opt, ret, parts, ARRAY_SIZE(parts));
}

int plan_compile_update(const struct oci_config *c, const struct plan_facts *facts,
			const struct plan_options *opt, struct plan *ret, struct hz_error *err)
{
	struct builder b;

	builder_init(&b);
	b.config = c;
	b.facts = facts;
	b.err = err;
	b.head.flags = PLAN_F_UPDATE;
	return opt->systemd_cgroup ? compile(&b, opt, ret, unit_update_parts, 1)
				   : compile(&b, opt, ret, update_parts, 1);
}

void plan_done(struct plan *p)
{
	free(p->h);
	p->h = NULL;
	p->size = 0;
}
