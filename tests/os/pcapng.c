/* Capture files: what a stack's trace becomes, and what comes back when it is read. */
#define _GNU_SOURCE /* memmem */
#include <stdlib.h>
#include <unistd.h>

#include "core/stack.h"
#include "hepta/os.h"
#include "hepta/pcap.h"
#include "support/tap.h"
#include "support/test.h"
#include "wire/sum.h"

struct capture_test {
    char path[64];
    struct hp_pcap *out;
    struct hp_stack *stack;
    struct tap tap;
    int link;
};

static void capture_begin(struct capture_test *t)
{
    memset(t, 0, sizeof *t);
    strcpy(t->path, "/tmp/hepta-test-XXXXXX");
    int fd = mkstemp(t->path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(hp_pcap_create(t->path, &t->out), HP_OK);
    struct hp_config config = {.name = "a", .allocator = hp_os_allocator(), .seed = 1, .trace = {hp_pcap_event, t->out, 0}};
    t->stack = hp_stack_new(&config);
    assert_non_null(t->stack);
    tap_init(&t->tap);
    t->link = hp_link_add(t->stack, &t->tap.wire, &(struct hp_link_config){.mac = {{2, 0, 0, 0, 0, 1}}});
    assert_true(t->link > 0);
    hp_step(t->stack, 0);
}

/* Ends the capture and opens it for reading. */
static struct hp_pcap_in *capture_read(struct capture_test *t)
{
    struct hp_pcap_in *in = NULL;
    hp_stack_free(t->stack);
    assert_int_equal(hp_pcap_close(t->out), HP_OK);
    assert_int_equal(hp_pcap_open(t->path, &in), HP_OK);
    unlink(t->path);
    return in;
}

static bool comment_has(const struct hp_pcap_record *r, const char *part)
{
    return memmem(r->comment.p, r->comment.n, part, strlen(part)) != NULL;
}

/* The next frame that came in (the stack may say things of its own in between). */
static bool next_in(struct hp_pcap_in *in, struct hp_pcap_record *r)
{
    while (hp_pcap_next(in, r) == 1)
        if (r->direction == HP_PCAP_IN) return true;
    return false;
}

static void test_drop_is_the_frames_comment(void **state)
{
    struct capture_test t;
    struct hp_pcap_record r;
    capture_begin(&t);
    tap_inject_hex(&t.tap, "0102030405");
    hp_step(t.stack, HP_MS(5));
    struct hp_pcap_in *in = capture_read(&t);
    assert_true(next_in(in, &r));
    assert_int_equal(r.data.n, 5);
    assert_true(r.time == HP_MS(5));
    assert_int_equal(r.linktype, HP_PCAP_ETHERNET);
    assert_memory_equal(r.name.p, "a.eth0", 6);
    assert_true(comment_has(&r, "DROP RUNT: "));
    assert_true(r.id != 0);
    assert_false(next_in(in, &r));
    hp_pcap_in_close(in);
}

static void test_comment_belongs_to_its_own_frame(void **state)
{
    struct capture_test t;
    struct hp_pcap_record r;
    capture_begin(&t);
    tap_inject_hex(&t.tap, "0102");
    tap_inject_hex(&t.tap, "020000000001 020000000009 88b5 0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000");
    tap_inject_hex(&t.tap, "0304");
    hp_step(t.stack, 0);
    struct hp_pcap_in *in = capture_read(&t);
    assert_true(next_in(in, &r));
    assert_true(comment_has(&r, "RUNT"));
    assert_true(next_in(in, &r));
    assert_false(comment_has(&r, "RUNT"));
    assert_true(comment_has(&r, "NO_ETHERTYPE"));
    assert_true(next_in(in, &r));
    assert_true(comment_has(&r, "RUNT"));
    hp_pcap_in_close(in);
}

/* A state that a frame in sight did not change is told beside the stack's next frame. */
static void test_states_wait_for_the_next_frame(void **state)
{
    struct capture_test t;
    struct hp_pcap_record r;
    capture_begin(&t);
    trace_state(t.stack, 4, "tcp", 3, NULL, "CLOSED", "SYN_SENT");
    tap_inject_hex(&t.tap, "0102");
    hp_step(t.stack, 0);
    trace_state(t.stack, 4, "tcp", 3, NULL, "SYN_SENT", "ESTABLISHED");
    struct hp_pcap_in *in = capture_read(&t);
    assert_true(next_in(in, &r));
    assert_true(comment_has(&r, "tcp#3 CLOSED -> SYN_SENT"));
    assert_true(comment_has(&r, "tcp#3 SYN_SENT -> ESTABLISHED"));
    hp_pcap_in_close(in);
}

/* A drop of a packet that no frame in sight carries names the packet. */
static void test_late_drop_names_its_packet(void **state)
{
    struct capture_test t;
    struct hp_pcap_record r;
    capture_begin(&t);
    struct hp_pkt *p = hp_pkt_copy_in(t.stack, "x", 1);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "(packet %llu)", (unsigned long long)hp_pkt_id(p));
    hp_drop(t.stack, p, HP_DROP_FRAG_TIMEOUT);
    tap_inject_hex(&t.tap, "0102");
    hp_step(t.stack, 0);
    struct hp_pcap_in *in = capture_read(&t);
    assert_true(next_in(in, &r));
    assert_true(comment_has(&r, "DROP FRAG_TIMEOUT: "));
    assert_true(comment_has(&r, wanted));
    hp_pcap_in_close(in);
}

/* A frame that the wire itself lost is in the file, with its reason. */
static void test_frame_lost_by_the_wire(void **state)
{
    struct capture_test t;
    struct hp_pcap_record r;
    capture_begin(&t);
    struct hp_pkt *p = hp_pkt_copy_in(t.stack, "0123456789abcdef", 16);
    p->link = link_get(t.stack, t.link);
    hp_wire_drop(&t.tap.wire, p, HP_DROP_WIRE_LOSS);
    struct hp_pcap_in *in = capture_read(&t);
    assert_true(next_in(in, &r));
    assert_int_equal(r.data.n, 16);
    assert_true(comment_has(&r, "DROP WIRE_LOSS"));
    hp_pcap_in_close(in);
}

/* A checksum that was left to the wire is right in the file. */
static void test_offloaded_checksum_is_filled_in(void **state)
{
    struct capture_test t;
    struct hp_pcap_record r;
    capture_begin(&t);
    static const uint8_t frame[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x88, 0xb5, 0x12, 0x34, 0x00, 0x07, 0xff, 0xff, 0x01};
    struct hp_pkt *p = hp_pkt_copy_in(t.stack, frame, sizeof frame);
    p->flags |= PKT_SUM_TX;
    p->sum_start = (uint16_t)(pkt_offset(p) + 14);
    p->sum_offset = 2;
    link_queue(t.stack, link_get(t.stack, t.link), p);
    hp_step(t.stack, 0);
    struct hp_pcap_in *in = capture_read(&t);
    do assert_int_equal(hp_pcap_next(in, &r), 1);
    while (r.data.n != sizeof frame);
    assert_int_equal(r.direction, HP_PCAP_OUT);
    assert_bytes(r.data.p + 14, 7, "1234 ecc4 ffff 01"); /* ~(1234 + 0007 + ffff + 0100) */
    hp_pcap_in_close(in);
}

/* A TCP checksum that comes out as 0 stays 0: only UDP says 0xffff in its place. */
static void test_zero_checksum_is_udps_matter(void **state)
{
    uint8_t tcp[20] = {0}, udp[8] = {0};
    put16(tcp, 0xffff);
    put16(udp, 0xffff);
    sum_complete(tcp, sizeof tcp, 16);
    sum_complete(udp, sizeof udp, 6);
    assert_int_equal(get16(tcp + 16), 0);
    assert_int_equal(get16(udp + 6), 0xffff);
}

/* The same events give the same bytes. */
static void test_same_events_same_bytes(void **state)
{
    char text[2][4096];
    size_t n[2];
    for (int i = 0; i < 2; i++) {
        struct capture_test t;
        capture_begin(&t);
        for (int k = 0; k < 20; k++) {
            tap_inject_hex(&t.tap, "ffffffffffff 02000000000a 0806 0001080006040001 02000000000a 0a000009 000000000000 0a000001");
            hp_step(t.stack, HP_MS(k));
        }
        hp_stack_free(t.stack);
        assert_int_equal(hp_pcap_close(t.out), HP_OK);
        FILE *f = fopen(t.path, "rb");
        assert_non_null(f);
        n[i] = fread(text[i], 1, sizeof text[i], f);
        fclose(f);
        unlink(t.path);
    }
    assert_true(n[0] > 20 * 80);
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(text[0], text[1], n[0]);
}

static void test_errors_are_told_apart(void **state)
{
    struct hp_pcap *out;
    struct hp_pcap_in *in;
    assert_int_equal(hp_pcap_create("/nonexistent/x.pcapng", &out), HP_ENOENT);
    assert_int_equal(hp_pcap_create("/", &out), HP_EACCES);
    assert_int_equal(hp_pcap_open("/nonexistent", &in), HP_ENOENT);
    assert_int_equal(hp_pcap_open("/dev/null", &in), HP_EPROTO);
    assert_int_equal(hp_pcap_create("/dev/full", &out), HP_OK);
    assert_int_equal(hp_pcap_close(out), HP_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drop_is_the_frames_comment),
        cmocka_unit_test(test_comment_belongs_to_its_own_frame),
        cmocka_unit_test(test_states_wait_for_the_next_frame),
        cmocka_unit_test(test_late_drop_names_its_packet),
        cmocka_unit_test(test_frame_lost_by_the_wire),
        cmocka_unit_test(test_offloaded_checksum_is_filled_in),
        cmocka_unit_test(test_zero_checksum_is_udps_matter),
        cmocka_unit_test(test_same_events_same_bytes),
        cmocka_unit_test(test_errors_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
