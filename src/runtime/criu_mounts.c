/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts of a container as CRIU sees them. Most are file systems that the container has for itself
 * (proc, tmpfs, …): CRIU saves their content and mounts them again. The others show something of
 * the host. CRIU calls these external; each has a name in the image, and is bound again from where
 * the restoring side says.
 *
 *   step of the plan        mounted at            name            comes again from
 *   MOUNT, a bind           its target            the target      the source of the bind
 *     with what is below    below the target      the same        the same place below the source
 *   DEVICE, where bound     its path              the path        the host's path
 *   MASK_PATH of a file     its path              /dev/null       the host's /dev/null
 *   MOUNT_CGROUP, bound     (v1: each directory)  the directory   the host's directory
 *
 * Targets are where links in the root file system lead to.
 */
#include "runtime/criu.h"

#include "base/fd.h"
#include "sys/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define MOUNTINFO_MAX (64u << 20)

/* A line of mountinfo. */
struct line {
	const char *root, *point;
};

/* id parent device root point … (proc_pid_mountinfo(5)) */
static bool parse_line(char *text, struct line *ret)
{
	char *save = NULL, *field = strtok_r(text, " ", &save), *fields[5];

	for (int i = 0; i < 5; i++, field = strtok_r(NULL, " ", &save)) {
		if (!field)
			return false;
		fields[i] = field;
	}
	mountinfo_unescape(fields[3]);
	mountinfo_unescape(fields[4]);
	*ret = (struct line){fields[3], fields[4]};
	return true;
}

/* A mount of the plan, by where it is seen. */
struct place {
	const struct plan_step *step;
	char *point;
};

struct places {
	struct place *items; /* in the order of the plan */
	size_t n;
	struct arena arena;
};

static plan_str target_of(const struct plan_step *s)
{
	switch ((enum plan_kind)s->kind) {
	case PLAN_MOUNT: return ((const struct plan_mount *)s)->target;
	case PLAN_MOUNT_CGROUP: return ((const struct plan_mount_cgroup *)s)->target;
	case PLAN_DEVICE: return ((const struct plan_device *)s)->path;
	case PLAN_MASK_PATH: return ((const struct plan_text *)s)->text;
	default: return 0;
	}
}

/* Where @path leads to, seen from the directory @rootfd, whose own path has @skip characters;
 * @path itself where that cannot be known. */
static char *resolve(struct arena *a, int rootfd, size_t skip, const char *path)
{
	_cleanup_fd_ int fd = (int)sys_openat2(rootfd, path, O_PATH | O_CLOEXEC, 0,
					       RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	char link[48], at[PATH_MAX];
	ssize_t n;

	if (fd < 0)
		return arena_strdup(a, path);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, at, sizeof(at));
	if (n < 0 || (size_t)n == sizeof(at) || (size_t)n < skip)
		return arena_strdup(a, path);
	return (size_t)n == skip ? arena_strdup(a, "/")
				 : arena_strndup(a, at + skip, (size_t)n - skip);
}

static int find_places(struct places *p, const struct plan_header *h, int rootfd, size_t skip,
		       struct hz_error *err)
{
	const struct plan_step *s;
	uint32_t i;

	*p = (struct places){0};
	p->items = arena_calloc(&p->arena, h->nsteps, sizeof(*p->items));
	plan_foreach (h, s, i) {
		plan_str target = target_of(s);

		if (!p->items || !target)
			continue;
		p->items[p->n] =
			(struct place){s, resolve(&p->arena, rootfd, skip, plan_text(h, target))};
		if (!p->items[p->n++].point)
			return error_oom(err);
	}
	return p->items ? 0 : error_oom(err);
}

/* @point or something below it; the length of @point, or 0. */
static size_t is_below(const char *path, const char *point)
{
	size_t n = strlen(point);

	if (n == 1)
		return 1;
	return !strncmp(path, point, n) && (!path[n] || path[n] == '/') ? n : 0;
}

static const struct plan_mount *as_bind(const struct plan_step *s)
{
	const struct plan_mount *m = (const struct plan_mount *)s;

	return s->kind == PLAN_MOUNT && (m->flags & PLAN_MOUNT_BIND) &&
			       !(m->flags & (PLAN_MOUNT_REMOUNT | PLAN_MOUNT_COPY_SYMLINK))
		       ? m
		       : NULL;
}

static bool is_bound_cgroup(const struct plan_step *s)
{
	return s->kind == PLAN_MOUNT_CGROUP &&
	       ((const struct plan_mount_cgroup *)s)->variant == PLAN_CGROUP_MOUNT_BIND;
}

/* The innermost mount of the plan that has @path; NULL: the root file system. */
static const struct place *find_owner(const struct places *p, const char *path)
{
	const struct place *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < p->n; i++) {
		size_t n = is_below(path, p->items[i].point);

		if (n < longest || !n)
			continue;
		longest = n;
		best = &p->items[i];
	}
	return best;
}

/* The name of a mount in the image; NULL: it is the container's own. */
static const char *external_name(const struct place *owner, const struct line *l)
{
	bool exact = owner && !strcmp(owner->point, l->point);

	if (!owner)
		return NULL;
	if (as_bind(owner->step))
		return l->point;
	if (is_bound_cgroup(owner->step)) /* of v1 the directory above is a tmpfs */
		return !exact || strcmp(l->root, "/") != 0 ? l->point : NULL;
	if (owner->step->kind == PLAN_DEVICE)
		return exact ? l->point : NULL;
	if (owner->step->kind == PLAN_MASK_PATH) /* a directory is masked by a whole tmpfs */
		return exact && strcmp(l->root, "/") != 0 ? "/dev/null" : NULL;
	return NULL;
}

static int check_mapped(const struct places *p, const struct plan_header *h, struct hz_error *err)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_mount *m = as_bind(p->items[i].step);

		if (!m || !(m->flags & (PLAN_MOUNT_IDMAP | PLAN_MOUNT_RIDMAP)))
			continue;
		error_set(err, HZ_E_UNSUPPORTED,
			  "cannot checkpoint: the mount at \"%s\" is id-mapped, and CRIU would "
			  "restore it without the mapping",
			  p->items[i].point);
		return error_pointer(err, plan_text(h, m->s.origin));
	}
	return 0;
}

static int add_saved(struct buf *opts, const struct places *p, char *text)
{
	char *save = NULL;

	for (char *at = strtok_r(text, "\n", &save); at; at = strtok_r(NULL, "\n", &save)) {
		const char *name;
		struct line l;

		if (!parse_line(at, &l))
			return -EINVAL;
		name = external_name(find_owner(p, l.point), &l);
		if (name)
			criu_add_pair(opts, CRIU_EXT_MNT, l.point, name);
	}
	return 0;
}

int criu_add_saved_mounts(struct buf *opts, const struct plan_header *h, pid_t pid,
			  struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_fd_ int rootfd = -1;
	struct places p;
	char path[48];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	rootfd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (rootfd < 0)
		return error_sys(err, errno, "open", path, "look at the container's root");
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	r = file_read_at(AT_FDCWD, path, &text, MOUNTINFO_MAX);
	if (r || !text.data)
		return error_sys(err, r ? -r : ENOENT, "read", path, "read the container's mounts");
	/* seen from the container's root, paths begin there */
	r = find_places(&p, h, rootfd, 0, err) || check_mapped(&p, h, err) ? -1 : 0;
	if (!r && add_saved(opts, &p, text.data))
		r = error_set(err, HZ_E_SYSTEM, "\"%s\" is not understood", path);
	arena_done(&p.arena);
	return r ? -1 : 0;
}

/* What is mounted below the source of a bind comes along, and had names of its own. */
static int add_below(struct buf *opts, const char *mountinfo, const char *source, const char *point)
{
	_cleanup_free_ char *text = strdup(mountinfo);
	char key[PATH_MAX], *save = NULL;

	if (!text)
		return -ENOMEM;
	for (char *at = strtok_r(text, "\n", &save); at; at = strtok_r(NULL, "\n", &save)) {
		struct line l;
		size_t n;

		if (!parse_line(at, &l))
			return -EINVAL;
		n = is_below(l.point, source);
		if (!n || !l.point[n])
			continue;
		snprintf(key, sizeof(key), "%s%s", strcmp(point, "/") ? point : "", l.point + n);
		criu_add_pair(opts, CRIU_EXT_MNT, key, l.point);
	}
	return 0;
}

int criu_bind_source(const struct plan_header *h, const struct plan_mount *m, char *ret)
{
	const char *source = plan_text(h, m->source);
	_cleanup_fd_ int rootfd = -1, fd = -1;
	char link[48];
	ssize_t n;

	if (!(m->flags & PLAN_MOUNT_SRC_INSIDE)) {
		/* CRIU compares the letters with those of the host's mount points */
		if (!realpath(source, ret))
			snprintf(ret, PATH_MAX, "%s", source);
		return 0;
	}
	/* CRIU takes a path, and no link of the image may lead it out */
	rootfd = open(plan_text(h, h->rootfs), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (rootfd < 0)
		return -errno;
	fd = (int)sys_openat2(rootfd, source, O_PATH | O_CLOEXEC, 0,
			      RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	if (fd < 0)
		return fd;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret, PATH_MAX - 1);
	if (n < 0)
		return -errno;
	ret[n] = '\0';
	return 0;
}

static int add_bind(struct buf *opts, const struct plan_header *h, const struct plan_mount *m,
		    const char *point, const char *mountinfo)
{
	char source[PATH_MAX];
	int r = criu_bind_source(h, m, source);

	if (r)
		return r;
	criu_add_pair(opts, CRIU_EXT_MNT, point, source);
	return m->flags & PLAN_MOUNT_REC ? add_below(opts, mountinfo, source, point) : 0;
}

static void add_cgroup(struct buf *opts, const struct plan_header *h,
		       const struct plan_mount_cgroup *c, const char *point)
{
	char key[PATH_MAX];

	if (c->mode == PLAN_CGROUP_V2 && c->path)
		criu_add_pair(opts, CRIU_EXT_MNT, point, plan_text(h, c->path));
	for (uint32_t i = 0; c->mode != PLAN_CGROUP_V2 && i < c->names.n; i++) {
		snprintf(key, sizeof(key), "%s/%s", point, plan_item(h, c->names, i));
		criu_add_pair(opts, CRIU_EXT_MNT, key, plan_item(h, c->options, i));
	}
}

static int add_restored(struct buf *opts, const struct plan_header *h, const struct places *p,
			const char *mountinfo)
{
	bool masked = false;

	for (size_t i = 0; i < p->n; i++) {
		const struct plan_step *s = p->items[i].step;
		const char *point = p->items[i].point;
		int r = 0;

		if (as_bind(s))
			r = add_bind(opts, h, as_bind(s), point, mountinfo);
		else if (is_bound_cgroup(s))
			add_cgroup(opts, h, (const struct plan_mount_cgroup *)s, point);
		else if (s->kind == PLAN_DEVICE)
			criu_add_pair(opts, CRIU_EXT_MNT, point, plan_text(h, target_of(s)));
		masked |= s->kind == PLAN_MASK_PATH;
		if (r)
			return r;
	}
	if (masked)
		criu_add_pair(opts, CRIU_EXT_MNT, "/dev/null", "/dev/null");
	return 0;
}

int criu_add_restored_mounts(struct buf *opts, const struct plan_header *h, struct hz_error *err)
{
	const char *rootfs = plan_text(h, h->rootfs);
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_free_ char *real = realpath(rootfs, NULL);
	_cleanup_fd_ int rootfd = real ? open(real, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	struct places p;
	int r;

	if (rootfd < 0)
		return error_sys(err, errno, "open", rootfs, "open the root \"%s\"", rootfs);
	r = file_read_at(AT_FDCWD, "/proc/self/mountinfo", &text, MOUNTINFO_MAX);
	if (r || !text.data)
		return error_sys(err, r ? -r : ENOENT, "read", "/proc/self/mountinfo",
				 "read the host's mounts");
	r = find_places(&p, h, rootfd, strcmp(real, "/") ? strlen(real) : 0, err);
	if (!r) {
		r = add_restored(opts, h, &p, text.data);
		if (r)
			error_sys(err, -r, "openat2", rootfs, "tell criu of the mounts");
	}
	arena_done(&p.arena);
	return r ? -1 : 0;
}
