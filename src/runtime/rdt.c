/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/rdt.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCHEMATA_MAX (1u << 20)
#define STATUS_FILE  "info/last_cmd_status" /* what the kernel has to say about the last write */

static int is_there(int at, const char *name)
{
	struct stat st;

	if (!fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW))
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

static int open_root(const struct rdt *r, struct hz_error *err)
{
	int fd = open(r->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 ? fd : error_sys(err, errno, "open", r->root, "open resctrl");
}

static int missing(const struct rdt *r, struct hz_error *err)
{
	error_set(err, HZ_E_CONFIG, "there is no resctrl group \"%s\"", r->group);
	return error_hint(err, "without schemata a closID has to name one that is there");
}

int rdt_check(const struct rdt *r, struct hz_error *err)
{
	_cleanup_fd_ int root = open_root(r, err);
	int there = root < 0 ? -1 : is_there(root, r->group);

	if (root < 0)
		return -1;
	if (there < 0)
		return error_sys(err, -there, "fstatat", r->group, "look for resctrl group \"%s\"",
				 r->group);
	if (there && r->own) {
		error_set(err, HZ_E_EXISTS, "there is a resctrl group \"%s\" already", r->group);
		return error_hint(err, "to use it, name it as closID");
	}
	return there || r->own || r->make ? 0 : missing(r, err);
}

/* The kernel's own words go along. */
static int write_failed(const struct rdt *r, const char *file, int e, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_fd_ int root = open(r->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	error_sys(err, e, "write", file, "write %s of resctrl group \"%s\"", file, r->group);
	if (root < 0 || file_read_at(root, STATUS_FILE, &text, 4096) || !text.len)
		return -1;
	text.data[strcspn(text.data, "\n")] = '\0';
	return strcmp(text.data, "ok") ? error_hint(err, "the kernel says: %s", text.data) : -1;
}

/* --- schemata --- */

/* The value of @domain on the line of @resource in @text. Masks are hexadecimal, bandwidth is
 * not. */
static bool find_value(const char *text, const char *resource, size_t len, long domain, int base,
		       unsigned long *ret)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		const char *p = line + strspn(line, " \n");

		line = p;
		if (strncmp(p, resource, len) != 0 || p[len] != ':')
			continue;
		for (p += len + 1; *p && *p != '\n'; p += *p == ';') {
			char *end;
			long id = strtol(p, &end, 10);

			if (*end != '=')
				return false;
			*ret = strtoul(end + 1, &end, base);
			if (id == domain)
				return true;
			p = end + strspn(end, " ");
		}
	}
	return false;
}

/* Does the group's schemata have each value of the line @want? */
static bool has_line(const char *text, const char *want)
{
	size_t len = strcspn(want, ":\n");
	int base = !strncmp(want, "MB", 2) ? 10 : 16;
	const char *p = want + len;

	if (*p != ':')
		return false;
	for (p++; *p && *p != '\n'; p += *p == ';') {
		unsigned long asked, is = 0;
		char *end;
		long id = strtol(p, &end, 10);

		if (*end != '=')
			return false;
		asked = strtoul(end + 1, &end, base);
		if (!find_value(text, want, len, id, base, &is) || is != asked)
			return false;
		p = end + strspn(end, " ");
		if (*p && *p != ';' && *p != '\n')
			return false;
	}
	return true;
}

static int compare(const struct rdt *r, int group, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	int e = file_read_at(group, "schemata", &text, SCHEMATA_MAX);

	if (e)
		return error_sys(err, -e, "read", "schemata",
				 "read schemata of resctrl group \"%s\"", r->group);
	for (const char *line = r->schemata; *line; line += strcspn(line, "\n") + 1)
		if (!has_line(text.data ? text.data : "", line))
			return error_set(err, HZ_E_CONFIG,
					 "resctrl group \"%s\" is there, but its schemata are not "
					 "\"%.*s\"",
					 r->group, (int)strcspn(line, "\n"), line);
	return 0;
}

static int set_schemata(const struct rdt *r, int group, struct hz_error *err)
{
	int e = file_write_at(group, "schemata", r->schemata, strlen(r->schemata));

	return e ? write_failed(r, "schemata", -e, err) : 0;
}

/* --- join --- */

static int make(int at, const char *name, const char *what, struct hz_error *err)
{
	if (!mkdirat(at, name, 0755))
		return 0;
	error_sys(err, errno, "mkdirat", name, "make resctrl group \"%s\"", name);
	return errno == ENOSPC ? error_hint(err, "this machine has no more %s", what) : -1;
}

static int enter(const struct rdt *r, int dir, pid_t pid, struct hz_error *err)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", (int)pid);
	int e = file_write_at(dir, "tasks", text, (size_t)n);

	return e ? write_failed(r, "tasks", -e, err) : 0;
}

static int monitor(const struct rdt *r, int group, pid_t pid, bool is_new, unsigned *ret_made,
		   struct hz_error *err)
{
	_cleanup_fd_ int dir = -1;
	char path[512];

	snprintf(path, sizeof(path), "mon_groups/%s", r->monitor);
	if (is_new && make(group, path, "monitoring groups (RMIDs)", err))
		return -1;
	*ret_made |= is_new ? RDT_MADE_MONITOR : 0;
	dir = openat(group, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return error_sys(err, errno, "openat", path, "open monitoring group \"%s\"", path);
	return enter(r, dir, pid, err);
}

static int open_group(const struct rdt *r, int root, struct hz_error *err)
{
	int fd = openat(root, r->group, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 ? fd
		       : error_sys(err, errno, "openat", r->group, "open resctrl group \"%s\"",
				   r->group);
}

int rdt_set(const struct rdt *r, struct hz_error *err)
{
	_cleanup_fd_ int root = open_root(r, err), group = root < 0 ? -1 : open_group(r, root, err);

	return group < 0 ? -1 : set_schemata(r, group, err);
}

int rdt_join(const struct rdt *r, pid_t pid, bool exec, unsigned *ret_made, struct hz_error *err)
{
	_cleanup_fd_ int root = open_root(r, err), group = -1;
	int there;

	*ret_made = 0;
	if (root < 0)
		return -1;
	there = is_there(root, r->group);
	if (there < 0 || (!there && !r->own && !r->make))
		return there < 0 ? error_sys(err, -there, "fstatat", r->group, "look for \"%s\"",
					     r->group)
				 : missing(r, err);
	if (!there && make(root, r->group, "classes of service (CLOSIDs)", err))
		return -1;
	*ret_made = there ? 0 : RDT_MADE_GROUP;
	group = open_group(r, root, err);
	if (group < 0)
		return -1;
	if (r->schemata &&
	    (there && r->make ? compare(r, group, err) : set_schemata(r, group, err)))
		return -1;
	if (enter(r, group, pid, err))
		return -1;
	return r->monitor ? monitor(r, group, pid, !exec, ret_made, err) : 0;
}

int rdt_remove(const char *path)
{
	return !rmdir(path) || errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
}
