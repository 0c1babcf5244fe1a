/* hepta decode from inside. */
#ifndef CLI_DECODE_H
#define CLI_DECODE_H

#include "hepta/pcap.h"

/* A frame as it goes over a cable, bit by bit.  Answers the exit code. */
int decode_symbols(const struct hp_pcap_record *r, uint64_t number);

#endif
