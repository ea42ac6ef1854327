/* SPDX-License-Identifier: Apache-2.0 */
/* Where the image begins: the stack as the kernel left it goes to init_start(). */
#ifdef __CET__
#include <cet.h> /* the note that this object keeps to IBT and shadow stacks */
#else
#define _CET_ENDBR
#endif

	.text
	.globl _start
#if defined(__x86_64__)
	.type _start, @function
_start:
	_CET_ENDBR
	xor	%ebp, %ebp
	mov	%rsp, %rdi
	and	$-16, %rsp
	call	init_start
	hlt
#elif defined(__aarch64__)
	.type _start, %function
_start:
	mov	x29, #0
	mov	x30, #0
	mov	x0, sp
	bl	init_start
	brk	#1
#endif
	.size _start, .-_start
	.section .note.GNU-stack, "", %progbits
