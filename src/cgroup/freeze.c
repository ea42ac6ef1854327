/* SPDX-License-Identifier: Apache-2.0 */
/* The freezer of a container: cgroup.freeze of the unified tree (cgroup-v2, "Core Interface
 * Files"), freezer.state of v1. */
#include "cgroup/internal.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define FREEZE_MS 10000

/* The root of the unified tree, and v1, have no such file. */
static bool is_to_freeze(int dirfd)
{
	char file[256], text[16];

	for (size_t n = 0; n + sizeof("../cgroup.freeze") < sizeof(file); n += 3) {
		snprintf(file + n, sizeof(file) - n, "cgroup.freeze");
		if (cgroup_read(dirfd, file, text, sizeof(text)))
			return false;
		if (!strcmp(text, "1"))
			return true;
		snprintf(file + n, sizeof(file) - n, "../");
	}
	return false;
}

int cgroup_check_thawed(int dirfd, const char *path, bool populated, struct hz_error *err)
{
	char text[256];

	/* what has processes is frozen only when the last one stands still */
	if (!(populated && is_to_freeze(dirfd)) &&
	    (cgroup_read(dirfd, "cgroup.events", text, sizeof(text)) ||
	     !strstr(text, "frozen 1")) &&
	    (cgroup_read(dirfd, "freezer.state", text, sizeof(text)) || !strcmp(text, "THAWED")))
		return 0;
	error_set(err, HZ_E_STATE, "container's cgroup unexpectedly frozen: \"%s\"", path);
	return error_hint(err, "it, or a cgroup above it, is frozen: thaw that one first");
}

int cgroup_freezer_write(const struct oci_strings *dirs, bool on, unsigned *ret_done)
{
	for (size_t i = 0; i < dirs->n; i++) {
		_cleanup_fd_ int fd = -1;
		const char *path;
		unsigned n;
		int r;

		if (cgroup_recorded_open(dirs, i, &fd, &n, &path, NULL) <= 0)
			continue;
		r = cgroup_write(fd, "freezer.state", on ? "FROZEN" : "THAWED");
		if (r == -ENOENT || r == -EACCES)
			r = cgroup_write(fd, "cgroup.freeze", on ? "1" : "0");
		if (!r)
			(*ret_done)++;
		else if (r != -ENOENT)
			return r;
	}
	return 0;
}

int cgroup_thaw(const struct oci_strings *dirs, struct hz_error *err)
{
	unsigned done = 0;
	int r = cgroup_freezer_write(dirs, false, &done);

	return r ? error_sys(err, -r, "write", "freezer", "thaw the container's cgroup") : 0;
}

/* Only the freezer's hierarchy and the unified tree can tell: their files are looked for where the
 * host is laid out as usual, for `state` is asked often. */
static bool is_usual(const struct oci_strings *dirs)
{
	for (size_t i = 0; i < dirs->n; i++)
		if (strstr(dirs->items[i], "/freezer/"))
			return true;
	return false;
}

static bool may_freeze(const char *path, bool usual)
{
	return !usual || strstr(path, "/freezer/") || strstr(path, "/unified/");
}

static int read_frozen(const char *path, bool *ret)
{
	static const char *const files[] = {"cgroup.events", "freezer.state"};
	char file[PATH_MAX + 32], text[256];

	*ret = false;
	for (int i = 0; i < 2; i++) {
		int r;

		snprintf(file, sizeof(file), "%s/%s", path, files[i]);
		r = cgroup_read(AT_FDCWD, file, text, sizeof(text));
		if (r == -ENOENT)
			continue;
		*ret = !r && (!strcmp(text, "FROZEN") || !strcmp(text, "FREEZING") ||
			      strstr(text, "frozen 1"));
		return r == -ENODEV ? 0 : r;
	}
	return 0;
}

int cgroup_is_frozen(const struct oci_strings *dirs, struct hz_error *err)
{
	bool usual = is_usual(dirs);

	for (size_t i = 0; i < dirs->n; i++) {
		const char *path;
		unsigned n;
		bool frozen;
		int r;

		if (!dirs->items[i][0])
			continue;
		if (!cgroup_dir_parse(dirs->items[i], &n, &path))
			return cgroup_bad_record(dirs->items[i], err);
		if (!may_freeze(path, usual))
			continue;
		r = read_frozen(path, &frozen);
		if (r)
			return error_sys(err, -r, "read", path,
					 "ask whether cgroup \"%s\" is frozen", path);
		if (frozen)
			return 1;
	}
	return 0;
}

static bool has_file(const char *path, const char *file)
{
	_cleanup_fd_ int fd = cgroup_dir_open(path);
	struct stat st;

	return fd >= 0 && !fstatat(fd, file, &st, 0);
}

const char *cgroup_freezer_path(const struct oci_strings *dirs)
{
	const char *unified = NULL, *path;
	unsigned n;

	for (size_t i = 0; i < dirs->n; i++) {
		if (!cgroup_dir_parse(dirs->items[i], &n, &path))
			continue;
		if (has_file(path, "freezer.state"))
			return path;
		if (has_file(path, "cgroup.freeze"))
			unified = path;
	}
	return unified;
}

static bool is_any_there(const struct oci_strings *dirs)
{
	for (size_t i = 0; i < dirs->n; i++) {
		_cleanup_fd_ int fd = -1;
		const char *path;
		unsigned n;

		if (cgroup_recorded_open(dirs, i, &fd, &n, &path, NULL) > 0)
			return true;
	}
	return false;
}

/* v1 may stay at FREEZING while processes fork: writing again starts another round. */
static bool stands_still(const struct oci_strings *dirs)
{
	bool usual = is_usual(dirs);

	for (size_t i = 0; i < dirs->n; i++) {
		char file[PATH_MAX + 32], text[256];
		const char *path;
		unsigned n;

		if (!dirs->items[i][0] || !cgroup_dir_parse(dirs->items[i], &n, &path))
			continue;
		snprintf(file, sizeof(file), "%s/freezer.state", path);
		if (!cgroup_read(AT_FDCWD, file, text, sizeof(text)))
			return !strcmp(text, "FROZEN");
		snprintf(file, sizeof(file), "%s/cgroup.events", path);
		if (may_freeze(path, usual) && !cgroup_read(AT_FDCWD, file, text, sizeof(text)) &&
		    strstr(text, "frozen 1"))
			return true;
	}
	return false;
}

int cgroup_freeze(const struct oci_strings *dirs, struct hz_error *err)
{
	unsigned done = 0, waited_us = 0, pause_us = 200;

	for (;;) {
		struct timespec t = {.tv_nsec = pause_us * 1000L};
		int r = cgroup_freezer_write(dirs, true, &done);

		if (r)
			return error_sys(err, -r, "write", "freezer",
					 "freeze the container's cgroup");
		if (!done && !is_any_there(dirs))
			return cgroup_is_gone(dirs, err);
		if (!done)
			return error_set(
				err, HZ_E_STATE,
				"the container has no cgroup with a freezer: it cannot be paused");
		if (stands_still(dirs))
			return 0;
		if (waited_us / 1000 >= FREEZE_MS)
			break;
		nanosleep(&t, NULL);
		waited_us += pause_us;
		if (pause_us < 20000)
			pause_us *= 2;
	}
	(void)cgroup_thaw(dirs, NULL); /* the first error is the one to tell */
	return error_set(err, HZ_E_BUSY,
			 "not all processes of the container stand still after %d s: thawed again",
			 FREEZE_MS / 1000);
}
