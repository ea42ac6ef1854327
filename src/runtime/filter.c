/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp profile as a BPF program, by libseccomp. Syscall names that this libseccomp does not
 * know are skipped, as every runtime does: profiles are written for newer kernels too. The program
 * is exported to memory by way of a memfd, because seccomp_export_bpf_mem() is newer (2.6) than
 * what distributions have.
 */
#include "runtime/filter.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "plan/compile.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/syscall.h>

struct work {
	const struct oci_seccomp *s;
	bool strict; /* an unknown name is an error */
	scmp_filter_ctx ctx;
	uint32_t default_action;
	uint32_t archs[FILTER_ARCHS_MAX];
	size_t narchs;
};

static uint32_t action_value(int action, const struct oci_u32 *errno_ret)
{
	uint32_t num = errno_ret->set ? errno_ret->v & 0xffff : EPERM;

	switch ((enum oci_seccomp_action)action) {
	case OCI_ACT_KILL:
	case OCI_ACT_KILL_THREAD: return SCMP_ACT_KILL_THREAD;
	case OCI_ACT_KILL_PROCESS: return SCMP_ACT_KILL_PROCESS;
	case OCI_ACT_TRAP: return SCMP_ACT_TRAP;
	case OCI_ACT_ERRNO: return SCMP_ACT_ERRNO(num);
	case OCI_ACT_TRACE: return SCMP_ACT_TRACE(num);
	case OCI_ACT_ALLOW: return SCMP_ACT_ALLOW;
	case OCI_ACT_LOG: return SCMP_ACT_LOG;
	case OCI_ACT_NOTIFY: return SCMP_ACT_NOTIFY;
	}
	return SCMP_ACT_KILL_PROCESS;
}

static enum scmp_compare op_value(int op)
{
	switch ((enum oci_seccomp_op)op) {
	case OCI_CMP_NE: return SCMP_CMP_NE;
	case OCI_CMP_LT: return SCMP_CMP_LT;
	case OCI_CMP_LE: return SCMP_CMP_LE;
	case OCI_CMP_EQ: return SCMP_CMP_EQ;
	case OCI_CMP_GE: return SCMP_CMP_GE;
	case OCI_CMP_GT: return SCMP_CMP_GT;
	case OCI_CMP_MASKED_EQ: break;
	}
	return SCMP_CMP_MASKED_EQ;
}

/* "SCMP_ARCH_X86_64" is "x86_64" to libseccomp; 0: it does not know it. */
static uint32_t find_arch(const char *name)
{
	char lower[32] = "";
	size_t n = 0;

	for (const char *p = name + strlen("SCMP_ARCH_"); *p && n < sizeof(lower) - 1; p++)
		lower[n++] = (char)(*p >= 'A' && *p <= 'Z' ? *p + 'a' - 'A' : *p);
	return seccomp_arch_resolve_name(lower);
}

static int add_archs(struct work *w, struct hz_error *err)
{
	const struct oci_strings *names = &w->s->architectures;

	w->archs[w->narchs++] = seccomp_arch_native(); /* libseccomp adds it by itself */
	for (size_t i = 0; i < names->n; i++) {
		uint32_t arch = find_arch(names->items[i]);
		int r = arch ? seccomp_arch_add(w->ctx, arch) : -EINVAL;
		const struct scmp_version *v = seccomp_version();
		char pointer[64];

		/* EDOM: of the other byte order, so no program of it can run here */
		if (r == -EEXIST || r == -EDOM)
			continue;
		if (!r && w->narchs < FILTER_ARCHS_MAX)
			w->archs[w->narchs++] = arch;
		if (!r)
			continue;
		snprintf(pointer, sizeof(pointer), "/linux/seccomp/architectures/%zu", i);
		if (arch)
			error_sys(err, -r, "seccomp_arch_add", names->items[i],
				  "seccomp: add architecture %s", names->items[i]);
		else
			error_set(err, HZ_E_UNSUPPORTED,
				  "seccomp architecture %s is not known to libseccomp %u.%u.%u",
				  names->items[i], v->major, v->minor, v->micro);
		return error_pointer(err, pointer);
	}
	return 0;
}

/*
 * Conditions on the same argument twice cannot be in one rule of libseccomp: as runc does, each
 * becomes a rule of its own then.
 */
static bool repeats_argument(const struct oci_seccomp_args *args)
{
	unsigned seen = 0;

	for (size_t i = 0; i < args->n; i++) {
		unsigned bit = 1u << (args->items[i].index.v & 7);

		if (seen & bit)
			return true;
		seen |= bit;
	}
	return false;
}

static struct scmp_arg_cmp compare(const struct oci_seccomp_arg *a)
{
	struct scmp_arg_cmp c = {.arg = a->index.v,
				 .op = op_value(a->op.v),
				 .datum_a = a->value.v,
				 .datum_b = a->value_two.v};

	return c;
}

static int add_syscall(scmp_filter_ctx ctx, const struct oci_seccomp_rule *rule, uint32_t action,
		       int nr)
{
	struct scmp_arg_cmp cmp[6];
	int r = 0;

	if (!rule->args.n)
		return seccomp_rule_add_array(ctx, action, nr, 0, NULL);
	if (repeats_argument(&rule->args)) {
		for (size_t i = 0; i < rule->args.n && !r; i++) {
			cmp[0] = compare(&rule->args.items[i]);
			r = seccomp_rule_add_array(ctx, action, nr, 1, cmp);
		}
		return r;
	}
	for (size_t i = 0; i < rule->args.n; i++)
		cmp[i] = compare(&rule->args.items[i]);
	return seccomp_rule_add_array(ctx, action, nr, (unsigned)rule->args.n, cmp);
}

static int unknown_call(const char *name, size_t i, size_t k, struct hz_error *err)
{
	char pointer[80];

	error_set(err, HZ_E_CONFIG, "seccomp: system call \"%s\" is not known to libseccomp", name);
	snprintf(pointer, sizeof(pointer), "/linux/seccomp/syscalls/%zu/names/%zu", i, k);
	error_hint(err, "annotation run.oci.seccomp_fail_unknown_syscall makes this an error");
	return error_pointer(err, pointer);
}

static int add_rule(struct work *w, size_t i, struct hz_error *err)
{
	const struct oci_seccomp_rule *rule = &w->s->syscalls.items[i];
	uint32_t action = action_value(rule->action.v, &rule->errno_ret);
	char pointer[64];

	for (size_t k = 0; k < rule->names.n; k++) {
		const char *name = rule->names.items[k];
		int nr = seccomp_syscall_resolve_name(name), r;

		if (nr == __NR_SCMP_ERROR && w->strict)
			return unknown_call(name, i, k, err);
		/* libseccomp refuses rules that change nothing */
		if (nr == __NR_SCMP_ERROR || action == w->default_action)
			continue;
		r = add_syscall(w->ctx, rule, action, nr);
		if (!r || r == -EEXIST)
			continue;
		error_sys(err, -r, "seccomp_rule_add", name, "seccomp: add a rule for %s", name);
		snprintf(pointer, sizeof(pointer), "/linux/seccomp/syscalls/%zu", i);
		return error_pointer(err, pointer);
	}
	return 0;
}

static int export_filter(struct work *w, struct buf *out, struct hz_error *err)
{
	_cleanup_fd_ int fd = fd_memory("seccomp");
	int r;

	if (fd < 0)
		return error_sys(err, -fd, "memfd_create", "seccomp", "seccomp: export the filter");
	errno = 0;
	r = seccomp_export_bpf(w->ctx, fd);
	if (r == -ECANCELED && errno) /* how libseccomp says that a system call failed */
		r = -errno;
	if (!r && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r)
		return error_sys(err, -r, "seccomp_export_bpf", "seccomp",
				 "seccomp: export the filter");
	filter_put_enosys(w->s, w->archs, w->narchs, out);
	r = fd_read_all(fd, out, FILTER_SIZE_MAX);
	if (r == -EFBIG)
		return error_set(err, HZ_E_UNSUPPORTED,
				 "seccomp: the filter has more than the %d instructions that the "
				 "kernel takes",
				 BPF_MAXINSNS);
	return r ? error_sys(err, -r, "read", "seccomp", "seccomp: export the filter") : 0;
}

/* The kernel says EFAULT about the missing program only after it has understood the flags. */
static int check_flags(const struct oci_seccomp *s, struct hz_error *err)
{
	for (size_t i = 0; i < s->flags.n; i++) {
		char pointer[48];

		if (s->flags.items[i] != OCI_FLAG_WAIT_KILLABLE_RECV)
			continue; /* the others are older than any kernel that hezi runs on */
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			NULL);
		if (errno != EINVAL)
			continue;
		snprintf(pointer, sizeof(pointer), "/linux/seccomp/flags/%zu", i);
		error_set(err, HZ_E_UNSUPPORTED,
			  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is not known to this kernel: it "
			  "needs Linux 5.19");
		return error_pointer(err, pointer);
	}
	return 0;
}

static void work_done(struct work *w)
{
	if (w->ctx)
		seccomp_release(w->ctx);
}

int filter_build(const struct oci_seccomp *s, bool strict, struct buf *out, struct hz_error *err)
{
	uint32_t action = action_value(s->default_action.v, &s->default_errno_ret);
	_cleanup_(work_done) struct work w = {
		.s = s, .strict = strict, .default_action = action, .ctx = seccomp_init(action)};
	int r;

	if (!w.ctx)
		return error_set(
			err, HZ_E_SYSTEM,
			"seccomp: libseccomp cannot make a filter with this default action");
	/* init sets no_new_privs itself where the config asks for it; a tree is shorter on the way
	 * to rare calls */
	r = seccomp_attr_set(w.ctx, SCMP_FLTATR_CTL_NNP, 0);
	if (!r)
		r = seccomp_attr_set(w.ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r)
		return error_sys(err, -r, "seccomp_attr_set", "seccomp",
				 "seccomp: set up the filter");
	if (add_archs(&w, err))
		return -1;
	for (size_t i = 0; i < s->syscalls.n; i++)
		if (add_rule(&w, i, err))
			return -1;
	return export_filter(&w, out, err);
}

int filter_get(const struct oci_config *config, void **ret, size_t *ret_len, struct hz_error *err)
{
	const struct oci_seccomp *s = config->linux_ ? config->linux_->seccomp : NULL;
	const char *strict = plan_annotation(config, "run.oci.seccomp_fail_unknown_syscall");
	bool is_strict = strict && *strict && strcmp(strict, "0") != 0;
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct filter_key key;

	*ret = NULL;
	if (!s || !config->process)
		return 0;
	if (check_flags(s, err))
		return -1;
	filter_cache_key(s, is_strict, &key);
	if (!filter_cache_read(&key, &out)) {
		if (filter_build(s, is_strict, &out, err))
			return -1;
		if (out.failed)
			return error_oom(err);
		filter_cache_write(&key, &out);
	}
	*ret_len = out.len;
	*ret = TAKE_PTR(out.data);
	return 0;
}
