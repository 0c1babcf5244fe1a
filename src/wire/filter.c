/* Filters: a parser by descent into a small tree, and one walk over a frame's fields that finds which leaves hold. */
#include "wire/filter.h"

static const char *const filter_operators[] = {"->", "<=", ">=", "==", "!=", "&&", "||", "<", ">", "=", "!", "(", ")", ",", "|", NULL};

size_t filter_operator(const char *s)
{
    for (const char *const *op = filter_operators; *op; op++)
        if (strncmp(s, *op, strlen(*op)) == 0) return strlen(*op);
    return 0;
}

enum compare filter_compare_of(const char *token)
{
    static const char *const words[] = {"", "==", "!=", "<", "<=", ">", ">=", "contains"};
    for (int i = COMPARE_EQ; i <= COMPARE_CONTAINS; i++)
        if (strcmp(token, words[i]) == 0) return (enum compare)i;
    return COMPARE_NONE;
}

/* ---- reading ---- */

struct filter_reader {
    struct filter_words *w;
    struct filter *f;
    const char *wanted;                 /* NULL while all is well */
};

static bool filter_want(struct filter_reader *r, const char *wanted)
{
    r->wanted = wanted;
    return false;
}

static bool filter_take(struct filter_reader *r, const char *word, const char *other)
{
    if (r->w->quoted || (strcmp(r->w->token, word) != 0 && strcmp(r->w->token, other) != 0)) return false;
    r->w->next(r->w);
    return true;
}

static bool filter_take_text(struct filter_reader *r, char *out, size_t n)
{
    size_t length = strlen(r->w->token);
    if (length >= n) return filter_want(r, "a shorter word");
    memcpy(out, r->w->token, length + 1);
    r->w->next(r->w);
    return true;
}

static bool filter_add(struct filter_reader *r, struct filter_node node, uint8_t *out)
{
    if (r->f->count == FILTER_NODES_MAX) return filter_want(r, "a shorter filter");
    *out = r->f->count;
    r->f->node[r->f->count++] = node;
    return true;
}

static int filter_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : 16;
}

static bool filter_is_number(const char *s, uint64_t *out)
{
    uint64_t base = s[0] == '0' && s[1] == 'x' ? 16 : 10, v = 0;
    if (base == 16) s += 2;
    if (!*s) return false;
    for (; *s; s++) {
        uint64_t digit = (uint64_t)filter_digit(*s);
        if (digit >= base || v > (UINT64_MAX - digit) / base) return false;
        v = v * base + digit;
    }
    *out = v;
    return true;
}

static bool filter_read_value(struct filter_reader *r, struct filter_node *node)
{
    bool quoted = r->w->quoted, order = node->op >= COMPARE_LT && node->op <= COMPARE_GE;
    if (!quoted && (!r->w->token[0] || filter_operator(r->w->token))) return filter_want(r, "a value");
    node->number = !quoted && node->op != COMPARE_CONTAINS && filter_is_number(r->w->token, &node->value);
    if (order && !node->number) return filter_want(r, "a number");
    return filter_take_text(r, node->text, sizeof node->text);
}

static bool filter_read_field(struct filter_reader *r, uint8_t *out)
{
    struct filter_node node = {.kind = FILTER_FIELD};
    char first = r->w->token[0];
    if (r->w->quoted || !((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '_'))
        return filter_want(r, "a field such as ip.src or tcp.flags.syn");
    if (!field_known(r->w->token)) {
        r->w->nearest = field_names;
        return filter_want(r, "a field (hepta show fields lists them)");
    }
    if (!filter_take_text(r, node.field, sizeof node.field)) return false;
    node.op = r->w->quoted ? COMPARE_NONE : (uint8_t)filter_compare_of(r->w->token);
    field_others(node.field, node.others);
    if (node.op != COMPARE_NONE) {
        r->w->next(r->w);
        if (!filter_read_value(r, &node)) return false;
    }
    return filter_add(r, node, out);
}

static bool filter_read_or(struct filter_reader *r, uint8_t *out, int depth);

static bool filter_read_unary(struct filter_reader *r, uint8_t *out, int depth)
{
    uint8_t inner;
    if (depth > FILTER_DEPTH_MAX) return filter_want(r, "a simpler filter");
    if (filter_take(r, "!", "not"))
        return filter_read_unary(r, &inner, depth + 1) && filter_add(r, (struct filter_node){.kind = FILTER_NOT, .a = inner}, out);
    if (!filter_take(r, "(", "(")) return filter_read_field(r, out);
    return filter_read_or(r, out, depth + 1) && (filter_take(r, ")", ")") || filter_want(r, "a closing parenthesis"));
}

static bool filter_read_and(struct filter_reader *r, uint8_t *out, int depth)
{
    uint8_t right;
    bool ok = filter_read_unary(r, out, depth);
    while (ok && filter_take(r, "&&", "and"))
        ok = filter_read_unary(r, &right, depth) && filter_add(r, (struct filter_node){.kind = FILTER_AND, .a = *out, .b = right}, out);
    return ok;
}

static bool filter_read_or(struct filter_reader *r, uint8_t *out, int depth)
{
    uint8_t right;
    bool ok = filter_read_and(r, out, depth);
    while (ok && filter_take(r, "||", "or"))
        ok = filter_read_and(r, &right, depth) && filter_add(r, (struct filter_node){.kind = FILTER_OR, .a = *out, .b = right}, out);
    return ok;
}

const char *filter_read(struct filter_words *w, struct filter *out)
{
    struct filter_reader r = {w, out, NULL};
    out->count = 0;
    filter_read_or(&r, &out->root, 0);
    return r.wanted;
}

/* ---- a text as tokens ---- */

struct filter_text {
    struct filter_words words;
    const char *at;                     /* the current token, with its quote */
    size_t n;
    char token[FILTER_VALUE_MAX + 1];   /* one more than any that fits, so that a longer one is seen to be longer */
};

static void filter_text_next(struct filter_words *w)
{
    struct filter_text *t = (struct filter_text *)(void *)w;
    const char *s = t->at + t->n;
    while (*s == ' ' || *s == '\t' || *s == '\n') s++;
    t->at = s;
    w->quoted = *s == '"';
    size_t n = filter_operator(s), skip = w->quoted;
    if (w->quoted) n = strcspn(s + 1, "\"");
    else if (!n)
        while (s[n] && !strchr(" \t\n\"", s[n]) && !filter_operator(s + n)) n++;
    t->n = n + skip + (w->quoted && s[1 + n]);
    if (n > FILTER_VALUE_MAX) n = FILTER_VALUE_MAX;
    memcpy(t->token, s + skip, n);
    t->token[n] = 0;
}

const char *filter_parse(const char *text, struct filter *out, struct filter_wrong *wrong)
{
    struct filter_text t = {.words = {.next = filter_text_next}, .at = text};
    t.words.token = t.token;
    filter_text_next(&t.words);
    const char *wanted = filter_read(&t.words, out);
    if (!wanted && (t.token[0] || t.words.quoted)) wanted = "\"and\", \"or\" or the end";
    *wrong = (struct filter_wrong){t.at, t.n, t.words.nearest};
    return wanted;
}

/* ---- matching ---- */

struct filter_look {
    const struct filter *f;
    uint32_t there, met;                /* a bit for each node */
};
static_assert(FILTER_NODES_MAX <= 32, "a bit for each node");

static bool filter_has(const char *text, const char *part)
{
    size_t n = strlen(part);
    for (; *text; text++)
        if (strncmp(text, part, n) == 0) return true;
    return n == 0;
}

static bool filter_holds(const struct filter_node *n, const struct dissect_field *field)
{
    const char *text = field->text ? field->text : "";
    switch ((enum compare)n->op) {
    case COMPARE_NONE: return !field->number || field->value;
    case COMPARE_EQ:
    case COMPARE_NE: return strcmp(text, n->text) == 0 || (n->number && field->number && field->value == n->value);
    case COMPARE_LT: return field->number && field->value < n->value;
    case COMPARE_LE: return field->number && field->value <= n->value;
    case COMPARE_GT: return field->number && field->value > n->value;
    case COMPARE_GE: return field->number && field->value >= n->value;
    case COMPARE_CONTAINS: return filter_has(text, n->text);
    }
    return false;
}

static bool filter_means(const struct filter_node *n, const char *name)
{
    if (strcmp(n->field, name) == 0) return true;
    return n->others[0] && (strcmp(n->others[0], name) == 0 || (n->others[1] && strcmp(n->others[1], name) == 0));
}

static void filter_emit(void *ctx, const struct dissect_field *field)
{
    struct filter_look *look = ctx;
    for (uint32_t i = 0; i < look->f->count; i++) {
        const struct filter_node *n = &look->f->node[i];
        if (n->kind != FILTER_FIELD || !filter_means(n, field->name)) continue;
        look->there |= 1u << i;
        if (filter_holds(n, field)) look->met |= 1u << i;
    }
}

static bool filter_true(const struct filter_look *look, uint8_t i)
{
    const struct filter_node *n = &look->f->node[i];
    switch (n->kind) {
    case FILTER_AND: return filter_true(look, n->a) && filter_true(look, n->b);
    case FILTER_OR: return filter_true(look, n->a) || filter_true(look, n->b);
    case FILTER_NOT: return !filter_true(look, n->a);
    case FILTER_FIELD: return n->op == COMPARE_NE ? (look->there & ~look->met) >> i & 1 : look->met >> i & 1;
    }
    return false;
}

bool filter_match(const struct filter *f, const struct filter_frame *frame)
{
    struct filter_look look = {.f = f};
    filter_emit(&look, &(struct dissect_field){.depth = 1, .name = "frame.len", .number = true, .value = frame->length, .text = ""});
    if (frame->comment) filter_emit(&look, &(struct dissect_field){.depth = 1, .name = "frame.comment", .text = frame->comment});
    dissect(frame->data, frame->link, filter_emit, &look);
    return filter_true(&look, f->root);
}
