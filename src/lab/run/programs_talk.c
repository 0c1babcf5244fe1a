/* say and listen: lines of text over TCP; dns: a handful of names. */
#include "hepta/dns_server.h"
#include "lab/run/programs.h"

enum { TALK_PORT = 7777, TALK_LINE_MAX = 200 };

/* ---- say ---- */

struct prog_say_state {
    const char *host, *text;
    int64_t port, times;
    hp_time interval;
    struct hp_sock *sock;
};

static const struct args_spec prog_say_args[] = {
    {ARGS_TEXT, NULL, "a host's name or address", offsetof(struct prog_say_state, host), 0, 0},
    {ARGS_TEXT, NULL, "what to say", offsetof(struct prog_say_state, text), 0, 0},
    {ARGS_NUMBER, "port", "the listener's port", offsetof(struct prog_say_state, port), 1, 65535},
    {ARGS_NUMBER, "times", "how often", offsetof(struct prog_say_state, times), 1, 1000000},
    {ARGS_SPAN, "interval", "the time between two", offsetof(struct prog_say_state, interval), 0, 0},
    {0},
};

static bool prog_say_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    struct prog_say_state *v = state;
    v->port = TALK_PORT;
    v->times = 1;
    return args_read(plan, app, state, error, prog_say_args);
}

static int prog_say_lines(struct hp_lab_app *app, struct prog_say_state *v)
{
    for (int64_t i = 0; i < v->times && !app->stop; i++) {
        if (i && hp_sleep(app->stack, v->interval)) return HP_ECANCELED;
        int64_t n = hp_send(v->sock, v->text, strlen(v->text), HP_MSG_MORE);
        if (n >= 0) n = hp_send(v->sock, "\n", 1, 0);
        if (n < 0) return (int)n;
        hp_lab_progress(app, strlen(v->text) + 1);
    }
    return HP_OK;
}

static int prog_say_main(struct hp_lab_app *app)
{
    struct prog_say_state *v = app->state;
    struct hp_endpoint to = {.port = (uint16_t)v->port};
    char byte;
    int err = hp_lab_resolve(app, v->host, &to.ip);
    if (!err) err = hp_socket(app->stack, HP_STREAM, 0, &v->sock);
    if (!err) {
        err = hp_connect(v->sock, &to);
        if (!err) err = prog_say_lines(app, v);
        if (!err) hp_shutdown(v->sock, HP_SHUT_WR);
        if (!err) err = (int)hp_recv(v->sock, &byte, 1, 0); /* the listener closes when it has all */
        hp_close(v->sock);
    }
    if (err < 0) hp_lab_say(app, "%s: %s", v->host, program_error(app, err));
    return err < 0 ? err : HP_OK;
}

const struct hp_lab_program say_program = {
    .name = "say", .synopsis = "say HOST TEXT [times N] [interval TIME] [port N]", .text = "sends a line of text to a listener",
    .state_size = sizeof(struct prog_say_state), .grace = HP_S(PROGRAM_GRACE_S), .read = prog_say_read, .main = prog_say_main};

/* ---- listen ---- */

struct prog_listen_state {
    int64_t port;
};

struct prog_listen_line {
    struct hp_lab_app *app;
    struct hp_sock *sock;
    struct hp_endpoint peer;
    size_t have;
    char line[TALK_LINE_MAX + 1];
};

static const struct args_spec prog_listen_args[] = {
    {ARGS_NUMBER, "port", "the port to listen on", offsetof(struct prog_listen_state, port), 1, 65535},
    {0},
};

static bool prog_listen_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    ((struct prog_listen_state *)state)->port = TALK_PORT;
    return args_read(plan, app, state, error, prog_listen_args);
}

static void prog_listen_tell(struct prog_listen_line *l)
{
    char from[HP_ENDPOINT_TEXT];
    l->line[l->have] = 0;
    if (l->have) hp_lab_say(l->app, "%s says: %s", hp_endpoint_text(&l->peer, from, sizeof from), l->line);
    l->have = 0;
}

static void prog_listen_lines(struct hp_stack *s, void *arg)
{
    struct prog_listen_line *l = arg;
    char piece[256];
    int64_t n;
    while ((n = hp_recv(l->sock, piece, sizeof piece, 0)) > 0) {
        hp_lab_progress(l->app, (uint64_t)n);
        for (int64_t i = 0; i < n; i++) {
            if (piece[i] == '\n' || l->have == TALK_LINE_MAX) prog_listen_tell(l);
            if (piece[i] != '\n') l->line[l->have++] = (uint8_t)piece[i] < ' ' ? '.' : piece[i];
        }
    }
    if (n == 0) prog_listen_tell(l);
    hp_close(l->sock);
    hp_free(s, l, sizeof *l);
}

static void prog_listen_take(struct hp_lab_app *app, struct hp_sock *sock, const struct hp_endpoint *peer)
{
    struct prog_listen_line *l = hp_alloc(app->stack, sizeof *l);
    if (l) {
        l->app = app;
        l->sock = sock;
        l->peer = *peer;
        if (hp_spawn(app->stack, "listen", prog_listen_lines, l, 0) == HP_OK) return;
        hp_free(app->stack, l, sizeof *l);
    }
    hp_close(sock);
}

static void prog_listen_accept(struct hp_stack *s, void *arg)
{
    struct hp_lab_app *app = arg;
    struct hp_endpoint any = {.port = (uint16_t)((struct prog_listen_state *)app->state)->port}, peer;
    struct hp_sock *listener, *sock;
    if (hp_socket(s, HP_STREAM, 0, &listener)) return;
    int err = hp_bind(listener, &any);
    if (!err) err = hp_listen(listener, 16);
    while (!err && !app->stop) {
        err = hp_accept(listener, &sock, &peer);
        if (err == HP_ENOMEM || err == HP_ECONNABORTED) err = hp_sleep(s, HP_MS(10));
        else if (!err) prog_listen_take(app, sock, &peer);
    }
    if (err && err != HP_ECANCELED) hp_lab_say(app, "%s", hp_err_text(err));
    hp_close(listener);
}

static int prog_listen_main(struct hp_lab_app *app) { return hp_spawn(app->stack, "listen", prog_listen_accept, app, 0); }

const struct hp_lab_program listen_program = {
    .name = "listen", .synopsis = "listen [port N]", .text = "tells the lines of text that come", .state_size = sizeof(struct prog_listen_state),
    .service = true, .read = prog_listen_read, .main = prog_listen_main};

/* ---- dns ---- */

enum { DNS_NAMES_MAX = 64 };

struct prog_dns_state {
    struct hp_lab_app *app;
    int64_t ttl, port;
    bool log;
    int names;
    char text[DNS_NAMES_MAX][128];
    struct hp_dns_name name[DNS_NAMES_MAX + 1];
    struct hp_dns_server server;
};

static const struct args_spec prog_dns_args[] = {
    {ARGS_NUMBER, "ttl", "how many seconds an answer may be kept", offsetof(struct prog_dns_state, ttl), 1, 604800},
    {ARGS_NUMBER, "port", "the port to listen on", offsetof(struct prog_dns_state, port), 1, 65535},
    {ARGS_FLAG, "log", NULL, offsetof(struct prog_dns_state, log), 0, 0},
    {0},
};

/* "www.x.test=10.0.0.1"; on the right a machine's name serves as well. */
static bool prog_dns_name(const struct hp_plan *plan, struct prog_dns_state *d, const char *word, const char *equals)
{
    size_t n = (size_t)(equals - word);
    if (d->names == DNS_NAMES_MAX || !n || n >= sizeof d->text[0]) return false;
    char *to = d->text[d->names];
    for (size_t i = 0; i < n; i++) to[i] = word[i] >= 'A' && word[i] <= 'Z' ? (char)(word[i] + 32) : word[i];
    to[n] = 0;
    d->name[d->names].name = to;
    if (!hp_ip_parse(equals + 1, &d->name[d->names].ip)) {
        int32_t node = hp_plan_find_node(plan, equals + 1);
        const struct hp_plan_node *p = node >= 0 ? &plan->node[node] : NULL;
        if (!p || !p->interfaces || !p->interface[0].addresses) return false;
        d->name[d->names].ip = p->interface[0].address[0].ip;
    }
    d->names++;
    return true;
}

static bool prog_dns_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    struct prog_dns_state *d = state;
    struct hp_plan_app rest = *app;
    for (const char *equals; rest.arguments.count && (equals = strchr(rest.arguments.word->text, '='));) {
        const struct hp_plan_word *w = rest.arguments.word;
        if (!prog_dns_name(plan, d, w->text, equals)) {
            hp_plan_complain(plan, error, w->place, NULL, w->text,
                             "dns: \"%s\": a name and an address such as www.x.test=10.0.0.1 are wanted, %d at most", w->text, DNS_NAMES_MAX);
            return false;
        }
        rest.arguments = (struct hp_plan_words){w + 1, rest.arguments.count - 1};
    }
    return args_read(plan, &rest, state, error, prog_dns_args);
}

static void prog_dns_asked(void *ctx, const struct hp_ip *who, const char *name, int type, int answers)
{
    struct prog_dns_state *d = ctx;
    char from[HP_IP_TEXT];
    hp_lab_progress(d->app, 1);
    if (d->log) hp_lab_say(d->app, "%s asks for %s of %s: %d answers", hp_ip_text(who, from, sizeof from),
                           type == 1 ? "A" : type == 28 ? "AAAA" : "?", name, answers);
}

static int prog_dns_main(struct hp_lab_app *app)
{
    struct prog_dns_state *d = app->state;
    d->app = app;
    d->server = (struct hp_dns_server){.names = d->name, .ttl = (uint32_t)d->ttl, .port = (uint16_t)d->port, .asked = prog_dns_asked, .ctx = d};
    return hp_dns_serve(app->stack, &d->server);
}

const struct hp_lab_program dns_program = {
    .name = "dns", .synopsis = "dns NAME=ADDRESS... [ttl N] [port N] [log]", .text = "a name server for a handful of names",
    .state_size = sizeof(struct prog_dns_state), .service = true, .read = prog_dns_read, .main = prog_dns_main};
