/* Types that every part of the public API shares: time, bytes, addresses, errors.
 *
 * Addresses are 16 bytes; IPv4 is v4-mapped (::ffff:a.b.c.d, RFC 4291 2.5.5.2), so that nothing above the
 * network layer asks which version it holds.  Numbers are in host order; addresses are bytes as on the wire. */
#ifndef HEPTA_TYPES_H
#define HEPTA_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Nanoseconds since the stack's own zero.  Only differences mean anything. */
typedef int64_t hp_time;

#define HP_NEVER   INT64_MAX
#define HP_US(n)   ((hp_time)(n) * 1000)
#define HP_MS(n)   ((hp_time)(n) * 1000000)
#define HP_S(n)    ((hp_time)(n) * 1000000000)

/* Bytes that somebody else owns.  Valid as long as the owner says. */
struct hp_bytes {
    const uint8_t *p;
    size_t n;
};

struct hp_mac {
    uint8_t b[6];
};

struct hp_ip {
    uint8_t b[16];
};

/* `len` counts bits of the 16-byte address: an IPv4 /24 is 120 (hp_prefix_text writes "/24"). */
struct hp_prefix {
    struct hp_ip ip;
    uint8_t len;
};

/* An IP address and a port.  `link` is the index of a link for link-local addresses, 0 = any. */
struct hp_endpoint {
    struct hp_ip ip;
    uint16_t port;
    uint16_t link;
};

/* API calls return >= 0, or one of these.  hp_err_text() says them in words. */
enum hp_err {
    HP_OK            = 0,
    HP_EAGAIN        = -1,  /* not now: wait for readiness                         */
    HP_EINVAL        = -2,  /* an argument that can never be right                 */
    HP_ENOMEM        = -3,  /* allocator or budget said no                         */
    HP_EADDRINUSE    = -4,
    HP_EADDRNOTAVAIL = -5,  /* not an address of this stack, or ports used up      */
    HP_ENETUNREACH   = -6,  /* no route                                            */
    HP_EHOSTUNREACH  = -7,  /* neighbour does not answer, or ICMP said so          */
    HP_ECONNREFUSED  = -8,
    HP_ECONNRESET    = -9,
    HP_ECONNABORTED  = -10,
    HP_ETIMEDOUT     = -11,
    HP_ENOTCONN      = -12,
    HP_EISCONN       = -13,
    HP_EALREADY      = -14,
    HP_EINPROGRESS   = -15,
    HP_EPIPE         = -16, /* sending after shutdown                              */
    HP_EMSGSIZE      = -17, /* larger than a datagram or than the path lets through */
    HP_EACCES        = -18, /* broadcast without HP_SO_BROADCAST; no privilege      */
    HP_EOPNOTSUPP    = -19,
    HP_ENOPROTOOPT   = -20,
    HP_ENOENT        = -21,
    HP_EEXIST        = -22,
    HP_EIO           = -23,
    HP_EPROTO        = -24, /* the peer broke the protocol                         */
    HP_ERANGE        = -25, /* does not fit                                        */
    HP_ECANCELED     = -26, /* the world is stopping, or the program was ended     */
    HP_ENETDOWN      = -27,
    /* what a name server said (RFC 1035 4.1.1, RFC 2308)                      */
    HP_ENONAME       = -28, /* NXDOMAIN: there is no such name                     */
    HP_ENODATA       = -29, /* the name is there, but has no address               */
    HP_EREFUSED      = -30, /* REFUSED                                             */
    HP_ESERVFAIL     = -31, /* SERVFAIL                                            */
};

const char *hp_err_text(int err);

/* ---- addresses ---- */

static inline struct hp_ip hp_ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    struct hp_ip ip = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}};
    return ip;
}

bool hp_ip_is4(const struct hp_ip *ip);
bool hp_ip_equal(const struct hp_ip *a, const struct hp_ip *b);
bool hp_ip_is_any(const struct hp_ip *ip);           /* 0.0.0.0 or ::                            */
bool hp_ip_is_loopback(const struct hp_ip *ip);      /* 127/8 or ::1                             */
bool hp_ip_is_multicast(const struct hp_ip *ip);     /* 224/4 or ff00::/8                        */
bool hp_ip_is_linklocal(const struct hp_ip *ip);     /* 169.254/16 or fe80::/10                  */
bool hp_ip_is_broadcast(const struct hp_ip *ip);     /* 255.255.255.255                          */
bool hp_prefix_has(const struct hp_prefix *p, const struct hp_ip *ip);
bool hp_mac_equal(const struct hp_mac *a, const struct hp_mac *b);

/* ---- text ----
 * The _text functions write at most `n` bytes including the closing NUL and return `buf`, so that they fit into
 * an argument list.  The _parse functions take the whole of `text` or answer false and leave *out as it was. */
enum { HP_IP_TEXT = 48, HP_PREFIX_TEXT = 52, HP_MAC_TEXT = 18, HP_ENDPOINT_TEXT = 56, HP_TIME_TEXT = 32 };

char *hp_ip_text(const struct hp_ip *ip, char *buf, size_t n);           /* RFC 5952                 */
char *hp_prefix_text(const struct hp_prefix *p, char *buf, size_t n);    /* 10.0.0.0/8, 2001:db8::/32 */
char *hp_mac_text(const struct hp_mac *mac, char *buf, size_t n);        /* 02:00:00:00:00:01        */
char *hp_endpoint_text(const struct hp_endpoint *e, char *buf, size_t n); /* 10.0.0.1:80, [::1]:80    */
char *hp_time_text(hp_time t, char *buf, size_t n);                      /* 1.250000000 (seconds)    */
char *hp_span_text(hp_time t, char *buf, size_t n);                      /* 1.25s, 20ms, 3.2us       */

bool hp_ip_parse(const char *text, struct hp_ip *out);
bool hp_prefix_parse(const char *text, struct hp_prefix *out);           /* a bare address is /32 or /128; host bits kept */
bool hp_mac_parse(const char *text, struct hp_mac *out);
bool hp_endpoint_parse(const char *text, struct hp_endpoint *out);       /* 1.2.3.4:80 or [::1]:80   */
bool hp_span_parse(const char *text, hp_time *out);                      /* 10ms, 1.5s, 200us, 3m, 1h, 5ns */
bool hp_size_parse(const char *text, uint64_t *out);                     /* 1500, 64k, 2MiB, 1G (k = 1000, Ki = 1024) */
bool hp_rate_parse(const char *text, uint64_t *out);                     /* bits per second: 10Mbit/s, 1Gbit/s, 9600  */
/* A share in parts per 2^32: "2%", "0.02", "1e-6".  One is UINT32_MAX. */
bool hp_share_parse(const char *text, uint32_t *out);

#ifdef __cplusplus
}
#endif
#endif
