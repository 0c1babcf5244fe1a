/* A filter of frames in the words of Wireshark: "tcp.flags.syn == 1 && !(ip.dst == 10.0.0.1)".  Also: and, or, not.
 * A field that a frame has more than once is meant by any of its values, as there. */
#include "lab/rules/rules.h"
#include "wire/dissect.h"

bool rule_compare(struct rule_line *r, enum compare *out)
{
    static const char *const words[] = {NULL, "==", "!=", "<", "<=", ">", ">="};
    for (int i = COMPARE_EQ; i <= COMPARE_GE; i++) {
        if (!rule_take(r, words[i])) continue;
        *out = (enum compare)i;
        return true;
    }
    return false;
}

static bool filter_or(struct rule_line *r, struct filter *f, uint8_t *out, int depth);

static struct filter_node *filter_add(struct rule_line *r, struct filter *f, uint8_t *out)
{
    if (f->count == FILTER_NODES_MAX) {
        rule_wrong(r, NULL, "a shorter filter");
        return NULL;
    }
    *out = f->count;
    return &f->node[f->count++];
}

static bool filter_is_number(const char *s, uint64_t *out)
{
    uint64_t v = 0;
    if (s[0] == '0' && s[1] == 'x' && s[2]) {
        for (s += 2; *s; s++) {
            int digit = *s >= '0' && *s <= '9' ? *s - '0' : (*s | 32) >= 'a' && (*s | 32) <= 'f' ? (*s | 32) - 'a' + 10
                                                                                                 : -1;
            if (digit < 0) return false;
            v = v << 4 | (uint64_t)digit;
        }
        *out = v;
        return true;
    }
    size_t n = text_take_u64(s, out);
    return n && !s[n];
}

static bool filter_field(struct rule_line *r, struct filter *f, uint8_t *out)
{
    if (r->quoted || rule_end(r) || !((r->token[0] | 32) >= 'a' && (r->token[0] | 32) <= 'z'))
        return rule_wrong(r, NULL, "a field such as ip.src or tcp.flags.syn");
    struct filter_node *node = filter_add(r, f, out);
    if (!node) return false;
    *node = (struct filter_node){.kind = FILTER_FIELD};
    rule_take_text(r, node->field, sizeof node->field);
    enum compare op;
    if (!rule_compare(r, &op)) return true;
    node->op = (uint8_t)op;
    if (rule_end(r)) return rule_wrong(r, NULL, "a value");
    node->number = !r->quoted && filter_is_number(r->token, &node->value);
    if (!node->number && op > COMPARE_NE) return rule_wrong(r, NULL, "a number");
    rule_take_text(r, node->text, sizeof node->text);
    return true;
}

static bool filter_unary(struct rule_line *r, struct filter *f, uint8_t *out, int depth)
{
    uint8_t inner;
    if (depth > 16) return rule_wrong(r, NULL, "a simpler filter");
    if (rule_take(r, "!") || rule_take(r, "not")) {
        struct filter_node *node;
        if (!filter_unary(r, f, &inner, depth + 1) || !(node = filter_add(r, f, out))) return false;
        *node = (struct filter_node){.kind = FILTER_NOT, .a = inner};
        return true;
    }
    if (!rule_take(r, "(")) return filter_field(r, f, out);
    return filter_or(r, f, out, depth + 1) && (rule_take(r, ")") || rule_wrong(r, NULL, "a closing parenthesis"));
}

static bool filter_and(struct rule_line *r, struct filter *f, uint8_t *out, int depth)
{
    uint8_t right;
    if (!filter_unary(r, f, out, depth)) return false;
    while (rule_take(r, "&&") || rule_take(r, "and")) {
        uint8_t left = *out;
        struct filter_node *node;
        if (!filter_unary(r, f, &right, depth) || !(node = filter_add(r, f, out))) return false;
        *node = (struct filter_node){.kind = FILTER_AND, .a = left, .b = right};
    }
    return true;
}

static bool filter_or(struct rule_line *r, struct filter *f, uint8_t *out, int depth)
{
    uint8_t right;
    if (!filter_and(r, f, out, depth)) return false;
    while (rule_take(r, "||") || rule_take(r, "or")) {
        uint8_t left = *out;
        struct filter_node *node;
        if (!filter_and(r, f, &right, depth) || !(node = filter_add(r, f, out))) return false;
        *node = (struct filter_node){.kind = FILTER_OR, .a = left, .b = right};
    }
    return true;
}

bool filter_read(struct rule_line *r, struct filter *out)
{
    out->count = 0;
    return filter_or(r, out, &out->root, 0);
}

/* ---- matching ---- */

struct filter_look {
    const struct filter *f;
    uint32_t true_leaves;
};

static bool filter_compare(const struct filter_node *n, const struct dissect_field *field)
{
    bool same = n->number ? field->value == n->value : strcmp(field->text ? field->text : "", n->text) == 0;
    switch ((enum compare)n->op) {
    case COMPARE_NONE: return field->depth == 0 || field->value || (field->text && strcmp(field->text, "0") != 0);
    case COMPARE_EQ: return same;
    case COMPARE_NE: return !same;
    case COMPARE_LT: return field->value < n->value;
    case COMPARE_LE: return field->value <= n->value;
    case COMPARE_GT: return field->value > n->value;
    case COMPARE_GE: return field->value >= n->value;
    }
    return false;
}

static void filter_emit(void *ctx, const struct dissect_field *field)
{
    struct filter_look *look = ctx;
    for (uint32_t i = 0; i < look->f->count; i++) {
        const struct filter_node *n = &look->f->node[i];
        if (n->kind == FILTER_FIELD && field->name && strcmp(n->field, field->name) == 0 && filter_compare(n, field)) look->true_leaves |= 1u << i;
    }
}

static bool filter_true(const struct filter_look *look, uint8_t i)
{
    const struct filter_node *n = &look->f->node[i];
    switch (n->kind) {
    case FILTER_AND: return filter_true(look, n->a) && filter_true(look, n->b);
    case FILTER_OR: return filter_true(look, n->a) || filter_true(look, n->b);
    case FILTER_NOT: return !filter_true(look, n->a);
    case FILTER_FIELD: return look->true_leaves >> i & 1;
    }
    return false;
}

bool filter_match(const struct filter *f, struct hp_bytes frame)
{
    struct filter_look look = {f, 0};
    dissect(frame, DISSECT_ETHERNET, filter_emit, &look);
    return filter_true(&look, f->root);
}
