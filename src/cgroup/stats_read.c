/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers from the files of a container's cgroups, wherever they are. */
#include "cgroup/internal.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (1 << 20)

int cgroup_files_open(const struct oci_strings *dirs, struct cgroup_files *ret,
		      struct hz_error *err)
{
	ret->n = 0;
	for (size_t i = 0; i < dirs->n && ret->n < FACTS_HIERARCHIES; i++) {
		const char *path;
		unsigned n;
		int r = cgroup_recorded_open(dirs, i, &ret->fds[ret->n], &n, &path, err);

		if (r < 0) {
			cgroup_files_close(ret);
			return -1;
		}
		ret->n += r > 0;
	}
	return 0;
}

void cgroup_files_close(struct cgroup_files *f)
{
	while (f->n)
		fd_close(f->fds[--f->n]);
}

bool cgroup_files_text(const struct cgroup_files *f, const char *file, struct buf *ret)
{
	for (unsigned i = 0; i < f->n; i++) {
		if (!file_read_at(f->fds[i], file, ret, TEXT_MAX))
			return ret->data != NULL;
		buf_done(ret);
	}
	return false;
}

static bool parse(const char *text, uint64_t *ret)
{
	if (!strncmp(text, "max", 3))
		*ret = UINT64_MAX;
	else if (isdigit((unsigned char)text[0]))
		*ret = strtoull(text, NULL, 10);
	else
		return false;
	return true;
}

bool cgroup_line_number(const char *text, const char *key, uint64_t *ret)
{
	size_t n = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, n) && line[n] == ' ')
			return parse(line + n + 1, ret);
	}
	return false;
}

static bool one_number(const struct cgroup_files *f, const char *spec, size_t len, uint64_t *ret)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char file[128], *key;

	if (len >= sizeof(file))
		return false;
	memcpy(file, spec, len);
	file[len] = '\0';
	key = strchr(file, ':');
	if (key)
		*key++ = '\0';
	if (!cgroup_files_text(f, file, &text))
		return false;
	return key ? cgroup_line_number(text.data, key, ret) : parse(text.data, ret);
}

bool cgroup_files_number(const struct cgroup_files *f, const char *spec, uint64_t *ret)
{
	uint64_t sum = 0, v;

	for (;;) {
		size_t len = strcspn(spec, "+");

		if (!one_number(f, spec, len, &v))
			return false;
		sum = v > UINT64_MAX - sum ? UINT64_MAX : sum + v;
		if (!spec[len])
			break;
		spec += len + 1;
	}
	*ret = sum;
	return true;
}
