/* perf and perf-server, send and sink: how much goes through, and whether it is what was sent. */
#include "hepta/services.h"
#include "lab/run/programs.h"

enum { FLOW_PIECE = 65536, FLOW_PORT = 5000 };

/* ---- perf ---- */

struct prog_perf_state {
    struct hp_lab_app *app;
    const char *host;
    struct args_amount amount;
    int64_t streams, port;
    uint64_t message;
    bool down, echo, quiet;
    uint64_t told;
    struct hp_perf perf;
};

static const struct args_spec prog_perf_args[] = {
    {ARGS_TEXT, NULL, "a host's name or address", offsetof(struct prog_perf_state, host), 0, 0},
    {ARGS_AMOUNT, "for", "how long, or how much", offsetof(struct prog_perf_state, amount), 0, 0},
    {ARGS_FLAG, "down", NULL, offsetof(struct prog_perf_state, down), 0, 0},
    {ARGS_FLAG, "echo", NULL, offsetof(struct prog_perf_state, echo), 0, 0},
    {ARGS_NUMBER, "streams", "how many connections", offsetof(struct prog_perf_state, streams), 1, 1000},
    {ARGS_SIZE, "message", "bytes of a request", offsetof(struct prog_perf_state, message), 0, 0},
    {ARGS_NUMBER, "port", "the server's port", offsetof(struct prog_perf_state, port), 1, 65535},
    {ARGS_FLAG, "quiet", NULL, offsetof(struct prog_perf_state, quiet), 0, 0},
    {0},
};

static bool prog_perf_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    return args_read(plan, app, state, error, prog_perf_args);
}

static void prog_perf_interval(void *ctx, hp_time from, hp_time to, uint64_t bytes)
{
    struct prog_perf_state *p = ctx;
    char amount[32], rate[32], began[HP_TIME_TEXT], ended[HP_TIME_TEXT];
    hp_lab_progress(p->app, p->perf.total_bytes - p->told);
    p->told = p->perf.total_bytes;
    if (!p->quiet)
        hp_lab_say(p->app, "%s to %s: %s, %s", program_span(from, began), program_span(to, ended), program_bytes(bytes, amount),
                   program_rate(bytes, to - from, rate));
}

static void prog_perf_total(struct prog_perf_state *p)
{
    const struct hp_perf *f = &p->perf;
    char amount[32], rate[32], span[HP_TIME_TEXT], rtt[HP_TIME_TEXT];
    const char *how = f->error == HP_ECANCELED ? "stopped: " : "";
    hp_lab_progress(p->app, f->total_bytes - p->told);
    if (p->echo) hp_lab_say(p->app, "%s%lu exchanges in %s", how, (unsigned long)f->exchanges, program_span(f->ended - f->began, span));
    else hp_lab_say(p->app, "%s%s in %s: %s, %s, round trip %s, %u retransmissions", how, program_bytes(f->total_bytes, amount),
                    program_span(f->ended - f->began, span), program_rate(f->total_bytes, f->ended - f->began, rate), f->tcp.cc ? f->tcp.cc : "?",
                    program_span(f->tcp.rtt, rtt), f->tcp.retrans);
}

static int prog_perf_main(struct hp_lab_app *app)
{
    struct prog_perf_state *p = app->state;
    p->app = app;
    p->perf = (struct hp_perf){.to = {.port = (uint16_t)p->port}, .direction = p->echo ? HP_PERF_ECHO : p->down ? HP_PERF_DOWN : HP_PERF_UP,
                               .streams = (int)p->streams, .duration = p->amount.span, .bytes = p->amount.bytes, .message = (uint32_t)p->message,
                               .interval = prog_perf_interval, .ctx = p};
    int err = hp_lab_resolve(app, p->host, &p->perf.to.ip);
    if (!err) err = hp_perf(app->stack, &p->perf);
    if (!err || (program_stopped(app, err) && p->perf.total_bytes)) prog_perf_total(p);
    else hp_lab_say(app, "%s: %s", p->host, program_error(app, err));
    return err;
}

static void prog_perf_stop(struct hp_lab_app *app) { ((struct prog_perf_state *)app->state)->perf.stop = true; }

const struct hp_lab_program perf_program = {
    .name = "perf", .synopsis = "perf HOST [for TIME|BYTES] [down|echo] [streams N] [message BYTES] [port N] [quiet]",
    .text = "measures throughput towards a perf-server, or from it (down), or exchanges (echo); 10 s unless it says otherwise",
    .state_size = sizeof(struct prog_perf_state), .grace = HP_S(PROGRAM_GRACE_S), .read = prog_perf_read, .main = prog_perf_main,
    .stop = prog_perf_stop};

/* ---- perf-server ---- */

struct prog_perf_server_state {
    int64_t port;
    struct hp_perf_server server;
};

static const struct args_spec prog_perf_server_args[] = {
    {ARGS_NUMBER, "port", "the port to listen on", offsetof(struct prog_perf_server_state, port), 1, 65535},
    {0},
};

static bool prog_perf_server_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    return args_read(plan, app, state, error, prog_perf_server_args);
}

static int prog_perf_server_main(struct hp_lab_app *app)
{
    struct prog_perf_server_state *p = app->state;
    p->server.port = (uint16_t)p->port;
    return hp_perf_serve(app->stack, &p->server);
}

const struct hp_lab_program perf_server_program = {
    .name = "perf-server", .synopsis = "perf-server [port N]", .text = "the other side of perf", .state_size = sizeof(struct prog_perf_server_state),
    .service = true, .read = prog_perf_server_read, .main = prog_perf_server_main};

/* ---- send: generated bytes, and the sink's word that they came ---- */

struct prog_send_state {
    const char *host;
    struct args_amount amount;
    uint64_t rate;
    int64_t port;
    uint64_t sent;
    struct hp_sock *sock;
    uint8_t *piece;
};

static const struct args_spec prog_send_args[] = {
    {ARGS_TEXT, NULL, "a host's name or address", offsetof(struct prog_send_state, host), 0, 0},
    {ARGS_AMOUNT, "for", "how long, or how much", offsetof(struct prog_send_state, amount), 0, 0},
    {ARGS_RATE, "rate", "no faster than", offsetof(struct prog_send_state, rate), 0, 0},
    {ARGS_NUMBER, "port", "the sink's port", offsetof(struct prog_send_state, port), 1, 65535},
    {0},
};

static bool prog_send_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    struct prog_send_state *v = state;
    v->port = FLOW_PORT;
    v->amount.bytes = 1000000;
    return args_read(plan, app, state, error, prog_send_args);
}

static uint64_t prog_flow_key(void) { return made_key("send"); }

/* When the next byte may go, by the rate. */
static int prog_send_pace(struct hp_lab_app *app, const struct prog_send_state *v, hp_time began)
{
    if (!v->rate) return HP_OK;
    hp_time due = began + (hp_time)((unsigned __int128)v->sent * 8 * 1000000000 / v->rate), now = hp_now(app->stack);
    return due > now ? hp_sleep(app->stack, due - now) : HP_OK;
}

static int prog_send_all(struct hp_lab_app *app, struct prog_send_state *v)
{
    hp_time began = hp_now(app->stack);
    size_t most = v->rate ? 1448 : FLOW_PIECE;
    for (;;) {
        bool over = v->amount.span ? hp_now(app->stack) - began >= v->amount.span : v->sent >= v->amount.bytes;
        if (over || app->stop) return HP_OK;
        size_t n = !v->amount.span && v->amount.bytes - v->sent < most ? (size_t)(v->amount.bytes - v->sent) : most;
        made_fill(v->piece, n, prog_flow_key(), v->sent);
        int64_t did = hp_send(v->sock, v->piece, n, 0);
        if (did <= 0) return did ? (int)did : HP_EPIPE;
        v->sent += (uint64_t)did;
        hp_lab_progress(app, (uint64_t)did);
        int err = prog_send_pace(app, v, began);
        if (err) return err;
    }
}

/* The sink answers with how many good bytes it has. */
static int prog_send_confirm(struct hp_lab_app *app, struct prog_send_state *v)
{
    uint8_t answer[8];
    hp_shutdown(v->sock, HP_SHUT_WR);
    int64_t n = hp_recv(v->sock, answer, sizeof answer, HP_MSG_WAITALL);
    if (n < 0) return (int)n;
    if (n < (int64_t)sizeof answer) return HP_ECONNRESET;
    if (get64(answer) == v->sent) return HP_OK;
    hp_lab_broken(app, "%lu bytes were sent, %lu came as they should", (unsigned long)v->sent, (unsigned long)get64(answer));
    return HP_EPROTO;
}

static int prog_send_talk(struct hp_lab_app *app, struct prog_send_state *v)
{
    struct hp_endpoint to = {.port = (uint16_t)v->port};
    hp_time patience = HP_S(60), began = hp_now(app->stack);
    char size[32], span[HP_TIME_TEXT], rate[32];
    int err = hp_lab_resolve(app, v->host, &to.ip);
    if (!err) err = hp_socket(app->stack, HP_STREAM, 0, &v->sock);
    if (err) return err;
    hp_setsockopt(v->sock, HP_SO_SNDTIMEO, &patience, sizeof patience);
    hp_setsockopt(v->sock, HP_SO_RCVTIMEO, &patience, sizeof patience);
    err = hp_connect(v->sock, &to);
    if (!err) err = prog_send_all(app, v);
    if (!err) err = prog_send_confirm(app, v);
    hp_close(v->sock);
    hp_time took = hp_now(app->stack) - began;
    if (!err) hp_lab_say(app, "%s in %s (%s), every byte right", program_bytes(v->sent, size), program_span(took, span), program_rate(v->sent, took, rate));
    return err;
}

static int prog_send_main(struct hp_lab_app *app)
{
    struct prog_send_state *v = app->state;
    v->piece = hp_alloc(app->stack, FLOW_PIECE);
    int err = v->piece ? prog_send_talk(app, v) : HP_ENOMEM;
    hp_free(app->stack, v->piece, FLOW_PIECE);
    if (err && (err != HP_ECANCELED || app->stop))
        hp_lab_say(app, "%s: %s after %lu bytes%s", v->host, program_error(app, err), (unsigned long)v->sent,
                   err == HP_ECANCELED ? "; whether all came is not known" : "");
    return err;
}

const struct hp_lab_program send_program = {
    .name = "send", .synopsis = "send HOST [for TIME|BYTES] [rate RATE] [port N]",
        .text = "sends generated bytes to a sink, which checks each; 1 MB unless it says otherwise",
    .state_size = sizeof(struct prog_send_state), .grace = HP_S(PROGRAM_GRACE_S), .read = prog_send_read, .main = prog_send_main};

/* ---- sink ---- */

struct prog_sink_state {
    struct hp_lab_app *app;
    int64_t port;
    uint64_t connections;
};

/* One connection: freed by its program. */
struct prog_sink_flow {
    struct hp_lab_app *app;
    struct hp_sock *sock;
    struct hp_endpoint peer;
    uint8_t piece[FLOW_PIECE];
};

static const struct args_spec prog_sink_args[] = {
    {ARGS_NUMBER, "port", "the port to listen on", offsetof(struct prog_sink_state, port), 1, 65535},
    {0},
};

static bool prog_sink_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    ((struct prog_sink_state *)state)->port = FLOW_PORT;
    return args_read(plan, app, state, error, prog_sink_args);
}

/* Answers how the stream ended; *good = bytes that were right. */
static int64_t prog_sink_take(struct prog_sink_flow *f, uint64_t *good)
{
    char from[HP_ENDPOINT_TEXT];
    for (;;) {
        int64_t n = hp_recv(f->sock, f->piece, FLOW_PIECE, 0);
        if (n <= 0) return n;
        size_t right = made_check(bytes_of(f->piece, (size_t)n), prog_flow_key(), *good);
        *good += right;
        hp_lab_progress(f->app, right);
        if (right == (size_t)n) continue;
        hp_lab_broken(f->app, "wrong bytes from %s, from byte %lu on", hp_endpoint_text(&f->peer, from, sizeof from), (unsigned long)*good);
        return HP_EPROTO;
    }
}

static void prog_sink_flow(struct hp_stack *s, void *arg)
{
    struct prog_sink_flow *f = arg;
    uint64_t good = 0;
    uint8_t answer[8];
    char from[HP_ENDPOINT_TEXT], size[32];
    hp_time patience = HP_S(120);
    hp_setsockopt(f->sock, HP_SO_RCVTIMEO, &patience, sizeof patience);
    int64_t end = prog_sink_take(f, &good);
    put64(answer, good);
    if (end == 0 || end == HP_EPROTO) hp_send(f->sock, answer, sizeof answer, 0);
    if (end == 0) hp_lab_say(f->app, "%s from %s, every byte right", program_bytes(good, size), hp_endpoint_text(&f->peer, from, sizeof from));
    else if (end != HP_ECANCELED || f->app->stop)
        hp_lab_say(f->app, "%s from %s, then: %s", program_bytes(good, size), hp_endpoint_text(&f->peer, from, sizeof from), program_error(f->app, (int)end));
    hp_close(f->sock);
    hp_free(s, f, sizeof *f);
}

static void prog_sink_take_connection(struct hp_lab_app *app, struct hp_sock *sock, const struct hp_endpoint *peer)
{
    struct prog_sink_flow *f = hp_alloc(app->stack, sizeof *f);
    if (f) {
        f->app = app;
        f->sock = sock;
        f->peer = *peer;
        if (hp_spawn(app->stack, "sink", prog_sink_flow, f, 0) == HP_OK) return;
        hp_free(app->stack, f, sizeof *f);
    }
    hp_close(sock);
}

static void prog_sink_accept(struct hp_stack *s, void *arg)
{
    struct hp_lab_app *app = arg;
    struct prog_sink_state *v = app->state;
    struct hp_endpoint any = {.port = (uint16_t)v->port}, peer;
    struct hp_sock *listener, *sock;
    if (hp_socket(s, HP_STREAM, 0, &listener)) return;
    int err = hp_bind(listener, &any);
    if (!err) err = hp_listen(listener, 128);
    while (!err && !app->stop) {
        err = hp_accept(listener, &sock, &peer);
        if (err == HP_ENOMEM || err == HP_ECONNABORTED) err = hp_sleep(s, HP_MS(10));
        else if (!err) prog_sink_take_connection(app, sock, &peer);
    }
    if (err && err != HP_ECANCELED) hp_lab_say(app, "%s", hp_err_text(err));
    hp_close(listener);
}

static int prog_sink_main(struct hp_lab_app *app) { return hp_spawn(app->stack, "sink", prog_sink_accept, app, 0); }

const struct hp_lab_program sink_program = {
    .name = "sink", .synopsis = "sink [port N]", .text = "takes what `send` sends and checks every byte", .state_size = sizeof(struct prog_sink_state),
    .service = true, .read = prog_sink_read, .main = prog_sink_main};
