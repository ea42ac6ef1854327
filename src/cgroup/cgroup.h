/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cgroups of containers, on v2, v1 and hybrid hosts. The runtime layer calls these in this order:
 *
 *   cgroup_facts      before compiling: what this host has
 *   cgroup_plan_dirs  before anything is made: the directories that will be, for the intent record
 *   cgroup_prepare    makes them, opens what init needs to enter (v1: `tasks` files) and clone3
 *   cgroup_set        once per value; cgroup_set_devices
 *   cgroup_clone_fd   for CLONE_INTO_CGROUP
 *
 *   cgroup_is_frozen, cgroup_freeze, cgroup_thaw, cgroup_kill, cgroup_procs, cgroup_destroy
 *                     later, from the recorded directories alone
 *
 * A recorded directory is "<n>:<absolute path>": hezi may remove the last n components of the path
 * (those that were not there before; 0: the leaf was there already). "" is a directory that turned
 * out to be somebody else's: it is passed over. Before anything is written to or removed in a
 * directory it is checked with fstatfs to be on a cgroup file system.
 */
#ifndef CGROUP_CGROUP_H
#define CGROUP_CGROUP_H

#include "base/buf.h"
#include "base/error.h"
#include "hezi/hezi.h"
#include "ocispec.h"
#include "plan/compile.h"

#include <stdbool.h>
#include <sys/types.h>

struct cgroup;

/** Fill in the cgroup part of @f; strings live in @a. A host without any cgroup mount gives
 * PLAN_CGROUP_NONE. */
int cgroup_facts(struct plan_facts *f, struct arena *a, struct hz_error *err);

/**
 * The record's strings for @s, one per hierarchy, allocated in @a. Only looks. A directory that is
 * there and in use ("container's cgroup is not empty") or frozen is refused here, before a record
 * could call it the container's own. On failure *ret_dirs is empty.
 */
int cgroup_plan_dirs(const struct plan_cgroup_create *s, const struct plan_header *h,
		     const struct plan_facts *f, struct arena *a, struct oci_strings *ret_dirs,
		     struct hz_error *err);

/** The record's strings for the cgroup @path in each hierarchy, when nothing tells any more which
 * components were made for it: the last one. */
int cgroup_path_dirs(const char *path, const struct plan_facts *f, struct arena *a,
		     struct oci_strings *ret, struct hz_error *err);

struct cgroup_request {
	const struct plan_cgroup_create *step;
	const struct plan_header *plan; /* of the step */
	const struct plan_facts *facts;
	const struct oci_strings *dirs; /* of cgroup_plan_dirs */
	bool forgive;
	bool rootless;        /* a user: he goes without the tree of v2 that v1 has beside it */
	struct buf *switched; /* NULL, or gets what cgroup_take_back() needs */
};

/**
 * Make the directories in dirs, turn controllers on, fill @slots[0…] with the v1 `tasks` files.
 * forgive: where the user may not (EACCES, EPERM, EROFS), *ret becomes NULL ("no cgroup") and
 * the slots are /dev/null. On failure what was made stays for cgroup_destroy, and what was not ours
 * is taken out of dirs. Controllers of v2 that cannot be turned on are told of by cgroup_set.
 */
int cgroup_prepare(const struct cgroup_request *q, int *slots, struct cgroup **ret,
		   struct hz_error *err);
/** Turn off the controllers of v2 that were turned on for a container that failed, once its
 * directories are removed. Where other cgroups have come they stay on. */
void cgroup_take_back(const struct buf *switched);
/** Write one value. The error names the file, the value and what the kernel said. */
int cgroup_set(struct cgroup *cg, const struct plan_header *h, const struct plan_cgroup_set *s,
	       struct hz_error *err);
/** Load and attach the device filter, in the place of an earlier one. */
int cgroup_set_devices(struct cgroup *cg, const struct plan_header *h,
		       const struct plan_cgroup_devices *s, struct hz_error *err);
/**
 * Change what a container has: all CGROUP_SET and CGROUP_DEVICES of @h (plan_compile_update) are
 * applied to the recorded directories, up to the first that fails; err->pointer is then the config
 * value at fault. @undo gets what cgroup_undo() needs to write the former values again (not those
 * of devices); NULL: it is not wanted.
 */
int cgroup_update(const struct oci_strings *dirs, const struct plan_facts *f,
		  const struct plan_header *h, struct buf *undo, struct hz_error *err);
/** Write all of them, and tell of the first that cannot be written. */
int cgroup_undo(const struct buf *undo, struct hz_error *err);
/** How often the cgroups that hezi made ran out of memory, so that the kernel killed a process or
 * refused it memory; 0 when that cannot be known. */
uint64_t cgroup_ooms(const struct oci_strings *dirs);
/** What the container uses, as runc's `events --stats` shows it: an object is added to @j. What
 * this host cannot tell is left out. */
int cgroup_stats_encode(const struct oci_strings *dirs, struct oci_json *j, struct hz_error *err);
/** The same in numbers for people; size is the caller's. What this host cannot tell stays 0, and
 * UINT64_MAX is "no limit". */
int cgroup_stats_get(const struct oci_strings *dirs, struct hz_stats *ret, struct hz_error *err);

/* Waits for the memory of a container to run out. */
struct cgroup_watch {
	int fd; /* readable: cgroup_watch_happened() may tell of something; -1: nothing to watch */
	const char *path; /* of the memory cgroup, borrowed from the directories */
	bool unified;
	uint64_t seen;
};
/** Close fd when done. */
int cgroup_watch_ooms(const struct oci_strings *dirs, struct cgroup_watch *ret,
		      struct hz_error *err);
/** Has memory run out since the last call? */
bool cgroup_watch_happened(struct cgroup_watch *w);

/** Directory of the unified tree for clone3, borrowed; -1 when there is none. */
int cgroup_clone_fd(const struct cgroup *cg);
void cgroup_free(struct cgroup *cg);

/** 1 frozen, 0 not (also: no such cgroup), -1 error. */
int cgroup_is_frozen(const struct oci_strings *dirs, struct hz_error *err);
/** Send @sig to all processes of the cgroups, sub-cgroups included; SIGKILL ends when none is left
 * (bounded, about 10 s). */
int cgroup_kill(const struct oci_strings *dirs, int sig, struct hz_error *err);
/** The directory whose freezer stops the container's processes, borrowed; NULL: there is none. */
const char *cgroup_freezer_path(const struct oci_strings *dirs);
/** Freeze, and wait until every process stands still; thawed again when that takes more than 10 s.
 * It is an error when no cgroup of the container has a freezer. */
int cgroup_freeze(const struct oci_strings *dirs, struct hz_error *err);
/** Thaw what is frozen. */
int cgroup_thaw(const struct oci_strings *dirs, struct hz_error *err);
/** Remove the directories with their sub-cgroups, then the ancestors that hezi made and that are
 * empty. Gone already is fine. */
int cgroup_destroy(const struct oci_strings *dirs, struct hz_error *err);
/** Pids in the cgroups (sub-cgroups included), each once, sorted; free() it. */
int cgroup_procs(const struct oci_strings *dirs, pid_t **ret, size_t *ret_n, struct hz_error *err);

/* The way into a container's cgroups for one more process. */
struct cgroup_join {
	int unified; /* O_PATH directory for CLONE_INTO_CGROUP, -1: none */
	int tasks[FACTS_HIERARCHIES];
	unsigned ntasks; /* v1: `tasks` files */
};

/**
 * Open it. @subs: "[controller[,controller]:]path" below the container's own directories, none for
 * those themselves. @forgive: what is missing or not ours is left out. @err is not NULL.
 * cgroup_join_close() it.
 */
int cgroup_join_open(const struct oci_strings *dirs, const struct oci_strings *subs,
		     const struct plan_facts *f, bool forgive, struct cgroup_join *ret,
		     struct hz_error *err);
void cgroup_join_close(struct cgroup_join *j);
/** O_PATH directory of the unified tree where @pid is now; -errno. */
int cgroup_join_own(pid_t pid, const struct plan_facts *f);

#endif
