/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that the sandbox around hezi refuses. EPERM of a filter looks as EPERM of a missing
 * privilege does. So the call is made once more with arguments that the kernel rejects before it
 * looks at privileges (EBADF, EINVAL, EFAULT): the same errno as before is a filter's. Some calls
 * look at a capability first; for those hezi must have it.
 */
#include "base/blocked.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SUID                                                                             \
	"RestrictSUIDSGID= or DynamicUser= of a systemd service, or an older Docker or " \
	"systemd-nspawn"
#define NAMESPACES  "RestrictNamespaces= of a systemd service, or Docker's seccomp profile"
#define MOUNTS      "SystemCallFilter=~@mount of a systemd service, or Docker's seccomp profile"
#define HOSTNAME    "ProtectHostname= of a systemd service"
#define KEYS        "Docker's seccomp profile; --no-new-keyring does without the call"
#define PERSONALITY "LockPersonality= of a systemd service, or Docker's seccomp profile"
#define REALTIME    "RestrictRealtime= of a systemd service, or Docker's seccomp profile"
#define FAMILIES    "RestrictAddressFamilies= of a systemd service: hezi needs AF_UNIX and AF_NETLINK"
#define OLD         "an older Docker, libseccomp or systemd-nspawn, which does not know the call"
#define ANY         "SystemCallFilter= of a systemd service, or the seccomp profile of a container"

/* No address, and no descriptor. */
#define BAD (-1L)

static const struct probe {
	char call[20];
	long nr;
	long args[5];      /* of a call that does nothing */
	signed char first; /* the capability that the kernel looks at before the arguments, or -1 */
	signed char needs; /* the one that is enough, where filters look at arguments, or -1 */
	char since[6];
	const char *culprit;
} probes[] = {
	{"openat2", SYS_openat2, {BAD}, -1, -1, "5.6", SUID},
	{"clone3", SYS_clone3, {0}, -1, -1, "5.3", NAMESPACES},
	{"close_range", SYS_close_range, {1, 0}, -1, -1, "5.9", OLD},
	{"faccessat", SYS_faccessat2, {BAD, BAD, BAD, BAD}, -1, -1, "5.8", OLD},
	{"faccessat2", SYS_faccessat2, {BAD, BAD, BAD, BAD}, -1, -1, "5.8", OLD},
	{"statx", SYS_statx, {BAD, BAD, BAD}, -1, -1, "4.11", OLD},
	{"memfd_create", SYS_memfd_create, {BAD, BAD}, -1, -1, "3.17", ANY},
	{"pidfd_open", SYS_pidfd_open, {BAD, BAD}, -1, -1, "5.3", OLD},
	{"pidfd_send_signal", SYS_pidfd_send_signal, {BAD, BAD, BAD, BAD}, -1, -1, "5.1", OLD},
	{"setns", SYS_setns, {BAD, 0}, -1, CAP_SYS_ADMIN, "3.0", NAMESPACES},
	{"unshare", SYS_unshare, {1}, -1, CAP_SYS_ADMIN, "", NAMESPACES},
	{"mount", SYS_mount, {BAD, BAD, BAD, 0, BAD}, -1, -1, "", MOUNTS},
	{"umount2", SYS_umount2, {BAD, BAD}, -1, -1, "", MOUNTS},
	{"open_tree", SYS_open_tree, {BAD, BAD, BAD}, -1, -1, "5.2", MOUNTS},
	{"fsconfig", SYS_fsconfig, {BAD, BAD}, -1, -1, "5.2", MOUNTS},
	{"fspick", SYS_fspick, {BAD, BAD, BAD}, CAP_SYS_ADMIN, -1, "5.2", MOUNTS},
	{"mount_setattr", SYS_mount_setattr, {BAD, BAD, BAD}, -1, -1, "5.12", MOUNTS},
	{"fsopen", SYS_fsopen, {BAD, BAD}, CAP_SYS_ADMIN, -1, "5.2", MOUNTS},
	{"fsmount", SYS_fsmount, {BAD, BAD}, CAP_SYS_ADMIN, -1, "5.2", MOUNTS},
	{"move_mount", SYS_move_mount, {BAD, BAD, BAD, BAD, BAD}, CAP_SYS_ADMIN, -1, "5.2", MOUNTS},
	{"pivot_root", SYS_pivot_root, {BAD, BAD}, CAP_SYS_ADMIN, -1, "", MOUNTS},
	{"chroot", SYS_chroot, {BAD}, -1, -1, "", MOUNTS},
	{"sethostname", SYS_sethostname, {BAD, BAD}, CAP_SYS_ADMIN, -1, "", HOSTNAME},
	{"setdomainname", SYS_setdomainname, {BAD, BAD}, CAP_SYS_ADMIN, -1, "", HOSTNAME},
	{"keyctl", SYS_keyctl, {BAD}, -1, -1, "", KEYS},
	{"seccomp", SYS_seccomp, {BAD, BAD}, -1, -1, "3.17", ANY},
	{"bpf", SYS_bpf, {BAD, BAD, 0}, CAP_BPF, -1, "", ANY},
	{"personality", SYS_personality, {0xffffffff}, -1, -1, "", PERSONALITY},
	{"sched_setattr", SYS_sched_setattr, {BAD, 0, BAD}, -1, CAP_SYS_NICE, "3.14", REALTIME},
	{"set_mempolicy", SYS_set_mempolicy, {BAD, 0, 0}, -1, -1, "", ANY},
	{"mknodat", SYS_mknodat, {BAD, BAD, 0, 0}, -1, -1, "", ANY},
	{"setgroups", SYS_setgroups, {BAD, BAD}, CAP_SETGID, -1, "", ANY},
	{"socket", SYS_socket, {BAD, BAD, BAD}, -1, -1, "", FAMILIES},
};

struct own {
	unsigned long long caps;
	int seccomp;
};

static struct own look_at_self(void)
{
	struct own own = {0};
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "CapEff:", 7))
			own.caps = strtoull(line + 7, NULL, 16);
		else if (!strncmp(line, "Seccomp:", 8))
			own.seccomp = (int)strtol(line + 8, NULL, 10);
	}
	if (f)
		fclose(f);
	return own;
}

enum refused {
	NO,
	PROBABLY,
	YES
};

static enum refused is_refused(const struct probe *p, int errnum)
{
	struct own own;

	if (errnum == ENOSYS || (errnum == EAFNOSUPPORT && p->nr == SYS_socket))
		return YES;
	if (errnum != EPERM && errnum != EACCES && errnum != EOPNOTSUPP)
		return NO;
	own = look_at_self();
	if (p->first >= 0 && !(own.caps >> p->first & 1))
		return NO;
	if (syscall(p->nr, p->args[0], p->args[1], p->args[2], p->args[3], p->args[4]) < 0 &&
	    errno == errnum)
		return YES;
	return own.seccomp == 2 && errnum == EPERM && p->needs >= 0 && own.caps >> p->needs & 1
		       ? PROBABLY
		       : NO;
}

static void say(const struct probe *p, int errnum, enum refused refused, char *ret, size_t size)
{
	if (errnum == ENOSYS && p->since[0])
		snprintf(ret, size,
			 "%s is blocked by a seccomp filter, or the kernel is older than Linux %s; "
			 "usual cause of a block: %s",
			 p->call, p->since, p->culprit);
	else
		snprintf(ret, size, "%s is %sblocked by a seccomp filter; usual cause: %s", p->call,
			 refused == PROBABLY ? "probably " : "", p->culprit);
}

bool blocked_hint(const char *call, int errnum, char *ret, size_t size)
{
	enum refused refused = NO;
	int saved = errno;

	for (size_t i = 0; call && i < sizeof(probes) / sizeof(probes[0]); i++) {
		if (strcmp(probes[i].call, call) != 0)
			continue;
		refused = is_refused(&probes[i], errnum);
		if (refused != NO)
			say(&probes[i], errnum, refused, ret, size);
		break;
	}
	errno = saved;
	return refused != NO;
}
