/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines: words with NULs between them, for the program or one of its commands. Operands are
 * words that were given. */
#include "cli/cli.h"
#include "fuzz.h"

#define WORDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words[WORDS_MAX + 1], *left[WORDS_MAX + 1];
	struct hz_error err = HZ_ERROR_INIT;
	unsigned which = fuzz_byte(&data, &size), n = 0;
	struct opt_table t = global_options;
	struct opt_words w;
	char values[4096] __attribute__((aligned(16))) = {0};

	if (which % (ncommands + 1))
		t = commands[which % (ncommands + 1) - 1]->options;
	while (size && n < WORDS_MAX)
		words[n++] = fuzz_text(&data, &size);
	memcpy(left, words, sizeof(left[0]) * n);
	left[n] = NULL;
	w = (struct opt_words){left, (int)n};
	switch (options_parse(t, values, which >> 6 & (OPT_STOP | OPT_TAKE_VERSION), &w, &err)) {
	case OPT_BAD:
		if (!err.msg[0])
			abort();
		break;
	case OPT_DONE:
		if (w.n < 0 || (unsigned)w.n > n)
			abort();
		break;
	default: break;
	}
	options_done(t, values);
	hz_error_clear(&err);
	for (unsigned i = 0; i < n; i++)
		free(words[i]);
	return 0;
}
