/* What DNS servers share: DNS over TCP (RFC 7766), a program for each connection. */
#ifndef L7_DNS_LISTEN_H
#define L7_DNS_LISTEN_H

#include "core/bytes.h"
#include "hepta/socket.h"

enum { DNS_LISTEN_QUESTION_MAX = 4096, DNS_LISTEN_CONNECTIONS_MAX = 64, DNS_LISTEN_ANSWER_MAX = 65535 };

struct dns_listen {
    uint16_t port;
    size_t stack_bytes;         /* of a connection's program; 0 = the default */
    uint32_t *connections;      /* how many are open */
    int *error;                 /* why it could not begin */
    /* The answer to a message from `who`, at most DNS_LISTEN_ANSWER_MAX bytes; 0: the connection ends.  May wait. */
    size_t (*answer)(void *ctx, struct hp_stack *s, const struct hp_endpoint *who, struct hp_bytes in, uint8_t *out);
    void (*hold)(void *ctx, int change);    /* each connection holds what ctx points to: +1, -1; or NULL */
    void *ctx;
};

/* In a program: takes connections until all programs are to end. */
void dns_listen_tcp(struct hp_stack *s, const struct dns_listen *l);

#endif
