/* Wires by name: one table of drivers, and what they share. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/wires.h"

static const struct {
    const char *scheme, *usage;
    int (*open)(const struct wire_url *u, struct hp_wire **out);
} wire_drivers[] = {
    {"tap", "tap:NAME", tap_open},       {"tun", "tun:NAME", tun_open},
    {"packet", "packet:NAME", packet_open}, {"fd", "fd:N", fd_open},
    {"pcap", "pcap:FILE", replay_open},  {"null", "null:", null_open},
};
enum { WIRE_DRIVERS = sizeof wire_drivers / sizeof wire_drivers[0] };

int wire_fail(const struct wire_url *u, int err, const char *format, ...)
{
    if (!u->why_n) return err;
    va_list args;
    va_start(args, format);
    vsnprintf(u->why, u->why_n, format, args);
    va_end(args);
    return err;
}

/* Cuts u->text into its parts, in place. */
static int wire_url_parse(struct wire_url *u, const char *url)
{
    size_t n = strlen(url);
    if (n >= sizeof u->text) return wire_fail(u, HP_EINVAL, "the name of the wire is longer than %d bytes", URL_TEXT_MAX - 1);
    memcpy(u->text, url, n + 1);
    char *colon = strchr(u->text, ':');
    if (!colon) return wire_fail(u, HP_EINVAL, "\"%s\" is not the name of a wire: it wants KIND:NAME, such as tap:hepta0", url);
    *colon = 0;
    u->scheme = u->text;
    u->name = colon + 1;
    for (char *at = strchr(u->name, ','); at;) {
        *at++ = 0;
        if (u->options == URL_OPTIONS_MAX) return wire_fail(u, HP_EINVAL, "more than %d options in \"%s\"", URL_OPTIONS_MAX, url);
        char *key = at, *equals = strchr(at, '=');
        at = strchr(at, ',');
        if (!equals || (at && equals > at))
            return wire_fail(u, HP_EINVAL, "in \"%s\": an option wants the form KEY=VALUE", url);
        *equals = 0;
        u->option[u->options].key = key;
        u->option[u->options++].value = equals + 1;
    }
    return HP_OK;
}

static int wire_unknown(const struct wire_url *u)
{
    char list[128] = "";
    for (int i = 0; i < WIRE_DRIVERS; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", wire_drivers[i].usage);
    return wire_fail(u, HP_EINVAL, "no kind of wire is called \"%s\"; there are %s", u->scheme, list);
}

int hp_wire_open(struct hp_loop *l, const char *url, struct hp_wire **out, char *why, size_t why_n)
{
    struct wire_url u = {.loop = l, .why = why, .why_n = why_n};
    int err = wire_url_parse(&u, url);
    if (err) return err;
    for (int i = 0; i < WIRE_DRIVERS; i++)
        if (strcmp(u.scheme, wire_drivers[i].scheme) == 0) return wire_drivers[i].open(&u, out);
    return wire_unknown(&u);
}

void hp_wire_close(struct hp_wire *w)
{
    if (w && w->ops->close) w->ops->close(w);
}

const char *wire_option(const struct wire_url *u, const char *key)
{
    for (int i = 0; i < u->options; i++)
        if (strcmp(u->option[i].key, key) == 0) return u->option[i].value;
    return NULL;
}

int wire_check_options(const struct wire_url *u, const char *const *known)
{
    for (int i = 0; i < u->options; i++) {
        int k = 0;
        while (known[k] && strcmp(known[k], u->option[i].key) != 0) k++;
        if (!known[k]) return wire_fail(u, HP_EINVAL, "%s: wires have no option \"%s\"", u->scheme, u->option[i].key);
    }
    return HP_OK;
}

int wire_option_mtu(const struct wire_url *u, uint32_t *mtu)
{
    const char *text = wire_option(u, "mtu");
    uint64_t n;
    if (!text) return HP_OK;
    if (!hp_size_parse(text, &n) || n < 68 || n > 65535)
        return wire_fail(u, HP_EINVAL, "%s:%s: mtu=%s: a number from 68 to 65535 is wanted", u->scheme, u->name, text);
    *mtu = (uint32_t)n;
    return HP_OK;
}

/* ---- a wire on a descriptor ---- */

void os_wire_init(struct os_wire *w, const struct wire_url *u, const struct hp_wire_ops *ops, int fd)
{
    w->wire.ops = ops;
    w->wire.state = w;
    w->loop = u->loop;
    w->watch.fd = fd;
}

int os_wire_watch(struct os_wire *w, const struct wire_url *u, void (*ready)(void *ctx, unsigned events))
{
    w->watch.events = HP_WATCH_READ;
    w->watch.ready = ready;
    w->watch.ctx = w;
    int err = hp_loop_watch(w->loop, &w->watch);
    return err ? wire_fail(u, err, "%s:%s: descriptor %d cannot be watched (closed, or a plain file)", u->scheme, u->name, w->watch.fd)
               : HP_OK;
}

struct hp_pkt *os_wire_room(struct os_wire *w, uint8_t **at)
{
    if (!w->wire.stack) return NULL;
    if (!w->spare) return hp_pkt_room(w->wire.stack, w->frame_max, at);
    struct hp_pkt *p = w->spare;
    struct hp_bytes part[2];
    w->spare = NULL;
    hp_pkt_parts(p, part);
    *at = (uint8_t *)(uintptr_t)part[0].p; /* our own, made by hp_pkt_room */
    return p;
}

void os_wire_close(struct os_wire *w)
{
    hp_loop_unwatch(w->loop, &w->watch);
    if (w->spare) hp_pkt_free(w->spare);
    if (w->watch.fd >= 0 && !w->keep_fd) close(w->watch.fd);
}

/* ---- null: ---- */

static void null_tx(struct hp_wire *w, struct hp_pkt *p) { hp_pkt_free(p); }
static void null_close(struct hp_wire *w) { free(w); }
static const struct hp_wire_ops null_ops = {.name = "null", .tx = null_tx, .close = null_close};

int null_open(const struct wire_url *u, struct hp_wire **out)
{
    static const char *const known[] = {NULL};
    int err = wire_check_options(u, known);
    if (err) return err;
    struct hp_wire *w = calloc(1, sizeof *w);
    if (!w) return wire_fail(u, HP_ENOMEM, "out of memory");
    w->ops = &null_ops;
    *out = w;
    return HP_OK;
}
