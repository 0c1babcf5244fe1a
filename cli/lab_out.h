/* What a run of a lab leaves in a folder: capture.pcapng and events.jsonl, written while it runs. */
#ifndef CLI_LAB_OUT_H
#define CLI_LAB_OUT_H

#include "cli.h"

struct lab_out;

/* Watches the run's world from now on; `all`: also what goes up and down within machines.  NULL: `why` says what is wrong. */
struct lab_out *lab_out_new(struct hp_run *run, const char *folder, bool all, char *why, size_t why_n);
/* Also what this machine sees: FOLDER/MACHINE.pcapng, its own interfaces only, so that no frame is in it twice (Wireshark takes a segment that
 * passes several cables for retransmissions).  HP_OK, or an error and `why`. */
int lab_out_view(struct lab_out *o, const char *folder, const char *machine, char *why, size_t why_n);
void lab_out_news(struct lab_out *o, const struct hp_run_event *e);
/* Everything is written: HP_OK, or HP_EIO, and `why` says which file. */
int lab_out_close(struct lab_out *o, char *why, size_t why_n);
/* After the run is freed, whose world still tells it things. */
void lab_out_free(struct lab_out *o);
/* A frame's death that its cable tells as well as the machine that sent it. */
static inline bool lab_out_on_cable(enum hp_drop drop) { return drop >= HP_DROP_WIRE_DOWN && drop <= HP_DROP_WIRE_FRAGMENT; }

#endif
