/* Lab files: anything is a plan or an error with a place, and what was read can be complained of anywhere.  Memory is bounded: running out of it is
 * an ordinary answer. */
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "hepta/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { FUZZ_MEMORY = 48 << 20 };

struct fuzz_memory {
    size_t held, most;
    uint64_t fail_at;
};

static void *fuzz_alloc(void *ctx, size_t n)
{
    struct fuzz_memory *m = ctx;
    if ((m->fail_at && --m->fail_at == 0) || n > m->most - m->held) return NULL;
    m->held += n;
    return malloc(n ? n : 1);
}

static void fuzz_free(void *ctx, void *p, size_t n)
{
    ((struct fuzz_memory *)ctx)->held -= n;
    free(p);
}

/* The file "rest" is what comes behind a form feed. */
static int fuzz_open(void *ctx, const char *from, const char *name, const char **text, size_t *n)
{
    const struct hp_bytes *rest = ctx;
    if (strcmp(name, "rest") == 0) {
        *text = rest->n ? (const char *)rest->p : "";
        *n = rest->n;
        return HP_OK;
    }
    *text = strcmp(name, "self") == 0 ? "include self\n" : "host included ip 10.9.9.9/24\n";
    *n = strlen(*text);
    return strcmp(name, "none") == 0 ? HP_ENOENT : HP_OK;
}

static void fuzz_look(const struct hp_plan_error *e)
{
    char text[1024];
    assert(strlen(e->text) < sizeof e->text && strlen(e->line) < sizeof e->line && strlen(e->hint) < sizeof e->hint);
    hp_plan_error_text(e, "fuzz.lab", text, sizeof text);
}

static void fuzz_problem(void *ctx, const struct hp_plan_error *e) { fuzz_look(e); }

static void fuzz_plan(const struct hp_plan *p)
{
    struct hp_plan_error e;
    for (uint32_t i = 0; i < p->nodes; i++) assert(hp_plan_find_node(p, p->node[i].name) == (int32_t)i);
    for (uint32_t i = 0; i < p->cables; i++) {
        const struct hp_plan_cable *c = &p->cable[i];
        assert(hp_plan_find_cable(p, c->name) == (int32_t)i && c->node[0] != c->node[1]);
        assert(!c->config.back || c->config.back == &c->back);
        for (int end = 0; end < 2; end++) {
            assert(c->node[end] < p->nodes && c->interface[end] < p->node[c->node[end]].interfaces);
            const struct hp_plan_interface *f = &p->node[c->node[end]].interface[c->interface[end]];
            assert(f->cable == (int32_t)i && f->end == end && hp_plan_find_interface(p, c->node[end], f->name) == (int32_t)c->interface[end]);
        }
    }
    for (uint32_t i = 0; i < p->apps; i++) assert(p->app[i].node < p->nodes && hp_plan_find_app(p, p->app[i].name) == (int32_t)i);
    for (uint32_t i = 0; i < p->expects && i < 100; i++) {
        hp_plan_complain_name(p, &e, p->expect[i].place, HP_PLAN_NODES | HP_PLAN_CABLES | HP_PLAN_APPS, p->expect[i].words.word[0].text);
        fuzz_look(&e);
    }
    hp_plan_check(p, NULL, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct fuzz_memory memory = {.most = FUZZ_MEMORY};
    const struct hp_allocator allocator = {fuzz_alloc, fuzz_free, &memory};
    const uint8_t *feed = n ? memchr(data, '\f', n) : NULL;
    struct hp_bytes rest = feed ? bytes_of(feed + 1, (size_t)(data + n - feed - 1)) : bytes_of(NULL, 0);
    const struct hp_plan_options options = {.open = fuzz_open, .problem = n % 2 ? fuzz_problem : NULL, .ctx = &rest};
    if (feed) n = (size_t)(feed - data);
    struct hp_plan *plan;
    struct hp_plan_error e;
    if (n && data[0] < 32 && data[0] != '\n') memory.fail_at = data[0]; /* the n-th allocation fails */
    int err = hp_plan_read((const char *)data, n, &options, &allocator, &plan, &e);
    if (err == HP_EPROTO) fuzz_look(&e);
    if (!err) fuzz_plan(plan);
    if (!err) hp_plan_free(plan);
    assert(!memory.held);
    return 0;
}
