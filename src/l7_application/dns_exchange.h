/* One question to one server: by UDP from a fresh port, by TCP if the answer was cut off. */
#ifndef L7_DNS_EXCHANGE_H
#define L7_DNS_EXCHANGE_H

#include "core/bytes.h"
#include "hepta/socket.h"
#include "wire/dns.h"

struct dns_exchange {
    struct hp_endpoint to;
    const struct dns_question *q;
    bool recursion, edns, tcp;      /* tcp: at once; afterwards: the answer came so */
    hp_time timeout;                /* for each of UDP and TCP */
    uint8_t *message;               /* the answer */
    size_t room;
    bool truncated;                 /* by UDP it was */
    uint32_t ignored;               /* what came and was no answer to this */
};

/* In a program: the answer's length, or HP_ETIMEDOUT, HP_ECONNREFUSED, ...: nothing came. */
int dns_exchange(struct hp_stack *s, struct dns_exchange *x);

#endif
