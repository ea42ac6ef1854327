/* SPDX-License-Identifier: Apache-2.0 */
/* A part of plan.h: the steps about cgroups. Included there, after struct plan_step. */
#ifndef PLAN_CGROUP_STEPS_H
#define PLAN_CGROUP_STEPS_H

struct plan_cgroup_create {
	struct plan_step s;
	plan_str path; /* below the cgroup mount(s), absolute, lexically clean */
	uint32_t mode; /* enum plan_cgroup_mode */
	/* v1, hybrid: the names of the hierarchies ("cpu,cpuacct", "name=systemd"); v2: controllers
	 * to enable where that harms nobody */
	struct plan_vec controllers;
	struct plan_vec unified; /* hybrid, v2: controllers of the unified tree that limits need */
	uint32_t owner_uid;     /* host uid the cgroup is given to (v2 delegation), or UINT32_MAX */
	uint32_t must_be_empty; /* refuse when processes are in it */
};
enum plan_cgroup_mode {
	PLAN_CGROUP_V1,
	PLAN_CGROUP_HYBRID,
	PLAN_CGROUP_V2,
	PLAN_CGROUP_NONE,
};

/* One value for one file. Order matters (memory and swap on v1). */
struct plan_cgroup_set {
	struct plan_step s;
	/* v1: hierarchy that holds the file ("memory"); v2: controller that must be on */
	plan_str controller;
	plan_str file, value;
	uint32_t flags; /* PLAN_CG_* */
};
#define PLAN_CG_OPTIONAL (1u << 0) /* no such file: go on (the value is a default) */
/* v1 memory: on EINVAL/EBUSY write the next step first, then this again */
#define PLAN_CG_RETRY_ORDER (1u << 1)
/* no such file: do the next step; else skip that */
#define PLAN_CG_ELSE_NEXT (1u << 2)
/* memory of v2: refuse a limit that is not above what is in use */
#define PLAN_CG_CHECK_USE (1u << 3)

/* Which devices may be used, by a program for the cgroup of the unified tree; takes the place of
 * one that hezi set before. Rules in order: the last that fits decides, for each kind of access;
 * what none fits is allowed. */
struct plan_cgroup_devices {
	struct plan_step s;
	struct plan_vec
		rules; /* of uint32_t, four to a rule: type and ALLOW, major, minor, access */
};
#define PLAN_DEVICE_RULE_WORDS 4u
#define PLAN_DEVICE_BLOCK      1u /* types: BPF_DEVCG_DEV_* of the kernel */
#define PLAN_DEVICE_CHAR       2u
#define PLAN_DEVICE_BOTH       3u
#define PLAN_DEVICE_ALLOW      4u
#define PLAN_DEVICE_ANY        UINT32_MAX /* major, minor */
#define PLAN_DEVICE_MKNOD      1u         /* access: BPF_DEVCG_ACC_* of the kernel */
#define PLAN_DEVICE_READ       2u
#define PLAN_DEVICE_WRITE      4u
#define PLAN_DEVICE_ALL        7u

/*
 * A transient scope of systemd for the spawned process, which waits for its plan meanwhile. Takes
 * the place of CGROUP_CREATE; the values that follow go to the cgroup that systemd has made.
 */
struct plan_unit_start {
	struct plan_step s;
	plan_str name, slice;
	uint32_t user;      /* 1: the user's manager, 0: the system's */
	uint32_t mode;      /* enum plan_cgroup_mode */
	uint32_t owner_uid; /* as in CGROUP_CREATE */
	/* v1, hybrid: as in CGROUP_CREATE; v2: controllers of the values that follow */
	struct plan_vec controllers;
	struct plan_vec properties; /* "[?]Name=value", see unit_properties.h */
	uint32_t pad;
};

#endif
