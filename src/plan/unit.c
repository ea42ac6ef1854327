/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.cgroupsPath "slice:prefix:name", linux.resources and the annotations org.systemd.property.*
 * -> UNIT_START, CGROUP_SET.
 *
 *   unit    <prefix>-<name>.scope; without a prefix <name>.scope; without a cgroupsPath
 * hezi-<id>.scope slice   system.slice, or user.slice of a user's manager, when it is empty; "-" is
 * the root slice
 *
 * Every limit goes to the unit, or daemon-reload would undo it, and to the files of the cgroup, for
 * systemd has properties for some only.
 */
#include "plan/unit.h"

#include "base/cleanup.h"
#include "plan/cgroup_convert.h"
#include "plan/unit_properties.h"
#include "plan/variant.h"

#include <inttypes.h>
#include <string.h>

#define POINTER        "/linux/cgroupsPath"
#define PROPERTY       "org.systemd.property."
#define PROPERTIES_MAX 512 /* a scope of systemd 257 has 220 */
#define NAME_MAX_UNIT  255 /* of systemd */

struct unit {
	const char *slice, *prefix, *name;
};

/* Only root of the host has the system's manager; root of a user namespace is a user. */
static bool is_user(const struct builder *b)
{
	return b->facts->euid != 0 || b->facts->in_userns;
}

static const char *asked(const struct builder *b)
{
	const struct oci_linux *l = b->config->linux_;

	return l && l->cgroups_path && *l->cgroups_path ? l->cgroups_path : NULL;
}

/* False: not of the form slice:prefix:name. */
static bool split(struct builder *b, struct unit *ret)
{
	const char *path = asked(b), *second, *third;

	*ret = (struct unit){"", "hezi", b->opt->id};
	if (!path)
		return true;
	second = strchr(path, ':');
	third = second ? strchr(second + 1, ':') : NULL;
	if (!third || strchr(third + 1, ':'))
		return false;
	ret->slice = builder_ptr(b, "%.*s", (int)(second - path), path);
	ret->prefix = builder_ptr(b, "%.*s", (int)(third - second - 1), second + 1);
	ret->name = third + 1;
	return true;
}

static const char *unit_name(struct builder *b, const struct unit *u)
{
	return builder_ptr(b, "%s%s%s.scope", u->prefix, *u->prefix ? "-" : "", u->name);
}

static const char *slice_name(struct builder *b, const struct unit *u)
{
	if (!*u->slice)
		return is_user(b) ? "user.slice" : "system.slice";
	return !strcmp(u->slice, "-") ? "-.slice" : u->slice;
}

static bool has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && !strcmp(s + n - m, suffix);
}

/* Characters of unit names (systemd.unit(5)). */
static bool is_clean(const char *s)
{
	return !s[strspn(s,
			 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@")];
}

static bool check_slice(struct builder *b, const char *slice)
{
	size_t n = strlen(slice);

	if (!strcmp(slice, "-.slice"))
		return true;
	if (!has_suffix(slice, ".slice"))
		return builder_fault(b, POINTER,
				     "invalid slice name \"%s\": no \".slice\" at its end", slice),
		       false;
	if (strchr(slice, '/'))
		return builder_fault(b, POINTER,
				     "invalid slice name \"%s\": a slice in another is named "
				     "\"a-b.slice\", not by a path",
				     slice),
		       false;
	/* "a-b.slice" is in "a.slice": no part may be empty */
	if (slice[0] == '-' || strstr(slice, "--") || slice[n - strlen(".slice") - 1] == '-')
		return builder_fault(
			       b, POINTER,
			       "invalid slice name \"%s\": a \"-\" without a name at its side",
			       slice),
		       false;
	if (is_clean(slice) && n <= NAME_MAX_UNIT)
		return true;
	return builder_fault(b, POINTER, "invalid slice name \"%s\"", slice), false;
}

static bool check_unit(struct builder *b, const struct unit *u)
{
	const char *name = unit_name(b, u), *pointer = asked(b) ? POINTER : "";

	if (!check_slice(b, slice_name(b, u)))
		return false;
	if (!*u->name)
		return builder_fault(b, pointer, "the unit has no name: \"slice:prefix:name\""),
		       false;
	if (has_suffix(u->name, ".slice"))
		return builder_fault(b, pointer,
				     "\"%s\" is a slice, and no process can be in a slice",
				     u->name),
		       false;
	if (is_clean(name) && strlen(name) <= NAME_MAX_UNIT)
		return true;
	return builder_fault(b, pointer,
			     "\"%s\" cannot be the name of a unit: those are at most %d letters, "
			     "digits and \":-_.\\@\"",
			     name, NAME_MAX_UNIT),
	       false;
}

static bool get_unit(struct builder *b, struct unit *ret)
{
	if (split(b, ret))
		return check_unit(b, ret);
	return builder_fault(
		       b, POINTER,
		       "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd "
		       "cgroups, got \"%s\" instead",
		       asked(b)),
	       false;
}

/* "a-b-c.slice" is /a.slice/a-b.slice/a-b-c.slice */
static const char *slice_path(struct builder *b, const char *slice)
{
	size_t stem = strlen(slice) - strlen(".slice");
	const char *path = "";

	if (!strcmp(slice, "-.slice"))
		return path;
	for (size_t i = 1; i <= stem; i++)
		if (slice[i] == '-' || i == stem)
			path = builder_ptr(b, "%s/%.*s.slice", path, (int)i, slice);
	return path;
}

const char *unit_path(struct builder *b)
{
	struct unit u;

	if (is_user(b) || !split(b, &u) || !has_suffix(slice_name(b, &u), ".slice"))
		return NULL;
	return builder_ptr(b, "%s/%s", slice_path(b, slice_name(b, &u)), unit_name(b, &u));
}

/* --- annotations --- */

static const char *variant_number(struct builder *b, const struct variant *v)
{
	if (!strcmp(v->signature, "d"))
		return v->d >= 0 && v->d < 1e12
			       ? builder_ptr(b, "uint64 %" PRIu64, (uint64_t)(v->d * 1e6))
			       : NULL;
	if (v->kind != VARIANT_INT || v->negative || v->u > UINT64_MAX / 1000000)
		return NULL;
	return builder_ptr(b, "uint64 %" PRIu64, v->u * 1000000);
}

/* TimeoutStopSec is a word of unit files; over D-Bus there is only TimeoutStopUSec. */
static bool is_seconds(const char *name)
{
	size_t n = strlen(name);

	return n > 3 && !strcmp(name + n - 3, "Sec") && name[n - 4] >= 'a' && name[n - 4] <= 'z';
}

static bool check_property(struct builder *b, const char *pointer, const char *name)
{
	static const char *const own[] = {"PIDs", "PIDFDs", "Slice", "Delegate", "Description"};
	size_t n = strlen(name);

	if (n < 3 || name[0] < 'A' || name[0] > 'Z' ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")])
		return builder_fault(b, pointer, "\"%s\" is no name of a property of a unit", name),
		       false;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (!strcmp(name, own[i]))
			return builder_fault(b, pointer, "%s of a container's unit is set by hezi",
					     name),
			       false;
	return true;
}

static void add_annotation(struct builder *b, struct unit_properties *u, const char *key,
			   const char *text)
{
	const char *pointer = builder_key_ptr(b, "/annotations", key);
	const char *name = key + strlen(PROPERTY), *why = NULL;
	const struct variant *v;

	if (!check_property(b, pointer, name))
		return;
	v = variant_parse(&b->scratch, text, &why);
	if (why == variant_no_memory)
		b->pool.failed = true;
	if (!v) {
		builder_fault(b, pointer, "\"%.200s\" is no value in the text form of GVariant: %s",
			      text, why);
		return;
	}
	if (is_seconds(name)) {
		text = variant_number(b, v);
		name = builder_ptr(b, "%.*sUSec", (int)strlen(name) - 3, name);
		if (!text) {
			builder_fault(b, pointer, "this is no number of seconds");
			return;
		}
	}
	unit_property_remove(u, name);
	unit_property_add_text(u, builder_ptr(b, "%s=%s", name, text));
}

static void add_annotations(struct builder *b, struct unit_properties *u)
{
	const struct oci_map *m = &b->config->annotations;
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		if (strncmp(m->items[i].key, PROPERTY, strlen(PROPERTY)) != 0)
			continue;
		if (++n > PROPERTIES_MAX) {
			builder_fault(b, "/annotations",
				      "more than %d annotations " PROPERTY "*: a unit does not "
				      "have that many properties",
				      PROPERTIES_MAX);
			return;
		}
		add_annotation(b, u, m->items[i].key, m->items[i].value);
	}
}

/* --- the step --- */

static void add_always(struct builder *b, struct unit_properties *u)
{
	bool v2 = b->facts->cgroup_mode == PLAN_CGROUP_V2;

	unit_property_add(u, "Description='" UNIT_DESCRIPTION "'", b->opt->id);
	unit_property_add(u, "Delegate=true");
	unit_property_add(u, "DefaultDependencies=false");
	/* one that failed (a process killed for want of memory) must not keep its name */
	unit_property_add(u, "?CollectMode='inactive-or-failed'");
	unit_property_add(u, "CPUAccounting=true");
	unit_property_add(u, "MemoryAccounting=true");
	unit_property_add(u, v2 ? "IOAccounting=true" : "?BlockIOAccounting=true");
	unit_property_add(u, "TasksAccounting=true");
}

static const char *pool_text(const struct builder *b, plan_str s)
{
	return s >= BUILDER_POOL && b->pool.data ? b->pool.data + (s - BUILDER_POOL) : "";
}

static void add_word(const char **names, size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (!strcmp(names[i], name))
			return;
	names[(*n)++] = name;
}

/* v2: systemd turns on what it knows of; the rest is needed where a file is written. */
static struct plan_vec controllers(struct builder *b, size_t from)
{
	const char *names[FACTS_HIERARCHIES];
	size_t n = 0;

	if (b->facts->cgroup_mode != PLAN_CGROUP_V2) {
		for (unsigned k = 0; k < b->facts->nhierarchies; k++)
			names[n++] = b->facts->hierarchies[k].name;
		return builder_strs(b, names, n);
	}
	for (size_t at = from; at < b->steps.len && n < FACTS_HIERARCHIES;) {
		const struct plan_cgroup_set *s =
			(const struct plan_cgroup_set *)(const void *)(b->steps.data + at);

		if (s->s.kind == PLAN_CGROUP_SET && s->controller &&
		    !(s->flags & PLAN_CG_OPTIONAL) &&
		    strcmp(pool_text(b, s->controller), "cgroup") != 0)
			add_word(names, &n, pool_text(b, s->controller));
		at += s->s.size;
	}
	for (size_t i = 0; i < n; i++) /* the pool may move */
		names[i] = builder_ptr(b, "%s", names[i]);
	return builder_strs(b, names, n);
}

static void add_files(struct builder *b, struct unit_properties *u, size_t from)
{
	bool v2 = b->facts->cgroup_mode == PLAN_CGROUP_V2;

	for (size_t at = from; at < b->steps.len;) {
		const struct plan_cgroup_set *s =
			(const struct plan_cgroup_set *)(const void *)(b->steps.data + at);

		if (s->s.kind == PLAN_CGROUP_SET)
			unit_property_from_file(u, v2, pool_text(b, s->file),
						pool_text(b, s->value));
		at += s->s.size;
	}
	unit_properties_finish(u);
}

static void add_devices(struct builder *b, struct unit_properties *u)
{
	const struct oci_linux *l = b->config->linux_;

	/* a user's manager may not attach the filter that this takes */
	if (l && l->resources && !is_user(b))
		unit_properties_devices(u, &l->resources->devices);
}

/* The last @size bytes of the steps go before those from @from on. */
static void move_up(struct builder *b, size_t from, size_t size)
{
	char *last = arena_alloc(&b->scratch, size);
	uint32_t index;

	if (!last || b->steps.failed || b->steps.len < from + size) {
		b->steps.failed = true;
		return;
	}
	index = ((const struct plan_step *)(void *)(b->steps.data + from))->index;
	if (b->steps.len == from + size)
		return;
	memcpy(last, b->steps.data + b->steps.len - size, size);
	memmove(b->steps.data + from + size, b->steps.data + from, b->steps.len - size - from);
	memcpy(b->steps.data + from, last, size);
	for (size_t at = from; at < b->steps.len;) {
		struct plan_step *s = (struct plan_step *)(void *)(b->steps.data + at);

		s->index = index++;
		at += s->size;
	}
}

static void emit(struct builder *b, const struct unit *unit, const struct unit_properties *u,
		 size_t from)
{
	struct plan_vec items = builder_strs(b, u->items, u->n), needed = controllers(b, from);
	struct plan_unit_start *s;

	s = BUILDER_STEP(b, struct plan_unit_start, PLAN_UNIT_START, PLAN_HOST,
			 asked(b) ? POINTER : NULL);
	s->name = builder_str(b, unit_name(b, unit));
	s->slice = builder_str(b, slice_name(b, unit));
	s->user = is_user(b);
	s->mode = b->facts->cgroup_mode;
	s->owner_uid = cgroup_owner(b);
	s->properties = items;
	s->controllers = needed;
	move_up(b, from, s->s.size);
}

/* crun puts the container into a sub-cgroup of its scope, and takes the name of it from here; hezi,
 * as runc, leaves it in the scope, which is what an empty name asks for. */
static void check_subgroup(struct builder *b)
{
	static const char key[] = "run.oci.systemd.subgroup";
	const struct oci_map *m = &b->config->annotations;

	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->items[i].key, key) && *m->items[i].value)
			builder_unsupported(b, builder_key_ptr(b, "/annotations", key),
					    "a sub-cgroup of the scope");
}

void compile_unit(struct builder *b)
{
	struct unit_properties u = {.a = &b->scratch};
	size_t from = b->steps.len;
	struct unit unit;

	if (b->facts->cgroup_mode == PLAN_CGROUP_NONE || !b->facts->nhierarchies) {
		builder_refuse(b, "",
			       "the systemd cgroup driver needs cgroups, and no hierarchy is "
			       "mounted here");
		return;
	}
	check_subgroup(b);
	if (!get_unit(b, &unit))
		return;
	compile_limits(b);
	add_always(b, &u);
	add_files(b, &u, from);
	if (cgroup_has_late_limit(b)) /* the stub and init: the file says 1 afterwards */
		unit_property_add(&u, "TasksMax=uint64 2");
	add_devices(b, &u);
	add_annotations(b, &u);
	b->pool.failed |= u.failed;
	emit(b, &unit, &u, from);
}

void compile_unit_update(struct builder *b)
{
	struct unit_properties u = {.a = &b->scratch};
	size_t from = b->steps.len;
	struct unit unit;

	if (!get_unit(b, &unit))
		return;
	compile_limits(b);
	add_files(b, &u, from);
	b->pool.failed |= u.failed;
	emit(b, &unit, &u, from);
}
