/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules as a program of type BPF_PROG_TYPE_CGROUP_DEVICE (cgroup-v2, "Device controller").
 * It goes through the rules from the last to the first:
 *
 *   r2  type: block or character device
 *   r3  kinds of access that no rule has decided yet
 *   r4  major,  r5  minor
 *   r6  type, major and minor in one number;  r7  type and major
 *   r0  result: 1 allowed, 0 denied
 *
 * A rule that fits denies when it names one of the kinds of access in r3; one that allows takes its
 * kinds out of r3, and all is allowed when none is left. What no rule fits is allowed.
 *
 * Most rules are for one device, and are one comparison with r6. The kernel's verifier then knows
 * no more on the way past such a rule than it did before it, and goes through the program once
 * only, however many rules there are.
 */
#include "cgroup/internal.h"

#include <errno.h>
#include <linux/bpf.h>

#define MAJOR_SHIFT 20 /* minors have 20 bits (linux/kdev_t.h), majors fewer */
#define TYPE_SHIFT  40
#define NUMBER_MAX  0xfffffu
#define ALL_ACCESS  (PLAN_DEVICE_MKNOD | PLAN_DEVICE_READ | PLAN_DEVICE_WRITE)

struct rule {
	uint32_t type, major, minor, access;
	bool allow;
};

static void emit(struct buf *b, uint8_t code, unsigned dst, unsigned src, int16_t off, int32_t imm)
{
	struct bpf_insn i = {
		.code = code, .dst_reg = dst & 15, .src_reg = src & 15, .off = off, .imm = imm};

	buf_add(b, &i, sizeof(i));
}

static void move(struct buf *b, unsigned dst, unsigned src)
{
	emit(b, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void alu(struct buf *b, uint8_t op, unsigned dst, uint32_t imm)
{
	emit(b, BPF_ALU64 | op | BPF_K, dst, 0, 0, (int32_t)imm);
}

static void load_u64(struct buf *b, unsigned dst, uint64_t v)
{
	emit(b, BPF_DW | BPF_IMM, dst, 0, 0, (int32_t)(uint32_t)v);
	emit(b, 0, 0, 0, 0, (int32_t)(uint32_t)(v >> 32));
}

static void load_context(struct buf *b)
{
	static const uint8_t load = BPF_LDX | BPF_MEM | BPF_W;

	emit(b, load, BPF_REG_2, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, access_type), 0);
	emit(b, load, BPF_REG_4, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, major), 0);
	emit(b, load, BPF_REG_5, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, minor), 0);
	move(b, BPF_REG_3, BPF_REG_2);
	alu(b, BPF_RSH, BPF_REG_3, 16);
	alu(b, BPF_AND, BPF_REG_2, 0xffff);
	move(b, BPF_REG_7, BPF_REG_2);
	alu(b, BPF_LSH, BPF_REG_7, TYPE_SHIFT - MAJOR_SHIFT);
	emit(b, BPF_ALU64 | BPF_OR | BPF_X, BPF_REG_7, BPF_REG_4, 0, 0);
	alu(b, BPF_LSH, BPF_REG_7, MAJOR_SHIFT);
	move(b, BPF_REG_6, BPF_REG_7);
	emit(b, BPF_ALU64 | BPF_OR | BPF_X, BPF_REG_6, BPF_REG_5, 0, 0);
}

static size_t here(const struct buf *b)
{
	return b->len / sizeof(struct bpf_insn);
}

/* Jump past the rule when @reg is not @v; returns the place of the jump. */
static size_t skip_unless_imm(struct buf *b, unsigned reg, uint32_t v)
{
	emit(b, BPF_JMP | BPF_JNE | BPF_K, reg, 0, 0, (int32_t)v);
	return here(b) - 1;
}

static size_t skip_unless_key(struct buf *b, unsigned reg, uint64_t key)
{
	load_u64(b, BPF_REG_0, key);
	emit(b, BPF_JMP | BPF_JNE | BPF_X, reg, BPF_REG_0, 0, 0);
	return here(b) - 1;
}

static size_t match(struct buf *b, const struct rule *r, size_t *jumps)
{
	bool major = r->major != PLAN_DEVICE_ANY, minor = r->minor != PLAN_DEVICE_ANY,
	     type = r->type != PLAN_DEVICE_BOTH;
	uint64_t key = (uint64_t)r->type << TYPE_SHIFT | (uint64_t)r->major << MAJOR_SHIFT;
	size_t n = 0;

	if (type && major && minor) {
		jumps[n++] = skip_unless_key(b, BPF_REG_6, key | r->minor);
	} else if (type && major) {
		jumps[n++] = skip_unless_key(b, BPF_REG_7, key);
	} else {
		if (type)
			jumps[n++] = skip_unless_imm(b, BPF_REG_2, r->type);
		if (major)
			jumps[n++] = skip_unless_imm(b, BPF_REG_4, r->major);
		if (minor)
			jumps[n++] = skip_unless_imm(b, BPF_REG_5, r->minor);
	}
	return n;
}

static void finish(struct buf *b, bool allow)
{
	emit(b, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, allow);
	emit(b, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Jumps past the rule when it leaves something open. */
static size_t decide(struct buf *b, const struct rule *r)
{
	size_t jump;

	if (r->allow) {
		alu(b, BPF_AND, BPF_REG_3, ~r->access);
		emit(b, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_3, 0, 0, 0);
	} else {
		move(b, BPF_REG_0, BPF_REG_3);
		alu(b, BPF_AND, BPF_REG_0, r->access);
		emit(b, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 0, 0);
	}
	jump = here(b) - 1;
	return jump;
}

static void add_rule(struct buf *b, const struct rule *r)
{
	size_t jumps[4], n = match(b, r, jumps);

	if (r->access != ALL_ACCESS)
		jumps[n++] = decide(b, r);
	finish(b, r->allow);
	for (size_t i = 0; i < n && !b->failed; i++)
		((struct bpf_insn *)(void *)b->data)[jumps[i]].off =
			(int16_t)(here(b) - jumps[i] - 1);
}

static bool read_rule(const uint32_t *w, struct rule *r)
{
	*r = (struct rule){.type = w[0] & PLAN_DEVICE_BOTH,
			   .allow = w[0] & PLAN_DEVICE_ALLOW,
			   .major = w[1],
			   .minor = w[2],
			   .access = w[3]};
	return r->type && w[0] <= (PLAN_DEVICE_BOTH | PLAN_DEVICE_ALLOW) && r->access &&
	       r->access <= ALL_ACCESS && (r->major <= NUMBER_MAX || r->major == PLAN_DEVICE_ANY) &&
	       (r->minor <= NUMBER_MAX || r->minor == PLAN_DEVICE_ANY);
}

/* Nothing before it matters. */
static bool is_final(const struct rule *r)
{
	return r->type == PLAN_DEVICE_BOTH && r->major == PLAN_DEVICE_ANY &&
	       r->minor == PLAN_DEVICE_ANY && r->access == ALL_ACCESS;
}

int cgroup_bpf_build(const uint32_t *rules, uint32_t nwords, struct buf *ret)
{
	struct rule r = {0};

	if (nwords % PLAN_DEVICE_RULE_WORDS)
		return -EINVAL;
	load_context(ret);
	for (uint32_t at = nwords; at; at -= PLAN_DEVICE_RULE_WORDS) {
		if (!read_rule(rules + at - PLAN_DEVICE_RULE_WORDS, &r))
			return -EINVAL;
		add_rule(ret, &r);
		if (is_final(&r)) /* code that nothing reaches is refused by the verifier */
			return ret->failed ? -ENOMEM : 0;
	}
	finish(ret, true);
	return ret->failed ? -ENOMEM : 0;
}
