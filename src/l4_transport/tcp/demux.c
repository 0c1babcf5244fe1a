/* TCP: whom a segment belongs to, and who may bind to what.
 *
 * One keyed map holds every conversation by its 4-tuple, whatever it is just now (connection, half-open, TIME-WAIT).
 * A second one holds the local ports that somebody bound; the few sockets of one port are a list. */
#include "l4_transport/tcp/tcp.h"

struct tcp_port {
    uint16_t port;
    struct tcp *first;
};

/* ---- conversations ---- */

uint64_t tcp_flow_hash(const struct tcp_host *h, const struct flow *f) { return hash_key(&h->flow_key, f, sizeof *f); }

static bool tcp_node_same(const void *item, const void *key)
{
    return memcmp(&((const struct tcp_node *)item)->flow, key, sizeof(struct flow)) == 0;
}

struct tcp_node *tcp_find(struct tcp_host *h, const struct flow *f)
{
    if (h->last && tcp_node_same(h->last, f)) return h->last;
    struct tcp_node *n = map_find(&h->flows, tcp_flow_hash(h, f), tcp_node_same, f);
    if (n) h->last = n;
    return n;
}

int tcp_map(struct tcp_host *h, struct tcp_node *n)
{
    return map_add(&h->flows, h->stack->mem, tcp_flow_hash(h, &n->flow), n);
}

void tcp_unmap(struct tcp_host *h, struct tcp_node *n)
{
    if (h->last == n) h->last = NULL;
    bool was = map_remove(&h->flows, tcp_flow_hash(h, &n->flow), n);
    assert(was);
    (void)was;
}

void tcp_remap(struct tcp_host *h, struct tcp_node *old, struct tcp_node *n)
{
    if (h->last == old) h->last = NULL;
    map_replace(&h->flows, tcp_flow_hash(h, &n->flow), old, n);
}

/* ---- ports ---- */

static bool tcp_port_same(const void *item, const void *key)
{
    return ((const struct tcp_port *)item)->port == *(const uint16_t *)key;
}

static uint64_t tcp_port_hash(const struct tcp_host *h, uint16_t port) { return hash_key(&h->flow_key, &port, sizeof port); }

static struct tcp_port *tcp_port_find(const struct tcp_host *h, uint16_t port)
{
    return map_find(&h->ports, tcp_port_hash(h, port), tcp_port_same, &port);
}

static bool ip_all_zero(const struct hp_ip *ip) { return hp_ip_is_any(ip) && !hp_ip_is4(ip); }

/* Does a socket bound to `ip` (with or without V6ONLY) hear packets of this version? */
static bool tcp_bound_hears(const struct hp_ip *ip, bool v6only, bool is4)
{
    if (ip_all_zero(ip)) return !is4 || !v6only;
    return hp_ip_is4(ip) == is4;
}

static bool tcp_bound_overlap(const struct tcp *a, const struct hp_ip *ip, bool v6only, uint16_t link)
{
    const struct hp_ip *own = &a->node.flow.local;
    bool own_v6only = a->flags & TF_V6ONLY;
    if (a->node.link && link && a->node.link != link) return false;
    if (!hp_ip_is_any(own) && !hp_ip_is_any(ip)) return hp_ip_equal(own, ip);
    for (int is4 = 0; is4 < 2; is4++)
        if (tcp_bound_hears(own, own_v6only, is4) && tcp_bound_hears(ip, v6only, is4)) return true;
    return false;
}

static bool tcp_bound_clash(const struct tcp *a, const struct tcp *t, const struct hp_ip *ip, uint16_t link)
{
    if (a == t || !tcp_bound_overlap(a, ip, t->flags & TF_V6ONLY, link)) return false;
    if (a->flags & t->flags & TF_REUSEPORT) return false;
    bool both = a->flags & t->flags & TF_REUSEADDR;
    return !both || a->state == TCP_LISTEN;
}

static bool tcp_port_clash(const struct tcp_port *port, const struct tcp *t, const struct hp_ip *ip, uint16_t link)
{
    for (const struct tcp *a = port ? port->first : NULL; a; a = a->list_next)
        if (tcp_bound_clash(a, t, ip, link)) return true;
    return false;
}

struct tcp_bind_pick {
    const struct tcp *t;
    const struct hp_ip *ip;
    uint16_t link;
};

static bool tcp_bind_port_free(void *ctx, uint16_t port)
{
    const struct tcp_bind_pick *b = ctx;
    return !tcp_port_clash(tcp_port_find(b->t->host, port), b->t, b->ip, b->link);
}

static int tcp_port_enter(struct tcp *t, uint16_t number)
{
    struct tcp_host *h = t->host;
    struct hp_mem *mem = h->stack->mem;
    struct tcp_port *port = tcp_port_find(h, number);
    if (!port) {
        port = mem_zalloc(mem, sizeof *port);
        if (!port) return HP_ENOMEM;
        port->port = number;
        if (map_add(&h->ports, mem, tcp_port_hash(h, number), port)) {
            mem_free(mem, port, sizeof *port);
            return HP_ENOMEM;
        }
    }
    t->list_next = port->first;
    t->list_prev = &port->first;
    if (t->list_next) t->list_next->list_prev = &t->list_next;
    port->first = t;
    t->flags |= TF_BOUND;
    t->node.flow.local_port = number;
    return HP_OK;
}

int tcp_bind(struct tcp *t, const struct hp_ip *ip, uint16_t port, uint16_t link)
{
    struct hp_stack *s = t->sock.stack;
    if (t->state != TCP_CLOSED || t->flags & (TF_BOUND | TF_CONNECTED)) return HP_EINVAL;
    if (hp_ip_is4(ip) && t->flags & TF_V6ONLY) return HP_EINVAL;
    if (hp_ip_is_multicast(ip) || hp_ip_is_broadcast(ip)) return HP_EADDRNOTAVAIL;
    if (!hp_ip_is_any(ip) && !ip_is_ours(s, ip)) return HP_EADDRNOTAVAIL;
    if (!link) link = t->node.link;
    if (port) {
        if (tcp_port_clash(tcp_port_find(t->host, port), t, ip, link)) return HP_EADDRINUSE;
    } else {
        struct tcp_bind_pick pick = {t, ip, link};
        static const struct hp_ip nobody;
        port = port_pick(s, ip, &nobody, 0, &t->host->port_offset, tcp_bind_port_free, &pick);
        if (!port) return HP_EADDRINUSE;
    }
    int err = tcp_port_enter(t, port);
    if (err) return err;
    t->node.flow.local = *ip;
    t->node.link = link;
    return HP_OK;
}

int tcp_listen_check(const struct tcp *t)
{
    const struct tcp_port *port = tcp_port_find(t->host, t->node.flow.local_port);
    for (const struct tcp *a = port ? port->first : NULL; a; a = a->list_next) {
        if (a == t || a->state != TCP_LISTEN || a->flags & t->flags & TF_REUSEPORT) continue;
        if (tcp_bound_overlap(a, &t->node.flow.local, t->flags & TF_V6ONLY, t->node.link)) return HP_EADDRINUSE;
    }
    return HP_OK;
}

void tcp_unbind(struct tcp *t)
{
    if (!(t->flags & TF_BOUND)) return;
    struct tcp_host *h = t->host;
    uint16_t number = t->node.flow.local_port;
    t->flags &= ~(uint32_t)TF_BOUND;
    *t->list_prev = t->list_next;
    if (t->list_next) t->list_next->list_prev = t->list_prev;
    struct tcp_port *port = tcp_port_find(h, number);
    if (port->first) return;
    map_remove(&h->ports, tcp_port_hash(h, number), port);
    mem_free(h->stack->mem, port, sizeof *port);
}

/* ---- listeners ---- */

/* 0 = does not hear it; more = more specific. */
static int tcp_listener_score(const struct tcp *l, const struct flow *f, uint16_t link)
{
    if (l->state != TCP_LISTEN) return 0;
    if (l->node.link && l->node.link != link) return 0;
    const struct hp_ip *ip = &l->node.flow.local;
    int score = l->node.link ? 2 : 1;
    if (hp_ip_equal(ip, &f->local)) return score + 8;
    if (!hp_ip_is_any(ip) || !tcp_bound_hears(ip, l->flags & TF_V6ONLY, hp_ip_is4(&f->local))) return 0;
    return ip_all_zero(ip) && !(l->flags & TF_V6ONLY) ? score : score + 4;
}

struct tcp *tcp_find_listener(struct tcp_host *h, const struct flow *f, uint16_t link)
{
    const struct tcp_port *port = tcp_port_find(h, f->local_port);
    struct tcp *best = NULL;
    int best_score = 0;
    uint32_t equals = 0;
    for (struct tcp *l = port ? port->first : NULL; l; l = l->list_next) {
        int score = tcp_listener_score(l, f, link);
        if (score < best_score || !score) continue;
        equals = score > best_score ? 1 : equals + 1;
        best = l;
        best_score = score;
    }
    if (equals < 2) return best;
    uint32_t pick = (uint32_t)((tcp_flow_hash(h, f) >> 32) * equals >> 32); /* SO_REUSEPORT: spread by hash */
    for (struct tcp *l = port->first; l; l = l->list_next)
        if (tcp_listener_score(l, f, link) == best_score && pick-- == 0) return l;
    return best;
}

/* ---- the port of an active open: RFC 6056 ---- */

static bool tcp_flow_port_free(void *ctx, uint16_t port)
{
    struct tcp *t = ctx;
    if (tcp_port_find(t->host, port)) return false;
    struct flow f = t->node.flow;
    f.local_port = port;
    return !map_find(&t->host->flows, tcp_flow_hash(t->host, &f), tcp_node_same, &f);
}

int tcp_pick_port(struct tcp *t)
{
    struct flow *f = &t->node.flow;
    f->local_port = port_pick(t->sock.stack, &f->local, &f->peer, f->peer_port, &t->host->port_offset, tcp_flow_port_free, t);
    return f->local_port ? HP_OK : HP_EADDRNOTAVAIL;
}
