/* The handshake and the close as the study note draws them: two columns, the client's and the server's; a row is a segment, or a segment's arrival. */
#include <string.h>

#include "core/utf8.h"
#include "journey/journey.h"

enum { SHAKE_CELL = 33 };

struct shake {
    struct journey *j;
    uint64_t object[2]; /* 0: the client's, 1: the server's */
    hp_time from, to;
    bool closing, answered[2]; /* the FIN of a side was acknowledged */
    uint64_t fin_end[2]; /* of a side that sent FIN: the number after it; UINT64_MAX = it sent none */
    unsigned segments;
};

static struct account *shake_account(struct shake *s) { return &s->j->account; }

/* ---- the table ---- */

static void shake_rule(struct shake *s, const char *left, const char *middle, const char *right)
{
    char line[(SHAKE_CELL + 2) * 3 + 1] = "";
    for (int i = 0; i < SHAKE_CELL + 2; i++) memcpy(line + 3 * i, "─", 4);
    account_row(shake_account(s), "%s%s%s%s%s", left, line, middle, line, right);
}

/* The next words of a cell that stand in its width; moves *text on. */
static void shake_words(const char **text, char *out, size_t n)
{
    size_t at = 0, cells = 0;
    while (**text == ' ') ++*text;
    while (**text) {
        size_t word = strcspn(*text, " \n"), wide = utf8_text_cells(*text, word);
        if ((at && cells + 1 + wide > SHAKE_CELL) || at + word + 2 > n) break;
        if (at) out[at++] = ' ', cells++;
        memcpy(out + at, *text, word);
        at += word;
        cells += wide;
        *text += word;
        if (**text == '\n') {
            ++*text;
            break;
        }
        while (**text == ' ') ++*text;
    }
    out[at] = 0;
}

static void shake_row(struct shake *s, const char *left, const char *right)
{
    char word[2][300], cell[2][400];
    while (*left || *right) {
        shake_words(&left, word[0], sizeof word[0]);
        shake_words(&right, word[1], sizeof word[1]);
        account_row(shake_account(s), "│ %s │ %s │", account_pad(word[0], SHAKE_CELL, cell[0], sizeof cell[0]),
                    account_pad(word[1], SHAKE_CELL, cell[1], sizeof cell[1]));
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

/* At a moment: after all that happened in it, or (first) after the first of it. */
static const char *shake_state(const struct shake *s, int side, hp_time at, bool first)
{
    const struct record *r = &s->j->record;
    const char *state = side ? "LISTEN" : "CLOSED";
    for (uint32_t i = 0; i < r->states && r->state[i].time <= at; i++) {
        if (!shake_is(s, &r->state[i], side)) continue;
        state = r->state[i].to;
        if (first && r->state[i].time == at) break;
    }
    return state;
}

static void shake_event(struct shake *s, int side, hp_time at, const char *text)
{
    char waits[200];
    const char *state = shake_state(s, !side, at - 1, false);
    snprintf(waits, sizeof waits, "[%s] %s", state, shake_waits(s, state));
    shake_rule(s, "├", "┼", "┤");
    shake_row(s, side ? waits : text, side ? text : waits);
}

/* ---- rows ---- */

static void shake_send(struct shake *s, const struct record_frame *k, int side)
{
    char flags[40] = "", text[400], ack[48] = "", arrives[64] = "", why[300], reason[64] = "";
    struct fate fate;
    struct account *a = shake_account(s);
    bool only_ack = !(k->is & (RECORD_SYN | RECORD_FIN | RECORD_RST));
    record_text(k, "tcp.flags", flags, sizeof flags);
    const char *open = strchr(flags, '(') ? strchr(flags, '(') + 1 : flags;
    if (k->is & RECORD_ACK) snprintf(ack, sizeof ack, " ack %llu", (unsigned long long)record_number(k, "tcp.ack_raw"));
    if (k->payload.n) snprintf(reason, sizeof reason, account_of(a, " with the last %zu bytes", ", 마지막 %zu바이트와 함께"), k->payload.n);
    journey_fate(s->j, k, &fate);
    if (fate.arrived) snprintf(arrives, sizeof arrives, account_of(a, "\narrives at %.3f ms", "\n%.3f ms에 도착"), journey_ms(s->j, fate.time));
    unsigned number = s->closing ? ++s->segments : k->is & RECORD_SYN ? k->is & RECORD_ACK ? 2 : 1 : k->is & RECORD_RST ? 0 : 3;
    char label[12] = "";
    if (number) snprintf(label, sizeof label, "%u ", number);
    const char *state = shake_state(s, side, k->in, only_ack);
    snprintf(text, sizeof text, account_of(a, "%s%.3f ms: sends %.*s%s\nseq %llu%s%s\n=> [%s]", "%s%.3f ms: %.*s 전송%s\nseq %llu%s%s\n=> [%s]"), label,
             journey_ms(s->j, k->in), (int)strcspn(open, ")"), open, reason, (unsigned long long)record_number(k, "tcp.seq_raw"), ack, arrives, state);
    shake_event(s, side, k->in, text);
    if (!fate.arrived) account_row(a, "  ✗ %s", journey_fate_text(s->j, &fate, why, sizeof why));
}

static const char *shake_why(const struct shake *s, const struct record_state *t)
{
    const struct account *a = &s->j->account;
    if (strcmp(t->to, "ESTABLISHED") == 0) return account_of(a, "receives the ACK to its SYN", "자신의 SYN에 대한 ACK 수신");
    if (strcmp(t->to, "FIN-WAIT-2") == 0 || strcmp(t->from, "LAST-ACK") == 0) return account_of(a, "receives the ACK to its FIN", "자신의 FIN에 대한 ACK 수신");
    if (strcmp(t->from, "TIME-WAIT") == 0) return account_of(a, "2 MSL are over", "2 MSL이 지났다");
    if (strcmp(t->from, "SYN-SENT") == 0) return account_of(a, "gives up waiting", "기다리기를 포기한다");
    return account_of(a, "the state changes", "상태가 바뀐다");
}

/* A change that no segment of this side tells. */
static void shake_change(struct shake *s, const struct record_state *t, int side)
{
    char text[300];
    snprintf(text, sizeof text, "%.3f ms: %s\n=> [%s]", journey_ms(s->j, t->time), shake_why(s, t), t->to);
    shake_event(s, side, t->time, text);
}

/* Is this segment one of those that open or close? */
static bool shake_tells(struct shake *s, const struct record_frame *k, int side)
{
    if (k->is & RECORD_RST) return true;
    if (!s->closing) return k->is & RECORD_SYN || (!side && k->is & RECORD_ACK && !k->payload.n && (!s->j->request || k < s->j->request));
    if (k->is & RECORD_FIN) {
        s->fin_end[side] = (uint32_t)(record_number(k, "tcp.seq_raw") + k->payload.n + 1);
        return true;
    }
    if (k->payload.n || s->answered[!side] || s->fin_end[!side] == UINT64_MAX || record_number(k, "tcp.ack_raw") != s->fin_end[!side]) return false;
    return s->answered[!side] = true;
}

/* The error about a segment of ours, and segments as they leave the machine that sends them. */
static bool shake_frame(struct shake *s, const struct record_frame *k, int *side)
{
    struct journey *j = s->j;
    char buf[600], source[HP_IP_TEXT] = "";
    if (k->in < s->from || k->in > s->to) return false;
    if (!journey_is_beyond(j, k) && k->end && k->is & RECORD_ICMP && k->from_port == j->port && k->to_port == j->where.port) {
        record_ip(k, false, source, sizeof source);
        journey_faults(j, k->in);
        account_packet(&j->account, k->id, k->in, k->out);
        const char *text = journey_line(k, "icmp ", buf, sizeof buf), *quote = strchr(text, '(');
        bool own = j->account.korean && quote && strncmp(text, "icmp unreachable ", 17) == 0;
        account_row(&j->account, "%10.3f  ◀─ ICMP, %s: %s%s", journey_ms(j, k->in), journey_who(j, source), own ? "목적지에 닿지 않는다 " : "", own ? quote : text);
        return false;
    }
    const char *sender = journey_node(j, record_from(&j->record, k));
    *side = strcmp(sender, "A") != 0;
    return (!*side || strcmp(sender, j->server_node) == 0) && journey_is_ours(j, k) && shake_tells(s, k, *side);
}

static bool shake_sends_at(const struct shake *s, int side, hp_time at)
{
    const struct record *r = &s->j->record;
    for (uint32_t i = 0; i < r->frames; i++) {
        const struct record_frame *k = &r->frame[i];
        if (k->in != at || !journey_is_ours(s->j, k) || strcmp(journey_node(s->j, record_from(r, k)), shake_node(s, side)) != 0) continue;
        if (s->closing || k->is & RECORD_SYN || !side) return true;
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
    for (uint32_t i = 0; i < r->states; i++)
        if (strcmp(journey_node(s->j, r->state[i].node), s->j->server_node) == 0 && strcmp(r->state[i].to, "LISTEN") == 0 && r->state[i].time < s->j->began)
            listens = r->state[i].time;
    if (listens == HP_NEVER) snprintf(right, sizeof right, "%s", account_of(a, "[LISTEN] waits for a client's SYN", "[LISTEN] 클라이언트의 연결 요청(SYN) 대기"));
    else snprintf(right, sizeof right, account_of(a, "[CLOSED] the port is not open yet.\n%.3f ms: passive open: makes a TCB "
                                                  "(what TCP remembers of a connection), ready for a SYN\n=> [LISTEN]",
                                                  "[CLOSED] 아직 포트를 열지 않은 상태\n%.3f ms: passive open. TCB(연결 상태 정보를 갖는 자료구조)를 생성해 SYN에 대비\n=> [LISTEN]"),
                  journey_ms(s->j, listens));
    shake_rule(s, "├", "┼", "┤");
    shake_row(s, account_of(a, "[CLOSED] can do nothing until a server opens its port.\nactive open: makes a TCB, too",
                            "[CLOSED] 서버가 포트를 열어 주지 않으면 아무것도 할 수 없음\nactive open: TCB를 생성"), right);
}

static void shake_rows(struct shake *s)
{
    const struct record *r = &s->j->record;
    for (uint32_t f = 0, n = 0; f < r->frames || n < r->states;) {
        const struct record_frame *k = f < r->frames ? &r->frame[f] : NULL;
        const struct record_state *t = n < r->states ? &r->state[n] : NULL;
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
        if ((!side && !shake_is(s, t, 0)) || t->time < s->from || t->time > s->to || shake_sends_at(s, side, t->time)) continue;
        journey_faults(s->j, t->time);
        shake_change(s, t, side);
    }
}

void steps_shake(struct journey *j, bool closing)
{
    struct shake s = {.j = j, .closing = closing, .from = closing ? j->response->in : j->began, .to = HP_NEVER - 1, .fin_end = {UINT64_MAX, UINT64_MAX}};
    const struct record *r = &j->record;
    s.object[0] = shake_object(&s, 0);
    s.object[1] = shake_object(&s, 1);
    for (uint32_t i = 0; !closing && i < r->states; i++)
        if (shake_is(&s, &r->state[i], 1) && strcmp(r->state[i].to, "ESTABLISHED") == 0) s.to = r->state[i].time;
    shake_rule(&s, "┌", "┬", "┐");
    shake_row(&s, account_of(&j->account, "Client A (asks for the connection)", "클라이언트 A (연결을 요청한 쪽)"),
              account_of(&j->account, "Server (is asked)", "서버 (연결 요청을 받은 쪽)"));
    if (!closing) shake_begins(&s);
    shake_rows(&s);
    if (!closing && s.to != HP_NEVER - 1) {
        shake_rule(&s, "├", "┼", "┤");
        shake_row(&s, account_of(&j->account, "[ESTABLISHED] connected", "[ESTABLISHED] 연결 생성 완료"),
                  account_of(&j->account, "[ESTABLISHED] connected", "[ESTABLISHED] 연결 생성 완료"));
    }
    shake_rule(&s, "└", "┴", "┘");
}
