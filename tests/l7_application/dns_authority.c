/* Answers with authority: every kind of them, as RFC 1034 4.3.2 and its successors want them. */
#include "l7_application/dns_authority.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/alloc.h"
#include "support/test.h"

static const char org[] =
    "$TTL 3600\n"
    "@ SOA ns1 admin 7 7200 600 86400 60\n"
    "@ NS ns1\n"
    "@ NS ns2.other.net.\n"
    "@ MX 10 mail\n"
    "@ MX 20 mx.other.net.\n"
    "ns1 A 192.0.2.1\n"
    "ns1 AAAA 2001:db8::1\n"
    "mail A 192.0.2.2\n"
    "www CNAME web\n"
    "web A 192.0.2.80\n"
    "web A 192.0.2.81\n"
    "web TXT \"hello\"\n"
    "out CNAME www.other.net.\n"
    "in CNAME alias.sub\n"
    "gone CNAME nowhere\n"
    "wild CNAME x.w\n"
    "loop1 CNAME loop2\n"
    "loop2 CNAME loop1\n"
    "self CNAME self\n"
    "*.w TXT \"any\"\n"
    "*.w MX 1 mail\n"
    "real.w A 192.0.2.9\n"
    "a.b.c A 192.0.2.10\n"
    "*.cw CNAME web\n"
    "sub NS ns.sub\n"
    "sub NS ns1\n"
    "sub NS ns.far.net.\n"
    "sub DS 1 8 2 AABB\n"
    "ns.sub A 192.0.2.53\n"
    "ns.sub AAAA 2001:db8::53\n"
    "old DNAME new.net.\n"
    "_sip._udp SRV 0 5 5060 web\n"
    "new TYPE65280 \\# 3 010203\n";

static const char net[] = "@ 300 SOA ns h 1 2 3 4 5\n@ NS ns\nns A 203.0.113.1\nwww A 203.0.113.80\n";
static const char child[] = "@ 300 SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.53\nalias CNAME x\nx A 192.0.2.54\n";

struct scene {
    struct test_alloc alloc;
    struct hp_dns_zone *zone[3];
    struct hp_dns_server d;
    struct dns_hdr h;               /* of the answer */
    uint8_t in[512], out[65535];
    size_t n, room;
    char text[16384];
    int count;
};

static struct hp_dns_zone *zone_of(struct scene *c, const char *text, const char *origin)
{
    struct hp_dns_zone *zone;
    struct hp_dns_zone_source source = {.text = text, .n = strlen(text), .origin = origin};
    if (hp_dns_zone_parse(&c->alloc.allocator, &source, &zone)) fail_msg("%s: %u: %s", origin, source.first.line, source.first.text);
    return zone;
}

static struct scene *scene_open(int zones)
{
    struct scene *c = calloc(1, sizeof *c);
    test_alloc_init(&c->alloc);
    c->zone[0] = zone_of(c, org, "example.org");
    c->zone[1] = zone_of(c, net, "other.net");
    c->zone[2] = zone_of(c, child, "sub.example.org");
    c->d.zones = (const struct hp_dns_zone *const *)c->zone;
    c->d.zone_count = zones;
    c->room = sizeof c->out;
    return c;
}

static void scene_close(struct scene *c)
{
    for (int i = 0; i < 3; i++) hp_dns_zone_free(c->zone[i]);
    test_alloc_end(&c->alloc);
    free(c);
}

static void scene_print(struct scene *c, const struct dns_record *r, struct hp_bytes all)
{
    static const char mark[] = {'?', '=', '@', '+'};
    char name[DNS_TEXT], type[DNS_TYPE_TEXT], data[2048];
    uint8_t whole[2048];
    struct writer w = writer_of(whole, sizeof whole);
    size_t at = strlen(c->text), room = sizeof c->text - at;
    if (r->type == DNS_OPT) {
        snprintf(c->text + at, room, "+OPT %u %u%s\n", r->udp_size, r->rcode_high, r->dnssec_ok ? " do" : "");
        return;
    }
    assert_true(dns_data_expand(all, r->data, r->type, &w));
    snprintf(c->text + at, room, "%c%s %u %s %s\n", mark[r->section], dns_name_text(&r->name, name, sizeof name), r->ttl,
             dns_type_text(r->type, type), dns_data_text(r->type, bytes_of(whole, writer_used(&w)), data, sizeof data));
}

/* The answer as text: rcode, flags, and a line for each record: = answer, @ authority, + additional. */
static const char *scene_answer(struct scene *c, struct dns_asked *q)
{
    struct dns_msg m;
    struct dns_record r;
    struct hp_bytes all;
    c->n = authority_answer(&c->d, q, c->out, c->room, &c->count);
    all = bytes_of(c->out, c->n);
    assert_true(c->n <= c->room && dns_parse(all, &m));
    assert_true(m.h.response && m.h.id == q->id && m.h.opcode == q->opcode && !m.h.recursion_available);
    c->h = m.h;
    snprintf(c->text, sizeof c->text, "%s%s%s\n", dns_rcode_text(m.h.rcode), m.h.authoritative ? " aa" : "", m.h.truncated ? " tc" : "");
    while (dns_record_next(&m, &r)) scene_print(c, &r, all);
    assert_true(!m.bad && m.at == c->n);
    return c->text;
}

static const char *ask(struct scene *c, const char *name, uint16_t type)
{
    struct dns_asked q = {.id = 7, .has_question = true, .q = {.type = type, .class_ = DNS_IN}, .room = 512};
    assert_true(dns_name_parse(name, &q.q.name));
    return scene_answer(c, &q);
}

#define SOA_ORG "@example.org 60 SOA ns1.example.org. admin.example.org. 7 7200 600 86400 60\n"

static const struct { const char *name; uint16_t type; const char *answer; } cases[] = {
    {"web.example.org", DNS_A, "NOERROR aa\n=web.example.org 3600 A 192.0.2.80\n=web.example.org 3600 A 192.0.2.81\n"},
    {"WEB.Example.ORG", DNS_TXT, "NOERROR aa\n=WEB.Example.ORG 3600 TXT \"hello\"\n"},
    {"web.example.org", DNS_AAAA, "NOERROR aa\n" SOA_ORG},                              /* NODATA */
    {"no.example.org", DNS_A, "NXDOMAIN aa\n" SOA_ORG},
    {"b.c.example.org", DNS_A, "NOERROR aa\n" SOA_ORG},                                 /* an empty non-terminal */
    {"c.example.org", DNS_TXT, "NOERROR aa\n" SOA_ORG},
    {"x.b.c.example.org", DNS_A, "NXDOMAIN aa\n" SOA_ORG},
    {"x.web.example.org", DNS_A, "NXDOMAIN aa\n" SOA_ORG},
    {"example.org", DNS_SOA, "NOERROR aa\n=example.org 3600 SOA ns1.example.org. admin.example.org. 7 7200 600 86400 60\n"},
    {"example.org", DNS_NS, "NOERROR aa\n=example.org 3600 NS ns1.example.org.\n=example.org 3600 NS ns2.other.net.\n"
                            "+ns1.example.org 3600 A 192.0.2.1\n+ns1.example.org 3600 AAAA 2001:db8::1\n"},
    {"example.org", DNS_MX, "NOERROR aa\n=example.org 3600 MX 10 mail.example.org.\n=example.org 3600 MX 20 mx.other.net.\n"
                            "+mail.example.org 3600 A 192.0.2.2\n"},
    {"_sip._udp.example.org", DNS_SRV, "NOERROR aa\n=_sip._udp.example.org 3600 SRV 0 5 5060 web.example.org.\n"
                                       "+web.example.org 3600 A 192.0.2.80\n+web.example.org 3600 A 192.0.2.81\n"},
    {"new.example.org", 65280, "NOERROR aa\n=new.example.org 3600 TYPE65280 \\# 3 010203\n"},
    /* aliases */
    {"www.example.org", DNS_A, "NOERROR aa\n=www.example.org 3600 CNAME web.example.org.\n=web.example.org 3600 A 192.0.2.80\n"
        "=web.example.org 3600 A 192.0.2.81\n"},
    {"www.example.org", DNS_CNAME, "NOERROR aa\n=www.example.org 3600 CNAME web.example.org.\n"},
    {"www.example.org", DNS_MX, "NOERROR aa\n=www.example.org 3600 CNAME web.example.org.\n" SOA_ORG},
    {"out.example.org", DNS_A, "NOERROR aa\n=out.example.org 3600 CNAME www.other.net.\n"},
    {"gone.example.org", DNS_A, "NXDOMAIN aa\n=gone.example.org 3600 CNAME nowhere.example.org.\n" SOA_ORG},    /* RFC 6604 */
    {"wild.example.org", DNS_TXT, "NOERROR aa\n=wild.example.org 3600 CNAME x.w.example.org.\n=x.w.example.org 3600 TXT \"any\"\n"},
    /* wildcards, RFC 4592 2.2.1 */
    {"x.w.example.org", DNS_TXT, "NOERROR aa\n=x.w.example.org 3600 TXT \"any\"\n"},
    {"x.y.w.example.org", DNS_MX, "NOERROR aa\n=x.y.w.example.org 3600 MX 1 mail.example.org.\n+mail.example.org 3600 A 192.0.2.2\n"},
    {"x.w.example.org", DNS_A, "NOERROR aa\n" SOA_ORG},
    {"real.w.example.org", DNS_TXT, "NOERROR aa\n" SOA_ORG},
    {"x.real.w.example.org", DNS_TXT, "NXDOMAIN aa\n" SOA_ORG},
    {"*.w.example.org", DNS_TXT, "NOERROR aa\n=*.w.example.org 3600 TXT \"any\"\n"},
    {"w.example.org", DNS_TXT, "NOERROR aa\n" SOA_ORG},
    {"a.*.w.example.org", DNS_TXT, "NXDOMAIN aa\n" SOA_ORG},
    {"x.cw.example.org", DNS_TXT, "NOERROR aa\n=x.cw.example.org 3600 CNAME web.example.org.\n=web.example.org 3600 TXT \"hello\"\n"},
    /* others' */
    {"x.sub.example.org", DNS_A, "NOERROR\n@sub.example.org 3600 NS ns.sub.example.org.\n@sub.example.org 3600 NS ns1.example.org.\n"
        "@sub.example.org 3600 NS ns.far.net.\n+ns.sub.example.org 3600 A 192.0.2.53\n+ns.sub.example.org 3600 AAAA 2001:db8::53\n"
        "+ns1.example.org 3600 A 192.0.2.1\n+ns1.example.org 3600 AAAA 2001:db8::1\n"},
    {"sub.example.org", DNS_DS, "NOERROR aa\n=sub.example.org 3600 DS 1 8 2 AABB\n"},
    {"x.old.example.org", DNS_A, "NOERROR aa\n=old.example.org 3600 DNAME new.net.\n=x.old.example.org 3600 CNAME x.new.net.\n"},
    {"old.example.org", DNS_DNAME, "NOERROR aa\n=old.example.org 3600 DNAME new.net.\n"},
    {"old.example.org", DNS_A, "NOERROR aa\n" SOA_ORG},
    /* not here */
    {"other.net", DNS_A, "REFUSED\n"},
    {"org", DNS_A, "REFUSED\n"},
    {".", DNS_NS, "REFUSED\n"},
    {"xexample.org", DNS_A, "REFUSED\n"},
    /* not like that */
    {"example.org", DNS_AXFR, "REFUSED\n"},
    {"example.org", 249, "NOTIMP\n"},
    {"example.org", DNS_OPT, "NOTIMP\n"},
    /* RFC 8482: one set will do */
    {"web.example.org", DNS_ANY, "NOERROR aa\n=web.example.org 3600 A 192.0.2.80\n=web.example.org 3600 A 192.0.2.81\n"},
    {"www.example.org", DNS_ANY, "NOERROR aa\n=www.example.org 3600 CNAME web.example.org.\n"},
    {"c.example.org", DNS_ANY, "NOERROR aa\n" SOA_ORG},
};

static void test_every_kind_of_answer(void **state)
{
    struct scene *c = scene_open(1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = ask(c, cases[i].name, cases[i].type);
        if (strcmp(got, cases[i].answer) != 0) fail_msg("%s %u:\n%snot\n%s", cases[i].name, cases[i].type, got, cases[i].answer);
    }
    scene_close(c);
}

/* An alias leads on into another zone of the same server; a zone's child is asked rather than referred to. */
static void test_several_zones(void **state)
{
    struct scene *c = scene_open(3);
    assert_string_equal(ask(c, "out.example.org", DNS_A),
                        "NOERROR aa\n=out.example.org 3600 CNAME www.other.net.\n=www.other.net 300 A 203.0.113.80\n");
    assert_string_equal(ask(c, "in.example.org", DNS_A),
                        "NOERROR aa\n=in.example.org 3600 CNAME alias.sub.example.org.\n=alias.sub.example.org 300 CNAME x.sub.example.org.\n"
                        "=x.sub.example.org 300 A 192.0.2.54\n");
    assert_string_equal(ask(c, "sub.example.org", DNS_DS), "NOERROR aa\n=sub.example.org 3600 DS 1 8 2 AABB\n");
    assert_string_equal(ask(c, "other.net", DNS_DS), "NOERROR aa\n@other.net 5 SOA ns.other.net. h.other.net. 1 2 3 4 5\n");
    c->d.zone_count = 1;                /* and now the child is another's: the chain ends with a referral, still ours */
    assert_memory_equal(ask(c, "in.example.org", DNS_A), "NOERROR aa\n=in.example.org 3600 CNAME alias.sub.example.org.\n@sub.example.org 3600 NS", 75);
    scene_close(c);
}

static void test_D13_alias_loops_end(void **state)
{
    struct scene *c = scene_open(1);
    ask(c, "loop1.example.org", DNS_A);
    assert_int_equal(c->h.rcode, DNS_NOERROR);
    assert_int_equal(c->h.count[DNS_ANSWER], 2);        /* each alias once */
    ask(c, "self.example.org", DNS_A);
    assert_int_equal(c->h.count[DNS_ANSWER], 1);
    scene_close(c);
}

static void test_what_is_no_question_for_us(void **state)
{
    struct scene *c = scene_open(1);
    struct dns_asked q = {.id = 7, .has_question = true, .q = {.type = DNS_A, .class_ = DNS_IN}, .room = 512};
    assert_true(dns_name_parse("web.example.org", &q.q.name));
    q.q.class_ = DNS_CH;
    assert_string_equal(scene_answer(c, &q), "REFUSED\n");
    q.q.class_ = DNS_IN;
    q.opcode = DNS_UPDATE;
    assert_string_equal(scene_answer(c, &q), "NOTIMP\n");
    q.opcode = 0;
    q.edns = true;
    q.version = 1;
    assert_string_equal(scene_answer(c, &q), "NOERROR\n+OPT 1232 1\n");     /* BADVERS: 16 = 1 * 16 + 0 */
    assert_int_equal(c->count, 0);
    q.version = 0;
    q.dnssec_ok = true;
    assert_string_equal(scene_answer(c, &q), "NOERROR aa\n=web.example.org 3600 A 192.0.2.80\n=web.example.org 3600 A 192.0.2.81\n+OPT 1232 0 do\n");
    assert_int_equal(c->count, 2);
    scene_close(c);
}

/* What does not fit: TC if the asker needs it, else it is just left out; whole sets of addresses only. */
static void test_truncation(void **state)
{
    char text[8192] = "$TTL 60\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n@ MX 1 m\n";
    for (int i = 0; i < 40; i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "big A 192.0.2.%d\nm AAAA 2001:db8::%d\nsub NS ns%d.sub\nns%d.sub A 192.0.2.%d\n", i, i, i, i, i);
    }
    struct scene *c = scene_open(1);
    hp_dns_zone_free(c->zone[0]);
    c->zone[0] = zone_of(c, text, "example.org");
    c->room = 512;
    ask(c, "big.example.org", DNS_A);
    assert_true(c->h.truncated);
    assert_in_range(c->h.count[DNS_ANSWER], 1, 39);
    ask(c, "example.org", DNS_MX);
    assert_false(c->h.truncated);
    assert_int_equal(c->h.count[DNS_ADDITIONAL], 0);
    ask(c, "x.sub.example.org", DNS_A);
    assert_true(c->h.truncated);        /* RFC 9471: glue is needed */
    c->room = 1500;
    ask(c, "example.org", DNS_MX);
    assert_int_equal(c->h.count[DNS_ADDITIONAL], 40);
    ask(c, "x.sub.example.org", DNS_A);
    assert_false(c->h.truncated);
    assert_int_equal(c->h.count[DNS_AUTHORITY], 40);
    assert_int_equal(c->h.count[DNS_ADDITIONAL], 16);
    for (c->room = 512; c->room < 1500; c->room += 7) ask(c, "big.example.org", DNS_A);
    scene_close(c);
}

static void test_names_beside_zones(void **state)
{
    static const struct hp_dns_name names[] = {{"printer.home", {{[10] = 0xff, 0xff, 10, 0, 0, 9}}}, {"web.example.org", {{[15] = 1}}}, {0}};
    struct scene *c = scene_open(1);
    c->d.names = names;
    assert_string_equal(ask(c, "Printer.HOME", DNS_A), "NOERROR aa\n=Printer.HOME 300 A 10.0.0.9\n");
    assert_string_equal(ask(c, "printer.home", DNS_AAAA), "NOERROR aa\n");
    assert_string_equal(ask(c, "x.home", DNS_A), "REFUSED\n");
    assert_string_equal(ask(c, "web.example.org", DNS_AAAA), "NOERROR aa\n" SOA_ORG);    /* the zone knows better */
    c->d.zone_count = 0;
    assert_string_equal(ask(c, "x.home", DNS_A), "NXDOMAIN aa\n");
    scene_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_answer),
        cmocka_unit_test(test_several_zones),
        cmocka_unit_test(test_D13_alias_loops_end),
        cmocka_unit_test(test_what_is_no_question_for_us),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_names_beside_zones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
