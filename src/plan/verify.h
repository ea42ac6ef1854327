/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the two files of the verifier. */
#ifndef PLAN_VERIFY_H
#define PLAN_VERIFY_H

#include "plan/compile.h"
#include "plan/layout.h"

#define VERIFY_FLAGS                                                                         \
	(PLAN_F_TERMINAL | PLAN_F_NEW_PID | PLAN_F_STUB | PLAN_F_USERNS | PLAN_F_HAS_START | \
	 PLAN_F_SOURCES | PLAN_F_EXEC | PLAN_F_UPDATE | PLAN_F_SEEN_WAITING | PLAN_F_TELL_STAT)

struct verifier {
	const struct plan_header *h;
	struct hz_error *err;
	uint32_t data;                /* where strings and vectors begin */
	const struct plan_step *step; /* being looked at, for messages; or NULL */
	uint32_t index;
	const char *field;
};

/** HZ_E_INTERNAL "bad plan: step 3 (mount): flags: …". Returns -1. */
int verify_bad(struct verifier *v, const char *what);
/** The steps together. All of them have passed on their own. */
int verify_order(struct verifier *v);

#endif
