/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of src/cgroup. */
#ifndef CGROUP_INTERNAL_H
#define CGROUP_INTERNAL_H

#include "cgroup/cgroup.h"

#include "base/buf.h"

struct cgroup_dir {
	const struct facts_hierarchy *hierarchy; /* borrowed from the facts */
	int fd;                                  /* O_PATH of the container's directory */
	const char *path;                        /* of it, borrowed; for cgroup_update() alone */
	unsigned at;                             /* index of its hierarchy */
	bool found;                              /* it was there */
};

struct cgroup {
	enum plan_cgroup_mode mode;
	struct cgroup_dir dirs[FACTS_HIERARCHIES];
	unsigned ndirs;
	int why;              /* errno: why not all controllers could be turned on (v2), or 0 */
	char *busy;           /* a cgroup whose processes keep them off, owned, or NULL */
	struct buf *switched; /* for cgroup_take_back(), borrowed, or NULL */
	const struct plan_cgroup_set
		*again;   /* PLAN_CG_RETRY_ORDER: to be written once more after the next value */
	struct buf *undo; /* what was there before, or NULL: borrowed */
	const char *gone; /* a recorded directory that is not there any more, borrowed */
	bool skip;        /* PLAN_CG_ELSE_NEXT: the next value is not needed */
};

/* "<n>:<path>" of a record. False when it is not of that form. */
bool cgroup_dir_parse(const char *recorded, unsigned *ret_removable, const char **ret_path);
/** O_PATH descriptor of a recorded directory, checked to be on a cgroup file system; -ENOENT when
 * it is gone, -EXDEV when it is elsewhere. */
int cgroup_dir_open(const char *path);
/** Is it the unified tree? */
bool cgroup_dir_is_unified(int fd);
/** A short file of a cgroup, without its last newline; -errno. */
int cgroup_read(int dirfd, const char *file, char *text, size_t size);
int cgroup_write(int dirfd, const char *file, const char *text);
/** Mark a cgroup that was created above a container's: the last container below it removes it. */
void cgroup_mark_shared(const char *path);
bool cgroup_is_shared(const char *path);
/** A word of a list that is separated by spaces, commas or newlines. */
bool cgroup_has_word(const char *list, const char *word);

/** Open the i-th recorded directory: 1 open, 0 gone or not ours, -1 error. *ret_path points into
 * @dirs. */
int cgroup_recorded_open(const struct oci_strings *dirs, size_t i, int *ret_fd, unsigned *ret_n,
			 const char **ret_path, struct hz_error *err);
/** The error for a recorded directory that is none. -1. */
int cgroup_bad_record(const char *recorded, struct hz_error *err);
/** The error when none of the directories is there. -1. */
int cgroup_is_gone(const struct oci_strings *dirs, struct hz_error *err);

/* freeze.c */
/** A process would stand still at once in this directory, and with it whoever waits for it: for one
 * of the container or of a cgroup above it is frozen. Then an error, -1. @populated: there are
 * processes in it already. */
int cgroup_check_thawed(int dirfd, const char *path, bool populated, struct hz_error *err);
/** Write to the freezer of each directory that has one; 0 or -errno, *ret_done counts the writes.
 */
int cgroup_freezer_write(const struct oci_strings *dirs, bool on, unsigned *ret_done);

/* undo.c */
/** Add to @undo what @file of the cgroup @path has now, before @value is written to it. */
void cgroup_undo_note(struct buf *undo, const char *path, const char *file, const char *value);

/* make.c */
/** How many components at the end of @path are not there (cut from @path, which is longer than
 * @root); -errno. */
int cgroup_missing_components(char *path, size_t root);
/** Make the directory @path and those above it, below the mount point of @root characters, and open
 * it as cgroup_dir_open() does. *ret_found: it was there. */
int cgroup_open_made(const char *path, size_t root, bool cpuset, bool *ret_found);

/* end.c */
/** How many processes are in the cgroup and in those below it; -errno. */
int cgroup_count(int dirfd, size_t *ret_n);

/* stats_read.c */
struct cgroup_files {
	int fds[FACTS_HIERARCHIES];
	unsigned n;
};
int cgroup_files_open(const struct oci_strings *dirs, struct cgroup_files *ret,
		      struct hz_error *err);
void cgroup_files_close(struct cgroup_files *f);
/** The text of the first of the cgroup's files with this name; buf_done() it. False: there is none.
 */
bool cgroup_files_text(const struct cgroup_files *f, const char *file, struct buf *ret);
/** The number of "FILE", of line KEY in "FILE:KEY", or of the sum of those in "FILE+FILE".
 * "max" is UINT64_MAX. False: it is not there. */
bool cgroup_files_number(const struct cgroup_files *f, const char *spec, uint64_t *ret);
/** Where the counters of block devices are: files of v1, the first that is there counts, or the
 * pairs of v2's io.stat that end in this unit ("bytes", "ios"; NULL: v2 has none). */
struct cgroup_io_place {
	const char *v1[2], *v2_unit;
};
struct cgroup_io {
	unsigned long major, minor;
	const char *op; /* "Read", "Write", …; "": v1 does not say */
	uint64_t value;
};
typedef void (*cgroup_on_io)(void *data, const struct cgroup_io *io);
/** The text at @p for cgroup_io_each(); buf_done() it. *ret_unit: NULL for v1. False: there is
 * none. */
bool cgroup_io_text(const struct cgroup_files *f, const struct cgroup_io_place *p, struct buf *ret,
		    const char **ret_unit);
/** @f for each counter in @text ("8:0 Read 1" and "8:0 1" of v1, "8:0 rbytes=1 wbytes=2" of v2),
 * which is cut up. Lines without a device are sums of the others and left out. */
void cgroup_io_each(char *text, const char *v2_unit, cgroup_on_io f, void *data);
/* stats.c: cgroup_stats_encode() and cgroup_stats_get() of open directories. */
void cgroup_files_encode(const struct cgroup_files *f, struct oci_json *j);
void cgroup_files_stats(const struct cgroup_files *f, struct hz_stats *ret);

/** The number behind @key on a line of @text, "key 1"; false: no such line. */
bool cgroup_line_number(const char *text, const char *key, uint64_t *ret);

/* facts.c */
/** Is each hierarchy that the kernel has mounted where this process can reach it? 1, 0; -1 error.
 */
int cgroup_all_in_sight(struct hz_error *err);

/* mounts.c */
/** What @path of /proc/PID/cgroup is below @root, the root of a mount: "/x", "/"; NULL: it is not
 * below. */
const char *cgroup_below(const char *root, const char *path);
/** Fill in mountpoint, root and own_path of each hierarchy of @f that is mounted. @text is that of
 * /proc/self/mountinfo, and is cut up. -ENOMEM. */
int cgroup_choose_mounts(char *text, struct plan_facts *f, struct arena *a);
/** The same with /proc/self/mountinfo. */
int cgroup_read_mounts(struct plan_facts *f, struct arena *a, struct hz_error *err);
/** The directory of the cgroup that the kernel calls @path; *ret is NULL when the mount does not
 * show it. */
int cgroup_dir_of(const struct facts_hierarchy *h, const char *path, struct arena *a,
		  const char **ret, struct hz_error *err);

/* v1.c */
/** A new cpuset cgroup has no cpus and no memory nodes: take those of its parent, or nothing can
 * enter it. */
int cgroup_v1_inherit_cpuset(int parent, int child);
/** "cpus" for "cpuset.cpus", as it is called where cpuset is mounted with "noprefix" (Android, old
 * hosts); NULL for other files. */
const char *cgroup_v1_short_name(const char *file);
/* bpf_device.c */
/** The program for @rules (struct plan_cgroup_devices): instructions of eBPF as bytes. -EINVAL for
 * rules of no known form, -ENOMEM. */
int cgroup_bpf_build(const uint32_t *rules, uint32_t nwords, struct buf *ret);
/* bpf.c */
/** Load the program and attach it to the cgroup @dirfd, in the place of the one that an earlier
 * call attached. Atomic: the old one or the new one is in force. @fresh: nothing can be attached
 * yet. */
int cgroup_bpf_attach(int dirfd, const struct buf *program, bool fresh, struct hz_error *err);
/** Take off what cgroup_bpf_attach() attached, if anything. */
void cgroup_bpf_detach(int dirfd);
/* v2.c */
/* The controllers that are to be turned on for a container. */
struct cgroup_controllers {
	const struct plan_header *h;
	struct plan_vec wanted;
	struct plan_vec needed; /* by limits: those alone where processes live in an ancestor */
};
/**
 * Turn on @c for the cgroup @leaf on @path, in all its ancestors from the mount point down, as far
 * as that is possible: a value whose controller could not be turned on tells of it later (cg->why).
 * The cgroup becomes threaded where it has to and can.
 */
int cgroup_v2_enable(struct cgroup *cg, const struct cgroup_dir *leaf, const char *path,
		     const struct cgroup_controllers *c, struct hz_error *err);
/** Add the processes of the cgroup @path to @b: "12 (sh), 13 (cat)". */
void cgroup_v2_holders(const char *path, struct buf *b);
/** Give the directory and the files of /sys/kernel/cgroup/delegate to @uid (runtime-spec
 * config-linux, cgroup ownership). */
int cgroup_v2_delegate(int dirfd, uid_t uid, struct hz_error *err);

#endif
