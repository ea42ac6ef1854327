/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an answer of CRIU. */
#include "fuzz.h"
#include "runtime/criu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = size ? (const char *)data : "", *end = at + size;
	struct criu_answer a = {.fd = -1};
	struct pb_field f;

	(void)criu_parse_answer(at, size, &a);
	if (!memchr(a.script, 0, sizeof(a.script)))
		abort();
	while (pb_next(&at, end, &f) > 0)
		if (at > end || (f.data && f.data + f.len > end))
			abort();
	return 0;
}
