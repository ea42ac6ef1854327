/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who the program will be. The order is the kernel's doing:
 *
 *   bounding set   while CAP_SETPCAP is there
 *   keep caps      a change of uid from 0 would empty the permitted set
 *   groups, gid    while CAP_SETGID is there
 *   uid
 *   capset         to what the config says (and CAP_SYS_ADMIN where a seccomp filter needs it to be
 * loaded) ambient        only what is permitted and inheritable can be raised
 *
 * CAP_SYS_ADMIN kept for seccomp ends by itself: execve computes the new permitted set from the
 * inheritable, bounding and ambient sets alone (capabilities(7)), and these three are final before
 * the filter is there. So no call is needed after the filter, which may forbid it.
 */
#include "init/init.h"

#include <linux/capability.h>
#include <linux/prctl.h>

static int drop_bounding(struct init *init, const struct plan_caps *c)
{
	uint64_t drop = c->all & ~c->bounding;

	for (unsigned cap = 0; drop; cap++, drop >>= 1) {
		long r = (drop & 1) ? sys_call(__NR_prctl, PR_CAPBSET_DROP, cap, 0, 0, 0) : 0;

		if (r < 0)
			return init_fail(init, &c->s, __NR_prctl, r, "bounding");
	}
	return 0;
}

static int set_groups(struct init *init, const struct plan_user *u)
{
	long r = u->setgroups ? sys_call(__NR_setgroups, u->groups.n,
					 u->groups.n ? plan_u32s(init->plan, u->groups) : NULL)
			      : 0;

	/* denied in a joined user namespace: dropped before it was entered (enter.c) */
	if (r == -EPERM && !u->groups.n && (init->plan->flags & PLAN_F_USERNS))
		r = 0;
	if (r < 0)
		return init_fail(init, &u->s, __NR_setgroups, r, "additionalGids");
	r = sys_call(__NR_setresgid, u->gid, u->gid, u->gid);
	return r < 0 ? init_fail(init, &u->s, __NR_setresgid, r, NULL) : 0;
}

/* While we are root: the image's /etc may be closed to the user (mode 0700), who has a home all the
 * same. On a FUSE or NFS mount it may be the other way round. */
static int find_home(struct init *init)
{
	const struct plan_exec *e =
		(const struct plan_exec *)init_find_step(init, PLAN_EXEC_LOOKUP);

	return e && e->need_home ? init_find_home(init, &e->s, e->uid) : 0;
}

int step_user(struct init *init, const struct plan_step *step)
{
	const struct plan_caps *c = (const struct plan_caps *)init_find_step(init, PLAN_CAPS);
	const struct plan_user *u = (const struct plan_user *)step;
	long r = 0;

	if (find_home(init) < 0)
		return -1;
	if (c && drop_bounding(init, c) < 0)
		return -1;
	if (c && u->uid)
		r = sys_call(__NR_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
	if (r < 0)
		return init_fail(init, &c->s, __NR_prctl, r, NULL);
	if (set_groups(init, u) < 0)
		return -1;
	r = sys_call(__NR_setresuid, u->uid, u->uid, u->uid);
	if (r < 0)
		return init_fail(init, step, __NR_setresuid, r, NULL);
	init->user = u;
	return init_guard(init, step);
}

static void cap_data(struct __user_cap_data_struct d[2], const struct plan_caps *c)
{
	uint64_t extra = c->late_seccomp ? 1ull << CAP_SYS_ADMIN : 0;
	uint64_t effective = c->effective | extra, permitted = c->permitted | extra;

	for (unsigned i = 0; i < 2; i++) {
		d[i].effective = (uint32_t)(effective >> (32 * i));
		d[i].permitted = (uint32_t)(permitted >> (32 * i));
		d[i].inheritable = (uint32_t)(c->inheritable >> (32 * i));
	}
}

static int raise_ambient(struct init *init, const struct plan_caps *c)
{
	uint64_t left = c->ambient;
	long r = sys_call(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);

	for (unsigned cap = 0; r >= 0 && left; cap++, left >>= 1) {
		if (left & 1)
			r = sys_call(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	}
	return r < 0 ? init_fail(init, &c->s, __NR_prctl, r, "ambient") : 0;
}

int step_caps(struct init *init, const struct plan_step *step)
{
	const struct plan_caps *c = (const struct plan_caps *)step;
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	long r;

	if (!init->user && drop_bounding(init, c) < 0)
		return -1;
	cap_data(data, c);
	r = sys_call(__NR_capset, &head, data);
	if (r < 0)
		return init_fail(init, step, __NR_capset, r, NULL);
	init->caps = c;
	return raise_ambient(init, c);
}

int step_no_new_privs(struct init *init, const struct plan_step *step)
{
	long r = sys_call(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

	if (r < 0)
		return init_fail(init, step, __NR_prctl, r, "no_new_privs");
	init->no_new_privs = true;
	return 0;
}

static bool caps_are(const struct plan_caps *c)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct want[2], have[2];

	cap_data(want, c);
	return sys_call(__NR_capget, &head, have) == 0 && memcmp(want, have, sizeof(want)) == 0;
}

static bool ids_are(long call, uint32_t id)
{
	uint32_t real, effective, saved;

	return sys_call(call, &real, &effective, &saved) == 0 && real == id && effective == id &&
	       saved == id;
}

int init_read_back(struct init *init, const struct plan_step *step)
{
	const char *wrong = NULL;

	if (init->user && !ids_are(__NR_getresuid, init->user->uid))
		wrong = "uid";
	else if (init->user && !ids_are(__NR_getresgid, init->user->gid))
		wrong = "gid";
	else if (init->caps && !caps_are(init->caps))
		wrong = "capabilities";
	else if (init->no_new_privs && sys_call(__NR_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		wrong = "no_new_privs";
	return wrong ? init_fail_why(init, step, INIT_WHY_READ_BACK, 0, wrong) : 0;
}
