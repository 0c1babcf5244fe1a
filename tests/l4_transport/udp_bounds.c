/* UDP datagrams that are wrong die by name, what is too much is refused, and memory may fail. */
#include "wire/udp.h"

#include "hepta/proc.h"
#include "support/udp.h"
#include "wire/sum.h"

/* ---- datagrams that are wrong ---- */

enum { FRAME_MAX = 200 };

/* A datagram from 10.0.0.1 or fd00::1 as a frame to b, with this UDP length and checksum (-1 = right). */
static void inject(struct pair *p, bool six, int udp_len, int sum, const char *text)
{
    struct hp_ip from = ip_of(six ? "fd00::1" : "10.0.0.1"), to = ip_of(six ? "fd00::2" : "10.0.0.2");
    uint8_t f[FRAME_MAX] = {0}, *ip = f + 14, *udp = ip + (six ? 40 : 20);
    size_t n = strlen(text), len = UDP_HEADER + n;
    struct hp_link_info info;
    hp_link_info(p->b.stack, UDP_ETH, &info);
    memcpy(f, info.mac.b, 6);
    f[6] = 2;
    put16(f + 12, six ? 0x86dd : 0x0800);
    if (six) {
        ip[0] = 0x60;
        put16(ip + 4, (unsigned)len);
        ip[6] = 17;
        ip[7] = 64;
        memcpy(ip + 8, from.b, 16);
        memcpy(ip + 24, to.b, 16);
    } else {
        ip[0] = 0x45;
        put16(ip + 2, (unsigned)(20 + len));
        ip[8] = 64;
        ip[9] = 17;
        memcpy(ip + 12, from.b + 12, 4);
        memcpy(ip + 16, to.b + 12, 4);
        put16(ip + 10, sum_fold(sum_add(0, ip, 20)));
    }
    struct udp_hdr h = {.from = 5000, .to = UDP_PORT, .len = (uint16_t)(udp_len < 0 ? (int)len : udp_len)};
    udp_write(udp, UDP_HEADER, &h);
    memcpy(udp + UDP_HEADER, text, n);
    size_t covered = h.len > len ? len : h.len;
    uint16_t right = sum_fold_udp(sum_add(sum_pseudo(&from, &to, 17, h.len), udp, covered));
    put16(udp + 6, sum < 0 ? right : (unsigned)sum);
    struct hp_pkt *k = hp_pkt_copy_in(p->b.stack, f, (size_t)(udp - f) + len);
    hp_wire_rx(&p->b.wire, k);
    udp_settle(p);
}

static void test_U01_lengths_that_cannot_be(void **state)
{
    for (int six = 0; six < 2; six++) {
        struct pair p;
        assert_true(pair_open(&p, 1));
        struct hp_sock *sock = udp_bound(p.b.stack, NULL, UDP_PORT);
        static const int bad[] = {0, 1, 7, 13, 65535};
        for (unsigned i = 0; i < 5; i++) inject(&p, six, bad[i], -1, "data");
        udp_fails(sock, HP_EAGAIN);
        udp_drops(p.b.stack, HP_DROP_UDP_BAD, 5);
        inject(&p, six, 10, -1, "data");            /* shorter than the packet: the rest is not UDP's */
        udp_hears(sock, "da", NULL);
        inject(&p, six, 12, -1, "data");
        udp_hears(sock, "data", NULL);
        hp_close(sock);
        pair_close(&p);
    }
}

static void test_U02_no_checksum_is_allowed_in_version_4_only(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *sock = udp_bound(p.b.stack, NULL, UDP_PORT);
    inject(&p, false, -1, 0, "four");
    udp_hears(sock, "four", NULL);
    inject(&p, true, -1, 0, "six");
    udp_fails(sock, HP_EAGAIN);
    udp_drops(p.b.stack, HP_DROP_UDP_BAD, 1);
    hp_close(sock);
    pair_close(&p);
}

static void test_U03_U04_bad_checksums_are_never_seen(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *sock = udp_bound(p.b.stack, NULL, UDP_PORT);
    unsigned what;
    char buf[8];
    for (int i = 0; i < 50; i++) inject(&p, i & 1, -1, 0x1234, "bad");
    udp_drops(p.b.stack, HP_DROP_CHECKSUM, 50);
    assert_null(hp_next_ready(p.b.stack, &what));           /* nobody was woken for nothing */
    assert_int_equal(hp_ready(sock), HP_WRITABLE);
    assert_int_equal(hp_recv(sock, buf, sizeof buf, HP_MSG_PEEK), HP_EAGAIN);
    inject(&p, true, -1, -1, "good");
    assert_ptr_equal(hp_next_ready(p.b.stack, &what), sock);
    assert_int_equal(what, HP_READABLE);
    assert_int_equal(hp_recv(sock, buf, sizeof buf, HP_MSG_PEEK), 4);
    udp_hears(sock, "good", NULL);
    hp_close(sock);
    pair_close(&p);
}

/* ---- bounds ---- */

static void test_the_receive_buffer_counts_storage(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    udp_meet(&p);
    struct hp_sock *server = udp_bound(p.b.stack, NULL, UDP_PORT), *client = udp_socket(p.a.stack);
    udp_set(server, HP_SO_RCVBUF, 20000);
    assert_int_equal(udp_get(server, HP_SO_RCVBUF), 20000);
    for (int i = 0; i < 300; i++) {
        udp_say(client, "x", "10.0.0.2", UDP_PORT);
        if (i % 100 == 99) udp_settle(&p);
    }
    struct hp_mem_stats before, after;
    hp_mem_stats(p.b.stack, &before);
    unsigned got = 0;
    char c;
    while (hp_recv(server, &c, 1, 0) == 1) got++;
    hp_mem_stats(p.b.stack, &after);
    assert_in_range(got, 10, 80);                           /* of one byte each: not 20000 */
    udp_drops(p.b.stack, HP_DROP_SOCK_FULL, 300 - got);
    udp_say(client, "again", "10.0.0.2", UDP_PORT);
    udp_settle(&p);
    udp_hears(server, "again", NULL);
    hp_close(server);
    hp_close(client);
    pair_close(&p);
}

static void test_sending_without_end_is_refused_until_time_passes(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    udp_meet(&p);
    struct hp_sock *client = udp_socket(p.a.stack);
    struct hp_endpoint to = udp_at("10.0.0.2", UDP_PORT);
    char data[1000] = {0};
    unsigned sent = 0, what;
    udp_set(client, HP_SO_SNDBUF, 50000);
    while (hp_sendto(client, data, sizeof data, 0, &to) == 1000) assert_true(++sent < 100);
    assert_in_range(sent, 30, 50);
    assert_int_equal(hp_sendto(client, data, 1, 0, &to), HP_EAGAIN);
    assert_int_equal(hp_ready(client), 0);
    while (hp_next_ready(p.a.stack, &what)) {}
    udp_settle(&p);
    assert_ptr_equal(hp_next_ready(p.a.stack, &what), client);
    assert_int_equal(what, HP_WRITABLE);
    assert_int_equal(hp_sendto(client, data, 1, 0, &to), 1);        /* writable means that a byte can be written */
    hp_close(client);
    pair_close(&p);
}

static void flood(struct hp_stack *s, void *arg)
{
    struct hp_sock *sock = udp_socket(s);
    struct hp_endpoint to = udp_at("10.0.0.2", UDP_PORT);
    char data[1000] = {0};
    uint64_t *sent = arg;
    while (hp_now(s) < HP_MS(1)) {
        int64_t n = hp_sendto(sock, data, sizeof data, 0, &to);
        if (n < 0) break;
        ++*sent;
    }
    hp_close(sock);
}

static void test_a_program_that_floods_lets_time_pass(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    uint64_t sent = 0;
    hp_spawn(p.a.stack, "flood", flood, &sent, 0);
    pair_run(&p, HP_MS(10), NULL, NULL);
    assert_int_equal(hp_programs_count(p.a.stack), 0);
    assert_in_range(sent, 1000, 100000);
    pair_close(&p);
}

static void count_done(void *ctx) { ++*(int *)ctx; }

static void test_a_reference_is_told_done_once(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *server = udp_bound(p.b.stack, NULL, UDP_PORT), *client = udp_socket(p.a.stack);
    struct hp_endpoint to = udp_at("10.0.0.2", UDP_PORT);
    int done = 0;
    assert_int_equal(hp_send_ref(client, "x", 1, 0, count_done, &done), HP_ENOTCONN);
    hp_connect(client, &to);
    assert_int_equal(hp_send_ref(client, "one", 3, 0, count_done, &done), 3);
    assert_int_equal(done, 0);
    udp_settle(&p);
    assert_int_equal(done, 1);
    udp_hears(server, "one", NULL);
    assert_int_equal(hp_send_ref(client, "two", 3, 0, count_done, &done), 3);
    hp_close(client);
    assert_int_equal(done, 2);
    hp_close(server);
    pair_close(&p);
}

/* ---- memory ---- */

static int one_exchange(struct pair *p, const char *ip, size_t size)
{
    struct hp_sock *server = NULL, *client = NULL;
    struct hp_endpoint any = {.port = UDP_PORT}, to = udp_at(ip, UDP_PORT);
    static uint8_t data[4000];
    int err = hp_socket(p->b.stack, HP_DGRAM, 0, &server);
    if (!err) err = hp_bind(server, &any);
    if (!err) err = hp_socket(p->a.stack, HP_DGRAM, 0, &client);
    if (!err) err = hp_connect(client, &to);
    int64_t n = err ? err : hp_send(client, data, size, 0);
    udp_settle(p);
    if (n > 0) n = hp_recv(server, data, sizeof data, 0);
    if (server) hp_close(server);
    if (client) hp_close(client);
    return n < 0 ? (int)n : HP_OK;
}

static void test_X02_the_nth_allocation_fails_on_either_side(void **state)
{
    for (int side = 0; side < 4; side++) {
        bool done = false;
        for (uint64_t n = 1; !done; n++) {
            struct pair p;
            assert_true(pair_open(&p, 1));
            if (side & 2) udp_meet(&p);
            struct hp_stack *s = side & 1 ? p.b.stack : p.a.stack;
            struct hp_mem_stats before, after;
            hp_mem_stats(s, &before);
            hp_mem_fail_at(s, n);
            int err = one_exchange(&p, side & 2 ? "fd00::2" : "10.0.0.2", side & 2 ? 3000 : 1000);
            hp_mem_stats(s, &after);
            done = after.failures == before.failures;
            hp_mem_fail_at(s, 0);
            if (done) assert_int_equal(err, HP_OK);
            else if (err != HP_OK && err != HP_ENOMEM && err != HP_EAGAIN) fail_msg("n = %u: %s", (unsigned)n, hp_err_text(err));
            pair_run(&p, HP_S(5), NULL, NULL);
            err = one_exchange(&p, "10.0.0.2", 1000);
            if (err) fail_msg("after n = %u: %s", (unsigned)n, hp_err_text(err));
            assert_true(n < 200);
            pair_close(&p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_U01_lengths_that_cannot_be),
        cmocka_unit_test(test_U02_no_checksum_is_allowed_in_version_4_only),
        cmocka_unit_test(test_U03_U04_bad_checksums_are_never_seen),
        cmocka_unit_test(test_the_receive_buffer_counts_storage),
        cmocka_unit_test(test_sending_without_end_is_refused_until_time_passes),
        cmocka_unit_test(test_a_program_that_floods_lets_time_pass),
        cmocka_unit_test(test_a_reference_is_told_done_once),
        cmocka_unit_test(test_X02_the_nth_allocation_fails_on_either_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
