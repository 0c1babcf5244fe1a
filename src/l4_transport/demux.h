/* Who a datagram belongs to: local endpoints that sockets are bound to, with POSIX' rules for sharing them, and flows of
 * connected sockets.
 *
 * Every lookup is a fixed number of probes of keyed maps.  Binding looks at the distinct addresses bound on its own port, not at sockets. */
#ifndef L4_DEMUX_H
#define L4_DEMUX_H

#include "l4_transport/transport.h"

/* What a socket is bound to. */
struct bind_key {
    struct hp_ip ip;        /* all zeros = any address; ::ffff:0.0.0.0 = any IPv4 address */
    uint16_t port;
    uint16_t link;          /* 0 = any */
    bool v6only;            /* with all zeros: IPv6 only */
};

enum demux_flag { DEMUX_REUSEADDR = 1 << 0, DEMUX_REUSEPORT = 1 << 1 };

/* A socket's place in the tables: embedded in it, zeroed at first. */
struct demux_end {
    struct flow flow;                       /* if connected */
    struct demux_group *group;              /* NULL = not bound */
    struct demux_end *next, **prev;         /* in the group */
    uint32_t at;                            /* place in group->open; DEMUX_SHUT = strangers are not for it */
    uint8_t flags;                          /* enum demux_flag */
    bool connected;
};
enum { DEMUX_SHUT = UINT32_MAX };

/* The sockets that are bound to the same key. */
struct demux_group {
    struct bind_key key;
    struct demux_group *next, **prev;       /* on the same port */
    struct demux_end *first;
    struct demux_end **open, *one;          /* those that take datagrams of strangers; `one` is room for the first */
    uint32_t count, open_count, open_room;
    uint32_t reuseaddr, reuseport;          /* how many have the flag */
};

/* The groups of one port. */
struct demux_port {
    struct demux_group *first;
    uint16_t port;
};

struct demux {
    struct map ports, groups;
    struct key key;
    struct map flows;
};

void demux_start(struct demux *d, const struct key *key, const char *purpose);
void demux_stop(struct hp_stack *s, struct demux *d);   /* all ends have left */

/* HP_OK, HP_EADDRINUSE, HP_ENOMEM. */
int demux_bind(struct hp_stack *s, struct demux *d, struct demux_end *e, const struct bind_key *key, unsigned flags);
void demux_unbind(struct hp_stack *s, struct demux *d, struct demux_end *e);    /* and disconnects */
bool demux_port_used(const struct demux *d, uint16_t port);
/* From now on only this flow's datagrams are for e, which is bound.  HP_OK, HP_EADDRINUSE, HP_ENOMEM. */
int demux_connect(struct hp_stack *s, struct demux *d, struct demux_end *e, const struct flow *f);
void demux_disconnect(struct demux *d, struct demux_end *e);

struct demux_end *demux_find_flow(const struct demux *d, const struct flow *f);
/* The most specific end that takes datagrams of strangers for f's local side; among several that share it by REUSEPORT, always the same one
 * for the same flow, otherwise the one bound last.  NULL: none; *taken tells whether there is one that is connected to somebody else. */
struct demux_end *demux_find(const struct demux *d, const struct flow *f, uint16_t link, bool *taken);
/* Every end that a group's or broadcast datagram is for. */
void demux_each(const struct demux *d, const struct flow *f, uint16_t link, void (*each)(void *ctx, struct demux_end *e), void *ctx);

#endif
