/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every list and map of a configuration: four times as many items take about four times the time
 * and the memory, from the text to the printed plan, in update's merge, and for the place of an
 * error. Measured is the CPU time of a child, which other processes change little, and its peak
 * memory. Items are tried that all differ and, where the faults are, that are all the same.
 */
#include "plan/compile.h"
#include "tables.h"
#include "tap.h"

#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define FEW   1500
#define MANY  (4 * FEW)
#define TRIES 4
/* quadratic is 16; the caches of the processor make up for some of the rest */
#define FACTOR_MAX 8
#define QUICK_MS   40    /* too little to be measured */
#define SMALL_KIB  12288 /* also what a buffer may double to */

#define NS                                                                                 \
	"'namespaces':[{'type':'mount'},{'type':'pid'},{'type':'network'},{'type':'ipc'}," \
	"{'type':'uts'},{'type':'time'}]"
#define RUN          "'process':{'cwd':'/','args':['sh']}"
#define PROCESS(x)   "'process':{'cwd':'/','args':['sh']," x "}"
#define LINUX(x)     RUN ",'linux':{" NS "," x "}"
#define USERNS(x)    RUN ",'linux':{'namespaces':[{'type':'user'},{'type':'mount'}]," x "}"
#define RESOURCES(x) LINUX("'resources':{" x "}")
#define BLOCK_IO(x)  RESOURCES("'blockIO':{'" x "':[%]}")
#define HOOKS(x)     RUN ",'hooks':{'" x "':[%]}"
#define HOOK         "{'path':'/bin/h@','args':['h','@'],'env':['A=@'],'timeout':5}"
#define MOUNT(x) \
	RUN ",'linux':{" NS "},'mounts':[{'destination':'/m','type':'tmpfs','source':'t'," x "}]"
#define BIND(x)                                                                                 \
	RUN ",'linux':{" NS                                                                     \
	    "},'mounts':[{'destination':'/m','type':'bind','source':'/s','options':['bind']," x \
	    "}]"
#define IDS        "{'containerID':@,'hostID':@,'size':1}"
#define ONE_ID     "[{'containerID':0,'hostID':0,'size':1}]"
#define SECCOMP(x) LINUX("'seccomp':{'defaultAction':'SCMP_ACT_ERRNO'," x "}")

/* In a document '%' stands for the items, in an item '@' for its number. */
static const struct growth {
	const char *pointer; /* as oci_table_walk() has it */
	const char *document, *item;
} cases[] = {
	{"/annotations", RUN ",'annotations':{%}", "'org.example.k@':'v@'"},
	{"/annotations", RUN ",'annotations':{%}", "'org.systemd.property.P@':'uint64 @'"},
	{"/annotations", RUN ",'annotations':{%}", "'org.systemd.property.MemoryMax':'@'"},
	{"/annotations", RUN ",'annotations':{%}", "'org.systemd.property.A@':'true'"},
	{"/hooks/createContainer", HOOKS("createContainer"), HOOK},
	{"/hooks/createRuntime", HOOKS("createRuntime"), HOOK},
	{"/hooks/poststart", HOOKS("poststart"), HOOK},
	{"/hooks/poststop", HOOKS("poststop"), HOOK},
	{"/hooks/prestart", HOOKS("prestart"), HOOK},
	{"/hooks/startContainer", HOOKS("startContainer"), HOOK},
	{"/hooks/*/*/args", RUN ",'hooks':{'poststop':[{'path':'/h','args':[%]}]}", "'a@'"},
	{"/hooks/*/*/env", RUN ",'hooks':{'poststop':[{'path':'/h','env':[%]}]}", "'A@=@'"},
	{"/linux/devices", LINUX("'devices':[%]"),
	 "{'type':'c','path':'/dev/d@','major':1,'minor':@}"},
	{"/linux/gidMappings", USERNS("'uidMappings':" ONE_ID ",'gidMappings':[%]"), IDS},
	{"/linux/intelRdt/schemata", LINUX("'intelRdt':{'schemata':[%]}"), "'L3:@=ff'"},
	{"/linux/maskedPaths", LINUX("'maskedPaths':[%]"), "'/proc/m@'"},
	{"/linux/namespaces", RUN ",'linux':{'namespaces':[{'type':'mount'},%]}",
	 "{'type':'pid','path':'/proc/@/ns/pid'}"},
	{"/linux/netDevices", LINUX("'netDevices':{%}"), "'eth@':{}"},
	{"/linux/netDevices", LINUX("'netDevices':{%}"), "'eth@':{'name':'n@'}"},
	{"/linux/netDevices", LINUX("'netDevices':{%}"), "'eth@':{'name':'same'}"},
	{"/linux/personality/flags", LINUX("'personality':{'domain':'LINUX','flags':[%]}"), "'F@'"},
	{"/linux/readonlyPaths", LINUX("'readonlyPaths':[%]"), "'/proc/r@'"},
	{"/linux/memoryPolicy/flags",
	 LINUX("'memoryPolicy':{'mode':'MPOL_BIND','nodes':'0','flags':[%]}"),
	 "'MPOL_F_STATIC_NODES'"},
	{"/linux/resources/blockIO/throttleReadBpsDevice", BLOCK_IO("throttleReadBpsDevice"),
	 "{'major':8,'minor':@,'rate':1000}"},
	{"/linux/resources/blockIO/throttleReadIOPSDevice", BLOCK_IO("throttleReadIOPSDevice"),
	 "{'major':8,'minor':@,'rate':1000}"},
	{"/linux/resources/blockIO/throttleWriteBpsDevice", BLOCK_IO("throttleWriteBpsDevice"),
	 "{'major':8,'minor':@,'rate':1000}"},
	{"/linux/resources/blockIO/throttleWriteIOPSDevice", BLOCK_IO("throttleWriteIOPSDevice"),
	 "{'major':8,'minor':@,'rate':1000}"},
	{"/linux/resources/blockIO/weightDevice", BLOCK_IO("weightDevice"),
	 "{'major':8,'minor':@,'weight':100}"},
	{"/linux/resources/devices", RESOURCES("'devices':[%]"),
	 "{'allow':true,'type':'c','major':1,'minor':@,'access':'rwm'}"},
	{"/linux/resources/hugepageLimits", RESOURCES("'hugepageLimits':[%]"),
	 "{'pageSize':'@MB','limit':1}"},
	{"/linux/resources/network/priorities", RESOURCES("'network':{'priorities':[%]}"),
	 "{'name':'e@','priority':1}"},
	{"/linux/resources/rdma", RESOURCES("'rdma':{%}"), "'mlx@':{'hcaHandles':1}"},
	{"/linux/resources/unified", RESOURCES("'unified':{%}"), "'memory.k@':'1'"},
	{"/linux/resources/unified", RESOURCES("'unified':{%}"), "'io.max':'8:@ rbps=1'"},
	{"/linux/seccomp/architectures", SECCOMP("'architectures':[%]"), "'SCMP_ARCH_X86_64'"},
	{"/linux/seccomp/flags", SECCOMP("'flags':[%]"), "'SECCOMP_FILTER_FLAG_LOG'"},
	{"/linux/seccomp/syscalls", SECCOMP("'syscalls':[%]"),
	 "{'names':['read'],'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':@,'op':'SCMP_CMP_"
	 "EQ'}]}"},
	{"/linux/seccomp/syscalls/*/args",
	 SECCOMP("'syscalls':[{'names':['read'],'action':'SCMP_ACT_ALLOW','args':[%]}]"),
	 "{'index':0,'value':@,'op':'SCMP_CMP_EQ'}"},
	{"/linux/seccomp/syscalls/*/names",
	 SECCOMP("'syscalls':[{'names':[%],'action':'SCMP_ACT_ALLOW'}]"), "'call@'"},
	{"/linux/sysctl", LINUX("'sysctl':{%}"), "'net.ipv4.conf.e@.forwarding':'1'"},
	{"/linux/sysctl", LINUX("'sysctl':{%}"), "'net.ipv4.a@':'1','net/ipv4/a@':'1'"},
	{"/linux/timeOffsets", LINUX("'timeOffsets':{%}"), "'c@':{'secs':1}"},
	{"/linux/uidMappings", USERNS("'gidMappings':" ONE_ID ",'uidMappings':[%]"), IDS},
	{"/mounts", RUN ",'linux':{" NS "},'mounts':[%]",
	 "{'destination':'/m@','type':'tmpfs','source':'t'}"},
	{"/mounts", RUN ",'linux':{" NS "},'mounts':[%]",
	 "{'destination':'/m@','type':'bind','source':'/s@','options':['rbind','ro']}"},
	{"/mounts", RUN ",'linux':{" NS "},'mounts':[%]",
	 "{'destination':'/m/m/@','type':'cgroup','source':'cgroup'}"},
	{"/mounts/*/gidMappings", BIND("'uidMappings':" ONE_ID ",'gidMappings':[%]"), IDS},
	{"/mounts/*/options", MOUNT("'options':[%]"), "'size=@'"},
	{"/mounts/*/options", MOUNT("'options':[%]"), "'ro','rw','a@=1,b@=2'"},
	{"/mounts/*/uidMappings", BIND("'gidMappings':" ONE_ID ",'uidMappings':[%]"), IDS},
	{"/process/args", "'process':{'cwd':'/','args':[%]}", "'a@'"},
	{"/process/capabilities/ambient", PROCESS("'capabilities':{'ambient':[%]}"), "'CAP_X@'"},
	{"/process/capabilities/bounding", PROCESS("'capabilities':{'bounding':[%]}"), "'CAP_X@'"},
	{"/process/capabilities/effective", PROCESS("'capabilities':{'effective':[%]}"),
	 "'CAP_CHOWN'"},
	{"/process/capabilities/inheritable", PROCESS("'capabilities':{'inheritable':[%]}"),
	 "'CAP_X@'"},
	{"/process/capabilities/permitted", PROCESS("'capabilities':{'permitted':[%]}"),
	 "'CAP_X@'"},
	{"/process/env", PROCESS("'env':[%]"), "'A@=@'"},
	{"/process/rlimits", PROCESS("'rlimits':[%]"), "{'type':'RLIMIT_@','soft':1,'hard':1}"},
	{"/process/rlimits", PROCESS("'rlimits':[%]"), "{'type':'RLIMIT_CORE','soft':1,'hard':1}"},
	{"/process/scheduler/flags", PROCESS("'scheduler':{'policy':'SCHED_OTHER','flags':[%]}"),
	 "'SCHED_FLAG_RESET_ON_FORK'"},
	{"/process/user/additionalGids", PROCESS("'user':{'uid':0,'gid':0,'additionalGids':[%]}"),
	 "@"},
	{"unknown keys", RUN ",%", "'x-@':{'a':[@,'b']}"},
	{"unknown object", RUN ",'x-vendor':{%}", "'x@':[]"},
	{"unknown array", RUN ",'x-vendor':[%]", "{'x':@}"},
};

/* The document with @n items, numbered from 0, or all with the number 7. */
static void make(const struct growth *g, unsigned n, bool same, struct buf *ret)
{
	buf_adds(ret, "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"},");
	for (const char *p = g->document; *p; p++) {
		if (*p != '%') {
			buf_addc(ret, *p == '\'' ? '"' : *p);
			continue;
		}
		for (unsigned i = 0; i < n; i++) {
			if (i)
				buf_addc(ret, ',');
			for (const char *s = g->item; *s; s++) {
				if (*s == '@')
					buf_printf(ret, "%u", same ? 7 : i);
				else
					buf_addc(ret, *s == '\'' ? '"' : *s);
			}
		}
	}
	buf_addc(ret, '}');
	if (ret->failed)
		_exit(98);
}

enum setting {
	V2,
	V1,
	SYSTEMD,
	SETTINGS
};

static void set_facts(enum setting which, struct plan_facts *f, struct plan_options *o)
{
	static const char *const v1[] = {
		"cpu,cpuacct", "memory",           "pids", "blkio",  "devices",
		"hugetlb",     "net_cls,net_prio", "rdma", "cpuset", "freezer"};

	*f = (struct plan_facts){.privileged = true,
				 .kernel_major = 6,
				 .kernel_minor = 12,
				 .ns_supported = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
						 CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
						 CLONE_NEWCGROUP | CLONE_NEWTIME,
				 .cap_last = 40,
				 .caps = (1ull << 41) - 1,
				 .cgroup_mode = which == V1 ? PLAN_CGROUP_HYBRID : PLAN_CGROUP_V2,
				 .unified_controllers = "cpu io memory pids hugetlb rdma cpuset",
				 .resctrl = "/sys/fs/resctrl"};
	*o = (struct plan_options){.id = "box",
				   .bundle = "/bundle",
				   .systemd_cgroup = which == SYSTEMD,
				   .forgive_unsupported = true};
	f->hierarchies[0] = (struct facts_hierarchy){"", "/sys/fs/cgroup", "/", "/"};
	f->nhierarchies = 1;
	for (size_t i = 0; which == V1 && i < sizeof(v1) / sizeof(v1[0]); i++)
		f->hierarchies[f->nhierarchies++] =
			(struct facts_hierarchy){v1[i], "/sys/fs/cgroup/x", "/", "/"};
}

static void print(const struct plan *p)
{
	static const struct plan_print_options o = {.show_env = true};
	struct oci_json *j = oci_json_new("  ");
	struct buf text = BUF_INIT;

	plan_print_text(p->h, &o, &text);
	plan_print_json(p->h, &o, j, NULL);
	buf_done(&text);
	oci_json_free(j);
}

static void compile(enum setting which, const char *text, size_t len)
{
	struct hz_error err = HZ_ERROR_INIT;
	struct arena a = ARENA_INIT;
	struct oci_config *c;
	struct plan_options o;
	struct plan_facts f;
	struct plan p = {0};

	set_facts(which, &f, &o);
	if (!oci_config_decode(&a, text, len, "config.json", &c, &err)) {
		if (!plan_compile(c, &f, &o, &p, &err))
			print(&p);
		plan_done(&p);
		hz_error_clear(&err);
		plan_compile_update(c, &f, &o, &p, &err);
		plan_done(&p);
	}
	hz_error_clear(&err);
	arena_done(&a);
}

/* What update does with stored limits and new ones, and with an error in the last item. */
static void merge(const struct growth *g, const char *text, size_t len, unsigned n)
{
	static const char *const all[] = {NULL}, *const below[] = {"linux", "resources", NULL};
	struct hz_error err = HZ_ERROR_INIT;
	struct buf out = BUF_INIT;
	unsigned line, column;
	char pointer[256];

	oci_json_merge(text, all, text, &out, &err);
	out.len = 0;
	oci_json_merge(text, below, text, &out, &err);
	buf_done(&out);
	hz_error_clear(&err);
	snprintf(pointer, sizeof(pointer), "%s/%u", g->pointer, n ? n - 1 : 0);
	oci_locate(text, len, pointer, &line, &column);
}

struct use {
	unsigned ms;
	long kib;
};

static struct use measure(const struct growth *g, unsigned n, bool same)
{
	struct rusage u;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		struct buf text = BUF_INIT;

		alarm(240);
		make(g, n, same, &text);
		for (int i = 0; i < SETTINGS; i++)
			compile((enum setting)i, text.data, text.len);
		merge(g, text.data, text.len, n);
		_exit(0);
	}
	if (wait4(pid, &status, 0, &u) < 0 || status)
		return (struct use){1u << 30, 1 << 30};
	return (struct use){(unsigned)(u.ru_utime.tv_sec * 1000 + u.ru_utime.tv_usec / 1000 +
				       u.ru_stime.tv_sec * 1000 + u.ru_stime.tv_usec / 1000),
			    u.ru_maxrss};
}

static bool is_linear(struct use few, struct use many)
{
	return (many.ms < QUICK_MS || many.ms < FACTOR_MAX * few.ms) &&
	       (many.kib < SMALL_KIB || many.kib < FACTOR_MAX * few.kib);
}

static void check(const struct growth *g, bool same, long kib)
{
	struct use few = {0}, many = {0};
	bool good = false;

	for (int i = 0; i < TRIES && !good; i++) {
		many = measure(g, MANY, same);
		many.kib -= kib;
		good = is_linear(few, many); /* enough for most */
		if (good)
			break;
		few = measure(g, FEW, same);
		few.kib -= kib;
		good = is_linear(few, many);
	}
	ok(good, "%s of %s, %s: %u ms and %ld KiB, then %u ms and %ld KiB", g->pointer, g->item,
	   same ? "all the same" : "all different", few.ms, few.kib, many.ms, many.kib);
}

static void is_covered(void *ctx, const char *pointer, const struct oci_row *row, bool item)
{
	unsigned *missing = ctx;
	char general[256];

	if (item || row->shape == OCI_ONE)
		return;
	snprintf(general, sizeof(general), "%s", pointer);
	if (!strncmp(general, "/hooks/", 7) && strchr(general + 7, '/'))
		snprintf(general, sizeof(general), "/hooks/*/*%s", strrchr(pointer, '/'));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (!strcmp(cases[i].pointer, general))
			return;
	diag("%s is not measured", pointer);
	++*missing;
}

int main(int argc, char **argv)
{
	long kib = measure(&cases[0], 1, true).kib; /* of the program itself */
	unsigned missing = 0;

	oci_table_walk(&oci_config_table, is_covered, &missing);
	is_int(missing, 0, "every list and map of the schema is measured");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc > 1 && !strstr(cases[i].pointer, argv[1]))
			continue;
		check(&cases[i], false, kib);
		check(&cases[i], true, kib);
	}
	return done_testing();
}
