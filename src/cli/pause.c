/* SPDX-License-Identifier: Apache-2.0 */
/* hezi pause, hezi resume */
#include "cli/cli.h"

static int pause_run(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;

	return cli_runtime(cli, &rt, err) ? -1 : hz_pause(rt, args[0], err);
}

static int resume_run(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;

	return cli_runtime(cli, &rt, err) ? -1 : hz_resume(rt, args[0], err);
}

const struct command command_pause = {
	.name = "pause",
	.summary = "suspend all processes of a container",
	.operands = "<container-id>",
	.description = "The freezer of the container's cgroup stops them where they are; \"hezi "
		       "resume\" lets them go on.",
	.min_args = 1,
	.max_args = 1,
	.error_status = 1,
	.run = pause_run,
};

const struct command command_resume = {
	.name = "resume",
	.summary = "let the processes of a paused container go on",
	.operands = "<container-id>",
	.description = "The opposite of \"hezi pause\".",
	.min_args = 1,
	.max_args = 1,
	.error_status = 1,
	.run = resume_run,
};
