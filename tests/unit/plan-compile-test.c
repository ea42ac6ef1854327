/* SPDX-License-Identifier: Apache-2.0 */
/* What the compiler makes of namespaces, process and hooks, one question at a time (whole plans:
 * tests/plan). */
#include "plan1.h"

#include <linux/capability.h>

#define HEAD    "{'ociVersion':'1.0.0','root':{'path':'rootfs'}"
#define PROCESS ",'process':{'cwd':'/','args':['sh'],'user':{'uid':0,'gid':0}}"
#define MAPS                                                         \
	",'uidMappings':[{'containerID':0,'hostID':1000,'size':10}]" \
	",'gidMappings':[{'containerID':0,'hostID':1000,'size':10}]"
#define NS(list) ",'linux':{'namespaces':[" list "]"

/* Spawn flags, fork flags (0 when there is no stub), and the kinds of init's steps up to the
 * keyring. */
static const struct {
	const char *name, *namespaces;
	uint64_t spawn, fork;
	const char *enter;
} combinations[] = {
	{"none", "]", 0, 0, ""},
	{"plain", "{'type':'mount'},{'type':'pid'}]", CLONE_NEWNS | CLONE_NEWPID, 0, ""},
	{"all new but user",
	 "{'type':'mount'},{'type':'pid'},{'type':'ipc'},{'type':'uts'},{'type':'network'},{'type':"
	 "'cgroup'},{'type':'time'}]",
	 CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWTIME, 0,
	 "namespace unshare,"},
	{"joined net and ipc",
	 "{'type':'mount'},{'type':'network','path':'/n'},{'type':'ipc','path':'/i'}]", CLONE_NEWNS,
	 0, "namespace join,namespace join,"},
	{"joined pid", "{'type':'mount'},{'type':'pid','path':'/p'}]", 0, CLONE_NEWNS,
	 "namespace join,fork,"},
	{"new user", "{'type':'user'},{'type':'mount'},{'type':'pid'}]" MAPS, 0,
	 CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID, "fork,sync,become root,"},
	{"new user, joined net", "{'type':'user'},{'type':'network','path':'/n'}]" MAPS, 0,
	 CLONE_NEWUSER, "namespace join,fork,sync,become root,"},
	{"joined user and net",
	 "{'type':'user','path':'/u'},{'type':'network','path':'/n'},{'type':'pid'}]", 0,
	 CLONE_NEWPID, "namespace join,namespace join,fork,become root,"},
	{"time offsets", "{'type':'time'},{'type':'uts'}],'timeOffsets':{'boottime':{'secs':1}}", 0,
	 CLONE_NEWUTS, "namespace unshare,time offset,fork,"},
	{"time offsets in a new user namespace",
	 "{'type':'time'},{'type':'user'},{'type':'cgroup'}],'timeOffsets':{'boottime':{'secs':1}"
	 "}" MAPS,
	 0, CLONE_NEWUSER,
	 "fork,sync,become root,namespace unshare,time offset,namespace unshare,"},
	{"joined mount", "{'type':'mount','path':'/m'},{'type':'uts','path':'/u'}]", 0, 0,
	 "namespace join,namespace join,"},
	{"empty paths are none", "{'type':'pid','path':''}]", CLONE_NEWPID, 0, ""},
};

static void kinds_of_enter(const struct rig *t, char *out, size_t size)
{
	const struct plan_step *s;
	bool in = false;
	uint32_t i;
	size_t n = 0;

	out[0] = '\0';
	plan_foreach (t->plan.h, s, i) {
		if (s->kind == PLAN_KEYRING)
			break;
		if (in && s->actor != PLAN_HOST)
			n += (size_t)snprintf(out + n, size - n, "%s,", plan_kind_name(s->kind));
		in |= s->kind == PLAN_SPAWN;
	}
}

static void test_combinations(void)
{
	for (size_t i = 0; i < sizeof(combinations) / sizeof(combinations[0]); i++) {
		const struct plan_spawn *s;
		const struct plan_fork *f;
		char json[2048], kinds[512];
		struct rig t;

		rig_init(&t);
		snprintf(json, sizeof(json), HEAD PROCESS ",'linux':{'namespaces':[%s}}",
			 combinations[i].namespaces);
		rig_compile(&t, json);
		s = rig_step(&t, PLAN_SPAWN, 0);
		f = rig_step(&t, PLAN_FORK, 0);
		if (!ok(t.r == 0 && s, "%s", combinations[i].name)) {
			diag("%s", t.text.data);
			rig_done(&t);
			continue;
		}
		kinds_of_enter(&t, kinds, sizeof(kinds));
		is_int(s->clone_flags, combinations[i].spawn, "%s: spawn", combinations[i].name);
		is_int(f ? f->clone_flags : 0, combinations[i].fork, "%s: fork",
		       combinations[i].name);
		is_str(kinds, combinations[i].enter, "%s: steps", combinations[i].name);
		rig_done(&t);
	}
}

static void test_kernels(void)
{
	const char *json = HEAD PROCESS NS("{'type':'time'}") "}}";
	struct rig t;

	rig_init(&t);
	t.facts.kernel_minor = 2;
	rig_compile(&t, json);
	ok(rig_step(&t, PLAN_FORK, 0), "clone3 does not take CLONE_NEWTIME before 6.3");
	rig_done(&t);

	rig_init(&t);
	t.facts.kernel_major = 5;
	t.facts.kernel_minor = 15;
	rig_compile(&t, HEAD PROCESS NS("{'type':'time'},{'type':'user'}") MAPS "}}");
	rig_has(&t, "needs Linux 6.1", "time in a new user namespace before 6.1");
	rig_done(&t);
}

static void test_maps(void)
{
	const struct plan_user *u;
	const struct plan_id_map *m;
	struct rig t;

	rig_init(&t);
	t.facts.privileged = false;
	t.facts.caps = 0;
	t.facts.euid = t.facts.egid = 1000;
	rig_compile(&t, HEAD PROCESS NS("{'type':'user'}") ",'uidMappings':[{'containerID':0,'"
							   "hostID':1000,'size':1}],"
							   "'gidMappings':[{'containerID':0,'"
							   "hostID':1000,'size':1}]}}");
	m = rig_step(&t, PLAN_ID_MAP, 1);
	ok(m && m->is_gid && m->how == PLAN_MAP_WRITE && m->deny_setgroups,
	   "the own gid is written, setgroups denied");
	is_str(m ? plan_text(t.plan.h, m->text) : NULL, "0 1000 1\n", "text of the map");
	rig_has(&t, "become user 0, group 0; further groups stay as they are", "no setgroups");
	rig_done(&t);

	rig_init(&t);
	t.facts.in_userns = t.facts.no_setgroups = true;
	rig_compile(&t, HEAD PROCESS NS("{'type':'user'}") MAPS "}}");
	m = rig_step(&t, PLAN_ID_MAP, 1);
	ok(m && m->how == PLAN_MAP_WRITE && !m->deny_setgroups, "the denial is inherited");
	u = rig_step(&t, PLAN_USER, 0);
	ok(u && !u->setgroups, "no setgroups below a namespace that denies it");
	rig_done(&t);

	rig_init(&t);
	t.facts.privileged = false;
	t.facts.euid = 1000;
	rig_compile(&t, HEAD PROCESS NS("{'type':'user'}") MAPS "}}");
	m = rig_step(&t, PLAN_ID_MAP, 1);
	ok(m && m->how == PLAN_MAP_WRITE && !m->deny_setgroups,
	   "CAP_SETUID and CAP_SETGID are what maps need");
	rig_done(&t);

	rig_init(&t);
	t.facts.privileged = false;
	t.facts.caps = 0;
	t.facts.euid = t.facts.egid = 1000;
	rig_compile(&t, HEAD PROCESS NS(
				"{'type':'user'}") ",'uidMappings':[{'containerID':1,'hostID':1000,"
						   "'size':1},"
						   "{'containerID':0,'hostID':100000,'size':1}],"
						   "'gidMappings':[{'containerID':0,'hostID':"
						   "100000,'size':9}]}}");
	m = rig_step(&t, PLAN_ID_MAP, 0);
	ok(m && !m->is_gid && m->how == PLAN_MAP_HELPER, "newuidmap");
	is_str(m ? plan_text(t.plan.h, m->text) : NULL, "1 1000 1\n0 100000 1\n", "two lines");
	rig_done(&t);
}

static void test_env(void)
{
	const struct plan_exec *e;
	struct rig t;

	rig_init(&t);
	t.opt.listen_fds = 2;
	t.opt.notify_dir = "/run/hezi/c/notify";
	rig_compile(&t, HEAD
		    ",'process':{'cwd':'/w','args':['sh','-c'],'user':{'uid':7,'gid':8},'env':["
		    "'A=1','PATH=/a','B=','LISTEN_FDS=9','A=2','HOME=','PATH=/b:/c','AB=3']}}");
	e = rig_step(&t, PLAN_EXEC, 0);
	rig_has(&t,
		"execute \"sh\" \"-c\" with B= A=2 PATH=/b:/c AB=3 LISTEN_FDS=2 LISTEN_PID=1 "
		"NOTIFY_SOCKET=/run/notify/notify.sock and HOME of uid 7",
		"the last of a name counts");
	rig_has(&t, "bind \"/run/hezi/c/notify\" on \"/run/notify\"", "the socket's directory");
	is_str(e ? plan_text(t.plan.h, e->path) : NULL, "/b:/c", "PATH that is searched");
	is_str(e ? plan_text(t.plan.h, e->cwd) : NULL, "/w", "working directory");
	rig_done(&t);

	rig_init(&t);
	rig_compile(&t, HEAD ",'process':{'cwd':'/','args':['sh'],'env':['HOME=/h']}}");
	e = rig_step(&t, PLAN_EXEC, 0);
	ok(e && !e->need_home, "HOME is there");
	ok(e && strstr(plan_text(t.plan.h, e->path), "/bin"), "a default PATH");
	rig_done(&t);
}

static void test_hooks(void)
{
	const struct plan_hooks *h;
	const struct plan_hook *items;
	struct rig t;

	rig_init(&t);
	rig_compile(&t, HEAD PROCESS
		    ",'annotations':{'a\\\\b':'c'},'hooks':{'createRuntime':[{'path':'/x'},"
		    "{'path':'/y','args':['y','z'],'env':['K=V'],'timeout':3}],"
		    "'startContainer':[{'path':'/s'}],'poststop':[{'path':'/p'}]}}");
	h = rig_step(&t, PLAN_HOOKS, 0);
	if (!ok(h && h->which == PLAN_HOOK_CREATE_RUNTIME && h->hooks.n == 2 &&
			h->s.actor == PLAN_HOST,
		"two hooks of the host")) {
		diag("%s", t.text.data);
		rig_done(&t);
		return;
	}
	items = plan_hook_items(t.plan.h, h->hooks);
	is_str(plan_text(t.plan.h, h->head),
	       "{\"ociVersion\":\"1.3.0\",\"id\":\"box\",\"status\":\"creating\",\"pid\":",
	       "state before the pid");
	is_str(plan_text(t.plan.h, h->tail),
	       ",\"bundle\":\"/bundle\",\"annotations\":{\"a\\\\b\":\"c\"}}", "state after it");
	is_str(plan_item(t.plan.h, items[0].argv, 0), "/x", "argv of a hook without args");
	is_int(items[0].envp.n, 0, "and no environment");
	is_str(plan_item(t.plan.h, items[1].argv, 1), "z", "args");
	is_str(plan_item(t.plan.h, items[1].envp, 0), "K=V", "env");
	is_int(items[1].timeout, 3, "timeout");
	is_str(plan_text(t.plan.h, items[1].origin), "/hooks/createRuntime/1", "origin");
	h = rig_step(&t, PLAN_HOOKS, 1);
	ok(h && h->s.actor == PLAN_INIT && strstr(plan_text(t.plan.h, h->head), "\"created\""),
	   "startContainer: created");
	h = rig_step(&t, PLAN_HOOKS, 2);
	ok(h && strstr(plan_text(t.plan.h, h->head), "\"stopped\""), "poststop: stopped");
	rig_done(&t);
}

static void test_sysctl(void)
{
	struct rig t;

	rig_init(&t);
	rig_compile(
		&t,
		HEAD PROCESS NS(
			"{'type':'network'},{'type':'ipc'},{'type':'uts'}") ",'sysctl':{"
									    "'net.ipv4.conf.eth0/"
									    "1.rp_filter':'0','net/"
									    "ipv4/conf/eth0.1/"
									    "rp_filter':'1','fs."
									    "mqueue.msg_max':'20',"
									    "'kernel.shm_rmid_"
									    "forced':'1','kernel."
									    "domainname':'d'}}}");
	rig_has(&t, "write \"0\" to /proc/sys/net/ipv4/conf/eth0.1/rp_filter ",
		"dots, and a slash in a name");
	rig_has(&t, "write \"1\" to /proc/sys/net/ipv4/conf/eth0.1/rp_filter ",
		"slashes, and a dot in a name");
	rig_has(&t, "/proc/sys/fs/mqueue/msg_max", "mqueue");
	rig_has(&t, "/proc/sys/kernel/shm_rmid_forced", "shm");
	rig_has(&t, "/linux/sysctl/net~1ipv4~1conf~1eth0.1~1rp_filter", "the pointer is escaped");
	rig_done(&t);
}

static void test_limits(void)
{
	const char *process =
		",'process':{'cwd':'/','args':['sh'],'noNewPrivileges':false,'rlimits':["
		"{'type':'RLIMIT_CORE','soft':0,'hard':18446744073709551615}],'oomScoreAdj':5}";
	const struct plan_rlimit *r;
	const struct plan_caps *c;
	char json[1024];
	struct rig t;

	rig_init(&t);
	snprintf(json, sizeof(json),
		 HEAD "%s,'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','flags':["
		      "'SECCOMP_FILTER_FLAG_LOG','SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV']}}}",
		 process);
	rig_compile(&t, json);
	r = rig_step(&t, PLAN_RLIMIT, 0);
	c = rig_step(&t, PLAN_CAPS, 0);
	ok(r && r->s.actor == PLAN_INIT && r->hard == UINT64_MAX, "a limit that init sets");
	ok(r && r->s.index + 1 == ((struct plan_step *)rig_step(&t, PLAN_SECCOMP_LOAD, 0))->index,
	   "last of all, before a filter that may forbid it");
	r = rig_step(&t, PLAN_RLIMIT_RAISE, 0);
	ok(r && r->s.actor == PLAN_INIT && r->s.index < c->s.index,
	   "raised while there is the privilege for it");
	ok(c && c->late_seccomp && !c->no_new_privs && c->bounding == 0,
	   "no capabilities; seccomp needs one to the last");
	rig_has(&t, "host  set oom_score_adj to 5", "oom score");
	is_int(((const struct plan_seccomp_load *)rig_step(&t, PLAN_SECCOMP_LOAD, 0))->flags, 2,
	       "filter flags");
	rig_done(&t);

	rig_init(&t);
	t.facts.caps &= ~(1ull << CAP_SYS_PTRACE);
	snprintf(json, sizeof(json), HEAD "%s}", process);
	rig_compile(&t, json);
	rig_has(&t, "init  set oom_score_adj to 5", "whose files in /proc it may not open");
	ok(t.plan.h->flags & PLAN_F_TELL_STAT, "nor the start time");
	rig_done(&t);

	rig_init(&t);
	snprintf(json, sizeof(json), HEAD "%s" NS("{'type':'user'}") MAPS "}}", process);
	rig_compile(&t, json);
	r = rig_step(&t, PLAN_RLIMIT_RAISE, 0);
	ok(r && r->s.actor == PLAN_HOST, "in a user namespace the host raises it");
	rig_done(&t);
}

static void test_groups(void)
{
	const struct plan_user *u;
	struct rig t;

	rig_init(&t);
	rig_compile(&t, HEAD ",'annotations':{'run.oci.keep_original_groups':'1'},'process':{'cwd':"
			     "'/','args':['sh'],"
			     "'user':{'uid':1,'gid':2,'additionalGids':[3]}}}");
	u = rig_step(&t, PLAN_USER, 0);
	ok(u && !u->setgroups && u->groups.n == 0, "groups are kept when the annotation says so");
	rig_done(&t);
}

static void test_no_process(void)
{
	struct rig t;

	rig_init(&t);
	rig_compile(&t, HEAD "}");
	ok(t.r == 0 && !(t.plan.h->flags & PLAN_F_HAS_START), "no process, no start");
	ok(!rig_step(&t, PLAN_EXEC, 0) && rig_step(&t, PLAN_START_WAIT, 0),
	   "but something that waits");
	rig_done(&t);

	rig_init(&t);
	rig_compile(&t, HEAD ",'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'}}}");
	ok(t.r == 0 && !rig_step(&t, PLAN_SECCOMP_BUILD, 0) && !rig_step(&t, PLAN_SECCOMP_LOAD, 0),
	   "a filter for no process is neither built nor loaded: %s", t.err.msg);
	rig_done(&t);

	rig_init(&t);
	rig_compile(&t, HEAD ",'linux':{'seccomp':{'defaultAction':'SCMP_ACT_NOTIFY'}}}");
	rig_has(&t, "/linux/seccomp/defaultAction: SCMP_ACT_NOTIFY cannot be the default",
		"but it is checked");
	rig_done(&t);
}

/* What is joined is not known before: its maps may have any id. */
static void test_joined_ids(void)
{
	struct rig t;

	rig_init(&t);
	rig_compile(&t, HEAD ",'process':{'cwd':'/','args':['sh'],'user':{'uid':65534,'gid':9,"
			     "'additionalGids':[7]}},'linux':{'namespaces':[{'type':'user',"
			     "'path':'/proc/17/ns/user'}]}}");
	is_int(t.r, 0, "ids in a user namespace that is joined: %s", t.err.msg);
	rig_done(&t);
}

int main(void)
{
	test_combinations();
	test_kernels();
	test_maps();
	test_env();
	test_hooks();
	test_sysctl();
	test_limits();
	test_groups();
	test_no_process();
	test_joined_ids();
	return done_testing();
}
