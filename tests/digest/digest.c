/* Prints a digest of everything that happened in some scenarios, every frame's bytes and every event.  However this was built, with whatever compiler,
 * it must print the same (tools/test portable).  The same seed twice must give the same, another seed something else. */
#include <stdlib.h>

#include "hepta/lab.h"
#include "hepta/os.h"
#include "support/pair.h"
#include "support/test.h"

enum { DIGEST_BODY = 3000000 };

struct digest {
    uint64_t hash, events;
};

/* FNV-1a, 64 bits. */
static void digest_add(struct digest *d, const void *p, size_t n)
{
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i++) d->hash = (d->hash ^ b[i]) * UINT64_C(0x100000001b3);
}

static void digest_event(void *ctx, const struct hp_event *e)
{
    struct digest *d = ctx;
    char line[512];
    hp_event_text(e, line, sizeof line);
    digest_add(d, line, strlen(line));
    d->events++;
    if (e->kind != HP_TRACE_TX || !e->pkt) return;
    struct hp_bytes part[2];
    int parts = hp_pkt_parts(e->pkt, part);
    for (int i = 0; i < parts; i++) digest_add(d, part[i].p, part[i].n);
}

struct scene {
    struct pair p;
    struct hp_dns_name names[3];
    struct hp_dns_server dns;
    struct hp_memory_file files[2];
    struct hp_http_server http;
    struct hp_services services;
    struct hp_resolver resolver;
    uint64_t got;
    int result;
    bool ended;
};

static int scene_body(void *ctx, struct hp_bytes part)
{
    ((struct scene *)ctx)->got += part.n;
    return HP_OK;
}

static void scene_client(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    struct hp_ping ping = {.to = c->p.b.ip6, .count = 5, .size = 5000, .interval = HP_MS(10)};
    struct hp_http_get get = {.url = "http://server.test/page", .resolver = &c->resolver, .body = scene_body, .ctx = c};
    c->result = hp_ping(s, &ping);
    if (!c->result) c->result = hp_http_get(s, &get);
    c->ended = true;
}

static bool scene_ended(void *ctx) { return ((struct scene *)ctx)->ended; }

static struct digest scene_run(uint64_t seed, uint8_t *body)
{
    struct digest d = {UINT64_C(0xcbf29ce484222325), 0};
    struct hp_trace trace = {digest_event, &d, 0};
    struct scene *c = calloc(1, sizeof *c);
    if (!c || !pair_open_traced(&c->p, seed, &trace)) abort();
    c->names[0] = (struct hp_dns_name){"server.test", c->p.b.ip};
    c->names[1] = (struct hp_dns_name){"server.test", c->p.b.ip6};
    c->dns.names = c->names;
    c->files[0] = (struct hp_memory_file){"/page", "text/plain", body, DIGEST_BODY};
    c->http.files = hp_memory_files(c->files);
    c->resolver.server[c->resolver.server_count++] = c->p.b.ip;
    if (hp_dns_serve(c->p.b.stack, &c->dns) || hp_http_serve(c->p.b.stack, &c->http)) abort();
    if (hp_spawn(c->p.a.stack, "client", scene_client, c, 0)) abort();
    bool ended = pair_run(&c->p, HP_S(100), scene_ended, c);
    if (!ended || c->result || c->got != DIGEST_BODY) printf("the scene failed: %s, %llu bytes\n", hp_err_text(c->result), (unsigned long long)c->got);
    hp_resolver_free(c->p.a.stack, &c->resolver);
    pair_close(&c->p);
    free(c);
    return d;
}

/* ---- a large random world: clients behind two switches and two routers, every fault on every cable, a router that crashes ---- */

enum { WORLD_CLIENTS = 16, WORLD_BODY = 200000, WORLD_SECONDS = 120 };

struct world_client {
    struct hp_http_get get;
    int result;
};

/* The test's own dice (Knuth's MMIX): what the world looks like is the seed's, too. */
static uint32_t world_dice(uint64_t *state, uint32_t n)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33) % n;
}

static void world_get(struct hp_stack *s, void *arg)
{
    struct world_client *c = arg;
    struct hp_ping ping = {.to = hp_ip4(10, 9, 0, 80), .count = 3, .size = 3000, .interval = HP_MS(50)};
    hp_ping(s, &ping);
    c->result = hp_http_get(s, &c->get);
}

static void world_cable(struct hp_world *w, const char *a, const char *b, uint64_t *dice)
{
    struct hp_cable_config config = {.way = {.rate = 1000000 * (uint64_t)(5 + world_dice(dice, 500)), .delay = HP_US(world_dice(dice, 8000))}};
    config.way.faults = (struct hp_faults){.loss = world_dice(dice, 60000000), .duplicate = world_dice(dice, 40000000),
                                           .reorder = world_dice(dice, 80000000), .reorder_by = HP_US(world_dice(dice, 5000)),
                                           .jitter = HP_US(world_dice(dice, 900)), .bit_errors = world_dice(dice, 3000)};
    if (!hp_world_cable(w, a, b, &config)) abort();
}

static void world_unplug(void *w) { hp_world_cable_set_up(w, hp_world_find_cable(w, "r1-r2"), false); }
static void world_plug(void *w) { hp_world_cable_set_up(w, hp_world_find_cable(w, "r1-r2"), true); }

static void world_must(int err)
{
    if (err < 0) abort();
}

static int world_run(uint64_t seed, uint8_t *body)
{
    struct world_client client[WORLD_CLIENTS];
    struct hp_memory_file files[2] = {{"/page", "text/plain", body, WORLD_BODY}, {0}};
    struct hp_http_server http = {.files = hp_memory_files(files)};
    struct hp_world *w = hp_world_new(seed, hp_os_allocator());
    uint64_t dice = seed, bytes = 0;
    if (!w || !hp_world_switch(w, "sw") || !hp_world_router(w, "r1") || !hp_world_router(w, "r2") || !hp_world_host(w, "server")) abort();
    world_cable(w, "sw", "r1", &dice);
    world_cable(w, "r1", "r2", &dice);
    world_cable(w, "r2", "server", &dice);
    world_must(hp_world_address(w, "r1", "eth0", "10.1.0.1/24"));
    world_must(hp_world_address(w, "r1", "eth1", "10.8.0.1/30"));
    world_must(hp_world_address(w, "r2", "eth0", "10.8.0.2/30"));
    world_must(hp_world_address(w, "r2", "eth1", "10.9.0.1/24"));
    world_must(hp_world_address(w, "server", "eth0", "10.9.0.80/24"));
    world_must(hp_world_route(w, "r1", "10.9.0.0/24", "10.8.0.2"));
    world_must(hp_world_route(w, "r2", "10.1.0.0/24", "10.8.0.1"));
    world_must(hp_world_route(w, "server", "0.0.0.0/0", "10.9.0.1"));
    world_must(hp_http_serve(hp_world_find(w, "server"), &http));
    for (int i = 0; i < WORLD_CLIENTS; i++) {
        char name[16], address[32];
        struct world_client *c = &client[i];
        *c = (struct world_client){.get = {.url = "http://10.9.0.80/page", .timeout = HP_S(60)}, .result = HP_EINPROGRESS};
        snprintf(name, sizeof name, "c%d", i);
        snprintf(address, sizeof address, "10.1.0.%d/24", 10 + i);
        if (!hp_world_host(w, name)) abort();
        world_cable(w, name, "sw", &dice);
        world_must(hp_world_address(w, name, "eth0", address));
        world_must(hp_world_route(w, name, "0.0.0.0/0", "10.1.0.1"));
        world_must(hp_spawn(hp_world_find(w, name), "get", world_get, c, 0));
    }
    world_must(hp_world_at(w, HP_MS(500), world_unplug, w));
    world_must(hp_world_at(w, HP_MS(1700), world_plug, w));
    hp_world_run(w, HP_S(WORLD_SECONDS), NULL, NULL);
    for (int i = 0; i < WORLD_CLIENTS; i++) bytes += client[i].result == HP_OK ? client[i].get.body_bytes : 0;
    printf("world %llu: %016llx over %llu events, %llu bytes fetched\n", (unsigned long long)seed, (unsigned long long)hp_world_digest(w),
           (unsigned long long)hp_world_events(w), (unsigned long long)bytes);
    hp_world_free(w);
    return bytes == (uint64_t)WORLD_CLIENTS * WORLD_BODY ? 0 : 1;
}

int main(void)
{
    uint8_t *body = malloc(DIGEST_BODY);
    if (!body) return 1;
    for (int i = 0; i < DIGEST_BODY; i++) body[i] = (uint8_t)(i * 13 + i / 999);
    struct digest one = scene_run(1, body), again = scene_run(1, body), other = scene_run(2, body);
    printf("seed 1: %016llx over %llu events\n", (unsigned long long)one.hash, (unsigned long long)one.events);
    printf("seed 2: %016llx over %llu events\n", (unsigned long long)other.hash, (unsigned long long)other.events);
    int worlds = 0;
    for (uint64_t seed = 1; seed <= 3; seed++) worlds += world_run(seed, body);
    free(body);
    if (one.hash != again.hash) printf("seed 1 again: %016llx: not repeatable\n", (unsigned long long)again.hash);
    return !worlds && one.hash == again.hash && one.hash != other.hash && one.events > 1000 ? 0 : 1;
}
