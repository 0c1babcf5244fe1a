/* Resolving references, as RFC 3986 5.2 does it. */
#include "url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct piece {
    const char *p;
    size_t n;
    bool there;
};

/* RFC 3986 appendix B. */
struct url_parts {
    struct piece scheme, authority, path, query, fragment;
};

static size_t url_span(const char *p, size_t n, const char *until)
{
    size_t i = 0;
    while (i < n && !strchr(until, p[i])) i++;
    return i;
}

static bool url_is_scheme(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool letter = (p[i] | 32) >= 'a' && (p[i] | 32) <= 'z', more = (p[i] >= '0' && p[i] <= '9') || strchr("+-.", p[i]);
        if (!letter && !(i && more)) return false;
    }
    return n > 0;
}

static void url_split(const char *p, size_t n, struct url_parts *u)
{
    memset(u, 0, sizeof *u);
    size_t k = url_span(p, n, ":/?#");
    if (k < n && p[k] == ':' && url_is_scheme(p, k)) {
        u->scheme = (struct piece){p, k, true};
        p += k + 1;
        n -= k + 1;
    }
    if (n >= 2 && p[0] == '/' && p[1] == '/') {
        k = url_span(p + 2, n - 2, "/?#");
        u->authority = (struct piece){p + 2, k, true};
        p += k + 2;
        n -= k + 2;
    }
    k = url_span(p, n, "?#");
    u->path = (struct piece){p, k, true};
    p += k;
    n -= k;
    if (n && *p == '?') {
        k = url_span(p, n, "#");
        u->query = (struct piece){p + 1, k - 1, true};
        p += k;
        n -= k;
    }
    if (n) u->fragment = (struct piece){p + 1, n - 1, true};
}

/* ---- writing ---- */

struct url_out {
    char *p, *end;
    bool full;
};

static void url_put(struct url_out *o, const char *p, size_t n)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        bool plain = c > 0x20 && c < 0x7f && !strchr("\"<>\\^`{|}", c);
        if ((size_t)(o->end - o->p) <= (plain ? 1u : 3u)) {
            o->full = true;
            return;
        }
        if (plain) *o->p++ = (char)c;
        else {
            *o->p++ = '%';
            *o->p++ = hex[c >> 4];
            *o->p++ = hex[c & 15];
        }
    }
}

/* RFC 3986 5.2.4, on the segments of one path that begins at `start`: what "." and ".." name is taken away. */
static void url_put_path(struct url_out *o, const char *p, size_t n)
{
    char *start = o->p;
    while (n && !o->full) {
        size_t k = *p == '/' ? 1 + url_span(p + 1, n - 1, "/") : url_span(p, n, "/");
        bool last = k == n;
        const char *name = *p == '/' ? p + 1 : p;
        size_t length = k - (*p == '/');
        bool dot = length == 1 && name[0] == '.', up = length == 2 && name[0] == '.' && name[1] == '.';
        if (up) {
            while (o->p > start && *--o->p != '/') continue;
        }
        if (dot || up) {
            if (last) url_put(o, "/", 1);
        } else url_put(o, p, k);
        p += k;
        n -= k;
    }
}

static void url_put_part(struct url_out *o, const char *before, struct piece part, const char *after)
{
    if (!part.there) return;
    url_put(o, before, strlen(before));
    url_put(o, part.p, part.n);
    url_put(o, after, strlen(after));
}

/* RFC 3986 5.2.3. */
static bool url_merge(const struct url_parts *base, struct piece path, char *out, size_t size, size_t *n)
{
    size_t keep = base->path.n;
    while (keep && base->path.p[keep - 1] != '/') keep--;
    bool root = base->authority.there && base->path.n == 0;
    int wrote = snprintf(out, size, "%.*s%.*s", root ? 1 : (int)keep, root ? "/" : base->path.p, (int)path.n, path.p);
    *n = (size_t)wrote;
    return wrote >= 0 && (size_t)wrote < size;
}

bool url_resolve(const char *base, const char *reference, char *out, size_t n)
{
    struct url_parts b, r;
    char merged[2 * URL_MAX];
    size_t length = strlen(reference), merged_n;
    while (length && (unsigned char)*reference <= ' ') { /* HTML: white space around is not part of it */
        reference++;
        length--;
    }
    while (length && (unsigned char)reference[length - 1] <= ' ') length--;
    if (length >= URL_MAX || strlen(base) >= URL_MAX || n < 2) return false;
    url_split(base, strlen(base), &b);
    url_split(reference, length, &r);
    if (!r.scheme.there && !b.scheme.there) return false;
    struct url_out o = {out, out + n, false};
    bool own = r.scheme.there, hierarchic = !own || r.authority.there || (r.path.n && r.path.p[0] == '/');
    bool from_base = !own && !r.authority.there; /* the authority is the base's */
    url_put_part(&o, "", own ? r.scheme : b.scheme, ":");
    url_put_part(&o, "//", from_base ? b.authority : r.authority, "");
    if (from_base && r.path.n == 0) {
        url_put_path(&o, b.path.p, b.path.n);
        url_put_part(&o, "?", r.query.there ? r.query : b.query, "");
    } else {
        struct piece path = r.path;
        if (from_base && r.path.p[0] != '/') {
            if (!url_merge(&b, r.path, merged, sizeof merged, &merged_n)) return false;
            path = (struct piece){merged, merged_n, true};
        }
        if (hierarchic) url_put_path(&o, path.p, path.n);
        else url_put(&o, path.p, path.n); /* mailto: and the like */
        url_put_part(&o, "?", r.query, "");
    }
    url_put_part(&o, "#", r.fragment, "");
    *o.p = 0;
    return !o.full;
}

void url_cut_fragment(char *url)
{
    char *hash = strchr(url, '#');
    if (hash) *hash = 0;
}
