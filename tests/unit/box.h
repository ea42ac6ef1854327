/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame for tests of the steps that build the box: everything runs in a child with a mount
 * namespace of its own, on a tmpfs with a "rootfs" and a "host" beside it that nothing may touch.
 * The headers of the init and those of libc for the same things exclude each other, so the helpers
 * here speak to the kernel as init does.
 */
#ifndef TESTS_BOX_H
#define TESTS_BOX_H

#include "init/mount.h"
#include "tap.h"

#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define BOX_UNUSED __attribute__((unused))

static char box_base[64];
static struct init box_init;
static const struct plan_step box_step = {.kind = PLAN_MOUNT, .size = sizeof(struct plan_step)};

/* A plan that has strings, and steps for those who look for one. */
static union {
	struct plan_header h;
	char bytes[1 << 16];
} box_plan;
static uint32_t box_used;

BOX_UNUSED static plan_str box_str(const char *s)
{
	size_t len;
	plan_str at = box_used;

	if (!s)
		return 0;
	len = strlen(s) + 1;
	memcpy(box_plan.bytes + at, s, len);
	box_used += (uint32_t)(len + 7) & ~7u;
	return at;
}

/* Up to 8 strings, NULL ends. */
BOX_UNUSED static struct plan_vec box_strs(const char *const *items)
{
	plan_str strs[8];
	struct plan_vec v = {0};

	while (items[v.n]) {
		strs[v.n] = box_str(items[v.n]);
		v.n++;
	}
	v.off = box_used;
	memcpy(box_plan.bytes + v.off, strs, v.n * sizeof(strs[0]));
	box_used += (v.n * (uint32_t)sizeof(strs[0]) + 7) & ~7u;
	return v;
}
#define BOX_STRS(...) box_strs((const char *const[]){__VA_ARGS__, NULL})

BOX_UNUSED static void box_add_step(const void *step, size_t size)
{
	if (!box_plan.h.nsteps)
		box_plan.h.first = box_used;
	memcpy(box_plan.bytes + box_used, step, size);
	((struct plan_step *)(box_plan.bytes + box_used))->size = (uint32_t)size;
	box_used += (uint32_t)size;
	box_plan.h.nsteps++;
}

static const char *box_path(const char *path)
{
	static char buffers[4][1024];
	static unsigned i;

	i = (i + 1) % 4;
	if (snprintf(buffers[i], sizeof(buffers[i]), "%s/%s", box_base, path) >= 1024)
		abort();
	return buffers[i];
}

/* Paths of these helpers are below the tmpfs: "rootfs/etc". They end the program where they fail:
 * then the test is wrong. */
static void box_need(long r, const char *what, const char *path)
{
	if (r >= 0)
		return;
	printf("Bail out! %s %s: %s\n", what, path, strerror((int)-r));
	fflush(stdout);
	_exit(99);
}

BOX_UNUSED static void box_dir(const char *path)
{
	box_need(sys_call(__NR_mkdirat, AT_FDCWD, box_path(path), 0755), "mkdir", path);
}

BOX_UNUSED static void box_file(const char *path, const char *text)
{
	long fd = sys_call(__NR_openat, AT_FDCWD, box_path(path),
			   O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	box_need(fd, "create", path);
	box_need(sys_call(__NR_write, fd, text, strlen(text)), "write", path);
	init_close_fd((int)fd);
}

BOX_UNUSED static void box_link(const char *path, const char *target)
{
	box_need(sys_call(__NR_symlinkat, target, AT_FDCWD, box_path(path)), "symlink", path);
}

BOX_UNUSED static void box_node(const char *path, unsigned mode, unsigned dev)
{
	box_need(sys_call(__NR_mknodat, AT_FDCWD, box_path(path), mode, dev), "mknod", path);
}

/* Whole content of a file, static; NULL when it cannot be read. */
BOX_UNUSED static const char *box_read_abs(const char *path)
{
	static char text[256];
	long fd = sys_call(__NR_openat, AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), n;

	if (fd < 0)
		return NULL;
	n = sys_call(__NR_read, fd, text, sizeof(text) - 1);
	init_close_fd((int)fd);
	if (n < 0)
		return NULL;
	text[n] = 0;
	return text;
}

BOX_UNUSED static const char *box_read(const char *path)
{
	return box_read_abs(box_path(path));
}

/* S_IFMT | mode of what is there (links are not followed), or -errno. */
BOX_UNUSED static int box_mode(const char *path)
{
	struct statx st;
	int r = init_stat(AT_FDCWD, box_path(path), &st);

	return r ? r : st.stx_mode;
}

/* ST_* flags of the mount, -1 when there is nothing. */
BOX_UNUSED static long box_flags(const char *path)
{
	struct statfs st;

	return sys_call(__NR_statfs, box_path(path), &st) ? -1 : (long)st.f_flags;
}

BOX_UNUSED static long box_magic(const char *path)
{
	struct statfs st;

	return sys_call(__NR_statfs, box_path(path), &st) ? -1 : (long)st.f_type;
}

/* Number of entries of a directory. */
BOX_UNUSED static int box_entries(const char *path)
{
	static _Alignas(8) char buffer[8192];
	long fd = sys_call(__NR_openat, AT_FDCWD, box_path(path),
			   O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	     n, at;
	int count = 0;

	box_need(fd, "open", path);
	while ((n = sys_call(__NR_getdents64, fd, buffer, sizeof(buffer))) > 0)
		for (at = 0; at < n; at += *(uint16_t *)(buffer + at + 16))
			count++;
	init_close_fd((int)fd);
	return count - 2;
}

/* Open descriptors of this process: what a step leaves open shows here, but for the directory that
 * is kept for the next step. */
BOX_UNUSED static int box_open_fds(void)
{
	int fd, count = 0;

	init_target_forget();
	for (fd = 0; fd < 256; fd++)
		count += sys_call(__NR_fcntl, fd, F_GETFD) >= 0;
	return count;
}

BOX_UNUSED static void box_mount(const char *source, const char *path, const char *type,
				 unsigned long flags)
{
	box_need(sys_call(__NR_mount, source, path, type, flags, NULL), "mount", path);
}

/* A fresh tmpfs with rootfs and host in it; the rootfs is a mount and open. */
BOX_UNUSED static void box_fresh(void)
{
	long r;

	init_mask_done();
	init_target_forget();
	init_mount_new_root();
	init_close(&box_init.rootfd);
	init_close(&box_init.proc_fd);
	do {
		r = sys_call(__NR_umount2, box_base, 2 /* MNT_DETACH */);
	} while (!r);
	box_mount("tmpfs", box_base, "tmpfs", 0);
	memset(&box_plan, 0, sizeof(box_plan));
	box_plan.h.magic = PLAN_MAGIC;
	box_used = sizeof(struct plan_header);
	box_init.plan = &box_plan.h;
	box_dir("rootfs");
	box_dir("host");
	box_file("host/keep", "host");
	box_mount(box_path("rootfs"), box_path("rootfs"), NULL, MS_BIND);
	r = sys_call(__NR_openat, AT_FDCWD, box_path("rootfs"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	box_need(r, "open", "rootfs");
	box_init.rootfd = (int)r;
	*init_failure() = (struct init_error){0};
}

/* What the last failing step said. */
BOX_UNUSED static int box_errno(void)
{
	struct init_error *e = init_failure();
	int r = e->errnum;

	*e = (struct init_error){0};
	return r;
}

BOX_UNUSED static unsigned box_why(void)
{
	struct init_error *e = init_failure();
	unsigned r = e->why;

	*e = (struct init_error){0};
	return r;
}

/* Nothing happened outside the root. */
#define host_untouched(what)                                                                   \
	do {                                                                                   \
		is_int(box_entries("host"), 1, "%s: nothing new on the host", (what));         \
		is_str(box_read("host/keep"), "host", "%s: the file of the host is as it was", \
		       (what));                                                                \
	} while (0)

/* In a child: a condition that must hold; the parent sees how many did not. */
static int box_faults;

BOX_UNUSED static void box_must(bool good, const char *what)
{
	struct init_error *e = init_failure();

	if (good)
		return;
	box_faults++;
	diag("does not hold: %s (errno %d, why %u, call %u, object \"%s\")", what, e->errnum,
	     e->why, e->call, e->object);
	fflush(stdout);
}

static void box_write_abs(const char *path, const char *text)
{
	long fd = sys_call(__NR_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);

	box_need(fd, "open", path);
	box_need(sys_call(__NR_write, fd, text, strlen(text)), "write", path);
	init_close_fd((int)fd);
}

#define BOX_NO_NAMESPACE 127

static int box_enter(unsigned long flags)
{
	if (sys_call(__NR_unshare, flags))
		return BOX_NO_NAMESPACE;
	if (flags & CLONE_NEWUSER) {
		box_write_abs("/proc/self/setgroups", "deny");
		box_write_abs("/proc/self/uid_map", "0 0 1");
		box_write_abs("/proc/self/gid_map", "0 0 1");
	}
	init_mount_new_root();
	if (box_init.rootfd >= 0) { /* it is of the mount namespace that was left */
		init_close(&box_init.rootfd);
		box_init.rootfd = (int)sys_call(__NR_openat, AT_FDCWD, box_path("rootfs"),
						O_PATH | O_CLOEXEC);
	}
	return 0;
}

/* One test: @fn in a child in new namespaces, as root there. */
BOX_UNUSED static void box_in_child(const char *name, unsigned long flags, void (*fn)(void))
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		status = box_enter(flags);
		if (!status)
			fn();
		_exit(status ? status : box_faults);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == BOX_NO_NAMESPACE)
		skip("no such namespace to be had");
	else
		is_int(status, 0, "%s", name);
}

static int box_child(void (*tests)(void))
{
	if (sys_call(__NR_unshare, CLONE_NEWNS)) {
		printf("1..0 # SKIP no mount namespace to be had\n");
		return 0;
	}
	box_mount(NULL, "/", NULL, MS_PRIVATE | MS_REC);
	sys_call(__NR_umask, 0);
	box_init.sock = box_init.rootfd = box_init.proc_fd = -1;
	tests();
	return done_testing();
}

/* Run @tests as told above; the exit status of the program. */
static int box_main(void (*tests)(void))
{
	int status = 0;
	pid_t pid;

	if (geteuid()) {
		printf("1..0 # SKIP needs root\n");
		return 0;
	}
	snprintf(box_base, sizeof(box_base), "/tmp/hezi-box.XXXXXX");
	if (!mkdtemp(box_base)) {
		perror("mkdtemp");
		return 1;
	}
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		status = box_child(tests);
		fflush(stdout);
		_exit(status);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		status = 1;
	rmdir(box_base);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

#endif
