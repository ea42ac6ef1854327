/* SPDX-License-Identifier: Apache-2.0 */
/* hezi delete */
#include "cli/cli.h"

static struct delete_cmd {
	bool force;
} values;

static const struct opt options[] = {
	{"force", 'f', OPT_FLAG, offsetof(struct delete_cmd, force), NULL,
	 "kill the container first if it still runs; an unknown id is no error"},
};

static int delete_run(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;

	return cli_runtime(cli, &rt, err) ? -1 : hz_delete(rt, args[0], values.force, err);
}

const struct command command_delete = {
	.name = "delete",
	.summary = "remove a stopped container",
	.operands = "<container-id>",
	.description = "Its cgroup and state are removed and its poststop hooks are run. A "
		       "container that was created\n"
		       "but never started is ended and removed.",
	.min_args = 1,
	.max_args = 1,
	.error_status = 1,
	.options = OPT_TABLE(options),
	.values = &values,
	.run = delete_run,
};
