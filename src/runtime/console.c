/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets the master of the container's pseudo terminal. */
#include "runtime/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

#define RECEIVER_TRIES 100 /* of 10 ms */
#define ACCEPT_SECONDS 5

int console_check(const struct oci_config *c, const struct hz_create_options *o, bool detached,
		  struct hz_error *err)
{
	bool terminal = c->process && c->process->terminal.set && c->process->terminal.v;

	if (terminal && detached && !o->console_socket) {
		error_set(err, HZ_E_USAGE,
			  "cannot allocate tty if hezi will detach without setting console socket");
		return error_hint(err, "give --console-socket, or set process.terminal to false");
	}
	if (o->console_socket && !(terminal && detached)) {
		error_set(err, HZ_E_USAGE,
			  "cannot use console socket if hezi will not detach or allocate tty");
		return error_hint(err, "--console-socket goes with process.terminal true and a "
				       "detached container");
	}
	return 0;
}

/* A listener that never accepts must not hang hezi once its queue is full. */
static int connect_in_time(int fd, const struct sockaddr_un *addr)
{
	const struct timeval limit = {.tv_sec = ACCEPT_SECONDS}, none = {0};
	int r = 0;

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)); /* cannot fail, as below */
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)))
		r = errno == EAGAIN ? -ETIMEDOUT : -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof(none));
	return r;
}

int socket_connect(int fd, const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *dir = NULL;
	_cleanup_fd_ int dirfd = -1;

	if (strlen(path) < sizeof(addr.sun_path)) {
		memcpy(addr.sun_path, path, strlen(path) + 1);
	} else {
		dir = slash ? strndup(path, (size_t)(slash - path)) : NULL;
		if (!dir || strlen(slash) > 64)
			return -ENAMETOOLONG;
		dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (dirfd < 0)
			return -errno;
		snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d%s", dirfd, slash);
	}
	return connect_in_time(fd, &addr);
}

/* Who starts a receiver and the container at the same time is not always in time with the former.
 */
static int connect_soon(int fd, const char *path)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	int r = socket_connect(fd, path);

	for (int i = 0; i < RECEIVER_TRIES && (r == -ENOENT || r == -ECONNREFUSED); i++) {
		nanosleep(&pause, NULL);
		r = socket_connect(fd, path);
	}
	return r;
}

int console_send(const char *path, int passed, const char *what, const char *body,
		 struct hz_error *err)
{
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct iovec iov = {(void *)body, strlen(body)};
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	int r;

	if (fd < 0)
		return error_sys(err, errno, "socket", NULL, "send the %s to \"%s\"", what, path);
	r = connect_soon(fd, path);
	if (r)
		return error_sys(err, -r, "connect", path, "send the %s to \"%s\"", what, path);
	control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
					.cmsg_type = SCM_RIGHTS,
					.cmsg_len = CMSG_LEN(sizeof(int))};
	memcpy(CMSG_DATA(&control.head), &passed, sizeof(int));
	if (sendmsg(fd, &msg, MSG_NOSIGNAL) < 0)
		return error_sys(err, errno, "sendmsg", path, "send the %s to \"%s\"", what, path);
	return 0;
}
