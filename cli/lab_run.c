/* hepta lab run: a described network happens. */
#include <signal.h>
#include <string.h>

#include "lab_run.h"

static volatile sig_atomic_t run_interrupted;

/* The second ends at once. */
static void run_signal(int number)
{
    run_interrupted = 1;
    signal(number, SIG_DFL);
}

static const char run_text[] =
    "Lets a described network happen in virtual time: its programs run, its faults strike, its expectations are watched.  The same file and\n"
    "seed give the same, bit for bit.  Exits with 0 if all expectations held (in a file without any: if all programs did well), 1 if not,\n"
    "2 if the file or the command line makes no sense.  --out leaves capture.pcapng (an interface for each end of each cable; follow a packet\n"
    "by Wireshark's frame.packet_id == 7), events.jsonl, run.json, report.html (the run, to look at in a browser), and copies of what was read.";

static int run_verb(struct lab_run *r, const char *path, const char *more)
{
    struct lab_file file;
    struct lab_memory memory;
    int result = lab_file_open(&file, path, more);
    lab_memory_init(&memory);
    if (r->check) r->allocator = &memory.allocator;
    r->file = &file;
    r->stop = &run_interrupted;
    signal(SIGINT, run_signal);
    if (!result && !r->quiet) lab_file_warn(&file, r->until);
    if (!result) result = lab_run_make(r);
    if (!result) result = lab_run_go(r);
    if (!result) result = lab_run_end(r);
    lab_run_free(r);
    if (memory.bytes) result = cli_error("%zu bytes were not given back", memory.bytes);
    lab_file_close(&file);
    return result;
}

int lab_verb_run(int argc, char **argv)
{
    struct lab_run r = {.until = -1};
    const char *faults = NULL, *seed = NULL;
    const struct cli_option own[] = {
        {"seed", 's', CLI_TEXT, &seed, "N", "all of its chance; instead of the file's", 0, 0, 0},
        {"until", 'u', CLI_SPAN, &r.until, "TIME", "end at this virtual time, instead of the file's", 0, 0, 0},
        {"out", 'o', CLI_TEXT, &r.out, "DIR", "leave capture.pcapng, events.jsonl, run.json, report.html there", 0, 0, 0},
        {"no-report", 0, CLI_FLAG, &r.no_report, NULL, "no report.html", 0, 0, 0},
        {"faults", 'f', CLI_TEXT, &faults, "FILE", "more lines behind the file's: a schedule of faults", 0, 0, 0},
        {"watch", 'w', CLI_FLAG, &r.watch, NULL, "show how it goes, on stderr", 0, 0, 0},
        {"json", 'j', CLI_FLAG, &r.json, NULL, "print run.json instead of text", 0, 0, 0},
        {"junit", 0, CLI_TEXT, &r.junit, "FILE", "test cases for CI: expectations and programs", 0, 0, 0},
        {"check", 'c', CLI_FLAG, &r.check, NULL, "watch what must hold always, as `lab shake` does", 0, 0, 0},
        {"quiet", 'q', CLI_FLAG, &r.quiet, NULL, "print nothing", 0, 0, 0},
        {"trace", 't', CLI_FLAG, &r.trace, NULL, "print every event of every machine", 0, 0, 0},
        {"all", 'a', CLI_FLAG, &r.all, NULL, "events.jsonl also has what goes up and down within machines", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    const struct cli_usage usage = {"lab run [OPTION...] FILE", run_text,
        "  hepta lab run network.lab\n"
        "  hepta lab run --seed 7 --out result network.lab && wireshark -o tcp.reassemble_out_of_order:TRUE result/capture.pcapng\n"
        "  hepta lab run --watch --until 1m network.lab\n", own, NULL};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 1, 1);
    if (exit_code >= 0) return exit_code;
    if (r.until == 0) return cli_usage_error("--until 0: a time later than the beginning is wanted, such as 10s");
    if (r.until < 0) r.until = 0; /* the file's */
    if (r.out && !r.out[0]) r.out = NULL;
    if (seed && !lab_seed_parse(seed, &r.seed)) return cli_usage_error("--seed %s: a number is wanted", seed);
    r.seeded = seed != NULL;
    return run_verb(&r, argv[1], faults);
}
