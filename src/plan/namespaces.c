/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces: which are new, which are joined, and who has to make them.
 *
 *   the container has                               spawned process    its init
 *   new namespaces only (no user namespace)         clone3 makes them  is the spawned process
 *   a new or a joined user namespace,               is a stub          is cloned by the stub with
 * CLONE_PARENT: a joined pid namespace,                                            so init's image
 * is always started with the runtime's a new time namespace with offsets own credentials, and
 * setns(pid) works for children only
 *
 * A new cgroup namespace is always unshared by the final init, after it is in its cgroup: that
 * cgroup becomes the namespace's root.
 */
#include "plan/builder.h"
#include "plan/unit.h"

#include <linux/sched.h>
#include <string.h>

/* The order in which namespaces are joined: the mount namespace late, because it takes /proc away;
 * the user namespace last. */
static const struct ns_kind {
	enum oci_ns_type type;
	uint32_t flag;
} kinds[] = {
	{OCI_NS_IPC, CLONE_NEWIPC},       {OCI_NS_UTS, CLONE_NEWUTS},
	{OCI_NS_NETWORK, CLONE_NEWNET},   {OCI_NS_PID, CLONE_NEWPID},
	{OCI_NS_CGROUP, CLONE_NEWCGROUP}, {OCI_NS_TIME, CLONE_NEWTIME},
	{OCI_NS_MOUNT, CLONE_NEWNS},      {OCI_NS_USER, CLONE_NEWUSER},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct oci_namespace *find_ns(const struct oci_config *c, int type, size_t *ret_index)
{
	const struct oci_linux *l = c->linux_;

	for (size_t i = 0; l && i < l->namespaces.n; i++) {
		if (l->namespaces.items[i].type.v == type) {
			*ret_index = i;
			return &l->namespaces.items[i];
		}
	}
	return NULL;
}

/* An empty path is as good as none, as it is for the other runtimes. */
static bool has_path(const struct oci_namespace *n)
{
	return n->path && n->path[0];
}

bool plan_has_ns(const struct oci_config *c, int oci_ns_type)
{
	size_t i;

	return find_ns(c, oci_ns_type, &i);
}

bool plan_new_ns(const struct oci_config *c, int oci_ns_type)
{
	size_t i;
	const struct oci_namespace *n = find_ns(c, oci_ns_type, &i);

	return n && !has_path(n);
}

bool plan_join_ns(const struct oci_config *c, int oci_ns_type)
{
	size_t i;
	const struct oci_namespace *n = find_ns(c, oci_ns_type, &i);

	return n && has_path(n);
}

static const char *ns_origin(struct builder *b, int type)
{
	size_t i;

	return find_ns(b->config, type, &i) ? builder_ptr(b, "/linux/namespaces/%zu", i) : NULL;
}

bool plan_kernel_is(const struct plan_facts *f, unsigned major, unsigned minor)
{
	return f->kernel_major > major || (f->kernel_major == major && f->kernel_minor >= minor);
}

static size_t offsets(const struct oci_config *c)
{
	return c->linux_ ? c->linux_->time_offsets.n : 0;
}

/*
 * A new time namespace without offsets can be made by clone3 itself (6.3: before, CLONE_NEWTIME was
 * taken for a part of the exit signal). Offsets have to be written before the first process is in
 * it.
 */
static bool clone_makes_time(const struct builder *b)
{
	return offsets(b->config) == 0 && plan_kernel_is(b->facts, 6, 3);
}

bool plan_needs_stub(const struct builder *b)
{
	const struct oci_config *c = b->config;

	return plan_has_ns(c, OCI_NS_USER) || plan_join_ns(c, OCI_NS_PID) ||
	       (plan_new_ns(c, OCI_NS_TIME) && !clone_makes_time(b));
}

/* With a new user namespace, a time namespace has to be made in it: by the final init, which enters
 * it with its execve (6.1). */
static bool time_is_late(const struct builder *b)
{
	return plan_new_ns(b->config, OCI_NS_TIME) && plan_new_ns(b->config, OCI_NS_USER) &&
	       !clone_makes_time(b);
}

/* What clone3 of the spawned process or of the stub makes. */
static uint64_t clone_flags(const struct builder *b)
{
	uint64_t flags = 0;

	for (size_t i = 0; i < KINDS; i++) {
		if (plan_new_ns(b->config, kinds[i].type))
			flags |= kinds[i].flag;
	}
	flags &= ~(uint64_t)CLONE_NEWCGROUP;
	return clone_makes_time(b) ? flags : flags & ~(uint64_t)CLONE_NEWTIME;
}

static void check_one(struct builder *b, const struct oci_namespaces *all, size_t i)
{
	const struct oci_namespace *n = &all->items[i];
	const char *name = oci_ns_type_name(n->type.v);

	for (size_t k = 0; k < i; k++) {
		if (all->items[k].type.v == n->type.v) {
			builder_fault(b, builder_ptr(b, "/linux/namespaces/%zu", i),
				      "duplicated ns \"%s\"", name);
			return;
		}
	}
	if (has_path(n) && n->path[0] != '/')
		builder_fault(b, builder_ptr(b, "/linux/namespaces/%zu/path", i),
			      "the path of a namespace must be absolute, not \"%s\"", n->path);
	for (size_t k = 0; k < KINDS; k++) {
		if ((int)kinds[k].type == n->type.v && !(b->facts->ns_supported & kinds[k].flag))
			builder_refuse(b, builder_ptr(b, "/linux/namespaces/%zu", i),
				       "%s namespaces are not enabled in this kernel", name);
	}
}

static void check_time(struct builder *b)
{
	const struct oci_clock_offsets *all = &b->config->linux_->time_offsets;

	if (all->n && !plan_new_ns(b->config, OCI_NS_TIME))
		builder_fault(
			b, "/linux/timeOffsets", "time namespace offsets specified, but %s",
			plan_has_ns(b->config, OCI_NS_TIME)
				? "the time namespace is a joined one, whose offsets are fixed"
				: "time namespace isn't enabled in the config");
	for (size_t i = 0; i < all->n; i++) {
		static const char *const clocks[] = {"monotonic", "boottime", NULL};
		const struct oci_clock_offset *o = &all->items[i];
		const char *ptr = builder_key_ptr(b, "/linux/timeOffsets", o->clock);
		const char *guess = plan_guess(o->clock, clocks);

		if (strcmp(o->clock, clocks[0]) != 0 && strcmp(o->clock, clocks[1]) != 0)
			builder_fault(b, ptr, "unknown clock \"%s\"%s%s%s", o->clock,
				      guess ? ": did you mean \"" : "", guess ? guess : "",
				      guess ? "\"?" : "");
		if (o->nanosecs.v >= 1000000000)
			builder_fault(b, ptr, "nanosecs must be less than 1000000000, not %u",
				      o->nanosecs.v);
	}
	if (time_is_late(b) && !plan_kernel_is(b->facts, 6, 1))
		builder_refuse(
			b, ns_origin(b, OCI_NS_TIME),
			"a new time namespace together with a new user namespace needs Linux 6.1");
}

/*
 * What cannot be without a mount namespace. Mounts can: root's are made where the host sees them,
 * below the rootfs, until `delete`.
 */
static void check_no_mount_ns(struct builder *b)
{
	const struct oci_config *c = b->config;
	const struct oci_linux *l = c->linux_;
	const bool host = !b->facts->privileged || plan_has_ns(c, OCI_NS_USER);
	const struct {
		bool asked;
		const char *pointer, *what;
	} rows[] = {
		{host && c->mounts.n > 0, "/mounts", "mounts"},
		{host && c->root && c->root->readonly.v, "/root/readonly", "a read-only root"},
		{l && l->masked_paths.n, "/linux/maskedPaths", "masked paths"},
		{l && l->readonly_paths.n, "/linux/readonlyPaths", "read-only paths"},
		{host && c->process && c->process->terminal.v, "/process/terminal",
		 "a terminal (mounted on /dev/console)"},
	};

	if (plan_has_ns(c, OCI_NS_MOUNT))
		return;
	if (l && l->rootfs_propagation.set)
		builder_fault(b, "/linux/rootfsPropagation",
			      "unable to set rootfs propagation without a private MNT namespace: "
			      "add {\"type\": \"mount\"} to namespaces");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].asked)
			builder_fault(b, rows[i].pointer,
				      "%s without a mount namespace would be made on the host: add "
				      "{\"type\": \"mount\"} to namespaces",
				      rows[i].what);
	}
}

void check_namespaces(struct builder *b)
{
	const struct oci_config *c = b->config;
	const struct oci_linux *l = c->linux_;

	check_no_mount_ns(b);
	if (!b->facts->privileged && !plan_has_ns(c, OCI_NS_USER))
		builder_refuse(b, "/linux/namespaces",
			       "rootless container requires user namespaces");
	for (size_t i = 0; l && i < l->namespaces.n; i++)
		check_one(b, &l->namespaces, i);
	if (l)
		check_time(b);
	if (plan_new_ns(c, OCI_NS_USER) && plan_join_ns(c, OCI_NS_MOUNT))
		builder_fault(b, ns_origin(b, OCI_NS_MOUNT),
			      "a joined mount namespace with a new user namespace: root of a new "
			      "user namespace may not mount there");
}

/* What would be done to the host when the namespace that is joined is the runtime's own. */
static void name_owner(struct builder *b, struct plan_ns_open *o, enum oci_ns_type type)
{
	const struct oci_net_devices *devices =
		b->config->linux_ ? &b->config->linux_->net_devices : NULL;
	const char *key, *ptr = plan_sysctl_of(b, type, &key);

	if (ptr) {
		o->owner_words = builder_printf(b, "sysctl \"%s\"", key);
	} else if (type == OCI_NS_NETWORK && devices && devices->n) {
		key = devices->items[0].host_name;
		ptr = builder_key_ptr(b, "/linux/netDevices", key);
		o->owner_words = builder_printf(b, "network device \"%s\"", key);
	}
	o->owner = builder_str(b, ptr);
}

void compile_prepare(struct builder *b)
{
	struct plan_state_dir *d =
		BUILDER_STEP(b, struct plan_state_dir, PLAN_STATE_DIR, PLAN_HOST, NULL);

	d->id = builder_str(b, b->opt->id);
	compile_cgroup(b);
	for (size_t i = 0; i < KINDS; i++) {
		size_t at;
		const struct oci_namespace *n = find_ns(b->config, kinds[i].type, &at);
		struct plan_ns_open *o;

		if (!n || !has_path(n))
			continue;
		o = BUILDER_STEP(b, struct plan_ns_open, PLAN_NS_OPEN, PLAN_HOST,
				 builder_ptr(b, "/linux/namespaces/%zu/path", at));
		o->type = kinds[i].flag;
		o->path = builder_str(b, n->path);
		o->slot = b->head.nslots++;
		name_owner(b, o, kinds[i].type);
	}
	compile_hook_outputs(b);
}

/* One NS_JOIN for each NS_OPEN: the same order gives the same slots. */
static void compile_joins(struct builder *b)
{
	uint32_t slot = b->cgroup_slots;

	for (size_t i = 0; i < KINDS; i++) {
		size_t at;
		const struct oci_namespace *n = find_ns(b->config, kinds[i].type, &at);
		struct plan_ns_join *j;

		if (!n || !has_path(n))
			continue;
		j = BUILDER_STEP(b, struct plan_ns_join, PLAN_NS_JOIN, PLAN_INIT,
				 builder_ptr(b, "/linux/namespaces/%zu", at));
		j->type = kinds[i].flag;
		j->slot = slot++;
		j->path = builder_str(b, n->path);
		j->before_user =
			kinds[i].flag != CLONE_NEWUSER && plan_join_ns(b->config, OCI_NS_USER);
	}
}

static void compile_unshare(struct builder *b, uint32_t flag, int type)
{
	struct plan_ns_unshare *u = BUILDER_STEP(b, struct plan_ns_unshare, PLAN_NS_UNSHARE,
						 PLAN_INIT, ns_origin(b, type));

	u->flags = flag;
}

static void compile_time(struct builder *b)
{
	const struct oci_clock_offsets *all = &b->config->linux_->time_offsets;

	compile_unshare(b, CLONE_NEWTIME, OCI_NS_TIME);
	for (size_t i = 0; i < all->n; i++) {
		struct plan_time_offset *t =
			BUILDER_STEP(b, struct plan_time_offset, PLAN_TIME_OFFSET, PLAN_INIT,
				     builder_key_ptr(b, "/linux/timeOffsets", all->items[i].clock));

		t->clock = builder_str(b, all->items[i].clock);
		t->secs = all->items[i].secs.v;
		t->nanosecs = all->items[i].nanosecs.v;
	}
}

static void compile_sync_maps(struct builder *b)
{
	struct plan_sync *s =
		BUILDER_STEP(b, struct plan_sync, PLAN_SYNC, PLAN_BOTH, ns_origin(b, OCI_NS_USER));

	s->point = PLAN_POINT_MAPS;
	compile_maps(b);
	compile_oom_score(b, PLAN_POINT_MAPS);
}

static void compile_stub(struct builder *b)
{
	struct plan_fork *f;

	if (plan_new_ns(b->config, OCI_NS_TIME) && !clone_makes_time(b) && !time_is_late(b))
		compile_time(b);
	f = BUILDER_STEP(b, struct plan_fork, PLAN_FORK, PLAN_INIT, NULL);
	f->clone_flags = clone_flags(b);
	b->head.flags |= PLAN_F_STUB;
	if (plan_new_ns(b->config, OCI_NS_USER))
		compile_sync_maps(b);
	if (plan_has_ns(b->config, OCI_NS_USER) && plan_uid_is_mapped(b->config, 0) &&
	    plan_gid_is_mapped(b->config, 0)) {
		struct plan_become_root *r =
			BUILDER_STEP(b, struct plan_become_root, PLAN_BECOME_ROOT, PLAN_INIT,
				     ns_origin(b, OCI_NS_USER));

		r->setgroups = plan_may_setgroups(b) && !plan_keeps_groups(b->config);
	}
	if (time_is_late(b))
		compile_time(b);
}

void compile_enter(struct builder *b)
{
	const struct plan_cgroup_create *cg =
		(const struct plan_cgroup_create *)builder_find(b, PLAN_CGROUP_CREATE);
	bool into = cg && (cg->mode == PLAN_CGROUP_V2 || cg->mode == PLAN_CGROUP_HYBRID);
	bool stub = plan_needs_stub(b);
	struct plan_spawn *s = BUILDER_STEP(b, struct plan_spawn, PLAN_SPAWN, PLAN_HOST, NULL);

	s->clone_flags = stub ? 0 : clone_flags(b);
	s->into_cgroup = into;
	if (b->opt->systemd_cgroup)
		compile_unit(b);
	if (b->cgroup_slots) {
		struct plan_cgroup_enter *e = BUILDER_STEP(
			b, struct plan_cgroup_enter, PLAN_CGROUP_ENTER, PLAN_INIT,
			b->config->linux_ && b->config->linux_->cgroups_path ? "/linux/cgroupsPath"
									     : NULL);

		e->nslots = b->cgroup_slots;
	}
	compile_own_oom_score(b);
	compile_joins(b);
	if (stub)
		compile_stub(b);
	if (plan_new_ns(b->config, OCI_NS_CGROUP))
		compile_unshare(b, CLONE_NEWCGROUP, OCI_NS_CGROUP);
}
