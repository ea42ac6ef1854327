/* SPDX-License-Identifier: Apache-2.0 */
/* hezi kill */
#include "cli/cli.h"
#include "cli/signals.h"

#include <signal.h>

static struct kill_cmd {
	bool all, regex;
} values;

static const struct opt options[] = {
	{"all", 'a', OPT_FLAG, offsetof(struct kill_cmd, all), NULL,
	 "signal every process of the container; a stopped container is no error"},
	{"regex", 'r', OPT_FLAG, offsetof(struct kill_cmd, regex), NULL,
	 "the id is an extended regular expression: signal all that match"},
};

static int kill_one(hz_runtime *rt, const char *id, const void *sig, struct hz_error *err)
{
	return hz_kill(rt, id, *(const int *)sig, values.all, err);
}

static int kill_run(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;
	int sig = SIGTERM;
	const struct id_action action = {kill_one, &sig};

	if ((args[1] && *args[1] && signal_parse(args[1], &sig, err)) || cli_runtime(cli, &rt, err))
		return -1;
	return values.regex ? cli_matching(cli, rt, args[0], &action, err)
			    : kill_one(rt, args[0], &sig, err);
}

const struct command command_kill = {
	.name = "kill",
	.summary = "send a signal to the program of a container",
	.operands = "<container-id> [signal]",
	.description = "The signal is a number or a name, with or without SIG, in any case: 9, "
		       "KILL, SIGKILL, sigkill,\n"
		       "RTMIN+3. Without one it is SIGTERM.",
	.min_args = 1,
	.max_args = 2,
	.flags = OPT_ID_FIRST,
	.error_status = 1,
	.options = OPT_TABLE(options),
	.values = &values,
	.run = kill_run,
};
