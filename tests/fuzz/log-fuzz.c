/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors of any bytes in each form of the log. Nothing that is printed has control characters, each
 * line of text is one line, and JSON is JSON.
 */
#include "base/text.h"
#include "cli/log.h"
#include "fuzz.h"

static void fill(char *to, size_t size, const uint8_t **data, size_t *left)
{
	char *s = fuzz_text(data, left);

	snprintf(to, size, "%s", s);
	free(s);
}

static void check(struct buf *b, size_t lines)
{
	size_t n = 0;

	if (!b->data)
		return;
	if (!text_is_clean(b->data, b->len, TEXT_LINES))
		abort();
	for (size_t i = 0; i < b->len; i++)
		n += b->data[i] == '\n';
	if (n > lines)
		abort();
	b->len = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const all[] = {NULL};
	const struct timespec now = {.tv_sec = 1795000000};
	struct hz_error err = HZ_ERROR_INIT, why = HZ_ERROR_INIT;
	_cleanup_buf_ struct buf out = BUF_INIT, merged = BUF_INIT;
	char *text;

	error_fault(&err, HZ_E_CONFIG, "/a", 1, 2, "fault");
	err.errnum = fuzz_byte(&data, &size);
	err.line = fuzz_byte(&data, &size);
	fill(err.msg, sizeof(err.msg), &data, &size);
	fill(err.hint, sizeof(err.hint), &data, &size);
	fill(err.kernel, sizeof(err.kernel), &data, &size);
	fill(err.file, sizeof(err.file), &data, &size);
	fill(err.pointer, sizeof(err.pointer), &data, &size);
	fill(err.object, sizeof(err.object), &data, &size);
	text = fuzz_text(&data, &size);
	error_fault(&err, HZ_E_CONFIG, text, 3, 4, "%s", text);
	log_text_line(&out, now.tv_sec, "error", text);
	check(&out, 1);
	log_error_text(&out, text, &err);
	check(&out, 0);
	log_error_people(&out, text, &err);
	check(&out, 5);
	log_clean(&out, text);
	check(&out, 0);
	if (log_json_line(&out, &now, "error", text, &err) ||
	    oci_json_merge(out.data, all, "{}", &merged, &why))
		abort();
	check(&out, 1);
	hz_error_clear(&err);
	free(text);
	return 0;
}
