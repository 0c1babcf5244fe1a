/* Dissecting RIP version 1 and 2. */
#include "wire/dissect_layers.h"
#include "wire/rip.h"

enum { DISSECT_RIP_SHOWN = 6 };     /* routes in the line */

static const struct dissect_word rip_command_word[] = {{RIP_REQUEST, "Request"}, {RIP_RESPONSE, "Response"}, {0, NULL}};
static const struct dissect_word rip_version_word[] = {{1, "RIPv1"}, {2, "RIPv2"}, {0, NULL}};
static const struct dissect_word rip_family_word[] = {{RIP_FAMILY_ANY, "Unspecified"}, {RIP_FAMILY_IP, "IP"}, {0, NULL}};
static const struct dissect_word rip_auth_word[] = {{RIP_AUTH_TRAILER, "Authentication Trailer"}, {RIP_AUTH_PASSWORD, "Simple Password"},
                                                    {RIP_AUTH_CRYPTO, "Keyed Message Digest"}, {0, NULL}};
static const struct dissect_row rip_row[] = {
    {"rip.command", "Command", 0, 1, D_DEC, 0, 0, rip_command_word},
    {"rip.version", "Version", 1, 1, D_DEC, 0, 0, rip_version_word},
};
static const struct dissect_row rip_domain_row[] = {{"rip.routing_domain", "Routing Domain", 2, 2, D_DEC, 0, 0, NULL}};
static const struct dissect_row rip_any_row[] = {
    {"rip.family", "Address Family", 0, 2, D_DEC, 0, 0, rip_family_word},
    {"rip.metric", "Metric", 16, 4, D_DEC, 0, 0, NULL},
};
static const struct dissect_row rip_entry1_row[] = {
    {"rip.family", "Address Family", 0, 2, D_DEC, 0, 0, rip_family_word},
    {"rip.ip", "IP Address", 4, 4, D_IP4, 0, 0, NULL},
    {"rip.metric", "Metric", 16, 4, D_DEC, 0, 0, NULL},
};
static const struct dissect_row rip_entry2_row[] = {
    {"rip.family", "Address Family", 0, 2, D_DEC, 0, 0, rip_family_word},
    {"rip.route_tag", "Route Tag", 2, 2, D_DEC, 0, 0, NULL},
    {"rip.ip", "IP Address", 4, 4, D_IP4, 0, 0, NULL},
    {"rip.netmask", "Netmask", 8, 4, D_IP4, 0, 0, NULL},
    {"rip.next_hop", "Next Hop", 12, 4, D_IP4, 0, 0, NULL},
    {"rip.metric", "Metric", 16, 4, D_DEC, 0, 0, NULL},
};
static const struct dissect_row rip_crypto_row[] = {
    {"rip.digest_offset", "Digest Offset", 4, 2, D_DEC, 0, 0, NULL},
    {"rip.key_id", "Key ID", 6, 1, D_DEC, 0, 0, NULL},
    {"rip.auth_data_len", "Auth Data Len", 7, 1, D_DEC, 0, 0, NULL},
    {"rip.seq_num", "Seq num", 8, 4, D_DEC, 0, 0, NULL},
};

static void dissect_rip_route_text(struct dline *t, const struct rip_msg *m, const struct rip_entry *e)
{
    char buf[HP_PREFIX_TEXT];
    struct hp_prefix to;
    bool prefix = m->version > 1 && rip_prefix_of(e, &to);
    if (prefix) dline_str(t, hp_prefix_text(&to, buf, sizeof buf));
    else dline_ip(t, &e->address);
    if (m->version > 1 && !hp_ip_is_any(&e->next)) {
        dline_str(t, " via ");
        dline_ip(t, &e->next);
    }
    if (e->tag) dline_key(t, "tag", e->tag);
    if (m->command == RIP_RESPONSE) dline_key(t, "metric", e->metric);
}

static void dissect_rip_summary(struct dline *t, const struct rip_msg *m)
{
    struct hp_bytes left = m->entries;
    struct rip_entry e;
    size_t count = left.n / RIP_ENTRY, shown = 0;
    dline_str(t, "rip");
    dline_u(t, m->version);
    dline_str(t, m->command == RIP_REQUEST ? " request" : m->command == RIP_RESPONSE ? " response" : " command");
    if (m->command != RIP_REQUEST && m->command != RIP_RESPONSE) dline_key(t, "code", m->command);
    if (rip_asks_all(m)) {
        dline_str(t, " everything");
        return;
    }
    for (; shown < DISSECT_RIP_SHOWN && rip_entry_next(&left, &e); shown++) {
        if (e.family == RIP_FAMILY_AUTH) return;
        dline_str(t, shown ? ", " : " ");
        dissect_rip_route_text(t, m, &e);
    }
    if (shown < count) dline_str(t, ", ...");
    if (shown < count) dline_key(t, "routes", count);
}

static void dissect_rip_password(struct dissect *d, const struct rip_msg *m, size_t at)
{
    char buf[RIP_PASSWORD_MAX * 4 + 1];
    struct dline t = dline_of(buf, sizeof buf);
    dline_ascii(&t, m->password);
    dissect_text(d, 2, "rip.auth.passwd", "Password", at + 4, RIP_PASSWORD_MAX, buf);
}

static void dissect_rip_auth(struct dissect *d, const struct rip_msg *m, size_t at, size_t n)
{
    const char *word = dissect_word_of(rip_auth_word, get16(d->frame.p + at + 2));
    dissect_number(d, 1, "rip.auth.type", word ? word : "Authentication type", at, n, get16(d->frame.p + at + 2));
    switch (get16(d->frame.p + at + 2)) {
    case RIP_AUTH_PASSWORD: dissect_rip_password(d, m, at); return;
    case RIP_AUTH_CRYPTO: dissect_rows(d, 2, DISSECT_ROWS(rip_crypto_row), at, n); return;
    case RIP_AUTH_TRAILER: dissect_raw(d, 2, "rip.authentication_data", "Authentication Data", at + 4, n - 4); return;
    default: return;
    }
}

static void dissect_rip_entry(struct dissect *d, const struct rip_msg *m, const struct rip_entry *e, size_t at)
{
    char buf[120];
    struct dline t = dline_of(buf, sizeof buf);
    if (e->family == RIP_FAMILY_ANY) dline_str(&t, "not specified");
    else dissect_rip_route_text(&t, m, e);
    dissect_text(d, 1, "rip.entry", "Route", at, RIP_ENTRY, buf);
    if (e->family == RIP_FAMILY_ANY) dissect_rows(d, 2, DISSECT_ROWS(rip_any_row), at, RIP_ENTRY);
    else if (m->version == 1) dissect_rows(d, 2, DISSECT_ROWS(rip_entry1_row), at, RIP_ENTRY);
    else dissect_rows(d, 2, DISSECT_ROWS(rip_entry2_row), at, RIP_ENTRY);
}

/* What follows the last route of a message with a digest is the digest, whatever its length (RFC 4822 2). */
static void dissect_rip_entries(struct dissect *d, const struct rip_msg *m)
{
    struct hp_bytes left = m->entries;
    struct rip_entry e;
    size_t at = (size_t)(left.p - d->frame.p);
    while (rip_entry_next(&left, &e)) {
        bool trailer = e.family == RIP_FAMILY_AUTH && m->auth == RIP_AUTH_CRYPTO;
        size_t n = trailer ? RIP_ENTRY + left.n : RIP_ENTRY;
        if (e.family == RIP_FAMILY_AUTH) dissect_rip_auth(d, m, at, n);
        else dissect_rip_entry(d, m, &e, at);
        if (trailer) return;
        at += n;
    }
    if (left.n) dissect_raw(d, 1, "rip.authentication_data", "Authentication Data", at, left.n);
}

void dissect_rip(struct dissect *d)
{
    char buf[400];
    struct dline t = dline_of(buf, sizeof buf);
    struct rip_msg m;
    bool ok = rip_parse(dissect_bytes(d), &m);
    if (ok) dissect_rip_summary(&t, &m);
    else dline_str(&t, "rip");
    dissect_layer(d, "rip", "Routing Information Protocol", d->n, &t, DISSECT_AFTER);
    dissect_rows(d, 1, DISSECT_ROWS(rip_row), d->at, d->n);
    if (!ok) {
        dissect_bad(d, d->n < RIP_HEADER ? "RIP message cut off" : "not RIP, or an entry cut off");
        return;
    }
    if (m.unused) dissect_rows(d, 1, DISSECT_ROWS(rip_domain_row), d->at, d->n);
    if (m.auth) dissect_rip_auth(d, &m, d->at + RIP_HEADER, RIP_ENTRY);
    dissect_rip_entries(d, &m);
}
