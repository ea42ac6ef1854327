/* SPDX-License-Identifier: Apache-2.0 */
/* Who the container is: session keyring, host name, loopback interface; then its kernel parameters.
 */
#include "plan/builder.h"

static void compile_text(struct builder *b, enum plan_kind kind, const char *text,
			 const char *origin)
{
	struct plan_text *t = BUILDER_STEP(b, struct plan_text, kind, PLAN_INIT, origin);

	t->text = builder_str(b, text);
}

void compile_identity(struct builder *b)
{
	const struct oci_config *c = b->config;

	compile_label_keys(b);
	if (!b->opt->no_new_keyring)
		compile_text(b, PLAN_KEYRING, builder_ptr(b, "_ses.%s", b->opt->id), NULL);
	if (c->hostname && c->hostname[0])
		compile_text(b, PLAN_HOSTNAME, c->hostname, "/hostname");
	if (c->domainname && c->domainname[0])
		compile_text(b, PLAN_DOMAINNAME, c->domainname, "/domainname");
	if (plan_new_ns(c, OCI_NS_NETWORK))
		BUILDER_STEP(b, struct plan_bare, PLAN_LOOPBACK_UP, PLAN_INIT, NULL);
	compile_sysctl(b);
}
