/* SPDX-License-Identifier: Apache-2.0 */
/* hezi create */
#include "cli/cli.h"

static struct create_cmd {
	struct create_values create;
	bool no_subreaper;
} values;

static const struct opt options[] = {
	CREATE_OPT_BUNDLE,
	CREATE_OPT_CONFIG('f'),
	CREATE_OPT_FILES,
	CREATE_OPT_PLAN,
	{"no-subreaper", 0, OPT_FLAG, offsetof(struct create_cmd, no_subreaper), NULL,
	 "do not become the parent of orphaned descendants"},
};

static int create(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;
	const struct hz_create_options o = create_options(&values.create, args[0]);

	cli_subreaper(values.no_subreaper);
	return cli_runtime(cli, &rt, err) ? -1 : hz_create(rt, &o, err);
}

const struct command command_create = {
	.name = "create",
	.summary = "make a container, ready to be started",
	.operands = "<container-id>",
	.description = "Makes the container that the bundle's config.json describes: its "
		       "namespaces, cgroup, mounts\n"
		       "and limits. Its program waits until `hezi start`.",
	.min_args = 1,
	.max_args = 1,
	.prefixed = true,
	.error_status = 1,
	.options = OPT_TABLE(options),
	.values = &values,
	.run = create,
};
