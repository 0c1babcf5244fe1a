/* Dissecting DNS messages over UDP. */
#include "wire/dissect_layers.h"
#include "wire/dns.h"

static const struct dissect_word dns_class_word[] = {{DNS_IN, "IN"}, {DNS_CH, "CH"}, {DNS_CLASS_ANY, "ANY"}, {0, NULL}};
static const struct dissect_word dns_opcode_word[] = {
    {DNS_QUERY, "query"}, {DNS_STATUS, "status"}, {DNS_NOTIFY, "notify"}, {DNS_UPDATE, "update"}, {0, NULL}};
static const struct dissect_word dns_rcode_word[] = {
    {DNS_NOERROR, "NOERROR"}, {DNS_FORMERR, "FORMERR"}, {DNS_SERVFAIL, "SERVFAIL"}, {DNS_NXDOMAIN, "NXDOMAIN"},
    {DNS_NOTIMP, "NOTIMP"}, {DNS_REFUSED, "REFUSED"}, {0, NULL}};
static const struct dissect_row dns_row[] = {
    {"dns.id", "Transaction ID", 0, 2, D_HEX, 0, 0, NULL},
    {"dns.flags", "Flags", 2, 2, D_HEX, 0, 0, NULL},
    {"dns.flags.response", "Response", 2, 2, D_FLAG, 15, 1, NULL},
    {"dns.flags.opcode", "Opcode", 2, 2, D_DEC, 11, 15, dns_opcode_word},
    {"dns.flags.truncated", "Truncated", 2, 2, D_FLAG, 9, 1, NULL},
    {"dns.flags.recdesired", "Recursion desired", 2, 2, D_FLAG, 8, 1, NULL},
    {"dns.flags.checkdisable", "Non-authenticated data", 2, 2, D_FLAG, 4, 1, NULL},
};
/* What only an answer says (RFC 1035 4.1.1). */
static const struct dissect_row dns_answer_row[] = {
    {"dns.flags.authoritative", "Authoritative", 2, 2, D_FLAG, 10, 1, NULL},
    {"dns.flags.recavail", "Recursion available", 2, 2, D_FLAG, 7, 1, NULL},
    {"dns.flags.authenticated", "Answer authenticated", 2, 2, D_FLAG, 5, 1, NULL},
    {"dns.flags.rcode", "Reply code", 2, 2, D_DEC, 0, 15, dns_rcode_word},
};
static const struct dissect_row dns_count_row[] = {
    {"dns.count.queries", "Questions", 4, 2, D_DEC, 0, 0, NULL},
    {"dns.count.answers", "Answer RRs", 6, 2, D_DEC, 0, 0, NULL},
    {"dns.count.auth_rr", "Authority RRs", 8, 2, D_DEC, 0, 0, NULL},
    {"dns.count.add_rr", "Additional RRs", 10, 2, D_DEC, 0, 0, NULL},
};

enum { DNS_LINE_RECORDS = 4 };      /* answers in the summary */

static void dissect_dns_name(struct dline *t, const struct dns_name *name)
{
    char buf[DNS_TEXT];
    dline_str(t, dns_name_text(name, buf, sizeof buf));
}

static void dissect_dns_type(struct dline *t, uint16_t type)
{
    char buf[DNS_TYPE_TEXT];
    dline_str(t, dns_type_text(type, buf));
}

static void dissect_dns_txt(struct dline *t, struct hp_bytes left)
{
    struct hp_bytes text;
    while (dns_txt_next(&left, &text)) {
        dline_str(t, " \"");
        dline_ascii(t, text);
        dline_char(t, '"');
    }
}

/* "A 10.0.0.1", "MX 10 mail.example.org" */
static void dissect_dns_record_text(struct dline *t, const struct dns_record *r)
{
    dissect_dns_type(t, r->type);
    if (r->type == DNS_OPT) {
        dline_key(t, "udp", r->udp_size);
        if (r->dnssec_ok) dline_str(t, " do");
        return;
    }
    if ((r->class_ & ~DNS_MDNS_BIT) != DNS_IN) return;
    if (r->type == DNS_MX || r->type == DNS_SRV) dline_char(t, ' ');
    if (r->type == DNS_MX || r->type == DNS_SRV) dline_u(t, r->priority);
    switch (r->type) {
    case DNS_A:
    case DNS_AAAA:
        dline_char(t, ' ');
        dline_ip(t, &r->ip);
        return;
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
    case DNS_DNAME:
    case DNS_MX:
    case DNS_SOA:
    case DNS_SRV:
        dline_char(t, ' ');
        dissect_dns_name(t, &r->target);
        if (r->type == DNS_SRV) dline_char(t, ':');
        if (r->type == DNS_SRV) dline_u(t, r->port);
        return;
    case DNS_TXT: dissect_dns_txt(t, r->data); return;
    default: return;
    }
}

static void dissect_dns_answers(struct dline *t, struct dns_msg *m)
{
    struct dns_record r;
    const char *rcode = dissect_word_of(dns_rcode_word, m->h.rcode);
    if (m->h.rcode) dline_char(t, ' ');
    if (m->h.rcode && rcode) dline_str(t, rcode);
    else if (m->h.rcode) dline_key(t, "rcode", m->h.rcode);
    for (int i = 0; i < DNS_LINE_RECORDS && dns_record_next(m, &r) && r.section == DNS_ANSWER; i++) {
        dline_str(t, i ? ", " : " ");
        dissect_dns_record_text(t, &r);
    }
    if (m->left[DNS_ANSWER]) dline_str(t, ", ...");
}

static void dissect_dns_summary(struct dline *t, struct dns_msg m)
{
    struct dns_question q;
    const char *word = dissect_word_of(dns_opcode_word, m.h.opcode);
    dline_str(t, "dns ");
    dline_hex(t, m.h.id, 4);
    dline_char(t, ' ');
    dline_str(t, m.h.response ? "answer" : word ? word : "opcode?");
    if (dns_question_next(&m, &q)) {
        dline_char(t, ' ');
        dissect_dns_type(t, q.type);
        dline_char(t, ' ');
        dissect_dns_name(t, &q.name);
    }
    if (m.h.response) dline_char(t, ':');
    if (m.h.response) dissect_dns_answers(t, &m);
    if (m.h.truncated) dline_str(t, " truncated");
}

static void dissect_dns_question(struct dissect *d, const struct dns_question *q, size_t at, size_t n)
{
    char buf[DISSECT_TEXT];
    struct dline t = dline_of(buf, sizeof buf);
    char type[DNS_TYPE_TEXT];
    dissect_dns_name(&t, &q->name);
    dissect_text(d, 1, "dns.qry.name", "Query name", at, n, buf);
    dissect_value(d, 2, "dns.qry.type", "Type", at + n - 4, 2, q->type, dns_type_text(q->type, type));
    const char *word = dissect_word_of(dns_class_word, q->class_);
    dissect_value(d, 2, "dns.qry.class", "Class", at + n - 2, 2, q->class_, word ? word : "other");
}

static void dissect_dns_address(struct dissect *d, const struct dns_record *r, size_t at)
{
    char buf[HP_IP_TEXT];
    hp_ip_text(&r->ip, buf, sizeof buf);
    dissect_text(d, 2, r->type == DNS_A ? "dns.a" : "dns.aaaa", "Address", at, r->data.n, buf);
}

/* Where other records have class and time to live (RFC 6891 6.1.2). */
static const struct dissect_row dns_opt_row[] = {
    {"dns.rr.udp_payload_size", "UDP payload size", 0, 2, D_DEC, 0, 0, NULL},
    {"dns.resp.ext_rcode", "Higher bits in extended RCODE", 2, 1, D_HEX, 0, 0, NULL},
    {"dns.resp.edns0_version", "EDNS0 version", 3, 1, D_DEC, 0, 0, NULL},
    {"dns.resp.z", "Z", 4, 2, D_HEX, 0, 0, NULL},
    {"dns.resp.z.do", "Accepts DNSSEC security RRs", 4, 2, D_FLAG, 15, 1, NULL},
};

static void dissect_dns_record(struct dissect *d, const struct dns_record *r, size_t at, size_t n)
{
    char buf[DISSECT_TEXT];
    struct dline t = dline_of(buf, sizeof buf);
    size_t data = at + n - r->data.n;
    dissect_dns_name(&t, &r->name);
    dissect_text(d, 1, "dns.resp.name", "Name", at, n, buf);
    t = dline_of(buf, sizeof buf);
    dissect_dns_record_text(&t, r);
    dissect_value(d, 2, "dns.resp.type", "Type", data - 10, 2, r->type, buf);
    if (r->type == DNS_OPT) {
        dissect_rows(d, 2, DISSECT_ROWS(dns_opt_row), data - 8, 6);
    } else {
        dissect_number(d, 2, "dns.resp.class", "Class", data - 8, 2, r->class_);
        dissect_number(d, 2, "dns.resp.ttl", "Time to live", data - 6, 4, r->ttl);
    }
    dissect_number(d, 2, "dns.resp.len", "Data length", data - 2, 2, r->data.n);
    bool in = (r->class_ & ~DNS_MDNS_BIT) == DNS_IN;
    if (in && (r->type == DNS_A || r->type == DNS_AAAA)) dissect_dns_address(d, r, data);
}

void dissect_dns(struct dissect *d)
{
    char buf[DISSECT_TEXT];
    struct dline t = dline_of(buf, sizeof buf);
    struct dns_msg m;
    if (!dns_parse(dissect_bytes(d), &m)) {
        dissect_bad(d, "DNS header cut off");
        return;
    }
    dissect_dns_summary(&t, m);
    dissect_layer(d, "dns", "Domain Name System", d->n, &t, DISSECT_AFTER);
    dissect_rows(d, 1, DISSECT_ROWS(dns_row), d->at, d->n);
    if (m.h.response) dissect_rows(d, 1, DISSECT_ROWS(dns_answer_row), d->at, d->n);
    dissect_rows(d, 1, DISSECT_ROWS(dns_count_row), d->at, d->n);
    struct dns_question q;
    struct dns_record r;
    size_t at = m.at;
    for (; dns_question_next(&m, &q); at = m.at) dissect_dns_question(d, &q, d->at + at, m.at - at);
    for (; dns_record_next(&m, &r); at = m.at) dissect_dns_record(d, &r, d->at + at, m.at - at);
    if (m.bad) dissect_bad(d, "DNS entry");
}
