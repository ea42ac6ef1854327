/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a container runs out of memory: inotify on memory.events (cgroup-v2, "Memory Interface
 * Files"), an eventfd on memory.oom_control of v1 (cgroup-v1/memory.txt, 10. OOM Control).
 */
#include "cgroup/internal.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

static uint64_t kills(const char *path)
{
	char file[PATH_MAX + 32], text[1024];
	uint64_t n = 0;

	snprintf(file, sizeof(file), "%s/memory.events", path);
	if (!cgroup_read(AT_FDCWD, file, text, sizeof(text)))
		(void)cgroup_line_number(text, "oom_kill", &n); /* not there: none */
	return n;
}

/* An inotify descriptor on the events of v2, or -errno. */
static int watch_v2(const char *path)
{
	_cleanup_fd_ int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char file[PATH_MAX + 32];

	snprintf(file, sizeof(file), "%s/memory.events", path);
	if (fd < 0 || inotify_add_watch(fd, file, IN_MODIFY) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* An eventfd of v1, or -errno; the kernel keeps the registration when the file is closed. */
static int watch_v1(int dirfd)
{
	_cleanup_fd_ int control = openat(dirfd, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	_cleanup_fd_ int fd = -1;
	char text[32];
	int r;

	if (control < 0)
		return -errno;
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	snprintf(text, sizeof(text), "%d %d", fd, control);
	r = cgroup_write(dirfd, "cgroup.event_control", text);
	return r ? r : TAKE_FD(fd);
}

/* The limits of inotify are those of the user, whatever the descriptors of the process. */
static int fail(const struct cgroup_watch *w, int errnum, struct hz_error *err)
{
	error_sys(err, errnum, w->unified ? "inotify_add_watch" : "write", w->path,
		  "watch cgroup \"%s\" for lack of memory", w->path);
	if (w->unified && errnum == EMFILE)
		return error_hint(err, "fs.inotify.max_user_instances or RLIMIT_NOFILE is reached");
	if (w->unified && errnum == ENOSPC)
		return error_hint(err, "the sysctl fs.inotify.max_user_watches is reached");
	return -1;
}

int cgroup_watch_ooms(const struct oci_strings *dirs, struct cgroup_watch *ret,
		      struct hz_error *err)
{
	*ret = (struct cgroup_watch){.fd = -1};
	for (size_t i = 0; i < dirs->n && ret->fd < 0; i++) {
		_cleanup_fd_ int dirfd = -1;
		unsigned n;
		int r = cgroup_recorded_open(dirs, i, &dirfd, &n, &ret->path, err);

		if (r < 0)
			return -1;
		if (!r)
			continue;
		ret->unified = cgroup_dir_is_unified(dirfd);
		r = ret->unified ? watch_v2(ret->path) : watch_v1(dirfd);
		if (r >= 0)
			ret->fd = r;
		else if (r != -ENOENT)
			return fail(ret, -r, err);
	}
	if (ret->fd >= 0 && ret->unified)
		ret->seen = kills(ret->path);
	return 0;
}

bool cgroup_watch_happened(struct cgroup_watch *w)
{
	uint64_t text[64], seen = w->seen;
	bool read_some = false;

	if (w->fd < 0)
		return false;
	while (read(w->fd, text, sizeof(text)) > 0)
		read_some = true;
	/* the eventfd of v1 fires once more when the cgroup is removed */
	if (!w->unified)
		return read_some && !access(w->path, F_OK);
	w->seen = kills(w->path);
	return w->seen > seen;
}
