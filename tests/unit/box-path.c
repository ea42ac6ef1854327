/* SPDX-License-Identifier: Apache-2.0 */
/* PLAN_DEVICE, SYMLINK, READONLY_PATH, MASK_PATH and the console: what the image prepared for them
 * must not matter. */
#include "box.h"

static int result(int r)
{
	struct init_error *e = init_failure();

	if (!r)
		return 0;
	r = e->why ? -1000 - (int)e->why : -e->errnum;
	e->m.type = e->why = 0;
	e->errnum = 0;
	return r;
}

static struct plan_device device(const char *path, uint32_t type, uint32_t major, uint32_t minor)
{
	return (struct plan_device){
		.s = {.kind = PLAN_DEVICE},
		.path = box_str(path),
		.type = type,
		.mode = 0666,
		.major = major,
		.minor = minor,
	};
}

static int run_device(const struct plan_device *d)
{
	return result(step_device(&box_init, &d->s));
}

static int run_link(const char *path, const char *target)
{
	struct plan_symlink l = {
		.s = {.kind = PLAN_SYMLINK}, .path = box_str(path), .target = box_str(target)};

	return result(step_symlink(&box_init, &l.s));
}

static int run_mask(const char *path, bool missing_ok)
{
	struct plan_text t = {
		.s = {.kind = PLAN_MASK_PATH}, .text = box_str(path), .flag = missing_ok};

	return result(step_mask_path(&box_init, &t.s));
}

static int run_readonly(const char *path, bool missing_ok)
{
	struct plan_text t = {
		.s = {.kind = PLAN_READONLY_PATH}, .text = box_str(path), .flag = missing_ok};

	return result(step_readonly_path(&box_init, &t.s));
}

static bool is_device(const char *path, uint32_t major, uint32_t minor)
{
	struct statx st;

	return !init_stat(AT_FDCWD, box_path(path), &st) &&
	       init_is_device(&st, S_IFCHR, major, minor);
}

static void devices(void)
{
	struct plan_device d;
	struct statx st;
	int fds;

	box_fresh();
	fds = box_open_fds();
	d = device("/dev/null", S_IFCHR, 1, 3);
	is_int(run_device(&d), 0, "a character device");
	ok(is_device("rootfs/dev/null", 1, 3), "is there");
	is_int(box_mode("rootfs/dev/null"), S_IFCHR | 0666, "with its mode");
	is_int(run_device(&d), 0, "one that is there already");
	d = device("/dev/deep/er/blk", S_IFBLK, 259, 70000);
	d.mode = 0640;
	d.uid = 7;
	d.gid = 8;
	is_int(run_device(&d), 0, "a block device with a large minor number");
	is_int(init_stat(AT_FDCWD, box_path("rootfs/dev/deep/er/blk"), &st), 0, "is there");
	is_int(st.stx_rdev_major * 1000000 + st.stx_rdev_minor, 259070000, "with its number");
	is_int(st.stx_uid * 10 + st.stx_gid, 78, "and its owner");
	is_int(st.stx_mode, S_IFBLK | 0640, "and its mode");
	d = device("/dev/pipe", S_IFIFO, 0, 0);
	is_int(run_device(&d), 0, "a FIFO");
	is_int(box_mode("rootfs/dev/pipe"), S_IFIFO | 0666, "is there");
	d = device("/dev/big", S_IFCHR, 5000, 0);
	is_int(run_device(&d), -EINVAL, "a number that would be cut");
	is_int(box_open_fds(), fds, "no descriptor stays open");
}

static void device_attacks(void)
{
	struct plan_device d;

	box_fresh();
	box_dir("rootfs/dev");
	box_file("rootfs/dev/zero", "an image's file");
	d = device("/dev/zero", S_IFCHR, 1, 5);
	d.is_default = 1;
	is_int(run_device(&d), -1000 - INIT_WHY_BAD_NODE, "a file is there instead");
	box_link("rootfs/dev/full", box_path("host/full"));
	d = device("/dev/full", S_IFCHR, 1, 7);
	is_int(run_device(&d), -1000 - INIT_WHY_BAD_NODE, "a dangling link");
	box_node("rootfs/dev/null", S_IFCHR | 0666, init_device_number(1, 5));
	d = device("/dev/null", S_IFCHR, 1, 3);
	is_int(run_device(&d), -1000 - INIT_WHY_BAD_NODE, "another device");
	box_fresh();
	box_link("rootfs/dev", box_path("host"));
	d = device("/dev/null", S_IFCHR, 1, 3);
	is_int(run_device(&d), 0, "/dev that is a link to the host");
	is_int(run_link("/dev/fd", "/proc/self/fd"), 0, "a link in it");
	is_int(run_link("/dev/ptmx", "pts/ptmx"), 0, "and /dev/ptmx");
	host_untouched("/dev is an absolute link");
	box_fresh();
	box_link("rootfs/dev", "../host");
	d = device("/dev/null", S_IFCHR, 1, 3);
	is_int(run_device(&d), 0, "/dev that is a relative link");
	host_untouched("/dev is a relative link");
}

static void device_binds(void)
{
	struct plan_device d;

	box_fresh();
	d = device("/dev/null", S_IFCHR, 1, 3);
	d.bind = 1;
	is_int(run_device(&d), 0, "a device by bind");
	ok(is_device("rootfs/dev/null", 1, 3), "is the host's");
	is_int(box_flags("rootfs/dev/null") & 1, 1, "read-only");
	box_file("rootfs/dev/zero", "");
	d = device("/dev/zero", S_IFCHR, 1, 5);
	d.bind = 1;
	is_int(run_device(&d), 0, "onto a file that is there");
	ok(is_device("rootfs/dev/zero", 1, 5), "is the host's");
	d = device("/dev/full", S_IFCHR, 1, 9);
	d.bind = 1;
	is_int(run_device(&d), -1000 - INIT_WHY_BAD_NODE, "the host's node is another one");
	box_link("rootfs/dev/urandom", box_path("host/keep"));
	d = device("/dev/urandom", S_IFCHR, 1, 9);
	d.bind = 1;
	is_int(run_device(&d), -1000 - INIT_WHY_BAD_NODE, "a link is refused");
	d = device("/dev/no-such-node", S_IFCHR, 1, 9);
	d.bind = 1;
	is_int(run_device(&d), -ENOENT, "the host has none");
	host_untouched("devices by bind");
}

static const char *link_text(const char *path)
{
	static char text[128];
	long n = sys_call(__NR_readlinkat, AT_FDCWD, box_path(path), text, sizeof(text) - 1);

	if (n < 0)
		return NULL;
	text[n] = 0;
	return text;
}

static void symlinks(void)
{
	int fds;

	box_fresh();
	fds = box_open_fds();
	is_int(run_link("/dev/fd", "/proc/self/fd"), 0, "a link");
	is_str(link_text("rootfs/dev/fd"), "/proc/self/fd", "is there");
	is_int(run_link("/dev/fd", "/other"), 0, "another of the name");
	is_str(link_text("rootfs/dev/fd"), "/proc/self/fd", "changes nothing");
	box_file("rootfs/dev/ptmx", "");
	is_int(run_link("/dev/ptmx", "pts/ptmx"), 0, "/dev/ptmx, which is a file");
	is_str(link_text("rootfs/dev/ptmx"), "pts/ptmx", "is replaced");
	is_int(run_link("/dev/ptmx", "pts/ptmx"), 0, "/dev/ptmx that is right");
	is_int(box_open_fds(), fds, "no descriptor stays open");
}

static void masks(void)
{
	int fds;

	box_fresh();
	box_dir("rootfs/etc");
	box_file("rootfs/etc/secret", "secret");
	box_file("rootfs/etc/two", "secret");
	box_dir("rootfs/d1");
	box_file("rootfs/d1/file", "secret");
	box_dir("rootfs/d2");
	box_dir("rootfs/d2/inner");
	is_int(run_mask("/etc/secret", true), 0, "a file");
	fds = box_open_fds();
	ok(is_device("rootfs/etc/secret", 1, 3), "is the null device");
	is_int(run_mask("/etc/two", true), 0, "a second one");
	ok(is_device("rootfs/etc/two", 1, 3), "too");
	is_int(box_flags("rootfs/etc/secret") & 15, 11, "read-only, nosuid, noexec, but not nodev");
	is_int(box_flags("rootfs/etc/two") & 15, 11, "so is the second one");
	is_int(sys_call(__NR_fchmodat, AT_FDCWD, box_path("rootfs/etc/two"), 0600), -EROFS,
	       "the host's node cannot be changed");
	is_int(run_mask("/d1", true), 0, "a directory");
	is_int(box_entries("rootfs/d1"), 0, "is empty");
	is_int(run_mask("/d2", true), 0, "a second one");
	is_int(box_entries("rootfs/d2"), 0, "is empty");
	is_int(sys_call(__NR_mkdirat, AT_FDCWD, box_path("rootfs/d2/x"), 0755), -EROFS,
	       "and read-only");
	is_int(box_open_fds(), fds + 1, "the shared directory stays open");
	is_int(run_mask("/d2/inner", true), 0, "what is below a masked directory is not there");
	is_int(run_mask("/none", true), 0, "a missing one is fine");
	is_int(run_mask("/etc/secret/x", true), 0, "so is one below a file");
	is_int(run_mask("/none", false), -ENOENT, "unless it must be there");
	init_mask_done();
	is_int(box_open_fds(), fds - 1, "and is closed at the end, with the shared file");
}

/* CVE-2025-31133 */
static void mask_attacks(void)
{
	box_fresh();
	box_dir("rootfs/dev");
	box_file("rootfs/decoy", "decoy");
	box_link("rootfs/dev/null", "/decoy");
	box_file("rootfs/secret", "secret");
	is_int(run_mask("/secret", true), 0, "with a /dev/null that is a link");
	ok(is_device("rootfs/secret", 1, 3), "it is the null device");
	box_link("rootfs/tolink", "/decoy");
	is_int(run_mask("/tolink", true), 0, "a link is resolved");
	ok(is_device("rootfs/decoy", 1, 3), "its target is masked");
	box_link("rootfs/tohost", box_path("host/keep"));
	is_int(run_mask("/tohost", true), 0, "a link to the host leads nowhere");
	box_link("rootfs/loop", "loop");
	is_int(run_mask("/loop", true), -ELOOP, "a loop is told");
	init_mask_done();
	host_untouched("masks");
}

static void readonly(void)
{
	int fds;

	box_fresh();
	fds = box_open_fds();
	box_dir("rootfs/sys");
	box_dir("rootfs/sys/sub");
	box_mount("tmpfs", box_path("rootfs/sys/sub"), "tmpfs", MS_NOSUID);
	box_file("rootfs/file", "text");
	is_int(run_readonly("/sys", true), 0, "a directory");
	is_int(box_flags("rootfs/sys") & 1, 1, "is read-only");
	is_int(box_flags("rootfs/sys/sub") & 3, 3,
	       "with what is mounted below, which keeps its flags");
	is_int(run_readonly("/file", true), 0, "a file");
	is_int(box_flags("rootfs/file") & 1, 1, "is read-only");
	is_int(box_flags("rootfs") & 1, 0, "the rest is not");
	is_int(run_readonly("/none", true), 0, "a missing one is fine");
	is_int(run_readonly("/none", false), -ENOENT, "unless it must be there");
	box_link("rootfs/toroot", "/");
	is_int(run_readonly("/toroot", true), -1000 - INIT_WHY_ON_ROOT, "a link to the root");
	is_int(box_open_fds(), fds, "no descriptor stays open");
}

/* CVE-2025-52565, CVE-2026-88264 */
static void console(void)
{
	int fds, fd;

	box_fresh();
	fd = (int)sys_call(__NR_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC);
	fds = box_open_fds();
	is_int(init_bind_fd(&box_init, &box_step, fd, "/dev/console"), 0, "a console");
	ok(is_device("rootfs/dev/console", 1, 3), "is there");
	is_int(init_bind_fd(&box_init, &box_step, fd, "/dev/console"), 0, "onto one that is there");
	box_link("rootfs/dev/l1", box_path("host/keep"));
	box_link("rootfs/dev/l2", box_path("host/new"));
	box_file("rootfs/inner", "inner");
	box_link("rootfs/dev/l3", "/inner");
	is_int(result(init_bind_fd(&box_init, &box_step, fd, "/dev/l1")), -ELOOP,
	       "a link to the host");
	is_int(result(init_bind_fd(&box_init, &box_step, fd, "/dev/l2")), -ELOOP, "a dangling one");
	is_int(result(init_bind_fd(&box_init, &box_step, fd, "/dev/l3")), -ELOOP, "one inside");
	is_str(box_read("rootfs/inner"), "inner", "nothing happened to its target");
	box_node("rootfs/dev/fifo", S_IFIFO | 0600, 0);
	is_int(init_bind_fd(&box_init, &box_step, fd, "/dev/fifo"), 0, "onto a FIFO");
	is_int(box_open_fds(), fds, "no descriptor stays open");
	init_close_fd(fd);
	host_untouched("console");
}

static void in_userns(void)
{
	struct plan_device d = device("/dev/null", S_IFCHR, 1, 3);
	int fd = (int)sys_call(__NR_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC);

	box_must(run_device(&d) == 0, "a device");
	box_must(is_device("rootfs/dev/null", 1, 3), "is bound where it cannot be made");
	d = device("/dev/fifo", S_IFIFO, 0, 0);
	box_must(run_device(&d) == 0, "a FIFO can be made");
	box_must(run_mask("/secret", true) == 0, "a masked file");
	box_must(is_device("rootfs/secret", 1, 3), "is masked");
	box_must(run_mask("/d1", true) == 0 && run_mask("/d2", true) == 0, "masked directories");
	box_must(box_entries("rootfs/d1") == 0, "are empty");
	box_must(run_readonly("/ro", true) == 0, "a read-only directory");
	box_must(box_flags("rootfs/ro") & 1, "is read-only");
	box_must(!init_bind_fd(&box_init, &box_step, fd, "/dev/console"), "a console");
}

static void userns(void)
{
	box_fresh();
	box_file("rootfs/secret", "");
	box_dir("rootfs/d1");
	box_dir("rootfs/d1/x");
	box_dir("rootfs/d2");
	box_dir("rootfs/ro");
	box_in_child("in a user namespace", CLONE_NEWUSER | CLONE_NEWNS, in_userns);
}

static void tests(void)
{
	userns();
	devices();
	device_attacks();
	device_binds();
	symlinks();
	masks();
	mask_attacks();
	readonly();
	console();
}

int main(void)
{
	return box_main(tests);
}
