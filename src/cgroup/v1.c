/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/internal.h"

#include <errno.h>
#include <string.h>

const char *cgroup_v1_short_name(const char *file)
{
	static const char prefix[] = "cpuset.";

	return strncmp(file, prefix, sizeof(prefix) - 1) != 0 ? NULL : file + sizeof(prefix) - 1;
}

int cgroup_v1_inherit_cpuset(int parent, int child)
{
	const char *files[] = {"cpuset.cpus", "cpuset.mems"};
	char text[4096];
	int r;

	for (int i = 0; i < 2; i++) {
		r = cgroup_read(child, files[i], text, sizeof(text));
		if (r == -ENOENT) {
			files[i] = cgroup_v1_short_name(files[i]);
			r = cgroup_read(child, files[i], text, sizeof(text));
		}
		if (r)
			return r;
		if (text[0])
			continue;
		r = cgroup_read(parent, files[i], text, sizeof(text));
		if (!r)
			r = cgroup_write(child, files[i], text);
		if (r)
			return r;
	}
	return 0;
}
