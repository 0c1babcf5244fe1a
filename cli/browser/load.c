/* Fetching a page over hepta's HTTP client, in programs of the caller's stack.
 *
 * The caller's program fetches the document; then it and up to `parallel` - 1 more programs take the other resources from one list.  A program may
 * outlive the caller when the stack is being stopped, so what they share is counted. */
#include <stdlib.h>
#include <string.h>

#include "hepta/proc.h"
#include "idn.h"
#include "page.h"

enum { LOAD_PARALLEL = 6, LOAD_WAIT_MS = 1, LOAD_HEADERS = 2048 };

struct load {
    int references;                     /* programs that still look here */
    struct hp_stack *s;
    struct hp_resolver *resolver;
    struct page_options options;
    char headers[LOAD_HEADERS];
    struct page *page;                  /* NULL once the caller has gone away */
    int next, busy;
};

static void load_release(struct load *l)
{
    if (--l->references == 0) free(l);
}

/* ---- one resource ---- */

struct fetching {
    struct load *load;
    struct resource *r;
    char target[URL_MAX];
    bool redirected;
};

static void fetch_copy(struct hp_bytes from, char *to, size_t n)
{
    size_t k = from.n < n - 1 ? from.n : n - 1;
    if (k) memcpy(to, from.p, k);
    to[k] = 0;
}

static void fetch_head(void *ctx, const struct hp_http_head *head, uint64_t length, bool known)
{
    struct fetching *f = ctx;
    char location[URL_MAX] = "";
    fetch_copy(hp_http_header_find(head, "content-type", NULL), f->r->type, sizeof f->r->type);
    fetch_copy(hp_http_header_find(head, "content-encoding", NULL), f->r->encoding, sizeof f->r->encoding);
    int status = head->status;
    if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308) return;
    struct hp_bytes to = hp_http_header_find(head, "location", NULL);
    if (!to.n || to.n >= sizeof location) return;
    fetch_copy(to, location, sizeof location);
    f->redirected = url_resolve(f->r->url, location, f->target, sizeof f->target);
}

static int fetch_body(void *ctx, struct hp_bytes part)
{
    struct fetching *f = ctx;
    if (!f->load->page) return HP_ECANCELED;
    int err = resource_take(f->load->page, f->r, part.p, part.n, f->r->info.kind == PAGE_DOCUMENT ? PAGE_DOCUMENT_MAX : PAGE_RESOURCE_MAX);
    return err;
}

static void fetch_note(struct resource *r, const struct hp_http_get *g, bool first)
{
    struct page_resource *i = &r->info;
    if (first) i->began = g->began;
    i->resolved = g->resolved;
    i->connected = g->connected;
    i->first_byte = g->first_byte;
    i->ended = g->ended;
    i->server = g->server;
    i->port = g->port;
    i->status = g->status;
    i->tcp = g->tcp;
}

static int fetch_fail(struct resource *r, int err, const char *words)
{
    snprintf(r->error, sizeof r->error, "%s", words && *words ? words : hp_err_text(err));
    r->info.error = r->error;
    return r->info.err = err;
}

/* One request.  The page may be gone when it comes back: then nothing is written any more. */
static int fetch_once(struct fetching *f, bool first)
{
    struct load *l = f->load;
    char url[URL_MAX];
    const char *why;
    if (!idn_url(f->r->url, url, sizeof url, &why)) return fetch_fail(f->r, HP_EINVAL, why);
    url_cut_fragment(url);
    struct hp_http_get *g = calloc(1, sizeof *g);
    if (!g) return HP_ENOMEM;
    *g = (struct hp_http_get){.url = url, .resolver = l->resolver, .headers = l->headers, .redirects_max = -1, .timeout = l->options.timeout,
                              .body = fetch_body, .head = fetch_head, .ctx = f};
    f->redirected = false;
    int err = hp_http_get(l->s, g);
    if (!l->page) err = HP_ECANCELED;
    else {
        fetch_note(f->r, g, first);
        if (err && f->r->over) err = HP_OK; /* too large: as far as it goes */
        if (err) fetch_fail(f->r, err, g->error);
    }
    free(g);
    return err;
}

static int load_fetch(struct load *l, struct resource *r)
{
    struct fetching *f = calloc(1, sizeof *f);
    if (!f) return fetch_fail(r, HP_ENOMEM, NULL);
    *f = (struct fetching){.load = l, .r = r};
    int err = fetch_once(f, true);
    while (!err && f->redirected) {
        if (r->info.redirects == PAGE_REDIRECTS_MAX) {
            err = fetch_fail(r, HP_EPROTO, "redirected too often");
            break;
        }
        r->info.redirects++;
        r->n = 0;
        strcpy(r->url, f->target);
        err = fetch_once(f, false);
    }
    free(f);
    if (!err) resource_decode(l->page, r);
    return err;
}

/* ---- several at a time ---- */

static bool load_is_good(const struct resource *r) { return !r->info.err && r->info.status >= 200 && r->info.status < 300; }

static void load_take(struct load *l)
{
    while (l->page && l->next < l->page->resources) {
        struct resource *r = l->page->resource[l->next++];
        l->busy++;
        int err = load_fetch(l, r);
        l->busy--;
        if (err == HP_ECANCELED || !l->page) return;
        if (!load_is_good(r)) r->n = 0; /* an error page is no picture and no sheet */
        page_read_picture(l->page, r);
        if (l->options.fetched) l->options.fetched(l->options.ctx, &r->info);
    }
}

static void load_program(struct hp_stack *s, void *arg)
{
    struct load *l = arg;
    load_take(l);
    load_release(l);
}

static int load_resources(struct load *l)
{
    int parallel = l->options.parallel > 0 ? l->options.parallel : LOAD_PARALLEL, err = HP_OK;
    if (parallel > PAGE_PARALLEL_MAX) parallel = PAGE_PARALLEL_MAX;
    l->next = 1;
    for (int i = 1; i < parallel && i < l->page->resources - 1; i++) {
        l->references++;
        if (hp_spawn(l->s, "fetch", load_program, l, 0)) {
            l->references--;
            break;
        }
    }
    load_take(l);
    while (!err && (l->busy || l->next < l->page->resources)) err = hp_sleep(l->s, HP_MS(LOAD_WAIT_MS)); /* for the slowest */
    return err;
}

/* ---- the whole page ---- */

static int load_document(struct load *l, const char *url)
{
    struct page *p = l->page;
    char absolute[URL_MAX], with_scheme[URL_MAX + 8];
    const char *why;
    bool bare = !strstr(url, "://");
    if (!idn_url(url, with_scheme, URL_MAX, &why)) {
        snprintf(p->error, sizeof p->error, "\"%.100s\": %s", url, why);
        return HP_EINVAL;
    }
    if (bare) {
        memmove(with_scheme + 7, with_scheme, strlen(with_scheme) + 1);
        memcpy(with_scheme, "http://", 7);
    }
    if (!url_resolve(with_scheme, "", absolute, sizeof absolute)) {
        snprintf(p->error, sizeof p->error, "\"%.100s\" is no URL", url);
        return HP_EINVAL;
    }
    struct resource *r = page_add_resource(p, PAGE_DOCUMENT, absolute);
    if (!r) return HP_ENOMEM;
    int err = load_fetch(l, r);
    if (l->options.fetched && err != HP_ECANCELED) l->options.fetched(l->options.ctx, &r->info);
    if (!err && !r->n) err = r->info.err; /* it came, but cannot be unpacked */
    if (err) snprintf(p->error, sizeof p->error, "%s", r->error);
    return err ? err : page_read_document(p, &l->options) ? HP_OK : HP_ENOMEM;
}

int page_load(struct hp_stack *s, struct hp_resolver *resolver, const char *url, const struct page_options *o, struct page **out)
{
    struct load *l = calloc(1, sizeof *l);
    struct page *p = *out = page_new();
    if (!l || !p) {
        free(l);
        page_free(p);
        *out = NULL;
        return HP_ENOMEM;
    }
    if (o) l->options = *o;
    l->references = 1;
    l->s = s;
    l->resolver = resolver;
    l->page = p;
    snprintf(l->headers, sizeof l->headers, "Accept-Encoding: gzip\r\n%s", l->options.headers ? l->options.headers : "");
    int err = load_document(l, url);
    if (!err) err = load_resources(l);
    if (err && !p->error[0]) snprintf(p->error, sizeof p->error, "%s", hp_err_text(err));
    l->page = NULL;
    load_release(l);
    return err;
}
