/* The stack: made from a list of protocols, run by hp_step in four phases that never re-enter. */
#include "core/stack.h"

static void stack_keys(struct hp_stack *s, const struct hp_config *c)
{
    random_init(&s->random, c->seed, s->name, "stack");
    s->key = c->entropy ? (struct key){load64(c->entropy), load64(c->entropy + 8)}
                        : key_derive(&(struct key){c->seed, 0}, s->name);
}

static void stack_name(struct hp_stack *s, const char *name)
{
    struct text t = text_of(s->name, sizeof s->name);
    text_str(&t, name ? name : "host");
}

static void stack_number(struct hp_stack *s, const struct hp_proto *p, uint8_t row)
{
    if (p->table == BY_IPPROTO) s->by_ipproto[p->number] = row;
    if (p->table != BY_ETHERTYPE) return;
    s->by_ethertype[s->ethertypes].number = p->number;
    s->by_ethertype[s->ethertypes++].row = row;
}

static int stack_add(struct hp_stack *s, const struct hp_proto *p)
{
    assert(s->protos + 1 < STACK_PROTOS_MAX);
    uint8_t row = ++s->protos;
    s->row[row].proto = p;
    if (p->state_size) {
        s->row[row].state = mem_zalloc(s->mem, p->state_size);
        if (!s->row[row].state) {
            s->protos--;
            return HP_ENOMEM;
        }
    }
    for (const struct hp_setting *set = p->settings; set && set->name; set++)
        *(int64_t *)((char *)s->row[row].state + set->offset) = set->initial;
    int err = p->start ? p->start(s, s->row[row].state) : HP_OK;
    if (err) {
        mem_free(s->mem, s->row[row].state, p->state_size);
        s->protos--;
        return err;
    }
    stack_number(s, p, row);
    return HP_OK;
}

struct hp_stack *hp_stack_new(const struct hp_config *c)
{
    struct hp_mem *mem = mem_new(c->allocator, c->memory_max);
    struct hp_stack *s = mem ? mem_zalloc(mem, sizeof *s) : NULL;
    if (!s) {
        if (mem) mem_release(mem);
        return NULL;
    }
    s->mem = mem;
    s->now = c->now;
    s->seed = c->seed;
    s->trace = c->trace;
    if (c->trace.event) s->trace_kinds = c->trace.kinds ? c->trace.kinds : UINT32_MAX;
    s->pkt_id = c->packet_id_first ? c->packet_id_first : 1;
    s->pkt_id_step = c->packet_id_step ? c->packet_id_step : 1;
    s->rx_last = &s->rx_list;
    s->tx_last = &s->tx_list;
    sock_list_init(&s->tx);
    sock_list_init(&s->tx_again);
    sock_list_init(&s->ready);
    stack_name(s, c->name);
    stack_keys(s, c);
    wheel_init(&s->wheel, c->now);
    for (const struct hp_proto *const *p = c->profile ? c->profile : hp_profile_host; *p; p++) {
        if (stack_add(s, *p)) {
            hp_stack_free(s);
            return NULL;
        }
    }
    return s;
}

void hp_stack_free(struct hp_stack *s)
{
    /* From the top down: a protocol may still use those below it while it stops, and is not told of links after it has. */
    uint8_t protos = s->protos;
    for (uint8_t row = protos; row > 0; s->protos = --row) {
        if (s->row[row].proto->layer <= 3) links_close(s);
        if (s->row[row].proto->stop) s->row[row].proto->stop(s, s->row[row].state);
    }
    links_close(s);
    for (uint8_t row = protos; row > 0; row--) mem_free(s->mem, s->row[row].state, s->row[row].proto->state_size);
    struct hp_mem *mem = s->mem;
    mem_free(mem, s, sizeof *s);
    mem_release(mem);
}

void stack_step(struct hp_stack *s, hp_time now)
{
    assert(!s->stepping);
    if (now > s->now) s->now = now;
    s->stepping = true;
    s->busy = false;
    timers_run(s);  /* 1. what was due                                   */
    links_rx(s);    /* 2. frames that wires queued, in bursts, in order  */
    socks_tx(s);    /* 3. what sockets want to say: the ready list only  */
    links_tx(s);    /* 4. frames to wires that have room                 */
    s->stepping = false;
    if (s->tx.first || s->rx_list || s->tx_list) s->busy = true; /* marked after its phase */
    s->deadline = HP_NEVER;
}

hp_time hp_step(struct hp_stack *s, hp_time now)
{
    stack_step(s, now);
    s->deadline = s->busy ? s->now : timers_next(s);
    return s->deadline;
}

hp_time hp_now(const struct hp_stack *s) { return s->now; }
const char *hp_stack_name(const struct hp_stack *s) { return s->name; }
uint64_t hp_random(struct hp_stack *s) { return random_next(&s->random); }
void *hp_alloc(struct hp_stack *s, size_t n) { return mem_zalloc(s->mem, n); }
void hp_free(struct hp_stack *s, void *p, size_t n) { mem_free(s->mem, p, n); }

uint64_t hp_secret(struct hp_stack *s)
{
    s->secrets++;
    return secret_key(&s->key, &s->secrets, sizeof s->secrets);
}

void *hp_stack_user(const struct hp_stack *s) { return s->user; }
void hp_stack_set_user(struct hp_stack *s, void *user) { s->user = user; }

hp_time hp_deadline(const struct hp_stack *s)
{
    if (s->busy) return s->now;
    hp_time next = timers_next(s);
    return next < s->deadline ? next : s->deadline;
}

void hp_mem_stats(const struct hp_stack *s, struct hp_mem_stats *out)
{
    const struct hp_mem *m = s->mem;
    *out = (struct hp_mem_stats){.bytes = m->bytes - m->cached_bytes, .bytes_max = m->bytes_max, .limit = m->limit,
                                 .allocations = m->allocations, .failures = m->failures, .packets = m->packets};
}

void hp_mem_fail_at(struct hp_stack *s, uint64_t n) { s->mem->fail_at = n; }

/* ---- up ---- */

void stack_up_ethertype(struct hp_stack *s, uint16_t number, struct hp_pkt *p)
{
    for (uint8_t i = 0; i < s->ethertypes; i++) {
        if (s->by_ethertype[i].number != number) continue;
        const struct stack_row *r = &s->row[s->by_ethertype[i].row];
        s->recent[RECENT_NETWORK] = r->state;
        r->proto->rx(s, r->state, p);
        return;
    }
    hp_drop(s, p, HP_DROP_NO_ETHERTYPE);
}

void *stack_state(const struct hp_stack *s, const struct hp_proto *proto)
{
    for (uint8_t row = 1; row <= s->protos; row++)
        if (s->row[row].proto == proto) return s->row[row].state;
    return NULL;
}

void stack_error_ipproto(struct hp_stack *s, uint8_t number, const struct hp_neterr *e)
{
    uint8_t row = s->by_ipproto[number];
    if (row && s->row[row].proto->error) s->row[row].proto->error(s, s->row[row].state, e);
}

/* ---- tables: counters and settings ---- */

void hp_counters_each(const struct hp_stack *s,
                      void (*each)(void *, const char *, const char *, uint64_t, const char *), void *ctx)
{
    for (uint8_t row = 1; row <= s->protos; row++)
        for (const struct hp_counter *c = s->row[row].proto->counters; c && c->name; c++)
            each(ctx, s->row[row].proto->name, c->name, *(const uint64_t *)((const char *)s->row[row].state + c->offset), c->text);
}

/* "proto.field": the field, if the protocol is this one. */
static const char *stack_field(const struct hp_proto *p, const char *name)
{
    size_t n = strlen(p->name);
    return strncmp(p->name, name, n) == 0 && name[n] == '.' ? name + n + 1 : NULL;
}

uint64_t hp_counter(const struct hp_stack *s, const char *name)
{
    for (uint8_t row = 1; row <= s->protos; row++) {
        const char *field = stack_field(s->row[row].proto, name);
        for (const struct hp_counter *c = s->row[row].proto->counters; field && c && c->name; c++)
            if (strcmp(c->name, field) == 0) return *(const uint64_t *)((const char *)s->row[row].state + c->offset);
    }
    return 0;
}

static const struct hp_setting *setting_find(const struct hp_stack *s, const char *name, int64_t **value)
{
    for (uint8_t row = 1; row <= s->protos; row++) {
        const char *field = stack_field(s->row[row].proto, name);
        for (const struct hp_setting *set = s->row[row].proto->settings; field && set && set->name; set++) {
            if (strcmp(set->name, field) != 0) continue;
            *value = (int64_t *)((char *)s->row[row].state + set->offset);
            return set;
        }
    }
    return NULL;
}

int hp_setting_set(struct hp_stack *s, const char *name, int64_t value)
{
    int64_t *at;
    const struct hp_setting *set = setting_find(s, name, &at);
    if (!set) return HP_ENOENT;
    if (value < set->min || value > set->max) return HP_ERANGE;
    *at = value;
    return HP_OK;
}

int hp_setting_get(const struct hp_stack *s, const char *name, int64_t *value)
{
    int64_t *at;
    if (!setting_find(s, name, &at)) return HP_ENOENT;
    *value = *at;
    return HP_OK;
}

void hp_settings_each(const struct hp_stack *s, void (*each)(void *, const struct hp_setting_info *), void *ctx)
{
    for (uint8_t row = 1; row <= s->protos; row++) {
        for (const struct hp_setting *set = s->row[row].proto->settings; set && set->name; set++) {
            struct hp_setting_info info = {s->row[row].proto->name, set->name, set->unit, set->text,
                                           *(const int64_t *)((const char *)s->row[row].state + set->offset),
                                           set->min, set->max, set->initial};
            each(ctx, &info);
        }
    }
}

void hp_protocols_each(const struct hp_stack *s, void (*each)(void *, const char *, int), void *ctx)
{
    for (uint8_t row = 1; row <= s->protos; row++) each(ctx, s->row[row].proto->name, s->row[row].proto->layer);
}
