/* SPDX-License-Identifier: Apache-2.0 */
/* The systemd cgroup driver: names of units, values of annotations, values of files as properties.
 */
#include "plan/unit_properties.h"
#include "plan/variant.h"
#include "plan1.h"

#include <string.h>

/* --- values in text form --- */

static void value(const char *text, const char *signature)
{
	struct arena a = ARENA_INIT;
	const char *why = "";
	const struct variant *v = variant_parse(&a, text, &why);

	if (!ok(v != NULL, "%s is a value", text))
		diag("%s", why);
	if (v)
		is_str(v->signature, signature, "%s is %s", text, signature);
	arena_done(&a);
}

static void no_value(const char *text, const char *want)
{
	struct arena a = ARENA_INIT;
	const char *why = "";

	ok(!variant_parse(&a, text, &why), "%s is no value", text);
	if (!ok(strstr(why, want) != NULL, "%s: says why", text))
		diag("%s", why);
	arena_done(&a);
}

static void types(void)
{
	value("true", "b");
	value(" false ", "b");
	value("5", "i");
	value("-5", "i");
	value("0x1f", "i");
	value("5.0", "d");
	value("1e3", "d");
	value("byte 255", "y");
	value("int16 -32768", "n");
	value("uint16 65535", "q");
	value("int32 -2147483648", "i");
	value("uint32 4294967295", "u");
	value("int64 -9223372036854775808", "x");
	value("uint64 18446744073709551615", "t");
	value("double 5", "d");
	value("'text'", "s");
	value("\"te'xt\"", "s");
	value("objectpath '/a'", "o");
	value("signature 'as'", "g");
	value("['a', 'b']", "as");
	value("[1, 2, 3]", "ai");
	value("[1, uint64 2]", "at");
	value("[1, 2.5]", "ad");
	value("[[1], [byte 2]]", "aay");
	value("@as []", "as");
	value("@a(ss) []", "a(ss)");
	value("@a{sv} {}", "a{sv}");
	value("@t 5", "t");
	value("@(iu) (1, 2)", "(iu)");
	value("('a', uint32 1)", "(su)");
	value("(1,)", "(i)");
	value("[('/dev/fuse', 'rwm'), ('char-pts', 'rw')]", "a(ss)");
	value("{'a': <1>, 'b': <'x'>}", "a{sv}");
	value("{1: true}", "a{ib}");
	value("[{'a', 1}, {'b', uint64 2}]", "a{st}");
	value("<['a']>", "v");
	value("b'text'", "ay");
	value("[byte 0x0f, 1]", "ay");
}

static void bytes(void)
{
	static const unsigned char want[] = {1, 'a', '\n', '\'', '\\', 255, '8', 0};
	struct arena a = ARENA_INIT;
	const char *why;
	const struct variant *v = variant_parse(&a, "b'\\001a\\n\\'\\\\\\3778'", &why);

	if (ok(v != NULL && v->n == sizeof(want), "a string of bytes with escapes"))
		for (size_t i = 0; i < v->n; i++)
			is_int((int)v->items[i]->u, want[i], "byte %zu", i);
	arena_done(&a);
}

static void faults(void)
{
	no_value("b'x", "no end");
	no_value("b'\\", "escape");
	no_value("b'\\400'", "escape");
	no_value("", "missing");
	no_value("text", "quotes");
	no_value("'text", "no end");
	no_value("'a' 'b'", "more follows");
	no_value("[1, 2", "not closed");
	no_value("[1, 'a']", "type");
	no_value("['a', 1]", "type");
	no_value("[]", "empty array");
	no_value("()", "no empty tuple");
	no_value("byte 256", "range");
	no_value("byte -1", "range");
	no_value("5000000000", "range");
	no_value("uint64 18446744073709551616", "range");
	no_value("uint64 'a'", "type");
	no_value("just 5", "maybe");
	no_value("nothing", "maybe");
	no_value("handle 1", "descriptor");
	no_value("@ 5", "no complete type");
	no_value("@ss 'a'", "no complete type");
	no_value("@m 5", "no complete type");
	no_value("@{si} 5", "type");
	no_value("{'a', 1}", "entry outside");
	no_value("12x", "cannot be read");
	no_value("'\\u12'", "escape");
	no_value("'\\ud800'", "escape");
	no_value("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "deep");
	no_value("#", "unexpected");
}

static void strings(void)
{
	struct arena a = ARENA_INIT;
	const char *why = "";
	const struct variant *v = variant_parse(&a, "'a\\n\\'\\u00fc\\U0001f600\\\\'", &why);

	is_str(v ? v->s : why, "a\n'\xc3\xbc\xf0\x9f\x98\x80\\", "escapes of a string");
	arena_done(&a);
}

/* --- files as properties --- */

static void files(bool v2, const char *const *pairs, const char *want)
{
	struct arena a = ARENA_INIT;
	struct unit_properties u = {.a = &a};
	struct buf out = BUF_INIT;

	for (; *pairs; pairs += 2)
		unit_property_from_file(&u, v2, pairs[0], pairs[1]);
	unit_properties_finish(&u);
	for (size_t i = 0; i < u.n; i++)
		buf_printf(&out, "%s%s", i ? "; " : "", u.items[i]);
	is_str(out.data ? out.data : "", want, "%s", want);
	buf_done(&out);
	arena_done(&a);
}

#define FILES(v2, want, ...) files(v2, (const char *const[]){__VA_ARGS__, NULL}, want)

static void conversions(void)
{
	FILES(true, "MemoryMax=uint64 1048576", "memory.max", "1048576");
	FILES(true, "MemoryMax=uint64 18446744073709551615", "memory.max", "max");
	FILES(true, "MemorySwapMax=uint64 0", "memory.swap.max", "0");
	FILES(true, "TasksMax=uint64 18446744073709551615", "pids.max", "max");
	FILES(true, "CPUWeight=uint64 59", "cpu.weight", "59");
	FILES(true, "?CPUWeight=uint64 0", "cpu.weight", "59", "cpu.idle", "1");
	FILES(true, "CPUWeight=uint64 59", "cpu.weight", "59", "cpu.idle", "0");
	FILES(true, "CPUWeight=uint64 59", "cpu.idle", "0", "cpu.weight", "59");
	FILES(true, "?CPUWeight=uint64 18446744073709551615", "cpu.idle", "0");
	FILES(true, "CPUQuotaPerSecUSec=uint64 200000; ?CPUQuotaPeriodUSec=uint64 100000",
	      "cpu.max", "20000 100000");
	FILES(true, "CPUQuotaPerSecUSec=uint64 670000; ?CPUQuotaPeriodUSec=uint64 50000", "cpu.max",
	      "33333 50000");
	FILES(true,
	      "CPUQuotaPerSecUSec=uint64 18446744073709551615; ?CPUQuotaPeriodUSec=uint64 100000",
	      "cpu.max", "max");
	FILES(true, "?AllowedCPUs=@ay [0x0f, 0x01]", "cpuset.cpus", "0-3,8");
	FILES(true, "?AllowedMemoryNodes=@ay [0x01]", "cpuset.mems", "0");
	FILES(true, "", "cpuset.cpus", "0-31:2/4");
	FILES(true, "", "cpuset.cpus", "");
	FILES(true, "IOWeight=uint64 200", "io.weight", "default 200");
	FILES(true, "?IODeviceWeight=[('/dev/block/8:0', uint64 200)]", "io.weight", "8:0 200");
	FILES(true,
	      "?IOReadBandwidthMax=[('/dev/block/8:16', uint64 1000)]; "
	      "?IOWriteIOPSMax=[('/dev/block/8:16', uint64 18446744073709551615)]",
	      "io.max", "8:16 rbps=1000 wiops=max");
	FILES(true, "?OOMPolicy='kill'", "memory.oom.group", "1");
	FILES(true, "", "hugetlb.2MB.max", "2097152");
	FILES(false, "MemoryLimit=uint64 18446744073709551615", "memory.limit_in_bytes", "-1");
	FILES(false, "CPUShares=uint64 512", "cpu.shares", "512");
	FILES(false, "CPUQuotaPerSecUSec=uint64 500000; ?CPUQuotaPeriodUSec=uint64 20000",
	      "cpu.cfs_period_us", "20000", "cpu.cfs_quota_us", "10000");
	FILES(false, "", "cpu.cfs_period_us", "20000");
	FILES(false, "?BlockIOReadBandwidth=[('/dev/block/8:0', uint64 1000)]",
	      "blkio.throttle.read_bps_device", "8:0 1000");
}

/* --- names --- */

static void rigged(const char *json, const char *want, const char *name)
{
	struct rig t;

	rig_init(&t);
	t.opt.systemd_cgroup = true;
	rig_compile(&t, json);
	rig_has(&t, want, name);
	rig_done(&t);
}

static void scope(const char *path, const char *want)
{
	char json[512];

	snprintf(json, sizeof(json),
		 "{'ociVersion':'1.0.2','root':{'path':'rootfs'},'linux':{'cgroupsPath':'%s'}}",
		 path);
	rigged(json, want, path);
}

static void names(void)
{
	scope("", "unit \"hezi-box.scope\" in \"system.slice\"");
	scope("machine.slice:libpod:abc", "unit \"libpod-abc.scope\" in \"machine.slice\"");
	scope(":runc:abc", "unit \"runc-abc.scope\" in \"system.slice\"");
	scope("-:runc:abc", "unit \"runc-abc.scope\" in \"-.slice\"");
	scope("a-b-c.slice::abc", "unit \"abc.scope\" in \"a-b-c.slice\"");
	scope("/abc", "expected cgroupsPath to be of format \"slice:prefix:name\"");
	scope("a:b", "expected cgroupsPath to be of format \"slice:prefix:name\"");
	scope("a.slice:b:c:d", "expected cgroupsPath to be of format \"slice:prefix:name\"");
	scope("machine:libpod:abc", "no \".slice\" at its end");
	scope("a/b.slice:libpod:abc", "not by a path");
	scope("-a.slice:libpod:abc", "a \"-\" without a name");
	scope("a--b.slice:libpod:abc", "a \"-\" without a name");
	scope("a-.slice:libpod:abc", "a \"-\" without a name");
	scope("a.slice:libpod:", "the unit has no name");
	scope("a.slice:libpod:b.slice", "no process can be in a slice");
	scope("a.slice:libpod:b/c", "cannot be the name of a unit");
	scope("a.slice:libpod:b+c", "cannot be the name of a unit");
}

static void annotation(const char *name, const char *text, const char *want)
{
	char json[512];

	snprintf(json, sizeof(json),
		 "{'ociVersion':'1.0.2','root':{'path':'rootfs'},'annotations':{'%s':'%s'}}", name,
		 text);
	rigged(json, want, name);
}

static void annotations(void)
{
	annotation("org.systemd.property.TimeoutStopSec", "uint64 5",
		   "TimeoutStopUSec=uint64 5000000");
	annotation("org.systemd.property.TimeoutStopSec", "1.5", "TimeoutStopUSec=uint64 1500000");
	annotation("org.systemd.property.TimeoutStopUSec", "uint64 5", "TimeoutStopUSec=uint64 5");
	annotation("org.systemd.property.TimeoutStopSec", "true", "no number of seconds");
	annotation("org.systemd.property.TimeoutStopSec", "-1", "no number of seconds");
	annotation("org.systemd.property.CollectMode", "text", "no value in the text form");
	annotation("org.systemd.property.PIDs", "[uint32 1]", "is set by hezi");
	annotation("org.systemd.property.Slice", "true", "is set by hezi");
	annotation("org.systemd.property.Delegate", "false", "is set by hezi");
	annotation("org.systemd.property.lower", "true", "no name of a property");
	annotation("org.systemd.property.A=b", "true", "no name of a property");
	annotation("org.systemd.property.", "true", "no name of a property");
	annotation("org.systemd.property.DefaultDependencies", "true", "DefaultDependencies=true");
	annotation("run.oci.systemd.subgroup", "sub", "a sub-cgroup of the scope is not supported");
	annotation("run.oci.systemd.subgroup", "", "unit \"hezi-box.scope\"");
}

int main(void)
{
	types();
	bytes();
	faults();
	strings();
	conversions();
	names();
	annotations();
	return done_testing();
}
