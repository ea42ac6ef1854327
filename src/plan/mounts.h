/* SPDX-License-Identifier: Apache-2.0 */
/* What the compilers of mounts, devices, paths and cgroups share. */
#ifndef PLAN_MOUNTS_H
#define PLAN_MOUNTS_H

#include "plan/builder.h"
#include "plan/mount_options.h"

/* Where the directory with the socket of sd_notify(3) is in the box, as with runc. */
#define NOTIFY_TARGET "/run/notify"

/** @path is @dir or below it; both clean. paths.c */
bool path_is_below(const char *path, const char *dir);
/** What @path, which is clean, is below the rootfs: "/etc" for "/bundle/rootfs/etc". NULL: it is
 * not below it, or the rootfs is "/". paths.c */
const char *plan_below_rootfs(struct builder *b, const char *path);

/** The container's root is in a user namespace other than the first one. mounts.c */
bool plan_in_userns(const struct builder *b);

/**
 * A mount without its data is a bind mount: bind or rbind is among the options, or the type is
 * "bind" (as other runtimes take it).
 */
bool mount_is_bind(const struct oci_mount *m);
/** The mount makes a cgroup file system: type cgroup or cgroup2, and no bind. */
bool mount_is_cgroup(const struct oci_mount *m);
/** The last of ro, rw, rro, rrw among the options is a ro. */
bool mount_is_readonly(const struct oci_mount *m);

/** What follows "idmap=" or "ridmap=" in @option, or NULL. mount_idmap.c */
const char *mount_idmap_spec(const char *option);
/**
 * mount_idmap.c: the ids of mounts[@i], of which options[@option] is the last idmap or ridmap, into
 * @step (whose flags say whether there is one).
 */
void compile_mount_idmap(struct builder *b, size_t i, size_t option, bool is_bind,
			 struct plan_mount *step);

/** cgroup_mount.c: one PLAN_MOUNT_CGROUP. @f: the folded options. */
void compile_cgroup_mount(struct builder *b, size_t i, const char *target,
			  const struct mount_flags *f);

/**
 * cgroup.c: the container's cgroup below each hierarchy ("/<id>"), clean; NULL when it is at fault
 * (reported by compile_cgroup() alone) or when the container has none.
 */
const char *cgroup_path(struct builder *b);

/**
 * Make the read-only tmpfs and /dev mounts read-only, which had to be writable while mount points,
 * nodes and files were made in them: a PLAN_MOUNT with PLAN_MOUNT_REMOUNT each. mounts.c
 */
void mounts_seal(struct builder *b);

#endif
