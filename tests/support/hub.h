/* Stacks on one wire, in virtual time: what one sends, all others receive at once (what a stack that is alone sends, waits in its tap).
 *
 *     struct hub h;
 *     hub_init(&h, 0);
 *     hub_plug(&h, a);  hub_plug(&h, b);       adds a link to each, named eth0
 *     hub_run(&h, HP_S(3));                    until h.now is 3 s */
#ifndef TEST_HUB_H
#define TEST_HUB_H

#include "support/tap.h"

enum { HUB_PORTS_MAX = 8 };

struct hub {
    hp_time now;
    int ports;
    struct tap *tap[HUB_PORTS_MAX];
    struct hp_stack *stack[HUB_PORTS_MAX];
    int link[HUB_PORTS_MAX];
    bool cut[HUB_PORTS_MAX];            /* neither sends nor receives */
    /* Sees every frame, and may forbid it by answering false; or NULL. */
    bool (*filter)(void *ctx, int from, const struct tap_frame *f);
    void *ctx;
    unsigned frames;
};

void hub_init(struct hub *h, hp_time now);
/* Answers the link's index in that stack. */
int hub_plug(struct hub *h, struct hp_stack *s);
/* Steps every stack as they ask for it and carries frames, until h->now is `until`. */
void hub_run(struct hub *h, hp_time until);
/* Puts a frame to every port, as if a foreign station had sent it. */
void hub_inject(struct hub *h, const void *bytes, size_t n);
void hub_end(struct hub *h);            /* after the stacks are gone */

#endif
