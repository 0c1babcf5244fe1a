/* Golden frames, and what tests of formats do with them. */
#ifndef TEST_GOLDEN_H
#define TEST_GOLDEN_H

#include "core/bytes.h"
#include "support/test.h"

struct golden {
    const char *name, *hex;
    const char *line;           /* what dissect_line() says */
};

extern const struct golden golden[];
extern const size_t golden_count;

/* Bytes from hex digits and spaces; valid until the fourth call after this one. */
struct hp_bytes unhex(const char *hex);
struct hp_bytes golden_bytes(const char *name);
struct hp_bytes golden_from(const char *name, size_t at);
/* f for the first 0, 1, ..., all bytes, each in a block of exactly that size. */
void each_cut(struct hp_bytes all, void (*f)(struct hp_bytes in));
/* Says where they differ. */
void assert_bytes_equal(struct hp_bytes got, struct hp_bytes want);

#endif
