/* hepta get: fetches a page or file by HTTP. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "browser/idn.h"
#include "cli.h"
#include "sha256.h"

struct get_verb {
    struct cli_machine machine;
    const char *url, *output, *headers;
    char ascii[HP_HTTP_PATH_MAX + HP_HTTP_HOST_MAX]; /* the URL, as it is asked for */
    bool sha256, head_only, resume, quiet;
    hp_time timeout;
    struct hp_http_get get;
    struct sha256 hash;
    int fd;
    uint64_t length;
    bool length_known, progress;
    hp_time shown;
};

/* ---- what comes ---- */

static int get_write(struct get_verb *v, struct hp_bytes part)
{
    while (part.n) {
        ssize_t n = write(v->fd, part.p, part.n);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            cli_error("%s cannot be written: %s", v->output ? v->output : "standard output", strerror(errno));
            return HP_EIO;
        }
        part.p += n;
        part.n -= (size_t)n;
    }
    return HP_OK;
}

static void get_show_progress(struct get_verb *v, bool last)
{
    char have[32], rate[32];
    hp_time now = hp_now(v->machine.stack);
    if (!v->progress || (!last && now - v->shown < HP_MS(100))) return;
    v->shown = now;
    cli_bytes(v->get.body_bytes, have, sizeof have);
    cli_rate(v->get.body_bytes, now - v->get.began, rate, sizeof rate);
    if (v->length_known && v->length)
        fprintf(stderr, "\r%3.0f%%  %s  %s   ", 100.0 * (double)v->get.body_bytes / (double)v->length, have, rate);
    else fprintf(stderr, "\r%s  %s   ", have, rate);
    if (last) fputc('\n', stderr);
}

static int get_body(void *ctx, struct hp_bytes part)
{
    struct get_verb *v = ctx;
    if (v->sha256) sha256_add(&v->hash, part.p, part.n);
    get_show_progress(v, false);
    return v->machine.interrupted ? HP_ECANCELED : get_write(v, part);
}

static void get_head(void *ctx, const struct hp_http_head *head, uint64_t length, bool known)
{
    struct get_verb *v = ctx;
    v->length = length;
    v->length_known = known;
    if (v->head_only)
        for (int i = 0; i < head->header_count; i++)
            printf("%.*s: %.*s\n", (int)head->header[i].name.n, (const char *)head->header[i].name.p, (int)head->header[i].value.n,
                   (const char *)head->header[i].value.p);
    if (v->get.offset && head->status != 206 && v->output && ftruncate(v->fd, 0) == 0) lseek(v->fd, 0, SEEK_SET); /* all of it comes */
}

/* ---- what is said about it ---- */

static void get_print_json(struct get_verb *v, int err, const char *hash)
{
    const struct hp_http_get *g = &v->get;
    char server[HP_IP_TEXT], text[4][32];
    FILE *f = v->output || v->head_only ? stdout : stderr;
    fprintf(f, "{\"url\":");
    cli_json_text(f, v->url, strlen(v->url));
    fprintf(f, ",\"status\":%d,\"bytes\":%llu,\"server\":\"%s\",\"port\":%u,\"resolve_ms\":%s,\"connect_ms\":%s,\"first_byte_ms\":%s,\"total_ms\":%s,"
            "\"retransmitted\":%u,\"redirects\":%d", g->status, (unsigned long long)g->body_bytes, hp_ip_text(&g->server, server, sizeof server),
            g->port, cli_ms(g->resolved - g->began, text[0], 32), cli_ms(g->connected - g->began, text[1], 32),
            cli_ms(g->first_byte - g->began, text[2], 32), cli_ms(g->ended - g->began, text[3], 32), g->tcp.retrans, g->redirects);
    if (hash) fprintf(f, ",\"sha256\":\"%s\"", hash);
    if (err) {
        fprintf(f, ",\"error\":");
        cli_json_text(f, g->error, strlen(g->error));
    }
    fprintf(f, "}\n");
}

static void get_print(struct get_verb *v, const char *hash)
{
    const struct hp_http_get *g = &v->get;
    char bytes[32], rate[32], span[32], server[HP_IP_TEXT];
    if (!v->quiet)
        fprintf(stderr, "%d from %s port %u: %s in %s, %s\n", g->status, hp_ip_text(&g->server, server, sizeof server), g->port,
                cli_bytes(g->body_bytes, bytes, sizeof bytes), hp_span_text((g->ended - g->began) / 1000 * 1000, span, sizeof span),
                cli_rate(g->body_bytes, g->ended - g->connected, rate, sizeof rate));
    if (hash) fprintf(v->output ? stdout : stderr, "%s  %s\n", hash, v->output ? v->output : "-");
}

static void get_program(struct cli_machine *m, void *arg)
{
    struct get_verb *v = arg;
    char hash[SHA256_TEXT];
    v->get.url = v->ascii;
    v->get.resolver = &m->resolver;
    v->get.headers = v->headers;
    v->get.head_only = v->head_only;
    v->get.timeout = v->timeout;
    v->get.body = get_body;
    v->get.head = get_head;
    v->get.ctx = v;
    if (v->sha256) sha256_init(&v->hash);
    cli_await_addresses(m, v->ascii);
    int err = hp_http_get(m->stack, &v->get);
    if (!err) get_show_progress(v, true);
    const char *sum = v->sha256 ? sha256_text(&v->hash, hash) : NULL;
    if (m->config.json) get_print_json(v, err, sum);
    else if (err) cli_error("%s", v->get.error[0] ? v->get.error : hp_err_text(err));
    else get_print(v, sum);
    m->result = err || v->get.status >= 400 ? CLI_FAILED : CLI_OK;
    if (!err && v->get.status >= 400) cli_error("the server answered %d", v->get.status);
}

/* ---- the command ---- */

static int get_open(struct get_verb *v)
{
    struct stat st;
    v->fd = STDOUT_FILENO;
    if (!v->output || strcmp(v->output, "-") == 0) {
        v->output = NULL;
        return CLI_OK;
    }
    v->fd = open(v->output, O_WRONLY | O_CREAT | O_CLOEXEC | (v->resume ? O_APPEND : O_TRUNC), 0666);
    if (v->fd < 0) return cli_error("%s cannot be written: %s", v->output, strerror(errno));
    if (v->resume && fstat(v->fd, &st) == 0) v->get.offset = (uint64_t)st.st_size;
    v->progress = isatty(STDERR_FILENO) && !v->machine.config.json && !v->quiet;
    return CLI_OK;
}

int cli_get(int argc, char **argv)
{
    struct get_verb v = {.url = NULL};
    const char *why;
    const struct cli_option own[] = {
        {"output", 'o', CLI_TEXT, &v.output, "FILE", "where to (standard output otherwise)", 0, 0, 0},
        {"sha256", 0, CLI_FLAG, &v.sha256, NULL, "print the body's SHA-256", 0, 0, 0},
        {"continue", 'C', CLI_FLAG, &v.resume, NULL, "fetch only what FILE does not have yet", 0, 0, 0},
        {"head", 'I', CLI_FLAG, &v.head_only, NULL, "only the headers", 0, 0, 0},
        {"timeout", 'W', CLI_SPAN, &v.timeout, "TIME", "without progress: 30 s", 0, 0, 0},
        {"quiet", 'q', CLI_FLAG, &v.quiet, NULL, "say nothing but errors", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    struct cli_option common[CLI_COMMON_OPTIONS];
    cli_common(&v.machine, common);
    const struct cli_usage usage = {"get [OPTION...] URL", "Fetches a page or file by HTTP/1.1.",
        "  hepta get --wire lab: http://server/\n"
        "  hepta get --wire lab: --loss 1% --delay 2ms --capture out.pcapng -o big --sha256 http://server/big\n", own, common};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 1, 1);
    if (exit_code >= 0) return exit_code;
    v.url = argv[1];
    if (!idn_url(v.url, v.ascii, sizeof v.ascii, &why)) return cli_usage_error("\"%s\" has no host that DNS could name: %s", v.url, why);
    exit_code = get_open(&v);
    return exit_code ? exit_code : cli_machine_run(&v.machine, get_program, &v, NULL);
}
