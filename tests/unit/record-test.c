/* SPDX-License-Identifier: Apache-2.0 */
/* Records of every version of hezi, past and future: data/record-*.json. */
#include "runtime/runtime.h"
#include "tap.h"

#include "base/fd.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define NEWEST "record-6-checksum.json"

static int datadir, statedir;

static int read_fixture(const char *name, struct arena *a, struct record *ret, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (file_read_at(datadir, name, &text, RECORD_MAX) ||
	    file_replace_at(statedir, RECORD_FILE, 0600, text.data, text.len))
		return -1;
	return record_read(statedir, a, ret, err);
}

static void is_head(const char *name, const struct record *r)
{
	is_str(r->id, "box", "%s: id", name);
	is_str(r->bundle, "/b", "%s: bundle", name);
	is_str(r->rootfs, "/b/rootfs", "%s: rootfs", name);
	is_str(r->created, "2026-11-23T23:00:00.000000001Z", "%s: created", name);
	ok(r->owner.set && r->owner.v == 0, "%s: owner", name);
	ok(r->pid.v == 4711 && r->start_time.v == 123456, "%s: the process", name);
	ok(r->own_pid_ns.set && r->own_pid_ns.v, "%s: whether its end ends all", name);
	ok(r->cgroup_dirs.n == 2 &&
		   !strcmp(r->cgroup_dirs.items[1], "2:/sys/fs/cgroup/memory/a/box"),
	   "%s: cgroups", name);
	ok(r->annotations.n == 1 && !strcmp(r->annotations.items[0].value, "v"), "%s: annotations",
	   name);
}

/* @level: how many of the later additions its writer knew */
static void test_fixture(const char *name, int level)
{
	struct hz_error err = HZ_ERROR_INIT;
	struct arena a = ARENA_INIT;
	struct record r = {0};

	ok(!read_fixture(name, &a, &r, &err), "%s is read: %s", name, err.msg);
	if (r.id) {
		is_head(name, &r);
		ok(!r.unit == (level < 2) && r.user.set == (level >= 2), "%s: unit", name);
		ok(r.rdt_dirs.n == (level >= 3), "%s: resctrl", name);
		ok(r.mount_below.set == (level >= 4), "%s: mount", name);
		ok(r.pidfd_inode.set == (level >= 5), "%s: pidfd", name);
	}
	arena_done(&a);
	hz_error_clear(&err);
}

static void test_future(void)
{
	struct hz_error err = HZ_ERROR_INIT;
	struct arena a = ARENA_INIT;
	struct record r = {0};

	test_fixture("record-future.json", 6);
	ok(!read_fixture("record-future.json", &a, &r, &err) &&
		   record_check_version(&r, &err) == -1 && err.code == HZ_E_UNSUPPORTED &&
		   strstr(err.msg, "newer version of hezi (record version 9") && err.hint[0],
	   "what needs more than the record is refused: %s", err.msg);
	r.version.v = RECORD_VERSION;
	ok(!record_check_version(&r, NULL), "but not for this version");
	arena_done(&a);
	hz_error_clear(&err);
}

static void test_bad_versions(void)
{
	static const char *const bad[] = {"0", "-1", "\"2\"", "1.5", "null", "[]"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct hz_error err = HZ_ERROR_INIT;
		struct arena a = ARENA_INIT;
		char text[256];
		struct record r;
		int n = snprintf(text, sizeof(text),
				 "{\"version\":%s,\"id\":\"x\",\"bundle\":\"/\",\"created\":\"\","
				 "\"owner\":0}",
				 bad[i]);

		file_replace_at(statedir, RECORD_FILE, 0600, text, (size_t)n);
		ok(record_read(statedir, &a, &r, &err) == -1 && err.code != HZ_E_UNSUPPORTED,
		   "version %s is damage: %s", bad[i], err.msg);
		arena_done(&a);
		hz_error_clear(&err);
	}
}

/* A key that is renamed, moved or new changes what is written: then a fixture has to be added, and
 * all above has to hold for the old ones. */
static void test_writer(void)
{
	_cleanup_buf_ struct buf want = BUF_INIT, got = BUF_INIT;
	struct hz_error err = HZ_ERROR_INIT;
	struct arena a = ARENA_INIT;
	struct record r;

	ok(!read_fixture(NEWEST, &a, &r, &err) && !record_write(statedir, &r, &err) &&
		   !file_read_at(statedir, RECORD_FILE, &got, RECORD_MAX) &&
		   !file_read_at(datadir, NEWEST, &want, RECORD_MAX),
	   "the newest fixture is written again");
	is_str(got.data, want.data, "this version writes what " NEWEST " holds");
	arena_done(&a);
	hz_error_clear(&err);
}

int main(int argc, char **argv)
{
	char root[] = "/tmp/hezi-record-test.XXXXXX";

	datadir = open(argc > 1 ? argv[1] : "tests/unit/data", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	statedir = mkdtemp(root) ? open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	test_fixture("record-1-first.json", 1);
	test_fixture("record-2-systemd.json", 2);
	test_fixture("record-3-resctrl.json", 3);
	test_fixture("record-4-hostmount.json", 4);
	test_fixture("record-5-pidfd.json", 5);
	test_fixture(NEWEST, 6);
	test_future();
	test_bad_versions();
	test_writer();
	unlinkat(statedir, RECORD_FILE, 0);
	fd_close(statedir);
	fd_close(datadir);
	ok(!rmdir(root), "nothing is left");
	return done_testing();
}
