/* Steps are written as text once, and shown by whoever wants them. */
#define _GNU_SOURCE /* open_memstream */
#include "journey/account.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "core/utf8.h"

void account_end(struct account *a)
{
    if (!a->to) return;
    fclose(a->to);
    a->to = NULL;
}

void account_begin(struct account *a, const char *label, int layer, const char *english, const char *korean)
{
    account_end(a);
    if (a->steps == ACCOUNT_STEPS_MAX) return;
    struct account_step *s = &a->step[a->steps++];
    *s = (struct account_step){.label = label, .title = account_of(a, english, korean), .layer = layer, .begin = HP_NEVER};
    a->to = open_memstream(&s->text, &s->n);
    a->table = false;
}

void account_gap(struct account *a)
{
    if (a->to && ftell(a->to) > 0) fputs(a->table ? "\n" : "\n\n", a->to);
    a->table = false;
}

void account_say(struct account *a, const char *english, const char *korean, ...)
{
    va_list args;
    if (!a->to) return;
    account_gap(a);
    va_start(args, korean);
    vfprintf(a->to, account_of(a, english, korean), args);
    va_end(args);
}

void account_row(struct account *a, const char *format, ...)
{
    va_list args;
    if (!a->to) return;
    if (!a->table) account_gap(a);
    a->table = true;
    fputs("    ", a->to);
    va_start(args, format);
    vfprintf(a->to, format, args);
    va_end(args);
    fputc('\n', a->to);
}

/* ---- framed tables ---- */

void account_rule(struct account *a, const char *left, const char *middle, const char *right)
{
    char line[600] = "";
    for (int i = 0; i < a->cell + 2 && 3 * i + 4 < (int)sizeof line; i++) memcpy(line + 3 * i, "─", 4);
    if (a->across) middle = strcmp(middle, "┼") == 0 ? "┬" : "─"; /* no column ends above */
    account_row(a, "%s%s%s%s%s", left, line, middle, line, right);
    a->across = false;
}

void account_words(const char **text, size_t most, char *out, size_t n)
{
    size_t at = 0, cells = 0;
    while (**text == ' ') ++*text;
    while (**text) {
        size_t word = strcspn(*text, " \n"), wide = utf8_text_cells(*text, word);
        if ((at && cells + 1 + wide > most) || at + word + 2 > n) break;
        if (at) out[at++] = ' ', cells++;
        memcpy(out + at, *text, word);
        at += word;
        cells += wide;
        *text += word;
        if (**text == '\n') {
            ++*text;
            break;
        }
        while (**text == ' ') ++*text;
    }
    out[at] = 0;
}

void account_event(struct account *a, const char *format, ...)
{
    char text[900], line[400], shown[500];
    const char *rest = text;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!a->cell) {
        account_row(a, "%s", text);
        return;
    }
    if (!a->across) account_rule(a, "├", "┴", "┤");
    for (int indent = 0; *rest; indent = 4) {
        account_words(&rest, (size_t)(2 * a->cell + 3 - indent), line, sizeof line);
        account_row(a, "│ %*s%s │", indent, "", cli_pad(line, 2 * a->cell + 3 - indent, shown, sizeof shown));
    }
    a->across = true;
}

void account_packet(struct account *a, uint64_t id, hp_time in, hp_time out)
{
    if (!a->steps) return;
    struct account_step *s = &a->step[a->steps - 1];
    if (in < s->begin) s->begin = in;
    if (out != HP_NEVER && out > s->end) s->end = out;
    for (size_t i = 0; i < s->packets; i++)
        if (s->packet[i] == id) return;
    if (s->packets < ACCOUNT_PACKETS_MAX) s->packet[s->packets++] = id;
}

void account_free(struct account *a)
{
    account_end(a);
    for (int i = 0; i < a->steps; i++) free(a->step[i].text);
}

/* ---- out ---- */

/* A paragraph, broken at blanks. */
static void account_print_words(const char *line, size_t n, FILE *f, int width)
{
    int column = 0;
    fputs("  ", f);
    for (size_t at = 0; at < n;) {
        size_t word = strcspn(line + at, " \n");
        if (word > n - at) word = n - at;
        int wide = (int)utf8_text_cells(line + at, word);
        if (column && column + 1 + wide > width) {
            fputs("\n  ", f);
            column = 0;
        }
        fprintf(f, " %.*s", (int)word, line + at);
        column += 1 + wide;
        at += word + 1;
    }
    fputc('\n', f);
}

void account_print(const struct account *a, int step, FILE *f, bool color, int width)
{
    const struct account_step *s = &a->step[step];
    fprintf(f, "\n%s%-2s %s%s\n", color ? "\033[1m" : "", s->label, s->title, color ? "\033[0m" : "");
    for (const char *line = s->text, *end; line && *line; line = *end ? end + 1 : end) {
        end = strchr(line, '\n');
        if (!end) end = line + strlen(line);
        if (end == line) fputc('\n', f);
        else if (*line == ' ') fprintf(f, "   %.*s\n", (int)(end - line) - 2, line + 2);
        else account_print_words(line, (size_t)(end - line), f, width - 4);
    }
}

/* The story goes forward: what would have begun before the step before it begins with that one. */
void account_scene(const struct account *a, const struct account *other, struct scene *s)
{
    hp_time before = 0;
    for (int i = 0; i < a->steps; i++) {
        const struct account_step *k = &a->step[i], *o = i < other->steps ? &other->step[i] : NULL;
        hp_time begin = k->begin == HP_NEVER || k->begin < before ? before : k->begin, end = k->end > begin ? k->end : begin;
        scene_step(s, &(struct scene_step){.label = k->label, .title = k->title, .text = k->text, .begin = begin, .end = end, .layer = k->layer,
                                           .other_lang = o ? other->korean ? "ko" : "en" : NULL, .other_title = o ? o->title : NULL,
                                           .other_text = o ? o->text : NULL, .packets = k->packet, .packet_count = k->packets});
        before = begin;
    }
}
