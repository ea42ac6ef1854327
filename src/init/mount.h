/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of init that build the box share: targets below the new root, new file systems,
 * mounts by descriptor.
 *
 * The root file system is hostile: every path in it is resolved by openat2(RESOLVE_IN_ROOT |
 * RESOLVE_NO_MAGICLINKS) from init->rootfd and used by descriptor from then on; nothing is mounted,
 * made or removed by a path.
 */
#ifndef INIT_MOUNT_H
#define INIT_MOUNT_H

#include "init/init.h"

#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

/* linux/stat.h keeps these to itself once a header of libc has been seen, as in builds that are not
 * freestanding. */
#ifndef S_IFMT
#define S_IFMT      00170000
#define S_IFSOCK    0140000
#define S_IFLNK     0120000
#define S_IFREG     0100000
#define S_IFBLK     0060000
#define S_IFDIR     0040000
#define S_IFCHR     0020000
#define S_IFIFO     0010000
#define S_ISLNK(m)  (((m)&S_IFMT) == S_IFLNK)
#define S_ISREG(m)  (((m)&S_IFMT) == S_IFREG)
#define S_ISDIR(m)  (((m)&S_IFMT) == S_IFDIR)
#define S_ISFIFO(m) (((m)&S_IFMT) == S_IFIFO)
#endif

enum target_want {
	TARGET_DIR,      /* a directory; made when missing */
	TARGET_REAL_DIR, /* the same, and no symbolic link on the way */
	TARGET_FILE,     /* whatever is there; an empty file is made when missing */
};

/**
 * Open @path below the new root, O_PATH. @flags: O_DIRECTORY, O_NOFOLLOW; @resolve: RESOLVE_* added
 * to the two that are always on. Nothing is made. Returns the descriptor or -errno.
 */
int init_target_find(const struct init *init, const char *path, uint64_t flags, uint64_t resolve);

/**
 * Open @path below the new root, making what is missing of it (directories 0755, a file 0644).
 * Links are followed below the new root only, also dangling ones. What is there is never opened for
 * reading. Returns the descriptor, or -1 with the error noted.
 */
int init_target_open(struct init *init, const struct plan_step *step, const char *path,
		     enum target_want want);

/**
 * init_target_open() of the directory that @path (absolute, lexically clean, not "/") lies in.
 * Borrowed: it is good until the next mount, and kept for the next question about the same one.
 * *ret_name: its last component, in @path.
 */
int init_target_parent(struct init *init, const struct plan_step *step, const char *path,
		       const char **ret_name);

/**
 * O_PATH descriptor of the file @name in the directory @parent, made empty (0644) when it is
 * missing. A link is refused (-ELOOP), as is a directory (-EISDIR). The descriptor or -errno.
 */
int init_target_file(int parent, const char *name);

/** Type and the like of what @fd is, or of @name in it; never follows a link. 0 or -errno. */
int init_stat(int fd, const char *name, struct statx *ret);

/** The file system's magic number, or -errno. */
long init_magic(int fd);

#define INIT_MAJOR_MAX 0xfffu
#define INIT_MINOR_MAX 0xfffffu
/** makedev() as the kernel's system calls take it: new_encode_dev() */
static inline uint32_t init_device_number(uint32_t major, uint32_t minor)
{
	return (minor & 0xffu) | (major & 0xfffu) << 8 | (minor & ~0xffu) << 12;
}

/** Is this the device node of that type and number? */
static inline bool init_is_device(const struct statx *st, uint32_t type, uint32_t major,
				  uint32_t minor)
{
	return (st->stx_mode & S_IFMT) == type && st->stx_rdev_major == major &&
	       st->stx_rdev_minor == minor;
}

/* A file system to be made. */
struct fs_new {
	const char *type, *source; /* source may be NULL */
	struct plan_vec data;      /* "key=value" or "key" of the plan */
	const char *options;       /* more of them, separated by commas, or NULL */
	uint64_t sb_flags;         /* MS_* of the superblock */
	unsigned attr;             /* MOUNT_ATTR_* */
	int mode;                  /* of the root of a tmpfs, or -1 */
};

/**
 * Make a file system and a detached mount of it. Returns the mount or -errno, then *ret_call is the
 * call that failed and init_fs_words() what the kernel said about it.
 */
int init_fs_make(const struct init *init, const struct fs_new *fs, long *ret_call);
/** The kernel's own words about the last failure of init_fs_make(), "" when it said nothing.
 * Static. */
const char *init_fs_words(void);
/** Note the failure of init_fs_make(). Returns -1. */
int init_fs_fail(struct init *init, const struct plan_step *step, long call, long err,
		 const char *object);
/** Change options of the file system that @fd (a mount's root) is of. 0 or -errno, *ret_call and
 * init_fs_words() as above. */
int init_fs_change(const struct init *init, int fd, const struct fs_new *fs, long *ret_call);
/** True when mount(2) has to do it: an option longer than fsconfig(2) takes, a flag that it has no
 * name for. */
bool init_fs_is_legacy(const struct init *init, const struct fs_new *fs);
/** mount(2) @fs on the directory @target, by descriptor. 0 or -errno. */
int init_fs_mount_legacy(const struct init *init, const struct fs_new *fs, int target);

/** move_mount of @tree onto @target. 0 or -errno. */
int init_mount_move(int tree, int target);
/** A detached clone of the mount (or the part of it) behind @fd. The descriptor or -errno. */
int init_mount_clone(int fd, bool recursive);
/** Change a mount (@flags: AT_RECURSIVE or 0). 0 or -errno. */
int init_mount_attr(int fd, unsigned flags, uint64_t set, uint64_t clr);
/** mount_attr() that notes its failure, with the name of the flag that is locked when that is why.
 */
int init_mount_attr_step(struct init *init, const struct plan_step *step, int fd, unsigned flags,
			 uint64_t set, uint64_t clr);
/** @flags: MS_SHARED and its kin [| MS_REC]; 0 does nothing. */
int init_mount_propagation_step(struct init *init, const struct plan_step *step, int fd,
				uint64_t flags);
/** The root descriptor is another one from now on. */
void init_mount_new_root(void);
/**
 * Refuse the target @fd when it is the root though @path does not say so: what is mounted there
 * would never be seen, and a link that is exchanged at the right moment leads there
 * (CVE-2021-30465). *ret_in_rootfs: it is in the same mount as the root.
 */
int init_mount_check(struct init *init, const struct plan_step *step, int fd, const char *path,
		     bool *ret_in_rootfs);
/**
 * init_target_open() for a mount, or for a bind of @tree (>= 0: a missing target becomes what the
 * tree's root is). Refuses a target that is on procfs though its path does not say so.
 */
int init_mount_target(struct init *init, const struct plan_step *step, const char *path,
		      enum target_want want, int tree);
/** init_mount_move() onto @target that is @path; for "/" the new root descriptor becomes one of the
 * tree. Borrows both. */
int init_mount_attach(struct init *init, const struct plan_step *step, int tree, int target,
		      const char *path);

/** Copy what is in the directory @from into @to, which is an empty tmpfs. 0, or -1 with the error
 * noted for @step. */
int init_copyup(struct init *init, const struct plan_step *step, int from, int to);

/** Take the host's procfs and sysfs mounts away from this mount namespace; -1 with the error noted.
 */
int init_hide_host(struct init *init, const struct plan_step *step);

/** Something is mounted now, or the root is changed: what was resolved before counts no more. */
void init_target_forget(void);

/** Forget the directory that masks share. */
void init_mask_done(void);

/** MS_* of the propagation that the plan gave to the root before the mounts, or 0. */
uint64_t init_root_propagation(const struct init *init);

static inline void init_close_fd(int fd)
{
	if (fd >= 0)
		(void)sys_call(__NR_close, fd); /* nothing was written through it */
}

#endif
