/* SPDX-License-Identifier: Apache-2.0 */
/* The image's main(): argv is "hezi-init", the socket, the first descriptor that is not for the
 * container. Called by entry.S. */
#include "init/init.h"

void init_start(long *stack);

#define FD_MAX (1u << 30)

void init_start(long *stack)
{
	char **argv = (char **)(stack + 1);
	uint64_t sock, first;

	if (stack[0] != 3 || init_parse_u64(argv[1], &sock) < 0 ||
	    init_parse_u64(argv[2], &first) < 0)
		init_exit(1);
	if (first < 3 || sock < 3 || sock > FD_MAX)
		init_exit(1);
	init_main((int)sock, (unsigned)first);
}
