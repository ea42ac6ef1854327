/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources -> CGROUP_SET. Values that a controller does not know are faults (runtime-spec:
 * "MUST generate an error" for what cannot be converted). 0 is "not set" for limits in which the
 * kernel could do nothing with it, as runc has it.
 */
#include "plan/cgroup_convert.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RES "/linux/resources"

#define PERIOD_DEFAULT 100000 /* us: kernel/sched/core.c default_cfs_period */
#define PERIOD_MIN     1000
#define PERIOD_MAX     1000000
#define QUOTA_MIN      1000
#define SHARES_MIN     2
#define SHARES_MAX     262144

void limit_set(struct builder *b, const char *file, const char *value, uint32_t flags,
	       const char *origin)
{
	struct plan_cgroup_set *step =
		BUILDER_STEP(b, struct plan_cgroup_set, PLAN_CGROUP_SET, PLAN_HOST, origin);

	step->controller = builder_printf(b, "%.*s", (int)strcspn(file, "."), file);
	step->file = builder_str(b, file);
	step->value = builder_str(b, value);
	step->flags = flags;
}

static void set_i64(struct builder *b, const char *file, int64_t v, uint32_t flags,
		    const char *origin)
{
	limit_set(b, file, builder_ptr(b, "%" PRId64, v), flags, origin);
}

void limit_set_u64(struct builder *b, const char *file, uint64_t v, uint32_t flags,
		   const char *origin)
{
	limit_set(b, file, builder_ptr(b, "%" PRIu64, v), flags, origin);
}

/* Bytes; -1 is no limit. */
static void set_bytes(struct builder *b, const char *file, int64_t v, bool v2, uint32_t flags,
		      const char *origin)
{
	if (v < 0)
		limit_set(b, file, v2 ? "max" : "-1", flags | (v2 ? PLAN_CG_OPTIONAL : 0), origin);
	else
		set_i64(b, file, v, flags, origin);
}

/* --- memory --- */

/* Set, sound, and not 0. */
static bool wants_bytes(struct builder *b, const struct oci_i64 *v, const char *pointer)
{
	if (!v->set)
		return false;
	if (v->v < -1)
		return builder_fault(b, pointer, "%" PRId64 " is no number of bytes (-1: no limit)",
				     v->v),
		       false;
	/* Docker's updates have 0 for all that its user did not name */
	if (v->v == 0 && !(b->head.flags & PLAN_F_UPDATE))
		builder_warn(b, pointer, "0 is taken as not set");
	return v->v != 0;
}

/* The spec's swap is memory + swap. v2 limits swap alone: without a limit for memory there is
 * nothing to subtract, and the value is taken as it is, as by runc and crun. */
static void memory_swap(struct builder *b, const struct oci_memory *m, bool v2)
{
	const char *pointer = RES "/memory/swap";
	int64_t limit = m->limit.set ? m->limit.v : 0, swap = m->swap.v;
	bool alone = v2 && limit == -1;

	if (!wants_bytes(b, &m->swap, pointer))
		return;
	if (swap > 0 && limit <= 0 && !alone) {
		builder_fault(
			b, pointer,
			"a limit for memory and swap needs a limit for memory (memory.limit)");
		return;
	}
	if (swap > 0 && swap < limit) {
		builder_fault(b, pointer,
			      "memory and swap (%" PRId64 ") is less than memory alone (%" PRId64
			      ")",
			      swap, limit);
		return;
	}
	if (v2)
		set_bytes(b, "memory.swap.max", swap < 0 || alone ? swap : swap - limit, true,
			  swap <= limit ? PLAN_CG_OPTIONAL : 0, pointer);
	else
		set_bytes(b, "memory.memsw.limit_in_bytes", swap, false,
			  swap < 0 ? PLAN_CG_OPTIONAL : 0, pointer);
}

static void memory_v1_only(struct builder *b, const struct oci_memory *m)
{
	if (m->swappiness.set && m->swappiness.v > 100)
		builder_fault(b, RES "/memory/swappiness", "%" PRIu64 " is out of range (0 to 100)",
			      m->swappiness.v);
	else if (m->swappiness.set)
		limit_set_u64(b, "memory.swappiness", m->swappiness.v, 0, RES "/memory/swappiness");
	if (m->disable_oom_killer.set && m->disable_oom_killer.v)
		limit_set(b, "memory.oom_control", "1", 0, RES "/memory/disableOOMKiller");
}

/* Kernels from 5.16 on refuse them, and the runtime-spec says not to use them. */
void cgroup_warn_memory(struct builder *b, const struct oci_memory *m)
{
	if (m->kernel.set && m->kernel.v)
		builder_warn(b, RES "/memory/kernel",
			     "kernel memory cannot be limited: it is not applied");
	if (m->kernel_tcp.set && m->kernel_tcp.v)
		builder_warn(b, RES "/memory/kernelTCP",
			     "kernel memory cannot be limited: it is not applied");
}

static void memory_not_v2(struct builder *b, const struct oci_memory *m)
{
	if (m->swappiness.set)
		builder_refuse(b, RES "/memory/swappiness", "cgroup v2 has no swappiness");
	if (m->disable_oom_killer.set && m->disable_oom_killer.v)
		builder_warn(b, RES "/memory/disableOOMKiller",
			     "cgroup v2 cannot switch the OOM killer off: it stays on");
	if (m->use_hierarchy.set && !m->use_hierarchy.v)
		builder_refuse(b, RES "/memory/useHierarchy", "cgroup v2 is always hierarchical");
}

/* v1 refuses what is in use already, and a limit above that of memory and swap. */
static uint32_t limit_flags(const struct oci_memory *m, bool v2)
{
	if (v2)
		return m->check_before_update.v && m->limit.v > 0 ? PLAN_CG_CHECK_USE : 0;
	return m->swap.set && m->swap.v != 0 ? PLAN_CG_RETRY_ORDER : 0;
}

void cgroup_convert_memory(struct builder *b, const struct oci_memory *m, bool v2)
{
	if (!v2 &&
	    m->use_hierarchy.set) /* the kernel takes it only before there are limits or children */
		limit_set(b, "memory.use_hierarchy", m->use_hierarchy.v ? "1" : "0", 0,
			  RES "/memory/useHierarchy");
	if (wants_bytes(b, &m->limit, RES "/memory/limit"))
		set_bytes(b, v2 ? "memory.max" : "memory.limit_in_bytes", m->limit.v, v2,
			  limit_flags(m, v2), RES "/memory/limit");
	memory_swap(b, m, v2);
	if (wants_bytes(b, &m->reservation, RES "/memory/reservation"))
		set_bytes(b, v2 ? "memory.low" : "memory.soft_limit_in_bytes", m->reservation.v, v2,
			  0, RES "/memory/reservation");
	cgroup_warn_memory(b, m);
	if (v2)
		memory_not_v2(b, m);
	else
		memory_v1_only(b, m);
}

/* --- cpu --- */

/* libm would be one more shared library for each start: these two are all that the formula needs.
 */
static double log2_of(uint64_t v)
{
	double m, bit = 0.5, log = 0;
	unsigned k = 63 - (unsigned)__builtin_clzll(v);

	m = (double)v / (double)(1ull << k); /* 1 <= m < 2 */
	for (unsigned i = 0; i < 48; i++) {
		m *= m;
		if (m >= 2) {
			m /= 2;
			log += bit;
		}
		bit /= 2;
	}
	return (double)k + log;
}

static double power_of_10(double exponent)
{
	const double ln10 = 2.302585092994046;
	double x = exponent * ln10 / 64, term = 1, sum = 1;

	for (unsigned i = 1; i < 20; i++) { /* e^x by its series: x is below 0.15 here */
		term *= x / i;
		sum += term;
	}
	for (unsigned i = 0; i < 6; i++) /* (e^x)^64 */
		sum *= sum;
	return sum;
}

uint64_t cgroup_weight_from_shares(uint64_t shares)
{
	double l, weight;
	uint64_t whole;

	if (shares <= SHARES_MIN)
		return 1;
	if (shares >= SHARES_MAX)
		return 10000;
	l = log2_of(shares);
	weight = power_of_10((l * l + 125 * l) / 612 - 7.0 / 34);
	whole = (uint64_t)weight;
	return weight - (double)whole > 1e-8
		       ? whole + 1
		       : whole; /* 1024 is 100 exactly: rounding errors must not make it 101 */
}

static void cpu_shares(struct builder *b, const struct oci_cpu *c, bool v2)
{
	const char *pointer = RES "/cpu/shares";
	uint64_t shares = c->shares.v;

	if (!c->shares.set || shares == 0)
		return;
	if (v2)
		limit_set_u64(b, "cpu.weight", cgroup_weight_from_shares(shares), 0, pointer);
	else if (shares < SHARES_MIN)
		builder_fault(b, pointer, "the minimum allowed cpu-shares is %d", SHARES_MIN);
	else if (shares > SHARES_MAX)
		builder_fault(b, pointer, "the maximum allowed cpu-shares is %d", SHARES_MAX);
	else
		limit_set_u64(b, "cpu.shares", shares, 0, pointer);
}

static bool check_bandwidth(struct builder *b, const struct oci_cpu *c)
{
	unsigned faults = b->nfaults;
	bool quota = c->quota.set && c->quota.v > 0;

	if (quota && c->quota.v < QUOTA_MIN)
		builder_fault(b, RES "/cpu/quota",
			      "%" PRId64 " us is less than the least that the kernel takes (%d)",
			      c->quota.v, QUOTA_MIN);
	if (c->period.set && c->period.v && (c->period.v < PERIOD_MIN || c->period.v > PERIOD_MAX))
		builder_fault(b, RES "/cpu/period", "%" PRIu64 " us is out of range (%d to %d)",
			      c->period.v, PERIOD_MIN, PERIOD_MAX);
	if (quota && c->burst.set && c->burst.v > (uint64_t)c->quota.v)
		builder_fault(b, RES "/cpu/burst",
			      "burst (%" PRIu64 ") is more than quota (%" PRId64 ")", c->burst.v,
			      c->quota.v);
	return b->nfaults == faults;
}

static void cpu_bandwidth(struct builder *b, const struct oci_cpu *c, bool v2)
{
	bool quota = c->quota.set && c->quota.v != 0, period = c->period.set && c->period.v != 0;
	const char *origin = quota ? RES "/cpu/quota" : RES "/cpu/period";
	uint32_t retry;

	if (!check_bandwidth(b, c))
		return;
	/* a burst of before may be above the new quota */
	retry = c->burst.set ? PLAN_CG_RETRY_ORDER : 0;
	if (v2 && (quota || period)) {
		uint64_t p = period ? c->period.v : PERIOD_DEFAULT;

		if (quota && c->quota.v > 0)
			limit_set(b, "cpu.max",
				  builder_ptr(b, "%" PRId64 " %" PRIu64, c->quota.v, p), retry,
				  origin);
		else
			limit_set(b, "cpu.max", builder_ptr(b, "max %" PRIu64, p),
				  retry | PLAN_CG_OPTIONAL, origin);
	}
	if (!v2 && period)
		limit_set_u64(b, "cpu.cfs_period_us", c->period.v, quota ? PLAN_CG_RETRY_ORDER : 0,
			      RES "/cpu/period");
	if (!v2 && quota)
		set_i64(b, "cpu.cfs_quota_us", c->quota.v < 0 ? -1 : c->quota.v, retry,
			RES "/cpu/quota");
	if (c->burst.set)
		limit_set_u64(b, v2 ? "cpu.max.burst" : "cpu.cfs_burst_us", c->burst.v, 0,
			      RES "/cpu/burst");
}

static void cpu_realtime(struct builder *b, const struct oci_cpu *c, bool v2)
{
	bool period = c->realtime_period.set && c->realtime_period.v,
	     runtime = c->realtime_runtime.set && c->realtime_runtime.v;

	if (v2 && (period || runtime)) {
		builder_refuse(b, period ? RES "/cpu/realtimePeriod" : RES "/cpu/realtimeRuntime",
			       "cgroup v2 has no limits for real-time tasks");
		return;
	}
	if (period)
		limit_set_u64(b, "cpu.rt_period_us", c->realtime_period.v,
			      runtime ? PLAN_CG_RETRY_ORDER : 0, RES "/cpu/realtimePeriod");
	if (runtime)
		set_i64(b, "cpu.rt_runtime_us", c->realtime_runtime.v, 0,
			RES "/cpu/realtimeRuntime");
}

/* A list as in cpuset(7): "0-3,8", "0-31:2/4". */
static void cpu_list(struct builder *b, const char *file, const char *list, const char *pointer)
{
	size_t n;

	if (!list || !*list)
		return;
	n = strspn(list, "0123456789-,:/ ");
	if (list[n])
		builder_fault(b, pointer, "\"%s\" is no list of numbers: unexpected \"%c\"", list,
			      list[n] < ' ' ? '?' : list[n]);
	else
		limit_set(b, file, list, 0, pointer);
}

void cgroup_convert_cpu(struct builder *b, const struct oci_cpu *c, bool v2)
{
	if (c->idle.set && (c->idle.v < 0 || c->idle.v > 1))
		builder_fault(b, RES "/cpu/idle", "%" PRId64 " is neither 0 nor 1", c->idle.v);
	else if (c->idle.set)
		set_i64(b, "cpu.idle", c->idle.v, c->idle.v ? 0 : PLAN_CG_OPTIONAL,
			RES "/cpu/idle");
	if (c->idle.v != 1) /* an idle cgroup has no weight, and refuses to be given one */
		cpu_shares(b, c, v2);
	cpu_bandwidth(b, c, v2);
	cpu_realtime(b, c, v2);
	cpu_list(b, "cpuset.cpus", c->cpus, RES "/cpu/cpus");
	cpu_list(b, "cpuset.mems", c->mems, RES "/cpu/mems");
}

/* --- pids --- */

/* runtime-spec 1.3.0 made 0 a limit of its own. Engines whose configs are older (Podman, Docker's
 * CLI with Podman) mean "no limit" by it. */
static bool is_zero_a_limit(const struct builder *b)
{
	const char *v = b->config->oci_version;
	unsigned long major, minor, patch;
	char *p;

	if (!v)
		return false;
	major = strtoul(v, &p, 10);
	minor = *p == '.' ? strtoul(p + 1, &p, 10) : 0;
	patch = *p == '.' ? strtoul(p + 1, &p, 10) : 0;
	if (major != 1 || minor != 3 || patch)
		return major > 1 || (major == 1 && minor >= 3);
	return *p != '-'; /* 1.3.0-rc.1 is below 1.3.0 (semver) */
}

bool cgroup_has_no_pids_limit(const struct builder *b, const struct oci_pids *p)
{
	return p->limit.v == -1 || (p->limit.v == 0 && !is_zero_a_limit(b));
}

/* 0 would not even let the container's first process be created: 1 is the least that means
 * anything, as in runc. */
void cgroup_convert_pids(struct builder *b, const struct oci_pids *p)
{
	const char *pointer = RES "/pids/limit";

	if (!p->limit.set)
		return;
	if (p->limit.v < -1)
		builder_fault(b, pointer, "%" PRId64 " is no number of processes (-1: no limit)",
			      p->limit.v);
	else if (cgroup_has_no_pids_limit(b, p))
		limit_set(b, "pids.max", "max", PLAN_CG_OPTIONAL, pointer);
	else
		set_i64(b, "pids.max", p->limit.v ? p->limit.v : 1, 0, pointer);
}
