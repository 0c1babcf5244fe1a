/* A machine that ends above layer 2. */
#include "support/l2.h"

#include "hepta/net.h"

extern const struct hp_proto ether_proto, neigh_proto, arp_proto;

static void l2_sink_rx(struct hp_stack *s, void *state, struct hp_pkt *p)
{
    struct l2 *t = hp_stack_user(s);
    pkt_queue_put(&t->up, p);
}

static void l2_failed(struct hp_stack *s, struct hp_link *l, struct hp_pkt *p)
{
    struct l2 *t = hp_stack_user(s);
    t->failed++;
    t->failed_dst = p->dst;
    hp_drop(s, p, HP_DROP_NEIGH_FAILED);
}

static const struct hp_proto sink4 = {.name = "sink4", .layer = 3, .table = BY_ETHERTYPE, .number = ETHERTYPE_IPV4,
                                      .rx = l2_sink_rx};
static const struct hp_proto sink6 = {.name = "sink6", .layer = 3, .table = BY_ETHERTYPE, .number = ETHERTYPE_IPV6,
                                      .rx = l2_sink_rx};
const struct hp_proto *const l2_profile_host[] = {&ether_proto, &neigh_proto, &arp_proto, &sink4, &sink6, NULL};

void l2_begin(struct l2 *t, const struct hp_proto *const *profile, int taps, uint32_t wire_flags)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    log_init(&t->log);
    pkt_queue_init(&t->up);
    struct hp_config c = {.name = "h", .profile = profile ? profile : l2_profile_host, .allocator = &t->alloc.allocator,
                          .seed = 1, .trace = t->log.trace};
    t->s = hp_stack_new(&c);
    assert_non_null(t->s);
    hp_stack_set_user(t->s, t);
    neigh_set_failed(t->s, false, l2_failed);
    neigh_set_failed(t->s, true, l2_failed);
    for (int i = 0; i < taps; i++) {
        tap_init(&t->tap[i]);
        t->tap[i].wire.flags = wire_flags;
        struct hp_link_config lc = {.mac = {{2, 0, 0, 0, 0, (uint8_t)(i + 1)}}};
        int link = hp_link_add(t->s, &t->tap[i].wire, &lc);
        assert_int_equal(link, i + 1);
        t->link[i] = link_get(t->s, link);
    }
}

void l2_end(struct l2 *t)
{
    for (struct hp_pkt *p; (p = l2_take_up(t));) hp_pkt_free(p);
    hp_stack_free(t->s);
    log_end(&t->log);
    test_alloc_end(&t->alloc);
}

void l2_step(struct l2 *t)
{
    while (hp_step(t->s, t->now) <= t->now) {}
}

void l2_wait(struct l2 *t, hp_time span)
{
    hp_time end = t->now + span;
    for (;;) {
        hp_time next = hp_step(t->s, t->now);
        if (next > end) break;
        if (next > t->now) t->now = next;
    }
    t->now = end;
    l2_step(t);
}

void l2_send(struct l2 *t, uint16_t ethertype, const char *next, const void *bytes, size_t n)
{
    struct hp_pkt *p = hp_pkt_copy_in(t->s, bytes, n);
    if (!p) return;
    struct hp_ip ip = ip_of(next);
    p->src = ip_of("10.0.0.1");
    p->dst = ip;
    link_tx(t->s, t->link[0], ethertype, &ip, p);
}

struct hp_pkt *l2_take_up(struct l2 *t) { return pkt_queue_take(&t->up); }

struct hp_ip ip_of(const char *text)
{
    struct hp_ip ip;
    if (!hp_ip_parse(text, &ip)) fail_msg("not an address: %s", text);
    return ip;
}

struct hp_mac mac_of(const char *text)
{
    struct hp_mac mac;
    if (!hp_mac_parse(text, &mac)) fail_msg("not a MAC address: %s", text);
    return mac;
}

void l2_expect(struct l2 *t, int i, const char *hex)
{
    const struct tap_frame *f = tap_take(&t->tap[i]);
    if (!f) fail_msg("tap %d sent nothing; expected %s\n%s", i, hex, t->log.text ? t->log.text : "");
    assert_bytes(f->b, f->n, hex);
}

void l2_expect_nothing(struct l2 *t, int i)
{
    const struct tap_frame *f = tap_take(&t->tap[i]);
    if (f) assert_bytes(f->b, f->n, "");
}

void l2_drops(const struct l2 *t, enum hp_drop why, unsigned count)
{
    uint64_t came = hp_drop_count(t->s, why);
    if (came != count) fail_msg("%s: %u expected, %u came\n%s", hp_drop_name(why), count, (unsigned)came, t->log.text);
}

const char *l2_neigh_state(const struct l2 *t, const char *ip)
{
    struct hp_ip want = ip_of(ip);
    struct hp_neigh_info info;
    for (unsigned i = 0; hp_neigh_info(t->s, i, &info) == HP_OK; i++)
        if (hp_ip_equal(&info.ip, &want)) return info.state;
    return "";
}
