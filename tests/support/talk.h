/* A conversation with TCP in virtual time: the test plays the peer, segment by segment, as text.
 *
 *     talk_begin(t);
 *     talk_connect(t);
 *     talk_expect(t, "SYN seq=0 win=65535 mss=1460");
 *     talk_send(t, "SYN ACK seq=0 ack=1 win=1000 mss=1460");
 *     talk_expect(t, "ACK seq=1 ack=1");
 *     talk_state(t, "ESTABLISHED");
 *     talk_end(t);
 *
 * A segment is its flags (all of them, in any order) and then keys: seq ack win len urg mss wscale sackok ts=VAL:ECR sack=L-R dsack=L-R.
 * Numbers are relative to the initial sequence numbers, windows as in the header.  talk_expect() compares what the text names;
 * data is checked always.  A failure prints the whole conversation and the trace. */
#ifndef TEST_TALK_H
#define TEST_TALK_H

#include "core/stack.h"
#include "hepta/hepta.h"
#include "support/alloc.h"
#include "support/log.h"
#include "support/tap.h"
#include "support/test.h"

enum { TALK_PORT = 80, TALK_PEER_PORT = 4000 };

struct talk {
    struct test_alloc alloc;
    struct test_log log;
    struct tap tap;
    struct hp_stack *s;
    int link;
    struct hp_sock *sock, *listener;
    struct hp_ip ip, peer;
    uint16_t port, peer_port;   /* ours; the peer's */
    uint32_t iss, irs;          /* of the machine under test (once it sent a SYN or was told); of the peer */
    bool iss_known, v6;
    hp_time now;
    hp_time at;                 /* when the segment of the last talk_expect() was sent */
    uint64_t written, read;     /* bytes of the streams: the n-th byte has the value talk_byte(n) */
    char *said;                 /* the conversation so far */
    size_t said_n, said_room;
};

/* The initial sequence number of both sides in what follows; 0 = as it comes. */
void talk_set_isn(uint32_t isn);
void talk_set_v6(bool v6);

void talk_begin(struct talk *t);
void talk_end(struct talk *t);              /* closes, frees, and fails if anything leaked */
void talk_set(struct talk *t, const char *setting, int64_t value);
uint8_t talk_byte(uint64_t i);

void talk_socket(struct talk *t);           /* a socket, not connected; talk_connect() does it if need be */
void talk_connect(struct talk *t);          /* to the peer's port 80, from port 4000 */
void talk_listen(struct talk *t, int backlog);      /* on port 80; the peer's port is 4000 */
void talk_accept(struct talk *t);           /* fails if there is nobody */

void talk_send(struct talk *t, const char *segment);
void talk_send_pkt(struct talk *t, const uint8_t *tcp, size_t n, bool fix_sum);    /* raw TCP bytes */
void talk_expect(struct talk *t, const char *segment);
void talk_nothing(struct talk *t);          /* nothing was sent */
void talk_step(struct talk *t);
void talk_wait(struct talk *t, hp_time span);
void talk_flush(struct talk *t);            /* forgets what was sent and not looked at */

void talk_write(struct talk *t, size_t n);  /* fails unless all of it is taken */
int64_t talk_try_write(struct talk *t, size_t n, unsigned flags);
void talk_read(struct talk *t, size_t n);   /* fails unless these are the next n bytes */
void talk_read_end(struct talk *t);         /* fails unless recv answers 0 */
void talk_read_fails(struct talk *t, int err);
void talk_opt(struct talk *t, enum hp_opt opt, int value);
void talk_opt_time(struct talk *t, enum hp_opt opt, hp_time value);
struct hp_tcp_info talk_info(const struct talk *t);

void talk_state(struct talk *t, const char *state);
void talk_drops(struct talk *t, enum hp_drop why, unsigned count);
void talk_gone(struct talk *t);             /* no connection, half-open or in TIME-WAIT, is left */
/* The handshake, active or passive, with what the peer's SYN says: "mss=1460 sackok wscale=0 win=65535". */
void talk_open(struct talk *t, const char *syn);
void talk_open_passive(struct talk *t, const char *syn);
void talk_established(struct talk *t, const char *syn);     /* talk_begin() and talk_open(): how most conversations begin */
void talk_syn_sent(struct talk *t);         /* talk_begin(), the user connects, and the SYN was seen */
void talk_close(struct talk *t);            /* the user closes t->sock */
/* Prints the conversation and fails. */
void talk_fail(const struct talk *t, const char *what, ...) __attribute__((format(printf, 2, 3), noreturn));
#define talk_assert(t, what) ((what) ? (void)0 : talk_fail(t, "line %d: not so: %s", __LINE__, #what))

/* Runs the tests with different initial sequence numbers (CATALOGUE S04), over IPv4 and IPv6. */
#define TALK_MAIN(tests)                                                                           \
    int main(void)                                                                                 \
    {                                                                                              \
        static const uint32_t isns[] = {0, 0xffffff00, 0x7fffff00};                                \
        int failed = 0;                                                                            \
        for (int i = 0; i < 4; i++) {                                                              \
            talk_set_isn(isns[i % 3]);                                                             \
            talk_set_v6(i == 3);                                                                   \
            failed |= cmocka_run_group_tests_name(i == 3 ? "IPv6" : "IPv4", tests, NULL, NULL);    \
        }                                                                                          \
        return failed;                                                                             \
    }

#endif
