/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which mount of a hierarchy to work in. A hierarchy may be mounted several times, read-only, or in
 * part: Docker without a cgroup namespace binds the outer container's own cgroup, so that the root
 * of the mount is "/docker/ID" (proc_pid_mountinfo(5), field 4); after unshare(CLONE_NEWCGROUP) the
 * mounts of before have the root "/..". In all of them a cgroup is the mount point plus the path
 * below it.
 */
#include "cgroup/internal.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

struct mount {
	unsigned long id, parent;
	char *root, *point;
	struct facts_hierarchy *of; /* NULL: not of a hierarchy that is looked for */
	unsigned rank;              /* 0: not usable */
};

struct mounts {
	struct mount *items;
	size_t n;
};

/* Better ones have more. */
#define RANK_USABLE   1u
#define RANK_USUAL    2u /* below /sys/fs/cgroup */
#define RANK_OWN      4u /* shows the cgroup of this process */
#define RANK_WHOLE    8u
#define RANK_WRITABLE 16u

const char *cgroup_below(const char *root, const char *path)
{
	size_t n = strcmp(root, "/") ? strlen(root) : 0;

	if (strncmp(path, root, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	/* what is outside of the cgroup namespace begins with "/..": its name is not known here */
	if (!strncmp(path + n, "/..", 3) && (!path[n + 3] || path[n + 3] == '/'))
		return NULL;
	return path[n] ? path + n : "/";
}

/* "/", or "/.." and "/../..": more than the cgroup namespace has. */
static bool is_whole(const char *root)
{
	if (!strcmp(root, "/"))
		return true;
	while (!strncmp(root, "/..", 3))
		root += 3;
	return !*root;
}

/* Does a list of mount options name all controllers of the hierarchy? */
static bool options_match(const char *options, const char *name)
{
	char one[128];

	for (const char *p = name; *p;) {
		size_t n = strcspn(p, ",");

		if (n >= sizeof(one))
			return false;
		memcpy(one, p, n);
		one[n] = '\0';
		if (!cgroup_has_word(options, one))
			return false;
		p += n + (p[n] == ',');
	}
	return true;
}

static struct facts_hierarchy *find_hierarchy(struct plan_facts *f, bool is_v2, const char *options)
{
	for (unsigned i = 0; i < f->nhierarchies; i++) {
		struct facts_hierarchy *h = &f->hierarchies[i];

		if (is_v2 ? !h->name[0] : h->name[0] && options_match(options, h->name))
			return h;
	}
	return NULL;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && !strcmp(s + n - k, end);
}

static unsigned rank(const struct mount *m, const char *flags, const char *options)
{
	static const char usual[] = "/sys/fs/cgroup";

	if (ends_with(m->root, "//deleted"))
		return 0;
	return RANK_USABLE | (!strncmp(m->point, usual, sizeof(usual) - 1) ? RANK_USUAL : 0) |
	       (cgroup_below(m->root, m->of->own_path) ? RANK_OWN : 0) |
	       (is_whole(m->root) ? RANK_WHOLE : 0) |
	       (cgroup_has_word(flags, "rw") && cgroup_has_word(options, "rw") ? RANK_WRITABLE : 0);
}

/* id parent dev root point flags … - type source options */
static bool parse_line(char *line, struct plan_facts *f, struct mount *ret)
{
	char *dash = strstr(line, " - "), *fields[6], *save = NULL, *type, *options;

	if (!dash)
		return false;
	*dash = '\0';
	for (int i = 0; i < 6; i++)
		if (!(fields[i] = strtok_r(i ? NULL : line, " ", &save)))
			return false;
	type = strtok_r(dash + 3, " ", &save);
	if (!type || !strtok_r(NULL, " ", &save) || !(options = strtok_r(NULL, " ", &save)))
		return false;
	mountinfo_unescape(fields[3]);
	mountinfo_unescape(fields[4]);
	*ret = (struct mount){.id = strtoul(fields[0], NULL, 10),
			      .parent = strtoul(fields[1], NULL, 10),
			      .root = fields[3],
			      .point = fields[4]};
	if (!strcmp(type, "cgroup") || !strcmp(type, "cgroup2"))
		ret->of = find_hierarchy(f, type[6] == '2', options);
	if (ret->of)
		ret->rank = rank(ret, fields[5], options);
	return true;
}

static bool is_at_or_above(const char *above, const char *path)
{
	size_t n = strcmp(above, "/") ? strlen(above) : 0;

	return !strncmp(path, above, n) && (!path[n] || path[n] == '/');
}

static const struct mount *find_id(const struct mounts *all, unsigned long id)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->items[i].id == id)
			return &all->items[i];
	return NULL;
}

/* Something else is mounted in @on, on the way to @path. @but is the mount that leads there. */
static bool is_covered(const struct mounts *all, const struct mount *on, const struct mount *but,
		       const char *path)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct mount *m = &all->items[i];

		if (m->parent == on->id && m != on && m != but && is_at_or_above(m->point, path))
			return true;
	}
	return false;
}

/* The order of the lines does not tell what hides what: a mount may have been moved. */
static bool is_visible(const struct mounts *all, const struct mount *m)
{
	const struct mount *child = NULL;
	const char *path = m->point;

	for (unsigned depth = 0; m && depth < 256; depth++) {
		if (is_covered(all, m, child, path))
			return false;
		child = m;
		path = m->point;
		m = m->parent == m->id ? NULL : find_id(all, m->parent);
	}
	return true;
}

static const struct mount *choose(struct mounts *all, const struct facts_hierarchy *h)
{
	for (;;) {
		struct mount *best = NULL;

		for (size_t i = 0; i < all->n; i++) {
			struct mount *m = &all->items[i];

			if (m->of == h && m->rank > (best ? best->rank : 0))
				best = m;
		}
		if (!best || is_visible(all, best))
			return best;
		best->rank = 0;
	}
}

static int parse(char *text, struct plan_facts *f, struct mounts *ret)
{
	char *save = NULL;
	size_t lines = 1;

	for (const char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	ret->items = calloc(lines, sizeof(*ret->items));
	if (!ret->items)
		return -ENOMEM;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		ret->n += parse_line(line, f, &ret->items[ret->n]);
	return 0;
}

int cgroup_choose_mounts(char *text, struct plan_facts *f, struct arena *a)
{
	struct mounts all = {0};
	int r = parse(text, f, &all);

	for (unsigned i = 0; i < f->nhierarchies && !r; i++) {
		struct facts_hierarchy *h = &f->hierarchies[i];
		const struct mount *m = choose(&all, h);
		const char *own;

		if (!m)
			continue;
		own = cgroup_below(m->root, h->own_path);
		h->mountpoint = arena_strdup(a, m->point);
		h->root = arena_strdup(a, m->root);
		h->own_path = own ? own : "/";
		if (!h->mountpoint || !h->root)
			r = -ENOMEM;
	}
	free(all.items);
	return r;
}

int cgroup_read_mounts(struct plan_facts *f, struct arena *a, struct hz_error *err)
{
	static const char path[] = "/proc/self/mountinfo";
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r = file_read_at(AT_FDCWD, path, &text, 64u << 20);

	if (r)
		return error_sys(err, -r, "read", path, "read \"%s\"", path);
	return text.data && cgroup_choose_mounts(text.data, f, a) ? error_oom(err) : 0;
}

/* The root of the mount is looked up when it is asked for: a pure v2 host is known without it. */
int cgroup_dir_of(const struct facts_hierarchy *h, const char *path, struct arena *a,
		  const char **ret, struct hz_error *err)
{
	struct plan_facts f = {.nhierarchies = 1};
	const char *below;

	f.hierarchies[0] = *h;
	if (!h->root && cgroup_read_mounts(&f, a, err))
		return -1;
	h = &f.hierarchies[0];
	below = cgroup_below(h->root ? h->root : "/", path);
	*ret = below ? arena_printf(a, "%s%s", h->mountpoint, strcmp(below, "/") ? below : "")
		     : NULL;
	return below && !*ret ? error_oom(err) : 0;
}
