/* SPDX-License-Identifier: Apache-2.0 */
/* hezi explain */
#include "cli/cli.h"

#include "base/cleanup.h"

#include <string.h>

static struct explain_cmd {
	struct create_values create;
	const char *format;
	bool show_env;
} values;

static const struct opt options[] = {
	CREATE_OPT_BUNDLE,
	CREATE_OPT_CONFIG(0),
	{"format", 'f', OPT_STRING, offsetof(struct explain_cmd, format), "FORMAT",
	 "text or json (default: text)"},
	{"show-env", 0, OPT_FLAG, offsetof(struct explain_cmd, show_env), NULL,
	 "print the values of environment variables too"},
	CREATE_OPT_PLAN,
};

static int explain(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;
	_cleanup_free_ char *text = NULL;
	const struct hz_create_options o =
		create_options(&values.create, args[0] ? args[0] : "container");
	bool json;

	if (cli_format_json(values.format, "text", &json, err) || cli_runtime(cli, &rt, err) ||
	    hz_explain(rt, &o, json, values.show_env, &text, err))
		return -1;
	return cli_print(text, strlen(text), err);
}

const struct command command_explain = {
	.name = "explain",
	.summary = "print what create would do, without doing it",
	.operands = "[container-id]",
	.description = "Every step in its order: who does it, what it does, and which value of "
		       "config.json asked for it.\n"
		       "Needs no privileges and changes nothing. The values of environment "
		       "variables are masked.",
	.min_args = 0,
	.max_args = 1,
	.prefixed = true,
	.error_status = 1,
	.options = OPT_TABLE(options),
	.values = &values,
	.run = explain,
};
