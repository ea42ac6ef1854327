/* SPDX-License-Identifier: Apache-2.0 */
/* Seccomp profiles as programs: each one is run by a small machine, for calls of any architecture.
 */
#include "runtime/filter.h"
#include "tap.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>

#define X32 0x40000000

static struct buf program;
static struct hz_error error = HZ_ERROR_INIT;

static bool jumps(uint16_t code, uint32_t a, uint32_t k)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ: return a == k;
	case BPF_JGT: return a > k;
	case BPF_JGE: return a >= k;
	default: return a & k;
	}
}

/* What the kernel would answer; 0xdead for what no filter of libseccomp has. */
static uint32_t run(const struct seccomp_data *d)
{
	const struct sock_filter *f = (const struct sock_filter *)(const void *)program.data;
	size_t n = program.len / sizeof(*f);
	uint32_t a = 0;

	for (size_t i = 0; i < n; i++) {
		switch (f[i].code) {
		case BPF_LD | BPF_W | BPF_ABS: memcpy(&a, (const char *)d + f[i].k, 4); break;
		case BPF_ALU | BPF_AND | BPF_K: a &= f[i].k; break;
		case BPF_JMP | BPF_JA: i += f[i].k; break;
		case BPF_RET | BPF_K: return f[i].k;
		default:
			if (BPF_CLASS(f[i].code) != BPF_JMP)
				return 0xdead;
			i += jumps(f[i].code, a, f[i].k) ? f[i].jt : f[i].jf;
		}
	}
	return 0xdead;
}

static uint32_t call(uint32_t arch, int nr, uint64_t arg0, uint64_t arg1)
{
	const struct seccomp_data d = {.nr = nr, .arch = arch, .args = {arg0, arg1}};

	return run(&d);
}

/* The profile @json (with ' for "); -1 and `error` when it is refused. */
static int build(const char *json, bool strict)
{
	char text[4096];
	struct arena a = ARENA_INIT;
	struct oci_config *c;
	int r;

	snprintf(text, sizeof(text),
		 "{'ociVersion':'1.0.0','root':{'path':'r'},'linux':{'seccomp':%s}}", json);
	for (char *p = text; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	buf_done(&program);
	hz_error_clear(&error);
	r = oci_config_decode(&a, text, strlen(text), "config.json", &c, &error);
	if (!r)
		r = filter_build(c->linux_->seccomp, strict, &program, &error);
	arena_done(&a);
	return r;
}

#define ALLOW    SECCOMP_RET_ALLOW
#define ERR(e)   (SECCOMP_RET_ERRNO | (e))
#define NATIVE   seccomp_arch_native()
#define NR(name) seccomp_syscall_resolve_name(name)

static void test_actions(void)
{
	static const struct {
		const char *name;
		uint32_t answer;
	} rows[] = {
		{"KILL", SECCOMP_RET_KILL_THREAD},
		{"KILL_THREAD", SECCOMP_RET_KILL_THREAD},
		{"KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
		{"TRAP", SECCOMP_RET_TRAP},
		{"ERRNO", ERR(EPERM)},
		{"TRACE", SECCOMP_RET_TRACE | EPERM},
		{"LOG", SECCOMP_RET_LOG},
		{"NOTIFY", SECCOMP_RET_USER_NOTIF},
	};
	char text[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text),
			 "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['getpid'],"
			 "'action':'SCMP_ACT_%s'}]}",
			 rows[i].name);
		ok(!build(text, false) && call(NATIVE, NR("getpid"), 0, 0) == rows[i].answer,
		   "action %s", rows[i].name);
		ok(call(NATIVE, NR("getuid"), 0, 0) == ALLOW, "%s for one call", rows[i].name);
	}
	build("{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':38,'syscalls':[{'names':"
	      "['getpid'],'action':'SCMP_ACT_ERRNO','errnoRet':0},{'names':['getuid'],'action':"
	      "'SCMP_ACT_TRACE','errnoRet':7}]}",
	      false);
	is_int(call(NATIVE, NR("getpid"), 0, 0), ERR(0), "errnoRet 0");
	is_int(call(NATIVE, NR("getuid"), 0, 0), SECCOMP_RET_TRACE | 7, "errnoRet of TRACE");
	is_int(call(NATIVE, NR("getgid"), 0, 0), ERR(38), "defaultErrnoRet");
}

static void test_operators(void)
{
	static const struct {
		const char *op;
		uint64_t no, yes;
	} rows[] = {
		{"NE", 0x500000005, 0x500000004}, {"LT", 0x500000005, 0x400000009},
		{"LE", 0x500000006, 0x500000005}, {"EQ", 0x400000005, 0x500000005},
		{"GE", 0x500000004, 0x500000005}, {"GT", 0x500000005, 0x600000000},
	};
	char text[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text),
			 "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['getpid'],"
			 "'action':'SCMP_ACT_ERRNO','args':[{'index':1,'value':21474836485,"
			 "'op':'SCMP_CMP_%s'}]}]}",
			 rows[i].op);
		ok(!build(text, false) &&
			   call(NATIVE, NR("getpid"), 0, rows[i].yes) == ERR(EPERM) &&
			   call(NATIVE, NR("getpid"), 0, rows[i].no) == ALLOW,
		   "operator %s, 64 bits", rows[i].op);
	}
	build("{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['getpid'],'action':"
	      "'SCMP_ACT_ERRNO','args':[{'index':0,'value':240,'valueTwo':32,"
	      "'op':'SCMP_CMP_MASKED_EQ'}]}]}",
	      false);
	ok(call(NATIVE, NR("getpid"), 0x12f, 0) == ERR(EPERM) &&
		   call(NATIVE, NR("getpid"), 0x13f, 0) == ALLOW,
	   "operator MASKED_EQ");
	build("{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['getpid'],'action':"
	      "'SCMP_ACT_ERRNO','args':[{'index':0,'value':1,'op':'SCMP_CMP_EQ'},"
	      "{'index':1,'value':2,'op':'SCMP_CMP_EQ'}]}]}",
	      false);
	ok(call(NATIVE, NR("getpid"), 1, 2) == ERR(EPERM) &&
		   call(NATIVE, NR("getpid"), 1, 3) == ALLOW &&
		   call(NATIVE, NR("getpid"), 0, 2) == ALLOW,
	   "two arguments: both have to be so");
	build("{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['getpid'],'action':"
	      "'SCMP_ACT_ERRNO','args':[{'index':0,'value':1,'op':'SCMP_CMP_EQ'},"
	      "{'index':0,'value':2,'op':'SCMP_CMP_EQ'}]}]}",
	      false);
	ok(call(NATIVE, NR("getpid"), 1, 0) == ERR(EPERM) &&
		   call(NATIVE, NR("getpid"), 2, 0) == ERR(EPERM) &&
		   call(NATIVE, NR("getpid"), 3, 0) == ALLOW,
	   "the same argument twice: either");
}

/* pidfd_open has the highest number of those that are named, with all architectures. */
#define PROFILE(action)                                                                        \
	"{'defaultAction':'SCMP_ACT_" action "','architectures':['SCMP_ARCH_X86_64',"          \
	"'SCMP_ARCH_X86','SCMP_ARCH_X32','SCMP_ARCH_AARCH64'],'syscalls':[{'names':"           \
	"['read','no_such_call','statx'],'action':'SCMP_ACT_ALLOW'},{'names':['pidfd_open'],'" \
	"action':"                                                                             \
	"'SCMP_ACT_KILL'}]}"

static void test_new_calls(void)
{
	static const struct {
		const char *name;
		uint32_t arch, audit;
	} rows[] = {{"x86_64", SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64},
		    {"x86", SCMP_ARCH_X86, AUDIT_ARCH_I386},
		    {"x32", SCMP_ARCH_X32, AUDIT_ARCH_X86_64},
		    {"aarch64", SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64}};

	ok(!build(PROFILE("ERRNO"), false), "a profile for four architectures");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int last = seccomp_syscall_resolve_name_arch(rows[i].arch, "pidfd_open");
		int read = seccomp_syscall_resolve_name_arch(rows[i].arch, "read");

		ok(call(rows[i].audit, read, 0, 0) == ALLOW, "%s: a call of it", rows[i].name);
		ok(call(rows[i].audit, last, 0, 0) == SECCOMP_RET_KILL_THREAD,
		   "%s: the highest number", rows[i].name);
		is_int(call(rows[i].audit, last - 1, 0, 0), ERR(EPERM), "one below");
		is_int(call(rows[i].audit, last + 1, 0, 0), ERR(ENOSYS), "one above");
	}
	is_int(call(AUDIT_ARCH_PPC64LE, 1, 0, 0), SECCOMP_RET_KILL_THREAD,
	       "an architecture that is not of the profile");
	build(PROFILE("KILL_PROCESS"), false);
	is_int(call(AUDIT_ARCH_X86_64, 100000, 0, 0), ERR(ENOSYS), "for KILL as well");
	build(PROFILE("LOG"), false);
	is_int(call(AUDIT_ARCH_X86_64, 100000, 0, 0), SECCOMP_RET_LOG, "not where all is allowed");
	build(PROFILE("TRACE"), false);
	is_int(call(AUDIT_ARCH_X86_64, 100000, 0, 0), SECCOMP_RET_TRACE | EPERM,
	       "nor where a tracer answers");
	build("{'defaultAction':'SCMP_ACT_ERRNO','syscalls':[]}", false);
	is_int(call(NATIVE, 100000, 0, 0), ERR(EPERM), "nor in a profile that names no call");
	build("{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86_64'],'syscalls':"
	      "[{'names':['read'],'action':'SCMP_ACT_ALLOW'}]}",
	      false);
	is_int(call(AUDIT_ARCH_X86_64, X32 | 5000, 0, 0), SECCOMP_RET_KILL_THREAD,
	       "x32 when it is not of the profile");
}

static void test_refused(void)
{
	ok(!build("{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_MIPS',"
		  "'SCMP_ARCH_S390X','SCMP_ARCH_PPC64LE','SCMP_ARCH_RISCV64']}",
		  false),
	   "architectures of any byte order");
	ok(build("{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86_64',"
		 "'SCMP_ARCH_SHEB']}",
		 false) == 0 ||
		   (error.code == HZ_E_UNSUPPORTED && strstr(error.msg, "libseccomp") &&
		    !strcmp(error.pointer, "/linux/seccomp/architectures/1")),
	   "an architecture that this libseccomp does not know is named");
	is_int(build(PROFILE("ERRNO"), true), -1, "strict: an unknown call is an error");
	is_str(error.pointer, "/linux/seccomp/syscalls/0/names/1", "strict: which");
}

int main(void)
{
	test_actions();
	test_operators();
	test_new_calls();
	test_refused();
	buf_done(&program);
	hz_error_clear(&error);
	return done_testing();
}
