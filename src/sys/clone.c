/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clone3 with memory shared: the child may not return through the parent's frames, so the call and
 * the jump to @fn are one piece of assembly. The child starts on a stack of its own with fn and arg
 * in registers.
 */
#include "sys/raw.h"

#if defined(__x86_64__)
__asm__(".text\n"
	".globl sys_clone3_call\n"
	".hidden sys_clone3_call\n"
	".type sys_clone3_call,@function\n"
	"sys_clone3_call:\n"
	"	mov %rsi, %r8\n"  /* fn */
	"	mov %rdx, %r9\n"  /* arg */
	"	mov $88, %esi\n"  /* sizeof(struct sys_clone_args) */
	"	mov $435, %eax\n" /* __NR_clone3 */
	"	syscall\n"
	"	test %rax, %rax\n"
	"	jnz 1f\n"
	"	xor %ebp, %ebp\n" /* end of the call chain */
	"	mov %r9, %rdi\n"
	"	call *%r8\n"
	"	hlt\n"
	"1:	ret\n"
	".size sys_clone3_call,.-sys_clone3_call\n");
#elif defined(__aarch64__)
__asm__(".text\n"
	".globl sys_clone3_call\n"
	".hidden sys_clone3_call\n"
	".type sys_clone3_call,%function\n"
	"sys_clone3_call:\n"
	"	mov x9, x1\n"
	"	mov x10, x2\n"
	"	mov x1, #88\n"
	"	mov x8, #435\n"
	"	svc #0\n"
	"	cbnz x0, 1f\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x0, x10\n"
	"	blr x9\n"
	"	brk #1\n"
	"1:	ret\n"
	".size sys_clone3_call,.-sys_clone3_call\n");
#endif

_Static_assert(sizeof(struct sys_clone_args) == 88, "the size is in the assembly");
_Static_assert(__NR_clone3 == 435, "the number is in the assembly");
