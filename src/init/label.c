/* SPDX-License-Identifier: Apache-2.0 */
/* Labels of security modules for the program that is to come. Written through a procfs that is
 * proved to be one: a file of the image would take the write and protect nothing (CVE-2019-16884).
 */
#include "init/init.h"

/* AppArmor has had a folder of its own since Linux 5.1; before, it had the common file. */
static long open_file(int *proc, uint32_t file, const char **ret_path)
{
	long r;

	if (file == PLAN_LABEL_SELINUX_KEY) {
		*ret_path = "thread-self/attr/keycreate";
		return init_proc_file(proc, *ret_path, 0);
	}
	if (file == PLAN_LABEL_APPARMOR) {
		*ret_path = "thread-self/attr/apparmor/exec";
		r = init_proc_file(proc, *ret_path, 0);
		if (r != -ENOENT)
			return r;
	}
	*ret_path = "thread-self/attr/exec";
	return init_proc_file(proc, *ret_path, 0);
}

int step_label(struct init *init, const struct plan_step *step)
{
	const struct plan_label *l = (const struct plan_label *)step;
	INIT_CLOSE int proc = init_open_proc(init, step);
	INIT_CLOSE int fd = -1;
	char line[INIT_PATH_MAX];
	struct init_text t;
	const char *path;
	long r;

	if (proc < 0)
		return -1;
	r = open_file(&proc, l->file, &path);
	if (r < 0)
		return init_fail(init, step, __NR_openat2, r, path);
	fd = (int)r;
	init_text_start(&t, line, sizeof(line));
	init_text_str(&t, l->file == PLAN_LABEL_APPARMOR ? "exec " : "");
	init_text_str(&t, plan_text(init->plan, l->text));
	r = t.cut ? -ENAMETOOLONG : init_write_once(fd, line, t.len);
	return r < 0 ? init_fail(init, step, __NR_write, r, path) : 0;
}
