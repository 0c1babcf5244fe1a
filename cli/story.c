/* The account: frames of the client's cable as lines of the dissector, states of both ends, and every drop. */
#include "story.h"

#include <stdarg.h>
#include <string.h>

#include "wire/dissect.h"

enum { STORY_FRAME_BYTES = 2048 };

static const char *const story_colors[8] = {"", "\033[90m", "\033[33m", "\033[32m", "\033[36m", "\033[34m", "\033[35m", "\033[31m"};

static void story_line(struct story *s, hp_time t, const char *who, const char *arrow, int layer, const char *text)
{
    if (!s->out) return;
    if (!s->began) s->began = t ? t : 1;
    const char *color = s->color && layer >= 0 && layer < 8 ? story_colors[layer] : "";
    fprintf(s->out, "  %10.6f  %-7s %s  %s%d  %s%s\n", (double)(t - (s->began > 1 ? s->began : 0)) / 1e9, who, arrow, color, layer, text,
            *color ? "\033[0m" : "");
}

void story_say(struct story *s, hp_time t, const char *who, int layer, const char *what, const char *format, ...)
{
    char text[512];
    int n = snprintf(text, sizeof text, "%-6s ", what);
    va_list args;
    va_start(args, format);
    vsnprintf(text + n, sizeof text - (size_t)n, format, args);
    va_end(args);
    story_line(s, t, who, " ", layer, text);
}

void story_title(struct story *s, const char *text)
{
    if (s->out) fprintf(s->out, "\n%s%s%s\n", s->color ? "\033[1m" : "", text, s->color ? "\033[0m" : "");
}

/* ---- frames ---- */

static uint64_t story_field(struct hp_bytes frame, int linktype, const char *name)
{
    char text[DISSECT_TEXT];
    uint64_t value = 0;
    return dissect_find(frame, (enum dissect_link)linktype, name, text, sizeof text, &value) ? value : 0;
}

/* The layer that a frame is about, from its line: ARP and ND are neighbours' talk, DNS an application's. */
static int story_layer(struct hp_bytes frame, int linktype, const char *line)
{
    char text[DISSECT_TEXT];
    if (strstr(line, "arp")) return 2;
    if (dissect_find(frame, (enum dissect_link)linktype, "dns.id", text, sizeof text, NULL)) return 7;
    if (strstr(line, "tcp") || strstr(line, "udp")) return 4;
    return 3;
}

static bool story_is_tcp(struct hp_bytes frame, int linktype)
{
    char text[DISSECT_TEXT];
    return dissect_find(frame, (enum dissect_link)linktype, "tcp.seq_raw", text, sizeof text, NULL);
}

/* What IPv6 does by itself, without anybody wanting anything: counted, not told. */
static bool story_is_housekeeping(struct hp_bytes frame, int linktype)
{
    char text[DISSECT_TEXT];
    return dissect_find(frame, (enum dissect_link)linktype, "icmpv6.type", text, sizeof text, NULL);
}

/* Opening and closing are told frame by frame; of the data between them only the first. */
static bool story_wants(struct story *s, struct hp_bytes frame, size_t len, bool out)
{
    enum { FIN = 1, SYN = 2, RST = 4 };
    if (story_is_housekeeping(frame, s->linktype)) return false;
    if (!story_is_tcp(frame, s->linktype)) return s->frames_told < STORY_FRAMES_MAX;
    uint64_t flags = story_field(frame, s->linktype, "tcp.flags");
    if (flags & SYN) s->wscale = out ? (uint8_t)story_field(frame, s->linktype, "tcp.options.wscale.shift") : s->wscale;
    if (flags & (SYN | FIN | RST)) return true;
    uint64_t win = story_field(frame, s->linktype, "tcp.window_size_value") << s->wscale;
    if (out && win > s->win_max) s->win_max = (uint32_t)win;
    if (!out) s->ttl_seen = (uint8_t)story_field(frame, s->linktype, "ip.ttl");
    bool first = !s->data_began;
    if (!out && len > 1000) s->data_began = true;
    return first;
}

static void story_frame(struct story *s, const struct hp_event *e)
{
    uint8_t bytes[STORY_FRAME_BYTES];
    char line[DISSECT_TEXT];
    bool out = e->kind == HP_TRACE_TX;
    size_t len = hp_pkt_len(e->pkt);
    struct hp_bytes frame = {bytes, hp_pkt_copy_out(e->pkt, 0, bytes, sizeof bytes)};
    *(out ? &s->client_tx_frames : &s->client_rx_frames) += 1;
    *(out ? &s->client_tx_bytes : &s->client_rx_bytes) += len;
    if (!story_wants(s, frame, len, out)) {
        s->frames_skipped++;
        return;
    }
    s->frames_told++;
    dissect_line(frame, (enum dissect_link)s->linktype, line, sizeof line);
    story_line(s, e->time, s->client, out ? "→" : "←", story_layer(frame, s->linktype, line), line);
}

/* ---- states ---- */

static bool story_is(const char *name, const struct hp_event *e) { return name && strcmp(name, hp_stack_name(e->stack)) == 0; }

static void story_state(struct story *s, const struct hp_event *e)
{
    bool tcp = e->proto && strcmp(e->proto, "tcp") == 0;
    if (!tcp || e->layer != 4) return;
    story_say(s, e->time, hp_stack_name(e->stack), 4, "state", "%s → %s", e->from, e->to);
}

void story_event(void *ctx, const struct hp_event *e)
{
    struct story *s = ctx;
    bool client = story_is(s->client, e);
    if (e->kind == HP_TRACE_DROP) s->drops[e->drop]++;
    if (client && (e->kind == HP_TRACE_TX || e->kind == HP_TRACE_RX)) story_frame(s, e);
    if (e->kind == HP_TRACE_STATE && (client || story_is(s->server, e))) story_state(s, e);
}
