/* hepta lab: the verbs that work on described networks, and what they share. */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include "cli.h"

/* Verbs of `hepta lab` (lab.c): argv[0] is "check". */
int lab_verb_check(int argc, char **argv);
int lab_verb_draw(int argc, char **argv);
int lab_verb_export(int argc, char **argv);
int lab_verb_import(int argc, char **argv);

/* ---- plan_json.c: jansson ---- */
/* JSON to the lab language, and where each word of it came from.  false: `error` says what is wrong. */
struct plan_made {
    char *text;
    struct hp_plan_mark *mark;
    uint32_t marks;
};
bool plan_json_to_text(const char *json, size_t n, struct plan_made *made, struct hp_plan_error *error);
void plan_made_free(struct plan_made *made);
/* ---- plan_write.c ---- */
void plan_write_json(FILE *f, const struct hp_plan *plan);
void plan_write_dot(FILE *f, const struct hp_plan *plan);
void plan_write_word(FILE *f, const struct hp_plan_word *w);     /* as the lab language writes it */
const char *plan_write_kind(enum hp_node_kind kind);
/* ---- plan_clab.c: libyaml ---- */
/* A containerlab topology as lab language, to f; false: `why` says what is wrong, and where; true: what was left out, or "". */
bool plan_clab_to_text(const char *yaml, size_t n, FILE *f, char *why, size_t why_n);

#endif
