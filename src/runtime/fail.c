/* SPDX-License-Identifier: Apache-2.0 */
/* From the numbers that init reports to one sentence: the plan's step says what was tried, the
 * record what the kernel answered. */
#include "runtime/runtime.h"

#include "sys/raw.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Engines match these words (CONTRACT 2.0), so they are runc's. */
static int exec_message(const struct plan_header *plan, const struct plan_step *s,
			const struct init_error *e, struct hz_error *err)
{
	/* the plan has the whole name, however long */
	const char *name = s->kind == PLAN_EXEC || s->kind == PLAN_EXEC_LOOKUP
				   ? plan_item(plan, ((const struct plan_exec *)s)->argv, 0)
				   : e->object;

	switch (e->why) {
	case INIT_WHY_NOT_FOUND:
		error_set(err, HZ_E_EXEC, "exec: \"%s\": executable file not found in $PATH", name);
		return error_hint(err, "process.args[0] is looked for in the PATH of process.env, "
				       "inside the rootfs");
	case INIT_WHY_IS_DIR:
		return error_set(err, HZ_E_EXEC, "exec: \"%s\": is a directory: permission denied",
				 e->object);
	case INIT_WHY_NOT_EXEC:
		if (e->errnum == ENOENT || e->errnum == ENOTDIR)
			error_set(err, HZ_E_EXEC, "exec: \"%s\": stat %s: %s", e->object, e->object,
				  error_strerror(e->errnum));
		else
			error_set(err, HZ_E_EXEC, "exec: \"%s\": %s", e->object,
				  error_strerror(e->errnum ? e->errnum : EACCES));
		break;
	default:
		error_set(err, HZ_E_EXEC, "exec %s: %s", e->object, error_strerror(e->errnum));
		if (e->errnum == ENOENT)
			error_hint(err, "the file is there, so its interpreter (\"#!\" line, or "
					"the ELF loader) is missing");
		else if (e->errnum == ENOEXEC)
			error_hint(err, "it is neither a program for this architecture nor a "
					"script with a \"#!\" line");
		else
			hint_execve(plan, e->errnum, err);
	}
	if (err) {
		err->errnum = e->errnum ? e->errnum : EACCES;
		snprintf(err->syscall, sizeof(err->syscall), "%s",
			 e->call ? sys_call_name(e->call) : "execve");
	}
	return -1;
}

void fail_ended(int status, char *ret, size_t size)
{
	const char *name = WIFSIGNALED(status) ? sigdescr_np(WTERMSIG(status)) : NULL;

	if (!WIFSIGNALED(status))
		snprintf(ret, size, "exit status %d", WEXITSTATUS(status));
	else if (name && *name)
		snprintf(ret, size, "signal %d (%c%s)", WTERMSIG(status), *name | 0x20, name + 1);
	else
		snprintf(ret, size, "signal %d", WTERMSIG(status));
}

/* The wait status of a child; -1: it is none, or lives. Its socket may close a moment earlier, and
 * a tracer may have to see its end before us. */
static int status_of(int pidfd)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	siginfo_t info = {0};

	if (pidfd < 0 || poll(&p, 1, 1000) <= 0 ||
	    waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOWAIT) || !info.si_pid)
		return -1;
	return info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
}

int fail_dead(int pidfd, const char *when, struct hz_error *err)
{
	int status = status_of(pidfd);
	char how[96];

	if (status < 0) {
		error_set(err, HZ_E_SYSTEM, "the container's init ended before %s", when);
		return error_hint(err, "another process, a seccomp filter or the kernel's OOM "
				       "killer ended it");
	}
	fail_ended(status, how, sizeof(how));
	error_set(err, HZ_E_SYSTEM, "the container's init ended before %s: %s", when, how);
	if (WIFEXITED(status))
		return error_hint(err, "it could not talk to hezi: a seccomp filter or a security "
				       "module may forbid its system calls");
	switch (WTERMSIG(status)) {
	case SIGKILL:
		return error_hint(err, "another process or the kernel's OOM killer killed it");
	case SIGSYS:
		return error_hint(err,
				  "a seccomp filter killed it for a system call: linux.seccomp "
				  "or one around hezi, where SystemCallErrorNumber=EPERM "
				  "makes systemd's filters return an error instead, which "
				  "names the call");
	default: return error_hint(err, "another process sent it this signal");
	}
}

bool fail_oom(const struct record *r, struct hz_error *err)
{
	if (!cgroup_ooms(&r->cgroup_dirs))
		return false;
	error_set(err, HZ_E_SYSTEM, "container init was OOM-killed (memory limit too low?)");
	return true;
}

static const struct plan_hook *hook_of(const struct plan_header *plan, const struct plan_step *s,
				       uint32_t index)
{
	const struct plan_hooks *h = (const struct plan_hooks *)s;

	if (s->kind != PLAN_HOOKS || index >= h->hooks.n)
		return NULL;
	return &plan_hook_items(plan, h->hooks)[index];
}

static int hook_message(const struct plan_header *plan, const struct plan_step *s,
			const struct init_error *e, struct hz_error *err)
{
	const struct plan_hook *hook = hook_of(plan, s, e->arg);
	const char *kind = s->kind == PLAN_HOOKS
				   ? plan_hook_kind_name(((const struct plan_hooks *)s)->which)
				   : "?";
	const char *path = hook ? plan_text(plan, hook->path) : "?";
	/* "no such file or directory" is the hook's own, of execve(2) */
	const char *call = e->call == __NR_execve ? "" : sys_call_name(e->call) ?: "";
	int len = (int)strlen(e->detail);
	char what[128];

	while (len && e->detail[len - 1] == '\n')
		len--;

	if (e->why == INIT_WHY_HOOK_TIMEOUT)
		snprintf(what, sizeof(what), "timed out after %u seconds", e->arg2);
	else if (e->why == INIT_WHY_HOOK_START)
		snprintf(what, sizeof(what), "%s%s%s", call, *call ? ": " : "",
			 error_strerror(e->errnum));
	else
		fail_ended((int)e->arg2, what, sizeof(what));
	error_set(err, HZ_E_HOOK, "error running %s hook #%u: %s: %s%s%.*s", kind, e->arg, path,
		  what, len ? ", output: " : "", len, e->detail);
	if (hook && err) {
		error_pointer(err, plan_text(plan, hook->origin));
		snprintf(err->object, sizeof(err->object), "%s", path);
		err->errnum = e->errnum;
	}
	return -1;
}

/* Runc's words. */
static int node_message(const struct plan_step *s, const char *step, const struct init_error *e,
			struct hz_error *err)
{
	const struct plan_device *d = (const struct plan_device *)s;

	if (s->kind == PLAN_DEVICE && e->arg2)
		return error_set(err, HZ_E_SYSTEM,
				 "%s: %s has incorrect major:minor: %u:%u doesn't match expected "
				 "%u:%u",
				 step, e->object, e->arg, e->arg2 - 1, d->major, d->minor);
	return error_set(err, HZ_E_SYSTEM, "%s: %s has incorrect ftype: something else is there",
			 step, e->object);
}

static int check_message(const struct plan_step *s, const char *step, const struct init_error *e,
			 struct hz_error *err)
{
	switch (e->why) {
	case INIT_WHY_NOT_PROC:
		error_set(err, HZ_E_SYSTEM, "%s: \"%s\" is not on the proc file system", step,
			  e->object);
		return error_hint(err, "something else is mounted there; hezi refuses to be "
				       "redirected (CVE-2019-16884)");
	case INIT_WHY_NOT_DIR:
		error_set(err, HZ_E_SYSTEM, "%s: \"%s\" must be mounted on ordinary directory",
			  step, e->object);
		return error_hint(
			err,
			"a symbolic link or a file stands there in the rootfs (CVE-2019-19921)");
	case INIT_WHY_BAD_NODE: return node_message(s, step, e, err);
	case INIT_WHY_OUTSIDE:
		return error_set(err, HZ_E_SYSTEM,
				 "%s: current working directory is outside of container mount "
				 "namespace root",
				 step);
	case INIT_WHY_READ_BACK:
		return error_set(err, HZ_E_INTERNAL, "%s: %s is not what was set", step, e->object);
	case INIT_WHY_UNDER_PROC:
		return error_set(err, HZ_E_CONFIG,
				 "%s: \"%s\" cannot be mounted because it is inside /proc", step,
				 e->object);
	case INIT_WHY_ON_ROOT:
		return error_set(err, HZ_E_SYSTEM,
				 "%s: a link in \"%s\" leads to the root directory", step,
				 e->object);
	default:
		return error_set(err, HZ_E_INTERNAL,
				 "%s: the container's init did not understand the runtime", step);
	}
}

int fail_hint(unsigned kind, int errnum, struct hz_error *err)
{
	static const struct {
		unsigned kind;
		int errnum;
		const char *hint;
	} hints[] = {
		{PLAN_SCHEDULER, EBUSY,
		 "the deadline tasks of this host would want more CPU time than is left for them"},
		{PLAN_SCHEDULER, EINVAL,
		 "SCHED_DEADLINE: a period is held to /proc/sys/kernel/sched_deadline_period_{min,"
		 "max}_us"},
		{PLAN_IO_PRIORITY, EPERM,
		 "IOPRIO_CLASS_RT needs CAP_SYS_NICE or CAP_SYS_ADMIN of the host"},
		{PLAN_MEMORY_POLICY, EINVAL,
		 "a node is not there or not in the cpuset of the container "
		 "(linux.resources.cpu.mems), "
		 "or this kernel does not know the mode"},
		{PLAN_MEMORY_POLICY, ENOSYS, "this kernel is built without NUMA support"},
		{PLAN_USER, EPERM,
		 "/proc/self/setgroups is \"deny\" in a user namespace whose ids were mapped "
		 "without privileges: remove process.user.additionalGids, or create that "
		 "namespace with ids from newgidmap(1) and /etc/subgid"},
		{PLAN_LABEL, ENOENT,
		 "an AppArmor profile has to be loaded first: apparmor_parser -r FILE; aa-status "
		 "shows "
		 "those that are"},
		{PLAN_LABEL, EINVAL, "the policy of this host does not know it"},
		{PLAN_PERSONALITY, EINVAL, "this machine cannot run 32-bit programs"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		if (hints[i].kind == kind && hints[i].errnum == errnum)
			return error_hint(err, "%s", hints[i].hint);
	return -1;
}

static int syscall_message(const char *step, const struct init_error *e, struct hz_error *err)
{
	const char *call = e->call ? sys_call_name(e->call) : NULL;
	bool named = e->object[0] && !strstr(step, e->object);

	error_sys(err, e->errnum, call ? call : "", e->object, "%s%s%s%s%s", step, call ? ": " : "",
		  call ? call : "", named ? " " : "", named ? e->object : "");
	return -1;
}

static const struct plan_step *find_step(const struct plan_header *plan, uint32_t index)
{
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (plan, s, i) {
		if (i == index)
			return s;
	}
	return NULL;
}

/* The working directory is entered at its own step or, with the user's rights, before the program
 * is looked for: what it was, or NULL when something else has failed. */
static const char *failed_cwd(const struct plan_header *plan, const struct plan_step *s,
			      const struct init_error *e)
{
	if (s->kind == PLAN_CWD)
		return plan_text(plan, ((const struct plan_text *)s)->text);
	if (s->kind == PLAN_EXEC_LOOKUP && e->call == __NR_chdir)
		return plan_text(plan, ((const struct plan_exec *)s)->cwd);
	return NULL;
}

static void message(const struct plan_header *plan, const struct plan_step *s, const char *step,
		    const struct init_error *e, struct hz_error *err)
{
	const char *cwd;

	switch (e->why) {
	case INIT_WHY_SYSCALL:
		cwd = failed_cwd(plan, s, e);
		if (cwd) {
			error_sys(err, e->errnum, "chdir", e->object,
				  "chdir to cwd (\"%s\") set in config.json failed", cwd);
			return;
		}
		syscall_message(step, e, err);
		if (s->kind == PLAN_DEVICE && e->arg && err && !err->hint[0])
			error_hint(err, "mknod was refused (EPERM: no CAP_MKNOD, a user namespace, "
					"or a filter), so the host's own node was to be bound");
		if (s->kind == PLAN_USER && e->call == __NR_setgroups)
			error_pointer(err, "/process/user/additionalGids");
		/* -1 as all of these; error_sys() has told of a call that a filter blocks */
		if (err && !err->hint[0])
			(void)hint_place(plan, s, e->call, e->errnum, err);
		if (err && !err->hint[0])
			(void)hint_step(plan, s, e->errnum, err);
		return;
	case INIT_WHY_NOT_FOUND:
	case INIT_WHY_IS_DIR:
	case INIT_WHY_NOT_EXEC:
	case INIT_WHY_EXEC: exec_message(plan, s, e, err); return;
	case INIT_WHY_HOOK_EXIT:
	case INIT_WHY_HOOK_TIMEOUT:
	case INIT_WHY_HOOK_START: hook_message(plan, s, e, err); return;
	default: check_message(s, step, e, err);
	}
}

int fail_from_init(const struct plan_header *plan, const struct init_error *raw,
		   struct hz_error *err)
{
	static const struct plan_print_options no_env = {0};
	_cleanup_buf_ struct buf text = BUF_INIT;
	const struct plan_step *s = find_step(plan, raw->step);
	struct init_error e = *raw;

	/* the box is not trusted to end its strings */
	e.object[sizeof(e.object) - 1] = '\0';
	e.detail[sizeof(e.detail) - 1] = '\0';
	if (!s && e.why == INIT_WHY_SYSCALL)
		return syscall_message("start the container's init", &e, err);
	if (!s)
		return error_set(err, HZ_E_INTERNAL,
				 "start the container's init: it did not understand the runtime");
	plan_step_text(plan, s, &no_env, &text);
	message(plan, s, text.failed || !text.data ? plan_kind_name(s->kind) : text.data, &e, err);
	if (!err)
		return -1;
	if (!err->pointer[0])
		error_pointer(err, plan_text(plan, s->origin));
	error_step(err, plan_kind_name(s->kind));
	if (e.why == INIT_WHY_SYSCALL)
		snprintf(err->kernel, sizeof(err->kernel), "%.511s", e.detail);
	return -1;
}
