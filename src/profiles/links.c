/* The media that a wire can be: [0] carries Ethernet frames, [1] bare IP packets, [2] bare IP packets back to us. */
#include "core/link.h"

extern const struct hp_link_type ether_type, ip_type, loop_type;

extern const struct hp_link_type *const hp_link_types[];
const struct hp_link_type *const hp_link_types[] = {&ether_type, &ip_type, &loop_type};
