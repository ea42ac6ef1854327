/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Annotations. Unknown ones are ignored, as the specification demands; those that change what other
 * runtimes do are honoured, refused or warned about: docs/annotations.md has them all. Refused is
 * what would leave a container that is not the one that was asked for.
 */
#include "base/cleanup.h"
#include "plan/builder.h"

#include <string.h>

const char *plan_annotation(const struct oci_config *c, const char *key)
{
	for (size_t i = 0; i < c->annotations.n; i++)
		if (strcmp(c->annotations.items[i].key, key) == 0)
			return c->annotations.items[i].value;
	return NULL;
}

bool plan_keeps_groups(const struct oci_config *c)
{
	const char *value = plan_annotation(c, "run.oci.keep_original_groups");

	return value && strcmp(value, "0") != 0;
}

/* An empty value asks for nothing. */
static const struct {
	const char *key;
	bool refused, v2_only;
	const char *why;
} others[] = {
	{"run.oci.handler", true, false,
	 "hezi starts programs of this machine, it has no handlers (krun, wasm)"},
	{"module.wasm.image/variant", false, false, "hezi has no handler for wasm"},
	{"run.oci.timens_offset", true, false, "use linux.timeOffsets"},
	{"run.oci.systemd.force_cgroup_v1", true, true,
	 "a v1 hierarchy is not mounted on a host with cgroup v2"},
	{"run.oci.delegate-cgroup", false, true,
	 "the container is in the cgroup that has the limits"},
	{"run.oci.seccomp_bpf_data", true, false,
	 "a program in place of linux.seccomp cannot be checked"},
	{"run.oci.seccomp.plugins", true, false,
	 "hezi loads no code of others; use linux.seccomp.listenerPath"},
	{"org.opencontainers.runc.exec.isolated-cpu-affinity-transition", false, false,
	 "use process.execCPUAffinity"},
};

void check_annotations(struct builder *b)
{
	for (size_t k = 0; k < ARRAY_SIZE(others); k++) {
		const char *value = plan_annotation(b->config, others[k].key);
		const char *ptr = builder_key_ptr(b, "/annotations", others[k].key);

		if (!value || !*value ||
		    (others[k].v2_only && b->facts->cgroup_mode != PLAN_CGROUP_V2))
			continue;
		if (others[k].refused)
			builder_refuse(b, ptr, "annotation \"%s\" is not supported: %s",
				       others[k].key, others[k].why);
		else
			builder_warn(b, ptr, "annotation \"%s\" has no effect: %s", others[k].key,
				     others[k].why);
	}
}
