/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/internal.h"

#include <errno.h>

int cgroup_v1_inherit_cpuset(int parent, int child)
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
	char text[4096];
	int r;

	for (int i = 0; i < 2; i++) {
		r = cgroup_read(child, files[i], text, sizeof(text));
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
