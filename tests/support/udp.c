/* UDP sockets on the two hosts of a pair. */
#include "support/udp.h"

struct hp_sock *udp_socket(struct hp_stack *s)
{
    struct hp_sock *sock = NULL;
    int err = hp_socket(s, HP_DGRAM, 0, &sock);
    if (err) fail_msg("socket: %s", hp_err_text(err));
    return sock;
}

struct hp_sock *udp_bound(struct hp_stack *s, const char *ip, uint16_t port)
{
    struct hp_sock *sock = udp_socket(s);
    struct hp_endpoint e = {.ip = ip ? ip_of(ip) : (struct hp_ip){{0}}, .port = port};
    int err = hp_bind(sock, &e);
    if (err) fail_msg("bind %s: %s", ip ? ip : "*", hp_err_text(err));
    return sock;
}

struct hp_endpoint udp_at(const char *ip, uint16_t port) { return (struct hp_endpoint){.ip = ip_of(ip), .port = port}; }
void udp_settle(struct pair *p) { pair_run(p, HP_MS(20), NULL, NULL); }

int64_t udp_say(struct hp_sock *sock, const char *text, const char *ip, uint16_t port)
{
    struct hp_endpoint to = udp_at(ip, port);
    return hp_sendto(sock, text, strlen(text), 0, &to);
}

void udp_meet(struct pair *p)
{
    struct hp_sock *sock = udp_socket(p->a.stack);
    udp_say(sock, "hello", "10.0.0.2", 9);
    udp_say(sock, "hello", "fd00::2", 9);
    pair_run(p, HP_S(3), NULL, NULL);
    hp_close(sock);
}

void udp_hears(struct hp_sock *sock, const char *text, struct hp_recv_info *info)
{
    char buf[256] = {0};
    int64_t n = hp_recvfrom(sock, buf, sizeof buf - 1, 0, info);
    if (n < 0) fail_msg("\"%s\" expected, came: %s", text, hp_err_text((int)n));
    assert_string_equal(buf, text);
    assert_int_equal(n, strlen(text));
}

void udp_fails(struct hp_sock *sock, int err)
{
    char c;
    assert_int_equal(hp_recv(sock, &c, 1, 0), err);
}

void udp_set(struct hp_sock *sock, enum hp_opt opt, int v) { assert_int_equal(hp_setsockopt(sock, opt, &v, sizeof v), HP_OK); }

int udp_get(struct hp_sock *sock, enum hp_opt opt)
{
    int v = -99;
    size_t n = sizeof v;
    assert_int_equal(hp_getsockopt(sock, opt, &v, &n), HP_OK);
    return v;
}

void udp_drops(const struct hp_stack *s, enum hp_drop why, unsigned count)
{
    if (hp_drop_count(s, why) != count)
        fail_msg("%s: %u expected, %u came", hp_drop_name(why), count, (unsigned)hp_drop_count(s, why));
}
