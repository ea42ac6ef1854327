/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources -> CGROUP_DEVICES, CGROUP_SET: which limits are asked for, and whether this host
 * has a controller for each. The words of the config are those of v1; what a file of v2 is to get
 * is converted by cgroup_convert.c and its kin. `unified` comes last and is written as it is.
 */
#include "base/cleanup.h"
#include "plan/cgroup_convert.h"

#include <string.h>

#define RES "/linux/resources"

static bool has_memory(const struct oci_memory *m)
{
	return m &&
	       (m->limit.set || m->reservation.set || m->swap.set || m->swappiness.set ||
		(m->disable_oom_killer.set && m->disable_oom_killer.v) || m->use_hierarchy.set);
}

static bool has_cpu(const struct oci_cpu *c)
{
	return c && ((c->shares.set && c->shares.v) || (c->period.set && c->period.v) ||
		     (c->quota.set && c->quota.v) || c->burst.set ||
		     (c->realtime_period.set && c->realtime_period.v) ||
		     (c->realtime_runtime.set && c->realtime_runtime.v) || c->idle.set);
}

static bool has_cpuset(const struct oci_cpu *c)
{
	return c && ((c->cpus && *c->cpus) || (c->mems && *c->mems));
}

/* --- which controllers the unified tree has to give --- */

/* "No limit" needs none: it is what a cgroup without the controller has. */
static bool needs_memory(const struct oci_memory *m)
{
	return m && (m->limit.v > 0 || m->reservation.v > 0 || m->swap.v > 0);
}

static bool needs_cpu(const struct oci_cpu *c)
{
	return c && (c->shares.v || c->quota.v > 0 || c->burst.set || c->idle.v > 0);
}

static size_t add_name(const char **names, size_t n, size_t max, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return n;
	if (n < max)
		names[n++] = name;
	return n;
}

size_t cgroup_limits_need(struct builder *b, const char **names, size_t n, size_t max)
{
	const struct oci_linux *l = b->config->linux_;
	const struct oci_resources *r = l ? l->resources : NULL;
	const struct {
		bool asked;
		const char *name;
	} rows[] = {
		{r && needs_memory(r->memory), "memory"},
		{r && needs_cpu(r->cpu), "cpu"},
		{r && has_cpuset(r->cpu), "cpuset"},
		{r && r->pids && r->pids->limit.set && !cgroup_has_no_pids_limit(b, r->pids),
		 "pids"},
		{r && cgroup_has_block_io(r->block_io), "io"},
		{r && r->hugepage_limits.n, "hugetlb"},
		{r && r->rdma.n, "rdma"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].asked && cgroup_find(b, rows[i].name) == CGROUP_V2)
			n = add_name(names, n, max, rows[i].name);
	for (size_t i = 0; r && i < r->unified.n; i++) {
		const char *key = r->unified.items[i].key,
			   *name = builder_ptr(b, "%.*s", (int)strcspn(key, "."), key);

		if (cgroup_find(b, name) == CGROUP_V2)
			n = add_name(names, n, max, name);
	}
	return n;
}

/* --- is the controller there? --- */

static const char *why_nowhere(const struct builder *b)
{
	return b->opt->no_cgroup ? "they are disabled" : "no hierarchy is mounted here";
}

/* Not "this host": in a container it is what that was given. */
static void refuse_controller(struct builder *b, const char *v1, const char *v2,
			      const char *pointer)
{
	if (b->facts->cgroup_mode == PLAN_CGROUP_V2)
		builder_refuse(
			b, pointer,
			"there is no \"%s\" cgroup controller here: \"%s/cgroup.controllers\" "
			"does not list it",
			v2, b->facts->hierarchies[0].mountpoint);
	else
		builder_refuse(b, pointer,
			       "there is no \"%s\" cgroup controller here: it is not mounted", v1);
}

/* The place of a controller; CGROUP_NOWHERE after a fault that says why the limit cannot be set. */
static enum cgroup_place need_any(struct builder *b, const char *v1, const char *v2,
				  const char *pointer)
{
	enum cgroup_place place = cgroup_find(b, v1);

	if (place == CGROUP_NOWHERE && strcmp(v1, v2) != 0)
		place = cgroup_find(b, v2);
	if (place != CGROUP_NOWHERE)
		return place;
	if (!cgroup_is_possible(b))
		builder_refuse(b, pointer, "limits need cgroups, and %s", why_nowhere(b));
	else
		refuse_controller(b, v1, v2, pointer);
	return CGROUP_NOWHERE;
}

static enum cgroup_place need(struct builder *b, const char *name, const char *pointer)
{
	return need_any(b, name, name, pointer);
}

/* --- devices --- */

/* Root on the host relies on the rules: without them a container with CAP_MKNOD has every device.
 */
static enum device_how no_devices(struct builder *b, const struct oci_device_rules *rules,
				  const char *why)
{
	if (cgroup_rules_deny(rules))
		builder_refuse(b, RES "/devices", "device rules cannot be enforced: %s", why);
	return DEVICES_CHECK;
}

static enum device_how devices_how(struct builder *b, const struct oci_device_rules *rules)
{
	const char *pointer = RES "/devices";

	if (b->opt->no_cgroup)
		builder_warn(b, pointer, "device rules need cgroups: they are not applied");
	else if (b->facts->in_userns || !b->facts->privileged)
		builder_warn(b, pointer,
			     "device rules need root on the host: they are not applied");
	else if (!cgroup_is_possible(b))
		return no_devices(b, rules, "no cgroup hierarchy is mounted here");
	else if (cgroup_find(b, "devices") == CGROUP_V1)
		return DEVICES_V1;
	else if (b->facts->cgroup_mode != PLAN_CGROUP_V1)
		return DEVICES_V2;
	else
		return no_devices(b, rules, "the \"devices\" controller is not mounted here");
	return DEVICES_CHECK;
}

/* --- the rest --- */

static void compile_cpu(struct builder *b, const struct oci_cpu *c)
{
	enum cgroup_place cpu = CGROUP_V1, cpuset = CGROUP_V1;

	if (has_cpu(c))
		cpu = need(b, "cpu", RES "/cpu");
	if (has_cpuset(c))
		cpuset = need(b, "cpuset", c->cpus && *c->cpus ? RES "/cpu/cpus" : RES "/cpu/mems");
	if (cpu != CGROUP_NOWHERE && cpuset != CGROUP_NOWHERE)
		cgroup_convert_cpu(b, c, cpu == CGROUP_V2);
}

static void compile_pids(struct builder *b, const struct oci_pids *p)
{
	/* no limit is asked for and there is none */
	if (cgroup_has_no_pids_limit(b, p) && cgroup_find(b, "pids") == CGROUP_NOWHERE)
		return;
	if (p->limit.set && need(b, "pids", RES "/pids") && !cgroup_has_late_limit(b))
		cgroup_convert_pids(b, p);
}

/* The stub is in the cgroup too: it could not clone init. */
bool cgroup_has_late_limit(const struct builder *b)
{
	const struct oci_linux *l = b->config->linux_;
	const struct oci_pids *p = l && l->resources ? l->resources->pids : NULL;

	return p && p->limit.set && (p->limit.v == 0 || p->limit.v == 1) &&
	       !cgroup_has_no_pids_limit(b, p) && !(b->head.flags & PLAN_F_UPDATE) &&
	       plan_needs_stub(b);
}

void compile_late_limits(struct builder *b)
{
	if (cgroup_has_late_limit(b) && cgroup_find(b, "pids") != CGROUP_NOWHERE)
		cgroup_convert_pids(b, b->config->linux_->resources->pids);
}

static void compile_network(struct builder *b, const struct oci_network *n)
{
	if (n->class_id.v && need(b, "net_cls", RES "/network/classID"))
		cgroup_convert_class_id(b, n->class_id.v);
	if (n->priorities.n && need(b, "net_prio", RES "/network/priorities"))
		cgroup_convert_priorities(b, &n->priorities);
}

static void compile_rare(struct builder *b, const struct oci_resources *r)
{
	enum cgroup_place place;

	if (cgroup_has_block_io(r->block_io)) {
		place = need_any(b, "blkio", "io", RES "/blockIO");
		if (place)
			cgroup_convert_block_io(b, r->block_io, place == CGROUP_V2);
	}
	if (r->hugepage_limits.n) {
		place = need(b, "hugetlb", RES "/hugepageLimits");
		if (place)
			cgroup_convert_hugetlb(b, &r->hugepage_limits, place == CGROUP_V2);
	}
	if (r->rdma.n && need(b, "rdma", RES "/rdma"))
		cgroup_convert_rdma(b, &r->rdma);
	if (r->network)
		compile_network(b, r->network);
}

/* Files of the unified tree; "cgroup.…" needs no controller. */
static bool has_unified(struct builder *b, const char *key, const char *controller)
{
	const char *pointer = builder_key_ptr(b, RES "/unified", key);
	bool tree = b->facts->cgroup_mode == PLAN_CGROUP_V2 ||
		    (b->facts->cgroup_mode == PLAN_CGROUP_HYBRID && !b->opt->systemd_cgroup);

	if (!cgroup_is_possible(b))
		builder_refuse(b, pointer, "limits need cgroups, and %s", why_nowhere(b));
	else if (!tree)
		builder_refuse(b, pointer,
			       "invalid configuration: unified resource \"%s\" needs cgroup v2",
			       key);
	else if (strcmp(controller, "cgroup") != 0 && cgroup_find(b, controller) != CGROUP_V2)
		builder_refuse(b, pointer,
			       "invalid configuration: unified resource \"%s\" can't be set: "
			       "controller \"%s\" not available",
			       key, controller);
	else
		return true;
	return false;
}

static void compile_unified(struct builder *b, const struct oci_map *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const char *controller = cgroup_unified_controller(b, m->items[i].key);

		if (controller && has_unified(b, m->items[i].key, controller))
			cgroup_convert_unified(b, &m->items[i]);
	}
}

void compile_limits(struct builder *b)
{
	const struct oci_linux *l = b->config->linux_;
	const struct oci_resources *r = l ? l->resources : NULL;
	enum cgroup_place place;

	if (!r)
		return;
	if (r->devices.n)
		cgroup_convert_devices(b, devices_how(b, &r->devices), &r->devices);
	if (has_memory(r->memory)) {
		place = need(b, "memory", RES "/memory");
		if (place)
			cgroup_convert_memory(b, r->memory, place == CGROUP_V2);
	} else if (r->memory) {
		cgroup_warn_memory(b, r->memory);
	}
	if (r->cpu)
		compile_cpu(b, r->cpu);
	if (r->pids)
		compile_pids(b, r->pids);
	compile_rare(b, r);
	compile_unified(b, &r->unified);
}
