/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network devices of the host become the container's: at the sync "network", where init is in its
 * network namespace and waits. The socket in that namespace keeps it alive, so that the devices of
 * a create that fails can be fetched back even from an init that is gone; without it the kernel
 * would destroy the virtual ones with the namespace.
 *
 * A device that changes its namespace is set down and loses its addresses (man 7 netdevice, kernel:
 * dev_change_net_namespace); MTU, hardware address, queue length and alias stay. Those addresses
 * that are permanent and of global scope are given to it again (config-linux.md).
 */
#include "runtime/netlink.h"
#include "runtime/runtime.h"

#include "base/fd.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATTERN_MAX 4096 /* devices in a container, when a free number is looked for */

struct address {
	struct address *next;
	const struct nlmsghdr *msg; /* RTM_NEWADDR as the kernel told it */
};

struct moved {
	struct moved *next;
	char name[IFNAMSIZ]; /* on the host */
	int index;           /* there, then in the container */
	bool up;
	struct address *addresses, **tail;
};

struct netdevs {
	struct netlink host, inside;
	struct moved *moved; /* the last one first */
};

static int explain(struct netlink *nl, int r, const char *name, struct hz_error *err,
		   const char *what)
{
	error_sys(err, -r, "rtnetlink", name, "%s network device \"%s\"", what, name);
	return nl->why[0] ? error_hint(err, "the kernel says: %s", nl->why) : -1;
}

/* @index or else @name; @m may be NULL. 0 or -errno (-ENODEV). */
static int find_link(struct netlink *nl, int index, const char *name, struct moved *m)
{
	const struct ifinfomsg ask = {.ifi_family = AF_UNSPEC, .ifi_index = index};
	const struct ifinfomsg *got = NLMSG_DATA(&nl->buf.head);
	const struct rtattr *a;
	int r;

	netlink_begin(nl, RTM_GETLINK, 0, &ask, sizeof(ask));
	if (!index && name)
		netlink_add(nl, IFLA_IFNAME, name, strlen(name) + 1);
	r = netlink_get(nl);
	if (r || !m)
		return r;
	a = netlink_find(&nl->buf.head, sizeof(*got), IFLA_IFNAME);
	if (!a || RTA_PAYLOAD(a) > sizeof(m->name))
		return -EBADMSG;
	memcpy(m->name, RTA_DATA(a), RTA_PAYLOAD(a));
	m->index = got->ifi_index;
	m->up = got->ifi_flags & IFF_UP;
	return 0;
}

struct collector {
	struct creation *c;
	struct moved *m;
};

static int collect(void *arg, const struct nlmsghdr *msg)
{
	struct collector *k = arg;
	const struct ifaddrmsg *a = NLMSG_DATA(msg);
	struct address *one;
	void *copy;

	if (msg->nlmsg_type != RTM_NEWADDR || a->ifa_index != (unsigned)k->m->index)
		return 0;
	one = arena_alloc(&k->c->arena, sizeof(*one));
	copy = arena_alloc(&k->c->arena, msg->nlmsg_len);
	if (!one || !copy)
		return -ENOMEM;
	*one = (struct address){.msg = memcpy(copy, msg, msg->nlmsg_len)};
	*k->m->tail = one;
	k->m->tail = &one->next;
	return 0;
}

static int collect_addresses(struct creation *c, struct moved *m)
{
	const struct ifaddrmsg ask = {.ifa_family = AF_UNSPEC};
	struct collector k = {c, m};

	m->tail = &m->addresses;
	netlink_begin(&c->net->host, RTM_GETADDR, 0, &ask, sizeof(ask));
	return netlink_dump(&c->net->host, collect, &k);
}

static uint32_t address_flags(const struct nlmsghdr *msg)
{
	const struct rtattr *a = netlink_find(msg, sizeof(struct ifaddrmsg), IFA_FLAGS);
	uint32_t flags = ((const struct ifaddrmsg *)NLMSG_DATA(msg))->ifa_flags;

	if (a && RTA_PAYLOAD(a) == sizeof(flags))
		memcpy(&flags, RTA_DATA(a), sizeof(flags));
	return flags;
}

/* @back: on the host again, where it is to be as it was. */
static int put_address(struct netlink *nl, int index, const struct nlmsghdr *msg, bool back)
{
	static const uint16_t same[] = {IFA_ADDRESS,     IFA_LOCAL, IFA_BROADCAST,
					IFA_RT_PRIORITY, IFA_LABEL, IFA_CACHEINFO};
	const uint32_t asked = IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |
			       IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN;
	struct ifaddrmsg a = *(const struct ifaddrmsg *)NLMSG_DATA(msg);
	uint32_t flags = address_flags(msg) & asked;
	size_t n = ARRAY_SIZE(same) - (back ? 0 : 2); /* a label begins with the old name */

	a.ifa_index = (uint32_t)index;
	a.ifa_flags = (uint8_t)flags;
	netlink_begin(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof(a));
	for (size_t i = 0; i < n; i++) {
		const struct rtattr *x = netlink_find(msg, sizeof(a), same[i]);

		if (x)
			netlink_add(nl, same[i], RTA_DATA(x), RTA_PAYLOAD(x));
	}
	netlink_add(nl, IFA_FLAGS, &flags, sizeof(flags));
	return netlink_do(nl);
}

static bool is_kept(const struct nlmsghdr *msg)
{
	const struct ifaddrmsg *a = NLMSG_DATA(msg);

	return a->ifa_scope == RT_SCOPE_UNIVERSE && (address_flags(msg) & IFA_F_PERMANENT);
}

static int set_up(struct netlink *nl, int index)
{
	const struct ifinfomsg up = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};

	netlink_begin(nl, RTM_SETLINK, 0, &up, sizeof(up));
	return netlink_do(nl);
}

/* To the namespace of @pid, as @name there. */
static int send_link(struct netlink *nl, int index, pid_t pid, const char *name)
{
	const struct ifinfomsg link = {.ifi_index = index};
	uint32_t where = (uint32_t)pid;

	netlink_begin(nl, RTM_SETLINK, 0, &link, sizeof(link));
	netlink_add(nl, IFLA_NET_NS_PID, &where, sizeof(where));
	netlink_add(nl, IFLA_IFNAME, name, strlen(name) + 1);
	return netlink_do(nl);
}

/* The name that @pattern stands for: with "%d" at its end the first that is free. 0 or -errno. */
static int free_name(struct netlink *nl, const char *pattern, char *ret)
{
	int base = (int)strcspn(pattern, "%"), r;

	if (!pattern[base]) {
		snprintf(ret, IFNAMSIZ, "%s", pattern);
		r = find_link(nl, 0, ret, NULL);
		return r == -ENODEV ? 0 : r ? r : -EEXIST;
	}
	for (int i = 0; i < PATTERN_MAX; i++) {
		if (snprintf(ret, IFNAMSIZ, "%.*s%d", base, pattern, i) >= IFNAMSIZ)
			break;
		r = find_link(nl, 0, ret, NULL);
		if (r)
			return r == -ENODEV ? 0 : r;
	}
	return -ENFILE;
}

static int taken(struct netlink *nl, int r, const char *name, struct hz_error *err)
{
	if (r == -EEXIST)
		return error_sys(err, EEXIST, "rtnetlink", name,
				 "the container has a network device \"%s\" already", name);
	return explain(nl, r, name, err, "look in the container for");
}

/* Nothing is moved unless all can be. */
static int check_all(struct creation *c, struct hz_error *err)
{
	const struct plan_header *h = c->b->plan.h;
	struct netdevs *n = c->net;
	const struct plan_step *s;
	char name[IFNAMSIZ];
	uint32_t i;

	plan_foreach (h, s, i) {
		const struct plan_net_device *d = (const struct plan_net_device *)s;
		int r;

		if (s->kind != PLAN_NET_DEVICE)
			continue;
		r = find_link(&n->host, 0, plan_text(h, d->name), NULL);
		if (r) {
			explain(&n->host, r, plan_text(h, d->name), err, "find the host's");
			return error_pointer(err, plan_text(h, s->origin));
		}
		r = free_name(&n->inside, plan_text(h, d->new_name), name);
		if (r) {
			taken(&n->inside, r, plan_text(h, d->new_name), err);
			return error_pointer(err, plan_text(h, s->origin));
		}
	}
	return 0;
}

static int begin(struct creation *c, struct hz_error *err)
{
	struct netdevs *n = arena_alloc(&c->arena, sizeof(*n));
	int r;

	if (!n)
		return error_oom(err);
	n->moved = NULL;
	n->host.fd = n->inside.fd = -1;
	c->net = n;
	r = netlink_open(&n->host);
	if (r)
		return error_sys(err, -r, "socket", NULL, "ask the kernel for network devices");
	r = netlink_open_in(&n->inside, c->pidfd);
	if (r)
		return error_sys(err, -r, "setns", NULL, "enter the container's network namespace");
	return check_all(c, err);
}

/* Put @m, which is in the container by now, in order there. */
static int furnish(struct netlink *nl, const struct moved *m, struct hz_error *err)
{
	int r;

	for (const struct address *a = m->addresses; a; a = a->next) {
		r = is_kept(a->msg) ? put_address(nl, m->index, a->msg, false) : 0;
		if (r)
			return explain(nl, r, m->name, err, "keep the addresses of");
	}
	r = set_up(nl, m->index);
	return r ? explain(nl, r, m->name, err, "set up") : 0;
}

int netdev_move(struct creation *c, const struct plan_net_device *d, struct hz_error *err)
{
	const struct plan_header *h = c->b->plan.h;
	const char *asked = plan_text(h, d->name);
	struct moved there, *m;
	char name[IFNAMSIZ];
	int r, found;

	if (!c->net && begin(c, err))
		return -1;
	m = arena_alloc(&c->arena, sizeof(*m));
	if (!m)
		return error_oom(err);
	*m = (struct moved){.next = c->net->moved};
	r = find_link(&c->net->host, 0, asked, m);
	if (!r)
		r = collect_addresses(c, m);
	if (r)
		return explain(&c->net->host, r, asked, err, "look at");
	r = free_name(&c->net->inside, plan_text(h, d->new_name), name);
	if (r)
		return taken(&c->net->inside, r, plan_text(h, d->new_name), err);
	r = send_link(&c->net->host, m->index, c->pid, name);
	if (r)
		explain(&c->net->host, r, asked, err, "move into the container");
	/* the kernel moves first and renames then: a failure may come in between */
	if (r && find_link(&c->net->host, m->index, NULL, NULL) != -ENODEV)
		return -1;
	found = find_link(&c->net->inside, 0, r ? m->name : name, &there);
	if (found)
		return r ? -1 : explain(&c->net->inside, found, name, err, "find in the container");
	m->index = there.index;
	c->net->moved = m;
	return r ? -1 : furnish(&c->net->inside, m, err);
}

static int fetch_back(struct netdevs *n, const struct moved *m)
{
	struct moved here;
	int worst = 0, r;

	r = send_link(&n->inside, m->index, getpid(), m->name);
	if (!r)
		r = find_link(&n->host, 0, m->name, &here);
	if (r)
		return r;
	for (const struct address *a = m->addresses; a; a = a->next) {
		r = put_address(&n->host, here.index, a->msg, true);
		if (r && r != -EEXIST)
			worst = r;
	}
	r = m->up ? set_up(&n->host, here.index) : 0;
	return r ? r : worst;
}

void netdev_undo(struct creation *c)
{
	for (const struct moved *m = c->net ? c->net->moved : NULL; m; m = m->next) {
		int r = fetch_back(c->net, m);

		if (r)
			runtime_log(c->rt, HZ_LOG_WARNING,
				    "give network device \"%s\" back to the host: %s", m->name,
				    error_strerror(-r));
	}
	netdev_done(c);
}

void netdev_done(struct creation *c)
{
	if (!c->net)
		return;
	if (c->net->host.fd >= 0)
		fd_close(TAKE_FD(c->net->host.fd));
	if (c->net->inside.fd >= 0)
		fd_close(TAKE_FD(c->net->inside.fd));
	c->net = NULL;
}
