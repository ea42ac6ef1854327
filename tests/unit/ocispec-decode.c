/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decode the files named on the command line as config.json. For each one a line "OK", or the first
 * fault as
 * "<pointer> TAB <line>:<column> TAB <text>" and the further ones as the library gives them, one a
 * line. Always exits 0 (2: a file cannot be read). With --time N the decoding is repeated and
 * timed.
 */
#include "ocispec.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void decode_file(const struct buf *text, const char *name)
{
	struct hz_error err = HZ_ERROR_INIT;
	struct arena arena = ARENA_INIT;
	struct oci_config *config;

	if (oci_config_decode(&arena, text->data, text->len, name, &config, &err) == 0)
		puts("OK");
	else
		printf("%s\t%u:%u\t%s\n", err.pointer, err.line, err.column, err.msg);
	if (err.more)
		puts(err.more);
	hz_error_clear(&err);
	arena_done(&arena);
}

static void time_file(const struct buf *text, const char *name, long n)
{
	struct timespec t0, t1;
	long faults = 0;
	double ns;

	clock_gettime(CLOCK_MONOTONIC, &t0);
	for (long i = 0; i < n; i++) {
		struct arena arena = ARENA_INIT;
		struct oci_config *config;

		if (oci_config_decode(&arena, text->data, text->len, name, &config, NULL) < 0)
			faults++;
		arena_done(&arena);
	}
	clock_gettime(CLOCK_MONOTONIC, &t1);
	ns = (double)(t1.tv_sec - t0.tv_sec) * 1e9 + (double)(t1.tv_nsec - t0.tv_nsec);
	printf("%s: %zu bytes, %.2f us%s\n", name, text->len, ns / (double)n / 1e3,
	       faults ? " (faults)" : "");
}

int main(int argc, char **argv)
{
	long times = 0;
	int i = 1;

	if (argc > 2 && !strcmp(argv[1], "--time")) {
		times = strtol(argv[2], NULL, 10);
		i = 3;
	}
	for (; i < argc; i++) {
		_cleanup_buf_ struct buf text = BUF_INIT;
		int r = file_read_at(AT_FDCWD, argv[i], &text, OCI_CONFIG_MAX + 1);

		if (r < 0) {
			fprintf(stderr, "%s: %s\n", argv[i], error_strerror(-r));
			return 2;
		}
		if (times)
			time_file(&text, argv[i], times);
		else
			decode_file(&text, argv[i]);
	}
	return 0;
}
