/* SPDX-License-Identifier: Apache-2.0 */
/* What a change of values has to write to be undone: the kernel's own words for what was there. */
#include "cgroup/internal.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <fcntl.h>
#include <string.h>

#define TEXT_MAX 65536

/* Files with a line for each device or interface, of which a value is one. */
static bool has_key(const char *file, const char *value)
{
	size_t n = strcspn(value, " ");

	return value[n] && (memchr(value, ':', n) || !strcmp(file, "net_prio.ifpriomap") ||
			    !strcmp(file, "rdma.max"));
}

/* The line of @text that begins with the same word as @value, or NULL; ended in place. */
static char *find_line(char *text, const char *value)
{
	size_t n = strcspn(value, " ") + 1;
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, value, n))
			return line;
	return NULL;
}

static const char *no_limit(const char *file)
{
	if (!strcmp(file, "io.max"))
		return "rbps=max wbps=max riops=max wiops=max";
	if (!strcmp(file, "rdma.max"))
		return "hca_handle=max hca_object=max";
	return strstr(file, "throttle") || !strcmp(file, "net_prio.ifpriomap") ? "0" : "default";
}

static void add_old(struct buf *b, const char *file, const char *value, char *text)
{
	static const char oom[] = "oom_kill_disable ";
	const char *line;

	if (!has_key(file, value)) {
		text[strcspn(text, "\n")] = '\0';
		line = strncmp(text, oom, strlen(oom)) != 0 ? text : text + strlen(oom);
		buf_printf(b, "%s\n", line);
		return;
	}
	line = find_line(text, value);
	if (line)
		buf_printf(b, "%s\n", line);
	else
		buf_printf(b, "%.*s %s\n", (int)strcspn(value, " "), value, no_limit(file));
}

void cgroup_undo_note(struct buf *undo, const char *path, const char *file, const char *value)
{
	_cleanup_fd_ int fd = cgroup_dir_open(path);
	_cleanup_buf_ struct buf text = BUF_INIT;

	/* devices.allow and cgroup.kill, say, cannot be read: there is no way back */
	if (fd < 0 || file_read_at(fd, file, &text, TEXT_MAX) || !text.data)
		return;
	buf_printf(undo, "%s/%s", path, file);
	buf_addc(undo, '\0');
	add_old(undo, file, value, text.data);
	buf_addc(undo, '\0');
}

/* The last one first. */
int cgroup_undo(const struct buf *undo, struct hz_error *err)
{
	const char *end = undo->data ? undo->data + undo->len : NULL;
	int ret = 0;

	while (end > undo->data) {
		const char *text = end - 1, *path;
		int r;

		while (text > undo->data && text[-1])
			text--;
		for (path = text - 1; path > undo->data && path[-1];)
			path--;
		r = cgroup_write(AT_FDCWD, path, text);
		if (r && !ret)
			ret = error_sys(err, -r, "write", path, "set %s to \"%.*s\"", path,
					(int)strcspn(text, "\n"), text);
		end = path;
	}
	return ret;
}
