/* SPDX-License-Identifier: Apache-2.0 */
/* Personality, NUMA policy, I/O priority, scheduler: the program inherits them through execve. */
#include "init/init.h"

int step_personality(struct init *init, const struct plan_step *step)
{
	long r = sys_call(__NR_personality, ((const struct plan_personality *)step)->domain);

	return r < 0 ? init_fail(init, step, __NR_personality, r, NULL) : 0;
}

int step_memory_policy(struct init *init, const struct plan_step *step)
{
	const struct plan_memory_policy *p = (const struct plan_memory_policy *)step;
	/* the kernel takes one bit less than it is told */
	long bits = p->nodes.n ? (long)p->nodes.n * 32 + 1 : 0;
	long r = sys_call(__NR_set_mempolicy, p->mode | p->flags,
			  bits ? plan_u32s(init->plan, p->nodes) : NULL, bits);

	return r < 0 ? init_fail(init, step, __NR_set_mempolicy, r, NULL) : 0;
}

int step_io_priority(struct init *init, const struct plan_step *step)
{
	const struct plan_io_priority *p = (const struct plan_io_priority *)step;
	long r = sys_ioprio_set(0, p->class, p->level);

	return r < 0 ? init_fail(init, step, __NR_ioprio_set, r, NULL) : 0;
}

int step_scheduler(struct init *init, const struct plan_step *step)
{
	const struct plan_scheduler *s = (const struct plan_scheduler *)step;
	struct sys_sched_attr attr = {.policy = s->policy,
				      .flags = s->flags,
				      .nice = s->nice,
				      .priority = s->priority,
				      .runtime = s->runtime,
				      .deadline = s->deadline,
				      .period = s->period};
	long r = sys_sched_setattr(0, &attr);

	return r < 0 ? init_fail(init, step, __NR_sched_setattr, r, NULL) : 0;
}
