/* What a plan may say and probably does not mean. */
#include "core/bytes.h"
#include "lab/plan/plan.h"

/* An address on a network: everything that cables, switches, hubs and repeaters join. */
struct check_address {
    uint32_t network;
    uint32_t node, interface;
    struct hp_ip ip;
};

struct check {
    const struct hp_plan *plan;
    void (*each)(void *ctx, const struct hp_plan_error *warning);
    void *ctx;
    struct hp_mem *mem;
    uint32_t *parent;           /* union-find over nodes that join cables, and cables behind them */
    struct map addresses;
    struct check_address *address;
    uint32_t addresses_count, addresses_room;
    int found;
};

static void __attribute__((format(printf, 4, 5)))
check_warn(struct check *k, struct hp_plan_place place, const char *wrong, const char *format, ...)
{
    struct hp_plan_error e;
    va_list args;
    va_start(args, format);
    if (wrong) hp_plan_complain(k->plan, &e, place, NULL, wrong, "%s", ""); /* for the column */
    else e.place = place;
    plan_error_fill(k->plan, &e, e.place, format, args);
    va_end(args);
    k->found++;
    if (k->each) k->each(k->ctx, &e);
}

/* ---- networks ---- */

static uint32_t check_root(struct check *k, uint32_t x)
{
    while (k->parent[x] != x) x = k->parent[x] = k->parent[k->parent[x]];
    return x;
}

/* Two ways between the same switches: a frame for everybody goes round for ever, since none of them speaks a spanning tree protocol. */
static void check_loop(struct check *k, const struct hp_plan_cable *c)
{
    const struct hp_plan_node *a = &k->plan->node[c->node[0]], *b = &k->plan->node[c->node[1]];
    if (a->kind <= HP_NODE_ROUTER || b->kind <= HP_NODE_ROUTER || check_root(k, c->node[0]) != check_root(k, c->node[1])) return;
    check_warn(k, c->place, NULL, "the cable %s closes a loop: %s and %s are joined already, and frames to all will circle for ever", c->name,
               a->name, b->name);
}

static void check_join(struct check *k)
{
    const struct hp_plan *p = k->plan;
    for (uint32_t i = 0; i < p->nodes + p->cables; i++) k->parent[i] = i;
    for (uint32_t i = 0; i < p->cables; i++) {
        check_loop(k, &p->cable[i]);
        for (int end = 0; end < 2; end++) {
            uint32_t node = p->cable[i].node[end];
            if (p->node[node].kind > HP_NODE_ROUTER) k->parent[check_root(k, p->nodes + i)] = check_root(k, node);
        }
    }
}

static uint32_t check_network(struct check *k, const struct hp_plan_interface *i)
{
    return check_root(k, k->plan->nodes + (uint32_t)i->cable);
}

/* ---- addresses ---- */

enum { CHECK_EVERYWHERE = UINT32_MAX };      /* instead of a network */

struct check_key {
    uint32_t network;
    struct hp_ip ip;
};

static bool check_same(const void *item, const void *key)
{
    const struct check_address *a = item;
    const struct check_key *b = key;
    return a->network == b->network && hp_ip_equal(&a->ip, &b->ip);
}

static uint64_t check_hash(const struct check *k, uint32_t network, const struct hp_ip *ip)
{
    struct check_key key;
    memset(&key, 0, sizeof key);
    key.network = network;
    key.ip = *ip;
    return hash_key(&k->plan->arena->key, &key, sizeof key);
}

static const struct check_address *check_find(const struct check *k, uint32_t network, const struct hp_ip *ip)
{
    const struct check_key key = {network, *ip};
    return map_find(&k->addresses, check_hash(k, network, ip), check_same, &key);
}

static bool check_put(struct check *k, const struct check_address *address)
{
    struct check_address *a = &k->address[k->addresses_count++];
    *a = *address;
    return map_add(&k->addresses, k->mem, check_hash(k, a->network, &a->ip), a) == HP_OK;
}

/* On another network: it works, and is rarely meant.  Link-local ones are told apart by their links. */
static bool check_everywhere(struct check *k, const struct check_address *a)
{
    const struct check_address *old = check_find(k, CHECK_EVERYWHERE, &a->ip);
    const struct hp_plan_node *n = &k->plan->node[a->node], *o = old ? &k->plan->node[old->node] : NULL;
    struct check_address every = *a;
    char text[HP_IP_TEXT];
    every.network = CHECK_EVERYWHERE;
    if (hp_ip_is_linklocal(&a->ip)) return true;
    if (!old) return check_put(k, &every);
    if (old->node != a->node)
        check_warn(k, n->place, NULL, "%s of %s has the address %s, which %s of %s (line %u) has on another network", n->interface[a->interface].name, n->name,
                   hp_ip_text(&a->ip, text, sizeof text), o->interface[old->interface].name, o->name, o->place.line);
    return true;
}

static bool check_add(struct check *k, uint32_t node, uint32_t interface, const struct hp_ip *ip)
{
    const struct hp_plan_node *n = &k->plan->node[node];
    uint32_t network = check_network(k, &n->interface[interface]);
    const struct check_address *old = check_find(k, network, ip);
    char text[HP_IP_TEXT];
    if (old) {
        const struct hp_plan_node *o = &k->plan->node[old->node];
        check_warn(k, n->place, NULL, "%s of %s has the address %s, which %s of %s (line %u) has on the same network", n->interface[interface].name, n->name,
                   hp_ip_text(ip, text, sizeof text), o->interface[old->interface].name, o->name, o->place.line);
        return true;
    }
    const struct check_address a = {network, node, interface, *ip};
    return check_put(k, &a) && check_everywhere(k, &a);
}

static uint32_t check_count(const struct hp_plan *p)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->nodes; i++)
        for (uint32_t j = 0; j < p->node[i].interfaces; j++) count += p->node[i].interface[j].addresses;
    return count;
}

static bool check_addresses(struct check *k)
{
    for (uint32_t node = 0; node < k->plan->nodes; node++) {
        const struct hp_plan_node *n = &k->plan->node[node];
        for (uint32_t j = 0; j < n->interfaces; j++)
            for (uint32_t a = 0; n->interface[j].cable >= 0 && a < n->interface[j].addresses; a++)
                if (!check_add(k, node, j, &n->interface[j].address[a].ip)) return false;
    }
    return true;
}

/* ---- nodes ---- */

static bool check_is_neighbour(const struct hp_plan_node *n, const struct hp_ip *ip)
{
    if (hp_ip_is_linklocal(ip)) return true;
    for (uint32_t j = 0; j < n->interfaces; j++)
        for (uint32_t a = 0; a < n->interface[j].addresses; a++)
            if (hp_prefix_has(&n->interface[j].address[a], ip)) return true;
    return false;
}

static bool check_is_learned(const struct hp_plan_node *n)
{
    for (uint32_t j = 0; j < n->interfaces; j++)
        if (n->interface[j].dhcp) return true;
    return false;
}

static bool check_answers(struct check *k, const struct hp_plan_node *n, const struct hp_ip *ip)
{
    if (hp_ip_is_linklocal(ip)) return true;
    for (uint32_t j = 0; j < n->interfaces; j++)
        if (n->interface[j].cable >= 0 && check_find(k, check_network(k, &n->interface[j]), ip)) return true;
    return false;
}

static void check_routes(struct check *k, const struct hp_plan_node *n)
{
    char text[HP_IP_TEXT];
    for (uint32_t i = 0; i < n->routes; i++) {
        const struct hp_ip *gateway = &n->route[i].gateway;
        hp_ip_text(gateway, text, sizeof text);
        if (!check_is_neighbour(n, gateway) && (hp_ip_is4(gateway) ? !check_is_learned(n) : n->kind == HP_NODE_ROUTER))
            check_warn(k, n->place, text, "the gateway %s is on no network of %s", text, n->name);
        else if (check_is_neighbour(n, gateway) && !check_answers(k, n, gateway))
            check_warn(k, n->place, text, "nobody on the network of %s has the gateway's address %s", n->name, text);
    }
}

static void check_node(struct check *k, const struct hp_plan_node *n)
{
    uint32_t plugged = 0;
    for (uint32_t j = 0; j < n->interfaces; j++) plugged += n->interface[j].cable >= 0;
    if (!plugged) {
        check_warn(k, n->place, NULL, "no cable is plugged into %s", n->name);
        return;
    }
    for (uint32_t j = 0; j < n->interfaces; j++)
        if (n->interface[j].cable < 0 && (n->interface[j].addresses || n->interface[j].dhcp))
            check_warn(k, n->place, NULL, "%s of %s has an address and no cable", n->interface[j].name, n->name);
    check_routes(k, n);
}

/* ---- what would come after the end ---- */

/* A time that the run does not reach: "9s", or "9s..10s". */
static bool check_is_late(struct check *k, const struct hp_plan_word *w)
{
    char first[32];
    hp_time t;
    struct text from = text_of(first, sizeof first);
    const char *dots = strstr(w->text, "..");
    text_bytes(&from, w->text, dots ? (size_t)(dots - w->text) : strlen(w->text));
    return !w->quoted && hp_span_parse(first, &t) && t > k->plan->until;
}

static void check_late(struct check *k, const struct hp_plan_word *w, const char *what)
{
    char until[HP_TIME_TEXT];
    if (check_is_late(k, w)) check_warn(k, w->place, NULL, "%s: the run ends at %s", what, hp_span_text(k->plan->until, until, sizeof until));
}

/* at T, every P [from T] [until T] [for T] */
static void check_fault(struct check *k, const struct hp_plan_words *words)
{
    const struct hp_plan_word *w = words->word, *time = w + 1;
    if (words->count < 2 || strcmp(w->text, "when") == 0) return;
    for (uint32_t i = 2; w->text[0] == 'e' && i + 1 < words->count; i += 2) {
        if (strcmp(w[i].text, "from") == 0) time = &w[i + 1];
        else if (strcmp(w[i].text, "until") != 0 && strcmp(w[i].text, "for") != 0) break;
    }
    check_late(k, time, "this never happens");
}

/* expect eventually T, expect always from T */
static void check_expect(struct check *k, const struct hp_plan_words *words)
{
    const struct hp_plan_word *w = words->word;
    if (words->count > 2 && strcmp(w[1].text, "eventually") == 0) check_late(k, &w[2], "this deadline is too late");
    if (words->count > 3 && strcmp(w[1].text, "always") == 0 && strcmp(w[2].text, "from") == 0)
        check_late(k, &w[3], "this is never looked at");
}

static void check_times(struct check *k)
{
    const struct hp_plan *p = k->plan;
    char start[HP_TIME_TEXT], until[HP_TIME_TEXT];
    for (uint32_t i = 0; i < p->apps; i++)
        if (p->app[i].start > p->until)
            check_warn(k, p->app[i].place, NULL, "%s would start at %s: the run ends at %s", p->app[i].name,
                       hp_span_text(p->app[i].start, start, sizeof start), hp_span_text(p->until, until, sizeof until));
    for (uint32_t i = 0; i < p->faults; i++) check_fault(k, &p->fault[i].words);
    for (uint32_t i = 0; i < p->expects; i++) check_expect(k, &p->expect[i].words);
}

int hp_plan_check(const struct hp_plan *plan, void (*each)(void *ctx, const struct hp_plan_error *warning), void *ctx)
{
    struct check k = {.plan = plan, .each = each, .ctx = ctx, .mem = plan->arena->mem, .addresses_room = 2 * check_count(plan)};
    uint32_t sets = plan->nodes + plan->cables;
    k.parent = mem_alloc(k.mem, (sets + 1) * sizeof *k.parent);
    k.address = mem_alloc(k.mem, (k.addresses_room + 1) * sizeof *k.address);
    bool ok = k.parent && k.address;
    if (ok) check_join(&k);
    if (ok) ok = check_addresses(&k);
    for (uint32_t i = 0; ok && i < plan->nodes; i++) check_node(&k, &plan->node[i]);
    if (ok && !plan->nodes) check_warn(&k, (struct hp_plan_place){1, 1, 0}, NULL, "there is no machine in it");
    if (ok) check_times(&k);
    map_free(&k.addresses, k.mem);
    mem_free(k.mem, k.parent, (sets + 1) * sizeof *k.parent);
    mem_free(k.mem, k.address, (k.addresses_room + 1) * sizeof *k.address);
    return ok ? k.found : HP_ENOMEM;
}
