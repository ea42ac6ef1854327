/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: any bytes as config.json through the decoder and, when they decode, the
 * compiler on three kinds of host. What compiles has to verify, print and be deterministic.
 */
#include "ocispec.h"
#include "plan/compile.h"

#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct plan_facts host(enum plan_cgroup_mode mode, uid_t euid)
{
	struct plan_facts f = {
		.euid = euid,
		.egid = euid,
		.privileged = !euid,
		.kernel_major = 6,
		.kernel_minor = 1,
		.ns_supported = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS |
				CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWCGROUP | CLONE_NEWTIME,
		.cap_last = 40,
		.caps = euid ? 0 : 0x1ffffffffffull,
		.cgroup_mode = mode,
		.unified_controllers = "cpu memory pids",
	};

	f.hierarchies[f.nhierarchies++] = (struct facts_hierarchy){"", "/sys/fs/cgroup", "/"};
	if (mode != PLAN_CGROUP_V2) {
		f.hierarchies[0] = (struct facts_hierarchy){"memory", "/sys/fs/cgroup/memory", "/"};
		f.hierarchies[f.nhierarchies++] =
			(struct facts_hierarchy){"cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/"};
		f.hierarchies[f.nhierarchies++] =
			(struct facts_hierarchy){"pids", "/sys/fs/cgroup/pids", "/"};
	}
	return f;
}

static void compile(const struct oci_config *c, const struct plan_facts *f)
{
	struct plan_options o = {.id = "fuzz", .bundle = "/bundle"};
	struct plan_print_options print = {0};
	struct hz_error err = HZ_ERROR_INIT;
	struct buf text = BUF_INIT;
	struct plan p = {0}, again = {0};

	if (!plan_compile(c, f, &o, &p, &err)) {
		if (plan_verify(p.h, p.size, &err))
			abort();
		plan_print_text(p.h, &print, &text);
		if (plan_compile(c, f, &o, &again, &err) || again.size != p.size ||
		    memcmp(again.h, p.h, p.size))
			abort();
	} else if (!err.nfaults || !err.msg[0]) {
		abort(); /* an error has to say something */
	}
	plan_done(&again);
	plan_done(&p);
	buf_done(&text);
	hz_error_clear(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plan_facts hosts[] = {host(PLAN_CGROUP_V2, 0), host(PLAN_CGROUP_V1, 0),
				     host(PLAN_CGROUP_V2, 1000)};
	struct hz_error err = HZ_ERROR_INIT;
	struct arena a = ARENA_INIT;
	struct oci_config *c;

	if (!oci_config_decode(&a, (const char *)data, size, "config.json", &c, &err))
		for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
			compile(c, &hosts[i]);
	else if (!err.nfaults || !err.msg[0])
		abort();
	hz_error_clear(&err);
	arena_done(&a);
	return 0;
}
