/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling a struct hz_error. All functions return -1, so that `return error_set(err, ...)` ends a
 * function. @err may be NULL (the caller does not want to know). Message style: lower case, no full
 * stop, objects in "double quotes", errno in words as Go prints them (error_strerror), because
 * engines match on those words (CONTRACT 2.0).
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "hezi/error.h"

#include <stdarg.h>

/** Set code and message; everything else of @err is reset. */
int error_set(struct hz_error *err, enum hz_error_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * A failed system call: code HZ_E_SYSTEM (HZ_E_NOMEM for ENOMEM), @errnum > 0, @call its name,
 * @object what it was done to (may be NULL). The message becomes `<fmt...>: <errno in words>`, so
 * name the action and object in @fmt: `mount "proc" on "/proc"`. A call that a seccomp filter or an
 * old kernel refuses gets a hint that says so.
 */
int error_sys(struct hz_error *err, int errnum, const char *call, const char *object,
	      const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/** Out of memory. */
int error_oom(struct hz_error *err);

/** Put text before the message: "<fmt...>: <old message>". Keeps all other fields. */
int error_prefix(struct hz_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** What to do about it; shown on a line of its own. */
int error_hint(struct hz_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** The JSON pointer of the value at fault. */
int error_pointer(struct hz_error *err, const char *pointer);

/** The step being done (see plan_kind_name). */
int error_step(struct hz_error *err, const char *step);

/**
 * One fault more of a document (a decoder or compiler that goes on): the first one fills the error
 * as error_set + error_pointer would, later ones are appended to `more` as "<file>:<line>:<col>
 * <pointer>: <text>" (line and column only when line > 0). At most 64 are kept; all are counted.
 */
int error_fault(struct hz_error *err, enum hz_error_code code, const char *pointer, unsigned line,
		unsigned column, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/** errno in lower-case words ("no such file or directory"), never locale dependent; "errno 4711"
 * for unknown ones. */
const char *error_strerror(int errnum);

/** "ENOENT"; "E4711"-like text never appears: unknown ones give "E?". */
const char *error_errno_name(int errnum);

#endif
