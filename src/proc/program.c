/* Programs: a list of fibers per stack and a run queue, in the order in which they became ready: same seed, same order.
 *
 * hp_programs_run() runs those that are ready when it begins, each until it waits; those that become ready meanwhile have their turn after the next step. */
#include "proc/program.h"

/* ---- the run queue ---- */

void program_ready(struct program *p)
{
    struct programs *ps = programs_of(p->s);
    if (p->ready) return;
    p->ready = true;
    p->run_next = NULL;
    *ps->run_last = p;
    ps->run_last = &p->run_next;
    if (!p->s->stepping) p->s->busy = true;
}

static struct program *program_take_ready(struct programs *ps)
{
    struct program *p = ps->run_first;
    ps->run_first = p->run_next;
    if (!ps->run_first) ps->run_last = &ps->run_first;
    p->ready = false;
    return p;
}

void program_yield(struct program *p)
{
    struct programs *ps = programs_of(p->s);
    ps->switches++;
    fiber_leave(&p->fiber, &ps->outside, false);
}

/* ---- life ---- */

static void program_main(void *arg)
{
    struct program *p = arg;
    struct programs *ps = programs_of(p->s);
    fiber_arrived(&ps->outside);
    p->fn(p->s, p->arg);
    p->ended = true;
    fiber_leave(&p->fiber, &ps->outside, true);
}

static void program_fire(struct hp_stack *s, struct hp_timer *t)
{
    program_ready((struct program *)(void *)((char *)t - offsetof(struct program, timer)));
}

static int program_spawn(struct hp_stack *s, const char *name, void (*fn)(struct hp_stack *s, void *arg), void *arg, size_t stack_bytes, bool head,
                         struct program **out)
{
    struct programs *ps = programs_of(s);
    if (!fn) return HP_EINVAL;
    if (!ps) return HP_EOPNOTSUPP;      /* proc_proto is not on the profile */
    if (ps->canceled || (ps->current && ps->current->canceled)) return HP_ECANCELED;
    struct program *p = mem_zalloc(s->mem, sizeof *p);
    if (!p) return HP_ENOMEM;
    int err = fiber_init(s->mem, &p->fiber, stack_bytes, program_main, p);
    if (err) {
        mem_free(s->mem, p, sizeof *p);
        return err;
    }
    p->s = s;
    p->fn = fn;
    p->arg = arg;
    p->timer.fire = program_fire;
    p->timer.at = HP_NEVER;
    p->number = (uint32_t)++s->objects;
    p->family = head ? p->number : ps->current ? ps->current->family : 0;
    struct text t = text_of(p->name, sizeof p->name);
    text_str(&t, name ? name : "program");
    p->prev = ps->last;
    *ps->last = p;
    ps->last = &p->next;
    ps->count++;
    ps->spawned++;
    trace_state(s, 5, "program", p->number, p->name, "new", "ready");
    program_ready(p);
    *out = p;
    return HP_OK;
}

int hp_spawn(struct hp_stack *s, const char *name, void (*fn)(struct hp_stack *s, void *arg), void *arg, size_t stack_bytes)
{
    struct program *p;
    return program_spawn(s, name, fn, arg, stack_bytes, false, &p);
}

int hp_spawn_family(struct hp_stack *s, const char *name, void (*fn)(struct hp_stack *s, void *arg), void *arg, size_t stack_bytes, uint32_t *family)
{
    struct program *p;
    int err = program_spawn(s, name, fn, arg, stack_bytes, true, &p);
    *family = err ? 0 : p->family;
    return err;
}

/* What a program leaves: nothing but its stack, since a wait takes back what it set up.  One that is abandoned in the midst of a wait is on no
 * list either: it was refused. */
static void program_free(struct program *p)
{
    struct hp_stack *s = p->s;
    struct programs *ps = programs_of(s);
    assert(!p->wait_count);
    trace_state(s, 5, "program", p->number, p->name, "ready", p->ended ? "ended" : "abandoned");
    timer_remove(s, &p->timer);
    *p->prev = p->next;
    if (p->next) p->next->prev = p->prev;
    else ps->last = p->prev;
    ps->count--;
    if (p->ended) ps->ended++;
    else ps->abandoned++;
    fiber_free(s->mem, &p->fiber);
    mem_free(s->mem, p, sizeof *p);
}

/* ---- running ---- */

static void program_run(struct program *p)
{
    struct hp_stack *s = p->s;
    struct programs *ps = programs_of(s);
    ps->current = p;
    s->wait = program_wait;
    fiber_enter(&ps->outside, &p->fiber);
    s->wait = NULL;
    ps->current = NULL;
    if (p->ended || p->refused > PROGRAM_PATIENCE_MAX) program_free(p);
}

bool hp_programs_run(struct hp_stack *s)
{
    struct programs *ps = programs_of(s);
    if (!ps || ps->current || !ps->run_first) return false;
    assert(!s->stepping);
    struct program **end = ps->run_last;
    bool last = false;
    while (!last) {
        struct program *p = ps->run_first;
        last = &p->run_next == end;
        program_take_ready(ps);
        program_run(p);
    }
    return true;
}

int hp_programs_count(const struct hp_stack *s) { return programs_of(s) ? programs_of(s)->count : 0; }

void hp_programs_cancel(struct hp_stack *s)
{
    struct programs *ps = programs_of(s);
    if (!ps) return;
    ps->canceled = true;
    for (struct program *p = ps->first; p; p = p->next)
        if (p != ps->current) program_ready(p);
}

int hp_family_count(const struct hp_stack *s, uint32_t family)
{
    const struct programs *ps = programs_of(s);
    int n = 0;
    for (const struct program *p = ps && family ? ps->first : NULL; p; p = p->next) n += p->family == family;
    return n;
}

void hp_family_cancel(struct hp_stack *s, uint32_t family)
{
    struct programs *ps = programs_of(s);
    for (struct program *p = ps && family ? ps->first : NULL; p; p = p->next) {
        if (p->family != family) continue;
        p->canceled = true;
        if (p != ps->current) program_ready(p);
    }
}

bool hp_in_program(const struct hp_stack *s) { return programs_of(s) && programs_of(s)->current; }

/* ---- the protocol that brings programs to a profile ---- */

static int proc_start(struct hp_stack *s, void *state)
{
    struct programs *ps = state;
    ps->last = &ps->first;
    ps->run_last = &ps->run_first;
    s->programs = ps;
    s->wake = program_wake;
    s->forget = program_forget;
    return HP_OK;
}

static void proc_stop(struct hp_stack *s, void *state)
{
    struct programs *ps = state;
    assert(!ps->current);
    hp_programs_cancel(s);
    while (ps->count) hp_programs_run(s);
    s->programs = NULL;
    s->wake = NULL;
    s->forget = NULL;
}

static const struct hp_counter proc_counters[] = {
    HP_COUNTER(struct programs, spawned, "programs that were started"),
    HP_COUNTER(struct programs, ended, "programs that came to their end"),
    HP_COUNTER(struct programs, abandoned, "programs that would not end when they were told to"),
    HP_COUNTER(struct programs, switches, "how often a program waited"),
    {0},
};

const struct hp_proto proc_proto = {
    .name = "proc",
    .layer = 5,
    .state_size = sizeof(struct programs),
    .start = proc_start,
    .stop = proc_stop,
    .counters = proc_counters,
};
