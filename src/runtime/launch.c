/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last part of start, run and exec: init is told to go, and watched until the program runs.
 *
 * With a seccomp profile init may be unable to speak from the moment its filter is loaded, so a
 * page of memory is shared with it (struct init_page): a failed execve is told there, and there the
 * number of the listener is given when the profile has SCMP_ACT_NOTIFY.
 */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

/* Between two looks at the page: a big filter takes a millisecond to load. */
#define LOOK_NS 100000

struct watch {
	const struct launch *l;
	const struct plan_seccomp_load *load; /* NULL: no filter */
	struct init_page *page;               /* NULL: none */
	int agent;                            /* connected; -1: none */
};

static const struct plan_seccomp_load *find_load(const struct plan_header *h)
{
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (h, s, i) {
		if (s->kind == PLAN_SECCOMP_LOAD)
			return (const struct plan_seccomp_load *)s;
	}
	return NULL;
}

int launch_check_agent(const struct plan_header *plan, struct hz_error *err)
{
	const struct plan_seccomp_load *load = find_load(plan);
	const char *path = load ? plan_text(plan, load->listener) : NULL;
	struct stat st;
	int r;

	if (!path)
		return 0;
	r = stat(path, &st) ? errno : S_ISSOCK(st.st_mode) ? 0 : ENOTSOCK;
	if (!r)
		return 0;
	error_sys(err, r, "stat", path, "failed to connect with seccomp agent at \"%s\"", path);
	error_hint(err, "it has to listen before the container is created");
	return error_pointer(err, "/linux/seccomp/listenerPath");
}

void launch_tell_filter(const hz_runtime *rt, const struct plan_header *plan)
{
	const struct plan_seccomp_load *load = find_load(plan);

	/* TSYNC, for a process of one thread, does nothing, and runc does not pass it on */
	if (load)
		runtime_log(rt, HZ_LOG_DEBUG, "seccomp filter flags: %lu",
			    load->flags &
				    ~(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH));
}

bool launch_has_listener(const struct plan_header *plan)
{
	const struct plan_seccomp_load *load = find_load(plan);

	return load && load->listener;
}

static int make_page(struct init_page **ret, int *ret_fd, struct hz_error *err)
{
	_cleanup_fd_ int fd = fd_memory("hezi-start");
	void *at;

	if (fd < 0 || ftruncate(fd, sizeof(**ret)))
		return error_sys(err, fd < 0 ? -fd : errno, "memfd_create", "hezi-start",
				 "share memory with the container's init");
	at = mmap(NULL, sizeof(**ret), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return error_sys(err, errno, "mmap", "hezi-start",
				 "share memory with the container's init");
	*ret = at;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Look until there is a listener (1), or a packet or the end at the socket (0). */
static int wait_for_listener(const struct watch *w, struct hz_error *err)
{
	struct pollfd p = {w->l->sock, POLLIN, 0};
	const struct timespec t = {.tv_nsec = LOOK_NS};

	for (;;) {
		if (__atomic_load_n(&w->page->state, __ATOMIC_ACQUIRE) == INIT_PAGE_LISTENER)
			return 1;
		if (ppoll(&p, 1, &t, NULL) > 0)
			return 0;
		if (errno == EINTR || !p.revents)
			continue;
		return error_sys(err, errno, "ppoll", NULL, "listen to the container's init");
	}
}

static int take_listener(const struct watch *w, int *ret_fd, struct hz_error *err)
{
	*ret_fd = (int)syscall(SYS_pidfd_getfd, w->l->pidfd, w->page->listener, 0);
	if (*ret_fd >= 0)
		return 0;
	error_sys(err, errno, "pidfd_getfd", "seccomp listener",
		  "take the seccomp listener from the container's init");
	if (errno == EPERM)
		error_hint(err, "this needs CAP_SYS_PTRACE, and no policy that forbids to look "
				"into processes");
	return -1;
}

static int hand_over(const struct watch *w, struct hz_error *err)
{
	const struct plan_header *h = w->l->plan;
	const struct agent_message m = {.path = plan_text(h, w->load->listener),
					.metadata = plan_text(h, w->load->metadata),
					.status = w->l->status,
					.pid = w->l->pid,
					.record = w->l->record};
	_cleanup_fd_ int listener = -1;
	int r = wait_for_listener(w, err);

	if (r <= 0)
		return r;
	if (take_listener(w, &listener, err) || agent_send(w->agent, listener, &m, err))
		return error_pointer(err, "/linux/seccomp/listenerPath");
	__atomic_store_n(&w->page->answer, 1, __ATOMIC_RELEASE);
	return 0;
}

static int watch(const struct watch *w, struct hz_error *err)
{
	const struct plan_header *h = w->l->plan;
	bool executing = false;
	int r;

	while ((r = talk_before_exec(w->l->sock, h, &executing, err)) > 0)
		if (w->agent >= 0 && hand_over(w, err))
			return -1;
	if (r)
		return -1;
	if (w->page && __atomic_load_n(&w->page->state, __ATOMIC_ACQUIRE) == INIT_PAGE_FAILED)
		return fail_from_init(h, &w->page->error, err);
	if (executing && (w->agent < 0 || (w->page && w->page->answer)))
		return 0;
	/* what happened in a container before an exec says nothing about the new process */
	if (!(h->flags & PLAN_F_EXEC) && fail_oom(w->l->record, err))
		return -1;
	return fail_dead(w->l->pidfd, "it executed the program", err);
}

static int launch(struct watch *w, struct hz_error *err)
{
	_cleanup_fd_ int fd = -1;
	int r;

	if (w->load && make_page(&w->page, &fd, err))
		return -1;
	if (w->load && w->load->listener &&
	    agent_connect(plan_text(w->l->plan, w->load->listener), &w->agent, err))
		return error_pointer(err, "/linux/seccomp/listenerPath");
	r = talk_send(w->l->sock, INIT_GO_START, 0, NULL, 0, fd);
	if (r)
		return error_sys(err, -r, "sendmsg", NULL, "tell the container's init to start");
	return watch(w, err);
}

/*
 * The container has started and ended then, which is what engines know how to report: an error of
 * start leaves "created" in Docker and Podman, without a line in the container's log, and restart
 * policies do nothing.
 */
static int tell_unexecuted(const struct watch *w, struct hz_error *err)
{
	/* under its filter init may have been unable to write to stderr */
	bool said = !w->page || __atomic_load_n(&w->page->said, __ATOMIC_ACQUIRE);
	bool is_seen = w->l->is_stderr_ours && said;

	runtime_log(w->l->rt, is_seen ? HZ_LOG_QUIET : HZ_LOG_WARNING, "%s%s%s%s", err->msg,
		    err->hint[0] ? " (" : "", err->hint, err->hint[0] ? ")" : "");
	hz_error_clear(err);
	return 1;
}

int launch_wait(const struct launch *l, struct hz_error *err)
{
	struct watch w = {.l = l, .load = find_load(l->plan), .agent = -1};
	struct hz_error local = HZ_ERROR_INIT;
	struct hz_error *e = err ? err : &local;
	int r = launch(&w, e);

	if (r && e->code == HZ_E_EXEC)
		r = tell_unexecuted(&w, e);
	if (w.agent >= 0)
		fd_close(w.agent);
	if (w.page)
		munmap(w.page, sizeof(*w.page));
	hz_error_clear(&local);
	return r;
}
