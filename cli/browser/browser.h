/* A small browser: fetches a page with what belongs to it over hepta's own HTTP, and renders it, as text for a terminal and as a picture.
 *
 *     in a program:     struct page *p;  int err = page_load(s, &resolver, "http://www.example.test/", NULL, &p);
 *     anywhere else:    page_text(p, &text_options, stdout);  page_png(p, &png_options, "page.png");  page_free(p);
 *
 * Rendering wants up to 1 MiB of C stack: not in a program (fiber).  Loading wants 128 KiB.  HTML, charsets, CSS and pictures are foreign bytes: every
 * table that they can fill has a bound, and a page that meets one is shown as far as it goes, with `cut` set.  No scripts run. */
#ifndef CLI_BROWSER_H
#define CLI_BROWSER_H

#include <stdio.h>

#include "hepta/hepta.h"

enum { PAGE_RESOURCES_MAX = 64, PAGE_LINKS_MAX = 2000, PAGE_PARALLEL_MAX = 16 };

enum page_kind { PAGE_DOCUMENT, PAGE_STYLE, PAGE_PICTURE };

/* Something that was fetched, or could not be. */
struct page_resource {
    const char *url;                    /* absolute; the document's: where redirects led */
    enum page_kind kind;
    int status;                         /* of HTTP, 0 = no response (or a local file) */
    int err;                            /* enum hp_err */
    const char *error;                  /* in words, or NULL */
    const char *type;                   /* Content-Type, or "" */
    const char *encoding;               /* Content-Encoding, or "" */
    uint64_t wire_bytes, bytes;         /* the body as it came, and decoded */
    int width, height;                  /* of a picture that could be read */
    struct hp_ip server;
    uint16_t port;
    int redirects;
    struct hp_tcp_info tcp;
    hp_time began, resolved, connected, first_byte, ended;
};

struct page;

/* Zero = the default. */
struct page_options {
    bool no_pictures, no_styles;        /* do not fetch them */
    int parallel;                       /* resources fetched at once: 6 */
    hp_time timeout;                    /* of each, without progress: 30 s */
    const char *headers;                /* more header lines for each request, each with CRLF, or NULL */
    /* Told of everything that was fetched, as it ends (for a log); or NULL. */
    void (*fetched)(void *ctx, const struct page_resource *r);
    void *ctx;
};

/* In a program of at least 128 KiB of stack: fetches url and what belongs to it.  HP_OK whenever a document came, whatever its status (page_status), also
 * when some of its resources did not.  Otherwise page_error(*out) says what happened.  *out is set in both cases (free it) unless memory ran out: then NULL. */
int page_load(struct hp_stack *s, struct hp_resolver *resolver, const char *url, const struct page_options *o, struct page **out);
/* A local file, with the pictures and sheets below its folder. */
int page_open(const char *path, const struct page_options *o, struct page **out);
/* A document in memory; `base` is its URL, `type` its Content-Type or NULL.  Nothing else is fetched. */
int page_parse(const char *base, const char *type, const void *bytes, size_t n, struct page **out);
void page_free(struct page *p);

const char *page_url(const struct page *p);         /* after redirects */
const char *page_title(const struct page *p);       /* "" if it has none */
const char *page_charset(const struct page *p);     /* that it was read in */
const char *page_error(const struct page *p);       /* "" */
int page_status(const struct page *p);
bool page_is_cut(const struct page *p);             /* something was left out at a bound */
int page_resources(const struct page *p);           /* the first is the document */
const struct page_resource *page_resource(const struct page *p, int i);
/* The body of a resource, decoded (the document: as it came, before its charset); valid until page_free(). */
struct hp_bytes page_resource_body(const struct page *p, int i);
int page_links(const struct page *p);
const char *page_link(const struct page *p, int i); /* absolute; page_link(p, 0) is "[1]" in the text */

struct page_text_options {
    int width;                          /* columns; 0 = 80 */
    bool styles;                        /* bold, underlined, ... by ANSI sequences */
    bool hyperlinks;                    /* OSC 8 */
    bool pictures;                      /* as half blocks in 24-bit colour; otherwise their alternative text */
    bool no_link_numbers, no_link_list;
};
/* Writes the page as UTF-8 text.  The same page and options give the same bytes.  HP_ENOMEM, HP_EIO. */
int page_text(struct page *p, const struct page_text_options *o, FILE *out);

struct page_png_options {
    int width;                          /* pixels; 0 = 1024 */
    int height_min, height_max;         /* 0 = 600 and 8000 */
    double scale;                       /* device pixels per CSS pixel; 0 = 1 */
};
/* Draws the page into a PNG.  HP_ENOMEM, HP_EIO. */
int page_png(struct page *p, const struct page_png_options *o, const char *path);
/* The same into memory, from malloc. */
int page_png_bytes(struct page *p, const struct page_png_options *o, uint8_t **out, size_t *n);

#endif
