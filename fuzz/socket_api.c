/* The socket API under random use: two hosts on a cable, up to sixteen sockets of every kind, programs, time, and allocations that fail.
 *
 * Two bytes of input are one call: which, and with what.  Nothing may crash, no assertion may fail, and when both hosts are freed nothing may be left. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hepta/hepta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { SOCKS = 16, CALLS_MAX = 4096, PIECE = 70000 };

struct api_end {
    struct hp_wire wire;
    struct hp_stack *s;
    struct api_end *other;
    size_t blocks;
};

struct api {
    struct api_end end[2];
    struct hp_sock *sock[SOCKS];
    bool borrowed[SOCKS];       /* by a program: it closes it */
    hp_time now;
    uint8_t *piece;
};

struct api_job {
    struct api *a;
    int i;
    uint8_t what;
};

static void *api_alloc(void *ctx, size_t n)
{
    struct api_end *e = ctx;
    void *p = malloc(n);
    if (p) e->blocks++;
    return p;
}

static void api_free(void *ctx, void *p, size_t n)
{
    struct api_end *e = ctx;
    e->blocks--;
    free(p);
}

static void api_tx(struct hp_wire *w, struct hp_pkt *p)
{
    struct api_end *e = w->state;
    if (e->other->s) hp_wire_rx(&e->other->wire, p);
    else hp_pkt_free(p);
}

static const struct hp_wire_ops api_ops = {.name = "api", .tx = api_tx};

static void api_open(struct api *a, int i)
{
    struct api_end *e = &a->end[i];
    struct hp_allocator allocator = {api_alloc, api_free, e};
    struct hp_config c = {.name = i ? "b" : "a", .allocator = &allocator, .seed = 1, .memory_max = 4 << 20};
    e->wire = (struct hp_wire){.ops = &api_ops, .state = e};
    e->other = &a->end[!i];
    e->s = hp_stack_new(&c);
    if (!e->s) abort();
    int link = hp_link_add(e->s, &e->wire, NULL);
    struct hp_prefix four = {hp_ip4(10, 0, 0, (uint8_t)(1 + i)), 120}, six = {{{0xfd, [15] = (uint8_t)(1 + i)}}, 64};
    hp_addr_add(e->s, link, &four, 0);
    hp_addr_add(e->s, link, &six, HP_ADDR_NO_DAD);
}

static struct hp_endpoint api_endpoint(uint8_t v)
{
    static const struct hp_ip ip[8] = {
        {{0}}, {{[10] = 0xff, 0xff, 10, 0, 0, 1}}, {{[10] = 0xff, 0xff, 10, 0, 0, 2}}, {{0xfd, [15] = 1}}, {{0xfd, [15] = 2}},
        {{[10] = 0xff, 0xff, 127, 0, 0, 1}}, {{[10] = 0xff, 0xff, 255, 255, 255, 255}}, {{0xff, 2, [15] = 1}}};
    return (struct hp_endpoint){.ip = ip[v & 7], .port = (uint16_t)(v >> 3 & 7 ? 1000 + (v >> 3 & 7) : 0), .link = v >> 6 == 3 ? 2 : 0};
}

static void api_step(struct api *a, hp_time span)
{
    hp_time end = a->now + span;
    for (int rounds = 0; rounds < 200; rounds++) {
        bool ran = false;
        for (int i = 0; i < 2; i++) {
            if (hp_deadline(a->end[i].s) <= a->now) hp_step(a->end[i].s, a->now);
            ran |= hp_programs_run(a->end[i].s);
        }
        hp_time x = hp_deadline(a->end[0].s), y = hp_deadline(a->end[1].s), next = x < y ? x : y;
        if (ran || next <= a->now) {
            a->now += HP_US(1);
            continue;
        }
        if (next > end) break;
        a->now = next;
    }
    if (a->now < end) a->now = end;
}

/* A program that uses one socket with blocking calls, and closes it. */
static void api_program(struct hp_stack *s, void *arg)
{
    struct api_job *j = arg;
    struct hp_sock *sock = j->a->sock[j->i], *child = NULL;
    uint8_t buf[64];
    hp_time timeo = HP_MS(200);
    unsigned events = HP_READABLE;
    struct hp_endpoint to = api_endpoint(j->what);
    if (!j->a->borrowed[j->i] || !sock || hp_sock_stack(sock) != s) { /* closed before it began */
        hp_free(s, j, sizeof *j);
        return;
    }
    hp_setsockopt(sock, HP_SO_RCVTIMEO, &timeo, sizeof timeo);
    hp_setsockopt(sock, HP_SO_SNDTIMEO, &timeo, sizeof timeo);
    switch (j->what & 7) {
    case 0: hp_recv(sock, buf, sizeof buf, HP_MSG_WAITALL); break;
    case 1: hp_connect(sock, &to); break;
    case 2: hp_send(sock, j->a->piece, PIECE, 0); break;
    case 3: hp_wait(s, &sock, &events, 1, HP_MS(100)); break;
    case 4: hp_sleep(s, HP_MS(50)); break;
    case 5: hp_accept(sock, &child, NULL); break;
    case 6: hp_sendto(sock, buf, 10, 0, &to); break;
    case 7: hp_wait(s, &sock, &events, 1, HP_NEVER); break;
    }
    if (child) hp_close(child);
    if (j->a->borrowed[j->i] && j->a->sock[j->i] == sock) {
        j->a->borrowed[j->i] = false;
        if (j->what & 8) {
            hp_close(sock);
            j->a->sock[j->i] = NULL;
        }
    }
    hp_free(s, j, sizeof *j);
}

static void api_spawn(struct api *a, int i, uint8_t what)
{
    struct hp_stack *s = hp_sock_stack(a->sock[i]);
    if (a->borrowed[i] || hp_programs_count(s) >= 8) return;
    struct api_job *j = hp_alloc(s, sizeof *j);
    if (!j) return;
    *j = (struct api_job){a, i, what};
    a->borrowed[i] = true;
    if (!hp_spawn(s, "api", api_program, j, 0)) return;
    a->borrowed[i] = false;
    hp_free(s, j, sizeof *j);
}

static void api_option(struct hp_sock *sock, uint8_t what)
{
    uint8_t value[64] = {0};
    size_t n = sizeof value;
    enum hp_opt opt = (enum hp_opt)(what % (HP_OPT_COUNT + 1));
    int v = (int[]){0, 1, 255, 100000}[what >> 6];
    memcpy(value, &v, sizeof v);
    hp_setsockopt(sock, opt, value, opt == HP_SO_LINGER ? sizeof(struct hp_linger) : sizeof v);
    hp_setsockopt(sock, opt, value, sizeof(hp_time));
    struct hp_tcp_info info;
    size_t info_n = sizeof info;
    if (opt == HP_TCP_INFO) hp_getsockopt(sock, opt, &info, &info_n);
    else hp_getsockopt(sock, opt, value, &n);
}

static void api_done(void *ctx) {}

static void api_data(struct api *a, struct hp_sock *sock, uint8_t call, uint8_t what)
{
    static const size_t size[8] = {0, 1, 8, 100, 1400, 3000, 20000, 65507};
    struct hp_endpoint to = api_endpoint((uint8_t)(what * 5));
    struct hp_recv_info info;
    struct hp_bytes part[3];
    unsigned flags = what >> 3;
    int parts;
    switch (call) {
    case 0: hp_send(sock, a->piece, size[what & 7], flags); break;
    case 1: hp_sendto(sock, a->piece, size[what & 7], flags, &to); break;
    case 2: hp_recv(sock, a->piece, size[what & 7], flags); break;
    case 3: hp_recvfrom(sock, a->piece, size[what & 7], flags, &info); break;
    case 4: hp_send_ref(sock, a->piece, size[what & 7], flags & HP_MSG_MORE, api_done, NULL); break;
    default:
        parts = hp_recv_borrow(sock, part, 1 + what % 3);
        size_t sum = 0;
        for (int i = 0; i < parts; i++)
            for (size_t k = 0; k < part[i].n; k++) sum += part[i].p[k] ? 1u : 1u;
        if (parts > 0) hp_recv_release(sock, what & 8 ? sum : sum / 2);
    }
}

static void api_call(struct api *a, uint8_t call, uint8_t what)
{
    int i = what % SOCKS;
    struct hp_sock *sock = a->sock[i], *child = NULL;
    struct hp_endpoint e = api_endpoint((uint8_t)(call * 7 + what));
    if (call % 16 == 0) {
        api_step(a, (hp_time)1 << (what % 36));
        return;
    }
    if (call % 16 == 1) {
        hp_mem_fail_at(a->end[what & 1].s, what >> 1);
        return;
    }
    if (!sock) {
        hp_socket(a->end[call & 1].s, (enum hp_sock_type)(what >> 4 & 3), (what >> 4 & 3) == HP_RAW ? 17 : 0, &a->sock[i]);
        return;
    }
    switch (call % 16) {
    case 2: hp_bind(sock, &e); break;
    case 3: hp_connect(sock, what & 64 ? NULL : &e); break;
    case 4: hp_listen(sock, what >> 4); break;
    case 5:
        if (hp_accept(sock, &child, &e) || !child) break;
        for (int k = 0; k < SOCKS && child; k++) {
            if (a->sock[k]) continue;
            a->sock[k] = child;
            child = NULL;
        }
        if (child) hp_close(child);
        break;
    case 6: hp_shutdown(sock, what >> 4 & 3); break;
    case 7:
        if (a->borrowed[i] && !(what & 128)) break; /* now and then under the program's feet */
        hp_close(sock);
        a->sock[i] = NULL;
        a->borrowed[i] = false;
        break;
    case 8: api_option(sock, (uint8_t)(call ^ what << 3)); break;
    case 9: api_spawn(a, i, (uint8_t)(what >> 4 | call)); break;
    case 10:
        hp_local(sock, &e);
        hp_peer(sock, &e);
        hp_ready(sock);
        break;
    default: api_data(a, sock, (uint8_t)(call % 16 - 11 + (call >= 208 ? 2 : 0)), (uint8_t)(what ^ call << 3));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct api *a = calloc(1, sizeof *a);
    if (!a) abort();
    a->piece = calloc(1, PIECE);
    if (!a->piece) abort();
    for (int i = 0; i < 2; i++) api_open(a, i);
    for (size_t k = 0; k + 1 < n && k < 2 * CALLS_MAX; k += 2) {
        unsigned what;
        api_call(a, data[k], data[k + 1]);
        while (hp_next_ready(a->end[k & 1].s, &what)) {}
    }
    for (int i = 0; i < 2; i++) hp_mem_fail_at(a->end[i].s, 0);
    api_step(a, HP_S(1));
    for (int i = 0; i < 2; i++) {
        hp_stack_free(a->end[i].s);
        a->end[i].s = NULL;
    }
    if (a->end[0].blocks || a->end[1].blocks) {
        fprintf(stderr, "left: %zu and %zu blocks\n", a->end[0].blocks, a->end[1].blocks);
        abort();
    }
    free(a->piece);
    free(a);
    return 0;
}
