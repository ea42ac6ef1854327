/* SPDX-License-Identifier: Apache-2.0 */
/* Where the image begins: argv is "hezi-init", the socket, the first descriptor that is not for the
 * container. */
#include "init/init.h"

void init_start(long *stack);

#if defined(__x86_64__)
__asm__(".text\n"
	".globl _start\n"
	".type _start,@function\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call init_start\n"
	"	hlt\n"
	".size _start,.-_start\n");
#elif defined(__aarch64__)
__asm__(".text\n"
	".globl _start\n"
	".type _start,%function\n"
	"_start:\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x0, sp\n"
	"	bl init_start\n"
	"	brk #1\n"
	".size _start,.-_start\n");
#endif

#define FD_MAX (1u << 30)

__attribute__((used)) void init_start(long *stack)
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
