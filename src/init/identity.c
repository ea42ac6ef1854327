/* SPDX-License-Identifier: Apache-2.0 */
/* What the container is called, its session keyring, its loopback interface. */
#include "init/init.h"

#include <linux/keyctl.h>

/* From the kernel's include/linux/key.h: all for the possessor; view, read, search, link for the
 * same user, as runc has it, so that a process that is put into the container can find the keyring.
 */
#define KEY_POS_ALL    0x3f000000u
#define KEY_USR_VIEW   0x00010000u
#define KEY_USR_READ   0x00020000u
#define KEY_USR_SEARCH 0x00080000u
#define KEY_USR_LINK   0x00100000u

int step_keyring(struct init *init, const struct plan_step *step)
{
	const char *name = plan_text(init->plan, ((const struct plan_text *)step)->text);
	long key = sys_call(__NR_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name), r;

	if (key == -ENOSYS) { /* a kernel without keyrings, or a filter: the host looks */
		init->no_keyring = true;
		return 0;
	}
	if (key < 0)
		return init_fail(init, step, __NR_keyctl, key, name);
	r = sys_call(__NR_keyctl, KEYCTL_SETPERM, key,
		     KEY_POS_ALL | KEY_USR_VIEW | KEY_USR_READ | KEY_USR_SEARCH | KEY_USR_LINK);
	return r < 0 ? init_fail(init, step, __NR_keyctl, r, name) : 0;
}

int step_hostname(struct init *init, const struct plan_step *step)
{
	const char *name = plan_text(init->plan, ((const struct plan_text *)step)->text);
	long r = sys_call(__NR_sethostname, name, strlen(name));

	return r < 0 ? init_fail(init, step, __NR_sethostname, r, name) : 0;
}

int step_domainname(struct init *init, const struct plan_step *step)
{
	const char *name = plan_text(init->plan, ((const struct plan_text *)step)->text);
	long r = sys_call(__NR_setdomainname, name, strlen(name));

	return r < 0 ? init_fail(init, step, __NR_setdomainname, r, name) : 0;
}

#define AF_UNIX_      1
#define SOCK_DGRAM_   2
#define SOCK_CLOEXEC_ 02000000
#define SIOCSIFFLAGS_ 0x8914
#define IFF_UP_       1

/* struct ifreq, whose header wants libc */
struct ifflags {
	char name[16];
	short flags;
	char pad[22];
};

int step_loopback_up(struct init *init, const struct plan_step *step)
{
	struct ifflags req = {.name = "lo", .flags = IFF_UP_};
	long fd, r;

	/* Interface requests are the same on every kind of socket; this kind is never compiled out.
	 */
	fd = sys_call(__NR_socket, AF_UNIX_, SOCK_DGRAM_ | SOCK_CLOEXEC_, 0);
	if (fd < 0)
		return init_fail(init, step, __NR_socket, fd, "lo");
	r = sys_call(__NR_ioctl, fd, SIOCSIFFLAGS_, &req);
	sys_call(__NR_close, fd);
	return r < 0 ? init_fail(init, step, __NR_ioctl, r, "lo") : 0;
}
