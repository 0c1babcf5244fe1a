/* hepta browse: fetches a page with its pictures and style sheets, and renders it. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "browser/browser.h"
#include "browser/idn.h"
#include "cli.h"
#include "journey/journey.h"

struct browse {
    struct cli_machine machine;
    const char *url, *file, *png;
    bool text, links, no_images, no_color;
    int64_t width, png_width;
    hp_time timeout;
    struct journey journey;
    const char *lang, *out;
    char left[600]; /* the capture in --out */
    bool step;
    struct page *page;
    int err;
};

/* ---- what it says ---- */

static void browse_json_text(const char *name, const char *text)
{
    printf("\"%s\":", name);
    cli_json_text(stdout, text, strlen(text));
}

static void browse_print_resource(const struct page_resource *r)
{
    static const char *const kinds[] = {"document", "style", "picture"};
    printf("{\"kind\":\"%s\",", kinds[r->kind]);
    browse_json_text("url", r->url);
    printf(",\"status\":%d,", r->status);
    browse_json_text("type", r->type);
    printf(",\"bytes\":%llu,\"wire_bytes\":%llu", (unsigned long long)r->bytes, (unsigned long long)r->wire_bytes);
    if (r->width) printf(",\"width\":%d,\"height\":%d", r->width, r->height);
    if (r->error) {
        printf(",");
        browse_json_text("error", r->error);
    }
    printf("}");
}

/* Of a file; a journey has more to say (journey/tell_json.c). */
static void browse_print_json(struct browse *v)
{
    const struct page *p = v->page;
    printf("{");
    browse_json_text("url", page_url(p));
    printf(",\"status\":%d,", page_status(p));
    browse_json_text("title", page_title(p));
    printf(",");
    browse_json_text("charset", page_charset(p));
    printf(",\"cut\":%s,\"resources\":[", page_is_cut(p) ? "true" : "false");
    for (int i = 0; i < page_resources(p); i++) {
        if (i) printf(",");
        browse_print_resource(page_resource(p, i));
    }
    printf("],\"links\":[");
    for (int i = 0; i < page_links(p); i++) {
        if (i) printf(",");
        cli_json_text(stdout, page_link(p, i), strlen(page_link(p, i)));
    }
    printf("]");
    if (v->err) {
        printf(",");
        browse_json_text("error", page_error(p));
    }
    printf("}\n");
}

static int browse_columns(const struct browse *v)
{
    struct winsize size;
    if (v->width) return (int)v->width;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) return size.ws_col > 120 ? 120 : size.ws_col;
    return 80;
}

static int browse_print_text(struct browse *v)
{
    bool terminal = isatty(STDOUT_FILENO) && !v->no_color;
    struct page_text_options o = {.width = browse_columns(v), .styles = terminal, .hyperlinks = terminal, .pictures = terminal && !v->no_images,
                                  .no_link_list = !v->links};
    int err = page_text(v->page, &o, stdout);
    return err ? cli_error("the page cannot be shown: %s", hp_err_text(err)) : CLI_OK;
}

static void browse_print_troubles(const struct browse *v)
{
    const struct page *p = v->page;
    for (int i = 1; i < page_resources(p); i++) {
        const struct page_resource *r = page_resource(p, i);
        if (r->error) fprintf(stderr, "hepta: %s\n", r->error);
        else if (r->status >= 400) fprintf(stderr, "hepta: %s: the server answered %d\n", r->url, r->status);
    }
}

static int browse_draw(struct browse *v)
{
    struct page_png_options o = {.width = (int)v->png_width};
    int err = page_png(v->page, &o, v->png);
    return err ? cli_error("%s cannot be written: %s", v->png, hp_err_text(err)) : CLI_OK;
}

/* The loaded page in all the ways that were asked for. */
static int browse_show(struct browse *v)
{
    int exit_code = CLI_OK;
    if (!v->page) return cli_error("out of memory");
    if (v->machine.config.json) browse_print_json(v);
    if (v->err) return v->machine.config.json ? CLI_FAILED : cli_error("%s", page_error(v->page));
    if (!v->machine.config.json) browse_print_troubles(v);
    if (v->text || v->links || (!v->png && !v->machine.config.json)) exit_code = browse_print_text(v);
    if (v->png && browse_draw(v)) exit_code = CLI_FAILED;
    if (page_is_cut(v->page)) exit_code = cli_error("the page is larger than this browser shows; something was left out"); /* known once it is shown */
    if (page_status(v->page) >= 400) exit_code = cli_error("the server answered %d", page_status(v->page));
    return exit_code;
}

/* ---- the command ---- */

static int browse_local(struct browse *v)
{
    struct page_options o = {.no_pictures = v->no_images};
    v->err = page_open(v->file, &o, &v->page);
    int exit_code = browse_show(v);
    page_free(v->page);
    return exit_code;
}

/* ---- the journey ---- */

static bool browse_fault(void *to, const char *line)
{
    struct journey *j = to;
    bool fault = strncmp(line, "at ", 3) == 0 || strncmp(line, "every ", 6) == 0 || strncmp(line, "when ", 5) == 0;
    if (!fault) {
        fprintf(stderr, "hepta: --fault '%s': not a fault; it begins with at, every or when: 'at 60ms crash 바'\n", line);
        return false;
    }
    if (j->faults == JOURNEY_FAULTS_MAX || strpbrk(line, "\n\r")) return false;
    j->fault[j->faults++] = line;
    return true;
}

static bool browse_korean(const struct browse *v)
{
    const char *locale = v->lang ? v->lang : getenv("LC_ALL") && *getenv("LC_ALL") ? getenv("LC_ALL") : getenv("LANG");
    return locale && strncmp(locale, "ko", 2) == 0;
}

/* What the browser can ask for: an http URL, whose name becomes one that DNS knows. */
static int browse_check_url(const char *text, char *ascii, size_t n)
{
    static const char *const schemes[] = {"javascript:", "mailto:", "data:", "about:", "file:", "https:", "ftp:"};
    struct hp_url url;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strncmp(text, schemes[i], strlen(schemes[i])) == 0) return cli_usage_error("\"%s\": only http:// can be fetched", text);
    const char *why, *host = strncmp(text, "http://", 7) == 0 ? text + 7 : text, *rest = host + strcspn(host, "/?#");
    if (memchr(host, '@', (size_t)(rest - host))) return cli_usage_error("\"%s\": a user and a password in a URL are not understood", text);
    if (!idn_url(text, ascii, n, &why)) return cli_usage_error("\"%s\" has no host that DNS could name: %s", text, why);
    int err = hp_url_parse(ascii, &url);
    if (err == HP_EOPNOTSUPP) return cli_usage_error("\"%s\": only http:// can be fetched", text);
    if (err || !*url.host || !url.port)
        return cli_usage_error("\"%s\" is no URL that can be fetched: http://HOST[:PORT]/PATH is wanted, PORT from 1 to 65535", text);
    return CLI_OK;
}

/* The embedded internet has its machines and addresses; what can be asked of A's cable is set there. */
static int browse_check_machine(const struct cli_config *c)
{
    const struct cli_port *port = &c->port[0];
    static const struct hp_mac none;
    const struct {
        bool given;
        const char *name;
    } other[] = {{port->addresses || port->dhcp || port->slaac, "addr"}, {c->gateways, "gw"}, {c->dns_servers, "dns"},
                 {memcmp(&port->mac, &none, sizeof none) != 0, "mac"},
                 {port->mtu, "mtu"}, {c->name, "name"}, {c->settings, "set"}, {c->verbose, "verbose"}};
    const char *no = NULL;
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (other[i].given && !no) no = other[i].name;
    if (!no) return CLI_OK;
    return cli_usage_error("--%s goes with --wire only: the internet inside the command takes --seed, --loss, --rate, --delay, --jitter, "
                           "--duplicate, --reorder, --bit-errors, --fault, --capture, --trace, --json", no);
}

/* As a user writes it: "100ms", "10%". */
static void browse_span(hp_time t, char text[40])
{
    const char *unit = t % HP_MS(1) == 0 ? "ms" : t % HP_US(1) == 0 ? "us" : "ns";
    snprintf(text, 40, "%lld%s", (long long)(t / (*unit == 'm' ? HP_MS(1) : *unit == 'u' ? HP_US(1) : 1)), unit);
}
static void browse_share(uint32_t share, char text[40]) { snprintf(text, 40, "%.7g%%", (double)share / 4294967296.0 * 100); }

static void browse_ways(const struct cli_config *c, struct journey *j, char text[JOURNEY_WAYS][40])
{
    const uint32_t share[JOURNEY_WAYS] = {0, 0, 0, c->duplicate, c->reorder, c->bit_errors};
    snprintf(text[0], 40, "%llubit/s", (unsigned long long)c->rate);
    browse_span(c->delay, text[1]);
    browse_span(c->jitter, text[2]);
    for (int i = 3; i < JOURNEY_WAYS; i++) browse_share(share[i], text[i]);
    const bool wanted[JOURNEY_WAYS] = {c->rate, c->delay, c->jitter, c->duplicate, c->reorder, c->bit_errors};
    for (int i = 0; i < JOURNEY_WAYS; i++) j->way[i] = wanted[i] ? text[i] : NULL;
}

/* What A sends and receives is left in --out, unless --capture says where. */
static void browse_capture(struct browse *v)
{
    struct journey *j = &v->journey;
    struct cli_config *c = &v->machine.config;
    if (c->ports && !c->capture && j->out) {
        snprintf(v->left, sizeof v->left, "%s/A.pcapng", j->out);
        c->capture = v->left;
    }
    j->capture = c->capture;
}

static int browse_journey(struct browse *v)
{
    struct journey *j = &v->journey;
    const struct cli_config *c = &v->machine.config;
    char loss[40], ways[JOURNEY_WAYS][40];
    if (!c->ports) {
        int wrong = browse_check_machine(c);
        if (wrong) return wrong;
    } else if (j->faults) return cli_usage_error("--fault happens in the internet inside the command, which has no --wire");
    browse_ways(c, j, ways);
    browse_share(c->loss, loss);
    if (c->loss) j->loss = loss;
    bool page_only = v->text || v->links || (v->png && !c->json);
    j->url = v->url;
    j->out = v->out ? *v->out ? v->out : NULL : c->json || page_only ? NULL : "out";
    j->seed = c->seeded ? (uint64_t)c->seed : 1;
    j->json = c->json;
    j->silent = page_only;
    j->trace = c->trace;
    j->no_pictures = v->no_images;
    j->timeout = v->timeout;
    j->png_width = v->png_width ? (int)v->png_width : 1024;
    j->color = isatty(STDOUT_FILENO) && !v->no_color;
    j->korean = browse_korean(v);
    j->wait = v->step;
    j->width = browse_columns(v);
    browse_capture(v);
    int exit_code = journey_run(j, c->ports ? &v->machine : NULL);
    v->page = j->page;
    v->err = j->err;
    if (page_only && v->page) {
        int shown = browse_show(v);
        if (!exit_code) exit_code = shown;
    } else if (v->png && v->page && !v->err && browse_draw(v)) exit_code = CLI_FAILED;
    page_free(v->page);
    return exit_code;
}

int cli_browse(int argc, char **argv)
{
    struct browse v = {.url = NULL};
    const struct cli_option own[] = {
        {"file", 0, CLI_TEXT, &v.file, "FILE", "a local page, without any network", 0, 0, 0},
        {"png", 0, CLI_TEXT, &v.png, "FILE", "draw the page into a picture; its journey is not told", 0, 0, 0},
        {"text", 0, CLI_FLAG, &v.text, NULL, "print the page as text; its journey is not told", 0, 0, 0},
        {"width", 0, CLI_NUMBER, &v.width, "N", "columns of the text: the terminal's, or 80", 0, 20, 1000},
        {"png-width", 0, CLI_NUMBER, &v.png_width, "N", "pixels of the picture: 1024", 0, 64, 8192},
        {"links", 'l', CLI_FLAG, &v.links, NULL, "the text, and below it where the links lead", 0, 0, 0},
        {"lang", 0, CLI_TEXT, &v.lang, "ko|en", "of the journey's account; else by LC_ALL or LANG", 0, 0, 0},
        {"step", 0, CLI_FLAG, &v.step, NULL, "the journey's account step by step: Enter goes on, q ends", 0, 0, 0},
        {"fault", 0, CLI_CALL, &v.journey, "LINE", "what goes wrong, 'at 60ms crash 바': as in lab files, times since Enter; repeatable", browse_fault, 0, 0},
        {"out", 0, CLI_TEXT, &v.out, "FOLDER", "where the journey leaves its page, picture and capture: out; '' or --json = nowhere", 0, 0, 0},
        {"no-images", 0, CLI_FLAG, &v.no_images, NULL, "do not fetch pictures", 0, 0, 0},
        {"no-color", 0, CLI_FLAG, &v.no_color, NULL, "plain text on a terminal, too", 0, 0, 0},
        {"timeout", 'W', CLI_SPAN, &v.timeout, "TIME", "without progress: 30 s; in the internet inside, 120 s", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    struct cli_option common[CLI_COMMON_OPTIONS];
    cli_common(&v.machine, common);
    const struct cli_usage usage = {"browse [OPTION...] URL | --file FILE",
        "Fetches a page with its pictures and style sheets over hepta's own network, tells its journey in eight steps from the URL to the page, and\n"
        "leaves a page to look at in --out.  With --text, --links or --png: the page only.\n"
        "Without --wire it goes through an internet that is inside the command (www.google.com, www.naver.com, 한국.com).  There --loss is of each\n"
        "cable between routers; --rate, --delay, --jitter, --duplicate, --reorder and --bit-errors are of the cable of A, from Enter on; --capture and\n"
        "--trace are of A; --addr, --gw, --dns, --mac, --mtu, --name, --set and --verbose go with --wire.\n"
        "Exit status: 0 the whole page came; 1 no page, or something of it is missing, or it is larger than this browser shows: what there is is shown,\n"
        "and what is wrong is said; 2 the command makes no sense.",
        "  hepta browse www.google.com                        the journey of a page through an internet inside the command\n"
        "  hepta browse --lang ko --fault 'at 60ms crash 바' www.google.com\n"
        "  hepta browse --wire lab: http://server/\n"
        "  hepta browse --wire tap:hepta0 --addr 10.7.0.2/24 --gw 10.7.0.1 --dns 10.7.0.1 www.example.test --links --png page.png\n"
        "  hepta browse --file page.html --png page.png --text\n", own, common};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 0, 1);
    if (exit_code >= 0) return exit_code;
    if (words + (v.file != NULL) != 1) return cli_usage_error(words ? "a URL or --file, not both" : "something is missing: hepta browse %s",
        usage.synopsis + 7);
    v.url = argv[1];
    if (v.lang && strcmp(v.lang, "ko") != 0 && strcmp(v.lang, "en") != 0) return cli_usage_error("--lang %s: ko or en is wanted", v.lang);
    if (v.machine.config.json && (v.text || v.links)) return cli_usage_error("--json, or --text and --links, not both");
    if (v.step && (v.machine.config.json || v.text || v.links || v.png))
        return cli_usage_error("--step goes through the journey's account: not with --json, --text, --links, --png");
    const struct cli_config *c = &v.machine.config;
    if (v.file && (c->ports || c->capture || c->trace)) return cli_usage_error("--file is read without any network: not with --wire, --capture, --trace");
    if (v.file && (v.lang || v.step || v.out || v.journey.faults))
        return cli_usage_error("--lang, --step, --fault and --out belong to the journey of a URL, not to --file");
    if (v.file) return browse_local(&v);
    exit_code = browse_check_url(v.url, v.journey.ascii, sizeof v.journey.ascii);
    return exit_code ? exit_code : browse_journey(&v);
}
