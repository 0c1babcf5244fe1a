/* Numbered frames. */
#include "support/station.h"

#include <stdlib.h>

#include "support/test.h"

extern const struct hp_proto ether_proto;

static void station_rx(struct hp_stack *s, void *state, struct hp_pkt *p)
{
    struct station *t = hp_stack_user(s);
    uint8_t number[4];
    hp_pkt_copy_out(p, 0, number, 4);
    if (t->count == t->room) {
        t->room = t->room ? t->room * 2 : 64;
        t->got = realloc(t->got, t->room * sizeof *t->got);
        assert_non_null(t->got);
    }
    t->got[t->count++] = (struct station_frame){hp_now(s), p->id, get32(number), (uint32_t)hp_pkt_len(p) + 14};
    hp_pkt_free(p);
    for (unsigned i = 0; i < t->answer; i++) station_send(t, get32(number), 60);
}

static const struct hp_proto station_proto = {.name = "station", .layer = 3, .table = BY_ETHERTYPE,
                                              .number = STATION_ETHERTYPE, .rx = station_rx};
const struct hp_proto *const station_profile[] = {&ether_proto, &station_proto, NULL};

void station_init(struct station *t) { memset(t, 0, sizeof *t); }
void station_clear(struct station *t) { t->count = 0; }
void station_end(struct station *t) { free(t->got); }

void station_open(struct station *t, const char *name, const struct hp_allocator *allocator)
{
    struct hp_config c = {.name = name, .profile = station_profile, .allocator = allocator, .seed = 1};
    station_init(t);
    station_take(t, hp_stack_new(&c));
}

void station_take(struct station *t, struct hp_stack *s)
{
    assert_non_null(s);
    t->s = s;
    hp_stack_set_user(s, t);
}

void station_send(struct station *t, uint32_t number, size_t n)
{
    struct hp_link *l = link_get(t->s, 1);
    uint8_t *b;
    struct hp_pkt *p = hp_pkt_room(t->s, n, &b);
    if (!p) return;
    memset(b, (int)(number & 0xff), n);
    memset(b, 0xff, 6);
    memcpy(b + 6, l->mac.b, 6);
    put16(b + 12, STATION_ETHERTYPE);
    put32(b + 14, number);
    link_queue(t->s, l, p);
}
