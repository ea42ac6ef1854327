/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share. A command is a row in commands.c and a function in a file of its own. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "cli/log.h"
#include "cli/options.h"
#include "hezi/hezi.h"

/* The global options. */
struct global_values {
	bool debug, systemd_cgroup;
	const char *log, *log_format, *log_level, *root, *cgroup_manager, *rootless;
};
extern const struct opt_table global_options;

struct cli {
	struct global_values global;
	struct log log;
	enum hz_cgroup_manager cgroup_manager;
	int rootless; /* as in struct hz_runtime_options */
};

struct command {
	const char *name;
	const char *summary;     /* after the dash in help */
	const char *operands;    /* "<container-id> [signal]"; "" for none */
	const char *description; /* paragraphs, "" for none */
	int min_args, max_args;
	unsigned flags; /* OPT_STOP or OPT_ID_FIRST */
	bool hidden;
	bool prefixed; /* errors begin with "<name> failed: ", as runc's create and run */
	int error_status;
	struct opt_table options;
	void *values; /* a static struct of the command's file */
	/**
	 * Returns the exit status, or -1 with @err. @args: the operands, NULL for those that may be
	 * missing. A command prints through cli_print only.
	 */
	int (*run)(struct cli *cli, char **args, struct hz_error *err);
};

extern const struct command *const commands[];
extern const size_t ncommands;
const struct command *command_find(const char *name);

extern const struct command command_completion, command_create, command_delete, command_exec,
	command_explain, command_features, command_kill, command_list, command_pause, command_ps,
	command_resume, command_run, command_spec, command_start, command_state, command_update,
	command_events, command_stats, command_checkpoint, command_restore;

/* Values and rows that create, run and explain have in common: the first member of their values. */
struct create_values {
	const char *bundle, *console_socket, *pid_file, *pidfd_socket;
	bool no_pivot, no_new_keyring;
	unsigned preserve_fds;
	const char *config;
};
#define CREATE_OPT_BUNDLE                                                                 \
	{                                                                                 \
		"bundle", 'b', OPT_STRING, offsetof(struct create_values, bundle), "DIR", \
			"the bundle: a directory with config.json (default: the working " \
			"directory)"                                                      \
	}
#define CREATE_OPT_CONFIG(letter)                                                             \
	{                                                                                     \
		"config", letter, OPT_STRING, offsetof(struct create_values, config), "FILE", \
			"the configuration (default: config.json in the bundle)"              \
	}
#define CREATE_OPT_PLAN                                                                         \
	{"no-pivot", 0,                                                                         \
	 OPT_FLAG,   offsetof(struct create_values, no_pivot),                                  \
	 NULL,       "move the root instead of pivot_root(2): for a rootfs on a ramdisk"},      \
		{"no-new-keyring",                                                              \
		 0,                                                                             \
		 OPT_FLAG,                                                                      \
		 offsetof(struct create_values, no_new_keyring),                                \
		 NULL,                                                                          \
		 "keep the caller's session keyring"},                                          \
	{                                                                                       \
		"preserve-fds", 0, OPT_UINT, offsetof(struct create_values, preserve_fds), "N", \
			"pass N more file descriptors, from 3 on, to the container"             \
	}
#define CREATE_OPT_FILES                                                                          \
	{"console-socket", 0,                                                                     \
	 OPT_STRING,       offsetof(struct create_values, console_socket),                        \
	 "PATH",           "a unix socket that receives the master of the container's terminal"}, \
		{"pid-file", 0,                                                                   \
		 OPT_STRING, offsetof(struct create_values, pid_file),                            \
		 "PATH",     "write the pid of the container's process to this file"},            \
	{                                                                                         \
		"pidfd-socket", 0, OPT_STRING, offsetof(struct create_values, pidfd_socket),      \
			"PATH", "a unix socket that receives a pidfd of the container's process"  \
	}

struct hz_create_options create_options(const struct create_values *v, const char *id);

/** A handle with the global options; free it with hz_runtime_free. */
int cli_runtime(struct cli *cli, hz_runtime **ret, struct hz_error *err);

/** Become the parent of orphaned descendants, unless --no-subreaper says otherwise. */
void cli_subreaper(bool no_subreaper);

/** All ids, as hz_ids(); an empty list where nothing has made the default place yet. */
int cli_ids(const struct cli *cli, hz_runtime *rt, char ***ret, size_t *ret_n,
	    struct hz_error *err);

/** The values of --empty-ns. */
int cli_empty_ns(const struct opt_strings *names, bool *ret_network, struct hz_error *err);

/**
 * For commands that go over all entries: @id is left out of what they print, because of @why, which
 * is cleared. A bad entry is a warning. Trouble of this process makes the command fail, but only
 * after it has shown the others: then @err is set (the first one stays).
 */
void cli_leave_out(struct cli *cli, const char *id, struct hz_error *why, struct hz_error *err);

/** cli_print() of what cli_leave_out() has left: -1 when that has set @err. */
int cli_print_some(const char *text, size_t len, struct hz_error *err);

struct id_action {
	int (*run)(hz_runtime *rt, const char *id, const void *data, struct hz_error *err);
	const void *data;
};

/** Do it to every container whose id matches the extended regular expression. */
int cli_matching(const struct cli *cli, hz_runtime *rt, const char *pattern,
		 const struct id_action *a, struct hz_error *err);

/** Is the value of --format "json", and not @plain, which is the default? */
int cli_format_json(const char *format, const char *plain, bool *ret, struct hz_error *err);

/** Write all of it to stdout and close stdout: what does not arrive is an error. At most once in a
 * command. */
int cli_print(const char *text, size_t len, struct hz_error *err);

/** Write it to stdout, which stays open; for commands that go on. */
int cli_print_on(const char *text, size_t len, struct hz_error *err);

/** Run the whole command line; returns the exit status. @no_stdout: the caller has closed it, so
 * printing fails. */
int cli_main(int argc, char **argv, bool no_stdout);

static inline void cleanup_runtime(hz_runtime **rt)
{
	hz_runtime_free(*rt);
}
#define _cleanup_runtime_ __attribute__((cleanup(cleanup_runtime)))

/* help.c; each appends to @out */
void help_program(struct buf *out);
void help_command(const struct command *c, struct buf *out);
void help_version(struct buf *out);
/** Help speaks of the program by the name it was called by: the base of @path. */
void help_called(const char *path);

#endif
