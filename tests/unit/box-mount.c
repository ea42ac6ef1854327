/* SPDX-License-Identifier: Apache-2.0 */
/* PLAN_MOUNT and PLAN_MOUNT_CGROUP: new file systems, binds, changes, and what must not be mounted
 * where. */
#include "box.h"

#include <linux/magic.h>

#define ST_RDONLY     1
#define ST_NOSUID     2
#define ST_NODEV      4
#define ST_NOEXEC     8
#define ST_NOATIME    1024
#define ST_NODIRATIME 2048

static struct plan_mount fresh_mount(const char *type, const char *source, const char *target)
{
	return (struct plan_mount){
		.s = {.kind = PLAN_MOUNT, .size = sizeof(struct plan_mount)},
		.type = box_str(type),
		.source = box_str(source),
		.target = box_str(target),
	};
}

static struct plan_mount bind_mount(const char *source, const char *target)
{
	struct plan_mount m = fresh_mount(NULL, source, target);

	m.flags = PLAN_MOUNT_BIND;
	return m;
}

/* 0, or the errno (negative) of the failure, or -1000 - why */
static int run(const struct plan_mount *m)
{
	struct init_error *e = init_failure();
	int r = step_mount(&box_init, &m->s);

	if (!r)
		return 0;
	r = e->why ? -1000 - (int)e->why : -e->errnum;
	e->m.type = e->why = 0;
	e->errnum = 0;
	return r;
}

static void new_fs(void)
{
	struct plan_mount m;
	int fds;

	box_fresh();
	fds = box_open_fds();
	m = fresh_mount("tmpfs", "tmpfs", "/t/deep");
	m.data = BOX_STRS("mode=1777", "size=64k");
	m.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOATIME;
	is_int(run(&m), 0, "a tmpfs");
	is_int(box_magic("rootfs/t/deep"), TMPFS_MAGIC, "is there");
	is_int(box_mode("rootfs/t/deep"), S_IFDIR | 01777, "with its mode");
	is_int(box_flags("rootfs/t/deep") & (15 | ST_NOATIME),
	       ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME, "and its flags");
	m = fresh_mount("tmpfs", "tmpfs", "/ro");
	m.sb_flags = MS_RDONLY | MS_SILENT;
	is_int(run(&m), 0, "a read-only one");
	is_int(box_flags("rootfs/ro") & ST_RDONLY, ST_RDONLY, "is read-only");
	m = fresh_mount("proc", "proc", "/proc");
	m.flags = PLAN_MOUNT_REAL_DIR;
	is_int(run(&m), 0, "a procfs");
	is_int(box_magic("rootfs/proc"), PROC_SUPER_MAGIC, "is there");
	m = fresh_mount("devpts", "devpts", "/dev/pts");
	m.data = BOX_STRS("newinstance", "ptmxmode=0666", "mode=0620");
	is_int(run(&m), 0, "a devpts");
	is_int(box_magic("rootfs/dev/pts"), DEVPTS_SUPER_MAGIC, "is there");
	m = fresh_mount("mqueue", "mqueue", "/dev/mqueue");
	is_int(run(&m), 0, "an mqueue");
	m = fresh_mount("sysfs", "sysfs", "/sys");
	m.flags = PLAN_MOUNT_REAL_DIR;
	m.attr_set = MOUNT_ATTR_RDONLY;
	is_int(run(&m), 0, "a sysfs");
	is_int(box_flags("rootfs/sys") & ST_RDONLY, ST_RDONLY, "is read-only");
	is_int(box_open_fds(), fds, "no descriptor stays open");
	host_untouched("new file systems");
}

static void bad_fs(void)
{
	struct plan_mount m;
	int fds;

	box_fresh();
	fds = box_open_fds();
	m = fresh_mount("nosuchfs", "x", "/x");
	is_int(run(&m), -ENODEV, "an unknown type");
	m = fresh_mount("tmpfs", "tmpfs", "/x");
	m.data = BOX_STRS("sise=3");
	is_int(run(&m), -EINVAL, "an unknown option");
	is_int(init_failure()->call, __NR_fsconfig, "is fsconfig's");
	ok(strstr(init_failure()->detail, "sise"), "the kernel's words name it: %s",
	   init_failure()->detail);
	ok(strncmp(init_failure()->detail, "e ", 2), "without their mark");
	m = fresh_mount("tmpfs", "tmpfs", "/x");
	m.data = BOX_STRS("size=lots");
	is_int(run(&m), -EINVAL, "a bad value");
	is_int(box_open_fds(), fds, "no descriptor stays open");
}

static void modes(void)
{
	struct plan_mount m;

	box_fresh();
	box_dir("rootfs/tmp");
	box_need(sys_call(__NR_fchmodat, AT_FDCWD, box_path("rootfs/tmp"), 01751), "chmod", "tmp");
	m = fresh_mount("tmpfs", "tmpfs", "/tmp");
	m.flags = PLAN_MOUNT_KEEP_MODE;
	is_int(run(&m), 0, "a tmpfs that keeps the mode");
	is_int(box_mode("rootfs/tmp"), S_IFDIR | 01751, "has that of the directory below");
	m.target = box_str("/new");
	is_int(run(&m), 0, "where there was none");
	is_int(box_mode("rootfs/new"), S_IFDIR | 01777, "it has the usual one of a tmpfs");
	m.target = box_str("/tmp");
	m.data = BOX_STRS("mode=0700");
	is_int(run(&m), 0, "one with a mode of its own");
	is_int(box_mode("rootfs/tmp"), S_IFDIR | 0700, "has that");
}

/* Options that fsconfig does not take go through mount(2). */
static void legacy(void)
{
	char lower[1200] = "lowerdir=", dir[64];
	struct plan_mount m;
	int i;

	box_fresh();
	for (i = 0; i < 10; i++) {
		snprintf(dir, sizeof(dir), "l%d-a-long-name-a-long-name", i);
		box_dir(dir);
		snprintf(lower + strlen(lower), sizeof(lower) - strlen(lower), "%s%s", i ? ":" : "",
			 box_path(dir));
	}
	box_file("l3-a-long-name-a-long-name/here", "overlay");
	m = fresh_mount("overlay", "overlay", "/ovl");
	m.data = BOX_STRS(lower);
	m.attr_set = MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY;
	ok(strlen(lower) > 300, "an option of %zu bytes", strlen(lower));
	is_int(run(&m), 0, "is mounted");
	is_str(box_read("rootfs/ovl/here"), "overlay", "and works");
	is_int(box_flags("rootfs/ovl") & 15, ST_NODEV | ST_RDONLY, "with its flags");
	m = fresh_mount("tmpfs", "tmpfs", "/iv");
	m.sb_flags = MS_I_VERSION;
	m.data = BOX_STRS("mode=0711");
	is_int(run(&m), 0, "iversion");
	is_int(box_mode("rootfs/iv"), S_IFDIR | 0711, "with another option");
}

static void binds(void)
{
	struct plan_mount m;
	int fds;

	box_fresh();
	box_dir("src");
	box_file("src/file", "bound");
	box_dir("src/sub");
	box_mount("tmpfs", box_path("src/sub"), "tmpfs", 0);
	box_file("src/sub/below", "below");
	fds = box_open_fds();
	m = bind_mount(box_path("src"), "/dir/here");
	is_int(run(&m), 0, "a directory");
	is_str(box_read("rootfs/dir/here/file"), "bound", "is bound");
	is_int(box_entries("rootfs/dir/here/sub"), 0, "without the mounts below");
	m = bind_mount(box_path("src"), "/rdir");
	m.flags |= PLAN_MOUNT_REC;
	m.attr_set = MOUNT_ATTR_RDONLY;
	is_int(run(&m), 0, "a tree");
	is_str(box_read("rootfs/rdir/sub/below"), "below", "with the mounts below");
	is_int(box_flags("rootfs/rdir") & ST_RDONLY, ST_RDONLY, "read-only");
	is_int(box_flags("rootfs/rdir/sub") & ST_RDONLY, 0, "at its top");
	is_int(box_flags("src") & ST_RDONLY, 0, "and the source is not");
	m = bind_mount(box_path("src"), "/rro");
	m.flags |= PLAN_MOUNT_REC;
	m.rec_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC;
	is_int(run(&m), 0, "rro");
	is_int(box_flags("rootfs/rro/sub") & 15, ST_RDONLY | ST_NOEXEC, "holds for all below");
	m = bind_mount(box_path("src/file"), "/etc/file");
	is_int(run(&m), 0, "a file");
	is_str(box_read("rootfs/etc/file"), "bound", "is bound");
	m = bind_mount(box_path("src/file"), "/dir");
	is_int(run(&m), -ENOTDIR, "a file on a directory");
	box_file("rootfs/plain", "");
	m = bind_mount(box_path("src"), "/plain");
	is_int(run(&m), -ENOTDIR, "a directory on a file");
	m = bind_mount(box_path("gone"), "/gone");
	is_int(run(&m), -ENOENT, "no source");
	is_int(box_mode("rootfs/gone"), -ENOENT, "no target");
	is_int(box_open_fds(), fds, "no descriptor stays open");
	host_untouched("binds");
}

static void bind_attacks(void)
{
	struct plan_mount m;

	box_fresh();
	box_dir("src");
	box_file("src/file", "bound");
	box_link("rootfs/abs", box_path("host"));
	box_link("rootfs/keep", box_path("host/keep"));
	m = bind_mount(box_path("src"), "/abs/sub");
	is_int(run(&m), 0, "below a link to the host");
	m = bind_mount(box_path("src/file"), "/keep");
	is_int(run(&m), 0, "on a link to a file of the host");
	is_int(box_entries("rootfs"), 3, "all is in the root");
	host_untouched("binds on links");
	box_node("rootfs/fifo", S_IFIFO | 0644, 0);
	m = bind_mount(box_path("src/file"), "/fifo");
	is_int(run(&m), 0, "on a FIFO");
	is_str(box_read("rootfs/fifo"), "bound", "without waiting for it");
	m = bind_mount(box_path("src"), "/fifo");
	is_int(run(&m), -ENOTDIR, "a directory on a FIFO");
}

/* CVE-2019-16884, CVE-2025-52881, CVE-2019-19921 */
static void proc_attacks(void)
{
	struct plan_mount m;

	box_fresh();
	box_dir("src");
	m = bind_mount(box_path("src"), "/proc");
	is_int(run(&m), -1000 - INIT_WHY_NOT_PROC, "a plain directory on /proc");
	m = fresh_mount("tmpfs", "tmpfs", "/proc");
	is_int(run(&m), -1000 - INIT_WHY_NOT_PROC, "a tmpfs on /proc");
	m = bind_mount("/proc", "/proc");
	m.flags |= PLAN_MOUNT_REC;
	is_int(run(&m), 0, "the host's procfs on /proc");
	box_link("rootfs/innocent", "/proc/sys");
	m = bind_mount(box_path("src"), "/innocent");
	is_int(run(&m), -1000 - INIT_WHY_UNDER_PROC, "a link that leads into procfs");
	box_link("rootfs/innocent2", "/proc");
	m = fresh_mount("tmpfs", "tmpfs", "/innocent2");
	is_int(run(&m), -1000 - INIT_WHY_UNDER_PROC, "a link to it");
	box_fresh();
	box_dir("rootfs/fake");
	box_link("rootfs/proc", "/fake");
	m = fresh_mount("proc", "proc", "/proc");
	m.flags = PLAN_MOUNT_REAL_DIR;
	is_int(run(&m), -1000 - INIT_WHY_NOT_DIR, "/proc that is a link");
	m = bind_mount("/proc", "/proc");
	m.flags |= PLAN_MOUNT_REAL_DIR;
	is_int(run(&m), -1000 - INIT_WHY_NOT_DIR, "the same for a bind");
	is_int(box_magic("rootfs/fake"), TMPFS_MAGIC, "nothing was mounted");
}

static void on_root(void)
{
	struct plan_mount m;

	box_fresh();
	box_dir("src");
	box_file("src/file", "bound");
	m = bind_mount(box_path("src"), "/");
	is_int(run(&m), 0, "a mount on the root");
	m = fresh_mount("tmpfs", "tmpfs", "/t");
	is_int(run(&m), 0, "the next one goes into it");
	is_int(box_mode("src/t") & S_IFMT, S_IFDIR, "where its mount point was made");
	box_fresh();
	box_dir("rootfs/a");
	box_link("rootfs/a/up", "..");
	box_link("rootfs/abs", "/");
	m = fresh_mount("tmpfs", "tmpfs", "/a/up");
	is_int(run(&m), -1000 - INIT_WHY_ON_ROOT, "a link to the root");
	m = bind_mount("/tmp", "/abs");
	is_int(run(&m), -1000 - INIT_WHY_ON_ROOT, "an absolute one");
}

static void change(void)
{
	struct plan_mount m;

	box_fresh();
	m = fresh_mount("tmpfs", "tmpfs", "/t");
	is_int(run(&m), 0, "a tmpfs");
	m = fresh_mount(NULL, NULL, "/t");
	m.flags = PLAN_MOUNT_REMOUNT;
	m.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC;
	is_int(run(&m), 0, "is changed");
	is_int(box_flags("rootfs/t") & 15, ST_RDONLY | ST_NOEXEC, "to read-only");
	m.attr_set = 0;
	m.attr_clr = MOUNT_ATTR_RDONLY;
	m.data = BOX_STRS("size=128k");
	is_int(run(&m), 0, "and back, with an option");
	is_int(box_flags("rootfs/t") & 15, ST_NOEXEC, "the rest stays");
	box_dir("rootfs/nomount");
	m = fresh_mount(NULL, NULL, "/nomount");
	m.flags = PLAN_MOUNT_REMOUNT;
	m.attr_set = MOUNT_ATTR_RDONLY;
	is_int(run(&m), -EINVAL, "a directory where nothing is mounted");
	m.target = box_str("/none");
	is_int(run(&m), -ENOENT, "no directory");
}

/* The peer group of a mount from mountinfo: 's' shared, 'm' slave, 'u' unbindable, '-' private. */
static int propagation(const char *path)
{
	char line[1024];
	const char *at = box_path(path);
	FILE *f = fopen("/proc/self/mountinfo", "re");
	int found = 0;

	while (f && fgets(line, sizeof(line), f)) {
		char *p = strstr(line, at);

		if (p && p[strlen(at)] == ' ')
			found = strstr(p, " shared:")     ? 's'
				: strstr(p, " master:")   ? 'm'
				: strstr(p, "unbindable") ? 'u'
							  : '-';
	}
	if (f)
		fclose(f);
	return found;
}

static void propagations(void)
{
	struct plan_mount m;

	box_fresh();
	box_dir("src");
	m = bind_mount(box_path("src"), "/shared");
	m.propagation = MS_SHARED | MS_REC;
	is_int(run(&m), 0, "rshared");
	is_int(propagation("rootfs/shared"), 's', "is shared");
	m = bind_mount(box_path("rootfs/shared"), "/slave");
	m.propagation = MS_SLAVE;
	is_int(run(&m), 0, "slave");
	is_int(propagation("rootfs/slave"), 'm', "is a slave");
	m = fresh_mount("tmpfs", "tmpfs", "/unbindable");
	m.propagation = MS_UNBINDABLE;
	is_int(run(&m), 0, "unbindable");
	is_int(propagation("rootfs/unbindable"), 'u', "is that");
}

/* The host's tree is a peer of the host's mounts until the box takes it. */
static void host_source(void)
{
	struct init host = {.sock = -1};
	struct plan_mount m;
	int pair[2], tree, fds;

	box_fresh();
	box_dir("src");
	box_mount("tmpfs", box_path("src"), "tmpfs", 0);
	box_mount(NULL, box_path("src"), NULL, MS_SHARED);
	box_file("src/file", "from the host");
	box_need(sys_call(__NR_socketpair, 1 /* AF_UNIX */, 5 /* SOCK_SEQPACKET */, 0, pair),
		 "socketpair", "");
	host.sock = pair[1];
	box_init.sock = pair[0];
	fds = box_open_fds();
	tree = (int)sys_open_tree(AT_FDCWD, box_path("src"), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	init_send(&host, INIT_SOURCE, 0, tree);
	init_close_fd(tree);
	m = bind_mount("/not/looked/at", "/b");
	m.flags |= PLAN_MOUNT_HOST_SOURCE;
	m.attr_set = MOUNT_ATTR_RDONLY;
	is_int(run(&m), 0, "a tree that the host sends");
	is_str(box_read("rootfs/b/file"), "from the host", "is bound");
	is_int(box_flags("rootfs/b") & ST_RDONLY, ST_RDONLY, "with its flags");
	is_int(propagation("rootfs/b"), 'm', "and cannot spread to the host");
	init_send(&host, INIT_SOURCE, EACCES, -1);
	is_int(run(&m), -EACCES, "a tree that the host cannot open");
	is_int(box_open_fds(), fds, "no descriptor stays open");
	init_close(&box_init.sock);
	init_close_fd(pair[1]);
}

static void copyup(void)
{
	struct plan_mount m;
	struct statx st;
	int fds, i;
	char path[1024];

	box_fresh();
	box_dir("rootfs/d");
	box_file("rootfs/d/file", "content");
	box_need(sys_call(__NR_fchownat, AT_FDCWD, box_path("rootfs/d/file"), 1000, 1001, 0),
		 "chown", "file");
	box_need(sys_call(__NR_fchmodat, AT_FDCWD, box_path("rootfs/d/file"), 04751), "chmod",
		 "file");
	box_link("rootfs/d/link", box_path("host/keep"));
	box_node("rootfs/d/fifo", S_IFIFO | 0640, 0);
	box_node("rootfs/d/null", S_IFCHR | 0666, init_device_number(1, 3));
	box_dir("rootfs/d/sub");
	box_dir("rootfs/d/sub/sub");
	box_file("rootfs/d/sub/sub/deep", "deep");
	box_need(sys_call(__NR_fchmodat, AT_FDCWD, box_path("rootfs/d/sub"), 02700), "chmod",
		 "sub");
	box_dir("rootfs/d/other");
	box_mount("tmpfs", box_path("rootfs/d/other"), "tmpfs", 0);
	box_file("rootfs/d/other/file", "of another file system");
	for (i = 0; i < 500; i++) {
		snprintf(path, sizeof(path), "rootfs/d/sub/a-rather-long-name-number-%d", i);
		box_file(path, "x");
	}
	fds = box_open_fds();
	m = fresh_mount("tmpfs", "tmpfs", "/d");
	m.flags = PLAN_MOUNT_TMPCOPYUP | PLAN_MOUNT_KEEP_MODE;
	m.sb_flags = MS_RDONLY;
	is_int(run(&m), 0, "a tmpfs with a copy");
	is_int(box_flags("rootfs/d") & ST_RDONLY, ST_RDONLY, "read-only when asked for");
	is_str(box_read("rootfs/d/file"), "content", "a file");
	init_stat(AT_FDCWD, box_path("rootfs/d/file"), &st);
	is_int(st.stx_mode, S_IFREG | 04751, "its mode");
	is_int(st.stx_uid * 10000 + st.stx_gid, 10001001, "its owner");
	is_int(box_mode("rootfs/d/link") & S_IFMT, S_IFLNK, "a link stays one");
	is_int(box_mode("rootfs/d/fifo"), S_IFIFO | 0640, "a FIFO");
	is_int(box_mode("rootfs/d/null"), S_IFCHR | 0666, "a device");
	is_int(box_mode("rootfs/d/sub"), S_IFDIR | 02700, "a directory");
	is_int(box_entries("rootfs/d/sub"), 501, "all in it");
	is_str(box_read("rootfs/d/sub/sub/deep"), "deep", "down to the end");
	is_int(box_entries("rootfs/d/other"), 0, "other file systems stay out");
	is_int(box_open_fds(), fds, "no descriptor stays open");
	m = fresh_mount("tmpfs", "tmpfs", "/d");
	m.flags = PLAN_MOUNT_TMPCOPYUP;
	m.data = BOX_STRS("nr_inodes=20");
	is_int(run(&m), -ENOSPC, "a copy that does not fit");
	is_int(box_open_fds(), fds, "no descriptor stays open after that");
	strcpy(path, "rootfs/deep");
	for (i = 0; i < 70; i++) {
		box_dir(path);
		strcat(path, "/d");
	}
	m = fresh_mount("tmpfs", "tmpfs", "/deep");
	m.flags = PLAN_MOUNT_TMPCOPYUP;
	is_int(run(&m), -ENAMETOOLONG, "too deep a tree");
	is_int(box_open_fds(), fds, "no descriptor stays open after that either");
	host_untouched("copy up");
}

static void in_userns(void)
{
	struct plan_mount m = bind_mount(box_path("src"), "/b");

	m.attr_clr = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID;
	box_must(run(&m) == -EPERM, "a locked flag cannot be cleared");
	box_must(!strcmp(init_failure()->object, "locked flag nosuid"), "and is named");
	m.attr_clr = MOUNT_ATTR_NODEV;
	box_must(run(&m) == 0, "others can");
	m = fresh_mount("sysfs", "sysfs", "/sys");
	m.flags = PLAN_MOUNT_REAL_DIR;
	box_must(run(&m) == -EPERM, "a new sysfs is refused");
	m.flags |= PLAN_MOUNT_SYSFS_BIND;
	m.attr_set = MOUNT_ATTR_NOSUID;
	box_must(run(&m) == 0, "the host's is not");
	box_must((box_flags("rootfs/sys") & 3) == 3, "read-only, with the flags asked for");
	m = fresh_mount("tmpfs", "tmpfs", "/c");
	m.flags = PLAN_MOUNT_TMPCOPYUP;
	box_must(run(&m) == 0, "a copy of a file of nobody");
	box_must(box_mode("rootfs/c/suid") == (S_IFREG | 0755), "is not set-id for us");
}

static void userns(void)
{
	box_fresh();
	box_dir("src");
	box_mount("tmpfs", box_path("src"), "tmpfs", MS_NOSUID);
	box_dir("rootfs/c");
	box_file("rootfs/c/suid", "");
	box_need(sys_call(__NR_fchownat, AT_FDCWD, box_path("rootfs/c/suid"), 1000, 1000, 0),
		 "chown", "suid");
	box_need(sys_call(__NR_fchmodat, AT_FDCWD, box_path("rootfs/c/suid"), 04755), "chmod",
		 "suid");
	box_in_child("in a user namespace", CLONE_NEWUSER | CLONE_NEWNS, in_userns);
}

static void in_cgroupns(void)
{
	struct plan_mount_cgroup c = {.s = {.kind = PLAN_MOUNT_CGROUP}};

	c.target = box_str("/sys/fs/cgroup");
	c.mode = PLAN_CGROUP_V2;
	c.variant = PLAN_CGROUP_MOUNT_NEW;
	c.attr_set = MOUNT_ATTR_NOSUID;
	box_must(!step_mount_cgroup(&box_init, &c.s), "cgroup2");
	box_must(box_magic("rootfs/sys/fs/cgroup") == CGROUP2_SUPER_MAGIC, "is there");
	box_must(box_read("rootfs/sys/fs/cgroup/cgroup.procs") != NULL, "and works");
}

static void cgroup_v1_binds(void)
{
	struct plan_mount_cgroup c = {.s = {.kind = PLAN_MOUNT_CGROUP}};

	box_fresh();
	box_dir("src");
	box_dir("src/cpu");
	box_file("src/cpu/cgroup.procs", "1\n");
	box_dir("src/mem");
	c.target = box_str("/sys/fs/cgroup");
	c.mode = PLAN_CGROUP_V1;
	c.variant = PLAN_CGROUP_MOUNT_BIND;
	c.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	c.names = BOX_STRS("cpu,cpuacct", "memory");
	c.options = BOX_STRS(box_path("src/cpu"), box_path("src/mem"));
	c.links = BOX_STRS("cpu=cpu,cpuacct", "cpuacct=cpu,cpuacct");
	is_int(step_mount_cgroup(&box_init, &c.s), 0, "hierarchies by bind");
	is_str(box_read("rootfs/sys/fs/cgroup/cpu/cgroup.procs"), "1\n", "a link leads to one");
	is_int(box_entries("rootfs/sys/fs/cgroup"), 4, "all are there");
	is_int(box_flags("rootfs/sys/fs/cgroup") & 15, 15, "the tmpfs is read-only at the end");
	is_int(box_flags("rootfs/sys/fs/cgroup/memory") & 15, 15, "the hierarchies too");
}

static void cgroup_v2_bind(void)
{
	struct plan_mount_cgroup c = {.s = {.kind = PLAN_MOUNT_CGROUP}};

	box_fresh();
	box_dir("src");
	box_file("src/cgroup.procs", "1\n");
	c.target = box_str("/sys/fs/cgroup");
	c.mode = PLAN_CGROUP_V2;
	c.variant = PLAN_CGROUP_MOUNT_BIND;
	c.path = box_str(box_path("src"));
	c.attr_set = MOUNT_ATTR_RDONLY;
	is_int(step_mount_cgroup(&box_init, &c.s), 0, "the unified tree by bind");
	is_int(box_flags("rootfs/sys/fs/cgroup") & ST_RDONLY, ST_RDONLY,
	       "read-only (CVE-2023-25809)");
	c.path = box_str("/nowhere");
	is_int(step_mount_cgroup(&box_init, &c.s), -1, "no such directory");
	is_int(box_errno(), ENOENT, "is told");
}

static void tests(void)
{
	new_fs();
	bad_fs();
	modes();
	legacy();
	binds();
	bind_attacks();
	proc_attacks();
	on_root();
	change();
	propagations();
	host_source();
	copyup();
	userns();
	box_fresh();
	box_in_child("cgroup2 in a cgroup namespace", CLONE_NEWNS | CLONE_NEWCGROUP, in_cgroupns);
	cgroup_v1_binds();
	cgroup_v2_bind();
}

int main(void)
{
	return box_main(tests);
}
