/* What the account of a real wire has instead of the embedded internet's: what was there before, what lies beyond the wire, and why nothing came. */
#include <string.h>

#include "cli.h"
#include "journey/journey.h"

enum { WIRED_LATE_MS = 300 }; /* an error that is on its way when the browser gives up */

static struct account *wired_account(struct journey *j) { return &j->account; }

/* ---- 0: before ---- */

void steps_wired_before(struct journey *j)
{
    struct account *a = wired_account(j);
    const struct wired *w = j->wired;
    const struct cli_config *c = &w->machine->config;
    char buf[600], text[HP_PREFIX_TEXT];
    account_begin(a, "0", 3, "Before: an address", "준비: 주소");
    if (w->leased) account_say(a, "The computer asked by DHCP on %s for an address:", "컴퓨터는 %s에서 DHCP로 주소를 물었다:", c->port[0].url);
    else account_say(a, "The computer is plugged into %s, and was told its addresses:", "컴퓨터는 %s에 꽂혀 있고, 주소를 미리 받았다:", c->port[0].url);
    for (uint32_t i = 0; i < j->record.frames; i++) {
        const struct record_frame *f = &j->record.frame[i];
        if (f->in > j->began || !(f->is & RECORD_DHCP)) continue;
        account_packet(a, f->id, f->in, f->out);
        account_row(a, "%-16s %s", journey_node(j, record_from(&j->record, f)), journey_line(f, "dhcp ", buf, sizeof buf));
    }
    const struct hp_plan_interface *own = &w->interface[WIRED_A];
    for (uint32_t i = 0; i < own->addresses; i++)
        account_row(a, "%-16s %s", i ? "" : account_of(a, "A has", "A의 주소"), hp_prefix_text(&own->address[i], text, sizeof text));
    for (int i = 0; i < c->gateways; i++) account_row(a, "%-16s %s", account_of(a, "router", "라우터"), hp_ip_text(&c->gateway[i], text, sizeof text));
    const struct hp_resolver *r = &w->machine->resolver;
    for (int i = 0; i < r->server_count; i++) account_row(a, "%-16s %s", account_of(a, "name server", "네임 서버"), hp_ip_text(&r->server[i], text, sizeof text));
}

/* ---- 3a: the other side ---- */

void steps_wired_neighbour(struct journey *j)
{
    struct account *a = wired_account(j);
    char ip[HP_IP_TEXT], buf[600];
    bool raw = j->record.frames && j->record.frame[0].raw_ip, six = !hp_ip_is4(&j->server);
    hp_ip_text(&j->server, ip, sizeof ip);
    if (raw) account_say(a, "%s carries IP packets without frames: nobody has a MAC address there.", "%s는 프레임 없이 IP 패킷을 나른다: 거기에는 MAC 주소가 없다.",
                         j->wired->machine->config.port[0].url);
    else if (j->wired->gateway[0])
        account_say(a, "%s is in another network, so every packet goes to the router %s. Its MAC address is found by ARP:",
                    "%s는 다른 네트워크에 있으므로 모든 패킷은 라우터 %s로 간다. 그 MAC 주소는 ARP로 찾는다:", ip, j->wired->gateway);
    else if (six) account_say(a, "IPv6 finds the MAC address of the neighbour on the way to %s by Neighbor Discovery:",
                          "IPv6는 %s로 가는 이웃의 MAC 주소를 Neighbor Discovery로 찾는다:", ip);
    else account_say(a, "%s is a neighbour: its own MAC address is found by ARP:", "%s는 이웃이다: 그 MAC 주소를 ARP로 직접 찾는다:", ip);
    for (uint32_t i = 0; six && i < j->record.frames; i++) {
        const struct record_frame *f = &j->record.frame[i];
        uint64_t type = f->is & RECORD_ICMP && f->in <= j->opened ? record_number(f, "icmpv6.type") : 0;
        if (type != 135 && type != 136) continue; /* RFC 4861 4.3, 4.4 */
        if (record_ip(f, false, buf, sizeof buf) && strcmp(buf, "::") == 0) continue; /* is an address of one's own in use? */
        account_packet(a, f->id, f->in, f->out);
        account_row(a, "%-16s %s", journey_node(j, record_from(&j->record, f)), journey_line(f, "icmp6 ", buf, sizeof buf));
    }
}

void steps_wired_inferred(struct journey *j)
{
    hp_time way = 0;
    for (uint32_t i = 0; i < j->plan->nodes; i++)
        if (strcmp(journey_node(j, i), j->server_node) == 0) way = j->wired->way[i];
    if (!way) return;
    account_say(wired_account(j), "(A's times and states are its own. The other side's are inferred from its segments: a way takes %.3f ms, half of the "
                                  "fastest round trip.)",
                "(A의 시각과 상태는 그대로이고, 상대의 것은 세그먼트에서 추정했다: 한 방향에 %.3f ms, 가장 빠른 왕복의 절반.)", (double)way / 1e6);
}

/* ---- 4: beyond the wire ---- */

/* Senders begin with 64, 128 or 255; what is missing, routers took. */
static unsigned wired_routers(unsigned ttl) { return (ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255) - ttl; }

void steps_wired_beyond(struct journey *j)
{
    struct account *a = wired_account(j);
    const struct record_frame *f = j->request;
    account_begin(a, "4", 1, "Over the wire, and beyond it", "선을 지나, 그 너머로");
    account_packet(a, f->id, f->in, f->out);
    account_say(a, "At %.3f ms the frame was handed to %s. The signal on it, the decisions of routers and the unwrapping at the server are not seen "
                   "from here: the embedded internet shows them (the same command without --wire).",
                "%.3f ms에 프레임이 %s로 나갔다. 그 위의 신호, 라우터들의 결정, 서버에서 푸는 일은 여기서 보이지 않는다: 내장 인터넷이 보여 준다 (--wire 없는 같은 명령).",
                journey_ms(j, f->in), j->wired->machine->config.port[0].url);
    if (!j->response) return;
    unsigned ttl = (unsigned)record_number(j->response, "ip.ttl");
    if (!ttl) ttl = (unsigned)record_number(j->response, "ipv6.hlim");
    unsigned routers = wired_routers(ttl);
    if (!routers) account_say(a, "The response comes with TTL %u: no router took one from it.", "응답의 TTL은 %u이다: 하나를 뺀 라우터가 없다.", ttl);
    else account_say(a, "The response comes with TTL %u: if the server sent it with %u, it passed %u router(s).",
                     "응답의 TTL은 %u이다: 서버가 %u로 보냈다면 라우터 %u개를 지났다.", ttl, ttl + routers, routers);
}

/* ---- why nothing came ---- */

struct wired_seen {
    unsigned asked, answered; /* ARP for one address, questions, SYNs */
    char who[HP_IP_TEXT];
};

/* Frames of a kind that A sent, the address that the last was for, and whether any arrived. */
static struct wired_seen wired_count(const struct journey *j, unsigned is, unsigned is_not, hp_time from, hp_time to)
{
    struct wired_seen s = {0};
    for (uint32_t i = 0; i < j->record.frames; i++) {
        const struct record_frame *f = &j->record.frame[i];
        if (f->end || f->in < from || f->in > to || (f->is & is) != is || f->is & is_not) continue;
        if (is & RECORD_ARP && f->out != HP_NEVER) continue; /* of those that nobody answered */
        s.asked++;
        s.answered += f->out != HP_NEVER && !f->drop;
        if (!(is & RECORD_ARP && record_text(f, "arp.dst.proto_ipv4", s.who, sizeof s.who))) record_ip(f, true, s.who, sizeof s.who);
    }
    return s;
}

static enum hp_drop wired_death(const struct journey *j, hp_time from, hp_time to, enum hp_drop first, enum hp_drop last)
{
    for (uint32_t i = 0; i < j->record.deaths; i++) {
        const struct record_death *d = &j->record.death[i];
        if (d->time >= from && d->time <= to && d->drop >= first && d->drop <= last) return d->drop;
    }
    return HP_DROP_NONE;
}

static const struct record_frame *wired_icmp(const struct journey *j, hp_time from, hp_time to)
{
    for (uint32_t i = 0; i < j->record.frames; i++) {
        const struct record_frame *f = &j->record.frame[i];
        uint64_t type = f->is & RECORD_ICMP && f->end ? record_number(f, "icmp.type") : 0, type6 = type ? 0 : record_number(f, "icmpv6.type");
        if (f->end && f->in >= from && f->in <= to && (type == 3 || type == 11 || (type6 >= 1 && type6 <= 4))) return f;
    }
    return NULL;
}

static void wired_is_silent(struct ladder *l, int layer, const struct wired_seen *s, const char *english, const char *korean)
{
    l->layer = layer;
    snprintf(l->english, sizeof l->english, english, s->who, s->asked);
    snprintf(l->korean, sizeof l->korean, korean, s->who, s->asked);
}

/* From the lowest layer up: what is below must work for what is above. */
void steps_wired_ladder(const struct journey *j, int err, hp_time from, hp_time to, struct ladder *l)
{
    struct hp_ip ip;
    char buf[300], line[300], who[HP_IP_TEXT] = "";
    enum hp_drop down = wired_death(j, from, to, HP_DROP_NO_CARRIER, HP_DROP_WIRE_TOO_BIG);
    struct wired_seen arp = wired_count(j, RECORD_ARP, 0, from, to), dns = wired_count(j, RECORD_DNS, 0, from, to),
                      syn = wired_count(j, RECORD_TCP | RECORD_SYN, RECORD_ACK, from, to);
    const struct record_frame *icmp = wired_icmp(j, from, to + HP_MS(WIRED_LATE_MS));
    bool waited = !syn.asked && (!dns.asked || dns.answered); /* what was to be sent next never left */
    bool nameless = !j->wired->machine->resolver.server_count && !hp_ip_parse(j->where.host, &ip);
    if (down == HP_DROP_NO_CARRIER || down == HP_DROP_WIRE_DOWN || down == HP_DROP_WIRE_ERROR) ladder_is(l, 1, hp_drop_text(down), journey_drop_korean(down));
    else if (err == HP_ENETUNREACH && nameless)
        ladder_is(l, 7, "no name server is known: --dns ADDRESS says one, --addr dhcp asks for one", "네임 서버를 모른다: --dns ADDRESS나 --addr dhcp가 필요하다");
    else if (err == HP_ENETUNREACH) ladder_is(l, 3, "no route leads there: --gw ADDRESS says which router does", "그리로 가는 길이 없다: --gw ADDRESS로 라우터를 알려 달라");
    else if (arp.asked && (waited || wired_death(j, from, to, HP_DROP_NEIGH_FAILED, HP_DROP_NEIGH_FAILED)))
        wired_is_silent(l, 2, &arp, "nobody on the wire answers ARP for %s, asked %u times", "선 위의 아무도 %s에 대한 ARP %u번에 답하지 않는다");
    else if (icmp) {
        record_ip(icmp, false, who, sizeof who);
        snprintf(line, sizeof line, "%s: %s", who, journey_line(icmp, "icmp", buf, sizeof buf));
        ladder_is(l, strstr(line, " port") ? 4 : 3, line, line);
    } else if (dns.asked && !dns.answered && !syn.asked)
        wired_is_silent(l, 7, &dns, "the name server %s answered none of %u questions", "네임 서버 %s가 질문 %u개에 답하지 않았다");
    else if (syn.asked && !syn.answered) wired_is_silent(l, 4, &syn, "%s answered none of %u SYN segments", "%s가 SYN %u개에 답하지 않았다");
    else if (err == HP_ETIMEDOUT && syn.answered) ladder_is(l, 7, "the connection is open, but nothing more came over it", "연결은 열려 있지만 더 오는 것이 없었다");
    else ladder_is(l, 7, hp_err_text(err), journey_error_korean(err));
}
