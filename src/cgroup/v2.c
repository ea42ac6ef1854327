/* SPDX-License-Identifier: Apache-2.0 */
/* The unified tree: which controllers are on, and who owns it. */
#include "cgroup/internal.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BUSY_TRIES 50 /* of 1 ms: a process that is just leaving the parent */

/* "+cpu +memory": those of @wanted that are in @have (NULL: any) and not in @but. */
static size_t switches(const struct plan_header *h, struct plan_vec wanted, const char *have,
		       const char *but, char *text, size_t size)
{
	size_t n = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < wanted.n; i++) {
		const char *c = plan_item(h, wanted, i);

		if ((have && !cgroup_has_word(have, c)) || cgroup_has_word(but, c) ||
		    n + strlen(c) + 3 > size)
			continue;
		n += (size_t)snprintf(text + n, size - n, "%s+%s", n ? " " : "", c);
	}
	return n;
}

static bool all_on(int dirfd, const char *file, const struct plan_header *h, struct plan_vec wanted)
{
	char have[1024], missing[1024];

	return !cgroup_read(dirfd, file, have, sizeof(have)) &&
	       !switches(h, wanted, NULL, have, missing, sizeof(missing));
}

static int write_patiently(int dirfd, const char *text)
{
	struct timespec ms = {.tv_nsec = 1000000};
	int r;

	for (int i = 0;
	     (r = cgroup_write(dirfd, "cgroup.subtree_control", text)) == -EBUSY && i < BUSY_TRIES;
	     i++)
		nanosleep(&ms, NULL);
	return r;
}

/* All in one write, which is one walk through the tree for the kernel; if one of them is refused,
 * each on its own. */
static int enable_level(int dirfd, const struct plan_header *h, struct plan_vec wanted)
{
	char on[1024], have[1024], text[1024], *save = NULL;
	int r = cgroup_read(dirfd, "cgroup.subtree_control", on, sizeof(on)), why = 0;

	if (!r)
		r = cgroup_read(dirfd, "cgroup.controllers", have, sizeof(have));
	if (r || !switches(h, wanted, have, on, text, sizeof(text)))
		return r;
	r = write_patiently(dirfd, text);
	if (!r)
		return 0;
	for (char *c = strtok_r(text, " ", &save); c; c = strtok_r(NULL, " ", &save)) {
		int one = cgroup_write(dirfd, "cgroup.subtree_control", c);

		if (one && !why)
			why = one;
	}
	return why;
}

int cgroup_v2_enable(const struct cgroup_dir *leaf, const char *path, const struct plan_header *h,
		     struct plan_vec wanted, int *ret_why, struct hz_error *err)
{
	_cleanup_free_ char *level = NULL;
	size_t root = strlen(leaf->hierarchy->mountpoint);

	*ret_why = 0;
	if (!wanted.n || all_on(leaf->fd, "cgroup.controllers", h, wanted))
		return 0;
	level = strdup(path);
	if (!level)
		return error_oom(err);
	for (char *p = level + root; p && *p; p = strchr(p + 1, '/')) {
		_cleanup_fd_ int fd = -1;
		int r;

		*p = '\0';
		fd = cgroup_dir_open(level);
		r = fd < 0 ? fd : enable_level(fd, h, wanted);
		*p = '/';
		if (r && !*ret_why)
			*ret_why = -r;
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
