/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp agent (config-linux.md, "Seccomp", listenerPath): a stream socket on which it gets
 * one container process state as JSON, with the listener, and then the end of file.
 */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define AGENT_SECONDS 5 /* for an agent that neither accepts nor reads */

int agent_connect(const char *path, int *ret_fd, struct hz_error *err)
{
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct timeval limit = {.tv_sec = AGENT_SECONDS};
	int r;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)))
		return error_sys(err, errno, "socket", path,
				 "failed to connect with seccomp agent at \"%s\"", path);
	r = socket_connect(fd, path);
	if (r)
		return error_sys(err, r == -EAGAIN ? ETIMEDOUT : -r, "connect", path,
				 "failed to connect with seccomp agent at \"%s\"", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static void put_state(struct oci_json *j, const struct agent_message *m)
{
	const struct oci_state state = {
		.oci_version = OCI_VERSION_MAX,
		.id = m->record->id,
		.status = m->status,
		.pid = m->record->pid.v,
		.bundle = m->record->bundle,
		.annotations = m->record->annotations,
	};

	oci_json_object(j);
	oci_json_key(j, "ociVersion");
	oci_json_str(j, OCI_VERSION_MAX);
	oci_json_key(j, "fds");
	oci_json_array(j);
	oci_json_str(j, "seccompFd");
	oci_json_array_end(j);
	oci_json_key(j, "pid");
	oci_json_i64(j, m->pid);
	if (m->metadata) {
		oci_json_key(j, "metadata");
		oci_json_str(j, m->metadata);
	}
	oci_json_key(j, "state");
	oci_state_encode(j, &state);
	oci_json_object_end(j);
}

/* The descriptor goes with the first sendmsg only. */
static int send_all(int agent, const char *text, size_t len, int listener)
{
	struct iovec iov = {(void *)text, len};
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.head = {.cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS,
			      .cmsg_len = CMSG_LEN(sizeof(int))}};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};

	memcpy(CMSG_DATA(&control.head), &listener, sizeof(int));
	while (iov.iov_len) {
		ssize_t n = sendmsg(agent, &msg, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		iov.iov_base = (char *)iov.iov_base + n;
		iov.iov_len -= (size_t)n;
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
	}
	return 0;
}

int agent_send(int agent, int listener, const struct agent_message *m, struct hz_error *err)
{
	struct oci_json *j = oci_json_new("");
	const char *text;
	size_t len;
	int r;

	if (!j)
		return error_oom(err);
	put_state(j, m);
	r = oci_json_text(j, &text, &len, err);
	if (!r) {
		r = send_all(agent, text, len, listener);
		if (r)
			error_sys(err, -r, "sendmsg", m->path,
				  "send the container process state to the seccomp agent at \"%s\"",
				  m->path);
	}
	oci_json_free(j);
	return r ? -1 : 0;
}
