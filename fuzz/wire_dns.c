/* DNS messages and names. */
#include "wire/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Reads all and writes it again; how long that became, 0 if it was malformed or did not fit. */
static size_t fuzz_rewrite(struct hp_bytes in, uint8_t *out, size_t n)
{
    struct dns_msg m;
    struct dns_question q;
    struct dns_record r;
    bool fits = true;
    if (!dns_parse(in, &m)) return 0;
    struct dns_writer w = dns_write_start(out, n, &m.h);
    while (dns_question_next(&m, &q)) fits &= dns_write_question(&w, &q);
    while (dns_record_next(&m, &r)) {
        assert(r.data.p + r.data.n <= in.p + in.n && r.name.n >= 1);
        fits &= dns_write_record(&w, &r);
    }
    assert(m.at <= in.n);
    return !m.bad && fits ? dns_write_end(&w) : 0;
}

/* A name's text reads as the same name. */
static void fuzz_name(struct hp_bytes in, size_t at)
{
    struct dns_name name, back;
    char text[DNS_TEXT];
    size_t after = dns_name_read(in, 0, at, &name);
    if (after == 0) return;
    assert(after > at && after <= in.n && name.n >= 1 && name.b[name.n - 1] == 0);
    dns_name_text(&name, text, sizeof text);
    assert(dns_name_parse(text, &back) && back.n == name.n && memcmp(back.b, name.b, name.n) == 0);
    assert(dns_name_equal(&name, &back) && dns_name_below(&name, &back));
}

static void fuzz_text(struct hp_bytes in)
{
    char text[300];
    struct dns_name name;
    size_t n = in.n < sizeof text ? in.n : sizeof text - 1;
    memcpy(text, in.p, n);
    text[n] = 0;
    if (dns_name_parse(text, &name)) assert(name.n >= 1 && name.b[name.n - 1] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct hp_bytes in = bytes_of(data, n);
    static uint8_t a[1 << 16], b[1 << 16];
    if (n == 0 || n > 4096) return 0;
    fuzz_name(in, data[0] % n);
    fuzz_text(in);
    size_t wrote = fuzz_rewrite(in, a, sizeof a);
    if (wrote == 0) return 0;
    assert(fuzz_rewrite(bytes_of(a, wrote), b, sizeof b) == wrote && memcmp(a, b, wrote) == 0);
    return 0;
}
