/* DNS questions and answers as the resolver and the name server need them, on top of wire/dns. */
#ifndef L7_DNS_MESSAGE_H
#define L7_DNS_MESSAGE_H

#include "core/bytes.h"
#include "hepta/dns.h"
#include "wire/dns.h"

enum { DNS_CNAMES_MAX = 16 };

struct dns_answer {
    uint8_t count;
    uint32_t ttl;               /* the least of the records used; of a negative answer the SOA's (RFC 2308 5) */
    struct hp_ip address[HP_DNS_ADDRESSES_MAX];
};

/* Of an answer (dns_is_answer()) to a question for A or AAAA: the number of addresses (>= 1); HP_ENONAME = there is no such name, HP_ENODATA =
 * none of this type; HP_EREFUSED, HP_ESERVFAIL = what the server said instead; HP_EPROTO = malformed, cut off, or anything else. */
int dns_answer_read(struct hp_bytes message, const struct dns_question *q, struct dns_answer *out);

/* Whether the message is an answer with this id to this question, as RFC 5452 wants it. */
bool dns_is_answer(struct hp_bytes message, uint16_t id, const struct dns_question *q);
/* A question of any kind; its length. */
size_t dns_query_write(uint8_t *out, size_t n, uint16_t id, const struct dns_question *q, bool recursion, bool edns);

/* A question as a server sees it. */
struct dns_asked {
    uint16_t id;
    uint8_t opcode;
    bool recursion_desired, checking_disabled;
    bool has_question;
    struct dns_question q;
    bool edns, dnssec_ok;       /* RFC 6891 */
    uint8_t version;            /* ... of EDNS */
    uint16_t room;              /* bytes that the asker takes in a UDP answer (512 without EDNS) */
};

/* 1 = a question; 0 = not one to answer at all (a response, garbage shorter than a header); HP_EPROTO = answer FORMERR. */
int dns_asked_read(struct hp_bytes message, struct dns_asked *out);

/* An answer under construction: the question as it was asked (in its own case); the OPT record's place is kept.  room >= 512. */
struct dns_reply {
    struct dns_writer w;
    const struct dns_asked *asked;
    uint16_t udp_size;          /* what we say that we take */
    bool full;                  /* something did not fit: TC, and no more of the answer and authority sections is written */
};
struct dns_reply dns_reply_start(uint8_t *out, size_t room, const struct dns_asked *asked);
/* In the answer or authority section: one that does not fit sets TC. */
void dns_reply_add(struct dns_reply *r, const struct dns_record *record);
/* A whole set in the additional section begins: dns_reply_undo() goes back to here, as if none of it had been written. */
struct dns_writer dns_reply_mark(const struct dns_reply *r);
void dns_reply_undo(struct dns_reply *r, const struct dns_writer *mark);
/* rcode is extended (RFC 6891 6.1.3).  Its length. */
size_t dns_reply_end(struct dns_reply *r, unsigned rcode);
size_t dns_reply_error(uint8_t *out, size_t room, const struct dns_asked *asked, unsigned rcode);

/* A name as text in lower case, for those who are told what was asked. */
char *dns_name_lower(const struct dns_name *name, char buf[DNS_TEXT]);

#endif
