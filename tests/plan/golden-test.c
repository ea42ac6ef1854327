/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Golden plans: every bundle of bundles/ is decoded and compiled for fixed hosts, and the printed
 * plan (or the error) is compared with golden/<bundle>.<host>.plan (.err). `golden-test DIR
 * --update` writes them anew: read what git diff shows then, line by line.
 */
#include "plan/compile.h"
#include "tap.h"

#include <dirent.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <sys/stat.h>
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

static const char *dir;
static bool update;

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

static void check_golden(const char *name, const char *kind, const struct buf *text)
{
	char path[4096];
	size_t len = 0;
	char *want;
	FILE *f;

	snprintf(path, sizeof(path), "%s/golden/%s.%s", dir, name, kind);
	if (update) {
		f = fopen(path, "we");
		ok(f && fwrite(text->data, 1, text->len, f) == text->len, "write %s.%s", name,
		   kind);
		if (f)
			fclose(f);
		return;
	}
	want = read_file(path, &len);
	is_str(text->data, want, "%s.%s", name, kind);
	free(want);
}

static void print_error(const struct hz_error *err, struct buf *out)
{
	buf_printf(out, "%s %s: %s\n", hz_error_code_name(err->code), err->pointer, err->msg);
	if (err->more)
		buf_adds(out, err->more);
}

/* Whatever compiles must also print as JSON, and must be refused when a byte of it is changed or
 * lost. */
static void check_properties(const char *name, const struct plan *p)
{
	struct hz_error err = HZ_ERROR_INIT;
	struct oci_json *j = oci_json_new("");
	const struct plan_print_options o = {.show_env = false};
	bool refused = true;
	const char *text;
	size_t len;
	char *copy = malloc(p->size);

	ok(j && plan_print_json(p->h, &o, j, &err) == 0 &&
		   oci_json_text(j, &text, &len, &err) == 0 && len > 100,
	   "%s as JSON", name);
	if (j)
		oci_json_free(j);
	for (size_t i = 0; copy && i < p->size; i += 97) {
		memcpy(copy, p->h, p->size);
		copy[i] ^= 0x40;
		refused &= plan_verify(copy, p->size, NULL) < 0;
		memcpy(copy, p->h, p->size);
		refused &= plan_verify(copy, i, NULL) < 0;
	}
	ok(copy && refused, "%s is refused when changed or cut", name);
	free(copy);
	hz_error_clear(&err);
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

/* Returns the error code. */
static int check_compile(const char *name, const struct oci_config *c, const struct host *h,
			 bool forgive, const struct plan_exec_target *exec)
{
	const struct plan_options opt = {.id = "box",
					 .exec = exec,
					 .bundle = "/bundle",
					 .pid_file = true,
					 .systemd_cgroup = h->systemd,
					 .forgive_unsupported = forgive,
					 .rootless_cgroup_ok = h->facts.euid || h->facts.in_userns};
	const struct plan_print_options print = {.show_env = true};
	struct hz_error err = HZ_ERROR_INIT;
	struct buf out = BUF_INIT;
	struct plan p;
	int code = HZ_OK;

	if (plan_compile(c, &h->facts, &opt, &p, &err) < 0) {
		code = (int)err.code;
		print_error(&err, &out);
		check_golden(name, "err", &out);
	} else {
		plan_print_text(p.h, &print, &out);
		for (unsigned i = 0; i < p.nwarnings && i < PLAN_WARNINGS; i++)
			buf_printf(&out, "warning: %s: %s\n", p.warnings[i].pointer,
				   p.warnings[i].text);
		check_golden(name, "plan", &out);
		check_properties(name, &p);
	}
	plan_done(&p);
	buf_done(&out);
	hz_error_clear(&err);
	return code;
}

static void check_bundle(const char *bundle)
{
	struct hz_error err = HZ_ERROR_INIT;
	struct arena a = ARENA_INIT;
	struct oci_config *c = NULL;
	char path[4096], name[512];
	size_t len = 0;
	char *text;

	snprintf(path, sizeof(path), "%s/bundles/%s/config.json", dir, bundle);
	text = read_file(path, &len);
	if (!text || !ok(oci_config_decode(&a, text, len, "config.json", &c, &err) == 0,
			 "%s decodes", bundle)) {
		diag("%s", err.msg);
		goto out;
	}
	for (size_t i = 0; i < HOSTS; i++) {
		int code;

		if (!is_wanted(bundle, hosts[i].name))
			continue;
		if (is_entered(bundle)) {
			const struct plan_exec_target t = target_of(c, &hosts[i]);

			snprintf(name, sizeof(name), "%s.%s-exec", bundle, hosts[i].name);
			check_compile(name, c, &hosts[i], false, &t);
		}
		snprintf(name, sizeof(name), "%s.%s", bundle, hosts[i].name);
		code = check_compile(name, c, &hosts[i], false, NULL);
		if (strncmp(bundle, "refused-", 8) == 0) {
			is_int(code, HZ_E_UNSUPPORTED, "%s is refused", name);
			continue;
		}
		if (code != HZ_E_UNSUPPORTED)
			continue;
		snprintf(name, sizeof(name), "%s.%s-explain", bundle, hosts[i].name);
		check_compile(name, c, &hosts[i], true, NULL);
	}
out:
	free(text);
	arena_done(&a);
	hz_error_clear(&err);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
	static char *names[BUNDLES_MAX];
	char path[4096];
	size_t n = 0;
	struct dirent *e;
	DIR *d;

	dir = argc > 1 ? argv[1] : ".";
	update = argc > 2 && strcmp(argv[2], "--update") == 0;
	snprintf(path, sizeof(path), "%s/bundles", dir);
	d = opendir(path);
	if (!d) {
		perror(path);
		return 1;
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
		check_bundle(names[i]);
		free(names[i]);
	}
	return done_testing();
}
