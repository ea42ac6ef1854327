/* SPDX-License-Identifier: Apache-2.0 */
/* One request to hezi-systemd. */
#ifndef CGROUP_SYSTEMD_TALK_H
#define CGROUP_SYSTEMD_TALK_H

#include "base/buf.h"
#include "base/error.h"
#include "ocispec.h"
#include "systemd/protocol.h"

/** Start the program, send @rq (op, user, pid) and @strings (each with its NUL), wait for the
 * reply, let the program end. *ret: its strings, in @a. */
int systemd_ask(struct unit_request *rq, const struct buf *strings, struct arena *a,
		struct oci_strings *ret, struct hz_error *err);

#endif
