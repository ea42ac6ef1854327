/* SPDX-License-Identifier: Apache-2.0 */
/*
 * features: what this build can do, whatever the host can (runtime-spec features.md). There is no
 * second list of it: names come from the tables that decoder and compiler use, and whether
 * something is supported is found by asking the compiler for a plan of it.
 */
#include "runtime/runtime.h"

#include "cgroup/systemd.h"
#include "plan/layout.h"
#include "plan/mount_options.h"

#include <linux/sched.h>
#include <seccomp.h>
#include <string.h>

/* Configuration without the ends, which a probe may fill. */
#define HEAD                                                                                 \
	"{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"process\":{\"args\":[\"a\"]," \
	"\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0}"
#define LINUX                                                                               \
	"},\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"pid\"},{\"type\":"   \
	"\"network\"},{\"type\":\"time\"},{\"type\":\"uts\"},{\"type\":\"ipc\"},{\"type\":" \
	"\"cgroup\"}]"
#define TAIL "}}"

static const char apparmor[] = HEAD ",\"apparmorProfile\":\"p\"" LINUX TAIL;
static const char selinux[] = HEAD ",\"selinuxLabel\":\"a:b:c:s0\"" LINUX TAIL;
static const char rdt[] = HEAD LINUX ",\"intelRdt\":{\"closID\":\"c\"}" TAIL;
static const char rdt_schemata[] = HEAD LINUX ",\"intelRdt\":{\"schemata\":[\"L3:0=f\"]}" TAIL;
static const char rdt_monitoring[] =
	HEAD LINUX ",\"intelRdt\":{\"closID\":\"c\",\"enableMonitoring\":true}" TAIL;
static const char net_devices[] = HEAD LINUX ",\"netDevices\":{\"eth0\":{\"name\":\"e\"}}" TAIL;
static const char rdma[] =
	HEAD LINUX ",\"resources\":{\"rdma\":{\"mlx5_0\":{\"hcaHandles\":1}}}" TAIL;
static const char plain[] = HEAD LINUX TAIL;
static const char idmap[] =
	HEAD LINUX "},\"mounts\":[{\"destination\":\"/m\",\"source\":\"/s\",\"options\":[\"bind\","
		   "\"idmap\"],\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}],"
		   "\"gidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}]}]}";
static const char memory_policy[] = HEAD LINUX ",\"memoryPolicy\":{\"mode\":\"%s\"%s}" TAIL;
static const char action[] =
	HEAD LINUX ",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/l\","
		   "\"syscalls\":[{\"names\":[\"getcwd\"],\"action\":\"%s\"}]}" TAIL;
static const char seccomp_flag[] = HEAD LINUX
	",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/l\","
	"\"flags\":[\"%s\"],\"syscalls\":[{\"names\":[\"getcwd\"],\"action\":\"%s\"}]}" TAIL;

/* What each version of the specification added, as far as something of it could be missing. */
static const struct {
	const char *version, *config;
} versions[] = {
	{"1.0.2", apparmor},
	{"1.0.2", selinux},
	{"1.0.2", rdt},
	{"1.0.2", rdma},
	{"1.0.2", HEAD LINUX ",\"personality\":{\"domain\":\"LINUX32\"}" TAIL},
	{"1.0.2", HEAD LINUX ",\"resources\":{\"unified\":{\"memory.high\":\"1\"}}" TAIL},
	{"1.0.2", HEAD LINUX ",\"resources\":{\"blockIO\":{\"weight\":10}}" TAIL},
	{"1.0.2", HEAD LINUX
	 ",\"resources\":{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":1}]}" TAIL},
	{"1.1.0", HEAD ",\"scheduler\":{\"policy\":\"SCHED_BATCH\"}" LINUX TAIL},
	{"1.1.0", HEAD ",\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":1}" LINUX TAIL},
	{"1.1.0", HEAD LINUX ",\"timeOffsets\":{\"monotonic\":{\"secs\":1}}" TAIL},
	{"1.1.0", idmap},
	{"1.3.0", rdt_schemata},
	{"1.3.0", rdt_monitoring},
	{"1.3.0", net_devices},
	{"1.3.0", HEAD LINUX ",\"memoryPolicy\":{\"mode\":\"MPOL_LOCAL\"}" TAIL},
};

/* A host that has everything. */
static const struct plan_facts all_facts = {
	.privileged = true,
	.kernel_major = 99,
	.ns_supported = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
			CLONE_NEWNS | CLONE_NEWTIME | CLONE_NEWCGROUP,
	.cap_last = 40,
	.caps = ~0ull,
	.cgroup_mode = PLAN_CGROUP_V2,
	.hierarchies = {{"", "/sys/fs/cgroup", "/"}},
	.nhierarchies = 1,
	.unified_controllers = "cpuset cpu io memory hugetlb pids rdma misc",
	.selinux = true,
	.apparmor = true,
	.resctrl = "/sys/fs/resctrl",
};

static bool compiles(const char *config, bool systemd)
{
	const struct plan_options opt = {.id = "features",
					 .bundle = "/b",
					 .systemd_cgroup = systemd,
					 .no_new_keyring = true};
	struct hz_error err = HZ_ERROR_INIT;
	struct arena a = ARENA_INIT;
	struct oci_config *c = NULL;
	struct plan plan = {0};
	bool ok = !oci_config_decode(&a, config, strlen(config), "features", &c, &err) &&
		  !plan_compile(c, &all_facts, &opt, &plan, &err);

	plan_done(&plan);
	arena_done(&a);
	hz_error_clear(&err);
	return ok;
}

/* @fmt takes one or two words. */
static bool compiles_with(const char *fmt, const char *word, const char *word2)
{
	char text[1024];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), fmt, word, word2);
#pragma GCC diagnostic pop
	return compiles(text, false);
}

/* The highest version all of whose additions are there. */
static const char *version_max(void)
{
	const char *whole = OCI_VERSION_MIN;

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		if (!compiles(versions[i].config, false))
			return whole;
		if (i + 1 == ARRAY_SIZE(versions) ||
		    strcmp(versions[i].version, versions[i + 1].version) != 0)
			whole = versions[i].version;
	}
	return whole;
}

static void put_str(struct oci_json *j, const char *key, const char *value)
{
	oci_json_key(j, key);
	oci_json_str(j, value);
}

static void put_bool(struct oci_json *j, const char *key, bool value)
{
	oci_json_key(j, key);
	oci_json_bool(j, value);
}

static void open_object(struct oci_json *j, const char *key)
{
	oci_json_key(j, key);
	oci_json_object(j);
}

static void put_enabled(struct oci_json *j, const char *key, bool enabled)
{
	open_object(j, key);
	put_bool(j, "enabled", enabled);
	oci_json_object_end(j);
}

static void open_list(struct oci_json *j, const char *key)
{
	oci_json_key(j, key);
	oci_json_array(j);
}

static void put_values(struct oci_json *j, const char *key, const struct plan_value *v)
{
	open_list(j, key);
	for (; v->name; v++)
		oci_json_str(j, v->name);
	oci_json_array_end(j);
}

static void put_mount_options(struct oci_json *j)
{
	const char *name;

	open_list(j, "mountOptions");
	for (size_t i = 0; (name = mount_option_name(i)); i++)
		oci_json_str(j, name);
	oci_json_array_end(j);
}

static void put_cgroup(struct oci_json *j)
{
	bool systemd = cgroup_unit_is_built() && compiles(plain, true);

	open_object(j, "cgroup");
	put_bool(j, "v1", true);
	put_bool(j, "v2", true);
	put_bool(j, "systemd", systemd);
	put_bool(j, "systemdUser", systemd);
	put_bool(j, "rdma", compiles(rdma, false));
	oci_json_object_end(j);
}

static bool arch_is_known(const char *name)
{
	char lower[32] = "";

	for (size_t i = 0; i < sizeof(lower) - 1 && name[10 + i]; i++)
		lower[i] = (char)(name[10 + i] >= 'A' && name[10 + i] <= 'Z' ? name[10 + i] + 32
									     : name[10 + i]);
	return seccomp_arch_resolve_name(lower) != 0; /* "SCMP_ARCH_X86_64" -> "x86_64" */
}

static void put_flags(struct oci_json *j, const char *key, bool supported)
{
	const char *name;

	open_list(j, key);
	for (int i = 0; (name = oci_seccomp_flag_name(i)); i++) {
		if (!supported ||
		    compiles_with(seccomp_flag, name,
				  i == OCI_FLAG_WAIT_KILLABLE_RECV ? "SCMP_ACT_NOTIFY"
								   : "SCMP_ACT_ERRNO"))
			oci_json_str(j, name);
	}
	oci_json_array_end(j);
}

static void put_seccomp(struct oci_json *j)
{
	const char *name;

	open_object(j, "seccomp");
	put_bool(j, "enabled", true);
	open_list(j, "actions");
	for (int i = 0; (name = oci_seccomp_action_name(i)); i++) {
		if (compiles_with(action, name, ""))
			oci_json_str(j, name);
	}
	oci_json_array_end(j);
	open_list(j, "operators");
	for (int i = 0; (name = oci_seccomp_op_name(i)); i++)
		oci_json_str(j, name);
	oci_json_array_end(j);
	open_list(j, "archs");
	for (size_t i = 0; (name = oci_seccomp_arch_names[i]); i++) {
		if (arch_is_known(name))
			oci_json_str(j, name);
	}
	oci_json_array_end(j);
	put_flags(j, "knownFlags", false);
	put_flags(j, "supportedFlags", true);
	oci_json_object_end(j);
}

static void put_rdt(struct oci_json *j, bool is_1_3)
{
	open_object(j, "intelRdt");
	put_bool(j, "enabled", compiles(rdt, false));
	if (is_1_3) {
		put_bool(j, "schemata", true);
		put_bool(j, "monitoring", true);
	}
	oci_json_object_end(j);
}

static void put_memory_policy(struct oci_json *j)
{
	const char *name;

	open_object(j, "memoryPolicy");
	open_list(j, "modes");
	for (int i = 0; (name = oci_mpol_mode_name(i)); i++) {
		bool bare = i == OCI_MPOL_DEFAULT || i == OCI_MPOL_LOCAL;

		if (compiles_with(memory_policy, name, bare ? "" : ",\"nodes\":\"0\""))
			oci_json_str(j, name);
	}
	oci_json_array_end(j);
	open_list(j, "flags");
	for (int i = 0; (name = oci_mpol_flag_name(i)); i++) {
		char more[96];

		snprintf(more, sizeof(more), ",\"nodes\":\"0\",\"flags\":[\"%s\"]", name);
		if (compiles_with(memory_policy, "MPOL_BIND", more))
			oci_json_str(j, name);
	}
	oci_json_array_end(j);
	oci_json_object_end(j);
}

/* @is_1_3: no property that the version we name does not define (features.md). */
static void put_linux(struct oci_json *j, bool is_1_3)
{
	open_object(j, "linux");
	open_list(j, "namespaces");
	for (int i = 0; i < OCI_NS_COUNT; i++)
		oci_json_str(j, oci_ns_type_name(i));
	oci_json_array_end(j);
	put_values(j, "capabilities", plan_cap_values);
	put_cgroup(j);
	put_seccomp(j);
	put_enabled(j, "apparmor", compiles(apparmor, false));
	put_enabled(j, "selinux", compiles(selinux, false));
	put_rdt(j, is_1_3);
	if (is_1_3)
		put_memory_policy(j);
	open_object(j, "mountExtensions");
	put_enabled(j, "idmap", compiles(idmap, false));
	oci_json_object_end(j);
	if (is_1_3)
		put_enabled(j, "netDevices", true);
	oci_json_object_end(j);
}

static void put_annotations(struct oci_json *j)
{
	static const char *const unsafe[] = {"org.criu.config", "org.systemd.property.",
					     "run.oci."};
	const struct scmp_version *v = seccomp_version();
	char text[64];

	open_object(j, "annotations");
	snprintf(text, sizeof(text), "%u.%u.%u", v->major, v->minor, v->micro);
	put_str(j, "io.github.seccomp.libseccomp.version", text);
	put_str(j, "org.hezi.version", hz_version());
	/* the name that engines look for */
	put_str(j, "org.opencontainers.runc.checkpoint.enabled", "true");
	oci_json_object_end(j);
	open_list(j, "potentiallyUnsafeConfigAnnotations");
	for (size_t i = 0; i < ARRAY_SIZE(unsafe); i++)
		oci_json_str(j, unsafe[i]);
	oci_json_array_end(j);
}

int hz_features_json(char **ret_json, struct hz_error *err)
{
	struct oci_json *j = oci_json_new("    ");
	const char *max = version_max(), *text;
	size_t len;
	int r;

	if (!j)
		return error_oom(err);
	oci_json_object(j);
	put_str(j, "ociVersionMin", OCI_VERSION_MIN);
	put_str(j, "ociVersionMax", max);
	put_values(j, "hooks", plan_hook_values);
	put_mount_options(j);
	put_linux(j, strcmp(max, "1.3.0") == 0);
	put_annotations(j);
	oci_json_object_end(j);
	r = oci_json_text(j, &text, &len, err);
	if (!r) {
		*ret_json = strndup(text, len);
		r = *ret_json ? 0 : error_oom(err);
	}
	oci_json_free(j);
	return r;
}
