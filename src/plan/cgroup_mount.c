/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts[] of type cgroup or cgroup2 -> PLAN_MOUNT_CGROUP. What is mounted is what this host has
 * (facts), not what the type says: the type cgroup means "the cgroups" to all runtimes.
 *
 *   host  cgroup namespace  what the container gets
 *   v2    its own           a new cgroup2 mount: its root is the container's cgroup
 *   v2    the runtime's     a bind of the host's; with a user namespace of its own cgroup only
 *   v1    its own           a tmpfs with a new mount of each hierarchy
 *   v1    the runtime's     a tmpfs with binds of the container's cgroup in each hierarchy
 *
 * On a hybrid host the container gets what v1 hosts have: a systemd in it that sees a directory
 * "unified" takes the unified tree for its own, and fails. runc shows the hierarchies of v1 only,
 * too.
 */
#include "plan/mounts.h"

#include <linux/mount.h>
#include <string.h>

struct lists {
	const char *names[FACTS_HIERARCHIES];
	const char *options[FACTS_HIERARCHIES];
	const char **links;
	size_t n, nlinks;
};

/* Its directory in the container: as on the host, where that is in the usual place. */
static const char *dir_name(const struct facts_hierarchy *h)
{
	static const char usual[] = "/sys/fs/cgroup/";
	const char *name = h->mountpoint + sizeof(usual) - 1;

	if (!strncmp(h->mountpoint, usual, sizeof(usual) - 1) && *name && !strchr(name, '/'))
		return name;
	return strncmp(h->name, "name=", 5) != 0 ? h->name : h->name + 5;
}

static const char *join(struct builder *b, const char *dir, const char *path)
{
	return !strcmp(path, "/") ? dir : builder_ptr(b, "%s%s", dir, path);
}

/* Where the container is in hierarchy @h, on the host. */
static const char *host_dir(struct builder *b, const struct facts_hierarchy *h)
{
	const char *path = cgroup_path(b);

	return join(b, h->mountpoint, path ? path : h->own_path);
}

/* "cpu,cpuacct" in a directory of that name: the links cpu and cpuacct. */
static void add_links(struct builder *b, struct lists *l, const char *controllers, const char *dir)
{
	while (*controllers) {
		size_t len = strcspn(controllers, ",");

		if (strlen(dir) != len || strncmp(dir, controllers, len) != 0)
			l->links[l->nlinks++] =
				builder_ptr(b, "%.*s=%s", (int)len, controllers, dir);
		controllers += len;
		controllers += *controllers == ',';
	}
}

/* Who is not root and names no cgroup goes without one where he may not make one (cgroup_prepare).
 */
static bool may_lack_cgroup(const struct builder *b)
{
	const struct oci_linux *l = b->config->linux_;

	return b->opt->rootless_cgroup_ok && plan_in_userns(b) &&
	       !(l && l->cgroups_path && *l->cgroups_path);
}

static void add_hierarchy(struct builder *b, struct lists *l, const struct facts_hierarchy *h,
			  bool fresh)
{
	const char *dir = dir_name(h);
	bool named = strncmp(h->name, "name=", 5) == 0;

	l->names[l->n] = dir;
	if (!fresh)
		l->options[l->n] = may_lack_cgroup(b) ? h->mountpoint : host_dir(b, h);
	else if (named)
		l->options[l->n] = builder_ptr(b, "none,%s", h->name);
	else
		l->options[l->n] = h->name;
	l->n++;
	if (!named)
		add_links(b, l, h->name, dir);
}

static void fill_v1(struct builder *b, struct plan_mount_cgroup *step)
{
	const struct plan_facts *facts = b->facts;
	struct lists l = {0};
	size_t words = 0;

	for (unsigned k = 0; k < facts->nhierarchies; k++)
		words += strlen(facts->hierarchies[k].name) + 1;
	l.links = arena_calloc(&b->scratch, words + 1, sizeof(*l.links));
	if (!l.links) {
		b->pool.failed = true;
		return;
	}
	if (step->variant != PLAN_CGROUP_MOUNT_NEW && may_lack_cgroup(b)) {
		step->attr_set |= MOUNT_ATTR_RDONLY; /* all that the host has, as with v2 below */
		step->attr_clr &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	}
	for (unsigned k = 0; k < facts->nhierarchies; k++)
		if (facts->hierarchies[k].name[0])
			add_hierarchy(b, &l, &facts->hierarchies[k],
				      step->variant == PLAN_CGROUP_MOUNT_NEW);
	step->names = builder_strs(b, l.names, l.n);
	step->options = builder_strs(b, l.options, l.n);
	step->links = builder_strs(b, l.links, l.nlinks);
}

/*
 * The whole tree of the host must not be writable for a container whose root is the caller himself
 * (CVE-2023-25809). Where the container may end up without a cgroup of its own, there is only the
 * whole tree: it is bound read-only.
 */
static void fill_v2(struct builder *b, size_t i, struct plan_mount_cgroup *step)
{
	const struct facts_hierarchy *h = &b->facts->hierarchies[0];

	if (step->variant == PLAN_CGROUP_MOUNT_NEW)
		return;
	if (!plan_in_userns(b)) {
		step->path = builder_str(b, h->mountpoint);
	} else if (!b->opt->rootless_cgroup_ok && cgroup_path(b)) {
		step->path = builder_str(b, host_dir(b, h));
	} else {
		step->path = builder_str(b, h->mountpoint);
		if (!(step->attr_set & MOUNT_ATTR_RDONLY))
			builder_warn(b, builder_ptr(b, "/mounts/%zu", i),
				     "without a cgroup namespace the cgroups of the host are shown "
				     "read-only");
		step->attr_set |= MOUNT_ATTR_RDONLY;
		step->attr_clr &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	}
}

void compile_cgroup_mount(struct builder *b, size_t i, const char *target,
			  const struct mount_flags *f)
{
	struct plan_mount_cgroup *step;
	bool own_ns = plan_has_ns(b->config, OCI_NS_CGROUP);

	if (f->flags & (PLAN_MOUNT_IDMAP | PLAN_MOUNT_TMPCOPYUP))
		builder_fault(b, builder_ptr(b, "/mounts/%zu/options", i),
			      "the ids of a cgroup mount cannot be mapped, nor anything be copied "
			      "into it");
	if (b->facts->cgroup_mode == PLAN_CGROUP_NONE || !b->facts->nhierarchies) {
		builder_fault(b, builder_ptr(b, "/mounts/%zu", i),
			      "there are no cgroups on this host to mount on \"%s\"", target);
		return;
	}
	step = BUILDER_STEP(b, struct plan_mount_cgroup, PLAN_MOUNT_CGROUP, PLAN_INIT,
			    builder_ptr(b, "/mounts/%zu", i));
	step->target = builder_str(b, target);
	step->mode = b->facts->cgroup_mode;
	step->variant = own_ns ? PLAN_CGROUP_MOUNT_NEW : PLAN_CGROUP_MOUNT_BIND;
	step->attr_set = (f->all.set & ~f->one.clr) | f->one.set;
	if (!own_ns)
		step->attr_clr = f->one.clr | (f->all.clr & ~f->one.set);
	step->propagation = f->propagation;
	if (step->mode == PLAN_CGROUP_V2)
		fill_v2(b, i, step);
	else
		fill_v1(b, step);
}
