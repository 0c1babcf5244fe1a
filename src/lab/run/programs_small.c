/* echo, discard, chargen, and udp, which asks echo. */
#include "hepta/services.h"
#include "lab/run/programs.h"

/* ---- the services ---- */

static bool prog_services_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    static const struct args_spec none[] = {{0}};
    return args_read(plan, app, state, error, none);
}

static int prog_services_main(struct hp_lab_app *app, bool echo, bool discard, bool chargen)
{
    struct hp_services *v = app->state;
    *v = (struct hp_services){.echo = echo, .discard = discard, .chargen = chargen};
    return hp_services_start(app->stack, v);
}

static int prog_echo_main(struct hp_lab_app *app) { return prog_services_main(app, true, false, false); }
static int prog_discard_main(struct hp_lab_app *app) { return prog_services_main(app, false, true, false); }
static int prog_chargen_main(struct hp_lab_app *app) { return prog_services_main(app, false, false, true); }

const struct hp_lab_program echo_program = {.name = "echo", .synopsis = "echo", .text = "sends back what comes, over TCP and UDP, port 7",
    .state_size = sizeof(struct hp_services), .service = true, .read = prog_services_read, .main = prog_echo_main};
const struct hp_lab_program discard_program = {.name = "discard", .synopsis = "discard", .text = "takes what comes, over TCP and UDP, port 9",
    .state_size = sizeof(struct hp_services), .service = true, .read = prog_services_read, .main = prog_discard_main};
const struct hp_lab_program chargen_program = {.name = "chargen", .synopsis = "chargen", .text = "sends characters for ever, over TCP, port 19",
    .state_size = sizeof(struct hp_services), .service = true, .read = prog_services_read, .main = prog_chargen_main};

/* ---- udp ---- */

enum { UDP_SIZE_MAX = 65507, UDP_NUMBER = 8 };

struct prog_udp_state {
    const char *host;
    int64_t port, count;
    uint64_t size;
    hp_time interval, timeout, rtt_sum;
    uint64_t sent, received;
    bool all, quiet;
    struct hp_sock *sock;
    uint8_t *out, *in;
};

static const struct args_spec prog_udp_args[] = {
    {ARGS_TEXT, NULL, "a host's name or address", offsetof(struct prog_udp_state, host), 0, 0},
    {ARGS_NUMBER, "port", "the port that answers", offsetof(struct prog_udp_state, port), 1, 65535},
    {ARGS_NUMBER, "count", "how many requests", offsetof(struct prog_udp_state, count), 1, 100000000},
    {ARGS_SIZE, "size", "bytes of a request", offsetof(struct prog_udp_state, size), 0, 0},
    {ARGS_SPAN, "interval", "the time between requests", offsetof(struct prog_udp_state, interval), 0, 0},
    {ARGS_SPAN, "timeout", "how long to wait for an answer", offsetof(struct prog_udp_state, timeout), 0, 0},
    {ARGS_FLAG, "all", NULL, offsetof(struct prog_udp_state, all), 0, 0},
    {ARGS_FLAG, "quiet", NULL, offsetof(struct prog_udp_state, quiet), 0, 0},
    {0},
};

static bool prog_udp_args_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    struct prog_udp_state *u = state;
    u->port = HP_PORT_ECHO;
    u->count = 1;
    u->size = 64;
    u->timeout = HP_S(1);
    if (!args_read(plan, app, state, error, prog_udp_args)) return false;
    if (u->size >= UDP_NUMBER && u->size <= UDP_SIZE_MAX) return true;
    hp_plan_complain(plan, error, app->place, NULL, NULL, "udp: size: %d to %d bytes", UDP_NUMBER, UDP_SIZE_MAX);
    return false;
}

/* Request `number`: its number, then bytes made from it. */
static void prog_udp_make(struct prog_udp_state *u, uint64_t number)
{
    put64(u->out, number);
    made_fill(u->out + UDP_NUMBER, (size_t)u->size - UDP_NUMBER, number, 0);
}

/* Waits for the answer to the request that is in `out`; older ones are passed over. */
static int prog_udp_answer(struct hp_lab_app *app, struct prog_udp_state *u, uint64_t number)
{
    hp_time began = hp_now(app->stack);
    for (;;) {
        hp_time left = u->timeout - (hp_now(app->stack) - began);
        unsigned readable = HP_READABLE | HP_ERROR;
        int err = hp_wait(app->stack, &u->sock, &readable, 1, left > 0 ? left : 0);
        if (err < 0) return err;
        int64_t n = hp_recv(u->sock, u->in, UDP_SIZE_MAX, HP_MSG_DONTWAIT);
        if (n < 0 && n != HP_EAGAIN) return (int)n;
        if (n < UDP_NUMBER || get64(u->in) != number) continue;
        u->rtt_sum += hp_now(app->stack) - began;
        if ((uint64_t)n == u->size && memcmp(u->in, u->out, (size_t)n) == 0) return HP_OK;
        hp_lab_broken(app, "answer %lu is not what was sent", (unsigned long)number);
        return HP_EPROTO;
    }
}

static int prog_udp_turn(struct hp_lab_app *app, struct prog_udp_state *u, uint64_t number)
{
    prog_udp_make(u, number);
    int64_t n = hp_send(u->sock, u->out, (size_t)u->size, 0);
    u->sent++;
    int err = n < 0 ? (int)n : prog_udp_answer(app, u, number);
    if (err == HP_OK) {
        u->received++;
        hp_lab_progress(app, u->size);
    } else if (err != HP_ECANCELED && !u->quiet) hp_lab_say(app, "request %lu: %s", (unsigned long)number, hp_err_text(err));
    return err;
}

static int prog_udp_all(struct hp_lab_app *app, struct prog_udp_state *u)
{
    int last = HP_OK;
    for (int64_t i = 0; i < u->count && !app->stop; i++) {
        hp_time began = hp_now(app->stack);
        int err = prog_udp_turn(app, u, (uint64_t)i + 1);
        if (err == HP_ECANCELED) return u->received && app->stop ? (u->all ? last : HP_OK) : err;
        if (err) last = err;
        hp_time left = u->interval - (hp_now(app->stack) - began);
        if (i + 1 < u->count && left > 0 && hp_sleep(app->stack, left)) break;
    }
    return u->received && !(u->all && last) ? HP_OK : last;
}

static int prog_udp_talk(struct hp_lab_app *app, struct prog_udp_state *u)
{
    struct hp_endpoint to = {.port = (uint16_t)u->port};
    char span[HP_TIME_TEXT];
    int err = hp_lab_resolve(app, u->host, &to.ip);
    if (!err) err = hp_socket(app->stack, HP_DGRAM, 0, &u->sock);
    if (!err) err = hp_connect(u->sock, &to);
    if (!err) err = prog_udp_all(app, u);
    if (u->sock) hp_close(u->sock);
    if (!u->sent) hp_lab_say(app, "%s: %s", u->host, program_error(app, err));
    else hp_lab_say(app, "%lu requests, %lu answers%s%s", (unsigned long)u->sent, (unsigned long)u->received, u->received ? ", round trip " : "",
               u->received ? program_span(u->rtt_sum / (hp_time)u->received, span) : "");
    return err;
}

static int prog_udp_main(struct hp_lab_app *app)
{
    struct prog_udp_state *u = app->state;
    u->out = hp_alloc(app->stack, UDP_SIZE_MAX);
    u->in = hp_alloc(app->stack, UDP_SIZE_MAX);
    int err = u->out && u->in ? prog_udp_talk(app, u) : HP_ENOMEM;
    hp_free(app->stack, u->out, UDP_SIZE_MAX);
    hp_free(app->stack, u->in, UDP_SIZE_MAX);
    return err;
}

const struct hp_lab_program udp_program = {
    .name = "udp", .synopsis = "udp HOST [port N] [count N] [size BYTES] [interval TIME] [timeout TIME] [all] [quiet]",
    .text = "requests to the echo service over UDP, one after the other; fails if no answer comes, with `all` if one is missing",
    .state_size = sizeof(struct prog_udp_state), .read = prog_udp_args_read, .main = prog_udp_main};
