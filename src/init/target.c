/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and making mount points, nodes and links below the new root (CVE-2019-18837,
 * CVE-2024-45310: nothing may appear outside).
 *
 * The kernel resolves; this file only makes the one component that is missing, in the descriptor of
 * the directory that it is missing in. A dangling link is replaced in the path by what it says, and
 * the kernel is asked again.
 */
#include "init/mount.h"

/* RESOLVE_IN_ROOT gives EAGAIN when anybody renames or mounts while ".." is being resolved. */
#define EAGAIN_MAX 256
/* As many links as the kernel follows in one path; each also pays for one race with a process that
 * makes what we make. */
#define LINKS_MAX 40

int init_target_find(const struct init *init, const char *path, uint64_t flags, uint64_t resolve)
{
	unsigned left = EAGAIN_MAX;
	long fd;

	resolve |= RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
	do
		fd = sys_openat2(init->rootfd, path, O_PATH | O_CLOEXEC | flags, 0, resolve);
	while (fd == -EAGAIN && --left);
	return (int)fd;
}

int init_stat(int fd, const char *name, struct statx *ret)
{
	return (int)sys_call(__NR_statx, fd, name ? name : "",
			     name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH,
			     STATX_BASIC_STATS | STATX_MNT_ID, ret);
}

long init_magic(int fd)
{
	struct statfs st = {0};
	long r = sys_call(__NR_fstatfs, fd, &st);

	return r < 0 ? r : (long)st.f_type;
}

/* A path on its way to being made. */
struct walk {
	const struct init *init;
	uint64_t resolve;
	long call; /* that failed */
	char *path, *spare;
};

/* The next component of @path at or after @at; false: no more. "." does not count. */
static bool next_component(const char *path, size_t at, size_t *ret_start, size_t *ret_end)
{
	for (;;) {
		while (path[at] == '/')
			at++;
		*ret_start = at;
		while (path[at] && path[at] != '/')
			at++;
		*ret_end = at;
		if (at == *ret_start)
			return false;
		if (at - *ret_start != 1 || path[*ret_start] != '.')
			return true;
	}
}

/* Open the first @end bytes of the path as a directory. */
static int open_prefix(struct walk *w, size_t end)
{
	char keep = w->path[end];
	int fd;

	w->path[end] = 0;
	fd = init_target_find(w->init, end ? w->path : "/", O_DIRECTORY, w->resolve);
	w->path[end] = keep;
	w->call = __NR_openat2;
	return fd;
}

/* The deepest directory of the path that is there; *@ret_end: how much of the path it is. */
static int open_deepest(struct walk *w, size_t *ret_end)
{
	size_t end = strlen(w->path);
	int fd;

	do {
		while (end && w->path[end - 1] == '/')
			end--;
		while (end && w->path[end - 1] != '/')
			end--;
		fd = open_prefix(w, end);
	} while (fd == -ENOENT && end);
	*ret_end = end;
	return fd;
}

/*
 * The component [start, end) cannot be made in @parent because something has that name. A link
 * (dangling, else it would have been followed) is replaced by its content. -EAGAIN: start over.
 */
static int follow_dangling(struct walk *w, int parent, const char *name, size_t start, size_t end)
{
	size_t rest = strlen(w->path + end), at;
	char *swap = w->spare;
	long n;

	n = sys_call(__NR_readlinkat, parent, name, w->spare, INIT_PATH_MAX - 1);
	if (n == -EINVAL || n == -ENOENT)
		return -EAGAIN; /* no link any more: somebody else is at work, look again */
	w->call = __NR_readlinkat;
	if (n < 0)
		return (int)n;
	at = n && w->spare[0] == '/' ? 0 : start;
	if (at + (size_t)n + rest >= INIT_PATH_MAX)
		return -ENAMETOOLONG;
	memmove(w->spare + at, w->spare, (size_t)n);
	memcpy(w->spare, w->path, at);
	memcpy(w->spare + at + (size_t)n, w->path + end, rest + 1);
	w->spare = w->path;
	w->path = swap;
	return -EAGAIN;
}

/* Make one directory and open it. */
static int make_dir(struct walk *w, int parent, const char *name)
{
	long r = sys_call(__NR_mkdirat, parent, name, 0755);

	w->call = __NR_mkdirat;
	if (r < 0)
		return (int)r;
	r = sys_openat2(parent, name, O_PATH | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW, 0,
			RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	w->call = __NR_openat2;
	return (int)r;
}

/* O_EXCL: what is opened is our own new file, so that opening it for reading cannot block or do
 * anything. */
static int make_file(struct walk *w, int parent, const char *name)
{
	w->call = __NR_openat;
	return (int)sys_call(
		__NR_openat, parent, name,
		O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644);
}

/* Make the component [start, end) and open it; "..": go up as the kernel does. */
static int make_component(struct walk *w, int parent, size_t start, size_t end,
			  enum target_want want)
{
	char name[256];
	size_t s, e, len = end - start;
	int fd;

	if (len >= sizeof(name))
		return -ENAMETOOLONG;
	memcpy(name, w->path + start, len);
	name[len] = 0;
	if (init_streq(name, ".."))
		return open_prefix(w, end);
	if (want == TARGET_FILE && !next_component(w->path, end, &s, &e))
		fd = make_file(w, parent, name);
	else
		fd = make_dir(w, parent, name);
	return fd == -EEXIST ? follow_dangling(w, parent, name, start, end) : fd;
}

/* Make what is missing. The descriptor, -errno, or -EAGAIN: the path has changed, resolve it anew.
 */
static int walk_make(struct walk *w, enum target_want want)
{
	size_t start, end;
	int fd, parent;

	fd = open_deepest(w, &end);
	while (fd >= 0 && next_component(w->path, end, &start, &end)) {
		parent = fd;
		fd = make_component(w, parent, start, end, want);
		init_close_fd(parent);
	}
	return fd;
}

/* The errors that say: a link or something else stands where proc or sysfs need a directory
 * (CVE-2019-19921). */
static bool is_no_dir(int err, enum target_want want)
{
	return want == TARGET_REAL_DIR && (err == -ELOOP || err == -ENOTDIR);
}

int init_target_open(struct init *init, const struct plan_step *step, const char *path,
		     enum target_want want)
{
	static char buffers[2][INIT_PATH_MAX];
	struct walk w = {
		.init = init, .call = __NR_openat2, .path = buffers[0], .spare = buffers[1]};
	uint64_t flags = want == TARGET_FILE ? 0 : O_DIRECTORY;
	size_t len = strlen(path);
	unsigned i;
	int fd;

	if (len >= INIT_PATH_MAX)
		return init_fail(init, step, __NR_openat2, -ENAMETOOLONG, path);
	memcpy(w.path, path, len + 1);
	if (want == TARGET_REAL_DIR)
		w.resolve = RESOLVE_NO_SYMLINKS;
	for (i = 0; i < LINKS_MAX; i++) {
		w.call = __NR_openat2;
		fd = init_target_find(init, w.path, flags, w.resolve);
		if (fd == -ENOENT)
			fd = walk_make(&w, want);
		if (fd != -EAGAIN)
			break;
	}
	if (fd >= 0)
		return fd;
	if (is_no_dir(fd, want))
		return init_fail_why(init, step, INIT_WHY_NOT_DIR, 0, path);
	return init_fail(init, step, w.call, fd == -EAGAIN ? -ELOOP : fd, path);
}

int init_target_file(int parent, const char *name)
{
	struct walk w = {0};
	INIT_CLOSE int fd = -1;
	struct statx st = {0};
	int r;

	fd = (int)sys_openat2(parent, name, O_PATH | O_CLOEXEC | O_NOFOLLOW, 0, RESOLVE_BENEATH);
	if (fd == -ENOENT)
		return make_file(&w, parent, name);
	if (fd < 0)
		return init_take_fd(&fd);
	r = init_stat(fd, NULL, &st);
	if (r)
		return r;
	if (S_ISLNK(st.stx_mode))
		return -ELOOP;
	return S_ISDIR(st.stx_mode) ? -EISDIR : init_take_fd(&fd);
}

/* The directory that was asked for last: nodes and links of /dev come one after the other. */
static char parent_path[INIT_PATH_MAX];
static int parent_fd = -1;

void init_target_forget(void)
{
	init_close(&parent_fd);
}

static bool is_parent_known(const char *path, size_t len)
{
	return parent_fd >= 0 && strlen(parent_path) == len && !memcmp(parent_path, path, len);
}

int init_target_parent(struct init *init, const struct plan_step *step, const char *path,
		       const char **ret_name)
{
	size_t slash = strlen(path);

	while (slash && path[slash] != '/')
		slash--;
	if (slash >= sizeof(parent_path))
		return init_fail(init, step, __NR_openat2, -ENAMETOOLONG, path);
	*ret_name = path + slash + 1;
	if (path[0] != '/' || !**ret_name)
		return init_fail(init, step, __NR_openat2, -EINVAL, path);
	if (is_parent_known(path, slash))
		return parent_fd;
	init_target_forget();
	memcpy(parent_path, path, slash);
	parent_path[slash] = 0;
	parent_fd = init_target_open(init, step, slash ? parent_path : "/", TARGET_DIR);
	return parent_fd;
}
