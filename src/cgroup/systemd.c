/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/systemd.h"

#include "base/cleanup.h"
#include "cgroup/internal.h"
#include "cgroup/systemd_talk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s) + 1);
}

int cgroup_unit_start(const struct cgroup_unit_request *q, struct arena *a, const char **ret_group,
		      struct oci_strings *ret_unknown, struct hz_error *err)
{
	const struct plan_unit_start *s = q->step;
	const struct plan_header *h = q->plan;
	struct unit_request rq = {.op = UNIT_START, .user = s->user, .pid = q->pid};
	_cleanup_buf_ struct buf strings = BUF_INIT;
	struct oci_strings reply;

	put(&strings, plan_text(h, s->name));
	put(&strings, plan_text(h, s->slice));
	for (uint32_t i = 0; i < s->properties.n; i++)
		put(&strings, plan_item(h, s->properties, i));
	if (systemd_ask(&rq, &strings, a, &reply, err))
		return -1;
	if (!reply.n || reply.items[0][0] != '/' || strstr(reply.items[0], "/../"))
		return error_set(err, HZ_E_INTERNAL, "systemd names no cgroup for the unit");
	*ret_group = reply.items[0];
	*ret_unknown = (struct oci_strings){reply.items + 1, reply.n - 1};
	return 0;
}

/* systemd says the path as the kernel does. In a container without a cgroup namespace that begins
 * with the outer container's own cgroup, of which the mount may be a part. */
static int unit_dir(const struct facts_hierarchy *h, const char *group, struct arena *a,
		    const char **ret, struct hz_error *err)
{
	*ret = arena_printf(a, "%s%s", h->mountpoint, group);
	if (!*ret)
		return error_oom(err);
	if ((h->root && !strcmp(h->root, "/")) || !access(*ret, F_OK))
		return 0;
	if (cgroup_dir_of(h, group, a, &group, err))
		return -1;
	*ret = group && !access(group, F_OK) ? group : *ret;
	return 0;
}

int cgroup_unit_dirs(const char *group, const struct plan_facts *f, struct arena *a,
		     struct oci_strings *ret, struct hz_error *err)
{
	ret->n = 0;
	ret->items = arena_calloc(a, f->nhierarchies + 1, sizeof(*ret->items));
	if (!ret->items)
		return error_oom(err);
	for (; ret->n < f->nhierarchies; ret->n++) {
		const struct facts_hierarchy *hier = &f->hierarchies[ret->n];
		_cleanup_free_ char *path = NULL;
		int missing;

		if (unit_dir(hier, group, a, &ret->items[ret->n], err))
			return -1;
		path = strdup(ret->items[ret->n]);
		if (!path)
			return error_oom(err);
		missing = cgroup_missing_components(path, strlen(hier->mountpoint));
		if (missing < 0)
			return error_sys(err, -missing, "access", ret->items[ret->n],
					 "look for cgroup \"%s\"", ret->items[ret->n]);
		ret->items[ret->n] =
			arena_printf(a, "%d:%s", missing > 1 ? missing : 1, ret->items[ret->n]);
		if (!ret->items[ret->n])
			return error_oom(err);
	}
	return 0;
}

static int attach(int dirfd, pid_t pid, const char *path, struct hz_error *err)
{
	char text[16];
	int r;

	snprintf(text, sizeof(text), "%d", pid);
	r = cgroup_write(dirfd, "cgroup.procs", text);
	return r ? error_sys(err, -r, "write", "cgroup.procs", "enter cgroup \"%s\"", path) : 0;
}

static int adopt_one(struct cgroup *cg, const struct cgroup_unit_request *q, const char *recorded,
		     struct hz_error *err)
{
	const struct facts_hierarchy *hier = &q->facts->hierarchies[cg->ndirs];
	const struct cgroup_controllers controllers = {q->plan, q->step->controllers,
						       q->step->controllers};
	struct cgroup_dir *d = &cg->dirs[cg->ndirs];
	const char *path;
	unsigned removable;
	bool found;
	int fd;

	if (!cgroup_dir_parse(recorded, &removable, &path))
		return error_set(err, HZ_E_INTERNAL, "\"%s\" is no recorded cgroup", recorded);
	fd = cg->mode == PLAN_CGROUP_V2
		     ? cgroup_dir_open(path)
		     : cgroup_open_made(path, strlen(hier->mountpoint),
					cgroup_has_word(hier->name, "cpuset"), &found);
	if (fd < 0)
		return error_sys(err, -fd, "open", path, "open the cgroup of the unit, \"%s\"",
				 path);
	*d = (struct cgroup_dir){.hierarchy = hier, .fd = fd, .found = true};
	cg->ndirs++;
	if (cgroup_check_thawed(fd, path, true, err) ||
	    (cg->mode != PLAN_CGROUP_V2 && attach(fd, q->pid, path, err)))
		return -1;
	if (hier->name[0])
		return 0;
	if (cg->mode == PLAN_CGROUP_V2 && cgroup_v2_enable(cg, d, path, &controllers, err))
		return -1;
	return q->step->owner_uid == UINT32_MAX ? 0
						: cgroup_v2_delegate(fd, q->step->owner_uid, err);
}

int cgroup_unit_adopt(const struct cgroup_unit_request *q, const struct oci_strings *dirs,
		      struct cgroup **ret, struct hz_error *err)
{
	struct cgroup *cg = calloc(1, sizeof(*cg));

	if (!cg)
		return error_oom(err);
	cg->mode = q->step->mode;
	cg->switched = q->switched;
	for (unsigned i = 0; i < dirs->n && i < q->facts->nhierarchies; i++)
		if (adopt_one(cg, q, dirs->items[i], err)) {
			cgroup_free(cg);
			return -1;
		}
	*ret = cg;
	return 0;
}

static int ask_unit(enum unit_op op, const struct cgroup_unit *u, pid_t pid,
		    const char *description, struct hz_error *err)
{
	struct unit_request rq = {.op = op, .user = u->user, .pid = pid};
	_cleanup_buf_ struct buf strings = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct oci_strings reply;
	int r;

	put(&strings, u->name);
	if (description)
		put(&strings, description);
	r = systemd_ask(&rq, &strings, &a, &reply, err);
	arena_done(&a);
	return r;
}

int cgroup_unit_stop(const struct cgroup_unit *u, struct hz_error *err)
{
	return ask_unit(UNIT_STOP, u, 0, u->description ? u->description : "", err);
}

int cgroup_unit_attach(const struct cgroup_unit *u, pid_t pid, struct hz_error *err)
{
	return ask_unit(UNIT_ATTACH, u, pid, NULL, err);
}

int cgroup_unit_set(const struct cgroup_unit *u, const struct oci_strings *properties,
		    struct arena *a, struct oci_strings *ret_unknown, struct hz_error *err)
{
	struct unit_request rq = {.op = UNIT_SET, .user = u->user};
	_cleanup_buf_ struct buf strings = BUF_INIT;

	put(&strings, u->name);
	for (size_t i = 0; i < properties->n; i++)
		put(&strings, properties->items[i]);
	return systemd_ask(&rq, &strings, a, ret_unknown, err);
}
