/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources, whose words are those of cgroup v1, as values of files of v1 or v2. */
#ifndef PLAN_CGROUP_CONVERT_H
#define PLAN_CGROUP_CONVERT_H

#include "plan/builder.h"

/**
 * cpu.weight (1 … 10000) for cpu.shares: ceil(10^((l^2 + 125 l)/612 - 7/34)) with l = log2(shares),
 * which puts the defaults 1024 and 100 and the ends 2 and 262144 on each other (Kubernetes
 * KEP-2254, runc 1.3.2, crun 1.23).
 */
uint64_t cgroup_weight_from_shares(uint64_t shares);

enum cgroup_place {
	CGROUP_NOWHERE,
	CGROUP_V1,
	CGROUP_V2, /* in the unified tree, of a hybrid host too */
};
/** Where the container has the controller @name. cgroup.c */
enum cgroup_place cgroup_find(const struct builder *b, const char *name);
/** There will be a cgroup for the container. cgroup.c */
bool cgroup_is_possible(const struct builder *b);
/** Add the controllers of the unified tree that linux.resources needs to @names (n of max), each
 * once; returns the new n. Strings in b->scratch. cgroup_limits.c */
size_t cgroup_limits_need(struct builder *b, const char **names, size_t n, size_t max);

/** CGROUP_SET of one value; the controller is what @file begins with. */
void limit_set(struct builder *b, const char *file, const char *value, uint32_t flags,
	       const char *origin);
void limit_set_u64(struct builder *b, const char *file, uint64_t v, uint32_t flags,
		   const char *origin);

/* Each appends CGROUP_SET steps and reports faults at /linux/resources/…; @v2: for the files of v2.
 */
void cgroup_convert_memory(struct builder *b, const struct oci_memory *m, bool v2);
/** Tell of what cannot be limited on any host. */
void cgroup_warn_memory(struct builder *b, const struct oci_memory *m);
void cgroup_convert_cpu(struct builder *b, const struct oci_cpu *c, bool v2);
void cgroup_convert_pids(struct builder *b, const struct oci_pids *p);
/** -1, or 0 in a config from before runtime-spec 1.3.0. */
bool cgroup_has_no_pids_limit(const struct builder *b, const struct oci_pids *p);
/* cgroup_io.c */
bool cgroup_has_block_io(const struct oci_block_io *x);
void cgroup_convert_block_io(struct builder *b, const struct oci_block_io *x, bool v2);
/* cgroup_rare.c */
void cgroup_convert_hugetlb(struct builder *b, const struct oci_hugepage_limits *l, bool v2);
void cgroup_convert_rdma(struct builder *b, const struct oci_rdmas *l);
/** net_cls and net_prio, which only v1 has. */
void cgroup_convert_class_id(struct builder *b, uint32_t id);
void cgroup_convert_priorities(struct builder *b, const struct oci_if_priorities *l);
/** The controller of the key of a unified value, in b->scratch; NULL after a fault. */
const char *cgroup_unified_controller(struct builder *b, const char *key);
/** One line of the value is one write: files as io.max take no more at once. */
void cgroup_convert_unified(struct builder *b, const struct oci_pair *e);

enum device_how {
	DEVICES_CHECK, /* only check the rules */
	DEVICES_V1,    /* CGROUP_SET: devices.deny and devices.allow */
	DEVICES_V2,    /* CGROUP_DEVICES */
};
/** The rules in order; after a rule that denies, the devices that every container may use. */
void cgroup_convert_devices(struct builder *b, enum device_how how,
			    const struct oci_device_rules *rules);

/** Do the rules deny anything? What comes before a rule that allows all does not count. */
bool cgroup_rules_deny(const struct oci_device_rules *rules);

/** CGROUP_DEVICES, CGROUP_SET for all of linux.resources. cgroup_limits.c */
void compile_limits(struct builder *b);
/** A limit of one process, which holds only once the stub has cloned init: compile_late_limits()
 * sets it then. */
bool cgroup_has_late_limit(const struct builder *b);
void compile_late_limits(struct builder *b);
/** The host uid that the container's cgroup is given to, or UINT32_MAX. cgroup.c */
uint32_t cgroup_owner(struct builder *b);

#endif
