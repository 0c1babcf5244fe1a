/* Questions and answers on top of wire/dns: which records of a message answer a question, and which it must not believe.
 *
 * Of an answer only the chain from the question's name through CNAMEs counts (RFC 5452 6: everything else a server may say could be a
 * lie about somebody else's name). */
#include "l7_application/dns_message.h"

#include "core/text.h"
#include "wire/dns.h"

enum { DNS_EDNS_SIZE = 1232 };  /* fits every path without fragments (DNS flag day 2020) */

/* One pass over the answers: from `at` along the CNAMEs, or the addresses of `at`.  CNAMEs usually come in order, so one pass
 * follows many; the caller repeats while a pass gets on.  Answers how many it followed. */
static int answer_pass(struct hp_bytes message, struct dns_name *at, uint16_t type, struct dns_answer *out)
{
    struct dns_msg m;
    struct dns_record r;
    int aliases = 0;
    if (!dns_parse(message, &m)) return 0;
    while (dns_record_next(&m, &r) && r.section == DNS_ANSWER) {
        if (r.class_ != DNS_IN || !dns_name_equal(&r.name, at)) continue;
        if (r.ttl < out->ttl) out->ttl = r.ttl;
        if (r.type == DNS_CNAME) {
            *at = r.target;
            aliases++;
        } else if (r.type == type && out->count < HP_DNS_ADDRESSES_MAX) {
            out->address[out->count++] = r.ip;
        }
    }
    return aliases;
}

/* RFC 2308 5: how long a "no" may be remembered. */
static uint32_t answer_negative_ttl(struct hp_bytes message)
{
    struct dns_msg m;
    struct dns_record r;
    if (!dns_parse(message, &m)) return 0;
    while (dns_record_next(&m, &r))
        if (r.section == DNS_AUTHORITY && r.type == DNS_SOA) return r.ttl < r.minimum_s ? r.ttl : r.minimum_s;
    return 0;
}

bool dns_is_answer(struct hp_bytes message, uint16_t id, const struct dns_question *q)
{
    struct dns_msg m;
    struct dns_question a;
    if (!dns_parse(message, &m) || m.h.id != id || !m.h.response || m.h.opcode != DNS_QUERY || m.h.count[DNS_QUESTION] != 1) return false;
    return dns_question_next(&m, &a) && a.type == q->type && a.class_ == q->class_ && dns_name_equal(&a.name, &q->name);
}

size_t dns_query_write(uint8_t *out, size_t n, uint16_t id, const struct dns_question *q, bool recursion, bool edns)
{
    struct dns_hdr h = {.id = id, .recursion_desired = recursion};
    struct dns_record opt = {.name = {.n = 1}, .section = DNS_ADDITIONAL, .type = DNS_OPT, .udp_size = DNS_EDNS_SIZE};
    struct dns_writer w = dns_write_start(out, n, &h);
    dns_write_question(&w, q);
    if (edns) dns_write_record(&w, &opt);
    return dns_write_end(&w);
}

int dns_answer_read(struct hp_bytes message, const struct dns_question *q, struct dns_answer *out)
{
    struct dns_msg m;
    struct dns_name at = q->name;
    struct dns_record r;
    *out = (struct dns_answer){.ttl = UINT32_MAX};
    if (!dns_parse(message, &m)) return HP_EPROTO;
    if (m.h.rcode == DNS_REFUSED) return HP_EREFUSED;
    if (m.h.rcode == DNS_SERVFAIL) return HP_ESERVFAIL;
    if (m.h.truncated || (m.h.rcode != DNS_NOERROR && m.h.rcode != DNS_NXDOMAIN)) return HP_EPROTO;
    while (dns_record_next(&m, &r)) continue;
    if (m.bad) return HP_EPROTO;        /* malformed anywhere: believe nothing of it */
    for (int chain = 0, aliases; !out->count && (aliases = answer_pass(message, &at, q->type, out));)
        if ((chain += aliases) > DNS_CNAMES_MAX) return HP_EPROTO;      /* a loop, or as good as one */
    if (out->count) return out->count;
    out->ttl = answer_negative_ttl(message);
    return m.h.rcode == DNS_NXDOMAIN ? HP_ENONAME : HP_ENODATA;
}

/* ---- a server's side ---- */

char *dns_name_lower(const struct dns_name *name, char buf[DNS_TEXT])
{
    dns_name_text(name, buf, DNS_TEXT);
    for (char *p = buf; *p; p++)
        if (*p >= 'A' && *p <= 'Z') *p = (char)(*p + 32);
    return buf;
}

static void asked_edns(struct dns_asked *a, const struct dns_record *opt)
{
    a->edns = true;
    a->version = opt->version;
    a->dnssec_ok = opt->dnssec_ok;
    if (opt->udp_size > DNS_UDP_MAX) a->room = opt->udp_size;
}

int dns_asked_read(struct hp_bytes message, struct dns_asked *out)
{
    struct dns_msg m;
    struct dns_record r;
    *out = (struct dns_asked){.room = DNS_UDP_MAX};
    if (!dns_parse(message, &m) || m.h.response) return 0;
    out->id = m.h.id;
    out->opcode = m.h.opcode;
    out->recursion_desired = m.h.recursion_desired;
    out->checking_disabled = m.h.checking_disabled;
    if (m.h.count[DNS_QUESTION] != 1 || !dns_question_next(&m, &out->q)) return HP_EPROTO;
    out->has_question = true;
    while (dns_record_next(&m, &r)) {
        if (r.type != DNS_OPT) continue;
        if (out->edns || r.section != DNS_ADDITIONAL) return HP_EPROTO; /* RFC 6891 6.1.1 */
        asked_edns(out, &r);
    }
    return m.bad ? HP_EPROTO : 1;
}

enum { REPLY_OPT = 11 };        /* bytes of an OPT record without options */

struct dns_reply dns_reply_start(uint8_t *out, size_t room, const struct dns_asked *a)
{
    struct dns_hdr h = {.id = a->id, .response = true, .opcode = a->opcode, .recursion_desired = a->recursion_desired,
                        .checking_disabled = a->checking_disabled};
    struct dns_reply r = {.asked = a, .udp_size = DNS_EDNS_SIZE};
    r.w = dns_write_start(out, a->edns ? room - REPLY_OPT : room, &h);
    if (a->has_question) dns_write_question(&r.w, &a->q);
    return r;
}

void dns_reply_add(struct dns_reply *r, const struct dns_record *record)
{
    if (!r->full && !dns_write_record(&r->w, record)) r->full = true;
}

struct dns_writer dns_reply_mark(const struct dns_reply *r) { return r->w; }
void dns_reply_undo(struct dns_reply *r, const struct dns_writer *mark) { r->w = *mark; }

size_t dns_reply_end(struct dns_reply *r, unsigned rcode)
{
    struct dns_record opt = {.name = {.n = 1}, .type = DNS_OPT, .section = DNS_ADDITIONAL, .udp_size = r->udp_size,
                             .rcode_high = (uint8_t)(rcode >> 4), .dnssec_ok = r->asked->dnssec_ok};
    r->w.h.rcode = rcode & 15;
    if (r->asked->edns) {
        r->w.w.end += REPLY_OPT;
        bool fits = dns_write_record(&r->w, &opt);
        assert(fits);
    }
    return dns_write_end(&r->w);
}

size_t dns_reply_error(uint8_t *out, size_t room, const struct dns_asked *a, unsigned rcode)
{
    struct dns_reply r = dns_reply_start(out, room, a);
    return dns_reply_end(&r, rcode);
}
