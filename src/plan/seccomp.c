/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp profile: its sense is checked here; the program is built by the runtime, which skips
 * system calls that it does not know, as others do.
 */
#include "plan/builder.h"

#include <linux/seccomp.h>

#define ERRNO_LAST 4095 /* MAX_ERRNO of the kernel */
#define ARG_LAST   5

static bool takes_errno(int action)
{
	return action == OCI_ACT_ERRNO || action == OCI_ACT_TRACE;
}

static void check_errno(struct builder *b, const char *ptr, int action, const struct oci_u32 *ret)
{
	if (!ret->set)
		return;
	if (!takes_errno(action))
		builder_fault(b, ptr, "%s takes no errno", oci_seccomp_action_name(action));
	else if (ret->v > ERRNO_LAST)
		builder_fault(b, ptr, "an errno is %d at most, not %u", ERRNO_LAST, ret->v);
}

static void check_rule(struct builder *b, const struct oci_seccomp_rule *r, size_t i)
{
	for (size_t k = 0; k < r->names.n; k++) {
		if (!r->names.items[k][0])
			builder_fault(b,
				      builder_ptr(b, "/linux/seccomp/syscalls/%zu/names/%zu", i, k),
				      "the name is empty");
	}
	check_errno(b, builder_ptr(b, "/linux/seccomp/syscalls/%zu/errnoRet", i), r->action.v,
		    &r->errno_ret);
	for (size_t k = 0; k < r->args.n; k++) {
		if (r->args.items[k].index.v > ARG_LAST)
			builder_fault(
				b,
				builder_ptr(b, "/linux/seccomp/syscalls/%zu/args/%zu/index", i, k),
				"the index of an argument is %d at most, not %u", ARG_LAST,
				r->args.items[k].index.v);
	}
	if (r->action.v == OCI_ACT_NOTIFY)
		builder_unsupported(b, builder_ptr(b, "/linux/seccomp/syscalls/%zu/action", i),
				    "SCMP_ACT_NOTIFY");
}

static void check_listener(struct builder *b, const struct oci_seccomp *s)
{
	bool notifies = s->default_action.v == OCI_ACT_NOTIFY;

	for (size_t i = 0; i < s->syscalls.n; i++)
		notifies |= s->syscalls.items[i].action.v == OCI_ACT_NOTIFY;
	if (s->default_action.v == OCI_ACT_NOTIFY)
		builder_unsupported(b, "/linux/seccomp/defaultAction", "SCMP_ACT_NOTIFY");
	if (s->listener_metadata && s->listener_metadata[0] &&
	    (!s->listener_path || !s->listener_path[0]))
		builder_fault(b, "/linux/seccomp/listenerMetadata",
			      "listenerMetadata without listenerPath");
	if (s->listener_path && s->listener_path[0] && !notifies)
		builder_warn(b, "/linux/seccomp/listenerPath",
			     "listenerPath has no effect without SCMP_ACT_NOTIFY");
}

/* WAIT_KILLABLE_RECV is about notifications only, and the kernel refuses it without a listener. */
static uint32_t filter_flags(struct builder *b, const struct oci_seccomp *s, bool warn)
{
	uint32_t flags = 0;

	for (size_t i = 0; i < s->flags.n; i++) {
		switch (s->flags.items[i]) {
		case OCI_FLAG_TSYNC: flags |= SECCOMP_FILTER_FLAG_TSYNC; break;
		case OCI_FLAG_LOG: flags |= SECCOMP_FILTER_FLAG_LOG; break;
		case OCI_FLAG_SPEC_ALLOW: flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW; break;
		default:
			if (warn)
				builder_warn(b, builder_ptr(b, "/linux/seccomp/flags/%zu", i),
					     "%s has no effect without SCMP_ACT_NOTIFY",
					     oci_seccomp_flag_name(s->flags.items[i]));
			break;
		}
	}
	return flags;
}

void compile_seccomp(struct builder *b)
{
	const struct oci_seccomp *s = b->config->linux_ ? b->config->linux_->seccomp : NULL;
	struct plan_seccomp_build *step;

	if (!s)
		return;
	check_errno(b, "/linux/seccomp/defaultErrnoRet", s->default_action.v,
		    &s->default_errno_ret);
	for (size_t i = 0; i < s->syscalls.n; i++)
		check_rule(b, &s->syscalls.items[i], i);
	check_listener(b, s);
	step = BUILDER_STEP(b, struct plan_seccomp_build, PLAN_SECCOMP_BUILD, PLAN_HOST,
			    "/linux/seccomp");
	step->default_action = (uint32_t)s->default_action.v;
	step->nrules = (uint32_t)s->syscalls.n;
	step->archs = builder_strs(b, s->architectures.items, s->architectures.n);
	step->flags = filter_flags(b, s, true);
}

void compile_seccomp_load(struct builder *b)
{
	const struct oci_seccomp *s = b->config->linux_ ? b->config->linux_->seccomp : NULL;
	struct plan_seccomp_load *step;

	if (!s)
		return;
	step = BUILDER_STEP(b, struct plan_seccomp_load, PLAN_SECCOMP_LOAD, PLAN_INIT,
			    "/linux/seccomp");
	step->flags = filter_flags(b, s, false);
}
