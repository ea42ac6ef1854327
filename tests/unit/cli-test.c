/* SPDX-License-Identifier: Apache-2.0 */
/* The option parser, the guesses, the names of signals. */
#include "base/cleanup.h"
#include "cli/options.h"
#include "cli/signals.h"
#include "tap.h"

#include <signal.h>

struct values {
	bool force, debug, tty;
	signed char privs;
	const char *bundle, *root;
	unsigned fds;
	int score;
	struct opt_strings env;
};

static const struct opt rows[] = {
	{"force", 'f', OPT_FLAG, offsetof(struct values, force), NULL, ""},
	{"no-debug", 0, OPT_FLAG, offsetof(struct values, debug), NULL, ""},
	{"tty", 't', OPT_FLAG, offsetof(struct values, tty), NULL, ""},
	{"no-privs", 'n', OPT_SWITCH, offsetof(struct values, privs), NULL, ""},
	{"root", 0, OPT_PATH, offsetof(struct values, root), "DIR", ""},
	{"bundle", 'b', OPT_STRING, offsetof(struct values, bundle), "DIR", ""},
	{"preserve-fds", 0, OPT_UINT, offsetof(struct values, fds), "N", ""},
	{"score", 0, OPT_INT, offsetof(struct values, score), "N", ""},
	{"env", 'e', OPT_SLICE, offsetof(struct values, env), "A=B", ""},
};
static const struct opt_table table = OPT_TABLE(rows);

#define ARGS_MAX 16

/* What came of one command line. */
struct result {
	struct values v;
	struct hz_error err;
	char words[256];
	char *argv[ARGS_MAX + 1];
	int n;
	enum opt_result r;
};

/* The words of @line; '' is an empty one. */
static struct opt_words split_words(struct result *x, const char *line)
{
	struct opt_words words = {.items = x->argv};

	memset(x, 0, sizeof(*x));
	x->err.size = sizeof(x->err);
	snprintf(x->words, sizeof(x->words), "%s", line);
	for (char *w = strtok(x->words, " "); w && words.n < ARGS_MAX; w = strtok(NULL, " "))
		x->argv[words.n++] = strcmp(w, "''") ? w : w + 2;
	return words;
}

static void parse_with(struct result *x, unsigned flags, const char *line)
{
	struct opt_words words = split_words(x, line);

	x->r = options_parse(table, &x->v, flags, &words, &x->err);
	x->n = words.n;
}

static void parse(struct result *x, const char *line)
{
	parse_with(x, 0, line);
}

static void done(struct result *x)
{
	options_done(table, &x->v);
	hz_error_clear(&x->err);
}

static void test_forms(void)
{
	static const char *const lines[] = {
		"--bundle /x ID", "--bundle=/x ID",
		"-bundle /x ID",  "-bundle=/x ID",
		"-b /x ID",       "-b=/x ID",
		"--b /x ID",      "ID --bundle /x",
		"ID -b /x",       "--bundle /y ID -b /x",
		"-b /x -- ID",
	};
	struct result x;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		parse(&x, lines[i]);
		is_int(x.r, OPT_DONE, "%s", lines[i]);
		is_str(x.v.bundle, "/x", "%s: the value", lines[i]);
		ok(x.n == 1 && !strcmp(x.argv[0], "ID"), "%s: the operand", lines[i]);
		done(&x);
	}
}

static void test_booleans(void)
{
	static const struct {
		const char *line;
		bool want;
	} good[] = {
		{"--force", true},        {"-f", true},
		{"--force=true", true},   {"-force=1", true},
		{"--force=t", true},      {"--force=TRUE", true},
		{"--force=false", false}, {"--force=0", false},
		{"-f=F", false},          {"--force --force=false", false},
	};
	struct result x;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		parse(&x, good[i].line);
		is_int(x.r, OPT_DONE, "%s", good[i].line);
		is_int(x.v.force, good[i].want, "%s: the value", good[i].line);
		done(&x);
	}
	parse(&x, "--force false");
	is_int(x.n, 1, "a boolean takes no word after it");
	done(&x);
	parse(&x, "--force=maybe");
	is_int(x.r, OPT_BAD, "a bad boolean");
	is_str(x.err.msg, "invalid boolean value \"maybe\" for --force: parse error", "its text");
	done(&x);
	parse(&x, "-no-debug");
	ok(x.r == OPT_DONE && x.v.debug, "one dash is not a row of short options");
	done(&x);
}

static void test_switches(void)
{
	static const struct {
		const char *line;
		int want;
	} good[] = {
		{"", 0},
		{"--no-privs", 1},
		{"-n", 1},
		{"-no-privs=t", 1},
		{"--no-privs=1", 1},
		{"--no-privs=false", -1},
		{"-n=0", -1},
		{"--no-privs --no-privs=F", -1},
		{"--no-privs=FALSE --no-privs", 1},
	};
	struct result x;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		parse(&x, good[i].line);
		is_int(x.r, OPT_DONE, "switch: \"%s\"", good[i].line);
		is_int(x.v.privs, good[i].want, "switch: \"%s\": the value", good[i].line);
		done(&x);
	}
	parse(&x, "--no-privs=2");
	is_int(x.r, OPT_BAD, "a switch is a boolean");
	done(&x);
}

static void test_groups(void)
{
	struct result x;

	parse(&x, "-tf ID");
	ok(x.r == OPT_DONE && x.v.tty && x.v.force && x.n == 1, "two flags in one word");
	done(&x);
	parse(&x, "-tb dir ID");
	ok(x.r == OPT_DONE && x.v.tty && x.n == 1, "the last one takes the next word");
	is_str(x.v.bundle, "dir", "which is its value");
	done(&x);
	parse(&x, "-eA=3 -b/x ID");
	ok(x.r == OPT_DONE && x.v.env.n == 1 && x.n == 1, "a value in the same word");
	is_str(x.v.env.n ? x.v.env.items[0] : NULL, "A=3", "whole, with its =");
	is_str(x.v.bundle, "/x", "a path");
	done(&x);
	parse(&x, "-tfb/y ID");
	ok(x.r == OPT_DONE && x.v.tty && x.v.force && x.n == 1, "flags and a value");
	is_str(x.v.bundle, "/y", "what is left of the word");
	done(&x);
	parse(&x, "-tb");
	is_int(x.r, OPT_BAD, "a value is missing");
	is_str(x.err.msg, "flag needs an argument: -b", "and it says which");
	done(&x);
}

static void test_empty(void)
{
	struct result x;

	parse(&x, "--bundle x --bundle= -e '' ID");
	ok(x.r == OPT_DONE && !x.v.bundle && !x.v.env.n, "an empty text is as good as none");
	done(&x);
	parse(&x, "--root=");
	is_int(x.r, OPT_BAD, "but not for a place");
	is_str(x.err.msg, "--root is empty", "and that is said");
	done(&x);
}

static void test_outer(void)
{
	static const struct opt inner_rows[] = {
		{"force", 0, OPT_FLAG, offsetof(struct values, force), NULL, ""},
	};
	struct values inner = {0};
	struct result x;
	bool used = false;
	const struct opt_scope outer = {table, &x.v, NULL, &used},
			       scope = {OPT_TABLE(inner_rows), &inner, &outer, NULL};
	struct opt_words words = split_words(&x, "ID --force");

	ok(options_parse_in(&scope, 0, &words, &x.err) == OPT_DONE && !used,
	   "no option of the outer table was given");
	done(&x);
	inner.force = false;
	words = split_words(&x, "ID --root /x --force");
	x.r = options_parse_in(&scope, 0, &words, &x.err);
	ok(x.r == OPT_DONE && words.n == 1, "options of two tables");
	is_str(x.v.root, "/x", "one that only the outer table has");
	ok(inner.force && !x.v.force, "the inner table comes first");
	ok(used, "an option of the outer table was given");
	done(&x);
}

static void test_numbers(void)
{
	static const char *const bad[] = {
		"--preserve-fds=x",   "--preserve-fds=1x",
		"--preserve-fds= ",   "--preserve-fds=0x10",
		"--preserve-fds=-1",  "--preserve-fds=4294967296",
		"--score=2147483648", "--score=--1",
		"--preserve-fds=1.5", "--preserve-fds=99999999999999999999",
	};
	struct result x;

	parse(&x, "--preserve-fds 4294967295 --score -7");
	is_int(x.r, OPT_DONE, "numbers");
	is_int(x.v.fds, 4294967295u, "the largest unsigned");
	is_int(x.v.score, -7, "a negative number");
	done(&x);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		parse(&x, bad[i]);
		is_int(x.r, OPT_BAD, "%s is refused", bad[i]);
		is_int(x.err.code, HZ_E_USAGE, "%s: code", bad[i]);
		done(&x);
	}
}

static void test_slices(void)
{
	struct result x;

	parse(&x, "-e A=1 ID --env=B=2,3 -env C=");
	is_int(x.r, OPT_DONE, "slices");
	is_int(x.v.env.n, 3, "three of them");
	if (x.v.env.n == 3) {
		is_str(x.v.env.items[0], "A=1", "the first");
		is_str(x.v.env.items[1], "B=2,3", "a comma splits nothing");
		is_str(x.v.env.items[2], "C=", "the third");
	}
	done(&x);
}

static void test_operands(void)
{
	struct result x;

	parse(&x, "a - --force b -- --bundle c");
	is_int(x.n, 5, "operands between and after options");
	ok(x.n == 5 && !strcmp(x.argv[1], "-") && !strcmp(x.argv[3], "--bundle"), "their order");
	ok(x.v.force && !x.v.bundle, "only what stands before -- is an option");
	done(&x);
	parse_with(&x, OPT_STOP, "--force ID -9 --bundle");
	is_int(x.n, 3, "the first operand ends the options");
	ok(x.r == OPT_DONE && x.v.force && !x.v.bundle, "and what follows is left alone");
	done(&x);
	parse_with(&x, OPT_STOP, "--force -- -x");
	ok(x.n == 1 && !strcmp(x.argv[0], "-x"), "-- before the first operand");
	done(&x);
	parse_with(&x, OPT_STOP, "ID -- -x");
	is_int(x.n, 3, "-- behind the first operand is an operand");
	done(&x);
	parse_with(&x, OPT_ID_FIRST, "-f ID -- -x --");
	ok(x.n == 3 && !strcmp(x.argv[1], "-x") && !strcmp(x.argv[2], "--"),
	   "unless the first one is an id");
	done(&x);
	parse_with(&x, OPT_ID_FIRST, "-- ID -- x");
	is_int(x.n, 3, "only one -- goes");
	done(&x);
	parse(&x, "");
	ok(x.r == OPT_DONE && !x.n, "nothing at all");
	done(&x);
}

static void test_asked(void)
{
	struct result x;

	parse(&x, "ID --help");
	is_int(x.r, OPT_HELP, "--help after an operand");
	parse(&x, "-h");
	is_int(x.r, OPT_HELP, "-h");
	parse(&x, "-?");
	is_int(x.r, OPT_HELP, "-?, as argp has it");
	parse_with(&x, OPT_TAKE_VERSION, "-version");
	is_int(x.r, OPT_VERSION, "-version");
	parse(&x, "-v");
	is_int(x.r, OPT_BAD, "-v where there is none");
	done(&x);
	parse(&x, "--bundle --help");
	is_str(x.v.bundle, "--help", "a value is never an option");
	done(&x);
}

static void test_faults(void)
{
	static const struct {
		const char *line, *msg, *hint;
	} bad[] = {
		{"--foo x", "flag provided but not defined: -foo", ""},
		{"-xb", "flag provided but not defined: -xb", ""},
		{"-t1", "flag provided but not defined: -t1", ""},
		{"-tx", "flag provided but not defined: -tx", ""},
		{"-bundel", "flag provided but not defined: -bundel", "did you mean --bundle?"},
		{"--bundel x", "flag provided but not defined: -bundel", "did you mean --bundle?"},
		{"-forcee=1", "flag provided but not defined: -forcee", "did you mean --force?"},
		{"ID --bundle", "flag needs an argument: --bundle", ""},
		{"-b", "flag needs an argument: -b", ""},
		{"---force", "bad flag syntax: ---force", ""},
		{"--=x", "bad flag syntax: --=x", ""},
	};
	struct result x;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		parse(&x, bad[i].line);
		is_int(x.r, OPT_BAD, "%s is refused", bad[i].line);
		is_str(x.err.msg, bad[i].msg, "%s: text", bad[i].line);
		is_str(x.err.hint, bad[i].hint, "%s: hint", bad[i].line);
		done(&x);
	}
}

static void test_guess(void)
{
	static const char *const names[] = {"text", "json",
					    "a-name-that-is-much-longer-than-thirty-two"};
	const size_t n = ARRAY_SIZE(names), s = sizeof(names[0]);

	is_str(options_guess("jsno", names, n, s), "json", "a swap");
	is_str(options_guess("jsonn", names, n, s), "json", "one too many");
	is_str(options_guess("txt", names, n, s), "text", "one too few");
	is_str(options_guess("yaml", names, n, s), NULL, "nothing near");
	is_str(options_guess("", names, n, s), NULL, "nothing");
	is_str(options_guess("a-name-that-is-much-longer-than-thirty-tow", names, n, s), NULL,
	       "a long word");
}

static void test_signals(void)
{
	static const struct {
		const char *word;
		int want; /* -1: none */
	} rows_[] = {
		{"9", 9},
		{"0", 0},
		{"64", 64},
		{"KILL", SIGKILL},
		{"SIGKILL", SIGKILL},
		{"sigkill", SIGKILL},
		{"kill", SIGKILL},
		{"Term", SIGTERM},
		{"CLD", SIGCHLD},
		{"IOT", SIGABRT},
		{"POLL", SIGIO},
		{"winch", SIGWINCH},
		{"RTMIN", 34},
		{"SIGRTMIN+3", 37},
		{"rtmin+30", 64},
		{"RTMAX", 64},
		{"RTMAX-1", 63},
		{"65", -1},
		{"-9", -1},
		{"+9", -1},
		{"9x", -1},
		{"", -1},
		{"SIG", -1},
		{"SIG9", -1},
		{"SIGSIGKILL", -1},
		{"RTMIN+31", -1},
		{"RTMIN-1", -1},
		{"RTMAX+1", -1},
		{"RTMIN+", -1},
		{"RTMINX", -1},
		{"KILL ", -1},
		{"0x9", -1},
		{"109", -1},
		{" 9", -1},
	};
	struct hz_error err = HZ_ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(rows_); i++) {
		int sig = -1, r = signal_parse(rows_[i].word, &sig, &err);

		is_int(r, rows_[i].want < 0 ? -1 : 0, "\"%s\"", rows_[i].word);
		if (!r)
			is_int(sig, rows_[i].want, "\"%s\": number", rows_[i].word);
	}
	signal_parse("SIGTREM", &(int){0}, &err);
	is_str(err.msg, "unknown signal \"SIGTREM\"", "text of a bad name");
	is_str(err.hint, "did you mean SIGTERM?", "its hint");
	hz_error_clear(&err);
}

int main(void)
{
	test_forms();
	test_booleans();
	test_switches();
	test_groups();
	test_empty();
	test_outer();
	test_numbers();
	test_slices();
	test_operands();
	test_asked();
	test_faults();
	test_guess();
	test_signals();
	return done_testing();
}
