/* The DHCP client against a server that follows a script, in virtual hours. */
#include "hepta/dhcp.h"

#include "hepta/net.h"
#include "hepta/proc.h"
#include "hepta/socket.h"
#include "support/pair.h"
#include "support/test.h"
#include "wire/dhcp4.h"

enum { HEARD_MAX = 64 };

struct heard {
    hp_time at;
    uint8_t type;
    bool broadcast_dst;
    struct hp_ip ciaddr, requested, server;
    uint32_t xid;
};

struct scene {
    struct pair p;
    struct hp_dhcp d;
    /* the server */
    bool silent, nak, wrong_xid, wrong_mac, stranger;   /* stranger: acknowledgements and NAKs name another server */
    uint32_t lease_s, t1_s, t2_s;
    struct hp_bytes routes;
    struct heard heard[HEARD_MAX];
    unsigned count;
};

static struct dhcp4_msg server_reply(struct scene *c, const struct dhcp4_msg *q)
{
    struct hp_ip none = hp_ip4(0, 0, 0, 0);
    struct dhcp4_msg m = {.reply = true, .xid = q->xid, .chaddr = q->chaddr, .ciaddr = none, .siaddr = none, .giaddr = none,
                          .yiaddr = hp_ip4(10, 0, 0, 50), .mask = hp_ip4(255, 255, 255, 0), .server = c->p.b.ip, .lease_s = c->lease_s,
                          .t1_s = c->t1_s, .t2_s = c->t2_s, .router_count = 1, .routers = {c->p.b.ip}, .routes = c->routes};
    m.type = q->type == DHCP4_DISCOVER ? DHCP4_OFFER : c->nak ? DHCP4_NAK : DHCP4_ACK;
    dhcp4_set(&m, DHCP4_SERVER);
    if (c->stranger && m.type != DHCP4_OFFER) m.server = hp_ip4(10, 0, 0, 66);
    if (c->wrong_xid) m.xid ^= 1;
    if (c->wrong_mac) m.chaddr.b[5] ^= 1;
    if (m.type == DHCP4_NAK) m.yiaddr = none;
    if (m.type == DHCP4_NAK) return m;
    dhcp4_set(&m, DHCP4_LEASE);
    dhcp4_set(&m, DHCP4_MASK);
    dhcp4_set(&m, DHCP4_ROUTERS);
    if (c->t1_s) dhcp4_set(&m, DHCP4_T1);
    if (c->t2_s) dhcp4_set(&m, DHCP4_T2);
    if (c->routes.n) dhcp4_set(&m, DHCP4_ROUTES);
    return m;
}

static void server_hear(struct scene *c, const struct dhcp4_msg *m, hp_time now, const struct hp_recv_info *info)
{
    assert_true(c->count < HEARD_MAX);
    c->heard[c->count++] = (struct heard){now, m->type, hp_ip_is_broadcast(&info->to.ip), m->ciaddr, m->requested, m->server, m->xid};
}

static void server(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    struct hp_sock *sock;
    struct hp_endpoint any = {.ip = hp_ip4(0, 0, 0, 0), .port = 67}, all = {.ip = hp_ip4(255, 255, 255, 255), .port = 68, .link = 2};
    struct hp_recv_info info;
    struct dhcp4_msg q;
    uint8_t in[1500], out[1500];
    int on = 1;
    assert_int_equal(hp_socket(s, HP_DGRAM, 0, &sock), HP_OK);
    assert_int_equal(hp_setsockopt(sock, HP_SO_BROADCAST, &on, sizeof on), HP_OK);
    assert_int_equal(hp_bind(sock, &any), HP_OK);
    for (int64_t n; (n = hp_recvfrom(sock, in, sizeof in, 0, &info)) != HP_ECANCELED;) {
        if (n < 0 || !dhcp4_parse(bytes_of(in, (size_t)n), &q)) continue;
        server_hear(c, &q, hp_now(s), &info);
        if (c->silent || q.type == DHCP4_RELEASE) continue;
        struct dhcp4_msg m = server_reply(c, &q);
        hp_sendto(sock, out, dhcp4_write(out, sizeof out, &m), 0, q.broadcast ? &all : &info.from);
    }
    hp_close(sock);
}

static struct scene *scene_new(void)
{
    struct scene *c = calloc(1, sizeof *c);
    assert_true(pair_open(&c->p, 21));
    assert_int_equal(hp_addr_remove(c->p.a.stack, 2, &c->p.a.ip), HP_OK);
    c->lease_s = 3600;
    c->d.link = 2;
    assert_int_equal(hp_spawn(c->p.b.stack, "server", server, c, 0), HP_OK);
    return c;
}

static void wait_s(struct scene *c, int seconds) { pair_run(&c->p, HP_S(seconds), NULL, NULL); }

static struct scene *scene_bound(uint32_t lease_s, uint32_t t1_s, uint32_t t2_s)
{
    struct scene *c = scene_new();
    c->lease_s = lease_s;
    c->t1_s = t1_s;
    c->t2_s = t2_s;
    assert_int_equal(hp_dhcp_start(c->p.a.stack, &c->d), HP_OK);
    wait_s(c, 1);
    if (c->d.state != HP_DHCP_BOUND) fail_msg("not bound but %s", hp_dhcp_state_name(c->d.state));
    return c;
}

static void scene_close(struct scene *c)
{
    pair_close(&c->p);
    free(c);
}

static bool configured(struct scene *c)
{
    struct hp_addr_info a;
    struct hp_ip want = hp_ip4(10, 0, 0, 50);
    for (unsigned i = 0; hp_addr_info(c->p.a.stack, i, &a) == HP_OK; i++)
        if (hp_ip_equal(&a.address.ip, &want)) return true;
    return false;
}

static bool routed(struct scene *c, struct hp_ip to)
{
    struct hp_route r;
    return hp_route_find(c->p.a.stack, &to, &r) == HP_OK;
}

static unsigned heard(const struct scene *c, int type)
{
    unsigned n = 0;
    for (unsigned i = 0; i < c->count; i++) n += c->heard[i].type == type;
    return n;
}

static void test_bind(void **state)
{
    struct scene *c = scene_bound(3600, 0, 0);
    struct hp_ip offered = hp_ip4(10, 0, 0, 50);
    assert_true(configured(c) && routed(c, hp_ip4(192, 0, 2, 1)));
    assert_int_equal(c->count, 2);
    assert_int_equal(c->heard[0].type, DHCP4_DISCOVER);
    assert_int_equal(c->heard[1].type, DHCP4_REQUEST);
    assert_true(c->heard[0].broadcast_dst && c->heard[1].broadcast_dst);
    assert_true(hp_ip_equal(&c->heard[1].requested, &offered));
    assert_true(hp_ip_equal(&c->heard[1].server, &c->p.b.ip));
    assert_int_equal(c->heard[0].xid, c->heard[1].xid);
    assert_int_equal(c->d.lease.address.len, 120);
    assert_int_equal((c->d.lease.renew_at - c->d.lease.since) / HP_S(1), 1800);
    assert_int_equal((c->d.lease.rebind_at - c->d.lease.since) / HP_S(1), 3150);
    assert_int_equal((c->d.lease.expires_at - c->d.lease.since) / HP_S(1), 3600);
    scene_close(c);
}

/* RFC 2131 4.1: 4, 8, 16, 32, 64, 64 seconds, each plus or minus one. */
static void test_retransmissions_double(void **state)
{
    static const int want[] = {4, 8, 16, 32, 64, 64};
    struct scene *c = scene_new();
    c->silent = true;
    assert_int_equal(hp_dhcp_start(c->p.a.stack, &c->d), HP_OK);
    wait_s(c, 200);
    assert_true(c->count > 6);
    for (int i = 0; i < 6; i++) assert_in_range(c->heard[i + 1].at - c->heard[i].at, HP_S(want[i] - 1), HP_S(want[i] + 1) + HP_MS(1));
    assert_int_equal(c->d.state, HP_DHCP_SELECTING);
    c->silent = false;
    wait_s(c, 66);
    assert_int_equal(c->d.state, HP_DHCP_BOUND);
    scene_close(c);
}

static void test_renew_at_t1(void **state)
{
    struct scene *c = scene_bound(3600, 1000, 2000);
    wait_s(c, 998);
    assert_int_equal(c->count, 2);
    wait_s(c, 3);
    assert_int_equal(c->count, 3);
    struct hp_ip own = hp_ip4(10, 0, 0, 50);
    assert_int_equal(c->heard[2].type, DHCP4_REQUEST);
    assert_true(hp_ip_equal(&c->heard[2].ciaddr, &own));
    assert_false(c->heard[2].broadcast_dst); /* the lease's server only */
    assert_int_equal(c->d.state, HP_DHCP_BOUND);
    assert_true(c->d.lease.since > HP_S(1000));
    assert_true(configured(c));
    scene_close(c);
}

static void test_rebind_at_t2_and_expiry(void **state)
{
    struct scene *c = scene_bound(3600, 1000, 2000);
    c->silent = true;
    wait_s(c, 1100);
    assert_int_equal(c->d.state, HP_DHCP_RENEWING);
    wait_s(c, 950);
    assert_int_equal(c->d.state, HP_DHCP_REBINDING);
    assert_true(c->heard[c->count - 1].broadcast_dst);
    assert_true(configured(c));
    wait_s(c, 1600);
    assert_int_equal(c->d.state, HP_DHCP_SELECTING);
    assert_false(configured(c) || routed(c, hp_ip4(192, 0, 2, 1)));
    assert_true(c->count < 40);
    c->silent = false;
    wait_s(c, 66);
    assert_true(configured(c));
    scene_close(c);
}

static void test_rebinding_takes_any_server(void **state)
{
    struct scene *c = scene_bound(3600, 1000, 2000);
    c->stranger = true;
    wait_s(c, 1500);
    assert_int_equal(c->d.state, HP_DHCP_RENEWING); /* L19: what another server acknowledges is not ours */
    wait_s(c, 600);
    assert_int_equal(c->d.state, HP_DHCP_BOUND);
    assert_int_equal(c->d.lease.server.b[15], 66);
    scene_close(c);
}

static void test_nak_while_renewing(void **state)
{
    struct scene *c = scene_bound(3600, 1000, 2000);
    c->nak = true;
    wait_s(c, 1005);
    assert_int_equal(c->d.naks > 0, 1);
    assert_false(configured(c));
    c->nak = false;
    wait_s(c, 30);
    assert_true(configured(c));
    scene_close(c);
}

static void test_naks_make_no_storm(void **state)
{
    struct scene *c = scene_new();
    c->nak = true;
    assert_int_equal(hp_dhcp_start(c->p.a.stack, &c->d), HP_OK);
    wait_s(c, 60);
    assert_in_range(c->d.naks, 2, 10);
    assert_false(configured(c));
    scene_close(c);
}

static void test_L19_answers_for_others_are_ignored(void **state)
{
    for (int k = 0; k < 3; k++) {
        struct scene *c = scene_new();
        c->wrong_xid = k == 0;
        c->wrong_mac = k == 1;
        c->stranger = k == 2;
        assert_int_equal(hp_dhcp_start(c->p.a.stack, &c->d), HP_OK);
        wait_s(c, 20);
        assert_int_equal(c->d.state, k == 2 ? HP_DHCP_REQUESTING : HP_DHCP_SELECTING);
        assert_true(c->d.ignored > 0);
        assert_false(configured(c));
        c->nak = k == 2; /* another server's NAK counts as little */
        wait_s(c, 20);
        assert_int_equal(c->d.naks, 0);
        scene_close(c);
    }
}

static void test_L15_times_are_clamped(void **state)
{
    static const uint32_t times[][3] = {{3600, 3000, 2000}, {3600, 5000, 9000}, {0, 0, 0}, {1, 1, 1}, {3600, 1, 1}, {3600, 1, 2}, {3600, 3600, 3600},
                                        {0xfffffffe, 0xffffffff, 0xffffffff}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct scene *c = scene_bound(times[i][0], times[i][1], times[i][2]);
        struct hp_dhcp_lease *l = &c->d.lease;
        if (!(l->since + HP_S(20) <= l->renew_at && l->renew_at < l->rebind_at && l->rebind_at < l->expires_at))
            fail_msg("times %zu: T1 %d, T2 %d, lease %d s", i, (int)((l->renew_at - l->since) / HP_S(1)),
                     (int)((l->rebind_at - l->since) / HP_S(1)), (int)((l->expires_at - l->since) / HP_S(1)));
        wait_s(c, 100);
        assert_true(c->count <= 8); /* and renewing is not all that it does */
        scene_close(c);
    }
    struct scene *c = scene_bound(0xffffffff, 0, 0);
    assert_true(c->d.lease.expires_at == HP_NEVER);
    scene_close(c);
}

static bool no_route(void *ctx, const struct hp_prefix *to, const struct hp_ip *gateway)
{
    ++*(int *)ctx;
    return to->len == 96;
}

static void test_L17_routes_can_be_refused(void **state)
{
    static const uint8_t routes[] = {0, 10, 0, 0, 2, 24, 203, 0, 113, 10, 0, 0, 2};
    for (int refuse = 0; refuse < 2; refuse++) {
        struct scene *c = scene_new();
        int asked = 0;
        struct hp_route r;
        struct hp_ip to = hp_ip4(203, 0, 113, 7);
        c->routes = bytes_of(routes, sizeof routes);
        c->d.allow_route = refuse ? no_route : NULL;
        c->d.ctx = &asked;
        assert_int_equal(hp_dhcp_start(c->p.a.stack, &c->d), HP_OK);
        wait_s(c, 1);
        assert_int_equal(asked, refuse ? 2 : 0);
        assert_int_equal(hp_route_find(c->p.a.stack, &to, &r), HP_OK);
        assert_int_equal(r.to.len, refuse ? 96 : 120);
        scene_close(c);
    }
}

static void test_release_on_stop(void **state)
{
    struct scene *c = scene_bound(3600, 0, 0);
    hp_dhcp_stop(c->p.a.stack, &c->d);
    wait_s(c, 3);
    struct hp_ip own = hp_ip4(10, 0, 0, 50);
    assert_int_equal(heard(c, DHCP4_RELEASE), 1);
    assert_true(hp_ip_equal(&c->heard[c->count - 1].ciaddr, &own));
    assert_false(configured(c) || routed(c, hp_ip4(192, 0, 2, 1)));
    assert_int_equal(hp_programs_count(c->p.a.stack), 0);
    assert_int_equal(hp_dhcp_start(c->p.a.stack, &c->d), HP_OK); /* and again */
    wait_s(c, 2);
    assert_true(configured(c));
    scene_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bind),
        cmocka_unit_test(test_retransmissions_double),
        cmocka_unit_test(test_renew_at_t1),
        cmocka_unit_test(test_rebind_at_t2_and_expiry),
        cmocka_unit_test(test_rebinding_takes_any_server),
        cmocka_unit_test(test_nak_while_renewing),
        cmocka_unit_test(test_naks_make_no_storm),
        cmocka_unit_test(test_L19_answers_for_others_are_ignored),
        cmocka_unit_test(test_L15_times_are_clamped),
        cmocka_unit_test(test_L17_routes_can_be_refused),
        cmocka_unit_test(test_release_on_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
