/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that runs containers with libhezi in several threads at a time, while it goes on with
 * work of its own: it has a child, a handler for SIGCHLD, a signal mask and open files.
 *
 *	host lives ROOT BUNDLE PREFIX THREADS ROUNDS
 *		each thread creates, starts, kills and deletes ROUNDS containers
 *	host polls ROOT BUNDLE PREFIX 2 ROUNDS
 *		one thread creates; the other starts as soon as the state is "created"
 *	host runs ROOT BUNDLE PREFIX THREADS ROUNDS
 *		each thread runs ROUNDS containers in the foreground, with an exec beside each
 *
 * Whatever is wrong is a line on stdout, and the status is 1 then.
 */
#include "hezi/hezi.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 64
#define TEXT_MAX    16384

struct worker {
	pthread_t thread;
	const struct host *host;
	hz_runtime *rt;
	unsigned number;
};

struct host {
	const char *root, *bundle, *prefix;
	unsigned threads, rounds;
	void (*work)(struct worker *w);
};

static int faults;
static int children_ended;

static void wrong(const char *what, const char *id, const char *why)
{
	__atomic_add_fetch(&faults, 1, __ATOMIC_RELAXED);
	printf("%s %s: %s\n", what, id, why);
	fflush(stdout); /* it may be ended by its time limit */
}

static void judge(const char *what, const char *id, int r, struct hz_error *err)
{
	if (r)
		wrong(what, id, err->msg);
	hz_error_clear(err);
}

static void pause_ms(long ms)
{
	const struct timespec t = {.tv_nsec = ms * 1000000};

	nanosleep(&t, NULL);
}

static void name(const struct worker *w, unsigned round, char id[64])
{
	snprintf(id, 64, "%s%u-%u", w->host->prefix, w->number, round);
}

static int status_of(struct worker *w, const char *id, enum hz_status *ret, struct hz_error *err)
{
	struct hz_info *info;
	int r = hz_info_get(w->rt, id, &info, err);

	if (!r) {
		*ret = info->status;
		hz_info_free(info);
	}
	return r;
}

/* 0 when it has @want within 20 s. */
static int wait_status(struct worker *w, const char *id, enum hz_status want)
{
	struct hz_error err = HZ_ERROR_INIT;
	enum hz_status status;

	for (int i = 0; i < 10000; i++) {
		int r = status_of(w, id, &status, &err);

		if (!r && status == want)
			return 0;
		if (r && err.code != HZ_E_NOT_FOUND) {
			judge("state", id, r, &err);
			return -1;
		}
		hz_error_clear(&err);
		pause_ms(2);
	}
	wrong("state", id, hz_status_name(want));
	return -1;
}

static int create(struct worker *w, const char *id, struct hz_error *err)
{
	const struct hz_create_options o = {.size = sizeof(o), .id = id, .bundle = w->host->bundle};

	return hz_create(w->rt, &o, err);
}

/* --- lives --------------------------------------------------------------------------------- */

static void life(struct worker *w, const char *id, bool force)
{
	struct hz_error err = HZ_ERROR_INIT;
	int r = create(w, id, &err);

	judge("create", id, r, &err);
	if (r)
		return;
	judge("start", id, hz_start(w->rt, id, &err), &err);
	if (!force) {
		judge("kill", id, hz_kill(w->rt, id, SIGKILL, false, &err), &err);
		wait_status(w, id, HZ_STOPPED);
	}
	judge("delete", id, hz_delete(w->rt, id, force, &err), &err);
}

static void lives(struct worker *w)
{
	char id[64];

	for (unsigned i = 0; i < w->host->rounds; i++) {
		name(w, i, id);
		life(w, id, i % 2);
	}
}

/* --- polls --------------------------------------------------------------------------------- */

static void polls(struct worker *w)
{
	struct hz_error err = HZ_ERROR_INIT;
	enum hz_status status;
	char id[64];

	for (unsigned i = 0; i < w->host->rounds; i++) {
		snprintf(id, sizeof(id), "%s%u", w->host->prefix, i);
		if (w->number == 0) {
			judge("create", id, create(w, id, &err), &err);
			while (!status_of(w, id, &status, &err))
				pause_ms(2);
			hz_error_clear(&err);
		} else if (!wait_status(w, id, HZ_CREATED)) {
			judge("start", id, hz_start(w->rt, id, &err), &err);
			judge("delete", id, hz_delete(w->rt, id, true, &err), &err);
		}
	}
}

/* --- runs ---------------------------------------------------------------------------------- */

static void *exec_beside(void *arg)
{
	const char *const *what = arg;
	const struct hz_runtime_options ro = {.size = sizeof(ro), .root = what[0], .rootless = -1};
	const char *args[] = {"/bin/sh", "-c", "exit 3"};
	const struct hz_exec_options o = {
		.size = sizeof(o), .id = what[1], .args = args, .nargs = 3};
	struct worker w = {0};
	struct hz_error err = HZ_ERROR_INIT;
	int status = 0, r;

	if (hz_runtime_new(&ro, &w.rt, &err))
		abort();
	if (!wait_status(&w, what[1], HZ_RUNNING)) {
		r = hz_exec(w.rt, &o, &status, &err);
		judge("exec", what[1], r, &err);
		if (!r && status != 3)
			wrong("exec", what[1], "another status than 3");
	}
	hz_runtime_free(w.rt);
	return NULL;
}

static void runs(struct worker *w)
{
	struct hz_error err = HZ_ERROR_INIT;
	char id[64];

	for (unsigned i = 0; i < w->host->rounds; i++) {
		const struct hz_create_options o = {
			.size = sizeof(o), .id = id, .bundle = w->host->bundle};
		const struct hz_run_options how = {.size = sizeof(how)};
		const char *beside[] = {w->host->root, id};
		pthread_t other;
		int status = 0, r;

		name(w, i, id);
		if (pthread_create(&other, NULL, exec_beside, (void *)beside))
			abort();
		r = hz_run(w->rt, &o, &how, &status, &err);
		judge("run", id, r, &err);
		if (!r && status != 5)
			wrong("run", id, "another status than 5");
		pthread_join(other, NULL);
	}
}

/* --- what must be as before ------------------------------------------------------------------ */

static void describe_fds(char *to)
{
	DIR *d = opendir("/proc/self/fd");
	char path[300], link[300];
	const struct dirent *e;
	size_t at = 0;

	if (!d)
		abort();
	while ((e = readdir(d))) {
		ssize_t n;

		if (e->d_name[0] == '.' || atoi(e->d_name) == dirfd(d))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%s", e->d_name);
		n = readlink(path, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		at += (size_t)snprintf(to + at, TEXT_MAX - at, "%s %s\n", e->d_name, link);
		if (at >= TEXT_MAX)
			abort();
	}
	closedir(d);
}

static void describe(char *to)
{
	char cwd[4096];
	sigset_t mask;
	int subreaper = -1;
	mode_t um = umask(0);

	umask(um);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0);
	to += sprintf(to, "subreaper %d, umask %o, directory %s, mask", subreaper, um,
		      getcwd(cwd, sizeof(cwd)));
	for (int sig = 1; sig < 65; sig++)
		if (sigismember(&mask, sig) == 1)
			to += sprintf(to, " %d", sig);
	*to++ = '\n';
	describe_fds(to);
}

static void compare(const char *what, const char *before)
{
	char after[TEXT_MAX * 2];

	describe(after);
	if (strcmp(before, after) != 0)
		printf("was:\n%sis:\n%s", before, after);
	if (strcmp(before, after) != 0)
		wrong("after", what, "the program is not as before");
}

static void *worker(void *arg)
{
	struct worker *w = arg;
	const struct hz_runtime_options o = {
		.size = sizeof(o), .root = w->host->root, .rootless = -1};
	struct hz_error err = HZ_ERROR_INIT;

	if (hz_runtime_new(&o, &w->rt, &err))
		abort();
	w->host->work(w);
	hz_runtime_free(w->rt);
	return NULL;
}

static void on_sigchld(int sig)
{
	(void)sig;
	/* whose they were is for waitpid to say */
	__atomic_store_n(&children_ended, 1, __ATOMIC_RELAXED);
}

/* Two children of the program's own: one has ended and one ends meanwhile. */
static void fork_children(pid_t pids[2])
{
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			abort();
		if (pids[i])
			continue;
		pause_ms(i ? 500 : 0);
		_exit(40 + i);
	}
}

static void wait_children(const pid_t pids[2])
{
	int status;

	for (int i = 0; i < 2; i++)
		if (waitpid(pids[i], &status, 0) != pids[i] || WEXITSTATUS(status) != 40 + i)
			wrong("wait", "for a child of the program's own", strerror(errno));
	/* nothing of the library's own is left */
	if (waitpid(-1, &status, WNOHANG) != -1 || errno != ECHILD)
		wrong("wait", "for no child", "there is one");
}

static void work(struct host *h)
{
	static char before[TEXT_MAX * 2];
	struct worker w[THREADS_MAX];
	pid_t own[2];

	fork_children(own);
	describe(before);
	for (unsigned i = 0; i < h->threads; i++) {
		w[i] = (struct worker){.host = h, .number = i};
		if (pthread_create(&w[i].thread, NULL, worker, &w[i]))
			abort();
	}
	for (unsigned i = 0; i < h->threads; i++)
		pthread_join(w[i].thread, NULL);
	compare("the threads", before);
	/* and by this thread itself */
	w[0] = (struct worker){.host = h, .number = THREADS_MAX};
	h->rounds = 1;
	if (h->work != polls)
		worker(&w[0]);
	compare("one more container", before);
	wait_children(own);
}

int main(int argc, char **argv)
{
	struct host h;
	sigset_t some;

	if (argc != 7)
		return 2;
	h = (struct host){.root = argv[2],
			  .bundle = argv[3],
			  .prefix = argv[4],
			  .threads = (unsigned)atoi(argv[5]),
			  .rounds = (unsigned)atoi(argv[6])};
	h.work = !strcmp(argv[1], "polls") ? polls : !strcmp(argv[1], "runs") ? runs : lives;
	if (!h.threads || h.threads > THREADS_MAX)
		return 2;
	sigemptyset(&some);
	sigaddset(&some, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &some, NULL);
	sigaction(SIGCHLD, &(struct sigaction){.sa_handler = on_sigchld}, NULL);
	work(&h);
	if (!__atomic_load_n(&children_ended, __ATOMIC_RELAXED))
		wrong("SIGCHLD", "of the program", "its handler was not called");
	printf("%d wrong\n", faults);
	return faults != 0;
}
