/* The engine of dissect: the loop over layers, rows of fixed fields, and the three ways to show them. */
#include "wire/dissect_layers.h"

const char *dissect_word_of(const struct dissect_word *words, uint64_t value)
{
    for (; words && words->text; words++)
        if (words->value == value) return words->text;
    return NULL;
}

/* ---- emitting ---- */

void dissect_layer(struct dissect *d, const char *name, const char *label, size_t n, const struct dline *summary,
                   unsigned join)
{
    struct dissect_field f = {.depth = d->depth, .join = (uint8_t)join, .name = name, .label = label, .at = d->at,
                              .n = n < d->n ? n : d->n, .text = dline_text(summary)};
    d->emit(d->ctx, &f);
}

void dissect_value(struct dissect *d, unsigned depth, const char *name, const char *label, size_t at, size_t n,
                   uint64_t value, const char *text)
{
    struct dissect_field f = {.depth = (uint8_t)(d->depth + depth), .name = name, .label = label, .at = at, .n = n,
                              .number = true, .value = value, .text = text};
    d->emit(d->ctx, &f);
}

void dissect_text(struct dissect *d, unsigned depth, const char *name, const char *label, size_t at, size_t n, const char *text)
{
    struct dissect_field f = {.depth = (uint8_t)(d->depth + depth), .name = name, .label = label, .at = at, .n = n, .text = text};
    d->emit(d->ctx, &f);
}

void dissect_number(struct dissect *d, unsigned depth, const char *name, const char *label, size_t at, size_t n,
                    uint64_t value)
{
    char buf[24];
    struct dline t = dline_of(buf, sizeof buf);
    dline_u(&t, value);
    dissect_value(d, depth, name, label, at, n, value, buf);
}

void dissect_raw(struct dissect *d, unsigned depth, const char *name, const char *label, size_t at, size_t n)
{
    char buf[128];
    struct dline t = dline_of(buf, sizeof buf);
    dline_raw(&t, bytes_of(d->frame.p + at, n));
    dissect_text(d, depth, name, label, at, n, buf);
}

static uint64_t dissect_row_number(const struct dissect_row *r, const uint8_t *p)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < r->n && i < 8; i++) v = v << 8 | p[i];
    v >>= r->shift;
    if (r->mask) v &= r->mask;
    return r->kind == D_WORDS ? v * 4 : r->kind == D_EIGHTS ? v * 8 : v;
}

static void dissect_row_text(const struct dissect_row *r, const uint8_t *p, uint64_t v, struct dline *t)
{
    const char *word = dissect_word_of(r->words, v);
    if (r->kind == D_IP4 || r->kind == D_IP6) {
        struct hp_ip ip = r->kind == D_IP4 ? ip4_get(p) : ip6_get(p);
        dline_ip(t, &ip);
    } else if (r->kind == D_MAC) {
        struct hp_mac mac = mac_get(p);
        dline_mac(t, &mac);
    } else if (r->kind == D_RAW) {
        dline_raw(t, bytes_of(p, r->n));
    } else if (r->kind == D_ASCII) {
        dline_ascii(t, bytes_of(p, r->n));
    } else if (r->kind == D_FLAG) {
        dline_str(t, v ? "Set" : "Not set");
    } else {
        if (word) dline_str(t, word);
        if (word) dline_str(t, " (");
        if (r->kind == D_HEX) dline_hex(t, v, r->mask ? 1 : r->n * 2);
        else dline_u(t, v);
        if (word) dline_char(t, ')');
    }
}

void dissect_rows(struct dissect *d, unsigned depth, const struct dissect_row *rows, size_t count, size_t at, size_t n)
{
    for (const struct dissect_row *r = rows; r < rows + count; r++) {
        if ((size_t)r->at + r->n > n) continue;
        char buf[128];
        struct dline t = dline_of(buf, sizeof buf);
        const uint8_t *p = d->frame.p + at + r->at;
        uint64_t v = r->kind <= D_FLAG ? dissect_row_number(r, p) : 0;
        dissect_row_text(r, p, v, &t);
        if (r->kind <= D_FLAG) dissect_value(d, depth, r->name, r->label, at + r->at, r->n, v, buf);
        else dissect_text(d, depth, r->name, r->label, at + r->at, r->n, buf);
    }
}

void dissect_checksum(struct dissect *d, const char *name, size_t at, bool good)
{
    dissect_value(d, 1, name, "Checksum Status", at, 0, good, good ? "Good" : "Bad");
}

void dissect_bad(struct dissect *d, const char *why)
{
    dissect_text(d, 0, "_ws.malformed", "Malformed", d->at, d->n, why);
    d->next = NULL;
}

void dissect_data(struct dissect *d)
{
    char buf[40];
    struct dline t = dline_of(buf, sizeof buf);
    dline_u(&t, d->n);
    dline_str(&t, " bytes");
    dissect_layer(d, "data", "Data", d->n, &t, DISSECT_AFTER);
    dissect_raw(d, 1, "data.data", "Data", d->at, d->n);
    dissect_number(d, 1, "data.len", "Length", d->at, 0, d->n);
    d->next = NULL;
}

void dissect_run(struct dissect *d)
{
    for (int layers = 0; d->next; layers++) {
        void (*layer)(struct dissect *) = d->next;
        if (layers == DISSECT_LAYERS_MAX) {
            dissect_bad(d, "too many layers");
            return;
        }
        d->next = NULL;
        layer(d);
    }
}

void dissect(struct hp_bytes frame, enum dissect_link link, dissect_emit *emit, void *ctx)
{
    struct dissect d = {.frame = frame, .emit = emit, .ctx = ctx, .n = frame.n};
    d.next = link == DISSECT_ETHERNET ? dissect_ethernet : link == DISSECT_RAW_IP ? dissect_raw_ip : dissect_data;
    dissect_run(&d);
}

/* ---- a line ---- */

struct dissect_liner {
    struct dline t;
    char *last;                 /* where the last layer's summary starts */
    bool kept;                  /* ... and whether it stays */
};

static void dissect_line_layer(struct dissect_liner *l, const struct dissect_field *f)
{
    bool over = (f->join & DISSECT_OVER) && !l->kept && l->last;
    if (f->text[0] == 0 || strcmp(f->name, "data") == 0) return;
    if (over) l->t.p = l->last;
    else if (l->t.p > l->t.start) dline_char(&l->t, ' ');
    l->last = l->t.p;
    l->kept = f->join & DISSECT_KEPT;
    dline_str(&l->t, f->text);
}

/* What a person wants to be told wherever it happens. */
static void dissect_line_note(struct dissect_liner *l, const struct dissect_field *f)
{
    size_t n = strlen(f->name);
    bool malformed = strcmp(f->name, "_ws.malformed") == 0;
    bool sum = f->depth <= 1 && n > 16 && strcmp(f->name + n - 16, ".checksum.status") == 0 && f->value == 0;
    if (!malformed && !sum) return;
    if (l->t.p > l->t.start) dline_char(&l->t, ' ');
    dline_str(&l->t, malformed ? "[malformed: " : "[bad checksum: ");
    if (malformed) dline_str(&l->t, f->text);
    else
        for (const char *c = f->name; *c != '.'; c++) dline_char(&l->t, *c);
    dline_char(&l->t, ']');
    l->last = NULL;
}

static void dissect_line_emit(void *ctx, const struct dissect_field *f)
{
    struct dissect_liner *l = ctx;
    if (f->depth == 0 && strcmp(f->name, "_ws.malformed") != 0) dissect_line_layer(l, f);
    else dissect_line_note(l, f);
}

size_t dissect_line(struct hp_bytes frame, enum dissect_link link, char *buf, size_t n)
{
    if (n == 0) return 0;
    struct dissect_liner l = {.t = dline_of(buf, n)};
    dissect(frame, link, dissect_line_emit, &l);
    *l.t.p = 0;
    return (size_t)(l.t.p - l.t.start);
}

/* ---- a tree ---- */

static void dissect_tree_emit(void *ctx, const struct dissect_field *f)
{
    struct dline *t = ctx;
    dline_pad(t, f->at, 5);
    dline_pad(t, f->n, 5);
    for (int i = 0; i < 1 + 2 * f->depth; i++) dline_char(t, ' ');
    dline_str(t, f->name);
    int used = (int)strlen(f->name) + 2 * f->depth;
    do dline_char(t, ' ');
    while (++used < 36);
    dline_str(t, f->label);
    if (f->text[0]) dline_str(t, ": ");
    dline_str(t, f->text);
    dline_char(t, '\n');
}

size_t dissect_tree(struct hp_bytes frame, enum dissect_link link, char *buf, size_t n)
{
    if (n == 0) return 0;
    struct dline t = dline_of(buf, n);
    dissect(frame, link, dissect_tree_emit, &t);
    return (size_t)(t.p - t.start);
}

/* ---- one field ---- */

struct dissect_search {
    const char *name;
    struct dline t;
    uint64_t value;
    bool found;
};

static void dissect_find_emit(void *ctx, const struct dissect_field *f)
{
    struct dissect_search *s = ctx;
    if (s->found || strcmp(s->name, f->name) != 0) return;
    s->found = true;
    s->value = f->value;
    dline_str(&s->t, f->text);
}

bool dissect_find(struct hp_bytes frame, enum dissect_link link, const char *name, char *buf, size_t n, uint64_t *value)
{
    assert(n > 0);
    struct dissect_search s = {.name = name, .t = dline_of(buf, n)};
    dissect(frame, link, dissect_find_emit, &s);
    if (value && s.found) *value = s.value;
    return s.found;
}
