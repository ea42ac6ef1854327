/* SPDX-License-Identifier: Apache-2.0 */
/* Setting the values of a container's cgroups, when it is made and later. */
#include "base/cleanup.h"
#include "cgroup/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct cgroup_dir *unified_dir(const struct cgroup *cg)
{
	for (unsigned i = 0; i < cg->ndirs; i++)
		if (!cg->dirs[i].hierarchy->name[0])
			return &cg->dirs[i];
	return NULL;
}

/* Of v1, or else in the unified tree. */
static const struct cgroup_dir *find_dir(const struct cgroup *cg, const char *controller)
{
	for (unsigned i = 0; i < cg->ndirs; i++)
		if (cg->mode != PLAN_CGROUP_V2 &&
		    cgroup_has_word(cg->dirs[i].hierarchy->name, controller))
			return &cg->dirs[i];
	return unified_dir(cg);
}

static int dir_of(const struct cgroup *cg, const char *controller)
{
	const struct cgroup_dir *d = find_dir(cg, controller);

	return d ? d->fd : -1;
}

static const char *controller_of(const struct plan_header *h, const struct plan_cgroup_set *s)
{
	return s->controller ? plan_text(h, s->controller) : "";
}

/* Bytes in use, and the most that ever were; false when that cannot be read. */
static bool read_use(int dirfd, uint64_t *ret_now, uint64_t *ret_peak)
{
	char now[32], peak[32];

	if (cgroup_read(dirfd, "memory.usage_in_bytes", now, sizeof(now)) ||
	    cgroup_read(dirfd, "memory.max_usage_in_bytes", peak, sizeof(peak)))
		return false;
	*ret_now = strtoull(now, NULL, 10);
	*ret_peak = strtoull(peak, NULL, 10);
	return true;
}

/* Why a controller of v2 is off. */
static void hint_off(const struct cgroup *cg, const char *controller, struct hz_error *err)
{
	_cleanup_buf_ struct buf names = BUF_INIT;

	if (cg->busy)
		cgroup_v2_holders(cg->busy, &names);
	if (cg->busy)
		error_hint(err,
			   "controller \"%s\" could not be turned on: processes live in cgroup "
			   "\"%s\" above it: %s; move them to a cgroup of their own below that",
			   controller, cg->busy, names.data ? names.data : "they are gone now");
	else if (cg->why == EBUSY)
		error_hint(err,
			   "controller \"%s\" could not be turned on: processes live in a cgroup "
			   "above it, and cgroup v2 wants those to be without processes",
			   controller);
	else if (cg->why == EOPNOTSUPP || cg->why == EINVAL)
		error_hint(
			err,
			"controller \"%s\" could not be turned on: a cgroup above it is threaded",
			controller);
	else if (cg->why == EACCES || cg->why == EPERM || cg->why == EROFS)
		error_hint(err,
			   "controller \"%s\" could not be turned on: cgroup.subtree_control above "
			   "it may not be written to: the cgroup is not delegated to this user",
			   controller);
	else
		error_hint(err,
			   "cgroup controller \"%s\" is not available here (mounted, or enabled in "
			   "the parent cgroup), or this kernel lacks the file",
			   controller);
}

/* "2MB, 1GB": the sizes of "hugetlb.2MB.…" in the directory. */
static void list_page_sizes(int dirfd, struct buf *b)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_dir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	char size[32], rest[32];

	if (!d && fd >= 0)
		fd_close(fd);
	while (d && (e = readdir(d)))
		if (sscanf(e->d_name, "hugetlb.%31[^.].%31s", size, rest) == 2 &&
		    (!strcmp(rest, "max") || !strcmp(rest, "limit_in_bytes")))
			buf_printf(b, "%s%s", b->len ? ", " : "", size);
}

static bool hint_page_size(const struct cgroup *cg, const char *file, struct hz_error *err)
{
	_cleanup_buf_ struct buf sizes = BUF_INIT;
	char size[32];

	if (sscanf(file, "hugetlb.%31[^.].", size) != 1)
		return false;
	list_page_sizes(dir_of(cg, "hugetlb"), &sizes);
	if (sizes.data)
		error_hint(err, "this host has no huge pages of size \"%s\"; it has: %s", size,
			   sizes.data);
	return sizes.data;
}

static void hint(const struct cgroup *cg, const char *controller, const char *file, int r,
		 struct hz_error *err)
{
	if (r == -ENOENT && hint_page_size(cg, file, err))
		return;
	if (r == -ENOENT && cg->gone)
		error_hint(err, "\"%s\" is gone: it was removed under the container", cg->gone);
	else if (r == -ENOENT)
		hint_off(cg, controller, err);
	else if (r == -EINVAL || r == -ERANGE)
		error_hint(
			err,
			"the kernel refuses this value, alone or together with the other limits");
	else if (r == -ENODEV)
		error_hint(err, "there is no such device here");
}

static int set_failed(const struct cgroup *cg, const struct plan_header *h,
		      const struct plan_cgroup_set *s, int r, struct hz_error *err)
{
	const char *file = plan_text(h, s->file), *value = plan_text(h, s->value);
	uint64_t now, peak;

	if (r == -EBUSY && !strcmp(file, "memory.limit_in_bytes") &&
	    read_use(dir_of(cg, "memory"), &now, &peak)) {
		error_sys(err, EBUSY, "write", file,
			  "unable to set memory limit to %s (current usage: %" PRIu64
			  ", peak usage: %" PRIu64 ")",
			  value, now, peak);
	} else {
		error_sys(err, -r, "write", file, "set %s to \"%s\"", file, value);
		hint(cg, controller_of(h, s), file, r, err);
	}
	/* it may be a value of before that is written once more */
	return error_pointer(err, plan_text(h, s->s.origin));
}

static int write_noted(const struct cgroup *cg, const struct cgroup_dir *d, const char *file,
		       const char *value)
{
	size_t before = cg->undo ? cg->undo->len : 0;
	int r;

	if (cg->undo)
		cgroup_undo_note(cg->undo, d->path, file, value);
	r = cgroup_write(d->fd, file, value);
	if (r && cg->undo)
		cg->undo->len = before;
	return r;
}

static int write_value(const struct cgroup *cg, const struct plan_header *h,
		       const struct plan_cgroup_set *s)
{
	const struct cgroup_dir *d = find_dir(cg, controller_of(h, s));
	const char *file = plan_text(h, s->file), *value = plan_text(h, s->value);
	const char *other = cgroup_v1_short_name(file);
	int r;

	if (!d)
		return -ENOENT;
	r = write_noted(cg, d, file, value);
	return r == -ENOENT && other && d->hierarchy->name[0] ? write_noted(cg, d, other, value)
							      : r;
}

/* The kernel would set it, and then kill until it fits. What cannot be read does not keep the limit
 * from being set. */
static int check_use(const struct cgroup *cg, const struct plan_header *h,
		     const struct plan_cgroup_set *s, struct hz_error *err)
{
	uint64_t limit = strtoull(plan_text(h, s->value), NULL, 10), use;
	char text[32];

	if (cgroup_read(dir_of(cg, "memory"), "memory.current", text, sizeof(text)))
		return 0;
	use = strtoull(text, NULL, 10);
	if (use < limit)
		return 0;
	return error_set(err, HZ_E_STATE, "rejecting memory limit %" PRIu64 " <= usage %" PRIu64,
			 limit, use);
}

int cgroup_set(struct cgroup *cg, const struct plan_header *h, const struct plan_cgroup_set *s,
	       struct hz_error *err)
{
	const struct plan_cgroup_set *again = TAKE_PTR(cg->again);
	int r;

	if (cg->skip) {
		cg->skip = false;
		return 0;
	}
	if ((s->flags & PLAN_CG_CHECK_USE) && check_use(cg, h, s, err))
		return -1;
	r = write_value(cg, h, s);
	if (s->flags & PLAN_CG_ELSE_NEXT && (!r || r == -ENOENT)) {
		cg->skip = !r;
		return 0;
	}
	if (r == -ENOENT && (s->flags & PLAN_CG_OPTIONAL))
		r = 0;
	if ((r == -EINVAL || r == -EBUSY) && (s->flags & PLAN_CG_RETRY_ORDER) && !again) {
		cg->again = s;
		return 0;
	}
	if (r)
		return set_failed(cg, h, s, r, err);
	r = again ? write_value(cg, h, again) : 0;
	return r ? set_failed(cg, h, again, r, err) : 0;
}

static bool allows_all(const uint32_t *rules, uint32_t nwords)
{
	for (uint32_t at = nwords; at >= PLAN_DEVICE_RULE_WORDS; at -= PLAN_DEVICE_RULE_WORDS) {
		const uint32_t *w = rules + at - PLAN_DEVICE_RULE_WORDS;

		if (!(w[0] & PLAN_DEVICE_ALLOW))
			return false;
		if ((w[0] & PLAN_DEVICE_BOTH) == PLAN_DEVICE_BOTH && w[1] == PLAN_DEVICE_ANY &&
		    w[2] == PLAN_DEVICE_ANY && w[3] == PLAN_DEVICE_ALL)
			return true;
	}
	return true;
}

/* A new cgroup without a filter allows all as well. */
static int attach_filter(const struct cgroup_dir *d, const struct plan_header *h,
			 const struct plan_cgroup_devices *s, const struct buf *program,
			 struct hz_error *err)
{
	int r = cgroup_bpf_attach(d->fd, program, !d->found, err);

	if (!r || d->path || !allows_all(plan_u32s(h, s->rules), s->rules.n))
		return r;
	hz_error_clear(err);
	return 0;
}

int cgroup_set_devices(struct cgroup *cg, const struct plan_header *h,
		       const struct plan_cgroup_devices *s, struct hz_error *err)
{
	_cleanup_buf_ struct buf program = BUF_INIT;
	int r = cgroup_bpf_build(plan_u32s(h, s->rules), s->rules.n, &program);

	if (r)
		return error_sys(err, -r, "bpf", NULL, "build the device filter");
	for (unsigned i = 0; i < cg->ndirs; i++)
		if (!cg->dirs[i].hierarchy->name[0])
			return attach_filter(&cg->dirs[i], h, s, &program, err);
	return error_set(err, HZ_E_UNSUPPORTED, "a device filter needs cgroup v2");
}

/* --- later, from the record --- */

/* The hierarchy that is mounted where @path begins, or else at another place. */
static const struct facts_hierarchy *hierarchy_of(const char *path, int dirfd,
						  const struct plan_facts *f)
{
	struct stat dir, mount;

	for (unsigned i = 0; i < f->nhierarchies; i++) {
		size_t n = strlen(f->hierarchies[i].mountpoint);

		if (!strncmp(path, f->hierarchies[i].mountpoint, n) && path[n] == '/')
			return &f->hierarchies[i];
	}
	for (unsigned i = 0; !fstat(dirfd, &dir) && i < f->nhierarchies; i++)
		if (!stat(f->hierarchies[i].mountpoint, &mount) && mount.st_dev == dir.st_dev)
			return &f->hierarchies[i];
	return NULL;
}

/* systemd turns on what it knows of, when it is told. */
static int enable(struct cgroup *cg, const struct cgroup_dir *d, const char *path,
		  const struct plan_header *h, struct hz_error *err)
{
	const struct plan_step *s = plan_first(h);
	const struct plan_unit_start *u;
	struct cgroup_controllers c;

	if (cg->mode != PLAN_CGROUP_V2 || !h->nsteps || s->kind != PLAN_UNIT_START)
		return 0;
	u = (const struct plan_unit_start *)s;
	c = (struct cgroup_controllers){h, u->controllers, u->controllers};
	return cgroup_v2_enable(cg, d, path, &c, err);
}

static int open_recorded(struct cgroup *cg, const struct oci_strings *dirs,
			 const struct plan_facts *f, const struct plan_header *h,
			 struct hz_error *err)
{
	for (size_t i = 0; i < dirs->n && cg->ndirs < FACTS_HIERARCHIES; i++) {
		struct cgroup_dir *d = &cg->dirs[cg->ndirs];
		const char *path;
		unsigned n;
		int fd, r = cgroup_recorded_open(dirs, i, &fd, &n, &path, err);

		if (r < 0)
			return -1;
		if (!r) {
			cg->gone = path;
			continue;
		}
		d->fd = fd;
		d->path = path;
		d->found = true;
		d->hierarchy = hierarchy_of(path, fd, f);
		cg->ndirs++;
		if (!d->hierarchy)
			return error_set(err, HZ_E_STATE,
					 "the container's cgroup \"%s\" is in no hierarchy that is "
					 "mounted now",
					 path);
		if (enable(cg, d, path, h, err))
			return -1;
	}
	return 0;
}

static int apply(struct cgroup *cg, const struct plan_header *h, struct hz_error *err)
{
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (h, s, i) {
		int r = 0;

		if (s->kind == PLAN_CGROUP_SET)
			r = cgroup_set(cg, h, (const struct plan_cgroup_set *)s, err);
		else if (s->kind == PLAN_CGROUP_DEVICES)
			r = cgroup_set_devices(cg, h, (const struct plan_cgroup_devices *)s, err);
		if (!r)
			continue;
		if (err && !err->pointer[0])
			error_pointer(err, plan_text(h, s->origin));
		return -1;
	}
	return 0;
}

int cgroup_update(const struct oci_strings *dirs, const struct plan_facts *f,
		  const struct plan_header *h, struct buf *undo, struct hz_error *err)
{
	struct cgroup *cg = calloc(1, sizeof(*cg));
	_cleanup_buf_ struct buf switched = BUF_INIT;
	int r;

	if (!cg)
		return error_oom(err);
	cg->mode = f->cgroup_mode;
	cg->undo = undo;
	cg->switched = &switched;
	r = open_recorded(cg, dirs, f, h, err);
	if (!r && !cg->ndirs)
		r = cgroup_is_gone(dirs, err);
	if (!r)
		r = apply(cg, h, err);
	if (r)
		cgroup_take_back(&switched);
	cgroup_free(cg);
	return r;
}

/* memory.events of v2, memory.oom_control of v1. "oom" alone: there was nobody to kill, as before
 * init has a memory of its own. */
static uint64_t ooms(int dirfd)
{
	static const char *const files[] = {"memory.events", "memory.oom_control"};
	uint64_t kills = 0, alone = 0;
	char text[1024];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (cgroup_read(dirfd, files[i], text, sizeof(text)))
			continue;
		cgroup_line_number(text, "oom_kill", &kills);
		cgroup_line_number(text, "oom", &alone);
		break;
	}
	return kills + alone;
}

uint64_t cgroup_ooms(const struct oci_strings *dirs)
{
	uint64_t n = 0;

	for (size_t i = 0; i < dirs->n; i++) {
		_cleanup_fd_ int fd = -1;
		const char *path;
		unsigned removable;

		/* who was there before may have run out of memory too */
		if (cgroup_recorded_open(dirs, i, &fd, &removable, &path, NULL) > 0 && removable)
			n += ooms(fd);
	}
	return n;
}
