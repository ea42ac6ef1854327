/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clone3 with memory shared: the child may not return through the parent's frames, so the call and
 * the jump to @fn are one piece of assembly. The child starts on a stack of its own with fn and arg
 * in registers. A file of its own and no asm() in C: that does not survive link-time optimization.
 */
#ifdef __CET__
#include <cet.h> /* the note that this object keeps to IBT and shadow stacks */
#else
#define _CET_ENDBR
#endif

	.text
	.globl sys_clone3_call
	.hidden sys_clone3_call
#if defined(__x86_64__)
	.type sys_clone3_call, @function
sys_clone3_call:
	_CET_ENDBR
	mov	%rsi, %r8	/* fn */
	mov	%rdx, %r9	/* arg */
	mov	$88, %esi	/* sizeof(struct sys_clone_args) */
	mov	$435, %eax	/* __NR_clone3 */
	syscall
	test	%rax, %rax
	jnz	1f
	xor	%ebp, %ebp	/* end of the call chain */
	mov	%r9, %rdi
	call	*%r8
	hlt
1:	ret
#elif defined(__aarch64__)
	.type sys_clone3_call, %function
sys_clone3_call:
	mov	x9, x1
	mov	x10, x2
	mov	x1, #88
	mov	x8, #435
	svc	#0
	cbnz	x0, 1f
	mov	x29, #0
	mov	x30, #0
	mov	x0, x10
	blr	x9
	brk	#1
1:	ret
#endif
	.size sys_clone3_call, .-sys_clone3_call
	.section .note.GNU-stack, "", %progbits
