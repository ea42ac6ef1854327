/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update: new limits. The change is laid over the stored configuration, and of the result those
 * parts of linux.resources are compiled and applied that the change speaks of (all of memory when
 * it has a memory.limit: one value may depend on another). What was stored before is how to get
 * back when the kernel refuses.
 */
#include "runtime/runtime.h"

#include "base/fd.h"
#include "cgroup/systemd.h"

#include <errno.h>
#include <string.h>

#define CONFIG_FILE "config.json"

struct update {
	hz_runtime *rt;
	const struct hz_update_options *o;
	struct arena arena;
	int dirfd; /* holds the lock */
	struct record record;
	struct plan_facts facts;
	struct oci_resources *change;
	struct buf stored, merged;
	struct oci_config *before, *after;
	struct buf undo;  /* of the values in files */
	struct plan plan; /* of after: its warnings */
	bool unit_is_set;
};

static const char resources_place[] = "/linux/resources";

static bool has_rdt(const struct update *u)
{
	return u->o->l3_cache_schema || u->o->mem_bw_schema;
}

static bool is_text_equal(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool is_number_equal(struct oci_i64 a, struct oci_i64 b)
{
	return a.set == b.set && a.v == b.v;
}

static bool are_rules_equal(const struct oci_device_rules *a, const struct oci_device_rules *b)
{
	for (size_t i = 0; i < a->n && a->n == b->n; i++) {
		const struct oci_device_rule *p = &a->items[i], *q = &b->items[i];

		if (p->allow.v != q->allow.v || !is_text_equal(p->type, q->type) ||
		    !is_text_equal(p->access, q->access) || !is_number_equal(p->major, q->major) ||
		    !is_number_equal(p->minor, q->minor))
			return false;
	}
	return a->n == b->n;
}

static const struct oci_resources *resources_of(const struct oci_config *c)
{
	return c->linux_ ? c->linux_->resources : NULL;
}

/* Of @c only what the change speaks of is left. On cgroup v1 the rules of devices are written one
 * by one, so those that are in force already are not written again. */
static void narrow(const struct update *u, struct oci_config *c)
{
	const struct oci_resources *change = u->change, *old = resources_of(u->before);
	struct oci_resources *r = c->linux_ ? c->linux_->resources : NULL;

	if (!r)
		return;
	if (!change->devices.n || (old && are_rules_equal(&old->devices, &change->devices)))
		r->devices.n = 0;
	if (!change->memory)
		r->memory = NULL;
	if (!change->cpu)
		r->cpu = NULL;
	if (!change->pids)
		r->pids = NULL;
	if (!change->block_io)
		r->block_io = NULL;
	if (!change->hugepage_limits.n)
		r->hugepage_limits.n = 0;
	if (!change->network)
		r->network = NULL;
	if (!change->rdma.n)
		r->rdma.n = 0;
	if (!change->unified.n)
		r->unified.n = 0;
}

/* Docker sends 0 for all that its user did not name: the stored value stays. */
static void keep_signed(struct oci_json *j, const char *key, struct oci_i64 now, struct oci_i64 old)
{
	if (!now.set || now.v || !old.set)
		return;
	oci_json_key(j, key);
	oci_json_i64(j, old.v);
}

static void keep(struct oci_json *j, const char *key, struct oci_u64 now, struct oci_u64 old)
{
	if (!now.set || now.v || !old.set)
		return;
	oci_json_key(j, key);
	oci_json_u64(j, old.v);
}

static void follow_memory(struct oci_json *j, const struct oci_memory *now,
			  const struct oci_memory *old)
{
	oci_json_key(j, "memory");
	oci_json_object(j);
	keep_signed(j, "limit", now->limit, old->limit);
	keep_signed(j, "reservation", now->reservation, old->reservation);
	if (now->limit.set && now->limit.v < 0 && !now->swap.v && old->swap.set) {
		oci_json_key(j, "swap"); /* it may not be below the limit */
		oci_json_i64(j, -1);
	} else {
		keep_signed(j, "swap", now->swap, old->swap);
	}
	oci_json_object_end(j);
}

/* An idle cgroup refuses a weight. systemd has one property for both, CPUWeight, and what is set
 * last counts. */
static bool is_given_weight(const struct oci_cpu *now, const struct oci_cpu *old)
{
	return old->idle.v == 1 && !now->idle.set && now->shares.v;
}

static void follow_cpu(struct oci_json *j, const struct oci_cpu *now, const struct oci_cpu *old)
{
	bool idle = now->idle.set && now->idle.v > 0;

	oci_json_key(j, "cpu");
	oci_json_object(j);
	if (!idle)
		keep(j, "shares", now->shares, old->shares);
	else if (!now->shares.set && old->shares.set) {
		oci_json_key(j, "shares"); /* an idle cgroup has none */
		oci_json_u64(j, 0);
	}
	if (is_given_weight(now, old)) { /* an error without systemd: check_idle() */
		oci_json_key(j, "idle");
		oci_json_i64(j, 0);
	}
	keep_signed(j, "quota", now->quota, old->quota);
	keep(j, "period", now->period, old->period);
	oci_json_object_end(j);
}

static void follow_block_io(struct oci_json *j, struct oci_u16 now, struct oci_u16 old)
{
	oci_json_key(j, "blockIO");
	oci_json_object(j);
	keep(j, "weight", (struct oci_u64){now.v, now.set}, (struct oci_u64){old.v, old.set});
	oci_json_object_end(j);
}

/* What is to be laid over the change: values that stay, and that cannot stay, beside the new ones.
 */
static void follow_up(const struct update *u, struct oci_json *j)
{
	const struct oci_resources *old = resources_of(u->before), *now = u->change;

	oci_json_object(j);
	if (old && now->memory && old->memory)
		follow_memory(j, now->memory, old->memory);
	if (old && now->cpu && old->cpu)
		follow_cpu(j, now->cpu, old->cpu);
	if (old && now->block_io && old->block_io)
		follow_block_io(j, now->block_io->weight, old->block_io->weight);
	oci_json_object_end(j);
}

/* The new schemata, laid over @text; there are some. */
static int merge_rdt(struct update *u, const char *text, struct hz_error *err)
{
	static const char *const place[] = {"linux", "intelRdt", NULL};
	struct oci_json *j = oci_json_new("");
	const char *change;
	size_t len;
	int r;

	if (!j)
		return error_oom(err);
	oci_json_object(j);
	if (u->o->l3_cache_schema) {
		oci_json_key(j, "l3CacheSchema");
		oci_json_str(j, u->o->l3_cache_schema);
	}
	if (u->o->mem_bw_schema) {
		oci_json_key(j, "memBwSchema");
		oci_json_str(j, u->o->mem_bw_schema);
	}
	oci_json_object_end(j);
	r = oci_json_text(j, &change, &len, err);
	if (!r)
		r = oci_json_merge(text, place, change, &u->merged, err);
	oci_json_free(j);
	return r;
}

static int merge(struct update *u, struct hz_error *err)
{
	static const char *const place[] = {"linux", "resources", NULL}, *const all[] = {NULL};
	_cleanup_buf_ struct buf change = BUF_INIT, resources = BUF_INIT;
	struct oci_json *j = oci_json_new("");
	const char *more;
	size_t len;
	int r;

	if (!j)
		return error_oom(err);
	follow_up(u, j);
	r = oci_json_text(j, &more, &len, err);
	if (!r)
		r = oci_json_merge(u->o->resources, all, more, &change, err);
	if (!r)
		r = oci_json_merge(u->stored.data, place, change.data,
				   has_rdt(u) ? &resources : &u->merged, err);
	oci_json_free(j);
	return !r && has_rdt(u) ? merge_rdt(u, resources.data, err) : r;
}

/* The error speaks of linux.resources; its place is that in the text of the change. */
static void locate(const struct update *u, struct hz_error *err)
{
	const size_t len = sizeof(resources_place) - 1;
	const char *text = u->o->resources;

	if (!err || !u->o->name || strncmp(err->pointer, resources_place, len) != 0)
		return;
	memmove(err->pointer, err->pointer + len, strlen(err->pointer) + 1 - len);
	oci_locate(text, strlen(text), err->pointer, &err->line, &err->column);
	snprintf(err->file, sizeof(err->file), "%s", u->o->name);
}

static int set_unit(struct update *u, const struct plan_header *h, struct hz_error *err)
{
	const struct plan_unit_start *s = (const struct plan_unit_start *)plan_first(h);
	const struct cgroup_unit unit = {.name = u->record.unit, .user = u->record.user.v};
	struct oci_strings properties = {0}, unknown;

	if (!h->nsteps || s->s.kind != PLAN_UNIT_START || !s->properties.n)
		return 0;
	properties.items = arena_calloc(&u->arena, s->properties.n, sizeof(*properties.items));
	if (!properties.items)
		return error_oom(err);
	for (; properties.n < s->properties.n; properties.n++)
		properties.items[properties.n] =
			plan_item(h, s->properties, (uint32_t)properties.n);
	if (cgroup_unit_set(&unit, &properties, &u->arena, &unknown, err))
		return -1;
	unit_tell_unknown(u->rt, &unknown);
	return 0;
}

/* Set what @c, which is narrowed, has. systemd writes the files too, and rounds: then they are
 * written again. Before it is asked, the kernel tells whether it takes the values. */
static int apply_plan(struct update *u, const struct plan_header *h, struct buf *undo,
		      struct hz_error *err)
{
	const struct oci_strings *dirs = &u->record.cgroup_dirs;

	if (cgroup_update(dirs, &u->facts, h, undo, err))
		return -1;
	if (!u->record.unit)
		return 0;
	if (set_unit(u, h, err))
		return -1;
	u->unit_is_set = true;
	return cgroup_update(dirs, &u->facts, h, NULL, err);
}

static int compile(const struct update *u, const struct oci_config *c, struct plan *ret,
		   struct hz_error *err)
{
	const struct plan_options options = {.id = u->record.id,
					     .bundle = u->record.bundle,
					     .systemd_cgroup = u->record.unit != NULL};

	return plan_compile_update(c, &u->facts, &options, ret, err);
}

static int apply(struct update *u, const struct oci_config *c, struct plan *plan, struct buf *undo,
		 struct hz_error *err)
{
	int r = compile(u, c, plan, err);

	if (!r)
		r = apply_plan(u, plan->h, undo, err);
	plan_done(plan);
	return r;
}

/* Not what the stored values are warned of: they are not of this change. */
static void tell_warnings(struct update *u)
{
	struct hz_error ignored = HZ_ERROR_INIT;
	struct plan old = {0};

	if (!u->plan.nwarnings)
		return;
	narrow(u, u->before);
	if (compile(u, u->before, &old, &ignored))
		old.nwarnings = 0;
	warnings_tell(u->rt, &u->plan, &old, u->o->name ? u->o->name : "command line",
		      resources_place);
	plan_done(&old);
	hz_error_clear(&ignored);
}

static int apply_rdt(const struct update *u, struct hz_error *err)
{
	struct plan plan;
	int r;

	if (!has_rdt(u))
		return 0;
	if (store_read_plan(u->dirfd, &plan, err))
		return -1;
	r = rdt_update(plan.h, u->o->l3_cache_schema, u->o->mem_bw_schema, err);
	plan_done(&plan);
	return r;
}

/* Device rules and properties of the unit have no former values that could be read: those of the
 * stored configuration are set. */
static void put_back(struct update *u)
{
	struct hz_error err = HZ_ERROR_INIT;
	struct plan plan = {0};
	int r = 0;

	if (u->unit_is_set || u->change->devices.n) {
		narrow(u, u->before);
		r = apply(u, u->before, &plan, NULL, &err);
	}
	if (cgroup_undo(&u->undo, r ? NULL : &err) || r)
		runtime_log(u->rt, HZ_LOG_WARNING, "put the former limits back: %s", err.msg);
	hz_error_clear(&err);
}

static int load(struct update *u, struct hz_error *err)
{
	uint64_t ignored;

	if (store_read(u->dirfd, CONFIG_FILE, &u->stored, OCI_CONFIG_MAX, err) ||
	    oci_config_decode(&u->arena, u->stored.data, u->stored.len, CONFIG_FILE, &u->before,
			      err) ||
	    merge(u, err) ||
	    oci_config_decode(&u->arena, u->merged.data, u->merged.len, CONFIG_FILE, &u->after,
			      err))
		return -1;
	return facts_collect(&u->facts, &ignored, &u->arena, err);
}

static int check_status(const struct update *u, struct hz_error *err)
{
	enum hz_status status = HZ_STOPPED;

	if (u->record.pid.set && status_get(u->dirfd, &u->record, &status, err))
		return -1;
	return status == HZ_STOPPED ? error_set(err, HZ_E_STATE, "container not running") : 0;
}

static int store(const struct update *u, struct hz_error *err)
{
	int r = file_replace_at(u->dirfd, CONFIG_FILE, 0600, u->merged.data, u->merged.len);

	return r ? error_sys(err, -r, "write", CONFIG_FILE, "store the new limits") : 0;
}

/* Its weight would be stored and be none. */
static int check_idle(const struct update *u, struct hz_error *err)
{
	const struct oci_resources *old = resources_of(u->before), *now = u->change;

	if (u->record.unit || !old || !old->cpu || !now->cpu ||
	    !is_given_weight(now->cpu, old->cpu))
		return 0;
	error_set(err, HZ_E_STATE, "an idle container has no weight");
	error_pointer(err, "/linux/resources/cpu/shares");
	locate(u, err);
	return error_hint(err, "set cpu.idle to 0 with it");
}

static int run(struct update *u, struct hz_error *err)
{
	const char *text = u->o->resources;
	int r;

	if (oci_resources_decode(&u->arena, text, strlen(text),
				 u->o->name ? u->o->name : "resources", &u->change, err) ||
	    store_lock(u->rt, u->o->id, LOCK_WAIT_MS, &u->dirfd, err) ||
	    container_record(u->rt, u->o->id, u->dirfd, &u->arena, &u->record, err) ||
	    record_check_version(&u->record, err) || check_status(u, err) || load(u, err) ||
	    check_idle(u, err))
		return -1;
	narrow(u, u->after);
	r = apply(u, u->after, &u->plan, &u->undo, err);
	if (!r)
		r = apply_rdt(u, err);
	if (!r)
		r = store(u, err);
	if (!r) {
		tell_warnings(u);
		return 0;
	}
	locate(u, err);
	put_back(u);
	return -1;
}

int hz_update(hz_runtime *rt, const struct hz_update_options *options, struct hz_error *err)
{
	struct update u = {.rt = rt, .o = options, .dirfd = -1};
	int r = run(&u, err);

	if (u.dirfd >= 0)
		store_unlock(u.dirfd);
	buf_done(&u.stored);
	buf_done(&u.merged);
	buf_done(&u.undo);
	arena_done(&u.arena);
	return r;
}
