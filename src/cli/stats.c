/* SPDX-License-Identifier: Apache-2.0 */
/* hezi stats */
#include "cli/cli.h"

#include "base/cleanup.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define COLUMNS   10
#define CELL      24
#define SAMPLE_NS 200000000 /* CPU % is what was used in this time */

static struct stats_cmd {
	const char *format;
} values;

static const struct opt options[] = {
	{"format", 'f', OPT_STRING, offsetof(struct stats_cmd, format), "FORMAT",
	 "table or json (default: table)"},
};

struct sample {
	const char *id;
	struct hz_stats first, now;
	uint64_t ns; /* between the two */
};

struct row {
	const char *id;
	char cells[COLUMNS][CELL];
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void bytes(char *cell, uint64_t v)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double d = (double)v;
	size_t i = 0;

	if (v == UINT64_MAX) {
		snprintf(cell, CELL, "no limit");
		return;
	}
	for (; d >= 1024 && i + 1 < ARRAY_SIZE(units); i++)
		d /= 1024;
	snprintf(cell, CELL, i ? "%.1f %s" : "%.0f %s", d, units[i]);
}

static void row_fill(struct row *r, const struct sample *s)
{
	const struct hz_stats *n = &s->now;
	double cpu = s->ns && n->cpu_ns > s->first.cpu_ns
			     ? 100.0 * (double)(n->cpu_ns - s->first.cpu_ns) / (double)s->ns
			     : 0;

	r->id = s->id;
	snprintf(r->cells[0], CELL, "%.1f %%", cpu);
	snprintf(r->cells[1], CELL, "%.2f s", (double)n->cpu_ns / 1e9);
	bytes(r->cells[2], n->memory);
	bytes(r->cells[3], n->memory_limit);
	if (n->pids_limit && n->pids_limit != UINT64_MAX)
		snprintf(r->cells[4], CELL, "%" PRIu64 "/%" PRIu64, n->pids, n->pids_limit);
	else
		snprintf(r->cells[4], CELL, "%" PRIu64, n->pids);
	bytes(r->cells[5], n->io_read);
	bytes(r->cells[6], n->io_written);
	snprintf(r->cells[7], CELL, "%s", n->cpu_pressure[0] ? n->cpu_pressure : "-");
	snprintf(r->cells[8], CELL, "%s", n->memory_pressure[0] ? n->memory_pressure : "-");
	snprintf(r->cells[9], CELL, "%s", n->io_pressure[0] ? n->io_pressure : "-");
}

static void table(const struct sample *samples, size_t n, struct row *rows, struct buf *out)
{
	static const struct row head = {"ID",
					{"CPU", "CPU TIME", "MEMORY", "LIMIT", "PIDS", "READ",
					 "WRITTEN", "PSI CPU", "PSI MEM", "PSI IO"}};
	size_t width[COLUMNS + 1] = {0};

	rows[0] = head;
	for (size_t i = 0; i < n; i++)
		row_fill(&rows[i + 1], &samples[i]);
	for (size_t i = 0; i <= n; i++)
		for (int k = 0; k <= COLUMNS; k++) {
			size_t w = strlen(k ? rows[i].cells[k - 1] : rows[i].id);

			width[k] = w > width[k] ? w : width[k];
		}
	for (size_t i = 0; i <= n; i++) {
		buf_printf(out, "%-*s", (int)width[0], rows[i].id);
		for (int k = 1; k <= COLUMNS; k++)
			buf_printf(out, "  %*s", (int)width[k], rows[i].cells[k - 1]);
		buf_addc(out, '\n');
	}
}

/* One that has ended meanwhile, or is of another runtime, is left out when nobody asked for it by
 * name. */
static bool is_gone(const struct hz_error *err)
{
	return err->code == HZ_E_NOT_FOUND || err->code == HZ_E_STATE || err->code == HZ_E_FOREIGN;
}

static int take(hz_runtime *rt, char **ids, bool named, struct sample *samples, size_t *ret_n,
		struct hz_error *err)
{
	const struct timespec pause = {.tv_nsec = SAMPLE_NS};
	size_t n = 0;

	for (size_t i = 0; ids[i]; i++) {
		struct sample *s = &samples[n];

		*s = (struct sample){.id = ids[i], .first.size = sizeof(s->first)};
		s->ns = now_ns();
		if (!hz_stats_get(rt, s->id, &s->first, err))
			n++;
		else if (named || !is_gone(err))
			return -1;
		else
			hz_error_clear(err);
	}
	if (n)
		nanosleep(&pause, NULL);
	for (size_t i = 0; i < n; i++) {
		struct sample *s = &samples[i];

		s->now.size = sizeof(s->now);
		if (hz_stats_get(rt, s->id, &s->now, err)) {
			if (!is_gone(err))
				return -1;
			hz_error_clear(err);
			s->now = s->first;
		}
		s->ns = now_ns() - s->ns;
	}
	*ret_n = n;
	return 0;
}

static int print_table(hz_runtime *rt, char **ids, bool named, struct hz_error *err)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	_cleanup_free_ struct sample *samples = NULL;
	_cleanup_free_ struct row *rows = NULL;
	size_t n = 0;

	while (ids[n])
		n++;
	samples = calloc(n + 1, sizeof(*samples));
	rows = calloc(n + 1, sizeof(*rows));
	if (!samples || !rows)
		return error_oom(err);
	if (take(rt, ids, named, samples, &n, err))
		return -1;
	table(samples, n, rows, &out);
	return out.failed ? error_oom(err) : cli_print(out.data, out.len, err);
}

static int add_line(void *data, const char *json, struct hz_error *err)
{
	struct buf *out = data;

	buf_printf(out, "%s\n", json);
	return out->failed ? error_oom(err) : 0;
}

static int print_json(hz_runtime *rt, char **ids, bool named, struct hz_error *err)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	for (size_t i = 0; ids[i]; i++) {
		const struct hz_events_options o = {.size = sizeof(o),
						    .id = ids[i],
						    .once = true,
						    .on_event = add_line,
						    .data = &out};

		if (!hz_events(rt, &o, err))
			continue;
		if (named || !is_gone(err))
			return -1;
		hz_error_clear(err);
	}
	return cli_print(out.data ? out.data : "", out.len, err);
}

static int stats(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;
	bool json, named = args[0] != NULL;
	char **ids = NULL;
	size_t n;
	int r;

	if (cli_format_json(values.format, "table", &json, err) || cli_runtime(cli, &rt, err) ||
	    (!named && cli_ids(cli, rt, &ids, &n, err)))
		return -1;
	args = named ? args : ids;
	r = json ? print_json(rt, args, named, err) : print_table(rt, args, named, err);
	hz_ids_free(ids);
	return r;
}

const struct command command_stats = {
	.name = "stats",
	.summary = "show what containers use",
	.operands = "[container-id...]",
	.description = "A table of these containers, or of all that run: processor time, memory, "
		       "processes, I/O of block\n"
		       "devices and pressure (PSI: percent of the last ten seconds in which some "
		       "process had to wait).\n"
		       "json is a line for each, as \"hezi events --stats\" prints it.",
	.min_args = 0,
	.max_args = 64,
	.error_status = 1,
	.options = OPT_TABLE(options),
	.values = &values,
	.run = stats,
};
