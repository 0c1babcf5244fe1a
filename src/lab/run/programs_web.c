/* get and serve: pages by HTTP, whose bytes both sides can make. */
#include "hepta/http.h"
#include "lab/run/programs.h"

enum { SERVE_PAGES_MAX = 32, SERVE_PAGE_DEFAULT = 4096 };

static const char prog_web_made[] = "; made=hepta"; /* a parameter of the media type: these bytes are the generator's */

/* ---- get ---- */

struct prog_get_state {
    struct hp_lab_app *app;
    const char *url;
    int64_t times, tries;
    uint64_t size;
    hp_time interval, timeout;
    bool quiet, sized, made;
    uint64_t key, at;
    struct hp_http_get get;
};

static const struct args_spec prog_get_args[] = {
    {ARGS_TEXT, NULL, "a URL such as http://s1/", offsetof(struct prog_get_state, url), 0, 0},
    {ARGS_NUMBER, "times", "how often", offsetof(struct prog_get_state, times), 1, 1000000},
    {ARGS_SPAN, "interval", "the time between two", offsetof(struct prog_get_state, interval), 0, 0},
    {ARGS_SPAN, "timeout", "how long to wait without progress", offsetof(struct prog_get_state, timeout), 0, 0},
    {ARGS_NUMBER, "tries", "how often to try again what failed", offsetof(struct prog_get_state, tries), 1, 1000},
    {ARGS_SIZE, "size", "how many bytes must come", offsetof(struct prog_get_state, size), 0, 0},
    {ARGS_FLAG, "quiet", NULL, offsetof(struct prog_get_state, quiet), 0, 0},
    {0},
};

static bool prog_get_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    struct prog_get_state *g = state;
    struct hp_url *url = &(struct hp_url){.port = 0};
    g->times = g->tries = 1;
    g->size = UINT64_MAX;
    if (!args_read(plan, app, state, error, prog_get_args)) return false;
    int err = hp_url_parse(g->url, url);
    if (!err) return true;
    hp_plan_complain(plan, error, app->arguments.word[0].place, NULL, g->url, "get: \"%s\" is no URL: %s", g->url, hp_err_text(err));
    return false;
}

static void prog_get_head(void *ctx, const struct hp_http_head *head, uint64_t length, bool known)
{
    struct prog_get_state *g = ctx;
    struct hp_bytes type = hp_http_header_find(head, "content-type", NULL);
    size_t n = sizeof prog_web_made - 1;
    g->made = head->status == 200 && type.n >= n && memcmp(type.p + type.n - n, prog_web_made, n) == 0;
    g->at = 0;
}

static int prog_get_body(void *ctx, struct hp_bytes part)
{
    struct prog_get_state *g = ctx;
    hp_lab_progress(g->app, part.n);
    size_t good = g->made ? made_check(part, g->key, g->at) : part.n;
    g->at += good;
    if (good < part.n) {
        hp_lab_broken(g->app, "wrong bytes from byte %lu on", (unsigned long)g->at);
        return HP_EPROTO;
    }
    return g->app->stop ? HP_ECANCELED : HP_OK;
}

/* What the page's name is to the generator: the URL's path. */
static void prog_get_key(struct prog_get_state *g)
{
    const char *p = strstr(g->url, "://");
    p = strchr(p ? p + 3 : g->url, '/');
    g->key = made_key(p ? p : "/");
}

static void prog_get_tell(struct prog_get_state *g)
{
    const struct hp_http_get *h = &g->get;
    char size[32], span[HP_TIME_TEXT], rate[32], from[HP_ENDPOINT_TEXT];
    struct hp_endpoint server = {.ip = h->server, .port = h->port};
    if (g->quiet) return;
    hp_lab_say(g->app, "%d, %s in %s (%s) from %s%s", h->status, program_bytes(h->body_bytes, size), program_span(h->ended - h->began, span),
               program_rate(h->body_bytes, h->ended - h->began, rate), hp_endpoint_text(&server, from, sizeof from), g->made ? ", every byte right" : "");
}

static int prog_get_once(struct prog_get_state *g)
{
    g->get = (struct hp_http_get){.url = g->url, .resolver = hp_lab_resolver(g->app), .timeout = g->timeout, .body = prog_get_body,
                                  .head = prog_get_head, .ctx = g};
    prog_get_key(g);
    int err = hp_http_get(g->app->stack, &g->get);
    if (err == HP_ECANCELED && g->app->stop) {
        char size[32];
        hp_lab_say(g->app, "%s: stopped after %s", g->url, program_bytes(g->get.body_bytes, size));
    }
    if (err == HP_ECANCELED) return err;
    if (err) {
        hp_lab_say(g->app, "%s: %s", g->url, g->get.error[0] ? g->get.error : hp_err_text(err));
        return err;
    }
    prog_get_tell(g);
    if (g->get.status != 200) return g->get.status == 404 ? HP_ENOENT : HP_EPROTO;
    if (g->size == UINT64_MAX || g->get.body_bytes == g->size) return HP_OK;
    hp_lab_say(g->app, "%lu bytes came, not %lu", (unsigned long)g->get.body_bytes, (unsigned long)g->size);
    return HP_EPROTO;
}

static int prog_get_main(struct hp_lab_app *app)
{
    struct prog_get_state *g = app->state;
    g->app = app;
    int err = HP_OK;
    for (int64_t i = 0; i < g->times && !err && !app->stop; i++) {
        if (i && hp_sleep(app->stack, g->interval)) return app->stop ? HP_OK : HP_ECANCELED; /* between two: none was cut off */
        for (int64_t try = 0; try < g->tries && !app->stop; try++) {
            if (try && hp_sleep(app->stack, g->interval ? g->interval : HP_S(1))) return HP_ECANCELED;
            err = prog_get_once(g);
            if (!err || err == HP_ECANCELED) break;
        }
    }
    return err; /* HP_ECANCELED: `stop` cut a page off, which is not well */
}

const struct hp_lab_program get_program = {
    .name = "get", .synopsis = "get URL [times N] [interval TIME] [tries N] [size BYTES] [timeout TIME] [quiet]",
    .text = "fetches a page by HTTP; every byte of a page that `serve` made is checked",
    .state_size = sizeof(struct prog_get_state), .read = prog_get_read, .main = prog_get_main};

/* ---- serve ---- */

struct prog_serve_page {
    const char *path;
    uint64_t size;
};

struct prog_serve_state {
    struct hp_lab_app *app;
    int64_t port;
    bool log;
    int pages;
    struct prog_serve_page page[SERVE_PAGES_MAX];
    struct hp_http_server server;
};

static const struct args_spec prog_serve_args[] = {
    {ARGS_NUMBER, "port", "the port to listen on", offsetof(struct prog_serve_state, port), 1, 65535},
    {ARGS_FLAG, "log", NULL, offsetof(struct prog_serve_state, log), 0, 0},
    {0},
};

static const char prog_serve_index[] =
    "<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>hepta lab</title></head>\n"
    "<body><h1>It works</h1><p>This page came over TCP, IP and Ethernet, in virtual time.</p></body></html>\n";

/* The pages first, `/path` or `/path SIZE`, then the rest. */
static bool prog_serve_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    struct prog_serve_state *v = state;
    struct hp_plan_app rest = *app;
    while (rest.arguments.count && rest.arguments.word->text[0] == '/') {
        if (v->pages == SERVE_PAGES_MAX) {
            hp_plan_complain(plan, error, rest.arguments.word->place, NULL, NULL, "serve: %d pages at most", SERVE_PAGES_MAX);
            return false;
        }
        struct prog_serve_page *page = &v->page[v->pages++];
        *page = (struct prog_serve_page){rest.arguments.word->text, SERVE_PAGE_DEFAULT};
        rest.arguments = (struct hp_plan_words){rest.arguments.word + 1, rest.arguments.count - 1};
        if (!rest.arguments.count || !hp_size_parse(rest.arguments.word->text, &page->size)) continue;
        rest.arguments = (struct hp_plan_words){rest.arguments.word + 1, rest.arguments.count - 1};
    }
    return args_read(plan, &rest, state, error, prog_serve_args);
}

/* "/" is asked for as "/index.html". */
static bool prog_serve_is(const char *page, const char *path)
{
    return strcmp(page, path) == 0 || (strcmp(page, "/") == 0 && strcmp(path, "/index.html") == 0);
}

static int prog_serve_open(void *ctx, const char *path, struct hp_file *out)
{
    const struct prog_serve_state *v = ctx;
    for (int i = 0; i < v->pages; i++) {
        if (!prog_serve_is(v->page[i].path, path)) continue;
        *out = (struct hp_file){.size = v->page[i].size, .type = "text/plain; charset=utf-8; made=hepta", .handle = (void *)(uintptr_t)&v->page[i]};
        return HP_OK;
    }
    if (strcmp(path, "/") != 0 && strcmp(path, "/index.html") != 0) return HP_ENOENT;
    *out = (struct hp_file){.size = sizeof prog_serve_index - 1, .type = "text/html; charset=utf-8", .bytes = (const uint8_t *)prog_serve_index};
    return HP_OK;
}

static int64_t prog_serve_bytes(void *ctx, struct hp_file *f, uint64_t offset, void *out, size_t n)
{
    const struct prog_serve_page *page = f->handle;
    if (offset >= page->size) return 0;
    if (n > page->size - offset) n = (size_t)(page->size - offset);
    made_fill(out, n, made_key(page->path), offset);
    return (int64_t)n;
}

void program_asked(struct hp_lab_app *app, bool say, const struct hp_endpoint *peer, const char *request, int status, uint64_t bytes)
{
    char from[HP_ENDPOINT_TEXT];
    hp_lab_progress(app, bytes);
    if (say) hp_lab_say(app, "%s asked %s: %d, %lu bytes", hp_endpoint_text(peer, from, sizeof from), request, status, (unsigned long)bytes);
}

static void prog_serve_log(void *ctx, const struct hp_endpoint *peer, const char *request, int status, uint64_t bytes)
{
    struct prog_serve_state *v = ctx;
    program_asked(v->app, v->log, peer, request, status, bytes);
}

static int prog_serve_main(struct hp_lab_app *app)
{
    struct prog_serve_state *v = app->state;
    v->app = app;
    v->server = (struct hp_http_server){.port = (uint16_t)v->port, .files = {.open = prog_serve_open, .read = prog_serve_bytes, .ctx = v},
                                        .log = prog_serve_log, .ctx = v};
    return hp_http_serve(app->stack, &v->server);
}

static void prog_serve_stop(struct hp_lab_app *app) { hp_http_serve_stop(&((struct prog_serve_state *)app->state)->server); }

const struct hp_lab_program serve_program = {
    .name = "serve", .synopsis = "serve [/PATH [SIZE]]... [port N] [log]", .text = "pages by HTTP: / and /index.html, and those named, whose bytes are made",
    .state_size = sizeof(struct prog_serve_state), .service = true, .read = prog_serve_read, .main = prog_serve_main, .stop = prog_serve_stop};
