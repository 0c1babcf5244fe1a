/* The recursive server in a small world: root, com and example servers, and others that are slow, lame, dead or malicious. */
#include "l7_application/dns_exchange.h"
#include "l7_application/dns_message.h"

#include <stdio.h>
#include <stdlib.h>

#include "hepta/dns_server.h"
#include "hepta/lab.h"
#include "hepta/net.h"
#include "hepta/os.h"
#include "hepta/proc.h"
#include "support/test.h"

enum { SERVERS = 6 };

static const char *const machines[SERVERS] = {"root", "com", "example", "other", "evil", "spare"};   /* 10.0.0.1 ... */
static const char hints_text[] = ". 3600 NS a.root.\na.root. 3600 A 10.0.0.1\n";
static const char root_text[] =
    "$TTL 86400\n@ SOA a.root. h 1 2 3 4 900\n@ NS a.root.\na.root. A 10.0.0.1\ncom NS a.gtld.com.\na.gtld.com. A 10.0.0.2\n"
    "net NS ns.other.net.\nns.other.net. A 10.0.0.4\nevil NS ns.evil.\nns.evil. A 10.0.0.5\n";
static const char com_text[] =
    "$TTL 3600\n@ SOA a.gtld h 1 2 3 4 300\n@ NS a.gtld\na.gtld A 10.0.0.2\n"
    "example NS ns1.example\nns1.example A 10.0.0.3\n"
    "two NS ns.dead\ntwo NS ns1.example\ndead NS ns.dead\nns.dead A 10.0.0.99\nns.two A 10.0.0.99\n"
    "lame NS a.gtld\nlame NS ns1.example\n"
    "chain NS ns1.example\n"
    "far NS ns.other.net.\ncyc1 NS ns.cyc2.com.\ncyc2 NS ns.cyc1.com.\n"
    "nx NS n1.x.evil.\nnx NS n2.x.evil.\nnx NS n3.x.evil.\nnx NS n4.x.evil.\nnx NS n5.x.evil.\nnx NS n6.x.evil.\nnx NS n7.x.evil.\n";
static const char example_text[] =
    "$TTL 60\n@ SOA ns1 h 1 2 3 4 30\n@ NS ns1\nns1 A 10.0.0.3\nwww A 192.0.2.80\nwww AAAA 2001:db8::80\nalias CNAME www\nout CNAME www.other.net.\n"
    "loop1 CNAME loop2.example.com.\nloop2 CNAME loop1\nzero 0 A 192.0.2.7\nnone CNAME no.such\n";
static const char two_text[] = "$TTL 60\n@ SOA ns1.example.com. h 1 2 3 4 30\n@ NS ns1.example.com.\nwww A 192.0.2.22\n";
static const char lame_text[] = "$TTL 60\n@ SOA ns1.example.com. h 1 2 3 4 30\n@ NS ns1.example.com.\nwww A 192.0.2.33\n";
static const char net_text[] = "$TTL 60\n@ SOA ns.other h 1 2 3 4 30\n@ NS ns.other\nns.other A 10.0.0.4\nwww.other A 203.0.113.80\n";
static const char far_text[] = "$TTL 60\n@ SOA ns.other.net. h 1 2 3 4 30\n@ NS ns.other.net.\nwww A 192.0.2.44\n";
static const char evil_text[] = "$TTL 60\n@ SOA ns h 1 2 3 4 30\n@ NS ns\nns A 10.0.0.5\n";

struct scene {
    struct hp_world *w;
    struct hp_stack *client, *rec;
    struct hp_dns_server d[SERVERS];
    const struct hp_dns_zone *zones[SERVERS][4];
    struct hp_dns_zone *all[16];
    int all_count;
    struct hp_dns_recursor r;
    uint32_t asked[SERVERS];
    char told[16384], chain[2048];
    /* one question */
    struct dns_question q;
    uint8_t message[16384];
    int n, running, rcode, answers;
    uint32_t ttl;
    struct hp_ip ip;
    bool tcp;
};

static struct hp_dns_zone *scene_zone(struct scene *c, const char *text, size_t n, const char *origin, bool hints)
{
    struct hp_dns_zone_source source = {.text = text, .n = n, .origin = origin, .hints = hints};
    if (hp_dns_zone_parse(hp_os_allocator(), &source, &c->all[c->all_count])) fail_msg("%s:%u: %s", origin, source.first.line, source.first.text);
    return c->all[c->all_count++];
}

static void scene_serve(struct scene *c, int machine, const char *text, const char *origin)
{
    c->zones[machine][c->d[machine].zone_count++] = scene_zone(c, text, strlen(text), origin, false);
    c->d[machine].zones = c->zones[machine];
}

static void scene_told(void *ctx, const struct hp_dns_step *step)
{
    struct scene *c = ctx;
    char line[512];
    size_t n = strlen(c->told);
    if (n < sizeof c->told - 600) snprintf(c->told + n, sizeof c->told - n, "%d %s\n", step->depth, hp_dns_step_text(step, line, sizeof line));
}

/* Aliases in one zone, and to and fro between two: a1 to a2 to ... a18.chain.com; b1.chain.com to b2.chain.net to ... b18.chain.net. */
static const char *scene_chain(struct scene *c, bool com)
{
    size_t n = (size_t)sprintf(c->chain, "$TTL 60\n@ SOA ns1.example.com. h 1 2 3 4 30\n@ NS %s\nb18 A 192.0.2.18\na18 A 192.0.2.18\n",
                               com ? "ns1.example.com." : "ns.other.net.");
    for (int i = 1; com && i < 18; i++) n += (size_t)sprintf(c->chain + n, "a%d CNAME a%d\n", i, i + 1);
    for (int i = com ? 1 : 2; i < 18; i += 2) n += (size_t)sprintf(c->chain + n, "b%d CNAME b%d.chain.%s.\n", i, i + 1, com ? "net" : "com");
    return c->chain;
}

static struct hp_stack *scene_host(struct scene *c, const char *name, const char *address)
{
    struct hp_stack *s = hp_world_host(c->w, name);
    assert_non_null(hp_world_cable(c->w, name, "switch", &(struct hp_cable_config){.way = {.rate = 1000000000, .delay = HP_MS(1)}}));
    assert_int_equal(hp_world_address(c->w, name, "eth0", address), HP_OK);
    return s;
}

static struct scene *scene_open(void)
{
    struct scene *c = calloc(1, sizeof *c);
    char address[32];
    c->w = hp_world_new(42, hp_os_allocator());
    hp_world_switch(c->w, "switch");
    scene_serve(c, 0, root_text, ".");
    scene_serve(c, 1, com_text, "com");
    scene_serve(c, 2, example_text, "example.com");
    scene_serve(c, 2, two_text, "two.com");
    scene_serve(c, 2, lame_text, "lame.com");
    scene_serve(c, 3, net_text, "net");
    scene_serve(c, 3, far_text, "far.com");
    scene_serve(c, 4, evil_text, "evil");
    scene_serve(c, 2, scene_chain(c, true), "chain.com");
    scene_serve(c, 3, scene_chain(c, false), "chain.net");
    for (int i = 0; i < SERVERS; i++) {
        snprintf(address, sizeof address, "10.0.0.%d/24", i + 1);
        struct hp_stack *s = scene_host(c, machines[i], address);
        if (c->d[i].zone_count) assert_int_equal(hp_dns_serve(s, &c->d[i]), HP_OK);
    }
    c->rec = scene_host(c, "rec", "10.0.0.100/24");
    c->client = scene_host(c, "client", "10.0.0.101/24");
    c->r.hints = scene_zone(c, hints_text, strlen(hints_text), NULL, true);
    c->r.step = scene_told;
    c->r.ctx = c;
    assert_int_equal(hp_dns_recurse(c->rec, &c->r), HP_OK);
    hp_world_run(c->w, HP_S(1), NULL, NULL);
    return c;
}

static void scene_close(struct scene *c)
{
    hp_world_free(c->w);
    assert_int_equal(c->r.cached, 0);
    while (c->all_count) hp_dns_zone_free(c->all[--c->all_count]);
    free(c);
}

static void scene_read(struct scene *c)
{
    struct dns_msg m;
    struct dns_record r;
    assert_true(dns_parse(bytes_of(c->message, (size_t)c->n), &m));
    assert_true(m.h.recursion_available || m.h.rcode);
    c->rcode = m.h.rcode;
    c->answers = m.h.count[DNS_ANSWER];
    while (dns_record_next(&m, &r)) {
        if (r.section == DNS_ANSWER || r.type == DNS_SOA) c->ttl = r.ttl;
        if (r.section == DNS_ANSWER && r.type == DNS_A) c->ip = r.ip;
    }
    assert_false(m.bad);
}

static void scene_client(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    struct dns_question q = c->q;
    uint8_t *message = malloc(16384);
    struct dns_exchange x = {.to = {.ip = hp_ip4(10, 0, 0, 100), .port = 53}, .q = &q, .recursion = true, .edns = true, .tcp = c->tcp,
                             .timeout = HP_S(30), .message = message, .room = 16384};
    int n = dns_exchange(s, &x);
    c->n = n;
    if (n > 0) memcpy(c->message, message, (size_t)n);
    free(message);
    c->running--;
}

static bool scene_done(void *ctx) { return ((struct scene *)ctx)->running == 0; }

static void scene_start(struct scene *c, const char *name, uint16_t type)
{
    c->q = (struct dns_question){.type = type, .class_ = DNS_IN};
    assert_true(dns_name_parse(name, &c->q.name));
    c->running++;
    assert_int_equal(hp_spawn(c->client, "client", scene_client, c, 0), HP_OK);
}

/* The rcode. */
static int ask(struct scene *c, const char *name, uint16_t type)
{
    c->told[0] = 0;
    c->ip = (struct hp_ip){{0}};
    scene_start(c, name, type);
    hp_world_run(c->w, hp_world_now(c->w) + HP_S(40), scene_done, c);
    if (c->running || c->n <= 0) fail_msg("%s: no answer: %d\n%s", name, c->n, c->told);
    scene_read(c);
    return c->rcode;
}

static void wait(struct scene *c, hp_time span) { hp_world_run(c->w, hp_world_now(c->w) + span, NULL, NULL); }
static uint64_t queries(struct scene *c) { return c->r.queries; }

static void test_from_the_root_down(void **state)
{
    struct scene *c = scene_open();
    assert_int_equal(ask(c, "www.example.com", DNS_A), DNS_NOERROR);
    assert_int_equal(c->ip.b[15], 80);
    assert_int_equal(queries(c), 3);
    static const char *const lines[] = {
        "0 10.0.0.101 wants to know www.example.com A\n0 asks a.root 10.0.0.1 for www.example.com A\n",
        "0 a.root 10.0.0.1 refers to the servers of com, ", "0 asks a.gtld.com 10.0.0.2 for www.example.com A\n",
        "0 a.gtld.com 10.0.0.2 refers to the servers of example.com, ", "0 asks ns1.example.com 10.0.0.3 for www.example.com A\n",
        "0 ns1.example.com 10.0.0.3 answers www.example.com A, ", "0 answers NOERROR to 10.0.0.101 after "};
    const char *at = c->told;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        at = strstr(at, lines[i]);
        if (!at) fail_msg("no \"%s\" in\n%s", lines[i], c->told);
    }
    c->tcp = true;
    assert_int_equal(ask(c, "www.example.com", DNS_AAAA), DNS_NOERROR);
    assert_int_equal(queries(c), 4);    /* the way is known */
    scene_close(c);
}

static void test_the_cache_answers_until_its_time_is_over(void **state)
{
    struct scene *c = scene_open();
    ask(c, "www.example.com", DNS_A);
    assert_int_equal(c->ttl, 60);
    wait(c, HP_S(20));
    assert_int_equal(ask(c, "WWW.example.com", DNS_A), DNS_NOERROR);
    assert_in_range(c->ttl, 39, 40);
    assert_int_equal(queries(c), 3);
    assert_int_equal(c->r.hits, 1);
    wait(c, HP_S(41));
    ask(c, "www.example.com", DNS_A);
    assert_int_equal(queries(c), 4);
    ask(c, "zero.example.com", DNS_A);
    ask(c, "zero.example.com", DNS_A);
    assert_int_equal(queries(c), 6);    /* a TTL of 0 is never remembered */
    scene_close(c);
}

static void test_no_is_remembered_too(void **state)
{
    struct scene *c = scene_open();
    assert_int_equal(ask(c, "no.example.com", DNS_A), DNS_NXDOMAIN);
    assert_int_equal(c->ttl, 30);
    assert_int_equal(ask(c, "no.example.com", DNS_MX), DNS_NXDOMAIN);   /* of no type */
    assert_int_equal(queries(c), 3);
    assert_int_equal(ask(c, "www.example.com", DNS_MX), DNS_NOERROR);
    assert_int_equal(c->answers, 0);
    ask(c, "www.example.com", DNS_MX);
    assert_int_equal(queries(c), 4);
    assert_int_equal(ask(c, "www.example.com", DNS_A), DNS_NOERROR);
    assert_int_equal(c->answers, 1);
    assert_int_equal(ask(c, "none.example.com", DNS_A), DNS_NXDOMAIN);
    assert_int_equal(c->answers, 1);
    wait(c, HP_S(31));
    uint64_t before = queries(c);
    ask(c, "no.example.com", DNS_A);
    assert_int_equal(queries(c), before + 1);
    scene_close(c);
}

static void test_aliases(void **state)
{
    struct scene *c = scene_open();
    assert_int_equal(ask(c, "alias.example.com", DNS_A), DNS_NOERROR);
    assert_int_equal(c->answers, 2);
    assert_int_equal(c->ip.b[15], 80);
    assert_int_equal(ask(c, "out.example.com", DNS_A), DNS_NOERROR);
    assert_int_equal(c->ip.b[12], 203);
    assert_non_null(strstr(c->told, "out.example.com is an alias of www.other.net"));
    scene_close(c);
}

static void test_D13_alias_loops_fail(void **state)
{
    struct scene *c = scene_open();
    assert_int_equal(ask(c, "loop1.example.com", DNS_A), DNS_SERVFAIL);
    assert_in_range(queries(c), 3, 10);
    scene_close(c);
}

/* As many aliases as the limit says are followed, one more is a failure, whoever has them. */
static void test_D13_chains_of_aliases_end(void **state)
{
    struct scene *c = scene_open();
    static const char *const fits[] = {"a2.chain.com", "b2.chain.net"}, *const over[] = {"a1.chain.com", "b1.chain.com"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask(c, over[i], DNS_A), DNS_SERVFAIL);
        assert_int_equal(ask(c, fits[i], DNS_A), DNS_NOERROR);
        assert_int_equal(c->answers, DNS_CNAMES_MAX + 1);
        assert_int_equal(c->ip.b[15], 18);
    }
    scene_close(c);
}

/* One of two servers is dead, or knows nothing of the zone: the other answers, and next time it is asked first. */
static void test_dead_and_lame_servers(void **state)
{
    struct scene *c = scene_open();
    assert_int_equal(ask(c, "www.two.com", DNS_A), DNS_NOERROR);
    assert_int_equal(c->ip.b[15], 22);
    assert_int_equal(ask(c, "www.lame.com", DNS_A), DNS_NOERROR);
    assert_int_equal(c->ip.b[15], 33);
    uint64_t before = queries(c);
    wait(c, HP_S(61));
    ask(c, "www.lame.com", DNS_A);
    assert_int_equal(queries(c), before + 1);
    scene_close(c);
}

static void test_a_dead_zone_is_servfail_in_time(void **state)
{
    struct scene *c = scene_open();
    assert_int_equal(ask(c, "www.dead.com", DNS_A), DNS_SERVFAIL);
    assert_true(hp_world_now(c->w) < HP_S(15));
    uint64_t before = queries(c);
    assert_int_equal(ask(c, "www.dead.com", DNS_A), DNS_SERVFAIL);
    assert_int_equal(queries(c), before);       /* RFC 9520: failures are remembered for a while */
    wait(c, HP_S(6));
    ask(c, "www.dead.com", DNS_A);
    assert_true(queries(c) > before);
    scene_close(c);
}

static void cable_loses(struct scene *c, const char *name, uint32_t loss)
{
    struct hp_cable_config cable = {.way = {.rate = 1000000000, .delay = HP_MS(1), .faults.loss = loss}};
    hp_cable_set(hp_world_find_cable(c->w, name), &cable);
}

/* The only server there is, behind a cable that loses the first questions. */
static void test_an_only_server_is_asked_again(void **state)
{
    struct scene *c = scene_open();
    cable_loses(c, "com-switch", UINT32_MAX);
    scene_start(c, "www.example.com", DNS_A);
    wait(c, HP_S(3));
    assert_int_equal(c->running, 1);
    assert_int_equal(queries(c), 1 + 3); /* root; com, thrice in vain */
    cable_loses(c, "com-switch", 0);
    hp_world_run(c->w, HP_S(20), scene_done, c);
    assert_int_equal(c->running, 0);
    scene_read(c);
    assert_int_equal(c->rcode, DNS_NOERROR);
    assert_int_equal(c->ip.b[15], 80);
    scene_close(c);
}

static void test_servers_whose_names_are_elsewhere(void **state)
{
    struct scene *c = scene_open();
    assert_int_equal(ask(c, "www.far.com", DNS_A), DNS_NOERROR);
    assert_int_equal(c->ip.b[15], 44);
    assert_non_null(strstr(c->told, "1 needs the address of ns.other.net, a server of far.com\n1 asks a.root"));
    scene_close(c);
}

static void test_D14_delegations_in_a_circle(void **state)
{
    struct scene *c = scene_open();
    assert_int_equal(ask(c, "www.cyc1.com", DNS_A), DNS_SERVFAIL);
    assert_in_range(queries(c), 2, 12);
    scene_close(c);
}

static void test_D15_many_servers_without_addresses(void **state)
{
    struct scene *c = scene_open();
    assert_int_equal(ask(c, "www.nx.com", DNS_A), DNS_SERVFAIL);
    assert_in_range(queries(c), 4, 12);
    scene_close(c);
}

static void test_D17_askers_and_questions_are_limited(void **state)
{
    struct scene *c = scene_open();
    c->r.questions_max = 8;             /* 2 for one client */
    for (int i = 0; i < 6; i++) {
        char name[32];
        snprintf(name, sizeof name, "n%d.dead.com", i);
        scene_start(c, name, DNS_A);
        wait(c, HP_MS(20));
    }
    assert_int_equal(c->r.busy, 4);
    hp_world_run(c->w, hp_world_now(c->w) + HP_S(60), scene_done, c);
    assert_int_equal(c->running, 0);
    scene_close(c);
}

/* Kaminsky's birthday: the same question of many is asked once. */
static void test_D09_the_same_question_is_out_once(void **state)
{
    struct scene *c = scene_open();
    for (int i = 0; i < 10; i++) {
        scene_start(c, "www.example.com", DNS_A);
        wait(c, HP_US(100));
    }
    hp_world_run(c->w, hp_world_now(c->w) + HP_S(10), scene_done, c);
    scene_read(c);
    assert_int_equal(c->ip.b[15], 80);
    assert_int_equal(queries(c), 3);
    assert_int_equal(c->r.questions, 10);
    scene_close(c);
}

static void test_who_may_ask(void **state)
{
    struct scene *c = scene_open();
    struct hp_prefix only = {hp_ip4(10, 0, 0, 7), 128};
    c->r.allow = &only;
    c->r.allow_count = 1;
    assert_int_equal(ask(c, "www.example.com", DNS_A), DNS_REFUSED);
    assert_int_equal(queries(c), 0);
    only.len = 120;
    assert_int_equal(ask(c, "www.example.com", DNS_A), DNS_NOERROR);
    assert_int_equal(ask(c, "example.com", DNS_AXFR), DNS_NOTIMP);
    assert_int_equal(ask(c, "example.com", DNS_ANY), DNS_NOERROR);
    assert_int_equal(c->answers, 1);
    scene_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_the_root_down),
        cmocka_unit_test(test_the_cache_answers_until_its_time_is_over),
        cmocka_unit_test(test_no_is_remembered_too),
        cmocka_unit_test(test_aliases),
        cmocka_unit_test(test_D13_alias_loops_fail),
        cmocka_unit_test(test_D13_chains_of_aliases_end),
        cmocka_unit_test(test_dead_and_lame_servers),
        cmocka_unit_test(test_a_dead_zone_is_servfail_in_time),
        cmocka_unit_test(test_an_only_server_is_asked_again),
        cmocka_unit_test(test_servers_whose_names_are_elsewhere),
        cmocka_unit_test(test_D14_delegations_in_a_circle),
        cmocka_unit_test(test_D15_many_servers_without_addresses),
        cmocka_unit_test(test_D17_askers_and_questions_are_limited),
        cmocka_unit_test(test_D09_the_same_question_is_out_once),
        cmocka_unit_test(test_who_may_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
