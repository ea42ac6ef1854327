/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the parser of variants. */
#ifndef PLAN_VARIANT_PARSER_H
#define PLAN_VARIANT_PARSER_H

#include "plan/variant.h"

#define VARIANT_DEPTH_MAX 32 /* D-Bus: 32 arrays, 32 structs */

struct parser {
	struct arena *a;
	const char *at;
	const char *why; /* the first fault */
	unsigned depth;
};

/** Note a fault; returns false. */
bool variant_bad(struct parser *p, const char *why);
/** The same; returns NULL. */
void *variant_bad_null(struct parser *p, const char *why);
/** Length of the first complete type of @s, 0 when it is none. @depth: 0 from outside. */
size_t variant_type_length(const char *s, unsigned depth);
/** The signature that @v would have if nobody else had a say. */
const char *variant_infer(struct parser *p, const struct variant *v);
/** Give @v and what is in it the types of @signature; false when a value does not fit. */
bool variant_settle(struct parser *p, struct variant *v, const char *signature);

#endif
