/* The pcapng format (draft-ietf-opsawg-pcapng) and the classic pcap format (draft-ietf-opsawg-pcap), in bytes.
 *
 * Written little-endian, with nanoseconds; read in both byte orders and every resolution. */
#ifndef WIRE_PCAPNG_H
#define WIRE_PCAPNG_H

#include "core/bytes.h"

enum {
    PCAPNG_BLOCK_SHB = 0x0a0d0d0a, PCAPNG_BLOCK_IDB = 1, PCAPNG_BLOCK_SPB = 3, PCAPNG_BLOCK_EPB = 6,
    PCAPNG_BYTE_ORDER = 0x1a2b3c4d, PCAPNG_NAME_MAX = 64, PCAPNG_INTERFACES_MAX = 4096,
    PCAPNG_IN = 1, PCAPNG_OUT = 2,          /* direction: bits 0-1 of epb_flags */
};

/* ---- writing: each block whole, or w->full ---- */
struct pcapng_interface {
    const char *name;
    uint16_t linktype;
    const uint8_t *mac;                     /* 6 bytes, or NULL */
};
struct pcapng_packet {
    uint32_t interface, captured, length;
    int64_t time;                           /* nanoseconds */
    unsigned direction, fcs;
    uint64_t id;                            /* 0 = none */
    struct hp_bytes verdict;                /* epb_verdict: what the maker decided, after its type (0: the maker's own words) */
};
void pcapng_write_section(struct writer *w, const char *application);
void pcapng_write_interface(struct writer *w, const struct pcapng_interface *i);
/* An enhanced packet block.  `data` in parts, `comments` one per line (may be empty). */
void pcapng_write_packet(struct writer *w, const struct pcapng_packet *p, const struct hp_bytes *data, int parts,
                         struct hp_bytes comments);
/* Bytes that such a block may need besides data and comments; each comment needs up to 8 more. */
enum { PCAPNG_PACKET_OVERHEAD = 160, PCAPNG_VERDICT_MAX = 64 };

/* ---- reading ---- */
struct capture_interface {
    uint16_t linktype;
    uint8_t resolution;                     /* if_tsresol */
    uint8_t fcs;                            /* if_fcslen */
    int64_t offset;                         /* if_tsoffset, seconds */
    struct hp_bytes name;
};
struct capture_packet {
    struct hp_bytes data, name, options;    /* options: for capture_comment() */
    uint32_t interface, length;
    uint16_t linktype;
    int64_t time;
    unsigned direction, fcs;
    uint64_t id;
    bool swapped;
};
struct capture_reader {
    struct hp_bytes file;
    size_t at;
    bool classic, swapped;
    uint32_t interfaces;
    struct capture_interface interface[PCAPNG_INTERFACES_MAX];
};
/* False: neither pcapng nor pcap. */
bool capture_open(struct capture_reader *r, struct hp_bytes file);
/* 1 = a packet, 0 = the end, -1 = damaged from here on. */
int capture_next(struct capture_reader *r, struct capture_packet *out);
/* The next comment among a packet's options: start with *at = 0; false = no more. */
bool capture_comment(const struct capture_packet *p, size_t *at, struct hp_bytes *out);

#endif
