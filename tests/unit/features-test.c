/* SPDX-License-Identifier: Apache-2.0 */
/* `features` promises what this build has, and nothing else. */
#include "base/cleanup.h"
#include "hezi/hezi.h"
#include "tap.h"

static bool has(const char *json, const char *key, bool value)
{
	char text[64];

	snprintf(text, sizeof(text), "\"%s\": %s", key, value ? "true" : "false");
	return strstr(json, text) != NULL;
}

int main(void)
{
	struct hz_error err = HZ_ERROR_INIT;
	_cleanup_free_ char *json = NULL;

	if (!is_int(hz_features_json(&json, &err), 0, "features are told"))
		return done_testing();
	ok(has(json, "systemd", HAS_SYSTEMD), "cgroup.systemd is %d", HAS_SYSTEMD);
	ok(has(json, "systemdUser", HAS_SYSTEMD), "cgroup.systemdUser is %d", HAS_SYSTEMD);
	ok(has(json, "v1", true) && has(json, "v2", true), "both versions of cgroups");
	return done_testing();
}
