/* Events as lines in a growing buffer. */
#include "support/log.h"

#include <stdlib.h>

#include "support/test.h"

static void log_event(void *ctx, const struct hp_event *e)
{
    struct test_log *l = ctx;
    char line[256];
    hp_event_text(e, line, sizeof line);
    size_t n = strlen(line);
    if (l->n + n + 2 > l->room) {
        l->room = (l->room + n + 2) * 2;
        l->text = realloc(l->text, l->room);
        assert_non_null(l->text);
    }
    memcpy(l->text + l->n, line, n);
    l->n += n;
    l->text[l->n++] = '\n';
    l->text[l->n] = 0;
}

void log_init(struct test_log *l) { *l = (struct test_log){.trace = {.event = log_event, .ctx = l}}; }

void log_end(struct test_log *l)
{
    free(l->text);
    *l = (struct test_log){0};
}

void log_clear(struct test_log *l)
{
    l->n = 0;
    if (l->text) *l->text = 0;
}

unsigned log_count(const struct test_log *l, const char *part)
{
    unsigned count = 0;
    const char *at = l->text;
    while (at && (at = strstr(at, part))) {
        count++;
        at = strchr(at, '\n');
    }
    return count;
}

void assert_logged(const struct test_log *l, const char *part)
{
    if (!log_count(l, part)) fail_msg("no event says \"%s\"; the trace is\n%s", part, l->text ? l->text : "");
}

void assert_not_logged(const struct test_log *l, const char *part)
{
    if (log_count(l, part)) fail_msg("an event says \"%s\"; the trace is\n%s", part, l->text);
}
