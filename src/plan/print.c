/* SPDX-License-Identifier: Apache-2.0 */
/* A plan in words, for people: `hezi explain`, and the step that an error names. */
#include "plan/print.h"

#include "base/text.h"

#include <inttypes.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>

#define ACTOR_WIDTH 4
#define WORDS_WIDTH 72 /* longer ones push their origin to the right */

void words_plain(const struct words *w, const char *s)
{
	if (s)
		text_clean(w->out, s, strlen(s), TEXT_QUOTED);
}

void words_quoted(const struct words *w, const char *s)
{
	if (!s)
		return;
	buf_addc(w->out, '"');
	words_plain(w, s);
	buf_addc(w->out, '"');
}

bool words_bits(const struct words *w, const struct plan_value *values, uint64_t bits,
		const char *prefix, const char *sep, bool first)
{
	for (; values->name; values++) {
		if (!(values->value & bits))
			continue;
		if (!first)
			buf_adds(w->out, sep);
		buf_printf(w->out, "%s%s", prefix, values->name);
		first = false;
	}
	return !first;
}

void words_variable(const struct words *w, const char *variable, bool quoted)
{
	size_t name = strcspn(variable, "=");
	struct buf masked = BUF_INIT;

	if (!w->o->show_env && variable[name]) {
		buf_add(&masked, variable, name);
		buf_adds(&masked, "=***");
		variable = masked.failed ? "***" : masked.data;
	}
	if (quoted)
		words_quoted(w, variable);
	else
		words_plain(w, variable);
	buf_done(&masked);
}

void words_list(const struct words *w, struct plan_vec v, const char *before)
{
	for (uint32_t i = 0; i < v.n; i++) {
		buf_adds(w->out, i ? " " : before);
		words_plain(w, plan_item(w->h, v, i));
	}
}

void words_text(const struct words *w, const char *before, plan_str s, const char *after)
{
	buf_adds(w->out, before);
	words_quoted(w, plan_text(w->h, s));
	buf_adds(w->out, after);
}

static void words_namespaces(const struct words *w, uint64_t flags)
{
	words_bits(w, plan_ns_values, flags, "", ", ", true);
	buf_adds(w->out, flags & (flags - 1) ? " namespaces" : " namespace");
}

static void words_seccomp_build(const struct words *w, const struct plan_seccomp_build *s)
{
	buf_printf(w->out, "build the seccomp filter: %u rule%s, else %s", s->nrules,
		   s->nrules == 1 ? "" : "s",
		   plan_value_name(plan_action_values, s->default_action));
	words_list(w, s->archs, " for ");
}

static void words_seccomp_load(const struct words *w, const struct plan_seccomp_load *s)
{
	buf_adds(w->out, "load the seccomp filter");
	if (s->listener)
		words_text(w, " and wait until the agent at ", s->listener, " has its listener");
}

static void words_spawn(const struct words *w, const struct plan_spawn *s)
{
	buf_adds(w->out, w->h->flags & PLAN_F_STUB ? "start a stub" : "start init");
	if (s->clone_flags) {
		buf_adds(w->out, " in new ");
		words_namespaces(w, s->clone_flags);
	}
	if (s->into_cgroup)
		buf_adds(w->out, s->clone_flags ? ", born in its cgroup" : " in its cgroup");
}

static void words_fork(const struct words *w, const struct plan_fork *s)
{
	buf_adds(w->out, "start init");
	if (s->clone_flags) {
		buf_adds(w->out, " in new ");
		words_namespaces(w, s->clone_flags);
	}
	buf_adds(w->out, "; the stub ends");
}

/* "0 1000 1\n1 100000 65536\n" */
static void words_id_map(const struct words *w, const struct plan_id_map *s)
{
	const char *text = plan_text(w->h, s->text);

	buf_printf(w->out, "map %s ", s->is_gid ? "gids" : "uids");
	for (; *text; text++) {
		if (*text != '\n')
			buf_addc(w->out, *text);
		else if (text[1])
			buf_adds(w->out, ", ");
	}
	if (s->how == PLAN_MAP_HELPER)
		buf_adds(w->out, s->is_gid ? " with newgidmap" : " with newuidmap");
	if (s->deny_setgroups)
		buf_adds(w->out, ", setgroups denied");
}

static void words_sync(const struct words *w, const struct plan_sync *s)
{
	static const char *const texts[PLAN_POINT_COUNT] = {
		[PLAN_POINT_MAPS] = "meet: the user namespace wants its maps",
		[PLAN_POINT_HOOKS] = "meet: the box is made, its hooks may run",
		[PLAN_POINT_READY] = "meet: all but the program is ready",
		[PLAN_POINT_NETWORK] = "meet: the network namespace wants its devices",
	};

	buf_adds(w->out, texts[s->point]);
}

static void words_hooks(const struct words *w, const struct plan_hooks *s)
{
	const struct plan_hook *items = plan_hook_items(w->h, s->hooks);

	buf_printf(w->out, "run %s hook%s", plan_hook_kind_name(s->which),
		   s->hooks.n == 1 ? "" : "s");
	for (uint32_t i = 0; i < s->hooks.n; i++) {
		buf_adds(w->out, i ? ", " : " ");
		words_quoted(w, plan_text(w->h, items[i].path));
		if (items[i].timeout)
			buf_printf(w->out, " (%u s at most)", items[i].timeout);
		if (items[i].inherits_env)
			buf_adds(w->out, " (with the caller's environment)");
	}
}

static void words_limit(const struct words *w, uint64_t v)
{
	if (v == UINT64_MAX)
		buf_adds(w->out, "unlimited");
	else
		buf_printf(w->out, "%" PRIu64, v);
}

static void words_rlimit(const struct words *w, const struct plan_rlimit *s)
{
	bool raise = s->s.kind == PLAN_RLIMIT_RAISE;

	buf_adds(w->out, raise ? "raise " : "set ");
	words_plain(w, plan_text(w->h, s->name));
	buf_adds(w->out, " to ");
	words_limit(w, s->soft);
	buf_adds(w->out, ", at most ");
	words_limit(w, s->hard);
	buf_adds(w->out, raise ? ", if it is lower" : "");
}

static void words_join(const struct words *w, const struct plan_ns_join *s)
{
	buf_adds(w->out, "join ");
	words_namespaces(w, s->type);
	words_text(w, " ", s->path,
		   s->before_user ? ", as the runtime or else from the user namespace" : "");
}

static void words_time_offset(const struct words *w, const struct plan_time_offset *s)
{
	buf_adds(w->out, "shift the clock ");
	words_plain(w, plan_text(w->h, s->clock));
	buf_printf(w->out, " by %" PRId64 " s", s->secs);
	if (s->nanosecs)
		buf_printf(w->out, " and %u ns", s->nanosecs);
}

static void words_propagation(const struct words *w, const struct plan_root_propagation *s)
{
	const char *name = plan_value_name(plan_propagation_values, s->flags & ~(uint64_t)MS_REC);

	buf_printf(w->out, "make %s %s%s",
		   s->final ? "the new root" : "the copy of the host's mounts",
		   s->flags & MS_REC ? "r" : "", name ? name : "as it was");
}

static void words_device(const struct words *w, const struct plan_device *s)
{
	words_text(w, s->bind ? "bind the host's device " : "make device ", s->path, "");
	buf_printf(w->out, " %s", plan_value_name(plan_node_values, s->type));
	if (s->type != S_IFIFO)
		buf_printf(w->out, " %u:%u", s->major, s->minor);
	buf_printf(w->out, " %04o %u:%u", s->mode, s->uid, s->gid);
}

static void words_terminal(const struct words *w, const struct plan_terminal *s)
{
	buf_printf(w->out, "make the terminal stdin, stdout and stderr");
	if (s->rows || s->cols)
		buf_printf(w->out, " (%u rows, %u columns)", s->rows, s->cols);
}

static void words_user(const struct words *w, const struct plan_user *s)
{
	const uint32_t *groups = plan_u32s(w->h, s->groups);

	buf_printf(w->out, "become user %u, group %u", s->uid, s->gid);
	if (!s->setgroups)
		buf_adds(w->out, "; further groups stay as they are");
	else if (s->groups.n == 0)
		buf_adds(w->out, "; no further groups");
	for (uint32_t i = 0; s->setgroups && i < s->groups.n; i++)
		buf_printf(w->out, "%s%u", i ? " " : "; further groups ", groups[i]);
}

/* Sets that are the same are named together. */
static void words_caps(const struct words *w, const struct plan_caps *s)
{
	const struct plan_value sets[] = {
		{s->bounding, "bounding"},   {s->permitted, "permitted"},
		{s->effective, "effective"}, {s->inheritable, "inheritable"},
		{s->ambient, "ambient"},
	};
	const size_t n = sizeof(sets) / sizeof(sets[0]);
	uint64_t done = 0;

	buf_adds(w->out, "set capabilities");
	for (size_t i = 0; i < n; i++) {
		if (done & 1u << i)
			continue;
		buf_printf(w->out, "%s %s", i ? ";" : "", sets[i].name);
		for (size_t k = i + 1; k < n; k++) {
			if (sets[k].value != sets[i].value)
				continue;
			buf_printf(w->out, ", %s", sets[k].name);
			done |= 1u << k;
		}
		buf_adds(w->out, ": ");
		if (s->all && sets[i].value == s->all)
			buf_adds(w->out, "all");
		else if (!words_bits(w, plan_cap_values, sets[i].value, "", " ", true))
			buf_adds(w->out, "none");
	}
}

static void words_exec(const struct words *w, const struct plan_exec *s)
{
	buf_adds(w->out, "execute");
	for (uint32_t i = 0; i < s->argv.n; i++) {
		buf_addc(w->out, ' ');
		words_quoted(w, plan_item(w->h, s->argv, i));
	}
	buf_adds(w->out, s->envp.n ? " with" : " with no environment");
	for (uint32_t i = 0; i < s->envp.n; i++) {
		buf_addc(w->out, ' ');
		words_variable(w, plan_item(w->h, s->envp, i), false);
	}
	if (s->need_home)
		buf_printf(w->out, " and HOME of uid %u", s->uid);
}

static void words_lookup(const struct words *w, const struct plan_exec *s)
{
	const char *name = plan_item(w->h, s->argv, 0);

	buf_adds(w->out, "look for ");
	words_quoted(w, name);
	if (!strchr(name, '/'))
		words_text(w, " in ", s->path, "");
}

static void words_no_step(const struct words *w, const struct plan_step *s)
{
	static const char *const texts[PLAN_KIND_COUNT] = {
		[PLAN_RECORD] = "save the record of the container",
		[PLAN_PID_FILE] = "write the pid file",
		[PLAN_LOOPBACK_UP] = "bring up the loopback interface",
		[PLAN_CONSOLE] = "make a terminal and mount it on \"/dev/console\"",
		[PLAN_ROOT_READONLY] = "make the root read-only",
		[PLAN_STDIO_OWNER] = "give stdin, stdout and stderr to the user",
		[PLAN_NO_NEW_PRIVS] = "give up new privileges (no_new_privs)",
		[PLAN_START_WAIT] = "wait for start",
	};

	buf_adds(w->out, texts[s->kind] ? texts[s->kind] : plan_kind_name(s->kind));
}

/* The steps that are one text. */
static void words_of_text(const struct words *w, const struct plan_text *s)
{
	static const struct {
		const char *before, *after;
	} texts[PLAN_KIND_COUNT] = {
		[PLAN_KEYRING] = {"make session keyring ", ""},
		[PLAN_HOSTNAME] = {"set hostname to ", ""},
		[PLAN_DOMAINNAME] = {"set domainname to ", ""},
		[PLAN_READONLY_PATH] = {"make ", " read-only"},
		[PLAN_MASK_PATH] = {"hide ", ""},
		[PLAN_CWD] = {"go to ", ""},
	};

	words_text(w, texts[s->s.kind].before, s->text, texts[s->s.kind].after);
	if (s->flag)
		buf_adds(w->out, " if it is there");
}

static void words_of_namespaces(const struct words *w, const struct plan_step *s)
{
	switch (s->kind) {
	case PLAN_NS_OPEN:
		buf_adds(w->out, "open ");
		words_namespaces(w, ((const struct plan_ns_open *)s)->type);
		words_text(w, " ", ((const struct plan_ns_open *)s)->path,
			   ((const struct plan_ns_open *)s)->owner ? ", not the runtime's own"
								   : "");
		return;
	case PLAN_NET_DEVICE:
		words_text(w, "move network device ", ((const struct plan_net_device *)s)->name,
			   "");
		words_text(w, " into the container as ",
			   ((const struct plan_net_device *)s)->new_name, "");
		return;
	case PLAN_RDT: words_rdt(w, (const struct plan_rdt *)s); return;
	case PLAN_LABEL:
		buf_printf(
			w->out, "ask for the %s",
			plan_value_name(plan_label_values, ((const struct plan_label *)s)->file));
		words_text(w, " ", ((const struct plan_label *)s)->text, "");
		return;
	case PLAN_HOOK_OUTPUT:
		words_text(w, "open ", ((const struct plan_hook_output *)s)->path,
			   " for the output of hooks");
		return;
	case PLAN_NS_ENTER:
		buf_adds(w->out, "enter the container's ");
		words_namespaces(w, ((const struct plan_ns_enter *)s)->flags);
		return;
	case PLAN_NS_UNSHARE:
		buf_adds(w->out, "make a new ");
		words_namespaces(w, ((const struct plan_ns_unshare *)s)->flags);
		return;
	case PLAN_NS_JOIN: words_join(w, (const struct plan_ns_join *)s); return;
	case PLAN_SPAWN: words_spawn(w, (const struct plan_spawn *)s); return;
	case PLAN_FORK: words_fork(w, (const struct plan_fork *)s); return;
	case PLAN_TIME_OFFSET: words_time_offset(w, (const struct plan_time_offset *)s); return;
	case PLAN_ID_MAP: words_id_map(w, (const struct plan_id_map *)s); return;
	case PLAN_BECOME_ROOT:
		buf_adds(w->out, "become root of the user namespace");
		buf_adds(w->out, ((const struct plan_become_root *)s)->setgroups
					 ? ""
					 : ", groups stay as they are");
		return;
	default: words_no_step(w, s); return;
	}
}

static void words_of_files(const struct words *w, const struct plan_step *s)
{
	const struct plan_sysctl *ctl = (const struct plan_sysctl *)s;
	const struct plan_symlink *link = (const struct plan_symlink *)s;

	switch (s->kind) {
	case PLAN_SYSCTL:
		words_text(w, "write ", ctl->value, " to /proc/sys/");
		words_plain(w, plan_text(w->h, ctl->key));
		return;
	case PLAN_ROOT_PROPAGATION:
		words_propagation(w, (const struct plan_root_propagation *)s);
		return;
	case PLAN_ROOTFS:
		words_text(w, "take ", ((const struct plan_rootfs *)s)->path, " as the root");
		return;
	case PLAN_MOUNT: words_mount(w, (const struct plan_mount *)s); return;
	case PLAN_MOUNT_CGROUP: words_mount_cgroup(w, (const struct plan_mount_cgroup *)s); return;
	case PLAN_DEVICE: words_device(w, (const struct plan_device *)s); return;
	case PLAN_SYMLINK:
		words_text(w, "link ", link->path, " to ");
		words_quoted(w, plan_text(w->h, link->target));
		return;
	case PLAN_PIVOT:
		buf_printf(w->out, "change the root (%s)",
			   plan_value_name(plan_pivot_values, ((const struct plan_pivot *)s)->how));
		return;
	default: words_no_step(w, s); return;
	}
}

static void words_of_process(const struct words *w, const struct plan_step *s)
{
	switch (s->kind) {
	case PLAN_RLIMIT:
	case PLAN_RLIMIT_RAISE: words_rlimit(w, (const struct plan_rlimit *)s); return;
	case PLAN_TERMINAL: words_terminal(w, (const struct plan_terminal *)s); return;
	case PLAN_UMASK:
		buf_printf(w->out, "set the umask to %04o", ((const struct plan_umask *)s)->mask);
		return;
	case PLAN_USER: words_user(w, (const struct plan_user *)s); return;
	case PLAN_CAPS: words_caps(w, (const struct plan_caps *)s); return;
	case PLAN_EXEC_LOOKUP: words_lookup(w, (const struct plan_exec *)s); return;
	case PLAN_EXEC: words_exec(w, (const struct plan_exec *)s); return;
	case PLAN_OOM_SCORE:
		buf_printf(w->out, "set oom_score_adj to %d",
			   ((const struct plan_oom_score *)s)->value);
		return;
	case PLAN_PERSONALITY:
	case PLAN_MEMORY_POLICY:
	case PLAN_CPU_AFFINITY:
	case PLAN_IO_PRIORITY:
	case PLAN_SCHEDULER: words_scheduling(w, s); return;
	default: words_of_namespaces(w, s); return;
	}
}

void plan_step_text(const struct plan_header *h, const struct plan_step *s,
		    const struct plan_print_options *o, struct buf *out)
{
	const struct words w = {h, o, out};

	switch (s->kind) {
	case PLAN_STATE_DIR:
		words_text(&w, "make the state directory of ",
			   ((const struct plan_state_dir *)s)->id, "");
		return;
	case PLAN_CGROUP_CREATE:
	case PLAN_UNIT_START:
	case PLAN_CGROUP_SET:
	case PLAN_CGROUP_DEVICES:
	case PLAN_CGROUP_ENTER: words_cgroup(&w, s); return;
	case PLAN_SECCOMP_LOAD: words_seccomp_load(&w, (const struct plan_seccomp_load *)s); return;
	case PLAN_SECCOMP_BUILD:
		words_seccomp_build(&w, (const struct plan_seccomp_build *)s);
		return;
	case PLAN_SYNC: words_sync(&w, (const struct plan_sync *)s); return;
	case PLAN_HOOKS: words_hooks(&w, (const struct plan_hooks *)s); return;
	case PLAN_KEYRING:
	case PLAN_HOSTNAME:
	case PLAN_DOMAINNAME:
	case PLAN_CWD:
	case PLAN_READONLY_PATH:
	case PLAN_MASK_PATH: words_of_text(&w, (const struct plan_text *)s); return;
	default: break;
	}
	if (s->kind >= PLAN_SYSCTL && s->kind <= PLAN_PIVOT)
		words_of_files(&w, s);
	else
		words_of_process(&w, s);
}

static const char *const actors[] = {
	[PLAN_HOST] = "host", [PLAN_INIT] = "init", [PLAN_BOTH] = "both"};

/* One line: number, actor, words, origin. */
static void print_step(const struct plan_header *h, const struct plan_step *s,
		       const struct plan_print_options *o, size_t width, struct buf *out)
{
	const char *origin = plan_text(h, s->origin);
	const struct words w = {h, o, out};
	size_t start, len;

	buf_printf(out, "%4u  %-*s  ", s->index, ACTOR_WIDTH, actors[s->actor]);
	start = out->len;
	plan_step_text(h, s, o, out);
	len = out->len - start;
	if (origin) {
		buf_printf(out, "%*s  ", len < width ? (int)(width - len) : 0, "");
		words_plain(&w, origin);
	}
	buf_addc(out, '\n');
}

/* Of the words of all steps that fit the limit, the longest: origins stand below each other. */
static size_t words_width(const struct plan_header *h, const struct plan_print_options *o)
{
	struct buf text = BUF_INIT;
	const struct plan_step *s;
	size_t width = 0;
	uint32_t i;

	plan_foreach (h, s, i) {
		text.len = 0;
		plan_step_text(h, s, o, &text);
		if (text.len > width && text.len <= WORDS_WIDTH && s->origin)
			width = text.len;
	}
	buf_done(&text);
	return width;
}

void plan_print_text(const struct plan_header *h, const struct plan_print_options *o,
		     struct buf *out)
{
	size_t width = words_width(h, o);
	const struct words w = {h, o, out};
	const struct plan_step *s;
	uint32_t i;

	words_text(&w, "container ", h->id, "");
	words_text(&w, ", bundle ", h->bundle, "");
	words_text(&w, ", root ", h->rootfs, "\n\n");
	plan_foreach (h, s, i) {
		print_step(h, s, o, width, out);
	}
}
