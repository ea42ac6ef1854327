/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container without a mount namespace has its root and all that is mounted in it on the host. The
 * record says before anything is mounted in which mount its rootfs is; what lies on top of that
 * afterwards is the container's, and goes with it. A mount of the user's stays. The host's own root
 * is rejected.
 */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000U
#endif

static int mount_of(const char *path, uint64_t *ret, struct hz_error *err)
{
	struct statx st;

	if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_MNT_ID, &st))
		return error_sys(err, errno, "statx", path, "look at the rootfs \"%s\"", path);
	*ret = st.stx_mnt_id;
	return 0;
}

static bool is_own_mount_ns(const char *path)
{
	struct stat own, other;

	return !stat("/proc/self/ns/mnt", &own) && !stat(path, &other) &&
	       own.st_ino == other.st_ino && own.st_dev == other.st_dev;
}

/* Will the container live in our mount namespace? */
static bool shares_mounts(const struct plan_header *h)
{
	const struct plan_step *s;
	bool shares = false;
	uint32_t i;

	plan_foreach (h, s, i) {
		const struct plan_ns_open *o = (const struct plan_ns_open *)s;

		if (s->kind == PLAN_PIVOT)
			shares = ((const struct plan_pivot *)s)->how == PLAN_PIVOT_CHROOT;
		else if (s->kind == PLAN_NS_OPEN && o->type == CLONE_NEWNS &&
			 !is_own_mount_ns(plan_text(h, o->path)))
			return false;
	}
	return shares;
}

/*
 * The device and inode tell that a directory is the host's root, through whatever links and bind
 * mounts: its nodes are the host's own, which the container's would be made among.
 */
static int check_root(const struct plan_header *h, const char *path, struct hz_error *err)
{
	struct stat root, host;

	if (!shares_mounts(h) || stat(path, &root) || stat("/", &host) ||
	    root.st_ino != host.st_ino || root.st_dev != host.st_dev)
		return 0;
	error_set(err, HZ_E_CONFIG,
		  "\"%s\" is the root directory of the host, and the container has no mount "
		  "namespace of its own: its mounts and devices would be made on the host",
		  path);
	error_pointer(err, "/root/path");
	return error_hint(err, "add {\"type\": \"mount\"} to linux.namespaces, or use a directory "
			       "with a root file system of its own");
}

int hostmount_intent(const struct plan_header *h, struct record *r, struct hz_error *err)
{
	const struct plan_step *s;
	uint32_t i;

	if (check_root(h, r->rootfs, err))
		return -1;
	plan_foreach (h, s, i) {
		if (s->kind != PLAN_ROOTFS || !((const struct plan_rootfs *)s)->on_host)
			continue;
		r->mount_below.set = true;
		return mount_of(r->rootfs, &r->mount_below.v, err);
	}
	return 0;
}

/* The container's mount is on the rootfs itself: it is another one than that of the directory
 * above. */
void hostmount_recover(const struct plan_header *h, struct record *r)
{
	const struct plan_step *s;
	char above[PATH_MAX];
	bool on_host = false;
	uint32_t i;

	plan_foreach (h, s, i)
		if (s->kind == PLAN_ROOTFS)
			on_host = ((const struct plan_rootfs *)s)->on_host;
	if (on_host && !r->mount_below.set &&
	    snprintf(above, sizeof(above), "%s/..", r->rootfs) < (int)sizeof(above))
		r->mount_below.set = !mount_of(above, &r->mount_below.v, NULL);
	else if (!on_host)
		r->mount_below.set = false;
}

int hostmount_remove(const struct record *r, struct hz_error *err)
{
	uint64_t now = 0;

	if (!r->mount_below.set || !r->rootfs)
		return 0;
	if (mount_of(r->rootfs, &now, err)) {
		if (!err || err->errnum != ENOENT)
			return -1;
		hz_error_clear(err); /* gone, and what was on it too */
		return 0;
	}
	if (now == r->mount_below.v || !umount2(r->rootfs, MNT_DETACH | UMOUNT_NOFOLLOW))
		return 0;
	return error_sys(err, errno, "umount2", r->rootfs, "unmount the rootfs \"%s\"", r->rootfs);
}
