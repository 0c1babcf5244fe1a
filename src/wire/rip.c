/* RIP messages <-> structs.  RFC 2453 3.6 and 4; RFC 1058 3.1. */
#include "wire/rip.h"

bool rip_parse(struct hp_bytes in, struct rip_msg *m)
{
    if (in.n < RIP_HEADER) return false;
    *m = (struct rip_msg){.command = in.p[0], .version = in.p[1], .unused = get16(in.p + 2), .entries = bytes_from(in, RIP_HEADER)};
    if (m->version == 0) return false;
    const uint8_t *first = m->entries.p;
    bool authentic = m->entries.n >= RIP_ENTRY && m->version > 1 && get16(first) == RIP_FAMILY_AUTH;
    if (authentic) {
        m->auth = get16(first + 2);
        m->entries = bytes_from(m->entries, RIP_ENTRY);
    }
    if (m->auth == RIP_AUTH_PASSWORD) {
        const uint8_t *end = memchr(first + 4, 0, RIP_PASSWORD_MAX);
        m->password = bytes_of(first + 4, end ? (size_t)(end - first - 4) : RIP_PASSWORD_MAX);
    }
    return m->entries.n % RIP_ENTRY == 0 || m->auth == RIP_AUTH_CRYPTO;
}

bool rip_entry_next(struct hp_bytes *left, struct rip_entry *e)
{
    if (left->n < RIP_ENTRY) return false;
    const uint8_t *p = left->p;
    *e = (struct rip_entry){.family = get16(p), .tag = get16(p + 2), .address = ip4_get(p + 4), .mask = ip4_get(p + 8),
                            .next = ip4_get(p + 12), .metric = get32(p + 16)};
    *left = bytes_from(*left, RIP_ENTRY);
    return true;
}

bool rip_asks_all(const struct rip_msg *m)
{
    struct hp_bytes left = m->entries;
    struct rip_entry e;
    return m->command == RIP_REQUEST && left.n == RIP_ENTRY && rip_entry_next(&left, &e) && e.family == RIP_FAMILY_ANY &&
           e.metric == RIP_INFINITY;
}

void rip_head_write(struct writer *w, enum rip_command command, uint8_t version, const char *password)
{
    write8(w, command);
    write8(w, version);
    write16(w, 0);
    if (!password) return;
    uint8_t field[RIP_PASSWORD_MAX] = {0};
    size_t n = strlen(password);
    memcpy(field, password, n < sizeof field ? n : sizeof field);
    write16(w, RIP_FAMILY_AUTH);
    write16(w, RIP_AUTH_PASSWORD);
    write_bytes(w, field, sizeof field);
}

void rip_entry_write(struct writer *w, const struct rip_entry *e)
{
    uint8_t *p = write_room(w, RIP_ENTRY);
    if (!p) return;
    put16(p, e->family);
    put16(p + 2, e->tag);
    ip4_put(p + 4, &e->address);
    ip4_put(p + 8, &e->mask);
    ip4_put(p + 12, &e->next);
    put32(p + 16, e->metric);
}

bool rip_prefix_of(const struct rip_entry *e, struct hp_prefix *out)
{
    uint32_t mask = get32(e->mask.b + 12), zeros = ~mask;
    if ((zeros & (zeros + 1)) != 0 || (get32(e->address.b + 12) & zeros) != 0) return false;
    uint8_t len = 128;
    for (; zeros; zeros >>= 1) len--;
    *out = (struct hp_prefix){e->address, len};
    return true;
}

void rip_prefix_set(struct rip_entry *e, const struct hp_prefix *to)
{
    assert(to->len >= 96 && to->len <= 128);
    unsigned zeros = 128u - to->len;
    e->address = to->ip;
    e->mask = hp_ip4(0, 0, 0, 0);
    put32(e->mask.b + 12, zeros == 32 ? 0 : UINT32_MAX << zeros);
}
