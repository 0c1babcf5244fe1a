/* Options that all sockets of datagrams have.  Values were checked against the table of layer 5. */
#include "l4_transport/dgram.h"

static uint16_t dgram_flag_of(enum hp_opt opt)
{
    switch (opt) {
    case HP_SO_REUSEADDR:    return DGRAM_REUSEADDR;
    case HP_SO_REUSEPORT:    return DGRAM_REUSEPORT;
    case HP_SO_BROADCAST:    return DGRAM_BROADCAST;
    case HP_IPV6_V6ONLY:     return DGRAM_V6ONLY;
    case HP_IP_RECVERR:      return DGRAM_RECVERR;
    case HP_IP_MTU_DISCOVER: return DGRAM_DF;
    default:                 return 0;
    }
}

/* What decides who may share a port, or where datagrams come from, is settled by bind(). */
static bool dgram_settled(const struct dgram *d, enum hp_opt opt)
{
    bool early = opt == HP_SO_REUSEADDR || opt == HP_SO_REUSEPORT || opt == HP_IPV6_V6ONLY || opt == HP_SO_BINDTODEVICE;
    return early && d->flags & DGRAM_BOUND;
}

static uint32_t dgram_buf(int value) { return value < DGRAM_BUF_MIN ? DGRAM_BUF_MIN : value > DGRAM_BUF_MAX ? DGRAM_BUF_MAX : (uint32_t)value; }

static int dgram_set_link(struct dgram *d, int link)
{
    if (link && !link_get(d->base.stack, link)) return HP_ENOENT;
    d->bound_link = (uint16_t)link;
    return HP_OK;
}

int dgram_setopt(struct hp_sock *sock, enum hp_opt opt, const void *value, size_t n)
{
    struct dgram *d = dgram_of(sock);
    uint16_t flag = dgram_flag_of(opt);
    int v;
    if (n != sizeof v) return HP_ENOPROTOOPT;
    memcpy(&v, value, sizeof v);
    if (dgram_settled(d, opt)) return HP_EINVAL;
    if (flag) {
        d->flags = (uint16_t)(v ? d->flags | flag : d->flags & ~flag);
        return HP_OK;
    }
    switch (opt) {
    case HP_SO_RCVBUF:        d->rcvbuf = dgram_buf(v); return HP_OK;
    case HP_SO_SNDBUF:        d->sndbuf = dgram_buf(v); return HP_OK;
    case HP_SO_BINDTODEVICE:  return dgram_set_link(d, v);
    case HP_IP_TTL:           d->ttl = (uint16_t)(v < 0 ? 0 : v); return HP_OK;
    case HP_IP_MULTICAST_TTL: d->multicast_ttl = (uint8_t)v; return HP_OK;
    case HP_IP_MULTICAST_LOOP: d->flags = (uint16_t)(v ? d->flags & ~DGRAM_NO_LOOP : d->flags | DGRAM_NO_LOOP); return HP_OK;
    case HP_IP_TOS:           d->tos = (uint8_t)v; return HP_OK;
    default:                  return HP_ENOPROTOOPT;
    }
}

static int dgram_opt_value(const struct dgram *d, enum hp_opt opt)
{
    switch (opt) {
    case HP_SO_RCVBUF:        return (int)d->rcvbuf;
    case HP_SO_SNDBUF:        return (int)d->sndbuf;
    case HP_SO_BINDTODEVICE:  return d->bound_link;
    case HP_IP_TTL:           return d->ttl ? d->ttl : IP_TTL_DEFAULT;
    case HP_IP_MULTICAST_TTL: return d->multicast_ttl;
    case HP_IP_MULTICAST_LOOP: return !(d->flags & DGRAM_NO_LOOP);
    case HP_IP_TOS:           return d->tos;
    default:                  return -1;
    }
}

int dgram_getopt(struct hp_sock *sock, enum hp_opt opt, void *value, size_t *n)
{
    const struct dgram *d = dgram_of(sock);
    uint16_t flag = dgram_flag_of(opt);
    int v = flag ? (d->flags & flag) != 0 : dgram_opt_value(d, opt);
    if (v < 0) return HP_ENOPROTOOPT;
    if (*n < sizeof v) return HP_EINVAL;
    memcpy(value, &v, sizeof v);
    *n = sizeof v;
    return HP_OK;
}
