/* SPDX-License-Identifier: Apache-2.0 */
/* The process: terminal, limits, identity, environment; then the sync "ready", and the start. */
#include "plan/builder.h"
#include "plan/cgroup_convert.h"
#include "plan/layout.h"
#include "plan/mounts.h"

#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* What is searched for the program when its environment has no PATH: more containers run than with
 * none (runc has none, crun has this). */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static uint32_t user_id(const struct oci_process *p)
{
	return p->user ? p->user->uid.v : 0;
}

static void compile_stdio(struct builder *b, const struct oci_process *p)
{
	struct plan_terminal *t;

	if (!p->terminal.v) {
		BUILDER_STEP(b, struct plan_bare, PLAN_STDIO_OWNER, PLAN_INIT, NULL);
		return;
	}
	t = BUILDER_STEP(b, struct plan_terminal, PLAN_TERMINAL, PLAN_INIT, "/process/terminal");
	t->uid = user_id(p);
	if (p->console_size) {
		t->rows = (uint32_t)p->console_size->height.v;
		t->cols = (uint32_t)p->console_size->width.v;
	}
}

/* Raising a limit needs CAP_SYS_RESOURCE outside of the user namespace: then it is the host who
 * does it. */
static enum plan_actor rlimit_actor(const struct builder *b)
{
	return b->head.flags & PLAN_F_USERNS ? PLAN_HOST : PLAN_INIT;
}

/* seccomp(2) gives the listener as a descriptor, and the filter may forbid to set a limit after it.
 */
static void check_descriptors(struct builder *b, const struct oci_rlimit *r, const char *ptr)
{
	const struct plan_seccomp_build *f =
		(const struct plan_seccomp_build *)builder_find(b, PLAN_SECCOMP_BUILD);
	unsigned least = 3 + b->opt->preserve_fds + 2; /* init's socket and the listener */

	if (f && (f->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) && r->soft.v < least)
		builder_fault(b, ptr,
			      "a profile with SCMP_ACT_NOTIFY needs a soft limit of at least %u "
			      "descriptors",
			      least);
}

static void add_rlimit(struct builder *b, enum plan_kind kind, enum plan_actor actor, size_t i,
		       uint64_t resource)
{
	const struct oci_rlimit *r = &b->config->process->rlimits.items[i];
	struct plan_rlimit *s = BUILDER_STEP(b, struct plan_rlimit, kind, actor,
					     builder_ptr(b, "/process/rlimits/%zu", i));

	s->resource = (uint32_t)resource;
	s->name = builder_str(b, r->type);
	s->soft = r->soft.v;
	s->hard = r->hard.v;
}

/*
 * Init works under the limits of the caller: those of the program may not let it open, map or wait
 * for anything. What is too low is raised here, where there is the privilege for it, and the limits
 * are set last (compile_last_rlimits). RLIMIT_NPROC is set here, before setresuid(2) compares it
 * with the processes that the user has.
 */
static void compile_rlimits(struct builder *b, enum plan_actor actor)
{
	const struct oci_rlimits *all = &b->config->process->rlimits;
	uint64_t seen = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct oci_rlimit *r = &all->items[i];
		const char *ptr = builder_ptr(b, "/process/rlimits/%zu", i);
		uint64_t resource;

		if (!plan_value_find(plan_rlimit_values, r->type, &resource)) {
			const char *guess = plan_value_guess(plan_rlimit_values, r->type);

			builder_fault(b, builder_ptr(b, "%s/type", ptr),
				      "wrong rlimit value: \"%s\"%s%s%s", r->type,
				      guess ? ": did you mean \"" : "", guess ? guess : "",
				      guess ? "\"?" : "");
			continue;
		}
		if (seen & 1ull << resource)
			builder_fault(b, builder_ptr(b, "%s/type", ptr), "%s is there twice",
				      r->type);
		if (r->soft.v > r->hard.v)
			builder_fault(b, ptr, "the soft limit %llu is above the hard limit %llu",
				      (unsigned long long)r->soft.v, (unsigned long long)r->hard.v);
		if (resource == RLIMIT_NOFILE)
			check_descriptors(b, r, ptr);
		seen |= 1ull << resource;
		add_rlimit(b, resource == RLIMIT_NPROC ? PLAN_RLIMIT : PLAN_RLIMIT_RAISE, actor, i,
			   resource);
	}
}

/* The limits of the program and of the startContainer hooks, which set them for themselves. */
static void compile_last_rlimits(struct builder *b)
{
	const struct oci_rlimits *all = &b->config->process->rlimits;
	uint64_t resource;

	for (size_t i = 0; i < all->n; i++)
		if (plan_value_find(plan_rlimit_values, all->items[i].type, &resource) &&
		    resource != RLIMIT_NPROC)
			add_rlimit(b, PLAN_RLIMIT, PLAN_INIT, i, resource);
}

/* To the kernel -1 means "leave it alone" (setresuid(2)). */
void plan_check_id(struct builder *b, uint32_t id, const char *pointer)
{
	if (id == UINT32_MAX)
		builder_fault(b, pointer, "%u is no valid id", id);
}

/* The own gid needs no setgroups(2): engines list it where an image's /etc/group has root in root.
 */
static bool has_only(const struct oci_u32s *gids, uint32_t gid)
{
	for (size_t i = 0; i < gids->n; i++)
		if (gids->items[i] != gid)
			return false;
	return true;
}

/* Where the caller can look it up. */
static const char *denied_where(const struct builder *b)
{
	if (b->facts->no_setgroups)
		return "in the runtime's user namespace (/proc/self/setgroups is \"deny\")";
	if (b->opt->exec)
		return "in the container's user namespace (/proc/self/setgroups in it is \"deny\")";
	return "in a user namespace that maps the own gid only (/proc/self/setgroups is \"deny\")";
}

static void compile_user(struct builder *b, const struct oci_process *p)
{
	struct plan_user *s = BUILDER_STEP(b, struct plan_user, PLAN_USER, PLAN_INIT,
					   p->user ? "/process/user" : NULL);
	bool keep = plan_keeps_groups(b->config);

	s->setgroups = plan_may_setgroups(b) && !keep;
	if (!p->user)
		return;
	s->uid = p->user->uid.v;
	s->gid = p->user->gid.v;
	plan_check_id(b, s->uid, "/process/user/uid");
	plan_check_id(b, s->gid, "/process/user/gid");
	for (size_t i = 0; i < p->user->additional_gids.n; i++)
		plan_check_id(b, p->user->additional_gids.items[i],
			      builder_ptr(b, "/process/user/additionalGids/%zu", i));
	if (keep)
		return;
	if (has_only(&p->user->additional_gids, s->gid) &&
	    (!s->setgroups || plan_join_ns(b->config, OCI_NS_USER)))
		return;
	if (!s->setgroups)
		builder_fault(b, "/process/user/additionalGids",
			      "setgroups is denied %s: remove additionalGids, or %s",
			      denied_where(b),
			      "create that user namespace with ids from newgidmap(1) and "
			      "/etc/subgid");
	else
		s->groups =
			builder_u32s(b, p->user->additional_gids.items, p->user->additional_gids.n);
}

struct variable {
	const char *text;
	size_t len; /* of the name */
	size_t index;
};

static int compare_variables(const void *p, const void *q)
{
	const struct variable *a = p, *b = q;
	int c = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);

	if (c)
		return c;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return a->index < b->index ? -1 : 1;
}

static bool same_name(const struct variable *a, const struct variable *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/*
 * The environment as it will be: of a variable that is there more than once the last value counts
 * and keeps its place. Returns the number of items; @ret has room for env->n + 3. 0 with *ret NULL
 * when memory is out.
 */
static size_t fold_env(struct builder *b, const struct oci_strings *env, const char ***ret)
{
	struct variable *vars = arena_calloc(&b->scratch, env->n + 1, sizeof(*vars));
	const char **out = arena_calloc(&b->scratch, env->n + 4, sizeof(*out));
	size_t n = 0;

	*ret = out;
	if (!vars || !out) {
		b->pool.failed = true;
		*ret = NULL;
		return 0;
	}
	for (size_t i = 0; i < env->n; i++)
		vars[i] = (struct variable){env->items[i], strcspn(env->items[i], "="), i};
	qsort(vars, env->n, sizeof(*vars), compare_variables);
	for (size_t i = 0; i < env->n; i++) {
		if (i + 1 == env->n || !same_name(&vars[i], &vars[i + 1]))
			out[vars[i].index] = vars[i].text;
	}
	for (size_t i = 0; i < env->n; i++) {
		if (out[i])
			out[n++] = out[i];
	}
	return n;
}

static void drop_var(const char **env, size_t *n, const char *prefix)
{
	size_t k = 0;

	for (size_t i = 0; i < *n; i++) {
		if (strncmp(env[i], prefix, strlen(prefix)) != 0)
			env[k++] = env[i];
	}
	*n = k;
}

/* What the command line adds to the environment (sd_listen_fds(3), sd_notify(3)) goes before what
 * the config says. */
static size_t add_options(struct builder *b, const char **env, size_t n)
{
	if (b->opt->listen_fds) {
		drop_var(env, &n, "LISTEN_FDS=");
		drop_var(env, &n, "LISTEN_PID=");
		env[n++] = builder_ptr(b, "LISTEN_FDS=%u", b->opt->listen_fds);
		env[n++] = "LISTEN_PID=1";
	}
	if (b->opt->notify_dir) {
		drop_var(env, &n, "NOTIFY_SOCKET=");
		env[n++] = "NOTIFY_SOCKET=" NOTIFY_TARGET "/notify.sock";
	}
	return n;
}

static const char *value_of(const char *const *env, size_t n, const char *prefix)
{
	for (size_t i = 0; i < n; i++) {
		if (strncmp(env[i], prefix, strlen(prefix)) == 0)
			return env[i] + strlen(prefix);
	}
	return NULL;
}

/* EXEC is the same as the look-up; the strings are shared. */
static void compile_lookup(struct builder *b, const struct oci_process *p)
{
	struct plan_exec *s =
		BUILDER_STEP(b, struct plan_exec, PLAN_EXEC_LOOKUP, PLAN_INIT, "/process/args");
	const char **env, *path, *home;
	size_t n = fold_env(b, &p->env, &env);

	if (!env)
		return;
	home = value_of(env, n, "HOME=");
	path = value_of(env, n, "PATH=");
	if (home && !*home)
		drop_var(env, &n, "HOME=");
	n = add_options(b, env, n);
	s->argv = builder_strs(b, p->args.items, p->args.n);
	s->envp = builder_strs(b, env, n);
	s->path = builder_str(b, path ? path : DEFAULT_PATH);
	s->cwd = builder_str(b, p->cwd ? p->cwd : "/");
	s->need_home = !home || !*home;
	s->uid = user_id(p);
}

void compile_process(struct builder *b)
{
	const struct oci_process *p = b->config->process;
	struct plan_text *cwd;

	if (!p) { /* wrong values are faults all the same */
		compile_root_readonly(b);
		compile_personality(b);
		compile_memory_policy(b);
		return;
	}
	compile_stdio(b, p);
	cwd = BUILDER_STEP(b, struct plan_text, PLAN_CWD, PLAN_INIT, "/process/cwd");
	cwd->text = builder_str(b, p->cwd ? p->cwd : "/");
	/* CWD creates the directory where the image lacks it */
	if (!b->opt->exec)
		compile_root_readonly(b);
	if (rlimit_actor(b) == PLAN_INIT)
		compile_rlimits(b, PLAN_INIT);
	if (p->user && p->user->umask.set) {
		struct plan_umask *u = BUILDER_STEP(b, struct plan_umask, PLAN_UMASK, PLAN_INIT,
						    "/process/user/umask");

		u->mask = p->user->umask.v;
	}
	if (p->no_new_privileges.v)
		BUILDER_STEP(b, struct plan_bare, PLAN_NO_NEW_PRIVS, PLAN_INIT,
			     "/process/noNewPrivileges");
	compile_personality(b);
	compile_memory_policy(b);
	compile_scheduling(b, PLAN_INIT);
	compile_user(b, p);
	compile_caps(b);
	compile_lookup(b, p);
}

/* The earliest sync that is there anyway. */
static enum plan_point oom_point(const struct builder *b)
{
	const struct oci_hooks *h = b->config->hooks;

	if (b->opt->exec)
		return PLAN_POINT_READY;
	if (plan_new_ns(b->config, OCI_NS_USER))
		return PLAN_POINT_MAPS;
	return h && (h->prestart.n || h->create_runtime.n) ? PLAN_POINT_HOOKS : PLAN_POINT_READY;
}

static void oom_score(struct builder *b, enum plan_actor actor)
{
	struct plan_oom_score *s = BUILDER_STEP(b, struct plan_oom_score, PLAN_OOM_SCORE, actor,
						"/process/oomScoreAdj");

	s->value = b->config->process->oom_score_adj.v;
}

/* Before init is in any namespace of the container: it has to be dumpable for it. */
void compile_own_oom_score(struct builder *b)
{
	const struct oci_process *p = b->config->process;

	if (p && p->oom_score_adj.set && plan_init_is_hidden(b))
		oom_score(b, PLAN_INIT);
}

void compile_oom_score(struct builder *b, enum plan_point point)
{
	const struct oci_process *p = b->config->process;

	if (p && p->oom_score_adj.set && oom_point(b) == point && !plan_init_is_hidden(b))
		oom_score(b, PLAN_HOST);
}

void compile_ready(struct builder *b)
{
	struct plan_sync *s = BUILDER_STEP(b, struct plan_sync, PLAN_SYNC, PLAN_BOTH, NULL);

	s->point = PLAN_POINT_READY;
	compile_oom_score(b, PLAN_POINT_READY);
	if (!b->opt->exec)
		compile_late_limits(b);
	if (b->config->process && rlimit_actor(b) == PLAN_HOST)
		compile_rlimits(b, PLAN_HOST);
	compile_scheduling(b, PLAN_HOST);
	compile_affinity(b, true);
	compile_rdt(b);
	if (!b->opt->exec)
		BUILDER_STEP(b, struct plan_record, PLAN_RECORD, PLAN_HOST, NULL);
	if (b->opt->pid_file)
		BUILDER_STEP(b, struct plan_text, PLAN_PID_FILE, PLAN_HOST, NULL);
}

void compile_start(struct builder *b)
{
	size_t head = offsetof(struct plan_exec, argv);
	const struct plan_step *lookup;
	struct plan_exec *s;

	if (!b->opt->exec) {
		BUILDER_STEP(b, struct plan_bare, PLAN_START_WAIT, PLAN_INIT, NULL);
		compile_hooks(b, PLAN_HOOK_START_CONTAINER);
	}
	if (b->config->process) {
		compile_last_rlimits(b);
		compile_seccomp_load(b);
		s = BUILDER_STEP(b, struct plan_exec, PLAN_EXEC, PLAN_INIT, "/process/args");
		lookup = builder_find(b, PLAN_EXEC_LOOKUP);
		if (lookup) /* NULL: out of memory */
			memcpy((char *)s + head, (const char *)lookup + head, sizeof(*s) - head);
	}
	if (b->opt->exec)
		return;
	compile_hooks(b, PLAN_HOOK_POSTSTART);
	compile_hooks(b, PLAN_HOOK_POSTSTOP);
}
