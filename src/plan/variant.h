/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of D-Bus in the text form of GVariant ("uint64 5", "['a', 'b']", "@a(ss) []"), as the
 * annotations org.systemd.property.* have them. Pure: the compiler checks values with it, and the
 * program that talks to systemd turns the same text into a message.
 *
 * All that D-Bus has can be written, but for descriptors (handle); what only GVariant has (maybe)
 * is refused. A number without a type is an int32 or a double, a string without a type a string,
 * unless a neighbour in the same array or a type before the value says otherwise.
 */
#ifndef PLAN_VARIANT_H
#define PLAN_VARIANT_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum variant_kind {
	VARIANT_BOOL,
	VARIANT_INT,
	VARIANT_DOUBLE,
	VARIANT_STRING,
	VARIANT_ARRAY, /* also a dictionary, whose items are entries */
	VARIANT_TUPLE,
	VARIANT_ENTRY,
	VARIANT_BOXED,
};

struct variant {
	enum variant_kind kind;
	const char *signature; /* of D-Bus: "t", "as", "(ss)", "{sv}", "v" */
	bool is_fixed;         /* the type was written */
	bool negative;         /* INT */
	uint64_t u;            /* BOOL, INT: the absolute value */
	double d;              /* DOUBLE, and INT when the signature says d */
	const char *s;
	struct variant **items; /* ARRAY, TUPLE; ENTRY: key and value; BOXED: one */
	size_t n;
};

#define VARIANT_TEXT_MAX (1u << 20)

/* The reason that is no fault of the text: compared as a pointer. */
extern const char variant_no_memory[];

/** The value of @text in @a; NULL with *ret_why. */
struct variant *variant_parse(struct arena *a, const char *text, const char **ret_why);

#endif
