#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The compiler is pure: its library calls nothing that looks at or changes the world.
#   pure.sh LIBPLAN.A
set -u
echo "TAP version 13"
echo "1..1"
found=$(nm -u "$1" 2>/dev/null | awk '$1 == "U" { print $2 }' | sort -u | grep -xE \
	'(open|openat|open64|fopen|fopen64|creat|read|pread|write|pwrite|close|stat|fstat|lstat|access|faccessat|readlink|readlinkat|opendir|mkdir|mknod|unlink|rename|chdir|chroot|mount|umount2?|syscall|ioctl|fcntl|socket|connect|getenv|secure_getenv|setenv|time|clock_gettime|gettimeofday|getuid|geteuid|getgid|getegid|getpid|getpw(nam|uid)(_r)?|getgr(nam|gid)(_r)?|fork|vfork|execve?|system|popen|kill|sysconf|uname|setlocale|printf|puts|putchar|fputs|fprintf|perror|exit|abort|rand|random)')
if [ -z "$found" ]; then
	echo "ok 1 - the plan compiler makes no system calls and reads no environment or clock"
else
	echo "not ok 1 - the plan compiler makes no system calls and reads no environment or clock"
	printf '# it calls %s\n' $found
	exit 1
fi
