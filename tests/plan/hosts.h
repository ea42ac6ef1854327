/* SPDX-License-Identifier: Apache-2.0 */
/* The bundles of bundles/, and the fixed hosts that they are compiled for. */
#ifndef TESTS_PLAN_HOSTS_H
#define TESTS_PLAN_HOSTS_H

#include "plan/compile.h"

#include <dirent.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUNDLES_MAX 256
#define FILE_MAX    (4u << 20)

#define NAMESPACES                                                                                 \
	(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	 CLONE_NEWCGROUP | CLONE_NEWTIME)
#define ALL_CAPS ((1ull << 41) - 1)

#define COMMON .ns_supported = NAMESPACES, .kernel_major = 6, .kernel_minor = 12, .cap_last = 40

/* The hosts. */
static const struct host {
	const char *name;
	struct plan_facts facts;
	bool systemd; /* the systemd cgroup driver */
} hosts[] = {
	{"v2",
	 {COMMON, .privileged = true, .caps = ALL_CAPS, .cgroup_mode = PLAN_CGROUP_V2,
	  .hierarchies = {{"", "/sys/fs/cgroup", "/system.slice/engine.service"}},
	  .nhierarchies = 1, .unified_controllers = "cpuset cpu io memory hugetlb pids rdma misc"}},
	{"hybrid",
	 {COMMON, .privileged = true, .caps = ALL_CAPS & ~(1ull << 22),
	  .cgroup_mode = PLAN_CGROUP_HYBRID,
	  .hierarchies = {{"cpu", "/sys/fs/cgroup/cpu", "/"},
			  {"cpuacct", "/sys/fs/cgroup/cpuacct", "/"},
			  {"cpuset", "/sys/fs/cgroup/cpuset", "/"},
			  {"memory", "/sys/fs/cgroup/memory", "/api"},
			  {"devices", "/sys/fs/cgroup/devices", "/"},
			  {"freezer", "/sys/fs/cgroup/freezer", "/"},
			  {"blkio", "/sys/fs/cgroup/blkio", "/"},
			  {"pids", "/sys/fs/cgroup/pids", "/"},
			  {"name=systemd", "/sys/fs/cgroup/systemd", "/"},
			  {"", "/sys/fs/cgroup/unified", "/"}},
	  .nhierarchies = 10, .unified_controllers = ""}},
	/* uid 1000 with ranges of subordinate ids */
	{"rootless",
	 {COMMON, .euid = 1000, .egid = 1000, .cgroup_mode = PLAN_CGROUP_V2,
	  .hierarchies = {{"", "/sys/fs/cgroup",
			   "/user.slice/user-1000.slice/user@1000.service/app.slice"}},
	  .nhierarchies = 1, .unified_controllers = "cpuset cpu io memory pids"}},
	/* root of the user namespace that a rootless engine has made before */
	{"userns",
	 {COMMON, .in_userns = true, .privileged = true, .caps = ALL_CAPS,
	  .cgroup_mode = PLAN_CGROUP_V2,
	  .hierarchies = {{"", "/sys/fs/cgroup",
			   "/user.slice/user-1000.slice/user@1000.service/user.slice"}},
	  .nhierarchies = 1, .unified_controllers = "cpuset cpu io memory pids"}},
	/* the same for a user without ranges of subordinate ids */
	{"denied",
	 {COMMON, .in_userns = true, .privileged = true, .no_setgroups = true, .caps = ALL_CAPS,
	  .cgroup_mode = PLAN_CGROUP_V2,
	  .hierarchies = {{"", "/sys/fs/cgroup",
			   "/user.slice/user-1000.slice/user@1000.service/user.slice"}},
	  .nhierarchies = 1, .unified_controllers = "cpuset cpu io memory pids"}},
	/* the system's manager */
	{"systemd",
	 {COMMON, .privileged = true, .caps = ALL_CAPS, .cgroup_mode = PLAN_CGROUP_V2,
	  .hierarchies = {{"", "/sys/fs/cgroup", "/system.slice/engine.service"}},
	  .nhierarchies = 1, .unified_controllers = "cpuset cpu io memory hugetlb pids rdma misc"},
	 true},
	{"sd-v1",
	 {COMMON, .privileged = true, .caps = ALL_CAPS, .cgroup_mode = PLAN_CGROUP_V1,
	  .hierarchies = {{"cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/"},
			  {"cpuset", "/sys/fs/cgroup/cpuset", "/"},
			  {"memory", "/sys/fs/cgroup/memory", "/"},
			  {"devices", "/sys/fs/cgroup/devices", "/"},
			  {"pids", "/sys/fs/cgroup/pids", "/"},
			  {"name=systemd", "/sys/fs/cgroup/systemd", "/"}},
	  .nhierarchies = 6},
	 true},
	/* with AppArmor and SELinux */
	{"lsm",
	 {COMMON, .privileged = true, .caps = ALL_CAPS, .cgroup_mode = PLAN_CGROUP_V2,
	  .hierarchies = {{"", "/sys/fs/cgroup", "/"}}, .nhierarchies = 1,
	  .unified_controllers = "cpuset cpu io memory hugetlb pids rdma misc", .selinux = true,
	  .apparmor = true, .resctrl = "/sys/fs/resctrl"}},
	/* a user's manager, below the user namespace of a rootless engine */
	{"sd-of-user",
	 {COMMON, .in_userns = true, .privileged = true, .caps = ALL_CAPS,
	  .cgroup_mode = PLAN_CGROUP_V2,
	  .hierarchies = {{"", "/sys/fs/cgroup",
			   "/user.slice/user-1000.slice/user@1000.service/user.slice"}},
	  .nhierarchies = 1, .unified_controllers = "cpuset cpu io memory pids"},
	 true},
};

#define HOSTS (sizeof(hosts) / sizeof(hosts[0]))

/* Which bundles are also compiled for other hosts than "v2". */
static const struct {
	const char *bundle, *hosts;
} others[] = {
	{"docker-default", "hybrid"},
	{"docker-limits", "hybrid"},
	{"docker-privileged", "hybrid"},
	{"docker-userns-remap", "hybrid"},
	{"containerd-cri-userns-container", "hybrid"},
	{"crio-container", "hybrid"},
	{"podman-cgroupfs", "hybrid"},
	{"runc-spec", "hybrid rootless"},
	{"crun-spec", "hybrid"},
	{"hand-process", "hybrid"},
	{"spec-example", "hybrid rootless lsm"},
	{"hand-labels", "lsm"},
	{"hand-rdt", "lsm"},
	{"hand-rdt-own", "lsm"},
	{"hand-rdt-root", "lsm"},
	{"buildah-rootless", "userns denied"},
	{"buildkit-rootless", "rootless"},
	{"podman-rootless-host-net", "userns"},
	{"podman-rootless-keep-id", "userns"},
	{"runc-spec-rootless", "rootless"},
	{"crun-spec-rootless", "rootless"},
	{"minimal", "hybrid"},
	{"docker-systemd", "systemd sd-v1"},
	{"podman-default", "systemd"},
	{"podman-rootless", "userns sd-of-user"},
	{"docker-limits", "systemd"},
	{"crio-container", "systemd"},
	{"crio-cgroupfs-hooks", "systemd"},
	{"podman-pod-member", "systemd sd-v1"},
	{"runc-spec", "systemd sd-v1"},
	{"hand-systemd", "systemd sd-v1 sd-of-user"},
	{"hand-devices", "hybrid userns"},
};

/* Bundles into whose containers `exec` goes as well, with the same process. */
static const char *const entered[] = {
	"docker-default",         "docker-userns-remap", "podman-rootless",
	"hand-exec-cpu-affinity", "hand-process",        "crio-container",
	"hand-time-offsets",      "runc-spec-rootless",  "podman-rootless-keep-id",
};

static bool is_entered(const char *bundle)
{
	for (size_t i = 0; i < sizeof(entered) / sizeof(entered[0]); i++)
		if (!strcmp(entered[i], bundle))
			return true;
	return false;
}

static bool is_wanted(const char *bundle, const char *host)
{
	if (strcmp(host, "v2") == 0)
		return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(others[i].bundle, bundle) == 0 && strstr(others[i].hosts, host))
			return true;
	}
	return false;
}

static char *read_file(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "re");
	char *text = f ? malloc(FILE_MAX) : NULL;

	if (!text) {
		if (f)
			fclose(f);
		return NULL;
	}
	*ret_len = fread(text, 1, FILE_MAX - 1, f);
	text[*ret_len] = '\0';
	fclose(f);
	return text;
}

/* What `exec` finds of a container on such a host. */
static struct plan_exec_target target_of(const struct oci_config *c, const struct host *h)
{
	static const uint32_t flags[] = {
		[OCI_NS_PID] = CLONE_NEWPID,       [OCI_NS_NETWORK] = CLONE_NEWNET,
		[OCI_NS_MOUNT] = CLONE_NEWNS,      [OCI_NS_IPC] = CLONE_NEWIPC,
		[OCI_NS_UTS] = CLONE_NEWUTS,       [OCI_NS_USER] = CLONE_NEWUSER,
		[OCI_NS_CGROUP] = CLONE_NEWCGROUP, [OCI_NS_TIME] = CLONE_NEWTIME,
	};
	bool v2 = h->facts.cgroup_mode == PLAN_CGROUP_V2;
	struct plan_exec_target t = {.into_cgroup = v2,
				     .cgroup_slots = v2 ? 0 : h->facts.nhierarchies,
				     .no_setgroups = h->facts.euid != 0};

	for (size_t i = 0; c->linux_ && i < c->linux_->namespaces.n; i++)
		t.ns_flags |= flags[c->linux_->namespaces.items[i].type.v];
	return t;
}

/* The plan that all tests want for such a host. */
static struct plan_options options_of(const struct host *h, const struct plan_exec_target *exec)
{
	return (struct plan_options){.id = "box",
				     .exec = exec,
				     .bundle = "/bundle",
				     .pid_file = true,
				     .systemd_cgroup = h->systemd,
				     .rootless_cgroup_ok = h->facts.euid || h->facts.in_userns};
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Call @check for each bundle below @dir, in the order of the names. False: there are none. */
static bool for_each_bundle(const char *dir, void (*check)(const char *bundle))
{
	static char *names[BUNDLES_MAX];
	char path[4096];
	size_t n = 0;
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "%s/bundles", dir);
	d = opendir(path);
	if (!d) {
		perror(path);
		return false;
	}
	while ((e = readdir(d)) && n < BUNDLES_MAX) {
		snprintf(path, sizeof(path), "%s/bundles/%s/config.json", dir, e->d_name);
		if (e->d_name[0] != '.' && access(path, R_OK) == 0 &&
		    (names[n] = strdup(e->d_name)))
			n++;
	}
	closedir(d);
	qsort(names, n, sizeof(names[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		check(names[i]);
		free(names[i]);
	}
	return true;
}

#endif
