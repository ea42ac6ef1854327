/* SPDX-License-Identifier: Apache-2.0 */
/* The text form of GVariant, as annotations have it. A value has a type; without one there is a
 * reason. */
#include "fuzz.h"
#include "plan/variant.h"

static size_t count(const struct variant *v)
{
	size_t n = 1;

	if (!v->signature || !v->signature[0] || (v->kind == VARIANT_STRING && !v->s))
		abort();
	for (size_t i = 0; i < v->n; i++)
		n += count(v->items[i]);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(&data, &size);
	struct arena a = ARENA_INIT;
	const char *why = NULL;
	const struct variant *v = variant_parse(&a, text, &why);

	if (v ? count(v) > 4 * strlen(text) + 4 : !why)
		abort();
	arena_done(&a);
	free(text);
	return 0;
}
