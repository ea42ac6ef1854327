/* SPDX-License-Identifier: Apache-2.0 */
/* The container's scope under the systemd cgroup driver. */
#include "runtime/runtime.h"

#include "cgroup/systemd.h"
#include "plan/unit_properties.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>

void unit_record(const struct plan_header *h, struct record *r)
{
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (h, s, i) {
		const struct plan_unit_start *u = (const struct plan_unit_start *)s;

		if (s->kind != PLAN_UNIT_START)
			continue;
		r->unit = plan_text(h, u->name);
		r->user = (struct oci_bool){u->user, true};
	}
}

void unit_tell_unknown(const hz_runtime *rt, const struct oci_strings *unknown)
{
	for (size_t i = 0; i < unknown->n; i++)
		runtime_log(rt, HZ_LOG_WARNING,
			    "this systemd has no property %s for scopes: what the cgroup has of it "
			    "may be lost by systemctl daemon-reload",
			    unknown->items[i]);
}

int unit_start(struct creation *c, const struct plan_unit_start *s, struct hz_error *err)
{
	const struct cgroup_unit_request q = {s, c->b->plan.h, &c->b->facts,
					      c->stub ? c->stub : c->pid, &c->switched};
	struct hz_error local = HZ_ERROR_INIT;
	struct oci_strings unknown = {0};
	const char *group;

	if (!err)
		err = &local;
	c->unit_begun = true;
	if (cgroup_unit_start(&q, &c->arena, &group, &unknown, err)) {
		c->unit_begun = err->code != HZ_E_EXISTS; /* that one is not ours to stop */
		return -1;
	}
	unit_tell_unknown(c->rt, &unknown);
	if (cgroup_unit_dirs(group, &c->b->facts, &c->arena, &c->record.cgroup_dirs, err) ||
	    record_write(c->dirfd, &c->record, err))
		return -1;
	c->cgroups_begun = true;
	return cgroup_unit_adopt(&q, &c->record.cgroup_dirs, &c->cgroup, err);
}

int unit_attach(const struct record *r, const struct creation *c, struct hz_error *err)
{
	const struct cgroup_unit u = {.name = r->unit, .user = r->user.v};

	return cgroup_unit_attach(&u, c->stub ? c->stub : c->pid, err);
}

/* Of a cgroup that is empty systemd hears through a worker of the kernel, who tells nobody when the
 * directory is gone by then: the unit would stay active for ever. */
static void let_systemd_see(const struct record *r)
{
	for (int i = 0; i < 50; i++) {
		int *pids = NULL;
		size_t n = 0;

		if (cgroup_procs(&r->cgroup_dirs, &pids, &n, NULL))
			return;
		free(pids);
		poll(NULL, 0, 20);
		if (!n)
			return;
	}
}

void unit_stop(const hz_runtime *rt, const struct record *r)
{
	struct hz_error err = HZ_ERROR_INIT;
	char description[512];
	const struct cgroup_unit u = {r->unit, description, r->user.v};

	if (!r->unit)
		return;
	snprintf(description, sizeof(description), UNIT_DESCRIPTION, r->id);
	/* also what is frozen, which a signal alone does not end */
	if (cgroup_kill(&r->cgroup_dirs, SIGKILL, &err))
		runtime_log(rt, HZ_LOG_WARNING, "end the processes of unit \"%s\": %s", r->unit,
			    err.msg);
	hz_error_clear(&err);
	if (cgroup_unit_stop(&u, &err)) {
		runtime_log(rt, HZ_LOG_WARNING, "stop unit \"%s\": %s", r->unit, err.msg);
		let_systemd_see(r);
	}
	hz_error_clear(&err);
}
