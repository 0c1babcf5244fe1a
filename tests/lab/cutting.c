/* Where a world is cut: equal work, far apart, little traffic between; and what must stay together does. */
#include <stdio.h>

#include "hepta/os.h"
#include "lab/world.h"
#include "support/test.h"

enum { SWITCHES = 10, LEAVES = 20 };

static struct world_node *node(struct hp_world *w, const char *name)
{
    struct world_node *n = world_find_node(w, name);
    assert_non_null(n);
    return n;
}

static void cable(struct hp_world *w, const char *a, const char *b, hp_time delay)
{
    assert_non_null(hp_world_cable(w, a, b, &(struct hp_cable_config){.way = {.rate = 1000000000, .delay = delay}}));
}

/* A server, a router, switches with leaves, as everybody asks the server: of six steps of an exchange the server has one, the router two, a
 * switch two, a leaf one. */
static struct hp_world *tree(void)
{
    struct hp_world *w = hp_world_new(1, hp_os_allocator());
    char name[16], leaf[16];
    assert_non_null(hp_world_router(w, "root"));
    assert_non_null(hp_world_host(w, "server"));
    cable(w, "server", "root", HP_US(10));
    node(w, "root")->steps = 2 * SWITCHES * LEAVES;
    node(w, "server")->steps = SWITCHES * LEAVES;
    for (int i = 0; i < SWITCHES; i++) {
        snprintf(name, sizeof name, "sw%d", i);
        assert_non_null(hp_world_switch(w, name));
        cable(w, "root", name, HP_US(10));
        node(w, name)->steps = 2 * LEAVES;
        for (int k = 0; k < LEAVES; k++) {
            snprintf(leaf, sizeof leaf, "h%d.%d", i, k);
            assert_non_null(hp_world_host(w, leaf));
            cable(w, leaf, name, HP_US(5));
            node(w, leaf)->steps = 1;
        }
    }
    for (int i = 0; i < 64; i++) w->share[i] = 1000;
    return w;
}

static uint64_t load_of(const struct hp_world *w, uint32_t part)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < w->machines.count; i++)
        if (world_machine(w, i)->chosen == part) sum += world_machine(w, i)->steps;
    return sum;
}

static void test_a_tree_is_cut_at_its_trunk(void **state)
{
    struct hp_world *w = tree();
    hp_time ahead;
    assert_int_equal(cutting_plan(w, 2, &ahead), 2);
    assert_int_equal(ahead, HP_US(10) + 672); /* not at the leaves' cables */
    assert_int_equal(load_of(w, 0) + load_of(w, 1), 6 * SWITCHES * LEAVES);
    assert_in_range(load_of(w, 0), 3 * SWITCHES * LEAVES - 3 * LEAVES, 3 * SWITCHES * LEAVES + 3 * LEAVES);
    for (uint32_t i = 0; i < w->cables.count; i++) {
        const struct world_cable *k = world_cable(w, i);
        if (hp_cable_lookahead(k->cable) < ahead) assert_int_equal(k->node[0]->chosen, k->node[1]->chosen);
    }
    hp_world_free(w);
}

static void test_shares_are_kept(void **state)
{
    struct hp_world *w = tree();
    hp_time ahead;
    w->share[1] = 2000;
    assert_int_equal(cutting_plan(w, 2, &ahead), 2);
    assert_in_range(load_of(w, 0), 2 * SWITCHES * LEAVES - 3 * LEAVES, 2 * SWITCHES * LEAVES + 3 * LEAVES);
    hp_world_free(w);
}

static void test_a_hub_and_half_duplex_stay_together(void **state)
{
    struct hp_world *w = hp_world_new(1, hp_os_allocator());
    hp_time ahead;
    static const char *const host[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; i++) {
        assert_non_null(hp_world_host(w, host[i]));
        node(w, host[i])->steps = 100;
    }
    for (int i = 0; i < 64; i++) w->share[i] = 1;
    assert_non_null(hp_world_hub(w, "hub"));
    cable(w, "a", "hub", HP_MS(1));
    cable(w, "b", "hub", HP_MS(1));
    assert_non_null(hp_world_cable(w, "c", "d", &(struct hp_cable_config){.way = {.rate = 10000000, .delay = HP_MS(1)}, .half_duplex = true}));
    assert_int_equal(cutting_plan(w, 2, &ahead), 1); /* there is nothing to cut */
    cable(w, "b", "c", HP_US(3));
    assert_int_equal(cutting_plan(w, 2, &ahead), 2);
    assert_int_equal(ahead, HP_US(3) + 672);
    assert_int_equal(node(w, "a")->chosen, node(w, "b")->chosen);
    assert_int_equal(node(w, "a")->chosen, node(w, "hub")->chosen);
    assert_int_equal(node(w, "c")->chosen, node(w, "d")->chosen);
    assert_int_not_equal(node(w, "a")->chosen, node(w, "c")->chosen);
    hp_world_free(w);
}

static void test_one_that_has_all_the_work_is_not_cut(void **state)
{
    struct hp_world *w = tree();
    hp_time ahead;
    node(w, "root")->steps = 1000000;
    assert_int_equal(cutting_plan(w, 2, &ahead), 1);
    for (uint32_t i = 0; i < w->machines.count; i++) world_machine(w, i)->steps = 0;
    assert_int_equal(cutting_plan(w, 2, &ahead), 1); /* nobody has any */
    hp_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tree_is_cut_at_its_trunk),
        cmocka_unit_test(test_shares_are_kept),
        cmocka_unit_test(test_a_hub_and_half_duplex_stay_together),
        cmocka_unit_test(test_one_that_has_all_the_work_is_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
