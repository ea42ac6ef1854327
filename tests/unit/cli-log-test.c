/* SPDX-License-Identifier: Apache-2.0 */
/* How errors and log lines look. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "cli/log.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct timespec noon = {.tv_sec = 1795000000, .tv_nsec = 42};

static void fill(struct hz_error *err)
{
	error_sys(err, EINVAL, "fsconfig", "/data", "mount overlay on \"/data\"");
	snprintf(err->file, sizeof(err->file), "config.json");
	err->line = 112;
	err->column = 18;
	error_pointer(err, "/mounts/3/options/2");
	error_step(err, "mount");
	snprintf(err->kernel, sizeof(err->kernel), "overlayfs: not \"that\"");
	error_hint(err, "try\nanother");
}

static void test_people(void)
{
	_cleanup_(hz_error_clear) struct hz_error err = HZ_ERROR_INIT;
	_cleanup_buf_ struct buf out = BUF_INIT;

	fill(&err);
	log_error_people(&out, "create failed", &err);
	is_str(out.data,
	       "hezi: create failed: config.json:112:18 /mounts/3/options/2: mount overlay on "
	       "\"/data\": "
	       "invalid argument (EINVAL)\n"
	       "  kernel: overlayfs: not \"that\"\n"
	       "  hint: try\\nanother\n",
	       "for people");
}

static void test_more(void)
{
	_cleanup_(hz_error_clear) struct hz_error err = HZ_ERROR_INIT;
	_cleanup_buf_ struct buf out = BUF_INIT, line = BUF_INIT;

	error_fault(&err, HZ_E_CONFIG, "/a", 1, 2, "first");
	error_fault(&err, HZ_E_CONFIG, "/b", 3, 4, "second\x1b[31m");
	error_fault(&err, HZ_E_CONFIG, "/c", 0, 0, "third");
	err.nfaults = 5; /* two that were not kept */
	log_error_people(&out, NULL, &err);
	is_str(out.data,
	       "hezi: config.json:1:2 /a: first\n"
	       "  config.json:3:4 /b: second\\x1b[31m\n"
	       "  /c: third\n"
	       "  … and 2 more\n",
	       "further faults, one a line");
	log_error_line(&line, NULL, &err);
	is_str(line.data, "config.json:1:2 /a: first; and 4 more faults", "all on one line");
}

static void test_place(void)
{
	_cleanup_(hz_error_clear) struct hz_error err = HZ_ERROR_INIT;
	_cleanup_buf_ struct buf a = BUF_INIT, b = BUF_INIT, c = BUF_INIT, d = BUF_INIT;

	error_set(&err, HZ_E_CONFIG, "text");
	log_error_text(&a, NULL, &err);
	is_str(a.data, "text", "no place");
	error_pointer(&err, "/x");
	log_error_text(&b, NULL, &err);
	is_str(b.data, "/x: text", "a pointer alone");
	snprintf(err.file, sizeof(err.file), "f.json");
	log_error_text(&c, "run failed", &err);
	is_str(c.data, "run failed: f.json /x: text", "file and pointer");
	error_set(&err, HZ_E_SYSTEM, "no errno here");
	err.errnum = ENOENT;
	log_error_text(&d, NULL, &err);
	is_str(d.data, "no errno here", "the name of errno only behind its words");
}

static void test_text(void)
{
	_cleanup_buf_ struct buf a = BUF_INIT, b = BUF_INIT, c = BUF_INIT;

	log_text_line(&a, noon.tv_sec, "error", "say \"hi\"\n\\ \x01 \xff \xc3\xa9");
	is_str(a.data,
	       "time=\"2026-11-18T11:06:40Z\" level=error msg=\"say \\\"hi\\\"\\n\\\\ \\x01 \\xff "
	       "\xc3\xa9\"\n",
	       "logrus text, quoted");
	log_text_line(&b, noon.tv_sec, "warning", "plain");
	is_str(b.data, "time=\"2026-11-18T11:06:40Z\" level=warning msg=plain\n", "a plain word");
	log_text_line(&c, noon.tv_sec, "error", "");
	is_str(c.data, "time=\"2026-11-18T11:06:40Z\" level=error msg=\"\"\n", "nothing");
}

static void test_json(void)
{
	_cleanup_(hz_error_clear) struct hz_error err = HZ_ERROR_INIT;
	_cleanup_buf_ struct buf a = BUF_INIT, b = BUF_INIT, c = BUF_INIT;

	fill(&err);
	is_int(log_json_line(&a, &noon, "error", "create failed: x", &err), 0, "written");
	is_str(a.data,
	       "{\"level\":\"error\",\"msg\":\"create failed: "
	       "x\",\"time\":\"2026-11-18T11:06:40.000000042Z\","
	       "\"code\":\"system\",\"file\":\"config.json\",\"pointer\":\"/mounts/3/options/"
	       "2\",\"line\":112,"
	       "\"column\":18,\"step\":\"mount\",\"syscall\":\"fsconfig\",\"errno\":\"EINVAL\","
	       "\"object\":\"/data\","
	       "\"kernel\":\"overlayfs: not \\\"that\\\"\",\"hint\":\"try\\nanother\"}\n",
	       "JSON with all fields");
	error_set(&err, HZ_E_USAGE, "x");
	log_json_line(&b, &noon, "error", "x", &err);
	is_str(b.data,
	       "{\"level\":\"error\",\"msg\":\"x\",\"time\":\"2026-11-18T11:06:40.000000042Z\","
	       "\"code\":\"usage\"}\n",
	       "absent fields are left out");
	log_json_line(&c, &noon, "warning", "a\xff\xed\xa0\x80z\n", NULL);
	is_str(c.data,
	       "{\"level\":\"warning\",\"msg\":"
	       "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\\n\","
	       "\"time\":\"2026-11-18T11:06:40.000000042Z\"}\n",
	       "what is not UTF-8 is replaced");
}

/* The lines in a log file after a warning and, if so wished, an error. */
static int lines_after(struct log *l, const char *path, bool fails)
{
	_cleanup_(hz_error_clear) struct hz_error err = HZ_ERROR_INIT;
	_cleanup_file_ FILE *f = NULL;
	int n = 0, c, kept;

	if (log_open(l, path, &err))
		return -1;
	/* the text for people goes to stderr as well: not into the test's output */
	kept = dup(STDERR_FILENO);
	if (kept < 0 || !freopen("/dev/null", "w", stderr))
		return -1;
	log_message(l, LOG_AT_WARNING, "careful");
	log_message(l, LOG_AT_DEBUG, "detail");
	if (fails) {
		error_set(&err, HZ_E_STATE, "no");
		log_error(l, NULL, &err);
	} else {
		log_flush(l);
	}
	dup2(kept, STDERR_FILENO);
	close(kept);
	log_done(l);
	f = fopen(path, "re");
	while (f && (c = getc(f)) != EOF)
		n += c == '\n';
	unlink(path);
	return n;
}

static void test_one_error(void)
{
	char path[] = "/tmp/hezi-log-test.XXXXXX";
	struct log quiet = LOG_INIT, loud = LOG_INIT, deaf = LOG_INIT;
	int fd = mkstemp(path);

	if (fd < 0) {
		skip("no temporary file");
		return;
	}
	close(fd);
	quiet.json = true;
	is_int(lines_after(&quiet, path, true), 1, "after a failure the error alone");
	is_int(lines_after(&quiet, path, false), 1, "after success the warning");
	loud.level = LOG_AT_DEBUG;
	is_int(lines_after(&loud, path, true), 3, "with debug all lines");
	deaf.level = LOG_AT_ERROR;
	is_int(lines_after(&deaf, path, false), 0, "no warnings when they are not wanted");
}

int main(void)
{
	test_people();
	test_more();
	test_place();
	test_text();
	test_json();
	test_one_error();
	return done_testing();
}
