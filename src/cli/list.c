/* SPDX-License-Identifier: Apache-2.0 */
/* hezi list */
#include "cli/cli.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "ocispec.h"

#include <pwd.h>
#include <string.h>

#define COLUMNS  6
#define CELL_MIN 12 /* width of a cell with its padding, as runc's */
#define CELL_PAD 3

static struct list_cmd {
	const char *format;
	bool quiet;
} values;

static const struct opt options[] = {
	{"format", 'f', OPT_STRING, offsetof(struct list_cmd, format), "FORMAT",
	 "table or json (default: table)"},
	{"quiet", 'q', OPT_FLAG, offsetof(struct list_cmd, quiet), NULL, "print the ids alone"},
};

struct owner {
	uint32_t uid;
	char name[64]; /* "": none yet */
};

struct listing {
	struct hz_info **items;
	size_t n;
	struct owner owner;
};

static void listing_done(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		hz_info_free(l->items[i]);
	free(l->items);
}

/*
 * The name from /etc/passwd, else "#uid". Not getpwuid(3): what it would load (NSS) costs more than
 * the whole command. The last one is kept, for mostly all have the same owner.
 */
static const char *owner_name(struct owner *o, uint32_t uid)
{
	_cleanup_file_ FILE *f = NULL;
	const struct passwd *p;

	if (o->name[0] && o->uid == uid)
		return o->name;
	o->uid = uid;
	snprintf(o->name, sizeof(o->name), "#%u", uid);
	f = fopen("/etc/passwd", "re");
	while (f && (p = fgetpwent(f))) {
		if (p->pw_uid != uid)
			continue;
		snprintf(o->name, sizeof(o->name), "%s", p->pw_name);
		break;
	}
	return o->name;
}

static int collect(struct cli *cli, hz_runtime *rt, char **ids, size_t n, struct listing *l,
		   struct hz_error *err)
{
	l->items = calloc(n + 1, sizeof(struct hz_info *));
	if (!l->items)
		return error_oom(err);
	for (size_t i = 0; i < n; i++) {
		struct hz_error why = HZ_ERROR_INIT;

		if (!hz_info_get(rt, ids[i], &l->items[l->n], &why))
			l->n++;
		else
			cli_leave_out(cli, ids[i], &why, err);
	}
	return 0;
}

static void print_json(struct listing *l, struct oci_json *j)
{
	if (!l->n) {
		oci_json_null(j);
		return;
	}
	oci_json_array(j);
	for (size_t i = 0; i < l->n; i++) {
		const struct hz_info *c = l->items[i];
		struct oci_map annotations = {0};

		/* key, value, key, value …: the layout of an array of pairs */
		_Static_assert(sizeof(struct oci_pair) == 2 * sizeof(char *),
			       "pairs have no padding");
		annotations.items = (struct oci_pair *)c->annotations;
		while (c->annotations[annotations.n * 2])
			annotations.n++;
		oci_state_encode(j, &(struct oci_state){
					    .oci_version = OCI_VERSION_MAX,
					    .id = c->id,
					    .status = hz_status_name(c->status),
					    .pid = c->pid,
					    .bundle = c->bundle,
					    .rootfs = c->rootfs,
					    .created = c->created,
					    .owner = owner_name(&l->owner, c->owner),
					    .annotations = annotations,
				    });
	}
	oci_json_array_end(j);
}

static int list_json(struct listing *l, struct buf *out, struct hz_error *err)
{
	struct oci_json *j = oci_json_new("");
	const char *text;
	size_t len;
	int r;

	if (!j)
		return error_oom(err);
	print_json(l, j);
	r = oci_json_text(j, &text, &len, err);
	if (!r) {
		buf_add(out, text, len);
		buf_addc(out, '\n');
	}
	oci_json_free(j);
	return r;
}

struct row {
	char pid[16];
	const char *cells[COLUMNS];
};

/* @i 0: the heads. */
static void row_fill(struct row *r, struct listing *l, size_t i)
{
	const struct hz_info *c = i ? l->items[i - 1] : NULL;

	if (!c) {
		*r = (struct row){.cells = {"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}};
		return;
	}
	snprintf(r->pid, sizeof(r->pid), "%d", c->pid);
	r->cells[0] = c->id;
	r->cells[1] = r->pid;
	r->cells[2] = hz_status_name(c->status);
	r->cells[3] = c->bundle;
	r->cells[4] = c->created;
	r->cells[5] = owner_name(&l->owner, c->owner);
}

/* Before it is measured: escapes are wider than what they stand for. */
static void clean_cell(struct buf *out, char **cell)
{
	_cleanup_buf_ struct buf clean = BUF_INIT;

	if (text_is_clean(*cell, strlen(*cell), 0))
		return;
	text_clean(&clean, *cell, strlen(*cell), 0);
	if (clean.failed) {
		out->failed = true;
		return;
	}
	free(*cell);
	*cell = TAKE_PTR(clean.data);
}

/* Cells as text/tabwriter lays them out: all of a column as wide as its widest, the last without
 * padding. */
static void list_table(struct listing *l, struct buf *out)
{
	size_t width[COLUMNS] = {0};
	struct row r;

	for (size_t i = 0; i < l->n; i++) {
		clean_cell(out, &l->items[i]->id);
		clean_cell(out, &l->items[i]->bundle);
		clean_cell(out, &l->items[i]->created);
	}
	for (size_t i = 0; i <= l->n; i++) {
		row_fill(&r, l, i);
		for (int k = 0; k < COLUMNS; k++) {
			size_t w = strlen(r.cells[k]) + CELL_PAD;

			width[k] = w > width[k] ? w : width[k];
		}
	}
	for (size_t i = 0; i <= l->n; i++) {
		row_fill(&r, l, i);
		for (int k = 0; k + 1 < COLUMNS; k++)
			buf_printf(out, "%-*s", width[k] > CELL_MIN ? (int)width[k] : CELL_MIN,
				   r.cells[k]);
		buf_printf(out, "%s\n", r.cells[COLUMNS - 1]);
	}
}

static int print(struct cli *cli, hz_runtime *rt, char **ids, size_t n, bool json,
		 struct hz_error *err)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct listing l = {0};
	int r = collect(cli, rt, ids, n, &l, err);

	for (size_t i = 0; values.quiet && i < l.n; i++)
		buf_printf(&out, "%s\n", l.items[i]->id);
	if (!r && !values.quiet && json)
		r = list_json(&l, &out, err);
	else if (!r && !values.quiet)
		list_table(&l, &out);
	listing_done(&l);
	if (r || out.failed)
		return r ? r : error_oom(err);
	return cli_print_some(out.data, out.len, err);
}

static int list(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;
	char **ids;
	size_t n;
	bool json;
	int r;

	(void)args;
	if (cli_format_json(values.format, "table", &json, err) || cli_runtime(cli, &rt, err) ||
	    cli_ids(cli, rt, &ids, &n, err))
		return -1;
	r = print(cli, rt, ids, n, json, err);
	hz_ids_free(ids);
	return r;
}

const struct command command_list = {
	.name = "list",
	.summary = "list the containers",
	.operands = "",
	.description = "",
	.min_args = 0,
	.max_args = 0,
	.error_status = 1,
	.options = OPT_TABLE(options),
	.values = &values,
	.run = list,
};
