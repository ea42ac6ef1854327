/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options as tables: what is parsed, what --help prints, what the shell completes and what the
 * manual pages must name all come from the same rows.
 *
 * The habits are those of Go's flag package as runc uses it, because engines rely on them: a long
 * option takes one dash or two,
 * `--opt value` or `--opt=value`; a boolean takes `=true` and the like; options may follow operands
 * unless the command says otherwise; `--` ends the options; a slice is repeated and never split at
 * commas. The last of several values wins, and an empty text is as good as none. As with getopt(3),
 * which crun uses, a word that is no long option may be a group of short ones: -td, -u1000.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum opt_kind {
	OPT_FLAG,   /* bool */
	OPT_SWITCH, /* signed char: 1 and -1 for true and false, 0 when it is not given */
	OPT_STRING, /* const char *, borrowed from argv; NULL when it is empty */
	OPT_PATH,   /* the same, but an empty one is an error: its default is another place */
	OPT_UINT,   /* unsigned */
	OPT_INT,    /* int */
	OPT_SLICE,  /* struct opt_strings; without empty ones */
};

struct opt_strings {
	const char **items; /* owned: options_done */
	size_t n;
};

struct opt {
	const char *name;
	char short_name; /* 0: none */
	enum opt_kind kind;
	size_t offset;       /* of the value in the struct handed to options_parse */
	const char *metavar; /* "DIR"; NULL for flags */
	const char *help;
};

struct opt_table {
	const struct opt *items;
	size_t n;
};

#define OPT_TABLE(a)                            \
	{                                       \
		(a), sizeof(a) / sizeof((a)[0]) \
	}

enum opt_result {
	OPT_BAD = -1, /* @err is set: HZ_E_USAGE or HZ_E_UNSUPPORTED */
	OPT_DONE,
	OPT_HELP,    /* --help or -h came by */
	OPT_VERSION, /* --version or -v: only with OPT_TAKE_VERSION */
};

#define OPT_STOP         (1u << 0) /* the first operand ends the options */
#define OPT_TAKE_VERSION (1u << 1)
#define OPT_ID_FIRST     (OPT_STOP | 1u << 2) /* OPT_STOP, and a "--" after the first operand goes */

/* The options of a command, and those of the program, which may stand behind it too. */
struct opt_scope {
	struct opt_table table;
	void *values;
	const struct opt_scope *outer; /* NULL: none */
	bool *used;                    /* becomes true when one of them is given; may be NULL */
};

/* Words of a command line, without the program's name. */
struct opt_words {
	char **items;
	int n;
};

/**
 * Parse @words into @values; the operands, in their order, are what is left in @words. With
 * OPT_STOP everything from the first operand on is an operand. The items stay where they were:
 * after a success items[n] may be written.
 */
enum opt_result options_parse(struct opt_table t, void *values, unsigned flags,
			      struct opt_words *words, struct hz_error *err);

/** The same; an option that the innermost table lacks is looked for in the outer ones. */
enum opt_result options_parse_in(const struct opt_scope *scope, unsigned flags,
				 struct opt_words *words, struct hz_error *err);

/** Free the slices in @values. */
void options_done(struct opt_table t, void *values);

/** The row of @name ("bundle", or "b" for a short one), or NULL. */
const struct opt *options_find(struct opt_table t, const char *name, size_t len);

/**
 * What a mistyped @word was meant to be: the nearest among the @n @names (with @stride bytes from
 * one to the next), at most two edits away (one in a word of three letters or fewer), or NULL.
 */
const char *options_guess(const char *word, const char *const *names, size_t n, size_t stride);

#endif
