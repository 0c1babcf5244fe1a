/* report.html of a run: the scene of its world, with what its programs said, what struck, and how expectations ended. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab_run.h"
#include "scene.h"

enum { SCENE_MACHINES_MAX = 5000 };

/* A host that serves is drawn as a server. */
static bool scene_serves(const char *program)
{
    static const char *const serving[] = {"serve", "site", "dns", "zone", "recursor", NULL};
    size_t i = 0;
    while (serving[i] && strcmp(serving[i], program) != 0) i++;
    return serving[i] != NULL;
}

static void scene_nodes(struct scene *s, const struct hp_plan *plan)
{
    for (uint32_t i = 0; i < plan->nodes; i++) {
        if (plan->node[i].kind == HP_NODE_REPEATER) scene_kind(s, plan->node[i].name, "hub");
        if (plan->node[i].label) scene_label(s, plan->node[i].name, plan->node[i].label);
    }
    for (uint32_t i = 0; i < plan->apps; i++) {
        const struct hp_plan_node *n = &plan->node[plan->app[i].node];
        if (n->kind == HP_NODE_HOST && scene_serves(plan->app[i].program)) scene_kind(s, n->name, "server");
    }
}

bool lab_scene_watch(struct lab_run *r)
{
    char seed[24];
    if (r->file->plan->nodes > SCENE_MACHINES_MAX) {
        if (!r->quiet) fprintf(stderr, "hepta: no report.html: it shows %d machines at most\n", SCENE_MACHINES_MAX);
        return true;
    }
    r->scene = scene_new(&(struct scene_config){.title = r->file->plan->name});
    if (!r->scene || scene_watch(r->scene, hp_run_world(r->run))) return false;
    scene_nodes(r->scene, r->file->plan);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)r->seed);
    scene_fact(r->scene, "seed", seed);
    return true;
}

static void scene_said(const struct lab_run *r, const struct hp_run_event *e)
{
    const struct hp_plan *plan = r->file->plan;
    int32_t i = e->app ? hp_plan_find_app(plan, e->app) : HP_PLAN_NONE;
    const char *node = e->node ? e->node : i >= 0 ? plan->node[plan->app[i].node].name : NULL;
    scene_say(r->scene, e->time, node, 7, i >= 0 ? plan->app[i].program : "lab", e->text);
}

void lab_scene_news(const struct lab_run *r, const struct hp_run_event *e)
{
    if (!r->scene) return;
    if (e->kind == HP_RUN_FAULT) scene_fault(r->scene, e->time, e->text);
    if (e->kind == HP_RUN_SAID || e->kind == HP_RUN_BROKEN || (e->kind == HP_RUN_APP_ENDED && e->result)) scene_said(r, e);
    if (e->kind == HP_RUN_BROKEN)
        scene_expect(r->scene, &(struct scene_expect){.text = "nothing happens that cannot be", .time = e->time, .packet = e->packet, .why = e->text});
}

/* "it has not happened by then", and the last events before it, a line each. */
static char *scene_why(const struct hp_run_verdict *v)
{
    size_t n = v->why ? strlen(v->why) + 1 : 1;
    for (uint32_t i = 0; i < v->lasts; i++) n += strlen(v->last[i]) + 1;
    char *text = malloc(n), *at = text;
    if (!text) return NULL;
    at += snprintf(at, n, "%s", v->why ? v->why : "");
    for (uint32_t i = 0; i < v->lasts; i++) at += snprintf(at, n - (size_t)(at - text), "%s%s", at == text ? "" : "\n", v->last[i]);
    return text;
}

static bool scene_verdicts(const struct lab_run *r)
{
    struct hp_run_verdict v;
    for (unsigned i = 0; hp_run_verdict(r->run, i, &v); i++) {
        char *why = scene_why(&v);
        if (!why) {
            errno = ENOMEM;
            return false;
        }
        bool held = v.verdict == HP_VERDICT_HELD || v.verdict == HP_VERDICT_IDLE;
        scene_expect(r->scene, &(struct scene_expect){.text = v.text, .held = held, .time = v.time, .packet = v.pkt_id, .why = why[0] ? why : NULL});
        free(why);
    }
    return true;
}

bool lab_scene_write(struct lab_run *r, const char *path)
{
    char time[HP_TIME_TEXT], text[HP_TIME_TEXT + 4], failures[16];
    if (!scene_verdicts(r)) return false;
    snprintf(text, sizeof text, "%s s", hp_time_text(r->now, time, sizeof time));
    scene_fact(r->scene, "virtual time", text);
    snprintf(failures, sizeof failures, "%u", lab_run_failures(r));
    scene_fact(r->scene, "failures", failures);
    scene_end(r->scene);
    return scene_write_html(r->scene, path);
}
