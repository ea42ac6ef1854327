/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of a container, from folders that hold what the kernel's files of v1 and v2 hold. */
#include "base/cleanup.h"
#include "base/fd.h"
#include "cgroup/internal.h"
#include "tap.h"

#include <fcntl.h>
#include <unistd.h>

static const char *const v1[] = {
	"cpuacct.usage",
	"123456789\n",
	"cpuacct.stat",
	"user 7\nsystem 3\n",
	"cpuacct.usage_percpu",
	"100 23 \n",
	"cpu.stat",
	"nr_periods 5\nnr_throttled 2\nthrottled_time 900\n",
	"cpuset.cpus",
	"0-2,7\n",
	"cpuset.sched_load_balance",
	"1\n",
	"memory.usage_in_bytes",
	"4096\n",
	"memory.limit_in_bytes",
	"9223372036854771712\n",
	"memory.stat",
	"cache 512\nrss 3584\n",
	"pids.current",
	"4\n",
	"pids.max",
	"max\n",
	"blkio.throttle.io_service_bytes_recursive",
	"8:0 Read 10\n8:0 Write 20\n8:16 Read 5\n8:0 Total 30\nTotal 35\n",
	"blkio.bfq.time_recursive",
	"8:0 77\n",
	"hugetlb.2MB.usage_in_bytes",
	"2097152\n",
	"hugetlb.2MB.rsvd.usage_in_bytes",
	"0\n",
	"hugetlb.2MB.failcnt",
	"1\n",
	NULL,
};
static const char *const v2[] = {
	"cpu.stat",
	"usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_throttled 1\nthrottled_usec 4\n",
	"cpu.pressure",
	"some avg10=1.50 avg60=0.00 avg300=0.00 total=12\nfull avg10=0.00 avg60=0.00 avg300=0.00 "
	"total=3\n",
	"memory.current",
	"8192\n",
	"memory.max",
	"65536\n",
	"memory.swap.current",
	"100\n",
	"memory.swap.max",
	"max\n",
	"memory.events",
	"low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\n",
	"memory.stat",
	"anon 1\nfile 2048\n",
	"pids.current",
	"4\n",
	"pids.max",
	"33\n",
	"io.stat",
	"8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n253:1 rbytes=5 wbytes=0 rios=1 "
	"wios=0 dbytes=6 dios=1\n",
	"hugetlb.2MB.current",
	"2097152\n",
	"hugetlb.2MB.events",
	"max 3\n",
	NULL,
};

struct folder {
	char path[32];
	const char *const *files;
	struct cgroup_files open;
	struct hz_stats stats;
	struct oci_json *j;
	const char *text;
};

static bool make(struct folder *f, const char *const *files)
{
	size_t len;

	*f = (struct folder){.path = "/tmp/hezi-stats.XXXXXX", .files = files, .open = {.n = 1}};
	if (!mkdtemp(f->path))
		return false;
	f->open.fds[0] = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (; *files; files += 2) {
		_cleanup_fd_ int fd =
			openat(f->open.fds[0], files[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		if (fd < 0 || fd_write_all(fd, files[1], strlen(files[1])))
			return false;
	}
	f->j = oci_json_new("");
	cgroup_files_encode(&f->open, f->j);
	cgroup_files_stats(&f->open, &f->stats);
	return !oci_json_text(f->j, &f->text, &len, NULL);
}

static void unmake(struct folder *f)
{
	for (const char *const *p = f->files; *p; p += 2)
		unlinkat(f->open.fds[0], *p, 0);
	cgroup_files_close(&f->open);
	rmdir(f->path);
	oci_json_free(f->j);
}

static void holds(const struct folder *f, const char *part)
{
	ok(f->text && strstr(f->text, part), "it holds %s", part);
}

static void test_v1(void)
{
	struct folder f;

	ok(make(&f, v1), "v1");
	holds(&f, "\"usage\":{\"total\":123456789,\"kernel\":30000000,\"user\":70000000,\"percpu\":"
		  "[100,23]}");
	holds(&f, "\"throttling\":{\"periods\":5,\"throttledPeriods\":2,\"throttledTime\":900}");
	holds(&f, "\"cpus\":[0,1,2,7]");
	holds(&f, "\"sched_load_balance\":1");
	holds(&f, "\"cache\":512");
	holds(&f, "\"raw\":{\"cache\":512,\"rss\":3584}");
	holds(&f, "\"pids\":{\"current\":4,\"limit\":0}");
	holds(&f,
	      "\"ioServiceBytesRecursive\":[{\"major\":8,\"minor\":0,\"op\":\"Read\",\"value\":10},"
	      "{\"major\":8,\"minor\":0,\"op\":\"Write\",\"value\":20},{\"major\":8,\"minor\":16,"
	      "\"op\":\"Read\",\"value\":5},"
	      "{\"major\":8,\"minor\":0,\"op\":\"Total\",\"value\":30}]");
	holds(&f, "\"ioTimeRecursive\":[{\"major\":8,\"minor\":0,\"op\":\"\",\"value\":77}]");
	holds(&f, "\"hugetlb\":{\"2MB\":{\"usage\":2097152,\"failcnt\":1}}");
	ok(f.stats.memory == 4096 && f.stats.memory_limit == UINT64_MAX, "memory without a limit");
	ok(f.stats.io_read == 15 && f.stats.io_written == 20, "bytes of all devices");
	ok(f.stats.pids == 4 && f.stats.pids_limit == UINT64_MAX, "processes");
	ok(!f.stats.cpu_pressure[0], "v1 has no pressure");
	unmake(&f);
}

static void test_v2(void)
{
	struct folder f;

	ok(make(&f, v2), "v2");
	holds(&f, "\"usage\":{\"total\":30000,\"kernel\":10000,\"user\":20000}");
	holds(&f, "\"throttledTime\":4000");
	holds(&f, "\"psi\":{\"some\":{\"avg10\":1.50,\"avg60\":0.00,\"avg300\":0.00,\"total\":12},"
		  "\"full\":{");
	holds(&f, "\"cache\":2048");
	holds(&f, "\"usage\":{\"limit\":65536,\"usage\":8192,\"failcnt\":9}");
	holds(&f, "\"swap\":{\"limit\":18446744073709551615,\"usage\":8292}");
	holds(&f, "\"pids\":{\"current\":4,\"limit\":33}");
	holds(&f, "{\"major\":253,\"minor\":1,\"op\":\"Discard\",\"value\":6}");
	holds(&f, "\"ioServicedRecursive\":[{\"major\":8,\"minor\":0,\"op\":\"Read\",\"value\":1}");
	holds(&f, "\"hugetlb\":{\"2MB\":{\"usage\":2097152,\"failcnt\":3}}");
	ok(f.stats.io_read == 15 && f.stats.io_written == 20, "bytes of all devices");
	ok(!strcmp(f.stats.cpu_pressure, "1.50"), "pressure: %s", f.stats.cpu_pressure);
	ok(f.stats.memory_limit == 65536 && f.stats.cpu_ns == 30000, "memory and processor time");
	unmake(&f);
}

static void test_nothing(void)
{
	static const char *const none[] = {NULL};
	struct folder f;

	ok(make(&f, none), "a folder without files");
	holds(&f, "\"pids\":{}");
	ok(!f.stats.memory && !f.stats.cpu_ns && !f.stats.io_read, "nothing is known");
	unmake(&f);
}

int main(void)
{
	test_v1();
	test_v2();
	test_nothing();
	return done_testing();
}
