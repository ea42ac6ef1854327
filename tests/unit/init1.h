/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame for tests of init as a whole: a plan made by hand, a host that is played by the test, and
 * init in a fork. What was said is kept as one line of text: "sync:2 executing eof".
 */
#ifndef TESTS_INIT1_H
#define TESTS_INIT1_H

#include "init/init.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define I1_UNUSED  __attribute__((unused))
#define I1_STRINGS 16384u /* steps before it, strings after it */

static union {
	struct plan_header h;
	char bytes[1 << 17];
} i1_plan;
static uint32_t i1_step_end, i1_string_end;

static plan_str i1_str(const char *s)
{
	plan_str at = i1_string_end;

	if (!s)
		return 0;
	strcpy(i1_plan.bytes + at, s);
	i1_string_end += ((uint32_t)strlen(s) + 8) & ~7u;
	return at;
}

static struct plan_vec i1_bytes(const void *items, size_t n, size_t size)
{
	struct plan_vec v = {.off = i1_string_end, .n = (uint32_t)n};

	if (n)
		memcpy(i1_plan.bytes + v.off, items, n * size);
	i1_string_end += (uint32_t)(n * size + 7) & ~7u;
	return v;
}

static struct plan_vec i1_strs(const char *const *items)
{
	plan_str strs[16];
	size_t n = 0;

	for (; items[n]; n++)
		strs[n] = i1_str(items[n]);
	return i1_bytes(strs, n, sizeof(strs[0]));
}
#define I1_STRS(...) i1_strs((const char *const[]){__VA_ARGS__, NULL})

static void i1_start(void)
{
	memset(&i1_plan, 0, sizeof(i1_plan));
	i1_step_end = sizeof(struct plan_header);
	i1_string_end = I1_STRINGS;
	i1_plan.h = (struct plan_header){
		.magic = PLAN_MAGIC, .version = PLAN_VERSION, .first = i1_step_end};
	i1_plan.h.bundle = i1_str("/tmp");
}

static void *i1_add(const void *step, size_t size, enum plan_kind kind)
{
	struct plan_step *s = (struct plan_step *)(i1_plan.bytes + i1_step_end);

	memcpy(s, step, size);
	s->kind = (uint16_t)kind;
	s->actor = kind == PLAN_SYNC ? PLAN_BOTH : PLAN_INIT;
	s->size = (uint32_t)(size + 7) & ~7u;
	s->index = i1_plan.h.nsteps++;
	i1_step_end += s->size;
	return s;
}
#define I1_ADD(type, kind, ...) ((type *)i1_add(&(type){__VA_ARGS__}, sizeof(type), (kind)))

static struct plan_exec i1_exec(const char *const *argv)
{
	struct plan_exec e = {
		.argv = i1_strs(argv),
		.envp = I1_STRS("X=1", "PATH=/usr/bin:/bin"),
		.path = i1_str("/nonexistent:/etc:/usr/bin:/bin"),
		.cwd = i1_str("/"),
	};

	return e;
}

/* The steps that every plan ends with. */
I1_UNUSED static void i1_end(const char *const *argv, bool home, const struct plan_hooks *hooks,
			     const struct plan_seccomp_load *load)
{
	struct plan_exec e = i1_exec(argv);

	e.need_home = home;
	e.uid = 0;
	i1_add(&e, sizeof(e), PLAN_EXEC_LOOKUP);
	I1_ADD(struct plan_sync, PLAN_SYNC, .point = PLAN_POINT_READY);
	I1_ADD(struct plan_bare, PLAN_START_WAIT, .s = {0});
	if (hooks)
		i1_add(hooks, sizeof(*hooks), PLAN_HOOKS);
	if (load)
		i1_add(load, sizeof(*load), PLAN_SECCOMP_LOAD);
	i1_add(&e, sizeof(e), PLAN_EXEC);
}
#define I1_ARGV(...)  ((const char *const[]){__VA_ARGS__, NULL})
#define I1_SH(script) I1_ARGV("sh", "-c", (script))

/* The other side, and what it does at its turns. */
struct i1_host {
	int sock;
	pid_t pid, forked;
	uint32_t go;  /* answer to "ready"; 0: INIT_GO_START */
	int listener; /* goes with GO_WAIT */
	const void *filter;
	uint32_t filter_len;
	struct init_page *page; /* sent with GO_START where there is a filter */
	void (*at_maps)(struct i1_host *);
	void (*at_exec)(struct i1_host *);
	char said[512]; /* by init */
	struct init_error error;
	char output[8192];
	int status; /* of the program or of init */
	int out;
};

static int i1_send(int sock, uint32_t type, uint32_t value, const void *more, size_t len,
		   const int *fds, size_t nfds)
{
	struct init_msg m = {.type = type, .value = value};
	struct iovec iov[] = {{&m, sizeof(m)}, {(void *)more, len}};
	char control[CMSG_SPACE(sizeof(int) * 70)] __attribute__((aligned(8))) = {0};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = len ? 2 : 1};

	if (nfds) {
		struct cmsghdr *c = (struct cmsghdr *)control;

		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * nfds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * nfds);
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int i1_plan_fd(void)
{
	int fd = memfd_create("plan", MFD_CLOEXEC);

	i1_plan.h.size = i1_string_end;
	if (fd < 0 || write(fd, &i1_plan, i1_string_end) != (ssize_t)i1_string_end)
		exit(99);
	return fd;
}

/* Init in a fork, its output in a pipe; @first_fd as of init_main(). */
static void i1_spawn(struct i1_host *h, unsigned first_fd)
{
	int pair[2], out[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) || pipe2(out, O_CLOEXEC))
		exit(99);
	fflush(stdout);
	h->pid = fork();
	if (h->pid == 0) {
		int sock = fcntl(pair[1], F_DUPFD_CLOEXEC, 40);

		dup2(out[1], 1);
		dup2(out[1], 2);
		init_main(sock, first_fd);
	}
	close(pair[1]);
	close(out[1]);
	h->sock = pair[0];
	h->out = out[0];
}

static void i1_note(struct i1_host *h, const char *fmt, long value)
{
	size_t len = strlen(h->said);

	snprintf(h->said + len, sizeof(h->said) - len, "%s", len ? " " : "");
	len = strlen(h->said);
	snprintf(h->said + len, sizeof(h->said) - len, "%s", fmt);
	len = strlen(h->said);
	if (value >= 0)
		snprintf(h->said + len, sizeof(h->said) - len, ":%ld", value);
}

/* A descriptor of the page that the host keeps. */
static int i1_page_fd(struct i1_host *h)
{
	int fd = memfd_create("page", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, sizeof(*h->page)))
		exit(99);
	h->page = mmap(NULL, sizeof(*h->page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (h->page == MAP_FAILED)
		exit(99);
	return fd;
}

static void i1_at_sync(struct i1_host *h, uint32_t point)
{
	uint32_t go = h->go ? h->go : INIT_GO_START;
	int fd = h->filter && point == PLAN_POINT_READY ? i1_page_fd(h) : h->listener;

	i1_note(h, "sync", point);
	if (point == PLAN_POINT_MAPS && h->at_maps)
		h->at_maps(h);
	if (point != PLAN_POINT_READY)
		i1_send(h->sock, INIT_GO, 0, NULL, 0, NULL, 0);
	else
		i1_send(h->sock, go, 0, NULL, 0, &fd, fd > 0);
	if (fd > 0 && fd != h->listener)
		close(fd);
}

static void i1_handle(struct i1_host *h, const struct init_error *e)
{
	switch (e->m.type) {
	case INIT_SYNC: i1_at_sync(h, e->m.value); break;
	case INIT_FORKED:
		i1_note(h, "forked", -1);
		h->forked = (pid_t)e->m.value;
		break;
	case INIT_NEED_FILTER:
		i1_note(h, "filter", -1);
		i1_send(h->sock, INIT_FILTER, h->filter_len, h->filter, h->filter_len & ~1u, NULL,
			0);
		break;
	case INIT_WAITING: i1_note(h, "waiting", -1); break;
	case INIT_EXECING:
		i1_note(h, "executing", -1);
		if (h->at_exec)
			h->at_exec(h);
		break;
	case INIT_ERROR:
		i1_note(h, "error", -1);
		h->error = *e;
		break;
	default: i1_note(h, "odd", e->m.type);
	}
}

/* Talk until init closes the socket. */
static void i1_talk(struct i1_host *h)
{
	struct init_error e;
	ssize_t n;

	while ((n = recv(h->sock, &e, sizeof(e), 0)) > 0)
		i1_handle(h, &e);
	if (h->page && h->page->state == INIT_PAGE_FAILED) {
		i1_note(h, "page", -1);
		h->error = h->page->error;
	}
	i1_note(h, n ? "broken" : "eof", -1);
	close(h->sock);
}

static void i1_wait(struct i1_host *h)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(h->out, h->output + len, sizeof(h->output) - 1 - len)) > 0)
		len += (size_t)n;
	h->output[len] = 0;
	close(h->out);
	waitpid(h->pid, &h->status, 0);
	if (h->forked)
		waitpid(h->forked, &h->status, 0);
}

I1_UNUSED static void i1_boot(struct i1_host *h, const int *slots, uint32_t nslots)
{
	int fds[INIT_SLOTS_MAX + 1] = {i1_plan_fd()};

	for (uint32_t i = 0; i < nslots; i++)
		fds[i + 1] = slots[i];
	i1_send(h->sock, INIT_BOOT, nslots, NULL, 0, fds, nslots + 1);
	close(fds[0]);
}

/* The plan from start to end. */
I1_UNUSED static struct i1_host *i1_run_host(struct i1_host *h)
{
	i1_spawn(h, 3);
	i1_boot(h, NULL, 0);
	i1_talk(h);
	i1_wait(h);
	return h;
}

I1_UNUSED static struct i1_host *i1_run(void)
{
	static struct i1_host h;

	h = (struct i1_host){0};
	return i1_run_host(&h);
}

/* The directory of a test and all in it. 0, or the status of rm(1). */
I1_UNUSED static int i1_remove(const char *dir)
{
	pid_t pid;
	int status = -1;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		execlp("rm", "rm", "-rf", "--", dir, NULL);
	waitpid(pid, &status, 0);
	return status;
}

#define i1_failed(h, w, e, name)                                               \
	do {                                                                   \
		is_int((h)->error.m.type, INIT_ERROR, "%s: an error", (name)); \
		is_int((h)->error.why, (w), "%s: why", (name));                \
		is_int((h)->error.errnum, (e), "%s: errno", (name));           \
	} while (0)

#endif
