/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two passes: the text becomes a tree in which some types are still open; then the types are chosen
 * from the outside in (infer) and every value is checked against its type (settle).
 */
#include "plan/variant_parser.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ITEMS_MAX 65536

static const struct {
	const char *word, *signature;
} types[] = {
	{"boolean", "b"}, {"byte", "y"},   {"int16", "n"},      {"uint16", "q"},
	{"int32", "i"},   {"uint32", "u"}, {"int64", "x"},      {"uint64", "t"},
	{"double", "d"},  {"string", "s"}, {"objectpath", "o"}, {"signature", "g"},
};

static struct variant *parse_value(struct parser *p);

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip_blanks(struct parser *p)
{
	p->at += strspn(p->at, " \t\n\r");
}

/* The next character that is no blank, if it is @c, is taken. */
static bool take(struct parser *p, char c)
{
	skip_blanks(p);
	if (*p->at != c)
		return false;
	p->at++;
	return true;
}

static struct variant *new_node(struct parser *p, enum variant_kind kind)
{
	struct variant *v = arena_alloc(p->a, sizeof(*v));

	if (!v)
		return variant_bad_null(p, variant_no_memory);
	v->kind = kind;
	return v;
}

/* --- signatures --- */

/* An entry on its own, "{sv}", is no complete type but the item of an array. */
static size_t item_length(const char *s)
{
	size_t n;

	if (*s != '{')
		return variant_type_length(s, 0);
	n = s[1] ? variant_type_length(s + 2, 0) : 0;
	return n && s[2 + n] == '}' ? n + 3 : 0;
}

/* --- reading --- */

static bool add_item(struct parser *p, struct variant *v, struct variant *item)
{
	if (!item)
		return false;
	if (v->n == ITEMS_MAX)
		return variant_bad(p, "too many items");
	if (!(v->n & (v->n - 1))) { /* full at every power of two */
		struct variant **items =
			arena_calloc(p->a, v->n ? v->n * 2 : 1, sizeof(struct variant *));

		if (!items)
			return variant_bad(p, variant_no_memory);
		for (size_t i = 0; i < v->n; i++)
			items[i] = v->items[i];
		v->items = items;
	}
	v->items[v->n++] = item;
	return true;
}

/* "[a, b]", "(a, b)", after the opening bracket. */
static struct variant *parse_items(struct parser *p, enum variant_kind kind, char close)
{
	struct variant *v = new_node(p, kind);

	if (!v || take(p, close))
		return v;
	do {
		/* "(a,)" is a tuple of one */
		if (kind == VARIANT_TUPLE && v->n == 1 && take(p, close))
			return v;
		if (!add_item(p, v, parse_value(p)))
			return NULL;
	} while (take(p, ','));
	return take(p, close) ? v : variant_bad_null(p, "a bracket is not closed");
}

static struct variant *entry_of(struct parser *p, struct variant *key)
{
	struct variant *e = new_node(p, VARIANT_ENTRY);

	if (!e || !add_item(p, e, key) || !add_item(p, e, parse_value(p)))
		return NULL;
	return e;
}

/* "{k: v, k: v}" is a dictionary, "{k, v}" one entry of it. */
static struct variant *parse_braces(struct parser *p)
{
	struct variant *v = new_node(p, VARIANT_ARRAY), *key;

	if (!v || take(p, '}'))
		return v;
	do {
		key = parse_value(p);
		if (!key)
			return NULL;
		if (!v->n && take(p, ',')) {
			struct variant *e = entry_of(p, key);

			return !e || take(p, '}') ? e
						  : variant_bad_null(p, "a bracket is not closed");
		}
		if (!take(p, ':'))
			return variant_bad_null(p, "a key of a dictionary needs \":\" and a value");
		if (!add_item(p, v, entry_of(p, key)))
			return NULL;
	} while (take(p, ','));
	return take(p, '}') ? v : variant_bad_null(p, "a bracket is not closed");
}

static struct variant *parse_boxed(struct parser *p)
{
	struct variant *v = new_node(p, VARIANT_BOXED);

	if (!v || !add_item(p, v, parse_value(p)))
		return NULL;
	return take(p, '>') ? v : variant_bad_null(p, "a bracket is not closed");
}

static struct variant *parse_number(struct parser *p)
{
	struct variant *v = new_node(p, VARIANT_INT);
	const char *s = p->at, *digits = s + (*s == '-' || *s == '+');
	char *end, *real;

	if (!v)
		return NULL;
	v->negative = *s == '-';
	errno = 0;
	v->u = strtoull(digits, &end, 0);
	if (errno)
		return variant_bad_null(p, "a number is out of range");
	v->d = strtod(s, &real);
	if (real > end && strncmp(digits, "0x", 2) != 0 && strncmp(digits, "0X", 2) != 0)
		v->kind = VARIANT_DOUBLE;
	p->at = v->kind == VARIANT_DOUBLE ? real : end;
	if (p->at == digits || is_letter(*p->at) || is_digit(*p->at) || *p->at == '.')
		return variant_bad_null(p, "a number cannot be read");
	return v;
}

static char *put_utf8(char *to, unsigned long c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

/* \uXXXX, \UXXXXXXXX: takes the digits; NULL when it is no character. */
static char *put_code(struct parser *p, char *to, unsigned ndigits)
{
	unsigned long c = 0;

	for (unsigned i = 0; i < ndigits; i++, p->at++) {
		const char *hex = "0123456789abcdef";
		char lower = (char)(is_letter(*p->at) ? *p->at | 0x20 : *p->at);
		const char *digit = *p->at ? strchr(hex, lower) : NULL;

		if (!digit)
			return NULL;
		c = c << 4 | (unsigned long)(digit - hex);
	}
	if (!c || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return NULL;
	return put_utf8(to, c);
}

static char short_escape(char c)
{
	static const char from[] = "abfnrtv", plain[] = "\a\b\f\n\r\t\v";
	const char *known = strchr(from, c);

	if (known)
		c = plain[known - from];
	return c;
}

/* After the backslash. */
static char *put_escape(struct parser *p, char *to)
{
	char c = *p->at++;

	if (c == 'u' || c == 'U')
		return put_code(p, to, c == 'u' ? 4 : 8);
	if (c != '\n')
		*to++ = short_escape(c);
	return to;
}

static struct variant *parse_string(struct parser *p)
{
	struct variant *v = new_node(p, VARIANT_STRING);
	char quote = *p->at++;
	char *text = arena_alloc(p->a, strlen(p->at) + 1), *to = text;

	if (!v || !text)
		return variant_bad_null(p, variant_no_memory);
	while (*p->at && *p->at != quote) {
		if (*p->at != '\\') {
			*to++ = *p->at++;
			continue;
		}
		p->at++;
		to = *p->at ? put_escape(p, to) : NULL;
		if (!to)
			return variant_bad_null(p, "an escape in a string cannot be read");
	}
	if (!*p->at)
		return variant_bad_null(p, "a string has no end");
	p->at++;
	v->s = text;
	return v;
}

static bool add_byte(struct parser *p, struct variant *v, unsigned char byte)
{
	struct variant *item = new_node(p, VARIANT_INT);

	if (!item)
		return false;
	item->u = byte;
	return add_item(p, v, item);
}

/* After the backslash in a string of bytes: up to three octal digits, or a letter. -1: no byte. */
static int byte_escape(struct parser *p)
{
	int c = 0, n = 0;

	for (; n < 3 && *p->at >= '0' && *p->at <= '7'; n++)
		c = c * 8 + (*p->at++ - '0');
	if (n)
		return c <= UINT8_MAX ? c : -1;
	return *p->at ? (unsigned char)short_escape(*p->at++) : -1;
}

/* b'text': its bytes and a NUL, as an array of bytes. */
static struct variant *parse_bytes(struct parser *p)
{
	struct variant *v = new_node(p, VARIANT_ARRAY);
	char quote = *p->at++;

	if (!v)
		return NULL;
	while (*p->at && *p->at != quote) {
		int c = (unsigned char)*p->at++;

		if (c == '\\')
			c = byte_escape(p);
		if (c < 0)
			return variant_bad_null(p, "an escape in a string cannot be read");
		if (!add_byte(p, v, (unsigned char)c))
			return NULL;
	}
	if (!*p->at)
		return variant_bad_null(p, "a string has no end");
	p->at++;
	if (!add_byte(p, v, 0) || !variant_settle(p, v, "ay"))
		return NULL;
	v->is_fixed = true;
	return v;
}

static struct variant *parse_typed(struct parser *p, const char *signature)
{
	struct variant *v = parse_value(p);

	if (!v || !variant_settle(p, v, signature))
		return NULL;
	v->is_fixed = true;
	return v;
}

static struct variant *parse_at(struct parser *p)
{
	size_t n = strcspn(p->at, " \t\n\r");
	const char *signature = arena_strndup(p->a, p->at, n);

	if (!signature)
		return variant_bad_null(p, variant_no_memory);
	if (!n || item_length(signature) != n)
		return variant_bad_null(p, "the type after \"@\" is no complete type of D-Bus");
	p->at += n;
	return parse_typed(p, signature);
}

static struct variant *parse_word(struct parser *p)
{
	const char *s = p->at;
	struct variant *v;
	size_t n = 0;

	while (is_letter(s[n]) || is_digit(s[n]))
		n++;
	p->at += n;
	if ((n == 4 && !memcmp(s, "true", 4)) || (n == 5 && !memcmp(s, "false", 5))) {
		v = new_node(p, VARIANT_BOOL);
		if (v)
			v->u = n == 4;
		return v;
	}
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strlen(types[i].word) == n && !memcmp(s, types[i].word, n))
			return parse_typed(p, types[i].signature);
	if (n == 6 && !memcmp(s, "handle", 6))
		return variant_bad_null(p, "a handle is a descriptor, which text cannot hold");
	if ((n == 4 && !memcmp(s, "just", 4)) || (n == 7 && !memcmp(s, "nothing", 7)))
		return variant_bad_null(p, "D-Bus has no maybe type");
	return variant_bad_null(p, "unknown word (a string needs quotes)");
}

static struct variant *parse_any(struct parser *p)
{
	skip_blanks(p);
	switch (*p->at) {
	case '\0': return variant_bad_null(p, "a value is missing");
	case '\'':
	case '"': return parse_string(p);
	case '[': p->at++; return parse_items(p, VARIANT_ARRAY, ']');
	case '(': p->at++; return parse_items(p, VARIANT_TUPLE, ')');
	case '{': p->at++; return parse_braces(p);
	case '<': p->at++; return parse_boxed(p);
	case '@': p->at++; return parse_at(p);
	default: break;
	}
	if (*p->at == 'b' && (p->at[1] == '\'' || p->at[1] == '"')) {
		p->at++;
		return parse_bytes(p);
	}
	if (is_digit(*p->at) || *p->at == '-' || *p->at == '+' || *p->at == '.')
		return parse_number(p);
	return is_letter(*p->at) ? parse_word(p) : variant_bad_null(p, "unexpected character");
}

static struct variant *parse_value(struct parser *p)
{
	struct variant *v;

	if (++p->depth > VARIANT_DEPTH_MAX)
		return variant_bad_null(p, "nested too deeply");
	v = parse_any(p);
	p->depth--;
	return v;
}

struct variant *variant_parse(struct arena *a, const char *text, const char **ret_why)
{
	struct parser p = {.a = a, .at = text};
	struct variant *v = NULL;
	const char *signature;

	if (strlen(text) > VARIANT_TEXT_MAX)
		variant_bad(&p, "it is too long");
	else
		v = parse_value(&p);
	skip_blanks(&p);
	if (v && *p.at)
		v = variant_bad_null(&p, "more follows after the value");
	signature = v ? variant_infer(&p, v) : NULL;
	if (signature && *signature != '{' && variant_settle(&p, v, signature))
		return v;
	*ret_why = p.why ? p.why : "an entry outside of a dictionary";
	return NULL;
}
