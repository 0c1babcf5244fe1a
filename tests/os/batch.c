/* Segments that leave together: what is merged, what is not, and the header that comes of it. */
#include "os/batch.h"

#include <stdlib.h>

#include "core/stack.h"
#include "hepta/os.h"
#include "support/tap.h"
#include "support/test.h"
#include "wire/sum.h"

enum { ETH = 14, V4 = 20, V6 = 40, TCP = 20, MSS = 1000 };

struct batch_test {
    struct hp_stack *stack;
    struct hp_wire wire;
    struct batch b;
    struct iovec v[BATCH_PARTS_MAX];
    uint8_t whole[70000];
    size_t n;
};

static void batch_test_begin(struct batch_test *t, uint32_t flags)
{
    memset(t, 0, sizeof *t);
    struct hp_config config = {.allocator = hp_os_allocator(), .seed = 1};
    t->stack = hp_stack_new(&config);
    assert_non_null(t->stack);
    t->wire.stack = t->stack;
    t->wire.flags = flags;
    batch_init(&t->b, &t->wire);
}

static void batch_test_end(struct batch_test *t)
{
    struct hp_mem_stats m;
    batch_sent(&t->b);
    hp_mem_stats(t->stack, &m);
    assert_int_equal(m.packets, 0);
    hp_stack_free(t->stack);
}

/* A segment as the stack makes it for a wire that computes checksums. */
static struct hp_pkt *segment(struct batch_test *t, bool v6, uint32_t seq, size_t payload, unsigned flags)
{
    uint8_t b[2000], *ip = b + ETH, *tcp = ip + (v6 ? V6 : V4);
    hex_bytes(v6 ? "020000000001 020000000002 86dd 60000000 0000 06 40 fd000000000000000000000000000001 fd000000000000000000000000000002"
                 : "020000000001 020000000002 0800 4500 0000 1234 4000 40 06 0000 0a000001 0a000002", b, sizeof b);
    hex_bytes("0050 1f90 00000000 00000001 50 00 2000 0000 0000", tcp, TCP);
    if (v6) {
        put16(ip + 4, (unsigned)(TCP + payload));
    } else {
        put16(ip + 2, (unsigned)(V4 + TCP + payload));
        put16(ip + 4, seq & 0xffff);
        put16(ip + 10, sum_fold(sum_add(0, ip, V4)));
    }
    put32(tcp + 4, seq);
    tcp[13] = (uint8_t)flags;
    for (size_t i = 0; i < payload; i++) tcp[TCP + i] = (uint8_t)((seq + i) * 7);
    size_t n = (size_t)(tcp - b) + TCP + payload;
    struct hp_pkt *p = hp_pkt_copy_in(t->stack, b, n);
    p->flags |= PKT_SUM_TX;
    p->sum_start = (uint16_t)(pkt_offset(p) + (tcp - b));
    p->sum_offset = 16;
    return p;
}

static void gather(struct batch_test *t)
{
    int parts = batch_vector(&t->b, t->v);
    t->n = 0;
    assert_int_equal(t->v[0].iov_len, sizeof(struct virtio_net_hdr));
    for (int i = 1; i < parts; i++) {
        memcpy(t->whole + t->n, t->v[i].iov_base, t->v[i].iov_len);
        t->n += t->v[i].iov_len;
    }
}

static void merged(bool v6)
{
    struct batch_test t;
    batch_test_begin(&t, HP_WIRE_GSO | HP_WIRE_SUM_TX);
    uint32_t seq = 0xfffffc18; /* the second begins at 0: past the turn */
    for (int i = 0; i < 3; i++) assert_true(batch_add(&t.b, segment(&t, v6, seq + (uint32_t)i * MSS, MSS, 0x10)));
    assert_true(batch_add(&t.b, segment(&t, v6, seq + 3 * MSS, 300, 0x18)));
    assert_false(batch_add(&t.b, NULL)); /* after PSH nothing is even looked at */
    gather(&t);
    const uint8_t *ip = t.whole + ETH, *tcp = ip + (v6 ? V6 : V4);
    size_t tcp_n = TCP + 3 * MSS + 300;
    assert_int_equal(t.n, (size_t)(tcp - t.whole) + tcp_n);
    assert_int_equal(t.b.vnet.gso_size, MSS);
    assert_int_equal(t.b.vnet.gso_type, v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4);
    assert_int_equal(t.b.vnet.csum_start, tcp - t.whole);
    assert_int_equal(t.b.vnet.hdr_len, tcp - t.whole + TCP);
    if (v6) {
        assert_int_equal(get16(ip + 4), tcp_n);
    } else {
        assert_int_equal(get16(ip + 2), V4 + tcp_n);
        assert_true(sum_ok(0, bytes_of(ip, V4)));
    }
    assert_int_equal(get32(tcp + 4), seq);
    assert_int_equal(tcp[13], 0x18);
    uint32_t pseudo = sum_add((uint32_t)(6 + tcp_n), ip + (v6 ? 8 : 12), v6 ? 32 : 8);
    assert_int_equal(get16(tcp + 16), (uint16_t)~sum_fold(pseudo));
    for (size_t i = 0; i < 3 * MSS + 300; i++) assert_int_equal(tcp[TCP + i], (uint8_t)((seq + i) * 7));
    batch_test_end(&t);
}

static void test_segments_become_one_ipv4(void **state) { merged(false); }
static void test_segments_become_one_ipv6(void **state) { merged(true); }

/* Every way in which a second segment may differ so that it does not follow. */
static void refuses(const char *what, uint32_t flags, void (*spoil)(struct hp_pkt *first, struct hp_pkt *second))
{
    struct batch_test t;
    batch_test_begin(&t, flags);
    struct hp_pkt *a = segment(&t, false, 5, MSS, 0x10), *b = segment(&t, false, 5 + MSS, MSS, 0x10);
    if (spoil) spoil(a, b);
    assert_true(batch_add(&t.b, a));
    bool taken = batch_add(&t.b, b);
    if (taken != (strcmp(what, "nothing") == 0)) fail_msg("%s: %s", what, taken ? "merged" : "not merged");
    if (!taken) hp_pkt_free(b);
    gather(&t);
    if (!taken) assert_int_equal(t.b.vnet.gso_type, VIRTIO_NET_HDR_GSO_NONE);
    batch_test_end(&t);
}

static void spoil_seq(struct hp_pkt *a, struct hp_pkt *b) { b->data[ETH + V4 + 7]++; }
static void spoil_ack(struct hp_pkt *a, struct hp_pkt *b) { b->data[ETH + V4 + 11]++; }
static void spoil_window(struct hp_pkt *a, struct hp_pkt *b) { b->data[ETH + V4 + 15]++; }
static void spoil_port(struct hp_pkt *a, struct hp_pkt *b) { b->data[ETH + V4 + 3]++; }
static void spoil_address(struct hp_pkt *a, struct hp_pkt *b) { b->data[ETH + 19]++; }
static void spoil_mac(struct hp_pkt *a, struct hp_pkt *b) { b->data[5]++; }
static void spoil_tos(struct hp_pkt *a, struct hp_pkt *b) { b->data[ETH + 1]++; }
static void spoil_ttl(struct hp_pkt *a, struct hp_pkt *b) { b->data[ETH + 8]--; }
static void spoil_push(struct hp_pkt *a, struct hp_pkt *b) { a->data[ETH + V4 + 13] |= 0x08; }
static void spoil_syn(struct hp_pkt *a, struct hp_pkt *b) { b->data[ETH + V4 + 13] |= 0x02; }
static void spoil_cwr(struct hp_pkt *a, struct hp_pkt *b) { a->data[ETH + V4 + 13] |= 0x80; }
static void spoil_urg(struct hp_pkt *a, struct hp_pkt *b) { b->data[ETH + V4 + 13] |= 0x20; }
static void spoil_fragment(struct hp_pkt *a, struct hp_pkt *b) { b->data[ETH + 6] |= 0x20; }
static void spoil_protocol(struct hp_pkt *a, struct hp_pkt *b) { a->data[ETH + 9] = b->data[ETH + 9] = 17; }
static void spoil_length(struct hp_pkt *a, struct hp_pkt *b) { hp_pkt_cut(a, ETH + V4 + TCP + MSS - 1); }
static void spoil_empty(struct hp_pkt *a, struct hp_pkt *b) { hp_pkt_cut(a, ETH + V4 + TCP); }
static void spoil_sum(struct hp_pkt *a, struct hp_pkt *b) { b->flags &= (uint16_t)~PKT_SUM_TX; }
static void spoil_offset(struct hp_pkt *a, struct hp_pkt *b) { a->data[ETH + V4 + 12] = 0xf0; }

static void test_what_does_not_follow(void **state)
{
    uint32_t flags = HP_WIRE_GSO | HP_WIRE_SUM_TX;
    refuses("nothing", flags, NULL);
    refuses("a wire without offload", 0, NULL);
    refuses("sequence number", flags, spoil_seq);
    refuses("acknowledgment", flags, spoil_ack);
    refuses("window", flags, spoil_window);
    refuses("port", flags, spoil_port);
    refuses("address", flags, spoil_address);
    refuses("MAC address", flags, spoil_mac);
    refuses("TOS", flags, spoil_tos);
    refuses("TTL", flags, spoil_ttl);
    refuses("PSH on the first", flags, spoil_push);
    refuses("SYN", flags, spoil_syn);
    refuses("CWR", flags, spoil_cwr);
    refuses("URG", flags, spoil_urg);
    refuses("a fragment", flags, spoil_fragment);
    refuses("not TCP", flags, spoil_protocol);
    refuses("longer than the first", flags, spoil_length);
    refuses("no payload", flags, spoil_empty);
    refuses("a checksum that is done", flags, spoil_sum);
    refuses("a header longer than the frame says", flags, spoil_offset);
}

static void test_bounds(void **state)
{
    struct batch_test t;
    batch_test_begin(&t, HP_WIRE_GSO | HP_WIRE_SUM_TX);
    uint32_t i = 0;
    struct hp_pkt *p;
    while (batch_add(&t.b, p = segment(&t, false, i * MSS, MSS, 0x10))) i++;
    assert_int_equal(i, BATCH_FRAMES_MAX); /* 64 x 1000 */
    hp_pkt_free(p);
    gather(&t);
    batch_sent(&t.b);
    for (i = 0; batch_add(&t.b, p = segment(&t, false, i * 1448, 1448, 0x10)); i++) continue;
    assert_int_equal(i, 44); /* 65 000 / 1448 */
    hp_pkt_free(p);
    gather(&t);
    assert_true(t.n < 65535);
    batch_test_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segments_become_one_ipv4),
        cmocka_unit_test(test_segments_become_one_ipv6),
        cmocka_unit_test(test_what_does_not_follow),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
