/* The tree of an HTML document: elements and texts, as little of them as rendering wants. */
#ifndef BROWSER_NODE_H
#define BROWSER_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

/* Elements that some file treats specially; sorted by name, so that html.c can search. */
#define NODE_TAGS(X) \
    X(A, "a") X(ABBR, "abbr") X(AREA, "area") X(BASE, "base") X(BODY, "body") X(BR, "br") X(BUTTON, "button") X(CAPTION, "caption") \
    X(CENTER, "center") X(COL, "col") X(COLGROUP, "colgroup") X(DD, "dd") X(DIV, "div") X(DL, "dl") X(DT, "dt") X(FONT, "font") X(FORM, "form") \
    X(FRAME, "frame") X(HEAD, "head") X(HR, "hr") X(HTML, "html") X(IFRAME, "iframe") X(IMG, "img") X(INPUT, "input") X(LI, "li") X(LINK, "link") \
    X(META, "meta") X(OL, "ol") X(OPTGROUP, "optgroup") X(OPTION, "option") \
    X(P, "p") X(PRE, "pre") X(Q, "q") X(SCRIPT, "script") X(SELECT, "select") X(STYLE, "style") X(SUB, "sub") X(SUP, "sup") \
    X(TABLE, "table") X(TBODY, "tbody") X(TD, "td") X(TEMPLATE, "template") X(TEXTAREA, "textarea") X(TFOOT, "tfoot") X(TH, "th") \
    X(THEAD, "thead") X(TITLE, "title") X(TR, "tr") X(UL, "ul") X(WBR, "wbr")

enum tag {
    TAG_TEXT,                       /* not an element */
    TAG_OTHER,
#define X(name, text) TAG_##name,
    NODE_TAGS(X)
#undef X
};

struct attr {
    const char *name, *value;       /* name in lower case */
    struct attr *next;
};

struct style;
struct resource;

struct node {
    struct node *parent, *first, *last, *next, *prev;
    enum tag tag;
    const char *name;               /* of an element, in lower case */
    const char *text;               /* of a text: UTF-8, length bytes */
    size_t length;
    struct attr *attrs;
    const char *id, *classes;       /* or NULL */
    const struct style *style;      /* by the last cascade */
    struct resource *resource;      /* the picture of an img, the sheet of a link */
    int link;                       /* of an a: its number in the page's list, from 1; 0 = leads nowhere */
    int index;                      /* among the elements of its parent, from 1 */
    int depth;
    uint8_t table_kind;             /* memo of hints.c */
};

enum {
    HTML_BYTES_MAX = 4 << 20,       /* what is behind is not read */
    HTML_NODES_MAX = 60000,
    HTML_DEPTH_MAX = 200,           /* deeper elements become children of this depth */
    HTML_ATTRS_MAX = 64,            /* per element */
    HTML_CLASSES_MAX = 4096,        /* bytes of a class attribute; a longer one does not count */
    HTML_PARSER_MEMORY_MAX = 192 << 20,
};

/* Parses UTF-8 HTML (any bytes at all) as HTML5 says.  NULL: out of memory.  *cut: something was left out at one of the bounds. */
struct node *html_parse(struct arena *a, const char *text, size_t n, bool *cut);
const char *node_attr(const struct node *n, const char *name);      /* its value, or NULL */
/* A whole number (HTML's rules: what follows the digits is ignored), or `otherwise`. */
int node_number(const struct node *n, const char *name, int otherwise);
struct node *node_next(const struct node *n, const struct node *root);     /* in document order, within root; NULL at the end */
struct node *node_find(struct node *root, enum tag tag);
/* The text inside, white space collapsed and trimmed; "" when there is none, NULL without memory. */
const char *node_inner_text(struct arena *a, const struct node *n);
/* ASCII without regard to case: prefix and whole. */
bool text_is(const char *a, const char *b);
bool text_begins(const char *text, const char *prefix);

#endif
