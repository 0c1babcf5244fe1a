/* DNS questions and answers as the resolver and the name server need them, on top of wire/dns. */
#ifndef L7_DNS_MESSAGE_H
#define L7_DNS_MESSAGE_H

#include "core/bytes.h"
#include "hepta/dns.h"
#include "wire/dns.h"

enum { DNS_TRUNCATED = -1000, DNS_CNAMES_MAX = 8 };

struct dns_answer {
    uint8_t count;
    uint32_t ttl;               /* the least of the records used; of a negative answer the SOA's (RFC 2308 5) */
    struct hp_ip address[HP_DNS_ADDRESSES_MAX];
};

/* A recursive question for A or AAAA; answers its length, 0 = not a name. */
size_t dns_question_write(uint8_t *out, size_t n, uint16_t id, const char *name, enum hp_dns_family family);
/* The number of addresses; HP_ENOENT = there is no such name, or none of this family; DNS_TRUNCATED = ask by TCP; HP_EPROTO = malformed, or the
 * server failed; 0 = not an answer to this question: ignore it. */
int dns_answer_read(struct hp_bytes message, uint16_t id, const char *name, enum hp_dns_family family, struct dns_answer *out);

/* A question as a server sees it. */
struct dns_asked {
    uint16_t id, type, class_;
    uint8_t opcode;
    bool recursion_desired;
    uint16_t room;              /* bytes that the asker takes in a UDP answer (EDNS, RFC 6891; else 512) */
    char name[HP_DNS_NAME_MAX]; /* lower case, no closing dot */
};

/* 1 = a question; 0 = not one to answer at all (a response, garbage shorter than a header); HP_EPROTO = answer FORMERR. */
int dns_asked_read(struct hp_bytes message, struct dns_asked *out);
/* An authoritative answer with these addresses (all of the type asked for); TC says that some did not fit. */
size_t dns_reply_write(uint8_t *out, size_t n, const struct dns_asked *q, int rcode, const struct hp_ip *ip, int count, uint32_t ttl);

#endif
