/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is copied in the foreground: between our stdio and a pty, and between a terminal of the
 * caller and the pipe that the program has in its place.
 */
#ifndef RUNTIME_RELAY_H
#define RUNTIME_RELAY_H

#include "runtime/runtime.h"

#include <poll.h>
#include <termios.h>

/* One direction. */
struct pump {
	int from, to;
	int *end;   /* our end of the container's pipe, closed when the pump is over; NULL: a pty */
	bool ended; /* nothing more comes from `from` */
	int lost;   /* errno of the first call that lost something, 0: none */
	size_t at, len;
	char data[4096];
};

#define RELAY_POLLS 3

struct relay {
	int pty, tty;
	struct termios saved;
	bool raw;
	struct pump pumps[RELAY_POLLS]; /* as stdio is numbered; with a pty there is no third */
};

/** @pty, or @pipes (our ends; -1: the program has our descriptor itself, nothing is copied). */
int relay_start(struct relay *r, int pty, int *pipes, struct hz_error *err);
/** What to wait for: RELAY_POLLS of them, to be handed to relay_step() with the answers. */
void relay_poll(const struct relay *r, struct pollfd *ret);
void relay_step(struct relay *r, const struct pollfd *polls);
/** The user's terminal has another size now. */
void relay_resize(const struct relay *r);
/**
 * What the program wrote last is still on its way when it has ended. Waits for as long as nobody
 * takes it, or until @interrupted() says so when @sigfd can be read.
 */
void relay_flush(struct relay *r, int sigfd, bool (*interrupted)(int sigfd));
/** Also tells what was lost on the way. */
void relay_end(struct relay *r, const hz_runtime *rt);

#endif
