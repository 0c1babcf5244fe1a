/* DHCP for IPv4 (RFC 2131, RFC 2132): a client and a server, as programs. */
#ifndef HEPTA_DHCP_H
#define HEPTA_DHCP_H

#include "hepta/stack.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { HP_DHCP_SERVERS_MAX = 4, HP_DHCP_ROUTES_MAX = 8, HP_DHCP_NAME_MAX = 64 };

enum hp_dhcp_state { HP_DHCP_INIT, HP_DHCP_SELECTING, HP_DHCP_REQUESTING, HP_DHCP_BOUND, HP_DHCP_RENEWING, HP_DHCP_REBINDING };

struct hp_dhcp_lease {
    struct hp_prefix address;
    struct hp_ip server;
    struct hp_ip routers[HP_DHCP_SERVERS_MAX], dns[HP_DHCP_SERVERS_MAX];
    int router_count, dns_count;
    char domain[HP_DHCP_NAME_MAX];
    uint16_t mtu;                       /* 0 = not said */
    hp_time since, renew_at, rebind_at, expires_at;     /* T1, T2 of RFC 2131 4.4.5 */
};

/* One client on one link.  The caller keeps it until the program has ended (the stack is freed, or hp_dhcp_stop). */
struct hp_dhcp {
    /* set by the caller */
    int link;
    const char *hostname;               /* option 12, or NULL */
    /* May refuse a route of option 121 (RFC 3442), which can draw traffic away (CVE-2024-3661); NULL = all are taken, each traced. */
    bool (*allow_route)(void *ctx, const struct hp_prefix *to, const struct hp_ip *gateway);
    void *ctx;
    /* to be read */
    enum hp_dhcp_state state;
    struct hp_dhcp_lease lease;         /* valid in BOUND, RENEWING, REBINDING */
    uint32_t discovers, requests, naks, ignored;
    bool stop;
};

const char *hp_dhcp_state_name(enum hp_dhcp_state state);

/* Starts the client as a program: it asks, configures address and default route, renews, and asks again when the lease is lost.  While
 * memory is short it tries again every second. */
int hp_dhcp_start(struct hp_stack *s, struct hp_dhcp *d);
/* Ends it at its next turn and gives the address back (DHCPRELEASE). */
void hp_dhcp_stop(struct hp_stack *s, struct hp_dhcp *d);

/* ---- the server ----
 *     struct hp_dhcp_server d = {.link = 2, .first = hp_ip4(192, 168, 0, 100), .last = hp_ip4(192, 168, 0, 199)};
 *     hp_dhcp_serve(stack, &d);
 * It answers on one link.  Its own address there says netmask and server identifier.  A client gets the address that it had before if
 * nobody else has it, else the one that it asks for, else the lowest that was never given away, else the one that expired longest ago. */

enum { HP_DHCP_POOL_MAX = 4096 };

/* An address that is one machine's for ever; it may be outside of the pool, but is on the link's network. */
struct hp_dhcp_fixed {
    struct hp_mac mac;
    struct hp_ip ip;
};

enum hp_dhcp_what {
    HP_DHCP_OFFERED,            /* reserved for a while                                             */
    HP_DHCP_LEASED,             /* a new lease                                                      */
    HP_DHCP_RENEWED,
    HP_DHCP_REFUSED,            /* DHCPNAK: another address, or another network                     */
    HP_DHCP_RELEASED,           /* the client gave it back                                          */
    HP_DHCP_DECLINED,           /* the client found that somebody else uses it: not given away for a lease's time */
    HP_DHCP_IN_USE,             /* it answered our ping: likewise                                   */
    HP_DHCP_EXPIRED,
    HP_DHCP_INFORMED,           /* told a machine that has its address what else there is           */
    HP_DHCP_EXHAUSTED,          /* no address is left for this client                               */
};

struct hp_dhcp_client {         /* a client as the server knows it */
    struct hp_mac mac;
    struct hp_ip ip;
    char hostname[HP_DHCP_NAME_MAX];    /* as it calls itself, letters, digits, '-' and '.'; "" = not said, or otherwise */
    bool bound;                 /* it has the address; false: offered, not used, or not to be used  */
    hp_time until;              /* HP_NEVER = for ever                                              */
};
struct hp_dhcp_event {
    enum hp_dhcp_what what;
    struct hp_dhcp_client client;       /* ip 0.0.0.0: none */
};

struct hp_dhcp_server {
    /* set by the caller, who keeps it until the program has ended */
    int link;
    struct hp_ip first, last;           /* the pool, both included; at most HP_DHCP_POOL_MAX addresses.  Our own and fixed ones are left out */
    const struct hp_dhcp_fixed *fixed;
    int fixed_count;                    /* at most HP_DHCP_POOL_MAX */
    struct hp_ip routers[HP_DHCP_SERVERS_MAX], dns[HP_DHCP_SERVERS_MAX];
    int router_count, dns_count;        /* 0 routers = we are the router; < 0 = none is said        */
    const char *domain;                 /* at most 255 bytes, or NULL                               */
    uint16_t mtu;                       /* 0 = not said                                             */
    hp_time lease, lease_max;           /* when the client says nothing, and at most: 0 = 1 h, and as much as `lease` */
    hp_time offer;                      /* how long an offer is reserved: 0 = 60 s                  */
    hp_time ping;                       /* how long to wait for an answer to a ping before an address is offered that we did not give away
                                           just now (RFC 2131 2.2); 0 = do not ask                  */
    bool authoritative;                 /* also refuses clients that nobody here knows (RFC 2131 4.3.2 wants silence: another server may) */
    void (*event)(void *ctx, const struct hp_dhcp_event *event);    /* from within the program; NULL = not told */
    void *ctx;
    /* to be read */
    uint64_t discovers, offers, requests, acks, naks, declines, releases, informs;
    uint64_t ignored;                   /* messages that are not for us, or make no sense           */
    uint64_t exhausted;                 /* clients that went without                                */
    int error;                          /* why the program ended, if it was not told to             */
    bool running, stop;
    struct dhcpd *state;                /* the server's own */
};

/* Starts it.  HP_EINVAL: a pool or time that makes no sense; HP_EADDRNOTAVAIL: the link has no address on the pool's network. */
int hp_dhcp_serve(struct hp_stack *s, struct hp_dhcp_server *d);
void hp_dhcp_serve_stop(struct hp_stack *s, struct hp_dhcp_server *d);     /* at its next turn */
/* The i-th client (0..) in the order in which addresses were first given away; HP_ENOENT past the last. */
int hp_dhcp_client(const struct hp_dhcp_server *d, unsigned i, struct hp_dhcp_client *out);

enum { HP_DHCP_TEXT = 192 };
/* "leased 192.168.0.100 to 02:00:00:00:00:01 (laptop)"; returns buf. */
char *hp_dhcp_event_text(const struct hp_dhcp_event *event, char *buf, size_t n);

#ifdef __cplusplus
}
#endif
#endif
