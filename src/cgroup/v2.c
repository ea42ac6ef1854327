/* SPDX-License-Identifier: Apache-2.0 */
/* The unified tree: which controllers are on, and who owns it. */
#include "cgroup/internal.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BUSY_TRIES 200 /* of 1 ms: a process that is just leaving the parent */

static bool all_on(int dirfd, const char *file, const struct plan_header *h, struct plan_vec wanted)
{
	char have[1024];

	if (cgroup_read(dirfd, file, have, sizeof(have)))
		return false;
	for (uint32_t i = 0; i < wanted.n; i++)
		if (!cgroup_has_word(have, plan_item(h, wanted, i)))
			return false;
	return true;
}

static int enable_one(int dirfd, const char *controller)
{
	struct timespec ms = {.tv_nsec = 1000000};
	char text[64];
	int r;

	snprintf(text, sizeof(text), "+%s", controller);
	for (int i = 0;
	     (r = cgroup_write(dirfd, "cgroup.subtree_control", text)) == -EBUSY && i < BUSY_TRIES;
	     i++)
		nanosleep(&ms, NULL);
	return r;
}

static int enable_level(int dirfd, const char *path, const struct plan_header *h,
			struct plan_vec wanted, struct hz_error *err)
{
	char have[1024];
	int r = cgroup_read(dirfd, "cgroup.subtree_control", have, sizeof(have));

	if (r)
		return error_sys(err, -r, "read", path, "read cgroup.subtree_control of \"%s\"",
				 path);
	for (uint32_t i = 0; i < wanted.n; i++) {
		const char *controller = plan_item(h, wanted, i);

		if (cgroup_has_word(have, controller))
			continue;
		r = enable_one(dirfd, controller);
		/* a controller that is not there is told of by the value that needs it */
		if (!r || r == -ENOENT || r == -EOPNOTSUPP || r == -EINVAL)
			continue;
		error_sys(err, -r, "write", path, "enable cgroup controller %s below \"%s\"",
			  controller, path);
		if (r == -EBUSY)
			error_hint(err, "processes live in that cgroup itself: on cgroup v2 only "
					"cgroups without processes of their own can have "
					"sub-cgroups with controllers");
		return -1;
	}
	return 0;
}

int cgroup_v2_enable(const char *mountpoint, const char *path, const struct plan_header *h,
		     struct plan_vec wanted, struct hz_error *err)
{
	_cleanup_free_ char *level = strdup(path);
	size_t root = strlen(mountpoint);
	_cleanup_fd_ int leaf = level ? cgroup_dir_open(path) : -ENOMEM;

	if (leaf < 0)
		return error_sys(err, -leaf, "open", path, "open cgroup \"%s\"", path);
	if (!wanted.n || all_on(leaf, "cgroup.controllers", h, wanted))
		return 0;
	for (char *p = level + root; p && *p; p = strchr(p + 1, '/')) {
		_cleanup_fd_ int fd = -1;
		int r;

		*p = '\0';
		fd = cgroup_dir_open(level);
		r = fd < 0 ? error_sys(err, -fd, "open", level, "open cgroup \"%s\"", level)
			   : enable_level(fd, level, h, wanted, err);
		*p = '/';
		if (r)
			return -1;
	}
	return 0;
}

/* The kernel's list when it has one. */
static void delegate_list(struct buf *b)
{
	static const char fallback[] = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n";

	if (!file_read_at(AT_FDCWD, "/sys/kernel/cgroup/delegate", b, 65536))
		return;
	b->len = 0;
	buf_adds(b, fallback);
}

int cgroup_v2_delegate(int dirfd, uid_t uid, struct hz_error *err)
{
	_cleanup_buf_ struct buf list = BUF_INIT;
	char *save = NULL;

	delegate_list(&list);
	if (list.failed)
		return error_oom(err);
	if (fchownat(dirfd, "", uid, (gid_t)-1, AT_EMPTY_PATH))
		return error_sys(err, errno, "fchownat", "cgroup", "give the cgroup to uid %u",
				 uid);
	for (char *f = strtok_r(list.data, "\n", &save); f; f = strtok_r(NULL, "\n", &save))
		if (fchownat(dirfd, f, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) && errno != ENOENT)
			return error_sys(err, errno, "fchownat", f,
					 "give \"%s\" of the cgroup to uid %u", f, uid);
	return 0;
}
