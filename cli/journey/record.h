/* What happened on the way of a page: every frame on every cable with its bytes, every state of TCP, everything that programs said. */
#ifndef CLI_JOURNEY_RECORD_H
#define CLI_JOURNEY_RECORD_H

#include "hepta/run.h"

enum { RECORD_FRAMES_MAX = 50000,
       RECORD_STATES_MAX = 10000,
       RECORD_NEWS_MAX = 10000,
       RECORD_DEATHS_MAX = 20000,
       RECORD_BYTES_MAX = 66000 };

/* What a frame is, for those that look at all of them: layers that it has, flags of TCP that are set.  What an ICMP error quotes is no layer of the
 * frame: of it only the ports are kept. */
enum { RECORD_ARP = 1, RECORD_DHCP = 2, RECORD_DNS = 4, RECORD_RIP = 8, RECORD_TCP = 16, RECORD_SYN = 32, RECORD_FIN = 64, RECORD_ACK = 128, RECORD_RST = 256,
       RECORD_ICMP = 512 };

struct record_frame {
    hp_time in, out; /* out: HP_NEVER = it did not arrive */
    uint64_t id;
    uint32_t cable; /* of the plan */
    uint8_t end; /* that it was handed in at */
    bool raw_ip; /* it begins with its IP header */
    enum hp_drop drop;
    uint16_t copies; /* more of it that arrived: the cable doubled it */
    struct hp_bytes bytes; /* without FCS */
    uint32_t fcs;
    uint16_t is;
    uint16_t from_port, to_port; /* of TCP or UDP; RECORD_ICMP: of the packet that it quotes */
    struct hp_bytes payload; /* what TCP carries */
    struct hp_prefix route; /* of TCP that a router handed in: what its table said then; gateway: any = on this cable */
    struct hp_ip gateway;
    bool routed;
};
/* A packet that died in a machine. */
struct record_death {
    hp_time time;
    uint64_t id;
    uint32_t node;
    enum hp_drop drop;
};
struct record_state {
    hp_time time;
    uint32_t node;
    uint64_t object;
    char from[16], to[16];
    char key[2 * HP_ENDPOINT_TEXT]; /* "10.7.0.2:40000 > 10.7.0.1:80" */
};
struct record_news {
    hp_time time;
    enum hp_run_news kind;
    const char *app, *node;
    char *text;
};

struct record {
    const struct hp_plan *plan;
    struct hp_world *world;
    struct record_frame *frame;
    struct record_death *death;
    struct record_state *state;
    struct record_news *news;
    uint32_t frames, states, newses, deaths, frames_room, states_room, news_room, deaths_room;
    uint32_t left_out;
};

/* One more of each: what the world tells, or a real wire.  NULL: no room. */
struct record_frame *record_keep(struct record *r, const struct hp_pkt *pkt, hp_time time, uint32_t cable, int end, bool raw_ip);
struct record_state *record_keep_state(struct record *r, const struct hp_event *e, uint32_t node);
void record_keep_death(struct record *r, const struct hp_event *e, uint32_t node);

/* Makes the first room for all of them; HP_ENOMEM. */
int record_new(struct record *r);
/* Watches from now on; HP_ENOMEM. */
int record_begin(struct record *r, struct hp_world *w, const struct hp_plan *plan);
void record_tell(struct record *r, const struct hp_run_event *e);
void record_free(struct record *r);

/* The node that handed the frame in, and the one that it was for. */
uint32_t record_from(const struct record *r, const struct record_frame *f);
uint32_t record_to(const struct record *r, const struct record_frame *f);
/* The IP address, of either version, that it is from, or to. */
bool record_ip(const struct record_frame *f, bool to, char *buf, size_t n);
static inline int record_link(const struct record_frame *f) { return f->raw_ip ? 101 : 1; } /* enum dissect_link */
/* Any other field of the frame: false = it has none. */
bool record_text(const struct record_frame *f, const char *field, char *buf, size_t n);
uint64_t record_number(const struct record_frame *f, const char *field); /* 0 = none */
bool record_is_tcp(const struct record_frame *f, uint16_t port); /* from or to it */

#endif
