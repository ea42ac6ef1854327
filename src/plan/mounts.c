/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mounts[] -> PLAN_MOUNT, PLAN_MOUNT_CGROUP, in the order of the document.
 *
 * A read-only tmpfs (or whatever is mounted on /dev) has to stay writable until mount points,
 * device nodes and copied files are made in it. It is mounted without its read-only attribute, and
 * one more step sets that: right before a later mount hides it, or after the devices (mounts_seal).
 */
#include "plan/mounts.h"

#include <linux/mount.h>
#include <string.h>

#define MOUNTS_MAX 8192 /* the kernel's own limit on a namespace is 100000 (fs.mount-max) */

/* One mount as it is being compiled. */
struct draft {
	size_t i;     /* in mounts[] */
	size_t idmap; /* in its options: the last of idmap, ridmap, idmap=… */
	const struct oci_mount *m;
	const char *target;
	bool bind, cgroup;
	struct mount_flags f;
	const char **data;
	size_t ndata;
	bool faulty;
	bool changed; /* an option names an attribute of this mount */
};

static const char *mount_ptr(struct builder *b, const struct draft *d, const char *key)
{
	return builder_ptr(b, "/mounts/%zu/%s", d->i, key);
}

bool plan_in_userns(const struct builder *b)
{
	return plan_has_ns(b->config, OCI_NS_USER) || b->facts->in_userns;
}

bool mount_is_bind(const struct oci_mount *m)
{
	for (size_t i = 0; i < m->options.n; i++)
		if (!strcmp(m->options.items[i], "bind") || !strcmp(m->options.items[i], "rbind"))
			return true;
	return m->type && !strcmp(m->type, "bind");
}

bool mount_is_cgroup(const struct oci_mount *m)
{
	return m->type && (!strcmp(m->type, "cgroup") || !strcmp(m->type, "cgroup2")) &&
	       !mount_is_bind(m);
}

bool mount_is_readonly(const struct oci_mount *m)
{
	struct mount_flags f = {0};

	for (size_t i = 0; i < m->options.n; i++) {
		const struct mount_option *o = mount_option_find(m->options.items[i]);

		if (o)
			mount_flags_add(&f, o);
	}
	return ((f.all.set & ~f.one.clr) | f.one.set) & MOUNT_ATTR_RDONLY;
}

static bool is_type(const struct draft *d, const char *type)
{
	return !d->bind && d->m->type && !strcmp(d->m->type, type);
}

/* The read-only attribute comes later: see the head of this file. */
static bool is_late(const struct oci_mount *m, const char *target)
{
	bool tmpfs = m->type && !strcmp(m->type, "tmpfs");

	if (mount_is_bind(m) || mount_is_cgroup(m) || !m->type)
		return false;
	return (tmpfs || !strcmp(target, "/dev")) && mount_is_readonly(m);
}

/* --- options --- */

/* context="a,b": fsconfig(2) wants the value without the quotes that mount(2) needs. */
static char *drop_quotes(char *piece)
{
	char *value = strstr(piece, "context=\""), *end = piece + strlen(piece) - 1;

	if (!value || strcspn(piece, "=") < (size_t)(value - piece))
		return piece;
	value += strlen("context=");
	if (end > value && *end == '"') {
		*end = '\0';
		memmove(value, value + 1, (size_t)(end - value));
	}
	return piece;
}

static void data_add(struct builder *b, struct draft *d, const char *s, size_t len)
{
	char *piece = arena_strndup(&b->scratch, s, len);

	if (!piece)
		b->pool.failed = true;
	else if (len > 0)
		d->data[d->ndata++] = drop_quotes(piece);
}

/*
 * mount(2) would take the data as one string and cut it at its commas; fsconfig(2) takes the
 * pieces. A comma inside double quotes (LSM contexts) or after a backslash (overlay) does not cut.
 */
static void data_split(struct builder *b, struct draft *d, const char *s)
{
	const char *start = s;
	bool quoted = false;

	for (; *s; s++) {
		if (*s == '\\' && s[1]) {
			s++;
		} else if (*s == '"') {
			quoted = !quoted;
		} else if (*s == ',' && !quoted) {
			data_add(b, d, start, (size_t)(s - start));
			start = s + 1;
		}
	}
	data_add(b, d, start, (size_t)(s - start));
}

static void bind_data_fault(struct builder *b, const struct draft *d, const char *pointer,
			    const char *option)
{
	const char *guess = mount_option_guess(option);

	if (guess)
		builder_fault(b, pointer, "unknown mount option \"%s\"; did you mean \"%s\"?",
			      option, guess);
	else
		builder_fault(b, pointer,
			      "mount option \"%s\" is one of a file system, and a bind mount (of "
			      "\"%s\") takes none of those",
			      option, d->target);
}

static bool has_remount(const struct draft *d)
{
	return d->f.flags & PLAN_MOUNT_REMOUNT;
}

static void option_data(struct builder *b, struct draft *d, const char *pointer, const char *option)
{
	size_t before = d->ndata;

	if (d->cgroup)
		builder_unsupported(b, pointer, "file system option \"%s\" on a cgroup mount",
				    option);
	else if (d->bind)
		bind_data_fault(b, d, pointer, option);
	else
		data_split(b, d, option);
	for (size_t k = before; k < d->ndata; k++)
		mount_option_check_id(b, d->data[k], pointer);
}

static void option_links(struct builder *b, const struct draft *d, const char *pointer,
			 const struct mount_option *o)
{
	const uint32_t source = PLAN_MOUNT_SRC_NOFOLLOW | PLAN_MOUNT_COPY_SYMLINK;

	if (o->kind != MOPT_FLAG)
		return;
	if ((o->bits & source) && !d->bind)
		builder_fault(b, pointer, "\"%s\" is for bind mounts only", o->name);
	if (o->bits == PLAN_MOUNT_DEST_NOFOLLOW && d->cgroup)
		builder_unsupported(b, pointer, "\"%s\" on a cgroup mount", o->name);
}

static void option_add(struct builder *b, struct draft *d, size_t k)
{
	const char *option = d->m->options.items[k];
	const char *pointer = builder_ptr(b, "/mounts/%zu/options/%zu", d->i, k);
	const struct mount_option *o = mount_option_find(option);

	if (option[0] == '\0')
		return;
	if (!o && mount_idmap_spec(option))
		o = mount_option_find(option[0] == 'r' ? "ridmap" : "idmap");
	if (!o || o->kind == MOPT_DATA) {
		option_data(b, d, pointer, option);
		return;
	}
	if (o->kind == MOPT_REFUSED)
		builder_unsupported(b, pointer, "mount option \"%s\"", option);
	if (o->kind == MOPT_SB && !o->clear && (d->bind || d->cgroup))
		builder_warn(
			b, pointer,
			"\"%s\" is a property of a file system: it has no effect on this mount",
			option);
	if (o->kind == MOPT_FLAG && !o->clear && o->bits == PLAN_MOUNT_TMPCOPYUP &&
	    !is_type(d, "tmpfs"))
		builder_fault(b, pointer, "\"tmpcopyup\" is for tmpfs only");
	option_links(b, d, pointer, o);
	if (o->kind == MOPT_FLAG && (o->bits & PLAN_MOUNT_IDMAP))
		d->idmap = k;
	d->changed |= (o->kind == MOPT_ATTR || o->kind == MOPT_ATIME) && !o->rec;
	mount_flags_add(&d->f, o);
}

static bool data_has(const struct draft *d, const char *key)
{
	size_t n = strlen(key);

	for (size_t k = 0; k < d->ndata; k++)
		if (!strncmp(d->data[k], key, n))
			return true;
	return false;
}

/* The kernel's own file systems are labelled by the policy; mqueue takes no option, but a label. */
static bool takes_context(const struct draft *d)
{
	return !d->bind && !d->cgroup && !has_remount(d) && !is_type(d, "proc") &&
	       !is_type(d, "sysfs") && !is_type(d, "mqueue") && !data_has(d, "context=");
}

static void label_add(struct builder *b, struct draft *d)
{
	const char *label = plan_mount_label(b), *option;

	if (!label || !takes_context(d))
		return;
	option = builder_ptr(b, "context=%s", label);
	d->data[d->ndata++] = option;
}

static void options_fold(struct builder *b, struct draft *d)
{
	size_t bytes = 0;

	for (size_t k = 0; k < d->m->options.n; k++)
		bytes += strlen(d->m->options.items[k]) + 1;
	d->data = arena_calloc(&b->scratch, bytes + 2,
			       sizeof(*d->data)); /* an option has no more pieces than bytes */
	if (!d->data) {
		b->pool.failed = true;
		d->faulty = true;
		return;
	}
	for (size_t k = 0; k < d->m->options.n; k++)
		option_add(b, d, k);
	label_add(b, d);
}

/* --- checks --- */

/* Files that lxcfs and engines put over those of procfs; anything else there could fake what hezi
 * itself reads (CVE-2019-16884). */
static const char *const proc_allowed[] = {
	"/proc/cpuinfo",
	"/proc/diskstats",
	"/proc/meminfo",
	"/proc/stat",
	"/proc/swaps",
	"/proc/uptime",
	"/proc/loadavg",
	"/proc/slabinfo",
	"/proc/sys/kernel/ns_last_pid",
	"/proc/sys/crypto/fips_enabled",
	NULL,
};

static void check_proc(struct builder *b, const struct draft *d)
{
	if (!path_is_below(d->target, "/proc"))
		return;
	if (!strcmp(d->target, "/proc")) {
		if (!d->bind && !is_type(d, "proc") && !has_remount(d))
			builder_fault(b, mount_ptr(b, d, "destination"),
				      "\"/proc\" cannot be mounted because it is not of type proc "
				      "(CVE-2019-16884)");
		return;
	}
	for (size_t k = 0; proc_allowed[k]; k++)
		if (!strcmp(d->target, proc_allowed[k]))
			return;
	builder_fault(b, mount_ptr(b, d, "destination"),
		      "\"%s\" cannot be mounted because it is inside /proc (CVE-2019-16884)",
		      d->target);
}

static void check_mount(struct builder *b, const struct draft *d)
{
	const struct oci_mount *m = d->m;

	if (d->bind && !has_remount(d) && (!m->source || !*m->source))
		builder_fault(b, mount_ptr(b, d, "source"), "a bind mount needs a source");
	if (!d->bind && !has_remount(d) && (!m->type || !*m->type))
		builder_fault(
			b, builder_ptr(b, "/mounts/%zu", d->i),
			"the mount on \"%s\" needs a type, or bind or rbind among its options",
			d->target);
	if (!d->bind && !has_remount(d) && m->type && !strcmp(m->type, "none"))
		builder_fault(
			b, mount_ptr(b, d, "type"),
			"\"none\" is no file system: bind or rbind is missing in the options");
	if (is_type(d, "tmpfs") && !has_remount(d) && !strcmp(d->target, "/"))
		builder_fault(b, mount_ptr(b, d, "destination"),
			      "a tmpfs on \"/\" would hide the root file system (root.path)");
	check_proc(b, d);
}

/* --- steps --- */

static uint32_t real_dir(const struct draft *d)
{
	bool top = !strcmp(d->target, "/proc") || !strcmp(d->target, "/sys");

	return is_type(d, "proc") || is_type(d, "sysfs") || top ? PLAN_MOUNT_REAL_DIR : 0;
}

/* A bind source: who opens it? A host that may not clone a mount leaves it to the box, which has
 * the same rights on the way there. */
static void source_actor(struct builder *b, struct plan_mount *step)
{
	if (!plan_has_ns(b->config, OCI_NS_USER) || !b->facts->privileged)
		return;
	step->flags |= PLAN_MOUNT_HOST_SOURCE;
	b->head.flags |= PLAN_F_SOURCES;
}

/* A source below the rootfs is the container's: what was mounted there before is seen in it. A
 * name with ".." may lead elsewhere than its letters say. */
static void bind_source(struct builder *b, const struct draft *d, struct plan_mount *step)
{
	const char *source = d->m->source, *inside;

	if (!source)
		return;
	source = plan_bundle_path(b, source);
	inside = strstr(source, "..") || has_remount(d) || !plan_has_ns(b->config, OCI_NS_MOUNT)
			 ? NULL
			 : plan_below_rootfs(b, plan_clean_path(b, source));
	step->flags |= inside ? PLAN_MOUNT_SRC_INSIDE : 0;
	step->source = builder_str(b, inside ? inside : source);
}

/*
 * Once an option names an attribute, those that none names are cleared, as mount(2) would do and
 * runc and crun do. From inside of a user namespace most of them are locked: they stay.
 */
static void clear_unnamed(struct builder *b, const struct draft *d, struct plan_mount *step)
{
	/* mount_setattr(2) knows it since then */
	uint64_t rest = plan_kernel_is(b->facts, 5, 14) ? MOUNT_ATTR_NOSYMFOLLOW : 0;

	if (!plan_in_userns(b))
		rest |= MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			MOUNT_ATTR_NOEXEC;
	if (d->changed)
		step->attr_clr |= rest & ~(step->attr_set | step->rec_set);
}

static void step_bind(struct builder *b, struct draft *d, struct plan_mount *step)
{
	step->flags |= PLAN_MOUNT_BIND;
	bind_source(b, d, step);
	compile_mount_idmap(b, d->i, d->idmap, d->bind, step);
	if (step->flags & PLAN_MOUNT_IDMAP) {
		step->flags |= PLAN_MOUNT_HOST_SOURCE;
		b->head.flags |= PLAN_F_SOURCES;
	}
	if (has_remount(d))
		return;
	clear_unnamed(b, d, step);
	if (!(step->flags & PLAN_MOUNT_SRC_INSIDE))
		source_actor(b, step);
}

/* A new mount has nothing to clear and nothing below it: one set of attributes says it all. */
static void step_new(struct builder *b, struct draft *d, struct plan_mount *step)
{
	const struct mount_flags *f = &d->f;

	step->sb_flags = f->sb_flags;
	step->attr_set = (f->all.set & ~f->one.clr) | f->one.set;
	step->attr_clr = step->rec_set = step->rec_clr = 0;
	if (is_late(d->m, d->target))
		step->attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	else if (step->attr_set & MOUNT_ATTR_RDONLY)
		step->sb_flags |= MS_RDONLY;
	step->type = builder_str(b, d->m->type);
	step->source = builder_str(b, d->m->source);
	step->data = builder_strs(b, d->data, d->ndata);
	if (is_type(d, "mqueue"))
		step->label = builder_str(b, plan_mount_label(b));
	if (is_type(d, "tmpfs") && !data_has(d, "mode="))
		step->flags |= PLAN_MOUNT_KEEP_MODE;
	if (is_type(d, "sysfs") && plan_in_userns(b))
		step->flags |= PLAN_MOUNT_SYSFS_BIND;
	compile_mount_idmap(b, d->i, d->idmap, d->bind, step);
	if (step->flags & PLAN_MOUNT_IDMAP) {
		step->flags |= PLAN_MOUNT_HOST_SOURCE;
		b->head.flags |= PLAN_F_SOURCES;
	}
}

static void step_remount(struct builder *b, struct draft *d, struct plan_mount *step)
{
	if (step->flags & PLAN_MOUNT_IDMAP)
		builder_unsupported(b, mount_ptr(b, d, "options"),
				    "changing the id map of a mount that is there");
	if (d->bind)
		return;
	step->sb_flags = d->f.sb_flags;
	step->data = builder_strs(b, d->data, d->ndata);
}

/*
 * Init sets the attributes of the one mount, then those of all below with it. Where a later option
 * takes back for the one what holds for all ("rro,rw"), a step of its own does.
 */
static void step_exception(struct builder *b, struct draft *d)
{
	const struct mount_flags *f = &d->f;
	struct plan_mount *step;

	if (!(f->one.set & f->all.clr) && !(f->one.clr & f->all.set))
		return;
	step = BUILDER_STEP(b, struct plan_mount, PLAN_MOUNT, PLAN_INIT,
			    builder_ptr(b, "/mounts/%zu", d->i));
	step->target = builder_str(b, d->target);
	step->flags = PLAN_MOUNT_REMOUNT;
	step->attr_set = f->one.set;
	step->attr_clr = f->one.clr;
}

static void step_mount(struct builder *b, struct draft *d)
{
	const struct mount_flags *f = &d->f;
	struct plan_mount *step;

	step = BUILDER_STEP(b, struct plan_mount, PLAN_MOUNT, PLAN_INIT,
			    builder_ptr(b, "/mounts/%zu", d->i));
	step->target = builder_str(b, d->target);
	step->flags = f->flags | real_dir(d);
	step->attr_set = f->one.set;
	step->attr_clr = f->one.clr;
	step->rec_set = f->all.set;
	step->rec_clr = f->all.clr;
	step->propagation = f->propagation;
	if (has_remount(d))
		step_remount(b, d, step);
	else if (d->bind)
		step_bind(b, d, step);
	else
		step_new(b, d, step);
	if (has_remount(d) || d->bind)
		step_exception(b, d);
}

static void compile_mount(struct builder *b, size_t i, const char *target)
{
	struct draft d = {.i = i, .m = &b->config->mounts.items[i], .target = target};

	if (!d.m->destination || !d.m->destination[0]) {
		builder_fault(b, mount_ptr(b, &d, "destination"), "the destination is empty");
		return;
	}
	d.bind = mount_is_bind(d.m);
	d.cgroup = mount_is_cgroup(d.m);
	options_fold(b, &d);
	if (d.faulty)
		return;
	check_mount(b, &d);
	if (d.cgroup && !has_remount(&d))
		compile_cgroup_mount(b, i, target, &d.f);
	else
		step_mount(b, &d);
}

/* --- late read-only --- */

static void seal_one(struct builder *b, size_t i, const char *target)
{
	struct plan_mount *step;

	step = BUILDER_STEP(b, struct plan_mount, PLAN_MOUNT, PLAN_INIT,
			    builder_ptr(b, "/mounts/%zu", i));
	step->target = builder_str(b, target);
	step->flags = PLAN_MOUNT_REMOUNT;
	step->attr_set = MOUNT_ATTR_RDONLY;
}

/* The mounts that are still to be made read-only. */
struct pending {
	size_t items[MOUNTS_MAX];
	size_t n;
};

/* Those at or below @target are out of reach once something is mounted there. */
static void seal_below(struct builder *b, struct pending *p, const char *const *targets,
		       const char *target, bool emit)
{
	size_t kept = 0;

	for (size_t k = 0; k < p->n; k++) {
		size_t i = p->items[k];

		if (!path_is_below(targets[i], target))
			p->items[kept++] = i;
		else if (emit)
			seal_one(b, i, targets[i]);
	}
	p->n = kept;
}

static const char **clean_targets(struct builder *b)
{
	const struct oci_mounts *mounts = &b->config->mounts;
	const char **targets = arena_calloc(&b->scratch, mounts->n + 1, sizeof(*targets));

	if (!targets) {
		b->pool.failed = true;
		return NULL;
	}
	for (size_t i = 0; i < mounts->n; i++) {
		const char *path = mounts->items[i].destination, *below;

		targets[i] = plan_clean_path(b, path ? path : "");
		below = plan_below_rootfs(b, targets[i]); /* runc takes it for a host's path */
		if (below)
			targets[i] = below;
	}
	return targets;
}

/* One walk for both callers: @mounting emits the mounts (and the seals before a cover), else only
 * what is left at the end is emitted. */
static void walk_mounts(struct builder *b, bool mounting)
{
	const struct oci_mounts *mounts = &b->config->mounts;
	struct pending *p = arena_alloc(&b->scratch, sizeof(*p));
	const char **targets = clean_targets(b);

	if (!p || !targets) {
		b->pool.failed = true;
		return;
	}
	for (size_t i = 0; i < mounts->n; i++) {
		bool remount = false;

		for (size_t k = 0; k < mounts->items[i].options.n; k++)
			remount |= !strcmp(mounts->items[i].options.items[k], "remount");
		if (!remount)
			seal_below(b, p, targets, targets[i], mounting);
		if (mounting)
			compile_mount(b, i, targets[i]);
		if (!remount && is_late(&mounts->items[i], targets[i]))
			p->items[p->n++] = i;
	}
	if (!mounting)
		seal_below(b, p, targets, "/", true);
}

/* The socket of sd_notify(3): the box may send to it, and nothing else. */
static void compile_notify(struct builder *b)
{
	struct plan_mount *step;

	if (!b->opt->notify_dir)
		return;
	step = BUILDER_STEP(b, struct plan_mount, PLAN_MOUNT, PLAN_INIT, NULL);
	step->flags = PLAN_MOUNT_BIND;
	step->source = builder_str(b, b->opt->notify_dir);
	step->target = builder_str(b, NOTIFY_TARGET);
	step->attr_set =
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	source_actor(b, step);
}

void compile_mounts(struct builder *b)
{
	const struct oci_mounts *mounts = &b->config->mounts;

	if (mounts->n > MOUNTS_MAX) {
		builder_fault(b, "/mounts", "%zu mounts are too many (at most %d)", mounts->n,
			      MOUNTS_MAX);
		return;
	}
	walk_mounts(b, true);
	compile_notify(b);
}

void mounts_seal(struct builder *b)
{
	if (b->config->mounts.n <= MOUNTS_MAX)
		walk_mounts(b, false);
}
