/* What RIP believes: a neighbour that follows a script, message by message, most of them wrong. */
#include "hepta/rip.h"

#include "hepta/socket.h"
#include "support/l2.h"
#include "support/pair.h"
#include "support/test.h"
#include "wire/rip.h"

enum { ETH = 2 };

struct scene {
    struct pair p;                      /* a: 10.0.0.1, the script; b: 10.0.0.2, the router */
    struct hp_rip rip;
    struct hp_sock *sock;               /* port 520 of a */
    uint8_t out[1500];
    struct writer w;
    struct hp_rip_event event;          /* the last one */
    unsigned events;
};

static void scene_event(void *ctx, const struct hp_rip_event *e)
{
    struct scene *c = ctx;
    c->event = *e;
    c->events++;
}

static void wait_ms(struct scene *c, int ms) { pair_run(&c->p, HP_MS(ms), NULL, NULL); }

static struct hp_sock *speaker(struct scene *c, uint16_t port)
{
    struct hp_sock *sock;
    struct hp_endpoint any = {.ip = hp_ip4(0, 0, 0, 0), .port = port};
    int on = 1, off = 0;
    assert_int_equal(hp_socket(c->p.a.stack, HP_DGRAM, 0, &sock), HP_OK);
    hp_setsockopt(sock, HP_IP_MULTICAST_LOOP, &off, sizeof off);
    hp_setsockopt(sock, HP_SO_BROADCAST, &on, sizeof on);
    assert_int_equal(hp_bind(sock, &any), HP_OK);
    return sock;
}

static struct scene *scene_new(void)
{
    static const struct hp_ip group = {{[10] = 0xff, 0xff, 224, 0, 0, 9}};
    struct scene *c = calloc(1, sizeof *c);
    assert_true(pair_open(&c->p, 51));
    assert_int_equal(hp_multicast_join(c->p.a.stack, ETH, &group), HP_OK);
    c->sock = speaker(c, RIP_PORT);
    c->rip.changed = scene_event;
    c->rip.ctx = c;
    return c;
}

/* The router's first words are gone when this answers. */
static struct scene *scene_start(struct scene *c)
{
    uint8_t in[1500];
    assert_int_equal(hp_rip_start(c->p.b.stack, &c->rip), HP_OK);
    wait_ms(c, 100);
    while (hp_recv(c->sock, in, sizeof in, 0) >= 0) continue;
    return c;
}

static struct scene *scene_open(void) { return scene_start(scene_new()); }

static void scene_close(struct scene *c)
{
    pair_close(&c->p);
    free(c);
}

/* ---- speaking ---- */

static void begin(struct scene *c, enum rip_command command, uint8_t version, const char *password)
{
    c->w = writer_of(c->out, sizeof c->out);
    rip_head_write(&c->w, command, version, password);
}

static struct rip_entry entry(const char *prefix, uint32_t metric)
{
    struct rip_entry e = {.family = RIP_FAMILY_IP, .next = hp_ip4(0, 0, 0, 0), .metric = metric};
    struct hp_prefix to;
    assert_true(hp_prefix_parse(prefix, &to));
    rip_prefix_set(&e, &to);
    return e;
}

static void put(struct scene *c, const struct rip_entry *e) { rip_entry_write(&c->w, e); }

static void put_route(struct scene *c, const char *prefix, uint32_t metric)
{
    struct rip_entry e = entry(prefix, metric);
    put(c, &e);
}

static void say_by(struct scene *c, struct hp_sock *sock, const char *to)
{
    struct hp_endpoint e = {.ip = ip_of(to), .port = RIP_PORT, .link = ETH};
    int64_t n = hp_sendto(sock, c->out, writer_used(&c->w), 0, &e);
    if (n < 0) fail_msg("sending: %s", hp_err_text((int)n));
    wait_ms(c, 5);
}

static void say(struct scene *c) { say_by(c, c->sock, "224.0.0.9"); }

static void say_route(struct scene *c, const char *prefix, uint32_t metric)
{
    begin(c, RIP_RESPONSE, 2, NULL);
    put_route(c, prefix, metric);
    say(c);
}

/* ---- what became of it ---- */

/* As text; "" if it is not in the table. */
static const char *known(struct scene *c, const char *prefix)
{
    static char text[HP_RIP_TEXT];
    struct hp_rip_route r;
    size_t n = strlen(prefix);
    for (unsigned i = 0; hp_rip_route(&c->rip, i, &r) == HP_OK; i++) {
        hp_rip_route_text(&r, text, sizeof text);
        if (strncmp(text, prefix, n) == 0 && text[n] == ' ') return text + n + 1;
    }
    return "";
}

static bool routed(struct scene *c, const char *to)
{
    struct hp_route r;
    struct hp_ip ip = ip_of(to);
    return hp_route_find(c->p.b.stack, &ip, &r) == HP_OK && r.source == HP_ROUTE_RIP;
}

static void test_a_route_is_believed_as_long_as_it_is_repeated(void **state)
{
    struct scene *c = scene_open();
    char text[HP_RIP_TEXT];
    say_route(c, "10.5.0.0/16", 2);
    assert_string_equal(known(c, "10.5.0.0/16"), "via 10.0.0.1 metric 3");
    assert_true(routed(c, "10.5.1.1"));
    assert_string_equal(hp_rip_event_text(&c->event, text, sizeof text), "learned 10.5.0.0/16 via 10.0.0.1 metric 3");
    for (int i = 0; i < 5; i++) {
        pair_run(&c->p, HP_S(170), NULL, NULL);
        say_route(c, "10.5.0.0/16", 2);
    }
    assert_int_equal(c->events, 2); /* our own network, and this one */
    pair_run(&c->p, HP_S(179), NULL, NULL);
    assert_true(routed(c, "10.5.1.1"));
    pair_run(&c->p, HP_S(2), NULL, NULL);
    assert_false(routed(c, "10.5.1.1"));
    assert_string_equal(known(c, "10.5.0.0/16"), "unreachable");
    assert_int_equal(c->event.reason, HP_RIP_BY_TIMEOUT);
    pair_run(&c->p, HP_S(118), NULL, NULL);
    assert_string_equal(known(c, "10.5.0.0/16"), "unreachable");
    pair_run(&c->p, HP_S(3), NULL, NULL);
    assert_string_equal(known(c, "10.5.0.0/16"), "");
    assert_int_equal(c->event.change, HP_RIP_FORGOTTEN);
    scene_close(c);
}

static void test_a_dying_route_may_come_back(void **state)
{
    struct scene *c = scene_open();
    say_route(c, "10.5.0.0/16", 2);
    say_route(c, "10.5.0.0/16", 16);
    assert_string_equal(known(c, "10.5.0.0/16"), "unreachable");
    assert_int_equal(c->event.reason, HP_RIP_BY_NEIGHBOUR);
    assert_false(routed(c, "10.5.1.1"));
    say_route(c, "10.5.0.0/16", 16);
    assert_int_equal(c->events, 3);
    say_route(c, "10.5.0.0/16", 7);
    assert_string_equal(known(c, "10.5.0.0/16"), "via 10.0.0.1 metric 8");
    assert_true(routed(c, "10.5.1.1"));
    pair_run(&c->p, HP_S(130), NULL, NULL);
    assert_string_equal(known(c, "10.5.0.0/16"), "via 10.0.0.1 metric 8");
    scene_close(c);
}

/* The better one wins; the believed one may get worse; an equal one wins only when the other was silent for long. */
static void test_two_neighbours(void **state)
{
    struct scene *c = scene_open();
    struct hp_prefix second = {hp_ip4(10, 0, 0, 11), 120};
    struct hp_endpoint e = {.ip = hp_ip4(10, 0, 0, 11), .port = 0};
    struct hp_sock *other;
    assert_int_equal(hp_addr_add(c->p.a.stack, ETH, &second, 0), HP_OK);
    hp_close(c->sock);
    assert_int_equal(hp_socket(c->p.a.stack, HP_DGRAM, 0, &c->sock), HP_OK);
    assert_int_equal(hp_socket(c->p.a.stack, HP_DGRAM, 0, &other), HP_OK);
    e.port = RIP_PORT;
    assert_int_equal(hp_bind(other, &e), HP_OK);
    e.ip = hp_ip4(10, 0, 0, 1);
    assert_int_equal(hp_bind(c->sock, &e), HP_OK);
    say_route(c, "10.5.0.0/16", 5);
    say_by(c, other, "224.0.0.9");
    assert_string_equal(known(c, "10.5.0.0/16"), "via 10.0.0.1 metric 6");      /* equal: no */
    begin(c, RIP_RESPONSE, 2, NULL);
    put_route(c, "10.5.0.0/16", 3);
    say_by(c, other, "224.0.0.9");
    assert_string_equal(known(c, "10.5.0.0/16"), "via 10.0.0.11 metric 4");     /* better: yes */
    say_route(c, "10.5.0.0/16", 16);
    assert_string_equal(known(c, "10.5.0.0/16"), "via 10.0.0.11 metric 4");     /* not its to take back */
    begin(c, RIP_RESPONSE, 2, NULL);
    put_route(c, "10.5.0.0/16", 9);
    say_by(c, other, "224.0.0.9");
    assert_string_equal(known(c, "10.5.0.0/16"), "via 10.0.0.11 metric 10");    /* its own word got worse */
    pair_run(&c->p, HP_S(100), NULL, NULL);
    say_route(c, "10.5.0.0/16", 9);
    assert_string_equal(known(c, "10.5.0.0/16"), "via 10.0.0.1 metric 10");     /* equal, and the other was silent */
    struct hp_route r;
    struct hp_ip to = ip_of("10.5.0.1"), gateway = ip_of("10.0.0.1");
    assert_int_equal(hp_route_find(c->p.b.stack, &to, &r), HP_OK);
    assert_true(hp_ip_equal(&r.gateway, &gateway));
    scene_close(c);
}

/* ---- who is not believed ---- */

static void test_only_routers_on_the_link_are_believed(void **state)
{
    struct scene *c = scene_open();
    struct hp_sock *high = speaker(c, 5200);
    begin(c, RIP_RESPONSE, 2, NULL);
    put_route(c, "10.5.0.0/16", 2);
    say_by(c, high, "224.0.0.9");                                   /* any user may send that */
    assert_int_equal(c->rip.bad_messages, 1);
    struct hp_prefix far = {hp_ip4(10, 77, 0, 1), 120};
    struct hp_endpoint e = {.ip = far.ip, .port = RIP_PORT};
    assert_int_equal(hp_addr_add(c->p.a.stack, ETH, &far, 0), HP_OK);
    hp_close(c->sock);
    assert_int_equal(hp_socket(c->p.a.stack, HP_DGRAM, 0, &c->sock), HP_OK);
    assert_int_equal(hp_bind(c->sock, &e), HP_OK);
    say(c);                                                         /* not on the link's network */
    assert_int_equal(c->rip.bad_messages, 2);
    assert_string_equal(known(c, "10.5.0.0/16"), "");
    scene_close(c);
}

static void test_messages_that_make_no_sense(void **state)
{
    static const char *const bad[] = {"", "0202", "02000000", "03020000", "02020000 0002", "02010007 00020000 0a050000 00000000 00000000 00000001"};
    struct scene *c = scene_open();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        c->w = writer_of(c->out, sizeof c->out);
        c->w.p += hex_bytes(bad[i], c->out, sizeof c->out);
        say(c);
        assert_int_equal(c->rip.bad_messages, i + 1);
    }
    assert_int_equal(c->rip.routes, 1);
    scene_close(c);
}

static void test_routes_that_cannot_be(void **state)
{
    static const struct {
        const char *prefix;
        uint32_t metric;
    } bad[] = {{"10.5.0.0/16", 0}, {"10.5.0.0/16", 17}, {"10.5.0.0/16", 0x80000001}, {"127.0.0.0/8", 1}, {"0.0.0.0/8", 1}, {"224.0.0.0/4", 1},
               {"255.255.255.255/32", 1}, {"240.0.0.0/8", 1}};
    struct scene *c = scene_open();
    unsigned n = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        say_route(c, bad[i].prefix, bad[i].metric);
        assert_int_equal(c->rip.bad_routes, ++n);
    }
    struct rip_entry e = entry("10.5.0.0/16", 1);
    e.mask.b[15] = 1;                                               /* a mask with holes */
    begin(c, RIP_RESPONSE, 2, NULL);
    put(c, &e);
    e = entry("10.5.0.0/16", 1);
    e.address.b[15] = 1;                                            /* a host in a network's clothes */
    put(c, &e);
    e = entry("10.5.0.0/16", 1);
    e.next = c->p.b.ip;                                             /* over ourselves */
    put(c, &e);
    e = entry("10.5.0.0/16", 1);
    e.family = 7;                                                   /* not IP: skipped */
    put(c, &e);
    put_route(c, "10.6.0.0/16", 1);                                 /* the others of the message count */
    say(c);
    assert_int_equal(c->rip.bad_routes, n + 3);
    assert_int_equal(c->rip.routes, 2);
    assert_string_equal(known(c, "10.6.0.0/16"), "via 10.0.0.1 metric 2");
    say_route(c, "10.7.0.0/16", 16);                                /* unreachable, and never heard of */
    assert_string_equal(known(c, "10.7.0.0/16"), "");
    say_route(c, "0.0.0.0/0", 1);                                   /* the default route is one */
    assert_string_equal(known(c, "0.0.0.0/0"), "via 10.0.0.1 metric 2");
    say_route(c, "10.0.0.0/24", 1);                                 /* our own network stays ours */
    assert_string_equal(known(c, "10.0.0.0/24"), "connected metric 1");
    say_route(c, "10.8.0.0/16", 15);                                /* 15 + 1 is infinity */
    assert_string_equal(known(c, "10.8.0.0/16"), "");
    scene_close(c);
}

static void test_next_hop_and_tag(void **state)
{
    struct scene *c = scene_open();
    struct rip_entry e = entry("10.5.0.0/16", 1);
    e.next = hp_ip4(10, 0, 0, 9);
    e.tag = 300;
    begin(c, RIP_RESPONSE, 2, NULL);
    put(c, &e);
    e = entry("10.6.0.0/16", 1);
    e.next = hp_ip4(172, 16, 0, 1);                                 /* not on the link: the sender is meant */
    put(c, &e);
    say(c);
    assert_string_equal(known(c, "10.5.0.0/16"), "via 10.0.0.9 metric 2 tag 300");
    assert_string_equal(known(c, "10.6.0.0/16"), "via 10.0.0.1 metric 2");
    scene_close(c);
}

static void test_passwords(void **state)
{
    static const char *const wrong[] = {NULL, "sesame", "Sesame open", "open sesam", "open sesame!"};
    struct scene *c = scene_new();
    c->rip.every.password = "open sesame";
    scene_start(c);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        begin(c, RIP_RESPONSE, 2, wrong[i]);
        put_route(c, "10.5.0.0/16", 2);
        say(c);
        assert_int_equal(c->rip.bad_passwords, i + 1);
    }
    begin(c, RIP_RESPONSE, 1, NULL);
    put_route(c, "10.5.0.0/16", 2);
    say(c);                                                         /* version 1 has no passwords */
    assert_int_equal(c->rip.bad_passwords, 6);
    assert_string_equal(known(c, "10.5.0.0/16"), "");
    begin(c, RIP_RESPONSE, 2, "open sesame");
    put_route(c, "10.5.0.0/16", 2);
    say(c);
    assert_string_equal(known(c, "10.5.0.0/16"), "via 10.0.0.1 metric 3");
    scene_close(c);
    c = scene_open();                                               /* who wants none, gets none */
    begin(c, RIP_RESPONSE, 2, "open sesame");
    put_route(c, "10.5.0.0/16", 2);
    say(c);
    assert_int_equal(c->rip.bad_passwords, 1);
    scene_close(c);
}

/* RFC 1058 3.2: masks are guessed. */
static void test_version_1(void **state)
{
    struct scene *c = scene_open();
    begin(c, RIP_RESPONSE, 1, NULL);
    struct rip_entry e = entry("172.16.0.0/16", 1);
    e.mask = hp_ip4(0, 0, 0, 0);
    put(c, &e);
    e.address = hp_ip4(10, 0, 5, 0);                                /* of our own network's class: our mask */
    put(c, &e);
    e.address = hp_ip4(192, 168, 1, 77);                            /* a host */
    put(c, &e);
    e.address = hp_ip4(0, 0, 0, 0);
    put(c, &e);
    say_by(c, c->sock, "10.0.0.255");
    assert_string_equal(known(c, "172.16.0.0/16"), "via 10.0.0.1 metric 2");
    assert_string_equal(known(c, "10.0.5.0/24"), "via 10.0.0.1 metric 2");
    assert_string_equal(known(c, "192.168.1.77/32"), "via 10.0.0.1 metric 2");
    assert_string_equal(known(c, "0.0.0.0/0"), "via 10.0.0.1 metric 2");
    scene_close(c);
    c = scene_new();
    c->rip.version2_only = true;
    scene_start(c);
    begin(c, RIP_RESPONSE, 1, NULL);
    put_route(c, "172.16.0.0/16", 1);
    say(c);
    assert_string_equal(known(c, "172.16.0.0/16"), "");
    scene_close(c);
}

static void test_the_table_has_a_bound(void **state)
{
    struct scene *c = scene_new();
    char prefix[32];
    c->rip.routes_max = 40;
    scene_start(c);
    for (int i = 0; i < 100; i++) {
        snprintf(prefix, sizeof prefix, "10.1.%d.0/24", i);
        say_route(c, prefix, 1);
    }
    assert_int_equal(c->rip.routes, 40);
    assert_int_equal(c->rip.refused_routes, 61);
    assert_int_equal(hp_route_count(c->p.b.stack) - 39, hp_route_count(c->p.a.stack));
    scene_close(c);
}

static void test_cost(void **state)
{
    struct scene *c = scene_new();
    c->rip.every.cost = 5;
    scene_start(c);
    say_route(c, "10.5.0.0/16", 10);
    say_route(c, "10.6.0.0/16", 11);
    assert_string_equal(known(c, "10.5.0.0/16"), "via 10.0.0.1 metric 15");
    assert_string_equal(known(c, "10.6.0.0/16"), "");
    scene_close(c);
}

/* ---- questions ---- */

static uint8_t answer_bytes[1500];

/* The next response that came to this socket; its message; false = none. */
static bool answer(struct hp_sock *sock, struct rip_msg *m, struct hp_recv_info *info)
{
    int64_t n = hp_recvfrom(sock, answer_bytes, sizeof answer_bytes, 0, info);
    return n >= 0 && rip_parse(bytes_of(answer_bytes, (size_t)n), m) && m->command == RIP_RESPONSE;
}

static void ask_all(struct scene *c)
{
    struct rip_entry e = {.family = RIP_FAMILY_ANY, .address = hp_ip4(0, 0, 0, 0), .mask = hp_ip4(0, 0, 0, 0), .next = hp_ip4(0, 0, 0, 0),
                          .metric = 16};
    begin(c, RIP_REQUEST, 2, NULL);
    put(c, &e);
}

static void test_the_whole_table_is_asked_for(void **state)
{
    struct scene *c = scene_open();
    struct hp_recv_info info;
    struct rip_msg m;
    struct rip_entry e;
    struct hp_prefix stub = {hp_ip4(10, 9, 0, 1), 120};
    struct hp_sock *high = speaker(c, 5200);
    assert_int_equal(hp_addr_add(c->p.b.stack, ETH, &stub, 0), HP_OK);  /* on the same link: its network is known there */
    say_route(c, "10.5.0.0/16", 2);
    pair_run(&c->p, HP_S(6), NULL, NULL);
    while (answer(c->sock, &m, &info)) continue;
    ask_all(c);
    say_by(c, c->sock, "224.0.0.9");
    assert_true(answer(c->sock, &m, &info));
    assert_true(hp_ip_equal(&info.to.ip, &c->p.a.ip) && info.from.port == RIP_PORT);    /* to who asked */
    assert_true(rip_entry_next(&m.entries, &e));
    assert_int_equal(e.metric, 16);                                     /* poisoned: it is from there */
    assert_false(rip_entry_next(&m.entries, &e));
    say_by(c, high, "10.0.0.2");                                        /* somebody who is curious */
    assert_true(answer(high, &m, &info));
    assert_int_equal(info.to.port, 5200);
    assert_int_equal(c->rip.requests_in, 2);
    scene_close(c);
}

static void test_single_routes_are_asked_for(void **state)
{
    struct scene *c = scene_open();
    struct hp_recv_info info;
    struct rip_msg m;
    struct rip_entry e;
    say_route(c, "10.5.0.0/16", 2);
    pair_run(&c->p, HP_S(6), NULL, NULL);
    while (answer(c->sock, &m, &info)) continue;
    begin(c, RIP_REQUEST, 2, NULL);
    put_route(c, "10.5.0.0/16", 0);
    put_route(c, "10.6.0.0/16", 0);
    put_route(c, "10.0.0.0/24", 0);
    say_by(c, c->sock, "10.0.0.2");
    assert_true(answer(c->sock, &m, &info));
    const uint32_t want[] = {3, 16, 1};                                 /* as it is, without a horizon */
    for (int i = 0; i < 3; i++) {
        assert_true(rip_entry_next(&m.entries, &e));
        assert_int_equal(e.metric, want[i]);
    }
    assert_false(rip_entry_next(&m.entries, &e));
    begin(c, RIP_REQUEST, 2, NULL);                                     /* nothing asked, nothing answered */
    say_by(c, c->sock, "10.0.0.2");
    assert_false(answer(c->sock, &m, &info));
    begin(c, RIP_REQUEST, 2, NULL);                                     /* more than fits into a message: nor that */
    for (int i = 0; i < 30; i++) put_route(c, "10.5.0.0/16", 0);
    say_by(c, c->sock, "10.0.0.2");
    assert_false(answer(c->sock, &m, &info));
    scene_close(c);
}

/* Messages carry 25 routes; a password takes the place of one. */
static void test_long_tables_take_several_messages(void **state)
{
    for (int password = 0; password < 2; password++) {
        struct scene *c = scene_new();
        struct hp_recv_info info;
        struct rip_msg m;
        struct rip_entry e;
        unsigned count = 0, messages = 0;
        c->rip.every.password = password ? "x" : NULL;
        c->rip.every.horizon = HP_RIP_NO_HORIZON;
        scene_start(c);
        for (int i = 0; i < 60; i++) {
            char prefix[32];
            snprintf(prefix, sizeof prefix, "10.1.%d.0/24", i);
            begin(c, RIP_RESPONSE, 2, c->rip.every.password);
            put_route(c, prefix, 1);
            say(c);
        }
        pair_run(&c->p, HP_S(6), NULL, NULL);
        while (answer(c->sock, &m, &info)) continue;
        ask_all(c);
        if (password) {
            begin(c, RIP_REQUEST, 2, "x");
            put(c, &(struct rip_entry){.address = hp_ip4(0, 0, 0, 0), .mask = hp_ip4(0, 0, 0, 0), .next = hp_ip4(0, 0, 0, 0), .metric = 16});
        }
        say_by(c, c->sock, "10.0.0.2");
        for (; answer(c->sock, &m, &info); messages++)
            for (unsigned in_one = 0; rip_entry_next(&m.entries, &e); count++) assert_true(++in_one <= (password ? 24u : 25u));
        assert_int_equal(count, 61);
        assert_int_equal(messages, 3);
        scene_close(c);
    }
}

static void test_who_is_passive_answers_no_router(void **state)
{
    struct scene *c = scene_new();
    struct hp_recv_info info;
    struct rip_msg m;
    struct hp_sock *high = speaker(c, 5200);
    c->rip.every.passive = true;
    scene_start(c);
    say_route(c, "10.5.0.0/16", 2);
    assert_string_equal(known(c, "10.5.0.0/16"), "via 10.0.0.1 metric 3");
    pair_run(&c->p, HP_S(100), NULL, NULL);
    ask_all(c);
    say_by(c, c->sock, "10.0.0.2");
    assert_false(answer(c->sock, &m, &info));
    say_by(c, high, "10.0.0.2");
    assert_true(answer(high, &m, &info)); /* RFC 2453 3.9.1: a question from another port is one of a person */
    scene_close(c);
}

static void test_broadcast_if_wanted(void **state)
{
    struct scene *c = scene_new();
    struct hp_recv_info info;
    struct rip_msg m;
    struct hp_prefix more = {hp_ip4(10, 9, 0, 1), 120};
    c->rip.every.broadcast = true;
    c->rip.every.horizon = HP_RIP_NO_HORIZON;
    scene_start(c);
    assert_int_equal(hp_addr_add(c->p.b.stack, ETH, &more, 0), HP_OK);
    pair_run(&c->p, HP_S(6), NULL, NULL);
    assert_true(answer(c->sock, &m, &info));
    assert_true(hp_ip_is_broadcast(&info.to.ip));
    scene_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_route_is_believed_as_long_as_it_is_repeated),
        cmocka_unit_test(test_a_dying_route_may_come_back),
        cmocka_unit_test(test_two_neighbours),
        cmocka_unit_test(test_only_routers_on_the_link_are_believed),
        cmocka_unit_test(test_messages_that_make_no_sense),
        cmocka_unit_test(test_routes_that_cannot_be),
        cmocka_unit_test(test_next_hop_and_tag),
        cmocka_unit_test(test_passwords),
        cmocka_unit_test(test_version_1),
        cmocka_unit_test(test_the_table_has_a_bound),
        cmocka_unit_test(test_cost),
        cmocka_unit_test(test_the_whole_table_is_asked_for),
        cmocka_unit_test(test_single_routes_are_asked_for),
        cmocka_unit_test(test_long_tables_take_several_messages),
        cmocka_unit_test(test_who_is_passive_answers_no_router),
        cmocka_unit_test(test_broadcast_if_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
