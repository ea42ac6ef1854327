/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libocispec beside config.json: places of values, what is written, records of our own, the other
 * documents, names.
 */
#include "ocispec-test.h"

/* ---- places ---- */

static void test_locate(void)
{
	static const struct {
		const char *pointer;
		bool found;
		unsigned line, column;
	} tests[] = {
		{"", true, 1, 1},
		{"/a", true, 2, 6},
		{"/a/0", true, 2, 7},
		{"/a/1", true, 3, 2},
		{"/a/1/b", true, 3, 8},
		{"/a/1/x~1y", true, 4, 10},
		{"/a/2", true, 5, 2},
		{"/a/3", false, 2, 6},
		{"/a/01", true, 3, 2},
		{"/a/x", false, 2, 6},
		{"/c", true, 6, 6},
		{"/c/d", false, 6, 6},
		{"/e", true, 7, 11},
		{"/nothing", false, 1, 1},
		{"/~0~1", true, 8, 8},
		{"/a/1/b/0", false, 3, 8},
		{"/a/4294967296", false, 2, 6},
		{"/t", true, 9, 6},
		{"/t/0/0/0", true, 9, 9},
		{"x", false, 1, 1},
	};
	_cleanup_free_ char *text =
		quotes("{\n'a': [1,\n\t{'b': 'q\\'\\\\',\n\t 'x/y': false},\n null],\n'c': 5,\n"
		       "'\\u0065': '\\n',\n'~/' : {},\n't': [[[{}]]]}");
	unsigned line, column;

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		bool found = oci_locate(text, strlen(text), tests[i].pointer, &line, &column);

		if (!ok(found == tests[i].found && line == tests[i].line &&
				column == tests[i].column,
			"locate %s", tests[i].pointer))
			diag("got %d %u:%u, want %u:%u", found, line, column, tests[i].line,
			     tests[i].column);
	}
	ok(!oci_locate("{\"a\":[1,", 8, "/a/1", &line, &column) && column == 6,
	   "locate in a broken document");
	ok(!oci_locate("", 0, "/a", &line, &column) && line == 1 && column == 1,
	   "locate in an empty document");
}

/* ---- writing ---- */

static void test_writer(void)
{
	struct oci_json *j = oci_json_new("");
	const char *text;
	size_t len;

	oci_json_object(j);
	oci_json_key(j, "s");
	oci_json_str(j, "q\" b\\ n\n \x01 \xc3\xbc / \xff.");
	oci_json_key(j, "null");
	oci_json_str(j, NULL);
	oci_json_key(j, "n");
	oci_json_array(j);
	oci_json_i64(j, INT64_MIN);
	oci_json_u64(j, UINT64_MAX);
	oci_json_bool(j, true);
	oci_json_array(j);
	oci_json_array_end(j);
	oci_json_object(j);
	oci_json_object_end(j);
	oci_json_array_end(j);
	oci_json_object_end(j);
	is_int(oci_json_text(j, &text, &len, &err), 0, "a document on one line");
	is_str(text,
	       "{\"s\":\"q\\\" b\\\\ n\\n \\u0001 \xc3\xbc / "
	       "\xef\xbf\xbd.\",\"null\":null,\"n\":[-9223372036854775808,"
	       "18446744073709551615,true,[],{}]}",
	       "its text");
	is_int(len, strlen(text), "its length");
	oci_json_free(j);

	j = oci_json_new("  ");
	oci_json_array(j);
	oci_json_bool(j, false);
	oci_json_object(j);
	oci_json_object_end(j);
	oci_json_array_end(j);
	is_int(oci_json_text(j, &text, &len, &err), 0, "an indented document");
	is_str(text, "[\n  false,\n  {}\n]", "has no line feed at its end");
	oci_json_free(j);

	j = oci_json_new("");
	oci_json_object(j);
	oci_json_i64(j, 1);
	ok(oci_json_text(j, &text, &len, &err) < 0 && err.code == HZ_E_INTERNAL,
	   "a value without a key is an error");
	oci_json_free(j);
	j = oci_json_new("");
	oci_json_array(j);
	ok(oci_json_text(j, &text, &len, &err) < 0, "so is an array without end");
	oci_json_free(j);
}

static void test_string(void)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	oci_json_string(&out, "a\"\\\b\f\n\r\t\x1f\x7f/\xc3\xbc\xed\xa0\x80");
	is_str(out.data,
	       "\"a\\\"\\\\\\b\\f\\n\\r\\t\\u001f\x7f/"
	       "\xc3\xbc\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
	       "a string");
}

static void test_state(void)
{
	struct oci_pair pairs[] = {{"a", "1"}, {"b", ""}};
	struct oci_state state = {
		.oci_version = "1.3.0",
		.id = "box",
		.status = "running",
		.pid = 42,
		.bundle = "/b",
		.rootfs = "/b/rootfs",
		.created = "2026-01-02T03:04:05.000000006Z",
		.owner = "",
		.annotations = {pairs, 2},
	};
	struct oci_json *j = oci_json_new("");
	const char *text;
	size_t len;

	oci_state_encode(j, &state);
	ok(oci_json_text(j, &text, &len, &err) == 0, "the state is written");
	is_str(text,
	       "{\"ociVersion\":\"1.3.0\",\"id\":\"box\",\"pid\":42,\"status\":\"running\","
	       "\"bundle\":\"/b\",\"rootfs\":"
	       "\"/b/"
	       "rootfs\",\"created\":\"2026-01-02T03:04:05.000000006Z\",\"annotations\":{\"a\":"
	       "\"1\",\"b\":\"\"},"
	       "\"owner\":\"\"}",
	       "all of it, in runc's order");
	oci_json_free(j);

	state = (struct oci_state){.oci_version = "1.3.0",
				   .id = "box",
				   .status = "creating",
				   .pid = -1,
				   .bundle = "/b"};
	j = oci_json_new("");
	oci_state_encode(j, &state);
	ok(oci_json_text(j, &text, &len, &err) == 0, "a state with little in it");
	is_str(text,
	       "{\"ociVersion\":\"1.3.0\",\"id\":\"box\",\"status\":\"creating\",\"bundle\":\"/"
	       "b\"}",
	       "has no empty fields");
	oci_json_free(j);
}

struct record {
	const char *id;
	struct oci_i64 pid;
	struct oci_u64 start;
	struct oci_bool systemd;
	struct oci_strings paths;
	struct oci_map notes;
};

static const struct oci_field fields[] = {
	{"id", OCI_FIELD_STR, true, offsetof(struct record, id)},
	{"pid", OCI_FIELD_I64, false, offsetof(struct record, pid)},
	{"start", OCI_FIELD_U64, false, offsetof(struct record, start)},
	{"systemd", OCI_FIELD_BOOL, false, offsetof(struct record, systemd)},
	{"paths", OCI_FIELD_STRINGS, false, offsetof(struct record, paths)},
	{"notes", OCI_FIELD_MAP, false, offsetof(struct record, notes)},
};

static const struct oci_flat kind = {"record", fields, ARRAY_SIZE(fields)};

static void round_trip(const char *json)
{
	_cleanup_free_ char *text = quotes(json);
	struct arena a = ARENA_INIT;
	struct record r = {0};
	struct oci_json *j = oci_json_new("");
	const char *out = NULL;
	size_t len;

	is_int(oci_flat_decode(&a, text, strlen(text), &kind, &r, &err), 0, "read %s", text);
	oci_flat_encode(j, &kind, &r);
	ok(oci_json_text(j, &out, &len, &err) == 0, "write it");
	is_str(out, text, "the same comes out");
	oci_json_free(j);
	arena_done(&a);
}

static void test_flat(void)
{
	static const char bad[] = "{\"pid\":\"1\",\"systemd\":1}";
	struct arena a = ARENA_INIT;
	struct record r = {0};

	round_trip("{'id':'x'}");
	round_trip("{'id':'','pid':-1,'start':18446744073709551615,'systemd':false,'paths':[],'"
		   "notes':{}}");
	round_trip("{'id':'\xc3\xbc','pid':0,'start':0,'systemd':true,'paths':['/a','b "
		   "c'],'notes':{'k':'v','l':''}}");
	hz_error_clear(&err);
	ok(oci_flat_decode(&a, bad, strlen(bad), &kind, &r, &err) < 0, "a bad record");
	is_int(err.nfaults, 3, "has three faults");
	is_str(err.msg, "required key \"id\" is missing", "the first");
	is_str(err.file, "record", "the name of the document");
	arena_done(&a);
}

static void test_others(void)
{
	_cleanup_free_ char *process = quotes("{'cwd':'/x','args':['a']}");
	_cleanup_free_ char *resources = quotes("{'pids':{'limit':-1},'cpu':{'cpus':''}}");
	struct arena a = ARENA_INIT;
	struct oci_resources *r;
	struct oci_process *p;

	ok(oci_process_decode(&a, process, strlen(process), "process.json", &p, &err) == 0,
	   "process.json");
	is_str(p ? p->cwd : NULL, "/x", "its cwd");
	ok(oci_resources_decode(&a, resources, strlen(resources), "resources", &r, &err) == 0,
	   "resources");
	is_int(r ? r->pids->limit.v : 0, -1, "pids.limit");
	ok(oci_process_decode(&a, resources, strlen(resources), "process.json", &p, &err) < 0 && !p,
	   "a wrong document");
	is_str(err.file, "process.json", "is named");
	ok(oci_process_decode(&a, resources, strlen(resources), "process.json", &p, NULL) < 0,
	   "nobody wants to know why");
	arena_done(&a);
}

static void test_names(void)
{
	is_str(oci_ns_type_name(OCI_NS_TIME), "time", "the last namespace");
	is_str(oci_ns_type_name(OCI_NS_COUNT), NULL, "none behind it");
	is_str(oci_ns_type_name(-1), NULL, "none before the first");
	is_str(oci_seccomp_action_name(OCI_ACT_NOTIFY), "SCMP_ACT_NOTIFY", "the last action");
	is_str(oci_seccomp_op_name(OCI_CMP_MASKED_EQ), "SCMP_CMP_MASKED_EQ", "the last operator");
	is_str(oci_seccomp_flag_name(OCI_FLAG_WAIT_KILLABLE_RECV),
	       "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", "the last flag");
	is_str(oci_propagation_name(OCI_PROP_UNBINDABLE), "unbindable",
	       "the last propagation of the schema");
	is_str(oci_propagation_name(OCI_PROP_RUNBINDABLE), "runbindable", "the last propagation");
	is_str(oci_propagation_name(OCI_PROP_RUNBINDABLE + 1), NULL, "none behind it");
}

/* ---- a change of a document ---- */

static void check_merge(const char *base, const char *const *path, const char *patch,
			const char *want)
{
	_cleanup_free_ char *b = quotes(base), *p = quotes(patch), *w = quotes(want);
	_cleanup_buf_ struct buf got = BUF_INIT;
	size_t n = 0;

	is_int(oci_json_merge(b, path, p, &got, &err), 0, "%s", patch);
	for (size_t i = 0; i < got.len; i++) /* without the blanks of the layout */
		if (!strchr(" \t\n", got.data[i]))
			got.data[n++] = got.data[i];
	if (got.data)
		got.data[n] = '\0';
	is_str(got.data, w, "%s", patch);
}

static void test_merge(void)
{
	static const char *const top[] = {NULL}, *const deep[] = {"a", "b", NULL};

	check_merge("{'a':1,'b':{'c':2}}", top, "{'b':{'d':3},'e':[4]}",
		    "{'a':1,'b':{'c':2,'d':3},'e':[4]}");
	check_merge("{'a':1}", top, "{'a':null,'b':null}", "{'a':1}");
	check_merge("{'x':1}", deep, "{'c':2}", "{'x':1,'a':{'b':{'c':2}}}");
	check_merge("{'devices':[1,2]}", top, "{'devices':[3]}", "{'devices':[3]}");
	/* by device: one value or both of it may be new */
	check_merge("{'weightDevice':[{'major':8,'minor':0,'weight':10,'leafWeight':20},"
		    "{'major':8,'minor':16,'weight':30}]}",
		    top,
		    "{'weightDevice':[{'major':8,'minor':16,'weight':40},"
		    "{'major':9,'minor':0,'weight':50},{'minor':0,'major':8,'leafWeight':60}]}",
		    "{'weightDevice':[{'major':8,'minor':0,'weight':10,'leafWeight':60},"
		    "{'major':8,'minor':16,'weight':40},{'major':9,'minor':0,'weight':50}]}");
	check_merge("{'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':1}]}", top,
		    "{'throttleReadBpsDevice':[],'throttleWriteIOPSDevice':[{'major':8}]}",
		    "{'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':1}],"
		    "'throttleWriteIOPSDevice':[{'major':8}]}");
	check_merge(
		"{'hugepageLimits':[{'pageSize':'2MB','limit':1}]}", top,
		"{'hugepageLimits':[{'pageSize':'1GB','limit':2},{'pageSize':'2MB','limit':3}]}",
		"{'hugepageLimits':[{'pageSize':'2MB','limit':3},{'pageSize':'1GB','limit':2}]}");
	check_merge("{'priorities':[{'name':'eth0','priority':1}]}", top,
		    "{'priorities':[{'name':'lo','priority':2}]}",
		    "{'priorities':[{'name':'eth0','priority':1},{'name':'lo','priority':2}]}");
	check_merge("{'priorities':null}", top, "{'priorities':[1,2]}", "{'priorities':[1,2]}");
}

static void check_merge_fault(const char *base, const char *patch, enum hz_error_code code,
			      const char *words)
{
	static const char *const place[] = {"linux", NULL};
	_cleanup_buf_ struct buf got = BUF_INIT;

	is_int(oci_json_merge(base, place, patch, &got, &err), -1, "%.20s is not merged", base);
	is_int(err.code, code, "the code of \"%s\"", words);
	ok(strstr(err.msg, words) != NULL, "\"%s\" is reported: %s", words, err.msg);
	hz_error_clear(&err);
}

static void nest(char *text, size_t depth)
{
	text[0] = '\0';
	for (size_t i = 0; i < depth; i++)
		strcat(text, "{\"a\":");
	strcat(text, "1");
	for (size_t i = 0; i < depth; i++)
		strcat(text, "}");
}

static void test_merge_faults(void)
{
	char deep[2048];

	check_merge_fault("[1]", "{}", HZ_E_JSON, "the stored configuration is no JSON object");
	check_merge_fault("{\"a\":", "{}", HZ_E_JSON, "the stored configuration is no JSON object");
	check_merge_fault("{}", "{\"a\" 1}", HZ_E_JSON, "a colon is expected");
	nest(deep, OCI_DEPTH_MAX + 1);
	check_merge_fault(deep, "{}", HZ_E_JSON, "the document is nested too deeply");
	check_merge_fault("{}", deep, HZ_E_JSON, "the document is nested too deeply");
	nest(deep, OCI_DEPTH_MAX); /* what it is laid over makes it deeper */
	check_merge_fault("{}", deep, HZ_E_JSON, "the document is nested too deeply");
}

int main(void)
{
	test_merge();
	test_merge_faults();
	test_locate();
	test_writer();
	test_string();
	test_state();
	test_flat();
	test_others();
	test_names();
	hz_error_clear(&err);
	return done_testing();
}
