/* The media that a wire can be: [0] carries Ethernet frames, [1] bare IP packets. */
#include "core/link.h"

extern const struct hp_link_type *const hp_link_types[];
const struct hp_link_type *const hp_link_types[] = {NULL, NULL};
