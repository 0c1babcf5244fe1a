/* FQ-CoDel: a link's queue that is fair between flows and short (RFC 8290, RFC 8289). */
#ifndef CORE_FQ_CODEL_H
#define CORE_FQ_CODEL_H

#include "core/pkt.h"

enum {
    FQ_CODEL_LIMIT = 10240,             /* packets: RFC 8290 5.2.3 */
    FQ_CODEL_FLOWS = 1024,              /* RFC 8290 5.2.4 */
    FQ_CODEL_QUANTUM = 1514,            /* bytes of a turn: RFC 8290 5.2.5 */
    FQ_CODEL_TARGET_US = 5000,          /* RFC 8289 4.2 */
    FQ_CODEL_INTERVAL_US = 100000,      /* RFC 8289 4.3 */
    FQ_CODEL_DROPS_MAX = 64,            /* at once, of the longest flow: RFC 8290 4.1.3 */
};

struct fq_codel;

/* Room for `limit` packets (0 = FQ_CODEL_LIMIT), which have a MAC header (`ether`) or not; NULL if memory ran out. */
struct fq_codel *fq_codel_new(struct hp_stack *s, uint32_t limit, bool ether);
/* What waits dies: STOPPED. */
void fq_codel_free(struct hp_stack *s, struct fq_codel *fq);
/* A frame comes to wait; consumes.  Beyond the limit others die for it (LINK_FULL). */
void fq_codel_put(struct hp_stack *s, struct fq_codel *fq, struct hp_pkt *p);
/* The next to be sent, or NULL; those who waited too long die (CODEL) or, if they can, are marked (RFC 3168). */
struct hp_pkt *fq_codel_take(struct hp_stack *s, struct fq_codel *fq);
uint32_t fq_codel_count(const struct fq_codel *fq);
uint64_t fq_codel_bytes(const struct fq_codel *fq);
uint64_t fq_codel_marked(const struct fq_codel *fq);

#endif
