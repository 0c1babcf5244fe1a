/* RIP version 2: RFC 2453.  The program: it waits for messages, for changes of links and addresses, and for its timers. */
#include "l3_network/routing/rip.h"

#include "core/bytes.h"

enum { RIP_TOS = 0xc0 };        /* internetwork control, RFC 791 */

const struct hp_rip_link *rip_way(const struct rip *p, int link)
{
    const struct hp_rip *r = p->r;
    for (int i = 0; i < r->links; i++)
        if (r->link[i].link == link) return &r->link[i];
    return &r->every;
}

hp_time rip_or(hp_time set, hp_time otherwise) { return set ? set : otherwise; }

bool rip_room(struct rip *p, void *array, unsigned n, unsigned *room, size_t size)
{
    void *old, *grown;
    if (n < *room) return true;
    unsigned more = *room ? *room * 2 : 8;
    grown = hp_alloc(p->s, more * size);
    if (!grown) return false;
    memcpy(&old, array, sizeof old);
    if (n) memcpy(grown, old, n * size);
    hp_free(p->s, old, *room * size);
    memcpy(array, &grown, sizeof grown);
    *room = more;
    return true;
}

/* ---- time ---- */

/* RFC 2453 3.8: the period is offset by chance, so that routers do not fall into step. */
static void rip_plan_update(struct rip *p)
{
    hp_time period = rip_or(p->r->update, HP_S(30)), sixth = period / 6;
    p->update_at = hp_now(p->s) + period - sixth + (sixth ? (hp_time)(hp_random(p->s) % (uint64_t)(2 * sixth)) : 0);
}

/* RFC 2453 3.10.1: after a triggered update the next one waits 1 to 5 seconds. */
static void rip_stay_quiet(struct rip *p)
{
    hp_time min = rip_or(p->r->trigger_min, HP_S(1)), max = rip_or(p->r->trigger_max, HP_S(5));
    hp_time span = max > min ? (hp_time)(hp_random(p->s) % (uint64_t)(max - min)) : 0;
    p->quiet_until = hp_now(p->s) + min + span;
    p->trigger_at = HP_NEVER;
}

/* After the update: so nobody offers us what we have just said to be lost. */
static void rip_ask_again(struct rip *p)
{
    for (unsigned i = 0; i < p->ports && p->lost && p->r->ask; i++)
        if (p->port[i].running && !rip_way(p, p->port[i].link)->passive) rip_send_request(p, p->port[i].link);
    p->lost = false;
}

static void rip_run_timers(struct rip *p)
{
    hp_time now = hp_now(p->s);
    if (now >= p->check_at) rip_expire(p);
    if (now >= p->update_at) rip_scan(p); /* again: memory may have been short when something changed */
    if (now >= p->update_at) {
        rip_send_updates(p, RIP_ALL);
        rip_plan_update(p);
        p->trigger_at = HP_NEVER;
    } else if (now >= p->trigger_at) {
        rip_send_updates(p, RIP_CHANGED);
        p->r->triggered_out++;
        rip_ask_again(p);
        rip_stay_quiet(p);
    }
}

static hp_time rip_next(const struct rip *p)
{
    hp_time at = p->update_at < p->trigger_at ? p->update_at : p->trigger_at;
    return at < p->check_at ? at : p->check_at;
}

/* ---- what came ---- */

static void rip_read_messages(struct rip *p)
{
    struct hp_recv_info info;
    int64_t n;
    while ((n = hp_recvfrom(p->sock, p->in, sizeof p->in, HP_MSG_DONTWAIT, &info)) >= 0) {
        if (info.truncated) p->r->bad_messages++;
        else rip_take(p, bytes_of(p->in, (size_t)n), &info);
    }
}

static void rip_read_changes(struct rip *p)
{
    uint32_t what;
    if (hp_recv(p->changes, &what, sizeof what, HP_MSG_DONTWAIT) > 0) rip_scan(p);
}

/* A change of links comes before messages: who is not there any more has nothing to say. */
static int rip_turn(struct rip *p)
{
    struct hp_sock *const sock[2] = {p->changes, p->sock};
    const unsigned readable[2] = {HP_READABLE, HP_READABLE | HP_ERROR};
    hp_time wait = rip_next(p) - hp_now(p->s);
    int which = wait > 0 ? hp_wait(p->s, sock, readable, 2, wait) : HP_OK;
    if (p->r->stop || (which < 0 && which != HP_ETIMEDOUT)) return p->r->stop ? HP_OK : which;
    rip_read_changes(p);
    rip_read_messages(p);
    rip_run_timers(p);
    return HP_OK;
}

/* ---- life ---- */

static void rip_close(struct rip *p)
{
    if (p->sock) hp_close(p->sock);
    if (p->changes) hp_close(p->changes);
    p->sock = p->changes = NULL;
}

static int rip_open(struct rip *p)
{
    const struct hp_endpoint any = {.ip = hp_ip4(0, 0, 0, 0), .port = RIP_PORT};
    int wanted = HP_CHANGED_LINKS | HP_CHANGED_ADDRESSES | (p->r->announce ? HP_CHANGED_ROUTES : 0);
    int on = 1, off = 0, tos = RIP_TOS;
    hp_time patience = HP_S(1);
    int err = hp_socket(p->s, HP_CHANGES, wanted, &p->changes);
    if (!err) err = hp_socket(p->s, HP_DGRAM, 0, &p->sock);
    if (!err) err = hp_setsockopt(p->sock, HP_SO_BROADCAST, &on, sizeof on);
    if (!err) err = hp_setsockopt(p->sock, HP_IP_MULTICAST_LOOP, &off, sizeof off);
    if (!err) err = hp_setsockopt(p->sock, HP_IP_TOS, &tos, sizeof tos);
    if (!err) err = hp_setsockopt(p->sock, HP_SO_SNDTIMEO, &patience, sizeof patience);
    if (!err) err = hp_bind(p->sock, &any);
    if (err) rip_close(p);
    return err;
}

/* When memory is short just as RIP begins, it begins later. */
static bool rip_again(const struct hp_rip *r, struct hp_stack *s, int err)
{
    return err == HP_ENOMEM && hp_sleep(s, HP_S(1)) == HP_OK && !r->stop;
}

static void rip_free(struct rip *p)
{
    const struct hp_ip group = hp_ip4(224, 0, 0, 9);
    for (unsigned i = 0; i < p->ports; i++) hp_multicast_leave(p->s, p->port[i].link, &group);
    rip_close(p);
    rip_table_free(p);
    hp_free(p->s, p->net, p->nets_room * sizeof *p->net);
    hp_free(p->s, p->port, p->ports_room * sizeof *p->port);
    hp_free(p->s, p, sizeof *p);
}

/* The neighbours need not find out by themselves. */
static void rip_leave(struct rip *p)
{
    p->leaving = true;
    rip_send_updates(p, RIP_ALL);
    for (uint32_t i = 0; i < p->routes; i++) rip_lose(p, p->table[i], HP_RIP_BY_OURSELVES);
}

static void rip_program(struct hp_stack *s, void *arg)
{
    struct hp_rip *r = arg;
    struct rip *p;
    while (!(p = hp_alloc(s, sizeof *p)) && rip_again(r, s, HP_ENOMEM)) continue;
    r->error = p ? HP_OK : HP_ENOMEM;
    r->running = p != NULL;
    if (!p) return;
    r->state = p;
    p->s = s;
    p->r = r;
    p->check_at = p->trigger_at = HP_NEVER;
    do r->error = rip_open(p);
    while (rip_again(r, s, r->error));
    if (!r->error) {
        rip_plan_update(p);
        rip_scan(p);
    }
    while (!r->error && !r->stop) r->error = rip_turn(p);
    if (r->stop && !r->error) rip_leave(p);
    r->state = NULL;
    r->routes = 0;
    r->running = false;
    rip_free(p);
}

static bool rip_way_ok(const struct hp_rip_link *way)
{
    size_t n = way->password ? strlen(way->password) : 1;
    return way->cost < RIP_INFINITY && way->horizon <= HP_RIP_NO_HORIZON && n > 0 && n <= RIP_PASSWORD_MAX;
}

static bool rip_settings_ok(const struct hp_rip *r)
{
    bool times = r->update >= 0 && r->timeout >= 0 && r->garbage >= 0 && r->trigger_min >= 0 && r->trigger_max >= 0;
    bool ways = r->links >= 0 && r->links <= HP_RIP_LINKS_MAX && rip_way_ok(&r->every);
    for (int i = 0; ways && i < r->links; i++) ways = rip_way_ok(&r->link[i]);
    return times && ways && r->announce_metric < RIP_INFINITY;
}

int hp_rip_start(struct hp_stack *s, struct hp_rip *r)
{
    if (!rip_settings_ok(r)) return HP_EINVAL;
    r->stop = false;
    r->error = HP_OK;
    r->running = true;
    int err = hp_spawn(s, "rip", rip_program, r, 0);
    if (err) r->running = false;
    return err;
}

/* The program waits for this socket, too: its end wakes it. */
void hp_rip_stop(struct hp_stack *s, struct hp_rip *r)
{
    r->stop = true;
    if (!r->state || !r->state->changes) return;
    struct hp_sock *changes = r->state->changes;
    r->state->changes = NULL;
    hp_close(changes);
}
