/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scopes of systemd. hezi is linked statically and cannot load libsystemd, so D-Bus is spoken by
 * hezi-systemd, a small program that hezi carries in itself and starts from memory when it is
 * needed. It lives as long as one of these calls.
 */
#ifndef CGROUP_SYSTEMD_H
#define CGROUP_SYSTEMD_H

#include "cgroup/cgroup.h"

/* As the record keeps it. */
struct cgroup_unit {
	const char *name;
	const char *description; /* tells a unit of ours from one that only has its name */
	bool user;               /* of the user's manager */
};

/* What a create wants. */
struct cgroup_unit_request {
	const struct plan_unit_start *step;
	const struct plan_header *plan; /* of the step */
	const struct plan_facts *facts;
	pid_t pid;            /* goes into it */
	struct buf *switched; /* as in struct cgroup_request */
};

/** False: this hezi was built without libsystemd, and all that asks systemd fails. */
bool cgroup_unit_is_built(void);
/**
 * Start the unit. @ret_group: its cgroup below the mount points; @ret_unknown: names of properties
 * that this systemd does not know and that only the files of the cgroup carry now. Strings in @a.
 * HZ_E_EXISTS: the name is taken by a unit that is not ours. After any other failure the unit may
 * be there: cgroup_unit_stop().
 */
int cgroup_unit_start(const struct cgroup_unit_request *q, struct arena *a, const char **ret_group,
		      struct oci_strings *ret_unknown, struct hz_error *err);
/** The record's strings for the unit's cgroup; a directory that systemd made is hezi's to remove
 * only if systemd leaves it. */
int cgroup_unit_dirs(const char *group, const struct plan_facts *f, struct arena *a,
		     struct oci_strings *ret, struct hz_error *err);
/** Open the directories, make those of hierarchies that systemd does not use, put the process into
 * all. */
int cgroup_unit_adopt(const struct cgroup_unit_request *q, const struct oci_strings *dirs,
		      struct cgroup **ret, struct hz_error *err);
/** Kill, stop, forget. Gone already, or somebody else's, is fine. */
int cgroup_unit_stop(const struct cgroup_unit *u, struct hz_error *err);
/** Change properties ("[?]Name=value", plan/unit_properties.h) until the next boot. */
int cgroup_unit_set(const struct cgroup_unit *u, const struct oci_strings *properties,
		    struct arena *a, struct oci_strings *ret_unknown, struct hz_error *err);
/** Put a process into the unit, where the caller may not write to cgroup.procs himself. */
int cgroup_unit_attach(const struct cgroup_unit *u, pid_t pid, struct hz_error *err);

#endif
