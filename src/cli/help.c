/* SPDX-License-Identifier: Apache-2.0 */
/* --help and --version, from the tables. The layout is the one that scripts know from runc. */
#include "cli/cli.h"

#include "cli/commit.h"
#include "ocispec.h"

#include <seccomp.h>
#include <stdio.h>
#include <string.h>

/* The runc whose commands, options and texts these are. */
#define RUNC_LIKE "1.4.0"

static const char *program = "hezi";

void help_called(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash)
		path = slash + 1;
	if (*path)
		program = path;
}

static void add_lines(struct buf *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		buf_adds(out, "   ");
		buf_add(out, text, len);
		buf_addc(out, '\n');
		text += len + (text[len] == '\n');
	}
}

/* "--bundle DIR, -b DIR" */
static int option_words(const struct opt *o, char *ret, size_t size)
{
	const char *value = o->metavar ? o->metavar : "", *space = o->metavar ? " " : "";

	if (o->short_name)
		return snprintf(ret, size, "--%s%s%s, -%c%s%s", o->name, space, value,
				o->short_name, space, value);
	return snprintf(ret, size, "--%s%s%s", o->name, space, value);
}

static void add_option(struct buf *out, const struct opt *o, int width)
{
	char words[128];

	option_words(o, words, sizeof(words));
	buf_printf(out, "   %-*s  %s\n", width, words, o->help);
}

static const struct opt help_option = {"help", 'h', OPT_FLAG, 0, NULL, "show help"};
static const struct opt version_option = {"version", 'v', OPT_FLAG, 0, NULL, "print the version"};

static void add_options(struct buf *out, struct opt_table t, bool version)
{
	int width = 13; /* of "--version, -v" */
	char words[128];

	for (size_t i = 0; i < t.n; i++) {
		int w = option_words(&t.items[i], words, sizeof(words));

		if (w > width)
			width = w;
	}
	for (size_t i = 0; i < t.n; i++)
		add_option(out, &t.items[i], width);
	add_option(out, &help_option, width);
	if (version)
		add_option(out, &version_option, width);
}

void help_command(const struct command *c, struct buf *out)
{
	buf_printf(out, "NAME:\n   %s %s - %s\n\nUSAGE:\n   %s %s [command options]%s%s\n", program,
		   c->name, c->summary, program, c->name, c->operands[0] ? " " : "", c->operands);
	if (c->description[0]) {
		buf_adds(out, "\nDESCRIPTION:\n");
		add_lines(out, c->description);
	}
	buf_adds(out, "\nOPTIONS:\n");
	add_options(out, c->options, false);
}

void help_program(struct buf *out)
{
	buf_printf(out,
		   "NAME:\n   hezi, in place of runc - Open Container Initiative runtime\n\n"
		   "USAGE:\n   %s [global options] command [command options] [arguments...]\n\n"
		   "VERSION:\n   %s\n\nCOMMANDS:\n",
		   program, hz_version());
	for (size_t i = 0; i < ncommands; i++)
		if (!commands[i]->hidden)
			buf_printf(out, "   %-10s  %s\n", commands[i]->name, commands[i]->summary);
	buf_adds(out, "   help        show this, or the help of one command\n"
		      "   version     print the version\n\nGLOBAL OPTIONS:\n");
	add_options(out, global_options, true);
}

void help_version(struct buf *out)
{
	const struct scmp_version *v = seccomp_version();

	/* engines want three words; those that know runc alone are given a link of that name */
	if (!strcmp(program, "runc"))
		buf_printf(out, "runc version %s+hezi-%s\n", RUNC_LIKE, hz_version());
	else
		buf_printf(out, "hezi version %s\n", hz_version());
	buf_printf(out, "commit: %s\nspec: %s\n", HEZI_COMMIT, OCI_VERSION_MAX);
	if (v)
		buf_printf(out, "libseccomp: %u.%u.%u\n", v->major, v->minor, v->micro);
}
