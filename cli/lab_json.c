/* JSON that is known to be good, walked through. */
#include "lab_json.h"

#include <stdlib.h>
#include <string.h>

static const char *json_space(const char *p)
{
    while (*p && strchr(" \t\r\n", *p)) p++;
    return p;
}

/* Past a string, or NULL. */
static const char *json_skip_text(const char *p)
{
    if (*p != '"') return NULL;
    for (p++; *p && *p != '"'; p++)
        if (*p == '\\' && !*++p) return NULL;
    return *p ? p + 1 : NULL;
}

/* Past any value: brackets are counted, what is between them is ours and not looked at closely. */
static const char *json_skip(const char *p)
{
    int deep = 0;
    for (p = json_space(p); *p; p = json_space(p)) {
        if (*p == '"') {
            if (!(p = json_skip_text(p))) return NULL;
        } else if (*p == '{' || *p == '[') {
            deep++;
            p++;
            continue;
        } else if (*p == '}' || *p == ']') {
            if (--deep < 0) return NULL;
            p++;
        } else if (deep && (*p == ',' || *p == ':')) {
            p++;
            continue;
        } else {
            size_t n = strspn(p, "+-.0123456789aeEflnrstu");
            if (!n) return NULL;
            p += n;
        }
        if (!deep) return p;
    }
    return NULL;
}

const char *lab_json_key(const char *json, const char *key)
{
    const char *p = json_space(json);
    size_t n = strlen(key);
    if (*p++ != '{') return NULL;
    for (;;) {
        p = json_space(p);
        const char *end = json_skip_text(p);
        if (!end) return NULL;
        if ((size_t)(end - p) == n + 2 && memcmp(p + 1, key, n) == 0) return p;
        p = json_space(end);
        if (*p++ != ':') return NULL;
        if (!(p = json_skip(p))) return NULL;
        p = json_space(p);
        if (*p++ != ',') return NULL;
    }
}

const char *lab_json_find(const char *json, const char *key)
{
    const char *p = lab_json_key(json, key);
    if (p) p = json_space(json_skip_text(p));
    return p && *p == ':' ? json_space(p + 1) : NULL;
}

const char *lab_json_element(const char *array, unsigned i)
{
    const char *p = json_space(array);
    if (*p++ != '[') return NULL;
    p = json_space(p);
    if (*p == ']') return NULL;
    for (; i; i--) {
        if (!(p = json_skip(p))) return NULL;
        p = json_space(p);
        if (*p++ != ',') return NULL;
    }
    return json_space(p);
}

const char *lab_json_next(const char *element)
{
    const char *p = json_skip(element);
    if (p) p = json_space(p);
    return p && *p == ',' ? json_space(p + 1) : NULL;
}

bool lab_json_same(const char *a, const char *b)
{
    const char *a_end = a ? json_skip(a) : NULL, *b_end = b ? json_skip(b) : NULL;
    if (!a_end || !b_end) return !a == !b;
    return a_end - a == b_end - b && memcmp(a, b, (size_t)(a_end - a)) == 0;
}

bool lab_json_text(const char *value, char *buf, size_t n)
{
    const char *end = value ? json_skip_text(value) : NULL;
    size_t used = 0;
    if (!end) return false;
    for (const char *p = value + 1; p < end - 1; p++) {
        char c = *p;
        if (c == '\\') {
            c = *++p;
            if (c == 'u') {
                c = (char)strtoul((char[]){p[3], p[4], 0}, NULL, 16); /* we write nothing above 7f so */
                p += 4;
            }
        }
        if (used + 1 >= n) return false;
        buf[used++] = c;
    }
    buf[used] = 0;
    return true;
}
