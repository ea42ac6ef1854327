/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check that host and init agree: each step at its place in time (enum layout_rank), host steps
 * of a running init only while init waits at a sync, every slot opened before it is used, and
 * nothing missing that a container can't do without.
 */
#include "plan/verify.h"

#include <linux/sched.h>
#include <linux/seccomp.h>
#include <string.h>

struct order {
	uint64_t seen;                      /* kinds */
	uint64_t slots;                     /* taken */
	uint32_t slot_type[PLAN_SLOTS_MAX]; /* CLONE_NEW* of a namespace slot; 0: a cgroup */
	uint32_t rank;                      /* of the last step */
	uint32_t points;                    /* sync points seen */
	uint32_t window;                    /* 1 + the sync point that init waits at */
	uint32_t maps;                      /* 1: uid, 2: gid */
	uint64_t cloned;                    /* CLONE_NEW* of SPAWN and FORK */
	const struct plan_exec *lookup;
};

_Static_assert(PLAN_KIND_COUNT <= 64, "kinds fit a mask");

static bool has_seen(const struct order *o, enum plan_kind kind)
{
	return o->seen & 1ull << kind;
}

static uint32_t rank_of_hooks(const struct plan_hooks *h)
{
	static const uint8_t ranks[PLAN_HOOK_KINDS] = {
		[PLAN_HOOK_PRESTART] = RANK_HOOKS_PRESTART,
		[PLAN_HOOK_CREATE_RUNTIME] = RANK_HOOKS_CREATE_RUNTIME,
		[PLAN_HOOK_CREATE_CONTAINER] = RANK_HOOKS_CREATE_CONTAINER,
		[PLAN_HOOK_START_CONTAINER] = RANK_HOOKS_START_CONTAINER,
		[PLAN_HOOK_POSTSTART] = RANK_HOOKS_POSTSTART,
		[PLAN_HOOK_POSTSTOP] = RANK_HOOKS_POSTSTOP,
	};

	return ranks[h->which];
}

static uint32_t rank_of_sync(const struct plan_sync *s)
{
	static const uint8_t ranks[PLAN_POINT_COUNT] = {
		[PLAN_POINT_MAPS] = RANK_SYNC_MAPS,
		[PLAN_POINT_HOOKS] = RANK_SYNC_HOOKS,
		[PLAN_POINT_READY] = RANK_SYNC_READY,
		[PLAN_POINT_NETWORK] = RANK_SYNC_NETWORK,
	};

	return ranks[s->point];
}

/* The last word on a mount that has to be writable until the devices are in it comes after them. */
static uint32_t rank_of_mount(const struct order *o, const struct plan_mount *m)
{
	bool late =
		(m->flags & PLAN_MOUNT_REMOUNT) && o->rank >= RANK_DEVICE && o->rank <= RANK_PATHS;

	return late ? RANK_PATHS : RANK_MOUNT;
}

static uint32_t rank_of_label(const struct plan_header *h, const struct plan_label *l)
{
	if (h->flags & PLAN_F_EXEC)
		return RANK_CGROUP_ENTER;
	return l->file == PLAN_LABEL_SELINUX_KEY ? RANK_IDENTITY : RANK_HOOKS_CREATE_CONTAINER;
}

static uint32_t rank_of_rlimit(const struct order *o, const struct plan_step *s)
{
	if (s->actor == PLAN_HOST)
		return RANK_RLIMIT_HOST;
	return s->kind == PLAN_RLIMIT && has_seen(o, PLAN_EXEC_LOOKUP) ? RANK_RLIMIT_LAST
								       : RANK_LIMITS;
}

static uint32_t rank_of(const struct order *o, const struct plan_header *h,
			const struct plan_step *s)
{
	const struct layout *l = layout_of(s->kind);
	bool early = (h->flags & PLAN_F_STUB) && !has_seen(o, PLAN_FORK);

	/* A mount that had to stay writable while things were made in it is sealed after them. */
	if (s->kind == PLAN_MOUNT && o->rank >= RANK_DEVICE &&
	    (((const struct plan_mount *)s)->flags & PLAN_MOUNT_REMOUNT))
		return RANK_PATHS;
	if (s->kind == PLAN_CGROUP_SET && has_seen(o, PLAN_FORK))
		return RANK_RLIMIT_HOST;
	if (l->rank == RANK_CGROUP_SET && has_seen(o, PLAN_UNIT_START))
		return RANK_UNIT_START;
	if (l->rank != RANK_VARIES)
		return l->rank;
	switch (s->kind) {
	case PLAN_HOOKS: return rank_of_hooks((const struct plan_hooks *)s);
	case PLAN_MOUNT: return rank_of_mount(o, (const struct plan_mount *)s);
	case PLAN_SYNC: return rank_of_sync((const struct plan_sync *)s);
	case PLAN_CPU_AFFINITY:
		return ((const struct plan_cpu_affinity *)s)->final ? RANK_RLIMIT_HOST : RANK_SPAWN;
	case PLAN_RLIMIT:
	case PLAN_RLIMIT_RAISE: return rank_of_rlimit(o, s);
	case PLAN_IO_PRIORITY:
	case PLAN_SCHEDULER: return s->actor == PLAN_HOST ? RANK_RLIMIT_HOST : RANK_LIMITS;
	case PLAN_NS_UNSHARE:
	case PLAN_TIME_OFFSET: return early ? RANK_TIME_EARLY : RANK_UNSHARE;
	case PLAN_LABEL: return rank_of_label(h, (const struct plan_label *)s);
	case PLAN_ROOT_PROPAGATION:
		return ((const struct plan_root_propagation *)s)->final ? RANK_ROOT_FINAL
									: RANK_PROPAGATION;
	/* at any sync; by init before it joins anything */
	case PLAN_OOM_SCORE: return s->actor == PLAN_INIT ? RANK_CGROUP_ENTER : o->rank;
	default: return o->rank;
	}
}

/* Before the spawn all is the host's; after it only what stands at a sync, and the hooks after the
 * exec. */
static int check_actor(struct verifier *v, struct order *o, const struct plan_step *s,
		       uint32_t rank)
{
	bool wants_host = s->kind == PLAN_HOOKS && rank != RANK_HOOKS_CREATE_CONTAINER &&
			  rank != RANK_HOOKS_START_CONTAINER;

	if (s->kind == PLAN_HOOKS && wants_host != (s->actor == PLAN_HOST))
		return verify_bad(v, "these hooks are not this actor's");
	if (s->actor != PLAN_HOST) {
		if (!has_seen(o, PLAN_SPAWN))
			return verify_bad(v, "init does not exist yet");
		o->window = 0;
		return 0;
	}
	if (rank == RANK_UNIT_START) /* init has no plan yet: it waits for the first packet */
		return has_seen(o, PLAN_SPAWN) ? 0 : verify_bad(v, "there is no process yet");
	if (has_seen(o, PLAN_SPAWN) && !o->window && rank < RANK_HOOKS_POSTSTART)
		return verify_bad(v, "the host acts while init runs");
	return 0;
}

static int take_slot(struct verifier *v, struct order *o, uint32_t slot, uint32_t type)
{
	if (slot >= v->h->nslots || (o->slots & 1ull << slot))
		return verify_bad(v, "slot out of range or taken");
	o->slots |= 1ull << slot;
	o->slot_type[slot] = type;
	return 0;
}

static int note_sync(struct verifier *v, struct order *o, uint32_t point)
{
	if (o->points & 1u << point)
		return verify_bad(v, "a sync point comes twice");
	o->points |= 1u << point;
	o->window = 1 + point;
	return 0;
}

static int note_join(struct verifier *v, struct order *o, const struct plan_ns_join *j)
{
	if (j->slot >= v->h->nslots || !(o->slots & 1ull << j->slot) ||
	    o->slot_type[j->slot] != j->type)
		return verify_bad(v, "a slot that was not opened for it");
	return 0;
}

static int note_cgroup_enter(struct verifier *v, struct order *o, const struct plan_cgroup_enter *e)
{
	if (e->nslots == 0 || e->nslots > PLAN_SLOTS_MAX || e->first_slot > PLAN_SLOTS_MAX)
		return verify_bad(v, "slot out of range or taken");
	for (uint32_t i = 0; i < e->nslots; i++) {
		if (take_slot(v, o, e->first_slot + i, 0) < 0)
			return -1;
	}
	return 0;
}

static int note_id_map(struct verifier *v, struct order *o, const struct plan_id_map *m)
{
	uint32_t bit = m->is_gid ? 2 : 1;

	if (o->maps & bit)
		return verify_bad(v, "a map comes twice");
	o->maps |= bit;
	return 0;
}

static int note_exec(struct verifier *v, struct order *o, const struct plan_exec *e)
{
	size_t head = offsetof(struct plan_exec, argv);

	if (e->argv.n == 0)
		return verify_bad(v, "no program");
	if (e->s.kind == PLAN_EXEC_LOOKUP)
		o->lookup = e;
	else if (!o->lookup || memcmp((const char *)o->lookup + head, (const char *)e + head,
				      sizeof(*e) - head) != 0)
		return verify_bad(v, "not what was looked up");
	return 0;
}

/* Not one of CLONE_NEW*. */
#define SLOT_HOOK_OUTPUT 1u

static int check_hook_slot(struct verifier *v, const struct order *o, uint32_t slot)
{
	if (!slot)
		return 0;
	slot--;
	if (slot >= v->h->nslots || !(o->slots & 1ull << slot) ||
	    o->slot_type[slot] != SLOT_HOOK_OUTPUT)
		return verify_bad(v, "a slot that was not opened for it");
	return 0;
}

static int note_hooks(struct verifier *v, const struct order *o, const struct plan_hooks *h)
{
	const struct plan_hook *items = plan_hook_items(v->h, h->hooks);

	if (h->hooks.n == 0)
		return verify_bad(v, "no hooks");
	for (uint32_t i = 0; i < h->hooks.n; i++) {
		if (items[i].argv.n == 0)
			return verify_bad(v, "a hook without argv");
	}
	return check_hook_slot(v, o, h->out_slot) || check_hook_slot(v, o, h->err_slot) ? -1 : 0;
}

static int note_filter(struct verifier *v, const struct plan_seccomp_load *l)
{
	const char *path = plan_text(v->h, l->listener);
	bool notifies = l->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER;

	if (notifies != (path && path[0] == '/') || (path && !notifies) ||
	    ((l->metadata || l->dumpable) && !notifies) ||
	    (l->dumpable && !(v->h->flags & PLAN_F_NEW_PID)))
		return verify_bad(v, "the agent does not fit the flags");
	return 0;
}

static int note_step(struct verifier *v, struct order *o, const struct plan_step *s)
{
	switch (s->kind) {
	case PLAN_NS_OPEN:
		return take_slot(v, o, ((const struct plan_ns_open *)s)->slot,
				 ((const struct plan_ns_open *)s)->type);
	case PLAN_HOOK_OUTPUT:
		return take_slot(v, o, ((const struct plan_hook_output *)s)->slot,
				 SLOT_HOOK_OUTPUT);
	case PLAN_SECCOMP_LOAD: return note_filter(v, (const struct plan_seccomp_load *)s);
	case PLAN_NS_JOIN: return note_join(v, o, (const struct plan_ns_join *)s);
	case PLAN_NS_ENTER: return take_slot(v, o, ((const struct plan_ns_enter *)s)->slot, 0);
	case PLAN_CGROUP_ENTER: return note_cgroup_enter(v, o, (const struct plan_cgroup_enter *)s);
	case PLAN_SPAWN: o->cloned |= ((const struct plan_spawn *)s)->clone_flags; return 0;
	case PLAN_FORK: o->cloned |= ((const struct plan_fork *)s)->clone_flags; return 0;
	case PLAN_SYNC: return note_sync(v, o, ((const struct plan_sync *)s)->point);
	case PLAN_ID_MAP: return note_id_map(v, o, (const struct plan_id_map *)s);
	case PLAN_HOOKS: return note_hooks(v, o, (const struct plan_hooks *)s);
	case PLAN_EXEC_LOOKUP:
	case PLAN_EXEC: return note_exec(v, o, (const struct plan_exec *)s);
	default: return 0;
	}
}

static int check_step(struct verifier *v, struct order *o, const struct plan_step *s)
{
	uint32_t rank = rank_of(o, v->h, s);

	if (rank < o->rank)
		return verify_bad(v, "out of order");
	if (rank == o->rank && s->kind == PLAN_HOOKS && has_seen(o, PLAN_HOOKS))
		return verify_bad(v, "these hooks come twice");
	if (layout_of(s->kind)->once && has_seen(o, s->kind))
		return verify_bad(v, "comes twice");
	if (check_actor(v, o, s, rank) < 0 || note_step(v, o, s) < 0)
		return -1;
	o->rank = rank;
	o->seen |= 1ull << s->kind;
	return 0;
}

/* What has to be there, given the flags of the header. */
static int check_whole(struct verifier *v, const struct order *o)
{
	static const uint8_t always[] = {PLAN_STATE_DIR, PLAN_SPAWN,  PLAN_ROOTFS,
					 PLAN_PIVOT,     PLAN_RECORD, PLAN_START_WAIT};
	static const uint8_t start[] = {PLAN_USER, PLAN_CAPS, PLAN_EXEC_LOOKUP, PLAN_EXEC};
	uint32_t flags = v->h->flags;
	bool has_start = flags & PLAN_F_HAS_START, is_exec = flags & PLAN_F_EXEC;

	if (has_seen(o, PLAN_NS_ENTER) != is_exec)
		return verify_bad(v, "the way in does not fit the header");
	for (size_t i = 0; i < sizeof(always); i++) {
		if (has_seen(o, always[i]) != (!is_exec || always[i] == PLAN_SPAWN))
			return verify_bad(v, "a step is missing that every plan has");
	}
	for (size_t i = 0; i < sizeof(start); i++) {
		if (has_seen(o, start[i]) != has_start)
			return verify_bad(v, "the steps of the process do not fit the header");
	}
	if (has_seen(o, PLAN_FORK) != !!(flags & PLAN_F_STUB) ||
	    !!(o->cloned & CLONE_NEWPID) != !!(flags & PLAN_F_NEW_PID))
		return verify_bad(v, "the namespaces do not fit the header");
	if (!!(o->cloned & CLONE_NEWUSER) != !!(o->points & 1u << PLAN_POINT_MAPS) ||
	    o->maps != (o->cloned & CLONE_NEWUSER ? 3u : 0u) ||
	    ((o->cloned & CLONE_NEWUSER) && !(flags & PLAN_F_USERNS)))
		return verify_bad(v, "user namespace and maps do not fit");
	if (!(o->points & 1u << PLAN_POINT_READY) ||
	    has_seen(o, PLAN_NET_DEVICE) != !!(o->points & 1u << PLAN_POINT_NETWORK) ||
	    has_seen(o, PLAN_SECCOMP_BUILD) != has_seen(o, PLAN_SECCOMP_LOAD))
		return verify_bad(v, "host and init do not agree");
	if (has_seen(o, PLAN_TERMINAL) != !!(flags & PLAN_F_TERMINAL))
		return verify_bad(v, "the terminal does not fit the header");
	if (o->slots != (v->h->nslots == 64 ? ~0ull : (1ull << v->h->nslots) - 1))
		return verify_bad(v, "a slot that nobody fills");
	return 0;
}

/* No process is made. */
static int verify_update(struct verifier *v)
{
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (v->h, s, i) {
		v->step = s;
		v->index = i;
		if (s->kind != PLAN_CGROUP_SET && s->kind != PLAN_CGROUP_DEVICES &&
		    (s->kind != PLAN_UNIT_START || i > 0))
			return verify_bad(v, "this is no step of an update");
	}
	v->step = NULL;
	return v->h->nslots ? verify_bad(v, "a slot that nobody fills") : 0;
}

int verify_order(struct verifier *v)
{
	struct order o = {0};
	const struct plan_step *s;
	uint32_t i;

	if (v->h->flags & PLAN_F_UPDATE)
		return verify_update(v);
	plan_foreach (v->h, s, i) {
		v->step = s;
		v->index = i;
		if (check_step(v, &o, s) < 0)
			return -1;
	}
	v->step = NULL;
	return check_whole(v, &o);
}
