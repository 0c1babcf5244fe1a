/* Questions and answers on top of wire/dns: which records of a message answer a question, and which it must not believe.
 *
 * Of an answer only the chain from the question's name through CNAMEs counts (RFC 5452 6: everything else a server may say could be a
 * lie about somebody else's name). */
#include "l7_application/dns_message.h"

#include "core/text.h"
#include "wire/dns.h"

enum { DNS_EDNS_SIZE = 1232 };  /* fits every path without fragments (DNS flag day 2020) */

static uint16_t dns_type_of(enum hp_dns_family family) { return family == HP_DNS_V6 ? DNS_AAAA : DNS_A; }

size_t dns_question_write(uint8_t *out, size_t n, uint16_t id, const char *name, enum hp_dns_family family)
{
    struct dns_hdr h = {.id = id, .recursion_desired = true};
    struct dns_question q = {.type = dns_type_of(family), .class_ = DNS_IN};
    struct dns_record opt = {.section = DNS_ADDITIONAL, .type = DNS_OPT, .udp_size = DNS_EDNS_SIZE};
    if (!dns_name_parse(name, &q.name) || !dns_name_parse(".", &opt.name)) return 0;
    struct dns_writer w = dns_write_start(out, n, &h);
    if (!dns_write_question(&w, &q) || !dns_write_record(&w, &opt)) return 0;
    return dns_write_end(&w);
}

/* One pass over the answers: from `at` by one CNAME, or the addresses of `at`.  CNAMEs usually come in order, so one pass
 * follows many; the caller repeats while a pass gets on. */
static bool answer_pass(struct hp_bytes message, struct dns_name *at, uint16_t type, struct dns_answer *out)
{
    struct dns_msg m;
    struct dns_record r;
    bool moved = false;
    if (!dns_parse(message, &m)) return false;
    while (dns_record_next(&m, &r) && r.section == DNS_ANSWER) {
        if (r.class_ != DNS_IN || !dns_name_equal(&r.name, at)) continue;
        if (r.ttl < out->ttl) out->ttl = r.ttl;
        if (r.type == DNS_CNAME) {
            *at = r.target;
            moved = true;
        } else if (r.type == type && out->count < HP_DNS_ADDRESSES_MAX) {
            out->address[out->count++] = r.ip;
        }
    }
    return moved;
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

static bool answer_is_ours(struct dns_msg *m, uint16_t id, const struct dns_name *name, uint16_t type)
{
    struct dns_question q;
    if (m->h.id != id || !m->h.response || m->h.opcode != DNS_QUERY || m->h.count[DNS_QUESTION] != 1) return false;
    return dns_question_next(m, &q) && q.type == type && q.class_ == DNS_IN && dns_name_equal(&q.name, name);
}

int dns_answer_read(struct hp_bytes message, uint16_t id, const char *name, enum hp_dns_family family, struct dns_answer *out)
{
    struct dns_msg m;
    struct dns_name at;
    struct dns_record r;
    uint16_t type = dns_type_of(family);
    *out = (struct dns_answer){.ttl = UINT32_MAX};
    if (!dns_parse(message, &m) || !dns_name_parse(name, &at) || !answer_is_ours(&m, id, &at, type)) return 0;
    if (m.h.truncated) return DNS_TRUNCATED;
    if (m.h.rcode != DNS_NOERROR && m.h.rcode != DNS_NXDOMAIN) return HP_EPROTO;
    while (dns_record_next(&m, &r)) continue;
    if (m.bad) return HP_EPROTO;        /* malformed anywhere: believe nothing of it */
    int chain = 0;
    while (!out->count && answer_pass(message, &at, type, out))
        if (++chain > DNS_CNAMES_MAX) return HP_EPROTO;     /* a loop */
    if (out->count) return out->count;
    out->ttl = answer_negative_ttl(message);
    return HP_ENOENT;
}

/* ---- a server's side ---- */

static void asked_lower(char *name)
{
    for (; *name; name++)
        if (*name >= 'A' && *name <= 'Z') *name = (char)(*name + 32);
}

int dns_asked_read(struct hp_bytes message, struct dns_asked *out)
{
    struct dns_msg m;
    struct dns_question q;
    struct dns_record r;
    char text[DNS_TEXT];
    *out = (struct dns_asked){.room = DNS_UDP_MAX};
    if (!dns_parse(message, &m) || m.h.response) return 0;
    out->id = m.h.id;
    out->opcode = m.h.opcode;
    out->recursion_desired = m.h.recursion_desired;
    if (m.h.count[DNS_QUESTION] != 1 || !dns_question_next(&m, &q)) return HP_EPROTO;
    out->type = q.type;
    out->class_ = q.class_;
    dns_name_text(&q.name, text, sizeof text);
    if (strlen(text) >= sizeof out->name) return HP_EPROTO;
    memcpy(out->name, text, strlen(text) + 1);
    asked_lower(out->name);
    while (dns_record_next(&m, &r))
        if (r.type == DNS_OPT && r.udp_size > DNS_UDP_MAX) out->room = r.udp_size;
    return m.bad ? HP_EPROTO : 1;
}

static bool reply_address(struct dns_writer *w, const struct dns_question *q, const struct hp_ip *ip, uint32_t ttl)
{
    struct dns_record r = {.name = q->name, .type = q->type, .class_ = DNS_IN, .ttl = ttl, .section = DNS_ANSWER, .ip = *ip};
    return dns_write_record(w, &r);
}

size_t dns_reply_write(uint8_t *out, size_t n, const struct dns_asked *a, int rcode, const struct hp_ip *ip, int count, uint32_t ttl)
{
    struct dns_hdr h = {.id = a->id, .response = true, .authoritative = rcode == DNS_NOERROR || rcode == DNS_NXDOMAIN,
                        .opcode = a->opcode, .recursion_desired = a->recursion_desired, .rcode = (uint8_t)rcode};
    struct dns_question q = {.type = a->type, .class_ = a->class_};
    struct dns_writer w = dns_write_start(out, n, &h);
    bool named = a->name[0] && dns_name_parse(a->name, &q.name);
    if (named) dns_write_question(&w, &q);
    for (int i = 0; named && i < count; i++) reply_address(&w, &q, &ip[i], ttl);
    return dns_write_end(&w);
}
