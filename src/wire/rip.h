/* RIP version 1 and 2 (RFC 1058, RFC 2453). */
#ifndef WIRE_RIP_H
#define WIRE_RIP_H

#include "wire/ip.h"

enum {
    RIP_PORT         = 520,
    RIP_HEADER       = 4,
    RIP_ENTRY        = 20,
    RIP_ENTRIES_MAX  = 25,      /* RFC 2453 3.6: per message, an authentication entry counted */
    RIP_MESSAGE_MAX  = RIP_HEADER + RIP_ENTRIES_MAX * RIP_ENTRY,
    RIP_INFINITY     = 16,      /* the metric of what cannot be reached */
    RIP_PASSWORD_MAX = 16,
};

enum rip_command { RIP_REQUEST = 1, RIP_RESPONSE = 2 };
enum rip_family { RIP_FAMILY_ANY = 0, RIP_FAMILY_IP = 2, RIP_FAMILY_AUTH = 0xffff };
enum rip_auth { RIP_AUTH_NONE = 0, RIP_AUTH_TRAILER = 1, RIP_AUTH_PASSWORD = 2, RIP_AUTH_CRYPTO = 3 };

/* RFC 2453 3.6, 4. */
struct rip_msg {
    uint8_t command, version;
    uint16_t unused;            /* must be zero in version 1; otherwise ignored */
    uint16_t auth;              /* enum rip_auth, or another number that came; 0 = none */
    struct hp_bytes password;   /* with RIP_AUTH_PASSWORD: up to the first NUL */
    struct hp_bytes entries;    /* without the authentication: rip_entry_next() */
};

struct rip_entry {
    uint16_t family;            /* enum rip_family, or another number */
    uint16_t tag;
    struct hp_ip address, mask, next;   /* mask and next: 0.0.0.0 in version 1 */
    uint32_t metric;
};

/* False: a header that is cut off, version 0, or entries that are not whole (cryptographic authentication may have a trailer of any length). */
bool rip_parse(struct hp_bytes in, struct rip_msg *m);
/* The next entry; false at the end. */
bool rip_entry_next(struct hp_bytes *left, struct rip_entry *e);
/* Whether this is the question for the whole table (RFC 2453 3.9.1). */
bool rip_asks_all(const struct rip_msg *m);

/* The header, and, unless the password is NULL, the entry that carries it (RFC 2453 4.1; at most 16 bytes of it). */
void rip_head_write(struct writer *w, enum rip_command command, uint8_t version, const char *password);
void rip_entry_write(struct writer *w, const struct rip_entry *e);

/* The prefix of an entry: false if the mask has holes, or bits of the address are outside of it. */
bool rip_prefix_of(const struct rip_entry *e, struct hp_prefix *out);
/* An IPv4 prefix as an entry's address and mask. */
void rip_prefix_set(struct rip_entry *e, const struct hp_prefix *to);

#endif
