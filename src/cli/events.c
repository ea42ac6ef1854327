/* SPDX-License-Identifier: Apache-2.0 */
/* hezi events */
#include "cli/cli.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

#define INTERVAL_MAX_MS 86400000.0

static struct events_cmd {
	const char *interval;
	bool stats;
} values;

static const struct opt options[] = {
	{"interval", 0, OPT_STRING, offsetof(struct events_cmd, interval), "DURATION",
	 "between two statistics, as 500ms, 5s, 1m30s (default: 5s)"},
	{"stats", 0, OPT_FLAG, offsetof(struct events_cmd, stats), NULL,
	 "print the statistics of now and end"},
};

/* Go's notation of durations: numbers, each with a unit. */
static int parse_interval(const char *text, unsigned *ret_ms, struct hz_error *err)
{
	static const struct {
		const char *name;
		double ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
	const char *p = text;
	double sum = 0;

	while (*p) {
		size_t i = 0, n = strspn(p, "0123456789."), len;
		char *end;
		double v = strtod(p, &end);

		p += n;
		len = strcspn(p, "0123456789.");
		while (i < ARRAY_SIZE(units) &&
		       (strlen(units[i].name) != len || strncmp(p, units[i].name, len) != 0))
			i++;
		if (!n || end != p || i == ARRAY_SIZE(units))
			return error_set(err, HZ_E_USAGE,
					 "invalid value \"%.64s\" for flag -interval: it is "
					 "written as 500ms, 5s or 1m30s",
					 text);
		sum += v * units[i].ms;
		p += len;
	}
	if (sum < 1)
		return error_set(err, HZ_E_USAGE, "duration interval must be greater than 0");
	*ret_ms = (unsigned)(sum < INTERVAL_MAX_MS ? sum : INTERVAL_MAX_MS);
	return 0;
}

static int on_event(void *data, const char *json, struct hz_error *err)
{
	_cleanup_buf_ struct buf line = BUF_INIT;

	(void)data;
	buf_printf(&line, "%s\n", json);
	return line.failed ? error_oom(err) : cli_print_on(line.data, line.len, err);
}

static int events(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;
	struct hz_events_options o = {
		.size = sizeof(o), .id = args[0], .once = values.stats, .on_event = on_event};

	if (parse_interval(values.interval ? values.interval : "5s", &o.interval_ms, err) ||
	    cli_runtime(cli, &rt, err) || hz_events(rt, &o, err))
		return -1;
	return cli_print("", 0, err);
}

const struct command command_events = {
	.name = "events",
	.summary = "show what a container uses, and when it runs out of memory",
	.operands = "<container-id>",
	.description = "One JSON object per line, until the container ends: \"stats\" in "
		       "intervals, \"oom\" each time when\n"
		       "its memory has run out.",
	.min_args = 1,
	.max_args = 1,
	.error_status = 1,
	.options = OPT_TABLE(options),
	.values = &values,
	.run = events,
};
