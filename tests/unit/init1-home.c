/* SPDX-License-Identifier: Apache-2.0 */
/* HOME by the image's /etc/passwd, which may be anything, and where calls of the look-up fail. */
#include "init1.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static char dir[] = "/tmp/hezi-home.XXXXXX";

static const char *in_dir(const char *name)
{
	static char paths[4][128];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(paths[i], sizeof(paths[i]), "%s/%s", dir, name);
	return paths[i];
}

static void put(const char *name, const char *text, mode_t mode)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode))
		exit(99);
	close(fd);
}

/* The system call that is denied during the look-up, and the error that it gives; 0: none. */
static unsigned denied_call;
static int denied_errno;

static void deny(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, denied_call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)denied_errno),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof(code) / sizeof(code[0]), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		_exit(1);
}

/* HOME of uid 1000, or "failed" with the denied call's errno. */
static const char *look_up(void)
{
	static struct init init;
	struct init_error *e = init_failure();

	if (!init_find_home(&init, NULL, 1000))
		return init.home;
	return e->errnum == denied_errno && !strcmp(e->object, "/etc/passwd") ? "failed" : "odd";
}

static const char *home_in(const char *passwd)
{
	static char text[8192];
	int out[2];
	ssize_t n;
	pid_t pid;

	if (passwd)
		put("etc/passwd", passwd, 0644);
	if (pipe(out))
		exit(99);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		const char *home;

		if (chroot(dir) || chdir("/"))
			_exit(1);
		alarm(5);
		if (denied_errno)
			deny();
		home = look_up();
		_exit(write(out[1], home, strlen(home)) < 0);
	}
	close(out[1]);
	n = read(out[0], text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = 0;
	close(out[0]);
	waitpid(pid, NULL, 0);
	return text;
}

static void test_home(void)
{
	static char big[1 << 21];

	mkdir(in_dir("etc"), 0755);
	is_str(home_in(NULL), "HOME=/", "no passwd");
	is_str(home_in("root:x:0:0:root:/root:/bin/sh\nu:x:1000:5::/home/u:\nv:x:1000:5::/home/"
		       "v:\n"),
	       "HOME=/home/u", "the first line of the uid");
	is_str(home_in("u:x:1000:5::/home/u"), "HOME=/home/u", "a last line without end and shell");
	is_str(home_in("u:x:10000:5::/a:\nu:x:100:5::/b:\nu:x: "
		       "1000:5::/c:\nu:x:1000x:5::/d:\nu:x:4294968296:5::/e:\n"),
	       "HOME=/", "numbers that only look like it");
	is_str(home_in("u:x:1000:5::\nu:x:1000:5\nu:x:1000:5:::\n#:::\n\n:\nw:x:1000:1:g:/w:/bin/"
		       "sh\n"),
	       "HOME=/w", "lines that are too short");
	memset(big, 'a', sizeof(big) - 1);
	memcpy(big, "u:x:1000:5::/", 13);
	is_str(home_in(big), "HOME=/", "a line without end");
	memset(big, '\n', sizeof(big) - 1);
	strcpy(big + sizeof(big) - 64, "u:x:1000:5::/late:\n");
	is_str(home_in(big), "HOME=/", "beyond a mebibyte");
	memset(big, '#', 3000);
	big[3000] = '\n';
	strcpy(big + 3001, "u:x:1000:5::/home/after:\n");
	is_str(home_in(big), "HOME=/home/after", "after a long line");
	unlink(in_dir("etc/passwd"));
	mkfifo(in_dir("etc/passwd"), 0644);
	is_str(home_in(NULL), "HOME=/", "a fifo");
	unlink(in_dir("etc/passwd"));
	symlink("/etc/other", in_dir("etc/passwd"));
	put("etc/other", "u:x:1000:5::/linked:\n", 0644);
	is_str(home_in(NULL), "HOME=/linked", "a link in the root");
	i1_start();
	i1_end(I1_SH("echo $HOME"), true, NULL, NULL);
	is_str(i1_run()->output, "/root\n", "it reaches the environment");
}

static const char *home_without(unsigned call, int errnum)
{
	const char *home;

	denied_call = call;
	denied_errno = errnum;
	home = home_in("u:x:1000:5::/home/u");
	denied_errno = 0;
	return home;
}

/* A call that is blocked, or a bad disk, is no reason for another HOME. */
static void test_denied(void)
{
	unlink(in_dir("etc/passwd"));
	is_str(home_without(SYS_openat2, ENOSYS), "HOME=/home/u", "openat2 is not there");
	is_str(home_without(SYS_openat2, EPERM), "HOME=/home/u", "openat2 is blocked");
	is_str(home_without(SYS_statx, ENOSYS), "failed", "statx is not there");
	is_str(home_without(SYS_statx, EPERM), "failed", "statx is blocked");
	is_str(home_without(SYS_openat2, EIO), "failed", "the directory cannot be read");
	is_str(home_without(SYS_openat2, EMFILE), "failed", "no descriptors are left");
	is_str(home_without(SYS_read, EIO), "failed", "the file cannot be read");
	is_str(home_without(SYS_read, EPERM), "failed", "read is blocked");
}

int main(void)
{
	if (geteuid()) {
		printf("1..0 # SKIP needs root\n");
		return 0;
	}
	if (!mkdtemp(dir) || chmod(dir, 0755))
		return 99;
	test_home();
	test_denied();
	return i1_remove(dir) || done_testing();
}
