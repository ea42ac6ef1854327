/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a plan that is verified. Part of plan/plan.h, which is what is included. */
#ifndef PLAN_ACCESS_H
#define PLAN_ACCESS_H

static inline const struct plan_step *plan_first(const struct plan_header *h)
{
	return (const struct plan_step *)((const char *)h + h->first);
}

static inline const struct plan_step *plan_next(const struct plan_step *s)
{
	return (const struct plan_step *)((const char *)s + s->size);
}

/* Loop over the steps of a verified plan. */
#define plan_foreach(h, step, i) \
	for ((step) = plan_first(h), (i) = 0; (i) < (h)->nsteps; (step) = plan_next(step), (i)++)

/* NULL for 0. */
static inline const char *plan_text(const struct plan_header *h, plan_str s)
{
	return s ? (const char *)h + s : (const char *)0;
}

static inline const plan_str *plan_strs(const struct plan_header *h, struct plan_vec v)
{
	return (const plan_str *)((const char *)h + v.off);
}

/* @i-th string of a vector. */
static inline const char *plan_item(const struct plan_header *h, struct plan_vec v, uint32_t i)
{
	return (const char *)h + plan_strs(h, v)[i];
}

static inline const struct plan_hook *plan_hook_items(const struct plan_header *h,
						      struct plan_vec v)
{
	return (const struct plan_hook *)((const char *)h + v.off);
}

static inline const uint32_t *plan_u32s(const struct plan_header *h, struct plan_vec v)
{
	return (const uint32_t *)((const char *)h + v.off);
}

#endif
