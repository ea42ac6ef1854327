/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.cgroupsPath -> CGROUP_CREATE.
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

bool cgroup_is_possible(const struct builder *b)
{
	return !b->opt->no_cgroup && b->facts->cgroup_mode != PLAN_CGROUP_NONE &&
	       b->facts->nhierarchies;
}

const char *cgroup_path(struct builder *b)
{
	const char *path;

	if (b->opt->systemd_cgroup)
		return cgroup_is_possible(b) ? unit_path(b) : NULL;
	path = asked_path(b);
	return cgroup_is_possible(b) && !path_fault(path) ? path : NULL;
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

enum cgroup_place cgroup_find(const struct builder *b, const char *name)
{
	const struct plan_facts *f = b->facts;

	if (!cgroup_is_possible(b))
		return CGROUP_NOWHERE;
	for (unsigned k = 0; f->cgroup_mode != PLAN_CGROUP_V2 && k < f->nhierarchies; k++)
		if (has_word(f->hierarchies[k].name, name))
			return CGROUP_V1;
	/* with systemd's hybrid layout the unified tree is systemd's own */
	if (b->opt->systemd_cgroup && f->cgroup_mode != PLAN_CGROUP_V2)
		return CGROUP_NOWHERE;
	return f->unified_controllers && has_word(f->unified_controllers, name) ? CGROUP_V2
										: CGROUP_NOWHERE;
}

/* --- CGROUP_CREATE --- */

/* What limits are asked for whose controllers are in the unified tree. */
static struct plan_vec unified(struct builder *b)
{
	const char *names[FACTS_HIERARCHIES];

	if (b->facts->cgroup_mode == PLAN_CGROUP_V1)
		return (struct plan_vec){0, 0};
	return builder_strs(b, names, cgroup_limits_need(b, names, 0, FACTS_HIERARCHIES));
}

static struct plan_vec controllers(struct builder *b)
{
	const struct plan_facts *f = b->facts;
	const char *names[FACTS_HIERARCHIES];
	size_t n = 0;

	if (f->cgroup_mode == PLAN_CGROUP_V2) {
		for (size_t k = 0; k < ARRAY_SIZE(known_controllers); k++)
			if (cgroup_find(b, known_controllers[k]) == CGROUP_V2)
				names[n++] = known_controllers[k];
		n = cgroup_limits_need(b, names, n, FACTS_HIERARCHIES);
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
	struct plan_vec all = controllers(b), more = unified(b);
	struct plan_cgroup_create *step;

	step = BUILDER_STEP(b, struct plan_cgroup_create, PLAN_CGROUP_CREATE, PLAN_HOST,
			    asked ? POINTER : NULL);
	step->path = builder_str(b, path);
	step->mode = f->cgroup_mode;
	step->controllers = all;
	step->unified = more;
	step->owner_uid = cgroup_owner(b);
	step->must_be_empty = 1;
	if (f->cgroup_mode == PLAN_CGROUP_V2)
		return;
	for (unsigned k = 0; k < f->nhierarchies; k++)
		b->cgroup_slots += f->hierarchies[k].name[0] != '\0';
	b->head.nslots += b->cgroup_slots;
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
	else if (cgroup_is_possible(b))
		compile_create(b, path);
	compile_limits(b);
}
