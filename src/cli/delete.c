/* SPDX-License-Identifier: Apache-2.0 */
/* hezi delete */
#include "cli/cli.h"

static struct delete_cmd {
	bool force, regex;
} values;

static const struct opt options[] = {
	{"force", 'f', OPT_FLAG, offsetof(struct delete_cmd, force), NULL,
	 "kill the container first if it still runs; an unknown id is no error"},
	{"regex", 'r', OPT_FLAG, offsetof(struct delete_cmd, regex), NULL,
	 "the id is an extended regular expression: remove all that match"},
};

static int delete_one(hz_runtime *rt, const char *id, const void *data, struct hz_error *err)
{
	(void)data;
	return hz_delete(rt, id, values.force, err);
}

static int delete_run(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;

	static const struct id_action action = {delete_one, NULL};

	if (cli_runtime(cli, &rt, err))
		return -1;
	return values.regex ? cli_matching(cli, rt, args[0], &action, err)
			    : delete_one(rt, args[0], NULL, err);
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
