/* The trace hook, the names of drops and errors, and an event as one line. */
#include "core/stack.h"

void trace_emit(struct hp_stack *s, struct hp_event *e)
{
    e->stack = s;
    e->time = stack_outside(s);
    s->trace.event(s->trace.ctx, e);
}

void hp_trace_state(struct hp_stack *s, int layer, const char *proto, const char *key, const char *from, const char *to)
{
    trace_state(s, (uint8_t)layer, proto, 0, key, from, to);
}

static const char *const drop_name[] = {
#define HP_DROP(name, text) #name,
#include "hepta/drops.def"
#undef HP_DROP
};

static const char *const drop_text[] = {
#define HP_DROP(name, text) text,
#include "hepta/drops.def"
#undef HP_DROP
};

const char *hp_drop_name(enum hp_drop drop) { return drop < HP_DROP_COUNT ? drop_name[drop] : "?"; }
const char *hp_drop_text(enum hp_drop drop) { return drop < HP_DROP_COUNT ? drop_text[drop] : "?"; }
uint64_t hp_drop_count(const struct hp_stack *s, enum hp_drop drop) { return drop < HP_DROP_COUNT ? s->drops[drop] : 0; }

const char *hp_err_text(int err)
{
    static const char *const text[] = {
        [-HP_OK] = "no error",
        [-HP_EAGAIN] = "not ready: try again later",
        [-HP_EINVAL] = "invalid argument",
        [-HP_ENOMEM] = "out of memory",
        [-HP_EADDRINUSE] = "address already in use",
        [-HP_EADDRNOTAVAIL] = "address not available",
        [-HP_ENETUNREACH] = "network unreachable: no route",
        [-HP_EHOSTUNREACH] = "host unreachable",
        [-HP_ECONNREFUSED] = "connection refused",
        [-HP_ECONNRESET] = "connection reset by peer",
        [-HP_ECONNABORTED] = "connection aborted",
        [-HP_ETIMEDOUT] = "timed out",
        [-HP_ENOTCONN] = "not connected",
        [-HP_EISCONN] = "already connected",
        [-HP_EALREADY] = "already under way",
        [-HP_EINPROGRESS] = "in progress",
        [-HP_EPIPE] = "broken pipe: the sending side is closed",
        [-HP_EMSGSIZE] = "message too long",
        [-HP_EACCES] = "permission denied",
        [-HP_EOPNOTSUPP] = "operation not supported",
        [-HP_ENOPROTOOPT] = "protocol option not available",
        [-HP_ENOENT] = "no such entry",
        [-HP_EEXIST] = "exists already",
        [-HP_EIO] = "input/output error",
        [-HP_EPROTO] = "protocol error",
        [-HP_ERANGE] = "out of range",
        [-HP_ECANCELED] = "canceled",
        [-HP_ENETDOWN] = "network is down",
        [-HP_ENONAME] = "the name does not exist (NXDOMAIN)",
        [-HP_ENODATA] = "the name exists, but has no address",
        [-HP_EREFUSED] = "the name server refuses to answer (REFUSED)",
        [-HP_ESERVFAIL] = "the name server could not find out (SERVFAIL)",
    };
    if (err >= 0) return text[0];
    return err >= HP_ESERVFAIL && text[-err] ? text[-err] : "unknown error";
}

static void event_subject(struct text *t, const struct hp_event *e)
{
    text_str(t, e->proto ? e->proto : "-");
    if (e->object) {
        text_char(t, '#');
        text_u64(t, e->object);
    }
}

char *hp_event_text(const struct hp_event *e, char *buf, size_t n)
{
    static const char *const kind[] = {"up", "down", "rx", "tx", "drop", "state", "timer", "note"};
    struct text t = text_of(buf, n);
    text_time(&t, e->time);
    text_char(&t, ' ');
    text_str(&t, hp_stack_name(e->stack));
    if (e->link) {
        text_char(&t, '.');
        text_str(&t, hp_link_name(e->link));
    }
    text_char(&t, ' ');
    text_str(&t, kind[e->kind]);
    if (e->layer) {
        text_str(&t, " L");
        text_u64(&t, e->layer);
    }
    if (e->proto || e->object) {
        text_char(&t, ' ');
        event_subject(&t, e);
    }
    if (e->pkt_id) {
        text_str(&t, " pkt ");
        text_u64(&t, e->pkt_id);
    }
    if (e->pkt && (e->kind == HP_TRACE_RX || e->kind == HP_TRACE_TX)) {
        text_str(&t, " len ");
        text_u64(&t, hp_pkt_len(e->pkt));
    }
    if (e->kind == HP_TRACE_DROP) {
        text_char(&t, ' ');
        text_str(&t, hp_drop_name(e->drop));
    }
    if (e->key) {
        text_char(&t, ' ');
        text_str(&t, e->key);
    }
    if (e->kind == HP_TRACE_STATE) {
        text_char(&t, ' ');
        text_str(&t, e->from);
        text_str(&t, " -> ");
        text_str(&t, e->to);
    }
    if (e->kind == HP_TRACE_NOTE) {
        text_char(&t, ' ');
        text_i64(&t, e->value);
    }
    return buf;
}
