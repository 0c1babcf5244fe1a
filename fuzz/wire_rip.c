/* RIP messages: what was read can be written, and says the same again. */
#include "wire/rip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void fuzz_entry(const struct rip_entry *e)
{
    uint8_t out[RIP_ENTRY];
    struct writer w = writer_of(out, sizeof out);
    struct rip_entry back, again = {0};
    struct hp_prefix to;
    rip_entry_write(&w, e);
    struct hp_bytes left = bytes_of(out, writer_used(&w));
    assert(rip_entry_next(&left, &back) && left.n == 0 && memcmp(&back.address, &e->address, sizeof back.address) == 0);
    assert(back.family == e->family && back.tag == e->tag && back.metric == e->metric);
    if (!rip_prefix_of(e, &to)) return;
    rip_prefix_set(&again, &to);
    assert(to.len >= 96 && to.len <= 128 && memcmp(&again.mask, &e->mask, sizeof again.mask) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rip_msg m;
    struct rip_entry e;
    if (!rip_parse(bytes_of(data, n), &m)) return 0;
    struct hp_bytes left = m.entries;
    assert(m.version > 0 && m.entries.n <= n - RIP_HEADER && m.password.n <= RIP_PASSWORD_MAX);
    while (rip_entry_next(&left, &e)) fuzz_entry(&e);
    assert(left.n < RIP_ENTRY && (left.n == 0 || m.auth == RIP_AUTH_CRYPTO));
    if (rip_asks_all(&m)) assert(m.entries.n == RIP_ENTRY);
    return 0;
}
