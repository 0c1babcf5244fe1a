/* Machines with IPv6 and nothing above it. */
#include "support/six.h"

#include <stdlib.h>

#include "wire/sum.h"

extern const struct hp_proto ether_proto, neigh_proto, arp_proto;

static void six_udp_rx(struct hp_stack *s, void *state, struct hp_pkt *p)
{
    struct six_node *n = hp_stack_user(s);
    n->sunk++;
    n->sunk_n = pkt_len(p);
    hp_pkt_copy_out(p, n->sunk_n - 1, &n->sunk_byte, 1);
    hp_drop(s, p, HP_DROP_TAKEN);
}

static const struct hp_proto six_udp = {.name = "udp", .layer = 4, .table = BY_IPPROTO, .number = IP_PROTO_UDP, .rx = six_udp_rx};

const struct hp_proto *const six_profile[] = {&ether_proto, &neigh_proto, &arp_proto,   &net_proto,  &ipv6_proto, &icmp6_proto,
                                              &nd_proto,    &mld_proto,   &slaac_proto, &radv_proto, &six_udp,    NULL};

static bool six_reply(struct hp_stack *s, const struct hp_pkt *p)
{
    struct six_node *n = hp_stack_user(s);
    n->replies++;
    n->reply_src = p->src;
    n->reply_n = pkt_len(p);
    return true;
}

static void six_error(struct hp_stack *s, const struct hp_neterr *e)
{
    struct six_node *n = hp_stack_user(s);
    n->errors++;
    n->error = *e;
    ip_take_mtu(s, e);
}

struct hp_stack *six_boot(struct six *t, int n)
{
    static const char *const names[SIX_NODES_MAX] = {"a", "b", "c", "d"};
    struct six_node *node = &t->node[n];
    struct hp_config c = {.name = names[n], .profile = six_profile, .allocator = &node->alloc.allocator, .seed = 7,
                          .trace = node->log.trace};
    node->s = hp_stack_new(&c);
    if (!node->s) return NULL;
    hp_stack_set_user(node->s, node);
    ip_set_echo_tap(node->s, six_reply, six_error);
    return node->s;
}

void six_begin(struct six *t, int nodes)
{
    memset(t, 0, sizeof *t);
    hub_init(&t->hub, 0);
    t->nodes = nodes;
    for (int n = 0; n < nodes; n++) {
        test_alloc_init(&t->node[n].alloc);
        log_init(&t->node[n].log);
        assert_non_null(six_boot(t, n));
        int link = hub_plug(&t->hub, t->node[n].s);
        assert_true(link > 0);
        t->node[n].l = link_get(t->node[n].s, link);
    }
}

void six_end(struct six *t)
{
    for (int n = 0; n < t->nodes; n++) {
        hp_stack_free(t->node[n].s);
        log_end(&t->node[n].log);
    }
    hub_end(&t->hub);
    for (int n = 0; n < t->nodes; n++) test_alloc_end(&t->node[n].alloc);
}

void six_run(struct six *t, hp_time span) { hub_run(&t->hub, t->hub.now + span); }

struct hp_ip six_ip(const char *text)
{
    struct hp_ip ip;
    assert_true(hp_ip_parse(text, &ip));
    return ip;
}

static struct hp_ip six_address(struct six *t, int n, bool local)
{
    for (const struct addr *a = net_addr_first(t->node[n].s, t->node[n].l); a; a = a->link_next)
        if (addr_usable(a) && !hp_ip_is4(&a->prefix.ip) && hp_ip_is_linklocal(&a->prefix.ip) == local) return a->prefix.ip;
    return ip6_any;
}

struct hp_ip six_local(struct six *t, int n)
{
    struct hp_ip ip = six_address(t, n, true);
    assert_false(hp_ip_is_any(&ip));
    return ip;
}

struct hp_ip six_global(struct six *t, int n) { return six_address(t, n, false); }

void six_give(struct six *t, int n, const char *prefix)
{
    struct hp_prefix p;
    assert_true(hp_prefix_parse(prefix, &p));
    assert_int_equal(hp_addr_add(t->node[n].s, t->node[n].l->index, &p, HP_ADDR_NO_DAD), HP_OK);
}

void six_ping(struct six *t, int node, const struct hp_ip *dst, size_t n)
{
    struct hp_stack *s = t->node[node].s;
    struct hp_pkt *p = pkt_alloc(s, ICMP6_HEADER + n);
    assert_non_null(p);
    uint16_t link = t->node[node].l->index;
    struct icmp6_hdr h = {.type = ICMP6_ECHO, .id = 77, .seq = 1};
    assert_int_equal(ip_source(s, dst, hp_ip_is_linklocal(dst) || hp_ip_is_multicast(dst) ? link : 0, &p->src), HP_OK);
    p->dst = *dst;
    p->proto = IP_PROTO_ICMPV6;
    p->link = t->node[node].l;
    icmp6_write(pkt_put(p, ICMP6_HEADER), ICMP6_HEADER, &h);
    memset(pkt_put(p, n), 0x55, n);
    icmp6_put_sum(p, &p->src, &p->dst);
    ip_tx(s, p, NULL);
}

void six_expect_reply(struct six *t, int node)
{
    if (t->node[node].replies != 1) fail_msg("node %c: expected one echo reply, came %u\n%s", 'a' + node, t->node[node].replies,
                                             t->node[node].log.text);
    t->node[node].replies = 0;
}

void six_expect_drops(struct six *t, int node, enum hp_drop why, uint64_t count)
{
    uint64_t came = hp_drop_count(t->node[node].s, why);
    if (came != count) fail_msg("%s: expected %u drops, came %u\n%s", hp_drop_name(why), (unsigned)count, (unsigned)came,
                                t->node[node].log.text);
}

void six_inject(struct six *t, const char *src, const char *dst, uint8_t next, uint8_t hops, const void *payload, size_t n)
{
    uint8_t *b = malloc(14 + IPV6_HEADER + n);
    assert_non_null(b);
    struct hp_ip to = six_ip(dst);
    struct ipv6_hdr h = {.next = next, .hops = hops, .len = (uint16_t)n, .src = six_ip(src), .dst = to};
    struct hp_mac mac = t->node[0].l->mac, group = {{0x33, 0x33, to.b[12], to.b[13], to.b[14], to.b[15]}};
    mac_put(b, hp_ip_is_multicast(&to) ? &group : &mac);
    mac_put(b + 6, &(struct hp_mac){{2, 0, 0, 0, 0, 0x99}});
    put16(b + 12, ETHERTYPE_IPV6);
    ipv6_write(b + 14, IPV6_HEADER, &h);
    uint8_t *body = b + 14 + IPV6_HEADER;
    if (n) memcpy(body, payload, n);
    if (next == IP_PROTO_ICMPV6 && n >= 4) {
        put16(body + 2, 0);
        put16(body + 2, sum_fold(sum_add(sum_pseudo(&h.src, &h.dst, next, (uint32_t)n), body, n)));
    }
    tap_inject(t->hub.tap[0], b, 14 + IPV6_HEADER + n);
    free(b);
    hub_run(&t->hub, t->hub.now);
}

void six_inject_hex(struct six *t, const char *src, const char *dst, uint8_t next, uint8_t hops, const char *hex)
{
    static uint8_t b[70000];
    six_inject(t, src, dst, next, hops, b, hex_bytes(hex, b, sizeof b));
}

void six_inject_nd(struct six *t, const char *src, const char *dst, const struct nd_msg *m, const char *opts)
{
    uint8_t b[2048];
    size_t n = nd_write(b, sizeof b, m);
    n += hex_bytes(opts, b + n, sizeof b - n);
    six_inject(t, src, dst, IP_PROTO_ICMPV6, 255, b, n);
}

const uint8_t *six_take_icmp(struct six *t, struct ipv6_hdr *h, size_t *n)
{
    for (const struct tap_frame *f; (f = tap_take(t->hub.tap[0]));) {
        if (get16(f->b + 12) != ETHERTYPE_IPV6) continue;
        struct hp_bytes in = bytes_of(f->b + 14, f->n - 14);
        if (ipv6_parse(in, h) != IPV6_OK || h->next != IP_PROTO_ICMPV6) continue;
        struct hp_bytes body = ipv6_payload(in, h);
        assert_true(sum_ok(sum_pseudo(&h->src, &h->dst, IP_PROTO_ICMPV6, (uint32_t)body.n), body));
        *n = body.n;
        return body.p;
    }
    return NULL;
}

const uint8_t *six_expect_icmp(struct six *t, uint8_t type, struct ipv6_hdr *h, size_t *n)
{
    for (const uint8_t *p; (p = six_take_icmp(t, h, n));)
        if (p[0] == type) return p;
    fail_msg("expected an ICMPv6 message of type %u, none was sent\n%s", type, t->node[0].log.text);
    return NULL;
}

void six_expect_no_icmp(struct six *t, uint8_t type)
{
    struct ipv6_hdr h;
    size_t n;
    for (const uint8_t *p; (p = six_take_icmp(t, &h, &n));)
        if (p[0] == type) fail_msg("an ICMPv6 message of type %u was sent\n%s", type, t->node[0].log.text);
}
