/* SPDX-License-Identifier: Apache-2.0 */
/* One more process for a container's cgroups. */
#include "cgroup/internal.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "sys/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

/* The path below the container's directory that "--cgroup" gives for this hierarchy, or NULL. */
static const char *find_sub(const struct oci_strings *subs, const char *hierarchy)
{
	for (size_t i = 0; i < subs->n; i++) {
		const char *colon = strchr(subs->items[i], ':');
		_cleanup_free_ char *names = NULL;
		char *save = NULL;

		if (!colon)
			return subs->items[i];
		names = strndup(subs->items[i], (size_t)(colon - subs->items[i]));
		for (char *n = names ? strtok_r(names, ",", &save) : NULL; n;
		     n = strtok_r(NULL, ",", &save))
			if (cgroup_has_word(hierarchy, n))
				return colon + 1;
	}
	return NULL;
}

static bool goes_up(const char *path)
{
	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.')
			return true;
		p += n;
		p += *p == '/';
	}
	return false;
}

static bool is_controller(const struct plan_facts *f, const char *name)
{
	for (unsigned i = 0; i < f->nhierarchies; i++)
		if (cgroup_has_word(f->hierarchies[i].name, name))
			return true;
	return false;
}

static int check_sub(const struct plan_facts *f, const char *sub, size_t n, struct hz_error *err)
{
	const char *colon = strchr(sub, ':');
	_cleanup_free_ char *names = NULL;
	char *save = NULL;

	if (goes_up(colon ? colon + 1 : sub))
		return error_set(err, HZ_E_USAGE,
				 "bad sub cgroup path: %s is not a sub cgroup path", sub);
	if (!colon)
		return n == 1 ? 0
			      : error_set(err, HZ_E_USAGE,
					  "invalid --cgroup argument: %s (missing <controller>: "
					  "prefix)",
					  sub);
	if (colon == sub)
		return error_set(err, HZ_E_USAGE,
				 "invalid --cgroup argument: %s (empty <controller> prefix)", sub);
	names = strndup(sub, (size_t)(colon - sub));
	if (!names)
		return error_oom(err);
	for (char *c = strtok_r(names, ",", &save); c; c = strtok_r(NULL, ",", &save))
		if (!is_controller(f, c))
			return error_set(err, HZ_E_USAGE, "unknown controller %s in --cgroup", c);
	return 0;
}

/* O_PATH of the directory that is to be entered; -errno. */
static int open_target(const char *path, const char *sub)
{
	_cleanup_fd_ int top = cgroup_dir_open(path);

	if (top < 0)
		return top;
	if (!sub)
		return TAKE_FD(top);
	sub += strspn(sub, "/");
	return (int)sys_openat2(top, *sub ? sub : ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0,
				RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

static int join_one(const char *path, const char *sub, struct cgroup_join *j, struct hz_error *err)
{
	_cleanup_fd_ int fd = open_target(path, sub);
	struct statfs fs;
	int tasks;

	if (fd < 0)
		return error_sys(err, -fd, "openat2", path,
				 "adding pid of the process to cgroup %s%s%s/cgroup.procs", path,
				 sub ? "/" : "", sub ? sub : "");
	if (fstatfs(fd, &fs))
		return error_sys(err, errno, "fstatfs", path, "look at cgroup \"%s\"", path);
	if (fs.f_type == CGROUP2_SUPER_MAGIC) {
		j->unified = TAKE_FD(fd);
		return 0;
	}
	tasks = openat(fd, "tasks", O_WRONLY | O_CLOEXEC);
	if (tasks < 0)
		return error_sys(err, errno, "openat", path, "open \"tasks\" of cgroup \"%s\"",
				 path);
	j->tasks[j->ntasks++] = tasks;
	return 0;
}

/* The hierarchy of a recorded directory; NULL: it is mounted nowhere now. The mounts may have been
 * others at create. */
static const char *hierarchy_of(const struct plan_facts *f, const char *path)
{
	const char *name = NULL;
	size_t longest = 0;

	for (unsigned i = 0; i < f->nhierarchies; i++) {
		const char *mount = f->hierarchies[i].mountpoint;
		size_t len = mount ? strlen(mount) : 0;

		if (len > longest && !strncmp(path, mount, len) &&
		    (path[len] == '/' || !path[len])) {
			longest = len;
			name = f->hierarchies[i].name;
		}
	}
	return name;
}

/* Into the directory, or where @subs has it. */
static int join_recorded(const char *path, const struct oci_strings *subs,
			 const struct plan_facts *f, struct cgroup_join *j, struct hz_error *err)
{
	const char *hierarchy = subs->n ? hierarchy_of(f, path) : NULL;

	if (subs->n && !hierarchy)
		return error_set(err, HZ_E_STATE,
				 "--cgroup: the hierarchy of cgroup \"%s\" is not mounted", path);
	return join_one(path, hierarchy ? find_sub(subs, hierarchy) : NULL, j, err);
}

/* A create without rights on the cgroups has made some or none of them. */
static bool may_lack(const struct hz_error *err)
{
	return err->errnum == ENOENT || err->errnum == EACCES || err->errnum == EPERM;
}

int cgroup_join_open(const struct oci_strings *dirs, const struct oci_strings *subs,
		     const struct plan_facts *f, bool forgive, struct cgroup_join *ret,
		     struct hz_error *err)
{
	*ret = (struct cgroup_join){.unified = -1};
	for (size_t i = 0; i < subs->n; i++)
		if (check_sub(f, subs->items[i], subs->n, err))
			return -1;
	for (size_t i = 0; i < dirs->n && i < FACTS_HIERARCHIES; i++) {
		const char *path;
		unsigned removable;

		if (!cgroup_dir_parse(dirs->items[i], &removable, &path) ||
		    !join_recorded(path, subs, f, ret, err))
			continue;
		if (!forgive || subs->n || !may_lack(err)) {
			cgroup_join_close(ret);
			return -1;
		}
		hz_error_clear(err);
	}
	return 0;
}

void cgroup_join_close(struct cgroup_join *j)
{
	if (j->unified >= 0)
		fd_close(TAKE_FD(j->unified));
	for (; j->ntasks; j->ntasks--)
		if (j->tasks[j->ntasks - 1] >= 0)
			fd_close(j->tasks[j->ntasks - 1]);
}

/* "0::/x" of /proc/PID/cgroup: the path, cut out of @text; NULL: no such line. */
static const char *unified_path(char *text)
{
	char *line = strncmp(text, "0::/", 4) != 0 ? strstr(text, "\n0::/") : text;

	if (!line)
		return NULL;
	line = strstr(line, "::/") + 2;
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static int open_own(const char *path, const struct plan_facts *f, struct arena *a)
{
	for (unsigned i = 0; path && i < f->nhierarchies; i++) {
		const char *dir;

		if (f->hierarchies[i].name[0])
			continue;
		if (cgroup_dir_of(&f->hierarchies[i], path, a, &dir, NULL))
			return -ENOMEM;
		return dir ? cgroup_dir_open(dir) : -ENOENT;
	}
	return -ENOENT;
}

int cgroup_join_own(pid_t pid, const struct plan_facts *f)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct arena a = ARENA_INIT;
	char file[32];
	int r;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	r = file_read_at(AT_FDCWD, file, &text, 65536);
	if (!r)
		r = open_own(unified_path(text.data), f, &a);
	arena_done(&a);
	return r;
}
