/* SPDX-License-Identifier: Apache-2.0 */
/* resctrl groups on a folder that stands for the file system: mkdirat and rmdir are wrapped, so
 * that a new folder has the files that the kernel makes, and goes with them. */
#include "runtime/rdt.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int __real_mkdirat(int at, const char *name, mode_t mode);
int __wrap_mkdirat(int at, const char *name, mode_t mode);
int __real_rmdir(const char *path);
int __wrap_rmdir(const char *path);

static char root[] = "/tmp/rdt-test.XXXXXX";

static void put(int at, const char *name, const char *text)
{
	int fd = openat(at, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 || close(fd))
		exit(99);
}

int __wrap_mkdirat(int at, const char *name, mode_t mode)
{
	int fd, r = __real_mkdirat(at, name, mode);

	if (r)
		return r;
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put(fd, "tasks", "");
	if (!strchr(name, '/')) {
		put(fd, "schemata", "");
		if (__real_mkdirat(fd, "mon_groups", 0755))
			exit(99);
	}
	return close(fd);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

int __wrap_rmdir(const char *path)
{
	if (access(path, F_OK))
		return __real_rmdir(path);
	return nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static char *content(const char *path)
{
	static char text[512];
	char full[256];
	ssize_t n;
	int fd;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	fd = open(full, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	if (fd >= 0)
		close(fd);
	return fd < 0 ? NULL : text;
}

static const char *in_root(const char *path)
{
	static char full[256];

	snprintf(full, sizeof(full), "%s/%s", root, path);
	return full;
}

static void join(const struct rdt *r, pid_t pid, bool exec, unsigned made, const char *name)
{
	struct hz_error err = HZ_ERROR_INIT;
	unsigned is;

	if (!ok(rdt_join(r, pid, exec, &is, &err) == 0, "%s", name))
		diag("%s", err.msg);
	is_int(is, made, "%s: made", name);
	hz_error_clear(&err);
}

static void refused(int r, const struct hz_error *err, const char *words, const char *name)
{
	ok(r < 0 && strstr(err->msg, words), "%s", name);
	diag("%s", err->msg);
}

static void test_own(void)
{
	const struct rdt r = {.root = root, .group = "box", .monitor = "box", .own = true};
	struct hz_error err = HZ_ERROR_INIT;

	ok(rdt_check(&r, &err) == 0, "a group of one's own may be made");
	join(&r, 42, false, RDT_MADE_GROUP | RDT_MADE_MONITOR, "a group of one's own (RD-3, RD-9)");
	is_str(content("box/tasks"), "42", "the process is in it (RD-1)");
	is_str(content("box/mon_groups/box/tasks"), "42", "and in the monitoring group");
	is_str(content("box/schemata"), "", "no schemata are written (RD-6)");
	join(&(struct rdt){.root = root, .group = "box", .monitor = "box"}, 43, true, 0, "exec");
	is_str(content("box/mon_groups/box/tasks"), "43", "exec: the process is in it");
	refused(rdt_check(&r, &err), &err, "already", "one that is there is not one's own");
	hz_error_clear(&err);
	is_int(rdt_remove(in_root("box/mon_groups/box")), 0, "the monitoring group goes");
	is_int(rdt_remove(in_root("box")), 0, "the group goes (RD-8)");
	is_int(rdt_remove(in_root("box")), 0, "one that is gone is fine");
}

static void test_make(void)
{
	struct rdt r = {
		.root = root, .group = "gold", .schemata = "L3:0=f;1=f\nMB:0=20\n", .make = true};
	struct hz_error err = HZ_ERROR_INIT;
	unsigned made;

	join(&r, 7, false, RDT_MADE_GROUP, "closID with schemata makes the group (RD-7)");
	is_str(content("gold/schemata"), r.schemata, "and sets them, L3 first (RD-4)");
	put(AT_FDCWD, in_root("gold/schemata"),
	    "    MB:0= 20;1=100\n    L3:0=0000f;1=0000f;2=7ff\n");
	join(&r, 8, false, 0, "the same values in a group that is there (RD-7)");
	is_str(content("gold/tasks"), "8", "the process is in it");
	r.schemata = "L3:0=ff\n";
	refused(rdt_join(&r, 9, false, &made, &err), &err, "its schemata are not \"L3:0=ff\"",
		"other values are refused (RD-7)");
	is_str(content("gold/tasks"), "8", "nothing was done then");
	hz_error_clear(&err);
	r.schemata = "L3:3=f\n";
	refused(rdt_join(&r, 9, false, &made, &err), &err, "schemata",
		"a domain that is not there");
	hz_error_clear(&err);
	r.schemata = NULL;
	r.make = false;
	join(&r, 10, false, 0, "closID alone takes what is there (RD-6)");
	r.group = "none";
	refused(rdt_check(&r, &err), &err, "no resctrl group \"none\"", "and wants it to be there");
	hz_error_clear(&err);
	refused(rdt_join(&r, 9, false, &made, &err), &err, "no resctrl group", "later too");
	hz_error_clear(&err);
}

static void test_set(void)
{
	struct rdt r = {.root = root, .group = "gold", .schemata = "MB:0=50\n"};
	struct hz_error err = HZ_ERROR_INIT;

	ok(!rdt_set(&r, &err), "new schemata for a group that is there");
	ok(!strncmp(content("gold/schemata"), "MB:0=50\n", 8), "are written");
	r.group = "nowhere";
	refused(rdt_set(&r, &err), &err, "open resctrl group \"nowhere\"", "for another it fails");
	hz_error_clear(&err);
}

static void test_root(void)
{
	const struct rdt r = {.root = root, .group = "."};

	put(AT_FDCWD, in_root("tasks"), "");
	join(&r, 11, false, 0, "the root group (RD-3)");
	is_str(content("tasks"), "11", "the process is in it");
}

static void test_kernel_words(void)
{
	const struct rdt r = {.root = root, .group = "bad"};
	struct hz_error err = HZ_ERROR_INIT;
	unsigned made;

	if (__real_mkdirat(AT_FDCWD, in_root("bad"), 0755) ||
	    __real_mkdirat(AT_FDCWD, in_root("info"), 0755))
		exit(99);
	put(AT_FDCWD, in_root("info/last_cmd_status"), "no free bits\n");
	refused(rdt_join(&r, 11, false, &made, &err), &err, "write tasks of resctrl group \"bad\"",
		"what fails names the file and the group");
	ok(strstr(err.hint, "no free bits") != NULL, "and has the kernel's words");
	hz_error_clear(&err);
}

int main(void)
{
	if (!mkdtemp(root))
		return 99;
	test_own();
	test_make();
	test_set();
	test_root();
	test_kernel_words();
	return __wrap_rmdir(root) || done_testing();
}
