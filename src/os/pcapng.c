/* Capture files: the bytes of wire/pcapng.h, through a buffer to and from a file; and a trace's consumer.
 *
 * A frame that a stack received or sent waits in the buffer until the next one comes, so that what becomes of it meanwhile (it is dropped,
 * it changes a state) is written beside it as comments.  What happens to no frame in sight (a timer's work, a fragment that died of age)
 * is written beside the next frame of the same stack. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hepta/pcap.h"
#include "hepta/wire.h"
#include "wire/pcapng.h"
#include "wire/sum.h"

enum { PCAP_BUFFER = 1 << 18, PCAP_FRAME_MAX = 1 << 17, PCAP_COMMENTS_MAX = 2048 };

/* A link that was seen, and its number in the file. */
struct pcap_seen {
    const struct hp_stack *stack;
    const struct hp_link *link;
    int number;
};

struct hp_pcap {
    int fd;
    bool failed;
    int interfaces;
    uint64_t count;
    hp_time clock;
    const struct hp_stack *only_stack;
    char only_link[PCAPNG_NAME_MAX];
    struct pcap_seen *seen;
    size_t seen_count, seen_room, seen_last;

    /* The frame that waits. */
    bool waiting;
    struct pcapng_packet head;
    const struct hp_stack *stack;
    size_t comments;
    char comment[PCAP_COMMENTS_MAX];
    /* Comments that wait for the next frame of their stack. */
    const struct hp_stack *early_stack;
    size_t early;
    char early_comment[PCAP_COMMENTS_MAX];

    size_t used;
    uint8_t frame[PCAP_FRAME_MAX];
    uint8_t buffer[PCAP_BUFFER];
};

static int pcap_error(void)
{
    switch (errno) {
    case ENOENT: case ENOTDIR: return HP_ENOENT;
    case EACCES: case EPERM: case EROFS: case EISDIR: return HP_EACCES;
    case ENOMEM: return HP_ENOMEM;
    default: return HP_EIO;
    }
}

/* ---- writing ---- */

static void pcap_to_file(struct hp_pcap *p)
{
    size_t at = 0;
    while (at < p->used && !p->failed) {
        ssize_t n = write(p->fd, p->buffer + at, p->used - at);
        if (n > 0) at += (size_t)n;
        else if (errno != EINTR) p->failed = true;
    }
    p->used = 0;
}

/* A writer with room for n bytes; the caller gives it back to pcap_wrote(). */
static struct writer pcap_writer(struct hp_pcap *p, size_t n)
{
    if (n > PCAP_BUFFER - p->used) pcap_to_file(p);
    return writer_of(p->buffer + p->used, PCAP_BUFFER - p->used);
}

static void pcap_wrote(struct hp_pcap *p, const struct writer *w)
{
    if (!w->full) p->used += writer_used(w);
}

int hp_pcap_create(const char *path, struct hp_pcap **out)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return pcap_error();
    struct hp_pcap *p = malloc(sizeof *p);
    if (!p) {
        close(fd);
        return HP_ENOMEM;
    }
    memset(p, 0, offsetof(struct hp_pcap, frame));
    p->fd = fd;
    struct writer w = pcap_writer(p, 128);
    pcapng_write_section(&w, "hepta");
    pcap_wrote(p, &w);
    *out = p;
    return HP_OK;
}

int hp_pcap_interface(struct hp_pcap *p, const char *name, int linktype, const struct hp_mac *mac)
{
    struct pcapng_interface i = {.name = name, .linktype = (uint16_t)linktype, .mac = mac ? mac->b : NULL};
    struct writer w = pcap_writer(p, 256 + strlen(name));
    pcapng_write_interface(&w, &i);
    pcap_wrote(p, &w);
    return p->interfaces++;
}

static void pcap_write_parts(struct hp_pcap *p, const struct pcapng_packet *head, struct hp_bytes data, struct hp_bytes comments)
{
    struct writer w = pcap_writer(p, PCAPNG_PACKET_OVERHEAD + data.n + 9 * comments.n);
    pcapng_write_packet(&w, head, &data, 1, comments);
    pcap_wrote(p, &w);
    p->count++;
}

static void pcap_write_waiting(struct hp_pcap *p)
{
    if (!p->waiting) return;
    p->waiting = false;
    pcap_write_parts(p, &p->head, bytes_of(p->frame, p->head.captured), bytes_of(p->comment, p->comments));
}

void hp_pcap_write(struct hp_pcap *p, const struct hp_pcap_record *r)
{
    pcap_write_waiting(p);
    size_t n = r->data.n < PCAP_FRAME_MAX ? r->data.n : PCAP_FRAME_MAX;
    struct pcapng_packet head = {.interface = (uint32_t)r->interface, .captured = (uint32_t)n,
                                 .length = r->length ? r->length : (uint32_t)n, .time = r->time, .id = r->id,
                                 .direction = (unsigned)r->direction, .fcs = r->fcs, .verdict = r->verdict};
    pcap_write_parts(p, &head, bytes_upto(r->data, n), bytes_upto(r->comment, PCAP_COMMENTS_MAX));
}

void hp_pcap_flush(struct hp_pcap *p)
{
    pcap_write_waiting(p);
    pcap_to_file(p);
}

int hp_pcap_close(struct hp_pcap *p)
{
    if (!p) return HP_OK;
    hp_pcap_flush(p);
    bool failed = p->failed;
    if (close(p->fd) < 0) failed = true;
    free(p->seen);
    free(p);
    return failed ? HP_EIO : HP_OK;
}

uint64_t hp_pcap_count(const struct hp_pcap *p) { return p->count + p->waiting; }
void hp_pcap_set_clock(struct hp_pcap *p, hp_time offset) { p->clock = offset; }

void hp_pcap_set_filter(struct hp_pcap *p, const struct hp_stack *s, const char *link)
{
    p->only_stack = s;
    snprintf(p->only_link, sizeof p->only_link, "%s", link ? link : "");
}

/* ---- the trace's consumer ---- */

static bool pcap_wants(const struct hp_pcap *p, const struct hp_event *e)
{
    if (p->only_stack && e->stack != p->only_stack) return false;
    return !p->only_link[0] || !e->link || strcmp(hp_link_name(e->link), p->only_link) == 0;
}

static int pcap_add_link(struct hp_pcap *p, const struct hp_event *e)
{
    if (p->seen_count == p->seen_room) {
        size_t room = p->seen_room ? p->seen_room * 2 : 8;
        struct pcap_seen *grown = realloc(p->seen, room * sizeof *grown);
        if (!grown) return -1;
        p->seen = grown;
        p->seen_room = room;
    }
    char name[PCAPNG_NAME_MAX];
    struct hp_link_info info = {.type = ""};
    snprintf(name, sizeof name, "%s.%s", hp_stack_name(e->stack), hp_link_name(e->link));
    hp_link_info(e->stack, hp_link_find(e->stack, hp_link_name(e->link)), &info);
    bool bare = strcmp(info.type, "ip") == 0;
    int number = hp_pcap_interface(p, name, bare ? HP_PCAP_IP : HP_PCAP_ETHERNET, bare ? NULL : &info.mac);
    p->seen[p->seen_count++] = (struct pcap_seen){e->stack, e->link, number};
    return number;
}

static int pcap_find_link(struct hp_pcap *p, const struct hp_event *e)
{
    for (size_t i = 0; i < p->seen_count; i++) {
        size_t k = (p->seen_last + i) % p->seen_count; /* links in a row are often the same, or neighbours */
        if (p->seen[k].stack != e->stack || p->seen[k].link != e->link) continue;
        p->seen_last = k;
        return p->seen[k].number;
    }
    return pcap_add_link(p, e);
}

/* A checksum that was left to the wire is filled in here as the wire would. */
static void pcap_fill_sum(uint8_t *frame, size_t n, const struct hp_pkt_offload *o)
{
    if (o->sum_needed && (size_t)o->sum_start + o->sum_offset + 2 <= n) sum_complete(frame + o->sum_start, n - o->sum_start, o->sum_offset);
}

static void pcap_take_frame(struct hp_pcap *p, const struct hp_event *e, enum hp_pcap_direction direction)
{
    int interface = pcap_find_link(p, e);
    if (interface < 0) return;
    struct hp_pkt_offload offload;
    hp_pkt_offload(e->pkt, &offload);
    size_t n = hp_pkt_copy_out(e->pkt, 0, p->frame, PCAP_FRAME_MAX);
    pcap_fill_sum(p->frame, n, &offload);
    p->head = (struct pcapng_packet){.interface = (uint32_t)interface, .captured = (uint32_t)n, .time = e->time + p->clock,
                                     .length = (uint32_t)hp_pkt_len(e->pkt), .direction = (unsigned)direction,
                                     .fcs = (unsigned)hp_pkt_fcs(e->pkt), .id = e->pkt_id};
    p->waiting = true;
    p->stack = e->stack;
    p->comments = 0;
    if (p->early_stack != e->stack) return;
    memcpy(p->comment, p->early_comment, p->early);
    p->comments = p->early;
    p->early = 0;
}

/* Adds a line; what does not fit is left out. */
static void pcap_add_comment(char *to, size_t *used, const char *line)
{
    size_t n = strlen(line);
    if (*used + n + 1 > PCAP_COMMENTS_MAX) return;
    memcpy(to + *used, line, n);
    to[*used + n] = '\n';
    *used += n + 1;
}

static void pcap_comment_later(struct hp_pcap *p, const struct hp_event *e, const char *line)
{
    if (p->early_stack != e->stack) p->early = 0;
    p->early_stack = e->stack;
    pcap_add_comment(p->early_comment, &p->early, line);
}

static void pcap_comment(struct hp_pcap *p, const struct hp_event *e, bool now, const char *line)
{
    if (now) pcap_add_comment(p->comment, &p->comments, line);
    else pcap_comment_later(p, e, line);
}

static void pcap_take_drop(struct hp_pcap *p, const struct hp_event *e)
{
    char line[256];
    bool now = p->waiting && e->pkt_id == p->head.id;
    bool on_wire = e->drop >= HP_DROP_WIRE_DOWN && e->drop <= HP_DROP_WIRE_COLLISION;
    if (!now && on_wire && e->pkt && e->link) { /* a frame that the wire lost on its way in */
        pcap_write_waiting(p);
        pcap_take_frame(p, e, HP_PCAP_IN);
        now = p->waiting;
    }
    int n = snprintf(line, sizeof line, "DROP %s: %s", hp_drop_name(e->drop), hp_drop_text(e->drop));
    if (!now && n > 0 && (size_t)n < sizeof line)
        snprintf(line + n, sizeof line - (size_t)n, " (packet %llu)", (unsigned long long)e->pkt_id);
    pcap_comment(p, e, now, line);
}

static void pcap_take_state(struct hp_pcap *p, const struct hp_event *e)
{
    char line[256], object[24] = "";
    if (e->layer > 4) return; /* programs and sockets say nothing about a frame */
    if (e->object) snprintf(object, sizeof object, "#%llu", (unsigned long long)e->object);
    snprintf(line, sizeof line, "%s%s%s%s %s -> %s", e->proto ? e->proto : "", object, e->key ? " " : "", e->key ? e->key : "",
             e->from ? e->from : "", e->to ? e->to : "");
    pcap_comment(p, e, p->waiting && p->stack == e->stack && p->head.direction == HP_PCAP_IN, line);
}

void hp_pcap_event(void *pcap, const struct hp_event *e)
{
    struct hp_pcap *p = pcap;
    if (!pcap_wants(p, e)) return;
    switch (e->kind) {
    case HP_TRACE_RX:
    case HP_TRACE_TX:
        pcap_write_waiting(p);
        if (e->link && e->pkt) pcap_take_frame(p, e, e->kind == HP_TRACE_RX ? HP_PCAP_IN : HP_PCAP_OUT);
        break;
    case HP_TRACE_DROP: pcap_take_drop(p, e); break;
    case HP_TRACE_STATE: pcap_take_state(p, e); break;
    default: break;
    }
}

/* ---- reading ---- */

struct hp_pcap_in {
    void *map;
    size_t size, comments;
    struct capture_reader reader;
    char comment[PCAP_COMMENTS_MAX];
};

int hp_pcap_open(const char *path, struct hp_pcap_in **out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return pcap_error();
    struct hp_pcap_in *in = malloc(sizeof *in);
    int err = !in ? HP_ENOMEM : fstat(fd, &st) < 0 ? HP_EIO : S_ISREG(st.st_mode) && st.st_size > 0 ? HP_OK : HP_EPROTO;
    if (!err) {
        in->size = (size_t)st.st_size;
        in->map = mmap(NULL, in->size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (in->map == MAP_FAILED) err = HP_EIO;
    }
    close(fd);
    if (!err && !capture_open(&in->reader, bytes_of(in->map, in->size))) {
        munmap(in->map, in->size);
        err = HP_EPROTO;
    }
    if (err) free(in);
    else *out = in;
    return err;
}

static void pcap_in_comments(struct hp_pcap_in *in, const struct capture_packet *k)
{
    struct hp_bytes part;
    in->comments = 0;
    for (size_t at = 0; capture_comment(k, &at, &part);) {
        if (in->comments + part.n + 1 > sizeof in->comment) break;
        if (in->comments) in->comment[in->comments++] = '\n';
        memcpy(in->comment + in->comments, part.p, part.n);
        in->comments += part.n;
    }
}

int hp_pcap_next(struct hp_pcap_in *in, struct hp_pcap_record *out)
{
    struct capture_packet k;
    int got = capture_next(&in->reader, &k);
    if (got <= 0) return got < 0 ? HP_EPROTO : 0;
    pcap_in_comments(in, &k);
    *out = (struct hp_pcap_record){.interface = (int)k.interface, .linktype = k.linktype, .time = k.time,
                                   .direction = k.direction <= HP_PCAP_OUT ? (enum hp_pcap_direction)k.direction : HP_PCAP_UNKNOWN,
                                   .data = k.data, .length = k.length, .fcs = k.fcs, .id = k.id, .name = k.name,
                                   .comment = bytes_of(in->comment, in->comments)};
    return 1;
}

void hp_pcap_in_close(struct hp_pcap_in *in)
{
    if (!in) return;
    munmap(in->map, in->size);
    free(in);
}
