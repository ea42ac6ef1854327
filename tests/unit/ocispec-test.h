/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of libocispec in tests: written with ' for ", decoded into one arena. */
#ifndef TESTS_OCISPEC_TEST_H
#define TESTS_OCISPEC_TEST_H

#include "ocispec.h"
#include "tap.h"

#include "base/cleanup.h"

#include <stdlib.h>

static struct hz_error err = HZ_ERROR_INIT;

static char *quotes(const char *s)
{
	char *p = strdup(s);

	if (!p)
		abort();
	for (char *q = p; *q; q++)
		if (*q == '\'')
			*q = '"';
	return p;
}

#endif
