/* SPDX-License-Identifier: Apache-2.0 */
/* Mount points in a hostile root: whatever its links say, only the root changes. */
#include "box.h"

/* Open or make @path; the type of what was opened, or -errno. */
static int target(const char *path, enum target_want want)
{
	INIT_CLOSE int fd = init_target_open(&box_init, &box_step, path, want);
	struct statx st;

	if (fd < 0)
		return -box_errno();
	return init_stat(fd, NULL, &st) ? -1 : st.stx_mode & S_IFMT;
}

static void plain(void)
{
	int fds;

	box_fresh();
	fds = box_open_fds();
	is_int(target("/a/b/c", TARGET_DIR), S_IFDIR, "directories are made");
	is_int(box_mode("rootfs/a/b"), S_IFDIR | 0755, "with mode 0755");
	is_int(target("/a/f", TARGET_FILE), S_IFREG, "a file is made");
	is_int(box_mode("rootfs/a/f"), S_IFREG | 0644, "with mode 0644");
	is_int(target("/x/y/f", TARGET_FILE), S_IFREG, "a file and its directories are made");
	is_int(target("/a/b", TARGET_FILE), S_IFDIR, "what is there is taken as it is");
	is_int(target("/a/f", TARGET_DIR), -ENOTDIR, "a file is no directory");
	is_int(target("/a/f/g", TARGET_FILE), -ENOTDIR, "nor does it hold one");
	is_int(target("/", TARGET_DIR), S_IFDIR, "the root");
	is_int(box_open_fds(), fds, "no descriptor stays open");
}

static void links(void)
{
	box_fresh();
	box_dir("rootfs/real");
	box_link("rootfs/rel", "real");
	box_link("rootfs/abs", "/real");
	box_link("rootfs/real/up", "../../../../real");
	is_int(target("/rel/d1", TARGET_DIR), S_IFDIR, "through a relative link");
	is_int(target("/abs/d2", TARGET_DIR), S_IFDIR, "through an absolute link");
	is_int(target("/real/up/d3/f", TARGET_FILE), S_IFREG, "through a chain of ..");
	is_int(box_mode("rootfs/real/d1") & S_IFMT, S_IFDIR, "the first is in the root");
	is_int(box_mode("rootfs/real/d2") & S_IFMT, S_IFDIR, "the second too");
	is_int(box_mode("rootfs/real/d3/f") & S_IFMT, S_IFREG, "and the third");
	box_link("rootfs/loop1", "loop2");
	box_link("rootfs/loop2", "loop1");
	is_int(target("/loop1/x", TARGET_DIR), -ELOOP, "a loop of links");
	host_untouched("links");
}

/* CVE-2019-18837, CVE-2024-45310 */
static void outside(void)
{
	char up[256];

	box_fresh();
	box_link("rootfs/abs", box_path("host"));
	box_link("rootfs/absnew", box_path("host/new"));
	box_link("rootfs/absfile", box_path("host/newfile"));
	box_link("rootfs/keep", box_path("host/keep"));
	snprintf(up, sizeof(up), "../../../../../../..%s", box_path("host/sub"));
	box_link("rootfs/rel", up);
	box_link("rootfs/sibling", "../host/sibling");
	is_int(target("/abs/sub", TARGET_DIR), S_IFDIR, "a link to a directory of the host");
	is_int(target("/absnew", TARGET_DIR), S_IFDIR, "a dangling one");
	is_int(target("/absfile", TARGET_FILE), S_IFREG, "a dangling one for a file");
	is_int(target("/rel/deep/er", TARGET_DIR), S_IFDIR, "a relative one that climbs");
	is_int(target("/sibling", TARGET_FILE), S_IFREG, "one step too high");
	is_int(box_mode("rootfs/host/sibling") & S_IFMT, S_IFREG, "the root has no parent");
	is_int(target("/keep", TARGET_FILE), S_IFREG,
	       "a link to a file of the host makes one in the root");
	snprintf(up, sizeof(up), "rootfs%s", box_path("host/new"));
	is_int(box_mode(up) & S_IFMT, S_IFDIR, "the directories are in the root");
	host_untouched("links to the host");
}

static void dangling(void)
{
	char path[32], to[32];
	int i;

	box_fresh();
	box_link("rootfs/one", "two");
	box_link("rootfs/two", "/dir/three");
	is_int(target("/one/x", TARGET_DIR), S_IFDIR, "a link to a link to nothing");
	is_int(box_mode("rootfs/dir/three/x") & S_IFMT, S_IFDIR, "its end is made");
	box_link("rootfs/dd", "gone/../there");
	is_int(target("/dd/x", TARGET_FILE), S_IFREG, "a link with .. after a missing directory");
	is_int(box_mode("rootfs/there/x") & S_IFMT, S_IFREG,
	       "means what it means when that is there");
	box_link("rootfs/self", "self");
	is_int(target("/self", TARGET_FILE), -ELOOP, "a link to itself");
	box_link("rootfs/grow", "grow/x/grow");
	is_int(target("/grow", TARGET_DIR), -ELOOP, "a link that grows");
	for (i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "rootfs/c%d", i);
		snprintf(to, sizeof(to), "c%d", i + 1);
		box_link(path, to);
	}
	is_int(target("/c0", TARGET_FILE), -ELOOP, "sixty links in a row");
	host_untouched("dangling links");
}

static void special(void)
{
	char path[4200];

	box_fresh();
	box_node("rootfs/fifo", S_IFIFO | 0644, 0);
	is_int(target("/fifo", TARGET_FILE), S_IFIFO, "a FIFO does not block");
	is_int(target("/fifo", TARGET_DIR), -ENOTDIR, "nor is it a directory");
	box_link("rootfs/tofifo", "fifo");
	is_int(target("/tofifo", TARGET_FILE), S_IFIFO, "through a link neither");
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[300] = 0;
	is_int(target(path, TARGET_DIR), -ENAMETOOLONG, "a name of 299 bytes");
	path[300] = 'x';
	path[sizeof(path) - 1] = 0;
	is_int(target(path, TARGET_DIR), -ENAMETOOLONG, "a path of 4 KiB");
}

/* CVE-2019-19921, CVE-2023-27561, CVE-2025-54867 */
static void real_dir(void)
{
	box_fresh();
	is_int(target("/proc", TARGET_REAL_DIR), S_IFDIR, "a missing /proc is made");
	box_link("rootfs/sys", "/tmp");
	is_int(target("/sys", TARGET_REAL_DIR), 0, "a link is none");
	box_dir("rootfs/tmp");
	is_int(init_target_open(&box_init, &box_step, "/sys", TARGET_REAL_DIR), -1,
	       "also to a directory that is there");
	is_int(box_why(), INIT_WHY_NOT_DIR, "and the reason is told");
	box_file("rootfs/file", "");
	is_int(init_target_open(&box_init, &box_step, "/file", TARGET_REAL_DIR), -1,
	       "a file is none");
	is_int(box_why(), INIT_WHY_NOT_DIR, "and the reason is told");
	is_int(box_entries("rootfs/tmp"), 0, "nothing was made");
}

static void last_component(void)
{
	INIT_CLOSE int parent = -1;
	INIT_CLOSE int fd = -1;

	box_fresh();
	box_link("rootfs/link", box_path("host/keep"));
	box_link("rootfs/dangle", "nothing");
	box_dir("rootfs/dir");
	parent = init_target_find(&box_init, "/", O_DIRECTORY, 0);
	ok(parent >= 0, "the directory");
	is_int(init_target_file(parent, "link"), -ELOOP, "a link is refused");
	is_int(init_target_file(parent, "dangle"), -ELOOP, "a dangling one too");
	is_int(init_target_file(parent, "dir"), -EISDIR, "a directory as well");
	fd = init_target_file(parent, "new");
	ok(fd >= 0, "a new file");
	is_int(box_mode("rootfs/new"), S_IFREG | 0644, "is made");
	is_int(box_mode("rootfs/nothing"), -ENOENT, "the link's target is not");
	host_untouched("last component");
}

/* Exchange two names as fast as it goes, until killed. */
static pid_t exchanger(const char *a, const char *b)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		for (;;)
			sys_call(__NR_renameat2, AT_FDCWD, box_path(a), AT_FDCWD, box_path(b),
				 2 /* RENAME_EXCHANGE */);
	return pid;
}

/* CVE-2021-30465: a process with a share in the root exchanges a directory and a link while it is
 * resolved. */
static void race(void)
{
	char path[64];
	int i, made = 0;
	pid_t pid;

	box_fresh();
	box_dir("rootfs/vol");
	box_dir("rootfs/vol/a");
	box_link("rootfs/vol/b", box_path("host"));
	pid = exchanger("rootfs/vol/a", "rootfs/vol/b");
	for (i = 0; i < 2000; i++) {
		snprintf(path, sizeof(path), "/vol/a/d%d/%s", i / 2, i % 2 ? "file" : "dir");
		made += target(path, i % 2 ? TARGET_FILE : TARGET_DIR) >= 0;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(made > 0, "%d of 2000 mount points made in a race", made);
	host_untouched("a race");
}

static void tests(void)
{
	race();
	plain();
	links();
	outside();
	dangling();
	special();
	real_dir();
	last_component();
}

int main(void)
{
	return box_main(tests);
}
