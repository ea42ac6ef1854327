/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which cgroup hierarchies this host has. On a pure v2 host one statfs tells; else
 * /proc/self/cgroup names the hierarchies and /proc/self/mountinfo says where they are mounted.
 */
#include "cgroup/internal.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#define UNIFIED_MOUNT "/sys/fs/cgroup"

static int read_proc(const char *path, struct buf *b, struct hz_error *err)
{
	int r = file_read_at(AT_FDCWD, path, b, 16 << 20);

	return r ? error_sys(err, -r, "read", path, "read \"%s\"", path) : 0;
}

/* "3:cpuset:/x" lines -> hierarchies without a mount point yet. */
static int parse_own(char *text, struct plan_facts *f, struct arena *a)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *name = strchr(line, ':'), *path = name ? strchr(name + 1, ':') : NULL;
		struct facts_hierarchy *h = &f->hierarchies[f->nhierarchies];

		if (!path || f->nhierarchies == FACTS_HIERARCHIES)
			continue;
		*path++ = '\0';
		h->name = arena_strdup(a, name + 1);
		h->own_path = arena_strdup(a, path);
		if (!h->name || !h->own_path)
			return -ENOMEM;
		f->nhierarchies++;
	}
	return 0;
}

/* Do the super block's options name all controllers of the hierarchy? */
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

/* A later mount of something else on a directory hides what was mounted at it and below it. */
static void hide_below(struct plan_facts *f, const char *point)
{
	size_t n = strlen(point);

	for (unsigned i = 0; n > 1 && i < f->nhierarchies; i++) {
		struct facts_hierarchy *h = &f->hierarchies[i];

		if (h->mountpoint && !strncmp(h->mountpoint, point, n) &&
		    (!h->mountpoint[n] || h->mountpoint[n] == '/'))
			h->mountpoint = NULL;
	}
}

static int add_mount(struct plan_facts *f, const char *point, bool is_v2, const char *options,
		     struct arena *a)
{
	for (unsigned i = 0; i < f->nhierarchies; i++) {
		struct facts_hierarchy *h = &f->hierarchies[i];
		bool unified = !h->name[0];

		if (h->mountpoint || unified != is_v2 ||
		    (!unified && !options_match(options, h->name)))
			continue;
		h->mountpoint = arena_strdup(a, point);
		return h->mountpoint ? 0 : -ENOMEM;
	}
	return 0;
}

/* One line of mountinfo (proc(5)): id parent dev root mountpoint options … - fstype source
 * superoptions */
static int parse_mount(char *line, struct plan_facts *f, struct arena *a)
{
	char *dash = strstr(line, " - "), *save = NULL, *field, *root = NULL, *point = NULL, *type,
	     *options;

	if (!dash)
		return 0;
	*dash = '\0';
	type = strtok_r(dash + 3, " ", &save);
	if (!type || !strtok_r(NULL, " ", &save))
		return 0;
	options = strtok_r(NULL, " ", &save);
	field = strtok_r(line, " ", &save);
	for (int i = 0; field && i < 5; i++, field = strtok_r(NULL, " ", &save)) {
		if (i == 3)
			root = field;
		else if (i == 4)
			point = field;
	}
	if (!options || !root || !point)
		return 0;
	mountinfo_unescape(point);
	hide_below(f, point);
	/* a mount of a part of the hierarchy is no place to make cgroups by their full path */
	if ((strcmp(type, "cgroup") != 0 && strcmp(type, "cgroup2") != 0) || strcmp(root, "/") != 0)
		return 0;
	return add_mount(f, point, !strcmp(type, "cgroup2"), options, a);
}

/* On /sys/fs/cgroup itself the unified tree hides all others, also those that are mounted below the
 * hidden directory. */
static bool keep_unified(struct plan_facts *f)
{
	struct statfs fs;

	for (unsigned i = 0; i < f->nhierarchies; i++) {
		struct facts_hierarchy h = f->hierarchies[i];

		if (h.name[0])
			continue;
		if (statfs(UNIFIED_MOUNT, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC)
			return false;
		h.mountpoint = UNIFIED_MOUNT;
		f->hierarchies[0] = h;
		f->nhierarchies = 1;
		return true;
	}
	return false;
}

/* What is not mounted cannot be used; the unified tree alone is v2, beside v1 hierarchies it is
 * hybrid. */
static void decide_mode(struct plan_facts *f)
{
	unsigned n = 0, unified = 0;

	for (unsigned i = 0; i < f->nhierarchies; i++) {
		if (!f->hierarchies[i].mountpoint)
			continue;
		unified += !f->hierarchies[i].name[0];
		f->hierarchies[n++] = f->hierarchies[i];
	}
	f->nhierarchies = n;
	if (!n)
		f->cgroup_mode = PLAN_CGROUP_NONE;
	else if (n == unified)
		f->cgroup_mode = PLAN_CGROUP_V2;
	else
		f->cgroup_mode = unified ? PLAN_CGROUP_HYBRID : PLAN_CGROUP_V1;
}

static int read_controllers(struct plan_facts *f, struct arena *a)
{
	char text[1024] = "", path[512];

	f->unified_controllers = "";
	for (unsigned i = 0; i < f->nhierarchies; i++) {
		if (f->hierarchies[i].name[0])
			continue;
		snprintf(path, sizeof(path), "%s/cgroup.controllers", f->hierarchies[i].mountpoint);
		if (!cgroup_read(AT_FDCWD, path, text, sizeof(text)))
			f->unified_controllers = arena_strdup(a, text);
	}
	return f->unified_controllers ? 0 : -ENOMEM;
}

static int find_mounts(struct plan_facts *f, struct arena *a, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char *save = NULL;

	if (read_proc("/proc/self/mountinfo", &text, err))
		return -1;
	for (char *line = strtok_r(text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (parse_mount(line, f, a))
			return error_oom(err);
	return 0;
}

int cgroup_facts(struct plan_facts *f, struct arena *a, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	f->nhierarchies = 0;
	if (read_proc("/proc/self/cgroup", &text, err))
		return -1;
	if (parse_own(text.data, f, a))
		return error_oom(err);
	if (!keep_unified(f) && find_mounts(f, a, err))
		return -1;
	decide_mode(f);
	return read_controllers(f, a) ? error_oom(err) : 0;
}
