/* Ethernet frames <-> struct ether_hdr.  RFC 894, RFC 1042, IEEE 802.3 3.2.6, 802.1Q 9, 802.1ad.
 * Tags are taken in a loop with a cap; there is no recursion whatever the frame nests. */
#include "wire/ether.h"

static struct ether_tag ether_tag_parse(const uint8_t *p)
{
    uint16_t tci = get16(p + 2);
    return (struct ether_tag){get16(p), (uint16_t)(tci & 0xfff), (uint8_t)(tci >> 13), tci & 0x1000};
}

/* Frames with a length field: LLC (802.2), perhaps SNAP.  `at` is where LLC starts. */
static enum ether_result ether_llc_parse(struct hp_bytes frame, size_t at, struct ether_hdr *h)
{
    if (h->len > frame.n - at) return ETHER_LLC;
    struct reader r = reader_of(bytes_upto(bytes_from(frame, at), h->len));
    h->llc = true;
    h->dsap = read8(&r);
    h->ssap = read8(&r);
    h->control = read8(&r);
    h->control2 = (h->control & 3) != 3 ? read8(&r) : 0;
    h->snap = h->dsap == ETHER_SAP_SNAP && h->ssap == ETHER_SAP_SNAP && h->control == 3;
    if (h->snap) {
        h->oui = (uint32_t)read8(&r) << 16;
        h->oui |= read16(&r);
        h->pid = read16(&r);
        if (h->oui == 0) h->type = h->pid;
    }
    h->hlen = (uint8_t)(r.p - frame.p);
    return r.short_ ? ETHER_LLC : ETHER_OK;
}

enum ether_result ether_parse(struct hp_bytes frame, struct ether_hdr *h)
{
    if (frame.n < ETHER_HEADER) return ETHER_RUNT;
    h->dst = mac_get(frame.p);
    h->src = mac_get(frame.p + 6);
    h->tag_count = 0;
    h->len = 0;
    h->llc = h->snap = false;
    size_t at = 12;
    uint16_t type = get16(frame.p + at);
    while (ether_is_tag(type)) {
        if (h->tag_count == ETHER_TAGS_MAX) return ETHER_TAGS;
        if (frame.n < at + ETHER_TAG + 2) return ETHER_RUNT;
        h->tag[h->tag_count++] = ether_tag_parse(frame.p + at);
        at += ETHER_TAG;
        type = get16(frame.p + at);
    }
    at += 2;
    h->type = type;
    h->hlen = (uint8_t)at;
    if (type >= ETHER_TYPE_MIN) return ETHER_OK;
    h->type = 0;
    if (type > ETHER_LENGTH_MAX) return ETHER_LLC;
    h->len = type;
    return ether_llc_parse(frame, at, h);
}

static size_t ether_llc_size(const struct ether_hdr *h)
{
    if (!h->llc) return 0;
    return h->snap ? 8 : (h->control & 3) != 3 ? 4 : 3;
}

size_t ether_size(const struct ether_hdr *h)
{
    assert(h->tag_count <= ETHER_TAGS_MAX);
    return ETHER_HEADER + (size_t)h->tag_count * ETHER_TAG + ether_llc_size(h);
}

static void ether_llc_write(struct writer *w, const struct ether_hdr *h)
{
    write8(w, h->dsap);
    write8(w, h->ssap);
    write8(w, h->control);
    if ((h->control & 3) != 3) write8(w, h->control2);
    if (!h->snap) return;
    write8(w, h->oui >> 16);
    write16(w, h->oui & 0xffff);
    write16(w, h->oui == 0 ? h->type : h->pid);
}

size_t ether_write(uint8_t *out, size_t n, const struct ether_hdr *h)
{
    if (n < ether_size(h)) return 0;
    struct writer w = writer_of(out, n);
    write_bytes(&w, h->dst.b, 6);
    write_bytes(&w, h->src.b, 6);
    for (int i = 0; i < h->tag_count; i++) {
        const struct ether_tag *t = &h->tag[i];
        write16(&w, t->tpid);
        write16(&w, (unsigned)(t->pcp & 7) << 13 | (unsigned)t->dei << 12 | (t->vid & 0xfff));
    }
    write16(&w, h->llc ? h->len : h->type);
    if (h->llc) ether_llc_write(&w, h);
    return w.full ? 0 : writer_used(&w);
}
