/* SPDX-License-Identifier: Apache-2.0 */
/* hezi exec */
#include "cli/cli.h"
#include "cli/signals.h"

#include <limits.h>

static struct exec_cmd {
	const char *process, *console_socket, *pid_file, *pidfd_socket, *cwd, *user, *label,
		*apparmor;
	bool tty, detach, ignore_paused;
	signed char no_new_privs;
	unsigned preserve_fds;
	struct opt_strings env, gids, caps, cgroups;
} values;

#define AT(field) offsetof(struct exec_cmd, field)
static const struct opt options[] = {
	{"process", 'p', OPT_STRING, AT(process), "FILE",
	 "the process to run, as a JSON document of the OCI runtime specification"},
	{"tty", 't', OPT_FLAG, AT(tty), NULL, "give it a terminal"},
	{"console-socket", 0, OPT_STRING, AT(console_socket), "PATH",
	 "a unix socket that receives the master of its terminal"},
	{"detach", 'd', OPT_FLAG, AT(detach), NULL, "return when it runs, and leave it running"},
	{"pid-file", 0, OPT_STRING, AT(pid_file), "PATH", "write its pid to this file"},
	{"pidfd-socket", 0, OPT_STRING, AT(pidfd_socket), "PATH",
	 "a unix socket that receives a pidfd of it"},
	{"cwd", 0, OPT_STRING, AT(cwd), "DIR", "its working directory"},
	{"env", 'e', OPT_SLICE, AT(env), "NAME=VALUE", "add to its environment (may be repeated)"},
	{"user", 'u', OPT_STRING, AT(user), "UID[:GID]", "its user, and its group"},
	{"additional-gids", 'g', OPT_SLICE, AT(gids), "GID", "a further group (may be repeated)"},
	{"process-label", 0, OPT_STRING, AT(label), "LABEL", "its SELinux label"},
	{"apparmor", 0, OPT_STRING, AT(apparmor), "PROFILE", "its AppArmor profile"},
	{"no-new-privs", 0, OPT_SWITCH, AT(no_new_privs), NULL,
	 "it can gain no privileges (no_new_privs); =false: it can, whatever the configuration "
	 "says"},
	{"cap", 'c', OPT_SLICE, AT(caps), "CAP",
	 "add a capability to the bounding, permitted and effective sets (may be repeated)"},
	{"preserve-fds", 0, OPT_UINT, AT(preserve_fds), "N",
	 "pass N more file descriptors, from 3 on"},
	{"cgroup", 0, OPT_SLICE, AT(cgroups), "[CTRL[,CTRL]:]PATH",
	 "run it in this sub-cgroup of the container (may be repeated)"},
	{"ignore-paused", 0, OPT_FLAG, AT(ignore_paused), NULL,
	 "enter a paused container too: it waits until it is resumed"},
};
#undef AT

static size_t count(char **args)
{
	size_t n = 0;

	while (args[n])
		n++;
	return n;
}

static int exec(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;
	const struct hz_exec_options o = {
		.size = sizeof(o),
		.id = args[0],
		.process = values.process,
		.args = (const char *const *)args + 1,
		.nargs = count(args) - 1,
		.env = values.env.items,
		.nenv = values.env.n,
		.cwd = values.cwd,
		.user = values.user,
		.additional_gids = values.gids.items,
		.nadditional_gids = values.gids.n,
		.caps = values.caps.items,
		.ncaps = values.caps.n,
		.process_label = values.label,
		.apparmor = values.apparmor,
		.cgroups = values.cgroups.items,
		.ncgroups = values.cgroups.n,
		.console_socket = values.console_socket,
		.pid_file = values.pid_file,
		.pidfd_socket = values.pidfd_socket,
		.preserve_fds = values.preserve_fds,
		.tty = values.tty,
		.detach = values.detach,
		.no_new_privs = values.no_new_privs,
		.ignore_paused = values.ignore_paused,
	};
	int status = 0;

	signals_keep_status();
	if (cli_runtime(cli, &rt, err) || hz_exec(rt, &o, &status, err))
		return -1;
	return status;
}

const struct command command_exec = {
	.name = "exec",
	.summary = "run one more process in a container",
	.operands = "<container-id> <command> [arg...]",
	.description = "The process is that of the container's configuration with another command "
		       "and the changes that\n"
		       "the options make, or the one of --process. The exit status is that of the "
		       "process, 128+N when\n"
		       "signal N ended it, or 255 when it could not be run. Options end at the "
		       "container id.",
	.min_args = 1,
	.max_args = INT_MAX,
	.flags = OPT_ID_FIRST,
	.prefixed = true,
	.error_status = 255,
	.options = OPT_TABLE(options),
	.values = &values,
	.run = exec,
};
