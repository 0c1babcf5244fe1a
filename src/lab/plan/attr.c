/* Attributes: a key word and what it wants, one after the other.  Kinds are attributes with a name. */
#include "core/bytes.h"
#include "lab/plan/plan.h"

const char *plan_take(struct plan_cursor *c, const char *wanted)
{
    if (c->word == c->end) {
        plan_fail(c->r, c->key, "\"%s\" wants %s", c->key->text, wanted);
        return NULL;
    }
    c->last = c->word++;
    return plan_unfold(c->r, c->turns, c->last);
}

const char *plan_peek(struct plan_cursor *c) { return c->word == c->end ? NULL : plan_unfold(c->r, c->turns, c->word); }

bool plan_is_attr(const struct plan_attr *table, const char *word)
{
    for (; table->name; table++)
        if (strcmp(table->name, word) == 0) return true;
    return false;
}

static const struct plan_attr *attr_find(const struct plan_attr *table, const char *word)
{
    for (; table->name; table++)
        if (table->name[0] == word[0] && strcmp(table->name, word) == 0) return table;
    return NULL;
}

/* The attribute that a value alone was most probably meant for, or NULL. */
static const char *attr_of_value(const char *word)
{
    static const char *const per_second = "bit/s";
    size_t n = strlen(word), end = strlen(per_second);
    hp_time span;
    struct hp_prefix address;
    if (word[0] < '0' || word[0] > '9') return NULL;
    if (hp_prefix_parse(word, &address)) return "ip";
    if (n > end && strcmp(word + n - end, per_second) == 0) return "rate";
    return word[n - 1] == 's' && hp_span_parse(word, &span) ? "delay" : NULL;
}

static bool attr_unknown(struct plan_cursor *c, const struct plan_attr *table, unsigned kinds, const char *word)
{
    const char *names[48];
    unsigned count = 0;
    for (; table->name && count < 47; table++)
        if (table->kinds & kinds) names[count++] = table->name;
    names[count] = NULL;
    const char *meant = attr_of_value(word);
    for (unsigned i = 0; meant && i < count; i++)
        if (strcmp(names[i], meant) == 0) return plan_fail(c->r, c->key, "\"%s\" is a value: write \"%s %s\"", word, meant, word);
    return plan_fail_near(c->r, c->key, names, word, "there is no attribute \"%s\" here", word);
}

static bool attr_one(struct plan_cursor *c, const struct plan_attr *table, unsigned kinds, void *ctx,
                     bool (*other)(struct plan_cursor *c, void *ctx, const char *word, bool *known))
{
    c->r->scratch_at = 0;
    c->key = c->word;
    if (++*c->budget > PLAN_NODE_WORDS_MAX) return plan_fail(c->r, c->key, "more than %d attributes, with all kinds", PLAN_NODE_WORDS_MAX);
    const char *word = plan_take(c, "");
    if (!word) return false;
    const struct plan_attr *a = attr_find(table, word);
    if (a && !(a->kinds & kinds)) return plan_fail(c->r, c->key, "\"%s\" fits other nodes, not this one", word);
    if (a && a->read) return a->read(c, ctx);
    bool known = false;
    if (other && !other(c, ctx, word, &known)) return false;
    return known || attr_unknown(c, table, kinds, word);
}

bool plan_attrs(struct plan_cursor *c, const struct plan_attr *table, unsigned kinds, void *ctx,
                bool (*other)(struct plan_cursor *c, void *ctx, const char *word, bool *known))
{
    while (c->word < c->end)
        if (!attr_one(c, table, kinds, ctx, other)) return false;
    return true;
}

/* ---- values ---- */

bool plan_take_number(struct plan_cursor *c, const char *wanted, uint64_t min, uint64_t max, uint64_t *out)
{
    const char *text = plan_take(c, wanted);
    if (!text) return false;
    size_t n = text_take_u64(text, out);
    if (n && !text[n] && *out >= min && *out <= max) return true;
    return plan_fail(c->r, c->last, "\"%s\": \"%s\" wants %s (%llu to %llu)", text, c->key->text, wanted, (unsigned long long)min, (unsigned long long)max);
}

bool plan_take_ip(struct plan_cursor *c, struct hp_ip *out)
{
    const char *text = plan_take(c, "an address, as 10.0.0.1 or 2001:db8::1");
    if (!text) return false;
    if (!hp_ip_parse(text, out)) return plan_fail(c->r, c->last, "\"%s\" is no address, as 10.0.0.1 or 2001:db8::1", text);
    return !hp_ip_is_any(out) && !hp_ip_is_multicast(out) && !hp_ip_is_broadcast(out) ? true : plan_fail(c->r, c->last, "%s is nobody's address", text);
}

static bool attr_is_network(const struct hp_prefix *p, uint32_t *host)
{
    unsigned bits = 128u - p->len;
    if (!hp_ip_is4(&p->ip) || bits < 2 || bits > 32) return false;
    uint32_t mask = bits == 32 ? UINT32_MAX : (1u << bits) - 1;
    *host = get32(p->ip.b + 12) & mask;
    return *host == 0 || *host == mask;
}

bool plan_take_address(struct plan_cursor *c, struct hp_prefix *out)
{
    uint32_t host = 0;
    const char *text = plan_take(c, "an address with the length of its network's prefix, as 10.0.0.1/24");
    if (!text) return false;
    if (!hp_prefix_parse(text, out)) return plan_fail(c->r, c->last, "\"%s\" is no address, as 10.0.0.1/24 or 2001:db8::1/64", text);
    if (!strchr(text, '/')) return plan_fail(c->r, c->last, "the length of the network's prefix is missing, as in %s/%d", text, hp_ip_is4(&out->ip) ? 24 : 64);
    if (hp_ip_is_any(&out->ip) || hp_ip_is_multicast(&out->ip) || hp_ip_is_broadcast(&out->ip))
        return plan_fail(c->r, c->last, "%s can be nobody's address", text);
    if (attr_is_network(out, &host))
        return plan_fail(c->r, c->last, "%s is the %s address of its network, not a machine's", text, host ? "broadcast" : "first");
    return true;
}

/* ---- kinds ---- */

static bool kind_same(const void *item, const void *key)
{
    const struct plan_kind *k = item, *want = key;
    return strcmp(k->of, want->of) == 0 && strcmp(k->name, want->name) == 0;
}

const struct plan_kind *plan_kind_find(struct plan_cursor *c, const char *of, const char *name)
{
    const struct plan_kind key = {.of = of, .name = name};
    const struct hp_plan_arena *a = c->r->arena;
    const struct plan_kind *k = map_find(&a->kinds, plan_hash(a, name, strlen(name)), kind_same, &key);
    if (!k) {
        const char *names[32];
        unsigned count = 0;
        for (const struct plan_kind *other = c->r->kind; other && count < 31; other = other->next)
            if (strcmp(other->of, of) == 0) names[count++] = other->name;
        names[count] = NULL;
        plan_fail_near(c->r, c->last, names, name, "there is no %s-kind \"%s\" above this line", of, name);
    } else if (c->depth >= HP_PLAN_KINDS_DEEP_MAX) {
        plan_fail(c->r, c->last, "kinds are built on kinds more than %d deep", HP_PLAN_KINDS_DEEP_MAX);
        k = NULL;
    }
    return k;
}

static bool kind_is_plain(const struct plan_kind *k)
{
    for (uint32_t i = 0; i < k->words; i++)
        if (!k->word[i].plain) return false;
    return true;
}

bool plan_kind_line(struct plan_reader *r, const char *of, bool (*try)(struct plan_reader *r, const struct plan_kind *k))
{
    if (r->words < 2) return plan_fail(r, r->word, "a kind wants a name: %s-kind NAME ATTRIBUTES", of);
    struct plan_kind *k = plan_alloc(r->arena, sizeof *k);
    const struct plan_word *name = &r->word[1];
    const struct plan_kind key = {.of = of, .name = name->text};
    if (!plan_name_ok(r, name, name->text, PLAN_LONG_NAME_MAX)) return false;
    uint64_t hash = plan_hash(r->arena, name->text, name->n);
    const struct plan_kind *old = map_find(&r->arena->kinds, hash, kind_same, &key);
    if (old) return plan_fail(r, name, "there is a %s-kind \"%s\" already, in line %u", of, name->text, old->place.line);
    if (!k) return plan_no_memory(r);
    *k = (struct plan_kind){.name = name->text, .of = of, .words = r->words - 2, .place = name->place, .next = r->kind};
    k->word = plan_alloc(r->arena, (k->words + 1) * sizeof *k->word);
    if (!k->word || map_add(&r->arena->kinds, r->arena->mem, hash, k)) return plan_no_memory(r);
    if (k->words) memcpy(k->word, r->word + 2, k->words * sizeof *k->word);
    r->kind = k;
    return kind_is_plain(k) ? try(r, k) : true; /* with $ its words are read when it is used */
}
