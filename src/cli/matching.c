/* SPDX-License-Identifier: Apache-2.0 */
/* --regex of kill and delete, as crun has it. */
#include "cli/cli.h"

#include <regex.h>
#include <string.h>

static int compile(regex_t *re, const char *pattern, struct hz_error *err)
{
	char why[128];
	int r = regcomp(re, pattern, REG_EXTENDED | REG_NOSUB);

	if (!r)
		return 0;
	regerror(r, re, why, sizeof(why));
	return error_set(err, HZ_E_USAGE, "invalid regular expression \"%.256s\": %s", pattern,
			 why);
}

/* Every one is tried; the first error is the one to report. What is gone meanwhile is none. */
static int each(hz_runtime *rt, char **ids, const regex_t *re, const struct id_action *a,
		struct hz_error *err)
{
	int ret = 0;

	for (; *ids; ids++) {
		struct hz_error one = HZ_ERROR_INIT;

		if (!regexec(re, *ids, 0, NULL, 0) && a->run(rt, *ids, a->data, &one) &&
		    one.code != HZ_E_NOT_FOUND && !ret) {
			error_set(err, one.code, "%s: %s", *ids, one.msg);
			ret = -1;
		}
		hz_error_clear(&one);
	}
	return ret;
}

int cli_matching(const struct cli *cli, hz_runtime *rt, const char *pattern,
		 const struct id_action *a, struct hz_error *err)
{
	char **ids = NULL;
	regex_t re;
	size_t n;
	int ret;

	if (compile(&re, pattern, err))
		return -1;
	ret = cli_ids(cli, rt, &ids, &n, err) || each(rt, ids, &re, a, err) ? -1 : 0;
	hz_ids_free(ids);
	regfree(&re);
	return ret;
}
