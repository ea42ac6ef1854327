/* SPDX-License-Identifier: Apache-2.0 */
/* Making a container's cgroups and setting their values. */
#include "cgroup/internal.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* How many components at the end of @path are not there; those are what may be removed again. */
static unsigned missing_components(char *path, size_t root)
{
	unsigned n = 0;
	char *slash;

	while (strlen(path) > root && faccessat(AT_FDCWD, path, F_OK, 0) && errno == ENOENT) {
		n++;
		slash = strrchr(path, '/');
		*slash = '\0';
	}
	return n;
}

int cgroup_plan_dirs(const struct plan_cgroup_create *s, const struct plan_header *h,
		     const struct plan_facts *f, struct arena *a, struct oci_strings *ret,
		     struct hz_error *err)
{
	const char *path = plan_text(h, s->path);

	*ret = (struct oci_strings){0};
	if (s->mode == PLAN_CGROUP_NONE)
		return 0;
	ret->items = arena_calloc(a, f->nhierarchies + 1, sizeof(*ret->items));
	if (!ret->items)
		return error_oom(err);
	for (unsigned i = 0; i < f->nhierarchies; i++) {
		const char *mount = f->hierarchies[i].mountpoint;
		char *full = arena_printf(a, "%s%s", mount, path),
		     *copy = full ? arena_strdup(a, full) : NULL;

		if (!copy)
			return error_oom(err);
		ret->items[i] =
			arena_printf(a, "%u:%s", missing_components(copy, strlen(mount)), full);
		if (!ret->items[i])
			return error_oom(err);
	}
	ret->n = f->nhierarchies;
	return 0;
}

static bool is_cpuset(const struct facts_hierarchy *h)
{
	return cgroup_has_word(h->name, "cpuset");
}

/* mkdir -p below the mount point. 0 or -errno; another create may remove an empty ancestor under
 * us, so ENOENT is tried again. */
static int make_dirs(const char *path, size_t root, bool cpuset)
{
	_cleanup_free_ char *copy = strdup(path);
	int r = 0;

	if (!copy)
		return -ENOMEM;
	for (char *p = copy + root; p && !r; p = strchr(p + 1, '/')) {
		char *next = strchr(p + 1, '/');
		_cleanup_fd_ int parent = -1, child = -1;

		if (next)
			*next = '\0';
		if (mkdir(copy, 0755) && errno != EEXIST)
			r = -errno;
		if (!r && cpuset) {
			child = cgroup_dir_open(copy);
			*p = '\0';
			parent = cgroup_dir_open(copy);
			*p = '/';
			r = child < 0    ? child
			    : parent < 0 ? parent
					 : cgroup_v1_inherit_cpuset(parent, child);
		}
		if (next)
			*next = '/';
	}
	return r;
}

static int check_unused(int fd, const char *path, struct hz_error *err)
{
	char text[4096];
	unsigned n = 0;

	if (!cgroup_read(fd, "cgroup.procs", text, sizeof(text)) && text[0]) {
		for (const char *p = text; p; p = strchr(p + 1, '\n'))
			n++;
		error_set(err, HZ_E_STATE, "container's cgroup is not empty: %u process(es) found",
			  n);
		return error_hint(
			err, "choose another linux.cgroupsPath, or end the processes in \"%s\"",
			path);
	}
	if ((!cgroup_read(fd, "cgroup.freeze", text, sizeof(text)) && !strcmp(text, "1")) ||
	    (!cgroup_read(fd, "freezer.state", text, sizeof(text)) && strcmp(text, "THAWED")))
		return error_set(err, HZ_E_STATE, "container's cgroup unexpectedly frozen: \"%s\"",
				 path);
	return 0;
}

static int make_one(struct cgroup *cg, const struct facts_hierarchy *hier, const char *recorded,
		    const struct plan_cgroup_create *s, const struct plan_header *h,
		    struct hz_error *err)
{
	struct cgroup_dir *d = &cg->dirs[cg->ndirs];
	size_t root = strlen(hier->mountpoint);
	const char *path;
	unsigned removable;
	int r = 0;

	if (!cgroup_dir_parse(recorded, &removable, &path))
		return error_set(err, HZ_E_INTERNAL, "\"%s\" is no recorded cgroup", recorded);
	for (int tries = 0; tries < 10; tries++) {
		r = removable ? make_dirs(path, root, is_cpuset(hier)) : 0;
		if (r != -ENOENT)
			break;
	}
	d->fd = r ? r : cgroup_dir_open(path);
	if (d->fd < 0) {
		error_sys(err, -d->fd, r ? "mkdir" : "open", path, "create cgroup \"%s\"", path);
		d->fd = -1;
		return -1;
	}
	d->hierarchy = hier;
	cg->ndirs++;
	if (!removable && s->must_be_empty && check_unused(d->fd, path, err))
		return -1;
	if (hier->name[0])
		return 0;
	if (s->mode == PLAN_CGROUP_V2 &&
	    cgroup_v2_enable(hier->mountpoint, path, h, s->controllers, err))
		return -1;
	return s->owner_uid == UINT32_MAX ? 0 : cgroup_v2_delegate(d->fd, s->owner_uid, err);
}

static int open_tasks(const struct cgroup *cg, int *slots, struct hz_error *err)
{
	unsigned slot = 0;

	for (unsigned i = 0; i < cg->ndirs; i++) {
		if (!cg->dirs[i].hierarchy->name[0])
			continue;
		slots[slot] = openat(cg->dirs[i].fd, "tasks", O_WRONLY | O_CLOEXEC);
		if (slots[slot] < 0)
			return error_sys(err, errno, "openat", "tasks",
					 "open the cgroup in hierarchy \"%s\"",
					 cg->dirs[i].hierarchy->name);
		slot++;
	}
	return 0;
}

static bool may_forgive(const struct hz_error *err)
{
	return err->errnum == EACCES || err->errnum == EPERM || err->errnum == EROFS;
}

int cgroup_prepare(const struct plan_cgroup_create *s, const struct plan_header *h,
		   const struct plan_facts *f, const struct oci_strings *dirs, int *slots,
		   bool forgive, struct cgroup **ret, struct hz_error *err)
{
	struct cgroup *cg = calloc(1, sizeof(*cg));
	struct hz_error local = HZ_ERROR_INIT;
	int r = 0;

	*ret = NULL;
	if (!cg)
		return error_oom(err);
	if (!err)
		err = &local;
	cg->mode = s->mode;
	for (unsigned i = 0; i < dirs->n && i < f->nhierarchies && !r; i++)
		r = make_one(cg, &f->hierarchies[i], dirs->items[i], s, h, err);
	if (!r)
		r = open_tasks(cg, slots, err);
	if (r) {
		cgroup_free(cg);
		for (int i = 0; i < FACTS_HIERARCHIES; i++)
			if (slots[i] >= 0)
				fd_close(TAKE_FD(slots[i]));
		if (!forgive || !may_forgive(err))
			return -1;
		hz_error_clear(err);
		return 0;
	}
	*ret = cg;
	return 0;
}

void cgroup_free(struct cgroup *cg)
{
	if (!cg)
		return;
	for (unsigned i = 0; i < cg->ndirs; i++)
		fd_close(cg->dirs[i].fd);
	free(cg);
}

int cgroup_clone_fd(const struct cgroup *cg)
{
	for (unsigned i = 0; i < cg->ndirs; i++)
		if (!cg->dirs[i].hierarchy->name[0])
			return cg->dirs[i].fd;
	return -1;
}

static int dir_of(const struct cgroup *cg, const char *controller)
{
	for (unsigned i = 0; i < cg->ndirs; i++)
		if (cg->mode == PLAN_CGROUP_V2 ||
		    cgroup_has_word(cg->dirs[i].hierarchy->name, controller))
			return cg->dirs[i].fd;
	return -1;
}

static int set_failed(const struct plan_header *h, const struct plan_cgroup_set *s, int r,
		      struct hz_error *err)
{
	const char *file = plan_text(h, s->file), *controller = plan_text(h, s->controller);

	error_sys(err, -r, "write", file, "set %s to \"%s\"", file, plan_text(h, s->value));
	if (r == -ENOENT)
		error_hint(err,
			   "cgroup controller \"%s\" is not available here (mounted, or enabled in "
			   "the parent cgroup), or this kernel lacks the file",
			   controller ? controller : "");
	else if (r == -EINVAL || r == -ERANGE)
		error_hint(
			err,
			"the kernel refuses this value, alone or together with the other limits");
	return -1;
}

static int write_value(const struct cgroup *cg, const struct plan_header *h,
		       const struct plan_cgroup_set *s)
{
	int dirfd = dir_of(cg, s->controller ? plan_text(h, s->controller) : "");

	return dirfd < 0 ? -ENOENT
			 : cgroup_write(dirfd, plan_text(h, s->file), plan_text(h, s->value));
}

int cgroup_set(struct cgroup *cg, const struct plan_header *h, const struct plan_cgroup_set *s,
	       struct hz_error *err)
{
	const struct plan_cgroup_set *again = TAKE_PTR(cg->again);
	int r = write_value(cg, h, s);

	if (r == -ENOENT && (s->flags & PLAN_CG_OPTIONAL))
		r = 0;
	if ((r == -EINVAL || r == -EBUSY) && (s->flags & PLAN_CG_RETRY_ORDER)) {
		cg->again = s;
		return 0;
	}
	if (r)
		return set_failed(h, s, r, err);
	r = again ? write_value(cg, h, again) : 0;
	return r ? set_failed(h, again, r, err) : 0;
}
