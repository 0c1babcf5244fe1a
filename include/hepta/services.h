/* Small services: echo (RFC 862), discard (RFC 863), chargen (RFC 864), and a throughput measurement. */
#ifndef HEPTA_SERVICES_H
#define HEPTA_SERVICES_H

#include "hepta/socket.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { HP_PORT_ECHO = 7, HP_PORT_DISCARD = 9, HP_PORT_CHARGEN = 19, HP_PORT_PERF = 5201 };

struct hp_services {
    bool echo, discard, chargen;        /* which to start, over TCP and UDP */
    uint32_t connections_max;           /* of each; 0 = 256 */
    /* to be read */
    uint64_t tcp_connections, tcp_bytes, udp_datagrams, udp_bytes;
    uint32_t connections;
    uint32_t started;                   /* which of them, a bit for each over each */
};
/* Starts them as programs.  HP_ENOMEM: not all of them; the next call starts the rest.  UDP answers are never longer than the question (no
 * amplification); chargen answers UDP with at most as many bytes. */
int hp_services_start(struct hp_stack *s, struct hp_services *v);

/* ---- throughput ----
 * Client and server agree by a 16-byte head on each TCP connection: "HPPF", direction, and how many bytes. */
enum hp_perf_direction { HP_PERF_UP, HP_PERF_DOWN, HP_PERF_ECHO };  /* client sends; server sends; request/response */

struct hp_perf_server {
    uint16_t port;                      /* 0 = HP_PORT_PERF */
    uint64_t connections, bytes_in, bytes_out;
};
int hp_perf_serve(struct hp_stack *s, struct hp_perf_server *p);

struct hp_perf {
    /* set by the caller */
    struct hp_endpoint to;              /* port 0 = HP_PORT_PERF */
    enum hp_perf_direction direction;
    int streams;                        /* 0 = 1 */
    hp_time duration;                   /* 0 = 10 s, unless bytes is set */
    uint64_t bytes;                     /* per stream; 0 = by duration */
    uint32_t message;                   /* bytes per call or per request: 0 = 128 KiB, for HP_PERF_ECHO 1 */
    void (*interval)(void *ctx, hp_time from, hp_time to, uint64_t bytes);  /* each second, or NULL */
    void *ctx;
    bool stop;
    /* to be read */
    uint64_t total_bytes, exchanges;
    hp_time began, ended;
    struct hp_tcp_info tcp;             /* of the first stream, near its end */
    int streams_running, error;
};
/* In a program: runs the measurement to its end. */
int hp_perf(struct hp_stack *s, struct hp_perf *p);

#ifdef __cplusplus
}
#endif
#endif
