/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks that init runs: their input, output, time-outs, and what they leave behind. */
#include "init1.h"

#include <time.h>

static char out_file[64];

static struct plan_hook hook_sh(const char *script, uint32_t timeout)
{
	struct plan_hook k = {
		.path = i1_str("/bin/sh"),
		.argv = I1_STRS("hook-name", "-c", script, "$0", out_file),
		.envp = I1_STRS("FILE=unset", "PATH=/bin:/usr/bin"),
		.timeout = timeout,
	};

	return k;
}

static struct i1_host *run_hooks(const struct plan_hook *hooks, size_t n, uint32_t which)
{
	struct plan_hooks step = {
		.which = which,
		.head = i1_str("{\"pid\":"),
		.tail = i1_str(",\"id\":\"x\"}"),
		.hooks = i1_bytes(hooks, n, sizeof(*hooks)),
	};

	i1_end(I1_SH("echo program"), false, &step, NULL);
	return i1_run();
}

static struct i1_host *run_script(const char *script, uint32_t timeout)
{
	struct plan_hook k;

	i1_start();
	k = hook_sh(script, timeout);
	return run_hooks(&k, 1, PLAN_HOOK_START_CONTAINER);
}

static const char *read_out(void)
{
	static char text[512];
	int fd = open(out_file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = 0;
	close(fd);
	unlink(out_file);
	return text;
}

static int seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int)(now.tv_sec - then->tv_sec);
}

static void test_good(void)
{
	struct i1_host *h = run_script(
		"(cat; echo; pwd; echo $FILE; umask; ls /proc/self/fd | wc -l) >\"$1\"; exec cat",
		5);
	char want[128];

	snprintf(want, sizeof(want), "{\"pid\":%d,\"id\":\"x\"}\n/\nunset\n0022\n4\n", (int)h->pid);
	is_str(h->said, "sync:2 executing eof", "a good hook: the container starts");
	is_str(read_out(), want,
	       "it had the state with our pid, /, its environment, and no descriptors but its own");
	is_str(h->output, "program\n", "its output is not the container's");
}

static void test_order(void)
{
	struct plan_hook k[3];
	struct i1_host *h;

	i1_start();
	k[0] = hook_sh("echo one >>\"$1\"", 0);
	k[1] = hook_sh("echo two >>\"$1\"; exit 3", 0);
	k[2] = hook_sh("echo three >>\"$1\"", 0);
	h = run_hooks(k, 3, PLAN_HOOK_START_CONTAINER);
	is_str(read_out(), "one\ntwo\n", "in order, and none after one that failed");
	i1_failed(h, INIT_WHY_HOOK_EXIT, 0, "exit 3");
	is_int(h->error.arg, 1, "the index of the hook");
	is_int(WEXITSTATUS((int)h->error.arg2), 3, "its status");
	is_str(h->error.object, "/bin/sh", "its path");
	is_int(h->error.step, 3, "the step");
	is_str(h->output, "", "the program was not executed");
}

static void test_output(void)
{
	struct i1_host *h = run_script("echo to stdout; echo to stderr >&2; exit 1", 0);
	size_t len;

	is_str(h->error.detail, "to stdout\nto stderr\n", "both outputs go with the error");
	h = run_script(
		"i=0; while [ $i -lt 20000 ]; do echo 0123456789012345678901234567890123456789; "
		"i=$((i+1)); done; echo end; kill -9 $$",
		0);
	len = strlen(h->error.detail);
	is_int(WTERMSIG((int)h->error.arg2), SIGKILL, "a hook that is killed");
	is_int(len, INIT_DETAIL_MAX - 1, "of long output as much as fits");
	is_str(len > 4 ? h->error.detail + len - 4 : "", "end\n", "which is the end of it");
}

static void test_timeout(void)
{
	struct timespec then;
	struct i1_host *h;
	pid_t pid;

	clock_gettime(CLOCK_MONOTONIC, &then);
	h = run_script("sleep 60 & echo $! >\"$1\"; echo waiting; wait", 1);
	pid = (pid_t)atoi(read_out());
	i1_failed(h, INIT_WHY_HOOK_TIMEOUT, 0, "time-out");
	is_int(h->error.arg2, 1, "its seconds");
	is_str(h->error.detail, "waiting\n", "what it said until then");
	ok(seconds_since(&then) < 5, "init does not wait longer");
	for (int i = 0; i < 100 && kill(pid, 0) == 0; i++)
		usleep(20000);
	ok(pid > 1 && kill(pid, 0) < 0, "its children are ended too");
}

static void test_background(void)
{
	struct timespec then;
	struct i1_host *h;
	pid_t pid;

	clock_gettime(CLOCK_MONOTONIC, &then);
	h = run_script("sleep 30 & echo $! >\"$1\"", 0);
	pid = (pid_t)atoi(read_out());
	is_str(h->said, "sync:2 executing eof", "a hook that leaves a child with its output");
	ok(seconds_since(&then) < 5, "is not waited for longer than it lives");
	ok(pid > 1 && kill(pid, SIGKILL) == 0, "and the child lives on");
}

static void test_cannot_start(void)
{
	struct plan_hook k;
	struct i1_host *h;

	i1_start();
	k = hook_sh("true", 0);
	k.path = i1_str("/nonexistent/hook");
	h = run_hooks(&k, 1, PLAN_HOOK_START_CONTAINER);
	i1_failed(h, INIT_WHY_HOOK_START, ENOENT, "a missing hook");
	is_int(h->error.call, __NR_execve, "the call");
	is_str(h->error.object, "/nonexistent/hook", "the path");
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN); /* as the runtime: it must not matter */
	snprintf(out_file, sizeof(out_file), "/tmp/hezi-hooks.%d", (int)getpid());
	test_good();
	test_order();
	test_output();
	test_timeout();
	test_background();
	test_cannot_start();
	return done_testing();
}
