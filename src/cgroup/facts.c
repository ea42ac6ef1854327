/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which cgroup hierarchies this host has. On a pure v2 host one statfs tells; else
 * /proc/self/cgroup names the hierarchies and /proc/self/mountinfo says where they are mounted
 * (mounts.c).
 */
#include "cgroup/internal.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#define UNIFIED_MOUNT "/sys/fs/cgroup"

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

/* On /sys/fs/cgroup itself the unified tree hides all others, also those that are mounted below the
 * hidden directory. Only one that is read-only is worth a look for another mount of it. */
static bool keep_unified(struct plan_facts *f, bool *ret_writable)
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
		*ret_writable = !(fs.f_flags & ST_RDONLY);
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

/* A kernel without cgroups has no such file. Where something hides it, the unified tree can be used
 * all the same: nothing but its mount point has to be known. */
static int read_own(struct plan_facts *f, struct arena *a, struct hz_error *err)
{
	static const char path[] = "/proc/self/cgroup";
	_cleanup_buf_ struct buf text = BUF_INIT;
	char missing[] = "0::/";
	int r = file_read_at(AT_FDCWD, path, &text, 16 << 20);

	if (r && r != -ENOENT)
		return error_sys(err, -r, "read", path, "read \"%s\"", path);
	return parse_own(r ? missing : text.data, f, a) ? error_oom(err) : 0;
}

int cgroup_facts(struct plan_facts *f, struct arena *a, struct hz_error *err)
{
	bool writable = false;

	f->nhierarchies = 0;
	if (read_own(f, a, err))
		return -1;
	if (!(keep_unified(f, &writable) && writable) && cgroup_read_mounts(f, a, err))
		return -1;
	decide_mode(f);
	return read_controllers(f, a) ? error_oom(err) : 0;
}

static bool all_are_mounted(const struct plan_facts *f)
{
	for (unsigned i = 0; i < f->nhierarchies; i++) {
		const char *mount = f->hierarchies[i].mountpoint;
		int fd = mount ? cgroup_dir_open(mount) : -ENOENT;

		if (fd < 0)
			return false; /* not mounted, or under another mount */
		fd_close(fd);
	}
	return true;
}

int cgroup_all_in_sight(struct hz_error *err)
{
	struct plan_facts f = {0};
	struct arena a = ARENA_INIT;
	int r = -1;

	if (!read_own(&f, &a, err) && !cgroup_read_mounts(&f, &a, err))
		r = all_are_mounted(&f);
	arena_done(&a);
	return r;
}
