/* SPDX-License-Identifier: Apache-2.0 */
/* What is so on this host: the compiler's second input. One read of each file. */
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <pwd.h>
#include <string.h>
#include <sys/utsname.h>

static int read_file(const char *path, struct buf *b, struct hz_error *err)
{
	int r = file_read_at(AT_FDCWD, path, b, 1 << 20);

	return r ? error_sys(err, -r, "read", path, "read \"%s\"", path) : 0;
}

/* A hexadecimal mask of /proc/self/status (proc(5)). */
static bool status_mask(const char *text, const char *key, uint64_t *ret)
{
	const char *p = strstr(text, key);

	if (!p)
		return false;
	*ret = strtoull(p + strlen(key), NULL, 16);
	return true;
}

static int read_status(struct plan_facts *f, uint64_t *ret_ignored, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	uint64_t permitted, effective, bounding;

	if (read_file("/proc/self/status", &text, err))
		return -1;
	if (!status_mask(text.data, "\nCapPrm:", &permitted) ||
	    !status_mask(text.data, "\nCapEff:", &effective) ||
	    !status_mask(text.data, "\nCapBnd:", &bounding) ||
	    !status_mask(text.data, "\nSigIgn:", ret_ignored))
		return error_set(err, HZ_E_UNSUPPORTED,
				 "/proc/self/status lacks the capability or signal masks");
	f->caps = permitted & bounding;
	f->privileged = effective & (1ull << CAP_SYS_ADMIN);
	return 0;
}

static int read_cap_last(struct plan_facts *f, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (read_file("/proc/sys/kernel/cap_last_cap", &text, err))
		return -1;
	f->cap_last = (unsigned)strtoul(text.data, NULL, 10);
	return f->cap_last < 64 ? 0
				: error_set(err, HZ_E_UNSUPPORTED,
					    "this kernel has more than 64 capabilities");
}

/* The initial user namespace maps everything onto itself (user_namespaces(7)). */
int facts_in_userns(bool *ret, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char *p;

	if (read_file("/proc/self/uid_map", &text, err))
		return -1;
	*ret = strtoul(text.data, &p, 10) != 0 || strtoul(p, &p, 10) != 0 ||
	       strtoul(p, &p, 10) != UINT32_MAX;
	return 0;
}

static unsigned namespaces_here(void)
{
	static const struct {
		const char *file;
		unsigned flag;
	} optional[] = {
		{"/proc/self/ns/user", CLONE_NEWUSER},
		{"/proc/self/ns/cgroup", CLONE_NEWCGROUP},
		{"/proc/self/ns/time", CLONE_NEWTIME},
	};
	unsigned have = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC;

	for (size_t i = 0; i < ARRAY_SIZE(optional); i++)
		if (!access(optional[i].file, F_OK))
			have |= optional[i].flag;
	return have;
}

/* The first line of /etc/subuid or /etc/subgid that is for this user, by name or by number
 * (subuid(5)). */
static void read_range(const char *path, uid_t uid, const char *name, struct facts_range *ret)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char number[16], *save = NULL;

	if (file_read_at(AT_FDCWD, path, &text, 1 << 20))
		return; /* no such file: no ranges */
	snprintf(number, sizeof(number), "%u", uid);
	for (char *line = strtok_r(text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *colon = strchr(line, ':'), *second, *end;
		unsigned long first, count;

		if (!colon)
			continue;
		*colon = '\0';
		if (strcmp(line, number) != 0 && (!name || strcmp(line, name) != 0))
			continue;
		first = strtoul(colon + 1, &second, 10);
		if (second == colon + 1 || *second != ':')
			continue;
		count = strtoul(second + 1, &end, 10);
		if (end == second + 1)
			continue;
		*ret = (struct facts_range){(uint32_t)first, (uint32_t)count};
		return;
	}
}

/* /etc/passwd itself and not getpwuid(3), which in a static program would load the host's NSS
 * modules. */
static const char *user_name(uid_t uid, struct arena *a)
{
	_cleanup_file_ FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *pw;

	while (f && (pw = fgetpwent(f)))
		if (pw->pw_uid == uid)
			return arena_strdup(a, pw->pw_name);
	return NULL;
}

static void read_ranges(struct plan_facts *f, struct arena *a)
{
	const char *name = user_name(f->euid, a);

	read_range("/etc/subuid", f->euid, name, &f->subuid);
	read_range("/etc/subgid", f->euid, name, &f->subgid);
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

	*f = (struct plan_facts){.euid = geteuid(), .egid = getegid()};
	if (uname(&u))
		return error_sys(err, errno, "uname", NULL, "read the kernel's version");
	if (!parse_release(u.release, f))
		return error_set(err, HZ_E_UNSUPPORTED, "the kernel's version cannot be read");
	if (read_status(f, ret_ignored, err) || read_cap_last(f, err) ||
	    facts_in_userns(&f->in_userns, err))
		return -1;
	f->ns_supported = namespaces_here();
	if (!f->privileged)
		read_ranges(f, a);
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
