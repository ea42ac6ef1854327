/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cgroup drivers on this host, as root: on all hierarchies as they are, and on the unified tree
 * of a hybrid host as if it were the only one. All directories are below /hezi-test-<pid>.
 */
#include "cgroup/cgroup.h"

#include "base/cleanup.h"
#include "cgroup/internal.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define SLOTS 64

/* A plan of one CGROUP_CREATE, by hand. */
struct small_plan {
	struct plan_header h;
	struct plan_cgroup_create create;
	struct plan_cgroup_set set;
	plan_str controllers[FACTS_HIERARCHIES];
	char pool[8192];
	size_t used;
};

static plan_str text_add(struct small_plan *p, const char *s)
{
	size_t at = offsetof(struct small_plan, pool) + p->used;

	strcpy(p->pool + p->used, s);
	p->used += strlen(s) + 1;
	return (plan_str)at;
}

static void plan_init(struct small_plan *p, const char *path, const struct plan_facts *f)
{
	char controllers[1024], *save = NULL;
	uint32_t n = 0;

	memset(p, 0, sizeof(*p));
	p->create.path = text_add(p, path);
	p->create.mode = f->cgroup_mode;
	p->create.owner_uid = UINT32_MAX;
	p->create.must_be_empty = 1;
	snprintf(controllers, sizeof(controllers), "%s", f->unified_controllers);
	for (char *c = strtok_r(controllers, " ", &save); c; c = strtok_r(NULL, " ", &save))
		p->controllers[n++] = text_add(p, c);
	if (f->cgroup_mode == PLAN_CGROUP_V2)
		p->create.controllers =
			(struct plan_vec){.off = offsetof(struct small_plan, controllers), .n = n};
}

static int set(struct cgroup *cg, struct small_plan *p, const char *controller, const char *file,
	       const char *value, uint32_t flags, struct hz_error *err)
{
	p->set.controller = text_add(p, controller);
	p->set.file = text_add(p, file);
	p->set.value = text_add(p, value);
	p->set.flags = flags;
	return cgroup_set(cg, &p->h, &p->set, err);
}

/* What one round of tests works on. */
struct round {
	struct arena arena;
	struct plan_facts facts;
	struct small_plan plan;
	struct oci_strings dirs;
	struct cgroup *cg;
	int slots[SLOTS];
	struct hz_error err;
};

static int make(struct round *t, const struct oci_strings *dirs, bool forgive)
{
	const struct cgroup_request request = {
		.step = &t->plan.create,
		.plan = &t->plan.h,
		.facts = &t->facts,
		.dirs = dirs,
		.forgive = forgive,
	};

	return cgroup_prepare(&request, t->slots, &t->cg, &t->err);
}

static int prepare(struct round *t, const char *path)
{
	plan_init(&t->plan, path, &t->facts);
	for (int i = 0; i < SLOTS; i++)
		t->slots[i] = -1;
	hz_error_clear(&t->err);
	if (cgroup_plan_dirs(&t->plan.create, &t->plan.h, &t->facts, &t->arena, &t->dirs, &t->err))
		return -1;
	return make(t, &t->dirs, false);
}

static void release(struct round *t)
{
	cgroup_free(TAKE_PTR(t->cg));
	for (int i = 0; i < SLOTS; i++)
		if (t->slots[i] >= 0)
			close(TAKE_FD(t->slots[i]));
}

/* A process in the prepared cgroups that sleeps until it is killed. */
static pid_t spawn(const struct round *t)
{
	pid_t pid = fork();
	int fd = cgroup_clone_fd(t->cg);

	if (pid)
		return pid;
	for (int i = 0; i < SLOTS; i++)
		if (t->slots[i] >= 0 && write(t->slots[i], "0", 1) != 1)
			_exit(1);
	if (fd >= 0 && cgroup_write(fd, "cgroup.procs", "0"))
		_exit(1);
	for (;;)
		pause();
}

static void wait_inside(const struct round *t, pid_t pid)
{
	for (int i = 0; i < 1000; i++) {
		pid_t *pids = NULL;
		size_t n = 0;
		bool inside;

		if (cgroup_procs(&t->dirs, &pids, &n, NULL))
			return;
		inside = n == 1 && pids[0] == pid;
		free(pids);
		if (inside)
			return;
		usleep(2000);
	}
}

static bool any_left(const struct oci_strings *dirs)
{
	for (size_t i = 0; i < dirs->n; i++) {
		const char *path = strchr(dirs->items[i], ':');

		if (path && !access(path + 1, F_OK)) {
			diag("%s", path + 1);
			return true;
		}
	}
	return false;
}

static void test_life(struct round *t, const char *base)
{
	char path[256], sub[4200];
	pid_t pid, *pids = NULL;
	struct stat st;
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/a/b", base);
	if (!ok(!prepare(t, path), "prepare: %s", t->err.msg))
		return;
	ok(!strncmp(t->dirs.items[0], "3:", 2), "three components may go: %s", t->dirs.items[0]);
	pid = spawn(t);
	wait_inside(t, pid);
	is_int(cgroup_procs(&t->dirs, &pids, &n, &t->err), 0, "list processes");
	is_int(n == 1 ? pids[0] : -1, pid, "the one that is in it");
	free(pids);
	is_int(cgroup_is_frozen(&t->dirs, &t->err), 0, "not frozen");
	release(t);
	is_int(prepare(t, path), -1, "a second container in the same place");
	ok(strstr(t->err.msg, "container's cgroup is not empty: 1 process(es) found"), "%s",
	   t->err.msg);
	is_int(t->dirs.n, 0, "and nothing to be cleaned up for it");
	snprintf(path, sizeof(path), "%s/a", base);
	is_int(prepare(t, path), -1, "nor in a place above it");
	is_int(kill(pid, 0), 0, "the first one lives");
	snprintf(path, sizeof(path), "%s/a/b", base);
	plan_init(&t->plan, path, &t->facts);
	t->plan.create.must_be_empty = 0;
	cgroup_plan_dirs(&t->plan.create, &t->plan.h, &t->facts, &t->arena, &t->dirs, &t->err);
	ok(!strncmp(t->dirs.items[0], "0:", 2), "what is there is not to be removed");
	for (size_t i = 0; i < t->dirs.n; i++) {
		const char **dir = &t->dirs.items[i];

		*dir = arena_printf(&t->arena, "3%s", *dir + 1);
		snprintf(sub, sizeof(sub), "%s/sub", *dir + 2);
		ok(!mkdir(sub, 0755), "a sub-cgroup of the container in %s", sub);
	}
	is_int(cgroup_kill(&t->dirs, 0, &t->err), 0, "probe");
	is_int(cgroup_destroy(&t->dirs, &t->err), 0, "destroy kills and removes: %s", t->err.msg);
	is_int(waitpid(pid, NULL, WNOHANG), pid, "killed");
	ok(!any_left(&t->dirs), "nothing is left");
	snprintf(sub, sizeof(sub), "%s%s", t->facts.hierarchies[0].mountpoint, base);
	ok(stat(sub, &st) < 0 && errno == ENOENT, "ancestors neither");
	is_int(cgroup_destroy(&t->dirs, &t->err), 0, "again: nothing to do");
}

/* Kill with processes in sub-cgroups, and while frozen. */
static void test_kill(struct round *t, const char *base)
{
	pid_t pid;

	if (!ok(!prepare(t, base), "prepare: %s", t->err.msg))
		return;
	pid = spawn(t);
	wait_inside(t, pid);
	for (size_t i = 0; i < t->dirs.n; i++) {
		int fd = cgroup_dir_open(strchr(t->dirs.items[i], ':') + 1);

		if (cgroup_write(fd, "freezer.state", "FROZEN") < 0)
			cgroup_write(fd, "cgroup.freeze", "1");
		close(fd);
	}
	for (int i = 0; i < 500 && !cgroup_is_frozen(&t->dirs, NULL); i++)
		usleep(2000);
	is_int(cgroup_is_frozen(&t->dirs, &t->err), 1, "frozen");
	is_int(cgroup_kill(&t->dirs, SIGKILL, &t->err), 0, "kill: %s", t->err.msg);
	is_int(waitpid(pid, NULL, 0), pid, "ended");
	is_int(cgroup_thaw(&t->dirs, &t->err), 0, "thaw");
	is_int(cgroup_is_frozen(&t->dirs, &t->err), 0, "not frozen any more");
	release(t);
	is_int(cgroup_destroy(&t->dirs, &t->err), 0, "destroy");
	ok(!any_left(&t->dirs), "nothing is left");
}

static void test_set(struct round *t, const char *base)
{
	char text[64] = "";
	bool pids = t->facts.cgroup_mode != PLAN_CGROUP_V2 ||
		    cgroup_has_word(t->facts.unified_controllers, "pids");

	if (!ok(!prepare(t, base), "prepare: %s", t->err.msg))
		return;
	is_int(set(t->cg, &t->plan, "pids", "pids.nothing", "1", PLAN_CG_OPTIONAL, &t->err), 0,
	       "an optional file that is not there");
	is_int(set(t->cg, &t->plan, "pids", "pids.nothing", "1", 0, &t->err), -1,
	       "a file that is not there");
	ok(t->err.hint[0], "has a hint: %s", t->err.hint);
	if (pids) {
		is_int(set(t->cg, &t->plan, "pids", "pids.max", "17", 0, &t->err), 0, "a value");
		for (size_t i = 0; i < t->dirs.n; i++) {
			int fd = cgroup_dir_open(strchr(t->dirs.items[i], ':') + 1);

			if (!cgroup_read(fd, "pids.max", text, sizeof(text)))
				i = t->dirs.n;
			close(fd);
		}
		is_str(text, "17", "is read back");
		is_int(set(t->cg, &t->plan, "pids", "pids.max", "x", 0, &t->err), -1, "a bad one");
		is_int(t->err.errnum, EINVAL, "%s", t->err.msg);
	} else {
		skip("no pids controller");
	}
	release(t);
	is_int(cgroup_destroy(&t->dirs, &t->err), 0, "destroy");
}

/* A directory that was there, and empty, stays. */
static void test_found(struct round *t, const char *base)
{
	char dir[4200];

	for (unsigned i = 0; i < t->facts.nhierarchies; i++) {
		snprintf(dir, sizeof(dir), "%s%s", t->facts.hierarchies[i].mountpoint, base);
		mkdir(dir, 0755);
	}
	if (ok(!prepare(t, base), "prepare: %s", t->err.msg)) {
		release(t);
		is_int(cgroup_destroy(&t->dirs, &t->err), 0, "destroy");
	}
	for (unsigned i = 0; i < t->facts.nhierarchies; i++) {
		snprintf(dir, sizeof(dir), "%s%s", t->facts.hierarchies[i].mountpoint, base);
		ok(!rmdir(dir), "%s is still there", dir);
	}
}

/* A user who may not make cgroups: forgiven or told. */
static void test_user(struct round *t, const char *base)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		if (setresuid(65534, 65534, 65534) || prepare(t, base) != -1 ||
		    t->err.errnum != EACCES)
			_exit(1);
		if (make(t, &t->dirs, true) || t->cg ||
		    (t->slots[0] < 0) != (t->facts.cgroup_mode == PLAN_CGROUP_V2))
			_exit(2);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	is_int(status, 0, "a user without rights is told, or forgiven");
}

/* Two containers that come to the same place at once: the second one must not end the first. */
static void test_race(struct round *t, const char *base)
{
	struct oci_strings dirs;
	struct round other = {.facts = t->facts, .err = HZ_ERROR_INIT};
	pid_t pid;

	plan_init(&t->plan, base, &t->facts);
	is_int(cgroup_plan_dirs(&t->plan.create, &t->plan.h, &t->facts, &t->arena, &dirs, &t->err),
	       0, "the second one has looked");
	if (!ok(!prepare(&other, base), "the first one is there"))
		return;
	pid = spawn(&other);
	wait_inside(&other, pid);
	is_int(make(t, &dirs, false), -1, "the second one is refused: %s", t->err.msg);
	for (size_t i = 0; i < dirs.n; i++)
		is_str(dirs.items[i], "", "and does not own what it found");
	is_int(cgroup_destroy(&dirs, &t->err), 0, "its undo");
	release(&other);
	is_int(kill(pid, 0), 0, "the first one lives");
	is_int(cgroup_destroy(&other.dirs, &other.err), 0, "and ends");
	waitpid(pid, NULL, 0);
	arena_done(&other.arena);
	hz_error_clear(&other.err);
}

/* Records that are damaged or hostile. */
static void test_records(void)
{
	char dir[] = "/tmp/hezi-cgroup-XXXXXX", inner[64], *items[1];
	struct oci_strings dirs = {.items = (const char **)items, .n = 1};
	struct hz_error err = HZ_ERROR_INIT;
	const char *path;
	unsigned n;

	ok(cgroup_dir_parse("12:/a", &n, &path) && n == 12 && !strcmp(path, "/a"), "a record");
	ok(!cgroup_dir_parse("", &n, &path), "empty");
	ok(!cgroup_dir_parse("/a", &n, &path), "no number");
	ok(!cgroup_dir_parse("1:a", &n, &path), "relative");
	ok(!cgroup_dir_parse("-1:/a", &n, &path), "negative");
	ok(!cgroup_dir_parse("99999:/a", &n, &path), "deep");
	ok(cgroup_has_word("cpu,cpuacct", "cpuacct") && !cgroup_has_word("cpu,cpuacct", "acct"),
	   "words");
	if (!ok(mkdtemp(dir), "a directory that is no cgroup"))
		return;
	snprintf(inner, sizeof(inner), "5:%s/inner", dir);
	mkdir(inner + 2, 0755);
	items[0] = inner;
	is_int(cgroup_destroy(&dirs, &err), -1, "is not removed");
	ok(!access(inner + 2, F_OK), "%s", err.msg);
	rmdir(inner + 2);
	is_int(cgroup_destroy(&dirs, &err), 0, "nor are those above one that is gone");
	ok(!rmdir(dir), "it is there");
	items[0] = (char[]){""};
	is_int(cgroup_destroy(&dirs, &err), 0, "nothing");
	is_int(cgroup_is_frozen(&dirs, &err), 0, "nothing");
	is_int(cgroup_kill(&dirs, SIGKILL, &err), 0, "nothing");
	hz_error_clear(&err);
}

/* --- which mount of a hierarchy --- */

#define LINE(id, parent, root, point, flags, type, options) \
#id " " #parent " 0:30 " root " " point " " flags " - " type " " type " " options "\n"
#define ROOT_FS LINE(1, 0, "/", "/", "rw,relatime", "ext4", "rw")
#define TMPFS   ROOT_FS LINE(20, 1, "/", "/sys/fs/cgroup", "rw", "tmpfs", "rw,mode=755")
#define MEMORY  "/sys/fs/cgroup/memory"

static const struct {
	const char *what, *own, *name, *mounts, *point, *below; /* point NULL: not mounted */
} layouts[] = {
	{"a usual host", "/user.slice", "memory",
	 TMPFS LINE(21, 20, "/", MEMORY, "rw,nosuid", "cgroup", "rw,memory"), MEMORY,
	 "/user.slice"},
	{"Docker without a cgroup namespace", "/docker/ID", "memory",
	 TMPFS LINE(21, 20, "/docker/ID", MEMORY, "rw", "cgroup", "rw,memory"), MEMORY, "/"},
	{"below that", "/docker/ID/leaf", "memory",
	 TMPFS LINE(21, 20, "/docker/ID", MEMORY, "rw", "cgroup", "rw,memory"), MEMORY, "/leaf"},
	{"LXC", "/lxc/c1", "memory",
	 TMPFS LINE(21, 20, "/lxc/c1", MEMORY, "rw", "cgroup", "rw,memory"), MEMORY, "/"},
	{"a neighbour whose name begins alike", "/docker/IDX", "memory",
	 TMPFS LINE(21, 20, "/docker/ID", MEMORY, "rw", "cgroup", "rw,memory"), MEMORY, "/"},
	{"mounts of before the cgroup namespace", "/", "memory",
	 TMPFS LINE(21, 20, "/..", MEMORY, "rw", "cgroup", "rw,memory"), MEMORY, "/"},
	{"a process outside of its cgroup namespace", "/../other", "memory",
	 TMPFS LINE(21, 20, "/..", MEMORY, "rw", "cgroup", "rw,memory"), MEMORY, "/other"},
	{"and what it cannot see", "/../../other", "memory",
	 TMPFS LINE(21, 20, "/", MEMORY, "rw", "cgroup", "rw,memory"), MEMORY, "/"},
	{"a bind of a part beside the whole", "/x", "memory",
	 TMPFS LINE(21, 20, "/y", "/mnt/part", "rw", "cgroup", "rw,memory")
		 LINE(22, 20, "/", MEMORY, "rw", "cgroup", "rw,memory"),
	 MEMORY, "/x"},
	{"the whole is read-only", "/docker/ID", "memory",
	 TMPFS LINE(21, 20, "/", MEMORY, "ro", "cgroup", "rw,memory")
		 LINE(22, 21, "/docker/ID", MEMORY "/docker/ID", "rw", "cgroup", "rw,memory"),
	 MEMORY "/docker/ID", "/"},
	{"all of it is read-only", "/x", "memory",
	 TMPFS LINE(21, 20, "/x", "/mnt", "ro", "cgroup", "rw,memory")
		 LINE(22, 20, "/", MEMORY, "rw", "cgroup", "ro,memory"),
	 MEMORY, "/x"},
	{"the usual place comes first", "/", "memory",
	 TMPFS LINE(19, 1, "/", "/cgroup", "rw", "cgroup", "rw,memory")
		 LINE(21, 20, "/", MEMORY, "rw", "cgroup", "rw,memory"),
	 MEMORY, "/"},
	{"another place", "/a b", "memory",
	 ROOT_FS LINE(19, 1, "/", "/dev/my\\040groups", "rw", "cgroup", "rw,memory"),
	 "/dev/my groups", "/a b"},
	{"covered by a mount on it", "/", "memory",
	 TMPFS LINE(21, 20, "/", MEMORY, "rw", "cgroup", "rw,memory")
		 LINE(22, 21, "/", MEMORY, "rw", "tmpfs", "rw"),
	 NULL, NULL},
	{"covered by a mount above it", "/", "memory",
	 TMPFS LINE(21, 20, "/", MEMORY, "rw", "cgroup", "rw,memory")
		 LINE(22, 20, "/", "/sys/fs/cgroup", "rw", "tmpfs", "rw"),
	 NULL, NULL},
	{"moved onto a later mount", "/", "memory",
	 TMPFS LINE(21, 30, "/", MEMORY, "rw", "cgroup", "rw,memory")
		 LINE(30, 20, "/", "/sys/fs/cgroup", "rw", "tmpfs", "rw"),
	 MEMORY, "/"},
	{"the last of two on one place", "/docker/ID", "memory",
	 TMPFS LINE(21, 20, "/", MEMORY, "rw", "cgroup", "rw,memory")
		 LINE(22, 21, "/docker/ID", MEMORY, "rw", "cgroup", "rw,memory"),
	 MEMORY, "/"},
	{"a removed cgroup", "/", "memory",
	 TMPFS LINE(21, 20, "/x//deleted", MEMORY, "rw", "cgroup", "rw,memory"), NULL, NULL},
	{"mounted together", "/", "cpu,cpuacct",
	 TMPFS LINE(21, 20, "/", "/sys/fs/cgroup/acct", "rw", "cgroup", "rw,cpuacct,cpu"),
	 "/sys/fs/cgroup/acct", "/"},
	{"another controller with this name in it", "/", "cpu",
	 TMPFS LINE(21, 20, "/", "/sys/fs/cgroup/cpuset", "rw", "cgroup", "rw,cpuset"), NULL, NULL},
	{"named", "/", "name=systemd",
	 TMPFS LINE(21, 20, "/", "/sys/fs/cgroup/systemd", "rw", "cgroup",
		    "rw,xattr,release_agent=/x,name=systemd"),
	 "/sys/fs/cgroup/systemd", "/"},
	{"v2 in another place, of a part", "/docker/ID/x", "",
	 ROOT_FS LINE(21, 1, "/docker/ID", "/mnt", "rw", "cgroup2", "rw,nsdelegate"), "/mnt", "/x"},
	{"v2 is not v1", "/", "", TMPFS LINE(21, 20, "/", MEMORY, "rw", "cgroup", "rw,memory"),
	 NULL, NULL},
	{"damaged lines", "/", "memory", "21 20 0:30 / - cgroup\n- \n\n1 2 3 4 5 6 - cgroup x\n",
	 NULL, NULL},
	{"mounts in a ring", "/", "memory",
	 LINE(21, 22, "/", MEMORY, "rw", "cgroup", "rw,memory")
		 LINE(22, 21, "/", "/sys", "rw", "tmpfs", "rw"),
	 NULL, NULL},
};

static void test_layouts(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct plan_facts f = {
			.nhierarchies = 1,
			.hierarchies = {{.name = layouts[i].name, .own_path = layouts[i].own}}};
		char *text = strdup(layouts[i].mounts);
		struct arena a = ARENA_INIT;

		is_int(cgroup_choose_mounts(text, &f, &a), 0, "mounts: %s", layouts[i].what);
		is_str(f.hierarchies[0].mountpoint, layouts[i].point, "mount point: %s",
		       layouts[i].what);
		if (layouts[i].point)
			is_str(f.hierarchies[0].own_path, layouts[i].below, "own place: %s",
			       layouts[i].what);
		arena_done(&a);
		free(text);
	}
}

static void test_round(const struct plan_facts *f, const char *name)
{
	struct round t = {.facts = *f, .err = HZ_ERROR_INIT};
	char base[64];

	diag("%s: %u hierarchies", name, f->nhierarchies);
	snprintf(base, sizeof(base), "/hezi-test-%d", (int)getpid());
	test_life(&t, base);
	test_kill(&t, base);
	test_set(&t, base);
	test_found(&t, base);
	test_user(&t, base);
	test_race(&t, base);
	hz_error_clear(&t.err);
	arena_done(&t.arena);
}

static bool may_test(const struct plan_facts *f)
{
	char dir[4200];
	bool may;

	if (!f->nhierarchies)
		return false;
	snprintf(dir, sizeof(dir), "%s/hezi-test-%d-try", f->hierarchies[0].mountpoint,
		 (int)getpid());
	may = !mkdir(dir, 0755);
	rmdir(dir);
	return may;
}

int main(void)
{
	struct plan_facts f = {0}, unified = {0};
	struct hz_error err = HZ_ERROR_INIT;
	struct arena arena = ARENA_INIT;

	test_records();
	test_layouts();
	ok(!cgroup_facts(&f, &arena, &err), "facts: %s", err.msg);
	for (unsigned i = 0; i < f.nhierarchies; i++) {
		diag("\"%s\" on %s, own %s", f.hierarchies[i].name, f.hierarchies[i].mountpoint,
		     f.hierarchies[i].own_path);
		if (!f.hierarchies[i].name[0])
			unified.hierarchies[0] = f.hierarchies[i];
	}
	unified.cgroup_mode = PLAN_CGROUP_V2;
	unified.nhierarchies = unified.hierarchies[0].name ? 1 : 0;
	unified.unified_controllers = f.unified_controllers;
	if (may_test(&f))
		test_round(&f, "this host");
	else
		skip("cgroups cannot be made here (not root?)");
	if (f.cgroup_mode == PLAN_CGROUP_HYBRID && may_test(&unified))
		test_round(&unified, "its unified tree");
	hz_error_clear(&err);
	arena_done(&arena);
	return done_testing();
}
