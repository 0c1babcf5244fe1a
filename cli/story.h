/* The account of what happened at each layer: a consumer of the trace that tells the first frames one by one, then counts. */
#ifndef CLI_STORY_H
#define CLI_STORY_H

#include <stdio.h>

#include "hepta/hepta.h"

enum { STORY_FRAMES_MAX = 24, STORY_LINKTYPE_ETHERNET = 1, STORY_LINKTYPE_IP = 101 };

struct story {
    FILE *out;                          /* NULL: only count */
    const char *client, *server;        /* names of the machines whose frames and states are told; server may be NULL */
    int linktype;
    bool color;
    /* what was counted, to be read */
    uint64_t frames_told, frames_skipped;
    uint64_t client_rx_frames, client_rx_bytes, client_tx_frames, client_tx_bytes;
    uint64_t drops[HP_DROP_COUNT];
    uint8_t ttl_seen;                   /* of the last TCP packet that reached the client */
    uint32_t win_max;                   /* the largest receive window that the client announced, scaled */
    uint8_t wscale;
    bool data_began;
    hp_time began;
};

/* A trace hook; ctx is a struct story. */
void story_event(void *ctx, const struct hp_event *e);
/* A line of one's own in the same form: "0.000000  client   7 http   GET /". */
void story_say(struct story *s, hp_time t, const char *who, int layer, const char *what, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
void story_title(struct story *s, const char *text);

#endif
