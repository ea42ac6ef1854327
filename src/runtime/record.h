/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a container: "record.json" in its state directory. Written whole to a new file and
 * renamed, once per transition: the intent before the first resource exists (no pid), then the
 * created container (pid). It holds all that kill, state and delete need, so that config.json is
 * never needed again.
 *
 * The contract between versions of hezi (docs/upgrading.md): every key keeps its name, type and
 * meaning for ever. A new key is optional; where delete of an older hezi would do wrong without it,
 * RECORD_VERSION goes up too. So all versions can list, show, kill and delete the containers of all
 * others. tests/unit/data/record-*.json has one of each.
 */
#ifndef RUNTIME_RECORD_H
#define RUNTIME_RECORD_H

#include "ocispec.h"

#define RECORD_FILE    "record.json"
#define RECORD_VERSION 1
#define RECORD_MAX     OCI_CONFIG_MAX /* for the writer and for all readers */

struct record {
	struct oci_i64 version;                     /* RECORD_VERSION of its writer */
	const char *id, *bundle, *rootfs, *created; /* created: RFC 3339 */
	struct oci_i64 owner;                       /* uid */
	struct oci_i64 pid;                         /* absent in an intent */
	/* of pid, clock ticks since boot in the initial time namespace (proc(5), stat field 22) */
	struct oci_u64 start_time;
	/* of pid, unique until the next boot (pidfs, Linux 6.9); only where /proc may not tell the
	 * start time */
	struct oci_u64 pidfd_inode;
	struct oci_bool own_pid_ns;     /* the end of pid ends all processes */
	struct oci_strings cgroup_dirs; /* "<components that hezi may remove>:<directory>", one per
					   hierarchy */
	const char *unit;               /* of systemd; NULL: hezi made the cgroups itself */
	struct oci_bool user;           /* … of the user's manager */
	struct oci_strings rdt_dirs;    /* of resctrl, to be removed in this order */
	/* without a mount namespace: the mount that the rootfs was in before; another one there is
	 * the container's, and to be unmounted */
	struct oci_u64 mount_below;
	struct oci_map annotations;
};

/** Atomically replace the record in @dirfd. A record that is too long to be read is an
 * error of /annotations. */
int record_write(int dirfd, const struct record *r, struct hz_error *err);
/** Strings live in @a. HZ_E_NOT_FOUND when there is no record, HZ_E_FOREIGN when there is one of
 * another runtime, HZ_E_JSON/HZ_E_CONFIG when it is damaged. */
int record_read(int dirfd, struct arena *a, struct record *ret, struct hz_error *err);

/** For operations that need more of a container than its record: -1 when a newer hezi created it.
 */
int record_check_version(const struct record *r, struct hz_error *err);

#endif
