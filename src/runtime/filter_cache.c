/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of seccomp profiles, kept from one create to the next: libseccomp needs milliseconds for
 * the profile of an engine, which is the same for nearly all containers.
 *
 * They lie in "hezi-seccomp" in /run, or in $XDG_RUNTIME_DIR: not below --root, where only state
 * directories are, and which is another one for each engine. The name of a file is the SHA-256 of
 * all that makes the program: the profile, word for word, the versions of hezi, libseccomp and the
 * kernel. In it are a sum over name and program, and the program. A file that is not ours alone or
 * whose sum is wrong is as good as none; nobody but its owner can write into the directory.
 * Whatever goes wrong here is no error: the program is built then.
 */
#include "runtime/filter.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/sha256.h"
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#define FILES_MAX 64
#define DIR_NAME  "hezi-seccomp"

static void add_u64(struct sha256 *s, uint64_t v)
{
	sha256_add(s, &v, sizeof(v));
}

/* With its length, so that no two lists of words look alike. */
static void add_str(struct sha256 *s, const char *text)
{
	size_t len = strlen(text);

	add_u64(s, len);
	sha256_add(s, text, len);
}

static void add_errno(struct sha256 *s, const struct oci_u32 *v)
{
	add_u64(s, v->set ? v->v + 1ull : 0);
}

static void add_strs(struct sha256 *s, const struct oci_strings *v)
{
	add_u64(s, v->n);
	for (size_t i = 0; i < v->n; i++)
		add_str(s, v->items[i]);
}

static void add_rule(struct sha256 *s, const struct oci_seccomp_rule *r)
{
	add_strs(s, &r->names);
	add_u64(s, (uint64_t)r->action.v);
	add_errno(s, &r->errno_ret);
	add_u64(s, r->args.n);
	for (size_t i = 0; i < r->args.n; i++) {
		const struct oci_seccomp_arg *a = &r->args.items[i];

		add_u64(s, a->index.v);
		add_u64(s, a->value.v);
		add_u64(s, a->value_two.v);
		add_u64(s, (uint64_t)a->op.v);
	}
}

void filter_cache_key(const struct oci_seccomp *profile, bool strict, struct filter_key *ret)
{
	const struct scmp_version *v = seccomp_version();
	struct utsname kernel = {0};
	struct sha256 s;

	uname(&kernel); /* cannot fail with a valid address */
	sha256_init(&s);
	add_str(&s, "hezi " HEZI_VERSION);
	add_u64(&s, FILTER_EDITION);
	add_u64(&s, (uint64_t)v->major << 32 | v->minor << 16 | v->micro);
	add_u64(&s, seccomp_arch_native());
	add_str(&s, kernel.release);
	add_u64(&s, strict);
	add_u64(&s, (uint64_t)profile->default_action.v);
	add_errno(&s, &profile->default_errno_ret);
	add_strs(&s, &profile->architectures);
	add_u64(&s, profile->syscalls.n);
	for (size_t i = 0; i < profile->syscalls.n; i++)
		add_rule(&s, &profile->syscalls.items[i]);
	sha256_end(&s, ret->hash);
	for (size_t i = 0; i < SHA256_SIZE; i++)
		snprintf(ret->name + 2 * i, 3, "%02x", ret->hash[i]);
}

static void sum_of(const struct filter_key *key, const void *prog, size_t len,
		   uint8_t ret[SHA256_SIZE])
{
	struct sha256 s;

	sha256_init(&s);
	sha256_add(&s, key->hash, sizeof(key->hash));
	sha256_add(&s, prog, len);
	sha256_end(&s, ret);
}

static bool is_private(int fd, mode_t type, mode_t mode)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_mode == (type | mode) && st.st_uid == geteuid();
}

static int open_in(const char *base, bool make)
{
	_cleanup_fd_ int fd = -1;
	char path[4096];

	if (snprintf(path, sizeof(path), "%s/" DIR_NAME, base) >= (int)sizeof(path))
		return -1;
	if (make && mkdir(path, 0700) && errno != EEXIST)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 && is_private(fd, S_IFDIR, 0700) ? TAKE_FD(fd) : -1;
}

/* Root of a user namespace may not write to /run. */
static int open_dir(bool make)
{
	const char *own = getenv("XDG_RUNTIME_DIR");
	int fd = geteuid() == 0 ? open_in("/run", make) : -1;

	return fd < 0 && own && own[0] == '/' ? open_in(own, make) : fd;
}

static bool read_file(int fd, const struct filter_key *key, struct buf *out)
{
	uint8_t sum[SHA256_SIZE];

	if (!is_private(fd, S_IFREG, 0600) || fd_read_all(fd, out, FILTER_SIZE_MAX + SHA256_SIZE) ||
	    out->len <= SHA256_SIZE || (out->len - SHA256_SIZE) % sizeof(struct sock_filter))
		return false;
	out->len -= SHA256_SIZE;
	sum_of(key, out->data + SHA256_SIZE, out->len, sum);
	if (memcmp(sum, out->data, SHA256_SIZE) != 0)
		return false;
	memmove(out->data, out->data + SHA256_SIZE, out->len);
	return true;
}

bool filter_cache_read(const struct filter_key *key, struct buf *out)
{
	_cleanup_fd_ int dir = open_dir(false), fd = -1;

	if (dir < 0)
		return false;
	fd = openat(dir, key->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return false;
	if (fd >= 0 && read_file(fd, key, out))
		return true;
	buf_done(out);
	*out = (struct buf)BUF_INIT;
	unlinkat(dir, key->name, 0); /* another one is written as soon as it is built */
	return false;
}

/* Remove the oldest files while there are more than fit. Best effort, as all of this. */
static void make_room(int dirfd)
{
	_cleanup_dir_ DIR *d = fdopendir(fcntl(dirfd, F_DUPFD_CLOEXEC, 3));
	char oldest[256] = "";
	struct timespec when = {0};
	const struct dirent *e;
	struct stat st;
	unsigned n = 0;

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.' || fstatat(dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (!n++ || st.st_mtim.tv_sec < when.tv_sec) {
			when = st.st_mtim;
			snprintf(oldest, sizeof(oldest), "%s", e->d_name);
		}
	}
	if (n > FILES_MAX)
		unlinkat(dirfd, oldest, 0);
}

void filter_cache_write(const struct filter_key *key, const struct buf *prog)
{
	_cleanup_fd_ int dir = open_dir(true), fd = -1;
	uint8_t sum[SHA256_SIZE];
	char path[32];

	if (dir < 0)
		return;
	fd = openat(dir, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	sum_of(key, prog->data, prog->len, sum);
	if (fchmod(fd, 0600) || fd_write_all(fd, sum, sizeof(sum)) ||
	    fd_write_all(fd, prog->data, prog->len))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!linkat(AT_FDCWD, path, dir, key->name, AT_SYMLINK_FOLLOW))
		make_room(dir);
}
