/* SPDX-License-Identifier: Apache-2.0 */
/* Starting hezi-systemd, one request to it, its reply. */
#include "cgroup/systemd_talk.h"

#include "cgroup/systemd.h"

#include "base/cleanup.h"
#include "base/image.h"
#include "sys/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

extern const char systemd_image[], systemd_image_end[];

struct helper {
	int sock;
	pid_t pid;
};

struct child {
	int image, sock;
	int errnum;
};

/* Shares our memory until it executes: raw calls only. */
static void child_exec(void *arg)
{
	struct child *c = arg;
	const char *argv[] = {"hezi-systemd", NULL};
	long r = sys_call(__NR_dup3, c->sock, STDERR_FILENO, 0);

	if (r >= 0)
		r = sys_call(__NR_execveat, c->image, "", argv, environ, AT_EMPTY_PATH);
	c->errnum = (int)-r;
	for (;;)
		sys_call(__NR_exit_group, 127);
}

static int no_library(struct hz_error *err)
{
	return error_hint(err, "the systemd cgroup driver needs libsystemd.so.0: install it "
			       "(libsystemd0, systemd-libs), or use --cgroup-manager cgroupfs");
}

static int start_child(struct helper *h, struct child *c, struct hz_error *err)
{
	struct sys_clone_args args = {.exit_signal = SIGCHLD};
	long pid = sys_clone3_vfork(&args, child_exec, c);

	if (pid < 0)
		return error_sys(err, (int)-pid, "clone3", NULL, "start hezi-systemd");
	h->pid = (pid_t)pid;
	if (!c->errnum)
		return 0;
	error_sys(err, c->errnum, "execveat", "hezi-systemd", "start hezi-systemd");
	return c->errnum == ENOENT ? no_library(err) : -1; /* its loader is missing */
}

/* The two are of one object (embed.py), which the compiler cannot know. */
static size_t image_length(void)
{
	return (size_t)((uintptr_t)systemd_image_end - (uintptr_t)systemd_image);
}

bool cgroup_unit_is_built(void)
{
	return image_length() > 0;
}

static int helper_start(struct helper *h, struct hz_error *err)
{
	_cleanup_fd_ int image = -1, theirs = -1;
	struct child c;
	int pair[2];

	if (!cgroup_unit_is_built()) {
		error_set(err, HZ_E_UNSUPPORTED,
			  "this hezi was built without the systemd cgroup driver");
		return error_hint(err, "use --cgroup-manager cgroupfs, or build with libsystemd");
	}
	image = image_open("hezi-systemd", NULL, systemd_image, image_length());
	if (image < 0) {
		error_sys(err, -image, "memfd_create", "hezi-systemd", "prepare hezi-systemd");
		return image_explain(image, err);
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return error_sys(err, errno, "socketpair", NULL, "make the socket to hezi-systemd");
	h->sock = pair[0];
	theirs = pair[1];
	c = (struct child){image, theirs, 0};
	return start_child(h, &c, err);
}

/* It ends when its socket does. */
static void helper_end(struct helper *h)
{
	if (h->sock >= 0)
		fd_close(TAKE_FD(h->sock));
	if (h->pid)
		while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
			;
	h->pid = 0;
}

static int send_all(int fd, const void *from, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = send(fd, (const char *)from + at, len - at, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += (size_t)n;
	}
	return 0;
}

/* How much arrives before the end of the socket, at most @len; -errno (-ETIMEDOUT: nothing came).
 */
static ssize_t receive(int fd, void *to, size_t len)
{
	size_t at = 0;

	while (at < len) {
		ssize_t n = recv(fd, (char *)to + at, len - at, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN       ? -ETIMEDOUT
			       : errno == ECONNRESET ? (ssize_t)at
						     : -errno;
		if (n == 0)
			break;
		at += (size_t)n;
	}
	return (ssize_t)at;
}

/* What came is no reply but the last words of the loader. */
static int not_a_reply(struct helper *h, const struct unit_reply *head, size_t len,
		       struct hz_error *err)
{
	char text[512] = "";
	ssize_t n;

	memcpy(text, head, len);
	n = receive(h->sock, text + len, sizeof(text) - 1 - len);
	text[len + (size_t)(n > 0 ? n : 0)] = '\0';
	text[strcspn(text, "\n")] = '\0';
	error_set(err, HZ_E_UNSUPPORTED, "hezi-systemd could not be run%s%s", *text ? ": " : "",
		  text);
	return no_library(err);
}

/* The tool gives itself UNIT_TIMEOUT_S for a call and again for the job. */
static int limit_wait(int sock)
{
	struct timeval t = {.tv_sec = 3L * UNIT_TIMEOUT_S + UNIT_PATIENCE_S};

	return setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) ? -errno : 0;
}

static int read_strings(struct helper *h, struct unit_reply *head, struct arena *a,
			struct oci_strings *ret, struct hz_error *err)
{
	char *text = head->len <= UNIT_MESSAGE_MAX ? arena_alloc(a, head->len + 1) : NULL;
	size_t n = 0;

	if (!text)
		return error_oom(err);
	if (receive(h->sock, text, head->len) != (ssize_t)head->len ||
	    (head->len && text[head->len - 1]))
		return error_set(err, HZ_E_INTERNAL, "unexpected end of hezi-systemd");
	for (size_t i = 0; i < head->len; i++)
		n += !text[i];
	ret->items = arena_calloc(a, n + 1, sizeof(*ret->items));
	if (!ret->items)
		return error_oom(err);
	for (ret->n = 0; ret->n < n; ret->n++) {
		ret->items[ret->n] = text;
		text += strlen(text) + 1;
	}
	return 0;
}

static int hint_bus(const struct unit_request *rq, int errnum, struct hz_error *err)
{
	if (rq->user && (errnum == ENOMEDIUM || errnum == ENOENT || errnum == ECONNREFUSED))
		return error_hint(
			err, "not as root, the systemd cgroup driver needs a running \"systemd "
			     "--user\" (loginctl enable-linger) and XDG_RUNTIME_DIR or "
			     "DBUS_SESSION_BUS_ADDRESS; or use --cgroup-manager cgroupfs");
	if (rq->user)
		return error_hint(err, "is \"systemctl --user status\" well?");
	return error_hint(err, "is systemd the init of this host? If not, use --cgroup-manager "
			       "cgroupfs");
}

static int failed(const struct unit_request *rq, const struct unit_reply *head,
		  const struct oci_strings *s, struct hz_error *err)
{
	const char *name = s->n > 0 ? s->items[0] : "", *text = s->n > 1 ? s->items[1] : "";

	if (*name)
		error_set(err, HZ_E_SYSTEM, "%s (%s)", text, name);
	else
		error_sys(err, (int)head->error, "sd-bus", "systemd", "%s", text);
	switch (head->what) {
	case UNIT_STAGE_BUS: return hint_bus(rq, (int)head->error, err);
	case UNIT_STAGE_LOST:
		return error_hint(err,
				  "%s went away, and was not back within %d s: is \"systemctl "
				  "%sstatus\" well?",
				  rq->user ? "the user's systemd, or the bus to it," : "systemd",
				  UNIT_PATIENCE_S, rq->user ? "--user " : "");
	case UNIT_STAGE_EXISTS:
		if (err)
			err->code = HZ_E_EXISTS;
		return error_hint(err, "it is not this container's: choose another "
				       "linux.cgroupsPath, or stop it with systemctl");
	default: return -1;
	}
}

static int converse(struct helper *h, const struct unit_request *rq, const char *strings,
		    struct arena *a, struct oci_strings *ret, struct hz_error *err)
{
	struct unit_reply head = {0};
	int r = limit_wait(h->sock);
	ssize_t n;

	if (!r)
		r = send_all(h->sock, rq, sizeof(*rq));
	if (!r)
		r = send_all(h->sock, strings, rq->len);
	if (r && r != -EPIPE && r != -ECONNRESET) /* then its last words tell */
		return error_sys(err, -r, "send", NULL, "talk to hezi-systemd");
	n = receive(h->sock, &head, sizeof(head));
	if (n < 0)
		return error_sys(err, (int)-n, "recv", NULL, "wait for hezi-systemd");
	if ((size_t)n < sizeof(head) || head.magic != UNIT_MAGIC)
		return not_a_reply(h, &head, (size_t)n, err);
	if (read_strings(h, &head, a, ret, err))
		return -1;
	return head.error ? failed(rq, &head, ret, err) : 0;
}

int systemd_ask(struct unit_request *rq, const struct buf *strings, struct arena *a,
		struct oci_strings *ret, struct hz_error *err)
{
	struct helper h = {.sock = -1};
	int r;

	*ret = (struct oci_strings){0};
	if (strings->failed)
		return error_oom(err);
	if (strings->len > UNIT_MESSAGE_MAX)
		return error_set(err, HZ_E_CONFIG, "the unit's properties are too many");
	rq->magic = UNIT_MAGIC;
	rq->len = (uint32_t)strings->len;
	r = helper_start(&h, err);
	if (!r)
		r = converse(&h, rq, strings->data, a, ret, err);
	helper_end(&h);
	return r;
}
