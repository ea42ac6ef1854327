/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ids of a mount: uidMappings and gidMappings, those of the container's user namespace, or
 * those that crun(1) takes inside the option:
 *
 *   idmap=uids=0-1-10#10-11-10;gids=0-100-10
 *
 * Each triplet is: first id on the file system, the host's id for it, how many. After "@" the
 * second one is an id of the container. Who names only one kind of ids leaves the other as it is.
 */
#include "plan/mounts.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

#define LINES_MAX 340 /* in a uid_map: user_namespaces(7) */

struct ids {
	const char *pointer; /* of what is to blame */
	struct oci_id_maps maps;
};

const char *mount_idmap_spec(const char *option)
{
	if (option[0] == 'r')
		option++;
	return strncmp(option, "idmap=", 6) == 0 ? option + 6 : NULL;
}

static void check_ids(struct builder *b, const struct ids *ids)
{
	const struct oci_id_maps *maps = &ids->maps;

	if (maps->n > LINES_MAX)
		builder_fault(b, ids->pointer, "%zu ranges are too many: the kernel takes %d",
			      maps->n, LINES_MAX);
	for (size_t i = 0; i < maps->n && i < LINES_MAX; i++) {
		const struct oci_id_map *m = &maps->items[i];
		uint64_t last = m->size.v ? m->size.v - 1 : 0;

		if (m->size.v == 0 || m->container_id.v + last > UINT32_MAX - 1 ||
		    m->host_id.v + last > UINT32_MAX - 1)
			builder_fault(b, builder_ptr(b, "%s/%zu", ids->pointer, i),
				      "the range is empty or ends beyond the last id");
	}
}

static plan_str text_of(struct builder *b, const struct ids *ids)
{
	struct buf text = BUF_INIT;
	plan_str s = 0;

	for (size_t i = 0; i < ids->maps.n && i < LINES_MAX; i++) {
		const struct oci_id_map *m = &ids->maps.items[i];

		buf_printf(&text, "%u %u %u\n", m->container_id.v, m->host_id.v, m->size.v);
	}
	if (text.failed)
		b->pool.failed = true;
	else
		s = builder_str(b, text.data);
	buf_done(&text);
	return s;
}

/* --- the option's own ids --- */

/* The number at *@at, which moves behind it and behind @end (unless that is the end of the text).
 */
static bool take_number(const char **at, const char *ends, uint32_t *ret)
{
	uint64_t n = 0;
	const char *s = *at;

	for (; *s >= '0' && *s <= '9'; s++) {
		n = n * 10 + (uint64_t)(*s - '0');
		if (n > UINT32_MAX)
			return false;
	}
	if (s == *at || !strchr(ends, *s))
		return false;
	*ret = (uint32_t)n;
	*at = s;
	return true;
}

/* An id of the container to that of the host; all of the range must be in one line of its maps. */
static bool to_host(const struct oci_id_maps *container, struct oci_id_map *m)
{
	for (size_t i = 0; i < container->n; i++) {
		const struct oci_id_map *line = &container->items[i];
		uint32_t skip = m->host_id.v - line->container_id.v;

		if (m->host_id.v < line->container_id.v || skip >= line->size.v ||
		    m->size.v > line->size.v - skip)
			continue;
		m->host_id.v = line->host_id.v + skip;
		return true;
	}
	return false;
}

/* "@0-1-10#10-11-10", up to ';' or the end; @container: the maps that "@" is about. */
static bool take_ranges(struct builder *b, const char **at, const struct oci_id_maps *container,
			struct ids *ids)
{
	size_t room = strlen(*at) / 5 + 1; /* "0-0-1" is the shortest */
	struct oci_id_map *items = arena_calloc(&b->scratch, room, sizeof(*items));
	bool more = true;

	ids->maps = (struct oci_id_maps){.items = items};
	if (!items) {
		b->pool.failed = true;
		return false;
	}
	while (more) {
		struct oci_id_map *m = &items[ids->maps.n];
		bool relative = **at == '@';

		*at += relative;
		if (ids->maps.n == room || !take_number(at, "-", &m->container_id.v))
			return false;
		++*at;
		if (!take_number(at, "-", &m->host_id.v))
			return false;
		++*at;
		if (!take_number(at, "#;", &m->size.v))
			return false;
		if (relative && !to_host(container, m))
			builder_fault(b, ids->pointer,
				      "%u ids from %u on are not all in one range of the "
				      "container's user namespace",
				      m->size.v, m->host_id.v);
		ids->maps.n++;
		more = **at == '#';
		*at += more;
	}
	return true;
}

static const char *after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

static bool take_spec(struct builder *b, const char *spec, struct ids *u, struct ids *g)
{
	static const struct oci_id_maps none;
	const struct oci_linux *l = b->config->linux_;

	while (*spec) {
		const char *uids = after(spec, "uids="), *gids = after(spec, "gids=");

		if (uids && !u->maps.n) {
			spec = uids;
			if (!take_ranges(b, &spec, l ? &l->uid_mappings : &none, u))
				return false;
		} else if (gids && !g->maps.n) {
			spec = gids;
			if (!take_ranges(b, &spec, l ? &l->gid_mappings : &none, g))
				return false;
		} else {
			return false;
		}
		spec += *spec == ';';
	}
	return u->maps.n || g->maps.n;
}

/* Who names only one kind leaves the other as it is. */
static void take_identity(struct ids *ids)
{
	static struct oci_id_map all = {.size = {.v = UINT32_MAX, .set = true}};

	if (!ids->maps.n)
		ids->maps = (struct oci_id_maps){.items = &all, .n = 1};
}

static bool take_option(struct builder *b, const char *option, struct ids *u, struct ids *g)
{
	if (u->maps.n || g->maps.n) {
		builder_fault(b, u->pointer,
			      "the ids of this mount are in its uidMappings or "
			      "gidMappings already");
		return false;
	}
	if (!take_spec(b, mount_idmap_spec(option), u, g)) {
		builder_fault(b, u->pointer,
			      "\"%s\" is not of the form idmap=uids=0-1-10#10-11-10;gids=0-100-10",
			      option);
		return false;
	}
	take_identity(u);
	take_identity(g);
	return true;
}

/* Without ids of its own the mount takes those of the container. */
static void check_container_ids(struct builder *b, const char *pointer, bool is_bind)
{
	if (!plan_has_ns(b->config, OCI_NS_USER))
		builder_fault(b, pointer,
			      "an id-mapped mount needs uidMappings and gidMappings, or a user "
			      "namespace to take them from");
	else if (!is_bind)
		builder_fault(b, pointer,
			      "a new file system has the ids of the container's user namespace "
			      "already: only uidMappings and gidMappings can give it others");
}

void compile_mount_idmap(struct builder *b, size_t i, size_t option, bool is_bind,
			 struct plan_mount *step)
{
	const struct oci_mount *m = &b->config->mounts.items[i];
	struct ids u = {builder_ptr(b, "/mounts/%zu/uidMappings", i), m->uid_mappings};
	struct ids g = {builder_ptr(b, "/mounts/%zu/gidMappings", i), m->gid_mappings};
	bool asked = step->flags & PLAN_MOUNT_IDMAP;
	const char *pointer = builder_ptr(b, "/mounts/%zu/options/%zu", i, option);

	if (!u.maps.n != !g.maps.n) {
		builder_fault(b, u.maps.n ? u.pointer : g.pointer,
			      "uidMappings and gidMappings must be given together");
		return;
	}
	if (asked && mount_idmap_spec(m->options.items[option])) {
		u.pointer = g.pointer = pointer;
		if (!take_option(b, m->options.items[option], &u, &g))
			return;
	}
	if (u.maps.n)
		step->flags |= PLAN_MOUNT_IDMAP;
	else if (asked)
		check_container_ids(b, pointer, is_bind);
	if (!u.maps.n)
		return;
	check_ids(b, &u);
	check_ids(b, &g);
	step->uid_map = text_of(b, &u);
	step->gid_map = text_of(b, &g);
}
