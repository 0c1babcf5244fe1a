/* host, router, switch, hub, repeater: names, then attributes.  ip, dhcp, mac, mtu, ... belong to eth0 until "ethN" or "if NAME" chooses another. */
#include "core/bytes.h"
#include "lab/plan/plan.h"

enum { NODE_ETH_MAX = 65535, NODE_ADDRESSES_MAX = 64, NODE_LIST_MAX = 4096, NODE_DNS_MAX = 8 };
enum { OF_HOST = 1 << HP_NODE_HOST | 1 << HP_NODE_ROUTER, OF_STACK = OF_HOST | 1 << HP_NODE_SWITCH,
       OF_ALL = OF_STACK | 1 << HP_NODE_HUB | 1 << HP_NODE_REPEATER };

struct node_at {
    uint32_t node, interface;
    bool chosen;                /* interface is one */
};

const char *plan_kind_text(enum hp_node_kind kind)
{
    static const char *const text[] = {"host", "router", "switch", "hub", "repeater"};
    return text[kind];
}

static struct hp_plan_node *node_of(struct plan_cursor *c, const struct node_at *at) { return &c->r->plan->node[at->node]; }

static const char *node_keep(struct plan_cursor *c, const char *text)
{
    if (c->last->plain) return text;
    const char *kept = plan_text(c->r->arena, text, strlen(text));
    if (!kept) plan_no_memory(c->r);
    return kept;
}

/* ---- interfaces ---- */

struct node_port {              /* an interface that is not called by its number */
    uint32_t node, interface;
    const char *name;
};

struct node_port_key {
    const struct hp_plan *plan;
    uint32_t node;
    const char *name;
};

/* What was made for a kind's trial (node_kind_try) is in the map, but no node has it. */
static bool node_port_same(const void *item, const void *key)
{
    const struct node_port *p = item;
    const struct node_port_key *k = key;
    const struct hp_plan_node *n = &k->plan->node[k->node];
    return p->node == k->node && strcmp(p->name, k->name) == 0 && p->interface < n->interfaces && n->interface[p->interface].name == p->name;
}

/* N of "ethN", or -1. */
static int32_t node_eth(const char *name)
{
    uint64_t n;
    if (strncmp(name, "eth", 3) != 0) return -1;
    size_t digits = text_take_u64(name + 3, &n);
    return !digits || name[3 + digits] || n > NODE_ETH_MAX || (digits > 1 && name[3] == '0') ? -1 : (int32_t)n;
}

int32_t hp_plan_find_interface(const struct hp_plan *plan, uint32_t node, const char *name)
{
    const struct hp_plan_node *n = &plan->node[node];
    int32_t eth = node_eth(name);
    if (eth >= 0 && (uint32_t)eth < n->interfaces && strcmp(n->interface[eth].name, name) == 0) return eth;
    const struct node_port_key key = {plan, node, name};
    const struct node_port *p = map_find(&plan->arena->ports, plan_hash(plan->arena, name, strlen(name)), node_port_same, &key);
    return p ? (int32_t)p->interface : HP_PLAN_NONE;
}

static const char *node_eth_name(struct plan_reader *r, uint32_t n)
{
    static const char *const few[] = {"eth0", "eth1", "eth2", "eth3", "eth4", "eth5", "eth6", "eth7"};
    char name[16];
    if (n < sizeof few / sizeof *few) return few[n];
    struct text t = text_of(name, sizeof name);
    text_str(&t, "eth");
    text_u64(&t, n);
    return plan_text(r->arena, name, text_len(&t));
}

static bool node_port_keep(struct plan_reader *r, uint32_t node, uint32_t interface, const char *name)
{
    struct node_port *p = plan_alloc(r->arena, sizeof *p);
    if (!p) return plan_no_memory(r);
    *p = (struct node_port){node, interface, name};
    return map_add(&r->arena->ports, r->arena->mem, plan_hash(r->arena, name, strlen(name)), p) == HP_OK || plan_no_memory(r);
}

/* One more; name NULL: the next ethN.  These are always eth0, eth1, ... without a gap, so that a plan written out reads back the same. */
static bool node_interface_add(struct plan_reader *r, const struct plan_word *at, uint32_t node, const char *name, uint32_t *out)
{
    struct hp_plan_node *n = &r->plan->node[node];
    if (++r->interfaces > HP_PLAN_INTERFACES_MAX) return plan_fail(r, at, "more than %d interfaces", HP_PLAN_INTERFACES_MAX);
    struct hp_plan_interface *all = plan_more(r->arena, n->interface, n->interfaces, sizeof *all);
    if (!all) return plan_no_memory(r);
    n->interface = all;
    uint32_t eth = r->arena->more[node].eths;
    bool canonical = !name && eth == n->interfaces;
    if (!name && !(name = node_eth_name(r, eth))) return plan_no_memory(r);
    if (node_eth(name) >= 0) r->arena->more[node].eths++;
    *out = n->interfaces;
    all[n->interfaces++] = (struct hp_plan_interface){.name = name, .cable = HP_PLAN_NONE, .end = HP_PLAN_NONE};
    return canonical || node_port_keep(r, node, *out, name);
}

bool plan_interface(struct plan_reader *r, const struct plan_word *at, uint32_t node, const char *name, uint32_t *out)
{
    int32_t found = hp_plan_find_interface(r->plan, node, name), eth = node_eth(name);
    if (found >= 0) {
        *out = (uint32_t)found;
        return true;
    }
    if (!plan_name_ok(r, at, name, 15)) return false;
    if (eth < 0) {
        const char *kept = plan_text(r->arena, name, strlen(name));
        return kept ? node_interface_add(r, at, node, kept, out) : plan_no_memory(r);
    }
    while (r->arena->more[node].eths <= (uint32_t)eth) /* eth2 means that there are eth0 and eth1 */
        if (!node_interface_add(r, at, node, NULL, out)) return false;
    return true;
}

/* The first without a cable. */
static bool node_interface_free(struct plan_reader *r, const struct plan_word *at, uint32_t node, uint32_t *out)
{
    const struct hp_plan_node *n = &r->plan->node[node];
    uint32_t *from = &r->arena->more[node].free_from;
    while (*from < n->interfaces && n->interface[*from].cable >= 0) ++*from;
    *out = *from;
    return *from < n->interfaces || node_interface_add(r, at, node, NULL, out);
}

static bool node_port_of(struct plan_reader *r, const struct plan_word *at, uint32_t node, const char *name, uint32_t *interface)
{
    return name ? plan_interface(r, at, node, name, interface) : node_interface_free(r, at, node, interface);
}

bool plan_port_find(struct plan_reader *r, const struct plan_word *at, const char *name, uint32_t *node, uint32_t *interface)
{
    char before[HP_PLAN_WORD_MAX + 1];
    const char *dot = strrchr(name, '.');
    int32_t found = hp_plan_find_node(r->plan, name);
    const char *port = NULL;
    if (found < 0 && dot) {
        memcpy(before, name, (size_t)(dot - name));
        before[dot - name] = 0;
        found = hp_plan_find_node(r->plan, before);
        port = dot + 1;
        if (found < 0) return plan_fail_node(r, at, before);
    }
    if (found < 0) return plan_fail_node(r, at, name);
    *node = (uint32_t)found;
    return node_port_of(r, at, *node, port, interface);
}

bool plan_interface_address(struct plan_reader *r, const struct plan_word *at, uint32_t node, uint32_t interface, const struct hp_prefix *address)
{
    struct hp_plan_node *n = &r->plan->node[node];
    struct hp_plan_interface *i = &n->interface[interface];
    if (n->kind > HP_NODE_ROUTER) return plan_fail(r, at, "a %s has no addresses", plan_kind_text(n->kind));
    for (uint32_t k = 0; k < i->addresses; k++)
        if (hp_ip_equal(&i->address[k].ip, &address->ip)) return plan_fail(r, at, "%s %s has this address already", n->name, i->name);
    if (i->addresses >= NODE_ADDRESSES_MAX) return plan_fail(r, at, "more than %d addresses", NODE_ADDRESSES_MAX);
    struct hp_prefix *all = plan_more(r->arena, i->address, i->addresses, sizeof *all);
    if (!all) return plan_no_memory(r);
    i->address = all;
    all[i->addresses++] = *address;
    return true;
}

/* The one that attributes belong to. */
static struct hp_plan_interface *node_chosen(struct plan_cursor *c, struct node_at *at)
{
    if (!at->chosen && !plan_interface(c->r, c->key, at->node, "eth0", &at->interface)) return NULL;
    at->chosen = true;
    return &node_of(c, at)->interface[at->interface];
}

/* ---- attributes ---- */

static bool node_ip(struct plan_cursor *c, void *ctx)
{
    struct node_at *at = ctx;
    struct hp_prefix address;
    if (!plan_take_address(c, &address) || !node_chosen(c, at)) return false;
    return plan_interface_address(c->r, c->last, at->node, at->interface, &address);
}

static bool node_dhcp(struct plan_cursor *c, void *ctx)
{
    struct hp_plan_interface *i = node_chosen(c, ctx);
    if (i) i->dhcp = true;
    return i != NULL;
}

static bool node_slaac(struct plan_cursor *c, void *ctx)
{
    struct hp_plan_interface *i = node_chosen(c, ctx);
    if (i) i->no_slaac = c->key->text[0] == 'n';
    return i != NULL;
}

static bool node_take_mac(struct plan_cursor *c, void *ctx)
{
    struct hp_mac mac;
    const char *text = plan_take(c, "a MAC address, as 02:00:00:00:00:01");
    if (!text) return false;
    if (!hp_mac_parse(text, &mac)) return plan_fail(c->r, c->last, "\"%s\" is no MAC address, as 02:00:00:00:00:01", text);
    if (mac.b[0] & 1) return plan_fail(c->r, c->last, "%s is a group's address, not a machine's (its first byte is odd)", text);
    struct hp_plan_interface *i = node_chosen(c, ctx);
    if (i) i->mac = mac;
    return i != NULL;
}

static bool node_mtu(struct plan_cursor *c, void *ctx)
{
    uint64_t mtu;
    if (!plan_take_number(c, "bytes", 68, 65535, &mtu)) return false;
    struct hp_plan_interface *i = node_chosen(c, ctx);
    if (i) i->mtu = (uint32_t)mtu;
    return i != NULL;
}

static bool node_prefix(struct plan_cursor *c, struct hp_prefix *out)
{
    const char *text = plan_take(c, "a prefix, as 10.0.0.0/8 or 2001:db8::/64");
    if (!text) return false;
    if (!hp_prefix_parse(text, out)) return plan_fail(c->r, c->last, "\"%s\" is no prefix, as 10.0.0.0/8 or 2001:db8::/64", text);
    struct hp_prefix bare = *out;
    for (unsigned bit = out->len; bit < 128; bit++) bare.ip.b[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
    char meant[HP_PREFIX_TEXT];
    if (!hp_ip_equal(&bare.ip, &out->ip))
        return plan_fail(c->r, c->last, "%s has bits past its length: the prefix is %s", text, hp_prefix_text(&bare, meant, sizeof meant));
    return true;
}

static bool node_advertise(struct plan_cursor *c, void *ctx)
{
    struct hp_prefix prefix;
    if (!node_prefix(c, &prefix)) return false;
    if (hp_ip_is4(&prefix.ip) || prefix.len < 1) return plan_fail(c->r, c->last, "router advertisements are IPv6: a prefix as 2001:db8::/64");
    struct hp_plan_interface *i = node_chosen(c, ctx);
    if (i) i->advertise = prefix;
    return i != NULL;
}

static bool node_add_route(struct plan_cursor *c, void *ctx, const struct hp_route *route)
{
    struct hp_plan_node *n = node_of(c, ctx);
    if (n->routes >= NODE_LIST_MAX) return plan_fail(c->r, c->key, "more than %d routes", NODE_LIST_MAX);
    struct hp_route *all = plan_more(c->r->arena, n->route, n->routes, sizeof *all);
    if (!all) return plan_no_memory(c->r);
    n->route = all;
    all[n->routes++] = *route;
    return true;
}

static struct hp_prefix node_everywhere(const struct hp_ip *gateway)
{
    struct hp_prefix all = {.len = 0};
    return hp_ip_is4(gateway) ? (struct hp_prefix){hp_ip4(0, 0, 0, 0), 96} : all;
}

static bool node_gw(struct plan_cursor *c, void *ctx)
{
    struct hp_route route = {.metric = 0};
    if (!plan_take_ip(c, &route.gateway)) return false;
    route.to = node_everywhere(&route.gateway);
    return node_add_route(c, ctx, &route);
}

static bool node_route(struct plan_cursor *c, void *ctx)
{
    struct hp_route route = {.metric = 0};
    const char *to = plan_peek(c);
    bool everywhere = to && strcmp(to, "default") == 0;
    if (everywhere ? !plan_take(c, "") : !node_prefix(c, &route.to)) return false;
    const struct plan_word *prefix = c->last;
    const char *via = plan_take(c, "PREFIX via ADDRESS");
    if (!via) return false;
    if (strcmp(via, "via") != 0) return plan_fail(c->r, c->last, "after \"route PREFIX\" comes \"via ADDRESS\", not \"%s\"", via);
    if (!plan_take_ip(c, &route.gateway)) return false;
    if (everywhere) route.to = node_everywhere(&route.gateway);
    if (hp_ip_is4(&route.to.ip) != hp_ip_is4(&route.gateway)) return plan_fail(c->r, prefix, "the prefix and its gateway are of different families");
    return node_add_route(c, ctx, &route);
}

static bool node_routes(struct plan_cursor *c, void *ctx)
{
    const char *text = plan_take(c, "\"auto\"");
    if (!text) return false;
    if (strcmp(text, "auto") != 0) return plan_fail(c->r, c->last, "\"routes\" wants \"auto\"; a single one is written: route PREFIX via ADDRESS");
    node_of(c, ctx)->routes_auto = true;
    return true;
}

static bool node_dns(struct plan_cursor *c, void *ctx)
{
    struct hp_plan_node *n = node_of(c, ctx);
    struct hp_ip ip;
    if (!plan_take_ip(c, &ip)) return false;
    if (n->dns_servers >= NODE_DNS_MAX) return plan_fail(c->r, c->key, "more than %d name servers", NODE_DNS_MAX);
    struct hp_ip *all = plan_more(c->r->arena, n->dns, n->dns_servers, sizeof *all);
    if (!all) return plan_no_memory(c->r);
    n->dns = all;
    all[n->dns_servers++] = ip;
    return true;
}

static bool node_cc(struct plan_cursor *c, void *ctx)
{
    const char *text = plan_take(c, "a congestion control, as cubic or reno");
    const char *kept = text ? node_keep(c, text) : NULL;
    if (!kept) return false;
    node_of(c, ctx)->cc = kept;
    node_of(c, ctx)->cc_place = c->last->place;
    return true;
}

static bool node_label(struct plan_cursor *c, void *ctx)
{
    const char *text = plan_take(c, "a text");
    const char *kept = text ? node_keep(c, text) : NULL;
    if (kept) node_of(c, ctx)->label = kept;
    return kept != NULL;
}

static bool node_memory(struct plan_cursor *c, void *ctx)
{
    const char *text = plan_take(c, "a size, as 2MiB");
    uint64_t size;
    if (!text) return false;
    if (!hp_size_parse(text, &size) || size < 4096) return plan_fail(c->r, c->last, "\"%s\": a size of 4 KiB or more is wanted, as 2MiB", text);
    node_of(c, ctx)->memory_max = size;
    return true;
}

static bool node_setting_value(const char *text, int64_t *out)
{
    uint64_t v;
    bool minus = text[0] == '-';
    if (!hp_size_parse(text + minus, &v) || v > INT64_MAX) return false;
    *out = minus ? -(int64_t)v : (int64_t)v;
    return true;
}

static bool node_set(struct plan_cursor *c, void *ctx)
{
    struct hp_plan_node *n = node_of(c, ctx);
    const char *name = plan_take(c, "a setting and its value, as tcp.rto_min_ms 10");
    struct hp_plan_setting set = {.name = name ? node_keep(c, name) : NULL};
    if (!set.name) return false;
    set.place = c->last->place;
    if (!strchr(name, '.')) return plan_fail(c->r, c->last, "\"%s\": a setting is called PROTOCOL.NAME (hepta show settings lists them)", name);
    const char *value = plan_take(c, "a setting and its value, as tcp.rto_min_ms 10");
    if (!value) return false;
    if (!node_setting_value(value, &set.value)) return plan_fail(c->r, c->last, "\"%s\": a setting's value is a number", value);
    if (n->settings >= NODE_LIST_MAX) return plan_fail(c->r, c->key, "more than %d settings", NODE_LIST_MAX);
    struct hp_plan_setting *all = plan_more(c->r->arena, n->setting, n->settings, sizeof *all);
    if (!all) return plan_no_memory(c->r);
    n->setting = all;
    all[n->settings++] = set;
    return true;
}

static bool node_if(struct plan_cursor *c, void *ctx)
{
    struct node_at *at = ctx;
    const char *name = plan_take(c, "the name of an interface");
    at->chosen = name && plan_interface(c->r, c->last, at->node, name, &at->interface);
    return at->chosen;
}

static bool node_attrs(struct plan_cursor *c, struct node_at *at);

static bool node_like(struct plan_cursor *c, void *ctx)
{
    struct node_at *at = ctx;
    const char *name = plan_take(c, "the name of a kind");
    const struct plan_kind *k = name ? plan_kind_find(c, plan_kind_text(node_of(c, at)->kind), name) : NULL;
    if (!k) return false;
    struct plan_cursor inner = {.r = c->r, .turns = c->turns, .word = k->word, .end = k->word + k->words, .depth = c->depth + 1, .budget = c->budget};
    struct node_at from = {.node = at->node};
    return node_attrs(&inner, &from);
}

static const struct plan_attr node_table[] = {
    {"ip", node_ip, OF_ALL}, {"dhcp", node_dhcp, OF_HOST}, {"slaac", node_slaac, OF_HOST}, {"no-slaac", node_slaac, OF_HOST},
    {"mac", node_take_mac, OF_STACK}, {"mtu", node_mtu, OF_STACK}, {"advertise", node_advertise, 1 << HP_NODE_ROUTER}, {"gw", node_gw, OF_HOST},
    {"route", node_route, OF_HOST}, {"routes", node_routes, OF_HOST}, {"dns", node_dns, OF_HOST}, {"cc", node_cc, OF_HOST},
    {"memory", node_memory, OF_STACK}, {"set", node_set, OF_STACK}, {"label", node_label, OF_ALL}, {"like", node_like, OF_ALL},
    {"if", node_if, OF_ALL}, {NULL, NULL, 0}};

/* ethN */
static bool node_other(struct plan_cursor *c, void *ctx, const char *word, bool *known)
{
    struct node_at *at = ctx;
    *known = !c->key->quoted && node_eth(word) >= 0;
    if (!*known) return true;
    at->chosen = plan_interface(c->r, c->key, at->node, word, &at->interface);
    return at->chosen;
}

static bool node_attrs(struct plan_cursor *c, struct node_at *at)
{
    return plan_attrs(c, node_table, 1u << node_of(c, at)->kind, at, node_other);
}

/* ---- lines ---- */

static bool node_is_attr(const struct plan_word *w) { return !w->quoted && w->plain && (plan_is_attr(node_table, w->text) || node_eth(w->text) >= 0); }

static bool node_is_value(const struct plan_word *w)
{
    if (w->plain) return plan_name_wrong(w->text, HP_PLAN_NAME_MAX) != NULL;
    return !w->quoted && (strpbrk(w->text, "/:") || (w->text[0] >= '0' && w->text[0] <= '9' && strchr(w->text, '.')));
}

/* A word before a value is no name: "host c1 ipp 10.0.0.1/24". */
static bool node_names(struct plan_reader *r, uint32_t *count)
{
    const char *names[32];
    unsigned n = 0;
    for (*count = 1; *count < r->words && !node_is_attr(&r->word[*count]); ++*count) {
        const struct plan_word *w = &r->word[*count];
        if (!node_is_value(w) || *count < 3 || !w[-1].plain) continue;
        for (const struct plan_attr *a = node_table; a->name; a++) names[n++] = a->name;
        names[n] = NULL;
        return plan_fail_near(r, w - 1, names, w[-1].text, "there is no attribute \"%s\"", w[-1].text);
    }
    return *count > 1 || plan_fail(r, r->word, "a %s wants a name", r->word->text);
}

static bool node_add(struct plan_reader *r, const struct plan_word *w, enum hp_node_kind kind, const char *name, uint32_t *out)
{
    struct hp_plan *plan = r->plan;
    struct hp_plan_arena *a = r->arena;
    if (!plan_name_ok(r, w, name, HP_PLAN_NAME_MAX)) return false;
    int32_t old = hp_plan_find_node(plan, name);
    if (old >= 0) return plan_fail(r, w, "there is a %s \"%s\" already, in line %u", plan_kind_text(plan->node[old].kind), name, plan->node[old].place.line);
    if (plan->nodes >= HP_PLAN_NODES_MAX) return plan_fail(r, w, "more than %d nodes", HP_PLAN_NODES_MAX);
    if (!plan_grow(a, (void **)&plan->node, &a->room.node, plan->nodes, sizeof *plan->node) ||
        !plan_grow(a, (void **)&a->more, &a->room.more, plan->nodes, sizeof *a->more)) return plan_no_memory(r);
    if (!w->plain) name = plan_text(a, name, strlen(name));
    if (!name) return plan_no_memory(r);
    plan->node[plan->nodes] = (struct hp_plan_node){.name = name, .kind = kind, .place = w->place};
    a->more[plan->nodes] = (struct plan_node_more){0};
    if (!plan_name_add(r, &a->nodes, name, plan->nodes)) return false;
    *out = plan->nodes++;
    return true;
}

static bool node_one(struct plan_reader *r, const struct plan_word *w, enum hp_node_kind kind, const struct plan_word *attrs, struct plan_turns *t)
{
    struct node_at at = {0};
    uint32_t budget = 0;
    r->scratch_at = 0;
    const char *name = plan_unfold(r, t, w);
    if (!name || !node_add(r, w, kind, name, &at.node)) return false;
    t->name = r->plan->node[at.node].name;
    struct plan_cursor c = {.r = r, .turns = t, .word = attrs, .end = r->word + r->words, .budget = &budget};
    bool ok = node_attrs(&c, &at);
    t->name = NULL;
    return ok;
}

bool plan_node_line(struct plan_reader *r, enum hp_node_kind kind)
{
    uint32_t names;
    uint64_t number = 0;
    if (!node_names(r, &names)) return false;
    for (uint32_t i = 1; i < names; i++) {
        struct plan_turns t = {.count = 0};
        if (!plan_turns_add(r, &t, &r->word[i]) || !plan_turns_keep(r, &t, &r->word[i])) return false;
        plan_turns_begin(&t);
        do {
            t.n = ++number;
            if (!node_one(r, &r->word[i], kind, r->word + names, &t)) return false;
        } while (plan_turns_next(&t));
    }
    return true;
}

/* The attributes of a kind are read once for a node that nobody sees, so that what is wrong is said where it stands. */
static bool node_kind_try(struct plan_reader *r, const struct plan_kind *k)
{
    struct hp_plan *plan = r->plan;
    struct hp_plan_arena *a = r->arena;
    uint32_t budget = 0, kind = 0, interfaces = r->interfaces;
    const struct plan_turns none = {.n = 1};
    while (strcmp(plan_kind_text(kind), k->of) != 0) kind++;
    if (!plan_grow(a, (void **)&plan->node, &a->room.node, plan->nodes, sizeof *plan->node) ||
        !plan_grow(a, (void **)&a->more, &a->room.more, plan->nodes, sizeof *a->more)) return plan_no_memory(r);
    plan->node[plan->nodes] = (struct hp_plan_node){.name = k->name, .kind = kind};
    a->more[plan->nodes] = (struct plan_node_more){0};
    struct node_at at = {.node = plan->nodes};
    struct plan_cursor c = {.r = r, .turns = &none, .word = k->word, .end = k->word + k->words, .budget = &budget};
    bool ok = node_attrs(&c, &at);
    r->interfaces = interfaces;
    return ok;
}

bool plan_node_kind_line(struct plan_reader *r, enum hp_node_kind kind) { return plan_kind_line(r, plan_kind_text(kind), node_kind_try); }
