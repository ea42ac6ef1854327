/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container left when its record cannot be read, for delete --force. The plan beside the
 * record has a checksum of its own and names the same things: the cgroup or the unit, the resctrl
 * groups, the rootfs. Its processes are those in the cgroup. Numbers that only the record had are
 * taken from what can still be read of it; a pid counts with its start time alone, and only when it
 * is in the cgroup.
 */
#include "runtime/runtime.h"

#include "base/fd.h"
#include "cgroup/systemd.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static struct oci_u64 number_of(const struct buf *text, const char *key)
{
	const char *at = text->len ? memmem(text->data, text->len, key, strlen(key)) : NULL;
	struct oci_u64 n = {0};

	if (at && isdigit((unsigned char)at[strlen(key)]))
		n = (struct oci_u64){strtoull(at + strlen(key), NULL, 10), true};
	return n;
}

static void recover_numbers(int dirfd, struct record *r)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct oci_u64 pid;

	if (file_read_regular_at(dirfd, RECORD_FILE, &text, RECORD_MAX))
		return;
	pid = number_of(&text, "\"pid\":");
	r->start_time = number_of(&text, "\"startTime\":");
	r->mount_below = number_of(&text, "\"mountBelow\":");
	r->pid.v = (int64_t)pid.v;
	r->pid.set = r->start_time.set && pid.v > 0 && pid.v <= INT32_MAX;
}

/* "a-b.slice" is /a.slice/a-b.slice, below the cgroup of the manager. */
static const char *unit_group(const struct plan_header *h, const struct plan_unit_start *u,
			      struct arena *a)
{
	const char *slice = plan_text(h, u->slice), *end = strrchr(slice, '.');
	_cleanup_buf_ struct buf path = BUF_INIT;

	if (u->user)
		buf_printf(&path, "/user.slice/user-%u.slice/user@%u.service", geteuid(),
			   geteuid());
	for (const char *p = slice; end && p <= end && strcmp(slice, "-.slice") != 0; p++)
		if (p == end || *p == '-')
			buf_printf(&path, "/%.*s.slice", (int)(p - slice), slice);
	buf_printf(&path, "/%s", plan_text(h, u->name));
	return path.failed ? NULL : arena_strdup(a, path.data);
}

static int recover_cgroups(const struct plan_header *h, struct arena *a, struct record *r,
			   struct hz_error *err)
{
	const struct plan_cgroup_create *c = NULL;
	const struct plan_unit_start *u = NULL;
	const char *group = NULL;
	struct plan_facts f = {0};
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (h, s, i) {
		if (s->kind == PLAN_UNIT_START)
			u = (const struct plan_unit_start *)s;
		else if (s->kind == PLAN_CGROUP_CREATE)
			c = (const struct plan_cgroup_create *)s;
	}
	if (!u && (!c || c->mode == PLAN_CGROUP_NONE))
		return 0;
	if (cgroup_facts(&f, a, err))
		return -1;
	if (!f.nhierarchies)
		return error_set(err, HZ_E_STATE, "no cgroup file system is mounted here");
	if (!u)
		return cgroup_path_dirs(plan_text(h, c->path), &f, a, &r->cgroup_dirs, err);
	group = unit_group(h, u, a);
	return group ? cgroup_unit_dirs(group, &f, a, &r->cgroup_dirs, err) : error_oom(err);
}

/* A start time is told in hundredths of a second, so another process may have the same. Where the
 * cgroup has processes the container's are among them. */
static int check_pid(struct record *r, struct hz_error *err)
{
	_cleanup_free_ pid_t *pids = NULL;
	bool is_there = false;
	size_t n = 0;

	if (!r->pid.set || !r->cgroup_dirs.n)
		return 0;
	if (cgroup_procs(&r->cgroup_dirs, &pids, &n, err))
		return -1;
	for (size_t i = 0; i < n; i++)
		is_there |= pids[i] == r->pid.v;
	r->pid.set = is_there || !n;
	return 0;
}

static int recover(const char *id, int dirfd, struct plan *plan, struct arena *a, struct record *r,
		   struct hz_error *err)
{
	const struct plan_header *h;

	if (store_read_plan(dirfd, plan, err))
		return -1;
	h = plan->h;
	if (strcmp(plan_text(h, h->id), id) != 0)
		return error_set(err, HZ_E_STATE, "its plan is that of container \"%s\"",
				 plan_text(h, h->id));
	r->bundle = plan_text(h, h->bundle);
	r->rootfs = plan_text(h, h->rootfs);
	r->own_pid_ns = (struct oci_bool){(h->flags & PLAN_F_NEW_PID) != 0, true};
	unit_record(h, r);
	if (recover_cgroups(h, a, r, err) || check_pid(r, err) || rdt_record(h, a, r, err))
		return -1;
	hostmount_recover(h, r);
	if (!r->cgroup_dirs.n && !r->pid.set)
		return error_set(err, HZ_E_STATE, "its plan names no cgroup to find its processes");
	return 0;
}

int container_recompile(hz_runtime *rt, int dirfd, const struct record *r, struct arena *a,
			struct plan *ret, struct hz_error *err)
{
	struct plan_options o = {.id = r->id,
				 .bundle = r->bundle,
				 .systemd_cgroup = r->unit != NULL,
				 .no_cgroup = !r->unit && !r->cgroup_dirs.n,
				 .forgive_unsupported = true};
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct oci_config *config = NULL;
	struct plan_facts f = {0};
	uint64_t ignored;

	if (store_read(dirfd, "config.json", &text, OCI_CONFIG_MAX, err) ||
	    oci_config_decode(a, text.data ? text.data : "", text.len, "config.json", &config,
			      err) ||
	    facts_collect(&f, &ignored, a, err))
		return -1;
	o.rootless_cgroup_ok = runtime_is_rootless(rt, &f);
	facts_ask_for(config, &f, a);
	return plan_compile(config, &f, &o, ret, err);
}

int container_recover(hz_runtime *rt, int dirfd, struct plan *plan, struct arena *a,
		      struct record *r, struct hz_error *err)
{
	struct hz_error why = HZ_ERROR_INIT;
	const char *id = r->id;
	int e;

	*r = (struct record){.id = id};
	recover_numbers(dirfd, r);
	e = recover(id, dirfd, plan, a, r, &why);
	if (!e) {
		runtime_log(rt, HZ_LOG_WARNING,
			    "the record of container \"%s\" cannot be used (%s): what is removed "
			    "are the %zu cgroup directories that its plan names, with all "
			    "processes in them",
			    id, err->msg, r->cgroup_dirs.n);
		hz_error_clear(err);
	} else {
		error_prefix(err, "nothing tells what container \"%s\" has left: %s", id, why.msg);
		error_hint(err,
			   "end its processes and remove its cgroups by hand, then remove the "
			   "directory \"%s/%s\"",
			   rt->root, id);
	}
	hz_error_clear(&why);
	return e;
}
