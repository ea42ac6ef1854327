/* SPDX-License-Identifier: Apache-2.0 */
/* Memory: what stays while a container waits for its start, perhaps for days, beside hundreds of
 * others. */
#include "init/init.h"

#include <linux/mman.h>

#define PAGE       4096ul /* the smallest of any architecture; with larger pages less is given back */
#define STACK_USED 1024ul
#define STACK_DROP 65536ul

struct init_keep init_keep __attribute__((aligned(4096)));

#ifdef INIT_IMAGE
extern char __bss_start[], _end[]; /* by the linker */

static void drop(uintptr_t from, uintptr_t to)
{
	from = (from + PAGE - 1) & ~(PAGE - 1);
	to &= ~(PAGE - 1);
	if (from < to)
		sys_call(__NR_madvise, from, to - from, MADV_DONTNEED); /* else it stays: no harm */
}

void init_shrink(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0) - STACK_USED;
	uintptr_t keep = (uintptr_t)&init_keep;

	drop((uintptr_t)__bss_start, keep);
	drop(keep + sizeof(init_keep), (uintptr_t)_end);
	drop(here - STACK_DROP, here);
}
#else
void init_shrink(void)
{
	/* in a fork of hezi: the memory is the parent's as well */
}
#endif
