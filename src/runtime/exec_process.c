/* SPDX-License-Identifier: Apache-2.0 */
/* What `exec` shall run: a process document of its own, or that of the container's configuration
 * with the changes of the command line. */
#include "runtime/exec.h"

#include "base/fd.h"
#include "plan/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

/* Strict: "1x" is no id, and neither is "-1" (CVE-2026-30892). */
static int parse_id(const char *s, const char *end, const char *what, struct oci_u32 *ret,
		    struct hz_error *err)
{
	uint64_t v = 0;

	for (const char *p = s; p < end && v <= UINT32_MAX; p++) {
		if (*p < '0' || *p > '9') {
			v = UINT64_MAX;
			break;
		}
		v = v * 10 + (uint64_t)(*p - '0');
	}
	if (s == end || v >= UINT32_MAX)
		return error_set(err, HZ_E_USAGE, "%s \"%.*s\" is not a number of an id", what,
				 (int)(end - s < 64 ? end - s : 64), s);
	*ret = (struct oci_u32){(uint32_t)v, true};
	return 0;
}

static int add_strings(struct arena *a, struct oci_strings *list, const char *const *items,
		       size_t n, struct hz_error *err)
{
	const char **all;

	if (!n)
		return 0;
	all = arena_calloc(a, list->n + n, sizeof(*all));
	if (!all)
		return error_oom(err);
	if (list->n)
		memcpy(all, list->items, list->n * sizeof(*all));
	memcpy(all + list->n, items, n * sizeof(*all));
	*list = (struct oci_strings){all, list->n + n};
	return 0;
}

static int set_groups(struct arena *a, struct oci_user *u, const struct hz_exec_options *o,
		      struct hz_error *err)
{
	uint32_t *all;

	if (!o->nadditional_gids)
		return 0;
	all = arena_calloc(a, u->additional_gids.n + o->nadditional_gids, sizeof(*all));
	if (!all)
		return error_oom(err);
	if (u->additional_gids.n)
		memcpy(all, u->additional_gids.items, u->additional_gids.n * sizeof(*all));
	for (size_t i = 0; i < o->nadditional_gids; i++) {
		const char *s = o->additional_gids[i];
		struct oci_u32 id = {0};

		if (parse_id(s, s + strlen(s), "additional gid", &id, err))
			return -1;
		all[u->additional_gids.n + i] = id.v;
	}
	u->additional_gids = (struct oci_u32s){all, u->additional_gids.n + o->nadditional_gids};
	return 0;
}

static int set_user(struct arena *a, struct oci_process *p, const struct hz_exec_options *o,
		    struct hz_error *err)
{
	struct oci_user *u = arena_calloc(a, 1, sizeof(*u));

	if (!u)
		return error_oom(err);
	if (p->user)
		*u = *p->user;
	p->user = u;
	if (o->user) {
		const char *end = o->user + strcspn(o->user, ":");

		if (parse_id(o->user, end, "user", &u->uid, err))
			return -1;
		if (*end && parse_id(end + 1, end + strlen(end), "group", &u->gid, err))
			return -1;
	}
	return set_groups(a, u, o, err);
}

/* "CAP_NET_ADMIN" of "net_admin"; one that nobody knows was mistyped. */
static const char *find_cap(struct arena *a, const char *word, struct hz_error *err)
{
	const char *bare = strncasecmp(word, "CAP_", 4) ? word : word + 4, *guess;
	char *name = arena_printf(a, "CAP_%s", bare);
	uint64_t ignored;

	for (char *p = name; p && *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	if (!name)
		error_oom(err);
	if (!name || plan_value_find(plan_cap_values, name, &ignored))
		return name;
	error_set(err, HZ_E_USAGE, "unknown capability \"%.64s\"", word);
	guess = plan_value_guess(plan_cap_values, name);
	if (guess)
		error_hint(err, "did you mean %s?", guess);
	return NULL;
}

/* Never to the inheritable set (CVE-2022-29162); ambient ones must be inheritable. */
static int set_caps(struct arena *a, struct oci_process *p, const struct hz_exec_options *o,
		    struct hz_error *err)
{
	struct oci_capabilities *c = arena_calloc(a, 1, sizeof(*c));
	const char **names = arena_calloc(a, o->ncaps + 1, sizeof(*names));

	if (!o->ncaps)
		return 0;
	if (!c || !names)
		return error_oom(err);
	for (size_t i = 0; i < o->ncaps; i++) {
		names[i] = find_cap(a, o->caps[i], err);
		if (!names[i])
			return -1;
	}
	if (p->capabilities)
		*c = *p->capabilities;
	p->capabilities = c;
	if (add_strings(a, &c->bounding, names, o->ncaps, err) ||
	    add_strings(a, &c->effective, names, o->ncaps, err) ||
	    add_strings(a, &c->permitted, names, o->ncaps, err))
		return -1;
	return c->inheritable.n ? add_strings(a, &c->ambient, names, o->ncaps, err) : 0;
}

static int from_options(struct arena *a, const struct oci_config *config,
			const struct hz_exec_options *o, struct oci_process *p,
			struct hz_error *err)
{
	if (!o->nargs)
		return error_set(err, HZ_E_USAGE, "process args cannot be empty");
	if (config->process)
		*p = *config->process;
	p->args = (struct oci_strings){0};
	p->terminal = (struct oci_bool){o->tty, true};
	if (!p->cwd)
		p->cwd = "/";
	if (o->cwd)
		p->cwd = o->cwd;
	if (o->process_label)
		p->selinux_label = o->process_label;
	if (o->apparmor)
		p->apparmor_profile = o->apparmor;
	if (o->no_new_privs)
		p->no_new_privileges = (struct oci_bool){o->no_new_privs > 0, true};
	return add_strings(a, &p->args, o->args, o->nargs, err) ||
			       add_strings(a, &p->env, o->env, o->nenv, err) ||
			       set_user(a, p, o, err) || set_caps(a, p, o, err)
		       ? -1
		       : 0;
}

/* It may be a pipe, so it is read once. */
static int read_document(struct exec *x, const struct hz_exec_options *o, struct hz_error *err)
{
	_cleanup_fd_ int fd = open(o->process, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r = fd < 0 ? -errno : fd_read_all(fd, &x->document, OCI_CONFIG_MAX);

	if (r)
		return error_sys(err, -r, fd < 0 ? "open" : "read", o->process,
				 "read the process from \"%s\"", o->process);
	return oci_process_decode(&x->b.arena, x->document.data ? x->document.data : "",
				  x->document.len, o->process, &x->b.config->process, err);
}

/* What confines the container's process confines this one too, as with runc and crun. An empty
 * "capabilities" object asks for none. */
static void inherit(struct oci_process *p, const struct oci_process *its)
{
	if (!p->capabilities)
		p->capabilities = its->capabilities;
	if (!p->apparmor_profile)
		p->apparmor_profile = its->apparmor_profile;
	if (!p->selinux_label)
		p->selinux_label = its->selinux_label;
}

/* As with runc they have no effect then; but whoever gave one should know. */
static void tell_ignored(const hz_runtime *rt, const struct hz_exec_options *o)
{
	const struct {
		bool given;
		const char *name;
	} options[] = {
		{o->cwd, "cwd"},           {o->nenv > 0, "env"},
		{o->user, "user"},         {o->nadditional_gids > 0, "additional-gids"},
		{o->ncaps > 0, "cap"},     {o->process_label, "process-label"},
		{o->apparmor, "apparmor"}, {o->no_new_privs, "no-new-privs"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].given)
			runtime_log(rt, HZ_LOG_WARNING,
				    "--%s has no effect: the process is the one of --process",
				    options[i].name);
}

int exec_process_make(struct exec *x, const struct hz_exec_options *o, struct hz_error *err)
{
	struct oci_process *p;

	x->own = x->b.config->process;
	if (o->process) {
		if (o->nargs)
			return error_set(err, HZ_E_USAGE,
					 "--process and a command exclude each other");
		if (read_document(x, o, err))
			return -1;
		if (x->own)
			inherit(x->b.config->process, x->own);
		tell_ignored(x->c.rt, o);
		return 0;
	}
	p = arena_calloc(&x->b.arena, 1, sizeof(*p));
	if (!p)
		return error_oom(err);
	if (from_options(&x->b.arena, x->b.config, o, p, err))
		return -1;
	x->b.config->process = p;
	return 0;
}

void exec_process_locate(const struct exec *x, const struct hz_exec_options *o,
			 struct hz_error *err)
{
	static const char prefix[] = "/process";
	size_t len = sizeof(prefix) - 1;

	if (strncmp(err->pointer, prefix, len) != 0) {
		bundle_locate(&x->b, err);
		return;
	}
	if (!o->process) { /* the command line, or what it left of the configuration */
		err->pointer[0] = '\0';
		return;
	}
	memmove(err->pointer, err->pointer + len, strlen(err->pointer + len) + 1);
	if (!err->line && x->document.data)
		(void)oci_locate(x->document.data, x->document.len, err->pointer, &err->line,
				 &err->column); /* its parent's place is good too */
	if (!err->file[0])
		snprintf(err->file, sizeof(err->file), "%.127s", o->process);
}
