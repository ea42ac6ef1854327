/* SPDX-License-Identifier: Apache-2.0 */
/* hezi restore */
#include "cli/cli.h"
#include "cli/signals.h"

static struct restore_cmd {
	struct create_values create;
	const char *image_path, *work_path, *cgroups, *network_lock, *lsm_profile,
		*lsm_mount_context;
	bool detach, no_subreaper, tcp_established, tcp_close, ext_unix_sk, shell_job, file_locks,
		auto_dedup, lazy_pages;
	struct opt_strings empty_ns;
} values;

#define AT(field) offsetof(struct restore_cmd, field)
static const struct opt options[] = {
	CREATE_OPT_BUNDLE,
	{"image-path", 0, OPT_STRING, AT(image_path), "DIR",
	 "where the checkpoint is (default: ./checkpoint)"},
	{"work-path", 0, OPT_STRING, AT(work_path), "DIR",
	 "where CRIU's log goes (default: the image path)"},
	{"detach", 'd', OPT_FLAG, AT(detach), NULL,
	 "return when the program runs, and leave it running"},
	{"console-socket", 0, OPT_STRING, AT(create.console_socket), "PATH",
	 "a unix socket that receives the master of the container's terminal"},
	{"pid-file", 0, OPT_STRING, AT(create.pid_file), "PATH",
	 "write the pid of the container's process to this file"},
	{"tcp-established", 0, OPT_FLAG, AT(tcp_established), NULL, "restore open TCP connections"},
	{"tcp-close", 0, OPT_FLAG, AT(tcp_close), NULL, "restore TCP connections as closed ones"},
	{"ext-unix-sk", 0, OPT_FLAG, AT(ext_unix_sk), NULL, "allow unix sockets that lead outside"},
	{"shell-job", 0, OPT_FLAG, AT(shell_job), NULL,
	 "allow a session and a terminal that belong to a shell outside"},
	{"file-locks", 0, OPT_FLAG, AT(file_locks), NULL, "restore locks of files"},
	{"manage-cgroups-mode", 0, OPT_STRING, AT(cgroups), "MODE",
	 "how cgroups are restored: soft, full, strict or ignore"},
	{"network-lock", 0, OPT_STRING, AT(network_lock), "HOW",
	 "how the network was made to stand still: iptables, nftables or skip"},
	{"empty-ns", 0, OPT_SLICE, AT(empty_ns), "NAMESPACE",
	 "make this namespace, and nothing in it: network"},
	{"auto-dedup", 0, OPT_FLAG, AT(auto_dedup), NULL,
	 "free memory in the checkpoint once it is restored"},
	{"lazy-pages", 0, OPT_FLAG, AT(lazy_pages), NULL,
	 "fetch memory when it is used, from \"criu lazy-pages\""},
	{"lsm-profile", 0, OPT_STRING, AT(lsm_profile), "TYPE:NAME",
	 "another profile for the processes: apparmor:NAME or selinux:CONTEXT"},
	{"lsm-mount-context", 0, OPT_STRING, AT(lsm_mount_context), "CONTEXT",
	 "another SELinux context for the mounts"},
	{"no-subreaper", 0, OPT_FLAG, AT(no_subreaper), NULL,
	 "do not become the parent of orphaned descendants"},
	{"no-pivot", 0, OPT_FLAG, AT(create.no_pivot), NULL,
	 "nothing: the root is mounted as it was saved (for engines that pass it)"},
	{"no-new-keyring", 0, OPT_FLAG, AT(create.no_new_keyring), NULL,
	 "keep the caller's session keyring for processes of \"hezi exec\""},
};
#undef AT

static int restore(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;
	struct hz_restore_options o = {
		.size = sizeof(o),
		.id = args[0],
		.bundle = values.create.bundle,
		.image_path = values.image_path,
		.work_path = values.work_path,
		.console_socket = values.create.console_socket,
		.pid_file = values.create.pid_file,
		.manage_cgroups_mode = values.cgroups,
		.network_lock = values.network_lock,
		.lsm_profile = values.lsm_profile,
		.lsm_mount_context = values.lsm_mount_context,
		.detach = values.detach,
		.reap_children = true,
		.no_pivot = values.create.no_pivot,
		.no_new_keyring = values.create.no_new_keyring,
		.tcp_established = values.tcp_established,
		.tcp_close = values.tcp_close,
		.ext_unix_sk = values.ext_unix_sk,
		.shell_job = values.shell_job,
		.file_locks = values.file_locks,
		.auto_dedup = values.auto_dedup,
		.lazy_pages = values.lazy_pages,
	};
	int status = 0;

	signals_keep_status();
	cli_subreaper(values.no_subreaper);
	if (cli_empty_ns(&values.empty_ns, &o.empty_network, err) || cli_runtime(cli, &rt, err) ||
	    hz_restore(rt, &o, &status, err))
		return -1;
	return status;
}

const struct command command_restore = {
	.name = "restore",
	.summary = "make a container again out of a checkpoint",
	.operands = "<container-id>",
	.description = "The bundle says what surrounds the processes; the processes come from what "
		       "\"hezi checkpoint\"\n"
		       "has saved. Without --detach it waits for their end as \"hezi run\" does.",
	.min_args = 1,
	.max_args = 1,
	.error_status = 1,
	.options = OPT_TABLE(options),
	.values = &values,
	.run = restore,
};
