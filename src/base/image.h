/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that hezi carries in itself. */
#ifndef BASE_IMAGE_H
#define BASE_IMAGE_H

#include "base/error.h"

#include <stddef.h>

/** A file with the program in it for execveat(AT_EMPTY_PATH), that nobody can write to: a sealed
 * memory file, or where these are forbidden a file without a name, in @dir (or NULL) or elsewhere.
 * -errno. */
int image_open(const char *name, const char *dir, const void *image, size_t len);
/** The hint for image_open() that failed with @r. -1. */
int image_explain(int r, struct hz_error *err);

#endif
