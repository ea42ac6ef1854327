/* SPDX-License-Identifier: Apache-2.0 */
/* As much of rtnetlink(7) as moving network devices takes. */
#ifndef RUNTIME_NETLINK_H
#define RUNTIME_NETLINK_H

#include "base/error.h"

#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

#define NETLINK_BUFFER 32768 /* the kernel's largest message */
#define NETLINK_WHY    128

/* A socket and the message that is being made or was received. */
struct netlink {
	int fd;
	uint32_t seq;
	char why[NETLINK_WHY]; /* what the kernel said about the last error, or "" */
	union {
		struct nlmsghdr head;
		char bytes[NETLINK_BUFFER];
	} buf;
};

/** @nl->fd: a new socket of the network namespace that the caller is in. 0 or -errno. */
int netlink_open(struct netlink *nl);
/** The same in the namespace of another process; the caller does not leave its own. 0 or -errno. */
int netlink_open_in(struct netlink *nl, int pidfd);

/** Begin a message whose body is @body (struct ifinfomsg …). */
void netlink_begin(struct netlink *nl, uint16_t type, uint16_t flags, const void *body, size_t len);
/** Add an attribute; messages are far smaller than the buffer. */
void netlink_add(struct netlink *nl, uint16_t type, const void *data, size_t len);

/** Send, and wait for the kernel's word on it. 0 or -errno. */
int netlink_do(struct netlink *nl);
/** Send a request that is answered by one message, which is in @nl->buf then. 0 or -errno. */
int netlink_get(struct netlink *nl);
/** Send a request for a list; @fn sees each message and may stop it with -errno. 0 or -errno. */
int netlink_dump(struct netlink *nl, int (*fn)(void *arg, const struct nlmsghdr *msg), void *arg);

/** An attribute of a received message after a body of @body bytes, or NULL. */
const struct rtattr *netlink_find(const struct nlmsghdr *msg, size_t body, uint16_t type);

#endif
