/* What a host can do: its list, lower layers first. */
#include "core/stack.h"

extern const struct hp_proto *const hp_profile_host[];
const struct hp_proto *const hp_profile_host[] = {NULL};
