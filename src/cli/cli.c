/* SPDX-License-Identifier: Apache-2.0 */
/* From the command line to a command, and from its result to an exit status. */
#include "cli/cli.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define EXIT_UNKNOWN_COMMAND 3
#define MAX_GUESSES          32

#define AT(field) offsetof(struct global_values, field)
static const struct opt globals[] = {
	{"debug", 0, OPT_FLAG, AT(debug), NULL,
	 "log what is being done (the same as --log-level debug)"},
	{"log", 0, OPT_STRING, AT(log), "FILE",
	 "append the log to this file; or journald:ID, syslog:ID, file:PATH (default: stderr)"},
	{"log-format", 0, OPT_STRING, AT(log_format), "FORMAT", "text or json (default: text)"},
	{"log-level", 0, OPT_STRING, AT(log_level), "LEVEL",
	 "error, warning, info or debug (default: warning)"},
	{"root", 0, OPT_PATH, AT(root), "DIR",
	 "where the state of the containers is (default: /run/hezi; not as root: "
	 "$XDG_RUNTIME_DIR/hezi)"},
	{"systemd-cgroup", 0, OPT_FLAG, AT(systemd_cgroup), NULL,
	 "the same as --cgroup-manager systemd"},
	{"cgroup-manager", 0, OPT_STRING, AT(cgroup_manager), "MANAGER",
	 "who makes the cgroups: cgroupfs, systemd or disabled (default: cgroupfs)"},
	{"rootless", 0, OPT_STRING, AT(rootless), "MODE",
	 "forgive missing permissions on cgroups: true, false or auto (default: auto)"},
};
#undef AT
const struct opt_table global_options = OPT_TABLE(globals);

/* Index of @value in @names, or -1. */
static int find_word(const char *value, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(value, names[i]))
			return i;
	return -1;
}

static int bad_word(const char *option, const char *value, const char *const *names, size_t n,
		    struct hz_error *err)
{
	const char *guess = options_guess(value, names, n, sizeof(*names));

	error_set(err, HZ_E_USAGE, "invalid %s: %.256s", option, value);
	return guess ? error_hint(err, "did you mean %s?", guess) : -1;
}

static int set_log(struct cli *cli, struct hz_error *err)
{
	static const char *const formats[] = {"text", "json"};
	static const char *const levels[] = {"error", "warning", "info", "debug"};
	const struct global_values *g = &cli->global;
	int i;

	if (g->log_format) {
		i = find_word(g->log_format, formats, ARRAY_SIZE(formats));
		if (i < 0)
			return bad_word("log-format", g->log_format, formats, ARRAY_SIZE(formats),
					err);
		cli->log.json = i == 1;
	}
	if (g->log_level) {
		i = find_word(g->log_level, levels, ARRAY_SIZE(levels));
		if (i < 0)
			return bad_word("log-level", g->log_level, levels, ARRAY_SIZE(levels), err);
		cli->log.level = (enum log_level)i;
	}
	if (g->debug)
		cli->log.level = LOG_AT_DEBUG;
	return g->log ? log_open(&cli->log, g->log, err) : 0;
}

static int set_cgroups(struct cli *cli, struct hz_error *err)
{
	static const char *const managers[] = {"cgroupfs", "systemd", "disabled"};
	static const char *const modes[] = {"false", "true", "auto"};
	const struct global_values *g = &cli->global;
	int i = g->systemd_cgroup ? HZ_CGROUP_SYSTEMD : HZ_CGROUP_CGROUPFS;

	if (g->cgroup_manager) {
		i = find_word(g->cgroup_manager, managers, ARRAY_SIZE(managers));
		if (i < 0)
			return bad_word("cgroup-manager", g->cgroup_manager, managers,
					ARRAY_SIZE(managers), err);
		if (g->systemd_cgroup && i != HZ_CGROUP_SYSTEMD)
			return error_set(err, HZ_E_USAGE,
					 "--systemd-cgroup contradicts --cgroup-manager %s",
					 g->cgroup_manager);
	}
	cli->cgroup_manager = (enum hz_cgroup_manager)i;
	cli->rootless = -1;
	if (g->rootless) {
		i = find_word(g->rootless, modes, ARRAY_SIZE(modes));
		if (i < 0)
			return bad_word("rootless", g->rootless, modes, ARRAY_SIZE(modes), err);
		cli->rootless = i == 2 ? -1 : i;
	}
	return 0;
}

static int set_globals(struct cli *cli, struct hz_error *err)
{
	return set_log(cli, err) || set_cgroups(cli, err) ? -1 : 0;
}

int cli_ids(const struct cli *cli, hz_runtime *rt, char ***ret, size_t *ret_n, struct hz_error *err)
{
	if (!hz_ids(rt, ret, ret_n, err))
		return 0;
	if (cli->global.root || err->errnum != ENOENT)
		return -1;
	hz_error_clear(err);
	*ret_n = 0;
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : error_oom(err);
}

int cli_format_json(const char *format, const char *plain, bool *ret, struct hz_error *err)
{
	*ret = format && !strcmp(format, "json");
	if (!format || *ret || !strcmp(format, plain))
		return 0;
	return error_set(err, HZ_E_USAGE, "invalid format option: %.256s", format);
}

static bool stdout_is_closed;

/* All that commands print goes through here: names of bundles, containers and processes do not
 * drive the terminal, in tables as in JSON. */
static int print_clean(const char *text, size_t len)
{
	_cleanup_buf_ struct buf clean = BUF_INIT;

	if (stdout_is_closed)
		return -EBADF;
	if (text_is_clean(text, len, TEXT_LINES))
		return fd_write_all(STDOUT_FILENO, text, len);
	text_clean(&clean, text, len, TEXT_LINES);
	return clean.failed ? -ENOMEM : fd_write_all(STDOUT_FILENO, clean.data, clean.len);
}

int cli_print_on(const char *text, size_t len, struct hz_error *err)
{
	int r = print_clean(text, len);

	return r ? error_sys(err, -r, "write", "stdout", "write to stdout") : 0;
}

int cli_print(const char *text, size_t len, struct hz_error *err)
{
	int r = print_clean(text, len);

	/* A network file system may report only now that it has no space. */
	if (close(STDOUT_FILENO) && !r)
		r = -errno;
	return r ? error_sys(err, -r, "write", "stdout", "write to stdout") : 0;
}

static int print_buf(const struct buf *b, struct hz_error *err)
{
	if (b->failed || !b->data)
		return error_oom(err);
	return cli_print(b->data, b->len, err);
}

/* The error, once, and what went before it; returns @status. */
static int fail(struct cli *cli, const char *what, const struct hz_error *err, int status)
{
	log_error(&cli->log, what, err);
	return status;
}

/* Help on stdout that goes with a usage error; its own failure would hide the error. */
static void print_incorrect(const struct command *c, const struct hz_error *err, bool count)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	if (count) {
		buf_adds(&out, "Incorrect Usage.\n\n");
	} else {
		buf_adds(&out, "Incorrect Usage: ");
		log_clean(&out, err->msg);
		buf_adds(&out, "\n\n");
	}
	if (c)
		help_command(c, &out);
	else
		help_program(&out);
	(void)print_buf(&out, NULL);
}

static int show(struct cli *cli, const struct command *c)
{
	_cleanup_(hz_error_clear) struct hz_error err = HZ_ERROR_INIT;
	_cleanup_buf_ struct buf out = BUF_INIT;

	if (c)
		help_command(c, &out);
	else
		help_program(&out);
	return print_buf(&out, &err) ? fail(cli, NULL, &err, 1) : 0;
}

static int show_version(struct cli *cli)
{
	_cleanup_(hz_error_clear) struct hz_error err = HZ_ERROR_INIT;
	_cleanup_buf_ struct buf out = BUF_INIT;

	help_version(&out);
	return print_buf(&out, &err) ? fail(cli, NULL, &err, 1) : 0;
}

static int unknown_command(struct cli *cli, const char *name)
{
	_cleanup_(hz_error_clear) struct hz_error err = HZ_ERROR_INIT;
	const char *names[MAX_GUESSES], *guess;
	size_t n = ncommands < MAX_GUESSES ? ncommands : MAX_GUESSES;

	error_set(&err, HZ_E_USAGE, "No help topic for '%.256s'", name);
	for (size_t i = 0; i < n; i++)
		names[i] = commands[i]->name;
	guess = options_guess(name, names, n, sizeof(*names));
	if (guess)
		error_hint(&err, "did you mean \"hezi %s\"?", guess);
	else if (!strcmp(name, "mounts"))
		error_hint(&err,
			   "hezi changes no mounts of a container that is there, as crun does");
	return fail(cli, NULL, &err, EXIT_UNKNOWN_COMMAND);
}

static int wrong_count(const struct command *c, int n, struct hz_error *err)
{
	const char *how = c->min_args == c->max_args ? "exactly"
			  : n < c->min_args          ? "a minimum of"
						     : "a maximum of";

	return error_set(err, HZ_E_USAGE, "\"%s\" requires %s %d argument(s)", c->name, how,
			 n < c->min_args ? c->min_args : c->max_args);
}

static int run_command(struct cli *cli, const struct command *c, char **args, struct hz_error *err)
{
	char what[64];
	int status = c->run(cli, args, err);

	if (status < 0) {
		snprintf(what, sizeof(what), "%s failed", c->name);
		return fail(cli, c->prefixed ? what : NULL, err, c->error_status);
	}
	log_flush(&cli->log);
	return status;
}

/* The options of the command, and the global ones among them. */
static enum opt_result parse_command(struct cli *cli, const struct command *c,
				     struct opt_words *words, struct hz_error *err)
{
	bool used = false;
	const struct opt_scope globals_too = {global_options, &cli->global, NULL, &used},
			       scope = {c->options, c->values, &globals_too, NULL};
	enum opt_result r = options_parse_in(&scope, c->flags, words, err);

	if (r != OPT_DONE || !used)
		return r;
	log_done(&cli->log);
	cli->log = (struct log)LOG_INIT;
	return set_globals(cli, err) ? OPT_BAD : r;
}

static int dispatch(struct cli *cli, const struct command *c, struct opt_words words)
{
	_cleanup_(hz_error_clear) struct hz_error err = HZ_ERROR_INIT;
	int status;

	switch (parse_command(cli, c, &words, &err)) {
	case OPT_HELP: return show(cli, c);
	case OPT_BAD:
		if (err.code == HZ_E_USAGE)
			print_incorrect(c, &err, false);
		status = fail(cli, NULL, &err, 1);
		break;
	default:
		words.items[words.n] = NULL; /* main's argv ends with NULL, so there is room */
		if (words.n < c->min_args || words.n > c->max_args) {
			wrong_count(c, words.n, &err);
			print_incorrect(c, &err, true);
			status = fail(cli, NULL, &err, 1);
		} else {
			status = run_command(cli, c, words.items, &err);
		}
	}
	options_done(c->options, c->values);
	return status;
}

static int help_topic(struct cli *cli, const char *name)
{
	const struct command *c;

	if (!name)
		return show(cli, NULL);
	c = command_find(name);
	return c ? show(cli, c) : unknown_command(cli, name);
}

static int named_command(struct cli *cli, struct opt_words words)
{
	const char *name = words.items[0];
	const struct command *c;

	if (!strcmp(name, "help") || !strcmp(name, "h"))
		return help_topic(cli, words.n > 1 ? words.items[1] : NULL);
	if (!strcmp(name, "version"))
		return show_version(cli);
	c = command_find(name);
	words.items++;
	words.n--;
	return c ? dispatch(cli, c, words) : unknown_command(cli, name);
}

static int with_globals(struct cli *cli, struct opt_words words)
{
	_cleanup_(hz_error_clear) struct hz_error err = HZ_ERROR_INIT;

	switch (options_parse(global_options, &cli->global, OPT_STOP | OPT_TAKE_VERSION, &words,
			      &err)) {
	case OPT_HELP: return show(cli, NULL);
	case OPT_VERSION: return show_version(cli);
	case OPT_BAD:
		(void)set_log(cli, NULL); /* as far as it was understood */
		print_incorrect(NULL, &err, false);
		return fail(cli, NULL, &err, 1);
	default: break;
	}
	if (!words.n)
		return show(cli, NULL);
	if (set_globals(cli, &err))
		return fail(cli, NULL, &err, 1);
	return named_command(cli, words);
}

int cli_main(int argc, char **argv, bool no_stdout)
{
	struct cli cli = {.log = LOG_INIT, .rootless = -1};
	int status;

	stdout_is_closed = no_stdout;
	if (argc > 0)
		help_called(argv[0]);
	status = argc > 0 ? with_globals(&cli, (struct opt_words){argv + 1, argc - 1}) : 1;
	log_done(&cli.log);
	return status;
}
