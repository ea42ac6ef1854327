/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process in a container that looks at its neighbours as fast as it can, until it is killed.
 *
 *   watch FILE   appends to FILE, once for each: what the links of every process of /proc (exe,
 * cwd, root, descriptors) say; "WRITABLE exe" where the program of another process could be opened
 * for writing, "TRACED exe" where another process that does not yet run the image's program could
 * be stopped by ptrace(2)
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEEN_MAX 4096

static char *seen[SEEN_MAX];
static unsigned n_seen;
static int out;

static void note(const char *what, const char *path)
{
	char line[512];
	int n = snprintf(line, sizeof(line), "%s%s\n", what, path);

	for (unsigned i = 0; i < n_seen; i++)
		if (!strcmp(seen[i], line))
			return;
	if (n_seen == SEEN_MAX || n < 0)
		return;
	seen[n_seen++] = strdup(line);
	if (write(out, line, strlen(line)) < 0)
		exit(1);
}

static bool read_link(const char *pid, const char *name, char *text, size_t size)
{
	char path[300];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	n = readlink(path, text, size - 1);
	if (n < 0)
		return false;
	text[n] = 0;
	return true;
}

static void look(const char *pid, const char *name)
{
	char text[400];

	if (read_link(pid, name, text, sizeof(text)))
		note("", text);
}

static void look_at_files(const char *pid)
{
	char path[300];
	const struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "fd/%.200s", e->d_name);
		look(pid, path);
	}
	if (d)
		closedir(d);
}

static void try_write(const char *pid)
{
	char path[300], text[400] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	read_link(pid, "exe", text, sizeof(text));
	note("WRITABLE ", text);
	close(fd);
}

static void try_trace(const char *name)
{
	pid_t pid = (pid_t)atoi(name);
	char text[400] = "";
	int status;

	/* not PTRACE_ATTACH: its SIGSTOP could come after the end and stop the process for good */
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) || ptrace(PTRACE_INTERRUPT, pid, 0, 0))
		return;
	if (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status) &&
	    read_link(name, "exe", text, sizeof(text)) && strncmp(text, "/bin/", 5))
		note("TRACED ", text);
	ptrace(PTRACE_DETACH, pid, 0, 0);
}

static void look_at(const char *pid)
{
	look(pid, "exe");
	look(pid, "cwd");
	look(pid, "root");
	look_at_files(pid);
	try_write(pid);
	try_trace(pid);
}

int main(int argc, char **argv)
{
	const struct dirent *e;
	DIR *d = opendir("/proc");

	out = argc > 1 ? open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
	if (!d || out < 0)
		return 1;
	note("READY", "");
	for (;;) {
		rewinddir(d);
		while ((e = readdir(d)))
			if (e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
			    atoi(e->d_name) != getpid())
				look_at(e->d_name);
	}
}
