/* SPDX-License-Identifier: Apache-2.0 */
/* Loading a device filter and attaching it to a cgroup (bpf(2)). */
#include "base/cleanup.h"
#include "cgroup/internal.h"
#include "sys/raw.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#define NAME     "hezi_device" /* tells ours from a filter of systemd */
#define LOG_SIZE 65536
#define IDS_MAX  64 /* the kernel attaches 64 programs to a cgroup at most */

static int bpf(int cmd, union bpf_attr *attr)
{
	return (int)sys_call(__NR_bpf, cmd, attr, sizeof(*attr));
}

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static int load(const struct buf *program, char *log)
{
	union bpf_attr attr = {0};

	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.expected_attach_type = BPF_CGROUP_DEVICE;
	attr.insns = address(program->data);
	attr.insn_cnt = (uint32_t)(program->len / sizeof(struct bpf_insn));
	attr.license = address("Apache-2.0");
	memcpy(attr.prog_name, NAME, sizeof(NAME));
	if (log) {
		attr.log_buf = address(log);
		attr.log_size = LOG_SIZE;
		attr.log_level = 1;
	}
	return bpf(BPF_PROG_LOAD, &attr);
}

/* Once more, to hear from the verifier why; the end of what it says is what matters. */
static int load_failed(const struct buf *program, int r, struct hz_error *err)
{
	_cleanup_free_ char *log = NULL;
	size_t n;

	error_sys(err, -r, "bpf", "BPF_PROG_LOAD", "load the device filter");
	if (r == -EPERM || r == -EACCES)
		return error_hint(err, "bpf(2) needs CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, "
				       "in the initial user namespace; a seccomp filter around "
				       "the runtime may block it too");
	if (r == -ENOSYS)
		return error_hint(err, "bpf(2) is blocked by a seccomp filter around the runtime, "
				       "or this kernel has no CONFIG_BPF_SYSCALL");
	log = err ? calloc(1, LOG_SIZE) : NULL;
	if (!log)
		return -1;
	r = load(program, log);
	if (r >= 0)
		fd_close(r);
	log[LOG_SIZE - 1] = '\0';
	n = strlen(log);
	while (n && log[n - 1] == '\n')
		log[--n] = '\0';
	snprintf(err->kernel, sizeof(err->kernel), "%s",
		 n < sizeof(err->kernel) ? log : log + n - sizeof(err->kernel) + 1);
	return -1;
}

static bool is_ours(int prog)
{
	struct bpf_prog_info info = {0};
	union bpf_attr attr = {0};

	attr.info.bpf_fd = (uint32_t)prog;
	attr.info.info = address(&info);
	attr.info.info_len = sizeof(info);
	return !bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) && !strcmp(info.name, NAME);
}

/* The filter that an earlier call attached: descriptor, or -ENOENT. */
static int find_old(int dirfd)
{
	uint32_t ids[IDS_MAX] = {0};
	union bpf_attr attr = {0};
	int r;

	attr.query.target_fd = (uint32_t)dirfd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = address(ids);
	attr.query.prog_cnt = IDS_MAX;
	r = bpf(BPF_PROG_QUERY, &attr);
	if (r)
		return r;
	for (uint32_t i = 0; i < attr.query.prog_cnt && i < IDS_MAX; i++) {
		union bpf_attr by_id = {0};
		int fd;

		by_id.prog_id = ids[i];
		fd = bpf(BPF_PROG_GET_FD_BY_ID, &by_id);
		if (fd >= 0 && is_ours(fd))
			return fd;
		if (fd >= 0)
			fd_close(fd);
	}
	return -ENOENT;
}

static int attach(int dirfd, int prog, int old)
{
	union bpf_attr attr = {0};

	attr.target_fd = (uint32_t)dirfd;
	attr.attach_bpf_fd = (uint32_t)prog;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (old >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)old;
	}
	return bpf(BPF_PROG_ATTACH, &attr);
}

int cgroup_bpf_attach(int dirfd, const struct buf *program, bool fresh, struct hz_error *err)
{
	_cleanup_fd_ int prog = load(program, NULL), old = -1;
	int r;

	if (prog < 0)
		return load_failed(program, prog, err);
	old = fresh ? -ENOENT : find_old(dirfd);
	if (old < 0 && old != -ENOENT)
		return error_sys(err, -old, "bpf", "BPF_PROG_QUERY",
				 "look for the device filter of the container's cgroup");
	r = attach(dirfd, prog, old);
	if (!r)
		return 0;
	error_sys(err, -r, "bpf", "BPF_PROG_ATTACH",
		  "attach the device filter to the container's cgroup");
	if (r == -EPERM)
		error_hint(err, "a cgroup above has a filter that allows no others below it");
	return -1;
}

void cgroup_bpf_detach(int dirfd)
{
	_cleanup_fd_ int old = find_old(dirfd);
	union bpf_attr attr = {0};

	if (old < 0)
		return;
	attr.target_fd = (uint32_t)dirfd;
	attr.attach_bpf_fd = (uint32_t)old;
	attr.attach_type = BPF_CGROUP_DEVICE;
	(void)bpf(BPF_PROG_DETACH, &attr); /* it can only forbid too much */
}
