/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources.devices for the devices controller of cgroup v1 (the kernel's
 * admin-guide/cgroup-v1/devices.rst). */
#include "base/cleanup.h"
#include "plan/cgroup_convert.h"

#include <inttypes.h>
#include <string.h>

#define RULES_MAX  16384
#define NUMBER_MAX INT64_C(0xfffff)

/* After a rule that denies: what the runtime-spec's default devices, terminals and mknod need. */
static const char *const default_rules[] = {
	"c *:* m",   "b *:* m",   "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm",
	"c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm", "c 5:2 rwm", "c 136:* rwm",
};

static void device_set(struct builder *b, bool emit, bool allow, const char *rule,
		       const char *origin)
{
	struct plan_cgroup_set *step;

	if (!emit)
		return;
	step = BUILDER_STEP(b, struct plan_cgroup_set, PLAN_CGROUP_SET, PLAN_HOST, origin);
	step->controller = builder_str(b, "devices");
	step->file = builder_str(b, allow ? "devices.allow" : "devices.deny");
	step->value = builder_str(b, rule);
}

/* "5", or "*" when absent or -1. */
static const char *number(struct builder *b, const struct oci_i64 *v, const char *pointer,
			  const char *key)
{
	if (!v->set || v->v == -1)
		return "*";
	if (v->v < 0 || v->v > NUMBER_MAX) {
		builder_fault(b, builder_ptr(b, "%s/%s", pointer, key),
			      "%" PRId64 " is no device number", v->v);
		return "*";
	}
	return builder_ptr(b, "%" PRId64, v->v);
}

static const char *access_of(struct builder *b, const struct oci_device_rule *r,
			     const char *pointer)
{
	const char *a = r->access;

	if (!a || !*a)
		return "rwm";
	if (a[strspn(a, "rwm")])
		builder_fault(b, builder_ptr(b, "%s/access", pointer),
			      "\"%s\" has other letters than r, w and m", a);
	return builder_ptr(b, "%s%s%s", strchr(a, 'r') ? "r" : "", strchr(a, 'w') ? "w" : "",
			   strchr(a, 'm') ? "m" : "");
}

/* The kernel reads "a …" as all of everything, whatever follows: a narrower rule for both types has
 * to be two. */
static void device_rule(struct builder *b, bool emit, const struct oci_device_rule *r,
			const char *pointer)
{
	const char *type = r->type && *r->type ? r->type : "a";
	const char *major = number(b, &r->major, pointer, "major"),
		   *minor = number(b, &r->minor, pointer, "minor");
	const char *access = access_of(b, r, pointer);
	bool all = type[0] == 'a',
	     whole = !strcmp(major, "*") && !strcmp(minor, "*") && !strcmp(access, "rwm");
	bool allow = r->allow.v;

	if (strlen(type) != 1 || !strchr("abc", type[0])) {
		builder_fault(b, builder_ptr(b, "%s/type", pointer),
			      "\"%s\" is no type of device rule: a, b or c", type);
		return;
	}
	if (all && whole) {
		device_set(b, emit, allow, "a *:* rwm", pointer);
		return;
	}
	if (all || type[0] == 'b')
		device_set(b, emit, allow, builder_ptr(b, "b %s:%s %s", major, minor, access),
			   pointer);
	if (all || type[0] == 'c')
		device_set(b, emit, allow, builder_ptr(b, "c %s:%s %s", major, minor, access),
			   pointer);
}

void cgroup_convert_devices(struct builder *b, bool emit, const struct oci_device_rules *rules)
{
	bool denies = false;

	if (rules->n > RULES_MAX) {
		builder_fault(b, "/linux/resources/devices", "%zu rules are too many (at most %d)",
			      rules->n, RULES_MAX);
		return;
	}
	for (size_t i = 0; i < rules->n; i++) {
		denies |= !rules->items[i].allow.v;
		device_rule(b, emit, &rules->items[i],
			    builder_ptr(b, "/linux/resources/devices/%zu", i));
	}
	for (size_t k = 0; denies && k < ARRAY_SIZE(default_rules); k++)
		device_set(b, emit, true, default_rules[k], NULL);
}
