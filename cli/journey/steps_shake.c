/* The handshake and the close as the study note draws them: two columns, the client's and the server's; a row is a segment, or a segment's arrival. */
#include <string.h>

#include "cli.h"
#include "journey/journey.h"

enum { SHAKE_CELL = 33 };

struct shake {
    struct journey *j;
    uint64_t object[2]; /* 0: the client's, 1: the server's */
    hp_time from, to;
    uint32_t states; /* of the record that belong to it */
    bool closing, answered[2]; /* the FIN of a side was acknowledged */
    bool again, numbered; /* the segment that is told now: was sent before; counts as a new one of the close */
    uint64_t fin_end[2], acked[2]; /* of a side that sent FIN: the number after it; what it acknowledged last; UINT64_MAX = nothing */
    unsigned segments;
};

static struct account *shake_account(struct shake *s) { return &s->j->account; }

/* ---- the table ---- */

static void shake_row(struct shake *s, const char *left, const char *right)
{
    char word[2][300], cell[2][400];
    while (*left || *right) {
        account_words(&left, SHAKE_CELL, word[0], sizeof word[0]);
        account_words(&right, SHAKE_CELL, word[1], sizeof word[1]);
        account_row(shake_account(s), "│ %s │ %s │", cli_pad(word[0], SHAKE_CELL, cell[0], sizeof cell[0]),
                    cli_pad(word[1], SHAKE_CELL, cell[1], sizeof cell[1]));
    }
}

/* ---- states ---- */

/* What a side that does nothing now waits for. */
static const char *shake_waits(const struct shake *s, const char *state)
{
    static const struct { const char *state, *english, *korean; } words[] = {
        {"LISTEN", "waits for a client's SYN", "클라이언트의 연결 요청(SYN) 대기"},
        {"SYN-SENT", "waits for the SYN+ACK to its own SYN", "자신이 보낸 SYN에 대한 SYN+ACK 대기"},
        {"SYN-RECEIVED", "waits for the ACK to its own SYN", "자신이 보낸 SYN에 대한 ACK 대기"},
        {"FIN-WAIT-1", "waits for the ACK to its FIN", "자신이 보낸 FIN에 대한 ACK 대기"},
        {"FIN-WAIT-2", "waits for the other side's FIN", "상대의 FIN 대기"},
        {"CLOSE-WAIT", "waits until its program closes, too", "자기 프로그램도 연결을 닫기를 대기"},
        {"CLOSING", "waits for the ACK to its FIN", "자신이 보낸 FIN에 대한 ACK 대기"},
        {"LAST-ACK", "waits for the ACK to its FIN", "자신이 보낸 FIN에 대한 ACK 대기"},
        {"TIME-WAIT", "waits 2 MSL for late segments", "늦은 세그먼트를 2 MSL 동안 대기"},
        {"CLOSED", "no connection", "연결 없음"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].state, state) == 0) return account_of(&s->j->account, words[i].english, words[i].korean);
    if (strcmp(state, "ESTABLISHED") != 0) return "";
    return s->closing ? account_of(&s->j->account, "the connection is open", "연결되어 있음")
                      : account_of(&s->j->account, "waits until the server is ready", "서버의 연결 설정 완료 대기");
}

static const char *const shake_words_of_side[2] = {"SYN-SENT", "SYN-RECEIVED"};
static const char *shake_node(const struct shake *s, int side) { return side ? s->j->server_node : "A"; }

static bool shake_is(const struct shake *s, const struct record_state *t, int side)
{
    return s->object[side] && t->object == s->object[side] && strcmp(journey_node(s->j, t->node), shake_node(s, side)) == 0;
}

static uint64_t shake_object(const struct shake *s, int side)
{
    const struct record *r = &s->j->record;
    for (uint32_t i = 0; i < r->states; i++)
        if (r->state[i].time >= s->j->began && strcmp(journey_node(s->j, r->state[i].node), shake_node(s, side)) == 0 &&
            strcmp(r->state[i].to, shake_words_of_side[side]) == 0)
            return r->state[i].object;
    return 0;
}

/* What kind of segment tells of a side that it came into this state; 0: none does. */
static unsigned shake_teller(const char *state)
{
    static const struct { const char *state; unsigned is; } tellers[] = {
        {"SYN-SENT", RECORD_SYN}, {"SYN-RECEIVED", RECORD_SYN}, {"ESTABLISHED", RECORD_ACK}, {"CLOSE-WAIT", RECORD_ACK}, {"CLOSING", RECORD_ACK},
        {"TIME-WAIT", RECORD_ACK}, {"FIN-WAIT-1", RECORD_FIN}, {"LAST-ACK", RECORD_FIN}, {"CLOSED", RECORD_RST}};
    for (size_t i = 0; i < sizeof tellers / sizeof *tellers; i++)
        if (strcmp(tellers[i].state, state) == 0) return tellers[i].is;
    return 0;
}

static unsigned shake_kind(const struct record_frame *k)
{
    unsigned is = k->is & (RECORD_RST | RECORD_FIN | RECORD_SYN);
    return is & RECORD_RST ? RECORD_RST : is ? is : k->is & RECORD_ACK;
}

/* Of the server's port while there is no connection: "" = nobody is there, or nothing is known of it. */
static const char *shake_port(const struct shake *s, hp_time at)
{
    const struct record *r = &s->j->record;
    const char *state = "CLOSED";
    uint64_t listener = 0;
    int32_t node = journey_find(s->j, s->j->server_node);
    if (s->j->wired) return s->object[1] ? "LISTEN" : "";
    if (node < 0 || trouble_since(s->j, TROUBLE_DEAD, (uint32_t)node, at) != HP_NEVER) return "";
    for (const struct record_state *t = r->state; t < r->state + r->states && t->time <= at; t++) {
        if (t->node != (uint32_t)node) continue;
        if (strcmp(t->to, "LISTEN") == 0) listener = t->object;
        if (listener && t->object == listener) state = strcmp(t->to, "LISTEN") == 0 ? "LISTEN" : "CLOSED";
    }
    return state;
}

/* At a moment; with k: after what this segment, which leaves then, tells. */
static const char *shake_state(const struct shake *s, int side, hp_time at, const struct record_frame *k)
{
    const struct record *r = &s->j->record;
    const char *state = side ? shake_port(s, at) : "CLOSED";
    for (uint32_t i = 0; i < r->states && r->state[i].time <= at; i++) {
        const struct record_state *t = &r->state[i];
        if (shake_is(s, t, side) && (!k || t->time < at || shake_teller(t->to) == shake_kind(k))) state = t->to;
    }
    return side && s->object[1] && !*shake_port(s, at) && !s->j->wired ? "" : state; /* no power, no state */
}

static void shake_state_text(const struct shake *s, const char *state, char *buf, size_t n)
{
    const struct account *a = &s->j->account;
    int32_t node = journey_find(s->j, s->j->server_node);
    if (*state) snprintf(buf, n, "[%s] %s", state, shake_waits(s, state));
    else snprintf(buf, n, "%s", s->j->wired ? account_of(a, "nothing is known of it", "알 수 없음")
                              : node < 0 ? account_of(a, "no machine has this address", "이 주소를 가진 컴퓨터 없음")
                                         : account_of(a, "has no power", "꺼져 있음"));
}

static void shake_event(struct shake *s, int side, hp_time at, const char *text)
{
    char waits[200];
    shake_state_text(s, shake_state(s, !side, at - 1, NULL), waits, sizeof waits);
    account_rule(shake_account(s), "├", "┼", "┤");
    shake_row(s, side ? waits : text, side ? text : waits);
}

/* ---- rows ---- */

/* Of the three that open and the four that close; 0: it is none of them. */
static unsigned shake_number(struct shake *s, const struct record_frame *k)
{
    if (s->closing) return s->numbered ? ++s->segments : 0;
    if (s->again || k->is & RECORD_RST) return 0;
    return !(k->is & RECORD_SYN) ? 3 : k->is & RECORD_ACK ? 2 : 1;
}

static void shake_send(struct shake *s, const struct record_frame *k, int side)
{
    char flags[40] = "", text[400], ack[48] = "", arrives[64] = "", why[300], reason[64] = "";
    struct fate fate;
    struct account *a = shake_account(s);
    record_text(k, "tcp.flags", flags, sizeof flags);
    const char *open = strchr(flags, '(') ? strchr(flags, '(') + 1 : flags;
    if (k->is & RECORD_ACK) snprintf(ack, sizeof ack, " ack %llu", (unsigned long long)record_number(k, "tcp.ack_raw"));
    if (k->payload.n) snprintf(reason, sizeof reason, account_of(a, " with the last %zu bytes", ", 마지막 %zu바이트와 함께"), k->payload.n);
    journey_fate(s->j, k, &fate);
    if (fate.arrived) snprintf(arrives, sizeof arrives, account_of(a, "\narrives at %.3f ms", "\n%.3f ms에 도착"), journey_ms(s->j, fate.time));
    unsigned number = shake_number(s, k);
    char label[12] = "";
    if (number) snprintf(label, sizeof label, "%u ", number);
    const char *state = shake_state(s, side, k->in, k);
    snprintf(text, sizeof text, account_of(a, "%s%.3f ms: sends %.*s%s%s\nseq %llu%s%s\n=> [%s]", "%s%.3f ms: %.*s 전송%s%s\nseq %llu%s%s\n=> [%s]"), label,
             journey_ms(s->j, k->in), (int)strcspn(open, ")"), open, s->again ? account_of(a, " again", " (다시)") : "", reason,
             (unsigned long long)record_number(k, "tcp.seq_raw"), ack, arrives, state);
    shake_event(s, side, k->in, text);
    if (!fate.arrived) account_event(a, "  ✗ %s", journey_fate_text(s->j, &fate, why, sizeof why));
}

/* The flags of what came to a side at that moment. */
static unsigned shake_arrivals(const struct shake *s, int side, hp_time at)
{
    const struct record *r = &s->j->record;
    unsigned is = 0;
    for (const struct record_frame *f = r->frame; f < r->frame + r->frames; f++)
        if (f->out == at && !f->drop && journey_is_ours(s->j, f) && strcmp(journey_node(s->j, record_to(r, f)), shake_node(s, side)) == 0) is |= f->is;
    return is;
}

static const char *shake_why(const struct shake *s, const struct record_state *t, int side)
{
    static const struct { const char *from, *to; unsigned is; const char *english, *korean; } whys[] = {
        {"", "", RECORD_RST, "receives RST", "RST 수신"},
        {"", "ESTABLISHED", RECORD_ACK, "receives the ACK to its SYN", "자신의 SYN에 대한 ACK 수신"},
        {"", "FIN-WAIT-2", RECORD_ACK, "receives the ACK to its FIN", "자신의 FIN에 대한 ACK 수신"},
        {"LAST-ACK", "", RECORD_ACK, "receives the ACK to its FIN", "자신의 FIN에 대한 ACK 수신"},
        {"CLOSING", "", RECORD_ACK, "receives the ACK to its FIN", "자신의 FIN에 대한 ACK 수신"},
        {"", "", RECORD_FIN, "receives FIN", "FIN 수신"},
        {"", "", RECORD_SYN, "receives SYN", "SYN 수신"},
        {"", "SYN-SENT", 0, "its program connects", "프로그램이 연결을 시작"},
        {"", "FIN-WAIT-1", 0, "its program closes", "프로그램이 연결을 닫음"},
        {"", "LAST-ACK", 0, "its program closes", "프로그램이 연결을 닫음"},
        {"TIME-WAIT", "", 0, "2 MSL are over", "2 MSL이 지났다"},
        {"SYN-SENT", "CLOSED", 0, "gives up waiting", "기다리기를 포기한다"}};
    unsigned is = shake_arrivals(s, side, t->time);
    for (size_t i = 0; i < sizeof whys / sizeof *whys; i++) {
        bool from = !*whys[i].from || strcmp(whys[i].from, t->from) == 0, to = !*whys[i].to || strcmp(whys[i].to, t->to) == 0;
        if (from && to && (!whys[i].is || is & whys[i].is)) return account_of(&s->j->account, whys[i].english, whys[i].korean);
    }
    return account_of(&s->j->account, "the state changes", "상태가 바뀐다");
}

/* A change that no segment of this side tells. */
static void shake_change(struct shake *s, const struct record_state *t, int side)
{
    char text[300];
    snprintf(text, sizeof text, "%.3f ms: %s\n=> [%s]", journey_ms(s->j, t->time), shake_why(s, t, side), t->to);
    shake_event(s, side, t->time, text);
}

/* Of the close: FINs, what acknowledges them, and what acknowledges nothing new, which a lost or repeated segment is the reason of. */
static bool shake_closes(struct shake *s, const struct record_frame *k, int side, uint64_t before)
{
    uint64_t ack = record_number(k, "tcp.ack_raw");
    bool answers = s->fin_end[!side] != UINT64_MAX && ack == s->fin_end[!side];
    s->again = s->numbered = false;
    if (k->is & RECORD_RST) return true;
    if (k->is & RECORD_FIN) {
        s->again = s->fin_end[side] != UINT64_MAX;
        s->numbered = !s->again;
        s->fin_end[side] = (uint32_t)(record_number(k, "tcp.seq_raw") + k->payload.n + 1);
    } else if (k->payload.n || (!answers && ack != before)) return false;
    else {
        s->numbered = answers && !s->answered[!side];
        s->again = answers && !s->numbered;
    }
    s->answered[!side] |= answers;
    return true;
}

static bool shake_opens(struct shake *s, const struct record_frame *k, int side)
{
    const struct record *r = &s->j->record;
    s->again = false;
    for (const struct record_frame *f = r->frame; k->is & RECORD_SYN && f < k; f++)
        s->again |= f->in >= s->from && f->is & RECORD_SYN && f->cable == k->cable && f->end == k->end && journey_is_ours(s->j, f);
    return k->is & (RECORD_SYN | RECORD_RST) || (!side && k->is & RECORD_ACK && !k->payload.n && (!s->j->request || k < s->j->request));
}

/* Is this segment one of those that open or close? */
static bool shake_tells(struct shake *s, const struct record_frame *k, int side)
{
    uint64_t before = s->acked[side];
    if (k->is & RECORD_ACK) s->acked[side] = record_number(k, "tcp.ack_raw");
    if (k->in < s->from) return false;
    return s->closing ? shake_closes(s, k, side, before) : shake_opens(s, k, side);
}

/* The error about a segment of ours, and segments as they leave the machine that sends them. */
static bool shake_frame(struct shake *s, const struct record_frame *k, int *side)
{
    struct journey *j = s->j;
    char buf[600], source[HP_IP_TEXT] = "";
    if (k->in < s->j->began || k->in > s->to) return false;
    if (k->in >= s->from && !journey_is_beyond(j, k) && k->end && k->is & RECORD_ICMP && k->from_port == j->port && k->to_port == j->where.port) {
        record_ip(k, false, source, sizeof source);
        journey_faults(j, k->in);
        account_packet(&j->account, k->id, k->in, k->out);
        const char *text = journey_line(k, "icmp ", buf, sizeof buf), *quote = strchr(text, '(');
        bool own = j->account.korean && quote && strncmp(text, "icmp unreachable ", 17) == 0;
        account_event(&j->account, "%10.3f  ◀─ ICMP, %s: %s%s", journey_ms(j, k->in), journey_who(j, source), own ? "목적지에 닿지 않는다 " : "", own ? quote : text);
        return false;
    }
    const char *sender = journey_node(j, record_from(&j->record, k));
    *side = strcmp(sender, "A") != 0;
    return (!*side || strcmp(sender, j->server_node) == 0) && journey_is_ours(j, k) && shake_tells(s, k, *side);
}

/* Does a segment that this side sends in that moment tell the change? */
static bool shake_is_told(const struct shake *s, int side, const struct record_state *t)
{
    const struct record *r = &s->j->record;
    unsigned teller = shake_teller(t->to);
    for (const struct record_frame *k = r->frame; teller && k < r->frame + r->frames; k++) {
        if (k->in != t->time || shake_kind(k) != teller || (teller == RECORD_ACK && k->payload.n) || !journey_is_ours(s->j, k)) continue;
        if (strcmp(journey_node(s->j, record_from(r, k)), shake_node(s, side)) == 0) return s->closing || !side || teller == RECORD_SYN || teller == RECORD_RST;
    }
    return false;
}

/* The server opened its port long before: passive open, RFC 9293 3.10.1. */
static void shake_begins(struct shake *s)
{
    const struct record *r = &s->j->record;
    struct account *a = shake_account(s);
    hp_time listens = HP_NEVER;
    char right[300];
    const char *port = shake_port(s, s->j->opened - 1);
    for (uint32_t i = 0; i < r->states; i++)
        if (strcmp(journey_node(s->j, r->state[i].node), s->j->server_node) == 0 && strcmp(r->state[i].to, "LISTEN") == 0 && r->state[i].time < s->j->began)
            listens = r->state[i].time;
    if (listens == HP_NEVER || strcmp(port, "LISTEN") != 0) shake_state_text(s, port, right, sizeof right);
    else snprintf(right, sizeof right, account_of(a, "[CLOSED] the port is not open yet.\n%.3f ms: passive open: makes a TCB "
                                                  "(what TCP remembers of a connection), ready for a SYN\n=> [LISTEN]",
                                                  "[CLOSED] 아직 포트를 열지 않은 상태\n%.3f ms: passive open. TCB(연결 상태 정보를 갖는 자료구조)를 생성해 SYN에 대비\n=> [LISTEN]"),
                  journey_ms(s->j, listens));
    account_rule(shake_account(s), "├", "┼", "┤");
    shake_row(s, account_of(a, "[CLOSED] can do nothing until a server opens its port.\nactive open: makes a TCB, too",
                            "[CLOSED] 서버가 포트를 열어 주지 않으면 아무것도 할 수 없음\nactive open: TCB를 생성"), right);
}

static void shake_rows(struct shake *s)
{
    const struct record *r = &s->j->record;
    for (uint32_t f = 0, n = 0; f < r->frames || n < s->states;) {
        const struct record_frame *k = f < r->frames ? &r->frame[f] : NULL;
        const struct record_state *t = n < s->states ? &r->state[n] : NULL;
        int side = 0;
        if (!t || (k && k->in < t->time)) {
            f++;
            if (!shake_frame(s, k, &side)) continue;
            journey_faults(s->j, k->in);
            account_packet(&s->j->account, k->id, k->in, k->out);
            shake_send(s, k, side);
            continue;
        }
        n++;
        side = shake_is(s, t, 1);
        if ((!side && !shake_is(s, t, 0)) || t->time < s->from || t->time > s->to || shake_is_told(s, side, t)) continue;
        journey_faults(s->j, t->time);
        shake_change(s, t, side);
    }
}

/* When the first of both leaves ESTABLISHED, or sends what the response is known by. */
static hp_time shake_close_begins(const struct shake *s)
{
    const struct record *r = &s->j->record;
    hp_time begins = s->j->response->in;
    for (const struct record_state *t = r->state; t < r->state + r->states; t++)
        if (t->time < begins && strcmp(t->from, "ESTABLISHED") == 0 && (shake_is(s, t, 0) || shake_is(s, t, 1))) begins = t->time;
    return begins;
}

/* It ends with the server's ESTABLISHED: what follows at once belongs to the answer. */
static bool shake_open_ends(struct shake *s)
{
    const struct record *r = &s->j->record;
    for (uint32_t i = 0; i < r->states; i++) {
        if (!shake_is(s, &r->state[i], 1) || strcmp(r->state[i].to, "ESTABLISHED") != 0) continue;
        s->to = r->state[i].time;
        s->states = i + 1;
        return true;
    }
    return false;
}

static void shake_connected(struct shake *s)
{
    struct account *a = shake_account(s);
    const char *state = shake_state(s, 0, s->to, NULL), *connected = account_of(a, "[ESTABLISHED] connected", "[ESTABLISHED] 연결 생성 완료");
    char client[200];
    shake_state_text(s, state, client, sizeof client);
    account_rule(shake_account(s), "├", "┼", "┤");
    shake_row(s, strcmp(state, "ESTABLISHED") == 0 ? connected : client, connected);
}

void steps_shake(struct journey *j, bool closing)
{
    struct shake s = {.j = j, .closing = closing, .from = j->began, .to = HP_NEVER - 1, .states = j->record.states, .fin_end = {UINT64_MAX, UINT64_MAX},
                      .acked = {UINT64_MAX, UINT64_MAX}};
    s.object[0] = shake_object(&s, 0);
    s.object[1] = shake_object(&s, 1);
    if (closing) s.from = shake_close_begins(&s);
    bool connected = !closing && shake_open_ends(&s);
    j->account.cell = SHAKE_CELL;
    account_rule(&j->account, "┌", "┬", "┐");
    shake_row(&s, account_of(&j->account, "Client A (asks for the connection)", "클라이언트 A (연결을 요청한 쪽)"),
              account_of(&j->account, "Server (is asked)", "서버 (연결 요청을 받은 쪽)"));
    if (!closing) shake_begins(&s);
    shake_rows(&s);
    if (connected) shake_connected(&s);
    account_rule(&j->account, "└", "┴", "┘");
    j->account.cell = 0;
}
