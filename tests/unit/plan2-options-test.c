/* SPDX-License-Identifier: Apache-2.0 */
/* The table of mount options: every name of the runtime-spec, and what lists of them come to. */
#include "plan/mount_options.h"
#include "plan/plan.h"
#include "tap.h"

#include <linux/mount.h>
#include <stdio.h>

static const char *const spec_names[] = {
	"async",
	"atime",
	"bind",
	"defaults",
	"dev",
	"diratime",
	"dirsync",
	"exec",
	"iversion",
	"lazytime",
	"loud",
	"mand",
	"noatime",
	"nodev",
	"nodiratime",
	"noexec",
	"noiversion",
	"nolazytime",
	"nomand",
	"norelatime",
	"nostrictatime",
	"nosuid",
	"nosymfollow",
	"private",
	"ratime",
	"rbind",
	"rdev",
	"rdiratime",
	"relatime",
	"remount",
	"rexec",
	"rnoatime",
	"rnodev",
	"rnodiratime",
	"rnoexec",
	"rnorelatime",
	"rnostrictatime",
	"rnosuid",
	"rnosymfollow",
	"ro",
	"rprivate",
	"rrelatime",
	"rro",
	"rrw",
	"rshared",
	"rslave",
	"rstrictatime",
	"rsuid",
	"rsymfollow",
	"runbindable",
	"rw",
	"shared",
	"silent",
	"slave",
	"strictatime",
	"suid",
	"symfollow",
	"sync",
	"tmpcopyup",
	"unbindable",
	"idmap",
	"ridmap",
	"acl",
	"noacl",
};

/* Folded words, as "set clr | rec set clr | sb prop flags" in hexadecimal. */
static const char *fold(const char *words)
{
	static char out[128];
	struct mount_flags f = {0};
	char text[256], *save = NULL;

	snprintf(text, sizeof(text), "%s", words);
	for (char *w = strtok_r(text, ",", &save); w; w = strtok_r(NULL, ",", &save))
		mount_flags_add(&f, mount_option_find(w));
	snprintf(out, sizeof(out), "%llx %llx|%llx %llx|%llx %llx %x",
		 (unsigned long long)f.one.set, (unsigned long long)f.one.clr,
		 (unsigned long long)f.all.set, (unsigned long long)f.all.clr,
		 (unsigned long long)f.sb_flags, (unsigned long long)f.propagation, f.flags);
	return out;
}

static const struct {
	const char *words, *want;
} cases[] = {
	{"defaults", "0 0|0 0|0 0 0"},
	{"ro", "1 0|0 0|0 0 0"},
	{"ro,rw", "0 1|0 0|0 0 0"},
	{"rw,ro", "1 0|0 0|0 0 0"},
	{"nosuid,suid", "0 2|0 0|0 0 0"},
	{"nosuid,nodev,noexec", "e 0|0 0|0 0 0"},
	{"nosymfollow", "200000 0|0 0|0 0 0"},
	{"noatime", "10 70|0 0|0 0 0"},
	{"noatime,strictatime", "20 70|0 0|0 0 0"},
	{"strictatime,noatime", "10 70|0 0|0 0 0"},
	{"relatime", "0 70|0 0|0 0 0"},
	{"noatime,atime", "0 70|0 0|0 0 0"},
	{"strictatime,atime", "20 70|0 0|0 0 0"},
	{"strictatime,nostrictatime", "0 70|0 0|0 0 0"},
	{"relatime,norelatime", "0 0|0 0|0 0 0"},
	{"noatime,norelatime", "10 70|0 0|0 0 0"},
	{"nodiratime,noatime", "90 70|0 0|0 0 0"},
	{"nodiratime,diratime", "0 80|0 0|0 0 0"},
	{"rro", "0 0|1 0|0 0 0"},
	{"rro,rrw", "0 0|0 1|0 0 0"},
	{"rro,rw", "0 1|1 0|0 0 0"},
	{"rw,rro", "0 0|1 0|0 0 0"},
	{"rnoatime", "0 0|10 70|0 0 0"},
	{"noatime,rstrictatime", "0 0|20 70|0 0 0"},
	{"rnosuid,rnodev,rnoexec", "0 0|e 0|0 0 0"},
	{"sync", "0 0|0 0|10 0 0"},
	{"sync,async", "0 0|0 0|0 0 0"},
	{"mand,dirsync", "0 0|0 0|c0 0 0"},
	{"silent,loud", "0 0|0 0|0 0 0"},
	{"iversion", "0 0|0 0|800000 0 0"},
	{"lazytime", "0 0|0 0|2000000 0 0"},
	{"private", "0 0|0 0|0 40000 0"},
	{"private,rshared", "0 0|0 0|0 104000 0"},
	{"rslave", "0 0|0 0|0 84000 0"},
	{"runbindable", "0 0|0 0|0 24000 0"},
	{"bind", "0 0|0 0|0 0 1"},
	{"rbind", "0 0|0 0|0 0 3"},
	{"tmpcopyup", "0 0|0 0|0 0 4"},
	{"tmpcopyup,notmpcopyup", "0 0|0 0|0 0 0"},
	{"idmap", "0 0|0 0|0 0 20"},
	{"ridmap", "0 0|0 0|0 0 60"},
	{"remount", "0 0|0 0|0 0 80"},
	{"user", "e 0|0 0|0 0 0"},
	{"user,exec", "6 8|0 0|0 0 0"},
	{"x-mount.mkdir,_netdev", "0 0|0 0|0 0 0"},
};

int main(void)
{
	const char *last = "", *name;
	bool sorted = true, found = true;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(spec_names) / sizeof(spec_names[0]); i++)
		ok(mount_option_find(spec_names[i]), "the table knows %s", spec_names[i]);
	for (; (name = mount_option_name(n)); n++, last = name) {
		sorted &= strcmp(last, name) < 0;
		found &= !!mount_option_find(name);
	}
	ok(sorted, "names are sorted");
	ok(found, "every name is found");
	is_int(n, sizeof(spec_names) / sizeof(spec_names[0]) + 3,
	       "all names of the spec are listed, and copy-symlink, dest-nofollow, src-nofollow");
	ok(!mount_option_find("size=5"), "data is not in the table");
	ok(!mount_option_find("copy_symlink"), "other words are not in the table");
	is_int(mount_option_find("nofail")->kind, MOPT_REFUSED, "nofail is known and refused");
	is_str(mount_option_guess("noexe"), "noexec", "a guess");
	is_str(mount_option_guess("redonly"), NULL, "no guess");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_str(fold(cases[i].words), cases[i].want, "%s", cases[i].words);
	return done_testing();
}
