/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel parameters. Only those that belong to a namespace of the container are set: all others are
 * the host's. The wording is runc's.
 */
#include "plan/builder.h"

#include <string.h>

static bool is_one_of(const char *s, const char *const *names)
{
	for (; *names; names++) {
		if (strcmp(s, *names) == 0)
			return true;
	}
	return false;
}

static bool has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/*
 * As a path below /proc/sys. The first separator says which style it is (sysctl(8)): after a '/'
 * all is as it stands; after a '.' the two change places, so that "net.ipv4.conf.eth0/1.rp_filter"
 * names the interface "eth0.1".
 */
static char *key_to_path(struct builder *b, const char *key)
{
	char *path = arena_strdup(&b->scratch, key);
	size_t first = strcspn(key, "./");

	if (!path)
		b->pool.failed = true;
	if (!path || key[first] != '.')
		return path;
	for (char *p = path; *p; p++) {
		if (*p == '.')
			*p = '/';
		else if (*p == '/')
			*p = '.';
	}
	return path;
}

static bool is_clean(const char *path)
{
	for (;;) {
		size_t len = strcspn(path, "/");

		if (len == 0 || (len == 1 && path[0] == '.') ||
		    (len == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		if (!path[len])
			return true;
		path += len + 1;
	}
}

/* -1: of none that a container can have. */
static int owner_of(const char *path)
{
	static const char *const ipc[] = {
		"kernel/msgmax", "kernel/msgmnb",          "kernel/msgmni",
		"kernel/sem",    "kernel/shmall",          "kernel/shmmax",
		"kernel/shmmni", "kernel/shm_rmid_forced", NULL};

	if (is_one_of(path, ipc) || has_prefix(path, "fs/mqueue/"))
		return OCI_NS_IPC;
	if (has_prefix(path, "net/"))
		return OCI_NS_NETWORK;
	if (has_prefix(path, "user/"))
		return OCI_NS_USER;
	return strcmp(path, "kernel/domainname") == 0 ? OCI_NS_UTS : -1;
}

const char *plan_sysctl_of(struct builder *b, int oci_ns_type, const char **ret_key)
{
	const struct oci_linux *l = b->config->linux_;

	for (size_t i = 0; l && i < l->sysctl.n; i++) {
		const char *path = key_to_path(b, l->sysctl.items[i].key);

		if (!path || owner_of(path) != oci_ns_type)
			continue;
		*ret_key = l->sysctl.items[i].key;
		return builder_key_ptr(b, "/linux/sysctl", *ret_key);
	}
	return NULL;
}

static bool check_key(struct builder *b, const char *ptr, const char *key, const char *path)
{
	const struct oci_config *c = b->config;
	int owner = owner_of(path);

	if (!is_clean(path)) {
		builder_fault(b, ptr, "sysctl \"%s\" is not the name of a kernel parameter", key);
	} else if (owner == OCI_NS_IPC) {
		if (plan_has_ns(c, OCI_NS_IPC))
			return true;
		builder_fault(b, ptr, "sysctl \"%s\" is not allowed in the hosts ipc namespace",
			      key);
	} else if (owner == OCI_NS_NETWORK) {
		if (plan_has_ns(c, OCI_NS_NETWORK))
			return true;
		builder_fault(b, ptr, "sysctl \"%s\" not allowed in host network namespace", key);
	} else if (owner == OCI_NS_USER) {
		if (plan_has_ns(c, OCI_NS_USER))
			return true;
		builder_fault(b, ptr, "setting ucounts without a user namespace not allowed: %s",
			      key);
	} else if (owner == OCI_NS_UTS && plan_has_ns(c, OCI_NS_UTS)) {
		return true;
	} else if (strcmp(path, "kernel/hostname") == 0 && plan_has_ns(c, OCI_NS_UTS)) {
		builder_fault(b, ptr,
			      "sysctl \"%s\" is not allowed as it conflicts with the OCI "
			      "\"hostname\" field",
			      key);
	} else {
		builder_fault(b, ptr, "sysctl \"%s\" is not in a separate kernel namespace", key);
	}
	return false;
}

void compile_sysctl(struct builder *b)
{
	const struct oci_linux *l = b->config->linux_;

	for (size_t i = 0; l && i < l->sysctl.n; i++) {
		const char *key = l->sysctl.items[i].key;
		const char *ptr = builder_key_ptr(b, "/linux/sysctl", key);
		const char *path = key_to_path(b, key);
		struct plan_sysctl *s;

		if (!path)
			return;
		if (!check_key(b, ptr, key, path))
			continue;
		s = BUILDER_STEP(b, struct plan_sysctl, PLAN_SYSCTL, PLAN_INIT, ptr);
		s->key = builder_str(b, path);
		s->value = builder_str(b, l->sysctl.items[i].value);
	}
}
