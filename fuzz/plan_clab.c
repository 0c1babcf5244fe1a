/* Topologies of containerlab: anything becomes lines of the lab language, which read as a plan or have a place to complain of, or an error that says where. */
#include <stdlib.h>
#include <string.h>

#include "plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char why[256] = "", message[1024], *text = NULL;
    size_t length;
    struct hp_plan *plan;
    struct hp_plan_error error;
    FILE *f = open_memstream(&text, &length);
    if (!f) abort();
    bool read = plan_clab_to_text((const char *)data, n, f, why, sizeof why);
    if (fclose(f) || (!read && !why[0])) abort();
    int err = read ? hp_plan_parse(text, length, hp_os_allocator(), &plan, &error) : HP_EPROTO;
    if (!err) hp_plan_free(plan);
    else if (read && err == HP_EPROTO && (!error.text[0] || !error.place.line)) abort();
    else if (read && err == HP_EPROTO) hp_plan_error_text(&error, "import.lab", message, sizeof message);
    free(text);
    return 0;
}
