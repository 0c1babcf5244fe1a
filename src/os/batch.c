/* Frames that leave together.
 *
 * The stack makes segments of one MSS each, and traces and captures show them so.  A kernel on the other side takes 64 KiB in one system
 * call, and would put the segments together again anyway (GRO).  So segments of a burst that follow each other are merged here, by the rules by
 * which GRO merges: same connection, same headers but for what must differ, each as long as the first but the last, which may be
 * shorter, and nothing after PSH or FIN. */
#include "os/batch.h"

#include <string.h>

#include "core/bytes.h"
#include "wire/sum.h"

enum {
    BATCH_PAYLOAD_MAX = 65000, BATCH_TCP = 6, BATCH_TCP_SUM = 16, BATCH_ACK = 0x10, BATCH_PSH = 0x08, BATCH_FIN = 0x01,
    BATCH_V4_LENGTH = 2, BATCH_V4_FLAGS = 6, BATCH_V4_PROTO = 9, BATCH_V4_SUM = 10, BATCH_V4_SRC = 12,
    BATCH_V6_LENGTH = 4, BATCH_V6_NEXT = 6, BATCH_V6_SRC = 8, BATCH_V6_HEADER = 40,
};

void batch_init(struct batch *b, const struct hp_wire *w)
{
    b->bare = w->flags & HP_WIRE_IP;
    b->merging = w->flags & HP_WIRE_GSO;
}

/* ---- what may be merged ---- */

/* An IPv4 header that is no fragment, or an IPv6 header without extensions, with TCP in it. */
static bool batch_is_tcp(const uint8_t *ip, size_t n)
{
    if (n < BATCH_V6_HEADER) return false;
    if (ip[0] >> 4 == 6) return ip[BATCH_V6_NEXT] == BATCH_TCP;
    return ip[0] >> 4 == 4 && ip[BATCH_V4_PROTO] == BATCH_TCP && !(get16(ip + BATCH_V4_FLAGS) & 0x3fff);
}

static bool batch_parse(const struct batch *b, const struct hp_pkt *p, struct batch_segment *out)
{
    struct hp_pkt_offload o;
    struct hp_bytes part[2];
    hp_pkt_offload(p, &o);
    if (!b->merging || !o.sum_needed || o.gso_size || o.sum_offset != BATCH_TCP_SUM) return false;
    hp_pkt_parts(p, part);
    const uint8_t *f = part[0].p;
    *out = (struct batch_segment){.ip_at = b->bare ? 0 : 14, .tcp_at = o.sum_start};
    if (part[0].n < out->tcp_at + 20 || out->tcp_at < out->ip_at + 20) return false;
    if (!batch_is_tcp(f + out->ip_at, part[0].n - out->ip_at)) return false;
    const uint8_t *tcp = f + out->tcp_at;
    out->v6 = f[out->ip_at] >> 4 == 6;
    out->headers = out->tcp_at + (size_t)(tcp[12] >> 4) * 4;
    if (out->headers > part[0].n || out->headers > BATCH_HEADERS_MAX) return false;
    out->payload = hp_pkt_len(p) - out->headers;
    out->seq = get32(tcp + 4);
    out->last = tcp[13] & (BATCH_PSH | BATCH_FIN);
    return out->payload > 0 && (tcp[13] & ~(BATCH_PSH | BATCH_FIN)) == BATCH_ACK && !(tcp[12] & 0x0f);
}

static bool batch_same(const uint8_t *a, const uint8_t *b, size_t from, size_t to) { return memcmp(a + from, b + from, to - from) == 0; }

/* The same headers but for lengths, identification, sequence number, PSH, FIN and checksums. */
static bool batch_same_headers(const struct batch *b, const uint8_t *f)
{
    size_t ip = b->first.ip_at, tcp = b->first.tcp_at;
    if (!batch_same(b->head, f, 0, ip)) return false;
    if (b->first.v6) {
        if (!batch_same(b->head, f, ip, ip + BATCH_V6_LENGTH) || !batch_same(b->head, f, ip + BATCH_V6_NEXT, tcp)) return false;
    } else if (!batch_same(b->head, f, ip, ip + BATCH_V4_LENGTH) || !batch_same(b->head, f, ip + BATCH_V4_FLAGS, ip + BATCH_V4_SUM) ||
               !batch_same(b->head, f, ip + BATCH_V4_SRC, tcp)) {
        return false;
    }
    return batch_same(b->head, f, tcp, tcp + 4) && batch_same(b->head, f, tcp + 8, tcp + 13) && batch_same(b->head, f, tcp + 14, tcp + 16) &&
           batch_same(b->head, f, tcp + 18, b->first.headers);
}

static bool batch_follows(const struct batch *b, const struct hp_pkt *p, const struct batch_segment *s)
{
    const struct batch_segment *f = &b->first;
    struct hp_bytes part[2];
    if (s->headers != f->headers || s->tcp_at != f->tcp_at || s->v6 != f->v6 || s->seq != b->next) return false;
    if (s->payload > f->payload || b->payload + s->payload > BATCH_PAYLOAD_MAX) return false;
    hp_pkt_parts(p, part);
    return batch_same_headers(b, part[0].p);
}

/* ---- filling ---- */

static void batch_begin(struct batch *b, struct hp_pkt *p)
{
    b->open = batch_parse(b, p, &b->first);
    b->pkt[0] = p;
    b->count = 1;
    if (!b->open) return;
    hp_pkt_copy_out(p, 0, b->head, b->first.headers);
    b->payload = b->first.payload;
    b->next = b->first.seq + (uint32_t)b->payload;
    b->open = !b->first.last;
}

bool batch_add(struct batch *b, struct hp_pkt *p)
{
    struct batch_segment s;
    struct hp_bytes part[2];
    if (!b->count) {
        batch_begin(b, p);
        return true;
    }
    if (!b->open || b->count == BATCH_FRAMES_MAX || !batch_parse(b, p, &s) || !batch_follows(b, p, &s)) return false;
    hp_pkt_parts(p, part);
    b->head[b->first.tcp_at + 13] |= part[0].p[s.tcp_at + 13];
    b->pkt[b->count++] = p;
    b->payload += s.payload;
    b->next += (uint32_t)s.payload;
    b->open = !s.last && s.payload == b->first.payload;
    return true;
}

/* ---- writing ---- */

/* The header of the merged segment: its lengths, and the pseudo header's sum over all of it. */
static void batch_fix_head(struct batch *b)
{
    uint8_t *ip = b->head + b->first.ip_at;
    size_t tcp_n = b->first.headers - b->first.tcp_at + b->payload, ip_n = b->first.tcp_at - b->first.ip_at;
    if (b->first.v6) {
        put16(ip + BATCH_V6_LENGTH, (unsigned)(ip_n - BATCH_V6_HEADER + tcp_n));
    } else {
        put16(ip + BATCH_V4_LENGTH, (unsigned)(ip_n + tcp_n));
        put16(ip + BATCH_V4_SUM, 0);
        put16(ip + BATCH_V4_SUM, sum_fold(sum_add(0, ip, ip_n)));
    }
    uint32_t pseudo = sum_add((uint32_t)tcp_n + BATCH_TCP, ip + (b->first.v6 ? BATCH_V6_SRC : BATCH_V4_SRC), b->first.v6 ? 32 : 8);
    put16(b->head + b->first.tcp_at + BATCH_TCP_SUM, (uint16_t)~sum_fold(pseudo));
    b->vnet = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = (uint16_t)b->first.tcp_at,
                                      .csum_offset = BATCH_TCP_SUM, .gso_size = (uint16_t)b->first.payload,
                                      .gso_type = b->first.v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4,
                                      .hdr_len = (uint16_t)b->first.headers};
}

int batch_vector(struct batch *b, struct iovec v[BATCH_PARTS_MAX])
{
    int parts = 2;
    if (b->count == 1) return vnet_parts(&b->vnet, b->pkt[0], b->bare, v);
    batch_fix_head(b);
    v[0] = (struct iovec){&b->vnet, sizeof b->vnet};
    v[1] = (struct iovec){b->head, b->first.headers};
    for (int i = 0; i < b->count; i++) {
        struct hp_bytes part[2];
        int n = hp_pkt_parts(b->pkt[i], part);
        struct hp_bytes rest = bytes_from(part[0], b->first.headers);
        if (rest.n) v[parts++] = (struct iovec){(void *)(uintptr_t)rest.p, rest.n};
        if (n == 2) v[parts++] = (struct iovec){(void *)(uintptr_t)part[1].p, part[1].n};
    }
    return parts;
}

void batch_sent(struct batch *b)
{
    for (int i = 0; i < b->count; i++) hp_pkt_free(b->pkt[i]);
    b->count = 0;
}

void batch_drop(struct batch *b, struct hp_wire *w, enum hp_drop why)
{
    for (int i = 0; i < b->count; i++) hp_wire_drop(w, b->pkt[i], why);
    b->count = 0;
}
