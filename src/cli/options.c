/* SPDX-License-Identifier: Apache-2.0 */
/* The option parser. See options.h for its habits. */
#include "cli/options.h"

#include "base/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define GUESS_MAX 32 /* longer words are not guessed */

/* One option of the command line. */
struct word {
	const char *name; /* without dashes; not terminated: */
	size_t len;
	const char *value; /* behind '=', or NULL */
};

static bool is_word(const struct word *w, const char *s)
{
	return strlen(s) == w->len && !strncmp(w->name, s, w->len);
}

const struct opt *options_find(struct opt_table t, const char *name, size_t len)
{
	for (size_t i = 0; i < t.n; i++) {
		const struct opt *o = t.items + i;

		if (len == 1 && o->short_name && o->short_name == *name)
			return o;
		if (strlen(o->name) == len && !strncmp(o->name, name, len))
			return o;
	}
	return NULL;
}

/* Levenshtein's distance, with a neighbouring swap as one edit. */
static size_t distance(const char *a, size_t la, const char *b, size_t lb)
{
	uint8_t rows[3][GUESS_MAX + 1] = {0};

	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = (uint8_t)j;
	for (size_t i = 1; i <= la; i++) {
		uint8_t *now = rows[i % 3], *old = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];

		now[0] = (uint8_t)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned best = old[j - 1] + (a[i - 1] != b[j - 1]);

			if (old[j] + 1u < best)
				best = old[j] + 1u;
			if (now[j - 1] + 1u < best)
				best = now[j - 1] + 1u;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    older[j - 2] + 1u < best)
				best = older[j - 2] + 1u;
			now[j] = (uint8_t)best;
		}
	}
	return rows[la % 3][lb];
}

const char *options_guess(const char *word, const char *const *names, size_t n, size_t stride)
{
	size_t len = strlen(word), best = len < 4 ? 2 : 3;
	const char *found = NULL;

	if (len < 2 || len > GUESS_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const char *name = *(const char *const *)((const char *)names + i * stride);
		size_t d;

		if (strlen(name) > GUESS_MAX)
			continue;
		d = distance(word, len, name, strlen(name));
		if (d < best && d < len) {
			best = d;
			found = name;
		}
	}
	return found;
}

static int unknown(struct opt_table t, const struct word *w, struct hz_error *err)
{
	char name[GUESS_MAX + 1];
	const char *guess = NULL;

	error_set(err, HZ_E_USAGE, "flag provided but not defined: -%.*s",
		  (int)(w->len < 256 ? w->len : 256), w->name);
	if (w->len <= GUESS_MAX && t.n) {
		memcpy(name, w->name, w->len);
		name[w->len] = '\0';
		guess = options_guess(name, &t.items[0].name, t.n, sizeof(t.items[0]));
	}
	return guess ? error_hint(err, "did you mean --%s?", guess) : -1;
}

static int bad_value(const struct opt *o, const char *value, const char *why, struct hz_error *err)
{
	return error_set(err, HZ_E_USAGE, "invalid value \"%.256s\" for flag --%s: %s", value,
			 o->name, why);
}

/* The words that Go's strconv.ParseBool takes. */
static int parse_bool(const struct opt *o, const char *value, bool *ret, struct hz_error *err)
{
	static const char *const words[][2] = {
		{"false", "true"}, {"0", "1"},        {"f", "t"},
		{"F", "T"},        {"FALSE", "TRUE"}, {"False", "True"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (int v = 0; v < 2; v++)
			if (!strcmp(value, words[i][v])) {
				*ret = v;
				return 0;
			}
	return error_set(err, HZ_E_USAGE, "invalid boolean value \"%.256s\" for --%s: parse error",
			 value, o->name);
}

static int parse_number(const struct opt *o, const char *value, long long min, long long max,
			long long *ret, struct hz_error *err)
{
	char *end;

	if (!*value || strspn(value, "-0123456789") != strlen(value))
		return bad_value(o, value, "parse error", err);
	errno = 0;
	*ret = strtoll(value, &end, 10);
	if (*end || end == value)
		return bad_value(o, value, "parse error", err);
	if (errno || *ret < min || *ret > max)
		return bad_value(o, value, "value out of range", err);
	return 0;
}

static int add_string(struct opt_strings *s, const char *value, struct hz_error *err)
{
	const char **items;

	if (!*value)
		return 0;
	items = reallocarray(s->items, s->n + 1, sizeof(*items));
	if (!items)
		return error_oom(err);
	items[s->n++] = value;
	s->items = items;
	return 0;
}

static int store(const struct opt *o, void *values, const char *value, struct hz_error *err)
{
	void *at = (char *)values + o->offset;
	long long n = 0;
	bool on = false;

	switch (o->kind) {
	case OPT_FLAG: return parse_bool(o, value, at, err);
	case OPT_SWITCH:
		if (parse_bool(o, value, &on, err))
			return -1;
		*(signed char *)at = on ? 1 : -1;
		return 0;
	case OPT_PATH:
		if (!*value)
			return error_set(err, HZ_E_USAGE, "--%s is empty", o->name);
		*(const char **)at = value;
		return 0;
	case OPT_STRING: *(const char **)at = *value ? value : NULL; return 0;
	case OPT_UINT:
		if (parse_number(o, value, 0, UINT_MAX, &n, err))
			return -1;
		*(unsigned *)at = (unsigned)n;
		return 0;
	case OPT_INT:
		if (parse_number(o, value, INT_MIN, INT_MAX, &n, err))
			return -1;
		*(int *)at = (int)n;
		return 0;
	case OPT_SLICE: return add_string(at, value, err);
	}
	return error_set(err, HZ_E_INTERNAL, "--%s is of an unknown kind", o->name);
}

static const struct opt *find_in(const struct opt_scope *scope, const char *name, size_t len,
				 void **ret_values)
{
	const struct opt *o = NULL;

	for (; scope && !o; scope = scope->outer) {
		o = options_find(scope->table, name, len);
		*ret_values = scope->values;
		if (o && scope->used)
			*scope->used = true;
	}
	return o;
}

static bool takes_value(const struct opt *o)
{
	return o->kind != OPT_FLAG && o->kind != OPT_SWITCH;
}

/* Returns how many words were used up (1 or 2), or -1. */
static int take_option(const struct opt *o, void *values, const struct word *w,
		       const struct opt_words *rest, struct hz_error *err)
{
	if (w->value)
		return store(o, values, w->value, err) ? -1 : 1;
	if (!takes_value(o))
		return store(o, values, "true", err) ? -1 : 1;
	if (rest->n < 2)
		return error_set(err, HZ_E_USAGE, "flag needs an argument: %s%.*s",
				 w->len > 1 ? "--" : "-", (int)w->len, w->name);
	return store(o, values, rest->items[1], err) ? -1 : 2;
}

/* Is "-td", "-u1000" or "-tu1000" a group of short options? Flags, and at the end one that may take
 * what is left of the word, or the next word, for its value. A mistyped long option is none. */
static bool is_group(struct opt_table t, const char *word)
{
	const char *letters = word + 1;
	size_t len = strcspn(letters, "=");
	char name[GUESS_MAX + 1];

	if (len < 2 || *letters == '-')
		return false;
	if (len <= GUESS_MAX) {
		memcpy(name, letters, len);
		name[len] = '\0';
		if (options_guess(name, &t.items[0].name, t.n, sizeof(t.items[0])))
			return false;
	}
	for (const char *p = letters; *p; p++) {
		const struct opt *o = options_find(t, p, 1);

		if (!o || !o->short_name)
			return false;
		if (takes_value(o))
			return true;
	}
	return true;
}

/* As take_option(). */
static int take_group(struct opt_table t, void *values, const char *letters,
		      const struct opt_words *rest, struct hz_error *err)
{
	int used = 1;

	for (const char *p = letters; used == 1 && *p; p++) {
		const struct opt *o = options_find(t, p, 1);
		const struct word w = {p, 1, takes_value(o) && p[1] ? p + 1 : NULL};

		used = take_option(o, values, &w, rest, err);
		if (w.value)
			break;
	}
	return used;
}

/* Split "--name=value". Returns false when it is none: "---x", "-=x". */
static bool split(const char *arg, struct word *ret)
{
	const char *name = arg + (arg[1] == '-' ? 2 : 1), *eq = strchr(name, '=');

	*ret = (struct word){name, eq ? (size_t)(eq - name) : strlen(name), eq ? eq + 1 : NULL};
	return ret->len && *name != '-';
}

/* Words that are asked for everywhere, unless a command has an option of that name itself. */
static enum opt_result common(const struct word *w, unsigned flags)
{
	if (is_word(w, "help") || is_word(w, "h") || is_word(w, "?"))
		return OPT_HELP;
	if ((flags & OPT_TAKE_VERSION) && (is_word(w, "version") || is_word(w, "v")))
		return OPT_VERSION;
	return OPT_DONE;
}

/* The option that @rest begins with; @ret_used: how many words it took. */
static enum opt_result one_option(const struct opt_scope *scope, unsigned flags,
				  const struct opt_words *rest, int *ret_used, struct hz_error *err)
{
	const struct opt *o;
	enum opt_result asked;
	struct word w;
	void *values = NULL;

	if (!split(rest->items[0], &w)) {
		error_set(err, HZ_E_USAGE, "bad flag syntax: %.256s", rest->items[0]);
		return OPT_BAD;
	}
	o = find_in(scope, w.name, w.len, &values);
	asked = o ? OPT_DONE : common(&w, flags);
	if (asked != OPT_DONE)
		return asked;
	if (o)
		*ret_used = take_option(o, values, &w, rest, err);
	else if (is_group(scope->table, rest->items[0]))
		*ret_used = take_group(scope->table, scope->values, w.name, rest, err);
	else
		*ret_used = unknown(scope->table, &w, err);
	return *ret_used < 0 ? OPT_BAD : OPT_DONE;
}

enum opt_result options_parse_in(const struct opt_scope *scope, unsigned flags,
				 struct opt_words *words, struct hz_error *err)
{
	struct opt_words rest = *words;
	int n = 0, used = 0;

	for (; rest.n > 0; rest.items += used, rest.n -= used) {
		const char *word = rest.items[0];
		enum opt_result r;

		used = 1;
		if (!strcmp(word, "--"))
			break;
		if (word[0] == '-' && word[1]) {
			r = one_option(scope, flags, &rest, &used, err);
			if (r != OPT_DONE)
				return r;
			continue;
		}
		words->items[n++] = rest.items[0];
		if (!(flags & OPT_STOP))
			continue;
		if ((flags & OPT_ID_FIRST) == OPT_ID_FIRST && rest.n > 1 &&
		    !strcmp(rest.items[1], "--"))
			used = 2;
		break;
	}
	/* behind "--", or behind the first operand */
	for (rest.items += used, rest.n -= used; rest.n > 0; rest.items++, rest.n--)
		words->items[n++] = rest.items[0];
	words->n = n;
	return OPT_DONE;
}

enum opt_result options_parse(struct opt_table t, void *values, unsigned flags,
			      struct opt_words *words, struct hz_error *err)
{
	const struct opt_scope scope = {t, values, NULL, NULL};

	return options_parse_in(&scope, flags, words, err);
}

void options_done(struct opt_table t, void *values)
{
	for (size_t i = 0; i < t.n; i++) {
		struct opt_strings *s;

		if (t.items[i].kind != OPT_SLICE)
			continue;
		s = (struct opt_strings *)((char *)values + t.items[i].offset);
		free(s->items);
		*s = (struct opt_strings){0};
	}
}
