/* The lab language's speed: 20,000 nodes with their cables and programs, written line by line and by ranges.  Options: --json. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hepta/plan.h"

enum { ROUTERS = 200, HOSTS = 19800, TRIES = 5 };

static void *bench_alloc(void *ctx, size_t n) { return malloc(n); }
static void bench_free(void *ctx, void *p, size_t n) { free(p); }

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static char *lines(bool nodes_only)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    fprintf(f, "lab big\n");
    for (int i = 0; i < ROUTERS; i++) fprintf(f, "router r%d routes auto\n", i);
    for (int i = 0; i < HOSTS; i++) fprintf(f, "host h%d ip 10.%d.%d.2/24 gw 10.%d.%d.1\n", i, i / 250, i % 250, i / 250, i % 250);
    for (int i = 0; i < HOSTS && !nodes_only; i++) fprintf(f, "cable h%d r%d rate 1Gbit/s delay 1ms\n", i, i % ROUTERS);
    for (int i = 0; i < HOSTS && !nodes_only; i++) fprintf(f, "app h%d get http://h0/ start %dus\n", i, i);
    fclose(f);
    return text;
}

static double parse(const char *text)
{
    static const struct hp_allocator allocator = {bench_alloc, bench_free, NULL};
    double best = 1e9;
    for (int i = 0; i < TRIES; i++) {
        struct hp_plan *plan;
        struct hp_plan_error error;
        double start = seconds();
        if (hp_plan_parse(text, strlen(text), &allocator, &plan, &error) || plan->nodes != ROUTERS + HOSTS) exit(1);
        double took = seconds() - start;
        hp_plan_free(plan);
        if (took < best) best = took;
    }
    return best * 1e3;
}

int main(int argc, char **argv)
{
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    char *nodes = lines(true), *all = lines(false);
    static const char ranges[] = "lab big\nrouter r[0..199] routes auto\nhost h[0..19799] ip 10.${i/250}.${i%250}.2/24 gw 10.${i/250}.${i%250}.1\n"
                                 "cable h[i] r${i%200} rate 1Gbit/s delay 1ms\napp h[i] get http://h0/ start ${i}us\n";
    const struct { const char *name; double ms; } rows[] = {
        {"plan/20000-nodes", parse(nodes)}, {"plan/20000-nodes-cables-apps", parse(all)}, {"plan/20000-by-ranges", parse(ranges)}};
    for (int i = 0; i < 3; i++)
        if (json) printf("%s{\"name\": \"%s\", \"value\": %.3f, \"unit\": \"ms\"}%s", i ? ",\n " : "[", rows[i].name, rows[i].ms, i == 2 ? "]\n" : "");
        else printf("%-32s %10.3f ms\n", rows[i].name, rows[i].ms);
    free(nodes);
    free(all);
    return 0;
}
