/* What became of a packet: every hop of it was recorded, and every death. */
#include <string.h>

#include "journey/journey.h"

/* In the order of drops.def, which is that of the layers. */
static int fate_layer(enum hp_drop drop)
{
    return drop <= HP_DROP_WIRE_FRAGMENT ? 1 : drop <= HP_DROP_BRIDGE_RESERVED ? 2 : drop <= HP_DROP_FILTERED ? 3 : drop <= HP_DROP_TIME_WAIT ? 4 : 0;
}

static const struct record_death *fate_death(const struct journey *j, uint64_t id, uint32_t node)
{
    const struct record *r = &j->record;
    for (uint32_t i = r->deaths; i > 0; i--)
        if (r->death[i - 1].id == id && r->death[i - 1].node == node) return &r->death[i - 1];
    return NULL;
}

/* It came into the machine `last` led to, and went no further. */
static void fate_in_machine(const struct journey *j, struct fate *fate)
{
    uint32_t node = record_to(&j->record, fate->last);
    const struct record_death *d = fate_death(j, fate->last->id, node);
    char to[HP_IP_TEXT] = "";
    record_ip(fate->last, true, to, sizeof to);
    bool there = strcmp(journey_who(j, to), journey_node(j, node)) == 0;
    fate->node = node;
    fate->time = d ? d->time : fate->last->out;
    fate->drop = d ? d->drop : HP_DROP_STOPPED;
    fate->layer = d ? fate_layer(d->drop) : 1;
    /* What layer 4 has judged did arrive; what nobody dropped was taken. */
    fate->arrived = there && (!d || fate->layer >= 4) && !(d && d->drop == HP_DROP_STOPPED);
}

void journey_fate(const struct journey *j, const struct record_frame *first, struct fate *fate)
{
    const struct record *r = &j->record;
    *fate = (struct fate){.first = first, .last = first};
    for (const struct record_frame *f = first; !j->wired && f < r->frame + r->frames; f++) /* a real wire shows one hop */
        if (f->id == first->id && f->in >= first->in) fate->last = f;
    fate->time = fate->last->in;
    fate->cable = fate->last->drop != HP_DROP_NONE;
    if (fate->cable) {
        fate->drop = fate->last->drop;
        fate->layer = fate_layer(fate->drop);
    } else if (fate->last->out == HP_NEVER) fate->on_its_way = true;
    else fate_in_machine(j, fate);
}

const char *journey_fate_text(const struct journey *j, const struct fate *fate, char *buf, size_t n)
{
    const char *place = fate->cable ? j->plan->cable[fate->last->cable].name : journey_node(j, fate->node);
    const char *why = hp_drop_name(fate->drop);
    if (fate->on_its_way) snprintf(buf, n, "%s", j->wired ? account_of(&j->account, "nothing shows that it arrived", "도착했다는 표시가 없다")
                                                        : account_of(&j->account, "was still on its way", "아직 가는 중이었다"));
    else if (j->account.korean) snprintf(buf, n, "%s%s에서 사라졌다: %s (%s)", fate->cable ? "케이블 " : "", place, why, journey_drop_korean(fate->drop));
    else snprintf(buf, n, "died %s %s: %s (%s)", fate->cable ? "on the cable" : "at", place, why, hp_drop_text(fate->drop));
    return buf;
}

const char *journey_drop_korean(enum hp_drop drop)
{
    switch (drop) {
    case HP_DROP_WIRE_DOWN: return "케이블이 뽑혔거나 맞은편이 꺼졌다";
    case HP_DROP_WIRE_FULL: return "케이블의 송신 큐가 찼다";
    case HP_DROP_WIRE_LOSS:
    case HP_DROP_WIRE_BURST_LOSS: return "케이블이 프레임을 잃었다";
    case HP_DROP_FCS: return "FCS가 맞지 않는다: 비트가 뒤집혔다";
    case HP_DROP_CODE_VIOLATION:
    case HP_DROP_NO_SFD:
    case HP_DROP_ALIGNMENT: return "신호가 깨졌다";
    case HP_DROP_NEIGH_FAILED: return "이웃이 ARP에 답하지 않는다";
    case HP_DROP_NO_ROUTE: return "목적지로 가는 길이 표에 없다";
    case HP_DROP_TTL: return "TTL이 다 되었다";
    case HP_DROP_CHECKSUM: return "체크섬이 맞지 않는다";
    case HP_DROP_NO_PORT: return "그 포트에서 아무도 듣지 않는다";
    case HP_DROP_STOPPED: return "그 기계가 꺼졌다";
    default: return hp_drop_text(drop);
    }
}

/* ---- what struck meanwhile ---- */

/* "crash 바 나" names the machine as a whole word. */
static bool fate_names(const char *text, const char *node)
{
    size_t n = strlen(node);
    for (const char *at = strstr(text, node); at; at = strstr(at + 1, node))
        if (at > text && at[-1] == ' ' && (!at[n] || at[n] == ' ')) return true;
    return false;
}

hp_time journey_died(const struct journey *j, const char *node)
{
    const struct record *r = &j->record;
    hp_time died = HP_NEVER;
    for (uint32_t i = 0; i < r->newses; i++) {
        const struct record_news *n = &r->news[i];
        if (n->kind != HP_RUN_FAULT || !fate_names(n->text, node)) continue;
        if (strstr(n->text, "crash ")) died = n->time;
        else if (strstr(n->text, "restart ")) died = HP_NEVER;
    }
    return died;
}

/* "changed 11.22.33.0/24 via 10.0.4.2, metric 4": is it the way to where we want to go? */
static bool fate_is_way(const struct journey *j, const struct record_news *n)
{
    char word[32], prefix[HP_PREFIX_TEXT];
    struct hp_prefix to;
    struct hp_ip goal = j->server;
    size_t app = n->app ? strlen(n->app) : 0;
    if (n->kind != HP_RUN_SAID || app < 4 || strcmp(n->app + app - 4, ".rip") != 0) return false;
    if (hp_ip_is_any(&goal)) hp_run_address(j->run, "resolver", &goal);
    return sscanf(n->text, "%31s %51s", word, prefix) == 2 && hp_prefix_parse(prefix, &to) && hp_prefix_has(&to, &goal);
}

static void fate_say_rip(struct journey *j, const struct record_news *n)
{
    char word[32] = "", prefix[64] = "", via[64] = "";
    unsigned metric = 0;
    const char *what;
    if (sscanf(n->text, "%31s %63s via %63[^,], metric %u", word, prefix, via, &metric) != 4) return;
    if (strcmp(word, "lost") == 0) what = account_of(&j->account, "has lost its way to", "길을 잃었다:");
    else if (strcmp(word, "forgot") == 0) what = account_of(&j->account, "forgot the way to", "길을 잊었다:");
    else what = account_of(&j->account, "has a new way to", "새 길을 배웠다:");
    account_row(&j->account, "%9.3f  RIP: %s %s %s %s %s (%u)", journey_ms(j, n->time), n->node ? n->node : "", what, prefix,
                account_of(&j->account, "by", "←"), journey_who(j, via), metric);
}

void journey_faults(struct journey *j, hp_time until)
{
    const struct record *r = &j->record;
    for (; j->told < r->newses && r->news[j->told].time <= until; j->told++) {
        const struct record_news *n = &r->news[j->told];
        if (n->time < j->began) continue;
        const char *crash = n->kind == HP_RUN_FAULT ? strstr(n->text, "crash ") : NULL;
        if (crash && !strchr(crash + 6, ' ')) account_row(&j->account, "%9.3f  ⚡ %s %s", journey_ms(j, n->time), crash + 6,
                                                          account_of(&j->account, "loses its power", "전원이 꺼진다"));
        else if (n->kind == HP_RUN_FAULT) {
            const char *rest = strncmp(n->text, "at ", 3) == 0 ? strchr(n->text + 3, ' ') : NULL;
            account_row(&j->account, "%9.3f  ⚡ %s", journey_ms(j, n->time), rest ? rest + 1 : n->text);
        } else if (fate_is_way(j, n)) fate_say_rip(j, n);
    }
}
