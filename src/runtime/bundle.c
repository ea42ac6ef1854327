/* SPDX-License-Identifier: Apache-2.0 */
/* From a bundle directory to a plan. */
#include "runtime/notify.h"
#include "runtime/runtime.h"

#include "base/fd.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define PRESERVED_MAX (1u << 20) /* fs.nr_open, unless somebody has raised it */

static char *absolute_bundle(struct arena *a, const char *path, struct hz_error *err)
{
	char cwd[PATH_MAX], *ret;

	if (path && path[0] == '/') {
		ret = arena_strdup(a, path);
	} else {
		if (!getcwd(cwd, sizeof(cwd))) {
			error_sys(err, errno, "getcwd", NULL, "find the working directory");
			return NULL;
		}
		ret = !path || !strcmp(path, ".") ? arena_strdup(a, cwd)
						  : arena_printf(a, "%s/%s", cwd, path);
	}
	if (!ret) {
		error_oom(err);
		return NULL;
	}
	/* no slash at its end: the bundle is shown to engines, which compare */
	for (char *end = ret + strlen(ret) - 1; end > ret && *end == '/'; end--)
		*end = '\0';
	return ret;
}

/* O_NONBLOCK and the file type are for what stands in its place: a FIFO or a terminal must not hang
 * us. */
static int open_config(const struct bundle *b, const struct hz_create_options *o, int *ret_fd,
		       struct hz_error *err)
{
	_cleanup_fd_ int dirfd = open(b->path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dirfd < 0)
		return error_sys(err, errno, "open", b->path, "open the bundle \"%s\"", b->path);
	*ret_fd = openat(o->config ? AT_FDCWD : dirfd, b->file,
			 O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*ret_fd >= 0)
		return 0;
	if (errno != ENOENT)
		return error_sys(err, errno, "openat", b->file, "open %s in \"%s\"", b->file,
				 b->path);
	if (o->config)
		return error_sys(err, errno, "openat", b->file,
				 "JSON specification file %s not found", b->file);
	error_sys(err, errno, "openat", b->file,
		  "JSON specification file config.json not found in \"%s\"", b->path);
	return error_hint(err, "give the bundle with --bundle, or make a configuration with "
			       "\"hezi spec\"");
}

static int read_config(struct bundle *b, const struct hz_create_options *o, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int r;

	if (open_config(b, o, &fd, err))
		return -1;
	if (fstat(fd, &st))
		return error_sys(err, errno, "fstat", b->file, "look at %s", b->file);
	if (!S_ISREG(st.st_mode))
		return error_set(err, HZ_E_CONFIG, "%s in \"%s\" is not a regular file", b->file,
				 b->path);
	if (st.st_size > OCI_CONFIG_MAX)
		return error_set(err, HZ_E_CONFIG, "%s in \"%s\" is larger than %u MiB", b->file,
				 b->path, OCI_CONFIG_MAX >> 20);
	buf_add(&text, NULL, (size_t)st.st_size);
	text.len = 0;
	r = fd_read_all(fd, &text, OCI_CONFIG_MAX);
	if (r)
		return error_sys(err, -r, "read", b->file, "read %s in \"%s\"", b->file, b->path);
	b->len = text.len;
	b->text = TAKE_PTR(text.data);
	return 0;
}

static int parse_listen_fds(struct plan_options *o, struct hz_error *err)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	char *end;
	unsigned long n;

	if (!pid || !fds || strtoul(pid, &end, 10) != (unsigned long)getpid() || *end)
		return 0;
	n = strtoul(fds, &end, 10);
	if (!*fds || *end || n > PRESERVED_MAX)
		return error_set(err, HZ_E_USAGE,
				 "LISTEN_FDS=\"%s\" is not a number of descriptors", fds);
	o->listen_fds = (unsigned)n;
	if (o->preserve_fds <= PRESERVED_MAX) /* else that is the error */
		o->preserve_fds += (unsigned)n;
	return 0;
}

/*
 * One that is not open is a hole: it stays closed in the container, as with crun (Podman asks for
 * all up to the highest that its user named). What hezi opens may land in a hole on this side, but
 * it is close-on-exec.
 */
int bundle_check_preserved(const struct plan_options *o, struct hz_error *err)
{
	return o->preserve_fds <= PRESERVED_MAX
		       ? 0
		       : error_set(err, HZ_E_USAGE,
				   "--preserve-fds %u: at most %u descriptors can be passed on",
				   o->preserve_fds, PRESERVED_MAX);
}

static int set_options(const hz_runtime *rt, const struct hz_create_options *o, struct bundle *b,
		       struct hz_error *err)
{
	b->options = (struct plan_options){
		.forgive_unsupported = b->options.forgive_unsupported,
		.id = o->id,
		.bundle = b->path,
		.no_pivot = o->no_pivot,
		.no_new_keyring = o->no_new_keyring,
		.systemd_cgroup = rt->cgroup_manager == HZ_CGROUP_SYSTEMD,
		.no_cgroup = rt->cgroup_manager == HZ_CGROUP_DISABLED,
		.rootless_cgroup_ok = runtime_is_rootless(rt, &b->facts),
		.pid_file = o->pid_file != NULL,
		.preserve_fds = o->preserve_fds,
	};
	if (parse_listen_fds(&b->options, err) || bundle_check_preserved(&b->options, err))
		return -1;
	return notify_option(rt, o->id, b, err);
}

void bundle_locate(const struct bundle *b, struct hz_error *err)
{
	if (!err || !err->pointer[0] || !b->text)
		return;
	if (!err->line && !oci_locate(b->text, b->len, err->pointer, &err->line, &err->column) &&
	    !err->line)
		return;
	if (!err->file[0])
		snprintf(err->file, sizeof(err->file), "%.127s", b->file ? b->file : "config.json");
}

/* What the decoder says of any list of words, in the words that are looked for (runc's). */
static int name_policy(struct hz_error *err)
{
	static const char *const parts[] = {"mode", "flag", "node"};
	static const char place[] = "/linux/memoryPolicy/";
	char head[64];
	size_t len;

	for (size_t i = 0; err && i < ARRAY_SIZE(parts); i++) {
		if (strncmp(err->pointer, place, strlen(place)) != 0 ||
		    strncmp(err->pointer + strlen(place), parts[i], strlen(parts[i])) != 0)
			continue;
		len = (size_t)snprintf(head, sizeof(head), "invalid memory policy %s: ", parts[i]);
		if (len + strlen(err->msg) >= sizeof(err->msg))
			break;
		memmove(err->msg + len, err->msg, strlen(err->msg) + 1);
		memcpy(err->msg, head, len);
	}
	return -1;
}

static int load(const hz_runtime *rt, const struct hz_create_options *o, struct bundle *b,
		struct hz_error *err)
{
	b->path = absolute_bundle(&b->arena, o->bundle, err);
	b->file = o->config ? o->config : "config.json";
	if (!b->path || read_config(b, o, err))
		return -1;
	if (oci_config_decode(&b->arena, b->text, b->len, b->file, &b->config, err))
		return name_policy(err);
	if (facts_collect(&b->facts, &b->ignored_signals, &b->arena, err) ||
	    set_options(rt, o, b, err))
		return -1;
	facts_ask_for(b->config, &b->facts, &b->arena);
	return plan_compile(b->config, &b->facts, &b->options, &b->plan, err);
}

int bundle_load(const hz_runtime *rt, const struct hz_create_options *o, bool forgive_unsupported,
		struct bundle *b, struct hz_error *err)
{
	*b = (struct bundle){.options.forgive_unsupported = forgive_unsupported};
	if (!load(rt, o, b, err))
		return 0;
	bundle_locate(b, err);
	bundle_done(b);
	return -1;
}

void bundle_done(struct bundle *b)
{
	plan_done(&b->plan);
	free(TAKE_PTR(b->text));
	arena_done(&b->arena);
}

static int explain_json(const struct plan *plan, const struct plan_print_options *print,
			struct buf *text, struct hz_error *err)
{
	struct oci_json *j = oci_json_new("  ");
	const char *p = NULL;
	size_t len = 0;
	int r;

	if (!j)
		return error_oom(err);
	r = plan_print_json(plan->h, print, j, err) || oci_json_text(j, &p, &len, err) ? -1 : 0;
	if (!r) {
		buf_add(text, p, len);
		buf_addc(text, '\n');
	}
	oci_json_free(j);
	return r;
}

static void explain_text(const struct plan *plan, const struct plan_print_options *print,
			 struct buf *text)
{
	plan_print_text(plan->h, print, text);
	for (unsigned i = 0; i < plan->nwarnings && i < PLAN_WARNINGS; i++) {
		const struct plan_warning *w = &plan->warnings[i];

		buf_adds(text, "warning: config.json ");
		text_clean(text, w->pointer, strlen(w->pointer), 0);
		buf_adds(text, ": ");
		text_clean(text, w->text, strlen(w->text), 0);
		buf_addc(text, '\n');
	}
}

static bool has_warning(const struct plan *p, const char *text)
{
	for (unsigned i = 0; p && i < p->nwarnings && i < PLAN_WARNINGS; i++)
		if (!strcmp(p->warnings[i].text, text))
			return true;
	return false;
}

void warnings_tell(hz_runtime *rt, const struct plan *plan, const struct plan *known,
		   const char *file, const char *prefix)
{
	size_t len = strlen(prefix);

	for (unsigned i = 0; i < plan->nwarnings && i < PLAN_WARNINGS; i++) {
		const struct plan_warning *w = &plan->warnings[i];

		if (strncmp(w->pointer, prefix, len) != 0 || has_warning(known, w->text))
			continue;
		runtime_log(rt, w->quiet ? HZ_LOG_QUIET : HZ_LOG_WARNING, "%s %s: %s", file,
			    w->pointer + len, w->text);
	}
}

void bundle_tell_warnings(hz_runtime *rt, const struct bundle *b)
{
	warnings_tell(rt, &b->plan, NULL, b->file, "");
}

int hz_explain(hz_runtime *rt, const struct hz_create_options *o, bool json, bool show_env,
	       char **ret_text, struct hz_error *err)
{
	struct plan_print_options print = {.show_env = show_env};
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct bundle b;
	int r = 0;

	if (store_check_id(o->id, err) || bundle_load(rt, o, true, &b, err))
		return -1;
	if (json)
		r = explain_json(&b.plan, &print, &text, err);
	else
		explain_text(&b.plan, &print, &text);
	bundle_done(&b);
	if (r)
		return -1;
	if (text.failed || !text.data)
		return error_oom(err);
	*ret_text = TAKE_PTR(text.data);
	return 0;
}
