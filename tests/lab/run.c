/* Described networks happen: routes, programs, names, DHCP, crashes; the same seed gives the same. */
#include "hepta/proc.h"
#include "hepta/run.h"

#include "support/alloc.h"
#include "support/test.h"

enum { NEWS_ROOM = 20000 };

struct happening {
    struct test_alloc alloc;
    struct hp_plan *plan;
    struct hp_run *run;
    char news[NEWS_ROOM];
};

static void told(void *ctx, const struct hp_run_event *e)
{
    struct happening *h = ctx;
    char line[400], time[HP_TIME_TEXT];
    snprintf(line, sizeof line, "%s %s: %s\n", hp_time_text(e->time, time, sizeof time), e->app ? e->app : "-", e->text);
    strncat(h->news, line, sizeof h->news - strlen(h->news) - 1);
}

static int begin_with(struct happening *h, const char *text, struct hp_plan_error *error, uint64_t seed)
{
    memset(h, 0, sizeof *h);
    test_alloc_init(&h->alloc);
    int err = hp_plan_parse(text, strlen(text), &h->alloc.allocator, &h->plan, error);
    if (err) return err;
    struct hp_run_options o = {.allocator = &h->alloc.allocator, .news = told, .ctx = h, .seed = seed, .seeded = seed != 0};
    return hp_run_new(h->plan, &o, &h->run, error);
}

static void begin(struct happening *h, const char *text)
{
    struct hp_plan_error error = {.text = ""};
    char buf[600];
    int err = begin_with(h, text, &error, 0);
    if (err) fail_msg("%s", hp_plan_error_text(&error, "test", buf, sizeof buf));
}

static void end(struct happening *h)
{
    hp_run_free(h->run);
    hp_plan_free(h->plan);
    test_alloc_end(&h->alloc);
}

static void assert_news(const struct happening *h, const char *text)
{
    if (!strstr(h->news, text)) fail_msg("\"%s\" is not among the news:\n%s", text, h->news);
}

static struct hp_run_app app_of(const struct happening *h, const char *name)
{
    struct hp_run_app a;
    for (uint32_t i = 0; hp_run_app(h->run, i, &a); i++)
        if (strcmp(a.name, name) == 0) return a;
    fail_msg("there is no app %s", name);
    return a;
}

static void assert_app(const struct happening *h, const char *name, int result)
{
    struct hp_run_app a = app_of(h, name);
    if (a.state != HP_APP_ENDED || a.result != result) fail_msg("%s: state %d, %s; news:\n%s", name, a.state, hp_err_text(a.result), h->news);
}

static void assert_apps(const struct happening *h, const char *const *name, int result)
{
    for (; *name; name++) assert_app(h, *name, result);
}

static void err_is(const char *text, const char *message)
{
    struct happening h;
    struct hp_plan_error error = {.text = ""};
    assert_int_equal(begin_with(&h, text, &error, 0), HP_EPROTO);
    if (!strstr(error.text, message)) fail_msg("\"%s\", not \"%s\"", error.text, message);
    end(&h);
}

/* c - sw - r1 - r2 - s, and a host c2 at the switch. */
static const char chain[] =
    "lab chain seed 7\n"
    "host c ip 10.1.0.2/24 gw 10.1.0.1\n"
    "host c2 ip 10.1.0.3/24 gw 10.1.0.1\n"
    "host s ip 10.2.0.2/24 gw 10.2.0.1\n"
    "switch sw\n"
    "router r1 eth0 ip 10.1.0.1/24 eth1 ip 10.9.0.1/30 routes auto\n"
    "router r2 eth0 ip 10.9.0.2/30 eth1 ip 10.2.0.1/24 routes auto\n"
    "cable c sw\n"
    "cable c2 sw\n"
    "cable sw r1.eth0 delay 1ms\n"
    "cable r1.eth1 r2.eth0 delay 5ms rate 10Mbit/s name neck\n"
    "cable r2.eth1 s\n";

static char *with(const char *lines)
{
    static char text[8000];
    snprintf(text, sizeof text, "%s%s", chain, lines);
    return text;
}

static void test_pings_by_name_over_automatic_routes(void **state)
{
    struct happening h;
    begin(&h, with("app c ping s count 3 interval 100ms all\napp c2 traceroute s start 1s\n"));
    assert_int_equal(hp_run_go(h.run, HP_NEVER), HP_OK);
    assert_app(&h, "c.ping", HP_OK);
    assert_app(&h, "c2.traceroute", HP_OK);
    assert_news(&h, "c.ping: 3 sent, 3 received");
    assert_news(&h, "c2.traceroute:  1  10.1.0.1");
    assert_news(&h, "c2.traceroute:  2  10.9.0.2");
    assert_news(&h, "c2.traceroute:  3  10.2.0.2");
    end(&h);
}

static void test_fetches_pages_and_checks_every_byte(void **state)
{
    struct happening h;
    begin(&h, with("app s serve /page.html 300k /small 10 log\napp c get http://s/page.html size 300k\napp c2 get http://s/\napp c2 get http://s/none\n"));
    hp_run_go(h.run, HP_NEVER);
    assert_app(&h, "c.get", HP_OK);
    assert_app(&h, "c2.get", HP_OK);
    assert_app(&h, "c2.get.2", HP_ENOENT);
    assert_news(&h, "every byte right");
    assert_int_equal(app_of(&h, "c.get").bytes, 300000);
    assert_int_equal(app_of(&h, "s.serve").state, HP_APP_RUNNING);
    end(&h);
}

static void test_streams_datagrams_and_talk(void **state)
{
    struct happening h;
    begin(&h, with("app s sink\napp s echo\napp s perf-server\napp s listen\napp s dns www.x.test=10.2.0.2 ftp.x.test=s log\n"
                   "app c send s for 200k\napp c udp s count 10 size 1000 all\napp c2 perf s for 100k\napp c2 perf s for 100ms down start 1s\n"
                   "app c2 say s \"good morning\"\napp c send s for 1s rate 100kbit/s\n"));
    hp_run_go(h.run, HP_NEVER);
    static const char *const all[] = {"c.send", "c.udp", "c2.perf", "c2.perf.2", "c2.say", "c.send.2", NULL};
    assert_apps(&h, all, HP_OK);
    assert_news(&h, "says: good morning");
    assert_news(&h, "10 requests, 10 answers");
    assert_int_equal(hp_run_broken(h.run), 0);
    end(&h);
}

static void test_names_by_dns(void **state)
{
    struct happening h;
    begin(&h, "lab names\nhost c ip 10.0.0.1/24 dns 10.0.0.2\nhost s ip 10.0.0.2/24\ncable c s\n"
              "app s dns www.x.test=s\napp c resolve www.x.test\napp c resolve nobody.test\napp c resolve s.eth0\n");
    hp_run_go(h.run, HP_NEVER);
    assert_app(&h, "c.resolve", HP_OK);
    assert_app(&h, "c.resolve.2", HP_ENONAME);
    assert_app(&h, "c.resolve.3", HP_OK);
    assert_news(&h, "www.x.test is 10.0.0.2");
    end(&h);
}

static void test_routes_by_rip_and_addresses_by_dhcp(void **state)
{
    struct happening h;
    begin(&h, "lab home until 30s\nhost pc dhcp\nhost s ip 10.2.0.2/24 gw 10.2.0.1\n"
              "router home eth0 ip 192.168.0.1/24 eth1 ip 10.9.0.1/30\nrouter far eth0 ip 10.9.0.2/30 eth1 ip 10.2.0.1/24\n"
              "cable pc home.eth0\ncable home.eth1 far.eth0\ncable far.eth1 s\n"
              "app home dhcp-server eth0 192.168.0.100 192.168.0.110 dns 10.2.0.2 log\napp home rip fast log\napp far rip fast\n"
              "app s dns www.x.test=10.2.0.2\napp s serve\napp pc get http://www.x.test/ tries 20 quiet\napp s ping pc start 25s\n");
    hp_run_go(h.run, HP_NEVER);
    assert_app(&h, "pc.get", HP_OK);
    assert_app(&h, "s.ping", HP_OK);
    assert_news(&h, "home.dhcp-server: leased 192.168.0.100");
    assert_news(&h, "home.rip: learned 10.2.0.0/24 via 10.9.0.2, metric 2");
    end(&h);
}

static void test_a_crash_and_a_restart(void **state)
{
    struct happening h;
    begin(&h, with("app s serve /big 2M\napp c get http://s/big tries 3 timeout 2s\napp c2 ping s count 20 interval 500ms\n"));
    assert_int_equal(hp_run_go(h.run, HP_MS(400)), HP_ETIMEDOUT);
    assert_int_equal(hp_run_crash(h.run, "s"), HP_OK);
    assert_int_equal(hp_run_crash(h.run, "s"), HP_EALREADY);
    assert_int_equal(hp_run_crash(h.run, "nobody"), HP_ENOENT);
    assert_null(hp_run_resolver(h.run, "s"));
    hp_run_go(h.run, HP_MS(900));
    assert_int_equal(hp_run_restart(h.run, "s"), HP_OK);
    assert_int_equal(hp_run_restart(h.run, "s"), HP_EALREADY);
    hp_run_go(h.run, HP_NEVER);
    assert_int_equal(app_of(&h, "s.serve").starts, 2);
    assert_app(&h, "c.get", HP_OK);
    assert_app(&h, "c2.ping", HP_OK);
    end(&h);
}

static void test_start_and_stop(void **state)
{
    struct happening h;
    begin(&h, with("app c ping s count 100000 quiet start 1s stop 3500ms\napp s echo stop 2s\n"));
    hp_run_go(h.run, HP_NEVER);
    assert_app(&h, "c.ping", HP_OK);
    assert_app(&h, "s.echo", HP_OK);
    assert_int_equal(app_of(&h, "c.ping").started, HP_S(1));
    assert_news(&h, "c.ping: 3 sent, 3 received");
    end(&h);
}

/* Stopped at 3 s, when the neck has been cut for a second: whoever waits ends then, who sends a second later at most. */
static void assert_stopped(const struct happening *h, const char *name, int result, hp_time by)
{
    struct hp_run_app a = app_of(h, name);
    assert_app(h, name, result);
    if (!a.stopped || a.ended < HP_S(3) || a.ended > by) fail_msg("%s ended at %lld ns; news:\n%s", name, (long long)a.ended, h->news);
}

static void test_stop_ends_what_waits(void **state)
{
    struct happening h;
    begin(&h, with("at 2s down neck\nat 20s up neck\napp s serve /big 50M\napp s sink\napp s echo\napp s perf-server\napp s listen\n"
                   "app c get http://s/big stop 3s\napp c get http://s/ start 2500ms stop 3s\napp c get http://s/ times 1000 interval 100s stop 3s\n"
                   "app c perf s for 30s stop 3s\napp c perf s for 30s down streams 3 stop 3s\napp c perf s for 30s echo stop 3s\n"
                   "app c send s for 30s stop 3s\napp c say s hello times 10 interval 200ms stop 3s\napp c2 udp s count 100 interval 300ms timeout 9s all stop 3s\n"
                   "app c2 ping s count 100 timeout 9s stop 3s\napp c2 traceroute s timeout 9s start 2500ms stop 3s\n"
                   "app c2 send s start 2500ms stop 3s\n"));
    assert_int_equal(hp_run_go(h.run, HP_S(15)), HP_ETIMEDOUT);
    assert_stopped(&h, "c.get", HP_ECANCELED, HP_S(3));
    assert_stopped(&h, "c.get.2", HP_ECANCELED, HP_S(3));
    assert_stopped(&h, "c.get.3", HP_OK, HP_S(3));
    assert_stopped(&h, "c.perf", HP_ECANCELED, HP_S(4));
    assert_stopped(&h, "c.perf.2", HP_ECANCELED, HP_S(4));
    assert_stopped(&h, "c.perf.3", HP_ECANCELED, HP_S(4));
    assert_stopped(&h, "c.send", HP_ECANCELED, HP_S(4));
    assert_stopped(&h, "c.say", HP_ECANCELED, HP_S(4));
    assert_stopped(&h, "c2.udp", HP_OK, HP_S(3));
    assert_stopped(&h, "c2.ping", HP_OK, HP_S(3));
    assert_stopped(&h, "c2.traceroute", HP_ECANCELED, HP_S(3));
    assert_stopped(&h, "c2.send", HP_ECANCELED, HP_S(4));
    assert_news(&h, "c.get: http://s/big: stopped after ");
    assert_news(&h, "c.perf: stopped: ");
    assert_news(&h, "c.perf.3: stopped: ");
    assert_news(&h, " answers, round trip ");
    assert_news(&h, "c2.ping: 3 sent, ");
    assert_news(&h, "c2.send: s: stopped after 0 bytes");
    assert_int_equal(hp_programs_count(hp_world_find(hp_run_world(h.run), "c")), 0);
    assert_int_equal(hp_programs_count(hp_world_find(hp_run_world(h.run), "c2")), 0);
    end(&h);
}

/* What can finish in its grace is well. */
static void test_stop_lets_a_sender_finish(void **state)
{
    struct happening h;
    begin(&h, with("app s sink\napp s perf-server\napp c send s for 30s rate 1Mbit/s stop 3s\n"
                   "app c2 perf s for 30s down stop 3s\napp c2 perf s for 30s echo stop 3s\n"));
    hp_run_go(h.run, HP_NEVER);
    assert_stopped(&h, "c.send", HP_OK, HP_MS(3500));
    assert_stopped(&h, "c2.perf", HP_OK, HP_MS(3500));
    assert_stopped(&h, "c2.perf.2", HP_OK, HP_MS(3500));
    assert_news(&h, "every byte right");
    end(&h);
}

/* Every service closes its ports when it is stopped, and serves anew when it is started again, whatever it was doing. */
static void test_services_stop_and_start_again(void **state)
{
    static const char lines[] =
        "app s serve /big 5M\napp s sink\napp s echo\napp s perf-server\napp s listen\napp s dns www.x.test=s\napp s chargen\n"
        "app r1 rip fast\napp c recursor ns.x.test=10.2.0.2 log\napp r1 dhcp-server eth0 10.1.0.100 10.1.0.110\n"
        "app c get http://s/big timeout 60s\napp c send s for 20s\napp c perf s for 20s\napp c2 udp s count 3 interval 3s timeout 500ms\n"
        "app c2 say s hello times 20 interval 1s\n"
        "at 2s stop s.serve s.sink s.echo s.perf-server s.listen s.dns s.chargen r1.rip c.recursor r1.dhcp-server\n"
        "app c2 get http://s/ start 2500ms\napp c2 send s start 2500ms\napp c2 perf s start 2500ms\napp c2 udp s start 2500ms timeout 200ms\n"
        "app c2 say s x start 2500ms\n"
        "at 3s start s.serve s.sink s.echo s.perf-server s.listen s.dns s.chargen r1.rip c.recursor r1.dhcp-server\n"
        "app c2 get http://s/big start 4s\napp c2 send s start 4s\napp c2 perf s start 4s for 100k\napp c2 udp s start 4s\napp c2 say s again start 4s\n";
    struct happening h;
    char text[4000];
    snprintf(text, sizeof text, "%s%s", chain, lines);
    begin(&h, text);
    assert_int_equal(hp_run_go(h.run, HP_MS(2400)), HP_ETIMEDOUT);
    struct hp_stack *s = hp_world_find(hp_run_world(h.run), "s");
    assert_int_equal(app_of(&h, "s.sink").state, HP_APP_ENDED);
    assert_true(app_of(&h, "s.sink").stopped);
    assert_int_equal(hp_programs_count(s), 1);  /* the page that has begun is still answered */
    assert_int_equal(hp_programs_count(hp_world_find(hp_run_world(h.run), "r1")), 0);
    hp_run_go(h.run, HP_S(30));
    static const char *const refused[] = {"c2.get", "c2.send", "c2.perf", "c2.udp.2", "c2.say.2", NULL};
    assert_apps(&h, refused, HP_ECONNREFUSED);
    static const char *const well[] = {"c2.get.2", "c2.send.2", "c2.perf.2", "c2.udp.3", "c2.say.3", NULL};
    assert_apps(&h, well, HP_OK);
    assert_app(&h, "c2.udp", HP_OK);            /* the second of three went unanswered */
    assert_news(&h, "s.sink: ");
    assert_news(&h, "then: stopped");
    assert_int_equal(hp_run_broken(h.run), 0);
    end(&h);
}

/* Stop and start at one time, a stop before it ran, a stop of what is down, a crash in the grace. */
static void test_stop_at_odd_times(void **state)
{
    struct happening h;
    begin(&h, with("app s serve start 1s stop 1s\napp s echo\napp s sink\nat 1s stop s.echo\nat 1s start s.echo\n"
                   "app c udp s start 2s\napp c ping s start 1s stop 1s\napp c2 send s for 30s stop 3s\n"
                   "at 2900ms down neck\nat 3500ms crash c2\nat 4s restart c2\napp c2 ping s count 50 start 1s name gone\nat 3600ms stop gone\n"
                   "app c2 ping c count 50 start 3s stop 3700ms name late\n"));
    hp_run_go(h.run, HP_S(20));
    assert_app(&h, "s.serve", HP_OK);
    assert_app(&h, "c.udp", HP_OK);
    assert_app(&h, "c.ping", HP_ECANCELED);
    assert_int_equal(app_of(&h, "c.ping").ended, HP_S(1));
    assert_app(&h, "c2.send", HP_ECANCELED);
    assert_int_equal(app_of(&h, "c2.send").ended, HP_MS(3500));
    assert_app(&h, "gone", HP_ECANCELED);
    assert_app(&h, "late", HP_ECANCELED);
    assert_int_equal(app_of(&h, "c2.send").starts, 1);
    assert_int_equal(app_of(&h, "gone").starts, 1);
    end(&h);
}

static void test_what_makes_no_sense(void **state)
{
    err_is(with("app c pong s\n"), "there is no program \"pong\"");
    err_is(with("app sw ping s\n"), "sw is a switch");
    err_is(with("app c ping\n"), "ping: a host's name or address is missing");
    err_is(with("app c ping s cuont 3\n"), "ping: does not know the word cuont");
    err_is(with("app c ping s count many\n"), "ping: how many requests: a number from 1 to 1000000");
    err_is(with("app c send s 100k\n"), "send: does not know the word 100k; did you mean \"for 100k\"?");
    err_is(with("app c send s fro 100k\n"), "send: does not know the word fro");
    err_is(with("app c send s for\n"), "send: for wants a time such as 5s, or a size such as 10M");
    err_is(with("app c send s for long\n"), "send: how long, or how much: a time such as 5s, or a size such as 10M");
    err_is(with("app c send s 10Mbit/s\n"), "did you mean \"rate 10Mbit/s\"?");
    err_is(with("app c send s quickly\n"), "send: does not know the word quickly; what it knows here: for, rate, port");
    err_is(with("app c ping s 5\n"), "did you mean \"count 5\"?");
    err_is(with("app c udp s seldom\n"), "what it knows here: port, count, size, interval, timeout, all, quiet");
    err_is(with("app c echo loudly\n"), "echo: does not know the word loudly; nothing is wanted here");
    err_is(with("app c get ftp://s/\n"), "is no URL");
}

static uint64_t digest_of(const char *text, uint64_t seed)
{
    struct happening h;
    struct hp_plan_error error;
    assert_int_equal(begin_with(&h, text, &error, seed), HP_OK);
    hp_run_go(h.run, HP_NEVER);
    uint64_t digest = hp_world_digest(hp_run_world(h.run));
    end(&h);
    return digest;
}

static void test_the_same_seed_gives_the_same(void **state)
{
    const char *text = with("app s sink\napp c send s for 100k\napp c2 ping s count 5 interval 10ms\n");
    assert_true(digest_of(text, 1) == digest_of(text, 1));
    assert_true(digest_of(text, 1) != digest_of(text, 2));
}

/* Frames that were lost on the neck, as a list of times. */
struct losses {
    const struct hp_cable *neck;
    unsigned count;
    hp_time time[200];
};

static void loss(void *ctx, const struct hp_cable_event *e)
{
    struct losses *l = ctx;
    if (e->kind == HP_CABLE_DROP && e->cable == l->neck && l->count < 200) l->time[l->count++] = e->time;
}

static struct losses losses_of(const char *text)
{
    struct happening h;
    struct losses l = {.count = 0};
    begin(&h, text);
    l.neck = hp_world_find_cable(hp_run_world(h.run), "neck");
    hp_world_trace(hp_run_world(h.run), NULL, &(struct hp_cable_trace){loss, &l});
    hp_run_go(h.run, HP_NEVER);
    end(&h);
    return l;
}

static const char lossy[] = "host a ip 10.0.0.1/24 no-slaac\nhost b ip 10.0.0.2/24 no-slaac\ncable a b name neck loss 20% delay 2ms\n"
                            "app a ping b count 100 interval 10ms quiet\n";

static void test_a_host_elsewhere_does_not_change_a_cables_losses(void **state)
{
    char more[2000];
    struct losses alone = losses_of(lossy);
    snprintf(more, sizeof more, "%shost x ip 10.0.5.1/24\nhost y ip 10.0.5.2/24\ncable x y loss 50%%\napp x ping y count 50 interval 3ms quiet\n", lossy);
    struct losses accompanied = losses_of(more);
    assert_true(alone.count > 10);
    assert_int_equal(alone.count, accompanied.count);
    assert_memory_equal(alone.time, accompanied.time, alone.count * sizeof *alone.time);
}

static void test_every_allocation_may_fail(void **state)
{
    const char *text = with("app s sink\napp c send s for 10k\napp c2 send s for 10s rate 100kbit/s stop 1s\napp c2 ping s stop 1s\n"
                            "at 1s stop s.sink\nat 1s start s.sink\n");
    for (uint64_t n = 1; n < 4000; n = n < 300 ? n + 1 : n + 37) {
        struct happening h;
        struct hp_plan_error error;
        memset(&h, 0, sizeof h);
        test_alloc_init(&h.alloc);
        assert_int_equal(hp_plan_parse(text, strlen(text), &h.alloc.allocator, &h.plan, &error), HP_OK);
        struct hp_run_options o = {.allocator = &h.alloc.allocator};
        h.alloc.fail_at = n;
        int err = hp_run_new(h.plan, &o, &h.run, &error);
        if (!err) hp_run_go(h.run, HP_S(30));
        else assert_int_equal(err, HP_ENOMEM);
        end(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pings_by_name_over_automatic_routes),
        cmocka_unit_test(test_fetches_pages_and_checks_every_byte),
        cmocka_unit_test(test_streams_datagrams_and_talk),
        cmocka_unit_test(test_names_by_dns),
        cmocka_unit_test(test_routes_by_rip_and_addresses_by_dhcp),
        cmocka_unit_test(test_a_crash_and_a_restart),
        cmocka_unit_test(test_start_and_stop),
        cmocka_unit_test(test_stop_ends_what_waits),
        cmocka_unit_test(test_stop_lets_a_sender_finish),
        cmocka_unit_test(test_services_stop_and_start_again),
        cmocka_unit_test(test_stop_at_odd_times),
        cmocka_unit_test(test_what_makes_no_sense),
        cmocka_unit_test(test_the_same_seed_gives_the_same),
        cmocka_unit_test(test_a_host_elsewhere_does_not_change_a_cables_losses),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
