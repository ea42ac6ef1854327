/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpcopyup: what lies in the directory below goes into the new tmpfs. The source is of the image,
 * so it is hostile: it is walked by descriptors, no link is followed, only regular files are
 * opened, and what a directory entry is, is looked at before and after.
 *
 * Not copied: sockets (nobody listens), device nodes that may not be made here, other file systems
 * mounted below (their directories stay, empty). Extended attributes, and owners that have no name
 * in the user namespace, as far as they go.
 */
#include "init/mount.h"

#include <linux/time_types.h>

#define DEPTH_MAX  64
#define XATTRS_MAX 4096
#define XATTR_MAX  16384
#define CHUNK      0x7ffff000 /* bytes that one sendfile(2) moves at most */

struct dirent64 { /* getdents64(2) */
	uint64_t ino;
	int64_t next; /* where the entry after this one is */
	uint16_t size;
	uint8_t type;
	char name[];
};

/* A directory that is being copied. */
struct level {
	int from, to;
	int64_t at; /* next entry */
	struct statx st;
};

struct copy {
	struct init *init;
	const struct plan_step *step;
	uint32_t dev_major, dev_minor;
	unsigned depth;
	struct level levels[DEPTH_MAX];
};

static struct copy copy; /* too large for a stack of unknown size */

static int fail(long call, long r, const char *name)
{
	return init_fail(copy.init, copy.step, call, r, name);
}

static void copy_xattrs(int from, int to)
{
	static char names[XATTRS_MAX], value[XATTR_MAX];
	long all = sys_call(__NR_flistxattr, from, names, sizeof(names));
	long at, n;

	for (at = 0; at < all; at += (long)strlen(names + at) + 1) {
		n = sys_call(__NR_fgetxattr, from, names + at, value, sizeof(value));
		if (n >= 0) /* a kind that tmpfs does not have is no failure */
			(void)sys_call(__NR_fsetxattr, to, names + at, value, n, 0);
	}
}

/* 07777, less the set-id bits when the file could not be given to its owner: they would speak for
 * another one. */
static uint32_t mode_after_chown(const struct statx *st, long r)
{
	uint32_t mode = st->stx_mode & 07777;

	return r ? mode & ~(uint32_t)(06000) : mode;
}

/* @name in @fd, or @fd itself with a @name of "" */
static int set_owner(int fd, const char *name, const struct statx *st, uint32_t *ret_mode)
{
	long r = sys_call(__NR_fchownat, fd, name, st->stx_uid, st->stx_gid,
			  AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH));

	*ret_mode = mode_after_chown(st, r);
	return r && r != -EPERM && r != -EINVAL && r != -EOVERFLOW ? fail(__NR_fchownat, r, name)
								   : 0;
}

static int set_times(int fd, const char *name, const struct statx *st)
{
	struct __kernel_timespec times[2] = {
		{st->stx_atime.tv_sec, st->stx_atime.tv_nsec},
		{st->stx_mtime.tv_sec, st->stx_mtime.tv_nsec},
	};
	long r = sys_call(__NR_utimensat, fd, name, times, name ? AT_SYMLINK_NOFOLLOW : 0);

	return r ? fail(__NR_utimensat, r, name) : 0;
}

/* Of an open file or directory: owner, then mode (a change of owner takes set-id bits away),
 * attributes, times. */
static int set_all(int from, int to, const char *name, const struct statx *st)
{
	uint32_t mode;
	long r;

	if (set_owner(to, "", st, &mode))
		return -1;
	r = sys_call(__NR_fchmod, to, mode);
	if (r)
		return fail(__NR_fchmod, r, name);
	copy_xattrs(from, to);
	return set_times(to, NULL, st);
}

static int copy_data(int from, int to, const char *name)
{
	long n;

	do {
		n = sys_call(__NR_sendfile, to, from, NULL, CHUNK);
	} while (n > 0);
	return n ? fail(__NR_sendfile, n, name) : 0;
}

static int copy_file(const struct level *l, const char *name)
{
	INIT_CLOSE int from = -1, to = -1;
	struct statx st;
	int r;

	from = (int)sys_call(__NR_openat, l->from, name,
			     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (from < 0)
		return fail(__NR_openat, from, name);
	r = init_stat(from, NULL, &st);
	if (r)
		return fail(__NR_statx, r, name);
	if (!S_ISREG(st.stx_mode))
		return fail(__NR_openat, -EBUSY, name); /* exchanged since it was looked at */
	to = (int)sys_call(__NR_openat, l->to, name,
			   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return fail(__NR_openat, to, name);
	return copy_data(from, to, name) ? -1 : set_all(from, to, name, &st);
}

static int copy_link(const struct level *l, const char *name, const struct statx *st)
{
	char text[INIT_PATH_MAX];
	long n = sys_call(__NR_readlinkat, l->from, name, text, sizeof(text) - 1);
	uint32_t mode;
	long r;

	if (n < 0)
		return fail(__NR_readlinkat, n, name);
	text[n] = 0;
	r = sys_call(__NR_symlinkat, text, l->to, name);
	if (r)
		return fail(__NR_symlinkat, r, name);
	return set_owner(l->to, name, st, &mode) ? -1 : set_times(l->to, name, st);
}

static int copy_node(const struct level *l, const char *name, const struct statx *st)
{
	uint32_t dev = init_device_number(st->stx_rdev_major, st->stx_rdev_minor), mode;
	long r = sys_call(__NR_mknodat, l->to, name, st->stx_mode, dev);

	if (r == -EPERM && !S_ISFIFO(st->stx_mode))
		return 0;
	if (r)
		return fail(__NR_mknodat, r, name);
	return set_owner(l->to, name, st, &mode) ? -1 : set_times(l->to, name, st);
}

/* Open both sides of the directory @name and go on in it. */
static int enter(const struct level *l, const char *name)
{
	uint64_t flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	struct level *sub = &copy.levels[copy.depth];
	long r;

	if (copy.depth == DEPTH_MAX)
		return fail(__NR_openat, -ENAMETOOLONG, name);
	r = sys_call(__NR_mkdirat, l->to, name, 0700);
	if (r)
		return fail(__NR_mkdirat, r, name);
	sub->at = 0;
	sub->from = (int)sys_call(__NR_openat, l->from, name, flags);
	if (sub->from < 0)
		return fail(__NR_openat, sub->from, name);
	sub->to = (int)sys_call(__NR_openat, l->to, name, flags);
	if (sub->to < 0) {
		init_close(&sub->from);
		return fail(__NR_openat, sub->to, name);
	}
	copy.depth++;
	r = init_stat(sub->from, NULL, &sub->st);
	return r ? fail(__NR_statx, r, name) : 0;
}

/* The directory is done; its times are set last, because all that was made in it changed them. */
static int leave(struct level *l)
{
	int r = copy.depth > 1 ? set_all(l->from, l->to, NULL, &l->st) : 0;

	init_close(&l->from);
	init_close(&l->to);
	copy.depth--;
	return r;
}

static int copy_entry(const struct level *l, const char *name)
{
	struct statx st;
	int r = init_stat(l->from, name, &st);

	if (r)
		return fail(__NR_statx, r, name);
	switch (st.stx_mode & S_IFMT) {
	case S_IFREG: return copy_file(l, name);
	case S_IFLNK: return copy_link(l, name, &st);
	case S_IFDIR: return enter(l, name);
	case S_IFSOCK: return 0;
	default: return copy_node(l, name, &st);
	}
}

static bool is_foreign(const struct level *l)
{
	return l->st.stx_dev_major != copy.dev_major || l->st.stx_dev_minor != copy.dev_minor;
}

static bool is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Copy entries up to the first directory, which becomes the new level. 1: nothing more is here. */
static int copy_some(struct level *l)
{
	static _Alignas(8) char buffer[4096];
	long n, r;
	char *p;

	if (is_foreign(l))
		return 1;
	r = sys_call(__NR_lseek, l->from, l->at, 0 /* SEEK_SET */);
	if (r < 0)
		return fail(__NR_lseek, r, NULL);
	n = sys_call(__NR_getdents64, l->from, buffer, sizeof(buffer));
	if (n <= 0)
		return n ? fail(__NR_getdents64, n, NULL) : 1;
	for (p = buffer; p < buffer + n; p += ((struct dirent64 *)p)->size) {
		const struct dirent64 *e = (const struct dirent64 *)p;
		unsigned depth = copy.depth;

		l->at = e->next;
		if (is_dots(e->name))
			continue;
		if (copy_entry(l, e->name))
			return -1;
		if (copy.depth != depth)
			return 0;
	}
	return 0;
}

static int copy_open(int from, int to)
{
	struct level *top = &copy.levels[0];
	int r = init_stat(from, NULL, &top->st);

	if (r)
		return fail(__NR_statx, r, NULL);
	top->at = 0;
	top->from = (int)sys_call(__NR_openat, from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top->from < 0)
		return fail(__NR_openat, top->from, NULL);
	top->to = (int)sys_call(__NR_openat, to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top->to < 0) {
		init_close(&top->from);
		return fail(__NR_openat, top->to, NULL);
	}
	copy.depth = 1;
	copy.dev_major = top->st.stx_dev_major;
	copy.dev_minor = top->st.stx_dev_minor;
	return 0;
}

int init_copyup(struct init *init, const struct plan_step *step, int from, int to)
{
	int r = 0;

	copy.init = init;
	copy.step = step;
	if (copy_open(from, to))
		return -1;
	while (copy.depth) {
		struct level *l = &copy.levels[copy.depth - 1];

		if (r >= 0)
			r = copy_some(l);
		if (r && leave(l))
			r = -1;
		else if (r > 0)
			r = 0;
	}
	return r < 0 ? -1 : 0;
}
