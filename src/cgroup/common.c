/* SPDX-License-Identifier: Apache-2.0 */
/* Small things that every driver needs. */
#include "cgroup/internal.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

bool cgroup_dir_parse(const char *recorded, unsigned *ret_removable, const char **ret_path)
{
	char *end;
	unsigned long n;

	if (!isdigit((unsigned char)recorded[0]))
		return false;
	n = strtoul(recorded, &end, 10);
	if (end[0] != ':' || end[1] != '/' || n > 1024)
		return false;
	*ret_removable = (unsigned)n;
	*ret_path = end + 1;
	return true;
}

int cgroup_dir_open(const char *path)
{
	_cleanup_fd_ int fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs))
		return -errno;
	if (fs.f_type != CGROUP_SUPER_MAGIC && fs.f_type != CGROUP2_SUPER_MAGIC)
		return -EXDEV;
	return TAKE_FD(fd);
}

bool cgroup_dir_is_unified(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

int cgroup_read(int dirfd, const char *file, char *text, size_t size)
{
	_cleanup_fd_ int fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, size - 1);
	if (n < 0)
		return -errno;
	while (n && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	return 0;
}

int cgroup_write(int dirfd, const char *file, const char *text)
{
	return file_write_at(dirfd, file, text, strlen(text));
}

bool cgroup_has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; *p;) {
		size_t n = strcspn(p, " ,\n");

		if (n == len && !memcmp(p, word, len))
			return true;
		p += n;
		p += *p != '\0';
	}
	return false;
}
