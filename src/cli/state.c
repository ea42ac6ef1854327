/* SPDX-License-Identifier: Apache-2.0 */
/* hezi state */
#include "cli/cli.h"

#include "base/cleanup.h"

#include <string.h>

static int state(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;
	_cleanup_free_ char *json = NULL;

	if (cli_runtime(cli, &rt, err) || hz_state_json(rt, args[0], &json, err))
		return -1;
	return cli_print(json, strlen(json), err);
}

const struct command command_state = {
	.name = "state",
	.summary = "print the state of a container as JSON",
	.operands = "<container-id>",
	.description = "The document is the one of the OCI runtime specification, with the fields "
		       "rootfs, created and\n"
		       "owner beside it.",
	.min_args = 1,
	.max_args = 1,
	.error_status = 1,
	.run = state,
};
