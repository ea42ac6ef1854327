/* SPDX-License-Identifier: Apache-2.0 */
/* Files of processes in /proc that the runtime writes. */
#include "runtime/runtime.h"

#include "base/fd.h"
#include "sys/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* A procfs of our own: nobody can have mounted it read-only. */
static int make_proc(void)
{
	_cleanup_fd_ int fsfd = (int)sys_fsopen("proc", FSOPEN_CLOEXEC);
	long r;

	if (fsfd < 0)
		return fsfd;
	r = sys_fsconfig(fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	return (int)(r ? r : sys_fsmount(fsfd, FSMOUNT_CLOEXEC, 0));
}

int proc_write(pid_t pid, const char *file, const char *text)
{
	_cleanup_fd_ int own = -1;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	r = file_write_at(AT_FDCWD, path, text, strlen(text));
	if (r != -EROFS)
		return r;
	own = make_proc();
	return own < 0 ? r : file_write_at(own, path + strlen("/proc/"), text, strlen(text));
}
