/* DHCP messages, their options, and what is in some of these. */
#include "wire/dhcp4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void fuzz_lists(const struct dhcp4_msg *m)
{
    struct hp_bytes left = m->routes;
    struct dhcp4_route r;
    struct dns_name name;
    size_t at = 0;
    while (dhcp4_route_next(&left, &r)) assert(r.to.len >= 96 && r.to.len <= 128);
    while (dhcp4_search_next(m->search, &at, &name)) assert(at <= m->search.n);
    assert(m->router_count <= DHCP4_LIST_MAX && m->dns_count <= DHCP4_LIST_MAX && m->ntp_count <= DHCP4_LIST_MAX);
    assert(dhcp4_mask_length(&m->mask) <= 32);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct hp_bytes in = bytes_of(data, n);
    struct dhcp4_msg m, back;
    static uint8_t a[1 << 14], b[1 << 14], joined[1 << 14];
    struct dhcp4_opts o = dhcp4_opts_start(in);
    uint8_t code;
    struct hp_bytes part;
    while (dhcp4_opts_next(&o, &code, &part)) assert(part.p >= data && part.p + part.n <= data + n);
    if (!dhcp4_parse(in, &m)) return 0;
    fuzz_lists(&m);
    dhcp4_option_join(in, DHCP4_ROUTES, joined, n % 300);
    size_t wrote = dhcp4_write(a, sizeof a, &m);
    assert(wrote >= DHCP4_SIZE_MIN && dhcp4_parse(bytes_of(a, wrote), &back));
    assert(back.type == m.type && back.xid == m.xid && back.skipped == 0 && back.dns_count == m.dns_count);
    assert(dhcp4_write(b, sizeof b, &back) == wrote && memcmp(a, b, wrote) == 0);
    return 0;
}
