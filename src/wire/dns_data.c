/* Types of records: their words, how their RDATA is laid out, and RDATA as text.  RFC 1035 3.3 and 5, RFC 3597, and the RFC of each type. */
#include "wire/dns.h"

struct dns_type_row {
    uint16_t type;
    const char *word, *layout;
};

static const struct dns_type_row dns_type_rows[] = {
    {DNS_A, "A", "4"}, {DNS_NS, "NS", "n"}, {DNS_CNAME, "CNAME", "n"}, {DNS_SOA, "SOA", "nnltttt"}, {7, "MB", "n"}, {8, "MG", "n"},
    {9, "MR", "n"}, {DNS_PTR, "PTR", "n"}, {DNS_HINFO, "HINFO", "qq"}, {14, "MINFO", "nn"}, {DNS_MX, "MX", "sn"}, {DNS_TXT, "TXT", "Q"},
    {DNS_RP, "RP", "nn"}, {DNS_AFSDB, "AFSDB", "sn"}, {21, "RT", "sn"}, {DNS_AAAA, "AAAA", "6"}, {DNS_SRV, "SRV", "sssn"},
    {DNS_NAPTR, "NAPTR", "ssqqqn"}, {36, "KX", "sn"}, {DNS_DNAME, "DNAME", "n"}, {DNS_DS, "DS", "sbbx"}, {DNS_SSHFP, "SSHFP", "bbx"},
    {DNS_DNSKEY, "DNSKEY", "sbbk"}, {DNS_TLSA, "TLSA", "bbbx"}, {DNS_SPF, "SPF", "Q"}, {DNS_CAA, "CAA", "bcv"},
    {DNS_OPT, "OPT", NULL}, {DNS_RRSIG, "RRSIG", NULL}, {DNS_NSEC, "NSEC", NULL}, {DNS_SVCB, "SVCB", NULL}, {DNS_HTTPS, "HTTPS", NULL},
    {DNS_IXFR, "IXFR", NULL}, {DNS_AXFR, "AXFR", NULL}, {DNS_ANY, "ANY", NULL},
};

static const struct dns_type_row *dns_type_row(uint16_t type)
{
    for (size_t i = 0; i < sizeof dns_type_rows / sizeof *dns_type_rows; i++)
        if (dns_type_rows[i].type == type) return &dns_type_rows[i];
    return NULL;
}

const char *dns_type_layout(uint16_t type)
{
    const struct dns_type_row *row = dns_type_row(type);
    return row ? row->layout : NULL;
}

static void dns_text_str(struct writer *w, const char *s) { write_bytes(w, s, strlen(s)); }

static void dns_text_number(struct writer *w, uint32_t v)
{
    char digits[10];
    int n = 0;
    do digits[n++] = (char)('0' + v % 10);
    while (v /= 10);
    while (n > 0) write8(w, (uint8_t)digits[--n]);
}

const char *dns_type_text(uint16_t type, char buf[DNS_TYPE_TEXT])
{
    const struct dns_type_row *row = dns_type_row(type);
    if (row) return row->word;
    struct writer w = writer_of(buf, DNS_TYPE_TEXT - 1);
    dns_text_str(&w, "TYPE");
    dns_text_number(&w, type);
    buf[writer_used(&w)] = 0;
    return buf;
}

static bool dns_word_is(const char *text, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++) {
        char c = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 32) : text[i];
        if (c != word[i] || c == 0) return false;
    }
    return word[n] == 0;
}

/* RFC 3597 5: TYPE and a number. */
static bool dns_type_number(const char *text, size_t n, uint16_t *type)
{
    uint32_t v = 0;
    if (n < 5 || n > 9 || !dns_word_is(text, 4, "TYPE")) return false;
    for (size_t i = 4; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        v = v * 10 + (uint32_t)(text[i] - '0');
    }
    *type = (uint16_t)v;
    return v <= UINT16_MAX;
}

bool dns_type_parse(const char *text, size_t n, uint16_t *type)
{
    for (size_t i = 0; n && i < sizeof dns_type_rows / sizeof *dns_type_rows; i++)
        if (dns_word_is(text, n, dns_type_rows[i].word)) {
            *type = dns_type_rows[i].type;
            return true;
        }
    return dns_type_number(text, n, type);
}

const char *dns_rcode_text(unsigned rcode)
{
    static const char *const words[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
                                        "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"};
    if (rcode == DNS_BADVERS) return "BADVERS";
    return rcode < sizeof words / sizeof *words ? words[rcode] : NULL;
}

/* ---- names in full ---- */

static size_t dns_field_strings(struct reader *r, bool all)
{
    size_t n = 0;
    do {
        size_t len = read8(r);
        read_bytes(r, len);
        n++;
    } while (all && reader_left(r) && !r->short_);
    return n;
}

/* One field that is no name: skipped; false if it is not all there. */
static bool dns_field_skip(struct reader *r, char field)
{
    switch (field) {
    case 'b': read_bytes(r, 1); break;
    case 's': read_bytes(r, 2); break;
    case 'l':
    case 't':
    case '4': read_bytes(r, 4); break;
    case '6': read_bytes(r, 16); break;
    case 'q':
    case 'c': dns_field_strings(r, false); break;
    case 'Q': dns_field_strings(r, true); break;
    default: read_bytes(r, reader_left(r));
    }
    return !r->short_;
}

bool dns_data_expand(struct hp_bytes message, struct hp_bytes data, uint16_t type, struct writer *out)
{
    const char *layout = dns_type_layout(type);
    bool alone = message.p == data.p;
    size_t end = (size_t)(data.p - message.p) + data.n;
    struct hp_bytes upto_end = bytes_upto(message, end);
    struct reader r = reader_of(data);
    if (!layout) read_bytes(&r, data.n);
    for (; layout && *layout; layout++) {
        struct dns_name name;
        if (*layout != 'n') {
            if (!dns_field_skip(&r, *layout)) return false;
            continue;
        }
        size_t at = (size_t)(r.p - message.p);
        write_bytes(out, data.p, (size_t)(r.p - data.p));
        at = dns_name_read(upto_end, alone ? SIZE_MAX : DNS_HEADER, at, &name);
        if (at == 0) return false;
        write_bytes(out, name.b, name.n);
        data = bytes_of(message.p + at, end - at);
        r = reader_of(data);
    }
    write_bytes(out, data.p, data.n - reader_left(&r));
    return reader_left(&r) == 0 && !out->full;
}

/* ---- as text ---- */

static void dns_text_octet(struct writer *w, uint8_t c, bool quoted)
{
    if (c < ' ' || c >= 0x7f) {
        write8(w, '\\');
        write8(w, '0' + c / 100);
        write8(w, '0' + c / 10 % 10);
        write8(w, '0' + c % 10);
        return;
    }
    if (c == '\\' || (quoted && c == '"')) write8(w, '\\');
    write8(w, c);
}

static void dns_text_string(struct writer *w, struct hp_bytes s)
{
    write8(w, '"');
    for (size_t i = 0; i < s.n; i++) dns_text_octet(w, s.p[i], true);
    write8(w, '"');
}

static void dns_text_hex(struct writer *w, struct hp_bytes b)
{
    for (size_t i = 0; i < b.n; i++) {
        write8(w, (uint8_t)"0123456789ABCDEF"[b.p[i] >> 4]);
        write8(w, (uint8_t)"0123456789ABCDEF"[b.p[i] & 15]);
    }
}

static void dns_text_base64(struct writer *w, struct hp_bytes b)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < b.n; i += 3) {
        uint32_t v = (uint32_t)b.p[i] << 16 | (i + 1 < b.n ? (uint32_t)b.p[i + 1] << 8 : 0) | (i + 2 < b.n ? b.p[i + 2] : 0);
        for (int k = 0; k < 4; k++) write8(w, i + (size_t)k > b.n ? '=' : (uint8_t)digits[v >> (18 - 6 * k) & 63]);
    }
}

static void dns_text_name(struct writer *w, struct reader *r)
{
    struct dns_name name;
    char text[DNS_TEXT];
    struct hp_bytes rest = bytes_of(r->p, reader_left(r));
    size_t n = dns_name_read(rest, SIZE_MAX, 0, &name);
    read_bytes(r, n ? n : rest.n + 1);
    if (!n) return;
    dns_text_str(w, dns_name_text(&name, text, sizeof text));
    if (name.n > 1) write8(w, '.');
}

static void dns_text_ip(struct writer *w, struct reader *r, bool v4)
{
    char text[HP_IP_TEXT];
    struct hp_bytes b = read_bytes(r, v4 ? 4 : 16);
    if (!b.n) return;
    struct hp_ip ip = v4 ? ip4_get(b.p) : ip6_get(b.p);
    if (!v4 && hp_ip_is4(&ip)) dns_text_str(w, "::ffff:");
    dns_text_str(w, hp_ip_text(&ip, text, sizeof text));
}

static void dns_text_field(struct writer *w, struct reader *r, char field)
{
    switch (field) {
    case 'n': dns_text_name(w, r); return;
    case 'b': dns_text_number(w, read8(r)); return;
    case 's': dns_text_number(w, read16(r)); return;
    case 'l':
    case 't': dns_text_number(w, read32(r)); return;
    case '4':
    case '6': dns_text_ip(w, r, field == '4'); return;
    case 'q': dns_text_string(w, read_bytes(r, read8(r))); return;
    case 'c': {
        struct hp_bytes word = read_bytes(r, read8(r));
        for (size_t i = 0; i < word.n; i++) dns_text_octet(w, word.p[i], false);
        return;
    }
    case 'Q':
        for (bool first = true; reader_left(r) && !r->short_; first = false) {
            if (!first) write8(w, ' ');
            dns_text_string(w, read_bytes(r, read8(r)));
        }
        return;
    case 'v': dns_text_string(w, read_bytes(r, reader_left(r))); return;
    case 'x': dns_text_hex(w, read_bytes(r, reader_left(r))); return;
    case 'k': dns_text_base64(w, read_bytes(r, reader_left(r))); return;
    default: assert(false);
    }
}

/* RFC 3597 5 */
static void dns_text_unknown(struct writer *w, struct hp_bytes data)
{
    dns_text_str(w, "\\# ");
    dns_text_number(w, (uint32_t)data.n);
    if (data.n) write8(w, ' ');
    dns_text_hex(w, data);
}

char *dns_data_text(uint16_t type, struct hp_bytes data, char *buf, size_t n)
{
    if (n == 0) return buf;
    struct writer w = writer_of(buf, n - 1);
    struct reader r = reader_of(data);
    const char *layout = dns_type_layout(type);
    for (const char *field = layout; field && *field; field++) {
        if (field != layout) write8(&w, ' ');
        dns_text_field(&w, &r, *field);
    }
    if (!layout || r.short_ || reader_left(&r)) {
        w = writer_of(buf, n - 1);
        dns_text_unknown(&w, data);
    }
    buf[writer_used(&w)] = 0;
    return buf;
}
