/* SPDX-License-Identifier: Apache-2.0 */
#include "base/named.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LATE_MS 1000 /* for a reader that is about to come */
#define NAP_NS  5000000

/* N of "/dev/fd/N", by whatever name; -1: another path. Opening these again would ask for rights on
 * the file, start at offset 0 of it, and fail with a socket. */
static int own_fd(const char *path)
{
	static const char *const dirs[] = {"/dev/fd/", "/proc/self/fd/"};
	static const char *const names[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
	int fd = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(path, names[i]))
			return (int)i;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		const char *p = path + strlen(dirs[i]);

		if (strncmp(path, dirs[i], strlen(dirs[i])) != 0)
			continue;
		for (; *p >= '0' && *p <= '9' && fd < 1000000; p++)
			fd = fd * 10 + (*p - '0');
		return *p || p == path + strlen(dirs[i]) ? -1 : fd;
	}
	return -1;
}

/* 1: a copy of the caller's descriptor; 0: @path is none; -1. All that hezi opens is close-on-exec.
 */
static int open_own(const char *path, const char *what, int *ret_fd, struct hz_error *err)
{
	int fd = own_fd(path), flags;

	if (fd < 0)
		return 0;
	flags = fcntl(fd, F_GETFD);
	if (flags < 0 || (flags & FD_CLOEXEC))
		return error_sys(err, EBADF, "fcntl", path, "%s \"%s\"", what, path);
	*ret_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *ret_fd < 0 ? error_sys(err, errno, "fcntl", path, "%s \"%s\"", what, path) : 1;
}

/* ENXIO: a FIFO without a reader, who may be late; or a socket. */
static int open_in_time(int dirfd, const char *path, int flags, mode_t mode)
{
	const struct timespec nap = {.tv_nsec = NAP_NS};

	for (int left = LATE_MS * 1000000L / NAP_NS;; left--) {
		int fd = openat(dirfd, path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, mode);
		struct stat st;

		if (fd >= 0)
			return fd;
		if (errno != ENXIO || left <= 0)
			return -errno;
		if (fstatat(dirfd, path, &st, 0) || !S_ISFIFO(st.st_mode))
			return -ENXIO;
		nanosleep(&nap, NULL);
	}
}

static int not_opened(int num, const char *path, const char *what, struct hz_error *err)
{
	error_sys(err, num, "openat", path, "%s \"%s\"", what, path);
	return num == ENXIO ? error_hint(err, "it is a socket, or a FIFO that nobody reads") : -1;
}

static int unfit(mode_t mode, const char *path, const char *what, struct hz_error *err)
{
	if (S_ISDIR(mode))
		return error_sys(err, EISDIR, "openat", path, "%s \"%s\"", what, path);
	if (S_ISSOCK(mode))
		return not_opened(ENXIO, path, what, err);
	return error_set(err, HZ_E_SYSTEM,
			 "%s \"%s\": it is a block device, whose content would be lost", what,
			 path);
}

/* Does @mode belong to what has no content of its own? */
static bool is_stream(mode_t mode)
{
	return S_ISCHR(mode) || S_ISFIFO(mode);
}

int named_open_stream(int dirfd, const char *path, const char *what, int *ret_fd,
		      struct hz_error *err)
{
	int r = open_own(path, what, ret_fd, err);
	struct stat st;

	if (r)
		return r;
	/* what cannot be looked at is told when the file is made */
	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) || S_ISREG(st.st_mode))
		return 0;
	if (S_ISLNK(st.st_mode) && (fstatat(dirfd, path, &st, 0) || S_ISREG(st.st_mode)))
		return 0;
	if (!is_stream(st.st_mode))
		return unfit(st.st_mode, path, what, err);
	r = open_in_time(dirfd, path, O_WRONLY, 0);
	if (r < 0)
		return not_opened(-r, path, what, err);
	if (!fstat(r, &st) && is_stream(st.st_mode)) {
		*ret_fd = r;
		return 1;
	}
	fd_close(r);
	return error_set(err, HZ_E_SYSTEM, "%s \"%s\": it was replaced meanwhile", what, path);
}

/* With SIGPIPE ignored none is raised, so none is pending afterwards either. */
int named_write(int fd, const void *data, size_t len)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction old;
	const char *p = data;
	int r = 0;

	sigaction(SIGPIPE, &ignore, &old); /* neither can fail: the number is valid */
	while (len && !r) {
		ssize_t n = write(fd, p, len);
		struct pollfd full = {fd, POLLOUT, 0};

		if (n >= 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno != EINTR && (errno != EAGAIN || poll(&full, 1, LATE_MS) == 0)) {
			r = -errno;
		}
	}
	sigaction(SIGPIPE, &old, NULL);
	return r;
}

static int replace(const char *path, const void *data, size_t len)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	_cleanup_free_ char *dir = NULL;
	_cleanup_fd_ int dirfd = -1;

	if (!*name)
		return -EISDIR;
	if (!slash)
		return file_replace_at(AT_FDCWD, name, 0644, data, len);
	dir = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (!dir)
		return -ENOMEM;
	dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return dirfd < 0 ? -errno : file_replace_at(dirfd, name, 0644, data, len);
}

int named_put(const char *path, const char *what, const void *data, size_t len, bool *ret_made,
	      struct hz_error *err)
{
	_cleanup_fd_ int fd = -1;
	int r = named_open_stream(AT_FDCWD, path, what, &fd, err);

	if (r < 0)
		return -1;
	*ret_made = !r;
	r = r ? named_write(fd, data, len) : replace(path, data, len);
	if (!r)
		return 0;
	*ret_made = false;
	return error_sys(err, -r, "write", path, "%s \"%s\"", what, path);
}

void named_remove(const char *path)
{
	struct stat st;

	if (!lstat(path, &st) && S_ISREG(st.st_mode))
		unlink(path); /* best effort */
}

int named_append(const char *path, mode_t mode, bool block, const char *what, int *ret_fd,
		 struct hz_error *err)
{
	int r = open_own(path, what, ret_fd, err);

	if (r)
		return r < 0 ? -1 : 0;
	r = open_in_time(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, mode);
	if (r < 0)
		return not_opened(-r, path, what, err);
	if (block)
		fcntl(r, F_SETFL, O_APPEND); /* cannot fail: no O_DIRECT, O_NOATIME or O_ASYNC */
	*ret_fd = r;
	return 0;
}
