/* SPDX-License-Identifier: Apache-2.0 */
/* Protocol buffers: known bytes, what is written is read, and what is cut is refused. */
#include "tap.h"

#include "base/protobuf.h"

#include <string.h>

static bool has_bytes(const struct buf *b, const void *bytes, size_t n)
{
	return !b->failed && b->len == n && !memcmp(b->data, bytes, n);
}

static void known_bytes(void)
{
	_cleanup_buf_ struct buf b = BUF_INIT, m = BUF_INIT;

	/* the examples of protobuf.dev, "Encoding" */
	pb_add_int(&b, 1, 150);
	ok(has_bytes(&b, "\x08\x96\x01", 3), "a varint");
	b.len = 0;
	pb_add_string(&b, 2, "testing");
	ok(has_bytes(&b, "\x12\x07testing", 9), "a string");
	b.len = 0;
	pb_add_int(&m, 1, 150);
	pb_add_message(&b, 3, &m);
	ok(has_bytes(&b, "\x1a\x03\x08\x96\x01", 5), "an embedded message");
	is_int((long)m.len, 0, "it is empty then");
	b.len = 0;
	pb_add_int(&b, 1, -2);
	ok(has_bytes(&b, "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11), "a negative number");
	b.len = 0;
	pb_add_message(&b, 64, &m);
	ok(has_bytes(&b, "\x82\x04\x00", 3), "a field number of two bytes, an empty message");
}

static void reads_back(void)
{
	static const char text[] = "\x08\x96\x01\x12\x02hi\x19"
				   "12345678\x25"
				   "1234\x2d"
				   "1234";
	const char *at = text, *end = text + sizeof(text) - 1;
	struct pb_field f;

	ok(pb_next(&at, end, &f) == 1 && f.number == 1 && f.value == 150 && !f.data, "a number");
	ok(pb_next(&at, end, &f) == 1 && f.number == 2 && f.len == 2 && !memcmp(f.data, "hi", 2),
	   "a string");
	ok(pb_next(&at, end, &f) == 1 && f.number == 3 && !f.value && !f.data, "64 bits");
	ok(pb_next(&at, end, &f) == 1 && f.number == 4 && !f.value && !f.data, "32 bits");
	ok(pb_next(&at, end, &f) == 1 && f.number == 5, "more of them");
	is_int(pb_next(&at, end, &f), 0, "the end");
}

static void malformed(void)
{
	static const struct {
		const char *text;
		size_t len;
		const char *what;
	} all[] = {
		{"\x08", 1, "no value"},
		{"\x08\x80", 2, "a value that is cut"},
		{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12,
		 "a value of too many bytes"},
		{"\x12\x03hi", 4, "a string that is cut"},
		{"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, "a length beyond all memory"},
		{"\x19"
		 "1234567",
		 8, "64 bits that are cut"},
		{"\x0b", 1, "a kind that is no longer used"},
		{"\x00\x01", 2, "field 0"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *at = all[i].text;
		struct pb_field f;

		is_int(pb_next(&at, all[i].text + all[i].len, &f), -1, "%s", all[i].what);
	}
}

int main(void)
{
	known_bytes();
	reads_back();
	malformed();
	return done_testing();
}
