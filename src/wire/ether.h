/* Ethernet frames: Ethernet II and IEEE 802.3 with LLC and SNAP (RFC 894, RFC 1042), VLAN tags (802.1Q, 802.1ad).
 *
 * The frame check sequence is not part of what is parsed here: who keeps it (crc.h) cuts it off first. */
#ifndef WIRE_ETHER_H
#define WIRE_ETHER_H

#include "wire/ip.h"

enum {
    ETHER_HEADER     = 14,      /* without tags */
    ETHER_TAG        = 4,
    ETHER_FCS        = 4,
    ETHER_TAGS_MAX   = 4,       /* deeper nesting is refused, not followed */
    ETHER_FRAME_MIN  = 60,      /* without FCS: shorter frames are padded with zeros */
    ETHER_LENGTH_MAX = 1500,    /* up to here the type field is a length (802.3) */
    ETHER_TYPE_MIN   = 0x600,   /* from here on it is a type; between the two it is nothing */
};

/* The type field; named ETHER_ so that no system header knows them. */
enum ether_type_number {
    ETHER_IPV4   = 0x0800,
    ETHER_ARP    = 0x0806,
    ETHER_VLAN   = 0x8100,      /* 802.1Q customer tag */
    ETHER_SVLAN  = 0x88a8,      /* 802.1ad service tag */
    ETHER_QINQ   = 0x9100,      /* what some used before 802.1ad */
    ETHER_IPV6   = 0x86dd,
    ETHER_PAUSE  = 0x8808,
    ETHER_SLOW   = 0x8809,
    ETHER_PPPOED = 0x8863,
    ETHER_PPPOES = 0x8864,
    ETHER_EAPOL  = 0x888e,
    ETHER_LLDP   = 0x88cc,
    ETHER_MPLS   = 0x8847,
};

enum { ETHER_SAP_STP = 0x42, ETHER_SAP_SNAP = 0xaa, ETHER_SAP_NETBIOS = 0xf0 };

/* 802.1Q-2022 9.6 */
struct ether_tag {
    uint16_t tpid;              /* ETHER_VLAN, ... */
    uint16_t vid;               /* 0 = priority only; 4095 is reserved */
    uint8_t pcp;                /* 0..7 */
    bool dei;
};

/* RFC 894, RFC 1042.  After ether_parse() said OK the payload is ether_payload(frame, h). */
struct ether_hdr {
    struct hp_mac dst, src;
    uint16_t type;              /* Ethernet II or SNAP with OUI 0; 0 = `llc` says what it is */
    uint16_t len;               /* 802.3: bytes after the length field; 0 = Ethernet II */
    uint8_t hlen;               /* bytes before the payload, tags and LLC included */
    uint8_t tag_count;
    bool llc, snap;             /* whether the fields of that name below are there */
    struct ether_tag tag[ETHER_TAGS_MAX];   /* outermost first */
    uint8_t dsap, ssap, control;
    uint8_t control2;           /* second octet of an I or S format control field */
    uint32_t oui;
    uint16_t pid;               /* of SNAP with any OUI */
};

enum ether_result {
    ETHER_OK,
    ETHER_RUNT,                 /* shorter than its headers */
    ETHER_TAGS,                 /* more than ETHER_TAGS_MAX tags */
    ETHER_LLC,                  /* the length does not fit the frame, or the type field is between length and type */
};

enum ether_result ether_parse(struct hp_bytes frame, struct ether_hdr *h);

/* What the header leaves: without the padding if the length is known (802.3). */
static inline struct hp_bytes ether_payload(struct hp_bytes frame, const struct ether_hdr *h)
{
    struct hp_bytes rest = bytes_from(frame, h->hlen);
    if (h->len == 0 && !h->llc) return rest;
    return bytes_upto(rest, (size_t)(ETHER_HEADER + h->tag_count * ETHER_TAG) + h->len - h->hlen);
}

static inline bool ether_is_tag(uint16_t type) { return type == ETHER_VLAN || type == ETHER_SVLAN || type == ETHER_QINQ; }

/* Bytes that ether_write() will need. */
size_t ether_size(const struct ether_hdr *h);
/* Answers how many bytes it wrote, 0 if n is too small.  `hlen` is not read. */
size_t ether_write(uint8_t *out, size_t n, const struct ether_hdr *h);

/* The common case, and a fixed one: 14 bytes. */
static inline void ether_put(uint8_t *out, const struct hp_mac *dst, const struct hp_mac *src, uint16_t type)
{
    memcpy(out, dst->b, 6);
    memcpy(out + 6, src->b, 6);
    put16(out + 12, type);
}

#endif
