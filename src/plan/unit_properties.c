/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/unit_properties.h"

#include "base/cleanup.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNLIMITED      "18446744073709551615"
#define PERIOD_DEFAULT UINT64_C(100000)
#define QUOTA_STEP     10000 /* systemd keeps CPU quotas in steps of 10 ms */
#define CPUS_MAX       8192

void unit_property_add_text(struct unit_properties *u, const char *text)
{
	if (u->n == u->cap) {
		size_t cap = u->cap ? u->cap * 2 : 32;
		const char **items = arena_calloc(u->a, cap, sizeof(*items));

		if (items && u->n)
			memcpy(items, u->items, u->n * sizeof(*items));
		if (items) {
			u->items = items;
			u->cap = cap;
		}
	}
	if (text && u->n < u->cap)
		u->items[u->n++] = text;
	else
		u->failed = true;
}

void unit_property_add(struct unit_properties *u, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	unit_property_add_text(u, arena_strdup(u->a, text));
}

void unit_property_remove(struct unit_properties *u, const char *name)
{
	size_t len = strlen(name), n = 0;

	for (size_t i = 0; i < u->n; i++) {
		const char *s = u->items[i] + (u->items[i][0] == '?');

		if (strncmp(s, name, len) != 0 || s[len] != '=')
			u->items[n++] = u->items[i];
	}
	u->n = n;
}

/* A number that ends where the value ends. */
static bool read_u64(const char *s, uint64_t *ret)
{
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	*ret = strtoull(s, &end, 10);
	return !*end;
}

/* Bytes or a count; "max" and -1 are no limit. */
static void add_limit(struct unit_properties *u, const char *name, const char *value)
{
	uint64_t n;

	if (!strcmp(value, "max") || value[0] == '-')
		unit_property_add(u, "%s=uint64 " UNLIMITED, name);
	else if (read_u64(value, &n))
		unit_property_add(u, "%s=uint64 %" PRIu64, name, n);
}

static void add_number(struct unit_properties *u, const char *name, const char *value)
{
	uint64_t n;

	if (read_u64(value, &n))
		unit_property_add(u, "%s=uint64 %" PRIu64, name, n);
}

static void add_weight(struct unit_properties *u, const char *name, const char *value)
{
	unit_property_remove(u, name);
	add_number(u, name, value);
	u->has_weight = true;
}

/* 0 is idle for systemd, from 252 on; a weight beside it would say the opposite. One that is not
 * idle any more has the usual weight, until it is given another. */
static void add_idle(struct unit_properties *u, const char *name, const char *value)
{
	bool idle = !strcmp(value, "1");

	if (!idle && u->has_weight)
		return;
	unit_property_remove(u, name);
	unit_property_add(u, "?%s=uint64 %s", name, idle ? "0" : UNLIMITED);
}

static void add_bandwidth(struct unit_properties *u, int64_t quota, uint64_t period)
{
	uint64_t per_second;

	if (!period || period > UINT32_MAX || quota > INT64_MAX / 1000000)
		return;
	if (quota < 0) {
		unit_property_add(u, "CPUQuotaPerSecUSec=uint64 " UNLIMITED);
	} else {
		per_second = (uint64_t)quota * 1000000 / period;
		per_second = (per_second + QUOTA_STEP - 1) / QUOTA_STEP * QUOTA_STEP;
		unit_property_add(u, "CPUQuotaPerSecUSec=uint64 %" PRIu64, per_second);
	}
	unit_property_add(u, "?CPUQuotaPeriodUSec=uint64 %" PRIu64, period);
}

/* cpu.max: "20000 100000", "max 100000", "max" */
static void add_cpu_max(struct unit_properties *u, const char *name, const char *value)
{
	uint64_t period = PERIOD_DEFAULT;
	bool unlimited = !strncmp(value, "max", 3);
	char *end;
	long long quota = unlimited ? -1 : strtoll(value, &end, 10);
	const char *rest = unlimited ? value + 3 : end;

	(void)name; /* two properties */
	if ((!unlimited && (end == value || quota < 0)) ||
	    (*rest && (*rest != ' ' || !read_u64(rest + 1, &period))))
		return;
	add_bandwidth(u, quota, period);
}

/* "0-3,8": one bit for each, the lowest first. False when it is no such list. */
static bool read_list(const char *s, unsigned char *bits, size_t *ret_len)
{
	memset(bits, 0, CPUS_MAX / 8);
	*ret_len = 0;
	while (*s) {
		char *end;
		unsigned long first = strtoul(s, &end, 10), last = first;

		if (end == s)
			return false;
		if (*end == '-') {
			s = end + 1;
			last = strtoul(s, &end, 10);
			if (end == s)
				return false;
		}
		if ((*end && *end != ',') || last < first || last >= CPUS_MAX)
			return false;
		for (unsigned long k = first; k <= last; k++)
			bits[k / 8] |= (unsigned char)(1u << k % 8);
		if (last / 8 + 1 > *ret_len)
			*ret_len = last / 8 + 1;
		s = end + (*end == ',');
	}
	return *ret_len > 0;
}

static void add_list(struct unit_properties *u, const char *name, const char *value)
{
	unsigned char bits[CPUS_MAX / 8];
	size_t len, size, at;
	char *text;

	if (!read_list(value, bits, &len))
		return; /* as "0-31:2/4": the file takes it */
	size = strlen(name) + 16 + len * 6;
	text = arena_alloc(u->a, size);
	if (!text) {
		u->failed = true;
		return;
	}
	at = (size_t)snprintf(text, size, "?%s=@ay [", name);
	for (size_t i = 0; i < len; i++)
		at += (size_t)snprintf(text + at, size - at, "%s0x%02x", i ? ", " : "", bits[i]);
	snprintf(text + at, size - at, "]");
	unit_property_add_text(u, text);
}

/* "8:0 1048576" -> path of the device and number. */
static bool read_device(const char *value, unsigned *ret_major, unsigned *ret_minor,
			const char **ret_rest)
{
	char *end;

	*ret_major = (unsigned)strtoul(value, &end, 10);
	if (end == value || *end != ':')
		return false;
	value = end + 1;
	*ret_minor = (unsigned)strtoul(value, &end, 10);
	*ret_rest = end + 1;
	return end != value && *end == ' ';
}

static void add_device_number(struct unit_properties *u, const char *name, const char *value)
{
	unsigned major, minor;
	const char *rest;
	uint64_t n;

	if (read_device(value, &major, &minor, &rest) && read_u64(rest, &n))
		unit_property_add(u, "?%s=[('/dev/block/%u:%u', uint64 %" PRIu64 ")]", name, major,
				  minor, n);
}

/* "default 100", "100", "8:0 100" */
static void add_io_weight(struct unit_properties *u, const char *name, const char *value)
{
	if (strchr(value, ':'))
		add_device_number(u, "IODeviceWeight", value);
	else
		add_number(u, name, strncmp(value, "default ", 8) ? value : value + 8);
}

/* io.max: "8:0 rbps=1048576 wiops=max" */
static void add_io_max(struct unit_properties *u, const char *name, const char *value)
{
	static const struct {
		const char *key, *name;
	} keys[] = {
		{"rbps=", "IOReadBandwidthMax"},
		{"wbps=", "IOWriteBandwidthMax"},
		{"riops=", "IOReadIOPSMax"},
		{"wiops=", "IOWriteIOPSMax"},
	};
	unsigned major, minor;
	const char *rest;

	(void)name; /* four properties */
	if (!read_device(value, &major, &minor, &rest))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *at = strstr(rest, keys[i].key);

		if (!at)
			continue;
		at += strlen(keys[i].key);
		unit_property_add(u, "?%s=[('/dev/block/%u:%u', uint64 %.*s)]", keys[i].name, major,
				  minor, (int)(*at == 'm' ? strlen(UNLIMITED) : strcspn(at, " ")),
				  *at == 'm' ? UNLIMITED : at);
	}
}

/* memory.oom.group: scopes have it from systemd 253 on */
static void add_oom_policy(struct unit_properties *u, const char *name, const char *value)
{
	unit_property_add(u, "?%s='%s'", name, strcmp(value, "1") ? "continue" : "kill");
}

static void note_quota(struct unit_properties *u, const char *name, const char *value)
{
	(void)name;
	u->quota = strtoll(value, NULL, 10);
	u->has_quota = true;
}

static void note_period(struct unit_properties *u, const char *name, const char *value)
{
	(void)name;
	u->has_period = read_u64(value, &u->period);
}

struct conversion {
	const char *file, *name;
	void (*add)(struct unit_properties *u, const char *name, const char *value);
};

static const struct conversion v2_files[] = {
	{"memory.max", "MemoryMax", add_limit},
	{"memory.high", "MemoryHigh", add_limit},
	{"memory.low", "MemoryLow", add_limit},
	{"memory.min", "MemoryMin", add_limit},
	{"memory.swap.max", "MemorySwapMax", add_limit},
	{"memory.oom.group", "OOMPolicy", add_oom_policy},
	{"cpu.weight", "CPUWeight", add_weight},
	{"cpu.idle", "CPUWeight", add_idle},
	{"cpu.max", NULL, add_cpu_max},
	{"cpuset.cpus", "AllowedCPUs", add_list},
	{"cpuset.mems", "AllowedMemoryNodes", add_list},
	{"io.weight", "IOWeight", add_io_weight},
	{"io.max", NULL, add_io_max},
	{"pids.max", "TasksMax", add_limit},
	{NULL, NULL, NULL},
};

static const struct conversion v1_files[] = {
	{"memory.limit_in_bytes", "MemoryLimit", add_limit},
	{"cpu.shares", "CPUShares", add_number},
	{"cpu.cfs_quota_us", NULL, note_quota},
	{"cpu.cfs_period_us", NULL, note_period},
	{"cpuset.cpus", "AllowedCPUs", add_list},
	{"cpuset.mems", "AllowedMemoryNodes", add_list},
	{"blkio.weight", "BlockIOWeight", add_number},
	{"blkio.weight_device", "BlockIODeviceWeight", add_device_number},
	{"blkio.throttle.read_bps_device", "BlockIOReadBandwidth", add_device_number},
	{"blkio.throttle.write_bps_device", "BlockIOWriteBandwidth", add_device_number},
	{"pids.max", "TasksMax", add_limit},
	{NULL, NULL, NULL},
};

void unit_property_from_file(struct unit_properties *u, bool v2, const char *file,
			     const char *value)
{
	for (const struct conversion *c = v2 ? v2_files : v1_files; c->file; c++)
		if (!strcmp(c->file, file))
			c->add(u, c->name, value);
}

void unit_properties_finish(struct unit_properties *u)
{
	if (u->has_quota && u->quota)
		add_bandwidth(u, u->quota, u->has_period ? u->period : PERIOD_DEFAULT);
	u->has_quota = u->has_period = false;
}

/* --- devices --- */

/* systemd's names: a node by its numbers, "char-NAME" for all of a major (the name is looked up in
 * /proc/devices by who sends it: "/dev/char/136:*"), "char-*" for all. False: it has none. */
static bool add_device(struct unit_properties *u, const char *type, const struct oci_device_rule *r,
		       const char *access)
{
	bool all_majors = !r->major.set || r->major.v < 0;
	bool all_minors = !r->minor.set || r->minor.v < 0;

	if (all_majors && !all_minors)
		return false;
	if (all_majors)
		unit_property_add(u, "DeviceAllow=[('%s-*', '%s')]", type, access);
	else if (all_minors)
		unit_property_add(u, "DeviceAllow=[('/dev/%s/%" PRId64 ":*', '%s')]", type,
				  r->major.v, access);
	else
		unit_property_add(u, "DeviceAllow=[('/dev/%s/%" PRId64 ":%" PRId64 "', '%s')]",
				  type, r->major.v, r->minor.v, access);
	return true;
}

static bool is_whole(const struct oci_device_rule *r)
{
	return (!r->type || !*r->type || *r->type == 'a') && (!r->major.set || r->major.v < 0) &&
	       (!r->minor.set || r->minor.v < 0);
}

static void add_defaults(struct unit_properties *u)
{
	static const char *const nodes[] = {"1:3", "1:5", "1:7",   "1:8",   "1:9",
					    "5:0", "5:2", "136:*", "10:200"};

	unit_property_add(u, "DeviceAllow=[('char-*', 'm'), ('block-*', 'm')]");
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		unit_property_add(u, "DeviceAllow=[('/dev/char/%s', 'rwm')]", nodes[i]);
}

static bool add_rules(struct unit_properties *u, const struct oci_device_rules *rules, size_t first)
{
	bool said = true;

	for (size_t i = first; i < rules->n; i++) {
		const struct oci_device_rule *r = &rules->items[i];
		const char *access = r->access && *r->access ? r->access : "rwm";
		const char *type = r->type && *r->type ? r->type : "a";

		if (!r->allow.v)
			continue;
		if (*type != 'b')
			said &= add_device(u, "char", r, access);
		if (*type != 'c')
			said &= add_device(u, "block", r, access);
	}
	return said;
}

/* What comes before the last rule for all devices does not count. */
void unit_properties_devices(struct unit_properties *u, const struct oci_device_rules *rules)
{
	size_t first = 0;
	bool strict = false;

	for (size_t i = 0; i < rules->n; i++) {
		const struct oci_device_rule *r = &rules->items[i];

		if (!is_whole(r) || (r->access && *r->access && strlen(r->access) < 3))
			continue;
		strict = !r->allow.v;
		first = i + 1;
	}
	if (!strict)
		return; /* all is allowed but for a few, which systemd cannot say */
	unit_property_add(u, "DevicePolicy='strict'");
	add_defaults(u);
	if (add_rules(u, rules, first))
		return;
	unit_property_remove(u, "DevicePolicy");
	unit_property_remove(u, "DeviceAllow");
}
