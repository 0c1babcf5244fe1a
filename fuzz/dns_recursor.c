/* A recursive server that is led to a hostile name server: it has the zone "evil", and answers by UDP and TCP with whatever the input says.  Root and
 * "bank" are honest.  Every client is answered, within bounds, with a message that makes sense; and what is said of bank stays true.
 *
 * Input: what clients want to know, two bytes each (name and type; whether to wait for the answer), up to a zero; then the hostile server's answers,
 * one after the other: fuzz_reply(). */
#include "hepta/dns_server.h"
#include "hepta/lab.h"
#include "hepta/net.h"
#include "hepta/os.h"
#include "hepta/proc.h"
#include "l7_application/dns_exchange.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { FUZZ_CLIENTS = 12, FUZZ_MESSAGE = 4096, FUZZ_CACHE = 64, FUZZ_QUERIES = 20, FUZZ_PATIENCE_S = 10 };

static const char fuzz_root[] =
    "$TTL 86400\n@ SOA a.root. h 1 2 3 4 900\n@ NS a.root.\na.root. A 10.0.0.1\nevil NS ns.evil.\nns.evil. A 10.0.0.2\nbank NS ns.bank.\nns.bank. A 10.0.0.3\n";
static const char fuzz_bank[] = "$TTL 60\n@ SOA ns h 1 2 3 4 30\n@ NS ns\nns A 10.0.0.3\nwww A 192.0.2.1\n";
static const char fuzz_hints[] = ". 3600 NS a.root.\na.root. 3600 A 10.0.0.1\n";

struct fuzz {
    struct hp_world *w;
    struct hp_stack *client;
    struct hp_dns_recursor rec;
    struct hp_dns_server root, bank;
    const struct hp_dns_zone *zone[3];
    struct reader said;
    unsigned asked, running;
};

struct fuzz_client {
    struct fuzz *f;
    struct dns_question q;
    bool bank;
};

/* ---- the hostile server ---- */

/* "" is the question's own name. */
static void fuzz_name(uint8_t which, const struct dns_question *q, struct dns_name *out)
{
    static const char *const names[16] = {"", "evil", "ns.evil", "a.evil", "b.a.evil", "www.bank", "bank", ".", "ns.bank", "x.other", "a.root", "*.evil",
                                          "very-long-label-that-goes-on-and-on.and-another-one-after-it.c.evil", "ns.a.evil", "www.evil", "d.evil"};
    *out = q->name;
    if (names[which % 16][0]) dns_name_parse(names[which % 16], out);
}

/* Owner and section, type, data, time. */
static bool fuzz_record(struct reader *in, const struct dns_question *q, struct dns_writer *w)
{
    static const uint16_t types[] = {DNS_A, DNS_AAAA, DNS_NS, DNS_CNAME, DNS_SOA, DNS_DNAME, DNS_MX, DNS_TXT, DNS_DS, DNS_OPT, DNS_PTR, DNS_SRV, 0, 99, 255};
    static const uint32_t ttls[] = {60, 0, 1, 3600, 86400 * 30, 0x7fffffff, 0x80000000, UINT32_MAX};
    uint8_t owner = read8(in), type = read8(in), data = read8(in), time = read8(in);
    struct dns_record r = {.class_ = time & 0x80 && data == 255 ? DNS_CH : DNS_IN, .ttl = ttls[time % 8], .minimum_s = ttls[time / 8 % 8], .priority = data};
    r.type = types[type % (sizeof types / sizeof types[0])];
    r.section = (uint8_t)(DNS_ANSWER + (owner >> 4) % 3);
    fuzz_name(owner, q, &r.name);
    fuzz_name(data, q, &r.target);
    r.mail = r.target;
    r.ip = data & 0x80 ? hp_ip4(10, 0, 0, data & 7) : hp_ip4(data, time, 1, 1);
    if (r.type == DNS_AAAA) r.ip = (struct hp_ip){{0xfd, [14] = data, [15] = time}};
    if (r.type == DNS_TXT) r.data = bytes_of("\3abc", 4);
    return dns_write_record(w, &r);
}

/* Flags (1 byte: 0 = nothing is said; see below), then for each record 1 byte of 1 and four of its own, up to another; or bytes as they are. */
static size_t fuzz_reply(struct fuzz *f, struct hp_bytes asked, uint8_t *out, bool tcp)
{
    enum { TRUNCATED = 1, AUTHORITY = 2, RAW = 4, WRONG_ID = 8, WRONG_QUESTION = 16 };
    struct dns_msg m;
    struct dns_question q;
    uint8_t flags = read8(&f->said), rcode = flags >> 5;
    if (!flags || !dns_parse(asked, &m) || !dns_question_next(&m, &q)) return 0;
    struct dns_hdr h = {.id = (uint16_t)(m.h.id ^ (flags & WRONG_ID)), .response = true, .authoritative = flags & AUTHORITY,
                        .truncated = flags & TRUNCATED && !tcp, .rcode = rcode};
    struct dns_writer w = dns_write_start(out, FUZZ_MESSAGE, &h);
    if (flags & WRONG_QUESTION) q.type ^= 3;
    dns_write_question(&w, &q);
    if (flags & RAW) {
        uint8_t n = read8(&f->said);
        for (int i = DNS_ANSWER; i <= DNS_ADDITIONAL; i++) w.h.count[i] = read8(&f->said);
        struct hp_bytes raw = read_bytes(&f->said, n < reader_left(&f->said) ? n : reader_left(&f->said));
        write_bytes(&w.w, raw.p, raw.n);
        return dns_write_end(&w);
    }
    while (read8(&f->said) == 1 && fuzz_record(&f->said, &q, &w)) continue;
    return dns_write_end(&w);
}

static void fuzz_evil_udp(struct hp_stack *s, void *arg)
{
    static uint8_t in[FUZZ_MESSAGE], out[FUZZ_MESSAGE];
    struct hp_endpoint at = {.port = 53};
    struct hp_recv_info info;
    struct hp_sock *sock;
    bool ready = hp_socket(s, HP_DGRAM, 0, &sock) == HP_OK && hp_bind(sock, &at) == HP_OK;
    assert(ready);
    for (int64_t n; (n = hp_recvfrom(sock, in, sizeof in, 0, &info)) != HP_ECANCELED;) {
        size_t len = n > 0 ? fuzz_reply(arg, bytes_of(in, (size_t)n), out, false) : 0;
        if (len) hp_sendto(sock, out, len, 0, &info.from);
    }
    hp_close(sock);
}

static void fuzz_evil_tcp(struct hp_stack *s, void *arg)
{
    static uint8_t in[FUZZ_MESSAGE], out[FUZZ_MESSAGE + 2];
    struct hp_endpoint at = {.port = 53};
    struct hp_sock *listener, *sock;
    bool ready = hp_socket(s, HP_STREAM, 0, &listener) == HP_OK && hp_bind(listener, &at) == HP_OK && hp_listen(listener, 8) == HP_OK;
    assert(ready);
    while (hp_accept(listener, &sock, NULL) == HP_OK) {
        int64_t n = hp_recv(sock, in, sizeof in, 0);
        size_t len = n > 2 ? fuzz_reply(arg, bytes_of(in + 2, (size_t)n - 2), out + 2, true) : 0;
        put16(out, (unsigned)len + (len & 1 && len % 5 == 0));          /* now and then a length that lies */
        if (len) hp_send(sock, out, len + 2, 0);
        hp_close(sock);
    }
    hp_close(listener);
}

/* ---- clients ---- */

static void fuzz_check(const struct fuzz_client *c, struct hp_bytes message)
{
    struct dns_msg m;
    struct dns_record r;
    bool true_address = false;
    bool good = dns_parse(message, &m) && (m.h.rcode == DNS_NOERROR || m.h.rcode == DNS_SERVFAIL || m.h.rcode == DNS_NXDOMAIN || m.h.rcode == DNS_NOTIMP);
    assert(good && !m.h.truncated);
    while (dns_record_next(&m, &r)) {
        bool address = r.section == DNS_ANSWER && r.type == DNS_A;
        true_address |= address && hp_ip_equal(&r.ip, &(struct hp_ip){{[10] = 255, 255, 192, 0, 2, 1}});
        assert(!c->bank || !address || true_address);
    }
    assert(!m.bad && m.at == message.n && (!c->bank || true_address));
}

static void fuzz_ask(struct hp_stack *s, void *arg)
{
    struct fuzz_client *c = arg;
    uint8_t *message = hp_alloc(s, UINT16_MAX);
    assert(message);
    struct dns_exchange x = {.to = {.ip = hp_ip4(10, 0, 0, 100), .port = 53}, .q = &c->q, .recursion = true, .edns = true,
                             .timeout = HP_S(2 * FUZZ_PATIENCE_S), .message = message, .room = UINT16_MAX};
    int n = dns_exchange(s, &x);
    assert(n > 0);
    fuzz_check(c, bytes_of(message, (size_t)n));
    hp_free(s, message, UINT16_MAX);
    c->f->running--;
}

static bool fuzz_all_answered(void *ctx) { return ((struct fuzz *)ctx)->running == 0; }

static void fuzz_wait(struct fuzz *f)
{
    hp_world_run(f->w, hp_world_now(f->w) + HP_S(3 * FUZZ_PATIENCE_S), fuzz_all_answered, f);
    assert(!f->running && f->rec.cached <= FUZZ_CACHE && f->rec.queries <= (uint64_t)f->asked * FUZZ_QUERIES && !f->rec.busy);
}

static void fuzz_start(struct fuzz *f, struct fuzz_client *c)
{
    c->f = f;
    f->asked++;
    f->running++;
    int err = hp_spawn(f->client, "client", fuzz_ask, c, 0);
    assert(!err);
}

/* ---- the world ---- */

static struct hp_stack *fuzz_host(struct fuzz *f, const char *name, const char *address)
{
    struct hp_stack *s = hp_world_host(f->w, name);
    bool ready = s && hp_world_cable(f->w, name, "switch", &(struct hp_cable_config){.way = {.rate = 1000000000, .delay = HP_MS(1)}}) &&
                 hp_world_address(f->w, name, "eth0", address) == HP_OK;
    assert(ready);
    return s;
}

static const struct hp_dns_zone *fuzz_zone(const char *text, size_t n, const char *origin)
{
    struct hp_dns_zone_source source = {.text = text, .n = n, .origin = origin, .hints = !origin};
    struct hp_dns_zone *z = NULL;
    int err = hp_dns_zone_parse(hp_os_allocator(), &source, &z);
    assert(!err);
    return z;
}

static void fuzz_open(struct fuzz *f, struct hp_bytes said)
{
    *f = (struct fuzz){.said = reader_of(said)};
    f->zone[0] = fuzz_zone(fuzz_root, sizeof fuzz_root - 1, ".");
    f->zone[1] = fuzz_zone(fuzz_bank, sizeof fuzz_bank - 1, "bank");
    f->zone[2] = fuzz_zone(fuzz_hints, sizeof fuzz_hints - 1, NULL);
    f->root = (struct hp_dns_server){.zones = &f->zone[0], .zone_count = 1};
    f->bank = (struct hp_dns_server){.zones = &f->zone[1], .zone_count = 1};
    f->rec = (struct hp_dns_recursor){.hints = f->zone[2], .cache_max = FUZZ_CACHE, .queries_max = FUZZ_QUERIES, .patience = HP_S(FUZZ_PATIENCE_S)};
    f->w = hp_world_new(1, hp_os_allocator());
    hp_world_switch(f->w, "switch");
    struct hp_stack *root = fuzz_host(f, "root", "10.0.0.1/24"), *evil = fuzz_host(f, "evil", "10.0.0.2/24"), *bank = fuzz_host(f, "bank", "10.0.0.3/24");
    struct hp_stack *rec = fuzz_host(f, "rec", "10.0.0.100/24");
    f->client = fuzz_host(f, "client", "10.0.0.101/24");
    bool ready = hp_dns_serve(root, &f->root) == HP_OK && hp_dns_serve(bank, &f->bank) == HP_OK && hp_dns_recurse(rec, &f->rec) == HP_OK &&
                 hp_spawn(evil, "udp", fuzz_evil_udp, f, 0) == HP_OK && hp_spawn(evil, "tcp", fuzz_evil_tcp, f, 0) == HP_OK;
    assert(ready);
    hp_world_run(f->w, HP_MS(100), NULL, NULL);
}

static struct fuzz_client fuzz_bank_client(void)
{
    struct fuzz_client c = {.q = {.type = DNS_A, .class_ = DNS_IN}, .bank = true};
    dns_name_parse("www.bank", &c.q.name);
    return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint16_t types[] = {DNS_A, DNS_AAAA, DNS_NS, DNS_CNAME, DNS_ANY, DNS_DS, DNS_TXT, DNS_MX};
    static struct fuzz f;
    struct fuzz_client client[FUZZ_CLIENTS], bank = fuzz_bank_client();
    size_t questions = 0;
    while (questions + 1 < n && data[questions] && questions < 2 * FUZZ_CLIENTS) questions += 2;
    fuzz_open(&f, bytes_from(bytes_of(data, n), questions < n ? questions + 1 : n));
    for (size_t i = 0; i < questions / 2; i++) {
        struct fuzz_client *c = &client[i];
        *c = (struct fuzz_client){.q = {.type = types[data[2 * i + 1] % 8], .class_ = DNS_IN}};
        dns_name_parse("no.such.evil", &c->q.name);
        fuzz_name(data[2 * i], &c->q, &c->q.name);
        fuzz_start(&f, c);
        if (data[2 * i + 1] & 8) fuzz_wait(&f);
    }
    fuzz_wait(&f);
    fuzz_start(&f, &bank);
    fuzz_wait(&f);
    hp_world_free(f.w);
    assert(!f.rec.cached && !f.rec.malformed && !f.rec.refused);
    for (int i = 0; i < 3; i++) hp_dns_zone_free((struct hp_dns_zone *)f.zone[i]);
    return 0;
}
