/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/record.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "runtime/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define FIELD(name, kind, required, member)                           \
	{                                                             \
		name, kind, required, offsetof(struct record, member) \
	}

static const struct oci_field fields[] = {
	FIELD("version", OCI_FIELD_I64, true, version),
	FIELD("id", OCI_FIELD_STR, true, id),
	FIELD("bundle", OCI_FIELD_STR, true, bundle),
	FIELD("rootfs", OCI_FIELD_STR, false, rootfs),
	FIELD("created", OCI_FIELD_STR, true, created),
	FIELD("owner", OCI_FIELD_I64, true, owner),
	FIELD("pid", OCI_FIELD_I64, false, pid),
	FIELD("startTime", OCI_FIELD_U64, false, start_time),
	FIELD("pidfdInode", OCI_FIELD_U64, false, pidfd_inode),
	FIELD("ownPidNamespace", OCI_FIELD_BOOL, false, own_pid_ns),
	FIELD("cgroupDirs", OCI_FIELD_STRINGS, false, cgroup_dirs),
	FIELD("unit", OCI_FIELD_STR, false, unit),
	FIELD("unitOfUser", OCI_FIELD_BOOL, false, user),
	FIELD("resctrlDirs", OCI_FIELD_STRINGS, false, rdt_dirs),
	FIELD("mountBelow", OCI_FIELD_U64, false, mount_below),
	FIELD("annotations", OCI_FIELD_MAP, false, annotations),
};

static const struct oci_flat record_kind = {RECORD_FILE, fields, ARRAY_SIZE(fields)};

/* The record ends with a checksum of all before it. One without (of an older hezi, or edited by
 * hand) is taken as it is: a damaged bit in the name of the checksum leaves the rest as it was. */
#define SUM_NAME   ",\"checksum\":\""
#define SUM_FORMAT SUM_NAME "%016" PRIx64 "\"}"
#define SUM_TAIL   (sizeof(SUM_NAME) - 1 + 16 + 2)

/* FNV-1a: each step is a bijection of the sum, so no change of a single byte goes unseen. */
static uint64_t sum_of(const char *text, size_t len)
{
	uint64_t sum = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (unsigned char)text[i]) * 0x100000001b3u;
	return sum;
}

static bool is_sum_wrong(const struct buf *text)
{
	size_t len = text->len - SUM_TAIL;
	char want[SUM_TAIL + 1];

	if (text->len <= SUM_TAIL || memcmp(text->data + len, SUM_NAME, sizeof(SUM_NAME) - 1) != 0)
		return false;
	snprintf(want, sizeof(want), SUM_FORMAT, sum_of(text->data, len));
	return memcmp(want, text->data + len, SUM_TAIL) != 0;
}

static void json_cleanup(struct oci_json **j)
{
	if (*j)
		oci_json_free(*j);
}

int record_write(int dirfd, const struct record *r, struct hz_error *err)
{
	__attribute__((cleanup(json_cleanup))) struct oci_json *j = oci_json_new("");
	_cleanup_buf_ struct buf all = BUF_INIT;
	const char *text;
	size_t len;
	int ret;

	if (!j)
		return error_oom(err);
	oci_flat_encode(j, &record_kind, r);
	if (oci_json_text(j, &text, &len, err))
		return -1;
	buf_add(&all, text, len - 1); /* without its "}" */
	buf_printf(&all, SUM_FORMAT, sum_of(text, len - 1));
	if (all.failed)
		return error_oom(err);
	if (all.len > RECORD_MAX) {
		error_set(err, HZ_E_CONFIG,
			  "the annotations are too long: the container's record would have %zu "
			  "bytes, at most %u are supported",
			  all.len, RECORD_MAX);
		return error_pointer(err, "/annotations");
	}
	ret = file_replace_at(dirfd, RECORD_FILE, 0600, all.data, all.len);
	if (ret)
		return error_sys(err, -ret, "write", RECORD_FILE,
				 "write the record of container \"%s\"", r->id);
	return 0;
}

static int hint_damaged(struct hz_error *err)
{
	return error_hint(err,
			  "the record is damaged; \"hezi delete --force\" removes what is left "
			  "of the container");
}

/* Files that create writes after the record, and that delete removes before it. */
static bool has_others(int dirfd)
{
	struct stat st;

	return !fstatat(dirfd, "plan", &st, AT_SYMLINK_NOFOLLOW) ||
	       !fstatat(dirfd, "config.json", &st, AT_SYMLINK_NOFOLLOW);
}

/* Without a record of hezi's own, another runtime's makes this its container: hezi must neither
 * touch it nor report it as missing. youki's file has the name of runc's. */
static int no_record(int dirfd, bool is_lost, struct hz_error *err)
{
	static const struct {
		const char *file, *owner;
	} others[] = {{"state.json", "runc or youki"}, {"status", "crun"}};

	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (fstatat(dirfd, others[i].file, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		error_set(err, HZ_E_FOREIGN,
			  "the container belongs to another runtime: its state directory has the "
			  "file \"%s\" of %s",
			  others[i].file, others[i].owner);
		return error_hint(err, "use that runtime for this container, or give hezi a --root "
				       "of its own");
	}
	if (is_lost) {
		error_set(err, HZ_E_CONFIG, "the record is missing");
		return hint_damaged(err);
	}
	/* a create was killed before its record, or is just about to write it */
	return error_set(err, HZ_E_NOT_FOUND, "container does not exist");
}

int record_read(int dirfd, struct arena *a, struct record *ret, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r = store_read(dirfd, RECORD_FILE, &text, RECORD_MAX, err);
	bool is_lost = false;

	/* A create writes it before the others, and a delete removes it behind them: one of the two
	 * may be at work. */
	if (r == -ENOENT && has_others(dirfd)) {
		hz_error_clear(err);
		r = store_read(dirfd, RECORD_FILE, &text, RECORD_MAX, err);
		is_lost = r == -ENOENT && has_others(dirfd);
	}
	if (r == -ENOENT)
		return no_record(dirfd, is_lost, err);
	if (r)
		return -1;
	*ret = (struct record){0};
	if (is_sum_wrong(&text)) {
		error_set(err, HZ_E_CONFIG, "the container's record does not match its checksum");
		return hint_damaged(err);
	}
	if (oci_flat_decode(a, text.data ? text.data : "", text.len, &record_kind, ret, err))
		return hint_damaged(err);
	if (ret->version.v < 1) {
		error_set(err, HZ_E_CONFIG, "the container's record holds no valid version");
		return hint_damaged(err);
	}
	if (ret->pid.set && (ret->pid.v <= 0 || ret->pid.v > INT32_MAX || !ret->start_time.set)) {
		error_set(err, HZ_E_CONFIG, "the container's record holds no valid pid");
		return hint_damaged(err);
	}
	return 0;
}

int record_check_version(const struct record *r, struct hz_error *err)
{
	if (r->version.v <= RECORD_VERSION)
		return 0;
	error_set(err, HZ_E_UNSUPPORTED,
		  "the container was created by a newer version of hezi (record version %lld, this "
		  "version knows %d)",
		  (long long)r->version.v, RECORD_VERSION);
	return error_hint(err, "use the newer hezi; this one can list, show, kill and delete the "
			       "container");
}
