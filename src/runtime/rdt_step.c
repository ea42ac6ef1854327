/* SPDX-License-Identifier: Apache-2.0 */
/* The resctrl groups of a container over its life. */
#include "runtime/rdt.h"
#include "runtime/runtime.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"

#include <string.h>

static struct rdt of_step(const struct plan_header *h, const struct plan_rdt *s)
{
	return (struct rdt){
		.root = plan_text(h, s->root),
		.group = s->group ? plan_text(h, s->group) : ".",
		.monitor = plan_text(h, s->monitor),
		.schemata = plan_text(h, s->schemata),
		.own = s->flags & PLAN_RDT_OWN,
		.make = s->flags & PLAN_RDT_MAKE,
	};
}

static const struct plan_rdt *find(const struct plan_header *h)
{
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (h, s, i)
		if (s->kind == PLAN_RDT)
			return (const struct plan_rdt *)s;
	return NULL;
}

static const char *group_path(const struct rdt *r, struct arena *a)
{
	return arena_printf(a, "%s/%s", r->root, r->group);
}

static const char *monitor_path(const struct rdt *r, struct arena *a)
{
	return arena_printf(a, "%s/%s/mon_groups/%s", r->root, r->group, r->monitor);
}

int rdt_intent(const struct plan_header *h, struct arena *a, struct record *ret,
	       struct hz_error *err)
{
	const struct plan_rdt *s = find(h);
	struct rdt r;

	if (!s)
		return 0;
	r = of_step(h, s);
	if (rdt_check(&r, err))
		return error_pointer(err, plan_text(h, s->s.origin));
	return rdt_record(h, a, ret, err);
}

int rdt_record(const struct plan_header *h, struct arena *a, struct record *ret,
	       struct hz_error *err)
{
	const struct plan_rdt *s = find(h);
	struct rdt r;

	if (!s)
		return 0;
	r = of_step(h, s);
	ret->rdt_dirs.items = arena_calloc(a, 2, sizeof(*ret->rdt_dirs.items));
	if (!ret->rdt_dirs.items)
		return error_oom(err);
	if (r.monitor)
		ret->rdt_dirs.items[ret->rdt_dirs.n++] = monitor_path(&r, a);
	if (r.own)
		ret->rdt_dirs.items[ret->rdt_dirs.n++] = group_path(&r, a);
	for (size_t i = 0; i < ret->rdt_dirs.n; i++)
		if (!ret->rdt_dirs.items[i])
			return error_oom(err);
	return 0;
}

int rdt_step(struct creation *c, const struct plan_rdt *s, struct hz_error *err)
{
	const struct plan_header *h = c->b->plan.h;
	const struct rdt r = of_step(h, s);

	return rdt_join(&r, c->pid, h->flags & PLAN_F_EXEC, &c->rdt_made, err);
}

int rdt_update(const struct plan_header *h, const char *l3, const char *mb, struct hz_error *err)
{
	const struct plan_rdt *s = find(h);
	_cleanup_buf_ struct buf lines = BUF_INIT;
	struct rdt r;

	if (!s) {
		error_set(err, HZ_E_STATE, "the container is in no resctrl group");
		return error_hint(err, "it needs linux.intelRdt in its config.json at create");
	}
	if (l3)
		buf_printf(&lines, "%s\n", l3);
	if (mb)
		buf_printf(&lines, "%s\n", mb);
	if (lines.failed)
		return error_oom(err);
	r = of_step(h, s);
	r.schemata = lines.data;
	return rdt_set(&r, err);
}

static void remove_one(const hz_runtime *rt, const char *path)
{
	int r = path ? rdt_remove(path) : 0;

	if (r)
		runtime_log(rt, HZ_LOG_WARNING, "remove resctrl group \"%s\": %s", path,
			    error_strerror(-r));
}

void rdt_undo(struct creation *c)
{
	const struct plan_rdt *s = c->rdt_made ? find(c->b->plan.h) : NULL;
	struct rdt r;

	c->record.rdt_dirs.n = 0; /* they may be another's */
	if (!s)
		return;
	r = of_step(c->b->plan.h, s);
	if (c->rdt_made & RDT_MADE_MONITOR)
		remove_one(c->rt, monitor_path(&r, &c->arena));
	if (c->rdt_made & RDT_MADE_GROUP)
		remove_one(c->rt, group_path(&r, &c->arena));
}

void rdt_destroy(const hz_runtime *rt, const struct record *r)
{
	for (size_t i = 0; i < r->rdt_dirs.n; i++)
		remove_one(rt, r->rdt_dirs.items[i]);
}
