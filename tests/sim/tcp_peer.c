/* A peer out of its mind: segments near what would be right, drawn at random, with any flags, SACK blocks and windows; the user calls at random too.
 * Whatever comes, the invariants hold after every step, nothing leaks, and no transition happens that RFC 9293 forbids (an assertion). */
#include "core/random.h"
#include "l4_transport/tcp/tcp.h"
#include "support/talk.h"
#include "support/tcp_check.h"

enum { PEER_SEEDS = 300, PEER_STEPS = 400 };

struct peer {
    struct talk t;
    struct random random;
};

static uint32_t draw(struct peer *p, uint32_t n) { return random_below(&p->random, n); }
static bool chance(struct peer *p, uint32_t percent) { return draw(p, 100) < percent; }

/* The machine's connection, or NULL. */
static const struct tcp *machine(const struct peer *p)
{
    const struct tcp_host *h = stack_state(p->t.s, &tcp_proto);
    for (const struct tcp *t = h->all; t; t = t->all_next)
        if (t->state != TCP_CLOSED && t->state != TCP_LISTEN) return t;
    return NULL;
}

static uint32_t near(struct peer *p, uint32_t at, uint32_t span)
{
    if (chance(p, 60)) return at;
    if (chance(p, 5)) return (uint32_t)random_next(&p->random);
    return at + draw(p, 2 * span + 1) - span;
}

static uint16_t draw_flags(struct peer *p)
{
    static const uint16_t usual[] = {TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK | TCP_PSH, TCP_ACK | TCP_FIN, TCP_SYN, TCP_SYN | TCP_ACK,
                                     TCP_RST, TCP_RST | TCP_ACK, TCP_ACK | TCP_URG};
    uint16_t flags = usual[draw(p, chance(p, 90) ? 5 : sizeof usual / sizeof *usual)];
    return chance(p, 1) ? (uint16_t)draw(p, 512) : flags;
}

static void draw_sacks(struct peer *p, const struct tcp *t, struct tcp_opts *o)
{
    o->has |= TCP_HAS_SACK;
    o->sack_count = (uint8_t)(1 + draw(p, 4));
    for (int i = 0; i < o->sack_count; i++) {
        uint32_t flight = t->snd_nxt - t->snd_una + 1, left = t->snd_una + draw(p, flight + 1);
        if (t->ring.count && chance(p, 70)) left = tcp_ring_at(t, draw(p, t->ring.count))->seq;
        o->sack[i] = (struct tcp_sack){left, left + draw(p, chance(p, 50) ? 3000 : flight + 2)};
        if (t->ring.count && chance(p, 70)) o->sack[i].right = tcp_sent_end(tcp_ring_at(t, draw(p, t->ring.count)));
    }
}

static void send_any(struct peer *p)
{
    const struct tcp *t = machine(p);
    uint8_t b[1500] = {0};
    struct tcp_opts o = {0};
    struct tcp_hdr h = {.from = TALK_PORT, .to = TALK_PEER_PORT, .flags = draw_flags(p), .urg = (uint16_t)draw(p, 2000)};
    uint32_t rcv = t ? t->rcv_nxt : draw(p, 1000), una = t ? t->snd_una : 0, nxt = t ? t->snd_nxt : 0;
    h.seq = near(p, rcv, 70000);
    h.ack = near(p, chance(p, 50) ? nxt : una + (nxt - una ? draw(p, nxt - una) : 0), 3000);
    h.win = (uint16_t)(chance(p, 10) ? draw(p, 3) : draw(p, 65536));
    if (t && chance(p, 40)) draw_sacks(p, t, &o);
    if (chance(p, 30) || (t && t->flags & TF_TS && chance(p, 90))) {
        o.has |= TCP_HAS_TS;
        o.ts_val = 1000 + (uint32_t)(p->t.now / HP_MS(1)) - (chance(p, 10) ? draw(p, 100) : 0);
        o.ts_ecr = t ? tcp_ts_now(t->host, t->ts_offset) - draw(p, 300) : 0;
    }
    if (h.flags & TCP_SYN) {
        o.has = (uint16_t)((chance(p, 80) ? TCP_HAS_MSS : 0) | (chance(p, 70) ? TCP_HAS_SACK_OK : 0) |
                           (chance(p, 50) ? TCP_HAS_WSCALE : 0) | (o.has & TCP_HAS_TS));
        o.mss = (uint16_t)draw(p, 1500);
        o.wscale = (uint8_t)draw(p, 16);
    }
    h.hlen = (uint8_t)(TCP_HEADER + tcp_opts_write(b + TCP_HEADER, TCP_OPTIONS_MAX, &o));
    tcp_write(b, TCP_HEADER, &h);
    uint32_t n = chance(p, 50) ? 0 : draw(p, chance(p, 50) ? 20 : 1400);
    talk_send_pkt(&p->t, b, h.hlen + n, true);
}

static void call_any(struct peer *p)
{
    static uint8_t buf[20000];
    struct hp_bytes part[4];
    struct hp_sock *s = p->t.sock;
    switch (draw(p, 12)) {
    case 0:
    case 1:
    case 2:
    case 3: hp_send(s, buf, 1 + draw(p, sizeof buf), chance(p, 10) ? HP_MSG_OOB : chance(p, 10) ? HP_MSG_MORE : 0); break;
    case 4:
    case 5: hp_recv(s, buf, 1 + draw(p, sizeof buf), chance(p, 10) ? HP_MSG_PEEK : chance(p, 10) ? HP_MSG_OOB : 0); break;
    case 6:
        if (hp_recv_borrow(s, part, 4) > 0) hp_recv_release(s, draw(p, (uint32_t)part[0].n + 1));
        break;
    case 7:
        if (chance(p, 5)) hp_shutdown(s, (int)draw(p, 3));
        break;
    case 8: hp_setsockopt(s, HP_TCP_NODELAY, &(int){chance(p, 50)}, sizeof(int)); break;
    case 9: hp_setsockopt(s, HP_TCP_CORK, &(int){chance(p, 20)}, sizeof(int)); break;
    case 10: hp_setsockopt(s, HP_SO_OOBINLINE, &(int){chance(p, 50)}, sizeof(int)); break;
    default: hp_setsockopt(s, chance(p, 50) ? HP_SO_RCVBUF : HP_SO_SNDBUF, &(int){(int)draw(p, 100000)}, sizeof(int)); break;
    }
}

static void open_any(struct peer *p)
{
    struct talk *t = &p->t;
    talk_connect(t);
    t->port = TALK_PEER_PORT;
    t->peer_port = TALK_PORT;
    talk_flush(t);
    t->iss = ((struct tcp *)t->sock)->iss;
    t->iss_known = true;
    if (chance(p, 90))
        talk_send(t, chance(p, 50) ? "SYN ACK seq=0 ack=1 win=65535 mss=500 sackok wscale=3" : "SYN ACK seq=0 ack=1 win=9000 mss=500 sackok ts=1000:0");
}

static void run_peer(uint64_t seed)
{
    static struct peer p;
    random_init(&p.random, seed, "peer", "mad");
    talk_begin(&p.t);
    if (seed % 5 == 0) hp_setting_set(p.t.s, "tcp.sack", 0);
    open_any(&p);
    for (int i = 0; i < PEER_STEPS; i++) {
        if (chance(&p, 70)) send_any(&p);
        if (chance(&p, 50)) call_any(&p);
        if (chance(&p, 30)) talk_wait(&p.t, HP_US(draw(&p, chance(&p, 10) ? 2000000 : 20000)));
        tap_clear(&p.t.tap);
        tcp_check_all(p.t.s);
        if (strcmp(talk_info(&p.t).state, "CLOSED") != 0 || chance(&p, 90)) continue;
        hp_close(p.t.sock);
        p.t.sock = NULL;
        talk_wait(&p.t, HP_S(100));
        tap_clear(&p.t.tap);
        talk_gone(&p.t);
        open_any(&p);
    }
    talk_end(&p.t);
}

static void test_a_mad_peer(void **state)
{
    for (uint64_t seed = 1; seed <= PEER_SEEDS; seed++) run_peer(seed);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_mad_peer)};
TALK_MAIN(tests)
