/* SPDX-License-Identifier: Apache-2.0 */
/* A whole plan from a few lines of JSON. */
#ifndef TESTS_PLAN1_H
#define TESTS_PLAN1_H

#include "plan/compile.h"
#include "plan/layout.h"
#include "tap.h"

#include <linux/sched.h>
#include <stdlib.h>

struct rig {
	struct arena arena;
	struct plan_facts facts;
	struct plan_options opt;
	struct plan plan;
	struct hz_error err;
	struct buf text; /* of the plan, or of the error: "<pointer>: <text>\n…" */
	int r;
};

#define RIG_NAMESPACES                                                                             \
	(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	 CLONE_NEWCGROUP | CLONE_NEWTIME)

static void rig_init(struct rig *t)
{
	*t = (struct rig){.facts = {.privileged = true,
				    .kernel_major = 6,
				    .kernel_minor = 12,
				    .ns_supported = RIG_NAMESPACES,
				    .cap_last = 40,
				    .caps = (1ull << 41) - 1,
				    .cgroup_mode = PLAN_CGROUP_V2,
				    .hierarchies = {{"", "/sys/fs/cgroup", "/"}},
				    .nhierarchies = 1,
				    .unified_controllers = "cpu memory pids"},
			  .opt = {.id = "box", .bundle = "/bundle"},
			  .err = HZ_ERROR_INIT};
}

/* Compile @json, where single quotes stand for double ones. */
static void rig_compile(struct rig *t, const char *json)
{
	static const struct plan_print_options o = {.show_env = true};
	struct oci_config *c = NULL;
	char *text = strdup(json);

	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	t->r = oci_config_decode(&t->arena, text, strlen(text), "config.json", &c, &t->err);
	if (t->r < 0)
		diag("the test's own document: %s: %s", t->err.pointer, t->err.msg);
	fflush(stdout);
	if (t->r < 0)
		abort();
	free(text);
	t->r = plan_compile(c, &t->facts, &t->opt, &t->plan, &t->err);
	if (t->r == 0)
		plan_print_text(t->plan.h, &o, &t->text);
	else
		buf_printf(&t->text, "%s: %s\n%s", t->err.pointer, t->err.msg,
			   t->err.more ? t->err.more : "");
}

static void rig_done(struct rig *t)
{
	plan_done(&t->plan);
	hz_error_clear(&t->err);
	buf_done(&t->text);
	arena_done(&t->arena);
}

/* The @n-th step of a kind, or NULL. */
__attribute__((unused)) static const void *rig_step(const struct rig *t, enum plan_kind kind,
						    unsigned n)
{
	const struct plan_step *s;
	uint32_t i;

	if (t->r < 0)
		return NULL;
	plan_foreach (t->plan.h, s, i)
		if (s->kind == kind && n-- == 0)
			return s;
	return NULL;
}

/* The text has @want; otherwise it is shown. */
__attribute__((unused)) static void rig_has(const struct rig *t, const char *want, const char *name)
{
	if (!ok(t->text.data && strstr(t->text.data, want), "%s", name))
		diag("no \"%s\" in:\n%s", want, t->text.data ? t->text.data : "");
}

#endif
