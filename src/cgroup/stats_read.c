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
	bool any = false;

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
		any |= dirs->items[i][0] != '\0';
	}
	return ret->n || !any ? 0 : cgroup_is_gone(dirs, err);
}

void cgroup_files_close(struct cgroup_files *f)
{
	while (f->n)
		fd_close(f->fds[--f->n]);
}

static bool find_text(const struct cgroup_files *f, const char *file, struct buf *ret)
{
	for (unsigned i = 0; i < f->n; i++) {
		if (!file_read_at(f->fds[i], file, ret, TEXT_MAX))
			return ret->data != NULL;
		buf_done(ret);
	}
	return false;
}

bool cgroup_files_text(const struct cgroup_files *f, const char *file, struct buf *ret)
{
	const char *other = cgroup_v1_short_name(file);

	return find_text(f, file, ret) || (other && find_text(f, other, ret));
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

bool cgroup_io_text(const struct cgroup_files *f, const struct cgroup_io_place *p, struct buf *ret,
		    const char **ret_unit)
{
	*ret_unit = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(p->v1) && p->v1[i]; i++)
		if (cgroup_files_text(f, p->v1[i], ret))
			return true;
	*ret_unit = p->v2_unit;
	return p->v2_unit && cgroup_files_text(f, "io.stat", ret);
}

/* "8:0 " at the start of a line; returns what follows, or NULL. */
static char *device(char *line, struct cgroup_io *io)
{
	char *end;

	io->major = strtoul(line, &end, 10);
	if (end == line || *end != ':')
		return NULL;
	line = end + 1;
	io->minor = strtoul(line, &end, 10);
	return end != line && *end == ' ' ? end + 1 : NULL;
}

/* "rbytes=1": its letter and its unit say what it is. */
static bool is_pair_of(const char *pair, const char *unit, const char **ret_op)
{
	static const struct {
		char letter;
		const char *op;
	} ops[] = {{'r', "Read"}, {'w', "Write"}, {'d', "Discard"}};
	size_t n = strlen(unit);

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (pair[0] == ops[i].letter && !strncmp(pair + 1, unit, n) && pair[1 + n] == '=') {
			*ret_op = ops[i].op;
			return true;
		}
	return false;
}

void cgroup_io_each(char *text, const char *v2_unit, cgroup_on_io f, void *data)
{
	char *line, *rest;

	while ((line = strsep(&text, "\n"))) {
		struct cgroup_io io;

		rest = device(line, &io);
		for (char *word; v2_unit && (word = strsep(&rest, " "));) {
			if (!is_pair_of(word, v2_unit, &io.op))
				continue;
			io.value = strtoull(strchr(word, '=') + 1, NULL, 10);
			f(data, &io);
		}
		if (v2_unit || !rest)
			continue;
		io.op = strchr(rest, ' ') ? strsep(&rest, " ") : "";
		io.value = strtoull(rest, NULL, 10);
		f(data, &io);
	}
}
