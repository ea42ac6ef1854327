/* SPDX-License-Identifier: Apache-2.0 */
/* The unified tree: which controllers are on, and who owns it. */
#include "cgroup/internal.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUSY_TRIES 50 /* of 1 ms: a process that is just leaving the parent */

struct enabling {
	struct cgroup *cg;
	const struct cgroup_controllers *c;
};

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

/* Those that work below a cgroup with processes, by threads (cgroup-v2, "Threads"). */
static bool is_threaded(const char *controller)
{
	return cgroup_has_word("cpu cpuset perf_event pids", controller);
}

static bool has_domain(const struct plan_header *h, struct plan_vec controllers)
{
	for (uint32_t i = 0; i < controllers.n; i++)
		if (!is_threaded(plan_item(h, controllers, i)))
			return true;
	return false;
}

static bool needs_domain(const struct enabling *e)
{
	return has_domain(e->c->h, e->c->needed);
}

static bool is_type(int dirfd, const char *type)
{
	char text[64];

	return !cgroup_read(dirfd, "cgroup.type", text, sizeof(text)) && !strcmp(text, type);
}

/* It holds processes of its own, and is not the root of all, which alone may. */
static bool is_occupied(int dirfd)
{
	char text[64];
	int r = cgroup_read(dirfd, "cgroup.procs", text, sizeof(text));

	if (r == -EOPNOTSUPP)
		r = cgroup_read(dirfd, "cgroup.threads", text, sizeof(text));
	return !r && text[0] && !cgroup_read(dirfd, "cgroup.type", text, sizeof(text));
}

static bool stays_occupied(const struct enabling *e, int dirfd)
{
	struct timespec ms = {.tv_nsec = 1000000};

	for (int i = 0; is_occupied(dirfd); i++) {
		if (i == BUSY_TRIES || !needs_domain(e))
			return true;
		nanosleep(&ms, NULL);
	}
	return false;
}

/* "/a/b/": the cgroups directly below; -errno. */
static int list_children(int dirfd, struct buf *b)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_dir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!d && fd >= 0)
		fd_close(fd);
	if (!d)
		return -errno;
	buf_addc(b, '/');
	while ((errno = 0, e = readdir(d)))
		if (e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			buf_printf(b, "%s/", e->d_name);
	return b->failed ? -ENOMEM : -errno;
}

/* @text: "+cpu +pids". Noted with the cgroups that are there, the container's own among them. */
static int switch_on(const struct enabling *e, int dirfd, const char *path, const char *text)
{
	struct buf *note = e->cg->switched;
	size_t before = note ? note->len : 0;
	int r = cgroup_write(dirfd, "cgroup.subtree_control", text);

	if (r || !note)
		return r;
	buf_add(note, path, strlen(path) + 1);
	buf_add(note, text, strlen(text) + 1);
	if (list_children(dirfd, note))
		note->len = before;
	else
		buf_addc(note, '\0');
	return 0;
}

static void note_busy(struct cgroup *cg, const char *path)
{
	if (!cg->busy)
		cg->busy = strdup(path); /* only the hint is poorer without it */
}

/* Below a cgroup with processes only threaded controllers can be on, and even they make the cgroups
 * below it unusable for all who do not know: no more than the limits need, and nothing where one of
 * them cannot be had. */
static int enable_occupied(const struct enabling *e, int dirfd, const char *path, const char *have,
			   const char *on)
{
	char text[1024];
	int r;

	if (!switches(e->c->h, e->c->needed, have, on, text, sizeof(text)))
		return 0;
	r = needs_domain(e) ? -EBUSY : switch_on(e, dirfd, path, text);
	if (r == -EBUSY)
		note_busy(e->cg, path);
	return r;
}

/* All in one write, which is one walk through the tree for the kernel; if one of them is refused,
 * each on its own. */
static int enable_level(const struct enabling *e, int dirfd, const char *path)
{
	char on[1024], have[1024], text[1024], *save = NULL;
	int r = cgroup_read(dirfd, "cgroup.subtree_control", on, sizeof(on)), why = 0;

	if (!r)
		r = cgroup_read(dirfd, "cgroup.controllers", have, sizeof(have));
	if (r || !switches(e->c->h, e->c->wanted, have, on, text, sizeof(text)))
		return r;
	if (!stays_occupied(e, dirfd)) {
		r = switch_on(e, dirfd, path, text);
		if (!r)
			return 0;
	}
	if (is_occupied(dirfd))
		return enable_occupied(e, dirfd, path, have, on);
	for (char *c = strtok_r(text, " ", &save); c; c = strtok_r(NULL, " ", &save)) {
		int one = switch_on(e, dirfd, path, c);

		if (one && !why)
			why = one;
	}
	return why;
}

/* Below a threaded cgroup, or one with processes and controllers, a new one can hold processes only
 * when it is threaded too, and those above it first. */
static int make_threaded(int dirfd)
{
	return is_type(dirfd, "domain invalid") ? cgroup_write(dirfd, "cgroup.type", "threaded")
						: 0;
}

/* @threaded: first make the level so. 0, or the first -errno. */
static int each_level(const struct enabling *e, const char *path, size_t root, bool threaded)
{
	_cleanup_free_ char *level = strdup(path);
	int why = level ? 0 : -ENOMEM;

	for (char *p = level ? level + root : NULL; p && *p; p = strchr(p + 1, '/')) {
		_cleanup_fd_ int fd = -1;
		int r;

		*p = '\0';
		fd = cgroup_dir_open(level);
		r = fd < 0 ? fd : threaded ? make_threaded(fd) : 0;
		if (!r)
			r = enable_level(e, fd, level);
		*p = '/';
		if (r && !why)
			why = r;
	}
	return why;
}

static int go_threaded(const struct enabling *e, const struct cgroup_dir *leaf, const char *path,
		       struct hz_error *err)
{
	int why = each_level(e, path, strlen(leaf->hierarchy->mountpoint), true);
	int r = make_threaded(leaf->fd);

	e->cg->why = -why;
	if (!r)
		return 0;
	error_sys(err, -r, "write", "cgroup.type", "make cgroup \"%s\" threaded", path);
	return error_hint(err, "a cgroup above it holds processes, or is threaded, and cannot have "
			       "both these and the container below it; choose another "
			       "linux.cgroupsPath");
}

int cgroup_v2_enable(struct cgroup *cg, const struct cgroup_dir *leaf, const char *path,
		     const struct cgroup_controllers *c, struct hz_error *err)
{
	const struct enabling e = {cg, c};
	bool on = c->wanted.n && all_on(leaf->fd, "cgroup.controllers", c->h, c->wanted);

	cg->why = 0;
	/* below a threaded cgroup no domain controller would be on */
	if (on && has_domain(c->h, c->wanted))
		return 0;
	if (c->wanted.n && !on)
		cg->why = -each_level(&e, path, strlen(leaf->hierarchy->mountpoint), false);
	if ((!c->wanted.n && cg->mode != PLAN_CGROUP_V2) || !is_type(leaf->fd, "domain invalid"))
		return 0;
	if (!needs_domain(&e))
		return go_threaded(&e, leaf, path, err);
	if (!cg->why)
		cg->why = EOPNOTSUPP; /* told of by the value that needs it */
	return 0;
}

/* --- taking it back --- */

static const char *next_text(const char **at, const char *end)
{
	const char *text = *at;

	*at = text < end ? text + strlen(text) + 1 : text;
	return text < end ? text : "";
}

/* Is each word of @now, a list of list_children(), in @then too? */
static bool is_part(const char *now, const char *then)
{
	for (const char *p = now, *end; (end = strchr(p + 1, '/')); p = end)
		if (!memmem(then, strlen(then), p, (size_t)(end - p) + 1))
			return false;
	return true;
}

/* Only if no cgroup is new there: others may rely on the controllers by now. */
static void take_back_one(const char *path, const char *text, const char *then)
{
	_cleanup_fd_ int fd = cgroup_dir_open(path);
	_cleanup_buf_ struct buf now = BUF_INIT;
	char off[1024];

	if (fd < 0 || list_children(fd, &now) || !now.data || !is_part(now.data, then))
		return;
	snprintf(off, sizeof(off), "%s", text);
	for (char *p = off; (p = strchr(p, '+')); p++)
		*p = '-';
	(void)cgroup_write(fd, "cgroup.subtree_control", off); /* EBUSY: one below has it on */
}

void cgroup_take_back(const struct buf *switched)
{
	const char *at = switched->data, *end = at ? at + switched->len : at;
	const char *rows[256][3];
	size_t n = 0;

	for (; at < end && n < ARRAY_SIZE(rows); n++)
		for (size_t i = 0; i < ARRAY_SIZE(rows[n]); i++)
			rows[n][i] = next_text(&at, end);
	while (n--) /* the lowest level first */
		take_back_one(rows[n][0], rows[n][1], rows[n][2]);
}

/* --- who is in the way --- */

static void add_name(struct buf *b, unsigned long pid)
{
	char file[48], name[32];

	if (!pid) {
		buf_adds(b, "one of another pid namespace");
		return;
	}
	snprintf(file, sizeof(file), "/proc/%lu/comm", pid);
	if (cgroup_read(AT_FDCWD, file, name, sizeof(name)))
		name[0] = '\0';
	for (char *p = name; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	buf_printf(b, "%lu (%s)", pid, name);
}

void cgroup_v2_holders(const char *path, struct buf *b)
{
	_cleanup_fd_ int fd = cgroup_dir_open(path);
	_cleanup_buf_ struct buf text = BUF_INIT;
	char *save = NULL;
	int n = 0;

	if (fd < 0 || file_read_at(fd, "cgroup.procs", &text, 1 << 20) || !text.data)
		return;
	for (char *line = strtok_r(text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		unsigned long pid = strtoul(line, NULL, 10);

		if (pid == (unsigned long)getpid() || ++n > 5)
			continue;
		buf_adds(b, n > 1 ? ", " : "");
		add_name(b, pid);
	}
	if (n > 5)
		buf_printf(b, " and %d more", n - 5);
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
