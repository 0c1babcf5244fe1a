/* Prints a digest of everything that happened in some scenarios, every frame's bytes and every event.  However this was built, with whatever compiler,
 * it must print the same (tools/test portable).  The same seed twice must give the same, another seed something else. */
#include <stdlib.h>

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

int main(void)
{
    uint8_t *body = malloc(DIGEST_BODY);
    if (!body) return 1;
    for (int i = 0; i < DIGEST_BODY; i++) body[i] = (uint8_t)(i * 13 + i / 999);
    struct digest one = scene_run(1, body), again = scene_run(1, body), other = scene_run(2, body);
    printf("seed 1: %016llx over %llu events\n", (unsigned long long)one.hash, (unsigned long long)one.events);
    printf("seed 2: %016llx over %llu events\n", (unsigned long long)other.hash, (unsigned long long)other.events);
    free(body);
    if (one.hash != again.hash) printf("seed 1 again: %016llx: not repeatable\n", (unsigned long long)again.hash);
    return one.hash == again.hash && one.hash != other.hash && one.events > 1000 ? 0 : 1;
}
