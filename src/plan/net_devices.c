/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network devices of the host that become the container's (config-linux.md, "Network Devices"). The
 * rules for names are the kernel's (dev_valid_name), so that a bad one fails before anything is
 * made.
 */
#include "plan/builder.h"

#include "base/cleanup.h"

#include <linux/if.h>
#include <stdlib.h>
#include <string.h>

static bool is_device_name(const char *s)
{
	return s[0] && strlen(s) < IFNAMSIZ && strcmp(s, ".") != 0 && strcmp(s, "..") != 0 &&
	       !s[strcspn(s, "/: \t\n\v\f\r")];
}

static const char *inside_name(const struct oci_net_device *d)
{
	return d->name && d->name[0] ? d->name : d->host_name;
}

static bool is_pattern(const char *name)
{
	return strchr(name, '%');
}

/* A device by the name that it gets. */
struct named {
	const char *name;
	size_t i;
	bool is_second; /* another one before it has the name */
	size_t first;   /* that one */
};

static int by_name(const void *x, const void *y)
{
	const struct named *a = x, *b = y;
	int r = strcmp(a->name, b->name);

	return r ? r : a->i < b->i ? -1 : a->i > b->i;
}

static int by_place(const void *x, const void *y)
{
	const struct named *a = x, *b = y;

	return a->i < b->i ? -1 : a->i > b->i;
}

/* All of them in the order of the configuration; NULL without memory. */
static struct named *find_seconds(struct builder *b, const struct oci_net_devices *all)
{
	struct named *list = arena_calloc(&b->scratch, all->n, sizeof(*list));

	if (!list) {
		b->pool.failed = true;
		return NULL;
	}
	for (size_t i = 0; i < all->n; i++)
		list[i] = (struct named){.name = inside_name(&all->items[i]), .i = i};
	qsort(list, all->n, sizeof(*list), by_name);
	for (size_t i = 1; i < all->n; i++) {
		if (is_pattern(list[i].name) || strcmp(list[i - 1].name, list[i].name) != 0)
			continue;
		list[i].is_second = true;
		list[i].first = list[i - 1].is_second ? list[i - 1].first : list[i - 1].i;
	}
	qsort(list, all->n, sizeof(*list), by_place);
	return list;
}

/* Only a name that is given can be a pattern: the one of the host stands for itself. */
static void check_new_name(struct builder *b, const struct oci_net_devices *all,
			   const struct named *d, const char *ptr)
{
	const char *name = d->name, *percent = strchr(name, '%');

	if (!is_device_name(name) || (percent && strcmp(percent, "%d") != 0)) {
		builder_fault(b, ptr,
			      "\"%s\" is not a name for a network device: 1 to %d bytes without "
			      "'/', ':' and white space, '%%' only in \"%%d\" at its end",
			      name, IFNAMSIZ - 1);
		return;
	}
	if (strcmp(name, "lo") == 0)
		builder_fault(b, ptr,
			      "\"lo\" is the loopback device that the container has "
			      "already");
	if (d->is_second)
		builder_fault(b, ptr, "network device \"%s\" is to be \"%s\" too",
			      all->items[d->first].host_name, name);
}

static void check_device(struct builder *b, const struct oci_net_devices *all,
			 const struct named *named, const char *ptr)
{
	const struct oci_net_device *d = &all->items[named->i];

	if (!is_device_name(d->host_name))
		builder_fault(b, ptr, "\"%s\" cannot be the name of a network device",
			      d->host_name);
	else if (strcmp(d->host_name, "lo") == 0)
		builder_fault(b, ptr,
			      "the loopback device belongs to its network namespace: it "
			      "cannot be moved");
	else
		check_new_name(b, all, named,
			       d->name && d->name[0] ? builder_ptr(b, "%s/name", ptr) : ptr);
}

static bool check_place(struct builder *b)
{
	const char *ptr = "/linux/netDevices";

	if (!plan_has_ns(b->config, OCI_NS_NETWORK))
		builder_fault(b, ptr,
			      "network devices need a network namespace to move into: add "
			      "{\"type\": \"network\"} to namespaces");
	else if (!b->facts->privileged)
		builder_refuse(b, ptr, "only a privileged runtime may move network devices");
	else
		return true;
	return false;
}

void compile_net_devices(struct builder *b)
{
	const struct oci_net_devices *all =
		b->config->linux_ ? &b->config->linux_->net_devices : NULL;
	const struct named *names;
	struct plan_sync *sync;

	if (!all || !all->n || !check_place(b))
		return;
	names = find_seconds(b, all);
	if (!names)
		return;
	sync = BUILDER_STEP(b, struct plan_sync, PLAN_SYNC, PLAN_BOTH, "/linux/netDevices");
	sync->point = PLAN_POINT_NETWORK;
	for (size_t i = 0; i < all->n; i++) {
		const struct oci_net_device *d = &all->items[i];
		const char *ptr = builder_key_ptr(b, "/linux/netDevices", d->host_name);
		struct plan_net_device *s;

		check_device(b, all, &names[i], ptr);
		s = BUILDER_STEP(b, struct plan_net_device, PLAN_NET_DEVICE, PLAN_HOST, ptr);
		s->name = builder_str(b, d->host_name);
		s->new_name = builder_str(b, inside_name(d));
	}
}
