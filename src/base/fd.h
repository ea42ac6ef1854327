/* SPDX-License-Identifier: Apache-2.0 */
/* Whole reads and writes. All return 0 or -errno; EINTR is retried, short counts are carried on. */
#ifndef BASE_FD_H
#define BASE_FD_H

#include "base/buf.h"

#include <sys/socket.h>
#include <sys/types.h>

/** Write all of @len bytes. */
int fd_write_all(int fd, const void *data, size_t len);
/** Read to the end of file into @buf; more than @max bytes give -EFBIG. */
int fd_read_all(int fd, struct buf *buf, size_t max);
/**
 * The descriptor that a received message brought, or -1. Nobody sends two, and a control buffer
 * for one has room for two (CMSG_SPACE rounds up): then all are closed, *ret is -1 and the result
 * is -EBADMSG, as it is when the kernel dropped some (MSG_CTRUNC).
 */
int fd_received(struct msghdr *m, int *ret);
/** A file without a name, in memory where that is allowed, O_CLOEXEC; or -errno. image.c */
int fd_memory(const char *name);
/** openat(O_RDONLY|O_CLOEXEC) + fd_read_all. For files of the kernel and of our own; not for
 * hostile paths. */
int file_read_at(int dirfd, const char *path, struct buf *buf, size_t max);
/** As file_read_at(), but what is not a regular file (a link, FIFO, device, socket or directory) is
 * not read and gives -EMEDIUMTYPE: opening it does not wait. */
int file_read_regular_at(int dirfd, const char *name, struct buf *buf, size_t max);
/** openat(O_WRONLY|O_CLOEXEC) + one write(2) of the whole text (kernel files take one write as one
 * value). */
int file_write_at(int dirfd, const char *path, const void *data, size_t len);
/**
 * Replace @name in @dirfd atomically: ".<name>.tmp" (O_EXCL; a left-over of a killed run is removed
 * first), write, rename.
 */
int file_replace_at(int dirfd, const char *name, mode_t mode, const void *data, size_t len);

/** A path of /proc/PID/mountinfo, in place: blanks and the like are written as \\ooo there
 * (proc(5)). */
void mountinfo_unescape(char *s);

#endif
