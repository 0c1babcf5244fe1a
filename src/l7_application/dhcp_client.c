/* The DHCP client: RFC 2131's state diagram (figure 5), one function for each state.
 *
 * Nothing that a server says is believed before it is checked: the transaction, our MAC address, the server that we chose, an address that a
 * host can have, times in their order (catalogue L11-L19). */
#include "core/bytes.h"
#include "l7_application/dhcp_message.h"
#include "hepta/dhcp.h"
#include "hepta/proc.h"
#include "hepta/socket.h"
#include "hepta/wire.h"

enum { DHCP_SERVER_PORT = 67, DHCP_CLIENT_PORT = 68, DHCP_MESSAGE_MAX = 1500, DHCP_TRIES_MAX = 5, DHCP_LEASE_MIN_S = 60 };

struct client {
    struct hp_stack *s;
    struct hp_dhcp *d;
    struct hp_sock *sock;
    struct hp_mac mac;
    uint32_t xid;
    hp_time began;                      /* of this exchange, for `secs` */
    struct dhcp_told offer;
    struct hp_prefix configured;        /* what is on the link now; len 0 = nothing */
    struct hp_route route[1 + HP_DHCP_ROUTES_MAX];
    int routes;
    uint8_t message[DHCP_MESSAGE_MAX];
};

const char *hp_dhcp_state_name(enum hp_dhcp_state state)
{
    static const char *const name[] = {"INIT", "SELECTING", "REQUESTING", "BOUND", "RENEWING", "REBINDING"};
    return (unsigned)state < sizeof name / sizeof *name ? name[state] : "?";
}

/* ---- messages ---- */

static int dhcp_open(struct client *c)
{
    int on = 1;
    struct hp_endpoint any = {.ip = hp_ip4(0, 0, 0, 0), .port = DHCP_CLIENT_PORT};
    int err = hp_socket(c->s, HP_DGRAM, 0, &c->sock);
    if (!err) err = hp_setsockopt(c->sock, HP_SO_BINDTODEVICE, &c->d->link, sizeof c->d->link);
    if (!err) err = hp_setsockopt(c->sock, HP_SO_BROADCAST, &on, sizeof on);
    if (!err) err = hp_setsockopt(c->sock, HP_SO_REUSEADDR, &on, sizeof on);
    if (!err) err = hp_bind(c->sock, &any);
    if (err && c->sock) hp_close(c->sock);
    if (err) c->sock = NULL;
    return err;
}

static int dhcp_send(struct client *c, enum dhcp_type type, const struct hp_ip *to)
{
    static const struct hp_ip none;
    bool bound = c->configured.len != 0;
    struct dhcp_ask a = {.type = type, .xid = c->xid, .mac = c->mac, .hostname = c->d->hostname, .broadcast = !bound,
                         .secs = (uint16_t)((hp_now(c->s) - c->began) / HP_S(1))};
    a.ciaddr = bound ? c->configured.ip : none;
    if (type == DHCP_REQUEST && !bound) { /* RFC 2131 4.3.2: SELECTING names server and address */
        a.requested = c->offer.lease.address.ip;
        a.server = c->offer.server;
    }
    if (type == DHCP_RELEASE) a.server = c->d->lease.server;
    struct hp_endpoint dst = {.ip = to ? *to : hp_ip4(255, 255, 255, 255), .port = DHCP_SERVER_PORT, .link = (uint16_t)c->d->link};
    size_t n = dhcp_ask_write(c->message, sizeof c->message, &a);
    int64_t sent = hp_sendto(c->sock, c->message, n, HP_MSG_DONTWAIT, &dst);
    return sent < 0 ? (int)sent : HP_OK;
}

/* RFC 2131 4.1: 4 s, doubled up to 64 s, each plus or minus one second. */
static hp_time dhcp_patience(struct client *c, int tries)
{
    hp_time seconds = HP_S(tries < 4 ? 4 << tries : 64);
    return seconds - HP_S(1) + (hp_time)(hp_random(c->s) % (uint64_t)HP_S(2));
}

/* The next message for us of one of these types; HP_ETIMEDOUT at `until`. */
static int dhcp_listen(struct client *c, hp_time until, unsigned types, struct dhcp_told *told)
{
    while (!c->d->stop) {
        hp_time left = until - hp_now(c->s);
        unsigned readable = HP_READABLE;
        if (left <= 0) return HP_ETIMEDOUT;
        int err = hp_wait(c->s, &c->sock, &readable, 1, left < HP_S(1) ? left : HP_S(1)); /* a second: to see `stop` */
        if (err == HP_ETIMEDOUT) continue;
        if (err < 0) return err;
        struct hp_recv_info info;
        int64_t n = hp_recvfrom(c->sock, c->message, sizeof c->message, HP_MSG_DONTWAIT, &info);
        if (n < 0) continue;
        bool ours = info.from.port == DHCP_SERVER_PORT && dhcp_told_read(bytes_of(c->message, (size_t)n), told) &&
                    told->xid == c->xid && hp_mac_equal(&told->mac, &c->mac) && types >> told->type & 1;
        if (ours) return HP_OK;
        c->d->ignored++;
    }
    return HP_ECANCELED;
}

/* ---- what a lease does to the stack ---- */

static void dhcp_deconfigure(struct client *c)
{
    while (c->routes) hp_route_remove(c->s, &c->route[--c->routes]);
    if (c->configured.len) hp_addr_remove(c->s, c->d->link, &c->configured.ip);
    c->configured.len = 0;
}

/* HP_ENOMEM; a route that makes no sense is left out. */
static int dhcp_route(struct client *c, const struct hp_prefix *to, const struct hp_ip *gateway)
{
    struct hp_route r = {.to = *to, .gateway = *gateway, .link = c->d->link, .metric = 100, .source = HP_ROUTE_DHCP};
    if (c->routes == (int)(sizeof c->route / sizeof *c->route)) return HP_OK;
    int err = hp_route_add(c->s, &r);
    if (!err) c->route[c->routes++] = r;
    return err == HP_ENOMEM ? err : HP_OK;
}

static int dhcp_configure(struct client *c, const struct dhcp_told *t)
{
    static const struct hp_prefix everything = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}}, 96};
    bool same = c->configured.len == t->lease.address.len && hp_ip_equal(&c->configured.ip, &t->lease.address.ip);
    int err = HP_OK;
    if (!same) {
        dhcp_deconfigure(c);
        err = hp_addr_add(c->s, c->d->link, &t->lease.address, 0);
        if (err && err != HP_EEXIST) return err;
        c->configured = t->lease.address;
    }
    while (c->routes) hp_route_remove(c->s, &c->route[--c->routes]);
    err = HP_OK;
    for (int i = 0; i < t->route_count && !err; i++) /* RFC 3442: option 121 replaces option 3 */
        if (!c->d->allow_route || c->d->allow_route(c->d->ctx, &t->route[i].to, &t->route[i].gateway))
            err = dhcp_route(c, &t->route[i].to, &t->route[i].gateway);
    if (!t->route_count && t->lease.router_count) err = dhcp_route(c, &everything, &t->lease.routers[0]);
    return err;
}

/* L15: T1 < T2 < lease whatever came, and not so short that renewing is all we do. */
static void dhcp_set_times(struct client *c, const struct dhcp_told *t)
{
    struct hp_dhcp_lease *l = &c->d->lease;
    hp_time now = hp_now(c->s);
    uint64_t lease = t->lease_s == UINT32_MAX ? 0 : t->lease_s < DHCP_LEASE_MIN_S ? DHCP_LEASE_MIN_S : t->lease_s;
    uint64_t t2 = t->t2_s >= DHCP_LEASE_MIN_S * 3 / 4 && t->t2_s < lease ? t->t2_s : lease * 7 / 8;
    uint64_t t1 = t->t1_s >= DHCP_LEASE_MIN_S / 2 && t->t1_s < t2 ? t->t1_s : lease / 2;
    if (t1 >= t2) t1 = t2 * 4 / 7;
    l->since = now;
    l->renew_at = lease ? now + HP_S(t1) : HP_NEVER;
    l->rebind_at = lease ? now + HP_S(t2) : HP_NEVER;
    l->expires_at = lease ? now + HP_S(lease) : HP_NEVER;
}

static int dhcp_bind(struct client *c, const struct dhcp_told *t)
{
    int err = dhcp_configure(c, t);
    if (err) return err;
    c->d->lease = t->lease;
    c->d->lease.server = t->server;
    dhcp_set_times(c, t);
    c->d->state = HP_DHCP_BOUND;
    return HP_OK;
}

/* ---- the states ---- */

static int dhcp_init(struct client *c)
{
    c->xid = (uint32_t)hp_secret(c->s);
    c->began = hp_now(c->s);
    c->d->state = HP_DHCP_SELECTING;
    return HP_OK;
}

/* Asks for ever: the first usable offer is taken. */
static int dhcp_selecting(struct client *c)
{
    for (int tries = 0; !c->d->stop; tries++) {
        c->d->discovers++;
        dhcp_send(c, DHCP_DISCOVER, NULL);
        int err = dhcp_listen(c, hp_now(c->s) + dhcp_patience(c, tries), 1u << DHCP_OFFER, &c->offer);
        if (err == HP_ETIMEDOUT) continue;
        if (!err) c->d->state = HP_DHCP_REQUESTING;
        return err;
    }
    return HP_ECANCELED;
}

static bool dhcp_same_server(const struct client *c, const struct dhcp_told *t)
{
    return hp_ip_equal(&t->server, &c->offer.server);
}

static int dhcp_requesting(struct client *c)
{
    struct dhcp_told t;
    for (int tries = 0; tries < DHCP_TRIES_MAX; tries++) {
        c->d->requests++;
        dhcp_send(c, DHCP_REQUEST, NULL);
        hp_time until = hp_now(c->s) + dhcp_patience(c, tries);
        int err;
        while (!(err = dhcp_listen(c, until, 1u << DHCP_ACK | 1u << DHCP_NAK, &t)) && !dhcp_same_server(c, &t))
            c->d->ignored++; /* L19: another server has no say in this exchange */
        if (err == HP_ETIMEDOUT) continue;
        if (err) return err;
        if (t.type == DHCP_ACK) {
            err = dhcp_bind(c, &t);
            if (err) dhcp_deconfigure(c); /* asked for again as a whole */
            return err;
        }
        c->d->naks++;
        c->d->state = HP_DHCP_INIT;
        return hp_sleep(c->s, HP_S(10)); /* a server that offers and refuses is not to be asked at the network's speed */
    }
    c->d->state = HP_DHCP_INIT;
    return HP_OK;
}

static int dhcp_bound(struct client *c)
{
    while (!c->d->stop && hp_now(c->s) < c->d->lease.renew_at) {
        hp_time left = c->d->lease.renew_at - hp_now(c->s);
        int err = hp_sleep(c->s, left < HP_S(1) ? left : HP_S(1));
        if (err) return err;
    }
    c->xid = (uint32_t)hp_secret(c->s);
    c->began = hp_now(c->s);
    c->d->state = HP_DHCP_RENEWING;
    return c->d->stop ? HP_ECANCELED : HP_OK;
}

/* RENEWING asks the lease's server, REBINDING anybody; at half of what is left, not below a minute (RFC 2131 4.4.5). */
static int dhcp_renew(struct client *c, hp_time end, const struct hp_ip *to, enum hp_dhcp_state next)
{
    struct dhcp_told t;
    while (hp_now(c->s) < end) {
        c->d->requests++;
        dhcp_send(c, DHCP_REQUEST, to);
        hp_time wait = (end - hp_now(c->s)) / 2, until = hp_now(c->s) + (wait > HP_S(60) ? wait : HP_S(60));
        int err;
        while (!(err = dhcp_listen(c, until < end ? until : end, 1u << DHCP_ACK | 1u << DHCP_NAK, &t)) && to && !hp_ip_equal(&t.server, to))
            c->d->ignored++; /* L19 */
        if (err == HP_ETIMEDOUT) continue;
        if (err) return err;
        if (t.type == DHCP_ACK) return dhcp_bind(c, &t);
        c->d->naks++;
        next = HP_DHCP_INIT;
        break;
    }
    if (next == HP_DHCP_INIT) dhcp_deconfigure(c);
    c->d->state = next;
    return HP_OK;
}

static int dhcp_turn(struct client *c)
{
    struct hp_dhcp_lease *l = &c->d->lease;
    switch (c->d->state) {
    case HP_DHCP_INIT:       return dhcp_init(c);
    case HP_DHCP_SELECTING:  return dhcp_selecting(c);
    case HP_DHCP_REQUESTING: return dhcp_requesting(c);
    case HP_DHCP_BOUND:      return dhcp_bound(c);
    case HP_DHCP_RENEWING:   return dhcp_renew(c, l->rebind_at, &l->server, HP_DHCP_REBINDING);
    case HP_DHCP_REBINDING:  return dhcp_renew(c, l->expires_at, NULL, HP_DHCP_INIT);
    }
    return HP_EINVAL;
}

static void dhcp_program(struct hp_stack *s, void *arg)
{
    struct hp_dhcp *d = arg;
    struct client *c;
    struct hp_link_info info;
    d->state = HP_DHCP_INIT;
    while (!(c = hp_alloc(s, sizeof *c)))
        if (d->stop || hp_sleep(s, HP_S(1))) return;
    c->s = s;
    c->d = d;
    int err = hp_link_info(s, d->link, &info);
    c->mac = info.mac;
    while (!err && !d->stop) {
        err = c->sock ? dhcp_turn(c) : dhcp_open(c);
        if (err == HP_ENOMEM) err = hp_sleep(s, HP_S(1)); /* a full house is no reason to give up */
    }
    if (c->configured.len && d->stop) dhcp_send(c, DHCP_RELEASE, &d->lease.server);
    if (err != HP_ECANCELED || d->stop) dhcp_deconfigure(c);
    if (c->sock) hp_close(c->sock);
    d->state = HP_DHCP_INIT;
    hp_free(s, c, sizeof *c);
}

int hp_dhcp_start(struct hp_stack *s, struct hp_dhcp *d)
{
    d->stop = false;
    return hp_spawn(s, "dhcp", dhcp_program, d, 0);
}

void hp_dhcp_stop(struct hp_stack *s, struct hp_dhcp *d) { d->stop = true; }
