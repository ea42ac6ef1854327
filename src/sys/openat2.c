/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openat2(2), and the same walk by hand where the call is refused: seccomp filters of systemd
 * (RestrictSUIDSGID=, DynamicUser=), systemd-nspawn and older Docker know no openat2.
 *
 * The walk is as safe as the kernel's. Every component is opened by its name alone, without
 * following a link, in the descriptor of the directory before it. Links are read from their own
 * descriptor and their text is walked in the same way. Below a root (RESOLVE_IN_ROOT,
 * RESOLVE_BENEATH) ".." is never given to the kernel: the directories that led to this one are
 * walked again from the root, so no rename during the walk can lead above it.
 */
#include "sys/raw.h"

#include <asm/errno.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <stdbool.h>
#include <stddef.h>

#ifndef AAFS_MAGIC
#define AAFS_MAGIC 0x5a3c69f0
#endif
/* The same value as ST_NOSYMFOLLOW of the kernel's statfs.h. */
#define NOSYMFOLLOW 0x2000
/* As many links as the kernel follows in one path. */
#define LINKS_MAX 40
/* Opens of one walk: links of a hostile image could ask for millions of "..". */
#define OPENS_MAX 65536
/* The rest of a path and the text of a link before it. */
#define REST_MAX (2 * PATH_MAX)

#define SCOPED        (RESOLVE_IN_ROOT | RESOLVE_BENEATH)
#define KNOWN         (SCOPED | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS)
#define OPEN_DIR      (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define OPEN_AS_IT_IS (O_PATH | O_NOFOLLOW | O_CLOEXEC)

/* From libc, or from init's mem.c. */
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
size_t strlen(const char *s);

struct walk {
	uint64_t flags, resolve;
	int root;       /* where a scoped walk began; else -1 */
	int at;         /* the directory that has been reached */
	uint64_t mount; /* of the first directory, for RESOLVE_NO_XDEV */
	unsigned links, opens;
	const char *rest; /* what is still to be walked, in @text */
	size_t done_len;
	char done[PATH_MAX]; /* from the root to @at, without links and ".." */
	char text[REST_MAX];
	char link[PATH_MAX];
};

static void close_fd(int fd)
{
	if (fd >= 0)
		(void)sys_call(__NR_close, fd); /* O_PATH: nothing was written through it */
}

static long open_at(struct walk *w, int dir, const char *name, uint64_t flags)
{
	if (++w->opens > OPENS_MAX)
		return -ELOOP;
	return sys_call(__NR_openat, dir, name, flags, 0);
}

static long look(int fd, struct statx *st)
{
	*st = (struct statx){0};
	return sys_call(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, st);
}

static bool is_link(const struct statx *st)
{
	return (st->stx_mode & 0170000) == 0120000;
}

static bool is_dir(const struct statx *st)
{
	return (st->stx_mode & 0170000) == 0040000;
}

static bool is_same(const struct statx *a, const struct statx *b)
{
	return a->stx_ino == b->stx_ino && a->stx_mnt_id == b->stx_mnt_id &&
	       a->stx_dev_major == b->stx_dev_major && a->stx_dev_minor == b->stx_dev_minor;
}

static long check_mount(const struct walk *w, const struct statx *st)
{
	return (w->resolve & RESOLVE_NO_XDEV) && st->stx_mnt_id != w->mount ? -EXDEV : 0;
}

/* @fd (or -errno) becomes the directory that has been reached. */
static long enter(struct walk *w, long fd)
{
	struct statx st;
	long r = fd < 0 ? fd : 0;

	if (!r && (w->resolve & RESOLVE_NO_XDEV)) {
		r = look((int)fd, &st);
		if (!r)
			r = check_mount(w, &st);
	}
	if (r) {
		close_fd((int)fd);
		return r;
	}
	close_fd(w->at);
	w->at = (int)fd;
	return 0;
}

/* To what "/" means in the text of a link. Without a root of its own the kernel takes that for
 * another mount in any case. */
static long enter_root(struct walk *w)
{
	if (w->resolve & (w->root >= 0 ? RESOLVE_BENEATH : RESOLVE_NO_XDEV))
		return -EXDEV;
	w->done_len = 0;
	return enter(w, w->root >= 0 ? open_at(w, w->root, ".", OPEN_DIR)
				     : open_at(w, AT_FDCWD, "/", OPEN_DIR));
}

/* The directories of @done once more, from the root. What is no directory now has been exchanged
 * during the walk. */
static long walk_again(struct walk *w)
{
	size_t at = 0, end;
	char keep;
	long r = enter(w, open_at(w, w->root, ".", OPEN_DIR));

	while (!r && at < w->done_len) {
		for (end = at; end < w->done_len && w->done[end] != '/'; end++)
			;
		keep = w->done[end];
		w->done[end] = 0;
		r = enter(w, open_at(w, w->at, w->done + at, OPEN_DIR));
		w->done[end] = keep;
		at = end + 1;
		if (r == -ENOENT || r == -ENOTDIR)
			return -EAGAIN;
	}
	return r;
}

static long go_up(struct walk *w)
{
	if (!(w->resolve & SCOPED))
		return enter(w, open_at(w, w->at, "..", OPEN_DIR));
	if (!w->done_len)
		return w->resolve & RESOLVE_BENEATH ? -EXDEV : 0;
	while (w->done_len && w->done[w->done_len - 1] != '/')
		w->done_len--;
	w->done_len -= w->done_len > 0; /* the slash */
	return walk_again(w);
}

/* @name lies in the directory that has been reached: remember it for "..". */
static long go_down(struct walk *w, const char *name, long fd)
{
	size_t len = strlen(name);
	long r = enter(w, fd);

	if (r || !(w->resolve & SCOPED))
		return r;
	if (w->done_len + len + 2 > sizeof(w->done))
		return -ENAMETOOLONG;
	if (w->done_len)
		w->done[w->done_len++] = '/';
	memcpy(w->done + w->done_len, name, len + 1);
	w->done_len += len;
	return 0;
}

/*
 * A magic link leads to an object, whatever its text says. Those of procfs are all in the
 * directories of processes: only links in its root ("self", "mounts") are ordinary. AppArmor's file
 * system has some too.
 */
static long check_link(const struct walk *w, int fd, const struct statx *st)
{
	struct statfs fs = {0};
	struct statx dir;
	long r;

	if (w->resolve & RESOLVE_NO_SYMLINKS)
		return -ELOOP;
	r = sys_call(__NR_fstatfs, fd, &fs);
	if (r)
		return r;
	if (fs.f_type == AAFS_MAGIC || (fs.f_flags & NOSYMFOLLOW))
		return -ELOOP;
	if (fs.f_type != PROC_SUPER_MAGIC)
		return 0;
	r = look(w->at, &dir);
	if (r)
		return r;
	return dir.stx_ino == 1 /* PROC_ROOT_INO */ && dir.stx_mnt_id == st->stx_mnt_id ? 0
											: -ELOOP;
}

/* The text of the link @fd takes the place of its name in the path. */
static long follow(struct walk *w, int fd, const struct statx *st)
{
	size_t rest = strlen(w->rest);
	long n = check_link(w, fd, st);

	if (n)
		return n;
	if (++w->links > LINKS_MAX)
		return -ELOOP;
	n = sys_call(__NR_readlinkat, fd, "", w->link, sizeof(w->link));
	if (n <= 0)
		return n ? n : -ENOENT;
	if ((size_t)n >= sizeof(w->link) || (size_t)n + rest >= sizeof(w->text))
		return -ENAMETOOLONG;
	memmove(w->text + n, w->rest, rest + 1);
	memcpy(w->text, w->link, (size_t)n);
	w->rest = w->text;
	return w->text[0] == '/' ? enter_root(w) : 0;
}

/* Open for real what @fd (O_PATH) has shown to be the right thing. */
static long reopen(struct walk *w, const char *name, int fd, const struct statx *seen)
{
	struct statx st;
	long file, r;

	if (w->flags & O_PATH)
		return fd;
	file = open_at(w, w->at, name, w->flags | O_NOFOLLOW);
	close_fd(fd);
	if (file < 0)
		return file == -ELOOP || file == -ENOENT ? -EAGAIN : file;
	r = look((int)file, &st);
	if (!r && is_same(&st, seen))
		return file;
	close_fd((int)file);
	return r ? r : -EAGAIN;
}

static long last_component(struct walk *w, const char *name, int fd, const struct statx *st)
{
	if ((w->flags & O_DIRECTORY) && !is_dir(st)) {
		close_fd(fd);
		return -ENOTDIR;
	}
	if (is_link(st) && !(w->flags & O_PATH)) {
		close_fd(fd);
		return -ELOOP;
	}
	return reopen(w, name, fd, st);
}

/*
 * One component that is a name; @last: nothing but slashes follows. O_DIRECTORY comes first: it
 * makes the kernel mount what autofs has there. *ret_end: the descriptor, at the end of the path.
 */
static long step(struct walk *w, const char *name, bool last, long *ret_end)
{
	bool final = last && !*w->rest; /* "name/" follows a link and has to be a directory */
	long fd = -ENOTDIR, r;
	struct statx st;

	if (!final || (w->flags & O_DIRECTORY))
		fd = open_at(w, w->at, name, OPEN_DIR);
	if (fd == -ENOTDIR || fd == -ELOOP)
		fd = open_at(w, w->at, name, OPEN_AS_IT_IS);
	if (fd < 0)
		return fd;
	r = look((int)fd, &st);
	if (!r)
		r = check_mount(w, &st);
	if (!r && is_link(&st) && !(final && (w->flags & O_NOFOLLOW))) {
		r = follow(w, (int)fd, &st);
	} else if (!r && final) {
		*ret_end = last_component(w, name, (int)fd, &st);
		return *ret_end < 0 ? *ret_end : 0;
	} else if (!r && is_dir(&st)) {
		return go_down(w, name, fd);
	} else if (!r) {
		r = -ENOTDIR;
	}
	close_fd((int)fd);
	return r;
}

/* The next component into @name, @rest behind it. 0: there is none. */
static long next_name(struct walk *w, char *name)
{
	size_t len = 0;

	while (*w->rest == '/')
		w->rest++;
	while (w->rest[len] && w->rest[len] != '/')
		len++;
	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, w->rest, len);
	name[len] = 0;
	w->rest += len;
	return (long)len;
}

static bool is_last(const char *rest)
{
	while (*rest == '/')
		rest++;
	return !*rest;
}

static long walk_on(struct walk *w)
{
	char name[NAME_MAX + 1];
	long n, end = -1, r = 0;

	while (!r && end < 0 && (n = next_name(w, name)) != 0) {
		if (n < 0)
			return n;
		if (name[0] == '.' && !name[1])
			continue;
		if (name[0] == '.' && name[1] == '.' && !name[2])
			r = go_up(w);
		else
			r = step(w, name, is_last(w->rest), &end);
	}
	if (r || end >= 0)
		return r ? r : end;
	/* the path has ended with a directory that is known already */
	return open_at(w, w->at, ".", w->flags & ~(uint64_t)O_NOFOLLOW);
}

static long start(struct walk *w, int dirfd, const char *path)
{
	size_t len = strlen(path);
	struct statx st;
	long r;

	if (!len)
		return -ENOENT;
	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(w->text, path, len + 1);
	w->rest = w->text;
	if (path[0] == '/' && !(w->resolve & SCOPED))
		w->at = (int)open_at(w, AT_FDCWD, "/", OPEN_DIR);
	else
		w->at = (int)open_at(w, dirfd, ".", OPEN_DIR);
	if (w->at < 0)
		return w->at;
	if (w->resolve & SCOPED) {
		if (path[0] == '/' && (w->resolve & RESOLVE_BENEATH))
			return -EXDEV;
		w->root = (int)sys_call(__NR_fcntl, w->at, F_DUPFD_CLOEXEC, 3);
		if (w->root < 0)
			return w->root;
	}
	r = w->resolve & RESOLVE_NO_XDEV ? look(w->at, &st) : 0;
	w->mount = !r && (w->resolve & RESOLVE_NO_XDEV) ? st.stx_mnt_id : 0;
	return r;
}

long sys_openat2_walk(int dirfd, const char *path, uint64_t flags, uint64_t resolve)
{
	struct walk w;
	long r;

	/* nothing of hezi creates a file in a place that it has still to find */
	if ((resolve & ~(uint64_t)KNOWN) ||
	    (flags & (O_CREAT | O_TMPFILE | O_TRUNC) & ~O_DIRECTORY))
		return -EINVAL;
	w.flags = flags;
	w.resolve = resolve;
	w.root = w.at = -1;
	w.links = w.opens = 0;
	w.done_len = 0;
	r = start(&w, dirfd, path);
	if (!r)
		r = walk_on(&w);
	close_fd(w.root);
	close_fd(w.at);
	return r;
}

/* Does the kernel know the call, and may we make it? The answer is wanted after an error that a
 * path may give as well as a filter. */
static bool is_refused(long r)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC};
	long fd;

	if (r == -ENOSYS)
		return true;
	if (r != -EPERM && r != -EACCES && r != -EINVAL && r != -EOPNOTSUPP)
		return false;
	fd = sys_call(__NR_openat2, AT_FDCWD, "/", &how, sizeof(how));
	close_fd((int)fd);
	return fd == r;
}

long sys_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	static bool refused; /* once is for the life of the process: filters are never taken off */
	struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
	long r;

	if (!__atomic_load_n(&refused, __ATOMIC_RELAXED)) {
		r = sys_call(__NR_openat2, dirfd, path, &how, sizeof(how));
		if (r >= 0 || !is_refused(r))
			return r;
		__atomic_store_n(&refused, true, __ATOMIC_RELAXED);
	}
	return sys_openat2_walk(dirfd, path, flags, resolve);
}
