/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of resctrl (Documentation/arch/x86/resctrl.rst). */
#ifndef RUNTIME_RDT_H
#define RUNTIME_RDT_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

/* As struct plan_rdt has it; NULL where that has 0. */
struct rdt {
	const char *root, *group, *monitor, *schemata;
	bool own, make;
};

#define RDT_MADE_GROUP   (1u << 0)
#define RDT_MADE_MONITOR (1u << 1)

/** Before anything is made: is the group there where it has to be, and not there where it is the
 * container's own? */
int rdt_check(const struct rdt *r, struct hz_error *err);
/** Make what is to be made, set or compare the schemata, put @pid in. @ret_made: what there is to
 * undo, also after a failure. @exec: the container is in it already, and nothing is made. */
int rdt_join(const struct rdt *r, pid_t pid, bool exec, unsigned *ret_made, struct hz_error *err);
/** Set the schemata of the group, which is there. */
int rdt_set(const struct rdt *r, struct hz_error *err);
/** Remove one directory of a group; one that is gone is fine. 0 or -errno. */
int rdt_remove(const char *path);

#endif
