/* Frames that leave together: consecutive segments of one connection become one large one that the kernel need not cut. */
#ifndef OS_BATCH_H
#define OS_BATCH_H

#include "os/vnet.h"

enum { BATCH_FRAMES_MAX = 64, BATCH_HEADERS_MAX = 18 + 60 + 60, BATCH_PARTS_MAX = 2 + 2 * BATCH_FRAMES_MAX };

/* Where the parts of a frame are that may be merged. */
struct batch_segment {
    size_t ip_at, tcp_at, headers, payload;
    uint32_t seq;
    bool v6, last;                      /* last: nothing may follow it (PSH, FIN) */
};

struct batch {
    bool bare, merging;                 /* no link header; the wire may merge */
    bool open;                          /* another segment may be added */
    int count;
    size_t payload;                     /* of all */
    struct batch_segment first;
    uint32_t next;                      /* the sequence number that follows */
    struct virtio_net_hdr vnet;
    struct hp_pkt *pkt[BATCH_FRAMES_MAX];
    uint8_t head[BATCH_HEADERS_MAX];    /* of the merged segment */
};

void batch_init(struct batch *b, const struct hp_wire *w);
static inline bool batch_is_empty(const struct batch *b) { return b->count == 0; }
/* False: p does not go with what is there; write and end that first.  An empty batch takes anything. */
bool batch_add(struct batch *b, struct hp_pkt *p);
/* What is to be written in one call; answers how many parts. */
int batch_vector(struct batch *b, struct iovec v[BATCH_PARTS_MAX]);
void batch_sent(struct batch *b);
void batch_drop(struct batch *b, struct hp_wire *w, enum hp_drop why);

#endif
