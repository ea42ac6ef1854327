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

/* Each appends CGROUP_SET steps and reports faults at /linux/resources/…; @v2: for the files of v2.
 */
void cgroup_convert_memory(struct builder *b, const struct oci_memory *m, bool v2);
void cgroup_convert_cpu(struct builder *b, const struct oci_cpu *c, bool v2);
void cgroup_convert_pids(struct builder *b, const struct oci_pids *p);
/** The lists of v1: devices.deny, devices.allow, in order; then the devices that every container
 * may use. Without @emit the rules are only checked. */
void cgroup_convert_devices(struct builder *b, bool emit, const struct oci_device_rules *rules);

/** CGROUP_SET for all of linux.resources. cgroup.c */
void compile_limits(struct builder *b);
/** The host uid that the container's cgroup is given to, or UINT32_MAX. cgroup.c */
uint32_t cgroup_owner(struct builder *b);

#endif
