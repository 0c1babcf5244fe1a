/* A crew: threads that wait for one task after the other, each too short to be worth a thread's start (some hundred microseconds).
 *
 * Whoever waits first watches the number that changes, then lets others run between two looks, then sleeps until it is woken. */
#define _GNU_SOURCE /* sched_getaffinity */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "hepta/lab.h"
#include "hepta/os.h"

enum { CREW_LOOKS = 4000, CREW_YIELDS = 200, CREW_MOST = 256, CREW_LINE = 64 };

struct crew_member {
    struct hp_crew *crew;
    pthread_t thread;
    unsigned number;
};

struct hp_crew {
    struct hp_workers workers;
    struct crew_member *member;         /* of the others: 1, 2, ... */
    uint64_t *busy;                     /* nanoseconds of each */
    unsigned started;
    void (*task)(void *arg, unsigned i);
    void *arg;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool over;
    _Alignas(CREW_LINE) atomic_uint turn;       /* one more with each task */
    _Alignas(CREW_LINE) atomic_uint working;    /* who has not finished it */
    _Alignas(CREW_LINE) atomic_uint asleep;
};

static inline void crew_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Until `turn` is not `seen` any more, without sleeping; false: that takes long. */
static bool crew_watch(atomic_uint *number, unsigned seen)
{
    for (int i = 0; i < CREW_LOOKS + CREW_YIELDS; i++) {
        if (atomic_load_explicit(number, memory_order_acquire) != seen) return true;
        if (i < CREW_LOOKS) crew_pause();
        else sched_yield();
    }
    return false;
}

static void crew_sleep(struct hp_crew *c, unsigned seen)
{
    pthread_mutex_lock(&c->mutex);
    atomic_fetch_add(&c->asleep, 1);
    while (atomic_load(&c->turn) == seen) pthread_cond_wait(&c->changed, &c->mutex);
    atomic_fetch_sub(&c->asleep, 1);
    pthread_mutex_unlock(&c->mutex);
}

static void crew_do(struct hp_crew *c, unsigned number)
{
    hp_time began = hp_os_now();
    c->task(c->arg, number);
    c->busy[number] += (uint64_t)(hp_os_now() - began);
}

static void *crew_work(void *arg)
{
    struct crew_member *m = arg;
    struct hp_crew *c = m->crew;
    for (unsigned seen = 0;; seen++) {
        if (!crew_watch(&c->turn, seen)) crew_sleep(c, seen);
        if (c->over) return NULL;
        crew_do(c, m->number);
        atomic_fetch_sub_explicit(&c->working, 1, memory_order_release);
    }
}

static void crew_begin(struct hp_crew *c)
{
    atomic_fetch_add(&c->turn, 1);
    if (!atomic_load(&c->asleep)) return; /* whoever falls asleep now looks once more before */
    pthread_mutex_lock(&c->mutex);
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->mutex);
}

static void crew_run(void *ctx, void (*task)(void *arg, unsigned i), void *arg)
{
    struct hp_crew *c = ctx;
    c->task = task;
    c->arg = arg;
    atomic_store(&c->working, c->started);
    crew_begin(c);
    crew_do(c, 0);
    for (unsigned left; (left = atomic_load_explicit(&c->working, memory_order_acquire));) crew_watch(&c->working, left);
}

struct hp_crew *hp_crew_new(unsigned count)
{
    if (count < 1 || count > CREW_MOST) return NULL;
    struct hp_crew *c = aligned_alloc(CREW_LINE, sizeof *c);
    struct crew_member *member = calloc(count, sizeof *member);
    uint64_t *busy = calloc(count, sizeof *busy);
    if (!c || !member || !busy) {
        free(c);
        free(member);
        free(busy);
        return NULL;
    }
    *c = (struct hp_crew){.workers = {count, crew_run, c, busy}, .member = member, .busy = busy};
    pthread_mutex_init(&c->mutex, NULL);
    pthread_cond_init(&c->changed, NULL);
    for (unsigned i = 1; i < count; i++) {
        member[i] = (struct crew_member){.crew = c, .number = i};
        if (pthread_create(&member[i].thread, NULL, crew_work, &member[i])) break;
        c->started++;
    }
    if (c->started == count - 1) return c;
    hp_crew_free(c);
    return NULL;
}

const struct hp_workers *hp_crew_workers(const struct hp_crew *c) { return &c->workers; }

void hp_crew_free(struct hp_crew *c)
{
    if (!c) return;
    c->over = true;
    crew_begin(c);
    for (unsigned i = 1; i <= c->started; i++) pthread_join(c->member[i].thread, NULL);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->mutex);
    free(c->member);
    free(c->busy);
    free(c);
}

unsigned hp_os_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set)) return 1;
    int n = CPU_COUNT(&set);
    return n > 0 ? (unsigned)n : 1;
}
