/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state directories: <root>/<id>/, mode 0700, the lock is flock(2) on the directory itself.
 *
 *   record.json   see record.h
 *   plan          the plan's bytes: all that start and delete need of the configuration
 *   config.json   as it was at create, for exec
 *   start         socket of an init that waits to be started
 *
 * delete renames <id> to ~<id> before it removes it; '~' is in no id, so what a killed delete
 * leaves can be told and swept.
 */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define ID_MAX 200 /* the id, "~" and ".tmp" have to fit into a file name */

int store_check_id(const char *id, struct hz_error *err)
{
	if (!id || !*id)
		return error_set(err, HZ_E_USAGE, "container id cannot be empty");
	if (strlen(id) > ID_MAX)
		return error_set(err, HZ_E_USAGE,
				 "invalid container ID format: longer than %d characters", ID_MAX);
	if (!strcmp(id, ".") || !strcmp(id, ".."))
		return error_set(err, HZ_E_USAGE, "invalid container ID format: \"%s\"", id);
	for (const char *p = id; *p; p++) {
		bool ok = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			  (*p >= '0' && *p <= '9') || strchr("_+-.", *p);

		if (!ok)
			return error_set(err, HZ_E_USAGE,
					 "invalid container ID format: only letters, digits and "
					 "the characters _ + - . are allowed");
	}
	return 0;
}

/* mkdir -p: the components of a root that is not there yet */
static int make_root(char *path)
{
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0711) && errno != EEXIST) {
			int r = -errno;

			*p = '/';
			return r;
		}
		*p = '/';
	}
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

int store_open_root(hz_runtime *rt, bool create, struct hz_error *err)
{
	int r;

	if (rt->rootfd >= 0)
		return 0;
	rt->rootfd = open(rt->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rt->rootfd < 0 && errno == ENOENT && create) {
		r = make_root(rt->root);
		if (r)
			return error_sys(err, -r, "mkdir", rt->root,
					 "create the state directory \"%s\"", rt->root);
		rt->rootfd = open(rt->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (rt->rootfd < 0)
		return error_sys(err, errno, "open", rt->root, "open the state directory \"%s\"",
				 rt->root);
	return 0;
}

static int open_dir(hz_runtime *rt, const char *id)
{
	return openat(rt->rootfd, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* The record says what is killed, removed and run: in a folder that others can write to (--root
 * below /tmp, a wrong XDG_RUNTIME_DIR) it must not be somebody else's. */
static int check_owner(int dirfd, const char *id, struct hz_error *err)
{
	struct stat st;

	if (fstat(dirfd, &st))
		return error_sys(err, errno, "fstat", id,
				 "look at the state directory of container \"%s\"", id);
	if (st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return 0;
	error_set(err, HZ_E_SYSTEM,
		  "the state directory of container \"%s\" belongs to user %u, or others may "
		  "write to it: it is not used",
		  id, (unsigned)st.st_uid);
	return error_hint(err, "run hezi as the user that made the container, or choose another "
			       "--root");
}

static int not_found(const char *id, struct hz_error *err)
{
	error_set(err, HZ_E_NOT_FOUND, "container does not exist: \"%s\"", id);
	if (err)
		snprintf(err->object, sizeof(err->object), "%s", id);
	return -1;
}

int store_open(hz_runtime *rt, const char *id, int *ret_dirfd, struct hz_error *err)
{
	int fd;

	if (store_check_id(id, err))
		return -1;
	if (store_open_root(rt, false, err))
		return err && err->errnum == ENOENT ? not_found(id, err) : -1;
	fd = open_dir(rt, id);
	if (fd < 0 && errno == ENOENT)
		return not_found(id, err);
	if (fd < 0)
		return error_sys(err, errno, "openat", id, "open the state of container \"%s\"",
				 id);
	if (check_owner(fd, id, err)) {
		fd_close(fd);
		return -1;
	}
	*ret_dirfd = fd;
	return 0;
}

/* LOCK_EX without waiting: 0, -EWOULDBLOCK when another operation has it, -ENOENT when the
 * directory was removed meanwhile (it has no links left), -errno. */
static int try_lock(int dirfd)
{
	struct stat st;
	int r;

	do
		r = flock(dirfd, LOCK_EX | LOCK_NB);
	while (r && errno == EINTR);
	if (r || fstat(dirfd, &st))
		return -errno;
	return st.st_nlink ? 0 : -ENOENT;
}

static int make_failed(hz_runtime *rt, const char *id, int errnum, const char *call,
		       struct hz_error *err)
{
	unlinkat(rt->rootfd, id, AT_REMOVEDIR); /* best effort: nothing is in it */
	return error_sys(err, errnum, call, id, "%s the state directory of container \"%s\"",
			 strcmp(call, "flock") != 0 ? "open" : "lock", id);
}

/*
 * What a create that was killed before its first record leaves is no container: a directory with at
 * most the beginning of a record in it, and the lock is free. What holds anything else stays: rmdir
 * fails. It may be the directory of a create that has not locked it yet; that one gives up then.
 */
static bool remove_unfinished(hz_runtime *rt, const char *id)
{
	_cleanup_fd_ int fd = open_dir(rt, id);
	struct stat st;

	if (fd < 0 || check_owner(fd, id, NULL) ||
	    !fstatat(fd, RECORD_FILE, &st, AT_SYMLINK_NOFOLLOW) || try_lock(fd))
		return false;
	unlinkat(fd, "." RECORD_FILE ".tmp", 0); /* mostly there is none */
	return !unlinkat(rt->rootfd, id, AT_REMOVEDIR);
}

static int make_dir(hz_runtime *rt, const char *id)
{
	if (!mkdirat(rt->rootfd, id, 0700))
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (!remove_unfinished(rt, id))
		return -EEXIST;
	return mkdirat(rt->rootfd, id, 0700) ? -errno : 0;
}

int store_create(hz_runtime *rt, const char *id, int *ret_dirfd, struct hz_error *err)
{
	_cleanup_fd_ int fd = -1;
	int r;

	if (store_check_id(id, err) || store_open_root(rt, true, err))
		return -1;
	r = make_dir(rt, id);
	if (r == -EEXIST) {
		error_set(err, HZ_E_EXISTS, "container with given ID already exists: \"%s\"", id);
		return error_hint(err, "choose another id, or remove it with \"hezi delete %s\"",
				  id);
	}
	if (r)
		return error_sys(err, -r, "mkdirat", id,
				 "create the state directory of container \"%s\"", id);
	fd = open_dir(rt, id);
	if (fd < 0 && errno != ENOENT)
		return make_failed(rt, id, errno, "openat", err);
	if (fd >= 0 && check_owner(fd, id, err)) {
		unlinkat(rt->rootfd, id, AT_REMOVEDIR); /* made above; best effort */
		return -1;
	}
	r = fd < 0 ? -ENOENT : try_lock(fd);
	if (r && r != -EWOULDBLOCK && r != -ENOENT)
		return make_failed(rt, id, -r, "flock", err);
	if (r)
		return error_set(err, HZ_E_BUSY,
				 "another create or delete of container \"%s\" came first", id);
	*ret_dirfd = TAKE_FD(fd);
	return 0;
}

/* close(2) alone would keep the lock for as long as a child of another thread, which has not
 * executed its program yet, has a copy of the descriptor. */
void store_unlock(int dirfd)
{
	flock(dirfd, LOCK_UN); /* cannot fail on an open directory */
	fd_close(dirfd);
}

bool store_is_locked(int dirfd)
{
	if (flock(dirfd, LOCK_SH | LOCK_NB))
		return true;
	flock(dirfd, LOCK_UN); /* cannot fail on a lock that is held */
	return false;
}

int store_lock(hz_runtime *rt, const char *id, unsigned timeout_ms, int *ret_dirfd,
	       struct hz_error *err)
{
	_cleanup_fd_ int fd = -1;
	unsigned waited_us = 0, pause_us = 500;
	int r;

	if (store_open(rt, id, &fd, err))
		return -1;
	while ((r = try_lock(fd)) == -EWOULDBLOCK) {
		struct timespec t = {.tv_nsec = pause_us * 1000L};

		if (waited_us / 1000 >= timeout_ms) {
			error_set(err, HZ_E_BUSY,
				  "another operation on container \"%s\" is in progress", id);
			return error_hint(err,
					  "wait for it to end, or use \"hezi delete --force\"");
		}
		nanosleep(&t, NULL);
		waited_us += pause_us;
		if (pause_us < 20000)
			pause_us *= 2;
	}
	if (r == -ENOENT)
		return not_found(id, err);
	if (r)
		return error_sys(err, -r, "flock", id, "lock container \"%s\"", id);
	*ret_dirfd = TAKE_FD(fd);
	return 0;
}

/* Any files; of directories it holds the one of the notify socket. */
static int remove_files(int rootfd, const char *name, bool deeper)
{
	_cleanup_dir_ DIR *d = NULL;
	_cleanup_fd_ int fd = openat(rootfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	const struct dirent *e;
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	d = fdopendir(fd);
	if (!d)
		return -errno;
	TAKE_FD(fd);
	while ((errno = 0, e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (!unlinkat(dirfd(d), e->d_name, 0) || errno == ENOENT)
			continue;
		if (errno != EISDIR || !deeper)
			return -errno;
		r = remove_files(dirfd(d), e->d_name, false);
		if (r || (unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR) && errno != ENOENT))
			return r ? r : -errno;
	}
	return -errno;
}

/* Ends with the directory gone, or -errno. Tried again when another container of the same id has
 * taken the place meanwhile. */
static int remove_dir(int rootfd, const char *name)
{
	struct stat st;
	int r = 0;

	for (int tries = 0; tries < 10 && !r; tries++) {
		if (!unlinkat(rootfd, name, AT_REMOVEDIR) || errno == ENOENT)
			return 0;
		if (errno == EROFS && fstatat(rootfd, name, &st, AT_SYMLINK_NOFOLLOW) &&
		    errno == ENOENT)
			return 0; /* a read-only file system says EROFS before it looks */
		if (errno != ENOTEMPTY && errno != EEXIST)
			return -errno;
		r = remove_files(rootfd, name, true);
	}
	return r ? r : -ENOTEMPTY;
}

static void away_name(const char *id, char to[ID_MAX + 2])
{
	snprintf(to, ID_MAX + 2, "~%s", id);
}

static int sweep_failed(const char *id, const char *away, int r, struct hz_error *err)
{
	return error_sys(err, -r, "unlinkat", away, "remove what is left of container \"%s\"", id);
}

int store_sweep(hz_runtime *rt, const char *id, struct hz_error *err)
{
	char away[ID_MAX + 2];
	int r;

	away_name(id, away);
	r = remove_dir(rt->rootfd, away);
	return r ? sweep_failed(id, away, r, err) : 0;
}

/* What there is as a rule goes through the descriptor that is open anyway, so that a create which
 * fails for want of descriptors can still be undone. */
static void remove_known(int dirfd)
{
	/* the record last: without it, who has opened the directory before finds nothing else */
	static const char *const files[] = {"config.json", "plan", INIT_START_SOCKET, RECORD_FILE};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlinkat(dirfd, files[i], 0); /* what stays is found by remove_dir() */
}

int store_remove(hz_runtime *rt, const char *id, int dirfd, struct hz_error *err)
{
	char away[ID_MAX + 2];
	int r = 0;

	away_name(id, away);
	while (renameat(rt->rootfd, id, rt->rootfd, away) && errno != ENOENT) {
		if (errno != ENOTEMPTY && errno != EEXIST)
			return error_sys(err, errno, "renameat", id,
					 "remove the state directory of container \"%s\"", id);
		r = remove_dir(rt->rootfd, away); /* a delete was killed there */
		if (r)
			return sweep_failed(id, away, r, err);
	}
	remove_known(dirfd);
	r = remove_dir(rt->rootfd, away);
	return r ? sweep_failed(id, away, r, err) : 0;
}

int store_read(int dirfd, const char *name, struct buf *ret, size_t max, struct hz_error *err)
{
	int r = file_read_regular_at(dirfd, name, ret, max);

	if (r == -EMEDIUMTYPE) {
		error_set(err, HZ_E_CONFIG, "%s in the state directory is not a regular file",
			  name);
		error_hint(err, "the state is damaged; \"hezi delete --force\" removes what is "
				"left of the container");
	} else if (r) {
		error_sys(err, -r, "read", name, "read %s in the state directory", name);
	}
	return r;
}

/* The first two words are those of all versions. */
static int check_plan_version(const struct buf *text, struct hz_error *err)
{
	uint32_t words[2];

	if (text->len < sizeof(words))
		return 0; /* damaged */
	memcpy(words, text->data, sizeof(words));
	if (words[0] != PLAN_MAGIC || words[1] == PLAN_VERSION)
		return 0;
	error_set(err, HZ_E_UNSUPPORTED,
		  "the container was created by another version of hezi (plan version %u, this "
		  "version knows %u)",
		  words[1], PLAN_VERSION);
	return error_hint(err, "use that version of hezi, or delete the container and create it "
			       "again");
}

int store_read_plan(int dirfd, struct plan *ret, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r = store_read(dirfd, "plan", &text, PLAN_MAX, err);
	struct plan_header *h;

	if (r == -ENOENT)
		return error_set(err, HZ_E_NOT_FOUND, "the container's plan is missing");
	if (r)
		return -1;
	if (check_plan_version(&text, err))
		return -1;
	if (plan_verify(text.data, text.len, err))
		return error_prefix(err, "the container's plan is damaged");
	h = (struct plan_header *)(void *)text.data;
	if (h->flags & (PLAN_F_UPDATE | PLAN_F_EXEC))
		return error_set(err, HZ_E_INTERNAL,
				 "the container's plan is damaged: it is not the plan of a create");
	text.data = NULL;
	*ret = (struct plan){.h = h, .size = text.len};
	return 0;
}
