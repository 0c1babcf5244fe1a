/* The names of fields that a filter may use: those that dissect() gives, frame.len and frame.comment, and Wireshark's names for what dissect() calls
 * otherwise (tcp.window_size) or for either of two fields (ip.addr, tcp.port).  tests/wire/field.c holds the list against what dissect() gives. */
#ifndef WIRE_FIELD_H
#define WIRE_FIELD_H

#include "core/bytes.h"

extern const char *const field_names[]; /* NULL-terminated, in the order of the alphabet */
bool field_known(const char *name);

/* The other names under which dissect() gives what is asked for: none, one or two; the rest is NULL. */
enum { FIELD_OTHERS_MAX = 2 };
void field_others(const char *name, const char *out[FIELD_OTHERS_MAX]);

#endif
