/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint: the processes of a container are written to a directory by CRIU, and end; then the
 * container is deleted. Beside CRIU's files there is descriptors.json, in the form of runc: for
 * each of stdin, stdout and stderr where it leads to, for what the restoring side has to put in its
 * place.
 */
#include "runtime/criu.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/stat.h>

struct checkpoint {
	hz_runtime *rt;
	const struct hz_checkpoint_options *o;
	int dirfd;
	struct arena arena;
	struct record record;
	struct plan plan;
	struct criu_place place;
	struct criu criu;
	struct buf opts;
	const char *stdio[3];
};

static pid_t pid_of(const struct checkpoint *c)
{
	return (pid_t)c->record.pid.v;
}

/* --- what it holds of the host -------------------------------------------------------------- */

/* The number of the mount that descriptor @n is on; 0: not known. */
static unsigned mount_id(pid_t pid, int n)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	const char *at;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, n);
	if (file_read_at(AT_FDCWD, path, &text, 65536) || !text.data)
		return 0;
	at = strstr(text.data, "mnt_id:");
	return at ? (unsigned)strtoul(at + strlen("mnt_id:"), NULL, 10) : 0;
}

static bool has_mount(const char *mountinfo, unsigned id)
{
	for (const char *at = mountinfo; at && *at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (*at && strtoul(at, NULL, 10) == id)
			return true;
	}
	return false;
}

/* A file or a terminal of the host has a name that CRIU gives to it, so that another one can take
 * its place (criu(8), --external). Others are known by the name that /proc has for them. */
static int name_stdio(struct checkpoint *c, int n, const char *mountinfo)
{
	unsigned id = mount_id(pid_of(c), n);
	char link[PATH_MAX], path[64];
	const char *name;
	struct stat st;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid_of(c), n);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0 || stat(path, &st)) {
		c->stdio[n] = ""; /* closed */
		return 0;
	}
	link[len] = '\0';
	if (link[0] != '/' || !id || has_mount(mountinfo, id)) {
		name = arena_strdup(&c->arena, link);
	} else {
		name = S_ISCHR(st.st_mode) && !strncmp(link, "/dev/pts/", 9)
			       ? arena_printf(&c->arena, "tty[%lx:%lx]", (unsigned long)st.st_rdev,
					      (unsigned long)st.st_dev)
			       : arena_printf(&c->arena, "file[%x:%lx]", id,
					      (unsigned long)st.st_ino);
		if (name)
			pb_add_string(&c->opts, CRIU_EXTERNAL, name);
	}
	c->stdio[n] = name;
	return name ? 0 : -ENOMEM;
}

static int add_stdio(struct checkpoint *c, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char path[48];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid_of(c));
	r = file_read_at(AT_FDCWD, path, &text, 64u << 20);
	if (r || !text.data)
		return error_sys(err, r ? -r : ENOENT, "read", path, "read the container's mounts");
	for (int n = 0; n < 3; n++)
		if (name_stdio(c, n, text.data))
			return error_oom(err);
	return 0;
}

static int write_descriptors(struct checkpoint *c, struct hz_error *err)
{
	struct oci_json *j = oci_json_new("");
	const char *text;
	size_t len;
	int r = -1;

	if (!j)
		return error_oom(err);
	oci_json_array(j);
	for (int n = 0; n < 3; n++)
		oci_json_str(j, c->stdio[n]);
	oci_json_array_end(j);
	if (!oci_json_text(j, &text, &len, err)) {
		r = file_replace_at(c->place.images, CRIU_DESCRIPTORS, 0600, text, len);
		if (r)
			error_sys(err, -r, "write", CRIU_DESCRIPTORS, "write \"%s\"",
				  CRIU_DESCRIPTORS);
	}
	oci_json_free(j);
	return r ? -1 : 0;
}

/* Network and pid namespaces that were joined are the engine's: CRIU leaves them alone. */
static int add_namespaces(struct checkpoint *c, struct hz_error *err)
{
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (c->plan.h, s, i) {
		const struct plan_ns_open *n = (const struct plan_ns_open *)s;
		bool net = n->type == CLONE_NEWNET;
		struct stat st;
		char path[64];
		const char *text;

		if (s->kind != PLAN_NS_OPEN || (!net && n->type != CLONE_NEWPID))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid_of(c), net ? "net" : "pid");
		if (stat(path, &st))
			return error_sys(err, errno, "stat", path, "look at \"%s\"", path);
		text = arena_printf(&c->arena, "%s[%lu]:%s", net ? "net" : "pid",
				    (unsigned long)st.st_ino, net ? CRIU_KEY_NET : CRIU_KEY_PID);
		if (!text)
			return error_oom(err);
		pb_add_string(&c->opts, CRIU_EXTERNAL, text);
	}
	return 0;
}

/* --- options --------------------------------------------------------------------------------- */

/* "ADDRESS:PORT" */
static int add_page_server(struct checkpoint *c, struct hz_error *err)
{
	const char *text = c->o->page_server, *colon = text ? strrchr(text, ':') : NULL;
	_cleanup_buf_ struct buf m = BUF_INIT;
	_cleanup_free_ char *address = NULL;
	unsigned long port;
	char *end;

	if (!text)
		return 0;
	port = colon ? strtoul(colon + 1, &end, 10) : 0;
	if (!colon || colon == text || *end || !port || port > 65535)
		return error_set(err, HZ_E_USAGE, "--page-server \"%s\" is not ADDRESS:PORT", text);
	address = strndup(text, (size_t)(colon - text));
	if (!address)
		return error_oom(err);
	pb_add_string(&m, 1, address);
	pb_add_int(&m, 2, (int64_t)port);
	pb_add_message(&c->opts, CRIU_PAGE_SERVER, &m);
	return 0;
}

static int add_parent(struct checkpoint *c, struct hz_error *err)
{
	const char *parent = c->o->parent_path;
	struct stat st;

	if (!parent)
		return 0;
	if (parent[0] == '/')
		return error_set(err, HZ_E_USAGE,
				 "--parent-path \"%s\" is absolute: give it as seen from the image "
				 "directory",
				 parent);
	if (fstatat(c->place.images, parent, &st, 0))
		return error_sys(err, errno, "fstatat", parent,
				 "find the parent of the checkpoint (--parent-path \"%s\")",
				 parent);
	pb_add_string(&c->opts, CRIU_PARENT_IMG, parent);
	pb_add_int(&c->opts, CRIU_TRACK_MEM, 1);
	return 0;
}

static void add_flags(struct checkpoint *c)
{
	const struct hz_checkpoint_options *o = c->o;
	const struct criu_flag flags[] = {
		{o->leave_running, CRIU_LEAVE_RUNNING},
		{o->tcp_established, CRIU_TCP_ESTABLISHED},
		{o->tcp_skip_in_flight, CRIU_TCP_SKIP_IN_FLIGHT},
		{o->link_remap, CRIU_LINK_REMAP},
		{o->ext_unix_sk, CRIU_EXT_UNIX_SK},
		{o->shell_job, CRIU_SHELL_JOB},
		{o->lazy_pages, CRIU_LAZY_PAGES},
		{o->file_locks, CRIU_FILE_LOCKS},
		{o->auto_dedup, CRIU_AUTO_DEDUP},
		{true, CRIU_ORPHAN_PTS_MASTER},
		{true, CRIU_EXT_SHARING},
		{true, CRIU_EXT_MASTERS},
	};

	criu_add_flags(&c->opts, flags, ARRAY_SIZE(flags));
	if (o->empty_network)
		pb_add_int(&c->opts, CRIU_EMPTY_NS, CLONE_NEWNET);
}

static int make_request(struct checkpoint *c, struct hz_error *err)
{
	const char *freezer = cgroup_freezer_path(&c->record.cgroup_dirs);

	criu_add_place(&c->opts, &c->place, &c->record.annotations);
	pb_add_int(&c->opts, CRIU_PID, pid_of(c));
	pb_add_string(&c->opts, CRIU_ROOT, c->record.rootfs);
	if (freezer)
		pb_add_string(&c->opts, CRIU_FREEZE_CGROUP, freezer);
	add_flags(c);
	if (criu_add_modes(&c->opts, c->o->manage_cgroups_mode, c->o->network_lock, err) ||
	    add_namespaces(c, err) || add_page_server(c, err) || add_parent(c, err))
		return -1;
	if (c->o->pre_dump)
		return 0;
	return criu_add_saved_mounts(&c->opts, c->plan.h, pid_of(c), err) || add_stdio(c, err) ||
			       write_descriptors(c, err)
		       ? -1
		       : 0;
}

/* --- doing it --------------------------------------------------------------------------------- */

static int on_event(void *data, struct criu_event *e, struct hz_error *err)
{
	const struct checkpoint *c = data;

	/* pages can be fetched from now on: a byte tells who waits for that */
	if (strcmp(e->script, "status-ready") != 0 || c->o->status_fd <= 0)
		return 0;
	if (write(c->o->status_fd, "", 1) == 1 && !close(c->o->status_fd))
		return 0;
	return error_sys(err, errno, "write", NULL, "write to --status-fd %d", c->o->status_fd);
}

static int check_state(struct checkpoint *c, struct hz_error *err)
{
	enum hz_status status;

	if (status_get(c->dirfd, &c->record, &status, err))
		return -1;
	if (status != HZ_RUNNING && status != HZ_PAUSED)
		return error_set(err, HZ_E_STATE, "container cannot be checkpointed in %s state",
				 hz_status_name(status));
	if (c->record.owner.v || geteuid())
		return error_set(err, HZ_E_UNSUPPORTED,
				 "checkpoint is for root's containers: CRIU needs its rights");
	return 0;
}

static int check_options(const struct hz_checkpoint_options *o, struct hz_error *err)
{
	int flags;

	if (o->status_fd <= 0)
		return 0;
	flags = fcntl(o->status_fd, F_GETFL);
	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
		return error_set(err, HZ_E_USAGE, "--status-fd %d is not open for writing",
				 o->status_fd);
	return 0;
}

static int dump(struct checkpoint *c, struct hz_error *err)
{
	const struct criu_spawn how = {.cgroup = -1};
	enum criu_type type = c->o->pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP;
	int r;

	if (make_request(c, err) || criu_start(&c->criu, &how, err))
		return -1;
	r = criu_request(&c->criu, type, &c->opts, on_event, c, err);
	if (r) {
		criu_kill(&c->criu);
		return r > 0 ? criu_explain(&c->place, err) : -1;
	}
	if (c->o->pre_dump) {
		criu_kill(&c->criu); /* it would wait for the next one */
		return 0;
	}
	return criu_wait(&c->criu, err);
}

static int checkpoint(struct checkpoint *c, struct hz_error *err)
{
	const struct hz_checkpoint_options *o = c->o;
	const char *images = o->image_path ? o->image_path : "checkpoint";

	if (check_options(o, err) || store_lock(c->rt, o->id, LOCK_WAIT_MS, &c->dirfd, err) ||
	    container_record(c->rt, o->id, c->dirfd, &c->arena, &c->record, err) ||
	    record_check_version(&c->record, err) || check_state(c, err) ||
	    store_read_plan(c->dirfd, &c->plan, err) ||
	    criu_check_net_devices(c->plan.h, "checkpoint", err) ||
	    criu_place_open(&c->place, images, o->work_path, true, err))
		return -1;
	if (dump(c, err))
		return -1;
	if (o->leave_running || o->pre_dump)
		return 0;
	return container_kill_all(&c->record, SIGKILL, err) ||
			       container_destroy(c->rt, o->id, c->dirfd, &c->record, c->plan.h, err)
		       ? -1
		       : 0;
}

int hz_checkpoint(hz_runtime *rt, const struct hz_checkpoint_options *o, struct hz_error *err)
{
	struct hz_error local = HZ_ERROR_INIT;
	struct checkpoint c = {.rt = rt,
			       .o = o,
			       .dirfd = -1,
			       .place = {.images = -1, .work = -1, .log = "dump.log"},
			       .criu = {.sock = -1}};
	int r = checkpoint(&c, err ? err : &local);

	criu_place_close(&c.place);
	if (c.dirfd >= 0)
		store_unlock(c.dirfd);
	plan_done(&c.plan);
	buf_done(&c.opts);
	arena_done(&c.arena);
	hz_error_clear(&local);
	return r;
}
