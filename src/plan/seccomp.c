/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp profile: its sense is checked here; the program is built by the runtime, which skips
 * system calls that it does not know, as others do.
 *
 * SCMP_ACT_NOTIFY needs an agent: linux.seccomp.listenerPath, or the annotation that crun had
 * before the specification had that. The path is kept in the plan, because the filter is loaded,
 * and the listener sent, at `start`.
 */
#include "plan/builder.h"

#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <string.h>

#define ERRNO_LAST 4094   /* the kernel caps at 4095 (MAX_ERRNO), libseccomp stops one before it */
#define TRACE_LAST 0xffff /* SECCOMP_RET_DATA, for the tracer */
#define ARG_LAST   5
#define RECEIVER   "run.oci.seccomp.receiver"

/*
 * The specification wants an error where the action takes no errno. runc ignores the value, and
 * profiles rely on that; the action itself is never weaker for it, so this is a warning.
 */
static void check_errno(struct builder *b, const char *ptr, int action, const struct oci_u32 *ret)
{
	unsigned last = action == OCI_ACT_TRACE ? TRACE_LAST : ERRNO_LAST;

	if (!ret->set)
		return;
	if (action != OCI_ACT_ERRNO && action != OCI_ACT_TRACE)
		builder_warn(b, ptr, "has no effect: %s takes no errno",
			     oci_seccomp_action_name(action));
	else if (ret->v > last)
		builder_fault(b, ptr, "the value for %s must be at most %u, not %u",
			      oci_seccomp_action_name(action), last, ret->v);
}

static void check_rule(struct builder *b, const struct oci_seccomp_rule *r, size_t i)
{
	for (size_t k = 0; k < r->names.n; k++) {
		const char *ptr = builder_ptr(b, "/linux/seccomp/syscalls/%zu/names/%zu", i, k);

		if (!r->names.items[k][0])
			builder_fault(b, ptr, "the name is empty");
		else if (r->action.v == OCI_ACT_NOTIFY && !strcmp(r->names.items[k], "write"))
			builder_refuse(b, ptr,
				       "SCMP_ACT_NOTIFY cannot be used for the write syscall, as "
				       "with runc: name the system calls that the agent is to "
				       "answer");
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
}

/* Where the agent listens, and in @ret_pointer who says so. NULL: nowhere. */
static const char *agent_path(struct builder *b, const struct oci_seccomp *s,
			      const char **ret_pointer)
{
	const char *path = s->listener_path;

	*ret_pointer = "/linux/seccomp/listenerPath";
	if (path && path[0])
		return path;
	path = plan_annotation(b->config, RECEIVER);
	*ret_pointer = builder_key_ptr(b, "/annotations", RECEIVER);
	return path && path[0] ? path : NULL;
}

/* The first rule that asks for an agent, or NULL. */
static const struct oci_seccomp_rule *find_notify(const struct oci_seccomp *s)
{
	for (size_t i = 0; i < s->syscalls.n; i++)
		if (s->syscalls.items[i].action.v == OCI_ACT_NOTIFY)
			return &s->syscalls.items[i];
	return NULL;
}

static void check_listener(struct builder *b, const struct oci_seccomp *s)
{
	const struct oci_seccomp_rule *rule = find_notify(s);
	const char *pointer, *path = agent_path(b, s, &pointer);

	if (s->default_action.v == OCI_ACT_NOTIFY)
		builder_refuse(b, "/linux/seccomp/defaultAction",
			       "SCMP_ACT_NOTIFY cannot be the default action: libseccomp makes no "
			       "such filter");
	else if (rule && !path)
		builder_fault(b,
			      builder_ptr(b, "/linux/seccomp/syscalls/%zu/action",
					  (size_t)(rule - s->syscalls.items)),
			      "SCMP_ACT_NOTIFY without listenerPath: there is nobody to ask");
	if (path && path[0] != '/')
		builder_fault(b, pointer, "the path of the agent's socket must be absolute");
	else if (path && !rule)
		builder_warn(b, pointer, "%s has no effect without SCMP_ACT_NOTIFY",
			     strrchr(pointer, '/') + 1);
	if (s->listener_metadata && s->listener_metadata[0] && !path)
		builder_fault(b, "/linux/seccomp/listenerMetadata",
			      "listenerMetadata without listenerPath");
}

/* WAIT_KILLABLE_RECV is about notifications only, and the kernel refuses it without a listener; so
 * it does TSYNC with one, when it may not answer ESRCH. */
static uint32_t filter_flags(struct builder *b, const struct oci_seccomp *s, bool warn)
{
	bool notifies = find_notify(s) != NULL;
	uint32_t flags = notifies ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;

	if (!s->flags.items) /* no list is not an empty one: then it is runc's default */
		return flags | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	for (size_t i = 0; i < s->flags.n; i++) {
		switch (s->flags.items[i]) {
		case OCI_FLAG_TSYNC:
			flags |= SECCOMP_FILTER_FLAG_TSYNC;
			flags |= notifies ? SECCOMP_FILTER_FLAG_TSYNC_ESRCH : 0;
			break;
		case OCI_FLAG_LOG: flags |= SECCOMP_FILTER_FLAG_LOG; break;
		case OCI_FLAG_SPEC_ALLOW: flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW; break;
		default:
			if (notifies)
				flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
			else if (warn)
				builder_warn(b, builder_ptr(b, "/linux/seccomp/flags/%zu", i),
					     "%s has no effect without SCMP_ACT_NOTIFY",
					     oci_seccomp_flag_name(s->flags.items[i]));
			break;
		}
	}
	return flags;
}

/* Each rule with conditions takes an instruction at least. libseccomp, which would find out too,
 * compares each of them with all others. */
static void check_size(struct builder *b, const struct oci_seccomp *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->syscalls.n; i++)
		if (s->syscalls.items[i].args.n)
			n += s->syscalls.items[i].names.n;
	if (n > BPF_MAXINSNS)
		builder_fault(b, "/linux/seccomp/syscalls",
			      "%zu rules with args, but the kernel takes a filter of at most %d "
			      "instructions",
			      n, BPF_MAXINSNS);
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
	check_size(b, s);
	check_listener(b, s);
	if (!b->config->process)
		return; /* nothing will run under it */
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
	const char *pointer;

	if (!s)
		return;
	step = BUILDER_STEP(b, struct plan_seccomp_load, PLAN_SECCOMP_LOAD, PLAN_INIT,
			    "/linux/seccomp");
	step->flags = filter_flags(b, s, false);
	if (!find_notify(s))
		return;
	step->listener = builder_str(b, agent_path(b, s, &pointer));
	step->dumpable = !b->facts->privileged && !b->opt->exec && (b->head.flags & PLAN_F_NEW_PID);
	if (s->listener_metadata && s->listener_metadata[0])
		step->metadata = builder_str(b, s->listener_metadata);
}
