/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks, and the state that each gets on its stdin (runtime.md "State", SPEC HK-1 … HK-17). */
#include "base/cleanup.h"
#include "plan/builder.h"

#include <string.h>

static const struct hook_kind {
	const char *status;
	enum plan_actor actor;
} kinds[PLAN_HOOK_KINDS] = {
	[PLAN_HOOK_PRESTART] = {"creating", PLAN_HOST},
	[PLAN_HOOK_CREATE_RUNTIME] = {"creating", PLAN_HOST},
	[PLAN_HOOK_CREATE_CONTAINER] = {"creating", PLAN_INIT},
	[PLAN_HOOK_START_CONTAINER] = {"created", PLAN_INIT},
	[PLAN_HOOK_POSTSTART] = {"running", PLAN_HOST},
	[PLAN_HOOK_POSTSTOP] = {"stopped", PLAN_HOST},
};

static const struct oci_hook_list *list_of(const struct oci_config *c, enum plan_hook_kind which)
{
	const struct oci_hooks *h = c->hooks;

	if (!h)
		return NULL;
	switch (which) {
	case PLAN_HOOK_PRESTART: return &h->prestart;
	case PLAN_HOOK_CREATE_RUNTIME: return &h->create_runtime;
	case PLAN_HOOK_CREATE_CONTAINER: return &h->create_container;
	case PLAN_HOOK_START_CONTAINER: return &h->start_container;
	case PLAN_HOOK_POSTSTART: return &h->poststart;
	case PLAN_HOOK_POSTSTOP: return &h->poststop;
	default: return NULL;
	}
}

static plan_str text_of(struct builder *b, struct buf *text)
{
	plan_str s = 0;

	if (text->failed || !text->data)
		b->pool.failed = true;
	else
		s = builder_str(b, text->data);
	buf_done(text);
	return s;
}

/* {"ociVersion":…,"pid": */
static plan_str state_head(struct builder *b, const char *status)
{
	struct buf t = BUF_INIT;

	buf_adds(&t, "{\"ociVersion\":\"" OCI_VERSION_MAX "\",\"id\":");
	oci_json_string(&t, b->opt->id);
	buf_printf(&t, ",\"status\":\"%s\",\"pid\":", status);
	return text_of(b, &t);
}

/* ,"bundle":…} */
static plan_str state_tail(struct builder *b)
{
	const struct oci_map *m = &b->config->annotations;
	struct buf t = BUF_INIT;

	buf_adds(&t, ",\"bundle\":");
	oci_json_string(&t, b->opt->bundle);
	for (size_t i = 0; i < m->n; i++) {
		buf_adds(&t, i == 0 ? ",\"annotations\":{" : ",");
		oci_json_string(&t, m->items[i].key);
		buf_addc(&t, ':');
		oci_json_string(&t, m->items[i].value);
	}
	buf_adds(&t, m->n ? "}}" : "}");
	return text_of(b, &t);
}

/* A list that is there but empty is an empty environment, as with runc and crun. */
static void compile_hook(struct builder *b, const struct oci_hook *h, enum plan_actor actor,
			 const char *ptr, struct plan_hook *ret)
{
	const char *const path[] = {h->path};

	if (!h->path || h->path[0] != '/')
		builder_fault(b, builder_ptr(b, "%s/path", ptr),
			      "the path of a hook must be absolute, not \"%s\"",
			      h->path ? h->path : "");
	for (size_t i = 0; i < h->env.n; i++)
		if (!strchr(h->env.items[i], '=') || h->env.items[i][0] == '=')
			builder_fault(b, builder_ptr(b, "%s/env/%zu", ptr, i),
				      "a variable of a hook is NAME=value, not \"%s\"",
				      h->env.items[i]);
	ret->path = builder_str(b, h->path ? h->path : "");
	ret->argv =
		h->args.n ? builder_strs(b, h->args.items, h->args.n) : builder_strs(b, path, 1);
	ret->envp = builder_strs(b, h->env.items, h->env.n);
	ret->timeout = h->timeout.set && h->timeout.v > 0 ? (uint32_t)h->timeout.v : 0;
	ret->origin = builder_str(b, ptr);
	ret->inherits_env = actor == PLAN_HOST && !h->env.items;
}

/* As crun has them. */
static const char *const outputs[] = {"run.oci.hooks.stdout", "run.oci.hooks.stderr"};

static const char *output_path(struct builder *b, size_t k)
{
	const char *path = plan_annotation(b->config, outputs[k]);

	return path && *path ? path : NULL;
}

void compile_hook_outputs(struct builder *b)
{
	const struct oci_hooks *h = b->config->hooks;

	for (size_t k = 0; k < ARRAY_SIZE(outputs); k++) {
		const char *path = output_path(b, k);
		const char *ptr = builder_key_ptr(b, "/annotations", outputs[k]);
		struct plan_hook_output *o;

		if (path && path[0] != '/')
			builder_fault(b, ptr, "\"%s\" is not an absolute path", path);
		if (!path || !h || (!h->create_container.n && !h->start_container.n))
			continue;
		o = BUILDER_STEP(b, struct plan_hook_output, PLAN_HOOK_OUTPUT, PLAN_HOST, ptr);
		o->path = builder_str(b, path);
		o->slot = b->head.nslots++;
		b->hook_slots[k] = o->slot + 1;
	}
}

static void compile_output(struct builder *b, struct plan_hooks *s)
{
	if (s->s.actor == PLAN_HOST) {
		s->out = builder_str(b, output_path(b, 0));
		s->err = builder_str(b, output_path(b, 1));
	} else {
		s->out_slot = b->hook_slots[0];
		s->err_slot = b->hook_slots[1];
	}
}

void compile_hooks(struct builder *b, enum plan_hook_kind which)
{
	const struct oci_hook_list *list = list_of(b->config, which);
	const char *origin = builder_ptr(b, "/hooks/%s", plan_hook_kind_name(which));
	struct plan_hook *items;
	struct plan_hooks *s;

	if (!list || list->n == 0)
		return;
	items = arena_calloc(&b->scratch, list->n, sizeof(*items));
	if (!items) {
		b->pool.failed = true;
		return;
	}
	for (size_t i = 0; i < list->n; i++)
		compile_hook(b, &list->items[i], kinds[which].actor,
			     builder_ptr(b, "%s/%zu", origin, i), &items[i]);
	s = BUILDER_STEP(b, struct plan_hooks, PLAN_HOOKS, kinds[which].actor, origin);
	s->which = which;
	s->head = state_head(b, kinds[which].status);
	s->tail = state_tail(b);
	s->hooks = builder_hooks(b, items, list->n);
	compile_output(b, s);
}

/* The sync costs a round trip: it is there only when the host has something to do at it. */
void compile_hooks_early(struct builder *b)
{
	const struct oci_hooks *h = b->config->hooks;

	if (h && (h->prestart.n || h->create_runtime.n)) {
		struct plan_sync *s = BUILDER_STEP(b, struct plan_sync, PLAN_SYNC, PLAN_BOTH, NULL);

		s->point = PLAN_POINT_HOOKS;
		compile_oom_score(b, PLAN_POINT_HOOKS);
		compile_hooks(b, PLAN_HOOK_PRESTART);
		compile_hooks(b, PLAN_HOOK_CREATE_RUNTIME);
	}
	compile_hooks(b, PLAN_HOOK_CREATE_CONTAINER);
}
