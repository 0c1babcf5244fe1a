/* What a switch can do: move frames between its ports. */
#include "core/stack.h"

extern const struct hp_proto ether_proto, bridge_proto;

extern const struct hp_proto *const hp_profile_switch[];
const struct hp_proto *const hp_profile_switch[] = {&ether_proto, &bridge_proto, NULL};
