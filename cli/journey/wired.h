/* A journey over a real wire: what this machine sees of it, in the shape in which the embedded internet's is told.
 *
 * The machine is node 0, "A"; node 1 is "wire", which stands for everybody that a frame without one receiver is for; then come the peers, called by
 * their addresses, each at the end of a cable of its own: the way to it, of which only A's end is seen.  When something happened at the other end, and
 * in which state its TCP was, is inferred: a way takes half of the fastest round trip. */
#ifndef CLI_JOURNEY_WIRED_H
#define CLI_JOURNEY_WIRED_H

#include "hepta/run.h"

struct journey;
struct cli_machine;

enum { WIRED_PEERS_MAX = 48, WIRED_ADDRESSES_MAX = 16, WIRED_CONNS_MAX = 256, WIRED_A = 0, WIRED_ALL = 1 };

struct wired {
    struct cli_machine *machine;
    struct hp_plan plan; /* nodes and cables as the steps read them */
    struct hp_plan_node node[WIRED_PEERS_MAX];
    struct hp_plan_cable cable[WIRED_PEERS_MAX];
    struct hp_plan_interface interface[WIRED_PEERS_MAX];
    struct hp_prefix peer[WIRED_PEERS_MAX], address[WIRED_ADDRESSES_MAX];
    char name[WIRED_PEERS_MAX][HP_IP_TEXT];
    hp_time way[WIRED_PEERS_MAX]; /* to each; 0 = nothing came back that would tell */
    char gateway[HP_IP_TEXT]; /* the neighbour through which the document's server is reached; "" = it is a neighbour itself */
    bool leased;
};

/* Lets the machine fetch the page and keeps what it sees; enum cli_exit. */
int wired_happen(struct journey *j, struct cli_machine *m);
/* Who the peers are, when what happened there, into the record; wired_scene(): the same into the scene. */
void wired_infer(struct journey *j);
int wired_scene(struct journey *j);

#endif
