/* SPDX-License-Identifier: Apache-2.0 */
/* mounts, devices, paths and the root as steps. */
#include "base/cleanup.h"
#include "plan2.h"

#include <linux/mount.h>
#include <sys/stat.h>

#define CONFIG(mounts) "{'ociVersion':'1.3.0','root':{'path':'rootfs'},'mounts':[" mounts "]}"
#define LINUX(mounts, l) \
	"{'ociVersion':'1.3.0','root':{'path':'rootfs'},'mounts':[" mounts "],'linux':{" l "}}"
#define USERNS "'namespaces':[{'type':'user'},{'type':'mount'}]"

/* One mount as "type source target flags [data] set clr". */
static const char *line(const struct bench *t, const struct plan_mount *m)
{
	static char out[1024];
	char data[512] = "";
	size_t n = 0;

	if (!m)
		return NULL;
	for (uint32_t i = 0; i < m->data.n; i++)
		n += (size_t)snprintf(data + n, sizeof(data) - n, "%s%s", i ? ";" : "",
				      bench_item(t, m->data, i));
	snprintf(out, sizeof(out), "%s %s %s %x [%s] %llx %llx sb %llx prop %llx",
		 m->type ? bench_text(t, m->type) : "-", m->source ? bench_text(t, m->source) : "-",
		 bench_text(t, m->target), m->flags, data, (unsigned long long)m->attr_set,
		 (unsigned long long)m->attr_clr, (unsigned long long)m->sb_flags,
		 (unsigned long long)m->propagation);
	return out;
}

static const struct {
	const char *json, *want;
} good[] = {
	{CONFIG("{'destination':'/proc','type':'proc','source':'proc'}"),
	 "proc proc /proc 8 [] 0 0 sb 0 prop 0"},
	{CONFIG("{'destination':'/"
		"sys','type':'sysfs','source':'sysfs','options':['nosuid','noexec','nodev','ro']}"),
	 "sysfs sysfs /sys 8 [] f 0 sb 1 prop 0"},
	{CONFIG("{'destination':'/"
		"run','type':'tmpfs','source':'tmpfs','options':['nosuid','size=64k','mode=755']}"),
	 "tmpfs tmpfs /run 0 [size=64k;mode=755] 2 0 sb 0 prop 0"},
	{CONFIG("{'destination':'/"
		"run','type':'tmpfs','options':['size=64k,uid=5','tmpcopyup','rprivate']}"),
	 "tmpfs - /run 204 [size=64k;uid=5] 0 0 sb 0 prop 44000"},
	{CONFIG("{'destination':'/o','type':'overlay','source':'o','options':['lowerdir=/a\\\\,b:/"
		"c,upperdir=/u']}"),
	 "overlay o /o 0 [lowerdir=/a\\,b:/c;upperdir=/u] 0 0 sb 0 prop 0"},
	{CONFIG("{'destination':'/t','type':'tmpfs','options':['context=\\'a:b,c\\'','mode=1']}"),
	 "tmpfs - /t 0 [context=a:b,c;mode=1] 0 0 sb 0 prop 0"},
	{CONFIG("{'destination':'/data//x/../y/','source':'/srv','options':['rbind','ro']}"),
	 "- /srv /data/y 3 [] 1 e sb 0 prop 0"},
	{CONFIG("{'destination':'data','type':'bind','source':'srv/x'}"),
	 "- /bundle/srv/x /data 1 [] 0 0 sb 0 prop 0"},
	{CONFIG("{'destination':'/d','type':'none','source':'/"
		"s','options':['bind','noatime','rw']}"),
	 "- /s /d 1 [] 10 7f sb 0 prop 0"},
	{CONFIG("{'destination':'/d','options':['remount','size=5','sync','nosuid']}"),
	 "- - /d 80 [size=5] 2 0 sb 10 prop 0"},
	{CONFIG("{'destination':'/d','options':['remount','bind','ro']}"),
	 "- - /d 81 [] 1 0 sb 0 prop 0"},
	{CONFIG("{'destination':'/proc','source':'/proc','options':['rbind']}"),
	 "- /proc /proc b [] 0 0 sb 0 prop 0"},
	{CONFIG("{'destination':'/proc/uptime','source':'/u','options':['bind']}"),
	 "- /u /proc/uptime 1 [] 0 0 sb 0 prop 0"},
	{CONFIG("{'destination':'/sys/x','source':'/u','options':['bind']}"),
	 "- /u /sys/x 1 [] 0 0 sb 0 prop 0"},
	{CONFIG("{'destination':'/d','source':'/"
		"s','options':['bind','src-nofollow','dest-nofollow']}"),
	 "- /s /d 1401 [] 0 0 sb 0 prop 0"},
	{CONFIG("{'destination':'/d','source':'/s','options':['rbind','copy-symlink']}"),
	 "- /s /d 803 [] 0 0 sb 0 prop 0"},
	{CONFIG("{'destination':'/d','source':'/"
		"s','options':['bind','idmap=uids=0-1-10#10-11-10;gids=0-100-10']}"),
	 "- /s /d 31 [] 0 0 sb 0 prop 0"},
	{LINUX("{'destination':'/d','source':'/s','options':['bind']}", USERNS),
	 "- /s /d 11 [] 0 0 sb 0 prop 0"},
	{LINUX("{'destination':'/d','source':'/s','options':['bind','ridmap']}", USERNS),
	 "- /s /d 71 [] 0 0 sb 0 prop 0"},
	{LINUX("{'destination':'/sys','type':'sysfs'}", USERNS),
	 "sysfs - /sys 108 [] 0 0 sb 0 prop 0"},
	{CONFIG("{'destination':'/d','source':'/s','options':['bind','idmap'],"
		"'uidMappings':[{'containerID':0,'hostID':1,'size':5}],'gidMappings':[{'"
		"containerID':0,'hostID':2,'size':5}]}"),
	 "- /s /d 31 [] 0 0 sb 0 prop 0"},
};

static const struct {
	const char *json, *pointer;
} bad[] = {
	{CONFIG("{'destination':'/proc','type':'tmpfs'}"), "/mounts/0/destination"},
	{CONFIG("{'destination':'/proc/sys/kernel/x','source':'/x','options':['bind']}"),
	 "/mounts/0/destination"},
	{CONFIG("{'destination':'/foo/../proc/self','source':'/x','options':['bind']}"),
	 "/mounts/0/destination"},
	{CONFIG("{'destination':'','type':'tmpfs'}"), "/mounts/0/destination"},
	{CONFIG("{'destination':'/x'}"), "/mounts/0"},
	{CONFIG("{'destination':'/x','type':'none','source':'/y'}"), "/mounts/0/type"},
	{CONFIG("{'destination':'/x','options':['bind']}"), "/mounts/0/source"},
	{CONFIG("{'destination':'/x','source':'/y','options':['bind','ro','size=5']}"),
	 "/mounts/0/options/2"},
	{CONFIG("{'destination':'/x','source':'/y','options':['bind','noexe']}"),
	 "/mounts/0/options/1"},
	{CONFIG("{'destination':'/x','source':'/y','options':['bind','nofail']}"),
	 "/mounts/0/options/1"},
	{CONFIG("{'destination':'/x','type':'proc','options':['tmpcopyup']}"),
	 "/mounts/0/options/0"},
	{CONFIG("{'destination':'/x','source':'/y','options':['bind','idmap']}"),
	 "/mounts/0/options/1"},
	{CONFIG("{'destination':'/x','source':'/y','options':['bind','idmap=uids=0-1']}"),
	 "/mounts/0/options/1"},
	{CONFIG("{'destination':'/x','source':'/"
		"y','options':['bind'],'uidMappings':[{'containerID':0,'hostID':1,'size':5}]}"),
	 "/mounts/0/uidMappings"},
};

static void test_good(const char *json, const char *want)
{
	const struct plan_mount *m;
	struct bench t;

	bench_init(&t, json);
	compile_mounts(&t.b);
	is_int(t.b.nfaults, 0, "%s: %s", json, t.err.msg);
	is_str(line(&t, bench_step(&t, PLAN_MOUNT, 0)), want, "the step");
	m = bench_step(&t, PLAN_MOUNT, 0);
	is_int(!!(t.b.head.flags & PLAN_F_SOURCES), m && (m->flags & PLAN_MOUNT_HOST_SOURCE),
	       "the header tells of sources");
	bench_done(&t);
}

static void test_bad(const char *json, const char *pointer)
{
	struct bench t;

	bench_init(&t, json);
	compile_mounts(&t.b);
	ok(t.b.nfaults == 1, "refused: %s (%u: %s)", json, t.b.nfaults, t.err.msg);
	is_str(t.err.pointer, pointer, "the place");
	bench_done(&t);
}

static void test_guess(void)
{
	struct bench t;

	bench_init(&t, CONFIG("{'destination':'/x','source':'/y','options':['bind','noexe']}"));
	compile_mounts(&t.b);
	ok(strstr(t.err.msg, "did you mean \"noexec\"?"), "a guess: %s", t.err.msg);
	bench_done(&t);
}

/* Targets of the mount steps in order, remounts with a "!" before. */
static const char *order(const struct bench *t)
{
	static char out[512];
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = 0; bench_step(t, PLAN_MOUNT, i); i++) {
		const struct plan_mount *m = bench_step(t, PLAN_MOUNT, i);

		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s%s", i ? " " : "",
				      m->flags & PLAN_MOUNT_REMOUNT ? "!" : "",
				      bench_text(t, m->target));
	}
	return out;
}

static void test_seal(void)
{
	const struct plan_mount *m;
	struct bench t;

	bench_init(&t,
		   CONFIG("{'destination':'/dev','type':'tmpfs','options':['ro']},{'destination':'/"
			  "a/b','type':'tmpfs','options':['ro']},"
			  "{'destination':'/a/b/c','source':'/s','options':['bind','ro']},"
			  "{'destination':'/a','source':'/s','options':['bind']},{'destination':'/"
			  "x','type':'proc','options':['ro']}"));
	compile_mounts(&t.b);
	is_str(order(&t), "/dev /a/b /a/b/c !/a/b /a /x",
	       "a read-only tmpfs is sealed before it is hidden");
	m = bench_step(&t, PLAN_MOUNT, 0);
	is_int(m->attr_set | m->sb_flags, 0, "and writable until then");
	compile_paths(&t.b);
	is_str(order(&t), "/dev /a/b /a/b/c !/a/b /a /x !/dev", "/dev is sealed after the devices");
	m = bench_step(&t, PLAN_MOUNT, 6);
	is_int(m->attr_set, MOUNT_ATTR_RDONLY, "read-only");
	bench_done(&t);
}

static void test_exception(void)
{
	struct bench t;

	bench_init(&t, CONFIG("{'destination':'/d','source':'/s','options':['rbind','rro','rw']},"
			      "{'destination':'/e','source':'/s','options':['rbind','rw','rro']}"));
	compile_mounts(&t.b);
	is_str(order(&t), "/d !/d /e", "all read-only but this one");
	bench_done(&t);
}

#define CGROUP                     \
	"{'destination':'/sys/fs/" \
	"cgroup','type':'cgroup','source':'cgroup','options':['ro','nosuid']}"

static const struct plan_mount_cgroup *cgroup_step(struct bench *t, const char *json,
						   const struct plan_facts *facts)
{
	bench_init(t, json);
	t->facts = *facts;
	compile_mounts(&t->b);
	is_int(t->b.nfaults, 0, "cgroup mount: %s", t->err.msg);
	return bench_step(t, PLAN_MOUNT_CGROUP, 0);
}

static void test_cgroup(void)
{
	const struct plan_mount_cgroup *s;
	struct plan_facts own = facts_v2;
	struct bench t;

	s = cgroup_step(&t, LINUX(CGROUP, "'namespaces':[{'type':'cgroup'}]"), &facts_v2);
	is_int(s->variant, PLAN_CGROUP_MOUNT_NEW, "v2: new");
	is_int(s->attr_set, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, "attributes");
	bench_done(&t);
	s = cgroup_step(&t, CONFIG(CGROUP), &facts_v2);
	is_int(s->variant, PLAN_CGROUP_MOUNT_BIND, "v2: bind");
	is_str(bench_text(&t, s->path), "/sys/fs/cgroup", "the whole tree");
	bench_done(&t);
	s = cgroup_step(&t, LINUX(CGROUP, USERNS), &own);
	is_str(bench_text(&t, s->path), "/sys/fs/cgroup/box", "in a user namespace only its own");
	bench_done(&t);
	s = cgroup_step(&t, LINUX(CGROUP, "'namespaces':[{'type':'cgroup'}]"), &facts_v1);
	is_int(s->names.n, 6, "hybrid: all hierarchies but the unified one");
	is_str(bench_item(&t, s->names, 0), "cpu,cpuacct", "name");
	is_str(bench_item(&t, s->options, 0), "cpu,cpuacct", "option");
	is_str(bench_item(&t, s->names, 5), "systemd", "named");
	is_str(bench_item(&t, s->options, 5), "none,name=systemd", "named");
	is_int(s->links.n, 2, "links");
	is_str(bench_item(&t, s->links, 1), "cpuacct=cpu,cpuacct", "link");
	bench_done(&t);
	s = cgroup_step(&t, CONFIG(CGROUP), &facts_v1);
	is_str(bench_item(&t, s->options, 2), "/sys/fs/cgroup/memory/box",
	       "v1: bind of the container's");
	bench_done(&t);
}

static void test_devices(void)
{
	const struct plan_device *d;
	struct bench t;

	bench_init(&t,
		   LINUX("", "'devices':[{'path':'/dev/"
			     "fuse','type':'c','major':10,'minor':229,'fileMode':438,'uid':5},"
			     "{'path':'/dev//"
			     "null','type':'u','major':1,'minor':3,'fileMode':384},{'path':'/x/"
			     "p','type':'p'},"
			     "{'path':'/dev/"
			     "fuse','type':'c','major':10,'minor':229,'fileMode':438,'uid':5}]"));
	compile_devices(&t.b);
	is_int(t.b.nfaults, 0, "devices: %s", t.err.msg);
	is_int(bench_count(&t, PLAN_DEVICE), 8, "five of the default ones and three");
	d = bench_step(&t, PLAN_DEVICE, 5);
	is_str(bench_text(&t, d->path), "/dev/fuse", "path");
	is_int(d->mode, 0666, "mode");
	is_int(d->uid, 5, "owner");
	d = bench_step(&t, PLAN_DEVICE, 6);
	is_str(bench_text(&t, d->path), "/dev/null", "overrides the default");
	is_int(d->mode, 0600, "its mode");
	is_int(d->is_default, 0, "no default");
	d = bench_step(&t, PLAN_DEVICE, 7);
	is_int(d->type, S_IFIFO, "fifo");
	is_int(bench_count(&t, PLAN_SYMLINK), 5, "links");
	bench_done(&t);
	bench_init(&t, LINUX("{'destination':'/dev/','source':'/dev','options':['rbind']}", ""));
	compile_devices(&t.b);
	is_int(t.b.head.nsteps, 0, "a bound /dev is left alone");
	bench_done(&t);
}

static const struct {
	const char *devices, *pointer;
} bad_devices[] = {
	{"{'path':'/dev/x','type':'c','major':1}", "/linux/devices/0"},
	{"{'path':'/dev/x','type':'c','major':4096,'minor':1}", "/linux/devices/0/major"},
	{"{'path':'/dev/x','type':'c','major':-1,'minor':1}", "/linux/devices/0/major"},
	{"{'path':'dev/x','type':'p'}", "/linux/devices/0/path"},
	{"{'path':'/proc/x','type':'p'}", "/linux/devices/0/path"},
	{"{'path':'/a/../sys/x','type':'p'}", "/linux/devices/0/path"},
	{"{'path':'/a','type':'p'},{'path':'/a','type':'c','major':1,'minor':3}",
	 "/linux/devices/1/path"},
};

static void test_bad_device(const char *devices, const char *pointer)
{
	char json[512];
	struct bench t;

	snprintf(json, sizeof(json), "{'ociVersion':'1.3.0','linux':{'devices':[%s]}}", devices);
	bench_init(&t, json);
	compile_devices(&t.b);
	is_int(t.b.nfaults, 1, "refused: %s", devices);
	is_str(t.err.pointer, pointer, "the place");
	bench_done(&t);
}

static void test_paths(void)
{
	struct bench t;

	bench_init(
		&t,
		LINUX("",
		      "'maskedPaths':['/proc/../etc/x','rel','/'],'readonlyPaths':['/proc/sys/']"));
	compile_paths(&t.b);
	is_int(t.b.nfaults, 2, "relative ones and the root are refused");
	is_str(bench_text(&t, ((const struct plan_text *)bench_step(&t, PLAN_MASK_PATH, 0))->text),
	       "/etc/x", "masked");
	is_str(bench_text(&t,
			  ((const struct plan_text *)bench_step(&t, PLAN_READONLY_PATH, 0))->text),
	       "/proc/sys", "read-only");
	is_str(plan_clean_path(&t.b, "a/./b//../../../c"), "/c", "clean");
	is_str(plan_clean_path(&t.b, ""), "/", "clean");
	is_str(plan_clean_path(&t.b, "/..x/...//"), "/..x/...", "clean");
	bench_done(&t);
}

#define NEWNS "'namespaces':[{'type':'mount'}]"

static const struct {
	const char *linux_part;
	uint64_t first, last; /* propagation; 0: no step */
	unsigned how, parent_private;
} roots[] = {
	{NEWNS, MS_SLAVE | MS_REC, 0, PLAN_PIVOT_ROOT, 0},
	{NEWNS ",'rootfsPropagation':'private'", MS_PRIVATE | MS_REC, 0, PLAN_PIVOT_ROOT, 0},
	{NEWNS ",'rootfsPropagation':'shared'", MS_SHARED | MS_REC, MS_SHARED | MS_REC,
	 PLAN_PIVOT_ROOT, 1},
	{NEWNS ",'rootfsPropagation':'slave'", MS_SLAVE | MS_REC, MS_SLAVE | MS_REC,
	 PLAN_PIVOT_ROOT, 0},
	{NEWNS ",'rootfsPropagation':'unbindable'", MS_PRIVATE | MS_REC, MS_UNBINDABLE | MS_REC,
	 PLAN_PIVOT_ROOT, 0},
	{"'namespaces':[]", 0, 0, PLAN_PIVOT_CHROOT, 0},
};

static void test_root(size_t i)
{
	const struct plan_root_propagation *p;
	char json[512];
	struct bench t;

	snprintf(json, sizeof(json), "{'ociVersion':'1.3.0','root':{'path':'rootfs'},'linux':{%s}}",
		 roots[i].linux_part);
	bench_init(&t, json);
	compile_rootfs(&t.b);
	p = bench_step(&t, PLAN_ROOT_PROPAGATION, 0);
	is_int(p ? p->flags : 0, roots[i].first, "%s: first", roots[i].linux_part);
	is_int(((const struct plan_rootfs *)bench_step(&t, PLAN_ROOTFS, 0))->parent_private,
	       roots[i].parent_private, "parent");
	is_str(bench_text(&t, ((const struct plan_rootfs *)bench_step(&t, PLAN_ROOTFS, 0))->path),
	       "/bundle/rootfs", "path");
	compile_pivot(&t.b);
	is_int(((const struct plan_pivot *)bench_step(&t, PLAN_PIVOT, 0))->how, roots[i].how,
	       "pivot");
	p = bench_step(&t, PLAN_ROOT_PROPAGATION, roots[i].first ? 1 : 0);
	is_int(p ? p->flags : 0, roots[i].last, "final");
	bench_done(&t);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		test_good(good[i].json, good[i].want);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		test_bad(bad[i].json, bad[i].pointer);
	test_guess();
	test_seal();
	test_exception();
	test_cgroup();
	test_devices();
	for (size_t i = 0; i < ARRAY_SIZE(bad_devices); i++)
		test_bad_device(bad_devices[i].devices, bad_devices[i].pointer);
	test_paths();
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		test_root(i);
	return done_testing();
}
