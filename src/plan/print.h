/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the printers. */
#ifndef PLAN_PRINT_H
#define PLAN_PRINT_H

#include "plan/compile.h"
#include "plan/layout.h"

/* What the words of a step are made from. */
struct words {
	const struct plan_header *h;
	const struct plan_print_options *o;
	struct buf *out;
};

/** @s in double quotes; bytes that would change a terminal are escaped. NULL prints nothing.
 * print.c */
void words_quoted(const struct words *w, const char *s);
/** The same without quotes. print.c */
void words_plain(const struct words *w, const char *s);
/** Names of the bits of @bits, each after @prefix, joined by @sep; @first says whether one stands
 * before. Returns whether one was printed. */
bool words_bits(const struct words *w, const struct plan_value *values, uint64_t bits,
		const char *prefix, const char *sep, bool first);
/** "<before><quoted text><after>". print.c */
void words_text(const struct words *w, const char *before, plan_str s, const char *after);
/** The items, @before the first of them. print.c */
void words_list(const struct words *w, struct plan_vec v, const char *before);
/** CGROUP_*, UNIT_START. print_cgroup.c */
void words_cgroup(const struct words *w, const struct plan_step *s);
/** print_cgroup.c */
void words_rdt(const struct words *w, const struct plan_rdt *s);
/** print_mount.c */
void words_mount(const struct words *w, const struct plan_mount *m);
void words_mount_cgroup(const struct words *w, const struct plan_mount_cgroup *m);
/** PERSONALITY, MEMORY_POLICY, CPU_AFFINITY, IO_PRIORITY, SCHEDULER. print_process.c */
void words_scheduling(const struct words *w, const struct plan_step *s);
/** "NAME=value" or "NAME=***". print.c */
void words_variable(const struct words *w, const char *variable, bool quoted);

#endif
