/* What a page is made of: inside of cli/browser only. */
#ifndef BROWSER_PAGE_H
#define BROWSER_PAGE_H

#include "browser.h"
#include "css.h"
#include "image.h"
#include "layout.h"
#include "url.h"

enum {
    PAGE_MEMORY_MAX = 96 << 20,         /* the tree and the sheets */
    RENDER_MEMORY_MAX = 256 << 20,      /* styles, boxes and lines of one rendering */
    PAGE_DOCUMENT_MAX = 8 << 20,        /* bytes of the document */
    PAGE_RESOURCE_MAX = 8 << 20,        /* bytes of one resource, decoded */
    PAGE_TOTAL_MAX = 64 << 20,          /* of all */
    PAGE_PIXELS_MAX = 48 << 20,         /* of all pictures, four bytes each: they may be small on the wire */
    PAGE_REDIRECTS_MAX = 10,
};

struct resource {
    struct page_resource info;
    char url[URL_MAX], type[128], encoding[32], error[192];
    const struct node *node;            /* of a sheet: its link */
    uint8_t *body;                      /* from malloc */
    size_t n, room;
    struct image *image;
    bool over;                          /* too large: the rest was not taken */
};

struct page {
    struct arena arena;
    char base[URL_MAX];                 /* what references are relative to */
    const char *title;
    char charset[40], error[256];
    struct node *root;
    bool cut;
    struct resource *resource[PAGE_RESOURCES_MAX];
    int resources;
    uint64_t total;
    int64_t pixels;
    const char *link[PAGE_LINKS_MAX];
    int links;
};

struct page *page_new(void);
/* A resource of this URL, a new one or (of a picture or sheet) the one that is there already; NULL: no room. */
struct resource *page_add_resource(struct page *p, enum page_kind kind, const char *url);
/* Body bytes as they come; HP_ERANGE at the bound. */
int resource_take(struct page *p, struct resource *r, const void *bytes, size_t n, size_t max);
/* Undoes the content coding of a whole body. */
void resource_decode(struct page *p, struct resource *r);
/* Reads the document (resource 0): tree, title, base, links; notes which resources it wants.  False: out of memory. */
bool page_read_document(struct page *p, const struct page_options *o);
/* Decodes a picture that has come. */
void page_read_picture(struct page *p, struct resource *r);
/* The page's sheets in the order of the document, into `to`. */
void page_sheets(struct page *p, struct sheet *to);

/* Styles and boxes for this device; in l->arena. */
struct box *page_layout(struct page *p, struct layout *l, const char *own_sheet);

#endif
