/* SPDX-License-Identifier: Apache-2.0 */
#include "base/protobuf.h"

#include <string.h>

/* wire types */
enum {
	VARINT = 0,
	FIXED64 = 1,
	BYTES = 2,
	FIXED32 = 5,
};

static void add_varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_addc(b, (char)(v | 0x80));
	buf_addc(b, (char)v);
}

void pb_add_int(struct buf *b, unsigned field, int64_t value)
{
	add_varint(b, field << 3 | VARINT);
	add_varint(b, (uint64_t)value);
}

static void add_bytes(struct buf *b, unsigned field, const char *data, size_t len)
{
	add_varint(b, field << 3 | BYTES);
	add_varint(b, len);
	if (len)
		buf_add(b, data, len);
}

void pb_add_string(struct buf *b, unsigned field, const char *s)
{
	add_bytes(b, field, s, strlen(s));
}

void pb_add_message(struct buf *b, unsigned field, struct buf *message)
{
	if (message->failed)
		b->failed = true;
	add_bytes(b, field, message->data, message->len);
	message->len = 0;
}

static bool take_varint(const char **at, const char *end, uint64_t *ret)
{
	*ret = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t c;

		if (*at == end)
			return false;
		c = (uint8_t) * (*at)++;
		*ret |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return true;
	}
	return false;
}

int pb_next(const char **at, const char *end, struct pb_field *ret)
{
	uint64_t tag, n = 0;

	if (*at == end)
		return 0;
	if (!take_varint(at, end, &tag) || tag >> 3 > UINT32_MAX || !(tag >> 3))
		return -1;
	*ret = (struct pb_field){.number = (unsigned)(tag >> 3)};
	switch (tag & 7) {
	case VARINT:
		if (!take_varint(at, end, &n))
			return -1;
		ret->value = (int64_t)n;
		return 1;
	case BYTES:
		if (!take_varint(at, end, &n) || n > (uint64_t)(end - *at))
			return -1;
		ret->data = *at;
		ret->len = n;
		break;
	case FIXED64: n = 8; break;
	case FIXED32: n = 4; break;
	default: return -1;
	}
	if (n > (uint64_t)(end - *at))
		return -1;
	*at += n;
	return 1;
}
