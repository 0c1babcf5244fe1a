/* Name servers and sites as programs of a lab: zones from files, a recursor that asks its way down, pages of a folder. */
#include "hepta/run.h"

#include "support/alloc.h"
#include "support/test.h"

static const char net[] =
    "lab names seed 1 until 20s\n"
    "switch sw\n"
    "host c ip 10.0.0.1/24 dns 10.0.0.2\nhost r ip 10.0.0.2/24\nhost root ip 10.0.0.3/24\nhost ns ip 10.0.0.4/24\nhost web ip 10.0.0.5/24\n"
    "cable c sw\ncable r sw\ncable root sw\ncable ns sw\ncable web sw\n"
    "app r recursor a.root=10.0.0.3 log\napp root zone root.zone\napp ns zone test.zone\napp web site www log\n";

static const char *const files[][2] = {
    {"root.zone", "$ORIGIN .\n$TTL 1d\n@ SOA a.root. x. 1 1h 1h 1h 1h\n@ NS a.root.\na.root. A 10.0.0.3\ntest. NS ns.test.\nns.test. A 10.0.0.4\n"},
    {"test.zone", "$ORIGIN test.\n$TTL 1d\n@ SOA ns x 1 1h 1h 1h 1h\n@ NS ns\nns A 10.0.0.4\nwww.page A 10.0.0.5\n"},
    {"www/index.html", "<p>hello</p>"},
    {"bad.zone", "$ORIGIN test.\nwww A 10.0.0\n"},
    {NULL, NULL},
};

struct trial {
    struct test_alloc alloc;
    struct hp_plan *plan;
    struct hp_run *run;
    char said[8000];
};

static int file(void *ctx, const char *name, struct hp_bytes *out)
{
    for (int i = 0; files[i][0]; i++) {
        if (strcmp(files[i][0], name) != 0) continue;
        *out = (struct hp_bytes){(const uint8_t *)files[i][1], strlen(files[i][1])};
        return HP_OK;
    }
    return HP_ENOENT;
}

static void told(void *ctx, const struct hp_run_event *e)
{
    struct trial *t = ctx;
    char line[400];
    if (e->kind != HP_RUN_SAID) return;
    snprintf(line, sizeof line, "%s: %s\n", e->app, e->text);
    strncat(t->said, line, sizeof t->said - strlen(t->said) - 1);
}

static int begin(struct trial *t, const char *more, struct hp_plan_error *error)
{
    char text[4000];
    memset(t, 0, sizeof *t);
    snprintf(text, sizeof text, "%s%s", net, more);
    test_alloc_init(&t->alloc);
    int err = hp_plan_parse(text, strlen(text), &t->alloc.allocator, &t->plan, error);
    struct hp_run_options o = {.allocator = &t->alloc.allocator, .news = told, .file = file, .ctx = t};
    return err ? err : hp_run_new(t->plan, &o, &t->run, error);
}

static void end(struct trial *t)
{
    hp_run_free(t->run);
    hp_plan_free(t->plan);
    test_alloc_end(&t->alloc);
}

static void run(struct trial *t, const char *more)
{
    struct hp_plan_error error = {.text = ""};
    if (begin(t, more, &error)) fail_msg("%s", error.text);
    hp_run_go(t->run, HP_NEVER);
}

static void said(const struct trial *t, const char *text)
{
    if (!strstr(t->said, text)) fail_msg("nobody said \"%s\":\n%s", text, t->said);
}

static void test_a_page_by_name(void **state)
{
    struct trial t;
    run(&t, "app c get http://www.page.test/ start 1s\n");
    said(&t, "r.recursor: 10.0.0.1 wants to know www.page.test A");
    said(&t, "root.zone: 10.0.0.2 asks for www.page.test (type 1): answers");
    said(&t, "r.recursor: a.root 10.0.0.3 refers to the servers of test");
    said(&t, "ns.zone: 10.0.0.2 asks for www.page.test (type 1): answers");
    said(&t, "web.site: 10.0.0.1:");
    said(&t, "asked GET /: 200, 12 bytes");
    said(&t, "c.get: 200, 12 B in");
    end(&t);
}

static void test_what_is_not_there(void **state)
{
    struct trial t;
    run(&t, "app c get http://www.page.test/nothing start 1s\napp c resolve none.test start 2s\n");
    said(&t, "asked GET /nothing: 404");
    said(&t, "ns.zone: 10.0.0.2 asks for none.test (type 1): knows no such name");
    end(&t);
}

static void test_a_crashed_server_comes_back_with_its_zone(void **state)
{
    struct trial t;
    run(&t, "at 1s..2s crash ns\nat 1s..2s crash r\napp c get http://www.page.test/ start 3s\n");
    said(&t, "c.get: 200, 12 B in");
    end(&t);
}

static void test_files_that_are_wrong(void **state)
{
    struct trial t;
    run(&t, "app web zone bad.zone\napp c zone none.zone\n");
    said(&t, "web.zone: bad.zone:2:7: ");
    said(&t, "c.zone: none.zone cannot be read");
    end(&t);
}

static void wrong(const char *line, const char *text)
{
    struct trial t;
    struct hp_plan_error error = {.text = ""};
    if (begin(&t, line, &error) != HP_EPROTO) fail_msg("%s was taken", line);
    if (!strstr(error.text, text)) fail_msg("%s: %s, not \"%s\"", line, error.text, text);
    end(&t);
}

static void test_arguments_that_are_wrong(void **state)
{
    wrong("app c zone\n", "is missing");
    wrong("app c recursor 10.0.0.3\n", "no NAME=ADDRESS");
    wrong("app c recursor a=10.0.0.3 allow all\n", "no prefix");
    wrong("app c site\n", "is missing");
    wrong("app c site www lgo\n", "does not know the word");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_page_by_name),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_a_crashed_server_comes_back_with_its_zone),
        cmocka_unit_test(test_files_that_are_wrong),
        cmocka_unit_test(test_arguments_that_are_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
