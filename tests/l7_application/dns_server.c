/* The name server for a handful of names: right questions, and those that are none, over UDP and TCP. */
#include "hepta/dns.h"
#include "hepta/dns_server.h"

#include "hepta/proc.h"
#include "hepta/socket.h"
#include "support/pair.h"
#include "support/test.h"
#include "wire/dns.h"

struct scene {
    struct pair p;
    struct hp_dns_name names[41];
    struct hp_dns_server d;
    struct hp_resolver r;
    bool tcp;
    uint8_t in[4096], out[8192];        /* a question, and what came back */
    size_t n;
    int64_t got;
    hp_time took;
    bool ended;
};

static void asker(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    struct hp_sock *sock;
    struct hp_endpoint to = {.ip = c->p.b.ip, .port = 53};
    hp_time patience = HP_S(15), began = hp_now(s);
    assert_int_equal(hp_socket(s, c->tcp ? HP_STREAM : HP_DGRAM, 0, &sock), HP_OK);
    hp_setsockopt(sock, HP_SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(hp_connect(sock, &to), HP_OK);
    hp_send(sock, c->in, c->n, 0);
    c->got = hp_recv(sock, c->out, sizeof c->out, 0);
    hp_close(sock);
    c->took = hp_now(s) - began;
    c->ended = true;
}

static bool scene_ended(void *ctx) { return ((struct scene *)ctx)->ended; }

static int64_t ask(struct scene *c)
{
    c->ended = false;
    assert_int_equal(hp_spawn(c->p.a.stack, "asker", asker, c, 0), HP_OK);
    assert_true(pair_run(&c->p, HP_S(100), scene_ended, c));
    return c->got;
}

static struct scene *scene_open(void)
{
    struct scene *c = calloc(1, sizeof *c);
    assert_true(pair_open(&c->p, 5));
    c->names[0] = (struct hp_dns_name){"a.test", hp_ip4(192, 0, 2, 1)};
    c->names[1] = (struct hp_dns_name){"a.test", hp_ip4(192, 0, 2, 2)};
    c->names[2] = (struct hp_dns_name){"a.test", {{0x20, 1, [15] = 9}}};
    c->d.names = c->names;
    c->r.server[c->r.server_count++] = c->p.b.ip;
    assert_int_equal(hp_dns_serve(c->p.b.stack, &c->d), HP_OK);
    pair_run(&c->p, HP_MS(1), NULL, NULL);
    return c;
}

static void scene_close(struct scene *c)
{
    pair_run(&c->p, HP_S(30), NULL, NULL);
    assert_int_equal(c->d.connections, 0);
    pair_close(&c->p);
    free(c);
}

/* A question into c->in at `at`. */
static void question(struct scene *c, size_t at, const char *name, uint16_t type, uint16_t class_, uint8_t opcode)
{
    struct dns_hdr h = {.id = 77, .opcode = opcode};
    struct dns_question q = {.type = type, .class_ = class_};
    assert_true(dns_name_parse(name, &q.name));
    struct dns_writer w = dns_write_start(c->in + at, sizeof c->in - at, &h);
    assert_true(dns_write_question(&w, &q));
    c->n = at + dns_write_end(&w);
}

static void expect(struct scene *c, int rcode, int answers)
{
    struct dns_msg m;
    size_t skip = c->tcp ? 2 : 0;
    int64_t n = ask(c);
    if (n < 12) fail_msg("no answer: %lld", (long long)n);
    assert_true(dns_parse(bytes_of(c->out + skip, (size_t)n - skip), &m));
    if (m.h.rcode != rcode || m.h.count[DNS_ANSWER] != answers)
        fail_msg("expected rcode %d and %d answers, came %d and %d", rcode, answers, m.h.rcode, m.h.count[DNS_ANSWER]);
    assert_true(m.h.response && m.h.id == 77);
}

static void test_questions(void **state)
{
    struct scene *c = scene_open();
    static const struct { const char *name; uint16_t type, class_; uint8_t opcode; int rcode, answers; } q[] = {
        {"a.test", DNS_A, DNS_IN, 0, DNS_NOERROR, 2},    {"A.TeSt", DNS_AAAA, DNS_IN, 0, DNS_NOERROR, 1},
        {"a.test", DNS_MX, DNS_IN, 0, DNS_NOERROR, 0},   {"b.test", DNS_A, DNS_IN, 0, DNS_NXDOMAIN, 0},
        {".", DNS_A, DNS_IN, 0, DNS_NXDOMAIN, 0},        {"a.test", DNS_A, DNS_CH, 0, DNS_REFUSED, 0},
        {"a.test", DNS_A, DNS_IN, DNS_UPDATE, DNS_NOTIMP, 0}};
    for (int tcp = 0; tcp < 2; tcp++)
        for (size_t i = 0; i < sizeof q / sizeof *q; i++) {
            c->tcp = tcp;
            question(c, tcp ? 2 : 0, q[i].name, q[i].type, q[i].class_, q[i].opcode);
            if (tcp) put16(c->in, (unsigned)(c->n - 2));
            expect(c, q[i].rcode, q[i].answers);
        }
    assert_int_equal(c->d.questions, 14);
    assert_int_equal(c->d.malformed, 0);
    scene_close(c);
}

static void test_malformed_questions_are_formerr(void **state)
{
    struct scene *c = scene_open();
    question(c, 0, "a.test", DNS_A, DNS_IN, 0);
    size_t whole = c->n;
    for (c->n = 12; c->n < whole; c->n++) expect(c, DNS_FORMERR, 0);
    question(c, 0, "a.test", DNS_A, DNS_IN, 0);
    c->in[5] = 0; /* D06: no question, and far too many */
    expect(c, DNS_FORMERR, 0);
    c->in[4] = c->in[5] = 0xff;
    expect(c, DNS_FORMERR, 0);
    question(c, 0, "a.test", DNS_A, DNS_IN, 0);
    c->in[12] = 0xc0; /* D01: a name that points to itself */
    c->in[13] = 12;
    expect(c, DNS_FORMERR, 0);
    assert_int_equal(c->d.questions, 0);
    scene_close(c);
}

static void test_what_is_not_answered_at_all(void **state)
{
    struct scene *c = scene_open();
    question(c, 0, "a.test", DNS_A, DNS_IN, 0);
    c->in[2] |= 0x80; /* a response: two servers would talk for ever */
    assert_int_equal(ask(c), HP_EAGAIN);
    c->n = 11;
    assert_int_equal(ask(c), HP_EAGAIN);
    c->n = 0;
    assert_int_equal(ask(c), HP_EAGAIN);
    assert_int_equal(c->d.malformed, 3);
    scene_close(c);
}

static void test_U08_udp_answers_are_bounded(void **state)
{
    struct scene *c = scene_open();
    for (int i = 0; i < 40; i++) c->names[i] = (struct hp_dns_name){"a.test", {{0x20, 1, [15] = (uint8_t)i}}};
    question(c, 0, "a.test", DNS_AAAA, DNS_IN, 0);
    expect(c, DNS_NOERROR, (DNS_UDP_MAX - 24) / 28);
    assert_true(c->out[2] & 2);         /* TC */
    assert_true(c->got <= DNS_UDP_MAX);
    c->tcp = true;
    question(c, 2, "a.test", DNS_AAAA, DNS_IN, 0);
    put16(c->in, (unsigned)(c->n - 2));
    expect(c, DNS_NOERROR, 40);
    assert_false(c->out[2 + 2] & 2);
    scene_close(c);
}

static void test_D18_tcp_lengths_that_lie(void **state)
{
    static const struct { unsigned length; size_t sent; } bad[] = {{0, 0}, {1, 1}, {11, 11}, {4097, 100}, {65535, 100}, {40, 20}};
    struct scene *c = scene_open();
    c->tcp = true;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memset(c->in, 0, sizeof c->in);
        put16(c->in, bad[i].length);
        c->n = 2 + bad[i].sent;
        int64_t n = ask(c); /* closed, or reset where bytes were left, at once or after ten seconds */
        assert_true(n == 0 || n == HP_ECONNRESET);
        assert_true(c->took < HP_S(11));
    }
    scene_close(c);
}

static void dripper(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    struct hp_sock *sock;
    struct hp_endpoint to = {.ip = c->p.b.ip, .port = 53};
    static const uint8_t head[2] = {0, 200};
    uint8_t b = 0;
    assert_int_equal(hp_socket(s, HP_STREAM, 0, &sock), HP_OK);
    assert_int_equal(hp_connect(sock, &to), HP_OK);
    hp_send(sock, head, 2, 0);
    for (int i = 0; i < 20 && hp_send(sock, &b, 1, 0) == 1; i++) hp_sleep(s, HP_S(1));
    hp_close(sock);
}

static void test_D18_slow_askers_do_not_hold_up_others(void **state)
{
    struct scene *c = scene_open();
    for (int i = 0; i < 5; i++) assert_int_equal(hp_spawn(c->p.a.stack, "drip", dripper, c, 0), HP_OK);
    pair_run(&c->p, HP_S(5), NULL, NULL);
    assert_int_equal(c->d.connections, 5);
    c->tcp = true;
    question(c, 2, "a.test", DNS_A, DNS_IN, 0);
    put16(c->in, (unsigned)(c->n - 2));
    expect(c, DNS_NOERROR, 2);
    assert_true(c->took < HP_S(1));
    pair_run(&c->p, HP_S(15), NULL, NULL);
    assert_int_equal(c->d.connections, 0); /* each got its ten seconds */
    scene_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_malformed_questions_are_formerr),
        cmocka_unit_test(test_what_is_not_answered_at_all),
        cmocka_unit_test(test_U08_udp_answers_are_bounded),
        cmocka_unit_test(test_D18_tcp_lengths_that_lie),
        cmocka_unit_test(test_D18_slow_askers_do_not_hold_up_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
