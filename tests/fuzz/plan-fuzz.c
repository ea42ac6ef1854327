/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stored plan that was changed: any bytes, or a real plan with some of its bytes changed and the
 * checksum made right again. What verifies has to print, in words and as JSON, within its bounds.
 */
#include "fuzz.h"

static const char *const bundles[] = {"docker-default",    "crio-container",  "podman-hooks",
				      "hand-hugepages",    "hand-seccomp",    "hand-devices",
				      "hand-idmap-mounts", "hand-net-devices"};
#define BUNDLES (sizeof(bundles) / sizeof(bundles[0]))

static void use(const void *bytes, size_t size)
{
	static const struct plan_print_options o = {.show_env = true};
	struct hz_error err = HZ_ERROR_INIT;
	struct buf text = BUF_INIT;
	struct oci_json *j;

	if (plan_verify(bytes, size, &err)) {
		if (!err.msg[0])
			abort();
	} else {
		j = oci_json_new("");
		plan_print_text(bytes, &o, &text);
		plan_print_json(bytes, &o, j, &err);
		oci_json_free(j);
	}
	buf_done(&text);
	hz_error_clear(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct plan plans[BUNDLES];
	uint8_t which = fuzz_byte(&data, &size);
	struct plan_header *h;
	struct plan *p;
	char *bytes;

	if (which >= BUNDLES) { /* any bytes, at an address as malloc(3) gives it */
		bytes = malloc(size ? size : 1);
		if (!bytes)
			abort();
		memcpy(bytes, data, size);
		use(bytes, size);
		free(bytes);
		return 0;
	}
	p = &plans[which];
	if (!p->h)
		*p = fuzz_plan(bundles[which]);
	h = malloc(p->size);
	if (!h)
		abort();
	memcpy(h, p->h, p->size);
	for (; size >= 4; data += 4, size -= 4)
		((uint8_t *)h)[(data[0] | data[1] << 8 | data[2] << 16) % p->size] = data[3];
	if (h->size == p->size)
		plan_seal(h);
	use(h, p->size);
	free(h);
	return 0;
}
