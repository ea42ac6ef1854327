/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Golden plans: every bundle of bundles/ is decoded and compiled for fixed hosts, and the printed
 * plan (or the error) is compared with golden/<bundle>.<host>.plan (.err). `golden-test DIR
 * --update` writes them anew: read what git diff shows then, line by line.
 */
#include "hosts.h"
#include "tap.h"

static const char *dir;
static bool update;

static void check_golden(const char *name, const char *kind, const struct buf *text)
{
	char path[4096];
	size_t len = 0;
	char *want;
	FILE *f;

	snprintf(path, sizeof(path), "%s/golden/%s.%s", dir, name, kind);
	if (update) {
		f = fopen(path, "we");
		ok(f && fwrite(text->data, 1, text->len, f) == text->len, "write %s.%s", name,
		   kind);
		if (f)
			fclose(f);
		return;
	}
	want = read_file(path, &len);
	is_str(text->data, want, "%s.%s", name, kind);
	free(want);
}

static void print_error(const struct hz_error *err, struct buf *out)
{
	buf_printf(out, "%s %s: %s\n", hz_error_code_name(err->code), err->pointer, err->msg);
	if (err->more)
		buf_adds(out, err->more);
}

/* Whatever compiles must also print as JSON, and must be refused when a byte of it is changed or
 * lost. */
static void check_properties(const char *name, const struct plan *p)
{
	struct hz_error err = HZ_ERROR_INIT;
	struct oci_json *j = oci_json_new("");
	const struct plan_print_options o = {.show_env = false};
	bool refused = true;
	const char *text;
	size_t len;
	char *copy = malloc(p->size);

	ok(j && plan_print_json(p->h, &o, j, &err) == 0 &&
		   oci_json_text(j, &text, &len, &err) == 0 && len > 100,
	   "%s as JSON", name);
	if (j)
		oci_json_free(j);
	for (size_t i = 0; copy && i < p->size; i += 97) {
		memcpy(copy, p->h, p->size);
		copy[i] ^= 0x40;
		refused &= plan_verify(copy, p->size, NULL) < 0;
		memcpy(copy, p->h, p->size);
		refused &= plan_verify(copy, i, NULL) < 0;
	}
	ok(copy && refused, "%s is refused when changed or cut", name);
	free(copy);
	hz_error_clear(&err);
}

/* Returns the error code. */
static int check_compile(const char *name, const struct oci_config *c, const struct host *h,
			 bool forgive, const struct plan_exec_target *exec)
{
	struct plan_options opt = options_of(h, exec);
	const struct plan_print_options print = {.show_env = true};
	struct hz_error err = HZ_ERROR_INIT;
	struct buf out = BUF_INIT;
	struct plan p;
	int code = HZ_OK;

	opt.forgive_unsupported = forgive;
	if (plan_compile(c, &h->facts, &opt, &p, &err) < 0) {
		code = (int)err.code;
		print_error(&err, &out);
		check_golden(name, "err", &out);
	} else {
		plan_print_text(p.h, &print, &out);
		for (unsigned i = 0; i < p.nwarnings && i < PLAN_WARNINGS; i++)
			buf_printf(&out, "warning: %s: %s\n", p.warnings[i].pointer,
				   p.warnings[i].text);
		check_golden(name, "plan", &out);
		check_properties(name, &p);
	}
	plan_done(&p);
	buf_done(&out);
	hz_error_clear(&err);
	return code;
}

static void check_bundle(const char *bundle)
{
	struct hz_error err = HZ_ERROR_INIT;
	struct arena a = ARENA_INIT;
	struct oci_config *c = NULL;
	char path[4096], name[512];
	size_t len = 0;
	char *text;

	snprintf(path, sizeof(path), "%s/bundles/%s/config.json", dir, bundle);
	text = read_file(path, &len);
	if (!text || !ok(oci_config_decode(&a, text, len, "config.json", &c, &err) == 0,
			 "%s decodes", bundle)) {
		diag("%s", err.msg);
		goto out;
	}
	for (size_t i = 0; i < HOSTS; i++) {
		int code;

		if (!is_wanted(bundle, hosts[i].name))
			continue;
		if (is_entered(bundle)) {
			const struct plan_exec_target t = target_of(c, &hosts[i]);

			snprintf(name, sizeof(name), "%s.%s-exec", bundle, hosts[i].name);
			check_compile(name, c, &hosts[i], false, &t);
		}
		snprintf(name, sizeof(name), "%s.%s", bundle, hosts[i].name);
		code = check_compile(name, c, &hosts[i], false, NULL);
		if (strncmp(bundle, "refused-", 8) == 0) {
			is_int(code, HZ_E_UNSUPPORTED, "%s is refused", name);
			continue;
		}
		if (code != HZ_E_UNSUPPORTED)
			continue;
		snprintf(name, sizeof(name), "%s.%s-explain", bundle, hosts[i].name);
		check_compile(name, c, &hosts[i], true, NULL);
	}
out:
	free(text);
	arena_done(&a);
	hz_error_clear(&err);
}

int main(int argc, char **argv)
{
	dir = argc > 1 ? argv[1] : ".";
	update = argc > 2 && strcmp(argv[2], "--update") == 0;
	if (!for_each_bundle(dir, check_bundle))
		return 1;
	return done_testing();
}
