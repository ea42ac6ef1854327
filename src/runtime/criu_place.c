/* SPDX-License-Identifier: Apache-2.0 */
/* Where a checkpoint is, and what is said in the same words of saving and restoring. */
#include "runtime/criu.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/stat.h>

#define LOG_MAX (64u << 20)

static int open_dir(const char *path, bool make, struct hz_error *err)
{
	int fd;

	if (make && mkdir(path, 0700) && errno != EEXIST)
		return error_sys(err, errno, "mkdir", path, "make the directory \"%s\"", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? error_sys(err, errno, "open", path, "open the directory \"%s\"", path) : fd;
}

int criu_place_open(struct criu_place *p, const char *images, const char *work, bool make,
		    struct hz_error *err)
{
	p->work = -1;
	p->work_path = work ? work : images;
	p->images = open_dir(images, make, err);
	if (p->images < 0)
		return -1;
	if (!work)
		return 0;
	p->work = open_dir(work, true, err);
	if (p->work >= 0)
		return 0;
	criu_place_close(p);
	return -1;
}

/* @fd becomes the same directory as process @pid has it. */
static int enter(int fd, pid_t pid)
{
	char link[48], path[PATH_MAX], there[PATH_MAX + 32];
	_cleanup_fd_ int dir = -1;
	struct stat a, b;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return -errno;
	path[n] = '\0';
	snprintf(there, sizeof(there), "/proc/%d/root%s", pid, path);
	dir = open(there, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || fstat(fd, &a) || fstat(dir, &b))
		return -errno;
	if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return -ESTALE;
	return dup3(dir, fd, O_CLOEXEC) < 0 ? -errno : 0;
}

int criu_place_enter(const struct criu_place *p, pid_t pid, struct hz_error *err)
{
	int r = enter(p->images, pid);

	if (!r && p->work >= 0)
		r = enter(p->work, pid);
	return r ? error_sys(err, -r, "open", "/proc/PID/root",
			     "open the checkpoint's directories as criu sees them")
		 : 0;
}

void criu_place_close(struct criu_place *p)
{
	if (p->images >= 0)
		fd_close(TAKE_FD(p->images));
	if (p->work >= 0)
		fd_close(TAKE_FD(p->work));
}

/* An empty annotation: none at all. */
static const char *config_file(const struct oci_map *annotations)
{
	for (size_t i = 0; i < annotations->n; i++)
		if (!strcmp(annotations->items[i].key, "org.criu.config"))
			return annotations->items[i].value;
	/* CRIU passes over one that is not there; runc's is what engines and their users know */
	return access("/etc/criu/hezi.conf", F_OK) ? "/etc/criu/runc.conf" : "/etc/criu/hezi.conf";
}

void criu_add_place(struct buf *opts, const struct criu_place *p, const struct oci_map *annotations)
{
	const char *config = config_file(annotations);

	pb_add_int(opts, CRIU_IMAGES_DIR_FD, p->images);
	if (p->work >= 0)
		pb_add_int(opts, CRIU_WORK_DIR_FD, p->work);
	pb_add_int(opts, CRIU_LOG_LEVEL, 4);
	pb_add_string(opts, CRIU_LOG_FILE, p->log);
	pb_add_int(opts, CRIU_NOTIFY_SCRIPTS, 1);
	if (*config)
		pb_add_string(opts, CRIU_CONFIG_FILE, config);
}

struct word {
	const char *name;
	int value;
};

static int find_word(const struct word *words, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(words[i].name, name))
			return words[i].value;
	return -1;
}

int criu_add_modes(struct buf *opts, const char *cgroups, const char *network_lock,
		   struct hz_error *err)
{
	/* criu_cg_mode, criu_network_lock_method */
	static const struct word modes[] = {{"ignore", 0}, {"soft", 3}, {"full", 4}, {"strict", 5}};
	static const struct word locks[] = {{"iptables", 1}, {"nftables", 2}, {"skip", 3}};
	int mode = cgroups ? find_word(modes, ARRAY_SIZE(modes), cgroups) : 6,
	    lock = network_lock ? find_word(locks, ARRAY_SIZE(locks), network_lock) : 0;

	if (mode < 0) {
		error_set(err, HZ_E_USAGE, "invalid --manage-cgroups-mode value \"%s\"", cgroups);
		return error_hint(err, "there are soft, full, strict and ignore");
	}
	if (lock < 0) {
		error_set(err, HZ_E_USAGE, "invalid --network-lock value \"%s\"", network_lock);
		return error_hint(err, "there are iptables, nftables and skip");
	}
	pb_add_int(opts, CRIU_MANAGE_CGROUPS, 1);
	pb_add_int(opts, CRIU_MANAGE_CGROUPS_MODE, mode);
	if (lock)
		pb_add_int(opts, CRIU_NETWORK_LOCK, lock);
	return 0;
}

/*
 * "(00.045) Error (criu/files-reg.c:1710): Can't …", without the time. CRIU also logs errors that
 * it then gets over; the cause is the last one before "Restoring FAILED."
 */
static const char *last_error(char *text)
{
	const char *last = NULL;
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *error = strstr(line, " Error (");

		if (!error)
			continue;
		if (last && strstr(error, "FAILED"))
			break;
		last = error + 1;
	}
	return last;
}

int criu_explain(const struct criu_place *p, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	const char *error;

	if (!err)
		return -1;
	if (file_read_at(p->work >= 0 ? p->work : p->images, p->log, &text, LOG_MAX) || !text.data)
		return -1;
	error = last_error(text.data);
	if (error) {
		size_t n = strlen(err->msg);

		snprintf(err->msg + n, sizeof(err->msg) - n, ": %s", error);
	}
	return error_hint(err, "CRIU tells more in %s/%s", p->work_path, p->log);
}

int criu_check_net_devices(const struct plan_header *h, const char *verb, struct hz_error *err)
{
	const struct plan_step *s, *device = NULL;
	bool joined = false;
	uint32_t i;

	plan_foreach (h, s, i) {
		if (s->kind == PLAN_NET_DEVICE && !device)
			device = s;
		joined |= s->kind == PLAN_NS_OPEN &&
			  ((const struct plan_ns_open *)s)->type == CLONE_NEWNET;
	}
	if (!device || joined)
		return 0;
	error_set(err, HZ_E_UNSUPPORTED,
		  "cannot %s: CRIU cannot restore a network device of the host", verb);
	error_pointer(err, plan_text(h, device->origin));
	return error_hint(err, "join a network namespace that has the device (the path of "
			       "linux.namespaces): it is not saved then");
}

void criu_add_flags(struct buf *opts, const struct criu_flag *flags, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (flags[i].on)
			pb_add_int(opts, flags[i].opt, 1);
}

void criu_add_pair(struct buf *opts, enum criu_opt opt, const char *first, const char *second)
{
	_cleanup_buf_ struct buf m = BUF_INIT;

	pb_add_string(&m, 1, first);
	pb_add_string(&m, 2, second);
	pb_add_message(opts, opt, &m);
}

void criu_add_inherited(struct buf *opts, const char *key, int fd)
{
	_cleanup_buf_ struct buf m = BUF_INIT;

	pb_add_string(&m, 1, key);
	pb_add_int(&m, 2, fd);
	pb_add_message(opts, CRIU_INHERIT_FD, &m);
}
