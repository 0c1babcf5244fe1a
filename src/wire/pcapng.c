/* The pcapng format and the classic pcap format, in bytes: see pcapng.h.
 *
 * A pcapng file is blocks of [type 32][length 32][body][length 32], each padded to four bytes; options are [code 16][length 16][value].
 * Every length comes from outside and is checked against the bytes that are left. */
#include "wire/pcapng.h"

enum {
    PCAPNG_OPT_END = 0, PCAPNG_OPT_COMMENT = 1, PCAPNG_SHB_USERAPPL = 4, PCAPNG_IF_NAME = 2, PCAPNG_IF_MACADDR = 6,
    PCAPNG_IF_TSRESOL = 9, PCAPNG_IF_FCSLEN = 13, PCAPNG_IF_TSOFFSET = 14,
    PCAPNG_EPB_FLAGS = 2, PCAPNG_EPB_PACKETID = 5, PCAPNG_EPB_VERDICT = 7,
    PCAPNG_CLASSIC_MICRO = 0xa1b2c3d4, PCAPNG_CLASSIC_NANO = 0xa1b23c4d, PCAPNG_CLASSIC_HEAD = 24, PCAPNG_CLASSIC_RECORD = 16,
    PCAPNG_BLOCK_MIN = 12, PCAPNG_PACKET_MAX = 1 << 24,
};

/* ---- writing ---- */

static void pcapng_le16(struct writer *w, unsigned v)
{
    uint8_t b[2] = {(uint8_t)v, (uint8_t)(v >> 8)};
    write_bytes(w, b, 2);
}

static void pcapng_le32(struct writer *w, uint32_t v)
{
    pcapng_le16(w, v & 0xffff);
    pcapng_le16(w, v >> 16);
}

static void pcapng_le64(struct writer *w, uint64_t v)
{
    pcapng_le32(w, (uint32_t)v);
    pcapng_le32(w, (uint32_t)(v >> 32));
}

static void pcapng_pad(struct writer *w)
{
    while (writer_used(w) % 4 && !w->full) write8(w, 0);
}

static void pcapng_option(struct writer *w, unsigned code, const void *value, size_t n)
{
    pcapng_le16(w, code);
    pcapng_le16(w, (unsigned)n);
    write_bytes(w, value, n);
    pcapng_pad(w);
}

/* Blocks are written into a writer of their own, so that padding counts from the block's first byte. */
static struct writer pcapng_begin(struct writer *w, uint32_t type)
{
    struct writer block = writer_of(w->p, (size_t)(w->end - w->p));
    pcapng_le32(&block, type);
    pcapng_le32(&block, 0); /* the length, when it is known */
    return block;
}

static void pcapng_end(struct writer *w, struct writer *block)
{
    uint32_t n = (uint32_t)writer_used(block) + 4;
    pcapng_le32(block, n);
    if (block->full || w->full) {
        w->full = true;
        return;
    }
    struct writer length = writer_of(block->start + 4, 4);
    pcapng_le32(&length, n);
    w->p = block->p;
}

void pcapng_write_section(struct writer *w, const char *application)
{
    struct writer b = pcapng_begin(w, PCAPNG_BLOCK_SHB);
    pcapng_le32(&b, PCAPNG_BYTE_ORDER);
    pcapng_le16(&b, 1);
    pcapng_le16(&b, 0);
    pcapng_le64(&b, UINT64_MAX); /* the section's length is not said */
    pcapng_option(&b, PCAPNG_SHB_USERAPPL, application, strlen(application));
    pcapng_option(&b, PCAPNG_OPT_END, NULL, 0);
    pcapng_end(w, &b);
}

void pcapng_write_interface(struct writer *w, const struct pcapng_interface *i)
{
    static const uint8_t nanoseconds = 9;
    struct writer b = pcapng_begin(w, PCAPNG_BLOCK_IDB);
    pcapng_le16(&b, i->linktype);
    pcapng_le16(&b, 0);
    pcapng_le32(&b, 0); /* frames are never cut */
    pcapng_option(&b, PCAPNG_IF_NAME, i->name, strlen(i->name));
    if (i->mac) pcapng_option(&b, PCAPNG_IF_MACADDR, i->mac, 6);
    pcapng_option(&b, PCAPNG_IF_TSRESOL, &nanoseconds, 1);
    pcapng_option(&b, PCAPNG_OPT_END, NULL, 0);
    pcapng_end(w, &b);
}

static void pcapng_write_comments(struct writer *w, struct hp_bytes text)
{
    while (text.n) {
        const uint8_t *line = memchr(text.p, '\n', text.n);
        size_t n = line ? (size_t)(line - text.p) : text.n;
        if (n) pcapng_option(w, PCAPNG_OPT_COMMENT, text.p, n > UINT16_MAX ? UINT16_MAX : n);
        text = bytes_from(text, line ? n + 1 : n);
    }
}

/* Type 0, "hardware": its bytes mean what the maker says; here they are the name of a drop. */
static void pcapng_write_verdict(struct writer *w, struct hp_bytes verdict)
{
    uint8_t value[1 + PCAPNG_VERDICT_MAX] = {0};
    size_t n = verdict.n < PCAPNG_VERDICT_MAX ? verdict.n : PCAPNG_VERDICT_MAX;
    if (!n) return;
    memcpy(value + 1, verdict.p, n);
    pcapng_option(w, PCAPNG_EPB_VERDICT, value, n + 1);
}

void pcapng_write_packet(struct writer *w, const struct pcapng_packet *p, const struct hp_bytes *data, int parts,
                         struct hp_bytes comments)
{
    struct writer b = pcapng_begin(w, PCAPNG_BLOCK_EPB);
    pcapng_le32(&b, p->interface);
    pcapng_le32(&b, (uint32_t)((uint64_t)p->time >> 32));
    pcapng_le32(&b, (uint32_t)p->time);
    pcapng_le32(&b, p->captured);
    pcapng_le32(&b, p->length);
    for (int i = 0; i < parts; i++) write_bytes(&b, data[i].p, data[i].n);
    pcapng_pad(&b);
    pcapng_write_comments(&b, comments);
    if (p->direction || p->fcs) {
        pcapng_le16(&b, PCAPNG_EPB_FLAGS);
        pcapng_le16(&b, 4);
        pcapng_le32(&b, p->direction | p->fcs << 5);
    }
    if (p->id) {
        pcapng_le16(&b, PCAPNG_EPB_PACKETID);
        pcapng_le16(&b, 8);
        pcapng_le64(&b, p->id);
    }
    pcapng_write_verdict(&b, p->verdict);
    if (comments.n || p->direction || p->fcs || p->id || p->verdict.n) pcapng_option(&b, PCAPNG_OPT_END, NULL, 0);
    pcapng_end(w, &b);
}

/* ---- reading: numbers in the file's byte order ---- */

static uint32_t pcapng_order32(const uint8_t *p, bool big)
{
    return big ? get32(p) : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static uint16_t pcapng_order16(const uint8_t *p, bool big) { return big ? get16(p) : (uint16_t)((unsigned)p[1] << 8 | p[0]); }

static uint64_t pcapng_order64(const uint8_t *p, bool big)
{
    uint64_t first = pcapng_order32(p, big), second = pcapng_order32(p + 4, big);
    return big ? first << 32 | second : second << 32 | first;
}

/* One option at *at; false at the end of the list or where it is damaged. */
static bool pcapng_option_next(struct hp_bytes list, bool big, size_t *at, uint16_t *code, struct hp_bytes *value)
{
    struct hp_bytes rest = bytes_from(list, *at);
    if (rest.n < 4) return false;
    *code = pcapng_order16(rest.p, big);
    size_t n = pcapng_order16(rest.p + 2, big);
    if (*code == PCAPNG_OPT_END || n > rest.n - 4) return false;
    *value = bytes_of(rest.p + 4, n);
    *at += 4 + (n + 3) / 4 * 4;
    return true;
}

/* Ticks of a resolution (if_tsresol) as nanoseconds; what does not fit is clamped. */
static int64_t pcapng_ticks_to_ns(uint64_t ticks, uint8_t resolution, int64_t offset_s)
{
    uint64_t seconds, ns;
    unsigned power = resolution & 0x7f;
    if (resolution & 0x80) {
        if (power > 63) return 0;
        seconds = power ? ticks >> power : ticks;
        uint64_t fraction = power ? ticks & ((1ull << power) - 1) : 0;
        if (power > 32) {
            fraction >>= power - 32;
            power = 32;
        }
        ns = fraction * 1000000000u >> power;
    } else {
        uint64_t unit = 1;
        if (power > 19) return 0;
        for (unsigned i = 0; i < power; i++) unit *= 10;
        seconds = ticks / unit;
        uint64_t fraction = ticks % unit;
        for (; power > 9; power--) fraction /= 10;
        for (; power < 9; power++) fraction *= 10;
        ns = fraction;
    }
    const int64_t bound = INT64_MAX / 2000000000 - 1;
    if (seconds > (uint64_t)bound || offset_s > bound || offset_s < -bound) return 0;
    return ((int64_t)seconds + offset_s) * 1000000000 + (int64_t)ns;
}

/* ---- reading: classic pcap ---- */

static bool pcapng_classic_open(struct capture_reader *r)
{
    if (r->file.n < PCAPNG_CLASSIC_HEAD) return false;
    for (int big = 0; big < 2; big++) {
        uint32_t magic = pcapng_order32(r->file.p, big);
        if (magic != PCAPNG_CLASSIC_MICRO && magic != PCAPNG_CLASSIC_NANO) continue;
        uint32_t link = pcapng_order32(r->file.p + 20, big);
        r->classic = true;
        r->swapped = big;
        r->interfaces = 1;
        r->interface[0] = (struct capture_interface){.linktype = (uint16_t)link, .resolution = magic == PCAPNG_CLASSIC_NANO ? 9 : 6,
                                                     .fcs = link & 1u << 26 ? (uint8_t)(link >> 28 << 1) : 0};
        r->at = PCAPNG_CLASSIC_HEAD;
        return true;
    }
    return false;
}

static int pcapng_classic_next(struct capture_reader *r, struct capture_packet *out)
{
    struct hp_bytes rest = bytes_from(r->file, r->at);
    if (!rest.n) return 0;
    if (rest.n < PCAPNG_CLASSIC_RECORD) return -1;
    uint32_t captured = pcapng_order32(rest.p + 8, r->swapped);
    if (captured > PCAPNG_PACKET_MAX || captured > rest.n - PCAPNG_CLASSIC_RECORD) return -1;
    uint64_t unit = r->interface[0].resolution == 9 ? 1 : 1000;
    *out = (struct capture_packet){
        .data = bytes_of(rest.p + PCAPNG_CLASSIC_RECORD, captured), .length = pcapng_order32(rest.p + 12, r->swapped),
        .linktype = r->interface[0].linktype, .fcs = r->interface[0].fcs, .swapped = r->swapped,
        .time = (int64_t)pcapng_order32(rest.p, r->swapped) * 1000000000 + (int64_t)(pcapng_order32(rest.p + 4, r->swapped) * unit)};
    r->at += PCAPNG_CLASSIC_RECORD + captured;
    return 1;
}

/* ---- reading: pcapng ---- */

static bool pcapng_section_open(struct capture_reader *r, struct hp_bytes at)
{
    if (at.n < 28) return false;
    uint32_t order = get32(at.p + 8);
    if (order != PCAPNG_BYTE_ORDER && order != 0x4d3c2b1a) return false;
    r->swapped = order == PCAPNG_BYTE_ORDER;
    r->interfaces = 0;
    return pcapng_order16(at.p + 12, r->swapped) == 1;
}

bool capture_open(struct capture_reader *r, struct hp_bytes file)
{
    r->file = file;
    r->at = 0;
    r->classic = r->swapped = false;
    r->interfaces = 0;
    if (file.n >= 4 && get32(file.p) == PCAPNG_BLOCK_SHB) return pcapng_section_open(r, file);
    return pcapng_classic_open(r);
}

static bool pcapng_interface_take(struct capture_reader *r, struct hp_bytes body)
{
    if (body.n < 8 || r->interfaces == PCAPNG_INTERFACES_MAX) return false;
    struct capture_interface *i = &r->interface[r->interfaces++];
    *i = (struct capture_interface){.linktype = pcapng_order16(body.p, r->swapped), .resolution = 6};
    struct hp_bytes options = bytes_from(body, 8), value;
    uint16_t code;
    for (size_t at = 0; pcapng_option_next(options, r->swapped, &at, &code, &value);) {
        if (code == PCAPNG_IF_NAME) i->name = value;
        if (code == PCAPNG_IF_TSRESOL && value.n >= 1) i->resolution = value.p[0];
        if (code == PCAPNG_IF_FCSLEN && value.n >= 1) i->fcs = value.p[0];
        if (code == PCAPNG_IF_TSOFFSET && value.n >= 8) i->offset = (int64_t)pcapng_order64(value.p, r->swapped);
    }
    return true;
}

static void pcapng_packet_take_options(struct capture_packet *out)
{
    struct hp_bytes value;
    uint16_t code;
    for (size_t at = 0; pcapng_option_next(out->options, out->swapped, &at, &code, &value);) {
        if (code == PCAPNG_EPB_PACKETID && value.n == 8) out->id = pcapng_order64(value.p, out->swapped);
        if (code != PCAPNG_EPB_FLAGS || value.n != 4) continue;
        uint32_t flags = pcapng_order32(value.p, out->swapped);
        out->direction = flags & 3;
        if (flags >> 5 & 15) out->fcs = flags >> 5 & 15;
    }
}

static bool pcapng_packet_take(const struct capture_reader *r, struct hp_bytes body, struct capture_packet *out)
{
    if (body.n < 20) return false;
    uint32_t number = pcapng_order32(body.p, r->swapped), captured = pcapng_order32(body.p + 12, r->swapped);
    if (number >= r->interfaces || captured > body.n - 20) return false;
    const struct capture_interface *i = &r->interface[number];
    uint64_t ticks = (uint64_t)pcapng_order32(body.p + 4, r->swapped) << 32 | pcapng_order32(body.p + 8, r->swapped);
    *out = (struct capture_packet){
        .data = bytes_of(body.p + 20, captured), .name = i->name, .options = bytes_from(body, 20 + ((size_t)captured + 3) / 4 * 4),
        .interface = number, .length = pcapng_order32(body.p + 16, r->swapped), .linktype = i->linktype,
        .time = pcapng_ticks_to_ns(ticks, i->resolution, i->offset), .fcs = i->fcs, .swapped = r->swapped};
    pcapng_packet_take_options(out);
    return true;
}

static bool pcapng_simple_take(const struct capture_reader *r, struct hp_bytes body, struct capture_packet *out)
{
    if (body.n < 4 || !r->interfaces) return false;
    uint32_t length = pcapng_order32(body.p, r->swapped);
    const struct capture_interface *i = &r->interface[0];
    *out = (struct capture_packet){.data = bytes_upto(bytes_from(body, 4), length), .length = length, .name = i->name,
                                   .linktype = i->linktype, .fcs = i->fcs, .swapped = r->swapped};
    return true;
}

/* One block: 1 = it was a packet, 0 = something else, -1 = damaged. */
static int pcapng_block_take(struct capture_reader *r, struct capture_packet *out)
{
    struct hp_bytes rest = bytes_from(r->file, r->at);
    if (rest.n < PCAPNG_BLOCK_MIN) return -1;
    uint32_t type = pcapng_order32(rest.p, r->swapped);
    if (get32(rest.p) == PCAPNG_BLOCK_SHB && !pcapng_section_open(r, rest)) return -1;
    size_t n = pcapng_order32(rest.p + 4, r->swapped);
    if (n < PCAPNG_BLOCK_MIN || n % 4 || n > rest.n) return -1;
    struct hp_bytes body = bytes_of(rest.p + 8, n - PCAPNG_BLOCK_MIN);
    r->at += n;
    switch (type) {
    case PCAPNG_BLOCK_IDB: return pcapng_interface_take(r, body) ? 0 : -1;
    case PCAPNG_BLOCK_EPB: return pcapng_packet_take(r, body, out) ? 1 : -1;
    case PCAPNG_BLOCK_SPB: return pcapng_simple_take(r, body, out) ? 1 : -1;
    default: return 0;
    }
}

int capture_next(struct capture_reader *r, struct capture_packet *out)
{
    if (r->classic) return pcapng_classic_next(r, out);
    while (r->at < r->file.n) {
        int got = pcapng_block_take(r, out);
        if (got) return got;
    }
    return 0;
}

bool capture_comment(const struct capture_packet *p, size_t *at, struct hp_bytes *out)
{
    uint16_t code;
    while (pcapng_option_next(p->options, p->swapped, at, &code, out))
        if (code == PCAPNG_OPT_COMMENT) return true;
    return false;
}
