/* A kind of socket without a network, for tests of what stands above transports: the test says what each call answers and
 * what the socket is ready for. */
#ifndef TEST_FAKE_SOCK_H
#define TEST_FAKE_SOCK_H

#include "core/stack.h"

struct fake_sock {
    struct hp_sock base;
    int connect, accept, bind, listen;  /* what the calls answer                              */
    uint8_t sent[64];
    size_t sent_n, send_room;           /* takes so many bytes, then HP_EAGAIN                */
    uint8_t in[64];
    size_t in_n;                        /* what can be received; nothing: HP_EAGAIN           */
    bool end;                           /* ... or the end of the stream                       */
    unsigned readiness;
    int calls;                          /* of send and recv                                   */
    int opt, opt_value;                 /* the last setopt                                    */
};

/* A profile of programs and fake sockets of both kinds: HP_STREAM and HP_DGRAM. */
extern const struct hp_proto *const fake_profile[];
extern int fake_open_error;

static inline struct fake_sock *fake_of(struct hp_sock *sock) { return (struct fake_sock *)(void *)sock; }
/* Gives it bytes to be received, and marks it. */
void fake_arrive(struct hp_sock *sock, const char *text);
void fake_mark(struct hp_sock *sock, unsigned what);

#endif
