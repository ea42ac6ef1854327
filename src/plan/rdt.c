/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.intelRdt (config-linux.md, "IntelRdt"): the resctrl group of the container. Without closID
 * it is one of the container's own; with closID and schemata it is made or has to be the same; with
 * closID alone it has to be there. enableCMT and enableMBM of older versions are ignored.
 */
#include "plan/builder.h"

#include <string.h>

static bool is_directory_name(const char *s)
{
	return s[0] && !strchr(s, '/') && strcmp(s, ".") != 0 && strcmp(s, "..") != 0 &&
	       strlen(s) < 255;
}

/* These mean something else in a group. */
static bool is_reserved(const char *s)
{
	return !strcmp(s, "info") || !strcmp(s, "mon_groups") || !strcmp(s, "mon_data");
}

/* L3 first, then MB, then the lines as they stand. */
static const char *join_schemata(struct builder *b, const struct oci_intel_rdt *r)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (r->l3_cache_schema && r->l3_cache_schema[0])
		buf_printf(&text, "%s\n", r->l3_cache_schema);
	if (r->mem_bw_schema && r->mem_bw_schema[0])
		buf_printf(&text, "%s\n", r->mem_bw_schema);
	for (size_t i = 0; i < r->schemata.n; i++)
		buf_printf(&text, "%s\n", r->schemata.items[i]);
	b->pool.failed |= text.failed;
	return text.len ? builder_ptr(b, "%s", text.data) : NULL;
}

static bool check_group(struct builder *b, const char *group, bool own)
{
	bool good = is_directory_name(group) && !is_reserved(group);

	if (!good)
		builder_fault(
			b, "/linux/intelRdt/closID",
			own ? "the container id \"%s\" cannot be the name of a resctrl group: "
			      "give a closID"
			    : "\"%s\" cannot be the name of a resctrl group",
			group);
	return good;
}

void compile_rdt(struct builder *b)
{
	const struct oci_intel_rdt *r = b->config->linux_ ? b->config->linux_->intel_rdt : NULL;
	const char *group, *schemata;
	struct plan_rdt *s;
	bool own, top;

	if (!r)
		return;
	if (!b->facts->resctrl) {
		builder_refuse(b, "/linux/intelRdt",
			       "intelRdt is asked for, but no resctrl is mounted on this host");
		return;
	}
	own = !r->clos_id || !r->clos_id[0];
	group = own ? b->opt->id : r->clos_id;
	top = !own && strcmp(group, "/") == 0;
	if (!top && !check_group(b, group, own))
		return;
	schemata = join_schemata(b, r);
	s = BUILDER_STEP(b, struct plan_rdt, PLAN_RDT, PLAN_HOST, "/linux/intelRdt");
	s->root = builder_str(b, b->facts->resctrl);
	s->group = builder_str(b, top ? NULL : group);
	if (r->enable_monitoring.v)
		s->monitor = builder_str(b, b->opt->id);
	if (b->opt->exec)
		return;
	s->schemata = builder_str(b, schemata);
	s->flags = own ? PLAN_RDT_OWN : schemata && !top ? PLAN_RDT_MAKE : 0;
}
