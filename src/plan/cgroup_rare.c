/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources: hugepageLimits, rdma, network and unified -> CGROUP_SET. */
#include "plan/cgroup_convert.h"

#include "base/cleanup.h"

#include <inttypes.h>
#include <string.h>

#define RES "/linux/resources"

/* What is reserved counts where the kernel counts it (5.7); what is used counts always. */
void cgroup_convert_hugetlb(struct builder *b, const struct oci_hugepage_limits *l, bool v2)
{
	const char *suffix = v2 ? "max" : "limit_in_bytes";

	for (size_t i = 0; i < l->n; i++) {
		const struct oci_hugepage_limit *p = &l->items[i];
		const char *pointer = builder_ptr(b, RES "/hugepageLimits/%zu/limit", i);

		limit_set_u64(b, builder_ptr(b, "hugetlb.%s.rsvd.%s", p->page_size, suffix),
			      p->limit.v, PLAN_CG_OPTIONAL, pointer);
		limit_set_u64(b, builder_ptr(b, "hugetlb.%s.%s", p->page_size, suffix), p->limit.v,
			      0, pointer);
	}
}

void cgroup_convert_rdma(struct builder *b, const struct oci_rdmas *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct oci_rdma *r = &l->items[i];
		const char *pointer = builder_key_ptr(b, RES "/rdma", r->device), *value;

		if (!*r->device || strpbrk(r->device, " \t\n")) {
			builder_fault(b, pointer, "\"%s\" cannot be a device", r->device);
			continue;
		}
		if (!r->hca_handles.set && !r->hca_objects.set) {
			builder_fault(b, pointer, "neither hcaHandles nor hcaObjects is given");
			continue;
		}
		value = r->device;
		if (r->hca_handles.set)
			value = builder_ptr(b, "%s hca_handle=%u", value, r->hca_handles.v);
		if (r->hca_objects.set)
			value = builder_ptr(b, "%s hca_object=%u", value, r->hca_objects.v);
		limit_set(b, "rdma.max", value, 0, pointer);
	}
}

void cgroup_convert_class_id(struct builder *b, uint32_t id)
{
	limit_set_u64(b, "net_cls.classid", id, 0, RES "/network/classID");
}

void cgroup_convert_priorities(struct builder *b, const struct oci_if_priorities *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct oci_if_priority *p = &l->items[i];
		const char *pointer = builder_ptr(b, RES "/network/priorities/%zu", i);

		if (!p->name || !*p->name || strpbrk(p->name, " \t\n/"))
			builder_fault(b, builder_ptr(b, "%s/name", pointer),
				      "\"%s\" cannot be a network interface",
				      p->name ? p->name : "");
		else
			limit_set(b, "net_prio.ifpriomap",
				  builder_ptr(b, "%s %u", p->name, p->priority.v), 0, pointer);
	}
}

/* These are no limits: they would move or stop processes, or keep the container from starting. */
static bool is_control(const char *key)
{
	static const char *const files[] = {"cgroup.procs", "cgroup.threads", "cgroup.kill",
					    "cgroup.freeze", "cgroup.subtree_control"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (!strcmp(key, files[i]))
			return true;
	return false;
}

const char *cgroup_unified_controller(struct builder *b, const char *key)
{
	const char *pointer = builder_key_ptr(b, RES "/unified", key);
	size_t n = strcspn(key, ".");

	if (strchr(key, '/'))
		builder_fault(b, pointer,
			      "unified resource \"%s\" must be a file name (no slashes)", key);
	else if (!n || !key[n] || !key[n + 1] || strpbrk(key, " \n") || strstr(key, ".."))
		builder_fault(b, pointer,
			      "unified resource \"%s\" must be in the form CONTROLLER.PARAMETER",
			      key);
	else if (is_control(key))
		builder_fault(b, pointer, "unified resource \"%s\" is no limit", key);
	else
		return builder_ptr(b, "%.*s", (int)n, key);
	return NULL;
}

void cgroup_convert_unified(struct builder *b, const struct oci_pair *e)
{
	const char *pointer = builder_key_ptr(b, RES "/unified", e->key);
	const char *line = e->value;

	do {
		size_t n = strcspn(line, "\n");

		limit_set(b, e->key, builder_ptr(b, "%.*s", (int)n, line), 0, pointer);
		line += n + (line[n] == '\n');
	} while (*line);
}
