/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mount options: the one table of all names, and the folding of a list of them into what the kernel
 * takes. Names and meaning: runtime-spec config.md "Linux mount options" and mount(8). Later
 * options win over earlier ones of the same kind.
 */
#ifndef PLAN_MOUNT_OPTIONS_H
#define PLAN_MOUNT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mount_option_kind {
	MOPT_ATTR,        /* bits: MOUNT_ATTR_* of the mount; `clear`: take them away */
	MOPT_ATIME,       /* bits: an access time mode; `clear`: not that mode */
	MOPT_SB,          /* bits: MS_* of the superblock */
	MOPT_PROPAGATION, /* bits: MS_* [|MS_REC] */
	MOPT_FLAG,        /* bits: PLAN_MOUNT_* */
	MOPT_NOTHING, /* accepted, asks for nothing that a container has ("defaults", "_netdev") */
	MOPT_DATA,    /* known, but the file system's business ("acl") */
	MOPT_REFUSED, /* known, not supported yet */
};

struct mount_option {
	const char *name;
	uint8_t kind; /* enum mount_option_kind */
	bool clear;
	bool rec;  /* ATTR, ATIME: for all mounts below too */
	bool user; /* a word of mount(8) alone: not listed by `features` */
	uint64_t bits;
};

/** NULL: not in the table. Names of the form x-… and X-… (comments of mount(8)) are found too, as
 * MOPT_NOTHING. */
const struct mount_option *mount_option_find(const char *name);
/** The @i-th supported name in alphabetical order, for `features`; NULL after the last one. */
const char *mount_option_name(size_t i);
/** Supported name that is most like @name, or NULL. */
const char *mount_option_guess(const char *name);
struct builder;
/** A fault at @pointer when @option (of a file system) gives its files an id that no user has. */
void mount_option_check_id(struct builder *b, const char *option, const char *pointer);

struct mount_attrs {
	uint64_t set, clr; /* as mount_setattr(2) takes them: __ATIME is in clr whenever a mode was
			      named */
};

struct mount_flags {
	struct mount_attrs all; /* this mount and all below: to be applied first */
	struct mount_attrs one; /* this mount alone: to be applied after it */
	uint64_t sb_flags, propagation;
	uint32_t flags; /* PLAN_MOUNT_* */
};

/** Fold @o into @f; MOPT_DATA, MOPT_REFUSED and MOPT_NOTHING change nothing. */
void mount_flags_add(struct mount_flags *f, const struct mount_option *o);

#endif
