/* Master files: what they mean, and what is said about those that mean nothing. */
#include "l7_application/dns_zone.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/alloc.h"
#include "support/test.h"

#define HEAD "$TTL 300\n@ SOA ns host 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"

struct reading {
    struct hp_dns_zone_source source;
    struct test_alloc alloc;
    struct hp_dns_zone *zone;
    char notes[4096], records[16384];
    int err;
};

static void reading_say(void *ctx, const struct hp_dns_zone_source *source, const struct hp_dns_zone_note *note)
{
    struct reading *r = ctx;
    size_t n = strlen(r->notes);
    snprintf(r->notes + n, sizeof r->notes - n, "%u:%u: %s%s\n", note->line, note->column, note->error ? "" : "warning: ", note->text);
}

static void reading_print(struct reading *r)
{
    char owner[DNS_TEXT], data[4096], type[DNS_TYPE_TEXT];
    for (uint32_t i = 0; i < r->zone->count; i++) {
        struct dns_record one;
        zone_record(r->zone, i, &one);
        size_t n = strlen(r->records);
        snprintf(r->records + n, sizeof r->records - n, "%s %u %s %s\n", dns_name_text(&one.name, owner, sizeof owner), one.ttl,
                 dns_type_text(one.type, type), dns_data_text(one.type, one.data, data, sizeof data));
    }
}

static struct reading *read_bytes_of(const char *text, size_t n, const char *origin, bool hints)
{
    struct reading *r = calloc(1, sizeof *r);
    r->source = (struct hp_dns_zone_source){.file = "f", .text = text, .n = n, .origin = origin, .hints = hints, .say = reading_say, .ctx = r};
    test_alloc_init(&r->alloc);
    r->err = hp_dns_zone_parse(&r->alloc.allocator, &r->source, &r->zone);
    if (!r->err) reading_print(r);
    return r;
}

static struct reading *read_text(const char *text) { return read_bytes_of(text, strlen(text), "example.org", false); }

static void reading_end(struct reading *r)
{
    if (!r->err) hp_dns_zone_free(r->zone);
    test_alloc_end(&r->alloc);
    free(r);
}

/* The text reads without a note and has this line of its records. */
static void good(const char *text, const char *line)
{
    struct reading *r = read_text(text);
    if (r->err || r->notes[0]) fail_msg("%s\nsays %s", text, r->notes);
    if (!strstr(r->records, line)) fail_msg("%s\nis\n%swithout %s", text, r->records, line);
    reading_end(r);
}

static void bad(const char *text, const char *note)
{
    struct reading *r = read_text(text);
    if (r->err != HP_EINVAL || !strstr(r->notes, note)) fail_msg("%s\nsays \"%s\" (%d), not \"%s\"", text, r->notes, r->err, note);
    reading_end(r);
}

static void warned(const char *text, const char *note)
{
    struct reading *r = read_text(text);
    if (r->err || !strstr(r->notes, "warning") || !strstr(r->notes, note)) fail_msg("%s\nsays \"%s\", not \"%s\"", text, r->notes, note);
    reading_end(r);
}

/* RFC 1035 5.3's example, as it is printed there but for the second file. */
static void test_the_example_of_rfc_1035(void **state)
{
    static const char text[] =
        "@   IN  SOA     VENERA      Action\\.domains (\n"
        "                                 20     ; SERIAL\n"
        "                                 7200   ; REFRESH\n"
        "                                 600    ; RETRY\n"
        "                                 3600000; EXPIRE\n"
        "                                 60)    ; MINIMUM\n"
        "\n"
        "        NS      A.ISI.EDU.\n"
        "        NS      VENERA\n"
        "        NS      VAXA\n"
        "        MX      10      VENERA\n"
        "        MX      20      VAXA\n"
        "\n"
        "A       A       26.3.0.103\n"
        "\n"
        "VENERA  A       10.1.0.52\n"
        "        A       128.9.0.32\n"
        "\n"
        "VAXA    A       10.2.0.27\n"
        "        A       128.9.0.33\n";
    struct reading *r = read_bytes_of(text, sizeof text - 1, "ISI.EDU", false);
    assert_string_equal(r->notes, "");
    assert_string_equal(r->records,
        "ISI.EDU 60 NS A.ISI.EDU.\nISI.EDU 60 NS VENERA.ISI.EDU.\nISI.EDU 60 NS VAXA.ISI.EDU.\n"
        "ISI.EDU 60 SOA VENERA.ISI.EDU. Action\\.domains.ISI.EDU. 20 7200 600 3600000 60\n"
        "ISI.EDU 60 MX 10 VENERA.ISI.EDU.\nISI.EDU 60 MX 20 VAXA.ISI.EDU.\nA.ISI.EDU 60 A 26.3.0.103\n"
        "VAXA.ISI.EDU 60 A 10.2.0.27\nVAXA.ISI.EDU 60 A 128.9.0.33\nVENERA.ISI.EDU 60 A 10.1.0.52\nVENERA.ISI.EDU 60 A 128.9.0.32\n");
    assert_int_equal(hp_dns_zone_serial(r->zone), 20);
    assert_int_equal(hp_dns_zone_records(r->zone), 11);
    assert_string_equal(hp_dns_zone_origin(r->zone), "ISI.EDU");
    reading_end(r);
}

static void test_types(void **state)
{
    static const char *const lines[][2] = {
        {"a A 192.0.2.7", "a.example.org 300 A 192.0.2.7\n"},
        {"a AAAA 2001:DB8::0:1", "a.example.org 300 AAAA 2001:db8::1\n"},
        {"a AAAA ::ffff:1.2.3.4", "a.example.org 300 AAAA ::ffff:1.2.3.4\n"},
        {"a CNAME b.net.", "a.example.org 300 CNAME b.net.\n"},
        {"a PTR @", "a.example.org 300 PTR example.org.\n"},
        {"a MX 5 mail.b.net.", "a.example.org 300 MX 5 mail.b.net.\n"},
        {"_sip._udp SRV 0 5 5060 sip.b.net.", "_sip._udp.example.org 300 SRV 0 5 5060 sip.b.net.\n"},
        {"a TXT word \"two words\" \"\" \"a\\\"b\\\\c\\200\" x\\032y", "300 TXT \"word\" \"two words\" \"\" \"a\\\"b\\\\c\\200\" \"x y\"\n"},
        {"a CAA 0 issue \"ca.test; a=b\"", "300 CAA 0 issue \"ca.test; a=b\"\n"},
        {"a CAA 128 tbs unknown", "300 CAA 128 tbs \"unknown\"\n"},
        {"a HINFO PDP-11 \"UNIX\"", "300 HINFO \"PDP-11\" \"UNIX\"\n"},
        {"a RP mail.b.net. .", "300 RP mail.b.net. .\n"},
        {"a DNAME b.net.", "300 DNAME b.net.\n"},
        {"a NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:x@y!\" .", "300 NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:x@y!\" .\n"},
        {"a SSHFP 4 2 0A 0b 0C", "300 SSHFP 4 2 0A0B0C\n"},
        {"a DS 60485 5 1 ( 2BB183AF5F22588179A53B0A\n 98631FAD1A292118 )", "300 DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118\n"},
        {"a DNSKEY 256 3 5 AQ PS Kmw=", "300 DNSKEY 256 3 5 AQPSKmw=\n"},
        {"a TLSA 3 1 1 abcd", "300 TLSA 3 1 1 ABCD\n"},
        {"a TYPE65280 \\# 4 0a00 0001", "300 TYPE65280 \\# 4 0A000001\n"},
        {"a TYPE1 \\# 4 0a000001", "300 A 10.0.0.1\n"},
        {"a MX \\# 4 000a 0161", NULL},
        {"a TYPE731 \\# 0", "300 TYPE731 \\# 0\n"},
        {"a 1h IN A 192.0.2.7", "a.example.org 3600 A 192.0.2.7\n"},
        {"a IN 1W2d3H4m5s A 192.0.2.7", "a.example.org 788645 A 192.0.2.7\n"},
        {"a CLASS1 a 192.0.2.7 ; said at last", "a.example.org 300 A 192.0.2.7\n"},
        {"A.B.C.example.org. A 192.0.2.7", "A.B.C.example.org 300 A 192.0.2.7\n"},
        {"x\\.y A 192.0.2.7", "x\\.y.example.org 300 A 192.0.2.7\n"},
        {"x\\046y\\@ A 192.0.2.7", "x\\.y\\@.example.org 300 A 192.0.2.7\n"},
        {"*.w A 192.0.2.7", "*.w.example.org 300 A 192.0.2.7\n"},
        {"\\229\\174\\182 A 192.0.2.7", "\\229\\174\\182.example.org 300 A 192.0.2.7\n"},
        {"\xea\xb0\x80 A 192.0.2.7", "\\234\\176\\128.example.org 300 A 192.0.2.7\n"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[1024];
        snprintf(text, sizeof text, HEAD "%s\n", lines[i][0]);
        if (lines[i][1]) good(text, lines[i][1]);
        else bad(text, "5:0: these bytes make no sense for type MX");
        text[strlen(text) - 1] = 0;     /* and without a newline at the end */
        if (lines[i][1]) good(text, lines[i][1]);
    }
}

static void test_directives_and_inheritance(void **state)
{
    good(HEAD "$ORIGIN sub\na A 192.0.2.7\n", "a.sub.example.org 300 A");
    good(HEAD "$ORIGIN sub\n$ORIGIN x\na A 192.0.2.7\n", "a.x.sub.example.org 300 A");
    good(HEAD "a A 192.0.2.7\n\tAAAA fd00::7\n", "a.example.org 300 AAAA fd00::7");
    good(HEAD "a A 192.0.2.7 ( ) \n ( AAAA\n\n;nothing\n fd00::7\n) ; end\n", "a.example.org 300 AAAA fd00::7");
    good(HEAD "a A 192.0.2.7\n$ORIGIN sub\n  AAAA fd00::7\n", "a.example.org 300 AAAA fd00::7");
    good(HEAD "a 77 A 192.0.2.7\nb A 192.0.2.8\n", "b.example.org 300 A");     /* $TTL wins over the last one (RFC 2308 4) */
    good("@ 60 SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n", "ns.example.org 60 A");
    good("@ SOA ns h 1 2 3 4 50\n@ NS ns\nns A 192.0.2.1\n", "ns.example.org 50 A");
    good("@ 60 SOA ns h 1 2 3 4 5\n@ 70 NS ns\nns A 192.0.2.1\n", "ns.example.org 70 A");
    good("\xef\xbb\xbf$TTL 1h\r\n@ SOA ns h 1 1h 1h 1h 1h\r\n@ NS ns\r\nns A 192.0.2.1\r\n",
         "example.org 3600 SOA ns.example.org. h.example.org. 1 3600 3600 3600 3600\n");
}

static void test_the_origin_may_be_in_the_file(void **state)
{
    static const char *const texts[] = {"$TTL 1\nexample.net. SOA ns h 1 2 3 4 5\n", "$ORIGIN net.\n$TTL 1\nexample SOA ns.example h 1 2 3 4 5\n"};
    for (int i = 0; i < 2; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s NS a.\n", texts[i]);
        struct reading *r = read_bytes_of(text, strlen(text), NULL, false);
        if (i == 0) {                   /* "ns" belongs to nothing yet */
            assert_int_equal(r->err, HP_EINVAL);
            assert_non_null(strstr(r->notes, "2:18: \"ns\" has no dot at its end, and no $ORIGIN"));
        } else {
            assert_string_equal(r->notes, "");
            assert_string_equal(hp_dns_zone_origin(r->zone), "example.net");
        }
        reading_end(r);
    }
    struct reading *r = read_bytes_of("a. 1 NS b.\n", 11, NULL, false);
    assert_non_null(strstr(r->notes, "1:6: which zone is this?"));
    reading_end(r);
}

static void test_errors_say_where_and_what(void **state)
{
    static const char *const lines[][2] = {
        {"a A", "5:4: an IPv4 address is missing"},
        {"a", "5:2: the type of the record is missing"},
        {"a A 192.0.2", "5:5: \"192.0.2\" is no IPv4 address"},
        {"a A fd00::1", "5:5: \"fd00::1\" is no IPv4 address"},
        {"a AAAA 192.0.2.1", "5:8: \"192.0.2.1\" is no IPv6 address"},
        {"a A 192.0.2.1 192.0.2.2", "5:15: \"192.0.2.2\" is one word too many"},
        {"a AA 192.0.2.1", "5:3: \"AA\" is no type of record"},
        {"a TYPE65536 \\# 0", "5:3: \"TYPE65536\" is no type"},
        {"a ANY x", "5:3: \"ANY\" is a type for questions"},
        {"a OPT \\# 0", "5:3: \"OPT\" is a type for questions"},
        {"a CH A 1.2.3.4", "5:3: class CH: only IN is served"},
        {"a MX mail", "5:6: \"mail\": a number from 0 to 65535 is wanted"},
        {"a MX 65536 mail", "5:6: \"65536\": a number"},
        {"a MX 10", "5:8: a name is missing"},
        {"a..b A 192.0.2.1", "5:1: \"a..b\" is no name"},
        {"a A\\256 x", "5:3: \"A\\256\" is no type"},
        {"a\\25 A 192.0.2.1", "5:1: \"a\\25\" is no name"},
        {"a TXT", "5:6: a string is missing"},
        {"a TXT \"open", "5:7: the string that begins here has no closing quote"},
        {"a TXT \\300", "5:7: \"\\300\": after a backslash"},
        {"a CAA 0 is-sue x", "5:9: \"is-sue\" is no tag"},
        {"a CAA 256 issue x", "5:7: \"256\": a number from 0 to 255"},
        {"a 1x A 192.0.2.1", "5:3: \"1x\" is no time"},
        {"a 1h2 A 192.0.2.1", "5:3: \"1h2\" is no time"},
        {"a 2147483648 A 192.0.2.1", "5:3: \"2147483648\" is no time"},
        {"a 9999w A 192.0.2.1", "5:3: \"9999w\" is no time"},
        {"a SSHFP 1 1 abc", "an odd number of hexadecimal digits"},
        {"a SSHFP 1 1 xy", "5:13: \"xy\" is not hexadecimal"},
        {"a DNSKEY 1 1 1 abc", "base64 comes in groups of four"},
        {"a DNSKEY 1 1 1 a=bc", "\"a=bc\" is not base64"},
        {"a TYPE700 \\# 3 0102", "5:14: 3 bytes were announced"},
        {"a TYPE700 1 2", "5:0: type TYPE700 is written as \\# LENGTH HEX"},
        {"a HTTPS 1 .", "type HTTPS is written as"},
        {"a A \\# 3 010203", "make no sense for type A"},
        {"a NS \\# 2 c000", "make no sense for type NS"},
        {"a NS \\# 0", "make no sense for type NS"},
        {"a TXT \\# 0", "make no sense for type TXT"},
        {"a HINFO \\# 3 016105", "make no sense for type HINFO"},
        {"$INCLUDE other.zone", "5:1: $INCLUDE is refused"},
        {"$GENERATE 1-9 a A 1.1.1.$", "5:1: $GENERATE is not understood"},
        {"$TTl", "5:5: the time after $TTL is missing"},
        {"$TTL soon", "5:6: \"soon\" is no time"},
        {"$ORIGIN a..", "5:9: \"a..\" is no name"},
        {"$ORIGIN a. b.", "5:12: \"b.\" is one word too many"},
        {"$X", "5:1: there is no directive \"$X\""},
        {"a ( A 192.0.2.1", "5:3: the parenthesis that opens here is never closed"},
        {"a ) A 192.0.2.1", "5:3: a closing parenthesis, but none is open"},
        {"\"a\" A 192.0.2.1", "5:1: a line does not begin with a string"},
        {"\xea\xb0\x80 B", "5:3: \"B\" is no type"},   /* columns count characters */
        {"a CNAME b\na A 192.0.2.1", "5:0: a.example.org has a CNAME record and others"},
        {"a CNAME b\na CNAME c", "5:0: a.example.org has more than one CNAME"},
        {"a SOA a b 1 2 3 4 5", "a.example.org has a SOA record, but is not"},
        {"@ SOA a b 1 2 3 4 5", "example.org has more than one SOA"},
        {"a SOA a b 1 2 3 4", "5:18: a time is missing"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[1024];
        snprintf(text, sizeof text, HEAD "%s\n", lines[i][0]);
        bad(text, lines[i][1]);
    }
    bad("", "0:0: example.org has no SOA record");
    bad("$TTL 1\n@ SOA a b 1 2 3 4 5\n", "0:0: example.org has no NS record");
    bad("@ NS a\n", "1:3: no TTL: say $TTL 1h at the top");
    bad(" 1 NS a\n", "1:2: the line begins with a blank");
}

/* One run names all that is wrong, but not without end. */
static void test_reading_goes_on_after_an_error(void **state)
{
    struct reading *r = read_text(HEAD "a A x\nb A y ; (\nc TXT (\n \"open\n z )\nd A\n\ne MX )\nf Q\n");
    assert_string_equal(r->notes, "5:5: \"x\" is no IPv4 address\n6:5: \"y\" is no IPv4 address\n"
                        "8:2: the string that begins here has no closing quote on its line\n10:4: an IPv4 address is missing\n"
                        "12:6: a closing parenthesis, but none is open\n13:3: \"Q\" is no type of record; one that is unknown here is written as "
                        "TYPE123 \\# LENGTH HEX\n");
    assert_int_equal(r->source.errors, 6);
    assert_string_equal(r->source.first.text, "\"x\" is no IPv4 address");
    reading_end(r);
    char many[1024] = "";
    for (int i = 0; i < 100; i++) strcat(many, "a B c\n");
    r = read_text(many);
    assert_int_equal(r->source.errors, 20);
    reading_end(r);
    r = read_bytes_of("a\0b A 1.2.3.4\n", 14, "example.org", false);
    assert_non_null(strstr(r->notes, "a byte 0 is no text"));
    reading_end(r);
}

static void test_warnings(void **state)
{
    warned(HEAD "a 10 A 192.0.2.1\na 20 A 192.0.2.2\n", "5:0: warning: a.example.org: records of one type have different TTLs");
    warned(HEAD "a.net. A 192.0.2.1\n", "5:0: warning: a.net is not in example.org: the record is left out");
    warned(HEAD "@ NS ns2\n", "5:0: warning: example.org: name server ns2.example.org has no address in this zone");
    warned(HEAD "@ MX 1 m\nm CNAME ns\n", "mail server m.example.org is an alias");
    warned(HEAD "sub NS ns.sub\n", "sub.example.org: name server ns.sub.example.org has no address");
    warned(HEAD "sub NS ns\nx.sub TXT y\n", "6:0: warning: x.sub.example.org is below a delegation");
    good(HEAD "sub NS ns.sub\nns.sub A 192.0.2.9\n", "ns.sub.example.org 300 A");
    good(HEAD "sub NS ns.other\nother NS a.net.\n", "sub.example.org 300 NS");
    good(HEAD "@ MX 1 m\n* A 192.0.2.9\n", "*.example.org 300 A");
    good(HEAD "a A 192.0.2.1\na A 192.0.2.1\n", "a.example.org 300 A 192.0.2.1\nns.");   /* twice is once */
}

static void test_hints(void **state)
{
    static const char text[] =
        ". 3600000 NS A.ROOT-SERVERS.NET.\nA.ROOT-SERVERS.NET. 3600000 A 198.41.0.4\nA.ROOT-SERVERS.NET. 3600000 AAAA 2001:503:ba3e::2:30\n";
    struct reading *r = read_bytes_of(text, sizeof text - 1, NULL, true);
    assert_string_equal(r->notes, "");
    assert_int_equal(hp_dns_zone_records(r->zone), 3);
    reading_end(r);
    r = read_bytes_of(". 1 NS a.\na. 1 TXT x\n", 21, NULL, true);
    assert_non_null(strstr(r->notes, "hints have NS, A and AAAA records only"));
    reading_end(r);
}

static void test_names_and_strings_at_their_limits(void **state)
{
    char text[2048], label[80];
    memset(label, 'x', 63);
    label[63] = 0;
    snprintf(text, sizeof text, HEAD "%s A 192.0.2.1\n", label);
    good(text, "A 192.0.2.1\n");
    snprintf(text, sizeof text, HEAD "%sx A 192.0.2.1\n", label);
    bad(text, "is no name");
    snprintf(text, sizeof text, HEAD "%s.%s.%s.%.49s A 192.0.2.1\n", label, label, label, label);    /* 192 + 50 + 13 = 255 */
    good(text, "A 192.0.2.1\n");
    snprintf(text, sizeof text, HEAD "%s.%s.%s.%.50s A 192.0.2.1\n", label, label, label, label);
    bad(text, "is too long a name below its $ORIGIN");
    char longest[300];
    memset(longest, 'y', sizeof longest);
    snprintf(text, sizeof text, HEAD "a TXT %.255s\n", longest);
    good(text, "TXT");
    snprintf(text, sizeof text, HEAD "a TXT %.256s\n", longest);
    bad(text, "is longer than the 255 bytes");
    snprintf(text, sizeof text, HEAD "a MX 1 %.256s\n", longest);
    bad(text, "is no name");
}

static void test_sets_are_bounded(void **state)
{
    size_t room = 1 << 16, n = 0;
    char *text = malloc(room);
    n = (size_t)snprintf(text, room, HEAD);
    for (int i = 0; i <= ZONE_SET_MAX; i++) n += (size_t)snprintf(text + n, room - n, "a A 10.0.%d.%d\n", i / 256, i % 256);
    struct reading *r = read_bytes_of(text, n, "example.org", false);
    assert_int_equal(r->err, HP_EINVAL);
    assert_non_null(strstr(r->notes, "more than 1000 records of one name and type"));
    reading_end(r);
    free(text);
}

/* A large zone is read in order and every name of it found. */
static void test_many_records(void **state)
{
    enum { MANY = 20000 };
    size_t room = 1 << 20, n = 0;
    char *text = malloc(room);
    n = (size_t)snprintf(text, room, HEAD);
    for (int i = 0; i < MANY; i++) n += (size_t)snprintf(text + n, room - n, "h%d A 10.0.%d.%d\n", i * 7919 % MANY, i / 256 % 256, i % 256);
    struct reading *r = read_bytes_of(text, n, "example.org", false);
    assert_int_equal(r->err, HP_OK);
    assert_int_equal(hp_dns_zone_records(r->zone), MANY + 3);
    for (int i = 0; i < MANY; i++) {
        char name[64];
        bool exists;
        struct dns_name wanted;
        snprintf(name, sizeof name, "H%d.Example.org", i);
        assert_true(dns_name_parse(name, &wanted));
        assert_int_equal(zone_find(r->zone, &wanted, &exists).count, 1);
        assert_true(exists);
    }
    reading_end(r);
    free(text);
}

static void test_X02_nth_allocation_of_reading_a_zone(void **state)
{
    char text[8192] = HEAD;
    for (int i = 0; i < 200; i++) snprintf(text + strlen(text), sizeof text - strlen(text), "h%d A 10.0.0.%d\n", i, i);
    int failed = 0;
    for (uint64_t n = 1;; n++) {
        struct test_alloc a;
        struct hp_dns_zone *zone;
        struct hp_dns_zone_source source = {.text = text, .n = strlen(text), .origin = "example.org"};
        test_alloc_init(&a);
        a.fail_at = n;
        int err = hp_dns_zone_parse(&a.allocator, &source, &zone);
        if (!err) hp_dns_zone_free(zone);
        test_alloc_end(&a);
        if (!err) break;
        assert_int_equal(err, HP_ENOMEM);
        failed++;
    }
    assert_in_range(failed, 5, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_example_of_rfc_1035),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_directives_and_inheritance),
        cmocka_unit_test(test_the_origin_may_be_in_the_file),
        cmocka_unit_test(test_errors_say_where_and_what),
        cmocka_unit_test(test_reading_goes_on_after_an_error),
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_names_and_strings_at_their_limits),
        cmocka_unit_test(test_sets_are_bounded),
        cmocka_unit_test(test_many_records),
        cmocka_unit_test(test_X02_nth_allocation_of_reading_a_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
