/* pcap:IN[,out=OUT]: a wire that plays a capture file: its frames come with the file's distances in time, the first one at once; what the
 * stack sends goes to OUT, or nowhere.  Frames that the file marks as sent by the captured machine are left out. */
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "hepta/pcap.h"
#include "os/wires.h"

struct replay {
    struct os_wire os;
    struct hp_pcap_in *in;
    struct hp_pcap *out;
    struct hp_pcap_record next;
    bool more;
    hp_time began, first;               /* our clock and the file's at its first frame */
};

static void replay_close(struct hp_wire *w)
{
    struct replay *r = w->state;
    os_wire_close(&r->os);
    hp_pcap_in_close(r->in);
    hp_pcap_close(r->out);
    free(r);
}

static void replay_tx(struct hp_wire *w, struct hp_pkt *p)
{
    struct replay *r = w->state;
    uint8_t frame[WIRE_FRAME_MAX];
    if (r->out) {
        size_t n = hp_pkt_copy_out(p, 0, frame, sizeof frame);
        struct hp_pcap_record record = {.time = hp_os_unix_time(), .direction = HP_PCAP_OUT, .data = {frame, n}, .id = hp_pkt_id(p)};
        hp_pcap_write(r->out, &record);
    }
    hp_pkt_free(p);
}

static const struct hp_wire_ops replay_ops = {.name = "pcap", .tx = replay_tx, .close = replay_close};

static void replay_advance(struct replay *r)
{
    do r->more = hp_pcap_next(r->in, &r->next) > 0;
    while (r->more && r->next.direction == HP_PCAP_OUT);
}

static void replay_set_timer(struct replay *r, hp_time after)
{
    if (after < 1) after = 1;
    struct itimerspec t = {.it_value = {.tv_sec = after / HP_S(1), .tv_nsec = after % HP_S(1)}};
    timerfd_settime(r->os.watch.fd, 0, &t, NULL);
}

static void replay_frame(struct replay *r)
{
    size_t n = r->next.data.n > r->next.fcs ? r->next.data.n - r->next.fcs : 0;
    struct hp_pkt *p = hp_pkt_copy_in(r->os.wire.stack, r->next.data.p, n);
    if (p) hp_wire_rx(&r->os.wire, p);
    else hp_wire_drop(&r->os.wire, NULL, HP_DROP_NO_MEMORY);
}

static void replay_ready(void *ctx, unsigned events)
{
    struct replay *r = ctx;
    uint64_t fired;
    if (read(r->os.watch.fd, &fired, sizeof fired) < 0) return;
    if (!r->os.wire.stack) {
        replay_set_timer(r, HP_MS(1));
        return;
    }
    hp_time now = hp_os_now();
    if (!r->began) {
        r->began = now;
        r->first = r->next.time;
    }
    int burst = WIRE_BURST;
    for (; r->more && burst && r->next.time - r->first <= now - r->began; burst--) {
        replay_frame(r);
        replay_advance(r);
    }
    if (r->more) replay_set_timer(r, (r->next.time - r->first) - (now - r->began));
}

static int replay_open_files(const struct wire_url *u, struct replay *r)
{
    int err = hp_pcap_open(u->name, &r->in);
    if (err == HP_EPROTO) return wire_fail(u, err, "%s is neither a pcapng nor a pcap file", u->name);
    if (err) return wire_fail(u, err, "%s cannot be read: %s", u->name, hp_err_text(err));
    replay_advance(r);
    const char *path = wire_option(u, "out");
    err = path ? hp_pcap_create(path, &r->out) : HP_OK;
    if (err) return wire_fail(u, err, "%s cannot be written: %s", path, hp_err_text(err));
    if (r->out) hp_pcap_interface(r->out, "replay", r->next.linktype ? r->next.linktype : HP_PCAP_ETHERNET, NULL);
    r->os.wire.flags = r->next.linktype == HP_PCAP_IP ? HP_WIRE_IP : 0;
    return HP_OK;
}

int replay_open(const struct wire_url *u, struct hp_wire **out)
{
    static const char *const known[] = {"out", NULL};
    int err = wire_check_options(u, known);
    if (err) return err;
    struct replay *r = calloc(1, sizeof *r);
    if (!r) return wire_fail(u, HP_ENOMEM, "out of memory");
    os_wire_init(&r->os, u, &replay_ops, timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    err = replay_open_files(u, r);
    if (!err) err = os_wire_watch(&r->os, u, replay_ready);
    if (err) {
        replay_close(&r->os.wire);
        return err;
    }
    replay_set_timer(r, 1);
    *out = &r->os.wire;
    return HP_OK;
}
