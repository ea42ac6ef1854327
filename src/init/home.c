/* SPDX-License-Identifier: Apache-2.0 */
/* HOME from the container's /etc/passwd: a file of the image, so it may be a fifo, endless, or
 * nonsense. */
#include "init/init.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#define PASSWD_MAX (1u << 20)

static const char path[] = "/etc/passwd";

enum {
	FIELD_UID = 2,
	FIELD_HOME = 5
};

struct passwd_line {
	unsigned field;
	bool has_digits, bad;
	uint64_t uid;
	struct init_text home;
};

static void line_start(struct passwd_line *l)
{
	*l = (struct passwd_line){0};
	init_text_start(&l->home, init_keep.home + 5, sizeof(init_keep.home) - 5);
}

static bool line_is(const struct passwd_line *l, uint32_t uid)
{
	return l->field >= FIELD_HOME && l->has_digits && !l->bad && l->uid == uid && l->home.len &&
	       !l->home.cut;
}

static void take(struct passwd_line *l, char c)
{
	if (c == ':') {
		l->field++;
	} else if (l->field == FIELD_UID) {
		l->bad |= c < '0' || c > '9' || l->uid > UINT32_MAX;
		l->uid = l->uid * 10 + (uint64_t)(c - '0');
		l->has_digits = true;
	} else if (l->field == FIELD_HOME) {
		l->bad |= c == 0;
		init_text_mem(&l->home, &c, 1);
	}
}

/* True at the line that was looked for: @line is it. */
static bool take_all(struct passwd_line *line, const char *buf, long n, uint32_t uid)
{
	for (long i = 0; i < n; i++) {
		if (buf[i] != '\n') {
			take(line, buf[i]);
			continue;
		}
		if (line_is(line, uid))
			return true;
		line_start(line);
	}
	return false;
}

/* 1: found; 0: not there; or -errno. */
static long scan(int fd, uint32_t uid)
{
	struct passwd_line line;
	size_t total = 0;
	char buf[1024];

	line_start(&line);
	while (total < PASSWD_MAX) {
		long n = sys_call(__NR_read, fd, buf, sizeof(buf));

		if (n == -EINTR)
			continue;
		if (n < 0)
			return n;
		if (!n)
			return line_is(&line, uid); /* the last line may lack its end */
		total += (size_t)n;
		if (take_all(&line, buf, n, uid))
			return 1;
	}
	return 0;
}

/* 1: a regular file with something in it; 0: something else; or -errno. Files of procfs have the
 * size 0: reading them can have effects (/proc/kmsg), or fail (/proc/self/mem). */
static long is_file(int fd, const char *name)
{
	struct statx st;
	long r = sys_call(__NR_statx, fd, name, *name ? 0 : AT_EMPTY_PATH, STATX_TYPE | STATX_SIZE,
			  &st);

	return r ? r : (st.stx_mode & S_IFMT) == S_IFREG && st.stx_size;
}

/* Errors that an image can bring about. Others, as those of a disk or of a seccomp filter, must not
 * give the program another HOME. */
static bool is_of_image(long r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -EACCES || r == -ENXIO ||
	       r == -ENODEV || r == -ENAMETOOLONG || r == -EISDIR;
}

/* Looked at before it is opened, for to open a device or a fifo has effects already, and after it,
 * for it may have been exchanged. */
static long find(uint32_t uid, long *ret_call)
{
	INIT_CLOSE int fd = -1;
	unsigned left = 16; /* a file system of users may give these errors for ever */
	long r = is_file(AT_FDCWD, path);

	*ret_call = __NR_statx;
	if (r <= 0)
		return r;
	*ret_call = __NR_openat2;
	do
		fd = (int)sys_openat2(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
				      0, RESOLVE_NO_MAGICLINKS);
	while ((fd == -EINTR || fd == -EAGAIN) && --left);
	if (fd < 0)
		return fd;
	*ret_call = __NR_statx;
	r = is_file(fd, "");
	if (r <= 0)
		return r;
	*ret_call = __NR_read;
	return scan(fd, uid);
}

int init_find_home(struct init *init, const struct plan_step *step, uint32_t uid)
{
	long call, r;

	memcpy(init_keep.home, "HOME=/", 7);
	r = find(uid, &call);
	if (r < 0 && !is_of_image(r))
		return init_fail(init, step, call, r, path);
	init->home_late = r == -EACCES;
	if (r <= 0) {
		init_keep.home[5] = '/';
		init_keep.home[6] = 0;
	}
	init->home = init_keep.home;
	return 0;
}
