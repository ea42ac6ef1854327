/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --no-pivot leaves the host's mounts where a process that undoes a chroot finds them: no procfs or
 * sysfs without its masks may be among them. mountinfo is read a byte at a time, since its lines
 * have no limit: an overlay lists all its lower directories.
 */
#include "init/mount.h"

#include <linux/magic.h>

static const char mountinfo[] = "/proc/self/mountinfo";

/* The fields of a line: id, parent, device, root, mount point, options, optional ones, "-", type,
 * source, options (proc_pid_mountinfo(5)). */
enum {
	FIELD_POINT = 4,
	FIELD_OPTIONAL = 6
};

struct line {
	unsigned field;
	unsigned escape; /* digits of \ooo that are still to come */
	unsigned char octal;
	bool has_dash, has_type;
	bool is_ours; /* procfs or sysfs */
	struct init_text point, word;
	char word_text[8]; /* of a field from FIELD_OPTIONAL on; only short ones count */
};

static char point_text[INIT_PATH_MAX];

static void line_start(struct line *l)
{
	*l = (struct line){0};
	init_text_start(&l->point, point_text, sizeof(point_text));
	init_text_start(&l->word, l->word_text, sizeof(l->word_text));
}

/* In paths, blanks, newlines and backslashes are \ooo. */
static void take_point(struct line *l, char c)
{
	if (c == '\\') {
		l->escape = 3;
		l->octal = 0;
		return;
	}
	if (l->escape) {
		l->octal = (unsigned char)(l->octal << 3 | (c - '0'));
		if (--l->escape)
			return;
		c = (char)l->octal;
	}
	init_text_mem(&l->point, &c, 1);
}

static void end_field(struct line *l)
{
	bool is_word = l->field >= FIELD_OPTIONAL && !l->word.cut;

	if (l->has_dash && !l->has_type) {
		l->has_type = true;
		l->is_ours = is_word && (init_streq(l->word_text, "proc") ||
					 init_streq(l->word_text, "sysfs"));
	} else if (is_word && init_streq(l->word_text, "-")) {
		l->has_dash = true;
	}
	init_text_start(&l->word, l->word_text, sizeof(l->word_text));
	l->field++;
}

static void take(struct line *l, char c)
{
	if (c == ' ')
		end_field(l);
	else if (l->field == FIELD_POINT)
		take_point(l, c);
	else if (l->field >= FIELD_OPTIONAL)
		init_text_mem(&l->word, &c, 1);
}

/* What cannot be taken away (locked in a user namespace) is covered. */
static int hide(struct init *init, const struct plan_step *step, const char *path)
{
	struct statfs st = {0};
	long r = sys_call(__NR_umount2, path, 2 /* MNT_DETACH */);

	if (!r)
		return 0;
	if (sys_call(__NR_statfs, path, &st) ||
	    (st.f_type != PROC_SUPER_MAGIC && st.f_type != SYSFS_MAGIC))
		return 0; /* went away with the mount that it was on */
	r = sys_call(__NR_mount, "tmpfs", path, "tmpfs",
		     MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k");
	return r ? init_fail(init, step, __NR_mount, r, path) : 0;
}

static int hide_line(struct init *init, const struct plan_step *step, const struct line *l,
		     const char *rootfs)
{
	const char *below;

	if (!l->has_type)
		return init_fail(init, step, __NR_read, -EINVAL, mountinfo);
	if (!l->is_ours)
		return 0;
	if (l->point.cut)
		return init_fail(init, step, __NR_umount2, -ENAMETOOLONG, point_text);
	below = init_after(point_text, rootfs);
	if (below && (!*below || *below == '/'))
		return 0;
	return hide(init, step, point_text);
}

/* The next character of mountinfo. */
static int hide_next(struct init *init, const struct plan_step *step, struct line *l, char c,
		     const char *rootfs)
{
	int r;

	if (c != '\n') {
		take(l, c);
		return 0;
	}
	r = hide_line(init, step, l, rootfs);
	line_start(l);
	return r;
}

static int hide_lines(struct init *init, const struct plan_step *step, int fd, const char *rootfs)
{
	char buffer[1024];
	struct line line;
	long n, i;

	line_start(&line);
	while ((n = sys_call(__NR_read, fd, buffer, sizeof(buffer))) > 0) {
		for (i = 0; i < n; i++)
			if (hide_next(init, step, &line, buffer[i], rootfs))
				return -1;
	}
	return n ? init_fail(init, step, __NR_read, n, mountinfo) : 0;
}

int init_hide_host(struct init *init, const struct plan_step *step)
{
	static char rootfs[INIT_PATH_MAX];
	char link[32];
	struct init_text name;
	int proc = init_host_proc(init, step);
	INIT_CLOSE int fd = -1;
	long n;

	if (proc < 0)
		return -1;
	init_text_start(&name, link, sizeof(link));
	init_text_str(&name, "self/fd/");
	init_text_u64(&name, (uint64_t)init->rootfd);
	n = sys_call(__NR_readlinkat, proc, link, rootfs, sizeof(rootfs) - 1);
	if (n <= 1)
		return init_fail(init, step, __NR_readlinkat, n < 0 ? n : -EINVAL, "/proc/self/fd");
	rootfs[n] = 0;
	fd = (int)sys_call(__NR_openat, proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return init_fail(init, step, __NR_openat, fd, mountinfo);
	return hide_lines(init, step, fd, rootfs);
}
