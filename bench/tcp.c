/* TCP between two stacks of one process, on one core: bulk, request/response, connections, idle memory.
 *
 * The wire is a pointer that changes hands; checksums are computed and verified; both ends' work is counted together.  Time is virtual
 * (a microsecond a round), so only the work is measured.  Options: --json, --mtu N, --mbytes N, --count N (of exchanges,
 * connections), --only NAME. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hepta/net.h"
#include "hepta/socket.h"
#include "hepta/stack.h"
#include "hepta/wire.h"

enum { BENCH_PORT = 5001, BENCH_PIECE = 65536 };

static void *bench_alloc(void *ctx, size_t n) { return malloc(n); }
static void bench_free(void *ctx, void *p, size_t n) { free(p); }
static const struct hp_allocator bench_allocator = {bench_alloc, bench_free, NULL};

/* ---- a wire that is a pointer ---- */

struct end {
    struct hp_wire wire;
    struct hp_stack *stack;
    struct end *other;
    hp_time deadline;
    uint64_t packets;
};

static void end_tx(struct hp_wire *w, struct hp_pkt *p)
{
    struct end *e = w->state;
    e->packets++;
    e->other->deadline = 0;
    hp_wire_rx(&e->other->wire, p);
}

static const struct hp_wire_ops end_ops = {.name = "bench", .tx = end_tx};

struct pair {
    struct end a, b;
    hp_time now;
    uint64_t rounds;
};

static void die(const char *what, int err)
{
    fprintf(stderr, "bench: %s: %s\n", what, hp_err_text(err));
    exit(1);
}

static void end_open(struct end *e, struct end *other, const char *name, uint32_t mtu, uint8_t host)
{
    struct hp_config config = {.name = name, .allocator = &bench_allocator, .seed = 1};
    struct hp_prefix address = {hp_ip4(10, 0, 0, host), 120};
    *e = (struct end){.wire = {.ops = &end_ops, .state = e, .mtu = mtu}, .other = other};
    e->stack = hp_stack_new(&config);
    int link = e->stack ? hp_link_add(e->stack, &e->wire, NULL) : HP_ENOMEM;
    if (link < 0) die("link", link);
    int err = hp_addr_add(e->stack, link, &address, HP_ADDR_NO_DAD);
    if (err) die("address", err);
}

static void pair_open(struct pair *p, uint32_t mtu)
{
    *p = (struct pair){0};
    end_open(&p->a, &p->b, "a", mtu, 1);
    end_open(&p->b, &p->a, "b", mtu, 2);
}

static void pair_close(struct pair *p)
{
    hp_stack_free(p->a.stack);
    hp_stack_free(p->b.stack);
}

/* One round: each end whose time has come, a microsecond passes. */
static void pair_step(struct pair *p)
{
    p->rounds++;
    p->now += HP_US(1);
    if (hp_deadline(p->a.stack) <= p->now) hp_step(p->a.stack, p->now);
    if (hp_deadline(p->b.stack) <= p->now) hp_step(p->b.stack, p->now);
}

static struct hp_sock *listener_open(struct pair *p)
{
    struct hp_sock *l;
    struct hp_endpoint any = {.port = BENCH_PORT};
    int err = hp_socket(p->b.stack, HP_STREAM, 0, &l);
    if (!err) err = hp_bind(l, &any);
    if (!err) err = hp_listen(l, 4096);
    if (err) die("listen", err);
    return l;
}

static struct hp_sock *client_start(struct pair *p)
{
    struct hp_sock *c;
    struct hp_endpoint to = {.ip = hp_ip4(10, 0, 0, 2), .port = BENCH_PORT};
    int err = hp_socket(p->a.stack, HP_STREAM, 0, &c);
    if (!err) err = hp_connect(c, &to);
    if (err && err != HP_EINPROGRESS) die("connect", err);
    return c;
}

static struct hp_sock *server_accept(struct pair *p, struct hp_sock *l)
{
    struct hp_sock *c;
    for (int i = 0; i < 1000000; i++) {
        int err = hp_accept(l, &c, NULL);
        if (!err) return c;
        if (err != HP_EAGAIN) die("accept", err);
        pair_step(p);
    }
    die("accept", HP_ETIMEDOUT);
    return NULL;
}

static void forget_ready(struct hp_stack *s)
{
    unsigned what;
    while (hp_next_ready(s, &what)) continue;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- results ---- */

static bool json;

static void report(const char *name, double value, const char *unit, const char *how)
{
    static bool first = true;
    if (json) printf("%s{\"name\": \"%s\", \"value\": %.1f, \"unit\": \"%s\"}", first ? "[" : ",\n ", name, value, unit);
    else printf("%-28s %14.1f %-18s %s\n", name, value, unit, how);
    first = false;
}

/* ---- the measurements ---- */

static void bench_bulk(uint32_t mtu, uint64_t total)
{
    static uint8_t piece[BENCH_PIECE];
    struct pair p;
    pair_open(&p, mtu);
    struct hp_sock *l = listener_open(&p), *c = client_start(&p), *s = server_accept(&p, l);
    uint64_t sent = 0, got = 0;
    double began = seconds();
    while (got < total) {
        while (sent < total) {
            int64_t n = hp_send(c, piece, sizeof piece, 0);
            if (n == HP_EAGAIN) break;
            if (n < 0) die("send", (int)n);
            sent += (uint64_t)n;
        }
        pair_step(&p);
        for (int64_t n; (n = hp_recv(s, piece, sizeof piece, 0)) != HP_EAGAIN; got += (uint64_t)n)
            if (n <= 0) die("recv", (int)n);
        forget_ready(p.a.stack);
        forget_ready(p.b.stack);
        if (p.rounds > total) die("bulk does not move", HP_ETIMEDOUT);
    }
    double took = seconds() - began;
    char name[64];
    snprintf(name, sizeof name, "bulk_mtu%u", mtu);
    report(name, (double)got * 8e-9 / took, "Gbit/s", "goodput, both ends' work on one core");
    snprintf(name, sizeof name, "packets_mtu%u", mtu);
    report(name, (double)(p.a.packets + p.b.packets) / took * 1e-6, "Mpackets/s", "data and acknowledgments");
    hp_close(c);
    hp_close(s);
    hp_close(l);
    pair_close(&p);
}

static void bench_rr(int count)
{
    struct pair p;
    uint8_t byte = 1;
    pair_open(&p, 1500);
    struct hp_sock *l = listener_open(&p), *c = client_start(&p), *s = server_accept(&p, l);
    int on = 1;
    hp_setsockopt(c, HP_TCP_NODELAY, &on, sizeof on);
    hp_setsockopt(s, HP_TCP_NODELAY, &on, sizeof on);
    double began = seconds();
    for (int i = 0; i < count; i++) {
        if (hp_send(c, &byte, 1, 0) != 1) die("send", HP_EIO);
        while (hp_recv(s, &byte, 1, 0) != 1) pair_step(&p);
        if (hp_send(s, &byte, 1, 0) != 1) die("send", HP_EIO);
        while (hp_recv(c, &byte, 1, 0) != 1) pair_step(&p);
    }
    report("request_response", count / (seconds() - began), "exchanges/s", "1 byte each way on one connection");
    hp_close(c);
    hp_close(s);
    hp_close(l);
    pair_close(&p);
}

static void bench_connections(int count)
{
    struct pair p;
    uint8_t byte = 1;
    pair_open(&p, 1500);
    struct hp_sock *l = listener_open(&p);
    double began = seconds();
    for (int i = 0; i < count; i++) {
        struct hp_sock *c = client_start(&p), *s = server_accept(&p, l);
        while (hp_send(c, &byte, 1, 0) != 1) pair_step(&p);
        while (hp_recv(s, &byte, 1, 0) != 1) pair_step(&p);
        if (hp_send(s, &byte, 1, 0) != 1) die("send", HP_EIO);
        hp_close(s);
        while (hp_recv(c, &byte, 1, 0) != 1) pair_step(&p);
        hp_close(c);
        for (int k = 0; k < 4; k++) pair_step(&p);
        if (i % 20000 == 19999) { /* TIME-WAIT ends; ports come back */
            p.now += HP_S(130);
            pair_step(&p);
        }
    }
    report("connections", count / (seconds() - began), "connections/s", "open, 1 byte each way, close");
    hp_close(l);
    pair_close(&p);
}

static size_t held(const struct hp_stack *s)
{
    struct hp_mem_stats m;
    hp_mem_stats(s, &m);
    return m.bytes;
}

/* 100,000 connections need more than one client address: ports are 28,000 per peer. */
static void bench_idle(int count)
{
    struct pair p;
    pair_open(&p, 1500);
    struct hp_sock *l = listener_open(&p);
    for (uint8_t i = 0; i < 8; i++) {
        struct hp_prefix more = {hp_ip4(10, 0, 0, (uint8_t)(100 + i)), 120};
        hp_addr_add(p.a.stack, hp_link_find(p.a.stack, "eth0"), &more, HP_ADDR_NO_DAD);
    }
    size_t a = held(p.a.stack), b = held(p.b.stack);
    for (int i = 0; i < count; i++) {
        struct hp_sock *c;
        struct hp_endpoint from = {.ip = hp_ip4(10, 0, 0, (uint8_t)(100 + i % 8))};
        struct hp_endpoint to = {.ip = hp_ip4(10, 0, 0, 2), .port = BENCH_PORT};
        int err = hp_socket(p.a.stack, HP_STREAM, 0, &c);
        if (!err) err = hp_bind(c, &from);
        if (!err) err = hp_connect(c, &to);
        if (err && err != HP_EINPROGRESS) die("connect", err);
        server_accept(&p, l);
        forget_ready(p.a.stack);
        forget_ready(p.b.stack);
    }
    for (int i = 0; i < 1000; i++) pair_step(&p);
    report("idle_client", (double)(held(p.a.stack) - a) / count, "bytes/connection", "established, nothing buffered");
    report("idle_server", (double)(held(p.b.stack) - b) / count, "bytes/connection", "accepted, nothing buffered");

    double began = seconds();
    for (int i = 0; i < 1000000; i++) pair_step(&p);
    report("idle_step", (seconds() - began) / 1e6 * 1e9, "ns/step", "with all of them open");
    pair_close(&p);
}

int main(int argc, char **argv)
{
    const char *only = NULL;
    uint64_t mbytes = 2000;
    int count = 0;
    uint32_t mtu = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) json = true;
        else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) only = argv[++i];
        else if (strcmp(argv[i], "--mtu") == 0 && i + 1 < argc) mtu = (uint32_t)atoi(argv[++i]);
        else if (strcmp(argv[i], "--mbytes") == 0 && i + 1 < argc) mbytes = (uint64_t)atoll(argv[++i]);
        else if (strcmp(argv[i], "--count") == 0 && i + 1 < argc) count = atoi(argv[++i]);
        else {
            fprintf(stderr, "usage: %s [--json] [--only bulk|rr|connections|idle] [--mtu N] [--mbytes N] [--count N]\n", argv[0]);
            return 2;
        }
    }
    if (!only || strcmp(only, "bulk") == 0) {
        if (mtu != 9000) bench_bulk(mtu ? mtu : 1500, mbytes * 1000000);
        if (!mtu || mtu == 9000) bench_bulk(9000, mbytes * 1000000);
    }
    if (!only || strcmp(only, "rr") == 0) bench_rr(count ? count : 200000);
    if (!only || strcmp(only, "connections") == 0) bench_connections(count ? count : 60000);
    if (!only || strcmp(only, "idle") == 0) bench_idle(count ? count : 100000);
    if (json) printf("]\n");
    return 0;
}
