/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Golden errors (README.md): every document of an index.tsv is refused with the pointer and the key
 * words that stand there.
 *
 *   errors-test cases DIR     decode and compile, a test for each row
 *   errors-test good DIR      every *.json of DIR is accepted
 *   errors-test decode DIR    the same, one test for the whole index (generated documents)
 */
#include "base/cleanup.h"
#include "base/fd.h"
#include "ocispec.h"
#include "plan/compile.h"
#include "tap.h"

#include <fcntl.h>
#include <glob.h>
#include <linux/sched.h>
#include <regex.h>
#include <string.h>

/* root with all privileges on a host that has everything */
static const struct plan_facts facts = {
	.privileged = true,
	.kernel_major = 6,
	.kernel_minor = 18,
	.ns_supported = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC |
			CLONE_NEWUSER | CLONE_NEWCGROUP | CLONE_NEWTIME,
	.cap_last = 40,
	.caps = 0x1ffffffffffull,
	.cgroup_mode = PLAN_CGROUP_V2,
	.hierarchies = {{"", "/sys/fs/cgroup", "/"}},
	.nhierarchies = 1,
	.unified_controllers = "cpuset cpu io memory hugetlb pids rdma misc",
};

/* 0 when the document is accepted */
static int judge(const char *path, struct hz_error *err)
{
	static const struct plan_options options = {.id = "test", .bundle = "/bundle"};
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct plan plan = {0};
	struct oci_config *c;
	int r = file_read_at(AT_FDCWD, path, &text, 1 << 30);

	if (r)
		return error_sys(err, -r, "read", path, "the test's own file");
	r = oci_config_decode(&a, text.data, text.len, "config.json", &c, err);
	if (!r)
		r = plan_compile(c, &facts, &options, &plan, err);
	plan_done(&plan);
	arena_done(&a);
	return r;
}

static bool pointer_fits(const char *wanted, const char *pointer, size_t len)
{
	for (const char *p = wanted; *p;) {
		size_t n = strcspn(p, " ");

		if ((n == 1 && *p == '-') || (n == len && !memcmp(p, pointer, n)))
			return true;
		/* "/annotations/" names an empty key; a trailing space-separated list ends at NUL
		 */
		p += n + (p[n] == ' ');
	}
	return false;
}

static bool text_fits(const regex_t *re, const char *text, size_t len)
{
	_cleanup_free_ char *copy = strndup(text, len);

	return copy && !regexec(re, copy, 0, NULL, 0);
}

/* Lines of err->more: "[config.json:L:C ]POINTER: text". */
static bool more_fits(const struct hz_error *err, const char *pointer, const regex_t *re)
{
	for (const char *line = err->more; line && *line;) {
		size_t len = strcspn(line, "\n");
		const char *p = strncmp(line, "config.json:", 12) ? line : strchr(line, ' ') + 1;
		const char *colon = strstr(p, ": ");

		if (colon && colon < line + len && pointer_fits(pointer, p, (size_t)(colon - p)) &&
		    text_fits(re, colon, len - (size_t)(colon - line)))
			return true;
		line += len + (line[len] == '\n');
	}
	return false;
}

static bool row_fits(const struct hz_error *err, const char *pointer, const char *expression)
{
	bool good;
	regex_t re;

	if (regcomp(&re, expression, REG_EXTENDED | REG_NOSUB | REG_ICASE))
		return false;
	good = (pointer_fits(pointer, err->pointer, strlen(err->pointer)) &&
		text_fits(&re, err->msg, strlen(err->msg))) ||
	       more_fits(err, pointer, &re);
	regfree(&re);
	return good;
}

static void run_index(const char *dir, bool each)
{
	_cleanup_buf_ struct buf index = BUF_INIT;
	unsigned rows = 0, wrong = 0;
	char path[4096], *save = NULL;

	snprintf(path, sizeof(path), "%s/index.tsv", dir);
	if (file_read_at(AT_FDCWD, path, &index, 64 << 20)) {
		ok(false, "%s is there", path);
		return;
	}
	for (char *line = strtok_r(index.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *name = strsep(&line, "\t"), *pointer = strsep(&line, "\t"),
		     *expression = strsep(&line, "\t");
		struct hz_error err = HZ_ERROR_INIT;
		bool good;

		snprintf(path, sizeof(path), "%s/%s.json", dir, name);
		good = judge(path, &err) == -1 && row_fits(&err, pointer, expression);
		rows++;
		wrong += !good;
		if (each)
			ok(good, "%s: %s", name, line);
		if (!good && wrong < 20)
			diag("%s: wanted %s and /%s/, got %s: %s%s%s", name, pointer, expression,
			     err.pointer, err.msg, err.more ? "; " : "", err.more ? err.more : "");
		hz_error_clear(&err);
	}
	if (!each)
		ok(rows && !wrong, "all %u documents of %s are refused with the right pointer",
		   rows, strrchr(dir, '/') + 1);
}

static void run_good(const char *dir)
{
	char pattern[4096];
	glob_t g;

	snprintf(pattern, sizeof(pattern), "%s/*.json", dir);
	if (glob(pattern, 0, NULL, &g)) {
		ok(false, "%s has documents", dir);
		return;
	}
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct hz_error err = HZ_ERROR_INIT;

		if (!ok(!judge(g.gl_pathv[i], &err), "%s is accepted",
			strrchr(g.gl_pathv[i], '/') + 1))
			diag("%s: %s", err.pointer, err.msg);
		hz_error_clear(&err);
	}
	globfree(&g);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[1], "good"))
			run_good(argv[i]);
		else
			run_index(argv[i], !strcmp(argv[1], "cases"));
	}
	return done_testing();
}
