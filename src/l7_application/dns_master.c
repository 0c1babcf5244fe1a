/* Master files (RFC 1035 5.1, RFC 2308 4) become zones.
 *
 * An error ends its entry, not the reading: the next line is read, so that one run names all that is wrong. */
#include "l7_application/dns_master.h"

#include "core/text.h"

/* ---- notes ---- */

enum { MASTER_QUOTED_MAX = 60 };

/* Foreign bytes in a note: printable, and not too many. */
static void note_quote(struct text *t, struct hp_bytes b)
{
    for (size_t i = 0; i < b.n && i < MASTER_QUOTED_MAX; i++) text_char(t, b.p[i] < ' ' || b.p[i] == 0x7f ? '?' : (char)b.p[i]);
    if (b.n > MASTER_QUOTED_MAX) text_str(t, "...");
}

static void note_say(struct master *m, const struct hp_dns_zone_note *note)
{
    struct hp_dns_zone_source *s = m->source;
    if (note->error && s->errors++ == 0) s->first = *note;
    if (!note->error) s->warnings++;
    if (s->say) s->say(s->ctx, s, note);
}

bool master_error(struct master *m, const struct master_token *at, const char *before, struct hp_bytes what, const char *after)
{
    struct hp_dns_zone_note note = {.error = true, .line = at ? at->line : 0, .column = at ? at->column : 0};
    struct text t = text_of(note.text, sizeof note.text);
    text_str(&t, before);
    note_quote(&t, what);
    text_str(&t, after);
    note_say(m, &note);
    return false;
}

void master_warn(struct master *m, uint32_t line, const char *before, const char *what, const char *after)
{
    struct hp_dns_zone_note note = {.line = line};
    struct text t = text_of(note.text, sizeof note.text);
    text_str(&t, before);
    note_quote(&t, master_text(what));
    text_str(&t, after);
    note_say(m, &note);
}

/* ---- words ---- */

/* Columns count characters, not the bytes of UTF-8. */
static uint32_t master_column(const struct master *m, const uint8_t *at)
{
    uint32_t column = 1;
    for (const uint8_t *p = m->line_start; p < at; p++) column += (*p & 0xc0) != 0x80;
    return column;
}

static void master_new_line(struct master *m)
{
    m->p++;
    m->line++;
    m->line_start = m->p;
}

static void master_skip_comment(struct master *m)
{
    while (m->p < m->end && *m->p != '\n') m->p++;
}

static bool master_parenthesis(struct master *m, struct master_token *t)
{
    *t = (struct master_token){MASTER_WORD, bytes_of(m->p, 1), m->line, master_column(m, m->p)};
    bool opens = *m->p++ == '(';
    if (!opens && !m->parentheses) return master_error(m, t, "a closing parenthesis, but none is open", master_text(""), "");
    if (opens && !m->parentheses) m->open = *t;
    m->parentheses += opens ? 1 : -1;
    return true;
}

/* Blanks, comments, and, between parentheses, ends of lines. */
static bool master_skip(struct master *m, struct master_token *t)
{
    for (;;) {
        if (m->p == m->end) return true;
        if (*m->p == ';') master_skip_comment(m);
        else if (*m->p == '\n' && m->parentheses) master_new_line(m);
        else if (*m->p == ' ' || *m->p == '\t' || *m->p == '\r') m->p++;
        else if (*m->p != '(' && *m->p != ')') return true;
        else if (!master_parenthesis(m, t)) return false;
    }
}

static bool master_string(struct master *m, struct master_token *t)
{
    const uint8_t *start = ++m->p;
    while (m->p < m->end && *m->p != '"' && *m->p != '\n') m->p += *m->p == '\\' && m->p + 1 < m->end && m->p[1] != '\n' ? 2 : 1;
    t->kind = MASTER_STRING;
    t->text = bytes_of(start, (size_t)(m->p - start));
    if (m->p == m->end || *m->p != '"') return master_error(m, t, "the string that begins here has no closing quote on its line", master_text(""), "");
    m->p++;
    return true;
}

bool master_next(struct master *m, struct master_token *t)
{
    if (!master_skip(m, t)) return false;
    *t = (struct master_token){MASTER_FILE_END, bytes_of(m->p, 0), m->line, master_column(m, m->p)};
    if (m->p == m->end) return true;
    if (*m->p == '\n') {
        t->kind = MASTER_LINE_END;
        master_new_line(m);
        return true;
    }
    if (*m->p == '"') return master_string(m, t);
    const uint8_t *start = m->p;
    while (m->p < m->end && *m->p && !strchr(" \t\r\n;()\"", *m->p)) m->p += *m->p == '\\' && m->p + 1 < m->end && m->p[1] != '\n' ? 2 : 1;
    t->kind = MASTER_WORD;
    t->text = bytes_of(start, (size_t)(m->p - start));
    if (m->p == m->end || *m->p) return true;
    m->p++;
    return master_error(m, t, "a byte 0 is no text", master_text(""), "");
}

int master_take(struct master *m, const char *word)
{
    struct master_token t;
    size_t n = strlen(word);
    if (!master_skip(m, &t)) return -1;
    if ((size_t)(m->end - m->p) < n || memcmp(m->p, word, n) != 0) return 0;
    if ((size_t)(m->end - m->p) > n && !strchr(" \t\r\n;()\"", m->p[n])) return 0;
    m->p += n;
    return 1;
}

static bool master_ended(const struct master_token *t) { return t->kind == MASTER_LINE_END || t->kind == MASTER_FILE_END; }

bool master_field(struct master *m, struct master_token *t, const char *what)
{
    if (!master_next(m, t)) return false;
    return !master_ended(t) || master_error(m, t, "", master_text(what), " is missing");
}

/* After an error: on to the line after the entry. */
static void master_recover(struct master *m)
{
    struct master_token t;
    uint32_t errors = m->source->errors;
    while (m->parentheses && m->p < m->end && m->source->errors == errors) master_next(m, &t);
    if (m->parentheses && m->source->errors == errors) return;
    m->parentheses = 0;
    if (m->p == m->line_start) return;
    master_skip_comment(m);
    if (m->p < m->end) master_new_line(m);
}

/* ---- values ---- */

static bool master_is(const struct master_token *t, const char *word)
{
    if (t->kind != MASTER_WORD || t->text.n != strlen(word)) return false;
    for (size_t i = 0; i < t->text.n; i++)
        if ((t->text.p[i] >= 'a' && t->text.p[i] <= 'z' ? t->text.p[i] - 32 : t->text.p[i]) != word[i]) return false;
    return true;
}

bool master_number(struct master *m, const struct master_token *t, uint32_t max, uint32_t *out)
{
    uint64_t v = 0;
    bool good = t->text.n > 0 && t->text.n <= 10;
    for (size_t i = 0; i < t->text.n && good; i++) {
        good = t->text.p[i] >= '0' && t->text.p[i] <= '9';
        v = v * 10 + t->text.p[i] - '0';
    }
    *out = (uint32_t)v;
    if (good && v <= max) return true;
    return master_error(m, t, "\"", t->text, max == UINT8_MAX ? "\": a number from 0 to 255 is wanted"
                        : max == UINT16_MAX ? "\": a number from 0 to 65535 is wanted" : "\": a number from 0 to 4294967295 is wanted");
}

static uint32_t time_unit(uint8_t c)
{
    switch (c | 0x20) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return 86400;
    case 'w': return 604800;
    default: return 0;
    }
}

/* 3600, 1h, 1d12h. */
static bool time_parse(struct hp_bytes b, uint32_t *out)
{
    uint64_t all = 0;
    for (size_t i = 0; i < b.n;) {
        uint64_t v = 0;
        size_t start = i;
        for (; i < b.n && b.p[i] >= '0' && b.p[i] <= '9' && i - start < 10; i++) v = v * 10 + b.p[i] - '0';
        if (i == start) return false;
        if (i == b.n) {
            if (start) return false;    /* after 1h: 30 of what? */
            all = v;
            break;
        }
        uint32_t unit = time_unit(b.p[i++]);
        if (!unit) return false;
        all += v * unit;
        if (all > MASTER_TTL_MAX) return false;
    }
    *out = (uint32_t)all;
    return b.n && all <= MASTER_TTL_MAX;
}

bool master_time(struct master *m, const struct master_token *t, uint32_t *out)
{
    return time_parse(t->text, out) || master_error(m, t, "\"", t->text, "\" is no time: seconds such as 3600, or 1h30m, up to 2147483647");
}

/* Does it end with a dot that is not escaped? */
static bool name_is_absolute(struct hp_bytes b)
{
    size_t backslashes = 0;
    if (!b.n || b.p[b.n - 1] != '.') return false;
    while (backslashes < b.n - 1 && b.p[b.n - 2 - backslashes] == '\\') backslashes++;
    return backslashes % 2 == 0;
}

/* RFC 1035 5.1: a name that does not end with a dot is relative; @ is the origin. */
bool master_name(struct master *m, const struct master_token *t, struct dns_name *out)
{
    char text[DNS_TEXT];
    struct dns_name name;
    struct hp_bytes b = t->text;
    bool origin = t->kind == MASTER_WORD && b.n == 1 && b.p[0] == '@', relative = !name_is_absolute(b);
    if ((origin || relative) && !m->has_origin)
        return master_error(m, t, "\"", b, "\" has no dot at its end, and no $ORIGIN says what it belongs to");
    if (origin) *out = m->origin;
    if (origin) return true;
    bool good = b.n < sizeof text && !memchr(b.p, 0, b.n);
    if (good) memcpy(text, b.p, b.n);
    text[good ? b.n : 0] = 0;
    if (!good || !dns_name_parse(text, &name))
        return master_error(m, t, "\"", b, "\" is no name: labels of 1 to 63 bytes with dots between them, 255 in all");
    if (!relative) *out = name;
    return !relative || dns_name_join(&name, &m->origin, out) || master_error(m, t, "\"", b, "\" is too long a name below its $ORIGIN: 255 bytes in all");
}

/* ---- directives ---- */

static bool master_line_end(struct master *m)
{
    struct master_token t;
    if (!master_next(m, &t)) return false;
    return master_ended(&t) || master_error(m, &t, "\"", t.text, "\" is one word too many");
}

static bool master_directive(struct master *m, const struct master_token *t)
{
    struct master_token value;
    if (master_is(t, "$INCLUDE")) return master_error(m, t, "$INCLUDE is refused: a zone is one file; put the other file's lines here", master_text(""), "");
    if (master_is(t, "$GENERATE")) return master_error(m, t, "$GENERATE is not understood: write the lines out", master_text(""), "");
    if (master_is(t, "$ORIGIN")) {
        if (!master_field(m, &value, "the name after $ORIGIN") || !master_name(m, &value, &m->origin)) return false;
        m->has_origin = true;
        return master_line_end(m);
    }
    if (master_is(t, "$TTL")) {
        if (!master_field(m, &value, "the time after $TTL") || !master_time(m, &value, &m->ttl)) return false;
        m->has_ttl = true;
        return master_line_end(m);
    }
    return master_error(m, t, "there is no directive \"", t->text, "\": $ORIGIN and $TTL are");
}

/* ---- entries ---- */

struct master_entry {
    struct master_token type_at;
    uint16_t type;
    uint32_t ttl;
    bool has_ttl;
};

/* TTL and class in any order, then the type. */
static bool entry_head(struct master *m, struct master_entry *e, struct master_token t)
{
    bool has_class = false;
    for (;;) {
        if (master_ended(&t)) return master_error(m, &t, "the type of the record is missing", master_text(""), "");
        if (!e->has_ttl && t.kind == MASTER_WORD && t.text.p[0] >= '0' && t.text.p[0] <= '9') {
            e->has_ttl = true;
            if (!master_time(m, &t, &e->ttl)) return false;
        } else if (!has_class && (master_is(&t, "IN") || master_is(&t, "CLASS1"))) {
            has_class = true;
        } else if (master_is(&t, "CH") || master_is(&t, "HS") || master_is(&t, "CS")) {
            return master_error(m, &t, "class ", t.text, ": only IN is served");
        } else {
            break;
        }
        if (!master_next(m, &t)) return false;
    }
    e->type_at = t;
    if (t.kind != MASTER_WORD || !dns_type_parse((const char *)t.text.p, t.text.n, &e->type))
        return master_error(m, &t, "\"", t.text, "\" is no type of record; one that is unknown here is written as TYPE123 \\# LENGTH HEX");
    bool meta = e->type == 0 || e->type == DNS_OPT || (e->type >= 128 && e->type <= 255);
    return !meta || master_error(m, &t, "\"", t.text, "\" is a type for questions, not for records");
}

/* RFC 2308 4, RFC 1035 5.1; a SOA that says nothing has its own minimum. */
static bool entry_ttl(struct master *m, struct master_entry *e, int n)
{
    if (e->has_ttl) m->last_ttl = e->ttl;
    if (e->has_ttl) m->has_last_ttl = true;
    if (e->has_ttl) return true;
    if (m->has_ttl) e->ttl = m->ttl;
    else if (m->has_last_ttl) e->ttl = m->last_ttl;
    else if (e->type == DNS_SOA) e->ttl = m->last_ttl = get32(m->data + n - 4);
    else return master_error(m, &e->type_at, "no TTL: say $TTL 1h at the top, or a time before the type", master_text(""), "");
    if (e->type == DNS_SOA) m->has_last_ttl = true;
    return true;
}

static bool entry_place(struct master *m, const struct master_entry *e)
{
    char name[DNS_TEXT], text[DNS_TEXT + 40];
    if (!m->has_zone && e->type != DNS_SOA)
        return master_error(m, &e->type_at, "which zone is this? Its SOA record comes first, or its name is given beside the file", master_text(""), "");
    if (!m->has_zone) m->zone->origin = m->owner;
    m->has_zone = true;
    if (dns_name_below(&m->owner, &m->zone->origin)) return true;
    struct text t = text_of(text, sizeof text);
    text_str(&t, " is not in ");
    text_str(&t, dns_name_text(&m->zone->origin, name, sizeof name));
    text_str(&t, ": the record is left out");
    master_warn(m, e->type_at.line, "", dns_name_text(&m->owner, name, sizeof name), text);
    return false;
}

static bool master_entry(struct master *m, const struct master_token *first, bool has_owner)
{
    struct master_entry e = {.type = 0};
    struct master_token t = *first;
    if (has_owner) {
        if (!master_name(m, first, &m->owner)) return false;
        m->has_owner = true;
        if (!master_next(m, &t)) return false;
    } else if (!m->has_owner) {
        return master_error(m, first, "the line begins with a blank, which means the name of the record before; but there is none", master_text(""), "");
    }
    if (!entry_head(m, &e, t)) return false;
    int n = master_rdata(m, e.type);
    if (n < 0 || !entry_ttl(m, &e, n)) return false;
    if (!entry_place(m, &e)) return true;
    int err = zone_add(m->zone, &m->owner, e.type, e.ttl, bytes_of(m->data, (size_t)n), e.type_at.line);
    m->no_memory = err == HP_ENOMEM;
    const char *why = err == HP_ENOMEM ? "out of memory" : "more records than a zone may have: a million, 256 MiB";
    return !err || master_error(m, &e.type_at, why, master_text(""), "");
}

static bool master_line(struct master *m)
{
    struct master_token t;
    bool blank = m->p < m->end && (*m->p == ' ' || *m->p == '\t');
    if (!master_next(m, &t)) return false;
    if (master_ended(&t)) return true;
    if (t.kind == MASTER_STRING) return master_error(m, &t, "a line does not begin with a string", master_text(""), "");
    if (!blank && t.text.p[0] == '$') return master_directive(m, &t);
    return master_entry(m, &t, !blank);
}

static void master_file(struct master *m)
{
    if (m->source->n >= 3 && memcmp(m->source->text, "\xef\xbb\xbf", 3) == 0) m->p = m->line_start += 3; /* byte order mark */
    while (m->p < m->end && m->source->errors < MASTER_ERRORS_MAX && !m->no_memory)
        if (!master_line(m)) master_recover(m);
    if (m->parentheses) master_error(m, &m->open, "the parenthesis that opens here is never closed", master_text(""), "");
}

/* ---- the whole ---- */

static bool master_start(struct master *m)
{
    const char *origin = m->source->hints && !m->source->origin ? "." : m->source->origin;
    if (!origin) return true;
    if (!dns_name_parse(origin, &m->origin)) return master_error(m, NULL, "the zone's name \"", master_text(origin), "\" is no name");
    m->zone->origin = m->origin;
    m->has_origin = m->has_zone = true;
    return true;
}

static int master_read(struct master *m)
{
    if (!master_start(m)) return HP_EINVAL;
    master_file(m);
    if (m->no_memory) return HP_ENOMEM;
    if (m->source->errors) return HP_EINVAL;
    int err = zone_sort(m->zone);
    if (err == HP_ERANGE) master_error(m, NULL, "more than 1000 records of one name and type", master_text(""), "");
    if (!err) master_check(m);
    dns_name_text(&m->zone->origin, m->zone->text, sizeof m->zone->text);
    return err == HP_ENOMEM ? err : m->source->errors ? HP_EINVAL : HP_OK;
}

int hp_dns_zone_parse(const struct hp_allocator *allocator, struct hp_dns_zone_source *source, struct hp_dns_zone **out)
{
    const uint8_t *text = (const uint8_t *)source->text;
    struct master m = {.source = source, .p = text, .end = source->n ? text + source->n : text, .line_start = text, .line = 1};
    source->errors = source->warnings = 0;
    source->first = (struct hp_dns_zone_note){0};
    m.zone = zone_new(allocator);
    m.data = m.zone ? allocator->alloc(allocator->ctx, ZONE_DATA_MAX) : NULL;
    int err = m.data ? master_read(&m) : HP_ENOMEM;
    if (m.data) allocator->free(allocator->ctx, m.data, ZONE_DATA_MAX);
    if (err) hp_dns_zone_free(m.zone);
    else *out = m.zone;
    return err;
}
