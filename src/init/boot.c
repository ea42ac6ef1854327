/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first moments: nothing of the caller but stdio, the preserved descriptors and the socket
 * stays; then the plan arrives.
 */
#include "init/init.h"

#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/signal.h>

int init_guard(struct init *init, const struct plan_step *step)
{
	/* CVE-2016-9962: no process that is already in the box may look at us. */
	long r = sys_call(__NR_prctl, PR_SET_DUMPABLE, 0);

	if (!r)
		r = sys_call(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL);
	return r < 0 ? init_fail(init, step, __NR_prctl, r, NULL) : 0;
}

static int slot_fd(const struct init *init, uint32_t slot)
{
	return slot && slot <= INIT_SLOTS_MAX ? init->slots[slot - 1] : -1;
}

/* The lowest of @fds that is not below @from, or -1. */
static int next_kept(const int *fds, unsigned n, int from)
{
	int next = -1;

	for (unsigned i = 0; i < n; i++)
		if (fds[i] >= from && (next < 0 || fds[i] < next))
			next = fds[i];
	return next;
}

int init_close_strangers(struct init *init, const struct plan_step *step)
{
	const struct plan_hooks *h =
		init->plan ? (const struct plan_hooks *)init_find_step(init, PLAN_HOOKS) : NULL;
	const int kept[] = {init->sock, h ? slot_fd(init, h->out_slot) : -1,
			    h ? slot_fd(init, h->err_slot) : -1};
	int from = (int)init->first_fd, next;
	long r = 0;

	while (!r && (next = next_kept(kept, 3, from)) >= 0) {
		if (next > from)
			r = sys_close_range((unsigned)from, (unsigned)next - 1, 0);
		from = next + 1;
	}
	if (!r)
		r = sys_close_range((unsigned)from, ~0u, 0);
	return r < 0 ? init_fail(init, step, __NR_close_range, r, NULL) : 0;
}

static int read_all(struct init *init, int fd, char *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		long n = sys_call(__NR_pread64, fd, to + done, size - done, done);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return init_fail(init, NULL, __NR_read, n ? n : -EIO, "plan");
		done += (size_t)n;
	}
	return 0;
}

/* A copy of our own: the file would stay open otherwise, and its memory belongs to the host's
 * cgroup. */
static int load_plan(struct init *init, int fd)
{
	struct plan_header h;
	long at;

	if (read_all(init, fd, (char *)&h, sizeof(h)) < 0)
		return -1;
	if (h.magic != PLAN_MAGIC || h.version != PLAN_VERSION || h.size > PLAN_MAX ||
	    h.size < sizeof(h) || h.first >= h.size || h.nslots > INIT_SLOTS_MAX)
		return init_fail_why(init, NULL, INIT_WHY_PROTOCOL, 0, "plan");
	at = sys_call(__NR_mmap, 0, h.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	if (at < 0 && at > -4096)
		return init_fail(init, NULL, __NR_mmap, at, "plan");
	init->plan = (const struct plan_header *)at;
	return read_all(init, fd, (char *)at, h.size);
}

static int receive_boot(struct init *init)
{
	int fds[INIT_SLOTS_MAX + 1];
	INIT_CLOSE int plan = -1;
	struct init_msg m;
	unsigned n = 0;

	if (init_recv(init->sock, &m, NULL, 0, fds, INIT_SLOTS_MAX + 1, &n) < 0)
		init_exit(1);
	if (m.type != INIT_BOOT || n == 0 || n - 1 != m.value)
		return init_fail_why(init, NULL, INIT_WHY_PROTOCOL, 0, "boot");
	plan = fds[0];
	for (unsigned i = 0; i < m.value; i++)
		init->slots[i] = fds[i + 1];
	if (load_plan(init, plan) < 0)
		return -1;
	if (init->plan->nslots != m.value)
		return init_fail_why(init, NULL, INIT_WHY_PROTOCOL, 0, "boot");
	return 0;
}

int init_boot(struct init *init)
{
	uint64_t none = 0;
	long r;

	if (init_guard(init, NULL) < 0 || init_close_strangers(init, NULL) < 0)
		return -1;
	/* it came through an execve: not through another one */
	r = sys_call(__NR_fcntl, init->sock, F_SETFD, FD_CLOEXEC);
	if (r < 0)
		return init_fail(init, NULL, __NR_fcntl, r, NULL);
	r = sys_call(__NR_rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof(none));
	if (r < 0)
		return init_fail(init, NULL, __NR_rt_sigprocmask, r, NULL);
	/* the caller's directory is no business of those who share a pid namespace with us
	 * (CVE-2016-9962) */
	r = sys_call(__NR_chdir, "/");
	if (r < 0)
		return init_fail(init, NULL, __NR_chdir, r, "/");
	/* modes in the plan are exact; PLAN_UMASK comes last, or the caller's comes back */
	init->caller_umask = (uint32_t)sys_call(__NR_umask, 0);
	if (receive_boot(init) < 0)
		return -1;
	if (init->plan->flags & PLAN_F_STUB)
		return 0;
	r = sys_call(__NR_setsid);
	if (r < 0) /* a new process leads no group */
		return init_fail(init, NULL, __NR_setsid, r, NULL);
	init_tell_stat(init);
	return 0;
}
