/* DHCP messages <-> struct dhcp4_msg.  RFC 2131 2, 4.1; RFC 2132; RFC 3396; RFC 3397; RFC 3442.
 *
 * One table says what each option looks like; parsing and writing follow it, so that no option has a length check of its
 * own to forget.  An option that runs past the end of its field makes the message bad; one whose length is wrong for it
 * is left out. */
#include "wire/dhcp4.h"

enum { DHCP4_COOKIE = 0x63825363, DHCP4_SNAME = 44, DHCP4_FILE = 108, DHCP4_OPTIONS = DHCP4_FIXED };

enum dhcp4_kind { DHCP4_IP, DHCP4_IPS, DHCP4_U16, DHCP4_U32, DHCP4_BYTES };

struct dhcp4_field {
    uint8_t code, kind;
    uint16_t at, count_at;      /* in struct dhcp4_msg */
};

/* In the order in which they are written. */
static const struct dhcp4_field dhcp4_field[] = {
    {DHCP4_SERVER, DHCP4_IP, offsetof(struct dhcp4_msg, server), 0},
    {DHCP4_CLIENT_ID, DHCP4_BYTES, offsetof(struct dhcp4_msg, client_id), 0},
    {DHCP4_REQUESTED, DHCP4_IP, offsetof(struct dhcp4_msg, requested), 0},
    {DHCP4_SIZE_MAX, DHCP4_U16, offsetof(struct dhcp4_msg, size_max), 0},
    {DHCP4_LEASE, DHCP4_U32, offsetof(struct dhcp4_msg, lease_s), 0},
    {DHCP4_T1, DHCP4_U32, offsetof(struct dhcp4_msg, t1_s), 0},
    {DHCP4_T2, DHCP4_U32, offsetof(struct dhcp4_msg, t2_s), 0},
    {DHCP4_MASK, DHCP4_IP, offsetof(struct dhcp4_msg, mask), 0},
    {DHCP4_BROADCAST, DHCP4_IP, offsetof(struct dhcp4_msg, broadcast_address), 0},
    {DHCP4_ROUTES, DHCP4_BYTES, offsetof(struct dhcp4_msg, routes), 0},
    {DHCP4_ROUTERS, DHCP4_IPS, offsetof(struct dhcp4_msg, routers), offsetof(struct dhcp4_msg, router_count)},
    {DHCP4_DNS, DHCP4_IPS, offsetof(struct dhcp4_msg, dns), offsetof(struct dhcp4_msg, dns_count)},
    {DHCP4_HOSTNAME, DHCP4_BYTES, offsetof(struct dhcp4_msg, hostname), 0},
    {DHCP4_DOMAIN, DHCP4_BYTES, offsetof(struct dhcp4_msg, domain), 0},
    {DHCP4_SEARCH, DHCP4_BYTES, offsetof(struct dhcp4_msg, search), 0},
    {DHCP4_MTU, DHCP4_U16, offsetof(struct dhcp4_msg, mtu), 0},
    {DHCP4_NTP, DHCP4_IPS, offsetof(struct dhcp4_msg, ntp), offsetof(struct dhcp4_msg, ntp_count)},
    {DHCP4_PARAMS, DHCP4_BYTES, offsetof(struct dhcp4_msg, params), 0},
    {DHCP4_VENDOR, DHCP4_BYTES, offsetof(struct dhcp4_msg, vendor), 0},
    {DHCP4_TEXT, DHCP4_BYTES, offsetof(struct dhcp4_msg, text), 0},
    {DHCP4_TFTP, DHCP4_BYTES, offsetof(struct dhcp4_msg, tftp), 0},
    {DHCP4_BOOTFILE, DHCP4_BYTES, offsetof(struct dhcp4_msg, bootfile), 0},
    {DHCP4_WPAD, DHCP4_BYTES, offsetof(struct dhcp4_msg, wpad), 0},
    {DHCP4_RELAY, DHCP4_BYTES, offsetof(struct dhcp4_msg, relay), 0},   /* RFC 3046 2.1: last */
};
enum { DHCP4_FIELDS = sizeof dhcp4_field / sizeof dhcp4_field[0] };

/* ---- options ---- */

struct dhcp4_opts dhcp4_opts_start(struct hp_bytes in)
{
    return (struct dhcp4_opts){.in = in, .left = bytes_from(in, DHCP4_OPTIONS)};
}

/* The field that comes after the one that is done: file, then sname.  False if there is none. */
static bool dhcp4_opts_field(struct dhcp4_opts *o)
{
    bool file = o->to_come & 1;
    if (!o->to_come) return false;
    o->left = file ? bytes_of(o->in.p + DHCP4_FILE, 128) : bytes_of(o->in.p + DHCP4_SNAME, 64);
    o->to_come &= file ? 2 : 0;
    return true;
}

bool dhcp4_opts_next(struct dhcp4_opts *o, uint8_t *code, struct hp_bytes *data)
{
    while (!o->bad && o->in.n >= DHCP4_OPTIONS) {
        const uint8_t *p = o->left.p;
        bool done = o->left.n == 0 || p[0] == DHCP4_END;
        if (done && !dhcp4_opts_field(o)) return false;
        if (done) continue;
        if (p[0] == DHCP4_PAD) {
            o->left = bytes_from(o->left, 1);
            continue;
        }
        o->bad = o->left.n < 2 || p[1] > o->left.n - 2;
        if (o->bad) return false;
        *code = p[0];
        *data = bytes_of(p + 2, p[1]);
        bool options = p >= o->in.p + DHCP4_OPTIONS;    /* overload does not nest */
        if (*code == DHCP4_OVERLOAD && options && data->n == 1) o->overload = o->to_come = p[2] & 3;
        o->left = bytes_from(o->left, data->n + 2);
        return true;
    }
    return false;
}

static void dhcp4_ips_take(const struct dhcp4_field *f, struct hp_bytes d, struct dhcp4_msg *m)
{
    struct hp_ip *ip = (struct hp_ip *)((char *)m + f->at);
    uint8_t *count = (uint8_t *)m + f->count_at;
    for (size_t i = 0; i + 4 <= d.n && *count < DHCP4_LIST_MAX; i += 4) ip[(*count)++] = ip4_get(d.p + i);
}

/* False if the length is wrong for the kind. */
static bool dhcp4_field_take(const struct dhcp4_field *f, struct hp_bytes d, struct dhcp4_msg *m)
{
    void *field = (char *)m + f->at;
    switch (f->kind) {
    case DHCP4_IP:
        if (d.n == 4) *(struct hp_ip *)field = ip4_get(d.p);
        return d.n == 4;
    case DHCP4_IPS:
        if (d.n == 0 || d.n % 4) return false;
        dhcp4_ips_take(f, d, m);
        return true;
    case DHCP4_U16:
        if (d.n == 2) *(uint16_t *)field = get16(d.p);
        return d.n == 2;
    case DHCP4_U32:
        if (d.n == 4) *(uint32_t *)field = get32(d.p);
        return d.n == 4;
    default:
        if (d.n && !dhcp4_has(m, f->code)) *(struct hp_bytes *)field = d;   /* the first part */
        return d.n > 0;
    }
}

static bool dhcp4_option_take(uint8_t code, struct hp_bytes d, struct dhcp4_msg *m)
{
    if (code == DHCP4_TYPE) {
        if (d.n == 1) m->type = d.p[0];
        return d.n == 1;
    }
    if (code == DHCP4_OVERLOAD) return d.n == 1 && d.p[0] >= 1 && d.p[0] <= 3;
    for (int i = 0; i < DHCP4_FIELDS; i++)
        if (dhcp4_field[i].code == code) return dhcp4_field_take(&dhcp4_field[i], d, m);
    return true;
}

/* A string field of fixed size: up to the first NUL. */
static struct hp_bytes dhcp4_string(const uint8_t *p, size_t n)
{
    const uint8_t *end = memchr(p, 0, n);
    return bytes_of(p, end ? (size_t)(end - p) : n);
}

static void dhcp4_fixed_parse(const uint8_t *p, struct dhcp4_msg *m)
{
    memset(m, 0, sizeof *m);
    m->reply = p[0] == 2;
    m->hops = p[3];
    m->xid = get32(p + 4);
    m->secs = get16(p + 8);
    m->broadcast = p[10] & 0x80;
    m->ciaddr = ip4_get(p + 12);
    m->yiaddr = ip4_get(p + 16);
    m->siaddr = ip4_get(p + 20);
    m->giaddr = ip4_get(p + 24);
    m->chaddr = mac_get(p + 28);
    m->mask = m->broadcast_address = m->requested = m->server = hp_ip4(0, 0, 0, 0);
}

bool dhcp4_parse(struct hp_bytes in, struct dhcp4_msg *m)
{
    if (in.n < DHCP4_FIXED) return false;
    const uint8_t *p = in.p;
    if (p[0] < 1 || p[0] > 2 || p[1] != 1 || p[2] != 6 || get32(p + 236) != DHCP4_COOKIE) return false;
    dhcp4_fixed_parse(p, m);
    m->options = bytes_from(in, DHCP4_OPTIONS);
    struct dhcp4_opts o = dhcp4_opts_start(in);
    uint8_t code;
    struct hp_bytes data;
    while (dhcp4_opts_next(&o, &code, &data)) {
        if (dhcp4_option_take(code, data, m)) dhcp4_set(m, code);
        else if (m->skipped < UINT8_MAX) m->skipped++;
    }
    if (!(o.overload & 1)) m->file = dhcp4_string(p + DHCP4_FILE, 128);
    if (!(o.overload & 2)) m->sname = dhcp4_string(p + DHCP4_SNAME, 64);
    return !o.bad;
}

size_t dhcp4_option_join(struct hp_bytes in, uint8_t code, uint8_t *out, size_t n)
{
    struct dhcp4_opts o = dhcp4_opts_start(in);
    struct writer w = writer_of(out, n);
    uint8_t at;
    struct hp_bytes data;
    while (dhcp4_opts_next(&o, &at, &data) && !w.full)
        if (at == code) write_bytes(&w, data.p, data.n);
    return writer_used(&w);
}

/* ---- what is in options 119 and 121 ---- */

bool dhcp4_search_next(struct hp_bytes all, size_t *at, struct dns_name *name)
{
    if (*at >= all.n) return false;
    size_t after = dns_name_read(all, 0, *at, name);
    if (after == 0) return false;
    *at = after;
    return true;
}

bool dhcp4_route_next(struct hp_bytes *left, struct dhcp4_route *r)
{
    if (left->n < 5 || left->p[0] > 32) return false;
    unsigned width = left->p[0];
    size_t whole = (width + 7) / 8;
    if (left->n < 1 + whole + 4) return false;
    uint8_t address[4] = {0};
    memcpy(address, left->p + 1, whole);
    if (width % 8) address[whole - 1] &= (uint8_t)(0xff00u >> width % 8);
    r->to = (struct hp_prefix){ip4_get(address), (uint8_t)(96 + width)};
    r->gateway = ip4_get(left->p + 1 + whole);
    *left = bytes_from(*left, 1 + whole + 4);
    return true;
}

void dhcp4_route_write(struct writer *w, const struct dhcp4_route *r)
{
    assert(r->to.len >= 96 && r->to.len <= 128);
    unsigned width = r->to.len - 96u;
    write8(w, width);
    write_bytes(w, r->to.ip.b + 12, (width + 7) / 8);
    write_bytes(w, r->gateway.b + 12, 4);
}

bool dhcp4_address_ok(const struct hp_ip *ip)
{
    return hp_ip_is4(ip) && ip->b[12] != 0 && ip->b[12] != 127 && ip->b[12] < 224;
}

int dhcp4_mask_length(const struct hp_ip *mask)
{
    uint32_t zeros = ~get32(mask->b + 12);
    if (!hp_ip_is4(mask) || (zeros & (zeros + 1)) != 0) return -1;
    int length = 32;
    for (; zeros; zeros >>= 1) length--;
    return length;
}

/* ---- writing ---- */

/* RFC 3396: what is longer than 255 goes into several options of the same number. */
static void dhcp4_bytes_write(struct writer *w, uint8_t code, struct hp_bytes d)
{
    while (d.n > 0) {
        struct hp_bytes part = bytes_upto(d, 255);
        write8(w, code);
        write8(w, (unsigned)part.n);
        write_bytes(w, part.p, part.n);
        d = bytes_from(d, part.n);
    }
}

static void dhcp4_field_write(struct writer *w, const struct dhcp4_field *f, const struct dhcp4_msg *m)
{
    const void *field = (const char *)m + f->at;
    const struct hp_ip *ip = field;
    unsigned count = f->kind == DHCP4_IPS ? *((const uint8_t *)m + f->count_at) : 1;
    assert(count <= DHCP4_LIST_MAX);
    if (f->kind == DHCP4_BYTES) {
        dhcp4_bytes_write(w, f->code, *(const struct hp_bytes *)field);
        return;
    }
    write8(w, f->code);
    write8(w, f->kind == DHCP4_U16 ? 2 : 4 * count);
    if (f->kind == DHCP4_U16) write16(w, *(const uint16_t *)field);
    else if (f->kind == DHCP4_U32) write32(w, *(const uint32_t *)field);
    else
        for (unsigned i = 0; i < count; i++) write_bytes(w, ip[i].b + 12, 4);
}

/* Cut to n - 1 bytes, so that it ends in a NUL. */
static void dhcp4_string_write(uint8_t *p, struct hp_bytes s, size_t n)
{
    if (s.n) memcpy(p, s.p, s.n < n ? s.n : n - 1);
}

static void dhcp4_fixed_write(uint8_t *p, const struct dhcp4_msg *m)
{
    memset(p, 0, DHCP4_FIXED);
    p[0] = m->reply ? 2 : 1;
    p[1] = 1;
    p[2] = 6;
    p[3] = m->hops;
    put32(p + 4, m->xid);
    put16(p + 8, m->secs);
    p[10] = m->broadcast ? 0x80 : 0;
    ip4_put(p + 12, &m->ciaddr);
    ip4_put(p + 16, &m->yiaddr);
    ip4_put(p + 20, &m->siaddr);
    ip4_put(p + 24, &m->giaddr);
    mac_put(p + 28, &m->chaddr);
    dhcp4_string_write(p + DHCP4_SNAME, m->sname, 64);
    dhcp4_string_write(p + DHCP4_FILE, m->file, 128);
    put32(p + 236, DHCP4_COOKIE);
}

size_t dhcp4_write(uint8_t *out, size_t n, const struct dhcp4_msg *m)
{
    struct writer w = writer_of(out, n);
    uint8_t *fixed = write_room(&w, DHCP4_FIXED);
    if (!fixed) return 0;
    dhcp4_fixed_write(fixed, m);
    if (m->type) {
        write16(&w, DHCP4_TYPE << 8 | 1);
        write8(&w, m->type);
    }
    for (int i = 0; i < DHCP4_FIELDS; i++)
        if (dhcp4_has(m, dhcp4_field[i].code)) dhcp4_field_write(&w, &dhcp4_field[i], m);
    write8(&w, DHCP4_END);
    while (!w.full && writer_used(&w) < DHCP4_SIZE_MIN) write8(&w, DHCP4_PAD);
    return w.full ? 0 : writer_used(&w);
}
