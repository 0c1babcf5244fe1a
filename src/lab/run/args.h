/* What stands behind a program's name: some words by place, others by name, as one table says.
 *
 *     get URL [times N] [interval TIME]
 *     {{ARGS_TEXT, NULL, "a URL", offsetof(struct get, url)}, {ARGS_NUMBER, "times", "how often", offsetof(struct get, times), 1, 1000}, {0}} */
#ifndef LAB_RUN_ARGS_H
#define LAB_RUN_ARGS_H

#include "hepta/run.h"

enum args_kind {
    ARGS_END,
    ARGS_TEXT,                          /* const char *                                             */
    ARGS_NUMBER,                        /* int64_t, least..most                                     */
    ARGS_SIZE,                          /* uint64_t: 1500, 64k, 2MiB                                */
    ARGS_SPAN,                          /* hp_time: 10ms                                            */
    ARGS_RATE,                          /* uint64_t, bit/s                                          */
    ARGS_FLAG,                          /* bool: the word alone                                     */
    ARGS_AMOUNT,                        /* struct args_amount: 5s, or 10M                           */
    ARGS_REST,                          /* struct hp_plan_words: all that is left, at least one     */
};

struct args_amount {
    hp_time span;
    uint64_t bytes;
};

struct args_spec {
    enum args_kind kind;
    const char *word;                   /* NULL: by its place; those come first and must all be there */
    const char *what;                   /* for messages: "a host's name or address"                  */
    size_t offset;                      /* in the program's state                                    */
    int64_t least, most;                /* of a number; 0 0 = any                                    */
};

enum { ARGS_SPECS_MAX = 16 };

bool args_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error, const struct args_spec *specs);

#endif
