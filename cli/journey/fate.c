/* What became of a packet: every hop of it was recorded, and every death. */
#include <string.h>

#include "journey/journey.h"

/* In the order of drops.def, which is that of the layers. */
static int fate_layer(enum hp_drop drop)
{
    return drop <= HP_DROP_WIRE_FRAGMENT ? 1 : drop <= HP_DROP_BRIDGE_RESERVED ? 2 : drop <= HP_DROP_FILTERED ? 3 : drop <= HP_DROP_TIME_WAIT ? 4 : 0;
}

/* Of the copies of a packet that came into a machine those that it dropped: the last of these deaths. */
static const struct record_death *fate_death(const struct journey *j, uint64_t id, uint32_t node, unsigned *deaths)
{
    const struct record *r = &j->record;
    const struct record_death *last = NULL;
    *deaths = 0;
    for (const struct record_death *d = r->death; d < r->death + r->deaths; d++) {
        if (d->id != id || d->node != node) continue;
        last = d;
        ++*deaths;
    }
    return last;
}

/* The copies of `last`, which a cable can double, that came out of its cable, and when the first did. */
static unsigned fate_copies(const struct journey *j, const struct record_frame *last, hp_time *first)
{
    const struct record *r = &j->record;
    unsigned copies = 0;
    *first = HP_NEVER;
    for (const struct record_frame *f = r->frame; f < r->frame + r->frames; f++) {
        if (f->id != last->id || f->cable != last->cable || f->end != last->end || f->out == HP_NEVER || f->drop) continue;
        if (f->out < *first) *first = f->out;
        copies += 1u + f->copies;
    }
    return copies;
}

static bool fate_is_for(const struct journey *j, const struct record_frame *f, uint32_t node)
{
    char to[HP_IP_TEXT] = "";
    record_ip(f, true, to, sizeof to);
    return strcmp(journey_who(j, to), journey_node(j, node)) == 0;
}

/* It does nothing at that time, and did nothing any more. */
static bool fate_is_frozen(const struct journey *j, uint32_t node, hp_time at)
{
    return !j->wired && trouble_since(j, TROUBLE_FROZEN, node, at) != HP_NEVER && trouble_since(j, TROUBLE_FROZEN, node, HP_NEVER - 1) != HP_NEVER;
}

/* It came into the machine `last` led to, and went no further. */
static void fate_in_machine(const struct journey *j, struct fate *fate)
{
    uint32_t node = record_to(&j->record, fate->last);
    unsigned deaths;
    hp_time came;
    const struct record_death *d = fate_death(j, fate->last->id, node, &deaths);
    unsigned copies = fate_copies(j, fate->last, &came);
    bool there = fate_is_for(j, fate->last, node), taken = !d || (there && copies > deaths);
    fate->node = node;
    fate->time = taken && came != HP_NEVER ? came : d ? d->time : fate->last->out;
    fate->frozen = taken && fate_is_frozen(j, node, fate->time);
    fate->drop = taken ? HP_DROP_NONE : d->drop;
    fate->layer = fate->frozen ? 2 : taken ? 0 : fate_layer(d->drop); /* layer 1 of a frozen machine still hears, but nobody takes what it heard */
    /* What layer 4 has judged did arrive; what nobody dropped was taken. */
    fate->arrived = there && !fate->frozen && (taken || (fate->layer >= 4 && d->drop != HP_DROP_STOPPED));
    fate->on_its_way = !fate->arrived && taken && !fate->frozen;
}

/* Its last cable: the one to the machine that it is for, if a copy of it came there. */
static const struct record_frame *fate_last(const struct journey *j, const struct record_frame *first)
{
    const struct record *r = &j->record;
    const struct record_frame *last = first;
    for (const struct record_frame *f = first; !j->wired && f < r->frame + r->frames; f++) { /* a real wire shows one hop */
        if (f->id != first->id || f->in < first->in) continue;
        last = f;
        if (f->out != HP_NEVER && !f->drop && fate_is_for(j, f, record_to(r, f))) break;
    }
    return last;
}

void journey_fate(const struct journey *j, const struct record_frame *first, struct fate *fate)
{
    *fate = (struct fate){.first = first, .last = fate_last(j, first)};
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
    else if (fate->frozen) snprintf(buf, n, account_of(&j->account, "stays in %s, which is frozen and takes nothing",
                                                                 "%s에 멈춰 있다: 그 장비는 얼어붙어 아무것도 받지 않는다"), place);
    else if (j->account.korean) snprintf(buf, n, "%s%s에서 사라졌다: %s (%s)", fate->cable ? "케이블 " : "", place, why, journey_drop_korean(fate->drop));
    else snprintf(buf, n, "died %s %s: %s (%s)", fate->cable ? "on the cable" : "at", place, why, hp_drop_text(fate->drop));
    return buf;
}

const char *journey_drop_korean(enum hp_drop drop)
{
    switch (drop) {
    case HP_DROP_NO_CARRIER: return "링크에 신호가 없다: 케이블이 뽑혔거나 맞은편에 아무도 없다";
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
    case HP_DROP_STOPPED: return "큐에서 기다리는 동안 그 기계가 꺼졌다";
    case HP_DROP_WIRE_ERROR: return "운영 체제가 프레임을 거절했다";
    case HP_DROP_WIRE_TOO_BIG: return "케이블이 나를 수 있는 것보다 긴 프레임이다";
    case HP_DROP_WIRE_COLLISION: return "반이중 케이블이 너무 자주 바빴다";
    case HP_DROP_WIRE_FRAGMENT: return "프레임이 되기 전에 끊겼다";
    case HP_DROP_RUNT: return "프레임이 헤더보다 짧다";
    case HP_DROP_GIANT: return "프레임이 MTU보다 길다";
    case HP_DROP_LINK_DOWN: return "링크가 꺼져 있다";
    case HP_DROP_LINK_FULL: return "링크의 송신 큐가 찼다";
    case HP_DROP_NOT_FOR_US: return "다른 기계에게 온 것이다";
    case HP_DROP_NO_ETHERTYPE: return "이 EtherType을 받는 프로토콜이 없다";
    case HP_DROP_LLC: return "LLC 헤더가 프레임에 맞지 않는다";
    case HP_DROP_VLAN: return "이 포트가 받지 않는 VLAN 태그다";
    case HP_DROP_ARP_BAD: return "ARP 패킷이 잘못되었다";
    case HP_DROP_NEIGH_FULL: return "이웃 표가 찼다";
    case HP_DROP_NEIGH_HELD: return "이웃을 찾는 동안 더 새 패킷이 자리를 차지했다";
    case HP_DROP_BRIDGE_SAME_PORT: return "목적지가 온 쪽에 있어 스위치가 넘기지 않는다";
    case HP_DROP_BRIDGE_NO_PORT: return "스위치의 다른 포트에 켜져 있는 것이 없다";
    case HP_DROP_BRIDGE_RESERVED: return "스위치가 넘기지 않는 예약 주소다";
    case HP_DROP_SHORT: return "헤더가 말하는 것보다 짧다";
    case HP_DROP_BAD_VERSION: return "IP 버전이 EtherType과 다르다";
    case HP_DROP_BAD_HEADER: return "헤더에 있을 수 없는 값이 있다";
    case HP_DROP_BAD_LENGTH: return "길이 필드가 실제와 다르다";
    case HP_DROP_BAD_OPTION: return "옵션이 잘못되었다";
    case HP_DROP_MARTIAN: return "이 선에서 올 수 없는 주소다";
    case HP_DROP_LAND: return "보낸 곳과 받는 곳이 같다";
    case HP_DROP_NOT_FORWARDING: return "다른 기계의 패킷인데 라우터가 아니다";
    case HP_DROP_TOO_BIG: return "MTU보다 큰데 나눌 수 없다";
    case HP_DROP_NO_PROTO: return "이 IP 프로토콜 번호를 받는 것이 없다";
    case HP_DROP_SOURCE_ROUTE: return "소스 라우팅은 넘기지 않는다";
    case HP_DROP_FRAG_BAD: return "조각의 위치나 길이가 잘못되었다";
    case HP_DROP_FRAG_OVERLAP: return "조각이 겹친다";
    case HP_DROP_FRAG_FULL: return "재조립할 자리가 없다";
    case HP_DROP_FRAG_TIMEOUT: return "조각이 제때 다 오지 않았다";
    case HP_DROP_FRAG_DUPLICATE: return "이미 있는 조각이다";
    case HP_DROP_EXT_HEADERS: return "IPv6 확장 헤더가 너무 많거나 순서가 틀렸다";
    case HP_DROP_DAD: return "주소가 겹치는지 아직 확인 중이다";
    case HP_DROP_ICMP_BAD: return "ICMP 메시지가 잘못되었다";
    case HP_DROP_ICMP_UNKNOWN: return "받지 않는 ICMP 종류다";
    case HP_DROP_ICMP_RATE: return "ICMP 메시지의 한도에 닿았다";
    case HP_DROP_ICMP_QUOTE: return "보낸 적 없는 패킷에 대한 ICMP 오류다";
    case HP_DROP_ND_BAD: return "이웃 탐색 메시지가 규칙에 어긋난다";
    case HP_DROP_NO_ADDRESS: return "보낼 때 쓸 주소가 없다";
    case HP_DROP_FILTERED: return "이 기계가 받지 않는 종류다";
    case HP_DROP_UDP_BAD: return "UDP의 길이나 체크섬이 있을 수 없는 값이다";
    case HP_DROP_TCP_BAD: return "TCP 헤더나 옵션이 잘못되었다";
    case HP_DROP_TCP_FLAGS: return "함께 있을 수 없는 TCP 플래그다";
    case HP_DROP_TCP_WINDOW: return "수신 윈도 밖의 세그먼트다";
    case HP_DROP_TCP_PAWS: return "타임스탬프가 낡은 중복이다";
    case HP_DROP_TCP_ACK: return "확인 번호가 있을 수 없는 값이다";
    case HP_DROP_TCP_RST: return "받아들일 수 없는 RST다";
    case HP_DROP_TCP_NO_ACK: return "ACK가 없는 세그먼트다";
    case HP_DROP_TCP_DUPLICATE: return "새로운 것이 없는 세그먼트다";
    case HP_DROP_TCP_CLOSED: return "수신이 닫힌 연결에 온 데이터다";
    case HP_DROP_TCP_REASSEMBLY: return "순서가 어긋난 데이터의 한도에 닿았다";
    case HP_DROP_SYN_QUEUE: return "맺는 중인 연결의 큐가 찼다";
    case HP_DROP_ACCEPT_QUEUE: return "accept()를 기다리는 연결의 큐가 찼다";
    case HP_DROP_TIME_WAIT: return "TIME-WAIT 연결에 온 세그먼트다";
    case HP_DROP_SOCK_FULL: return "소켓의 수신 버퍼가 찼다";
    case HP_DROP_SOCK_PEER: return "상대가 정해진 소켓에 다른 곳에서 왔다";
    case HP_DROP_SOCK_CLOSED: return "읽기 전에 소켓이 닫혔다";
    case HP_DROP_NO_MEMORY: return "메모리가 없다";
    case HP_DROP_TAKEN: return "프로토콜이 받아 처리했다";
    default: return "";
    }
}

const char *journey_error_korean(int err)
{
    switch (err) {
    case HP_ETIMEDOUT: return "제때 답이 없다";
    case HP_ECONNREFUSED: return "상대가 연결을 거절했다 (RST)";
    case HP_ECONNRESET: return "연결이 RST로 끊겼다";
    case HP_ENETUNREACH: return "그 네트워크로 가는 길이 없다";
    case HP_EHOSTUNREACH: return "그 컴퓨터에 닿지 않는다";
    case HP_ENONAME: return "그런 이름이 없다";
    case HP_ENODATA: return "그 이름에는 주소가 없다";
    case HP_EREFUSED: return "네임 서버가 거절했다";
    case HP_ESERVFAIL: return "네임 서버가 알아내지 못했다";
    case HP_EPROTO: return "답이 프로토콜에 맞지 않는다";
    case HP_ENOMEM: return "메모리가 없다";
    default: return "받지 못했다";
    }
}

/* ---- what struck meanwhile ---- */

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
    if (strcmp(word, "lost") == 0) what = account_of(&j->account, "has lost its way to", "- 길을 잃었다:");
    else if (strcmp(word, "forgot") == 0) what = account_of(&j->account, "forgot the way to", "- 길을 잊었다:");
    else what = account_of(&j->account, "has a new way to", "- 새 길을 배웠다:");
    account_event(&j->account, "%9.3f  RIP: %s %s %s %s %s (%u)", journey_ms(j, n->time), n->node ? n->node : "", what, prefix,
                account_of(&j->account, "by", "←"), journey_who(j, via), metric);
}

/* "down first-cable": the verb in Korean, as the sentence has it; what is not known stays as it is. */
static void fate_fault_korean(const char *text, char *buf, size_t n)
{
    static const struct { const char *verb, *korean; } said[] = {
        {"down ", "%s 케이블이 뽑힌다"}, {"up ", "%s 케이블이 다시 꽂힌다"}, {"crash ", "%s 장비의 전원이 꺼진다"}, {"restart ", "%s 장비가 다시 켜진다"},
        {"freeze ", "%s 장비가 얼어붙는다"}, {"thaw ", "%s 장비가 다시 움직인다"}, {"partition ", "%s 사이의 케이블이 뽑힌다"},
        {"heal ", "%s 사이의 케이블이 다시 꽂힌다"}, {"stop ", "%s 프로그램이 멈춘다"}, {"start ", "%s 프로그램이 시작된다"}, {"set ", "설정이 바뀐다: %s"},
        {"unset ", "설정이 되돌아온다: %s"}, {"clock ", "시계가 바뀐다: %s"}, {"unclock ", "시계가 되돌아온다: %s"}};
    snprintf(buf, n, "%s", text);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        size_t verb = strlen(said[i].verb);
        const char *hole = strstr(said[i].korean, "%s");
        if (strncmp(text, said[i].verb, verb) == 0)
            snprintf(buf, n, "%.*s%s%s", (int)(hole - said[i].korean), said[i].korean, text + verb, hole + 2);
    }
}

static void fate_say_fault(struct journey *j, const struct record_news *n)
{
    char korean[300];
    const char *rest = strncmp(n->text, "at ", 3) == 0 ? strchr(n->text + 3, ' ') : NULL, *text = rest ? rest + 1 : n->text;
    bool crash = strncmp(text, "crash ", 6) == 0 && !strchr(text + 6, ' ');
    fate_fault_korean(text, korean, sizeof korean);
    account_event(&j->account, "%9.3f  ⚡ %s%s", journey_ms(j, n->time), j->account.korean ? korean : crash ? text + 6 : text,
                  crash && !j->account.korean ? " loses its power" : "");
}

void journey_faults(struct journey *j, hp_time until)
{
    const struct record *r = &j->record;
    for (; j->told < r->newses && r->news[j->told].time <= until; j->told++) {
        const struct record_news *n = &r->news[j->told];
        if (n->time < j->began) continue;
        if (n->kind == HP_RUN_FAULT) fate_say_fault(j, n);
        else if (fate_is_way(j, n)) fate_say_rip(j, n);
    }
}
