/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BLOCKED_H
#define BASE_BLOCKED_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Has the system call @call failed with @errnum because a seccomp filter or an old kernel refuses
 * it, rather than for want of a privilege? Then a hint is written to @ret. Asks the kernel.
 */
bool blocked_hint(const char *call, int errnum, char *ret, size_t size);

#endif
