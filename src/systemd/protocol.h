/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hezi and hezi-systemd, the program that speaks D-Bus for it, over a stream socket that is the
 * program's stderr: what the dynamic loader says when a library is missing arrives there too, and
 * has no magic number. hezi sends a request, the program answers with a reply, as often as hezi
 * likes; the program ends when the socket ends. Both are of one build, so the numbers are in the
 * machine's own form; lengths are checked on both sides all the same.
 */
#ifndef SYSTEMD_PROTOCOL_H
#define SYSTEMD_PROTOCOL_H

#include <stdint.h>

#define UNIT_MAGIC       0x7a686475u
#define UNIT_MESSAGE_MAX (4u << 20) /* bytes of the strings of a message */
#define UNIT_TIMEOUT_S   30         /* for systemd to do a job, as runc waits */
#define UNIT_PATIENCE_S  5          /* for a systemd or a bus that is started anew */

enum unit_op {
	/* make a transient scope with process `pid` in it and wait until it is there.
	 * unit, slice, properties ("[?]Name=value", plan/unit_properties.h) -> control group,
	 * names of the "?" properties that this systemd does not know */
	UNIT_START,
	/* kill what is in the unit, stop it, forget that it failed. unit, description: a unit with
	 * another description is somebody else's, and is left alone. No unit is no error */
	UNIT_STOP,
	/* unit, properties -> names of the "?" properties that this systemd does not know */
	UNIT_SET,
	/* put process `pid` into the unit. unit */
	UNIT_ATTACH,
	UNIT_OPS,
};

/* Then `len` bytes: the strings, each with its NUL. */
struct unit_request {
	uint32_t magic;
	uint32_t op;   /* enum unit_op */
	uint32_t user; /* 1: the user's manager */
	int32_t pid;
	uint32_t len;
};

struct unit_reply {
	uint32_t magic;
	/* 0: strings as at enum unit_op; else an errno, then: name of the D-Bus error or "", its
	 * message */
	uint32_t error;
	uint32_t what; /* enum unit_stage: where it failed */
	uint32_t len;
};

enum unit_stage {
	UNIT_STAGE_BUS,     /* no connection */
	UNIT_STAGE_LOST,    /* the connection ended, and for UNIT_PATIENCE_S there was no other */
	UNIT_STAGE_EXISTS,  /* START: a unit of that name is there and is not ours */
	UNIT_STAGE_REFUSED, /* systemd says no */
	UNIT_STAGE_JOB,     /* the job failed, or took too long */
	UNIT_STAGE_REQUEST, /* the request is bad */
};

#endif
