/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sys_openat2_walk() against openat2(2) itself: the same random paths through the same random trees
 * of directories and links have to give the same file or the same errno. Then renames during the
 * walk, and a filter that refuses the call.
 */
#include "tap.h"

#include "sys/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TREES 12
#define PATHS 600

static unsigned seed = 20260101;

static unsigned pick(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 8) % n;
}

static const char *const names[] = {"a", "b", "c", "d", "l", "m", "f", ".", "..", "self", "x"};

static void random_path(char *path, size_t size, unsigned most)
{
	unsigned n = 1 + pick(most);
	size_t len = 0;

	if (!pick(4))
		path[len++] = '/';
	while (n-- && len + 8 < size) {
		len += (size_t)sprintf(path + len, "%s",
				       names[pick(sizeof(names) / sizeof(*names))]);
		if (n || !pick(4))
			path[len++] = '/';
		if (!pick(16))
			path[len++] = '/';
	}
	path[len] = 0;
}

/* One object in the directory @dir: a file, a link, or a directory with objects of its own. */
static void plant(int dir, unsigned depth)
{
	char text[80];

	for (unsigned i = 0; i < 7; i++) {
		if (pick(3) == 0) {
			random_path(text, sizeof(text), 4);
			(void)!symlinkat(text, dir, names[i]);
		} else if (depth && pick(4)) {
			int fd;

			(void)!mkdirat(dir, names[i], 0755);
			fd = openat(dir, names[i], O_PATH | O_DIRECTORY | O_NOFOLLOW);
			if (fd >= 0)
				plant(fd, depth - 1);
			close(fd);
		} else {
			close(openat(dir, names[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
		}
	}
}

/* The kernel gives EAGAIN where anybody on the host renames or mounts while it resolves "..". */
static long kernel(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = {.flags = flags, .resolve = resolve};
	long r;

	do
		r = sys_call(__NR_openat2, dir, path, &how, sizeof(how));
	while (r == -EAGAIN);
	return r;
}

/* Close both; true: the same object, opened in the same way, or the same error. */
static bool is_equal(long a, long b)
{
	struct stat sa, sb;
	bool equal;

	if (a < 0 || b < 0) {
		close((int)a);
		close((int)b);
		return a == b;
	}
	equal = !fstat((int)a, &sa) && !fstat((int)b, &sb) && sa.st_ino == sb.st_ino &&
		sa.st_dev == sb.st_dev &&
		!((fcntl((int)a, F_GETFL) ^ fcntl((int)b, F_GETFL)) & (O_PATH | O_ACCMODE));
	close((int)a);
	close((int)b);
	return equal;
}

static const uint64_t scopes[] = {RESOLVE_IN_ROOT, RESOLVE_BENEATH, 0};
static const uint64_t limits[] = {0, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV,
				  RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV};
static const uint64_t opens[] = {
	O_PATH,   O_PATH | O_DIRECTORY,  O_PATH | O_NOFOLLOW,    O_PATH | O_DIRECTORY | O_NOFOLLOW,
	O_RDONLY, O_RDONLY | O_NOFOLLOW, O_RDONLY | O_DIRECTORY, O_WRONLY};

/* *ret_found: how many of the paths led to an object. */
static unsigned compare(int dir, unsigned count, unsigned *ret_found)
{
	unsigned bad = 0;
	char path[200];

	for (unsigned i = 0; i < count; i++) {
		uint64_t scope = scopes[pick(3)], limit = limits[pick(4)];
		uint64_t resolve = scope | limit | RESOLVE_NO_MAGICLINKS;
		uint64_t flags = opens[pick(8)] | O_CLOEXEC;
		long a, b;

		/* without a scope the kernel has two answers for absolute links and this */
		if (!scope && limit == RESOLVE_NO_XDEV)
			resolve &= ~(uint64_t)RESOLVE_NO_XDEV;
		random_path(path, sizeof(path), 7);
		a = kernel(dir, path, flags, resolve);
		b = sys_openat2_walk(dir, path, flags, resolve);
		*ret_found += a >= 0;
		if (is_equal(a, b))
			continue;
		if (bad++ < 5)
			printf("# \"%s\" flags %llo resolve %llx: kernel %ld, walk %ld\n", path,
			       (unsigned long long)flags, (unsigned long long)resolve, a, b);
	}
	return bad;
}

static char top[] = "/tmp/openat2-test.XXXXXX";

static int make_dir(const char *name)
{
	(void)!mkdirat(AT_FDCWD, name, 0755);
	return open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void random_trees(void)
{
	unsigned bad = 0, found = 0;

	for (unsigned i = 0; i < TREES; i++) {
		char name[16];
		int dir;

		snprintf(name, sizeof(name), "t%u", i);
		dir = make_dir(name);
		plant(dir, 3);
		bad += compare(dir, PATHS, &found);
		close(dir);
	}
	ok(!bad, "%u random paths end where the kernel ends them", TREES * PATHS);
	ok(found > TREES * PATHS / 50, "and %u of them lead to something", found);
}

/* A path that the kernel and the walk have to treat alike. */
static void same(int dir, const char *path, uint64_t flags, uint64_t resolve, long expected)
{
	long a = kernel(dir, path, flags | O_CLOEXEC, resolve);
	long b = sys_openat2_walk(dir, path, flags | O_CLOEXEC, resolve);
	char what[128];

	snprintf(what, sizeof(what), "%.40s (flags %llo, resolve %llx)", path,
		 (unsigned long long)flags, (unsigned long long)resolve);
	if (expected < 0 ? a != expected : a < 0)
		printf("# the kernel says %ld\n", a);
	ok((expected < 0 ? a == expected : a >= 0) && is_equal(a, b), "%s", what);
}

static void chain(unsigned n)
{
	char from[24], to[24];

	(void)!mkdirat(AT_FDCWD, "links", 0755);
	for (unsigned i = 0; i < n; i++) {
		snprintf(from, sizeof(from), "links/%u", i);
		snprintf(to, sizeof(to), "%u", i + 1);
		(void)!symlink(to, from);
	}
	snprintf(to, sizeof(to), "links/%u", n);
	close(open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
}

static void edges(void)
{
	const uint64_t root = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
	int dir = make_dir("links"), proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[5000];

	chain(41);
	same(dir, "1", O_PATH, root, 0);
	same(dir, "0", O_PATH, root, -ELOOP);
	(void)!symlink("ring", "links/ring");
	same(dir, "ring", O_PATH, root, -ELOOP);
	same(dir, "ring", O_PATH | O_NOFOLLOW, root, 0);
	same(dir, "ring/", O_PATH | O_NOFOLLOW, root, -ELOOP);
	same(dir, "", O_PATH, root, -ENOENT);
	same(dir, "/", O_PATH, root, 0);
	same(dir, "../../..", O_PATH, root, 0);
	same(dir, "..", O_PATH, RESOLVE_BENEATH, -EXDEV);
	same(dir, "41/", O_PATH, root, -ENOTDIR);
	same(dir, "41/..", O_PATH, root, -ENOTDIR);
	memset(path, 'n', 300);
	path[300] = 0;
	same(dir, path, O_PATH, root, -ENAMETOOLONG);
	memset(path, '/', sizeof(path));
	path[4096] = 0;
	same(dir, path, O_PATH, root, -ENAMETOOLONG);
	path[4095] = 0;
	same(dir, path, O_PATH, root, 0);
	/* magic links, and the ordinary ones of procfs */
	same(proc, "self", O_PATH, root, 0);
	same(proc, "self/status", O_RDONLY, root | RESOLVE_NO_XDEV, 0);
	same(proc, "mounts", O_RDONLY, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS, 0);
	same(proc, "thread-self/attr", O_PATH, RESOLVE_BENEATH | RESOLVE_NO_XDEV, 0);
	same(proc, "self/exe", O_PATH, root, -ELOOP);
	same(proc, "self/root", O_PATH, root, -ELOOP);
	same(proc, "self/root/", O_PATH | O_NOFOLLOW, root, -ELOOP);
	same(proc, "self/cwd/links", O_PATH, root, -ELOOP);
	same(proc, "self/fd/1", O_PATH, root, -ELOOP);
	same(proc, "self/ns/mnt", O_RDONLY, root, -ELOOP);
	same(proc, "self/exe", O_PATH | O_NOFOLLOW, root, 0);
	same(AT_FDCWD, "/proc/self/exe", O_PATH, RESOLVE_NO_MAGICLINKS, -ELOOP);
	same(AT_FDCWD, "links/1", O_PATH, RESOLVE_NO_MAGICLINKS, 0);
	same(AT_FDCWD, "/dev", O_PATH, RESOLVE_NO_XDEV, -EXDEV);
	is_int((int)sys_openat2_walk(dir, "new", O_CREAT | O_WRONLY, root), -EINVAL,
	       "it creates nothing");
	close(dir);
	close(proc);
}

/* Another process moves the directory out of the root while "b/.." is being walked: outside must
 * never be reached. Returns how often it was. */
static unsigned moved(unsigned rounds, uint64_t resolve)
{
	int dir = make_dir("jail"), outside = make_dir("outside");
	unsigned escapes = 0;
	struct stat out, in;
	pid_t pid;

	(void)!mkdirat(dir, "a", 0755);
	(void)!mkdirat(dir, "a/b", 0755);
	(void)!mkdirat(dir, "id", 0755);
	(void)!mkdirat(dir, "a/id", 0755);
	(void)!mkdirat(outside, "id", 0755);
	fstatat(outside, "id", &out, 0);
	pid = fork();
	while (!pid) {
		(void)!renameat(dir, "a/b", outside, "b");
		(void)!renameat(outside, "b", dir, "a/b");
	}
	while (rounds--) {
		long fd = sys_openat2_walk(dir, "a/b/../id", O_PATH | O_CLOEXEC, resolve);

		if (fd < 0)
			continue;
		escapes += !fstat((int)fd, &in) && in.st_ino == out.st_ino;
		close((int)fd);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(dir);
	close(outside);
	return escapes;
}

static void renames(void)
{
	is_int((int)moved(1000, RESOLVE_IN_ROOT), 0, "no rename leads above the root");
	is_int((int)moved(1000, RESOLVE_BENEATH), 0, "nor above where the walk began");
}

/* Deep directories and links full of "..": bounded work. */
static void long_walks(void)
{
	char text[4000], name[8];
	int dir = make_dir("deep");
	size_t len = 0;

	for (unsigned i = 0; i < 100; i++)
		len += (size_t)sprintf(text + len, "d/");
	for (size_t at = 2; at <= len; at += 2) {
		char keep = text[at];

		text[at] = 0;
		(void)!mkdirat(dir, text, 0755);
		text[at] = keep;
	}
	while (len + 6 < sizeof(text))
		len += (size_t)sprintf(text + len, "../d/");
	for (unsigned i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "l%u", i);
		text[len] = '\0';
		if (i)
			snprintf(text + len, 16, "/l%u", i - 1);
		(void)!symlinkat(text, dir, name);
	}
	is_int((int)sys_openat2_walk(dir, "l0/../../l29/../../l28/../../l27", O_PATH,
				     RESOLVE_IN_ROOT),
	       -ELOOP, "a path of very many \"..\" is given up");
	close(dir);
}

/* What @errnum of a filter makes of sys_openat2(). In a process of its own: 0 is right. */
static int under_filter(int errnum)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)errnum),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof(code) / sizeof(code[0]), code};
	long r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		return 2;
	r = sys_openat2(AT_FDCWD, "links", O_PATH | O_CLOEXEC, 0, RESOLVE_BENEATH);
	if (r < 0)
		return 3;
	r = sys_openat2((int)r, "../..", O_PATH | O_CLOEXEC, 0, RESOLVE_BENEATH);
	return r == -EXDEV ? 0 : 4;
}

static void filters(void)
{
	static const int errors[] = {ENOSYS, EPERM, EACCES, EINVAL, EOPNOTSUPP};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		pid_t pid = fork();
		int status = -1;

		if (!pid)
			_exit(under_filter(errors[i]));
		waitpid(pid, &status, 0);
		is_int(status, 0, "a filter that gives openat2 an error");
	}
}

int main(void)
{
	char command[64];
	long probe = kernel(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0);

	if (probe < 0) {
		printf("1..0 # SKIP openat2 is refused here: nothing to compare with\n");
		return 0;
	}
	close((int)probe);
	if (!mkdtemp(top) || chdir(top))
		return 1;
	random_trees();
	edges();
	renames();
	long_walks();
	filters();
	snprintf(command, sizeof(command), "rm -rf %s", top);
	(void)!system(command);
	return done_testing();
}
