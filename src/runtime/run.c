/* SPDX-License-Identifier: Apache-2.0 */
/* run: create and start in one process, over one socket; in the foreground also the wait and the
 * delete. */
#include "runtime/notify.h"
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int go(struct creation *c, struct hz_error *err)
{
	const struct launch l = {.rt = c->rt,
				 .sock = c->sock,
				 .plan = c->b->plan.h,
				 .record = &c->record,
				 .status = hz_status_name(HZ_CREATED),
				 .pidfd = c->pidfd,
				 .pid = c->pid,
				 .is_stderr_ours = true};
	int unexecuted = notify_listen(c->rt, c->dirfd, &c->notify, err);

	if (!unexecuted)
		unexecuted = launch_wait(&l, err);
	if (unexecuted < 0)
		return -1;
	runtime_log(c->rt, HZ_LOG_DEBUG, "init: closing the pipe to signal completion");
	if (!unexecuted && hooks_run_kind(c->b->plan.h, PLAN_HOOK_POSTSTART, c->pid, err))
		return -1;
	netdev_done(c);
	return 0;
}

/* A bare 137 leaves open who has killed it. */
static void tell_oom(const struct creation *c, int status)
{
	if (status == 128 + SIGKILL && cgroup_ooms(&c->record.cgroup_dirs))
		runtime_log(c->rt, HZ_LOG_WARNING,
			    "the kernel's OOM killer ended a process of container \"%s\" "
			    "(linux.resources.memory.limit too low?)",
			    c->o->id);
}

/* Both ends of the foreground: its status, then nothing of the container is left. */
int creation_attend(struct creation *c, const struct hz_run_options *how, int *ret_status,
		    struct hz_error *err)
{
	const struct attach a = {.rt = c->rt,
				 .pidfd = c->pidfd,
				 .pid = c->pid,
				 .pty = c->pty,
				 .stdio = c->our_stdio,
				 .notify = c->notify,
				 .reap_children = how->reap_children};
	int r = attach_wait(&a, ret_status, err);

	if (r) {
		creation_undo(c);
		return -1;
	}
	tell_oom(c, *ret_status);
	if (!how->keep) {
		struct hz_error late = HZ_ERROR_INIT;

		/* the program's own result is the answer; what cannot be removed is told beside it
		 */
		creation_close_fds(c);
		if (container_destroy(c->rt, c->o->id, c->dirfd, &c->record, c->b->plan.h, &late))
			runtime_log(c->rt, HZ_LOG_ERROR, "delete container \"%s\": %s", c->o->id,
				    late.msg);
		hz_error_clear(&late);
	}
	return 0;
}

/* From a container that is made to its end, or to where it goes on by itself. */
static int start_and_wait(struct creation *c, const struct hz_run_options *run, int *ret_status,
			  struct hz_error *err)
{
	int r = run->detach ? 0 : attach_prepare(c->pty, err);

	if (r || go(c, err)) {
		creation_undo(c);
		bundle_locate(c->b, err);
		return -1;
	}
	if (!run->detach)
		return creation_attend(c, run, ret_status, err);
	if (c->notify >= 0) {
		store_unlock(TAKE_FD(c->dirfd)); /* READY=1 may never come */
		notify_relay(c->rt, c->notify, c->pidfd, c->pid);
	}
	return 0;
}

static int run(hz_runtime *rt, const struct hz_create_options *o, const struct hz_run_options *run,
	       struct bundle *b, int *ret_status, struct hz_error *err)
{
	sigset_t old;
	struct creation c;
	int r;

	if (!b->config->process)
		return error_set(err, HZ_E_CONFIG,
				 "cannot run a container without \"process\" in its config.json");
	if (console_check(b->config, o, run->detach, err))
		return -1;
	/* blocked before there is a child, so that no signal is lost; init clears its own mask */
	if (!run->detach && attach_block_signals(&old, err))
		return -1;
	creation_init(&c, rt, o, b);
	c.attached = true;
	r = run->detach ? 0 : attach_open_stdio(&c, err);
	if (!r)
		r = creation_make(&c, err);
	if (!r)
		r = start_and_wait(&c, run, ret_status, err);
	creation_done(&c);
	if (!run->detach)
		attach_unblock_signals(&old);
	return r;
}

int hz_run(hz_runtime *rt, const struct hz_create_options *options,
	   const struct hz_run_options *how, int *ret_status, struct hz_error *err)
{
	struct bundle b;
	int r;

	*ret_status = 0;
	if (store_check_id(options->id, err) || bundle_load(rt, options, false, &b, err))
		return -1;
	r = run(rt, options, how, &b, ret_status, err);
	if (!r)
		bundle_tell_warnings(rt, &b);
	bundle_done(&b);
	return r;
}
