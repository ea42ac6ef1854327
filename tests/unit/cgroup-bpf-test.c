/* SPDX-License-Identifier: Apache-2.0 */
/* Device rules as a program: what it decides, by an interpreter of the few instructions it has. */
#include "cgroup/internal.h"
#include "tap.h"

#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#define B   PLAN_DEVICE_BLOCK
#define C   PLAN_DEVICE_CHAR
#define A   PLAN_DEVICE_BOTH
#define M   PLAN_DEVICE_MKNOD
#define R   PLAN_DEVICE_READ
#define W   PLAN_DEVICE_WRITE
#define RWM (R | W | M)
#define YES PLAN_DEVICE_ALLOW
#define NO  0
#define ANY PLAN_DEVICE_ANY

#define STEPS_MAX 100000

static int64_t operand(const struct bpf_insn *i, const uint64_t *r)
{
	return BPF_SRC(i->code) == BPF_X ? (int64_t)r[i->src_reg] : i->imm;
}

static bool do_alu(const struct bpf_insn *i, uint64_t *r)
{
	uint64_t v = (uint64_t)operand(i, r), *d = &r[i->dst_reg];

	switch (BPF_OP(i->code)) {
	case BPF_MOV: *d = v; return true;
	case BPF_AND: *d &= v; return true;
	case BPF_OR: *d |= v; return true;
	case BPF_LSH: *d <<= v; return true;
	case BPF_RSH: *d >>= v; return true;
	default: return false;
	}
}

/* 1 jump, 0 go on, -1 not known */
static int do_jump(const struct bpf_insn *i, const uint64_t *r)
{
	uint64_t v = (uint64_t)operand(i, r);

	switch (BPF_OP(i->code)) {
	case BPF_JEQ: return r[i->dst_reg] == v;
	case BPF_JNE: return r[i->dst_reg] != v;
	default: return -1;
	}
}

/* Result of the program; -1: it does what no sound program does. */
static int run(const struct bpf_insn *code, size_t n, const struct bpf_cgroup_dev_ctx *ctx)
{
	uint64_t r[11] = {0};
	size_t at = 0;

	for (unsigned steps = 0; at < n && steps < STEPS_MAX; steps++, at++) {
		const struct bpf_insn *i = &code[at];
		int jump = 0;

		if (i->code == (BPF_JMP | BPF_EXIT))
			return r[0] <= 1 ? (int)r[0] : -1;
		if (i->code == (BPF_LDX | BPF_MEM | BPF_W) && i->src_reg == BPF_REG_1)
			r[i->dst_reg] =
				*(const uint32_t *)(const void *)((const char *)ctx + i->off);
		else if (i->code == (BPF_LD | BPF_DW | BPF_IMM) && at + 1 < n)
			r[i->dst_reg] = (uint32_t)i->imm | (uint64_t)(uint32_t)code[++at].imm << 32;
		else if (BPF_CLASS(i->code) == BPF_ALU64 && do_alu(i, r))
			jump = 0;
		else if (BPF_CLASS(i->code) == BPF_JMP)
			jump = do_jump(i, r);
		else
			return -1;
		if (jump < 0)
			return -1;
		at += jump ? (size_t)i->off : 0;
	}
	return -1;
}

/* Every instruction can be reached, and jumps stay inside: the verifier refuses all else. */
static bool is_sound(const struct bpf_insn *code, size_t n)
{
	bool *reached = calloc(n + 2, sizeof(*reached)), sound = true;

	reached[0] = true;
	for (size_t at = 0; at < n && sound; at++) {
		const struct bpf_insn *i = &code[at];

		sound = reached[at];
		if (i->code == (BPF_JMP | BPF_EXIT))
			continue;
		if (i->code == (BPF_LD | BPF_DW | BPF_IMM))
			reached[++at] = true;
		reached[at + 1] = true;
		if (BPF_CLASS(i->code) == BPF_JMP) {
			sound &= i->off >= 0 && at + 1 + (size_t)i->off < n;
			if (sound)
				reached[at + 1 + (size_t)i->off] = true;
		}
	}
	sound &= !reached[n];
	free(reached);
	return sound;
}

static int decide(const uint32_t *rules, uint32_t n, uint32_t type, uint32_t major, uint32_t minor,
		  uint32_t access)
{
	const struct bpf_cgroup_dev_ctx ctx = {access << 16 | type, major, minor};
	_cleanup_buf_ struct buf b = BUF_INIT;
	const struct bpf_insn *code;
	size_t len;

	if (cgroup_bpf_build(rules, n * PLAN_DEVICE_RULE_WORDS, &b))
		return -2;
	code = (const void *)b.data;
	len = b.len / sizeof(*code);
	return is_sound(code, len) ? run(code, len, &ctx) : -3;
}

/* The meaning, without a program: for each kind of access the last rule that fits. */
static int reference(const uint32_t *rules, uint32_t n, uint32_t type, uint32_t major,
		     uint32_t minor, uint32_t access)
{
	for (uint32_t bit = M; bit <= W; bit <<= 1)
		for (uint32_t i = n; (access & bit) && i--;) {
			const uint32_t *r = rules + i * PLAN_DEVICE_RULE_WORDS;

			if (!(r[0] & type) || (r[1] != ANY && r[1] != major) ||
			    (r[2] != ANY && r[2] != minor) || !(r[3] & bit))
				continue;
			if (!(r[0] & YES))
				return 0;
			break;
		}
	return 1;
}

static const struct {
	const char *what;
	uint32_t rules[6][4], n;
	uint32_t type, major, minor, access;
	int want;
} cases[] = {
	{"no rule", {{0}}, 0, C, 1, 3, RWM, 1},
	{"deny all", {{A | NO, ANY, ANY, RWM}}, 1, C, 1, 3, R, 0},
	{"deny all, block", {{A | NO, ANY, ANY, RWM}}, 1, B, 8, 0, M, 0},
	{"allow all after deny all",
	 {{A | NO, ANY, ANY, RWM}, {A | YES, ANY, ANY, RWM}},
	 2,
	 B,
	 8,
	 0,
	 RWM,
	 1},
	{"the last one wins",
	 {{A | YES, ANY, ANY, RWM}, {A | NO, ANY, ANY, RWM}},
	 2,
	 C,
	 1,
	 3,
	 R,
	 0},
	{"one device", {{A | NO, ANY, ANY, RWM}, {C | YES, 1, 3, RWM}}, 2, C, 1, 3, R | W, 1},
	{"its neighbour", {{A | NO, ANY, ANY, RWM}, {C | YES, 1, 3, RWM}}, 2, C, 1, 4, R, 0},
	{"same number, block", {{A | NO, ANY, ANY, RWM}, {C | YES, 1, 3, RWM}}, 2, B, 1, 3, R, 0},
	{"other major", {{A | NO, ANY, ANY, RWM}, {C | YES, 1, 3, RWM}}, 2, C, 3, 1, R, 0},
	{"wildcard minor",
	 {{A | NO, ANY, ANY, RWM}, {C | YES, 136, ANY, RWM}},
	 2,
	 C,
	 136,
	 77,
	 R,
	 1},
	{"wildcard minor, other major",
	 {{A | NO, ANY, ANY, RWM}, {C | YES, 136, ANY, RWM}},
	 2,
	 C,
	 137,
	 77,
	 R,
	 0},
	{"wildcard major", {{A | NO, ANY, ANY, RWM}, {C | YES, ANY, 3, RWM}}, 2, C, 9, 3, R, 1},
	{"wildcard major, other minor",
	 {{A | NO, ANY, ANY, RWM}, {C | YES, ANY, 3, RWM}},
	 2,
	 C,
	 9,
	 4,
	 R,
	 0},
	{"both types", {{A | NO, ANY, ANY, RWM}, {A | YES, 7, 1, RWM}}, 2, B, 7, 1, W, 1},
	{"read only", {{A | NO, ANY, ANY, RWM}, {C | YES, 5, 1, R}}, 2, C, 5, 1, R, 1},
	{"read only: read and write",
	 {{A | NO, ANY, ANY, RWM}, {C | YES, 5, 1, R}},
	 2,
	 C,
	 5,
	 1,
	 R | W,
	 0},
	{"two halves make a whole",
	 {{A | NO, ANY, ANY, RWM}, {C | YES, 5, 1, R}, {C | YES, 5, 1, W}},
	 3,
	 C,
	 5,
	 1,
	 R | W,
	 1},
	{"mknod of any", {{A | NO, ANY, ANY, RWM}, {C | YES, ANY, ANY, M}}, 2, C, 240, 0, M, 1},
	{"mknod of any is not read",
	 {{A | NO, ANY, ANY, RWM}, {C | YES, ANY, ANY, M}},
	 2,
	 C,
	 240,
	 0,
	 R,
	 0},
	{"deny one of all", {{C | NO, 10, 200, RWM}}, 1, C, 10, 200, M, 0},
	{"the others of all", {{C | NO, 10, 200, RWM}}, 1, C, 10, 229, RWM, 1},
	{"deny writing", {{C | NO, 10, 200, W}}, 1, C, 10, 200, R, 1},
	{"deny writing: read and write", {{C | NO, 10, 200, W}}, 1, C, 10, 200, R | W, 0},
	{"largest numbers",
	 {{A | NO, ANY, ANY, RWM}, {C | YES, 0xfffff, 0xfffff, RWM}},
	 2,
	 C,
	 0xfffff,
	 0xfffff,
	 R,
	 1},
	{"type of rule is unknown", {{8, 1, 1, R}}, 1, C, 1, 1, R, -2},
	{"no access", {{A | NO, 1, 1, 0}}, 1, C, 1, 1, R, -2},
};

/* Small numbers, so that rules and accesses meet. */
static uint32_t pick(const uint32_t *list, size_t n)
{
	return list[(size_t)random() % n];
}

static void test_random(void)
{
	static const uint32_t types[] = {B, C, A}, numbers[] = {0, 1, 2, ANY, ANY};
	unsigned bad = 0;

	srandom(1);
	for (unsigned round = 0; round < 3000; round++) {
		uint32_t rules[12 * 4], n = (uint32_t)random() % 13;
		uint32_t type = random() % 2 ? B : C, major = (uint32_t)random() % 3,
			 minor = (uint32_t)random() % 3, access = 1 + (uint32_t)random() % 7;

		for (uint32_t i = 0; i < n; i++) {
			rules[i * 4] = pick(types, 3) | (random() % 2 ? YES : NO);
			rules[i * 4 + 1] = pick(numbers, 5);
			rules[i * 4 + 2] = pick(numbers, 5);
			rules[i * 4 + 3] = 1 + (uint32_t)random() % 7;
		}
		bad += decide(rules, n, type, major, minor, access) !=
		       reference(rules, n, type, major, minor, access);
	}
	is_int(bad, 0, "3000 random lists decide as their rules say");
}

static void test_many(void)
{
	enum {
		N = 16384
	};
	uint32_t *rules = calloc(N, 4 * sizeof(*rules));

	rules[0] = A | NO, rules[1] = rules[2] = ANY, rules[3] = RWM;
	for (uint32_t i = 1; i < N; i++) {
		rules[i * 4] = B | YES;
		rules[i * 4 + 1] = 100;
		rules[i * 4 + 2] = i;
		rules[i * 4 + 3] = RWM;
	}
	is_int(decide(rules, N, B, 100, 1, R), 1, "the first of many rules");
	is_int(decide(rules, N, B, 100, N, R), 0, "behind the last of many rules");
	free(rules);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_int(decide(cases[i].rules[0], cases[i].n, cases[i].type, cases[i].major,
			      cases[i].minor, cases[i].access),
		       cases[i].want, "%s", cases[i].what);
	test_random();
	test_many();
	return done_testing();
}
