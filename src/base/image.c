/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that hezi carries in itself, and files that have no name.
 *
 * Where memory files cannot be executed (vm.memfd_noexec=2, a seccomp filter) the program goes into
 * a tmpfs that is mounted nowhere and read-only once it is written, or else into a file without a
 * name, which nobody has open for writing. Each run has its own: a container that could write to
 * its /proc/self/exe (CVE-2019-5736) would change no program that is run later.
 */
#include "base/image.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

static int in_memory(const char *name, const void *image, size_t len)
{
	_cleanup_fd_ int fd = -1;
	int r;

	fd = (int)syscall(SYS_memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = (int)syscall(SYS_memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, image, len);
	if (!r && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
		r = -errno;
	return r ? r : TAKE_FD(fd);
}

static bool has_content(int fd, const void *image, size_t len)
{
	struct stat st;
	void *at;
	bool same;

	if (fstat(fd, &st) || st.st_size != (off_t)len)
		return false;
	at = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return false;
	same = !memcmp(at, image, len);
	munmap(at, len);
	return same;
}

/* Only its new name in @dir, a directory of our own, leads to the file. */
static int write_and_reopen(int dir, const char *name, const void *image, size_t len)
{
	_cleanup_fd_ int fd =
		openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0500);
	int r = fd < 0 ? -errno : fd_write_all(fd, image, len);

	if (r)
		return r;
	fd_close(TAKE_FD(fd));
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : TAKE_FD(fd);
}

/* The super block is read-only then, so no other view of it can be written to either. */
static int make_readonly(int fs, int mount)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};

	if (syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH, &attr, sizeof(attr)) &&
	    errno != ENOSYS) /* before Linux 5.12 */
		return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0))
		return -errno;
	return 0;
}

static int in_own_tmpfs(const char *name, const void *image, size_t len)
{
	_cleanup_fd_ int fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	_cleanup_fd_ int mount = -1, fd = -1;
	int r;

	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "mode", "0500", 0) ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -errno;
	mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
			     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (mount < 0)
		return -errno;
	fd = write_and_reopen(mount, name, image, len);
	r = fd < 0 ? fd : make_readonly(fs, mount);
	return r ? r : TAKE_FD(fd);
}

/* O_EXCL: it cannot get a name later. */
static int open_nameless(const char *dir, mode_t mode)
{
	int fd = dir ? open(dir, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, mode) : -1;

	return fd < 0 ? -errno : fd;
}

static int in_directory(const char *dir, const void *image, size_t len)
{
	_cleanup_fd_ int fd = open_nameless(dir, 0500);
	struct statvfs fs;
	char link[32];
	int again, r;

	if (fd < 0)
		return fd;
	if (fstatvfs(fd, &fs) || (fs.f_flag & ST_NOEXEC))
		return -EACCES;
	r = fd_write_all(fd, image, len);
	if (r)
		return r;
	/* a file that is open for writing cannot be executed */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	again = open(link, O_RDONLY | O_CLOEXEC);
	return again < 0 ? -errno : again;
}

/* Where a file without a name may lie: memory first. */
static const char *const places[] = {"/run", "/dev/shm", "/tmp", "/var/tmp", NULL};

static int in_any_directory(const char *dir, const void *image, size_t len)
{
	int fd = in_directory(dir, image, len);

	for (size_t i = 0; fd < 0 && places[i]; i++)
		fd = in_directory(places[i], image, len);
	return fd;
}

static bool is_refused(int r)
{
	return r == -EACCES || r == -EPERM || r == -ENOSYS;
}

int image_open(const char *name, const char *dir, const void *image, size_t len)
{
	int fd, first = in_memory(name, image, len);

	if (first >= 0 || !is_refused(first))
		return first;
	fd = in_own_tmpfs(name, image, len);
	if (fd < 0)
		fd = in_any_directory(dir, image, len);
	if (fd < 0)
		return first;
	if (has_content(fd, image, len))
		return fd;
	fd_close(fd);
	return -EIO;
}

int image_explain(int r, struct hz_error *err)
{
	return is_refused(r) ? error_hint(err, "the sysctl vm.memfd_noexec=2 or a seccomp filter "
					       "forbids it, and the state directory, /run, "
					       "/dev/shm, /tmp and /var/tmp are noexec or not "
					       "writable: change one of them")
			     : -1;
}

int fd_memory(const char *name)
{
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create(name, MFD_CLOEXEC);
	if (fd >= 0 || !is_refused(-errno))
		return fd < 0 ? -errno : fd;
	for (size_t i = 0; fd < 0 && places[i]; i++)
		fd = open_nameless(places[i], 0600);
	return fd;
}
