/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that hezi carries in itself. */
#ifndef BASE_IMAGE_H
#define BASE_IMAGE_H

#include <stddef.h>

/** A sealed memory file with the program in it, for execveat(AT_EMPTY_PATH); -errno. -EACCES: the
 * sysctl vm.memfd_noexec is 2. */
int image_open(const char *name, const void *image, size_t len);

#endif
