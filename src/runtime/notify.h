/* SPDX-License-Identifier: Apache-2.0 */
/* sd_notify(3) for containers: all of it only where NOTIFY_SOCKET is set. */
#ifndef RUNTIME_NOTIFY_H
#define RUNTIME_NOTIFY_H

#include "runtime/runtime.h"

/** Does the box get a socket? Sets options.notify_dir. */
int notify_option(const hz_runtime *rt, const char *id, struct bundle *b, struct hz_error *err);

/** create: the directory for the socket, in the state directory @dirfd. */
int notify_prepare(int dirfd, struct hz_error *err);

/** start and run: the socket; *ret is -1 when nobody is to be told. */
int notify_listen(const hz_runtime *rt, int dirfd, int *ret, struct hz_error *err);

/** Wait for READY=1, or for the end of process @pidfd; then the manager has READY=1 and the main
 * process @pid. What cannot be told is a warning. */
void notify_relay(const hz_runtime *rt, int sock, int pidfd, pid_t pid);

/** The foreground of run: @sock can be read. True when it was READY=1, which is passed on with our
 * own pid as the main process: nothing more is to be read. */
bool notify_step(const hz_runtime *rt, int sock);

#endif
