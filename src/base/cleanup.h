/* SPDX-License-Identifier: Apache-2.0 */
/* Scope-bound ownership: a variable marked with one of these frees what it holds when it goes out
 * of scope. */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* close() keeps errno and is never retried: on Linux the descriptor is gone even after EINTR
 * (close(2)). */
void fd_close(int fd);

static inline void cleanup_fd(int *fd)
{
	if (*fd >= 0)
		fd_close(*fd);
}

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define _cleanup_(f)   __attribute__((cleanup(f)))
#define _cleanup_fd_   _cleanup_(cleanup_fd)
#define _cleanup_free_ _cleanup_(cleanup_free)
#define _cleanup_file_ _cleanup_(cleanup_file)
#define _cleanup_dir_  _cleanup_(cleanup_dir)

/* Give up ownership: the variable is emptied, the value is returned. */
#define TAKE_FD(fd)                           \
	({                                    \
		int *take_fd_ = &(fd);        \
		int take_fd_val_ = *take_fd_; \
		*take_fd_ = -1;               \
		take_fd_val_;                 \
	})
#define TAKE_PTR(p)                                       \
	({                                                \
		__typeof__(p) *take_ptr_ = &(p);          \
		__typeof__(p) take_ptr_val_ = *take_ptr_; \
		*take_ptr_ = NULL;                        \
		take_ptr_val_;                            \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
