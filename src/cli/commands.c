/* SPDX-License-Identifier: Apache-2.0 */
/* The commands, and what they have in common. */
#include "cli/cli.h"

#include "base/cleanup.h"

#include <string.h>
#include <sys/prctl.h>

const struct command *const commands[] = {
	&command_create, &command_start,   &command_state,      &command_kill,
	&command_delete, &command_run,     &command_list,       &command_spec,
	&command_exec,   &command_explain, &command_features,   &command_completion,
	&command_pause,  &command_resume,  &command_ps,         &command_update,
	&command_events, &command_stats,   &command_checkpoint, &command_restore,
};
const size_t ncommands = ARRAY_SIZE(commands);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ncommands; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

struct hz_create_options create_options(const struct create_values *v, const char *id)
{
	return (struct hz_create_options){
		.size = sizeof(struct hz_create_options),
		.id = id,
		.bundle = v->bundle,
		.console_socket = v->console_socket,
		.pid_file = v->pid_file,
		.pidfd_socket = v->pidfd_socket,
		.preserve_fds = v->preserve_fds,
		.no_pivot = v->no_pivot,
		.no_new_keyring = v->no_new_keyring,
		.config = v->config,
	};
}

static void on_message(void *data, enum hz_log_level level, const char *message)
{
	static const enum log_level levels[] = {
		[HZ_LOG_DEBUG] = LOG_AT_DEBUG,     [HZ_LOG_INFO] = LOG_AT_INFO,
		[HZ_LOG_WARNING] = LOG_AT_WARNING, [HZ_LOG_ERROR] = LOG_AT_ERROR,
		[HZ_LOG_QUIET] = LOG_AT_WARNING,
	};
	struct cli *cli = data;

	/* callers of runc compare what is on stderr */
	if (level == HZ_LOG_QUIET && cli->log.fd < 0)
		return;
	log_message(&cli->log, levels[level], message);
}

void cli_subreaper(bool no_subreaper)
{
	if (!no_subreaper)
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* only fails on kernels before 3.4 */
}

int cli_runtime(struct cli *cli, hz_runtime **ret, struct hz_error *err)
{
	const struct hz_runtime_options o = {
		.size = sizeof(o),
		.root = cli->global.root,
		.cgroup_manager = cli->cgroup_manager,
		.rootless = cli->rootless,
		.log = on_message,
		.log_data = cli,
		.debug = cli->log.level == LOG_AT_DEBUG,
	};

	return hz_runtime_new(&o, ret, err);
}
