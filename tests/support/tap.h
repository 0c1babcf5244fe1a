/* A wire for tests: keeps what the stack sends, and lets the test put in what it should receive.
 *
 *     struct tap t;
 *     tap_init(&t);
 *     hp_link_add(s, &t.wire, NULL);
 *     tap_inject_hex(&t, "ffffffffffff 020000000002 0806 ...");
 *     hp_step(s, 0);
 *     const struct tap_frame *f = tap_take(&t);        NULL = nothing was sent */
#ifndef TEST_TAP_H
#define TEST_TAP_H

#include "hepta/wire.h"

enum { TAP_FRAME_MAX = 70000 };

/* A frame that was sent: valid until the next tap_take(). */
struct tap_frame {
    uint8_t b[TAP_FRAME_MAX];
    size_t n;
    hp_time time;               /* of the step that sent it */
    uint64_t id;
};

struct tap {
    struct hp_wire wire;        /* set wire.mtu and wire.flags before hp_link_add() if need be */
    struct hp_pkt *sent, **sent_last;
    unsigned count;             /* frames that wait to be taken */
    unsigned total;             /* frames ever sent */
    unsigned flushes;
    bool full;                  /* true: the wire says that it has no room */
    bool closed;
    struct tap_frame frame;
};

void tap_init(struct tap *t);
/* The oldest frame sent that was not yet looked at, or NULL. */
const struct tap_frame *tap_take(struct tap *t);
/* The same as a packet; the caller frees it. */
struct hp_pkt *tap_take_pkt(struct tap *t);
/* Forgets everything sent so far. */
void tap_clear(struct tap *t);
/* A frame arrives; the next hp_step() looks at it. */
void tap_inject(struct tap *t, const void *bytes, size_t n);
void tap_inject_hex(struct tap *t, const char *hex);

/* "ff 0a0b ..." to bytes, spaces ignored; answers how many.  Fails the test if they do not fit or are not hex. */
size_t hex_bytes(const char *hex, uint8_t *out, size_t max);
/* Fails the test, printing both, unless the n bytes are those of `hex` (".." matches any byte). */
void assert_bytes(const void *bytes, size_t n, const char *hex);

#endif
