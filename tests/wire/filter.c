/* Filters: what they say about a frame, and what is wanted where one is wrong. */
#include "wire/filter.h"

#include "support/golden.h"

static bool passes(const char *text, const char *frame)
{
    struct filter f;
    struct filter_wrong wrong;
    struct hp_bytes b = golden_bytes(frame);
    const char *wanted = filter_parse(text, &f, &wrong);
    if (wanted) fail_msg("%s: %s is wanted at \"%.*s\"", text, wanted, (int)wrong.n, wrong.at);
    return filter_match(&f, &(struct filter_frame){.data = b, .link = DISSECT_ETHERNET, .length = b.n, .comment = "DROP WIRE_LOSS\nlost"});
}

static void test_what_passes(void **state)
{
    static const struct {
        const char *text, *frame;
        bool passes;
    } rows[] = {
        {"tcp", "tcp_syn", true},
        {"udp", "tcp_syn", false},
        {"tcp.flags.syn", "tcp_syn", true},
        {"tcp.flags.syn", "tcp_ack", false}, /* it is there, but 0 */
        {"not tcp.flags.syn and tcp", "tcp_ack", true},
        {"tcp.flags == 0x2", "tcp_syn", true},
        {"tcp.flags==0x002&&ip", "tcp_syn", true},
        {"tcp.flags < 3 and tcp.flags <= 2 and tcp.flags > 1 and tcp.flags >= 2", "tcp_syn", true},
        {"tcp.flags < 2 or tcp.flags > 2", "tcp_syn", false},
        {"ip.src == 10.9.0.1", "tcp_syn", true},
        {"ip.src == \"10.9.0.1\"", "tcp_syn", true},
        {"ip.src == 0", "tcp_syn", false}, /* no number */
        {"ip.src < 5 or ip.src >= 0", "tcp_syn", false},
        {"ip.src != 10.9.0.2", "tcp_syn", true},
        {"ip.src != 10.9.0.1", "tcp_syn", false},
        {"udp.port != 1", "tcp_syn", false}, /* it has none */
        {"tcp.option_kind == 2 and tcp.option_kind == 3", "tcp_syn", true}, /* any of them */
        {"tcp.option_kind != 2", "tcp_syn", false}, /* all of them */
        {"udp or tcp and arp", "tcp_syn", false},
        {"(tcp or udp) and !(arp)", "tcp_syn", true},
        {"! ! tcp", "tcp_syn", true},
        {"frame.len == 74", "tcp_syn", true},
        {"frame.comment", "tcp_syn", true},
        {"frame.comment contains WIRE_LOSS", "tcp_syn", true},
        {"frame.comment contains \"WIRE_LOSS\nlost\"", "tcp_syn", true},
        {"frame.comment contains QUEUE", "tcp_syn", false},
        {"http.request.method == GET and http.host == 10.9.0.2", "tcp_data", true},
        {"http.user_agent contains \"curl\" and not http.response.code", "tcp_data", true},
        {"http.host contains 10.9.0.20", "tcp_data", false},
        {"dns.a == 93.184.216.34 or dns.qry.name == www.example.com", "dns_query", false},
        {"tcp.flags.syn == \"Set\"", "tcp_syn", true},
        {"ip.addr == 10.9.0.1 and ip.addr == 10.9.0.2", "tcp_syn", true}, /* either direction */
        {"ip.addr == 10.9.0.3", "tcp_syn", false},
        {"ip.addr != 10.9.0.1", "tcp_syn", false},
        {"tcp.port == 80 and not udp.port", "tcp_syn", true},
        {"eth.addr", "tcp_syn", true},
        {"tcp.seq_raw > 5 and tcp.ack_raw == 0 and tcp.window_size > 5", "tcp_syn", true},
        {"http.request and not http.response", "tcp_data", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (passes(rows[i].text, rows[i].frame) != rows[i].passes) fail_msg("\"%s\" %s %s", rows[i].text, rows[i].passes ? "refuses" : "takes", rows[i].frame);
}

static void test_what_is_wanted(void **state)
{
    static const struct {
        const char *text, *at, *wanted;
    } rows[] = {
        {"", "", "a field such as ip.src or tcp.flags.syn"},
        {"tcp or", "", "a field such as ip.src or tcp.flags.syn"},
        {"\"tcp\"", "\"tcp\"", "a field such as ip.src or tcp.flags.syn"},
        {"== 5", "==", "a field such as ip.src or tcp.flags.syn"},
        {"(tcp", "", "a closing parenthesis"},
        {"tcp)", ")", "\"and\", \"or\" or the end"},
        {"tcp \"\"", "\"\"", "\"and\", \"or\" or the end"},
        {"tcp.port ==", "", "a value"},
        {"tcp.port == ==", "==", "a value"},
        {"tcp.port = 5", "=", "\"and\", \"or\" or the end"},
        {"tcp.port < high and udp", "high", "a number"},
        {"tcp.port < 18446744073709551616", "18446744073709551616", "a number"},
        {"tcp.port < 0x", "0x", "a number"},
        {"tcp.port > \"5\"", "\"5\"", "a number"},
        {"a2345678901234567890123456789012345678901", "a2345678901234567890123456789012345678901", "a field (hepta show fields lists them)"},
        {"tcp and icmp.tpye == 8", "icmp.tpye", "a field (hepta show fields lists them)"},
        {"tcp.seq == 1", "tcp.seq", "a field (hepta show fields lists them)"},
        {"ip.address == 10.0.0.1", "ip.address", "a field (hepta show fields lists them)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct filter f;
        struct filter_wrong wrong;
        const char *wanted = filter_parse(rows[i].text, &f, &wrong);
        if (!wanted) fail_msg("\"%s\" is taken", rows[i].text);
        assert_string_equal(wanted, rows[i].wanted);
        assert_bytes_equal(bytes_of(wrong.at, wrong.n), bytes_of(rows[i].at, strlen(rows[i].at)));
    }
}

/* As many conditions, and as deep, as there is room for; never more. */
static void test_bounds(void **state)
{
    char text[400];
    struct filter f;
    struct filter_wrong wrong;
    for (int i = 1; i < 60; i++) {
        text[0] = 0;
        for (int k = 0; k < i; k++) strcat(text, k ? "&&ip" : "ip");
        assert_int_equal(!filter_parse(text, &f, &wrong), 2 * i - 1 <= FILTER_NODES_MAX);
        memset(text, '(', (size_t)i);
        strcpy(text + i, "ip");
        memset(text + i + 2, ')', (size_t)i);
        text[2 * i + 2] = 0;
        assert_int_equal(!filter_parse(text, &f, &wrong), i <= FILTER_DEPTH_MAX);
        memset(text, '!', (size_t)i);
        strcpy(text + i, "ip");
        assert_int_equal(!filter_parse(text, &f, &wrong), i <= FILTER_DEPTH_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_passes), cmocka_unit_test(test_what_is_wanted), cmocka_unit_test(test_bounds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
