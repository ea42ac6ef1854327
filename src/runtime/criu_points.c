/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mount points in the root file system of a container that is to be restored. A checkpoint may
 * come from elsewhere, and CRIU only mounts on what is there. As at create, what is missing is
 * made; places on file systems that CRIU makes anew come with them.
 *
 * A mount may be on a bind mount, so binds are mounted meanwhile: in a process with a mount
 * namespace of its own, whose end undoes them. The root file system is not trusted: links are
 * resolved below it.
 */
#include "runtime/criu.h"

#include "base/fd.h"
#include "sys/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* What the process tells when it fails. */
struct fault {
	int errnum;
	uint32_t step; /* its number in the plan */
	char call[16];
};

static int failed(struct fault *f, const char *call, int errnum)
{
	f->errnum = errnum;
	snprintf(f->call, sizeof(f->call), "%s", call);
	return -1;
}

static int make_one(int dirfd, const char *name, bool dir)
{
	int fd;

	if (dir)
		return mkdirat(dirfd, name, 0755) && errno != EEXIST ? -errno : 0;
	fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;
	fd_close(fd);
	return 0;
}

/* O_PATH of @target, made with all above it where it is missing; -errno. */
static int open_point(int rootfd, const char *target, bool dir)
{
	const uint64_t how = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
	_cleanup_free_ char *path = strdup(target);
	_cleanup_fd_ int above = fcntl(rootfd, F_DUPFD_CLOEXEC, 3);
	size_t at = 0;

	while (path && above >= 0 && path[at]) {
		const char *name = path + at + 1;
		char last;
		long fd;

		at += 1 + strcspn(name, "/");
		last = path[at];
		path[at] = '\0';
		fd = sys_openat2(rootfd, path, O_PATH | O_CLOEXEC, 0, how);
		if (fd == -ENOENT) {
			int r = make_one(above, name, dir || last);

			fd = r ? r : sys_openat2(rootfd, path, O_PATH | O_CLOEXEC, 0, how);
		}
		if (fd < 0)
			return (int)fd;
		path[at] = last;
		fd_close(above);
		above = (int)fd;
	}
	return path && above >= 0 ? TAKE_FD(above) : -ENOMEM;
}

static bool is_below(const char *path, const char *point)
{
	size_t n = strlen(point);

	return !strncmp(path, point, n) && path[n] == '/';
}

static bool is_bind(const struct plan_step *s)
{
	return s->kind == PLAN_MOUNT && (((const struct plan_mount *)s)->flags & PLAN_MOUNT_BIND);
}

/* Is @target on a file system that an earlier step of the plan makes anew? */
static bool is_on_new(const struct plan_header *h, const struct plan_step *upto, const char *target)
{
	bool ret = false;

	for (const struct plan_step *s = plan_first(h); s != upto; s = plan_next(s))
		if (s->kind == PLAN_MOUNT &&
		    is_below(target, plan_text(h, ((const struct plan_mount *)s)->target)))
			ret = !is_bind(s);
	return ret;
}

static int make_point(const struct plan_header *h, const struct plan_mount *m, int rootfd,
		      struct fault *f)
{
	const char *target = plan_text(h, m->target);
	bool bind = is_bind(&m->s);
	_cleanup_fd_ int fd = -1;
	struct stat st;
	char at[48], source[PATH_MAX];
	int r = bind ? criu_bind_source(h, m, source) : 0;

	if (r)
		return failed(f, "openat2", -r);
	if (bind && stat(source, &st))
		return failed(f, "stat", errno);
	fd = open_point(rootfd, target, !bind || S_ISDIR(st.st_mode));
	if (fd < 0)
		return failed(f, "openat2", -fd);
	if (!bind)
		return 0;
	snprintf(at, sizeof(at), "/proc/self/fd/%d", fd);
	return mount(source, at, NULL, MS_BIND | MS_REC, NULL) ? failed(f, "mount", errno) : 0;
}

/* In the process. The root is opened after the mount: the binds are made below that. */
static int make_points(const struct plan_header *h, struct fault *f)
{
	const char *rootfs = plan_text(h, h->rootfs);
	_cleanup_fd_ int rootfd = -1;
	const struct plan_step *s;
	uint32_t i;

	umask(0);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL))
		return failed(f, "mount", errno);
	rootfd = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (rootfd < 0)
		return failed(f, "open", errno);
	plan_foreach (h, s, i) {
		const struct plan_mount *m = (const struct plan_mount *)s;
		const unsigned none = PLAN_MOUNT_REMOUNT | PLAN_MOUNT_COPY_SYMLINK;

		f->step = i;
		if (s->kind == PLAN_MOUNT && !(m->flags & none) &&
		    !is_on_new(h, s, plan_text(h, m->target)) && make_point(h, m, rootfd, f))
			return -1;
	}
	return 0;
}

static int tell(const struct plan_header *h, const struct fault *f, struct hz_error *err)
{
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (h, s, i) {
		const char *target = plan_text(h, ((const struct plan_mount *)s)->target);

		if (i != f->step)
			continue;
		if (s->kind != PLAN_MOUNT)
			break;
		error_sys(err, f->errnum, f->call, target, "make the mount point \"%s\"", target);
		return error_pointer(err, plan_text(h, s->origin));
	}
	return error_sys(err, f->errnum, f->call, plan_text(h, h->rootfs),
			 "prepare the root \"%s\"", plan_text(h, h->rootfs));
}

int criu_make_mount_points(const struct plan_header *h, struct hz_error *err)
{
	struct sys_clone_args args = {.flags = CLONE_NEWNS, .exit_signal = SIGCHLD};
	_cleanup_fd_ int from = -1, to = -1;
	struct fault f = {0};
	int ends[2];
	int status = 0, errnum;
	ssize_t n;
	long pid;

	if (pipe2(ends, O_CLOEXEC))
		return error_sys(err, errno, "pipe2", NULL, "make mount points");
	from = ends[0];
	to = ends[1];
	pid = sys_clone3_fork(&args);
	if (pid < 0)
		return error_sys(err, (int)-pid, "clone3", NULL, "make mount points");
	if (!pid) {
		make_points(h, &f);
		_exit(write(to, &f, sizeof(f)) == (ssize_t)sizeof(f) ? 0 : errno);
	}
	fd_close(TAKE_FD(to));
	do
		n = read(from, &f, sizeof(f));
	while (n < 0 && errno == EINTR);
	errnum = n < 0 ? errno : 0;
	while (waitpid((pid_t)pid, &status, 0) < 0 && errno == EINTR)
		;
	if (n != (ssize_t)sizeof(f))
		return error_sys(err, errnum ? errnum : WEXITSTATUS(status), "read", NULL,
				 "hear from the process that makes mount points");
	return f.errnum ? tell(h, &f, err) : 0;
}
