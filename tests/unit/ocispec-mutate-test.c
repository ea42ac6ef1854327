/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Broken documents: a document with every key, cut at every byte, with every byte changed, and with
 * memory out at every allocation. Whatever comes of it, the decoder says OK or names at least one
 * fault with a place; sanitizers watch the rest.
 *
 * Arguments: the folder with the test data, and the values that each byte takes ("all", default: a
 * few).
 */
#include "ocispec.h"
#include "tap.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <fcntl.h>
#include <stdlib.h>

static struct hz_error err = HZ_ERROR_INIT;

/* Exactly @len bytes on the heap, so that a read behind the end is seen. */
static bool decode_copy(const char *text, size_t len, bool *ret_good)
{
	struct arena arena = ARENA_INIT;
	struct oci_config *config;
	char *copy = malloc(len ? len : 1);
	unsigned line, column;
	bool sane;

	if (!copy)
		return false;
	memcpy(copy, text, len);
	hz_error_clear(&err);
	*ret_good = oci_config_decode(&arena, copy, len, "config.json", &config, &err) == 0;
	sane = *ret_good ? config && !err.nfaults
			 : !config && err.nfaults && err.line && err.column && err.msg[0];
	if (!*ret_good && err.pointer[0])
		(void)oci_locate(copy, len, err.pointer, &line, &column);
	arena_done(&arena);
	free(copy);
	return sane;
}

static void test_cut(const struct buf *text)
{
	size_t insane = 0, taken = 0;
	bool good;

	for (size_t len = 0; len < text->len; len++) {
		insane += !decode_copy(text->data, len, &good);
		taken += good;
	}
	is_int(insane, 0, "cut at each byte: faults have places");
	is_int(taken, 1,
	       "cut at each byte: only what lacks the last line feed is taken"); /* the text ends in
										    "}\n" */
}

static void test_changed(struct buf *text, bool all)
{
	static const unsigned char few[] = "\"\\{}[],:0-.eun \n\t*/~\x7f\x80\xc3\xed\xff";
	size_t n = all ? 256 : sizeof(few); /* the NUL at its end is one of them */
	size_t insane = 0, taken = 0;
	bool good;

	for (size_t i = 0; i < text->len; i++) {
		char old = text->data[i];

		for (size_t k = 0; k < n; k++) {
			text->data[i] = (char)(all ? k : few[k]);
			insane += !decode_copy(text->data, text->len, &good);
			taken += good;
		}
		text->data[i] = old;
	}
	is_int(insane, 0, "each byte changed: faults have places");
	diag("%zu changed documents were taken", taken);
}

int main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : "tests/unit/data";
	_cleanup_buf_ struct buf text = BUF_INIT, small = BUF_INIT;
	char path[4096];
	char *end = NULL;
	bool good;

	snprintf(path, sizeof(path), "%s/ocispec-full.json", folder);
	if (!ok(file_read_at(AT_FDCWD, path, &text, OCI_CONFIG_MAX) == 0, "%s can be read", path))
		return done_testing();
	/* White space only makes it slow. */
	for (end = text.data; *end; end++)
		if (*end != '\t' && *end != '\n')
			buf_addc(&small, *end);
	buf_addc(&small, '\n');
	ok(decode_copy(small.data, small.len, &good) && good, "the document itself is good");
	test_cut(&small);
	test_changed(&small, argc > 2 && !strcmp(argv[2], "all"));
	hz_error_clear(&err);
	return done_testing();
}
