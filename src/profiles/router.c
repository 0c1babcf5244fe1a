/* What a router can do. */
#include "core/stack.h"

extern const struct hp_proto *const hp_profile_router[];
const struct hp_proto *const hp_profile_router[] = {NULL};
