/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a config may ask for and hezi does not do yet, and what makes no sense whatever is done.
 * Wording follows runc where its users know it. Checks that belong to one part are made where that
 * part is compiled.
 */
#include "plan/builder.h"

#include <string.h>

#define CONSOLE_MAX 65535 /* struct winsize */

static void check_names(struct builder *b)
{
	const struct oci_config *c = b->config;
	const struct {
		const char *name, *value;
	} rows[] = {{"hostname", c->hostname}, {"domainname", c->domainname}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *pointer = builder_ptr(b, "/%s", rows[i].name);

		if (!rows[i].value || !rows[i].value[0])
			continue;
		if (!plan_has_ns(c, OCI_NS_UTS))
			builder_fault(b, pointer,
				      "unable to set %s without a private UTS namespace",
				      rows[i].name);
		if (strlen(rows[i].value) > 64)
			builder_fault(b, pointer, "a %s has 64 bytes at most, not %zu",
				      rows[i].name, strlen(rows[i].value));
	}
}

static void check_env(struct builder *b, const struct oci_strings *env)
{
	for (size_t i = 0; i < env->n; i++) {
		const char *ptr = builder_ptr(b, "/process/env/%zu", i);
		const char *eq = strchr(env->items[i], '=');

		if (!eq)
			builder_fault(b, ptr,
				      "invalid environment variable: \"%.64s\": missing '='",
				      env->items[i]);
		else if (eq == env->items[i])
			builder_fault(b, ptr, "invalid environment variable: name cannot be empty");
	}
}

static void check_process(struct builder *b)
{
	const struct oci_process *p = b->config->process;

	if (!p)
		return;
	if (!p->cwd || !p->cwd[0])
		builder_fault(b, "/process/cwd", "Cwd property must not be empty");
	else if (p->cwd[0] != '/')
		builder_fault(b, "/process/cwd", "Cwd must be an absolute path");
	if (p->args.n == 0)
		builder_fault(b, "/process/args", "args must not be empty");
	check_env(b, &p->env);
	if (p->user && p->user->umask.set && p->user->umask.v > 0777)
		builder_fault(b, "/process/user/umask", "umask must be 511 (0777) at most, not %u",
			      p->user->umask.v);
	if (p->oom_score_adj.set && (p->oom_score_adj.v < -1000 || p->oom_score_adj.v > 1000))
		builder_fault(b, "/process/oomScoreAdj",
			      "oomScoreAdj must be between -1000 and 1000, not %d",
			      p->oom_score_adj.v);
	if (p->terminal.v && p->console_size &&
	    (p->console_size->height.v > CONSOLE_MAX || p->console_size->width.v > CONSOLE_MAX))
		builder_fault(b, "/process/consoleSize",
			      "a terminal has %d rows and columns at most", CONSOLE_MAX);
}

void compile_checks(struct builder *b)
{
	check_labels(b);
	check_annotations(b);
	check_names(b);
	check_process(b);
	check_affinity(b);
	check_namespaces(b);
	check_maps(b);
}
