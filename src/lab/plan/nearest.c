/* What was probably meant: the nearest word by edit distance (insert, delete, replace, swap), in characters, not bytes. */
#include <string.h>

#include "core/utf8.h"
#include "lab/plan/plan.h"

enum { NEAREST_MAX = 40 };

static unsigned nearest_characters(const char *s, uint32_t out[NEAREST_MAX])
{
    unsigned count = 0;
    for (size_t n = strlen(s); n && count < NEAREST_MAX; count++) {
        size_t took = utf8_take(s, n, &out[count]);
        if (!took) break;
        s += took;
        n -= took;
        if (out[count] >= 'A' && out[count] <= 'Z') out[count] += 'a' - 'A';
    }
    return count;
}

static unsigned nearest_least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Optimal string alignment: three rows of Wagner and Fischer's table. */
static unsigned nearest_distance(const uint32_t *a, unsigned na, const uint32_t *b, unsigned nb)
{
    unsigned row[3][NEAREST_MAX + 1];
    for (unsigned j = 0; j <= nb; j++) row[0][j] = j;
    for (unsigned i = 1; i <= na; i++) {
        unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (unsigned j = 1; j <= nb; j++) {
            now[j] = nearest_least(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < now[j]) now[j] = before[j - 2] + 1;
        }
    }
    return row[na % 3][nb];
}

struct plan_nearest plan_nearest_to(const char *wrong)
{
    uint32_t a[NEAREST_MAX];
    return (struct plan_nearest){.wrong = wrong, .distance = (nearest_characters(wrong, a) + 2) / 3 + 1};
}

void plan_nearest_try(struct plan_nearest *n, const char *word)
{
    uint32_t a[NEAREST_MAX], b[NEAREST_MAX];
    unsigned na = nearest_characters(n->wrong, a), nb = nearest_characters(word, b);
    unsigned gap = na > nb ? na - nb : nb - na;
    bool begins = na >= 3 && nb > na && memcmp(a, b, na * sizeof *a) == 0;
    if (gap >= n->distance && !begins) return;
    unsigned distance = begins ? 1 : nearest_distance(a, na, b, nb);
    if (distance >= n->distance) return;
    n->distance = distance;
    n->best = word;
}

const char *hp_nearest(const char *wrong, const char *const *words)
{
    struct plan_nearest n = plan_nearest_to(wrong);
    for (; *words; words++) plan_nearest_try(&n, *words);
    return n.best;
}

void plan_nearest_hint(const struct plan_nearest *n, struct hp_plan_error *error)
{
    if (!n->best) return;
    struct text t = text_of(error->hint, sizeof error->hint);
    text_str(&t, "did you mean \"");
    text_str(&t, n->best);
    text_str(&t, "\"?");
}
