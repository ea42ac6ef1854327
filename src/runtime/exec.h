/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `exec` share. */
#ifndef RUNTIME_EXEC_H
#define RUNTIME_EXEC_H

#include "base/buf.h"
#include "runtime/runtime.h"

struct exec {
	struct bundle b;     /* the container's configuration as it was created, with our process */
	struct buf document; /* of --process */
	struct oci_process *own; /* the one of the configuration; NULL: none */
	struct record record;    /* strings in b.arena */
	struct plan_exec_target target;
	struct cgroup_join cgroups;
	struct creation
		c; /* the process that is made; only its record, cgroup and lock are not used */
	int dirfd; /* the container's state directory, not locked */
	int pidfd; /* of the container's init */
};

/** Put the process that is asked for into x->b.config. */
int exec_process_make(struct exec *x, const struct hz_exec_options *o, struct hz_error *err);
/** bundle_locate() for an error that may be about the process document. */
void exec_process_locate(const struct exec *x, const struct hz_exec_options *o,
			 struct hz_error *err);

#endif
