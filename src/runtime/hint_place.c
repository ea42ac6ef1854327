/* SPDX-License-Identifier: Apache-2.0 */
/* Why the root or /proc cannot be had in this environment: chroots, initramfs, private directories,
 * an outer container. Asked on the way out only. */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* A line of uid_map. */
struct range {
	unsigned long inside, outside, size;
};

static bool next_range(const char **map, struct range *ret)
{
	char *at;

	ret->inside = strtoul(*map, &at, 10);
	ret->outside = strtoul(at, &at, 10);
	ret->size = strtoul(at, &at, 10);
	if (at == *map)
		return false;
	*map = at;
	return true;
}

/* @id of the user namespace whose map (uid_map's text) this is, as we see it; false: unmapped. */
static bool map_id(const char *map, unsigned long id, unsigned long *ret)
{
	struct range r;

	while (next_range(&map, &r)) {
		if (id - r.inside >= r.size)
			continue;
		*ret = r.outside + (id - r.inside);
		return true;
	}
	return false;
}

/* Is the id that we see one of the namespace's? */
static bool is_mapped(const char *map, unsigned long id)
{
	struct range r;

	while (next_range(&map, &r))
		if (id - r.outside < r.size)
			return true;
	return false;
}

struct maps {
	const char *uids, *gids;
};

static struct maps find_maps(const struct plan_header *h)
{
	struct maps ret = {"", ""};
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (h, s, i) {
		const struct plan_id_map *m = (const struct plan_id_map *)s;

		if (s->kind == PLAN_ID_MAP)
			*(m->is_gid ? &ret.gids : &ret.uids) = plan_text(h, m->text);
	}
	return ret;
}

/* May root of the container's user namespace pass through this directory? Its capabilities count
 * only where owner and group are mapped. */
static bool may_pass(const struct maps *m, unsigned long uid, unsigned long gid,
		     const struct stat *st)
{
	if (is_mapped(m->uids, st->st_uid) && is_mapped(m->gids, st->st_gid))
		return true;
	if (st->st_uid == uid)
		return st->st_mode & S_IXUSR;
	return st->st_mode & (st->st_gid == gid ? S_IXGRP : S_IXOTH);
}

static int hint_search(const struct plan_header *h, const char *path, struct hz_error *err)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	struct maps m = find_maps(h);
	unsigned long uid, gid;
	struct stat st;

	if (!real || !map_id(m.uids, 0, &uid) || !map_id(m.gids, 0, &gid))
		return -1;
	for (char *at = strchr(real + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (stat(real, &st))
			return -1;
		if (!may_pass(&m, uid, gid, &st))
			return error_hint(err,
					  "uid %lu, root in the container's user namespace, has no "
					  "search permission on \"%s\" (mode %04o, owner %u:%u): "
					  "chmod o+x it, or move the root file system",
					  uid, real, st.st_mode & 07777, st.st_uid, st.st_gid);
		*at = '/';
	}
	return -1;
}

/* "ID PARENT …" of mountinfo: the first mount of a namespace is its own parent. */
static bool is_first_mount(unsigned long long id)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	unsigned long long mount;
	char *end;

	if (file_read_at(AT_FDCWD, "/proc/self/mountinfo", &text, 64u << 20))
		return false;
	for (const char *at = text.data; at && *at; at = strchr(at, '\n')) {
		at += *at == '\n';
		mount = strtoull(at, &end, 10);
		if (end != at && mount == id)
			return strtoull(end, NULL, 10) == mount;
	}
	return false;
}

static int hint_root(struct hz_error *err)
{
	struct statx st = {0};

	if (syscall(SYS_statx, AT_FDCWD, "/", 0, STATX_TYPE | STATX_MNT_ID, &st))
		return -1;
	if ((st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) &&
	    !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return error_hint(err, "\"/\" is not a mount point, as in a chroot: mount the "
				       "directory on itself (mount --rbind DIR DIR) before chroot "
				       "DIR");
	if (is_first_mount(st.stx_mnt_id))
		return error_hint(err,
				  "\"/\" is the first mount, as in an initramfs, and cannot be "
				  "exchanged: use --no-pivot, or switch_root(8) to another root");
	return -1;
}

static int hint_proc(long call, struct hz_error *err)
{
	if (call == SYS_fsmount)
		return error_hint(err,
				  "something covers a part of /proc here (findmnt -R /proc): LXC "
				  "needs security.nesting, Docker systempaths=unconfined, Podman "
				  "unmask=ALL, Kubernetes procMount: Unmasked, systemd no "
				  "ProtectKernelTunables=");
	return error_hint(err,
			  "the pid namespace belongs to another user namespace: add {\"type\": "
			  "\"pid\"} to linux.namespaces, or bind the host's /proc");
}

int hint_place(const struct plan_header *h, const struct plan_step *s, long call, int errnum,
	       struct hz_error *err)
{
	const char *type =
		s->kind == PLAN_MOUNT ? plan_text(h, ((const struct plan_mount *)s)->type) : NULL;

	if (errnum == EINVAL && (s->kind == PLAN_ROOT_PROPAGATION || s->kind == PLAN_PIVOT))
		return hint_root(err);
	if (errnum == EACCES && s->kind == PLAN_ROOTFS)
		return hint_search(h, plan_text(h, ((const struct plan_rootfs *)s)->path), err);
	if ((errnum == EXDEV || errnum == EROFS) &&
	    (s->kind == PLAN_SYSCTL || s->kind == PLAN_LABEL))
		return error_hint(err,
				  "something is mounted at or above this file of /proc (findmnt "
				  "-R /proc), and the kernel refuses hezi a procfs of its own");
	if (errnum == EPERM && type && !strcmp(type, "proc") &&
	    (call == SYS_fsmount || call == SYS_fsconfig))
		return hint_proc(call, err);
	return -1;
}
