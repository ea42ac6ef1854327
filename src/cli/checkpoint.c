/* SPDX-License-Identifier: Apache-2.0 */
/* hezi checkpoint */
#include "cli/cli.h"

#include <string.h>

static struct checkpoint_cmd {
	const char *image_path, *work_path, *parent_path, *page_server, *cgroups, *network_lock;
	bool leave_running, pre_dump, tcp_established, tcp_skip_in_flight, link_remap, ext_unix_sk,
		shell_job, lazy_pages, file_locks, auto_dedup;
	int status_fd;
	struct opt_strings empty_ns;
} values = {.status_fd = -1};

#define AT(field) offsetof(struct checkpoint_cmd, field)
static const struct opt options[] = {
	{"image-path", 0, OPT_STRING, AT(image_path), "DIR",
	 "where the checkpoint goes (default: ./checkpoint)"},
	{"work-path", 0, OPT_STRING, AT(work_path), "DIR",
	 "where CRIU's log goes (default: the image path)"},
	{"parent-path", 0, OPT_STRING, AT(parent_path), "DIR",
	 "the checkpoint before this one, relative to the image path: save what has changed"},
	{"leave-running", 0, OPT_FLAG, AT(leave_running), NULL,
	 "let the container go on afterwards"},
	{"pre-dump", 0, OPT_FLAG, AT(pre_dump), NULL,
	 "save memory alone, and let the container go on: a parent for the next checkpoint"},
	{"tcp-established", 0, OPT_FLAG, AT(tcp_established), NULL,
	 "save open TCP connections too"},
	{"tcp-skip-in-flight", 0, OPT_FLAG, AT(tcp_skip_in_flight), NULL,
	 "leave out TCP connections that are not open yet"},
	{"link-remap", 0, OPT_FLAG, AT(link_remap), NULL,
	 "save files that have lost their name, by a new link to them"},
	{"ext-unix-sk", 0, OPT_FLAG, AT(ext_unix_sk), NULL, "allow unix sockets that lead outside"},
	{"shell-job", 0, OPT_FLAG, AT(shell_job), NULL,
	 "allow a session and a terminal that belong to a shell outside"},
	{"lazy-pages", 0, OPT_FLAG, AT(lazy_pages), NULL,
	 "keep the memory, and serve it to where the container is restored"},
	{"status-fd", 0, OPT_INT, AT(status_fd), "FD",
	 "with --lazy-pages: a descriptor that gets a NUL when memory can be fetched"},
	{"page-server", 0, OPT_STRING, AT(page_server), "ADDRESS:PORT",
	 "send the memory to CRIU's page server there"},
	{"file-locks", 0, OPT_FLAG, AT(file_locks), NULL, "save locks of files"},
	{"manage-cgroups-mode", 0, OPT_STRING, AT(cgroups), "MODE",
	 "how cgroups are saved: soft, full, strict or ignore"},
	{"network-lock", 0, OPT_STRING, AT(network_lock), "HOW",
	 "how the network stands still meanwhile: iptables, nftables or skip"},
	{"empty-ns", 0, OPT_SLICE, AT(empty_ns), "NAMESPACE",
	 "do not save what is in this namespace: network"},
	{"auto-dedup", 0, OPT_FLAG, AT(auto_dedup), NULL,
	 "free memory in the parent that this checkpoint has anew"},
};
#undef AT

int cli_empty_ns(const struct opt_strings *names, bool *ret_network, struct hz_error *err)
{
	for (size_t i = 0; i < names->n; i++) {
		if (strcmp(names->items[i], "network") != 0)
			return error_set(err, HZ_E_USAGE,
					 "--empty-ns \"%s\": only network can be left empty",
					 names->items[i]);
		*ret_network = true;
	}
	return 0;
}

static int checkpoint(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;
	struct hz_checkpoint_options o = {
		.size = sizeof(o),
		.id = args[0],
		.image_path = values.image_path,
		.work_path = values.work_path,
		.parent_path = values.parent_path,
		.page_server = values.page_server,
		.manage_cgroups_mode = values.cgroups,
		.network_lock = values.network_lock,
		.status_fd = values.status_fd,
		.leave_running = values.leave_running,
		.pre_dump = values.pre_dump,
		.tcp_established = values.tcp_established,
		.tcp_skip_in_flight = values.tcp_skip_in_flight,
		.link_remap = values.link_remap,
		.ext_unix_sk = values.ext_unix_sk,
		.shell_job = values.shell_job,
		.lazy_pages = values.lazy_pages,
		.file_locks = values.file_locks,
		.auto_dedup = values.auto_dedup,
	};

	if (!o.status_fd)
		return error_set(err, HZ_E_USAGE,
				 "--status-fd 0 is hezi's own standard input: pass another one");
	if (cli_empty_ns(&values.empty_ns, &o.empty_network, err) || cli_runtime(cli, &rt, err))
		return -1;
	return hz_checkpoint(rt, &o, err);
}

const struct command command_checkpoint = {
	.name = "checkpoint",
	.summary = "save a running container, and end it",
	.operands = "<container-id>",
	.description = "CRIU writes the processes of the container to files, from which \"hezi "
		       "restore\" makes them again.\n"
		       "Afterwards the container is deleted, unless --leave-running or --pre-dump "
		       "says otherwise.",
	.min_args = 1,
	.max_args = 1,
	.error_status = 1,
	.options = OPT_TABLE(options),
	.values = &values,
	.run = checkpoint,
};
