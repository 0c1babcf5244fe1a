/* Master files: whatever the text, it is a zone or it has errors that say where; a zone answers every name in it, and reads the same again
 * from what it is as text. */
#include "hepta/os.h"
#include "l7_application/dns_authority.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { AGAIN_MAX = 1 << 20 };

static void zone_note(void *ctx, const struct hp_dns_zone_source *source, const struct hp_dns_zone_note *note)
{
    (void)ctx;
    assert(note->text[0] && strlen(note->text) < sizeof note->text && note->line <= source->n + 1 && note->column <= source->n + 1);
}

/* Each record on a line of its own; false: too much of it. */
static bool zone_again(const struct hp_dns_zone *z, struct writer *w)
{
    static char owner[DNS_TEXT], rdata[300000];
    char ttl[12], type[DNS_TYPE_TEXT];
    for (uint32_t i = 0; i < z->count; i++) {
        struct dns_record r;
        int at = sizeof ttl - 1;
        zone_record(z, i, &r);
        ttl[at] = 0;
        do ttl[--at] = (char)('0' + r.ttl % 10);
        while (r.ttl /= 10);
        const char *parts[] = {dns_name_text(&r.name, owner, sizeof owner), r.name.n > 1 ? ". " : " ", ttl + at, " ",
                               dns_type_text(r.type, type), " ", dns_data_text(r.type, r.data, rdata, sizeof rdata), "\n"};
        for (int k = 0; k < 8; k++) write_bytes(w, parts[k], strlen(parts[k]));
    }
    return !w->full;
}

static void zone_questions(const struct hp_dns_zone *z)
{
    static uint8_t out[65535];
    struct hp_dns_server d = {.zones = &z, .zone_count = 1};
    for (uint32_t i = 0; i < z->count && i < 50; i++) {
        struct dns_record r;
        struct dns_msg m;
        int count;
        zone_record(z, i, &r);
        struct dns_asked q = {.has_question = true, .q = {.name = r.name, .type = r.type, .class_ = DNS_IN}, .room = 512};
        struct hp_bytes all = bytes_of(out, authority_answer(&d, &q, out, sizeof out, &count));
        assert(count >= 0 && dns_parse(all, &m));
        while (dns_record_next(&m, &r)) continue;
        assert(!m.bad && m.at == all.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint8_t text[AGAIN_MAX];
    struct hp_dns_zone *z, *again;
    if (n == 0) return 0;
    struct hp_dns_zone_source source = {.text = (const char *)data + 1, .n = n - 1, .origin = data[0] & 1 ? "example.org" : NULL,
                                        .hints = data[0] & 2, .say = zone_note};
    int err = hp_dns_zone_parse(hp_os_allocator(), &source, &z);
    assert(err ? err == HP_EINVAL && source.errors > 0 && source.errors <= 21 : !source.errors);
    if (err) return 0;
    if (!source.hints) zone_questions(z);
    struct writer w = writer_of(text, sizeof text);
    if (zone_again(z, &w)) {
        struct hp_dns_zone_source second = {.text = (const char *)text, .n = writer_used(&w), .origin = z->text, .hints = source.hints};
        err = hp_dns_zone_parse(hp_os_allocator(), &second, &again);
        assert(!err && again->count == z->count && hp_dns_zone_serial(again) == hp_dns_zone_serial(z));
        hp_dns_zone_free(again);
    }
    hp_dns_zone_free(z);
    return 0;
}
