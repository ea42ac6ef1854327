/* SPDX-License-Identifier: Apache-2.0 */
/* linux.devices and the nodes and links that every container has (runtime-spec "Default Devices")
 * -> DEVICE, SYMLINK, CONSOLE. */
#include "base/cleanup.h"
#include "plan/mounts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEVICES_MAX \
	16384 /* a privileged container lists all nodes of a host: thousands on a large one */
#define MAJOR_MAX 0xfff   /* 12 bits (linux/kdev_t.h) */
#define MINOR_MAX 0xfffff /* 20 bits */

struct node {
	const char *path; /* clean */
	const struct oci_device *d;
	size_t i; /* in linux.devices */
};

struct default_device {
	const char *path;
	uint32_t major, minor;
};

static const struct default_device default_devices[] = {
	{"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
	{"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
};

static const struct {
	const char *path, *target;
} links[] = {
	{"/dev/ptmx", "pts/ptmx"},          {"/dev/fd", "/proc/self/fd"},
	{"/dev/stdin", "/proc/self/fd/0"},  {"/dev/stdout", "/proc/self/fd/1"},
	{"/dev/stderr", "/proc/self/fd/2"},
};

static const char *device_ptr(struct builder *b, const struct node *n, const char *key)
{
	return builder_ptr(b, "/linux/devices/%zu/%s", n->i, key);
}

static uint32_t device_type(const char *type)
{
	if (!type || strlen(type) != 1)
		return 0;
	switch (type[0]) {
	case 'c':
	case 'u': /* an unbuffered character device: one kind on Linux */ return S_IFCHR;
	case 'b': return S_IFBLK;
	case 'p': return S_IFIFO;
	default: return 0;
	}
}

static bool same(const struct oci_device *a, const struct oci_device *b)
{
	return device_type(a->type) == device_type(b->type) && a->major.v == b->major.v &&
	       a->minor.v == b->minor.v && a->file_mode.set == b->file_mode.set &&
	       a->file_mode.v == b->file_mode.v && a->uid.v == b->uid.v && a->gid.v == b->gid.v;
}

static int by_path(const void *x, const void *y)
{
	const struct node *a = x, *b = y;
	int r = strcmp(a->path, b->path);

	return r ? r : (a->i > b->i) - (a->i < b->i);
}

static int by_index(const void *x, const void *y)
{
	const struct node *a = x, *b = y;

	return (a->i > b->i) - (a->i < b->i);
}

static bool is_listed(const struct node *sorted, size_t n, const char *path)
{
	const struct node key = {.path = path};

	for (size_t lo = 0, hi = n; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;
		int r = strcmp(sorted[mid].path, key.path);

		if (r == 0)
			return true;
		if (r < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* Sorted by path; of equal entries the first stays, entries of one path that differ are a fault. */
static size_t drop_repeats(struct builder *b, struct node *nodes, size_t n)
{
	size_t kept = 0;

	qsort(nodes, n, sizeof(*nodes), by_path);
	for (size_t k = 0; k < n; k++) {
		if (!kept || strcmp(nodes[kept - 1].path, nodes[k].path) != 0)
			nodes[kept++] = nodes[k];
		else if (!same(nodes[kept - 1].d, nodes[k].d))
			builder_fault(
				b, device_ptr(b, &nodes[k], "path"),
				"\"%s\" is listed before with other values (/linux/devices/%zu)",
				nodes[k].path, nodes[kept - 1].i);
	}
	return kept;
}

static uint32_t device_number(struct builder *b, const struct node *n, const char *key,
			      const struct oci_i64 *v, uint32_t max)
{
	if (!v->set) {
		builder_fault(b, builder_ptr(b, "/linux/devices/%zu", n->i),
			      "a device of type \"%s\" needs \"%s\"", n->d->type, key);
		return 0;
	}
	if (v->v < 0 || v->v > max) {
		builder_fault(b, device_ptr(b, n, key), "%lld is no device number (0 to %u)",
			      (long long)v->v, max);
		return 0;
	}
	return (uint32_t)v->v;
}

static void compile_device(struct builder *b, const struct node *n)
{
	const struct oci_device *d = n->d;
	struct plan_device *step;

	step = BUILDER_STEP(b, struct plan_device, PLAN_DEVICE, PLAN_INIT,
			    builder_ptr(b, "/linux/devices/%zu", n->i));
	step->path = builder_str(b, n->path);
	step->type = device_type(d->type);
	step->mode = d->file_mode.set ? d->file_mode.v & 07777
				      : 0666; /* engines leave the bits of the type in */
	step->uid = d->uid.v;
	step->gid = d->gid.v;
	plan_check_id(b, step->uid, device_ptr(b, n, "uid"));
	plan_check_id(b, step->gid, device_ptr(b, n, "gid"));
	if (step->type == S_IFIFO)
		return;
	step->major = device_number(b, n, "major", &d->major, MAJOR_MAX);
	step->minor = device_number(b, n, "minor", &d->minor, MINOR_MAX);
	step->bind = plan_in_userns(b);
}

static bool check_device(struct builder *b, const struct node *n)
{
	const char *path = n->d->path;

	if (!device_type(n->d->type))
		builder_fault(b, device_ptr(b, n, "type"),
			      "\"%s\" is no type of device: c, b, u or p",
			      n->d->type ? n->d->type : "");
	else if (!path || path[0] != '/')
		builder_fault(b, device_ptr(b, n, "path"), "\"%s\" is not an absolute path",
			      path ? path : "");
	else if (path_is_below(n->path, "/proc") || path_is_below(n->path, "/sys"))
		builder_fault(b, device_ptr(b, n, "path"), "a device cannot be made on \"%s\"",
			      path);
	else if (!strcmp(n->path, "/") || !strcmp(n->path, "/dev"))
		builder_fault(b, device_ptr(b, n, "path"), "\"%s\" is a directory", path);
	else
		return true;
	return false;
}

static void compile_defaults(struct builder *b, const struct node *sorted, size_t n)
{
	for (size_t k = 0; k < ARRAY_SIZE(default_devices); k++) {
		const struct default_device *d = &default_devices[k];
		struct plan_device *step;

		if (is_listed(sorted, n, d->path))
			continue;
		step = BUILDER_STEP(b, struct plan_device, PLAN_DEVICE, PLAN_INIT, NULL);
		step->path = builder_str(b, d->path);
		step->type = S_IFCHR;
		step->mode = 0666;
		step->major = d->major;
		step->minor = d->minor;
		step->bind = plan_in_userns(b);
		step->is_default = 1;
	}
}

static void compile_links(struct builder *b)
{
	for (size_t k = 0; k < ARRAY_SIZE(links); k++) {
		struct plan_symlink *step =
			BUILDER_STEP(b, struct plan_symlink, PLAN_SYMLINK, PLAN_INIT, NULL);

		step->path = builder_str(b, links[k].path);
		step->target = builder_str(b, links[k].target);
	}
}

/* A /dev that is bound from elsewhere is complete, and is not ours to change. */
static bool is_dev_bound(struct builder *b)
{
	const struct oci_mounts *mounts = &b->config->mounts;
	bool bound = false;

	for (size_t i = 0; i < mounts->n; i++)
		if (mounts->items[i].destination &&
		    !strcmp(plan_clean_path(b, mounts->items[i].destination), "/dev"))
			bound = mount_is_bind(&mounts->items[i]);
	return bound;
}

/* Checked entries of linux.devices in @nodes; returns how many. */
static size_t collect(struct builder *b, struct node *nodes, bool dev_bound)
{
	const struct oci_devices *list = &b->config->linux_->devices;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		struct node *node = &nodes[n];

		*node = (struct node){.d = &list->items[i], .i = i};
		node->path = plan_clean_path(b, node->d->path ? node->d->path : "");
		if (!check_device(b, node))
			continue;
		if (dev_bound && path_is_below(node->path, "/dev")) {
			builder_warn(b, device_ptr(b, node, "path"),
				     "/dev is a bind mount: \"%s\" is not made in it", node->path);
			continue;
		}
		if (!strcmp(node->path, "/dev/ptmx"))
			continue; /* the link to pts/ptmx gives this very device, of the container's
				     own devpts */
		n++;
	}
	return drop_repeats(b, nodes, n);
}

void compile_devices(struct builder *b)
{
	const struct oci_linux *l = b->config->linux_;
	const struct oci_process *p = b->config->process;
	size_t total = l ? l->devices.n : 0, n = 0;
	bool dev_bound = is_dev_bound(b);
	struct node *nodes = NULL;

	if (total > DEVICES_MAX) {
		builder_fault(b, "/linux/devices", "%zu devices are too many (at most %d)", total,
			      DEVICES_MAX);
		return;
	}
	nodes = arena_calloc(&b->scratch, total + 1, sizeof(*nodes));
	if (!nodes) {
		b->pool.failed = true;
		return;
	}
	if (total)
		n = collect(b, nodes, dev_bound);
	if (!dev_bound)
		compile_defaults(b, nodes, n);
	qsort(nodes, n, sizeof(*nodes), by_index);
	for (size_t k = 0; k < n; k++)
		compile_device(b, &nodes[k]);
	if (!dev_bound)
		compile_links(b);
	if (p && p->terminal.set && p->terminal.v)
		BUILDER_STEP(b, struct plan_bare, PLAN_CONSOLE, PLAN_INIT, "/process/terminal");
}
