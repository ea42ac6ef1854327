/* SPDX-License-Identifier: Apache-2.0 */
/* hezi completion bash: a completion script made from the option tables. */
#include "cli/cli.h"

#include <string.h>

static void add_words(struct buf *out, struct opt_table t)
{
	for (size_t i = 0; i < t.n; i++) {
		buf_printf(out, "--%s ", t.items[i].name);
		if (t.items[i].short_name)
			buf_printf(out, "-%c ", t.items[i].short_name);
	}
	buf_adds(out, "--help");
}

/* What may follow an option: "dir" and "file" are completed as such, "word" not at all. */
static const char *value_kind(const struct opt *o)
{
	if (!strcmp(o->metavar, "DIR"))
		return "dir";
	if (!strcmp(o->metavar, "FILE") || !strcmp(o->metavar, "PATH"))
		return "file";
	return "word";
}

static void add_values(struct buf *out, const char *command, struct opt_table t)
{
	for (size_t i = 0; i < t.n; i++) {
		const struct opt *o = &t.items[i];

		if (!o->metavar)
			continue;
		buf_printf(out, "\t%s:--%s", command, o->name);
		if (o->short_name)
			buf_printf(out, "|%s:-%c", command, o->short_name);
		buf_printf(out, ") kind=%s ;;\n", value_kind(o));
	}
}

static const char head[] = "# bash completion for hezi; made by `hezi completion bash`\n"
			   "_hezi_value_kind() {\n"
			   "\tkind=\n"
			   "\tcase $1 in\n";

static const char middle[] =
	"\tesac\n"
	"}\n"
	"_hezi() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev= command= root= kind= i words\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tprev=${COMP_WORDS[i]}\n"
	"\t\t_hezi_value_kind \"$command:$prev\"\n"
	"\t\tif [[ -n $kind ]]; then\n"
	"\t\t\t[[ $prev == --root ]] && root=${COMP_WORDS[i + 1]}\n"
	"\t\t\t((++i < COMP_CWORD)) && kind=\n"
	"\t\telif [[ -z $command && $prev != -* ]]; then\n"
	"\t\t\tcommand=$prev\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tCOMPREPLY=()\n"
	"\tcase $kind in\n"
	"\tdir) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"); return ;;\n"
	"\tfile) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return "
	";;\n"
	"\tword) return ;;\n"
	"\tesac\n"
	"\tcase $command in\n";

static const char tail[] = "\t*) words= ;;\n"
			   "\tesac\n"
			   "\tif [[ $cur != -* ]]; then\n"
			   "\t\tcase $command in\n"
			   "\t\tdelete|kill|start|state) words=$(hezi ${root:+--root \"$root\"} "
			   "list -q 2>/dev/null) ;;\n"
			   "\t\tesac\n"
			   "\tfi\n"
			   "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
			   "}\n"
			   "complete -F _hezi hezi\n";

static void script(struct buf *out)
{
	buf_adds(out, head);
	add_values(out, "", global_options);
	for (size_t i = 0; i < ncommands; i++)
		if (!commands[i]->hidden)
			add_values(out, commands[i]->name, commands[i]->options);
	buf_adds(out, middle);
	buf_adds(out, "\t'') words=\"");
	for (size_t i = 0; i < ncommands; i++)
		if (!commands[i]->hidden)
			buf_printf(out, "%s ", commands[i]->name);
	buf_adds(out, "help version ");
	add_words(out, global_options);
	buf_adds(out, " --version\" ;;\n");
	for (size_t i = 0; i < ncommands; i++) {
		if (commands[i]->hidden)
			continue;
		buf_printf(out, "\t%s) words=\"", commands[i]->name);
		add_words(out, commands[i]->options);
		buf_adds(out, "\" ;;\n");
	}
	buf_adds(out, tail);
}

static int completion(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)cli;
	if (strcmp(args[0], "bash") != 0)
		return error_set(err, HZ_E_UNSUPPORTED,
				 "completion for \"%.64s\" is not supported yet", args[0]);
	script(&out);
	if (out.failed || !out.data)
		return error_oom(err);
	return cli_print(out.data, out.len, err);
}

const struct command command_completion = {
	.name = "completion",
	.summary = "print a completion script for a shell",
	.operands = "bash",
	.description = "",
	.min_args = 1,
	.max_args = 1,
	.hidden = true,
	.error_status = 1,
	.run = completion,
};
