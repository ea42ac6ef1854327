/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong, as numbers; the host makes the words. */
#include "init/init.h"

static struct init_error failure;

struct init_error *init_failure(void)
{
	return &failure;
}

static void set_object(const char *object)
{
	struct init_text t;

	init_text_start(&t, failure.object, sizeof(failure.object));
	if (object)
		init_text_str(&t, object);
}

static int set(const struct plan_step *step, enum init_why why, long call_nr, long neg_errno,
	       const char *object)
{
	if (failure.m.type)
		return -1;
	failure.m.type = INIT_ERROR;
	failure.step = step ? step->index : INIT_NO_STEP;
	failure.why = why;
	failure.call = (uint32_t)call_nr;
	failure.errnum = (int32_t)-neg_errno;
	set_object(object);
	return -1;
}

int init_fail(struct init *init, const struct plan_step *step, long call_nr, long neg_errno,
	      const char *object)
{
	(void)init;
	return set(step, INIT_WHY_SYSCALL, call_nr, neg_errno, object);
}

int init_fail_why(struct init *init, const struct plan_step *step, enum init_why why,
		  long neg_errno, const char *object)
{
	(void)init;
	return set(step, why, 0, neg_errno, object);
}

void init_fail_args(uint32_t arg, uint32_t arg2)
{
	failure.arg = arg;
	failure.arg2 = arg2;
}

void init_detail(const char *text, size_t len)
{
	size_t max = sizeof(failure.detail) - 1;

	if (len > max) {
		text += len - max;
		len = max;
	}
	memcpy(failure.detail, text, len);
	failure.detail[len] = 0;
}
