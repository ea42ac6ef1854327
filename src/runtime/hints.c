/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to do about an error, after a look at the host: a sysctl or limit is blamed only when its
 * value explains the error. Called on the way out only.
 */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* A decimal number in a file of the kernel; false when there is none. */
static bool read_number(const char *path, uint64_t *ret)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char *end = NULL;

	if (file_read_at(AT_FDCWD, path, &text, 64) || !text.data)
		return false;
	errno = 0;
	*ret = strtoull(text.data, &end, 10);
	return end != text.data && !errno;
}

int hint_rlimit(const struct plan_rlimit *l, int errnum, struct hz_error *err)
{
	struct rlimit own;
	uint64_t most;

	if (errnum != EPERM)
		return -1;
	if (l->resource == RLIMIT_NOFILE && read_number("/proc/sys/fs/nr_open", &most) &&
	    l->hard > most)
		return error_hint(err,
				  "the sysctl fs.nr_open is %llu: no process can have a higher "
				  "limit of descriptors",
				  (unsigned long long)most);
	if (!getrlimit((__rlimit_resource_t)l->resource, &own) && own.rlim_max < l->hard)
		return error_hint(err,
				  "the hard limit of the caller is %llu; to raise it takes "
				  "CAP_SYS_RESOURCE in the initial user namespace",
				  (unsigned long long)own.rlim_max);
	return -1;
}

int hint_cpus(int errnum, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (errnum != EINVAL ||
	    file_read_at(AT_FDCWD, "/sys/devices/system/cpu/possible", &text, 4096) || !text.data)
		return -1;
	return error_hint(
		err,
		"this host has the CPUs %.*s, and the cpuset of the process has to allow one "
		"of the list",
		(int)strcspn(text.data, "\n"), text.data);
}

int hint_step(const struct plan_step *s, int errnum, struct hz_error *err)
{
	switch (s->kind) {
	case PLAN_RLIMIT:
	case PLAN_RLIMIT_RAISE: return hint_rlimit((const struct plan_rlimit *)s, errnum, err);
	default: return fail_hint(s->kind, errnum, err);
	}
}
