/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times runtimes side by side: `bench [-n ROUNDS] SCRIPT… ` is driven by bench.sh. One round runs
 * each command once, in an order that rotates, so that a busy moment hits all of them. Prints for
 * each command: median and minimum wall time in ms, median CPU time in ms, largest resident set in
 * KiB.
 *
 *   bench ROUNDS PAUSE_MS -- CMD… -- CMD… …
 *
 * The word @ of a CMD is replaced by an id, the same for the same command and round. A failing
 * command ends the benchmark.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define CMDS_MAX  16
#define WORDS_MAX 32

struct command {
	char *words[WORDS_MAX];
	double *wall, *cpu;
	long rss;
};

extern char **environ;

static posix_spawn_file_actions_t quiet; /* what the commands print is not ours */

static double ms(const struct timespec *a, const struct timespec *b)
{
	return (double)(b->tv_sec - a->tv_sec) * 1e3 + (double)(b->tv_nsec - a->tv_nsec) / 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int run_once(struct command *c, int index, int round)
{
	char id[32], *argv[WORDS_MAX];
	struct timespec a, b;
	struct rusage ru;
	int status, r;
	pid_t pid;

	/* no two of them share an id: it is also the name of the cgroup */
	snprintf(id, sizeof(id), "b%dr%d", index, round);
	for (int i = 0; i < WORDS_MAX; i++)
		argv[i] = c->words[i] && !strcmp(c->words[i], "@") ? id : c->words[i];
	clock_gettime(CLOCK_MONOTONIC, &a);
	r = posix_spawnp(&pid, argv[0], &quiet, NULL, argv, environ);
	if (r) {
		fprintf(stderr, "bench: %s: %s\n", argv[0], strerror(r));
		return -1;
	}
	if (wait4(pid, &status, 0, &ru) < 0)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &b);
	if (status) {
		fprintf(stderr, "bench: %s failed: status %#x\n", argv[0], status);
		return -1;
	}
	c->wall[round] = ms(&a, &b);
	c->cpu[round] = (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1e3 +
			(double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e3;
	if (ru.ru_maxrss > c->rss)
		c->rss = ru.ru_maxrss;
	return 0;
}

static int parse(int argc, char **argv, struct command *cmds)
{
	int n = 0, w = 0;

	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--")) {
			if (++n > CMDS_MAX)
				return -1;
			w = 0;
			continue;
		}
		if (!n || w == WORDS_MAX - 1)
			return -1;
		cmds[n - 1].words[w++] = argv[i];
	}
	return n;
}

int main(int argc, char **argv)
{
	static struct command cmds[CMDS_MAX + 1];
	int rounds = argc > 3 ? atoi(argv[1]) : 0,
	    n = rounds > 0 ? parse(argc - 3, argv + 3, cmds) : -1;
	struct timespec pause = {.tv_nsec = argc > 3 ? atol(argv[2]) * 1000000L : 0};

	if (n <= 0) {
		fprintf(stderr, "usage: bench ROUNDS PAUSE_MS -- COMMAND… [-- COMMAND…]\n");
		return 2;
	}
	if (posix_spawn_file_actions_init(&quiet) ||
	    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0))
		return 1;
	for (int i = 0; i < n; i++) {
		cmds[i].wall = calloc((size_t)rounds, sizeof(double));
		cmds[i].cpu = calloc((size_t)rounds, sizeof(double));
		if (!cmds[i].wall || !cmds[i].cpu)
			return 1;
	}
	for (int r = 0; r < rounds; r++)
		for (int i = 0; i < n; i++) {
			nanosleep(&pause, NULL);
			if (run_once(&cmds[(i + r) % n], (i + r) % n, r))
				return 1;
		}
	for (int i = 0; i < n; i++) {
		qsort(cmds[i].wall, (size_t)rounds, sizeof(double), compare);
		qsort(cmds[i].cpu, (size_t)rounds, sizeof(double), compare);
		printf("%.3f %.3f %.3f %ld\n", cmds[i].wall[rounds / 2], cmds[i].wall[0],
		       cmds[i].cpu[rounds / 2], cmds[i].rss);
	}
	return 0;
}
