/* SPDX-License-Identifier: Apache-2.0 */
/* What a container is doing: derived each time from its process, its start socket and its freezer;
 * never stored. */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define PID_FS_MAGIC_ 0x50494446 /* of linux/magic.h since 6.9 */

/*
 * State letter and start time of a process (proc(5), stat fields 3 and 22). The name in field 2 may
 * hold anything, so fields are counted from the last ')'.
 */
static int parse_stat(int fd, char *ret_state, uint64_t *ret_start)
{
	char text[1024];
	const char *p;
	char *end;
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	p = strrchr(text, ')');
	if (!p || p[1] != ' ' || !p[2])
		return -EPROTO;
	*ret_state = p[2];
	p += 2;
	for (int field = 3; field < 22; field++) {
		p = strchr(p, ' ');
		if (!p)
			return -EPROTO;
		p++;
	}
	errno = 0;
	*ret_start = strtoull(p, &end, 10);
	return end != p && !errno ? 0 : -EPROTO;
}

/* -ENOENT or -ESRCH: no such process, or /proc hides it (hidepid); -EPERM: hidepid=1. */
static int read_stat(pid_t pid, char *ret_state, uint64_t *ret_start)
{
	_cleanup_fd_ int fd = -1;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : parse_stat(fd, ret_state, ret_start);
}

/* "boottime          86400         0" */
static int64_t parse_offset(const char *text)
{
	const char *p = strstr(text, "boottime");
	char *end;
	int64_t secs, nanosecs;

	if (!p)
		return 0;
	secs = strtoll(p + strlen("boottime"), &end, 10);
	nanosecs = strtoll(end, NULL, 10);
	return secs * sysconf(_SC_CLK_TCK) + nanosecs / (1000000000 / sysconf(_SC_CLK_TCK));
}

/* What the kernel adds to every start time that this process reads, in clock ticks
 * (time_namespaces(7)); 0 in the initial time namespace. */
static int64_t start_offset(void)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	return file_read_at(AT_FDCWD, "/proc/self/timens_offsets", &text, 4096)
		       ? 0
		       : parse_offset(text.data);
}

/* Both were rounded, so they may differ by a tick. */
static bool is_start(uint64_t seen, uint64_t recorded)
{
	int64_t d = (int64_t)seen - start_offset() - (int64_t)recorded;

	return d >= -1 && d <= 1;
}

/* 0: this kernel has no pidfs, all pidfds share an inode. */
static uint64_t pidfd_inode(int pidfd)
{
	struct statfs fs;
	struct stat st;

	return !fstatfs(pidfd, &fs) && fs.f_type == PID_FS_MAGIC_ && !fstat(pidfd, &st) ? st.st_ino
											: 0;
}

/* By init's own hand where /proc hides it from us. */
static int read_start(const struct creation *c, uint64_t *ret)
{
	char state = 0;
	struct statfs fs;
	int r = read_stat(c->pid, &state, ret);

	if (!r || c->stat < 0 || fstatfs(c->stat, &fs) || fs.f_type != PROC_SUPER_MAGIC)
		return r;
	return parse_stat(c->stat, &state, ret);
}

int process_identify(struct creation *c, struct hz_error *err)
{
	uint64_t start = 0, inode = 0;
	int r = read_start(c, &start);

	if (c->b->plan.h->flags & PLAN_F_TELL_STAT)
		inode = pidfd_inode(c->pidfd);
	if (r && !inode)
		return error_sys(err, -r, "open", "/proc/PID/stat",
				 "read the start time of process %d", c->pid);
	if (c->b->facts.in_time_ns)
		start -= (uint64_t)start_offset();
	c->record.start_time = (struct oci_u64){start, true};
	c->record.pidfd_inode = (struct oci_u64){inode, inode != 0};
	return 0;
}

/* A thread may have the number: EINVAL, and ENOENT since Linux 6.16. */
int process_open(const struct record *r)
{
	int fd = (int)syscall(SYS_pidfd_open, (pid_t)r->pid.v, 0);

	if (fd >= 0)
		return fd;
	return errno == EINVAL || errno == ENOENT ? -ESRCH : -errno;
}

/* 1: *ret is a pidfd; 0: no process has the pid; -1: error */
static int open_pidfd(const struct record *r, int *ret, struct hz_error *err)
{
	*ret = process_open(r);
	if (*ret >= 0)
		return 1;
	return *ret == -ESRCH ? 0
			      : error_sys(err, -*ret, "pidfd_open", NULL, "find process %lld",
					  (long long)r->pid.v);
}

/* /proc does not show the recorded process as it was recorded: gone, hidden, or seen from another
 * time namespace? @seen is 0 or -errno of the look at @start. */
static int look_closer(const struct record *r, int seen, uint64_t start, struct hz_error *err)
{
	_cleanup_fd_ int pidfd = -1;
	struct pollfd p;
	uint64_t inode;
	int n;

	if (!seen && !is_start(start, r->start_time.v))
		return 0;
	n = open_pidfd(r, &pidfd, err);
	if (n <= 0)
		return n;
	p = (struct pollfd){pidfd, POLLIN, 0};
	if (poll(&p, 1, 0) == 1)
		return 0;
	inode = r->pidfd_inode.set ? pidfd_inode(pidfd) : 0;
	if (inode)
		return inode == r->pidfd_inode.v;
	if (!seen)
		return 1;
	error_sys(err, -seen, "open", "/proc/PID/stat", "read the state of process %lld",
		  (long long)r->pid.v);
	return error_hint(err,
			  "/proc is missing or hides the process: mount it without hidepid, or "
			  "with gid= for this user (proc(5))");
}

int process_is_alive(const struct record *r, struct hz_error *err)
{
	uint64_t start = 0;
	char state = 0;
	int seen = read_stat((pid_t)r->pid.v, &state, &start);

	/* a zombie counts as stopped: engines ask while init is not reaped yet */
	if (!seen && (state == 'Z' || state == 'X' || state == 'x'))
		return 0;
	return !seen && start == r->start_time.v ? 1 : look_closer(r, seen, start, err);
}

int process_find(const struct record *r, int *ret, struct hz_error *err)
{
	_cleanup_fd_ int pidfd = -1;
	int n = open_pidfd(r, &pidfd, err);

	if (n > 0)
		n = process_is_alive(r, err);
	*ret = n > 0 ? TAKE_FD(pidfd) : -1;
	return n;
}

/* The pidfd is opened before the process is told to be the one, so nobody else is waited for. */
void process_reap(const struct record *r)
{
	_cleanup_fd_ int pidfd = r->pid.set ? process_open(r) : -1;
	uint64_t start = 0;
	siginfo_t info;
	char state = 0;

	if (pidfd < 0 || read_stat((pid_t)r->pid.v, &state, &start) || state != 'Z' ||
	    !is_start(start, r->start_time.v))
		return;
	/* ECHILD: it is another process's child */
	(void)waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
}

int start_connect(int dirfd)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_cleanup_fd_ int fd = -1;
	struct stat st;

	if (fstatat(dirfd, INIT_START_SOCKET, &st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* the path of a state directory may be longer than sun_path: go through the descriptor */
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/" INIT_START_SOCKET,
		 dirfd);
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)))
		return -errno;
	return TAKE_FD(fd);
}

int status_get(int dirfd, const struct record *r, enum hz_status *ret, struct hz_error *err)
{
	int alive, fd, frozen;

	if (!r->pid.set) {
		/* an intent: its maker holds the lock, or was killed */
		*ret = store_is_locked(dirfd) ? HZ_CREATING : HZ_STOPPED;
		return 0;
	}
	alive = process_is_alive(r, err);
	if (alive < 0)
		return -1;
	if (!alive) {
		*ret = HZ_STOPPED;
		return 0;
	}
	frozen = cgroup_is_frozen(&r->cgroup_dirs, err);
	if (frozen < 0)
		return -1;
	if (frozen) {
		*ret = HZ_PAUSED;
		return 0;
	}
	fd = start_connect(dirfd);
	if (fd >= 0)
		fd_close(fd);
	else if (fd != -ENOENT && fd != -ECONNREFUSED && fd != -EAGAIN)
		return error_sys(err, -fd, "connect", INIT_START_SOCKET,
				 "ask the container's init whether it waits");
	*ret = fd >= 0 || fd == -EAGAIN ? HZ_CREATED : HZ_RUNNING;
	return 0;
}

const char *hz_status_name(enum hz_status status)
{
	static const char *const names[] = {
		[HZ_CREATING] = "creating", [HZ_CREATED] = "created", [HZ_RUNNING] = "running",
		[HZ_PAUSED] = "paused",     [HZ_STOPPED] = "stopped",
	};

	return (size_t)status < ARRAY_SIZE(names) ? names[status] : "unknown";
}
