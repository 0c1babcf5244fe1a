/* What the files of dissect share: bounded text, rows of fixed fields, and the state between layers.
 *
 * A layer's function finds its bytes at d->at (d->n of them), emits the layer and its fields, and says by d->next who
 * goes on and where; the loop in dissect.c calls it.  Nothing recurses but a quote in an ICMP error, once. */
#ifndef WIRE_DISSECT_LAYERS_H
#define WIRE_DISSECT_LAYERS_H

#include "wire/dissect.h"
#include "wire/ip.h"

/* ---- text ---- */
struct dline {
    char *start, *p, *end;      /* end: the last byte, for the NUL */
};

struct dline dline_of(char *buf, size_t n);
void dline_char(struct dline *t, char c);
void dline_str(struct dline *t, const char *s);
void dline_u(struct dline *t, uint64_t v);
void dline_pad(struct dline *t, uint64_t v, int width);     /* with spaces in front */
void dline_hex(struct dline *t, uint64_t v, int digits);    /* 0x and at least so many digits */
void dline_raw(struct dline *t, struct hp_bytes b);         /* 01:02:..., cut after 32 bytes */
void dline_ascii(struct dline *t, struct hp_bytes b);       /* printable as they are, others as \xx */
void dline_ip(struct dline *t, const struct hp_ip *ip);
void dline_mac(struct dline *t, const struct hp_mac *mac);
void dline_key(struct dline *t, const char *key, uint64_t v);   /* " key=v" */
static inline const char *dline_text(const struct dline *t) { return t->start; }

/* ---- fields at fixed places ---- */
/* D_WORDS counts words of 32 bits, D_EIGHTS of 64: both are shown as bytes. */
enum dissect_kind { D_DEC, D_HEX, D_WORDS, D_EIGHTS, D_FLAG, D_IP4, D_IP6, D_MAC, D_RAW, D_ASCII };

struct dissect_word {
    uint32_t value;
    const char *text;           /* NULL ends the list */
};

struct dissect_row {
    const char *name, *label;
    uint8_t at, n, kind, shift;
    uint32_t mask;              /* after the shift; 0 = all bits */
    const struct dissect_word *words;   /* what values mean, or NULL */
};

/* ---- state ---- */
struct dissect {
    struct hp_bytes frame;
    dissect_emit *emit;
    void *ctx;
    void (*next)(struct dissect *d);
    size_t at, n;               /* the bytes of the next layer */
    uint8_t depth;              /* of layers: 0, or that of a quote */
    bool quote;                 /* what follows is quoted: it may be cut, its checksums mean nothing */
    bool tunnel;                /* there was an IP header already */
    bool fragment;              /* checksums of what follows cannot be verified */
    struct hp_ip src, dst;
    uint8_t proto;
};

static inline struct hp_bytes dissect_bytes(const struct dissect *d) { return bytes_of(d->frame.p + d->at, d->n); }

/* The n bytes at offset `from` of the current layer are the next one's, if somebody knows it. */
static inline void dissect_go(struct dissect *d, void (*next)(struct dissect *), size_t from, size_t n)
{
    assert(from <= d->n && n <= d->n - from);
    d->next = next;
    d->at += from;
    d->n = n;
}

const char *dissect_word_of(const struct dissect_word *words, uint64_t value);      /* NULL if there is none */
void dissect_layer(struct dissect *d, const char *name, const char *label, size_t n, const struct dline *summary,
                   unsigned join);
/* `at` is an offset in the frame; depth 1 is directly below the layer. */
void dissect_value(struct dissect *d, unsigned depth, const char *name, const char *label, size_t at, size_t n,
                   uint64_t value, const char *text);
/* One that is no number. */
void dissect_text(struct dissect *d, unsigned depth, const char *name, const char *label, size_t at, size_t n, const char *text);
void dissect_number(struct dissect *d, unsigned depth, const char *name, const char *label, size_t at, size_t n,
                    uint64_t value);
void dissect_raw(struct dissect *d, unsigned depth, const char *name, const char *label, size_t at, size_t n);
/* Rows whose bytes are not all there (within n bytes at offset `at` of the frame) are left out. */
void dissect_rows(struct dissect *d, unsigned depth, const struct dissect_row *rows, size_t count, size_t at, size_t n);
/* A checksum's verdict: "<name>" with "Good", "Bad"... */
void dissect_checksum(struct dissect *d, const char *name, size_t at, bool good);
/* Something cannot be: nothing goes on from here. */
void dissect_bad(struct dissect *d, const char *why);
/* Runs the layers from d->next on. */
void dissect_run(struct dissect *d);

#define DISSECT_ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

/* ---- the layers ---- */
void dissect_ethernet(struct dissect *d);
void dissect_arp(struct dissect *d);
void dissect_stp(struct dissect *d);
void dissect_pause(struct dissect *d);
void dissect_raw_ip(struct dissect *d);
void dissect_ipv4(struct dissect *d);
void dissect_ipv6(struct dissect *d);
void dissect_icmp4(struct dissect *d);
void dissect_icmp6(struct dissect *d);
void dissect_igmp(struct dissect *d);
void dissect_udp(struct dissect *d);
void dissect_tcp(struct dissect *d);
void dissect_dns(struct dissect *d);
void dissect_dhcp4(struct dissect *d);
void dissect_rip(struct dissect *d);
void dissect_data(struct dissect *d);
void dissect_http(struct dissect *d);
bool dissect_is_http(struct hp_bytes payload);
void (*dissect_by_ethertype(uint16_t type))(struct dissect *d);
void (*dissect_by_ipproto(uint8_t proto))(struct dissect *d);
const char *dissect_ethertype_text(uint16_t type);
const char *dissect_ipproto_text(uint8_t proto);    /* "TCP", or "proto" */

#endif
