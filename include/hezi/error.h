/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one error type of hezi. A caller owns the struct, sets `size`, and hands it to any function
 * of the library; on failure every field that is known is filled in. Nothing is ever printed by the
 * library.
 */
#ifndef HEZI_ERROR_H
#define HEZI_ERROR_H

#include <stddef.h>

/* Stable codes: programs may depend on them (they are the `code` field of the JSON log). */
enum hz_error_code {
	HZ_OK = 0,
	HZ_E_USAGE,       /* the command line */
	HZ_E_JSON,        /* a document that is not JSON */
	HZ_E_CONFIG,      /* JSON, but not a valid configuration */
	HZ_E_UNSUPPORTED, /* valid, but not supported by hezi or by this host */
	HZ_E_EXISTS,      /* the container id is taken */
	HZ_E_NOT_FOUND,   /* no such container */
	HZ_E_STATE,       /* the container is in a state that forbids the operation */
	HZ_E_BUSY,        /* another operation has held the container for 10 s */
	HZ_E_SYSTEM,      /* a system call failed */
	HZ_E_NOMEM,       /* out of memory */
	HZ_E_HOOK,        /* a hook failed or timed out */
	HZ_E_EXEC,        /* the program of the container could not be executed */
	HZ_E_INTERNAL,    /* a check of hezi's own failed */
	HZ_E_FOREIGN,     /* the container belongs to another runtime */
};

struct hz_error {
	size_t size; /* sizeof(struct hz_error), set by the caller */
	enum hz_error_code code;
	int errnum;        /* errno of the failed call, or 0 */
	unsigned line;     /* place in the document `file`, 1-based; 0: none */
	unsigned column;   /* in bytes, 1-based */
	unsigned nfaults;  /* how many faults were found in one go, >= 1 on failure */
	char file[128];    /* "config.json", or the name of the document at fault */
	char pointer[256]; /* JSON pointer (RFC 6901) of the value that asked for the failed step */
	char step[64];     /* what was being done: "mount", "write uid_map" */
	char syscall[32];  /* the kernel call that failed */
	char object[512];  /* what it was done to: a path, a cgroup, an id */
	char kernel[512];  /* the kernel's own words, where it gives any (fs contexts) */
	char hint[512];    /* what to do */
	char msg[4096];    /* one self-contained line without prefix and place */
	char *more; /* further faults, one a line with place and text; owned, see hz_error_clear */
};

#define HZ_ERROR_INIT                           \
	{                                       \
		.size = sizeof(struct hz_error) \
	}

#pragma GCC visibility push(default)

/** Free what @err owns and make it ready for the next call. NULL is fine. */
void hz_error_clear(struct hz_error *err);

/** The stable lower-case name of a code ("config", "not-found"), for programs. Never NULL. */
const char *hz_error_code_name(enum hz_error_code code);

#pragma GCC visibility pop

#endif
