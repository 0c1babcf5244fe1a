/* The DHCP server: RFC 2131 4.3, one function for each message of a client's.
 *
 * Anybody on the link can say anything.  What a message can do is bounded: it reserves one address for a while (an offer), changes the lease of the
 * client that it names, and is answered by at most one message.  Who wants to give back or refuse a lease must name it right. */
#include "core/text.h"
#include "hepta/proc.h"
#include "hepta/socket.h"
#include "hepta/wire.h"
#include "l7_application/dhcp_lease.h"
#include "wire/dhcp4.h"

enum { DHCPD_IN_MAX = 1500, DHCPD_LEASE_MIN_S = 60, DHCPD_TRIES_MAX = 4 };

struct dhcpd {
    struct hp_stack *s;
    struct hp_dhcp_server *d;
    struct hp_sock *sock, *ping;
    struct hp_prefix self;              /* our address, and the network that the pool is in */
    struct hp_ip mask;
    struct dhcpd_table table;
    hp_time check_at;                   /* no lease's state ends before this */
    uint8_t in[DHCPD_IN_MAX], out[DHCP_REPLY_MAX];
};

static hp_time dhcpd_or(hp_time set, hp_time otherwise) { return set ? set : otherwise; }
static hp_time dhcpd_lease_time(const struct hp_dhcp_server *d) { return dhcpd_or(d->lease, HP_S(3600)); }

static void dhcpd_arm(struct dhcpd *p, hp_time at)
{
    if (at < p->check_at) p->check_at = at;
}

static void dhcpd_set(struct dhcpd *p, struct dhcpd_lease *l, enum dhcpd_state state, hp_time span)
{
    hp_time now = hp_now(p->s);
    l->state = state;
    l->until = span >= HP_NEVER - now ? HP_NEVER : now + span;
    if (state != DHCPD_FREE) dhcpd_arm(p, l->until);
}

/* ---- telling ---- */

static struct hp_dhcp_client dhcpd_client(const struct dhcpd_lease *l)
{
    struct hp_dhcp_client c = {.mac = l->mac, .ip = l->ip, .bound = l->state == DHCPD_BOUND, .until = l->until};
    memcpy(c.hostname, l->hostname, sizeof c.hostname);
    return c;
}

static void dhcpd_tell(struct dhcpd *p, enum hp_dhcp_what what, const struct hp_dhcp_client *c)
{
    struct hp_dhcp_event e = {.what = what, .client = *c};
    if (p->d->event) p->d->event(p->d->ctx, &e);
}

static void dhcpd_tell_lease(struct dhcpd *p, enum hp_dhcp_what what, const struct dhcpd_lease *l)
{
    struct hp_dhcp_client c = dhcpd_client(l);
    dhcpd_tell(p, what, &c);
}

/* About a client without a lease. */
static void dhcpd_tell_client(struct dhcpd *p, enum hp_dhcp_what what, const struct dhcp_asked *q, const struct hp_ip *ip)
{
    struct hp_dhcp_client c = {.mac = q->mac, .ip = *ip};
    memcpy(c.hostname, q->hostname, sizeof c.hostname);
    dhcpd_tell(p, what, &c);
}

/* ---- answering ---- */

/* RFC 2131 4.1: to the address that it has; else by broadcast if it wants that; else to the address that it will have, by its MAC address:
 * it cannot answer ARP yet. */
static void dhcpd_send(struct dhcpd *p, const struct dhcp_asked *q, const struct dhcp_answer *a)
{
    struct hp_endpoint to = {.ip = hp_ip4(255, 255, 255, 255), .port = DHCP4_CLIENT_PORT, .link = (uint16_t)p->d->link};
    size_t n = dhcp_answer_write(p->out, sizeof p->out, q, a);
    bool has = a->type == DHCP_ACK && !hp_ip_is_any(&q->ciaddr), direct = !has && a->type != DHCP_NAK && !q->broadcast;
    if (has) to.ip = q->ciaddr;
    if (direct) direct = hp_neigh_set(p->s, p->d->link, &a->yiaddr, &q->mac) == HP_OK;
    if (direct) to.ip = a->yiaddr;
    hp_sendto(p->sock, p->out, n, HP_MSG_DONTWAIT, &to);
    if (direct) hp_neigh_set(p->s, p->d->link, &a->yiaddr, NULL);
}

static struct dhcp_answer dhcpd_answer(const struct dhcpd *p, enum dhcp_type type)
{
    struct hp_ip none = hp_ip4(0, 0, 0, 0);
    return (struct dhcp_answer){.type = type, .yiaddr = none, .ciaddr = none, .server = p->self.ip, .mask = p->mask, .config = p->d};
}

static void dhcpd_nak(struct dhcpd *p, const struct dhcp_asked *q)
{
    struct dhcp_answer a = dhcpd_answer(p, DHCP_NAK);
    p->d->naks++;
    dhcpd_send(p, q, &a);
    dhcpd_tell_client(p, HP_DHCP_REFUSED, q, hp_ip_is_any(&q->ciaddr) ? &q->requested : &q->ciaddr);
}

static uint32_t dhcpd_in_seconds(hp_time t) { return t / HP_S(1) >= DHCP4_FOREVER ? DHCP4_FOREVER : (uint32_t)(t / HP_S(1)); }

/* What the client wishes for, within bounds. */
static uint32_t dhcpd_seconds(const struct dhcpd *p, const struct dhcp_asked *q)
{
    uint32_t normal = dhcpd_in_seconds(dhcpd_lease_time(p->d)), max = p->d->lease_max ? dhcpd_in_seconds(p->d->lease_max) : normal;
    uint32_t wish = q->lease_s ? q->lease_s : normal;
    if (q->lease_s && wish < DHCPD_LEASE_MIN_S) wish = DHCPD_LEASE_MIN_S;
    return wish > max ? max : wish;
}

static hp_time dhcpd_span(uint32_t seconds) { return seconds == DHCP4_FOREVER ? HP_NEVER : HP_S(seconds); }

static void dhcpd_offer(struct dhcpd *p, struct dhcpd_lease *l, const struct dhcp_asked *q)
{
    struct dhcp_answer a = dhcpd_answer(p, DHCP_OFFER);
    a.yiaddr = l->ip;
    a.lease_s = dhcpd_seconds(p, q);
    if (l->state != DHCPD_BOUND) dhcpd_set(p, l, DHCPD_OFFERED, dhcpd_or(p->d->offer, HP_S(60)));
    p->d->offers++;
    dhcpd_send(p, q, &a);
    dhcpd_tell_lease(p, HP_DHCP_OFFERED, l);
}

static void dhcpd_ack(struct dhcpd *p, struct dhcpd_lease *l, const struct dhcp_asked *q)
{
    struct dhcp_answer a = dhcpd_answer(p, DHCP_ACK);
    bool renewed = l->state == DHCPD_BOUND;
    a.yiaddr = l->ip;
    a.ciaddr = q->ciaddr;
    a.lease_s = dhcpd_seconds(p, q);
    dhcpd_give(l, q);
    dhcpd_set(p, l, DHCPD_BOUND, dhcpd_span(a.lease_s));
    p->d->acks++;
    dhcpd_send(p, q, &a);
    dhcpd_tell_lease(p, renewed ? HP_DHCP_RENEWED : HP_DHCP_LEASED, l);
}

/* ---- DISCOVER ---- */

/* True: a ping asks first whether somebody uses it (RFC 2131 2.2); the offer comes later. */
static bool dhcpd_probe(struct dhcpd *p, struct dhcpd_lease *l, const struct dhcp_asked *q)
{
    struct hp_endpoint to = {.ip = l->ip, .link = (uint16_t)p->d->link};
    if (!p->ping || l->state != DHCPD_FREE || hp_sendto(p->ping, "dhcp", 4, HP_MSG_DONTWAIT, &to) < 0) return false;
    l->question = *q;
    dhcpd_set(p, l, DHCPD_PROBING, p->d->ping);
    return true;
}

static void dhcpd_discover(struct dhcpd *p, const struct dhcp_asked *q)
{
    struct dhcpd_lease *l = dhcpd_choose(p->s, &p->table, p->d, &p->self.ip, q);
    if (!l || l->state == DHCPD_AVOIDED) {
        struct hp_ip none = hp_ip4(0, 0, 0, 0);
        p->d->exhausted++;
        dhcpd_tell_client(p, HP_DHCP_EXHAUSTED, q, &none);
        return;
    }
    dhcpd_give(l, q);
    if (l->state == DHCPD_PROBING) l->question = *q;
    else if (!dhcpd_probe(p, l, q)) dhcpd_offer(p, l, q);
}

/* ---- REQUEST: RFC 2131 4.3.2 ---- */

static bool dhcpd_on_network(const struct dhcpd *p, const struct hp_ip *ip) { return hp_prefix_has(&p->self, ip); }

/* It takes our offer, or another server's. */
static void dhcpd_selecting(struct dhcpd *p, struct dhcpd_lease *l, const struct dhcp_asked *q)
{
    if (!hp_ip_equal(&q->server, &p->self.ip)) {
        if (l && (l->state == DHCPD_OFFERED || l->state == DHCPD_PROBING)) dhcpd_set(p, l, DHCPD_FREE, 0);
        p->d->ignored++;
    } else if (l && (l->state == DHCPD_OFFERED || l->state == DHCPD_BOUND) && hp_ip_equal(&l->ip, &q->requested)) {
        dhcpd_ack(p, l, q);
    } else {
        dhcpd_nak(p, q);
    }
}

/* It remembers an address (INIT-REBOOT), or has it (RENEWING, REBINDING).  Of whom we know nothing another server may know. */
static void dhcpd_known(struct dhcpd *p, struct dhcpd_lease *l, const struct dhcp_asked *q, const struct hp_ip *ip)
{
    bool theirs = l && hp_ip_equal(&l->ip, ip), free = l && l->state == DHCPD_FREE;
    if (!dhcpd_on_network(p, ip) || (l && !theirs && !free)) dhcpd_nak(p, q);
    else if (theirs && l->state != DHCPD_PROBING) dhcpd_ack(p, l, q);
    else if (p->d->authoritative) dhcpd_nak(p, q);
    else p->d->ignored++;
}

static void dhcpd_request(struct dhcpd *p, const struct dhcp_asked *q)
{
    struct dhcpd_lease *l = dhcpd_find(&p->table, q);
    if (!hp_ip_is_any(&q->server) && hp_ip_is_any(&q->ciaddr)) dhcpd_selecting(p, l, q);
    else if (!hp_ip_is_any(&q->ciaddr)) dhcpd_known(p, l, q, &q->ciaddr);
    else if (!hp_ip_is_any(&q->requested)) dhcpd_known(p, l, q, &q->requested);
    else p->d->ignored++;
}

/* ---- the others ---- */

/* Only who has the lease may say so. */
static struct dhcpd_lease *dhcpd_owned(struct dhcpd *p, const struct dhcp_asked *q, const struct hp_ip *ip)
{
    struct dhcpd_lease *l = dhcpd_find(&p->table, q);
    bool ours = l && l->state == DHCPD_BOUND && hp_ip_equal(&l->ip, ip) && hp_ip_equal(&q->server, &p->self.ip);
    if (!ours) p->d->ignored++;
    return ours ? l : NULL;
}

static void dhcpd_decline(struct dhcpd *p, const struct dhcp_asked *q)
{
    struct dhcpd_lease *l = dhcpd_owned(p, q, &q->requested);
    if (!l) return;
    dhcpd_set(p, l, DHCPD_AVOIDED, dhcpd_lease_time(p->d));
    dhcpd_tell_lease(p, HP_DHCP_DECLINED, l);
}

static void dhcpd_release(struct dhcpd *p, const struct dhcp_asked *q, const struct hp_recv_info *info)
{
    bool from = hp_ip_equal(&info->from.ip, &q->ciaddr);
    struct dhcpd_lease *l = from ? dhcpd_owned(p, q, &q->ciaddr) : NULL;
    if (!from) p->d->ignored++;
    if (!l) return;
    dhcpd_set(p, l, DHCPD_FREE, 0);
    dhcpd_tell_lease(p, HP_DHCP_RELEASED, l);
}

static void dhcpd_inform(struct dhcpd *p, const struct dhcp_asked *q, const struct hp_recv_info *info)
{
    struct dhcp_answer a = dhcpd_answer(p, DHCP_ACK);
    a.ciaddr = q->ciaddr;
    if (!hp_ip_equal(&info->from.ip, &q->ciaddr) || !dhcpd_on_network(p, &q->ciaddr)) {
        p->d->ignored++;
        return;
    }
    dhcpd_send(p, q, &a);
    dhcpd_tell_client(p, HP_DHCP_INFORMED, q, &q->ciaddr);
}

static void dhcpd_take(struct dhcpd *p, struct hp_bytes in, const struct hp_recv_info *info)
{
    struct dhcp_asked q;
    struct hp_dhcp_server *d = p->d;
    if (info->link != d->link || info->from.port != DHCP4_CLIENT_PORT || !dhcp_asked_read(in, &q)) {
        d->ignored++;
        return;
    }
    switch (q.type) {
    case DHCP_DISCOVER: d->discovers++; dhcpd_discover(p, &q); return;
    case DHCP_REQUEST:  d->requests++;  dhcpd_request(p, &q); return;
    case DHCP_DECLINE:  d->declines++;  dhcpd_decline(p, &q); return;
    case DHCP_RELEASE:  d->releases++;  dhcpd_release(p, &q, info); return;
    case DHCP_INFORM:   d->informs++;   dhcpd_inform(p, &q, info); return;
    default: return;
    }
}

/* ---- pings and timers ---- */

/* Somebody is there: the client gets another address. */
static void dhcpd_read_pings(struct dhcpd *p)
{
    struct hp_recv_info info;
    uint8_t byte;
    while (p->ping && hp_recvfrom(p->ping, &byte, 1, HP_MSG_DONTWAIT, &info) >= 0) {
        struct dhcpd_lease *l = info.error ? NULL : dhcpd_find_ip(&p->table, &info.from.ip);
        if (!l || l->state != DHCPD_PROBING) continue;
        dhcpd_set(p, l, DHCPD_AVOIDED, dhcpd_lease_time(p->d));
        dhcpd_tell_lease(p, HP_DHCP_IN_USE, l);
        struct dhcp_asked q = l->question;
        dhcpd_discover(p, &q);
    }
}

static void dhcpd_end_state(struct dhcpd *p, struct dhcpd_lease *l)
{
    enum dhcpd_state was = l->state;
    if (was == DHCPD_PROBING) {
        dhcpd_offer(p, l, &l->question);
        return;
    }
    dhcpd_set(p, l, DHCPD_FREE, 0);
    if (was == DHCPD_AVOIDED) l->id_len = 0;
    if (was == DHCPD_AVOIDED) l->mac = (struct hp_mac){{0}};
    if (was == DHCPD_BOUND) dhcpd_tell_lease(p, HP_DHCP_EXPIRED, l);
}

static void dhcpd_check(struct dhcpd *p)
{
    hp_time now = hp_now(p->s);
    if (now < p->check_at) return;
    p->check_at = HP_NEVER;
    for (unsigned i = 0; i < p->table.count; i++) {
        struct dhcpd_lease *l = p->table.lease[i];
        if (l->state != DHCPD_FREE && l->until <= now) dhcpd_end_state(p, l);
        if (l->state != DHCPD_FREE) dhcpd_arm(p, l->until);
    }
}

static void dhcpd_read(struct dhcpd *p)
{
    struct hp_recv_info info;
    int64_t n;
    while (!p->d->stop && (n = hp_recvfrom(p->sock, p->in, sizeof p->in, HP_MSG_DONTWAIT, &info)) >= 0)
        dhcpd_take(p, bytes_of(p->in, (size_t)n), &info);
}

static int dhcpd_turn(struct dhcpd *p)
{
    struct hp_sock *const sock[2] = {p->sock, p->ping};
    const unsigned readable[2] = {HP_READABLE | HP_ERROR, HP_READABLE | HP_ERROR};
    hp_time wait = p->check_at == HP_NEVER ? HP_NEVER : p->check_at - hp_now(p->s);
    int which = hp_wait(p->s, sock, readable, p->ping ? 2 : 1, wait);
    if (p->d->stop) return HP_OK;
    if (which < 0 && which != HP_ETIMEDOUT) return which;
    dhcpd_check(p); /* what is over is over before anybody asks for it */
    dhcpd_read_pings(p);
    dhcpd_read(p);
    return HP_OK;
}

/* ---- life ---- */

static void dhcpd_close(struct dhcpd *p)
{
    if (p->sock) hp_close(p->sock);
    if (p->ping) hp_close(p->ping);
    p->sock = p->ping = NULL;
}

static int dhcpd_open(struct dhcpd *p)
{
    int on = 1;
    struct hp_endpoint any = {.ip = hp_ip4(0, 0, 0, 0), .port = DHCP4_SERVER_PORT};
    int err = hp_socket(p->s, HP_DGRAM, 0, &p->sock);
    if (!err) err = hp_setsockopt(p->sock, HP_SO_BINDTODEVICE, &p->d->link, sizeof p->d->link);
    if (!err) err = hp_setsockopt(p->sock, HP_SO_BROADCAST, &on, sizeof on);
    if (!err) err = hp_bind(p->sock, &any);
    if (!err && p->d->ping) err = hp_socket(p->s, HP_PING, 0, &p->ping);
    if (err) dhcpd_close(p);
    return err;
}

/* A full house is no reason not to serve when there is room again. */
static bool dhcpd_again(struct hp_stack *s, const struct hp_dhcp_server *d, int err)
{
    return err == HP_ENOMEM && !d->stop && hp_sleep(s, HP_S(1)) == HP_OK && !d->stop;
}

static void dhcpd_program(struct hp_stack *s, void *arg);

static bool dhcpd_settings_ok(const struct hp_dhcp_server *d)
{
    bool addresses = dhcp4_address_ok(&d->first) && dhcp4_address_ok(&d->last);
    uint32_t first = get32(d->first.b + 12), last = get32(d->last.b + 12);
    bool times = d->lease >= 0 && d->lease_max >= 0 && d->offer >= 0 && d->ping >= 0 && (!d->lease || d->lease >= HP_S(1));
    bool lists = d->router_count <= HP_DHCP_SERVERS_MAX && d->dns_count <= HP_DHCP_SERVERS_MAX && d->fixed_count >= 0 &&
                 d->fixed_count <= HP_DHCP_POOL_MAX && (!d->domain || strlen(d->domain) <= 255);
    return addresses && first <= last && last - first < HP_DHCP_POOL_MAX && times && lists;
}

/* Our address on the network that pool and fixed addresses are in. */
static bool dhcpd_self(const struct hp_stack *s, const struct hp_dhcp_server *d, struct hp_prefix *out)
{
    struct hp_addr_info a;
    for (unsigned i = 0; hp_addr_info(s, i, &a) == HP_OK; i++) {
        bool fits = a.link == d->link && hp_ip_is4(&a.address.ip) && hp_prefix_has(&a.address, &d->first) && hp_prefix_has(&a.address, &d->last);
        for (int k = 0; k < d->fixed_count && fits; k++) fits = hp_prefix_has(&a.address, &d->fixed[k].ip);
        if (!fits) continue;
        *out = a.address;
        return true;
    }
    return false;
}

int hp_dhcp_serve(struct hp_stack *s, struct hp_dhcp_server *d)
{
    struct hp_prefix self;
    if (!dhcpd_settings_ok(d)) return HP_EINVAL;
    if (!dhcpd_self(s, d, &self)) return HP_EADDRNOTAVAIL;
    d->stop = false;
    d->error = HP_OK;
    int err = hp_spawn(s, "dhcpd", dhcpd_program, d, 0);
    d->running = !err;
    return err;
}

static void dhcpd_program(struct hp_stack *s, void *arg)
{
    struct hp_dhcp_server *d = arg;
    struct dhcpd *p;
    do p = hp_alloc(s, sizeof *p);
    while (!p && dhcpd_again(s, d, HP_ENOMEM));
    d->running = p != NULL;
    if (!p) return;
    p->s = s;
    p->d = d;
    p->check_at = HP_NEVER;
    d->state = p;
    do d->error = dhcpd_self(s, d, &p->self) ? dhcpd_open(p) : HP_EADDRNOTAVAIL;
    while (dhcpd_again(s, d, d->error));
    p->mask = hp_ip4(0, 0, 0, 0);
    put32(p->mask.b + 12, p->self.len > 96 ? UINT32_MAX << (128 - p->self.len) : 0);
    while (!d->error && !d->stop) d->error = dhcpd_turn(p);
    d->state = NULL;
    d->running = false;
    dhcpd_close(p);
    dhcpd_table_free(s, &p->table);
    hp_free(s, p, sizeof *p);
}

/* The program waits for this socket: its end wakes it. */
void hp_dhcp_serve_stop(struct hp_stack *s, struct hp_dhcp_server *d)
{
    d->stop = true;
    if (!d->state || !d->state->sock) return;
    struct hp_sock *sock = d->state->sock;
    d->state->sock = NULL;
    hp_close(sock);
}

/* ---- looking ---- */

int hp_dhcp_client(const struct hp_dhcp_server *d, unsigned i, struct hp_dhcp_client *out)
{
    if (!d->state || i >= d->state->table.count) return HP_ENOENT;
    *out = dhcpd_client(d->state->table.lease[i]);
    return HP_OK;
}

char *hp_dhcp_event_text(const struct hp_dhcp_event *e, char *buf, size_t n)
{
    static const char *const word[] = {"offered ", "leased ", "renewed ", "refused ", "released ", "declined ", "in use: ", "expired ",
                                       "informed ", "no address left"};
    static const char *const whose[] = {" to ", " to ", " for ", " to ", " by ", " by ", ", not offered to ", " of ", ": ", " for "};
    struct text t = text_of(buf, n);
    text_str(&t, word[e->what]);
    if (e->what != HP_DHCP_EXHAUSTED) text_ip(&t, &e->client.ip);
    text_str(&t, whose[e->what]);
    text_mac(&t, &e->client.mac);
    if (!e->client.hostname[0]) return buf;
    text_str(&t, " (");
    text_str(&t, e->client.hostname);
    text_char(&t, ')');
    return buf;
}
