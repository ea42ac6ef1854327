/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root and linux.rootfsPropagation -> ROOT_PROPAGATION, ROOTFS; PIVOT, ROOT_PROPAGATION (final);
 * ROOT_READONLY.
 *
 * The first propagation is for the copy of the host's mounts: mounts made for the container must
 * not spread to the host (unless it asks for "shared"). The final one is for the container's own
 * root.
 */
#include "plan/builder.h"

#include <linux/mount.h>

static bool propagation(const struct builder *b, int *ret_which)
{
	const struct oci_linux *l = b->config->linux_;

	if (!l || !l->rootfs_propagation.set)
		return false;
	/* engines write the recursive names, and mean what the specification's do */
	*ret_which = l->rootfs_propagation.v % OCI_PROP_RPRIVATE;
	return true;
}

/* Unbindable mounts could not be bound any more while the rootfs is set up: private comes as near
 * as is possible then. */
static uint64_t first_flags(const struct builder *b)
{
	int which = OCI_PROP_SLAVE;

	propagation(b, &which);
	switch (which) {
	case OCI_PROP_SHARED: return MS_SHARED | MS_REC;
	case OCI_PROP_PRIVATE:
	case OCI_PROP_UNBINDABLE: return MS_PRIVATE | MS_REC;
	default: return MS_SLAVE | MS_REC;
	}
}

static uint64_t final_flags(const struct builder *b)
{
	int which;

	if (!propagation(b, &which))
		return 0;
	switch (which) {
	case OCI_PROP_SHARED: return MS_SHARED | MS_REC;
	case OCI_PROP_SLAVE: return MS_SLAVE | MS_REC;
	case OCI_PROP_UNBINDABLE: return MS_UNBINDABLE | MS_REC;
	default: return 0;
	}
}

/* Without a mount namespace the rootfs becomes a mount of its own below the host's, until `delete`:
 * a user, and root of a user namespace, may not mount there. */
static bool readonly_on_host(const struct builder *b)
{
	const struct oci_config *c = b->config;

	return c->root->readonly.v && !plan_has_ns(c, OCI_NS_MOUNT) &&
	       !plan_has_ns(c, OCI_NS_USER) && b->facts->privileged;
}

void compile_rootfs(struct builder *b)
{
	const struct oci_config *c = b->config;
	bool own = plan_new_ns(c, OCI_NS_MOUNT);
	struct plan_root_propagation *prop;
	struct plan_rootfs *root;
	int which;

	if (!c->root || !c->root->path || !c->root->path[0]) {
		builder_fault(b, c->root ? "/root/path" : "/root",
			      c->root ? "the path of the root file system is empty"
				      : "\"root\" is missing: a container needs this object with "
					"the path of its root file system");
		return;
	}
	if (own) {
		prop = BUILDER_STEP(b, struct plan_root_propagation, PLAN_ROOT_PROPAGATION,
				    PLAN_INIT,
				    propagation(b, &which) ? "/linux/rootfsPropagation" : NULL);
		prop->flags = first_flags(b);
	}
	root = BUILDER_STEP(b, struct plan_rootfs, PLAN_ROOTFS, PLAN_INIT, "/root/path");
	if (c->root->path[0] == '/')
		root->path = builder_str(b, c->root->path);
	else
		root->path = builder_printf(b, "%s/%s", b->opt->bundle, c->root->path);
	root->on_host =
		!plan_has_ns(c, OCI_NS_MOUNT) &&
		(c->mounts.n || (c->process && c->process->terminal.v) || readonly_on_host(b));
	root->parent_private = own && first_flags(b) & MS_SHARED ? 1 : 0;
}

void compile_root_readonly(struct builder *b)
{
	const struct oci_config *c = b->config;

	if (!c->root || !c->root->readonly.v)
		return;
	if (plan_new_ns(c, OCI_NS_MOUNT) || readonly_on_host(b))
		BUILDER_STEP(b, struct plan_bare, PLAN_ROOT_READONLY, PLAN_INIT, "/root/readonly");
	else if (plan_has_ns(c, OCI_NS_MOUNT))
		builder_fault(b, "/root/readonly", "a read-only root needs a new mount namespace");
}

void compile_pivot(struct builder *b)
{
	bool own = plan_new_ns(b->config, OCI_NS_MOUNT);
	struct plan_root_propagation *prop;
	struct plan_pivot *pivot;

	compile_labels(b);
	pivot = BUILDER_STEP(b, struct plan_pivot, PLAN_PIVOT, PLAN_INIT, NULL);
	if (!own)
		pivot->how = PLAN_PIVOT_CHROOT;
	else
		pivot->how = b->opt->no_pivot ? PLAN_PIVOT_MOVE : PLAN_PIVOT_ROOT;
	if (!own || !final_flags(b))
		return;
	prop = BUILDER_STEP(b, struct plan_root_propagation, PLAN_ROOT_PROPAGATION, PLAN_INIT,
			    "/linux/rootfsPropagation");
	prop->flags = final_flags(b);
	prop->final = 1;
}
