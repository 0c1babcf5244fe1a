/* A machine is switched on: what the plan says of it becomes settings, addresses and routes of its stack; at the start, and whenever it
 * comes back from a crash. */
#include "hepta/proc.h"
#include "hepta/socket.h"
#include "hepta/wire.h"
#include "lab/run/run.h"

static int boot_congestion(struct hp_stack *s, const char *name)
{
    for (int i = 0; hp_congestion_name(i); i++)
        if (strcmp(hp_congestion_name(i), name) == 0) return hp_setting_set(s, "tcp.congestion", i);
    return HP_ENOENT;
}

/* The first that is refused, by name. */
static int boot_settings(struct hp_stack *s, const struct hp_plan_node *n, const char **wrong)
{
    int err = n->cc ? boot_congestion(s, n->cc) : HP_OK;
    *wrong = n->cc;
    for (uint32_t i = 0; i < n->settings && !err; i++) {
        *wrong = n->setting[i].name;
        err = hp_setting_set(s, n->setting[i].name, n->setting[i].value);
    }
    return err;
}

static int boot_interface(struct hp_run *r, struct hp_stack *s, uint32_t node, uint32_t k)
{
    const struct hp_plan_node *n = &r->plan->node[node];
    const struct hp_plan_interface *f = &n->interface[k];
    int link = hp_link_find(s, f->name), err = HP_OK;
    if (link < 0) return HP_OK; /* nothing is plugged in */
    if (f->no_slaac) err = hp_set_slaac(s, link, false);
    for (uint32_t i = 0; i < f->addresses && !err; i++) err = hp_addr_add(s, link, &f->address[i], HP_ADDR_NO_DAD);
    if (!err && f->advertise.len) err = hp_set_advertise(s, link, &f->advertise, 1800);
    if (err || !f->dhcp) return err;
    struct hp_dhcp *d = &r->node[node].dhcp[k];
    *d = (struct hp_dhcp){.link = link, .hostname = n->name};
    return hp_dhcp_start(s, d);
}

static int boot_routes(struct hp_stack *s, const struct run_node *n)
{
    int err = HP_OK;
    for (uint32_t i = 0; i < n->plan->routes && !err; i++) err = hp_route_add(s, &n->plan->route[i]);
    for (uint32_t i = 0; i < n->routes && !err; i++) {
        struct hp_route route = {.to = n->route[i].to, .gateway = n->route[i].gateway, .metric = 100};
        err = hp_route_add(s, &route);
    }
    return err;
}

static int boot_dhcp_room(struct hp_run *r, struct run_node *n)
{
    bool wanted = false;
    for (uint32_t k = 0; k < n->plan->interfaces; k++) wanted |= n->plan->interface[k].dhcp;
    if (!wanted || n->dhcp) return HP_OK;
    n->dhcp = mem_zalloc(r->mem, n->plan->interfaces * sizeof *n->dhcp);
    return n->dhcp ? HP_OK : HP_ENOMEM;
}

static int boot_stack(struct hp_run *r, struct hp_stack *s, uint32_t node, const char **wrong)
{
    struct run_node *n = &r->node[node];
    int err = boot_settings(s, n->plan, wrong);
    if (err || n->plan->kind == HP_NODE_SWITCH) return err;
    for (uint32_t k = 0; k < n->plan->interfaces && !err; k++) {
        *wrong = n->plan->interface[k].name;
        err = boot_interface(r, s, node, k);
    }
    if (err) return err;
    *wrong = "its routes";
    return boot_routes(s, n);
}

/* Everything that the plan says of the machine.  A plan that makes no sense is told at the first boot; what the machine's memory (the plan may
 * have bounded it) does not allow is news, not fatal. */
struct boot_nearest {
    struct hp_plan_error *error;
    const char *wrong, *word[2];
    char best[64];
};

static void boot_nearest_try(void *ctx, const struct hp_setting_info *info)
{
    struct boot_nearest *b = ctx;
    char full[64];
    struct text t = text_of(full, sizeof full);
    text_str(&t, info->proto);
    text_char(&t, '.');
    text_str(&t, info->name);
    const char *words[] = {b->best, full, NULL};
    if (hp_nearest(b->wrong, b->best[0] ? words : words + 1) == full) memcpy(b->best, full, sizeof full);
}

/* Where that was said, which may be a kind's line; or the machine's. */
static struct hp_plan_place boot_place(const struct hp_plan_node *n, const char *wrong)
{
    if (n->cc == wrong) return n->cc_place;
    for (uint32_t i = 0; i < n->settings; i++)
        if (n->setting[i].name == wrong) return n->setting[i].place;
    return n->place;
}

/* What the plan says of a machine that there is not: a congestion control, a setting. */
static int boot_unknown(struct hp_run *r, struct hp_stack *s, const struct hp_plan_node *n, const char *wrong, struct hp_plan_error *error)
{
    const char *names[16] = {NULL};
    struct boot_nearest b = {.wrong = wrong};
    for (int i = 0; i < 15 && hp_congestion_name(i); i++) names[i] = hp_congestion_name(i);
    if (n->cc == wrong)
        return hp_plan_complain(r->plan, error, n->cc_place, names, wrong, "%s: there is no congestion control \"%s\" (there are %s, %s, ...)", n->name, wrong,
                                names[0], names[1] ? names[1] : "");
    hp_settings_each(s, boot_nearest_try, &b);
    const char *words[] = {b.best, NULL};
    return hp_plan_complain(r->plan, error, boot_place(n, wrong), words, wrong, "%s has no setting \"%s\" (hepta show settings lists them)", n->name, wrong);
}

int boot_node(struct hp_run *r, uint32_t node, struct hp_plan_error *error)
{
    struct run_node *n = &r->node[node];
    const char *wrong = "";
    if (!run_is_machine(n->plan)) return HP_OK;
    struct hp_stack *s = hp_world_find(r->world, n->plan->name);
    if (!s) return HP_ENOENT;
    hp_stack_set_user(s, n);
    int err = boot_dhcp_room(r, n);
    if (err) return err;
    names_start(r, node);
    err = boot_stack(r, s, node, &wrong);
    n->broken = err != HP_OK;
    if (err == HP_ENOENT && error && (wrong == n->plan->cc || strchr(wrong, '.'))) return boot_unknown(r, s, n->plan, wrong, error);
    if (err && err != HP_ENOMEM && error)
        return hp_plan_complain(r->plan, error, boot_place(n->plan, wrong), NULL, NULL, "%s cannot boot: %s: %s", n->plan->name, wrong, hp_err_text(err));
    if (err) run_news(r, HP_RUN_SAID, n->plan->name, NULL, hp_err_text(err), err, 0);
    return HP_OK;
}

/* Nobody is left on it: programs, and what they share. */
void boot_quiet(struct hp_run *r, uint32_t node)
{
    struct run_node *n = &r->node[node];
    struct hp_stack *s = n->plan && run_is_machine(n->plan) ? hp_world_find(r->world, n->plan->name) : NULL;
    if (!s) return;
    hp_programs_cancel(s);
    while (hp_programs_count(s)) hp_programs_run(s);
    hp_resolver_free(s, &n->resolver);
}

int hp_run_crash(struct hp_run *r, const char *node)
{
    int32_t i = hp_plan_find_node(r->plan, node);
    if (i < 0 || !run_is_machine(&r->plan->node[i])) return HP_ENOENT;
    if (!hp_world_find(r->world, node)) return HP_EALREADY;
    apps_cut(r, (uint32_t)i);
    boot_quiet(r, (uint32_t)i);
    hp_world_crash(r->world, node);
    return HP_OK;
}

int hp_run_restart(struct hp_run *r, const char *node)
{
    int32_t i = hp_plan_find_node(r->plan, node);
    if (i < 0 || !run_is_machine(&r->plan->node[i])) return HP_ENOENT;
    if (hp_world_find(r->world, node)) return HP_EALREADY;
    if (!hp_world_restart(r->world, node)) return HP_ENOMEM;
    int err = boot_node(r, (uint32_t)i, NULL);
    if (!err) apps_boot(r, (uint32_t)i);
    return err;
}
