/* SPDX-License-Identifier: Apache-2.0 */
/* What the targets share: parts of an input, and plans of real configurations. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "base/buf.h"
#include "ocispec.h"
#include "plan/compile.h"

#include <linux/sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input up to a NUL, as a string of its own that free() ends; the rest stays in it. */
__attribute__((unused)) static char *fuzz_text(const uint8_t **data, size_t *size)
{
	size_t n = strnlen((const char *)*data, *size);
	char *s = strndup(*size ? (const char *)*data : "", n);

	if (!s)
		abort();
	*data += n + (n < *size);
	*size -= n + (n < *size);
	return s;
}

__attribute__((unused)) static uint8_t fuzz_byte(const uint8_t **data, size_t *size)
{
	if (!*size)
		return 0;
	(*size)--;
	return *(*data)++;
}

/* The plan of a bundle of tests/plan; once and for all. */
__attribute__((unused)) static struct plan fuzz_plan(const char *bundle)
{
	static const struct plan_facts f = {
		.privileged = true,
		.kernel_major = 6,
		.kernel_minor = 12,
		.ns_supported = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS |
				CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWCGROUP | CLONE_NEWTIME,
		.cap_last = 40,
		.caps = (1ull << 41) - 1,
		.cgroup_mode = PLAN_CGROUP_V2,
		.hierarchies = {{"", "/sys/fs/cgroup", "/", "/"}},
		.nhierarchies = 1,
		.unified_controllers = "cpu io memory pids hugetlb rdma cpuset",
		.resctrl = "/sys/fs/resctrl"};
	static const struct plan_options o = {
		.id = "fuzz", .bundle = "/bundle", .forgive_unsupported = true};
	static char text[1 << 20];
	struct hz_error err = HZ_ERROR_INIT;
	struct arena a = ARENA_INIT;
	struct oci_config *c;
	struct plan p = {0};
	char path[512];
	size_t n;
	FILE *file;

	snprintf(path, sizeof(path), FUZZ_SOURCES "/tests/plan/bundles/%s/config.json", bundle);
	file = fopen(path, "re");
	n = file ? fread(text, 1, sizeof(text), file) : 0;
	if (!file || oci_config_decode(&a, text, n, path, &c, &err) ||
	    plan_compile(c, &f, &o, &p, &err)) {
		fprintf(stderr, "%s: %s\n", path, err.msg);
		abort();
	}
	fclose(file);
	arena_done(&a);
	return p;
}

#endif
