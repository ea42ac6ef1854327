/* SPDX-License-Identifier: Apache-2.0 */
/* The table of mount options and what each does. The table is sorted by name (strcmp); a unit test
 * checks that. */
#include "plan/mount_options.h"

#include "base/cleanup.h"
#include "plan/builder.h"

#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>

/* linux/mount.h has these too, but some versions of it clash with sys/mount.h: this file includes
 * only the former. */
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

#define SET(n, bits)                                    \
	{                                               \
		n, MOPT_ATTR, false, false, false, bits \
	}
#define CLR(n, bits)                                   \
	{                                              \
		n, MOPT_ATTR, true, false, false, bits \
	}
#define RSET(n, bits)                                  \
	{                                              \
		n, MOPT_ATTR, false, true, false, bits \
	}
#define RCLR(n, bits)                                 \
	{                                             \
		n, MOPT_ATTR, true, true, false, bits \
	}
#define USER(n, bits)                                  \
	{                                              \
		n, MOPT_ATTR, false, false, true, bits \
	}
#define ATIME(n, mode)                                   \
	{                                                \
		n, MOPT_ATIME, false, false, false, mode \
	}
#define NATIME(n, mode)                                 \
	{                                               \
		n, MOPT_ATIME, true, false, false, mode \
	}
#define RATIME(n, mode)                                 \
	{                                               \
		n, MOPT_ATIME, false, true, false, mode \
	}
#define RNATIME(n, mode)                               \
	{                                              \
		n, MOPT_ATIME, true, true, false, mode \
	}
#define SB(n, bits)                                   \
	{                                             \
		n, MOPT_SB, false, false, false, bits \
	}
#define NSB(n, bits)                                 \
	{                                            \
		n, MOPT_SB, true, false, false, bits \
	}
#define PROP(n, bits)                                          \
	{                                                      \
		n, MOPT_PROPAGATION, false, false, false, bits \
	}
#define FLAG(n, bits)                                   \
	{                                               \
		n, MOPT_FLAG, false, false, false, bits \
	}
#define NFLAG(n, bits)                                 \
	{                                              \
		n, MOPT_FLAG, true, false, false, bits \
	}
#define NOTHING(n)                                      \
	{                                               \
		n, MOPT_NOTHING, false, false, false, 0 \
	}
#define UNOTHING(n)                                    \
	{                                              \
		n, MOPT_NOTHING, false, false, true, 0 \
	}
#define DATA(n)                                      \
	{                                            \
		n, MOPT_DATA, false, false, false, 0 \
	}
#define USB(n, bits)                                 \
	{                                            \
		n, MOPT_SB, false, false, true, bits \
	}
#define UNSB(n, bits)                               \
	{                                           \
		n, MOPT_SB, true, false, true, bits \
	}
#define REFUSED(n)                                     \
	{                                              \
		n, MOPT_REFUSED, false, false, true, 0 \
	}

#define A_RO      MOUNT_ATTR_RDONLY
#define A_NOSUID  MOUNT_ATTR_NOSUID
#define A_NODEV   MOUNT_ATTR_NODEV
#define A_NOEXEC  MOUNT_ATTR_NOEXEC
#define A_NODIR   MOUNT_ATTR_NODIRATIME
#define A_NOSYM   MOUNT_ATTR_NOSYMFOLLOW
#define A_REL     MOUNT_ATTR_RELATIME
#define A_NOATIME MOUNT_ATTR_NOATIME
#define A_STRICT  MOUNT_ATTR_STRICTATIME

static const struct mount_option options[] = {
	UNOTHING("_netdev"),
	DATA("acl"),
	NSB("async", MS_SYNCHRONOUS),
	NATIME("atime", A_NOATIME),
	UNOTHING("auto"),
	FLAG("bind", PLAN_MOUNT_BIND),
	FLAG("copy-symlink", PLAN_MOUNT_COPY_SYMLINK),
	NOTHING("defaults"),
	FLAG("dest-nofollow", PLAN_MOUNT_DEST_NOFOLLOW),
	CLR("dev", A_NODEV),
	CLR("diratime", A_NODIR),
	SB("dirsync", MS_DIRSYNC),
	CLR("exec", A_NOEXEC),
	USER("group", A_NOSUID | A_NODEV),
	FLAG("idmap", PLAN_MOUNT_IDMAP),
	SB("iversion", MS_I_VERSION),
	SB("lazytime", MS_LAZYTIME),
	NSB("loud", MS_SILENT),
	SB("mand", MS_MANDLOCK),
	DATA("noacl"),
	ATIME("noatime", A_NOATIME),
	UNOTHING("noauto"),
	SET("nodev", A_NODEV),
	SET("nodiratime", A_NODIR),
	SET("noexec", A_NOEXEC),
	REFUSED("nofail"),
	UNOTHING("nogroup"),
	NSB("noiversion", MS_I_VERSION),
	NSB("nolazytime", MS_LAZYTIME),
	NSB("nomand", MS_MANDLOCK),
	UNOTHING("noowner"),
	NATIME("norelatime", A_REL),
	NATIME("nostrictatime", A_STRICT),
	SET("nosuid", A_NOSUID),
	SET("nosymfollow", A_NOSYM),
	{"notmpcopyup", MOPT_FLAG, true, false, true, PLAN_MOUNT_TMPCOPYUP},
	UNOTHING("nouser"),
	UNOTHING("nousers"),
	USER("owner", A_NOSUID | A_NODEV),
	PROP("private", MS_PRIVATE),
	UNSB("rasync", MS_SYNCHRONOUS),
	RNATIME("ratime", A_NOATIME),
	FLAG("rbind", PLAN_MOUNT_BIND | PLAN_MOUNT_REC),
	RCLR("rdev", A_NODEV),
	RCLR("rdiratime", A_NODIR),
	USB("rdirsync", MS_DIRSYNC),
	ATIME("relatime", A_REL),
	FLAG("remount", PLAN_MOUNT_REMOUNT),
	RCLR("rexec", A_NOEXEC),
	FLAG("ridmap", PLAN_MOUNT_IDMAP | PLAN_MOUNT_RIDMAP),
	USB("rmand", MS_MANDLOCK),
	RATIME("rnoatime", A_NOATIME),
	RSET("rnodev", A_NODEV),
	RSET("rnodiratime", A_NODIR),
	RSET("rnoexec", A_NOEXEC),
	UNSB("rnomand", MS_MANDLOCK),
	RNATIME("rnorelatime", A_REL),
	RNATIME("rnostrictatime", A_STRICT),
	RSET("rnosuid", A_NOSUID),
	RSET("rnosymfollow", A_NOSYM),
	SET("ro", A_RO),
	PROP("rprivate", MS_PRIVATE | MS_REC),
	RATIME("rrelatime", A_REL),
	RSET("rro", A_RO),
	RCLR("rrw", A_RO),
	PROP("rshared", MS_SHARED | MS_REC),
	PROP("rslave", MS_SLAVE | MS_REC),
	RATIME("rstrictatime", A_STRICT),
	RCLR("rsuid", A_NOSUID),
	RCLR("rsymfollow", A_NOSYM),
	USB("rsync", MS_SYNCHRONOUS),
	PROP("runbindable", MS_UNBINDABLE | MS_REC),
	CLR("rw", A_RO),
	PROP("shared", MS_SHARED),
	SB("silent", MS_SILENT),
	PROP("slave", MS_SLAVE),
	FLAG("src-nofollow", PLAN_MOUNT_SRC_NOFOLLOW),
	ATIME("strictatime", A_STRICT),
	CLR("suid", A_NOSUID),
	CLR("symfollow", A_NOSYM),
	SB("sync", MS_SYNCHRONOUS),
	FLAG("tmpcopyup", PLAN_MOUNT_TMPCOPYUP),
	PROP("unbindable", MS_UNBINDABLE),
	USER("user", A_NOSUID | A_NODEV | A_NOEXEC),
	USER("users", A_NOSUID | A_NODEV | A_NOEXEC),
};

static int compare(const void *key, const void *item)
{
	return strcmp(key, ((const struct mount_option *)item)->name);
}

const struct mount_option *mount_option_find(const char *name)
{
	static const struct mount_option comment = UNOTHING("x-");
	const struct mount_option *o;

	o = bsearch(name, options, ARRAY_SIZE(options), sizeof(options[0]), compare);
	if (o)
		return o;
	if (!strncmp(name, "x-", 2) || !strncmp(name, "X-", 2))
		return &comment;
	return NULL;
}

const char *mount_option_name(size_t i)
{
	for (size_t k = 0; k < ARRAY_SIZE(options); k++)
		if (!options[k].user && i-- == 0)
			return options[k].name;
	return NULL;
}

const char *mount_option_guess(const char *name)
{
	const char *names[ARRAY_SIZE(options) + 1];
	size_t n = 0;

	while ((names[n] = mount_option_name(n)))
		n++;
	return plan_guess(name, names);
}

void mount_option_check_id(struct builder *b, const char *option, const char *pointer)
{
	const char *number = option + 4;
	char *end;

	if (strncmp(option, "uid=", 4) != 0 && strncmp(option, "gid=", 4) != 0)
		return;
	/* any base, as the kernel reads it; that has the last word on what is no number */
	if (*number >= '0' && *number <= '9' && strtoull(number, &end, 0) >= UINT32_MAX && !*end)
		builder_fault(b, pointer, "%s is no valid id", number);
}

static void attr_add(struct mount_attrs *a, const struct mount_option *o)
{
	uint64_t *to = o->clear ? &a->clr : &a->set;
	uint64_t *from = o->clear ? &a->set : &a->clr;

	*to |= o->bits;
	*from &= ~o->bits;
}

static void atime_set(struct mount_attrs *a, uint64_t mode)
{
	a->set = (a->set & ~(uint64_t)MOUNT_ATTR__ATIME) | mode;
	a->clr |= MOUNT_ATTR__ATIME;
}

/* A recursive option is about this mount as well: it takes back what an earlier plain option said.
 */
static void one_forget(struct mount_flags *f, uint64_t bits)
{
	f->one.set &= ~bits;
	f->one.clr &= ~bits;
}

/*
 * The kernel has three modes and relatime is its default (mount(2)). "Not X" gives the default
 * unless another mode was named; norelatime names no mode at all: it only takes an earlier relatime
 * back.
 */
static void atime_add(struct mount_attrs *a, const struct mount_option *o)
{
	bool named = a->clr & MOUNT_ATTR__ATIME;
	uint64_t mode = a->set & MOUNT_ATTR__ATIME;

	if (!o->clear)
		atime_set(a, o->bits);
	else if (o->bits != MOUNT_ATTR_RELATIME && (!named || mode == o->bits))
		atime_set(a, MOUNT_ATTR_RELATIME);
	else if (o->bits == MOUNT_ATTR_RELATIME && mode == MOUNT_ATTR_RELATIME)
		a->clr &= ~(uint64_t)MOUNT_ATTR__ATIME;
}

void mount_flags_add(struct mount_flags *f, const struct mount_option *o)
{
	switch (o->kind) {
	case MOPT_ATTR:
		if (o->rec)
			one_forget(f, o->bits);
		attr_add(o->rec ? &f->all : &f->one, o);
		break;
	case MOPT_ATIME:
		if (o->rec)
			one_forget(f, MOUNT_ATTR__ATIME);
		atime_add(o->rec ? &f->all : &f->one, o);
		break;
	case MOPT_SB:
		f->sb_flags = o->clear ? f->sb_flags & ~o->bits : f->sb_flags | o->bits;
		break;
	case MOPT_PROPAGATION: f->propagation = o->bits; break;
	case MOPT_FLAG:
		if (o->clear)
			f->flags &= ~(uint32_t)o->bits;
		else
			f->flags |= (uint32_t)o->bits;
		break;
	default: break;
	}
}
