/* Steps about what is said: addresses, the URL, names, the connection, request and answer, the page. */
#include <stdlib.h>
#include <string.h>

#include "browser/idn.h"
#include "cli.h"
#include "journey/journey.h"

static struct account *talk(struct journey *j) { return &j->account; }

static void talk_frame(struct journey *j, const struct record_frame *f) { account_packet(&j->account, f->id, f->in, f->out); }

/* A name in eight columns. */
static const char *talk_name(const char *name, char buf[64]) { return cli_pad(name, 8, buf, 64); }

/* ---- 0: before ---- */

static void talk_route(void *ctx, const struct hp_route *route)
{
    struct journey *j = ctx;
    char to[HP_PREFIX_TEXT], gateway[HP_IP_TEXT];
    if (route->source != HP_ROUTE_RIP) return;
    hp_ip_text(&route->gateway, gateway, sizeof gateway);
    account_row(talk(j), "%-18s  %-12s  %s", hp_prefix_text(&route->to, to, sizeof to), gateway, journey_who(j, gateway));
}

/* "dhcp offer ...": what it is, in the reader's words, and the values. */
static const char *talk_dhcp(const struct journey *j, const struct record_frame *f, char *buf, size_t n)
{
    static const char *const words[][2] = {{"discover", "모두에게: 주소를 빌려줄 서버?"}, {"offer", "이 주소를 빌려줄 수 있다"}, {"request", "그 주소를 쓰겠다"},
                                           {"ack", "빌려준다"}, {"nak", "그 주소는 안 된다"}};
    char line[600], word[16] = "";
    int used = 0;
    const char *text = journey_line(f, "dhcp ", line, sizeof line), *korean = "";
    if (sscanf(text, "dhcp %15s%n", word, &used) != 1) used = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(word, words[i][0]) == 0) korean = words[i][1];
    if (j->account.korean && *korean) snprintf(buf, n, "DHCP %s (%s)%s", word, korean, text + used);
    else snprintf(buf, n, "%s", text);
    return buf;
}

void steps_before(struct journey *j)
{
    const struct record *r = &j->record;
    char buf[600], name[64];
    unsigned messages = 0;
    account_begin(talk(j), "0", 3, "Before: an address, and routers that know the way", "준비: 주소를 받고, 라우터들은 길을 배운다");
    account_say(talk(j), "The computer has no address yet. It asks by DHCP, and the home router lends it one:",
                "컴퓨터는 아직 주소가 없다. DHCP로 물어보면 집의 공유기가 주소를 빌려준다:");
    for (uint32_t i = 0; i < r->frames; i++) {
        const struct record_frame *f = &r->frame[i];
        messages += f->is & RECORD_RIP ? 1 : 0;
        if (f->cable || f->in > j->began || !(f->is & RECORD_DHCP)) continue;
        talk_frame(j, f);
        account_row(talk(j), "%s %s", talk_name(f->end ? "home" : "A", name), talk_dhcp(j, f, buf, sizeof buf));
    }
    struct hp_stack *home = hp_world_find(j->world, "home");
    account_say(talk(j), "Meanwhile the routers told each other by RIPv2 (%u messages on all cables) which networks they reach. What the home router learned:",
                "그동안 라우터들은 RIPv2로 서로 어느 네트워크에 닿는지 알려주었다 (모든 케이블에서 메시지 %u개). 공유기가 배운 것:", messages);
    if (home) hp_routes_each(home, talk_route, j);
}

/* ---- 1: the URL ---- */

static void talk_message(struct journey *j, struct hp_bytes message)
{
    const char *p = (const char *)message.p, *end = p + message.n;
    while (p < end) {
        const char *line = memchr(p, '\n', (size_t)(end - p)), *stop = line ? line : end;
        int n = (int)(stop - p) - (stop > p && stop[-1] == '\r');
        if (n <= 0) break;
        account_row(talk(j), "%.*s", n, p);
        p = line ? line + 1 : end;
    }
}

void steps_url(struct journey *j)
{
    account_begin(talk(j), "1", 7, "A URL is typed, and becomes an HTTP request message", "URL을 입력하면 HTTP 요청 메시지가 만들어진다");
    account_row(talk(j), "%s  %s", account_of(talk(j), "typed ", "입력  "), j->url);
    char shown[HP_HTTP_HOST_MAX];
    account_row(talk(j), "%s  %s", account_of(talk(j), "host  ", "호스트"), idn_shown(j->where.host, shown, sizeof shown) ? shown : j->where.host);
    if (idn_shown(j->where.host, shown, sizeof shown))
        account_row(talk(j), "%s  %s", account_of(talk(j), "in DNS", "DNS에서"), j->where.host);
    account_row(talk(j), "%s  %u%s", account_of(talk(j), "port  ", "포트  "), j->where.port,
                j->where.port == 80 ? account_of(talk(j), " (http's own)", " (http의 기본값)") : "");
    account_row(talk(j), "%s  %s", account_of(talk(j), "path  ", "경로  "), j->where.path);
    if (!j->request) return;
    struct hp_bytes message = j->request->payload;
    account_say(talk(j), "The message, %zu bytes:", "메시지, %zu바이트:", message.n);
    talk_message(j, message);
}

/* ---- 2: DNS ---- */

static bool talk_is_host(const struct journey *j, uint32_t node) { return j->plan->node[node].kind == HP_NODE_HOST; }

static bool talk_is_question(const struct journey *j, const struct record_frame *f)
{
    char name[300];
    bool document = !j->wired || f->in <= j->opened; /* its other resources ask again for what is not cached */
    if (!document) return false;
    return f->in >= j->began && f->is & RECORD_DNS && talk_is_host(j, record_from(&j->record, f)) && record_text(f, "dns.qry.name", name, sizeof name) &&
           strcmp(name, j->where.host) == 0;
}

static void talk_question(struct journey *j, const struct record_frame *f)
{
    char buf[700], from[HP_IP_TEXT], to[HP_IP_TEXT], names[2][64], why[300];
    struct fate fate;
    record_ip(f, false, from, sizeof from);
    record_ip(f, true, to, sizeof to);
    talk_frame(j, f);
    journey_faults(j, f->in);
    const char *line = journey_line(f, "dns ", buf, sizeof buf);
    const char *nothing = "";
    bool referral = strcmp(journey_who(j, to), "resolver") == 0 && !record_number(f, "dns.flags.authoritative");
    if (*line && line[strlen(line) - 1] == ':')
        nothing = referral ? account_of(talk(j), " (ask others)", " (다른 서버에 물어 보라)") : account_of(talk(j), " no such record", " 그런 레코드가 없다");
    if (strncmp(line, "dns ", 4) == 0) line += 4;
    char id[16] = "", what[16] = "";
    int used = 0;
    bool own = talk(j)->korean && sscanf(line, "%15s %15s%n", id, what, &used) == 2 && (strcmp(what, "query") == 0 || strcmp(what, "answer") == 0);
    account_row(talk(j), "%9.3f  %s → %s  %s%s%s%s%s", journey_ms(j, f->in), talk_name(journey_who(j, from), names[0]), talk_name(journey_who(j, to), names[1]),
                own ? id : "", !own ? "" : *what == 'q' ? " 질문" : " 답", "", own ? line + used : line, nothing);
    journey_fate(j, f, &fate);
    if (!fate.arrived) account_row(talk(j), "%9s  ✗ %s", "", journey_fate_text(j, &fate, why, sizeof why));
}

/* What the resolver makes of an answer, as it says it. */
static void talk_resolver(struct journey *j, const struct record_news *n)
{
    static const char refers[] = " refers to the servers of ";
    bool ours = n->time >= j->began && n->app && strcmp(n->app, "resolver.recursor") == 0 && n->kind == HP_RUN_SAID;
    const char *at = ours ? strstr(n->text, refers) : NULL, *zone = at ? at + sizeof refers - 1 : NULL;
    if (zone && j->korean)
        account_row(talk(j), "%9s  %.*s: %.*s의 서버들에게 물어 보라%s", "", (int)(at - n->text), n->text, (int)strcspn(zone, ","), zone, zone + strcspn(zone, ","));
    else if (ours && talk(j)->korean && strstr(n->text, "no answer")) account_row(talk(j), "%9s  %.*s: 답이 없다", "", (int)strcspn(n->text, " ,:"), n->text);
    else if (ours && !talk(j)->korean && (strstr(n->text, "refers to") || strstr(n->text, "no answer") || strstr(n->text, "alias")))
        account_row(talk(j), "%9s  %s", "", n->text);
}

static bool talk_is_address(const struct journey *j)
{
    struct hp_ip ip;
    return hp_ip_parse(j->where.host, &ip);
}

void steps_names(struct journey *j)
{
    const struct record *r = &j->record;
    char to[HP_IP_TEXT];
    unsigned shown = 0;
    account_begin(talk(j), "2", 7, "DNS: which address has that name?", "DNS로 서버의 IP 주소를 찾는다");
    if (talk_is_address(j)) {
        account_say(talk(j), "Nobody is asked: the address is written in the URL.", "아무에게도 묻지 않는다: URL에 주소가 그대로 적혀 있다.");
        return;
    }
    if (j->wired)
        account_say(talk(j), "The computer asks its name server. Whom that one asks in turn cannot be seen from here (milliseconds since Enter):",
                    "컴퓨터는 네임 서버에게 묻는다. 그 서버가 다시 누구에게 묻는지는 여기서 보이지 않는다 (Enter를 누른 뒤의 밀리초):");
    else account_say(talk(j), "The computer asks the resolver that DHCP named; the resolver asks its way down from the root (milliseconds since Enter):",
                "컴퓨터는 DHCP가 알려준 리졸버에게 묻고, 리졸버는 루트부터 차례로 물어 내려간다 (Enter를 누른 뒤의 밀리초):");
    for (uint32_t i = 0, k = 0; i < r->frames || k < r->newses;) {
        bool frame = k == r->newses || (i < r->frames && r->frame[i].in < r->news[k].time);
        if (frame && talk_is_question(j, &r->frame[i])) {
            talk_question(j, &r->frame[i]);
            shown++;
        }
        if (frame) i++;
        else talk_resolver(j, &r->news[k++]);
    }
    if (!shown) account_say(talk(j), "The question never left the computer.", "질문은 컴퓨터를 떠나지 못했다.");
    if (j->port) account_say(talk(j), "%s has the address %s.", "%s의 주소는 %s이다.", j->where.host, hp_ip_text(&j->server, to, sizeof to));
}

/* ---- 3a: neighbours and the handshake ---- */

/* A question of A's for one address and its answer; announcements and the probing of others are no part of the finding. */
static bool talk_is_finding(const struct record_frame *f, char from[HP_IP_TEXT], char to[HP_IP_TEXT], const char *asked)
{
    if (!record_text(f, "arp.src.proto_ipv4", from, HP_IP_TEXT) || !record_text(f, "arp.dst.proto_ipv4", to, HP_IP_TEXT)) return false;
    if (strcmp(from, to) == 0 || strcmp(from, "0.0.0.0") == 0) return false;
    uint64_t op = record_number(f, "arp.opcode");
    return f->end ? op == 2 && (!*asked || strcmp(from, asked) == 0) : op == 1;
}

static void talk_arp(struct journey *j)
{
    const struct record *r = &j->record;
    char name[64], from[HP_IP_TEXT] = "", to[HP_IP_TEXT] = "", mac[20], whom[20] = "", asked[HP_IP_TEXT] = "";
    unsigned shown = 0;
    for (int pass = 0; pass < 2 && !shown; pass++) /* if it asked nobody since, what it knew from before */
        for (uint32_t i = 0; i < r->frames && shown < 6; i++) {
            const struct record_frame *f = &r->frame[i];
            if (journey_is_beyond(j, f) || !(f->is & RECORD_ARP) || (pass == 0) != (f->in >= j->began)) continue;
            if (!talk_is_finding(f, from, to, asked)) continue;
            talk_frame(j, f);
            talk_name(!f->end ? "A" : j->wired ? journey_node(j, record_from(r, f)) : "home", name);
            record_text(f, "arp.src.hw_mac", mac, sizeof mac);
            record_text(f, "eth.dst", whom, sizeof whom);
            bool all = strcmp(whom, "ff:ff:ff:ff:ff:ff") == 0; /* a neighbour that is known is asked alone whether it is still there */
            double ms = journey_ms(j, f->in);
            if (f->end) account_row(talk(j), account_of(talk(j), "%9.3f  %s arp %s is at %s", "%9.3f  %s arp %s의 MAC 주소는 %s"), ms, name, from, mac);
            else account_row(talk(j), account_of(talk(j), "%9.3f  %s arp to %s: who has %s? Tell %s", "%9.3f  %s arp %s에게: 누가 %s인가? %s에게 알려 달라"), ms, name,
                             all ? account_of(talk(j), "everyone", "모두") : whom, to, from);
            if (!f->end) snprintf(asked, sizeof asked, "%s", to);
            shown++;
        }
}

void steps_connect(struct journey *j)
{
    char ip[HP_IP_TEXT];
    account_begin(talk(j), "3a", 4, "The message goes down to TCP/IP: a neighbour and a connection", "메시지를 TCP/IP 층에 전달한다: 이웃을 찾고 연결을 맺는다");
    hp_ip_text(&j->server, ip, sizeof ip);
    if (!j->wired)
        account_say(talk(j), "%s is in another network, so every packet goes to the home router. Its MAC address is found by ARP, "
                    "when the first packet needs it (milliseconds since Enter):",
                    "%s는 다른 네트워크에 있으므로 모든 패킷은 공유기로 간다. 공유기의 MAC 주소는 첫 패킷이 필요로 할 때 ARP로 찾는다 "
                    "(Enter를 누른 뒤의 밀리초):", ip);
    else steps_wired_neighbour(j);
    talk_arp(j);
    account_say(talk(j), "The 3-way handshake, with the states of both sides:", "3-way handshake와 양쪽의 상태:");
    if (j->wired) steps_wired_inferred(j);
    steps_shake(j, false);
}

/* ---- 6 and 7: the answer ---- */

void steps_answer(struct journey *j)
{
    account_begin(talk(j), "6", 7, "The server's process answers with an HTTP response message", "서버의 프로세스가 HTTP 응답 메시지를 만든다");
    account_say(talk(j), "The program behind port %u of %s reads the request and writes:", "%2$s의 포트 %1$u 뒤에 있는 프로그램이 요청을 읽고 답을 쓴다:", j->where.port,
                j->server_node);
    talk_frame(j, j->response);
    talk_message(j, j->response->payload);
    char type[80] = "", encoding[80] = "";
    journey_header(j->response->payload, "Content-Type", type, sizeof type);
    bool packed = journey_header(j->response->payload, "Content-Encoding", encoding, sizeof encoding);
    account_say(talk(j), "Layer 6 of the answer: Content-Type %s; %s%s. Layer 5: it goes back over the same connection.",
                "응답의 6계층: Content-Type %s, %s%s. 5계층: 같은 연결로 돌아간다.", *type ? type : "-",
                packed ? account_of(talk(j), "packed with ", "압축: ") : account_of(talk(j), "not packed", "압축 없음"), packed ? encoding : "");
}

static void talk_resources(struct journey *j)
{
    account_say(talk(j), "What the page needs, each over a connection of its own:", "페이지에 필요한 것들, 각각 자기 연결로:");
    account_row(talk(j), "%-8s %8s %10s %9s  %s", account_of(talk(j), "status", "상태  "), account_of(talk(j), "bytes", "바이트"),
                account_of(talk(j), "from ms", "시작 ms"),
                account_of(talk(j), "to ms", "끝 ms"), "URL");
    for (int i = 0; j->page && i < page_resources(j->page); i++) {
        const struct page_resource *p = page_resource(j->page, i);
        account_row(talk(j), "%-6d %8llu %10.3f %9.3f  %s", p->status, (unsigned long long)p->wire_bytes, journey_ms(j, p->began - j->base),
                    journey_ms(j, p->ended - j->base), p->url);
        if (p->error) account_row(talk(j), "%6s ✗ %s", "", talk(j)->korean ? journey_error_korean(p->err) : p->error);
    }
}

/* Segments of the document's connection that died, and where. */
static void talk_lost(struct journey *j)
{
    const struct record *r = &j->record;
    unsigned lost = 0;
    char why[300], flags[40];
    struct fate fate;
    for (const struct record_frame *f = r->frame; f < r->frame + r->frames; f++) {
        const char *sender = journey_node(j, record_from(r, f));
        if (f->in < j->began || !journey_is_ours(j, f) || (strcmp(sender, "A") != 0 && strcmp(sender, j->server_node) != 0)) continue;
        journey_fate(j, f, &fate);
        if (fate.arrived || fate.on_its_way) continue;
        if (!lost++) account_say(talk(j), "Segments of this connection that died on the way:", "이 연결의 세그먼트 가운데 도중에 사라진 것:");
        record_text(f, "tcp.flags", flags, sizeof flags);
        if (lost <= 12) account_row(talk(j), "%9.3f  %s %s, %zu %s: %s", journey_ms(j, f->in), sender, strchr(flags, '(') ? strchr(flags, '(') : flags,
                                    f->payload.n, account_of(talk(j), "bytes", "바이트"), journey_fate_text(j, &fate, why, sizeof why));
    }
    if (lost > 12) account_row(talk(j), "%9s  … %u", "", lost - 12);
    if (!lost) account_say(talk(j), "None of this connection's segments was lost.", "이 연결의 세그먼트는 하나도 사라지지 않았다.");
}

/* Does the response come over the cables that the request went? */
static bool talk_same_way(const struct journey *j)
{
    const struct record *r = &j->record;
    for (const struct record_frame *f = r->frame; f < r->frame + r->frames; f++) {
        bool met = f->id != j->response->id || f->in < j->response->in;
        for (const struct record_frame *k = r->frame; !met && k < r->frame + r->frames; k++)
            met = k->id == j->request->id && k->in >= j->request->in && k->cable == f->cable && k->end != f->end;
        if (!met) return false;
    }
    return true;
}

static void talk_return_begins(struct journey *j)
{
    struct fate fate;
    journey_fate(j, j->response, &fate);
    if (!fate.arrived) account_begin(talk(j), "7", 4, "The response travels back, but does not arrive", "응답이 돌아오지만 도착하지 못한다");
    else if (j->wired) account_begin(talk(j), "7", 4, "The response travels back; then the connection is closed", "응답이 같은 방식으로 돌아오고, 연결을 끊는다");
    else if (talk_same_way(j))
        account_begin(talk(j), "7", 4, "The response travels back the same way; then the connection is closed", "응답이 같은 길로 돌아오고, 연결을 끊는다");
    else account_begin(talk(j), "7", 4, "The response travels back another way; then the connection is closed", "응답이 다른 길로 돌아오고, 연결을 끊는다");
}

void steps_return(struct journey *j)
{
    const struct record *r = &j->record;
    unsigned segments = 0;
    uint64_t bytes = 0;
    talk_return_begins(j);
    for (uint32_t i = 0; i < r->frames; i++) {
        const struct record_frame *f = &r->frame[i];
        if (!journey_is_ours(j, f) || f->in < j->began) continue;
        if (journey_is_beyond(j, f) || f->end == 0 || !f->payload.n || f->out == HP_NEVER) continue;
        talk_frame(j, f);
        segments++;
        bytes += f->payload.n;
    }
    account_say(talk(j), segments == 1 ? "%u segment with %llu bytes came to A." : "%u segments with %llu bytes came to A.",
                "A에 세그먼트 %u개, %llu바이트가 도착했다.", segments, (unsigned long long)bytes);
    talk_lost(j);
    if (j->page) talk_resources(j);
    account_say(talk(j), "The close, 4-way, with the states of both sides:", "4-way handshake로 연결을 끊는다, 양쪽의 상태:");
    steps_shake(j, true);
}

/* ---- 8: the page, or why there is none ---- */

void steps_render(struct journey *j)
{
    account_begin(talk(j), "8", 7, "The browser renders the page", "브라우저가 HTML을 렌더링한다");
    account_say(talk(j), "\"%s\", %.3f ms after Enter. %d links, %d resources.", "\"%s\", Enter를 누르고 %.3f ms 뒤. 링크 %d개, 자원 %d개.", page_title(j->page),
                journey_ms(j, j->ended), page_links(j->page), page_resources(j->page));
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    if (!f) return;
    page_text(j->page, &(struct page_text_options){.width = j->width > 10 ? j->width - 8 : 72}, f);
    fclose(f);
    for (char *line = text, *end; line && *line; line = *end ? end + 1 : end) {
        end = line + strcspn(line, "\n");
        account_row(talk(j), "%.*s", (int)(end - line), line);
    }
    free(text);
    if (page_is_cut(j->page))
        account_say(talk(j), "The page is larger than this browser shows: something was left out.", "페이지가 이 브라우저가 보여 줄 수 있는 것보다 크다: 일부를 뺐다.");
}
