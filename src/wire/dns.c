/* DNS messages <-> structs.  RFC 1035 4, RFC 3596, RFC 2782, RFC 6672, RFC 6891, RFC 9267.
 *
 * Every record is read within its RDLENGTH, and a name in it must end where the RDATA ends.  One malformed entry makes
 * the rest of the message unreadable: reading stops with `bad`.  Counts only end loops early; they size nothing. */
#include "wire/dns.h"

bool dns_parse(struct hp_bytes in, struct dns_msg *m)
{
    if (in.n < DNS_HEADER) return false;
    unsigned flags = get16(in.p + 2);
    *m = (struct dns_msg){.all = in, .at = DNS_HEADER};
    m->h = (struct dns_hdr){
        .id = get16(in.p), .response = flags >> 15 & 1, .opcode = flags >> 11 & 15, .authoritative = flags >> 10 & 1,
        .truncated = flags >> 9 & 1, .recursion_desired = flags >> 8 & 1, .recursion_available = flags >> 7 & 1,
        .authentic = flags >> 5 & 1, .checking_disabled = flags >> 4 & 1, .rcode = flags & 15};
    for (int i = 0; i < DNS_SECTIONS; i++) m->left[i] = m->h.count[i] = get16(in.p + 4 + 2 * i);
    return true;
}

/* A name followed by `fixed` bytes: where these start, 0 if not all of it is there. */
static size_t dns_entry_read(struct dns_msg *m, struct dns_name *name, size_t fixed)
{
    size_t at = dns_name_read(m->all, DNS_HEADER, m->at, name);
    if (at == 0 || m->all.n - at < fixed) {
        m->bad = true;
        return 0;
    }
    return at;
}

bool dns_question_next(struct dns_msg *m, struct dns_question *q)
{
    if (m->bad || m->left[DNS_QUESTION] == 0) return false;
    size_t at = dns_entry_read(m, &q->name, 4);
    if (at == 0) return false;
    q->type = get16(m->all.p + at);
    q->class_ = get16(m->all.p + at + 2);
    m->at = at + 4;
    m->left[DNS_QUESTION]--;
    return true;
}

/* ---- RDATA: `at` and `end` are offsets in the message ---- */

static bool dns_data_ip(struct dns_record *r)
{
    size_t want = r->type == DNS_A ? 4 : 16;
    if (r->data.n != want) return false;
    r->ip = r->type == DNS_A ? ip4_get(r->data.p) : ip6_get(r->data.p);
    return true;
}

/* Where RDATA is read: `all` ends where it ends, and pointers in it may lead to `floor` or later. */
struct dns_data_place {
    struct hp_bytes all;
    size_t floor, at;
};

static bool dns_data_target(struct dns_data_place d, size_t skip, struct dns_record *r)
{
    size_t end = dns_name_read(d.all, d.floor, d.at + skip, &r->target);
    return end && end == d.all.n;
}

static bool dns_data_mx(struct dns_data_place d, struct dns_record *r)
{
    if (r->data.n < 3) return false;
    r->priority = get16(r->data.p);
    return dns_data_target(d, 2, r);
}

static bool dns_data_srv(struct dns_data_place d, struct dns_record *r)
{
    if (r->data.n < 7) return false;
    r->priority = get16(r->data.p);
    r->weight = get16(r->data.p + 2);
    r->port = get16(r->data.p + 4);
    return dns_data_target(d, 6, r);
}

static bool dns_data_soa(struct dns_data_place d, struct dns_record *r)
{
    size_t at = dns_name_read(d.all, d.floor, d.at, &r->target);
    if (at) at = dns_name_read(d.all, d.floor, at, &r->mail);
    if (at == 0 || d.all.n - at != 20) return false;
    const uint8_t *p = d.all.p + at;
    r->serial = get32(p);
    r->refresh_s = get32(p + 4);
    r->retry_s = get32(p + 8);
    r->expire_s = get32(p + 12);
    r->minimum_s = get32(p + 16);
    return true;
}

static bool dns_data_txt(struct hp_bytes left)
{
    if (left.n == 0) return false;
    while (left.n > 0) {
        size_t n = left.p[0] + (size_t)1;
        if (n > left.n) return false;
        left = bytes_from(left, n);
    }
    return true;
}

static bool dns_data_opt(struct dns_record *r)
{
    r->udp_size = r->class_;
    r->rcode_high = (uint8_t)(r->ttl >> 24);
    r->version = (uint8_t)(r->ttl >> 16);
    r->dnssec_ok = r->ttl >> 15 & 1;
    for (struct hp_bytes left = r->data; left.n > 0;) {
        if (left.n < 4 || get16(left.p + 2) > left.n - 4) return false;
        left = bytes_from(left, get16(left.p + 2) + (size_t)4);
    }
    return r->name.n == 1;
}

static bool dns_data_parse(struct dns_data_place d, struct dns_record *r)
{
    if (r->type == DNS_OPT) return dns_data_opt(r);
    if ((r->class_ & ~DNS_MDNS_BIT) != DNS_IN) return true;
    switch (r->type) {
    case DNS_A:
    case DNS_AAAA: return dns_data_ip(r);
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
    case DNS_DNAME: return dns_data_target(d, 0, r);
    case DNS_MX: return dns_data_mx(d, r);
    case DNS_SRV: return dns_data_srv(d, r);
    case DNS_SOA: return dns_data_soa(d, r);
    case DNS_TXT: return dns_data_txt(r->data);
    default: return true;
    }
}

bool dns_record_data(struct dns_record *r) { return dns_data_parse((struct dns_data_place){r->data, SIZE_MAX, 0}, r); }

/* The section whose turn it is: the first that has entries left. */
static enum dns_section dns_section_now(const struct dns_msg *m)
{
    enum dns_section s = DNS_ANSWER;
    while (s < DNS_SECTIONS && m->left[s] == 0) s++;
    return s;
}

bool dns_record_next(struct dns_msg *m, struct dns_record *r)
{
    struct dns_question skipped;
    while (dns_question_next(m, &skipped)) continue;
    enum dns_section section = dns_section_now(m);
    if (m->bad || section == DNS_SECTIONS) return false;
    size_t at = dns_entry_read(m, &r->name, 10);
    if (at == 0) return false;
    const uint8_t *p = m->all.p + at;
    size_t n = get16(p + 8);
    at += 10;
    if (m->all.n - at < n) {
        m->bad = true;
        return false;
    }
    r->type = get16(p);
    r->class_ = get16(p + 2);
    r->ttl = get32(p + 4);
    r->section = section;
    r->data = bytes_of(p + 10, n);
    if (!dns_data_parse((struct dns_data_place){bytes_upto(m->all, at + n), DNS_HEADER, at}, r)) {
        m->bad = true;
        return false;
    }
    m->at = at + n;
    m->left[section]--;
    return true;
}

bool dns_txt_next(struct hp_bytes *left, struct hp_bytes *text)
{
    if (left->n == 0 || left->p[0] + (size_t)1 > left->n) return false;
    *text = bytes_of(left->p + 1, left->p[0]);
    *left = bytes_from(*left, text->n + 1);
    return true;
}

bool dns_opt_next(struct hp_bytes *left, uint16_t *code, struct hp_bytes *data)
{
    if (left->n < 4 || get16(left->p + 2) > left->n - 4) return false;
    *code = get16(left->p);
    *data = bytes_of(left->p + 4, get16(left->p + 2));
    *left = bytes_from(*left, data->n + 4);
    return true;
}

/* ---- writing ---- */

struct dns_writer dns_write_start(uint8_t *out, size_t n, const struct dns_hdr *h)
{
    assert(n >= DNS_HEADER);
    struct dns_writer w = {.w = writer_of(out, n < 65535 ? n : 65535), .h = *h};
    memset(w.h.count, 0, sizeof w.h.count);
    write_room(&w.w, DNS_HEADER);
    return w;
}

/* The offset of an earlier name that is equal to name->b[from..] byte by byte (case is kept), or 0. */
static size_t dns_write_find(const struct dns_writer *w, const struct dns_name *name, size_t from)
{
    struct hp_bytes so_far = bytes_of(w->w.start, writer_used(&w->w));
    for (int i = 0; i < w->name_count; i++) {
        struct dns_name seen;
        if (w->name_n[i] != name->n - from) continue;
        if (!dns_name_read(so_far, DNS_HEADER, w->name_at[i], &seen)) continue;
        if (memcmp(seen.b, name->b + from, seen.n) == 0) return w->name_at[i];
    }
    return 0;
}

/* RFC 1035 4.1.4: label by label, until the rest was written before. */
static void dns_write_name(struct dns_writer *w, const struct dns_name *name, bool compress)
{
    assert(name->n >= 1);
    size_t from = 0;
    uint8_t known = w->name_count;
    for (; name->b[from] != 0; from += name->b[from] + 1u) {
        size_t at = compress ? dns_write_find(w, name, from) : 0;
        if (at) {
            write16(&w->w, 0xc000 | (unsigned)at);
            w->name_count = known;      /* only now can what was remembered be read */
            return;
        }
        size_t here = writer_used(&w->w);
        if (here < 0x4000 && known < DNS_WRITER_NAMES_MAX) {
            w->name_at[known] = (uint16_t)here;
            w->name_n[known++] = (uint8_t)(name->n - from);
        }
        write_bytes(&w->w, name->b + from, name->b[from] + 1u);
    }
    write8(&w->w, 0);
    w->name_count = known;
}

/* An entry that did not fit is taken back as a whole. */
static bool dns_write_done(struct dns_writer *w, uint8_t *start, uint8_t names, enum dns_section section)
{
    if (w->w.full || w->h.count[section] == UINT16_MAX) {
        w->w.p = start;
        w->w.full = false;
        w->name_count = names;
        w->h.truncated = true;
        return false;
    }
    w->h.count[section]++;
    return true;
}

bool dns_write_question(struct dns_writer *w, const struct dns_question *q)
{
    uint8_t *start = w->w.p, names = w->name_count;
    dns_write_name(w, &q->name, true);
    write16(&w->w, q->type);
    write16(&w->w, q->class_);
    return dns_write_done(w, start, names, DNS_QUESTION);
}

static void dns_write_soa(struct dns_writer *w, const struct dns_record *r)
{
    dns_write_name(w, &r->target, true);
    dns_write_name(w, &r->mail, true);
    write32(&w->w, r->serial);
    write32(&w->w, r->refresh_s);
    write32(&w->w, r->retry_s);
    write32(&w->w, r->expire_s);
    write32(&w->w, r->minimum_s);
}

/* RFC 3597 4: only the names of RFC 1035's own types are compressed; RFC 2782 forbids it in SRV, RFC 6672 in DNAME. */
static void dns_write_data(struct dns_writer *w, const struct dns_record *r)
{
    bool in = (r->class_ & ~DNS_MDNS_BIT) == DNS_IN;
    switch (in ? r->type : 0) {
    case DNS_A: write_bytes(&w->w, r->ip.b + 12, 4); return;
    case DNS_AAAA: write_bytes(&w->w, r->ip.b, 16); return;
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR: dns_write_name(w, &r->target, true); return;
    case DNS_DNAME: dns_write_name(w, &r->target, false); return;
    case DNS_SOA: dns_write_soa(w, r); return;
    case DNS_MX:
        write16(&w->w, r->priority);
        dns_write_name(w, &r->target, true);
        return;
    case DNS_SRV:
        write16(&w->w, r->priority);
        write16(&w->w, r->weight);
        write16(&w->w, r->port);
        dns_write_name(w, &r->target, false);
        return;
    default: write_bytes(&w->w, r->data.p, r->data.n);
    }
}

/* RFC 6891 6.1.3 */
static uint32_t dns_opt_ttl(const struct dns_record *r)
{
    return (uint32_t)r->rcode_high << 24 | (uint32_t)r->version << 16 | (uint32_t)r->dnssec_ok << 15;
}

bool dns_write_record(struct dns_writer *w, const struct dns_record *r)
{
    assert(r->section >= DNS_ANSWER && r->section < DNS_SECTIONS);
    uint8_t *start = w->w.p, names = w->name_count;
    bool opt = r->type == DNS_OPT;
    dns_write_name(w, &r->name, true);
    write16(&w->w, r->type);
    write16(&w->w, opt ? r->udp_size : r->class_);
    write32(&w->w, opt ? dns_opt_ttl(r) : r->ttl);
    uint8_t *length = write_room(&w->w, 2);
    dns_write_data(w, r);
    if (length && !w->w.full) {
        size_t n = (size_t)(w->w.p - length) - 2;
        if (n > UINT16_MAX) w->w.full = true;
        else put16(length, (unsigned)n);
    }
    return dns_write_done(w, start, names, r->section);
}

size_t dns_write_end(struct dns_writer *w)
{
    const struct dns_hdr *h = &w->h;
    uint8_t *p = w->w.start;
    put16(p, h->id);
    put16(p + 2, (unsigned)h->response << 15 | (h->opcode & 15u) << 11 | (unsigned)h->authoritative << 10 |
                     (unsigned)h->truncated << 9 | (unsigned)h->recursion_desired << 8 |
                     (unsigned)h->recursion_available << 7 | (unsigned)h->authentic << 5 |
                     (unsigned)h->checking_disabled << 4 | (h->rcode & 15u));
    for (int i = 0; i < DNS_SECTIONS; i++) put16(p + 4 + 2 * i, h->count[i]);
    return writer_used(&w->w);
}
