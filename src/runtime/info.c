/* SPDX-License-Identifier: Apache-2.0 */
/* state and list. */
#include "runtime/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static char **copy_annotations(const struct oci_map *m)
{
	char **list = calloc(m->n * 2 + 1, sizeof(*list));

	for (size_t i = 0; list && i < m->n; i++) {
		list[i * 2] = strdup(m->items[i].key);
		list[i * 2 + 1] = strdup(m->items[i].value);
		if (!list[i * 2] || !list[i * 2 + 1]) {
			for (size_t k = 0; k <= i * 2 + 1; k++)
				free(list[k]);
			free(list);
			return NULL;
		}
	}
	return list;
}

void hz_info_free(struct hz_info *info)
{
	if (!info)
		return;
	free(info->id);
	free(info->bundle);
	free(info->rootfs);
	free(info->created);
	for (char **p = info->annotations; p && *p; p++)
		free(*p);
	free(info->annotations);
	free(info);
}

static void info_cleanup(struct hz_info **info)
{
	hz_info_free(*info);
}

/* A record at fault: of all that is below --root, which file is it? */
static int locate(const hz_runtime *rt, const char *id, struct hz_error *err)
{
	int n;

	if (!err || (err->code != HZ_E_JSON && err->code != HZ_E_CONFIG && err->errnum != EFBIG))
		return -1;
	n = snprintf(err->file, sizeof(err->file), "%s/%s/" RECORD_FILE, rt->root, id);
	if (n < 0 || (size_t)n >= sizeof(err->file))
		snprintf(err->file, sizeof(err->file), "%s", RECORD_FILE);
	return -1;
}

int container_record(hz_runtime *rt, const char *id, int dirfd, struct arena *a, struct record *ret,
		     struct hz_error *err)
{
	if (record_read(dirfd, a, ret, err))
		return locate(rt, id, err);
	ret->id = id; /* the name of the directory: the one that every command takes */
	return 0;
}

int container_read(hz_runtime *rt, const char *id, struct arena *a, struct record *r,
		   enum hz_status *ret_status, struct hz_error *err)
{
	_cleanup_fd_ int dirfd = -1;

	if (store_open(rt, id, &dirfd, err) || container_record(rt, id, dirfd, a, r, err))
		return -1;
	return status_get(dirfd, r, ret_status, err);
}

int hz_info_get(hz_runtime *rt, const char *id, struct hz_info **ret, struct hz_error *err)
{
	_cleanup_(info_cleanup) struct hz_info *info = calloc(1, sizeof(*info));
	struct arena a = ARENA_INIT;
	struct record r;

	if (!info)
		return error_oom(err);
	info->size = sizeof(*info);
	if (container_read(rt, id, &a, &r, &info->status, err)) {
		arena_done(&a);
		return -1;
	}
	info->pid = info->status == HZ_STOPPED || info->status == HZ_CREATING ? 0 : (int)r.pid.v;
	info->owner = (uint32_t)r.owner.v;
	info->id = strdup(r.id);
	info->bundle = strdup(r.bundle);
	info->rootfs = strdup(r.rootfs ? r.rootfs : "");
	info->created = strdup(r.created);
	info->annotations = copy_annotations(&r.annotations);
	arena_done(&a);
	if (!info->id || !info->bundle || !info->rootfs || !info->created || !info->annotations)
		return error_oom(err);
	*ret = TAKE_PTR(info);
	return 0;
}

static int encode(const struct record *r, enum hz_status status, char **ret, struct hz_error *err)
{
	struct oci_state state = {
		.oci_version = OCI_VERSION_MAX,
		.id = r->id,
		.status = hz_status_name(status),
		.pid = status == HZ_STOPPED || status == HZ_CREATING ? 0 : r->pid.v,
		.bundle = r->bundle,
		.rootfs = r->rootfs,
		.created = r->created,
		.owner = "",
		.annotations = r->annotations,
	};
	struct oci_json *j = oci_json_new("  ");
	const char *text;
	size_t len;
	int e = -1;

	if (!j)
		return error_oom(err);
	oci_state_encode(j, &state);
	if (!oci_json_text(j, &text, &len, err)) {
		*ret = strndup(text, len);
		e = *ret ? 0 : error_oom(err);
	}
	oci_json_free(j);
	return e;
}

int hz_state_json(hz_runtime *rt, const char *id, char **ret, struct hz_error *err)
{
	struct arena a = ARENA_INIT;
	enum hz_status status;
	struct record r;
	int e;

	e = container_read(rt, id, &a, &r, &status, err);
	if (!e)
		e = encode(&r, status, ret, err);
	arena_done(&a);
	return e;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void hz_ids_free(char **ids)
{
	for (char **p = ids; p && *p; p++)
		free(*p);
	free(ids);
}

static int grow(char ***list, size_t n)
{
	char **p;

	/* room for one more and the NULL; doubled at the powers of two */
	if (n >= 8 && (n & (n - 1)))
		return 0;
	p = realloc(*list, (n < 8 ? 16 : n * 2 + 1) * sizeof(*p));
	if (!p)
		return -1;
	*list = p;
	return 0;
}

static int collect(DIR *d, char ***list, size_t *n)
{
	const struct dirent *e;

	while ((errno = 0, e = readdir(d))) {
		if (store_check_id(e->d_name, NULL) ||
		    (e->d_type != DT_DIR && e->d_type != DT_UNKNOWN))
			continue;
		if (grow(list, *n))
			return -ENOMEM;
		(*list)[*n + 1] = NULL;
		(*list)[*n] = strdup(e->d_name);
		if (!(*list)[*n])
			return -ENOMEM;
		(*n)++;
	}
	return -errno;
}

int hz_ids(hz_runtime *rt, char ***ret, size_t *ret_n, struct hz_error *err)
{
	char **list = calloc(16, sizeof(*list));
	_cleanup_dir_ DIR *d = NULL;
	size_t n = 0;
	int fd, r;

	if (!list)
		return error_oom(err);
	if (store_open_root(rt, false, err)) {
		free(list);
		return -1;
	}
	fd = openat(rt->rootfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	r = d ? collect(d, &list, &n) : -errno;
	if (!d && fd >= 0)
		fd_close(fd);
	if (r) {
		hz_ids_free(list);
		return error_sys(err, -r, "getdents64", rt->root, "read the state directory \"%s\"",
				 rt->root);
	}
	qsort(list, n, sizeof(*list), compare);
	*ret = list;
	*ret_n = n;
	return 0;
}
