/* SPDX-License-Identifier: Apache-2.0 */
/* The maps of a new user namespace (user_namespaces(7)), and which ids exist in it. */
#include "plan/builder.h"

#include <linux/capability.h>

#define LINES_MAX 340 /* the kernel's own limit (user_namespaces(7)) */

static bool is_mapped(const struct oci_id_maps *m, uint32_t id)
{
	if (m->n == 0)
		return true;
	for (size_t i = 0; i < m->n; i++) {
		uint32_t first = m->items[i].container_id.v;

		if (id >= first && id - first < m->items[i].size.v)
			return true;
	}
	return false;
}

bool plan_uid_is_mapped(const struct oci_config *c, uint32_t uid)
{
	return !plan_has_ns(c, OCI_NS_USER) || is_mapped(&c->linux_->uid_mappings, uid);
}

bool plan_gid_is_mapped(const struct oci_config *c, uint32_t gid)
{
	return !plan_has_ns(c, OCI_NS_USER) || is_mapped(&c->linux_->gid_mappings, gid);
}

static bool has_cap(const struct builder *b, unsigned cap)
{
	return b->facts->caps & (1ull << cap);
}

/* Without CAP_SETUID or CAP_SETGID the kernel takes one line that maps the own id; all else is the
 * business of newuidmap(1). */
static enum plan_map_how how_to_map(const struct builder *b, bool is_gid)
{
	const struct oci_linux *l = b->config->linux_;
	const struct oci_id_maps *m = is_gid ? &l->gid_mappings : &l->uid_mappings;
	uint32_t own = is_gid ? b->facts->egid : b->facts->euid;

	if (has_cap(b, is_gid ? CAP_SETGID : CAP_SETUID) ||
	    (m->n == 1 && m->items[0].size.v == 1 && m->items[0].host_id.v == own))
		return PLAN_MAP_WRITE;
	return PLAN_MAP_HELPER;
}

bool plan_may_setgroups(const struct builder *b)
{
	const struct plan_exec_target *x = b->opt->exec;

	/* a user namespace inherits the denial, and nothing takes it back */
	if (b->facts->no_setgroups || (x && x->no_setgroups))
		return false;
	/* only init can find out about a namespace that is joined */
	if (x || !plan_new_ns(b->config, OCI_NS_USER))
		return true;
	return has_cap(b, CAP_SETGID) || how_to_map(b, true) == PLAN_MAP_HELPER;
}

static bool do_overlap(uint32_t a, uint32_t na, uint32_t b, uint32_t nb)
{
	return a < b ? b - a < na : a - b < nb;
}

static void check_line(struct builder *b, const struct oci_id_maps *m, size_t i, const char *key)
{
	const struct oci_id_map *x = &m->items[i];
	const char *ptr = builder_ptr(b, "/linux/%s/%zu", key, i);

	if (x->size.v == 0) {
		builder_fault(b, ptr, "size must be larger than 0");
		return;
	}
	if (x->size.v > UINT32_MAX - x->container_id.v || x->size.v > UINT32_MAX - x->host_id.v) {
		builder_fault(b, ptr, "the range goes beyond the largest id");
		return;
	}
	for (size_t k = 0; k < i; k++) {
		const struct oci_id_map *y = &m->items[k];

		if (do_overlap(x->container_id.v, x->size.v, y->container_id.v, y->size.v) ||
		    do_overlap(x->host_id.v, x->size.v, y->host_id.v, y->size.v))
			builder_fault(b, ptr, "overlaps with mapping %zu", k);
	}
}

static void check_lines(struct builder *b, const struct oci_id_maps *m, const char *key)
{
	if (m->n > LINES_MAX) {
		builder_fault(b, builder_ptr(b, "/linux/%s", key),
			      "%zu mappings, but the kernel takes %d at most", m->n, LINES_MAX);
		return;
	}
	for (size_t i = 0; i < m->n; i++)
		check_line(b, m, i, key);
}

static void check_ids(struct builder *b)
{
	const struct oci_user *u = b->config->process ? b->config->process->user : NULL;
	uint32_t uid = u ? u->uid.v : 0, gid = u ? u->gid.v : 0;

	if (!b->config->process)
		return;
	if (!plan_uid_is_mapped(b->config, uid))
		builder_fault(b, "/process/user/uid", "uid %u is not mapped in the user namespace",
			      uid);
	if (!plan_gid_is_mapped(b->config, gid))
		builder_fault(b, "/process/user/gid", "gid %u is not mapped in the user namespace",
			      gid);
	for (size_t i = 0; u && i < u->additional_gids.n; i++) {
		if (!plan_gid_is_mapped(b->config, u->additional_gids.items[i]))
			builder_fault(b, builder_ptr(b, "/process/user/additionalGids/%zu", i),
				      "gid %u is not mapped in the user namespace",
				      u->additional_gids.items[i]);
	}
}

void check_maps(struct builder *b)
{
	const struct oci_linux *l = b->config->linux_;

	if (!l)
		return;
	if (!plan_has_ns(b->config, OCI_NS_USER)) {
		if (l->uid_mappings.n || l->gid_mappings.n)
			builder_fault(
				b, l->uid_mappings.n ? "/linux/uidMappings" : "/linux/gidMappings",
				"user namespace mappings specified, but user namespace isn't "
				"enabled in the config");
		return;
	}
	if (plan_new_ns(b->config, OCI_NS_USER)) {
		if (l->uid_mappings.n == 0)
			builder_fault(b, "/linux/uidMappings",
				      "user namespaces enabled, but no uid mappings found");
		if (l->gid_mappings.n == 0)
			builder_fault(b, "/linux/gidMappings",
				      "user namespaces enabled, but no gid mappings found");
	}
	check_lines(b, &l->uid_mappings, "uidMappings");
	check_lines(b, &l->gid_mappings, "gidMappings");
	check_ids(b);
}

static void compile_map(struct builder *b, const struct oci_id_maps *m, bool is_gid)
{
	struct plan_id_map *s = BUILDER_STEP(b, struct plan_id_map, PLAN_ID_MAP, PLAN_HOST,
					     is_gid ? "/linux/gidMappings" : "/linux/uidMappings");
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < m->n; i++)
		buf_printf(&text, "%u %u %u\n", m->items[i].container_id.v, m->items[i].host_id.v,
			   m->items[i].size.v);
	s->is_gid = is_gid;
	s->how = how_to_map(b, is_gid);
	s->text = builder_str(b, text.data ? text.data : "");
	s->deny_setgroups = is_gid && !b->facts->no_setgroups && !plan_may_setgroups(b);
	if (text.failed)
		b->pool.failed = true;
	buf_done(&text);
}

void compile_maps(struct builder *b)
{
	compile_map(b, &b->config->linux_->uid_mappings, false);
	compile_map(b, &b->config->linux_->gid_mappings, true);
}
