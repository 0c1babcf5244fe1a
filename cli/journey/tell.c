/* The account on the terminal, and what is left in the folder. */
#define _GNU_SOURCE /* open_memstream, program_invocation_name */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "journey/journey.h"

/* ---- what is left behind ---- */

/* 0 = it did not happen. */
static hp_time tell_since(const struct journey *j, hp_time t) { return t ? t - j->base : 0; }

static void tell_scene_page(struct journey *j)
{
    uint8_t *png = NULL;
    char *text = NULL;
    size_t n = 0, text_n = 0;
    if (!j->page || j->err) return;
    page_png_bytes(j->page, &(struct page_png_options){.width = j->png_width}, &png, &n);
    FILE *f = open_memstream(&text, &text_n);
    if (f) {
        page_text(j->page, &(struct page_text_options){.width = 80}, f);
        fclose(f);
    }
    scene_page(j->scene, page_url(j->page), (struct hp_bytes){png, n}, text);
    for (int i = 0; i < page_resources(j->page); i++) {
        const struct page_resource *r = page_resource(j->page, i);
        scene_load(j->scene, &(struct scene_load){.url = r->url, .status = r->status, .bytes = r->wire_bytes, .began = tell_since(j, r->began),
                                                  .resolved = tell_since(j, r->resolved), .connected = tell_since(j, r->connected),
                                                  .first_byte = tell_since(j, r->first_byte), .ended = tell_since(j, r->ended), .note = r->error});
    }
    free(png);
    free(text);
}

/* The account once more, in the other language. */
static void tell_translate(struct journey *j)
{
    struct account told = j->account;
    j->account = (struct account){.korean = !j->korean};
    j->korean = !j->korean;
    steps_write(j);
    j->korean = !j->korean;
    j->other = j->account;
    j->account = told;
}

int journey_leave(struct journey *j)
{
    char path[600], seed[32], enter[32];
    snprintf(enter, sizeof enter, "%lld", (long long)j->began);
    scene_fact(j->scene, "enter", enter);
    scene_fact(j->scene, "title_en", JOURNEY_TITLE_EN);
    scene_fact(j->scene, "title_ko", JOURNEY_TITLE_KO);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)j->seed);
    if (j->wired) scene_fact(j->scene, "wire", j->wired->machine->config.port[0].url);
    else scene_fact(j->scene, "seed", seed);
    scene_fact(j->scene, "url", j->url);
    scene_end(j->scene);
    tell_translate(j);
    account_scene(&j->account, &j->other, j->scene);
    tell_scene_page(j);
    snprintf(path, sizeof path, "%s/journey.html", j->out);
    if (!scene_write_html(j->scene, path)) return cli_error("%s cannot be written: %s", path, strerror(errno));
    snprintf(path, sizeof path, "%s/page.png", j->out);
    if (j->page && !j->err && page_png(j->page, &(struct page_png_options){.width = j->png_width}, path)) return cli_error("%s cannot be written", path);
    return CLI_OK;
}

/* ---- printing ---- */

static void tell_print_map(const struct journey *j)
{
    if (j->wired) {
        const struct cli_config *c = &j->wired->machine->config;
        printf("%shepta browse --wire %s %s%s\n", j->color ? "\033[1m" : "", c->port[0].url, j->url, j->color ? "\033[0m" : "");
        return;
    }
    printf("%shepta browse %s%s   seed %llu\n\n"
           "  A ── switch ── home ── 가 ── 마 ── 바 ── 라 ── B  www.google.com\n"
           "                          │     │     │     ├── ns1.google.com\n"
           "                       resolver │   naver   │\n"
           "                                나 ── 다 ───┘\n"
           "                                │     │\n"
           "                              root   com\n",
           j->color ? "\033[1m" : "", j->url, j->color ? "\033[0m" : "", (unsigned long long)j->seed);
    if (*j->server_node && strcmp(j->server_node, "B") != 0 && journey_find(j, j->server_node) >= 0)
        printf(account_of(&j->account, "\n  %s has the address of this page: the journey goes from A to %s\n",
                          "\n  이 페이지의 주소는 %s의 것이다: 여정은 A에서 출발해 %s에서 끝난다\n"), j->server_node, j->server_node);
}

static void tell_print_left(const struct journey *j)
{
    const struct account *a = &j->account;
    if (!j->wired)
        printf("\n%s %016llx\n", account_of(a, "The same seed gives the same journey, bit for bit: digest", "같은 seed는 비트까지 같은 여정을 준다: digest"),
               (unsigned long long)hp_world_digest(j->world));
    if (!j->out) return;
    printf("%s%s\n  %s/journey.html\n", j->wired ? "\n" : "", account_of(a, "To look at:", "더 볼 것:"), j->out);
    if (j->page && !j->err) printf("  %s/page.png\n", j->out);
    if (j->wired) printf("  %s (%s)\n", j->capture, account_of(a, "what this machine sent and received", "이 컴퓨터가 보내고 받은 것"));
    else printf("  %s/A.pcapng (%s)\n  %s/capture.pcapng (%s)\n      wireshark -o tcp.reassemble_out_of_order:TRUE %s/capture.pcapng\n"
                "  %s browse --fault 'at 60ms crash 바' www.google.com\n      %s\n"
                "  %s browse --fault 'at 80ms crash B' www.google.com\n      %s\n", j->out,
                account_of(a, "what A sent and received", "A가 보내고 받은 것"), j->out,
                account_of(a, "every frame at both ends of every cable; a segment is in it once for each, which TCP's reassembly must be told",
                           "모든 케이블 양 끝의 모든 프레임. 한 세그먼트가 그때마다 들어 있어서, TCP 재조립에 알려 주어야 한다"), j->out, program_invocation_name,
                account_of(a, "router 바 dies: RIP learns the way over 나 and 다, and the page comes a second later",
                           "라우터 바가 죽는다: RIP이 나와 다로 돌아가는 길을 배우고, 페이지는 1초쯤 늦게 온다"), program_invocation_name,
                account_of(a, "the server dies: no page, and the account says which layer gave up",
                           "서버가 죽는다: 페이지는 오지 않고, 어느 계층이 포기했는지 알려 준다"));
}

static void tell_print(struct journey *j)
{
    tell_print_map(j);
    for (int i = 0; i < j->account.steps; i++) {
        account_print(&j->account, i, stdout, j->color, j->width > 100 ? 100 : j->width);
        if (!j->wait || i + 1 == j->account.steps) continue;
        fputs(account_of(&j->account, "\n   -- Enter goes on, q and Enter ends --", "\n   -- Enter: 계속, q와 Enter: 끝 --"), stdout);
        fflush(stdout);
        int first = getchar();
        for (int c = first; c != '\n' && c != EOF;) c = getchar();
        if (first == 'q') break;
    }
    tell_print_left(j);
}

int journey_tell(struct journey *j)
{
    steps_write(j);
    if (j->json) journey_print_json(j);
    else if (!j->silent) tell_print(j);
    if (j->silent) return j->page && !journey_is_partial(j) ? CLI_OK : CLI_FAILED; /* the page speaks for itself */
    return j->err || page_status(j->page) >= 400 || journey_is_partial(j) ? CLI_FAILED : CLI_OK;
}
