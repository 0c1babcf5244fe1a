/* What a stack needs from the operating system: memory, entropy, clocks. */
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "hepta/os.h"

static void *system_alloc(void *ctx, size_t n) { return malloc(n); }
static void system_free(void *ctx, void *p, size_t n) { free(p); }

const struct hp_allocator *hp_os_allocator(void)
{
    static const struct hp_allocator allocator = {system_alloc, system_free, NULL};
    return &allocator;
}

int hp_os_entropy(uint8_t out[32]) { return getrandom(out, 32, 0) == 32 ? HP_OK : HP_EIO; }

static hp_time system_clock(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return HP_S(t.tv_sec) + t.tv_nsec;
}

hp_time hp_os_now(void) { return system_clock(CLOCK_MONOTONIC); }
hp_time hp_os_unix_time(void) { return system_clock(CLOCK_REALTIME); }
