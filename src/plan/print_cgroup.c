/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of the cgroup in words. */
#include "plan/print.h"

static void words_cgroup_create(const struct words *w, const struct plan_cgroup_create *s)
{
	words_text(w, "make cgroup ", s->path, "");
	buf_printf(w->out, " (%s", plan_value_name(plan_cgroup_mode_values, s->mode));
	for (uint32_t i = 0; i < s->controllers.n; i++) {
		const char *name = plan_item(w->h, s->controllers, i);

		buf_adds(w->out, i ? " " : ": ");
		words_plain(w, name[0] ? name : "unified");
	}
	if (s->mode == PLAN_CGROUP_HYBRID)
		words_list(w, s->unified, "; in the unified tree ");
	buf_addc(w->out, ')');
	if (s->owner_uid != UINT32_MAX)
		buf_printf(w->out, " for uid %u", s->owner_uid);
}

static void words_device_number(const struct words *w, char before, uint32_t n)
{
	buf_addc(w->out, before);
	if (n == PLAN_DEVICE_ANY)
		buf_addc(w->out, '*');
	else
		buf_printf(w->out, "%u", n);
}

static void words_cgroup_devices(const struct words *w, const struct plan_cgroup_devices *s)
{
	const uint32_t *r = plan_u32s(w->h, s->rules);

	buf_adds(w->out, "load the device filter: ");
	for (uint32_t i = 0; i + PLAN_DEVICE_RULE_WORDS <= s->rules.n;
	     i += PLAN_DEVICE_RULE_WORDS) {
		uint32_t type = r[i] & PLAN_DEVICE_BOTH, access = r[i + 3];

		buf_printf(w->out, "%s%s %c", i ? ", " : "",
			   r[i] & PLAN_DEVICE_ALLOW ? "allow" : "deny",
			   type == PLAN_DEVICE_BOTH   ? 'a'
			   : type == PLAN_DEVICE_CHAR ? 'c'
						      : 'b');
		words_device_number(w, ' ', r[i + 1]);
		words_device_number(w, ':', r[i + 2]);
		buf_printf(w->out, " %s%s%s", access & PLAN_DEVICE_READ ? "r" : "",
			   access & PLAN_DEVICE_WRITE ? "w" : "",
			   access & PLAN_DEVICE_MKNOD ? "m" : "");
	}
}

static void words_cgroup_set(const struct words *w, const struct plan_cgroup_set *s)
{
	words_text(w, "write ", s->value, " to ");
	words_plain(w, plan_text(w->h, s->file));
	if (s->flags & PLAN_CG_OPTIONAL)
		buf_adds(w->out, " if it is there");
	if (s->flags & PLAN_CG_ELSE_NEXT)
		buf_adds(w->out, ", or without that file:");
	if (s->flags & PLAN_CG_CHECK_USE)
		buf_adds(w->out, " if less is in use");
}

static void words_unit_start(const struct words *w, const struct plan_unit_start *s)
{
	words_text(w, s->user ? "ask the user's systemd for unit " : "ask systemd for unit ",
		   s->name, "");
	words_text(w, " in ", s->slice, "");
	for (uint32_t i = 0; i < s->properties.n; i++) {
		const char *text = plan_item(w->h, s->properties, i);

		buf_adds(w->out, i ? ", " : ": ");
		words_plain(w, text + (text[0] == '?'));
	}
	if (s->owner_uid != UINT32_MAX)
		buf_printf(w->out, "; for uid %u", s->owner_uid);
}

void words_cgroup(const struct words *w, const struct plan_step *s)
{
	switch (s->kind) {
	case PLAN_CGROUP_CREATE:
		words_cgroup_create(w, (const struct plan_cgroup_create *)s);
		return;
	case PLAN_UNIT_START: words_unit_start(w, (const struct plan_unit_start *)s); return;
	case PLAN_CGROUP_SET: words_cgroup_set(w, (const struct plan_cgroup_set *)s); return;
	case PLAN_CGROUP_DEVICES:
		words_cgroup_devices(w, (const struct plan_cgroup_devices *)s);
		return;
	default:
		buf_printf(w->out, "enter the cgroup in %u hierarchies",
			   ((const struct plan_cgroup_enter *)s)->nslots);
		return;
	}
}

void words_rdt(const struct words *w, const struct plan_rdt *s)
{
	words_text(w,
		   s->flags & PLAN_RDT_OWN    ? "make and enter resctrl group "
		   : s->flags & PLAN_RDT_MAKE ? "make or compare, and enter resctrl group "
		   : s->group                 ? "enter resctrl group "
					      : "enter the root group of resctrl",
		   s->group, "");
	if (s->schemata)
		words_text(w, " with ", s->schemata, "");
	if (s->monitor)
		words_text(w, ", monitored as ", s->monitor, "");
}
