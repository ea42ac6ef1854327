/* SPDX-License-Identifier: Apache-2.0 */
/* hezi spec: a config.json to begin with. The content is runc's, so that tools and habits carry
 * over. */
#include "cli/cli.h"

#include "base/cleanup.h"
#include "base/named.h"
#include "ocispec.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FILE_NAME "config.json"

static struct spec_cmd {
	const char *bundle, *file;
	bool rootless;
} values;

static const struct opt options[] = {
	{"bundle", 'b', OPT_STRING, offsetof(struct spec_cmd, bundle), "DIR",
	 "where to write config.json (default: the working directory)"},
	{"file", 'f', OPT_STRING, offsetof(struct spec_cmd, file), "FILE",
	 "the file to write (default: config.json in the bundle)"},
	{"rootless", 0, OPT_FLAG, offsetof(struct spec_cmd, rootless), NULL,
	 "for a caller who is not root"},
};

#define WORDS 8 /* of a list, NULL included where there is room */

struct spec_mount {
	const char *target, *type, *source;
	const char *options[WORDS];
	const char *root_only; /* an option more when not rootless */
};

static const struct spec_mount mounts[] = {
	{"/proc", "proc", "proc", {NULL}, NULL},
	{"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}, NULL},
	{"/dev/pts",
	 "devpts",
	 "devpts",
	 {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"},
	 "gid=5"},
	{"/dev/shm",
	 "tmpfs",
	 "shm",
	 {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"},
	 NULL},
	{"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}, NULL},
};
static const struct spec_mount sys_mount = {
	"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}, NULL};
static const struct spec_mount sys_rootless = {
	"/sys", "none", "/sys", {"rbind", "nosuid", "noexec", "nodev", "ro"}, NULL,
};
static const struct spec_mount cgroup_mount = {
	"/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"}, NULL,
};

static void put_str(struct oci_json *j, const char *key, const char *value)
{
	oci_json_key(j, key);
	oci_json_str(j, value);
}

static void put_number(struct oci_json *j, const char *key, uint64_t value)
{
	oci_json_key(j, key);
	oci_json_u64(j, value);
}

static void put_bool(struct oci_json *j, const char *key, bool value)
{
	oci_json_key(j, key);
	oci_json_bool(j, value);
}

static void put_list(struct oci_json *j, const char *key, const char *const *words, size_t n,
		     const char *one_more)
{
	oci_json_key(j, key);
	oci_json_array(j);
	for (size_t i = 0; i < n && words[i]; i++)
		oci_json_str(j, words[i]);
	if (one_more)
		oci_json_str(j, one_more);
	oci_json_array_end(j);
}

static void put_mount(struct oci_json *j, const struct spec_mount *m, bool rootless)
{
	oci_json_object(j);
	put_str(j, "destination", m->target);
	put_str(j, "type", m->type);
	put_str(j, "source", m->source);
	if (m->options[0])
		put_list(j, "options", m->options, WORDS, rootless ? NULL : m->root_only);
	oci_json_object_end(j);
}

static void put_process(struct oci_json *j)
{
	static const char *const args[] = {"sh"};
	static const char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"TERM=xterm",
	};
	static const char *const caps[] = {"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"};
	static const char *const sets[] = {"bounding", "effective", "permitted"};

	oci_json_key(j, "process");
	oci_json_object(j);
	put_bool(j, "terminal", true);
	oci_json_key(j, "user");
	oci_json_object(j);
	put_number(j, "uid", 0);
	put_number(j, "gid", 0);
	oci_json_object_end(j);
	put_list(j, "args", args, ARRAY_SIZE(args), NULL);
	put_list(j, "env", env, ARRAY_SIZE(env), NULL);
	put_str(j, "cwd", "/");
	oci_json_key(j, "capabilities");
	oci_json_object(j);
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		put_list(j, sets[i], caps, ARRAY_SIZE(caps), NULL);
	oci_json_object_end(j);
	oci_json_key(j, "rlimits");
	oci_json_array(j);
	oci_json_object(j);
	put_str(j, "type", "RLIMIT_NOFILE");
	put_number(j, "hard", 1024);
	put_number(j, "soft", 1024);
	oci_json_object_end(j);
	oci_json_array_end(j);
	put_bool(j, "noNewPrivileges", true);
	oci_json_object_end(j);
}

static void put_id_map(struct oci_json *j, const char *key, uint32_t host_id)
{
	oci_json_key(j, key);
	oci_json_array(j);
	oci_json_object(j);
	put_number(j, "containerID", 0);
	put_number(j, "hostID", host_id);
	put_number(j, "size", 1);
	oci_json_object_end(j);
	oci_json_array_end(j);
}

static void put_no_devices(struct oci_json *j)
{
	oci_json_key(j, "resources");
	oci_json_object(j);
	oci_json_key(j, "devices");
	oci_json_array(j);
	oci_json_object(j);
	put_bool(j, "allow", false);
	put_str(j, "access", "rwm");
	oci_json_object_end(j);
	oci_json_array_end(j);
	oci_json_object_end(j);
}

/* Only on a host with the unified hierarchy alone: on v1 engines expect the host's view. */
static bool is_cgroup_v2(void)
{
	struct statfs st;

	return !statfs("/sys/fs/cgroup", &st) && st.f_type == CGROUP2_SUPER_MAGIC;
}

static void put_namespaces(struct oci_json *j, bool rootless)
{
	const struct {
		const char *type;
		bool wanted;
	} list[] = {
		{"pid", true},   {"network", !rootless},     {"ipc", true},      {"uts", true},
		{"mount", true}, {"cgroup", is_cgroup_v2()}, {"user", rootless},
	};

	oci_json_key(j, "namespaces");
	oci_json_array(j);
	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		if (!list[i].wanted)
			continue;
		oci_json_object(j);
		put_str(j, "type", list[i].type);
		oci_json_object_end(j);
	}
	oci_json_array_end(j);
}

static void put_linux(struct oci_json *j, bool rootless)
{
	static const char *const masked[] = {
		"/proc/acpi",          "/proc/asound",     "/proc/kcore",       "/proc/keys",
		"/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
		"/proc/scsi",          "/sys/firmware",
	};
	static const char *const readonly[] = {
		"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
	};

	oci_json_key(j, "linux");
	oci_json_object(j);
	if (rootless) {
		put_id_map(j, "uidMappings", geteuid());
		put_id_map(j, "gidMappings", getegid());
	} else {
		put_no_devices(j);
	}
	put_namespaces(j, rootless);
	put_list(j, "maskedPaths", masked, ARRAY_SIZE(masked), NULL);
	put_list(j, "readonlyPaths", readonly, ARRAY_SIZE(readonly), NULL);
	oci_json_object_end(j);
}

static void put_config(struct oci_json *j, bool rootless)
{
	oci_json_object(j);
	put_str(j, "ociVersion", OCI_VERSION_MAX);
	put_process(j);
	oci_json_key(j, "root");
	oci_json_object(j);
	put_str(j, "path", "rootfs");
	put_bool(j, "readonly", true);
	oci_json_object_end(j);
	put_str(j, "hostname", "hezi");
	oci_json_key(j, "mounts");
	oci_json_array(j);
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++)
		put_mount(j, &mounts[i], rootless);
	put_mount(j, rootless ? &sys_rootless : &sys_mount, rootless);
	put_mount(j, &cgroup_mount, rootless);
	oci_json_array_end(j);
	put_linux(j, rootless);
	oci_json_object_end(j);
}

/* A new file, or what stands there when it is no file with a content. */
static int open_file(int dirfd, const char *name, bool *ret_made, int *ret_fd, struct hz_error *err)
{
	int r = named_open_stream(dirfd, name, "write", ret_fd, err);

	*ret_made = !r;
	if (r)
		return r < 0 ? -1 : 0;
	*ret_fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (*ret_fd >= 0)
		return 0;
	if (errno == EEXIST)
		return error_set(err, HZ_E_USAGE, "File %s exists. Remove it first", name);
	return error_sys(err, errno, "openat", name, "create %s", name);
}

/* What was begun is removed when it cannot be ended: half a config helps nobody. */
static int write_config(int dirfd, const char *text, size_t len, struct hz_error *err)
{
	const char *name = values.file ? values.file : FILE_NAME;
	bool made;
	int fd = -1, r;

	if (open_file(dirfd, name, &made, &fd, err))
		return -1;
	r = named_write(fd, text, len);
	if (close(fd) && !r)
		r = -errno;
	if (!r)
		return 0;
	if (made)
		unlinkat(dirfd, name, 0); /* the error that is told is the first one */
	return error_sys(err, -r, "write", name, "write %s", name);
}

static int write_spec(int dirfd, bool rootless, struct hz_error *err)
{
	struct oci_json *j = oci_json_new("\t");
	const char *text;
	size_t len;
	int r;

	if (!j)
		return error_oom(err);
	put_config(j, rootless);
	r = oci_json_text(j, &text, &len, err);
	if (!r)
		r = write_config(dirfd, text, len, err);
	oci_json_free(j);
	return r;
}

static int spec(struct cli *cli, char **args, struct hz_error *err)
{
	const char *dir = values.bundle && *values.bundle ? values.bundle : ".";
	_cleanup_fd_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)cli;
	(void)args;
	if (fd < 0)
		return error_sys(err, errno, "open", dir, "open the bundle \"%s\"", dir);
	return write_spec(fd, values.rootless, err);
}

const struct command command_spec = {
	.name = "spec",
	.summary = "write a config.json to begin with",
	.operands = "",
	.description = "The container that it describes runs a shell, with few rights, in the "
		       "folder rootfs of the bundle.",
	.min_args = 0,
	.max_args = 0,
	.error_status = 1,
	.options = OPT_TABLE(options),
	.values = &values,
	.run = spec,
};
