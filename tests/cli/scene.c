/* The recorder: what a world did is in the scene, within its bounds, and the JSON survives whatever stands in it. */
#include "hepta/hepta.h"
#include "scene_inside.h"
#include "support/test.h"
#include "viewer.h"
#include "wire/dissect.h"

enum { PAGE = 200000 };
static const struct hp_memory_file scene_files[] = {{"/p", NULL, (uint8_t[PAGE]){0}, PAGE}, {NULL, NULL, NULL, 0}};

/* a - sw - r - b; a fetches a page from b. */
struct run {
    struct hp_world *world;
    struct hp_http_server http;
    struct scene *scene;
    int result;
    bool ended;
};

static void run_get(struct hp_stack *s, void *arg)
{
    struct run *r = arg;
    struct hp_http_get get = {.url = "http://10.2.0.2/p"};
    r->result = hp_http_get(s, &get);
    hp_sleep(s, HP_MS(500));
    r->ended = true;
}

static bool run_ended(void *ctx) { return ((struct run *)ctx)->ended; }

static void run_begin(struct run *r, const char *loss, const struct scene_config *config)
{
    *r = (struct run){.world = hp_world_new(5, hp_os_allocator())};
    struct hp_cable_config cable = {.way = {.rate = 100000000, .delay = HP_MS(1)}};
    struct hp_stack *a = hp_world_host(r->world, "a");
    hp_world_switch(r->world, "sw");
    hp_world_router(r->world, "r");
    struct hp_stack *b = hp_world_host(r->world, "b");
    assert_non_null(hp_world_cable(r->world, "a", "sw", &cable));
    assert_non_null(hp_world_cable(r->world, "sw", "r", &cable));
    assert_true(hp_share_parse(loss, &cable.way.faults.loss));
    assert_non_null(hp_world_cable(r->world, "r", "b", &cable));
    assert_int_equal(hp_world_address(r->world, "a", "eth0", "10.1.0.2/24") | hp_world_address(r->world, "r", "eth0", "10.1.0.1/24") |
                     hp_world_address(r->world, "r", "eth1", "10.2.0.1/24") | hp_world_address(r->world, "b", "eth0", "10.2.0.2/24") |
                     hp_world_route(r->world, "a", "0.0.0.0/0", "10.1.0.1") | hp_world_route(r->world, "b", "0.0.0.0/0", "10.2.0.1"), 0);
    r->http.files = hp_memory_files(scene_files);
    r->scene = scene_new(config);
    assert_non_null(r->scene);
    assert_int_equal(scene_watch(r->scene, r->world), HP_OK);
    assert_int_equal(hp_http_serve(b, &r->http), HP_OK);
    assert_int_equal(hp_spawn(a, "get", run_get, r, 256 * 1024), HP_OK);
    hp_world_run(r->world, HP_S(60), run_ended, r);
    assert_true(r->ended);
    assert_int_equal(r->result, HP_OK);
    scene_end(r->scene);
}

static void run_end(struct run *r)
{
    hp_world_free(r->world); /* first: its machines say that they close */
    scene_free(r->scene);
}

static struct scene_frame *frame_of(const struct run *r, size_t i) { return SCENE_AT(r->scene->frames, struct scene_frame, i); }
static struct scene_cable *cable_of(const struct run *r, size_t i) { return SCENE_AT(r->scene->cables, struct scene_cable, i); }

static char *run_json(const struct run *r, size_t *n)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, n);
    assert_true(scene_write_json(r->scene, f));
    fclose(f);
    return text;
}

/* ---- nothing is missing, if there is room ---- */

static void test_every_frame_is_there(void **state)
{
    struct run r;
    run_begin(&r, "0", &(struct scene_config){.snap = 2000});
    uint64_t sent = 0;
    for (size_t i = 0; i < r.scene->cables.count; i++) sent += cable_of(&r, i)->stats[0].frames + cable_of(&r, i)->stats[1].frames;
    assert_int_equal(r.scene->frames.count, sent);
    assert_int_equal(r.scene->frames_seen, sent);
    for (size_t i = 0; i < r.scene->frames.count; i++) {
        const struct scene_frame *f = frame_of(&r, i);
        assert_int_equal(f->bytes_n, f->len);
        assert_int_equal(f->drop, 0);
        assert_true(f->out == SCENE_FLYING || f->out >= f->in + HP_MS(1));
    }
    run_end(&r);
}

struct replay {
    const struct scene *s;
    const struct scene_frame *f;
    size_t field, diff;
};

static void replay_field(void *ctx, const struct dissect_field *d)
{
    struct replay *p = ctx;
    const struct scene_shape *sh = SCENE_AT(p->s->shapes, struct scene_shape, p->f->shape);
    const struct scene_field *f = SCENE_AT(sh->fields, struct scene_field, p->field);
    const uint32_t *pair = (const uint32_t *)p->s->diffs.at + 2 * ((size_t)p->f->diff + p->diff);
    uint32_t text = *SCENE_AT(sh->texts, uint32_t, p->field);
    if (p->diff < p->f->diff_n && pair[0] == p->field) {
        text = pair[1];
        p->diff++;
    }
    assert_string_equal(scene_text_of(p->s, f->name), d->name);
    assert_string_equal(scene_text_of(p->s, text), d->text);
    assert_int_equal(f->at, d->at);
    assert_int_equal(f->n, d->n);
    assert_int_equal(f->depth, d->depth);
    p->field++;
}

static void test_fields_are_those_of_the_bytes(void **state)
{
    struct run r;
    run_begin(&r, "0", &(struct scene_config){.snap = 2000});
    for (size_t i = 0; i < r.scene->frames.count; i++) {
        const struct scene_frame *f = frame_of(&r, i);
        struct replay p = {r.scene, f, 0, 0};
        dissect((struct hp_bytes){(const uint8_t *)r.scene->bytes.at + f->bytes, f->bytes_n}, DISSECT_ETHERNET, replay_field, &p);
        assert_int_equal(p.field, SCENE_AT(r.scene->shapes, struct scene_shape, f->shape)->fields.count);
        assert_int_equal(p.diff, f->diff_n);
    }
    run_end(&r);
}

static void test_connection_and_states_of_both_ends(void **state)
{
    struct run r;
    run_begin(&r, "0", &(struct scene_config){0});
    assert_int_equal(r.scene->conns.count, 1);
    const struct scene_conn *c = SCENE_AT(r.scene->conns, struct scene_conn, 0);
    assert_string_equal(scene_text_of(r.scene, c->b), "10.2.0.2:80");
    assert_int_equal(c->node_a, scene_find_node(r.scene, "a"));
    assert_int_equal(c->node_b, scene_find_node(r.scene, "b"));
    char key[2][160];
    snprintf(key[0], sizeof key[0], "%s > %s", scene_text_of(r.scene, c->a), scene_text_of(r.scene, c->b));
    snprintf(key[1], sizeof key[1], "%s > %s", scene_text_of(r.scene, c->b), scene_text_of(r.scene, c->a));
    int established = 0;
    for (size_t i = 0; i < r.scene->events_list.count; i++) {
        const struct scene_event *e = SCENE_AT(r.scene->events_list, struct scene_event, i);
        if (strcmp(scene_text_of(r.scene, e->to), "ESTABLISHED") != 0) continue;
        assert_string_equal(scene_text_of(r.scene, e->key), key[e->node == c->node_b]);
        established++;
    }
    assert_int_equal(established, 2);
    run_end(&r);
}

/* ---- losses and bounds ---- */

static void test_losses_and_what_goes_again(void **state)
{
    struct run r;
    run_begin(&r, "3%", &(struct scene_config){0});
    unsigned lost = 0, again = 0;
    for (size_t i = 0; i < r.scene->frames.count; i++) {
        const struct scene_frame *f = frame_of(&r, i);
        lost += f->drop == HP_DROP_WIRE_LOSS;
        again += f->again;
    }
    assert_true(lost > 0 && again > 0);
    assert_int_equal(lost, cable_of(&r, 2)->stats[0].lost + cable_of(&r, 2)->stats[1].lost);
    assert_int_equal(again, hp_counter(hp_world_find(r.world, "b"), "tcp.retransmits") + hp_counter(hp_world_find(r.world, "a"), "tcp.retransmits"));
    run_end(&r);
}

static void test_bounds_keep_the_story(void **state)
{
    struct run r;
    run_begin(&r, "1%", &(struct scene_config){.frames_max = 200, .snap = 40, .events_max = 10});
    assert_true(r.scene->frames_seen > 400);
    assert_true(r.scene->frames.count <= 200);
    assert_int_equal(r.scene->events_list.count, 10);
    assert_true(r.scene->events_left_out > 0);
    unsigned syn = 0, fin = 0;
    int64_t left_out = r.scene->left_out;
    for (size_t i = 0; i < r.scene->frames.count; i++) {
        const struct scene_frame *f = frame_of(&r, i);
        assert_true(f->bytes_n <= 40);
        syn += f->flags >> 1 & 1;
        fin += f->flags & 1;
        left_out += f->left_out;
    }
    assert_int_equal(syn, 2 * 3); /* SYN and SYN ACK, on three cables */
    assert_true(fin >= 2 * 3 - 1);
    assert_int_equal(left_out, r.scene->frames_seen - r.scene->frames.count);
    run_end(&r);
}

static void test_a_sampled_packet_is_on_all_its_cables(void **state)
{
    struct run r;
    run_begin(&r, "0", &(struct scene_config){.frames_max = 300});
    unsigned tcp = 0;
    for (size_t i = 0; i < r.scene->frames.count; i++) {
        unsigned cables = 0;
        if (frame_of(&r, i)->conn < 0 || frame_of(&r, i)->out == SCENE_FLYING) continue;
        for (size_t k = 0; k < r.scene->frames.count; k++) cables |= frame_of(&r, k)->id == frame_of(&r, i)->id ? 1u << frame_of(&r, k)->cable : 0;
        if (r.scene->frames.count < 300) assert_int_equal(cables, 7);
        tcp++;
    }
    assert_true(tcp > 30);
    run_end(&r);
}

/* ---- out ---- */

static void test_the_same_run_gives_the_same_bytes(void **state)
{
    struct run r;
    size_t n[2];
    char *json[2];
    for (int i = 0; i < 2; i++) {
        run_begin(&r, "2%", &(struct scene_config){.title = "t"});
        json[i] = run_json(&r, &n[i]);
        run_end(&r);
    }
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(json[0], json[1], n[0]);
    free(json[0]);
    free(json[1]);
}

static void test_no_text_ends_the_element(void **state)
{
    struct run r;
    size_t n;
    run_begin(&r, "0", &(struct scene_config){.title = "</script><!-- \"\\\n\x01\xff\xed\xa0\x80 \xea\xb0\x80"});
    scene_fact(r.scene, "</script>", "</script>");
    scene_step(r.scene, &(struct scene_step){.title = "<b>", .text = "</SCRIPT>", .end = 5, .packets = (uint64_t[]){1, 2}, .packet_count = 2});
    scene_page(r.scene, "</script>", (struct hp_bytes){(const uint8_t *)"\0\1\2\3", 4}, "<p>");
    scene_load(r.scene, &(struct scene_load){.url = "<", .note = "<"});
    scene_expect(r.scene, &(struct scene_expect){.text = "<", .why = "</script"});
    scene_fault(r.scene, 1, "<");
    scene_symbols(r.scene, "<", 1, "<", &(struct scene_run){"<", (const uint8_t[]){1, 0, 1}, 3}, 1);
    char *json = run_json(&r, &n);
    assert_null(strchr(json, '<'));
    assert_null(memchr(json, 0xff, n));
    assert_null(strstr(json, "\xed\xa0"));
    assert_non_null(strstr(json, "\\u003c/script>"));
    assert_non_null(strstr(json, "\xea\xb0\x80"));
    assert_non_null(strstr(json, "\"png\":\"AAECAw==\""));
    assert_non_null(strstr(json, "\"bits\":\"101\""));
    free(json);
    run_end(&r);
}

static void test_the_page_holds_the_scene(void **state)
{
    struct run r;
    char path[] = "/tmp/hepta-scene-XXXXXX";
    int fd = mkstemp(path);
    size_t n, size = 64u << 20;
    run_begin(&r, "0", &(struct scene_config){0});
    assert_true(fd >= 0 && scene_write_html(r.scene, path));
    FILE *f = fdopen(fd, "r");
    char *page = calloc(1, size), *json = run_json(&r, &n);
    assert_true(fread(page, 1, size - 1, f) > n);
    assert_non_null(strstr(page, json));
    assert_null(strstr(page, "@SCENE@"));
    assert_null(strstr(page, "http://cdn"));
    assert_int_equal(strncmp(page, "<!doctype html>", 15), 0);
    fclose(f);
    remove(path);
    assert_false(scene_write_html(r.scene, "/nowhere/at/all.html"));
    free(page);
    free(json);
    run_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_frame_is_there),
        cmocka_unit_test(test_fields_are_those_of_the_bytes),
        cmocka_unit_test(test_connection_and_states_of_both_ends),
        cmocka_unit_test(test_losses_and_what_goes_again),
        cmocka_unit_test(test_bounds_keep_the_story),
        cmocka_unit_test(test_a_sampled_packet_is_on_all_its_cables),
        cmocka_unit_test(test_the_same_run_gives_the_same_bytes),
        cmocka_unit_test(test_no_text_ends_the_element),
        cmocka_unit_test(test_the_page_holds_the_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
