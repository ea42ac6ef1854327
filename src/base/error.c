/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include "base/blocked.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define FAULTS_KEPT 64

static const struct {
	int num;
	const char *name;
	const char *text;
} errnos[] = {
#define E(num, text)            \
	{                       \
		num, #num, text \
	}
	E(EPERM, "operation not permitted"),
	E(ENOENT, "no such file or directory"),
	E(ESRCH, "no such process"),
	E(EINTR, "interrupted system call"),
	E(EIO, "input/output error"),
	E(ENXIO, "no such device or address"),
	E(E2BIG, "argument list too long"),
	E(ENOEXEC, "exec format error"),
	E(EBADF, "bad file descriptor"),
	E(ECHILD, "no child processes"),
	E(EAGAIN, "resource temporarily unavailable"),
	E(ENOMEM, "cannot allocate memory"),
	E(EACCES, "permission denied"),
	E(EFAULT, "bad address"),
	E(ENOTBLK, "block device required"),
	E(EBUSY, "device or resource busy"),
	E(EEXIST, "file exists"),
	E(EXDEV, "invalid cross-device link"),
	E(ENODEV, "no such device"),
	E(ENOTDIR, "not a directory"),
	E(EISDIR, "is a directory"),
	E(EINVAL, "invalid argument"),
	E(ENFILE, "too many open files in system"),
	E(EMFILE, "too many open files"),
	E(ENOTTY, "inappropriate ioctl for device"),
	E(ETXTBSY, "text file busy"),
	E(EFBIG, "file too large"),
	E(ENOSPC, "no space left on device"),
	E(ESPIPE, "illegal seek"),
	E(EROFS, "read-only file system"),
	E(EMLINK, "too many links"),
	E(EPIPE, "broken pipe"),
	E(EDOM, "numerical argument out of domain"),
	E(ERANGE, "numerical result out of range"),
	E(EDEADLK, "resource deadlock avoided"),
	E(ENAMETOOLONG, "file name too long"),
	E(ENOLCK, "no locks available"),
	E(ENOSYS, "function not implemented"),
	E(ENOTEMPTY, "directory not empty"),
	E(ELOOP, "too many levels of symbolic links"),
	E(ENODATA, "no data available"),
	E(EPROTO, "protocol error"),
	E(EOVERFLOW, "value too large for defined data type"),
	E(EUSERS, "too many users"),
	E(ENOTSOCK, "socket operation on non-socket"),
	E(EMSGSIZE, "message too long"),
	E(EPROTONOSUPPORT, "protocol not supported"),
	E(EOPNOTSUPP, "operation not supported"),
	E(EAFNOSUPPORT, "address family not supported by protocol"),
	E(EADDRINUSE, "address already in use"),
	E(ENOBUFS, "no buffer space available"),
	E(ETIMEDOUT, "connection timed out"),
	E(ECONNREFUSED, "connection refused"),
	E(ECONNRESET, "connection reset by peer"),
	E(ENOTCONN, "transport endpoint is not connected"),
	E(ESTALE, "stale file handle"),
	E(EDQUOT, "disk quota exceeded"),
	E(ECANCELED, "operation canceled"),
	E(ENOKEY, "required key not available"),
	E(EKEYEXPIRED, "key has expired"),
	E(EKEYREVOKED, "key has been revoked"),
	E(EREMOTEIO, "remote I/O error"),
	E(ELIBBAD, "accessing a corrupted shared library"),
#undef E
};

const char *error_strerror(int errnum)
{
	static _Thread_local char unknown[32];

	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
		if (errnos[i].num == errnum)
			return errnos[i].text;
	snprintf(unknown, sizeof(unknown), "errno %d", errnum);
	return unknown;
}

const char *error_errno_name(int errnum)
{
	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
		if (errnos[i].num == errnum)
			return errnos[i].name;
	return "E?";
}

const char *hz_error_code_name(enum hz_error_code code)
{
	static const char *const names[] = {
		[HZ_OK] = "ok",
		[HZ_E_USAGE] = "usage",
		[HZ_E_JSON] = "json",
		[HZ_E_CONFIG] = "config",
		[HZ_E_UNSUPPORTED] = "unsupported",
		[HZ_E_EXISTS] = "exists",
		[HZ_E_NOT_FOUND] = "not-found",
		[HZ_E_STATE] = "state",
		[HZ_E_BUSY] = "busy",
		[HZ_E_SYSTEM] = "system",
		[HZ_E_NOMEM] = "no-memory",
		[HZ_E_HOOK] = "hook",
		[HZ_E_EXEC] = "exec",
		[HZ_E_INTERNAL] = "internal",
		[HZ_E_FOREIGN] = "foreign",
	};

	if ((size_t)code >= sizeof(names) / sizeof(names[0]))
		return "internal";
	return names[code];
}

void hz_error_clear(struct hz_error *err)
{
	if (!err)
		return;
	free(err->more);
	memset(err, 0, sizeof(*err));
	err->size = sizeof(*err);
}

static void set_str(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

int error_set(struct hz_error *err, enum hz_error_code code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -1;
	hz_error_clear(err);
	err->code = code;
	err->nfaults = 1;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return -1;
}

/* Limits of the caller that explain @errnum by themselves. One of memory is blamed only when hezi
 * alone, which takes less than 8 MiB, can have reached it. */
static void blame_limit(struct hz_error *err, int errnum)
{
	static const struct {
		int errnum, resource;
		rlim_t below;
		const char *what;
	} limits[] = {
		{EMFILE, RLIMIT_NOFILE, RLIM_INFINITY, "open files (RLIMIT_NOFILE, ulimit -n)"},
		{EFBIG, RLIMIT_FSIZE, RLIM_INFINITY, "bytes in a file (RLIMIT_FSIZE, ulimit -f)"},
		{ENOMEM, RLIMIT_AS, 32 << 20, "bytes of address space (RLIMIT_AS, ulimit -v)"},
		{ENOMEM, RLIMIT_DATA, 32 << 20, "bytes of data (RLIMIT_DATA, ulimit -d)"},
	};
	struct rlimit l;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (limits[i].errnum == errnum &&
		    !getrlimit((__rlimit_resource_t)limits[i].resource, &l) &&
		    l.rlim_cur < limits[i].below)
			error_hint(err, "the caller's limit is %llu %s",
				   (unsigned long long)l.rlim_cur, limits[i].what);
}

int error_sys(struct hz_error *err, int errnum, const char *call, const char *object,
	      const char *fmt, ...)
{
	size_t len;
	va_list ap;

	if (!err)
		return -1;
	hz_error_clear(err);
	err->code = errnum == ENOMEM ? HZ_E_NOMEM : HZ_E_SYSTEM;
	err->nfaults = 1;
	err->errnum = errnum;
	set_str(err->syscall, sizeof(err->syscall), call);
	set_str(err->object, sizeof(err->object), object);
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	len = strlen(err->msg);
	snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", error_strerror(errnum));
	if (!blocked_hint(call, errnum, err->hint, sizeof(err->hint)))
		blame_limit(err, errnum);
	return -1;
}

int error_oom(struct hz_error *err)
{
	error_set(err, HZ_E_NOMEM, "%s", error_strerror(ENOMEM));
	if (err)
		blame_limit(err, ENOMEM);
	return -1;
}

int error_prefix(struct hz_error *err, const char *fmt, ...)
{
	char old[sizeof(((struct hz_error *)0)->msg)];
	size_t len;
	va_list ap;

	if (!err)
		return -1;
	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	len = strlen(err->msg);
	snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", old);
	return -1;
}

/* A text that was truncated ends behind a word, and shows that it goes on. */
static void end_at_word(char *text, size_t size)
{
	static const char mark[] = " ...";
	char *last = text + size - sizeof(mark), *end;

	*last = '\0';
	end = strrchr(text, ' ');
	if (!end || last - end > 64) /* a path, perhaps */
		end = last;
	memcpy(end, mark, sizeof(mark));
}

int error_hint(struct hz_error *err, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (!err)
		return -1;
	va_start(ap, fmt);
	n = vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(err->hint))
		end_at_word(err->hint, sizeof(err->hint));
	return -1;
}

int error_pointer(struct hz_error *err, const char *pointer)
{
	if (err)
		set_str(err->pointer, sizeof(err->pointer), pointer);
	return -1;
}

int error_step(struct hz_error *err, const char *step)
{
	if (err)
		set_str(err->step, sizeof(err->step), step);
	return -1;
}

static void append_more(struct hz_error *err, const char *pointer, unsigned line, unsigned column,
			const char *text)
{
	size_t old = err->more ? strlen(err->more) : 0;
	size_t room = strlen(text) + strlen(pointer) + strlen(err->file) + 64;
	char *p = realloc(err->more, old + room);

	if (!p)
		return; /* still counted */
	err->more = p;
	if (line)
		snprintf(p + old, room, "%s%s:%u:%u %s: %s", old ? "\n" : "",
			 err->file[0] ? err->file : "config.json", line, column, pointer, text);
	else
		snprintf(p + old, room, "%s%s: %s", old ? "\n" : "", pointer, text);
	/* one line each: names in it must not fake another fault */
	for (p += old + (old > 0); *p; p++)
		if (*p == '\n')
			*p = ' ';
}

int error_fault(struct hz_error *err, enum hz_error_code code, const char *pointer, unsigned line,
		unsigned column, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!err->nfaults) {
		char file[sizeof(err->file)];

		memcpy(file, err->file, sizeof(file));
		error_set(err, code, "%s", text);
		memcpy(err->file, file, sizeof(file));
		err->line = line;
		err->column = column;
		return error_pointer(err, pointer);
	}
	err->nfaults++;
	if (err->nfaults <= FAULTS_KEPT)
		append_more(err, pointer, line, column, text);
	return -1;
}
