/* The lab's speed: whole networks of full stacks in virtual time, on one core, and the trees on all of them.
 *
 * A hop is a frame that arrived at the other end of a cable; everything that it causes (switching, routing, TCP at the ends) is
 * counted in its cost.  Options: --json, --only NAME, --seconds N (of virtual time, for the flows), --hosts N, --threads N, --digest. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hepta/lab.h"
#include "hepta/net.h"
#include "hepta/os.h"
#include "hepta/socket.h"

enum { BENCH_PORT = 5001, BENCH_PIECE = 65536, FLOWS = 64, BRANCHES = 10, LEAVES = 100, REQUEST = 100, RESPONSE = 1000 };

static bool json, digest;
static atomic_size_t held; /* with what the arena adds: whole cache lines */
static struct hp_arena *arena;
static struct hp_crew *crew; /* NULL: one thread */

static size_t bench_lines(size_t n) { return (n + 63) & ~(size_t)63; }

static void *bench_alloc(void *ctx, size_t n)
{
    const struct hp_allocator *a = hp_arena_allocator(arena);
    held += bench_lines(n);
    return a->alloc(a->ctx, n);
}
static void bench_free(void *ctx, void *p, size_t n)
{
    const struct hp_allocator *a = hp_arena_allocator(arena);
    held -= bench_lines(n);
    a->free(a->ctx, p, n);
}
static const struct hp_allocator bench_allocator = {bench_alloc, bench_free, NULL};

static void die(const char *what, int err)
{
    fprintf(stderr, "bench: %s: %s\n", what, hp_err_text(err));
    exit(1);
}
static void must(const char *what, int err)
{
    if (err < 0 && err != HP_EINPROGRESS) die(what, err);
}

/* Of one thread, what it had of the processor; of several, what passed. */
static double seconds(void)
{
    struct timespec t;
    clock_gettime(crew ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void report(const char *name, double value, const char *unit, const char *how)
{
    static bool first = true;
    if (json) printf("%s{\"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\"}", first ? "[" : ",\n ", name, value, unit);
    else printf("%-28s %14.3f %-18s %s\n", name, value, unit, how);
    first = false;
    fflush(stdout);
}

static struct hp_world *world_new(void)
{
    struct hp_world *w = hp_world_new(1, &bench_allocator);
    if (!w) die("world", HP_ENOMEM);
    hp_world_set_digest(w, digest);
    if (crew) must("threads", hp_world_set_workers(w, hp_crew_workers(crew)));
    return w;
}

static void cable(struct hp_world *w, const char *a, const char *b, uint64_t rate, hp_time delay)
{
    struct hp_cable_config c = {.way = {.rate = rate, .delay = delay}};
    if (!hp_world_cable(w, a, b, &c)) die("cable", HP_ENOMEM);
}

static uint64_t hops(const struct hp_world *w)
{
    uint64_t sum = 0;
    struct hp_cable *c;
    for (unsigned i = 0; (c = hp_world_each_cable(w, i)); i++) {
        for (int end = 0; end < 2; end++) {
            struct hp_cable_stats s;
            hp_cable_stats(c, end, &s);
            sum += s.delivered;
        }
    }
    return sum;
}

/* ---- bulk: a client that sends as much as it can, a server that takes it ---- */

struct flow {
    struct hp_sock *sock;
    uint64_t bytes;
};

static const uint8_t piece[BENCH_PIECE];

static void bulk_send(void *ctx, struct hp_stack *s)
{
    unsigned what;
    for (struct hp_sock *sock; (sock = hp_next_ready(s, &what));)
        if (what & HP_WRITABLE)
            while (hp_send(sock, piece, sizeof piece, 0) > 0) continue;
}

static void bulk_take(void *ctx, struct hp_stack *s)
{
    struct flow *f = ctx;
    unsigned what;
    for (struct hp_sock *sock; (sock = hp_next_ready(s, &what));) {
        if (sock == f->sock) {
            while (hp_accept(f->sock, &sock, NULL) == HP_OK) continue;
            continue;
        }
        struct hp_bytes part[16];
        for (int n; (n = hp_recv_borrow(sock, part, 16)) > 0;) { /* as a program that looks at what it reads */
            size_t sum = 0;
            for (int i = 0; i < n; i++) sum += part[i].n;
            f->bytes += sum;
            hp_recv_release(sock, sum);
        }
    }
}

static void flow_open(struct hp_world *w, struct flow *f, const char *client, const char *server, struct hp_ip to)
{
    struct hp_sock *sock;
    must("socket", hp_socket(hp_world_find(w, server), HP_STREAM, 0, &f->sock));
    must("bind", hp_bind(f->sock, &(struct hp_endpoint){.port = BENCH_PORT}));
    must("listen", hp_listen(f->sock, 64));
    hp_world_on_step(w, server, bulk_take, f);
    must("socket", hp_socket(hp_world_find(w, client), HP_STREAM, 0, &sock));
    must("cubic", hp_setsockopt(sock, HP_TCP_CONGESTION, "cubic", 5));
    must("connect", hp_connect(sock, &(struct hp_endpoint){.ip = to, .port = BENCH_PORT}));
    hp_world_on_step(w, client, bulk_send, f);
}

struct run {
    uint64_t frames, events;
    double took;
    hp_time span;
};

/* The part that is measured; not inlined, so that a profiler can be told to look here only. */
static __attribute__((noinline)) struct run run_measured(struct hp_world *w, hp_time span)
{
    struct run r = {.frames = hops(w), .events = hp_world_events(w), .span = span};
    double began = seconds();
    hp_world_run(w, hp_world_now(w) + span, NULL, NULL);
    r.took = seconds() - began;
    r.frames = hops(w) - r.frames;
    r.events = hp_world_events(w) - r.events;
    return r;
}

static void report_run(const struct run *r, const char *name, uint64_t bytes)
{
    char what[64];
    snprintf(what, sizeof what, "%s_hops", name);
    report(what, (double)r->frames / r->took * 1e-6, "Mhops/s", "frames over cables, with all that they cause");
    snprintf(what, sizeof what, "%s_frames", name);
    report(what, (double)r->frames, "frames", "over cables, in the measured part");
    snprintf(what, sizeof what, "%s_events", name);
    report(what, (double)r->events / r->took * 1e-6, "Mevents/s", "steps of machines and cables");
    snprintf(what, sizeof what, "%s_goodput", name);
    if (bytes) report(what, (double)bytes * 8 / (double)r->span, "Gbit/s", "in virtual time: what the network carried");
    snprintf(what, sizeof what, "%s_slowdown", name);
    report(what, r->took / ((double)r->span * 1e-9), "s/s", "real seconds per virtual second");
}

/* Client, router, server; 10 Gbit/s and 0.5 ms each. */
static void bench_one(hp_time span)
{
    struct hp_world *w = world_new();
    struct flow f = {0};
    hp_world_host(w, "c");
    hp_world_router(w, "r");
    hp_world_host(w, "s");
    cable(w, "c", "r", 10000000000, HP_US(500));
    cable(w, "r", "s", 10000000000, HP_US(500));
    must("address", hp_world_address(w, "c", "eth0", "10.0.1.2/24"));
    must("address", hp_world_address(w, "r", "eth0", "10.0.1.1/24"));
    must("address", hp_world_address(w, "r", "eth1", "10.0.2.1/24"));
    must("address", hp_world_address(w, "s", "eth0", "10.0.2.2/24"));
    must("route", hp_world_route(w, "c", "0.0.0.0/0", "10.0.1.1"));
    must("route", hp_world_route(w, "s", "0.0.0.0/0", "10.0.2.1"));
    flow_open(w, &f, "c", "s", hp_ip4(10, 0, 2, 2));
    struct run r = run_measured(w, span);
    report_run(&r, "one_10g_1ms", f.bytes);
    hp_world_free(w);
}

/* 64 clients, two routers, 64 servers; 1 Gbit/s and 10 ms between the routers. */
static void bench_many(hp_time span)
{
    static struct flow f[FLOWS];
    struct hp_world *w = world_new();
    char c[16], s[16], address[32], link[16];
    memset(f, 0, sizeof f);
    hp_world_router(w, "r1");
    hp_world_router(w, "r2");
    cable(w, "r1", "r2", 1000000000, HP_MS(10));
    must("address", hp_world_address(w, "r1", "eth0", "10.255.0.1/24"));
    must("address", hp_world_address(w, "r2", "eth0", "10.255.0.2/24"));
    must("route", hp_world_route(w, "r1", "10.2.0.0/16", "10.255.0.2"));
    must("route", hp_world_route(w, "r2", "10.1.0.0/16", "10.255.0.1"));
    for (int i = 0; i < FLOWS; i++) {
        snprintf(c, sizeof c, "c%d", i);
        snprintf(s, sizeof s, "s%d", i);
        snprintf(link, sizeof link, "eth%d", i + 1);
        hp_world_host(w, c);
        hp_world_host(w, s);
        cable(w, c, "r1", 10000000000, HP_US(10));
        cable(w, s, "r2", 10000000000, HP_US(10));
        for (int side = 1; side <= 2; side++) {
            snprintf(address, sizeof address, "10.%d.%d.1/24", side, i);
            must("address", hp_world_address(w, side == 1 ? "r1" : "r2", link, address));
            snprintf(address, sizeof address, "10.%d.%d.2/24", side, i);
            must("address", hp_world_address(w, side == 1 ? c : s, "eth0", address));
            snprintf(address, sizeof address, "10.%d.%d.1", side, i);
            must("route", hp_world_route(w, side == 1 ? c : s, "0.0.0.0/0", address));
        }
        flow_open(w, &f[i], c, s, hp_ip4(10, 2, (uint8_t)i, 2));
    }
    struct run r = run_measured(w, span);
    uint64_t bytes = 0;
    for (int i = 0; i < FLOWS; i++) bytes += f[i].bytes;
    report_run(&r, "many_64x1g", bytes);
    hp_world_free(w);
}

/* ---- a tree: a server, a router, ten switches with a hundred hosts each; everybody asks, and when answered asks again ---- */

struct leaf {
    struct hp_sock *sock;
    uint64_t got;
    enum hp_sock_type type;
};

static void leaf_step(void *ctx, struct hp_stack *s)
{
    struct leaf *l = ctx;
    unsigned what;
    uint8_t in[2 * RESPONSE];
    while (hp_next_ready(s, &what)) {
        if (what & HP_WRITABLE && !l->got) hp_send(l->sock, piece, REQUEST, 0);
        for (int64_t n; (n = hp_recv(l->sock, in, sizeof in, 0)) > 0;) {
            uint64_t before = l->got / RESPONSE;
            l->got += (uint64_t)n;
            if (l->got / RESPONSE > before) hp_send(l->sock, piece, REQUEST, 0);
        }
    }
}

static void tree_serve_streams(void *ctx, struct hp_stack *s)
{
    struct flow *f = ctx;
    unsigned what;
    uint8_t in[2 * RESPONSE];
    for (struct hp_sock *sock; (sock = hp_next_ready(s, &what));) {
        while (sock == f->sock && hp_accept(f->sock, &sock, NULL) == HP_OK) sock = f->sock;
        if (sock == f->sock) continue;
        for (int64_t n; (n = hp_recv(sock, in, sizeof in, 0)) > 0;)
            for (; n >= REQUEST; n -= REQUEST) hp_send(sock, piece, RESPONSE, 0);
    }
}

static void tree_serve_datagrams(void *ctx, struct hp_stack *s)
{
    unsigned what;
    uint8_t in[2 * RESPONSE];
    for (struct hp_sock *sock; (sock = hp_next_ready(s, &what));) {
        struct hp_recv_info from;
        while (hp_recvfrom(sock, in, sizeof in, 0, &from) >= 0) hp_sendto(sock, piece, RESPONSE, 0, &from.from);
    }
}

static uint64_t leaves_answered(const struct leaf *leaf)
{
    uint64_t sum = 0;
    for (int i = 0; i < BRANCHES * LEAVES; i++) sum += leaf[i].got / RESPONSE;
    return sum;
}

static void leaf_start(void *ctx, struct hp_stack *s)
{
    struct leaf *l = ctx;
    must("socket", hp_socket(s, l->type, 0, &l->sock));
    must("connect", hp_connect(l->sock, &(struct hp_endpoint){.ip = hp_ip4(10, 0, 0, 2), .port = BENCH_PORT}));
    if (l->type == HP_DGRAM) hp_send(l->sock, piece, REQUEST, 0);
}

/* One after the other, so that no first packet is lost while a thousand wait for the same neighbour to be found. */
static hp_time leaf_start_at(int b, int i) { return HP_MS(1) + HP_US(20) * (i * BRANCHES + b) + (i || b ? HP_MS(1) : 0); }

static void tree_leaf(struct hp_world *w, struct leaf *l, enum hp_sock_type type, int b, int i)
{
    l->type = type;
    char name[16], sw[16], text[32];
    snprintf(name, sizeof name, "h%d.%d", b, i);
    snprintf(sw, sizeof sw, "sw%d", b);
    hp_world_host(w, name);
    cable(w, name, sw, 1000000000, HP_US(5));
    snprintf(text, sizeof text, "10.%d.0.%d/24", b + 1, i + 2);
    must("address", hp_world_address(w, name, "eth0", text));
    snprintf(text, sizeof text, "10.%d.0.1", b + 1);
    must("route", hp_world_route(w, name, "0.0.0.0/0", text));
    hp_world_on_step(w, name, leaf_step, l);
    must("start", hp_world_at_machine(w, leaf_start_at(b, i), name, leaf_start, l));
}

static void tree_server(struct hp_world *w, struct flow *f, enum hp_sock_type type)
{
    hp_world_host(w, "server");
    hp_world_router(w, "root");
    cable(w, "server", "root", 100000000000, HP_US(10));
    must("address", hp_world_address(w, "server", "eth0", "10.0.0.2/24"));
    must("address", hp_world_address(w, "root", "eth0", "10.0.0.1/24"));
    must("route", hp_world_route(w, "server", "0.0.0.0/0", "10.0.0.1"));
    must("socket", hp_socket(hp_world_find(w, "server"), type, 0, &f->sock));
    must("bind", hp_bind(f->sock, &(struct hp_endpoint){.port = BENCH_PORT}));
    if (type == HP_STREAM) must("listen", hp_listen(f->sock, 4096));
    hp_world_on_step(w, "server", type == HP_STREAM ? tree_serve_streams : tree_serve_datagrams, f);
}

/* Measured is what comes after `warm`: addresses are announced and neighbours found by then, and everybody has been answered. */
static void bench_tree(const char *name, enum hp_sock_type type, hp_time warm, hp_time span)
{
    static struct leaf leaf[BRANCHES * LEAVES];
    struct flow f = {0};
    struct hp_world *w = world_new();
    char sw[16], link[16], text[64];
    memset(leaf, 0, sizeof leaf);
    tree_server(w, &f, type);
    for (int b = 0; b < BRANCHES; b++) {
        snprintf(sw, sizeof sw, "sw%d", b);
        snprintf(link, sizeof link, "eth%d", b + 1);
        snprintf(text, sizeof text, "10.%d.0.1/24", b + 1);
        hp_world_switch(w, sw);
        cable(w, "root", sw, 10000000000, HP_US(10));
        must("address", hp_world_address(w, "root", link, text));
        for (int i = 0; i < LEAVES; i++) tree_leaf(w, &leaf[b * LEAVES + i], type, b, i);
    }
    hp_world_run(w, warm, NULL, NULL);
    for (int i = 0; i < BRANCHES * LEAVES; i++)
        if (!leaf[i].got) die("a leaf was not answered", HP_ETIMEDOUT);
    uint64_t answers = leaves_answered(leaf);
    struct run r = run_measured(w, span);
    answers = leaves_answered(leaf) - answers;
    snprintf(text, sizeof text, "%s_exchanges", name);
    report(text, (double)answers / r.took, "exchanges/s", "100 bytes there, 1000 back, 3 hops each way");
    report_run(&r, name, 0);
    if (digest) fprintf(stderr, "digest %016llx, %llu events\n", (unsigned long long)hp_world_digest(w), (unsigned long long)hp_world_events(w));
    hp_world_free(w);
}

/* ---- memory ---- */

static void bench_idle(int hosts)
{
    struct hp_world *w = world_new();
    char name[16], sw[16] = "", text[32];
    size_t before = held;
    double began = seconds();
    for (int i = 0; i < hosts; i++) {
        if (i % 100 == 0) {
            snprintf(sw, sizeof sw, "sw%d", i / 100);
            hp_world_switch(w, sw);
        }
        snprintf(name, sizeof name, "h%d", i);
        snprintf(text, sizeof text, "10.%d.%d.%d/8", i >> 16, i >> 8 & 255, i & 255);
        hp_world_host(w, name);
        cable(w, name, sw, 1000000000, HP_US(5));
        must("address", hp_world_address(w, name, "eth0", text));
    }
    report("host_creation", (seconds() - began) / hosts * 1e6, "us", "per host, with its cable and address");
    hp_world_run(w, HP_S(60), NULL, NULL); /* announcements, solicitations, reports to all neighbours */
    began = seconds();
    hp_world_run(w, HP_S(70), NULL, NULL);
    report("idle_host", (double)(held - before) / hosts, "bytes", "a host with an address, its cable, its port of a switch of 100");
    report("idle_seconds", (seconds() - began) / 10 * 1000, "ms/s", "real time per virtual second, nobody talking");
    hp_world_free(w);
    if (held) die("memory leaked", HP_ENOMEM);
}

/* The trees again, in several threads. */
static void bench_crew(const char *only, int threads, hp_time span)
{
    crew = threads > 1 ? hp_crew_new((unsigned)threads) : NULL;
    if (!crew) return;
    if (!only || strcmp(only, "tree-cores") == 0) bench_tree("tree_1000_cores", HP_STREAM, HP_MS(30), span);
    if (!only || strcmp(only, "tree-udp-cores") == 0) bench_tree("tree_udp_1000_cores", HP_DGRAM, HP_MS(30), span);
    hp_crew_free(crew);
}

int main(int argc, char **argv)
{
    const char *only = NULL;
    int hosts = 10000, span = 2, threads = (int)hp_os_cores();
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) json = true;
        else if (strcmp(argv[i], "--digest") == 0) digest = true;
        else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) only = argv[++i];
        else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) span = atoi(argv[++i]);
        else if (strcmp(argv[i], "--hosts") == 0 && i + 1 < argc) hosts = atoi(argv[++i]);
        else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc) threads = atoi(argv[++i]);
        else {
            fprintf(stderr,
                    "usage: %s [--json] [--only one|many|tree|tree-udp|idle|tree-cores|tree-udp-cores] [--seconds N] [--hosts N]\n"
                    "       [--threads N] [--digest]\n",
                    argv[0]);
            return 2;
        }
    }
    arena = hp_arena_new();
    if (!arena) die("arena", HP_ENOMEM);
    if (!only || strcmp(only, "one") == 0) bench_one(HP_S(span));
    if (!only || strcmp(only, "many") == 0) bench_many(HP_S(span));
    if (!only || strcmp(only, "tree") == 0) bench_tree("tree_1000", HP_STREAM, HP_MS(30), HP_MS(25) * span);
    if (!only || strcmp(only, "tree-udp") == 0) bench_tree("tree_udp_1000", HP_DGRAM, HP_MS(30), HP_MS(25) * span);
    if (!only || strcmp(only, "idle") == 0) bench_idle(hosts);
    bench_crew(only, threads, HP_MS(25) * span);
    hp_arena_free(arena);
    if (json) printf("]\n");
    return 0;
}
