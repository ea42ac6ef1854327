/* SPDX-License-Identifier: Apache-2.0 */
/* What is so on this host: the compiler's second input. One read of each file. */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

/* PROC_USER_INIT_INO and PROC_TIME_INIT_INO of the kernel's include/linux/proc_ns.h */
#define USER_INIT_INO 0xEFFFFFFDu
#define TIME_INIT_INO 0xEFFFFFFAu

/* A hexadecimal mask of /proc/self/status (proc(5)). */
static bool status_mask(const char *text, const char *key, uint64_t *ret)
{
	const char *p = strstr(text, key);

	if (!p)
		return false;
	*ret = strtoull(p + strlen(key), NULL, 16);
	return true;
}

struct masks {
	uint64_t permitted, effective, bounding, ignored;
};

static int read_status(struct masks *m)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	return !file_read_at(AT_FDCWD, "/proc/self/status", &text, 1 << 20) &&
			       status_mask(text.data, "\nCapPrm:", &m->permitted) &&
			       status_mask(text.data, "\nCapEff:", &m->effective) &&
			       status_mask(text.data, "\nCapBnd:", &m->bounding) &&
			       status_mask(text.data, "\nSigIgn:", &m->ignored)
		       ? 0
		       : -1;
}

/* The same in a hundred system calls, for a /proc that is missing or restricted. */
static int ask_masks(struct masks *m, struct hz_error *err)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2];
	struct sigaction action;

	if (syscall(SYS_capget, &head, d))
		return error_sys(err, errno, "capget", NULL, "read the runtime's capabilities");
	*m = (struct masks){.permitted = d[0].permitted | (uint64_t)d[1].permitted << 32,
			    .effective = d[0].effective | (uint64_t)d[1].effective << 32};
	for (int cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			m->bounding |= 1ull << cap;
	for (int sig = 1; sig <= 64; sig++)
		if (!sigaction(sig, NULL, &action) && action.sa_handler == SIG_IGN)
			m->ignored |= 1ull << (sig - 1);
	return 0;
}

/* /proc/sys/kernel/cap_last_cap is missing where /proc is mounted with subset=pid. */
static unsigned cap_last(void)
{
	unsigned cap = CAP_LAST_CAP;

	while (cap > 0 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) < 0)
		cap--;
	while (cap < 63 && prctl(PR_CAPBSET_READ, cap + 1, 0, 0, 0) >= 0)
		cap++;
	return cap;
}

static bool maps_itself(void)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char *p;

	return file_read_at(AT_FDCWD, "/proc/self/uid_map", &text, 1 << 16) ||
	       (strtoul(text.data, &p, 10) == 0 && strtoul(p, &p, 10) == 0 &&
		strtoul(p, &p, 10) == UINT32_MAX);
}

/*
 * Only the inode tells the initial user namespace: another one may map all ids onto themselves, as
 * with PrivateUsers=full of systemd. Where /proc/self/ns is missing the map has to do, and without
 * both this counts as the initial one: then device rules are enforced or fail.
 */
bool facts_in_userns(void)
{
	struct stat st;

	return stat("/proc/self/ns/user", &st) ? !maps_itself() : st.st_ino != USER_INIT_INO;
}

/* "deny" in a namespace whose ids an ordinary user mapped, and in all below it
 * (user_namespaces(7)). A kernel without the file has no user namespaces. */
static bool denies_setgroups(void)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	return !file_read_at(AT_FDCWD, "/proc/self/setgroups", &text, 64) &&
	       !strncmp(text.data, "deny", 4);
}

/* Only ENOENT says that the kernel lacks them. After another error the namespace is tried, and
 * fails under its own name if it has to. */
static unsigned namespaces_here(bool *ret_in_time_ns)
{
	static const struct {
		const char *file;
		unsigned flag;
	} optional[] = {
		{"/proc/self/ns/user", CLONE_NEWUSER},
		{"/proc/self/ns/cgroup", CLONE_NEWCGROUP},
	};
	struct stat st;
	unsigned have = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC;

	for (size_t i = 0; i < ARRAY_SIZE(optional); i++)
		if (!access(optional[i].file, F_OK) || errno != ENOENT)
			have |= optional[i].flag;
	if (!stat("/proc/self/ns/time", &st)) {
		have |= CLONE_NEWTIME;
		*ret_in_time_ns = st.st_ino != TIME_INIT_INO;
	} else if (errno != ENOENT) {
		have |= CLONE_NEWTIME;
	}
	return have;
}

/* "6.1.0-18-amd64" */
static bool parse_release(const char *release, struct plan_facts *f)
{
	char *dot, *end;

	f->kernel_major = (unsigned)strtoul(release, &dot, 10);
	if (dot == release || *dot != '.')
		return false;
	f->kernel_minor = (unsigned)strtoul(dot + 1, &end, 10);
	return end != dot + 1;
}

int facts_collect(struct plan_facts *f, uint64_t *ret_ignored, struct arena *a,
		  struct hz_error *err)
{
	struct utsname u;
	struct masks m = {0};

	*f = (struct plan_facts){.euid = geteuid(), .egid = getegid()};
	if (uname(&u))
		return error_sys(err, errno, "uname", NULL, "read the kernel's version");
	if (!parse_release(u.release, f))
		return error_set(err, HZ_E_UNSUPPORTED, "the kernel's version cannot be read");
	if (read_status(&m) && ask_masks(&m, err))
		return -1;
	*ret_ignored = m.ignored;
	f->caps = m.permitted & m.bounding;
	f->privileged = m.effective & (1ull << CAP_SYS_ADMIN);
	f->cap_last = cap_last();
	f->in_userns = facts_in_userns();
	f->no_setgroups = f->in_userns && denies_setgroups();
	f->ns_supported = namespaces_here(&f->in_time_ns);
	return cgroup_facts(f, a, err);
}

static bool has_apparmor(void)
{
	_cleanup_fd_ int fd = open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC);
	char c;

	return fd >= 0 && read(fd, &c, 1) == 1 && c == 'Y';
}

/* "… /sys/fs/resctrl rw,relatime - resctrl resctrl rw": proc_pid_mountinfo(5) */
static const char *find_resctrl(struct arena *a)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char *rest, *line, *found = NULL;

	if (file_read_at(AT_FDCWD, "/proc/self/mountinfo", &text, 64u << 20))
		return NULL;
	rest = text.data;
	while (!found && (line = strsep(&rest, "\n"))) {
		const char *point = line;

		if (!strstr(line, " - resctrl "))
			continue;
		for (int i = 0; point && i < 4; i++)
			point = strchr(point, ' ') ? strchr(point, ' ') + 1 : NULL;
		if (point)
			found = arena_strndup(a, point, strcspn(point, " "));
		if (found)
			mountinfo_unescape(found);
	}
	return found;
}

void facts_ask_for(const struct oci_config *c, struct plan_facts *f, struct arena *a)
{
	const struct oci_process *p = c->process;

	if (p && p->apparmor_profile)
		f->apparmor = has_apparmor();
	if ((p && p->selinux_label) || (c->linux_ && c->linux_->mount_label))
		f->selinux = !access("/sys/fs/selinux/enforce", F_OK);
	if (c->linux_ && c->linux_->intel_rdt)
		f->resctrl = find_resctrl(a);
}
