/* JSON that is known to be good (run.json, and a lab that jansson has read): members of one object, by name.  It ends by itself, or with a 0. */
#ifndef CLI_LAB_JSON_H
#define CLI_LAB_JSON_H

#include "cli.h"

/* Where the value of this member of the object begins, or NULL: there is none, or the text is not JSON up to there. */
const char *lab_json_find(const char *json, const char *key);
/* Where the name of this member stands, or NULL. */
const char *lab_json_key(const char *json, const char *key);
/* A string; false: it is none, or does not fit. */
bool lab_json_text(const char *value, char *buf, size_t n);
/* The i-th element of an array, or NULL. */
const char *lab_json_element(const char *array, unsigned i);
/* The element behind this one, or NULL. */
const char *lab_json_next(const char *element);
/* Two values, byte by byte; both may be NULL. */
bool lab_json_same(const char *a, const char *b);

/* ---- lab_record.c ---- */

/* What a folder, or the run.json in it, says of a run. */
struct lab_record {
    char folder[4096], path[4200], file[4096], faults[4096], lab[256];
    char sha256[80], faults_sha256[80];
    bool has_faults, interrupted, all;  /* all: its events.jsonl was written with --all */
    uint64_t seed;
    hp_time until;
    char (*digest)[20];
    uint32_t digests;
    char *json;
};
bool lab_record_read(struct lab_record *r, const char *path);   /* or says what is wrong */
void lab_record_free(struct lab_record *r);

#endif
