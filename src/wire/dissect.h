/* What is in a frame, field by field: for logs, traces, tests and people.
 *
 * dissect() finds the fields in order and hands each to a function; a line like tcpdump's, a tree like Wireshark's and
 * the search for one field are three such functions.  Names are those of Wireshark's display filters.  Any bytes are
 * welcome: what is cut off or cannot be shows up as a field "_ws.malformed".  At most DISSECT_LAYERS_MAX layers. */
#ifndef WIRE_DISSECT_H
#define WIRE_DISSECT_H

#include "core/bytes.h"

enum dissect_link { DISSECT_ETHERNET = 1, DISSECT_RAW_IP = 101 };      /* pcap's link types */
enum { DISSECT_LAYERS_MAX = 24, DISSECT_TEXT = 512 };

/* How a layer's summary goes into the line: in place of the layer's below (its addresses say it all), or after it; and
 * whether the layer above may take its place. */
enum dissect_join { DISSECT_AFTER = 0, DISSECT_OVER = 1, DISSECT_KEPT = 2 };

struct dissect_field {
    uint8_t depth;              /* 0 = a layer: `text` is its summary */
    uint8_t join;               /* of a layer: enum dissect_join bits */
    const char *name;           /* "tcp.seq_raw" */
    const char *label;          /* "Sequence Number" */
    size_t at, n;               /* which bytes of the frame; n = 0: computed */
    bool number;
    uint64_t value;             /* if the field is a number, which has at most 8 bytes; else 0 */
    const char *text;           /* the value for people; valid during the call only */
};

typedef void dissect_emit(void *ctx, const struct dissect_field *f);

void dissect(struct hp_bytes frame, enum dissect_link link, dissect_emit *emit, void *ctx);

/* These write at most n bytes, the closing NUL included, and answer how many came before it. */
/* "10.0.0.1:40000 > 10.0.0.2:80 tcp SYN seq=0 win=65535 mss=1460 len=0" */
size_t dissect_line(struct hp_bytes frame, enum dissect_link link, char *buf, size_t n);
/* One line per field: offset, length, name, label: value. */
size_t dissect_tree(struct hp_bytes frame, enum dissect_link link, char *buf, size_t n);
/* The text of the first field of this name; false (and "") if the frame has none.  *value may be NULL. */
bool dissect_find(struct hp_bytes frame, enum dissect_link link, const char *name, char *buf, size_t n, uint64_t *value);

#endif
