/* SPDX-License-Identifier: Apache-2.0 */
/* hezi ps */
#include "cli/cli.h"

#include "base/cleanup.h"
#include "ocispec.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct ps_cmd {
	const char *format;
} values;

static const struct opt options[] = {
	{"format", 'f', OPT_STRING, offsetof(struct ps_cmd, format), "FORMAT",
	 "table or json (default: table)"},
};

static int print_json(const int *pids, size_t n, struct hz_error *err)
{
	struct oci_json *j = oci_json_new("");
	const char *text;
	size_t len;
	int r;

	if (!j)
		return error_oom(err);
	oci_json_array(j);
	for (size_t i = 0; i < n; i++)
		oci_json_i64(j, pids[i]);
	oci_json_array_end(j);
	r = oci_json_text(j, &text, &len, err);
	if (!r)
		r = cli_print(text, len, err);
	oci_json_free(j);
	return r;
}

/* Everything that ps(1) prints, in @out. */
static int run_ps(char **words, struct buf *out, struct hz_error *err)
{
	_cleanup_fd_ int from = -1;
	posix_spawn_file_actions_t actions;
	int pipefd[2], status, r;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC))
		return error_sys(err, errno, "pipe2", NULL, "run ps");
	from = pipefd[0];
	r = posix_spawn_file_actions_init(&actions);
	if (!r) {
		r = posix_spawn_file_actions_adddup2(&actions, pipefd[1], STDOUT_FILENO);
		if (!r)
			r = posix_spawnp(&pid, "ps", &actions, NULL, words, environ);
		posix_spawn_file_actions_destroy(&actions);
	}
	close(pipefd[1]);
	if (r)
		return error_sys(err, r, "posix_spawn", "ps", "run ps (package procps)");
	for (;;) {
		char text[4096];
		ssize_t n = read(from, text, sizeof(text));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		buf_add(out, text, (size_t)n);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_sys(err, errno, "waitpid", NULL, "wait for ps");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return error_set(err, HZ_E_USAGE, "ps failed: look at its options");
	return 0;
}

/* The @column-th word of a line as a number, -1. */
static long word_at(const char *line, int column)
{
	char *end;
	long v;

	for (;; column--) {
		line += strspn(line, " \t");
		if (!column)
			break;
		line += strcspn(line, " \t");
	}
	v = strtol(line, &end, 10);
	return end != line && (!*end || *end == ' ' || *end == '\t') ? v : -1;
}

static int pid_column(const char *header)
{
	for (int column = 0;; column++) {
		size_t n;

		header += strspn(header, " \t");
		n = strcspn(header, " \t");
		if (!n)
			return -1;
		if (n == 3 && !strncmp(header, "PID", 3))
			return column;
		header += n;
	}
}

static bool is_listed(const int *pids, size_t n, long pid)
{
	for (size_t i = 0; i < n; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

static int print_table(char **args, const int *pids, size_t n, struct hz_error *err)
{
	_cleanup_buf_ struct buf all = BUF_INIT, out = BUF_INIT;
	static char name[] = "ps", every[] = "-ef";
	_cleanup_free_ char **words = NULL;
	char *line, *rest;
	size_t nargs = 0;
	int column;

	while (args[nargs])
		nargs++;
	words = calloc(nargs + 3, sizeof(*words));
	if (!words)
		return error_oom(err);
	words[0] = name;
	words[1] = every;
	if (nargs)
		memcpy(words + 1, args, nargs * sizeof(*words));
	if (run_ps(words, &all, err))
		return -1;
	if (all.failed)
		return error_oom(err);
	rest = all.data;
	line = strsep(&rest, "\n");
	column = line ? pid_column(line) : -1;
	if (column < 0)
		return error_set(err, HZ_E_USAGE, "ps prints no column \"PID\"");
	buf_printf(&out, "%s\n", line);
	while ((line = strsep(&rest, "\n")))
		if (*line && is_listed(pids, n, word_at(line, column)))
			buf_printf(&out, "%s\n", line);
	if (out.failed)
		return error_oom(err);
	return cli_print(out.data, out.len, err);
}

static int ps(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;
	_cleanup_free_ int *pids = NULL;
	bool json = values.format && !strcmp(values.format, "json");
	size_t n;

	if (values.format && !json && strcmp(values.format, "table") != 0)
		return error_set(err, HZ_E_USAGE, "invalid format option: \"%s\"", values.format);
	if (cli_runtime(cli, &rt, err) || hz_pids(rt, args[0], &pids, &n, err))
		return -1;
	return json ? print_json(pids, n, err) : print_table(args + 1, pids, n, err);
}

const struct command command_ps = {
	.name = "ps",
	.summary = "list the processes of a container",
	.operands = "<container-id> [ps options]",
	.description = "The table is that of ps(1) on the host, run with the options behind the "
		       "id (default: -ef), with\n"
		       "the container's processes alone. json is an array of their pids on the "
		       "host.",
	.min_args = 1,
	.max_args = 65,
	.flags = OPT_ID_FIRST,
	.error_status = 1,
	.options = OPT_TABLE(options),
	.values = &values,
	.run = ps,
};
