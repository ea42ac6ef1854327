/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What systemd has to know of a container's limits, or the next daemon-reload takes them away:
 * values of cgroup files as properties of a unit (systemd.resource-control(5),
 * org.freedesktop.systemd1(5)). Starting from the files, whose values are converted and checked
 * already, the unit and the files cannot differ.
 *
 * A property is "Name=value" with the value as in variant.h. A "?" before the name: a systemd that
 * does not know it may go without, for the file carries the value too.
 */
#ifndef PLAN_UNIT_PROPERTIES_H
#define PLAN_UNIT_PROPERTIES_H

#include "base/arena.h"
#include "ocispec.h"

#include <stdbool.h>
#include <stdint.h>

/* The description of a container's unit, by which hezi knows its own: of the id. */
#define UNIT_DESCRIPTION "hezi container %s"

struct unit_properties {
	struct arena *a; /* where the strings live */
	bool failed;     /* memory was out */
	const char **items;
	size_t n, cap;
	/* v1: two files, one pair of properties */
	bool has_quota, has_period, has_weight;
	int64_t quota;
	uint64_t period;
};

/** Append a property of less than 512 bytes. */
void unit_property_add(struct unit_properties *u, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** Append "[?]Name=value", of any length, that lives as long as the list. */
void unit_property_add_text(struct unit_properties *u, const char *text);
/** Append what @value in @file of the cgroup is to systemd; nothing when systemd has no such
 * property or the value is none that it takes. */
void unit_property_from_file(struct unit_properties *u, bool v2, const char *file,
			     const char *value);
/** After the last file. */
void unit_properties_finish(struct unit_properties *u);
/** DevicePolicy and DeviceAllow for the device rules. What systemd cannot say (a rule that denies
 * after one that allows, all majors) it allows: the container's own rules are narrower. */
void unit_properties_devices(struct unit_properties *u, const struct oci_device_rules *rules);
/** Take out what was added for @name, if anything. */
void unit_property_remove(struct unit_properties *u, const char *name);

#endif
