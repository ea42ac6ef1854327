/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AppArmor and SELinux: process.apparmorProfile, process.selinuxLabel, linux.mountLabel. A label
 * that is asked for where the kernel does not enforce it is an error: the container would have less
 * protection than its config says.
 */
#include "plan/builder.h"

#include <string.h>

static const char *apparmor_profile(const struct builder *b)
{
	const struct oci_process *p = b->config->process;

	return p && p->apparmor_profile && p->apparmor_profile[0] ? p->apparmor_profile : NULL;
}

static const char *selinux_label(const struct builder *b)
{
	const struct oci_process *p = b->config->process;

	return p && p->selinux_label && p->selinux_label[0] ? p->selinux_label : NULL;
}

const char *plan_mount_label(const struct builder *b)
{
	const struct oci_linux *l = b->config->linux_;

	return b->facts->selinux && l && l->mount_label && l->mount_label[0] ? l->mount_label
									     : NULL;
}

/* Without AppArmor all is unconfined. */
static bool is_unconfined(const char *profile)
{
	return strcmp(profile, "unconfined") == 0;
}

void check_labels(struct builder *b)
{
	const struct oci_linux *l = b->config->linux_;
	const char *profile = apparmor_profile(b), *label = selinux_label(b);

	if (profile && !is_unconfined(profile) && !b->facts->apparmor)
		builder_refuse(
			b, "/process/apparmorProfile",
			"apparmor profile \"%s\" is asked for, but AppArmor is not enabled on "
			"this host",
			profile);
	if (label && !b->facts->selinux)
		builder_refuse(b, "/process/selinuxLabel",
			       "selinux label \"%s\" is asked for, but SELinux is not enabled on "
			       "this host",
			       label);
	if (l && l->mount_label && l->mount_label[0] && !b->facts->selinux)
		builder_refuse(b, "/linux/mountLabel",
			       "selinux label \"%s\" is asked for, but SELinux is not enabled on "
			       "this host",
			       l->mount_label);
}

static void add(struct builder *b, enum plan_label_file file, const char *text, const char *pointer)
{
	struct plan_label *s = BUILDER_STEP(b, struct plan_label, PLAN_LABEL, PLAN_INIT, pointer);

	s->file = file;
	s->text = builder_str(b, text);
}

/* Else the container could not use the session keyring that is made for it. */
void compile_label_keys(struct builder *b)
{
	const char *label = selinux_label(b);

	if (label && !b->opt->no_new_keyring)
		add(b, PLAN_LABEL_SELINUX_KEY, label, "/process/selinuxLabel");
}

void compile_labels(struct builder *b)
{
	const char *profile = apparmor_profile(b), *label = selinux_label(b);

	if (profile && b->facts->apparmor)
		add(b, PLAN_LABEL_APPARMOR, profile, "/process/apparmorProfile");
	if (label)
		add(b, PLAN_LABEL_SELINUX, label, "/process/selinuxLabel");
}
