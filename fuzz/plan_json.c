/* The JSON form of a lab: anything is a plan or an error, and a plan written as JSON reads back as the same JSON. */
#include <stdlib.h>
#include <string.h>

#include "plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* An error has a place, which is in the JSON. */
static void fuzz_look_error(const struct hp_plan_error *e, const char *json, size_t n)
{
    char message[1024];
    uint32_t lines = 1;
    for (size_t i = 0; i < n; i++) lines += json[i] == '\n';
    if (!e->text[0] || !e->place.line || e->place.line > lines || !e->place.column) abort();
    hp_plan_error_text(e, "fuzz.json", message, sizeof message);
}

/* NULL: it is no lab. */
static struct hp_plan *fuzz_from_json(const char *json, size_t n)
{
    struct plan_made made;
    struct hp_plan_error error;
    struct hp_plan *plan = NULL;
    if (!plan_json_to_text(json, n, &made, &error)) {
        fuzz_look_error(&error, json, n);
        return NULL;
    }
    const struct hp_plan_origin origin = {json, n, made.mark, made.marks};
    const struct hp_plan_options options = {.origin = &origin};
    int err = hp_plan_read(made.text, strlen(made.text), &options, hp_os_allocator(), &plan, &error);
    if (err == HP_EPROTO) fuzz_look_error(&error, json, n);
    plan_made_free(&made);
    return plan;
}

static char *fuzz_write(struct hp_plan *plan)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    if (!f) abort();
    plan_write_json(f, plan);
    if (fclose(f)) abort();
    hp_plan_free(plan);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct hp_plan *plan = fuzz_from_json((const char *)data, n);
    if (!plan) return 0;
    char *once = fuzz_write(plan);
    struct hp_plan *again = fuzz_from_json(once, strlen(once));
    if (!again) {
        fprintf(stderr, "what was written does not read:\n%s\n", once);
        abort();
    }
    char *twice = fuzz_write(again);
    if (strcmp(once, twice) != 0) {
        fprintf(stderr, "once:\n%s\ntwice:\n%s\n", once, twice);
        abort();
    }
    free(once);
    free(twice);
    return 0;
}
