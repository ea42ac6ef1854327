/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container uses, in the layout of runc's `events` (CONTRACT of go-runc's Stats): tables of
 * where each number is on v1 and on v2. Files have other names on the two, so that a name alone
 * finds the right one on a hybrid host.
 */
#include "cgroup/internal.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct field {
	const char *key, *v1, *v2; /* as cgroup_files_number() takes them; NULL: there is none */
	uint32_t v1_times, v2_times;
};

#define TICK_NS 10000000 /* USER_HZ is 100 */
#define US_NS   1000

static const struct field usage[] = {
	{"total", "cpuacct.usage", "cpu.stat:usage_usec", 1, US_NS},
	{"kernel", "cpuacct.stat:system", "cpu.stat:system_usec", TICK_NS, US_NS},
	{"user", "cpuacct.stat:user", "cpu.stat:user_usec", TICK_NS, US_NS},
};
static const struct field throttling[] = {
	{"periods", "cpu.stat:nr_periods", NULL, 1, 1},
	{"throttledPeriods", "cpu.stat:nr_throttled", NULL, 1, 1},
	{"throttledTime", "cpu.stat:throttled_time", "cpu.stat:throttled_usec", 1, US_NS},
};
static const struct field cpuset[] = {
	{"cpu_exclusive", "cpuset.cpu_exclusive", NULL, 1, 1},
	{"mem_hardwall", "cpuset.mem_hardwall", NULL, 1, 1},
	{"mem_exclusive", "cpuset.mem_exclusive", NULL, 1, 1},
	{"memory_migrate", "cpuset.memory_migrate", NULL, 1, 1},
	{"memory_spread_page", "cpuset.memory_spread_page", NULL, 1, 1},
	{"memory_spread_slab", "cpuset.memory_spread_slab", NULL, 1, 1},
	{"memory_pressure", "cpuset.memory_pressure", NULL, 1, 1},
	{"sched_load_balance", "cpuset.sched_load_balance", NULL, 1, 1},
};
static const struct field memory_usage[] = {
	{"limit", "memory.limit_in_bytes", "memory.max", 1, 1},
	{"usage", "memory.usage_in_bytes", "memory.current", 1, 1},
	{"max", "memory.max_usage_in_bytes", "memory.peak", 1, 1},
	{"failcnt", "memory.failcnt", "memory.events:max", 1, 1},
};
static const struct field memory_swap[] = {
	{"limit", "memory.memsw.limit_in_bytes", "memory.swap.max+memory.max", 1, 1},
	{"usage", "memory.memsw.usage_in_bytes", "memory.swap.current+memory.current", 1, 1},
	{"max", "memory.memsw.max_usage_in_bytes", NULL, 1, 1},
	{"failcnt", "memory.memsw.failcnt", "memory.swap.events:fail", 1, 1},
};
static const struct field memory_kernel[] = {
	{"limit", "memory.kmem.limit_in_bytes", NULL, 1, 1},
	{"usage", "memory.kmem.usage_in_bytes", "memory.stat:kernel", 1, 1},
	{"max", "memory.kmem.max_usage_in_bytes", NULL, 1, 1},
	{"failcnt", "memory.kmem.failcnt", NULL, 1, 1},
};
static const struct field memory_tcp[] = {
	{"limit", "memory.kmem.tcp.limit_in_bytes", NULL, 1, 1},
	{"usage", "memory.kmem.tcp.usage_in_bytes", "memory.stat:sock", 1, 1},
	{"max", "memory.kmem.tcp.max_usage_in_bytes", NULL, 1, 1},
	{"failcnt", "memory.kmem.tcp.failcnt", NULL, 1, 1},
};
static const struct field cache = {"cache", "memory.stat:cache", "memory.stat:file", 1, 1};

static bool get(const struct cgroup_files *f, const struct field *d, uint64_t *ret)
{
	if (d->v1 && cgroup_files_number(f, d->v1, ret))
		*ret *= d->v1_times;
	else if (d->v2 && cgroup_files_number(f, d->v2, ret))
		*ret *= d->v2_times;
	else
		return false;
	return true;
}

static void put(struct oci_json *j, const char *key, uint64_t v)
{
	oci_json_key(j, key);
	oci_json_u64(j, v);
}

static void put_fields(const struct cgroup_files *f, struct oci_json *j, const struct field *fields,
		       size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t v;

		if (get(f, &fields[i], &v))
			put(j, fields[i].key, v);
	}
}

static void open_object(struct oci_json *j, const char *key)
{
	oci_json_key(j, key);
	oci_json_object(j);
}

#define PUT_OBJECT(f, j, key, table)                        \
	do {                                                \
		open_object(j, key);                        \
		put_fields(f, j, table, ARRAY_SIZE(table)); \
		oci_json_object_end(j);                     \
	} while (0)

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0": Documentation/accounting/psi.rst */
static void put_psi(const struct cgroup_files *f, struct oci_json *j, const char *file)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char *rest, *line;

	if (!cgroup_files_text(f, file, &text))
		return;
	rest = text.data;
	open_object(j, "psi");
	while ((line = strsep(&rest, "\n")) && *line) {
		open_object(j, strsep(&line, " "));
		for (char *pair; (pair = strsep(&line, " "));) {
			const char *key = strsep(&pair, "=");

			if (!pair || !*pair || pair[strspn(pair, "0123456789.")])
				continue;
			oci_json_key(j, key);
			oci_json_number(j, pair);
		}
		oci_json_object_end(j);
	}
	oci_json_object_end(j);
}

/* A line of numbers as an array. */
static void put_list(const struct cgroup_files *f, struct oci_json *j, const char *key,
		     const char *file)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char *p, *end;

	if (!cgroup_files_text(f, file, &text))
		return;
	oci_json_key(j, key);
	oci_json_array(j);
	for (p = text.data;; p = end) {
		unsigned long long v = strtoull(p, &end, 10);

		if (end == p)
			break;
		oci_json_u64(j, v);
	}
	oci_json_array_end(j);
}

/* cpuset's "0-3,7" as an array of numbers. */
static void put_set(const struct cgroup_files *f, struct oci_json *j, const char *key,
		    const char *v1, const char *v2)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char *rest, *range;

	if (!cgroup_files_text(f, v2, &text) && !cgroup_files_text(f, v1, &text))
		return;
	oci_json_key(j, key);
	oci_json_array(j);
	rest = text.data;
	while ((range = strsep(&rest, ",\n")) && *range) {
		unsigned long from = strtoul(range, &range, 10);
		unsigned long to = *range == '-' ? strtoul(range + 1, NULL, 10) : from;

		for (; from <= to && from < 65536; from++)
			oci_json_u64(j, from);
	}
	oci_json_array_end(j);
}

static void put_cpu(const struct cgroup_files *f, struct oci_json *j)
{
	open_object(j, "cpu");
	open_object(j, "usage");
	put_fields(f, j, usage, ARRAY_SIZE(usage));
	put_list(f, j, "percpu", "cpuacct.usage_percpu");
	put_list(f, j, "percpu_kernel", "cpuacct.usage_percpu_sys");
	put_list(f, j, "percpu_user", "cpuacct.usage_percpu_user");
	oci_json_object_end(j);
	PUT_OBJECT(f, j, "throttling", throttling);
	put_psi(f, j, "cpu.pressure");
	oci_json_object_end(j);

	open_object(j, "cpuset");
	put_set(f, j, "cpus", "cpuset.cpus", "cpuset.cpus.effective");
	put_set(f, j, "mems", "cpuset.mems", "cpuset.mems.effective");
	put_fields(f, j, cpuset, ARRAY_SIZE(cpuset));
	oci_json_object_end(j);
}

static void put_memory(const struct cgroup_files *f, struct oci_json *j)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	char *rest, *line;

	open_object(j, "memory");
	put_fields(f, j, &cache, 1);
	PUT_OBJECT(f, j, "usage", memory_usage);
	PUT_OBJECT(f, j, "swap", memory_swap);
	PUT_OBJECT(f, j, "kernel", memory_kernel);
	PUT_OBJECT(f, j, "kernelTCP", memory_tcp);
	if (cgroup_files_text(f, "memory.stat", &text)) {
		open_object(j, "raw");
		for (rest = text.data; (line = strsep(&rest, "\n")) && *line;) {
			const char *key = strsep(&line, " ");

			if (line)
				put(j, key, strtoull(line, NULL, 10));
		}
		oci_json_object_end(j);
	}
	put_psi(f, j, "memory.pressure");
	oci_json_object_end(j);
}

static void put_pids(const struct cgroup_files *f, struct oci_json *j)
{
	uint64_t v;

	open_object(j, "pids");
	if (cgroup_files_number(f, "pids.current", &v))
		put(j, "current", v);
	if (cgroup_files_number(f, "pids.max", &v))
		put(j, "limit", v == UINT64_MAX ? 0 : v); /* as runc has it: 0 is no limit */
	oci_json_object_end(j);
}

/* An element of the array that is being written. */
static void put_io(void *data, const struct cgroup_io *io)
{
	struct oci_json *j = data;

	oci_json_object(j);
	put(j, "major", io->major);
	put(j, "minor", io->minor);
	oci_json_key(j, "op");
	oci_json_str(j, io->op);
	put(j, "value", io->value);
	oci_json_object_end(j);
}

#define IO_BYTES                                               \
	{                                                      \
		{"blkio.bfq.io_service_bytes_recursive",       \
		 "blkio.throttle.io_service_bytes_recursive"}, \
			"bytes"                                \
	}

static void put_blkio(const struct cgroup_files *f, struct oci_json *j)
{
	static const struct {
		const char *key;
		struct cgroup_io_place place;
	} lists[] = {
		{"ioServiceBytesRecursive", IO_BYTES},
		{"ioServicedRecursive",
		 {{"blkio.bfq.io_serviced_recursive", "blkio.throttle.io_serviced_recursive"},
		  "ios"}},
		{"ioQueueRecursive", {{"blkio.bfq.io_queued_recursive"}, NULL}},
		{"ioServiceTimeRecursive", {{"blkio.bfq.io_service_time_recursive"}, NULL}},
		{"ioWaitTimeRecursive", {{"blkio.bfq.io_wait_time_recursive"}, NULL}},
		{"ioMergedRecursive", {{"blkio.bfq.io_merged_recursive"}, NULL}},
		{"ioTimeRecursive", {{"blkio.bfq.time_recursive"}, NULL}},
		{"sectorsRecursive", {{"blkio.bfq.sectors_recursive"}, NULL}},
	};

	open_object(j, "blkio");
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		_cleanup_buf_ struct buf text = BUF_INIT;
		const char *unit;

		if (!cgroup_io_text(f, &lists[i].place, &text, &unit))
			continue;
		oci_json_key(j, lists[i].key);
		oci_json_array(j);
		cgroup_io_each(text.data, unit, put_io, j);
		oci_json_array_end(j);
	}
	put_psi(f, j, "io.pressure");
	oci_json_object_end(j);
}

/* hugetlb.2MB.usage_in_bytes of v1, hugetlb.2MB.current of v2: which page sizes there are, the
 * names tell. */
static void put_page_size(const struct cgroup_files *f, struct oci_json *j, const char *file)
{
	static const struct {
		const char *key, *v1, *v2;
	} rows[] = {
		{"usage", "usage_in_bytes", "current"},
		{"max", "max_usage_in_bytes", NULL},
		{"failcnt", "failcnt", "events:max"},
	};
	char size[32], rest[32], name[96];
	bool v1;

	if (sscanf(file, "hugetlb.%31[^.].%31s", size, rest) != 2)
		return;
	v1 = !strcmp(rest, rows[0].v1);
	if (!v1 && strcmp(rest, rows[0].v2) != 0)
		return;
	open_object(j, size);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *end = v1 ? rows[i].v1 : rows[i].v2;
		uint64_t v;

		snprintf(name, sizeof(name), "hugetlb.%s.%s", size, end ? end : "");
		if (end && cgroup_files_number(f, name, &v))
			put(j, rows[i].key, v);
	}
	oci_json_object_end(j);
}

static void put_hugetlb(const struct cgroup_files *f, struct oci_json *j)
{
	open_object(j, "hugetlb");
	for (unsigned i = 0; i < f->n; i++) {
		int fd = openat(f->fds[i], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		_cleanup_dir_ DIR *d = fd < 0 ? NULL : fdopendir(fd);
		const struct dirent *e;

		if (!d && fd >= 0)
			fd_close(fd);
		while (d && (e = readdir(d)))
			if (!strncmp(e->d_name, "hugetlb.", 8))
				put_page_size(f, j, e->d_name);
	}
	oci_json_object_end(j);
}

void cgroup_files_encode(const struct cgroup_files *f, struct oci_json *j)
{
	oci_json_object(j);
	put_cpu(f, j);
	put_memory(f, j);
	put_pids(f, j);
	put_blkio(f, j);
	put_hugetlb(f, j);
	oci_json_object_end(j);
}

int cgroup_stats_encode(const struct oci_strings *dirs, struct oci_json *j, struct hz_error *err)
{
	struct cgroup_files f;

	if (cgroup_files_open(dirs, &f, err))
		return -1;
	cgroup_files_encode(&f, j);
	cgroup_files_close(&f);
	return 0;
}

static uint64_t number(const struct cgroup_files *f, const struct field *d)
{
	uint64_t v;

	return get(f, d, &v) ? v : 0;
}

static void add_io(void *data, const struct cgroup_io *io)
{
	struct hz_stats *s = data;

	if (!strcmp(io->op, "Read"))
		s->io_read += io->value;
	else if (!strcmp(io->op, "Write"))
		s->io_written += io->value;
}

static void get_io(const struct cgroup_files *f, struct hz_stats *s)
{
	static const struct cgroup_io_place place = IO_BYTES;
	_cleanup_buf_ struct buf text = BUF_INIT;
	const char *unit;

	if (cgroup_io_text(f, &place, &text, &unit))
		cgroup_io_each(text.data, unit, add_io, s);
}

static void get_pressure(const struct cgroup_files *f, const char *file, char *ret, size_t size)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	size_t n;

	if (!cgroup_files_text(f, file, &text) || strncmp(text.data, "some avg10=", 11) != 0)
		return;
	n = strspn(text.data + 11, "0123456789.");
	snprintf(ret, size, "%.*s", (int)(n < size ? n : size - 1), text.data + 11);
}

void cgroup_files_stats(const struct cgroup_files *f, struct hz_stats *ret)
{
	*ret = (struct hz_stats){.size = ret->size};
	ret->cpu_ns = number(f, &usage[0]);
	ret->memory_limit = number(f, &memory_usage[0]);
	if (ret->memory_limit >= INT64_MAX / 4096 * 4096) /* what v1 has where there is none */
		ret->memory_limit = UINT64_MAX;
	ret->memory = number(f, &memory_usage[1]);
	cgroup_files_number(f, "pids.current", &ret->pids);
	cgroup_files_number(f, "pids.max", &ret->pids_limit);
	get_io(f, ret);
	get_pressure(f, "cpu.pressure", ret->cpu_pressure, sizeof(ret->cpu_pressure));
	get_pressure(f, "memory.pressure", ret->memory_pressure, sizeof(ret->memory_pressure));
	get_pressure(f, "io.pressure", ret->io_pressure, sizeof(ret->io_pressure));
}

int cgroup_stats_get(const struct oci_strings *dirs, struct hz_stats *ret, struct hz_error *err)
{
	struct cgroup_files f;

	if (cgroup_files_open(dirs, &f, err))
		return -1;
	cgroup_files_stats(&f, ret);
	cgroup_files_close(&f);
	return 0;
}
