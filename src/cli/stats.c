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

/* What was asked for: of containers by name (@named) or of all, which leaves some out. */
struct query {
	struct cli *cli;
	hz_runtime *rt;
	char **ids;
	bool named;
};

/* @id has no statistics because of @why: 0 when it is left out, -1 with @err when it was named. */
static int leave_out(const struct query *q, const char *id, struct hz_error *why,
		     struct hz_error *err)
{
	if (q->named) {
		*err = *why;
		return -1;
	}
	if (why->code == HZ_E_STATE) /* not running */
		hz_error_clear(why);
	else
		cli_leave_out(q->cli, id, why, err);
	return 0;
}

static int sample_first(const struct query *q, struct sample *samples, size_t *ret_n,
			struct hz_error *err)
{
	size_t n = 0;

	for (size_t i = 0; q->ids[i]; i++) {
		struct hz_error why = HZ_ERROR_INIT;
		struct sample *s = &samples[n];

		*s = (struct sample){.id = q->ids[i], .first.size = sizeof(s->first)};
		s->ns = now_ns();
		if (!hz_stats_get(q->rt, s->id, &s->first, &why))
			n++;
		else if (leave_out(q, s->id, &why, err))
			return -1;
	}
	*ret_n = n;
	return 0;
}

static int sample_again(const struct query *q, struct sample *samples, size_t *n,
			struct hz_error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++) {
		struct hz_error why = HZ_ERROR_INIT;
		struct sample *s = &samples[kept];

		*s = samples[i];
		s->now.size = sizeof(s->now);
		if (!hz_stats_get(q->rt, s->id, &s->now, &why)) {
			kept++;
		} else if (why.code == HZ_E_STATE || why.code == HZ_E_NOT_FOUND) {
			hz_error_clear(&why); /* it has ended meanwhile */
			s->now = s->first;
			kept++;
		} else if (leave_out(q, s->id, &why, err)) {
			return -1;
		}
		s->ns = now_ns() - s->ns;
	}
	*n = kept;
	return 0;
}

static int take(const struct query *q, struct sample *samples, size_t *ret_n, struct hz_error *err)
{
	const struct timespec pause = {.tv_nsec = SAMPLE_NS};

	if (sample_first(q, samples, ret_n, err))
		return -1;
	if (*ret_n)
		nanosleep(&pause, NULL);
	return sample_again(q, samples, ret_n, err);
}

static int print_table(const struct query *q, struct hz_error *err)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	_cleanup_free_ struct sample *samples = NULL;
	_cleanup_free_ struct row *rows = NULL;
	size_t n = 0;

	while (q->ids[n])
		n++;
	samples = calloc(n + 1, sizeof(*samples));
	rows = calloc(n + 1, sizeof(*rows));
	if (!samples || !rows)
		return error_oom(err);
	if (take(q, samples, &n, err))
		return -1;
	table(samples, n, rows, &out);
	return out.failed ? error_oom(err) : cli_print_some(out.data, out.len, err);
}

static int add_line(void *data, const char *json, struct hz_error *err)
{
	struct buf *out = data;

	buf_printf(out, "%s\n", json);
	return out->failed ? error_oom(err) : 0;
}

static int print_json(const struct query *q, struct hz_error *err)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	for (size_t i = 0; q->ids[i]; i++) {
		struct hz_error why = HZ_ERROR_INIT;
		const struct hz_events_options o = {.size = sizeof(o),
						    .id = q->ids[i],
						    .once = true,
						    .on_event = add_line,
						    .data = &out};

		if (hz_events(q->rt, &o, &why) && leave_out(q, q->ids[i], &why, err))
			return -1;
	}
	return cli_print_some(out.data, out.len, err);
}

static int stats(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;
	struct query q = {cli, NULL, args, args[0] != NULL};
	char **ids = NULL;
	bool json;
	size_t n;
	int r;

	if (cli_format_json(values.format, "table", &json, err) || cli_runtime(cli, &rt, err) ||
	    (!q.named && cli_ids(cli, rt, &ids, &n, err)))
		return -1;
	q.rt = rt;
	if (!q.named)
		q.ids = ids;
	r = json ? print_json(&q, err) : print_table(&q, err);
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
