/* Line codes on a way: what bit errors on symbols do to a frame. */
#ifndef L1_LINE_CODE_H
#define L1_LINE_CODE_H

#include "hepta/line_code.h"
#include "l1_physical/fault.h"

/* How many symbols this frame is on the line, padded and with its FCS. */
size_t line_code_span(const struct hp_line_code *code, const struct hp_pkt *p);
/* Sends the frame, of which some symbol is wrong, through code, errors and receiver.  It is then what the receiver made of it, with
 * its FCS; or p->broken says what it will die of, and its bytes are those that were sent.  False: no memory, p is still the caller's. */
bool line_code_fault(const struct hp_line_code *code, struct fault *f, struct hp_pkt *p);

#endif
