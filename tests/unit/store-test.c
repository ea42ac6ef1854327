/* SPDX-License-Identifier: Apache-2.0 */
/* State directories, their lock, and records that were cut or garbled. */
#include "runtime/runtime.h"
#include "tap.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char root[] = "/tmp/hezi-store-test.XXXXXX";

static void test_ids(void)
{
	static const char *const good[] = {"a", "A-b_c+d.e", "...", ".hidden", "0", "a..b"};
	static const char *const bad[] = {"",     ".",  "..", "a/b",      "/",   "a b",
					  "a\nb", "~a", "a*", "\xc3\xa4", "a:b", "a\\b"};
	char longest[202];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ok(!store_check_id(good[i], NULL), "id \"%s\" is fine", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(store_check_id(bad[i], NULL) == -1, "bad id number %zu is refused", i);
	memset(longest, 'x', sizeof(longest));
	longest[200] = '\0';
	ok(!store_check_id(longest, NULL), "an id of 200 characters is fine");
	longest[200] = 'x';
	longest[201] = '\0';
	ok(store_check_id(longest, NULL) == -1, "an id of 201 characters is refused");
	ok(store_check_id(NULL, NULL) == -1, "no id is refused");
}

static void test_life(hz_runtime *rt)
{
	struct hz_error err = HZ_ERROR_INIT;
	int a = -1, b = -1;

	ok(!store_create(rt, "one", &a, &err), "a state directory is made: %s", err.msg);
	ok(store_create(rt, "one", &b, &err) == -1 && err.code == HZ_E_EXISTS,
	   "a second one of the same id is refused");
	ok(!store_open(rt, "one", &b, &err), "it can be opened without the lock");
	ok(store_is_locked(b), "its maker holds the lock");
	fd_close(b);
	ok(store_lock(rt, "one", 0, &b, &err) == -1 && err.code == HZ_E_BUSY,
	   "the lock is refused while it is held");
	fd_close(a);
	ok(!store_lock(rt, "one", 0, &b, &err), "the lock is free when its holder is gone");
	ok(!store_remove(rt, "one", b, &err), "the directory is removed: %s", err.msg);
	fd_close(b);
	ok(store_open(rt, "one", &b, &err) == -1 && err.code == HZ_E_NOT_FOUND,
	   "it is not found any more");
	ok(!store_create(rt, "one", &a, &err), "the id is free again");
	store_remove(rt, "one", a, &err);
	fd_close(a);
	hz_error_clear(&err);
}

/* A delete that was killed after the rename leaves "~id". */
static void test_sweep(hz_runtime *rt)
{
	struct hz_error err = HZ_ERROR_INIT;
	struct stat st;
	char **ids;
	size_t n;

	mkdirat(rt->rootfd, "~two", 0700);
	ok(!hz_ids(rt, &ids, &n, &err) && n == 0, "what a killed delete left is in no list");
	hz_ids_free(ids);
	ok(!hz_delete(rt, "two", true, &err), "delete --force of its id is no error");
	ok(fstatat(rt->rootfd, "~two", &st, 0) && errno == ENOENT, "and removes it");
	hz_error_clear(&err);
}

/* create of "five" beside what is at the place: 0 or the code of the error */
static enum hz_error_code create_five(hz_runtime *rt)
{
	struct hz_error err = HZ_ERROR_INIT;
	enum hz_error_code code;
	int fd = -1;

	if (!store_create(rt, "five", &fd, &err)) {
		store_remove(rt, "five", fd, &err);
		fd_close(fd);
	}
	code = err.code;
	hz_error_clear(&err);
	return code;
}

static void touch(hz_runtime *rt, const char *path)
{
	fd_close(openat(rt->rootfd, path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

/* A create that was killed before its record leaves a directory that is no container. */
static void test_unfinished(hz_runtime *rt)
{
	static const char *const others[] = {"five/" RECORD_FILE, "five/state.json", "five/status",
					     "five/plan", "five/stranger"};
	struct hz_error err = HZ_ERROR_INIT;
	struct hz_info *info = NULL;
	int fd = -1;

	mkdirat(rt->rootfd, "five", 0755);
	ok(hz_info_get(rt, "five", &info, &err) == -1 && err.code == HZ_E_NOT_FOUND,
	   "a directory without a record is no container");
	ok(!create_five(rt), "create takes its place");
	mkdirat(rt->rootfd, "five", 0700);
	touch(rt, "five/." RECORD_FILE ".tmp");
	ok(!create_five(rt), "also with the beginning of a record in it");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		mkdirat(rt->rootfd, "five", 0700);
		touch(rt, others[i]);
		ok(create_five(rt) == HZ_E_EXISTS && !faccessat(rt->rootfd, others[i], F_OK, 0),
		   "create leaves a directory with %s alone", others[i]);
		unlinkat(rt->rootfd, others[i], 0);
		unlinkat(rt->rootfd, "five", AT_REMOVEDIR);
	}
	mkdirat(rt->rootfd, "five", 0700);
	ok(!store_lock(rt, "five", 0, &fd, &err) && create_five(rt) == HZ_E_EXISTS,
	   "and one that another operation has locked");
	fd_close(fd);
	ok(!hz_delete(rt, "five", false, &err), "delete removes it without --force: %s", err.msg);
	hz_error_clear(&err);
}

/* The files that are written after the record are there: then it was lost. */
static void test_lost_record(hz_runtime *rt)
{
	struct hz_error err = HZ_ERROR_INIT;
	struct hz_info *info = NULL;

	mkdirat(rt->rootfd, "six", 0700);
	touch(rt, "six/plan");
	ok(hz_info_get(rt, "six", &info, &err) == -1 && err.code == HZ_E_CONFIG && err.hint[0],
	   "a lost record is told: %s", err.msg);
	ok(hz_delete(rt, "six", false, &err) == -1 && err.hint[0], "delete needs --force then");
	ok(hz_delete(rt, "six", true, &err) == -1 && strstr(err.hint, "six"),
	   "with which it says that nothing tells what there was: %s", err.msg);
	unlinkat(rt->rootfd, "six/plan", 0);
	ok(!hz_delete(rt, "six", false, &err), "the empty directory goes: %s", err.msg);
	hz_error_clear(&err);
}

static struct record sample(void)
{
	static const char *dirs[] = {"1:/sys/fs/cgroup/x", "2:/sys/fs/cgroup/memory/a/b"};
	static struct oci_pair pairs[] = {{"k", "v"}, {"empty", ""}};

	return (struct record){
		.version = {1, true},
		.id = "three",
		.bundle = "/b\"undle",
		.rootfs = "/r",
		.created = "2026-01-02T03:04:05.000000006Z",
		.owner = {0, true},
		.pid = {4711, true},
		.start_time = {UINT64_MAX, true},
		.own_pid_ns = {true, true},
		.cgroup_dirs = {dirs, 2},
		.annotations = {pairs, 2},
	};
}

static void test_record(int dirfd)
{
	struct record r = sample(), back;
	struct hz_error err = HZ_ERROR_INIT;
	struct arena a = ARENA_INIT;

	ok(!record_write(dirfd, &r, &err), "a record is written: %s", err.msg);
	ok(!record_read(dirfd, &a, &back, &err), "and read: %s", err.msg);
	is_str(back.bundle, r.bundle, "strings come back");
	ok(back.pid.v == 4711 && back.start_time.v == UINT64_MAX && back.own_pid_ns.v,
	   "numbers come back exactly");
	ok(back.cgroup_dirs.n == 2 && !strcmp(back.cgroup_dirs.items[1], r.cgroup_dirs.items[1]),
	   "lists come back");
	ok(back.annotations.n == 2 && !strcmp(back.annotations.items[1].value, ""),
	   "maps come back");
	arena_done(&a);
	hz_error_clear(&err);
}

/* A power cut: every prefix of the record gets an answer, and no prefix is taken for a record. */
static void test_cut_record(int dirfd)
{
	struct buf text = BUF_INIT;
	unsigned wrong = 0;

	ok(!file_read_at(dirfd, RECORD_FILE, &text, RECORD_MAX), "the record's file is read");
	for (size_t len = 0; len < text.len; len++) {
		struct hz_error err = HZ_ERROR_INIT;
		struct arena a = ARENA_INIT;
		struct record r;

		file_replace_at(dirfd, RECORD_FILE, 0600, text.data, len);
		if (record_read(dirfd, &a, &r, &err) != -1 || !err.msg[0] || !err.hint[0])
			wrong++;
		arena_done(&a);
		hz_error_clear(&err);
	}
	ok(!wrong, "each of %zu cut records is refused with a hint (%u wrong)", text.len, wrong);
	buf_done(&text);
}

/* What is written can be read: the two have one limit. */
static void test_long_record(hz_runtime *rt)
{
	static struct oci_pair pairs[] = {{"k", NULL}};
	struct record r = sample(), back;
	struct hz_error err = HZ_ERROR_INIT;
	struct arena a = ARENA_INIT;
	char *text = malloc(RECORD_MAX + 1);
	int fd = -1;

	if (!text || store_create(rt, "long", &fd, &err))
		abort();
	memset(text, 'x', RECORD_MAX);
	text[RECORD_MAX - 4096] = '\0';
	pairs[0].value = text;
	r.annotations = (struct oci_map){pairs, 1};
	ok(!record_write(fd, &r, &err), "annotations up to the limit are recorded: %s", err.msg);
	ok(!record_read(fd, &a, &back, &err) && !strcmp(back.annotations.items[0].value, text),
	   "and read: %s", err.msg);
	text[RECORD_MAX - 4096] = 'x';
	text[RECORD_MAX] = '\0';
	ok(record_write(fd, &r, &err) == -1 && !strcmp(err.pointer, "/annotations"),
	   "a record that could not be read is not written: %s", err.msg);
	store_remove(rt, "long", fd, &err);
	fd_close(fd);
	free(text);
	arena_done(&a);
	hz_error_clear(&err);
}

/* A bit that flips is noticed wherever it is; in the checksum's own name it may change nothing. */
static void test_flipped_record(int dirfd)
{
	struct record r = sample();
	struct hz_error err = HZ_ERROR_INIT;
	struct buf text = BUF_INIT;
	unsigned wrong = 0;
	size_t end;

	record_write(dirfd, &r, &err);
	ok(!file_read_at(dirfd, RECORD_FILE, &text, RECORD_MAX), "the record's file is read");
	end = text.data ? (size_t)(strstr(text.data, ",\"checksum\"") - text.data) : 0;
	for (size_t bit = 0; bit < text.len * 8; bit++) {
		struct arena a = ARENA_INIT;
		struct record back;
		int e;

		text.data[bit / 8] ^= (char)(1 << bit % 8);
		file_replace_at(dirfd, RECORD_FILE, 0600, text.data, text.len);
		e = record_read(dirfd, &a, &back, &err);
		if (e ? !err.hint[0] : bit / 8 < end || strcmp(back.bundle, r.bundle) != 0)
			wrong++;
		text.data[bit / 8] ^= (char)(1 << bit % 8);
		arena_done(&a);
		hz_error_clear(&err);
	}
	ok(!wrong, "each of %zu flipped bits is noticed (%u are not)", text.len * 8, wrong);
	buf_done(&text);
}

static void test_damaged_delete(hz_runtime *rt)
{
	struct hz_error err = HZ_ERROR_INIT;

	ok(hz_delete(rt, "three", false, &err) == -1 && err.hint[0],
	   "delete refuses a damaged record and says what to do");
	ok(hz_delete(rt, "three", true, &err) == -1 && strstr(err.hint, "three"),
	   "delete --force says that nothing tells what there was: %s", err.msg);
	unlinkat(rt->rootfd, "three/" RECORD_FILE, 0);
	ok(!hz_delete(rt, "three", true, &err), "and removes the empty directory: %s", err.msg);
	hz_error_clear(&err);
}

static void test_foreign_cgroup(hz_runtime *rt)
{
	static const char *dirs[] = {"1:/tmp"};
	struct record r = sample();
	struct hz_error err = HZ_ERROR_INIT;
	int fd = -1;

	store_create(rt, "four", &fd, &err);
	r.id = "four";
	r.pid.set = r.start_time.set = false;
	r.cgroup_dirs = (struct oci_strings){dirs, 1};
	record_write(fd, &r, &err);
	fd_close(fd);
	ok(hz_delete(rt, "four", true, &err) == -1 && strstr(err.msg, "no cgroup"),
	   "a record that names a directory outside of cgroup file systems is not obeyed: %s",
	   err.msg);
	store_lock(rt, "four", 0, &fd, &err);
	store_remove(rt, "four", fd, &err);
	fd_close(fd);
	hz_error_clear(&err);
}

/* An update's plan is a good one, but that of no container. */
static void test_plan_of_update(hz_runtime *rt)
{
	static const char json[] = "{\"ociVersion\":\"1.0.0\"}";
	const struct plan_facts facts = {.cgroup_mode = PLAN_CGROUP_V2};
	const struct plan_options o = {.id = "five", .bundle = "/bundle"};
	struct hz_error err = HZ_ERROR_INIT;
	struct arena a = ARENA_INIT;
	struct oci_config *c = NULL;
	struct plan plan, got;
	int fd = -1;

	oci_config_decode(&a, json, strlen(json), "config.json", &c, &err);
	ok(!plan_compile_update(c, &facts, &o, &plan, &err), "an update that changes nothing: %s",
	   err.msg);
	store_create(rt, "five", &fd, &err);
	ok(!file_replace_at(fd, "plan", 0600, (const char *)plan.h, plan.size), "is stored");
	ok(store_read_plan(fd, &got, &err) == -1 && strstr(err.msg, "not the plan of a create"),
	   "and is not taken for the container's plan: %s", err.msg);
	store_remove(rt, "five", fd, &err);
	fd_close(fd);
	plan_done(&plan);
	arena_done(&a);
	hz_error_clear(&err);
}

/* Options of a caller that sets only what it needs. */
static void test_zeroed_checkpoint(hz_runtime *rt)
{
	const struct hz_checkpoint_options o = {.size = sizeof(o), .id = "none"};
	struct hz_error err = HZ_ERROR_INIT;
	int old = dup(0), null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	dup2(null, 0);
	is_int(hz_checkpoint(rt, &o, &err), -1, "there is nothing to checkpoint");
	is_int(err.code, HZ_E_NOT_FOUND, "stdin is not taken for status_fd: %s", err.msg);
	dup2(old, 0);
	close(old);
	close(null);
	hz_error_clear(&err);
}

static void test_start_times(void)
{
	struct hz_error err = HZ_ERROR_INIT;
	struct plan_header h = {.flags = PLAN_F_TELL_STAT};
	struct bundle b = {.plan = {.h = &h}};
	struct creation c = {.b = &b,
			     .pid = getpid(),
			     .stat = -1,
			     .pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0)};
	struct record *r = &c.record;
	bool pidfs;

	ok(!process_identify(&c, &err) && r->start_time.v, "our own start time is read");
	r->pid = (struct oci_i64){getpid(), true};
	pidfs = r->pidfd_inode.set;
	ok(process_is_alive(r, &err) == 1, "we are alive");
	r->start_time.v++;
	ok(process_is_alive(r, &err) == 1, "start times may be a tick apart");
	r->start_time.v++;
	ok(process_is_alive(r, &err) == 0,
	   "a process with our pid and another start time is not ours");
	r->start_time.v--;
	r->pidfd_inode.v++;
	ok(process_is_alive(r, &err) == !pidfs,
	   "neither is one with another inode, where pids have one");
	h.flags = 0;
	ok(!process_identify(&c, &err) && !r->pidfd_inode.set && process_is_alive(r, &err) == 1,
	   "without the inode, as older versions recorded it");
	fd_close(c.pidfd);
	hz_error_clear(&err);
}

int main(void)
{
	struct hz_runtime_options o = {.size = sizeof(o), .root = mkdtemp(root)};
	hz_runtime *rt = NULL;
	int fd = -1;

	test_ids();
	ok(o.root && !hz_runtime_new(&o, &rt, NULL), "a runtime is made");
	test_life(rt);
	test_sweep(rt);
	test_unfinished(rt);
	test_lost_record(rt);
	store_create(rt, "three", &fd, NULL);
	test_record(fd);
	test_flipped_record(fd);
	test_cut_record(fd);
	fd_close(fd);
	test_damaged_delete(rt);
	test_long_record(rt);
	test_foreign_cgroup(rt);
	test_plan_of_update(rt);
	test_zeroed_checkpoint(rt);
	test_start_times();
	hz_runtime_free(rt);
	ok(!rmdir(root), "nothing is left in the root");
	return done_testing();
}
