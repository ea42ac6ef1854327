/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to do about an error, after a look at the host: a sysctl or limit is blamed only when its
 * value explains the error. Called on the way out only.
 */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* A decimal number in a file of the kernel; false when there is none. */
static bool read_number(const char *path, uint64_t *ret)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char *end = NULL;

	if (file_read_at(AT_FDCWD, path, &text, 64) || !text.data)
		return false;
	errno = 0;
	*ret = strtoull(text.data, &end, 10);
	return end != text.data && !errno;
}

int hint_rlimit(const struct plan_rlimit *l, int errnum, struct hz_error *err)
{
	struct rlimit own;
	uint64_t most;

	if (errnum != EPERM)
		return -1;
	if (l->resource == RLIMIT_NOFILE && read_number("/proc/sys/fs/nr_open", &most) &&
	    l->hard > most)
		return error_hint(err,
				  "the sysctl fs.nr_open is %llu: no process can have a higher "
				  "limit of descriptors",
				  (unsigned long long)most);
	if (!getrlimit((__rlimit_resource_t)l->resource, &own) && own.rlim_max < l->hard)
		return error_hint(err,
				  "the hard limit of the caller is %llu; to raise it takes "
				  "CAP_SYS_RESOURCE in the initial user namespace",
				  (unsigned long long)own.rlim_max);
	return -1;
}

int hint_oom_score(int errnum, struct hz_error *err)
{
	_cleanup_buf_ struct buf own = BUF_INIT;

	if (errnum != EACCES || file_read_at(AT_FDCWD, "/proc/self/oom_score_adj", &own, 64) ||
	    !own.data)
		return -1;
	return error_hint(err,
			  "the caller's own is %.*s, and to lower it takes CAP_SYS_RESOURCE in the "
			  "initial user namespace",
			  (int)strcspn(own.data, "\n"), own.data);
}

int hint_cpus(int errnum, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (errnum != EINVAL ||
	    file_read_at(AT_FDCWD, "/sys/devices/system/cpu/possible", &text, 4096) || !text.data)
		return -1;
	return error_hint(
		err,
		"this host has the CPUs %.*s, and the cpuset of the process has to allow one "
		"of the list",
		(int)strcspn(text.data, "\n"), text.data);
}

/* A number of /proc/self/status, in base 10 or 16; false when there is none. */
static bool read_status(const char *field, int base, uint64_t *ret)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	const char *at;

	if (file_read_at(AT_FDCWD, "/proc/self/status", &text, 65536) || !text.data)
		return false;
	at = strstr(text.data, field);
	if (!at)
		return false;
	*ret = strtoull(at + strlen(field), NULL, base);
	return true;
}

static bool is_sysctl(const char *path, uint64_t value)
{
	uint64_t v;

	return read_number(path, &v) && v == value;
}

/* Ubuntu 23.10 and later: a program without a profile of its own may create a user namespace, but
 * has no capability in it. */
static bool is_restricted_by_apparmor(void)
{
	_cleanup_buf_ struct buf label = BUF_INIT;

	if (!geteuid() || !is_sysctl("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1))
		return false;
	if (file_read_at(AT_FDCWD, "/proc/self/attr/current", &label, 4096) || !label.data)
		return true;
	return !strncmp(label.data, "unconfined", strlen("unconfined"));
}

static int hint_apparmor(struct hz_error *err)
{
	return error_hint(err,
			  "the sysctl kernel.apparmor_restrict_unprivileged_userns is 1: load an "
			  "AppArmor profile with \"userns,\" for hezi, or set it to 0");
}

/* The root directory of the caller is no mount: the kernel lets nobody in a chroot have a user
 * namespace. */
static bool is_chrooted(void)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char *save = NULL;

	if (file_read_at(AT_FDCWD, "/proc/self/mountinfo", &text, 16u << 20) || !text.data)
		return false;
	for (char *l = strtok_r(text.data, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		char point[4] = "";

		if (sscanf(l, "%*s %*s %*s %*s %3s", point) == 1 && !strcmp(point, "/"))
			return false;
	}
	return true;
}

#define NAMESPACES                                                                                 \
	(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | \
	 CLONE_NEWTIME | CLONE_NEWCGROUP)

static int hint_eperm(uint64_t flags, struct hz_error *err)
{
	uint64_t caps = 0;
	bool admin = read_status("CapEff:", 16, &caps) && caps & 1ull << CAP_SYS_ADMIN;

	if ((flags & CLONE_NEWUSER) && !admin &&
	    is_sysctl("/proc/sys/kernel/unprivileged_userns_clone", 0))
		return error_hint(err, "the sysctl kernel.unprivileged_userns_clone is 0: only "
				       "root may create user namespaces");
	if ((flags & CLONE_NEWUSER) && is_restricted_by_apparmor())
		return hint_apparmor(err);
	if ((flags & CLONE_NEWUSER) && is_chrooted())
		return error_hint(err, "hezi runs in a chroot, where the kernel denies user "
				       "namespaces: use pivot_root(2), or a bind mount as \"/\"");
	if (!admin && (flags & NAMESPACES) && !(flags & CLONE_NEWUSER))
		return error_hint(err, "creating these namespaces needs CAP_SYS_ADMIN, or a user "
				       "namespace in linux.namespaces");
	return error_hint(err, "a security module or a sandbox of the caller forbids it");
}

/* The limits are those of the user in this user namespace and in each above it, which are not to be
 * seen from here. */
static int hint_namespaces(uint64_t flags, struct hz_error *err)
{
	static const struct {
		uint64_t flag;
		const char *name;
	} kinds[] = {
		{CLONE_NEWUSER, "user"}, {CLONE_NEWPID, "pid"},       {CLONE_NEWNS, "mnt"},
		{CLONE_NEWNET, "net"},   {CLONE_NEWIPC, "ipc"},       {CLONE_NEWUTS, "uts"},
		{CLONE_NEWTIME, "time"}, {CLONE_NEWCGROUP, "cgroup"},
	};
	_cleanup_buf_ struct buf list = BUF_INIT;
	uint64_t most;
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces", kinds[i].name);
		if (!(flags & kinds[i].flag) || !read_number(path, &most))
			continue;
		if (!most)
			return error_hint(err, "the sysctl user.max_%s_namespaces is 0",
					  kinds[i].name);
		if (most < INT_MAX) /* the kernel's own default below the initial one */
			buf_printf(&list, "%suser.max_%s_namespaces (%llu)", list.len ? " or " : "",
				   kinds[i].name, (unsigned long long)most);
	}
	return error_hint(err, "%s%s%s allows no more",
			  flags & CLONE_NEWUSER ? "user namespaces are nested 32 deep, or " : "",
			  list.len ? list.data : "",
			  list.len ? ", here or in a user namespace above,"
				   : "a sysctl user.max_*_namespaces of a user namespace above");
}

/* "pids.current" of @dir has reached "pids.max"; the directory and its limit go to the hint. */
static bool is_full(const char *dir, struct hz_error *err)
{
	uint64_t now, most;
	char path[PATH_MAX + 16];

	if ((size_t)snprintf(path, sizeof(path), "%s/pids.max", dir) >= sizeof(path) ||
	    !read_number(path, &most))
		return false;
	snprintf(path, sizeof(path), "%s/pids.current", dir);
	if (!read_number(path, &now) || now < most)
		return false;
	error_hint(err, "cgroup \"%s\" may have %llu processes (pids.max) and has %llu", dir,
		   (unsigned long long)most, (unsigned long long)now);
	return true;
}

/* The caller's cgroup and those above it, in either layout. */
static bool is_cgroup_full(struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char *save = NULL;

	if (file_read_at(AT_FDCWD, "/proc/self/cgroup", &text, 65536) || !text.data)
		return false;
	for (char *l = strtok_r(text.data, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		const char *names = strchr(l, ':'), *at = names ? strchr(names + 1, ':') : NULL;
		char dir[PATH_MAX], *slash;
		int base;

		if (!at || (strncmp(names, "::", 2) != 0 && !strstr(names, ":pids:")))
			continue;
		base = snprintf(dir, sizeof(dir), "/sys/fs/cgroup%s",
				names[1] == ':' ? "" : "/pids");
		if ((size_t)snprintf(dir + base, sizeof(dir) - (size_t)base, "%s", at + 1) >=
		    sizeof(dir) - (size_t)base)
			continue;
		while ((slash = strrchr(dir, '/')) && slash >= dir + base) {
			if (is_full(dir, err))
				return true;
			*slash = '\0';
		}
	}
	return false;
}

static int hint_processes(struct hz_error *err)
{
	_cleanup_buf_ struct buf load = BUF_INIT;
	const char *total = NULL;
	uint64_t most;
	struct rlimit own;

	if (is_cgroup_full(err))
		return -1;
	if (!file_read_at(AT_FDCWD, "/proc/loadavg", &load, 256) && load.data)
		total = strchr(load.data, '/');
	if (total && read_number("/proc/sys/kernel/threads-max", &most) &&
	    strtoull(total + 1, NULL, 10) + 1 >= most)
		return error_hint(err,
				  "the sysctl kernel.threads-max is %llu: the host has no "
				  "room for another process",
				  (unsigned long long)most);
	if (!getrlimit(RLIMIT_NPROC, &own) && own.rlim_cur != RLIM_INFINITY && getuid())
		return error_hint(err,
				  "user %u may have %llu processes (RLIMIT_NPROC, ulimit -u), and "
				  "the kernel counts those outside of the container too",
				  getuid(), (unsigned long long)own.rlim_cur);
	return -1;
}

int hint_clone(uint64_t flags, int errnum, struct hz_error *err)
{
	switch (errnum) {
	case EPERM: return hint_eperm(flags, err);
	case EUSERS:
	case ENOSPC: return hint_namespaces(flags, err);
	case EAGAIN: return hint_processes(err);
	default: return -1;
	}
}

/* The kernel keeps no process in a pid namespace whose first one has ended (pid_namespaces(7)). */
static int hint_fork(const struct plan_header *h, const struct plan_fork *f, int errnum,
		     struct hz_error *err)
{
	const struct plan_step *s;
	uint32_t i;

	if (errnum != ENOMEM)
		return hint_clone(f->clone_flags, errnum, err);
	plan_foreach (h, s, i) {
		if (s->kind == PLAN_NS_ENTER ||
		    (s->kind == PLAN_NS_JOIN &&
		     ((const struct plan_ns_join *)s)->type == CLONE_NEWPID))
			return error_hint(err,
					  "the first process of the pid namespace that is "
					  "joined has ended: nothing can start there any more");
	}
	return -1;
}

int hint_execve(const struct plan_header *h, int errnum, struct hz_error *err)
{
	const struct plan_step *s;
	uint32_t i;

	if (errnum == E2BIG)
		return error_hint(err, "process.args and process.env may take a quarter of "
				       "RLIMIT_STACK, and 128 KiB each string");
	if (errnum != EAGAIN)
		return -1;
	plan_foreach (h, s, i) {
		const struct plan_rlimit *l = (const struct plan_rlimit *)s;

		if (s->kind == PLAN_RLIMIT && l->resource == RLIMIT_NPROC)
			return error_hint(err,
					  "RLIMIT_NPROC is %llu (process.rlimits), and the kernel "
					  "counts all processes that the user has on this host",
					  (unsigned long long)l->soft);
	}
	return hint_processes(err);
}

int hint_scheduler(const struct plan_scheduler *s, int errnum, struct hz_error *err)
{
	uint64_t caps = 0;
	bool nice = read_status("CapEff:", 16, &caps) && caps & 1ull << CAP_SYS_NICE;

	if (errnum != EPERM)
		return fail_hint(PLAN_SCHEDULER, errnum, err);
	if (s->policy == SCHED_DEADLINE)
		return error_hint(err, "SCHED_DEADLINE needs CAP_SYS_NICE in the initial user "
				       "namespace and all CPUs of the root domain: process "
				       "scheduler can't be used together with AllowedCPUs "
				       "(linux.resources.cpu.cpus)");
	if (s->policy != SCHED_FIFO && s->policy != SCHED_RR)
		return error_hint(err, "a nice value below the caller's needs CAP_SYS_NICE in the "
				       "initial user namespace, or RLIMIT_NICE");
	if (!nice)
		return error_hint(err, "a real-time policy needs CAP_SYS_NICE in the initial user "
				       "namespace, or RLIMIT_RTPRIO of its priority");
	return error_hint(err, "the cgroup has no budget for real-time tasks: set "
			       "linux.resources.cpu.realtimeRuntime (cpu.rt_runtime_us), for the "
			       "cgroups above it too");
}

static int hint_keyring(const struct plan_header *h, int errnum, struct hz_error *err)
{
	/* root outside of user namespaces has limits of its own */
	const char *who = geteuid() || h->flags & PLAN_F_USERNS ? "" : "root_";
	uint64_t keys = 0, bytes = 0;
	char path[64];

	if (errnum != EDQUOT)
		return -1;
	snprintf(path, sizeof(path), "/proc/sys/kernel/keys/%smaxkeys", who);
	read_number(path, &keys);
	snprintf(path, sizeof(path), "/proc/sys/kernel/keys/%smaxbytes", who);
	read_number(path, &bytes);
	return error_hint(
		err,
		"each container has a session keyring, and the sysctls "
		"kernel.keys.%smaxkeys (%llu) and kernel.keys.%smaxbytes (%llu) allow its "
		"user no more: raise them, or use --no-new-keyring",
		who, (unsigned long long)keys, who, (unsigned long long)bytes);
}

static int hint_sysctl(const struct plan_header *h, const struct plan_sysctl *s, int errnum,
		       struct hz_error *err)
{
	if (errnum == EINVAL && !strcmp(plan_text(h, s->key), "net/ipv4/ping_group_range"))
		return error_hint(err,
				  "both ends of the range have to be group ids that are "
				  "mapped in the container's user namespace (linux.gidMappings)");
	return -1;
}

/* Without a user namespace of the container's own init has the caller's capabilities, and no
 * others. */
static int hint_capability(const struct plan_header *h, const struct plan_step *s, int errnum,
			   struct hz_error *err)
{
	static const struct {
		unsigned kind, cap;
		const char *name, *what;
	} needs[] = {
		{PLAN_CAPS, CAP_SETPCAP, "CAP_SETPCAP",
		 "take capabilities out of the bounding set"},
		{PLAN_USER, CAP_SETGID, "CAP_SETGID", "set the groups of the program"},
		{PLAN_USER, CAP_SETUID, "CAP_SETUID", "set the user of the program"},
	};
	uint64_t caps = 0;

	if (errnum != EPERM || h->flags & PLAN_F_USERNS || !read_status("CapEff:", 16, &caps))
		return fail_hint(s->kind, errnum, err);
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (needs[i].kind == s->kind && !(caps & 1ull << needs[i].cap))
			return error_hint(err, "the caller lacks %s, which is needed to %s",
					  needs[i].name, needs[i].what);
	return fail_hint(s->kind, errnum, err);
}

int hint_step(const struct plan_header *h, const struct plan_step *s, int errnum,
	      struct hz_error *err)
{
	bool denied = errnum == EPERM || errnum == EACCES;

	switch (s->kind) {
	case PLAN_RLIMIT:
	case PLAN_RLIMIT_RAISE: return hint_rlimit((const struct plan_rlimit *)s, errnum, err);
	case PLAN_FORK: return hint_fork(h, (const struct plan_fork *)s, errnum, err);
	case PLAN_NS_UNSHARE:
		return hint_clone(((const struct plan_ns_unshare *)s)->flags, errnum, err);
	case PLAN_SCHEDULER: return hint_scheduler((const struct plan_scheduler *)s, errnum, err);
	case PLAN_KEYRING: return hint_keyring(h, errnum, err);
	case PLAN_SYSCTL: (void)hint_sysctl(h, (const struct plan_sysctl *)s, errnum, err); break;
	case PLAN_OOM_SCORE: (void)hint_oom_score(errnum, err); break;
	case PLAN_USER:
	case PLAN_CAPS: (void)hint_capability(h, s, errnum, err); break;
	default: (void)fail_hint(s->kind, errnum, err); break;
	}
	if (denied && (h->flags & PLAN_F_USERNS) && err && !err->hint[0] &&
	    is_restricted_by_apparmor())
		return hint_apparmor(err);
	return -1;
}
