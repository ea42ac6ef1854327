/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the process is run: personality, NUMA policy, I/O priority, scheduler, and the CPUs of exec.
 *
 * What raises a priority needs CAP_SYS_NICE of the host. Init has it as long as it is the host's
 * root; with a user namespace only the runtime does. A runtime without privilege has no more rights
 * than init, and may only touch processes of its own user: then it is init again.
 */
#include "plan/builder.h"
#include "plan/layout.h"

#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/personality.h>
#include <linux/sched.h>
#include <string.h>

#define CPU_LAST  8191 /* CONFIG_NR_CPUS is 8192 at most */
#define NODE_LAST 1023 /* CONFIG_NODES_SHIFT is 10 at most */
#define WORDS(n)  ((n) / 32 + 1)

static enum plan_actor actor_of(const struct builder *b)
{
	return (b->head.flags & PLAN_F_USERNS) && b->facts->privileged ? PLAN_HOST : PLAN_INIT;
}

static const char *skip_blanks(const char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

/* Decimal; NULL when there is none or it is above @max. */
static const char *parse_number(const char *s, unsigned max, unsigned *ret)
{
	unsigned n = 0;

	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++) {
		n = n * 10 + (unsigned)(*s - '0');
		if (n > max)
			return NULL;
	}
	*ret = n;
	return s;
}

/* "3" or "0-7" at @s: what follows it, or NULL. */
static const char *parse_range(const char *s, unsigned max, uint32_t *words)
{
	unsigned from = 0, to;

	s = parse_number(s, max, &from);
	to = from;
	if (s && *s == '-')
		s = parse_number(s + 1, max, &to);
	if (!s || to < from)
		return NULL;
	for (unsigned i = from; i <= to; i++)
		words[i / 32] |= 1u << i % 32;
	return skip_blanks(s);
}

bool plan_parse_list(const char *list, unsigned max, uint32_t *words)
{
	bool any = false;

	for (const char *s = list;; s++) {
		s = skip_blanks(s);
		if (*s && *s != ',') { /* nothing between two commas is nothing to runc too */
			s = parse_range(s, max, words);
			any = true;
		}
		if (!s || *s != ',')
			return any && s && !*s;
	}
}

/* Only what exec will do is asked for; nothing is done at create. */
void check_affinity(struct builder *b)
{
	const struct oci_process *p = b->config->process;
	const struct oci_cpu_affinity *a = p ? p->exec_cpu_affinity : NULL;
	const struct {
		const char *name, *list;
	} rows[] = {{"initial", a ? a->initial : NULL}, {"final", a ? a->final : NULL}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t cpus[WORDS(CPU_LAST)] = {0};

		if (rows[i].list && rows[i].list[0] &&
		    !plan_parse_list(rows[i].list, CPU_LAST, cpus))
			builder_fault(b,
				      builder_ptr(b, "/process/execCPUAffinity/%s", rows[i].name),
				      "\"%s\" is no list of CPUs from 0 to %d such as \"0-3,7\"",
				      rows[i].list, CPU_LAST);
	}
}

void compile_affinity(struct builder *b, bool final)
{
	const struct oci_process *p = b->config->process;
	const struct oci_cpu_affinity *a = p ? p->exec_cpu_affinity : NULL;
	const char *list = !a ? NULL : final ? a->final : a->initial;
	uint32_t cpus[WORDS(CPU_LAST)] = {0};
	struct plan_cpu_affinity *s;
	size_t n = WORDS(CPU_LAST);

	/* a bad list is a fault already: check_affinity() */
	if (!b->opt->exec || !list || !list[0] || !plan_parse_list(list, CPU_LAST, cpus))
		return;
	s = BUILDER_STEP(b, struct plan_cpu_affinity, PLAN_CPU_AFFINITY, PLAN_HOST,
			 final ? "/process/execCPUAffinity/final"
			       : "/process/execCPUAffinity/initial");
	s->final = final;
	while (n > 2 && !cpus[n - 1] && !cpus[n - 2])
		n -= 2;
	s->cpus = builder_u32s(b, cpus, n);
}

void compile_personality(struct builder *b)
{
	const struct oci_personality *p = b->config->linux_ ? b->config->linux_->personality : NULL;
	struct plan_personality *s;

	if (!p)
		return;
	for (size_t i = 0; i < p->flags.n; i++)
		builder_fault(b, builder_ptr(b, "/linux/personality/flags/%zu", i),
			      "unknown flag \"%s\": the runtime-spec has no personality flags yet",
			      p->flags.items[i]);
	if (!p->domain.set) /* the schema does not require it, the text does */
		builder_fault(b, "/linux/personality", "domain is missing");
	s = BUILDER_STEP(b, struct plan_personality, PLAN_PERSONALITY, PLAN_INIT,
			 "/linux/personality");
	s->domain = p->domain.v == OCI_PER_LINUX32 ? PER_LINUX32 : PER_LINUX;
}

/* What set_mempolicy(2) would answer with a bare EINVAL. */
static void check_memory_policy(struct builder *b, const struct plan_memory_policy *s, unsigned n)
{
	static const char flags[] = "/linux/memoryPolicy/flags";
	static const char nodes[] = "/linux/memoryPolicy/nodes";
	const char *mode = plan_value_name(plan_mpol_values, s->mode);
	bool fixed = s->mode == MPOL_DEFAULT || s->mode == MPOL_LOCAL;

	if (fixed && n)
		builder_fault(b, nodes, "%s: the mode requires 0 nodes but got %u", mode, n);
	if (!fixed && s->mode != MPOL_PREFERRED && !n)
		builder_fault(b, nodes, "%s needs nodes", mode);
	if ((s->flags & MPOL_F_STATIC_NODES) && (s->flags & MPOL_F_RELATIVE_NODES))
		builder_fault(b, flags,
			      "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other");
	if ((s->flags & MPOL_F_NUMA_BALANCING) && s->mode != MPOL_BIND &&
	    s->mode != MPOL_PREFERRED_MANY)
		builder_fault(b, flags, "MPOL_F_NUMA_BALANCING does not go with %s", mode);
	if (fixed && (s->flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES)))
		builder_fault(b, flags, "flags about nodes do not go with %s", mode);
}

void compile_memory_policy(struct builder *b)
{
	static const uint32_t modes[] = {
		[OCI_MPOL_DEFAULT] = MPOL_DEFAULT,
		[OCI_MPOL_BIND] = MPOL_BIND,
		[OCI_MPOL_INTERLEAVE] = MPOL_INTERLEAVE,
		[OCI_MPOL_WEIGHTED_INTERLEAVE] = PLAN_MPOL_WEIGHTED_INTERLEAVE,
		[OCI_MPOL_PREFERRED] = MPOL_PREFERRED,
		[OCI_MPOL_PREFERRED_MANY] = MPOL_PREFERRED_MANY,
		[OCI_MPOL_LOCAL] = MPOL_LOCAL,
	};
	static const uint32_t flags[] = {MPOL_F_NUMA_BALANCING, MPOL_F_RELATIVE_NODES,
					 MPOL_F_STATIC_NODES};
	const struct oci_linux *l = b->config->linux_;
	const struct oci_memory_policy *p = l ? l->memory_policy : NULL;
	uint32_t nodes[WORDS(NODE_LAST)] = {0};
	struct plan_memory_policy *s;
	bool has_nodes = p && p->nodes && p->nodes[0];
	size_t n = WORDS(NODE_LAST);
	unsigned count = 0;

	if (!p)
		return;
	if (!p->mode.set) {
		builder_fault(b, "/linux/memoryPolicy",
			      "invalid memory policy mode: it is missing");
		return;
	}
	s = BUILDER_STEP(b, struct plan_memory_policy, PLAN_MEMORY_POLICY, PLAN_INIT,
			 "/linux/memoryPolicy");
	s->mode = modes[p->mode.v];
	for (size_t i = 0; i < p->flags.n; i++)
		s->flags |= flags[p->flags.items[i]];
	if (has_nodes && !plan_parse_list(p->nodes, NODE_LAST, nodes))
		builder_fault(b, "/linux/memoryPolicy/nodes",
			      "invalid memory policy node: \"%s\" is no list of nodes such as "
			      "\"0-3,7\"",
			      p->nodes);
	for (size_t i = 0; i < n; i++)
		count += (unsigned)__builtin_popcount(nodes[i]);
	check_memory_policy(b, s, has_nodes && !count ? 1 : count); /* 1: the list is at fault */
	if (!has_nodes)
		return;
	while (n > 2 && !nodes[n - 1] && !nodes[n - 2])
		n -= 2;
	s->nodes = builder_u32s(b, nodes, n);
}

static void compile_io_priority(struct builder *b, enum plan_actor actor)
{
	static const uint32_t classes[] = {
		[OCI_IOPRIO_RT] = IOPRIO_CLASS_RT,
		[OCI_IOPRIO_BE] = IOPRIO_CLASS_BE,
		[OCI_IOPRIO_IDLE] = IOPRIO_CLASS_IDLE,
	};
	const struct oci_io_priority *p = b->config->process->io_priority;
	struct plan_io_priority *s;

	if (!p)
		return;
	if (p->priority.v < 0 || p->priority.v > 7)
		builder_fault(b, "/process/ioPriority/priority",
			      "the priority must be between 0 and 7, not %d", p->priority.v);
	s = BUILDER_STEP(b, struct plan_io_priority, PLAN_IO_PRIORITY, actor,
			 "/process/ioPriority");
	s->class = classes[p->class_.v];
	s->level = (uint32_t)p->priority.v;
}

/* runtime <= deadline <= period, all as sched(7) has them. */
static void check_deadline(struct builder *b, const struct plan_scheduler *s)
{
	const struct oci_hooks *h = b->config->hooks;
	uint64_t period = s->period ? s->period : s->deadline;

	if (s->runtime < 1024 || s->deadline < s->runtime || period < s->deadline ||
	    period > INT64_MAX)
		builder_fault(b, "/process/scheduler",
			      "SCHED_DEADLINE wants 1024 <= runtime <= deadline <= period "
			      "(nanoseconds; a period of 0 is the deadline)");
	if (h && h->start_container.n && !(s->flags & SCHED_FLAG_RESET_ON_FORK))
		builder_fault(b, "/process/scheduler/policy",
			      "a SCHED_DEADLINE process cannot start startContainer hooks: add "
			      "SCHED_FLAG_RESET_ON_FORK");
}

static void check_scheduler(struct builder *b, const struct plan_scheduler *s, int32_t priority)
{
	const char *policy = plan_value_name(plan_sched_values, s->policy);
	bool fifo = s->policy == SCHED_FIFO || s->policy == SCHED_RR;
	bool kept = s->flags & (SCHED_FLAG_KEEP_POLICY | SCHED_FLAG_KEEP_PARAMS);

	if (s->nice < -20 || s->nice > 19)
		builder_fault(b, "/process/scheduler/nice",
			      "the nice value must be between -20 and 19, not %d", s->nice);
	else if (s->nice && s->policy != SCHED_NORMAL && s->policy != SCHED_BATCH)
		builder_warn(b, "/process/scheduler/nice", "nice has no effect with %s", policy);
	if (!fifo && priority)
		builder_fault(b, "/process/scheduler/priority",
			      "a priority can only be given for SCHED_FIFO or SCHED_RR");
	if (fifo && !kept && (priority < 1 || priority > 99))
		builder_fault(b, "/process/scheduler/priority",
			      "%s wants a priority between 1 and 99, not %d", policy, priority);
	if (s->policy == SCHED_DEADLINE && !kept)
		check_deadline(b, s);
	if (s->policy != SCHED_DEADLINE && (s->runtime || s->deadline || s->period))
		builder_fault(b, "/process/scheduler",
			      "runtime, deadline and period can only be given for SCHED_DEADLINE");
	if (s->policy != SCHED_DEADLINE &&
	    (s->flags & (SCHED_FLAG_RECLAIM | SCHED_FLAG_DL_OVERRUN)))
		builder_fault(b, "/process/scheduler/flags",
			      "SCHED_FLAG_RECLAIM and SCHED_FLAG_DL_OVERRUN can only be given for "
			      "SCHED_DEADLINE");
}

static uint64_t sched_flags(struct builder *b, const struct oci_scheduler *p)
{
	static const uint64_t bits[] = {SCHED_FLAG_RESET_ON_FORK, SCHED_FLAG_RECLAIM,
					SCHED_FLAG_DL_OVERRUN, SCHED_FLAG_KEEP_POLICY,
					SCHED_FLAG_KEEP_PARAMS};
	uint64_t flags = 0;

	for (size_t i = 0; i < p->flags.n; i++) {
		size_t k = (size_t)p->flags.items[i];

		if (k < sizeof(bits) / sizeof(bits[0]))
			flags |= bits[k];
		else
			builder_refuse(b, builder_ptr(b, "/process/scheduler/flags/%zu", i),
				       "a utilization clamp cannot be set: the runtime-spec has no "
				       "field for its value");
	}
	return flags;
}

static void compile_scheduler(struct builder *b, enum plan_actor actor)
{
	static const uint32_t policies[] = {
		[OCI_SCHED_OTHER] = SCHED_NORMAL, [OCI_SCHED_FIFO] = SCHED_FIFO,
		[OCI_SCHED_RR] = SCHED_RR,        [OCI_SCHED_BATCH] = SCHED_BATCH,
		[OCI_SCHED_IDLE] = SCHED_IDLE,    [OCI_SCHED_DEADLINE] = SCHED_DEADLINE,
	};
	const struct oci_scheduler *p = b->config->process->scheduler;
	struct plan_scheduler *s;

	if (!p)
		return;
	if (p->policy.v == OCI_SCHED_ISO) {
		builder_refuse(b, "/process/scheduler/policy",
			       "SCHED_ISO is a reserved name: Linux has no such policy");
		return;
	}
	s = BUILDER_STEP(b, struct plan_scheduler, PLAN_SCHEDULER, actor, "/process/scheduler");
	s->policy = policies[p->policy.v];
	s->nice = p->nice.v;
	s->flags = sched_flags(b, p);
	s->runtime = p->runtime.v;
	s->deadline = p->deadline.v;
	s->period = p->period.v;
	check_scheduler(b, s, p->priority.v);
	s->priority = (uint32_t)p->priority.v;
}

void compile_scheduling(struct builder *b, enum plan_actor actor)
{
	if (!b->config->process || actor_of(b) != actor)
		return;
	compile_io_priority(b, actor);
	compile_scheduler(b, actor);
}
