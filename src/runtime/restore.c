/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restore: a container whose processes CRIU makes from a checkpoint. What surrounds them is made as
 * at create, from the same plan: the state directory with its intent, the cgroups and their limits,
 * or the unit. In the place of init there is CRIU's worker, born in the cgroups, so that all it
 * makes is in them too; the container's first process is a sibling of the worker, and so our child.
 *
 *	told by CRIU		done here
 *	setup-namespaces	hooks prestart and createRuntime
 *	orphan-pts-master	the terminal goes to the console socket, or stays for the relay
 *	post-restore		record and pid file; CRIU lets the processes run after it
 */
#include "runtime/criu.h"

#include "base/fd.h"
#include "sys/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

struct restore {
	const struct hz_restore_options *o;
	struct creation c;
	struct criu_place place;
	struct criu criu;
	struct buf opts;
	sigset_t mask; /* of the caller */
	int keep[3];   /* namespaces that are handed on */
	unsigned nkeep;
};

/* --- what is asked of CRIU -------------------------------------------------------------------- */

/* In the foreground a terminal of ours is replaced by a pipe only where a pipe was. */
static void close_pipe(struct creation *c, size_t i)
{
	if (c->its_stdio[i] < 0)
		return;
	fd_close(TAKE_FD(c->its_stdio[i]));
	fd_close(TAKE_FD(c->our_stdio[i]));
}

static bool is_outside(const char *name)
{
	static const char *const outside[] = {"pipe:", "file[", "tty["};

	for (size_t k = 0; k < ARRAY_SIZE(outside); k++)
		if (!strncmp(name, outside[k], strlen(outside[k])))
			return true;
	return false;
}

/* Ours in its place; a device node of the host as with create. */
static void hand_on(struct restore *r, size_t i, const char *name)
{
	criu_add_inherited(&r->opts, name, (int)i);
	if (r->c.its_stdio[i] < 0)
		r->c.its_stdio[i] = stdio_protect((int)i);
}

/* Who dumped says for each of stdin, stdout and stderr what it was; ours takes the place of what
 * was outside. */
static int add_stdio(struct restore *r, struct hz_error *err)
{
	struct {
		struct oci_strings names;
	} list = {{0}};
	static const struct oci_field fields[] = {{"descriptors", OCI_FIELD_STRINGS, true, 0}};
	static const struct oci_flat kind = {CRIU_DESCRIPTORS, fields, 1};
	_cleanup_buf_ struct buf text = BUF_INIT, whole = BUF_INIT;
	int e = file_read_regular_at(r->place.images, CRIU_DESCRIPTORS, &text, 65536);

	if (e)
		return error_sys(err, -e, "read", CRIU_DESCRIPTORS, "read \"%s\" of the checkpoint",
				 CRIU_DESCRIPTORS);
	buf_printf(&whole, "{\"descriptors\":%s}", text.data ? text.data : "");
	if (whole.failed)
		return error_oom(err);
	if (oci_flat_decode(&r->c.arena, whole.data, whole.len, &kind, &list, err))
		return -1;
	for (size_t i = 0; i < 3; i++) {
		const char *name = i < list.names.n ? list.names.items[i] : "";

		if (strncmp(name, "pipe:", 5) != 0)
			close_pipe(&r->c, i);
		if (is_outside(name))
			hand_on(r, i, name);
	}
	return 0;
}

static int keep_namespace(struct restore *r, const char *path, const char *key,
			  struct hz_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return error_sys(err, errno, "open", path, "open namespace \"%s\"", path);
	r->keep[r->nkeep++] = fd;
	criu_add_inherited(&r->opts, key, fd);
	return 0;
}

static int add_namespace(struct restore *r, const struct plan_ns_open *n, struct hz_error *err)
{
	const char *path = plan_text(r->c.b->plan.h, n->path);

	if (n->type == CLONE_NEWNET || n->type == CLONE_NEWPID) {
		if (r->nkeep + 1 == ARRAY_SIZE(r->keep))
			return error_set(err, HZ_E_INTERNAL, "a namespace is joined twice");
		return keep_namespace(r, path,
				      n->type == CLONE_NEWNET ? CRIU_KEY_NET : CRIU_KEY_PID, err);
	}
	if (n->type == CLONE_NEWCGROUP) {
		error_set(err, HZ_E_UNSUPPORTED, "CRIU cannot join a cgroup namespace (\"%s\")",
			  path);
		return error_pointer(err, plan_text(r->c.b->plan.h, n->s.origin));
	}
	criu_add_pair(&r->opts, CRIU_JOIN_NS, sys_ns_file(n->type), path);
	return 0;
}

static int add_namespaces(struct restore *r, struct hz_error *err)
{
	const struct plan_step *s;
	uint32_t i;

	r->keep[0] = -1;
	if (criu_check_net_devices(r->c.b->plan.h, "restore", err))
		return -1;
	plan_foreach (r->c.b->plan.h, s, i)
		if (s->kind == PLAN_NS_OPEN &&
		    add_namespace(r, (const struct plan_ns_open *)s, err))
			return -1;
	r->keep[r->nkeep] = -1;
	return 0;
}

/* The processes go where the worker is, wherever those of the checkpoint were: lines of
 * /proc/PID/cgroup are "id:controller,controller:path". */
static int add_cgroups(struct restore *r, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char path[48], *rest = NULL;
	int e;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", r->criu.pid);
	e = file_read_at(AT_FDCWD, path, &text, 65536);
	if (e)
		return error_sys(err, -e, "read", path, "read the cgroups of criu");
	for (char *line = strtok_r(text.data, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char *names = strchr(line, ':'), *place = names ? strchr(names + 1, ':') : NULL;

		if (!place)
			continue;
		*place++ = '\0';
		names++;
		for (char *end = names; end; names = end + 1) {
			end = strchr(names, ',');
			if (end)
				*end = '\0';
			criu_add_pair(&r->opts, CRIU_CG_ROOT, names, place);
			if (!end)
				break;
		}
	}
	return 0;
}

static void add_flags(struct restore *r)
{
	const struct hz_restore_options *o = r->o;
	const struct criu_flag flags[] = {
		{o->tcp_established, CRIU_TCP_ESTABLISHED},
		{o->tcp_close, CRIU_TCP_CLOSE},
		{o->ext_unix_sk, CRIU_EXT_UNIX_SK},
		{o->shell_job, CRIU_SHELL_JOB},
		{o->file_locks, CRIU_FILE_LOCKS},
		{o->auto_dedup, CRIU_AUTO_DEDUP},
		{o->lazy_pages, CRIU_LAZY_PAGES},
		{true, CRIU_EVASIVE_DEVICES},
		{true, CRIU_RST_SIBLING},
		{true, CRIU_ORPHAN_PTS_MASTER},
		{true, CRIU_EXT_SHARING},
		{true, CRIU_EXT_MASTERS},
	};

	criu_add_flags(&r->opts, flags, ARRAY_SIZE(flags));
	if (o->empty_network)
		pb_add_int(&r->opts, CRIU_EMPTY_NS, CLONE_NEWNET);
	if (o->lsm_profile)
		pb_add_string(&r->opts, CRIU_LSM_PROFILE, o->lsm_profile);
	if (o->lsm_mount_context)
		pb_add_string(&r->opts, CRIU_LSM_MOUNT_CONTEXT, o->lsm_mount_context);
}

static int make_request(struct restore *r, struct hz_error *err)
{
	criu_add_place(&r->opts, &r->place, &r->c.record.annotations);
	pb_add_string(&r->opts, CRIU_ROOT, r->c.record.rootfs);
	add_flags(r);
	return criu_add_modes(&r->opts, r->o->manage_cgroups_mode, r->o->network_lock, err) ||
			       add_namespaces(r, err) || add_stdio(r, err) ||
			       criu_add_restored_mounts(&r->opts, r->c.b->plan.h, err)
		       ? -1
		       : 0;
}

/* --- what is done meanwhile ------------------------------------------------------------------- */

static int do_steps(struct creation *c, const enum plan_kind *kinds, size_t n, struct hz_error *err)
{
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (c->b->plan.h, s, i)
		for (size_t k = 0; k < n; k++)
			if (s->kind == kinds[k] && s->actor == PLAN_HOST && step_do(c, s, err))
				return -1;
	return 0;
}

static int on_restored(struct creation *c, pid_t pid, struct hz_error *err)
{
	static const enum plan_kind kinds[] = {PLAN_RECORD, PLAN_PID_FILE};
	long fd = sys_pidfd_open(pid, 0);

	if (fd < 0)
		return error_sys(err, (int)-fd, "pidfd_open", NULL, "find the restored process");
	c->pidfd = (int)fd;
	c->pid = pid;
	return do_steps(c, kinds, ARRAY_SIZE(kinds), err);
}

static int on_terminal(struct restore *r, int *fd, struct hz_error *err)
{
	if (*fd < 0)
		return error_set(err, HZ_E_SYSTEM, "criu has sent no terminal");
	if (r->o->console_socket)
		return console_send(r->o->console_socket, *fd, "terminal", "/dev/ptmx", err);
	if (r->o->detach)
		return error_set(err, HZ_E_USAGE,
				 "the checkpoint has a terminal: give --console-socket");
	r->c.pty = TAKE_FD(*fd);
	return 0;
}

static int on_event(void *data, struct criu_event *e, struct hz_error *err)
{
	static const enum plan_kind hooks[] = {PLAN_HOOKS};
	struct restore *r = data;

	if (!strcmp(e->script, "orphan-pts-master"))
		return on_terminal(r, &e->fd, err);
	if (!strcmp(e->script, "post-restore"))
		return on_restored(&r->c, e->pid, err);
	if (strcmp(e->script, "setup-namespaces") != 0)
		return 0;
	r->c.pid = e->pid;
	return do_steps(&r->c, hooks, 1, err);
}

/* What masked files are bound from is a node of the host, which only the host's root may change.
 * The flags of a mount that a new user namespace gets cannot be taken away there, and CRIU gives
 * nodes in /dev no more than read-only. */
static unsigned long null_flags(const struct restore *r)
{
	const struct oci_linux *l = r->c.b->config->linux_;

	if (!l || !l->uid_mappings.n)
		return MS_RDONLY | MS_NOSUID | MS_NOEXEC;
	for (size_t i = 0; i < l->uid_mappings.n; i++)
		if (!l->uid_mappings.items[i].host_id.v)
			return MS_RDONLY;
	return 0;
}

static int start_worker(struct restore *r, const struct plan_spawn *s, struct hz_error *err)
{
	struct creation *c = &r->c;
	const struct criu_spawn how = {
		.rootfs = c->record.rootfs,
		.null_flags = null_flags(r),
		.cgroup = s->into_cgroup && c->cgroup ? cgroup_clone_fd(c->cgroup) : -1,
		.tasks = c->slots,
		.stdio = c->its_stdio,
		.keep = r->keep,
		.mask = r->o->detach ? NULL : &r->mask,
	};

	if (criu_start(&r->criu, &how, err))
		return -1;
	c->pid = r->criu.pid; /* for the unit and resctrl, which its children inherit */
	return criu_place_enter(&r->place, r->criu.pid, err);
}

static int surround(struct restore *r, struct hz_error *err)
{
	const struct plan_step *s;
	uint32_t i;

	plan_foreach (r->c.b->plan.h, s, i) {
		int e = 0;

		switch ((enum plan_kind)s->kind) {
		case PLAN_SPAWN: e = start_worker(r, (const struct plan_spawn *)s, err); break;
		case PLAN_CGROUP_CREATE:
		case PLAN_CGROUP_SET:
		case PLAN_CGROUP_DEVICES:
		case PLAN_UNIT_START:
		case PLAN_RDT: e = step_do(&r->c, s, err); break;
		default: break;
		}
		if (e)
			return -1;
	}
	return add_cgroups(r, err);
}

/* Inside a new user namespace CRIU reads the image as the container's root, who may not search a
 * directory of the host's root alone. */
static int share_image(struct restore *r, struct hz_error *err)
{
	const struct oci_linux *l = r->c.b->config->linux_;
	struct stat st;

	for (size_t i = 0; l && i < l->gid_mappings.n; i++) {
		const struct oci_id_map *m = &l->gid_mappings.items[i];

		if (m->container_id.v)
			continue;
		if (fstat(r->place.images, &st))
			return error_sys(err, errno, "fstat", NULL, "look at the checkpoint");
		if (st.st_mode & S_IXOTH)
			return 0;
		if (fchown(r->place.images, (uid_t)-1, m->host_id.v) ||
		    fchmod(r->place.images, (st.st_mode & 07777) | S_IXGRP))
			return error_sys(err, errno, "fchown", NULL,
					 "let the container's root into the checkpoint");
	}
	return 0;
}

static int make(struct restore *r, struct hz_error *err)
{
	int e;

	if (!r->o->detach && attach_open_stdio(&r->c, err))
		return -1;
	if (make_request(r, err) || share_image(r, err) ||
	    criu_make_mount_points(r->c.b->plan.h, err) || surround(r, err))
		return -1;
	e = criu_request(&r->criu, CRIU_RESTORE, &r->opts, on_event, r, err);
	if (e)
		return e > 0 ? criu_explain(&r->place, err) : -1;
	if (r->c.pidfd < 0)
		return error_set(err, HZ_E_SYSTEM, "criu has told of no restored process");
	return criu_wait(&r->criu, err);
}

static int restore(struct restore *r, int *ret_status, struct hz_error *err)
{
	struct hz_error ignored = HZ_ERROR_INIT; /* the first error is the one to report */
	const struct hz_run_options how = {.reap_children = r->o->reap_children};
	struct creation *c = &r->c;

	if (creation_begin(c, err)) {
		if (c->dirfd >= 0)
			creation_undo(c);
		bundle_locate(c->b, err);
		return -1;
	}
	if (make(r, err) || (!r->o->detach && attach_prepare(c->pty, err))) {
		criu_kill(&r->criu);
		/* what it had made already is in the container's cgroups */
		if (c->cgroups_begun && container_kill_all(&c->record, SIGKILL, &ignored))
			runtime_log(c->rt, HZ_LOG_WARNING, "end what criu has made: %s",
				    ignored.msg);
		hz_error_clear(&ignored);
		creation_undo(c);
		bundle_locate(c->b, err);
		return -1;
	}
	return r->o->detach ? 0 : creation_attend(c, &how, ret_status, err);
}

static int restore_bundle(hz_runtime *rt, const struct hz_restore_options *o,
			  const struct hz_create_options *as_create, struct bundle *b,
			  int *ret_status, struct hz_error *err)
{
	struct restore r = {.o = o,
			    .place = {.images = -1, .work = -1, .log = "restore.log"},
			    .criu = {.sock = -1}};
	const char *images = o->image_path ? o->image_path : "checkpoint";
	int ret = -1;

	if (geteuid())
		return error_set(err, HZ_E_UNSUPPORTED,
				 "restore is for root: CRIU needs its rights");
	if (console_check(b->config, as_create, o->detach, err) ||
	    criu_place_open(&r.place, images, o->work_path, false, err))
		return -1;
	creation_init(&r.c, rt, as_create, b);
	/* blocked before there is a child, so that no signal is lost */
	if (o->detach || !attach_block_signals(&r.mask, err)) {
		ret = restore(&r, ret_status, err);
		if (!o->detach)
			attach_unblock_signals(&r.mask);
	}
	for (unsigned i = 0; i < r.nkeep; i++)
		fd_close(r.keep[i]);
	creation_done(&r.c);
	criu_place_close(&r.place);
	buf_done(&r.opts);
	return ret;
}

int hz_restore(hz_runtime *rt, const struct hz_restore_options *o, int *ret_status,
	       struct hz_error *err)
{
	const struct hz_create_options as_create = {.size = sizeof(as_create),
						    .id = o->id,
						    .bundle = o->bundle,
						    .console_socket = o->console_socket,
						    .pid_file = o->pid_file,
						    .no_pivot = o->no_pivot,
						    .no_new_keyring = o->no_new_keyring};
	struct hz_error local = HZ_ERROR_INIT;
	struct bundle b;
	int r;

	*ret_status = 0;
	if (!err)
		err = &local;
	r = store_check_id(o->id, err) || bundle_load(rt, &as_create, false, &b, err) ? -1 : 0;
	if (!r) {
		r = restore_bundle(rt, o, &as_create, &b, ret_status, err);
		if (!r)
			bundle_tell_warnings(rt, &b);
		bundle_done(&b);
	}
	hz_error_clear(&local);
	return r;
}
