/* The account of a journey: steps with a title and text, in English or Korean, for the terminal, the page and JSON alike. */
#ifndef CLI_JOURNEY_ACCOUNT_H
#define CLI_JOURNEY_ACCOUNT_H

#include <stdio.h>

#include "hepta/types.h"
#include "scene.h"

enum { ACCOUNT_STEPS_MAX = 12,
       ACCOUNT_PACKETS_MAX = 400 };

struct account_step {
    const char *label, *title; /* label: "3a" */
    char *text; /* paragraphs, divided by empty lines; those that begin with four blanks are shown as they are */
    size_t n;
    hp_time begin, end; /* those of its packets, or what steps_moments() makes of them; HP_NEVER, 0: none */
    int layer;
    uint64_t packet[ACCOUNT_PACKETS_MAX];
    size_t packets;
};
struct account {
    bool korean;
    int steps;
    bool table; /* the last line was one that is shown as it is */
    int cell; /* width of each of two columns while a framed table is drawn; 0: there is none */
    bool across; /* its last line was an event, which goes across both */
    FILE *to; /* of the step being written */
    struct account_step step[ACCOUNT_STEPS_MAX];
};

/* Of two texts the one in the account's language. */
static inline const char *account_of(const struct account *a, const char *english, const char *korean) { return a->korean ? korean : english; }

void account_begin(struct account *a, const char *label, int layer, const char *english, const char *korean);
/* A paragraph. */
void account_say(struct account *a, const char *english, const char *korean, ...);
/* A line of a table, shown as it is. */
void account_row(struct account *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Something that happened, between the rows of a table; in a framed one it goes across. */
void account_event(struct account *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A rule of a framed table: "├", "┼", "┤". */
void account_rule(struct account *a, const char *left, const char *middle, const char *right);
/* The next words of a cell that stand in that many columns; moves *text on. */
void account_words(const char **text, size_t most, char *out, size_t n);
void account_gap(struct account *a);
void account_packet(struct account *a, uint64_t id, hp_time in, hp_time out);
void account_end(struct account *a);
void account_free(struct account *a);

/* `width`: columns at which paragraphs are broken. */
void account_print(const struct account *a, int step, FILE *f, bool color, int width);
void account_scene(const struct account *a, const struct account *other, struct scene *s); /* other: the same in the other language */

#endif
