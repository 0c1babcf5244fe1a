/* Carrier of an interface, by rtnetlink: asked for once, then told whenever a link changes.  A routing program lives from hearing of it at once. */
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/carrier.h"

enum { CARRIER_BUFFER = 16384 };

/* A link's news. */
static void carrier_take(struct carrier *c, const struct nlmsghdr *h)
{
    const struct ifinfomsg *i = NLMSG_DATA(h);
    if (h->nlmsg_len < NLMSG_LENGTH(sizeof *i) || (unsigned)i->ifi_index != c->interface) return;
    if (h->nlmsg_type == RTM_DELLINK) hp_wire_set_carrier(c->wire, false);
    else if (h->nlmsg_type == RTM_NEWLINK) hp_wire_set_carrier(c->wire, (i->ifi_flags & IFF_UP) && (i->ifi_flags & IFF_LOWER_UP));
}

static void carrier_ask(const struct carrier *c)
{
    struct {
        struct nlmsghdr h;
        struct ifinfomsg i;
    } ask = {.h = {.nlmsg_len = sizeof ask, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST},
             .i = {.ifi_family = AF_UNSPEC, .ifi_index = (int)c->interface}};
    ssize_t sent = send(c->watch.fd, &ask, sizeof ask, 0);
    (void)sent; /* then only changes are heard of */
}

/* News that did not fit into the socket are lost (ENOBUFS): asks how it is now. */
static void carrier_ready(void *ctx, unsigned events)
{
    struct carrier *c = ctx;
    _Alignas(struct nlmsghdr) char buffer[CARRIER_BUFFER];
    ssize_t n = recv(c->watch.fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0) carrier_ask(c);
    if (n <= 0) return;
    int left = (int)n;
    for (const struct nlmsghdr *h = (const void *)buffer; NLMSG_OK(h, (unsigned)left); h = NLMSG_NEXT(h, left)) carrier_take(c, h);
}

void carrier_begin(struct carrier *c, struct hp_loop *l, struct hp_wire *w, unsigned interface)
{
    struct sockaddr_nl a = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    *c = (struct carrier){.watch = {.fd = fd, .events = HP_WATCH_READ, .ready = carrier_ready, .ctx = c}, .loop = l, .wire = w,
                          .interface = interface};
    if (fd < 0) return;
    if (bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && hp_loop_watch(l, &c->watch) == HP_OK) carrier_ask(c);
    else close(fd);
}

void carrier_end(struct carrier *c)
{
    if (!c->watch.watched) return;
    hp_loop_unwatch(c->loop, &c->watch);
    close(c->watch.fd);
}
