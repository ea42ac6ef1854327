/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier takes no bytes on trust: a plan that is cut or changed anywhere is refused; a plan
 * that is changed and sealed again is refused or can be printed (run under ASan, this shows that
 * all offsets are checked).
 */
#include "plan1.h"

#include <stddef.h>

#define LAYOUT_SUM 0xe13abffcu /* of this PLAN_VERSION, on 64-bit machines; see test_version() */

/* clang-format off */
static const char config[] =
	"{'ociVersion':'1.0.0','root':{'path':'rootfs','readonly':true},'hostname':'h','process':{"
	"'terminal':true,'cwd':'/','args':['sh','-c','x'],'env':['SECRET=hidden','PATH=/bin'],"
	"'user':{'uid':1,'gid':2,'additionalGids':[3,4]},'capabilities':{'bounding':['CAP_KILL']},"
	"'rlimits':[{'type':'RLIMIT_CORE','soft':0,'hard':1}],'oomScoreAdj':7},'mounts':["
	"{'destination':'/proc','type':'proc','source':'proc'},"
	"{'destination':'/data','type':'bind','source':'/srv','options':['rbind','ro']}],"
	"'hooks':{'prestart':[{'path':'/a','timeout':2}],"
	"'poststop':[{'path':'/b','env':['X=hidden']}]},'linux':{'namespaces':[{'type':'user'},"
	"{'type':'mount'},{'type':'uts'},{'type':'pid'},{'type':'network','path':'/run/n'},"
	"{'type':'time'},{'type':'cgroup'}],'timeOffsets':{'monotonic':{'secs':1}},"
	"'uidMappings':[{'containerID':0,'hostID':1000,'size':9}],"
	"'gidMappings':[{'containerID':0,'hostID':1000,'size':9}],"
	"'maskedPaths':['/proc/kcore'],'readonlyPaths':['/proc/sys'],"
	"'resources':{'memory':{'limit':1000000}},'sysctl':{'net.ipv4.ip_forward':'1'},"
	"'cgroupsPath':'/a/b','seccomp':{'defaultAction':'SCMP_ACT_ALLOW'}}}";
/* clang-format on */

static struct rig t;

static void test_cuts(void)
{
	bool all = true;

	for (size_t n = 0; n < t.plan.size; n++) {
		char *copy = malloc(n ? n : 1);

		memcpy(copy, t.plan.h, n);
		all &= plan_verify(copy, n, NULL) < 0;
		free(copy);
	}
	ok(all, "cut at every byte");
}

static void test_changes(void)
{
	char *copy = malloc(t.plan.size);
	bool all = true;

	memcpy(copy, t.plan.h, t.plan.size);
	for (size_t n = 0; n < t.plan.size; n++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			copy[n] ^= (char)(1u << bit);
			all &= plan_verify(copy, t.plan.size, NULL) < 0;
			copy[n] ^= (char)(1u << bit);
		}
	}
	ok(all, "changed in every bit");
	free(copy);
}

/* With a right checksum the other checks have to stand alone. */
static void test_forged(void)
{
	static const unsigned char values[] = {0x00, 0x01, 0x07, 0x10, 0x7f, 0x80, 0xff};
	static const struct plan_print_options o = {.show_env = true};
	struct plan_header *copy = malloc(t.plan.size);
	size_t refused = 0, taken = 0;

	for (size_t n = 0; n < t.plan.size; n++) {
		for (size_t k = 0; k < sizeof(values); k++) {
			struct buf out = BUF_INIT;

			memcpy(copy, t.plan.h, t.plan.size);
			((unsigned char *)copy)[n] = values[k];
			if (copy->size == t.plan.size)
				plan_seal(copy);
			if (plan_verify(copy, t.plan.size, NULL) < 0) {
				refused++;
				continue;
			}
			taken++;
			plan_print_text(copy, &o, &out);
			buf_done(&out);
		}
	}
	ok(refused > 1000 && taken > 1000, "forged bytes: %zu refused, %zu printed", refused,
	   taken);
	free(copy);
}

/* Forge one field of one step: the verifier's message names it. */
static void forge(const char *want, enum plan_kind kind, size_t offset, uint32_t value)
{
	struct hz_error err = HZ_ERROR_INIT;
	char *copy = malloc(t.plan.size);
	const char *step = rig_step(&t, kind, 0);

	memcpy(copy, t.plan.h, t.plan.size);
	memcpy(copy + (step - (const char *)t.plan.h) + offset, &value, sizeof(value));
	plan_seal((struct plan_header *)(void *)copy);
	is_int(plan_verify(copy, t.plan.size, &err), -1, "%s", want);
	if (!ok(strstr(err.msg, want), "%s: its words", want))
		diag("got %s", err.msg);
	hz_error_clear(&err);
	free(copy);
}

static void test_words(void)
{
	uint32_t rootfs = ((const struct plan_rootfs *)rig_step(&t, PLAN_ROOTFS, 0))->path;

	forge("(mount): target: a string is missing", PLAN_MOUNT,
	      offsetof(struct plan_mount, target), 0);
	forge("(mount): target: a string is outside", PLAN_MOUNT,
	      offsetof(struct plan_mount, target), 8);
	forge("(mount): flags: unknown bits", PLAN_MOUNT, offsetof(struct plan_mount, flags),
	      1u << 31);
	forge("(sysctl): key: not a path", PLAN_SYSCTL, offsetof(struct plan_sysctl, key), rootfs);
	forge("(namespace join): a slot that was not opened", PLAN_NS_JOIN,
	      offsetof(struct plan_ns_join, slot), 5);
	forge("(pivot): how: no such value", PLAN_PIVOT, offsetof(struct plan_pivot, how), 9);
	forge("(exec): not what was looked up", PLAN_EXEC, offsetof(struct plan_exec, uid), 99);
	forge("(user): setgroups: neither 0 nor 1", PLAN_USER,
	      offsetof(struct plan_user, setgroups), 2);
	forge("(hooks): these hooks are not this actor's", PLAN_HOOKS,
	      offsetof(struct plan_hooks, which), PLAN_HOOK_CREATE_CONTAINER);
	forge("(id map): out of order", PLAN_SYNC, offsetof(struct plan_sync, point),
	      PLAN_POINT_READY);
	forge("(spawn): clone_flags: unknown bits", PLAN_SPAWN,
	      offsetof(struct plan_spawn, clone_flags), 1);
	forge("index or actor", PLAN_MOUNT, offsetof(struct plan_step, kind),
	      PLAN_MOUNT | PLAN_HOST << 16);
}

static void test_masking(void)
{
	static const struct plan_print_options o = {.show_env = false};
	struct hz_error err = HZ_ERROR_INIT;
	struct oci_json *j = oci_json_new("");
	struct buf text = BUF_INIT;
	const char *json = NULL;
	size_t len = 0;

	plan_print_text(t.plan.h, &o, &text);
	ok(text.data && !strstr(text.data, "hidden") && strstr(text.data, "SECRET=***"),
	   "no values of variables in text");
	is_int(plan_print_json(t.plan.h, &o, j, &err) | oci_json_text(j, &json, &len, &err), 0,
	       "JSON");
	ok(json && !strstr(json, "hidden") && strstr(json, "\"SECRET=***\"") &&
		   strstr(json, "\"X=***\""),
	   "no values of variables in JSON");
	ok(json && strstr(json, "\"step\":\"id map\"") &&
		   strstr(json, "\"origin\":\"/linux/uidMappings\""),
	   "steps and origins in JSON");
	oci_json_free(j);
	buf_done(&text);
}

static uint32_t mix(uint32_t sum, uint64_t number)
{
	for (int i = 0; i < 8; i++, number >>= 8)
		sum = (sum ^ (unsigned char)number) * 0x01000193u;
	return sum;
}

static uint32_t mix_fields(uint32_t sum, const struct layout_field *f)
{
	for (; f && f->name; f++) {
		sum = mix(sum, (uint64_t)f->type << 32 | f->offset);
		for (const struct plan_value *v = f->values; v && v->name; v++)
			sum = mix(sum, v->value);
	}
	return sum;
}

/* Versions of hezi tell each other's plans by PLAN_VERSION alone (docs/upgrading.md). */
static void test_version(void)
{
	uint32_t sum = mix(0x811c9dc5u, sizeof(struct plan_header));

	for (unsigned kind = 0; kind < PLAN_KIND_COUNT; kind++) {
		const struct layout *l = layout_of(kind);

		sum = mix_fields(mix(sum, l ? l->size : 0), l ? l->fields : NULL);
	}
	sum = mix_fields(sum, layout_hook_fields);
	ok(PLAN_VERSION == 2 && sum == LAYOUT_SUM,
	   "the layout of version %u is as it was: else raise PLAN_VERSION and put both here, with "
	   "the sum 0x%08x",
	   PLAN_VERSION, sum);
}

int main(void)
{
	test_version();
	rig_init(&t);
	rig_compile(&t, config);
	if (!ok(t.r == 0, "compiles")) {
		diag("%s", t.text.data);
		return done_testing();
	}
	test_cuts();
	test_changes();
	test_forged();
	test_words();
	test_masking();
	rig_done(&t);
	return done_testing();
}
