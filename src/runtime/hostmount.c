/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container without a mount namespace has its root and all that is mounted in it on the host. The
 * record says before anything is mounted in which mount its rootfs is; what lies on top of that
 * afterwards is the container's, and goes with it. A mount of the user's stays.
 */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
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

int hostmount_intent(const struct plan_header *h, struct record *r, struct hz_error *err)
{
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (h, s, i) {
		if (s->kind != PLAN_ROOTFS || !((const struct plan_rootfs *)s)->on_host)
			continue;
		r->mount_below.set = true;
		return mount_of(r->rootfs, &r->mount_below.v, err);
	}
	return 0;
}

int hostmount_remove(const struct record *r, struct hz_error *err)
{
	uint64_t now;

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
