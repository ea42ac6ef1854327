/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.cgroupsPath and linux.resources -> CGROUP_CREATE, CGROUP_SET.
 *
 *   cgroupsPath   cgroup below the mount of each hierarchy
 *   absent, ""    /<id>
 *   "/a/b"        /a/b
 *   "a/b"         /a/b    (the spec leaves the place of relative ones to the runtime)
 */
#include "base/cleanup.h"
#include "plan/cgroup_convert.h"
#include "plan/mounts.h"
#include "plan/unit.h"

#include <limits.h>
#include <linux/mount.h>
#include <string.h>

#define POINTER "/linux/cgroupsPath"

/* What is worth having in a container's cgroup on v2: limits, and the numbers that engines read. */
static const char *const known_controllers[] = {"cpuset",  "cpu",  "io",   "memory",
						"hugetlb", "pids", "rdma", "misc"};

static const char *path_fault(const char *path)
{
	if (!strcmp(path, "/"))
		return "it is the root of the hierarchy";
	if (strlen(path) >= PATH_MAX / 2)
		return "it is too long";
	if (strchr(path, '\n'))
		return "it has a line break";
	while (*path) {
		size_t n = strcspn(++path, "/");

		if (n > NAME_MAX)
			return "a component is longer than 255 bytes";
		path += n;
	}
	return NULL;
}

static const char *asked_path(struct builder *b)
{
	const struct oci_linux *l = b->config->linux_;

	if (l && l->cgroups_path && *l->cgroups_path)
		return plan_clean_path(b, l->cgroups_path);
	return builder_ptr(b, "/%s", b->opt->id);
}

static bool has_cgroup(const struct builder *b)
{
	return !b->opt->no_cgroup && b->facts->cgroup_mode != PLAN_CGROUP_NONE &&
	       b->facts->nhierarchies;
}

const char *cgroup_path(struct builder *b)
{
	const char *path;

	if (b->opt->systemd_cgroup)
		return has_cgroup(b) ? unit_path(b) : NULL;
	path = asked_path(b);
	return has_cgroup(b) && !path_fault(path) ? path : NULL;
}

/* @word is one of the words of @list, which stand apart by a blank or comma. */
static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	while (*list) {
		size_t len = strcspn(list, " ,\n");

		if (len == n && !strncmp(list, word, n))
			return true;
		list += len + (list[len] != '\0');
	}
	return false;
}

static bool has_controller(const struct builder *b, const char *name)
{
	const struct plan_facts *f = b->facts;

	if (f->cgroup_mode == PLAN_CGROUP_V2)
		return f->unified_controllers && has_word(f->unified_controllers, name);
	for (unsigned k = 0; k < f->nhierarchies; k++)
		if (has_word(f->hierarchies[k].name, name))
			return true;
	return false;
}

/* --- CGROUP_CREATE --- */

static struct plan_vec controllers(struct builder *b)
{
	const struct plan_facts *f = b->facts;
	const char *names[FACTS_HIERARCHIES];
	size_t n = 0;

	if (f->cgroup_mode == PLAN_CGROUP_V2) {
		for (size_t k = 0; k < ARRAY_SIZE(known_controllers); k++)
			if (has_controller(b, known_controllers[k]))
				names[n++] = known_controllers[k];
	} else {
		for (unsigned k = 0; k < f->nhierarchies; k++)
			names[n++] = f->hierarchies[k].name;
	}
	return builder_strs(b, names, n);
}

/* Host id of container id @id; UINT32_MAX when it is not mapped. */
static uint32_t host_id(const struct builder *b, uint32_t id)
{
	const struct oci_id_maps *maps = &b->config->linux_->uid_mappings;

	if (!plan_has_ns(b->config, OCI_NS_USER))
		return id;
	for (size_t i = 0; i < maps->n; i++) {
		const struct oci_id_map *m = &maps->items[i];

		if (id >= m->container_id.v && id - m->container_id.v < m->size.v)
			return m->host_id.v + (id - m->container_id.v);
	}
	return UINT32_MAX;
}

static bool is_mounted_writable(struct builder *b)
{
	const struct oci_mounts *mounts = &b->config->mounts;
	bool writable = false;

	for (size_t i = 0; i < mounts->n; i++) {
		const struct oci_mount *m = &mounts->items[i];

		if (m->destination && !strcmp(plan_clean_path(b, m->destination), "/sys/fs/cgroup"))
			writable = mount_is_cgroup(m) && !mount_is_readonly(m);
	}
	return writable;
}

/*
 * The container may manage its own cgroup (runtime-spec "Cgroup ownership") only where that is
 * safe: on v2, in a cgroup namespace of its own, and when it has the mount to write to.
 */
uint32_t cgroup_owner(struct builder *b)
{
	const struct oci_process *p = b->config->process;
	uint32_t uid;

	if (b->facts->cgroup_mode != PLAN_CGROUP_V2 || !plan_new_ns(b->config, OCI_NS_CGROUP) ||
	    !is_mounted_writable(b))
		return UINT32_MAX;
	uid = host_id(b, p && p->user ? p->user->uid.v : 0);
	return uid == b->facts->euid ? UINT32_MAX : uid;
}

static void compile_create(struct builder *b, const char *path)
{
	const struct oci_linux *l = b->config->linux_;
	const struct plan_facts *f = b->facts;
	bool asked = l && l->cgroups_path && *l->cgroups_path;
	struct plan_cgroup_create *step;

	step = BUILDER_STEP(b, struct plan_cgroup_create, PLAN_CGROUP_CREATE, PLAN_HOST,
			    asked ? POINTER : NULL);
	step->path = builder_str(b, path);
	step->mode = f->cgroup_mode;
	step->controllers = controllers(b);
	step->owner_uid = cgroup_owner(b);
	step->must_be_empty = 1;
	if (f->cgroup_mode == PLAN_CGROUP_V2)
		return;
	for (unsigned k = 0; k < f->nhierarchies; k++)
		b->cgroup_slots += f->hierarchies[k].name[0] != '\0';
	b->head.nslots += b->cgroup_slots;
}

/* --- CGROUP_SET --- */

/* The controller is there, or a fault says why the limit cannot be set. */
static bool need_controller(struct builder *b, const char *name, const char *pointer)
{
	if (!has_cgroup(b))
		builder_refuse(b, pointer, "limits need cgroups, and %s",
			       b->opt->no_cgroup ? "they are disabled" : "this host has none");
	else if (has_controller(b, name))
		return true;
	else if (b->facts->cgroup_mode == PLAN_CGROUP_HYBRID && b->facts->unified_controllers &&
		 has_word(b->facts->unified_controllers, name))
		builder_unsupported(b, pointer,
				    "the \"%s\" controller in the unified tree of a hybrid host",
				    name);
	else
		builder_refuse(b, pointer, "this host has no \"%s\" cgroup controller", name);
	return false;
}

static bool has_memory(const struct oci_memory *m)
{
	return m &&
	       (m->limit.set || m->reservation.set || m->swap.set || m->kernel.set ||
		m->kernel_tcp.set || m->swappiness.set ||
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

static bool may_set_devices(struct builder *b, const char *pointer)
{
	if (!has_cgroup(b))
		builder_warn(b, pointer, "device rules need cgroups: they are not applied");
	else if (b->facts->in_userns || !b->facts->privileged)
		builder_warn(b, pointer,
			     "device rules need root on the host: they are not applied");
	else if (!has_controller(b, "devices"))
		builder_warn(
			b, pointer,
			"this host has no \"devices\" controller: device rules are not applied");
	else
		return true;
	return false;
}

/* Checked everywhere, emitted where there are files for them; for v2 see check_devices(). */
static void compile_device_rules(struct builder *b, const struct oci_device_rules *rules)
{
	bool emit = rules->n && b->facts->cgroup_mode != PLAN_CGROUP_V2 &&
		    may_set_devices(b, "/linux/resources/devices");

	cgroup_convert_devices(b, emit, rules);
}

static void compile_resources(struct builder *b, const struct oci_resources *r)
{
	bool v2 = b->facts->cgroup_mode == PLAN_CGROUP_V2, cpu;

	compile_device_rules(b, &r->devices);
	if (has_memory(r->memory) && need_controller(b, "memory", "/linux/resources/memory"))
		cgroup_convert_memory(b, r->memory, v2);
	cpu = !has_cpu(r->cpu) || need_controller(b, "cpu", "/linux/resources/cpu");
	if (has_cpuset(r->cpu))
		cpu &= need_controller(b, "cpuset",
				       r->cpu->cpus && *r->cpu->cpus ? "/linux/resources/cpu/cpus"
								     : "/linux/resources/cpu/mems");
	if (r->cpu && cpu)
		cgroup_convert_cpu(b, r->cpu, v2);
	if (r->pids && r->pids->limit.v == -1 && !(has_cgroup(b) && has_controller(b, "pids")))
		return; /* no limit is asked for and there is none */
	if (r->pids && r->pids->limit.set && need_controller(b, "pids", "/linux/resources/pids"))
		cgroup_convert_pids(b, r->pids);
}

void compile_limits(struct builder *b)
{
	const struct oci_linux *l = b->config->linux_;

	if (l && l->resources)
		compile_resources(b, l->resources);
}

void compile_cgroup(struct builder *b)
{
	const char *path, *why;

	if (b->opt->systemd_cgroup)
		return; /* systemd makes it, for a process that is there: compile_unit() */
	path = asked_path(b);
	why = path_fault(path);
	if (why)
		builder_fault(b, POINTER, "\"%s\" cannot be a cgroup: %s", path, why);
	else if (has_cgroup(b))
		compile_create(b, path);
	compile_limits(b);
}
