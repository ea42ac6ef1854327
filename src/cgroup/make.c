/* SPDX-License-Identifier: Apache-2.0 */
/* Making a container's cgroups. */
#include "cgroup/internal.h"

#include "base/cleanup.h"
#include "sys/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* How many components at the end of @path are not there; those are what may be removed again. Who
 * may not look may not make or remove anything there either. -errno. */
int cgroup_missing_components(char *path, size_t root)
{
	int n = 0;

	for (; strlen(path) > root && access(path, F_OK); n++) {
		if (errno != ENOENT)
			return errno == EACCES ? n : -errno;
		*strrchr(path, '/') = '\0';
	}
	return n;
}

/* Another container's or the host's own processes would come under this container's limits, and
 * would be killed with it. */
static int check_unused(int fd, const char *path, struct hz_error *err)
{
	size_t n = 0;
	int r = cgroup_count(fd, &n);

	if (r)
		return error_sys(err, -r, "read", path, "list the processes of cgroup \"%s\"",
				 path);
	if (n) {
		error_set(err, HZ_E_STATE, "container's cgroup is not empty: %zu process(es) found",
			  n);
		return error_hint(
			err, "choose another linux.cgroupsPath, or end the processes in \"%s\"",
			path);
	}
	return cgroup_check_thawed(fd, path, false, err);
}

/* A directory that is there already: fit for a container? */
static int check_found(const char *path, struct hz_error *err)
{
	_cleanup_fd_ int fd = cgroup_dir_open(path);

	if (fd == -ENOENT)
		return 0;
	/* who may not even look is told so, or is forgiven, when it is made */
	if (fd == -EACCES)
		return 0;
	if (fd < 0)
		return error_sys(err, -fd, "open", path, "open cgroup \"%s\"", path);
	if (sys_access(fd, ".", W_OK))
		return 0; /* the same: whose it is does not matter to one who may not enter it */
	return check_unused(fd, path, err);
}

static int plan_dir(const struct plan_cgroup_create *s, const char *mount, const char *path,
		    struct arena *a, const char **ret, struct hz_error *err)
{
	char *full = arena_printf(a, "%s%s", mount, path);
	char *copy = full ? arena_strdup(a, full) : NULL;
	int missing;

	if (!copy)
		return error_oom(err);
	missing = cgroup_missing_components(copy, strlen(mount));
	if (missing < 0)
		return error_sys(err, -missing, "access", full, "look for cgroup \"%s\"", full);
	if (!missing && s->must_be_empty && check_found(full, err))
		return -1;
	*ret = arena_printf(a, "%d:%s", missing, full);
	return *ret ? 0 : error_oom(err);
}

int cgroup_plan_dirs(const struct plan_cgroup_create *s, const struct plan_header *h,
		     const struct plan_facts *f, struct arena *a, struct oci_strings *ret,
		     struct hz_error *err)
{
	const char *path = plan_text(h, s->path);
	struct oci_strings dirs = {0};

	*ret = dirs;
	if (s->mode == PLAN_CGROUP_NONE)
		return 0;
	dirs.items = arena_calloc(a, f->nhierarchies + 1, sizeof(*dirs.items));
	if (!dirs.items)
		return error_oom(err);
	for (dirs.n = 0; dirs.n < f->nhierarchies; dirs.n++)
		if (plan_dir(s, f->hierarchies[dirs.n].mountpoint, path, a, &dirs.items[dirs.n],
			     err))
			return -1;
	*ret = dirs;
	return 0;
}

int cgroup_path_dirs(const char *path, const struct plan_facts *f, struct arena *a,
		     struct oci_strings *ret, struct hz_error *err)
{
	ret->n = 0;
	ret->items = arena_calloc(a, f->nhierarchies + 1, sizeof(*ret->items));
	for (; ret->items && ret->n < f->nhierarchies; ret->n++) {
		ret->items[ret->n] =
			arena_printf(a, "1:%s%s", f->hierarchies[ret->n].mountpoint, path);
		if (!ret->items[ret->n])
			return error_oom(err);
	}
	return ret->items ? 0 : error_oom(err);
}

static bool is_cpuset(const struct facts_hierarchy *h)
{
	return cgroup_has_word(h->name, "cpuset");
}

static int inherit_cpuset(char *path, char *slash)
{
	_cleanup_fd_ int child = cgroup_dir_open(path), parent = -1;

	*slash = '\0';
	parent = cgroup_dir_open(path);
	*slash = '/';
	if (child < 0 || parent < 0)
		return child < 0 ? child : parent;
	return cgroup_v1_inherit_cpuset(parent, child);
}

/* mkdir -p below the mount point. 0 or -errno; *ret_found: the last component was there. */
static int make_dirs(const char *path, size_t root, bool cpuset, bool *ret_found)
{
	_cleanup_free_ char *copy = strdup(path);
	int r = 0;

	if (!copy)
		return -ENOMEM;
	for (char *p = copy + root; p && !r; p = strchr(p + 1, '/')) {
		char *next = strchr(p + 1, '/');

		if (next)
			*next = '\0';
		*ret_found = mkdir(copy, 0755) < 0;
		if (*ret_found && errno != EEXIST)
			r = -errno;
		if (!r && cpuset)
			r = inherit_cpuset(copy, p);
		if (next && !*ret_found)
			cgroup_mark_shared(copy);
		if (next)
			*next = '/';
	}
	return r;
}

/* Another container's end may remove an empty ancestor under us: ENOENT is tried again. */
int cgroup_open_made(const char *path, size_t root, bool cpuset, bool *ret_found)
{
	int r = -ENOENT;

	for (int tries = 0; tries < 10 && r == -ENOENT; tries++) {
		r = make_dirs(path, root, cpuset, ret_found);
		if (!r)
			r = cgroup_dir_open(path);
	}
	return r;
}

static bool may_stop(const struct facts_hierarchy *h)
{
	return !h->name[0] || cgroup_has_word(h->name, "freezer");
}

static int hint_mkdir(int r, struct hz_error *err)
{
	if (r == -EAGAIN)
		return error_hint(err, "cgroup.max.descendants or cgroup.max.depth of a cgroup "
				       "above it is reached");
	if (r == -ENOSPC)
		return error_hint(err, "a kernel has at most 65,535 memory cgroups; those that are "
				       "removed count until their last page is freed");
	if (r == -EROFS)
		return error_hint(err, "the cgroups are mounted read-only here: if this is a "
				       "container, it needs a writable /sys/fs/cgroup (Docker: "
				       "--privileged)");
	if (r == -EACCES || r == -EPERM)
		return error_hint(err, "this user may not create cgroups there: use a delegated "
				       "cgroup (--systemd-cgroup in a user session), or name no "
				       "linux.cgroupsPath and no limits");
	return -1;
}

static int make_one(struct cgroup *cg, const struct cgroup_request *q, unsigned i,
		    struct hz_error *err)
{
	const struct facts_hierarchy *hier = &q->facts->hierarchies[i];
	const char *recorded = q->dirs->items[i];
	struct cgroup_dir *d = &cg->dirs[cg->ndirs];
	struct cgroup_controllers c;
	const char *path;
	unsigned removable;
	int fd, denied;
	bool found;

	if (!cgroup_dir_parse(recorded, &removable, &path))
		return error_set(err, HZ_E_INTERNAL, "\"%s\" is no recorded cgroup", recorded);
	fd = cgroup_open_made(path, strlen(hier->mountpoint), is_cpuset(hier), &found);
	if (fd < 0) {
		error_sys(err, -fd, "mkdir", path,
			  "unable to apply cgroup configuration: create cgroup \"%s\"", path);
		return hint_mkdir(fd, err);
	}
	d->fd = fd;
	d->hierarchy = hier;
	d->at = i;
	cg->ndirs++;
	d->found = found;
	denied = found ? (int)sys_access(fd, ".", W_OK) : 0;
	if (denied)
		return error_sys(err, -denied, "faccessat", path,
				 "unable to apply cgroup configuration: enter cgroup \"%s\"", path);
	if (found && q->step->must_be_empty
		    ? check_unused(fd, path, err)
		    : may_stop(hier) && cgroup_check_thawed(fd, path, false, err))
		return -1;
	if (hier->name[0])
		return 0;
	c = (struct cgroup_controllers){q->plan, q->step->unified, q->step->unified};
	if (q->step->mode == PLAN_CGROUP_V2)
		c.wanted = q->step->controllers;
	if (cgroup_v2_enable(cg, d, path, &c, err))
		return -1;
	return q->step->owner_uid == UINT32_MAX
		       ? 0
		       : cgroup_v2_delegate(d->fd, q->step->owner_uid, err);
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

/* After a failure: what was found is not ours to clean up, nor what was not come to (of the @tried
 * ones the last may have failed with a part of its path made). */
static void disown(const struct cgroup *cg, const struct oci_strings *dirs, unsigned tried)
{
	for (unsigned i = tried; i < dirs->n; i++)
		dirs->items[i] = "";
	for (unsigned i = 0; i < cg->ndirs; i++)
		if (cg->dirs[i].found)
			dirs->items[cg->dirs[i].at] = "";
}

/* The tree of v2 beside those of v1 does nothing where no controller of it is wanted: a user who
 * was given cgroups of v1 alone goes without it, as with runc. */
static int spare(struct cgroup *cg, const struct cgroup_request *q, unsigned i,
		 struct hz_error *err)
{
	if (!q->rootless || q->step->mode != PLAN_CGROUP_HYBRID ||
	    q->facts->hierarchies[i].name[0] || q->step->unified.n || !may_forgive(err))
		return -1;
	if (cg->ndirs && cg->dirs[cg->ndirs - 1].at == i)
		fd_close(cg->dirs[--cg->ndirs].fd);
	q->dirs->items[i] = "";
	hz_error_clear(err);
	return 0;
}

static unsigned close_slots(const struct plan_facts *f, int *slots)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->nhierarchies; i++)
		n += f->hierarchies[i].name[0] != '\0';
	for (unsigned i = 0; i < n; i++)
		if (slots[i] >= 0)
			fd_close(TAKE_FD(slots[i]));
	return n;
}

/* A container that goes without has no cgroup on record: what is not there was never made. */
static int forget_missing(const struct oci_strings *dirs, struct hz_error *err)
{
	for (unsigned i = 0; i < dirs->n; i++) {
		_cleanup_free_ char *first = NULL;
		const char *path;
		unsigned n;

		if (!cgroup_dir_parse(dirs->items[i], &n, &path))
			continue;
		first = strdup(path);
		if (!first)
			return error_oom(err);
		while (n-- > 1)
			*strrchr(first, '/') = '\0';
		if (access(first, F_OK))
			dirs->items[i] = "";
	}
	return 0;
}

/* Init still writes itself into each slot. */
static int forgive(const struct oci_strings *dirs, int *slots, unsigned n, struct hz_error *err)
{
	hz_error_clear(err);
	if (forget_missing(dirs, err))
		return -1;
	for (unsigned i = 0; i < n; i++) {
		slots[i] = open("/dev/null", O_WRONLY | O_CLOEXEC | O_NOCTTY);
		if (slots[i] < 0)
			return error_sys(err, errno, "open", "/dev/null", "go on without a cgroup");
	}
	return 0;
}

int cgroup_prepare(const struct cgroup_request *q, int *slots, struct cgroup **ret,
		   struct hz_error *err)
{
	struct cgroup *cg = calloc(1, sizeof(*cg));
	struct hz_error local = HZ_ERROR_INIT;
	unsigned tried = 0, n;
	int r = 0;

	*ret = NULL;
	if (!cg)
		return error_oom(err);
	if (!err)
		err = &local;
	cg->mode = q->step->mode;
	cg->switched = q->switched;
	for (; tried < q->dirs->n && tried < q->facts->nhierarchies && !r; tried++)
		r = make_one(cg, q, tried, err) ? spare(cg, q, tried, err) : 0;
	if (!r)
		r = open_tasks(cg, slots, err);
	if (!r) {
		*ret = cg;
		return 0;
	}
	disown(cg, q->dirs, tried);
	cgroup_free(cg);
	n = close_slots(q->facts, slots);
	return q->forgive && may_forgive(err) ? forgive(q->dirs, slots, n, err) : -1;
}

void cgroup_free(struct cgroup *cg)
{
	if (!cg)
		return;
	for (unsigned i = 0; i < cg->ndirs; i++)
		fd_close(cg->dirs[i].fd);
	free(cg->busy);
	free(cg);
}

int cgroup_clone_fd(const struct cgroup *cg)
{
	for (unsigned i = 0; i < cg->ndirs; i++)
		if (!cg->dirs[i].hierarchy->name[0])
			return cg->dirs[i].fd;
	return -1;
}
