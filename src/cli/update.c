/* SPDX-License-Identifier: Apache-2.0 */
/* hezi update: the options as linux.resources of the runtime-spec. */
#include "cli/cli.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "ocispec.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define RESOURCES_MAX (4u << 20)

static struct update_cmd {
	const char *resources;
	const char *memory, *swap, *reservation, *kernel, *kernel_tcp;
	const char *shares, *quota, *period, *burst, *rt_runtime, *rt_period, *idle, *cpus, *mems;
	const char *pids, *weight;
	const char *l3_cache, *mem_bw;
} values;

#define AT(field) offsetof(struct update_cmd, field)
static const struct opt options[] = {
	{"resources", 'r', OPT_STRING, AT(resources), "FILE",
	 "linux.resources as JSON (\"-\": standard input); the other options are ignored then"},
	{"memory", 0, OPT_STRING, AT(memory), "BYTES", "memory limit; -1: none"},
	{"memory-swap", 0, OPT_STRING, AT(swap), "BYTES", "limit of memory and swap together"},
	{"memory-reservation", 0, OPT_STRING, AT(reservation), "BYTES",
	 "what memory is reclaimed to when it is short"},
	{"kernel-memory", 0, OPT_STRING, AT(kernel), "BYTES",
	 "has no effect: kernels no longer have this limit"},
	{"kernel-memory-tcp", 0, OPT_STRING, AT(kernel_tcp), "BYTES", "has no effect"},
	{"cpu-share", 0, OPT_STRING, AT(shares), "N", "weight against other cgroups"},
	{"cpu-quota", 0, OPT_STRING, AT(quota), "USEC", "CPU time in each period; -1: no limit"},
	{"cpu-period", 0, OPT_STRING, AT(period), "USEC", "the period of the quota"},
	{"cpu-burst", 0, OPT_STRING, AT(burst), "USEC", "how much unused quota may be saved up"},
	{"cpu-rt-runtime", 0, OPT_STRING, AT(rt_runtime), "USEC", "real-time budget of a period"},
	{"cpu-rt-period", 0, OPT_STRING, AT(rt_period), "USEC", "the period of that budget"},
	{"cpu-idle", 0, OPT_STRING, AT(idle), "0|1", "1: run only when nothing else does"},
	{"cpuset-cpus", 0, OPT_STRING, AT(cpus), "LIST", "the CPUs to run on"},
	{"cpuset-mems", 0, OPT_STRING, AT(mems), "LIST", "the memory nodes to use"},
	{"pids-limit", 0, OPT_STRING, AT(pids), "N",
	 "how many processes there may be; -1: no limit"},
	{"blkio-weight", 0, OPT_STRING, AT(weight), "N", "weight of its I/O, 10 to 1000"},
	{"l3-cache-schema", 0, OPT_STRING, AT(l3_cache), "LINE",
	 "L3 cache of the container's resctrl group, such as \"L3:0=7f0;1=1f\""},
	{"mem-bw-schema", 0, OPT_STRING, AT(mem_bw), "LINE",
	 "memory bandwidth of that group, such as \"MB:0=20;1=70\""},
};

enum form {
	BYTES, /* 512m, 1.5g, -1 */
	NUMBER,
	TEXT
};

/* The values in the order of their objects. */
static const struct {
	const char *option, *object, *key;
	size_t offset;
	enum form form;
} rows[] = {
	{"memory", "memory", "limit", AT(memory), BYTES},
	{"memory-swap", "memory", "swap", AT(swap), BYTES},
	{"memory-reservation", "memory", "reservation", AT(reservation), BYTES},
	{"cpu-share", "cpu", "shares", AT(shares), NUMBER},
	{"cpu-quota", "cpu", "quota", AT(quota), NUMBER},
	{"cpu-period", "cpu", "period", AT(period), NUMBER},
	{"cpu-burst", "cpu", "burst", AT(burst), NUMBER},
	{"cpu-rt-runtime", "cpu", "realtimeRuntime", AT(rt_runtime), NUMBER},
	{"cpu-rt-period", "cpu", "realtimePeriod", AT(rt_period), NUMBER},
	{"cpu-idle", "cpu", "idle", AT(idle), NUMBER},
	{"cpuset-cpus", "cpu", "cpus", AT(cpus), TEXT},
	{"cpuset-mems", "cpu", "mems", AT(mems), TEXT},
	{"pids-limit", "pids", "limit", AT(pids), NUMBER},
	{"blkio-weight", "blockIO", "weight", AT(weight), NUMBER},
};
#undef AT

static const char *value_of(size_t row)
{
	const char *v;

	memcpy(&v, (const char *)&values + rows[row].offset, sizeof(v));
	return v;
}

/* "m", "mb", "mib" … as a power of 1024; -1: no unit. */
static int unit_of(const char *s)
{
	static const char units[] = "kmgtp";
	const char *u;

	if (!*s || !strcasecmp(s, "b"))
		return 0;
	u = strchr(units, *s | 0x20);
	if (!u || (s[1] && strcasecmp(s + 1, "b") != 0 && strcasecmp(s + 1, "ib") != 0))
		return -1;
	return (int)(u - units) + 1;
}

static bool parse_bytes(const char *s, int64_t *ret)
{
	char *end;
	double v;
	int unit;

	if (!strcmp(s, "-1")) {
		*ret = -1;
		return true;
	}
	if (*s < '0' || *s > '9')
		return false;
	v = strtod(s, &end);
	unit = strspn(s, "0123456789.") == (size_t)(end - s) ? unit_of(end) : -1;
	v = unit < 0 ? -1 : ldexp(v, 10 * unit);
	if (v < 0 || v >= 0x1p63)
		return false;
	*ret = (int64_t)v;
	return true;
}

static bool parse_number(const char *s, int64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(s, &end, 10);
	return !errno && *s && !*end && (*s == '-' || (*s >= '0' && *s <= '9'));
}

static int put_value(struct oci_json *j, size_t row, struct hz_error *err)
{
	const char *s = value_of(row);
	int64_t v = 0;

	oci_json_key(j, rows[row].key);
	if (rows[row].form == TEXT) {
		oci_json_str(j, s);
		return 0;
	}
	if (rows[row].form == BYTES ? !parse_bytes(s, &v) : !parse_number(s, &v))
		return error_set(err, HZ_E_USAGE, "invalid value for --%s: \"%s\"",
				 rows[row].option, s);
	oci_json_i64(j, v);
	return 0;
}

static int put_options(struct oci_json *j, bool *ret_any, struct hz_error *err)
{
	const char *object = NULL;

	oci_json_object(j);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!value_of(i))
			continue;
		if (object && strcmp(object, rows[i].object) != 0)
			oci_json_object_end(j);
		if (!object || strcmp(object, rows[i].object) != 0) {
			oci_json_key(j, rows[i].object);
			oci_json_object(j);
		}
		object = rows[i].object;
		if (put_value(j, i, err))
			return -1;
	}
	if (object)
		oci_json_object_end(j);
	oci_json_object_end(j);
	*ret_any = object || values.kernel || values.kernel_tcp || values.l3_cache || values.mem_bw;
	return 0;
}

static int read_options(struct cli *cli, struct buf *ret, struct hz_error *err)
{
	struct oci_json *j = oci_json_new("");
	const char *text;
	size_t len;
	bool any = true;
	int r = j ? put_options(j, &any, err) : error_oom(err);

	if (!any)
		log_message(&cli->log, LOG_AT_WARNING, "nothing to change: no option is given");
	if (!r)
		r = oci_json_text(j, &text, &len, err);
	if (!r)
		buf_add(ret, text, len);
	if (j)
		oci_json_free(j);
	return r || !ret->failed ? r : error_oom(err);
}

static int read_file(const char *path, struct buf *ret, struct hz_error *err)
{
	int r = strcmp(path, "-") == 0 ? fd_read_all(STDIN_FILENO, ret, RESOURCES_MAX)
				       : file_read_at(AT_FDCWD, path, ret, RESOURCES_MAX);

	if (r)
		return error_sys(err, -r, "read", path, "read the resources from \"%s\"", path);
	if (memchr(ret->data ? ret->data : "", '\0', ret->len))
		return error_set(err, HZ_E_JSON, "there is a NUL byte in \"%s\"", path);
	return 0;
}

static int update(struct cli *cli, char **args, struct hz_error *err)
{
	_cleanup_runtime_ hz_runtime *rt = NULL;
	_cleanup_buf_ struct buf text = BUF_INIT;
	const char *path = values.resources;
	struct hz_update_options o = {.size = sizeof(o), .id = args[0]};

	if (values.kernel || values.kernel_tcp)
		log_message(&cli->log, LOG_AT_WARNING,
			    "kernel memory limits have no effect: kernels no longer have them");
	if (path ? read_file(path, &text, err) : read_options(cli, &text, err))
		return -1;
	o.resources = text.data ? text.data : "";
	if (!path) {
		o.l3_cache_schema = values.l3_cache;
		o.mem_bw_schema = values.mem_bw;
	}
	o.name = !path ? NULL : strcmp(path, "-") == 0 ? "standard input" : path;
	return cli_runtime(cli, &rt, err) ? -1 : hz_update(rt, &o, err);
}

const struct command command_update = {
	.name = "update",
	.summary = "change the limits of a container",
	.operands = "<container-id>",
	.description = "What is not named stays as it is. BYTES may end in k, m, g, t. With "
		       "--resources the change is a\n"
		       "document such as {\"memory\": {\"limit\": 268435456}}.",
	.min_args = 1,
	.max_args = 1,
	.error_status = 1,
	.options = OPT_TABLE(options),
	.values = &values,
	.run = update,
};
