/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network devices of the host that become the container's (config-linux.md, "Network Devices"). The
 * rules for names are the kernel's (dev_valid_name), so that a bad one fails before anything is
 * made.
 */
#include "plan/builder.h"

#include <linux/if.h>
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

/* Only a name that is given can be a pattern: the one of the host stands for itself. */
static void check_new_name(struct builder *b, const struct oci_net_devices *all, size_t i,
			   const char *ptr)
{
	const char *name = inside_name(&all->items[i]), *percent = strchr(name, '%');

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
	for (size_t k = 0; k < i && !is_pattern(name); k++) {
		if (strcmp(name, inside_name(&all->items[k])) == 0)
			builder_fault(b, ptr, "network device \"%s\" is to be \"%s\" too",
				      all->items[k].host_name, name);
	}
}

static void check_device(struct builder *b, const struct oci_net_devices *all, size_t i,
			 const char *ptr)
{
	const struct oci_net_device *d = &all->items[i];

	if (!is_device_name(d->host_name))
		builder_fault(b, ptr, "\"%s\" cannot be the name of a network device",
			      d->host_name);
	else if (strcmp(d->host_name, "lo") == 0)
		builder_fault(b, ptr,
			      "the loopback device belongs to its network namespace: it "
			      "cannot be moved");
	else
		check_new_name(b, all, i,
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
	struct plan_sync *sync;

	if (!all || !all->n || !check_place(b))
		return;
	sync = BUILDER_STEP(b, struct plan_sync, PLAN_SYNC, PLAN_BOTH, "/linux/netDevices");
	sync->point = PLAN_POINT_NETWORK;
	for (size_t i = 0; i < all->n; i++) {
		const struct oci_net_device *d = &all->items[i];
		const char *ptr = builder_key_ptr(b, "/linux/netDevices", d->host_name);
		struct plan_net_device *s;

		check_device(b, all, i, ptr);
		s = BUILDER_STEP(b, struct plan_net_device, PLAN_NET_DEVICE, PLAN_HOST, ptr);
		s->name = builder_str(b, d->host_name);
		s->new_name = builder_str(b, inside_name(d));
	}
}
