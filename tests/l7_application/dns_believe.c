/* What a recursive server believes of an answer: of others' names nothing, and of its own only what makes sense. */
#include "l7_application/dns_believe.h"

#include <stdlib.h>

#include "support/pair.h"
#include "support/test.h"

struct scene {
    struct pair p;
    struct rrcache c;
    uint8_t b[4096], scratch[RRCACHE_DATA_MAX];
    struct dns_writer w;
    struct dns_question q;
    struct dns_name cut;
};

static void let_pass(struct scene *s, hp_time span)
{
    pair_run(&s->p, span, NULL, NULL);
    hp_step(s->p.a.stack, s->p.now);
}

static struct dns_name name_of(const char *text)
{
    struct dns_name n;
    assert_true(dns_name_parse(text, &n));
    return n;
}

static struct scene *scene_open(uint32_t max)
{
    struct scene *s = calloc(1, sizeof *s);
    assert_true(pair_open(&s->p, 3));
    rrcache_init(&s->c, s->p.a.stack, max);
    return s;
}

static void scene_close(struct scene *s)
{
    rrcache_free(&s->c);
    pair_close(&s->p);
    free(s);
}

static void start(struct scene *s, const char *name, uint16_t type, bool aa, uint8_t rcode)
{
    struct dns_hdr h = {.response = true, .authoritative = aa, .rcode = rcode};
    s->q = (struct dns_question){name_of(name), type, DNS_IN};
    s->w = dns_write_start(s->b, sizeof s->b, &h);
    assert_true(dns_write_question(&s->w, &s->q));
}

static void add(struct scene *s, enum dns_section section, const char *name, uint16_t type, const char *target)
{
    struct dns_record r = {.name = name_of(name), .type = type, .class_ = DNS_IN, .ttl = 300, .section = section, .ip = hp_ip4(192, 0, 2, 66), .minimum_s = 30};
    r.target = r.mail = name_of(target ? target : ".");
    assert_true(dns_write_record(&s->w, &r));
}

static enum believe believe(struct scene *s, const char *zone)
{
    struct dns_name z = name_of(zone);
    return believe_answer(&s->c, bytes_of(s->b, dns_write_end(&s->w)), &s->q, &z, s->scratch, &s->cut);
}

static bool known(struct scene *s, const char *name, uint16_t type, enum rrcache_kind kind)
{
    struct dns_name n = name_of(name);
    return rrcache_find(&s->c, &n, type, kind) != NULL;
}

static void test_D09_what_a_zone_may_not_speak_of(void **state)
{
    struct scene *s = scene_open(100);
    /* an answer, and beside it somebody else's address (Kaminsky) */
    start(s, "x.evil.test", DNS_A, true, 0);
    add(s, DNS_ANSWER, "x.evil.test", DNS_A, NULL);
    add(s, DNS_ANSWER, "www.bank.test", DNS_A, NULL);
    add(s, DNS_AUTHORITY, "bank.test", DNS_NS, "ns.evil.test");
    add(s, DNS_ADDITIONAL, "www.bank.test", DNS_A, NULL);
    assert_int_equal(believe(s, "evil.test"), BELIEVE_ANSWER);
    assert_true(known(s, "x.evil.test", DNS_A, RRCACHE_ANSWER));
    assert_int_equal(s->c.count, 1);
    /* an alias, and what it should lead to */
    start(s, "y.evil.test", DNS_A, true, 0);
    add(s, DNS_ANSWER, "y.evil.test", DNS_CNAME, "www.bank.test");
    add(s, DNS_ANSWER, "www.bank.test", DNS_A, NULL);
    assert_int_equal(believe(s, "evil.test"), BELIEVE_ANSWER);
    assert_false(known(s, "www.bank.test", DNS_A, RRCACHE_ANSWER));
    /* referrals up, aside, and of names that were not asked for */
    static const char *const cuts[] = {".", "test", "evil.test", "bank.test", "z.evil.test"};
    for (int i = 0; i < 5; i++) {
        start(s, "x.evil.test", DNS_MX, false, 0);
        add(s, DNS_AUTHORITY, cuts[i], DNS_NS, "ns.evil.test");
        assert_int_equal(believe(s, "evil.test"), BELIEVE_LAME);
        assert_false(known(s, cuts[i], DNS_NS, RRCACHE_REFERRAL));
    }
    /* a referral whose glue is another's */
    start(s, "a.sub.evil.test", DNS_A, false, 0);
    add(s, DNS_AUTHORITY, "sub.evil.test", DNS_NS, "ns.bank.test");
    add(s, DNS_AUTHORITY, "sub.evil.test", DNS_NS, "ns.sub.evil.test");
    add(s, DNS_ADDITIONAL, "ns.bank.test", DNS_A, NULL);
    add(s, DNS_ADDITIONAL, "ns.sub.evil.test", DNS_A, NULL);
    add(s, DNS_ADDITIONAL, "more.evil.test", DNS_A, NULL);
    assert_int_equal(believe(s, "evil.test"), BELIEVE_REFERRAL);
    assert_true(known(s, "ns.sub.evil.test", DNS_A, RRCACHE_REFERRAL));
    assert_false(known(s, "ns.bank.test", DNS_A, RRCACHE_REFERRAL));
    assert_false(known(s, "more.evil.test", DNS_A, RRCACHE_REFERRAL));
    assert_false(known(s, "ns.sub.evil.test", DNS_A, RRCACHE_ANSWER));      /* glue is no answer */
    /* no such name, by a SOA that is another's: for this question only */
    start(s, "n.evil.test", DNS_A, true, DNS_NXDOMAIN);
    add(s, DNS_AUTHORITY, "bank.test", DNS_SOA, "ns.evil.test");
    assert_int_equal(believe(s, "evil.test"), BELIEVE_NO);
    let_pass(s, HP_MS(1));
    assert_false(known(s, "n.evil.test", 0, RRCACHE_ANSWER));
    scene_close(s);
}

/* 65535 bytes as TCP can bring them: thousands of records of twelve bytes, each with a name of 250 by a pointer. */
static void test_D11_sets_that_unfold_past_their_bound(void **state)
{
    struct scene *s = scene_open(100);
    static uint8_t big[65535];
    char owner[260] = "";
    while (strlen(owner) < 230) strcat(owner, "aaaaaaaaaaaaaaa.");
    strcat(owner, "evil.test");
    for (int records = 10; records < 5000; records += 1000) {
        struct dns_hdr h = {.response = true, .authoritative = true};
        s->q = (struct dns_question){name_of(owner), DNS_NS, DNS_IN};
        s->w = dns_write_start(big, sizeof big, &h);
        assert_true(dns_write_question(&s->w, &s->q));
        for (int i = 0; i < records; i++) add(s, DNS_ANSWER, owner, DNS_NS, owner);
        size_t n = dns_write_end(&s->w);
        assert_true(n <= sizeof big && (records < 4000 || n > 40000));
        struct dns_name zone = name_of("evil.test");
        enum believe b = believe_answer(&s->c, bytes_of(big, n), &s->q, &zone, s->scratch, &s->cut);
        if (records > 100) assert_true(b == BELIEVE_FAILED || b == BELIEVE_ANSWER || b == BELIEVE_LAME);
        struct rrcache_entry *e = rrcache_find(&s->c, &s->q.name, DNS_NS, RRCACHE_ANSWER);
        assert_true(e ? e->size <= RRCACHE_DATA_MAX : b != BELIEVE_ANSWER);
    }
    scene_close(s);
}

static void test_what_is_no_answer(void **state)
{
    static const struct { bool aa; uint8_t rcode; enum believe b; } cases[] = {
        {false, 0, BELIEVE_LAME}, {true, DNS_SERVFAIL, BELIEVE_FAILED}, {true, DNS_REFUSED, BELIEVE_FAILED}, {false, DNS_FORMERR, BELIEVE_NO_EDNS},
        {false, DNS_NOTIMP, BELIEVE_NO_EDNS}, {false, DNS_NXDOMAIN, BELIEVE_LAME}, {true, 0, BELIEVE_NO}};
    struct scene *s = scene_open(100);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start(s, "a.test", DNS_A, cases[i].aa, cases[i].rcode);
        assert_int_equal(believe(s, "test"), cases[i].b);
    }
    let_pass(s, HP_MS(1));
    start(s, "a.test", DNS_A, true, 0);
    add(s, DNS_ANSWER, "a.test", DNS_A, NULL);
    size_t n = dns_write_end(&s->w);
    struct dns_name zone = name_of("test");
    for (size_t cut = 12; cut < n; cut++)      /* malformed anywhere: nothing is believed */
        assert_int_equal(believe_answer(&s->c, bytes_of(s->b, cut), &s->q, &zone, s->scratch, &s->cut), BELIEVE_FAILED);
    assert_false(known(s, "a.test", DNS_A, RRCACHE_ANSWER));
    scene_close(s);
}

static void test_the_cache_is_bounded_and_keeps_what_is_used(void **state)
{
    struct scene *s = scene_open(10);
    struct rrcache_entry e = {.kind = RRCACHE_ANSWER, .state = RRCACHE_NODATA, .type = 1};
    char name[16] = "n0.test";
    for (int i = 0; i < 50; i++) {
        name[1] = (char)('0' + i);
        e.name = name_of(name[1] == '.' ? "dot.test" : name[1] == '\\' ? "back.test" : name);
        assert_non_null(rrcache_put(&s->c, &e, bytes_of(NULL, 0), 60));
        assert_true(known(s, "n0.test", 1, RRCACHE_ANSWER));    /* used all the time */
        assert_true(s->c.count <= 10);
    }
    assert_false(known(s, "n1.test", 1, RRCACHE_ANSWER));
    uint8_t big[RRCACHE_DATA_MAX + 1] = {0};
    assert_null(rrcache_put(&s->c, &e, bytes_of(big, sizeof big), 60));
    let_pass(s, HP_S(61));
    assert_false(known(s, "n0.test", 1, RRCACHE_ANSWER));
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_D09_what_a_zone_may_not_speak_of),
        cmocka_unit_test(test_D11_sets_that_unfold_past_their_bound), cmocka_unit_test(test_what_is_no_answer),
        cmocka_unit_test(test_the_cache_is_bounded_and_keeps_what_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
