/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create, and the first half of run. The order is that of RELIABILITY: the state directory and its
 * lock, the intent record, then resources; what fails or is killed in between is undone from the
 * record alone, here or by `delete --force`.
 */
#include "runtime/filter.h"
#include "runtime/notify.h"
#include "runtime/runtime.h"

#include "base/fd.h"
#include "base/named.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

static const char *rfc3339_now(struct arena *a)
{
	struct timespec ts;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ", tm.tm_year + 1900,
			    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
			    ts.tv_nsec);
}

static const struct plan_cgroup_create *find_cgroup(const struct plan_header *h)
{
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (h, s, i) {
		if (s->kind == PLAN_CGROUP_CREATE)
			return (const struct plan_cgroup_create *)s;
	}
	return NULL;
}

/* What will be made, for the record. Only looks. */
static int fill_record(struct creation *c, struct hz_error *err)
{
	const struct plan_header *h = c->b->plan.h;
	const struct plan_cgroup_create *cg = find_cgroup(h);
	struct record *r = &c->record;

	*r = (struct record){
		.version = {RECORD_VERSION, true},
		.id = c->o->id,
		.bundle = c->b->path,
		.rootfs = plan_text(h, h->rootfs),
		.created = rfc3339_now(&c->arena),
		.owner = {c->b->facts.euid, true},
		.own_pid_ns = {(h->flags & PLAN_F_NEW_PID) != 0, true},
		.annotations = c->b->config->annotations,
	};
	unit_record(h, r);
	if (rdt_intent(h, &c->arena, r, err) || hostmount_intent(h, r, err))
		return -1;
	if (!r->created)
		return error_oom(err);
	return cg ? cgroup_plan_dirs(cg, h, &c->b->facts, &c->arena, &r->cgroup_dirs, err) : 0;
}

/* Is a cgroup there that create would make? */
static bool has_cgroup(const struct record *r)
{
	for (size_t i = 0; i < r->cgroup_dirs.n; i++)
		if (!strncmp(r->cgroup_dirs.items[i], "0:", 2))
			return true;
	return false;
}

/* For exec, start and delete: the bundle may change or go meanwhile. */
static int keep_config(const struct creation *c, struct hz_error *err)
{
	int e = file_replace_at(c->dirfd, "config.json", 0600, c->b->text, c->b->len);

	if (!e)
		e = file_replace_at(c->dirfd, "plan", 0600, c->b->plan.h, c->b->plan.size);
	return e ? error_sys(err, -e, "write", "plan", "write the plan of container \"%s\"",
			     c->o->id)
		 : 0;
}

/*
 * The record is filled before the directory is made, so that a kill between the two, which leaves a
 * directory that tells nothing, has a few calls only. What was not as it should be then may have
 * been another container of this id that is just being deleted: look again, with the lock.
 */
int creation_begin(struct creation *c, struct hz_error *err)
{
	struct hz_error early = HZ_ERROR_INIT;
	bool filled = !fill_record(c, &early) && !has_cgroup(&c->record);

	hz_error_clear(&early);
	if (store_create(c->rt, c->o->id, &c->dirfd, err) || (!filled && fill_record(c, err)))
		return -1;
	return record_write(c->dirfd, &c->record, err) || keep_config(c, err) ? -1 : 0;
}

/* The socket that `start` will knock at. */
static int open_listener(struct creation *c, struct hz_error *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_sys(err, errno, "socket", NULL, "make the start socket");
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/" INIT_START_SOCKET,
		 c->dirfd);
	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)))
		return error_sys(err, errno, "bind", addr.sun_path, "make the start socket");
	if (listen(fd, 16))
		return error_sys(err, errno, "listen", addr.sun_path, "make the start socket");
	c->listener = TAKE_FD(fd);
	return 0;
}

int creation_open_sockets(struct creation *c, struct hz_error *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return error_sys(err, errno, "socketpair", NULL,
				 "make the socket to the container's init");
	c->sock = pair[0];
	c->init_sock = pair[1];
	return 0;
}

/* The first packet: the plan and the slots' descriptors. It is sent before init exists and waits in
 * the socket. */
int creation_send_boot(struct creation *c, int plan, struct hz_error *err)
{
	uint32_t n = c->b->plan.h->nslots;
	struct init_msg m = {.type = INIT_BOOT, .value = n};
	struct iovec iov = {&m, sizeof(m)};
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int) * (INIT_SLOTS_MAX + 1))];
	} control = {0};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control};
	size_t len = sizeof(int) * (n + 1);

	if (n > INIT_SLOTS_MAX)
		return error_set(err, HZ_E_INTERNAL, "the plan has too many descriptors");
	msg.msg_controllen = CMSG_SPACE(len);
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(&control.head), &plan, sizeof(int));
	memcpy(CMSG_DATA(&control.head) + sizeof(int), c->slots, sizeof(int) * n);
	if (sendmsg(c->sock, &msg, MSG_NOSIGNAL) < 0 && talk_send_error(errno))
		return error_sys(err, errno, "sendmsg", NULL,
				 "hand the plan to the container's init");
	for (uint32_t i = 0; i < n; i++)
		if (c->slots[i] >= 0)
			fd_close(TAKE_FD(c->slots[i]));
	return 0;
}

static int send_plan(struct creation *c, struct hz_error *err)
{
	_cleanup_fd_ int plan = openat(c->dirfd, "plan", O_RDONLY | O_CLOEXEC);

	if (plan < 0)
		return error_sys(err, errno, "openat", "plan", "open the plan of container \"%s\"",
				 c->o->id);
	return creation_send_boot(c, plan, err);
}

void creation_reap_stub(struct creation *c)
{
	if (!c->stub)
		return;
	while (waitpid(c->stub, NULL, 0) < 0 && errno == EINTR)
		;
	c->stub = 0;
}

static int make(struct creation *c, struct hz_error *err)
{
	const struct oci_config *config = c->b->config;
	const char *pidfd_socket = c->o->pidfd_socket;

	if (!pidfd_socket)
		pidfd_socket = plan_annotation(config, "run.oci.pidfd_receiver");
	if (creation_open_sockets(c, err))
		return -1;
	if (c->b->options.notify_dir && notify_prepare(c->dirfd, err))
		return -1;
	if (!c->attached && open_listener(c, err))
		return -1;
	if (step_before_boot(c, err) || send_plan(c, err))
		return -1;
	if (filter_get(config, &c->filter, &c->filter_len, err))
		return -1;
	launch_tell_filter(c->rt, c->b->plan.h);
	if (talk_until_ready(c, err))
		return -1;
	creation_reap_stub(c);
	runtime_log(c->rt, HZ_LOG_DEBUG, "child process in init(): pid %d is ready", (int)c->pid);
	if (c->pty >= 0 && c->o->console_socket &&
	    console_send(c->o->console_socket, c->pty, "terminal", "/dev/ptmx", err))
		return -1;
	if (pidfd_socket && console_send(pidfd_socket, c->pidfd, "pidfd", "standard", err))
		return -1;
	return 0;
}

void creation_kill(struct creation *c)
{
	if (c->sock >= 0)
		fd_close(TAKE_FD(c->sock)); /* a stub, and an init whose pid we do not know yet, end
					       by this */
	if (c->pidfd >= 0) {
		siginfo_t info;

		syscall(SYS_pidfd_send_signal, c->pidfd, SIGKILL, NULL, 0);
		while (waitid(P_PIDFD, (id_t)c->pidfd, &info, WEXITED) < 0 && errno == EINTR)
			;
	}
	creation_reap_stub(c);
}

static void close_stdio(int *fds)
{
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			fd_close(TAKE_FD(fds[i]));
}

void creation_close_fds(struct creation *c)
{
	int *fds[] = {&c->sock, &c->init_sock, &c->listener, &c->pidfd,
		      &c->stat, &c->pty,       &c->notify};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (*fds[i] >= 0)
			fd_close(TAKE_FD(*fds[i]));
	close_stdio(c->its_stdio);
	close_stdio(c->our_stdio);
	for (size_t i = 0; i < ARRAY_SIZE(c->slots); i++)
		if (c->slots[i] >= 0)
			fd_close(TAKE_FD(c->slots[i]));
	cgroup_free(TAKE_PTR(c->cgroup));
}

void creation_undo(struct creation *c)
{
	struct hz_error ignored = HZ_ERROR_INIT; /* the first error is the one to report */

	netdev_undo(c);
	creation_kill(c);
	rdt_undo(c);
	creation_close_fds(c);
	if (!c->cgroups_begun)
		c->record.cgroup_dirs.n = 0;
	if (!c->unit_begun)
		c->record.unit = NULL;
	if (c->dirfd >= 0) {
		if (container_destroy(c->rt, c->o->id, c->dirfd, &c->record, c->b->plan.h,
				      &ignored))
			runtime_log(c->rt, HZ_LOG_WARNING, "clean up after a failed create: %s",
				    ignored.msg);
		if (c->pid_file_made)
			named_remove(c->o->pid_file); /* it names a process that is gone */
	}
	cgroup_take_back(&c->switched);
	hz_error_clear(&ignored);
}

void creation_done(struct creation *c)
{
	netdev_done(c);
	creation_close_fds(c);
	if (c->dirfd >= 0)
		store_unlock(TAKE_FD(c->dirfd));
	free(TAKE_PTR(c->filter));
	buf_done(&c->switched);
	arena_done(&c->arena);
}

void creation_init(struct creation *c, hz_runtime *rt, const struct hz_create_options *o,
		   struct bundle *b)
{
	*c = (struct creation){.rt = rt,
			       .b = b,
			       .o = o,
			       .dirfd = -1,
			       .sock = -1,
			       .init_sock = -1,
			       .listener = -1,
			       .pidfd = -1,
			       .stat = -1,
			       .pty = -1,
			       .its_stdio = {-1, -1, -1},
			       .our_stdio = {-1, -1, -1},
			       .notify = -1,
			       .join_cgroup = -1};
	for (size_t i = 0; i < ARRAY_SIZE(c->slots); i++)
		c->slots[i] = -1;
}

/* Whatever came of it, this is what happened. */
static void explain_oom(struct creation *c, struct hz_error *err)
{
	if (c->cgroups_begun)
		(void)fail_oom(&c->record, err);
}

/* What outlives its init then belongs to nobody. */
static void tell_unbounded(const struct creation *c)
{
	if (!c->cgroup && !(c->b->plan.h->flags & PLAN_F_NEW_PID))
		runtime_log(
			c->rt, HZ_LOG_WARNING,
			"the container has neither a cgroup nor a pid namespace of its own: what "
			"its program leaves behind cannot be found and ended. Such configuration "
			"is strongly discouraged");
}

int creation_make(struct creation *c, struct hz_error *err)
{
	int r;

	c->at = plan_first(c->b->plan.h);
	c->left = c->b->plan.h->nsteps;
	r = creation_begin(c, err);
	if (c->dirfd < 0)
		return -1;
	/* the words of runc, for those who look for them */
	runtime_log(c->rt, HZ_LOG_DEBUG, "nsexec container setup of \"%s\": %u steps", c->o->id,
		    c->left);
	if (!r && !make(c, err)) {
		tell_unbounded(c);
		return 0;
	}
	explain_oom(c, err);
	creation_undo(c);
	bundle_locate(c->b, err);
	return -1;
}

/* To leave before init's life no longer hangs on ours (PDEATHSIG) would kill it. */
static int let_wait(struct creation *c, struct hz_error *err)
{
	int r = talk_send(c->sock, INIT_GO_WAIT, 0, NULL, 0, c->listener);

	if (r)
		return error_sys(err, -r, "sendmsg", NULL,
				 "tell the container's init to wait for start");
	if (talk_until_waiting(c->sock, c->pidfd, c->b->plan.h, err))
		return -1;
	runtime_log(c->rt, HZ_LOG_DEBUG, "init: closing the pipe to signal completion");
	return 0;
}

int hz_create(hz_runtime *rt, const struct hz_create_options *o, struct hz_error *err)
{
	struct creation c;
	struct bundle b;
	int r = -1;

	if (store_check_id(o->id, err) || bundle_load(rt, o, false, &b, err))
		return -1;
	if (console_check(b.config, o, true, err))
		goto out;
	creation_init(&c, rt, o, &b);
	r = creation_make(&c, err);
	if (!r && let_wait(&c, err)) {
		explain_oom(&c, err);
		creation_undo(&c);
		bundle_locate(&b, err);
		r = -1;
	}
	creation_done(&c);
	if (!r)
		bundle_tell_warnings(rt, &b);
out:
	bundle_done(&b);
	return r;
}
