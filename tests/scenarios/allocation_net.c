/* The n-th allocation fails, for every n and on every machine in turn: a DHCP lease, datagrams that routers or senders fragment, names that a
 * stub resolver and a recursor find, a page, small services, routes by RIP.  The attempt may fail; nothing may hang or leak, and the next one must
 * work: soon, and when all that was remembered is old. */
#include <stdlib.h>

#include "hepta/dhcp.h"
#include "hepta/dns.h"
#include "hepta/dns_server.h"
#include "hepta/http.h"
#include "hepta/lab.h"
#include "hepta/net.h"
#include "hepta/os.h"
#include "hepta/proc.h"
#include "hepta/rip.h"
#include "hepta/services.h"
#include "hepta/socket.h"
#include "hepta/wire.h"
#include "support/alloc.h"
#include "support/test.h"

enum { MACHINES_MAX = 4, ZONES = 3, ADDRESSES = 40, DATAGRAM = 8000, PORT = 9, TRIES = 6, TTL_S = 60, OLD_S = 200 };

struct scene {
    struct test_alloc alloc;
    struct hp_world *w;
    struct hp_stack *machine[MACHINES_MAX];     /* whose allocations fail */
    const char *name[MACHINES_MAX];
    int machines;
    int result;                                 /* of a program */
    bool ended;
    struct hp_dhcp client;
    struct hp_dhcp_server server;
    struct hp_ip to;
    struct hp_sock *sock;
    struct hp_dns_name names[ADDRESSES + 2];
    struct hp_dns_server dns[2];
    struct hp_dns_zone *zone[ZONES];
    const struct hp_dns_zone *zones[2];
    struct hp_resolver resolver;
    struct hp_dns_recursor recursor;
    struct hp_memory_file files[2];
    struct hp_http_server http;
    struct hp_services services;
    struct hp_perf_server perf;
    struct hp_rip rip[2];
};

struct sweep {
    void (*open)(struct scene *c);
    int (*start)(struct scene *c);              /* what serves; or NULL */
    int (*attempt)(struct scene *c);            /* HP_OK, or why it failed */
    void (*close)(struct scene *c);             /* before the world is freed; or NULL */
    hp_time soon;                               /* until an attempt must work again */
};

/* ---- the world ---- */

static struct hp_stack *scene_add(struct scene *c, const char *name, bool router)
{
    assert_true(c->machines < MACHINES_MAX);
    c->name[c->machines] = name;
    struct hp_stack *s = router ? hp_world_router(c->w, name) : hp_world_host(c->w, name);
    assert_non_null(s);
    return c->machine[c->machines++] = s;
}

static void scene_cable(struct scene *c, const char *a, const char *b, uint32_t mtu)
{
    assert_non_null(hp_world_cable(c->w, a, b, &(struct hp_cable_config){.way = {.rate = 100000000, .delay = HP_MS(1)}, .mtu = mtu}));
}

static void scene_address(struct scene *c, const char *machine, const char *link, const char *address)
{
    assert_int_equal(hp_world_address(c->w, machine, link, address), HP_OK);
}

static void scene_route(struct scene *c, const char *machine, const char *to, const char *gateway)
{
    assert_int_equal(hp_world_route(c->w, machine, to, gateway), HP_OK);
}

static int scene_run(struct scene *c, hp_time span, bool (*done)(void *ctx))
{
    return hp_world_run(c->w, hp_world_now(c->w) + span, done, c);
}

static bool scene_ended(void *ctx) { return ((struct scene *)ctx)->ended; }

/* fn as a program of machine i: what it leaves in c->result. */
static int scene_program(struct scene *c, int i, void (*fn)(struct hp_stack *s, void *arg))
{
    c->ended = false;
    int err = hp_spawn(c->machine[i], "program", fn, c, 0);
    if (err) return err;
    scene_run(c, HP_S(300), scene_ended);
    if (!c->ended) fail_msg("the program hangs");
    return c->result;
}

static void scene_close(struct scene *c, const struct sweep *w)
{
    struct hp_mem_stats m;
    if (w->close) w->close(c);
    for (int i = 0; i < c->machines; i++) {
        hp_mem_stats(c->machine[i], &m);
        if (m.packets) fail_msg("%s still holds %llu packets", c->name[i], (unsigned long long)m.packets);
    }
    hp_world_free(c->w);
    for (int i = 0; i < ZONES; i++)
        if (c->zone[i]) hp_dns_zone_free(c->zone[i]);
    test_alloc_end(&c->alloc);
}

/* ---- every n ---- */

static uint64_t allocations(struct hp_stack *s)
{
    struct hp_mem_stats m;
    hp_mem_stats(s, &m);
    return m.allocations;
}

static void must_work(struct scene *c, const struct sweep *w, int which, uint64_t n, const char *when)
{
    int err = w->attempt(c);
    if (err) fail_msg("after allocation %llu of %s failed, %s: %s", (unsigned long long)n, c->name[which], when, hp_err_text(err));
}

static void scene_open(struct scene *c, const struct sweep *w)
{
    memset(c, 0, sizeof *c);
    test_alloc_init(&c->alloc);
    c->w = hp_world_new(42, &c->alloc.allocator);
    w->open(c);
}

/* One world in which allocation n (0 = none) of one machine fails; how many there were. */
static uint64_t one_fails(struct scene *c, const struct sweep *w, int which, uint64_t n, uint64_t *hurt)
{
    scene_open(c, w);
    if (w->start) assert_int_equal(w->start(c), HP_OK);
    scene_run(c, HP_S(3), NULL);
    struct hp_stack *s = c->machine[which];
    uint64_t before = allocations(s);
    hp_mem_fail_at(s, n ? n : UINT64_MAX); /* armed, packets do not come from the cache: each counts */
    int first = w->attempt(c);
    uint64_t count = allocations(s) - before;
    hp_mem_fail_at(s, 0);
    if (!n) assert_int_equal(first, HP_OK);
    if (first) ++*hurt;
    scene_run(c, w->soon, NULL);
    must_work(c, w, which, n, "soon");
    scene_run(c, HP_S(OLD_S), NULL);
    must_work(c, w, which, n, "later");
    scene_run(c, HP_S(OLD_S), NULL);
    scene_close(c, w);
    return count;
}

/* ... while that which serves begins: it says that it cannot, or serves when there is memory. */
static uint64_t start_fails(struct scene *c, const struct sweep *w, int which, uint64_t n, uint64_t *hurt)
{
    scene_open(c, w);
    scene_run(c, HP_S(3), NULL);
    struct hp_stack *s = c->machine[which];
    uint64_t before = allocations(s);
    hp_mem_fail_at(s, n ? n : UINT64_MAX);
    int err = w->start(c);
    if (err) ++*hurt;
    if (err) assert_int_equal(w->start(c), HP_OK);
    scene_run(c, HP_S(3), NULL);
    uint64_t count = allocations(s) - before;
    hp_mem_fail_at(s, 0);
    must_work(c, w, which, n, "after the start");
    scene_run(c, HP_S(OLD_S), NULL);
    scene_close(c, w);
    return count;
}

static void every_n(const struct sweep *w, uint64_t (*fails)(struct scene *c, const struct sweep *w, int which, uint64_t n, uint64_t *hurt))
{
    struct scene *c = malloc(sizeof *c);
    int machines = 1;
    for (int which = 0; which < machines; which++) {
        uint64_t hurt = 0, last = fails(c, w, which, 0, &hurt);
        machines = c->machines;
        assert_true(last > 0 || fails == start_fails);
        for (uint64_t n = 1; n <= last; n++) fails(c, w, which, n, &hurt);
        print_message("%s: %llu allocations failed one by one; %llu attempts did not succeed\n", c->name[which], (unsigned long long)last,
                      (unsigned long long)hurt);
    }
    free(c);
}

/* ---- a DHCP lease ---- */

static void lease_open(struct scene *c)
{
    struct hp_stack *a = scene_add(c, "client", false), *b = scene_add(c, "server", false);
    scene_cable(c, "client", "server", 0);
    scene_address(c, "server", "eth0", "10.0.0.1/24");
    c->client = (struct hp_dhcp){.link = hp_link_find(a, "eth0"), .hostname = "client"};
    c->server = (struct hp_dhcp_server){.link = hp_link_find(b, "eth0"), .first = hp_ip4(10, 0, 0, 9), .last = hp_ip4(10, 0, 0, 9),
                                        .ping = HP_MS(100)};
}
static int lease_start(struct scene *c) { return hp_dhcp_serve(c->machine[1], &c->server); }

static bool lease_bound(void *ctx) { return ((struct scene *)ctx)->client.state == HP_DHCP_BOUND; }
static bool lease_over(void *ctx) { return hp_programs_count(((struct scene *)ctx)->machine[0]) == 0; }

/* Once it is started the client does not give up: it gets the lease, the address and the route, whatever failed, and leaves nothing behind. */
static int lease_attempt(struct scene *c)
{
    struct hp_ip far = hp_ip4(192, 0, 2, 1), near = hp_ip4(10, 0, 0, 77);
    struct hp_route route;
    int err = hp_dhcp_start(c->machine[0], &c->client);
    if (err) return err;
    if (scene_run(c, HP_S(120), lease_bound) != HP_OK) fail_msg("no lease: %s", hp_dhcp_state_name(c->client.state));
    if (!c->server.running) fail_msg("the server ended: %s", hp_err_text(c->server.error));
    if (hp_route_find(c->machine[0], &near, &route) || !hp_ip_is_any(&route.gateway)) fail_msg("a lease without its network");
    if (hp_route_find(c->machine[0], &far, &route)) fail_msg("a lease without its route");
    hp_dhcp_stop(c->machine[0], &c->client);
    if (scene_run(c, HP_S(10), lease_over) != HP_OK) fail_msg("the client does not stop");
    if (hp_route_find(c->machine[0], &far, &route) == HP_OK) fail_msg("the route outlives the lease");
    return HP_OK;
}

static const struct sweep lease = {.open = lease_open, .start = lease_start, .attempt = lease_attempt, .soon = HP_S(1)};

static void test_X02_lease(void **state) { every_n(&lease, one_fails); }
static void test_X02_start_of_lease(void **state) { every_n(&lease, start_fails); }

/* ---- datagrams in fragments ---- */

static void datagram_open(struct scene *c, bool v6)
{
    scene_add(c, "a", false);
    scene_add(c, "router", true);
    struct hp_stack *b = scene_add(c, "b", false);
    scene_cable(c, "a", "router", 1500);
    scene_cable(c, "router", "b", v6 ? 1280 : 600);
    scene_address(c, "a", "eth0", v6 ? "fd01::1/64" : "10.1.0.1/24");
    scene_address(c, "router", "eth0", v6 ? "fd01::2/64" : "10.1.0.2/24");
    scene_address(c, "router", "eth1", v6 ? "fd02::2/64" : "10.2.0.2/24");
    scene_address(c, "b", "eth0", v6 ? "fd02::1/64" : "10.2.0.1/24");
    scene_route(c, "a", v6 ? "::/0" : "0.0.0.0/0", v6 ? "fd01::2" : "10.1.0.2");
    scene_route(c, "b", v6 ? "::/0" : "0.0.0.0/0", v6 ? "fd02::2" : "10.2.0.2");
    assert_true(hp_ip_parse(v6 ? "fd02::1" : "10.2.0.1", &c->to));
    assert_int_equal(hp_socket(b, HP_DGRAM, 0, &c->sock), HP_OK);
    assert_int_equal(hp_bind(c->sock, &(struct hp_endpoint){.port = PORT}), HP_OK);
}
static void datagram_open4(struct scene *c) { datagram_open(c, false); }
static void datagram_open6(struct scene *c) { datagram_open(c, true); }

static bool datagram_came(void *ctx) { return hp_ready(((struct scene *)ctx)->sock) & HP_READABLE; }

static int datagram_take(struct scene *c)
{
    static uint8_t in[DATAGRAM + 1];
    int64_t n = hp_recv(c->sock, in, sizeof in, HP_MSG_DONTWAIT);
    bool same = n == DATAGRAM;
    for (int i = 0; i < DATAGRAM && same; i++) same = in[i] == (uint8_t)(i * 7 + i / 256);
    if (!same) fail_msg("%lld bytes came, or not those that were sent", (long long)n);
    return HP_OK;
}

/* Until one comes: those before it may find neighbours, whose queues are shorter than a datagram's fragments, and the path's MTU. */
static int datagram_attempt(struct scene *c)
{
    static uint8_t out[DATAGRAM];
    struct hp_sock *sock;
    int err = hp_socket(c->machine[0], HP_DGRAM, 0, &sock);
    if (err) return err;
    for (int i = 0; i < DATAGRAM; i++) out[i] = (uint8_t)(i * 7 + i / 256);
    err = HP_ETIMEDOUT;
    for (int i = 0; i < TRIES && err == HP_ETIMEDOUT; i++) {
        int64_t sent = hp_sendto(sock, out, sizeof out, HP_MSG_DONTWAIT, &(struct hp_endpoint){.ip = c->to, .port = PORT});
        if (sent < 0) err = (int)sent;
        else if (scene_run(c, HP_S(1), datagram_came) == HP_OK) err = datagram_take(c);
    }
    hp_close(sock);
    scene_run(c, HP_S(1), NULL);
    while (hp_ready(c->sock) & HP_READABLE) datagram_take(c); /* one that was late */
    return err;
}

static void datagram_close(struct scene *c) { hp_close(c->sock); }

static void test_X02_fragments_of_a_router(void **state)
{
    every_n(&(struct sweep){.open = datagram_open4, .attempt = datagram_attempt, .close = datagram_close, .soon = HP_S(1)}, one_fails);
}

static void test_X02_fragments_of_the_sender(void **state)
{
    every_n(&(struct sweep){.open = datagram_open6, .attempt = datagram_attempt, .close = datagram_close, .soon = HP_S(1)}, one_fails);
}

/* ---- names by a stub resolver ---- */

static void names_open(struct scene *c)
{
    scene_add(c, "client", false);
    scene_add(c, "server", false);
    scene_cable(c, "client", "server", 0);
    scene_address(c, "client", "eth0", "10.0.0.2/24");
    scene_address(c, "server", "eth0", "10.0.0.1/24");
    c->names[0] = (struct hp_dns_name){"one.test", hp_ip4(192, 0, 2, 1)};
    for (int i = 1; i <= ADDRESSES; i++) c->names[i] = (struct hp_dns_name){"many.test", hp_ip4(192, 0, 2, (uint8_t)(100 + i))};
    c->dns[0] = (struct hp_dns_server){.names = c->names, .ttl = TTL_S, .udp_max = 512};
    c->resolver = (struct hp_resolver){.server = {hp_ip4(10, 0, 0, 1)}, .server_count = 1};
}
static int names_start(struct scene *c) { return hp_dns_serve(c->machine[1], &c->dns[0]); }

static void names_program(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    struct hp_ip out[HP_DNS_ADDRESSES_MAX];
    int one = hp_resolve(s, &c->resolver, "one.test", HP_DNS_V4, out, HP_DNS_ADDRESSES_MAX);
    if (one > 0) assert_int_equal(out[0].b[15], 1);
    int many = hp_resolve(s, &c->resolver, "many.test", HP_DNS_V4, out, HP_DNS_ADDRESSES_MAX);
    c->result = one < 0 ? one : many < 0 ? many : one == 1 && many == HP_DNS_ADDRESSES_MAX ? HP_OK : HP_EPROTO;
    c->ended = true;
}

static int names_attempt(struct scene *c)
{
    hp_resolver_free(c->machine[0], &c->resolver);      /* nothing is known */
    uint32_t truncated = c->resolver.truncated;
    int err = scene_program(c, 0, names_program);
    if (!err && c->resolver.truncated == truncated) fail_msg("the answer was not truncated");
    return err;
}

static void names_close(struct scene *c) { hp_resolver_free(c->machine[0], &c->resolver); }

static const struct sweep names = {.open = names_open, .start = names_start, .attempt = names_attempt, .close = names_close, .soon = HP_S(1)};

static void test_X02_names(void **state) { every_n(&names, one_fails); }
static void test_X02_start_of_names(void **state) { every_n(&names, start_fails); }

/* ---- names by a recursor ---- */

static const char root_text[] =
    "$TTL 60\n@ SOA a.root. h 1 2 3 4 60\n@ NS a.root.\na.root. A 10.0.0.1\ncom NS ns.com.\nns.com. A 10.0.0.2\n";
static const char com_text[] = "$TTL 60\n@ SOA ns h 1 2 3 4 60\n@ NS ns\nns A 10.0.0.2\nwww CNAME web\nweb A 192.0.2.80\n";

static struct hp_dns_zone *recursion_zone(struct scene *c, int i, const char *text, const char *origin)
{
    struct hp_dns_zone_source source = {.text = text, .n = strlen(text), .origin = origin, .hints = !origin};
    if (hp_dns_zone_parse(hp_os_allocator(), &source, &c->zone[i])) fail_msg("%u: %s", source.first.line, source.first.text);
    return c->zone[i];
}

static void recursion_host(struct scene *c, const char *name, const char *address)
{
    scene_add(c, name, false);
    scene_cable(c, name, "switch", 0);
    scene_address(c, name, "eth0", address);
}

static void recursion_step(void *ctx, const struct hp_dns_step *step)
{
    char text[512];
    hp_dns_step_text(step, text, sizeof text);
}

static void recursion_open(struct scene *c)
{
    assert_non_null(hp_world_switch(c->w, "switch"));
    recursion_host(c, "recursor", "10.0.0.3/24");
    recursion_host(c, "client", "10.0.0.4/24");
    recursion_host(c, "root", "10.0.0.1/24");
    recursion_host(c, "com", "10.0.0.2/24");
    c->zones[0] = recursion_zone(c, 0, root_text, ".");
    c->zones[1] = recursion_zone(c, 1, com_text, "com");
    for (int i = 0; i < 2; i++) {
        c->dns[i] = (struct hp_dns_server){.zones = &c->zones[i], .zone_count = 1};
        assert_int_equal(hp_dns_serve(c->machine[2 + i], &c->dns[i]), HP_OK);
    }
    c->recursor = (struct hp_dns_recursor){.hints = recursion_zone(c, 2, ". 60 NS a.root.\na.root. 60 A 10.0.0.1\n", NULL), .step = recursion_step};
}
static int recursion_start(struct scene *c) { return hp_dns_recurse(c->machine[0], &c->recursor); }

static void recursion_program(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    uint8_t answer[512];
    struct hp_dns_query q = {.server = {.ip = hp_ip4(10, 0, 0, 3)}, .name = "www.com", .type = 1, .timeout = HP_S(12), .tries = 2, .answer = answer,
                             .room = sizeof answer};
    int n = hp_dns_query(s, &q);
    bool known = n >= 12 && (answer[3] & 15) == 0 && answer[7] == 2;
    c->result = n < 0 ? n : known ? HP_OK : HP_EPROTO;
    c->ended = true;
}

static int recursion_attempt(struct scene *c) { return scene_program(c, 1, recursion_program); }

static const struct sweep recursion = {.open = recursion_open, .start = recursion_start, .attempt = recursion_attempt, .soon = HP_S(1)};

static void test_X02_recursion(void **state) { every_n(&recursion, one_fails); }
static void test_X02_start_of_recursion(void **state) { every_n(&recursion, start_fails); }

/* ---- a page ---- */

enum { PAGE = 20000 };

static uint8_t page[PAGE];

static void two_open(struct scene *c)
{
    scene_add(c, "client", false);
    scene_add(c, "server", false);
    scene_cable(c, "client", "server", 0);
    scene_address(c, "client", "eth0", "10.0.0.2/24");
    scene_address(c, "server", "eth0", "10.0.0.1/24");
}

static void page_open(struct scene *c)
{
    two_open(c);
    c->files[0] = (struct hp_memory_file){"/page", "text/plain", page, PAGE};
    c->http.files = hp_memory_files(c->files);
}
static int page_start(struct scene *c) { return hp_http_serve(c->machine[1], &c->http); }

static int page_part(void *ctx, struct hp_bytes part)
{
    struct hp_bytes *left = ctx;
    if (part.n > left->n || memcmp(left->p, part.p, part.n) != 0) fail_msg("not the page");
    *left = (struct hp_bytes){left->p + part.n, left->n - part.n};
    return HP_OK;
}

static void page_program(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    struct hp_bytes left = {page, PAGE};
    struct hp_http_get get = {.url = "http://10.0.0.1/page", .body = page_part, .ctx = &left};
    c->result = hp_http_get(s, &get);
    if (!c->result && left.n) c->result = HP_EPROTO;
    c->ended = true;
}

static int page_attempt(struct scene *c) { return scene_program(c, 0, page_program); }

static const struct sweep pages = {.open = page_open, .start = page_start, .attempt = page_attempt, .soon = HP_S(1)};

static void test_X02_page(void **state) { every_n(&pages, one_fails); }
static void test_X02_start_of_page(void **state) { every_n(&pages, start_fails); }

/* ---- small services, and what measures throughput ---- */

static int services_start(struct scene *c)
{
    c->services.echo = c->services.discard = c->services.chargen = true;
    int err = hp_services_start(c->machine[1], &c->services);
    return err ? err : hp_perf_serve(c->machine[1], &c->perf);
}

static int services_echo(struct hp_stack *s)
{
    struct hp_sock *sock;
    struct hp_endpoint to = {.ip = hp_ip4(10, 0, 0, 1), .port = HP_PORT_ECHO};
    hp_time patience = HP_S(2);
    char back[8];
    int64_t n = hp_socket(s, HP_DGRAM, 0, &sock);
    if (n < 0) return (int)n;
    hp_setsockopt(sock, HP_SO_RCVTIMEO, &patience, sizeof patience);
    n = hp_sendto(sock, "echo", 4, 0, &to);
    if (n == 4) n = hp_recv(sock, back, sizeof back, 0);
    hp_close(sock);
    return n == 4 && memcmp(back, "echo", 4) == 0 ? HP_OK : n < 0 ? (int)n : HP_EPROTO;
}

static void services_program(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    struct hp_perf perf = {.to.ip = hp_ip4(10, 0, 0, 1), .bytes = 10000};
    c->result = services_echo(s);
    if (!c->result) c->result = hp_perf(s, &perf);
    c->ended = true;
}

static int services_attempt(struct scene *c) { return scene_program(c, 0, services_program); }

static const struct sweep services = {.open = two_open, .start = services_start, .attempt = services_attempt, .soon = HP_S(1)};

static void test_X02_services(void **state) { every_n(&services, one_fails); }
static void test_X02_start_of_services(void **state) { every_n(&services, start_fails); }

/* ---- routes by RIP ---- */

static void routes_open(struct scene *c)
{
    scene_add(c, "near", true);
    scene_add(c, "far", true);
    assert_non_null(hp_world_host(c->w, "stub"));
    scene_cable(c, "near", "far", 0);
    scene_cable(c, "far", "stub", 0);
    scene_address(c, "near", "eth0", "10.0.1.1/24");
    scene_address(c, "far", "eth0", "10.0.1.2/24");
}

static int routes_start(struct scene *c)
{
    int err = HP_OK;
    for (int i = 0; i < 2 && !err; i++)
        if (!c->rip[i].running) err = hp_rip_start(c->machine[i], &c->rip[i]);
    return err;
}

static bool routes_learnt(void *ctx)
{
    struct hp_route r;
    return hp_route_find(((struct scene *)ctx)->machine[0], &(struct hp_ip){{[10] = 0xff, 0xff, 10, 0, 9, 77}}, &r) == HP_OK;
}
static bool routes_lost(void *ctx) { return !routes_learnt(ctx); }

/* The far network comes and goes.  However short memory was, the routers go on, and two updates later they know. */
static int routes_attempt(struct scene *c)
{
    struct hp_stack *far = c->machine[1];
    struct hp_prefix network = {hp_ip4(10, 0, 9, 1), 120};
    int link = hp_link_find(far, "eth1"), err = hp_addr_add(far, link, &network, 0);
    if (err) return err;
    if (scene_run(c, HP_S(80), routes_learnt) != HP_OK) fail_msg("the route is not learnt");
    assert_int_equal(hp_addr_remove(far, link, &network.ip), HP_OK);
    if (scene_run(c, HP_S(80), routes_lost) != HP_OK) fail_msg("the route stays");
    for (int i = 0; i < 2; i++)
        if (!c->rip[i].running) fail_msg("%s ended: %s", c->name[i], hp_err_text(c->rip[i].error));
    return HP_OK;
}

static const struct sweep routes = {.open = routes_open, .start = routes_start, .attempt = routes_attempt, .soon = HP_S(1)};

static void test_X02_routes(void **state) { every_n(&routes, one_fails); }
static void test_X02_start_of_routes(void **state) { every_n(&routes, start_fails); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_X02_lease),
        cmocka_unit_test(test_X02_start_of_lease),
        cmocka_unit_test(test_X02_fragments_of_a_router),
        cmocka_unit_test(test_X02_fragments_of_the_sender),
        cmocka_unit_test(test_X02_names),
        cmocka_unit_test(test_X02_start_of_names),
        cmocka_unit_test(test_X02_recursion),
        cmocka_unit_test(test_X02_start_of_recursion),
        cmocka_unit_test(test_X02_page),
        cmocka_unit_test(test_X02_start_of_page),
        cmocka_unit_test(test_X02_services),
        cmocka_unit_test(test_X02_start_of_services),
        cmocka_unit_test(test_X02_routes),
        cmocka_unit_test(test_X02_start_of_routes),
    };
    for (int i = 0; i < PAGE; i++) page[i] = (uint8_t)(i * 7 + i / 256);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
