/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capabilities. A name that is unknown or can't be granted is left out with a warning, as the spec
 * demands (SPEC PR-11). No `capabilities` at all means none, not the runtime's own.
 */
#include "plan/builder.h"
#include "plan/layout.h"

struct caps_context {
	struct builder *b;
	uint64_t all; /* that the kernel knows */
	uint64_t grantable;
	uint64_t warned; /* once per capability is enough */
};

static uint64_t parse_one(struct caps_context *x, const char *name, const char *ptr)
{
	uint64_t cap;

	if (!plan_value_find(plan_cap_values, name, &cap) || !(cap & x->all)) {
		const char *guess = plan_value_guess(plan_cap_values, name);

		builder_warn(x->b, ptr, "unknown capability \"%.64s\" is left out%s%s%s", name,
			     guess ? ": did you mean \"" : "", guess ? guess : "",
			     guess ? "\"?" : "");
		return 0;
	}
	if (cap & x->grantable)
		return cap;
	if (!(cap & x->warned))
		builder_warn(x->b, ptr, "%s is left out: the runtime does not have it itself",
			     name);
	x->warned |= cap;
	return 0;
}

static uint64_t parse_set(struct caps_context *x, const struct oci_strings *names, const char *set)
{
	uint64_t caps = 0;

	for (size_t i = 0; i < names->n; i++)
		caps |= parse_one(x, names->items[i],
				  builder_ptr(x->b, "/process/capabilities/%s/%zu", set, i));
	return caps;
}

/* The kernel would refuse them: take them out of @caps. One warning for all: some templates have
 * whole sets of them. */
static uint64_t limit_set(struct caps_context *x, uint64_t caps, uint64_t to, const char *set,
			  const char *what, const char *why)
{
	struct buf names = BUF_INIT;

	for (const struct plan_value *v = plan_cap_values; v->name; v++) {
		if (v->value & caps & ~to)
			buf_printf(&names, "%s%s", names.len ? ", " : "", v->name);
	}
	x->b->pool.failed |= names.failed;
	if (names.data)
		builder_warn(x->b, builder_ptr(x->b, "/process/capabilities/%s", set),
			     "%s %.160s: %s", what, names.data, why);
	buf_done(&names);
	return caps & to;
}

/* Root has its capabilities after an execve without them, and engines list more than is possible:
 * nobody misses them, so that warning is for the log. */
static void limit_ambient(struct caps_context *x, struct plan_caps *s, bool is_root)
{
	struct plan *plan = x->b->plan;
	unsigned n = plan->nwarnings;

	s->ambient = limit_set(x, s->ambient, s->permitted & s->inheritable, "ambient",
			       "can't raise ambient capability",
			       "must be permitted and inheritable to be ambient");
	if (plan->nwarnings > n && n < PLAN_WARNINGS)
		plan->warnings[n].quiet = is_root;
}

void compile_caps(struct builder *b)
{
	static const struct oci_capabilities none;
	const struct oci_process *p = b->config->process;
	const struct oci_capabilities *c = p->capabilities ? p->capabilities : &none;
	struct caps_context x = {.b = b};
	struct plan_caps *s = BUILDER_STEP(b, struct plan_caps, PLAN_CAPS, PLAN_INIT,
					   p->capabilities ? "/process/capabilities" : NULL);

	x.all = b->facts->cap_last >= 63 ? ~0ull : (1ull << (b->facts->cap_last + 1)) - 1;
	x.grantable = plan_has_ns(b->config, OCI_NS_USER) ? x.all : b->facts->caps & x.all;
	s->all = x.all;
	s->bounding = parse_set(&x, &c->bounding, "bounding");
	s->permitted = parse_set(&x, &c->permitted, "permitted");
	s->effective = parse_set(&x, &c->effective, "effective");
	s->inheritable = parse_set(&x, &c->inheritable, "inheritable");
	s->ambient = parse_set(&x, &c->ambient, "ambient");
	s->effective =
		limit_set(&x, s->effective, s->permitted, "effective", "left out", "not permitted");
	limit_ambient(&x, s, !p->user || !p->user->uid.v);
	s->no_new_privs = p->no_new_privileges.v;
	s->late_seccomp =
		b->config->linux_ && b->config->linux_->seccomp && !p->no_new_privileges.v;
}
