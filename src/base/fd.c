/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void fd_close(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

int fd_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_read_all(int fd, struct buf *buf, size_t max)
{
	char chunk[4096];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		if (buf->len + (size_t)n > max)
			return -EFBIG;
		buf_add(buf, chunk, (size_t)n);
	}
	buf_add(buf, NULL, 0);
	return buf->failed ? -ENOMEM : 0;
}

/* The first descriptor goes to *ret, the others are closed; returns how many there were. */
static size_t take_first(const struct cmsghdr *head, int *ret)
{
	size_t n = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < n; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof(fd));
		if (*ret < 0)
			*ret = fd;
		else
			fd_close(fd);
	}
	return n;
}

int fd_received(struct msghdr *m, int *ret)
{
	size_t n = 0;

	*ret = -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			n += take_first(c, ret);
	if (n <= 1 && !(m->msg_flags & MSG_CTRUNC))
		return 0;
	if (*ret >= 0)
		fd_close(TAKE_FD(*ret));
	return -EBADMSG;
}

int file_read_at(int dirfd, const char *path, struct buf *buf, size_t max)
{
	_cleanup_fd_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return fd_read_all(fd, buf, max);
}

/* An open that failed: was it because of what stands there? */
static bool is_other_kind(int dirfd, const char *name)
{
	struct stat st;

	return !fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) && !S_ISREG(st.st_mode);
}

int file_read_regular_at(int dirfd, const char *name, struct buf *buf, size_t max)
{
	_cleanup_fd_ int fd =
		openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0) {
		int r = -errno;

		return is_other_kind(dirfd, name) ? -EMEDIUMTYPE : r;
	}
	if (fstat(fd, &st))
		return -errno;
	return S_ISREG(st.st_mode) ? fd_read_all(fd, buf, max) : -EMEDIUMTYPE;
}

int file_write_at(int dirfd, const char *path, const void *data, size_t len)
{
	_cleanup_fd_ int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = write(fd, data, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int file_replace_at(int dirfd, const char *name, mode_t mode, const void *data, size_t len)
{
	_cleanup_fd_ int fd = -1;
	char tmp[256];
	int r;

	r = snprintf(tmp, sizeof(tmp), ".%s.tmp", name);
	if (r < 0 || (size_t)r >= sizeof(tmp))
		return -ENAMETOOLONG;
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0 && errno == EEXIST && !unlinkat(dirfd, tmp, 0))
		fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, data, len);
	if (!r && renameat(dirfd, tmp, dirfd, name))
		r = -errno;
	if (r)
		unlinkat(dirfd, tmp, 0); /* best effort: the first error is the one that counts */
	return r;
}

void mountinfo_unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}
