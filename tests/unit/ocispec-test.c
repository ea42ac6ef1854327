/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libocispec: what documents become, and what is refused with which words and where.
 *
 * Argument: the folder with the test data.
 */
#include "ocispec-test.h"

#include "base/fd.h"

#include <fcntl.h>

#define HEAD "{'ociVersion':'1.3.0',"

static struct arena arena;

static struct oci_config *decode_bytes(const char *text, size_t len)
{
	struct oci_config *config = NULL;

	hz_error_clear(&err);
	arena_done(&arena);
	if (oci_config_decode(&arena, text, len, "config.json", &config, &err) < 0)
		return NULL;
	return config;
}

static struct oci_config *decode(const char *json)
{
	_cleanup_free_ char *text = quotes(json);

	return decode_bytes(text, strlen(text));
}

/* ---- good documents ---- */

static struct oci_config *decode_file(const char *folder, const char *name, struct buf *text)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (file_read_at(AT_FDCWD, path, text, OCI_CONFIG_MAX) < 0) {
		ok(false, "%s can be read", path);
		return NULL;
	}
	return decode_bytes(text->data, text->len);
}

static void check_process(const struct oci_process *p)
{
	ok(p->terminal.set && p->terminal.v, "process.terminal");
	is_int(p->console_size->width.v, 80, "process.consoleSize.width");
	is_int(p->user->uid.v, 1000, "process.user.uid");
	is_int(p->user->additional_gids.n, 3, "process.user.additionalGids: three");
	is_int(p->user->additional_gids.items[2], UINT32_MAX,
	       "process.user.additionalGids: the last");
	is_str(p->args.items[2], "echo \"gr\xc3\xbc\xc3\x9f dich\"\n",
	       "process.args: escapes are undone");
	is_str(p->env.items[2], "EMPTY=", "process.env");
	is_str(p->cwd, "/", "process.cwd");
	is_int(p->capabilities->ambient.n, 2, "process.capabilities.ambient");
	is_int(p->rlimits.n, 2, "process.rlimits");
	ok(p->rlimits.items[0].hard.v == UINT64_MAX, "process.rlimits.hard: 2^64 - 1");
	is_int(p->rlimits.items[0].soft.v, 1024, "process.rlimits.soft");
	is_str(p->rlimits.items[1].type, "RLIMIT_CORE", "process.rlimits.type");
	is_int(p->oom_score_adj.v, -1000, "process.oomScoreAdj");
	is_int(p->scheduler->policy.v, OCI_SCHED_DEADLINE, "process.scheduler.policy");
	is_int(p->scheduler->flags.n, 2, "process.scheduler.flags");
	is_int(p->scheduler->flags.items[1], 6, "process.scheduler.flags: UTIL_CLAMP_MAX");
	is_int(p->scheduler->nice.v, -20, "process.scheduler.nice");
	is_int(p->io_priority->class_.v, OCI_IOPRIO_IDLE, "process.ioPriority.class");
	is_str(p->exec_cpu_affinity->initial, "0-3, 7", "process.execCPUAffinity.initial");
}

static void check_resources(const struct oci_resources *r)
{
	ok(r->devices.items[1].allow.set && !r->devices.items[1].allow.v,
	   "resources.devices.allow");
	ok(r->devices.items[0].minor.v == INT64_MAX, "resources.devices.minor: 2^63 - 1");
	ok(r->memory->reservation.v == INT64_MIN, "resources.memory.reservation: -2^63");
	ok(r->memory->swappiness.set && r->memory->swappiness.v == 0,
	   "resources.memory.swappiness: zero is set");
	is_int(r->cpu->quota.v, -1, "resources.cpu.quota");
	is_int(r->pids->limit.v, 32771, "resources.pids.limit");
	is_int(r->block_io->leaf_weight.v, UINT16_MAX, "resources.blockIO.leafWeight");
	ok(!r->block_io->weight_device.items[1].weight.set,
	   "resources.blockIO.weightDevice.weight is absent");
	is_int(r->block_io->throttle_write_iops_device.items[0].rate.v, 1048576,
	       "resources.blockIO.throttle...");
	is_str(r->hugepage_limits.items[0].page_size, "2MB", "resources.hugepageLimits.pageSize");
	is_int(r->network->priorities.items[0].priority.v, 500, "resources.network.priorities");
	is_int(r->rdma.n, 2, "resources.rdma: two");
	is_str(r->rdma.items[1].device, "mlx5_1", "resources.rdma: the key is the device");
	ok(!r->rdma.items[1].hca_handles.set, "resources.rdma: an empty object sets nothing");
	is_str(r->unified.items[1].key, "memory.high",
	       "resources.unified: keys in the order of the document");
	is_str(r->unified.items[1].value, "2147483648", "resources.unified: value");
}

static void check_linux(const struct oci_linux *l)
{
	const struct oci_seccomp_rule *rule = &l->seccomp->syscalls.items[0];

	is_int(l->uid_mappings.items[0].host_id.v, 100000, "linux.uidMappings.hostID");
	is_str(l->sysctl.items[1].key, "net.ipv4.ip_forward", "linux.sysctl");
	is_int(l->namespaces.n, OCI_NS_COUNT, "linux.namespaces");
	is_int(l->namespaces.items[0].type.v, OCI_NS_NETWORK, "linux.namespaces.type");
	is_str(l->namespaces.items[1].path, NULL, "linux.namespaces.path is absent");
	is_int(l->devices.items[1].file_mode.v, 07777, "linux.devices.fileMode");
	is_str(l->net_devices.items[1].host_name, "eth0",
	       "linux.netDevices: the key is the name on the host");
	is_int(l->seccomp->default_action.v, OCI_ACT_ERRNO, "linux.seccomp.defaultAction");
	is_str(l->seccomp->architectures.items[1], "SCMP_ARCH_RISCV64",
	       "linux.seccomp.architectures");
	is_int(l->seccomp->flags.items[1], OCI_FLAG_WAIT_KILLABLE_RECV, "linux.seccomp.flags");
	is_int(rule->action.v, OCI_ACT_NOTIFY, "linux.seccomp.syscalls.action");
	ok(rule->args.items[0].value.v == UINT64_MAX,
	   "linux.seccomp.syscalls.args.value: 2^64 - 1");
	is_int(rule->args.items[0].op.v, OCI_CMP_MASKED_EQ, "linux.seccomp.syscalls.args.op");
	ok(!rule->args.items[1].value_two.set, "linux.seccomp.syscalls.args.valueTwo is absent");
	is_int(l->rootfs_propagation.v, OCI_PROP_UNBINDABLE, "linux.rootfsPropagation");
	is_str(l->readonly_paths.items[1], "", "linux.readonlyPaths: an empty string is a string");
	is_str(l->intel_rdt->schemata.items[1], "MB:0=20", "linux.intelRdt.schemata");
	is_int(l->memory_policy->mode.v, OCI_MPOL_LOCAL, "linux.memoryPolicy.mode");
	is_int(l->personality->domain.v, OCI_PER_LINUX32, "linux.personality.domain");
	is_str(l->time_offsets.items[1].clock, "boottime",
	       "linux.timeOffsets: the key is the clock");
	is_int(l->time_offsets.items[0].secs.v, -5, "linux.timeOffsets.secs");
	check_resources(l->resources);
}

static void test_full(const char *folder)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct oci_config *c = decode_file(folder, "ocispec-full.json", &text);

	if (!ok(c != NULL, "a document with every key is decoded"))
		return;
	memset(text.data, 'x', text.len); /* nothing points into it */
	is_str(c->oci_version, "1.3.0", "ociVersion");
	check_process(c->process);
	is_str(c->root->path, "rootfs", "root.path");
	ok(c->root->readonly.set && !c->root->readonly.v, "root.readonly: false is set");
	is_str(c->hostname, "box", "hostname");
	is_int(c->mounts.n, 2, "mounts: two");
	is_str(c->mounts.items[0].options.items[1], "noexec", "mounts.options");
	is_int(c->mounts.items[0].uid_mappings.items[0].size.v, 65536, "mounts.uidMappings.size");
	ok(c->mounts.items[1].options.items && !c->mounts.items[1].options.n,
	   "mounts.options: empty is not absent");
	ok(!c->mounts.items[1].uid_mappings.items, "mounts.uidMappings: absent is NULL");
	is_str(c->mounts.items[1].type, NULL, "mounts.type: absent is NULL");
	is_int(c->hooks->poststop.items[0].timeout.v, 5, "hooks.poststop.timeout");
	is_str(c->annotations.items[0].value, "", "annotations: empty value");
	is_str(c->annotations.items[1].key, "com.example/key~1", "annotations: key");
	check_linux(c->linux_);
}

static void test_absent(void)
{
	struct oci_config *c = decode("{'ociVersion':'1.0.2-dev'}");

	if (!ok(c != NULL, "ociVersion alone is a document"))
		return;
	ok(!c->process && !c->root && !c->linux_ && !c->hooks, "absent objects are NULL");
	ok(!c->mounts.items && !c->annotations.items, "absent arrays and maps are NULL");
	c = decode(HEAD "'process':{'cwd':'/"
			"','user':{},'args':[],'env':null,'capabilities':null},'linux':null,"
			"'mounts':null,'annotations':{}}");
	if (!ok(c != NULL, "null is taken for absent objects, arrays and maps"))
		return;
	ok(!c->linux_ && !c->process->env.items && !c->process->capabilities, "null is absent");
	ok(c->process->user && !c->process->user->uid.set,
	   "an empty object is there, its keys are not");
	ok(c->process->args.items && !c->process->args.n, "an empty array is there");
	ok(c->annotations.items && !c->annotations.n, "an empty map is there");
}

static void test_files(const char *folder)
{
	static const char *const good[] = {"minimal", "minimal-for-start", "spec-example",
					   "linux-rdma", "linux-netdevice"};
	static const char *const bad[] = {"invalid-json", "linux-hugepage", "linux-netdevice",
					  "linux-rdma"};
	char name[128];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_buf_ struct buf text = BUF_INIT;

		snprintf(name, sizeof(name), "ocispec-good-%s.json", good[i]);
		ok(decode_file(folder, name, &text) != NULL, "%s is taken", name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_buf_ struct buf text = BUF_INIT;

		snprintf(name, sizeof(name), "ocispec-bad-%s.json", bad[i]);
		ok(decode_file(folder, name, &text) == NULL && err.line, "%s is refused", name);
	}
}

static const char *const accepted[] = {
	HEAD "'x':{'a':[[{'b':null}],1.5,-1e9,true]},'windows':3,'solaris':[],'vm':'x','zos':null}",
	HEAD "'process':{'cwd':'/','Cwd':3,'terminal':false}}",
	"{'ociVersion':'1.0.0-rc.1+build.05'}",
	"{'ociVersion':'1.99.0'}",
	"{'ociVersion':'0.5.0-dev'}",
	" \t\r\n{ \n'ociVersion' : '1.0.0' } \n\n",
	"{'\\u006fciVersion':'1\\u002e0.0'}",
	HEAD "'hostname':'\\ud83d\\ude00 \xf0\x9f\x98\x80 \xc2\x80 \xe0\xa0\x80 \xed\x9f\xbf "
	     "\xee\x80\x80 \xf4\x8f\xbf\xbf'}",
	HEAD "'process':{'cwd':'/','user':{'uid':-0,'gid':4294967295}}}",
	HEAD "'linux':{'timeOffsets':{'nosuchclock':{'secs':1}}}}",
	HEAD "'linux':{'rootfsPropagation':'rslave'}}",
	HEAD "'linux':{'resources':{'hugepageLimits':[{'pageSize':'1GB','limit':0},{'pageSize':'"
	     "16384KB','limit':1}]}}}",
};

static void test_accepted(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++)
		if (!ok(decode(accepted[i]) != NULL, "taken: %.60s", accepted[i]))
			diag("%s: %s", err.pointer, err.msg);
}

/* ---- bad documents ---- */

static const struct refused {
	const char *json, *pointer, *msg;
	unsigned line, column;
} refused[] = {
	/* types */
	{HEAD "\n'process':{'cwd':42}}", "/process/cwd", "expected a string, found a number (42)",
	 2, 18},
	{HEAD "'hostname':null}", "/hostname", "expected a string, found null", 1, 34},
	{HEAD "'hostname':true}", "/hostname", "expected a string, found true", 1, 34},
	{HEAD "'hostname':false}", "/hostname", "expected a string, found false", 1, 34},
	{HEAD "'hostname':{'a':[]}}", "/hostname", "expected a string, found an object", 1, 34},
	{HEAD "'hostname':[{}]}", "/hostname", "expected a string, found an array", 1, 34},
	{HEAD "'root':'x'}", "/root", "expected an object, found a string (\"x\")", 1, 30},
	{HEAD "'mounts':{}}", "/mounts", "expected an array of objects, found an object", 1, 32},
	{HEAD "'mounts':[3]}", "/mounts/0", "expected an object, found a number (3)", 1, 33},
	{HEAD "'mounts':[{'destination':'/','options':'ro'}]}", "/mounts/0/options",
	 "expected an array of strings, found a string (\"ro\")", 1, 62},
	{HEAD "'mounts':[{'destination':'/','options':['a',null]}]}", "/mounts/0/options/1",
	 "expected a string, found null", 1, 67},
	{HEAD "'annotations':[]}", "/annotations", "expected an object of strings, found an array",
	 1, 37},
	{HEAD "'annotations':{'a':1}}", "/annotations/a", "expected a string, found a number (1)",
	 1, 42},
	{HEAD "'linux':{'netDevices':{'e':'x'}}}", "/linux/netDevices/e",
	 "expected an object, found a string (\"x\")", 1, 50},
	{HEAD "'root':{'path':'a','readonly':'true'}}", "/root/readonly",
	 "expected true or false, found a string (\"true\")", 1, 53},
	{HEAD "'process':{'cwd':'/','user':{'additionalGids':['x']}}}",
	 "/process/user/additionalGids/0", "expected an integer, found a string (\"x\")", 1, 70},
	/* numbers */
	{HEAD "'process':{'cwd':'/','user':{'uid':1.0}}}", "/process/user/uid",
	 "expected an integer, found 1.0", 1, 58},
	{HEAD "'process':{'cwd':'/','user':{'uid':1e3}}}", "/process/user/uid",
	 "expected an integer, found 1e3", 1, 58},
	{HEAD "'process':{'cwd':'/','user':{'uid':-1}}}", "/process/user/uid",
	 "expected an integer from 0 to 4294967295, found -1", 1, 58},
	{HEAD "'process':{'cwd':'/','user':{'uid':4294967296}}}", "/process/user/uid",
	 "expected an integer from 0 to 4294967295, found 4294967296", 1, 58},
	{HEAD "'process':{'cwd':'/','oomScoreAdj':-2147483649}}", "/process/oomScoreAdj",
	 "expected an integer from -2147483648 to 2147483647, found -2147483649", 1, 58},
	{HEAD "'linux':{'resources':{'pids':{'limit':9223372036854775808}}}}",
	 "/linux/resources/pids/limit",
	 "expected an integer from -9223372036854775808 to 9223372036854775807, found "
	 "9223372036854775808",
	 1, 61},
	{HEAD "'linux':{'resources':{'pids':{'limit':-9223372036854775809}}}}",
	 "/linux/resources/pids/limit",
	 "expected an integer from -9223372036854775808 to 9223372036854775807, found "
	 "-9223372036854775809",
	 1, 61},
	{HEAD "'linux':{'resources':{'cpu':{'shares':18446744073709551616}}}}",
	 "/linux/resources/cpu/shares",
	 "expected an integer from 0 to 18446744073709551615, found 18446744073709551616", 1, 61},
	{HEAD "'linux':{'resources':{'blockIO':{'weight':65536}}}}",
	 "/linux/resources/blockIO/weight", "expected an integer from 0 to 65535, found 65536", 1,
	 65},
	{HEAD "'linux':{'devices':[{'path':'/a','type':'c','fileMode':65536}]}}",
	 "/linux/devices/0/fileMode", "expected an integer from 0 to 65535, found 65536", 1, 78},
	{HEAD "'hooks':{'poststop':[{'path':'/a','timeout':0}]}}", "/hooks/poststop/0/timeout",
	 "timeout must be at least 1 second, found 0", 1, 67},
	{HEAD "'hooks':{'poststop':[{'path':'/a','timeout':-5}]}}", "/hooks/poststop/0/timeout",
	 "timeout must be at least 1 second, found -5", 1, 67},
	/* required keys */
	{"{}", "", "required key \"ociVersion\" is missing", 1, 1},
	{HEAD "'process':\n{'args':[]}}", "/process", "required key \"cwd\" is missing", 2, 1},
	{HEAD "'process':{'CWD':'/'}}", "/process",
	 "required key \"cwd\" is missing (but there is \"CWD\")", 1, 33},
	{HEAD "'mounts':[{}]}", "/mounts/0", "required key \"destination\" is missing", 1, 33},
	{HEAD "'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':[],"
	      "'action':'SCMP_ACT_ALLOW'}]}}}",
	 "/linux/seccomp/syscalls/0/names", "expected at least one item, found an empty array", 1,
	 97},
	{HEAD "'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':null,"
	      "'action':'SCMP_ACT_ALLOW'}]}}}",
	 "/linux/seccomp/syscalls/0/names", "expected an array of strings, found null", 1, 97},
	/* names and patterns */
	{HEAD "'linux':{'namespaces':[{'type':'net'}]}}", "/linux/namespaces/0/type",
	 "expected one of \"mount\", \"pid\", \"network\", \"uts\", \"ipc\", \"user\", \"cgroup\", "
	 "\"time\", found \"net\"; "
	 "did you mean \"network\"?",
	 1, 54},
	{HEAD "'linux':{'namespaces':[{'type':'xyzzy'}]}}", "/linux/namespaces/0/type",
	 "expected one of \"mount\", \"pid\", \"network\", \"uts\", \"ipc\", \"user\", \"cgroup\", "
	 "\"time\", found \"xyzzy\"",
	 1, 54},
	{HEAD "'linux':{'personality':{'domain':'linux32'}}}", "/linux/personality/domain",
	 "expected one of \"LINUX\", \"LINUX32\", found \"linux32\"; did you mean \"LINUX32\"?", 1,
	 56},
	{HEAD "'linux':{'memoryPolicy':{'flags':['']}}}", "/linux/memoryPolicy/flags/0",
	 "expected one of \"MPOL_F_NUMA_BALANCING\", \"MPOL_F_RELATIVE_NODES\", "
	 "\"MPOL_F_STATIC_NODES\", found \"\"",
	 1, 57},
	{HEAD "'process':{'cwd':'/','rlimits':[{'type':'NOFILE','soft':1,'hard':1}]}}",
	 "/process/rlimits/0/type", "expected a name such as \"RLIMIT_NOFILE\", found \"NOFILE\"",
	 1, 63},
	{HEAD "'linux':{'devices':[{'path':'/a','type':'f'}]}}", "/linux/devices/0/type",
	 "expected one of \"c\", \"b\", \"u\", \"p\", found \"f\"", 1, 63},
	{HEAD "'linux':{'intelRdt':{'memBwSchema':'L3:0'}}}", "/linux/intelRdt/memBwSchema",
	 "expected a line that starts with \"MB:\", found \"L3:0\"", 1, 58},
	{HEAD "'linux':{'intelRdt':{'memBwSchema':'MB:0\\nL3:1'}}}", "/linux/intelRdt/memBwSchema",
	 "expected a single line, found \"MB:0\\u000aL3:1\"", 1, 58},
	{HEAD "'process':{'cwd':'/','execCPUAffinity':{'final':'0-x'}}}",
	 "/process/execCPUAffinity/final",
	 "expected a list of CPUs such as \"0-3,7\", found \"0-x\"", 1, 71},
	{HEAD "'annotations':{'':'x'}}", "/annotations/", "the key is empty", 1, 38},
	{"{'ociVersion':'1.0'}", "/ociVersion",
	 "expected a version MAJOR.MINOR.PATCH (SemVer 2.0.0), found \"1.0\"", 1, 15},
	{"{'ociVersion':''}", "/ociVersion",
	 "expected a version MAJOR.MINOR.PATCH (SemVer 2.0.0), found \"\"", 1, 15},
	{"{'ociVersion':'v1.0.0'}", "/ociVersion",
	 "expected a version MAJOR.MINOR.PATCH (SemVer 2.0.0), found \"v1.0.0\"", 1, 15},
	{"{'ociVersion':'1.0.01'}", "/ociVersion",
	 "expected a version MAJOR.MINOR.PATCH (SemVer 2.0.0), found \"1.0.01\"", 1, 15},
	{"{'ociVersion':'1.0.0-'}", "/ociVersion",
	 "expected a version MAJOR.MINOR.PATCH (SemVer 2.0.0), found \"1.0.0-\"", 1, 15},
	{"{'ociVersion':'1.0.0-01'}", "/ociVersion",
	 "expected a version MAJOR.MINOR.PATCH (SemVer 2.0.0), found \"1.0.0-01\"", 1, 15},
	{"{'ociVersion':'2.0.0'}", "/ociVersion",
	 "expected a version 1.x.y (later ones are not supported), found \"2.0.0\"", 1, 15},
	/* strings */
	{HEAD "'hostname':'a\\u0000b'}", "/hostname",
	 "a NUL character (\\u0000) cannot stand in a string", 1, 34},
	{HEAD "'x':{'y':['\\u0000']}}", "/x/y/0",
	 "a NUL character (\\u0000) cannot stand in a string", 1, 33},
	{HEAD "'a\\u0000':1}", "/a\\u0000", "a NUL character (\\u0000) cannot stand in a string", 1,
	 23},
	{HEAD "'hostname':'\\\\\\ud800'}", "/hostname",
	 "half of a surrogate pair (\\ud800 to \\udfff) is not a character", 1, 34},
	{HEAD "'hostname':'\\udc00\\ud800'}", "/hostname",
	 "half of a surrogate pair (\\ud800 to \\udfff) is not a character", 1, 34},
	{HEAD "'hostname':'\xc0\xaf'}", "/hostname", "this string is not valid UTF-8", 1, 34},
	{HEAD "'hostname':'\xe0\x80\xaf'}", "/hostname", "this string is not valid UTF-8", 1, 34},
	{HEAD "'hostname':'\xf0\x80\x80\xaf'}", "/hostname", "this string is not valid UTF-8", 1,
	 34},
	{HEAD "'hostname':'\xed\xa0\x80'}", "/hostname", "this string is not valid UTF-8", 1, 34},
	{HEAD "'hostname':'\xf4\x90\x80\x80'}", "/hostname", "this string is not valid UTF-8", 1,
	 34},
	{HEAD "'hostname':'\xf8\x88\x80\x80\x80'}", "/hostname", "this string is not valid UTF-8",
	 1, 34},
	{HEAD "'hostname':'\x80'}", "/hostname", "this string is not valid UTF-8", 1, 34},
	{HEAD "'hostname':'\xc3'}", "/hostname", "this string is not valid UTF-8", 1, 34},
	{HEAD "'k\xff':1}", "/k\\xff", "this string is not valid UTF-8", 1, 23},
	/* duplicates */
	{HEAD "'hostname':'a','hostname':'b'}", "/hostname",
	 "the key \"hostname\" stands here a second time", 1, 38},
	{HEAD "'annotations':{'a':'1','b':'2','a':'3'}}", "/annotations/a",
	 "the key \"a\" stands here a second time", 1, 54},
	{HEAD "'host\\u006eame':'a','hostname':'b'}", "/hostname",
	 "the key \"hostname\" stands here a second time", 1, 43},
	{HEAD "'x':{'y':1,'z':{},'y':2}}", "/x/y", "the key \"y\" stands here a second time", 1,
	 41},
	{HEAD "'linux':{'netDevices':{'e':{},'e':{}}}}", "/linux/netDevices/e",
	 "the key \"e\" stands here a second time", 1, 53},
	/* pointers */
	{HEAD "'annotations':{'a/b~c':1}}", "/annotations/a~1b~0c",
	 "expected a string, found a number (1)", 1, 46},
	{HEAD "'x':1,\n\n  'root':\n\t{'path':\n7}}", "/root/path",
	 "expected a string, found a number (7)", 5, 1},
	/* not JSON */
	{"", "", "the document is empty (0 bytes)", 1, 1},
	{" \n ", "", "the document is empty (white space only)", 2, 2},
	{"\xef\xbb\xbf{}", "",
	 "the document begins with a byte order mark, which JSON does not allow", 1, 1},
	{"\xff\xfe{", "", "the document is UTF-16, JSON is UTF-8", 1, 1},
	{"[]", "", "expected an object, found an array", 1, 1},
	{"17", "", "expected an object, found a number (17)", 1, 1},
	{"null", "", "expected an object, found null", 1, 1},
	{"{", "", "the document ends in the middle of an object", 1, 2},
	{HEAD "'mounts':[{'a", "/mounts/0", "the document ends in the middle of a string", 1, 36},
	{HEAD "'mounts':[", "/mounts", "the document ends in the middle of an array", 1, 33},
	{"{'ociVersion':'1.0.0'} x", "", "the document goes on after its end", 1, 24},
	{"{'ociVersion':'1.0.0'}{}", "", "the document goes on after its end", 1, 23},
	{"{'ociVersion':'1.0.0',}", "/ociVersion",
	 "a key in double quotes is expected here (a comma too many?)", 1, 23},
	{"{'ociVersion':'1.0.0' /* no */}", "/ociVersion", "comments are not allowed in JSON", 1,
	 23},
	{HEAD "'x':01}", "/x", "a comma or a closing brace is expected here", 1, 27},
	{HEAD "'x':+1}", "/x", "a character that JSON does not allow here", 1, 27},
	{HEAD "'x':NaN}", "/x", "a character that JSON does not allow here", 1, 27},
	{HEAD "'x':'\t'}", "/x", "a control character stands in a string (write it as an escape)",
	 1, 28},
	{HEAD "'x':[1 2]}", "/x/0", "a comma or a closing bracket is expected here", 1, 30},
};

static void test_refused(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		const struct refused *t = &refused[i];

		if (!ok(decode(t->json) == NULL && err.nfaults == 1 && err.line == t->line &&
				err.column == t->column && tap_same(err.pointer, t->pointer) &&
				tap_same(err.msg, t->msg) && tap_same(err.file, "config.json"),
			"refused: %zu: %s: %s", i, t->pointer, t->msg))
			diag("got %u:%u %s: %s (%u faults)", err.line, err.column, err.pointer,
			     err.msg, err.nfaults);
	}
}

static void test_all_at_once(void)
{
	ok(!decode("{\n'root':{'path':7},\n'process':{'user':{'uid':-1},\n'terminal':0},\n'"
		   "hostname':''x}"),
	   "four faults and an error of syntax");
	is_int(err.nfaults, 5, "all are counted");
	is_int(err.code, HZ_E_CONFIG, "the code is that of the first");
	is_str(err.pointer, "/root/path", "the first one is in the fields");
	is_str(err.more,
	       "config.json:3:11 /process: required key \"cwd\" is missing\n"
	       "config.json:3:26 /process/user/uid: expected an integer from 0 to 4294967295, "
	       "found -1\n"
	       "config.json:4:12 /process/terminal: expected true or false, found a number (0)\n"
	       "config.json:5:14 /hostname: a character that JSON does not allow here",
	       "the others follow in the order of the document");
}

static void test_many(void)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	buf_adds(&text, "{\"ociVersion\":\"1.0.0\",\"mounts\":[");
	for (int i = 0; i < 1000; i++)
		buf_printf(&text, "%s%d", i ? "," : "", i);
	buf_adds(&text, "]}");
	ok(!decode_bytes(text.data, text.len), "a thousand faults");
	is_int(err.nfaults, 1000, "all are counted");
}

/* ---- limits ---- */

static void nest(struct buf *text, int levels)
{
	buf_adds(text, "{\"ociVersion\":\"1.0.0\",\"x\":");
	for (int i = 1; i < levels; i++)
		buf_adds(text, i % 2 ? "[" : "{\"y\":");
	buf_addc(text, '0');
	for (int i = levels - 1; i > 0; i--)
		buf_addc(text, i % 2 ? ']' : '}');
	buf_addc(text, '}');
}

static void test_limits(void)
{
	_cleanup_buf_ struct buf text = BUF_INIT, deep = BUF_INIT, huge = BUF_INIT, keys = BUF_INIT;
	struct oci_config *c;

	nest(&text, OCI_DEPTH_MAX);
	ok(decode_bytes(text.data, text.len) != NULL, "128 levels are taken");
	nest(&deep, OCI_DEPTH_MAX + 1);
	ok(!decode_bytes(deep.data, deep.len), "129 levels are refused");
	is_str(err.msg, "the document is nested too deeply (more than 128 levels)",
	       "and it is said why");
	buf_adds(&huge, "{\"ociVersion\":\"1.0.0\"}");
	while (huge.len < OCI_CONFIG_MAX)
		buf_addc(&huge, ' ');
	ok(decode_bytes(huge.data, huge.len) != NULL, "16 MiB are taken");
	buf_addc(&huge, ' ');
	ok(!decode_bytes(huge.data, huge.len), "one byte more is refused");
	is_str(err.msg, "the document is too large (more than 16 MiB)", "and it is said why");
	buf_adds(&keys, "{\"ociVersion\":\"1.0.0\",\"annotations\":{");
	for (int i = 0; i < 100000; i++)
		buf_printf(&keys, "%s\"k%d\":\"\"", i ? "," : "", i);
	buf_adds(&keys, "}}");
	c = decode_bytes(keys.data, keys.len);
	ok(c && c->annotations.n == 100000, "100,000 annotations are taken");
	is_str(c ? c->annotations.items[99999].key : NULL, "k99999", "the last one");
}

/* Lists in lists in maps: the stack of items moves while structs in it are being filled. */
static void test_growth(void)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	const struct oci_seccomp_rules *rules;
	struct oci_config *c;
	bool good = true;

	buf_adds(&text, "{\"ociVersion\":\"1.0.0\",\"linux\":{\"seccomp\":{\"defaultAction\":"
			"\"SCMP_ACT_KILL\",\"syscalls\":[");
	for (int i = 0; i < 500; i++) {
		buf_printf(&text, "%s{\"args\":[", i ? "," : "");
		for (int k = 0; k < i % 7; k++)
			buf_printf(&text, "%s{\"index\":%d,\"value\":%d,\"op\":\"SCMP_CMP_EQ\"}",
				   k ? "," : "", k, i);
		buf_adds(&text, "],\"names\":[");
		for (int k = 0; k <= i; k++)
			buf_printf(&text, "%s\"n%d\"", k ? "," : "", k);
		buf_printf(&text, "],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":%d}", i);
	}
	buf_adds(&text, "]}}}");
	c = decode_bytes(text.data, text.len);
	if (!ok(c != NULL, "500 rules are decoded"))
		return;
	rules = &c->linux_->seccomp->syscalls;
	is_int(rules->n, 500, "all of them");
	for (int i = 0; i < 500; i++) {
		const struct oci_seccomp_rule *r = &rules->items[i];
		char last[16];

		snprintf(last, sizeof(last), "n%d", i);
		good = good && r->names.n == (size_t)i + 1 && !strcmp(r->names.items[i], last) &&
		       r->args.n == (size_t)i % 7 && r->errno_ret.v == (uint32_t)i &&
		       r->action.v == OCI_ACT_ERRNO &&
		       (!r->args.n || r->args.items[r->args.n - 1].value.v == (uint64_t)i);
	}
	ok(good, "and each one is whole");
}

int main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : "tests/unit/data";

	test_full(folder);
	test_absent();
	test_files(folder);
	test_accepted();
	test_refused();
	test_all_at_once();
	test_many();
	test_limits();
	test_growth();
	arena_done(&arena);
	hz_error_clear(&err);
	return done_testing();
}
