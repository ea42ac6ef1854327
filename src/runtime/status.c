/* SPDX-License-Identifier: Apache-2.0 */
/* What a container is doing: derived each time from its process, its start socket and its freezer;
 * never stored. */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * State letter and start time of a process (proc(5), stat fields 3 and 22). The name in field 2 may
 * hold anything, so fields are counted from the last ')'. -ENOENT or -ESRCH: no such process.
 */
static int read_stat(pid_t pid, char *ret_state, uint64_t *ret_start)
{
	char path[32], text[1024];
	_cleanup_fd_ int fd = -1;
	const char *p;
	char *end;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
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

int process_start_time(pid_t pid, uint64_t *ret, struct hz_error *err)
{
	char state = 0;
	int r = read_stat(pid, &state, ret);

	if (r)
		return error_sys(err, -r, "read", "/proc/PID/stat",
				 "read the start time of process %d", pid);
	return 0;
}

int process_is_alive(pid_t pid, uint64_t start_time, struct hz_error *err)
{
	uint64_t start = 0;
	char state = 0;
	int r = read_stat(pid, &state, &start);

	/* without a /proc nothing is known of any process */
	if (r == -ENOENT && access("/proc/self/stat", F_OK))
		return error_sys(err, errno, "access", "/proc/self/stat",
				 "read the state of process %d on a /proc without processes", pid);
	if (r == -ENOENT || r == -ESRCH)
		return 0;
	if (r)
		return error_sys(err, -r, "read", "/proc/PID/stat", "read the state of process %d",
				 pid);
	/* a zombie counts as stopped: engines ask while init is not reaped yet */
	return start == start_time && state != 'Z' && state != 'X' && state != 'x';
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
	alive = process_is_alive((pid_t)r->pid.v, r->start_time.v, err);
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
