/* SPDX-License-Identifier: Apache-2.0 */
/* ROOT_PROPAGATION, ROOTFS, PIVOT (all three kinds) and ROOT_READONLY, each in a mount namespace of
 * its own. */
#include "box.h"

#include <linux/magic.h>

static void fresh_root(void)
{
	box_fresh();
	init_close(&box_init.rootfd);
	box_need(sys_call(__NR_umount2, box_path("rootfs"), 2), "umount", "rootfs");
	box_dir("rootfs/proc");
	box_dir("rootfs/sub");
	box_file("rootfs/mark", "new root");
}

static int run_propagation(uint64_t flags, bool final)
{
	struct plan_root_propagation p = {.s = {.kind = PLAN_ROOT_PROPAGATION, .actor = PLAN_INIT},
					  .flags = flags,
					  .final = final};

	if (!final)
		box_add_step(&p, sizeof(p));
	return step_root_propagation(&box_init, &p.s);
}

static int run_rootfs(const char *path, bool private)
{
	struct plan_rootfs p = {
		.s = {.kind = PLAN_ROOTFS}, .path = box_str(path), .parent_private = private};

	return step_rootfs(&box_init, &p.s);
}

static int run_pivot(uint32_t how)
{
	struct plan_pivot p = {.s = {.kind = PLAN_PIVOT, .actor = PLAN_INIT}, .how = how};

	return step_pivot(&box_init, &p.s);
}

static bool is_host_gone(void)
{
	return !box_read_abs(box_path("host/keep"));
}

static int lines_of_mountinfo(void)
{
	char line[4096];
	FILE *f = fopen("/proc/self/mountinfo", "re");
	int n = 0;

	while (f && fgets(line, sizeof(line), f))
		n++;
	if (f)
		fclose(f);
	return n;
}

static int mount_proc(void)
{
	struct plan_mount m = {.s = {.kind = PLAN_MOUNT}, .flags = PLAN_MOUNT_REAL_DIR};

	m.type = m.source = box_str("proc");
	m.target = box_str("/proc");
	return step_mount(&box_init, &m.s);
}

static void pivot(void)
{
	struct plan_step bare = {.kind = PLAN_ROOT_READONLY};
	char *cwd, buffer[64];

	box_must(!run_propagation(MS_SLAVE | MS_REC, false), "propagation");
	box_must(!run_rootfs(box_path("rootfs"), false), "rootfs");
	box_must(box_init.rootfd >= 0, "a descriptor of it");
	box_must(!mount_proc(), "proc");
	box_must(!run_pivot(PLAN_PIVOT_ROOT), "pivot");
	cwd = getcwd(buffer, sizeof(buffer));
	box_must(cwd && !strcmp(cwd, "/"), "the working directory is the root");
	box_must(box_read_abs("/mark") && !strcmp(box_read_abs("/mark"), "new root"),
		 "the root is the new one");
	box_must(is_host_gone(), "the host cannot be seen");
	box_must(lines_of_mountinfo() == 2, "only the root and proc are mounted");
	box_must(!step_root_readonly(&box_init, &bare), "read-only");
	box_must(sys_call(__NR_mkdirat, AT_FDCWD, "/x", 0755) == -EROFS, "is so");
	box_must(!run_propagation(MS_SHARED, true), "final propagation");
}

/* The host's mounts are shared: nothing that is done here may reach them, and pivot_root must work.
 */
static void pivot_shared(void)
{
	box_must(!run_propagation(MS_SHARED | MS_REC, false), "shared");
	box_must(run_rootfs(box_path("rootfs"), true) == 0, "rootfs");
	box_must(!run_pivot(PLAN_PIVOT_ROOT), "pivot");
	box_must(is_host_gone(), "the host cannot be seen");
}

static void rootfs_submounts(void)
{
	box_mount("tmpfs", box_path("rootfs/sub"), "tmpfs", 0);
	box_file("rootfs/sub/in", "submount");
	box_must(!run_propagation(MS_PRIVATE | MS_REC, false), "private");
	box_must(!run_rootfs(box_path("rootfs"), true), "rootfs");
	box_must(!run_pivot(PLAN_PIVOT_ROOT), "pivot");
	box_must(box_read_abs("/sub/in") && !strcmp(box_read_abs("/sub/in"), "submount"),
		 "mounts below come along");
}

static void move(void)
{
	struct statfs st;

	box_must(!run_propagation(MS_SLAVE | MS_REC, false), "propagation");
	box_must(!run_rootfs(box_path("rootfs"), false), "rootfs");
	box_must(!mount_proc(), "proc");
	box_must(!run_pivot(PLAN_PIVOT_MOVE), "move");
	box_must(box_read_abs("/mark") && !strcmp(box_read_abs("/mark"), "new root"),
		 "the root is the new one");
	box_must(!sys_call(__NR_statfs, "/proc", &st) && st.f_type == PROC_SUPER_MAGIC,
		 "its proc is there");
	/* out of the chroot by a second one, as root can */
	sys_call(__NR_mkdirat, AT_FDCWD, "/out", 0755);
	box_must(!sys_call(__NR_chroot, "/out"), "chroot away");
	box_must(!sys_call(__NR_chdir, "../../../../../../.."), "climb");
	box_must(!sys_call(__NR_chroot, "."), "chroot to where that led");
	box_must(sys_call(__NR_statfs, "proc", &st) || st.f_type != PROC_SUPER_MAGIC ||
			 box_read_abs("/mark"),
		 "the host's proc is not there");
	box_must(sys_call(__NR_statfs, "sys", &st) || st.f_type != SYSFS_MAGIC, "nor its sysfs");
}

/* An overlay whose line in mountinfo is longer than 16 KiB, on "host/long". */
static bool mount_long_line(void)
{
	int fsfd = (int)sys_fsopen("overlay", FSOPEN_CLOEXEC), tree;
	char name[256], path[400];
	long r = fsfd < 0 ? fsfd : 0;

	for (int i = 0; !r && i < 120; i++) {
		snprintf(name, sizeof(name), "host/lower%d-%0*d", i, 200, i);
		box_dir(name);
		snprintf(path, sizeof(path), "%s", box_path(name));
		/* Linux 6.5 */
		r = sys_fsconfig(fsfd, FSCONFIG_SET_STRING, "lowerdir+", path, 0);
	}
	if (r || sys_fsconfig(fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return false;
	tree = (int)sys_fsmount(fsfd, FSMOUNT_CLOEXEC, 0);
	box_dir("host/long");
	return !sys_move_mount(tree, "", AT_FDCWD, box_path("host/long"), MOVE_MOUNT_F_EMPTY_PATH);
}

static size_t longest_mount(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	size_t size = 0, longest = 0;
	char *line = NULL;

	while (f && getline(&line, &size, f) > 0)
		longest = strlen(line) > longest ? strlen(line) : longest;
	free(line);
	if (f)
		fclose(f);
	return longest;
}

/* @path begins with "host/"; @host is that directory. */
static long magic_below(int host, const char *path)
{
	int fd = (int)sys_call(__NR_openat, host, path + strlen("host/"), O_PATH);
	long magic = fd < 0 ? fd : init_magic(fd);

	init_close_fd(fd);
	return magic;
}

/* Every procfs and sysfs of the host goes, whatever its mount point is called and however long the
 * lines before it are. */
static void move_hides_all(void)
{
	static const char *const points[] = {"host/a b", "host/a\\040b", "host/tab\tnew\nline",
					     "host/proc - proc"};
	bool is_long = mount_long_line();
	int host;

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		box_dir(points[i]);
		box_mount("proc - sysfs", box_path(points[i]), i & 1 ? "sysfs" : "proc", 0);
	}
	box_must(!is_long || longest_mount() > 16384, "a long line");
	box_must(!run_propagation(MS_SLAVE | MS_REC, false), "propagation");
	box_must(!run_rootfs(box_path("rootfs"), false), "rootfs");
	/* the way back to the host that umount("/") would open */
	host = (int)sys_call(__NR_openat, AT_FDCWD, box_path("host"), O_PATH | O_DIRECTORY);
	box_must(magic_below(host, points[0]) == PROC_SUPER_MAGIC, "a procfs of the host");
	box_must(!run_pivot(PLAN_PIVOT_MOVE), "move");
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		box_must(magic_below(host, points[i]) == TMPFS_MAGIC, points[i]);
	if (is_long)
		box_must(magic_below(host, "host/long") == OVERLAYFS_SUPER_MAGIC,
			 "other mounts stay");
}

static void move_shared(void)
{
	box_must(!run_propagation(MS_SHARED | MS_REC, false), "shared");
	box_must(!run_rootfs(box_path("rootfs"), true), "rootfs");
	box_must(!run_pivot(PLAN_PIVOT_MOVE), "move");
	box_must(box_read_abs("/mark") != NULL, "the root is the new one");
}

static void chroot_only(void)
{
	struct plan_pivot p = {.s = {.kind = PLAN_PIVOT, .actor = PLAN_INIT},
			       .how = PLAN_PIVOT_CHROOT};
	int mounts = lines_of_mountinfo();

	box_add_step(&p, sizeof(p));
	box_must(!run_rootfs(box_path("rootfs"), false), "rootfs");
	box_must(lines_of_mountinfo() == mounts, "nothing is mounted");
	box_must(!run_pivot(PLAN_PIVOT_CHROOT), "chroot");
	box_must(box_read_abs("/mark") != NULL, "the root is the new one");
	box_must(is_host_gone(), "the host cannot be seen");
}

static void bad_rootfs(void)
{
	box_must(run_rootfs(box_path("none"), false) == -1 && init_failure()->errnum == ENOENT,
		 "a missing rootfs");
	box_must(strstr(init_failure()->object, "none") != NULL, "is named");
	*init_failure() = (struct init_error){0};
	box_must(run_rootfs(box_path("rootfs/mark"), false) == -1 &&
			 init_failure()->errnum == ENOTDIR,
		 "a file as rootfs");
}

static void tests(void)
{
	int mounts;

	fresh_root();
	mounts = lines_of_mountinfo();
	box_in_child("no procfs of the host is left", CLONE_NEWNS, move_hides_all);
	box_in_child("pivot_root", CLONE_NEWNS, pivot);
	fresh_root();
	box_in_child("pivot_root below shared mounts", CLONE_NEWNS, pivot_shared);
	is_int(lines_of_mountinfo(), mounts, "the host's mounts are as they were");
	fresh_root();
	box_in_child("the mounts of the rootfs", CLONE_NEWNS, rootfs_submounts);
	fresh_root();
	box_in_child("a bad rootfs", CLONE_NEWNS, bad_rootfs);
	fresh_root();
	box_in_child("chroot alone", CLONE_NEWNS, chroot_only);
	fresh_root();
	box_in_child("no pivot", CLONE_NEWNS, move);
	fresh_root();
	box_mount(NULL, "/", NULL, MS_SHARED | MS_REC);
	mounts = lines_of_mountinfo();
	box_in_child("no pivot below shared mounts", CLONE_NEWNS, move_shared);
	box_in_child("pivot_root with a shared host", CLONE_NEWNS, pivot_shared);
	is_int(lines_of_mountinfo(), mounts, "the host lost nothing");
	box_mount(NULL, "/", NULL, MS_PRIVATE | MS_REC);
	host_untouched("roots");
}

int main(void)
{
	return box_main(tests);
}
