/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New file systems: fsopen, fsconfig, fsmount; the kernel's own words when one of them fails; and
 * mount(2), by descriptor, for the two things that fsconfig cannot express.
 */
#include "init/mount.h"

#include <linux/limits.h>

/* fsconfig(FSCONFIG_SET_STRING) takes this many bytes at most, the NUL included: strndup_user(…,
 * 256) in the kernel's fsopen.c */
#define VALUE_MAX 256
/* mount(2) takes one page */
#define LEGACY_MAX 4095
/* one option: "lowerdir=…" of overlay may be as long as a page */
#define OPTION_MAX 4096

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

static char words[INIT_DETAIL_MAX];

/* Superblock flags by their fsconfig names: common_set_sb_flag in the kernel's fs_context.c.
 * MS_SILENT only quiets the kernel's log. */
static const struct {
	uint32_t flag;
	char name[12];
} sb_names[] = {
	{MS_RDONLY, "ro"},     {MS_SYNCHRONOUS, "sync"},  {MS_DIRSYNC, "dirsync"},
	{MS_MANDLOCK, "mand"}, {MS_LAZYTIME, "lazytime"},
};

#define SB_NAMED (MS_RDONLY | MS_SYNCHRONOUS | MS_DIRSYNC | MS_MANDLOCK | MS_LAZYTIME)

const char *init_fs_words(void)
{
	return words;
}

int init_fs_fail(struct init *init, const struct plan_step *step, long call, long err,
		 const char *object)
{
	init_detail(words, strlen(words));
	return init_fail(init, step, call, err, object);
}

/* Messages come one per read as "e overlayfs: …" (error), "w …", "i …"; the errors are kept, the
 * last first to be cut. */
static void words_read(int fsfd)
{
	char line[256] = "";
	size_t at = 0;
	long n;

	words[0] = 0;
	for (;;) {
		n = sys_call(__NR_read, fsfd, line, sizeof(line) - 1);
		if (n <= 2)
			return;
		while (n > 2 && line[n - 1] == '\n')
			n--;
		if (line[0] != 'e' || at + (size_t)n >= sizeof(words))
			continue;
		if (at) {
			words[at++] = ';';
			words[at++] = ' ';
		}
		memcpy(words + at, line + 2, (size_t)n - 2);
		at += (size_t)n - 2;
		words[at] = 0;
	}
}

/* "key=value" is a string, "key" a flag. */
static long set_option(int fsfd, const char *option, size_t len)
{
	static char key[OPTION_MAX];
	size_t eq = 0;

	if (!len)
		return 0;
	if (len >= sizeof(key))
		return -E2BIG;
	memcpy(key, option, len);
	key[len] = 0;
	while (key[eq] && key[eq] != '=')
		eq++;
	if (!key[eq])
		return sys_fsconfig(fsfd, FSCONFIG_SET_FLAG, key, 0, 0);
	key[eq] = 0;
	return sys_fsconfig(fsfd, FSCONFIG_SET_STRING, key, key + eq + 1, 0);
}

static long set_options(int fsfd, const char *list)
{
	size_t end;
	long r = 0;

	while (!r && *list) {
		for (end = 0; list[end] && list[end] != ','; end++)
			;
		r = set_option(fsfd, list, end);
		list += end + (list[end] == ',');
	}
	return r;
}

static long set_sb_flags(int fsfd, uint64_t flags)
{
	unsigned i;
	long r;

	for (i = 0; i < sizeof(sb_names) / sizeof(sb_names[0]); i++) {
		if (!(flags & sb_names[i].flag))
			continue;
		r = sys_fsconfig(fsfd, FSCONFIG_SET_FLAG, sb_names[i].name, 0, 0);
		if (r)
			return r;
	}
	return 0;
}

static long set_mode(int fsfd, int mode)
{
	char text[8];
	unsigned i;

	if (mode < 0)
		return 0;
	for (i = 0; i < 4; i++)
		text[i] = (char)('0' + (mode >> (9 - 3 * i) & 7));
	text[i] = 0;
	return sys_fsconfig(fsfd, FSCONFIG_SET_STRING, "mode", text, 0);
}

static long configure(const struct init *init, int fsfd, const struct fs_new *fs)
{
	uint32_t i;
	long r = 0;

	if (fs->source && fs->source[0])
		r = sys_fsconfig(fsfd, FSCONFIG_SET_STRING, "source", fs->source, 0);
	for (i = 0; !r && i < fs->data.n; i++) {
		const char *option = plan_item(init->plan, fs->data, i);

		r = set_option(fsfd, option, strlen(option));
	}
	if (!r && fs->options)
		r = set_options(fsfd, fs->options);
	if (!r)
		r = set_mode(fsfd, fs->mode);
	if (!r)
		r = set_sb_flags(fsfd, fs->sb_flags);
	return r;
}

int init_fs_make(const struct init *init, const struct fs_new *fs, long *ret_call)
{
	INIT_CLOSE int fsfd = -1;
	long r;

	words[0] = 0;
	*ret_call = __NR_fsopen;
	fsfd = (int)sys_fsopen(fs->type, FSOPEN_CLOEXEC);
	if (fsfd < 0)
		return fsfd;
	*ret_call = __NR_fsconfig;
	r = configure(init, fsfd, fs);
	if (!r)
		r = sys_fsconfig(fsfd, FSCONFIG_CMD_CREATE, 0, 0, 0);
	if (!r) {
		*ret_call = __NR_fsmount;
		r = sys_fsmount(fsfd, FSMOUNT_CLOEXEC, fs->attr);
	}
	if (r < 0)
		words_read(fsfd);
	return (int)r;
}

int init_fs_change(const struct init *init, int fd, const struct fs_new *fs, long *ret_call)
{
	INIT_CLOSE int fsfd = -1;
	long r;

	words[0] = 0;
	*ret_call = __NR_fspick;
	fsfd = (int)sys_call(__NR_fspick, fd, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
	if (fsfd < 0)
		return fsfd;
	*ret_call = __NR_fsconfig;
	r = configure(init, fsfd, fs);
	if (!r)
		r = sys_fsconfig(fsfd, FSCONFIG_CMD_RECONFIGURE, 0, 0, 0);
	if (r < 0)
		words_read(fsfd);
	return (int)r;
}

static bool is_long_value(const char *option)
{
	while (*option && *option != '=')
		option++;
	return *option && strlen(option + 1) >= VALUE_MAX;
}

bool init_fs_is_legacy(const struct init *init, const struct fs_new *fs)
{
	uint32_t i;

	if (fs->sb_flags & ~(uint64_t)(SB_NAMED | MS_SILENT))
		return true;
	if (fs->source && strlen(fs->source) >= VALUE_MAX)
		return true;
	for (i = 0; i < fs->data.n; i++)
		if (is_long_value(plan_item(init->plan, fs->data, i)))
			return true;
	return false;
}

static uint64_t legacy_flags(unsigned attr)
{
	uint64_t flags = attr & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC); /* the same bits */

	if (attr & MOUNT_ATTR_NODIRATIME)
		flags |= MS_NODIRATIME;
	if (attr & MOUNT_ATTR_NOSYMFOLLOW)
		flags |= MS_NOSYMFOLLOW;
	if ((attr & MOUNT_ATTR__ATIME) == MOUNT_ATTR_NOATIME)
		flags |= MS_NOATIME;
	if ((attr & MOUNT_ATTR__ATIME) == MOUNT_ATTR_STRICTATIME)
		flags |= MS_STRICTATIME;
	return flags;
}

_Static_assert(MS_RDONLY == MOUNT_ATTR_RDONLY && MS_NOSUID == MOUNT_ATTR_NOSUID &&
		       MS_NODEV == MOUNT_ATTR_NODEV && MS_NOEXEC == MOUNT_ATTR_NOEXEC,
	       "four flags have the same value in both interfaces");

/* mount(2) cuts at commas: a context with categories has to stand in quotes. */
static const char *context_of(const char *option)
{
	size_t eq = 0;

	while (option[eq] && option[eq] != '=')
		eq++;
	if (!option[eq] || eq < 7 || memcmp(option + eq - 7, "context", 7) != 0 ||
	    !init_strchr(option + eq, ','))
		return NULL;
	return option + eq + 1;
}

static size_t put(char *data, size_t at, const char *s, size_t len)
{
	memcpy(data + at, s, len);
	return at + len;
}

static int join_options(const struct init *init, const struct fs_new *fs, char *data)
{
	size_t at = 0, len;
	uint32_t i;

	for (i = 0; i < fs->data.n; i++) {
		const char *option = plan_item(init->plan, fs->data, i), *context;

		len = strlen(option);
		context = context_of(option);
		if (at + len + 4 > LEGACY_MAX)
			return -E2BIG;
		if (at)
			data[at++] = ',';
		if (context) {
			at = put(data, at, option, (size_t)(context - option));
			data[at++] = '"';
			at = put(data, at, context, strlen(context));
			data[at++] = '"';
		} else {
			at = put(data, at, option, len);
		}
	}
	data[at] = 0;
	return 0;
}

int init_fs_mount_legacy(const struct init *init, const struct fs_new *fs, int target)
{
	static char data[LEGACY_MAX + 1];
	long r = join_options(init, fs, data);
	INIT_CLOSE int cwd = -1;

	words[0] = 0;
	if (r)
		return (int)r;
	cwd = (int)sys_call(__NR_openat, AT_FDCWD, ".", O_PATH | O_CLOEXEC);
	if (cwd < 0)
		return cwd;
	init_target_forget();
	r = sys_call(__NR_fchdir, target);
	if (!r) {
		/* "." is the descriptor's directory whatever its name is by now */
		r = sys_call(__NR_mount, fs->source, ".", fs->type,
			     fs->sb_flags | legacy_flags(fs->attr), data);
		if (sys_call(__NR_fchdir, cwd) && !r)
			r = -EIO; /* never seen: a directory that was the working directory a moment
				     ago */
	}
	return (int)r;
}
