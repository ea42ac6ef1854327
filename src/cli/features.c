/* SPDX-License-Identifier: Apache-2.0 */
/* hezi features */
#include "cli/cli.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <string.h>

static int features(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_free_ char *json = NULL;
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)cli;
	(void)args;
	if (hz_features_json(&json, err))
		return -1;
	buf_adds(&out, json);
	buf_addc(&out, '\n');
	if (out.failed)
		return error_oom(err);
	return cli_print(out.data, out.len, err);
}

const struct command command_features = {
	.name = "features",
	.summary = "print what this build can do as JSON",
	.operands = "",
	.description =
		"The document is the features structure of the OCI runtime specification. It "
		"tells of this build and\n"
		"not of this host.",
	.min_args = 0,
	.max_args = 0,
	.error_status = 1,
	.run = features,
};
