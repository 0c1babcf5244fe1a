/* What a cable does to frames, in words: the same in a `cable` line and in `set CABLE ...`, wherever the words come from. */
#ifndef LAB_PLAN_VALUE_H
#define LAB_PLAN_VALUE_H

#include "hepta/plan.h"

struct value_words {
    const struct hp_plan *plan;                 /* for its rate-traces */
    void *ctx;
    const char *(*peek)(void *ctx);             /* the next word; NULL or "" = there is none */
    void (*take)(void *ctx);                    /* it was right */
    /* It is no `what` ("share, as 1%"), and there may be words like it: complains and answers false. */
    bool (*wrong)(void *ctx, const char *const *nearest, const char *what);
};

enum value_field { VALUE_RATE, VALUE_DELAY, VALUE_LENGTH, VALUE_LOSS, VALUE_BURST, VALUE_DUPLICATE, VALUE_REORDER, VALUE_JITTER, VALUE_BIT_ERRORS,
                   VALUE_CORRUPT, VALUE_RING, VALUE_MTU, VALUE_FIELDS };
extern const char *const value_names[];         /* "rate", ...; ends with NULL */

enum value_field value_find(const char *name);  /* VALUE_FIELDS: it is none */
bool value_read(const struct value_words *w, enum value_field field, struct hp_way *out);
void value_copy(struct hp_way *to, const struct hp_way *from, enum value_field field);
const struct hp_rate_trace *value_trace(const struct hp_plan *plan, const char *name);     /* or NULL */

#endif
