/* SPDX-License-Identifier: Apache-2.0 */
/* What the compiler refuses, with the pointer and the words; and what it warns of. */
#include "plan1.h"

#define HEAD     "{'ociVersion':'1.0.0','root':{'path':'rootfs'}"
#define PROCESS  ",'process':{'cwd':'/','args':['sh'],'user':{'uid':0,'gid':0}}"
#define NS(list) ",'linux':{'namespaces':[" list "]"
#define ALL_NS   "{'type':'mount'},{'type':'pid'},{'type':'ipc'},{'type':'uts'},{'type':'network'}"

static const struct {
	const char *json, *want;
} refused[] = {
	/* process */
	{HEAD ",'process':{'cwd':'','args':['sh']}}",
	 "/process/cwd: Cwd property must not be empty"},
	{HEAD ",'process':{'cwd':'tmp','args':['sh']}}",
	 "/process/cwd: Cwd must be an absolute path"},
	{HEAD ",'process':{'cwd':'/','args':[]}}", "/process/args: args must not be empty"},
	{HEAD ",'process':{'cwd':'/','args':['sh'],'env':['A=1','B']}}",
	 "/process/env/1: invalid environment variable: \"B\": missing"},
	{HEAD ",'process':{'cwd':'/','args':['sh'],'env':['=1']}}",
	 "/process/env/0: invalid environment variable: name cannot be empty"},
	{HEAD ",'process':{'cwd':'/','args':['sh'],'oomScoreAdj':1001}}",
	 "/process/oomScoreAdj: oomScoreAdj must be between -1000 and 1000, not 1001"},
	{HEAD ",'process':{'cwd':'/','args':['sh'],'user':{'uid':0,'gid':0,'umask':512}}}",
	 "/process/user/umask: umask must be 511 (0777) at most, not 512"},
	{HEAD
	 ",'process':{'cwd':'/','args':['sh'],'rlimits':["
	 "{'type':'RLIMIT_NOFILE','soft':1,'hard':1},{'type':'RLIMIT_NOFILE','soft':1,'hard':1}]}}",
	 "/process/rlimits/1/type: RLIMIT_NOFILE is there twice"},
	{HEAD ",'process':{'cwd':'/"
	      "','args':['sh'],'rlimits':[{'type':'RLIMIT_NOFILE','soft':2,'hard':1}]}}",
	 "/process/rlimits/0: the soft limit 2 is above the hard limit 1"},
	{HEAD ",'process':{'cwd':'/"
	      "','args':['sh'],'rlimits':[{'type':'RLIMIT_NOFILES','soft':1,'hard':1}]}}",
	 "did you mean \"RLIMIT_NOFILE\"?"},
	{HEAD ",'process':{'cwd':'/"
	      "','args':['sh'],'terminal':true,'consoleSize':{'height':70000,'width':1}}}",
	 "/process/consoleSize: a terminal has 65535"},
	{HEAD ",'process':{'cwd':'/','args':['sh'],'terminal':true}" NS("{'type':'user'}") "}}",
	 "/process/terminal: a terminal (mounted on /dev/console) without a mount namespace"},
	{"{'ociVersion':'1.0.0','root':{'path':'rootfs','readonly':true}" NS(
		 "{'type':'user'}") "}}",
	 "/root/readonly: a read-only root without a mount namespace"},
	{"{'ociVersion':'1.0.0','root':{'path':'rootfs','readonly':true}" NS(
		 "{'type':'mount','path':'/m'}") "}}",
	 "/root/readonly: a read-only root needs a new mount namespace"},
	/* PR-16, PR-17 */
	{HEAD
	 ",'process':{'cwd':'/','args':['sh'],'scheduler':{'policy':'SCHED_OTHER','nice':20}}}",
	 "/process/scheduler/nice: the nice value must be between -20 and 19, not 20"},
	{HEAD
	 ",'process':{'cwd':'/','args':['sh'],'scheduler':{'policy':'SCHED_OTHER','priority':1}}}",
	 "/process/scheduler/priority: a priority can only be given for SCHED_FIFO or SCHED_RR"},
	{HEAD ",'process':{'cwd':'/','args':['sh'],'scheduler':{'policy':'SCHED_RR'}}}",
	 "/process/scheduler/priority: SCHED_RR wants a priority between 1 and 99, not 0"},
	{HEAD
	 ",'process':{'cwd':'/','args':['sh'],'scheduler':{'policy':'SCHED_FIFO','priority':100}}}",
	 "SCHED_FIFO wants a priority between 1 and 99, not 100"},
	{HEAD ",'process':{'cwd':'/"
	      "','args':['sh'],'scheduler':{'policy':'SCHED_BATCH','runtime':5000}}}",
	 "/process/scheduler: runtime, deadline and period can only be given for SCHED_DEADLINE"},
	{HEAD ",'process':{'cwd':'/','args':['sh'],'scheduler':{'policy':'SCHED_DEADLINE'}}}",
	 "/process/scheduler: SCHED_DEADLINE wants 1024 <= runtime"},
	{HEAD
	 ",'process':{'cwd':'/"
	 "','args':['sh'],'scheduler':{'policy':'SCHED_DEADLINE','runtime':5000,'deadline':4000}}}",
	 "/process/scheduler: SCHED_DEADLINE wants 1024 <= runtime"},
	{HEAD
	 ",'process':{'cwd':'/"
	 "','args':['sh'],'scheduler':{'policy':'SCHED_OTHER','flags':['SCHED_FLAG_RECLAIM']}}}",
	 "/process/scheduler/flags: SCHED_FLAG_RECLAIM and"},
	{HEAD ",'process':{'cwd':'/"
	      "','args':['sh'],'scheduler':{'policy':'SCHED_OTHER','flags':['SCHED_FLAG_UTIL_CLAMP_"
	      "MAX']}}}",
	 "/process/scheduler/flags/0: a utilization clamp cannot be set"},
	{HEAD ",'process':{'cwd':'/','args':['sh'],'scheduler':{'policy':'SCHED_ISO'}}}",
	 "/process/scheduler/policy: SCHED_ISO is a reserved name"},
	/* PR-18 */
	{HEAD ",'process':{'cwd':'/"
	      "','args':['sh'],'ioPriority':{'class':'IOPRIO_CLASS_BE','priority':8}}}",
	 "/process/ioPriority/priority: the priority must be between 0 and 7, not 8"},
	{HEAD ",'process':{'cwd':'/"
	      "','args':['sh'],'ioPriority':{'class':'IOPRIO_CLASS_BE','priority':-1}}}",
	 "between 0 and 7, not -1"},
	/* PR-19 */
	{HEAD ",'process':{'cwd':'/','args':['sh'],'execCPUAffinity':{'initial':'0-'}}}",
	 "/process/execCPUAffinity/initial: \"0-\" is no list of CPUs"},
	{HEAD ",'process':{'cwd':'/','args':['sh'],'execCPUAffinity':{'final':'3-1'}}}",
	 "/process/execCPUAffinity/final: \"3-1\" is no list of CPUs"},
	{HEAD ",'process':{'cwd':'/','args':['sh'],'execCPUAffinity':{'final':'0,8192'}}}",
	 "\"0,8192\" is no list"},
	{HEAD ",'process':{'cwd':'/','args':['sh'],'execCPUAffinity':{'final':'8192'}}}",
	 "\"8192\" is no list"},
	/* PE-1, MP-1, MP-2 */
	{HEAD ",'linux':{'personality':{}}}", "/linux/personality: domain is missing"},
	{HEAD ",'linux':{'personality':{'domain':'LINUX','flags':['ADDR_NO_RANDOMIZE']}}}",
	 "/linux/personality/flags/0: unknown flag \"ADDR_NO_RANDOMIZE\""},
	{HEAD ",'linux':{'memoryPolicy':{'nodes':'0'}}}", "/linux/memoryPolicy"},
	{HEAD ",'linux':{'memoryPolicy':{'mode':'MPOL_LOCAL','nodes':'0'}}}",
	 "/linux/memoryPolicy/nodes: MPOL_LOCAL: the mode requires 0 nodes but got 1"},
	{HEAD ",'linux':{'memoryPolicy':{'mode':'MPOL_DEFAULT','nodes':'0'}}}",
	 "MPOL_DEFAULT: the mode requires 0 nodes but got 1"},
	{HEAD ",'linux':{'memoryPolicy':{'mode':'MPOL_BIND','nodes':''}}}",
	 "/linux/memoryPolicy/nodes: MPOL_BIND needs nodes"},
	{HEAD ",'linux':{'memoryPolicy':{'mode':'MPOL_INTERLEAVE'}}}",
	 "MPOL_INTERLEAVE needs nodes"},
	{HEAD ",'linux':{'memoryPolicy':{'mode':'MPOL_BIND','nodes':'0-1024'}}}",
	 "\"0-1024\" is no list of nodes"},
	{HEAD ",'linux':{'memoryPolicy':{'mode':'MPOL_BIND','nodes':'0','flags':['MPOL_F_STATIC_"
	      "NODES','MPOL_F_RELATIVE_NODES']}}}",
	 "exclude each other"},
	{HEAD ",'linux':{'memoryPolicy':{'mode':'MPOL_INTERLEAVE','nodes':'0','flags':['MPOL_F_"
	      "NUMA_BALANCING']}}}",
	 "MPOL_F_NUMA_BALANCING does not go with MPOL_INTERLEAVE"},
	{HEAD ",'process':{'cwd':'/','args':['sh'],'apparmorProfile':'x'}}",
	 "AppArmor is not enabled"},
	{HEAD ",'process':{'cwd':'/','args':['sh'],'selinuxLabel':'x'}}", "SELinux is not enabled"},
	/* root, names, hooks */
	{"{'ociVersion':'1.0.0','root':{'path':''}}", "/root/path: "},
	{HEAD ",'hostname':'a'}",
	 "/hostname: unable to set hostname without a private UTS namespace"},
	{HEAD ",'domainname':'a'}", "/domainname: unable to set domainname without a private UTS"},
	{HEAD ",'hostname':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'" NS(
		 "{'type':'uts'}") "}}",
	 "/hostname: a hostname has 64 bytes at most, not 65"},
	{HEAD ",'hooks':{'poststop':[{'path':'/a'},{'path':'b'}]}}",
	 "/hooks/poststop/1/path: the path of a hook must be absolute, not \"b\""},
	/* namespaces */
	{HEAD ",'mounts':[{'destination':'/x','type':'tmpfs'}]" NS("{'type':'user'}") "}}",
	 "/mounts: mounts without a mount namespace would be made on the host"},
	{HEAD ",'linux':{'rootfsPropagation':'slave'}}",
	 "unable to set rootfs propagation without a private MNT namespace"},
	{HEAD ",'linux':{'maskedPaths':['/proc/kcore']}}",
	 "/linux/maskedPaths: masked paths without"},
	{HEAD NS("{'type':'pid'},{'type':'pid'}") "}}",
	 "/linux/namespaces/1: duplicated ns \"pid\""},
	{HEAD NS("{'type':'pid','path':'ns/pid'}") "}}",
	 "/linux/namespaces/0/path: the path of a namespace must be absolute, not \"ns/pid\""},
	{HEAD NS("{'type':'user'}") "}}",
	 "/linux/uidMappings: user namespaces enabled, but no uid mappings found"},
	{HEAD NS("") ",'uidMappings':[{'containerID':0,'hostID':0,'size':1}]}}",
	 "user namespace mappings specified, but user namespace isn't enabled in the config"},
	{HEAD NS("{'type':'user'}") ",'uidMappings':[{'containerID':0,'hostID':0,'size':0}],"
				    "'gidMappings':[{'containerID':0,'hostID':0,'size':1}]}}",
	 "/linux/uidMappings/0: size must be larger than 0"},
	{HEAD NS("{'type':'user'}") ",'uidMappings':[{'containerID':0,'hostID':10,'size':10},"
				    "{'containerID':10,'hostID':19,'size':5}],"
				    "'gidMappings':[{'containerID':0,'hostID':4294967290,'size':9}]"
				    "}}",
	 "/linux/uidMappings/1: overlaps with mapping 0"},
	{HEAD NS("{'type':'user'}") ",'uidMappings':[{'containerID':0,'hostID':10,'size':10}],"
				    "'gidMappings':[{'containerID':0,'hostID':4294967290,'size':9}]"
				    "}}",
	 "/linux/gidMappings/0: the range goes beyond the largest id"},
	/* the overflow id is that of no mapping either */
	{HEAD ",'process':{'cwd':'/','args':['sh'],'user':{'uid':65534,'gid':65534}}" NS(
		 "{'type':'user'}") ",'uidMappings':[{'containerID':0,'hostID':10,'size':10}],"
				    "'gidMappings':[{'containerID':0,'hostID':10,'size':6}]}}",
	 "/process/user/uid: uid 65534 is not mapped in the user namespace\n"
	 "/process/user/gid: gid 65534 is not mapped in the user namespace"},
	{HEAD
	 ",'process':{'cwd':'/','args':['sh'],'user':{'uid':1000,'gid':5,'additionalGids':[7]}}" NS(
		 "{'type':'user'}") ",'uidMappings':[{'containerID':0,'hostID':10,'size':10}],"
				    "'gidMappings':[{'containerID':0,'hostID':10,'size':6}]}}",
	 "/process/user/uid: uid 1000 is not mapped in the user namespace\n"
	 "/process/user/additionalGids/0: gid 7 is not mapped in the user namespace"},
	{HEAD NS("{'type':'user'},{'type':'mount','path':'/proc/1/ns/mnt'}") ",'uidMappings':["
									     "{'containerID':0,'"
									     "hostID':10,'size':10}"
									     "],'gidMappings':[{'"
									     "containerID':0,'"
									     "hostID':10,'size':6}]"
									     "}}",
	 "/linux/namespaces/1: a joined mount namespace with a new user namespace"},
	{HEAD NS("") ",'timeOffsets':{'monotonic':{'secs':1}}}}",
	 "/linux/timeOffsets: time namespace offsets specified, but time namespace isn't enabled"},
	{HEAD NS("{'type':'time','path':'/proc/1/ns/time'}") ",'timeOffsets':{'monotonic':{'secs':"
							     "1}}}}",
	 "the time namespace is a joined one"},
	{HEAD NS("{'type':'time'}") ",'timeOffsets':{'monotonik':{'secs':1}}}}",
	 "/linux/timeOffsets/monotonik: unknown clock \"monotonik\": did you mean \"monotonic\"?"},
	{HEAD NS("{'type':'time'}") ",'timeOffsets':{'boottime':{'secs':1,'nanosecs':1000000000}}}"
				    "}",
	 "/linux/timeOffsets/boottime: nanosecs must be less than 1000000000"},
	/* sysctl */
	{HEAD NS("{'type':'ipc'}") ",'sysctl':{'net.ipv4.ip_forward':'1'}}}",
	 "/linux/sysctl/net.ipv4.ip_forward: sysctl \"net.ipv4.ip_forward\" not allowed in host "
	 "network"},
	{HEAD NS("{'type':'uts'}") ",'sysctl':{'kernel.msgmax':'1'}}}",
	 "sysctl \"kernel.msgmax\" is not allowed in the hosts ipc namespace"},
	{HEAD NS(ALL_NS) ",'sysctl':{'kernel.core_pattern':'|/x'}}}",
	 "sysctl \"kernel.core_pattern\" is not in a separate kernel namespace"},
	{HEAD NS(ALL_NS) ",'sysctl':{'kernel.hostname':'x'}}}",
	 "conflicts with the OCI \"hostname\" field"},
	{HEAD NS(ALL_NS) ",'sysctl':{'net/../kernel/core_pattern':'x'}}}",
	 "/linux/sysctl/net~1..~1kernel~1core_pattern: sysctl \"net/../kernel/core_pattern\" is "
	 "not the name"},
	{HEAD NS(ALL_NS) ",'sysctl':{'net.//.kernel.core_pattern':'x'}}}", "is not the name"},
	/* seccomp */
	{HEAD ",'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':4095}}}",
	 "/linux/seccomp/defaultErrnoRet: the value for SCMP_ACT_ERRNO must be at most 4094, not "
	 "4095"},
	{HEAD ",'linux':{'seccomp':{'defaultAction':'SCMP_ACT_TRACE','defaultErrnoRet':65536}}}",
	 "/linux/seccomp/defaultErrnoRet: the value for SCMP_ACT_TRACE must be at most 65535, not "
	 "65536"},
	{HEAD
	 ",'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':[''],"
	 "'action':'SCMP_ACT_ERRNO','errnoRet':65541,'args':[{'index':6,'value':0,'op':'SCMP_CMP_"
	 "EQ'}]}]}}}",
	 "/linux/seccomp/syscalls/0/names/0: the name is empty\n"
	 "/linux/seccomp/syscalls/0/errnoRet: the value for SCMP_ACT_ERRNO must be at most "
	 "4094, not 65541\n"
	 "/linux/seccomp/syscalls/0/args/0/index: the index of an argument is 5 at most, not 6"},
	{HEAD ",'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','listenerMetadata':'x'}}}",
	 "/linux/seccomp/listenerMetadata: listenerMetadata without listenerPath"},
	{HEAD ",'linux':{'seccomp':{'defaultAction':'SCMP_ACT_NOTIFY'}}}",
	 "/linux/seccomp/defaultAction: SCMP_ACT_NOTIFY cannot be the default action"},
	{HEAD ",'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['a'],"
	      "'action':'SCMP_ACT_NOTIFY'}]}}}",
	 "/linux/seccomp/syscalls/0/action: SCMP_ACT_NOTIFY without listenerPath"},
	{HEAD ",'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','listenerPath':'a/b'}}}",
	 "/linux/seccomp/listenerPath: the path of the agent's socket must be absolute"},
	{HEAD ",'annotations':{'run.oci.seccomp.receiver':'a/b'},"
	      "'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'}}}",
	 "/annotations/run.oci.seccomp.receiver: the path of the agent's socket must be absolute"},
	{HEAD ",'annotations':{'run.oci.seccomp_bpf_data':'AA=='}}",
	 "/annotations/run.oci.seccomp_bpf_data: annotation \"run.oci.seccomp_bpf_data\" is not "
	 "supported"},
	{HEAD ",'annotations':{'run.oci.seccomp.plugins':'a.so'}}",
	 "/annotations/run.oci.seccomp.plugins: annotation \"run.oci.seccomp.plugins\" is not "
	 "supported"},
	{HEAD ",'linux':{'netDevices':{'eth0':{}}}}",
	 "/linux/netDevices: network devices need a network namespace to move into"},
};

/* The pointer before the colon is that of no other line. */
static bool is_each_once(const char *text)
{
	for (const char *a = text; *a; a += strcspn(a, "\n"), a += *a == '\n') {
		size_t len = strcspn(a, ":");
		const char *b = a + strcspn(a, "\n");

		for (; *b; b += strcspn(b, "\n"))
			if (strncmp(++b, a, len + 1) == 0)
				return false;
	}
	return true;
}

static void test_refused(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct rig t;

		rig_init(&t);
		rig_compile(&t, refused[i].json);
		is_int(t.r, -1, "refused %zu", i);
		rig_has(&t, refused[i].want, refused[i].want);
		if (!ok(is_each_once(t.text.data), "no fault of %zu is reported twice", i))
			diag("%s", t.text.data);
		rig_done(&t);
	}
}

static void test_hosts(void)
{
	struct rig t;

	rig_init(&t);
	t.facts.ns_supported &= ~(unsigned)CLONE_NEWTIME;
	rig_compile(&t, HEAD NS("{'type':'time'}") "}}");
	rig_has(&t, "/linux/namespaces/0: time namespaces are not enabled in this kernel",
		"no time namespaces");
	is_int(t.err.code, HZ_E_UNSUPPORTED, "is not supported here");
	rig_done(&t);

	rig_init(&t);
	t.facts.privileged = false;
	t.facts.caps = 0;
	t.facts.euid = 1000;
	rig_compile(&t, HEAD "}");
	rig_has(&t, "rootless container requires user namespaces", "without privilege");
	rig_done(&t);

	rig_init(&t);
	t.facts.privileged = false;
	t.facts.caps = 0;
	t.facts.euid = t.facts.egid = 1000;
	rig_compile(&t, HEAD
		    ",'process':{'cwd':'/"
		    "','args':['sh'],'user':{'uid':0,'gid':0,'additionalGids':[0,1]}}" NS(
			    "{'type':'user'},{'type':'mount'}") ",'uidMappings':[{'containerID':0,'"
								"hostID':1000,'size':1}],"
								"'gidMappings':[{'containerID':0,'"
								"hostID':1000,'size':1}]}}");
	rig_has(&t, "/process/user/additionalGids: setgroups is denied",
		"further groups where they are denied");
	rig_done(&t);

	rig_init(&t);
	t.facts.in_userns = t.facts.no_setgroups = true;
	rig_compile(&t, HEAD ",'process':{'cwd':'/','args':['sh'],"
			     "'user':{'uid':0,'gid':0,'additionalGids':[0,1]}}}");
	rig_has(&t, "/process/user/additionalGids: setgroups is denied in the runtime's",
		"further groups where the runtime's own namespace denies them");
	rig_done(&t);
}

static bool warned(const struct rig *t, const char *pointer, const char *text)
{
	for (unsigned i = 0; i < t->plan.nwarnings && i < PLAN_WARNINGS; i++)
		if (!strcmp(t->plan.warnings[i].pointer, pointer) &&
		    strstr(t->plan.warnings[i].text, text))
			return true;
	return false;
}

/* A limit in other letters would be none without a word. */
static void test_odd_keys(void)
{
	struct rig t;

	rig_init(&t);
	t.facts.unified_controllers = "cpu hugetlb";
	rig_compile(&t, "{'ociVersion':'1.0.0','root':{'path':'rootfs','readOnly':true},"
			"'annotations':{'Root':'a map has any key'},'vendor':{'CPU':1},"
			"'process':{'cwd':'/','args':['sh'],'nonewprivileges':true},"
			"'linux':{'resources':{'CPU':{'quota':1},'cpu':{'Quota':1},"
			"'hugepageLimits':[{'pageSize':'2MB','pagesize':'1GB','limit':1}]}}}");
	is_int(t.r, 0, "keys in other letters are no faults: %s", t.err.msg);
	ok(warned(&t, "/root/readOnly",
		  "\"readOnly\" is ignored: the name of the key is \"readonly\""),
	   "in root");
	ok(warned(&t, "/process/nonewprivileges", "is \"noNewPrivileges\""), "in process");
	ok(warned(&t, "/linux/resources/CPU", "is \"cpu\""), "an object");
	ok(warned(&t, "/linux/resources/cpu/Quota", "is \"quota\""), "a number");
	ok(warned(&t, "/linux/resources/hugepageLimits/0/pagesize", "is \"pageSize\""),
	   "in a list, beside the right one");
	is_int(t.plan.nwarnings, 5, "nothing else is warned of");
	rig_done(&t);
}

static void test_warnings(void)
{
	const struct plan_caps *c;
	struct rig t;

	rig_init(&t);
	t.facts.caps &= ~(1ull << 22);
	rig_compile(
		&t,
		"{'ociVersion':'1.0.0','root':{'path':'rootfs'},'process':{'cwd':'/"
		"','args':['sh'],'user':{'uid':5,'gid':5},'capabilities':{"
		"'bounding':['CAP_KILL','CAP_SYS_BOOT','CAP_KILLL'],'permitted':['CAP_KILL','CAP_"
		"SYS_BOOT'],"
		"'effective':['CAP_KILL','CAP_CHOWN'],'inheritable':[],'ambient':['CAP_KILL']}},"
		"'annotations':{'module.wasm.image/variant':'x','x':'y'},"
		"'linux':{'resources':{'devices':[{'allow':false},"
		"{'allow':true,'type':'c','access':'rxw'}]}}}");
	is_int(t.r, 0, "compiles with warnings");
	ok(warned(&t, "/process/capabilities/bounding/2", "did you mean \"CAP_KILL\"?"),
	   "unknown capability");
	ok(warned(&t, "/process/capabilities/bounding/1", "CAP_SYS_BOOT is left out"),
	   "capability that the runtime lacks");
	ok(!warned(&t, "/process/capabilities/permitted/1", ""), "said once");
	ok(warned(&t, "/process/capabilities/effective", "left out CAP_CHOWN: not permitted"),
	   "effective but not permitted");
	ok(warned(&t, "/process/capabilities/ambient", "can't raise ambient capability CAP_KILL: "),
	   "ambient but not inheritable");
	ok(warned(&t, "/annotations/module.wasm.image~1variant", "no effect"),
	   "annotation of crun");
	ok(warned(&t, "/linux/resources/devices/1/access",
		  "\"rxw\": letters other than r, w and m have no effect"),
	   "unknown letters in a device rule");
	is_int(t.plan.nwarnings, 6, "no others");
	c = rig_step(&t, PLAN_CAPS, 0);
	ok(c && c->bounding == 1 << 5 && c->effective == 1 << 5 && c->ambient == 0,
	   "the rest is set");
	rig_done(&t);

	rig_init(&t);
	rig_compile(&t, HEAD ",'process':{'cwd':'/','args':['sh'],'user':{'uid':0,'gid':0},"
			     "'capabilities':{'bounding':['CAP_KILL'],'permitted':['CAP_KILL'],"
			     "'ambient':['CAP_KILL','CAP_CHOWN']}}}");
	ok(warned(&t, "/process/capabilities/ambient",
		  "can't raise ambient capability CAP_CHOWN, CAP_KILL: "),
	   "ambient but not inheritable, as uid 0");
	is_int(t.plan.nwarnings, 1, "one warning for the whole set");
	ok(t.plan.warnings[0].quiet, "for the log only");
	rig_done(&t);

	rig_init(&t);
	t.opt.forgive_unsupported = true;
	rig_compile(&t, HEAD ",'linux':{'mountLabel':'x'}}");
	is_int(t.r, 0, "explain forgives what is not supported");
	ok(warned(&t, "/linux/mountLabel", "create refuses it"), "and says so");
	rig_done(&t);
}

/* One more than the kernel's instructions, and just as many. */
static void test_rules(unsigned n, bool good)
{
	struct buf text = BUF_INIT;
	struct rig t;

	rig_init(&t);
	buf_adds(&text, HEAD ",'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[");
	for (unsigned i = 0; i < n; i++)
		buf_printf(&text,
			   "%s{'names':['read'],'action':'SCMP_ACT_ERRNO','args':["
			   "{'index':0,'value':%u,'op':'SCMP_CMP_EQ'}]}",
			   i ? "," : "", i);
	buf_adds(&text, "]}}}");
	rig_compile(&t, text.data);
	is_int(t.r, good ? 0 : -1, "%u rules with args", n);
	if (good)
		rig_has(&t, "container \"box\"", "which are compiled");
	if (!good)
		rig_has(&t, "/linux/seccomp/syscalls: 4097 rules with args, but the kernel takes",
			"why not");
	rig_done(&t);
	buf_done(&text);
}

int main(void)
{
	test_rules(4096, true);
	test_rules(4097, false);
	test_refused();
	test_hosts();
	test_odd_keys();
	test_warnings();
	return done_testing();
}
