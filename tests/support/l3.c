/* A machine with IPv4. */
#include "support/l3.h"

#include "wire/ether.h"
#include "wire/sum.h"

void l3_begin(struct l3 *t, const struct hp_proto *const *profile)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    log_init(&t->log);
    struct hp_config c = {.name = "h", .profile = profile, .allocator = &t->alloc.allocator, .seed = 1, .trace = t->log.trace};
    t->s = hp_stack_new(&c);
    assert_non_null(t->s);
    for (int i = 0; i < 2; i++) {
        tap_init(&t->tap[i]);
        struct hp_link_config lc = {.mac = {{2, 0, 0, 0, 0, (uint8_t)(i + 1)}}};
        int link = hp_link_add(t->s, &t->tap[i].wire, &lc);
        assert_true(link > 0);
        t->link[i] = link_get(t->s, link);
    }
    l3_addr(t, 0, "10.0.0.1/24");
    l3_addr(t, 1, "10.1.0.1/24");
    const char *neighbour[2][3] = {{"10.0.0.2", "10.0.0.3", NULL}, {"10.1.0.2", NULL, NULL}};
    struct hp_mac mac = mac_of("02:00:00:00:00:99");
    for (int i = 0; i < 2; i++) {
        for (int k = 0; neighbour[i][k]; k++) {
            struct hp_ip ip = ip_of(neighbour[i][k]);
            assert_int_equal(hp_neigh_set(t->s, t->link[i]->index, &ip, &mac), HP_OK);
        }
    }
    l3_wait(t, HP_S(10)); /* ARP announcements, duplicate detection */
    tap_clear(&t->tap[0]);
    tap_clear(&t->tap[1]);
    log_clear(&t->log);
}

void l3_end(struct l3 *t)
{
    hp_stack_free(t->s);
    log_end(&t->log);
    test_alloc_end(&t->alloc);
}

void l3_step(struct l3 *t)
{
    while (hp_step(t->s, t->now) <= t->now) {}
}

void l3_wait(struct l3 *t, hp_time span)
{
    hp_time end = t->now + span;
    for (;;) {
        hp_time next = hp_step(t->s, t->now);
        if (next > end) break;
        if (next > t->now) t->now = next;
    }
    t->now = end;
    l3_step(t);
}

void l3_addr(struct l3 *t, int link, const char *prefix)
{
    struct hp_prefix p;
    assert_true(hp_prefix_parse(prefix, &p));
    assert_int_equal(hp_addr_add(t->s, t->link[link]->index, &p, HP_ADDR_NO_DAD), HP_OK);
}

int l3_route(struct l3 *t, const char *to, const char *gateway, int link, uint32_t metric)
{
    struct hp_route r = {.metric = metric, .link = link < 0 ? 0 : t->link[link]->index};
    assert_true(hp_prefix_parse(to, &r.to));
    if (gateway) r.gateway = ip_of(gateway);
    return hp_route_add(t->s, &r);
}

void l3_in_raw(struct l3 *t, int i, const void *packet, size_t n, bool broadcast)
{
    uint8_t frame[66000];
    if (broadcast) memset(frame, 0xff, 6);
    else memcpy(frame, &t->link[i]->mac, 6);
    memcpy(frame + 6, (const uint8_t[]){2, 0, 0, 0, 0, 0x99, 8, 0}, 8);
    memcpy(frame + 14, packet, n);
    tap_inject(&t->tap[i], frame, 14 + n);
    l3_step(t);
}

void l3_in4_options(struct l3 *t, int i, const struct ipv4_hdr *h, const char *options_hex, const void *payload, size_t n)
{
    uint8_t b[66000], options[40];
    size_t options_n = hex_bytes(options_hex, options, sizeof options), hlen = 20 + (options_n + 3) / 4 * 4;
    struct ipv4_hdr out = *h;
    if (!out.ttl) out.ttl = 64;
    if (!out.len) out.len = (uint16_t)(hlen + n);
    assert_int_equal(ipv4_write_options(b, sizeof b, &out, bytes_of(options, options_n)), hlen);
    if (n) memcpy(b + hlen, payload, n);
    l3_in_raw(t, i, b, hlen + n, hp_ip_is_broadcast(&h->dst));
}

void l3_in4(struct l3 *t, int i, const struct ipv4_hdr *h, const void *payload, size_t n) { l3_in4_options(t, i, h, "", payload, n); }

bool l3_take4(struct l3 *t, int i, struct ipv4_hdr *h, struct hp_bytes *payload)
{
    const struct tap_frame *f;
    do {
        f = tap_take(&t->tap[i]);
        if (!f) return false;
    } while (get16(f->b + 12) != 0x0800);
    memcpy(t->bytes, f->b + 14, f->n - 14);
    struct hp_bytes packet = {t->bytes, f->n - 14};
    assert_int_equal(ipv4_parse(packet, h), IPV4_OK);
    *payload = ipv4_payload(packet, h);
    return true;
}

void l3_nothing(struct l3 *t, int i)
{
    struct ipv4_hdr h;
    struct hp_bytes payload;
    if (l3_take4(t, i, &h, &payload)) fail_msg("a packet left: protocol %u, %zu bytes\n%s", h.proto, payload.n, t->log.text);
}

struct icmp4_hdr l3_icmp4(struct l3 *t, int i, int type, int code)
{
    struct ipv4_hdr h;
    struct icmp4_hdr m;
    struct hp_bytes payload;
    if (!l3_take4(t, i, &h, &payload)) fail_msg("nothing left by %d; ICMP %d/%d expected\n%s", i, type, code, t->log.text);
    assert_int_equal(h.proto, 1);
    assert_true(sum_ok(0, payload));
    assert_true(icmp4_parse(payload, &m));
    if (m.type != type || m.code != code) fail_msg("ICMP %d/%d expected, %d/%d came", type, code, m.type, m.code);
    return m;
}

void l3_drops(const struct l3 *t, enum hp_drop why, unsigned count)
{
    uint64_t came = hp_drop_count(t->s, why);
    if (came != count) fail_msg("%s: %u expected, %u came\n%s", hp_drop_name(why), count, (unsigned)came, t->log.text);
}

size_t l3_icmp_bytes(uint8_t *out, size_t room, const struct icmp4_hdr *m)
{
    size_t n = icmp4_write_all(out, room, m);
    assert_true(n > 0);
    return n;
}
