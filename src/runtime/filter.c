/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp profile as a BPF program, by libseccomp. Syscall names that this libseccomp does not
 * know are skipped, as every runtime does: profiles are written for newer kernels too. The program
 * is exported to memory by way of a memfd, because seccomp_export_bpf_mem() is newer (2.6) than
 * what distributions have.
 */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

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

static int add_archs(scmp_filter_ctx ctx, const struct oci_seccomp *s, struct hz_error *err)
{
	for (size_t i = 0; i < s->architectures.n; i++) {
		const char *name = s->architectures.items[i];
		char lower[32] = "";
		uint32_t arch;
		int r;

		for (size_t k = 0; k < sizeof(lower) - 1 && name[10] && name[10 + k]; k++)
			lower[k] =
				(char)(name[10 + k] |
				       ((name[10 + k] >= 'A' && name[10 + k] <= 'Z') ? 0x20 : 0));
		arch = seccomp_arch_resolve_name(lower); /* "SCMP_ARCH_X86_64" -> "x86_64" */
		if (!arch) {
			error_set(err, HZ_E_UNSUPPORTED,
				  "seccomp architecture %s is not known to libseccomp %d.%d.%d",
				  name, seccomp_version()->major, seccomp_version()->minor,
				  seccomp_version()->micro);
			return error_pointer(err, "/linux/seccomp/architectures");
		}
		r = seccomp_arch_add(ctx, arch);
		if (r && r != -EEXIST)
			return error_sys(err, -r, "seccomp_arch_add", name,
					 "seccomp: add architecture %s", name);
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

static int add_rules(scmp_filter_ctx ctx, const struct oci_seccomp *s, uint32_t default_action,
		     struct hz_error *err)
{
	for (size_t i = 0; i < s->syscalls.n; i++) {
		const struct oci_seccomp_rule *rule = &s->syscalls.items[i];
		uint32_t action = action_value(rule->action.v, &rule->errno_ret);

		if (action == default_action)
			continue; /* libseccomp refuses rules that change nothing */
		for (size_t k = 0; k < rule->names.n; k++) {
			const char *name = rule->names.items[k];
			int nr = seccomp_syscall_resolve_name(name), r;
			char pointer[64];

			if (nr == __NR_SCMP_ERROR)
				continue;
			r = add_syscall(ctx, rule, action, nr);
			if (!r || r == -EEXIST)
				continue;
			error_sys(err, -r, "seccomp_rule_add", name, "seccomp: add a rule for %s",
				  name);
			snprintf(pointer, sizeof(pointer), "/linux/seccomp/syscalls/%zu", i);
			return error_pointer(err, pointer);
		}
	}
	return 0;
}

static int export_filter(scmp_filter_ctx ctx, void **ret, size_t *ret_len, struct hz_error *err)
{
	_cleanup_fd_ int fd = fd_memory("seccomp");
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r;

	if (fd < 0)
		return error_sys(err, -fd, "memfd_create", "seccomp", "seccomp: export the filter");
	errno = 0;
	r = seccomp_export_bpf(ctx, fd);
	if (r == -ECANCELED && errno) /* how libseccomp says that a system call failed */
		r = -errno;
	if (!r && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (!r)
		r = fd_read_all(fd, &text, INIT_FILTER_MAX);
	if (r)
		return error_sys(err, -r, "seccomp_export_bpf", "seccomp",
				 "seccomp: export the filter");
	*ret_len = text.len;
	*ret = TAKE_PTR(text.data);
	return 0;
}

static void ctx_release(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}

int filter_build(const struct oci_seccomp *s, void **ret, size_t *ret_len, struct hz_error *err)
{
	uint32_t action = action_value(s->default_action.v, &s->default_errno_ret);
	_cleanup_(ctx_release) scmp_filter_ctx ctx = seccomp_init(action);
	int r;

	if (!ctx)
		return error_set(
			err, HZ_E_SYSTEM,
			"seccomp: libseccomp cannot make a filter with this default action");
	/* init sets no_new_privs itself where the config asks for it; a tree is shorter on the way
	 * to rare calls */
	r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);
	if (!r)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r)
		return error_sys(err, -r, "seccomp_attr_set", "seccomp",
				 "seccomp: set up the filter");
	if (add_archs(ctx, s, err) || add_rules(ctx, s, action, err))
		return -1;
	return export_filter(ctx, ret, ret_len, err);
}
