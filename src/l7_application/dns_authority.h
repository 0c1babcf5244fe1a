/* Answers with authority: RFC 1034 4.3.2 over zones in memory, or a list of names. */
#ifndef L7_DNS_AUTHORITY_H
#define L7_DNS_AUTHORITY_H

#include "l7_application/dns_message.h"
#include "l7_application/dns_zone.h"

/* The answer to a question that was read, in at most `room` bytes; *count: records in its answer section, -1 no such name, -2 refused. */
size_t authority_answer(const struct hp_dns_server *d, const struct dns_asked *q, uint8_t *out, size_t room, int *count);
/* The zone that holds `name` most closely; NULL = none. */
const struct hp_dns_zone *authority_zone(const struct hp_dns_server *d, const struct dns_name *name, uint16_t type);

#endif
