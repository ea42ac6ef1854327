/* SPDX-License-Identifier: Apache-2.0 */
/* hezi run */
#include "cli/cli.h"
#include "cli/signals.h"

static struct run_cmd {
	struct create_values create;
	bool no_subreaper, detach, keep;
} values;

static const struct opt options[] = {
	CREATE_OPT_BUNDLE,
	CREATE_OPT_CONFIG('f'),
	{"detach", 'd', OPT_FLAG, offsetof(struct run_cmd, detach), NULL,
	 "return when the program runs, and leave it running"},
	{"keep", 0, OPT_FLAG, offsetof(struct run_cmd, keep), NULL,
	 "do not delete the container when it has ended"},
	CREATE_OPT_FILES,
	CREATE_OPT_PLAN,
	{"no-subreaper", 0, OPT_FLAG, offsetof(struct run_cmd, no_subreaper), NULL,
	 "do not become the parent of orphaned descendants"},
};

static int run(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;
	const struct hz_create_options o = create_options(&values.create, args[0]);
	const struct hz_run_options how = {
		.size = sizeof(how),
		.detach = values.detach,
		.keep = values.keep,
		.reap_children = true,
	};
	int status = 0;

	signals_keep_status();
	cli_subreaper(values.no_subreaper);
	if (cli_runtime(cli, &rt, err) || hz_run(rt, &o, &how, &status, err))
		return -1;
	return status;
}

const struct command command_run = {
	.name = "run",
	.summary = "create a container, start it and wait for its end",
	.operands = "<container-id>",
	.description = "Signals are passed on to the program and its terminal is shown here. The "
		       "exit status is that of\n"
		       "the program, or 128+N when signal N ended it. Afterwards the container is "
		       "deleted.",
	.min_args = 1,
	.max_args = 1,
	.prefixed = true,
	.error_status = 1,
	.options = OPT_TABLE(options),
	.values = &values,
	.run = run,
};
