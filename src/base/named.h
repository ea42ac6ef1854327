/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that the caller names (--pid-file, --log, ...). What stands there need not be a regular
 * file: a device, a FIFO, a link to one, or a descriptor of the caller's (/dev/stderr) is written
 * in place and never replaced or removed, and a FIFO that nobody reads is an error and no hang.
 */
#ifndef BASE_NAMED_H
#define BASE_NAMED_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * Open what stands at @path for writing in place: 1 and *@ret_fd (O_CLOEXEC, O_NONBLOCK unless it
 * is a descriptor of the caller's); 0 when there is nothing, a regular file, or a link to one of
 * these; -1 and @err for all else. @what: how the message names the file ("write the pid file").
 */
int named_open_stream(int dirfd, const char *path, const char *what, int *ret_fd,
		      struct hz_error *err);

/**
 * Write @data as the whole content of @path: in place, or to a new file that is renamed to @path
 * (never through a link to a regular file). *@ret_made: there is a new file.
 */
int named_put(const char *path, const char *what, const void *data, size_t len, bool *ret_made,
	      struct hz_error *err);

/** Remove what named_put() made, unless something else stands there by now. */
void named_remove(const char *path);

/**
 * Open @path to append to it, O_CLOEXEC; as if by O_CREAT with @mode. Unless @block, what is opened
 * here is O_NONBLOCK.
 */
int named_append(const char *path, mode_t mode, bool block, const char *what, int *ret_fd,
		 struct hz_error *err);

/**
 * Write all of it, without SIGPIPE (-EPIPE). When @fd is O_NONBLOCK and full, its reader has a
 * second to go on.
 */
int named_write(int fd, const void *data, size_t len);

#endif
