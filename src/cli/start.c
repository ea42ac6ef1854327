/* SPDX-License-Identifier: Apache-2.0 */
/* hezi start */
#include "cli/cli.h"

static int start(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;

	return cli_runtime(cli, &rt, err) ? -1 : hz_start(rt, args[0], err);
}

const struct command command_start = {
	.name = "start",
	.summary = "let the program of a created container run",
	.operands = "<container-id>",
	.description = "",
	.min_args = 1,
	.max_args = 1,
	.error_status = 1,
	.run = start,
};
