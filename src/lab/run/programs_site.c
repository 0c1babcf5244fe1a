/* site: the files below a folder by HTTP, as whoever runs the lab hands them out. */
#include "hepta/http.h"
#include "lab/run/programs.h"

enum { SITE_PATH_MAX = 256 };

struct prog_site {
    struct hp_lab_app *app;
    const char *folder;
    bool log;
    struct hp_http_server server;
};

static const struct args_spec prog_site_args[] = {
    {ARGS_TEXT, NULL, "a folder", offsetof(struct prog_site, folder), 0, 0},
    {ARGS_FLAG, "log", NULL, offsetof(struct prog_site, log), 0, 0},
    {0},
};

static bool prog_site_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    return args_read(plan, app, state, error, prog_site_args);
}

/* `path` begins with '/' and has no ".." (http.h). */
static int prog_site_open(void *ctx, const char *path, struct hp_file *out)
{
    const struct prog_site *v = ctx;
    char name[SITE_PATH_MAX];
    struct hp_bytes bytes;
    struct text t = text_of(name, sizeof name);
    size_t n = strlen(path);
    if (strlen(v->folder) + n + sizeof "index.html" > sizeof name) return HP_ENOENT;
    text_str(&t, v->folder);
    text_str(&t, path);
    if (path[n - 1] == '/') text_str(&t, "index.html");
    int err = hp_lab_file(v->app, name, &bytes);
    if (err) return err;
    *out = (struct hp_file){.size = bytes.n, .bytes = bytes.p, .type = hp_media_type(name)};
    return HP_OK;
}

static void prog_site_log(void *ctx, const struct hp_endpoint *peer, const char *request, int status, uint64_t bytes)
{
    struct prog_site *v = ctx;
    program_asked(v->app, v->log, peer, request, status, bytes);
}

static int prog_site_main(struct hp_lab_app *app)
{
    struct prog_site *v = app->state;
    v->app = app;
    v->server = (struct hp_http_server){.files = {.open = prog_site_open, .ctx = v}, .log = prog_site_log, .ctx = v};
    return hp_http_serve(app->stack, &v->server);
}

static void prog_site_stop(struct hp_lab_app *app) { hp_http_serve_stop(&((struct prog_site *)app->state)->server); }

const struct hp_lab_program site_program = {
    .name = "site", .synopsis = "site FOLDER [log]",
    .text = "the files below a folder beside the lab file, by HTTP",
    .state_size = sizeof(struct prog_site), .service = true, .read = prog_site_read, .main = prog_site_main, .stop = prog_site_stop};
