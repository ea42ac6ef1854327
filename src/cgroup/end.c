/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a container's cgroups, from the recorded directories alone: find the processes, kill
 * them, remove the tree. Only directories on a cgroup file system are touched (cgroup_dir_open),
 * links are never followed.
 */
#include "cgroup/internal.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DEPTH_MAX  64
#define TIMEOUT_MS 10000
/* Descriptors at once. */
#define SIGNAL_BATCH 256

struct pids {
	pid_t *items;
	size_t n, cap;
};

static int add_pid(struct pids *p, pid_t pid)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 64;
		pid_t *items = reallocarray(p->items, cap, sizeof(*items));

		if (!items)
			return -ENOMEM;
		p->items = items;
		p->cap = cap;
	}
	p->items[p->n++] = pid;
	return 0;
}

static int read_pids(int dirfd, const char *file, struct pids *p)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char *save = NULL;
	int r = file_read_at(dirfd, file, &text, 64 << 20);

	/* a threaded cgroup of v2 answers only through cgroup.threads; one that is just gone holds
	 * nobody */
	if (r == -EOPNOTSUPP && !strcmp(file, "cgroup.procs"))
		return read_pids(dirfd, "cgroup.threads", p);
	if (r)
		return r == -ENOENT || r == -ENODEV ? 0 : r;
	for (char *line = strtok_r(text.data, "\n", &save); line && !r;
	     line = strtok_r(NULL, "\n", &save)) {
		pid_t pid = (pid_t)strtol(line, NULL, 10);

		if (pid > 0) /* 0: not visible in our pid namespace */
			r = add_pid(p, pid);
	}
	return r;
}

/* Call @visit on each directory of the tree, children first. */
static int walk(int dirfd, unsigned depth, int (*visit)(int dirfd, void *arg), void *arg)
{
	_cleanup_fd_ int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_dir_ DIR *d = NULL;
	const struct dirent *e;
	int r = 0;

	if (fd < 0)
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	if (depth > DEPTH_MAX)
		return -ELOOP;
	d = fdopendir(fd);
	if (!d)
		return -errno;
	TAKE_FD(fd);
	while (!r && (errno = 0, e = readdir(d))) {
		_cleanup_fd_ int child = -1;

		if (e->d_type != DT_DIR || !strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		child = openat(dirfd, e->d_name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child < 0)
			continue; /* gone meanwhile */
		r = walk(child, depth + 1, visit, arg);
	}
	return r ? r : visit(dirfd, arg);
}

static int visit_pids(int dirfd, void *arg)
{
	return read_pids(dirfd, "cgroup.procs", arg);
}

static int compare(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return x < y ? -1 : x > y;
}

static void sort_unique(struct pids *p)
{
	size_t n = 0;

	if (!p->n)
		return;
	qsort(p->items, p->n, sizeof(*p->items), compare);
	for (size_t i = 0; i < p->n; i++)
		if (!n || p->items[n - 1] != p->items[i])
			p->items[n++] = p->items[i];
	p->n = n;
}

static int collect(const struct oci_strings *dirs, struct pids *p, struct hz_error *err)
{
	for (size_t i = 0; i < dirs->n; i++) {
		_cleanup_fd_ int fd = -1;
		const char *path;
		unsigned n;
		int r = cgroup_recorded_open(dirs, i, &fd, &n, &path, err);

		if (r < 0)
			return -1;
		r = r ? walk(fd, 0, visit_pids, p) : 0;
		if (r)
			return error_sys(err, -r, "read", path,
					 "list the processes of cgroup \"%s\"", path);
	}
	sort_unique(p);
	return 0;
}

int cgroup_count(int dirfd, size_t *ret_n)
{
	struct pids p = {0};
	int r = walk(dirfd, 0, visit_pids, &p);

	sort_unique(&p);
	*ret_n = p.n;
	free(p.items);
	return r;
}

int cgroup_procs(const struct oci_strings *dirs, pid_t **ret, size_t *ret_n, struct hz_error *err)
{
	struct pids p = {0};

	if (collect(dirs, &p, err)) {
		free(p.items);
		return -1;
	}
	*ret = p.items;
	*ret_n = p.n;
	return 0;
}

static bool is_listed(const struct pids *p, pid_t pid)
{
	return p->n && bsearch(&pid, p->items, p->n, sizeof(pid), compare);
}

/* -errno. Without a pidfd: the id of a thread, of a threaded cgroup, for which kill(2) reaches the
 * process; or no descriptors are left. */
static int signal_one(int pidfd, pid_t pid, int sig)
{
	long r = pidfd < 0 ? kill(pid, sig) : syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);

	return r && errno != ESRCH ? -errno : 0;
}

/*
 * A pid of the list may belong to another process by now. The process of a pidfd has the pid until
 * it ends, so where the list has the pid still, it is the one, or it has ended and gets nothing.
 */
static int signal_some(const struct oci_strings *dirs, const pid_t *pids, size_t n, int sig,
		       struct hz_error *err)
{
	struct pids now = {0};
	int fds[SIGNAL_BATCH], r, e = 0;

	for (size_t i = 0; i < n; i++)
		fds[i] = (int)syscall(SYS_pidfd_open, pids[i], 0);
	r = collect(dirs, &now, err);
	for (size_t i = 0; i < n; i++) {
		if (!r && is_listed(&now, pids[i]))
			e = signal_one(fds[i], pids[i], sig);
		if (!r && e)
			r = error_sys(err, -e, fds[i] < 0 ? "kill" : "pidfd_send_signal", NULL,
				      "send signal %d to process %d", sig, pids[i]);
		if (fds[i] >= 0)
			fd_close(fds[i]);
	}
	free(now.items);
	return r;
}

static int signal_all(const struct oci_strings *dirs, int sig, size_t *ret_n, struct hz_error *err)
{
	struct pids p = {0};
	int r = collect(dirs, &p, err);

	*ret_n = p.n;
	for (size_t i = 0; !r && i < p.n; i += SIGNAL_BATCH)
		r = signal_some(dirs, p.items + i, p.n - i < SIGNAL_BATCH ? p.n - i : SIGNAL_BATCH,
				sig, err);
	free(p.items);
	return r;
}

/* cgroup.kill (Linux 5.14) reaches every process at once, forks included. True when one tree holds
 * it. */
static bool kill_at_once(const struct oci_strings *dirs)
{
	bool done = false;

	for (size_t i = 0; i < dirs->n; i++) {
		_cleanup_fd_ int fd = -1;
		const char *path;
		unsigned n;

		if (cgroup_recorded_open(dirs, i, &fd, &n, &path, NULL) > 0 &&
		    !cgroup_write(fd, "cgroup.kill", "1"))
			done = true;
	}
	return done;
}

/* Of v1, and not THAWED. The top has no such file. */
static bool is_stopped(int dirfd)
{
	char text[64];

	return !cgroup_read(dirfd, "freezer.state", text, sizeof(text)) &&
	       strcmp(text, "THAWED") != 0;
}

/* The first cgroup above @path that is not frozen; -errno. */
static int open_thawed_above(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);

	for (char *slash = copy ? strrchr(copy, '/') : NULL; slash && slash != copy;
	     slash = strrchr(copy, '/')) {
		_cleanup_fd_ int fd = -1;

		*slash = '\0';
		fd = cgroup_dir_open(copy);
		if (fd < 0 || !is_stopped(fd))
			return TAKE_FD(fd);
	}
	return -ENOENT;
}

/* What a frozen cgroup of v1 holds does not even die of SIGKILL, and the container cannot be thawed
 * while one above it is frozen. Moved to where nothing is, the processes end before they do
 * anything else. */
static void move_out(const struct oci_strings *dirs)
{
	const char *path = cgroup_freezer_path(dirs);
	_cleanup_fd_ int fd = path ? cgroup_dir_open(path) : -1, above = -1;
	struct pids p = {0};
	char text[16];

	if (fd < 0 || !is_stopped(fd))
		return;
	above = open_thawed_above(path);
	if (above >= 0 && !walk(fd, 0, visit_pids, &p))
		for (size_t i = 0; i < p.n; i++) {
			snprintf(text, sizeof(text), "%d", p.items[i]);
			(void)cgroup_write(above, "cgroup.procs", text); /* or it is gone by now */
		}
	free(p.items);
}

int cgroup_kill(const struct oci_strings *dirs, int sig, struct hz_error *err)
{
	unsigned waited_us = 0, pause_us = 500, frozen = 0;
	size_t n;

	if (sig != SIGKILL)
		return signal_all(dirs, sig, &n, err);
	for (;;) {
		struct timespec t = {.tv_nsec = pause_us * 1000L};

		if (kill_at_once(dirs))
			n = 1;
		else if (!cgroup_freezer_write(
				 dirs, true,
				 &frozen)) /* nobody forks while we go through the list */
			n = 0;
		if (signal_all(dirs, sig, &n, err))
			return -1;
		if ((frozen || waited_us) && cgroup_thaw(dirs, err))
			return -1;
		if (!n)
			return 0;
		if (waited_us)
			move_out(dirs);
		if (waited_us / 1000 >= TIMEOUT_MS)
			return error_set(err, HZ_E_BUSY,
					 "%zu process(es) of the container did not end within %d s "
					 "of SIGKILL",
					 n, TIMEOUT_MS / 1000);
		nanosleep(&t, NULL);
		waited_us += pause_us;
		if (pause_us < 20000)
			pause_us *= 2;
	}
}

static int remove_child(int at, const char *name, unsigned depth);

static int remove_children(DIR *d, unsigned depth)
{
	const struct dirent *e;
	int ret = 0;

	while ((errno = 0, e = readdir(d)))
		if (e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0) {
			int r = remove_child(dirfd(d), e->d_name, depth + 1);

			ret = ret ? ret : r;
		}
	return ret;
}

static int remove_child(int at, const char *name, unsigned depth)
{
	_cleanup_fd_ int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_dir_ DIR *d = NULL;
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (depth > DEPTH_MAX)
		return -ELOOP;
	d = fdopendir(fd);
	if (!d)
		return -errno;
	TAKE_FD(fd);
	r = remove_children(d, depth);
	if (r)
		return r;
	return unlinkat(at, name, AT_REMOVEDIR) && errno != ENOENT ? -errno : 0;
}

/* The leaf with all below it; -EBUSY while a process is in it. */
static int remove_leaf(const char *path)
{
	if (!rmdir(path) || errno == ENOENT)
		return 0;
	return errno == EBUSY || errno == ENOTEMPTY ? remove_child(AT_FDCWD, path, 0) : -errno;
}

static int remove_until_free(const struct oci_strings *dirs, const char *path, struct hz_error *err)
{
	unsigned waited_us = 0, pause_us = 200;
	int r;

	while ((r = remove_leaf(path)) == -EBUSY && waited_us / 1000 < TIMEOUT_MS) {
		struct timespec t = {.tv_nsec = pause_us * 1000L};

		/* the processes are gone from the list a moment before they are gone from the
		 * cgroup */
		if (cgroup_kill(dirs, SIGKILL, err))
			return -1;
		nanosleep(&t, NULL);
		waited_us += pause_us;
		if (pause_us < 20000)
			pause_us *= 2;
	}
	if (!r)
		return 0;
	error_sys(err, -r, "rmdir", path, "remove cgroup \"%s\"", path);
	return error_hint(err, "processes are left in it that cannot be killed");
}

/* Ancestors that were made for this container go too, if nobody else uses them by now; and those
 * that were made for another one, which is gone already (the containers of a pod). */
static void remove_ancestors(const char *path, unsigned n)
{
	_cleanup_free_ char *copy = strdup(path);

	for (; copy; n -= n > 0) {
		char *slash = strrchr(copy, '/');
		int fd;

		if (!slash || slash == copy)
			return;
		*slash = '\0';
		if (n <= 1 && !cgroup_is_shared(copy))
			return;
		fd = cgroup_dir_open(copy);
		if (fd == -ENOENT)
			continue;
		if (fd < 0)
			return;
		fd_close(fd);
		if (rmdir(copy) && errno != ENOENT)
			return; /* in use */
	}
}

/* It was there before the container, and stays: what is in it goes, and so does the device filter,
 * which the next one in it has not asked for. */
static int empty_found(const struct oci_strings *dirs, int dirfd, struct hz_error *err)
{
	_cleanup_dir_ DIR *d = NULL;
	int fd;

	if (cgroup_kill(dirs, SIGKILL, err))
		return -1;
	if (cgroup_dir_is_unified(dirfd))
		cgroup_bpf_detach(dirfd);
	fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, errno, "openat", ".", "look into the container's cgroup");
	d = fdopendir(fd);
	if (!d) {
		fd_close(fd);
		return error_oom(err);
	}
	(void)remove_children(d, 0); /* one that is in use is not the container's */
	return 0;
}

/* The directory nearest to @path that exists is on a cgroup file system. */
static bool is_below_cgroup(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);
	int fd = -ENOENT;

	for (char *slash = copy ? strrchr(copy, '/') : NULL;
	     fd == -ENOENT && slash && slash != copy; slash = strrchr(copy, '/')) {
		*slash = '\0';
		fd = cgroup_dir_open(copy);
	}
	if (fd >= 0)
		fd_close(fd);
	return fd >= 0;
}

/* A missing directory is a removed cgroup only where its file system is mounted. One of a kernel
 * that was booted with other hierarchies is gone too: all that there are now can be seen. */
static int check_removed(const char *path, struct hz_error *err)
{
	int seen = is_below_cgroup(path) ? 1 : cgroup_all_in_sight(err);

	if (seen)
		return seen < 0 ? -1 : 0;
	error_set(err, HZ_E_STATE,
		  "remove cgroup \"%s\": its cgroup file system is not mounted here", path);
	return error_hint(err, "run hezi in the mount namespace that the container was created "
			       "in, or mount the cgroup file systems of this host there first");
}

static int destroy_one(const struct oci_strings *dirs, size_t i, bool patient, struct hz_error *err)
{
	_cleanup_fd_ int fd = -1;
	const char *path;
	unsigned n;
	int r = cgroup_recorded_open(dirs, i, &fd, &n, &path, err);

	if (r < 0)
		return -1;
	if (!patient)
		return r ? remove_leaf(path) : 0;
	if (r && !n)
		return empty_found(dirs, fd, err);
	if (r ? remove_until_free(dirs, path, err) : *path && check_removed(path, err))
		return -1;
	remove_ancestors(path, n);
	return 0;
}

/* One that cannot be removed does not keep the others; but what was waited for once is not waited
 * for in each hierarchy again. */
int cgroup_destroy(const struct oci_strings *dirs, struct hz_error *err)
{
	struct hz_error local = HZ_ERROR_INIT;
	bool patient = true;
	int ret = 0;

	err = err ? err : &local;
	for (size_t i = 0; i < dirs->n; i++) {
		if (!destroy_one(dirs, i, patient, ret ? NULL : err))
			continue;
		ret = -1;
		patient = err->code != HZ_E_BUSY && err->errnum != EBUSY;
	}
	hz_error_clear(&local);
	return ret;
}
