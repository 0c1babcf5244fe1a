/* The JSON form of a lab: anything is a plan or an error, and a plan written as JSON reads back as the same JSON. */
#include <stdlib.h>
#include <string.h>

#include "plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct hp_plan *fuzz_read(const char *text)
{
    struct hp_plan *plan;
    struct hp_plan_error error;
    char message[1024];
    int err = hp_plan_parse(text, strlen(text), hp_os_allocator(), &plan, &error);
    if (!err) return plan;
    if (err == HP_EPROTO) hp_plan_error_text(&error, "fuzz.json", message, sizeof message);
    return NULL;
}

/* NULL: it is no lab. */
static struct hp_plan *fuzz_from_json(const char *json, size_t n)
{
    char why[256] = "", *text = plan_json_to_text(json, n, why, sizeof why);
    if (!text && !why[0]) abort(); /* an error that says nothing */
    struct hp_plan *plan = text ? fuzz_read(text) : NULL;
    free(text);
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
