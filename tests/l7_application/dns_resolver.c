/* The resolver against name servers that play roles. */
#include "hepta/dns.h"

#include "hepta/proc.h"
#include "hepta/socket.h"
#include "support/pair.h"
#include "support/test.h"
#include "wire/dns.h"

enum role { ROLE_ANSWER, ROLE_SILENT, ROLE_NXDOMAIN, ROLE_SERVFAIL, ROLE_WRONG_ID, ROLE_WRONG_QUESTION, ROLE_WRONG_PORT, ROLE_TRUNCATED,
            ROLE_GARBAGE, ROLE_STRANGER, ROLE_EMPTY, ROLE_REFUSED };
enum { IDS_MAX = 4096 };

struct scene {
    struct pair p;
    struct hp_ip second;                /* another address of the server's host */
    enum role role[2];                  /* what the servers at the first and the second address do */
    enum role tcp;
    unsigned lose;                      /* so many questions are not heard */
    unsigned asked[2], asked_tcp;
    uint16_t id[IDS_MAX], port[IDS_MAX];
    unsigned ids;
    hp_time at[64];                     /* when each question came */
    struct hp_resolver r;
    const char *name;
    enum hp_dns_family family;
    struct hp_ip out[16];
    int max, result;
    bool ended;
};

/* ---- servers in roles ---- */

static size_t role_answer(const struct dns_msg *m, const struct dns_question *q, enum role role, uint8_t *out, size_t n)
{
    struct dns_hdr h = {.id = m->h.id, .response = true, .recursion_available = true};
    struct dns_question said = *q;
    struct dns_record r = {.name = q->name, .type = q->type, .class_ = DNS_IN, .ttl = 100, .section = DNS_ANSWER,
                           .ip = hp_ip4(192, 0, 2, 1)};
    if (q->type == DNS_AAAA) r.ip = (struct hp_ip){{0x20, 1, 0xd, 0xb8, [15] = 1}};
    if (role == ROLE_WRONG_ID) h.id ^= 0x100;
    if (role == ROLE_NXDOMAIN) h.rcode = DNS_NXDOMAIN;
    if (role == ROLE_REFUSED) h.rcode = DNS_REFUSED;
    if (role == ROLE_SERVFAIL) h.rcode = DNS_SERVFAIL;
    if (role == ROLE_TRUNCATED) h.truncated = true;
    if (role == ROLE_WRONG_QUESTION) dns_name_parse("other.test", &said.name);
    struct dns_writer w = dns_write_start(out, n, &h);
    dns_write_question(&w, &said);
    bool address = role != ROLE_NXDOMAIN && role != ROLE_SERVFAIL && role != ROLE_REFUSED && role != ROLE_EMPTY;
    if (role == ROLE_STRANGER) dns_name_parse("victim.test", &r.name);
    if (address) dns_write_record(&w, &r);
    if (role == ROLE_NXDOMAIN || role == ROLE_EMPTY) {
        r.section = DNS_AUTHORITY;
        r.type = DNS_SOA;
        r.ttl = 50;
        r.minimum_s = 40;
        dns_name_parse("test", &r.name);
        dns_name_parse("ns.test", &r.target);
        dns_name_parse("me.test", &r.mail);
        dns_write_record(&w, &r);
    }
    size_t len = dns_write_end(&w);
    if (role == ROLE_TRUNCATED) out[2] |= 2;
    if (role == ROLE_GARBAGE) len -= 3;
    return len;
}

static void role_heard(struct scene *c, const struct dns_msg *m, uint16_t port, hp_time now)
{
    if (c->ids < 64) c->at[c->ids] = now;
    if (c->ids == IDS_MAX) return;
    c->id[c->ids] = m->h.id;
    c->port[c->ids++] = port;
}

static void role_udp(struct hp_stack *s, struct scene *c, int which)
{
    struct hp_sock *sock, *aside;
    struct hp_endpoint at = {.ip = which ? c->second : c->p.b.ip, .port = 53}, other = {.ip = at.ip, .port = 5353};
    struct hp_recv_info info;
    struct dns_msg m;
    struct dns_question q;
    uint8_t in[2048], out[2048];
    assert_int_equal(hp_socket(s, HP_DGRAM, 0, &sock), HP_OK);
    assert_int_equal(hp_socket(s, HP_DGRAM, 0, &aside), HP_OK);
    assert_int_equal(hp_bind(sock, &at), HP_OK);
    assert_int_equal(hp_bind(aside, &other), HP_OK);
    for (int64_t n; (n = hp_recvfrom(sock, in, sizeof in, 0, &info)) != HP_ECANCELED;) {
        if (n < 0 || !dns_parse(bytes_of(in, (size_t)n), &m) || !dns_question_next(&m, &q)) continue;
        role_heard(c, &m, info.from.port, hp_now(s));
        c->asked[which]++;
        enum role role = c->role[which];
        if (role == ROLE_SILENT || (c->lose && c->lose--)) continue;
        size_t len = role_answer(&m, &q, role, out, sizeof out);
        hp_sendto(role == ROLE_WRONG_PORT ? aside : sock, out, len, 0, &info.from);
    }
    hp_close(sock);
    hp_close(aside);
}

static void role_first(struct hp_stack *s, void *arg) { role_udp(s, arg, 0); }
static void role_second(struct hp_stack *s, void *arg) { role_udp(s, arg, 1); }

static void role_tcp(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    struct hp_endpoint any = {.port = 53};
    struct hp_sock *listener, *sock;
    uint8_t in[2048], out[2048];
    assert_int_equal(hp_socket(s, HP_STREAM, 0, &listener), HP_OK);
    assert_int_equal(hp_bind(listener, &any), HP_OK);
    assert_int_equal(hp_listen(listener, 8), HP_OK);
    while (hp_accept(listener, &sock, NULL) == HP_OK) {
        struct dns_msg m;
        struct dns_question q;
        int64_t n = hp_recv(sock, in, sizeof in, 0);
        c->asked_tcp++;
        if (n > 2 && c->tcp != ROLE_SILENT && dns_parse(bytes_of(in + 2, (size_t)n - 2), &m) && dns_question_next(&m, &q)) {
            size_t len = role_answer(&m, &q, c->tcp, out + 2, sizeof out - 2);
            put16(out, (unsigned)len);
            hp_send(sock, out, 1, 0); /* D18: the length in two pieces */
            hp_sleep(s, HP_MS(50));
            hp_send(sock, out + 1, len + 1, 0);
        }
        hp_sleep(s, c->tcp == ROLE_SILENT ? HP_S(100) : 0);
        hp_close(sock);
    }
    hp_close(listener);
}

/* ---- the asker ---- */

static void asker(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    c->result = hp_resolve(s, &c->r, c->name, c->family, c->out, c->max);
    c->ended = true;
}

static bool scene_ended(void *ctx) { return ((struct scene *)ctx)->ended; }

static int ask(struct scene *c, const char *name, enum hp_dns_family family)
{
    c->name = name;
    c->family = family;
    c->ended = false;
    assert_int_equal(hp_spawn(c->p.a.stack, "asker", asker, c, 0), HP_OK);
    if (!pair_run(&c->p, HP_S(1000), scene_ended, c)) fail_msg("the resolver hangs at %s", name);
    return c->result;
}

static struct scene *scene_open(bool roles)
{
    struct scene *c = calloc(1, sizeof *c);
    struct hp_prefix second = {hp_ip4(10, 0, 0, 3), 120};
    assert_true(pair_open(&c->p, 11));
    c->second = second.ip;
    c->max = 16;
    c->r.server[0] = c->p.b.ip;
    c->r.server_count = 1;
    assert_int_equal(hp_addr_add(c->p.b.stack, 2, &second, 0), HP_OK);
    if (!roles) return c;
    assert_int_equal(hp_spawn(c->p.b.stack, "first", role_first, c, 0), HP_OK);
    assert_int_equal(hp_spawn(c->p.b.stack, "second", role_second, c, 0), HP_OK);
    assert_int_equal(hp_spawn(c->p.b.stack, "tcp", role_tcp, c, 0), HP_OK);
    pair_run(&c->p, HP_MS(1), NULL, NULL);
    return c;
}

static void scene_close(struct scene *c)
{
    hp_resolver_free(c->p.a.stack, &c->r);
    pair_close(&c->p);
    free(c);
}

/* ---- the resolver ---- */

static void test_answers_of_both_families(void **state)
{
    struct scene *c = scene_open(true);
    assert_int_equal(ask(c, "WWW.Example.Test.", HP_DNS_ANY), 2);
    assert_true(hp_ip_is4(&c->out[0]));
    assert_false(hp_ip_is4(&c->out[1]));
    assert_int_equal(c->asked[0], 2);
    assert_int_equal(ask(c, "v6.test", HP_DNS_V6), 1);
    assert_false(hp_ip_is4(&c->out[0]));
    c->max = 1;
    assert_int_equal(ask(c, "one.test", HP_DNS_ANY), 1);
    assert_int_equal(ask(c, "10.1.2.3", HP_DNS_ANY), 1); /* nobody is asked for a literal */
    assert_int_equal(c->asked[0], 4);
    scene_close(c);
}

static void test_what_is_no_name(void **state)
{
    char *text = malloc(400);
    struct scene *c = scene_open(true);
    assert_int_equal(ask(c, "", HP_DNS_V4), HP_EINVAL);
    assert_int_equal(ask(c, ".", HP_DNS_V4), HP_EINVAL);
    assert_int_equal(ask(c, "a..b", HP_DNS_V4), HP_EINVAL);
    assert_int_equal(ask(c, "a b", HP_DNS_V4), HP_EINVAL);
    memset(text, 'a', 400);
    text[64] = 0;
    assert_int_equal(ask(c, text, HP_DNS_V4), HP_EINVAL);
    memset(text, 'a', 399);
    text[399] = 0;
    assert_int_equal(ask(c, text, HP_DNS_V4), HP_EINVAL);
    assert_int_equal(c->asked[0], 0);
    c->r.server_count = 0;
    assert_int_equal(ask(c, "a.test", HP_DNS_V4), HP_ENETUNREACH);
    free(text);
    scene_close(c);
}

static void test_retry_after_silence(void **state)
{
    struct scene *c = scene_open(true);
    c->lose = 2;
    assert_int_equal(ask(c, "a.test", HP_DNS_V4), 1);
    assert_int_equal(c->asked[0], 3);
    assert_in_range(c->at[1] - c->at[0], HP_MS(1990), HP_MS(2010));
    assert_in_range(c->at[2] - c->at[1], HP_MS(3990), HP_MS(4010)); /* doubled each round */
    scene_close(c);
}

static void test_the_second_server_is_asked(void **state)
{
    static const enum role bad[] = {ROLE_SILENT, ROLE_SERVFAIL, ROLE_GARBAGE};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scene *c = scene_open(true);
        c->r.server[c->r.server_count++] = c->second;
        c->role[0] = bad[i];
        assert_int_equal(ask(c, "a.test", HP_DNS_V4), 1);
        assert_int_equal(c->asked[0], 1);
        assert_int_equal(c->asked[1], 1);
        scene_close(c);
    }
}

static void test_nobody_answers(void **state)
{
    struct scene *c = scene_open(true);
    c->r.server[c->r.server_count++] = c->second;
    c->role[0] = c->role[1] = ROLE_SILENT;
    hp_time began = c->p.now;
    assert_int_equal(ask(c, "a.test", HP_DNS_ANY), HP_ETIMEDOUT);
    assert_int_equal(c->asked[0], 3); /* and not once more for the other family */
    assert_int_equal(c->asked[1], 3);
    assert_in_range(c->p.now - began, HP_S(28), HP_MS(28100));
    c->role[0] = c->role[1] = ROLE_SERVFAIL;
    assert_int_equal(ask(c, "a.test", HP_DNS_V4), HP_ESERVFAIL);
    scene_close(c);
}

static void test_what_the_servers_said_is_told(void **state)
{
    struct scene *c = scene_open(true);
    c->r.server[c->r.server_count++] = c->second;
    c->role[0] = ROLE_REFUSED;
    c->role[1] = ROLE_SILENT;
    assert_int_equal(ask(c, "a.test", HP_DNS_ANY), HP_EREFUSED); /* not that the other one is silent */
    c->role[0] = ROLE_NXDOMAIN;
    c->asked[0] = 0;
    assert_int_equal(ask(c, "b.test", HP_DNS_ANY), HP_ENONAME);
    assert_int_equal(c->asked[0], 1); /* RFC 8020: of no kind */
    c->role[0] = ROLE_EMPTY;
    assert_int_equal(ask(c, "c.test", HP_DNS_ANY), HP_ENODATA);
    assert_int_equal(c->asked[0], 3);
    scene_close(c);
}

static void test_no_port_is_told_at_once(void **state)
{
    struct scene *c = scene_open(true);
    c->r.port = 54;
    assert_int_equal(ask(c, "a.test", HP_DNS_V4), HP_ECONNREFUSED);
    assert_true(c->p.now < HP_S(2));
    scene_close(c);
}

static void test_truncated_answers_come_by_tcp(void **state)
{
    struct scene *c = scene_open(true);
    c->role[0] = ROLE_TRUNCATED;
    assert_int_equal(ask(c, "a.test", HP_DNS_V4), 1);
    assert_int_equal(c->asked_tcp, 1);
    assert_int_equal(c->r.truncated, 1);
    c->tcp = ROLE_NXDOMAIN;
    assert_int_equal(ask(c, "b.test", HP_DNS_V4), HP_ENONAME);
    scene_close(c);
}

static void test_tcp_that_does_not_help(void **state)
{
    static const struct { enum role role; int want; } bad[] = {
        {ROLE_TRUNCATED, HP_EPROTO}, {ROLE_WRONG_ID, HP_EPROTO}, {ROLE_GARBAGE, HP_EPROTO}, {ROLE_SERVFAIL, HP_ESERVFAIL}, {ROLE_SILENT, HP_ETIMEDOUT}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scene *c = scene_open(true);
        c->role[0] = ROLE_TRUNCATED;
        c->tcp = bad[i].role;
        int err = ask(c, "a.test", HP_DNS_V4);
        if (err != bad[i].want) fail_msg("role %d: expected %s, came %d %s", bad[i].role, hp_err_text(bad[i].want), err, hp_err_text(err));
        scene_close(c);
    }
}

static void test_cache(void **state)
{
    struct scene *c = scene_open(true);
    assert_int_equal(ask(c, "a.test", HP_DNS_V4), 1);
    struct hp_ip first = c->out[0];
    pair_run(&c->p, HP_S(90), NULL, NULL);
    memset(c->out, 0, sizeof c->out);
    assert_int_equal(ask(c, "A.TEST", HP_DNS_V4), 1);
    assert_true(hp_ip_equal(&first, &c->out[0]));
    assert_int_equal(c->asked[0], 1);
    assert_int_equal(c->r.cached, 1);
    assert_int_equal(ask(c, "a.test", HP_DNS_V6), 1); /* another question */
    assert_int_equal(c->asked[0], 2);
    pair_run(&c->p, HP_S(11), NULL, NULL); /* its 100 seconds are over */
    assert_int_equal(ask(c, "a.test", HP_DNS_V4), 1);
    assert_int_equal(c->asked[0], 3);
    scene_close(c);
}

static void test_the_cache_is_bounded(void **state)
{
    struct scene *c = scene_open(true);
    char name[32];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < HP_DNS_CACHE_MAX + 1; i++) {
            snprintf(name, sizeof name, "n%d.test", i);
            assert_int_equal(ask(c, name, HP_DNS_V4), 1);
        }
    assert_true(c->asked[0] > HP_DNS_CACHE_MAX + 1);
    scene_close(c);
}

static void test_negative_answers_are_cached_for_the_soas_time(void **state)
{
    static const enum role none[] = {ROLE_NXDOMAIN, ROLE_EMPTY};
    for (int i = 0; i < 2; i++) {
        struct scene *c = scene_open(true);
        c->role[0] = none[i];
        assert_int_equal(ask(c, "a.test", HP_DNS_V4), none[i] == ROLE_EMPTY ? HP_ENODATA : HP_ENONAME);
        pair_run(&c->p, HP_S(39), NULL, NULL);
        assert_int_equal(ask(c, "a.test", HP_DNS_V4), none[i] == ROLE_EMPTY ? HP_ENODATA : HP_ENONAME);
        assert_int_equal(c->asked[0], 1);
        pair_run(&c->p, HP_S(2), NULL, NULL);
        c->role[0] = ROLE_ANSWER;
        assert_int_equal(ask(c, "a.test", HP_DNS_V4), 1);
        assert_int_equal(c->asked[0], 2);
        scene_close(c);
    }
}

static void test_D08_answers_that_are_none_are_ignored(void **state)
{
    static const enum role bad[] = {ROLE_WRONG_ID, ROLE_WRONG_QUESTION, ROLE_WRONG_PORT};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scene *c = scene_open(true);
        c->role[0] = bad[i];
        c->r.rounds = 1;
        int err = ask(c, "a.test", HP_DNS_V4);
        if (err != HP_ETIMEDOUT) fail_msg("role %d: %s", bad[i], hp_err_text(err));
        assert_int_equal(c->r.answers, 0);
        assert_int_equal(c->r.ignored, bad[i] == ROLE_WRONG_PORT ? 0 : 1);
        scene_close(c);
    }
}

static void test_D09_records_of_other_names_are_not_believed(void **state)
{
    struct scene *c = scene_open(true);
    c->role[0] = ROLE_STRANGER;
    assert_int_equal(ask(c, "a.test", HP_DNS_V4), HP_ENODATA);
    c->role[0] = ROLE_SILENT;
    c->r.rounds = 1;
    assert_int_equal(ask(c, "victim.test", HP_DNS_V4), HP_ETIMEDOUT);
    scene_close(c);
}

static int order16(const void *a, const void *b) { return *(const uint16_t *)a - *(const uint16_t *)b; }

static unsigned different(uint16_t *v, unsigned n)
{
    unsigned d = 1;
    qsort(v, n, sizeof *v, order16);
    for (unsigned i = 1; i < n; i++) d += v[i] != v[i - 1];
    return d;
}

static void test_D07_ids_and_ports_are_spread(void **state)
{
    struct scene *c = scene_open(true);
    char name[32];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "n%d.test", i);
        ask(c, name, HP_DNS_V4);
    }
    assert_int_equal(c->ids, 1000);
    unsigned steps = 0;
    for (unsigned i = 1; i < c->ids; i++) steps += (uint16_t)(c->id[i] - c->id[i - 1]) < 16 || (uint16_t)(c->port[i] - c->port[i - 1]) < 16;
    if (steps > 20) fail_msg("%u of 1000 ids or ports follow each other", steps);
    unsigned ids = different(c->id, c->ids), ports = different(c->port, c->ids);
    if (ids < 960 || ports < 900) fail_msg("%u ids, %u ports of 1000", ids, ports);
    assert_true(c->id[999] - c->id[0] > 60000);
    scene_close(c);
}

static bool hosts(void *ctx, const char *name, struct hp_ip *out)
{
    *out = hp_ip4(127, 0, 0, 1);
    return strcmp(name, "known") == 0;
}

static void test_known_names_need_no_server(void **state)
{
    struct scene *c = scene_open(true);
    c->r.hosts = hosts;
    assert_int_equal(ask(c, "known", HP_DNS_ANY), 1);
    assert_true(hp_ip_is_loopback(&c->out[0]));
    assert_int_equal(ask(c, "unknown", HP_DNS_V4), 1);
    assert_false(hp_ip_is_loopback(&c->out[0]));
    assert_int_equal(c->asked[0], 1);
    scene_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_of_both_families),
        cmocka_unit_test(test_what_is_no_name),
        cmocka_unit_test(test_retry_after_silence),
        cmocka_unit_test(test_the_second_server_is_asked),
        cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_what_the_servers_said_is_told),
        cmocka_unit_test(test_no_port_is_told_at_once),
        cmocka_unit_test(test_truncated_answers_come_by_tcp),
        cmocka_unit_test(test_tcp_that_does_not_help),
        cmocka_unit_test(test_cache),
        cmocka_unit_test(test_the_cache_is_bounded),
        cmocka_unit_test(test_negative_answers_are_cached_for_the_soas_time),
        cmocka_unit_test(test_D08_answers_that_are_none_are_ignored),
        cmocka_unit_test(test_D09_records_of_other_names_are_not_believed),
        cmocka_unit_test(test_D07_ids_and_ports_are_spread),
        cmocka_unit_test(test_known_names_need_no_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
