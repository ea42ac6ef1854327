/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sd_notify(3) for the program of a container. The manager that NOTIFY_SOCKET names knows processes
 * of the host, and takes messages from them alone. So the program gets a socket of our own, in a
 * directory that create binds to /run/notify; start and run listen there until READY=1 comes, and
 * pass that on together with MAINPID. Nothing else is passed on: what comes from the box is not to
 * be trusted.
 */
#include "runtime/notify.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define NOTIFY_DIR         "notify"
#define NOTIFY_SOCKET_NAME NOTIFY_DIR "/notify.sock"
#define NOTIFY_MAX         4096  /* of one message, as runc reads them */
#define BARRIER_MS         30000 /* for the manager to take our messages, as runc waits */

static const char *host_socket(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	return path && *path ? path : NULL;
}

static bool has_mount_ns(const struct oci_config *c)
{
	const struct oci_linux *l = c->linux_;

	for (size_t i = 0; l && i < l->namespaces.n; i++)
		if (l->namespaces.items[i].type.v == OCI_NS_MOUNT)
			return true;
	return false;
}

int notify_option(const hz_runtime *rt, const char *id, struct bundle *b, struct hz_error *err)
{
	if (!host_socket() || !has_mount_ns(b->config))
		return 0;
	b->options.notify_dir = arena_printf(&b->arena, "%s/%s/" NOTIFY_DIR, rt->root, id);
	return b->options.notify_dir ? 0 : error_oom(err);
}

/* Any user of the box may look for the socket; the umask is the caller's. */
int notify_prepare(int dirfd, struct hz_error *err)
{
	if (mkdirat(dirfd, NOTIFY_DIR, 0755) || fchmodat(dirfd, NOTIFY_DIR, 0755, 0))
		return error_sys(err, errno, "mkdirat", NOTIFY_DIR,
				 "make the directory of the notify socket");
	return 0;
}

int notify_listen(const hz_runtime *rt, int dirfd, int *ret, struct hz_error *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_cleanup_fd_ int fd = -1;
	struct stat st;

	*ret = -1;
	if (!host_socket())
		return 0;
	if (fstatat(dirfd, NOTIFY_DIR, &st, 0)) {
		runtime_log(rt, HZ_LOG_WARNING,
			    "NOTIFY_SOCKET is set, but was not when the container was created: its "
			    "program cannot notify");
		return 0;
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_sys(err, errno, "socket", NULL, "make the notify socket");
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/" NOTIFY_SOCKET_NAME,
		 dirfd);
	/* a start that failed may have left one */
	if (unlinkat(dirfd, NOTIFY_SOCKET_NAME, 0) && errno != ENOENT)
		return error_sys(err, errno, "unlinkat", NOTIFY_SOCKET_NAME,
				 "make the notify socket");
	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)))
		return error_sys(err, errno, "bind", addr.sun_path, "make the notify socket");
	if (fchmodat(dirfd, NOTIFY_SOCKET_NAME, 0777, 0))
		return error_sys(err, errno, "fchmodat", addr.sun_path, "open the notify socket");
	*ret = TAKE_FD(fd);
	return 0;
}

/* "/path", or "@name" in the abstract namespace. */
static int host_address(const char *path, struct sockaddr_un *addr, socklen_t *ret_len)
{
	size_t n = strlen(path);

	if (path[0] != '/' && path[0] != '@')
		return -EAFNOSUPPORT;
	if (n >= sizeof(addr->sun_path))
		return -ENAMETOOLONG;
	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(addr->sun_path, path, n + 1);
	if (path[0] == '@')
		addr->sun_path[0] = '\0';
	*ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (path[0] == '/'));
	return 0;
}

static int send_host(int sock, const char *text, int passed)
{
	struct sockaddr_un addr;
	struct iovec iov = {(void *)text, strlen(text)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_name = &addr};
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	int r = host_address(host_socket(), &addr, &msg.msg_namelen);

	if (r)
		return r;
	if (passed >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
						.cmsg_type = SCM_RIGHTS,
						.cmsg_len = CMSG_LEN(sizeof(int))};
		memcpy(CMSG_DATA(&control.head), &passed, sizeof(int));
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/*
 * The manager looks at the sender of a message when it gets to it: one that has left by then is
 * nobody's. It closes this descriptor when it has read all that was sent before
 * (sd_notify_barrier(3)); who does not know the message closes it, too.
 */
static void barrier(int sock)
{
	int ends[2];
	struct pollfd p;

	if (pipe2(ends, O_CLOEXEC))
		return;
	if (!send_host(sock, "BARRIER=1", ends[1])) {
		fd_close(TAKE_FD(ends[1]));
		p = (struct pollfd){ends[0], 0, 0};
		while (poll(&p, 1, BARRIER_MS) < 0 && errno == EINTR)
			;
	}
	if (ends[1] >= 0)
		fd_close(ends[1]);
	fd_close(ends[0]);
}

static void tell_host(const hz_runtime *rt, pid_t main_pid, bool leaving)
{
	_cleanup_fd_ int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[48];
	int r;

	snprintf(text, sizeof(text), "MAINPID=%d\nREADY=1", main_pid);
	r = sock < 0 ? -errno : send_host(sock, text, -1);
	if (r)
		runtime_log(rt, HZ_LOG_WARNING,
			    "tell \"%s\" (NOTIFY_SOCKET) that the container is "
			    "ready: %s",
			    host_socket(), error_strerror(-r));
	else if (leaving)
		barrier(sock);
}

static bool is_ready(char *text)
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")))
		if (!strcmp(line, "READY=1"))
			return true;
	return false;
}

/* One message: was it that the program is ready? Descriptors that come along are dropped by the
 * kernel. */
static bool take_message(int sock)
{
	char text[NOTIFY_MAX + 1];
	ssize_t n = recv(sock, text, NOTIFY_MAX, MSG_DONTWAIT);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return is_ready(text);
}

bool notify_step(const hz_runtime *rt, int sock)
{
	if (!take_message(sock))
		return false;
	tell_host(rt, getpid(), false);
	return true;
}

void notify_relay(const hz_runtime *rt, int sock, int pidfd, pid_t pid)
{
	struct pollfd p[] = {{sock, POLLIN, 0}, {pidfd, POLLIN, 0}};

	for (;;) {
		if (poll(p, ARRAY_SIZE(p), -1) < 0) {
			if (errno == EINTR)
				continue;
			return;
		}
		if (p[0].revents && take_message(sock)) {
			tell_host(rt, pid, true);
			return;
		}
		/* what it sent last was read before */
		if (!p[0].revents && p[1].revents)
			return;
	}
}
