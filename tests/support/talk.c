/* The scripted peer. */
#include "support/talk.h"

#include <stdarg.h>
#include <stdlib.h>

#include "l4_transport/tcp/tcp.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

static uint32_t wanted_isn;
static bool wanted_v6;
void talk_set_isn(uint32_t isn) { wanted_isn = isn; }
void talk_set_v6(bool v6) { wanted_v6 = v6; }

uint8_t talk_byte(uint64_t i) { return (uint8_t)(i * 31 + (i >> 8) * 7 + 5); }

/* ---- the conversation so far ---- */

static void talk_say(struct talk *t, const char *who, const char *what)
{
    char line[512];
    int n = snprintf(line, sizeof line, "%12.6f %s %s\n", (double)t->now * 1e-9, who, what);
    if (t->said_n + (size_t)n + 1 > t->said_room) {
        t->said_room = (t->said_room + (size_t)n + 1) * 2;
        t->said = realloc(t->said, t->said_room);
        assert_non_null(t->said);
    }
    memcpy(t->said + t->said_n, line, (size_t)n + 1);
    t->said_n += (size_t)n;
}

void talk_fail(const struct talk *t, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    fprintf(stderr, "---- conversation (isn %08x, %s)\n%s---- trace (end of it)\n", wanted_isn, wanted_v6 ? "IPv6" : "IPv4",
            t->said ? t->said : "");
    const char *log = t->log.text ? t->log.text : "";
    fprintf(stderr, "%s----\n", t->log.n > 4000 ? log + t->log.n - 4000 : log);
    vfprintf(stderr, what, args);
    fprintf(stderr, "\n");
    va_end(args);
    fail();
    abort();
}

/* ---- segments as text ---- */

struct seg {
    struct tcp_hdr h;
    struct tcp_opts o;
    uint32_t len;
    bool has_seq, has_ack, has_win, has_len, has_urg, has_ts, has_dsack, no_sack;
};

static const struct {
    const char *name;
    uint16_t flag;
} seg_flags[] = {{"SYN", TCP_SYN}, {"ACK", TCP_ACK}, {"FIN", TCP_FIN}, {"RST", TCP_RST}, {"PSH", TCP_PSH}, {"URG", TCP_URG},
                 {"ECE", TCP_ECE}, {"CWR", TCP_CWR}};

static bool seg_flag(struct seg *g, const char *word)
{
    for (size_t i = 0; i < sizeof seg_flags / sizeof *seg_flags; i++) {
        if (strcmp(word, seg_flags[i].name) != 0) continue;
        g->h.flags |= seg_flags[i].flag;
        return true;
    }
    return strcmp(word, "NONE") == 0;
}

static void seg_option(struct talk *t, struct seg *g, const char *key, const char *value)
{
    char *end = NULL;
    uint32_t a = value ? (uint32_t)strtoul(value, &end, 0) : 0;
    uint32_t b = end && (*end == ':' || *end == '-') ? (uint32_t)strtoul(end + 1, NULL, 0) : 0;
    if (strcmp(key, "seq") == 0) g->h.seq = a, g->has_seq = true;
    else if (strcmp(key, "ack") == 0) g->h.ack = a, g->has_ack = true;
    else if (strcmp(key, "win") == 0) g->h.win = (uint16_t)a, g->has_win = true;
    else if (strcmp(key, "len") == 0) g->len = a, g->has_len = true;
    else if (strcmp(key, "urg") == 0) g->h.urg = (uint16_t)a, g->has_urg = true;
    else if (strcmp(key, "mss") == 0) g->o.mss = (uint16_t)a, g->o.has |= TCP_HAS_MSS;
    else if (strcmp(key, "wscale") == 0) g->o.wscale = (uint8_t)a, g->o.has |= TCP_HAS_WSCALE;
    else if (strcmp(key, "sackok") == 0) g->o.has |= TCP_HAS_SACK_OK;
    else if (strcmp(key, "nosack") == 0) g->no_sack = true;
    else if (strcmp(key, "ts") == 0) {
        g->o.ts_val = a, g->o.ts_ecr = b, g->o.has |= TCP_HAS_TS;
        g->has_ts = value && *value != '*';
    } else if (strcmp(key, "sack") == 0 || strcmp(key, "dsack") == 0) {
        g->o.sack[g->o.sack_count++] = (struct tcp_sack){a, b};
        g->o.has |= TCP_HAS_SACK;
    } else talk_fail(t, "the test says \"%s\"", key);
}

static struct seg seg_parse(struct talk *t, const char *text)
{
    struct seg g = {0};
    char copy[256], *save = NULL;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *value = strchr(word, '=');
        if (value) *value++ = 0;
        if (value || !seg_flag(&g, word)) seg_option(t, &g, word, value);
    }
    return g;
}

/* seq counts from `seq_base`, ack and SACK blocks from `ack_base`. */
static const char *seg_text(const struct seg *g, uint32_t seq_base, uint32_t ack_base, char *buf, size_t n)
{
    size_t at = 0;
    buf[0] = 0;
    for (size_t i = 0; i < sizeof seg_flags / sizeof *seg_flags; i++)
        if (g->h.flags & seg_flags[i].flag) at += (size_t)snprintf(buf + at, n - at, "%s ", seg_flags[i].name);
    at += (size_t)snprintf(buf + at, n - at, "seq=%u", g->h.seq - seq_base);
    if (g->h.flags & TCP_ACK) at += (size_t)snprintf(buf + at, n - at, " ack=%u", g->h.ack - ack_base);
    at += (size_t)snprintf(buf + at, n - at, " win=%u len=%u", g->h.win, g->len);
    if (g->h.flags & TCP_URG) at += (size_t)snprintf(buf + at, n - at, " urg=%u", g->h.urg);
    if (g->o.has & TCP_HAS_MSS) at += (size_t)snprintf(buf + at, n - at, " mss=%u", g->o.mss);
    if (g->o.has & TCP_HAS_WSCALE) at += (size_t)snprintf(buf + at, n - at, " wscale=%u", g->o.wscale);
    if (g->o.has & TCP_HAS_SACK_OK) at += (size_t)snprintf(buf + at, n - at, " sackok");
    if (g->o.has & TCP_HAS_TS) at += (size_t)snprintf(buf + at, n - at, " ts=%u:%u", g->o.ts_val, g->o.ts_ecr);
    for (int i = 0; g->o.has & TCP_HAS_SACK && i < g->o.sack_count; i++)
        at += (size_t)snprintf(buf + at, n - at, " sack=%u-%u", g->o.sack[i].left - ack_base, g->o.sack[i].right - ack_base);
    return buf;
}

/* ---- the machine ---- */

static hp_time talk_start_time(struct talk *t, uint16_t port, uint16_t peer_port)
{
    struct hp_config c = {.name = "host", .allocator = &t->alloc.allocator, .seed = 42};
    struct hp_stack *s = hp_stack_new(&c);
    struct flow f = {t->ip, t->peer, port, peer_port};
    uint32_t at_zero = tcp_isn(stack_state(s, &tcp_proto), &f, 0);
    hp_stack_free(s);
    return (hp_time)(wanted_isn - at_zero) * 4000;
}

static void talk_make(struct talk *t, hp_time start)
{
    struct hp_config c = {.name = "host", .allocator = &t->alloc.allocator, .seed = 42, .trace = t->log.trace, .now = start};
    c.trace.kinds = 1u << HP_TRACE_DROP | 1u << HP_TRACE_STATE | 1u << HP_TRACE_TIMER | 1u << HP_TRACE_NOTE;
    struct hp_prefix address = {t->ip, t->v6 ? 64 : 120};
    t->now = start;
    t->s = hp_stack_new(&c);
    assert_non_null(t->s);
    tap_init(&t->tap);
    t->tap.wire.flags = HP_WIRE_IP;
    t->link = hp_link_add(t->s, &t->tap.wire, NULL);
    assert_true(t->link > 0);
    assert_int_equal(hp_addr_add(t->s, t->link, &address, HP_ADDR_NO_DAD), HP_OK);
    struct hp_route route = {.gateway = t->peer, .link = t->link, .to = {.len = t->v6 ? 0 : 96}};
    if (!t->v6) route.to.ip = hp_ip4(0, 0, 0, 0);
    assert_int_equal(hp_route_add(t->s, &route), HP_OK);
}

void talk_begin(struct talk *t)
{
    *t = (struct talk){.ip = hp_ip4(10, 0, 0, 1), .peer = hp_ip4(10, 0, 0, 2), .v6 = wanted_v6};
    if (t->v6) {
        t->ip = (struct hp_ip){{0xfd, [15] = 1}};
        t->peer = (struct hp_ip){{0xfd, [15] = 2}};
    }
    test_alloc_init(&t->alloc);
    log_init(&t->log);
    t->irs = wanted_isn ? wanted_isn : 1000000;
    talk_make(t, HP_S(1));
}

/* The machine is made once more, at a time that gives the connection's ISN. */
static void talk_restart(struct talk *t, uint16_t port, uint16_t peer_port)
{
    t->port = port;
    t->peer_port = peer_port;
    if (!wanted_isn || t->sock) return;
    hp_stack_free(t->s);
    log_end(&t->log);
    log_init(&t->log);
    talk_make(t, talk_start_time(t, port, peer_port));
}

void talk_end(struct talk *t)
{
    if (t->sock) hp_close(t->sock);
    if (t->listener) hp_close(t->listener);
    hp_stack_free(t->s);
    log_end(&t->log);
    free(t->said);
    t->said = NULL;
    test_alloc_end(&t->alloc);
}

void talk_set(struct talk *t, const char *setting, int64_t value) { assert_int_equal(hp_setting_set(t->s, setting, value), HP_OK); }

void talk_socket(struct talk *t)
{
    struct hp_endpoint from = {.ip = t->ip, .port = TALK_PEER_PORT};
    talk_restart(t, TALK_PEER_PORT, TALK_PORT);
    assert_int_equal(hp_socket(t->s, HP_STREAM, 0, &t->sock), HP_OK);
    assert_int_equal(hp_bind(t->sock, &from), HP_OK);
}

void talk_connect(struct talk *t)
{
    struct hp_endpoint to = {.ip = t->peer, .port = TALK_PORT};
    if (!t->sock) talk_socket(t);
    assert_int_equal(hp_connect(t->sock, &to), HP_EINPROGRESS);
    talk_step(t);
}

void talk_listen(struct talk *t, int backlog)
{
    struct hp_endpoint on = {.port = TALK_PORT};
    talk_restart(t, TALK_PORT, TALK_PEER_PORT);
    assert_int_equal(hp_socket(t->s, HP_STREAM, 0, &t->listener), HP_OK);
    assert_int_equal(hp_bind(t->listener, &on), HP_OK);
    assert_int_equal(hp_listen(t->listener, backlog), HP_OK);
}

void talk_accept(struct talk *t)
{
    int err = hp_accept(t->listener, &t->sock, NULL);
    if (err) talk_fail(t, "accept: %s", hp_err_text(err));
}

void talk_close(struct talk *t)
{
    assert_int_equal(hp_close(t->sock), HP_OK);
    t->sock = NULL;
}

/* ---- time ---- */

void talk_step(struct talk *t) { hp_step(t->s, t->now); }

void talk_wait(struct talk *t, hp_time span)
{
    hp_time until = t->now + span;
    for (hp_time next; (next = hp_deadline(t->s)) <= until;) {
        if (next > t->now) t->now = next;
        talk_step(t);
    }
    t->now = until;
    talk_step(t);
}

/* ---- from the peer ---- */

static void talk_inject(struct talk *t, const uint8_t *tcp, size_t n)
{
    uint8_t packet[TAP_FRAME_MAX];
    size_t head;
    if (t->v6) {
        struct ipv6_hdr h = {.len = (uint16_t)n, .next = IPPROTO_TCP_, .hops = 64, .src = t->peer, .dst = t->ip};
        head = ipv6_write(packet, sizeof packet, &h);
    } else {
        struct ipv4_hdr h = {.len = (uint16_t)(20 + n), .hlen = 20, .ttl = 64, .proto = IPPROTO_TCP_, .src = t->peer, .dst = t->ip};
        head = ipv4_write(packet, sizeof packet, &h);
    }
    assert_true(head && head + n <= sizeof packet);
    memcpy(packet + head, tcp, n);
    tap_inject(&t->tap, packet, head + n);
    talk_step(t);
}

void talk_send_pkt(struct talk *t, const uint8_t *tcp, size_t n, bool fix_sum)
{
    uint8_t copy[TAP_FRAME_MAX];
    memcpy(copy, tcp, n);
    if (fix_sum) {
        put16(copy + 16, 0);
        put16(copy + 16, sum_fold(sum_add(sum_pseudo(&t->peer, &t->ip, IPPROTO_TCP_, (uint32_t)n), copy, n)));
    }
    talk_say(t, "  ->", "raw");
    talk_inject(t, copy, n);
}

void talk_send(struct talk *t, const char *segment)
{
    uint8_t tcp[TAP_FRAME_MAX];
    char text[256];
    struct seg g = seg_parse(t, segment);
    uint32_t rel = g.h.seq;
    if (!t->iss_known) { /* the peer speaks first, or we have not looked yet */
        t->iss = wanted_isn;
        t->iss_known = wanted_isn != 0;
    }
    g.h.from = t->peer_port;
    g.h.to = t->port;
    g.h.seq += t->irs;
    g.h.ack += g.h.flags & TCP_ACK ? t->iss : 0;
    if (!g.has_win) g.h.win = 65535;
    for (int i = 0; i < g.o.sack_count; i++) {
        g.o.sack[i].left += t->iss;
        g.o.sack[i].right += t->iss;
    }
    g.h.hlen = (uint8_t)(TCP_HEADER + tcp_opts_write(tcp + TCP_HEADER, TCP_OPTIONS_MAX, &g.o));
    tcp_write(tcp, TCP_HEADER, &g.h);
    for (uint32_t i = 0; i < g.len; i++) tcp[g.h.hlen + i] = talk_byte(rel + i - 1 + !!(g.h.flags & TCP_SYN));
    size_t n = g.h.hlen + g.len;
    put16(tcp + 16, sum_fold(sum_add(sum_pseudo(&t->peer, &t->ip, IPPROTO_TCP_, (uint32_t)n), tcp, n)));
    talk_say(t, "  ->", seg_text(&g, t->irs, t->iss, text, sizeof text));
    talk_inject(t, tcp, n);
}

/* ---- from the machine ---- */

/* The next TCP segment that it sent; false = none.  Other protocols' packets are passed over. */
static bool talk_take(struct talk *t, struct seg *g, struct hp_bytes *payload)
{
    for (const struct tap_frame *f; (f = tap_take(&t->tap));) {
        struct hp_bytes in = {f->b, f->n};
        bool v6 = f->b[0] >> 4 == 6;
        size_t head = v6 ? 40 : 20;
        if (v6 != t->v6 || f->b[v6 ? 6 : 9] != IPPROTO_TCP_) continue;
        in = bytes_from(in, head);
        *g = (struct seg){0};
        if (!tcp_parse(in, &g->h)) talk_fail(t, "a TCP header that cannot be");
        if (!tcp_opts_parse(tcp_options(in, &g->h), &g->o)) talk_fail(t, "TCP options that cannot be");
        if (!sum_ok(sum_pseudo(&t->ip, &t->peer, IPPROTO_TCP_, (uint32_t)in.n), in)) talk_fail(t, "a wrong TCP checksum");
        *payload = tcp_payload(in, &g->h);
        g->len = (uint32_t)payload->n;
        t->at = f->time;
        if (g->h.flags & TCP_SYN) {
            t->iss = g->h.seq;
            t->iss_known = true;
        }
        return true;
    }
    return false;
}

static bool seg_sacks_match(const struct seg *want, const struct seg *came, uint32_t irs)
{
    if (want->no_sack) return !(came->o.has & TCP_HAS_SACK);
    if (!(want->o.has & TCP_HAS_SACK)) return true;
    if (!(came->o.has & TCP_HAS_SACK) || came->o.sack_count != want->o.sack_count) return false;
    for (int i = 0; i < want->o.sack_count; i++)
        if (came->o.sack[i].left - irs != want->o.sack[i].left || came->o.sack[i].right - irs != want->o.sack[i].right) return false;
    return true;
}

static bool seg_match(const struct talk *t, const struct seg *want, const struct seg *came)
{
    uint16_t plain = (uint16_t)~TCP_PSH; /* PSH is compared only when it is named */
    if (want->h.flags & TCP_PSH) plain = UINT16_MAX;
    if ((came->h.flags & plain) != want->h.flags) return false;
    if (want->has_seq && came->h.seq - t->iss != want->h.seq) return false;
    if (want->has_ack && came->h.ack - t->irs != want->h.ack) return false;
    if (want->has_win && came->h.win != want->h.win) return false;
    if (came->len != want->len) return false;
    if (want->has_urg && came->h.urg != want->h.urg) return false;
    uint16_t has = want->o.has & (TCP_HAS_MSS | TCP_HAS_WSCALE | TCP_HAS_SACK_OK | TCP_HAS_TS);
    if ((came->o.has & has) != has) return false;
    if (want->o.has & TCP_HAS_MSS && came->o.mss != want->o.mss) return false;
    if (want->o.has & TCP_HAS_WSCALE && came->o.wscale != want->o.wscale) return false;
    if (want->has_ts && want->o.ts_ecr != came->o.ts_ecr) return false;
    return seg_sacks_match(want, came, t->irs);
}

void talk_expect(struct talk *t, const char *segment)
{
    struct seg want = seg_parse(t, segment), came;
    struct hp_bytes payload;
    char text[256];
    talk_step(t);
    if (!talk_take(t, &came, &payload)) talk_fail(t, "expected %s\nnothing came", segment);
    talk_say(t, "<-  ", seg_text(&came, t->iss, t->irs, text, sizeof text));
    if (!seg_match(t, &want, &came)) talk_fail(t, "expected %s\ncame     %s", segment, text);
    uint32_t first = came.h.seq - t->iss - 1;
    for (size_t i = 0; i < payload.n; i++)
        if (payload.p[i] != talk_byte(first + i)) talk_fail(t, "byte %zu of %s is wrong", i, text);
}

void talk_nothing(struct talk *t)
{
    struct seg came;
    struct hp_bytes payload;
    char text[256];
    talk_step(t);
    if (talk_take(t, &came, &payload)) talk_fail(t, "expected nothing\ncame     %s", seg_text(&came, t->iss, t->irs, text, sizeof text));
}

void talk_flush(struct talk *t)
{
    struct seg came;
    struct hp_bytes payload;
    char text[256];
    do {
        talk_step(t);
        while (talk_take(t, &came, &payload)) talk_say(t, "<-  ", seg_text(&came, t->iss, t->irs, text, sizeof text));
    } while (hp_deadline(t->s) <= t->now);
}

/* ---- the user ---- */

int64_t talk_try_write(struct talk *t, size_t n, unsigned flags)
{
    static uint8_t buf[1 << 20];
    assert_true(n <= sizeof buf);
    for (size_t i = 0; i < n; i++) buf[i] = talk_byte(t->written + i);
    int64_t did = hp_send(t->sock, buf, n, flags);
    if (did > 0) t->written += (uint64_t)did;
    return did;
}

void talk_write(struct talk *t, size_t n)
{
    int64_t did = talk_try_write(t, n, 0);
    if (did != (int64_t)n) talk_fail(t, "write of %zu: %lld", n, (long long)did);
    talk_step(t);
}

void talk_read(struct talk *t, size_t n)
{
    static uint8_t buf[1 << 20];
    size_t got = 0;
    while (got < n) {
        int64_t did = hp_recv(t->sock, buf, n - got, 0);
        if (did <= 0) talk_fail(t, "read of %zu: %zu, then %lld", n, got, (long long)did);
        for (int64_t i = 0; i < did; i++)
            if (buf[i] != talk_byte(t->read + (uint64_t)i)) talk_fail(t, "byte %llu read is wrong", (unsigned long long)t->read + (unsigned long long)i);
        got += (size_t)did;
        t->read += (uint64_t)did;
    }
    talk_step(t);
}

void talk_read_fails(struct talk *t, int err)
{
    uint8_t byte;
    int64_t n = hp_recv(t->sock, &byte, 1, 0);
    if (n != err) talk_fail(t, "recv: %lld (%s), expected %d (%s)", (long long)n, hp_err_text((int)n), err, hp_err_text(err));
}

void talk_read_end(struct talk *t) { talk_read_fails(t, 0); }

void talk_opt(struct talk *t, enum hp_opt opt, int value)
{
    int err = hp_setsockopt(t->sock, opt, &value, sizeof value);
    if (err) talk_fail(t, "%s: %s", hp_opt_name(opt), hp_err_text(err));
}

void talk_opt_time(struct talk *t, enum hp_opt opt, hp_time value)
{
    int err = hp_setsockopt(t->sock, opt, &value, sizeof value);
    if (err) talk_fail(t, "%s: %s", hp_opt_name(opt), hp_err_text(err));
}

struct hp_tcp_info talk_info(const struct talk *t)
{
    struct hp_tcp_info info;
    size_t n = sizeof info;
    assert_int_equal(hp_getsockopt(t->sock, HP_TCP_INFO, &info, &n), HP_OK);
    return info;
}

void talk_state(struct talk *t, const char *state)
{
    struct hp_tcp_info info = talk_info(t);
    if (strcmp(info.state, state) != 0) talk_fail(t, "in %s, expected %s", info.state, state);
}

void talk_drops(struct talk *t, enum hp_drop why, unsigned count)
{
    uint64_t n = hp_drop_count(t->s, why);
    if (n != count) talk_fail(t, "%llu drops of %s, expected %u", (unsigned long long)n, hp_drop_name(why), count);
}

void talk_gone(struct talk *t)
{
    const struct tcp_host *h = stack_state(t->s, &tcp_proto);
    if (h->flows.count) talk_fail(t, "%u conversations are left", h->flows.count);
}

/* ---- handshakes ---- */

void talk_open(struct talk *t, const char *syn)
{
    char text[128];
    talk_connect(t);
    talk_expect(t, "SYN seq=0");
    snprintf(text, sizeof text, "SYN ACK seq=0 ack=1 %s", syn);
    talk_send(t, text);
    talk_expect(t, "ACK seq=1 ack=1");
    talk_state(t, "ESTABLISHED");
}

void talk_established(struct talk *t, const char *syn)
{
    talk_begin(t);
    talk_open(t, syn);
}

void talk_syn_sent(struct talk *t)
{
    talk_begin(t);
    talk_connect(t);
    talk_expect(t, "SYN seq=0");
}

void talk_open_passive(struct talk *t, const char *syn)
{
    char text[128];
    if (!t->listener) talk_listen(t, 8);
    snprintf(text, sizeof text, "SYN seq=0 %s", syn);
    talk_send(t, text);
    talk_expect(t, "SYN ACK seq=0 ack=1");
    talk_send(t, "ACK seq=1 ack=1");
    talk_accept(t);
    talk_state(t, "ESTABLISHED");
}
