/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts in words: options as mount(8) would name them. */
#include "plan/print.h"

#include <linux/mount.h>
#include <string.h>

/* What clearing an attribute is called. */
static const struct plan_value opposites[] = {
	{MOUNT_ATTR_RDONLY, "rw"},
	{MOUNT_ATTR_NOSUID, "suid"},
	{MOUNT_ATTR_NODEV, "dev"},
	{MOUNT_ATTR_NOEXEC, "exec"},
	{MOUNT_ATTR_NODIRATIME, "diratime"},
	{MOUNT_ATTR_NOSYMFOLLOW, "symfollow"},
	{0, NULL},
};

/* A list in brackets that is not there when it is empty. */
struct options {
	const struct words *w;
	bool open;
};

static void option(struct options *o, const char *prefix, const char *s)
{
	buf_adds(o->w->out, o->open ? "," : " (");
	buf_adds(o->w->out, prefix);
	words_plain(o->w, s);
	o->open = true;
}

static void options_bits(struct options *o, const struct plan_value *values, uint64_t bits,
			 const char *prefix)
{
	for (; values->name; values++) {
		if (values->value & bits)
			option(o, prefix, values->name);
	}
}

static void options_attrs(struct options *o, uint64_t set, uint64_t clr, const char *prefix)
{
	options_bits(o, plan_attr_values, set, prefix);
	options_bits(o, opposites, clr & ~set, prefix);
	if ((clr & MOUNT_ATTR__ATIME) && !(set & MOUNT_ATTR__ATIME))
		option(o, prefix, "relatime");
}

static void options_propagation(struct options *o, uint64_t propagation)
{
	options_bits(o, plan_propagation_values, propagation & ~(uint64_t)MS_REC,
		     propagation & MS_REC ? "r" : "");
}

static void options_strings(struct options *o, struct plan_vec v)
{
	for (uint32_t i = 0; i < v.n; i++)
		option(o, "", plan_item(o->w->h, v, i));
}

static void options_end(struct options *o)
{
	if (o->open)
		buf_addc(o->w->out, ')');
}

void words_mount(const struct words *w, const struct plan_mount *m)
{
	const char *type = plan_text(w->h, m->type), *source = plan_text(w->h, m->source);
	uint32_t others = m->flags & ~(uint32_t)(PLAN_MOUNT_BIND | PLAN_MOUNT_REC |
						 PLAN_MOUNT_REMOUNT | PLAN_MOUNT_REAL_DIR);
	struct options o = {w, false};

	if (m->flags & PLAN_MOUNT_REMOUNT) {
		buf_adds(w->out, "change the mount on ");
	} else if (m->flags & PLAN_MOUNT_BIND) {
		buf_adds(w->out, m->flags & PLAN_MOUNT_REC ? "bind the tree " : "bind ");
		words_quoted(w, source);
		buf_adds(w->out, " on ");
	} else {
		buf_adds(w->out, "mount ");
		words_plain(w, type ? type : "nothing");
		if (source && (!type || strcmp(source, type) != 0)) {
			buf_addc(w->out, ' ');
			words_quoted(w, source);
		}
		buf_adds(w->out, " on ");
	}
	words_quoted(w, plan_text(w->h, m->target));
	options_bits(&o, plan_sb_values, m->sb_flags & ~m->attr_set, "");
	options_attrs(&o, m->attr_set, m->attr_clr, "");
	options_attrs(&o, m->rec_set, m->rec_clr, "r");
	options_strings(&o, m->data);
	options_propagation(&o, m->propagation);
	options_bits(&o, plan_mount_values, others, "");
	options_end(&o);
	if (m->label)
		words_text(w, ", its root labelled ", m->label, "");
}

void words_mount_cgroup(const struct words *w, const struct plan_mount_cgroup *m)
{
	struct options o = {w, false};

	buf_adds(w->out, m->variant == PLAN_CGROUP_MOUNT_NEW ? "mount the cgroups on "
							     : "bind cgroups on ");
	words_quoted(w, plan_text(w->h, m->target));
	option(&o, "", plan_value_name(plan_cgroup_mode_values, m->mode));
	options_attrs(&o, m->attr_set, m->attr_clr, "");
	options_propagation(&o, m->propagation);
	options_end(&o);
	if (m->path) {
		buf_adds(w->out, " from ");
		words_quoted(w, plan_text(w->h, m->path));
	}
	for (uint32_t i = 0; i < m->names.n; i++) {
		buf_adds(w->out, i ? " " : ": ");
		words_plain(w, plan_item(w->h, m->names, i));
	}
}
