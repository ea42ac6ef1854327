/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.resources.devices for the devices controller of cgroup v1 (the kernel's
 * admin-guide/cgroup-v1/devices.rst), or as the rules of a program for v2 (cgroup/bpf_device.c).
 */
#include "base/cleanup.h"
#include "plan/cgroup_convert.h"

#include <inttypes.h>
#include <string.h>

#define RULES_MAX  16384
#define NUMBER_MAX INT64_C(0xfffff)
#define ALL        (PLAN_DEVICE_MKNOD | PLAN_DEVICE_READ | PLAN_DEVICE_WRITE)
#define ANY        PLAN_DEVICE_ANY
#define WORDS      PLAN_DEVICE_RULE_WORDS

struct rule {
	bool allow;
	uint32_t type, major, minor, access;
};

/* After a rule that denies: what the runtime-spec's default devices, terminals and mknod need, and
 * tun, without which VPN clients in containers stop working (runc#4555). */
static const struct rule default_rules[] = {
	{true, PLAN_DEVICE_CHAR, ANY, ANY, PLAN_DEVICE_MKNOD},
	{true, PLAN_DEVICE_BLOCK, ANY, ANY, PLAN_DEVICE_MKNOD},
	{true, PLAN_DEVICE_CHAR, 1, 3, ALL},     /* null */
	{true, PLAN_DEVICE_CHAR, 1, 5, ALL},     /* zero */
	{true, PLAN_DEVICE_CHAR, 1, 7, ALL},     /* full */
	{true, PLAN_DEVICE_CHAR, 1, 8, ALL},     /* random */
	{true, PLAN_DEVICE_CHAR, 1, 9, ALL},     /* urandom */
	{true, PLAN_DEVICE_CHAR, 5, 0, ALL},     /* tty */
	{true, PLAN_DEVICE_CHAR, 5, 2, ALL},     /* ptmx */
	{true, PLAN_DEVICE_CHAR, 136, ANY, ALL}, /* pts */
	{true, PLAN_DEVICE_CHAR, 10, 200, ALL},  /* net/tun */
};

static const char *number_text(struct builder *b, uint32_t n)
{
	return n == ANY ? "*" : builder_ptr(b, "%u", n);
}

static void set_v1(struct builder *b, char type, const struct rule *r, const char *origin)
{
	struct plan_cgroup_set *step;
	const char *value = builder_ptr(
		b, "%c %s:%s %s%s%s", type, number_text(b, r->major), number_text(b, r->minor),
		r->access & PLAN_DEVICE_READ ? "r" : "", r->access & PLAN_DEVICE_WRITE ? "w" : "",
		r->access & PLAN_DEVICE_MKNOD ? "m" : "");

	step = BUILDER_STEP(b, struct plan_cgroup_set, PLAN_CGROUP_SET, PLAN_HOST, origin);
	step->controller = builder_str(b, "devices");
	step->file = builder_str(b, r->allow ? "devices.allow" : "devices.deny");
	step->value = builder_str(b, value);
}

/* The kernel reads "a …" as all of everything, whatever follows: a narrower rule for both types has
 * to be two. */
static void rule_v1(struct builder *b, const struct rule *r, const char *origin)
{
	bool whole = r->major == ANY && r->minor == ANY && r->access == ALL;

	if (r->type == PLAN_DEVICE_BOTH && whole) {
		set_v1(b, 'a', r, origin);
		return;
	}
	if (r->type & PLAN_DEVICE_BLOCK)
		set_v1(b, 'b', r, origin);
	if (r->type & PLAN_DEVICE_CHAR)
		set_v1(b, 'c', r, origin);
}

static uint32_t number(struct builder *b, const struct oci_i64 *v, const char *pointer,
		       const char *key)
{
	if (!v->set || v->v == -1)
		return ANY;
	if (v->v >= 0 && v->v <= NUMBER_MAX)
		return (uint32_t)v->v;
	builder_fault(b, builder_ptr(b, "%s/%s", pointer, key), "%" PRId64 " is no device number",
		      v->v);
	return ANY;
}

static uint32_t access_of(struct builder *b, const struct oci_device_rule *r, const char *pointer)
{
	const char *a = r->access;

	if (!a || !*a)
		return ALL;
	if (!a[strcspn(a, "rwm")])
		builder_fault(b, builder_ptr(b, "%s/access", pointer),
			      "\"%s\" has none of the letters r, w and m", a);
	else if (a[strspn(a, "rwm")])
		builder_warn(b, builder_ptr(b, "%s/access", pointer),
			     "\"%s\": letters other than r, w and m have no effect", a);
	return (strchr(a, 'r') ? PLAN_DEVICE_READ : 0) | (strchr(a, 'w') ? PLAN_DEVICE_WRITE : 0) |
	       (strchr(a, 'm') ? PLAN_DEVICE_MKNOD : 0);
}

static struct rule read_rule(struct builder *b, const struct oci_device_rule *r,
			     const char *pointer)
{
	const char *type = r->type && *r->type ? r->type : "a";
	struct rule rule = {
		.allow = r->allow.v,
		.type = type[0] == 'b'   ? PLAN_DEVICE_BLOCK
			: type[0] == 'c' ? PLAN_DEVICE_CHAR
					 : PLAN_DEVICE_BOTH,
		.major = number(b, &r->major, pointer, "major"),
		.minor = number(b, &r->minor, pointer, "minor"),
		.access = access_of(b, r, pointer),
	};

	if (strlen(type) != 1 || !strchr("abc", type[0]))
		builder_fault(b, builder_ptr(b, "%s/type", pointer),
			      "\"%s\" is no type of device rule: a, b or c", type);
	return rule;
}

static void add_words(uint32_t *words, const struct rule *r)
{
	words[0] = r->type | (r->allow ? PLAN_DEVICE_ALLOW : 0);
	words[1] = r->major;
	words[2] = r->minor;
	words[3] = r->access;
}

/* Without a rule that denies there is nothing to enforce: a new cgroup may use all that its parent
 * may. */
static void emit_v2(struct builder *b, const struct rule *rules, size_t n)
{
	size_t total = n + ARRAY_SIZE(default_rules);
	uint32_t *words = arena_calloc(&b->scratch, total * WORDS, sizeof(*words));
	struct plan_cgroup_devices *step;

	if (!words) {
		b->pool.failed = true;
		return;
	}
	for (size_t i = 0; i < n; i++)
		add_words(words + i * WORDS, &rules[i]);
	for (size_t k = 0; k < ARRAY_SIZE(default_rules); k++)
		add_words(words + (n + k) * WORDS, &default_rules[k]);
	step = BUILDER_STEP(b, struct plan_cgroup_devices, PLAN_CGROUP_DEVICES, PLAN_HOST,
			    "/linux/resources/devices");
	step->rules = builder_u32s(b, words, total * WORDS);
}

static bool is_any(const struct oci_i64 *number)
{
	return !number->set || number->v == -1;
}

static bool is_for_all(const struct oci_device_rule *r)
{
	const char *a = r->access && *r->access ? r->access : "rwm";

	return (!r->type || !*r->type || !strcmp(r->type, "a")) && is_any(&r->major) &&
	       is_any(&r->minor) && strchr(a, 'r') && strchr(a, 'w') && strchr(a, 'm');
}

bool cgroup_rules_deny(const struct oci_device_rules *rules)
{
	bool denies = false;

	for (size_t i = 0; i < rules->n; i++)
		if (!rules->items[i].allow.v)
			denies = true;
		else if (is_for_all(&rules->items[i]))
			denies = false;
	return denies;
}

void cgroup_convert_devices(struct builder *b, enum device_how how,
			    const struct oci_device_rules *rules)
{
	struct rule *list;
	bool denies = false;

	if (rules->n > RULES_MAX) {
		builder_fault(b, "/linux/resources/devices", "%zu rules are too many (at most %d)",
			      rules->n, RULES_MAX);
		return;
	}
	list = arena_calloc(&b->scratch, rules->n + 1, sizeof(*list));
	if (!list) {
		b->pool.failed = true;
		return;
	}
	for (size_t i = 0; i < rules->n; i++) {
		const char *pointer = builder_ptr(b, "/linux/resources/devices/%zu", i);

		list[i] = read_rule(b, &rules->items[i], pointer);
		denies |= !list[i].allow;
		if (how == DEVICES_V1)
			rule_v1(b, &list[i], pointer);
	}
	if (denies && how == DEVICES_V2)
		emit_v2(b, list, rules->n);
	for (size_t k = 0; denies && how == DEVICES_V1 && k < ARRAY_SIZE(default_rules); k++)
		rule_v1(b, &default_rules[k], NULL);
}
