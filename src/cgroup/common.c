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
#include <sys/xattr.h>

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

/* Only root of the host may set the first, cgroup v1 has no other; the second is for users, on v2
 * since Linux 5.7. Without a mark the cgroup may stay behind, empty. */
static const char *const shared_marks[] = {"trusted.hezi.shared", "user.hezi.shared"};

void cgroup_mark_shared(const char *path)
{
	if (lsetxattr(path, shared_marks[0], "1", 1, 0))
		(void)lsetxattr(path, shared_marks[1], "1", 1, 0);
}

bool cgroup_is_shared(const char *path)
{
	char names[1024]; /* others may have set some too: more than this is taken for no mark */
	ssize_t len = llistxattr(path, names, sizeof(names));

	for (ssize_t at = 0; at < len; at += (ssize_t)strlen(names + at) + 1)
		if (!strcmp(names + at, shared_marks[0]) || !strcmp(names + at, shared_marks[1]))
			return true;
	return false;
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

int cgroup_bad_record(const char *recorded, struct hz_error *err)
{
	return error_set(err, HZ_E_CONFIG,
			 "the container's record holds \"%s\", which is no cgroup", recorded);
}

int cgroup_is_gone(const struct oci_strings *dirs, struct hz_error *err)
{
	const char *path = NULL;
	unsigned n;

	for (size_t i = 0; i < dirs->n && !path; i++)
		if (dirs->items[i][0] && !cgroup_dir_parse(dirs->items[i], &n, &path))
			return cgroup_bad_record(dirs->items[i], err);
	if (!path)
		return error_set(err, HZ_E_STATE, "the container has no cgroup");
	error_set(err, HZ_E_STATE, "the container's cgroup \"%s\" is gone", path);
	return error_hint(err, "it was removed, or never made for want of rights; \"hezi delete "
			       "--force\" ends the container all the same");
}

int cgroup_recorded_open(const struct oci_strings *dirs, size_t i, int *ret_fd, unsigned *ret_n,
			 const char **ret_path, struct hz_error *err)
{
	*ret_n = 0;
	*ret_path = dirs->items[i];
	if (!dirs->items[i][0])
		return 0;
	if (!cgroup_dir_parse(dirs->items[i], ret_n, ret_path))
		return cgroup_bad_record(dirs->items[i], err);
	*ret_fd = cgroup_dir_open(*ret_path);
	if (*ret_fd >= 0)
		return 1;
	if (*ret_fd == -ENOENT)
		return 0;
	if (*ret_fd == -EXDEV)
		return cgroup_bad_record(dirs->items[i], err);
	return error_sys(err, -*ret_fd, "open", *ret_path, "open cgroup \"%s\"", *ret_path);
}
