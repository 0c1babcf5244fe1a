/* Bytes into lines, lines into words.
 *
 * Words are parted by blanks.  "..." makes a word of anything; \" \\ \n in it; a backslash before $ [ # " or itself takes their meaning away.
 * # begins a comment where a word could begin.  A backslash at the end of a line: the line goes on.  The text must be UTF-8. */
#include "core/bytes.h"
#include "core/utf8.h"
#include "lab/plan/plan.h"

static struct hp_plan_place lexer_place(struct plan_source *s)
{
    if (s->origin) return plan_origin_place(s);
    return (struct hp_plan_place){s->line, s->column, s->file};
}

static bool lexer_is_end(const struct plan_source *s, size_t at)
{
    return at >= s->n || s->text[at] == '\n' || (s->text[at] == '\r' && (at + 1 >= s->n || s->text[at + 1] == '\n'));
}

static bool lexer_is_blank(char c) { return c == ' ' || c == '\t'; }

static void lexer_next_line(struct plan_source *s)
{
    while (s->at < s->n && s->text[s->at] != '\n') s->at++;
    s->at += s->at < s->n;
    s->line++;
    s->column = 1;
}

/* One character: 0 = r->err. */
static size_t lexer_character(struct plan_reader *r, struct plan_source *s)
{
    uint8_t c = (uint8_t)s->text[s->at];
    uint32_t code = c;
    size_t took = c < 0x80 ? 1 : utf8_take(s->text + s->at, s->n - s->at, &code);
    if (!took) {
        plan_fail_at(r, lexer_place(s), "byte %x is no UTF-8", (unsigned)c);
        return 0;
    }
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
        plan_fail_at(r, lexer_place(s), "a control character (%x) has no place here", code);
        return 0;
    }
    s->column += c < 0x80 ? 1 : utf8_cells(code);
    return took;
}

struct lexer_out {
    char *start, *p;
    bool plain;
};

/* After a backslash. */
static void lexer_escaped(struct lexer_out *o, char c, bool quoted)
{
    if (c == '$' || c == '[') {
        *o->p++ = PLAN_ESC;
        *o->p++ = c;
        o->plain = false;
    } else if (quoted && c == 'n') {
        *o->p++ = '\n';
    } else {
        *o->p++ = c;
    }
}

static bool lexer_take_escape(struct plan_source *s, struct lexer_out *o, bool quoted)
{
    if (s->text[s->at] != '\\' || s->at + 1 >= s->n || !strchr(quoted ? "$[\"\\n" : "$[\"\\#", s->text[s->at + 1]) || !s->text[s->at + 1]) return false;
    lexer_escaped(o, s->text[s->at + 1], quoted);
    s->at += 2;
    s->column += 2;
    return true;
}

static bool lexer_take_quoted(struct plan_reader *r, struct plan_source *s, struct lexer_out *o)
{
    struct hp_plan_place place = lexer_place(s);
    s->at++;
    s->column++;
    while (!lexer_is_end(s, s->at) && s->text[s->at] != '"') {
        if (lexer_take_escape(s, o, true)) continue;
        if (s->text[s->at] == '$') o->plain = false;
        size_t took = s->text[s->at] == '\t' ? (s->column++, (size_t)1) : lexer_character(r, s);
        if (!took) return false;
        memmove(o->p, s->text + s->at, took);
        o->p += took;
        s->at += took;
    }
    if (lexer_is_end(s, s->at)) return plan_fail_at(r, place, "this quotation does not end in its line");
    s->at++;
    s->column++;
    if (lexer_is_end(s, s->at) || lexer_is_blank(s->text[s->at])) return true;
    return plan_fail_at(r, lexer_place(s), "a blank is missing after the quotation");
}

static bool lexer_goes_on(const struct plan_source *s) { return s->text[s->at] == '\\' && s->at + 1 < s->n && lexer_is_end(s, s->at + 1); }

static bool lexer_take_plain(struct plan_reader *r, struct plan_source *s, struct lexer_out *o)
{
    while (!lexer_is_end(s, s->at) && !lexer_is_blank(s->text[s->at]) && !lexer_goes_on(s)) {
        if (lexer_take_escape(s, o, false)) continue;
        char c = s->text[s->at];
        if (c == '$' || c == '[') o->plain = false;
        if (c == '"') return plan_fail_at(r, lexer_place(s), "a quotation begins a word: a blank is missing before it, or a backslash");
        size_t took = lexer_character(r, s);
        if (!took) return false;
        memcpy(o->p, s->text + s->at, took);
        o->p += took;
        s->at += took;
    }
    return true;
}

static bool lexer_word(struct plan_reader *r, struct plan_source *s)
{
    if (r->words >= HP_PLAN_LINE_WORDS_MAX) return plan_fail_at(r, lexer_place(s), "more than %d words in a line", HP_PLAN_LINE_WORDS_MAX);
    if (!plan_grow(r->arena, (void **)&r->word, &r->word_room, r->words, sizeof *r->word)) return plan_no_memory(r);
    struct lexer_out o = {s->cut + s->at, s->cut + s->at, true};
    struct plan_word w = {.text = o.start, .place = lexer_place(s), .quoted = s->text[s->at] == '"'};
    bool ok = w.quoted ? lexer_take_quoted(r, s, &o) : lexer_take_plain(r, s, &o);
    if (!ok) return false;
    w.n = (uint32_t)(o.p - o.start);
    w.plain = o.plain;
    if (w.n > HP_PLAN_WORD_MAX) return plan_fail(r, &w, "this word has more than %d bytes", HP_PLAN_WORD_MAX);
    *o.p = 0; /* where a blank or the line's end was: the text has its own copy */
    r->word[r->words++] = w;
    return true;
}

/* Words up to the end of the line; r->words may be 0. */
static bool lexer_words(struct plan_reader *r, struct plan_source *s)
{
    for (;;) {
        while (s->at < s->n && lexer_is_blank(s->text[s->at])) {
            s->at++;
            s->column++;
        }
        if (lexer_is_end(s, s->at) || s->text[s->at] == '#') break;
        if (lexer_goes_on(s)) lexer_next_line(s);
        else if (!lexer_word(r, s)) return false;
    }
    return true;
}

bool plan_line(struct plan_reader *r, struct plan_source *s)
{
    r->words = 0;
    while (s->at < s->n) {
        bool ok = lexer_words(r, s);
        lexer_next_line(s);
        if (!ok) return false;
        if (r->words) return true;
    }
    return false;
}
