/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include "base/error.h"

/**
 * A signal's number (0 … 64) or name, with or without "SIG", in any case, "RTMIN+n" and "RTMAX-n"
 * too. Fails with `unknown signal "X"`.
 */
int signal_parse(const char *word, int *ret, struct hz_error *err);
/** A message to a reader that is gone must not replace the program's exit status: no SIGPIPE from
 * here on. The container gets the default again. */
void signals_keep_status(void);

#endif
