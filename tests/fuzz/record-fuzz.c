/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as record.json, and as the plan beside it. What is read can be written again. */
#include "fuzz.h"
#include "runtime/runtime.h"

#include <errno.h>

static struct buf content;

/* instead of the file (-Wl,--wrap) */
int __wrap_file_read_regular_at(int dirfd, const char *name, struct buf *buf, size_t max);
int __wrap_file_replace_at(int dirfd, const char *name, mode_t mode, const void *data, size_t len);

int __wrap_file_read_regular_at(int dirfd, const char *name, struct buf *buf, size_t max)
{
	(void)dirfd, (void)name;
	if (content.len > max)
		return -EFBIG;
	buf_add(buf, content.data ? content.data : "", content.len);
	return 0;
}

int __wrap_file_replace_at(int dirfd, const char *name, mode_t mode, const void *data, size_t len)
{
	(void)dirfd, (void)name, (void)mode;
	content.len = 0;
	buf_add(&content, data, len);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hz_error err = HZ_ERROR_INIT;
	struct arena a = ARENA_INIT;
	struct plan plan = {0};
	struct record r, again;

	content.len = 0;
	buf_add(&content, data, size);
	if (!store_read_plan(-1, &plan, &err))
		plan_done(&plan);
	hz_error_clear(&err);
	if (!record_read(-1, &a, &r, &err) &&
	    (record_write(-1, &r, &err) || record_read(-1, &a, &again, &err) ||
	     strcmp(r.id, again.id) != 0 || strcmp(r.bundle, again.bundle) != 0 ||
	     r.pid.v != again.pid.v || r.annotations.n != again.annotations.n))
		abort();
	hz_error_clear(&err);
	arena_done(&a);
	return 0;
}
