/* A page's journey, through the embedded internet or over a real wire.
 *
 *   journey.c      the world is built, its routers learn, the browser asks, everything is recorded
 *   wired.c        or else: a machine on a real wire asks, and what it sees is recorded, in the same shape
 *   steps*.c       the account of it, in the eight steps of the study note: what really went over the cables
 *   account.c      steps as text
 *   tell*.c        the account on the terminal, as JSON, and as what is left in the folder
 *   trouble.c      what is broken
 *   record.c       what happened */
#ifndef CLI_JOURNEY_H
#define CLI_JOURNEY_H

#include "browser/browser.h"
#include "hepta/run.h"
#include "journey/account.h"
#include "journey/record.h"
#include "journey/wired.h"
#include "scene.h"

enum { JOURNEY_FAULTS_MAX = 16,
       JOURNEY_WAYS = 6,
       JOURNEY_VERDICTS_MAX = 8 };

#define JOURNEY_TITLE_EN "The journey of a page"
#define JOURNEY_TITLE_KO "페이지의 여정"

extern const char *const journey_way_words[JOURNEY_WAYS]; /* "rate", "delay", ...: what can be set on A's cable */

/* What became of a packet. */
struct fate {
    const struct record_frame *first, *last; /* on its first cable, and on its last */
    bool arrived; /* at the machine that has the address that it was for, and there at layer 4 */
    bool cable, on_its_way; /* died on `last`'s cable; neither died nor arrived before the end */
    bool frozen; /* it stays in `node`, which does nothing any more */
    enum hp_drop drop;
    int layer;
    uint32_t node; /* in which it died, or arrived */
    hp_time time;
};

/* Why something did not come: the layer that gave up, in words of both languages. */
struct ladder {
    int layer, resource; /* resource: of the page; -1 = no page at all */
    char english[600], korean[600];
    char broken[2][200]; /* English and Korean: what of layer 1 is broken on the way; "" = nothing, or layer 1 itself gave up */
};

/* What is broken: a machine lost its power or does nothing, a cable is unplugged. */
enum trouble_kind { TROUBLE_DEAD, TROUBLE_FROZEN, TROUBLE_UNPLUGGED };
struct trouble {
    enum trouble_kind kind;
    uint32_t thing; /* node or cable of the plan */
    hp_time since;
};
enum { TROUBLES_MAX = 4 };
struct troubles {
    struct trouble one[TROUBLES_MAX];
    int count;
    bool no_way; /* and nothing leads around them */
};

struct journey {
    /* set by the caller */
    char ascii[HP_HTTP_PATH_MAX + HP_HTTP_HOST_MAX]; /* the URL, as it is asked for */
    const char *url, *out; /* out: the folder of what is left behind; NULL = nothing */
    uint64_t seed;
    bool korean, json, wait, color, trace, silent, no_pictures; /* silent: nothing is told */
    const char *capture; /* a file for A's frames, or NULL */
    hp_time timeout;
    const char *loss; /* on every cable between routers, or NULL */
    const char *way[JOURNEY_WAYS]; /* values of A's cable in the lab language, or NULL */
    const char *fault[JOURNEY_FAULTS_MAX]; /* lines of the lab language, times from the moment at which the browser begins */
    int faults, width, png_width;

    struct wired *wired; /* a real wire; NULL: the embedded internet */
    hp_time base; /* the machine's time at which a wired journey began: all times but the page's resources' are since then */

    char *text; /* the lab, with what was added */
    struct hp_plan *plan;
    struct hp_run *run;
    struct hp_world *world;
    struct record record;
    struct scene *scene;
    struct account account, other; /* other: in the other language, for the page's button */
    struct page *page;
    hp_time began, ended; /* of the page */
    int err;
    bool over;
    /* found again in what was recorded */
    struct hp_url where;
    struct hp_ip server;
    uint16_t port; /* the client's, of the connection that brought the document */
    hp_time opened; /* when it was; HP_NEVER = it was not */
    const struct record_frame *request, *response;
    char server_node[32];
    uint32_t told; /* news that the account has told */
    struct ladder verdict[JOURNEY_VERDICTS_MAX];
    int verdicts;
};

/* Makes, lets happen, tells; enum cli_exit.  machine: NULL, or on the wire of which it is.  The page is the caller's. */
int journey_run(struct journey *j, struct cli_machine *machine);

/* tell.c, tell_json.c */
int journey_tell(struct journey *j); /* enum cli_exit */
int journey_leave(struct journey *j);
void journey_print_json(const struct journey *j);

/* steps.c: finds the document's connection and writes the account. */
void steps_find(struct journey *j);
void steps_write(struct journey *j);
/* steps_wrap.c: headers, bits, routers. */
void steps_wrap(struct journey *j);
void steps_wire(struct journey *j);
void steps_unwrap(struct journey *j);
/* steps_wired.c: what a real wire shows instead of steps 0, 4 and 5, and its ladder. */
void steps_wired_before(struct journey *j);
void steps_wired_neighbour(struct journey *j);
void steps_wired_inferred(struct journey *j);
void steps_wired_beyond(struct journey *j);
void steps_wired_ladder(const struct journey *j, int err, hp_time from, hp_time to, struct ladder *l);
/* steps_talk.c: URL, names, neighbours, connections. */
void steps_before(struct journey *j);
void steps_url(struct journey *j);
void steps_names(struct journey *j);
void steps_connect(struct journey *j);
/* steps_shake.c: both sides of the connection while it opens or closes, as the study note's table. */
void steps_shake(struct journey *j, bool closing);
void steps_answer(struct journey *j);
void steps_return(struct journey *j);
void steps_render(struct journey *j);
void steps_failed(struct journey *j);

/* fate.c */
void journey_fate(const struct journey *j, const struct record_frame *first, struct fate *fate);
const char *journey_fate_text(const struct journey *j, const struct fate *fate, char *buf, size_t n); /* "died at 마: NO_ROUTE (...)" */
const char *journey_drop_korean(enum hp_drop drop);
const char *journey_error_korean(int err); /* of enum hp_err */
void journey_faults(struct journey *j, hp_time until); /* rows: faults and RIP's new ways that were not told yet */

/* trouble.c */
/* Since when something is broken at the time `by`; HP_NEVER = it is not.  trouble_of(): a machine, in the end. */
hp_time trouble_since(const struct journey *j, enum trouble_kind kind, uint32_t thing, hp_time by);
hp_time trouble_of(const struct journey *j, enum trouble_kind kind, const char *node);
/* What is broken on the shortest way between two nodes, the nearest to the end of it first. */
void troubles_on_way(const struct journey *j, uint32_t from, uint32_t to, hp_time by, struct troubles *out);
void trouble_text(const struct journey *j, const struct trouble *t, bool korean, char *buf, size_t n); /* "router 가 had died at 60.000 ms" */

/* What several steps need. */
/* The value of a header line of an HTTP message; false = it has none. */
bool journey_header(struct hp_bytes message, const char *name, char *buf, size_t n);
bool journey_is_beyond(const struct journey *j, const struct record_frame *f); /* on another cable than A's */
void ladder_is(struct ladder *l, int layer, const char *english, const char *korean);
bool journey_is_partial(const struct journey *j); /* something that the page needs did not come, or it was cut at the browser's bounds */
const char *journey_node(const struct journey *j, uint32_t node);
int32_t journey_find(const struct journey *j, const char *name); /* the node of this name; -1: there is none */
/* Who has this address: "resolver", or the address itself. */
const char *journey_who(const struct journey *j, const char *address);
double journey_ms(const struct journey *j, hp_time t); /* since the browser began */
/* "dns 0x6ef9 query A www.google.com": the line of a frame from this word on. */
const char *journey_line(const struct record_frame *f, const char *from, char *buf, size_t n);
bool journey_is_ours(const struct journey *j, const struct record_frame *f); /* of the document's connection */

#endif
