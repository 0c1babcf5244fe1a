/* Socket options: one table says what each is; what all kinds have in common is set here, the rest is the kind's. */
#include "l5_session/session.h"

enum option_type { OPTION_INT, OPTION_TIME, OPTION_TEXT, OPTION_LINGER, OPTION_INFO };

struct option {
    const char *name;
    uint8_t type;               /* enum option_type */
    bool get_only;
    int min, max;               /* of an OPTION_INT */
};

static const struct option option_table[HP_OPT_COUNT] = {
    [HP_SO_ERROR]         = {"SO_ERROR", OPTION_INT, true, 0, 0},
    [HP_SO_TYPE]          = {"SO_TYPE", OPTION_INT, true, 0, 0},
    [HP_SO_REUSEADDR]     = {"SO_REUSEADDR", OPTION_INT, false, INT32_MIN, INT32_MAX},
    [HP_SO_REUSEPORT]     = {"SO_REUSEPORT", OPTION_INT, false, INT32_MIN, INT32_MAX},
    [HP_SO_BROADCAST]     = {"SO_BROADCAST", OPTION_INT, false, INT32_MIN, INT32_MAX},
    [HP_SO_KEEPALIVE]     = {"SO_KEEPALIVE", OPTION_INT, false, INT32_MIN, INT32_MAX},
    [HP_SO_LINGER]        = {"SO_LINGER", OPTION_LINGER, false, 0, 0},
    [HP_SO_RCVBUF]        = {"SO_RCVBUF", OPTION_INT, false, 0, INT32_MAX},
    [HP_SO_SNDBUF]        = {"SO_SNDBUF", OPTION_INT, false, 0, INT32_MAX},
    [HP_SO_RCVLOWAT]      = {"SO_RCVLOWAT", OPTION_INT, false, 0, INT32_MAX},
    [HP_SO_NONBLOCK]      = {"SO_NONBLOCK", OPTION_INT, false, INT32_MIN, INT32_MAX},
    [HP_SO_RCVTIMEO]      = {"SO_RCVTIMEO", OPTION_TIME, false, 0, 0},
    [HP_SO_SNDTIMEO]      = {"SO_SNDTIMEO", OPTION_TIME, false, 0, 0},
    [HP_SO_BINDTODEVICE]  = {"SO_BINDTODEVICE", OPTION_INT, false, 0, UINT16_MAX},
    [HP_SO_OOBINLINE]     = {"SO_OOBINLINE", OPTION_INT, false, INT32_MIN, INT32_MAX},
    [HP_IP_TTL]           = {"IP_TTL", OPTION_INT, false, -1, 255},
    [HP_IP_TOS]           = {"IP_TOS", OPTION_INT, false, 0, 255},
    [HP_IP_MULTICAST_TTL] = {"IP_MULTICAST_TTL", OPTION_INT, false, 0, 255},
    [HP_IP_MULTICAST_LOOP] = {"IP_MULTICAST_LOOP", OPTION_INT, false, INT32_MIN, INT32_MAX},
    [HP_IP_MTU_DISCOVER]  = {"IP_MTU_DISCOVER", OPTION_INT, false, INT32_MIN, INT32_MAX},
    [HP_IP_RECVERR]       = {"IP_RECVERR", OPTION_INT, false, INT32_MIN, INT32_MAX},
    [HP_IPV6_V6ONLY]      = {"IPV6_V6ONLY", OPTION_INT, false, INT32_MIN, INT32_MAX},
    [HP_TCP_NODELAY]      = {"TCP_NODELAY", OPTION_INT, false, INT32_MIN, INT32_MAX},
    [HP_TCP_CORK]         = {"TCP_CORK", OPTION_INT, false, INT32_MIN, INT32_MAX},
    [HP_TCP_MAXSEG]       = {"TCP_MAXSEG", OPTION_INT, false, 0, UINT16_MAX},
    [HP_TCP_CONGESTION]   = {"TCP_CONGESTION", OPTION_TEXT, false, 0, 0},
    [HP_TCP_USER_TIMEOUT] = {"TCP_USER_TIMEOUT", OPTION_TIME, false, 0, 0},
    [HP_TCP_KEEPIDLE]     = {"TCP_KEEPIDLE", OPTION_TIME, false, 0, 0},
    [HP_TCP_KEEPINTVL]    = {"TCP_KEEPINTVL", OPTION_TIME, false, 0, 0},
    [HP_TCP_KEEPCNT]      = {"TCP_KEEPCNT", OPTION_INT, false, 1, 127},
    [HP_TCP_QUICKACK]     = {"TCP_QUICKACK", OPTION_INT, false, INT32_MIN, INT32_MAX},
    [HP_TCP_SYNCNT]       = {"TCP_SYNCNT", OPTION_INT, false, 1, 127},
    [HP_TCP_INFO]         = {"TCP_INFO", OPTION_INFO, true, 0, 0},
};

static bool option_known(enum hp_opt opt) { return (unsigned)opt < HP_OPT_COUNT; }

const char *hp_opt_name(enum hp_opt opt) { return option_known(opt) ? option_table[opt].name : "?"; }

static size_t option_size(enum option_type type)
{
    return type == OPTION_TIME ? sizeof(hp_time) : type == OPTION_LINGER ? sizeof(struct hp_linger) : sizeof(int);
}

int option_check(enum hp_opt opt, const void *value, size_t n)
{
    if (!option_known(opt) || option_table[opt].get_only) return HP_ENOPROTOOPT;
    const struct option *o = &option_table[opt];
    if (!value || (o->type != OPTION_TEXT && n != option_size(o->type))) return HP_EINVAL;
    int v = 0;
    hp_time t = 0;
    if (o->type == OPTION_INT) memcpy(&v, value, sizeof v);
    if (o->type == OPTION_TIME) memcpy(&t, value, sizeof t);
    if (o->type == OPTION_INT && (v < o->min || v > o->max)) return HP_EINVAL;
    if (opt == HP_IP_TTL && v == 0) return HP_EINVAL;
    return t < 0 ? HP_EINVAL : HP_OK;
}

/* Whole milliseconds, upwards: only 0 means for ever. */
static uint32_t option_ms(hp_time t)
{
    hp_time ms = t / HP_MS(1) + (t % HP_MS(1) ? 1 : 0);
    return ms > UINT32_MAX ? 0 : (uint32_t)ms;
}

int option_set(struct hp_sock *sock, enum hp_opt opt, const void *value, size_t n)
{
    int v = 0;
    hp_time t = 0;
    if (n == sizeof v) memcpy(&v, value, sizeof v);
    if (n == sizeof t) memcpy(&t, value, sizeof t);
    switch (opt) {
    case HP_SO_NONBLOCK: sock->flags = (uint16_t)(v ? sock->flags | SOCK_NONBLOCK : sock->flags & ~SOCK_NONBLOCK); return HP_OK;
    case HP_SO_RCVTIMEO: sock->rcvtimeo_ms = option_ms(t); return HP_OK;
    case HP_SO_SNDTIMEO: sock->sndtimeo_ms = option_ms(t); return HP_OK;
    default:             return HP_ENOPROTOOPT;
    }
}

static int option_give(void *value, size_t *n, const void *from, size_t size)
{
    if (*n < size) return HP_EINVAL;
    memcpy(value, from, size);
    *n = size;
    return HP_OK;
}

static int option_give_int(void *value, size_t *n, int v) { return option_give(value, n, &v, sizeof v); }
static int option_give_ms(void *value, size_t *n, uint32_t ms)
{
    hp_time t = HP_MS(ms);
    return option_give(value, n, &t, sizeof t);
}

int option_get(struct hp_sock *sock, enum hp_opt opt, void *value, size_t *n)
{
    int err;
    switch (opt) {
    case HP_SO_ERROR:
        err = option_give_int(value, n, sock->error);
        if (!err) sock->error = 0;
        return err;
    case HP_SO_TYPE:     return option_give_int(value, n, (int)sock->kind->type);
    case HP_SO_NONBLOCK: return option_give_int(value, n, (sock->flags & SOCK_NONBLOCK) != 0);
    case HP_SO_RCVTIMEO: return option_give_ms(value, n, sock->rcvtimeo_ms);
    case HP_SO_SNDTIMEO: return option_give_ms(value, n, sock->sndtimeo_ms);
    default:             return HP_ENOPROTOOPT;
    }
}

int hp_setsockopt(struct hp_sock *sock, enum hp_opt opt, const void *value, size_t n)
{
    if (!sock) return HP_EINVAL;
    int err = option_check(opt, value, n);
    if (err) return err;
    err = option_set(sock, opt, value, n);
    if (err != HP_ENOPROTOOPT) return err;
    return sock->kind->setopt ? sock->kind->setopt(sock, opt, value, n) : HP_ENOPROTOOPT;
}

int hp_getsockopt(struct hp_sock *sock, enum hp_opt opt, void *value, size_t *n)
{
    if (!sock || !value || !n) return HP_EINVAL;
    if (!option_known(opt)) return HP_ENOPROTOOPT;
    int err = option_get(sock, opt, value, n);
    if (err != HP_ENOPROTOOPT) return err;
    return sock->kind->getopt ? sock->kind->getopt(sock, opt, value, n) : HP_ENOPROTOOPT;
}
