/* A page: its document read, what it wants, what came; and the same for local files. */
#include "page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "charset.h"
#include "gunzip.h"

struct page *page_new(void)
{
    struct page *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->arena.max = PAGE_MEMORY_MAX;
    p->title = "";
    return p;
}

void page_free(struct page *p)
{
    if (!p) return;
    for (int i = 0; i < p->resources; i++) {
        image_free(p->resource[i]->image);
        free(p->resource[i]->body);
        free(p->resource[i]);
    }
    arena_free(&p->arena);
    free(p);
}

/* ---- resources ---- */

struct resource *page_add_resource(struct page *p, enum page_kind kind, const char *url)
{
    for (int i = 1; i < p->resources; i++)
        if (p->resource[i]->info.kind == kind && strcmp(p->resource[i]->url, url) == 0) return p->resource[i];
    struct resource *r = p->resources < PAGE_RESOURCES_MAX && strlen(url) < URL_MAX ? calloc(1, sizeof *r) : NULL;
    if (!r) {
        p->cut = true;
        return NULL;
    }
    strcpy(r->url, url);
    r->info.kind = kind;
    r->info.url = r->url;
    r->info.type = r->type;
    r->info.encoding = r->encoding;
    p->resource[p->resources++] = r;
    return r;
}

int resource_take(struct page *p, struct resource *r, const void *bytes, size_t n, size_t max)
{
    if (n > max - r->n || p->total + n > PAGE_TOTAL_MAX) {
        r->over = p->cut = true;
        return HP_ERANGE;
    }
    if (r->n + n + 1 > r->room) {
        size_t room = r->room ? r->room * 2 : 16384;
        while (room < r->n + n + 1) room *= 2;
        uint8_t *more = realloc(r->body, room);
        if (!more) return HP_ENOMEM;
        r->body = more;
        r->room = room;
    }
    if (n) memcpy(r->body + r->n, bytes, n);
    r->n += n;
    p->total += n;
    return HP_OK;
}

void resource_decode(struct page *p, struct resource *r)
{
    r->info.wire_bytes = r->n;
    r->info.bytes = r->n;
    bool coded = text_is(r->encoding, "gzip") || text_is(r->encoding, "x-gzip") || text_is(r->encoding, "deflate");
    if (!coded && *r->encoding && !text_is(r->encoding, "identity")) {
        r->info.err = HP_EPROTO;
        snprintf(r->error, sizeof r->error, "%.100s: packed with %s, which cannot be unpacked", r->url, r->encoding);
        r->info.error = r->error;
        p->total -= r->n;
        r->n = r->info.bytes = 0;
    }
    if (!coded || !r->n) return;
    size_t n, max = r->info.kind == PAGE_DOCUMENT ? PAGE_DOCUMENT_MAX : PAGE_RESOURCE_MAX;
    bool whole;
    uint8_t *plain = gunzip(r->body, r->n, max, &n, &whole);
    if (!plain || !whole) {
        r->info.err = HP_EPROTO;
        snprintf(r->error, sizeof r->error, "%.100s: the %s coding is broken, or it unfolds to more than %zu MiB", r->url, r->encoding, max >> 20);
        r->info.error = r->error;
        p->cut = true;
    }
    free(r->body);
    r->body = plain;
    r->n = plain ? n : 0;
    r->room = r->n;
    r->info.bytes = r->n;
}

/* ---- the document ---- */

static bool page_wants_link(const struct node *n)
{
    const char *rel = node_attr(n, "rel"), *media = node_attr(n, "media"), *href = node_attr(n, "href");
    if (!rel || !href || !*href) return false;
    bool sheet = text_is(rel, "stylesheet");
    return sheet && (!media || !*media || text_is(media, "all") || text_begins(media, "screen"));
}

static void page_want(struct page *p, struct node *n, const struct page_options *o)
{
    char url[URL_MAX];
    const char *src = n->tag == TAG_IMG ? node_attr(n, "src") : n->tag == TAG_LINK && page_wants_link(n) ? node_attr(n, "href") : NULL;
    bool picture = n->tag == TAG_IMG;
    if (!src || !*src || (o && (picture ? o->no_pictures : o->no_styles)) || !url_resolve(p->base, src, url, sizeof url)) return;
    url_cut_fragment(url);
    if (!text_begins(url, "http:") && !text_begins(url, "file:")) return;
    n->resource = page_add_resource(p, picture ? PAGE_PICTURE : PAGE_STYLE, url);
}

static void page_number_link(struct page *p, struct node *n)
{
    char url[URL_MAX];
    const char *href = node_attr(n, "href");
    if (n->tag != TAG_A || !href || *href == '#' || text_begins(href, "javascript:")) return;
    if (p->links == PAGE_LINKS_MAX || !url_resolve(p->base, href, url, sizeof url)) return;
    const char *copy = arena_text(&p->arena, url, strlen(url));
    if (!copy) return;
    p->link[p->links++] = copy;
    n->link = p->links;
}

static void page_find_base(struct page *p)
{
    char url[URL_MAX];
    struct node *base = node_find(p->root, TAG_BASE);
    const char *href = base ? node_attr(base, "href") : NULL;
    if (href && url_resolve(p->base, href, url, sizeof url) && text_begins(url, "http:")) strcpy(p->base, url);
}

/* Without control characters, C1's in UTF-8 too: it is printed to terminals. */
static const char *page_plain(struct arena *a, const char *words)
{
    char *copy = arena_text(a, words, strlen(words));
    for (char *c = copy; c && *c; c++) {
        bool c1 = (uint8_t)c[0] == 0xc2 && (uint8_t)c[1] >= 0x80 && (uint8_t)c[1] < 0xa0;
        if (c1) *c++ = ' ';
        if (c1 || (uint8_t)*c < ' ' || *c == 127) *c = ' ';
    }
    return copy ? copy : "";
}

bool page_read_document(struct page *p, const struct page_options *o)
{
    struct resource *r = p->resource[0];
    size_t n;
    bool cut = false;
    charset_find((const char *)r->body, r->n, r->type[0] ? r->type : NULL, p->charset);
    char *text = charset_decode(r->n ? (const char *)r->body : "", r->n, p->charset, &n);
    if (!text) return false;
    if (text_begins(r->type, "text/plain")) { /* shown as it is */
        struct node *html = html_parse(&p->arena, "<pre></pre>", 11, NULL), *pre = html ? node_find(html, TAG_PRE) : NULL;
        struct node *lines = pre ? arena_alloc(&p->arena, sizeof *lines) : NULL;
        if (lines) lines->text = arena_text(&p->arena, text, n);
        if (lines && lines->text) {
            lines->length = n;
            lines->parent = pre;
            pre->first = pre->last = lines;
            p->root = html;
        }
    } else p->root = html_parse(&p->arena, text, n, &cut);
    free(text);
    if (!p->root) return false;
    p->cut |= cut;
    snprintf(p->base, sizeof p->base, "%s", r->url);
    struct node *title = node_find(p->root, TAG_TITLE);
    const char *words = title ? node_inner_text(&p->arena, title) : NULL;
    if (words) p->title = page_plain(&p->arena, words);
    page_find_base(p);
    for (struct node *at = p->root; at; at = node_next(at, p->root)) {
        if (at->tag == TAG_TEXT) continue;
        page_number_link(p, at);
        page_want(p, at, o);
    }
    return true;
}

void page_read_picture(struct page *p, struct resource *r)
{
    if (r->info.kind != PAGE_PICTURE || !r->n || r->image || r->info.err) return;
    r->image = image_read(r->body, r->n, PAGE_PIXELS_MAX - p->pixels);
    if (!r->image) {
        r->info.err = HP_EPROTO;
        snprintf(r->error, sizeof r->error, "%.100s is no PNG or JPEG picture that can be read, or too large", r->url);
        r->info.error = r->error;
        return;
    }
    r->info.width = r->image->width;
    r->info.height = r->image->height;
    p->pixels += (int64_t)r->image->width * r->image->height;
}

void page_sheets(struct page *p, struct sheet *to)
{
    for (struct node *n = p->root; n; n = node_next(n, p->root)) {
        if (n->tag == TAG_STYLE) {
            const char *media = node_attr(n, "media");
            if (media && *media && !text_is(media, "all") && !text_is(media, "screen")) continue;
            for (struct node *t = n->first; t; t = t->next)
                if (t->tag == TAG_TEXT) css_parse(to, t->text, t->length);
        } else if (n->tag == TAG_LINK && n->resource && n->resource->n) css_parse(to, (const char *)n->resource->body, n->resource->n);
    }
}

struct box *page_layout(struct page *p, struct layout *l, const char *own_sheet)
{
    struct sheet own = {.arena = l->arena}, author = {.arena = l->arena};
    css_parse(&own, own_sheet, strlen(own_sheet));
    page_sheets(p, &author);
    if (!css_cascade(l->arena, p->root, &own, &author, &l->device->media)) return NULL;
    struct box *top = layout_page(l, p->root);
    if (l->full) p->cut = true;
    return top;
}

/* ---- local files ---- */

static int file_read(struct page *p, struct resource *r, const char *path, size_t max)
{
    char part[16384];
    FILE *f = fopen(path, "rb");
    int err = f ? HP_OK : errno == ENOENT ? HP_ENOENT : HP_EACCES;
    while (!err) {
        size_t n = fread(part, 1, sizeof part, f);
        if (!n) break;
        err = resource_take(p, r, part, n, max);
    }
    if (f && ferror(f)) err = HP_EIO;
    if (f) fclose(f);
    if (err) snprintf(r->error, sizeof r->error, "%.150s: %s", path, hp_err_text(err));
    if (err) r->info.error = r->error;
    r->info.err = err == HP_ERANGE ? HP_OK : err; /* as far as it goes */
    r->info.bytes = r->info.wire_bytes = r->n;
    return r->info.err;
}

/* "file:///folder/name" to a path below `folder`, "%20" and the like undone; false: it leads outside. */
static bool file_path(const char *url, const char *folder, char *out, size_t n)
{
    size_t used = 0;
    if (!text_begins(url, "file://")) return false;
    for (const char *p = url + 7; *p && *p != '?' && used + 1 < n; p++) {
        unsigned byte;
        if (*p == '%' && sscanf(p + 1, "%2x", &byte) == 1 && byte) {
            out[used++] = (char)byte;
            p += 2;
        } else out[used++] = *p;
    }
    out[used] = 0;
    return strncmp(out, folder, strlen(folder)) == 0 && !strstr(out, "/../");
}

int page_open(const char *path, const struct page_options *o, struct page **out)
{
    struct page *p = *out = page_new();
    char *real = realpath(path, NULL), url[URL_MAX + 8], target[URL_MAX], folder[URL_MAX];
    if (!p || (!real && errno == ENOMEM)) return HP_ENOMEM;
    snprintf(url, sizeof url, "file://%.*s", URL_MAX - 8, real ? real : path);
    snprintf(folder, sizeof folder, "%.*s", URL_MAX - 1, real ? real : "/");
    if (strrchr(folder, '/')) strrchr(folder, '/')[1] = 0;
    free(real);
    if (!url_resolve(url, "", target, sizeof target)) snprintf(target, sizeof target, "file:///");
    struct resource *r = page_add_resource(p, PAGE_DOCUMENT, target);
    if (!r) return HP_ENOMEM;
    int err = file_read(p, r, path, PAGE_DOCUMENT_MAX);
    if (err) snprintf(p->error, sizeof p->error, "%s", r->error);
    size_t dot = strlen(path);
    if (dot > 4 && text_is(path + dot - 4, ".txt")) strcpy(r->type, "text/plain");
    if (!err && !page_read_document(p, o)) err = HP_ENOMEM;
    for (int i = 1; i < p->resources && !err; i++) {
        r = p->resource[i];
        if (file_path(r->url, folder, target, sizeof target)) file_read(p, r, target, PAGE_RESOURCE_MAX);
        else {
            r->info.err = HP_EACCES;
            snprintf(r->error, sizeof r->error, "%.150s is not below the page's folder", r->url);
            r->info.error = r->error;
        }
        page_read_picture(p, r);
        if (o && o->fetched) o->fetched(o->ctx, &r->info);
    }
    return err;
}

int page_parse(const char *base, const char *type, const void *bytes, size_t n, struct page **out)
{
    static const struct page_options nothing = {.no_pictures = true, .no_styles = true};
    struct page *p = *out = page_new();
    struct resource *r = p ? page_add_resource(p, PAGE_DOCUMENT, base) : NULL;
    if (!r) return HP_ENOMEM;
    snprintf(r->type, sizeof r->type, "%s", type ? type : "");
    int err = resource_take(p, r, bytes, n < PAGE_DOCUMENT_MAX ? n : PAGE_DOCUMENT_MAX, PAGE_DOCUMENT_MAX);
    r->info.bytes = r->info.wire_bytes = r->n;
    return err ? err : page_read_document(p, &nothing) ? HP_OK : HP_ENOMEM;
}

/* ---- what it says of itself ---- */

const char *page_url(const struct page *p) { return p->resources ? p->resource[0]->url : ""; }
const char *page_title(const struct page *p) { return p->title; }
const char *page_charset(const struct page *p) { return p->charset; }
const char *page_error(const struct page *p) { return p->error; }
int page_status(const struct page *p) { return p->resources ? p->resource[0]->info.status : 0; }
bool page_is_cut(const struct page *p) { return p->cut; }
int page_resources(const struct page *p) { return p->resources; }
const struct page_resource *page_resource(const struct page *p, int i) { return i >= 0 && i < p->resources ? &p->resource[i]->info : NULL; }
int page_links(const struct page *p) { return p->links; }
const char *page_link(const struct page *p, int i) { return i >= 0 && i < p->links ? p->link[i] : ""; }

struct hp_bytes page_resource_body(const struct page *p, int i)
{
    if (i < 0 || i >= p->resources) return (struct hp_bytes){NULL, 0};
    return (struct hp_bytes){p->resource[i]->body, p->resource[i]->n};
}
