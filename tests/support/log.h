/* A trace hook for tests: keeps every event as a line of text, to be searched, and printed when a test fails. */
#ifndef TEST_LOG_H
#define TEST_LOG_H

#include "hepta/trace.h"

struct test_log {
    struct hp_trace trace;      /* give this to hp_config; set trace.kinds for fewer events */
    char *text;                 /* lines */
    size_t n, room;
};

void log_init(struct test_log *l);
void log_end(struct test_log *l);
void log_clear(struct test_log *l);
/* How many lines hold `part`. */
unsigned log_count(const struct test_log *l, const char *part);
/* Fails the test, printing the log, unless some line holds `part`. */
void assert_logged(const struct test_log *l, const char *part);
void assert_not_logged(const struct test_log *l, const char *part);

#endif
