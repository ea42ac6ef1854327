/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update: a stored document and a change, with a NUL between them. What is merged is JSON again,
 * the same document merged with itself stays as it is, and places are found inside the text.
 */
#include "fuzz.h"

static void find_places(const char *text, const char *pointer)
{
	unsigned line = 0, column = 0;

	oci_locate(text, strlen(text), pointer, &line, &column);
	if (line > strlen(text) + 1 || column > strlen(text) + 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const place[] = {"linux", "resources", NULL}, *const all[] = {NULL};
	char *base = fuzz_text(&data, &size), *change = fuzz_text(&data, &size);
	_cleanup_buf_ struct buf once = BUF_INIT, twice = BUF_INIT, own = BUF_INIT;
	struct hz_error err = HZ_ERROR_INIT;
	struct oci_resources *r;
	struct arena a = ARENA_INIT;

	if (!oci_json_merge(base, place, change, &once, &err)) {
		if (oci_json_merge(once.data, place, change, &twice, &err) ||
		    oci_json_merge(once.data, all, "{}", &own, &err) || !own.len)
			abort();
	}
	hz_error_clear(&err);
	(void)oci_resources_decode(&a, change, strlen(change), "change", &r, &err);
	find_places(change, err.pointer);
	find_places(base, "/linux/resources/blockIO/throttleReadBpsDevice/1/major");
	hz_error_clear(&err);
	arena_done(&a);
	free(base);
	free(change);
	return 0;
}
