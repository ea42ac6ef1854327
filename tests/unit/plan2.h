/* SPDX-License-Identifier: Apache-2.0 */
/* One compiler of src/plan at a time, from a few lines of JSON to its steps. */
#ifndef TESTS_PLAN2_H
#define TESTS_PLAN2_H

#include "plan/builder.h"
#include "tap.h"

#include <stdlib.h>

struct bench {
	struct arena arena;
	struct builder b;
	struct plan plan;
	struct plan_facts facts;
	struct plan_options opt;
	struct hz_error err;
};

static const struct plan_facts facts_v2 = {
	.privileged = true,
	.cgroup_mode = PLAN_CGROUP_V2,
	.hierarchies = {{"", "/sys/fs/cgroup", "/user.slice"}},
	.nhierarchies = 1,
	.unified_controllers = "cpuset cpu io memory hugetlb pids rdma misc dmem",
};

__attribute__((unused)) static const struct plan_facts facts_v1 = {
	.privileged = true,
	.cgroup_mode = PLAN_CGROUP_HYBRID,
	.hierarchies = {{"cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/"},
			{"cpuset", "/sys/fs/cgroup/cpuset", "/"},
			{"memory", "/sys/fs/cgroup/memory", "/own"},
			{"devices", "/sys/fs/cgroup/devices", "/"},
			{"pids", "/sys/fs/cgroup/pids", "/"},
			{"name=systemd", "/sys/fs/cgroup/systemd", "/"},
			{"", "/sys/fs/cgroup/unified", "/"}},
	.nhierarchies = 7,
	.unified_controllers = "hugetlb",
};

/* Decode @json (single quotes stand for double ones) and get ready for a compiler. */
static void bench_init(struct bench *t, const char *json)
{
	struct oci_config *c = NULL;
	char *text = strdup(json);

	memset(t, 0, sizeof(*t));
	t->err.size = sizeof(t->err);
	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	if (oci_config_decode(&t->arena, text, strlen(text), "config.json", &c, &t->err) < 0) {
		diag("%s: %s: %s", json, t->err.pointer, t->err.msg);
		fflush(stdout);
		abort();
	}
	free(text);
	t->facts = facts_v2;
	t->opt.id = "box";
	t->opt.bundle = "/bundle";
	builder_init(&t->b);
	t->b.config = c;
	t->b.facts = &t->facts;
	t->b.opt = &t->opt;
	t->b.plan = &t->plan;
	t->b.err = &t->err;
}

static void bench_done(struct bench *t)
{
	builder_done(&t->b);
	hz_error_clear(&t->err);
	arena_done(&t->arena);
}

/* A string of a plan that is not finished yet. */
static const char *bench_text(const struct bench *t, plan_str s)
{
	return s ? t->b.pool.data + (s - BUILDER_POOL) : NULL;
}

__attribute__((unused)) static const char *bench_item(const struct bench *t, struct plan_vec v,
						      uint32_t i)
{
	if (i >= v.n)
		return NULL;
	return bench_text(
		t, ((const plan_str *)(const void *)(t->b.pool.data + (v.off - BUILDER_POOL)))[i]);
}

/* The @n-th step of a kind, or NULL. */
static const void *bench_step(const struct bench *t, enum plan_kind kind, unsigned n)
{
	for (size_t at = 0; at < t->b.steps.len;) {
		const struct plan_step *s = (const void *)(t->b.steps.data + at);

		if (s->kind == kind && n-- == 0)
			return s;
		at += s->size;
	}
	return NULL;
}

__attribute__((unused)) static unsigned bench_count(const struct bench *t, enum plan_kind kind)
{
	unsigned n = 0;

	while (bench_step(t, kind, n))
		n++;
	return n;
}

#endif
