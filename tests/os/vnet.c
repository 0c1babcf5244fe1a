/* Offload: what the kernel leaves undone is done, and large segments are cut as a real wire would have carried them. */
#include "core/stack.h"
#include "hepta/os.h"
#include "os/vnet.h"
#include "support/tap.h"
#include "support/test.h"
#include "wire/sum.h"

struct vnet_test {
    struct hp_stack *stack;
    struct tap tap;
    uint8_t got[8][4096];               /* frames that came up */
    size_t n[8];
    uint16_t gso[8];
    bool good[8];
    int frames;
};

static void vnet_event(void *ctx, const struct hp_event *e)
{
    struct vnet_test *t = ctx;
    if (t->frames == 8) return;
    t->n[t->frames] = hp_pkt_copy_out(e->pkt, 0, t->got[t->frames], sizeof t->got[0]);
    t->gso[t->frames] = e->pkt->gso_size;
    t->good[t->frames++] = e->pkt->flags & PKT_SUM_GOOD;
}

static void vnet_begin(struct vnet_test *t, bool offload)
{
    memset(t, 0, sizeof *t);
    struct hp_config config = {.allocator = hp_os_allocator(), .seed = 1, .trace = {vnet_event, t, 1u << HP_TRACE_RX}};
    t->stack = hp_stack_new(&config);
    assert_non_null(t->stack);
    tap_init(&t->tap);
    if (offload) t->tap.wire.flags |= HP_WIRE_GSO | HP_WIRE_SUM_RX;
    assert_true(hp_link_add(t->stack, &t->tap.wire, NULL) > 0);
}

static void vnet_give(struct vnet_test *t, const struct virtio_net_hdr *h, const void *frame, size_t n)
{
    vnet_rx(&t->tap.wire, h, hp_pkt_copy_in(t->stack, frame, n));
    hp_step(t->stack, 0);
}

enum { ETH = 14, V4 = 20, V6 = 40, TCP = 20, PAYLOAD = 2500, SEGMENT = 1000 };

/* A TCP segment of 2500 bytes whose checksum holds the pseudo header's sum, CWR and PSH and FIN set. */
static size_t large_frame(uint8_t *b, bool v6)
{
    static const char *const head[2] = {
        "020000000001 020000000002 0800 4500 09ec 1234 4000 40 06 0000 0a000001 0a000002",
        "020000000001 020000000002 86dd 60000000 09d8 06 40 fd000000000000000000000000000001 fd000000000000000000000000000002"};
    size_t ip = ETH, tcp = hex_bytes(head[v6], b, 128), n = tcp + TCP + PAYLOAD;
    hex_bytes("0050 1f90 fffffe00 00000001 50 99 2000 0000 0000", b + tcp, TCP);
    for (size_t i = 0; i < PAYLOAD; i++) b[tcp + TCP + i] = (uint8_t)(i * 7);
    if (!v6) put16(b + ip + 10, sum_fold(sum_add(0, b + ip, V4)));
    uint32_t pseudo = sum_add(6 + TCP + PAYLOAD, b + ip + (v6 ? 8 : 12), v6 ? 32 : 8);
    put16(b + tcp + 16, (uint16_t)~sum_fold(pseudo));
    return n;
}

static void check_segment(const struct vnet_test *t, int i, bool v6, uint32_t seq, size_t payload, unsigned flags)
{
    const uint8_t *ip = t->got[i] + ETH, *tcp = ip + (v6 ? V6 : V4);
    assert_int_equal(t->n[i], (size_t)(tcp - t->got[i]) + TCP + payload);
    assert_int_equal(get32(tcp + 4), seq);
    assert_int_equal(tcp[13], flags);
    if (v6) {
        assert_int_equal(get16(ip + 4), TCP + payload);
    } else {
        assert_int_equal(get16(ip + 2), V4 + TCP + payload);
        assert_int_equal(get16(ip + 4), 0x1234 + i);
        assert_true(sum_ok(0, bytes_of(ip, V4)));
    }
    uint32_t pseudo = sum_add((uint32_t)(6 + TCP + payload), ip + (v6 ? 8 : 12), v6 ? 32 : 8);
    assert_true(sum_ok(pseudo, bytes_of(tcp, TCP + payload)));
    for (size_t k = 0; k < payload; k++) assert_int_equal(tcp[TCP + k], (uint8_t)(((size_t)i * SEGMENT + k) * 7));
    assert_true(t->good[i]);
    assert_int_equal(t->gso[i], 0);
}

static void cut_large(bool v6)
{
    struct vnet_test t;
    uint8_t frame[4096];
    vnet_begin(&t, false);
    size_t n = large_frame(frame, v6);
    struct virtio_net_hdr h = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = (uint16_t)(ETH + (v6 ? V6 : V4)), .csum_offset = 16,
                               .gso_type = v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = SEGMENT};
    vnet_give(&t, &h, frame, n);
    assert_int_equal(t.frames, 3);
    check_segment(&t, 0, v6, 0xfffffe00, 1000, 0x90);          /* CWR on the first only */
    check_segment(&t, 1, v6, 0xfffffe00 + 1000, 1000, 0x10);   /* past the turn of the sequence numbers */
    check_segment(&t, 2, v6, 0xfffffe00 + 2000, 500, 0x19);    /* PSH and FIN on the last only */
    hp_stack_free(t.stack);
}

static void test_large_segment_is_cut_ipv4(void **state) { cut_large(false); }
static void test_large_segment_is_cut_ipv6(void **state) { cut_large(true); }

static void test_large_segment_goes_up_whole_with_offload(void **state)
{
    struct vnet_test t;
    uint8_t frame[4096];
    vnet_begin(&t, true);
    size_t n = large_frame(frame, false);
    struct virtio_net_hdr h = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = ETH + V4, .csum_offset = 16,
                               .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = SEGMENT};
    vnet_give(&t, &h, frame, n);
    assert_int_equal(t.frames, 1);
    assert_int_equal(t.gso[0], SEGMENT);
    assert_true(t.good[0]);
    assert_int_equal(t.n[0], n);
    uint32_t pseudo = sum_add(6 + TCP + PAYLOAD, t.got[0] + ETH + 12, 8);
    assert_true(sum_ok(pseudo, bytes_of(t.got[0] + ETH + V4, TCP + PAYLOAD)));
    hp_stack_free(t.stack);
}

/* T14: a checksum that is left to us is computed; without the kernel's word nothing is believed. */
static void test_T14_partial_checksum_is_completed(void **state)
{
    struct vnet_test t;
    uint8_t frame[4096];
    vnet_begin(&t, true);
    large_frame(frame, false);
    size_t n = ETH + V4 + TCP + 100;
    put16(frame + ETH + V4 + 16, (uint16_t)~sum_fold(sum_add(6 + TCP + 100, frame + ETH + 12, 8)));
    struct virtio_net_hdr h = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = ETH + V4, .csum_offset = 16};
    vnet_give(&t, &h, frame, n);
    assert_int_equal(t.frames, 1);
    assert_true(t.good[0]);
    assert_true(sum_ok(sum_add(6 + TCP + 100, t.got[0] + ETH + 12, 8), bytes_of(t.got[0] + ETH + V4, TCP + 100)));
    vnet_give(&t, &(struct virtio_net_hdr){.flags = 0}, frame, n);
    assert_int_equal(t.frames, 2);
    assert_false(t.good[1]);
    hp_stack_free(t.stack);
}

/* Headers that make no sense are dropped by name and read nothing outside. */
static void test_impossible_headers(void **state)
{
    struct vnet_test t;
    uint8_t frame[4096];
    vnet_begin(&t, false);
    size_t n = large_frame(frame, false);
    struct virtio_net_hdr good = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = ETH + V4, .csum_offset = 16,
                                  .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = SEGMENT};
    struct virtio_net_hdr h = good;
    h.gso_size = 0;
    vnet_give(&t, &h, frame, n);
    h = good;
    h.csum_start = 60000;
    vnet_give(&t, &h, frame, n);
    h = good;
    h.csum_start = 3;
    vnet_give(&t, &h, frame, n);
    vnet_give(&t, &good, frame, ETH + V4 + 4);
    h = good;
    h.gso_type = VIRTIO_NET_HDR_GSO_NONE;
    h.csum_offset = 60000;
    vnet_give(&t, &h, frame, n);
    assert_int_equal(t.frames, 0);
    assert_int_equal(hp_drop_count(t.stack, HP_DROP_BAD_LENGTH), 5);
    hp_stack_free(t.stack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_segment_is_cut_ipv4),
        cmocka_unit_test(test_large_segment_is_cut_ipv6),
        cmocka_unit_test(test_large_segment_goes_up_whole_with_offload),
        cmocka_unit_test(test_T14_partial_checksum_is_completed),
        cmocka_unit_test(test_impossible_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
