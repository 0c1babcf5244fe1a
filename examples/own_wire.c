/* A wire of one's own: two stacks joined by a pair of byte buffers that this program moves itself.
 *
 * A wire is a struct hp_wire with three functions: is there room, take this frame, and (optionally) the stack lets go.  What
 * arrives is handed in with hp_wire_rx().  Here the medium is an array; it could be a serial line, shared memory, a radio,
 * or a test.  Over it one host pings the other with a socket. */
#include <hepta/net.h>
#include <hepta/os.h>
#include <hepta/socket.h>
#include <hepta/wire.h>

#include <stdio.h>
#include <string.h>

enum { FRAME_MAX = 1514, FRAMES = 8 };

/* One end: the frames that its stack has sent and nobody has fetched yet. */
struct bucket {
    struct hp_wire wire;
    struct { uint8_t bytes[FRAME_MAX]; size_t n; } frame[FRAMES];
    unsigned count;
};

/* The stack asks first and keeps its frames in the link's queue while the answer is no. */
static bool bucket_room(struct hp_wire *w) { return ((struct bucket *)w->state)->count < FRAMES; }

/* Takes the packet: its bytes are copied out, then it is freed.  (A wire that can hold the packet itself need not copy.) */
static void bucket_tx(struct hp_wire *w, struct hp_pkt *p)
{
    struct bucket *b = w->state;
    b->frame[b->count].n = hp_pkt_copy_out(p, 0, b->frame[b->count].bytes, FRAME_MAX);
    b->count++;
    hp_pkt_free(p);
}

static const struct hp_wire_ops bucket_ops = {.name = "bucket", .room = bucket_room, .tx = bucket_tx};

/* Carries everything from one end to the other, and tells the sender that there is room again. */
static unsigned carry(struct bucket *from, struct bucket *to)
{
    unsigned carried = from->count;
    for (unsigned i = 0; i < from->count; i++) {
        struct hp_pkt *p = hp_pkt_copy_in(to->wire.stack, from->frame[i].bytes, from->frame[i].n);
        if (p) hp_wire_rx(&to->wire, p);
    }
    from->count = 0;
    if (carried) hp_wire_ready(&from->wire);
    return carried;
}

static struct hp_stack *host(const char *name, struct bucket *b, uint8_t number)
{
    struct hp_config config = {.name = name, .allocator = hp_os_allocator(), .seed = number};
    struct hp_prefix address = {hp_ip4(192, 168, 0, number), 120};
    b->wire = (struct hp_wire){.ops = &bucket_ops, .state = b, .mtu = 1500};
    b->count = 0;
    struct hp_stack *s = hp_stack_new(&config);
    int link = s ? hp_link_add(s, &b->wire, NULL) : HP_ENOMEM;
    return link > 0 && hp_addr_add(s, link, &address, 0) == HP_OK ? s : NULL;
}

int main(void)
{
    static struct bucket left, right;
    struct hp_stack *a = host("a", &left, 1), *b = host("b", &right, 2);
    if (!a || !b) return 1;

    struct hp_sock *ping;
    struct hp_endpoint to = {.ip = hp_ip4(192, 168, 0, 2)};
    if (hp_socket(a, HP_PING, 0, &ping) || hp_connect(ping, &to) || hp_send(ping, "marco", 5, 0) != 5) return 1;

    char answer[16] = "";
    unsigned frames = 0;
    struct hp_recv_info info = {.ttl = 0};
    for (hp_time now = 0; now < HP_S(5); now += HP_MS(1)) { /* a carrier who comes by every millisecond */
        hp_step(a, now);
        hp_step(b, now);
        frames += carry(&left, &right) + carry(&right, &left);
        if (hp_recvfrom(ping, answer, sizeof answer - 1, 0, &info) > 0) break;
    }
    char from[HP_ENDPOINT_TEXT];
    printf("%s answered \"%s\", TTL %u; %u frames were carried\n", hp_endpoint_text(&info.from, from, sizeof from), answer,
           info.ttl, frames);
    hp_close(ping);
    hp_stack_free(a);
    hp_stack_free(b);
    return strcmp(answer, "marco") == 0 ? 0 : 1;
}
