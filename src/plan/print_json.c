/* SPDX-License-Identifier: Apache-2.0 */
/* A plan as JSON, for programs: every field of every step, printed by the tables of layout.c. */
#include "plan/print.h"

#include <string.h>

static const struct plan_value header_flags[] = {
	{PLAN_F_TERMINAL, "terminal"},
	{PLAN_F_NEW_PID, "new-pid-namespace"},
	{PLAN_F_STUB, "stub"},
	{PLAN_F_USERNS, "user-namespace"},
	{PLAN_F_HAS_START, "process"},
	{PLAN_F_SOURCES, "host-sources"},
	{PLAN_F_EXEC, "exec"},
	{PLAN_F_UPDATE, "update"},
	{PLAN_F_SEEN_WAITING, "seen-waiting"},
	{0, NULL},
};

static const char *const actors[] = {
	[PLAN_HOST] = "host", [PLAN_INIT] = "init", [PLAN_BOTH] = "both"};

struct printer {
	const struct plan_header *h;
	const struct plan_print_options *o;
	struct oci_json *j;
	struct hz_error *err;
};

/* clone_flags -> cloneFlags */
static void print_key(struct printer *p, const char *name)
{
	char key[64];
	size_t n = 0;

	for (; *name && n < sizeof(key) - 1; name++) {
		if (*name == '_' && name[1]) {
			name++;
			key[n++] = (char)(*name - 'a' + 'A');
		} else {
			key[n++] = *name;
		}
	}
	key[n] = '\0';
	oci_json_key(p->j, key);
}

static void print_bits(struct printer *p, const struct plan_value *values, uint64_t bits)
{
	oci_json_array(p->j);
	for (; values->name; values++) {
		if (values->value & bits)
			oci_json_str(p->j, values->name);
	}
	oci_json_array_end(p->j);
}

static void print_variable(struct printer *p, const char *variable)
{
	struct buf text = BUF_INIT;
	size_t name = strcspn(variable, "=");

	if (p->o->show_env || !variable[name]) {
		oci_json_str(p->j, variable);
		return;
	}
	buf_add(&text, variable, name);
	buf_adds(&text, "=***");
	oci_json_str(p->j, text.failed ? "***" : text.data);
	buf_done(&text);
}

static void print_fields(struct printer *p, const char *item, const struct layout_field *f);

static void print_vec(struct printer *p, struct plan_vec v, enum layout_type type)
{
	oci_json_array(p->j);
	for (uint32_t i = 0; i < v.n; i++) {
		switch (type) {
		case LAYOUT_U32S: oci_json_u64(p->j, plan_u32s(p->h, v)[i]); break;
		case LAYOUT_ENV: print_variable(p, plan_item(p->h, v, i)); break;
		case LAYOUT_HOOKS:
			oci_json_object(p->j);
			print_fields(p, (const char *)&plan_hook_items(p->h, v)[i],
				     layout_hook_fields);
			oci_json_object_end(p->j);
			break;
		default: oci_json_str(p->j, plan_item(p->h, v, i)); break;
		}
	}
	oci_json_array_end(p->j);
}

static void print_number(struct printer *p, const void *at, const struct layout_field *f)
{
	switch (f->type) {
	case LAYOUT_BOOL: oci_json_bool(p->j, *(const uint32_t *)at); break;
	case LAYOUT_I32: oci_json_i64(p->j, *(const int32_t *)at); break;
	case LAYOUT_I64: oci_json_i64(p->j, *(const int64_t *)at); break;
	case LAYOUT_U64: oci_json_u64(p->j, *(const uint64_t *)at); break;
	case LAYOUT_ENUM:
		oci_json_str(p->j, plan_value_name(f->values, *(const uint32_t *)at));
		break;
	case LAYOUT_BITS: print_bits(p, f->values, *(const uint32_t *)at); break;
	case LAYOUT_BITS64: print_bits(p, f->values, *(const uint64_t *)at); break;
	default: oci_json_u64(p->j, *(const uint32_t *)at); break;
	}
}

/* Absent strings and empty lists are left out. */
static void print_fields(struct printer *p, const char *item, const struct layout_field *f)
{
	for (; f->name; f++) {
		const void *at = item + f->offset;

		if (layout_is_str(f->type) && !*(const plan_str *)at)
			continue;
		if (layout_is_vec(f->type) && !((const struct plan_vec *)at)->n)
			continue;
		print_key(p, f->name);
		if (layout_is_str(f->type))
			oci_json_str(p->j, plan_text(p->h, *(const plan_str *)at));
		else if (layout_is_vec(f->type))
			print_vec(p, *(const struct plan_vec *)at, f->type);
		else
			print_number(p, at, f);
	}
}

static int print_step(struct printer *p, const struct plan_step *s)
{
	struct buf text = BUF_INIT;
	bool failed;

	plan_step_text(p->h, s, p->o, &text);
	oci_json_object(p->j);
	oci_json_key(p->j, "index");
	oci_json_u64(p->j, s->index);
	oci_json_key(p->j, "step");
	oci_json_str(p->j, plan_kind_name(s->kind));
	oci_json_key(p->j, "actor");
	oci_json_str(p->j, actors[s->actor]);
	oci_json_key(p->j, "text");
	oci_json_str(p->j, text.data);
	oci_json_key(p->j, "origin");
	oci_json_str(p->j, plan_text(p->h, s->origin));
	oci_json_key(p->j, "fields");
	oci_json_object(p->j);
	print_fields(p, (const char *)s, layout_of(s->kind)->fields);
	oci_json_object_end(p->j);
	oci_json_object_end(p->j);
	failed = text.failed;
	buf_done(&text);
	return failed ? error_oom(p->err) : 0;
}

int plan_print_json(const struct plan_header *h, const struct plan_print_options *o,
		    struct oci_json *j, struct hz_error *err)
{
	struct printer p = {h, o, j, err};
	const struct plan_step *s;
	uint32_t i;

	oci_json_object(j);
	oci_json_key(j, "planVersion");
	oci_json_u64(j, h->version);
	oci_json_key(j, "id");
	oci_json_str(j, plan_text(h, h->id));
	oci_json_key(j, "bundle");
	oci_json_str(j, plan_text(h, h->bundle));
	oci_json_key(j, "rootfs");
	oci_json_str(j, plan_text(h, h->rootfs));
	oci_json_key(j, "flags");
	print_bits(&p, header_flags, h->flags);
	oci_json_key(j, "slots");
	oci_json_u64(j, h->nslots);
	oci_json_key(j, "preserveFds");
	oci_json_u64(j, h->preserve_fds);
	oci_json_key(j, "steps");
	oci_json_array(j);
	plan_foreach (h, s, i) {
		if (print_step(&p, s) < 0)
			return -1;
	}
	oci_json_array_end(j);
	oci_json_object_end(j);
	return 0;
}
