/* The congestion controls that a connection can choose (TCP_CONGESTION): the first is the default. */
#include <stddef.h>

struct hp_cc;
extern const struct hp_cc cc_cubic, cc_reno;

extern const struct hp_cc *const hp_congestion[];
const struct hp_cc *const hp_congestion[] = {&cc_cubic, &cc_reno, NULL};
