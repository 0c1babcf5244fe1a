/* When no page came, or not all of it: the seven layers, each with what it did, and the one that gave up. */
#include <stdlib.h>
#include <string.h>

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
        if (++count[fate.drop] >= best) {
            best = count[fate.drop];
            *out = fate;
        }
    }
    return best > 0;
}

static bool ladder_seen(const struct journey *j, unsigned is, hp_time from)
{
    for (uint32_t i = 0; i < j->record.frames; i++) {
        const struct record_frame *f = &j->record.frame[i];
        if (f->in >= from && (f->is & is) == is && f->cable == 0 && f->end == 1 && (is & RECORD_DNS || f->is & RECORD_ICMP || f->from_port == j->where.port))
            return true;
    }
    return false;
}

/* The machine that died last by then, which may be why there is no way. */
static const struct hp_plan_node *ladder_dead(const struct journey *j, hp_time by, hp_time *when)
{
    const struct hp_plan_node *found = NULL;
    for (uint32_t i = 0; i < j->plan->nodes; i++) {
        const struct hp_plan_node *n = &j->plan->node[i];
        hp_time died = journey_died(j, n->name);
        if (died > by || (found && died < *when)) continue;
        found = n;
        *when = died;
    }
    return found;
}

static void ladder_died(const struct journey *j, const struct fate *fate, struct ladder *l)
{
    char fate_text[300], why[200] = "", why_korean[200] = "";
    double ms = journey_ms(j, fate->first->in);
    hp_time when = HP_NEVER;
    const struct hp_plan_node *dead = fate->drop == HP_DROP_NO_PORT ? NULL : ladder_dead(j, fate->first->in, &when);
    bool router = dead && dead->kind == HP_NODE_ROUTER, no_way = router && fate->drop == HP_DROP_NO_ROUTE;
    if (dead) {
        snprintf(why, sizeof why, "; %s%s had died at %.3f ms%s", router ? "router " : "", dead->name, journey_ms(j, when),
                 no_way ? ", and there was no other way" : "");
        snprintf(why_korean, sizeof why_korean, "; %s%s: %.3f ms에 꺼졌%s", router ? "라우터 " : "", dead->name, journey_ms(j, when),
                 no_way ? "고 다른 길이 없었다" : "다");
    }
    journey_fate_text(j, fate, fate_text, sizeof fate_text);
    ladder_is(l, fate->drop == HP_DROP_NO_PORT ? 4 : fate->layer, "", "");
    snprintf(l->english, sizeof l->english, "the packet that was sent at %.3f ms %s%s", ms, fate_text, why);
    snprintf(l->korean, sizeof l->korean, "%.3f ms에 보낸 패킷이 %s%s", ms, fate_text, why_korean);
}

/* What err and the packets say of the time from `from` to `to`. */
static void ladder_find(const struct journey *j, int err, hp_time from, hp_time to, struct ladder *l)
{
    char english[300], korean[300];
    struct fate fate;
    hp_time dead = journey_died(j, "A");
    bool connected = from > j->began || j->port;
    if (dead != HP_NEVER) {
        snprintf(english, sizeof english, "the computer A itself lost its power %.3f ms after Enter", journey_ms(j, dead));
        snprintf(korean, sizeof korean, "컴퓨터 A 자신이 Enter 뒤 %.3f ms에 꺼졌다", journey_ms(j, dead));
        ladder_is(l, 1, english, korean);
    } else if (err == HP_ECONNREFUSED && j->server_node[0]) {
        snprintf(english, sizeof english, "%s answered with RST: nobody listens on port %u there", j->server_node, j->where.port);
        snprintf(korean, sizeof korean, "%s가 RST로 거절했다: 포트 %u에서 듣는 프로세스가 없다", j->server_node, j->where.port);
        ladder_is(l, 4, english, korean);
    } else if (err == HP_ENONAME) {
        ladder_is(l, 7, "DNS answered that there is no such name (NXDOMAIN)", "DNS가 그런 이름은 없다고 답했다 (NXDOMAIN)");
    } else if (err == HP_ENODATA) {
        ladder_is(l, 7, "DNS answered that the name has no address", "DNS가 그 이름에는 주소가 없다고 답했다");
    } else if (err == HP_EREFUSED) {
        ladder_is(l, 7, "the name server refused to answer (REFUSED)", "네임 서버가 답하기를 거절했다 (REFUSED)");
    } else if (err == HP_ESERVFAIL) {
        ladder_is(l, 7, "the name server could not find out the address (SERVFAIL)", "네임 서버가 주소를 알아내지 못했다 (SERVFAIL)");
    } else if (j->wired && !(err == HP_ETIMEDOUT && ladder_killer(j, from, to, &fate))) { /* of a wire that was made bad the deaths are known */
        steps_wired_ladder(j, err, from, to, l);
    } else if (ladder_killer(j, from, to, &fate)) {
        ladder_died(j, &fate, l);
    } else if (!connected) {
        ladder_is(l, 7, "no name server gave an answer", "답을 준 네임 서버가 없다");
    } else if (err == HP_ECONNRESET || ladder_seen(j, RECORD_RST, from)) {
        ladder_is(l, 4, "the server's TCP ended the connection with RST", "서버의 TCP가 RST로 연결을 끊었다");
    } else {
        ladder_is(l, err == HP_ETIMEDOUT ? 4 : 7, hp_err_text(err), journey_error_korean(err));
    }
    if (l->layer == 0) l->layer = 4;
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
        account_pad(names[a->korean][n], 13, name, sizeof name);
        if (n == l->layer) account_row(a, "%d %s ✗ %s", n, name, account_of(a, l->english, l->korean));
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
        if (!a->korean) account_say(a, "%s", "%s", j->page && page_error(j->page)[0] ? page_error(j->page) : hp_err_text(j->err));
        ladder_find(j, j->err, j->began, j->ended, &l);
        ladder_print(j, &l, -1);
        return;
    }
    journey_faults(j, HP_NEVER - 1);
    for (int i = 0; i < page_resources(j->page); i++) {
        const struct page_resource *r = page_resource(j->page, i);
        if (!r->err && !r->error && r->status < 400) continue;
        const char *why = r->status >= 400 ? account_of(a, "HTTP status", "HTTP 상태 코드") : account_of(a, hp_err_text(r->err), journey_error_korean(r->err));
        account_say(a, "%s did not come: %s", "오지 않은 것: %s (%s)", r->url, !a->korean && r->error ? r->error : why);
        if (r->status >= 400) ladder_is(&l, 7, "the server answered that it has no such thing", "서버가 그런 것은 없다고 답했다");
        else ladder_find(j, r->err, r->began - j->base, r->ended ? r->ended - j->base : j->ended, &l);
        ladder_print(j, &l, i);
    }
}
