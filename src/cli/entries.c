/* SPDX-License-Identifier: Apache-2.0 */
/* What list and stats, which go over all of the state directory, do about a bad entry. */
#include "cli/cli.h"

#include "base/error.h"

#include <errno.h>

/*
 * Is it the entry that is bad (damaged, not ours, of another runtime or version)? It stays so, and
 * other containers must not be hidden by it. All else (no memory, no descriptors, no /proc) is
 * trouble of this process: there the result would look complete and is not.
 */
static bool is_bad_entry(const struct hz_error *e)
{
	if (e->code == HZ_E_NOMEM)
		return false;
	switch (e->code == HZ_E_SYSTEM ? e->errnum : 0) {
	case 0:
	case EACCES:
	case EFBIG: /* a record of more than RECORD_MAX */
	case ELOOP:
	case ENOTDIR: return true;
	default: return false;
	}
}

void cli_leave_out(struct cli *cli, const char *id, struct hz_error *why, struct hz_error *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (why->code == HZ_E_NOT_FOUND) {
		/* it has just been deleted, or is just being created */
	} else if (is_bad_entry(why)) {
		buf_printf(&text, "container %s is left out: ", id);
		log_error_text(&text, NULL, why);
		if (text.data)
			log_message(&cli->log, LOG_AT_WARNING, text.data);
	} else if (!err->code) {
		hz_error_clear(err);
		*err = *why;
		*why = (struct hz_error)HZ_ERROR_INIT;
		error_prefix(err, "container \"%s\" is left out", id);
	}
	hz_error_clear(why);
}

int cli_print_some(const char *text, size_t len, struct hz_error *err)
{
	bool whole = !err->code;
	int r = cli_print(text ? text : "", len, whole ? err : NULL);

	return whole ? r : -1;
}
