/* SPDX-License-Identifier: Apache-2.0 */
/* How the process is run, in words. */
#include "plan/print.h"

#include <inttypes.h>
#include <linux/sched.h>

static void words_scheduler(const struct words *w, const struct plan_scheduler *s)
{
	buf_printf(w->out, "schedule with %s", plan_value_name(plan_sched_values, s->policy));
	if (s->policy == SCHED_FIFO || s->policy == SCHED_RR)
		buf_printf(w->out, ", priority %u", s->priority);
	if (s->policy == SCHED_NORMAL || s->policy == SCHED_BATCH)
		buf_printf(w->out, ", nice %d", s->nice);
	if (s->policy == SCHED_DEADLINE)
		buf_printf(w->out,
			   ", runtime %" PRIu64 " ns, deadline %" PRIu64 " ns, period %" PRIu64
			   " ns",
			   s->runtime, s->deadline, s->period);
	words_bits(w, plan_sched_flag_values, s->flags, "", ", ", false);
}

/* "0,1,5" */
static void words_mask(const struct words *w, struct plan_vec mask)
{
	const uint32_t *words = plan_u32s(w->h, mask);
	const char *before = "";

	for (uint64_t i = 0; i < mask.n * 32ull; i++) {
		if (!(words[i / 32] & 1u << i % 32))
			continue;
		buf_printf(w->out, "%s%" PRIu64, before, i);
		before = ",";
	}
}

static void words_memory_policy(const struct words *w, const struct plan_memory_policy *s)
{
	buf_printf(w->out, "set the memory policy to %s",
		   plan_value_name(plan_mpol_values, s->mode));
	if (s->nodes.n) {
		buf_adds(w->out, ", nodes ");
		words_mask(w, s->nodes);
	}
	words_bits(w, plan_mpol_flag_values, s->flags, "", ", ", false);
}

static void words_affinity(const struct words *w, const struct plan_cpu_affinity *s)
{
	buf_adds(w->out, s->final ? "run it on CPUs " : "spawn on CPUs ");
	words_mask(w, s->cpus);
}

void words_scheduling(const struct words *w, const struct plan_step *s)
{
	const struct plan_io_priority *io = (const struct plan_io_priority *)s;
	const struct plan_personality *p = (const struct plan_personality *)s;

	switch (s->kind) {
	case PLAN_PERSONALITY:
		buf_printf(w->out, "set the personality to %s",
			   plan_value_name(plan_personality_values, p->domain));
		return;
	case PLAN_MEMORY_POLICY:
		words_memory_policy(w, (const struct plan_memory_policy *)s);
		return;
	case PLAN_CPU_AFFINITY: words_affinity(w, (const struct plan_cpu_affinity *)s); return;
	case PLAN_IO_PRIORITY:
		buf_printf(w->out, "set the io priority to %s, level %u",
			   plan_value_name(plan_io_class_values, io->class), io->level);
		return;
	default: words_scheduler(w, (const struct plan_scheduler *)s); return;
	}
}
