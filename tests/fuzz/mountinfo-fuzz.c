/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /proc/self/cgroup and mountinfo, to all who read them: the facts about cgroups, the search for
 * resctrl, and what CRIU is told of a container's mounts. A user of a namespace chooses what mount
 * points are called. Input: the one file, a NUL, the other.
 */
#include "fuzz.h"
#include "runtime/criu.h"

#include <errno.h>

static char *cgroups, *mounts;

int __real_file_read_at(int dirfd, const char *path, struct buf *buf, size_t max);
int __wrap_file_read_at(int dirfd, const char *path, struct buf *buf, size_t max);

int __wrap_file_read_at(int dirfd, const char *path, struct buf *buf, size_t max)
{
	const char *text = strstr(path, "/mountinfo") ? mounts
			   : strstr(path, "/cgroup")  ? cgroups
						      : NULL;

	if (!text)
		return __real_file_read_at(dirfd, path, buf, max);
	if (strlen(text) > max)
		return -EFBIG;
	buf_add(buf, text, strlen(text));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct plan plan;
	struct oci_intel_rdt rdt = {0};
	struct oci_linux l = {.intel_rdt = &rdt};
	const struct oci_config c = {.linux_ = &l};
	struct hz_error err = HZ_ERROR_INIT;
	struct arena a = ARENA_INIT;
	struct buf opts = BUF_INIT;
	struct plan_facts f = {0};

	if (!plan.h)
		plan = fuzz_plan("docker-default");
	cgroups = fuzz_text(&data, &size);
	mounts = fuzz_text(&data, &size);
	if (!cgroup_facts(&f, &a, &err))
		for (unsigned i = 0; i < f.nhierarchies; i++)
			if (!f.hierarchies[i].mountpoint || !f.hierarchies[i].own_path)
				abort();
	hz_error_clear(&err);
	facts_ask_for(&c, &f, &a);
	criu_add_saved_mounts(&opts, plan.h, getpid(), &err);
	hz_error_clear(&err);
	criu_add_restored_mounts(&opts, plan.h, &err);
	hz_error_clear(&err);
	buf_done(&opts);
	arena_done(&a);
	free(cgroups);
	free(mounts);
	return 0;
}
