/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is every key of runtime-spec 1.3 known, with the right type? ocispec-keys.txt lists the keys;
 * this test compares it with the tables, both ways, and with ocispec-full.json, which has to have
 * every one of them.
 *
 * Argument: the folder with the test data.
 */
#include "ocispec.h"
#include "tables.h"
#include "tap.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <fcntl.h>

#define MAX_KEYS 512

struct line {
	char pointer[256], type[1024];
	bool required, met;
};

static struct line lines[MAX_KEYS];
static size_t nlines;

static const char *row_type(const struct oci_row *row, bool item)
{
	static char names[1024];
	size_t len;

	if (!item && row->shape != OCI_ONE)
		return row->shape == OCI_LIST ? "array" : "map";
	if (!row->names)
		return oci_kind_name(row->kind);
	len = (size_t)snprintf(names, sizeof(names), "enum:");
	for (size_t i = 0; row->names[i]; i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i ? "," : "",
					row->names[i]);
	return names;
}

/* More names than the schema has are fine behind those of the schema. */
static bool type_fits(const char *ours, const char *listed)
{
	size_t len = strlen(listed);

	if (!strncmp(listed, "enum:", 5) && !strncmp(ours, listed, len) && ours[len] == ',')
		return true;
	return !strcmp(ours, listed);
}

static void check_row(void *ctx, const char *pointer, const struct oci_row *row, bool item)
{
	const char *type = row_type(row, item);

	(void)ctx;
	for (size_t i = 0; i < nlines; i++) {
		struct line *l = &lines[i];

		if (strcmp(l->pointer, pointer) != 0)
			continue;
		l->met = true;
		ok(type_fits(type, l->type), "%s is of type %.40s", pointer, l->type);
		if (!item)
			is_int(row->required, l->required, "%s is %s", pointer,
			       l->required ? "required" : "optional");
		return;
	}
	ok(false, "%s is in the list", pointer);
}

static void read_list(const char *text)
{
	char line[1400], required[16];
	int n;

	for (const char *end; *text && nlines < MAX_KEYS; text = *end ? end + 1 : end) {
		struct line *l = &lines[nlines];

		end = strchrnul(text, '\n');
		if (*text == '#' || end == text || (size_t)(end - text) >= sizeof(line))
			continue;
		memcpy(line, text, (size_t)(end - text));
		line[end - text] = '\0';
		n = sscanf(line, "%255s %1023s %15s", l->pointer, l->type, required);
		l->required = n == 3;
		nlines += n >= 2;
	}
}

/* Items of arrays are looked for at 0; maps have a key "*" in the document. */
static bool is_in(const struct buf *json, const struct line *l)
{
	char pointer[256] = "", parent[256] = "";
	unsigned line, column;
	size_t len = 0;

	for (const char *p = l->pointer; *p; p++) {
		bool star = *p == '*', array = false;

		if (star)
			snprintf(parent, sizeof(parent), "%.*s", (int)(p - l->pointer) - 1,
				 l->pointer);
		for (size_t i = 0; star && i < nlines; i++)
			if (!strcmp(lines[i].pointer, parent))
				array = !strcmp(lines[i].type, "array");
		pointer[len++] = array ? '0' : *p;
	}
	return oci_locate(json->data, json->len, pointer, &line, &column);
}

static bool read_file(const char *folder, const char *name, struct buf *text)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return ok(file_read_at(AT_FDCWD, path, text, OCI_CONFIG_MAX) == 0, "%s can be read", path);
}

int main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : "tests/unit/data";
	_cleanup_buf_ struct buf list = BUF_INIT, full = BUF_INIT;

	if (!read_file(folder, "ocispec-keys.txt", &list) ||
	    !read_file(folder, "ocispec-full.json", &full))
		return done_testing();
	read_list(list.data);
	ok(nlines > 250, "the list has %zu keys", nlines);
	oci_table_walk(&oci_config_table, check_row, NULL);
	for (size_t i = 0; i < nlines; i++) {
		ok(lines[i].met, "%s has a row", lines[i].pointer);
		ok(is_in(&full, &lines[i]), "%s is in the full document", lines[i].pointer);
	}
	return done_testing();
}
