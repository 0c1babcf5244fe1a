/* HTML to a tree of our own: the only file that knows gumbo.
 *
 * gumbo keeps HTML5's rules but has no bounds.  It gets memory from an arena that ends its run by longjmp (then half of the page is tried again), and
 * elements that would nest too deeply are blanked out of its input, because some of its steps walk the whole stack of open elements. */
#include <gumbo.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "node.h"

static const struct {
    const char *name;
    enum tag tag;
} html_tags[] = {
#define X(name, text) {text, TAG_##name},
    NODE_TAGS(X)
#undef X
};

static enum tag html_tag(const char *name)
{
    size_t low = 0, high = sizeof html_tags / sizeof *html_tags;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, html_tags[middle].name);
        if (order == 0) return html_tags[middle].tag;
        if (order < 0) high = middle;
        else low = middle + 1;
    }
    return TAG_OTHER;
}

/* ---- nesting: an estimate that errs on the side of too deep ---- */

/* Elements that end by themselves or hold nothing: they do not nest. */
static const char *const html_flat[] = {"area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p",
    "param", "rp", "rt",
                                        "source", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr"};

enum { GUARD_NAMES = 256 };
struct guard {
    uint16_t open[GUARD_NAMES];     /* by a hash of the name */
    int depth;
};

static bool html_is_flat(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof html_flat / sizeof *html_flat; i++)
        if (strlen(html_flat[i]) == n && strncasecmp(html_flat[i], name, n) == 0) return true;
    return false;
}

static bool html_is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* Whether the start tag of this name nests too deeply. */
static bool guard_open(struct guard *g, const char *name, size_t n, bool closes)
{
    unsigned hash = 5381;
    for (size_t i = 0; i < n; i++) hash = hash * 33 + (unsigned char)(name[i] | 32);
    uint16_t *open = &g->open[hash % GUARD_NAMES];
    if (closes) {
        if (*open) {
            --*open;
            g->depth--;
        }
        return false;
    }
    if (html_is_flat(name, n)) return false;
    if (g->depth >= HTML_DEPTH_MAX) return true;
    ++*open;
    g->depth++;
    return false;
}

/* Blanks start tags that nest too deeply; answers whether there were any. */
static bool html_guard(char *text, size_t n)
{
    struct guard g = {.depth = 0};
    bool cut = false;
    for (size_t i = 0; i + 1 < n; i++) {
        if (text[i] != '<') continue;
        bool closes = text[i + 1] == '/';
        size_t name = i + 1 + closes, end = name;
        if (name >= n || !html_is_letter(text[name])) continue;
        while (end < n && !strchr(" \t\r\n\f/>", text[end])) end++;
        if (!guard_open(&g, text + name, end - name, closes)) continue;
        cut = true;
        while (i < n && text[i] != '>') text[i++] = ' ';
        if (i < n) text[i] = ' ';
    }
    return cut;
}

/* ---- gumbo's tree to ours ---- */

struct html {
    struct arena *arena;
    struct arena parser;
    jmp_buf full;
    int nodes;
    bool cut;
};

static void *html_alloc(void *ctx, size_t n)
{
    struct html *h = ctx;
    void *p = arena_alloc(&h->parser, n);
    if (!p) longjmp(h->full, 1);
    return p;
}

static void html_free(void *ctx, void *p) {}    /* with the arena, all at once */

static void html_attrs(struct html *h, struct node *to, const GumboVector *from)
{
    struct attr **last = &to->attrs;
    for (unsigned i = 0; i < from->length && i < HTML_ATTRS_MAX; i++) {
        const GumboAttribute *a = from->data[i];
        struct attr *copy = arena_alloc(h->arena, sizeof *copy);
        if (!copy) return;
        copy->name = arena_text(h->arena, a->name, strlen(a->name));
        copy->value = arena_text(h->arena, a->value, strlen(a->value));
        if (!copy->name || !copy->value) return;
        *last = copy;
        last = &copy->next;
        if (strcmp(copy->name, "id") == 0) to->id = copy->value;
        if (strcmp(copy->name, "class") == 0 && strlen(copy->value) <= HTML_CLASSES_MAX) to->classes = copy->value;
    }
}

static const char *html_name(struct html *h, const GumboElement *e)
{
    if (e->tag != GUMBO_TAG_UNKNOWN) {
        const char *name = gumbo_normalized_tagname(e->tag);
        return arena_text(h->arena, name, strlen(name));
    }
    GumboStringPiece piece = e->original_tag;
    gumbo_tag_from_original_text(&piece);
    char *name = arena_text(h->arena, piece.data, piece.data ? piece.length : 0);
    for (char *p = name; p && *p; p++)
        if (*p >= 'A' && *p <= 'Z') *p = (char)(*p | 32);
    return name;
}

static struct node *html_add(struct html *h, struct node *parent)
{
    struct node *n = h->nodes < HTML_NODES_MAX ? arena_alloc(h->arena, sizeof *n) : NULL;
    if (!n) {
        h->cut = true;
        return NULL;
    }
    h->nodes++;
    n->parent = parent;
    if (!parent) return n;
    n->depth = parent->depth + 1;
    n->prev = parent->last;
    if (parent->last) parent->last->next = n;
    else parent->first = n;
    parent->last = n;
    return n;
}

static struct node *html_element(struct html *h, struct node *parent, const GumboElement *e)
{
    struct node *n = html_add(h, parent);
    if (!n) return NULL;
    n->name = html_name(h, e);
    if (!n->name) n->name = "";
    n->tag = html_tag(n->name);
    for (const struct node *p = n->prev; p && !n->index; p = p->prev) n->index = p->index ? p->index + 1 : 0;
    if (!n->index) n->index = 1;
    html_attrs(h, n, &e->attributes);
    return n;
}

static void html_text(struct html *h, struct node *parent, const char *text)
{
    struct node *n = html_add(h, parent);
    if (!n) return;
    n->length = strlen(text);
    n->text = arena_text(h->arena, text, n->length);
    if (!n->text) n->length = 0;
}

static bool html_has_children(const GumboNode *n) { return n->type == GUMBO_NODE_ELEMENT && n->v.element.children.length; }

static bool html_is_last(const GumboNode *n) { return n->index_within_parent + 1 >= n->parent->v.element.children.length; }

/* into[level]: where the children of the element at this level go.  What is too deep goes to the last level. */
static void html_take(struct html *h, struct node **into, int level, const GumboNode *n)
{
    struct node *parent = into[level - 1 < HTML_DEPTH_MAX ? level - 1 : HTML_DEPTH_MAX];
    if (n->type == GUMBO_NODE_TEXT || n->type == GUMBO_NODE_WHITESPACE || n->type == GUMBO_NODE_CDATA) html_text(h, parent, n->v.text.text);
    if (n->type != GUMBO_NODE_ELEMENT || level > HTML_DEPTH_MAX) return;
    struct node *made = html_element(h, parent, &n->v.element);
    into[level] = made ? made : parent;
}

/* Copies the tree, without recursion. */
static struct node *html_copy(struct html *h, GumboNode *root)
{
    struct node *into[HTML_DEPTH_MAX + 1];
    int level = 0;
    into[0] = html_element(h, NULL, &root->v.element);
    for (GumboNode *at = root; into[0] && h->nodes < HTML_NODES_MAX;) {
        if (html_has_children(at)) {
            at = at->v.element.children.data[0];
            level++;
        } else {
            while (at != root && html_is_last(at)) {
                at = at->parent;
                level--;
            }
            if (at == root) break;
            at = at->parent->v.element.children.data[at->index_within_parent + 1];
        }
        if (level > HTML_DEPTH_MAX) h->cut = true;
        html_take(h, into, level, at);
    }
    if (h->nodes >= HTML_NODES_MAX) h->cut = true;
    return into[0];
}

/* One try with so much of the text.  False: the parser wanted more memory than it may have. */
static bool html_try(struct html *h, const char *text, size_t n, struct node **top)
{
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = html_alloc;
    options.deallocator = html_free;
    options.userdata = h;
    options.max_errors = 0;
    h->parser.max = HTML_PARSER_MEMORY_MAX;
    if (setjmp(h->full)) return false;
    GumboOutput *out = gumbo_parse_with_options(&options, text, n);
    if (out && out->root) *top = html_copy(h, out->root);
    return true;
}

struct node *html_parse(struct arena *a, const char *text, size_t n, bool *cut)
{
    struct html h = {.arena = a, .cut = n > HTML_BYTES_MAX};
    struct node *top = NULL;
    size_t take = n < HTML_BYTES_MAX ? n : HTML_BYTES_MAX;
    char *copy = malloc(take + 1);
    if (!copy) return NULL;
    memcpy(copy, text, take);
    copy[take] = 0;
    h.cut |= html_guard(copy, take);
    while (!html_try(&h, copy, take, &top) && take) {
        arena_free(&h.parser);
        h.cut = true;
        take /= 2;
    }
    arena_free(&h.parser);
    free(copy);
    if (cut) *cut = h.cut;
    return top;
}

/* ---- looking at the tree ---- */

const char *node_attr(const struct node *n, const char *name)
{
    for (const struct attr *a = n->attrs; a; a = a->next)
        if (strcmp(a->name, name) == 0) return a->value;
    return NULL;
}

int node_number(const struct node *n, const char *name, int otherwise)
{
    const char *text = node_attr(n, name);
    char *end;
    if (!text) return otherwise;
    long v = strtol(text, &end, 10);
    if (end == text || v > 1000000 || v < -1000000) return otherwise;
    return (int)v;
}

struct node *node_next(const struct node *n, const struct node *root)
{
    if (n->first) return n->first;
    while (n != root && !n->next) n = n->parent;
    return n == root ? NULL : n->next;
}

struct node *node_find(struct node *root, enum tag tag)
{
    for (struct node *n = root; n; n = node_next(n, root))
        if (n->tag == tag) return n;
    return NULL;
}

const char *node_inner_text(struct arena *a, const struct node *root)
{
    size_t size = 0, n = 0;
    for (const struct node *at = root; at; at = node_next(at, root)) size += at->length;
    char *out = arena_alloc(a, size + 1);
    if (!out) return NULL;
    bool space = false;
    for (const struct node *at = root; at; at = node_next(at, root))
        for (size_t i = 0; i < at->length; i++) {
            char c = at->text[i];
            if (strchr(" \t\r\n\f", c)) {
                space = true;
                continue;
            }
            if (space && n) out[n++] = ' ';
            space = false;
            out[n++] = c;
        }
    return out;
}

bool text_is(const char *a, const char *b) { return strcasecmp(a, b) == 0; }
bool text_begins(const char *text, const char *prefix) { return strncasecmp(text, prefix, strlen(prefix)) == 0; }
