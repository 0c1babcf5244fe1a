/* The DHCP server's leases: who has which address until when. */
#ifndef L7_DHCP_LEASE_H
#define L7_DHCP_LEASE_H

#include "l7_application/dhcp_message.h"

enum dhcpd_state {
    DHCPD_FREE,         /* remembered: its client gets it again unless somebody else needs it        */
    DHCPD_PROBING,      /* a ping asks whether somebody is there; then it is offered                 */
    DHCPD_OFFERED,
    DHCPD_BOUND,
    DHCPD_AVOIDED,      /* somebody else uses it                                                     */
};

struct dhcpd_lease {
    enum dhcpd_state state;
    struct hp_ip ip;
    struct hp_mac mac;
    uint8_t id[DHCP_ID_MAX], id_len;
    char hostname[HP_DHCP_NAME_MAX];
    hp_time until;              /* of the state; of a free one: since when                           */
    struct dhcp_asked question; /* what to answer when the probe is over                             */
};

/* Every lease that ever was, in the order of making; never more than pool and fixed addresses together. */
struct dhcpd_table {
    struct dhcpd_lease **lease;
    unsigned count, room;
    uint32_t fresh;             /* offset in the pool of the lowest address that was never given away */
};

/* The client's lease, whatever its state, or NULL. */
struct dhcpd_lease *dhcpd_find(const struct dhcpd_table *t, const struct dhcp_asked *q);
struct dhcpd_lease *dhcpd_find_ip(const struct dhcpd_table *t, const struct hp_ip *ip);
/* An address for this client, as RFC 2131 4.3.1 orders it: its own, the one that it asks for, or any; NULL = none is left, or no memory.  The
 * lease is in its old state, or DHCPD_FREE. */
struct dhcpd_lease *dhcpd_choose(struct hp_stack *s, struct dhcpd_table *t, const struct hp_dhcp_server *d, const struct hp_ip *self,
                                 const struct dhcp_asked *q);
void dhcpd_give(struct dhcpd_lease *l, const struct dhcp_asked *q);     /* it is this client's now */
void dhcpd_table_free(struct hp_stack *s, struct dhcpd_table *t);

#endif
