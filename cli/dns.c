/* hepta dns: zones served, names resolved recursively, zone files checked, questions asked. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "browser/idn.h"
#include "cli.h"
#include "hepta/dns_server.h"
#include "wire/dns.h"

enum { DNS_FILES_MAX = 64, DNS_FILE_MAX = 256 << 20, DNS_ALLOW_MAX = 16, DNS_ANSWER_MAX = 65535 };

struct dns_verb {
    struct cli_machine machine;
    const char *file[DNS_FILES_MAX], *origin;
    int files;
    bool print, quiet, stop, tcp, no_edns, no_recursion;
    int64_t port;
    struct hp_ip server;
    struct hp_dns_zone *zone[DNS_FILES_MAX];
    struct hp_dns_server authority;
    struct hp_dns_recursor recursor;
    struct hp_prefix allow[DNS_ALLOW_MAX];
    struct hp_dns_query query;
};

/* ---- zone files ---- */

static void dns_note(void *ctx, const struct hp_dns_zone_source *source, const struct hp_dns_zone_note *note)
{
    fprintf(stderr, "%s:", source->file);
    if (note->line) fprintf(stderr, "%u:", note->line);
    if (note->column) fprintf(stderr, "%u:", note->column);
    fprintf(stderr, " %s: %s\n", note->error ? "error" : "warning", note->text);
}

static char *dns_read_file(const char *path, size_t *n)
{
    char *text = NULL;
    size_t room = 0;
    FILE *f = fopen(path, "rb");
    for (*n = 0; f && room < DNS_FILE_MAX;) {
        if (*n == room) {
            char *more = realloc(text, room = room ? room * 2 : 65536);
            if (!more) break;
            text = more;
        }
        size_t got = fread(text + *n, 1, room - *n, f);
        *n += got;
        if (got) continue;
        bool bad = ferror(f) != 0;
        fclose(f);
        if (!bad) return text;
        f = NULL;
    }
    cli_error("%s cannot be read: %s", path, f ? "too large" : strerror(errno));
    if (f) fclose(f);
    free(text);
    return NULL;
}

/* "NAME=FILE" names the zone; the file may do so itself. */
static int dns_load(struct dns_verb *v, const char *word, bool hints, struct hp_dns_zone **out, struct hp_dns_zone_source *source)
{
    char origin[DNS_TEXT];
    const char *path = word, *equals = strchr(word, '=');
    size_t n;
    *source = (struct hp_dns_zone_source){.origin = v->origin, .hints = hints, .say = dns_note};
    if (equals && (size_t)(equals - word) < sizeof origin && !memchr(word, '/', (size_t)(equals - word))) {
        snprintf(origin, sizeof origin, "%.*s", (int)(equals - word), word);
        source->origin = origin;
        path = equals + 1;
    }
    char *text = dns_read_file(path, &n);
    if (!text) return CLI_FAILED;
    source->file = path;
    source->text = text;
    source->n = n;
    int err = hp_dns_zone_parse(hp_os_allocator(), source, out);
    free(text);
    if (err == HP_ENOMEM) return cli_error("%s: out of memory", path);
    return err ? CLI_FAILED : CLI_OK;
}

/* ---- check ---- */

static void dns_print_record(void *ctx, const char *owner, uint32_t ttl, const char *type, const char *data)
{
    fprintf(ctx, "%s %u IN %s %s\n", owner, ttl, type, data);
}

static int dns_check(int argc, char **argv)
{
    struct dns_verb v = {.print = false};
    bool json = false, hints = false;
    const struct cli_option own[] = {
        {"origin", 0, CLI_TEXT, &v.origin, "NAME", "the zone's name, unless the file says $ORIGIN", 0, 0, 0},
        {"hints", 0, CLI_FLAG, &hints, NULL, "the file is no zone, but says where the root's servers are", 0, 0, 0},
        {"print", 0, CLI_FLAG, &v.print, NULL, "print the records, each on one line", 0, 0, 0},
        {"json", 0, CLI_FLAG, &json, NULL, "the result as JSON", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    const struct cli_usage usage = {"dns check [OPTION...] FILE", "Reads a zone file and says what is wrong with it, as FILE:LINE:COLUMN: in words.",
        "  hepta dns check --origin example.org example.zone\n  hepta dns check --print example.org=example.zone\n", own, NULL};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 1, 1);
    struct hp_dns_zone_source source;
    if (exit_code >= 0) return exit_code;
    exit_code = dns_load(&v, argv[1], hints, &v.zone[0], &source);
    const struct hp_dns_zone *z = v.zone[0];
    if (json) {
        printf("{\"errors\":%u,\"warnings\":%u", source.errors, source.warnings);
        if (z) printf(",\"origin\":\"%s\",\"records\":%u,\"serial\":%u", hp_dns_zone_origin(z), hp_dns_zone_records(z), hp_dns_zone_serial(z));
        printf("}\n");
    } else if (z && v.print) {
        hp_dns_zone_each(z, dns_print_record, stdout);
    } else if (z) {
        printf("%s: %u records, serial %u\n", hp_dns_zone_origin(z), hp_dns_zone_records(z), hp_dns_zone_serial(z));
    }
    hp_dns_zone_free(v.zone[0]);
    return exit_code;
}

/* ---- serve and recurse ---- */

static void dns_interrupt(void *arg) { ((struct dns_verb *)arg)->stop = true; }

static void dns_asked(void *ctx, const struct hp_ip *who, const char *name, int type, int answers)
{
    struct dns_verb *v = ctx;
    char from[HP_IP_TEXT], word[DNS_TYPE_TEXT];
    if (v->quiet) return;
    printf("%s asks %s %s: ", hp_ip_text(who, from, sizeof from), name, dns_type_text((uint16_t)type, word));
    if (answers < 0) printf("%s\n", answers == -1 ? "no such name" : "refused");
    else printf("%d record%s\n", answers, answers == 1 ? "" : "s");
    fflush(stdout);
}

static void dns_step(void *ctx, const struct hp_dns_step *step)
{
    struct dns_verb *v = ctx;
    char line[2048];
    if (v->quiet) return;
    printf("%llu: %*s%s\n", (unsigned long long)step->question, step->depth * 2, "", hp_dns_step_text(step, line, sizeof line));
    fflush(stdout);
}

static void dns_wait(struct dns_verb *v, int err, const int *later, const char *what)
{
    struct cli_machine *m = &v->machine;
    m->result = CLI_OK;
    if (!err) fprintf(stderr, "hepta: %s, port %lld\n", what, (long long)v->port);
    while (!err && !v->stop && !*later && hp_sleep(m->stack, HP_MS(100)) == HP_OK) continue;
    if (!err && !v->stop) err = *later;
    if (err) m->result = cli_error("port %lld cannot be served: %s", (long long)v->port, hp_err_text(err));
}

static void dns_serve_program(struct cli_machine *m, void *arg)
{
    struct dns_verb *v = arg;
    v->authority = (struct hp_dns_server){.zones = (const struct hp_dns_zone *const *)v->zone, .zone_count = v->files, .port = (uint16_t)v->port,
                                          .asked = dns_asked, .ctx = v};
    dns_wait(v, hp_dns_serve(m->stack, &v->authority), &v->authority.error, "serving zones");
}

static void dns_recurse_program(struct cli_machine *m, void *arg)
{
    struct dns_verb *v = arg;
    v->recursor.hints = v->zone[0];
    v->recursor.allow = v->allow;
    v->recursor.port = (uint16_t)v->port;
    v->recursor.step = dns_step;
    v->recursor.ctx = v;
    dns_wait(v, hp_dns_recurse(m->stack, &v->recursor), &v->recursor.error, "resolving");
}

static bool dns_take_file(void *to, const char *value)
{
    struct dns_verb *v = to;
    if (v->files == DNS_FILES_MAX) return false;
    v->file[v->files++] = value;
    return true;
}

static bool dns_take_allow(void *to, const char *value)
{
    struct dns_verb *v = to;
    return v->recursor.allow_count < DNS_ALLOW_MAX && hp_prefix_parse(value, &v->allow[v->recursor.allow_count]) && ++v->recursor.allow_count;
}

static int dns_run(struct dns_verb *v, bool hints, void (*program)(struct cli_machine *m, void *arg))
{
    int exit_code = CLI_OK;
    for (int i = 0; i < v->files && !exit_code; i++) {
        struct hp_dns_zone_source source;
        exit_code = dns_load(v, v->file[i], hints, &v->zone[i], &source);
    }
    if (!exit_code) exit_code = cli_machine_run(&v->machine, program, v, dns_interrupt);
    for (int i = 0; i < v->files; i++) hp_dns_zone_free(v->zone[i]);
    return exit_code;
}

static int dns_serve(int argc, char **argv)
{
    struct dns_verb v = {.port = 53};
    const struct cli_option own[] = {
        {"zone", 'z', CLI_CALL, &v, "FILE", "a zone file, or NAME=FILE; repeatable", dns_take_file, 0, 0},
        {"port", 'p', CLI_NUMBER, &v.port, "N", "UDP and TCP port: 53", 0, 1, 65535},
        {"quiet", 'q', CLI_FLAG, &v.quiet, NULL, "do not print the questions", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    struct cli_option common[CLI_COMMON_OPTIONS];
    cli_common(&v.machine, common);
    const struct cli_usage usage = {"dns serve [OPTION...] --zone FILE...", "Answers questions about zones with authority, until Ctrl-C.",
        "  sudo hepta dns serve --zone example.org=example.zone --wire tap:hepta0,host=10.7.0.1/24 --addr 10.7.0.2/24 &\n"
        "  dig @10.7.0.2 www.example.org\n", own, common};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 0, 0);
    if (exit_code >= 0) return exit_code;
    if (!v.files) return cli_usage_error("which zone? --zone FILE, or --zone example.org=FILE");
    return dns_run(&v, false, dns_serve_program);
}

static int dns_recurse(int argc, char **argv)
{
    struct dns_verb v = {.port = 53};
    const struct cli_option own[] = {
        {"hints", 0, CLI_CALL, &v, "FILE", "where the root's servers are: NS, A and AAAA records", dns_take_file, 0, 0},
        {"allow", 0, CLI_CALL, &v, "PREFIX", "who may ask; repeatable; the neighbours on our links otherwise", dns_take_allow, 0, 0},
        {"port", 'p', CLI_NUMBER, &v.port, "N", "UDP and TCP port: 53", 0, 1, 65535},
        {"quiet", 'q', CLI_FLAG, &v.quiet, NULL, "do not print the steps of each question", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    struct cli_option common[CLI_COMMON_OPTIONS];
    cli_common(&v.machine, common);
    const struct cli_usage usage = {"dns recurse [OPTION...] --hints FILE",
        "Resolves names for others, from the root down, with a cache, until Ctrl-C; prints each step.",
        "  sudo hepta dns recurse --hints /usr/share/dns/root.hints --wire tap:hepta0,host=10.7.0.1/24 --addr 10.7.0.2/24 --gw 10.7.0.1 &\n"
        "  dig @10.7.0.2 www.example.org\n", own, common};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 0, 0);
    if (exit_code >= 0) return exit_code;
    if (v.files != 1) return cli_usage_error("which hints? --hints FILE, once");
    return dns_run(&v, true, dns_recurse_program);
}

/* ---- ask ---- */

static void dns_print_answer(struct dns_verb *v, struct hp_bytes all, bool json)
{
    static const char *const titles[] = {"QUESTION", "ANSWER", "AUTHORITY", "ADDITIONAL"};
    struct dns_msg m;
    struct dns_record r;
    char name[DNS_TEXT], type[DNS_TYPE_TEXT], data[8192], server[HP_IP_TEXT], took[32];
    uint8_t whole[4096];
    int section = -1;
    dns_parse(all, &m);
    const char *rcode = dns_rcode_text(m.h.rcode);
    hp_ip_text(&v->query.server.ip, server, sizeof server);
    if (json) printf("{\"rcode\":\"%s\",\"aa\":%s,\"tc\":%s,\"ra\":%s,\"server\":\"%s\",\"tcp\":%s,\"took_ms\":%s,\"bytes\":%zu,\"records\":[",
                     rcode ? rcode : "?",
                     m.h.authoritative ? "true" : "false", m.h.truncated ? "true" : "false", m.h.recursion_available ? "true" : "false", server,
                     v->query.came_by_tcp ? "true" : "false", cli_ms(v->query.took, took, sizeof took), all.n);
    else printf(";; status: %s, id: %u, flags: qr%s%s%s%s; answer: %u, authority: %u, additional: %u\n", rcode ? rcode : "?", m.h.id,
                m.h.authoritative ? " aa" : "", m.h.truncated ? " tc" : "", m.h.recursion_desired ? " rd" : "", m.h.recursion_available ? " ra" : "",
                m.h.count[1], m.h.count[2], m.h.count[3]);
    for (bool first = true; dns_record_next(&m, &r);) {
        struct writer w = writer_of(whole, sizeof whole);
        if (r.type == DNS_OPT || !dns_data_expand(all, r.data, r.type, &w)) continue;
        dns_name_text(&r.name, name, sizeof name);
        dns_data_text(r.type, bytes_of(whole, writer_used(&w)), data, sizeof data);
        if (json) {
            printf("%s{\"section\":\"%s\",\"name\":", first ? "" : ",", titles[r.section]);
            cli_json_text(stdout, name, strlen(name));
            printf(",\"ttl\":%u,\"type\":\"%s\",\"data\":", r.ttl, dns_type_text(r.type, type));
            cli_json_text(stdout, data, strlen(data));
            printf("}");
        } else {
            if (section != (int)r.section) printf("\n;; %s\n", titles[section = (int)r.section]);
            printf("%s%s %u IN %s %s\n", name, r.name.n > 1 ? "." : "", r.ttl, dns_type_text(r.type, type), data);
        }
        first = false;
    }
    if (json) printf("]}\n");
    else printf("\n;; %zu bytes from %s by %s in %s ms%s\n", all.n, server, v->query.came_by_tcp ? "TCP" : "UDP", cli_ms(v->query.took, took, sizeof took),
                m.bad ? "; the rest is malformed" : "");
}

static void dns_ask_program(struct cli_machine *m, void *arg)
{
    struct dns_verb *v = arg;
    char text[HP_IP_TEXT];
    v->query.answer = malloc(DNS_ANSWER_MAX);
    v->query.room = DNS_ANSWER_MAX;
    v->query.server.ip = hp_ip_is_any(&v->server) && m->resolver.server_count ? m->resolver.server[0] : v->server;
    m->result = CLI_FAILED;
    if (!v->query.answer) return;
    int n = hp_ip_is_any(&v->query.server.ip) ? HP_ENETUNREACH : hp_dns_query(m->stack, &v->query);
    if (n == HP_ENETUNREACH) cli_error("which server? --server ADDRESS, or --dns ADDRESS, or a lease that names one");
    else if (n == HP_EINVAL) cli_error("\"%s\" is no name", v->query.name);
    else if (n < 0) cli_error("%s: %s", hp_ip_text(&v->query.server.ip, text, sizeof text), hp_err_text(n));
    else dns_print_answer(v, bytes_of(v->query.answer, (size_t)n), m->config.json);
    if (n > 0) m->result = CLI_OK;
    free(v->query.answer);
}

static int dns_ask(int argc, char **argv)
{
    char name[DNS_TEXT];
    const char *why;
    struct dns_verb v = {.port = 53};
    const struct cli_option own[] = {
        {"server", 's', CLI_IP, &v.server, "ADDRESS", "whom to ask; the first name server otherwise", 0, 0, 0},
        {"port", 'p', CLI_NUMBER, &v.port, "N", "its port: 53", 0, 1, 65535},
        {"tcp", 0, CLI_FLAG, &v.query.tcp, NULL, "by TCP at once", 0, 0, 0},
        {"no-edns", 0, CLI_FLAG, &v.query.no_edns, NULL, "as before RFC 6891: 512 bytes", 0, 0, 0},
        {"no-recursion", 0, CLI_FLAG, &v.query.no_recursion, NULL, "what the server itself knows", 0, 0, 0},
        {"timeout", 'W', CLI_SPAN, &v.query.timeout, "TIME", "of each of three tries: 2 s", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    struct cli_option common[CLI_COMMON_OPTIONS];
    cli_common(&v.machine, common);
    const struct cli_usage usage = {"dns ask [OPTION...] NAME [TYPE]", "Asks a name server one question and prints the whole answer.",
        "  hepta dns ask --wire lab: server\n  sudo hepta dns ask --wire tap:hepta0 --addr dhcp www.example.org MX\n", own, common};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 1, 2);
    if (exit_code >= 0) return exit_code;
    if (!idn_host(argv[1], name, sizeof name, &why)) return cli_usage_error("\"%s\" is no name that DNS could hold: %s", argv[1], why);
    v.query.name = name;
    v.query.type = DNS_A;
    v.query.server.port = (uint16_t)v.port;
    if (words == 2 && !dns_type_parse(argv[2], strlen(argv[2]), &v.query.type))
        return cli_usage_error("\"%s\" is no type of record: A, MX, TYPE65, ...", argv[2]);
    return cli_machine_run(&v.machine, dns_ask_program, &v, NULL);
}

int cli_dns(int argc, char **argv)
{
    static const struct { const char *name, *full; int (*run)(int, char **); } verbs[] = {
        {"serve", "dns serve", dns_serve}, {"recurse", "dns recurse", dns_recurse}, {"check", "dns check", dns_check}, {"ask", "dns ask", dns_ask}};
    const char *word = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(word, verbs[i].name) != 0) continue;
        argv[1] = (char *)(uintptr_t)verbs[i].full;
        return verbs[i].run(argc - 1, argv + 1);
    }
    bool help = strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
    if (word[0] == '-' && !help) return cli_usage_error("\"%s\" is no option of hepta dns; hepta dns --help says what there is", word);
    if (word[0] && !help) return cli_usage_error("dns does not know \"%s\": serve, recurse, check or ask", word);
    fprintf(help ? stdout : stderr, "Usage: hepta dns serve|recurse|check|ask [OPTION...]\n\nName servers, and questions to them.\n\n"
            "  serve    answer with authority from zone files\n  recurse  resolve from the root down, with a cache\n"
            "  check    say what is wrong with a zone file\n  ask      one question, and the whole answer\n\nhepta dns serve --help says more.\n");
    return help ? CLI_OK : CLI_USAGE;
}
