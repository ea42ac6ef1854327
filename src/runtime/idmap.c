/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uid_map and gid_map of the container's user namespace (user_namespaces(7)), by our own hand where
 * we may, else by newuidmap(1) and newgidmap(1), which check /etc/subuid and /etc/subgid.
 */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

static int run_helper(struct creation *c, const char *tool, const char *map, struct hz_error *err)
{
	char **argv = helper_argv(&c->arena, tool, c->pid, map);
	int status, r;
	pid_t pid;

	if (!argv)
		return error_oom(err);
	r = posix_spawnp(&pid, tool, NULL, NULL, argv, environ);
	if (r) {
		error_sys(err, r, "posix_spawn", tool, "run \"%s\"", tool);
		if (r == ENOENT)
			error_hint(err,
				   "install it (Debian: package uidmap), or map only your own id");
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_sys(err, errno, "waitpid", tool, "wait for \"%s\"", tool);
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
