/* When no page came, or not all of it: the seven layers, each with what it did, and the one that gave up. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "journey/journey.h"

void ladder_is(struct ladder *l, int layer, const char *english, const char *korean)
{
    l->layer = layer;
    snprintf(l->english, sizeof l->english, "%s", english);
    snprintf(l->korean, sizeof l->korean, "%s", korean);
}

/* The packets that this failure hung on: of the browser's machine, its server and the resolver; the reason of most deaths, the latest of equals. */
static bool ladder_killer(const struct journey *j, hp_time from, hp_time to, struct fate *out)
{
    const struct record *r = &j->record;
    unsigned count[HP_DROP_COUNT] = {0}, best = 0;
    for (const struct record_frame *f = r->frame; f < r->frame + r->frames; f++) {
        struct fate fate;
        bool first = j->plan->node[record_from(r, f)].kind == HP_NODE_HOST;
        if (f->in < from || f->in > to || !first || !(f->is & (RECORD_DNS | RECORD_TCP))) continue;
        journey_fate(j, f, &fate);
        if (fate.arrived || fate.on_its_way) continue;
        if (++count[fate.frozen ? HP_DROP_STOPPED : fate.drop] >= best) {
            best = count[fate.frozen ? HP_DROP_STOPPED : fate.drop];
            *out = fate;
        }
    }
    return best > 0;
}

/* Which of these flags a segment from the server's port that came to A had first; 0 = none of them came. */
static unsigned ladder_came(const struct journey *j, unsigned flags, uint16_t port, hp_time from, hp_time to)
{
    for (uint32_t i = 0; i < j->record.frames; i++) {
        const struct record_frame *f = &j->record.frame[i];
        if (f->in < from || f->in > to || journey_is_beyond(j, f) || f->end != 1 || f->out == HP_NEVER || f->drop) continue;
        if (f->is & RECORD_TCP && f->from_port == port && f->is & flags) return f->is & flags;
    }
    return 0;
}

/* ---- what was broken ---- */

/* The node that a frame is for; -1: nobody has that address. */
static int32_t ladder_goal(const struct journey *j, const struct record_frame *f)
{
    char to[HP_IP_TEXT] = "";
    record_ip(f, true, to, sizeof to);
    return journey_find(j, journey_who(j, to));
}

static void ladder_causes(const struct journey *j, const struct fate *fate, struct ladder *l, bool korean)
{
    char *why = korean ? l->korean : l->english, *broken = l->broken[korean], text[160];
    size_t room = korean ? sizeof l->korean : sizeof l->english;
    int32_t goal = ladder_goal(j, fate->first);
    struct troubles t;
    if (goal < 0) return;
    troubles_on_way(j, record_from(&j->record, fate->first), (uint32_t)goal, fate->time, &t);
    for (int i = 0; i < t.count; i++) {
        bool no_way = i == t.count - 1 && t.no_way && fate->drop == HP_DROP_NO_ROUTE;
        trouble_text(j, &t.one[i], korean, text, sizeof text);
        snprintf(why + strlen(why), room - strlen(why), "; %s%s", text, !no_way ? "" : korean ? ", 다른 길은 없었다" : ", and there was no other way");
        if (l->layer > 1 && t.one[i].kind != TROUBLE_FROZEN)
            snprintf(broken + strlen(broken), sizeof l->broken[0] - strlen(broken), "%s%s", *broken ? "; " : "", text);
    }
}

/* servfail: the name server had to say that it found nothing. */
static void ladder_died(const struct journey *j, const struct fate *fate, bool servfail, struct ladder *l)
{
    char fate_text[300], who[64] = "";
    double ms = journey_ms(j, fate->first->in);
    const char *sender = journey_node(j, record_from(&j->record, fate->first));
    journey_fate_text(j, fate, fate_text, sizeof fate_text);
    ladder_is(l, fate->drop == HP_DROP_NO_PORT ? 4 : fate->layer, "", "");
    if (strcmp(sender, "A") != 0) snprintf(who, sizeof who, account_of(&j->account, " by %s", "%s가 "), sender);
    snprintf(l->english, sizeof l->english, "%sthe packet that was sent%s at %.3f ms %s", servfail ? "the name server found no address (SERVFAIL): " : "",
             who, ms, fate_text);
    snprintf(l->korean, sizeof l->korean, "%s%s%.3f ms에 보낸 패킷이 %s", servfail ? "네임 서버가 주소를 알아내지 못했다 (SERVFAIL): " : "", who, ms, fate_text);
    if (fate->drop == HP_DROP_NO_PORT) return;
    ladder_causes(j, fate, l, false);
    ladder_causes(j, fate, l, true);
}

/* ---- why ---- */

/* A itself is dead or frozen. */
static bool ladder_self(const struct journey *j, struct ladder *l)
{
    char english[200], korean[200];
    hp_time dead = trouble_of(j, TROUBLE_DEAD, "A"), frozen = trouble_of(j, TROUBLE_FROZEN, "A");
    if (dead == HP_NEVER && frozen == HP_NEVER) return false;
    double ms = journey_ms(j, dead != HP_NEVER ? dead : frozen);
    snprintf(english, sizeof english, dead != HP_NEVER ? "the computer A itself lost its power %.3f ms after Enter"
                                                       : "the computer A itself is frozen since %.3f ms after Enter, and takes nothing that comes", ms);
    snprintf(korean, sizeof korean, dead != HP_NEVER ? "컴퓨터 A 자신이 Enter 뒤 %.3f ms에 꺼졌다" : "컴퓨터 A 자신이 Enter 뒤 %.3f ms부터 얼어붙어 아무것도 받지 않는다", ms);
    ladder_is(l, dead != HP_NEVER ? 1 : 2, english, korean);
    return true;
}

/* Whom a resource was asked of in the end: redirects lead to other hosts and ports than the URL's. */
struct ladder_asked {
    char server[HP_HTTP_HOST_MAX];
    uint16_t port;
    bool self;
};

/* The address that A's last SYN of that time to this port was for; false: there was none. */
static bool ladder_called(const struct journey *j, uint16_t port, hp_time from, hp_time to, char *address, size_t n)
{
    for (uint32_t i = j->record.frames; i > 0; i--) {
        const struct record_frame *f = &j->record.frame[i - 1];
        if (f->in < from || f->in > to || journey_is_beyond(j, f) || f->end) continue;
        if ((f->is & (RECORD_SYN | RECORD_ACK)) == RECORD_SYN && f->to_port == port) return record_ip(f, true, address, n);
    }
    return false;
}

static void ladder_asked(const struct journey *j, const struct page_resource *r, hp_time from, hp_time to, struct ladder_asked *a)
{
    struct hp_url url = j->where;
    struct hp_ip ip;
    if (r && hp_url_parse(r->url, &url)) url = j->where;
    *a = (struct ladder_asked){.port = url.port};
    if (!ladder_called(j, url.port, from, to, a->server, sizeof a->server)) snprintf(a->server, sizeof a->server, "%s", url.host);
    a->self = hp_ip_parse(a->server, &ip) && (hp_ip_is_loopback(&ip) || hp_ip_is_any(&ip) || strcmp(journey_who(j, a->server), "A") == 0);
}

static bool ladder_refused(const struct journey *j, const struct ladder_asked *a, hp_time from, hp_time to, struct ladder *l)
{
    char english[400], korean[400];
    const char *who = journey_who(j, a->server);
    if (!a->self && !ladder_came(j, RECORD_RST, a->port, from, to)) return false;
    snprintf(english, sizeof english, a->self ? "%s is this computer itself, and nobody listens on its port %u"
                                              : "%s answered with RST: nobody listens on port %u there", a->self ? a->server : who, a->port);
    snprintf(korean, sizeof korean, a->self ? "%s는 이 컴퓨터 자신이고, 포트 %u에서 듣는 프로세스가 없다" : "%s가 RST로 거절했다: 포트 %u에서 듣는 프로세스가 없다",
             a->self ? a->server : who, a->port);
    ladder_is(l, 4, english, korean);
    return true;
}

/* The connection ended before the answer did: by whom, and how? */
static bool ladder_ended(const struct journey *j, const struct ladder_asked *a, hp_time from, hp_time to, struct ladder *l)
{
    unsigned how = ladder_came(j, RECORD_RST | RECORD_FIN, a->port, from, to);
    if (how & RECORD_RST) ladder_is(l, 4, "the server's TCP ended the connection with RST", "서버의 TCP가 RST로 연결을 끊었다");
    else if (how) ladder_is(l, 7, "the server closed the connection (FIN) before its answer was whole", "서버가 답을 다 보내기 전에 연결을 닫았다 (FIN)");
    return how;
}

/* It came whole, but as it is packed it is of no use. */
static bool ladder_packed(const struct page_resource *r, int err, struct ladder *l)
{
    char english[200], korean[200];
    if (!r || err != HP_EPROTO || !*r->encoding || !r->wire_bytes) return false;
    snprintf(english, sizeof english, "what came is packed with %.40s, and cannot be unpacked", r->encoding);
    snprintf(korean, sizeof korean, "받은 것이 %.40s로 압축되어 있어서 풀 수 없다", r->encoding);
    ladder_is(l, 6, english, korean);
    return true;
}

static bool ladder_said(int err, struct ladder *l)
{
    static const struct { int err; const char *english, *korean; } said[] = {
        {HP_ENONAME, "DNS answered that there is no such name (NXDOMAIN)", "DNS가 그런 이름은 없다고 답했다 (NXDOMAIN)"},
        {HP_ENODATA, "DNS answered that the name has no address", "DNS가 그 이름에는 주소가 없다고 답했다"},
        {HP_EREFUSED, "the name server refused to answer (REFUSED)", "네임 서버가 답하기를 거절했다 (REFUSED)"},
        {HP_ESERVFAIL, "the name server could not find out the address (SERVFAIL)", "네임 서버가 주소를 알아내지 못했다 (SERVFAIL)"}};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        if (said[i].err != err) continue;
        ladder_is(l, 7, said[i].english, said[i].korean);
        return true;
    }
    return false;
}

/* What came was not what HTTP wants. */
static bool ladder_broke(const struct page_resource *r, int err, struct ladder *l)
{
    static const struct { int err, layer; const char *error, *english, *korean; } said[] = {
        {HP_EPROTO, 7, "redirected too often", "one redirect led to the next: after many of them there was still no page",
         "리다이렉트가 리다이렉트로 이어진다: 여러 번 따라가도 페이지가 없었다"},
        {HP_EPROTO, 7, "too many 1xx", "the server sent one preliminary answer (1xx) after the other", "서버가 임시 응답(1xx)만 거듭 보냈다"},
        {HP_EPROTO, 7, "chunked body", "the body of the server's answer breaks the rules of the chunked coding (a size in hex, so many bytes, a line end)",
         "서버가 보낸 본문이 chunked 형식(16진수 크기, 그만큼의 바이트, 줄 끝)에 어긋난다"},
        {HP_EPROTO, 6, "picture", "what came is no PNG or JPEG picture that can be read, or too large", "온 것이 읽을 수 있는 PNG나 JPEG 그림이 아니거나 너무 크다"},
        {HP_EPROTO, 7, "reading the response", "what came in answer is not HTTP: its head cannot be read", "온 답이 HTTP가 아니다: 머리를 읽을 수 없다"},
        {HP_EPROTO, 7, "", "what came in answer does not follow the protocol", "온 답이 프로토콜에 어긋난다"},
        {HP_ERANGE, 7, "reading the response", "the head of the server's answer has more than 100 lines", "서버가 보낸 답의 머리가 100줄을 넘는다"},
        {HP_ERANGE, 7, "response's head", "the head of the server's answer is longer than 16 KiB", "서버가 보낸 답의 머리가 16 KiB를 넘는다"},
        {HP_ERANGE, 7, "", "the server's answer is larger than what is taken here", "서버의 답이 여기서 받는 것보다 크다"}};
    _Static_assert(HP_HTTP_HEADERS_MAX == 100 && HP_HTTP_HEAD_MAX == 16384, "the words say so");
    for (size_t i = 0; r && i < sizeof said / sizeof *said; i++) {
        if (said[i].err != err || !strstr(r->error ? r->error : "", said[i].error)) continue;
        ladder_is(l, said[i].layer, said[i].english, said[i].korean);
        return true;
    }
    return false;
}

/* What err and the packets say of the time from `from` to `to`.  r: NULL, or what was asked for. */
static void ladder_find(const struct journey *j, const struct page_resource *r, int err, hp_time from, hp_time to, struct ladder *l)
{
    struct fate fate;
    struct ladder_asked asked;
    ladder_asked(j, r, from, to, &asked);
    *l = (struct ladder){.layer = 0};
    if (ladder_self(j, l)) return;
    if (err == HP_ECONNREFUSED && ladder_refused(j, &asked, from, to, l)) return;
    if (err == HP_ECONNRESET && ladder_ended(j, &asked, from, to, l)) return;
    if (ladder_packed(r, err, l)) return;
    if (ladder_broke(r, err, l)) return;
    bool searched = err == HP_ESERVFAIL && !j->wired && ladder_killer(j, from, to, &fate); /* the server's own questions died */
    if (!searched && ladder_said(err, l)) return;
    if (j->wired && !(err == HP_ETIMEDOUT && ladder_killer(j, from, to, &fate))) steps_wired_ladder(j, err, from, to, l); /* a bad wire's deaths are known */
    else if (ladder_killer(j, from, to, &fate)) ladder_died(j, &fate, searched, l);
    else if (!j->port && from <= j->began) ladder_is(l, 7, "no name server gave an answer", "답을 준 네임 서버가 없다");
    else ladder_is(l, err == HP_ETIMEDOUT ? 4 : 7, hp_err_text(err), journey_error_korean(err));
    if (l->layer == 0) l->layer = 4;
}

static void ladder_status(int status, struct ladder *l)
{
    char english[100], korean[100];
    const char *what = status == 404 || status == 410 ? "has no such thing" : status >= 500 ? "failed" : "does not give it";
    const char *what_korean = status == 404 || status == 410 ? "그런 것은 없다" : status >= 500 ? "스스로 실패했다" : "줄 수 없다";
    snprintf(english, sizeof english, "the server answered that it %s (HTTP status %d)", what, status);
    snprintf(korean, sizeof korean, "서버가 %s고 답했다 (HTTP 상태 코드 %d)", what_korean, status);
    ladder_is(l, 7, english, korean);
}

static void ladder_print(struct journey *j, struct ladder *l, int resource)
{
    l->resource = resource;
    if (j->verdicts < JOURNEY_VERDICTS_MAX) j->verdict[j->verdicts++] = *l;
    static const char *const names[2][8] = {{"", "physical", "data link", "network", "transport", "session", "presentation", "application"},
                                            {"", "물리", "데이터 링크", "네트워크", "전송", "세션", "표현", "응용"}};
    struct account *a = &j->account;
    char name[80];
    for (int n = 7; n >= 1; n--) {
        cli_pad(names[a->korean][n], 13, name, sizeof name);
        if (n == l->layer) account_row(a, "%d %s ✗ %s", n, name, account_of(a, l->english, l->korean));
        else if (n == 1 && l->broken[0][0]) account_row(a, "%d %s ⚡ %s", n, name, l->broken[a->korean]);
        else if (n < l->layer) account_row(a, "%d %s %s", n, name, account_of(a, "ok", "정상"));
        else account_row(a, "%d %s – %s", n, name, account_of(a, "waited in vain", "기다렸지만 오지 않음"));
    }
    account_say(a, "Layer %d gave up: %s.", "%d계층이 포기했다: %s.", l->layer, account_of(a, l->english, l->korean));
}

void steps_failed(struct journey *j)
{
    struct account *a = &j->account;
    struct ladder l = {0};
    bool whole = j->err != 0;
    account_begin(a, "", 0, whole ? "No page came" : "The page is not whole", whole ? "페이지가 오지 않았다" : "페이지가 온전하지 않다");
    if (whole) {
        journey_faults(j, HP_NEVER - 1);
        bool self = ladder_self(j, &l); /* it says nothing any more */
        if (!a->korean && !self) account_say(a, "%s", "%s", j->page && page_error(j->page)[0] ? page_error(j->page) : hp_err_text(j->err));
        ladder_find(j, j->page && page_resources(j->page) ? page_resource(j->page, 0) : NULL, j->err, j->began, j->ended, &l);
        ladder_print(j, &l, -1);
        return;
    }
    journey_faults(j, HP_NEVER - 1);
    for (int i = 0; i < page_resources(j->page); i++) {
        const struct page_resource *r = page_resource(j->page, i);
        if (!r->err && !r->error && r->status < 400) continue;
        const char *why = r->status >= 400 ? account_of(a, "HTTP status", "HTTP 상태 코드") : account_of(a, hp_err_text(r->err), journey_error_korean(r->err));
        account_say(a, "%s did not come: %s", "오지 않은 것: %s (%s)", r->url, !a->korean && r->error ? r->error : why);
        if (r->status >= 400) ladder_status(r->status, &l);
        else ladder_find(j, r, r->err, r->began - j->base, r->ended ? r->ended - j->base : j->ended, &l);
        ladder_print(j, &l, i);
    }
}
