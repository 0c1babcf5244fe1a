/* Steps about wrapping: the request layer by layer, its bits on the first cable, each router's decision, unwrapping. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "hepta/line_code.h"
#include "hepta/wire.h"
#include "journey/journey.h"
#include "wire/crc.h"
#include "wire/dissect.h"

enum { WRAP_LAYERS_MAX = 8,
       WRAP_BITS_SHOWN = 16 };

static struct account *wrap(struct journey *j) { return &j->account; }

/* ---- layers and their fields ---- */

struct wrap_layer {
    char name[24], label[64];
    size_t at, n;
};
struct wrap_look {
    struct journey *j;
    struct hp_bytes frame;
    struct wrap_layer layer[WRAP_LAYERS_MAX];
    int layers, wanted; /* wanted: whose fields are printed, -1 = none */
    int now;
};

static void wrap_hex(struct hp_bytes frame, size_t at, size_t n, char *out, size_t room)
{
    size_t shown = n > 8 ? 8 : n, w = 0;
    out[0] = 0;
    for (size_t i = 0; i < shown && at + i < frame.n && w + 3 < room; i++) w += (size_t)snprintf(out + w, room - w, "%02x ", frame.p[at + i]);
    if (n > shown && w + 3 < room) snprintf(out + w, room - w, "..");
}

static void wrap_emit(void *ctx, const struct dissect_field *f)
{
    struct wrap_look *w = ctx;
    char hex[40];
    if (f->depth == 0) {
        w->now = w->layers;
        if (w->layers == WRAP_LAYERS_MAX) return;
        struct wrap_layer *l = &w->layer[w->layers++];
        snprintf(l->name, sizeof l->name, "%s", f->name);
        snprintf(l->label, sizeof l->label, "%s", f->label);
        l->at = f->at;
        l->n = f->n;
        return;
    }
    if (w->now != w->wanted || !f->n) return;
    wrap_hex(w->frame, f->at, f->n, hex, sizeof hex);
    account_row(wrap(w->j), "%4zu  %-26s  %-38.38s  %s", f->at, hex, f->label, f->text);
}

static void wrap_look(struct wrap_look *w, struct journey *j, const struct record_frame *f, int wanted)
{
    *w = (struct wrap_look){.j = j, .frame = f->bytes, .wanted = wanted};
    dissect(f->bytes, record_link(f), wrap_emit, w);
}

/* The layers that have no header here, with what does their work. */
static void wrap_upper(struct journey *j)
{
    char encoding[80] = "", ends[80] = "", client[HP_IP_TEXT], server[HP_IP_TEXT];
    journey_header(j->request->payload, "Accept-Encoding", encoding, sizeof encoding);
    journey_header(j->request->payload, "Connection", ends, sizeof ends);
    record_ip(j->request, false, client, sizeof client);
    hp_ip_text(&j->server, server, sizeof server);
    account_say(wrap(j), "Layer 6, presentation: no header of its own, still %zu bytes. The message is text in ASCII, which is UTF-8, too; "
                         "neither packed nor encrypted "
                         "(http, not https). Accept-Encoding: %s says which packing of the answer is understood.",
                "6계층(표현): 따로 헤더가 없어 그대로 %zu바이트. 메시지는 ASCII 글자이고, 이는 UTF-8이기도 하다. 압축도 암호화도 하지 않는다 (https가 아닌 http). "
                "Accept-Encoding: %s, 응답을 어떤 압축으로 받을 수 있는지 알린다.", j->request->payload.n, *encoding ? encoding : "-");
    account_say(wrap(j), "Layer 5, session: no header either. The dialogue is the socket's connection %s:%u <-> %s:%u, full duplex; "
                         "Connection: %s says when it ends.",
                "5계층(세션): 역시 헤더가 없다. 대화는 소켓이 지키는 연결 %s:%u <-> %s:%u이고, 전이중이다. Connection: %s, 언제 끝낼지 알린다.",
                client, j->port, server, j->where.port, *ends ? ends : "-");
}

void steps_wrap(struct journey *j)
{
    static const int number[] = {2, 3, 4, 7};
    struct wrap_look all, one;
    int raw = j->request->raw_ip ? 1 : 0; /* no layer 2 */
    account_begin(wrap(j), "3b", 4, "Every layer adds its header: the request becomes a frame", "층마다 헤더를 붙인다: 요청이 프레임이 된다");
    account_packet(wrap(j), j->request->id, j->request->in, j->request->out);
    wrap_look(&all, j, j->request, -1);
    for (int i = all.layers - 1; i >= 0; i--) {
        const struct wrap_layer *l = &all.layer[i];
        account_say(wrap(j), "Layer %d: %s, %zu bytes; the whole is now %zu. (offset, bytes, field, value)",
                    "%d계층: %s, %zu바이트; 이제 모두 %zu바이트. (위치, 바이트, 필드, 값)", i + raw < 4 ? number[i + raw] : 7, l->label, l->n, j->request->bytes.n - l->at);
        wrap_look(&one, j, j->request, i);
        if (i == all.layers - 1) wrap_upper(j);
    }
    if (!raw) account_say(wrap(j), "And 4 bytes of FCS at the end, so that layer 2 finds flipped bits.", "끝에는 2계층이 비트 오류를 찾도록 FCS 4바이트가 붙는다.");
}

/* ---- bits ---- */

/* What the cable's code makes of the request: its first bits and levels here, all of its bits in the scene. */
struct wrap_line {
    const struct hp_line_code *code;
    uint8_t *levels;
    struct hp_line_run run[HP_LINE_RUNS_MAX];
    size_t runs, bits;
};

/* Of Manchester's two halves the second is the bit. */
static uint8_t wrap_bit(const struct wrap_line *w, size_t i) { return w->levels[i * w->code->per_byte / 8 + w->code->per_byte / 8 - 1]; }

static bool wrap_encode(struct wrap_line *w, struct hp_bytes frame)
{
    size_t room = frame.n + 64, n, symbols = w->code->symbols(room);
    uint8_t *whole = malloc(room);
    w->levels = malloc(symbols);
    if (!whole || !w->levels) {
        free(whole);
        return false;
    }
    n = hp_line_code_frame(frame, whole, room);
    hp_line_code_symbols(w->code, (struct hp_bytes){whole, n}, w->levels, symbols);
    w->runs = hp_line_code_runs((struct hp_bytes){whole, n}, w->run);
    for (size_t i = 0; i < w->runs; i++) w->bits += w->run[i].bits;
    free(whole);
    return true;
}

static void wrap_bits(struct journey *j, const struct wrap_line *w, const struct hp_line_run *run)
{
    char bits[WRAP_BITS_SHOWN + 1] = "", wave[WRAP_BITS_SHOWN * 6 + 1] = "";
    size_t shown = run->bits < WRAP_BITS_SHOWN ? run->bits : WRAP_BITS_SHOWN;
    for (size_t i = 0; i < shown; i++) bits[i] = wrap_bit(w, run->first + i) ? '1' : '0';
    for (size_t i = 0; i < shown * w->code->per_byte / 8; i++) strcat(wave, w->levels[run->first * w->code->per_byte / 8 + i] ? "▔" : "▁");
    account_row(wrap(j), "%-9s %4zu  %-16s%s %s", run->label, run->bits, bits, run->bits > shown ? "…" : " ", wave);
}

static void wrap_show(struct journey *j, const struct wrap_line *w)
{
    struct scene_run run[HP_LINE_RUNS_MAX];
    uint8_t *bits = malloc(w->bits);
    for (size_t i = 0; bits && i < w->bits; i++) bits[i] = wrap_bit(w, i);
    for (size_t i = 0; i < w->runs; i++) {
        wrap_bits(j, w, &w->run[i]);
        run[i] = (struct scene_run){w->run[i].label, bits ? bits + w->run[i].first : NULL, w->run[i].bits};
    }
    if (bits) scene_symbols(j->scene, w->code->name, j->request->id, j->plan->cable[j->request->cable].name, run, w->runs);
    free(bits);
}

static void wrap_signal(struct journey *j)
{
    const struct record_frame *f = j->request;
    struct wrap_line w = {.code = &hp_line_code_manchester};
    struct hp_way way;
    char rate[32];
    hp_cable_get(hp_world_find_cable(j->world, j->plan->cable[f->cable].name), f->end, &way);
    if (wrap_encode(&w, f->bytes)) {
        const char *standard = way.rate == 10000000 ? account_of(wrap(j), " (10BASE-T)", "(10BASE-T)") : "";
        snprintf(rate, sizeof rate, way.rate < 1000000 ? "%g kbit/s" : "%g Mbit/s", (double)way.rate / (way.rate < 1000000 ? 1e3 : 1e6));
        account_say(wrap(j), "On the first cable%s every bit is a change of voltage in its middle, the Manchester code: %zu bits at %s take %.1f µs.",
                    "첫 케이블%s에서 비트마다 가운데에서 전압이 바뀐다, 맨체스터 부호: %zu비트가 %s로 %.1f µs 걸린다.", standard, w.bits, rate,
                    (double)w.bits * 1e6 / (double)way.rate);
        wrap_show(j, &w);
    }
    free(w.levels);
}

/* ---- routers ---- */

static void wrap_decision(struct journey *j, uint32_t node, const struct record_frame *in, const struct record_frame *out)
{
    char name[64], to[HP_PREFIX_TEXT] = "?", gateway[HP_IP_TEXT] = "", from[20] = "", next[20] = "";
    cli_pad(journey_node(j, node), 8, name, sizeof name);
    if (j->plan->node[node].kind == HP_NODE_SWITCH) {
        record_text(in, "eth.dst", next, sizeof next);
        account_row(wrap(j), "%s  %s %s → %s", name, account_of(wrap(j), "switch: knows where", "스위치가 아는 MAC 주소:"), next,
                    journey_node(j, record_to(&j->record, out)));
        return;
    }
    record_text(out, "eth.src", from, sizeof from);
    record_text(out, "eth.dst", next, sizeof next);
    if (out->routed) {
        hp_prefix_text(&out->route, to, sizeof to);
        if (!hp_ip_is_any(&out->gateway)) hp_ip_text(&out->gateway, gateway, sizeof gateway);
    }
    account_row(wrap(j), "%s  TTL %2llu → %-2llu  %-15s → %s%s%s", name, (unsigned long long)record_number(in, "ip.ttl"),
                (unsigned long long)record_number(out, "ip.ttl"), to, gateway[0] ? gateway : account_of(wrap(j), "on this cable", "바로 이 케이블"),
                "  → ", journey_node(j, record_to(&j->record, out)));
    account_row(wrap(j), "%-8s  MAC %s → %s", "", from, next);
}

/* Transmissions of the request that came nowhere, before the one that did. */
static void wrap_dead(struct journey *j)
{
    const struct record *r = &j->record;
    char why[300];
    struct fate fate;
    for (const struct record_frame *f = r->frame; f < r->frame + r->frames; f++) {
        if (f->end || f->in < j->began || journey_is_beyond(j, f) || !journey_is_ours(j, f)) continue;
        if (f->payload.n != j->request->payload.n || f->id == j->request->id) continue;
        if (memcmp(f->payload.p, j->request->payload.p, f->payload.n) != 0) continue;
        journey_fate(j, f, &fate);
        if (fate.arrived) continue;
        journey_faults(j, f->in);
        account_row(wrap(j), "%9.3f  GET ✗ %s", journey_ms(j, f->in), journey_fate_text(j, &fate, why, sizeof why));
    }
    journey_faults(j, j->request->in);
    journey_fate(j, j->request, &fate);
    if (fate.arrived) account_row(wrap(j), "%9.3f  %s", journey_ms(j, j->request->in), account_of(wrap(j), "GET, this is the one that arrives:",
                                                                                                 "GET, 이것이 도착한다:"));
    else account_row(wrap(j), "%9.3f  GET ✗ %s", journey_ms(j, j->request->in), journey_fate_text(j, &fate, why, sizeof why));
}

void steps_wire(struct journey *j)
{
    struct fate fate;
    const struct record *r = &j->record;
    const struct record_frame *last = NULL;
    account_begin(wrap(j), "4", 1, "As a signal over the cables, router by router", "전기 신호가 되어 케이블을 지나고, 라우터마다 길을 고른다");
    wrap_signal(j);
    account_say(wrap(j), "Each router looks only at the destination address: the longest matching prefix of its table says which cable is next. "
                         "TTL goes down by one, "
                         "both MAC addresses are new on every cable, the IP addresses stay:",
                "라우터는 목적지 주소만 본다: 표에서 가장 길게 맞는 프리픽스가 다음 케이블을 정한다. TTL은 하나씩 줄고, MAC 주소는 케이블마다 바뀌고, IP 주소는 그대로다:");
    wrap_dead(j);
    for (uint32_t i = 0; i < r->frames; i++) {
        const struct record_frame *f = &r->frame[i];
        if (f->id != j->request->id || f->in < j->request->in) continue;
        account_packet(wrap(j), f->id, f->in, f->out);
        if (last) wrap_decision(j, record_from(r, f), last, f);
        last = f;
    }
    journey_fate(j, j->request, &fate);
    if (last && fate.arrived)
        account_say(wrap(j), "%.3f ms after Enter it is at %s.", "Enter를 누르고 %.3f ms 뒤에 %s에 도착했다.", journey_ms(j, fate.time),
                    journey_node(j, record_to(r, last)));
    else account_say(wrap(j), "It never came to %s.", "%s에 끝내 도착하지 못했다.", j->server_node);
}

/* ---- unwrapping ---- */

/* "Good", "Bad": as the field has it. */
static const char *wrap_sum(const struct journey *j, const char *status)
{
    bool good = strcmp(status, "Good") == 0;
    return account_of(&j->account, status, good ? "맞음" : strcmp(status, "Bad") == 0 ? "틀림" : status);
}

void steps_unwrap(struct journey *j)
{
    const struct record *r = &j->record;
    const struct record_frame *f = NULL;
    char mac[20] = "", ip[HP_IP_TEXT] = "", ip_sum[32] = "", tcp_sum[32] = "", uri[300] = "";
    for (uint32_t i = 0; i < r->frames; i++)
        if (r->frame[i].id == j->request->id && r->frame[i].in >= j->request->in) f = &r->frame[i];
    struct fate fate;
    journey_fate(j, j->request, &fate);
    if (!f || !fate.arrived) return;
    record_text(f, "eth.dst", mac, sizeof mac);
    record_text(f, "ip.dst", ip, sizeof ip);
    record_text(f, "ip.checksum.status", ip_sum, sizeof ip_sum);
    record_text(f, "tcp.checksum.status", tcp_sum, sizeof tcp_sum);
    record_text(f, "http.request.uri", uri, sizeof uri);
    account_begin(wrap(j), "5", 4, "At the server the message is unwrapped", "서버에 도착한 패킷을 풀어 메시지를 복원한다");
    account_packet(wrap(j), f->id, f->in, f->out);
    account_row(wrap(j), "1  %zu %s", (8 + f->bytes.n + 4) * 8, account_of(wrap(j), "bits, the preamble taken off", "비트, 프리앰블을 떼어 낸다"));
    account_row(wrap(j), "2  Ethernet  FCS %08x, %s %s", crc_of(f->bytes), account_of(wrap(j), "to my MAC", "내 MAC으로:"), mac);
    account_row(wrap(j), "3  IP        %s %s, %s %s, TTL %llu", account_of(wrap(j), "checksum", "체크섬"), wrap_sum(j, ip_sum),
                account_of(wrap(j), "to my address", "내 주소로:"), ip,
                (unsigned long long)record_number(f, "ip.ttl"));
    account_row(wrap(j), "4  TCP       %s %s, %s %llu: %s", account_of(wrap(j), "checksum", "체크섬"), wrap_sum(j, tcp_sum), account_of(wrap(j), "port", "포트"),
                (unsigned long long)f->to_port, account_of(wrap(j), "the process that listens there", "거기서 듣고 있는 프로세스"));
    char from[HP_IP_TEXT] = "", ends[40] = "-", host[80] = "";
    record_ip(f, false, from, sizeof from);
    journey_header(f->payload, "Connection", ends, sizeof ends);
    journey_header(f->payload, "Host", host, sizeof host);
    account_row(wrap(j), account_of(wrap(j), "5  session   the dialogue with %s:%u, which the socket keeps; Connection: %s",
                                    "5  세션      소켓이 지키는 %s:%u와의 대화, Connection: %s"),
                from, j->port, ends);
    account_row(wrap(j), account_of(wrap(j), "6  present.  %zu bytes are text as they are: ASCII/UTF-8, not packed, not encrypted",
                                    "6  표현      %zu바이트를 그대로 글자로 읽는다: ASCII/UTF-8, 압축과 암호화 없음"), f->payload.n);
    account_row(wrap(j), "7  HTTP      GET %s, Host: %s", uri, host);
}
