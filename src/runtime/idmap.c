/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uid_map and gid_map of the container's user namespace (user_namespaces(7)), by our own hand where
 * we may, else by newuidmap(1) and newgidmap(1), which check /etc/subuid and /etc/subgid.
 */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELPER_SECONDS 60

static int write_proc(pid_t pid, const char *file, const char *text, struct hz_error *err)
{
	int r = proc_write(pid, file, text);

	if (!r)
		return 0;
	error_sys(err, -r, "write", file, "write %s", file);
	if (r == -EPERM)
		error_hint(err, "these ids may not be mapped by this user: give it ranges in "
				"/etc/subuid and /etc/subgid");
	else if (r == -EINVAL)
		error_hint(err,
			   "the kernel refuses the mappings: they overlap, or there are too many");
	return -1;
}

/* argv: tool, pid, then the numbers of the map's lines, one word each. */
static char **helper_argv(struct arena *a, const char *tool, pid_t pid, const char *map)
{
	size_t n = 2, words = 0;
	char *copy = arena_strdup(a, map), *save = NULL, **argv;

	for (const char *p = map; *p; p++)
		words += *p == ' ' || *p == '\n';
	argv = arena_calloc(a, words + 4, sizeof(*argv));
	if (!copy || !argv)
		return NULL;
	argv[0] = (char *)tool;
	argv[1] = arena_printf(a, "%d", pid);
	for (char *w = strtok_r(copy, " \n", &save); w && n < words + 3;
	     w = strtok_r(NULL, " \n", &save))
		argv[n++] = w;
	return argv[1] ? argv : NULL;
}

/* `run` has blocked all signals: not for these programs, which may ask a name service. */
static int spawn_helper(pid_t *ret, const char *tool, char **argv)
{
	posix_spawnattr_t attr;
	sigset_t none, all;
	int r = posix_spawnattr_init(&attr);

	if (r)
		return r;
	sigemptyset(&none);
	sigfillset(&all);
	r = posix_spawnattr_setsigmask(&attr, &none) ?: posix_spawnattr_setsigdefault(&attr, &all) ?:
	    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) ?:
	    posix_spawnp(ret, tool, NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	return r;
}

/* 0 and its status, or errno; ETIMEDOUT when it was killed for its time, and not waited for where
 * it may not be killed. */
static int wait_for_helper(pid_t pid, int *ret_status)
{
	_cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = {pidfd, POLLIN, 0};
	int n = pidfd < 0 ? 1 : poll(&p, 1, HELPER_SECONDS * 1000);

	if (n == 0 && kill(pid, SIGKILL))
		return ETIMEDOUT;
	while (waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return n ? 0 : ETIMEDOUT;
}

static int run_helper(struct creation *c, const char *tool, const char *map, struct hz_error *err)
{
	char **argv = helper_argv(&c->arena, tool, c->pid, map);
	int status, r;
	pid_t pid;

	if (!argv)
		return error_oom(err);
	r = spawn_helper(&pid, tool, argv);
	if (r) {
		error_sys(err, r, "posix_spawn", tool, "run \"%s\"", tool);
		if (r == ENOENT)
			error_hint(err,
				   "install it (Debian: package uidmap), or map only your own id");
		return -1;
	}
	r = wait_for_helper(pid, &status);
	if (r == ETIMEDOUT) {
		error_set(err, HZ_E_SYSTEM, "\"%s\" timed out after %d seconds", tool,
			  HELPER_SECONDS);
		return error_hint(err, "it may wait for the name service of \"subid\" in "
				       "/etc/nsswitch.conf");
	}
	if (r)
		return error_sys(err, r, "waitpid", tool, "wait for \"%s\"", tool);
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	error_set(err, HZ_E_SYSTEM, "\"%s\" refused the mapping: exit status %d", tool,
		  WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return error_hint(err, "the host ids have to be in the user's ranges of %s",
			  !strcmp(tool, "newuidmap") ? "/etc/subuid" : "/etc/subgid");
}

int idmap_apply(struct creation *c, const struct plan_id_map *m, struct hz_error *err)
{
	const char *text = plan_text(c->b->plan.h, m->text);

	if (m->deny_setgroups && write_proc(c->pid, "setgroups", "deny", err))
		return -1;
	if (m->how == PLAN_MAP_HELPER)
		return run_helper(c, m->is_gid ? "newgidmap" : "newuidmap", text, err);
	return write_proc(c->pid, m->is_gid ? "gid_map" : "uid_map", text, err);
}
