/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/runtime.h"

#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

const char *hz_version(void)
{
	return HEZI_VERSION;
}

void runtime_log(const hz_runtime *rt, enum hz_log_level level, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	if (!rt->log || (level == HZ_LOG_DEBUG && !rt->debug))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	rt->log(rt->log_data, level, text);
}

/* Root of a user namespace (rootless Podman) may not write to /run either. Who calls himself root
 * by $USER keeps it, as with runc. */
static bool is_rootless(void)
{
	const char *user = getenv("USER");

	if (geteuid())
		return true;
	return (!user || strcmp(user, "root") != 0) && facts_in_userns();
}

static char *default_root(void)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	char *root = NULL;

	if (!dir || !*dir || !is_rootless())
		return strdup("/run/hezi");
	return asprintf(&root, "%s/hezi", dir) < 0 ? NULL : root;
}

static char *absolute(const char *path)
{
	char cwd[PATH_MAX], *root = NULL;

	if (path[0] == '/')
		return strdup(path);
	if (!getcwd(cwd, sizeof(cwd)))
		return NULL;
	return asprintf(&root, "%s/%s", cwd, path) < 0 ? NULL : root;
}

int hz_runtime_new(const struct hz_runtime_options *o, hz_runtime **ret, struct hz_error *err)
{
	hz_runtime *rt = calloc(1, sizeof(*rt));

	if (!rt)
		return error_oom(err);
	rt->rootfd = -1;
	rt->cgroup_manager = o->cgroup_manager;
	rt->rootless = o->rootless;
	rt->log = o->log;
	rt->log_data = o->log_data;
	rt->debug = o->debug;
	rt->root = o->root ? absolute(o->root) : default_root();
	if (!rt->root) {
		int e = errno;

		free(rt);
		return error_sys(err, e, "getcwd", o->root, "find the state directory");
	}
	if (rt->root[strspn(rt->root, "/.")] == '\0' && !strstr(rt->root, "...")) {
		hz_runtime_free(rt);
		return error_set(err, HZ_E_USAGE, "--root cannot be \"/\"");
	}
	*ret = rt;
	return 0;
}

void hz_runtime_free(hz_runtime *rt)
{
	if (!rt)
		return;
	if (rt->rootfd >= 0)
		fd_close(rt->rootfd);
	free(rt->root);
	free(rt);
}

bool runtime_is_rootless(const hz_runtime *rt, const struct plan_facts *f)
{
	return rt->rootless == 1 || (rt->rootless < 0 && (f->euid || f->in_userns));
}
