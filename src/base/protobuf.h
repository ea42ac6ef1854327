/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protocol buffers (protobuf.dev, "Encoding"), as much of them as a conversation with CRIU needs:
 * varints, and strings, bytes and embedded messages. A message is written into a struct buf, whose
 * `failed` tells of want of memory at its end.
 */
#ifndef BASE_PROTOBUF_H
#define BASE_PROTOBUF_H

#include "base/buf.h"

#include <stdint.h>

/** bool, enum, and integers (a negative int32 as its 64-bit two's complement). */
void pb_add_int(struct buf *b, unsigned field, int64_t value);
void pb_add_string(struct buf *b, unsigned field, const char *s);
/** An embedded message, which is then emptied for the next one. */
void pb_add_message(struct buf *b, unsigned field, struct buf *message);

struct pb_field {
	unsigned number;
	int64_t value;    /* of a varint, else 0 */
	const char *data; /* of a string or a message, not terminated; NULL: a number */
	size_t len;
};

/** The next field of the message between *at and @end: 1, 0 at its end, -1 when it is malformed.
 * Fixed-width fields are passed over with the value 0. */
int pb_next(const char **at, const char *end, struct pb_field *ret);

#endif
