/* The account in the study note's order, and what its parts need to find again. */
#include <string.h>
#include <strings.h>

#include "hepta/http.h"
#include "journey/journey.h"
#include "wire/dissect.h"

const char *journey_node(const struct journey *j, uint32_t node) { return j->plan->node[node].name; }

int32_t journey_find(const struct journey *j, const char *name)
{
    for (uint32_t i = 0; i < j->plan->nodes; i++)
        if (strcmp(journey_node(j, i), name) == 0) return (int32_t)i;
    return -1;
}

static bool steps_has_address(const struct journey *j, uint32_t node, const struct hp_ip *ip)
{
    struct hp_addr_info a;
    struct hp_stack *s = j->wired ? NULL : hp_world_find(j->world, journey_node(j, node));
    for (unsigned i = 0; s && hp_addr_info(s, i, &a) == HP_OK; i++)
        if (hp_ip_equal(&a.address.ip, ip)) return true;
    const struct hp_plan_node *n = &j->plan->node[node]; /* it may be down */
    for (uint32_t k = 0; k < n->interfaces; k++)
        for (uint32_t i = 0; i < n->interface[k].addresses; i++)
            if (hp_ip_equal(&n->interface[k].address[i].ip, ip)) return true;
    return false;
}

const char *journey_who(const struct journey *j, const char *address)
{
    struct hp_ip ip;
    if (!hp_ip_parse(address, &ip) || hp_ip_is_loopback(&ip)) return address;
    for (uint32_t i = 0; i < j->plan->nodes; i++)
        if (steps_has_address(j, i, &ip)) return journey_node(j, i);
    return address;
}

/* Some of its resources did not come. */
static bool steps_miss(const struct journey *j)
{
    for (int i = 0; j->page && i < page_resources(j->page); i++)
        if (page_resource(j->page, i)->err || page_resource(j->page, i)->error || page_resource(j->page, i)->status >= 400) return true;
    return false;
}

bool journey_is_partial(const struct journey *j) { return steps_miss(j) || (j->page && page_is_cut(j->page)); }

bool journey_header(struct hp_bytes message, const char *name, char *buf, size_t n)
{
    const char *p = (const char *)message.p, *end = p + message.n;
    size_t word = strlen(name);
    for (const char *stop; p < end; p = stop + 1) {
        stop = memchr(p, '\n', (size_t)(end - p));
        if (!stop || stop - p <= 1) return false;
        if ((size_t)(stop - p) < word + 2 || strncasecmp(p, name, word) != 0 || p[word] != ':') continue;
        const char *value = p + word + 1;
        while (value < stop && *value == ' ') value++;
        snprintf(buf, n, "%.*s", (int)(stop - value) - (stop > value && stop[-1] == '\r'), value);
        return true;
    }
    return false;
}

double journey_ms(const struct journey *j, hp_time t) { return (double)(t - j->began) / 1e6; }

const char *journey_line(const struct record_frame *f, const char *from, char *buf, size_t n)
{
    dissect_line(f->bytes, record_link(f), buf, n);
    const char *at = strstr(buf, from);
    return at ? at : buf;
}

bool journey_is_beyond(const struct journey *j, const struct record_frame *f) { return !j->wired && f->cable; }

bool journey_is_ours(const struct journey *j, const struct record_frame *f)
{
    return j->port && record_is_tcp(f, j->port) && record_is_tcp(f, j->where.port);
}

static bool steps_begins(struct hp_bytes b, const char *word) { return b.n >= strlen(word) && memcmp(b.p, word, strlen(word)) == 0; }

/* The document's connection: that of the first SYN since the browser began. */
static void steps_find_connection(struct journey *j)
{
    const struct record *r = &j->record;
    char address[HP_IP_TEXT];
    for (uint32_t i = 0; i < r->frames; i++) {
        const struct record_frame *f = &r->frame[i];
        if (f->in < j->began || journey_is_beyond(j, f) || f->end || !record_is_tcp(f, j->where.port) || !(f->is & RECORD_SYN) || f->is & RECORD_ACK) continue;
        j->port = f->from_port;
        j->opened = f->in;
        if (!record_ip(f, true, address, sizeof address)) continue;
        hp_ip_parse(address, &j->server);
        snprintf(j->server_node, sizeof j->server_node, "%s", journey_who(j, address));
        return;
    }
}

/* Of a message that was sent several times the transmission that arrived, or else the first. */
static const struct record_frame *steps_find_message(const struct journey *j, const char *word, const char *from)
{
    const struct record *r = &j->record;
    const struct record_frame *first = NULL;
    struct fate fate;
    for (uint32_t i = 0; i < r->frames; i++) {
        const struct record_frame *f = &r->frame[i];
        if (f->in < j->began || !journey_is_ours(j, f) || !steps_begins(f->payload, word)) continue;
        if (strcmp(journey_node(j, record_from(r, f)), from) != 0) continue;
        journey_fate(j, f, &fate);
        if (fate.arrived) return f;
        if (!first) first = f;
    }
    return first;
}

void steps_find(struct journey *j)
{
    hp_url_parse(j->ascii, &j->where);
    j->opened = HP_NEVER;
    steps_find_connection(j);
    if (!j->port) return;
    j->request = steps_find_message(j, "GET ", "A");
    j->response = j->request ? steps_find_message(j, "HTTP/", j->server_node) : NULL;
}

/* ---- when each step happens ---- */

static bool steps_has_packet(const struct account_step *s, uint64_t id)
{
    for (size_t i = 0; i < s->packets; i++)
        if (s->packet[i] == id) return true;
    return false;
}

/* Its packets' way from the first cable that they were on at `from` or later to the last. */
static void steps_flight(const struct journey *j, struct account_step *s, hp_time from)
{
    s->begin = HP_NEVER;
    s->end = from;
    for (const struct record_frame *f = j->record.frame; f < j->record.frame + j->record.frames; f++) {
        if (f->in < from || !steps_has_packet(s, f->id)) continue;
        if (f->in < s->begin) s->begin = f->in;
        if (f->out != HP_NEVER && f->out > s->end) s->end = f->out;
    }
}

static void steps_moment(struct account_step *s, hp_time begin, hp_time end)
{
    s->begin = begin;
    s->end = end > begin && end != HP_NEVER ? end : begin;
}

/* The moment that a step's text is about.  What it also shows (a neighbour that was found before, an acknowledgement) may have been earlier. */
static void steps_moments(struct journey *j)
{
    hp_time known = j->began; /* the server's address is */
    struct fate fate = {.time = HP_NEVER};
    if (j->request) journey_fate(j, j->request, &fate);
    for (int i = 1; i < j->account.steps; i++) {
        struct account_step *s = &j->account.step[i];
        if (strcmp(s->label, "1") == 0) steps_moment(s, j->began, j->began);
        else if (strcmp(s->label, "2") == 0) {
            steps_flight(j, s, j->began);
            if (s->end > j->opened) s->end = j->opened; /* the page's other resources may ask again */
            known = s->end;
        } else if (strcmp(s->label, "3a") == 0) {
            steps_flight(j, s, known);
            if (j->request && s->end > fate.time) s->end = fate.time; /* the neighbour may be looked for again later */
        } else if (strcmp(s->label, "3b") == 0) steps_moment(s, j->request->in, j->request->out);
        else if (strcmp(s->label, "4") == 0) steps_moment(s, j->request->in, fate.time);
        else if (strcmp(s->label, "5") == 0) steps_moment(s, fate.time, fate.time);
        else if (strcmp(s->label, "6") == 0) steps_moment(s, j->response->in, j->response->out);
        else if (strcmp(s->label, "7") == 0) steps_moment(s, j->response->out == HP_NEVER ? j->response->in : j->response->out, s->end);
        else steps_moment(s, j->ended, j->ended); /* the page, or that there is none */
    }
}

void steps_write(struct journey *j)
{
    j->told = 0;
    j->verdicts = 0;
    steps_find(j);
    if (j->wired) steps_wired_before(j);
    else steps_before(j);
    steps_url(j);
    steps_names(j);
    if (j->port) steps_connect(j);
    if (j->request) {
        steps_wrap(j);
        if (j->wired) steps_wired_beyond(j);
        else {
            steps_wire(j);
            steps_unwrap(j);
        }
    }
    if (j->response) {
        steps_answer(j);
        steps_return(j);
    }
    if (!j->err) steps_render(j);
    if (j->err || steps_miss(j)) steps_failed(j);
    steps_moments(j);
    account_end(&j->account);
}
