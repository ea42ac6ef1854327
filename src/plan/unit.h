/* SPDX-License-Identifier: Apache-2.0 */
/* The transient scope of a container under the systemd cgroup driver. */
#ifndef PLAN_UNIT_H
#define PLAN_UNIT_H

#include "plan/builder.h"

/** Emit UNIT_START and the CGROUP_SETs; right after SPAWN. */
void compile_unit(struct builder *b);
/** The same for a unit that is there: UNIT_START has what the limits say, and nothing else. */
void compile_unit_update(struct builder *b);
/** Where systemd will put it below the mount points, in b->scratch; NULL when only systemd knows
 * (a user's manager) or the config is at fault. */
const char *unit_path(struct builder *b);

#endif
