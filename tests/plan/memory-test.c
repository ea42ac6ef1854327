/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Out of memory: an operation is repeated, and its n-th allocation fails, for n = 0, 1, 2 … until
 * one run needs no more than n. No run may crash, leak, or have a result of its own: each one
 * reports that memory is out, or does the same as without a failure.
 *
 *	memory-test DIR	all golden bundles (decode, compile, print), exec, update, records
 *
 * Of the allocations of a large bundle only some fail: HEZI_MEMORY_ALL=1 takes them all.
 */
#include "hosts.h"
#include "runtime/record.h"
#include "tap.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>

/* --- the allocator: the linker sends every call of the code under test here (--wrap) ---------- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);
void *__real_arena_alloc(struct arena *a, size_t size);
void *__real_arena_calloc(struct arena *a, size_t n, size_t size);
char *__real_arena_strndup(struct arena *a, const char *s, size_t len);
char *__real_arena_strdup(struct arena *a, const char *s);
void *__wrap_arena_alloc(struct arena *a, size_t size);
void *__wrap_arena_calloc(struct arena *a, size_t n, size_t size);
char *__wrap_arena_strndup(struct arena *a, const char *s, size_t len);
char *__wrap_arena_strdup(struct arena *a, const char *s);

#define NEVER UINT64_MAX

static uint64_t calls, fails_at = NEVER;
static long long blocks; /* in use */

static bool is_failing(void)
{
	return calls++ == fails_at;
}

static void *count(void *p)
{
	blocks += p != NULL;
	return p;
}

void *__wrap_malloc(size_t size)
{
	return is_failing() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return is_failing() ? NULL : count(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t size)
{
	void *q;

	if (is_failing())
		return NULL;
	q = __real_realloc(p, size);
	blocks += !p && q;
	return q;
}

void __wrap_free(void *p)
{
	blocks -= p != NULL;
	__real_free(p);
}

/* Most of what an arena gives comes from a chunk that it has: each of these fails too. */
void *__wrap_arena_alloc(struct arena *a, size_t size)
{
	return is_failing() ? NULL : __real_arena_alloc(a, size);
}

void *__wrap_arena_calloc(struct arena *a, size_t n, size_t size)
{
	return is_failing() ? NULL : __real_arena_calloc(a, n, size);
}

char *__wrap_arena_strndup(struct arena *a, const char *s, size_t len)
{
	return is_failing() ? NULL : __real_arena_strndup(a, s, len);
}

char *__wrap_arena_strdup(struct arena *a, const char *s)
{
	return is_failing() ? NULL : __real_arena_strdup(a, s);
}

/* --- one operation ---------------------------------------------------------------------------- */

/* Does its work, with the result in @out; returns the code of the error. */
typedef int operation(struct buf *out, struct hz_error *err);

static bool is_same(int code, const struct buf *got, int want_code, const struct buf *want)
{
	return code == HZ_E_NOMEM ||
	       (code == want_code && got->len == want->len &&
		(got->len == 0 || memcmp(got->data, want->data, got->len) == 0));
}

/* The result is copied by hand: what the test itself allocates must not fail. */
static int run(operation *op, uint64_t at, struct buf *ret, uint64_t *ret_calls)
{
	struct hz_error err = HZ_ERROR_INIT;
	int code;

	calls = 0;
	fails_at = at;
	code = op(ret, &err);
	fails_at = NEVER;
	*ret_calls = calls;
	hz_error_clear(&err);
	return code;
}

static bool fail_at(operation *op, uint64_t at, int want_code, const struct buf *want)
{
	long long before = blocks;
	struct buf got = BUF_INIT;
	uint64_t used;
	int code = run(op, at, &got, &used);
	bool good = is_same(code, &got, want_code, want);

	if (!good)
		diag("allocation %llu failed: %s instead of %s, %zu bytes instead of %zu",
		     (unsigned long long)at, hz_error_code_name((enum hz_error_code)code),
		     hz_error_code_name((enum hz_error_code)want_code), got.len, want->len);
	buf_done(&got);
	if (blocks == before)
		return good;
	diag("allocation %llu failed: %lld blocks leaked", (unsigned long long)at, blocks - before);
	return false;
}

static void check(operation *op, uint64_t most, const char *name)
{
	struct buf want = BUF_INIT;
	uint64_t all, step = 1;
	int code = run(op, NEVER, &want, &all);
	bool good = true;

	if (!getenv("HEZI_MEMORY_ALL") && all > most)
		step = all / most | 1; /* odd: the allocations often come in pairs */
	for (uint64_t at = 0; at < all; at += step)
		good &= fail_at(op, at, code, &want);
	ok(good && all > 0, "%s: out of memory at each of %llu places", name,
	   (unsigned long long)((all + step - 1) / step));
	buf_done(&want);
}

/* --- bundles ---------------------------------------------------------------------------------- */

#define MOST 120

static const char *dir;
static char *text; /* of the bundle */
static size_t text_len;
static const struct host *host;
static bool is_exec;

static void add_plan(const struct plan *p, struct buf *out)
{
	buf_add(out, p->h, p->size);
	for (unsigned i = 0; i < p->nwarnings && i < PLAN_WARNINGS; i++) {
		buf_adds(out, p->warnings[i].pointer);
		buf_adds(out, p->warnings[i].text);
	}
}

/* What explain shows; then the plan itself. */
static int add_json(const struct plan *p, struct buf *out, struct hz_error *err)
{
	const struct plan_print_options o = {.show_env = true};
	struct oci_json *j = oci_json_new("");
	const char *json;
	size_t len;
	int r = j ? plan_print_json(p->h, &o, j, err) : error_oom(err);

	if (!r)
		r = oci_json_text(j, &json, &len, err);
	if (!r)
		buf_add(out, json, len);
	oci_json_free(j);
	return r;
}

static int bundle_run(struct buf *out, struct hz_error *err)
{
	_cleanup_(arena_done) struct arena a = ARENA_INIT;
	struct plan_exec_target target;
	struct plan_options o;
	struct oci_config *c = NULL;
	struct plan p = {0};
	int r;

	if (oci_config_decode(&a, text, text_len, "config.json", &c, err))
		return (int)err->code;
	target = target_of(c, host);
	o = options_of(host, is_exec ? &target : NULL);
	r = plan_compile(c, &host->facts, &o, &p, err);
	if (!r)
		r = add_json(&p, out, err);
	if (!r)
		add_plan(&p, out);
	plan_done(&p);
	if (!r && out->failed)
		r = error_oom(err);
	return r ? (int)err->code : HZ_OK;
}

static void check_bundle(const char *bundle)
{
	char path[4096], name[512];

	snprintf(path, sizeof(path), "%s/bundles/%s/config.json", dir, bundle);
	text = read_file(path, &text_len);
	if (!ok(text != NULL, "%s is read", bundle))
		return;
	for (size_t i = 0; i < HOSTS; i++) {
		if (!is_wanted(bundle, hosts[i].name))
			continue;
		host = &hosts[i];
		for (is_exec = false;; is_exec = true) {
			snprintf(name, sizeof(name), "%s.%s%s", bundle, host->name,
				 is_exec ? "-exec" : "");
			check(bundle_run, MOST, name);
			if (is_exec || !is_entered(bundle))
				break;
		}
	}
	free(text);
}

/* --- update ----------------------------------------------------------------------------------- */

static const char stored[] =
	"{\"ociVersion\":\"1.2.0\",\"annotations\":{\"own\":\"\\u00e4\\n\"},\"linux\":{"
	"\"resources\":{"
	"\"memory\":{\"limit\":67108864},\"blockIO\":{\"weightDevice\":["
	"{\"major\":8,\"minor\":0,\"weight\":10},{\"major\":8,\"minor\":16,\"weight\":30}]}}}}";
static const char change[] =
	"{\"cpu\":{\"shares\":512,\"quota\":50000,\"period\":100000},\"pids\":{\"limit\":64},"
	"\"memory\":{\"limit\":33554432,\"swap\":67108864},\"blockIO\":{\"weightDevice\":["
	"{\"major\":8,\"minor\":16,\"weight\":40},{\"major\":9,\"minor\":0,\"weight\":50}]},"
	"\"unified\":{\"memory.high\":\"30000000\"}}";

static int update_run(struct buf *out, struct hz_error *err)
{
	static const char *const place[] = {"linux", "resources", NULL};
	_cleanup_(arena_done) struct arena a = ARENA_INIT;
	_cleanup_buf_ struct buf merged = BUF_INIT;
	const struct plan_options o = options_of(host, NULL);
	struct oci_config *c = NULL;
	struct plan p = {0};
	int r = oci_json_merge(stored, place, change, &merged, err);

	if (!r)
		r = oci_config_decode(&a, merged.data, merged.len, "config.json", &c, err);
	if (!r)
		r = plan_compile_update(c, &host->facts, &o, &p, err);
	if (!r) {
		buf_add(out, merged.data, merged.len);
		add_plan(&p, out);
	}
	plan_done(&p);
	if (!r && out->failed)
		r = error_oom(err);
	return r ? (int)err->code : HZ_OK;
}

static void check_updates(void)
{
	for (size_t i = 0; i < HOSTS; i++) {
		char name[64];

		host = &hosts[i];
		snprintf(name, sizeof(name), "update.%s", host->name);
		check(update_run, MOST, name);
	}
}

/* --- records ---------------------------------------------------------------------------------- */

static int records;

static int record_run(struct buf *out, struct hz_error *err)
{
	_cleanup_(arena_done) struct arena a = ARENA_INIT;
	const char *dirs[] = {"1:/sys/fs/cgroup/box", "0:/sys/fs/cgroup/b\xc3\xa4r"};
	struct oci_pair pairs[] = {{"org.example", "one\ntwo"}, {"empty", ""}};
	const struct record r = {
		.version = {1, true},
		.id = "box",
		.bundle = "/bundle",
		.created = "2026-01-01T00:00:00Z",
		.owner = {0, true},
		.pid = {17, true},
		.start_time = {4711, true},
		.cgroup_dirs = {dirs, 2},
		.annotations = {pairs, 2},
	};
	struct record got;

	if (record_write(records, &r, err) || record_read(records, &a, &got, err))
		return (int)err->code;
	buf_printf(out, "%s %s %zu %s %zu %s", got.id, got.created, got.cgroup_dirs.n,
		   got.cgroup_dirs.items[1], got.annotations.n, got.annotations.items[0].value);
	if (out->failed)
		return HZ_E_NOMEM;
	return HZ_OK;
}

static int state_run(struct buf *out, struct hz_error *err)
{
	struct oci_pair pairs[] = {{"org.example", "one\ntwo"}, {"bytes", "\xff\xc3\xa4"}};
	const struct oci_state s = {.oci_version = "1.2.0",
				    .id = "box",
				    .pid = 17,
				    .status = "running",
				    .bundle = "/bundle",
				    .annotations = {pairs, 2}};
	struct oci_json *j = oci_json_new("  ");
	const char *json;
	size_t len;
	int r;

	if (!j)
		return HZ_E_NOMEM;
	oci_state_encode(j, &s);
	r = oci_json_text(j, &json, &len, err);
	if (!r)
		buf_add(out, json, len);
	oci_json_free(j);
	if (!r && out->failed)
		r = error_oom(err);
	return r ? (int)err->code : HZ_OK;
}

static void check_records(void)
{
	char path[] = "/tmp/memory-test.XXXXXX";

	if (!ok(mkdtemp(path) && (records = open(path, O_DIRECTORY | O_CLOEXEC)) >= 0,
		"a state directory"))
		return;
	check(record_run, UINT64_MAX, "record.json");
	check(state_run, UINT64_MAX, "state");
	unlinkat(records, RECORD_FILE, 0);
	close(records);
	ok(rmdir(path) == 0, "no file is left behind");
}

int main(int argc, char **argv)
{
	dir = argc > 1 ? argv[1] : ".";
	if (!for_each_bundle(dir, check_bundle))
		return 1;
	check_updates();
	check_records();
	return done_testing();
}
