/* What holds for whole machines, by the lines of docs/SECURITY.md: clocks that jump, the same seed twice, very many idle connections,
 * flows chosen to collide, small services that are asked for too little. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/stack.h"
#include "hepta/hepta.h"
#include "l4_transport/tcp/tcp.h"
#include "support/l3.h"
#include "support/pair.h"
#include "support/pipe.h"
#include "support/test.h"

enum { IDLE_PORT = 80, IDLE_PORTS = 2, IDLE_EACH = 50000, IDLE_BATCH = 500, WAKES_MAX = 2000 };

/* ---- time ---- */

/* A connection between the ends of a pipe. */
struct talkers {
    struct pipe p;
    struct hp_sock *listener, *client, *server;
};

static void talkers_open(struct talkers *t, hp_time start)
{
    struct hp_endpoint any = {.port = IDLE_PORT}, to = {.ip = hp_ip4(10, 0, 0, 2), .port = IDLE_PORT};
    pipe_open(&t->p, 7, false, start, 0);
    assert_int_equal(hp_socket(t->p.b.stack, HP_STREAM, 0, &t->listener), HP_OK);
    assert_int_equal(hp_bind(t->listener, &any), HP_OK);
    assert_int_equal(hp_listen(t->listener, 4), HP_OK);
    assert_int_equal(hp_socket(t->p.a.stack, HP_STREAM, 0, &t->client), HP_OK);
    assert_int_equal(hp_connect(t->client, &to), HP_EINPROGRESS);
    pipe_run(&t->p, start + HP_S(1), NULL, NULL);
    assert_int_equal(hp_accept(t->listener, &t->server, NULL), HP_OK);
}

static void talkers_say(struct talkers *t, struct hp_sock *from, struct hp_sock *to)
{
    char got[8] = "";
    assert_int_equal(hp_send(from, "hello", 5, 0), 5);
    pipe_run(&t->p, t->p.now + HP_S(2), NULL, NULL);
    assert_int_equal(hp_recv(to, got, sizeof got, 0), 5);
    assert_string_equal(got, "hello");
}

static void talkers_close(struct talkers *t)
{
    hp_close(t->client);
    hp_close(t->server);
    hp_close(t->listener);
    pipe_close(&t->p);
}

/* At a standstill a stack asks to be called in the future, not now. */
static void assert_rests(struct hp_stack *s, hp_time now)
{
    int rounds = 0;
    while (hp_step(s, now) <= now)
        if (++rounds > 100) fail_msg("wants to be called again and again at %lld", (long long)now);
}

static void test_X04_clocks_that_jump(void **state)
{
    static const hp_time starts[] = {0, HP_MS(1ll << 31) - HP_MS(1500), HP_MS(1ll << 32) - HP_MS(1500), HP_MS(1ll << 40)};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        struct talkers t;
        talkers_open(&t, starts[i]);
        talkers_say(&t, t.client, t.server); /* across the wrap of 32-bit milliseconds */
        talkers_say(&t, t.server, t.client);
        hp_time before = hp_now(t.p.a.stack);
        hp_step(t.p.a.stack, before - HP_S(3600)); /* back: as if it were still now */
        assert_int_equal(hp_now(t.p.a.stack), before);
        for (hp_time jump = HP_MS(1ll << 31) - 1; jump < HP_MS(1ll << 34); jump *= 2) {
            t.p.now += jump;
            assert_rests(t.p.a.stack, t.p.now);
            assert_rests(t.p.b.stack, t.p.now);
            talkers_say(&t, t.client, t.server); /* PAWS forgets after 24 days */
            talkers_say(&t, t.server, t.client);
        }
        talkers_close(&t);
    }
}

/* ---- the same seed twice ---- */

struct fetch {
    char path[64];
    uint8_t *bytes;                     /* of the capture */
    size_t n;
    char *log;
    size_t log_n;
    FILE *log_file;
    int result;
    uint64_t got, digest;
};

static uint8_t page[200000];
static const struct hp_memory_file fetch_files[] = {{"/page", "text/plain", page, sizeof page}, {0}};

static int fetch_body(void *ctx, struct hp_bytes part)
{
    ((struct fetch *)ctx)->got += part.n;
    return HP_OK;
}

static void fetch_client(struct hp_stack *s, void *arg)
{
    struct fetch *f = arg;
    struct hp_http_get get = {.url = "http://10.0.0.2/page", .body = fetch_body, .ctx = f};
    f->result = hp_http_get(s, &get);
}

static void fetch_event(void *ctx, const struct hp_event *e)
{
    char line[256];
    fprintf(((struct fetch *)ctx)->log_file, "%s\n", hp_event_text(e, line, sizeof line));
}

static void fetch_load(struct fetch *f)
{
    FILE *in = fopen(f->path, "rb");
    assert_non_null(in);
    fseek(in, 0, SEEK_END);
    f->n = (size_t)ftell(in);
    rewind(in);
    f->bytes = malloc(f->n);
    assert_int_equal(fread(f->bytes, 1, f->n, in), f->n);
    fclose(in);
    unlink(f->path);
}

/* A page over a cable that loses and reorders, with a capture and a log of everything. */
static void fetch_run(struct fetch *f, uint64_t seed)
{
    struct test_alloc alloc;
    struct hp_pcap *pcap;
    struct hp_http_server server = {.files = hp_memory_files(fetch_files)};
    struct hp_cable_config bad = {.way = {.rate = 10000000, .delay = HP_MS(5)}};
    assert_true(hp_share_parse("3%", &bad.way.faults.loss));
    bad.way.faults.reorder = UINT32_MAX / 50;
    *f = (struct fetch){.result = HP_EAGAIN};
    snprintf(f->path, sizeof f->path, "/tmp/hepta-test-XXXXXX");
    int fd = mkstemp(f->path);
    assert_true(fd >= 0);
    close(fd);
    f->log_file = open_memstream(&f->log, &f->log_n);
    test_alloc_init(&alloc);
    assert_int_equal(hp_pcap_create(f->path, &pcap), HP_OK);
    struct hp_world *w = hp_world_new(seed, &alloc.allocator);
    struct hp_trace to_pcap = {.event = hp_pcap_event, .ctx = pcap}, to_log = {.event = fetch_event, .ctx = f};
    hp_world_trace(w, &to_pcap, NULL);
    hp_world_trace(w, &to_log, NULL);
    struct hp_stack *a = hp_world_host(w, "a"), *b = hp_world_host(w, "b");
    assert_non_null(hp_world_cable(w, "a", "b", &bad));
    hp_world_address(w, "a", "eth0", "10.0.0.1/24");
    hp_world_address(w, "b", "eth0", "10.0.0.2/24");
    assert_int_equal(hp_http_serve(b, &server), HP_OK);
    assert_int_equal(hp_spawn(a, "get", fetch_client, f, 0), HP_OK);
    hp_world_run(w, HP_S(60), NULL, NULL);
    f->digest = hp_world_digest(w);
    hp_world_free(w);
    assert_int_equal(hp_pcap_close(pcap), HP_OK);
    fclose(f->log_file);
    test_alloc_end(&alloc);
    fetch_load(f);
    assert_int_equal(f->result, HP_OK);
    assert_int_equal(f->got, sizeof page);
}

static void fetch_end(struct fetch *f)
{
    free(f->bytes);
    free(f->log);
}

static void test_X05_the_same_seed_gives_the_same_bytes(void **state)
{
    struct fetch one, two, other;
    fetch_run(&one, 42);
    fetch_run(&two, 42);
    fetch_run(&other, 43);
    assert_true(strstr(one.log, "LOSS") || one.n > sizeof page);
    assert_int_equal(one.n, two.n);
    assert_memory_equal(one.bytes, two.bytes, one.n);
    assert_string_equal(one.log, two.log);
    assert_int_equal(one.digest, two.digest);
    assert_true(strcmp(one.log, other.log) != 0);
    assert_true(one.digest != other.digest);
    fetch_end(&one);
    fetch_end(&two);
    fetch_end(&other);
}

/* ---- many ---- */

static unsigned wakes(struct pipe *p, hp_time span)
{
    hp_time end = p->now + span;
    unsigned n = 0;
    for (hp_time next; (next = hp_deadline(p->b.stack)) <= end; n++) {
        if (next > p->now) p->now = next;
        hp_step(p->b.stack, p->now);
        if (n > WAKES_MAX) fail_msg("an idle host was woken %u times in a day", n);
    }
    p->now = end;
    return n;
}

static size_t held(const struct hp_stack *s)
{
    struct hp_mem_stats m;
    hp_mem_stats(s, &m);
    return m.bytes;
}

static void idle_connect(struct pipe *p, int i, int port)
{
    struct hp_sock *c;
    struct hp_endpoint from = {.port = (uint16_t)(1024 + i)}, to = {.ip = hp_ip4(10, 0, 0, 2), .port = (uint16_t)(IDLE_PORT + port)};
    int on = 1;
    assert_int_equal(hp_socket(p->a.stack, HP_STREAM, 0, &c), HP_OK);
    hp_setsockopt(c, HP_SO_REUSEADDR, &on, sizeof on);
    hp_setsockopt(c, HP_SO_REUSEPORT, &on, sizeof on);
    assert_int_equal(hp_bind(c, &from), HP_OK);
    assert_int_equal(hp_connect(c, &to), HP_EINPROGRESS);
}

static void test_X07_idle_connections_cost_memory_only(void **state)
{
    static struct hp_sock *server[IDLE_PORTS][IDLE_EACH];
    struct hp_sock *listener[IDLE_PORTS];
    struct pipe p;
    pipe_open(&p, 9, false, 0, 0);
    p.delay = HP_US(10);
    for (int k = 0; k < IDLE_PORTS; k++) {
        struct hp_endpoint on = {.port = (uint16_t)(IDLE_PORT + k)};
        assert_int_equal(hp_socket(p.b.stack, HP_STREAM, 0, &listener[k]), HP_OK);
        assert_int_equal(hp_bind(listener[k], &on), HP_OK);
        assert_int_equal(hp_listen(listener[k], IDLE_BATCH), HP_OK);
    }
    pipe_run(&p, HP_S(10), NULL, NULL);
    uint32_t timers = p.b.stack->wheel.count;
    size_t bytes = held(p.b.stack);
    unsigned before = wakes(&p, HP_S(3600));
    for (int k = 0; k < IDLE_PORTS; k++) {
        for (int i = 0, n = 0; i < IDLE_EACH; i++) {
            idle_connect(&p, i, k);
            if ((i + 1) % IDLE_BATCH) continue;
            pipe_run(&p, p.now + HP_MS(1), NULL, NULL);
            for (; n <= i; n++) assert_int_equal(hp_accept(listener[k], &server[k][n], NULL), HP_OK);
        }
    }
    pipe_run(&p, p.now + HP_S(60), NULL, NULL);
    size_t each = (held(p.b.stack) - bytes) / (IDLE_PORTS * IDLE_EACH);
    print_message("%d idle connections: %zu bytes each, %u timers\n", IDLE_PORTS * IDLE_EACH, each, p.b.stack->wheel.count);
    assert_true(each <= 1024);
    wakes(&p, HP_S(3600)); /* what was set lazily is found out */
    assert_true(p.b.stack->wheel.count <= timers + 1);
    assert_true(wakes(&p, HP_S(3600)) <= before + 1);
    for (int k = 0; k < IDLE_PORTS; k++) hp_close(listener[k]);
    pipe_close(&p); /* with all that is open */
}

/* Flows that collide for one host do not for another: the hash has a key. */
static void test_S12_chosen_flows_do_not_collide(void **state)
{
    enum { BUCKETS = 1024, CHOSEN = 1000 };
    struct pipe one, two;
    unsigned bucket[BUCKETS] = {0}, worst = 0;
    pipe_open(&one, 1, false, 0, 0);
    pipe_open(&two, 2, false, 0, 0);
    struct tcp_host *known = stack_state(one.a.stack, &tcp_proto), *victim = stack_state(two.a.stack, &tcp_proto);
    uint32_t i = 0;
    for (unsigned chosen = 0; chosen < CHOSEN; i++) {
        struct flow f = {hp_ip4(10, 0, 0, 1), hp_ip4(10, 1, (uint8_t)(i >> 24), (uint8_t)(i >> 16)), 80, (uint16_t)i};
        if (tcp_flow_hash(known, &f) % BUCKETS) continue;
        chosen++;
        unsigned n = ++bucket[tcp_flow_hash(victim, &f) % BUCKETS];
        if (n > worst) worst = n;
    }
    if (worst > 12) fail_msg("%u of %u chosen flows share a bucket of the victim", worst, (unsigned)CHOSEN);
    pipe_close(&one);
    pipe_close(&two);
}

/* ---- services ---- */

struct asker {
    struct pair p;
    struct hp_services services;
    struct hp_dns_server dns;
    struct hp_dns_name names[3];
    bool done;
};

static void asker_open(struct asker *t)
{
    memset(t, 0, sizeof *t);
    assert_true(pair_open(&t->p, 3));
    t->services = (struct hp_services){.echo = true, .discard = true, .chargen = true};
    t->names[0] = (struct hp_dns_name){"a.test", t->p.b.ip};
    t->names[1] = (struct hp_dns_name){"a.test", t->p.b.ip6};
    t->dns.names = t->names;
    assert_int_equal(hp_services_start(t->p.b.stack, &t->services), HP_OK);
    assert_int_equal(hp_dns_serve(t->p.b.stack, &t->dns), HP_OK);
}

static bool asker_done(void *ctx) { return ((struct asker *)ctx)->done; }

static void asker_run(struct asker *t, void (*fn)(struct hp_stack *, void *))
{
    assert_int_equal(hp_spawn(t->p.a.stack, "ask", fn, t, 0), HP_OK);
    if (!pair_run(&t->p, HP_S(3600), asker_done, t)) fail_msg("it hangs");
    pair_close(&t->p);
}

static const uint8_t question[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0\1a\4test\0\0\1\0\1";
enum { QUESTION_BYTES = sizeof question - 1 };

static int64_t ask_udp(struct asker *t, struct hp_stack *s, uint16_t port, const void *bytes, size_t n, uint8_t *answer, size_t room)
{
    struct hp_sock *u;
    struct hp_endpoint to = {.ip = t->p.b.ip, .port = port};
    hp_time timeo = HP_MS(100);
    assert_int_equal(hp_socket(s, HP_DGRAM, 0, &u), HP_OK);
    hp_setsockopt(u, HP_SO_RCVTIMEO, &timeo, sizeof timeo);
    assert_int_equal(hp_connect(u, &to), HP_OK);
    assert_int_equal(hp_send(u, bytes, n, 0), n);
    int64_t got = hp_recv(u, answer, room, HP_MSG_TRUNC);
    assert_int_equal(hp_recv(u, answer, 0, HP_MSG_TRUNC), HP_EAGAIN); /* one answer at most */
    hp_close(u);
    return got;
}

static void ask_too_little(struct hp_stack *s, void *arg)
{
    struct asker *t = arg;
    uint8_t answer[2048];
    for (size_t n = 1; n <= QUESTION_BYTES; n++) {
        assert_int_equal(ask_udp(t, s, HP_PORT_ECHO, question, n, answer, sizeof answer), n);
        assert_memory_equal(answer, question, n);
        assert_true(ask_udp(t, s, HP_PORT_CHARGEN, question, n, answer, sizeof answer) <= (int64_t)n);
        assert_int_equal(ask_udp(t, s, HP_PORT_DISCARD, question, n, answer, sizeof answer), HP_EAGAIN);
        int64_t got = ask_udp(t, s, 53, question, n, answer, sizeof answer);
        if (n < 12) assert_true(got < 0);
        else if (n < QUESTION_BYTES) assert_true(got < 0 || got <= (int64_t)n); /* an error, no longer than what was asked */
        else assert_int_equal(got, QUESTION_BYTES + 16);                      /* one A record */
    }
    t->done = true;
}

static void test_U05_U08_services_answer_no_more_than_they_got(void **state)
{
    struct asker t;
    asker_open(&t);
    asker_run(&t, ask_too_little);
}

static struct hp_sock *ask_connect(struct asker *t, struct hp_stack *s)
{
    struct hp_sock *c;
    struct hp_endpoint to = {.ip = t->p.b.ip, .port = 53};
    hp_time timeo = HP_S(120);
    int on = 1;
    assert_int_equal(hp_socket(s, HP_STREAM, 0, &c), HP_OK);
    hp_setsockopt(c, HP_SO_RCVTIMEO, &timeo, sizeof timeo);
    hp_setsockopt(c, HP_TCP_NODELAY, &on, sizeof on);
    assert_int_equal(hp_connect(c, &to), HP_OK);
    return c;
}

static void ask_over_tcp(struct hp_stack *s, void *arg)
{
    struct asker *t = arg;
    uint8_t b[512] = {0, QUESTION_BYTES};
    struct hp_sock *c = ask_connect(t, s);
    memcpy(b + 2, question, QUESTION_BYTES);
    for (size_t i = 0; i < 2 + QUESTION_BYTES; i++) { /* byte by byte */
        hp_send(c, b + i, 1, 0);
        hp_sleep(s, HP_MS(10));
    }
    assert_int_equal(hp_recv(c, b, QUESTION_BYTES + 18, HP_MSG_WAITALL), QUESTION_BYTES + 18);
    assert_int_equal(b[1], QUESTION_BYTES + 16);
    hp_close(c);
    static const struct {
        uint8_t bytes[8];
        size_t n;
    } bad[] = {{{0, 0}, 2}, {{0, 0, 0, 0, 0, 0, 0, 0}, 8}, {{0xff, 0xff, 1, 2, 3}, 5}, {{0}, 1}, {{0, 3, 1, 2, 3, 0, 2, 1}, 8}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        c = ask_connect(t, s);
        hp_send(c, bad[i].bytes, bad[i].n, 0);
        int64_t got = hp_recv(c, b, sizeof b, HP_MSG_WAITALL); /* it ends: by the server's patience */
        if (got > 0 || got == HP_EAGAIN) fail_msg("bad message %zu: %lld", i, (long long)got);
        hp_close(c);
    }
    assert_int_equal(ask_udp(t, s, 53, question, QUESTION_BYTES, b, sizeof b), QUESTION_BYTES + 16); /* still there */
    t->done = true;
}

static void test_D18_dns_over_tcp_in_pieces(void **state)
{
    struct asker t;
    asker_open(&t);
    asker_run(&t, ask_over_tcp);
}

/* ---- fragments, small links ---- */

static size_t syn_bytes(uint8_t *b, struct hp_ip src, struct hp_ip dst)
{
    struct tcp_hdr h = {.from = 4000, .to = 80, .seq = 1, .flags = TCP_SYN, .win = 1000, .hlen = 20};
    tcp_write(b, 20, &h);
    put16(b + 16, sum_fold(sum_add(sum_pseudo(&src, &dst, 6, 20), b, 20)));
    return 20;
}

static void test_I20_a_tcp_header_in_fragments(void **state)
{
    struct l3 t;
    struct hp_sock *l;
    struct hp_endpoint on = {.port = 80};
    uint8_t b[20];
    struct ipv4_hdr h = {.proto = 6, .id = 7, .mf = true, .src = ip_of("10.0.0.2"), .dst = ip_of("10.0.0.1")};
    l3_begin(&t, NULL);
    assert_int_equal(hp_socket(t.s, HP_STREAM, 0, &l), HP_OK);
    hp_bind(l, &on);
    hp_listen(l, 4);
    syn_bytes(b, h.src, h.dst);
    l3_in4(&t, 0, &h, b, 8); /* ports and sequence number, no flags */
    l3_nothing(&t, 0);
    h.frag_off = 8;
    h.mf = false;
    l3_in4(&t, 0, &h, b + 8, 12);
    struct hp_bytes payload;
    assert_true(l3_take4(&t, 0, &h, &payload));
    assert_int_equal(h.proto, 6);
    assert_int_equal(payload.p[13], TCP_SYN | TCP_ACK);
    l3_nothing(&t, 0);
    hp_close(l);
    l3_end(&t);
}

static void test_L24_errors_fit_a_small_link(void **state)
{
    struct test_alloc alloc;
    struct tap tap;
    uint8_t frame[14 + 20 + 40];
    unsigned sent = 0;
    test_alloc_init(&alloc);
    struct hp_config c = {.allocator = &alloc.allocator, .seed = 1};
    struct hp_stack *s = hp_stack_new(&c);
    tap_init(&tap);
    tap.wire.mtu = 68;
    int link = hp_link_add(s, &tap.wire, &(struct hp_link_config){.mac = {{2, 0, 0, 0, 0, 1}}});
    struct hp_prefix p = {hp_ip4(10, 0, 0, 1), 120};
    struct hp_ip peer = hp_ip4(10, 0, 0, 2);
    struct hp_mac mac = {{2, 0, 0, 0, 0, 0x99}};
    assert_int_equal(hp_addr_add(s, link, &p, HP_ADDR_NO_DAD), HP_OK);
    assert_int_equal(hp_neigh_set(s, link, &peer, &mac), HP_OK);
    for (unsigned i = 0; i < 20; i++) { /* a UDP datagram of 800 bytes for a port where nobody is */
        struct ipv4_hdr h = {.len = 60, .id = 3, .frag_off = (uint16_t)(i * 40), .mf = i < 19, .ttl = 9, .proto = 17, .src = peer, .dst = p.ip};
        memset(frame, 0, sizeof frame);
        memcpy(frame, (const uint8_t[]){2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0x99, 8, 0}, 14);
        ipv4_write(frame + 14, 20, &h);
        if (!i) memcpy(frame + 34, (const uint8_t[]){1, 1, 2, 2, 800 >> 8, 800 & 255, 0, 0}, 8);
        tap_inject(&tap, frame, sizeof frame);
        hp_step(s, HP_S(1));
    }
    for (const struct tap_frame *f; (f = tap_take(&tap));) {
        if (get16(f->b + 12) != 0x0800) continue;
        if (f->n > 14 + 68) fail_msg("a frame of %zu bytes, type %04x, %02x", f->n, get16(f->b + 12), f->b[14 + 6]);
        if (f->b[14 + 9] == 1) sent++;
    }
    assert_true(sent >= 1); /* in pieces, or cut */
    assert_int_equal(hp_drop_count(s, HP_DROP_NO_PORT), 1);
    hp_stack_free(s);
    test_alloc_end(&alloc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_X04_clocks_that_jump),
        cmocka_unit_test(test_X05_the_same_seed_gives_the_same_bytes),
        cmocka_unit_test(test_X07_idle_connections_cost_memory_only),
        cmocka_unit_test(test_S12_chosen_flows_do_not_collide),
        cmocka_unit_test(test_U05_U08_services_answer_no_more_than_they_got),
        cmocka_unit_test(test_D18_dns_over_tcp_in_pieces),
        cmocka_unit_test(test_I20_a_tcp_header_in_fragments),
        cmocka_unit_test(test_L24_errors_fit_a_small_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
