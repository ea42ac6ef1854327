/* SPDX-License-Identifier: Apache-2.0 */
/* From a seccomp profile to the program that the kernel takes. */
#ifndef RUNTIME_FILTER_H
#define RUNTIME_FILTER_H

#include "base/buf.h"
#include "base/error.h"
#include "base/sha256.h"
#include "ocispec.h"

#include <stdbool.h>

/**
 * The program (struct sock_filter[]) for linux.seccomp of @config, by libseccomp or from the cache.
 * *@ret is NULL when there is no profile, else it is the caller's to free. The syscalls of the
 * profile have been checked by plan_compile().
 */
int filter_get(const struct oci_config *config, void **ret, size_t *ret_len, struct hz_error *err);

/** The same without the cache; @strict: a name that libseccomp does not know is an error. What
 * makes another program of the same profile needs another FILTER_EDITION. */
int filter_build(const struct oci_seccomp *s, bool strict, struct buf *out, struct hz_error *err);

#define FILTER_EDITION 1

#define FILTER_ARCHS_MAX 32 /* more than there are names of architectures */

/** filter_enosys.c: the instructions that go before the program; @archs as libseccomp numbers
 * them. None where the profile does not want them. */
void filter_put_enosys(const struct oci_seccomp *s, const uint32_t *archs, size_t narchs,
		       struct buf *out);

#define FILTER_SIZE_MAX 32768 /* bytes: the kernel takes 4096 instructions */

/* filter_cache.c */
struct filter_key {
	uint8_t hash[SHA256_SIZE];
	char name[2 * SHA256_SIZE + 1];
};
/** All that makes the program; @strict: unknown names are errors. */
void filter_cache_key(const struct oci_seccomp *profile, bool strict, struct filter_key *ret);
/** The program into an empty @out; false when there is none that can be trusted. */
bool filter_cache_read(const struct filter_key *key, struct buf *out);
void filter_cache_write(const struct filter_key *key, const struct buf *prog);

#endif
