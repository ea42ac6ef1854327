/* SPDX-License-Identifier: Apache-2.0 */
/* linux.cgroupsPath and linux.resources as steps. */
#include "base/cleanup.h"
#include "plan/cgroup_convert.h"
#include "plan2.h"

/* All CGROUP_SET steps as "file=value[!flags] …". */
static const char *values(const struct bench *t)
{
	static char out[4096];
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = 0;; i++) {
		const struct plan_cgroup_set *s = bench_step(t, PLAN_CGROUP_SET, i);

		if (!s)
			return out;
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s=%s", i ? " | " : "",
				      bench_text(t, s->file), bench_text(t, s->value));
		if (s->flags)
			n += (size_t)snprintf(out + n, sizeof(out) - n, "!%u", s->flags);
	}
}

static const struct {
	const char *resources, *v1, *v2; /* values; "/pointer" is a fault; NULL: not asked */
} cases[] = {
	{"'memory':{'limit':1048576}", "memory.limit_in_bytes=1048576", "memory.max=1048576"},
	{"'memory':{'limit':-1}", "memory.limit_in_bytes=-1", "memory.max=max!1"},
	{"'memory':{'limit':0}", "", ""},
	{"'memory':{'limit':-2}", "/memory/limit", "/memory/limit"},
	{"'memory':{'limit':4096,'swap':8192}",
	 "memory.limit_in_bytes=4096!2 | memory.memsw.limit_in_bytes=8192",
	 "memory.max=4096 | memory.swap.max=4096"},
	{"'memory':{'limit':4096,'swap':4096}",
	 "memory.limit_in_bytes=4096!2 | memory.memsw.limit_in_bytes=4096",
	 "memory.max=4096 | memory.swap.max=0!1"},
	{"'memory':{'limit':4096,'swap':-1}",
	 "memory.limit_in_bytes=4096!2 | memory.memsw.limit_in_bytes=-1!1",
	 "memory.max=4096 | memory.swap.max=max!1"},
	{"'memory':{'limit':8192,'swap':4096}", "/memory/swap", "/memory/swap"},
	{"'memory':{'swap':4096}", "/memory/swap", "/memory/swap"},
	{"'memory':{'limit':-1,'swap':4096}", "/memory/swap",
	 "memory.max=max!1 | memory.swap.max=4096"},
	{"'memory':{'limit':-1,'swap':-1}",
	 "memory.limit_in_bytes=-1!2 | memory.memsw.limit_in_bytes=-1!1",
	 "memory.max=max!1 | memory.swap.max=max!1"},
	{"'memory':{'limit':-1,'swap':0}", "memory.limit_in_bytes=-1", "memory.max=max!1"},
	{"'memory':{'limit':0,'swap':4096}", "/memory/swap", "/memory/swap"},
	{"'memory':{'swap':-1}", "memory.memsw.limit_in_bytes=-1!1", "memory.swap.max=max!1"},
	{"'memory':{'reservation':4096}", "memory.soft_limit_in_bytes=4096", "memory.low=4096"},
	{"'memory':{'kernel':4096}", "", ""},
	{"'memory':{'kernelTCP':4096}", "", ""},
	{"'memory':{'swappiness':0}", "memory.swappiness=0", "/memory/swappiness"},
	{"'memory':{'swappiness':100}", "memory.swappiness=100", "/memory/swappiness"},
	{"'memory':{'swappiness':500}", "/memory/swappiness", "/memory/swappiness"},
	{"'memory':{'disableOOMKiller':true}", "memory.oom_control=1", ""},
	{"'memory':{'disableOOMKiller':false}", "", ""},
	{"'memory':{'useHierarchy':true}", "memory.use_hierarchy=1", ""},
	{"'cpu':{'shares':1024}", "cpu.shares=1024", "cpu.weight=100"},
	{"'cpu':{'shares':0}", "", ""},
	{"'cpu':{'shares':1}", "/cpu/shares", "cpu.weight=1"},
	{"'cpu':{'shares':300000}", "/cpu/shares", "cpu.weight=10000"},
	{"'cpu':{'quota':50000,'period':100000}",
	 "cpu.cfs_period_us=100000!2 | cpu.cfs_quota_us=50000", "cpu.max=50000 100000"},
	{"'cpu':{'quota':50000}", "cpu.cfs_quota_us=50000", "cpu.max=50000 100000"},
	{"'cpu':{'quota':-1}", "cpu.cfs_quota_us=-1", "cpu.max=max 100000!1"},
	{"'cpu':{'period':50000}", "cpu.cfs_period_us=50000", "cpu.max=max 50000!1"},
	{"'cpu':{'quota':999}", "/cpu/quota", "/cpu/quota"},
	{"'cpu':{'period':999}", "/cpu/period", "/cpu/period"},
	{"'cpu':{'period':1000001}", "/cpu/period", "/cpu/period"},
	{"'cpu':{'quota':50000,'burst':10000}", "cpu.cfs_quota_us=50000!2 | cpu.cfs_burst_us=10000",
	 "cpu.max=50000 100000!2 | cpu.max.burst=10000"},
	{"'cpu':{'quota':50000,'burst':50001}", "/cpu/burst", "/cpu/burst"},
	{"'cpu':{'realtimePeriod':1000000,'realtimeRuntime':950000}",
	 "cpu.rt_period_us=1000000!2 | cpu.rt_runtime_us=950000", "/cpu/realtimePeriod"},
	{"'cpu':{'idle':1,'shares':2}", "cpu.idle=1", "cpu.idle=1"},
	{"'cpu':{'idle':0,'shares':1024}", "cpu.idle=0!1 | cpu.shares=1024",
	 "cpu.idle=0!1 | cpu.weight=100"},
	{"'cpu':{'idle':0}", "cpu.idle=0!1", "cpu.idle=0!1"},
	{"'cpu':{'idle':2}", "/cpu/idle", "/cpu/idle"},
	{"'cpu':{'cpus':'0-1','mems':'0'}", "cpuset.cpus=0-1 | cpuset.mems=0",
	 "cpuset.cpus=0-1 | cpuset.mems=0"},
	{"'cpu':{'cpus':'all'}", "/cpu/cpus", "/cpu/cpus"},
	{"'pids':{'limit':100}", "pids.max=100", "pids.max=100"},
	{"'pids':{'limit':-1}", "pids.max=max!1", "pids.max=max!1"},
	{"'pids':{'limit':0}", "pids.max=1", "pids.max=1"},
	{"'pids':{'limit':-7}", "/pids/limit", "/pids/limit"},
	{"'memory':{'limit':4096,'checkBeforeUpdate':true}", "memory.limit_in_bytes=4096",
	 "memory.max=4096!8"},
	{"'memory':{'checkBeforeUpdate':true}", "", ""},
	{"'blockIO':{'weight':0}", "", ""},
	{"'blockIO':{'weight':10}", "blkio.weight=10!4 | blkio.bfq.weight=10",
	 "io.bfq.weight=10!4 | io.weight=1"},
	{"'blockIO':{'weight':100}", "blkio.weight=100!4 | blkio.bfq.weight=100",
	 "io.bfq.weight=100!4 | io.weight=910"},
	{"'blockIO':{'weight':1000}", "blkio.weight=1000!4 | blkio.bfq.weight=1000",
	 "io.bfq.weight=1000!4 | io.weight=10000"},
	{"'blockIO':{'weight':9}", "/blockIO/weight", "/blockIO/weight"},
	{"'blockIO':{'weight':1001}", "/blockIO/weight", "/blockIO/weight"},
	{"'blockIO':{'leafWeight':500}", "blkio.leaf_weight=500", "/blockIO/leafWeight"},
	{"'blockIO':{'weightDevice':[{'major':8,'minor':16,'weight':500}]}",
	 "blkio.weight_device=8:16 500!4 | blkio.bfq.weight_device=8:16 500",
	 "io.bfq.weight=8:16 500!4 | io.weight=8:16 4950"},
	{"'blockIO':{'weightDevice':[{'major':8,'minor':0}]}", "/blockIO/weightDevice/0",
	 "/blockIO/weightDevice/0"},
	{"'blockIO':{'weightDevice':[{'major':-8,'minor':0,'weight':500}]}",
	 "/blockIO/weightDevice/0", "/blockIO/weightDevice/0"},
	{"'blockIO':{'weightDevice':[{'major':8,'minor':0,'leafWeight':20}]}",
	 "blkio.leaf_weight_device=8:0 20", "/blockIO/weightDevice/0/leafWeight"},
	{"'blockIO':{'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':1048576}],"
	 "'throttleWriteIOPSDevice':[{'major':8,'minor':0,'rate':0}]}",
	 "blkio.throttle.read_bps_device=8:0 1048576 | blkio.throttle.write_iops_device=8:0 0",
	 "io.max=8:0 rbps=1048576 | io.max=8:0 wiops=max"},
	{"'blockIO':{'throttleWriteBpsDevice':[{'major':8,'minor':0,'rate':5}],"
	 "'throttleReadIOPSDevice':[{'major':8,'minor':1,'rate':6}]}",
	 "blkio.throttle.write_bps_device=8:0 5 | blkio.throttle.read_iops_device=8:1 6",
	 "io.max=8:0 wbps=5 | io.max=8:1 riops=6"},
	{"'hugepageLimits':[{'pageSize':'2MB','limit':4194304}]", /* in the unified tree */
	 "hugetlb.2MB.rsvd.max=4194304!1 | hugetlb.2MB.max=4194304",
	 "hugetlb.2MB.rsvd.max=4194304!1 | hugetlb.2MB.max=4194304"},
	{"'rdma':{'mlx5_1':{'hcaHandles':3,'hcaObjects':10000},'mlx4_0':{'hcaObjects':0}}",
	 "rdma.max=mlx5_1 hca_handle=3 hca_object=10000 | rdma.max=mlx4_0 hca_object=0",
	 "rdma.max=mlx5_1 hca_handle=3 hca_object=10000 | rdma.max=mlx4_0 hca_object=0"},
	{"'rdma':{'mlx5_1':{}}", "/rdma/mlx5_1", "/rdma/mlx5_1"},
	{"'network':{}", "", ""},
	{"'network':{'classID':1048577,'priorities':[{'name':'eth0','priority':5}]}",
	 "net_cls.classid=1048577 | net_prio.ifpriomap=eth0 5", NULL},
	{"'network':{'classID':1048577}", "net_cls.classid=1048577", "/network/classID"},
	{"'network':{'priorities':[{'name':'eth0','priority':5}]}", "net_prio.ifpriomap=eth0 5",
	 "/network/priorities"},
	{"'network':{'priorities':[{'name':'a b','priority':5}]}", "/network/priorities/0/name",
	 "/network/priorities"},
	{"'unified':{'memory.high':'1048576'}", "/unified/memory.high", "memory.high=1048576"},
	{"'unified':{'hugetlb.2MB.max':'0'}", "hugetlb.2MB.max=0", "hugetlb.2MB.max=0"},
	{"'unified':{'dmem.max':'x max','cgroup.max.depth':'3'}", NULL,
	 "dmem.max=x max | cgroup.max.depth=3"},
	{"'unified':{'io.max':'8:0 rbps=1\\n8:16 rbps=2\\n'}", "/unified/io.max",
	 "io.max=8:0 rbps=1 | io.max=8:16 rbps=2"},
	{"'unified':{'cpuset.cpus':''}", NULL, "cpuset.cpus="},
	{"'unified':{'pids.max':'7'},'pids':{'limit':5}", NULL, "pids.max=5 | pids.max=7"},
	{"'unified':{'perf.x':'7'}", "/unified/perf.x", "/unified/perf.x"},
	{"'unified':{'memory':'7'}", "/unified/memory", "/unified/memory"},
	{"'unified':{'.x':'7'}", "/unified/.x", "/unified/.x"},
	{"'unified':{'memory..':'7'}", "/unified/memory..", "/unified/memory.."},
	{"'unified':{'../memory.max':'7'}", "/unified/..~1memory.max", "/unified/..~1memory.max"},
	{"'unified':{'cgroup.procs':'1'}", "/unified/cgroup.procs", "/unified/cgroup.procs"},
	{"'unified':{'cgroup.freeze':'1'}", "/unified/cgroup.freeze", "/unified/cgroup.freeze"},
	{"'devices':[{'allow':true}]", "devices.allow=a *:* rwm", ""},
	{"'devices':[{'allow':true,'type':'a','major':10,'access':'w'}]",
	 "devices.allow=b 10:* w | devices.allow=c 10:* w", ""},
	{"'devices':[{'allow':true,'type':'c','major':10,'minor':-1,'access':'mr'}]",
	 "devices.allow=c 10:* rm", ""},
	{"'devices':[{'allow':true,'type':'c','major':1,'minor':3,'access':'xr w'}]",
	 "devices.allow=c 1:3 rw", ""},
	{"'devices':[{'allow':true,'type':'c','access':'x'}]", "/devices/0/access",
	 "/devices/0/access"},
};

static void test_case(const char *resources, const char *want, const struct plan_facts *facts,
		      const char *name)
{
	char json[512];
	struct bench t;

	if (!want)
		return;
	snprintf(json, sizeof(json), "{'ociVersion':'1.3.0','linux':{'resources':{%s}}}",
		 resources);
	bench_init(&t, json);
	t.facts = *facts;
	compile_cgroup(&t.b);
	if (want[0] == '/') {
		ok(t.b.nfaults == 1, "%s: %s is refused (%u faults)", name, resources, t.b.nfaults);
		is_str(t.err.pointer[0] ? t.err.pointer + strlen("/linux/resources") : NULL, want,
		       "%s: the place", name);
	} else {
		ok(t.b.nfaults == 0, "%s: %s: %s", name, resources, t.err.msg);
		is_str(values(&t), want, "%s: %s", name, resources);
	}
	bench_done(&t);
}

/* facts_v1 and the hierarchies that only resources ask for. */
static struct plan_facts facts_v1_all(void)
{
	static const struct facts_hierarchy more[] = {
		{"blkio", "/sys/fs/cgroup/blkio", "/"},
		{"net_cls,net_prio", "/sys/fs/cgroup/net_cls,net_prio", "/"},
		{"rdma", "/sys/fs/cgroup/rdma", "/"},
	};
	struct plan_facts f = facts_v1;

	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		f.hierarchies[f.nhierarchies++] = more[i];
	return f;
}

static void test_device_defaults(void)
{
	struct bench t;

	bench_init(&t, "{'ociVersion':'1.3.0','linux':{'resources':{'devices':[{'allow':false,'"
		       "access':'rwm'}]}}}");
	t.facts = facts_v1;
	compile_cgroup(&t.b);
	ok(!strncmp(values(&t), "devices.deny=a *:* rwm | devices.allow=c *:* m |", 48),
	   "default devices follow a rule that denies");
	ok(strstr(values(&t), "devices.allow=c 136:* rwm"), "terminals too");
	ok(strstr(values(&t), "devices.allow=c 10:200 rwm"), "and tun");
	bench_done(&t);
}

/* Hosts that cannot enforce rules: root must be told, others know that they have no rules. */
static void test_devices_nowhere(void)
{
	static const struct {
		const char *rules;
		bool denies;
	} rows[] = {
		{"{'allow':false,'access':'rwm'}", true},
		{"{'allow':true}", false},
		{"{'allow':true,'type':'c','major':1,'minor':3}", false},
		{"{'allow':false},{'allow':true,'access':'mrw'}", false},
		{"{'allow':false},{'allow':true,'type':'a','major':-1,'minor':-1}", false},
		{"{'allow':false},{'allow':true,'type':'c'}", true},
		{"{'allow':false},{'allow':true,'access':'rw'}", true},
		{"{'allow':true},{'allow':false,'type':'c','major':1,'minor':11}", true},
		{"{'allow':false},{'allow':true,'major':10}", true},
	};
	static const struct facts_hierarchy memory = {"memory", "/sys/fs/cgroup/memory", "/"};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (unsigned host = 0; host < 4; host++) {
			bool told = host < 2 && rows[i].denies;
			char json[512];
			struct bench t;

			snprintf(json, sizeof(json),
				 "{'ociVersion':'1.3.0','linux':{'resources':{'devices':[%s]}}}",
				 rows[i].rules);
			bench_init(&t, json);
			t.facts.cgroup_mode = host ? PLAN_CGROUP_V1 : PLAN_CGROUP_NONE;
			t.facts.nhierarchies = host ? 1 : 0;
			t.facts.hierarchies[0] = memory;
			t.facts.in_userns = host == 2;
			t.facts.privileged = host != 3;
			compile_cgroup(&t.b);
			is_int(t.b.nfaults, told, "host %u, rules %s: %s", host, rows[i].rules,
			       t.err.msg);
			is_int(t.plan.nwarnings > 0, host >= 2, "warnings");
			bench_done(&t);
		}
}

/* A pids limit of 0 in configs of different ages. */
static void test_pids_zero(void)
{
	static const struct {
		const char *version, *want;
	} rows[] = {{"0.2.0", "max!1"}, {"1.0.0", "max!1"},      {"1.0.2-dev", "max!1"},
		    {"1.2.1", "max!1"}, {"1.2.99+git", "max!1"}, {"1.3.0-rc.1", "max!1"},
		    {"1.3.0", "1"},     {"1.3.0+dev", "1"},      {"1.3.1-dev", "1"},
		    {"1.10.0", "1"}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (int v1 = 0; v1 < 2; v1++) {
			char json[256], want[32];
			struct bench t;

			snprintf(json, sizeof(json),
				 "{'ociVersion':'%s','linux':{'resources':{'pids':{'limit':0}}}}",
				 rows[i].version);
			snprintf(want, sizeof(want), "pids.max=%s", rows[i].want);
			bench_init(&t, json);
			if (v1)
				t.facts = facts_v1;
			compile_cgroup(&t.b);
			is_int(t.b.nfaults, 0, "no faults");
			is_str(values(&t), want, "limit 0 of version %s", rows[i].version);
			bench_done(&t);
		}
}

static const struct {
	const char *path, *want; /* NULL: refused */
} paths[] = {
	{"", "/box"},
	{"/a/b", "/a/b"},
	{"a/b", "/a/b"},
	{"/a//b/./../c/", "/a/c"},
	{"system.slice:crio:abc", "/system.slice:crio:abc"},
	{"/", NULL},
	{"..", NULL},
	{"/../../x", "/x"},
	{"/a\\nb", NULL},
};

static void test_path(const char *path, const char *want)
{
	const struct plan_cgroup_create *s;
	char json[1024];
	struct bench t;

	snprintf(json, sizeof(json), "{'ociVersion':'1.3.0','linux':{'cgroupsPath':'%s'}}", path);
	bench_init(&t, json);
	compile_cgroup(&t.b);
	s = bench_step(&t, PLAN_CGROUP_CREATE, 0);
	is_str(s ? bench_text(&t, s->path) : NULL, want, "cgroupsPath \"%.40s\"", path);
	is_int(t.b.nfaults, want ? 0 : 1, "faults");
	if (s) {
		is_int(s->controllers.n, 8, "controllers");
		is_str(bench_item(&t, s->controllers, 3), "memory", "the fourth");
		is_int(t.b.head.nslots, 0, "no slots on v2");
	}
	bench_done(&t);
}

static void test_v1(void)
{
	const struct plan_cgroup_create *s;
	struct bench t;

	bench_init(&t, "{'ociVersion':'1.3.0'}");
	t.facts = facts_v1;
	compile_cgroup(&t.b);
	s = bench_step(&t, PLAN_CGROUP_CREATE, 0);
	is_int(s->controllers.n, 7, "v1: all hierarchies");
	is_int(t.b.head.nslots, 6, "v1: slots, none for the unified tree");
	is_int(t.b.cgroup_slots, 6, "v1: slots of compile_cgroup");
	bench_done(&t);
}

static void test_disabled(void)
{
	struct bench t;

	bench_init(&t, "{'ociVersion':'1.3.0','linux':{'resources':{'pids':{'limit':-1}}}}");
	t.opt.no_cgroup = true;
	compile_cgroup(&t.b);
	is_int(t.b.head.nsteps + t.b.nfaults, 0, "disabled: nothing");
	bench_done(&t);
	bench_init(&t, "{'ociVersion':'1.3.0','linux':{'resources':{'pids':{'limit':5}}}}");
	t.opt.no_cgroup = true;
	compile_cgroup(&t.b);
	is_int(t.b.nfaults, 1, "disabled: limits are refused");
	bench_done(&t);
	bench_init(&t, "{'ociVersion':'1.3.0','linux':{'resources':{'pids':{'limit':5}}}}");
	t.facts.unified_controllers = "cpu memory";
	compile_cgroup(&t.b);
	is_int(t.b.nfaults, 1, "a controller that is not there is a fault");
	bench_done(&t);
}

#define OWNER(ns, options, more)                                                                \
	"{'ociVersion':'1.3.0','process':{'cwd':'/','user':{'uid':1000,'gid':0},'args':['x']}," \
	"'mounts':[{'destination':'/sys/fs/"                                                    \
	"cgroup','type':'cgroup','source':'cgroup','options':[" options "]}],"                  \
	"'linux':{'namespaces':[" ns "]" more "}}"

static void test_owner(const char *json, uint32_t want, const char *name)
{
	const struct plan_cgroup_create *s;
	struct bench t;

	bench_init(&t, json);
	compile_cgroup(&t.b);
	s = bench_step(&t, PLAN_CGROUP_CREATE, 0);
	is_int(s->owner_uid, want, "owner: %s", name);
	bench_done(&t);
}

static void test_weights(void)
{
	/* checked with the real functions of libm */
	static const struct {
		uint64_t shares, weight;
	} table[] = {{0, 1},
		     {1, 1},
		     {2, 1},
		     {3, 2},
		     {10, 4},
		     {102, 17},
		     {512, 59},
		     {1000, 99},
		     {1024, 100},
		     {2048, 174},
		     {4096, 303},
		     {10240, 639},
		     {65536, 3023},
		     {131072, 5478},
		     {262143, 10000},
		     {262144, 10000},
		     {UINT64_MAX, 10000}};
	uint64_t last = 0;
	bool grows = true;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		is_int(cgroup_weight_from_shares(table[i].shares), table[i].weight,
		       "weight of %llu", (unsigned long long)table[i].shares);
	for (uint64_t s = 0; s < 262200; s++) {
		uint64_t w = cgroup_weight_from_shares(s);

		grows &= w >= last && w >= 1 && w <= 10000;
		last = w;
	}
	ok(grows, "weights grow with the shares");
}

int main(void)
{
	const struct plan_facts v1 = facts_v1_all();
	char name[260];

	test_weights();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case(cases[i].resources, cases[i].v1, &v1, "v1");
		test_case(cases[i].resources, cases[i].v2, &facts_v2, "v2");
	}
	test_device_defaults();
	test_pids_zero();
	test_devices_nowhere();
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		test_path(paths[i].path, paths[i].want);
	memset(name, 'x', sizeof(name));
	name[256] = '\0';
	test_path(name, NULL);
	test_v1();
	test_disabled();
	test_owner(OWNER("{'type':'cgroup'}", "'rw'", ""), 1000, "own namespace and writable");
	test_owner(OWNER("{'type':'cgroup'}", "'ro'", ""), UINT32_MAX, "read-only mount");
	test_owner(OWNER("", "'rw'", ""), UINT32_MAX, "no namespace");
	test_owner(OWNER("{'type':'cgroup'},{'type':'user'}", "'rw'",
			 ",'uidMappings':[{'containerID':0,'hostID':5000,'size':2000}]"),
		   6000, "the host id in a user namespace");
	return done_testing();
}
