/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 against the examples of FIPS 180-2 and the known answers of NIST. */
#include "base/sha256.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>

static const char *hex(struct sha256 *s)
{
	static char text[2 * SHA256_SIZE + 1];
	uint8_t sum[SHA256_SIZE];

	sha256_end(s, sum);
	for (unsigned i = 0; i < SHA256_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", sum[i]);
	return text;
}

static const char *of(const char *text)
{
	struct sha256 s;

	sha256_init(&s);
	sha256_add(&s, text, strlen(text));
	return hex(&s);
}

int main(void)
{
	static const char word[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	char a[1000];
	struct sha256 s;

	is_str(of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "empty");
	is_str(of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	       "abc");
	is_str(of(word), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
	       "448 bits: the length needs a block of its own");
	memset(a, 'a', sizeof(a));
	sha256_init(&s);
	for (int i = 0; i < 1000; i++)
		sha256_add(&s, a, sizeof(a));
	is_str(hex(&s), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
	       "a million times a");
	for (size_t cut = 0; cut <= strlen(word); cut += 7) {
		sha256_init(&s);
		sha256_add(&s, word, cut);
		sha256_add(&s, word + cut, strlen(word) - cut);
		is_str(hex(&s), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
		       "in two pieces");
	}
	return done_testing();
}
