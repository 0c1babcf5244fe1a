/* RDATA from the words of a master file, field by field as the type's layout says (wire/dns.h); RFC 1035 5.1, RFC 3597 5. */
#include "l7_application/dns_master.h"

struct rdata_in {
    struct master *m;
    struct writer w;
};

/* ---- single fields ---- */

static bool rdata_name(struct rdata_in *d)
{
    struct master_token t;
    struct dns_name name;
    if (!master_field(d->m, &t, "a name") || !master_name(d->m, &t, &name)) return false;
    write_bytes(&d->w, name.b, name.n);
    return true;
}

static bool rdata_number(struct rdata_in *d, char field)
{
    struct master_token t;
    uint32_t v, max = field == 'b' ? UINT8_MAX : field == 's' ? UINT16_MAX : UINT32_MAX;
    if (!master_field(d->m, &t, field == 't' ? "a time" : "a number")) return false;
    if (field == 't' ? !master_time(d->m, &t, &v) : !master_number(d->m, &t, max, &v)) return false;
    if (field == 'b') write8(&d->w, v);
    else if (field == 's') write16(&d->w, v);
    else write32(&d->w, v);
    return true;
}

static bool rdata_ip(struct rdata_in *d, bool v4)
{
    struct master_token t;
    struct hp_ip ip;
    char text[HP_IP_TEXT] = "";
    if (!master_field(d->m, &t, v4 ? "an IPv4 address" : "an IPv6 address")) return false;
    if (t.text.n < sizeof text) memcpy(text, t.text.p, t.text.n);
    bool good = hp_ip_parse(text, &ip) && v4 == !memchr(text, ':', t.text.n);
    if (!good) return master_error(d->m, &t, "\"", t.text, v4 ? "\" is no IPv4 address" : "\" is no IPv6 address");
    write_bytes(&d->w, v4 ? ip.b + 12 : ip.b, v4 ? 4 : 16);
    return true;
}

/* One octet of a string, which may be escaped; how many of b it took, 0: a wrong escape. */
static size_t rdata_octet(struct hp_bytes b, uint8_t *c)
{
    *c = b.p[0];
    if (b.p[0] != '\\') return 1;
    if (b.n < 2) return 0;
    *c = b.p[1];
    if (b.p[1] < '0' || b.p[1] > '9') return 2;
    unsigned v = 0;
    for (size_t i = 1; i <= 3; i++) {
        if (i >= b.n || b.p[i] < '0' || b.p[i] > '9') return 0;
        v = v * 10 + b.p[i] - '0';
    }
    *c = (uint8_t)v;
    return v <= 255 ? 4 : 0;
}

/* The octets of a word or string, with a length in front or without. */
static bool rdata_octets(struct rdata_in *d, const struct master_token *t, bool with_length)
{
    uint8_t *length = with_length ? write_room(&d->w, 1) : NULL;
    uint8_t *start = d->w.p;
    for (struct hp_bytes left = t->text; left.n;) {
        uint8_t c;
        size_t took = rdata_octet(left, &c);
        if (!took) return master_error(d->m, t, "\"", t->text, "\": after a backslash come three digits, 000 to 255, or one other character");
        write8(&d->w, c);
        left = bytes_from(left, took);
    }
    size_t n = (size_t)(d->w.p - start);
    if (length && n > 255) return master_error(d->m, t, "\"", t->text, "\" is longer than the 255 bytes that a string may have: make it two");
    if (length && !d->w.full) *length = (uint8_t)n;
    return true;
}

static bool rdata_string(struct rdata_in *d, bool with_length)
{
    struct master_token t;
    return master_field(d->m, &t, "a string") && rdata_octets(d, &t, with_length);
}

/* RFC 8659 4.1: a property tag is letters and digits. */
static bool rdata_tag(struct rdata_in *d)
{
    struct master_token t;
    if (!master_field(d->m, &t, "a tag such as issue")) return false;
    bool good = t.text.n > 0;
    for (size_t i = 0; i < t.text.n && good; i++) {
        uint8_t c = t.text.p[i] | 0x20;
        good = (t.text.p[i] >= '0' && t.text.p[i] <= '9') || (c >= 'a' && c <= 'z');
    }
    return good ? rdata_octets(d, &t, true) : master_error(d->m, &t, "\"", t.text, "\" is no tag: letters and digits, such as issue");
}

/* ---- fields that go on to the end of the line ---- */

static bool rdata_ended(const struct master_token *t) { return t->kind == MASTER_LINE_END || t->kind == MASTER_FILE_END; }

static bool rdata_strings(struct rdata_in *d)
{
    struct master_token t;
    if (!master_field(d->m, &t, "a string")) return false;
    while (!rdata_ended(&t))
        if (!rdata_octets(d, &t, true) || !master_next(d->m, &t)) return false;
    return true;
}

static int rdata_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int rdata_base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Digits of 4 or 6 bits in words, to the end of the line. */
static bool rdata_digits(struct rdata_in *d, int bits)
{
    struct master_token t;
    uint32_t held = 0;
    int held_n = 0, digits = 0, padding = 0;
    for (;;) {
        if (!master_next(d->m, &t)) return false;
        if (rdata_ended(&t)) break;
        for (size_t i = 0; i < t.text.n; i++) {
            int v = bits == 4 ? rdata_hex_digit(t.text.p[i]) : rdata_base64_digit(t.text.p[i]);
            bool pad = bits == 6 && t.text.p[i] == '=';
            if (pad ? ++padding > 2 : v < 0 || padding)
                return master_error(d->m, &t, "\"", t.text, bits == 4 ? "\" is not hexadecimal" : "\" is not base64");
            digits++;
            if (pad) continue;
            held = held << bits | (uint32_t)v;
            held_n += bits;
            if (held_n < 8) continue;
            held_n -= 8;
            write8(&d->w, held >> held_n & 255);
        }
    }
    if (bits == 4 ? digits % 2 == 0 : digits % 4 == 0) return true;
    return master_error(d->m, &t, bits == 4 ? "an odd number of hexadecimal digits" : "base64 comes in groups of four", master_text(""), "");
}

/* ---- the whole ---- */

static bool rdata_field(struct rdata_in *d, char field)
{
    switch (field) {
    case 'n': return rdata_name(d);
    case '4': return rdata_ip(d, true);
    case '6': return rdata_ip(d, false);
    case 'q': return rdata_string(d, true);
    case 'v': return rdata_string(d, false);
    case 'c': return rdata_tag(d);
    case 'Q': return rdata_strings(d);
    case 'x': return rdata_digits(d, 4);
    case 'k': return rdata_digits(d, 6);
    default: return rdata_number(d, field);
    }
}

/* Fields that end with their line have read its end. */
static bool rdata_to_end(const char *layout)
{
    char last = layout[strlen(layout) - 1];
    return last == 'Q' || last == 'x' || last == 'k';
}

/* RFC 3597 5: \# LENGTH HEX. */
static bool rdata_unknown(struct rdata_in *d)
{
    struct master_token t;
    uint32_t length;
    if (!master_field(d->m, &t, "the length of the data") || !master_number(d->m, &t, UINT16_MAX, &length)) return false;
    if (!rdata_digits(d, 4)) return false;
    return writer_used(&d->w) == length || master_error(d->m, &t, "", t.text, " bytes were announced, but others came");
}

static bool rdata_known(struct rdata_in *d, const char *layout)
{
    struct master_token t;
    for (const char *field = layout; *field; field++)
        if (!rdata_field(d, *field)) return false;
    if (rdata_to_end(layout)) return true;
    if (!master_next(d->m, &t)) return false;
    return rdata_ended(&t) || master_error(d->m, &t, "\"", t.text, "\" is one word too many for this type");
}

/* Written as bytes, RDATA of a type that we know may be nonsense. */
static bool rdata_makes_sense(struct hp_bytes data, uint16_t type)
{
    uint8_t b[DNS_NAME_MAX * 2 + 64];
    struct writer w = writer_of(b, sizeof b);
    struct dns_record r = {.type = type, .class_ = DNS_IN, .data = data};
    return dns_record_data(&r) && (dns_data_expand(data, data, type, &w) || w.full);
}

int master_rdata(struct master *m, uint16_t type)
{
    struct rdata_in d = {m, writer_of(m->data, ZONE_DATA_MAX)};
    struct master_token at = {.line = m->line};
    const char *layout = dns_type_layout(type);
    char word[DNS_TYPE_TEXT];
    int unknown = master_take(m, "\\#");
    if (unknown < 0) return -1;
    if (!unknown && !layout) {
        master_error(m, &at, "type ", master_text(dns_type_text(type, word)), " is written as \\# LENGTH HEX (RFC 3597)");
        return -1;
    }
    if (!(unknown ? rdata_unknown(&d) : rdata_known(&d, layout))) return -1;
    struct hp_bytes data = bytes_of(m->data, writer_used(&d.w));
    if (!d.w.full && rdata_makes_sense(data, type)) return (int)data.n;
    master_error(m, &at, d.w.full ? "more than 65535 bytes of data" : "these bytes make no sense for type ",
                 master_text(d.w.full ? "" : dns_type_text(type, word)), "");
    return -1;
}
