/* Capture files: pcapng written and read, classic pcap read.
 *
 * A file written here is a trace's consumer: give hp_pcap_event as the trace hook and every frame that a stack receives or sends is in the
 * file, with an interface per link ("host.eth0"), the packet's id, and as comments what became of it: the reason of its drop, the state
 * that it changed.  The same events give the same bytes. */
#ifndef HEPTA_PCAP_H
#define HEPTA_PCAP_H

#include "hepta/trace.h"
#include "hepta/types.h"

#ifdef __cplusplus
extern "C" {
#endif

enum hp_pcap_link { HP_PCAP_ETHERNET = 1, HP_PCAP_IP = 101 };
enum hp_pcap_direction { HP_PCAP_UNKNOWN, HP_PCAP_IN, HP_PCAP_OUT };

/* One frame of a capture. */
struct hp_pcap_record {
    int interface;                      /* 0..                                                          */
    int linktype;                       /* enum hp_pcap_link, or any other of the registry (read only)  */
    hp_time time;                       /* since 1970, or since the lab's zero                          */
    enum hp_pcap_direction direction;
    struct hp_bytes data;
    uint32_t length;                    /* of the whole frame on the wire; data.n if it was not cut     */
    uint32_t fcs;                       /* how many of the last bytes are a frame check sequence        */
    uint64_t id;                        /* epb_packetid; 0 = none                                       */
    struct hp_bytes comment;            /* the comments, one per line; not closed by a NUL              */
    struct hp_bytes verdict;            /* epb_verdict, type 0 (write only): the name of a drop, "WIRE_LOSS"; at most 64 bytes */
    struct hp_bytes name;               /* of the interface (read only)                                 */
};

/* ---- writing ---- */
struct hp_pcap;
int hp_pcap_create(const char *path, struct hp_pcap **out);     /* HP_EACCES, HP_ENOENT, HP_EIO, HP_ENOMEM */
/* Answers the interface's number. */
int hp_pcap_interface(struct hp_pcap *p, const char *name, int linktype, const struct hp_mac *mac);
void hp_pcap_write(struct hp_pcap *p, const struct hp_pcap_record *r);
void hp_pcap_flush(struct hp_pcap *p);
int hp_pcap_close(struct hp_pcap *p);                           /* HP_EIO if anything could not be written */
uint64_t hp_pcap_count(const struct hp_pcap *p);                /* frames written                          */

/* A trace hook: ctx is a struct hp_pcap.  Several stacks may share one. */
void hp_pcap_event(void *pcap, const struct hp_event *event);
/* Added to the time of every event: 0 (the default) for a lab, hp_os_unix_time() - hp_os_now() on a real wire. */
void hp_pcap_set_clock(struct hp_pcap *p, hp_time offset);
/* Only events of this link of this stack (a capture per cable); NULL = all. */
void hp_pcap_set_filter(struct hp_pcap *p, const struct hp_stack *s, const char *link);

/* ---- reading ---- */
struct hp_pcap_in;
int hp_pcap_open(const char *path, struct hp_pcap_in **out);    /* HP_ENOENT, HP_EACCES, HP_EPROTO: no capture */
/* 1 = the next frame (valid until the next call), 0 = the end, HP_EPROTO = the file is damaged from here on. */
int hp_pcap_next(struct hp_pcap_in *in, struct hp_pcap_record *out);
void hp_pcap_in_close(struct hp_pcap_in *in);

#ifdef __cplusplus
}
#endif
#endif
