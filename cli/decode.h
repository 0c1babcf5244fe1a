/* hepta decode from inside. */
#ifndef CLI_DECODE_H
#define CLI_DECODE_H

#include "hepta/line_code.h"
#include "hepta/pcap.h"

/* A frame as it goes over a cable, bit by bit.  Answers the exit code. */
int decode_symbols(const struct hp_pcap_record *r, uint64_t number, const struct hp_line_code *code);

#endif
