/* What the wires of src/os share: how one is opened by its URL, and how one holds a descriptor. */
#ifndef OS_WIRES_H
#define OS_WIRES_H

#include "hepta/os.h"

enum { URL_TEXT_MAX = 512, URL_OPTIONS_MAX = 8, WIRE_BURST = 64, WIRE_FRAME_MAX = 65536 + 64 };

/* A URL taken apart: "tap:hepta0,mtu=9000" is scheme "tap", name "hepta0", option {"mtu", "9000"}. */
struct wire_url {
    struct hp_loop *loop;
    char *why;                              /* the error text */
    size_t why_n;
    const char *scheme, *name;
    struct { const char *key, *value; } option[URL_OPTIONS_MAX];
    int options;
    char text[URL_TEXT_MAX];
};

/* A wire on a descriptor.  Drivers put this first into their own struct. */
struct os_wire {
    struct hp_wire wire;
    struct hp_loop *loop;
    struct hp_watch watch;
    struct hp_pkt *spare;                   /* made for a frame that did not come */
    uint32_t frame_max;                     /* bytes of an ordinary frame */
    bool keep_fd;                           /* the descriptor is somebody else's */
};

/* Writes the error text and answers err. */
int wire_fail(const struct wire_url *u, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Answers the option's value or NULL. */
const char *wire_option(const struct wire_url *u, const char *key);
/* HP_EINVAL with text if an option is not in the NULL-terminated list. */
int wire_check_options(const struct wire_url *u, const char *const *known);

/* The option mtu=N, if there is one, into *mtu. */
int wire_option_mtu(const struct wire_url *u, uint32_t *mtu);

void os_wire_init(struct os_wire *w, const struct wire_url *u, const struct hp_wire_ops *ops, int fd);
/* Starts watching for frames; fails with text. */
int os_wire_watch(struct os_wire *w, const struct wire_url *u, void (*ready)(void *ctx, unsigned events));
/* Room for an ordinary frame: the spare packet or a new one; NULL without memory or stack. */
struct hp_pkt *os_wire_room(struct os_wire *w, uint8_t **at);
/* Everything but the driver's own: unwatches, closes, frees the spare packet. */
void os_wire_close(struct os_wire *w);

/* The drivers. */
int tap_open(const struct wire_url *u, struct hp_wire **out);
int tun_open(const struct wire_url *u, struct hp_wire **out);
int packet_open(const struct wire_url *u, struct hp_wire **out);
int fd_open(const struct wire_url *u, struct hp_wire **out);
int replay_open(const struct wire_url *u, struct hp_wire **out);
int null_open(const struct wire_url *u, struct hp_wire **out);

#endif
